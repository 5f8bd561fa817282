/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an account may be used now and from here, by a block of the domain `acl`.
 *
 *     acl logins {
 *         field terminal : text;   field remote : address;
 *         default deny;
 *         office: allow principal staff action login resource "/sshd" remote 10.0.0.0/8 during office;
 *     }
 *
 * The request is: principal = the user, action = login, resource = "/" and the service's name, the instant = now; groups = the user's
 * groups where rules ask for them; terminal = PAM_TTY without /dev/, remote = PAM_RHOST where the block declares them. Every field that a
 * block declares is required in this domain, so a login that has no remote host is refused by a block with `remote`: local services get a
 * block without it. That a program which forgot to say where its user sits should pass for local is just what must not happen.
 *
 * The way in when the table is broken: root, at a terminal of console=, with no remote host, and only when the table itself cannot be used;
 * a table that refuses is not broken. It is logged as an alert. Nobody has it unless console= is there.
 */
#include <grp.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <security/pam_ext.h>
#include <security/pam_modutil.h>

#include "module.h"

#define GROUPS_MAX 65536 /* as many as the kernel gives a process (NGROUPS_MAX) */

typedef struct {
    const KjPamVoice *voice;
    const KjPamArguments *arguments;
    const char *user, *service;
    const char *terminal, *remote; /* "" where PAM has none */
} Login;

static const char *get_item(pam_handle_t *handle, int item) {
    const void *value = NULL;
    return pam_get_item(handle, item, &value) == PAM_SUCCESS && value ? value : "";
}

static int undecided(const Login *login, const char *reason) {
    pam_syslog(login->voice->handle, LOG_ERR, "access of %s cannot be decided: %s", login->user, reason);
    kj_pam_say(login->voice, KJ_PAM_ACCESS_UNDECIDED, "");
    return PAM_PERM_DENIED;
}

static gboolean may_mend(const Login *login) {
    const struct passwd *account = pam_modutil_getpwnam(login->voice->handle, login->user);
    return login->arguments->console && account && account->pw_uid == 0 && !*login->remote &&
           kj_pam_terminal_listed(login->arguments->console, login->terminal);
}

static int table_broken(const Login *login, const char *reason) {
    if (!may_mend(login))
        return undecided(login, reason);
    pam_syslog(login->voice->handle, LOG_ALERT, "access of %s at the console %s let through to mend the rules: %s", login->user,
               login->terminal, reason);
    kj_pam_say(login->voice, KJ_PAM_ACCESS_BY_CONSOLE, "");
    return PAM_SUCCESS;
}

static gboolean set_groups(const Login *login, KjPamPolicy *policy, GError **error) {
    const struct passwd *account = pam_modutil_getpwnam(login->voice->handle, login->user);
    int field = kj_table_find_field(policy->table, policy->block, "groups"), count = GROUPS_MAX;
    if (!account) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNKNOWN, "there is no such user");
        return FALSE;
    }
    g_autofree gid_t *groups = g_new(gid_t, GROUPS_MAX);
    if (getgrouplist(login->user, account->pw_gid, groups, &count) < 0) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, "the user is in too many groups");
        return FALSE;
    }
    if (!kj_request_set_empty(policy->request, field, error))
        return FALSE;
    for (int i = 0; i < count; i++) {
        const struct group *group = pam_modutil_getgrgid(login->voice->handle, groups[i]);
        if (group && !kj_request_set_text(policy->request, field, group->gr_name, -1, error))
            return FALSE;
    }
    return TRUE;
}

/* Whether rules ask who is in which group: a set is asked by its members, each of which is a derived field. */
static gboolean asks_groups(const KjPamPolicy *policy) {
    gboolean some = kj_pam_policy_asks(policy, "groups", NULL);
    for (guint i = 0; i < policy->view.field_count && !some; i++) {
        KjFieldView field;
        kj_view_field(policy->table, policy->view.first_field + i, &field);
        some = field.kind == KJ_FIELD_KIND_MEMBER;
    }
    return some;
}

static gboolean set_fields(const Login *login, KjPamPolicy *policy, GError **error) {
    g_autofree char *resource = g_strconcat("/", login->service, NULL);
    const struct {
        const char *field, *value;
    } fields[] = {
        { "principal", login->user },    { "action", "login" },       { "resource", resource },
        { "terminal", login->terminal }, { "remote", login->remote },
    };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (*fields[i].value && !kj_pam_policy_set(policy, fields[i].field, fields[i].value, error))
            return FALSE;
    kj_request_set_instant(policy->request, (gint64)time(NULL));
    return !asks_groups(policy) || set_groups(login, policy, error);
}

static int decide(const Login *login, KjPamPolicy *policy) {
    pam_handle_t *handle = login->voice->handle;
    KjVerdict verdict = { .size = sizeof verdict };
    KjOutcome outcome = kj_decide(policy->request, &verdict);
    if (outcome == KJ_OUTCOME_ERROR)
        return undecided(login, verdict.problem);
    g_autofree char *labels = kj_pam_labels(policy, &verdict);
    if (outcome == KJ_OUTCOME_PERMIT) {
        if (login->arguments->debug)
            pam_syslog(handle, LOG_DEBUG, "access of %s allowed by %s", login->user, labels);
        return PAM_SUCCESS;
    }
    pam_syslog(handle, LOG_NOTICE, "access of %s refused by %s.%s: %s", login->user, policy->view.module, policy->view.name, labels);
    kj_pam_say_rules(login->voice, KJ_PAM_ACCESS_REFUSED, policy, &verdict);
    return PAM_PERM_DENIED;
}

int kj_pam_check_account(const KjPamVoice *voice, const KjPamArguments *arguments) {
    g_auto(KjPamPolicy) policy = { NULL, 0, { 0 }, NULL };
    g_autoptr(GError) error = NULL;
    Login login = { .voice = voice, .arguments = arguments };
    int answer = pam_get_user(voice->handle, &login.user, NULL);
    if (answer != PAM_SUCCESS)
        return answer;
    login.service = get_item(voice->handle, PAM_SERVICE);
    login.terminal = kj_pam_terminal_name(get_item(voice->handle, PAM_TTY));
    login.remote = get_item(voice->handle, PAM_RHOST);
    if (!kj_pam_policy_open(&policy, arguments, "acl", &error))
        return table_broken(&login, error->message);
    if (!set_fields(&login, &policy, &error))
        return undecided(&login, error->message);
    return decide(&login, &policy);
}
