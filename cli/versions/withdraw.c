/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun withdraw: takes back what one has said with the same key. It stays in the chain, where everybody can read that it was said, and
 * counts no more. */
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *reason;

const GOptionEntry kj_options_withdraw[] = {
    { "reason", 0, 0, G_OPTION_ARG_STRING, &reason, N_("Why, in one line"), "TEXT" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

static const KjStatementKind kinds[] = {
    KJ_STATEMENT_APPROVAL, KJ_STATEMENT_VETO, KJ_STATEMENT_RECORD, KJ_STATEMENT_DELEGATION, KJ_STATEMENT_EMERGENCY, KJ_STATEMENT_RATIFY, 0,
};

static int withdraw(KjSitting *sitting, const char *named) {
    g_autoptr(KjValues) values = kj_values_new();
    int code = KJ_EXIT_FINE;
    const KjSigned *found = kj_desk_statement(sitting, named, kinds, &code);
    if (!found)
        return code;
    const char *digest = kj_statement_digest(found->statement), *kind = kj_statement_kind_name(kj_statement_kind(found->statement));
    if (!kj_key_equal(found->key, sitting->key))
        return kj_cli_fail(KJ_EXIT_REFUSED, _("the %s %.12s was signed by %s with the key %s, which alone can take it back"), kind, digest,
                           kj_statement_get(found->statement, "signer"), found->key->fingerprint);
    if (kj_chain_takes_back(kj_desk_chain(sitting->desk, sitting->key), digest))
        return kj_cli_fail(KJ_EXIT_REFUSED, _("the %s %.12s is withdrawn already"), kind, digest);
    kj_values_add(values, "statement", digest);
    kj_values_add(values, "reason", reason);
    if (!kj_desk_say(sitting, KJ_STATEMENT_WITHDRAWAL, values, &code))
        return code;
    printf(_("the %s %.12s is withdrawn\n"), kind, digest);
    return KJ_EXIT_FINE;
}

int kj_command_withdraw(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 1, 1, &code))
        return code;
    if (!reason)
        return kj_cli_fail(KJ_EXIT_USAGE, _("say why with --reason TEXT"));
    return kj_sitting_open(&sitting, TRUE, &code) ? withdraw(&sitting, argv[1]) : code;
}
