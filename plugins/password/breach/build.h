/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of any size to one breach filter, in bounded memory. See build.c. */
#ifndef KJ_BREACH_BUILD_H
#define KJ_BREACH_BUILD_H

#include "list.h"

typedef struct KjBreachBuilder KjBreachBuilder;

/* Called now and then: so many keys were read; while shards are built, so many of `shards`. */
typedef void (*KjBreachProgress)(guint64 keys, guint built, guint shards, gpointer data);

/* Will write `output`, which keeps what it has until kj_breach_builder_finish. Its folder must have room for 8 bytes a key besides. `progress` may be
 * NULL. Free with kj_breach_builder_free. */
KjBreachBuilder *kj_breach_builder_new(const char *output, KjBreachProgress progress, gpointer data, GError **error);
void kj_breach_builder_free(KjBreachBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBreachBuilder, kj_breach_builder_free)

/* Shards of at most so many keys (half of KJ_FUSE_KEYS_MAX, unless set): fewer keys are less memory, more records, and longer building. */
void kj_breach_builder_set_shard_keys(KjBreachBuilder *builder, guint keys);

/* Adds a list (kj_breach_list_read). May be called for several. */
gboolean kj_breach_builder_add(KjBreachBuilder *builder, FILE *file, const char *name, KjBreachListForm form, GError **error);

typedef struct {
    guint64 keys;     /* distinct ones in the filter */
    guint64 repeated; /* lines that said one again */
    guint64 skipped;  /* lines of plain lists that no password can be */
} KjBreachCounts;

/* Builds the filter, reads it back, and puts it in place of `output` by renaming. The same lines give the same bytes in whatever order.
 * FALSE with an error, and then `output` is as it was. Ends the builder. */
gboolean kj_breach_builder_finish(KjBreachBuilder *builder, KjBreachCounts *counts, GError **error);

#endif
