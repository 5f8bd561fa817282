/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpaqueString, RFC 8265 section 4.2, over the FreeformClass of RFC 8264.
 *
 * The profile: width mapping none; additional mapping: any space (Zs) but U+0020 becomes U+0020; case mapping
 * none; normalisation NFC; directionality none; the empty string is refused.
 *
 * The class is derived from the Unicode character database in libunistring (1.0: Unicode 14), not from the
 * IANA table, in the order of RFC 8264 section 8: exceptions, unassigned, ASCII, join controls, old Hangul
 * jamo, ignorable, controls, and then by general category: letters, marks, numbers, spaces, symbols and
 * punctuation are valid, all else is not. Two steps of that order cannot be seen here and are left out:
 * BackwardCompatible is empty, and HasCompat makes nothing valid in FreeformClass that its general category
 * does not (a test proves it over all code points).
 *
 * The class is judged after mapping and normalisation, the order of RFC 8264 section 7, because that is the
 * string that is hashed and compared. It differs from judging what was typed in two places: conjoining jamo
 * that compose to a syllable (as macOS decomposes Korean) are accepted, and U+0387, which normalises to the
 * middle dot, obeys the middle dot's rule.
 *
 * What surprises users: most emoji pass, but not those joined by ZWJ (families) or followed by a variation
 * selector (a red heart): both are invisible, so two people would type "the same" password differently.
 */
#include "opaque_string.h"

#include "measure.h"

#include <unictype.h>

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

static const struct {
    gunichar first, last;
    gboolean valid;
} exceptions[] = { /* RFC 5892 section 2.6, those without a context; sorted */
    {0x00df, 0x00df, TRUE},  {0x03c2, 0x03c2, TRUE},  {0x0640, 0x0640, FALSE}, {0x06fd, 0x06fe, TRUE},
    {0x07fa, 0x07fa, FALSE}, {0x0f0b, 0x0f0b, TRUE},  {0x3007, 0x3007, TRUE},  {0x302e, 0x302f, FALSE},
    {0x3031, 0x3035, FALSE}, {0x303b, 0x303b, FALSE},
};

#define VALID_CATEGORIES                                                                                        \
    (UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_P |   \
     UC_CATEGORY_MASK_Zs)

static gboolean has_script(gunichar code_point, const char *name) {
    const uc_script_t *script = uc_script(code_point);
    return script != NULL && g_str_equal(script->name, name);
}

static gboolean any_japanese(const KjSecretText *text) {
    for (gsize i = 0; i < text->length; i++)
        if (has_script(text->at[i], "Hiragana") || has_script(text->at[i], "Katakana") || has_script(text->at[i], "Han"))
            return TRUE;
    return FALSE;
}

static gboolean any_between(const KjSecretText *text, gunichar first, gunichar last) {
    for (gsize i = 0; i < text->length; i++)
        if (text->at[i] >= first && text->at[i] <= last)
            return TRUE;
    return FALSE;
}

/* RFC 5892 A.1, the second half: between letters that join across the non-joiner. */
static gboolean joins_across(const KjSecretText *text, gsize index) {
    gsize before = index, after = index + 1;
    while (before > 0 && uc_joining_type(text->at[before - 1]) == UC_JOINING_TYPE_T)
        before--;
    while (after < text->length && uc_joining_type(text->at[after]) == UC_JOINING_TYPE_T)
        after++;
    if (before == 0 || after == text->length)
        return FALSE;
    int left = uc_joining_type(text->at[before - 1]), right = uc_joining_type(text->at[after]);
    return (left == UC_JOINING_TYPE_L || left == UC_JOINING_TYPE_D) && (right == UC_JOINING_TYPE_R || right == UC_JOINING_TYPE_D);
}

/* The contextual rules of RFC 5892 appendix A. `*has_rule` tells whether the code point has one. */
static gboolean context_allows(const KjSecretText *text, gsize index, gboolean *has_rule) {
    gunichar code_point = text->at[index];
    gunichar before = index > 0 ? text->at[index - 1] : 0;
    gunichar after = index + 1 < text->length ? text->at[index + 1] : 0;
    *has_rule = TRUE;
    switch (code_point) {
    case 0x200c: return uc_combining_class(before) == UC_CCC_VR || joins_across(text, index);
    case 0x200d: return uc_combining_class(before) == UC_CCC_VR;
    case 0x00b7: return before == 'l' && after == 'l';
    case 0x0375: return has_script(after, "Greek");
    case 0x05f3:
    case 0x05f4: return has_script(before, "Hebrew");
    case 0x30fb: return any_japanese(text);
    }
    if (code_point >= 0x0660 && code_point <= 0x0669)
        return !any_between(text, 0x06f0, 0x06f9);
    if (code_point >= 0x06f0 && code_point <= 0x06f9)
        return !any_between(text, 0x0660, 0x0669);
    *has_rule = FALSE;
    return FALSE;
}

static gboolean is_old_hangul_jamo(gunichar code_point) {
    return (code_point >= 0x1100 && code_point <= 0x11ff) || (code_point >= 0xa960 && code_point <= 0xa97c) ||
           (code_point >= 0xd7b0 && code_point <= 0xd7c6) || (code_point >= 0xd7cb && code_point <= 0xd7fb);
}

KjPointFault kj_freeform_judge(const KjSecretText *text, gsize index) {
    gunichar code_point = text->at[index];
    if (code_point >= 0x21 && code_point <= 0x7e)
        return KJ_POINT_ALLOWED;
    for (gsize i = 0; i < G_N_ELEMENTS(exceptions); i++)
        if (code_point >= exceptions[i].first && code_point <= exceptions[i].last)
            return exceptions[i].valid ? KJ_POINT_ALLOWED : KJ_POINT_OTHER;
    gboolean has_rule;
    gboolean allowed = context_allows(text, index, &has_rule);
    if (has_rule)
        return allowed ? KJ_POINT_ALLOWED : KJ_POINT_OUT_OF_PLACE;
    if (uc_is_property_not_a_character(code_point))
        return KJ_POINT_UNASSIGNED;
    if (uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Cn))
        return KJ_POINT_UNASSIGNED;
    if (is_old_hangul_jamo(code_point))
        return KJ_POINT_OLD_HANGUL;
    if (uc_is_property_default_ignorable_code_point(code_point))
        return KJ_POINT_INVISIBLE;
    if (uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Cc))
        return KJ_POINT_CONTROL;
    if (uc_is_general_category_withtable(code_point, VALID_CATEGORIES))
        return KJ_POINT_ALLOWED;
    return uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Co) ? KJ_POINT_PRIVATE : KJ_POINT_OTHER;
}

static const char *const fault_reasons[] = {
    [KJ_POINT_CONTROL] = N_("is a control character, such as a tab or a line end"),
    [KJ_POINT_INVISIBLE] = N_("is invisible, such as the variation selector after some emoji"),
    [KJ_POINT_UNASSIGNED] = N_("is not assigned in Unicode"),
    [KJ_POINT_PRIVATE] = N_("is for private use and differs between machines"),
    [KJ_POINT_OLD_HANGUL] = N_("is part of a Korean syllable that is not complete"),
    [KJ_POINT_OUT_OF_PLACE] = N_("may not stand here, such as the joiner in an emoji of several people"),
    [KJ_POINT_OTHER] = N_("is not allowed in passwords (RFC 8264)"),
};

static gboolean check_class(const KjSecretText *text, GError **error) {
    for (gsize i = 0; i < text->length; i++) {
        KjPointFault fault = kj_freeform_judge(text, i);
        if (fault == KJ_POINT_ALLOWED)
            continue;
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_DISALLOWED, _("character %u of the password %s"),
                    (guint)i + 1, _(fault_reasons[fault]));
        return FALSE;
    }
    return TRUE;
}

gboolean kj_opaque_string_enforce(const char *bytes, gsize length, KjSecretText *prepared, GError **error) {
    if (length == 0) {
        g_set_error_literal(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_EMPTY, _("the password is empty"));
        return FALSE;
    }
    if (length > KJ_PASSWORD_MAX_BYTES) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_TOO_LONG, _("the password is longer than %u bytes"),
                    (guint)KJ_PASSWORD_MAX_BYTES);
        return FALSE;
    }
    gsize offset;
    g_auto(KjSecretText) text = {0};
    if (!kj_secret_text_decode(&text, bytes, length, &offset)) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_ENCODING, _("the password is not UTF-8 at byte %u"),
                    (guint)offset + 1);
        return FALSE;
    }
    for (gsize i = 0; i < text.length; i++)
        if (text.at[i] >= 0x80 && uc_is_general_category_withtable(text.at[i], UC_CATEGORY_MASK_Zs))
            text.at[i] = ' ';
    kj_secret_text_normalize(&text, KJ_NORMALIZATION_CANONICAL);
    if (!check_class(&text, error))
        return FALSE;
    *prepared = text;
    text = (KjSecretText){0};
    return TRUE;
}
