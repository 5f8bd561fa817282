/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An enforcement point: everything between a protocol and a table, once for all protocols.
 *
 *     KjPoint *point = kj_point_new(counter, log);                       one a process
 *     kj_point_load(point, "mail.kjt", &error);                          again at each reload
 *     KjAsker *asker = kj_asker_new(point, "forwarding", "postfix", &error);   one a thread
 *     kj_asker_begin(asker, now, "4Fx7");                                for each question
 *     domain->read_request(kj_asker_sink(asker), bytes, length, &error);
 *     kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);                 decides, counts, logs
 *
 * Tables are swapped by epoch. A new table is opened and verified beside the old one and then published by one atomic number. An asker
 * looks at that number when a question begins, and only where it has moved takes up the new table under a short lock; a question is
 * answered whole by the table it began with. So no decision waits for a reload, none is lost, none is mixed; the old table goes when the
 * last asker has let go of it. An asker that is idle would keep it: kj_asker_renew() lets go between questions. A bad table changes
 * nothing.
 *
 * A candidate beside the active table (shadow mode) is asked the same question, never counts, and only where it would have answered
 * otherwise is it logged.
 *
 * Failure means refusal, in the form the domain can bear: an answer is `later` (a temporary failure) when nothing could be decided, or when
 * the counter of a rule that limits could not be asked and the rule carries neither @pass_without_counter nor @refuse_without_counter.
 */
#ifndef KJ_POINT_H
#define KJ_POINT_H

#include <kijun/kijun.h>
#include <kijun/plugin.h>

#include "../counter/counter.h"
#include "../log/log.h"

G_BEGIN_DECLS

typedef struct KjPoint KjPoint;

/* Borrows both; either may be NULL: without a counter a rule that limits is answered `later`, without a log nothing is logged. */
KjPoint *kj_point_new(KjCounter *counter, KjLog *log);
/* After the last asker. */
void kj_point_free(KjPoint *point);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPoint, kj_point_free)

/* Swaps in the table of a file. FALSE, and everything as it was, when the file is no good table, or lacks a block that was ever asked here,
 * or has another domain's under its name. Any thread. */
gboolean kj_point_load(KjPoint *point, const char *path, GError **error);
/* The candidate; NULL ends shadow mode. */
gboolean kj_point_shadow(KjPoint *point, const char *path, GError **error);
/* The active table, and its digest's first 16 digits (may be NULL). NULL before the first load. Unref with kj_table_unref. */
KjTable *kj_point_table(KjPoint *point, char release[17]);
/* The same of the candidate. */
KjTable *kj_point_candidate(KjPoint *point, char release[17]);
/* How often a table was swapped in; 0: none yet. */
guint64 kj_point_epoch(const KjPoint *point);
/* Prometheus text: decisions by block, protocol and answer, reloads, refused reloads, counter and log trouble, a histogram of seconds a
 * decision. */
void kj_point_metrics(KjPoint *point, GString *out);

typedef enum {
    KJ_ANSWER_PERMIT = 0x4e1f8b63,
    KJ_ANSWER_REFUSE = 0x2ba6d05c,
    KJ_ANSWER_HOLD = 0x71c83e95,
    KJ_ANSWER_LATER = 0x0d79a4e8, /* nothing could be decided or counted: temporary failure, or denial where there is no such thing */
} KjAnswerKind;

/* "permit", "refuse", "hold", "later"; anything else is "later". */
const char *kj_answer_name(KjAnswerKind kind);

typedef struct {
    KjAnswerKind kind;
    KjVerdict verdict;   /* what the table said */
    gboolean beyond;     /* refused because the rate is used up */
    guint64 wait;        /* then: seconds until it may pass again; G_MAXUINT64: never */
    const char *message; /* the rule's @message in the asker's language, else its first; what was wrong (English) on an error; else NULL */
} KjAnswer;

typedef struct KjAsker KjAsker;

/* `block` as `module.block` or `block`; `protocol` for the log. NULL with KJ_ERROR_UNKNOWN, or when no table is loaded. One thread at a
 * time. */
KjAsker *kj_asker_new(KjPoint *point, const char *block, const char *protocol, GError **error);
void kj_asker_free(KjAsker *asker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjAsker, kj_asker_free)

/* The domain of the block: which plugin reads its requests. Valid until the next question. */
const char *kj_asker_domain(const KjAsker *asker);
void kj_asker_set_language(KjAsker *asker, const char *language); /* "en" at first */
/* A quiet asker logs nothing and is not counted in the metrics: for questions nobody acts on (searches). FALSE at first. */
void kj_asker_set_quiet(KjAsker *asker, gboolean quiet);
/* Lets go of a table that is no longer the active one. Between questions. */
void kj_asker_renew(KjAsker *asker);

/* A new question, made at `now` (microseconds since 1970). `request`: the caller's name for it, copied, or NULL. */
void kj_asker_begin(KjAsker *asker, gint64 now, const char *request);
/* The same, but of the table of the question before: one act of several questions (a message to several recipients) that are answered
 * together. */
void kj_asker_begin_next(KjAsker *asker, gint64 now, const char *request);
/* Sets a field (NULL: the empty set). FALSE with KJ_ERROR_UNKNOWN (no such field; the question is as it was) or KJ_ERROR_VALUE (the answer
 * will refuse). */
gboolean kj_asker_set(KjAsker *asker, const char *field, const char *value, GError **error);
/* The same for a domain's reader; fields the block does not have are KJ_ERROR_UNKNOWN for the reader to judge. */
KjRequestSink *kj_asker_sink(KjAsker *asker);
/* The last value set, or NULL. Valid until the next one is set. */
const char *kj_asker_value(const KjAsker *asker, const char *field);
/* The question cannot be read: the answer will be an error with this message. */
void kj_asker_spoil(KjAsker *asker, const char *problem);
/* Decides, counts (a rule that limits), logs what is to be logged: @log, @alert, what could not be decided, differences of the candidate.
 * With KJ_COUNTING_TEST a permission is no last word, and only refusals are logged. `answer` is valid until the next question. */
void kj_asker_answer(KjAsker *asker, KjCounting counting, KjAnswer *answer);
/* The table of the question, its block there, and its digest's first 16 digits; all borrowed, until the next question begins. */
KjTable *kj_asker_table(const KjAsker *asker, guint *block, const char **release);
/* The table and block of the question, for explanations and obligations. */
KjRequest *kj_asker_request(KjAsker *asker);

/*
 * Several questions that will be counted together, later: a message whose recipients are asked one by one. A rehearsal is KJ_COUNTING_TEST,
 * but also counts what was promised before, and is itself a promise where it is within. So 20 recipients do not all pass on the last unit
 * of a rate.
 */
typedef struct KjPromises KjPromises;
#define KJ_PROMISES_BYTES_MAX (512u << 10) /* of the names of different counters in one; one more is answered `later` */
KjPromises *kj_promises_new(void);
void kj_promises_clear(KjPromises *promises);
void kj_promises_free(KjPromises *promises);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPromises, kj_promises_free)
void kj_asker_rehearse(KjAsker *asker, KjPromises *promises, KjAnswer *answer);

G_END_DECLS

#endif
