/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * access.conf and time.conf against pam_access and pam_time themselves, under pam_wrapper with pamtester: random blocks, random logins.
 * pam_time reads the clock through the zone of its process, so each login gets a zone file of its own, as far from UTC as it takes for the
 * clock on the wall to show the moment that is asked about. Skipped where the wrappers are missing.
 */
#include <string.h>
#include <sys/wait.h>

#include "accounts.h"
#include "random_policy.h"
#include "subject.h"

#define POLICIES 6u
#define LOGINS 24u /* for each policy */

static const char *pick(GRand *random, const char *const *names) {
    return names[g_rand_int_range(random, 0, (gint32)g_strv_length((char **)names))];
}

/* A file of zoneinfo(5) with one zone, `seconds` ahead of UTC. */
static char *write_zone(const Accounts *accounts, gint64 seconds) {
    guint8 bytes[] = "TZif\0" /* version 1 */ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\1" "\0\0\0\4"
                     "....\0\0" /* offset, no daylight saving, name 0 */ "TST";
    guint32 offset = GUINT32_TO_BE((guint32)(gint32)seconds);
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(accounts->folder, "zone", NULL);
    memcpy(bytes + 44, &offset, sizeof offset);
    g_file_set_contents(path, (const char *)bytes, sizeof bytes, &error);
    g_assert_no_error(error);
    return path;
}

static gboolean ask_pam(const Accounts *accounts, const char *service, const char *principal, const char *item, const char *zone) {
    g_auto(GStrv) environment = accounts_environment(accounts, "libpam_wrapper.so:libnss_wrapper.so");
    const char *const arguments[] = { "pamtester", "-I", item, service, principal, "acct_mgmt", NULL };
    g_autofree char *out = NULL, *messages = NULL;
    g_autoptr(GError) error = NULL;
    int status;
    if (zone)
        environment = g_environ_setenv(environment, "TZ", zone, TRUE);
    g_spawn_sync(NULL, (char **)arguments, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &messages, &status, &error);
    g_assert_no_error(error);
    if (strstr(out, "account management done"))
        return TRUE;
    if (!strstr(messages, "Permission denied"))
        g_error("pamtester %s %s %s: %s%s", item, service, principal, out, messages);
    return FALSE;
}

static void write_services(const Accounts *accounts, const char *line) {
    g_autofree char *text = g_strdup_printf("account required %s\n", line);
    for (guint i = 0; random_services[i]; i++)
        g_free(accounts_write(accounts, random_services[i], text));
    g_free(accounts_write(accounts, "other", "account required pam_deny.so\n"));
}

/* ---- pam_access ---- */

/* Whether it was allowed. */
static gboolean sample_access(const Accounts *accounts, const Subject *subject, GRand *random) {
    guint principal = (guint)g_rand_int_range(random, 0, (gint32)accounts->principal_count);
    const char *from = pick(random, random_addresses);
    g_autofree char *item = g_strdup_printf("rhost=%s", from);
    const char *const fixed[] = { "principal", random_principals[principal], "action", "login", "resource", "/sshd", "from", from };
    g_autoptr(GPtrArray) request = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(request, (gpointer)fixed[i]);
    accounts_add_groups(accounts, principal, request);
    g_ptr_array_add(request, NULL);
    gboolean block = subject_allows(subject, 0, (const char *const *)request->pdata), pam = ask_pam(accounts, "sshd",
            random_principals[principal], item, NULL);
    if (block != pam)
        g_error("%s from %s, groups %x: pam_access %s, the policy %s\n%s", random_principals[principal], from, accounts->groups[principal],
                pam ? "allows" : "refuses", block ? "allows" : "refuses", subject->text);
    if (ask_pam(accounts, "sshd", random_principals[principal], "tty=tty1", NULL))
        g_error("a login without an address is let in\n%s", subject->text);
    return pam;
}

/* ---- pam_time ---- */

static gboolean sample_time(const Accounts *accounts, const Subject *subject, GRand *random) {
    static const gint64 minutes[] = { 0, 359, 360, 539, 540, 541, 600, 719, 720, 721, 901, 1080, 1081, 1319, 1320, 1439 };
    const gint64 tokyo = 9 * 3600, sunday = G_GINT64_CONSTANT(1795910400); /* 2026-11-29T00:00:00Z */
    gint64 minute = g_rand_boolean(random) ? minutes[g_rand_int_range(random, 0, G_N_ELEMENTS(minutes))]
        : g_rand_int_range(random, 0, 1440);
    gint64 wall = sunday + g_rand_int_range(random, 0, 7) * 86400 + minute * 60 + 20;
    const char *principal = pick(random, random_principals), *service = pick(random, random_services),
        *terminal = pick(random, random_terminals);
    g_autofree char *zone = write_zone(accounts, wall - g_get_real_time() / G_USEC_PER_SEC), *file = g_strdup_printf(":%s", zone);
    g_autofree char *item = g_strdup_printf("tty=%s", terminal), *resource = g_strdup_printf("/%s", service);
    const char *const request[] = { "principal", principal, "action", "login", "resource", resource, "terminal", terminal, "groups",
                                    principal, NULL };
    gboolean block = subject_allows(subject, wall - tokyo, request), pam = ask_pam(accounts, service, principal, item, file);
    if (block != pam)
        g_error("%s at %s on %s, day %d minute %d: pam_time %s, the policy %s\n%s", principal, service, terminal,
                (int)((wall - sunday) / 86400), (int)minute,
                pam ? "allows" : "refuses", block ? "allows" : "refuses", subject->text);
    return pam;
}

/* ---- both ---- */

static void sample(const char *target, const char *line, gboolean (*ask)(const Accounts *, const Subject *, GRand *)) {
    gboolean brief = g_getenv("KIJUN_SHORT") != NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    guint asked = 0, allowed = 0;
    if (!accounts_have_program("pamtester") || !accounts_have_library("libpam_wrapper.so") || !accounts_have_library("libnss_wrapper.so")) {
        g_test_skip("needs pamtester, libpam_wrapper.so and libnss_wrapper.so");
        return;
    }
    for (guint i = 0; i < (brief ? 2 : POLICIES); i++) {
        g_autofree char *policy = random_policy(target, 9000 + i);
        Subject subject = subject_text(target, policy);
        Accounts accounts = accounts_new(random);
        g_autofree char *path = subject.text ? accounts_write(&accounts, "file", subject.text) : NULL, *module = path
            ? g_strconcat(line, path, NULL) : NULL;
        if (module)
            write_services(&accounts, module);
        for (guint s = 0; subject.text && s < (brief ? LOGINS / 4 : LOGINS); s++, asked++)
            allowed += ask(&accounts, &subject, random) ? 1 : 0;
        accounts_clear(&accounts);
        subject_clear(&subject);
    }
    g_test_message("%u logins asked, %u allowed", asked, allowed);
    g_assert_cmpuint(allowed, >, 0);
    g_assert_cmpuint(allowed, <, asked);
}

static void test_access(void) {
    sample("pam_access", "pam_access.so nodefgroup accessfile=", sample_access);
}

static void test_time(void) {
    sample("pam_time", "pam_time.so conffile=", sample_time);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acl/login/pam_access", test_access);
    g_test_add_func("/acl/login/pam_time", test_time);
    return g_test_run();
}
