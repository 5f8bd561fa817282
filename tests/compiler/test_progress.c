/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who watches hears of the outer work only, until its last step. */
#include "compiler/progress.h"

static void hear(const char *work, const char *of, guint64 done, guint64 total, gpointer data) {
    g_string_append_printf(data, "%s(%s) %u/%u;", work, of ? of : "", (guint)done, (guint)total);
}

static void test_watched(void) {
    g_autoptr(GString) heard = g_string_new(NULL);
    kj_progress("rules", NULL, 0, 2); /* nobody watches */
    kj_progress_watch(hear, heard);
    for (guint i = 0; i < 2; i++) {
        kj_progress("releases", NULL, i, 2);
        kj_progress("rules", "mail.out", 0, 1);
        kj_progress("rules", "mail.out", 1, 1);
    }
    kj_progress("releases", NULL, 2, 2);
    kj_progress("rules", "mail.out", 0, 1);
    kj_progress("lines", NULL, 7, 0);
    kj_progress("rules", "mail.out", 1, 1);
    g_assert_cmpstr(heard->str, ==, "releases() 0/2;releases() 1/2;releases() 2/2;rules(mail.out) 0/1;rules(mail.out) 1/1;");
    kj_progress_watch(NULL, NULL);
    kj_progress("rules", NULL, 0, 2);
    kj_progress_watch(hear, heard); /* nothing is under way any more */
    kj_progress("lines", NULL, 7, 0);
    g_assert_true(g_str_has_suffix(heard->str, "1/1;lines() 7/0;"));
    kj_progress_watch(NULL, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/watched", test_watched);
    return g_test_run();
}
