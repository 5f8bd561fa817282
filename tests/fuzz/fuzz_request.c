/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes where requests come in: the readers of real requests of every domain that has one, the setters for every type of field,
 * the readers of instants and prefixes, and CSV files of the workspace.
 *
 * The first byte chooses. A reader fills a real request of a table of its domain; whatever it says, the request must decide, and after a
 * reader that failed the caller must have an error. A setter must take exactly what the reference takes, and the decision must be the
 * reference's. A CSV file must be refused with a diagnostic, or give a policy that builds.
 */
#include <string.h>

#include <kijun/explain.h>
#include <kijun/value.h>

#include "compiler/compiler.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "request", "request.dict", 2048 };

/* ---- tables ---- */

typedef struct {
    KjCompilation *compilation;
    KjTable *table;
} Policy;

enum { FIREWALL, MAIL, ACCESS, TYPES, POLICIES };

static const Policy *open_policy(guint which) {
    static Policy policies[POLICIES];
    static const char *const names[POLICIES] = { "firewall", "mail", "access", "types" };
    Policy *policy = &policies[which];
    if (!policy->table) {
        g_autofree char *name = g_strdup_printf("tests/fuzz/policies/%s.pol", names[which]);
        g_autoptr(GError) error = NULL;
        gsize length;
        g_autofree char *text = fuzz_read(name, &length);
        policy->compilation = kj_compilation_new();
        kj_compilation_load_text(policy->compilation, "fuzz.pol", text, length);
        if (!policy->compilation->policy)
            g_error("%s has errors", name);
        g_autoptr(GBytes) bytes = kj_build(policy->compilation->policy, TRUE, policy->compilation->diagnostics);
        policy->table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
        g_assert_no_error(error);
    }
    return policy;
}

static void decide(KjRequest *request, gboolean must_fail) {
    KjVerdict verdict = { .size = sizeof verdict };
    g_autoptr(GString) out = g_string_new(NULL);
    KjOutcome outcome = kj_decide(request, &verdict);
    if (must_fail)
        g_assert_cmpint(outcome, ==, KJ_OUTCOME_ERROR);
    if (outcome == KJ_OUTCOME_ERROR)
        g_assert_true(verdict.problem && g_utf8_validate(verdict.problem, -1, NULL));
    kj_explain(request, &verdict, NULL, 0, "ja", out);
    g_assert_true(g_utf8_validate_len(out->str, out->len, NULL));
}

/* ---- readers of real requests ---- */

typedef struct {
    KjTable *table;
    guint block;
    KjRequest *request;
    gboolean refused; /* by a setter */
} Filling;

static gboolean take(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Filling *filling = sink->data;
    int index = kj_table_find_field(filling->table, filling->block, field);
    gboolean good;
    if (index < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, "no such field");
        return FALSE;
    }
    good = value ? kj_request_set_text(filling->request, index, value, -1, error) : kj_request_set_empty(filling->request, index, error);
    filling->refused = filling->refused || !good;
    return good;
}

static void read_real(guint which, const char *domain_name, const char *block, const guint8 *data, gsize size) {
    const Policy *policy = open_policy(which);
    const KjDomain *domain = kj_plugin_find(domain_name);
    Filling filling = { policy->table, 0, NULL, FALSE };
    KjRequestSink sink = { sizeof sink, &filling, take };
    g_autoptr(GError) error = NULL;
    g_assert_true(domain && domain->read_request);
    g_assert_true(kj_table_find_block(policy->table, block, &filling.block, NULL));
    g_autoptr(KjRequest) request = kj_request_new(policy->table, filling.block);
    filling.request = request;
    gboolean good = domain->read_request(&sink, (const char *)data, size, &error);
    if (good)
        g_assert_no_error(error);
    else
        g_assert_true(error && g_utf8_validate(error->message, -1, NULL));
    g_assert_false(good && filling.refused); /* a reader may not pass over what the sink refused */
    decide(request, filling.refused);
}

/* ---- setters ---- */

/* Up to eight fields, each a byte for which and a text to the next 0xff. */
static void set_fields(const guint8 *data, gsize size) {
    const Policy *policy = open_policy(TYPES);
    const KjBlock *block = policy->compilation->policy->blocks;
    g_autoptr(KjRequest) request = kj_request_new(policy->table, 0);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    KjFieldText values[11] = { { "principal", "sato" }, { "action", "read" }, { "resource", "/a" } };
    guint count = 3;
    gboolean refused = FALSE;
    for (guint i = 0; i < count; i++)
        g_assert_true(kj_request_set_text(request, kj_table_find_field(policy->table, 0, values[i].field), values[i].text, -1, NULL));
    for (gsize at = 0; at < size && count < G_N_ELEMENTS(values);) {
        const KjField *field = &block->fields[data[at++] % block->field_count];
        const guint8 *end = memchr(data + at, 0xff, size - at);
        gsize length = end ? (gsize)(end - data) - at : size - at;
        gboolean whole = !memchr(data + at, 0, length);
        g_autoptr(GError) error = NULL;
        int index = kj_table_find_field(policy->table, 0, field->name);
        gboolean good = kj_request_set_text(request, index, (const char *)data + at, (gssize)length, &error);
        g_assert_true(good == !error);
        g_assert_true(whole || !good); /* NUL is in no value */
        refused = refused || !good;
        if (whole) {
            g_ptr_array_add(texts, g_strndup((const char *)data + at, length));
            values[count++] = (KjFieldText){ field->name, texts->pdata[texts->len - 1] };
        }
        at += length + 1;
        if (!whole)
            break;
    }
    KjReferenceVerdict wanted;
    KjVerdict verdict = { .size = sizeof verdict };
    kj_decide(request, &verdict);
    kj_reference_decide(block, values, count, FALSE, 0, &wanted);
    if (!refused || wanted.outcome == KJ_OUTCOME_ERROR) {
        g_assert_cmphex(verdict.outcome, ==, wanted.outcome);
        g_assert_cmpstr(verdict.label, ==, wanted.label);
    } else {
        g_assert_cmphex(verdict.outcome, ==, KJ_OUTCOME_ERROR);
        g_assert_nonnull(memchr(data, 0, size)); /* only a NUL may make the difference */
    }
    kj_reference_verdict_clear(&wanted);
    decide(request, refused);
}

static void read_values(const char *text, gsize size) {
    static const char *const zones[] = { NULL, "Asia/Tokyo", "Europe/Berlin" };
    const char *problem = NULL;
    gint64 instant;
    KjInterval range;
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++)
        if (!kj_value_read_instant(text, size, zones[i], &instant, &problem))
            g_assert_nonnull(problem);
    if (kj_value_read_prefix(text, size, &range, &problem)) {
        g_autoptr(GString) printed = g_string_new(NULL);
        KjInterval again;
        kj_value_print_interval(KJ_TYPE_ADDRESS, range, printed);
        g_assert_true(kj_value_read_prefix(printed->str, printed->len, &again, &problem));
        g_assert_true(kj_ordinal_compare(range.low, again.low) == 0 && kj_ordinal_compare(range.high, again.high) == 0);
    }
}

/* ---- CSV ---- */

static void read_csv(const guint8 *data, gsize size) {
    static const char text[] = "let hosts = from \"data.csv\" column a where b == 1 or b in { x, \"y\" };\n"
                               "group people = from \"data.csv\" column c;\n"
                               "firewall f { default deny; a: allow from hosts; }\n"
                               "acl g { default deny; a: allow principal people; }\n";
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) told = g_string_new(NULL);
    kj_sources_add_text(compilation->sources, "data.csv", (const char *)data, size, compilation->diagnostics);
    kj_compilation_load_text(compilation, "fuzz.pol", text, sizeof text - 1);
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    kj_diagnostics_print_json(compilation->diagnostics, compilation->sources, told);
    g_assert_true(g_utf8_validate_len(told->str, told->len, NULL));
    if (!compilation->policy)
        return;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    g_autoptr(KjTable) table = bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
    g_assert_nonnull(table);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size < 1)
        return 0;
    guint way = data[0] % 7;
    data++;
    size--;
    switch (way) {
    case 0:
        read_real(FIREWALL, "firewall", "edge", data, size);
        break;
    case 1:
        read_real(MAIL, "mail", "forwarding", data, size);
        break;
    case 2:
        read_real(ACCESS, "acl", "files", data, size);
        break;
    case 3:
        read_real(ACCESS, "password", "people", data, size);
        break;
    case 4:
        set_fields(data, size);
        break;
    case 5:
        read_values((const char *)data, size);
        break;
    default:
        read_csv(data, size);
        break;
    }
    return 0;
}
