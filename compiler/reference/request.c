/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a request: texts to values, and everything that makes a request an error.
 *
 * An error is a denial, so this file is where most of section 11's "errors are denials" lives: a field the block does not have, a field
 * given twice that holds no set, a text that is no value of the field's type, a number outside the type, a name that a closed enumeration
 * lacks, a required field that is missing. The first problem is kept; after it nothing else can matter, because there is no decision
 * any more. A service field holds nothing itself: it gives a value to the two fields it stands for, and counts as giving them.
 */
#include "reference.h"

#include <string.h>

#include <kijun/value.h>

#include "../limits.h"

static void set_problem(KjReferenceRequest *request, const char *field, const char *problem) {
    if (!request->problem)
        request->problem = g_strdup_printf("%s: %s", field, problem);
}

void kj_reference_value_clear(KjReferenceValue *value) {
    g_clear_pointer(&value->tokens, g_strfreev);
}

gboolean kj_reference_value_equal(const KjReferenceValue *a, const KjReferenceValue *b) {
    if (!a->tokens || !b->tokens)
        return !a->tokens && !b->tokens && kj_ordinal_compare(a->ordinal, b->ordinal) == 0;
    return g_strv_equal((const char *const *)a->tokens, (const char *const *)b->tokens);
}

/* Tokens of a path, a mail address, or the one token of a principal, a text or an open enumeration. */
static gboolean read_tokens(KjType type, const char *text, KjReferenceValue *value, const char **problem) {
    gsize length = strlen(text), room_size = 4 * length + 8;
    g_autofree char *room = length <= KJ_LIMIT_STRING_BYTES ? g_malloc(room_size) : NULL;
    const char *tokens[KJ_TOKENS_MAX];
    int count;

    if (!room) {
        *problem = "the value is too long";
        return FALSE;
    }
    count = kj_value_tokens(type, text, length, room, room_size, tokens, KJ_TOKENS_MAX, problem);
    if (count < 0)
        return FALSE;
    value->token_count = (guint)count;
    value->tokens = g_new0(char *, value->token_count + 1);
    for (guint i = 0; i < value->token_count; i++)
        value->tokens[i] = g_strdup(tokens[i]);
    return TRUE;
}

/* An ordered enumeration is written greatest first, so its ordinals run backwards. */
static gboolean read_symbol(const KjDataType *type, const char *text, guint64 *number, const char **problem) {
    for (guint i = 0; i < type->symbol_count; i++) {
        if (strcmp(type->symbols[i], text) == 0) {
            *number = type->ordered ? type->symbol_count - 1 - i : i;
            return TRUE;
        }
    }
    *problem = "no value of the enumeration";
    return FALSE;
}

static gboolean read_integer(const KjDataType *type, const char *text, guint64 *number, const char **problem) {
    for (const KjNamedNumber *named = type->numbers; named && named->name; named++) {
        if (strcmp(named->name, text) == 0) {
            *number = named->number;
            return TRUE;
        }
    }
    return kj_value_read_integer(text, strlen(text), number, problem);
}

static gboolean read_number(const KjDataType *type, const char *text, guint64 *number, const char **problem) {
    switch (type->kind) {
    case KJ_TYPE_BOOL:
        *problem = "neither true nor false";
        *number = strcmp(text, "true") == 0;
        return *number == 1 || strcmp(text, "false") == 0;
    case KJ_TYPE_INTEGER:
        return read_integer(type, text, number, problem);
    case KJ_TYPE_SIZE:
        return kj_value_read_size(text, strlen(text), number, problem);
    case KJ_TYPE_DURATION:
        return kj_value_read_duration(text, strlen(text), number, problem);
    case KJ_TYPE_DATE:
        return kj_value_read_date(text, strlen(text), number, problem);
    default:
        *problem = "no value of the field's type";
        return FALSE;
    }
}

gboolean kj_reference_value_read(const KjDataType *type, const char *text, KjReferenceValue *value, const char **problem) {
    guint64 number = 0;

    *value = (KjReferenceValue){ 0 };
    switch (type->kind) {
    case KJ_TYPE_PATH:
    case KJ_TYPE_MAIL:
    case KJ_TYPE_PRINCIPAL:
    case KJ_TYPE_TEXT:
        return read_tokens(type->kind, text, value, problem);
    case KJ_TYPE_ADDRESS:
        return kj_value_read_address(text, strlen(text), &value->ordinal, problem);
    case KJ_TYPE_SYMBOL:
        if (!type->symbols)
            return read_tokens(type->kind, text, value, problem);
        if (!read_symbol(type, text, &number, problem))
            return FALSE;
        break;
    default:
        if (!read_number(type, text, &number, problem))
            return FALSE;
        if (type->kind != KJ_TYPE_BOOL && (number < type->low || number > type->high)) {
            *problem = "outside the bounds of the field";
            return FALSE;
        }
        break;
    }
    value->ordinal = kj_ordinal_number(number);
    return TRUE;
}

static int find_field(const KjBlock *block, const char *name) {
    for (guint i = 0; i < block->field_count; i++) {
        if (strcmp(block->fields[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static void give_value(KjReferenceRequest *request, guint index, const char *text) {
    const KjField *field = &request->block->fields[index];
    KjReferenceField *slot = &request->fields[index];
    const char *problem = "cannot be read";
    KjReferenceValue value;

    if (slot->present) {
        set_problem(request, field->name, "given twice");
        return;
    }
    if (!kj_reference_value_read(&field->type, text, &value, &problem)) {
        set_problem(request, field->name, problem);
        kj_reference_value_clear(&value);
        return;
    }
    slot->present = TRUE;
    slot->value = value;
}

/* A set grows by one member with each text; no text at all makes it present and adds nothing. */
static void give_member(KjReferenceRequest *request, guint index, const char *text) {
    const KjField *field = &request->block->fields[index];
    KjReferenceField *slot = &request->fields[index];
    const char *problem = "cannot be read";
    KjReferenceValue value;

    if (!slot->members) {
        slot->members = g_array_new(FALSE, TRUE, sizeof(KjReferenceValue));
        g_array_set_clear_func(slot->members, (GDestroyNotify)kj_reference_value_clear);
    }
    slot->present = TRUE;
    if (!text)
        return;
    if (!kj_reference_value_read(&field->type, text, &value, &problem)) {
        set_problem(request, field->name, problem);
        kj_reference_value_clear(&value);
        return;
    }
    g_array_append_val(slot->members, value);
}

/* "443/tcp": the port for one field, the protocol for the other. */
static void give_service(KjReferenceRequest *request, const KjField *field, const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);

    if (g_strv_length(parts) != 2) {
        set_problem(request, field->name, "a service is written PORT/PROTOCOL");
        return;
    }
    give_value(request, field->port, parts[0]);
    give_value(request, field->protocol, parts[1]);
}

static void read_field(KjReferenceRequest *request, const KjFieldText *given) {
    int index = find_field(request->block, given->field);
    const KjField *field;

    if (index < 0) {
        set_problem(request, given->field, "the block has no such field");
        return;
    }
    field = &request->block->fields[index];
    if (field->type.set)
        give_member(request, (guint)index, given->text);
    else if (!given->text)
        set_problem(request, field->name, "holds one value, not a set");
    else if (field->type.kind == KJ_TYPE_SERVICE)
        give_service(request, field, given->text);
    else
        give_value(request, (guint)index, given->text);
}

void kj_reference_request_read(KjReferenceRequest *request, const KjBlock *block, const KjFieldText *values, guint count) {
    request->block = block;
    request->fields = g_new0(KjReferenceField, block->field_count + 1);
    for (guint i = 0; i < count; i++)
        read_field(request, &values[i]);
    for (guint i = 0; i < block->field_count; i++) {
        if ((block->fields[i].flags & KJ_FIELD_REQUIRED) && !request->fields[i].present)
            set_problem(request, block->fields[i].name, "required, and the request does not have it");
    }
}

void kj_reference_request_clear(KjReferenceRequest *request) {
    for (guint i = 0; request->fields && i < request->block->field_count; i++) {
        kj_reference_value_clear(&request->fields[i].value);
        g_clear_pointer(&request->fields[i].members, g_array_unref);
    }
    g_clear_pointer(&request->fields, g_free);
    g_clear_pointer(&request->problem, g_free);
}
