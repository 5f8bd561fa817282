/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of syntax/ share while one file is parsed. Private to this folder.
 *
 *   lexer.l       bytes to tokens               character.c    characters that are not what they should be
 *   name.c        words and keywords            literal.c      numbers, dates, addresses; literal_string.c
 *   parser.y      tokens to calls of build.c    build.c        the constructors of the tree
 *   parse.c       the loop, and recovery        expected.c     the sentence of a syntax error
 *   documentation.c  `##`                       print*.c       the tree to text
 */
#ifndef KJ_LEXER_H
#define KJ_LEXER_H

#include "../diagnostics.h"
#include "../limits.h"
#include "../translate.h"
#include "syntax.h"

/* A list being built; every tree node begins with its `next`. */
typedef struct {
    void *first, *last;
} KjList;

typedef struct KjParse {
    KjArena *arena;
    guint32 file;
    const char *text; /* the file as it was written */
    gsize length;
    KjDiagnostics *diagnostics;
    GHashTable *names; /* every spelling once, with its token (name.c) */

    /* the lexer's */
    KjList comments;
    guint lines_since; /* newlines since the last token or comment */
    gboolean lexical;  /* something unreadable was left out of this statement: a syntax error in it is no news */

    /* the parser's */
    KjList declarations;
    gboolean failed;      /* a syntax error was met and `error ';'` has not been reduced yet */
    guint missing;        /* ... and it is a missing `;`, this many tokens before the end; 0 if not */
    gboolean too_deep;    /* told once in a statement */
    KjSpan previous, before_previous; /* the last tokens given to the parser */
    gboolean first_on_line, previous_first_on_line;
    int token, previous_token, before_previous_token;
    guint blocks;         /* open: 0 or 1 */
    gboolean closed_nothing; /* the token is a `}` that closes nothing */
    KjSpan unclosed;      /* the innermost open bracket, or KJ_SPAN_NONE */
} KjParse;

/* ---- lexer.l ---- */

/* A scanner over `buffer`, which ends in two NULs that `size` counts and outlives it. Free with kj_lexer_free. */
void *kj_lexer_new(KjParse *parse, char *buffer, gsize size);
void kj_lexer_free(void *scanner);

/* ---- name.c ---- */

/* Spelling to token, keywords already in it. Free with g_hash_table_unref. */
GHashTable *kj_names_new(KjArena *arena);
/* The token of the word at `text`, and its one copy in NFC; 0 when nothing of it can be in a name, which is told. */
int kj_name_token(KjParse *parse, const char *text, gsize length, KjSpan span, const char **name);

/* ---- literal.c, literal_string.c: the token's bytes to its value ---- */

/* Each returns the kind of token. Mistakes are told, and a value is made all the same. */

int kj_literal_number(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
int kj_literal_slash(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
int kj_literal_date(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
int kj_literal_time(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
int kj_literal_address(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
/* `open` and `close`: bytes of the quotation marks; `close` is 0 when it is missing. */
int kj_literal_string(KjParse *parse, const char *text, gsize length, KjSpan span, gsize open, gsize close, KjAstValue **value);
/* A text that stands there without quotation marks, or between `marks` bytes of others. */
int kj_literal_unquoted(KjParse *parse, const char *text, gsize length, KjSpan span, gsize marks, KjAstValue **value);
/* tcp/443: a service the wrong way round. */
int kj_literal_service(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value);
/* The author's word for a message, cut short where it is absurdly long. Free with g_free. */
char *kj_literal_shown(const char *text, gsize length);
KjAstValue *kj_literal_new(KjParse *parse, KjAstValueKind kind, const char *text, gsize length, KjSpan span);

/* ---- character.c ---- */

gboolean kj_character_starts_name(gunichar c);
gboolean kj_character_continues_name(gunichar c);
/* The ASCII character that full-width punctuation or a space stands for, or 0. */
char kj_character_ascii(gunichar c);
/* Reports full-width text, with the ASCII it stands for as fix-it; `tell` leaves the fix-it to the caller. */
KjDiagnostic *kj_character_tell_full_width(KjParse *parse, const char *text, gsize length, KjSpan span, const char *ascii);
void kj_character_report_full_width(KjParse *parse, const char *text, gsize length, KjSpan span, const char *ascii);
void kj_character_report_unknown(KjParse *parse, const char *text, gsize length, KjSpan span);
/* Reports the first `length` bytes at `span`, which begin a comment elsewhere. */
void kj_character_report_comment(KjParse *parse, gsize length, KjSpan span);

/* ---- expected.c ---- */

/* Tells a syntax error: `names` are the grammar's names of the tokens that would have fitted. */
void kj_expected_report(KjParse *parse, KjSpan span, const char *const *names, guint count);

#endif
