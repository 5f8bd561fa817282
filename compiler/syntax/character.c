/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters: which make a name, which were typed with the input method still on, and what was probably meant by the others.
 */
#include <string.h>

#include "lexer.h"

gboolean
kj_character_starts_name(gunichar c)
{
    return c == '_' || g_unichar_isalpha(c);
}

gboolean
kj_character_continues_name(gunichar c)
{
    return kj_character_starts_name(c) || g_unichar_ismark(c) || g_unichar_type(c) == G_UNICODE_DECIMAL_NUMBER;
}

char
kj_character_ascii(gunichar c)
{
    static const struct {
        gunichar c;
        char ascii;
    } others[] = {
        { 0x00A0, ' ' }, { 0x3000, ' ' }, { 0x3001, ',' }, { 0x3002, ';' }, { 0xFF61, ';' }, { 0xFF64, ',' },
        { 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' }, { 0x2013, '-' }, { 0x2014, '-' }, { 0x2015, '-' },
        { 0x3008, '<' }, { 0x3009, '>' }, { 0x3014, '(' }, { 0x3015, ')' }, { 0x300C, '"' }, { 0x300D, '"' },
        { 0x201C, '"' }, { 0x201D, '"' },
    };

    if (c >= 0xFF01 && c <= 0xFF5E)
        return (char)(c - 0xFEE0);
    if (c >= 0x2000 && c <= 0x200A)
        return ' ';
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (others[i].c == c)
            return others[i].ascii;
    return '\0';
}

KjDiagnostic *
kj_character_tell_full_width(KjParse *parse, const char *text, gsize length, KjSpan span, const char *ascii)
{
    g_autofree char *written = g_strndup(text, length);
    KjDiagnostic *diagnostic;

    span.end = span.start + (guint32)length;
    diagnostic = kj_report(parse->diagnostics, KJ_CODE_CHARACTER_FULL_WIDTH, span, written, g_utf8_get_char(text), ascii);
    kj_report_help(diagnostic, _("write `%s`"), ascii);
    return diagnostic;
}

void
kj_character_report_full_width(KjParse *parse, const char *text, gsize length, KjSpan span, const char *ascii)
{
    KjDiagnostic *diagnostic = kj_character_tell_full_width(parse, text, length, span, ascii);

    span.end = span.start + (guint32)length;
    kj_report_fix(diagnostic, span, ascii);
}

/* What people write who come from other languages. */
static const struct {
    const char *text, *meant;
} habits[] = {
    { "&&", "and" }, { "&", "and" }, { "||", "or" }, { "|", "or" }, { "!", "not" },
    { "[", "{" },    { "]", "}" },   { "'", "\"" },  { "`", "\"" }, { "~", "not" },
};

void
kj_character_report_unknown(KjParse *parse, const char *text, gsize length, KjSpan span)
{
    gunichar c = g_utf8_get_char(text);
    g_autofree char *shown = NULL;
    KjDiagnostic *diagnostic;

    if (g_unichar_isgraph(c))
        shown = g_strdup_printf("(`%.*s`)", (int)(g_utf8_next_char(text) - text), text);
    diagnostic = kj_report(parse->diagnostics, KJ_CODE_CHARACTER_UNKNOWN, span, c, shown != NULL ? shown : _("(which does not show)"));
    for (gsize i = 0; i < G_N_ELEMENTS(habits); i++)
        if (strlen(habits[i].text) == length && memcmp(habits[i].text, text, length) == 0) {
            kj_report_help(diagnostic, _("write `%s`"), habits[i].meant);
            return;
        }
    if (memchr("/\\*?", text[0], 4) != NULL)
        kj_report_help(diagnostic, _("a path or a pattern is written as a string, in \"...\""));
}

void
kj_character_report_comment(KjParse *parse, gsize length, KjSpan span)
{
    gboolean slashes = parse->text[span.start + 1] == '/';
    g_autofree char *mark = g_strndup(parse->text + span.start, length);
    KjDiagnostic *diagnostic;

    span.end = span.start + (guint32)length;
    diagnostic = kj_report(parse->diagnostics, KJ_CODE_COMMENT_FOREIGN, span, mark);
    kj_report_help(diagnostic, _("a comment begins with `#` and ends with its line"));
    if (slashes)
        kj_report_fix(diagnostic, span, "#");
}
