/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See lapse.h. Both versions come from one random policy: some rules left out on each side, two of them swapped, another default. So they share fields and
 * settings, which they must, and many rules, which is what an emergency looks like.
 */
#include "lapse.h"

#include <string.h>

#include <kijun/calendar.h>

#include "evaluate.h"
#include "format_check.h"

#define LEFT_OUT 20u /* in a hundred rules */
#define DEFAULT_RULES 8u /* where the strictest rule decides, a default for a time is what no rule matches: with more rules that is too much to say */
#define EVALUATORS 3u

typedef struct {
    KjCompilation *compilations[2]; /* before, new */
    KjRandomDecider *references[2];
    KjArena *arena;
    KjDiagnostics *diagnostics;
    KjRandomDecider *joined[EVALUATORS];
} Pair;

enum { BEFORE, NEW };

static void pair_clear(Pair *pair) {
    for (guint i = 0; i < EVALUATORS; i++)
        g_clear_pointer(&pair->joined[i], kj_random_decider_free);
    for (guint i = 0; i < 2; i++) {
        g_clear_pointer(&pair->references[i], kj_random_decider_free);
        g_clear_pointer(&pair->compilations[i], kj_compilation_free);
    }
    g_clear_pointer(&pair->diagnostics, kj_diagnostics_free);
    g_clear_pointer(&pair->arena, kj_arena_free);
}

/* ---- two versions ---- */

static gboolean is_default(const KjPiece *piece) {
    return piece->head && g_str_has_prefix(piece->head, "    default ");
}

/* What both versions must have alike stays, and where it is. */
static gboolean is_rule(const KjPiece *piece) {
    g_autoptr(GString) text = g_string_new(NULL);

    kj_piece_render(piece, text);
    return piece->children && !g_str_has_prefix(g_strchug(text->str), "field ");
}

static char *other_default(const KjDomain *domain, GRand *random) {
    guint count = 0, chosen;

    while (domain->effects[count].name)
        count++;
    chosen = (guint)g_rand_int_range(random, 0, (gint32)count);
    while (domain->effects[chosen].flags & KJ_EFFECT_LIMITS)
        chosen = (chosen + 1) % count;
    return g_strdup_printf("    default %s;\n", domain->effects[chosen].name);
}

/* Every piece below that may be left out. */
static void add_optional(KjPiece *piece, GPtrArray *pieces) {
    for (guint i = 0; piece->children && i < piece->children->len; i++) {
        KjPiece *child = piece->children->pdata[i];

        if (child->optional && piece->children->len > piece->least)
            g_ptr_array_add(pieces, child);
        add_optional(child, pieces);
    }
}

/* What a name stands for may be another thing in each version: the same words are then another rule. Gives the piece that was left out, or NULL. */
static KjPiece *change_names(const KjRandomPolicy *policy, GRand *random) {
    g_autoptr(GPtrArray) pieces = g_ptr_array_new();
    KjPiece *changed = NULL;

    for (guint i = 0; i + 1 < policy->file->children->len; i++) {
        KjPiece *declaration = policy->file->children->pdata[i];
        g_autoptr(GString) text = g_string_new(NULL);

        kj_piece_render(declaration, text);
        if (g_str_has_prefix(text->str, "zone "))
            g_ptr_array_add(pieces, declaration);
        add_optional(declaration, pieces);
    }
    if (pieces->len > 0 && g_rand_boolean(random)) {
        g_autoptr(KjCompilation) compilation = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *problem = NULL;

        changed = pieces->pdata[g_rand_int_range(random, 0, (gint32)pieces->len)];
        changed->dropped = TRUE;
        kj_piece_render(policy->file, text);
        compilation = kj_random_compile(text->str, &problem);
        changed->dropped = problem == NULL;
    }
    return changed;
}

static char *make_version(KjRandomPolicy *policy, GRand *random) {
    KjPiece *block = policy->file->children->pdata[policy->file->children->len - 1], *changed = NULL, *renamed;
    GPtrArray *items = block->children;
    GString *text = g_string_new(NULL);
    guint one = items->len ? (guint)g_rand_int_range(random, 0, (gint32)items->len) : 0, other = one;
    char *kept = NULL;

    for (guint i = 0; i < items->len; i++) {
        KjPiece *item = items->pdata[i];
        if (is_default(item) && (policy->domain->combining == KJ_COMBINING_FIRST_MATCH || items->len <= DEFAULT_RULES) && g_rand_boolean(random)) {
            changed = item;
            kept = item->head;
            item->head = other_default(policy->domain, random);
        }
        item->dropped = is_rule(item) && g_rand_int_range(random, 0, 100) < (gint32)LEFT_OUT;
    }
    if (items->len > 0) {
        other = (guint)g_rand_int_range(random, 0, (gint32)items->len);
        if (!is_rule(items->pdata[one]) || !is_rule(items->pdata[other]))
            other = one;
        gpointer swap = items->pdata[one];
        items->pdata[one] = items->pdata[other];
        items->pdata[other] = swap;
    }
    renamed = change_names(policy, random);
    kj_piece_render(policy->file, text);
    if (renamed)
        renamed->dropped = FALSE;
    for (guint i = 0; i < items->len; i++)
        ((KjPiece *)items->pdata[i])->dropped = FALSE;
    if (changed) {
        g_free(changed->head);
        changed->head = kept;
    }
    return g_string_free(text, FALSE);
}

/* NULL, or why they cannot be used together. */
static char *open_pair(Pair *pair, char *const texts[2], gint64 until) {
    const KjPolicy *both;
    char *problem = NULL;

    *pair = (Pair){ .arena = kj_arena_new(), .diagnostics = kj_diagnostics_new() };
    for (guint i = 0; i < 2 && !problem; i++) {
        pair->compilations[i] = kj_random_compile(texts[i], &problem);
        if (!problem)
            pair->references[i] = kj_random_decider_new(&kj_random_evaluators[0], pair->compilations[i], &problem);
    }
    if (problem)
        return problem;
    both = kj_policy_lapse(pair->arena, pair->compilations[NEW]->policy, until, pair->compilations[BEFORE]->policy, pair->diagnostics);
    if (!both) {
        GString *told = g_string_new(NULL);
        kj_diagnostics_print_text(pair->diagnostics, pair->compilations[NEW]->sources, FALSE, told);
        return g_string_free(told, FALSE);
    }
    for (guint i = 0; i < EVALUATORS && !problem; i++)
        pair->joined[i] = kj_random_decider_of(&kj_random_evaluators[i], both, pair->diagnostics, pair->compilations[NEW]->sources, &problem);
    return problem;
}

/* ---- requests ---- */

static gint64 pick_instant(GRand *random, gint64 until, gint64 own) {
    static const int around[] = { -86400, -61, -60, -59, -1, 0, 1, 59, 60, 86400 };
    guint at = (guint)g_rand_int_range(random, 0, G_N_ELEMENTS(around) + 2);

    return at < G_N_ELEMENTS(around) ? until + around[at] : own;
}

/* The new default is told as a rule of this name. */
static gboolean is_same(const KjRandomAnswer *joined, const KjRandomAnswer *wanted) {
    KjRandomAnswer answer = *joined;
    char none[] = "";

    if (strcmp(wanted->label, "default") == 0 && strcmp(joined->matched, " default") == 0)
        answer.matched = none;
    return kj_random_answer_equal(&answer, wanted);
}

/* Without a clock: what the release before answers, or a refusal. A domain without refusals adds requirements up. */
static gboolean is_sound_without_clock(const KjRandomAnswer *joined, const KjRandomAnswer *before) {
    return joined->outcome == KJ_OUTCOME_REFUSE || joined->outcome == KJ_OUTCOME_ERROR || joined->outcome == KJ_OUTCOME_REQUIRE ||
           strcmp(joined->effect, before->effect) == 0;
}

static gboolean try_request(const Pair *pair, const KjRandomRequest *request, gint64 until, KjRandomLapses *counts, GString *report) {
    KjRandomAnswer answers[2], joined;
    gboolean clock = request->has_instant && request->instant >= 0 && request->instant < KJ_INSTANT_END, held = TRUE;
    guint side = clock && request->instant < until ? NEW : BEFORE;

    for (guint i = 0; i < 2; i++)
        kj_random_decide(pair->references[i], request, &answers[i]);
    counts->differing += !kj_random_answer_equal(&answers[0], &answers[1]);
    *(!clock ? &counts->clockless : side == NEW ? &counts->before : &counts->after) += 1;
    for (guint i = 0; i < EVALUATORS && held; i++) {
        kj_random_decide(pair->joined[i], request, &joined);
        held = clock ? is_same(&joined, &answers[side]) : is_sound_without_clock(&joined, &answers[side]);
        if (!held) {
            g_autofree char *wanted = kj_random_answer_describe(&answers[side]), *got = kj_random_answer_describe(&joined);
            g_autofree char *asked = kj_random_request_describe(request);
            g_string_append_printf(report, "%s, %s the end: %s\nwanted %s\ngot    %s\n", kj_random_evaluators[i].name,
                                   !clock ? "without a clock at" : side == NEW ? "before" : "from", asked, wanted, got);
        }
        kj_random_answer_clear(&joined);
    }
    for (guint i = 0; i < 2; i++)
        kj_random_answer_clear(&answers[i]);
    return held;
}

gboolean kj_random_try_lapse(const KjDomain *domain, guint64 seed, guint requests, KjRandomLapses *counts, GString *report) {
    KjRandomPolicy *policy = kj_random_policy_new(domain, seed);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)seed);
    char *texts[2];
    gint64 until = G_GINT64_CONSTANT(1790000000) + g_rand_int_range(random, -86400 * 400, 86400 * 400), end = until - until % 60;
    g_autofree char *problem = NULL;
    gboolean held = TRUE;
    Pair pair;

    if (policy->instants->len > 0 && g_rand_boolean(random)) { /* where the policy's own times begin and end */
        gint64 own = g_array_index(policy->instants, gint64, (guint)g_rand_int_range(random, 0, (gint32)policy->instants->len));
        until = own >= 60 && own < KJ_INSTANT_END ? own : until;
        end = until - until % 60;
    }
    for (guint i = 0; i < 2; i++)
        texts[i] = make_version(policy, random);
    problem = open_pair(&pair, texts, until);
    if (problem) {
        g_string_append_printf(report, "%s\n", problem);
        held = FALSE;
    }
    counts->pairs++;
    for (guint i = 0; i < requests && held; i++) {
        KjRandomRequest *request = kj_random_request_new(policy, i);

        if (i % 8 == 7)
            request->has_instant = FALSE;
        else if (request->has_instant || i % 2)
            *request = (KjRandomRequest){ request->names, request->texts, TRUE, pick_instant(random, end, request->has_instant ? request->instant : end),
                                          request->on_edge, request->lacking };
        held = try_request(&pair, request, end, counts, report);
        kj_random_request_free(request);
    }
    if (!held)
        g_string_append_printf(report, "domain %s, seed %" G_GUINT64_FORMAT ", until %" G_GINT64_FORMAT "\n---- before\n%s---- new\n%s", domain->name, seed, until,
                               texts[BEFORE], texts[NEW]);
    pair_clear(&pair);
    g_free(texts[0]);
    g_free(texts[1]);
    kj_random_policy_free(policy);
    return held;
}
