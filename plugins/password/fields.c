/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table from the measure's members to the names that rules use; what could not be measured is left out, and so is missing in a request. */
#include "fields.h"

guint kj_password_fields(const KjPasswordMeasure *measure, KjPasswordField fields[KJ_PASSWORD_FIELDS]) {
    const struct {
        const char *name;
        guint value;
        gboolean present, is_bool;
    } all[KJ_PASSWORD_FIELDS] = {
        { "length", measure->length, TRUE, FALSE },
        { "classes", measure->classes, TRUE, FALSE },
        { "upper", measure->upper, TRUE, FALSE },
        { "lower", measure->lower, TRUE, FALSE },
        { "digits", measure->digits, TRUE, FALSE },
        { "symbols", measure->symbols, TRUE, FALSE },
        { "repeat", measure->repeat, TRUE, FALSE },
        { "sequence", measure->sequence, TRUE, FALSE },
        { "strength", measure->strength, TRUE, FALSE },
        { "palindrome", (guint)measure->palindrome, TRUE, TRUE },
        { "dictionary", (guint)measure->dictionary, (measure->present & KJ_PASSWORD_HAS_DICTIONARY) != 0, TRUE },
        { "breached", (guint)measure->breached, (measure->present & KJ_PASSWORD_HAS_BREACHED) != 0, TRUE },
        { "contains_username", (guint)measure->contains_username, (measure->present & KJ_PASSWORD_HAS_CONTAINS_USERNAME) != 0, TRUE },
        { "similar", measure->similar, (measure->present & KJ_PASSWORD_HAS_SIMILAR) != 0, FALSE },
    };
    guint count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!all[i].present)
            continue;
        fields[count].name = all[i].name;
        if (all[i].is_bool)
            g_strlcpy(fields[count].text, all[i].value ? "true" : "false", sizeof fields[count].text);
        else
            g_snprintf(fields[count].text, sizeof fields[count].text, "%u", all[i].value);
        count++;
    }
    return count;
}
