/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the module says to the person at the terminal. See voice.c. */
#ifndef KJ_PAM_VOICE_H
#define KJ_PAM_VOICE_H

#include <security/pam_modules.h>

#include "policy.h"

typedef struct {
    pam_handle_t *handle;
    gboolean silent;      /* PAM_SILENT */
    const char *language; /* "en" or "ja" */
} KjPamVoice;

typedef enum {
    KJ_PAM_PASSWORD_REFUSED,
    KJ_PAM_PASSWORD_WARNED,
    KJ_PAM_PASSWORD_WOULD_PASS,
    KJ_PAM_PASSWORD_OF_ROOT,
    KJ_PAM_PASSWORD_UNDECIDED,
    KJ_PAM_ACCESS_REFUSED,
    KJ_PAM_ACCESS_UNDECIDED,
    KJ_PAM_ACCESS_BY_CONSOLE,
} KjPamWord;

KjPamVoice kj_pam_voice(pam_handle_t *handle, int flags);

/* One line: the word, and `text` behind it (may be ""). */
void kj_pam_say(const KjPamVoice *voice, KjPamWord word, const char *text);

/* One line for each rule that decided, or the default: its message if it has one, else the rule as a sentence. */
void kj_pam_say_rules(const KjPamVoice *voice, KjPamWord word, const KjPamPolicy *policy, const KjVerdict *verdict);

/* What would pass, when a few changes that its owner can make to a password would do. */
void kj_pam_say_nearest(const KjPamVoice *voice, const KjPamPolicy *policy, const KjVerdict *verdict);

/* The labels of the rules that decided, "long, reuse", for the log. Free with g_free. */
char *kj_pam_labels(const KjPamPolicy *policy, const KjVerdict *verdict);

#endif
