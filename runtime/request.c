/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests: values in, classes kept.
 *
 * A setter reads its value at once and keeps only the class, so that a decision works on small numbers. Values themselves are kept for the
 * fields that some rule compares with another field. A set-valued field gives every member that the rules ask for a class of its own.
 *
 * The first thing that goes wrong marks the request bad, and it stays bad until it is cleared: a caller that forgets to look at a setter's
 * result is refused, never let through. Everything is sized when the request is made; setters allocate only for a value longer than any
 * before and for a mail domain that is not ASCII.
 */
#include <kijun/request.h>

#include <string.h>

#include <kijun/calendar.h>
#include <kijun/match/classify.h>
#include <kijun/translate.h>
#include <kijun/value.h>

#define FIRST_ROOM 1024

static gboolean fail(KjRequest *request, guint32 field, const char *why, GError **error) {
    const char *name = field == KJ_NONE ? N_("request") : KJ_STRING(&request->table->image, request->fields[field].name);
    if (!request->bad)
        g_snprintf(request->problem, sizeof request->problem, "%s: %s", name, why);
    request->bad = TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "%s: %s", field == KJ_NONE ? _("request") : name, _(why));
    return FALSE;
}

/* Only fields of the request can be set, not derived ones. */
static gboolean check_field(KjRequest *request, int field, GError **error) {
    if (field >= 0 && (guint32)field < request->block->field_count && request->fields[field].kind == KJ_FIELD_KIND_VALUE)
        return TRUE;
    return fail(request, KJ_NONE, N_("the block has no such field"), error);
}

/* ---- texts ---- */

static gboolean reserve(char **room, gsize *size, gsize needed) {
    if (*room && *size >= needed)
        return TRUE;
    char *larger = g_try_realloc(*room, needed);
    if (!larger)
        return FALSE;
    *room = larger;
    *size = needed;
    return TRUE;
}

/* Tokens in the request's room. -1 with *problem. */
static int read_tokens(KjRequest *request, KjType type, const char *text, gsize length, const char **tokens, const char **problem) {
    if (length > KJ_REQUEST_VALUE_MAX) {
        *problem = N_("the value is too long");
        return -1;
    }
    if (!reserve(&request->room, &request->room_size, 4 * length + 8)) {
        *problem = N_("out of memory");
        return -1;
    }
    return kj_value_tokens(type, text, length, request->room, request->room_size, tokens, KJ_TOKENS_MAX, problem);
}

/* Tokens lie in the room one after the other, each with its NUL: together they are the value's canonical form. */
static gsize tokens_length(const char *const *tokens, guint count) {
    return count ? (gsize)(tokens[count - 1] - tokens[0]) + strlen(tokens[count - 1]) + 1 : 0;
}

static gboolean keep_tokens(KjRequestValue *value, const char *const *tokens, guint count) {
    gsize length = tokens_length(tokens, count);
    if (!reserve(&value->tokens, &value->room, length + 1))
        return FALSE;
    if (length > 0)
        memcpy(value->tokens, tokens[0], length);
    value->length = length;
    return TRUE;
}

/* ---- numbers ---- */

static gboolean find_value(const KjRequest *request, const KjRecordField *field, const char *text, gsize length, guint64 *number) {
    const KjRecordValue *values = KJ_RECORDS(&request->table->image, VALUES, KjRecordValue) + field->first_value;
    for (guint32 i = 0; i < field->value_count; i++) {
        const char *name = KJ_STRING(&request->table->image, values[i].name);
        if (strlen(name) == length && memcmp(name, text, length) == 0) {
            *number = values[i].number;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_number(const KjRequest *request, const KjRecordField *field, const char *text, gsize length, guint64 *number,
                            const char **problem) {
    switch ((KjType)field->type) {
    case KJ_TYPE_BOOL:
        return kj_value_read_bool(text, length, number, problem);
    case KJ_TYPE_INTEGER:
        return find_value(request, field, text, length, number) || kj_value_read_integer(text, length, number, problem);
    case KJ_TYPE_SIZE:
        return kj_value_read_size(text, length, number, problem);
    case KJ_TYPE_DURATION:
        return kj_value_read_duration(text, length, number, problem);
    case KJ_TYPE_DATE:
        return kj_value_read_date(text, length, number, problem);
    case KJ_TYPE_SYMBOL:
        *problem = N_("no value of the enumeration");
        return find_value(request, field, text, length, number);
    default:
        *problem = N_("not a field of numbers");
        return FALSE;
    }
}

static gboolean check_number(const KjRecordField *field, guint64 number, const char **problem) {
    gboolean inside;
    if (kj_field_is_direct(field))
        inside = number < (field->type == KJ_TYPE_BOOL ? 2 : field->value_count);
    else
        inside = field->high == 0 ? number <= G_MAXINT64 : number >= field->low && number <= field->high;
    if (!inside)
        *problem = N_("outside the bounds of the field");
    return inside;
}

static gboolean is_number_field(const KjRecordField *field) {
    return kj_field_is_direct(field) || (field->type >= KJ_TYPE_INTEGER && field->type <= KJ_TYPE_DATE);
}

/* ---- giving a field its class ---- */

/* The first time a set is named, every member that rules ask for becomes "not in it". */
static void begin_set(KjRequest *request, guint32 set) {
    if (request->classes[set] != 0)
        return;
    request->classes[set] = 1;
    for (guint i = 0; i < request->members.count; i++)
        if (request->fields[request->members.fields[i]].left == set)
            request->classes[request->members.fields[i]] = 1;
}

static void add_ordinal_member(KjRequest *request, guint32 set, KjOrdinal ordinal) {
    begin_set(request, set);
    for (guint i = 0; i < request->members.count; i++) {
        guint32 member = request->members.fields[i];
        if (request->fields[member].left == set && request->compared[member] &&
            kj_ordinal_compare(request->values[member].ordinal, ordinal) == 0)
            request->classes[member] = 2;
    }
}

static void add_text_member(KjRequest *request, guint32 set, const char *const *tokens, guint count) {
    gsize length = tokens_length(tokens, count);
    begin_set(request, set);
    for (guint i = 0; i < request->members.count; i++) {
        guint32 member = request->members.fields[i];
        const KjRequestValue *value = &request->values[member];
        if (request->fields[member].left == set && request->compared[member] && value->length == length &&
            (length == 0 || memcmp(value->tokens, tokens[0], length) == 0))
            request->classes[member] = 2;
    }
}

static gboolean give_ordinal(KjRequest *request, guint32 index, KjOrdinal ordinal, GError **error) {
    const KjRecordField *field = &request->fields[index];
    if (field->flags & KJ_FIELD_SET) {
        add_ordinal_member(request, index, ordinal);
        return TRUE;
    }
    if (request->classes[index] != 0)
        return fail(request, index, N_("given twice"), error);
    if (kj_field_is_direct(field))
        request->classes[index] = (guint32)ordinal.low + 1;
    else
        request->classes[index] = kj_classify_point(&request->table->image, field, ordinal);
    request->values[index].ordinal = ordinal;
    return TRUE;
}

static gboolean give_text(KjRequest *request, guint32 index, const char *text, gsize length, GError **error) {
    const KjRecordField *field = &request->fields[index];
    const char *tokens[KJ_TOKENS_MAX], *problem = NULL;
    int count = read_tokens(request, field->type, text, length, tokens, &problem);
    if (count < 0)
        return fail(request, index, problem, error);
    if (field->flags & KJ_FIELD_SET) {
        add_text_member(request, index, tokens, (guint)count);
        return TRUE;
    }
    if (request->classes[index] != 0)
        return fail(request, index, N_("given twice"), error);
    guint32 klass = kj_classify_tokens(&request->table->image, field, tokens, (guint)count);
    if (klass == 0)
        return fail(request, index, N_("the table gives the value no class"), error);
    if (request->compared[index] && !keep_tokens(&request->values[index], tokens, (guint)count))
        return fail(request, index, N_("out of memory"), error);
    request->classes[index] = klass;
    return TRUE;
}

static gboolean give_value(KjRequest *request, guint32 index, const char *text, gsize length, GError **error) {
    const KjRecordField *field = &request->fields[index];
    const char *problem = NULL;
    guint64 number = 0;
    KjOrdinal ordinal;
    if (kj_field_is_text(field))
        return give_text(request, index, text, length, error);
    if (field->type == KJ_TYPE_ADDRESS) {
        if (!kj_value_read_address(text, length, &ordinal, &problem))
            return fail(request, index, problem, error);
        return give_ordinal(request, index, ordinal, error);
    }
    if (!read_number(request, field, text, length, &number, &problem) || !check_number(field, number, &problem))
        return fail(request, index, problem, error);
    return give_ordinal(request, index, kj_ordinal_number(number), error);
}

/* "443/tcp": the port for one field, the protocol for the other. */
static gboolean give_service(KjRequest *request, guint32 index, const char *text, gsize length, GError **error) {
    const KjRecordField *field = &request->fields[index];
    const char *slash = memchr(text, '/', length);
    if (!slash)
        return fail(request, index, N_("a service is written PORT/PROTOCOL"), error);
    gsize port = (gsize)(slash - text);
    return give_value(request, field->right, text, port, error) && give_value(request, field->left, slash + 1, length - port - 1, error);
}

gboolean kj_request_set_text(KjRequest *request, int field, const char *text, gssize length, GError **error) {
    if (!check_field(request, field, error))
        return FALSE;
    gsize size = length < 0 ? strlen(text) : (gsize)length;
    if (request->fields[field].type == KJ_TYPE_SERVICE)
        return give_service(request, (guint32)field, text, size, error);
    return give_value(request, (guint32)field, text, size, error);
}

gboolean kj_request_set_number(KjRequest *request, int field, guint64 number, GError **error) {
    const char *problem = NULL;
    if (!check_field(request, field, error))
        return FALSE;
    if (!is_number_field(&request->fields[field]))
        return fail(request, (guint32)field, N_("not a field of numbers"), error);
    if (!check_number(&request->fields[field], number, &problem))
        return fail(request, (guint32)field, problem, error);
    return give_ordinal(request, (guint32)field, kj_ordinal_number(number), error);
}

gboolean kj_request_set_address(KjRequest *request, int field, const guint8 *address, gsize length, GError **error) {
    guint64 half[2] = { 0, 0 };
    guint32 ipv4 = 0;
    if (!check_field(request, field, error))
        return FALSE;
    if (request->fields[field].type != KJ_TYPE_ADDRESS || (length != 4 && length != 16))
        return fail(request, (guint32)field, N_("an address of 4 or 16 bytes is needed, for a field of addresses"), error);
    if (length == 4) {
        memcpy(&ipv4, address, 4);
        return give_ordinal(request, (guint32)field, (KjOrdinal){ 4, 0, GUINT32_FROM_BE(ipv4) }, error);
    }
    memcpy(half, address, 16);
    return give_ordinal(request, (guint32)field, (KjOrdinal){ 6, GUINT64_FROM_BE(half[0]), GUINT64_FROM_BE(half[1]) }, error);
}

gboolean kj_request_set_empty(KjRequest *request, int field, GError **error) {
    if (!check_field(request, field, error))
        return FALSE;
    if (!(request->fields[field].flags & KJ_FIELD_SET))
        return fail(request, (guint32)field, N_("holds one value, not a set"), error);
    begin_set(request, (guint32)field);
    return TRUE;
}

void kj_request_set_instant(KjRequest *request, gint64 seconds) {
    request->has_instant = seconds >= 0 && seconds < KJ_INSTANT_END;
    request->instant = seconds;
}

void kj_request_clear(KjRequest *request) {
    memset(request->classes, 0, request->block->field_count * sizeof *request->classes);
    request->bad = FALSE;
    request->has_instant = FALSE;
    request->matched_count = 0;
    request->problem[0] = '\0';
}

/* ---- the life of a request ---- */

static void add_field(KjFieldList *list, guint32 field, guint room) {
    if (!list->fields)
        list->fields = g_new(guint32, room);
    list->fields[list->count++] = field;
}

/* The member a MEMBER field asks for, in canonical form. One that is no value of the set's type is nobody's member. */
static void read_member(KjRequest *request, guint32 index) {
    const KjRecordField *set = &request->fields[request->fields[index].left];
    const char *text = KJ_STRING(&request->table->image, request->fields[index].operand);
    const char *tokens[KJ_TOKENS_MAX], *problem = NULL;
    KjRequestValue *value = &request->values[index];
    guint64 number = 0;
    if (kj_field_is_text(set)) {
        int count = read_tokens(request, set->type, text, strlen(text), tokens, &problem);
        request->compared[index] = count >= 0 && keep_tokens(value, tokens, (guint)count);
    } else if (set->type == KJ_TYPE_ADDRESS) {
        request->compared[index] = kj_value_read_address(text, strlen(text), &value->ordinal, NULL);
    } else {
        request->compared[index] = read_number(request, set, text, strlen(text), &number, &problem);
        value->ordinal = kj_ordinal_number(number);
    }
}

static void sort_fields(KjRequest *request) {
    guint count = request->block->field_count;
    for (guint32 i = 0; i < count; i++) {
        const KjRecordField *field = &request->fields[i];
        switch ((KjFieldKind)field->kind) {
        case KJ_FIELD_KIND_VALUE:
            if ((field->flags & KJ_FIELD_REQUIRED) && field->type != KJ_TYPE_SERVICE)
                add_field(&request->required, i, count);
            break;
        case KJ_FIELD_KIND_TIME:
            add_field(&request->times, i, count);
            break;
        case KJ_FIELD_KIND_MEMBER:
            add_field(&request->members, i, count);
            read_member(request, i);
            break;
        case KJ_FIELD_KIND_COMPARE:
            add_field(&request->comparisons, i, count);
            request->compared[field->left] = request->compared[field->right] = TRUE;
            break;
        }
    }
}

/* Which window nodes the block's times reach; parts have greater indices, so one ascending pass finds all. */
static void find_windows(KjRequest *request) {
    const KjRecordWindow *windows = KJ_RECORDS(&request->table->image, WINDOWS, KjRecordWindow);
    guint32 count = request->table->image.count[KJ_SECTION_WINDOWS];
    if (request->times.count == 0)
        return;
    request->inside = g_new0(guint8, count);
    request->clocks = g_new0(KjWallClock, request->table->zone_count);
    for (guint i = 0; i < request->times.count; i++)
        request->inside[request->fields[request->times.fields[i]].root] = 1;
    for (guint32 i = 0; i < count; i++) {
        request->window_count += request->inside[i];
        if (request->inside[i] && windows[i].kind != KJ_WINDOW_ATOM)
            request->inside[windows[i].left] = request->inside[windows[i].right] = 1;
    }
    request->windows = g_new(guint32, request->window_count);
    for (guint32 i = 0, next = 0; i < count; i++)
        if (request->inside[i])
            request->windows[next++] = i;
}

KjRequest *kj_request_new(KjTable *table, guint block) {
    g_assert(block < kj_table_block_count(table));
    KjRequest *request = g_new0(KjRequest, 1);
    request->table = kj_table_ref(table);
    request->block = &KJ_RECORDS(&table->image, BLOCKS, KjRecordBlock)[block];
    request->fields = KJ_RECORDS(&table->image, FIELDS, KjRecordField) + request->block->first_field;
    request->classes = g_new0(guint32, request->block->field_count);
    request->values = g_new0(KjRequestValue, request->block->field_count);
    request->compared = g_new0(guint8, request->block->field_count);
    request->matched = g_new0(guint32, request->block->rule_count);
    request->room = g_malloc(FIRST_ROOM);
    request->room_size = FIRST_ROOM;
    sort_fields(request);
    find_windows(request);
    return request;
}

void kj_request_free(KjRequest *request) {
    if (!request)
        return;
    for (guint i = 0; i < request->block->field_count; i++)
        g_free(request->values[i].tokens);
    g_free(request->required.fields);
    g_free(request->times.fields);
    g_free(request->members.fields);
    g_free(request->comparisons.fields);
    g_free(request->windows);
    g_free(request->inside);
    g_free(request->clocks);
    g_free(request->matched);
    g_free(request->values);
    g_free(request->compared);
    g_free(request->classes);
    g_free(request->room);
    kj_table_unref(request->table);
    g_free(request);
}
