/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun propose: says what a change does and whom it needs, and puts it before them.
 *
 * What is signed is one line for each unit: its text before, its text after, what that does. The whole workspace is kept beside it, so that
 * the proposal can be read when its branch has long been rebased. Whom it needs is computed with the proposal already lying on the desk:
 * its author is barred from approving.
 *
 * With --emergency the same lines become a statement that ends by itself: for that the people on call sign, and the ordinary quorum
 * ratifies afterwards.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *title, **authors, *format, *reason, *until;
static gboolean emergency;

const GOptionEntry kj_options_propose[] = {
    { "title", 0, 0, G_OPTION_ARG_STRING, &title, N_("One line about it (the commit's)"), "TEXT" },
    { "author", 0, 0, G_OPTION_ARG_STRING_ARRAY, &authors, N_("Who wrote it; may be given several times (who signs)"), "NAME" },
    { "emergency", 0, 0, G_OPTION_ARG_NONE, &emergency, N_("An emergency: those on call decide, and it ends by itself"), NULL },
    { "reason", 0, 0, G_OPTION_ARG_STRING, &reason, N_("Why it is an emergency"), "TEXT" },
    { "until", 0, 0, G_OPTION_ARG_STRING, &until, N_("How long the emergency lasts, or its end"), "DURATION" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("How the answer is written (text)"), "text|json" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

static int nothing_changes(const KjSitting *sitting, const KjTarget *target) {
    return kj_cli_fail(KJ_EXIT_REFUSED, _("%s is what %s enforces already: there is nothing to propose"), target->shown,
                       sitting->desk->context);
}

/* ---- telling ---- */

static void tell_json(const KjTelling *telling, const KjSitting *sitting, const KjStatement *statement, const char *subject) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    const struct {
        const char *name, *value;
    } texts[] = {
        { kj_statement_kind_name(kj_statement_kind(statement)), kj_statement_digest(statement) },
        { "context", sitting->desk->context },
        { "title", subject },
        { "signer", sitting->person },
    };
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        kj_member_text(builder, texts[i].name, texts[i].value);
    kj_telling_json(telling, builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

static void tell_text(const KjTelling *telling) {
    g_autoptr(GString) text = g_string_new(NULL);
    kj_telling_all(telling, text);
    fputs(text->str, stdout);
}

/* Signs what lies on the desk as the last, and keeps the workspace. FALSE with *exit_code set. */
static gboolean put_forward(KjSitting *sitting, const KjTarget *target, const KjStatement *statement, int *exit_code) {
    g_autoptr(GError) error = NULL;
    if (!kj_desk_sign(sitting, exit_code))
        return FALSE;
    if (kj_proposal_keep(sitting->desk->repository, statement, target->workspace, &error))
        return TRUE;
    *exit_code = kj_desk_fail(error);
    return FALSE;
}

/* ---- a proposal ---- */

static KjValues *proposal_values(const KjSitting *sitting, const KjProposing *proposing, const KjNeeds *needs) {
    const char *const only[] = { sitting->person, NULL };
    KjValues *values = kj_values_new();
    kj_values_add(values, "title", proposing->title);
    kj_values_add_list(values, "author", proposing->authors ? (const char *const *)proposing->authors : only);
    kj_values_add_changes(values, needs);
    return values;
}

static void tell_next(const KjRuling *ruling, const char *digest) {
    if (ruling->met)
        printf(_("next: kijun release %.12s\n"), digest);
    else
        printf(_("next: kijun approve %.12s\n"), digest);
}

static int propose_drafted(KjSitting *sitting, const KjTarget *target, const KjProposing *proposing, const KjStatement *statement) {
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target->workspace, NULL, sitting->now);
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target->shown);
    int code = KJ_EXIT_FINE;
    if (!proposing->json)
        tell_text(telling);
    if (!put_forward(sitting, target, statement, &code))
        return code;
    if (proposing->json) {
        tell_json(telling, sitting, statement, proposing->title);
        return KJ_EXIT_FINE;
    }
    printf(_("\nproposal %.12s: %s\n"), kj_statement_digest(statement), proposing->title);
    tell_next(ruling, kj_statement_digest(statement));
    return KJ_EXIT_FINE;
}

int kj_propose(KjSitting *sitting, const KjTarget *target, const KjProposing *proposing) {
    int code = KJ_EXIT_FINE;
    if (!kj_target_check(target, &code))
        return code;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target->workspace, NULL, sitting->now);
    if (ruling->needs->needs->len == 0)
        return nothing_changes(sitting, target);
    if (!proposing->title)
        return kj_cli_fail(KJ_EXIT_USAGE, _("what is it about? Say it in one line with --title"));
    g_autoptr(KjValues) values = proposal_values(sitting, proposing, ruling->needs);
    const KjStatement *statement = kj_desk_draft(sitting, KJ_STATEMENT_PROPOSAL, values, &code);
    return statement ? propose_drafted(sitting, target, proposing, statement) : code;
}

/* ---- an emergency ---- */

static KjValues *emergency_values(const KjNeeds *needs, gint64 end) {
    KjValues *values = kj_values_new();
    kj_values_add(values, "reason", reason);
    kj_values_add_instant(values, "until", end);
    kj_values_add_changes(values, needs);
    return values;
}

/* Within what time all of it must be ratified; 0: nothing says so of some unit. */
static guint64 ratify_within(const KjNeeds *needs) {
    guint64 within = G_MAXUINT64;
    for (guint i = 0; i < needs->needs->len; i++)
        within = MIN(within, ((const KjNeed *)needs->needs->pdata[i])->ratify_within);
    return within;
}

static int check_end(const KjSitting *sitting, const KjRuling *ruling, gint64 end) {
    guint64 within = ratify_within(ruling->needs);
    if (ruling->by_thresholds)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("no governance is in force in %s that says who decides in an emergency"),
                           sitting->desk->context);
    if (within == 0)
        return kj_cli_fail(
            KJ_EXIT_REFUSED,
            _("no rule of the governance in force says within what time such an emergency is ratified, so there can be none"));
    if (end <= sitting->now)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--until: the emergency would be over before it begins"));
    if (end > sitting->now + (gint64)within)
        return kj_cli_fail(KJ_EXIT_REFUSED,
                           _("the governance in force lets such an emergency last %" PRIu64 "h at most: it must be ratified by then"),
                           within / 3600);
    return KJ_EXIT_FINE;
}

static int check_running(const KjSitting *sitting) {
    const KjStatement *running = sitting->desk->verifier ? kj_verifier_emergency(sitting->desk->verifier) : NULL;
    if (!running || kj_statement_instant(running, "until") <= sitting->now)
        return KJ_EXIT_FINE;
    return kj_cli_fail(KJ_EXIT_REFUSED,
                       _("an emergency is in force until %s, and no second one goes on top of it; next: kijun approve --ratify %.12s"),
                       kj_statement_get(running, "until"), kj_statement_digest(running));
}

static int emergency_drafted(KjSitting *sitting, const KjTarget *target, const KjStatement *statement, gint64 end) {
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target->workspace, statement, sitting->now);
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target->shown);
    gboolean json = g_strcmp0(format, "json") == 0;
    int code = check_end(sitting, ruling, end);
    if (code != KJ_EXIT_FINE)
        return code;
    if (!json)
        tell_text(telling);
    if (!put_forward(sitting, target, statement, &code))
        return code;
    if (json) {
        tell_json(telling, sitting, statement, reason);
        return KJ_EXIT_FINE;
    }
    printf(_("\nemergency %.12s until %s: %s\n"), kj_statement_digest(statement), kj_statement_get(statement, "until"), reason);
    printf(ruling->met ? _("next: kijun release --emergency %.12s\n") : _("next: kijun approve --emergency %.12s\n"),
           kj_statement_digest(statement));
    return KJ_EXIT_FINE;
}

static int propose_emergency(KjSitting *sitting, const KjTarget *target) {
    gint64 end;
    int code = check_running(sitting);
    if (!reason || !until)
        return kj_cli_fail(KJ_EXIT_USAGE, _("an emergency needs --reason TEXT and --until DURATION"));
    if (code != KJ_EXIT_FINE || !kj_target_check(target, &code))
        return code;
    if (!kj_desk_instant("until", until, sitting->now, &end))
        return KJ_EXIT_USAGE;
    g_autoptr(KjRuling) ordinary = kj_desk_decide(sitting->desk, target->workspace, NULL, sitting->now);
    if (ordinary->needs->needs->len == 0)
        return nothing_changes(sitting, target);
    g_autoptr(KjValues) values = emergency_values(ordinary->needs, end);
    const KjStatement *statement = kj_desk_draft(sitting, KJ_STATEMENT_EMERGENCY, values, &code);
    return statement ? emergency_drafted(sitting, target, statement, end) : code;
}

int kj_command_propose(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    g_auto(KjTarget) target = { 0 };
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if (!emergency && (reason || until))
        return kj_cli_fail(KJ_EXIT_USAGE, _("--reason and --until go with --emergency"));
    if (!kj_sitting_open(&sitting, TRUE, &code) || !kj_target_find(&sitting, argc > 1 ? argv[1] : NULL, &target, &code))
        return code;
    const KjProposing proposing = { title ? title : target.title, authors, g_strcmp0(format, "json") == 0 };
    return emergency ? propose_emergency(&sitting, &target) : kj_propose(&sitting, &target, &proposing);
}
