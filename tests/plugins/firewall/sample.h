/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets aimed at the rules of a block, and what Kijun decides about them: see sample.c. */
#ifndef KJ_TEST_SAMPLE_H
#define KJ_TEST_SAMPLE_H

#include <kijun/view.h>

#include "packet.h"

typedef struct Sampler Sampler;

/* `seed` makes the packets. Keeps a reference to the table. Free with sampler_free. */
Sampler *sampler_new(KjTable *table, guint block, guint32 seed);
void sampler_free(Sampler *sampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sampler, sampler_free)

gboolean sampler_is_stateful(const Sampler *sampler);
/* The block's setting `hook`. */
const char *sampler_hook(const Sampler *sampler);

/* The next packet near an edge of some rule that a kernel would carry to the hook. */
void sampler_next(Sampler *sampler, Packet *packet);

/* The label of the rule that decides the packet at the instant, "default", or "error". Owned by the table. */
const char *sampler_decide(Sampler *sampler, const Packet *packet, gint64 instant);

#endif
