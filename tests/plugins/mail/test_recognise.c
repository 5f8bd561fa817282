/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What headers and envelope say of a message, row by row. */
#include <string.h>

#include "../../../plugins/mail/milter/recognise.h"

static char *domains[] = { (char *)"ours.invalid", (char *)"other.invalid", NULL };
static const KjMailTrust ours = { domains }, any = { NULL };

typedef struct {
    const char *name;
    const char *headers[5]; /* "Name: value" */
    const char *sender;
    gboolean stranger; /* the client is not trusted */
    const char *forwarder;
    gboolean forwarded, automatic;
    guint hops;
} Row;

static const Row rows[] = {
    { "plain", { "From: a@b.invalid", "To: alice@ours.invalid" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "delivered", { "Delivered-To: alice@ours.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE, TRUE, 0 },
    { "header-in-any-case", { "DELIVERED-TO:\r\n\talice@ours.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE, TRUE, 0 },
    { "delivered-twice", { "Delivered-To: bob@ours.invalid", "Delivered-To: alice@ours.invalid" }, "a@b.invalid", FALSE, "bob@ours.invalid", TRUE, TRUE, 0 },
    { "delivered-elsewhere-last", { "Delivered-To: x@away.invalid", "Delivered-To: alice@ours.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE,
      TRUE, 0 },
    { "delivered-elsewhere-only", { "Delivered-To: x@away.invalid" }, "a@b.invalid", FALSE, NULL, TRUE, TRUE, 0 },
    { "domain-in-any-case", { "Delivered-To: alice@OURS.Invalid" }, "a@b.invalid", FALSE, "alice@OURS.Invalid", TRUE, TRUE, 0 },
    { "no-address", { "Delivered-To: nobody" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "stranger", { "Delivered-To: alice@ours.invalid" }, "a@b.invalid", TRUE, NULL, TRUE, TRUE, 0 },
    { "sieve", { "X-Sieve-Redirected-From: alice@ours.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE, TRUE, 0 },
    { "exchange", { "X-MS-Exchange-Inbox-Rules-Loop: alice@ours.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE, TRUE, 0 },
    { "gmail", { "X-Forwarded-To: x@away.invalid", "X-Forwarded-For: alice@ours.invalid x@away.invalid" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE,
      TRUE, 0 },
    { "proxy", { "X-Forwarded-For: 192.0.2.1" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "to-only", { "X-Forwarded-To: x@away.invalid" }, "a@b.invalid", FALSE, NULL, TRUE, TRUE, 0 },
    { "resent", { "Resent-From: Alice <alice@ours.invalid>" }, "a@b.invalid", FALSE, "alice@ours.invalid", TRUE, FALSE, 0 },
    { "resent-gives-way", { "Resent-From: alice@ours.invalid", "Delivered-To: bob@ours.invalid" }, "a@b.invalid", FALSE, "bob@ours.invalid", TRUE, TRUE, 0 },
    { "resent-comes-late", { "Delivered-To: bob@ours.invalid", "Resent-From: alice@ours.invalid" }, "a@b.invalid", FALSE, "bob@ours.invalid", TRUE, TRUE, 0 },
    { "srs0", { NULL }, "SRS0=HHH=TT=b.invalid=a@ours.invalid", FALSE, "unknown@ours.invalid", TRUE, TRUE, 0 },
    { "srs1", { NULL }, "srs1+HHH=x.invalid==HHH=TT=b.invalid=a@other.invalid", FALSE, "unknown@other.invalid", TRUE, TRUE, 0 },
    { "srs-elsewhere", { NULL }, "SRS0=HHH=TT=b.invalid=a@away.invalid", FALSE, NULL, TRUE, TRUE, 0 },
    { "srs-behind-a-name", { "Delivered-To: alice@ours.invalid" }, "SRS0=HHH=TT=b.invalid=a@ours.invalid", FALSE, "alice@ours.invalid", TRUE, TRUE, 0 },
    { "no-srs", { NULL }, "srs0@ours.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "null-sender", { NULL }, "", FALSE, NULL, FALSE, TRUE, 0 },
    { "auto-replied", { "Auto-Submitted: auto-replied; owner-email=x" }, "a@b.invalid", FALSE, NULL, FALSE, TRUE, 0 },
    { "auto-no", { "Auto-Submitted: NO (really)" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "list", { "List-Id: <l.ours.invalid>" }, "a@b.invalid", FALSE, NULL, FALSE, TRUE, 0 },
    { "unsubscribe-is-no-list", { "List-Unsubscribe: <mailto:u@b.invalid>" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "bulk", { "Precedence: bulk" }, "a@b.invalid", FALSE, NULL, FALSE, TRUE, 0 },
    { "first-class", { "Precedence: first-class" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 0 },
    { "hops", { "Received: x", "received: y", "X-Received: z" }, "a@b.invalid", FALSE, NULL, FALSE, FALSE, 2 },
};

static void test_row(gconstpointer data) {
    const Row *row = data;
    KjMailMarks marks;
    kj_mail_marks_init(&marks, &ours, !row->stranger);
    for (guint i = 0; i < G_N_ELEMENTS(row->headers) && row->headers[i]; i++) {
        const char *colon = strchr(row->headers[i], ':');
        g_autofree char *name = g_strndup(row->headers[i], (gsize)(colon - row->headers[i]));
        kj_mail_marks_header(&marks, name, colon + 1);
    }
    kj_mail_marks_sender(&marks, row->sender);
    g_assert_cmpstr(marks.forwarder, ==, row->forwarder);
    g_assert_cmpint(marks.forwarded, ==, row->forwarded);
    g_assert_cmpint(marks.automatic, ==, row->automatic);
    g_assert_cmpuint(marks.hops, ==, row->hops);
    kj_mail_marks_clear(&marks);
    kj_mail_marks_clear(&marks);
}

static void test_any_domain(void) {
    KjMailMarks marks;
    kj_mail_marks_init(&marks, &any, TRUE);
    kj_mail_marks_header(&marks, "Delivered-To", " x@away.invalid");
    g_assert_cmpstr(marks.forwarder, ==, "x@away.invalid");
    kj_mail_marks_clear(&marks);
}

static void test_visited(void) {
    KjMailMarks marks;
    kj_mail_marks_init(&marks, &ours, FALSE);
    for (guint i = 0; i < 2 * KJ_MAIL_VISITED_MAX; i++) {
        g_autofree char *address = g_strdup_printf("a%u@ours.invalid", i);
        kj_mail_marks_header(&marks, "Delivered-To", address);
    }
    g_assert_cmpuint(marks.visited->len, ==, KJ_MAIL_VISITED_MAX);
    g_assert_true(kj_mail_marks_visited(&marks, "A1@ours.invalid"));
    g_assert_false(kj_mail_marks_visited(&marks, "b@ours.invalid"));
    kj_mail_marks_clear(&marks);
}

static void test_addresses(void) {
    static const char *const cases[][2] = {
        { " alice@ours.invalid \r\n", "alice@ours.invalid" },
        { "Alice A. <alice@ours.invalid> (home)", "alice@ours.invalid" },
        { "\"a b\"@ours.invalid", "\"a b\"@ours.invalid" },
        { "rfc822 x, alice@ours.invalid, bob@ours.invalid", "alice@ours.invalid" },
        { "", NULL }, { "@", NULL }, { "@x", NULL }, { "a@", NULL }, { "<", NULL }, { "\"@", NULL }, { "\xff@x.invalid", NULL }, { "a\001@x.invalid", NULL },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *address = kj_mail_find_address(cases[i][0]);
        g_assert_cmpstr(address, ==, cases[i][1]);
    }
    g_autofree char *local = g_strnfill(KJ_MAIL_ADDRESS_MAX, 'a'), *text = g_strdup_printf("%s@x.invalid", local), *address = kj_mail_find_address(text);
    g_assert_null(address);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/recognise/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/recognise/any-domain", test_any_domain);
    g_test_add_func("/recognise/visited", test_visited);
    g_test_add_func("/recognise/addresses", test_addresses);
    return g_test_run();
}
