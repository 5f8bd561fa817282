/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes on their way through an office to a host that believes nothing but a root. */
#include <kijun/kijun.h>
#include <string.h>

#include "office.h"

/* One release of the files as they are, or the reason why not. */
static char *try_release(Office *office, const char *emergency) {
    g_autoptr(GError) error = NULL;
    if (office_release(office, ONO, emergency, &error))
        return NULL;
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    return g_strdup(error->message);
}

#define assert_released(office) g_assert_cmpstr(try_release(office, NULL), ==, NULL)
#define assert_refused(office, why)                              \
    do {                                                         \
        g_autofree char *reason = try_release(office, NULL);     \
        g_assert_nonnull(reason);                                \
        if (!strstr(reason, why))                                \
            g_error("expected \"%s\" in \"%s\"", why, reason); \
    } while (0)

static void assert_accepted(Office *office, guint64 serial) {
    g_autoptr(KjVerifier) host = office_host(office);
    g_autoptr(GError) error = NULL;
    office_judge(office, host, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(kj_verifier_serial(host), ==, serial);
}

static void narrow(Office *office) {
    office_edit(office, "edge.pol", "to 10.1.0.1 service 80/tcp", "from 10.0.0.0/8 to 10.1.0.1 service 80/tcp");
}

static void widen(Office *office) {
    office_edit(office, "edge.pol", "service 80/tcp", "service { 80/tcp, 443/tcp }");
}

static void test_procedure(void) {
    Office *office = office_new();
    assert_accepted(office, 1);
    narrow(office);
    assert_refused(office, "edge.border: nobody has proposed it");
    g_free(office_propose(office, SATO, "sato"));
    assert_refused(office, "edge.border: 1 approval of people.owners is missing (owner); abe, baba could give one");
    g_free(office_approve(office, ABE, "edge.border", 90));
    assert_released(office);
    assert_accepted(office, 2);
    office_free(office);
}

static void test_widening(void) {
    Office *office = office_new();
    widen(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    assert_refused(office, "2 approvals of people.board are missing (board); chiba, doi, endo could give one");
    g_free(office_approve(office, CHIBA, "edge.border", 90));
    g_free(office_approve(office, DOI, "edge.border", 90));
    assert_released(office);
    assert_accepted(office, 2);
    office_free(office);
}

/* The words were edited after everybody had approved: the lighter rule is enough, unless it is more than words. */
static void test_editorial(void) {
    Office *office = office_new();
    widen(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    g_free(office_approve(office, CHIBA, "edge.border", 90));
    g_free(office_approve(office, DOI, "edge.border", 90));
    office_edit(office, "edge.pol", "    web:", "    # The web server.\n    web:");
    g_free(office_propose(office, SATO, "sato"));
    assert_refused(office, "edge.border: 1 approval of people.owners is missing (words); abe, baba could give one");
    {
        g_autoptr(KjDesk) desk = office_desk(office);
        g_autoptr(KjWorkspace) result = office_workspace(office);
        g_autoptr(KjRuling) ruling = kj_desk_decide(desk, result, NULL, office->now);
        g_assert_cmpuint(ruling->steps->len, ==, 2); /* what was approved, and the words */
    }
    /* The owner approves the new words alone: from the text that was approved to this one. */
    g_autofree char *base = NULL, *after = NULL;
    {
        g_autoptr(KjDesk) desk = office_desk(office);
        g_autoptr(KjWorkspace) result = office_workspace(office);
        after = g_strdup(kj_units_find(result->units, "edge.border")->digest);
        for (guint c = 0; c < desk->chains->len; c++) {
            const GPtrArray *chain = desk->chains->pdata[c];
            for (guint i = 0; i < chain->len; i++) {
                const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
                if (kj_statement_kind(statement) == KJ_STATEMENT_APPROVAL && !base)
                    base = g_strdup(kj_statement_get(statement, "result"));
            }
        }
    }
    const KjStatementValue values[] = { { "context", CONTEXT }, { "unit", "edge.border" },  { "base", base },          { "result", after },
                                        { "verdict", "editorial" }, { "weakens", "no" }, { "expires", "2027-02-01T00:00:00Z" } };
    g_free(office_say(office, BABA, KJ_STATEMENT_APPROVAL, values, G_N_ELEMENTS(values)));
    assert_released(office);
    assert_accepted(office, 2);
    {
        g_autoptr(KjVerifier) host = office_host(office);
        g_assert_true(office_judge(office, host, NULL));
        const KjStatement *release = kj_verifier_release(host)->sealed->statement;
        g_assert_cmpuint(g_strv_length((char **)kj_statement_list(release, "change")), ==, 2);
    }
    office_free(office);
}

/* One prefix wider than what was approved. */
static void test_widened_afterwards(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    office_edit(office, "edge.pol", "10.0.0.0/8 to 10.1.0.1", "10.0.0.0/7 to 10.1.0.1");
    g_free(office_propose(office, SATO, "sato"));
    assert_refused(office, "edge.border: 1 approval of people.owners is missing");
    office_free(office);
}

/* Of two changes under way, each keeps its approvals when the other is released. */
static void test_two_changes(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    g_autofree char *edge = g_strdup(office->texts->pdata[2]);
    office_edit(office, "edge.pol", "from 10.0.0.0/8 to 10.1.0.1 service 80/tcp", "to 10.1.0.1 service 80/tcp");
    office_edit(office, "desk.pol", "\"/records/**\"", "\"/records/open/**\"");
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, BABA, "desk.records", 90));
    assert_released(office);
    narrow(office);
    g_assert_cmpstr(edge, ==, office->texts->pdata[2]);
    assert_released(office);
    assert_accepted(office, 3);
    office_free(office);
}

static void test_own_approval(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, ABE, "abe"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    assert_refused(office, "1 approval of people.owners is missing (owner); baba could give one");
    office_free(office);
}

static void test_expired_approval(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 2));
    office->now += 3 * 86400;
    assert_refused(office, "1 approval of people.owners is missing");
    office_free(office);
}

/* The same change made again, after it was taken back, needs to be agreed to again. */
static void test_used_approval(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    assert_released(office);
    office->now += 60;
    office_edit(office, "edge.pol", "from 10.0.0.0/8 to 10.1.0.1", "to 10.1.0.1");
    g_free(office_propose(office, SATO, "sato"));
    const guint people[] = { ABE, CHIBA, DOI };
    for (guint i = 0; i < G_N_ELEMENTS(people); i++)
        g_free(office_approve(office, people[i], "edge.border", 90));
    assert_released(office);
    office->now += 60;
    narrow(office);
    assert_refused(office, "edge.border: 1 approval of people.owners is missing");
    office_free(office);
}

static void test_veto(void) {
    Office *office = office_new();
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    g_autofree char *result = NULL;
    {
        g_autoptr(KjWorkspace) workspace = office_workspace(office);
        result = g_strdup(kj_units_find(workspace->units, "edge.border")->digest);
    }
    const KjStatementValue values[] = { { "context", CONTEXT }, { "unit", "edge.border" }, { "result", result }, { "reason", "not in December" } };
    g_autofree char *veto = office_say(office, BABA, KJ_STATEMENT_VETO, values, G_N_ELEMENTS(values));
    assert_refused(office, "baba has vetoed it: not in December");
    const KjStatementValue back[] = { { "statement", veto }, { "reason", "we talked" } };
    g_free(office_say(office, BABA, KJ_STATEMENT_WITHDRAWAL, back, G_N_ELEMENTS(back)));
    assert_released(office);
    assert_accepted(office, 2);
    office_free(office);
}

/* A file that no block uses is a unit too. */
static void test_rest(void) {
    Office *office = office_new();
    office_edit(office, "notes.txt", NULL, "The password is in the drawer.\n");
    assert_refused(office, "*: nobody has proposed it");
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "*", 90));
    assert_released(office);
    assert_accepted(office, 2);
    office_free(office);
}

/* What governs is what was there before: more approvers do not approve themselves. */
static void test_own_approvers(void) {
    Office *office = office_new();
    office_edit(office, "people.pol", "\"baba\" };\ngroup board", "\"baba\", \"sato\" };\ngroup board");
    narrow(office);
    g_free(office_propose(office, ENDO, "endo"));
    g_free(office_approve(office, SATO, "edge.border", 90));
    assert_refused(office, "edge.border: 1 approval of people.owners is missing");
    office_free(office);
}

/* Closed at once by one who is on call, back by itself, kept when the board agrees. */
static void test_emergency(void) {
    Office *office = office_new();
    narrow(office);
    g_autofree char *digest = office_declare(office, SATO, 12);
    g_autoptr(GError) error = NULL;
    office_release(office, SATO, digest, &error);
    g_assert_no_error(error);
    assert_accepted(office, 2);
    g_autoptr(KjVerifier) host = office_host(office);
    g_assert_true(office_judge(office, host, NULL));
    g_assert_nonnull(kj_verifier_emergency(host));
    g_assert_cmpuint(kj_statement_number(kj_verifier_lasting(host)->sealed->statement, "serial"), ==, 1);

    /* No second one on top. */
    office_edit(office, "edge.pol", "10.0.0.0/8 to 10.1.0.1", "10.0.0.0/9 to 10.1.0.1");
    g_autofree char *second = office_declare(office, BABA, 13);
    g_assert_false(office_release(office, BABA, second, &error));
    g_assert_nonnull(strstr(error->message, "takes no second one on top"));
    office_edit(office, "edge.pol", "10.0.0.0/9 to 10.1.0.1", "10.0.0.0/8 to 10.1.0.1");

    /* Ratified: an ordinary release of the same, in which who declared it does not count. */
    const KjStatementValue values[] = { { "context", CONTEXT }, { "emergency", digest } };
    assert_refused(office, "1 approval of people.owners is missing");
    g_free(office_say(office, ABE, KJ_STATEMENT_RATIFY, values, G_N_ELEMENTS(values)));
    assert_released(office);
    assert_accepted(office, 3);
    office_free(office);
}

static void test_emergency_bounds(void) {
    Office *office = office_new();
    g_autoptr(GError) error = NULL;
    widen(office);
    g_autofree char *one = office_declare(office, SATO, 12);
    g_assert_false(office_release(office, SATO, one, &error));
    g_assert_nonnull(strstr(error->message, "1 approval of people.call is missing (open); baba could give one"));
    g_clear_error(&error);
    g_free(office_declare(office, BABA, 12));
    office_release(office, SATO, one, &error);
    g_assert_no_error(error);
    office_free(office);

    office = office_new();
    narrow(office);
    g_autofree char *longer = office_declare(office, SATO, 100);
    g_assert_false(office_release(office, SATO, longer, &error));
    g_assert_nonnull(strstr(error->message, "longer than the 72 hours"));
    office_free(office);
}

static void test_heartbeat(void) {
    Office *office = office_new();
    g_autoptr(GError) error = NULL;
    gint64 promised = 30 * 86400;
    office->now += 20 * 86400;
    office_heartbeat(office, ONO, &error);
    g_assert_no_error(error);
    g_autoptr(KjVerifier) host = office_host(office);
    g_assert_true(office_judge(office, host, &error));
    g_assert_cmpint(kj_verifier_fresh_until(host), ==, office->now + promised);
    narrow(office);
    g_free(office_propose(office, SATO, "sato"));
    g_free(office_approve(office, ABE, "edge.border", 90));
    assert_released(office);
    g_assert_true(office_judge(office, host, &error));
    g_assert_cmpuint(kj_verifier_serial(host), ==, 2);
    office_free(office);
}

/* A host that was switched off goes on where it was. */
static void test_resume(void) {
    Office *office = office_new();
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 4; i++) {
        g_autoptr(KjVerifier) host = office_host(office);
        git_oid known = office_head(office);
        g_autofree char *from = g_strdup_printf("%s10.%u.0.0/16 to 10.1.0.1 service 80/tcp", i ? "from " : "from ", i + 1),
                        *before = i ? g_strdup_printf("from 10.%u.0.0/16 to 10.1.0.1 service 80/tcp", i) : g_strdup("to 10.1.0.1 service 80/tcp");
        office_edit(office, "edge.pol", before, from);
        g_autofree char *emergency = i == 1 ? office_declare(office, SATO, 1) : NULL;
        if (i != 1) {
            g_free(office_propose(office, SATO, "sato"));
            g_free(office_approve(office, ABE, "edge.border", 90));
            g_free(office_approve(office, CHIBA, "edge.border", 90));
            g_free(office_approve(office, DOI, "edge.border", 90));
        } else {
            g_free(office_declare(office, BABA, 1));
        }
        office_release(office, i == 1 ? SATO : ONO, emergency, &error);
        g_assert_no_error(error);
        kj_verifier_resume(host, &known, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(kj_verifier_serial(host), ==, i + 1);
        office_judge(office, host, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(kj_verifier_serial(host), ==, i + 2);
        office->now += 2 * 3600;
    }
    office_free(office);
}

/* A context that some blocks name carries nothing of the others but digests, until they are its, too; and then it is judged by the text that was there before. */
static void test_context(void) {
    Office *office = office_new_edited("edge.pol", "test \"no telnet\"", "enforce border by nftables on { \"production\" };\ntest \"no telnet\"");
    g_autoptr(KjVerifier) host = office_host(office);
    g_autoptr(GError) error = NULL;
    g_assert_true(office_judge(office, host, &error));
    g_assert_nonnull(kj_units_find(kj_verifier_workspace(host)->units, "edge.border"));
    g_assert_nonnull(kj_units_find(kj_verifier_workspace(host)->units, "governance.main"));
    g_assert_null(kj_units_find(kj_verifier_workspace(host)->units, "desk.records"));
    g_assert_nonnull(kj_release_pin(kj_verifier_release(host)->sealed->statement, "desk.records"));

    office_edit(office, "desk.pol", "action read", "action write"); /* a change of what this context does not enforce */
    g_free(office_propose(office, SATO, "sato"));
    const guint people[] = { ABE, CHIBA, DOI };
    for (guint i = 0; i < G_N_ELEMENTS(people); i++)
        g_free(office_approve(office, people[i], "desk.records", 90));
    assert_released(office);
    office_judge(office, host, &error);
    g_assert_no_error(error);
    g_assert_null(kj_units_find(kj_verifier_workspace(host)->units, "desk.records"));

    office->now += 60;
    office_edit(office, "desk.pol", "acl records", "enforce records by setfacl on { \"production\" };\nacl records");
    g_free(office_propose(office, SATO, "sato"));
    assert_refused(office, "desk.records: 1 approval of people.owners is missing");
    for (guint i = 0; i < G_N_ELEMENTS(people); i++)
        g_free(office_approve(office, people[i], "desk.records", 90));
    assert_released(office);
    office_judge(office, host, &error);
    g_assert_no_error(error);
    g_assert_nonnull(kj_units_find(kj_verifier_workspace(host)->units, "desk.records"));
    assert_accepted(office, 3);
    office_free(office);
}

int main(int argc, char **argv) {
    static const OfficeTest tests[] = {
        { "procedure", test_procedure },
        { "widening", test_widening },
        { "editorial", test_editorial },
        { "widened-afterwards", test_widened_afterwards },
        { "two-changes", test_two_changes },
        { "own-approval", test_own_approval },
        { "expired-approval", test_expired_approval },
        { "used-approval", test_used_approval },
        { "veto", test_veto },
        { "rest", test_rest },
        { "own-approvers", test_own_approvers },
        { "emergency", test_emergency },
        { "emergency-bounds", test_emergency_bounds },
        { "heartbeat", test_heartbeat },
        { "resume", test_resume },
        { "context", test_context },
    };
    return office_run(argc, argv, "release", tests, G_N_ELEMENTS(tests));
}
