/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader of JSON: see json.h for what it refuses. A value is either due or has just ended, and the stack of open containers says what
 * may follow. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#define FEW 8u /* members of an object: what sorting them would cost */

struct KjJson {
    const char *source;
    KjJsonValue *values;
    guint count, room;
    char *texts;
};

typedef struct {
    guint32 value, last; /* the container, and its last child so far */
} Open;

typedef struct {
    KjJson *json;
    const char *source;
    gsize length, at;
    char *text; /* where the next text goes */
    Open open[KJ_JSON_DEPTH_MAX];
    guint depth;
    GError **error;
} Reader;

static gboolean fail(Reader *reader, const char *what) {
    g_set_error(reader->error, KJ_ERROR, KJ_ERROR_VALUE, _("no JSON, at byte %u: %s"), (guint)reader->at + 1, what);
    return FALSE;
}

static gboolean is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(Reader *reader) {
    while (reader->at < reader->length && is_space(reader->source[reader->at]))
        reader->at++;
}

static gboolean take(Reader *reader, char byte) {
    if (reader->at >= reader->length || reader->source[reader->at] != byte)
        return FALSE;
    reader->at++;
    return TRUE;
}

/* ---- texts ---- */

/* The number of XXXX of a \uXXXX that begins at `at`, or -1. */
static int read_unit(const Reader *reader, gsize at) {
    int unit = 0;
    if (at + 6 > reader->length || reader->source[at] != '\\' || reader->source[at + 1] != 'u')
        return -1;
    for (gsize i = at + 2; i < at + 6; i++) {
        int digit = g_ascii_xdigit_value(reader->source[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static gboolean is_surrogate(int unit, int half) {
    return (unit & ~0x3ff) == half;
}

/* At \u: one character, of two units where the first is half a pair. */
static gboolean read_number_escape(Reader *reader) {
    int unit = read_unit(reader, reader->at);
    if (unit < 0)
        return fail(reader, _("`\\u` is followed by four hexadecimal digits"));
    if (unit == 0)
        return fail(reader, _("a text holds no NUL"));
    if (is_surrogate(unit, 0xdc00))
        return fail(reader, _("half a character (a surrogate without its partner)"));
    gunichar character = (gunichar)unit;
    if (is_surrogate(unit, 0xd800)) {
        int low = read_unit(reader, reader->at + 6);
        if (low < 0 || !is_surrogate(low, 0xdc00))
            return fail(reader, _("half a character (a surrogate without its partner)"));
        character = 0x10000u + (((gunichar)unit & 0x3ff) << 10) + ((gunichar)low & 0x3ff);
        reader->at += 6;
    }
    reader->at += 6;
    reader->text += g_unichar_to_utf8(character, reader->text);
    return TRUE;
}

static gboolean read_escape(Reader *reader) {
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* what is written, what it means */
    char byte = reader->at + 1 < reader->length ? reader->source[reader->at + 1] : '\0';
    if (byte == 'u')
        return read_number_escape(reader);
    for (gsize i = 0; i + 1 < sizeof escapes; i += 2) {
        if (escapes[i] == byte) {
            *reader->text++ = escapes[i + 1];
            reader->at += 2;
            return TRUE;
        }
    }
    return fail(reader, _("JSON has no such escape"));
}

/* What of a text stands for itself. */
static void read_plain(Reader *reader) {
    const char *begin = reader->source + reader->at, *end = reader->source + reader->length, *rest = begin;
    while (rest < end && (guchar)*rest >= ' ' && *rest != '"' && *rest != '\\')
        rest++;
    reader->text = mempcpy(reader->text, begin, (gsize)(rest - begin));
    reader->at += (gsize)(rest - begin);
}

/* Behind the first quotation mark. A text is never longer than what it is written as, marks included. */
static const char *read_text(Reader *reader) {
    const char *text = reader->text;
    for (read_plain(reader); reader->at < reader->length; read_plain(reader)) {
        char byte = reader->source[reader->at];
        if (byte == '"') {
            reader->at++;
            *reader->text++ = '\0';
            return text;
        }
        if (byte != '\\') {
            fail(reader, _("a control character in a text is written as its number"));
            return NULL;
        }
        if (!read_escape(reader))
            return NULL;
    }
    fail(reader, _("a text does not end"));
    return NULL;
}

/* ---- values ---- */

static gboolean take_digits(Reader *reader) {
    gsize begin = reader->at;
    while (reader->at < reader->length && g_ascii_isdigit(reader->source[reader->at]))
        reader->at++;
    return reader->at > begin;
}

static gboolean read_number(Reader *reader, KjJsonValue *value) {
    gsize begin = reader->at;
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return fail(reader, _("a value must stand here"));
    if (take(reader, '.') && !take_digits(reader))
        return fail(reader, _("a point is followed by digits"));
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        if (!take_digits(reader))
            return fail(reader, _("an exponent has digits"));
    }
    value->kind = KJ_JSON_NUMBER;
    value->text = reader->text;
    memcpy(reader->text, reader->source + begin, reader->at - begin);
    reader->text += reader->at - begin;
    *reader->text++ = '\0';
    return TRUE;
}

static gboolean read_word(Reader *reader, KjJsonValue *value) {
    static const struct {
        const char *word;
        KjJsonKind kind;
    } words[] = { { "true", KJ_JSON_BOOL }, { "false", KJ_JSON_BOOL }, { "null", KJ_JSON_NULL } };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize length = strlen(words[i].word);
        if (reader->length - reader->at >= length && memcmp(reader->source + reader->at, words[i].word, length) == 0) {
            value->kind = words[i].kind;
            value->text = value->kind == KJ_JSON_BOOL ? words[i].word : NULL;
            reader->at += length;
            return TRUE;
        }
    }
    return read_number(reader, value);
}

static gboolean read_scalar(Reader *reader, KjJsonValue *value) {
    if (!take(reader, '"'))
        return read_word(reader, value);
    value->kind = KJ_JSON_STRING;
    value->text = read_text(reader);
    return value->text != NULL;
}

/* A new value, the last of the innermost container. */
static KjJsonValue *add_value(Reader *reader) {
    KjJson *json = reader->json;
    if (json->count == json->room) {
        json->room = json->room ? json->room * 2 : 32;
        json->values = g_renew(KjJsonValue, json->values, json->room);
    }
    guint32 index = json->count++;
    json->values[index] = (KjJsonValue){ .begin = (guint32)reader->at };
    if (reader->depth > 0) {
        Open *open = &reader->open[reader->depth - 1];
        KjJsonValue *container = &json->values[open->value];
        if (container->count++ == 0)
            container->first = index;
        else
            json->values[open->last].next = index;
        open->last = index;
    }
    return &json->values[index];
}

/* ---- containers ---- */

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same of a few members, each compared with those before it. */
static const char *find_twice_of_few(const KjJson *json, const KjJsonValue *object) {
    for (const KjJsonValue *member = kj_json_first(json, object); member; member = kj_json_next(json, member))
        for (const KjJsonValue *before = kj_json_first(json, object); before != member; before = kj_json_next(json, before))
            if (strcmp(before->name, member->name) == 0)
                return member->name;
    return NULL;
}

/* The name of a member that stands twice, or NULL. */
static const char *find_twice(const KjJson *json, const KjJsonValue *object) {
    if (object->count <= FEW)
        return find_twice_of_few(json, object);
    g_autofree const char **names = g_new(const char *, object->count);
    const char *found = NULL;
    guint count = 0;
    for (const KjJsonValue *member = kj_json_first(json, object); member; member = kj_json_next(json, member))
        names[count++] = member->name;
    qsort(names, count, sizeof *names, compare_names);
    for (guint i = 1; i < count && !found; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            found = names[i];
    return found;
}

/* Behind the bracket that ends the innermost container. */
static gboolean close_container(Reader *reader) {
    KjJsonValue *container = &reader->json->values[reader->open[--reader->depth].value];
    const char *twice = container->kind == KJ_JSON_OBJECT && container->count > 1 ? find_twice(reader->json, container) : NULL;
    container->end = (guint32)reader->at;
    if (twice)
        g_set_error(reader->error, KJ_ERROR, KJ_ERROR_VALUE, _("the member `%s` stands twice in one object"), twice);
    return !twice;
}

static KjJsonKind innermost(const Reader *reader) {
    return reader->depth > 0 ? reader->json->values[reader->open[reader->depth - 1].value].kind : KJ_JSON_NULL;
}

/* A value is due: reads it, or opens it. `opened`: its first value is due, or its end. */
static gboolean begin_value(Reader *reader, gboolean *opened) {
    const char *name = NULL;
    skip_space(reader);
    if (innermost(reader) == KJ_JSON_OBJECT) {
        if (!take(reader, '"'))
            return fail(reader, _("the name of a member must stand here"));
        if (!(name = read_text(reader)))
            return FALSE;
        skip_space(reader);
        if (!take(reader, ':'))
            return fail(reader, _("a `:` must stand here"));
        skip_space(reader);
    }
    KjJsonValue *value = add_value(reader);
    value->name = name;
    char byte = reader->at < reader->length ? reader->source[reader->at] : '\0';
    *opened = byte == '{' || byte == '[';
    if (!*opened) {
        if (!read_scalar(reader, value))
            return FALSE;
        value->end = (guint32)reader->at;
        return TRUE;
    }
    if (reader->depth == KJ_JSON_DEPTH_MAX)
        return fail(reader, _("too deeply nested"));
    value->kind = byte == '{' ? KJ_JSON_OBJECT : KJ_JSON_ARRAY;
    reader->at++;
    reader->open[reader->depth++] = (Open){ reader->json->count - 1, 0 };
    return TRUE;
}

/* A value has ended: ends the containers that end here. `due`: another value follows. */
static gboolean end_value(Reader *reader, gboolean *due) {
    for (*due = FALSE; reader->depth > 0 && !*due;) {
        skip_space(reader);
        if (take(reader, ','))
            *due = TRUE;
        else if (!take(reader, innermost(reader) == KJ_JSON_OBJECT ? '}' : ']'))
            return fail(reader, _("a `,` or the closing bracket must stand here"));
        else if (!close_container(reader))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_document(Reader *reader) {
    for (gboolean due = TRUE; due;) {
        gboolean opened;
        if (!begin_value(reader, &opened))
            return FALSE;
        if (opened) {
            skip_space(reader);
            if (!take(reader, innermost(reader) == KJ_JSON_OBJECT ? '}' : ']'))
                continue;
            if (!close_container(reader))
                return FALSE;
        }
        if (!end_value(reader, &due))
            return FALSE;
    }
    skip_space(reader);
    return reader->at == reader->length || fail(reader, _("nothing may follow"));
}

KjJson *kj_json_parse(const char *bytes, gsize length, GError **error) {
    Reader reader = { .source = bytes, .length = length, .error = error };
    const char *end = bytes;
    if (length > KJ_JSON_LENGTH_MAX) {
        fail(&reader, _("too long"));
        return NULL;
    }
    if (!g_utf8_validate_len(bytes, length, &end)) {
        reader.at = (gsize)(end - bytes);
        fail(&reader, _("the bytes are no UTF-8 text"));
        return NULL;
    }
    g_autoptr(KjJson) json = g_new0(KjJson, 1);
    json->source = bytes;
    /* A text is shorter than its source by its marks, where its NUL can stand; only a number that is the whole document has none. */
    json->texts = reader.text = g_malloc(length + 2);
    reader.json = json;
    return read_document(&reader) ? g_steal_pointer(&json) : NULL;
}

void kj_json_free(KjJson *json) {
    if (!json)
        return;
    g_free(json->values);
    g_free(json->texts);
    g_free(json);
}

/* ---- reading the document ---- */

const KjJsonValue *kj_json_root(const KjJson *json) {
    return &json->values[0];
}

const KjJsonValue *kj_json_first(const KjJson *json, const KjJsonValue *value) {
    return value && value->count > 0 ? &json->values[value->first] : NULL;
}

const KjJsonValue *kj_json_next(const KjJson *json, const KjJsonValue *value) {
    return value->next ? &json->values[value->next] : NULL; /* 0 is the root, which follows nothing */
}

const KjJsonValue *kj_json_member(const KjJson *json, const KjJsonValue *value, const char *name) {
    if (!value || value->kind != KJ_JSON_OBJECT)
        return NULL;
    for (const KjJsonValue *member = kj_json_first(json, value); member; member = kj_json_next(json, member))
        if (strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

void kj_json_append_source(const KjJson *json, const KjJsonValue *value, GString *out) {
    g_string_append_len(out, json->source + value->begin, value->end - value->begin);
}

void kj_json_append_text(GString *out, const char *text) {
    g_string_append_c(out, '"');
    for (const char *rest = text; *rest;) {
        gsize plain = 0;
        while ((guchar)rest[plain] >= ' ' && rest[plain] != '"' && rest[plain] != '\\' && rest[plain] != 0x7f)
            plain++;
        g_string_append_len(out, rest, (gssize)plain);
        rest += plain;
        if (*rest == '"' || *rest == '\\')
            g_string_append_printf(out, "\\%c", *rest++);
        else if (*rest)
            g_string_append_printf(out, "\\u%04x", (guint)(guchar)*rest++);
    }
    g_string_append_c(out, '"');
}
