/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dictionary: is the whole password a word?
 *
 * NIST SP 800-63B-4 (3.1.1.2) asks to compare the entire password with a blocklist, "not substrings or words
 * that might be contained therein": a passphrase is made of words and must not be refused for it. So only the
 * whole password is looked up, and three disguises that every guessing tool undoes first:
 *
 *   spelling    both sides are folded (kj_secret_text_fold): case, width, kana;
 *   leet        0 1 3 4 5 7 8 9 @ $ ! | + ( stand for o l e a s t b g a s i l t c, and 1 ! | for either of l
 *               and i (one choice for the whole password);
 *   ends        ASCII digits and punctuation at either end are taken off, up to MAX_AFFIX at each, as long as
 *               what is left is a word of at least MIN_STEM bytes of UTF-8 and at least half of the password.
 *               `password2026!` is a word, `tanuki` with ten digits behind it is not. Bytes, not characters,
 *               so that two kanji weigh six: `東京2026` is a word with a year.
 *
 * The words lie folded, one after the other with a NUL each, in one block; an open-addressed table of offsets
 * points in. There are no false positives. wamerican and cracklib-small together (112,195 words) take about
 * 3 MiB and 45 ms to load. A look-up costs at most 3 * (MAX_AFFIX + 1)^2 probes, and one for most passwords.
 */
#include "dictionary.h"

#include "measure.h"

#include <string.h>

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

#define MAX_AFFIX 8
#define MIN_STEM 4

struct KjPasswordDictionary {
    GByteArray *words; /* starts with one NUL, so that offset 0 is free to mean an empty slot */
    guint32 *slots;    /* a power of two, at most half full */
    gsize slot_count;
    gsize size;
};

static guint64 hash(const char *bytes, gsize length) {
    guint64 value = 0xcbf29ce484222325u; /* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
    for (gsize i = 0; i < length; i++)
        value = (value ^ (guint8)bytes[i]) * 0x100000001b3u;
    return value ^ value >> 32;
}

/* The slot of the word, or the empty slot where it belongs. */
static guint32 *find_slot(const KjPasswordDictionary *dictionary, const char *word, gsize length) {
    gsize mask = dictionary->slot_count - 1;
    for (gsize i = hash(word, length) & mask;; i = (i + 1) & mask) {
        guint32 *slot = &dictionary->slots[i];
        const char *there = (const char *)dictionary->words->data + *slot;
        if (*slot == 0 || (strncmp(there, word, length) == 0 && there[length] == '\0'))
            return slot;
    }
}

static gboolean is_word(const KjPasswordDictionary *dictionary, const char *word, gsize length) {
    return *find_slot(dictionary, word, length) != 0;
}

static void grow(KjPasswordDictionary *dictionary) {
    g_autofree guint32 *old = g_steal_pointer(&dictionary->slots);
    gsize old_count = dictionary->slot_count;
    dictionary->slot_count = MAX(old_count * 2, 1024);
    dictionary->slots = g_new0(guint32, dictionary->slot_count);
    for (gsize i = 0; i < old_count; i++)
        if (old[i] != 0) {
            const char *word = (const char *)dictionary->words->data + old[i];
            *find_slot(dictionary, word, strlen(word)) = old[i];
        }
}

static void add_word(KjPasswordDictionary *dictionary, const KjSecretText *folded) {
    gsize length;
    char *word = kj_secret_text_encode(folded, &length);
    if (dictionary->size * 2 >= dictionary->slot_count)
        grow(dictionary);
    guint32 *slot = find_slot(dictionary, word, length);
    if (*slot == 0) {
        *slot = dictionary->words->len;
        g_byte_array_append(dictionary->words, (const guint8 *)word, (guint)length + 1);
        dictionary->size++;
    }
    g_free(word);
}

static gboolean refuse_line(const char *path, guint number, const char *reason, GError **error) {
    g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS, "%s:%u: %s", path, number, reason);
    return FALSE;
}

static gboolean read_words(KjPasswordDictionary *dictionary, const char *path, const char *bytes, gsize length,
                           GError **error) {
    g_auto(KjSecretText) word = {0};
    guint number = 1;
    for (const char *line = bytes, *end = bytes + length; line < end; number++) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));
        if (line_end == NULL)
            line_end = end;
        gsize size = (gsize)(line_end - line);
        if (size > 0 && line[size - 1] == '\r')
            size--;
        if (size > KJ_PASSWORD_WORD_MAX_BYTES)
            return refuse_line(path, number, _("the line is too long for a word list"), error);
        if (memchr(line, '\0', size) != NULL)
            return refuse_line(path, number, _("the line has a NUL: this is not a text file"), error);
        gsize offset;
        word.length = 0;
        if (!kj_secret_text_decode(&word, line, size, &offset))
            return refuse_line(path, number, _("the line is not UTF-8"), error);
        kj_secret_text_fold(&word);
        if (word.length > 0)
            add_word(dictionary, &word);
        line = line_end + (line_end < end);
    }
    return TRUE;
}

KjPasswordDictionary *kj_password_dictionary_load(const char *const *paths, GError **error) {
    g_autoptr(KjPasswordDictionary) dictionary = g_new0(KjPasswordDictionary, 1);
    dictionary->words = g_byte_array_new();
    g_byte_array_append(dictionary->words, (const guint8 *)"", 1);
    gsize total = 0;
    for (; *paths != NULL; paths++) {
        g_autoptr(GMappedFile) file = g_mapped_file_new(*paths, FALSE, error);
        if (file == NULL)
            return NULL;
        total += g_mapped_file_get_length(file);
        if (total > KJ_PASSWORD_WORDS_MAX_BYTES) {
            g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS,
                        _("%s: the word lists are larger than %u MiB together"), *paths,
                        KJ_PASSWORD_WORDS_MAX_BYTES / 1024 / 1024);
            return NULL;
        }
        if (g_mapped_file_get_length(file) > 0 &&
            !read_words(dictionary, *paths, g_mapped_file_get_contents(file), g_mapped_file_get_length(file), error))
            return NULL;
    }
    if (dictionary->size == 0) {
        g_set_error_literal(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS, _("the word lists have no word"));
        return NULL;
    }
    return g_steal_pointer(&dictionary);
}

KjPasswordDictionary *kj_password_dictionary_load_default(GError **error) {
    static const char *const known[] = {"/usr/share/dict/words", "/usr/share/dict/cracklib-small"};
    const char *found[G_N_ELEMENTS(known) + 1] = {NULL};
    gsize count = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (g_file_test(known[i], G_FILE_TEST_EXISTS))
            found[count++] = known[i];
    if (count == 0) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS,
                    _("there is no word list at %s or %s; install the package wamerican or cracklib-runtime"),
                    known[0], known[1]);
        return NULL;
    }
    return kj_password_dictionary_load(found, error);
}

void kj_password_dictionary_free(KjPasswordDictionary *dictionary) {
    if (dictionary == NULL)
        return;
    g_byte_array_unref(dictionary->words);
    g_free(dictionary->slots);
    g_free(dictionary);
}

gsize kj_password_dictionary_size(const KjPasswordDictionary *dictionary) {
    return dictionary->size;
}

static char plain_letter(char leet, char one) {
    static const char from[] = "034578@9$+(", to[] = "oeastbagstc";
    if (leet == '1' || leet == '!' || leet == '|')
        return one;
    const char *found = leet == '\0' ? NULL : strchr(from, leet);
    return found == NULL ? leet : to[found - from];
}

static gboolean is_affix(char byte) {
    return g_ascii_isdigit(byte) || g_ascii_ispunct(byte);
}

/* Looks up `word` as it is and without its ends. The ends are judged on `typed`: leet changes what a digit
 * looks like, not that it was one. */
static gboolean has_stem(const KjPasswordDictionary *dictionary, const char *word, const char *typed, gsize length,
                         gsize *removed) {
    for (gsize head = 0; head <= MAX_AFFIX && (head == 0 || (head < length && is_affix(typed[head - 1]))); head++) {
        for (gsize tail = 0; tail <= MAX_AFFIX && head + tail < length; tail++) {
            if (tail > 0 && !is_affix(typed[length - tail]))
                break;
            gsize stem = length - head - tail;
            if (head + tail > 0 && (stem < MIN_STEM || stem * 2 < length))
                break;
            if (is_word(dictionary, word + head, stem)) {
                *removed = head + tail;
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean has_leet_stem(const KjPasswordDictionary *dictionary, const char *typed, gsize length, char one,
                              gsize *removed) {
    char *plain = g_memdup2(typed, length + 1);
    for (gsize i = 0; i < length; i++)
        plain[i] = plain_letter(typed[i], one);
    gboolean found = has_stem(dictionary, plain, typed, length, removed);
    kj_secret_bytes_free(plain, length);
    return found;
}

gboolean kj_password_dictionary_has(const KjPasswordDictionary *dictionary, const KjSecretText *folded, gsize *removed) {
    gsize length, taken = 0;
    char *typed = kj_secret_text_encode(folded, &length);
    gboolean found = has_stem(dictionary, typed, typed, length, &taken) ||
                     has_leet_stem(dictionary, typed, length, 'l', &taken) ||
                     has_leet_stem(dictionary, typed, length, 'i', &taken);
    kj_secret_bytes_free(typed, length);
    if (removed != NULL)
        *removed = taken;
    return found;
}
