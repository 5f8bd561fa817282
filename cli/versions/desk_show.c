/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a change is told to the people who decide about it: for each unit what the change does, in the sentences of `kijun diff`, and then
 * whose approval it has and whose is missing. Nothing of this is taken from anybody's statement. The same facts as JSON for programs.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "desk.h"

#define SENTENCES 10 /* of one unit */
#define FILES 5      /* of the rest of the workspace */

struct KjTelling {
    const KjSitting *sitting;
    const KjRuling *ruling;
    KjChange *told; /* in more words than the judge needs */
    KjReport *report;
};

KjTelling *kj_telling_new(const KjSitting *sitting, const KjRuling *ruling, const char *shown) {
    KjTelling *telling = g_new0(KjTelling, 1);
    const KjChange *judged = ruling->needs->change;
    const KjChangeOptions options = { .now = sitting->now, .most = SENTENCES };
    const KjReportOptions report = {
        .language = kj_cli_language(), .version = PACKAGE_VERSION, .old_path = sitting->desk->context, .new_path = shown, .brief = TRUE
    };
    telling->sitting = sitting;
    telling->ruling = ruling;
    telling->told = kj_change_new(judged->old_policy, judged->new_policy, &options);
    telling->report = kj_report_new(telling->told, &report);
    return telling;
}

void kj_telling_free(KjTelling *telling) {
    if (!telling)
        return;
    kj_report_free(telling->report);
    kj_change_free(telling->told);
    g_free(telling);
}

/* ---- what it does ---- */

/* What is told of the unit as a whole; words that were edited after it had been approved do nothing. NULL: there is nothing to tell. */
static const KjReportBlock *find_block(const KjTelling *telling, const KjNeed *need) {
    return kj_need_is_wording(need) ? NULL : kj_report_find(telling->report, need->name);
}

/* What no sentence of the report is about: words. */
static const char *quiet_verdict(const KjNeed *need) {
    if (!need->change)
        return _("the rest of the workspace, which no block uses");
    if (need->weakens)
        return _("words only, but the workspace loses a guard; every request is decided as before");
    return need->verdict == KJ_CHANGE_RESTATED ? _("restated: messages, owners or references; every request is decided as before")
                                               : _("editorial: words only; every request is decided as before");
}

static gboolean same_part(const KjUnitPart *part, const KjUnit *unit) {
    for (guint i = 0; unit && i < unit->parts->len; i++) {
        const KjUnitPart *other = unit->parts->pdata[i];
        if (strcmp(other->path, part->path) == 0)
            return other->mode == part->mode && g_bytes_equal(other->bytes, part->bytes);
    }
    return FALSE;
}

static gboolean has_path(const KjUnit *unit, const char *path) {
    for (guint i = 0; unit && i < unit->parts->len; i++)
        if (strcmp(((const KjUnitPart *)unit->parts->pdata[i])->path, path) == 0)
            return TRUE;
    return FALSE;
}

GPtrArray *kj_desk_changed_files(const KjNeed *need) {
    GPtrArray *files = g_ptr_array_new();
    for (guint i = 0; need->result && i < need->result->parts->len; i++) {
        const KjUnitPart *part = need->result->parts->pdata[i];
        if (!same_part(part, need->base))
            g_ptr_array_add(files, part->path);
    }
    for (guint i = 0; need->base && i < need->base->parts->len; i++) {
        const KjUnitPart *part = need->base->parts->pdata[i];
        if (!has_path(need->result, part->path))
            g_ptr_array_add(files, part->path);
    }
    return files;
}

static void append_files(const KjTelling *telling, const KjNeed *need, GString *out) {
    g_autoptr(GPtrArray) files = kj_desk_changed_files(need);
    for (guint i = 0; i < MIN(files->len, FILES); i++)
        g_string_append_printf(out, "  %s\n", kj_report_clean(telling->report->arena, files->pdata[i], FALSE));
    if (files->len > FILES)
        g_string_append_printf(out, _("  and %u more files\n"), files->len - FILES);
}

void kj_telling_effect(const KjTelling *telling, const KjStep *step, GString *out) {
    gboolean colour = kj_cli_colour(STDOUT_FILENO);
    const KjReportBlock *block = find_block(telling, step->need);
    g_string_append_printf(out, "%s%s%s  %s\n", colour ? "\033[1m" : "", step->need->name, colour ? "\033[0m" : "",
                           block ? block->verdict : quiet_verdict(step->need));
    if (block && step->need->change->verdict == KJ_CHANGE_NARROWS && step->need->verdict == KJ_CHANGE_MIXED)
        g_string_append(out, _("  it changes who must agree, and so counts as mixed\n"));
    if (block && block->trouble)
        g_string_append_printf(out, "  %s\n", block->trouble);
    for (guint i = 0; block && i < block->changes->len; i++) {
        const KjReportChange *change = block->changes->pdata[i];
        g_string_append_printf(out, "  %s  %s\n", change->mark, change->headline);
    }
    if (block && block->more)
        g_string_append_printf(out, "  %s\n", block->more);
    for (guint i = 0; block && i < block->guards->len; i++) {
        const KjReportGuard *guard = block->guards->pdata[i];
        g_string_append_printf(out, "  %s  %s\n", guard->mark, guard->headline);
    }
    if (!step->need->change)
        append_files(telling, step->need, out);
}

void kj_telling_guards(const KjTelling *telling, GString *out) {
    for (guint i = 0; i < telling->report->guards->len; i++) {
        const KjReportGuard *guard = telling->report->guards->pdata[i];
        g_string_append_printf(out, "%s  %s\n", guard->mark, guard->headline);
    }
}

/* ---- whom it needs ---- */

static const char *const voice_states[] = {
    [KJ_VOICE_BARRED] = N_("an author's, or of one who stands in for an author"),
    [KJ_VOICE_EXPIRED] = N_("it has expired"),
    [KJ_VOICE_WITHDRAWN] = N_("it was withdrawn"),
    [KJ_VOICE_STRANGER] = N_("its key is nobody's under the root"),
    [KJ_VOICE_OTHER_READING] = N_("it says that the change does something else than it does"),
    [KJ_VOICE_USED] = N_("the change that it agreed to was made already, and undone since"),
    [KJ_VOICE_ALONE] = N_("a second person must attest the same document"),
};

/* Of older texts of the unit there are many, and nobody asked. */
static gboolean is_worth_telling(const KjVoice *voice) {
    return voice->state != KJ_VOICE_COUNTS && voice->state != KJ_VOICE_STALE;
}

static void append_voices(const KjJudgement *judgement, GString *out) {
    for (guint i = 0; i < judgement->quorum.seat_count; i++) {
        const KjSeat *seat = &judgement->quorum.seats[i];
        const KjRequirement *requirement = &g_array_index(judgement->requirements, KjRequirement, seat->requirement);
        if (seat->person)
            g_string_append_printf(out, _("  agreed: %s, of %s (%s)\n"), seat->person, requirement->group, requirement->label);
    }
    for (guint i = 0; i < judgement->voices->len; i++) {
        const KjVoice *voice = &g_array_index(judgement->voices, KjVoice, i);
        const KjStatement *said = voice->statement->statement;
        if (is_worth_telling(voice))
            g_string_append_printf(out, _("  does not count: the %s by %s (%.12s): %s\n"), kj_statement_kind_name(kj_statement_kind(said)),
                                   kj_statement_get(said, "signer"), kj_statement_digest(said), _(voice_states[voice->state]));
    }
}

void kj_telling_needs(const KjStep *step, GString *out) {
    g_autofree char *missing = step->judgement ? kj_step_missing(step) : NULL;
    if (step->judgement)
        append_voices(step->judgement, out);
    if (missing)
        g_string_append_printf(out, "  %s\n", missing);
}

char *kj_telling_root(const KjSitting *sitting, const char *what) {
    const KjRoot *root = sitting->desk->root;
    g_autoptr(GPtrArray) people = g_ptr_array_new();
    for (const char *const *line = kj_statement_list(kj_root_statement(root), "may"); *line; line++) {
        const char *person = strchr(*line, ' ') + 1;
        if (kj_root_may(root, what, person) && g_str_has_prefix(*line, what))
            g_ptr_array_add(people, (gpointer)person);
    }
    g_ptr_array_add(people, NULL);
    g_autofree char *all = g_strjoinv(_(", "), (char **)people->pdata);
    return g_strdup_printf(_("%u of %s"), kj_root_threshold(root, what), all);
}

void kj_telling_all(const KjTelling *telling, GString *out) {
    for (guint i = 0; i < telling->ruling->steps->len; i++) {
        kj_telling_effect(telling, telling->ruling->steps->pdata[i], out);
        kj_telling_needs(telling->ruling->steps->pdata[i], out);
    }
    kj_telling_guards(telling, out);
    if (telling->ruling->by_thresholds) {
        g_autofree char *root = kj_telling_root(telling->sitting, "root");
        g_string_append_printf(
            out, _("No governance is in force yet, so that nobody has to approve: the release itself decides, signed by %s.\n"), root);
    }
}

/* ---- JSON ---- */

static void add_sentences(const KjTelling *telling, const KjStep *step, JsonBuilder *builder) {
    const KjReportBlock *block = find_block(telling, step->need);
    kj_member_list(builder, "says");
    for (guint i = 0; block && i < block->changes->len; i++)
        json_builder_add_string_value(builder, ((const KjReportChange *)block->changes->pdata[i])->headline);
    for (guint i = 0; block && i < block->guards->len; i++)
        json_builder_add_string_value(builder, ((const KjReportGuard *)block->guards->pdata[i])->headline);
    json_builder_end_array(builder);
}

static void add_requirements(const KjJudgement *judgement, JsonBuilder *builder) {
    kj_member_list(builder, "requires");
    for (guint i = 0; i < judgement->requirements->len; i++) {
        const KjRequirement *requirement = &g_array_index(judgement->requirements, KjRequirement, i);
        json_builder_begin_object(builder);
        kj_member_text(builder, "rule", requirement->label);
        kj_member_text(builder, "group", requirement->group);
        kj_member_number(builder, "count", requirement->count);
        kj_member_texts(builder, "people", requirement->people);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_step(const KjTelling *telling, const KjStep *step, JsonBuilder *builder) {
    const KjNeed *need = step->need;
    json_builder_begin_object(builder);
    kj_member_text(builder, "unit", need->name);
    kj_member_text(builder, "base", need->base ? need->base->digest : NULL);
    kj_member_text(builder, "result", need->result ? need->result->digest : NULL);
    kj_member_text(builder, "verdict", kj_change_verdict_name(need->verdict));
    kj_member_truth(builder, "weakens", need->weakens);
    kj_member_text(builder, "module", need->module);
    kj_member_text(builder, "domain", need->domain);
    kj_member_text(builder, "tier", need->tier);
    kj_member_text(builder, "class", need->class);
    add_sentences(telling, step, builder);
    if (step->judgement) {
        kj_member_text(builder, "refused", need->refused);
        kj_member_texts(builder, "authors", (const char *const *)step->authors);
        add_requirements(step->judgement, builder);
        kj_member_texts(builder, "agreed", step->judgement->agreed);
        kj_member_number(builder, "missing", step->judgement->quorum.missing);
        kj_member_texts(builder, "helpful", step->judgement->helpful);
        kj_member_truth(builder, "met", step->met);
    }
    json_builder_end_object(builder);
}

void kj_telling_json(const KjTelling *telling, JsonBuilder *builder) {
    kj_member_list(builder, "changes");
    for (guint i = 0; i < telling->ruling->steps->len; i++)
        add_step(telling, telling->ruling->steps->pdata[i], builder);
    json_builder_end_array(builder);
    kj_member_truth(builder, "by_thresholds", telling->ruling->by_thresholds);
    kj_member_truth(builder, "met", telling->ruling->met);
}

/* ---- units ---- */

const KjStep *kj_desk_step(const KjRuling *ruling, const char *unit) {
    const KjStep *found = NULL;
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        if (strcmp(step->need->name, unit) == 0)
            found = step;
    }
    return found;
}

int kj_desk_no_unit(const KjRuling *ruling, const char *unit) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < ruling->steps->len; i++)
        if (!g_ptr_array_find(names, ((const KjStep *)ruling->steps->pdata[i])->need->name, NULL))
            g_ptr_array_add(names, (gpointer)((const KjStep *)ruling->steps->pdata[i])->need->name);
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
    return kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is not among the units that change: %s"), unit, *all ? all : _("none do"));
}
