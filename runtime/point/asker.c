/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An asker: one thread's questions to one block.
 *
 * A question's values are kept as they were said beside the classes the request keeps, for the counter's key, for the log, and for a
 * candidate. All room is kept from one question to the next, so a question of ordinary size allocates nothing here.
 *
 * An answer begins as `later` and becomes something better only at the end of the one path that leads there.
 */
#include "point_private.h"

#include <string.h>
#include <time.h>

#include <kijun/translate.h>
#include <kijun/view.h>

/* ---- tables ---- */

static void clear_side(KjSide *side) {
    g_clear_pointer(&side->request, kj_request_free);
    g_clear_pointer(&side->edition.table, kj_table_unref);
    g_clear_pointer(&side->name, g_free);
    side->domain = NULL;
}

/* Takes the reference of `fresh`. */
static gboolean set_side(KjSide *side, const char *block, KjEdition *fresh, GError **error) {
    KjBlockView view;
    if (side->edition.table == fresh->table) {
        kj_table_unref(fresh->table);
        return TRUE;
    }
    clear_side(side);
    side->edition = *fresh;
    if (!fresh->table || !kj_table_find_block(fresh->table, block, &side->block, error))
        return FALSE;
    kj_view_block(fresh->table, side->block, &view);
    side->name = g_strdup_printf("%s.%s", view.module, view.name);
    side->domain = view.domain;
    side->request = kj_request_new(fresh->table, side->block);
    return TRUE;
}

/* The short lock. */
static gboolean take_up(KjAsker *asker, GError **error) {
    KjPoint *point = asker->point;
    g_mutex_lock(&point->lock);
    KjEdition active = point->active, candidate = point->candidate;
    if (active.table)
        kj_table_ref(active.table);
    if (candidate.table)
        kj_table_ref(candidate.table);
    asker->generation = __atomic_load_n(&point->generation, __ATOMIC_RELAXED);
    g_mutex_unlock(&point->lock);
    g_array_set_size(asker->values, 0); /* their names were a table's */
    gboolean whole = set_side(&asker->active, asker->block, &active, error);
    set_side(&asker->candidate, asker->block, &candidate, NULL);
    return whole;
}

void kj_asker_renew(KjAsker *asker) {
    if (__atomic_load_n(&asker->point->generation, __ATOMIC_ACQUIRE) != asker->generation)
        take_up(asker, NULL);
}

/* ---- its life ---- */

static gboolean sink_set(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    return kj_asker_set(sink->data, field, value, error);
}

/* From here on every table must have the block. FALSE when a swap came in between and took it away. */
static gboolean enlist(KjAsker *asker) {
    KjPoint *point = asker->point;
    g_mutex_lock(&point->lock);
    gboolean same = point->active.table == asker->active.edition.table;
    if (same) {
        g_hash_table_replace(point->blocks, g_strdup(asker->block), g_strdup(asker->active.domain));
        g_ptr_array_add(point->askers, asker);
    }
    g_mutex_unlock(&point->lock);
    return same;
}

KjAsker *kj_asker_new(KjPoint *point, const char *block, const char *protocol, GError **error) {
    KjAsker *asker = g_new0(KjAsker, 1);
    asker->point = point;
    asker->block = g_strdup(block);
    asker->language = g_strdup("en");
    asker->request = g_string_new(NULL);
    asker->texts = g_string_new(NULL);
    asker->problem = g_string_new(NULL);
    asker->values = g_array_new(FALSE, FALSE, sizeof(KjAskedText));
    asker->sink = (KjRequestSink){ .size = sizeof asker->sink, .data = asker, .set = sink_set };
    gboolean enlisted = FALSE;
    while (!enlisted && take_up(asker, error) && asker->active.request)
        enlisted = enlist(asker);
    if (enlisted) {
        kj_point_tally_init(&asker->tally, asker->active.name, protocol);
        return asker;
    }
    if (!asker->active.edition.table)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("no table is loaded that could be asked for the block `%s`"), block);
    kj_asker_free(asker);
    return NULL;
}

void kj_asker_free(KjAsker *asker) {
    if (!asker)
        return;
    g_mutex_lock(&asker->point->lock);
    if (g_ptr_array_remove_fast(asker->point->askers, asker))
        kj_point_tally_sum(asker->point->past, &asker->tally);
    g_mutex_unlock(&asker->point->lock);
    kj_point_tally_clear(&asker->tally);
    clear_side(&asker->active);
    clear_side(&asker->candidate);
    g_array_unref(asker->values);
    g_string_free(asker->texts, TRUE);
    g_string_free(asker->problem, TRUE);
    g_string_free(asker->request, TRUE);
    g_free(asker->block);
    g_free(asker->language);
    g_free(asker);
}

const char *kj_asker_domain(const KjAsker *asker) {
    return asker->active.domain;
}

void kj_asker_set_language(KjAsker *asker, const char *language) {
    if (strcmp(asker->language, language) == 0)
        return;
    g_free(asker->language);
    asker->language = g_strdup(language);
}

void kj_asker_set_quiet(KjAsker *asker, gboolean quiet) {
    asker->quiet = quiet;
}

/* ---- the question ---- */

void kj_asker_begin(KjAsker *asker, gint64 now, const char *request) {
    kj_asker_renew(asker);
    kj_asker_begin_next(asker, now, request);
}

void kj_asker_begin_next(KjAsker *asker, gint64 now, const char *request) {
    KjSide *sides[] = { &asker->active, &asker->candidate };
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++)
        if (sides[i]->request) {
            kj_request_clear(sides[i]->request);
            kj_request_set_instant(sides[i]->request, now / G_USEC_PER_SEC);
        }
    g_array_set_size(asker->values, 0);
    g_string_truncate(asker->texts, 0);
    g_string_assign(asker->request, request ? request : "");
    asker->spoiled = FALSE;
    asker->now = now;
}

void kj_asker_spoil(KjAsker *asker, const char *problem) {
    if (!asker->spoiled)
        g_string_assign(asker->problem, problem);
    asker->spoiled = TRUE;
}

static gboolean set_in(KjSide *side, int field, const char *value, GError **error) {
    return value ? kj_request_set_text(side->request, field, value, -1, error) : kj_request_set_empty(side->request, field, error);
}

static void keep(KjAsker *asker, guint field, const char *value) {
    KjBlockView block;
    KjFieldView view;
    kj_view_block(asker->active.edition.table, asker->active.block, &block);
    kj_view_field(asker->active.edition.table, block.first_field + field, &view);
    KjAskedText kept = { view.name, field, value ? asker->texts->len : KJ_ASKED_EMPTY };
    if (value)
        g_string_append_len(asker->texts, value, (gssize)strlen(value) + 1);
    g_array_append_val(asker->values, kept);
}

gboolean kj_asker_set(KjAsker *asker, const char *field, const char *value, GError **error) {
    KjSide *active = &asker->active, *candidate = &asker->candidate;
    if (candidate->request) { /* which may have fields the active table has not, and decides for itself what it thinks of a value */
        int other = kj_table_find_field(candidate->edition.table, candidate->block, field);
        if (other >= 0)
            set_in(candidate, other, value, NULL);
    }
    int index = active->request ? kj_table_find_field(active->edition.table, active->block, field) : -1;
    if (index < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block has no field `%s`"), field);
        return FALSE;
    }
    if (value && strlen(value) >= KJ_QUESTION_BYTES_MAX - asker->texts->len) {
        kj_asker_spoil(asker, N_("the question is too long"));
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("the question is too long"));
        return FALSE;
    }
    keep(asker, (guint)index, value);
    return set_in(active, index, value, error);
}

KjRequestSink *kj_asker_sink(KjAsker *asker) {
    return &asker->sink;
}

const char *kj_asker_value(const KjAsker *asker, const char *field) {
    for (guint i = asker->values->len; i-- > 0;) {
        const KjAskedText *value = &g_array_index(asker->values, KjAskedText, i);
        if (strcmp(value->name, field) == 0)
            return value->at == KJ_ASKED_EMPTY ? NULL : asker->texts->str + value->at;
    }
    return NULL;
}

KjTable *kj_asker_table(const KjAsker *asker, guint *block, const char **release) {
    *block = asker->active.block;
    *release = asker->active.edition.release;
    return asker->active.edition.table;
}

KjRequest *kj_asker_request(KjAsker *asker) {
    return asker->active.request;
}

/* ---- the answer ---- */

const char *kj_side_message(const KjAsker *asker, const KjSide *side, const KjVerdict *verdict) {
    const char *unnamed = NULL, *first = NULL;
    KjObligation obligation;
    for (guint i = 0; kj_verdict_obligation(side->request, verdict, i, &obligation); i++) {
        if (strcmp(obligation.name, "message") != 0)
            continue;
        if (strcmp(obligation.language, asker->language) == 0)
            return obligation.value;
        if (!unnamed && !obligation.language[0])
            unnamed = obligation.value;
        if (!first)
            first = obligation.value;
    }
    return unnamed ? unnamed : first;
}

static void answer_limit(KjAsker *asker, KjSide *side, KjCounting counting, KjPromises *promises, KjAnswer *answer) {
    KjAnswerKind otherwise = KJ_ANSWER_LATER;
    switch (kj_count(asker, side, &answer->verdict, counting, promises, &answer->wait, &otherwise)) {
    case KJ_COUNT_WITHIN:
        answer->kind = KJ_ANSWER_PERMIT;
        return;
    case KJ_COUNT_BEYOND:
        answer->kind = KJ_ANSWER_REFUSE;
        answer->beyond = TRUE;
        return;
    case KJ_COUNT_AWAY:
        break;
    }
    answer->kind = otherwise;
    answer->message = asker->problem->len > 0 ? asker->problem->str : NULL;
}

void kj_side_answer(KjAsker *asker, KjSide *side, KjCounting counting, KjPromises *promises, KjAnswer *answer) {
    KjVerdict verdict = { .size = sizeof verdict };
    *answer = (KjAnswer){ .kind = KJ_ANSWER_LATER };
    if (asker->spoiled)
        verdict = (KjVerdict){ sizeof verdict, KJ_OUTCOME_ERROR, "deny", KJ_RULE_ERROR, "error", 0, asker->problem->str };
    else
        kj_decide(side->request, &verdict);
    answer->verdict = verdict;
    switch (verdict.outcome) {
    case KJ_OUTCOME_PERMIT:
        answer->kind = KJ_ANSWER_PERMIT;
        break;
    case KJ_OUTCOME_REFUSE:
        answer->kind = KJ_ANSWER_REFUSE;
        break;
    case KJ_OUTCOME_HOLD:
        answer->kind = KJ_ANSWER_HOLD;
        break;
    case KJ_OUTCOME_LIMIT:
        answer_limit(asker, side, counting, promises, answer);
        break;
    case KJ_OUTCOME_REQUIRE:
        answer->message = N_("the block says what is required, not what may pass: it cannot be asked here");
        return;
    case KJ_OUTCOME_ERROR:
        answer->message = verdict.problem;
        return;
    }
    if (!answer->message)
        answer->message = kj_side_message(asker, side, &verdict);
}

static guint64 nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (guint64)now.tv_sec * G_GUINT64_CONSTANT(1000000000) + (guint64)now.tv_nsec;
}

static void answer_with(KjAsker *asker, KjCounting counting, KjPromises *promises, KjAnswer *answer) {
    KjAnswer shadow = { .kind = KJ_ANSWER_LATER };
    gboolean otherwise = FALSE, timed = !asker->quiet && asker->asked++ % KJ_TIMED_EVERY == 0;
    guint64 begin = timed ? nanoseconds() : 0;
    if (!asker->active.request)
        kj_asker_spoil(asker, N_("no table is loaded"));
    if (asker->candidate.request && !asker->quiet)
        kj_shadow_answer(asker, &shadow); /* first: what the active table counts now is nothing the candidate had before */
    kj_side_answer(asker, &asker->active, counting, promises, answer);
    if (asker->quiet)
        return;
    otherwise = asker->candidate.request && kj_shadow_differs(answer, &shadow);
    if (timed)
        kj_point_tally_time(&asker->tally, nanoseconds() - begin);
    if (otherwise)
        kj_point_tally_add(&asker->tally.differences);
    kj_point_tally_answer(&asker->tally, answer);
    kj_record(asker, counting, answer, otherwise ? &shadow : NULL);
}

void kj_asker_answer(KjAsker *asker, KjCounting counting, KjAnswer *answer) {
    answer_with(asker, counting, NULL, answer);
}

void kj_asker_rehearse(KjAsker *asker, KjPromises *promises, KjAnswer *answer) {
    answer_with(asker, KJ_COUNTING_TEST, promises, answer);
}
