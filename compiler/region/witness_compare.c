/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values for fields that are compared with each other.
 *
 * Fields that must be equal are one group. For n groups, n different values of each are enough to make all groups different, where they
 * have so many; and of numbers, n values from each end of a stretch of classes are enough to stand in any order (a solution moves down into
 * the first n points of its stretch and stays one). So the search over these few values finds one if there is any, but for texts of which a
 * class has few and those are spelt with several tokens, and for more groups than anybody writes: then there is no witness, and the caller
 * says "unproved".
 */
#include "witness_private.h"

#include <string.h>

#define STEPS_MOST 100000u

/* One value for all of its fields. */
typedef struct {
    guint field;       /* that stands for them */
    gboolean ordered;  /* `<` is asked of one of them */
    GArray *examples;  /* KjExample */
    guint chosen;
} Group;

/* A comparison of two groups that has an answer. */
typedef struct {
    guint left, right;
    KjRelation relation;
    gboolean holds;
} Link;

typedef struct {
    KjWitnessMaker *maker;
    guint *kin;      /* of each field: one that is equal, up to the one that stands for all */
    GArray *groups;  /* Group */
    guint *group_of; /* of the standing fields, + 1 */
    GArray *links;   /* Link */
    guint steps;
} Comparison;

static guint stands_for(const Comparison *comparison, guint field) {
    while (comparison->kin[field] != field)
        field = comparison->kin[field];
    return field;
}

static Group *group_at(const Comparison *comparison, guint index) {
    return &g_array_index(comparison->groups, Group, index);
}

/* ---- groups and links ---- */

/* The answers that the box leaves to a comparison of fields that are there: bits 1 no, 2 yes. */
static guint answers(const KjClassSet *test) {
    return (kj_class_set_has(test, 1) ? 1u : 0u) | (kj_class_set_has(test, 2) ? 2u : 0u);
}

static gboolean same_types(const KjDataType *a, const KjDataType *b) {
    gboolean same = a->low == b->low && a->high == b->high && a->ordered == b->ordered && a->symbol_count == b->symbol_count;

    for (guint i = 0; same && i < a->symbol_count; i++)
        same = strcmp(a->symbols[i], b->symbols[i]) == 0;
    return same;
}

/* Calls for each comparison in the box of two fields that are there. */
static gboolean each_comparison(Comparison *comparison, gboolean (*visit)(Comparison *, const KjSpaceField *, guint)) {
    KjWitnessMaker *maker = comparison->maker;

    for (guint i = 0; i < maker->box->count; i++) {
        const KjBoxTest *test = &maker->box->tests[i];
        const KjSpaceField *field = kj_universe_field(maker->universe, test->field);

        if (!field || field->kind != KJ_FIELD_KIND_COMPARE || !maker->present[field->left] || !maker->present[field->right])
            continue;
        if (!visit(comparison, field, answers(test->set)))
            return FALSE;
    }
    return TRUE;
}

/* Fields that must be equal are one group. FALSE when there is no answer the box takes. */
static gboolean join_equals(Comparison *comparison, const KjSpaceField *field, guint answer) {
    guint left = stands_for(comparison, field->left), right = stands_for(comparison, field->right);

    if (field->relation == KJ_RELATION_EQUAL && answer == 2)
        comparison->kin[MAX(left, right)] = MIN(left, right);
    return answer != 0;
}

static guint find_group(Comparison *comparison, guint field) {
    guint *known = &comparison->group_of[stands_for(comparison, field)];
    Group group = { stands_for(comparison, field), FALSE, NULL, 0 };

    if (*known == 0) {
        group.examples = kj_examples_new();
        g_array_append_val(comparison->groups, group);
        *known = comparison->groups->len;
    }
    return *known - 1;
}

static gboolean link_groups(Comparison *comparison, const KjSpaceField *field, guint answer) {
    Link link = { find_group(comparison, field->left), find_group(comparison, field->right), field->relation, answer == 2 };

    if (field->relation == KJ_RELATION_LESS)
        group_at(comparison, link.left)->ordered = group_at(comparison, link.right)->ordered = TRUE;
    if (answer == 3)
        return TRUE;
    g_array_append_val(comparison->links, link);
    return TRUE;
}

/* ---- examples of groups ---- */

/* The value as the field writes it: a number may have a name in one field and none in another. Free with g_free. */
static char *text_in(const KjSpaceField *field, const KjExample *example) {
    GString *text;

    if (field->field->type.kind == KJ_TYPE_SYMBOL || kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_AUTOMATON)
        return g_strdup(example->text);
    text = g_string_new(NULL);
    kj_example_print(&field->field->type, example->ordinal, text);
    return g_string_free(text, FALSE);
}

static gboolean fits_all(const Comparison *comparison, const Group *group, const KjExample *example) {
    KjWitnessMaker *maker = comparison->maker;

    for (guint i = 0; i < maker->count; i++) {
        const KjSpaceField *field = kj_universe_field(maker->universe, i);
        g_autofree char *text = NULL;
        guint32 klass;

        if (!maker->present[i] || stands_for(comparison, i) != group->field)
            continue;
        text = text_in(field, example);
        klass = kj_example_classify(field, text, NULL);
        if (klass == 0 || !kj_class_set_has(maker->allowed[i], klass))
            return FALSE;
    }
    return TRUE;
}

static void keep_fitting(Comparison *comparison, Group *group, GArray *found) {
    for (guint i = 0; i < found->len; i++) {
        KjExample *example = &g_array_index(found, KjExample, i), kept = *example;

        if (!fits_all(comparison, group, example))
            continue;
        example->text = NULL;
        g_array_append_val(group->examples, kept);
    }
}

/* The classes of all fields of the group together; fields of another type number theirs otherwise, and are only tried. */
static const KjClassSet *common_classes(const Comparison *comparison, const Group *group) {
    KjWitnessMaker *maker = comparison->maker;
    const KjClassSet *classes = maker->allowed[group->field];

    for (guint i = 0; i < maker->count; i++) {
        if (maker->present[i] && stands_for(comparison, i) == group->field &&
            same_types(&maker->fields[i].type, &maker->fields[group->field].type))
            classes = kj_class_set_intersect(kj_universe_sets(maker->universe), classes, maker->allowed[i]);
    }
    return classes;
}

/* Whether some field of the group has another type than the one that stands for it. */
static gboolean has_other_types(const Comparison *comparison, const Group *group) {
    KjWitnessMaker *maker = comparison->maker;

    for (guint i = 0; i < maker->count; i++) {
        if (stands_for(comparison, i) == group->field && !same_types(&maker->fields[i].type, &maker->fields[group->field].type))
            return TRUE;
    }
    return FALSE;
}

static gboolean has_line(const Comparison *comparison, guint field) {
    return kj_classifier_kind(kj_universe_field(comparison->maker->universe, field)->classifier) != KJ_CLASSIFIER_AUTOMATON;
}

static void find_examples(Comparison *comparison, Group *group) {
    KjWitnessMaker *maker = comparison->maker;
    guint count = comparison->groups->len;
    gboolean ends = has_line(comparison, group->field) && (group->ordered || has_other_types(comparison, group));
    g_autoptr(GArray) found = kj_examples_new();

    kj_examples_find(kj_universe_field(maker->universe, group->field), kj_universe_sets(maker->universe), common_classes(comparison, group),
                     maker->family, count, found);
    for (guint i = 0; i < maker->count && ends; i++) {
        if (comparison->group_of[stands_for(comparison, i)] && has_line(comparison, i))
            kj_examples_at_ends(kj_universe_field(maker->universe, i), maker->allowed[i], count, found);
    }
    keep_fitting(comparison, group, found);
}

/* ---- the search ---- */

static const KjExample *value_of(const Comparison *comparison, guint group) {
    return &g_array_index(group_at(comparison, group)->examples, KjExample, group_at(comparison, group)->chosen);
}

static gboolean is_equal(const Comparison *comparison, const KjExample *a, const KjExample *b, guint group) {
    const KjSpaceField *field = kj_universe_field(comparison->maker->universe, group_at(comparison, group)->field);

    if (field->field->type.kind == KJ_TYPE_SYMBOL || kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_AUTOMATON)
        return strcmp(a->text, b->text) == 0;
    return kj_ordinal_compare(a->ordinal, b->ordinal) == 0;
}

/* Whether the links among the first `count` groups hold. Only those of the last are new. */
static gboolean links_hold(const Comparison *comparison, guint count) {
    for (guint i = 0; i < comparison->links->len; i++) {
        const Link *link = &g_array_index(comparison->links, Link, i);
        const KjExample *left, *right;
        gboolean holds;

        if (MAX(link->left, link->right) != count - 1)
            continue;
        left = value_of(comparison, link->left);
        right = value_of(comparison, link->right);
        holds = link->relation == KJ_RELATION_LESS ? kj_ordinal_compare(left->ordinal, right->ordinal) < 0
                                                   : is_equal(comparison, left, right, link->left);
        if (holds != link->holds)
            return FALSE;
    }
    return TRUE;
}

/* Chooses for the groups from this one on; as deep as there are groups. */
static gboolean choose(Comparison *comparison, guint index) {
    Group *group;

    if (index == comparison->groups->len)
        return TRUE;
    group = group_at(comparison, index);
    for (group->chosen = 0; group->chosen < group->examples->len && comparison->steps < STEPS_MOST; group->chosen++) {
        comparison->steps++;
        if (links_hold(comparison, index + 1) && choose(comparison, index + 1))
            return TRUE;
    }
    return FALSE;
}

static void take_values(Comparison *comparison) {
    KjWitnessMaker *maker = comparison->maker;

    for (guint i = 0; i < maker->count; i++) {
        guint group = comparison->group_of[stands_for(comparison, i)];

        if (group && maker->present[i])
            maker->texts[i] = text_in(kj_universe_field(maker->universe, i), value_of(comparison, group - 1));
    }
}

gboolean kj_witness_compare(KjWitnessMaker *maker) {
    g_autofree guint *kin = g_new(guint, maker->count + 1), *group_of = g_new0(guint, maker->count + 1);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(Group)), links = g_array_new(FALSE, FALSE, sizeof(Link));
    Comparison comparison = { maker, kin, groups, group_of, links, 0 };
    gboolean good;

    for (guint i = 0; i < maker->count; i++)
        kin[i] = i;
    good = each_comparison(&comparison, join_equals) && each_comparison(&comparison, link_groups);
    for (guint i = 0; i < groups->len && good; i++)
        find_examples(&comparison, group_at(&comparison, i));
    good = good && choose(&comparison, 0);
    if (good)
        take_values(&comparison);
    for (guint i = 0; i < groups->len; i++)
        g_array_unref(group_at(&comparison, i)->examples);
    return good;
}
