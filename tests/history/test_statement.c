/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statements: one spelling, the keys of each kind in their order, and messages that say what should stand where. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/statement.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define HEAD "signer: sato\nprevious: none\ndate: 2026-11-22T09:00:00Z\n"
#define VETO "kind: veto\n" HEAD "context: production\nunit: mail.forwarding\nresult: " ONES "\nreason: 未確認の転送先がある\n"

static void test_read(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) veto = kj_statement_parse(VETO, strlen(VETO), &error);
    g_assert_no_error(error);
    g_assert_cmpint(kj_statement_kind(veto), ==, KJ_STATEMENT_VETO);
    g_assert_cmpstr(kj_statement_get(veto, "reason"), ==, "未確認の転送先がある");
    g_assert_cmpint(kj_statement_instant(veto, "date"), ==, 1795338000);
    g_assert_cmpstr(kj_statement_name_space(KJ_STATEMENT_VETO), ==, "kijun-veto@v1");
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, VETO, -1);
    g_assert_cmpstr(kj_statement_digest(veto), ==, digest);
}

/* Given in any order, written in one. */
static void test_write(void) {
    static const KjStatementValue values[] = {
        { "relies", ONES },        { "relies", ZEROS },      { "unit", "mail.forwarding " ONES },
        { "unit", "* " ZEROS },    { "serial", "12" },       { "context", "production" },
        { "before", "none" },      { "root", "1" },          { "title", "Partner addresses" },
        { "expires", "2027-02-20T00:00:00Z" }, { "signer", "suzuki" }, { "previous", "none" },
        { "date", "2026-11-22T09:00:00Z" },    { "emergency", NULL },
        { "enforces", "*" },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) release = kj_statement_new(KJ_STATEMENT_RELEASE, values, G_N_ELEMENTS(values), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(kj_statement_number(release, "serial"), ==, 12);
    g_assert_cmpuint(g_strv_length((char **)kj_statement_list(release, "relies")), ==, 2);
    g_assert_cmpstr(kj_statement_list(release, "unit")[0], ==, "* " ZEROS);
    g_assert_null(kj_statement_get(release, "emergency"));
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(release), &length);
    g_autoptr(KjStatement) again = kj_statement_parse(bytes, length, NULL);
    g_assert_cmpstr(kj_statement_digest(again), ==, kj_statement_digest(release));
}

static void test_refused(void) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "ends with a newline" },
        { "kind: veto", "ends with a newline" },
        { "kind: decree\n", "line 1 of the statement: here must stand `kind: approval`" },
        { "kind:veto\n", "line 1 of the statement" },
        { "kind: veto\nprevious: none\n", "line 2 of the statement: here must stand `signer:` and a name" },
        { "kind: veto\nsigner: sato\nsigner: sato\n", "line 3 of the statement: `signer` stands a second time" },
        { "kind: veto\nsigner: sa to\n", "line 2 of the statement: `signer` must be a name" },
        { "kind: veto\nsigner: -sato\n", "must be a name" },
        { "kind: veto\nsigner: sato\nprevious: " ONES "0\n", "`previous` must be a SHA-256" },
        { "kind: veto\nsigner: sato\nprevious: none\ndate: 2026-11-22T09:00:00+09:00\n", "`date` must be an instant" },
        { "kind: veto\nsigner: sato\nprevious: none\ndate: 2026-02-30T09:00:00Z\n", "`date` must be an instant" },
        { VETO "more: x\n", "line 9 of the statement: a statement of the kind `veto` has nothing more to say here" },
        { VETO "\n", "nothing more to say here" },
        { "kind: withdrawal\n" HEAD "statement: " ONES "\nreason: a\xe2\x80\xae" "b\n", "`reason` must be one line of text" },
        { "kind: withdrawal\n" HEAD "statement: " ONES "\nreason:  padded\n", "`reason` must be one line of text" },
        { "kind: proposal\n" HEAD "context: c\ntitle: t\nauthor: b\nauthor: a\n", "`author` is not in ascending order" },
        { "kind: proposal\n" HEAD "context: c\ntitle: t\nauthor: a\nauthor: a\n", "`author` is not in ascending order" },
        { "kind: proposal\n" HEAD "context: c\ntitle: t\nauthor: a\nchange: x " ONES " " ONES " wider no\n", "`change` must be a unit, two SHA-256" },
        { "kind: heartbeat\n" HEAD "context: c\nserial: 01\n", "`serial` must be a whole number" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KjStatement) statement = kj_statement_parse(cases[i].text, strlen(cases[i].text), &error);
        g_assert_null(statement);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
        if (!strstr(error->message, cases[i].message))
            g_error("%s: instead of: %s", error->message, cases[i].message);
    }
    g_assert_null(kj_statement_parse("kind: veto\n\0\n", 13, NULL));
}

/* A byte more, less or other than it is: no statement, or another one. */
static void test_no_second_spelling(void) {
    gsize length = strlen(VETO);
    for (gsize at = 0; at < length; at++) {
        g_autofree char *text = g_strdup(VETO);
        memmove(text + at, text + at + 1, length - at);
        g_autoptr(KjStatement) shorter = kj_statement_parse(text, length - 1, NULL);
        g_autoptr(KjStatement) whole = kj_statement_parse(VETO, length, NULL);
        g_assert_true(!shorter || strcmp(kj_statement_digest(shorter), kj_statement_digest(whole)) != 0);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/statement/read", test_read);
    g_test_add_func("/statement/write", test_write);
    g_test_add_func("/statement/refused", test_refused);
    g_test_add_func("/statement/no-second-spelling", test_no_second_spelling);
    return g_test_run();
}
