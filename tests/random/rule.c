/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random rules and requirements: effect, parameters, clauses, `during`, `when`, `unless`, annotations.
 *
 * Mild effects come more often where the strictest wins, and rules of long policies ask for more, so that no outcome drowns the others.
 */
#include <string.h>

#include "writer.h"

#include "../../bench/random.h"

#define PICK(random, list) ((list)[kj_random_below((random), G_N_ELEMENTS(list))])

static guint count_effects(const KjDomain *domain) {
    guint count = 0;

    while (domain->effects[count].name)
        count++;
    return count;
}

static guint pick_effect(KjRandomWriter *writer) {
    const KjDomain *domain = writer->policy->domain;
    guint count = count_effects(domain), mild = count > 3 ? 42 : 50; /* percent */

    if (domain->combining != KJ_COMBINING_STRICTEST)
        return (guint)kj_random_below(&writer->random, count);
    for (guint i = 0; i + 1 < count; i++) {
        if (kj_random_chance(&writer->random, mild))
            return i;
    }
    return count - 1;
}

/* ---- parameters ---- */

static char *parameter_fields(KjRandomWriter *writer) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GString *text;

    for (guint i = 0; i < writer->policy->fields->len && names->len < 3; i++) {
        const KjRandomField *field = kj_random_field(writer, i);

        if (!field->unusable && !field->type.set && field->type.type != KJ_TYPE_SERVICE && kj_random_chance(&writer->random, 30))
            g_ptr_array_add(names, field->name);
    }
    if (names->len == 0)
        g_ptr_array_add(names, kj_random_field(writer, 0)->name);
    if (names->len == 1)
        return g_strdup(names->pdata[0]);
    text = g_string_new("{ ");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)names->pdata[i]);
    g_string_append(text, " }");
    return g_string_free(text, FALSE);
}

static char *parameter_value(KjRandomWriter *writer, const KjParameterDefinition *parameter) {
    static const char *const rates[] = { "20/1d", "100/s", "5/10m", "1_000/1h", "1/1y" };
    static const char *const numbers[] = { "1", "2", "200" };
    static const char *const durations[] = { "72h", "90s", "1y" };

    switch (parameter->kind) {
    case KJ_PARAMETER_RATE:
        return g_strdup(PICK(&writer->random, rates));
    case KJ_PARAMETER_INTEGER:
        return g_strdup(PICK(&writer->random, numbers));
    case KJ_PARAMETER_DURATION:
        return g_strdup(PICK(&writer->random, durations));
    case KJ_PARAMETER_GROUP:
        return g_strdup(((KjRandomName *)writer->groups->pdata[kj_random_below(&writer->random, writer->groups->len)])->name);
    case KJ_PARAMETER_FIELDS:
        return parameter_fields(writer);
    }
    g_return_val_if_reached(NULL);
}

static void add_parameters(KjRandomWriter *writer, KjPiece *rule, const char *effect) {
    for (const KjParameterDefinition *it = writer->policy->domain->parameters; it && it->name; it++) {
        g_autofree char *value = NULL;

        if (!g_strv_contains(it->effects, effect) || (!it->required && kj_random_chance(&writer->random, 60)))
            continue;
        value = parameter_value(writer, it);
        kj_piece_add(rule, kj_piece_text(g_strdup_printf("%s %s", it->name, value)), !it->required);
    }
}

/* ---- clauses ---- */

static void add_clauses(KjRandomWriter *writer, KjPiece *rule, guint most, gboolean during) {
    guint count = writer->policy->fields->len;
    g_autofree gboolean *used = g_new0(gboolean, count);
    guint wanted = (guint)kj_random_below(&writer->random, most + 1);

    for (guint i = 0; i < wanted; i++) {
        guint field = kj_random_pick_field(writer);

        if (used[field])
            continue;
        used[field] = TRUE;
        kj_piece_add(rule, kj_random_clause(writer, field), TRUE);
    }
    if (during && kj_random_chance(&writer->random, 12)) {
        g_autofree char *window = kj_random_window(writer, TRUE);
        kj_piece_add(rule, kj_piece_text(g_strconcat("during ", window, NULL)), TRUE);
    }
}

static void add_condition(KjRandomWriter *writer, KjPiece *rule, const char *word, guint percent, gboolean negated) {
    KjPiece *condition;

    if (!kj_random_chance(&writer->random, percent))
        return;
    writer->negated = negated;
    condition = kj_piece_list(word, NULL, NULL, 1);
    kj_piece_add(condition, kj_random_expression(writer, (guint)kj_random_below(&writer->random, 4)), FALSE);
    kj_piece_add(rule, condition, TRUE);
    writer->negated = FALSE;
}

/* ---- annotations ---- */

static void add_dates(KjRandomWriter *writer, KjPiece *rule) {

    for (guint i = 0; i < 2; i++) {
        g_autofree char *date = NULL;

        if (!kj_random_chance(&writer->random, 6))
            continue;
        date = kj_random_date(writer);
        kj_piece_add(rule, kj_piece_text(i == 0 ? g_strdup_printf("@from(%s)", date) : g_strdup_printf("@until(%s)", date)), TRUE);
    }
}

static void add_annotations(KjRandomWriter *writer, KjPiece *rule, gboolean dates) {
    static const char *const plain[] = { "@log", "@alert", "@message(\"no\", ja \"不可\")", "@message(\"n\\u{6f}\")", "@ref(\"S0-140\")",
                                         "@article(\"III.2(5)E(A)\")" };

    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (kj_random_chance(&writer->random, 6) && !(i == 3 && rule->children->len))
            kj_piece_add(rule, kj_piece_text(g_strdup(plain[i])), TRUE);
    }
    for (const KjAnnotationDefinition *it = writer->policy->domain->annotations; it && it->name; it++) {
        if (kj_random_chance(&writer->random, 15))
            kj_piece_add(rule, kj_piece_text(g_strdup_printf(it->has_argument ? "@%s(\"x\")" : "@%s", it->name)), TRUE);
    }
    if (dates)
        add_dates(writer, rule);
}

/* ---- rules ---- */

static char *rule_head(KjRandomWriter *writer, const char *word) {
    guint number = ++writer->last_name;
    const char *doc = kj_random_chance(&writer->random, 8) ? "    ## Why: 理由。\n" : "";
    guint kind = (guint)kj_random_below(&writer->random, 10);

    if (kind < 3)
        return g_strdup_printf("%s    %s", doc, word);
    return g_strdup_printf(kind < 9 ? "%s    r%u: %s" : "%s    規則%u: %s", doc, number, word);
}

static const char *strictest_refusing(const KjDomain *domain) {
    guint count = count_effects(domain);

    for (guint i = 0; i < count; i++) {
        if (domain->effects[i].flags & KJ_EFFECT_REQUIRES)
            return NULL;
    }
    return domain->effects[count - 1].flags & KJ_EFFECT_REFUSES ? domain->effects[count - 1].name : NULL;
}

/* `require C [when E]`: refuses where C is not shown, so it is its negation that a request must satisfy to be refused. */
static KjPiece *requirement(KjRandomWriter *writer) {
    g_autofree char *head = rule_head(writer, "");
    KjPiece *rule = kj_piece_list(head, " ", ";\n", 1), *wanted;

    writer->negated = TRUE;
    if (kj_random_chance(&writer->random, 60)) {
        wanted = kj_piece_list("require ", " ", NULL, 1);
        while (wanted->children->len == 0)
            add_clauses(writer, wanted, 2, FALSE);
    } else {
        wanted = kj_piece_list("require (", NULL, ")", 1);
        kj_piece_add(wanted, kj_random_expression(writer, 2), FALSE);
    }
    writer->negated = FALSE;
    kj_piece_add(rule, wanted, FALSE);
    add_condition(writer, rule, "when ", 75, FALSE);
    add_condition(writer, rule, "unless ", 10, TRUE);
    add_annotations(writer, rule, FALSE);
    return rule;
}

KjPiece *kj_random_rule(KjRandomWriter *writer) {
    const KjDomain *domain = writer->policy->domain;
    guint chosen = pick_effect(writer);
    const KjEffectDefinition *effect = &domain->effects[chosen];
    g_autofree char *head = NULL;
    KjPiece *rule;

    writer->hints = kj_random_hints_new();
    g_ptr_array_add(writer->policy->rules, writer->hints);
    if (strictest_refusing(domain) && kj_random_chance(&writer->random, 4))
        return requirement(writer);
    head = rule_head(writer, effect->name);
    rule = kj_piece_list(head, " ", ";\n", 0);
    g_free(rule->head);
    rule->head = g_strconcat(head, " ", NULL);
    add_parameters(writer, rule, effect->name);
    add_clauses(writer, rule, 4, TRUE);
    add_condition(writer, rule, "when ", rule->children->len > 1 ? 30 : 80, FALSE);
    add_condition(writer, rule, "unless ", 18, TRUE);
    add_annotations(writer, rule, TRUE);
    return rule;
}
