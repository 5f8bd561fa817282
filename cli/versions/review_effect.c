/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy's part of a review: standards and exceptions at work, recorded requests decided again, what will be enforced where and how it is undone. */
#include <inttypes.h>
#include <string.h>

#include "../../compiler/sentence.h"
#include "review.h"

#define DAY_SECONDS 86400
#define SOON (30 * DAY_SECONDS)

/* ---- standards and exceptions ---- */

/* "inside = 10.0.0.0/8", as it is written. Free with g_free. */
static char *binding_text(const KjReview *review, const KjBinding *binding) {
    const KjSources *sources = review->target->workspace->compilation->sources;
    if (binding->span.file >= kj_sources_count(sources))
        return g_strdup(binding->parameter);
    const KjSourceFile *file = kj_sources_file(sources, binding->span.file);
    g_autofree char *text = g_strndup(file->text + binding->span.start, binding->span.end - binding->span.start);
    return g_str_has_prefix(text, binding->parameter) ? g_steal_pointer(&text) : g_strdup_printf("%s = %s", binding->parameter, text);
}

static void add_conformances(KjReview *review, const KjBlock *block) {
    for (guint i = 0; i < block->conformance_count; i++) {
        const KjConformance *conformance = &block->conformances[i];
        g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
        for (guint b = 0; b < conformance->binding_count; b++)
            g_ptr_array_add(facts, binding_text(review, &conformance->bindings[b]));
        const KjReviewItem item = { .state = "standard", .mark = _("STANDARD"), .facts = facts };
        kj_review_add(review, &item, _("%s conforms to %s (%s)."), block->qualified, conformance->standard->name,
                      conformance->standard->tier);
    }
}

static void add_exceptions(KjReview *review, const KjBlock *block) {
    for (const KjException *exception = review->target->workspace->compilation->policy->exceptions; exception;
         exception = exception->next) {
        if (exception->block != block && exception->standard != block)
            continue;
        g_autoptr(GString) sentence = g_string_new(NULL);
        gint64 ends = ((gint64)exception->until_day + 1) * DAY_SECONDS;
        gboolean over = ends <= review->sitting->now, soon = ends <= review->sitting->now + SOON;
        kj_sentence_exception(exception, kj_cli_language(), sentence);
        const KjReviewItem item = { over ? 0 : KJ_TONE_WEAKER, over ? "exception-over" : soon ? "exception-ending" : "exception",
                                    over ? _("EXCEPTION OVER") : soon ? _("EXCEPTION ENDING") : _("EXCEPTION"), NULL, NULL };
        kj_review_add(review, &item, _("%s. %s"), exception->id, sentence->str);
    }
}

/* The block of a step that is not the last word of nothing: the new one, or the one that goes. */
static const KjBlock *block_of(const KjStep *step) {
    return step->need->result ? step->need->result->block : NULL;
}

static gboolean is_last_step(const KjReview *review, guint index) {
    const KjStep *step = review->ruling->steps->pdata[index];
    return kj_desk_step(review->ruling, step->need->name) == step;
}

void kj_review_standards(KjReview *review) {
    kj_review_begin(review, "standards", _("Standards and exceptions at work"), FALSE);
    for (guint i = 0; i < review->ruling->steps->len; i++) {
        const KjUnit *unit = is_last_step(review, i) ? kj_units_find(review->target->workspace->units,
                                                                     ((const KjStep *)review->ruling->steps->pdata[i])->need->name)
                                                     : NULL;
        if (!unit || !unit->block || !block_of(review->ruling->steps->pdata[i]))
            continue;
        add_conformances(review, unit->block);
        add_exceptions(review, unit->block);
    }
}

/* ---- recorded requests ---- */

void kj_review_replay(KjReview *review) {
    const KjReplayed *replayed = review->replayed;
    kj_review_begin(review, "replay", _("Recorded requests, decided again"), FALSE);
    if (!replayed)
        return;
    g_autofree char *block = kj_replayed_block(replayed);
    kj_review_add(review, &(KjReviewItem){ .state = "counts", .tone = replayed->changed ? KJ_TONE_OTHER : KJ_TONE_STRONGER },
                  _("%s: of %" PRIu64 " requests %" PRIu64 " are answered as before, %" PRIu64 " otherwise, %" PRIu64
                    " alike by another rule; %" PRIu64 " rows could not be used."),
                  block, replayed->rows, replayed->same, replayed->changed, replayed->moved, replayed->bad);
    for (guint i = 0; i < replayed->order->len; i++) {
        const KjReplayedKind *kind = replayed->order->pdata[i];
        g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
        for (guint e = 0; e < kind->shown->len; e++) {
            const KjReplayedExample *example = &g_array_index(kind->shown, KjReplayedExample, e);
            g_ptr_array_add(facts, g_strdup_printf(_("line %" PRIu64 ": %s"), example->line, example->arguments));
        }
        kj_review_add(review, &(KjReviewItem){ .state = kj_replayed_is_moved(kind) ? "moved" : "changed", .facts = facts },
                      _("%" PRIu64 " (%.1f %%): `%s` by %s becomes `%s` by %s"), kind->count, kj_replayed_share(replayed, kind->count),
                      kind->effects[KJ_OLD], kind->rules[KJ_OLD], kind->effects[KJ_NEW], kind->rules[KJ_NEW]);
    }
}

/* ---- what will be enforced ---- */

/* "nftables on gw1, gw2" for each `enforce` of the block. */
static void add_targets(const KjPolicy *policy, const char *block, GPtrArray *facts) {
    for (const KjEnforcement *one = policy->enforcements; one; one = one->next) {
        g_autoptr(GString) hosts = g_string_new(NULL);
        for (guint i = 0; i < one->host_count; i++)
            g_string_append_printf(hosts, "%s%s", i ? _(", ") : "", one->hosts[i]);
        if (strcmp(one->block->qualified, block) == 0)
            g_ptr_array_add(facts, g_strdup_printf(_("by %s on %s"), one->target, hosts->str));
    }
}

static gboolean has_name(const GPtrArray *names, const char *name) {
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

static void add_enforced(KjReview *review, const GPtrArray *enforced, const char *unit) {
    g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
    const char *context = review->sitting->desk->context;
    add_targets(review->target->workspace->compilation->policy, unit, facts);
    if (has_name(enforced, unit))
        kj_review_add(review, &(KjReviewItem){ .state = "enforced", .mark = _("ENFORCED"), .facts = facts }, _("%s: %s enforces it."), unit,
                      context);
    else
        kj_review_add(review, &(KjReviewItem){ .state = "not-enforced", .mark = _("NOT HERE"), .facts = facts },
                      _("%s: %s does not enforce it; its release names it by its digest only."), unit, context);
}

/* Hosts of other names are other contexts, in which this review says nothing: each is approved and released by itself. */
static void add_other_contexts(KjReview *review) {
    g_auto(GStrv) contexts = kj_release_contexts(review->sitting->desk->repository, NULL);
    for (char **context = contexts; context && *context; context++)
        if (strcmp(*context, review->sitting->desk->context) != 0)
            kj_review_add(review, &(KjReviewItem){ .state = "other-context", .mark = _("ELSEWHERE") },
                          _("The context %s keeps what it has: a change is approved and released for each context by itself."), *context);
}

void kj_review_enforce(KjReview *review) {
    const KjDesk *desk = review->sitting->desk;
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    g_autoptr(GPtrArray) enforced = kj_desk_enforced(desk, review->target->workspace);
    guint changed = 0;
    kj_review_begin(review, "enforce", _("What will be enforced, and how to undo it"), FALSE);
    for (guint i = 0; i < review->ruling->steps->len; i++) {
        const KjStep *step = review->ruling->steps->pdata[i];
        if (!is_last_step(review, i) || !step->need->change)
            continue;
        if (block_of(step) && !block_of(step)->standard) {
            add_enforced(review, enforced, step->need->name);
            changed += has_name(enforced, step->need->name);
        } else if (!step->need->result) {
            kj_review_add(review, &(KjReviewItem){ .state = "gone", .mark = _("GONE") }, _("%s: nothing enforces it any more."),
                          step->need->name);
        }
    }
    if (enforced->len > changed)
        kj_review_add(review, &(KjReviewItem){ .state = "unchanged", .mark = _("UNCHANGED") }, _("%u other blocks are enforced as before."),
                      enforced->len - changed);
    add_other_contexts(review);
    if (review->emergency)
        kj_review_add(review, &(KjReviewItem){ .state = "undo", .mark = _("UNDO") },
                      _("By itself, on %s, unless it is ratified and released."), kj_statement_get(review->emergency, "until"));
    else if (lasting)
        kj_review_add(review, &(KjReviewItem){ .state = "undo", .mark = _("UNDO") },
                      _("`kijun rollback %" PRIu64 "` proposes to go back to what is in force now."),
                      kj_statement_number(lasting->sealed->statement, "serial"));
    else
        kj_review_add(review, &(KjReviewItem){ .state = "undo", .mark = _("UNDO") },
                      _("It is the first release: there is nothing to go back to."));
}
