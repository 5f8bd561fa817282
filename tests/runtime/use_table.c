/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See use_table.h. The plain reading takes nothing from the engine but the classes of a request: boxes, intervals and the combining rule
 * are read from the records again, in the most naive way.
 */
#include "use_table.h"

#include <string.h>

#include <kijun/explain.h>
#include <kijun/request.h>

enum { RANDOM_CLASSES = 6, CLASSES_VIEWED = 100 };

/* Two good values of each type. */
static const char *const texts[KJ_TYPE_SYMBOL + 1][2] = {
    [KJ_TYPE_BOOL] = { "true", "false" },
    [KJ_TYPE_INTEGER] = { "80", "6" },
    [KJ_TYPE_SIZE] = { "10MB", "0" },
    [KJ_TYPE_DURATION] = { "90d", "1s" },
    [KJ_TYPE_DATE] = { "2026-11-24", "1970-01-01" },
    [KJ_TYPE_ADDRESS] = { "10.0.0.1", "2001:db8::1" },
    [KJ_TYPE_SERVICE] = { "443/6", "80/17" },
    [KJ_TYPE_PATH] = { "/residents/1/2", "/sealed" },
    [KJ_TYPE_MAIL] = { "a@b.x.jp", "a@x.jp" },
    [KJ_TYPE_PRINCIPAL] = { "sato", "admins" },
    [KJ_TYPE_TEXT] = { "sato", "" },
    [KJ_TYPE_SYMBOL] = { "I", "III" },
};

static void check_text(const char *text) {
    g_assert_true(g_utf8_validate(text, -1, NULL));
}

/* ---- the plain reading ---- */

static gboolean box_holds(const KjImage *image, const guint32 *classes, guint32 box) {
    const KjRecordBox *record = &KJ_RECORDS(image, BOXES, KjRecordBox)[box];
    for (guint32 t = 0; t < record->test_count; t++) {
        const KjRecordTest *test = &KJ_RECORDS(image, TESTS, KjRecordTest)[record->first_test + t];
        const KjClassInterval *intervals = KJ_RECORDS(image, INTERVALS, KjClassInterval) + test->first_interval;
        gboolean inside = FALSE;
        for (guint32 i = 0; i < test->interval_count; i++)
            inside = inside || (classes[test->field] >= intervals[i].low && classes[test->field] <= intervals[i].high);
        if (!inside)
            return FALSE;
    }
    return TRUE;
}

/* Marks the rules of which one of the given boxes holds. */
static void mark_rules(const KjRequest *request, const guint32 *classes, const guint32 *boxes, guint32 count, guint8 *marks) {
    const KjImage *image = &request->table->image;
    for (guint32 i = 0; i < count; i++) {
        guint32 box = boxes ? boxes[i] : request->block->first_box + i;
        if (box_holds(image, classes, box))
            marks[KJ_RECORDS(image, BOXES, KjRecordBox)[box].rule - request->block->first_rule] = 1;
    }
}

/* Every leaf that the classes lead to, in every tree of the block. */
static void mark_leaves(const KjRequest *request, const guint32 *classes, guint32 node, guint8 *marks) {
    const KjImage *image = &request->table->image;
    const KjRecordNode *record = &KJ_RECORDS(image, NODES, KjRecordNode)[node];
    if (record->kind == KJ_NODE_LEAF)
        mark_rules(request, classes, KJ_RECORDS(image, LEAVES, guint32) + record->a, record->b, marks);
    if (record->kind == KJ_NODE_BOTH)
        mark_leaves(request, classes, record->c, marks);
    if (record->kind == KJ_NODE_BOTH || record->kind == KJ_NODE_SPLIT)
        mark_leaves(request, classes, record->c + (record->kind == KJ_NODE_BOTH || classes[record->a] >= record->b), marks);
}

/* Leaves of the marked rules those that decide: rules are in the author's order and effects mildest first. */
static void combine(const KjRequest *request, guint8 *marks) {
    const KjRecordRule *rules = KJ_RECORDS(&request->table->image, RULES, KjRecordRule) + request->block->first_rule;
    gboolean any = FALSE;
    guint32 strictest = 0;
    for (guint32 i = 0; i < request->block->rule_count; i++)
        strictest = marks[i] ? MAX(strictest, rules[i].effect) : strictest;
    for (guint32 i = 0; i < request->block->rule_count; i++) {
        gboolean loses = (request->block->combining == KJ_COMBINING_FIRST_MATCH && any) ||
                         (request->block->combining == KJ_COMBINING_STRICTEST && rules[i].effect != strictest);
        any = any || marks[i];
        marks[i] = marks[i] && !loses;
    }
}

static void compare_matched(const KjRequest *request, guint8 *marks, const char *reading) {
    guint count = 0;
    combine(request, marks);
    for (guint32 i = 0; i < request->block->rule_count; i++) {
        if (!marks[i])
            continue;
        if (count >= request->matched_count || request->matched[count] != request->block->first_rule + i)
            g_error("%s: rule %u decides, the engine has %u rules, the first %u", reading, request->block->first_rule + i,
                    request->matched_count, request->matched_count ? request->matched[0] : 0);
        count++;
    }
    if (count != request->matched_count)
        g_error("%s: %u rules decide, the engine has %u", reading, count, request->matched_count);
}

static void compare_readings(const KjRequest *request, const guint32 *classes, gboolean whole) {
    g_autofree guint8 *marks = g_new0(guint8, request->block->rule_count + 1);
    mark_leaves(request, classes, request->block->root, marks);
    compare_matched(request, marks, "leaves");
    if (!whole)
        return;
    memset(marks, 0, request->block->rule_count);
    mark_rules(request, classes, NULL, request->block->box_count, marks);
    compare_matched(request, marks, "all boxes");
}

/* ---- requests ---- */

static void explain(KjRequest *request, const KjVerdict *verdict, const KjAskedValue *values, guint count) {
    g_autoptr(GString) out = g_string_new(NULL);
    KjObligation obligation;
    KjNearMiss miss;
    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++) {
        check_text(obligation.name);
        check_text(obligation.value);
    }
    kj_explain(request, verdict, values, count, "en", out);
    kj_explain(request, verdict, values, count, "ja", out);
    check_text(out->str);
    if (!kj_explain_nearest(request, verdict, &miss))
        return;
    const KjRecordRule *rules = KJ_RECORDS(&request->table->image, RULES, KjRecordRule);
    guint32 effect = miss.rule == KJ_RULE_DEFAULT ? request->block->default_effect : rules[miss.rule].effect;
    KjOutcome outcome = kj_effect_outcome(request->table, request->block, effect);
    g_assert_true(outcome == KJ_OUTCOME_PERMIT || outcome == KJ_OUTCOME_LIMIT);
    kj_explain_changes(request, &miss, "en", out);
}

/* What a setter refuses becomes a decision of its own, an error; in the first round it is passed over. */
static guint set_values(KjRequest *request, const KjBlockView *view, guint round, KjAskedValue *values, guint most) {
    guint count = 0;
    for (guint i = 0; i < view->field_count && count < most; i++) {
        KjFieldView field;
        kj_view_field(request->table, view->first_field + i, &field);
        if (field.kind != KJ_FIELD_KIND_VALUE || (round == 2 && i % 2 == 1) || (field.type == KJ_TYPE_SERVICE && round != 1))
            continue;
        values[count++] = (KjAskedValue){ (int)i, texts[field.type][round % 2] };
        if (!kj_request_set_text(request, (int)i, texts[field.type][round % 2], -1, NULL) && round == 0)
            kj_request_clear(request);
    }
    return count;
}

static void use_request(KjTable *table, guint block, guint round, gboolean whole) {
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    KjBlockView view;
    KjVerdict verdict = { .size = sizeof verdict }, again = { .size = sizeof again };
    KjAskedValue values[24];
    kj_view_block(table, block, &view);
    guint count = set_values(request, &view, round, values, G_N_ELEMENTS(values));
    kj_request_set_instant(request, 1795482000 + (gint64)round * 123456789);
    KjOutcome outcome = kj_decide(request, &verdict);
    g_assert_true(outcome == KJ_OUTCOME_ERROR || outcome == KJ_OUTCOME_REFUSE || outcome == KJ_OUTCOME_PERMIT ||
                  outcome == KJ_OUTCOME_LIMIT || outcome == KJ_OUTCOME_HOLD || outcome == KJ_OUTCOME_REQUIRE);
    g_assert_cmpint(outcome, ==, verdict.outcome);
    check_text(verdict.effect);
    check_text(verdict.label);
    if (outcome != KJ_OUTCOME_ERROR)
        compare_readings(request, request->classes, whole);
    explain(request, &verdict, values, count);
    g_assert_cmpint(kj_decide(request, &again), ==, outcome);
    g_assert_true(again.rule == verdict.rule && again.matched == verdict.matched);
    g_assert_true(again.effect == verdict.effect && again.label == verdict.label);
}

/* Any classes within their counts, derived ones too: what no value leads to must still be read right. */
static void use_classes(KjTable *table, guint block, GRand *random, gboolean whole) {
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    for (guint round = 0; round < RANDOM_CLASSES; round++) {
        for (guint32 i = 0; i < request->block->field_count; i++) {
            guint32 count = MIN(request->fields[i].class_count, (guint32)G_MAXINT32);
            request->classes[i] = (guint32)g_rand_int_range(random, 0, (gint32)(g_rand_boolean(random) ? MIN(count, 4) : count));
        }
        kj_request_match(request, request->classes);
        compare_readings(request, request->classes, whole);
    }
}

/* ---- views ---- */

static void view_window(const KjTable *table, guint node) {
    KjWindowView window;
    for (;;) { /* the left spine, and each right child once: parts may be shared many times over */
        kj_view_window(table, node, &window);
        if (window.kind == KJ_WINDOW_ATOM) {
            check_text(window.atom.zone);
            return;
        }
        g_assert_cmpuint(MIN(window.left, window.right), >, node);
        node = window.left;
        kj_view_window(table, window.right, &window);
    }
}

static void view_field(const KjTable *table, guint index) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    KjFieldView field;
    KjInterval points;
    kj_view_field(table, index, &field);
    for (guint32 klass = 1; klass < field.class_count && klass < CLASSES_VIEWED; klass++) {
        if (kj_view_class_points(table, index, klass, &points))
            g_assert_cmpint(kj_ordinal_compare(points.low, points.high), <=, 0);
        kj_view_class_values(table, index, klass, names);
    }
    for (guint i = 0; i < names->len; i++)
        check_text(names->pdata[i]);
    for (guint i = 0; i < field.value_count; i++)
        check_text(kj_view_value(table, field.first_value + i, NULL));
    if (field.kind == KJ_FIELD_KIND_TIME)
        view_window(table, kj_view_window_root(table, index));
}

static void view_rule(const KjTable *table, guint index) {
    KjRuleView rule;
    KjNoteView note;
    KjParameterView parameter;
    KjTestView test;
    guint first_test, test_count;
    kj_view_rule(table, index, &rule);
    check_text(rule.file);
    for (guint i = 0; i < rule.note_count; i++)
        kj_view_note(table, rule.first_note + i, &note);
    for (guint i = 0; i < rule.parameter_count; i++) {
        kj_view_parameter(table, rule.first_parameter + i, &parameter);
        for (guint m = 0; m < parameter.member_count; m++)
            kj_view_member(table, parameter.first_member + m);
    }
    for (guint box = 0; box < rule.box_count; box++) {
        kj_view_box(table, rule.first_box + box, &first_test, &test_count);
        for (guint t = 0; t < test_count; t++) {
            kj_view_test(table, first_test + t, &test);
            for (guint i = 0; i < test.interval_count; i++)
                kj_view_interval(table, test.first_interval + i);
        }
    }
}

static void view_block(const KjTable *table, const KjBlockView *view) {
    KjEffectView effect;
    KjSettingView setting;
    KjNoteView note;
    for (guint i = 0; i < view->field_count; i++)
        view_field(table, view->first_field + i);
    for (guint i = 0; i < view->rule_count; i++)
        view_rule(table, view->first_rule + i);
    for (guint i = 0; i < view->effect_count; i++)
        kj_view_effect(table, view->first_effect + i, &effect);
    for (guint i = 0; i < view->setting_count; i++)
        kj_view_setting(table, view->first_setting + i, &setting);
    for (guint i = 0; i < view->default_note_count; i++)
        kj_view_note(table, view->first_default_note + i, &note);
}

static void emit(const KjTable *table, guint block, const char *domain_name) {
    const KjDomain *domain = kj_plugin_find(domain_name);
    for (const KjTargetDefinition *target = domain ? domain->targets : NULL; target && target->name; target++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        if (target->emit(table, block, out, &error))
            check_text(out->str);
        else
            check_text(error->message);
    }
}

void use_table(KjTable *table, gboolean whole) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);
    for (guint block = 0; block < kj_table_block_count(table); block++) {
        KjBlockView view;
        kj_view_block(table, block, &view);
        view_block(table, &view);
        for (guint round = 0; round < 3; round++)
            use_request(table, block, round, whole);
        use_classes(table, block, random, whole);
        emit(table, block, view.domain);
    }
}

gboolean use_bytes(const guint8 *bytes, gsize length, gboolean whole, KjFlaw *flaw) {
    g_autofree guint8 *copy = g_memdup2(bytes, length);
    KjTable table = { .references = 1, .bytes = copy, .size = length }; /* never unmapped: we keep the one reference */
    g_autoptr(GError) error = NULL;
    if (!kj_verify(copy, length, &table.image, flaw)) {
        g_assert_nonnull(flaw->reason);
        g_assert_cmpuint(flaw->section, <=, KJ_SECTION_COUNT);
        return FALSE;
    }
    if (kj_zones_load(&table, &error))
        use_table(&table, whole);
    else
        g_assert_error(error, KJ_ERROR, KJ_ERROR_ZONE);
    g_assert_cmpint(table.references, ==, 1);
    kj_zones_free(&table);
    return TRUE;
}
