/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values a class of names stands for.
 *
 * A closed enumeration has one value a class. A field whose values are one token each (an open enumeration, a principal, a text) has an automaton
 * of one step: the edges of its first state are the named values, and every other value goes on to one state. Paths and mail addresses take more than
 * one step, so their classes are no lists.
 */
#include <kijun/table.h>
#include <kijun/view.h>

static gboolean is_one_token(const KjRecordField *field) {
    return field->type == KJ_TYPE_SYMBOL || field->type == KJ_TYPE_PRINCIPAL || field->type == KJ_TYPE_TEXT;
}

gboolean kj_view_class_values(const KjTable *table, guint field, guint32 klass, GPtrArray *values) {
    const KjImage *image = &table->image;
    g_assert(field < image->count[KJ_SECTION_FIELDS]);
    const KjRecordField *r = &KJ_RECORDS(image, FIELDS, KjRecordField)[field];
    if (r->kind != KJ_FIELD_KIND_VALUE || klass == 0 || klass >= r->class_count || !is_one_token(r))
        return FALSE;
    if (!kj_field_is_text(r)) {
        const KjRecordValue *value = &KJ_RECORDS(image, VALUES, KjRecordValue)[r->first_value];
        for (guint32 i = 0; i < r->value_count; i++)
            if (value[i].number == klass - 1)
                g_ptr_array_add(values, (gpointer)KJ_STRING(image, value[i].name));
        return TRUE;
    }
    if (r->root == KJ_NONE)
        return klass != r->rest;
    const KjRecordNode *nodes = KJ_RECORDS(image, NODES, KjRecordNode);
    const KjRecordNode *root = &nodes[r->root];
    const KjRecordEdge *edge = &KJ_RECORDS(image, EDGES, KjRecordEdge)[root->a];
    for (guint32 i = 0; i < root->b; i++)
        if (nodes[edge[i].state].klass == klass)
            g_ptr_array_add(values, (gpointer)KJ_STRING(image, edge[i].token));
    guint32 others = root->c == KJ_NONE ? r->rest : nodes[root->c].klass;
    return klass != others;
}

void kj_view_named_values(const KjTable *table, guint field, GPtrArray *values) {
    const KjImage *image = &table->image;
    g_assert(field < image->count[KJ_SECTION_FIELDS]);
    const KjRecordField *r = &KJ_RECORDS(image, FIELDS, KjRecordField)[field];
    if (r->kind != KJ_FIELD_KIND_VALUE || !is_one_token(r))
        return;
    if (!kj_field_is_text(r)) {
        const KjRecordValue *value = &KJ_RECORDS(image, VALUES, KjRecordValue)[r->first_value];
        for (guint32 i = 0; i < r->value_count; i++)
            g_ptr_array_add(values, (gpointer)KJ_STRING(image, value[i].name));
    } else if (r->root != KJ_NONE) {
        const KjRecordNode *root = &KJ_RECORDS(image, NODES, KjRecordNode)[r->root];
        const KjRecordEdge *edge = &KJ_RECORDS(image, EDGES, KjRecordEdge)[root->a];
        for (guint32 i = 0; i < root->b; i++)
            g_ptr_array_add(values, (gpointer)KJ_STRING(image, edge[i].token));
    }
}
