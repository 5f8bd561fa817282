/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sentences for a person who wants in, or wants a new password: all rules that failed at once, then what would pass.
 *
 * The language is chosen as the whole of Kijun chooses it, by the first of LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set, in the
 * program's environment or else in PAM's own (pam_env). A rule's @message comes first: who wrote the policy knows best what to tell; else
 * the table has the rule as a sentence in both languages. The module's own words stand in a table here, as runtime/explain.c has its words,
 * because programs that call PAM seldom call setlocale, without which gettext stays silent. Nothing said has a character of a password.
 */
#include "voice.h"

#include <string.h>

#include <kijun/explain.h>
#include <security/pam_ext.h>

static const struct {
    int style;
    KjPhrase text;
} words[] = {
    [KJ_PAM_PASSWORD_REFUSED] = { PAM_ERROR_MSG, { "Password refused: ", "パスワードを認めない: " } },
    [KJ_PAM_PASSWORD_WARNED] = { PAM_TEXT_INFO, { "Password accepted with a warning: ", "警告して認める: " } },
    [KJ_PAM_PASSWORD_WOULD_PASS] = { PAM_TEXT_INFO, { "It would be accepted: ", "次のようにすれば認める: " } },
    [KJ_PAM_PASSWORD_OF_ROOT] = { PAM_TEXT_INFO, { "Accepted all the same, because root sets it.", "root による設定のため、そのまま認める。" } },
    [KJ_PAM_PASSWORD_UNDECIDED] = { PAM_ERROR_MSG,
                                    { "The password cannot be checked, so it is not changed; the system's log says why.",
                                      "パスワードを検査できないため、変更しない。理由はシステムのログにある。" } },
    [KJ_PAM_ACCESS_REFUSED] = { PAM_ERROR_MSG, { "Access refused: ", "利用を認めない: " } },
    [KJ_PAM_ACCESS_UNDECIDED] = { PAM_ERROR_MSG,
                                  { "Access cannot be decided, so it is refused; the system's log says why.",
                                    "利用の可否を判定できないため、認めない。理由はシステムのログにある。" } },
    [KJ_PAM_ACCESS_BY_CONSOLE] = { PAM_TEXT_INFO,
                                   { "The access rules cannot be used. Root is let in at this console to mend them; this is logged.",
                                     "利用規則を使えない。修復のため、この端末の root に限り認め、記録した。" } },
};

static const KjPhrase no_rule = { "no rule allows it", "認める規則がない" };

static const char *pick(const KjPamVoice *voice, KjPhrase phrase) {
    return strcmp(voice->language, "ja") == 0 && phrase.ja && *phrase.ja ? phrase.ja : phrase.en;
}

KjPamVoice kj_pam_voice(pam_handle_t *handle, int flags) {
    static const char *const variables[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };
    KjPamVoice voice = { handle, (flags & PAM_SILENT) != 0, "en" };
    for (guint i = 0; i < 2 * G_N_ELEMENTS(variables); i++) {
        const char *name = variables[i % G_N_ELEMENTS(variables)];
        const char *value = i < G_N_ELEMENTS(variables) ? g_getenv(name) : pam_getenv(handle, name);
        if (!value || !*value)
            continue;
        if (g_str_has_prefix(value, "ja"))
            voice.language = "ja";
        break;
    }
    return voice;
}

void kj_pam_say(const KjPamVoice *voice, KjPamWord word, const char *text) {
    if (!voice->silent)
        pam_prompt(voice->handle, words[word].style, NULL, "%s%s", pick(voice, words[word].text), text);
}

/* The @message in the voice's language, else the one in another, else NULL. */
static const char *find_message(const KjPamVoice *voice, const KjTable *table, guint first, guint count) {
    const char *found = NULL;
    for (guint i = first; i < first + count; i++) {
        KjNoteView note;
        kj_view_note(table, i, &note);
        gboolean wanted = (strcmp(note.language, "ja") == 0) == (strcmp(voice->language, "ja") == 0);
        if (strcmp(note.name, "message") == 0 && (!found || wanted))
            found = note.value;
    }
    return found;
}

void kj_pam_say_rules(const KjPamVoice *voice, KjPamWord word, const KjPamPolicy *policy, const KjVerdict *verdict) {
    const char *message;
    for (guint i = 0; i < verdict->matched; i++) {
        KjRuleView rule;
        kj_view_rule(policy->table, kj_request_matched_rule(policy->request, i), &rule);
        message = find_message(voice, policy->table, rule.first_note, rule.note_count);
        if (!message)
            message = *pick(voice, rule.sentence) ? pick(voice, rule.sentence) : rule.source;
        kj_pam_say(voice, word, message);
    }
    if (verdict->matched > 0)
        return;
    message = find_message(voice, policy->table, policy->view.first_default_note, policy->view.default_note_count);
    kj_pam_say(voice, word, message ? message : pick(voice, no_rule));
}

void kj_pam_say_nearest(const KjPamVoice *voice, const KjPamPolicy *policy, const KjVerdict *verdict) {
    static const char *const not_the_password[] = { "user", "role", "mfa", NULL };
    g_autoptr(GString) text = g_string_new(NULL);
    KjNearMiss miss;
    if (!kj_explain_nearest(policy->request, verdict, &miss))
        return;
    for (guint i = 0; i < miss.count; i++) {
        KjFieldView field;
        kj_view_field(policy->table, policy->view.first_field + miss.changes[i].field, &field);
        if (field.kind != KJ_FIELD_KIND_VALUE || g_strv_contains(not_the_password, field.name))
            return;
    }
    kj_explain_changes(policy->request, &miss, voice->language, text);
    kj_pam_say(voice, KJ_PAM_PASSWORD_WOULD_PASS, text->str);
}

char *kj_pam_labels(const KjPamPolicy *policy, const KjVerdict *verdict) {
    GString *labels = g_string_new(verdict->matched == 0 ? verdict->label : "");
    for (guint i = 0; i < verdict->matched; i++) {
        KjRuleView rule;
        kj_view_rule(policy->table, kj_request_matched_rule(policy->request, i), &rule);
        g_string_append_printf(labels, "%s%s", i > 0 ? ", " : "", rule.label);
    }
    return g_string_free(labels, FALSE);
}
