/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes as a policy: what checks must build, verify, and decide as the reference does.
 *
 * Each block is asked with requests derived from the bytes: their hash seeds the choice, and values come from the classes of the table
 * itself (the ends of an interval, a value some rule names), from the words of the text, and from a few good values of every type. The
 * reference, the optimised and the plain table must give the same outcome, effect, label and set of deciding rules. A value that is none
 * is as good a question as any: all three must then say error.
 */
#include <string.h>

#include <kijun/value.h>
#include <kijun/verify.h>

#include "compiler/compiler.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "build", "policy.dict", 4096 };

enum { REQUESTS = 12, VALUES_MOST = 48 };

typedef struct {
    KjCompilation *compilation;
    KjTable *tables[2]; /* optimised, plain */
    GPtrArray *words;   /* of the text, without quotation marks */
    GRand *random;
    GStringChunk *texts;
} Policy;

static const char *const usual[KJ_TYPE_SYMBOL + 1][4] = {
    [KJ_TYPE_BOOL] = { "true", "false", "true", "maybe" },
    [KJ_TYPE_INTEGER] = { "0", "80", "1_000", "9223372036854775807" },
    [KJ_TYPE_SIZE] = { "10MB", "0", "10MiB", "1" },
    [KJ_TYPE_DURATION] = { "90d", "1s", "0s", "1y" },
    [KJ_TYPE_DATE] = { "2026-11-24", "1970-01-01", "2099-12-31", "2026-12-31" },
    [KJ_TYPE_ADDRESS] = { "10.0.0.1", "2001:db8::1", "0.0.0.0", "ffff::" },
    [KJ_TYPE_SERVICE] = { "443/tcp", "80/17", "53/udp", "x" },
    [KJ_TYPE_PATH] = { "/", "/a/b", "/a", "/a/../b" },
    [KJ_TYPE_MAIL] = { "a@x.jp", "a@b.x.jp", "A@X.JP", "x.jp" },
    [KJ_TYPE_PRINCIPAL] = { "sato", "a", "nobody", "" },
    [KJ_TYPE_TEXT] = { "a", "", "b", "c" },
    [KJ_TYPE_SYMBOL] = { "a", "b", "tcp", "I" },
};

static guint32 choose(Policy *policy, guint32 count) {
    return (guint32)g_rand_int_range(policy->random, 0, (gint32)MIN(count, G_MAXINT32));
}

/* ---- values ---- */

static void add_words(Policy *policy, const char *text, gsize length) {
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) words = g_strsplit_set(copy, " \t\n;,{}()\"=<>@", -1);

    for (char **word = words; *word; word++)
        if (**word && policy->words->len < 1000)
            g_ptr_array_add(policy->words, g_string_chunk_insert(policy->texts, *word));
}

/* The first or the last point of one class of the field. */
static const char *class_value(Policy *policy, guint field, const KjFieldView *view) {
    const KjTable *table = policy->tables[0];
    guint32 klass = view->class_count > 1 ? 1 + choose(policy, view->class_count - 1) : 0;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    KjInterval points;

    if (klass == 0 || (view->flags & KJ_FIELD_SET) || view->type == KJ_TYPE_SERVICE)
        return NULL;
    if (kj_view_class_points(table, field, klass, &points)) {
        kj_value_print(view->type, choose(policy, 2) ? points.low : points.high, text);
        return g_string_chunk_insert(policy->texts, text->str);
    }
    kj_view_class_values(table, field, klass, names);
    return names->len ? names->pdata[choose(policy, names->len)] : NULL;
}

static const char *choose_value(Policy *policy, guint field, const KjFieldView *view) {
    guint32 way = choose(policy, 8);
    const char *value = way < 4 ? class_value(policy, field, view) : NULL;

    if (!value && way < 5 && view->value_count > 0)
        value = kj_view_value(policy->tables[0], view->first_value + choose(policy, view->value_count), NULL);
    if (!value && way < 7 && policy->words->len > 0)
        value = policy->words->pdata[choose(policy, policy->words->len)];
    return value ? value : usual[view->type][choose(policy, 4)];
}

static guint choose_values(Policy *policy, guint block, KjFieldText *values) {
    KjBlockView view;
    guint count = 0;

    kj_view_block(policy->tables[0], block, &view);
    for (guint i = 0; i < view.field_count && count < VALUES_MOST; i++) {
        KjFieldView field;

        kj_view_field(policy->tables[0], view.first_field + i, &field);
        guint32 left_out = field.flags & KJ_FIELD_REQUIRED ? 32 : 4; /* one time in so many */
        if (field.kind != KJ_FIELD_KIND_VALUE || choose(policy, left_out) == 0 || (field.type == KJ_TYPE_SERVICE && choose(policy, 6) != 0))
            continue;
        if ((field.flags & KJ_FIELD_SET) && choose(policy, 4) == 0)
            values[count++] = (KjFieldText){ field.name, NULL };
        for (guint32 members = field.flags & KJ_FIELD_SET ? choose(policy, 3) : 1; members > 0 && count < VALUES_MOST; members--)
            values[count++] = (KjFieldText){ field.name, choose_value(policy, view.first_field + i, &field) };
    }
    return count;
}

/* ---- answers ---- */

static char *reference_answer(const KjBlock *block, const KjFieldText *values, guint count, gboolean has_instant, gint64 instant) {
    g_autoptr(GString) answer = g_string_new(NULL);
    KjReferenceVerdict verdict;

    kj_reference_decide(block, values, count, has_instant, instant, &verdict);
    g_string_printf(answer, "%s by %s, outcome %08x, together:", verdict.effect, verdict.label, verdict.outcome);
    for (guint i = 0; i < verdict.matched->len; i++)
        g_string_append_printf(answer, " %s", ((const KjRule *)verdict.matched->pdata[i])->label);
    kj_reference_verdict_clear(&verdict);
    return g_string_free(g_steal_pointer(&answer), FALSE);
}

static char *table_answer(KjTable *table, guint block, const KjFieldText *values, guint count, gboolean has_instant, gint64 instant) {
    g_autoptr(GString) answer = g_string_new(NULL);
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    KjVerdict verdict = { .size = sizeof verdict };

    for (guint i = 0; i < count; i++) {
        int field = kj_table_find_field(table, block, values[i].field);
        if (values[i].text)
            kj_request_set_text(request, field, values[i].text, -1, NULL); /* a failure must show in the decision by itself */
        else
            kj_request_set_empty(request, field, NULL);
    }
    if (has_instant)
        kj_request_set_instant(request, instant);
    kj_decide(request, &verdict);
    g_string_printf(answer, "%s by %s, outcome %08x, together:", verdict.effect, verdict.label, verdict.outcome);
    for (guint i = 0; i < verdict.matched; i++) {
        KjRuleView rule;
        kj_view_rule(table, kj_request_matched_rule(request, i), &rule);
        g_string_append_printf(answer, " %s", rule.label);
    }
    return g_string_free(g_steal_pointer(&answer), FALSE);
}

static void ask(Policy *policy, guint index, const KjBlock *block) {
    KjFieldText values[VALUES_MOST];
    guint count = choose_values(policy, index, values);
    gboolean has_instant = choose(policy, 5) != 0;
    gint64 instant = choose(policy, 2) ? 1795482000 + (gint64)choose(policy, 4000000) : (gint64)choose(policy, G_MAXINT32) * 2 - 1000;
    g_autofree char *wanted = reference_answer(block, values, count, has_instant && instant >= 0, instant);

    for (guint i = 0; i < G_N_ELEMENTS(policy->tables); i++) {
        g_autofree char *got = table_answer(policy->tables[i], index, values, count, has_instant, instant);
        if (strcmp(wanted, got) == 0)
            continue;
        g_autoptr(GString) request = g_string_new(NULL);
        for (guint v = 0; v < count; v++)
            g_string_append_printf(request, " %s=%s", values[v].field, values[v].text ? values[v].text : "(empty set)");
        g_error("%s table: block %s,%s at %" G_GINT64_FORMAT "\nreference: %s\ntable:     %s", i == 0 ? "optimised" : "plain",
                block->qualified, request->str, has_instant ? instant : -1, wanted, got);
    }
}

/* FALSE when the policy is too large to build, which was reported. */
static gboolean open_tables(Policy *policy) {
    for (guint i = 0; i < G_N_ELEMENTS(policy->tables); i++) {
        g_autoptr(GError) error = NULL;
        guint errors = kj_diagnostics_errors(policy->compilation->diagnostics);
        g_autoptr(GBytes) bytes = kj_build(policy->compilation->policy, i == 0, policy->compilation->diagnostics);

        if (!bytes) {
            g_assert_cmpuint(kj_diagnostics_errors(policy->compilation->diagnostics), >, errors);
            return FALSE;
        }
        policy->tables[i] = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
        if (!policy->tables[i])
            g_error("the table does not open: %s", error->message);
    }
    return TRUE;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) told = g_string_new(NULL);

    compilation->findings = TRUE;
    kj_compilation_load_text(compilation, "fuzz.pol", (const char *)data, size);
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    g_assert_true(g_utf8_validate_len(told->str, told->len, NULL));
    if (!compilation->policy)
        return 0;
    Policy policy = { .compilation = compilation, .words = g_ptr_array_new(), .texts = g_string_chunk_new(1024) };
    g_autofree char *copy = g_strndup((const char *)data, size);
    policy.random = g_rand_new_with_seed(g_str_hash(copy));
    if (open_tables(&policy)) {
        guint index = 0;
        add_words(&policy, copy, size);
        for (const KjBlock *block = compilation->policy->blocks; block; block = block->next, index++)
            for (guint i = 0; i < REQUESTS; i++)
                ask(&policy, index, block);
        g_assert_cmpuint(index, ==, kj_table_block_count(policy.tables[0]));
    }
    for (guint i = 0; i < G_N_ELEMENTS(policy.tables); i++)
        kj_table_unref(policy.tables[i]);
    g_rand_free(policy.random);
    g_string_chunk_free(policy.texts);
    g_ptr_array_unref(policy.words);
    return 0;
}
