/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a space: which there are, and their classes. See space.h; lowering is in lower.c.
 *
 * A derived field is known by its meaning written out as text, so that two windows with the same hours are one field, whoever wrote them.
 * `a != b` is the negation of `a == b`, and `<= > >=` are `<` turned round or negated: one bit each serves all six relations, and analysis
 * sees that they depend on each other.
 */
#include "space.h"

#include "window_text.h"

static void field_clear(gpointer data) {
    g_clear_pointer(&((KjSpaceField *)data)->classifier, kj_classifier_free);
}

KjSpace *kj_space_new(const KjField *fields, guint count) {
    KjSpace *space = g_new0(KjSpace, 1);

    space->sets = kj_class_sets_new();
    space->fields = g_array_new(FALSE, TRUE, sizeof(KjSpaceField));
    g_array_set_clear_func(space->fields, field_clear);
    space->derived = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    space->windows = g_hash_table_new(NULL, NULL);
    space->conditions = g_hash_table_new(NULL, NULL);
    space->value_count = count;
    for (guint i = 0; i < count; i++) {
        KjSpaceField field = { .kind = KJ_FIELD_KIND_VALUE, .field = &fields[i] };

        if (!fields[i].type.set && !(fields[i].flags & KJ_FIELD_SET) && fields[i].type.kind != KJ_TYPE_SERVICE)
            field.classifier = kj_classifier_new(&fields[i].type);
        g_array_append_val(space->fields, field);
    }
    return space;
}

void kj_space_free(KjSpace *space) {
    g_hash_table_unref(space->derived);
    g_hash_table_unref(space->windows);
    g_hash_table_unref(space->conditions);
    g_array_unref(space->fields);
    kj_class_sets_free(space->sets);
    g_free(space);
}

const KjSpaceField *kj_space_field(const KjSpace *space, guint field) {
    return &g_array_index(space->fields, KjSpaceField, field);
}

/* ---- derived fields ---- */

/* Takes the key. */
static guint derived_field(KjSpace *space, char *key, const KjSpaceField *field) {
    gpointer known;

    if (g_hash_table_lookup_extended(space->derived, key, NULL, &known)) {
        g_free(key);
        return GPOINTER_TO_UINT(known);
    }
    g_hash_table_insert(space->derived, key, GUINT_TO_POINTER(space->fields->len));
    g_array_append_val(space->fields, *field);
    return space->fields->len - 1;
}

guint kj_space_add_window(KjSpace *space, const KjWindow *window) {
    KjSpaceField field = { .kind = KJ_FIELD_KIND_TIME, .window = window };
    gpointer known = g_hash_table_lookup(space->windows, window);
    GString *key;
    guint index;

    if (known)
        return GPOINTER_TO_UINT(known) - 1;
    key = g_string_new("during ");
    kj_window_text(window, key);
    index = derived_field(space, g_string_free(key, FALSE), &field);
    g_hash_table_insert(space->windows, (gpointer)window, GUINT_TO_POINTER(index + 1));
    return index;
}

guint kj_space_member(KjSpace *space, guint of, const char *member) {
    KjSpaceField field = { .kind = KJ_FIELD_KIND_MEMBER, .left = of, .member = member };

    return derived_field(space, g_strdup_printf("has %u %s", of, member), &field);
}

guint kj_space_compare(KjSpace *space, const KjCondition *condition, gboolean *negated) {
    KjSpaceField field = { .kind = KJ_FIELD_KIND_COMPARE, .left = condition->field, .right = condition->other };
    gboolean turned = FALSE;

    *negated = FALSE;
    switch (condition->relation) {
    case KJ_RELATION_NOT_EQUAL:
        *negated = TRUE;
        /* fall through */
    case KJ_RELATION_EQUAL:
        field.relation = KJ_RELATION_EQUAL;
        turned = field.left > field.right;
        break;
    case KJ_RELATION_GREATER_EQUAL: /* not a < b */
        *negated = TRUE;
        /* fall through */
    case KJ_RELATION_LESS:
        field.relation = KJ_RELATION_LESS;
        break;
    case KJ_RELATION_LESS_EQUAL: /* not b < a */
        *negated = TRUE;
        /* fall through */
    case KJ_RELATION_GREATER:
        field.relation = KJ_RELATION_LESS;
        turned = TRUE;
        break;
    }
    if (turned) {
        field.left = condition->other;
        field.right = condition->field;
    }
    return derived_field(space, g_strdup_printf("compare %u %u %u", field.left, (guint)field.relation, field.right), &field);
}

/* ---- adding and sealing ---- */

void kj_space_add(KjSpace *space, const KjCondition *condition) {
    gboolean negated;

    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN:
        if (!g_hash_table_add(space->conditions, (gpointer)condition))
            return; /* a named condition, used again */
        for (guint i = 0; i < condition->count; i++)
            kj_space_add(space, condition->operands[i]);
        if (condition->kind == KJ_CONDITION_NOT && condition->count == 0)
            kj_space_add(space, condition->operands[0]);
        return;
    case KJ_CONDITION_TEST:
        kj_classifier_add(kj_space_field(space, condition->field)->classifier, condition->set);
        return;
    case KJ_CONDITION_HAS:
        for (guint i = 0; i < condition->count; i++)
            kj_space_member(space, condition->field, condition->members[i]);
        return;
    case KJ_CONDITION_COMPARE:
        kj_space_compare(space, condition, &negated);
        return;
    case KJ_CONDITION_DURING:
        kj_space_add_window(space, condition->window);
        return;
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        return;
    }
}

/* The classes of a field without a classifier: a bit, "present", or, of a service, never anything. */
static guint32 plain_class_count(const KjSpaceField *field) {
    if (field->kind != KJ_FIELD_KIND_VALUE)
        return 3;
    return field->field->type.kind == KJ_TYPE_SERVICE ? 1 : 2;
}

gboolean kj_space_seal(KjSpace *space, guint *failed) {
    for (guint i = 0; i < space->fields->len; i++) {
        KjSpaceField *field = &g_array_index(space->fields, KjSpaceField, i);

        if (field->classifier && !kj_classifier_seal(field->classifier)) {
            *failed = i;
            return FALSE;
        }
        field->class_count = field->classifier ? kj_classifier_class_count(field->classifier) : plain_class_count(field);
    }
    return TRUE;
}
