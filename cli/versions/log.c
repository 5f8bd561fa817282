/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun log: what each release of a context did, newest first.
 *
 * A release is told by the sentences of the difference between what it carries and what the lasting release before it carried, so the two versions of a unit are read and
 * compared again, and nobody's word for it is taken. Units that the context does not enforce stand in a release by their digests only: of those the signed verdict is shown. Heartbeats
 * are folded into the release that they kept fresh.
 */
#include <inttypes.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "desk.h"
#include "past.h"
#include "past_change.h"

static char *format;
static gint64 since;

const GOptionEntry kj_options_log[] = {
    { "since", 0, 0, G_OPTION_ARG_INT64, &since, N_("Only releases from this number on"), "N" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

/* One release and what is told of it. */
typedef struct {
    const KjLink *link;
    const KjStatement *statement;
    KjPastChange *change;
    GPtrArray *voices, *signers;
    const KjStatement *emergency; /* or NULL */
    const KjLink *next, *next_lasting; /* the release after it, and the first that is no emergency; or NULL */
    guint heartbeats;
    const KjLink *last_heartbeat;
} Entry;

typedef struct {
    KjPast *past;
    GPtrArray *links;      /* KjLink, last to first */
    gint64 now;
    gboolean colour, begun;
    JsonBuilder *builder;  /* NULL: text */
} Log;

static void entry_clear(Entry *entry) {
    g_clear_pointer(&entry->change, kj_past_change_free);
    g_clear_pointer(&entry->voices, g_ptr_array_unref);
    g_clear_pointer(&entry->signers, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Entry, entry_clear)

/* ---- a release ---- */

/* The release that one changes, further back: the last that is no emergency. NULL: there is none. */
static const KjLink *base_of(const Log *log, guint index) {
    while (++index < log->links->len) {
        const KjLink *link = log->links->pdata[index];
        if (kj_link_is_release(link) && !kj_statement_get(link->sealed->statement, "emergency"))
            return link;
    }
    return NULL;
}

static KjWorkspace *read_workspace(const Log *log, const KjLink *link, GError **error) {
    g_autoptr(KjWorkspace) workspace = kj_link_workspace(kj_past_repository(log->past), link, error);
    if (!workspace || workspace->units)
        return g_steal_pointer(&workspace);
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("the sources of release %" PRIu64 " are no policy"),
                kj_statement_number(link->sealed->statement, "serial"));
    return NULL;
}

static gboolean read_people(Log *log, Entry *entry, GError **error) {
    const char *emergency = kj_statement_get(entry->statement, "emergency");
    entry->voices = kj_past_voices(log->past, entry->link, NULL, error);
    entry->signers = entry->voices ? kj_past_signers(log->past, entry->link, error) : NULL;
    if (!entry->signers)
        return FALSE;
    if (!emergency)
        return TRUE;
    const KjSigned *found = kj_past_find(log->past, entry->link, emergency, error);
    entry->emergency = found ? found->statement : NULL;
    return entry->emergency != NULL;
}

/* ---- what is told of it ---- */

static gboolean is_first_of_unit(const GPtrArray *changes, guint index) {
    const KjListedChange *change = changes->pdata[index];
    for (guint i = 0; i < index; i++)
        if (strcmp(((const KjListedChange *)changes->pdata[i])->unit, change->unit) == 0)
            return FALSE;
    return TRUE;
}

/* Of the steps of one unit the one that does something; the others edit words. */
static const KjListedChange *gravest_step(const GPtrArray *changes, const char *unit) {
    static const char *const order[] = { "editorial", "restated", "narrows", "widens", "mixed" };
    const KjListedChange *gravest = NULL;
    guint rank = 0;
    for (guint i = 0; i < changes->len; i++) {
        const KjListedChange *change = changes->pdata[i];
        guint own = 0;
        while (own + 1 < G_N_ELEMENTS(order) && strcmp(order[own], change->verdict) != 0)
            own++;
        if (strcmp(change->unit, unit) != 0 || (gravest && own <= rank && !change->weakens))
            continue;
        gravest = change;
        rank = own;
    }
    return gravest;
}

static const char *verdict_words(const char *verdict) {
    static const struct {
        const char *name, *words;
    } verdicts[] = {
        { "equal", N_("equal") },     { "editorial", N_("words only") }, { "restated", N_("restated: messages, owners, references") },
        { "narrows", N_("narrows") }, { "widens", N_("widens") },        { "mixed", N_("widens and narrows") },
    };
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
        if (strcmp(verdicts[i].name, verdict) == 0)
            return _(verdicts[i].words);
    return verdict;
}

/* Whether the next lasting release made all of the emergency's changes lasting: that it was released as any other change is what ratifies it. */
static gboolean is_ratified(const Entry *entry) {
    g_autoptr(GPtrArray) changes = kj_listed_changes(entry->emergency);
    for (guint i = 0; entry->next_lasting && i < changes->len; i++) {
        const KjListedChange *change = changes->pdata[i];
        const char *pin = kj_release_pin(entry->next_lasting->sealed->statement, change->unit);
        if (strcmp(pin ? pin : "none", change->result) != 0)
            return FALSE;
    }
    return entry->next_lasting != NULL;
}

typedef enum { FATE_RUNNING, FATE_RATIFIED, FATE_REPLACED, FATE_LAPSED } Fate;

static Fate fate_of(const Log *log, const Entry *entry) {
    gint64 until = kj_statement_instant(entry->emergency, "until");
    if (is_ratified(entry))
        return FATE_RATIFIED;
    if (entry->next && kj_statement_instant(entry->next->sealed->statement, "date") < until)
        return FATE_REPLACED;
    return until <= log->now ? FATE_LAPSED : FATE_RUNNING;
}

/* ---- text ---- */

static void print_emergency(const Log *log, const Entry *entry) {
    g_autoptr(GPtrArray) names = kj_past_people(entry->voices, TRUE);
    g_autofree char *people = kj_past_join(names);
    const char *until = kj_statement_get(entry->emergency, "until");
    printf(_("  EMERGENCY until %s, declared by %s: %s\n"), until, *people ? people : kj_statement_get(entry->emergency, "signer"),
           kj_statement_get(entry->emergency, "reason"));
    switch (fate_of(log, entry)) {
    case FATE_RATIFIED:
        printf(_("    ratified by release %" PRIu64 "\n"), kj_statement_number(entry->next_lasting->sealed->statement, "serial"));
        return;
    case FATE_REPLACED:
        printf(_("    ended by release %" PRIu64 ", not ratified\n"), kj_statement_number(entry->next->sealed->statement, "serial"));
        return;
    case FATE_LAPSED:
        printf(_("    lapsed, not ratified; since then the release before it was in force again\n"));
        return;
    case FATE_RUNNING:
        printf(_("    in force, not ratified yet\n"));
    }
}

/* Takes the lines, which may be NULL. */
static void print_lines(GArray *lines) {
    for (guint i = 0; lines && i < lines->len; i++) {
        const KjPastLine *line = &g_array_index(lines, KjPastLine, i);
        printf("    %s  %s\n", line->mark, line->sentence);
    }
    g_clear_pointer(&lines, g_array_unref);
}

static GArray *lines_of(const Entry *entry, const char *unit) {
    return entry->change ? kj_past_change_lines(entry->change, unit) : NULL;
}

static void print_changes(const Entry *entry) {
    g_autoptr(GPtrArray) changes = kj_listed_changes(entry->statement);
    for (guint i = 0; i < changes->len; i++) {
        const KjListedChange *change = changes->pdata[i];
        if (!is_first_of_unit(changes, i))
            continue;
        const KjListedChange *step = gravest_step(changes, change->unit);
        gboolean added = strcmp(change->base, "none") == 0, gone = strcmp(change->result, "none") == 0, rest = strcmp(change->unit, "*") == 0;
        printf("  %s  %s%s%s\n", rest ? _("the rest of the workspace") : change->unit, rest ? "" : added ? _("new, ") : gone ? _("gone, ") : "", verdict_words(step->verdict),
               step->weakens ? _(", and a guard is lost") : "");
        print_lines(lines_of(entry, change->unit));
        const char *more = entry->change ? kj_past_change_more(entry->change, change->unit) : NULL;
        if (more)
            printf("    %s\n", more);
    }
    if (changes->len == 0)
        printf(_("  nothing changes\n"));
    print_lines(entry->change ? kj_past_change_guards(entry->change) : NULL);
}

static void print_entry(Log *log, const Entry *entry) {
    g_autoptr(GPtrArray) names = kj_past_people(entry->voices, FALSE);
    g_autofree char *people = kj_past_join(names), *signers = kj_past_join(entry->signers);
    printf("%s%s", log->begun ? "\n" : "", log->colour ? "\033[1m" : "");
    printf(_("release %" PRIu64 "  %s  %s"), kj_statement_number(entry->statement, "serial"), kj_statement_get(entry->statement, "date"),
           kj_statement_get(entry->statement, "title"));
    puts(log->colour ? "\033[0m" : "");
    if (entry->emergency)
        print_emergency(log, entry);
    print_changes(entry);
    if (*people)
        printf(_("  approved by %s\n"), people);
    printf(_("  released by %s\n"), signers);
    if (entry->heartbeats)
        printf(_("  confirmed as the latest %u times, last on %s\n"), entry->heartbeats,
               kj_statement_get(entry->last_heartbeat->sealed->statement, "date"));
}

/* ---- JSON ---- */

static void add_lines(JsonBuilder *builder, const char *name, GArray *lines) {
    kj_member_list(builder, name);
    for (guint i = 0; lines && i < lines->len; i++) {
        const KjPastLine *line = &g_array_index(lines, KjPastLine, i);
        json_builder_begin_object(builder);
        kj_member_text(builder, "mark", line->mark);
        kj_member_text(builder, "sentence", line->sentence);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    g_clear_pointer(&lines, g_array_unref);
}

static void add_change(JsonBuilder *builder, const Entry *entry, const GPtrArray *changes, const KjListedChange *change) {
    const KjListedChange *step = gravest_step(changes, change->unit);
    json_builder_begin_object(builder);
    kj_member_text(builder, "unit", change->unit);
    kj_member_text(builder, "verdict", step->verdict);
    kj_member_truth(builder, "weakens", step->weakens);
    kj_member_truth(builder, "enforced", g_strv_contains(kj_statement_list(entry->statement, "enforces"), change->unit));
    add_lines(builder, "says", lines_of(entry, change->unit));
    json_builder_end_object(builder);
}

static void add_emergency(const Log *log, const Entry *entry) {
    static const char *const fates[] = {
        [FATE_RUNNING] = "in-force", [FATE_RATIFIED] = "ratified", [FATE_REPLACED] = "replaced", [FATE_LAPSED] = "lapsed"
    };
    json_builder_set_member_name(log->builder, "emergency");
    if (!entry->emergency) {
        json_builder_add_null_value(log->builder);
        return;
    }
    json_builder_begin_object(log->builder);
    kj_member_text(log->builder, "until", kj_statement_get(entry->emergency, "until"));
    kj_member_text(log->builder, "reason", kj_statement_get(entry->emergency, "reason"));
    kj_member_text(log->builder, "fate", fates[fate_of(log, entry)]);
    json_builder_end_object(log->builder);
}

static void add_voices(JsonBuilder *builder, const GPtrArray *voices) {
    kj_member_list(builder, "voices");
    for (guint i = 0; i < voices->len; i++) {
        const KjStatement *voice = ((const KjSigned *)voices->pdata[i])->statement;
        KjStatementKind kind = kj_statement_kind(voice);
        gboolean of_unit = kind == KJ_STATEMENT_APPROVAL || kind == KJ_STATEMENT_RECORD;
        json_builder_begin_object(builder);
        kj_member_text(builder, "kind", kj_statement_kind_name(kind));
        kj_member_text(builder, "signer", kj_statement_get(voice, "signer"));
        kj_member_text(builder, "unit", of_unit ? kj_statement_get(voice, "unit") : NULL);
        kj_member_text(builder, "date", kj_statement_get(voice, "date"));
        kj_member_text(builder, "digest", kj_statement_digest(voice));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_entry(Log *log, const Entry *entry) {
    JsonBuilder *builder = log->builder;
    g_autoptr(GPtrArray) changes = kj_listed_changes(entry->statement);
    json_builder_begin_object(builder);
    kj_member_number(builder, "serial", (gint64)kj_statement_number(entry->statement, "serial"));
    kj_member_text(builder, "date", kj_statement_get(entry->statement, "date"));
    kj_member_text(builder, "title", kj_statement_get(entry->statement, "title"));
    kj_member_text(builder, "commit", git_oid_tostr_s(&entry->link->commit));
    add_emergency(log, entry);
    kj_member_list(builder, "changes");
    for (guint i = 0; i < changes->len; i++)
        if (is_first_of_unit(changes, i))
            add_change(builder, entry, changes, changes->pdata[i]);
    json_builder_end_array(builder);
    add_lines(builder, "guards", entry->change ? kj_past_change_guards(entry->change) : NULL);
    add_voices(builder, entry->voices);
    kj_member_list(builder, "released_by");
    for (guint i = 0; i < entry->signers->len; i++)
        json_builder_add_string_value(builder, entry->signers->pdata[i]);
    json_builder_end_array(builder);
    kj_member_number(builder, "heartbeats", entry->heartbeats);
    json_builder_end_object(builder);
}

/* ---- the whole ---- */

/* `workspace` is that of the release at `index`; takes in its place the one it changes, which most often is the next that is asked for. */
static gboolean tell(Log *log, guint index, Entry *entry, KjWorkspace **workspace, const KjLink **of, GError **error) {
    const KjLink *base = base_of(log, index);
    g_autoptr(KjWorkspace) own = *of == entry->link ? g_steal_pointer(workspace) : read_workspace(log, entry->link, error);
    if (!own)
        return FALSE;
    if (*of != base || !*workspace) {
        g_clear_pointer(workspace, kj_workspace_free);
        *of = base;
        *workspace = base ? read_workspace(log, base, error) : NULL;
        if (base && !*workspace)
            return FALSE;
    }
    if (!read_people(log, entry, error))
        return FALSE;
    if (base) /* else everything is new */
        entry->change = kj_past_change_new(*workspace, own, kj_statement_instant(entry->statement, "date"));
    if (log->builder)
        add_entry(log, entry);
    else
        print_entry(log, entry);
    log->begun = TRUE;
    return TRUE;
}

static gboolean tell_all(Log *log, GError **error) {
    g_autoptr(KjWorkspace) workspace = NULL;
    const KjLink *of = NULL, *next = NULL, *next_lasting = NULL, *last_heartbeat = NULL;
    guint heartbeats = 0;
    for (guint i = 0; i < log->links->len; i++) {
        const KjLink *link = log->links->pdata[i];
        if (!kj_link_is_release(link)) {
            last_heartbeat = heartbeats++ ? last_heartbeat : link;
            continue;
        }
        g_auto(Entry) entry = { .link = link, .statement = link->sealed->statement, .next = next, .next_lasting = next_lasting, .heartbeats = heartbeats, .last_heartbeat = last_heartbeat };
        if ((gint64)kj_statement_number(entry.statement, "serial") < since)
            return TRUE;
        if (!tell(log, i, &entry, &workspace, &of, error))
            return FALSE;
        next = link;
        next_lasting = entry.emergency ? next_lasting : link;
        heartbeats = 0;
    }
    return TRUE;
}

static int tell_log(Log *log) {
    g_autoptr(GError) error = NULL;
    log->links = kj_past_links(log->past, &error);
    if (!log->links)
        return kj_desk_fail(error);
    if (g_strcmp0(format, "json") == 0) {
        log->builder = json_builder_new();
        json_builder_begin_object(log->builder);
        kj_member_number(log->builder, "version", 1);
        kj_member_text(log->builder, "context", kj_past_context(log->past));
        kj_member_list(log->builder, "releases");
    }
    if (!tell_all(log, &error))
        return kj_desk_fail(error);
    if (log->builder) {
        json_builder_end_array(log->builder);
        json_builder_end_object(log->builder);
        kj_cli_print_json(json_builder_get_root(log->builder));
    }
    return KJ_EXIT_FINE;
}

int kj_command_log(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_autoptr(GError) error = NULL;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    g_autoptr(KjRepository) repository = kj_repository_open(".", &error);
    if (!repository)
        return kj_desk_fail(error);
    g_autofree char *context = argc > 1 ? g_strdup(argv[1]) : kj_desk_context(repository, &code);
    if (!context)
        return code;
    g_autoptr(KjPast) past = kj_past_new(repository, context, &error);
    if (!past)
        return kj_desk_fail(error);
    Log log = { .past = past, .now = g_get_real_time() / G_USEC_PER_SEC, .colour = kj_cli_colour(STDOUT_FILENO) };
    code = tell_log(&log);
    g_clear_pointer(&log.links, g_ptr_array_unref);
    g_clear_object(&log.builder);
    return code;
}
