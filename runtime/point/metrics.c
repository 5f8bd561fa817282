/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a point has done, as Prometheus text (exposition format 0.0.4).
 *
 * Each asker counts for itself, in plain words that only its thread writes; whoever wants the sums goes through all askers under the lock.
 * Times are those of every KJ_TIMED_EVERY-th decision.
 */
#include "point_private.h"

#include <string.h>

#include <kijun/translate.h>

static const KjAnswerKind kinds[KJ_TALLY_ANSWERS] = { KJ_ANSWER_PERMIT, KJ_ANSWER_REFUSE, KJ_ANSWER_HOLD, KJ_ANSWER_LATER };

/* Upper ends of the buckets, in nanoseconds; the last bucket has none. */
static const guint64 bucket_ends[KJ_TALLY_BUCKETS - 1] = { 100, 250, 500, 1000, 2500, 5000, 10000, 100000, 1000000, 10000000 };

/* One writer: a load and a store suffice, and no reader sees half a number. */
static void add(guint64 *number, guint64 more) {
    __atomic_store_n(number, __atomic_load_n(number, __ATOMIC_RELAXED) + more, __ATOMIC_RELAXED);
}

static guint64 get(const guint64 *number) {
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

void kj_point_tally_init(KjTally *tally, const char *block, const char *protocol) {
    tally->block = g_strdup(block);
    tally->protocol = g_strdup(protocol);
}

void kj_point_tally_clear(KjTally *tally) {
    g_clear_pointer(&tally->block, g_free);
    g_clear_pointer(&tally->protocol, g_free);
}

void kj_point_tally_free(KjTally *tally) {
    kj_point_tally_clear(tally);
    g_free(tally);
}

void kj_point_tally_add(guint64 *number) {
    add(number, 1);
}

void kj_point_tally_answer(KjTally *tally, const KjAnswer *answer) {
    guint which = 0;
    while (which < KJ_TALLY_ANSWERS - 1 && kinds[which] != answer->kind)
        which++;
    add(&tally->answers[which], 1);
    if (answer->verdict.outcome == KJ_OUTCOME_ERROR)
        add(&tally->errors, 1);
}

void kj_point_tally_time(KjTally *tally, guint64 nanoseconds) {
    guint bucket = 0;
    while (bucket < G_N_ELEMENTS(bucket_ends) && nanoseconds > bucket_ends[bucket])
        bucket++;
    add(&tally->buckets[bucket], 1);
    add(&tally->timed, 1);
    add(&tally->nanoseconds, nanoseconds);
}

void kj_point_tally_sum(GPtrArray *sums, const KjTally *tally) {
    KjTally *sum = NULL;
    for (guint i = 0; i < sums->len && !sum; i++) {
        KjTally *other = sums->pdata[i];
        if (strcmp(other->block, tally->block) == 0 && strcmp(other->protocol, tally->protocol) == 0)
            sum = other;
    }
    if (!sum) {
        sum = g_new0(KjTally, 1);
        kj_point_tally_init(sum, tally->block, tally->protocol);
        g_ptr_array_add(sums, sum);
    }
    for (guint i = 0; i < KJ_TALLY_ANSWERS; i++)
        sum->answers[i] += get(&tally->answers[i]);
    for (guint i = 0; i < KJ_TALLY_BUCKETS; i++)
        sum->buckets[i] += get(&tally->buckets[i]);
    sum->errors += get(&tally->errors);
    sum->differences += get(&tally->differences);
    sum->away += get(&tally->away);
    sum->timed += get(&tally->timed);
    sum->nanoseconds += get(&tally->nanoseconds);
}

/* ---- the text ---- */

static void print_head(GString *out, const char *name, const char *type, const char *help) {
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_one(GString *out, const char *name, const char *type, const char *help, guint64 number) {
    print_head(out, name, type, help);
    g_string_append_printf(out, "%s %" PRIu64 "\n", name, number);
}

/* Names of blocks are identifiers, and protocols are ours: neither has anything to escape. */
static void print_answers(GString *out, const KjTally *sum) {
    for (guint i = 0; i < KJ_TALLY_ANSWERS; i++)
        g_string_append_printf(out, "kijun_decisions_total{block=\"%s\",protocol=\"%s\",answer=\"%s\"} %" PRIu64 "\n", sum->block,
                               sum->protocol, kj_answer_name(kinds[i]), sum->answers[i]);
}

static void print_histogram(GString *out, const KjTally *sum) {
    guint64 so_far = 0;
    for (guint i = 0; i < KJ_TALLY_BUCKETS; i++) {
        so_far += sum->buckets[i];
        g_string_append_printf(out, "kijun_decision_seconds_bucket{block=\"%s\",protocol=\"%s\",le=\"", sum->block, sum->protocol);
        if (i < G_N_ELEMENTS(bucket_ends))
            g_string_append_printf(out, "%" PRIu64 "e-9", bucket_ends[i]);
        else
            g_string_append(out, "+Inf");
        g_string_append_printf(out, "\"} %" PRIu64 "\n", so_far);
    }
    g_string_append_printf(out, "kijun_decision_seconds_sum{block=\"%s\",protocol=\"%s\"} %" PRIu64 "e-9\n", sum->block, sum->protocol,
                           sum->nanoseconds);
    g_string_append_printf(out, "kijun_decision_seconds_count{block=\"%s\",protocol=\"%s\"} %" PRIu64 "\n", sum->block, sum->protocol,
                           sum->timed);
}

static const struct {
    const char *name, *help;
    gsize offset;
} counted[] = {
    { "kijun_decision_errors_total", "Questions about which nothing could be decided.", offsetof(KjTally, errors) },
    { "kijun_shadow_differences_total", "Answers the candidate would have given otherwise.", offsetof(KjTally, differences) },
    { "kijun_counter_away_total", "Answers given while the counter could not be asked.", offsetof(KjTally, away) },
};

static void print_counted(GString *out, const GPtrArray *sums) {
    for (guint c = 0; c < G_N_ELEMENTS(counted); c++) {
        print_head(out, counted[c].name, "counter", counted[c].help);
        for (guint i = 0; i < sums->len; i++) {
            const KjTally *sum = sums->pdata[i];
            g_string_append_printf(out, "%s{block=\"%s\",protocol=\"%s\"} %" PRIu64 "\n", counted[c].name, sum->block, sum->protocol,
                                   G_STRUCT_MEMBER(guint64, sum, counted[c].offset));
        }
    }
}

static void print_releases(GString *out, const KjEdition *active, const KjEdition *candidate) {
    print_head(out, "kijun_table_info", "gauge", "The tables in use, by the first digits of their digest.");
    if (active->table)
        g_string_append_printf(out, "kijun_table_info{role=\"active\",release=\"%s\"} 1\n", active->release);
    if (candidate->table)
        g_string_append_printf(out, "kijun_table_info{role=\"candidate\",release=\"%s\"} 1\n", candidate->release);
}

void kj_point_metrics(KjPoint *point, GString *out) {
    g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func((GDestroyNotify) kj_point_tally_free);
    g_mutex_lock(&point->lock);
    for (guint i = 0; i < point->past->len; i++)
        kj_point_tally_sum(sums, point->past->pdata[i]);
    for (guint i = 0; i < point->askers->len; i++) {
        const KjAsker *asker = point->askers->pdata[i];
        kj_point_tally_sum(sums, &asker->tally);
    }
    print_releases(out, &point->active, &point->candidate);
    g_mutex_unlock(&point->lock);
    print_head(out, "kijun_decisions_total", "counter", "Answers by block, protocol and answer.");
    for (guint i = 0; i < sums->len; i++)
        print_answers(out, sums->pdata[i]);
    print_counted(out, sums);
    print_head(out, "kijun_decision_seconds", "histogram", "How long a decision took, of a sample of all.");
    for (guint i = 0; i < sums->len; i++)
        print_histogram(out, sums->pdata[i]);
    print_one(out, "kijun_reloads_total", "counter", "Tables that were swapped in.", kj_point_epoch(point));
    print_one(out, "kijun_reloads_refused_total", "counter", "Tables that were refused.", get(&point->refused));
    print_one(out, "kijun_log_lost_total", "counter", "Records the decision log could not take.", point->log ? kj_log_lost(point->log) : 0);
}
