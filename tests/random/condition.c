/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random clauses and expressions.
 *
 * Each test on a field is recorded twice: its points go to the field, for requests that aim at nothing in particular, and to the rule at
 * hand, for requests that aim at the rule. A negation turns what is recorded around, so that aiming works below it too.
 */
#include "writer.h"

#include "../../bench/random.h"

#define PICK(random, list) ((list)[kj_random_below((random), G_N_ELEMENTS(list))])

static const char *const relations[] = { "==", "!=", "<", "<=", ">", ">=" };

KjRandomField *kj_random_field(const KjRandomWriter *writer, guint index) {
    return writer->policy->fields->pdata[index];
}

guint kj_random_pick_field(KjRandomWriter *writer) {
    guint field;

    do {
        field = (guint)kj_random_below(&writer->random, writer->policy->fields->len);
    } while (kj_random_field(writer, field)->unusable);
    return field;
}

void kj_random_use_points(KjRandomWriter *writer, guint field, const GPtrArray *points) {
    for (guint i = 0; i < points->len; i++) {
        const KjRandomPoint *point = points->pdata[i];

        kj_random_point_add(kj_random_field(writer, field)->points, g_strdup(point->text), point->inside);
        kj_random_add_hint(writer->hints, field, point->text, point->inside != writer->negated, -1);
    }
}

static void hint_free(gpointer data) {
    KjRandomHint *hint = data;

    g_free(hint->text);
    g_free(hint);
}

GPtrArray *kj_random_hints_new(void) {
    return g_ptr_array_new_with_free_func(hint_free);
}

void kj_random_add_hint(GPtrArray *hints, guint field, const char *text, gboolean inside, int same_as) {
    KjRandomHint *hint = g_new(KjRandomHint, 1);

    *hint = (KjRandomHint){ field, g_strdup(text), inside, same_as };
    g_ptr_array_add(hints, hint);
}

/* ---- operands ---- */

static const KjRandomName *pick_named(KjRandomWriter *writer, KjType type) {
    const GPtrArray *names = type == KJ_TYPE_PRINCIPAL && kj_random_chance(&writer->random, 60) ? writer->groups : writer->sets;
    const KjRandomName *name = names->len ? names->pdata[kj_random_below(&writer->random, names->len)] : NULL;

    return name && name->type == type ? name : NULL;
}

/* A literal, or the name of a set. */
static char *element_text(KjRandomWriter *writer, const KjRandomType *type, GPtrArray *points) {
    const KjRandomName *name = kj_random_chance(&writer->random, 30) ? pick_named(writer, type->type) : NULL;

    if (!name || (type->low || type->high)) /* a number that fits one type may be out of another's bounds */
        return kj_random_literal(&writer->random, type, TRUE, points);
    for (guint i = 0; i < name->points->len; i++) {
        const KjRandomPoint *point = name->points->pdata[i];
        kj_random_point_add(points, g_strdup(point->text), point->inside);
    }
    return g_strdup(name->name);
}

KjPiece *kj_random_set_piece(KjRandomWriter *writer, const KjRandomType *type, GPtrArray *points) {
    guint count = kj_random_chance(&writer->random, 55) ? 1 : 1 + (guint)kj_random_below(&writer->random, 6);
    KjPiece *set;

    if (count == 1 && kj_random_chance(&writer->random, 80))
        return kj_piece_text(element_text(writer, type, points));
    set = kj_piece_list("{ ", ", ", kj_random_chance(&writer->random, 20) ? ", }" : " }", 1);
    set->hoistable = TRUE;
    for (guint i = 0; i < count; i++)
        kj_piece_add(set, kj_piece_text(element_text(writer, type, points)), TRUE);
    return set;
}

static void hint_missing(KjRandomWriter *writer, guint field, gboolean missing) {
    kj_random_add_hint(writer->hints, field, NULL, missing != writer->negated, -1);
}

/* `{ none, A }`: a value of A, or none at all. */
static KjPiece *set_or_none(KjRandomWriter *writer, guint field, KjPiece *set) {
    KjPiece *either = kj_piece_list("{ ", ", ", " }", 1);

    either->hoistable = TRUE;
    kj_piece_add(either, kj_piece_text(g_strdup("none")), TRUE);
    kj_piece_add(either, set, TRUE);
    hint_missing(writer, field, TRUE);
    return either;
}

static KjPiece *set_without(KjRandomWriter *writer, guint field, KjPiece *set, GPtrArray *points) {
    KjPiece *difference = kj_piece_list(NULL, " - ", NULL, 1), *without = kj_piece_list("{ ", NULL, " }", 1);

    difference->hoistable = TRUE;
    kj_piece_add(without, kj_random_set_piece(writer, &kj_random_field(writer, field)->type, points), FALSE);
    kj_piece_add(difference, set, FALSE);
    kj_piece_add(difference, without, FALSE);
    return difference;
}

/* A set for one field, used. */
static KjPiece *field_set(KjRandomWriter *writer, guint field) {
    g_autoptr(GPtrArray) points = kj_random_points_new();
    const KjRandomField *it = kj_random_field(writer, field);
    KjPiece *set = kj_random_set_piece(writer, &it->type, points);
    guint kind = (guint)kj_random_below(&writer->random, 100);

    if (kind < 4 && !it->required)
        set = set_or_none(writer, field, set);
    else if (kind < 8)
        set = set_without(writer, field, set, points);
    kj_random_use_points(writer, field, points);
    return set;
}

static KjPiece *negated_set(KjRandomWriter *writer, guint field) {
    KjPiece *negation = kj_piece_list("not (", NULL, ")", 1);

    negation->hoistable = TRUE;
    writer->negated = !writer->negated;
    kj_piece_add(negation, field_set(writer, field), FALSE);
    writer->negated = !writer->negated;
    return negation;
}

static char *bound_text(KjRandomWriter *writer, guint field, const char *relation) {
    g_autoptr(GPtrArray) points = kj_random_points_new();
    char *text = kj_random_bound(&writer->random, &kj_random_field(writer, field)->type, relation, points);

    kj_random_use_points(writer, field, points);
    return text;
}

KjPiece *kj_random_clause(KjRandomWriter *writer, guint field) {
    const KjRandomField *it = kj_random_field(writer, field);
    KjPiece *clause = kj_piece_list(it->name, NULL, NULL, 1);
    guint kind = (guint)kj_random_below(&writer->random, 100);
    gboolean service = it->type.type == KJ_TYPE_SERVICE;

    if (it->type.set || (!it->required && !service && kind < 8)) {
        gboolean missing = kj_random_chance(&writer->random, 40), any = !missing && kj_random_chance(&writer->random, 20);

        if (!any)
            hint_missing(writer, field, missing);
        kj_piece_add(clause, kj_piece_text(g_strdup(missing ? " none" : any ? " any" : " not none")), FALSE);
    } else if (kind < 10) {
        kj_piece_add(clause, kj_piece_text(g_strdup(" any")), FALSE);
    } else if (kind < 40 && kj_random_type_ordered(&it->type)) {
        const char *relation = PICK(&writer->random, relations);
        g_autofree char *bound = bound_text(writer, field, relation);

        kj_piece_add(clause, kj_piece_text(g_strdup_printf(" %s %s", relation, bound)), FALSE);
    } else {
        kj_piece_add(clause, kj_piece_text(g_strdup(" ")), FALSE);
        kj_piece_add(clause, kj_random_chance(&writer->random, 18) ? negated_set(writer, field) : field_set(writer, field), FALSE);
    }
    return clause;
}

/* ---- expressions ---- */

/* One field with another of the same type; NULL where there is none. */
static KjPiece *field_with_field(KjRandomWriter *writer, guint left) {
    const KjRandomField *it = kj_random_field(writer, left);
    guint count = writer->policy->fields->len, start = (guint)kj_random_below(&writer->random, count);

    for (guint n = 0; n < count; n++) {
        guint right = (start + n) % count;
        const KjRandomField *other = kj_random_field(writer, right);
        gboolean ordered = kj_random_type_ordered(&it->type);
        const char *relation = ordered ? PICK(&writer->random, relations) : relations[kj_random_below(&writer->random, 2)];

        if (right == left || other->unusable || other->type.set || g_strcmp0(other->type.key, it->type.key) != 0)
            continue;
        kj_random_add_hint(writer->hints, left, NULL, (relation[1] == '=' && relation[0] != '!') != writer->negated, (int)right);
        return kj_piece_text(g_strdup_printf("%s %s %s", it->name, relation, other->name));
    }
    return NULL;
}

static KjPiece *comparison(KjRandomWriter *writer, guint field) {
    const KjRandomField *it = kj_random_field(writer, field);
    const char *relation =
        kj_random_type_ordered(&it->type) ? PICK(&writer->random, relations) : relations[kj_random_below(&writer->random, 2)];
    g_autofree char *bound = bound_text(writer, field, relation);

    return kj_piece_text(g_strdup_printf("%s %s %s", it->name, relation, bound));
}

static KjPiece *boolean_test(KjRandomWriter *writer, guint field) {
    kj_random_add_hint(writer->hints, field, "true", !writer->negated, -1);
    kj_random_add_hint(writer->hints, field, "false", writer->negated, -1);
    return kj_piece_text(g_strdup(kj_random_field(writer, field)->name));
}

static KjPiece *membership(KjRandomWriter *writer, guint field) {
    gboolean negative = kj_random_chance(&writer->random, 25);
    KjPiece *test = kj_piece_list(kj_random_field(writer, field)->name, NULL, NULL, 2);

    kj_piece_add(test, kj_piece_text(g_strdup(negative ? " not in " : " in ")), FALSE);
    writer->negated = writer->negated != negative;
    kj_piece_add(test, field_set(writer, field), FALSE);
    writer->negated = writer->negated != negative;
    return test;
}

static KjPiece *has_member(KjRandomWriter *writer, guint field) {
    const KjRandomField *it = kj_random_field(writer, field);
    g_autoptr(GPtrArray) points = kj_random_points_new();
    KjPiece *test = kj_piece_list(it->name, NULL, NULL, 1), *set;

    if (kj_random_chance(&writer->random, 60)) {
        set = kj_piece_text(kj_random_literal(&writer->random, &it->type, FALSE, points));
    } else {
        set = kj_piece_list("{ ", ", ", " }", 1);
        set->hoistable = TRUE;
        for (guint i = 0; i < 3; i++)
            kj_piece_add(set, kj_piece_text(kj_random_literal(&writer->random, &it->type, FALSE, points)), TRUE);
    }
    kj_piece_add(test, kj_piece_text(g_strdup(" has ")), FALSE);
    kj_piece_add(test, set, FALSE);
    kj_random_use_points(writer, field, points);
    return test;
}

static KjPiece *named_condition(KjRandomWriter *writer) {
    const KjRandomName *name = writer->conditions->pdata[kj_random_below(&writer->random, writer->conditions->len)];

    for (guint i = 0; i < name->hints->len; i++) {
        const KjRandomHint *hint = name->hints->pdata[i];
        kj_random_add_hint(writer->hints, hint->field, hint->text, hint->inside != writer->negated, hint->same_as);
    }
    return kj_piece_text(g_strdup(name->name));
}

static KjPiece *atom(KjRandomWriter *writer) {
    guint field = kj_random_pick_field(writer);
    const KjRandomField *it = kj_random_field(writer, field);
    guint kind = (guint)kj_random_below(&writer->random, 100);
    KjPiece *piece = NULL;

    if (kind < 12) {
        g_autofree char *window = kj_random_window(writer, TRUE);
        return kj_piece_text(g_strconcat("during ", window, NULL));
    }
    if (kind < 20 && writer->conditions->len)
        return named_condition(writer);
    if (it->type.set)
        return has_member(writer, field);
    if (it->type.type == KJ_TYPE_SERVICE)
        return membership(writer, field);
    if (kind < 32)
        piece = field_with_field(writer, field);
    if (piece)
        return piece;
    if (it->type.type == KJ_TYPE_BOOL)
        return kind < 75 ? boolean_test(writer, field) : comparison(writer, field);
    return kind < 65 ? membership(writer, field) : comparison(writer, field);
}

static KjPiece *negation(KjRandomWriter *writer, guint depth) {
    KjPiece *piece = kj_piece_list("not (", NULL, ")", 1);

    piece->hoistable = TRUE;
    writer->negated = !writer->negated;
    kj_piece_add(piece, kj_random_expression(writer, depth - 1), FALSE);
    writer->negated = !writer->negated;
    return piece;
}

/* `and` binds closer than `or`: half of the disjunctions leave the parentheses of their conjunctions out. */
static KjPiece *connective(KjRandomWriter *writer, guint depth, gboolean in_or) {
    gboolean all = in_or || kj_random_chance(&writer->random, 55);
    gboolean bare = in_or && kj_random_chance(&writer->random, 50);
    guint count = 2 + (guint)kj_random_below(&writer->random, 2);
    KjPiece *piece = kj_piece_list(bare ? NULL : "(", all ? " and " : " or ", bare ? NULL : ")", 1);

    piece->hoistable = TRUE;
    for (guint i = 0; i < count; i++) {
        gboolean nest = !all && depth > 1 && kj_random_chance(&writer->random, 30);

        kj_piece_add(piece, nest ? connective(writer, depth - 1, TRUE) : kj_random_expression(writer, depth - 1), TRUE);
    }
    return piece;
}

KjPiece *kj_random_expression(KjRandomWriter *writer, guint depth) {
    guint kind = (guint)kj_random_below(&writer->random, 100);

    if (depth == 0 || kind < 50)
        return atom(writer);
    return kind < 62 ? negation(writer, depth) : connective(writer, depth, FALSE);
}
