/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of breached passwords in a file, to be asked. See filter.c. */
#ifndef KJ_BREACH_FILTER_H
#define KJ_BREACH_FILTER_H

#include <glib.h>

typedef struct KjBreachFilter KjBreachFilter;

/* Maps the file read-only and judges header, records and sizes; the slots are not looked at. Errors: KJ_PASSWORD_ERROR_FILTER, or G_FILE_ERROR. A
 * filter never changes and may serve many threads. Free with kj_breach_filter_free. */
KjBreachFilter *kj_breach_filter_open(const char *path, GError **error);

/* The same for bytes in memory, aligned to 8, which must outlive it; `name` is for messages. */
KjBreachFilter *kj_breach_filter_new(const void *bytes, gsize length, const char *name, GError **error);
void kj_breach_filter_free(KjBreachFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBreachFilter, kj_breach_filter_free)

/* Reads the whole and compares its SHA-256. FALSE with KJ_PASSWORD_ERROR_FILTER. */
gboolean kj_breach_filter_verify(const KjBreachFilter *filter, GError **error);

typedef struct {
    guint64 keys;
    guint64 size; /* bytes */
    guint shards;
    char digest[65]; /* SHA-256 as it is written in the file, hexadecimal */
} KjBreachFacts;

void kj_breach_filter_facts(const KjBreachFilter *filter, KjBreachFacts *facts);

/* What a password is in a filter: the first eight bytes of its SHA-1. `password` is prepared (kj_opaque_string_enforce), in UTF-8. */
guint64 kj_breach_key(const char *password, gsize length);

/* TRUE for every key of the set, and for one in 65,536 of all others. */
gboolean kj_breach_filter_has(const KjBreachFilter *filter, guint64 key);

/* The predicate of measure.h; `filter` is the KjBreachFilter. Never fails. */
gboolean kj_breach_filter_predicate(const char *password, gsize length, gboolean *breached, gpointer filter, GError **error);

#endif
