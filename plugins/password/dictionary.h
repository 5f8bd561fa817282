/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Word lists against which a whole password is compared. See dictionary.c. */
#ifndef KJ_PASSWORD_DICTIONARY_H
#define KJ_PASSWORD_DICTIONARY_H

#include "secret_text.h"

/* All lists together, in bytes: their offsets fit 32 bits with room, and a load stays in seconds. */
#define KJ_PASSWORD_WORDS_MAX_BYTES (64u * 1024 * 1024)
/* One line of a list, in bytes. A longer one is not a word: the file is something else. */
#define KJ_PASSWORD_WORD_MAX_BYTES 1024

typedef struct KjPasswordDictionary KjPasswordDictionary;

/* Loads word lists: text in UTF-8, one word a line, folded as it is read. `paths` ends with NULL. Errors:
 * KJ_PASSWORD_ERROR_WORDS with file and line, or G_FILE_ERROR. Free with kj_password_dictionary_free(). */
KjPasswordDictionary *kj_password_dictionary_load(const char *const *paths, GError **error);

/* The lists of Debian that are there: /usr/share/dict/words (package wamerican or another wordlist) and
 * /usr/share/dict/cracklib-small (package cracklib-runtime). An error if neither is. */
KjPasswordDictionary *kj_password_dictionary_load_default(GError **error);
void kj_password_dictionary_free(KjPasswordDictionary *dictionary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPasswordDictionary, kj_password_dictionary_free)

/* How many different words it holds. */
gsize kj_password_dictionary_size(const KjPasswordDictionary *dictionary);

/* Whether `folded` (kj_secret_text_fold) is a word, or one in disguise. `*removed` (may be NULL) is then the
 * number of digits and punctuation marks that had to be taken off its ends. */
gboolean kj_password_dictionary_has(const KjPasswordDictionary *dictionary, const KjSecretText *folded, gsize *removed);

#endif
