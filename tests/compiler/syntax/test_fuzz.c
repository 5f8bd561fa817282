/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A short fuzzing loop for every `make check`: random bytes, random tokens, and the golden files with pieces cut, doubled and swapped.
 * Nothing may crash (the sanitizers watch), every diagnostic must print, and whatever parses without an error must survive the formatter.
 */
#include <string.h>

#include "dump.h"

/* Chance comes from the test framework, which prints its seed: a failure can be repeated with --seed. TRUE if the text had no errors. */
static gboolean
try_text(const char *text, gsize length)
{
    g_autoptr(Parsed) parsed = parsed_new(text, (gssize)length);
    g_autofree char *problems = parsed_problems(parsed);
    g_autoptr(GString) json = g_string_new(NULL);

    kj_diagnostics_print_json(parsed->diagnostics, parsed->sources, json);
    g_assert_true(g_utf8_validate(json->str, (gssize)json->len, NULL));
    g_assert_true(g_utf8_validate(problems, -1, NULL));
    if (kj_diagnostics_errors(parsed->diagnostics) > 0)
        return FALSE;
    assert_round_trip(parsed);
    return TRUE;
}

static void
test_bytes(void)
{
    for (guint round = 0; round < 3000; round++) {
        char text[200];
        gsize length = (gsize)g_test_rand_int_range(0, sizeof text);

        for (gsize i = 0; i < length; i++)
            text[i] = (char)g_test_rand_int_range(0, round % 2 == 0 ? 256 : 128);
        try_text(text, length);
    }
}

static void
test_tokens(void)
{
    static const char *const tokens[] = {
        "let",     "a",       "b.c",       "=",        ";",      ";\n",    "{",          "}",   "(",          ")",      ",",
        "-",       "not",     "and",       "or",       "when",   "unless", "in",         "has", "any",        "none",   "true",
        "1",       "10MB",    "2d",        "1/s",      "80/tcp", "..",     "10.0.0.0/8", "::1", "2026-12-31", "09:00",  "\"s\"",
        "zone",    "from",    "column",    "where",    "during", "==",     "<=",         "=>",  "@",          ":",      "default",
        "field",   "require", "parameter", "standard", "test",   "prove",  "exception",  "to",  "until",      "reason", "approved",
        "by",      "# c\n",   "## d\n",    "\n",       "\n\n",   "type",   ">",          "set", "of",         "use",    "as",
        "acl x {", "deny",    "；",        "　",       "「",     "é",
    };

    for (guint round = 0; round < 3000; round++) {
        g_autoptr(GString) text = g_string_new(round % 3 == 0 ? "acl x {" : round % 3 == 1 ? "let x = " : "");

        for (gint count = g_test_rand_int_range(0, 60); count > 0; count--)
            g_string_append_printf(text, "%s ", tokens[g_test_rand_int_range(0, G_N_ELEMENTS(tokens))]);
        try_text(text->str, text->len);
    }
}

/* Texts that are right by construction, with comments strewn in everywhere, so that the formatter has something to lose. */
static void
test_comments(void)
{
    static const char *const statements[] = {
        "let a = { 1 , 2 , b - c , { } } - ( d - not e ) ;",
        "let w = mon..fri 09:00..18:00 zone \"Asia/Tokyo\" - holidays ;",
        "let c = when ( a or b ) and not ( c == { 1 , 2 } ) and during w ;",
        "type t = I > II > III ;",
        "type u = { a , b , } ;",
        "group g = from \"f.csv\" column id where a == 1 or b in { 2 } ;",
        ("acl x conforms to s with p = 1 and q = { 2 } , r { default deny @log ; field f : set of mail ; l : allow to a from { b , c } "
         "during w when a and b unless c @message( \"x\" , ja \"y\" ) ; require ( a or b ) when c ; n = 1 ; }"),
        "test \"t\" { acl x : a b c { d , e } => deny by default ; acl y : => allow ; }",
        "prove \"p\" { acl x : a not b when c or d => deny , reject ; }",
        "exception \"e\" to s in x.y.z when a until 2026-12-31 reason \"r\" approved by g ;",
    };
    guint tried = 0;

    for (guint round = 0; round < 1500; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        gint chance = g_test_rand_int_range(2, 30);

        for (gint count = g_test_rand_int_range(1, 4); count > 0; count--) {
            g_auto(GStrv) words = g_strsplit(statements[g_test_rand_int_range(0, G_N_ELEMENTS(statements))], " ", -1);

            for (char **word = words; *word != NULL; word++) {
                gint kind = g_test_rand_int_range(0, chance);

                g_string_append(text, *word);
                g_string_append(text, kind == 0   ? " # trailing\n"
                                      : kind == 1 ? "\n## alone\n"
                                      : kind == 2 ? "\n\n  # after a blank\n\n\n"
                                      : kind == 3 ? "\n"
                                                  : " ");
            }
        }
        tried += try_text(text->str, text->len);
    }
    g_assert_cmpuint(tried, ==, 1500);
}

static void
test_mutations(void)
{
    static const char *const names[] = { "language.pol", "comments.pol", "many-errors.pol" };

    for (guint round = 0; round < 1500; round++) {
        g_autofree char *path =
            g_test_build_filename(G_TEST_DIST, "tests", "compiler", "syntax", "golden", names[round % G_N_ELEMENTS(names)], NULL);
        g_autofree char *golden = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        g_file_get_contents(path, &golden, &length, &error);
        g_assert_no_error(error);
        g_autoptr(GString) text = g_string_new_len(golden, (gssize)length);
        for (gint count = g_test_rand_int_range(1, 6); count > 0; count--) {
            gssize at = g_test_rand_int_range(0, (gint32)text->len), size = g_test_rand_int_range(1, 12);

            size = MIN(size, (gssize)text->len - at);
            g_autofree char *piece = g_strndup(text->str + at, (gsize)size);

            if (g_test_rand_bit())
                g_string_erase(text, at, size);
            else
                g_string_insert(text, g_test_rand_int_range(0, (gint32)text->len), piece);
        }
        try_text(text->str, text->len);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/syntax/fuzz/bytes", test_bytes);
    g_test_add_func("/syntax/fuzz/tokens", test_tokens);
    g_test_add_func("/syntax/fuzz/comments", test_comments);
    g_test_add_func("/syntax/fuzz/mutations", test_mutations);
    return g_test_run();
}
