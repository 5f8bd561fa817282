/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words: every spelling of the file once, with its token. The keywords are in the table from the start, so a word costs one look-up.
 * Names are compared after NFC, so that is how they are kept.
 */
#include <string.h>

#include "lexer.h"
#include "parser.h"

typedef struct {
    const char *text; /* in NFC */
    gsize length;
    int token;
} Word;

static const struct {
    const char *text;
    int token;
} keywords[] = {
    { "and", TOKEN_AND },           { "any", TOKEN_ANY },         { "approved", TOKEN_APPROVED }, { "as", TOKEN_AS },
    { "by", TOKEN_BY },             { "column", TOKEN_COLUMN },   { "conforms", TOKEN_CONFORMS }, { "default", TOKEN_DEFAULT },
    { "during", TOKEN_DURING },     { "enforce", TOKEN_ENFORCE }, { "exception", TOKEN_EXCEPTION }, { "false", TOKEN_FALSE },
    { "field", TOKEN_FIELD },       { "from", TOKEN_FROM },       { "group", TOKEN_GROUP },       { "has", TOKEN_HAS },
    { "in", TOKEN_IN },             { "let", TOKEN_LET },         { "module", TOKEN_MODULE },     { "none", TOKEN_NONE },
    { "not", TOKEN_NOT },           { "of", TOKEN_OF },           { "on", TOKEN_ON },             { "or", TOKEN_OR },
    { "parameter", TOKEN_PARAMETER }, { "prove", TOKEN_PROVE },   { "reason", TOKEN_REASON },     { "require", TOKEN_REQUIRE },
    { "set", TOKEN_SET },           { "standard", TOKEN_STANDARD }, { "test", TOKEN_TEST },       { "tier", TOKEN_TIER },
    { "to", TOKEN_TO },             { "true", TOKEN_TRUE },       { "type", TOKEN_TYPE },         { "unless", TOKEN_UNLESS },
    { "until", TOKEN_UNTIL },       { "use", TOKEN_USE },         { "when", TOKEN_WHEN },         { "where", TOKEN_WHERE },
    { "with", TOKEN_WITH },         { "zone", TOKEN_ZONE },
};

/* FNV-1a; the table is as small as the file's vocabulary, and a collision only costs a comparison. */
static guint
word_hash(gconstpointer key)
{
    const Word *word = key;
    guint32 hash = 2166136261u;

    for (gsize i = 0; i < word->length; i++)
        hash = (hash ^ (guchar)word->text[i]) * 16777619u;
    return hash;
}

static gboolean
word_equal(gconstpointer left, gconstpointer right)
{
    const Word *a = left, *b = right;

    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static const Word *
add_word(GHashTable *names, KjArena *arena, const char *text, gsize length, int token)
{
    Word *word = kj_arena_new0(arena, Word);

    *word = (Word){ kj_arena_strndup(arena, text, length), length, token };
    g_hash_table_add(names, word);
    return word;
}

GHashTable *
kj_names_new(KjArena *arena)
{
    GHashTable *names = g_hash_table_new(word_hash, word_equal);

    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
        add_word(names, arena, keywords[i].text, strlen(keywords[i].text), keywords[i].token);
    return names;
}

/* The word's characters that may be in a name, in NFC; the first that may not is told. Free with g_free. */
static char *
clean_name(KjParse *parse, const char *text, gsize length, KjSpan span)
{
    g_autoptr(GString) clean = g_string_sized_new(length);
    gboolean told = FALSE;

    for (const char *p = text; p < text + length; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        gsize size = (gsize)(g_utf8_next_char(p) - p);

        if (clean->len == 0 ? kj_character_starts_name(c) : kj_character_continues_name(c)) {
            g_string_append_len(clean, p, (gssize)size);
        } else if (!told) {
            KjSpan place = { span.file, span.start + (guint32)(p - text), span.start + (guint32)(p - text + size) };
            g_autofree char *shown = g_strdup(_("(which does not show)"));

            if (g_unichar_isgraph(c)) {
                g_free(shown);
                shown = g_strdup_printf("(`%.*s`)", (int)size, p);
            }
            kj_report(parse->diagnostics, KJ_CODE_NAME_CHARACTER, place, c, shown);
            told = TRUE;
        }
    }
    return g_utf8_normalize(clean->str, (gssize)clean->len, G_NORMALIZE_NFC);
}

int
kj_name_token(KjParse *parse, const char *text, gsize length, KjSpan span, const char **name)
{
    const Word *word;
    g_autofree char *clean = NULL;
    gboolean plain = TRUE;

    if (length > KJ_LIMIT_NAME_BYTES) {
        kj_report(parse->diagnostics, KJ_CODE_NAME_TOO_LONG, span, KJ_LIMIT_NAME_BYTES);
        *name = "_";
        return TOKEN_NAME;
    }
    word = g_hash_table_lookup(parse->names, &(Word){ text, length, 0 });
    for (gsize i = 0; word == NULL && i < length; i++)
        plain = plain && (guchar)text[i] < 0x80;
    if (!plain) {
        clean = clean_name(parse, text, length, span);
        if (*clean == '\0')
            return 0;
        text = clean;
        length = strlen(clean);
        word = g_hash_table_lookup(parse->names, &(Word){ text, length, 0 });
    }
    if (word == NULL)
        word = add_word(parse->names, parse->arena, text, length, TOKEN_NAME);
    *name = word->text;
    return word->token;
}
