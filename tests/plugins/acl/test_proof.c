/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof that a file for the host says what its block says: that it holds of what the targets write, of a story and of random policies, and that
 * it fails of everything else. Files are broken in the ways in which a writer of them goes wrong, and each mistake must be found; words that the
 * readers do not know must be refused. sudoers needs visudo and cvtsudoers, and is skipped without them.
 */
#include <string.h>

#include "random_policy.h"
#include "subject.h"

#define RANDOM_POLICIES 60u

static gboolean can_prove(const char *target) {
    return subject_can_load(target, strcmp(target, "sudoers") == 0 ? "ALL ALL = (ALL) !ALL\n" : "");
}

/* ---- what is written is proved ---- */

static void test_story(gconstpointer data) {
    static const struct {
        const char *target, *block;
    } blocks[] = { { "sudoers", "commands.commands" }, { "pam_access", "login.origins" }, { "pam_time", "login.hours" }, { "setfacl", "files.records" } };
    const char *target = data;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "examples", "host", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
        if (strcmp(blocks[i].target, target) != 0 || !can_prove(target))
            continue;
        Subject subject = subject_path(target, path, blocks[i].block);
        subject_assert_proved(&subject);
        subject_clear(&subject);
    }
}

static void test_random(gconstpointer data) {
    const char *target = data;
    guint written = 0, count = g_getenv("KIJUN_SHORT") ? RANDOM_POLICIES / 6 : RANDOM_POLICIES;
    if (!can_prove(target))
        return;
    for (guint i = 0; i < count; i++) {
        g_autofree char *policy = random_policy(target, 4000 + i);
        Subject subject = subject_text(target, policy);
        if (subject.text) {
            g_autofree char *difference = subject_disprove(&subject, subject.text);
            if (difference)
                g_error("random policy %u is not proved: %s\n%s\n%s", 4000 + i, difference, policy, subject.text);
            written++;
        } else {
            g_test_message("%s", subject.refusal);
        }
        subject_clear(&subject);
    }
    g_test_message("%u of %u policies written and proved", written, count);
    g_assert_cmpuint(written, >, count / 3);
}

/* ---- what is broken is found ---- */

static const char sudo_policy[] =
    "acl t {\n"
    "    field host : text; field runas : principal; field authenticated : bool;\n"
    "    default deny;\n"
    "    all:   allow principal { \"sato\", \"mori\" } action run runas \"root\" when authenticated;\n"
    "    data:  allow principal { \"abe\", \"mori\" } action run resource { \"/usr/bin/psql\", \"/opt/pg/*\" } host \"db1\" runas { \"postgres\", \"backup\" };\n"
    "    look:  allow action run resource \"/usr/bin/ss\" runas \"root\" when groups has \"watch\" unless groups has \"trainee\";\n"
    "    web:   allow principal \"ito\" action run resource \"/usr/bin/id\" unless host == \"db1\" or runas == \"root\";\n"
    "    most:  allow action run resource \"/usr/bin/true\" runas \"root\" unless principal in { \"guest\", \"kiosk\" };\n"
    "    shell: deny action run resource { \"/usr/bin/bash\", \"/usr/bin/su\" };\n"
    "}\n";

static const char access_policy[] =
    "acl t {\n"
    "    field from : address;\n"
    "    default deny;\n"
    "    office: allow action login from { 10.20.0.0/16, 2001:db8:20::/48 } unless principal in { \"backup\", \"kiosk\" };\n"
    "    jump:   allow principal { \"sato\", \"mori\" } action login from 10.30.0.5;\n"
    "    part:   allow action login from 10.40.0.1..10.40.0.6 when groups has \"contractor\" and not (groups has \"locked\");\n"
    "    six:    allow principal \"ito\" action login from 2001:db8:ff::9;\n"
    "    guests: deny action login from 10.20.200.0/24;\n"
    "    gone:   deny principal \"mori\" action login from 10.20.0.0/17;\n"
    "}\n";

static const char time_policy[] =
    "zone \"Asia/Tokyo\";\n"
    "acl t {\n"
    "    field terminal : text;\n"
    "    default deny;\n"
    "    ops:     allow principal { \"sato\", \"mori\" } action login;\n"
    "    console: allow action login resource \"/login\" terminal { \"tty1\", \"pts/0\" };\n"
    "    work:    allow action login resource \"/sshd\" during mon..fri 08:30..18:30 unless principal == \"backup\";\n"
    "    night:   allow principal \"backup\" action login resource \"/sshd\" during fri..sun 22:00..05:59;\n"
    "    guest:   deny principal \"guest\" during sat..sun;\n"
    "}\n";

static const char file_policy[] =
    "acl t {\n"
    "    default deny;\n"
    "    read:  allow action { read, execute } resource \"/srv/records\" when groups has \"records\";\n"
    "    make:  allow action write resource \"/srv/records\" when groups has \"registrars\";\n"
    "    keep:  allow principal { \"abe\", \"mori\" } action { read, write, execute } resource \"/srv/records\";\n"
    "    blind: deny principal { \"abe\", \"mori\" } action write resource \"/srv/log.db\";\n"
    "    log:   allow action { read, write } resource \"/srv/log.db\";\n"
    "}\n";

/* Each `from` of the file becomes `to`. */
static const struct {
    const char *target, *mistake, *from, *to;
} mistakes[] = {
    { "sudoers", "a password forgotten", "PASSWD: NOSETENV: ALL", "NOPASSWD: NOSETENV: ALL" },
    { "sudoers", "a password too many", "NOPASSWD: /usr/bin/ss", "PASSWD: /usr/bin/ss" },
    { "sudoers", "the environment is the user's", "NOSETENV: ", "" },
    { "sudoers", "a user forgotten", "mori, sato", "sato" },
    { "sudoers", "a user too many", "abe, mori", "abe, mori, ito" },
    { "sudoers", "a group that is a user", "%watch", "watch" },
    { "sudoers", "another group", "%watch", "%ops" },
    { "sudoers", "an exception forgotten", ", !%trainee", "" },
    { "sudoers", "an exception the wrong way round", ", !%trainee", ", %trainee" },
    { "sudoers", "an exception too early", "%watch, !%trainee", "!%trainee, %watch" },
    { "sudoers", "everybody but one", "ALL, !guest, !kiosk", "ALL, !guest" },
    { "sudoers", "a host forgotten", "abe, mori db1", "abe, mori ALL" },
    { "sudoers", "a host that is excepted", "ALL, !db1", "ALL" },
    { "sudoers", "another runas user", "(backup, postgres)", "(backup, root)" },
    { "sudoers", "no runas user", " (backup, postgres)", "" },
    { "sudoers", "a runas group", "(backup, postgres)", "(backup, postgres : adm)" },
    { "sudoers", "a command too many", "/usr/bin/psql", "/usr/bin/psql, /usr/bin/vi" },
    { "sudoers", "a file that is a folder", "/usr/bin/psql", "/usr/bin/psql/" },
    { "sudoers", "a folder that is a file", "/opt/pg/", "/opt/pg" },
    { "sudoers", "an argument", "/usr/bin/psql", "/usr/bin/psql -l" },
    { "sudoers", "a pattern", "/usr/bin/psql", "/usr/bin/ps*" },
    { "sudoers", "a refusal lost", ", !/usr/bin/su", "" },
    { "sudoers", "a refusal that allows", "!/usr/bin/su", "/usr/bin/su" },
    { "sudoers", "a refusal of one host", "ALL ALL = (ALL) !/usr/bin/bash", "ALL db1 = (ALL) !/usr/bin/bash" },
    { "sudoers", "a line that allows behind the refusals", "!/usr/bin/bash, !/usr/bin/su\n", "!/usr/bin/bash, !/usr/bin/su\nmori ALL = (root) PASSWD: NOSETENV: ALL\n" },
    { "sudoers", "a refusal taken back", "!/usr/bin/bash, !/usr/bin/su\n", "!/usr/bin/bash, !/usr/bin/su\nsato ALL = (root) PASSWD: /usr/bin/su\n" },
    { "sudoers", "other files may allow more", "ALL ALL = (ALL) !ALL\n", "" },
    { "sudoers", "everything allowed", "(ALL) !ALL\n", "(ALL) PASSWD: NOSETENV: ALL\n" },
    { "sudoers", "defaults", "# default\n", "Defaults !authenticate\n" },
    { "sudoers", "an alias", "# default\n", "User_Alias OPS = sato\n" },
    { "sudoers", "a user by number", "ito ", "#1000 " },
    { "sudoers", "a netgroup", "ito ", "+ito " },
    { "sudoers", "an end", "NOPASSWD: /usr/bin/ss", "NOTAFTER=20300101000000Z NOPASSWD: /usr/bin/ss" },
    { "sudoers", "no file of sudoers", "%watch", "%" },

    { "pam_access", "a user forgotten", "mori sato", "sato" },
    { "pam_access", "a user too many", "mori sato", "mori sato ito" },
    { "pam_access", "a user for a group", "(contractor)", "contractor" },
    { "pam_access", "another group", "(contractor)", "(contractors)" },
    { "pam_access", "an exception forgotten", " EXCEPT (locked)", "" },
    { "pam_access", "one exception of two", "EXCEPT backup kiosk", "EXCEPT backup" },
    { "pam_access", "an exception excepted", "EXCEPT backup kiosk", "EXCEPT backup EXCEPT kiosk" },
    { "pam_access", "a mask widened", "10.20.0.0/16", "10.16.0.0/12" },
    { "pam_access", "a mask narrowed", "2001:db8:20::/48", "2001:db8:20::/64" },
    { "pam_access", "a family forgotten", " 2001:db8:20::/48", "" },
    { "pam_access", "an address one off", "10.30.0.5/32", "10.30.0.6/32" },
    { "pam_access", "a range one shorter", " 10.40.0.6/32", "" },
    { "pam_access", "a refusal lost", "-:ALL:10.20.200.0/24\n", "" },
    { "pam_access", "a refusal of one", "-:ALL:10.20.200.0/24\n", "-:guest:10.20.200.0/24\n" },
    { "pam_access", "a refusal that allows", "-:mori:", "+:mori:" },
    { "pam_access", "refusals come last", "-:mori:10.20.0.0/17\n", "+:mori:10.20.0.0/16\n-:mori:10.20.0.0/17\n" },
    { "pam_access", "no last line", "-:ALL:ALL\n", "" },
    { "pam_access", "the last line is for some", "-:ALL:ALL\n", "-:ALL EXCEPT sato:ALL\n" },
    { "pam_access", "logins at the console", "+:ito:", "+:ito:ALL " },
    { "pam_access", "logins without a network", "+:ito:", "+:ito:LOCAL " },
    { "pam_access", "a name of a host", "10.30.0.5/32", "jump.example.jp" },
    { "pam_access", "the start of an address", "10.30.0.5/32", "10.30." },
    { "pam_access", "a prefix that holds no address", "2001:db8:20::/48", "::/0" },
    { "pam_access", "a netgroup", "+:ito:", "+:@ito:" },
    { "pam_access", "a user at a host", "+:ito:", "+:ito@web1:" },
    { "pam_access", "a name in capitals", "+:ito:", "+:Ito:" },
    { "pam_access", "a sign that is none", "+:ito:", "*:ito:" },

    { "pam_time", "a user forgotten", "!mori&!sato;!Al", "!sato;!Al" },
    { "pam_time", "an exception that is none", "!mori&!sato;!Al", "mori&!sato;!Al" },
    { "pam_time", "or for and", "!login&!sshd;", "!login|!sshd;" },
    { "pam_time", "an hour too long", "0830-1831", "0830-1931" },
    { "pam_time", "a minute too short", "0830-1831", "0830-1830" },
    { "pam_time", "a day too many", "MoTuWeThFr0830", "MoTuWeThFrSa0830" },
    { "pam_time", "a day forgotten", "MoTuWeThFr0830", "MoTuWeTh0830" },
    { "pam_time", "all days", "MoTuWeThFr0830", "Al0830" },
    { "pam_time", "a night that ends early", "0000-0600", "0000-0500" },
    { "pam_time", "a night of the wrong days", "MoSaSu0000-0600", "FrSaSu0000-0600" },
    { "pam_time", "another zone", "# zone: Asia/Tokyo", "# zone: Asia/Seoul" },
    { "pam_time", "no zone", "# zone: Asia/Tokyo\n", "" },
    { "pam_time", "another service", "sshd;", "ftpd;" },
    { "pam_time", "a terminal forgotten", "pts/0|tty1;", "tty1;" },
    { "pam_time", "refused for good lets in", "!Al0000-2400", "Al0000-2400" },
    { "pam_time", "a day named twice", "MoTuWeThFr0830", "MoMoTuWeThFr0830" },
    { "pam_time", "a time that wraps", "0830-1831", "1831-0830" },
    { "pam_time", "a time of no day", "0830-1831", "0830-1861" },
    { "pam_time", "a pattern", "sshd;", "ssh*;" },
    { "pam_time", "a netgroup", "!mori&!sato", "@ops" },
    { "pam_time", "a field too many", "sshd;", "sshd;*;" },
    { "pam_time", "white space", "sshd;", "sshd ;" },

    { "setfacl", "a right too many", "user:abe:rwx", "user:abe:rwx\nuser:ito:r--" },
    { "setfacl", "a user forgotten", "user:mori:rwx\n", "" },
    { "setfacl", "a right forgotten", "group:records:r-x", "group:records:r--" },
    { "setfacl", "a group's right too many", "group:records:r-x", "group:records:rwx" },
    { "setfacl", "a group forgotten", "group:registrars:-w-\n", "" },
    { "setfacl", "a user for a group", "group:registrars:-w-", "user:registrars:-w-" },
    { "setfacl", "a mask that takes", "mask::rwx", "mask::r-x" },
    { "setfacl", "an empty mask", "mask::rwx", "mask::---" },
    { "setfacl", "no mask", "mask::rwx\n", "" },
    { "setfacl", "others get in", "other::---", "other::--x" },
    { "setfacl", "others stay out", "other::rw-", "other::r--" },
    { "setfacl", "an entry lost, and others hold", "user:abe:r--\n", "" },
    { "setfacl", "an entry twice", "user:abe:rwx\n", "user:abe:rwx\nuser:abe:r--\n" },
    { "setfacl", "no entry for the others", "other::---\n", "" },
    { "setfacl", "another file", "# file: /srv/log.db", "# file: /srv/log.old" },
    { "setfacl", "a file forgotten", "# file: /srv/log.db\n# owner: root\n# group: root\nuser::rwx\nuser:abe:r--\nuser:mori:r--\ngroup::---\nmask::rwx\nother::rw-\n", "" },
    { "setfacl", "another default", "# default: deny", "# default: allow" },
    { "setfacl", "no default", "# default: deny\n", "" },
    { "setfacl", "a file twice", "# file: /srv/log.db", "# file: /srv/records" },
    { "setfacl", "another owner", "# owner: root", "# owner: ito" },
    { "setfacl", "another group", "# group: root", "# group: staff" },
    { "setfacl", "flags", "# group: root\n", "# group: root\n# flags: -s-\n" },
    { "setfacl", "entries of files to come", "other::---\n", "other::---\ndefault:user::rwx\n" },
    { "setfacl", "a number for a name", "user:abe:rwx", "user:1000:rwx" },
    { "setfacl", "rights that are none", "user:abe:rwx", "user:abe:rwX" },
    { "setfacl", "an entry of no file", "# file: /srv/log.db\n", "" },
};

static void test_mistakes(gconstpointer data) {
    static const struct {
        const char *target, *policy;
    } policies[] = { { "sudoers", sudo_policy }, { "pam_access", access_policy }, { "pam_time", time_policy }, { "setfacl", file_policy } };
    const char *target = data, *policy = NULL;
    guint found = 0;
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++)
        policy = strcmp(policies[i].target, target) == 0 ? policies[i].policy : policy;
    if (!can_prove(target))
        return;
    Subject subject = subject_text(target, policy);
    subject_assert_proved(&subject);
    g_test_message("%s", subject.text);
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        if (strcmp(mistakes[i].target, target) != 0)
            continue;
        g_autofree char *text = subject_replace(subject.text, mistakes[i].from, mistakes[i].to);
        if (strcmp(text, subject.text) == 0)
            g_error("%s: `%s` is not in the file\n%s", mistakes[i].mistake, mistakes[i].from, subject.text);
        g_autofree char *difference = subject_disprove(&subject, text);
        if (!difference)
            g_error("not found: %s\n%s", mistakes[i].mistake, text);
        g_test_message("%s: %s", mistakes[i].mistake, difference);
        found++;
    }
    g_test_message("%u mistakes found", found);
    g_assert_cmpuint(found, >, 12);
    subject_clear(&subject);
}

/* Every line that decides something left out, one at a time; none can be spared. */
static void test_lines_left_out(gconstpointer data) {
    static const struct {
        const char *target, *policy;
    } policies[] = { { "sudoers", sudo_policy }, { "pam_access", access_policy }, { "pam_time", time_policy }, { "setfacl", file_policy } };
    const char *target = data;
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        if (strcmp(policies[i].target, target) != 0 || !can_prove(target))
            continue;
        Subject subject = subject_text(target, policies[i].policy);
        g_auto(GStrv) lines = g_strsplit(subject.text, "\n", -1);
        for (char **line = lines; *line; line++) {
            char *whole = *line;
            if (*whole == '#' || *whole == '\0')
                continue;
            *line = (char *)"# left out";
            g_autofree char *text = g_strjoinv("\n", lines), *difference = subject_disprove(&subject, text);
            *line = whole;
            if (!difference)
                g_error("not found: without `%s`\n%s", whole, subject.text);
        }
        subject_clear(&subject);
    }
}

/* What is no file of the target at all. */
static void test_nonsense(void) {
    static const struct {
        const char *target, *dump;
    } dumps[] = {
        { "sudoers", "" }, { "sudoers", "{" }, { "sudoers", "[]" }, { "sudoers", "{}" }, { "sudoers", "{\"User_Specs\":{}}" }, { "sudoers", "{\"User_Specs\":[]}" },
        { "sudoers", "{\"User_Specs\":[1]}" }, { "sudoers", "{\"User_Specs\":[{}]}" }, { "sudoers", "{\"User_Specs\":[{\"User_List\":[],\"Host_List\":[],\"Cmnd_Specs\":[{}]}]}" },
        { "sudoers", "{\"User_Specs\":[{\"User_List\":[{\"username\":7}],\"Host_List\":[],\"Cmnd_Specs\":[]}]}" },
        { "pam_access", "" }, { "pam_access", "+" }, { "pam_access", "+:ALL" }, { "pam_access", "+::ALL" }, { "pam_access", "-:ALL:" }, { "pam_access", "-:() :ALL\n-:ALL:ALL" },
        { "pam_time", "" }, { "pam_time", "# zone: any\n*" }, { "pam_time", "# zone: any\n*;*;*;" }, { "pam_time", "# zone: any\n;*;*;Al0000-2400" }, { "pam_time", "# zone: any\n*;*;a|;Al0000-2400" },
        { "setfacl", "user::rwx" }, { "setfacl", "# file: srv\n" }, { "setfacl", "# file: /srv\n" }, { "setfacl", "# file: /srv\nuser" }, { "setfacl", "# file: /srv/../etc\n" },
    };
    kj_plugins_load(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(dumps); i++) {
        const KjReaderDefinition *reader = kj_domain_reader(kj_plugin_find("acl"), dumps[i].target);
        g_autoptr(GString) policy = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        if (reader->read_back(dumps[i].dump, strlen(dumps[i].dump), policy, &error))
            g_error("%s: understood `%s`", dumps[i].target, dumps[i].dump);
        g_assert_nonnull(error);
        g_test_message("%s: %s: %s", dumps[i].target, dumps[i].dump, error->message);
    }
}

int main(int argc, char **argv) {
    static const char *const targets[] = { "sudoers", "pam_access", "pam_time", "setfacl" };
    static const struct {
        const char *name;
        GTestDataFunc run;
    } tests[] = { { "story", test_story }, { "random", test_random }, { "mistakes", test_mistakes }, { "lines-left-out", test_lines_left_out } };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        for (guint t = 0; t < G_N_ELEMENTS(tests); t++) {
            g_autofree char *path = g_strdup_printf("/acl/proof/%s/%s", targets[i], tests[t].name);
            g_test_add_data_func(path, targets[i], tests[t].run);
        }
    }
    g_test_add_func("/acl/proof/nonsense", test_nonsense);
    return g_test_run();
}
