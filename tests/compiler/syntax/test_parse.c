/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Literals, words, limits and documentation: what the golden files cannot say well. */
#include <string.h>

#include "../../../compiler/limits.h"
#include "dump.h"

/* Parses `let x = TEXT;` and returns the value; no errors are allowed. */
static const KjAstValue *
parse_value(Parsed **parsed, const char *text)
{
    g_autofree char *source = g_strdup_printf("let x = %s;\n", text), *problems = NULL;

    *parsed = parsed_new(source, -1);
    problems = parsed_problems(*parsed);
    g_assert_cmpstr(problems, ==, "");
    g_assert_nonnull((*parsed)->module->declarations);
    assert_round_trip(*parsed);
    return (*parsed)->module->declarations->value;
}

static void
assert_code(const char *source, gssize length, KjCode code)
{
    g_autoptr(Parsed) parsed = parsed_new(source, length);
    g_autofree char *problems = parsed_problems(parsed), *tag = g_strdup_printf("[KJ%04d]", (int)code);

    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 1);
    if (strstr(problems, tag) == NULL)
        g_error("%s\nwas expected to report %s, and reported\n%s", source, tag, problems);
}

static void
test_literals(void)
{
    static const struct {
        const char *text;
        KjAstValueKind kind;
        guint64 number, window;
        gboolean bytes;
        const char *string;
    } cases[] = {
        { "0", KJ_VALUE_INTEGER, 0, 0, FALSE, NULL },
        { "1_000", KJ_VALUE_INTEGER, 1000, 0, FALSE, NULL },
        { "9223372036854775807", KJ_VALUE_INTEGER, G_MAXINT64, 0, FALSE, NULL },
        { "7B", KJ_VALUE_SIZE, 7, 0, FALSE, NULL },
        { "1kB", KJ_VALUE_SIZE, 1000, 0, FALSE, NULL },
        { "1KB", KJ_VALUE_SIZE, 1000, 0, FALSE, NULL },
        { "10MB", KJ_VALUE_SIZE, 10000000, 0, FALSE, NULL },
        { "2GB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(2000000000), 0, FALSE, NULL },
        { "1TB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000000000000), 0, FALSE, NULL },
        { "1KiB", KJ_VALUE_SIZE, 1024, 0, FALSE, NULL },
        { "10MiB", KJ_VALUE_SIZE, 10485760, 0, FALSE, NULL },
        { "1GiB", KJ_VALUE_SIZE, 1073741824, 0, FALSE, NULL },
        { "1TiB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1099511627776), 0, FALSE, NULL },
        { "90s", KJ_VALUE_DURATION, 90, 0, FALSE, NULL },
        { "15m", KJ_VALUE_DURATION, 900, 0, FALSE, NULL },
        { "8h", KJ_VALUE_DURATION, 28800, 0, FALSE, NULL },
        { "180d", KJ_VALUE_DURATION, 15552000, 0, FALSE, NULL },
        { "2w", KJ_VALUE_DURATION, 1209600, 0, FALSE, NULL },
        { "1y", KJ_VALUE_DURATION, 31536000, 0, FALSE, NULL },
        { "20/1d", KJ_VALUE_RATE, 20, 86400, FALSE, NULL },
        { "100/s", KJ_VALUE_RATE, 100, 1, FALSE, NULL },
        { "5/m", KJ_VALUE_RATE, 5, 60, FALSE, NULL },
        { "100MB/1d", KJ_VALUE_RATE, 100000000, 86400, TRUE, NULL },
        { "443/tcp", KJ_VALUE_SERVICE, 443, 0, FALSE, "tcp" },
        { "65535/udp", KJ_VALUE_SERVICE, 65535, 0, FALSE, "udp" },
        { "192.0.2.7", KJ_VALUE_ADDRESS, 0, 0, FALSE, "192.0.2.7" },
        { "10.0.0.0/8", KJ_VALUE_ADDRESS, 0, 0, FALSE, "10.0.0.0/8" },
        { "::", KJ_VALUE_ADDRESS, 0, 0, FALSE, "::" },
        { "::1", KJ_VALUE_ADDRESS, 0, 0, FALSE, "::1" },
        { "fe80::", KJ_VALUE_ADDRESS, 0, 0, FALSE, "fe80::" },
        { "2001:db8::/32", KJ_VALUE_ADDRESS, 0, 0, FALSE, "2001:db8::/32" },
        { "::ffff:192.0.2.1", KJ_VALUE_ADDRESS, 0, 0, FALSE, "::ffff:192.0.2.1" },
        { "64:ff9b::192.0.2.1/128", KJ_VALUE_ADDRESS, 0, 0, FALSE, "64:ff9b::192.0.2.1/128" },
        { "1:2:3:4:5:6:7:8", KJ_VALUE_ADDRESS, 0, 0, FALSE, "1:2:3:4:5:6:7:8" },
        { "a:b:c:d:e:f:a:b/64", KJ_VALUE_ADDRESS, 0, 0, FALSE, "a:b:c:d:e:f:a:b/64" },
        { "1970-01-01", KJ_VALUE_DATE, 0, 0, FALSE, NULL },
        { "2026-12-31", KJ_VALUE_DATE, 20818, 0, FALSE, NULL },
        { "2024-02-29", KJ_VALUE_DATE, 19782, 0, FALSE, NULL },
        { "00:00", KJ_VALUE_TIME, 0, 0, FALSE, NULL },
        { "23:59", KJ_VALUE_TIME, 1439, 0, FALSE, NULL },
        { "\"\"", KJ_VALUE_STRING, 0, 0, FALSE, "" },
        { "\"a # \\\" \\\\ \\n \\t \\u{65e5}；\"", KJ_VALUE_STRING, 0, 0, FALSE, "a # \" \\ \n \t 日；" },
        { "true", KJ_VALUE_BOOL, 1, 0, FALSE, NULL },
        { "false", KJ_VALUE_BOOL, 0, 0, FALSE, NULL },
        { "any", KJ_VALUE_ANY, 0, 0, FALSE, NULL },
        { "none", KJ_VALUE_NONE, 0, 0, FALSE, NULL },
        { "2026-11-24 10:00", KJ_VALUE_INSTANT, 20781, 0, FALSE, NULL },
        { "2026-11-24 10:00 zone \"Asia/Tokyo\"", KJ_VALUE_INSTANT, 20781, 0, FALSE, "Asia/Tokyo" },
        { "from \"staff.csv\" column id where post == \"clerk\"", KJ_VALUE_CSV, 0, 0, FALSE, "staff.csv" },
        { "mon..fri 09:00..18:00 zone \"Asia/Tokyo\"", KJ_VALUE_WINDOW, 0, 0, FALSE, "Asia/Tokyo" },
        { "2026-11-24 10:00..11:00", KJ_VALUE_WINDOW, 0, 0, FALSE, NULL },
        { "{ mon, wed } 10:00..11:00", KJ_VALUE_WINDOW, 0, 0, FALSE, NULL },
        { "22:00..06:00", KJ_VALUE_WINDOW, 0, 0, FALSE, NULL },
        { "sat zone \"UTC\"", KJ_VALUE_WINDOW, 0, 0, FALSE, "UTC" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Parsed) parsed = NULL;
        const KjAstValue *value = parse_value(&parsed, cases[i].text);

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(value->kind, ==, cases[i].kind);
        g_assert_cmpuint(value->number, ==, cases[i].number);
        g_assert_cmpuint(value->window, ==, cases[i].window);
        g_assert_cmpint(value->bytes, ==, cases[i].bytes);
        g_assert_cmpstr(value->text, ==, cases[i].string);
    }
}

static void
test_impossible_literals(void)
{
    static const struct {
        const char *text;
        KjCode code;
    } cases[] = {
        { "9223372036854775808", KJ_CODE_NUMBER_TOO_LARGE },
        { "99999999999999999999999999", KJ_CODE_NUMBER_TOO_LARGE },
        { "9000000000TiB", KJ_CODE_NUMBER_TOO_LARGE },
        { "1__0", KJ_CODE_NUMBER_UNDERSCORE },
        { "10_", KJ_CODE_NUMBER_UNDERSCORE },
        { "10mb", KJ_CODE_NUMBER_UNIT },
        { "10x", KJ_CODE_NUMBER_UNIT },
        { "2026-02-30", KJ_CODE_DATE_IMPOSSIBLE },
        { "2026-13-01", KJ_CODE_DATE_IMPOSSIBLE },
        { "2023-02-29", KJ_CODE_DATE_IMPOSSIBLE },
        { "1969-12-31", KJ_CODE_DATE_IMPOSSIBLE },
        { "2026-1-5", KJ_CODE_DATE_IMPOSSIBLE },
        { "24:00", KJ_CODE_TIME_IMPOSSIBLE },
        { "25:61", KJ_CODE_TIME_IMPOSSIBLE },
        { "9:00", KJ_CODE_TIME_IMPOSSIBLE },
        { "09:00:00", KJ_CODE_TIME_IMPOSSIBLE },
        { "256.0.0.1", KJ_CODE_ADDRESS_INVALID },
        { "1.2.3", KJ_CODE_ADDRESS_INVALID },
        { "0.5", KJ_CODE_ADDRESS_INVALID },
        { "10.0.0.0/33", KJ_CODE_ADDRESS_INVALID },
        { "10.0.0.0/08", KJ_CODE_ADDRESS_INVALID },
        { "010.0.0.1", KJ_CODE_ADDRESS_INVALID },
        { "::/129", KJ_CODE_ADDRESS_INVALID },
        { "1::2::3", KJ_CODE_ADDRESS_INVALID },
        { "12345::1", KJ_CODE_ADDRESS_INVALID },
        { "99999/tcp", KJ_CODE_RATE_OR_SERVICE },
        { "10MB/tcp", KJ_CODE_RATE_OR_SERVICE },
        { "443/6", KJ_CODE_RATE_OR_SERVICE },
        { "10/0s", KJ_CODE_RATE_OR_SERVICE },
        { "1h/1d", KJ_CODE_RATE_OR_SERVICE },
        { "\"a\\qb\"", KJ_CODE_STRING_ESCAPE },
        { "\"\\u65e5\"", KJ_CODE_STRING_ESCAPE },
        { "\"\\u{}\"", KJ_CODE_STRING_ESCAPE },
        { "\"\\u{0}\"", KJ_CODE_STRING_CODE_POINT },
        { "\"\\u{d800}\"", KJ_CODE_STRING_CODE_POINT },
        { "\"\\u{110000}\"", KJ_CODE_STRING_CODE_POINT },
        { "\"\\u{202e}\"", KJ_CODE_STRING_CODE_POINT },
        { "\"abc", KJ_CODE_STRING_UNTERMINATED },
        { "\"abc\\", KJ_CODE_STRING_UNTERMINATED },
        { "a && b", KJ_CODE_CHARACTER_UNKNOWN },
        { "[a]", KJ_CODE_CHARACTER_UNKNOWN },
        { "a\001", KJ_CODE_CHARACTER_UNKNOWN },
        { "\xF0\x9F\x98\x80", KJ_CODE_NAME_CHARACTER },
        { "a\xF0\x9F\x98\x80z", KJ_CODE_NAME_CHARACTER },
        { "a　", KJ_CODE_CHARACTER_FULL_WIDTH },
        { "１００", KJ_CODE_CHARACTER_FULL_WIDTH },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *source = g_strdup_printf("let x = %s\n;\n", cases[i].text);

        if (strcmp(cases[i].text, "[a]") != 0)
            assert_code(source, -1, cases[i].code);
        else
            assert_code("let x = [;\n", -1, cases[i].code);
    }
}

/* Full-width punctuation is told and then read as if it had been right: the tree is whole, and the fix-its make it right. */
static void
test_full_width(void)
{
    g_autoptr(Parsed) parsed = parsed_new(
        "let 名前　＝　｛「あ」，“b”，８０｝；\nacl 住民　｛ allow ＠log　（“x”）； }\nmail m ｛ deny when a＝＝b and c＞＝１； ｝＃終\n",
        -1);
    g_autoptr(Parsed) right =
        parsed_new("let 名前 = {\"あ\",\"b\",80};\nacl 住民 { allow @log(\"x\"); }\nmail m { deny when a==b and c>=1; }\n", -1);
    g_autoptr(GString) tree = g_string_new(NULL), wanted = g_string_new(NULL);

    dump_module(parsed->module, tree);
    dump_module(right->module, wanted);
    g_assert_cmpstr(tree->str, ==, wanted->str);
    g_assert_cmpuint(kj_diagnostics_errors(right->diagnostics), ==, 0);
    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 29); /* 13 + 9 + 7 */
}

/* Identifiers are NFC: か + dakuten is が. */
static void
test_normalised_names(void)
{
    g_autoptr(Parsed) parsed = parsed_new("let か\u3099 = が;\n", -1);

    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
    g_assert_cmpstr(parsed->module->declarations->name->text, ==, "が");
    g_assert_cmpstr(parsed->module->declarations->value->name->text, ==, "が");
}

/* ---- words ---- */

static const char *const hard_words[] = { "default", "field",  "when", "unless", "and",  "or",    "not", "in",
                                          "has",     "during", "any",  "none",   "true", "false", "zone" };
static const char *const opening_words[] = {
    "module", "use", "let", "type", "group", "standard", "exception", "test", "prove", "enforce"
};
static const char *const other_words[] = { "tier",    "as",        "conforms", "to",    "with",  "until",  "reason", "approved", "by",
                                           "require", "parameter", "from",     "where", "data",  "column", "on",     "set",      "of",
                                           "at",      "mon",       "per",      "rate",  "burst", "error",  "within", "hook",     "名前" };

static void
check_word(const char *word, gboolean effect, gboolean domain)
{
    g_autofree char *source = NULL, *problems = NULL;
    g_autoptr(Parsed) parsed = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "use a.%s as %s;\nlet %s = %s;\nlet y = %s.%s - { %s, %s..%s };\ntype %s = %s > b;\n", word, word, word,
                           word, word, word, word, word, word, word, word);
    g_string_append_printf(text, "group %s = from \"f\" column %s where %s == %s;\n", word, word, word, word);
    g_string_append_printf(
        text,
        "acl %s conforms to %s.%s with %s = %s and %s = 1 {\nfield %s : %s;\nfield %s : { %s, %s };\n%s = %s;\ndefault %s @%s(%s);\n",
        word, word, word, word, word, word, word, word, word, word, word, word, word, word, word, word);
    g_string_append_printf(text, "%s: %s %s %s %s <= %s when %s and not %s or %s in %s unless %s has %s @%s;\n", word,
                           effect ? word : "deny", word, word, word, word, word, word, word, word, word, word, word);
    g_string_append_printf(text, "require %s %s when %s;\nallow %s \"x\" %s 1;\n}\n", word, word, word, word, word);
    g_string_append_printf(text, "standard %s %s.a { parameter %s : set of %s; }\nenforce %s by %s on %s;\n", word, word, word, word,
                           word, word, word);
    g_string_append_printf(text, "exception \"e\" to %s in %s.%s when %s until 2026-12-31 reason \"r\" approved by %s;\n", word, word,
                           word, word, word);
    g_string_append_printf(text, "test \"t\" { %s %s: %s %s => %s by %s; }\nprove \"p\" { %s %s: %s not %s when %s => %s, %s; }\n", word,
                           word, word, word, word, word, word, word, word, word, word, word, word);
    if (domain)
        g_string_append_printf(text, "%s %s { }\n", word, word);
    source = g_string_free(g_steal_pointer(&text), FALSE);
    parsed = parsed_new(source, -1);
    problems = parsed_problems(parsed);
    g_assert_cmpstr(problems, ==, "");
    assert_round_trip(parsed);
}

static void
test_soft_words(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(opening_words); i++)
        check_word(opening_words[i], TRUE, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(other_words); i++) {
        gboolean item = strcmp(other_words[i], "require") == 0 || strcmp(other_words[i], "parameter") == 0;

        check_word(other_words[i], !item, !item);
    }
}

static void
test_hard_words(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hard_words); i++) {
        g_autofree char *let = g_strdup_printf("let %s = 1;\n", hard_words[i]),
                        *label = g_strdup_printf("acl a {\n    %s: deny;\n}\n", hard_words[i]);
        g_autofree char *module = g_strdup_printf("use a.%s;\n", hard_words[i]);

        assert_code(let, -1, KJ_CODE_SYNTAX);
        assert_code(label, -1, KJ_CODE_SYNTAX);
        assert_code(module, -1, KJ_CODE_SYNTAX);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(opening_words); i++) {
        g_autofree char *block = g_strdup_printf("%s name { default deny; }\n", opening_words[i]);

        assert_code(block, -1, KJ_CODE_SYNTAX);
    }
}

/* ---- the shapes that later passes rely on ---- */

static void
test_shapes(void)
{
    g_autoptr(Parsed) parsed = parsed_new(
        "acl a { deny when (x and y) and (z or (w or v)) @ref(S0-140-b); e: require count 1 from people.on_call; require (x) when y; }",
        -1);
    const KjAstItem *rule = parsed->module->declarations->items, *requirement = rule->next, *condition = requirement->next;
    guint operands = 0;

    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
    g_assert_cmpint(rule->when->kind, ==, KJ_EXPRESSION_AND);
    for (const KjAstExpression *item = rule->when->items; item != NULL; item = item->next)
        operands++;
    g_assert_cmpuint(operands, ==, 3);
    g_assert_cmpint(rule->when->items->next->next->kind, ==, KJ_EXPRESSION_OR);
    g_assert_cmpint(rule->annotations->argument->kind, ==, KJ_VALUE_NAME);
    g_assert_cmpstr(rule->annotations->argument->name->text, ==, "S0-140-b");

    g_assert_cmpint(requirement->kind, ==, KJ_ITEM_REQUIRE);
    g_assert_cmpstr(requirement->name->text, ==, "e");
    g_assert_null(requirement->effect);
    g_assert_cmpstr(requirement->clauses->next->field->text, ==, "from");
    g_assert_cmpstr(requirement->clauses->next->value->name->qualifier, ==, "people");
    g_assert_cmpstr(requirement->clauses->next->value->name->last, ==, "on_call");
    g_assert_cmpint(condition->condition->kind, ==, KJ_EXPRESSION_NAME);
    g_assert_nonnull(condition->when);
    g_assert_null(condition->clauses);
}

static void
test_documentation(void)
{
    g_autoptr(Parsed) parsed = parsed_new("## one\n##  two\nlet a = 1; ## not of b\nlet b = 2;\n\n## far\n\nlet c = 3;\n"
                                          "acl x {\n    ## of rule\n    deny;\n    ## of\n    # broken\n    allow;\n}\n"
                                          "test \"t\" {\n    ## of case\n    acl x: => deny;\n}\n",
                                          -1);
    const KjAstDeclaration *a = parsed->module->declarations, *b = a->next, *c = b->next, *x = c->next, *t = x->next;

    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
    g_assert_cmpstr(a->doc, ==, "one\n two");
    g_assert_null(b->doc);
    g_assert_null(c->doc);
    g_assert_null(x->doc);
    g_assert_cmpstr(x->items->doc, ==, "of rule");
    g_assert_null(x->items->next->doc);
    g_assert_cmpstr(t->cases->doc, ==, "of case");
    assert_round_trip(parsed);
}

/* ---- limits ---- */

static char *
repeat(const char *before, const char *open, guint count, const char *middle, const char *close, const char *after)
{
    GString *text = g_string_new(before);

    for (guint i = 0; i < count; i++)
        g_string_append(text, open);
    g_string_append(text, middle);
    for (guint i = 0; i < count; i++)
        g_string_append(text, close);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void
test_nesting(void)
{
    static const struct {
        const char *before, *open, *middle, *close, *after;
        guint each;
    } shapes[] = {
        { "let a = ", "{ ", "1", " }", ";\nlet b = 2;\n", 1 },      { "let a = ", "(", "b", ")", ";\nlet b = 2;\n", 1 },
        { "let a = ", "not ", "b", "", ";\nlet b = 2;\n", 1 },      { "let a = ", "not {", "b", "}", ";\nlet b = 2;\n", 2 },
        { "let a = when ", "(", "b", ")", ";\nlet b = 2;\n", 1 },   { "let a = when ", "(b and (b or ", "b", "))", ";\nlet b = 2;\n", 2 },
        { "let a = when ", "not ", "b", "", ";\nlet b = 2;\n", 1 }, { "acl x { deny when ", "not (", "b", ")", "; } let b = 2;\n", 2 },
        { "let a = b", "", "", " - c", ";\nlet b = 2;\n", 1 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        guint most = KJ_LIMIT_NESTING / shapes[i].each;

        for (guint count = most - 1; count <= most; count++) {
            g_autofree char *text = repeat(shapes[i].before, shapes[i].open, count, shapes[i].middle, shapes[i].close, shapes[i].after);
            g_autoptr(Parsed) parsed = parsed_new(text, -1);
            g_autofree char *problems = parsed_problems(parsed);

            g_assert_cmpstr(problems, ==, "");
            assert_round_trip(parsed);
        }
        g_autofree char *above = repeat(shapes[i].before, shapes[i].open, most + 1, shapes[i].middle, shapes[i].close, shapes[i].after);
        assert_code(above, -1, KJ_CODE_NESTING_TOO_DEEP);
        g_autofree char *far_above = repeat(shapes[i].before, shapes[i].open, 200000, shapes[i].middle, shapes[i].close, shapes[i].after);
        assert_code(far_above, -1, KJ_CODE_NESTING_TOO_DEEP);

        /* What follows is still parsed. */
        g_autoptr(Parsed) parsed = parsed_new(far_above, -1);
        const KjAstDeclaration *last = parsed->module->declarations;
        while (last->next != NULL)
            last = last->next;
        g_assert_cmpstr(last->name->text, ==, "b");
        g_assert_cmpuint(last->value->number, ==, 2);
    }
}

/* `not`s and brackets one after the other do not add up. */
static void
test_wide_is_not_deep(void)
{
    g_autofree char *conditions = repeat("let a = when x", " and not (b) or not c", 5000, "", "", ";\n");
    g_autofree char *sets = repeat("let a = { 1", ", { not b }", 5000, "", "", "};\n");
    g_autoptr(Parsed) first = parsed_new(conditions, -1), second = parsed_new(sets, -1);

    g_assert_cmpuint(kj_diagnostics_errors(first->diagnostics), ==, 0);
    g_assert_cmpuint(kj_diagnostics_errors(second->diagnostics), ==, 0);
}

static void
test_string_limit(void)
{
    for (int more = -1; more <= 1; more++) {
        g_autofree char *letters = g_strnfill((gsize)((int)KJ_LIMIT_STRING_BYTES + more), 'a'),
                        *text = g_strdup_printf("let a = \"%s\";", letters);
        g_autoptr(Parsed) parsed = NULL;

        if (more > 0) {
            assert_code(text, -1, KJ_CODE_STRING_TOO_LONG);
            continue;
        }
        parsed = parsed_new(text, -1);
        g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
        g_assert_cmpuint(strlen(parsed->module->declarations->value->text), ==, strlen(letters));
    }
}

static void
test_name_limit(void)
{
    for (guint length = KJ_LIMIT_NAME_BYTES - 1; length <= KJ_LIMIT_NAME_BYTES + 1; length++) {
        g_autofree char *letters = g_strnfill(length, 'a'), *text = g_strdup_printf("let %s = 1;", letters);
        g_autofree char *dotted = g_strdup_printf("let a = a.%s;", letters + 2);

        if (length > KJ_LIMIT_NAME_BYTES) {
            assert_code(text, -1, KJ_CODE_NAME_TOO_LONG);
            assert_code(dotted, -1, KJ_CODE_NAME_TOO_LONG);
            continue;
        }
        g_autoptr(Parsed) parsed = parsed_new(text, -1), parsed_dotted = parsed_new(dotted, -1);
        g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
        g_assert_cmpuint(kj_diagnostics_errors(parsed_dotted->diagnostics), ==, 0);
    }
}

/* `bytes` of the piece over and over are parsed within seconds, also under the sanitizers and on a busy machine: nothing is quadratic. */
static void
parse_repeated(const char *piece, gsize bytes)
{
    g_autoptr(GString) text = g_string_sized_new(bytes + 64);
    g_autoptr(Parsed) parsed = NULL;
    gint64 start;

    g_string_append(text, "let a = ");
    while (text->len < bytes)
        g_string_append(text, piece);
    start = g_get_monotonic_time();
    parsed = parsed_new(text->str, (gssize)text->len);
    g_test_message("%-8s %.2f s", piece, (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 60 * G_USEC_PER_SEC);
    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), >, 0);
}

static void
test_huge_tokens(void)
{
    static const char *const pieces[] = { "a", "1", "1:", "1.", "\\", "#", "「", "“", "😀", "&", "\"\\\"" };

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
        parse_repeated(pieces[i], 16 << 20);
}

static void
test_floods(void)
{
    static const char *const pieces[] = { "(",   "not ", "a - ", "a.",     "a:",     "；", "＝",   "::",  "}",    ";",  "1/",
                                          "1-",  "\"",   "\"a\n", "a and ", "@",      "a😀 ", "x \n", "{ a;", "#\n" };

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
        parse_repeated(pieces[i], 4 << 20);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/syntax/literals", test_literals);
    g_test_add_func("/syntax/impossible-literals", test_impossible_literals);
    g_test_add_func("/syntax/full-width", test_full_width);
    g_test_add_func("/syntax/normalised-names", test_normalised_names);
    g_test_add_func("/syntax/soft-words", test_soft_words);
    g_test_add_func("/syntax/hard-words", test_hard_words);
    g_test_add_func("/syntax/shapes", test_shapes);
    g_test_add_func("/syntax/documentation", test_documentation);
    g_test_add_func("/syntax/nesting", test_nesting);
    g_test_add_func("/syntax/wide-is-not-deep", test_wide_is_not_deep);
    g_test_add_func("/syntax/string-limit", test_string_limit);
    g_test_add_func("/syntax/name-limit", test_name_limit);
    g_test_add_func("/syntax/huge-tokens", test_huge_tokens);
    g_test_add_func("/syntax/floods", test_floods);
    return g_test_run();
}
