/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two policies, block by block. See change.h; one block is change_block.c.
 *
 * A standard is compared by the text of its rules: what it asks depends on the parameters of each block that conforms to it, and those blocks are
 * compared themselves. A rule of a standard that is gone or changed may ask for less, so it weakens.
 */
#include "change_time.h"

#include "guards.h"
#include "replay.h"

#include <string.h>

const char *kj_change_verdict_name(KjChangeVerdict verdict) {
    static const char *const names[] = {
        [KJ_CHANGE_EQUAL] = "equal", [KJ_CHANGE_EDITORIAL] = "editorial", [KJ_CHANGE_RESTATED] = "restated",
        [KJ_CHANGE_NARROWS] = "narrows", [KJ_CHANGE_WIDENS] = "widens", [KJ_CHANGE_MIXED] = "mixed",
    };

    return names[verdict];
}

static KjBlockChange *standard_change(KjArena *arena, const KjBlock *old_block, const KjBlock *new_block, const KjChangeOptions *options) {
    KjBlockChange *change = kj_arena_new0(arena, KjBlockChange);
    gboolean same_text, restated, added = FALSE;
    const KjBlock *one = new_block ? new_block : old_block;

    *change = (KjBlockChange){ .name = one->qualified, .old_block = old_block, .new_block = new_block, .domain = one->domain };
    change->regions = g_ptr_array_new();
    change->rules = g_ptr_array_new();
    g_free(kj_rule_changes(change, arena, options, &same_text, &restated));
    for (guint i = 0; i < change->rules->len; i++) {
        KjRuleChangeKind kind = ((const KjRuleChange *)change->rules->pdata[i])->kind;
        added = added || kind == KJ_RULE_ADDED;
        change->weakens = change->weakens || kind == KJ_RULE_CHANGED || kind == KJ_RULE_REMOVED;
    }
    change->weakens = change->weakens || !new_block;
    change->verdict = change->weakens              ? (added || new_block ? KJ_CHANGE_MIXED : KJ_CHANGE_WIDENS)
                      : added || !old_block        ? KJ_CHANGE_NARROWS
                      : same_text                  ? KJ_CHANGE_EQUAL
                      : restated                   ? KJ_CHANGE_RESTATED
                                                   : KJ_CHANGE_EDITORIAL;
    return change;
}

/* Both lists are sorted by name. */
static void compare_lists(KjChange *change, const KjBlock *old_blocks, const KjBlock *new_blocks, const KjChangeOptions *options) {
    for (const KjBlock *a = old_blocks, *b = new_blocks; a || b;) {
        int order = !a ? 1 : !b ? -1 : strcmp(a->qualified, b->qualified);
        const KjBlock *old_block = order <= 0 ? a : NULL, *new_block = order >= 0 ? b : NULL;
        gboolean standard = (old_block ? old_block : new_block)->standard;

        g_ptr_array_add(change->blocks, standard ? standard_change(change->arena, old_block, new_block, options)
                                                 : kj_block_change_new(change->arena, old_block, new_block, options));
        a = order <= 0 ? a->next : a;
        b = order >= 0 ? b->next : b;
    }
}

static gboolean is_block(const KjBlockChange *block, const char *name) {
    return name && strcmp(block->name, name) == 0;
}

KjChange *kj_change_new(const KjPolicy *old_policy, const KjPolicy *new_policy, const KjChangeOptions *options) {
    KjChange *change = g_new0(KjChange, 1);
    KjReplay replays[2] = { { .policy = old_policy }, { .policy = new_policy } };
    KjChangeOptions all = *options;

    all.replays = replays;
    all.old_sources = old_policy->sources;
    all.new_sources = new_policy->sources;
    change->arena = kj_arena_new();
    change->old_policy = old_policy;
    change->new_policy = new_policy;
    change->blocks = g_ptr_array_new();
    change->guards = g_ptr_array_new();
    change->timed = g_ptr_array_new();
    compare_lists(change, old_policy->blocks, new_policy->blocks, &all);
    compare_lists(change, old_policy->standards, new_policy->standards, &all);
    kj_replay_clear(&replays[0]);
    kj_replay_clear(&replays[1]);
    kj_guards_compare(change->arena, old_policy, new_policy, change->guards);
    for (guint i = 0; i < change->guards->len; i++) {
        const KjGuard *guard = change->guards->pdata[i];
        for (guint b = 0; b < change->blocks->len; b++) {
            KjBlockChange *block = change->blocks->pdata[b];
            block->weakens = block->weakens || (guard->weakens && is_block(block, guard->block));
        }
    }
    if (options->until > options->now)
        kj_change_tell_time(change, options);
    return change;
}

void kj_block_change_clear(KjBlockChange *change) {
    for (guint i = 0; i < change->regions->len; i++) {
        KjChangeRegion *region = change->regions->pdata[i];
        g_clear_pointer(&region->boxes, g_ptr_array_unref);
        g_clear_pointer(&region->witness, kj_witness_free);
    }
    g_clear_pointer(&change->regions, g_ptr_array_unref);
    g_clear_pointer(&change->rules, g_ptr_array_unref);
    g_clear_pointer(&change->decisions, kj_decisions_free);
    g_clear_pointer(&change->universe, kj_universe_free);
}

void kj_change_free(KjChange *change) {
    if (!change)
        return;
    for (guint i = 0; i < change->blocks->len; i++)
        kj_block_change_clear(change->blocks->pdata[i]);
    for (guint i = 0; i < change->timed->len; i++)
        kj_block_change_clear(((KjTimedChange *)change->timed->pdata[i])->block);
    g_ptr_array_unref(change->blocks);
    g_ptr_array_unref(change->guards);
    g_ptr_array_unref(change->timed);
    kj_arena_free(change->arena);
    g_free(change);
}

KjChangeVerdict kj_change_verdict(const KjChange *change, gboolean *weakens) {
    KjChangeVerdict verdict = KJ_CHANGE_EQUAL;

    *weakens = FALSE;
    for (guint i = 0; i < change->blocks->len; i++) {
        const KjBlockChange *block = change->blocks->pdata[i];
        gboolean opposite = (verdict == KJ_CHANGE_NARROWS && block->verdict == KJ_CHANGE_WIDENS) ||
                            (verdict == KJ_CHANGE_WIDENS && block->verdict == KJ_CHANGE_NARROWS);

        verdict = opposite ? KJ_CHANGE_MIXED : MAX(verdict, block->verdict);
        *weakens = *weakens || block->weakens;
    }
    for (guint i = 0; i < change->guards->len; i++)
        *weakens = *weakens || ((const KjGuard *)change->guards->pdata[i])->weakens;
    return verdict;
}
