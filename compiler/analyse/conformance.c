/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conformance: every block against all that its standards say, for every request and every instant.
 *
 * Places in which a standard may be broken (breaches.h) are gathered by pair, the standard's rule and the block's, and each pair is told once: at the block's
 * rule, with the standard's rule beside it, and with a request that shows it. What begins only after the reference instant is a warning with its date;
 * without a reference (`build`) every instant counts alike. The pairs that cover most are told first, up to PAIRS_TOLD.
 *
 * Nothing is passed over: a walk that had to be given up, and a pair for which no request can be made up (fields compared with each other are opaque), are
 * errors that say so. Every request is tried before it is shown (replay.h).
 */
#include "analyse.h"

#include "../limits.h"
#include "../region/count.h"
#include "../translate.h"
#include "breaches.h"
#include "replay.h"

#include <math.h>

#define PAIRS_TOLD 20u /* of a block; the rest are counted */

/* One rule of a standard, and the rule of the block that departs from it. */
typedef struct {
    KjBreach breach;
    double share;        /* logarithm to base 2 of the share of all requests that the two have in common, roughly */
    gboolean now;        /* some of it at or before the reference instant, or without any; else */
    guint32 first_class; /* the first class of instants with some of it */
    KjWitness *witness;  /* of what `now` says; NULL: none found */
} Departure;

typedef struct {
    const KjAnalysis *analysis;
    KjBreaches *breaches;
    GHashTable *by_pair; /* text -> Departure */
    GPtrArray *departures;
    guint32 later;       /* the first class of instants that come only after the reference */
    gboolean *too_long;  /* of each demand */
} Proving;

static void departure_free(gpointer data) {
    Departure *departure = data;

    kj_witness_free(departure->witness);
    g_free(departure);
}

/* ---- time ---- */

/* The first class that comes only after the instant: classes are numbered as they first come. */
static guint32 first_later_class(KjUniverse *universe, gint64 at) {
    const KjMoments *moments = kj_universe_moments(universe);
    guint32 low = 1, count = kj_moments_class_count(moments), high = count;
    KjSpanOfTime piece;

    while (low < high) {
        guint32 middle = low + (high - low) / 2;

        if (kj_moments_first(moments, kj_class_sets_range(kj_universe_sets(universe), middle, count - 1), 0, &piece) && piece.begin <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static gint64 first_instant(KjUniverse *universe, guint32 klass) {
    KjSpanOfTime piece = { 0, 0 };

    kj_moments_first(kj_universe_moments(universe), kj_class_sets_range(kj_universe_sets(universe), klass, klass), 0, &piece);
    return piece.begin;
}

/* "2027-01-01", with the time of day if it is not the day's first. */
static char *date_text(gint64 instant, const char *zone) {
    g_autoptr(GTimeZone) there = g_time_zone_new_identifier(zone);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(instant),
                         wall = there ? g_date_time_to_timezone(utc, there) : g_date_time_ref(utc);
    gboolean midnight = g_date_time_get_hour(wall) == 0 && g_date_time_get_minute(wall) == 0;

    return g_date_time_format(wall, midnight ? "%Y-%m-%d" : "%Y-%m-%d %H:%M");
}

/* ---- gathering ---- */

static Departure *departure_of(Proving *proving, const KjBreach *breach, gboolean make) {
    g_autofree char *key = g_strdup_printf("%u %u %p", breach->demand, breach->wanted, (const void *)breach->rule);
    Departure *departure = g_hash_table_lookup(proving->by_pair, key);

    if (!departure && make) {
        departure = g_new0(Departure, 1);
        departure->breach = *breach;
        departure->share = -INFINITY;
        departure->first_class = G_MAXUINT32;
        g_hash_table_insert(proving->by_pair, g_steal_pointer(&key), departure);
        g_ptr_array_add(proving->departures, departure);
    }
    return departure;
}

static void add_share(const Proving *proving, Departure *departure, const KjBreach *breach) {
    double share = kj_count_share(proving->breaches->universe, breach->start), more = MAX(share, departure->share),
           less = MIN(share, departure->share);

    departure->share = isinf(less) ? more : more + log2(1 + exp2(less - more));
}

static void take_witness(Departure *departure, KjWitness *witness, gboolean now) {
    if (departure->now == now && departure->witness) {
        kj_witness_free(witness);
        return;
    }
    kj_witness_free(departure->witness);
    departure->witness = witness;
    departure->now = now;
}

/* Whether there is a breach in the place at classes of instants from `low` to `high`. */
static gboolean is_broken(Proving *proving, const KjBreach *breach, guint32 low, guint32 high, gint64 from, KjWitness **witness) {
    KjWalkEnd end;

    *witness = NULL;
    if (low > high)
        return FALSE;
    end = kj_breaches_find(proving->breaches, breach, kj_class_sets_range(kj_universe_sets(proving->breaches->universe), low, high), &from,
                           witness);
    proving->too_long[breach->demand] |= end == KJ_WALK_TOO_LONG;
    return end == KJ_WALK_STOPPED;
}

/* Nothing of the place is past. Finds the first class that has some of it, if that comes before what is known of the pair. */
static void gather_later(Proving *proving, const KjBreach *breach) {
    KjUniverse *universe = proving->breaches->universe;
    Departure *departure = departure_of(proving, breach, FALSE);
    guint32 low = proving->later, high = kj_universe_class_count(universe, kj_universe_instant(universe)) - 1;
    KjWitness *witness;

    if (departure && departure->now)
        return;
    if (departure)
        high = MIN(high, departure->first_class - 1);
    if (!is_broken(proving, breach, low, high, proving->analysis->at, &witness))
        return;
    departure = departure_of(proving, breach, TRUE);
    while (low < high) {
        guint32 middle = low + (high - low) / 2;

        kj_witness_free(witness);
        if (is_broken(proving, breach, low, middle, proving->analysis->at, &witness))
            high = middle;
        else
            low = middle + 1;
    }
    kj_witness_free(witness);
    is_broken(proving, breach, low, low, first_instant(universe, low), &witness);
    departure->first_class = low;
    g_clear_pointer(&departure->witness, kj_witness_free);
    take_witness(departure, witness, FALSE);
    add_share(proving, departure, breach);
}

static gboolean gather(const KjBreach *breach, gpointer data) {
    Proving *proving = data;
    Departure *departure = departure_of(proving, breach, FALSE);
    KjWitness *witness;

    if (departure && departure->now && departure->witness) {
        add_share(proving, departure, breach); /* one request is enough; whether this place has one too is not asked */
    } else if (is_broken(proving, breach, 0, proving->later - 1, proving->analysis->at, &witness)) {
        departure = departure_of(proving, breach, TRUE);
        take_witness(departure, witness, TRUE);
        add_share(proving, departure, breach);
    } else {
        gather_later(proving, breach);
    }
    return TRUE;
}

/* ---- saying ---- */

/* "`limit rate 20/1d per forwarder`" */
static char *answer_text(const KjBreaches *breaches, guint32 number) {
    const KjDecision *decision = kj_decisions_get(breaches->decisions, number);

    if (decision->unasked)
        return g_strdup(_("without such a requirement"));
    return g_strdup_printf("`%s%s%s`", breaches->block->domain->effects[decision->effect].name, decision->parameters[0] ? " " : "",
                           decision->parameters);
}

static char *wanted_text(const KjBreaches *breaches, guint32 number) {
    g_autofree char *answer = answer_text(breaches, number);

    if (kj_decisions_refuses(breaches->decisions, number))
        return g_strdup(_("a refusal"));
    if (kj_decisions_get(breaches->decisions, number)->effect == 0 && breaches->block->domain->combining != KJ_COMBINING_ADD_UP)
        return g_strdup_printf(_("exactly %s"), answer);
    return g_strdup_printf(_("%s or stricter"), answer);
}

static KjSpan default_span(const KjBlock *block) {
    for (const KjAstItem *item = block->declaration->items; item; item = item->next) {
        if (item->kind == KJ_ITEM_DEFAULT)
            return item->span;
    }
    return block->declaration->name->span;
}

static void add_related(const Proving *proving, const Departure *departure, KjDiagnostic *diagnostic) {
    const KjDemand *demand = proving->breaches->demands->pdata[departure->breach.demand];
    g_autofree char *through = NULL, *example = NULL, *command = NULL;

    kj_report_related(diagnostic, demand->standard->rules[departure->breach.wanted].span, _("what the standard says"));
    if (demand->through)
        through = g_strdup_printf(_("the block conforms to `%s`, and that to `%s`"), demand->conformance->standard->name,
                                  demand->standard->name);
    kj_report_related(diagnostic, demand->conformance->span, through ? through : _("the block conforms to it here"));
    if (departure->witness) {
        command = kj_replay_command(proving->analysis->path, proving->breaches->block, departure->witness);
        example = g_strdup_printf(_("for example: %s"), command);
        kj_report_related(diagnostic, KJ_SPAN_NONE, example);
    }
}

static void add_help(const Proving *proving, const Departure *departure, KjDiagnostic *diagnostic) {
    const KjBlock *block = proving->breaches->block;
    const KjDemand *demand = proving->breaches->demands->pdata[departure->breach.demand];
    const KjRule *rule = departure->breach.rule;
    gboolean refuses = kj_decisions_refuses(proving->breaches->decisions, departure->breach.wanted_decision);
    const char *standard = demand->standard->name;

    if (!refuses)
        kj_report_help(diagnostic, _("let such requests be decided as `%s` asks"), standard);
    else if (rule && rule->labelled)
        kj_report_help(diagnostic, _("narrow `%s`, or refuse such requests by a rule of their own; what must stay for a time needs "
                                     "`exception \"NUMBER\" to %s in %s.%s until DATE reason \"...\";`"),
                       rule->label, standard, block->qualified, rule->label);
    else
        kj_report_help(diagnostic, _("refuse such requests by a rule of their own; what must stay for a time needs "
                                     "`exception \"NUMBER\" to %s in %s when ... until DATE reason \"...\";`"),
                       standard, block->qualified);
}

static void report_departure(const Proving *proving, const Departure *departure, KjDiagnostics *diagnostics) {
    const KjBreaches *breaches = proving->breaches;
    const KjDemand *demand = breaches->demands->pdata[departure->breach.demand];
    const KjRule *rule = departure->breach.rule;
    const char *label = demand->rules[departure->breach.wanted].label, *standard = demand->standard->name;
    gboolean unasked = kj_decisions_get(breaches->decisions, departure->breach.decision)->unasked;
    g_autofree char *who = rule ? g_strdup_printf(_("the rule `%s`"), rule->label)
                                : g_strdup_printf(unasked ? _("the block `%s`") : _("the default of `%s`"), breaches->block->qualified);
    g_autofree char *answer = answer_text(breaches, departure->breach.decision),
                    *wanted = wanted_text(breaches, departure->breach.wanted_decision);
    g_autofree char *date = departure->now ? NULL
                                           : date_text(first_instant(breaches->universe, departure->first_class), breaches->block->zone);
    KjSpan span = rule ? rule->span : default_span(breaches->block);
    KjDiagnostic *diagnostic;

    if (!departure->witness) {
        g_autofree char *reason = g_strdup_printf(_("%s may answer otherwise than `%s` wants, but no request can be made up that shows it"),
                                                  who, label);
        diagnostic = kj_report(diagnostics, KJ_CODE_UNPROVED, span, breaches->block->qualified, standard, reason);
        kj_report_help(diagnostic,
                       _("fields that are compared with each other are opaque to the proof; write the case without the comparison"));
    } else if (departure->now) {
        diagnostic = kj_report(diagnostics, KJ_CODE_NOT_CONFORMING, span, who, answer, label, standard, wanted);
        add_help(proving, departure, diagnostic);
    } else {
        diagnostic = kj_report(diagnostics, KJ_CODE_NOT_CONFORMING_LATER, span, date, who, answer, label, standard, wanted);
        add_help(proving, departure, diagnostic);
    }
    add_related(proving, departure, diagnostic);
}

/* Tried before it is shown. FALSE after reporting our own mistake. */
static gboolean is_shown(const Proving *proving, const Departure *departure, KjReplay *replay, KjDiagnostics *diagnostics) {
    const KjBreaches *breaches = proving->breaches;
    const KjBlock *wanting = breaches->wanting->pdata[departure->breach.demand];
    g_autofree char *command = NULL;

    if (!departure->witness
        || (kj_replay_decides(replay, breaches->block, departure->breach.rule, departure->witness)
            && kj_replay_refers(wanting, &wanting->rules[departure->breach.wanted], departure->witness)))
        return TRUE;
    command = kj_replay_command(proving->analysis->path, breaches->block, departure->witness);
    kj_report(diagnostics, KJ_CODE_ANALYSIS_WRONG, breaches->block->span, command);
    return FALSE;
}

/* What is wrong now before what will be, then the larger first; found order else. */
static gint compare_departures(gconstpointer a, gconstpointer b) {
    const Departure *left = *(const Departure *const *)a, *right = *(const Departure *const *)b;

    if (left->now != right->now)
        return left->now ? -1 : 1;
    return left->share > right->share ? -1 : left->share < right->share;
}

static void report_all(Proving *proving, KjReplay *replay, KjDiagnostics *diagnostics) {
    guint now = 0, later = 0;

    g_ptr_array_sort(proving->departures, compare_departures);
    for (guint i = 0; i < proving->departures->len; i++) {
        const Departure *departure = proving->departures->pdata[i];

        if (i < PAIRS_TOLD && is_shown(proving, departure, replay, diagnostics))
            report_departure(proving, departure, diagnostics);
        else if (i >= PAIRS_TOLD)
            *(departure->now ? &now : &later) += 1;
    }
    if (now)
        kj_report(diagnostics, KJ_CODE_NOT_CONFORMING_MORE, proving->breaches->block->declaration->name->span, now,
                  proving->breaches->block->qualified);
    if (later)
        kj_report(diagnostics, KJ_CODE_NOT_CONFORMING_MORE_LATER, proving->breaches->block->declaration->name->span, later,
                  proving->breaches->block->qualified);
}

/* ---- one block ---- */

static void report_unproved(const KjBreaches *breaches, guint demand, const char *reason, KjDiagnostics *diagnostics) {
    const KjBlock *block = breaches->block;
    const KjDemand *of = demand < breaches->demands->len ? breaches->demands->pdata[demand] : NULL;
    KjDiagnostic *diagnostic = kj_report(diagnostics, KJ_CODE_UNPROVED, of ? of->conformance->span : block->declaration->name->span,
                                         block->qualified, of ? of->standard->name : block->conformances[0].standard->name, reason);

    kj_report_help(diagnostic, _("split the block, or name what its rules combine as one set, so that the question becomes smaller"));
}

static void prove_block(const KjPolicy *policy, const KjBlock *block, const KjAnalysis *analysis, KjReplay *replay,
                        KjDiagnostics *diagnostics) {
    g_autoptr(KjBreaches) breaches = kj_breaches_new(policy, block);
    g_autoptr(GHashTable) by_pair = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) departures = g_ptr_array_new_with_free_func(departure_free);
    g_autofree gboolean *too_long = g_new0(gboolean, breaches->demands->len + 1);
    Proving proving = { analysis, breaches, by_pair, departures, 0, too_long };

    if (!breaches->problem) {
        proving.later = analysis->undated ? kj_moments_class_count(kj_universe_moments(breaches->universe))
                                          : first_later_class(breaches->universe, analysis->at);
        kj_breaches_each(breaches, NULL, gather, &proving);
    }
    if (breaches->problem)
        report_unproved(breaches, 0, breaches->problem, diagnostics);
    for (guint i = 0; i < breaches->demands->len; i++) {
        if (too_long[i])
            report_unproved(breaches, i, _("the question is too large"), diagnostics);
    }
    report_all(&proving, replay, diagnostics);
}

void kj_prove_conformance(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    KjReplay replay = { policy, analysis->table ? kj_table_ref(analysis->table) : NULL, NULL };

    kj_find_contradictions(policy, diagnostics);
    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        if (block->conformance_count)
            prove_block(policy, block, analysis, &replay, diagnostics);
    }
    kj_replay_clear(&replay);
}
