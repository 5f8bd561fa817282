/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun status: what a context has in force, what is on its way, and what will soon need somebody.
 *
 * Everything is seen from an author's repository: the releases as a host would judge them, the signers' chains as they are now. What a host itself has in force is that host's
 * to say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "desk.h"
#include "../host/host.h"

#define DAY_SECONDS 86400
#define SOON (30 * DAY_SECONDS)

static char *format, *state;
static gboolean live;

const GOptionEntry kj_options_status[] = {
    { "live", 0, 0, G_OPTION_ARG_NONE, &live, N_("Of this machine: what it has in force, and what differs from the release"), NULL },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &state, N_("With --live: the folder in which this host keeps what it has"), "FOLDER" },
    KJ_DESK_WHERE,
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

/* A proposal, or an emergency that others must declare too, which nobody has released, and whose base is still in force. */
typedef struct {
    const KjSigned *proposal;
    KjWorkspace *workspace; /* NULL: it is not here */
    KjRuling *ruling;       /* NULL with it */
} Pending;

/* Something that ends. */
typedef struct {
    const char *kind; /* for programs */
    char *sentence;
    gint64 instant;
} Ending;

typedef struct {
    KjSitting *sitting;
    GPtrArray *pending; /* Pending, oldest first */
    GArray *endings;    /* Ending, by time */
    guint64 ratify_within; /* of the emergency in force, or of one that lapsed; 0: none */
} Status;

static void pending_free(gpointer data) {
    Pending *pending = data;
    g_clear_pointer(&pending->ruling, kj_ruling_free);
    g_clear_pointer(&pending->workspace, kj_workspace_free);
    g_free(pending);
}

static void clear_ending(gpointer data) {
    g_free(((Ending *)data)->sentence);
}

/* ---- what is in force ---- */

static const KjVerifier *verifier_of(const Status *status) {
    return status->sitting->desk->verifier;
}

/* The emergency under which the latest release was made, over or not; NULL: it is none. */
static const KjStatement *emergency_of(const Status *status) {
    return kj_verifier_emergency(verifier_of(status));
}

static gboolean is_over(const Status *status) {
    const KjStatement *emergency = emergency_of(status);
    return emergency && kj_statement_instant(emergency, "until") <= status->sitting->now;
}

static const KjStatement *statement_of(const KjLink *link) {
    return link ? link->sealed->statement : NULL;
}

/* The release that decides now; NULL: none. */
static const KjStatement *in_force(const Status *status) {
    return statement_of(is_over(status) ? kj_verifier_lasting(verifier_of(status)) : kj_verifier_release(verifier_of(status)));
}

/* Until when an emergency must be ratified, by the rules in force at its base. */
static void read_ratification(Status *status) {
    const KjStatement *emergency = emergency_of(status), *release = statement_of(kj_verifier_release(verifier_of(status)));
    if (!emergency)
        return;
    g_autoptr(KjWorkspace) workspace = kj_desk_workspace(status->sitting->desk, release, NULL);
    g_autoptr(KjRuling) ruling = workspace && workspace->units
                                     ? kj_desk_decide(status->sitting->desk, workspace, emergency, kj_statement_instant(release, "date"))
                                     : NULL;
    for (guint i = 0; ruling && i < ruling->steps->len; i++) {
        guint64 within = ((const KjStep *)ruling->steps->pdata[i])->need->ratify_within;
        if (within && (!status->ratify_within || within < status->ratify_within))
            status->ratify_within = within;
    }
}

static gint64 ratify_by(const Status *status) {
    return kj_statement_instant(statement_of(kj_verifier_release(verifier_of(status))), "date") + (gint64)status->ratify_within;
}

/* ---- what is on its way ---- */

/* Whether something of it is still to be released, and all it would change is as it was when it was proposed. */
static gboolean is_open(const Status *status, const KjStatement *proposal) {
    const KjStatement *lasting = statement_of(kj_verifier_lasting(verifier_of(status)));
    g_autoptr(GPtrArray) changes = kj_listed_changes(proposal);
    gboolean open = FALSE;
    for (guint i = 0; i < changes->len; i++) {
        const KjListedChange *change = changes->pdata[i];
        const char *pin = lasting ? kj_release_pin(lasting, change->unit) : NULL;
        if (strcmp(pin ? pin : "none", change->result) == 0)
            continue;
        if (strcmp(pin ? pin : "none", change->base) != 0)
            return FALSE;
        open = TRUE;
    }
    return open;
}

static gboolean is_emergency(const KjStatement *statement) {
    return kj_statement_kind(statement) == KJ_STATEMENT_EMERGENCY;
}

static gboolean same_emergency(const KjStatement *a, const KjStatement *b) {
    return a && is_emergency(a) && kj_statement_same_emergency(a, b);
}

/* Each who declares an emergency makes a statement of his own of it: one is enough to tell. */
static gboolean is_told(const Status *status, const KjStatement *emergency) {
    for (guint i = 0; i < status->pending->len; i++)
        if (same_emergency(((const Pending *)status->pending->pdata[i])->proposal->statement, emergency))
            return TRUE;
    return same_emergency(emergency_of(status), emergency);
}

/* Whether somebody would like it to be released still. */
static gboolean waits(const Status *status, const KjStatement *statement) {
    KjStatementKind kind = kj_statement_kind(statement);
    if ((kind != KJ_STATEMENT_PROPOSAL && kind != KJ_STATEMENT_EMERGENCY) ||
        strcmp(kj_statement_get(statement, "context"), status->sitting->desk->context) != 0)
        return FALSE;
    if (kind == KJ_STATEMENT_EMERGENCY && (kj_statement_instant(statement, "until") <= status->sitting->now || is_told(status, statement)))
        return FALSE;
    return is_open(status, statement);
}

static void add_pending(Status *status, const KjSigned *proposal) {
    Pending *pending = g_new0(Pending, 1);
    pending->proposal = proposal;
    pending->workspace = kj_proposal_workspace(status->sitting->desk->repository, kj_statement_digest(proposal->statement), NULL);
    if (pending->workspace && pending->workspace->units)
        pending->ruling = kj_desk_decide(status->sitting->desk, pending->workspace,
                                         is_emergency(proposal->statement) ? proposal->statement : NULL, status->sitting->now);
    g_ptr_array_add(status->pending, pending);
}

static int compare_pending(gconstpointer a, gconstpointer b) {
    const KjStatement *left = (*(const Pending *const *)a)->proposal->statement, *right = (*(const Pending *const *)b)->proposal->statement;
    int order = strcmp(kj_statement_get(left, "date"), kj_statement_get(right, "date"));
    return order ? order : strcmp(kj_statement_digest(left), kj_statement_digest(right));
}

static void read_pending(Status *status) {
    const KjDesk *desk = status->sitting->desk;
    for (guint c = 0; c < desk->chains->len; c++) {
        const GPtrArray *chain = desk->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjSigned *link = chain->pdata[i];
            if (waits(status, link->statement) && !kj_chain_takes_back(chain, kj_statement_digest(link->statement)))
                add_pending(status, link);
        }
    }
    g_ptr_array_sort(status->pending, compare_pending);
}

/* Whether the proposal itself speaks of the unit; other units may differ because others were released since. */
static gboolean proposes(const Pending *pending, const char *unit) {
    return kj_lists_change(pending->proposal->statement, unit, NULL);
}

static gboolean is_ready(const Pending *pending) {
    for (guint i = 0; pending->ruling && i < pending->ruling->steps->len; i++) {
        const KjStep *step = pending->ruling->steps->pdata[i];
        if (proposes(pending, step->need->name) && !step->met && !pending->ruling->by_thresholds)
            return FALSE;
    }
    return pending->ruling != NULL;
}

/* ---- what ends ---- */

/* Takes the sentence. */
static void add_ending(Status *status, const char *kind, gint64 instant, char *sentence) {
    Ending ending = { kind, sentence, instant };
    if (instant < status->sitting->now + SOON)
        g_array_append_val(status->endings, ending);
    else
        g_free(sentence);
}

static void add_exceptions(Status *status) {
    const KjWorkspace *base = status->sitting->desk->base;
    for (const KjException *exception = base ? base->compilation->policy->exceptions : NULL; exception; exception = exception->next) {
        gint64 ends = ((gint64)exception->until_day + 1) * DAY_SECONDS; /* it holds through that day */
        if (ends >= status->sitting->now - SOON)
            add_ending(status, "exception", ends,
                       g_strdup_printf(_("the exception %s to %s in %s"), exception->id, exception->standard->qualified,
                                       exception->block->qualified));
    }
}

static void add_approvals(Status *status, const Pending *pending) {
    for (guint s = 0; pending->ruling && s < pending->ruling->steps->len; s++) {
        const KjStep *step = pending->ruling->steps->pdata[s];
        for (guint i = 0; step->judgement && i < step->judgement->voices->len; i++) {
            const KjVoice *voice = &g_array_index(step->judgement->voices, KjVoice, i);
            KjStatementKind kind = kj_statement_kind(voice->statement->statement);
            if (voice->state != KJ_VOICE_COUNTS || (kind != KJ_STATEMENT_APPROVAL && kind != KJ_STATEMENT_RECORD))
                continue;
            add_ending(status, "approval", kj_statement_instant(voice->statement->statement, "expires"),
                       g_strdup_printf(_("the approval of %s by %s, which is not released yet"), step->need->name, voice->person));
        }
    }
}

static int compare_endings(gconstpointer a, gconstpointer b) {
    const Ending *left = a, *right = b;
    return left->instant < right->instant ? -1 : left->instant > right->instant ? 1 : strcmp(left->sentence, right->sentence);
}

static void read_endings(Status *status) {
    const KjRoot *root = status->sitting->desk->root;
    gint64 fresh = kj_verifier_fresh_until(verifier_of(status));
    if (fresh)
        add_ending(status, "release", fresh,
                   g_strdup(_("the promise of news to hosts, which alarm after it; next: kijun release --heartbeat")));
    add_ending(status, "root", kj_statement_instant(kj_root_statement(root), "expires"),
               g_strdup_printf(_("root %" PRIu64 ", under which nothing is widened any more then; next: kijun root propose"),
                               kj_root_version(root)));
    if (emergency_of(status) && status->ratify_within)
        add_ending(status, "ratification", ratify_by(status),
                   g_strdup_printf(_("the time to ratify the emergency %.12s; next: kijun approve --ratify %.12s"),
                                   kj_statement_digest(emergency_of(status)), kj_statement_digest(emergency_of(status))));
    add_exceptions(status);
    for (guint i = 0; i < status->pending->len; i++)
        add_approvals(status, status->pending->pdata[i]);
    g_array_sort(status->endings, compare_endings);
}

/* ---- text ---- */

static void print_emergency(const Status *status) {
    const KjStatement *emergency = emergency_of(status);
    gboolean colour = kj_cli_colour(STDOUT_FILENO);
    if (!emergency)
        return;
    if (is_over(status)) {
        printf(_("The emergency of release %" PRIu64 " ended on %s, and was not ratified: %s\n"), kj_verifier_serial(verifier_of(status)),
               kj_statement_get(emergency, "until"), kj_statement_get(emergency, "reason"));
        return;
    }
    printf("%s", colour ? "\033[1;37;41m" : "");
    printf(_("\n    E M E R G E N C Y    until %s\n"), kj_statement_get(emergency, "until"));
    printf(_("    %s\n    Then release %" PRIu64 " is in force again by itself.\n"), kj_statement_get(emergency, "reason"),
           kj_statement_number(statement_of(kj_verifier_lasting(verifier_of(status))), "serial"));
    if (status->ratify_within) {
        g_autofree char *date = kj_statement_date(ratify_by(status));
        printf(_("    To keep it, ratify it by %s: kijun approve --ratify %.12s\n"), date, kj_statement_digest(emergency));
    }
    puts(colour ? "\033[0m" : "");
}

/* The title of a proposal; of an emergency, which has none, that it is one, and why. Free with g_free. */
static char *title_of(const KjStatement *statement) {
    return is_emergency(statement)
               ? g_strdup_printf(_("EMERGENCY until %s: %s"), kj_statement_get(statement, "until"), kj_statement_get(statement, "reason"))
               : g_strdup(kj_statement_get(statement, "title"));
}

static void print_pending(const Status *status) {
    for (guint i = 0; i < status->pending->len; i++) {
        const Pending *pending = status->pending->pdata[i];
        const KjStatement *proposal = pending->proposal->statement;
        if (i == 0)
            printf(_("\nProposed\n"));
        g_autofree char *title = title_of(proposal);
        printf(_("  %.12s  %s (%s, %s)\n"), kj_statement_digest(proposal), title, kj_statement_get(proposal, "signer"),
               kj_statement_get(proposal, "date"));
        if (!pending->ruling)
            printf(_("    its workspace is not here: git fetch ORIGIN 'refs/kijun/*:refs/kijun/*'\n"));
        for (guint s = 0; pending->ruling && s < pending->ruling->steps->len; s++) {
            const KjStep *step = pending->ruling->steps->pdata[s];
            g_autofree char *missing = step->judgement && proposes(pending, step->need->name) ? kj_step_missing(step) : NULL;
            if (missing)
                printf("    %s: %s\n", step->need->name, missing);
        }
        if (is_ready(pending))
            printf(is_emergency(proposal) ? _("    everybody has agreed; next: kijun release --emergency %.12s\n")
                                          : _("    everybody has agreed; next: kijun release %.12s\n"),
                   kj_statement_digest(proposal));
    }
}

static void print_endings(const Status *status) {
    for (guint late = 2; late-- > 0;) { /* what is missed comes first */
        gboolean begun = FALSE;
        for (guint i = 0; i < status->endings->len; i++) {
            const Ending *ending = &g_array_index(status->endings, Ending, i);
            g_autofree char *date = kj_statement_date(ending->instant);
            if ((ending->instant <= status->sitting->now) != late)
                continue;
            if (!begun)
                fputs(late ? _("\nMISSED\n") : _("\nEnding within 30 days\n"), stdout);
            begun = TRUE;
            printf("  %s  %s\n", date, ending->sentence);
        }
    }
}

static void print_text(const Status *status) {
    const KjDesk *desk = status->sitting->desk;
    const KjStatement *release = in_force(status);
    if (release)
        printf(_("%s: release %" PRIu64 " of %s, %s\n"), desk->context, kj_statement_number(release, "serial"),
               kj_statement_get(release, "date"), kj_statement_get(release, "title"));
    else
        printf(_("%s: nothing is released yet\n"), desk->context);
    print_emergency(status);
    print_pending(status);
    print_endings(status);
    for (guint i = 0; i < desk->broken->len; i++)
        printf(i == 0 ? _("\nNot believed\n  %s\n") : "  %s\n", (const char *)desk->broken->pdata[i]);
}

/* ---- JSON ---- */

static void add_in_force(JsonBuilder *builder, const Status *status) {
    const KjStatement *release = in_force(status), *emergency = emergency_of(status);
    json_builder_set_member_name(builder, "in_force");
    if (release) {
        json_builder_begin_object(builder);
        kj_member_number(builder, "serial", (gint64)kj_statement_number(release, "serial"));
        kj_member_text(builder, "date", kj_statement_get(release, "date"));
        kj_member_text(builder, "title", kj_statement_get(release, "title"));
        kj_member_text(builder, "digest", kj_statement_digest(release));
        json_builder_end_object(builder);
    } else {
        json_builder_add_null_value(builder);
    }
    json_builder_set_member_name(builder, "emergency");
    if (!emergency) {
        json_builder_add_null_value(builder);
        return;
    }
    g_autofree char *by = status->ratify_within ? kj_statement_date(ratify_by(status)) : NULL;
    json_builder_begin_object(builder);
    kj_member_text(builder, "digest", kj_statement_digest(emergency));
    kj_member_text(builder, "until", kj_statement_get(emergency, "until"));
    kj_member_text(builder, "reason", kj_statement_get(emergency, "reason"));
    kj_member_text(builder, "ratify_by", by);
    kj_member_truth(builder, "over", is_over(status));
    json_builder_end_object(builder);
}

static void add_pending_json(JsonBuilder *builder, const Pending *pending) {
    const KjStatement *proposal = pending->proposal->statement;
    json_builder_begin_object(builder);
    kj_member_text(builder, "digest", kj_statement_digest(proposal));
    g_autofree char *title = title_of(proposal);
    kj_member_text(builder, "kind", kj_statement_kind_name(kj_statement_kind(proposal)));
    kj_member_text(builder, "title", title);
    kj_member_text(builder, "signer", kj_statement_get(proposal, "signer"));
    kj_member_text(builder, "date", kj_statement_get(proposal, "date"));
    kj_member_truth(builder, "ready", is_ready(pending));
    kj_member_list(builder, "units");
    for (guint i = 0; pending->ruling && i < pending->ruling->steps->len; i++) {
        const KjStep *step = pending->ruling->steps->pdata[i];
        if (!proposes(pending, step->need->name))
            continue;
        g_autofree char *missing = step->judgement ? kj_step_missing(step) : NULL;
        json_builder_begin_object(builder);
        kj_member_text(builder, "unit", step->need->name);
        kj_member_text(builder, "missing", missing);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void print_json(const Status *status) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "context", status->sitting->desk->context);
    add_in_force(builder, status);
    kj_member_list(builder, "pending");
    for (guint i = 0; i < status->pending->len; i++)
        add_pending_json(builder, status->pending->pdata[i]);
    json_builder_end_array(builder);
    kj_member_list(builder, "ending");
    for (guint i = 0; i < status->endings->len; i++) {
        const Ending *ending = &g_array_index(status->endings, Ending, i);
        g_autofree char *date = kj_statement_date(ending->instant);
        json_builder_begin_object(builder);
        kj_member_text(builder, "kind", ending->kind);
        kj_member_text(builder, "date", date);
        kj_member_truth(builder, "missed", ending->instant <= status->sitting->now);
        kj_member_text(builder, "says", ending->sentence);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    kj_member_list(builder, "not_believed");
    for (guint i = 0; i < status->sitting->desk->broken->len; i++)
        json_builder_add_string_value(builder, status->sitting->desk->broken->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* ---- the command ---- */

int kj_command_status(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { .desk = NULL };
    if (!kj_cli_options(&argc, &argv, 0, 0, &code))
        return code;
    if (live) {
        gint64 now;
        return kj_cli_instant(kj_desk_choices.at, &now)
                   ? kj_host_status(state, kj_desk_choices.context, now, g_strcmp0(format, "json") == 0)
                   : KJ_EXIT_USAGE;
    }
    if (!kj_sitting_open(&sitting, FALSE, &code))
        return code;
    g_autoptr(GPtrArray) pending = g_ptr_array_new_with_free_func(pending_free);
    g_autoptr(GArray) endings = g_array_new(FALSE, FALSE, sizeof(Ending));
    Status status = { &sitting, pending, endings, 0 };
    g_array_set_clear_func(endings, clear_ending);
    read_ratification(&status);
    read_pending(&status);
    read_endings(&status);
    if (g_strcmp0(format, "json") == 0)
        print_json(&status);
    else
        print_text(&status);
    return KJ_EXIT_FINE;
}
