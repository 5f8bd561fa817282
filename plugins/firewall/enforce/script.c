/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The strict reader in front of nft: a script replaces one table, `inet kijun_NAME`, and nothing else, or it is refused.
 *
 * It does not parse nft's language; that would be as large as nft. It accepts a language much smaller: the frame is fixed to the token, and
 * between its braces a bare word is a number, an address, a name where a name is asked for, or one of the words that our target writes and
 * nft lists. What reaches outside the table is not among them: no `include`, no `define`, no second `table` or `flush`; nor is what does
 * more than filter: no queue, no mark, no translation of addresses, no copy of packets, no hook but input, forward and output. Strings hold
 * nothing that nft would expand. So a word that a later nft gives a meaning is refused until it stands here.
 *
 *     # comments, blank lines
 *     table inet kijun_NAME { }
 *     delete table inet kijun_NAME
 *     table inet kijun_NAME {
 *         (counter | limit | set | chain) NAME { ... }
 *     }
 *
 * Cost: one pass, no memory.
 */
#include "script.h"

#include <string.h>

typedef enum { TOKEN_END, TOKEN_LINE, TOKEN_WORD, TOKEN_STRING, TOKEN_MARK, TOKEN_BAD } TokenKind;

typedef struct {
    TokenKind kind;
    const char *start;
    size_t length;
} Token;

typedef struct {
    const char *at, *end;
    unsigned line;
    bool comments; /* only before the frame */
    Token token;
    const char *name;
    KjScriptFault *fault;
} Reader;

#define BODY_DEPTH_MAX 2 /* the braces of a body, and of a list in it */

static const char vocabulary[] =
    " meta nfproto ipv4 ipv6 l4proto th sport dport ip ip6 protocol nexthdr saddr daddr frag-off frag iifname oifname day hour time ct state established "
    "related invalid new untracked counter name limit rate burst packets bytes kbytes mbytes update timeout expires size flags interval dynamic "
    "elements type ipv4_addr ipv6_addr inet_proto inet_service ifname filter hook input forward output priority policy accept drop reject with "
    "icmpx icmp icmpv6 ipv6-icmp code admin-prohibited log prefix level alert comment return jump goto tcp udp dccp sctp udplite . - ";
static const char objects[] = " counter limit set chain ";
static const char before_names[] = " jump goto ";

/* ---- tokens ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}

static bool is_word_character(char c) {
    return is_name_character(c) || c == '/' || c == ':' || c == '@';
}

static bool is_mark(char c) {
    return c != '\0' && strchr("{},=!<>&", c) != NULL;
}

/* Between quotes: nothing that ends the line, is expanded, or escapes. Bytes of UTF-8 pass. */
static bool is_string_character(char c) {
    return (unsigned char)c >= ' ' && c != '\x7f' && c != '"' && c != '\\' && c != '$';
}

static void take(Reader *reader, TokenKind kind, size_t length) {
    reader->token = (Token){ kind, reader->at, length };
    reader->at += length;
}

static size_t left(const Reader *reader) {
    return (size_t)(reader->end - reader->at);
}

static void take_string(Reader *reader) {
    size_t length = 1;
    while (length < left(reader) && is_string_character(reader->at[length]))
        length++;
    if (length < left(reader) && reader->at[length] == '"')
        take(reader, TOKEN_STRING, length + 1);
    else
        take(reader, TOKEN_BAD, 1);
}

static void next(Reader *reader) {
    size_t length = 1;
    if (reader->token.kind == TOKEN_LINE && *reader->token.start == '\n')
        reader->line++;
    while (left(reader) > 0 && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
    if (reader->comments && left(reader) > 0 && *reader->at == '#')
        while (left(reader) > 0 && ((unsigned char)*reader->at >= ' ' || *reader->at == '\t'))
            reader->at++;
    if (left(reader) == 0) {
        take(reader, TOKEN_END, 0);
    } else if (*reader->at == '\n' || *reader->at == ';') {
        take(reader, TOKEN_LINE, 1);
    } else if (*reader->at == '"') {
        take_string(reader);
    } else if (is_mark(*reader->at)) {
        take(reader, TOKEN_MARK, 1);
    } else if (is_word_character(*reader->at)) {
        while (length < left(reader) && is_word_character(reader->at[length]))
            length++;
        take(reader, TOKEN_WORD, length);
    } else {
        take(reader, TOKEN_BAD, 1);
    }
}

/* ---- questions about the token ---- */

static bool refuse(Reader *reader, const char *problem) {
    size_t length = reader->token.length < sizeof reader->fault->word ? reader->token.length : sizeof reader->fault->word - 1;
    *reader->fault = (KjScriptFault){ .line = reader->line, .problem = problem };
    for (size_t i = 0; i < length; i++) {
        char c = reader->token.start[i];
        reader->fault->word[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    return false;
}

static bool is_text(const Token *token, const char *text) {
    return strlen(text) == token->length && memcmp(token->start, text, token->length) == 0;
}

/* Whether the word is in a list of words with spaces around each. */
static bool is_among(const Token *token, const char *list) {
    for (const char *at = list; (at = strchr(at, ' ')) != NULL && at[1] != '\0';) {
        at++;
        if (strncmp(at, token->start, token->length) == 0 && at[token->length] == ' ')
            return true;
    }
    return false;
}

static bool is_name(const Token *token) {
    if (token->kind != TOKEN_WORD || token->length > KJ_SCRIPT_NAME_MAX + 15) /* what the target appends to a label */
        return false;
    for (size_t i = 0; i < token->length; i++)
        if (!is_name_character(token->start[i]))
            return false;
    return true;
}

/* A number, a time, a rate, an address, a prefix, a range of these. */
static bool is_value(const Token *token) {
    bool has_colon = false;
    if (is_digit(token->start[0]))
        return memchr(token->start, '@', token->length) == NULL;
    for (size_t i = 0; i < token->length; i++) {
        char c = token->start[i];
        has_colon |= c == ':';
        if (!is_hexadecimal(c) && c != ':' && c != '.' && c != '/' && c != '-')
            return false;
    }
    return has_colon;
}

/* `@set`, and `@th,0,8`: both look no further than the table and the packet. */
static bool is_reference(const Token *token) {
    Token name = { TOKEN_WORD, token->start + 1, token->length - 1 };
    return token->start[0] == '@' && name.length > 0 && is_name(&name);
}

/* ---- the frame ---- */

static void skip_lines(Reader *reader) {
    while (reader->token.kind == TOKEN_LINE)
        next(reader);
}

static bool expect(Reader *reader, const char *text) {
    if ((reader->token.kind != TOKEN_WORD && reader->token.kind != TOKEN_MARK) || !is_text(&reader->token, text))
        return refuse(reader, "the script is not one that replaces this one table");
    next(reader);
    return true;
}

/* `table inet kijun_NAME` */
static bool expect_table(Reader *reader) {
    static const char prefix[] = "kijun_";
    const Token *token = &reader->token;
    if (!expect(reader, "table") || !expect(reader, "inet"))
        return false;
    if (token->kind != TOKEN_WORD || token->length != strlen(prefix) + strlen(reader->name) ||
        memcmp(token->start, prefix, strlen(prefix)) != 0 || memcmp(token->start + strlen(prefix), reader->name, strlen(reader->name)) != 0)
        return refuse(reader, "it names another table");
    next(reader);
    return true;
}

static bool expect_line(Reader *reader) {
    if (reader->token.kind != TOKEN_LINE)
        return refuse(reader, "a line has to end here");
    skip_lines(reader);
    return true;
}

/* ---- bodies ---- */

static bool take_word(Reader *reader) {
    const Token *token = &reader->token;
    if (is_among(token, before_names)) {
        next(reader);
        if (!is_name(token))
            return refuse(reader, "a chain's name has to stand here");
        next(reader);
        if (token->kind != TOKEN_LINE && !(token->kind == TOKEN_MARK && *token->start == '}') &&
            !(token->kind == TOKEN_WORD && is_text(token, "comment")))
            return refuse(reader, "a jump has to end here");
        return true;
    }
    if (!is_value(token) && !is_reference(token) && !is_among(token, vocabulary))
        return refuse(reader, "this word is not one that a block's table needs");
    next(reader);
    return true;
}

static bool take_body(Reader *reader) {
    unsigned depth = 1;
    while (depth > 0) {
        const Token *token = &reader->token;
        if (token->kind == TOKEN_WORD) {
            if (!take_word(reader))
                return false;
            continue;
        }
        if (token->kind == TOKEN_END)
            return refuse(reader, "a brace is not closed");
        if (token->kind == TOKEN_BAD)
            return refuse(reader, "this character has no place here");
        if (token->kind == TOKEN_MARK && *token->start == '{' && ++depth > BODY_DEPTH_MAX)
            return refuse(reader, "braces are nested deeper than a block's table needs");
        if (token->kind == TOKEN_MARK && *token->start == '}')
            depth--;
        next(reader);
    }
    return true;
}

static bool take_objects(Reader *reader) {
    for (skip_lines(reader); reader->token.kind == TOKEN_WORD; skip_lines(reader)) {
        if (!is_among(&reader->token, objects))
            return refuse(reader, "a table holds counters, limits, sets and chains here, and nothing else");
        next(reader);
        if (!is_name(&reader->token))
            return refuse(reader, "a name has to stand here");
        next(reader);
        if (!expect(reader, "{") || !take_body(reader) || !expect_line(reader))
            return false;
    }
    return true;
}

bool kj_script_is_name(const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(name[i]) || name[i] == '-')
            return false;
    return length > 0 && length <= KJ_SCRIPT_NAME_MAX;
}

bool kj_script_check(const char *text, size_t length, const char *name, KjScriptFault *fault) {
    Reader reader = { .at = text, .end = text + length, .line = 1, .comments = true, .name = name, .fault = fault };
    next(&reader);
    skip_lines(&reader);
    reader.comments = false;
    if (!expect_table(&reader) || !expect(&reader, "{") || !expect(&reader, "}") || !expect_line(&reader))
        return false;
    if (!expect(&reader, "delete") || !expect_table(&reader) || !expect_line(&reader))
        return false;
    if (!expect_table(&reader) || !expect(&reader, "{") || !take_objects(&reader) || !expect(&reader, "}"))
        return false;
    skip_lines(&reader);
    return reader.token.kind == TOKEN_END || refuse(&reader, "nothing may stand behind the table");
}
