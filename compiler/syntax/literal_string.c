/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings: between quotation marks on one line, with \" \\ \n \t and \u{hexadecimal}. Every mistake is told at its own place and left out;
 * the rest of the string is kept. An escape cannot make what may not stand in the file itself: NUL, surrogates, bidirectional controls.
 */
#include <string.h>

#include "lexer.h"
#include "parser.h"

static void
report_escape(KjParse *parse, KjCode code, guint32 start, const char *text, gsize length)
{
    KjSpan span = { parse->file, start, start + (guint32)length };
    g_autofree char *word = g_strndup(text, length);

    kj_report(parse->diagnostics, code, span, word);
}

static gboolean
may_stand(guint64 c)
{
    return c > 0 && c <= 0x10FFFF && g_unichar_validate((gunichar)c) && c != 0x061C && c != 0x200E && c != 0x200F &&
           !(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069);
}

/* Reads `\u{...}`, at whose backslash `text` points. Returns the bytes it takes. */
static gsize
read_code_point(KjParse *parse, const char *text, const char *end, guint32 start, GString *out)
{
    const char *p = text + 3;
    guint64 c = 0;

    if (end - text < 3 || text[2] != '{') {
        report_escape(parse, KJ_CODE_STRING_ESCAPE, start, text, 2);
        return 2;
    }
    for (; p < end && g_ascii_isxdigit(*p); p++)
        c = MIN(c * 16 + (guint)g_ascii_xdigit_value(*p), 0x110000);
    if (p == end || *p != '}' || p == text + 3) {
        report_escape(parse, KJ_CODE_STRING_ESCAPE, start, text, (gsize)(MIN(p, text + 16) - text));
        return (gsize)(p - text);
    }
    p++;
    if (may_stand(c))
        g_string_append_unichar(out, (gunichar)c);
    else
        report_escape(parse, KJ_CODE_STRING_CODE_POINT, start, text, (gsize)(MIN(p, text + 16) - text));
    return (gsize)(p - text);
}

/* Reads the escape at whose backslash `text` points. Returns the bytes it takes. */
static gsize
read_escape(KjParse *parse, const char *text, const char *end, guint32 start, GString *out)
{
    static const char letters[] = "\"\\nt", meanings[] = "\"\\\n\t";
    const char *letter = end - text > 1 && text[1] != '\0' ? strchr(letters, text[1]) : NULL;

    if (letter != NULL) {
        g_string_append_c(out, meanings[letter - letters]);
        return 2;
    }
    if (end - text > 1 && text[1] == 'u')
        return read_code_point(parse, text, end, start, out);

    gsize length = end - text > 1 ? 1 + (gsize)(g_utf8_next_char(text + 1) - (text + 1)) : 1;
    report_escape(parse, KJ_CODE_STRING_ESCAPE, start, text, length);
    return length;
}

/* The characters between the marks, escapes undone. Free with g_string_free. */
static GString *
unescape(KjParse *parse, const char *text, const char *end, guint32 start, gboolean escapes)
{
    GString *out = g_string_sized_new((gsize)(end - text));

    for (const char *p = text; p < end;) {
        const char *plain_end = escapes ? memchr(p, '\\', (gsize)(end - p)) : NULL;

        plain_end = plain_end == NULL ? end : plain_end;
        g_string_append_len(out, p, plain_end - p);
        p = plain_end;
        if (p < end)
            p += read_escape(parse, p, end, start + (guint32)(p - text), out);
    }
    return out;
}

/* The spelling between ASCII marks of a string that was not written so. */
static const char *
respell(KjParse *parse, const char *content, gsize length)
{
    g_autoptr(GString) spelling = g_string_new("\"");

    for (gsize i = 0; i < length; i++) {
        if (content[i] == '"' || content[i] == '\\')
            g_string_append_c(spelling, '\\');
        g_string_append_c(spelling, content[i]);
    }
    g_string_append_c(spelling, '"');
    return kj_arena_strndup(parse->arena, spelling->str, spelling->len);
}

/* Marks that are not ASCII. Replacing them alone is safe only while nothing between them means something else then. */
static void
report_marks(KjParse *parse, const char *text, gsize length, KjSpan span, gsize open, gsize close)
{
    const char *content = text + open;
    gsize count = length - open - close;
    KjSpan last = { span.file, span.end - (guint32)close, span.end };

    if (close != 0 && (memchr(content, '"', count) != NULL || memchr(content, '\\', count) != NULL)) {
        kj_report_fix(kj_character_tell_full_width(parse, text, open, span, "\""), span, respell(parse, content, count));
        kj_character_tell_full_width(parse, content + count, close, last, "\"");
        return;
    }
    kj_character_report_full_width(parse, text, open, span, "\"");
    if (close != 0)
        kj_character_report_full_width(parse, content + count, close, last, "\"");
}

int
kj_literal_string(KjParse *parse, const char *text, gsize length, KjSpan span, gsize open, gsize close, KjAstValue **value)
{
    g_autoptr(GString) content = NULL;
    KjDiagnostic *diagnostic;

    *value = kj_arena_new0(parse->arena, KjAstValue);
    (*value)->kind = KJ_VALUE_STRING;
    (*value)->span = span;
    (*value)->spelling = "\"\"";
    (*value)->text = "";
    if (open != 1)
        report_marks(parse, text, length, span, open, close);
    if (close == 0) {
        parse->lexical = TRUE; /* it may have swallowed the `;` */
        diagnostic = kj_report(parse->diagnostics, KJ_CODE_STRING_UNTERMINATED, span);
        kj_report_help(diagnostic, _("a string ends on the line where it begins; a line break in it is written \\n"));
        return TOKEN_STRING;
    }
    if (length - open - close > KJ_LIMIT_STRING_BYTES) {
        kj_report(parse->diagnostics, KJ_CODE_STRING_TOO_LONG, span, KJ_LIMIT_STRING_BYTES >> 10);
        return TOKEN_STRING;
    }
    content = unescape(parse, text + open, text + length - close, span.start + (guint32)open, open == 1);
    (*value)->text = kj_arena_strndup(parse->arena, content->str, content->len);
    (*value)->spelling = open == 1 ? kj_arena_strndup(parse->arena, text, length) : respell(parse, content->str, content->len);
    return TOKEN_STRING;
}

/* A mail address whose local part has dots began some tokens before: where. */
static guint32
find_start(const KjParse *parse, KjSpan span)
{
    guint32 start = span.start;

    while (start > 0 && (g_ascii_isalnum(parse->text[start - 1]) || strchr("._+-", parse->text[start - 1]) != NULL))
        start--;
    return start;
}

int
kj_literal_unquoted(KjParse *parse, const char *text, gsize length, KjSpan span, gsize marks, KjAstValue **value)
{
    gboolean mail = marks == 0 && memchr(text, '@', length) != NULL;
    const char *content = text + marks;
    gsize count = length - 2 * marks;
    g_autofree char *word = NULL;
    KjDiagnostic *diagnostic;

    *value = kj_arena_new0(parse->arena, KjAstValue);
    (*value)->kind = KJ_VALUE_STRING;
    (*value)->span = span;
    (*value)->spelling = "\"\"";
    (*value)->text = "";
    if (count > KJ_LIMIT_STRING_BYTES) {
        kj_report(parse->diagnostics, KJ_CODE_STRING_TOO_LONG, span, KJ_LIMIT_STRING_BYTES >> 10);
        return TOKEN_STRING;
    }
    if (mail && find_start(parse, span) < span.start) {
        parse->lexical = TRUE; /* the words before it have been read as something else */
        span.start = find_start(parse, span);
        content = parse->text + span.start;
        count = span.end - span.start;
    }
    (*value)->text = kj_arena_strndup(parse->arena, content, count);
    (*value)->spelling = respell(parse, content, count);
    word = kj_literal_shown(parse->text + span.start, span.end - span.start);
    diagnostic = kj_report(parse->diagnostics, KJ_CODE_TEXT_UNQUOTED, span, word);
    kj_report_help(diagnostic, _("write `%s`"), (*value)->spelling);
    kj_report_fix(diagnostic, span, (*value)->spelling);
    return TOKEN_STRING;
}
