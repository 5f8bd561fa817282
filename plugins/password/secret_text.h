/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Code points of a secret, in memory that is wiped before it is given back. See secret_text.c. */
#ifndef KJ_SECRET_TEXT_H
#define KJ_SECRET_TEXT_H

#include <glib.h>

/* A growing array of code points. All zero is the empty text. */
typedef struct {
    gunichar *at;
    gsize length;
    gsize capacity;
} KjSecretText;

typedef enum {
    KJ_NORMALIZATION_CANONICAL,     /* NFC */
    KJ_NORMALIZATION_COMPATIBILITY, /* NFKC */
} KjNormalization;

/* Wipes and frees; the text is empty afterwards and may be used again. */
void kj_secret_text_clear(KjSecretText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjSecretText, kj_secret_text_clear)

void kj_secret_text_append(KjSecretText *text, gunichar code_point);

/* Appends `length` bytes of UTF-8. FALSE at the first ill-formed sequence (surrogates and overlong forms
 * are ill-formed), with the number of bytes read before it in `*offset`. */
gboolean kj_secret_text_decode(KjSecretText *text, const char *bytes, gsize length, gsize *offset);

/* The same, but every ill-formed byte becomes U+FFFD: for what may not refuse, an old password or a name. */
void kj_secret_text_decode_leniently(KjSecretText *text, const char *bytes, gsize length);

/* UTF-8 with a final NUL; `*size` (may be NULL) excludes it. Free with kj_secret_bytes_free(). */
char *kj_secret_text_encode(const KjSecretText *text, gsize *size);
void kj_secret_bytes_free(char *bytes, gsize size);

/* Unicode normalisation form C or KC (UAX #15) of `text`, in place. */
void kj_secret_text_normalize(KjSecretText *text, KjNormalization form);

/* The folded form, in which two spellings that a reader takes for the same are equal: NFKC, full case
 * folding, default-ignorable code points dropped, katakana as hiragana, NFKC again. In place. */
void kj_secret_text_fold(KjSecretText *text);

/* The folded form of one code point, if that is one code point; else the code point itself. */
gunichar kj_fold_one(gunichar code_point);

#endif
