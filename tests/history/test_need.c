/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a change needs: small workspaces, one change each, and the seats that governance at the base asks for. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/need.h"
#include "edited.h"

#define NOW 1795338000 /* 2026-11-22T09:00:00Z */

static const KjTestFile workspace[] = {
    { "people.pol", "group owners = { \"abe\", \"baba\" };\ngroup board = { \"chiba\", \"doi\", \"endo\" };\ngroup all = { owners, board } - { \"endo\" };\ngroup both = { all, board };\n" },
    { "rules.pol", "module rules tier standard;\nuse people;\ntype class = I > II > III;\nstandard firewall org.quiet {\n    parameter inside : set of address;\n"
                   "    telnet: deny to inside service 23/tcp;\n    max_exception = 365d;\n}\n" },
    { "edge.pol", "use people;\nfirewall border conforms to org.quiet with inside = 10.0.0.0/8 {\n    default deny;\n    web: allow to 10.1.0.1 service 80/tcp;\n}\n"
                  "test \"no telnet\" {\n    firewall border: from 192.0.2.1 to 10.1.0.1 service 23/tcp => deny by default;\n}\n" },
    { "desk.pol", "use rules;\nacl records {\n    field label : rules.class;\n    default deny;\n    read: allow principal \"abe\" action read resource \"/records/**\" label III;\n}\n" },
    { "README", "What we do and why.\n" },
    { "governance.pol", "module governance tier standard;\nuse people;\ngovernance main {\n"
                        "    owner: require count 1 from people.owners when tier == procedure and not emergency;\n"
                        "    board: require count 2 from people.board when (tier == standard or weakens or widens) and not emergency;\n"
                        "    fast: require count 1 from people.both when emergency;\n"
                        "    after: ratify count 2 from people.board within 72h when emergency;\n}\n" },
};

static KjWorkspace *read_workspace(const char *path, const char *before, const char *after) {
    return kj_test_edited(workspace, G_N_ELEMENTS(workspace), path, before, after);
}

static const char *author_of(gpointer data, const char *unit, const char *result) {
    (void)data;
    (void)unit;
    (void)result;
    return "sato";
}

/* "edge.border procedure widens weakens class: owner 1 abe,baba; board 2 chiba,doi,endo" */
static void append_need(GString *out, const KjNeed *need) {
    g_string_append_printf(out, "%s%s %s %s%s%s%s:", out->len ? " | " : "", need->name, need->tier, kj_change_verdict_name(need->verdict),
                           need->weakens ? " weakens" : "", need->class ? " " : "", need->class ? need->class : "");
    for (guint i = 0; i < need->requirements->len; i++) {
        const KjRequirement *requirement = &g_array_index(need->requirements, KjRequirement, i);
        g_autofree char *people = g_strjoinv(",", (char **)requirement->people);
        g_string_append_printf(out, "%s %s %u %s", i ? ";" : "", requirement->label, requirement->count, people);
    }
    for (guint i = 0; i < need->ratifications->len; i++)
        g_string_append_printf(out, " then %u within %" G_GUINT64_FORMAT "h", g_array_index(need->ratifications, KjRequirement, i).count, need->ratify_within / 3600);
    if (need->refused)
        g_string_append_printf(out, " REFUSED");
}

#define OWNER "owner 1 abe,baba"
#define BOARD "board 2 chiba,doi,endo"

static void test_needs(void) {
    static const struct {
        const char *path, *before, *after;
        gboolean emergency;
        const char *needs;
    } changes[] = {
        { "edge.pol", "80/tcp", "443/tcp", FALSE, "edge.border procedure mixed: " OWNER "; " BOARD },
        { "edge.pol", "service 80/tcp;\n}\ntest", "service 80/tcp from 10.0.0.0/8;\n}\ntest", FALSE, "edge.border procedure narrows: " OWNER },
        { "edge.pol", "default deny", "# nothing new\n    default deny", FALSE, "edge.border procedure editorial: " OWNER },
        { "edge.pol", "test \"no telnet\" {\n    firewall border: from 192.0.2.1 to 10.1.0.1 service 23/tcp => deny by default;\n}\n", "", FALSE,
          "edge.border procedure editorial weakens: " OWNER "; " BOARD },
        { "edge.pol", "10.0.0.0/8", "10.0.0.0/9", FALSE, "edge.border standard editorial weakens: " BOARD },
        { "rules.pol", "23/tcp", "22..23/tcp", FALSE, "edge.border procedure editorial: " OWNER " | org.quiet standard mixed weakens: " BOARD },
        { "desk.pol", "label III", "label II", FALSE, "desk.records procedure mixed II: " OWNER "; " BOARD },
        { "desk.pol", " label III", "", FALSE, "desk.records procedure widens I: " OWNER "; " BOARD },
        { "README", "why", "how", FALSE, "* procedure editorial: " OWNER },
        { "governance.pol", "count 2 from people.board when", "count 1 from people.owners when", FALSE, "governance.main standard mixed I: " BOARD },
        { "people.pol", "\"abe\", \"baba\"", "\"abe\", \"mallory\"", FALSE, "governance.main standard mixed I: " BOARD },
        { "edge.pol", "80/tcp", "443/tcp", TRUE, "edge.border procedure mixed: fast 1 abe,baba,chiba,doi,endo then 2 within 72h" },
    };
    g_autoptr(KjWorkspace) before = read_workspace(NULL, NULL, NULL);
    const KjSide base = { before->compilation, before->units };
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(KjWorkspace) after = read_workspace(changes[i].path, changes[i].before, changes[i].after);
        const KjSide result = { after->compilation, after->units };
        g_autoptr(KjNeeds) needs = kj_needs_new(&base, &result, &(KjAsked){ .emergency = changes[i].emergency, .instant = NOW, .author_of = author_of });
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint n = 0; n < needs->needs->len; n++)
            append_need(text, needs->needs->pdata[n]);
        g_assert_cmpstr(text->str, ==, changes[i].needs);
    }
}

/* A new exception asks those whom it names, who are those of the base. */
static void test_exception(void) {
    g_autoptr(KjWorkspace) before = read_workspace(NULL, NULL, NULL);
    g_autoptr(KjWorkspace) after = read_workspace("edge.pol", "test \"no telnet\"",
                                         "exception \"E-1\" to org.quiet in edge.border when from in 10.9.0.0/16 until 2027-03-31\n    reason \"an old switch\" approved by people.both;\ntest \"no telnet\"");
    const KjSide base = { before->compilation, before->units }, result = { after->compilation, after->units };
    g_autoptr(KjNeeds) needs = kj_needs_new(&base, &result, &(KjAsked){ .instant = NOW, .author_of = author_of });
    const KjNeed *need = kj_needs_find(needs, "edge.border");
    g_autoptr(GString) text = g_string_new(NULL);
    append_need(text, need);
    g_assert_null(kj_needs_find(needs, "org.quiet"));
    g_assert_nonnull(strstr(text->str, "weakens: " OWNER "; " BOARD "; E-1 1 abe,baba,chiba,doi,endo"));
}

/* Where no rule speaks nobody can approve; a workspace with nothing before it has no governance in force. */
static void test_refused(void) {
    g_autoptr(KjWorkspace) before = read_workspace("governance.pol", "when tier == procedure and not emergency", "when tier == basic");
    g_autoptr(KjWorkspace) after = read_workspace("README", "why", "how");
    const KjSide base = { before->compilation, before->units }, result = { after->compilation, after->units }, nothing = { NULL, NULL };
    g_autoptr(KjNeeds) needs = kj_needs_new(&base, &result, &(KjAsked){ .instant = NOW, .author_of = author_of });
    g_assert_nonnull(kj_needs_find(needs, "*")->refused);
    g_assert_null(kj_needs_find(needs, "governance.main")->refused);
    g_autoptr(KjNeeds) first = kj_needs_new(&nothing, &result, &(KjAsked){ .instant = NOW, .author_of = author_of });
    g_assert_cmpuint(first->needs->len, ==, result.units->len);
    g_assert_nonnull(kj_needs_find(first, "edge.border")->refused);
}

/* Two rules that ask the same people fill two seats, so that to drop one of them takes two. */
static void test_second_seat(void) {
    static const char rest[] = "    change: require count 1 from people.owners when not emergency;\n";
    static const char with[] = "    change: require count 1 from people.owners when not emergency;\n"
                               "    grave: require count 1 from people.owners when (widens or weakens) and not emergency;\n";
    KjTestFile files[G_N_ELEMENTS(workspace)];
    memcpy(files, workspace, sizeof files);
    g_autofree char *governance = g_strconcat("use people;\ngovernance main {\n", with, "}\n", NULL);
    files[G_N_ELEMENTS(files) - 1].text = governance;
    g_autoptr(KjWorkspace) before = kj_test_edited(files, G_N_ELEMENTS(files), NULL, NULL, NULL);
    g_autoptr(KjWorkspace) after = kj_test_edited(files, G_N_ELEMENTS(files), "governance.pol", with, rest);
    const KjSide base = { before->compilation, before->units }, result = { after->compilation, after->units };
    g_autoptr(KjNeeds) needs = kj_needs_new(&base, &result, &(KjAsked){ .instant = NOW, .author_of = author_of });
    g_autoptr(GString) text = g_string_new(NULL);
    append_need(text, kj_needs_find(needs, "governance.main"));
    g_assert_cmpstr(text->str, ==, "governance.main procedure widens I: change 1 abe,baba; grave 1 abe,baba");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/need/needs", test_needs);
    g_test_add_func("/need/exception", test_exception);
    g_test_add_func("/need/refused", test_refused);
    g_test_add_func("/need/second-seat", test_second_seat);
    return g_test_run();
}
