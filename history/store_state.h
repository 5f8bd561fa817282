/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host remembers, as bytes: the files `state` and `next` of a store. */
#ifndef KJ_STORE_STATE_H
#define KJ_STORE_STATE_H

#include "store.h"

/* With the digests of the releases that are kept, the latest first. */
typedef struct {
    KjStoreState state;
    char **kept;
} KjStoreRecord;

KjStoreRecord *kj_store_record_new(const KjStoreState *state, char **kept); /* copies `state`, takes `kept` */
void kj_store_record_free(KjStoreRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjStoreRecord, kj_store_record_free)

/* Reads a file. TRUE with `record` NULL when it is not there; FALSE with KJ_ERROR_IO when it cannot be read, or is not what a store writes.
 */
gboolean kj_store_record_read(const char *path, KjStoreRecord **record, GError **error);
gboolean kj_store_record_write(const KjStoreRecord *record, const char *path, GError **error);

/* 64 hexadecimal digits, small. */
gboolean kj_store_is_digest(const char *text);

#endif
