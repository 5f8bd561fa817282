/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets that hold no value, and windows in which no instant lies, where a rule uses them.
 *
 * Most come about by subtraction, or from a CSV file in which no row fits any more: the text of the rule looks as it should. Each is told once, where it
 * is first used. A rule that cannot match because of one is not told a second time for that.
 */
#include "findings.h"

#include "../translate.h"

typedef struct {
    KjFindings *findings;
    GHashTable *told; /* file and name, or file and place */
    guint rule;
} Looking;

/* `other`: how it is called when it has no name. */
static void explain(Looking *looking, KjCode code, KjSpan span, const char *name, const char *other) {
    g_autofree char *named = name ? g_strdup_printf("`%s`", name) : g_strdup(other);
    char *key = name ? g_strdup_printf("%u %s", span.file, name) : g_strdup_printf("%u %u", span.file, span.start);

    looking->findings->explained[looking->rule] = TRUE;
    if (g_hash_table_add(looking->told, key))
        kj_report(looking->findings->diagnostics, code, span, named);
}

/* The set, or the first part of it that has a name or stands by itself and holds nothing. */
static const KjSet *find_empty(const Looking *looking, KjClassifier *classifier, const KjSet *set) {
    KjClassSets *sets = kj_universe_sets(looking->findings->universe);
    const KjSet *found = NULL;

    if (set->kind == KJ_SET_UNION) {
        for (guint i = 0; i < set->count && !found; i++)
            found = find_empty(looking, classifier, set->members[i]);
    }
    if (!found && set->kind == KJ_SET_MINUS)
        found = find_empty(looking, classifier, set->members[0]);
    return found ? found : kj_classifier_classes(classifier, sets, set)->count == 0 ? set : NULL;
}

static void look_at_test(Looking *looking, const KjCondition *condition) {
    const KjSpaceField *field = kj_universe_field(looking->findings->universe, condition->field);
    const KjSet *found = field->classifier ? find_empty(looking, field->classifier, condition->set) : NULL;
    g_autofree char *other = found ? g_strdup_printf(_("what is written for `%s`"), field->field->name) : NULL;

    if (found)
        explain(looking, KJ_CODE_SET_EMPTY, condition->span, found->name ? found->name : condition->set->name, other);
}

static void look_at_window(Looking *looking, const KjWindow *window, KjSpan span) {
    g_autoptr(GPtrArray) inside = kj_universe_lower_window(looking->findings->universe, window, FALSE);

    if (inside->len == 0)
        explain(looking, KJ_CODE_WINDOW_EMPTY, span, window->name, _("this window"));
}

/* Over the joint fields. */
static void look_at_condition(Looking *looking, const KjCondition *condition) {
    if (condition->kind == KJ_CONDITION_TEST)
        look_at_test(looking, condition);
    if (condition->kind == KJ_CONDITION_DURING)
        look_at_window(looking, condition->window, condition->span);
    for (guint i = 0; condition->operands && i < MAX(condition->count, 1); i++)
        look_at_condition(looking, condition->operands[i]);
}

/* Groups are lists of names, so no classes are needed. */
static gboolean lists_nobody(const KjSet *set) {
    switch (set->kind) {
    case KJ_SET_PATTERNS:
        return set->count == 0;
    case KJ_SET_UNION:
        for (guint i = 0; i < set->count; i++) {
            if (!lists_nobody(set->members[i]))
                return FALSE;
        }
        return TRUE;
    case KJ_SET_MINUS:
        return lists_nobody(set->members[0]);
    default:
        return FALSE;
    }
}

static void look_at_rule(Looking *looking, const KjRule *rule) {
    KjUniverse *universe = looking->findings->universe;
    gboolean explained;

    look_at_condition(looking, kj_universe_condition(universe, 0, rule->match));
    explained = looking->findings->explained[looking->rule];
    if (rule->unless)
        look_at_condition(looking, kj_universe_condition(universe, 0, rule->unless));
    for (guint i = 0; i < rule->parameter_count; i++) {
        const KjParameter *parameter = &rule->parameters[i];

        if (parameter->members && lists_nobody(parameter->members))
            explain(looking, KJ_CODE_SET_EMPTY, rule->span, parameter->members->name ? parameter->members->name : parameter->text, NULL);
    }
    looking->findings->explained[looking->rule] = explained; /* only what is empty in `match` keeps a rule from matching */
}

void kj_find_empty_sets(KjFindings *findings, GHashTable *told) {
    Looking looking = { findings, told, 0 };

    for (; looking.rule < findings->block->rule_count; looking.rule++) {
        if (kj_findings_is_written(&findings->block->rules[looking.rule]))
            look_at_rule(&looking, &findings->block->rules[looking.rule]);
    }
}
