/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocks that would cut off the one who puts them in force.
 *
 * What must get through is said by the domain (KjLifelineDefinition): requests in text, with values that may be any, and words of the connection of
 * the session. A lifeline is lost when everything it could be is refused at every instant from the reference day on: whatever interface it arrives on,
 * whatever the hour. That is what is told, with a request and the rule that refuses it. A lifeline that only some interface or some hour lets through
 * is not told: its author may know which one it is.
 */
#include "findings.h"

#include "../region/examples.h"
#include "../translate.h"

#include <string.h>

#define CONNECTION_WORDS 4u

typedef struct {
    KjFindings *findings;
    char **connection; /* its words, or NULL */
} Looking;

/* ---- the lifeline as a box ---- */

static const char *setting_of(const KjBlock *block, const char *name) {
    for (guint i = 0; i < block->setting_count; i++) {
        if (strcmp(block->settings[i].name, name) == 0)
            return block->settings[i].value;
    }
    return NULL;
}

static gboolean holds(const KjBlock *block, const char *setting, const char *value) {
    return !setting || g_strcmp0(setting_of(block, setting), value) == 0;
}

/* What is said of a field of the request; NULL: it is missing. FALSE when it is a word of a connection that there is not. */
static gboolean value_of(const Looking *looking, const KjLifelineDefinition *lifeline, const char *field, const char **value) {
    *value = NULL;
    for (const char *const *pair = lifeline->request; pair && pair[0]; pair += 2) {
        if (strcmp(pair[0], field) == 0)
            *value = pair[1];
    }
    if (*value && (*value)[0] == '{') {
        if (!looking->connection)
            return FALSE;
        *value = looking->connection[(*value)[1] - '1'];
    }
    return TRUE;
}

/* Whether rules of the block may name the field; one they may not is left as it is. */
static gboolean is_named(const KjBlock *block, const char *field) {
    for (const KjFieldDefinition *definition = block->domain->fields; definition->name; definition++) {
        if (strcmp(definition->name, field) == 0)
            return holds(block, definition->needs_setting, definition->needs_value);
    }
    return TRUE;
}

/* Classes of the instants that are still to come. */
static const KjClassSet *find_instants(const KjFindings *findings) {
    KjClassSets *sets = kj_universe_sets(findings->universe);
    const KjMoments *moments = kj_universe_moments(findings->universe);
    const KjClassSet *instants = kj_class_sets_range(sets, 1, 0);

    for (guint32 i = 1; i < kj_moments_class_count(moments); i++) {
        const KjClassSet *one = kj_class_sets_range(sets, i, i);
        KjSpanOfTime piece;

        if (kj_moments_first(moments, one, findings->analysis->at, &piece))
            instants = kj_class_set_unite(sets, instants, one);
    }
    return instants;
}

/* The classes of what is said of a field; the empty set when it is no value of the field. */
static const KjClassSet *find_classes(KjUniverse *universe, guint index, const char *value) {
    KjClassSets *sets = kj_universe_sets(universe);
    const KjSpaceField *field = kj_universe_field(universe, index);
    guint32 last = kj_universe_class_count(universe, index) - 1, klass = 0;
    gboolean others = value && value[0] == '!';
    const KjClassSet *one;

    if (!value)
        return kj_class_sets_range(sets, 0, 0);
    if (strcmp(value, "*") != 0) {
        klass = kj_example_classify(field, others ? value + 1 : value, NULL);
        if (klass == 0)
            return kj_class_sets_range(sets, 1, 0);
    }
    one = kj_class_sets_range(sets, klass, klass);
    if (klass && !others)
        return one;
    /* A class that holds more than the one value to leave out has other values yet. */
    return others && kj_classifier_is_single(field->classifier, klass) ? kj_class_set_complement(sets, one, 1, last)
                                                                       : kj_class_sets_range(sets, 1, last);
}

/* All requests the lifeline could be; NULL when it cannot be said here. */
static const KjBox *make_box(const Looking *looking, const KjLifelineDefinition *lifeline) {
    KjUniverse *universe = looking->findings->universe;
    guint count;
    const KjField *fields = kj_universe_fields(universe, &count);
    KjBox *box = kj_arena_alloc(kj_universe_arena(universe), sizeof(KjBox) + (count + 1) * sizeof(KjBoxTest));
    const KjClassSet *instants;

    for (guint i = 0; i < count; i++) {
        const char *value;

        if (!value_of(looking, lifeline, fields[i].name, &value))
            return NULL;
        if (!is_named(looking->findings->block, fields[i].name))
            continue;
        box->tests[box->count] = (KjBoxTest){ i, find_classes(universe, i, value) };
        if (box->tests[box->count++].set->count == 0)
            return NULL;
    }
    instants = find_instants(looking->findings);
    if (!kj_class_set_covers(instants, 1, kj_moments_class_count(kj_universe_moments(universe)) - 1))
        box->tests[box->count++] = (KjBoxTest){ kj_universe_instant(universe), instants };
    return instants->count ? box : NULL;
}

/* ---- asking and telling ---- */

static gboolean lets_through(guint32 decision, gpointer data) {
    return !kj_decisions_refuses(((const KjFindings *)data)->decisions, decision);
}

static KjSpan default_span(const KjBlock *block) {
    for (const KjAstItem *item = block->declaration->items; item; item = item->next) {
        if (item->kind == KJ_ITEM_DEFAULT)
            return item->span;
    }
    return block->span;
}

/* The lifeline itself, which is one of the requests of the cell; NULL when none could be made. */
static KjWitness *make_witness(const Looking *looking, const KjLifelineDefinition *lifeline, const KjBox *cell) {
    const KjFindings *findings = looking->findings;
    KjWitness *witness = kj_witness_new(findings->universe, cell, findings->analysis->at, findings->block->zone);

    for (guint i = 0; witness && i < witness->fields->len; i++) {
        const char *value;

        if (value_of(looking, lifeline, witness->fields->pdata[i], &value) && value && value[0] != '*' && value[0] != '!')
            kj_witness_replace(witness, i, value);
    }
    return witness;
}

static void tell(const Looking *looking, const KjLifelineDefinition *lifeline, const KjBox *cell, guint32 decider) {
    KjFindings *findings = looking->findings;
    const KjBlock *block = findings->block;
    const KjCase *decided = decider == KJ_CASE_NONE ? NULL : kj_cases_get(findings->cases[0], decider);
    const KjRule *rule = decided && decided->rule != KJ_CASE_NONE ? &block->rules[decided->rule] : NULL;
    const char *phrase = g_strcmp0(findings->analysis->language, "ja") == 0 ? lifeline->phrase.ja : lifeline->phrase.en;
    g_autoptr(KjWitness) witness = make_witness(looking, lifeline, cell);
    g_autofree char *command = NULL;
    KjDiagnostic *diagnostic;

    if (!kj_findings_try(findings, witness, rule, &command))
        return;
    diagnostic = kj_report(findings->diagnostics, KJ_CODE_LOCKOUT, rule ? rule->span : default_span(block), block->name, phrase);
    if (command)
        kj_report_help(diagnostic, _("allow it by a rule before; to see it refused: %s"), command);
}

/* TRUE when it is lost, which is told. */
static gboolean look_at(const Looking *looking, const KjLifelineDefinition *lifeline) {
    KjFindings *findings = looking->findings;
    const KjBox *box = make_box(looking, lifeline), *cell = NULL;
    KjWalk walk = { .start = box, .cases = findings->cases[0], .wanted = lets_through, .data = findings };
    guint32 decider = KJ_CASE_NONE;

    if (!box || kj_findings_find(findings, &walk, NULL, NULL, NULL) != KJ_WALK_DONE)
        return FALSE;
    walk.wanted = NULL;
    if (kj_findings_find(findings, &walk, NULL, &cell, &decider) != KJ_WALK_STOPPED)
        return FALSE;
    tell(looking, lifeline, cell, decider);
    return TRUE;
}

/* The four words, an IPv6 address without its interface ("fe80::1%eth0"); NULL when there are not four. Free with g_strfreev. */
static char **split_connection(const char *connection) {
    g_auto(GStrv) words = g_strsplit(connection ? connection : "", " ", -1);

    if (g_strv_length(words) != CONNECTION_WORDS)
        return NULL;
    for (guint i = 0; i < CONNECTION_WORDS; i++)
        words[i][strcspn(words[i], "%")] = '\0';
    return g_steal_pointer(&words);
}

static gboolean look_at_block(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjReplay *replay,
                              KjDiagnostics *diagnostics) {
    g_autofree char *problem = NULL;
    g_autoptr(KjFindings) findings = kj_findings_new(policy, analysis, block, replay, diagnostics, &problem);
    g_auto(GStrv) connection = split_connection(analysis->connection);
    Looking looking = { findings, connection };
    const char *told = NULL;

    if (!findings) /* told with the findings about rules */
        return FALSE;
    for (const KjLifelineDefinition *lifeline = kj_domain_lifelines(block->domain); lifeline->name; lifeline++) {
        if (holds(block, lifeline->setting, lifeline->value) && g_strcmp0(told, lifeline->name) != 0 && look_at(&looking, lifeline))
            told = lifeline->name;
    }
    if (findings->open)
        kj_report(diagnostics, KJ_CODE_FINDINGS_NONE, block->span, block->qualified, _("what it may cut off takes too many steps to find"));
    return findings->open == 0;
}

/* TRUE when it was looked at, or need not be: what could not be is no finding, but nobody may rely on it. */
static gboolean look_if_any(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjReplay *replay,
                            KjDiagnostics *diagnostics) {
    const KjLifelineDefinition *lifeline = kj_domain_lifelines(block->domain);

    while (lifeline && lifeline->name && !holds(block, lifeline->setting, lifeline->value))
        lifeline++;
    return !lifeline || !lifeline->name || look_at_block(policy, analysis, block, replay, diagnostics);
}

gboolean kj_find_lockout_of(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjDiagnostics *diagnostics) {
    KjReplay replay = { policy, analysis->table ? kj_table_ref(analysis->table) : NULL, NULL };
    gboolean looked = look_if_any(policy, analysis, block, &replay, diagnostics);

    kj_replay_clear(&replay);
    return looked;
}

void kj_find_lockout(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    KjReplay replay = { policy, analysis->table ? kj_table_ref(analysis->table) : NULL, NULL };

    for (const KjBlock *block = policy->blocks; block; block = block->next)
        look_if_any(policy, analysis, block, &replay, diagnostics);
    kj_replay_clear(&replay);
}
