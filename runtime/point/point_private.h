/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an enforcement point, among themselves. */
#ifndef KJ_POINT_PRIVATE_H
#define KJ_POINT_PRIVATE_H

#include "point.h"

/* ---- metrics.c: what one asker has done. Only its own thread writes, so that counting needs no lock; readers may be one behind. ---- */

#define KJ_TALLY_ANSWERS 4
#define KJ_TALLY_BUCKETS 11 /* the last: whatever took longer */

typedef struct {
    char *block, *protocol;
    guint64 answers[KJ_TALLY_ANSWERS];
    guint64 errors;      /* those where nothing could be decided */
    guint64 differences; /* those the candidate would have answered otherwise */
    guint64 away;        /* those whose counter could not be asked */
    guint64 buckets[KJ_TALLY_BUCKETS];
    guint64 timed, nanoseconds;
} KjTally;

/* A clock is looked at for one decision in so many: the look costs as much as the decision. */
#define KJ_TIMED_EVERY 16u

void kj_point_tally_init(KjTally *tally, const char *block, const char *protocol);
void kj_point_tally_clear(KjTally *tally);
void kj_point_tally_answer(KjTally *tally, const KjAnswer *answer);
void kj_point_tally_time(KjTally *tally, guint64 nanoseconds);
void kj_point_tally_add(guint64 *number);
/* Adds a tally to the one of the same block and protocol in `sums` (element-type KjTally), or as a new one. */
void kj_point_tally_sum(GPtrArray *sums, const KjTally *tally);
void kj_point_tally_free(KjTally *tally);

/* ---- the point ---- */

#define KJ_RELEASE_LENGTH 16

typedef struct {
    KjTable *table; /* NULL: none */
    char release[KJ_RELEASE_LENGTH + 1];
} KjEdition;

struct KjPoint {
    KjCounter *counter; /* borrowed */
    KjLog *log;         /* borrowed */
    guint64 generation; /* atomic: moves whenever an asker has something to take up */
    guint64 epoch;      /* atomic */
    guint64 refused;    /* atomic: loads that were */
    GMutex lock;        /* of everything below */
    KjEdition active, candidate;
    GHashTable *blocks; /* every block ever asked, by its name as given, to its domain's name */
    GPtrArray *askers;  /* KjAsker, borrowed: for their tallies */
    GPtrArray *past;    /* KjTally: of askers that are gone */
};

/* ---- an asker ---- */

/* One table as an asker uses it. */
typedef struct {
    KjEdition edition;
    KjRequest *request; /* NULL: there is no such table, or it lacks the block */
    guint block;
    char *name; /* module.block */
    const char *domain;
} KjSide;

#define KJ_ASKED_EMPTY G_MAXSIZE

/* A value that was set. Names are the table's. */
typedef struct {
    const char *name;
    guint field;
    gsize at; /* in KjAsker.texts; KJ_ASKED_EMPTY: the empty set */
} KjAskedText;

/* All values of a question together; as much as the longest AuthZEN body. */
#define KJ_QUESTION_BYTES_MAX (1u << 20)

struct KjAsker {
    KjPoint *point;
    char *block, *language;
    guint64 generation;
    KjSide active, candidate;
    KjRequestSink sink;
    gint64 now;
    GString *request; /* the caller's name; empty: none */
    GArray *values;   /* KjAskedText */
    GString *texts;
    GString *problem; /* of a question that is spoiled, or of a counter that is away */
    gboolean spoiled, quiet;
    guint asked;
    KjTally tally;
};

/* Takes one side's own verdict and turns it into an answer, counting what is limited. */
void kj_side_answer(KjAsker *asker, KjSide *side, KjCounting counting, KjPromises *promises, KjAnswer *answer);
/* The first obligation of this name in the asker's language, else in the unnamed one, else the first; NULL if none. */
const char *kj_side_message(const KjAsker *asker, const KjSide *side, const KjVerdict *verdict);

/* counting.c: asks the counter for every rule that limits. WITHIN: it may pass; on AWAY `kind` is what the rule answers then. */
KjCount kj_count(KjAsker *asker, KjSide *side, const KjVerdict *verdict, KjCounting counting, KjPromises *promises, guint64 *wait,
                 KjAnswerKind *kind);

/* shadow.c: what the candidate would answer; whether the client would notice. */
void kj_shadow_answer(KjAsker *asker, KjAnswer *answer);
gboolean kj_shadow_differs(const KjAnswer *active, const KjAnswer *candidate);

/* record.c: logs the answer if it is to be logged. `shadow` is NULL where the candidate agrees or there is none. */
void kj_record(KjAsker *asker, KjCounting counting, const KjAnswer *answer, const KjAnswer *shadow);

#endif
