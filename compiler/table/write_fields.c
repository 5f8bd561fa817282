/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields with their classifiers: points, automata, windows, values.
 *
 * A set-valued field (class 1 is "present") and a service (always class 0) have no classifier. Columns that a kind does not use are
 * zero, but for `root`.
 */
#include "../region/window_text.h"
#include "write.h"

static void write_points(KjTableWriter *writer, KjRecordField *record, const GArray *points) {
    record->first_point = kj_table_writer_next(writer, KJ_SECTION_POINTS);
    record->point_count = points->len;
    for (guint i = 0; i < points->len; i++) {
        KjOrdinal point = g_array_index(points, KjOrdinal, i);
        KjRecordPoint written = { point.family, point.high, point.low };

        kj_table_writer_add(writer, KJ_SECTION_POINTS, &written);
    }
}

static void write_automaton(KjTableWriter *writer, KjRecordField *record, const KjAutomaton *automaton) {
    guint32 first_node = kj_table_writer_next(writer, KJ_SECTION_NODES), first_edge = kj_table_writer_next(writer, KJ_SECTION_EDGES);

    record->root = first_node;
    record->rest = automaton->rest;
    for (guint i = 0; i < automaton->states->len; i++) {
        const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, i);
        KjRecordNode node = { KJ_NODE_STATE, first_edge + state->first_edge, state->edge_count,
                              state->other == KJ_AUTOMATON_NONE ? KJ_NONE : first_node + state->other, state->klass };

        kj_table_writer_add(writer, KJ_SECTION_NODES, &node);
    }
    for (guint i = 0; i < automaton->edges->len; i++) {
        const KjAutomatonEdge *edge = &g_array_index(automaton->edges, KjAutomatonEdge, i);
        KjRecordEdge written = { kj_table_strings_add(writer->strings, edge->token), first_node + edge->state };

        kj_table_writer_add(writer, KJ_SECTION_EDGES, &written);
    }
}

static void write_value(KjTableWriter *writer, const char *name, guint64 number) {
    KjRecordValue value = { kj_table_strings_add(writer->strings, name), 0, number };

    kj_table_writer_add(writer, KJ_SECTION_VALUES, &value);
}

/* Symbols by rising ordinal, then the names of numbers. */
static void write_values(KjTableWriter *writer, KjRecordField *record, const KjDataType *type) {
    record->first_value = kj_table_writer_next(writer, KJ_SECTION_VALUES);
    if (type->kind == KJ_TYPE_SYMBOL && type->symbols) {
        for (guint i = 0; i < type->symbol_count; i++)
            write_value(writer, type->symbols[type->ordered ? type->symbol_count - 1 - i : i], i);
    }
    for (const KjNamedNumber *number = type->numbers; number && number->name; number++)
        write_value(writer, number->name, number->number);
    record->value_count = kj_table_writer_next(writer, KJ_SECTION_VALUES) - record->first_value;
}

static void write_value_field(KjTableWriter *writer, KjRecordField *record, const KjSpaceField *field) {
    const KjField *value = field->field;

    record->name = kj_table_strings_add(writer->strings, value->name);
    record->type = value->type.kind;
    record->flags = value->flags | (value->type.set ? KJ_FIELD_SET : 0);
    record->phrase_en = kj_table_strings_add(writer->strings, value->phrase.en);
    record->phrase_ja = kj_table_strings_add(writer->strings, value->phrase.ja);
    record->low = value->type.low;
    record->high = value->type.high;
    write_values(writer, record, &value->type);
    if (value->type.kind == KJ_TYPE_SERVICE) {
        record->left = value->protocol;
        record->right = value->port;
    }
    if (field->classifier && kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_POINTS)
        write_points(writer, record, kj_classifier_points(field->classifier));
    if (field->classifier && kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_AUTOMATON)
        write_automaton(writer, record, kj_classifier_automaton(field->classifier));
}

/* A window's nodes in breadth-first order, so that children have greater indices; a list of unions may be thousands deep. */
static guint32 write_window(KjTableWriter *writer, const KjWindow *window) {
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    guint32 first = kj_table_writer_next(writer, KJ_SECTION_WINDOWS);

    g_ptr_array_add(queue, (gpointer)window);
    for (guint i = 0; i < queue->len; i++) {
        const KjWindow *node = queue->pdata[i];
        const KjWindowAtom *atom = &node->atom;
        KjRecordWindow record = { .kind = node->kind };

        if (node->kind == KJ_WINDOW_ATOM) {
            record.zone = kj_table_strings_add(writer->strings, atom->zone ? atom->zone : "UTC");
            record.weekdays = atom->weekdays;
            record.first_minute = atom->first_minute;
            record.last_minute = atom->last_minute;
            record.first_day = atom->first_day;
            record.last_day = atom->last_day;
        } else {
            record.left = first + queue->len;
            record.right = record.left + 1;
            g_ptr_array_add(queue, (gpointer)node->left);
            g_ptr_array_add(queue, (gpointer)node->right);
        }
        kj_table_writer_add(writer, KJ_SECTION_WINDOWS, &record);
    }
    return first;
}

static const char *field_name(const KjTableBlock *table, guint field) {
    return table->block->fields[field].name;
}

static void write_derived_field(KjTableWriter *writer, KjRecordField *record, const KjTableBlock *table, const KjSpaceField *field) {
    g_autoptr(GString) name = g_string_new(NULL);

    record->type = KJ_TYPE_BOOL;
    record->left = field->left;
    record->right = field->right;
    switch (field->kind) {
    case KJ_FIELD_KIND_TIME:
        g_string_append(name, "during ");
        if (field->window->name)
            g_string_append(name, field->window->name);
        else
            kj_window_text(field->window, name);
        record->root = write_window(writer, field->window);
        break;
    case KJ_FIELD_KIND_MEMBER:
        g_string_append_printf(name, "%s has \"%s\"", field_name(table, field->left), field->member);
        record->operand = kj_table_strings_add(writer->strings, field->member);
        break;
    case KJ_FIELD_KIND_COMPARE:
        g_string_append_printf(name, "%s %s %s", field_name(table, field->left), field->relation == KJ_RELATION_EQUAL ? "==" : "<",
                               field_name(table, field->right));
        record->operand = field->relation == KJ_RELATION_EQUAL ? KJ_EQUAL : KJ_LESS;
        break;
    case KJ_FIELD_KIND_VALUE:
        g_assert_not_reached();
    }
    record->name = kj_table_strings_add(writer->strings, name->str);
}

void kj_write_fields(KjTableWriter *writer, const KjTableBlock *table) {
    for (guint i = 0; i < table->space->fields->len; i++) {
        const KjSpaceField *field = kj_space_field(table->space, i);
        KjRecordField record = { .kind = field->kind, .class_count = field->class_count, .root = KJ_NONE };

        if (field->kind == KJ_FIELD_KIND_VALUE)
            write_value_field(writer, &record, field);
        else
            write_derived_field(writer, &record, table, field);
        kj_table_writer_add(writer, KJ_SECTION_FIELDS, &record);
    }
}
