/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joint vocabularies. See universe_join.h.
 *
 * Rewriting a condition copies what changes and shares the rest; named conditions used by many rules are rewritten once. Symbols are numbered by
 * their type, so a set of them is numbered anew where the joint type has others.
 */
#include "universe_join.h"

#include <string.h>

typedef struct {
    const KjBlock *block;
    guint *fields;          /* own index -> joint */
    gint *owned;            /* joint index -> own, or -1 */
    const KjSet **taken;    /* joint index -> the values the side takes, or NULL */
    gboolean plain;         /* nothing to rewrite */
    GHashTable *conditions; /* own -> joint */
    GHashTable *sets;       /* own -> joint; a set is of one field's type only */
} Side;

struct KjJoin {
    KjArena *arena;
    GArray *fields; /* KjField */
    Side *sides;
    guint side_count;
};

/* ---- fields ---- */

static gboolean same_symbols(const KjDataType *a, const KjDataType *b) {
    if (a->symbols == b->symbols)
        return TRUE;
    if (!a->symbols || !b->symbols || a->symbol_count != b->symbol_count)
        return FALSE;
    for (guint i = 0; i < a->symbol_count; i++) {
        if (strcmp(a->symbols[i], b->symbols[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

static gint find_symbol(const KjDataType *type, const char *symbol) {
    for (guint i = 0; i < type->symbol_count; i++) {
        if (strcmp(type->symbols[i], symbol) == 0)
            return (gint)i;
    }
    return -1;
}

/* The symbols of either, those of the longer list first. */
static void join_symbols(KjArena *arena, KjDataType *joint, const KjDataType *other) {
    const KjDataType *first = joint->symbol_count >= other->symbol_count ? joint : other, *second = first == joint ? other : joint;
    const char **symbols;
    guint count = first->symbol_count;

    if (!joint->symbols || !other->symbols) {
        joint->symbols = NULL;
        joint->symbol_count = 0;
        return;
    }
    symbols = kj_arena_newn(arena, const char *, joint->symbol_count + other->symbol_count + 1);
    memcpy(symbols, first->symbols, count * sizeof *symbols);
    for (guint i = 0; i < second->symbol_count; i++) {
        if (find_symbol(first, second->symbols[i]) < 0)
            symbols[count++] = second->symbols[i];
    }
    joint->ordered = joint->ordered && other->ordered;
    joint->symbols = symbols;
    joint->symbol_count = count;
}

static void join_field(KjArena *arena, KjField *joint, const KjField *other) {
    joint->flags |= other->flags & KJ_FIELD_REQUIRED;
    if (!same_symbols(&joint->type, &other->type))
        join_symbols(arena, &joint->type, &other->type);
    joint->type.low = MIN(joint->type.low, other->type.low);
    joint->type.high = MAX(joint->type.high, other->type.high);
}

static gboolean is_set(const KjField *field) {
    return field->type.set || (field->flags & KJ_FIELD_SET);
}

static guint add_field(KjJoin *join, const KjField *field, guint hint) {
    for (guint i = 0; i <= join->fields->len; i++) {
        guint index = i == 0 ? hint : i - 1;
        KjField *joint = index < join->fields->len ? &g_array_index(join->fields, KjField, index) : NULL;

        if (!joint || strcmp(joint->name, field->name) != 0 || joint->type.kind != field->type.kind || is_set(joint) != is_set(field))
            continue;
        join_field(join->arena, joint, field);
        return index;
    }
    g_array_append_val(join->fields, *field);
    return join->fields->len - 1;
}

/* A service stands for two fields; the joint one for the joint two. */
static void join_services(KjJoin *join, const Side *side) {
    for (guint i = 0; i < side->block->field_count; i++) {
        const KjField *field = &side->block->fields[i];
        KjField *joint = &g_array_index(join->fields, KjField, side->fields[i]);

        if (field->type.kind == KJ_TYPE_SERVICE) {
            joint->protocol = side->fields[field->protocol];
            joint->port = side->fields[field->port];
        }
    }
}

static const KjField *own_field(const KjJoin *join, guint side, guint field) {
    gint own = join->sides[side].owned[field];

    return own < 0 ? NULL : &join->sides[side].block->fields[own];
}

/* ---- sets of symbols numbered anew ---- */

static guint symbol_ordinal(const KjDataType *type, guint symbol) {
    return type->ordered ? type->symbol_count - 1 - symbol : symbol;
}

/* The symbols of `own` for which `wanted` says yes, as a set of the joint type. */
static const KjSet *symbols_set(KjJoin *join, const KjDataType *own, const KjDataType *joint, const KjSet *wanted) {
    KjSet *set = kj_arena_new0(join->arena, KjSet);
    KjInterval *intervals = kj_arena_newn(join->arena, KjInterval, joint->symbol_count + 1);
    const KjPattern **patterns = kj_arena_newn(join->arena, const KjPattern *, own->symbol_count + 1);
    g_autofree gboolean *in = g_new0(gboolean, joint->symbol_count + 1);

    for (guint i = 0; i < own->symbol_count; i++) {
        gboolean is_wanted = wanted == NULL;

        for (guint k = 0; wanted && k < wanted->count && !is_wanted; k++)
            is_wanted = wanted->intervals[k].low.low <= symbol_ordinal(own, i) && symbol_ordinal(own, i) <= wanted->intervals[k].high.low;
        if (!is_wanted)
            continue;
        if (joint->symbols)
            in[symbol_ordinal(joint, (guint)find_symbol(joint, own->symbols[i]))] = TRUE;
        else
            patterns[set->count++] = kj_pattern_new(join->arena, KJ_TYPE_SYMBOL, own->symbols[i], &(const char *){ NULL });
    }
    for (guint i = 0; i < joint->symbol_count; i++) {
        if (in[i] && (i == 0 || !in[i - 1]))
            intervals[set->count++].low = kj_ordinal_number(i);
        if (in[i])
            intervals[set->count - 1].high = kj_ordinal_number(i);
    }
    set->kind = joint->symbols ? KJ_SET_INTERVALS : KJ_SET_PATTERNS;
    set->name = wanted ? wanted->name : NULL;
    set->intervals = intervals;
    set->patterns = patterns;
    return set;
}

static const KjSet *taken_values(KjJoin *join, guint side, guint field) {
    const KjField *own = own_field(join, side, field);
    const KjDataType *joint = &g_array_index(join->fields, KjField, field).type;
    KjInterval *interval;
    KjSet *set;

    if (!own || is_set(own))
        return NULL;
    if (own->type.kind == KJ_TYPE_SYMBOL)
        return same_symbols(&own->type, joint) ? NULL : own->type.symbols ? symbols_set(join, &own->type, joint, NULL) : NULL;
    if (own->type.low == joint->low && own->type.high == joint->high)
        return NULL;
    interval = kj_arena_new0(join->arena, KjInterval);
    *interval = (KjInterval){ kj_ordinal_number(own->type.low), kj_ordinal_number(own->type.high) };
    set = kj_arena_new0(join->arena, KjSet);
    *set = (KjSet){ .kind = KJ_SET_INTERVALS, .intervals = interval, .count = 1 };
    return set;
}

/* ---- sides ---- */

static void finish_side(KjJoin *join, guint index) {
    Side *side = &join->sides[index];

    side->owned = kj_arena_newn(join->arena, gint, join->fields->len + 1);
    for (guint i = 0; i < join->fields->len; i++)
        side->owned[i] = -1;
    side->plain = TRUE;
    for (guint i = 0; i < side->block->field_count; i++) {
        const KjField *joint = &g_array_index(join->fields, KjField, side->fields[i]);

        side->owned[side->fields[i]] = (gint)i;
        side->plain = side->plain && side->fields[i] == i && same_symbols(&side->block->fields[i].type, &joint->type);
    }
    side->taken = kj_arena_newn(join->arena, const KjSet *, join->fields->len + 1);
    for (guint i = 0; i < join->fields->len; i++)
        side->taken[i] = taken_values(join, index, i);
    side->conditions = g_hash_table_new(NULL, NULL);
    side->sets = g_hash_table_new(NULL, NULL);
}

KjJoin *kj_join_new(KjArena *arena, const KjBlock *const *blocks, guint count) {
    KjJoin *join = kj_arena_new0(arena, KjJoin);

    join->arena = arena;
    join->fields = g_array_new(FALSE, TRUE, sizeof(KjField));
    join->sides = kj_arena_newn(arena, Side, count);
    join->side_count = count;
    for (guint s = 0; s < count; s++) {
        Side *side = &join->sides[s];

        side->block = blocks[s];
        side->fields = kj_arena_newn(arena, guint, blocks[s]->field_count + 1);
        for (guint i = 0; i < blocks[s]->field_count; i++)
            side->fields[i] = add_field(join, &blocks[s]->fields[i], i);
        join_services(join, side);
    }
    for (guint s = 0; s < count; s++)
        finish_side(join, s);
    return join;
}

void kj_join_free(KjJoin *join) {
    for (guint s = 0; s < join->side_count; s++) {
        g_hash_table_unref(join->sides[s].conditions);
        g_hash_table_unref(join->sides[s].sets);
    }
    g_array_unref(join->fields);
}

guint kj_join_sides(const KjJoin *join) {
    return join->side_count;
}

const KjField *kj_join_fields(const KjJoin *join, guint *count) {
    if (count)
        *count = join->fields->len;
    return (const KjField *)(void *)join->fields->data;
}

guint kj_join_field(const KjJoin *join, guint side, guint field) {
    return join->sides[side].fields[field];
}

gboolean kj_join_requires(const KjJoin *join, guint side, guint field) {
    const KjField *own = own_field(join, side, field);

    return own && (own->flags & KJ_FIELD_REQUIRED);
}

gboolean kj_join_refuses(const KjJoin *join, guint side, const KjRule *rule) {
    return (join->sides[side].block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
}

gboolean kj_join_comparable(const KjJoin *join, guint a, guint b) {
    const KjDataType *left = &g_array_index(join->fields, KjField, a).type, *right = &g_array_index(join->fields, KjField, b).type;

    return left->kind == right->kind && !left->set && !right->set && left->low == right->low && left->high == right->high &&
           left->ordered == right->ordered && same_symbols(left, right);
}

const KjSet *kj_join_values(KjJoin *join, guint side, guint field) {
    return join->sides[side].taken[field];
}

static const KjSet *join_set(KjJoin *join, Side *side, guint field, const KjSet *set) {
    const KjDataType *own = &side->block->fields[field].type, *joint = &g_array_index(join->fields, KjField, side->fields[field]).type;
    const KjSet *known = g_hash_table_lookup(side->sets, set);
    const KjSet **members;
    KjSet *copy;

    if (known || same_symbols(own, joint) || !own->symbols)
        return known ? known : set;
    if (set->kind == KJ_SET_INTERVALS) {
        known = symbols_set(join, own, joint, set);
    } else {
        members = kj_arena_newn(join->arena, const KjSet *, set->count + 1);
        for (guint i = 0; i < set->count; i++)
            members[i] = join_set(join, side, field, set->members[i]);
        copy = kj_arena_new0(join->arena, KjSet);
        *copy = *set;
        copy->members = members;
        known = copy;
    }
    g_hash_table_insert(side->sets, (gpointer)set, (gpointer)known);
    return known;
}

/* ---- conditions ---- */

static const KjCondition *rewrite(KjJoin *join, Side *side, const KjCondition *condition) {
    const KjCondition *known = g_hash_table_lookup(side->conditions, condition);
    KjCondition *copy;

    if (known)
        return known;
    copy = kj_arena_new0(join->arena, KjCondition);
    *copy = *condition;
    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN: {
        guint count = MAX(condition->count, condition->kind == KJ_CONDITION_NOT);
        const KjCondition **operands = kj_arena_newn(join->arena, const KjCondition *, count + 1);

        for (guint i = 0; i < count; i++)
            operands[i] = rewrite(join, side, condition->operands[i]);
        copy->operands = operands;
        break;
    }
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
    case KJ_CONDITION_DURING:
        break;
    case KJ_CONDITION_TEST:
        copy->set = join_set(join, side, condition->field, condition->set);
        copy->field = side->fields[condition->field];
        break;
    case KJ_CONDITION_COMPARE:
        copy->other = side->fields[condition->other];
        copy->field = side->fields[condition->field];
        break;
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
    case KJ_CONDITION_HAS:
        copy->field = side->fields[condition->field];
        break;
    }
    g_hash_table_insert(side->conditions, (gpointer)condition, copy);
    return copy;
}

const KjCondition *kj_join_condition(KjJoin *join, guint side, const KjCondition *condition) {
    return join->sides[side].plain ? condition : rewrite(join, &join->sides[side], condition);
}
