/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a random policy: those of the domain's tables, and, where its blocks are open, some of every type the language has.
 */
#include <string.h>

#include "writer.h"

#include "../../bench/random.h"

static char *symbol_list(const GPtrArray *symbols, const char *between) {
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < symbols->len; i++)
        g_string_append_printf(text, "%s%s", i ? between : "", (char *)symbols->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Symbols of an enumeration of its own, no two enumerations sharing one. */
static void make_symbols(KjRandomWriter *writer, KjRandomType *type) {
    static const char *const stems[] = { "low", "mid", "高", "x_", "Top" };
    guint count = 2 + (guint)kj_random_below(&writer->random, 4), number = ++writer->last_name;

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(type->symbols, g_strdup_printf("%s%u", stems[i % G_N_ELEMENTS(stems)], number));
}

/* `{ a, b }`, or `a > b`. */
static char *enumeration_text(const KjRandomType *type) {
    g_autofree char *list = symbol_list(type->symbols, type->ordered ? " > " : ", ");

    return type->ordered ? g_steal_pointer(&list) : g_strdup_printf("{ %s }", list);
}

/* Declares `type NAME = ...` in the file. */
static void declare_enumeration(KjRandomWriter *writer, KjPiece *file, const char *name, KjRandomType *type) {
    g_autofree char *text = NULL;

    type->type = KJ_TYPE_SYMBOL;
    type->ordered = kj_random_chance(&writer->random, 70);
    make_symbols(writer, type);
    text = enumeration_text(type);
    kj_piece_add(file, kj_piece_text(g_strdup_printf("type %s = %s;\n", name, text)), TRUE);
    g_free(type->key);
    type->key = g_strdup(name);
}

static void field_free(gpointer data) {
    KjRandomField *field = data;

    g_free(field->name);
    g_free(field->type.key);
    g_ptr_array_unref(field->type.symbols);
    g_ptr_array_unref(field->points);
    g_free(field);
}

static KjRandomField *new_field(KjRandomWriter *writer, const char *name, KjType type) {
    KjRandomField *field = g_new0(KjRandomField, 1);

    field->name = g_strdup(name);
    field->type.type = type;
    field->type.key = g_strdup_printf("%d", type);
    field->type.symbols = g_ptr_array_new_with_free_func(g_free);
    field->points = kj_random_points_new();
    field->protocol = field->port = -1;
    g_ptr_array_add(writer->policy->fields, field);
    return field;
}

static int find_field(const KjRandomWriter *writer, const char *name) {
    for (guint i = 0; i < writer->policy->fields->len; i++) {
        if (strcmp(kj_random_field(writer, i)->name, name) == 0)
            return (int)i;
    }
    return -1;
}

static void open_symbols(KjRandomType *type) {
    static const char *const some[] = { "read", "write", "export", "lo", "eth0", "管理者" };

    type->open = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(some); i++)
        g_ptr_array_add(type->symbols, g_strdup(some[i]));
}

static void schema_field(KjRandomWriter *writer, const KjFieldDefinition *definition, KjPiece *file, KjPiece *block) {
    KjRandomField *field = new_field(writer, definition->name, definition->type);

    field->required = (definition->flags & KJ_FIELD_REQUIRED) != 0;
    field->phase = definition->phase;
    field->unusable = definition->needs_setting &&
                      g_strcmp0(g_hash_table_lookup(writer->settings, definition->needs_setting), definition->needs_value) != 0;
    field->type.set = (definition->flags & KJ_FIELD_SET) != 0;
    field->type.ordered = (definition->flags & KJ_FIELD_ORDERED) != 0;
    field->type.low = definition->low;
    field->type.high = definition->high;
    field->type.names = definition->names;
    if (definition->type == KJ_TYPE_NAMED) {
        declare_enumeration(writer, file, definition->name, &field->type);
    } else if (definition->type == KJ_TYPE_SYMBOL && definition->values) {
        g_free(field->type.key);
        field->type.key = g_strdup_printf("schema %s", definition->name);
        for (const char *const *value = definition->values; *value; value++)
            g_ptr_array_add(field->type.symbols, g_strdup(*value));
    } else if (definition->type == KJ_TYPE_SYMBOL && (definition->flags & KJ_FIELD_CLOSABLE) && kj_random_chance(&writer->random, 60)) {
        g_autofree char *text = NULL;

        make_symbols(writer, &field->type);
        text = enumeration_text(&field->type);
        g_free(field->type.key);
        field->type.key = g_strdup_printf("closed %s", definition->name);
        kj_piece_add(block, kj_piece_text(g_strdup_printf("    field %s : %s;\n", field->name, text)), FALSE);
    } else if (definition->type == KJ_TYPE_SYMBOL) {
        open_symbols(&field->type);
    }
}

/* ---- a block's own fields ---- */

static void own_enumeration(KjRandomWriter *writer, KjPiece *file, KjRandomField *field, GString *text) {
    if (kj_random_chance(&writer->random, 50)) {
        g_autofree char *name = g_strdup_printf("k%u", ++writer->last_name);

        declare_enumeration(writer, file, name, &field->type);
        g_string_append(text, name);
    } else {
        g_autofree char *list = NULL;

        make_symbols(writer, &field->type);
        list = enumeration_text(&field->type);
        g_free(field->type.key);
        field->type.key = g_strdup_printf("own %s", field->name);
        g_string_append(text, list);
    }
}

static void own_field(KjRandomWriter *writer, KjPiece *file, KjPiece *block) {
    static const struct { KjType type; const char *name; } types[] = {
        { KJ_TYPE_BOOL, "bool" }, { KJ_TYPE_INTEGER, "integer" }, { KJ_TYPE_INTEGER, NULL }, { KJ_TYPE_SIZE, "size" },
        { KJ_TYPE_DURATION, "duration" }, { KJ_TYPE_DATE, "date" }, { KJ_TYPE_ADDRESS, "address" }, { KJ_TYPE_PATH, "path" }, { KJ_TYPE_MAIL, "mail" },
        { KJ_TYPE_PRINCIPAL, "principal" }, { KJ_TYPE_TEXT, "text" }, { KJ_TYPE_SYMBOL, NULL }, { KJ_TYPE_SYMBOL, NULL },
    };
    guint chosen = (guint)kj_random_below(&writer->random, G_N_ELEMENTS(types));
    g_autofree char *name = g_strdup_printf(kj_random_chance(&writer->random, 20) ? "項目%u" : "f%u", ++writer->last_name);
    KjRandomField *field = new_field(writer, name, types[chosen].type);
    g_autoptr(GString) text = g_string_new(NULL);

    field->required = TRUE;
    field->type.set = types[chosen].type != KJ_TYPE_BOOL && kj_random_chance(&writer->random, 20);
    if (field->type.set)
        g_string_append(text, "set of ");
    if (types[chosen].type == KJ_TYPE_SYMBOL) {
        own_enumeration(writer, file, field, text);
    } else if (!types[chosen].name) {
        field->type.low = kj_random_below(&writer->random, 3);
        field->type.high = field->type.low + 1 + kj_random_below(&writer->random, 100);
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT, field->type.low, field->type.high);
    } else {
        g_string_append(text, types[chosen].name);
    }
    kj_piece_add(block, kj_piece_text(g_strdup_printf("    field %s : %s;\n", name, text->str)), TRUE);
}

void kj_random_fields(KjRandomWriter *writer, KjPiece *file, KjPiece *block) {
    const KjDomain *domain = writer->policy->domain;
    guint own = domain->open ? (guint)kj_random_below(&writer->random, 7) : 0;

    writer->policy->fields = g_ptr_array_new_with_free_func(field_free);
    for (const KjFieldDefinition *it = domain->fields; it->name; it++)
        schema_field(writer, it, file, block);
    for (const KjFieldDefinition *it = domain->fields; it->name; it++) {
        if (it->type == KJ_TYPE_SERVICE) {
            KjRandomField *service = kj_random_field(writer, (guint)find_field(writer, it->name));
            service->protocol = find_field(writer, it->parts[0]);
            service->port = find_field(writer, it->parts[1]);
        }
    }
    for (guint i = 0; i < own; i++)
        own_field(writer, file, block);
}
