/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits on what names stand for when they are written out: below, at and above, for each pass that walks a name as often as it stands
 * there. Twenty names that name each other twice are a million parts; the text is a few hundred bytes. And the same for zones, whose names
 * GLib would take for paths.
 */
#include <string.h>

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "../../../compiler/compiler.h"
#include "../../../compiler/limits.h"

/* `before`, then `part` so many times with `between`, then `after`. */
static GString *repeat(const char *before, const char *part, guint count, const char *between, const char *after) {
    GString *text = g_string_new(before);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s", i ? between : "", part);
    return g_string_append(text, after);
}

/* Whether the text checks and builds; if not, its one error must be `code`. */
static gboolean is_good(const GString *text, KjCode code) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "limits.pol", text->str, text->len);
    if (!compilation->policy) {
        g_assert_cmpuint(kj_diagnostics_errors(compilation->diagnostics), ==, 1);
        g_assert_true(kj_diagnostics_has(compilation->diagnostics, code));
        return FALSE;
    }
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    g_assert_nonnull(bytes);
    return TRUE;
}

typedef struct {
    const char *name, *before, *part, *between, *after;
    guint most; /* parts that are just within the limit */
} Row;

static const Row rows[] = {
    /* the OR is a part itself */
    { "conditions", "let c = when tls;\nmail m { default deny; a: allow when ", "c", " or ", "; }\n", (KJ_LIMIT_CONDITIONS - 1) / 2 },
    { "fields", "mail m { default deny; a: allow when ", "tls", " or ", "; }\n", KJ_LIMIT_CONDITIONS - 1 },
    { "windows", "let w = mon 09:00..18:00;\nacl a { default deny; r: allow during { ", "w", ", ", " }; }\n", KJ_LIMIT_WRITTEN_OUT / 2 },
    { "services", "firewall f { default deny; r: allow service { ", "80/tcp", ", ", " }; }\n", KJ_LIMIT_WRITTEN_OUT - 1 },
    { "days", "acl a { default deny; r: allow during { ", "mon", ", ", " } 09:00..18:00; }\n", KJ_LIMIT_WRITTEN_OUT - 1 },
};

static void test_limit(gconstpointer data) {
    const Row *row = data;
    for (int off = -1; off <= 1; off++) {
        g_autoptr(GString) text = repeat(row->before, row->part, (guint)((int)row->most + off), row->between, row->after);
        g_assert_cmpint(is_good(text, KJ_CODE_WRITTEN_OUT), ==, off <= 0);
    }
}

static const struct {
    const char *first, *next, *last;
} chains[] = {
    { "let x0 = mon..fri 09:00..18:00;\n", "let x%u = { x%u, x%u };\n", "acl f { default deny; a: allow during x40; }\n" },
    { "let x0 = mon..fri 09:00..18:00;\n", "let x%u = x%u - x%u;\n", "acl f { default deny; a: allow during x40; }\n" },
    { "let x0 = when tls;\n", "let x%u = when x%u and x%u;\n", "mail f { default deny; a: allow when x40; }\n" },
    { "let x0 = { 80/tcp };\n", "let x%u = { x%u, x%u };\n", "firewall f { default deny; a: allow service x40; }\n" },
    { "let x0 = {};\n", "let x%u = { x%u, x%u };\n", "acl f { default deny; a: allow during x40 09:00..18:00; }\n" },
};

/* 2^40 parts: an error at once, or, for sets of values, which are resolved once for each name, a table. */
static void test_doubling(void) {
    for (guint i = 0; i < G_N_ELEMENTS(chains); i++) {
        g_autoptr(GString) text = g_string_new(chains[i].first);
        for (guint j = 1; j <= 40; j++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            g_string_append_printf(text, chains[i].next, j, j - 1, j - 1);
#pragma GCC diagnostic pop
        }
        g_string_append(text, chains[i].last);
        g_assert_false(is_good(text, KJ_CODE_WRITTEN_OUT));
    }
}

/* Nobody writes into the FIFO: whoever opens it waits for ever. */
static void test_zones(void) {
    g_autofree char *folder = g_dir_make_tmp("kijun-XXXXXX", NULL), *fifo = g_build_filename(folder, "Zone", NULL);
    g_autofree char *climbing = g_strconcat("../../..", fifo, NULL);
    const char *const zones[] = { fifo, climbing, "Asia/../Asia/Tokyo", "/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo/", "-9", ".", "",
                                  "JST-9", "EST5", "EST5EDT4", "Z", "UTC0" };
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_printf(text, "zone \"%s\";\n", zones[i]);
        g_assert_false(is_good(text, KJ_CODE_ZONE_UNKNOWN));
    }
    static const char *const good[] = { "UTC",     "Asia/Tokyo", "Etc/GMT+1", "America/Port-au-Prince", "America/Argentina/Buenos_Aires",
                                        "EST5EDT", "GMT+0", "W-SU", "GB" };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_printf(text, "zone \"%s\";\n", good[i]);
        g_assert_true(is_good(text, KJ_CODE_ZONE_UNKNOWN));
    }
    g_unlink(fifo);
    g_rmdir(folder);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/check/written-out/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_limit);
    }
    g_test_add_func("/check/written-out/doubling", test_doubling);
    g_test_add_func("/check/zones", test_zones);
    return g_test_run();
}
