/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "coverage.h"

#define LONGEST 200 /* characters of what was never touched; the rest is in the JSON */

typedef struct {
    guint rules, tested, values, touched;
} Sum;

static Sum sum_of(const KjBlockCoverage *block) {
    Sum sum = { 0, 0, 0, 0 };
    for (guint i = 0; i < block->rules->len; i++) {
        const KjRuleCoverage *rule = block->rules->pdata[i];
        sum.rules += rule->rule != NULL;
        sum.tested += rule->rule && rule->tested;
        sum.values += rule->values;
        sum.touched += rule->touched;
    }
    return sum;
}

static Sum sum_of_all(const GPtrArray *coverage) {
    Sum all = { 0, 0, 0, 0 };
    for (guint i = 0; i < coverage->len; i++) {
        Sum one = sum_of(coverage->pdata[i]);
        all = (Sum){ all.rules + one.rules, all.tested + one.tested, all.values + one.values, all.touched + one.touched };
    }
    return all;
}

static guint percent(guint part, guint whole) {
    return whole ? (guint)((guint64)part * 100 / whole) : 100;
}

static char *position(const KjBlockCoverage *block, const KjRuleCoverage *rule, const KjSources *sources) {
    KjSpan span = rule->rule ? rule->rule->span : block->block->span;
    guint line, column;
    kj_sources_position(sources, span.file, span.start, &line, &column);
    return g_strdup_printf("%s:%u:%u", kj_sources_file(sources, span.file)->path, line, column);
}

static const char *label_of(const KjRuleCoverage *rule) {
    return rule->rule ? rule->rule->label : "default";
}

/* What is missing, field by field, cut where it gets long. */
static char *untouched_text(const KjRuleCoverage *rule) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < rule->untouched->len; i++)
        g_string_append_printf(text, "%s%s", i ? "; " : "", (const char *)rule->untouched->pdata[i]);
    if (g_utf8_strlen(text->str, -1) > LONGEST) {
        g_string_truncate(text, (gsize)(g_utf8_offset_to_pointer(text->str, LONGEST) - text->str));
        g_string_append(text, " ...");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void print_rule(const KjBlockCoverage *block, const KjRuleCoverage *rule, const KjSources *sources) {
    g_autofree char *where = position(block, rule, sources), *untouched = untouched_text(rule);
    if (rule->rule && !rule->tested)
        fprintf(stderr, _("%s: no test is decided by `%s` of `%s`\n"), where, rule->rule->label, block->block->qualified);
    if (rule->values == 0)
        fprintf(stderr, _("%s: no request reaches `%s` of `%s`\n"), where, label_of(rule), block->block->qualified);
    else if (rule->touched < rule->values)
        fprintf(stderr, _("%s: %u of %u values of `%s` touched (%u %%)%s%s%s\n"), where, rule->touched, rule->values, label_of(rule),
                percent(rule->touched, rule->values), *untouched ? _("; never: ") : "", untouched,
                rule->incomplete ? _(" (at least: there are too many)") : "");
}

void kj_cli_coverage_print(const GPtrArray *coverage, const KjSources *sources) {
    for (guint i = 0; i < coverage->len; i++) {
        const KjBlockCoverage *block = coverage->pdata[i];
        Sum sum = sum_of(block);
        for (guint r = 0; r < block->rules->len; r++)
            print_rule(block, block->rules->pdata[r], sources);
        if (block->problem)
            fprintf(stderr, _("%s: not measured: %s\n"), block->block->qualified, block->problem);
        else
            fprintf(stderr, _("%s: %u of %u rules decide a test; %u of %u values touched (%u %%)\n"), block->block->qualified, sum.tested,
                    sum.rules, sum.touched, sum.values, percent(sum.touched, sum.values));
    }
    Sum all = sum_of_all(coverage);
    fprintf(stderr, _("coverage: %u of %u rules decide a test (%u %%); %u of %u values touched (%u %%)\n"), all.tested, all.rules,
            percent(all.tested, all.rules), all.touched, all.values, percent(all.touched, all.values));
}

guint kj_cli_coverage_share(const GPtrArray *coverage) {
    Sum all = sum_of_all(coverage);
    return percent(all.tested, all.rules);
}

/* ---- JSON ---- */

static void add_sum(JsonBuilder *builder, Sum sum) {
    kj_member_number(builder, "rules", sum.rules);
    kj_member_number(builder, "tested", sum.tested);
    kj_member_number(builder, "values", sum.values);
    kj_member_number(builder, "touched", sum.touched);
}

static void add_rule(JsonBuilder *builder, const KjBlockCoverage *block, const KjRuleCoverage *rule, const KjSources *sources) {
    g_autofree char *where = position(block, rule, sources);
    json_builder_begin_object(builder);
    kj_member_text(builder, "rule", label_of(rule));
    kj_member_text(builder, "at", where);
    kj_member_truth(builder, "tested", rule->tested);
    kj_member_number(builder, "values", rule->values);
    kj_member_number(builder, "touched", rule->touched);
    kj_member_truth(builder, "incomplete", rule->incomplete);
    kj_member_list(builder, "untouched");
    for (guint i = 0; i < rule->untouched->len; i++)
        json_builder_add_string_value(builder, rule->untouched->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void add_block(JsonBuilder *builder, const KjBlockCoverage *block, const KjSources *sources) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "block", block->block->qualified);
    json_builder_set_member_name(builder, "problem");
    if (block->problem)
        json_builder_add_string_value(builder, block->problem);
    else
        json_builder_add_null_value(builder);
    add_sum(builder, sum_of(block));
    kj_member_list(builder, "each");
    for (guint i = 0; i < block->rules->len; i++)
        add_rule(builder, block, block->rules->pdata[i], sources);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void kj_cli_coverage_json(const GPtrArray *coverage, const KjSources *sources, JsonBuilder *builder) {
    json_builder_set_member_name(builder, "coverage");
    json_builder_begin_object(builder);
    add_sum(builder, sum_of_all(coverage));
    kj_member_list(builder, "blocks");
    for (guint i = 0; i < coverage->len; i++)
        add_block(builder, coverage->pdata[i], sources);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}
