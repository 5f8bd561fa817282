/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Japanese fragments end in a noun ("宛先が dmz.web") or in a verb or an adjective ("通信が暗号化されている"), and what may follow depends on
 * which: "の" or nothing, "である場合" or "場合", "であり" or the verb's own continuative. The caller knows which it is, from the domain's phrase and
 * never from an author's name, which may end in any letter. The verbs of phrases are few; one whose ending stands in no table is kept whole
 * and followed by a word that is always right.
 */
#include "wording.h"

#include <string.h>

#include <kijun/explain_values.h>

gboolean kj_wording_is_verbal(const char *end) {
    static const char *const endings[] = { "る", "い", "む", "く", "う", "す", "つ", "ぬ", "ぶ", "ぐ", NULL };

    for (guint i = 0; endings[i]; i++) {
        if (g_str_has_suffix(end, endings[i]))
            return TRUE;
    }
    return FALSE;
}

/* The forms of a verb or an adjective, by its last letters; the longer before the shorter. */
static const struct {
    const char *plain, *continued, *negated;
} forms[] = {
    { "でない", "でなく", NULL },   { "ではない", "ではなく", NULL }, { "がない", "がなく", NULL },     { "にない", "になく", NULL },
    { "いない", "おらず", NULL },   { "しない", "せず", NULL },       { "まない", "まず", NULL },       { "らない", "らず", NULL },
    { "れない", "れず", NULL },     { "である", "であり", "でない" }, { "がある", "があり", "がない" }, { "にある", "にあり", "にない" },
    { "いる", "おり", "いない" },   { "する", "し", "しない" },       { "含む", "含み", "含まない" },   { "がる", "がり", "がらない" },
    { "まる", "まり", "まらない" }, { "たる", "たり", "たらない" },   { "れる", "れ", "れない" },       { "える", "え", "えない" },
    { "なる", "なり", "ならない" }, { "回る", "回り", "回らない" },
};

static char *with_form(const char *phrase, const char *plain, const char *form) {
    return g_strdup_printf("%.*s%s", (int)(strlen(phrase) - strlen(plain)), phrase, form);
}

static char *continued(const char *phrase) {
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (g_str_has_suffix(phrase, forms[i].plain))
            return with_form(phrase, forms[i].plain, forms[i].continued);
    }
    return g_strconcat(phrase, "ものであり", NULL);
}

char *kj_wording_negated(const char *phrase) {
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (forms[i].negated && g_str_has_suffix(phrase, forms[i].plain))
            return with_form(phrase, forms[i].plain, forms[i].negated);
    }
    return g_strconcat(phrase, "ものではない", NULL);
}

void kj_wording_end(GString *out, const char *fragment, gboolean verbal, KjEnding ending) {
    static const char *const after_noun[] = { "", "の", "である場合", "であること", "", "であり", "であるか" };
    static const char *const after_verb[] = { "", "", "場合", "こと", "", "", "か" };
    g_autofree char *form = verbal && (ending == KJ_ENDING_CONTINUED || ending == KJ_ENDING_LISTED) ? continued(fragment) : NULL;

    kj_say_words(form ? form : fragment, out);
    kj_say_words(verbal ? after_verb[ending] : after_noun[ending], out);
}

char *kj_wording_duration(const char *text, gboolean japanese) {
    static const struct {
        char unit;
        const char *one, *many, *ja;
    } units[] = {
        { 's', "second", "seconds", "秒" }, { 'm', "minute", "minutes", "分" }, { 'h', "hour", "hours", "時間" },
        { 'd', "day", "days", "日" },       { 'y', "year", "years", "年" },
    };
    gsize digits = strspn(text, "0123456789_");

    for (guint i = 0; digits > 0 && text[digits] && !text[digits + 1] && i < G_N_ELEMENTS(units); i++) {
        const char *words = strncmp(text, "1", digits) == 0 ? units[i].one : units[i].many;
        if (text[digits] == units[i].unit)
            return g_strdup_printf(japanese ? "%.*s%s" : "%.*s %s", (int)digits, text, japanese ? units[i].ja : words);
    }
    return g_strdup(text);
}
