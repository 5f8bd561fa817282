/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sudoers against sudo itself. In mount and host name namespaces of their own, where /etc/sudoers, the accounts and the name of the host
 * are those of a random block, the very sudo of the machine is asked: `sudo -l -U USER -u RUNAS COMMAND` for whoever has shown who they
 * are, and a real `sudo -n -u RUNAS COMMAND` as USER for whoever has not. The file stands behind one that allows everything, which it must
 * overrule. Needs root and namespaces; skipped otherwise. The machine's own files are never touched.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts.h"
#include "random_policy.h"
#include "subject.h"

#define POLICIES 5u
#define COMMANDS 14u /* for each policy; each is asked twice */

/* $1: the folder. The rest comes from standard input: user, uid, groups, runas, command; a line of answers goes out for each. sudo would mail its
 * refusals to root, so mail goes nowhere. */
static const char script[] =
    "set -eu; cd \"$1\"\n"
    "hostname \"$(cat host)\"\n"
    "chmod 440 sudoers file; mkdir -p d; cp file d/zz; chmod 440 d/zz\n"
    "for name in passwd group shadow hosts sudoers; do mount --bind $name /etc/$name; done\n"
    "mount --bind d /etc/sudoers.d; mount -t tmpfs tmpfs /run/sudo\n"
    "[ ! -e /usr/sbin/sendmail ] || mount --bind /bin/true \"$(readlink -f /usr/sbin/sendmail)\"\n"
    "while read -r user uid groups runas command; do\n"
    "    if sudo -n -l -U $user -u $runas $command >out 2>err </dev/null; then listed=1; else listed=0; fi\n"
    "    setpriv --reuid=$uid --regid=$uid --groups=$groups sudo -n -u $runas $command >out 2>err </dev/null || :\n"
    "    if grep -Eq '^(sudo:|Sorry)' err; then ran=0; else ran=1; fi\n"
    "    echo $listed $ran\n"
    "done <questions\n";

/* NULL: no namespaces here. Free with g_free. */
static char *run_script(const Accounts *accounts) {
    g_autofree char *path = accounts_write(accounts, "script", script), *messages = NULL;
    const char *const arguments[] = { "unshare", "-m", "-u", "sh", path, accounts->folder, NULL };
    char *out = NULL;
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &messages, &status, &error);
    g_assert_no_error(error);
    if (status == 0)
        return out;
    g_free(out);
    g_test_message("%s", messages);
    if (strstr(messages, "unshare:") || strstr(messages, "ermi") /* Permission denied, not permitted */)
        return NULL;
    g_error("%s", messages);
}

typedef struct {
    guint principal;
    const char *runas, *command;
} Question;

static void append_question(const Accounts *accounts, const Question *question, GString *out) {
    guint uid = accounts_uid(question->principal);
    g_string_append_printf(out, "%s %u %u", random_principals[question->principal], uid, uid);
    for (guint i = 0; i < accounts->group_count; i++)
        if (accounts->groups[question->principal] >> i & 1)
            g_string_append_printf(out, ",%u", accounts_gid(i));
    g_string_append_printf(out, " %s %s\n", question->runas, question->command);
}

static gboolean ask_policy(const Subject *subject, const Accounts *accounts, const Question *question, const char *host,
                           gboolean authenticated) {
    const char *const fixed[] = { "principal", random_principals[question->principal], "action", "run", "resource", question->command,
                                  "host", host,
                                  "runas", question->runas, "authenticated", authenticated ? "true" : "false" };
    g_autoptr(GPtrArray) request = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(request, (gpointer)fixed[i]);
    accounts_add_groups(accounts, question->principal, request);
    g_ptr_array_add(request, NULL);
    return subject_allows(subject, 0, (const char *const *)request->pdata);
}

static const char *pick(GRand *random, const char *const *names) {
    return names[g_rand_int_range(random, 0, (gint32)g_strv_length((char **)names))];
}

/* FALSE: no namespaces. */
static gboolean sample(const Subject *subject, GRand *random, guint allowed[2]) {
    Accounts accounts = accounts_new(random);
    Question questions[COMMANDS];
    const char *host = pick(random, random_hosts);
    g_autoptr(GString) list = g_string_new(NULL);
    g_autofree char *hosts = g_strdup_printf("127.0.0.1 %s localhost\n", host);
    for (guint i = 0; i < COMMANDS; i++) {
        questions[i] = (Question){ (guint)g_rand_int_range(random, 0, (gint32)accounts.principal_count), pick(random, random_runas),
                                   pick(random, random_commands) };
        append_question(&accounts, &questions[i], list);
    }
    g_free(accounts_write(&accounts, "questions", list->str));
    g_free(accounts_write(&accounts, "host", host));
    g_free(accounts_write(&accounts, "hosts", hosts));
    g_free(accounts_write(&accounts, "file", subject->text));
    g_free(accounts_write(&accounts, "sudoers", "ALL ALL = (ALL:ALL) NOPASSWD: ALL\n@includedir /etc/sudoers.d\n"));
    g_autofree char *answers = run_script(&accounts);
    g_auto(GStrv) lines = answers ? g_strsplit(answers, "\n", -1) : NULL;
    for (guint i = 0; lines && i < COMMANDS; i++) {
        gboolean listed = ask_policy(subject, &accounts, &questions[i], host, TRUE), ran = ask_policy(subject, &accounts, &questions[i],
                                                                                                      host, FALSE);
        g_autofree char *block = g_strdup_printf("%d %d", listed, ran);
        if (g_strcmp0(lines[i], block) != 0)
            g_error("%s (groups %x) runs %s as %s on %s: sudo says %s, the policy %s\n%s", random_principals[questions[i].principal],
                    accounts.groups[questions[i].principal], questions[i].command, questions[i].runas, host, lines[i], block,
                        subject->text);
        allowed[0] += (guint)listed;
        allowed[1] += (guint)ran;
    }
    accounts_clear(&accounts);
    return lines != NULL;
}

static void test_sudo(void) {
    static const char *const programs[] = { "sudo", "unshare", "setpriv", "hostname" };
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    guint allowed[2] = { 0, 0 }, asked = 0;
    gboolean possible = geteuid() == 0 && g_file_test("/etc/sudoers.d", G_FILE_TEST_IS_DIR) && g_file_test("/run/sudo", G_FILE_TEST_IS_DIR);
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++)
        possible &= accounts_have_program(programs[i]);
    for (guint i = 0; possible && i < (g_getenv("KIJUN_SHORT") ? 1 : POLICIES); i++) {
        g_autofree char *policy = random_policy("sudoers", 6000 + i);
        Subject subject = subject_text("sudoers", policy);
        if (subject.text)
            possible = sample(&subject, random, allowed);
        asked += subject.text ? COMMANDS : 0;
        subject_clear(&subject);
    }
    if (!possible) {
        g_test_skip("needs root, sudo, and namespaces of its own");
        return;
    }
    g_test_message("%u commands asked: %u allowed with a password, %u without", asked, allowed[0], allowed[1]);
    g_assert_cmpuint(allowed[0], >, 0);
    g_assert_cmpuint(allowed[0], <, asked);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acl/sudo/sample", test_sudo);
    return g_test_run();
}
