/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block of rules that a PAM service asks. See policy.c. */
#ifndef KJ_PAM_POLICY_H
#define KJ_PAM_POLICY_H

#include <kijun/view.h>

#include "arguments.h"

typedef struct {
    KjTable *table;
    guint block;
    KjBlockView view;
    KjRequest *request;
} KjPamPolicy;

/* Opens table= and finds block=, which must be of `domain`. On failure FALSE and `policy` is empty. */
gboolean kj_pam_policy_open(KjPamPolicy *policy, const KjPamArguments *arguments, const char *domain, GError **error);
void kj_pam_policy_clear(KjPamPolicy *policy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjPamPolicy, kj_pam_policy_clear)

/* Whether a value of the field, or that it has none, can change what the block answers to a request in which the fields `present` (NULL-terminated) have a
 * value. TRUE when in doubt. See asks.c. */
gboolean kj_pam_policy_asks(const KjPamPolicy *policy, const char *field, const char *const *present);

/* Sets the field if the block has it. FALSE with KJ_ERROR_VALUE; the request then decides to an error. */
gboolean kj_pam_policy_set(KjPamPolicy *policy, const char *field, const char *text, GError **error);

/* FALSE with KJ_ERROR_IO when someone other than root and this process's user may change the file: its answers would be theirs. */
gboolean kj_pam_file_is_safe(const char *path, GError **error);

#endif
