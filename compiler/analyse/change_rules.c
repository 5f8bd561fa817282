/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which rules differ in text: what a reader of the lines would see, told apart from what the change does.
 *
 * Rules are the same by label; what is left without a partner may be a rule that was renamed, which has the same body. A rule whose body is the same and
 * whose annotations are not is restated. Unlabelled rules are numbered by place, so for them the body is tried first.
 */
#include "change.h"

#include "../syntax/syntax.h"

#include <string.h>

enum { OLD, NEW };

#define LOOK_AHEAD 4u /* rules that may be gone between two that stayed */

typedef struct {
    KjArena *arena;
    const KjBlock *blocks[2];
    const KjSources *sources[2];
    gint *partner[2]; /* of each rule, in the other block; -1: none */
} Pairing;

static const char *slice(const Pairing *pairing, guint side, KjSpan span, gsize *length) {
    const KjSourceFile *file;

    *length = 0;
    if (!pairing->sources[side] || span.file == G_MAXUINT32)
        return NULL;
    file = kj_sources_file(pairing->sources[side], span.file);
    *length = span.end - span.start;
    return file->text + span.start;
}

static gboolean same_slice(const Pairing *pairing, KjSpan a, KjSpan b) {
    gsize a_length, b_length;
    const char *left = slice(pairing, OLD, a, &a_length), *right = slice(pairing, NEW, b, &b_length);

    return left && right && a_length == b_length && memcmp(left, right, a_length) == 0;
}

static char *body_text(const KjRule *rule) {
    GString *out = g_string_new("");

    if (rule->item)
        kj_print_rule_body(rule->item, out);
    return g_string_free(out, FALSE);
}

static char *whole_text(const KjRule *rule) {
    GString *out = g_string_new("");

    if (rule->item)
        kj_print_item(rule->item, out);
    return g_string_free(out, FALSE);
}

static gboolean same_body(const Pairing *pairing, const KjRule *a, const KjRule *b) {
    g_autofree char *left = NULL, *right = NULL;

    if (!a->item || !b->item)
        return a->item == b->item && strcmp(a->label, b->label) == 0;
    if (same_slice(pairing, a->item->span, b->item->span))
        return TRUE;
    left = body_text(a);
    right = body_text(b);
    return strcmp(left, right) == 0;
}

static gboolean same_whole(const Pairing *pairing, const KjRule *a, const KjRule *b) {
    g_autofree char *left = NULL, *right = NULL;

    if (!a->item || !b->item || same_slice(pairing, a->item->span, b->item->span))
        return TRUE;
    left = whole_text(a);
    right = whole_text(b);
    return strcmp(left, right) == 0;
}

static void pair(Pairing *pairing, guint a, guint b) {
    pairing->partner[OLD][a] = (gint)b;
    pairing->partner[NEW][b] = (gint)a;
}

/* Labels that stand in the same order in both; a look-up by label is for the others. */
static void pair_in_order(Pairing *pairing) {
    const KjBlock *old_block = pairing->blocks[OLD], *new_block = pairing->blocks[NEW];

    for (guint i = 0, next = 0; i < new_block->rule_count; i++) {
        for (guint at = next; at < MIN(old_block->rule_count, next + LOOK_AHEAD); at++) {
            if (old_block->rules[at].labelled && new_block->rules[i].labelled &&
                strcmp(old_block->rules[at].label, new_block->rules[i].label) == 0) {
                pair(pairing, at, i);
                next = at + 1;
                break;
            }
        }
    }
}

static void pair_by_label(Pairing *pairing, gboolean labelled) {
    g_autoptr(GHashTable) labels = g_hash_table_new(g_str_hash, g_str_equal);
    const KjBlock *old_block = pairing->blocks[OLD], *new_block = pairing->blocks[NEW];

    for (guint i = 0; i < old_block->rule_count; i++) {
        if (old_block->rules[i].labelled == labelled && pairing->partner[OLD][i] < 0)
            g_hash_table_insert(labels, (gpointer)old_block->rules[i].label, GUINT_TO_POINTER(i + 1));
    }
    for (guint i = 0; i < new_block->rule_count; i++) {
        guint found = new_block->rules[i].labelled == labelled && pairing->partner[NEW][i] < 0
                          ? GPOINTER_TO_UINT(g_hash_table_lookup(labels, new_block->rules[i].label)) : 0;
        if (found)
            pair(pairing, found - 1, i);
    }
}

/* Rules without a partner and with the same body. */
static void pair_by_body(Pairing *pairing) {
    g_autoptr(GHashTable) bodies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const KjBlock *old_block = pairing->blocks[OLD], *new_block = pairing->blocks[NEW];

    for (guint i = old_block->rule_count; i > 0; i--) {
        if (pairing->partner[OLD][i - 1] < 0 && old_block->rules[i - 1].item)
            g_hash_table_insert(bodies, body_text(&old_block->rules[i - 1]), GUINT_TO_POINTER(i));
    }
    for (guint i = 0; i < new_block->rule_count && g_hash_table_size(bodies) > 0; i++) {
        g_autofree char *body = pairing->partner[NEW][i] < 0 && new_block->rules[i].item ? body_text(&new_block->rules[i]) : NULL;
        guint found = body ? GPOINTER_TO_UINT(g_hash_table_lookup(bodies, body)) : 0;

        if (!found)
            continue;
        pair(pairing, found - 1, i);
        g_hash_table_remove(bodies, body);
    }
}

/* The unlabelled rules that stand alike at the start and at the end; those between are then paired by body. */
static void pair_unchanged(Pairing *pairing) {
    guint old_count = pairing->blocks[OLD]->rule_count, new_count = pairing->blocks[NEW]->rule_count, first = 0, last = 0;
    const KjRule *old_rules = pairing->blocks[OLD]->rules, *new_rules = pairing->blocks[NEW]->rules;

    for (; first < MIN(old_count, new_count); first++) {
        if (old_rules[first].labelled || new_rules[first].labelled || !same_body(pairing, &old_rules[first], &new_rules[first]))
            break;
        pair(pairing, first, first);
    }
    for (; last < MIN(old_count, new_count) - first; last++) {
        const KjRule *a = &old_rules[old_count - 1 - last], *b = &new_rules[new_count - 1 - last];
        if (a->labelled || b->labelled || !same_body(pairing, a, b))
            break;
        pair(pairing, old_count - 1 - last, new_count - 1 - last);
    }
}

/* Of the pairs, those out of order: not on the longest run that rises on both sides. */
static gboolean *find_moved(const Pairing *pairing) {
    guint count = pairing->blocks[NEW]->rule_count, length = 0;
    g_autofree guint *tails = g_new(guint, count + 1), *before = g_new(guint, count + 1);
    gboolean *moved = g_new0(gboolean, count + 1);

    for (guint i = 0; i < count; i++) {
        gint at = pairing->partner[NEW][i];
        guint low = 0, high = length;

        moved[i] = at >= 0;
        while (at >= 0 && low < high) {
            guint middle = (low + high) / 2;
            if (pairing->partner[NEW][tails[middle]] < at)
                low = middle + 1;
            else
                high = middle;
        }
        if (at < 0)
            continue;
        before[i] = low ? tails[low - 1] : G_MAXUINT;
        tails[low] = i;
        length = MAX(length, low + 1);
    }
    for (guint i = length ? tails[length - 1] : G_MAXUINT; i != G_MAXUINT; i = before[i])
        moved[i] = FALSE;
    return moved;
}

static void tell(KjBlockChange *change, KjArena *arena, KjRuleChangeKind kind, const KjRule *old_rule, const KjRule *new_rule) {
    KjRuleChange *told = kj_arena_new0(arena, KjRuleChange);

    *told = (KjRuleChange){ kind, old_rule, new_rule };
    g_ptr_array_add(change->rules, told);
}

/* Whether annotations that are no part of a decision differ. */
static gboolean same_notes(const KjNote *a, guint a_count, const KjNote *b, guint b_count) {
    if (a_count != b_count)
        return FALSE;
    for (guint i = 0; i < a_count; i++) {
        if (strcmp(a[i].name, b[i].name) != 0 || strcmp(a[i].value, b[i].value) != 0 || strcmp(a[i].language, b[i].language) != 0)
            return FALSE;
    }
    return TRUE;
}

static void compare_pair(KjBlockChange *change, const Pairing *pairing, guint index, gboolean moved, gboolean *restated) {
    const KjRule *b = &pairing->blocks[NEW]->rules[index], *a = &pairing->blocks[OLD]->rules[pairing->partner[NEW][index]];
    gboolean renamed = (a->labelled || b->labelled) && strcmp(a->label, b->label) != 0;

    if (!same_notes(a->notes, a->note_count, b->notes, b->note_count))
        *restated = TRUE;
    if (!same_body(pairing, a, b))
        tell(change, pairing->arena, KJ_RULE_CHANGED, a, b);
    else if (renamed)
        tell(change, pairing->arena, KJ_RULE_RENAMED, a, b);
    else if (!same_whole(pairing, a, b))
        tell(change, pairing->arena, KJ_RULE_RESTATED, a, b);
    if (moved)
        tell(change, pairing->arena, KJ_RULE_MOVED, a, b);
}

static void pair_and_tell(KjBlockChange *change, Pairing *pairing, gboolean *restated) {
    const KjBlock *old_block = pairing->blocks[OLD], *new_block = pairing->blocks[NEW];
    g_autofree gboolean *moved = NULL;

    for (guint side = OLD; side <= NEW; side++) {
        pairing->partner[side] = g_new(gint, pairing->blocks[side]->rule_count + 1);
        for (guint i = 0; i < pairing->blocks[side]->rule_count; i++)
            pairing->partner[side][i] = -1;
    }
    pair_in_order(pairing);
    pair_by_label(pairing, TRUE);
    pair_unchanged(pairing);
    pair_by_body(pairing);
    pair_by_label(pairing, FALSE);
    moved = find_moved(pairing);
    for (guint i = 0; i < new_block->rule_count; i++) {
        if (pairing->partner[NEW][i] < 0)
            tell(change, pairing->arena, KJ_RULE_ADDED, NULL, &new_block->rules[i]);
        else
            compare_pair(change, pairing, i, moved[i], restated);
    }
    for (guint i = 0; i < old_block->rule_count; i++) {
        if (pairing->partner[OLD][i] < 0)
            tell(change, pairing->arena, KJ_RULE_REMOVED, &old_block->rules[i], NULL);
    }
}

gint *kj_rule_changes(KjBlockChange *change, KjArena *arena, const KjChangeOptions *options, gboolean *same_text, gboolean *restated) {
    Pairing pairing = { arena, { change->old_block, change->new_block }, { options->old_sources, options->new_sources }, { NULL, NULL } };

    *same_text = FALSE;
    *restated = FALSE;
    if (!change->old_block || !change->new_block)
        return NULL;
    *restated = !same_notes(change->old_block->default_notes, change->old_block->default_note_count, change->new_block->default_notes,
                            change->new_block->default_note_count);
    *same_text = change->old_block->declaration == change->new_block->declaration ||
                 (change->old_block->declaration && change->new_block->declaration &&
                  same_slice(&pairing, change->old_block->declaration->span, change->new_block->declaration->span));
    if (!*same_text)
        pair_and_tell(change, &pairing, restated);
    g_free(pairing.partner[OLD]);
    return pairing.partner[NEW];
}
