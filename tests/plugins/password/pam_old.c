/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: a PAM module that knows the old password, its first argument, as pam_unix does after asking for it. */
#include <security/pam_modules.h>

int pam_sm_chauthtok(pam_handle_t *handle, int flags, int argc, const char **argv) {
    (void)flags;
    return argc == 1 ? pam_set_item(handle, PAM_OLDAUTHTOK, argv[0]) : PAM_SERVICE_ERR;
}
