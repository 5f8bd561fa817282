/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From arguments to a request. The table is opened for each call: a PAM module lives in programs that fork for every session, a table takes
 * well under a millisecond, and a new policy then holds from the next login on. No plugin is loaded; a table has all that deciding needs.
 */
#include "policy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean kj_pam_file_is_safe(const char *path, GError **error) {
    struct stat status;
    if (stat(path, &status) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        return FALSE;
    }
    if (S_ISREG(status.st_mode) && (status.st_uid == 0 || status.st_uid == geteuid()) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: not a file that only root may change (owner root, mode 0644 or stricter)", path);
    return FALSE;
}

gboolean kj_pam_policy_open(KjPamPolicy *policy, const KjPamArguments *arguments, const char *domain, GError **error) {
    *policy = (KjPamPolicy){ NULL, 0, { 0 }, NULL };
    if (!kj_pam_file_is_safe(arguments->table, error))
        return FALSE;
    g_autoptr(KjTable) table = kj_table_open(arguments->table, error);
    if (!table || !kj_table_find_block(table, arguments->block, &policy->block, error))
        return FALSE;
    kj_view_block(table, policy->block, &policy->view);
    if (strcmp(policy->view.domain, domain) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, "block `%s` is about `%s`; here one about `%s` is needed", arguments->block,
                    policy->view.domain, domain);
        return FALSE;
    }
    policy->request = kj_request_new(table, policy->block);
    policy->table = g_steal_pointer(&table);
    return TRUE;
}

void kj_pam_policy_clear(KjPamPolicy *policy) {
    g_clear_pointer(&policy->request, kj_request_free);
    g_clear_pointer(&policy->table, kj_table_unref);
}

gboolean kj_pam_policy_set(KjPamPolicy *policy, const char *name, const char *text, GError **error) {
    int field = kj_table_find_field(policy->table, policy->block, name);
    return field < 0 || kj_request_set_text(policy->request, field, text, -1, error);
}
