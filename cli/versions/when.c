/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun when: since which release a request has been decided as it is, which change made it so, and who agreed.
 *
 * The search is by decision, not by text: each release's own version of the block is asked, newest first, until one answers otherwise. What was in force at a time is a row of
 * spells: each release begins one, and the end of an emergency that nothing followed begins another, of the lasting release before it.
 */
#include <inttypes.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "past_change.h"
#include "when_decide.h"

static char *at, *format;
static gboolean all;

const GOptionEntry kj_options_when[] = {
    { "context", 0, 0, G_OPTION_ARG_STRING, &kj_desk_choices.context, N_("The context (kijun.context of git's settings, or the only one)"),
      "NAME" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When the request is made (now)"), "INSTANT" },
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_("Also tell every earlier change of the answer"), NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

/* One release in force, from an instant on. */
typedef struct {
    guint release;   /* index: whose text decides */
    gint64 from;
    gboolean lapsed; /* it begins because an emergency ended, and not by a release */
} Spell;

/* Spells in a row with the same answer. */
typedef struct {
    Spell spell; /* the first */
    const KjPastAnswer *answer, *before; /* NULL: there was nothing before */
    KjLink *link;     /* of the release that made it so, or whose emergency ended */
    GArray *lines;    /* KjPastLine of `change`, or NULL */
    KjPastChange *change;
    KjWorkspace *old_workspace, *new_workspace;
    GPtrArray *voices; /* KjSigned */
} Run;

typedef struct {
    KjPast *past;
    KjIndex *index;
    KjPastQuestion *question;
    const char *unit;
    GArray *spells; /* Spell, by time */
    GPtrArray *runs; /* Run, newest first */
} When;

static void run_free(gpointer data) {
    Run *run = data;
    g_clear_pointer(&run->lines, g_array_unref);
    g_clear_pointer(&run->change, kj_past_change_free);
    g_clear_pointer(&run->old_workspace, kj_workspace_free);
    g_clear_pointer(&run->new_workspace, kj_workspace_free);
    g_clear_pointer(&run->voices, g_ptr_array_unref);
    g_clear_pointer(&run->link, kj_link_free);
    g_free(run);
}

static const KjIndexedRelease *release_at(const When *when, guint index) {
    return &g_array_index(when->index->releases, KjIndexedRelease, index);
}

/* ---- the search ---- */

/* The release before that is no emergency: what a change is a change of. G_MAXUINT: none. */
static guint lasting_before(const When *when, guint release) {
    while (release-- > 0)
        if (release_at(when, release)->until == 0)
            return release;
    return G_MAXUINT;
}

static void list_spells(When *when, gint64 now) {
    for (guint i = 0; i < when->index->releases->len; i++) {
        const KjIndexedRelease *release = release_at(when, i), *next = i + 1 < when->index->releases->len ? release_at(when, i + 1) : NULL;
        Spell spell = { i, release->date, FALSE };
        g_array_append_val(when->spells, spell);
        guint lasting = lasting_before(when, i);
        if (release->until == 0 || release->until > (next ? next->date : now) || lasting == G_MAXUINT)
            continue;
        spell = (Spell){ lasting, release->until, TRUE };
        g_array_append_val(when->spells, spell);
    }
}

/* Newest first; without --all the second run is only looked into for what was decided before. */
static gboolean search(When *when, GError **error) {
    Run *run = NULL;
    for (guint i = when->spells->len; i-- > 0;) {
        const Spell *spell = &g_array_index(when->spells, Spell, i);
        const KjPastAnswer *answer = kj_past_question_ask(when->question, spell->release, error);
        if (!answer)
            return FALSE;
        if (!run || !kj_past_answers_equal(answer, run->answer)) {
            if (run)
                run->before = answer;
            if (run && !all)
                return TRUE;
            run = g_new0(Run, 1);
            run->answer = answer;
            g_ptr_array_add(when->runs, run);
        }
        run->spell = *spell;
    }
    return TRUE;
}

/* ---- what made it so ---- */

static gboolean fits(const KjPastAnswer *answer, const char *label) {
    return answer->kind == KJ_PAST_DECIDED && g_strcmp0(answer->rule, label) == 0;
}

/* Of all that the release did to the block, what is between the two rules that gave the answers, if that is told apart. */
static void keep_fitting(Run *run) {
    g_autoptr(GArray) fitting = g_array_new(FALSE, FALSE, sizeof(KjPastLine));
    for (guint i = 0; i < run->lines->len; i++) {
        const KjPastLine *line = &g_array_index(run->lines, KjPastLine, i);
        if (line->new_rule && fits(run->answer, line->new_rule) &&
            (!run->before || run->before->kind != KJ_PAST_DECIDED || fits(run->before, line->old_rule)))
            g_array_append_val(fitting, *line);
    }
    if (fitting->len == 0)
        return;
    g_array_unref(run->lines);
    run->lines = g_steal_pointer(&fitting);
}

static KjWorkspace *read_workspace(const When *when, guint release, GError **error) {
    g_autoptr(KjLink) link = kj_past_read(when->past, &release_at(when, release)->commit, error);
    g_autoptr(KjWorkspace) workspace = link ? kj_link_workspace(kj_past_repository(when->past), link, error) : NULL;
    if (workspace && workspace->units)
        return g_steal_pointer(&workspace);
    if (workspace)
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("the sources of release %" PRIu64 " are no policy"),
                    release_at(when, release)->serial);
    return NULL;
}

static gboolean explain_run(const When *when, Run *run, GError **error) {
    guint base = lasting_before(when, run->spell.release);
    run->link = kj_past_read(when->past, &release_at(when, run->spell.release)->commit, error);
    if (!run->link || run->spell.lapsed)
        return run->link != NULL;
    run->voices = kj_past_voices(when->past, run->link, when->unit, error);
    if (!run->voices)
        return FALSE;
    if (base == G_MAXUINT)
        return TRUE; /* everything was new */
    run->old_workspace = read_workspace(when, base, error);
    if (!run->old_workspace)
        return FALSE;
    run->new_workspace = read_workspace(when, run->spell.release, error);
    if (!run->new_workspace)
        return FALSE;
    run->change = kj_past_change_new(run->old_workspace, run->new_workspace, run->spell.from);
    run->lines = kj_past_change_lines(run->change, when->unit);
    keep_fitting(run);
    return TRUE;
}

/* ---- telling ---- */

static void print_since(const When *when, const Run *run) {
    const KjIndexedRelease *release = release_at(when, run->spell.release);
    g_autofree char *date = kj_statement_date(run->spell.from);
    if (run->spell.lapsed) {
        printf(_("  since %s, when an emergency ended and release %" PRIu64 " was in force again\n"), date, release->serial);
        return;
    }
    printf(_("  since release %" PRIu64 " of %s: %s\n"), release->serial, date, kj_statement_get(run->link->sealed->statement, "title"));
    if (release->until) {
        g_autofree char *until = kj_statement_date(release->until);
        printf(_("  EMERGENCY until %s\n"), until);
    }
    for (guint i = 0; run->lines && i < run->lines->len; i++) {
        const KjPastLine *line = &g_array_index(run->lines, KjPastLine, i);
        printf("    %s  %s\n", line->mark, line->sentence);
    }
    g_autoptr(GPtrArray) names = kj_past_people(run->voices, FALSE), signers = kj_past_signers(when->past, run->link, NULL);
    g_autofree char *agreed = kj_past_join(names), *signed_by = signers ? kj_past_join(signers) : g_strdup("");
    if (names->len > 0)
        printf(_("    approved by %s; released by %s\n"), agreed, signed_by);
    else
        printf(_("    released by %s\n"), signed_by);
}

static void print_text(const When *when) {
    for (guint i = 0; i < when->runs->len; i++) {
        const Run *run = when->runs->pdata[i];
        g_autofree char *answer = kj_past_answer_tell(run->answer);
        if (i == 0)
            printf(_("%s in the context %s: %s\n"), when->unit, kj_past_context(when->past), answer);
        else
            printf(_("before that: %s\n"), answer);
        print_since(when, run);
        if (!all && run->before) {
            g_autofree char *before = kj_past_answer_tell(run->before);
            printf(_("before that: %s\n"), before);
        }
    }
}

static void add_answer(JsonBuilder *builder, const char *name, const KjPastAnswer *answer) {
    static const char *const kinds[] = {
        [KJ_PAST_DECIDED] = "decided", [KJ_PAST_WRONG] = "wrong", [KJ_PAST_NO_BLOCK] = "no-block", [KJ_PAST_UNENFORCED] = "not-enforced"
    };
    json_builder_set_member_name(builder, name);
    if (!answer) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    kj_member_text(builder, "kind", kinds[answer->kind]);
    kj_member_text(builder, "answer", answer->kind == KJ_PAST_DECIDED ? answer->text : answer->kind == KJ_PAST_WRONG ? "deny" : NULL);
    kj_member_text(builder, "rule", answer->kind == KJ_PAST_DECIDED ? answer->rule : NULL);
    json_builder_end_object(builder);
}

static void add_run(JsonBuilder *builder, const When *when, const Run *run) {
    const KjIndexedRelease *release = release_at(when, run->spell.release);
    g_autofree char *date = kj_statement_date(run->spell.from),
                    *until = release->until && !run->spell.lapsed ? kj_statement_date(release->until) : NULL;
    g_autoptr(GPtrArray) names = kj_past_people(run->voices, FALSE), signers = kj_past_signers(when->past, run->link, NULL);
    json_builder_begin_object(builder);
    add_answer(builder, "answer", run->answer);
    add_answer(builder, "before", run->before);
    kj_member_number(builder, "release", (gint64)release->serial);
    kj_member_text(builder, "commit", git_oid_tostr_s(&release->commit));
    kj_member_text(builder, "title", kj_statement_get(run->link->sealed->statement, "title"));
    kj_member_text(builder, "since", date);
    kj_member_truth(builder, "emergency_ended", run->spell.lapsed);
    kj_member_text(builder, "emergency_until", until);
    kj_member_list(builder, "changes");
    for (guint i = 0; run->lines && i < run->lines->len; i++) {
        const KjPastLine *line = &g_array_index(run->lines, KjPastLine, i);
        json_builder_begin_object(builder);
        kj_member_text(builder, "mark", line->mark);
        kj_member_text(builder, "sentence", line->sentence);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    kj_member_array(builder, "approved_by", names);
    kj_member_array(builder, "released_by", signers);
    json_builder_end_object(builder);
}

static void print_json(const When *when, gint64 instant) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *asked = kj_statement_date(instant);
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "context", kj_past_context(when->past));
    kj_member_text(builder, "block", when->unit);
    kj_member_text(builder, "at", asked);
    kj_member_list(builder, "answers");
    for (guint i = 0; i < when->runs->len; i++)
        add_run(builder, when, when->runs->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* ---- the command ---- */

static gboolean answer(When *when, const char *block, const char *const *pairs, gint64 instant, gint64 now, GError **error) {
    when->index = kj_index_new(when->past, error);
    when->unit = when->index ? kj_index_find(when->index, block, error) : NULL;
    if (!when->unit)
        return FALSE;
    when->question = kj_past_question_new(when->past, when->index, when->unit, pairs, instant);
    when->spells = g_array_new(FALSE, FALSE, sizeof(Spell));
    when->runs = g_ptr_array_new_with_free_func(run_free);
    list_spells(when, now);
    if (!search(when, error))
        return FALSE;
    const Run *newest = when->runs->pdata[0];
    if (newest->answer->kind == KJ_PAST_WRONG) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("such a request is wrong: %s"), newest->answer->text);
        return FALSE;
    }
    for (guint i = 0; i < when->runs->len; i++)
        if (!explain_run(when, when->runs->pdata[i], error))
            return FALSE;
    if (g_strcmp0(format, "json") == 0)
        print_json(when, instant);
    else
        print_text(when);
    return TRUE;
}

static void clear(When *when) {
    g_clear_pointer(&when->runs, g_ptr_array_unref);
    g_clear_pointer(&when->spells, g_array_unref);
    g_clear_pointer(&when->question, kj_past_question_free);
    g_clear_pointer(&when->index, kj_index_free);
    g_clear_pointer(&when->past, kj_past_free);
}

int kj_command_when(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 instant, now = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GError) error = NULL;
    When when = { .unit = NULL };
    if (!kj_cli_options(&argc, &argv, 1, -1, &code))
        return code;
    for (int i = 2; i < argc; i++)
        if (!strchr(argv[i], '='))
            return kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is not FIELD=VALUE"), argv[i]);
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;
    g_autoptr(KjRepository) repository = kj_repository_open(".", &error);
    g_autofree char *context = repository ? kj_desk_context(repository, &code) : NULL;
    if (repository && !context)
        return code;
    when.past = repository ? kj_past_new(repository, context, &error) : NULL;
    if (!when.past || !answer(&when, argv[1], (const char *const *)argv + 2, instant, now, &error))
        code = kj_desk_fail(error);
    clear(&when);
    return code;
}
