/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the targets of the access control domain refuse: whatever they would have to widen or narrow, each with the rule, the reason and what to write
 * instead; and every name that a format could read as something else. What they write is proved in test_proof.c and tried on the system itself in
 * test_sudo.c, test_login.c and test_files.c.
 */
#include <string.h>

#include "subject.h"

#define SUDO "acl t { field host : text; field runas : principal; field authenticated : bool; default deny; "
#define ACCESS "acl t { field from : address; default deny; "
#define TIME "zone \"Asia/Tokyo\"; acl t { field terminal : text; default deny; "
#define FILES "acl t { default deny; "

static const struct {
    const char *target, *policy, *reason; /* a part of the message; NULL: it is written */
} cases[] = {
    /* the shape of the block */
    { "sudoers", SUDO "}", NULL },
    { "sudoers", "acl t { field host : text; field runas : principal; default deny; }", "write `field authenticated : bool;`" },
    { "sudoers", "acl t { field host : text; field runas : text; field authenticated : bool; default deny; }", "write `field runas : principal;`" },
    { "sudoers", "acl t { field host : { web1, db1 }; field runas : principal; field authenticated : bool; default deny; }", "write `field host : text;`" },
    { "sudoers", SUDO "field label : text; }", "cannot see the field `label`" },
    { "sudoers", SUDO "field action : { run }; }", "leave out `field action`" },
    { "pam_access", SUDO "}", "cannot see the field `host`" },
    { "pam_time", ACCESS "}", "cannot see the field `from`" },
    { "setfacl", ACCESS "a: allow resource \"/a\"; }", "cannot see the field `from`" },

    /* sudoers */
    { "sudoers", SUDO "a: allow action run during mon..fri; }", "rule `a`: sudo knows no time" },
    { "sudoers", SUDO "a: allow action run @until(2030-01-01); }", "sudo knows no time" },
    { "sudoers", SUDO "a: allow action run @alert; }", "leave out `@alert`" },
    { "sudoers", SUDO "a: allow action run @log; }", NULL },
    { "sudoers", SUDO "a: allow action read; }", "does not decide the action `read`, only `run`" },
    { "sudoers", SUDO "a: allow action { run, read }; }", "does not decide the action `read`" },
    { "sudoers", SUDO "a: allow when action not in { run }; }", "decides nothing but `run`" },
    { "sudoers", SUDO "a: allow when action != read; }", NULL },
    { "sudoers", SUDO "a: allow when principal == runas; }", "cannot compare two fields" },
    { "sudoers", SUDO "a: allow resource \"/opt/**\"; }", "one by one" },
    { "sudoers", SUDO "a: allow resource \"/opt/*/bin\"; }", "one by one" },
    { "sudoers", SUDO "a: allow unless resource in \"/usr/bin/su\"; }", "`deny` rule of its own" },
    { "sudoers", SUDO "a: allow resource \"/usr/bin/*\" unless resource in \"/usr/bin/su\"; }", "`deny` rule of its own" },
    { "sudoers", SUDO "a: allow resource { \"/usr/bin/*\", \"/usr/bin/su\" }; b: deny resource \"/usr/bin/su\"; }", NULL },
    { "sudoers", SUDO "a: allow resource \"/\"; }", "no path of a command" },
    { "sudoers", SUDO "a: allow resource \"/*\"; }", NULL },
    { "sudoers", SUDO "a: allow resource \"/usr/bin/a b\"; }", "no path of a command" },
    { "sudoers", SUDO "a: allow resource \"/usr/bin/a,!b\"; }", "no path of a command" },
    { "sudoers", SUDO "a: allow resource \"/usr/bin/a\\nALL ALL=(ALL) ALL\"; }", "no path of a command" },
    { "sudoers", SUDO "a: allow resource \"/usr/bin/[a]\"; }", "no path of a command" },
    { "sudoers", SUDO "a: allow when groups has \"a\" and groups has \"b\"; }", "two groups at once (`a` and `b`)" },
    { "sudoers", SUDO "a: allow principal \"sato\" when groups has \"a\"; }", "a name and a group at once (`sato` in `a`)" },
    { "sudoers", SUDO "a: allow principal \"sato\" unless groups has \"a\"; }", NULL },
    { "sudoers", SUDO "a: allow unless authenticated; }", "cannot refuse by it" },
    { "sudoers", SUDO "a: deny when not authenticated; }", "write `allow ... when authenticated`" },
    { "sudoers", SUDO "a: allow principal \"ADMINS\"; }", "`ADMINS`" },
    { "sudoers", SUDO "a: allow principal \"%wheel\"; }", "`%wheel`" },
    { "sudoers", SUDO "a: allow principal \"#0\"; }", "`#0`" },
    { "sudoers", SUDO "a: allow principal \"1000\"; }", "`1000`" },
    { "sudoers", SUDO "a: allow principal \"sato\\nito ALL=(ALL) ALL\"; }", "as something else" },
    { "sudoers", SUDO "a: allow principal \"佐藤\"; }", "`佐藤`" },
    { "sudoers", SUDO "a: deny unless principal in \"!sato\"; }", "`!sato`" },
    { "sudoers", SUDO "a: allow when groups has \"wheel,root\"; }", "`wheel,root`" },
    { "sudoers", SUDO "a: allow runas \"ALL\"; }", "`ALL`" },
    { "sudoers", SUDO "a: allow host \"web*\"; }", "`web*`" },
    { "sudoers", SUDO "a: allow host \"web1.example.jp\"; }", "without a domain" },
    { "sudoers", SUDO "a: allow host \"192.0.2.1\"; }", "without a domain" },

    /* pam_access */
    { "pam_access", ACCESS "a: allow action login resource \"/sshd\"; }", "cannot see the resource" },
    { "pam_access", ACCESS "a: allow action login during mon; }", "knows no time" },
    { "pam_access", ACCESS "a: allow action login @log; }", "nothing more when it allows; leave out `@log`" },
    { "pam_access", ACCESS "a: deny action login @log; }", NULL },
    { "pam_access", ACCESS "a: allow action read; }", "does not decide the action `read`, only `login`" },
    { "pam_access", ACCESS "a: allow principal \"Sato\"; }", "`Sato`" },
    { "pam_access", ACCESS "a: allow principal \"all\"; }", "`all`" },
    { "pam_access", ACCESS "a: allow principal \"(wheel)\"; }", "`(wheel)`" },
    { "pam_access", ACCESS "a: allow principal \"@net\"; }", "`@net`" },
    { "pam_access", ACCESS "a: allow principal \"a b\"; }", "`a b`" },
    { "pam_access", ACCESS "a: allow principal \"a\\n+:ALL:ALL\"; }", "as something else" },
    { "pam_access", ACCESS "a: allow when groups has \"a\" and groups has \"b\"; }", "two groups at once" },

    /* pam_time */
    { "pam_time", TIME "a: allow during mon..fri 09:00..18:00; }", NULL },
    { "pam_time", TIME "a: allow during mon..fri 09:00..18:00 - { 2026-11-23 }; }", "no dates" },
    { "pam_time", TIME "a: allow @until(2030-01-01); }", "leave out the date" },
    { "pam_time", TIME "a: allow during mon zone \"UTC\"; b: allow during tue; }", "knows one zone" },
    { "pam_time", TIME "a: allow when groups has \"ops\"; }", "asks for no groups" },
    { "pam_time", TIME "a: allow resource \"/sshd/x\"; }", "a path of one segment" },
    { "pam_time", TIME "a: allow resource \"/sshd;x\"; }", "`sshd;x`" },
    { "pam_time", TIME "a: allow terminal \"tty1&!tty2\"; }", "no terminal can be called" },
    { "pam_time", TIME "a: allow terminal \"*\"; }", "no terminal can be called" },
    { "pam_time", TIME "a: allow principal \"sato|ito\"; }", "`sato|ito`" },
    { "pam_time", TIME "a: deny @log; }", "nothing more when it refuses; leave out `@log`" },

    /* setfacl */
    { "setfacl", FILES "a: allow action read resource \"/srv/a\"; }", NULL },
    { "setfacl", FILES "}", "it names no path" },
    { "setfacl", FILES "a: allow action read; }", "the whole path of each" },
    { "setfacl", FILES "a: allow action read resource \"/srv/**\"; }", "the whole path of each" },
    { "setfacl", FILES "a: allow action read resource \"/srv/*\"; }", "the whole path of each" },
    { "setfacl", FILES "a: deny principal \"sato\"; }", "the whole path of each" },
    { "setfacl", FILES "a: allow action delete resource \"/srv/a\"; }", "does not decide the action `delete`, only `read`, `write`, `execute`" },
    { "setfacl", FILES "a: allow resource \"/srv/a\" unless groups has \"x\"; }", "who is not in the group `x`" },
    { "setfacl", FILES "a: deny resource \"/srv/a\" when groups has \"x\"; }", "one group (`x`) cannot lose" },
    { "setfacl", FILES "a: allow resource \"/srv/a\" when groups has \"root\"; }", "use another group" },
    { "setfacl", FILES "a: allow principal \"root\" resource \"/srv/a\"; }", "leave root out" },
    { "setfacl", FILES "a: allow principal \"sato\" action read resource \"/srv/a\"; b: allow action write resource \"/srv/a\" when groups has \"x\"; }",
      "rule `b`: `sato` has an entry of their own for `/srv/a`, which hides what the group `x` would give" },
    { "setfacl", FILES "a: allow principal \"sato\" action { read, write } resource \"/srv/a\"; b: allow action write resource \"/srv/a\" when groups has \"x\"; }", NULL },
    { "setfacl", FILES "a: allow principal \"1000\" resource \"/srv/a\"; }", "`1000`" },
    { "setfacl", FILES "a: allow principal \"sato:rwx\" resource \"/srv/a\"; }", "`sato:rwx`" },
    { "setfacl", FILES "a: allow resource \"/srv/a\\nuser:ito:rwx\"; }", "cannot stand in the file as it is" },
    { "setfacl", FILES "a: allow resource \"/srv/\\\\040a\"; }", "cannot stand in the file as it is" },
    { "setfacl", FILES "a: allow resource \"/srv/a\" during mon; }", "knows no time" },
    { "setfacl", FILES "a: allow resource \"/srv/a\" @log; }", "leave out `@log`" },
};

static void test_refusals(void) {
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Subject subject = subject_text(cases[i].target, cases[i].policy);
        if (!cases[i].reason && !subject.text)
            g_error("%s\nrefused: %s", cases[i].policy, subject.refusal);
        if (cases[i].reason && !subject.refusal)
            g_error("%s\nwritten:\n%s", cases[i].policy, subject.text);
        if (cases[i].reason && !strstr(subject.refusal, cases[i].reason))
            g_error("%s\n%s", cases[i].policy, subject.refusal);
        g_test_message("%s", subject.refusal ? subject.refusal : "written");
        subject_clear(&subject);
    }
}

/* More names than one line takes: users are cut into lines, exceptions are not. */
static void test_long_lists(void) {
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < 200; i++)
        g_string_append_printf(names, "%s\"contractor-%03u\"", i ? ", " : "", i);
    static const struct {
        const char *target, *format_head, *format_tail;
        gboolean written;
    } lists[] = {
        { "pam_access", ACCESS "a: allow principal { ", " } from 10.0.0.0/8; }", TRUE },
        { "pam_access", ACCESS "a: allow from 10.0.0.0/8 unless principal in { ", " }; }", FALSE },
        { "pam_time", TIME "a: allow during mon..fri unless principal in { ", " }; }", FALSE },
        { "pam_time", "acl t { field terminal : text; default allow; a: deny principal { ", " } during sat..sun; }", TRUE },
        { "sudoers", SUDO "a: allow principal { ", " } resource \"/usr/bin/id\"; }", TRUE },
        { "setfacl", FILES "a: allow principal { ", " } action read resource \"/srv/a\"; }", TRUE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *policy = g_strconcat(lists[i].format_head, names->str, lists[i].format_tail, NULL);
        Subject subject = subject_text(lists[i].target, policy);
        if (lists[i].written != (subject.text != NULL))
            g_error("%s: %s", lists[i].target, subject.text ? subject.text : subject.refusal);
        if (subject.text && strcmp(lists[i].target, "sudoers") != 0)
            subject_assert_proved(&subject);
        g_auto(GStrv) lines = g_strsplit(subject.text ? subject.text : "", "\n", -1);
        for (char **line = lines; *line && g_str_has_prefix(lists[i].target, "pam"); line++)
            g_assert_cmpuint(strlen(*line), <, 1000);
        subject_clear(&subject);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acl/targets/refusals", test_refusals);
    g_test_add_func("/acl/targets/long-lists", test_long_lists);
    return g_test_run();
}
