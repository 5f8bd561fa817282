/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts as patterns over the tokens of the table format, and whether a value's tokens fit one.
 *
 * A path is its segments; `*` is one, `**` any number. A mail address is its domain's labels, last first, then "@local":
 * "x.jp" is [jp][x][ONE], "*.x.jp" is [jp][x][ONE][MANY][ONE], "a@x.jp" is [jp][x][@a]. Everything else is one literal token. Values and
 * patterns go through the same tokeniser, so that a pattern can never spell a domain otherwise than a request does. Matching remembers
 * the last MANY only: linear for one MANY, and never worse than tokens times pattern.
 */
#include "policy.h"

#include <string.h>

#include <kijun/translate.h>
#include <kijun/value.h>

static gboolean token_fits(const KjToken *token, const char *value) {
    return token->kind == KJ_TOKEN_ONE || strcmp(token->text, value) == 0;
}

gboolean kj_pattern_matches(const KjPattern *pattern, const char *const *tokens, guint count) {
    guint at = 0, value = 0, after_many = 0, resume = 0;
    gboolean many = FALSE;

    while (value < count) {
        if (at < pattern->count && pattern->tokens[at].kind == KJ_TOKEN_MANY) {
            many = TRUE;
            after_many = ++at;
            resume = value;
        } else if (at < pattern->count && token_fits(&pattern->tokens[at], tokens[value])) {
            at++;
            value++;
        } else if (many) {
            at = after_many;
            value = ++resume;
        } else {
            return FALSE;
        }
    }
    while (at < pattern->count && pattern->tokens[at].kind == KJ_TOKEN_MANY)
        at++;
    return at == pattern->count;
}

static const KjPattern *pattern_new(KjArena *arena, const char *text, const KjToken *tokens, guint count) {
    KjPattern *pattern = kj_arena_new0(arena, KjPattern);
    KjToken *copy = kj_arena_newn(arena, KjToken, count + 1);

    for (guint i = 0; i < count; i++) {
        copy[i] = tokens[i];
        if (copy[i].text)
            copy[i].text = kj_arena_strdup(arena, copy[i].text);
    }
    pattern->text = kj_arena_strdup(arena, text);
    pattern->tokens = copy;
    pattern->count = count;
    return pattern;
}

/* Splits a value with the runtime's tokeniser. Returns the number of tokens or -1. */
static int split(KjType type, const char *text, char **room, const char **tokens, const char **problem) {
    gsize length = strlen(text);

    *room = g_malloc(4 * length + 16);
    return kj_value_tokens(type, text, length, *room, 4 * length + 16, tokens, KJ_TOKENS_MAX, problem);
}

/* ---- paths ---- */

static const KjPattern *path_pattern(KjArena *arena, const char *text, const char **problem) {
    g_auto(GStrv) segments = NULL;
    KjToken tokens[KJ_TOKENS_MAX] = { { 0, NULL } };
    guint count = 0;

    if (text[0] != '/') {
        *problem = N_("a path begins with `/`");
        return NULL;
    }
    if (text[1] == '\0')
        return pattern_new(arena, text, tokens, 0);
    segments = g_strsplit(text + 1, "/", -1);
    for (guint i = 0; segments[i]; i++) {
        const char *segment = segments[i];
        KjToken token = { KJ_TOKEN_LITERAL, segment };
        if (segment[0] == '\0' || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0) {
            *problem = segment[0] ? N_("a path has no segment `.` or `..`") : N_("a path has no empty segment");
            return NULL;
        }
        if (strcmp(segment, "**") == 0)
            token = (KjToken){ KJ_TOKEN_MANY, NULL };
        else if (strcmp(segment, "*") == 0)
            token = (KjToken){ KJ_TOKEN_ONE, NULL };
        else if (strchr(segment, '*')) {
            *problem = N_("`*` stands for a whole segment; a part of one cannot be a pattern");
            return NULL;
        }
        if (token.kind == KJ_TOKEN_MANY && count > 0 && tokens[count - 1].kind == KJ_TOKEN_MANY)
            continue;
        if (count == KJ_TOKENS_MAX) {
            *problem = N_("a path has too many segments");
            return NULL;
        }
        tokens[count++] = token;
    }
    return pattern_new(arena, text, tokens, count);
}

/* ---- mail ---- */

/* Tokens are the domain's labels, last first; appends it the way it is written. */
static void append_domain(GString *out, const char *const *labels, guint count) {
    for (guint i = count; i > 0; i--)
        g_string_append_printf(out, "%s%s", labels[i - 1], i > 1 ? "." : "");
}

static const KjPattern *mail_pattern(KjArena *arena, const char *text, const char **problem) {
    gboolean exact = strchr(text, '@') != NULL, below = !exact && g_str_has_prefix(text, "*.");
    const char *domain = below ? text + 2 : text, *labels[KJ_TOKENS_MAX];
    g_autofree char *address = exact ? g_strdup(text) : g_strconcat("x@", domain, NULL);
    g_autofree char *room = NULL;
    g_autoptr(GString) canonical = g_string_new(below ? "*." : NULL);
    KjToken tokens[KJ_TOKENS_MAX + 3];
    guint used = 0;
    int count;

    if (strchr(domain, '*')) {
        *problem = N_("`*` may only stand at the beginning, as in \"*.example.jp\"; \"example.jp\" is every address of that domain");
        return NULL;
    }
    count = split(KJ_TYPE_MAIL, address, &room, labels, problem);
    if (count < 2)
        return NULL;
    for (int i = 0; i < count - 1; i++)
        tokens[used++] = (KjToken){ KJ_TOKEN_LITERAL, labels[i] };
    if (exact) {
        tokens[used++] = (KjToken){ KJ_TOKEN_LITERAL, labels[count - 1] };
        g_string_append_printf(canonical, "%s@", labels[count - 1] + 1);
    } else {
        tokens[used++] = (KjToken){ KJ_TOKEN_ONE, NULL };
    }
    if (below) {
        tokens[used++] = (KjToken){ KJ_TOKEN_MANY, NULL };
        tokens[used++] = (KjToken){ KJ_TOKEN_ONE, NULL };
    }
    append_domain(canonical, labels, (guint)count - 1);
    return pattern_new(arena, canonical->str, tokens, used);
}

/* ---- single tokens ---- */

static const KjPattern *token_pattern(KjArena *arena, KjType type, const char *text, const char **problem) {
    g_autofree char *room = NULL;
    const char *tokens[KJ_TOKENS_MAX];
    KjToken token = { KJ_TOKEN_LITERAL, NULL };

    if (split(type, text, &room, tokens, problem) != 1)
        return NULL;
    token.text = tokens[0];
    return pattern_new(arena, tokens[0], &token, 1);
}

const KjPattern *kj_pattern_new(KjArena *arena, KjType type, const char *text, const char **problem) {
    *problem = N_("not a value of this type");
    switch (type) {
    case KJ_TYPE_PATH:
        return path_pattern(arena, text, problem);
    case KJ_TYPE_MAIL:
        return mail_pattern(arena, text, problem);
    default:
        return token_pattern(arena, type, text, problem);
    }
}
