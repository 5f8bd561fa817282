/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random blocks for the targets of the access control domain.
 *
 * Each rule picks an effect and a few conditions out of a small world, so that rules overlap, cover and contradict one another. The last
 * name of each list is never written into a policy: it stands for whoever nobody named.
 */
#include "random_policy.h"

#include <string.h>

const char *const random_principals[] = { "abe", "ito", "mori", "sato", "zoe", NULL };
const char *const random_groups[] = { "ops", "watch", "trainee", "others", NULL };
const char *const random_hosts[] = { "db1", "web1", "else1", NULL };
const char *const random_runas[] = { "root", "postgres", "backup", "games", NULL };
const char *const random_commands[] = { "/usr/bin/id", "/usr/bin/true", "/usr/bin/false", "/usr/bin/env", NULL };
const char *const random_addresses[] = { "10.20.0.7", "10.20.200.9", "10.30.0.5", "2001:db8:20::1", "192.0.2.1", NULL };
const char *const random_services[] = { "sshd", "login", "cockpit", "cron", NULL };
const char *const random_terminals[] = { "tty1", "ssh", "pts/0", "tty9", NULL };
const char *const random_files[] = { "/srv/a", "/srv/b", NULL };

static const char *const networks[] = { "10.20.0.0/16", "10.20.200.0/24", "10.30.0.5", "2001:db8:20::/48", "0.0.0.0/0",
                                        "10.20.0.1..10.20.0.9", NULL };
static const char *const windows[] = { "mon..fri 09:00..18:00", "22:00..05:59", "sat..sun", "mon 00:00..12:00", "{ tue 09:00..11:59, wed }",
                                       "mon..sun - { fri 10:00..15:00 }", NULL };

/* All names but the last. */
static const char *pick(GRand *random, const char *const *names) {
    guint count = 0;
    while (names[count])
        count++;
    return names[g_rand_int_range(random, 0, (gint32)(count - (names == networks || names == windows || names == random_files ? 0 : 1)))];
}

static gboolean often(GRand *random, guint percent) {
    return (guint)g_rand_int_range(random, 0, 100) < percent;
}

/* ` principal { "a", "b" }` */
static void add_clause(GRand *random, const char *field, const char *prefix, const char *const *names, guint percent, GString *out) {
    if (!often(random, percent))
        return;
    g_autofree char *first = g_strdup(pick(random, names)), *second = g_strdup(pick(random, names));
    const char *quote = names == networks ? "" : "\"";
    if (often(random, 40) && strcmp(first, second) != 0)
        g_string_append_printf(out, " %s { %s%s%s%s, %s%s%s%s }", field, quote, prefix, first, quote, quote, prefix, second, quote);
    else
        g_string_append_printf(out, " %s %s%s%s%s", field, quote, prefix, first, quote);
}

static void add_groups(GRand *random, gboolean allows, gboolean exceptions, GString *out) {
    if (allows && often(random, 35))
        g_string_append_printf(out, " when groups has \"%s\"", pick(random, random_groups));
    if (exceptions && often(random, 20))
        g_string_append_printf(out, " unless groups has \"%s\"", pick(random, random_groups));
    else if (often(random, 20))
        g_string_append_printf(out, " unless principal == \"%s\"", pick(random, random_principals));
}

static void add_sudoers(GRand *random, gboolean allows, GString *out) {
    gsize start = out->len;
    add_clause(random, "principal", "", random_principals, 50, out);
    g_string_append(out, " action run");
    add_clause(random, "resource", "", random_commands, 70, out);
    add_clause(random, "host", "", random_hosts, 40, out);
    add_clause(random, "runas", "", random_runas, 60, out);
    if (allows && often(random, 30))
        g_string_append(out, " when authenticated");
    else
        add_groups(random, !strstr(out->str + start, "principal"), TRUE, out);
}

static void add_access(GRand *random, gboolean allows, GString *out) {
    gsize start = out->len;
    (void)allows;
    add_clause(random, "principal", "", random_principals, 50, out);
    g_string_append(out, " action login");
    add_clause(random, "from", "", networks, 70, out);
    add_groups(random, !strstr(out->str + start, "principal"), TRUE, out);
}

static void add_time(GRand *random, gboolean allows, GString *out) {
    (void)allows;
    add_clause(random, "principal", "", random_principals, 60, out);
    g_string_append(out, " action login");
    add_clause(random, "resource", "/", random_services, 50, out);
    add_clause(random, "terminal", "", random_terminals, 30, out);
    if (often(random, 50))
        g_string_append_printf(out, " during %s", pick(random, windows));
}

static void add_files(GRand *random, gboolean allows, GString *out) {
    static const char *const actions[] = { "action read", "action write", "action { read, write }", "action execute", "" };
    gsize start = out->len;
    add_clause(random, "principal", "", random_principals, allows ? 40 : 90, out);
    g_string_append_printf(out, " %s", actions[g_rand_int_range(random, 0, G_N_ELEMENTS(actions))]);
    add_clause(random, "resource", "", random_files, 100, out);
    if (allows && !strstr(out->str + start, "principal"))
        add_groups(random, TRUE, FALSE, out);
}

char *random_policy(const char *target, guint32 seed) {
    static const struct {
        const char *target, *fields;
        void (*add)(GRand *random, gboolean allows, GString *out);
    } shapes[] = {
        { "sudoers", "field host : text; field runas : principal; field authenticated : bool;", add_sudoers },
        { "pam_access", "field from : address;", add_access },
        { "pam_time", "field terminal : text;", add_time },
        { "setfacl", "", add_files },
    };
    GRand *random = g_rand_new_with_seed(seed);
    GString *out = g_string_new("zone \"Asia/Tokyo\";\n");
    guint shape = 0;
    while (strcmp(shapes[shape].target, target) != 0)
        shape++;
    g_string_append_printf(out, "acl t {\n    %s\n    default %s;\n", shapes[shape].fields, often(random, 75) ? "deny" : "allow");
    for (gint32 i = 0, rules = g_rand_int_range(random, 2, 8); i < rules; i++) {
        gboolean allows = often(random, 65);
        g_string_append_printf(out, "    r%d: %s", i, allows ? "allow" : "deny");
        shapes[shape].add(random, allows, out);
        g_string_append(out, ";\n");
    }
    g_string_append(out, "}\n");
    g_rand_free(random);
    return g_string_free(out, FALSE);
}
