/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two services of the module. */
#ifndef KJ_PAM_MODULE_H
#define KJ_PAM_MODULE_H

#include <security/pam_modules.h>

#include "arguments.h"
#include "voice.h"

/* Both phases of a change (pam_sm_chauthtok). See password.c. */
int kj_pam_change_password(const KjPamVoice *voice, const KjPamArguments *arguments, int flags);

/* Whether the user may come in now and from here (pam_sm_acct_mgmt). See account.c. */
int kj_pam_check_account(const KjPamVoice *voice, const KjPamArguments *arguments);

#endif
