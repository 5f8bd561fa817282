/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PRECIS profile OpaqueString (RFC 8265 section 4.2): what a password is before anything is measured. */
#ifndef KJ_OPAQUE_STRING_H
#define KJ_OPAQUE_STRING_H

#include "secret_text.h"

/* Why one code point may not stand in an OpaqueString; KJ_POINT_ALLOWED is zero. */
typedef enum {
    KJ_POINT_ALLOWED = 0,
    KJ_POINT_CONTROL,     /* control character, tab and line ends among them */
    KJ_POINT_INVISIBLE,   /* default-ignorable: variation selectors, zero-width space, ... */
    KJ_POINT_UNASSIGNED,  /* not assigned in the Unicode version of the libunistring in use, or a noncharacter */
    KJ_POINT_PRIVATE,     /* private use */
    KJ_POINT_OLD_HANGUL,  /* a conjoining jamo that composes to no syllable */
    KJ_POINT_OUT_OF_PLACE,/* allowed only in a context that is not here: ZWJ, middle dot, ... */
    KJ_POINT_OTHER,       /* disallowed by RFC 8264 otherwise: line separator, vertical repeat marks, ... */
} KjPointFault;

/* Judges one code point of `text` by the FreeformClass of RFC 8264 section 4.3. */
KjPointFault kj_freeform_judge(const KjSecretText *text, gsize index);

/* Applies OpaqueString to `bytes`: the additional mapping, NFC, and the class. On success the prepared
 * password is in `*prepared` (empty before; the caller clears it). Errors: KJ_PASSWORD_ERROR, all codes but
 * KJ_PASSWORD_ERROR_CONTEXT and _WORDS; a message tells a position and never a character. */
gboolean kj_opaque_string_enforce(const char *bytes, gsize length, KjSecretText *prepared, GError **error);

#endif
