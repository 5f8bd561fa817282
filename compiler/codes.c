/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of codes, and the few ways to look something up in them. They are short and asked seldom: every search is linear. */
#include "codes.h"

#include <string.h>

static const KjCodeEntry entries[] = {
#define KJ_DIAGNOSTIC(number, name, severity, message) { KJ_CODE_##name, KJ_SEVERITY_##severity, #name, message },
#include "diagnostics.def"
#undef KJ_DIAGNOSTIC
};

static const KjCodePage pages[] = {
#define KJ_PAGE(name, title, title_ja, meaning, meaning_ja, reason, reason_ja, wrong, right) \
    { KJ_CODE_##name, { title, title_ja }, { meaning, meaning_ja }, { reason, reason_ja }, wrong, right },
#include "codes/text.def"
#include "codes/grammar.def"
#include "codes/names.def"
#include "codes/fields.def"
#include "codes/values.def"
#include "codes/rules.def"
#include "codes/standards.def"
#include "codes/conformance.def"
#include "codes/tests.def"
#include "codes/findings.def"
#undef KJ_PAGE
};

const KjCodeEntry *
kj_code_find(KjCode code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
        if (entries[i].code == code)
            return &entries[i];
    g_assert_not_reached();
}

const KjCodePage *
kj_code_page(KjCode code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++)
        if (pages[i].code == code)
            return &pages[i];
    return NULL;
}

static int
compare_numbers(gconstpointer left, gconstpointer right)
{
    const KjCodeEntry *a = *(const KjCodeEntry *const *)left, *b = *(const KjCodeEntry *const *)right;

    return (int)a->code - (int)b->code;
}

GPtrArray *
kj_codes_in_order(void)
{
    GPtrArray *order = g_ptr_array_sized_new(G_N_ELEMENTS(entries));

    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
        g_ptr_array_add(order, (gpointer)&entries[i]);
    g_ptr_array_sort(order, compare_numbers);
    return order;
}

guint
kj_code_language(const char *language)
{
    return language != NULL && strcmp(language, "ja") == 0 ? KJ_JAPANESE : KJ_ENGLISH;
}
