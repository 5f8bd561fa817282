/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sentence of a syntax error: what was found, and what would have fitted, in words. The grammar names every token that fits, which
 * may be sixty; tokens that make one idea together (all that begin a value, all that may be a name) are told as that idea, and what is
 * then still too many is told in the order of the table, most helpful first.
 *
 * Three errors are better told otherwise: a missing `;` where it is missing, an unclosed bracket where it was opened, and a `}` too many.
 */
#include <string.h>

#include "lexer.h"
#include "parser.h"

enum { MOST = 5 /* alternatives told */ };

/* Words that may also be a name: not worth telling where any name fits. */
static const char *const soft_words[] = { "module",  "use",      "let",       "type", "group", "standard", "exception", "test", "prove",
                                          "enforce", "require",  "parameter", "tier", "as",    "conforms", "to",        "with", "until",
                                          "reason",  "approved", "by",        "from", "where", "column",   "on",        "set",  "of" };

/* Tokens that make one idea together. */
static const char *const openings[] = { "module",    "use",  "let",   "type",    "group", "standard",
                                        "exception", "test", "prove", "enforce", "zone" };
static const char *const value_parts[] = { "integer", "size", "duration", "rate", "service", "address", "date", "time",
                                           "string",  "any",  "none",     "true", "false",   "{",       "(",    "not" };
static const char *const condition_parts[] = { "(", "not", "during", "name" };
static const char *const relations[] = { "==", "!=", "<", "<=", ">", ">=" };

typedef struct {
    const char *name, *words;
} Phrase;

/* In this order they are told. */
static const Phrase phrases[] = {
    { ";", "`;`" },
    { ",", "`,`" },
    { "}", "`}`" },
    { ")", "`)`" },
    { "{", "`{`" },
    { ":", "`:`" },
    { "=", "`=`" },
    { "=>", "`=>`" },
    { "in", "`in`" },
    { "when", "`when`" },
    { "unless", "`unless`" },
    { "and", "`and`" },
    { "or", "`or`" },
    { "during", "`during`" },
    { "@", "`@`" },
    { "has", "`has`" },
    { "field", "`field`" },
    { "default", "`default`" },
    { "not", "`not`" },
    { "(", "`(`" },
    { "string", N_("a string in \"...\"") },
    { "date", N_("a date such as 2026-01-31") },
    { "end of file", N_("the end of the file") },
    { "integer", N_("a number") },
    { "size", N_("a size") },
    { "duration", N_("a duration") },
    { "service", N_("a service") },
    { "address", N_("an address") },
};

/* What could also go on from here, but hardly ever is what the author meant: told only when nothing else fits. */
static const Phrase continuations[] = {
    { "time", N_("a time such as 09:00") }, { "zone", "`zone`" }, { ">", "`>`" }, { "..", "`..`" }, { "-", "`-`" }, { ".", "`.`" },
};

typedef struct {
    const char *const *names;
    guint count;
    gboolean told[64]; /* already, as part of an idea */
} Expected;

static int
find(const Expected *expected, const char *name)
{
    for (guint i = 0; i < expected->count; i++)
        if (strcmp(expected->names[i], name) == 0 ||
            (expected->names[i][0] == '\'' && expected->names[i][1] == name[0] && name[1] == '\0'))
            return (int)i;
    return -1;
}

/* Are all of these expected? */
static gboolean
has_all(const Expected *expected, const char *const *names, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (find(expected, names[i]) < 0)
            return FALSE;
    return TRUE;
}

static void
tick_off(Expected *expected, const char *const *names, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        int at = find(expected, names[i]);

        if (at >= 0)
            expected->told[at] = TRUE;
    }
}

static gboolean
take(Expected *expected, const char *const *names, gsize count)
{
    if (!has_all(expected, names, count))
        return FALSE;
    tick_off(expected, names, count);
    return TRUE;
}

static void
add_words(GPtrArray *words, const char *text)
{
    g_ptr_array_add(words, g_strdup(text));
}

/* The one idea that what is expected amounts to; a name, which is part of each, is then no news. */
static void
gather_idea(const KjParse *parse, Expected *expected, GPtrArray *words)
{
    gboolean any_name = find(expected, "name") >= 0;

    if (parse->blocks == 0 && take(expected, openings, G_N_ELEMENTS(openings)))
        add_words(words, _("a declaration (`let NAME = ...;`, `firewall NAME { ... }`)"));
    else if (take(expected, value_parts, G_N_ELEMENTS(value_parts)))
        add_words(words, _("a value"));
    else if (find(expected, "integer") < 0 && take(expected, condition_parts, G_N_ELEMENTS(condition_parts)))
        add_words(words, _("a condition"));
    else if (any_name)
        add_words(words, _("a name"));
    if (any_name)
        tick_off(expected, soft_words, G_N_ELEMENTS(soft_words));
}

/* The words for what is expected. Free with g_ptr_array_unref. */
static GPtrArray *
gather(const KjParse *parse, Expected *expected)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    gboolean compares = take(expected, relations, G_N_ELEMENTS(relations));

    gather_idea(parse, expected, words);
    for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++) {
        int at = find(expected, phrases[i].name);

        if (compares && strcmp(phrases[i].name, "in") == 0)
            add_words(words, _("a comparison (`==`, `<=`, ...)"));
        if (at >= 0 && !expected->told[at])
            add_words(words, _(phrases[i].words));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(soft_words); i++) {
        int at = find(expected, soft_words[i]);

        if (at >= 0 && !expected->told[at])
            g_ptr_array_add(words, g_strdup_printf("`%s`", soft_words[i]));
    }
    for (gsize i = 0; words->len == 0 && i < G_N_ELEMENTS(continuations); i++)
        if (find(expected, continuations[i].name) >= 0)
            add_words(words, _(continuations[i].words));
    return words;
}

/* "a, b or c"; at most MOST of them. Free with g_free. */
static char *
enumerate(const GPtrArray *words)
{
    GString *out = g_string_new(NULL);
    guint count = MIN(words->len, MOST);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : i + 1 == count ? _(" or ") : _(", "), (const char *)words->pdata[i]);
    return g_string_free(out, FALSE);
}

/* The author's own text at `span`, quoted and not too long. Free with g_free. */
static char *
quote(const KjParse *parse, KjSpan span)
{
    enum { LONGEST = 40 };
    const char *from = parse->text + span.start, *limit = parse->text + span.end, *to = from;

    while (to < limit && to - from < LONGEST)
        to = g_utf8_next_char(to);
    return g_strdup_printf("`%.*s%s`", (int)(to - from), from, to < limit ? "..." : "");
}

/* ---- the three that are told otherwise ---- */

static void
report_missing_semicolon(KjParse *parse, KjSpan after)
{
    KjSpan place = { parse->file, after.end, after.end };
    g_autofree char *word = quote(parse, after);
    KjDiagnostic *diagnostic = kj_report(parse->diagnostics, KJ_CODE_SEMICOLON_MISSING, place, word);

    kj_report_help(diagnostic, _("write `;` here"));
    kj_report_fix(diagnostic, place, ";");
}

/* How many tokens ago a `;` is missing, or 0. The second case is a label or a setting whose name was taken for a clause of the line
 * before. */
static guint
find_missing_semicolon(const KjParse *parse, const Expected *expected)
{
    gboolean begins_line = parse->first_on_line || parse->token == '}';

    if (begins_line && find(expected, ";") >= 0)
        return 1;
    if ((parse->token == ':' || parse->token == '=') && parse->blocks == 1 && parse->previous_first_on_line && !parse->first_on_line &&
        parse->before_previous_token != ';' && parse->before_previous_token != '{' && parse->before_previous_token != '}')
        return 2;
    return 0;
}

static gboolean
report_bracket(KjParse *parse, KjSpan span)
{
    if (parse->token == TOKEN_END && parse->unclosed.file != G_MAXUINT32) {
        g_autofree char *bracket = g_strndup(parse->text + parse->unclosed.start, parse->unclosed.end - parse->unclosed.start);

        kj_report(parse->diagnostics, KJ_CODE_BRACKET_UNCLOSED, parse->unclosed, bracket);
        return TRUE;
    }
    if (parse->token == '}' && parse->blocks == 0 && parse->closed_nothing) {
        KjDiagnostic *diagnostic = kj_report(parse->diagnostics, KJ_CODE_BRACKET_UNOPENED, span);

        kj_report_help(diagnostic, _("take it away"));
        kj_report_fix(diagnostic, span, "");
        return TRUE;
    }
    return FALSE;
}

/* What people write who know other languages, or who leave a part out: what is found, what would have fitted, and the words before it
 * (NULL: any). The first that matches is told. */
static const struct {
    const char *found, *expected, *previous, *before_previous;
    const char *help;
} hints[] = {
    { "else", NULL, NULL, NULL, N_("there is no `else`: write the other case as a rule of its own, or as the default") },
    { ";", NULL, NULL, "else", N_("there is no `else`: write the other case as a rule of its own, or as the default") },
    { ":", "name", "default", NULL, N_("`default` is no label: write `default deny;` without a colon") },
    { ";", "=>", NULL, NULL, N_("after the request stands what the answer must be: `=> allow`") },
    { ";", "string", "on", NULL, N_("name the hosts in quotation marks: `on { \"fw1\" }`") },
    { ",", "when", NULL, NULL, N_("clauses follow each other without a comma; several values stand in braces: `{ a, b }`") },
    { ",", ";", NULL, NULL, N_("a statement ends in `;`") },
    { ".", "name", NULL, "standard", N_("the domain stands before the name: `standard mail jp.gov.mail`") },
    { NULL, "name", "@", NULL, N_("an annotation has a name, such as `@log`") },
    { "==", "when", NULL, NULL, N_("a condition stands after `when`: `when iif == \"lo\"`") },
    { "when", "@", NULL, NULL, N_("`when` stands before `unless`, and once in a rule") },
    { "during", "and", NULL, NULL, N_("clauses stand before `when`; in a condition it is joined with `and`: `and during office`") },
};

static gboolean
is_text(const KjParse *parse, KjSpan span, const char *text)
{
    return strlen(text) == span.end - span.start && memcmp(parse->text + span.start, text, strlen(text)) == 0;
}

static gboolean
explain_by_hint(const KjParse *parse, KjDiagnostic *diagnostic, const Expected *expected, KjSpan span)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hints); i++)
        if ((hints[i].found == NULL || is_text(parse, span, hints[i].found)) &&
            (hints[i].expected == NULL || find(expected, hints[i].expected) >= 0) &&
            (hints[i].previous == NULL || is_text(parse, parse->previous, hints[i].previous)) &&
            (hints[i].before_previous == NULL || is_text(parse, parse->before_previous, hints[i].before_previous))) {
            kj_report_help(diagnostic, "%s", _(hints[i].help));
            return TRUE;
        }
    return FALSE;
}

/* ---- conditions written another way ---- */

/* The next word of the author's text behind `at`, on the same line: a name, a literal or a run of signs. Empty at its end. */
static KjSpan
next_word(const KjParse *parse, guint32 at)
{
    static const char signs[] = "<>=!";
    KjSpan word = { parse->file, at, at };
    gboolean sign;

    while (parse->text[word.start] == ' ' || parse->text[word.start] == '\t')
        word.start++;
    word.end = word.start;
    sign = word.start < parse->length && strchr(signs, parse->text[word.start]) != NULL;
    while (word.end < parse->length && strchr(" \t\n\r;(){},", parse->text[word.end]) == NULL &&
           (strchr(signs, parse->text[word.end]) != NULL) == sign)
        word.end++;
    return word;
}

/* The author's text there, cut short where it is absurdly long. Free with g_free. */
static char *
word_at(const KjParse *parse, KjSpan word)
{
    return kj_literal_shown(parse->text + word.start, word.end - word.start);
}

/* A relation seen from its other side, or NULL when the word is none. */
static const char *
mirrored(const char *relation)
{
    static const char *const pairs[][2] = { { "<", ">" }, { "<=", ">=" }, { ">", "<" }, { ">=", "<=" }, { "==", "==" }, { "=", "==" } };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (strcmp(pairs[i][0], relation) == 0)
            return pairs[i][1];
    return NULL;
}

/* `8 <= length` and `1 <= length <= 8`, at whose first word the parser stopped: how it is written. */
static gboolean
explain_comparison(const KjParse *parse, KjDiagnostic *diagnostic, KjSpan span)
{
    KjSpan sign = next_word(parse, span.end), field = next_word(parse, sign.end), second = next_word(parse, field.end),
           last = next_word(parse, second.end);
    g_autofree char *value = word_at(parse, span), *relation = word_at(parse, sign), *name = word_at(parse, field);
    g_autofree char *other = word_at(parse, second), *bound = word_at(parse, last);
    const char *turned = mirrored(relation);

    if (turned == NULL || !kj_character_starts_name(g_utf8_get_char(name)))
        return FALSE;
    if (mirrored(other) != NULL && bound[0] != '\0')
        kj_report_help(diagnostic, _("a comparison begins with its field: `%s %s %s and %s %s %s`"), name, turned, value, name, other,
                       bound);
    else
        kj_report_help(diagnostic, _("a comparison begins with its field: `%s %s %s`"), name, turned, value);
    return TRUE;
}

static gboolean
begins_value(char c)
{
    return g_ascii_isdigit(c) || c == '"' || c == '{';
}

/* In a condition, behind a name: `unless port 80` (a field and its value, as in a clause), or a whole clause. */
static gboolean
explain_clause_in_condition(const KjParse *parse, KjDiagnostic *diagnostic, KjSpan span)
{
    g_autofree char *field = word_at(parse, parse->previous), *value = quote(parse, span), *plain = word_at(parse, span);
    KjSpan next = next_word(parse, span.end);
    char first = parse->text[span.start];

    if (first == '{')
        kj_report_help(diagnostic, _("in a condition: `%s in { ... }`"), field);
    else if (begins_value(first))
        kj_report_help(diagnostic, _("in a condition: `%s == %s`"), field, plain);
    else if (begins_value(parse->text[next.start]))
        kj_report_help(diagnostic, _("clauses such as %s stand before `when` and `unless`"), value);
    else if (parse->token == TOKEN_NAME)
        kj_report_help(diagnostic, _("in a condition: `%s == %s`"), field, plain);
    else
        return FALSE;
    return TRUE;
}

/* Does a literal stand where a condition or a clause begins? */
static void
explain_value(const KjParse *parse, KjDiagnostic *diagnostic, const Expected *expected, KjSpan span)
{
    gboolean value = begins_value(parse->text[span.start]) && parse->text[span.start] != '{';

    if (parse->blocks == 0)
        return;
    if (value && has_all(expected, condition_parts, G_N_ELEMENTS(condition_parts))) {
        if (!explain_comparison(parse, diagnostic, span))
            kj_report_help(diagnostic, _("a comparison begins with a field: `length <= 8`; two of them are joined by `and`"));
    } else if (value && find(expected, "when") >= 0 && find(expected, "name") >= 0) {
        kj_report_help(diagnostic, _("a clause is a field and its value, and a label ends in a colon: `web: allow to 192.0.2.1`"));
    } else if (find(expected, "when") < 0 && find(expected, "and") >= 0 && has_all(expected, relations, G_N_ELEMENTS(relations))) {
        explain_clause_in_condition(parse, diagnostic, span);
    }
}

/* `10 MB`: the unit was taken for a field. */
static gboolean
explain_unit(const KjParse *parse, KjDiagnostic *diagnostic, KjSpan word)
{
    g_autofree char *unit = word_at(parse, word), *digits = NULL;
    KjSpan number;

    if (!kj_literal_unit_apart(parse->text, word, &number))
        return FALSE;
    digits = word_at(parse, number);
    kj_report_help(diagnostic, _("a number and its unit are one word: `%s%s`"), digits, unit);
    kj_report_fix(diagnostic, (KjSpan){ parse->file, number.end, word.start }, "");
    return TRUE;
}

/* ---- a test without its arrow ---- */

/* Whether the statement that ends at `end` is a line of a test (`DOMAIN BLOCK: ...`) that has no `=>`. */
static gboolean
is_case_without_arrow(const KjParse *parse, guint32 end)
{
    guint32 start = end;
    KjSpan domain, block;
    char after;

    while (start > 0 && strchr(";{}", parse->text[start - 1]) == NULL)
        start--;
    while (g_ascii_isspace(parse->text[start]))
        start++;
    domain = next_word(parse, start);
    block = next_word(parse, domain.end);
    if (domain.end == domain.start || block.end == block.start || parse->text[domain.end - 1] == ':')
        return FALSE;
    after = parse->text[block.end - 1];
    return after == ':' && g_strstr_len(parse->text + start, (gssize)(end - start), "=>") == NULL;
}

/* The answer was taken for one more field: it is there that `=>` is missing. */
static void
report_arrow(KjParse *parse)
{
    KjSpan place = { parse->file, parse->previous.start, parse->previous.start };
    g_autofree char *answer = quote(parse, parse->previous), *plain = word_at(parse, parse->previous);
    KjDiagnostic *diagnostic = kj_report(parse->diagnostics, KJ_CODE_SYNTAX, parse->previous, answer, "`=>`");

    kj_report_help(diagnostic, _("before the answer stands an arrow: `=> %s`"), plain);
    kj_report_fix(diagnostic, place, "=> ");
}

/* The mistakes that the list of alternatives does not explain. */
static void
explain(const KjParse *parse, KjDiagnostic *diagnostic, const Expected *expected, KjSpan span, const char *found)
{
    gboolean hard = parse->token >= TOKEN_DEFAULT && parse->token <= TOKEN_ZONE,
             outside = find(expected, "let") >= 0 && parse->blocks == 0;

    if (hard && outside && find(expected, "zone") >= 0)
        kj_report_help(diagnostic, _("rules, fields and defaults stand inside a block: `firewall NAME { ... }`"));
    else if (hard && find(expected, "name") >= 0)
        kj_report_help(diagnostic, _("%s is a word of the language and cannot be a name"), found);
    else if (parse->token == ';' && (parse->previous_token == '}' || parse->previous_token == ';'))
        kj_report_help(diagnostic, _("take it away"));
    else if (parse->token == '=' && find(expected, "==") >= 0) {
        kj_report_help(diagnostic, _("values are compared with `==`"));
        kj_report_fix(diagnostic, span, "==");
    } else if (!explain_unit(parse, diagnostic, parse->previous) && !explain_unit(parse, diagnostic, parse->before_previous) &&
               !explain_by_hint(parse, diagnostic, expected, span)) {
        explain_value(parse, diagnostic, expected, span);
    }
}

void
kj_expected_report(KjParse *parse, KjSpan span, const char *const *names, guint count)
{
    Expected expected = { names, MIN(count, 64), { FALSE } };
    g_autoptr(GPtrArray) words = NULL;
    g_autofree char *found = parse->token == TOKEN_END ? g_strdup(_("the end of the file")) : quote(parse, span), *list = NULL;
    KjDiagnostic *diagnostic;

    parse->failed = TRUE;
    parse->missing = 0;
    if (!parse->lexical && report_bracket(parse, span))
        return;
    parse->missing = find_missing_semicolon(parse, &expected);
    if (parse->lexical)
        return;
    if (parse->missing != 0) {
        report_missing_semicolon(parse, parse->missing == 1 ? parse->previous : parse->before_previous);
        return;
    }
    if (parse->token == ';' && parse->previous_token == TOKEN_NAME && is_case_without_arrow(parse, span.start)) {
        report_arrow(parse);
        return;
    }
    words = gather(parse, &expected);
    list = enumerate(words);
    if (words->len > 0)
        diagnostic = kj_report(parse->diagnostics, KJ_CODE_SYNTAX, span, found, list);
    else
        diagnostic = kj_report(parse->diagnostics, KJ_CODE_SYNTAX_UNEXPECTED, span, found);
    explain(parse, diagnostic, &expected, span, found);
}
