/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_kijun.so: passwords and accounts by a table of rules.
 *
 *     password  requisite  pam_kijun.so  table=/etc/kijun/site.kjt block=staff retry=3 breach=/etc/kijun/breach.filter
 *     account   required   pam_kijun.so  table=/etc/kijun/site.kjt block=logins console=tty1
 *
 * The file of each service tells what it does: password.c, account.c. Whatever goes wrong is a refusal and a line in the log with the
 * reason, and never the reason's secret. The other PAM services are not defined, so that a line that asks for them refuses too. docs/pam.md
 * is for who sets it up.
 *
 * The module lives in programs of others: it changes no locale, no signal, no working folder, keeps nothing between calls, and is never
 * unloaded (-z nodelete), because GLib is not made for it.
 */
#include <syslog.h>

#include <security/pam_ext.h>

#include "module.h"

typedef int (*Service)(const KjPamVoice *voice, const KjPamArguments *arguments, int flags);

static int check_account(const KjPamVoice *voice, const KjPamArguments *arguments, int flags) {
    (void)flags;
    return kj_pam_check_account(voice, arguments);
}

static int serve(Service service, KjPamWord undecided, pam_handle_t *handle, int flags, int argc, const char **argv) {
    KjPamVoice voice = kj_pam_voice(handle, flags);
    g_autoptr(GError) error = NULL;
    KjPamArguments arguments;
    if (kj_pam_arguments_read(&arguments, argc, argv, &error))
        return service(&voice, &arguments, flags);
    pam_syslog(handle, LOG_ERR, "%s", error->message);
    kj_pam_say(&voice, undecided, "");
    return PAM_SERVICE_ERR;
}

int pam_sm_chauthtok(pam_handle_t *handle, int flags, int argc, const char **argv) {
    return serve(kj_pam_change_password, KJ_PAM_PASSWORD_UNDECIDED, handle, flags, argc, argv);
}

int pam_sm_acct_mgmt(pam_handle_t *handle, int flags, int argc, const char **argv) {
    return serve(check_account, KJ_PAM_ACCESS_UNDECIDED, handle, flags, argc, argv);
}
