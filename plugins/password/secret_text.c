/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code points of a secret.
 *
 * Everything the password plugin computes is computed on code points, never on bytes: a byte-based measure
 * counts a five-letter Japanese word as fifteen characters. And everything it computes from is a secret, so
 * the one container for it wipes its memory whenever it grows or goes.
 *
 * That is also why normalisation is written here, over libunistring's tables (uc_decomposition,
 * uc_composition, uc_combining_class), instead of calling u32_normalize() and u32_casefold(): those keep
 * intermediate copies in memory of their own and free them as they are. The tests hold this file against
 * u32_normalize() for every code point and for random strings.
 *
 * Cost: linear, but for the canonical ordering, an insertion sort over one run of combining marks: quadratic
 * in the longest run, which the limit on a password's bytes bounds.
 */
#define _DEFAULT_SOURCE 1 /* explicit_bzero */

#include "secret_text.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* In normalize() a code point carries its combining class above its 21 bits, looked up once. */
#define CLASS_SHIFT 24
#define CODE_POINT(unit) ((unit)&0x1fffffu)
#define CLASS(unit) ((unit) >> CLASS_SHIFT)

void kj_secret_text_clear(KjSecretText *text) {
    if (text->at != NULL)
        explicit_bzero(text->at, text->capacity * sizeof *text->at);
    g_free(text->at);
    *text = (KjSecretText){0};
}

void kj_secret_text_append(KjSecretText *text, gunichar code_point) {
    if (text->length == text->capacity) {
        KjSecretText larger = {.length = text->length, .capacity = MAX(text->capacity * 2, 64)};
        larger.at = g_new(gunichar, larger.capacity);
        if (text->length > 0)
            memcpy(larger.at, text->at, text->length * sizeof *text->at);
        kj_secret_text_clear(text);
        *text = larger;
    }
    text->at[text->length++] = code_point;
}

gboolean kj_secret_text_decode(KjSecretText *text, const char *bytes, gsize length, gsize *offset) {
    for (*offset = 0; *offset < length;) {
        ucs4_t code_point;
        int used = u8_mbtoucr(&code_point, (const uint8_t *)bytes + *offset, length - *offset);
        if (used <= 0)
            return FALSE;
        kj_secret_text_append(text, code_point);
        *offset += (gsize)used;
    }
    return TRUE;
}

void kj_secret_text_decode_leniently(KjSecretText *text, const char *bytes, gsize length) {
    gsize offset;
    while (!kj_secret_text_decode(text, bytes, length, &offset)) {
        kj_secret_text_append(text, 0xfffd);
        bytes += offset + 1;
        length -= offset + 1;
    }
}

char *kj_secret_text_encode(const KjSecretText *text, gsize *size) {
    gsize needed = 0;
    for (gsize i = 0; i < text->length; i++)
        needed += (gsize)g_unichar_to_utf8(text->at[i], NULL);
    char *bytes = g_malloc(needed + 1);
    char *end = bytes;
    for (gsize i = 0; i < text->length; i++)
        end += g_unichar_to_utf8(text->at[i], end);
    *end = '\0';
    if (size != NULL)
        *size = needed;
    return bytes;
}

void kj_secret_bytes_free(char *bytes, gsize size) {
    if (bytes != NULL)
        explicit_bzero(bytes, size);
    g_free(bytes);
}

/* Depth is bounded by the longest chain of decompositions in Unicode (four). */
static void append_decomposed(KjSecretText *text, gunichar code_point, KjNormalization form) {
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int tag;
    int count = code_point < 0xa0 ? -1 : uc_decomposition(code_point, &tag, parts);
    if (count < 0 || (form == KJ_NORMALIZATION_CANONICAL && tag != UC_DECOMP_CANONICAL)) {
        guint32 class = code_point < 0x300 ? 0 : (guint32)uc_combining_class(code_point);
        kj_secret_text_append(text, class << CLASS_SHIFT | code_point);
        return;
    }
    for (int i = 0; i < count; i++)
        append_decomposed(text, parts[i], form);
}

static void order_marks(KjSecretText *text) {
    for (gsize i = 1; i < text->length; i++) {
        gunichar moving = text->at[i];
        gsize to = i;
        while (CLASS(moving) != 0 && to > 0 && CLASS(text->at[to - 1]) > CLASS(moving)) {
            text->at[to] = text->at[to - 1];
            to--;
        }
        text->at[to] = moving;
    }
}

static void compose(KjSecretText *text) {
    gsize kept = 0, starter = G_MAXSIZE;
    guint32 last_class = 0;
    for (gsize i = 0; i < text->length; i++) {
        gunichar code_point = CODE_POINT(text->at[i]);
        guint32 class = CLASS(text->at[i]);
        /* A mark reaches its starter unless one of the same or a higher class stands between. */
        if (starter != G_MAXSIZE && code_point >= 0x300 && (starter + 1 == kept || last_class < class)) {
            ucs4_t composed = uc_composition(text->at[starter], code_point);
            if (composed != 0) {
                text->at[starter] = composed;
                continue;
            }
        }
        if (class == 0)
            starter = kept;
        last_class = class;
        text->at[kept++] = code_point;
    }
    text->length = kept;
}

static gboolean is_ascii(const KjSecretText *text) {
    gunichar all = 0;
    for (gsize i = 0; i < text->length; i++)
        all |= text->at[i];
    return all < 0x80;
}

void kj_secret_text_normalize(KjSecretText *text, KjNormalization form) {
    if (is_ascii(text))
        return;
    KjSecretText decomposed = {0};
    for (gsize i = 0; i < text->length; i++)
        append_decomposed(&decomposed, text->at[i], form);
    order_marks(&decomposed);
    compose(&decomposed);
    kj_secret_text_clear(text);
    *text = decomposed;
}

static gunichar hiragana(gunichar code_point) {
    gboolean has_hiragana = (code_point >= 0x30a1 && code_point <= 0x30f6) || code_point == 0x30fd || code_point == 0x30fe;
    return has_hiragana ? code_point - 0x60 : code_point;
}

static void append_case_folded(KjSecretText *text, gunichar code_point) {
    /* CJK, kana and their symbols have no case: most of a Japanese password takes this way. */
    if (code_point >= 0x2e80 && code_point < 0xa640) {
        kj_secret_text_append(text, hiragana(code_point));
        return;
    }
    ucs4_t one = code_point, folded[8];
    size_t count = G_N_ELEMENTS(folded);
    ucs4_t *result = u32_casefold(&one, 1, NULL, NULL, folded, &count);
    g_assert(result == folded); /* a full case folding has at most three code points */
    for (size_t i = 0; i < count; i++)
        if (!uc_is_property_default_ignorable_code_point(folded[i]))
            kj_secret_text_append(text, folded[i]);
}

void kj_secret_text_fold(KjSecretText *text) {
    if (is_ascii(text)) {
        for (gsize i = 0; i < text->length; i++)
            text->at[i] = (gunichar)g_ascii_tolower((char)text->at[i]);
        return;
    }
    kj_secret_text_normalize(text, KJ_NORMALIZATION_COMPATIBILITY);
    KjSecretText folded = {0};
    for (gsize i = 0; i < text->length; i++)
        append_case_folded(&folded, text->at[i]);
    kj_secret_text_clear(text);
    kj_secret_text_normalize(&folded, KJ_NORMALIZATION_COMPATIBILITY);
    *text = folded;
}

gunichar kj_fold_one(gunichar code_point) {
    if (code_point < 0x80)
        return (gunichar)g_ascii_tolower((char)code_point);
    /* Kanji fold to themselves, but for the compatibility ideographs elsewhere. */
    if (code_point >= 0x3400 && code_point < 0xa000)
        return code_point;
    g_auto(KjSecretText) text = {0};
    kj_secret_text_append(&text, code_point);
    kj_secret_text_fold(&text);
    return text.length == 1 ? text.at[0] : code_point;
}
