/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules with everything a reader may want to know of them, and the boxes and tree that decide. */
#include "../sentence.h"
#include "../syntax/syntax.h"
#include "write.h"

guint32 kj_write_notes(KjTableWriter *writer, const KjNote *notes, guint count) {
    guint32 first = kj_table_writer_next(writer, KJ_SECTION_NOTES);

    for (guint i = 0; i < count; i++) {
        KjRecordNote note = { kj_table_strings_add(writer->strings, notes[i].name), kj_table_strings_add(writer->strings, notes[i].value),
                              kj_table_strings_add(writer->strings, notes[i].language), notes[i].obligation ? KJ_NOTE_OBLIGATION : 0 };

        kj_table_writer_add(writer, KJ_SECTION_NOTES, &note);
    }
    return first;
}

static guint32 write_parameters(KjTableWriter *writer, const KjRule *rule) {
    guint32 first = kj_table_writer_next(writer, KJ_SECTION_PARAMETERS);

    for (guint i = 0; i < rule->parameter_count; i++) {
        const KjParameter *parameter = &rule->parameters[i];
        KjRecordParameter record = {
            .name = kj_table_strings_add(writer->strings, parameter->definition->name),
            .kind = parameter->definition->kind,
            .number = parameter->number,
            .window = parameter->window,
            .bytes = parameter->bytes ? 1 : 0,
            .text = kj_table_strings_add(writer->strings, parameter->text),
            .first_member = kj_table_writer_next(writer, KJ_SECTION_MEMBERS),
            .member_count = parameter->field_count,
        };

        for (guint j = 0; j < parameter->field_count; j++) {
            guint32 member = parameter->fields[j];
            kj_table_writer_add(writer, KJ_SECTION_MEMBERS, &member);
        }
        kj_table_writer_add(writer, KJ_SECTION_PARAMETERS, &record);
    }
    return first;
}

/* SPANS has a record for each rule of every block, or none: without sources there is nothing to say. */
static void write_span(KjTableWriter *writer, const KjRule *rule) {
    const KjSources *sources = rule->sources ? rule->sources : writer->policy->sources;
    KjRecordSpan record = { 0, 0, 0 };
    KjSpan span = rule->span;
    guint line, column;

    if (!writer->policy->sources)
        return;
    if (span.file != G_MAXUINT32) {
        kj_sources_position(sources, span.file, span.start, &line, &column);
        record.file = kj_table_strings_add(writer->strings, kj_sources_file(sources, span.file)->path);
        record.line = line;
        record.column = column;
    }
    kj_table_writer_add(writer, KJ_SECTION_SPANS, &record);
}

/* What is told of a rule. `source` is room for its text. */
static void write_texts(KjTableWriter *writer, KjRecordRule *record, const KjTableBlock *table, const KjRule *rule, GString *source) {
    g_autoptr(KjArena) scratch = kj_arena_new();

    record->doc = kj_table_strings_add(writer->strings, rule->doc);
    g_string_truncate(source, 0);
    if (rule->item || rule->restores)
        kj_print_rule_body(rule->item ? rule->item : rule->standard_rule->item, source);
    if (rule->otherwise)
        g_string_printf(source, "default %s", table->block->domain->effects[rule->effect].name);
    record->source = kj_table_strings_add(writer->strings, source->str);
    record->sentence_en = kj_table_strings_add(writer->strings, kj_sentence_rule(scratch, table->block, rule, "en"));
    record->sentence_ja = kj_table_strings_add(writer->strings, kj_sentence_rule(scratch, table->block, rule, "ja"));
    write_span(writer, rule);
}

void kj_write_rules(KjTableWriter *writer, const KjTableBlock *table) {
    guint32 first_box = kj_table_writer_next(writer, KJ_SECTION_BOXES);
    g_autoptr(GString) source = g_string_new(NULL);

    for (guint i = 0; i < table->block->rule_count; i++) {
        const KjRule *rule = &table->block->rules[i];
        const guint32 *box = &g_array_index(table->first_boxes, guint32, i);
        KjRecordRule record = { .label = kj_table_strings_add(writer->strings, rule->label), .effect = rule->effect };

        record.first_box = first_box + box[0];
        record.box_count = box[1] - box[0];
        record.first_note = kj_write_notes(writer, rule->notes, rule->note_count);
        record.note_count = rule->note_count;
        record.first_parameter = write_parameters(writer, rule);
        record.parameter_count = rule->parameter_count;
        if (!writer->silent)
            write_texts(writer, &record, table, rule, source);
        kj_table_writer_add(writer, KJ_SECTION_RULES, &record);
    }
}

/* Sets are shared by pointer, so each list of intervals is written once in a block. */
static void write_test(KjTableWriter *writer, const KjBoxTest *test, GHashTable *known) {
    KjRecordTest record = { test->field, 0, test->set->count };
    gpointer first;

    if (!g_hash_table_lookup_extended(known, test->set, NULL, &first)) {
        first = GUINT_TO_POINTER(kj_table_writer_next(writer, KJ_SECTION_INTERVALS));
        g_hash_table_insert(known, (gpointer)test->set, first);
        for (guint i = 0; i < test->set->count; i++)
            kj_table_writer_add(writer, KJ_SECTION_INTERVALS, &test->set->intervals[i]);
    }
    record.first_interval = GPOINTER_TO_UINT(first);
    kj_table_writer_add(writer, KJ_SECTION_TESTS, &record);
}

void kj_write_boxes(KjTableWriter *writer, const KjTableBlock *table) {
    guint32 first_rule = kj_table_writer_next(writer, KJ_SECTION_RULES) - table->block->rule_count;
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < table->boxes->len; i++) {
        const KjBox *box = table->boxes->pdata[i];
        guint32 rule = first_rule + g_array_index(table->box_rules, guint32, i);
        KjRecordBox record = { rule, kj_table_writer_next(writer, KJ_SECTION_TESTS), box->count };

        for (guint j = 0; j < box->count; j++)
            write_test(writer, &box->tests[j], known);
        kj_table_writer_add(writer, KJ_SECTION_BOXES, &record);
    }
}

guint32 kj_write_tree(KjTableWriter *writer, const KjTableBlock *table, guint32 first_box) {
    guint32 root = kj_table_writer_next(writer, KJ_SECTION_NODES), first_leaf = kj_table_writer_next(writer, KJ_SECTION_LEAVES);

    for (guint i = 0; i < table->nodes->len; i++) {
        KjRecordNode node = g_array_index(table->nodes, KjRecordNode, i);

        if (node.kind != KJ_NODE_LEAF)
            node.c += root;
        else
            node.a += first_leaf;
        kj_table_writer_add(writer, KJ_SECTION_NODES, &node);
    }
    for (guint i = 0; i < table->leaves->len; i++) {
        guint32 box = first_box + g_array_index(table->leaves, guint32, i);
        kj_table_writer_add(writer, KJ_SECTION_LEAVES, &box);
    }
    return root;
}
