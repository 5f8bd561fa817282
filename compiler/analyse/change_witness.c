/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Examples of what a change does. See change_witness.h.
 *
 * The reference evaluator looks at every rule for every request, and of a hundred thousand rules it is the reading that costs: so all witnesses are tried
 * together.
 */
#include "change_witness.h"

#include "replay.h"

#include <string.h>

#define BOXES_TRIED 8u     /* of a region, for a witness */
#define TRIED_TOGETHER 16u /* witnesses */

enum { OLD, NEW };

static const KjBlock *block_of(const KjBlockChange *change, guint side) {
    return side == OLD ? change->old_block : change->new_block;
}

/* ---- finding ---- */

static void find_in(const KjBlockChange *change, const KjChangeOptions *options, KjChangeRegion *region, const KjBox *period) {
    const char *zone = block_of(change, change->new_block ? NEW : OLD)->zone;
    KjUniverse *universe = change->universe;

    for (guint i = 0, tried = 0; i < region->boxes->len && tried < BOXES_TRIED && !region->witness; i++) {
        const KjBox *box = region->boxes->pdata[i];

        if (period)
            box = kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, period);
        if (box)
            region->witness = kj_witness_new(universe, box, options->now, zone);
        tried += box != NULL;
    }
}

void kj_change_find_witness(const KjBlockChange *change, const KjChangeOptions *options, KjChangeRegion *region, const KjBox *period,
                            const KjBox *best) {
    if (best)
        find_in(change, options, region, best);
    if (!region->witness)
        find_in(change, options, region, period);
}

/* ---- trying ---- */

/* The fields of the witness that one version has. */
static GArray *known_values(const KjBlock *block, const KjWitness *witness) {
    GArray *values = g_array_new(FALSE, FALSE, sizeof(KjFieldText));
    guint count;
    const KjFieldText *texts = kj_witness_texts(witness, &count);

    for (guint i = 0; i < count; i++) {
        gboolean known = FALSE;
        for (guint f = 0; f < block->field_count && !known; f++)
            known = strcmp(block->fields[f].name, texts[i].field) == 0;
        if (known)
            g_array_append_val(values, texts[i]);
    }
    return values;
}

/* Whether what one version says about the witness is what the region says. */
static gboolean shows(const KjBlockChange *change, const KjChangeOptions *options, guint side, const KjChangeRegion *region,
                      const KjReferenceQuestion *question, const KjReferenceVerdict *verdict) {
    const KjBlock *block = block_of(change, side);
    const KjDecision *wanted = side == OLD ? region->old_decision : region->new_decision;
    const KjRule *rule = side == OLD ? region->old_rule : region->new_rule;
    const char *effect = kj_block_effect_name(block, rule || block->default_effect != G_MAXUINT ? wanted->effect : G_MAXUINT);
    gboolean good;

    if (wanted->error)
        good = verdict->outcome == KJ_OUTCOME_ERROR;
    else if (wanted->unasked || block->domain->combining == KJ_COMBINING_ADD_UP)
        good = verdict->outcome != KJ_OUTCOME_ERROR && (!rule || g_ptr_array_find(verdict->matched, rule, NULL));
    else
        good = verdict->outcome != KJ_OUTCOME_ERROR && strcmp(verdict->effect, effect) == 0 && (region->aspect || verdict->rule == rule);
    return good && (!options->replays || kj_replay_agrees(&options->replays[side], block, question->values, question->count,
                                                          question->has_instant, question->instant, verdict));
}

/* Tries the witnesses of at most TRIED_TOGETHER regions in one version. */
static void try_some(KjBlockChange *change, const KjChangeOptions *options, guint side, KjChangeRegion *const *regions, guint count) {
    KjReferenceQuestion questions[TRIED_TOGETHER] = { { 0 } };
    KjReferenceVerdict verdicts[TRIED_TOGETHER];
    GArray *values[TRIED_TOGETHER];

    for (guint i = 0; i < count; i++) {
        const KjWitness *witness = regions[i]->witness;

        values[i] = known_values(block_of(change, side), witness);
        questions[i] = (KjReferenceQuestion){ (const KjFieldText *)(void *)values[i]->data, values[i]->len, witness->has_instant,
                                              witness->instant };
    }
    kj_reference_decide_all(block_of(change, side), questions, count, verdicts);
    for (guint i = 0; i < count; i++) {
        if (!shows(change, options, side, regions[i], &questions[i], &verdicts[i]))
            change->bug = TRUE;
        kj_reference_verdict_clear(&verdicts[i]);
        g_array_unref(values[i]);
    }
}

void kj_change_try_witnesses(KjBlockChange *change, const KjChangeOptions *options) {
    KjChangeRegion *regions[TRIED_TOGETHER];
    guint count = 0;

    for (guint i = 0; i < change->regions->len; i++) {
        KjChangeRegion *region = change->regions->pdata[i];

        if (region->witness)
            regions[count++] = region;
        if (count < TRIED_TOGETHER && i + 1 < change->regions->len)
            continue;
        for (guint side = OLD; side <= NEW; side++) {
            if (block_of(change, side))
                try_some(change, options, side, regions, count);
        }
        count = 0;
    }
}
