/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a real password to the fields that rules ask about.
 *
 * The password is prepared once (opaque_string.c) and folded once (secret_text.c); each field is then a
 * question to one of the two forms:
 *
 *   prepared    length classes upper lower digits symbols repeat sequence strength breached
 *   folded      dictionary contains_username palindrome similar
 *
 * What is counted is told by the exact form, what is recognised by the folded one, for whoever guesses tries
 * spellings. `sequence` and `strength` fold for themselves, character by character or only in width.
 *
 * Every character belongs to exactly one of upper (Lu, Lt), lower (Ll), digits (Nd, of any script and width)
 * and symbols (all the rest). Kana and kanji have no case, so they are in the rest, with spaces, punctuation,
 * marks and emoji: a Japanese passphrase satisfies a rule that asks for a symbol, and is not told
 * that its characters are none at all.
 *
 * What cannot be known is missing, not false: `similar` without an old password, `dictionary` without a list.
 * A predicate that fails makes the measure fail. The order of the work is cheap first; all of it is linear but
 * `similar` (quadratic) and zxcvbn-c (bounded at 100 characters).
 */
#include "measure.h"

#include "compare.h"
#include "opaque_string.h"
#include "sequence.h"
#include "strength.h"

#include <math.h>
#include <string.h>
#include <unictype.h>

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

G_DEFINE_QUARK(kj-password-error-quark, kj_password_error)

static void count_classes(const KjSecretText *prepared, KjPasswordMeasure *measure) {
    for (gsize i = 0; i < prepared->length; i++) {
        gunichar code_point = prepared->at[i];
        if (uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lt))
            measure->upper++;
        else if (uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Ll))
            measure->lower++;
        else if (uc_is_general_category_withtable(code_point, UC_CATEGORY_MASK_Nd))
            measure->digits++;
        else
            measure->symbols++;
    }
    measure->length = (guint)prepared->length;
    measure->classes = (measure->upper > 0) + (measure->lower > 0) + (measure->digits > 0) + (measure->symbols > 0);
}

static guint longest_repeat(const KjSecretText *prepared) {
    guint longest = 0, run = 0;
    for (gsize i = 0; i < prepared->length; i++) {
        run = i > 0 && prepared->at[i] == prepared->at[i - 1] ? run + 1 : 1;
        longest = MAX(longest, run);
    }
    return longest;
}

/* A word of the list is found after as many guesses as the list has words, whatever zxcvbn-c thinks of it, times
 * ten for its spelling and a hundred for each character put on its ends. */
static double dictionary_guesses_log10(const KjPasswordDictionary *dictionary, gsize removed) {
    return log10((double)kj_password_dictionary_size(dictionary)) + 1 + 2 * (double)removed;
}

static void measure_strength(const KjPasswordContext *context, const KjSecretText *prepared, const KjSecretText *folded,
                             const KjSecretText *user, KjPasswordMeasure *measure) {
    double guesses = context->without_strength ? 0 : kj_password_guesses_log10(prepared, context->user != NULL ? user : NULL);
    if (context->dictionary != NULL) {
        gsize removed;
        measure->present |= KJ_PASSWORD_HAS_DICTIONARY;
        measure->dictionary = kj_password_dictionary_has(context->dictionary, folded, &removed);
        if (measure->dictionary)
            guesses = MIN(guesses, dictionary_guesses_log10(context->dictionary, removed));
    }
    measure->strength = (guint)MAX(0.0, floor(guesses));
}

static void measure_similarity(const KjPasswordContext *context, const KjSecretText *folded, KjPasswordMeasure *measure) {
    if (context->old_password == NULL)
        return;
    /* An old password may be from before these rules: it is compared whatever it is. */
    g_auto(KjSecretText) old = {0};
    kj_secret_text_decode_leniently(&old, context->old_password, context->old_length);
    kj_secret_text_fold(&old);
    measure->present |= KJ_PASSWORD_HAS_SIMILAR;
    measure->similar = kj_similarity(folded, &old);
}

static gboolean measure_breached(const KjPasswordContext *context, const KjSecretText *prepared, KjPasswordMeasure *measure,
                                 GError **error) {
    if (context->breached == NULL)
        return TRUE;
    gsize size;
    char *bytes = kj_secret_text_encode(prepared, &size);
    gboolean known = context->breached(bytes, size, &measure->breached, context->breached_data, error);
    kj_secret_bytes_free(bytes, size);
    measure->present |= KJ_PASSWORD_HAS_BREACHED;
    return known;
}

static gboolean check_context(const KjPasswordContext *context, GError **error) {
    if (context->user != NULL && strlen(context->user) > KJ_PASSWORD_MAX_BYTES) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_CONTEXT, _("the user name is longer than %u bytes"),
                    (guint)KJ_PASSWORD_MAX_BYTES);
        return FALSE;
    }
    if (context->old_password != NULL && context->old_length > KJ_PASSWORD_MAX_BYTES) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_CONTEXT, _("the old password is longer than %u bytes"),
                    (guint)KJ_PASSWORD_MAX_BYTES);
        return FALSE;
    }
    return TRUE;
}

gboolean kj_password_measure(const KjPasswordContext *context, const char *password, gsize length,
                             KjPasswordMeasure *measure, GError **error) {
    g_auto(KjSecretText) prepared = {0};
    g_auto(KjSecretText) folded = {0};
    g_auto(KjSecretText) user = {0};
    *measure = (KjPasswordMeasure){0};
    if (!check_context(context, error) || !kj_opaque_string_enforce(password, length, &prepared, error))
        return FALSE;
    for (gsize i = 0; i < prepared.length; i++)
        kj_secret_text_append(&folded, prepared.at[i]);
    kj_secret_text_fold(&folded);

    count_classes(&prepared, measure);
    measure->repeat = longest_repeat(&prepared);
    measure->sequence = kj_longest_sequence(&prepared, NULL);
    measure->palindrome = kj_is_palindrome(&folded);
    if (context->user != NULL && context->user[0] != '\0') {
        kj_secret_text_decode_leniently(&user, context->user, strlen(context->user));
        kj_secret_text_fold(&user);
        measure->present |= KJ_PASSWORD_HAS_CONTAINS_USERNAME;
        measure->contains_username = kj_contains_username(&folded, &user);
    }
    measure_strength(context, &prepared, &folded, &user, measure);
    measure_similarity(context, &folded, measure);
    if (!measure_breached(context, &prepared, measure, error)) {
        *measure = (KjPasswordMeasure){0};
        return FALSE;
    }
    return TRUE;
}
