/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values as sets of one type: literals, names, lists, ranges, `not`, `A - B`, CSV columns.
 *
 * A set of a numeric type is a list of intervals, always normal (sorted, disjoint, not adjacent), so that equal sets are equal lists. A
 * set of texts is a list of patterns, or an expression over such lists. "Missing" is no value of any type and is carried beside the set.
 * What a bare name means is decided in names order: a value of the enumeration, then a let, group or parameter; two meanings are an error.
 */
#include "check.h"

#include <string.h>

/* ---- sets ---- */

KjSet *kj_set_new(KjArena *arena, KjSetKind kind) {
    KjSet *set = kj_arena_new0(arena, KjSet);
    set->kind = kind;
    return set;
}

const KjSet *kj_set_intervals(KjArena *arena, const KjInterval *intervals, guint count) {
    KjSet *set = kj_set_new(arena, KJ_SET_INTERVALS);
    KjInterval *copy = kj_arena_newn(arena, KjInterval, count + 1);

    if (count)
        memcpy(copy, intervals, sizeof *copy * count);
    set->intervals = copy;
    set->count = count;
    return set;
}

static guint interval_hash(gconstpointer key) {
    const KjInterval *interval = ((const KjSet *)key)->intervals;
    guint64 hash = (interval->low.low * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) ^ interval->low.high) *
                   G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);

    hash = (hash ^ hash >> 29 ^ interval->high.low) * G_GUINT64_CONSTANT(0x94d049bb133111eb) ^ interval->high.high;
    return (guint)(hash ^ hash >> 32) + (guint)interval->low.family;
}

static gboolean interval_equal(gconstpointer a, gconstpointer b) {
    const KjInterval *left = ((const KjSet *)a)->intervals, *right = ((const KjSet *)b)->intervals;

    return kj_ordinal_compare(left->low, right->low) == 0 && kj_ordinal_compare(left->high, right->high) == 0;
}

GHashTable *kj_set_table(void) {
    return g_hash_table_new(interval_hash, interval_equal);
}

/* The set of one interval, made once for the whole policy: ten thousand rules have few ports, and every pass that follows looks at each set once. */
static const KjSet *shared_interval(KjChecker *checker, const KjInterval *interval) {
    const KjSet wanted = { .kind = KJ_SET_INTERVALS, .intervals = interval, .count = 1 };
    const KjSet *set = g_hash_table_lookup(checker->shared, &wanted);

    if (!set) {
        set = kj_set_intervals(checker->arena, interval, 1);
        g_hash_table_add(checker->shared, (gpointer)set);
    }
    return set;
}

static const KjSet *set_of_members(KjArena *arena, KjSetKind kind, const KjSet *first, const KjSet *second) {
    KjSet *set = kj_set_new(arena, kind);
    const KjSet **members = kj_arena_newn(arena, const KjSet *, 2);

    members[0] = first;
    members[1] = second;
    set->members = members;
    set->count = second ? 2 : 1;
    return set;
}

static gboolean is_literal_patterns(const KjSet *set) {
    if (set->kind != KJ_SET_PATTERNS)
        return FALSE;
    for (guint i = 0; i < set->count; i++) {
        for (guint j = 0; j < set->patterns[i]->count; j++) {
            if (set->patterns[i]->tokens[j].kind != KJ_TOKEN_LITERAL)
                return FALSE;
        }
    }
    return TRUE;
}

static const KjSet *patterns_minus(KjArena *arena, const KjSet *left, const KjSet *right) {
    g_autoptr(GHashTable) gone = g_hash_table_new(g_str_hash, g_str_equal);
    KjSet *set = kj_set_new(arena, KJ_SET_PATTERNS);
    const KjPattern **patterns = kj_arena_newn(arena, const KjPattern *, left->count + 1);

    for (guint i = 0; i < right->count; i++)
        g_hash_table_add(gone, (gpointer)right->patterns[i]->text);
    for (guint i = 0; i < left->count; i++) {
        if (!g_hash_table_contains(gone, left->patterns[i]->text))
            patterns[set->count++] = left->patterns[i];
    }
    set->patterns = patterns;
    return set;
}

const KjSet *kj_set_minus(KjArena *arena, const KjDataType *type, const KjSet *left, const KjSet *right) {
    if (left->kind == KJ_SET_INTERVALS && right->kind == KJ_SET_INTERVALS && kj_type_is_line(type)) {
        g_autoptr(GArray) rest = kj_intervals_minus(left->intervals, left->count, right->intervals, right->count);
        return kj_set_intervals(arena, (const KjInterval *)(void *)rest->data, rest->len);
    }
    if (is_literal_patterns(left) && is_literal_patterns(right))
        return patterns_minus(arena, left, right);
    return set_of_members(arena, KJ_SET_MINUS, left, right);
}

const KjSet *kj_set_complement(KjArena *arena, const KjDataType *type, const KjSet *set) {
    if (set->kind == KJ_SET_INTERVALS && kj_type_is_line(type)) {
        KjInterval whole = kj_type_whole(type);
        g_autoptr(GArray) rest = kj_intervals_minus(&whole, 1, set->intervals, set->count);
        return kj_set_intervals(arena, (const KjInterval *)(void *)rest->data, rest->len);
    }
    return set_of_members(arena, KJ_SET_COMPLEMENT, set, NULL);
}

gboolean kj_set_has_parameter(const KjSet *set) {
    if (set->kind == KJ_SET_PARAMETER)
        return TRUE;
    if (set->kind == KJ_SET_INTERVALS || set->kind == KJ_SET_PATTERNS)
        return FALSE;
    for (guint i = 0; i < set->count; i++) {
        if (kj_set_has_parameter(set->members[i]))
            return TRUE;
    }
    return FALSE;
}

gboolean kj_set_single(const KjSet *set, KjInterval *interval, const KjPattern **pattern) {
    *pattern = NULL;
    if (set->count != 1)
        return FALSE;
    if (set->kind == KJ_SET_INTERVALS) {
        *interval = set->intervals[0];
        return kj_ordinal_compare(interval->low, interval->high) == 0;
    }
    if (!is_literal_patterns(set))
        return FALSE;
    *pattern = set->patterns[0];
    return TRUE;
}

const KjSet *kj_set_related(KjArena *arena, const KjDataType *type, KjRelation relation, const KjSet *set) {
    KjInterval value, whole = kj_type_whole(type);
    const KjPattern *pattern;

    if (relation == KJ_RELATION_EQUAL)
        return set;
    if (relation == KJ_RELATION_NOT_EQUAL)
        return kj_set_complement(arena, type, set);
    if (set->kind != KJ_SET_INTERVALS || !kj_set_single(set, &value, &pattern))
        return NULL;
    if (relation == KJ_RELATION_LESS || relation == KJ_RELATION_LESS_EQUAL)
        whole.high = value.low;
    else
        whole.low = value.low;
    if (relation == KJ_RELATION_LESS) {
        if (value.low.low == type->low)
            return kj_set_intervals(arena, NULL, 0);
        whole.high = kj_ordinal_previous(value.low);
    } else if (relation == KJ_RELATION_GREATER) {
        if (value.low.low == type->high)
            return kj_set_intervals(arena, NULL, 0);
        kj_ordinal_next(&whole.low);
    }
    return kj_set_intervals(arena, &whole, 1);
}

/* ---- collecting ---- */

typedef struct {
    const KjScope *scope;
    const KjDataType *type;
    GArray *intervals; /* KjInterval */
    GPtrArray *patterns; /* KjPattern */
    GHashTable *texts; /* of patterns, once there are many */
    GPtrArray *members; /* KjSet */
    gboolean none, any;
    gboolean alone; /* the whole value is one name: its set is shared, not copied */
    const KjSet *shared;
} Collector;

static void add_interval(Collector *collector, KjInterval interval) {
    if (!collector->intervals)
        collector->intervals = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    g_array_append_val(collector->intervals, interval);
}

static void add_pattern(Collector *collector, const KjPattern *pattern) {
    if (!collector->patterns) {
        collector->patterns = g_ptr_array_new();
        collector->texts = g_hash_table_new(g_str_hash, g_str_equal);
    }
    if (g_hash_table_add(collector->texts, (gpointer)pattern->text))
        g_ptr_array_add(collector->patterns, (gpointer)pattern);
}

/* Numeric sets and plain members of groups flatten; a named set of patterns stays one member, so that it keeps its name. */
static void add_operand(Collector *collector, const KjOperand *operand) {
    const KjSet *set = operand->set;

    collector->none = collector->none || operand->none;
    collector->any = collector->any || operand->any;
    if (collector->alone) {
        collector->shared = set;
        return;
    }
    if (set->kind == KJ_SET_INTERVALS && kj_type_is_line(collector->type)) {
        for (guint i = 0; i < set->count; i++)
            add_interval(collector, set->intervals[i]);
    } else if (set->kind == KJ_SET_PATTERNS && (collector->scope->in_group || !set->name)) {
        for (guint i = 0; i < set->count; i++)
            add_pattern(collector, set->patterns[i]);
    } else {
        if (!collector->members)
            collector->members = g_ptr_array_new();
        g_ptr_array_add(collector->members, (gpointer)set);
    }
}

static const KjSet *collected_set(Collector *collector) {
    KjArena *arena = collector->scope->checker->arena;
    guint members = collector->members ? collector->members->len : 0;
    const KjSet *plain = NULL, **all;
    KjSet *set;

    if (collector->shared)
        return collector->shared;
    if (kj_type_is_line(collector->type) && (collector->intervals || members == 0)) {
        if (collector->intervals)
            kj_intervals_normalise(collector->intervals);
        plain = collector->intervals
                    ? kj_set_intervals(arena, (const KjInterval *)(void *)collector->intervals->data, collector->intervals->len)
                    : kj_set_intervals(arena, NULL, 0);
    } else if (!kj_type_is_line(collector->type) && (collector->patterns || members == 0)) {
        guint count = collector->patterns ? collector->patterns->len : 0;
        const KjPattern **patterns = kj_arena_newn(arena, const KjPattern *, count + 1);
        if (count)
            memcpy(patterns, collector->patterns->pdata, sizeof *patterns * count);
        set = kj_set_new(arena, KJ_SET_PATTERNS);
        set->patterns = patterns;
        set->count = count;
        plain = set;
    }
    if (members == 0)
        return plain;
    if (!plain && members == 1)
        return g_ptr_array_index(collector->members, 0);
    set = kj_set_new(arena, KJ_SET_UNION);
    all = kj_arena_newn(arena, const KjSet *, members + 1);
    if (plain)
        all[set->count++] = plain;
    for (guint i = 0; i < members; i++)
        all[set->count++] = g_ptr_array_index(collector->members, i);
    set->members = all;
    return set;
}

static void collector_clear(Collector *collector) {
    g_clear_pointer(&collector->intervals, g_array_unref);
    g_clear_pointer(&collector->patterns, g_ptr_array_unref);
    g_clear_pointer(&collector->texts, g_hash_table_unref);
    g_clear_pointer(&collector->members, g_ptr_array_unref);
}

/* ---- names ---- */

static const KjSet *parameter_set(const KjScope *scope, const KjStandardParameter *parameter) {
    KjSet *set = kj_set_new(scope->checker->arena, KJ_SET_PARAMETER);
    set->name = parameter->name;
    return set;
}

static gboolean report_ambiguous(const KjScope *scope, const KjAstValue *value, const char *first, const char *second) {
    const KjAstName *name = value->name;
    const char *dot = strrchr(scope->module->name, '.');
    KjDiagnostic *ambiguous = KJ_CHECK_REPORT(scope, KJ_CODE_NAME_AMBIGUOUS, value->span, name->text, first, second);

    KJ_CHECK_HELP(ambiguous, _("write \"%s\" for %s, or `%s.%s` for %s"), name->text, first, dot ? dot + 1 : scope->module->name,
                  name->last,
                  second);
    return FALSE;
}

static gboolean collect_parameter(Collector *collector, const KjAstValue *value, const KjStandardParameter *parameter) {
    const KjScope *scope = collector->scope;
    KjOperand operand = { 0 };

    if (parameter->type.kind != collector->type->kind) {
        KjDiagnostic *mismatch =
            KJ_CHECK_REPORT(scope, KJ_CODE_PARAMETER_TYPE, value->span, parameter->name,
                            kj_check_type_text(scope->checker, &parameter->type), kj_check_type_text(scope->checker, collector->type));
        kj_report_related(mismatch, parameter->span, _("declared here"));
        return FALSE;
    }
    operand.set = parameter_set(scope, parameter);
    add_operand(collector, &operand);
    return TRUE;
}

static gboolean collect_entity(Collector *collector, const KjAstValue *value, KjEntity *entity) {
    const KjOperand *operand = kj_let_resolve(collector->scope, entity, collector->type, value->span);
    KjOperand named;

    if (!operand)
        return FALSE;
    named = *operand;
    if (!collector->scope->in_group) {
        KjSet *copy = kj_set_new(collector->scope->checker->arena, named.set->kind);
        *copy = *named.set;
        copy->name = value->name->text;
        named.set = copy;
    }
    add_operand(collector, &named);
    return TRUE;
}

/* An open enumeration takes any bare name that nothing else has; groups hold names of groups and lets only. */
static gboolean is_open_symbol(const Collector *collector, const KjAstName *name) {
    return collector->type->kind == KJ_TYPE_SYMBOL && !collector->type->symbols && !name->qualifier && !collector->scope->in_group;
}

static gboolean collect_name(Collector *collector, const KjAstValue *value) {
    const KjScope *scope = collector->scope;
    const KjAstName *name = value->name;
    const KjStandardParameter *parameter =
        scope->block && !name->qualifier ? g_hash_table_lookup(scope->block->parameters, name->text) : NULL;
    gboolean blocked, is_symbol;
    KjEntity *entity = kj_names_value(scope->module, name, &blocked);
    guint64 number;
    KjInterval interval;

    is_symbol = !name->qualifier && (is_open_symbol(collector, name) || kj_literal_symbol(collector->type, name->text, &number));
    if (is_symbol && (entity || parameter))
        return report_ambiguous(scope, value, _("the value"),
                                parameter                         ? _("the parameter")
                                : entity->kind == KJ_ENTITY_GROUP ? _("the group")
                                                                  : _("the `let`"));
    if (parameter && entity)
        return report_ambiguous(scope, value, _("the parameter"), _("the `let`"));
    if (parameter)
        return collect_parameter(collector, value, parameter);
    if (entity)
        return collect_entity(collector, value, entity);
    if (blocked && !is_symbol)
        return FALSE;
    if (is_symbol && kj_type_is_line(collector->type)) {
        if (!kj_literal_interval(scope, collector->type, value, &interval))
            return FALSE;
        add_interval(collector, interval);
        return TRUE;
    }
    if (is_symbol) {
        const KjPattern *pattern = kj_literal_pattern(scope, collector->type, name->text, value->span);
        if (pattern)
            add_pattern(collector, pattern);
        return pattern != NULL;
    }
    if (collector->type->kind == KJ_TYPE_SYMBOL && !name->qualifier && collector->type->symbols)
        return kj_literal_interval(scope, collector->type, value, &interval); /* tells which values there are */
    kj_names_unknown(scope, name, collector->type,
                     collector->type->kind == KJ_TYPE_SYMBOL ? (const char *const *)collector->type->symbols : NULL);
    return FALSE;
}

/* ---- values ---- */

static gboolean collect_minus(Collector *collector, const KjAstValue *value) {
    KjOperand left, right, rest = { 0 };
    gboolean good;

    if (kj_suggest_range(collector->scope, value))
        return FALSE;
    good = kj_set_resolve(collector->scope, collector->type, value->left, &left);
    good = kj_set_resolve(collector->scope, collector->type, value->right, &right) && good;
    if (!good)
        return FALSE;
    rest.set = kj_set_minus(collector->scope->checker->arena, collector->type, left.set, right.set);
    rest.none = left.none && !right.none;
    add_operand(collector, &rest);
    return TRUE;
}

static gboolean collect_not(Collector *collector, const KjAstValue *value) {
    KjOperand inner, rest = { 0 };

    if (!kj_set_resolve(collector->scope, collector->type, value->left, &inner))
        return FALSE;
    rest.set = kj_set_complement(collector->scope->checker->arena, collector->type, inner.set);
    add_operand(collector, &rest);
    return TRUE;
}

static gboolean collect_cells(Collector *collector, const KjAstValue *value) {
    KjScope here = *collector->scope; /* an error in the data is told in the data */
    guint count;
    const KjCell *cells = kj_csv_column(collector->scope, value, &count);
    gboolean good = cells != NULL;

    here.in_let = FALSE;
    for (guint i = 0; good && i < count; i++) {
        KjAstValue cell = { .kind = KJ_VALUE_STRING, .text = cells[i].text, .spelling = cells[i].text, .span = cells[i].span };
        good = kj_csv_cell(&here, collector->type, &cell);
        if (good && kj_type_is_line(collector->type)) {
            KjInterval interval;
            good = kj_literal_interval(&here, collector->type, &cell, &interval);
            if (good)
                add_interval(collector, interval);
        } else if (good) {
            const KjPattern *pattern = kj_literal_pattern(&here, collector->type, cells[i].text, cells[i].span);
            good = pattern != NULL;
            if (good)
                add_pattern(collector, pattern);
        }
    }
    return good;
}

static gboolean collect_literal(Collector *collector, const KjAstValue *value) {
    const KjScope *scope = collector->scope;
    KjInterval interval;
    const KjPattern *pattern;

    if (kj_type_is_line(collector->type)) {
        if (!kj_literal_interval(scope, collector->type, value, &interval))
            return FALSE;
        add_interval(collector, interval);
        return TRUE;
    }
    if (value->kind != KJ_VALUE_STRING) {
        kj_literal_mismatch(scope, collector->type, value);
        return FALSE;
    }
    pattern = kj_literal_pattern(scope, collector->type, value->text, value->span);
    if (pattern)
        add_pattern(collector, pattern);
    return pattern != NULL;
}

static gboolean collect(Collector *collector, const KjAstValue *value) {
    gboolean good = TRUE;
    KjInterval interval;

    switch (value->kind) {
    case KJ_VALUE_NAME:
        return collect_name(collector, value);
    case KJ_VALUE_SET:
        for (const KjAstValue *item = value->items; item; item = item->next)
            good = collect(collector, item) && good;
        return good;
    case KJ_VALUE_ANY:
        collector->any = collector->none = TRUE;
        return TRUE;
    case KJ_VALUE_NONE:
        collector->none = TRUE;
        return TRUE;
    case KJ_VALUE_NOT:
        return collect_not(collector, value);
    case KJ_VALUE_MINUS:
        return collect_minus(collector, value);
    case KJ_VALUE_CSV:
        return collect_cells(collector, value);
    case KJ_VALUE_RANGE:
        if (!kj_type_is_line(collector->type)) {
            kj_literal_mismatch(collector->scope, collector->type, value);
            return FALSE;
        }
        if (!kj_literal_range(collector->scope, collector->type, value, &interval))
            return FALSE;
        add_interval(collector, interval);
        return TRUE;
    default:
        return collect_literal(collector, value);
    }
}

/* One literal or range of a numeric type, as most values are. */
static gboolean resolve_interval(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjOperand *operand) {
    KjInterval interval;
    gboolean good = value->kind == KJ_VALUE_RANGE ? kj_literal_range(scope, type, value, &interval)
                                                  : kj_literal_interval(scope, type, value, &interval);

    *operand = (KjOperand){ good ? shared_interval(scope->checker, &interval) : NULL, FALSE, FALSE };
    return good;
}

static gboolean is_literal(const KjAstValue *value) {
    switch (value->kind) {
    case KJ_VALUE_NAME:
    case KJ_VALUE_SET:
    case KJ_VALUE_ANY:
    case KJ_VALUE_NONE:
    case KJ_VALUE_NOT:
    case KJ_VALUE_MINUS:
    case KJ_VALUE_CSV:
        return FALSE;
    default:
        return TRUE;
    }
}

gboolean kj_set_resolve(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjOperand *operand) {
    if (kj_type_is_line(type) && is_literal(value))
        return resolve_interval(scope, type, value, operand);
    Collector collector = { .scope = scope, .type = type, .alone = value->kind == KJ_VALUE_NAME };
    gboolean good = collect(&collector, value);

    *operand = (KjOperand){ NULL, collector.none, collector.any };
    if (good && collector.any)
        operand->set = kj_set_complement(scope->checker->arena, type,
                                         kj_type_is_line(type) ? kj_set_intervals(scope->checker->arena, NULL, 0)
                                                               : kj_set_new(scope->checker->arena, KJ_SET_PATTERNS));
    else if (good)
        operand->set = collected_set(&collector);
    collector_clear(&collector);
    return good;
}
