/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sieve scripts: what is read of good ones, where bad ones are bad, and what hostile ones cost. */
#include <string.h>

#include "../../../plugins/mail/audit/audit.h"

static void take(const KjSieveCommand *command, gpointer data) {
    GString *out = data;
    g_string_append_printf(out, "%u %s%s", command->line, command->name, command->expands ? "$" : "");
    for (guint i = 0; i < command->tags->len; i++)
        g_string_append_printf(out, " %s", (const char *)command->tags->pdata[i]);
    for (guint i = 0; i < command->strings->len; i++)
        g_string_append_printf(out, " \"%s\"", (const char *)command->strings->pdata[i]);
    g_string_append_c(out, '\n');
}

static const struct {
    const char *name, *script, *commands, *problem;
} rows[] = {
    { "empty", " # nothing\n/* at\nall */", "", NULL },
    { "redirect", "redirect \"a@b.invalid\";", "1 redirect \"a@b.invalid\"\n", NULL },
    { "copy", "require [\"copy\",\r\n \"fileinto\"];\r\nredirect :COPY \"a@b.invalid\";",
      "1 require \"copy\" \"fileinto\"\n3 redirect :copy \"a@b.invalid\"\n", NULL },
    { "variables", "require \"variables\"; set \"x\" \"y\"; redirect \"${x}\";", "1 require \"variables\"\n1 set$ \"x\" \"y\"\n1 redirect$ \"${x}\"\n", NULL },
    { "tests", "if anyof (not header :is [\"a\", \"b\"] \"c\", size :over 10K) { stop; } elsif true { keep; } else { discard; }",
      "1 if\n1 stop\n1 elsif\n1 keep\n1 else\n1 discard\n", NULL },
    { "multi-line", "vacation :days 7 text: # comment\r\nhello\r\n..dot\r\n.x\r\n.\r\n;\nkeep;", "1 vacation :days \"hello\n.dot\nx\n\"\n7 keep\n", NULL },
    { "escapes", "redirect \"\\\"a \\\\b\\\"@c.invalid\";", "1 redirect \"\"a \\b\"@c.invalid\"\n", NULL },
    { "semicolon", "keep\nredirect \"a\";", NULL, "line 2: `;` or a block" },
    { "string-open", "keep;\nredirect \"a;\n\n", "1 keep\n", "line 2: `;` or a block" },
    { "comment-open", "keep; /* x", "1 keep\n", "does not end" },
    { "text-open", "vacation text:\nhello\n..\n", NULL, "`;` or a block" },
    { "block-open", "if true { keep;", "1 if\n1 keep\n", "a block does not end" },
    { "brace", "keep; }", "1 keep\n", "a command is wanted" },
    { "list-open", "require [\"a\" ;", NULL, "a list of strings does not end" },
    { "test-list-open", "if anyof (true, false { }", NULL, "a list of tests does not end" },
    { "no-test", "if allof (;) { }", NULL, "a test is wanted" },
    { "not-sieve", "|/usr/bin/program", "", "no Sieve" },
};

static void test_row(gconstpointer data) {
    guint i = GPOINTER_TO_UINT(data);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    gboolean good = kj_sieve_read(rows[i].script, strlen(rows[i].script), take, out, &error);
    g_assert_true(good == (rows[i].problem == NULL));
    g_assert_true(good == (error == NULL));
    if (rows[i].problem && !strstr(error->message, rows[i].problem))
        g_error("%s: %s", rows[i].name, error->message);
    g_assert_cmpstr(out->str, ==, rows[i].commands ? rows[i].commands : "");
}

/* `depth` blocks or tests in each other. */
static gboolean reads_nested(const char *open, const char *middle, const char *close, guint depth) {
    g_autoptr(GString) script = g_string_new(NULL), out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < depth; i++)
        g_string_append(script, open);
    g_string_append(script, middle);
    for (guint i = 0; i < depth; i++)
        g_string_append(script, close);
    gboolean good = kj_sieve_read(script->str, script->len, take, out, &error);
    g_assert_true(good || strstr(error->message, "too deep"));
    return good;
}

static void test_nesting(void) {
    g_assert_true(reads_nested("if true {", "keep;", "}", KJ_SIEVE_NESTING_MAX));
    g_assert_false(reads_nested("if true {", "keep;", "}", KJ_SIEVE_NESTING_MAX + 1));
    g_assert_false(reads_nested("if true {", "keep;", "}", 50000));
    g_assert_false(reads_nested("if not ", "true", " { }", 50000));
    g_assert_false(reads_nested("if allof(", "true", ")", 50000));
}

static void test_size(void) {
    g_autofree char *spaces = g_strnfill(KJ_SIEVE_BYTES_MAX + 1, ' ');
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_true(kj_sieve_read(spaces, KJ_SIEVE_BYTES_MAX, take, out, NULL));
    g_assert_false(kj_sieve_read(spaces, KJ_SIEVE_BYTES_MAX + 1, take, out, &error));
    g_assert_nonnull(strstr(error->message, "longer than"));
    g_assert_false(kj_sieve_read("keep;\0", 6, take, out, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/sieve/%s", rows[i].name);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_row);
    }
    g_test_add_func("/sieve/nesting", test_nesting);
    g_test_add_func("/sieve/size", test_size);
    return g_test_run();
}
