/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A box as a condition. See words.h; sets are in words_set.c, time in words_time.c, and the way back to syntax in words_syntax.c.
 *
 * A test is one part of a conjunction. Two things are left out because they say nothing: that a required field is there (a request without
 * it is an error, whatever the condition), and that a field is there which a member or a comparison reads as well. The condition means what
 * the box means for every other request, but for one thing: whether a request without any instant belongs is not said, since no condition
 * can say it.
 */
#include "words_private.h"

#include "../sentence.h"
#include "../syntax/syntax.h"

typedef struct {
    KjUniverse *universe;
    KjArena *arena;
    KjClassSets *sets;
    const KjBox *box;
    const KjField *fields;
    guint count;
    GPtrArray *parts; /* const KjCondition * */
} Speaking;

/* ---- conditions ---- */

static KjCondition *new_condition(const Speaking *speaking, KjConditionKind kind, guint field) {
    KjCondition *condition = kj_arena_new0(speaking->arena, KjCondition);

    condition->kind = kind;
    condition->field = field;
    condition->span = KJ_SPAN_NONE;
    return condition;
}

static const KjCondition *join(const Speaking *speaking, KjConditionKind kind, const GPtrArray *operands) {
    KjCondition *condition = new_condition(speaking, kind, 0);
    const KjCondition **copy = kj_arena_newn(speaking->arena, const KjCondition *, operands->len + 1);

    for (guint i = 0; i < operands->len; i++)
        copy[i] = operands->pdata[i];
    condition->operands = copy;
    condition->count = operands->len;
    return operands->len == 1 ? copy[0] : condition;
}

static const KjCondition *negate(const Speaking *speaking, const KjCondition *operand) {
    KjCondition *condition = new_condition(speaking, KJ_CONDITION_NOT, 0);
    const KjCondition **operands = kj_arena_newn(speaking->arena, const KjCondition *, 1);

    operands[0] = operand;
    condition->operands = operands;
    condition->count = 1;
    return condition;
}

static void add_part(Speaking *speaking, const KjCondition *part) {
    g_ptr_array_add(speaking->parts, (gpointer)part);
}

/* ---- values ---- */

static gboolean is_required(const Speaking *speaking, guint field) {
    return (speaking->fields[field].flags & KJ_FIELD_REQUIRED) != 0;
}

/* Whether a member or a comparison with one certain answer reads the field. */
static gboolean is_read(const Speaking *speaking, guint field) {
    for (guint i = 0; i < speaking->box->count; i++) {
        const KjBoxTest *test = &speaking->box->tests[i];
        const KjSpaceField *reader = kj_universe_field(speaking->universe, test->field);

        if (test->field < speaking->count || !reader || kj_class_set_has(test->set, 0) || kj_class_set_covers(test->set, 1, 2))
            continue;
        if (reader->left == field || (reader->kind == KJ_FIELD_KIND_COMPARE && reader->right == field))
            return TRUE;
    }
    return FALSE;
}

static void say_value(Speaking *speaking, const KjBoxTest *test) {
    guint field = test->field;
    const KjClassSet *whole = kj_class_sets_range(speaking->sets, 1, kj_universe_class_count(speaking->universe, field) - 1);
    const KjClassSet *classes = kj_class_set_intersect(speaking->sets, test->set, whole);
    gboolean missing = kj_class_set_has(test->set, 0) && (classes->count == 0 || !is_required(speaking, field));
    g_autoptr(GPtrArray) either = g_ptr_array_new();
    KjCondition *values;

    if (missing)
        g_ptr_array_add(either, new_condition(speaking, KJ_CONDITION_MISSING, field));
    if (classes == whole && (missing || is_required(speaking, field) || is_read(speaking, field)))
        return;
    if (classes == whole) {
        g_ptr_array_add(either, new_condition(speaking, KJ_CONDITION_PRESENT, field));
    } else if (classes->count) {
        values = new_condition(speaking, KJ_CONDITION_TEST, field);
        values->set = kj_words_set(speaking->universe, field, classes);
        g_ptr_array_add(either, values);
    }
    add_part(speaking, join(speaking, KJ_CONDITION_OR, either));
}

/* ---- members and comparisons ---- */

/* Whether the field is there in every request of the box. */
static gboolean is_there(const Speaking *speaking, guint field) {
    const KjClassSet *test = kj_box_field(speaking->box, field);

    return is_required(speaking, field) || (test && !kj_class_set_has(test, 0));
}

static const KjCondition *answer_condition(const Speaking *speaking, const KjSpaceField *bit, gboolean holds) {
    KjCondition *condition =
        new_condition(speaking, bit->kind == KJ_FIELD_KIND_MEMBER ? KJ_CONDITION_HAS : KJ_CONDITION_COMPARE, bit->left);
    const char **members;

    if (bit->kind == KJ_FIELD_KIND_MEMBER) {
        members = kj_arena_newn(speaking->arena, const char *, 1);
        members[0] = bit->member;
        condition->members = members;
        condition->count = 1;
        return holds ? condition : negate(speaking, condition);
    }
    condition->other = bit->right;
    condition->relation = bit->relation == KJ_RELATION_LESS ? holds ? KJ_RELATION_LESS : KJ_RELATION_GREATER_EQUAL
                          : holds                           ? KJ_RELATION_EQUAL
                                                            : KJ_RELATION_NOT_EQUAL;
    return condition;
}

static void say_bit(Speaking *speaking, const KjBoxTest *test, const KjSpaceField *bit) {
    const guint reads[] = { bit->left, bit->kind == KJ_FIELD_KIND_COMPARE ? bit->right : bit->left };
    gboolean no = kj_class_set_has(test->set, 1), yes = kj_class_set_has(test->set, 2), unknown = kj_class_set_has(test->set, 0);
    guint count = reads[0] == reads[1] ? 1 : 2;
    g_autoptr(GPtrArray) either = g_ptr_array_new();

    if (no && yes && unknown)
        return;
    for (guint i = 0; i < count && (no || yes) && !unknown && no == yes; i++) {
        if (!is_there(speaking, reads[i]))
            add_part(speaking, new_condition(speaking, KJ_CONDITION_PRESENT, reads[i]));
    }
    if (no && yes)
        return;
    for (guint i = 0; i < count && unknown; i++) {
        if (!is_there(speaking, reads[i]) || (!no && !yes))
            g_ptr_array_add(either, new_condition(speaking, KJ_CONDITION_MISSING, reads[i]));
    }
    if (no || yes)
        g_ptr_array_add(either, (gpointer)answer_condition(speaking, bit, yes));
    add_part(speaking, join(speaking, KJ_CONDITION_OR, either));
}

/* ---- the box ---- */

static void say_instant(Speaking *speaking, const KjBoxTest *test, gboolean *untold_time) {
    const KjClassSet *whole = kj_class_sets_range(speaking->sets, 1, kj_universe_class_count(speaking->universe, test->field) - 1);
    const KjClassSet *classes = kj_class_set_intersect(speaking->sets, test->set, whole);
    const KjCondition *condition = classes == whole || classes->count == 0 ? NULL : kj_words_time(speaking->universe, classes);

    if (condition)
        add_part(speaking, condition);
    else if (classes != whole)
        *untold_time = TRUE;
}

const KjCondition *kj_words_condition(KjUniverse *universe, const KjBox *box, gboolean *untold_time) {
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    Speaking speaking = {
        .universe = universe, .arena = kj_universe_arena(universe), .sets = kj_universe_sets(universe), .box = box, .parts = parts
    };

    speaking.fields = kj_universe_fields(universe, &speaking.count);
    *untold_time = FALSE;
    for (guint i = 0; i < box->count; i++) {
        const KjBoxTest *test = &box->tests[i];

        if (test->field == kj_universe_instant(universe))
            say_instant(&speaking, test, untold_time);
        else if (test->field >= speaking.count)
            say_bit(&speaking, test, kj_universe_field(universe, test->field));
        else if (speaking.fields[test->field].type.kind != KJ_TYPE_SERVICE)
            say_value(&speaking, test);
    }
    return parts->len ? join(&speaking, KJ_CONDITION_AND, parts) : new_condition(&speaking, KJ_CONDITION_TRUE, 0);
}

/* ---- texts ---- */

static void print_clause(const KjAstClause *clause, GString *out) {
    static const char *const relations[] = { "", "== ", "!= ", "< ", "<= ", "> ", ">= " };

    g_string_append_printf(out, "%s%s %s", out->len ? " " : "", clause->field ? clause->field->text : "during",
                           relations[clause->relation]);
    kj_print_value(clause->value, out);
}

const char *kj_words_clauses(KjUniverse *universe, const KjBox *box) {
    g_autoptr(GString) out = g_string_new(NULL);
    KjWordsSyntax syntax;
    gboolean untold_time;

    kj_words_syntax(universe, kj_words_condition(universe, box, &untold_time), NULL, &syntax);
    for (const KjAstClause *clause = syntax.clauses; clause; clause = clause->next)
        print_clause(clause, out);
    if (syntax.when) {
        g_string_append(out, out->len ? " when " : "when ");
        kj_print_expression(syntax.when, out);
    }
    return kj_arena_strdup(kj_universe_arena(universe), out->str);
}

const char *kj_words_sentence(KjUniverse *universe, const KjBox *box, const char *language) {
    KjWordsSyntax syntax;
    gboolean untold_time;
    guint count;
    const KjField *fields = kj_universe_fields(universe, &count);

    kj_words_syntax(universe, kj_words_condition(universe, box, &untold_time), language, &syntax);
    return kj_sentence_clauses(kj_universe_arena(universe), fields, count, syntax.clauses, syntax.when, language);
}
