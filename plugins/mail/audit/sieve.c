/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of Sieve (RFC 5228, 8): which commands a script holds.
 *
 * A recursive descent over a one-token lexer. Extensions add commands, tests and tags but no grammar, so every script can be read, whatever it
 * requires. Conditions are not judged: a redirect under an `if` is one that may happen. How deep blocks and tests may stand in each other is bounded,
 * so a hostile script costs no more stack than a good one, and time grows with its length alone.
 */
#include <string.h>

#include <kijun/translate.h>

#include "audit.h"

typedef enum { TOKEN_END = 1, TOKEN_WORD, TOKEN_TAG, TOKEN_NUMBER, TOKEN_STRING, TOKEN_MARK, TOKEN_BAD } TokenKind;

typedef struct {
    const char *at, *end;
    guint line;
    TokenKind kind;
    guint token_line;
    char mark;      /* of a TOKEN_MARK */
    GString *text;  /* of words, tags (with their colon) and strings */
    guint depth;
    gboolean expands;
    void (*take)(const KjSieveCommand *command, gpointer data);
    gpointer data;
    GError **error;
} Reader;

typedef struct {
    GPtrArray *tags, *strings;
    gboolean conditional; /* a test may follow: in a place where none belongs it would hide a command whose `;` was forgotten */
} Arguments;

static gboolean fail(Reader *reader, guint line, const char *what) {
    if (reader->error && !*reader->error)
        g_set_error(reader->error, KJ_ERROR, KJ_ERROR_VALUE, _("line %u: %s"), line, what);
    return FALSE;
}

/* ---- the lexer ---- */

static gboolean is_next(const Reader *reader, char wanted) {
    return reader->at < reader->end && *reader->at == wanted;
}

/* FALSE at a comment that does not end. */
static gboolean skip_space(Reader *reader) {
    while (reader->at < reader->end) {
        char c = *reader->at;
        if (c == '#') {
            while (reader->at < reader->end && *reader->at != '\n')
                reader->at++;
        } else if (c == '/' && reader->at + 1 < reader->end && reader->at[1] == '*') {
            for (reader->at += 2;
                 reader->at < reader->end && !(is_next(reader, '*') && reader->at + 1 < reader->end && reader->at[1] == '/'); reader->at++)
                reader->line += *reader->at == '\n';
            if (reader->at >= reader->end)
                return FALSE;
            reader->at += 2;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            reader->line += c == '\n';
            reader->at++;
        } else {
            return TRUE;
        }
    }
    return TRUE;
}

static gboolean read_quoted(Reader *reader) {
    for (reader->at++; reader->at < reader->end && *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end)
            reader->at++;
        reader->line += *reader->at == '\n';
        g_string_append_c(reader->text, *reader->at);
    }
    if (reader->at >= reader->end)
        return FALSE;
    reader->at++;
    return TRUE;
}

/* "text:" is read; the lines after this one up to a single dot, a dot before a dot taken off. */
static gboolean read_multi_line(Reader *reader) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
    if (is_next(reader, '#'))
        while (reader->at < reader->end && *reader->at != '\n')
            reader->at++;
    if (is_next(reader, '\r'))
        reader->at++;
    if (!is_next(reader, '\n'))
        return FALSE;
    while (reader->at < reader->end) {
        const char *line = ++reader->at, *newline = memchr(line, '\n', (gsize)(reader->end - line));
        gsize length = (gsize)((newline ? newline : reader->end) - line);
        gsize shown = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        reader->line++;
        if (shown == 1 && line[0] == '.') {
            reader->at = line + length;
            return TRUE;
        }
        g_string_append_len(reader->text, line + (shown > 1 && line[0] == '.'), (gssize)(shown - (shown > 1 && line[0] == '.')));
        g_string_append_c(reader->text, '\n');
        reader->at = line + length;
        if (!newline)
            return FALSE;
    }
    return FALSE;
}

static gboolean is_word_char(char c) {
    return g_ascii_isalnum(c) || c == '_';
}

static void read_word(Reader *reader) {
    while (reader->at < reader->end && is_word_char(*reader->at))
        g_string_append_c(reader->text, *reader->at++);
}

static TokenKind read_token(Reader *reader) {
    g_string_truncate(reader->text, 0);
    if (!skip_space(reader))
        return TOKEN_BAD;
    reader->token_line = reader->line;
    if (reader->at >= reader->end)
        return TOKEN_END;
    char c = *reader->at;
    if (c == '"')
        return read_quoted(reader) ? TOKEN_STRING : TOKEN_BAD;
    if (g_ascii_isdigit(c)) { /* 100, 100K */
        read_word(reader);
        return TOKEN_NUMBER;
    }
    if (c == ':') {
        g_string_append_c(reader->text, *reader->at++);
        read_word(reader);
        return reader->text->len > 1 ? TOKEN_TAG : TOKEN_BAD;
    }
    if (is_word_char(c)) {
        read_word(reader);
        if (g_ascii_strcasecmp(reader->text->str, "text") != 0 || !is_next(reader, ':'))
            return TOKEN_WORD;
        reader->at++;
        g_string_truncate(reader->text, 0);
        return read_multi_line(reader) ? TOKEN_STRING : TOKEN_BAD;
    }
    if (!strchr(";{}[](),", c) || c == 0)
        return TOKEN_BAD;
    reader->mark = *reader->at++;
    return TOKEN_MARK;
}

static void advance(Reader *reader) {
    reader->kind = read_token(reader);
}

static gboolean is_mark(const Reader *reader, char mark) {
    return reader->kind == TOKEN_MARK && reader->mark == mark;
}

/* ---- the parser ---- */

static gboolean read_commands(Reader *reader);
static gboolean read_arguments(Reader *reader, Arguments *arguments);

static gboolean enter(Reader *reader) {
    return ++reader->depth <= KJ_SIEVE_NESTING_MAX || fail(reader, reader->token_line, _("blocks and tests stand too deep in each other"));
}

static void take_string(Reader *reader, Arguments *arguments) {
    if (arguments)
        g_ptr_array_add(arguments->strings, g_strdup(reader->text->str));
    advance(reader);
}

/* "[" string *("," string) "]"; the bracket is read. */
static gboolean read_string_list(Reader *reader, Arguments *arguments) {
    while (reader->kind == TOKEN_STRING) {
        take_string(reader, arguments);
        if (is_mark(reader, ']')) {
            advance(reader);
            return TRUE;
        }
        if (!is_mark(reader, ','))
            break;
        advance(reader);
    }
    return fail(reader, reader->token_line, _("a list of strings does not end"));
}

static gboolean read_test(Reader *reader) {
    if (reader->kind != TOKEN_WORD)
        return fail(reader, reader->token_line, _("a test is wanted here"));
    if (!enter(reader))
        return FALSE;
    advance(reader);
    gboolean good = read_arguments(reader, NULL);
    reader->depth--;
    return good;
}

/* "(" test *("," test) ")"; the parenthesis is read. */
static gboolean read_test_list(Reader *reader) {
    while (read_test(reader)) {
        if (is_mark(reader, ')')) {
            advance(reader);
            return TRUE;
        }
        if (!is_mark(reader, ','))
            return fail(reader, reader->token_line, _("a list of tests does not end"));
        advance(reader);
    }
    return FALSE;
}

/* *argument [ test / test-list ]. Of tests the arguments are passed over: `arguments` is NULL. */
static gboolean read_arguments(Reader *reader, Arguments *arguments) {
    for (;;) {
        if (reader->kind == TOKEN_TAG && arguments)
            g_ptr_array_add(arguments->tags, g_ascii_strdown(reader->text->str, -1));
        if (reader->kind == TOKEN_TAG || reader->kind == TOKEN_NUMBER) {
            advance(reader);
        } else if (reader->kind == TOKEN_STRING) {
            take_string(reader, arguments);
        } else if (is_mark(reader, '[')) {
            advance(reader);
            if (!read_string_list(reader, arguments))
                return FALSE;
        } else {
            break;
        }
    }
    if (arguments && !arguments->conditional)
        return TRUE;
    if (reader->kind == TOKEN_WORD)
        return read_test(reader);
    if (!is_mark(reader, '('))
        return TRUE;
    advance(reader);
    return read_test_list(reader);
}

static void tell(Reader *reader, const char *name, guint line, const Arguments *arguments) {
    KjSieveCommand command = { name, line, arguments->tags, arguments->strings, reader->expands };
    for (guint i = 0; g_ascii_strcasecmp(name, "require") == 0 && i < arguments->strings->len; i++) {
        const char *extension = arguments->strings->pdata[i];
        reader->expands |= strcmp(extension, "variables") == 0 || strcmp(extension, "encoded-character") == 0;
    }
    reader->take(&command, reader->data);
}

static gboolean read_block(Reader *reader) {
    if (!enter(reader))
        return FALSE;
    advance(reader);
    if (!read_commands(reader))
        return FALSE;
    reader->depth--;
    if (!is_mark(reader, '}'))
        return fail(reader, reader->token_line, _("a block does not end"));
    advance(reader);
    return TRUE;
}

static gboolean read_command(Reader *reader) {
    g_autofree char *name = g_strdup(reader->text->str);
    g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    Arguments arguments = { tags, strings, g_ascii_strcasecmp(name, "if") == 0 || g_ascii_strcasecmp(name, "elsif") == 0 };
    guint line = reader->token_line;
    advance(reader);
    if (!read_arguments(reader, &arguments))
        return FALSE;
    if (!is_mark(reader, ';') && !is_mark(reader, '{'))
        return fail(reader, reader->token_line, _("`;` or a block is wanted here"));
    tell(reader, name, line, &arguments);
    if (is_mark(reader, '{'))
        return read_block(reader);
    advance(reader);
    return TRUE;
}

static gboolean read_commands(Reader *reader) {
    while (reader->kind == TOKEN_WORD)
        if (!read_command(reader))
            return FALSE;
    return TRUE;
}

gboolean kj_sieve_read(const char *bytes, gsize length, void (*take)(const KjSieveCommand *command, gpointer data), gpointer data,
                       GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) own = NULL;
    Reader reader = { .at = bytes, .end = bytes + length, .line = 1, .text = text, .take = take, .data = data, .error = &own };
    if (length > KJ_SIEVE_BYTES_MAX || memchr(bytes, 0, length)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("no Sieve script: longer than %u bytes, or with a NUL byte"), KJ_SIEVE_BYTES_MAX);
        return FALSE;
    }
    advance(&reader);
    if (read_commands(&reader) && reader.kind != TOKEN_END)
        fail(&reader, reader.token_line,
             reader.kind == TOKEN_BAD ? _("what stands here does not end, or is no Sieve") : _("a command is wanted here"));
    if (!own)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&own));
    return FALSE;
}
