/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of several domains, old and new, as universes; random boxes in them, and requests as points. For tests of witnesses and
 * words. */
#ifndef KJ_TEST_SAMPLE_H
#define KJ_TEST_SAMPLE_H

#include "../../../compiler/compiler.h"
#include "../../../compiler/region/universe.h"

typedef struct {
    const char *name;   /* of the policy */
    const char *declarations; /* what stands before the block */
    const char *open;   /* "firewall b {" and what belongs to it, fields and default */
    const char *rules, *changed; /* old and new */
} KjSampleText;

/* The last has a NULL name. */
extern const KjSampleText kj_sample_texts[];
const KjSampleText *kj_sample_find(const char *name);

typedef struct {
    KjCompilation *compilations[2];
    const KjBlock *blocks[2];
    guint count;
    KjUniverse *universe;
} KjSample;

/* Fails the test, showing the diagnostics, when the text has errors. */
KjCompilation *kj_sample_compile(const char *text);
/* With `changed` the universe has two sides. */
void kj_sample_open(KjSample *sample, const KjSampleText *text, gboolean changed);
void kj_sample_close(KjSample *sample);

/* The boxes of all rules (const KjBox *). Free with g_ptr_array_unref. */
GPtrArray *kj_sample_boxes(KjSample *sample);
/* A box that tests some fields at random: what a member or comparison with a certain answer reads is there. */
const KjBox *kj_sample_random_box(KjSample *sample, GRand *random);

/* The class of each dimension for a request, read as the reference evaluator reads values. FALSE when it is no request: a value of no
 * field's type, a field given twice. */
gboolean kj_sample_point(const KjSample *sample, const KjFieldText *texts, guint count, gboolean has_instant, gint64 instant,
                         guint32 *point);

#endif
