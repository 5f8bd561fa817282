/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as somebody might leave them in a Sieve script. What holds of every script: its commands stand in the order of their lines; white space
 * and a comment before it move lines and nothing else; a command behind a good one is one command more; a bad one is told with its line.
 */
#include <string.h>

#include "../../plugins/mail/audit/audit.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "sieve", "sieve.dict", 4096 };

typedef struct {
    GString *told;
    guint count, line, moved;
} Told;

static void take(const KjSieveCommand *command, gpointer data) {
    Told *told = data;
    g_assert_cmpuint(command->line, >=, 1);
    g_assert_cmpuint(command->line, <=, G_MAXUINT);
    told->line = MAX(told->line, command->line);
    told->count++;
    g_string_append_printf(told->told, "%u %s %d", command->line - told->moved, command->name, command->expands);
    for (guint i = 0; i < command->tags->len; i++)
        g_string_append_printf(told->told, " %s", (const char *)command->tags->pdata[i]);
    for (guint i = 0; i < command->strings->len; i++)
        g_string_append_printf(told->told, " \"%s\"", (const char *)command->strings->pdata[i]);
    g_string_append_c(told->told, '\n');
}

static gboolean read_between(const guint8 *data, gsize size, const char *before, const char *behind, guint moved, Told *told) {
    gsize length = strlen(before) + size + strlen(behind);
    g_autofree char *script = g_malloc(MAX(length, 1)); /* exactly so long, for the sanitizer */
    g_autoptr(GError) error = NULL;
    memcpy(script, before, strlen(before));
    memcpy(script + strlen(before), data, size);
    memcpy(script + strlen(before) + size, behind, strlen(behind));
    *told = (Told){ g_string_new(NULL), 0, 0, moved };
    gboolean good = kj_sieve_read(script, length, take, told, &error);
    g_assert_true(good == (error == NULL));
    return good;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    Told plain, moved, longer;
    gboolean good = read_between(data, size, "", "", 0, &plain);
    gboolean again = read_between(data, size, "\n# ;{\r\n /* \" */\t", "", 2, &moved);
    g_assert_true(good == again);
    g_assert_cmpstr(plain.told->str, ==, moved.told->str);
    gboolean more = read_between(data, size, "", "\nkeep;", 0, &longer);
    if (good) { /* a comment at its end ends with its line */
        g_assert_true(more);
        g_assert_cmpuint(longer.count, ==, plain.count + 1);
        g_assert_true(g_str_has_prefix(longer.told->str, plain.told->str));
    }
    g_string_free(plain.told, TRUE);
    g_string_free(moved.told, TRUE);
    g_string_free(longer.told, TRUE);
    return 0;
}
