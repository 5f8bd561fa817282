/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two sources side by side, with the words marked that only one of them has.
 *
 * Words are what white space divides; the longest common row of words stays unmarked. Where less than half is common the two are different
 * rules, and nothing is marked. Cost: words times words, so beyond WORDS_MOST nothing is marked either.
 */
#include "page.h"

#include <string.h>

enum { WORDS_MOST = 400 /* of one side: a table of lengths of 640 kB */ };

typedef struct {
    const char *start;
    gsize length;
    gboolean common;
} Word;

static GArray *words_of(const char *text) {
    GArray *words = g_array_new(FALSE, FALSE, sizeof(Word));

    for (text += strspn(text, " \t\n"); *text; text += strspn(text, " \t\n")) {
        Word word = { text, strcspn(text, " \t\n"), FALSE };
        g_array_append_val(words, word);
        text += word.length;
    }
    return words;
}

static gboolean same(const Word *a, const Word *b) {
    return a->length == b->length && memcmp(a->start, b->start, a->length) == 0;
}

/* Marks the words of the longest common row in both. */
static guint align(GArray *left, GArray *right) {
    const guint stride = right->len + 1;
    g_autofree guint32 *lengths = g_new0(guint32, (left->len + 1) * stride);
    guint common = 0;

    for (guint i = left->len; i-- > 0;)
        for (guint j = right->len; j-- > 0;)
            lengths[i * stride + j] = same(&g_array_index(left, Word, i), &g_array_index(right, Word, j))
                                          ? lengths[(i + 1) * stride + j + 1] + 1
                                          : MAX(lengths[(i + 1) * stride + j], lengths[i * stride + j + 1]);
    for (guint i = 0, j = 0; i < left->len && j < right->len;) {
        Word *a = &g_array_index(left, Word, i), *b = &g_array_index(right, Word, j);
        if (same(a, b)) {
            a->common = b->common = TRUE;
            i++, j++, common++;
        } else if (lengths[(i + 1) * stride + j] >= lengths[i * stride + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    return common;
}

static char *marked(const char *text, const GArray *words, gboolean mark) {
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < words->len; i++) {
        const Word *word = &g_array_index(words, Word, i);
        g_autofree char *copy = g_strndup(word->start, word->length);
        g_string_append_len(out, text, word->start - text);
        text = word->start + word->length;
        g_string_append(out, mark && !word->common ? "<mark>" : "");
        kj_page_text(out, copy);
        g_string_append(out, mark && !word->common ? "</mark>" : "");
    }
    return g_string_free(g_string_append(out, text), FALSE);
}

void kj_page_sides(const char *old_text, const char *new_text, char **old_html, char **new_html) {
    g_autoptr(GArray) left = words_of(old_text), right = words_of(new_text);
    guint common = MAX(left->len, right->len) <= WORDS_MOST ? align(left, right) : 0;
    gboolean mark = common * 2 >= MAX(left->len, right->len) && common > 0;

    *old_html = marked(old_text, left, mark);
    *new_html = marked(new_text, right, mark);
}
