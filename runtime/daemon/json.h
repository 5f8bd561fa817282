/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that strangers send, read so that every reader of the same bytes reads the same.
 *
 *     g_autoptr(KjJson) json = kj_json_parse(bytes, length, &error);
 *     const KjJsonValue *subject = kj_json_member(json, kj_json_root(json), "subject");
 *     const KjJsonValue *id = kj_json_member(json, subject, "id");
 *     if (id && id->kind == KJ_JSON_STRING) use(id->text);
 *
 * RFC 8259 and nothing beside it: no comments, no trailing commas, no NaN. Refused although the grammar allows it, because programs differ
 * in what they make of it: a member that stands twice in one object, \u0000, half a surrogate pair. Numbers stay as they were written.
 *
 * The whole document is one array of values and one buffer of texts, made in one pass without recursion: at most 41 bytes for each byte
 * read, and time in proportion (members of an object are sorted to find one that stands twice). Nothing is looked up by hash, so no names
 * make it slow.
 */
#ifndef KJ_JSON_H
#define KJ_JSON_H

#include <glib.h>

G_BEGIN_DECLS

#define KJ_JSON_DEPTH_MAX 64u        /* objects and arrays within each other; requests need six */
#define KJ_JSON_LENGTH_MAX (64u << 20) /* bytes; offsets are 32 bits wide */

typedef enum { KJ_JSON_NULL = 1, KJ_JSON_BOOL, KJ_JSON_NUMBER, KJ_JSON_STRING, KJ_JSON_ARRAY, KJ_JSON_OBJECT } KjJsonKind;

typedef struct {
    KjJsonKind kind;
    guint32 count;      /* an array's or an object's values */
    const char *name;   /* of a member of an object; else NULL */
    const char *text;   /* a string's characters; a number as it is written; "true", "false"; else NULL */
    guint32 begin, end; /* where it stands in the source, its quotation marks or brackets included */
    guint32 first, next;
} KjJsonValue;

typedef struct KjJson KjJson;

/* NULL with KJ_ERROR_VALUE: what is wrong, and at which byte. Borrows `bytes` for kj_json_append_source() only. */
KjJson *kj_json_parse(const char *bytes, gsize length, GError **error);
void kj_json_free(KjJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjJson, kj_json_free)

/* Values live as long as the document. */
const KjJsonValue *kj_json_root(const KjJson *json);
/* NULL when `value` is NULL, no object, or has no such member. */
const KjJsonValue *kj_json_member(const KjJson *json, const KjJsonValue *value, const char *name);
/* The values of an array or an object in their order; NULL when there is none (any more). */
const KjJsonValue *kj_json_first(const KjJson *json, const KjJsonValue *value);
const KjJsonValue *kj_json_next(const KjJson *json, const KjJsonValue *value);

/* Appends the value as it stands in the source. */
void kj_json_append_source(const KjJson *json, const KjJsonValue *value, GString *out);
/* Appends a text (valid UTF-8) as a JSON string with its quotation marks. */
void kj_json_append_text(GString *out, const char *text);

G_END_DECLS

#endif
