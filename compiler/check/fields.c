/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a block: the domain's, those inherited from the standards it conforms to, and its own, in that order.
 *
 * A block's own field is always required: the block asks for it. A closable field of the domain may be declared again as an
 * enumeration, which closes it in place. A domain's field whose type is the workspace's own (KJ_TYPE_NAMED) is absent where the workspace
 * declares no such type, and naming it says so. All standards are checked before the blocks that conform to them.
 */
#include "check.h"

#include <string.h>

typedef struct {
    KjChecker *checker;
    KjBlockState *state;
    GArray *fields; /* KjField */
    GPtrArray *definitions; /* KjFieldDefinition or NULL */
    GHashTable *own; /* name -> KjAstItem of the block itself */
} Building;

static KjField *field_at(const Building *building, guint index) {
    return &g_array_index(building->fields, KjField, index);
}

static int known(const Building *building, const char *name) {
    return GPOINTER_TO_INT(g_hash_table_lookup(building->state->field_index, name)) - 1;
}

static void add(Building *building, const KjField *field, const KjFieldDefinition *definition) {
    g_array_append_val(building->fields, *field);
    g_ptr_array_add(building->definitions, (gpointer)definition);
    g_hash_table_insert(building->state->field_index, (gpointer)field->name, GUINT_TO_POINTER(building->fields->len));
}

/* ---- the domain's ---- */

static guint symbols_count(const char *const *values) {
    guint count = 0;
    while (values && values[count])
        count++;
    return count;
}

static gboolean named_type(Building *building, const KjFieldDefinition *definition, KjDataType *type) {
    gboolean several;
    KjEntity *entity = kj_names_workspace_type(building->checker, building->state->module, definition->name, &several);

    if (!entity || !entity->type) {
        g_hash_table_insert(building->state->absent, (gpointer)definition->name,
                            (gpointer)(several  ? "several"
                                       : entity ? "wrong"
                                                : "none"));
        return FALSE;
    }
    *type = *entity->type;
    entity->used = TRUE;
    return TRUE;
}

static void add_domain_field(Building *building, const KjFieldDefinition *definition) {
    KjField field = { .name = definition->name,
                      .flags = definition->flags,
                      .phase = definition->phase,
                      .phrase = definition->phrase,
                      .doc = definition->doc,
                      .span = KJ_SPAN_NONE };

    field.type = (KjDataType){ .kind = definition->type, .low = definition->low, .high = definition->high, .numbers = definition->names };
    if (definition->type == KJ_TYPE_NAMED && !named_type(building, definition, &field.type))
        return;
    if (definition->type == KJ_TYPE_SYMBOL && definition->values) {
        field.type.symbols = (const char **)(gpointer)definition->values;
        field.type.symbol_count = symbols_count(definition->values);
        field.type.ordered = (definition->flags & KJ_FIELD_ORDERED) != 0;
    }
    if (field.type.ordered)
        field.flags |= KJ_FIELD_ORDERED;
    if (definition->flags & KJ_FIELD_SET)
        field.type.set = TRUE;
    kj_type_bounds(&field.type);
    add(building, &field, definition);
}

/* A service field stands for two others; a schema that names none that exist loses the field, not the process. */
static void link_services(Building *building) {
    for (guint i = 0; i < building->fields->len; i++) {
        KjField *field = field_at(building, i);
        const KjFieldDefinition *definition = g_ptr_array_index(building->definitions, i);
        if (field->type.kind != KJ_TYPE_SERVICE || !definition || !definition->parts)
            continue;
        field->protocol = (guint)MAX(known(building, definition->parts[0]), 0);
        field->port = (guint)MAX(known(building, definition->parts[1]), 0);
    }
}

/* ---- inherited ---- */

static void report_other_type(Building *building, const KjField *field, const KjField *inherited, const char *standard, KjSpan span) {
    KjDiagnostic *other = kj_report(building->checker->diagnostics, KJ_CODE_FIELD_TYPE, span, field->name, standard);

    if (inherited->span.file != G_MAXUINT32)
        kj_report_related(other, inherited->span, _("the standard declares it here"));
    kj_report_help(other, _("the standard says %s"), kj_check_type_text(building->checker, &inherited->type));
    building->state->broken = TRUE;
}

static void inherit(Building *building, const KjAstConformance *conformance) {
    const KjEntity *standard = g_hash_table_lookup(building->checker->standards, conformance->standard->text);
    const KjBlock *block = standard && standard->state ? standard->state->block : NULL;

    if (!block || block->domain != building->state->block->domain)
        return;
    for (guint i = 0; i < block->field_count; i++) {
        const KjField *inherited = &block->fields[i];
        int index = known(building, inherited->name);
        KjField *present = index < 0 ? NULL : field_at(building, (guint)index);
        if (!present) {
            add(building, inherited, NULL);
            g_hash_table_remove(building->state->absent, inherited->name);
        } else if (kj_type_same(&present->type, &inherited->type)) {
            continue;
        } else if (inherited->span.file != G_MAXUINT32 && present->span.file == G_MAXUINT32 && (present->flags & KJ_FIELD_CLOSABLE)) {
            *present = *inherited; /* the standard closed it */
        } else if (inherited->span.file != G_MAXUINT32 || present->span.file == G_MAXUINT32) {
            /* A standard that left a closable field open says nothing about one that another closed. */
            report_other_type(building, present, inherited, block->name, conformance->span);
        }
    }
}

/* ---- own ---- */

static const char *own_phrase(Building *building, const KjField *field, gboolean japanese) {
    KjArena *arena = building->checker->arena;

    if (field->type.kind == KJ_TYPE_BOOL)
        return japanese ? kj_arena_printf(arena, "%s である", field->name) : field->name;
    return kj_arena_printf(arena, japanese ? "%s が{}" : "with %s {}", field->name);
}

static gboolean allowed(Building *building, const KjAstItem *item, const KjField *present) {
    const KjDomain *domain = building->state->block->domain;
    const KjAstItem *first = g_hash_table_lookup(building->own, item->name->text);
    KjDiagnostic *refused;

    if (first) {
        refused = kj_report(building->checker->diagnostics, KJ_CODE_FIELD_TWICE, item->name->span, item->name->text);
        kj_report_related(refused, first->span, _("first declared here"));
        kj_report_help(refused, _("delete one of the two"));
        return FALSE;
    }
    if (present && present->span.file == G_MAXUINT32 && !(present->flags & KJ_FIELD_CLOSABLE)) {
        refused = kj_report(building->checker->diagnostics, KJ_CODE_FIELD_OF_DOMAIN, item->name->span, item->name->text, domain->name);
        kj_report_help(refused, _("leave the declaration out; the field is there already"));
        return FALSE;
    }
    if (!present && !domain->open) {
        refused = kj_report(building->checker->diagnostics, KJ_CODE_FIELD_CLOSED, item->name->span, domain->name, item->name->text);
        kj_report_help(refused, _("run `kijun describe %s` to see the fields it has"), domain->name);
        return FALSE;
    }
    return TRUE;
}

static void add_own(Building *building, const KjAstItem *item) {
    const KjDataType *type = kj_type_resolve(building->checker, building->state->module, item->type);
    int index = known(building, item->name->text);
    KjField *present = index < 0 ? NULL : field_at(building, (guint)index);
    KjField field = { .name = item->name->text, .flags = KJ_FIELD_REQUIRED, .span = item->span };

    if (!allowed(building, item, present))
        return;
    g_hash_table_insert(building->own, (gpointer)field.name, (gpointer)item);
    if (!type) {
        g_hash_table_insert(building->state->absent, (gpointer)field.name, (gpointer) "wrong");
        return;
    }
    if (type->kind == KJ_TYPE_SERVICE) {
        KjDiagnostic *refused = kj_report(building->checker->diagnostics, KJ_CODE_TYPE_SERVICE, item->type->span, item->name->text);
        kj_report_help(refused, _("declare a protocol and a port as two fields"));
        g_hash_table_insert(building->state->absent, (gpointer)field.name, (gpointer) "wrong");
        return;
    }
    field.type = *type;
    if (present && present->span.file == G_MAXUINT32) {
        if (type->kind != present->type.kind || !type->symbols) {
            KjDiagnostic *refused =
                kj_report(building->checker->diagnostics, KJ_CODE_FIELD_NOT_CLOSING, item->type->span, item->name->text);
            kj_report_help(refused, _("list its values: `field %s : { one, other };`"), item->name->text);
            return;
        }
        present->type = *type;
        present->span = item->span;
        present->flags |= type->ordered ? KJ_FIELD_ORDERED : 0;
        return;
    }
    if (present) {
        if (!kj_type_same(type, &present->type))
            report_other_type(building, &field, present, _("it conforms to"), item->name->span);
        return;
    }
    field.flags |= (type->set ? KJ_FIELD_SET : 0u) | (type->ordered ? KJ_FIELD_ORDERED : 0u);
    field.phrase.en = own_phrase(building, &field, FALSE);
    field.phrase.ja = own_phrase(building, &field, TRUE);
    field.doc.en = field.doc.ja = item->doc ? item->doc : "";
    add(building, &field, NULL);
}

void kj_check_fields(KjChecker *checker, KjBlockState *state) {
    Building building = { checker, state, g_array_new(FALSE, TRUE, sizeof(KjField)), g_ptr_array_new(), kj_check_table(checker) };
    KjBlock *block = state->block;
    KjField *fields;

    for (const KjFieldDefinition *definition = block->domain->fields; definition && definition->name; definition++)
        add_domain_field(&building, definition);
    for (const KjAstConformance *c = state->entity->declaration->conformances; c; c = c->next)
        inherit(&building, c);
    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next) {
        if (item->kind == KJ_ITEM_FIELD && item->type)
            add_own(&building, item);
    }
    link_services(&building);
    fields = kj_arena_newn(checker->arena, KjField, building.fields->len + 1);
    memcpy(fields, building.fields->data, sizeof *fields * building.fields->len);
    state->definitions = kj_arena_newn(checker->arena, const KjFieldDefinition *, building.fields->len + 1);
    memcpy(state->definitions, building.definitions->pdata, sizeof(gpointer) * building.definitions->len);
    block->fields = fields;
    block->field_count = building.fields->len;
    g_array_unref(building.fields);
    g_ptr_array_unref(building.definitions);
}

/* ---- naming one ---- */

static void report_absent(const KjScope *scope, const KjAstName *name, const char *why) {
    KjDiagnostic *absent;

    if (strcmp(why, "wrong") == 0)
        return; /* its type was reported */
    absent = KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELD_ABSENT, name->span, name->text, name->text);
    if (strcmp(why, "several") == 0)
        KJ_CHECK_HELP(absent, _("several modules declare `type %s`; write `use MODULE;` for the one that is meant"), name->text);
    else
        KJ_CHECK_HELP(absent, _("declare it in the workspace: `type %s = I > II > III;`"), name->text);
}

static void report_unknown(const KjScope *scope, const KjAstName *name) {
    const KjBlock *block = scope->block->block;
    const char *const *names = kj_check_keys(scope->checker, scope->block->field_index);
    const char *near = kj_did_you_mean(name->text, names);
    KjDiagnostic *unknown;

    if (kj_suggest_is_told(scope, name))
        return;
    unknown = KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELD_UNKNOWN, name->span, block->domain->name, name->text);
    if (kj_suggest_clause(scope, unknown, name))
        return;
    if (near)
        KJ_CHECK_HELP(unknown, _("did you mean `%s`?"), near);
    else if (block->domain->open)
        KJ_CHECK_HELP(unknown, _("its fields are %s; a block may declare its own with `field %s : TYPE;`"),
                      kj_check_list_text(scope->checker, names), name->text);
    else
        KJ_CHECK_HELP(unknown, _("its fields are %s"), kj_check_list_text(scope->checker, names));
}

int kj_field_find(const KjScope *scope, const KjAstName *name) {
    int index = GPOINTER_TO_INT(g_hash_table_lookup(scope->block->field_index, name->text)) - 1;
    const KjFieldDefinition *definition;
    const char *why, *value;

    if (index < 0) {
        why = g_hash_table_lookup(scope->block->absent, name->text);
        if (why)
            report_absent(scope, name, why);
        else
            report_unknown(scope, name);
        return -1;
    }
    definition = scope->block->definitions[index];
    if (definition && definition->needs_setting && !scope->in_test) {
        value = kj_setting_value(scope->block->block, definition->needs_setting);
        if (value && value[0] && strcmp(value, definition->needs_value) != 0) {
            KjDiagnostic *refused = KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELD_NEEDS_SETTING, name->span, name->text,
                                                  definition->needs_setting, definition->needs_value);
            KJ_CHECK_HELP(refused, _("write `%s = %s;` in the block, or leave `%s` out"), definition->needs_setting,
                          definition->needs_value,
                          name->text);
            return -1;
        }
    }
    return index;
}
