/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access control lists against the kernel: what a target writes is restored onto real files, and processes of other accounts, in every
 * combination of groups, ask for access to them. Needs root, for the other accounts; skipped otherwise.
 */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts.h"
#include "random_policy.h"
#include "subject.h"

#define POLICIES 24u

static const char *const actions[] = { "read", "write", "execute" };
static const int modes[] = { R_OK, W_OK, X_OK };

/* Which of the actions a process of the account, in the groups, may do with the file; one bit each. */
static guint ask_kernel(guint principal, guint groups, const char *path) {
    int status;
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        gid_t list[8];
        guint rights = 0, count = 0;
        for (guint i = 0; random_groups[i]; i++)
            if (groups >> i & 1)
                list[count++] = accounts_gid(i);
        if (setgroups(count, list) != 0 || setresgid(accounts_uid(principal), accounts_uid(principal), accounts_uid(principal)) != 0 ||
            setresuid(accounts_uid(principal), accounts_uid(principal), accounts_uid(principal)) != 0)
            _exit(99);
        for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
            rights |= access(path, modes[i]) == 0 ? 1u << i : 0;
        _exit((int)rights);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), <, 8);
    return (guint)WEXITSTATUS(status);
}

static guint ask_policy(const Subject *subject, guint principal, guint groups, const char *file) {
    guint rights = 0;
    for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
        g_autoptr(GPtrArray) request = g_ptr_array_new();
        const char *const fixed[] = { "principal", random_principals[principal], "action", actions[i], "resource", file, "groups",
                                      random_principals[principal] };
        for (guint f = 0; f < G_N_ELEMENTS(fixed); f++)
            g_ptr_array_add(request, (gpointer)fixed[f]);
        for (guint g = 0; random_groups[g]; g++) {
            if (!(groups >> g & 1))
                continue;
            g_ptr_array_add(request, (gpointer) "groups");
            g_ptr_array_add(request, (gpointer)random_groups[g]);
        }
        g_ptr_array_add(request, NULL);
        rights |= subject_allows(subject, 0, (const char *const *)request->pdata) ? 1u << i : 0;
    }
    return rights;
}

static gboolean restore(const Accounts *accounts, const char *text) {
    g_autofree char *folder = g_strdup_printf("# file: %s/", accounts->folder), *real = subject_replace(text, "# file: /srv/", folder);
    g_autofree char *path = accounts_write(accounts, "lists", real), *option = g_strdup_printf("--restore=%s", path), *messages = NULL;
    g_auto(GStrv) environment = accounts_environment(accounts, "libnss_wrapper.so");
    const char *const arguments[] = { "setfacl", option, NULL };
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_sync(NULL, (char **)arguments, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &messages, &status, &error);
    g_assert_no_error(error);
    if (strstr(messages, "Operation not supported"))
        return FALSE;
    if (status != 0)
        g_error("setfacl: %s\n%s", messages, real);
    return TRUE;
}

static guint compare(const Accounts *accounts, const Subject *subject, const char *policy) {
    guint asked = 0;
    for (guint file = 0; random_files[file]; file++) {
        g_autofree char *name = g_path_get_basename(random_files[file]), *path = g_build_filename(accounts->folder, name, NULL);
        g_autofree char *head = g_strdup_printf("# file: %s\n", random_files[file]);
        for (guint principal = 0; strstr(subject->text, head) && principal < accounts->principal_count; principal++) {
            for (guint groups = 0; groups < 1u << accounts->group_count; groups++, asked++) {
                guint kernel = ask_kernel(principal, groups, path), block = ask_policy(subject, principal, groups, random_files[file]);
                if (kernel != block)
                    g_error("%s in groups %x may do %x with %s, and the policy says %x\n%s\n%s", random_principals[principal], groups,
                            kernel,
                            random_files[file], block, policy, subject->text);
            }
        }
    }
    return asked;
}

static void test_kernel(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    guint asked = 0, policies = 0;
    if (geteuid() != 0 || !accounts_have_program("setfacl") || !accounts_have_library("libnss_wrapper.so")) {
        g_test_skip("needs root, setfacl and libnss_wrapper.so");
        return;
    }
    Accounts accounts = accounts_new(random);
    for (guint i = 0; random_files[i]; i++) {
        g_autofree char *name = g_path_get_basename(random_files[i]);
        g_free(accounts_write(&accounts, name, ""));
    }
    for (guint i = 0; i < (g_getenv("KIJUN_SHORT") ? POLICIES / 6 : POLICIES); i++) {
        g_autofree char *policy = random_policy("setfacl", 8000 + i);
        Subject subject = subject_text("setfacl", policy);
        gboolean possible = !subject.text || restore(&accounts, subject.text);
        if (subject.text && possible) {
            asked += compare(&accounts, &subject, policy);
            policies++;
        }
        subject_clear(&subject);
        if (!possible) {
            g_test_skip("the file system of temporary files has no access control lists");
            accounts_clear(&accounts);
            return;
        }
    }
    g_test_message("%u policies, %u processes asked for 3 rights each", policies, asked);
    g_assert_cmpuint(asked, >, 100);
    accounts_clear(&accounts);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acl/files/kernel", test_kernel);
    return g_test_run();
}
