/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions as numbers, and blocks as cases. See decisions.h.
 *
 * A decision is known by a text of everything in it that can make a difference; equal texts are one number. What a requirement is about (an aspect of an
 * add-up domain) is its effect and its parameters but for those that have an order, counts and durations: the same people asked for in another number are
 * the same requirement, stricter or milder. A larger count is stricter, a longer time milder.
 */
#include "decisions.h"

#include <kijun/value.h>

#include <stdlib.h>
#include <string.h>

struct KjDecisions {
    KjUniverse *universe;
    const KjDomain *domain;
    KjArena *arena;
    GHashTable *numbers; /* text -> number + 1 */
    guint32 *plain;      /* of each effect alone, without anything beside it: number + 1, or 0 */
    GPtrArray *decisions; /* KjDecision *, in the arena */
    GPtrArray *regions;  /* of each side: GHashTable of KjRule -> KjRegion */
    GHashTable *twins;   /* KjRule -> that of the first side whose region it has */
    guint effect_count, strictest;
};

KjDecisions *kj_decisions_new(KjUniverse *universe, const KjDomain *domain) {
    KjDecisions *decisions = g_new0(KjDecisions, 1);

    decisions->universe = universe;
    decisions->domain = domain;
    decisions->arena = kj_arena_new();
    decisions->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    decisions->decisions = g_ptr_array_new();
    decisions->regions = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    decisions->twins = g_hash_table_new(NULL, NULL);
    for (guint i = 0; domain->effects[i].name; i++) {
        decisions->effect_count++;
        if (domain->effects[i].flags & KJ_EFFECT_REFUSES)
            decisions->strictest = i;
    }
    decisions->plain = kj_arena_newn(decisions->arena, guint32, decisions->effect_count + 1);
    return decisions;
}

void kj_decisions_free(KjDecisions *decisions) {
    if (!decisions)
        return;
    g_ptr_array_unref(decisions->regions);
    g_hash_table_unref(decisions->twins);
    g_ptr_array_unref(decisions->decisions);
    g_hash_table_unref(decisions->numbers);
    kj_arena_free(decisions->arena);
    g_free(decisions);
}

const KjDecision *kj_decisions_get(const KjDecisions *decisions, guint32 number) {
    return decisions->decisions->pdata[number];
}

gboolean kj_decisions_refuses(const KjDecisions *decisions, guint32 number) {
    const KjDecision *decision = kj_decisions_get(decisions, number);

    return decision->error || (!decision->unasked && (decisions->domain->effects[decision->effect].flags & KJ_EFFECT_REFUSES));
}

/* ---- texts ---- */

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The texts joined, sorted, each once. */
static const char *joined(KjArena *arena, GPtrArray *texts, const char *separator) {
    g_autoptr(GString) out = g_string_new("");

    g_ptr_array_sort(texts, compare_texts);
    for (guint i = 0; i < texts->len; i++) {
        if (i == 0 || strcmp(texts->pdata[i - 1], texts->pdata[i]) != 0)
            g_string_append_printf(out, "%s%s", out->len ? separator : "", (const char *)texts->pdata[i]);
    }
    return kj_arena_strdup(arena, out->str);
}

static const char *members_text(KjArena *arena, const KjRule *rule) {
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (guint i = 0; i < rule->parameter_count; i++) {
        if (!rule->parameters[i].members)
            continue;
        g_autoptr(GPtrArray) names = kj_set_names(rule->parameters[i].members);
        g_ptr_array_extend(list, names, NULL, NULL);
    }
    return joined(arena, list, "\n");
}

static const char *keys_text(KjArena *arena, const KjBlock *block, const KjRule *rule) {
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (guint i = 0; i < rule->parameter_count; i++) {
        for (guint f = 0; f < rule->parameters[i].field_count; f++)
            g_ptr_array_add(list, (gpointer)block->fields[rule->parameters[i].fields[f]].name);
    }
    return joined(arena, list, ", ");
}

static gboolean has_order(const KjParameter *parameter) {
    return parameter->definition->kind == KJ_PARAMETER_INTEGER || parameter->definition->kind == KJ_PARAMETER_DURATION;
}

static void append_parameter(const KjParameter *parameter, const char *keys, GString *out) {
    g_string_append_printf(out, "%s%s ", out->len ? " " : "", parameter->definition->name);
    switch (parameter->definition->kind) {
    case KJ_PARAMETER_RATE:
        if (parameter->bytes)
            kj_value_print(KJ_TYPE_SIZE, kj_ordinal_number(parameter->number), out);
        else
            g_string_append_printf(out, "%" G_GUINT64_FORMAT, parameter->number);
        g_string_append_c(out, '/');
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->window), out);
        return;
    case KJ_PARAMETER_INTEGER:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, parameter->number);
        return;
    case KJ_PARAMETER_DURATION:
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->number), out);
        return;
    case KJ_PARAMETER_GROUP:
        g_string_append(out, parameter->text);
        return;
    case KJ_PARAMETER_FIELDS:
        g_string_append_printf(out, parameter->field_count > 1 ? "{ %s }" : "%s", keys);
        return;
    }
}

static const char *parameters_text(KjDecisions *decisions, const KjBlock *block, const KjRule *rule, gboolean with_order) {
    g_autoptr(GString) out = g_string_new("");
    const char *keys = keys_text(decisions->arena, block, rule);

    for (guint i = 0; i < rule->parameter_count; i++) {
        if (with_order || !has_order(&rule->parameters[i]))
            append_parameter(&rule->parameters[i], keys, out);
    }
    return kj_arena_strdup(decisions->arena, out->str);
}

/* What makes two requirements the same: the people, by whatever name, how many of them, within what time. */
static const char *asks_text(KjDecisions *decisions, const KjBlock *block, const KjRule *rule) {
    g_autoptr(GString) out = g_string_new(decisions->domain->effects[rule->effect].name);
    const char *keys = keys_text(decisions->arena, block, rule);

    for (guint i = 0; i < rule->parameter_count; i++) {
        const KjParameter *parameter = &rule->parameters[i];
        g_autoptr(GPtrArray) names = parameter->members ? kj_set_names(parameter->members) : NULL;

        if (names)
            g_string_append_printf(out, " %s {%s}", parameter->definition->name, joined(decisions->arena, names, "\n"));
        else
            append_parameter(parameter, keys, out);
    }
    return kj_arena_strdup(decisions->arena, out->str);
}

/* What a requirement is about. */
static const char *aspect_of_rule(KjDecisions *decisions, const KjBlock *block, const KjRule *rule) {
    const char *parameters = parameters_text(decisions, block, rule, FALSE);

    return kj_arena_printf(decisions->arena, parameters[0] ? "%s %s" : "%s%s", decisions->domain->effects[rule->effect].name, parameters);
}

/* A message is told to people and changes nothing: it is no part of a decision. */
static gboolean is_obligation(const KjNote *note) {
    return note->obligation && strcmp(note->name, "message") != 0;
}

static const char *obligation_text(KjDecisions *decisions, const KjNote *note) {
    return kj_arena_printf(decisions->arena, note->value[0] ? "@%s(\"%s\")" : "@%s", note->name, note->value);
}

static const char *obligations_text(KjDecisions *decisions, const KjNote *notes, guint count) {
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (guint i = 0; i < count; i++) {
        if (is_obligation(&notes[i]))
            g_ptr_array_add(list, (gpointer)obligation_text(decisions, &notes[i]));
    }
    return joined(decisions->arena, list, ", ");
}

static gboolean has_obligation(KjDecisions *decisions, const KjNote *notes, guint count, const char *wanted) {
    for (guint i = 0; i < count; i++) {
        if (is_obligation(&notes[i]) && strcmp(obligation_text(decisions, &notes[i]), wanted) == 0)
            return TRUE;
    }
    return FALSE;
}

/* ---- numbers ---- */

static guint32 number_of(KjDecisions *decisions, const KjDecision *decision) {
    char *text = kj_arena_printf(decisions->arena, "%u\1%d\1%d\1%s\1%s\1%s", decision->effect, decision->error, decision->unasked,
                                 decision->parameters, decision->obligations, decision->members);
    gpointer known = g_hash_table_lookup(decisions->numbers, text);

    if (!known) {
        KjDecision *kept = kj_arena_new0(decisions->arena, KjDecision);

        *kept = *decision;
        g_ptr_array_add(decisions->decisions, kept);
        known = GUINT_TO_POINTER(decisions->decisions->len);
        g_hash_table_insert(decisions->numbers, text, known);
    }
    return GPOINTER_TO_UINT(known) - 1;
}

static KjDecision plain_decision(guint effect) {
    return (KjDecision){ .effect = effect, .parameters = "", .obligations = "", .members = "", .keys = "", .asks = "" };
}

static void add_parameters(KjDecisions *decisions, const KjBlock *block, const KjRule *rule, KjDecision *decision) {
    decision->parameters = parameters_text(decisions, block, rule, TRUE);
    decision->members = members_text(decisions->arena, rule);
    decision->keys = keys_text(decisions->arena, block, rule);
    decision->limits = rule->parameters;
    decision->limit_count = rule->parameter_count;
    if (decisions->domain->combining == KJ_COMBINING_ADD_UP)
        decision->asks = asks_text(decisions, block, rule);
}

/* What the notes of a rule or default say in this aspect. */
static const char *aspect_obligations(KjDecisions *decisions, const KjNote *notes, guint count, const char *aspect) {
    if (aspect)
        return has_obligation(decisions, notes, count, aspect) ? aspect : "";
    return decisions->domain->combining == KJ_COMBINING_FIRST_MATCH ? obligations_text(decisions, notes, count) : "";
}

static guint32 rule_decision(KjDecisions *decisions, const KjBlock *block, const KjRule *rule, const char *aspect) {
    gboolean adds_up = decisions->domain->combining == KJ_COMBINING_ADD_UP;
    KjDecision decision = plain_decision(adds_up && !aspect ? 0 : rule->effect);
    gboolean plain = !adds_up && rule->parameter_count == 0 && rule->note_count == 0;

    if (plain && decisions->plain[rule->effect])
        return decisions->plain[rule->effect] - 1;
    if (adds_up ? aspect != NULL : !aspect)
        add_parameters(decisions, block, rule, &decision);
    if (!adds_up)
        decision.obligations = aspect_obligations(decisions, rule->notes, rule->note_count, aspect);
    if (plain)
        return (decisions->plain[rule->effect] = number_of(decisions, &decision) + 1) - 1;
    return number_of(decisions, &decision);
}

static guint32 default_decision(KjDecisions *decisions, const KjBlock *block, const char *aspect) {
    KjDecision decision = plain_decision(block->default_effect == G_MAXUINT ? decisions->strictest : block->default_effect);

    if (decisions->domain->combining == KJ_COMBINING_ADD_UP)
        decision.unasked = TRUE;
    else
        decision.obligations = aspect_obligations(decisions, block->default_notes, block->default_note_count, aspect);
    return number_of(decisions, &decision);
}

guint kj_decisions_count(const KjDecisions *decisions) {
    return decisions->decisions->len;
}

guint32 kj_decisions_absent(KjDecisions *decisions) {
    KjDecision decision = plain_decision(decisions->strictest);

    decision.unasked = decisions->domain->combining == KJ_COMBINING_ADD_UP;
    return number_of(decisions, &decision);
}

guint32 kj_decisions_requirement(KjDecisions *decisions, const KjBlock *block, const KjRule *rule, const char **aspect) {
    *aspect = aspect_of_rule(decisions, block, rule);
    return rule_decision(decisions, block, rule, *aspect);
}

guint32 kj_decisions_error(KjDecisions *decisions) {
    KjDecision decision = plain_decision(decisions->strictest);

    decision.error = TRUE;
    return number_of(decisions, &decision);
}

/* ---- comparing ---- */

/* The lists of texts, sorted and joined: what of `from` is not in `to`. */
static gboolean is_lost(const char *from, const char *to) {
    g_auto(GStrv) before = g_strsplit(from, "\n", -1), after = g_strsplit(to, "\n", -1);

    for (guint i = 0; before[i]; i++) {
        if (before[i][0] && !g_strv_contains((const char *const *)after, before[i]))
            return TRUE;
    }
    return FALSE;
}

static const KjParameter *parameter_of(const KjDecision *decision, KjParameterKind kind) {
    for (guint i = 0; i < decision->limit_count; i++) {
        if (decision->limits[i].definition->kind == kind)
            return &decision->limits[i];
    }
    return NULL;
}

static guint number_ways(guint64 from, guint64 to) {
    return to < from ? KJ_DIRECTION_NARROWS : to > from ? KJ_DIRECTION_WIDENS : KJ_DIRECTION_SAME;
}

/* Rates with the same key: by number and window, or with a burst by the rate itself and the depth. */
static guint compare_rates(const KjDecision *from, const KjDecision *to) {
    const KjParameter *a = parameter_of(from, KJ_PARAMETER_RATE), *b = parameter_of(to, KJ_PARAMETER_RATE);
    const KjParameter *a_burst = parameter_of(from, KJ_PARAMETER_INTEGER), *b_burst = parameter_of(to, KJ_PARAMETER_INTEGER);

    if (!a || !b || a->bytes != b->bytes || !a_burst != !b_burst || strcmp(from->keys, to->keys) != 0)
        return KJ_DIRECTION_MIXED;
    if (!a_burst)
        return number_ways(a->number, b->number) | number_ways(b->window, a->window);
    /* N1/W1 against N2/W2, crosswise: 128 bits hold the products */
    unsigned __int128 before = (unsigned __int128)a->number * b->window, after = (unsigned __int128)b->number * a->window;
    return number_ways(a_burst->number, b_burst->number) |
           (after < before ? KJ_DIRECTION_NARROWS : after > before ? KJ_DIRECTION_WIDENS : KJ_DIRECTION_SAME);
}

/* Requirements: who may fulfil them, how many must, and how long they may take. */
static guint compare_requirements(const KjDecision *from, const KjDecision *to) {
    guint ways = KJ_DIRECTION_SAME;

    for (guint i = 0; i < from->limit_count && i < to->limit_count; i++) {
        const KjParameter *a = &from->limits[i], *b = &to->limits[i];
        if (a->definition->kind != b->definition->kind || a->definition->kind == KJ_PARAMETER_RATE || strcmp(from->keys, to->keys) != 0)
            return KJ_DIRECTION_MIXED;
        if (a->definition->kind == KJ_PARAMETER_INTEGER)
            ways |= number_ways(b->number, a->number);
        if (a->definition->kind == KJ_PARAMETER_DURATION)
            ways |= number_ways(a->number, b->number);
    }
    if (is_lost(from->members, to->members))
        ways |= KJ_DIRECTION_NARROWS;
    if (is_lost(to->members, from->members))
        ways |= KJ_DIRECTION_WIDENS;
    return from->limit_count == to->limit_count ? ways : KJ_DIRECTION_MIXED;
}

static guint compare_effects(const KjDecisions *decisions, const KjDecision *from, const KjDecision *to) {
    if (from->unasked != to->unasked)
        return from->unasked ? KJ_DIRECTION_NARROWS : KJ_DIRECTION_WIDENS;
    if (from->effect != to->effect)
        return to->effect > from->effect ? KJ_DIRECTION_NARROWS : KJ_DIRECTION_WIDENS;
    if (strcmp(from->parameters, to->parameters) == 0 && strcmp(from->members, to->members) == 0)
        return KJ_DIRECTION_SAME;
    if (decisions->domain->effects[from->effect].flags & KJ_EFFECT_LIMITS)
        return compare_rates(from, to);
    return compare_requirements(from, to);
}

/* Whether a text such as @log or @notify("x") is of an annotation that loosens. */
static gboolean loosens(const KjDecisions *decisions, const char *obligation) {
    const KjAnnotationDefinition *own = decisions->domain->annotations;
    gsize length = strcspn(obligation + 1, "(");

    while (own && own->name && (strlen(own->name) != length || strncmp(own->name, obligation + 1, length) != 0))
        own++;
    return own && own->name && own->obligation == KJ_ANNOTATION_LOOSENS;
}

/* Whether `from` has an obligation that `to` lacks, of those that loosen or of the others. */
static gboolean has_other(const KjDecisions *decisions, const char *from, const char *to, gboolean loosening) {
    g_auto(GStrv) before = g_strsplit(from, ", ", -1), after = g_strsplit(to, ", ", -1);

    for (guint i = 0; before[i]; i++) {
        if (before[i][0] && !g_strv_contains((const char *const *)after, before[i]) && loosens(decisions, before[i]) == loosening)
            return TRUE;
    }
    return FALSE;
}

KjDirection kj_decisions_compare(const KjDecisions *decisions, guint32 from, guint32 to) {
    const KjDecision *a = kj_decisions_get(decisions, from), *b = kj_decisions_get(decisions, to);
    gboolean milder;
    guint ways;

    if (from == to)
        return KJ_DIRECTION_SAME;
    ways = compare_effects(decisions, a, b);
    milder = (ways & KJ_DIRECTION_WIDENS) != 0;
    if (has_other(decisions, a->obligations, b->obligations, FALSE) || has_other(decisions, b->obligations, a->obligations, TRUE))
        ways |= KJ_DIRECTION_WIDENS;
    if ((has_other(decisions, b->obligations, a->obligations, FALSE) || has_other(decisions, a->obligations, b->obligations, TRUE)) &&
        !milder)
        ways |= KJ_DIRECTION_NARROWS; /* whoever is let through now and noted down has not lost anything */
    return (KjDirection)ways;
}

/* ---- aspects ---- */

static void add_aspect(GHashTable *known, GPtrArray *aspects, const char *aspect) {
    if (g_hash_table_add(known, (gpointer)aspect))
        g_ptr_array_add(aspects, (gpointer)aspect);
}

static void add_aspects(KjDecisions *decisions, const KjBlock *block, GHashTable *known, GPtrArray *aspects) {
    for (guint i = 0; i <= block->rule_count; i++) {
        const KjRule *rule = i < block->rule_count ? &block->rules[i] : NULL;
        const KjNote *notes = rule ? rule->notes : block->default_notes;
        guint count = rule ? rule->note_count : block->default_note_count;

        if (rule && decisions->domain->combining == KJ_COMBINING_ADD_UP)
            add_aspect(known, aspects, aspect_of_rule(decisions, block, rule));
        for (guint n = 0; decisions->domain->combining == KJ_COMBINING_STRICTEST && n < count; n++) {
            if (is_obligation(&notes[n]))
                add_aspect(known, aspects, obligation_text(decisions, &notes[n]));
        }
    }
}

GPtrArray *kj_decisions_aspects(KjDecisions *decisions, const KjBlock *block, const KjBlock *other) {
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *aspects = g_ptr_array_new();

    g_ptr_array_add(aspects, NULL);
    add_aspects(decisions, block, known, aspects);
    if (other)
        add_aspects(decisions, other, known, aspects);
    return aspects;
}

/* ---- cases ---- */

void kj_decisions_set_twin(KjDecisions *decisions, const KjRule *rule, const KjRule *twin) {
    g_hash_table_insert(decisions->twins, (gpointer)rule, (gpointer)twin);
}

const KjRegion *kj_decisions_region(KjDecisions *decisions, guint side, const KjRule *rule) {
    const KjRule *twin = side ? g_hash_table_lookup(decisions->twins, rule) : NULL;
    GHashTable *known;
    KjRegion *region;

    if (twin)
        return kj_decisions_region(decisions, 0, twin);
    while (decisions->regions->len <= side)
        g_ptr_array_add(decisions->regions, g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref));
    known = decisions->regions->pdata[side];
    region = g_hash_table_lookup(known, rule);
    if (!region) {
        region = kj_universe_lower_rule(decisions->universe, side, rule);
        if (region)
            g_hash_table_insert(known, (gpointer)rule, region);
    }
    return region;
}

/* A rule's place among the cases: the greater first. */
typedef struct {
    guint64 strictness;
    guint32 rule, decision;
} Place;

static int compare_places(const void *a, const void *b) {
    const Place *left = a, *right = b;

    if (left->strictness != right->strictness)
        return left->strictness > right->strictness ? -1 : 1;
    return left->rule < right->rule ? -1 : left->rule > right->rule;
}

static guint64 strictness_of(KjDecisions *decisions, const KjDecision *decision, const KjRule *rule) {
    guint64 order = 0;

    switch (decisions->domain->combining) {
    case KJ_COMBINING_STRICTEST:
        return 2 * (guint64)rule->effect + (decision->obligations[0] != '\0');
    case KJ_COMBINING_ADD_UP:
        for (guint i = 0; i < rule->parameter_count; i++) {
            if (rule->parameters[i].definition->kind == KJ_PARAMETER_INTEGER)
                order = rule->parameters[i].number;
        }
        return order;
    case KJ_COMBINING_FIRST_MATCH:
        break;
    }
    return 0;
}

/* The rules that have a say in the aspect, best first. */
static GArray *place_rules(KjDecisions *decisions, const KjBlock *block, const char *aspect) {
    GArray *places = g_array_new(FALSE, FALSE, sizeof(Place));

    for (guint32 i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        Place place = { 0, i, 0 };

        if (aspect && decisions->domain->combining == KJ_COMBINING_ADD_UP && strcmp(aspect_of_rule(decisions, block, rule), aspect) != 0)
            continue;
        place.decision = rule_decision(decisions, block, rule, aspect);
        place.strictness = strictness_of(decisions, kj_decisions_get(decisions, place.decision), rule);
        g_array_append_val(places, place);
    }
    if (places->len)
        qsort(places->data, places->len, sizeof(Place), compare_places);
    return places;
}

KjCases *kj_decisions_cases(KjDecisions *decisions, guint side, const KjBlock *block, const char *aspect, gboolean errors,
                            guint *failed_rule) {
    g_autoptr(GArray) places = place_rules(decisions, block, aspect);
    g_autoptr(KjCases) cases = kj_cases_new(decisions->universe, default_decision(decisions, block, aspect));

    if (errors) {
        g_autoptr(GPtrArray) region = kj_universe_errors(decisions->universe, side);

        kj_cases_add(cases, kj_decisions_error(decisions), KJ_CASE_NONE, region);
    }
    for (guint i = 0; i < places->len; i++) {
        const Place *place = &g_array_index(places, Place, i);
        const KjRegion *region = kj_decisions_region(decisions, side, &block->rules[place->rule]);

        if (!region) {
            *failed_rule = place->rule;
            return NULL;
        }
        kj_cases_add(cases, place->decision, place->rule, region);
    }
    kj_cases_seal(cases);
    return g_steal_pointer(&cases);
}
