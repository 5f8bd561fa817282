/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop between the lexer and the grammar.
 *
 * Everything that has to know more than one token is here. Brackets are counted, so that nesting has a limit of our own long before the
 * parser's stack has one, and so that an unclosed bracket is told where it was opened. When the grammar reports a syntax error it has
 * already thrown away the statement, and waits for `error ';'`: recovery finds where the statement ends and hands in that `;`. A `;` inside
 * a bracket of the statement ends the statement all the same (no value holds one), a `}` of the enclosing block ends both, and a block that
 * follows a broken head is passed over whole. Where only a `;` was missing nothing is passed over: the tokens after it are given again.
 *
 * Cost: linear; the copy of the text that flex needs lives as long as the parse.
 */
#include <string.h>

#include "build.h"
#include "documentation.h"
#include "parser.h"
#include "syntax.h"

int kj_yylex(KJ_YYSTYPE *value, KjSpan *span, void *scanner);

typedef struct {
    int kind;
    KJ_YYSTYPE value;
    KjSpan span;
    gboolean first_on_line;
} Token;

typedef struct {
    KjSpan span;
    gboolean brace, block;
    guint nots; /* that were waiting for this bracket */
} Bracket;

typedef enum { CLOSED_NOTHING, CLOSED_VALUE, CLOSED_BLOCK } Closed;

typedef struct {
    KjParse *parse;
    void *scanner;
    kj_yypstate *parser;
    int status;              /* of the last token given to the parser */
    Token last, before_last; /* given to the parser */
    GArray *brackets;        /* Bracket, open ones */
    int before;              /* kind of the last token read */
    Closed closed;           /* by the last token read, if it was a `}` */
    guint nesting, nots;     /* see count_token */
} Loop;

/* ---- brackets ---- */

/* A `{` opens a block, and no set, where a value cannot begin: outside all brackets, after a name, a string or a value. */
static gboolean
opens_block(const Loop *loop)
{
    static const int before_values[] = { '=', '-', '(', ',', '{', '<', '>', TOKEN_EQUAL, TOKEN_NOT_EQUAL, TOKEN_LESS_EQUAL,
                                         TOKEN_GREATER_EQUAL, TOKEN_IN, TOKEN_HAS, TOKEN_NOT, TOKEN_DURING, TOKEN_ON, TOKEN_OF };

    if (loop->brackets->len > 0)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(before_values); i++)
        if (before_values[i] == loop->before)
            return FALSE;
    return TRUE;
}

static const Bracket *
innermost(const Loop *loop)
{
    return loop->brackets->len > 0 ? &g_array_index(loop->brackets, Bracket, loop->brackets->len - 1) : NULL;
}

/* Blocks do not nest: 0 or 1. */
static guint
count_blocks(const Loop *loop)
{
    return loop->brackets->len > 0 && g_array_index(loop->brackets, Bracket, 0).block ? 1 : 0;
}

static void
pop_bracket(Loop *loop)
{
    const Bracket *bracket = innermost(loop);

    loop->nesting -= bracket->nots + (bracket->block ? 0 : 1);
    g_array_set_size(loop->brackets, loop->brackets->len - 1);
}

static void
close_bracket(Loop *loop, gboolean brace)
{
    loop->closed = CLOSED_NOTHING;
    while (brace && loop->brackets->len > 0 && !innermost(loop)->brace)
        pop_bracket(loop);
    if (loop->brackets->len > 0 && innermost(loop)->brace == brace) {
        loop->closed = innermost(loop)->block ? CLOSED_BLOCK : CLOSED_VALUE;
        pop_bracket(loop);
    }
}

/* A `;` ends whatever the statement has left open. */
static void
close_statement(Loop *loop)
{
    while (loop->brackets->len > 0 && !innermost(loop)->block)
        pop_bracket(loop);
}

/* Keeps `nesting`: open brackets of the statement, and `not`s that wait for an operand, which may be a bracket. FALSE at one too many. */
static gboolean
count_token(Loop *loop, const Token *token)
{
    if (token->kind == TOKEN_NOT) {
        loop->nots++;
        loop->nesting++;
    } else if (token->kind == '{' || token->kind == '(') {
        gboolean brace = token->kind == '{', block = brace && opens_block(loop);
        Bracket bracket = { token->span, brace, block, loop->nots };

        g_array_append_val(loop->brackets, bracket);
        loop->nots = 0;
        loop->nesting += block ? 0 : 1;
    } else {
        loop->nesting -= loop->nots;
        loop->nots = 0;
        if (token->kind == '}' || token->kind == ')')
            close_bracket(loop, token->kind == '}');
        else if (token->kind == ';')
            close_statement(loop);
    }
    loop->before = token->kind;
    return loop->nesting <= KJ_LIMIT_NESTING;
}

/* ---- tokens ---- */

static Token
read_token(Loop *loop)
{
    Token token;

    memset(&token, 0, sizeof token);
    token.kind = kj_yylex(&token.value, &token.span, loop->scanner);
    token.first_on_line = loop->parse->first_on_line;
    if (token.kind == TOKEN_END) {
        guint32 end = (guint32)loop->parse->length;

        token.span = (KjSpan){ loop->parse->file, end, end };
        token.first_on_line = TRUE;
    }
    return token;
}

static void
give(Loop *loop, Token token)
{
    KjParse *parse = loop->parse;

    parse->token = token.kind;
    parse->first_on_line = token.first_on_line;
    parse->previous = loop->last.span;
    parse->previous_token = loop->last.kind;
    parse->previous_first_on_line = loop->last.first_on_line;
    parse->before_previous = loop->before_last.span;
    parse->before_previous_token = loop->before_last.kind;
    parse->blocks = count_blocks(loop);
    parse->closed_nothing = token.kind == '}' && loop->closed == CLOSED_NOTHING;
    parse->unclosed = loop->brackets->len > 0 ? innermost(loop)->span : KJ_SPAN_NONE;
    loop->status = kj_yypush_parse(loop->parser, token.kind, &token.value, &token.span, parse);
    loop->before_last = loop->last;
    loop->last = token;
}

/* Hands in a `;` that nobody wrote, or that ends a broken statement. */
static void
give_semicolon(Loop *loop)
{
    Token token = { .kind = ';', .span = { loop->parse->file, loop->last.span.end, loop->last.span.end } };

    close_statement(loop);
    give(loop, token);
    loop->parse->lexical = FALSE;
}

/* ---- recovery ---- */

typedef enum { SYNC_NOT_YET, SYNC_AFTER, SYNC_BEFORE } Sync;

/* Does the broken statement, which began with `blocks` blocks open, end at this token, which has been counted? */
static Sync
find_sync(const Loop *loop, const Token *token, guint blocks, gboolean first)
{
    gboolean bare = loop->brackets->len == blocks && count_blocks(loop) == blocks;

    switch (token->kind) {
    case TOKEN_END:
        return SYNC_BEFORE;
    case ';':
        return count_blocks(loop) == blocks ? SYNC_AFTER : SYNC_NOT_YET;
    case '}':
        if (blocks == 1)
            return loop->closed == CLOSED_BLOCK ? SYNC_BEFORE : SYNC_NOT_YET;
        return loop->closed != CLOSED_VALUE && loop->brackets->len == 0 ? SYNC_AFTER : SYNC_NOT_YET;
    case TOKEN_FIELD:
    case TOKEN_DEFAULT:
        return !first && token->first_on_line && blocks == 1 && bare ? SYNC_BEFORE : SYNC_NOT_YET;
    default:
        if (token->kind < TOKEN_MODULE || token->kind > TOKEN_ENFORCE)
            return SYNC_NOT_YET;
        return !first && token->first_on_line && blocks == 0 && bare ? SYNC_BEFORE : SYNC_NOT_YET;
    }
}

/* Passes over the rest of a broken statement from `token` on, which has been counted, and hands in its `;`. */
static void
recover(Loop *loop, Token token, guint blocks)
{
    Sync sync = find_sync(loop, &token, blocks, TRUE);

    while (sync == SYNC_NOT_YET) {
        token = read_token(loop);
        count_token(loop, &token);
        sync = find_sync(loop, &token, blocks, FALSE);
    }
    give_semicolon(loop);
    if (sync == SYNC_BEFORE && loop->status == YYPUSH_MORE)
        give(loop, token);
}

/* Only a `;` was missing: it is handed in, and what followed it is read again. */
static void
insert_semicolon(Loop *loop, Token token, guint missing)
{
    Token previous = loop->before_last; /* `last` is the token itself, which was refused */

    loop->parse->missing = 0;
    give_semicolon(loop);
    if (missing == 2 && loop->status == YYPUSH_MORE)
        give(loop, previous);
    if (loop->status == YYPUSH_MORE)
        give(loop, token);
}

static void
run(Loop *loop)
{
    KjParse *parse = loop->parse;

    while (loop->status == YYPUSH_MORE) {
        Token token = read_token(loop);
        guint blocks = count_blocks(loop);

        if (!count_token(loop, &token)) {
            kj_report(parse->diagnostics, KJ_CODE_NESTING_TOO_DEEP, token.span, KJ_LIMIT_NESTING);
            parse->lexical = TRUE;
            recover(loop, token, blocks);
            continue;
        }
        give(loop, token);
        if (parse->failed && parse->missing != 0 && loop->status == YYPUSH_MORE)
            insert_semicolon(loop, token, parse->missing);
        if (parse->failed && loop->status == YYPUSH_MORE)
            recover(loop, token, blocks);
        if (token.kind == ';' || token.kind == '}')
            parse->lexical = FALSE;
    }
}

/* ---- one file ---- */

KjAstModule *
kj_parse(KjArena *arena, const KjSources *sources, guint32 file, KjDiagnostics *diagnostics)
{
    const KjSourceFile *source = kj_sources_file(sources, file);
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    KjAstModule *module = kj_arena_new0(arena, KjAstModule);
    g_autofree char *buffer = g_malloc(source->length + 2);
    g_autoptr(GHashTable) names = kj_names_new(arena);
    g_autoptr(GArray) brackets = g_array_new(FALSE, FALSE, sizeof(Bracket));
    KjParse parse = { .arena = arena, .file = file, .text = source->text, .length = source->length, .diagnostics = diagnostics,
                      .names = names, .lines_since = 1 };
    Loop loop = { .parse = &parse, .brackets = brackets, .status = YYPUSH_MORE, .before = ';' };

    memcpy(buffer, source->text, source->length);
    memset(buffer + source->length, 0, 2);
    if (g_str_has_prefix(source->text, byte_order_mark))
        memset(buffer, ' ', strlen(byte_order_mark));
    loop.last.kind = loop.before_last.kind = ';';
    loop.last.span = loop.before_last.span = (KjSpan){ file, 0, 0 };
    loop.scanner = kj_lexer_new(&parse, buffer, source->length + 2);
    loop.parser = kj_yypstate_new();
    run(&loop);
    kj_yypstate_delete(loop.parser);
    kj_lexer_free(loop.scanner);

    module->file = file;
    module->declarations = parse.declarations.first;
    module->comments = parse.comments.first;
    kj_documentation_attach(module, source->text, arena);
    return module;
}
