/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Headers as somebody might send them, a field a line, and the envelope sender in the last. What holds of all of them: a stranger's marks are the same but for
 * the mailbox, which they never name; a forwarder is an address of a believed domain, and either stands in the message or is the `unknown` of a
 * rewritten sender; who names one has been forwarded; hops are counted.
 */
#include <string.h>

#include "../../plugins/mail/milter/recognise.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "marks", "marks.dict", 2048 };

static char *domains[] = { (char *)"ours.invalid", NULL };
static const KjMailTrust ours = { domains }, any = { NULL };

static guint read_marks(KjMailMarks *marks, const KjMailTrust *trust, gboolean trusted, char **lines) {
    guint hops = 0;
    kj_mail_marks_init(marks, trust, trusted);
    for (; lines[0] && lines[1]; lines++) {
        const char *colon = strchr(lines[0], ':');
        if (!colon)
            continue;
        g_autofree char *name = g_strndup(lines[0], (gsize)(colon - lines[0]));
        kj_mail_marks_header(marks, name, colon + 1);
        hops += g_ascii_strcasecmp(name, "received") == 0;
    }
    kj_mail_marks_sender(marks, lines[0] ? lines[0] : "");
    g_assert_cmpuint(marks->hops, ==, hops);
    return hops;
}

static void check_forwarder(const KjMailMarks *marks, const char *text, gboolean believed_everywhere) {
    const char *forwarder = marks->forwarder, *at = forwarder ? strrchr(forwarder, '@') : NULL;
    if (!forwarder)
        return;
    g_assert_true(marks->forwarded && at && at != forwarder && at[1]);
    g_assert_true(strlen(forwarder) <= KJ_MAIL_ADDRESS_MAX && g_utf8_validate(forwarder, -1, NULL) && !strpbrk(forwarder, "\r\n\t"));
    g_assert_true(believed_everywhere || g_ascii_strcasecmp(at + 1, "ours.invalid") == 0);
    g_assert_true(strstr(text, forwarder) || (g_str_has_prefix(forwarder, "unknown@") && strstr(text, at)));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    KjMailMarks own, stranger, everybody;
    read_marks(&own, &ours, TRUE, lines);
    read_marks(&stranger, &ours, FALSE, lines);
    read_marks(&everybody, &any, TRUE, lines);
    g_assert_null(stranger.forwarder);
    check_forwarder(&own, text, FALSE);
    check_forwarder(&everybody, text, TRUE);
    g_assert_true(!own.forwarder || everybody.forwarder);
    const KjMailMarks *others[] = { &stranger, &everybody };
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_cmpint(others[i]->automatic, ==, own.automatic);
        g_assert_cmpint(others[i]->forwarded, ==, own.forwarded);
        g_assert_cmpuint(others[i]->visited->len, ==, own.visited->len);
    }
    for (guint i = 0; i < own.visited->len; i++)
        g_assert_true(kj_mail_marks_visited(&own, own.visited->pdata[i]));
    kj_mail_marks_clear(&own);
    kj_mail_marks_clear(&stranger);
    kj_mail_marks_clear(&everybody);
    return 0;
}
