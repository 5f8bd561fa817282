/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table file: blocks, sections, header, hash. What each record means: runtime/format.h.
 *
 * All sections are there, the empty ones too. Records have no padding and nothing of this process in them, so the bytes depend on the
 * policy alone. The file is little-endian because memory is; on another machine it would have to be turned here and in the loader.
 */
#include "write.h"

#include <string.h>

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "table files are mapped as they are: only little-endian machines"
#endif

#define ALIGNMENT 8u

static const gsize record_sizes[KJ_SECTION_COUNT_PLUS_ONE] = {
    [KJ_SECTION_STRINGS] = 1,
    [KJ_SECTION_BLOCKS] = sizeof(KjRecordBlock),
    [KJ_SECTION_FIELDS] = sizeof(KjRecordField),
    [KJ_SECTION_VALUES] = sizeof(KjRecordValue),
    [KJ_SECTION_EFFECTS] = sizeof(KjRecordEffect),
    [KJ_SECTION_SETTINGS] = sizeof(KjRecordSetting),
    [KJ_SECTION_RULES] = sizeof(KjRecordRule),
    [KJ_SECTION_NOTES] = sizeof(KjRecordNote),
    [KJ_SECTION_PARAMETERS] = sizeof(KjRecordParameter),
    [KJ_SECTION_MEMBERS] = sizeof(guint32),
    [KJ_SECTION_BOXES] = sizeof(KjRecordBox),
    [KJ_SECTION_TESTS] = sizeof(KjRecordTest),
    [KJ_SECTION_INTERVALS] = sizeof(KjClassInterval),
    [KJ_SECTION_POINTS] = sizeof(KjRecordPoint),
    [KJ_SECTION_NODES] = sizeof(KjRecordNode),
    [KJ_SECTION_EDGES] = sizeof(KjRecordEdge),
    [KJ_SECTION_LEAVES] = sizeof(guint32),
    [KJ_SECTION_WINDOWS] = sizeof(KjRecordWindow),
    [KJ_SECTION_SPANS] = sizeof(KjRecordSpan),
    [KJ_SECTION_TARGETS] = sizeof(KjRecordTarget),
};

guint32 kj_table_writer_next(const KjTableWriter *writer, KjSectionKind kind) {
    return writer->sections[kind]->len;
}

void kj_table_writer_add(KjTableWriter *writer, KjSectionKind kind, gconstpointer record) {
    g_array_append_vals(writer->sections[kind], record, 1);
}

/* ---- blocks ---- */

static void write_effects(KjTableWriter *writer, KjRecordBlock *record, const KjDomain *domain) {
    record->first_effect = kj_table_writer_next(writer, KJ_SECTION_EFFECTS);
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++) {
        KjRecordEffect written = { kj_table_strings_add(writer->strings, effect->name), effect->flags,
                                   kj_table_strings_add(writer->strings, effect->phrase.en),
                                   kj_table_strings_add(writer->strings, effect->phrase.ja) };

        kj_table_writer_add(writer, KJ_SECTION_EFFECTS, &written);
        record->effect_count++;
    }
}

static void write_settings(KjTableWriter *writer, KjRecordBlock *record, const KjBlock *block) {
    record->first_setting = kj_table_writer_next(writer, KJ_SECTION_SETTINGS);
    record->setting_count = block->setting_count;
    for (guint i = 0; i < block->setting_count; i++) {
        KjRecordSetting setting = { kj_table_strings_add(writer->strings, block->settings[i].name),
                                    kj_table_strings_add(writer->strings, block->settings[i].value) };

        kj_table_writer_add(writer, KJ_SECTION_SETTINGS, &setting);
    }
}

static void write_names(KjTableWriter *writer, KjRecordBlock *record, const KjBlock *block) {
    g_autofree char *digest = kj_domain_digest(block->domain);

    record->name = kj_table_strings_add(writer->strings, block->name);
    record->module = kj_table_strings_add(writer->strings, block->module);
    record->domain = kj_table_strings_add(writer->strings, block->domain->name);
    record->schema_digest = kj_table_strings_add(writer->strings, digest);
    record->subject_en = kj_table_strings_add(writer->strings, block->domain->subject.en);
    record->subject_ja = kj_table_strings_add(writer->strings, block->domain->subject.ja);
    record->doc = kj_table_strings_add(writer->strings, block->doc);
}

static void write_block(KjTableWriter *writer, const KjTableBlock *table) {
    const KjBlock *block = table->block;
    KjRecordBlock record = { .combining = block->domain->combining, .default_effect = block->default_effect };

    write_names(writer, &record, block);
    record.first_field = kj_table_writer_next(writer, KJ_SECTION_FIELDS);
    record.field_count = table->space->fields->len;
    kj_write_fields(writer, table);
    write_effects(writer, &record, block->domain);
    write_settings(writer, &record, block);
    record.first_default_note = kj_write_notes(writer, block->default_notes, block->default_note_count);
    record.default_note_count = block->default_note_count;
    record.first_rule = kj_table_writer_next(writer, KJ_SECTION_RULES);
    record.rule_count = block->rule_count;
    kj_write_rules(writer, table);
    record.first_box = kj_table_writer_next(writer, KJ_SECTION_BOXES);
    record.box_count = table->boxes->len;
    kj_write_boxes(writer, table);
    record.root = kj_write_tree(writer, table, record.first_box);
    kj_table_writer_add(writer, KJ_SECTION_BLOCKS, &record);
}

static void write_targets(KjTableWriter *writer) {
    g_autoptr(GHashTable) indices = g_hash_table_new(NULL, NULL);
    guint count = 0;

    for (const KjBlock *block = writer->policy->blocks; block; block = block->next)
        g_hash_table_insert(indices, (gpointer)block, GUINT_TO_POINTER(count++));
    for (const KjEnforcement *enforcement = writer->policy->enforcements; enforcement; enforcement = enforcement->next) {
        KjRecordTarget record = { GPOINTER_TO_UINT(g_hash_table_lookup(indices, enforcement->block)),
                                  kj_table_strings_add(writer->strings, enforcement->target), 0 };

        for (guint i = 0; i < MAX(enforcement->host_count, 1); i++) { /* without hosts: one, with "" */
            record.host = i < enforcement->host_count ? kj_table_strings_add(writer->strings, enforcement->hosts[i]) : 0;
            kj_table_writer_add(writer, KJ_SECTION_TARGETS, &record);
        }
    }
}

/* ---- the file ---- */

static gsize section_bytes(const KjTableWriter *writer, guint kind) {
    if (kind == KJ_SECTION_STRINGS)
        return kj_table_strings_bytes(writer->strings)->len;
    return writer->sections[kind]->len * record_sizes[kind];
}

static gsize aligned(gsize size) {
    return (size + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
}

static gsize file_size(const KjTableWriter *writer) {
    gsize size = sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection);

    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++)
        size = aligned(size) + section_bytes(writer, kind);
    return aligned(size);
}

/* SHA-256 over the file while its hash is zero. */
static void seal(guint8 *bytes, gsize size) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = KJ_TABLE_HASH_LENGTH;

    g_checksum_update(checksum, bytes, (gssize)size);
    g_checksum_get_digest(checksum, ((KjTableHeader *)bytes)->hash, &length);
}

static GBytes *assemble(const KjTableWriter *writer) {
    gsize size = file_size(writer), at = sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection);
    guint8 *bytes = g_malloc0(size);
    KjTableHeader *header = (KjTableHeader *)bytes;
    KjRecordSection *sections = (KjRecordSection *)(header + 1);

    memcpy(header->magic, KJ_TABLE_MAGIC, sizeof header->magic);
    header->version = KJ_TABLE_VERSION;
    header->section_count = KJ_SECTION_COUNT;
    header->size = size;
    header->until = (guint64)writer->policy->until;
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        gsize length = section_bytes(writer, kind);
        const void *data = kind == KJ_SECTION_STRINGS ? kj_table_strings_bytes(writer->strings)->str : writer->sections[kind]->data;

        at = aligned(at);
        sections[kind - 1] = (KjRecordSection){ kind, KJ_SECTION_VERSION, at, length / record_sizes[kind] };
        if (length)
            memcpy(bytes + at, data, length);
        at += length;
    }
    if (!writer->silent)
        seal(bytes, size);
    return g_bytes_new_take(bytes, size);
}

static GBytes *write_tables(const KjPolicy *policy, const GPtrArray *tables, gboolean silent, KjDiagnostics *diagnostics) {
    KjTableWriter writer = { .policy = policy, .silent = silent, .strings = kj_table_strings_new() };
    GBytes *bytes = NULL;

    for (guint kind = KJ_SECTION_STRINGS + 1; kind <= KJ_SECTION_COUNT; kind++)
        writer.sections[kind] = g_array_new(FALSE, FALSE, (guint)record_sizes[kind]);
    for (guint i = 0; i < tables->len; i++)
        write_block(&writer, tables->pdata[i]);
    if (!silent)
        write_targets(&writer);
    if (kj_table_strings_full(writer.strings) || file_size(&writer) > KJ_TABLE_BYTES_MAX)
        kj_report(diagnostics, KJ_CODE_TABLE_TOO_LARGE, KJ_SPAN_NONE, (guint)(KJ_TABLE_BYTES_MAX >> 20));
    else
        bytes = assemble(&writer);
    for (guint kind = KJ_SECTION_STRINGS + 1; kind <= KJ_SECTION_COUNT; kind++)
        g_array_unref(writer.sections[kind]);
    kj_table_strings_free(writer.strings);
    return bytes;
}

GBytes *kj_write_tables(const KjPolicy *policy, const GPtrArray *tables, KjDiagnostics *diagnostics) {
    return write_tables(policy, tables, FALSE, diagnostics);
}

GBytes *kj_write_silent(const KjPolicy *policy, const GPtrArray *tables, KjDiagnostics *diagnostics) {
    return write_tables(policy, tables, TRUE, diagnostics);
}
