/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Near misses against brute force: on small random policies of every domain, what is offered is let through, and no request that differs in fewer fields is.
 *
 * The judge knows nothing of boxes. It takes the classes of a refused request, changes every field, every pair of fields, and in small policies every three, to every class there is, asks
 * the table each time, and counts fields as the near miss does: the time is one (instants a quarter of an hour apart for weeks, and around every date the
 * policy was made with), a set with all its members is one. Comparisons of fields are judged apart, by values.
 */
#include <string.h>

#include <kijun/explain.h>
#include <kijun/request.h>

#include "compiler/compiler.h"
#include "tests/random/policy.h"

#define POLICIES 60u /* of each domain */
#define REQUESTS 12u /* of each policy */
#define CLASSES_MOST 40u /* a policy with a field of more is passed over, and so is one with more fields that matter: */
#define AXES_MOST 16u
#define MEMBERS_MOST 4u
#define THREE_MOST 400000u /* requests */

/* One field of the request with all it can be: rows of classes, one for each table field that it moves. */
typedef struct {
    guint fields[8];
    guint count;
    GArray *rows; /* guint32, `count` to a row */
} Axis;

typedef struct {
    KjTable *table;
    KjRequest *request;
    Axis axes[AXES_MOST];
    guint axis_count;
    guint32 *classes;
} Judge;

static KjTable *build(KjCompilation *compilation) {
    g_autoptr(GBytes) bytes = compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    return bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
}

/* ---- axes ---- */

static void add_row(Axis *axis, const guint32 *row) {
    g_array_append_vals(axis->rows, row, axis->count);
}

static gboolean is_tested(const Judge *judge, guint field) {
    const KjImage *image = &judge->table->image;
    const KjRecordBox *boxes = KJ_RECORDS(image, BOXES, KjRecordBox) + judge->request->block->first_box;
    for (guint32 b = 0; b < judge->request->block->box_count; b++)
        for (guint32 t = 0; t < boxes[b].test_count; t++)
            if (KJ_RECORDS(image, TESTS, KjRecordTest)[boxes[b].first_test + t].field == field)
                return TRUE;
    return FALSE;
}

static gboolean add_value_axis(Judge *judge, guint field) {
    const KjRecordField *record = &judge->request->fields[field];
    Axis *axis = &judge->axes[judge->axis_count];
    if (record->class_count > CLASSES_MOST || judge->axis_count == AXES_MOST - 1)
        return FALSE;
    *axis = (Axis){ { field }, 1, g_array_new(FALSE, FALSE, sizeof(guint32)) };
    judge->axis_count++;
    for (guint32 klass = record->flags & KJ_FIELD_REQUIRED ? 1 : 0; klass < record->class_count; klass++)
        add_row(axis, &klass);
    return TRUE;
}

static gboolean add_set_axis(Judge *judge, guint field) {
    const KjRecordField *record = &judge->request->fields[field];
    Axis *axis = &judge->axes[judge->axis_count];
    guint32 row[8] = { 0 };
    if (judge->axis_count == AXES_MOST - 1)
        return FALSE;
    *axis = (Axis){ { field }, 1, g_array_new(FALSE, FALSE, sizeof(guint32)) };
    judge->axis_count++;
    for (guint m = 0; m < judge->request->block->field_count; m++)
        if (judge->request->fields[m].kind == KJ_FIELD_KIND_MEMBER && judge->request->fields[m].left == field && axis->count <= MEMBERS_MOST)
            axis->fields[axis->count++] = m;
    if (axis->count > MEMBERS_MOST)
        return FALSE;
    if (!(record->flags & KJ_FIELD_REQUIRED))
        add_row(axis, row);
    for (guint subset = 0; subset < 1u << (axis->count - 1); subset++) {
        row[0] = 1;
        for (guint m = 1; m < axis->count; m++)
            row[m] = 1 + (subset >> (m - 1) & 1);
        add_row(axis, row);
    }
    return TRUE;
}

/* Whatever the windows are at instants close together. */
static gboolean add_time_axis(Judge *judge, const KjRandomPolicy *policy) {
    KjRequest *request = judge->request;
    Axis *axis = &judge->axes[judge->axis_count];
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    if (request->times.count == 0)
        return TRUE;
    if (request->times.count > G_N_ELEMENTS(axis->fields))
        return FALSE;
    *axis = (Axis){ { 0 }, request->times.count, g_array_new(FALSE, FALSE, sizeof(guint32)) };
    judge->axis_count++;
    memcpy(axis->fields, request->times.fields, axis->count * sizeof *axis->fields);
    for (guint i = 0; i < policy->instants->len; i++) {
        gint64 middle = g_array_index(policy->instants, gint64, i);
        for (gint64 instant = middle - 9 * 86400; instant < middle + 9 * 86400; instant += 900) {
            guint32 row[8];
            kj_request_set_instant(request, instant);
            kj_request_derive(request);
            for (guint t = 0; t < axis->count; t++)
                row[t] = request->classes[axis->fields[t]];
            g_autoptr(GBytes) key = g_bytes_new(row, axis->count * sizeof *row);
            if (request->has_instant && g_hash_table_add(seen, g_bytes_ref(key)))
                add_row(axis, row);
        }
    }
    return TRUE;
}

/* FALSE: too large for brute force, or it compares fields. */
static gboolean judge_init(Judge *judge, KjTable *table, const KjRandomPolicy *policy) {
    *judge = (Judge){ .table = table, .request = kj_request_new(table, 0) };
    judge->classes = g_new0(guint32, judge->request->block->field_count);
    for (guint field = 0; field < judge->request->block->field_count; field++) {
        const KjRecordField *record = &judge->request->fields[field];
        gboolean set = (record->flags & KJ_FIELD_SET) != 0;
        if (record->kind == KJ_FIELD_KIND_COMPARE)
            return FALSE;
        if (record->kind != KJ_FIELD_KIND_VALUE || record->type == KJ_TYPE_SERVICE || (!set && !is_tested(judge, field)))
            continue;
        if (!(set ? add_set_axis(judge, field) : add_value_axis(judge, field)))
            return FALSE;
    }
    return add_time_axis(judge, policy);
}

static void judge_clear(Judge *judge) {
    for (guint i = 0; i < judge->axis_count; i++)
        g_array_unref(judge->axes[i].rows);
    g_clear_pointer(&judge->request, kj_request_free);
    g_clear_pointer(&judge->classes, g_free);
}

/* ---- all requests with so many fields changed ---- */

static gboolean passes(Judge *judge) {
    KjRequest *request = judge->request;
    kj_request_match(request, judge->classes);
    guint32 effect = request->matched_count ? KJ_RECORDS(&judge->table->image, RULES, KjRecordRule)[request->matched[0]].effect : request->block->default_effect;
    KjOutcome outcome = kj_effect_outcome(judge->table, request->block, effect);
    return outcome == KJ_OUTCOME_PERMIT || outcome == KJ_OUTCOME_LIMIT;
}

static gboolean any_passes(Judge *judge, guint first, guint changes) {
    if (changes == 0)
        return passes(judge);
    for (guint a = first; a < judge->axis_count; a++) {
        const Axis *axis = &judge->axes[a];
        guint32 before[8];
        gboolean found = FALSE;
        for (guint i = 0; i < axis->count; i++)
            before[i] = judge->classes[axis->fields[i]];
        for (guint row = 0; row < axis->rows->len && !found; row += axis->count) {
            for (guint i = 0; i < axis->count; i++)
                judge->classes[axis->fields[i]] = g_array_index(axis->rows, guint32, row + i);
            found = any_passes(judge, a + 1, changes - 1);
        }
        for (guint i = 0; i < axis->count; i++)
            judge->classes[axis->fields[i]] = before[i];
        if (found) {
            g_test_message("changing %s", KJ_STRING(&judge->table->image, judge->request->fields[axis->fields[0]].name));
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- one request ---- */

static void set_request(KjRequest *request, const KjRandomRequest *made) {
    kj_request_clear(request);
    for (guint i = 0; i < made->names->len; i++) {
        int field = kj_table_find_field(request->table, 0, made->names->pdata[i]);
        if (made->texts->pdata[i])
            kj_request_set_text(request, field, made->texts->pdata[i], -1, NULL);
        else
            kj_request_set_empty(request, field, NULL);
    }
    if (made->has_instant)
        kj_request_set_instant(request, made->instant);
}

/* The request with the changes that are offered must be let through, by the rule that is named. */
static void check_offer(Judge *judge, const KjNearMiss *miss) {
    KjRequest *request = judge->request;
    gboolean had_instant = request->has_instant;
    gint64 instant = request->instant;
    if (miss->has_instant) {
        kj_request_set_instant(request, miss->instant);
        kj_request_derive(request);
        memcpy(judge->classes, request->classes, request->block->field_count * sizeof *judge->classes);
    }
    for (guint i = 0; i < miss->count; i++) {
        guint field = miss->changes[i].field;
        gboolean member = request->fields[field].kind == KJ_FIELD_KIND_MEMBER;
        guint set = member ? request->fields[field].left : field;
        judge->classes[field] = miss->changes[i].klass;
        if (member)
            judge->classes[set] = 1;
        for (guint m = 0; m < request->block->field_count; m++) /* no set, no members; a set that was missing has no others */
            if (request->fields[m].kind == KJ_FIELD_KIND_MEMBER && request->fields[m].left == set)
                judge->classes[m] = judge->classes[set] == 0 ? 0 : MAX(judge->classes[m], 1);
    }
    g_assert_true(passes(judge));
    if (miss->rule == KJ_RULE_DEFAULT)
        g_assert_cmpuint(request->matched_count, ==, 0);
    else
        g_assert_cmpuint(request->matched[0], ==, miss->rule);
    request->has_instant = had_instant;
    request->instant = instant;
}

/* How many fields can be changed at once before it takes too long. */
static guint brute_force_reaches(const Judge *judge) {
    guint64 rows = 0;
    for (guint a = 0; a < judge->axis_count; a++)
        rows += judge->axes[a].rows->len / judge->axes[a].count;
    return rows * rows * rows / 6 < THREE_MOST ? 3 : 2;
}

/* 0: not refused; else how many fields were changed, 99: none would do. */
static guint check_request(Judge *judge, const KjRandomRequest *made, const char *text) {
    KjVerdict verdict = { .size = sizeof verdict };
    KjNearMiss miss;
    set_request(judge->request, made);
    if (kj_decide(judge->request, &verdict) != KJ_OUTCOME_REFUSE)
        return 0;
    gsize size = judge->request->block->field_count * sizeof *judge->classes;
    g_autofree guint32 *asked = g_memdup2(judge->request->classes, size);
    gboolean found = kj_explain_nearest(judge->request, &verdict, &miss);
    g_assert_cmpmem(asked, size, judge->request->classes, size);
    if (found) {
        memcpy(judge->classes, asked, size);
        check_offer(judge, &miss);
    }
    memcpy(judge->classes, asked, size);
    guint most = brute_force_reaches(judge);
    for (guint changes = 1; changes <= most && changes < (found ? miss.fields : most + 1); changes++)
        if (any_passes(judge, 0, changes))
            g_error("%u fields are enough, %u were offered\n%s", changes, found ? miss.fields : 99, text);
    return found ? miss.fields : 99;
}

static void test_domain(gconstpointer data) {
    const KjDomain *domain = kj_plugin_find(data);
    guint offered[6] = { 0 }, none = 0, policies = 0;
    g_assert_nonnull(domain);
    for (guint64 seed = 1; policies < POLICIES && seed < 20 * POLICIES; seed++) {
        g_autoptr(KjRandomPolicy) policy = kj_random_policy_new(domain, seed);
        g_autoptr(KjCompilation) compilation = kj_compilation_new();
        kj_compilation_load_text(compilation, "random.pol", policy->text, strlen(policy->text));
        g_autoptr(KjTable) table = build(compilation);
        Judge judge;
        if (!table)
            continue;
        gboolean small = judge_init(&judge, table, policy);
        policies += small;
        for (guint i = 0; small && i < REQUESTS; i++) {
            g_autoptr(KjRandomRequest) made = kj_random_request_new(policy, seed * 100 + i);
            g_autofree char *told = kj_random_request_describe(made);
            g_test_message("%s %" G_GUINT64_FORMAT ": %s", domain->name, seed, told);
            guint fields = check_request(&judge, made, policy->text);
            none += fields == 99;
            offered[fields < 6 ? fields : 0]++;
        }
        judge_clear(&judge);
    }
    g_test_message("%s: %u policies; offered with 1, 2, 3, 4 fields: %u %u %u %u; nothing: %u", domain->name, policies, offered[1], offered[2], offered[3], offered[4], none);
    g_assert_cmpuint(policies, >=, POLICIES / 4);
    g_assert_cmpuint(offered[1] + offered[2], >, 20);
}

/* ---- by hand: what brute force cannot see ---- */

static const struct {
    const char *policy, *request, *at;
    guint fields;
    const char *told; /* in the explanation */
} cases[] = {
    /* Two rules stand in the way, each in another field. */
    { "firewall t { default deny; a: deny proto icmp; b: deny from 10.0.0.0/8; c: allow; }", "from=10.0.0.1 to=10.0.0.2 proto=icmp", NULL, 2, "by rule `c` with: " },
    { "firewall t { default deny; a: deny from 10.0.0.0/8; b: deny to 10.0.0.0/8; c: deny port none; d: allow; }", "from=10.0.0.1 to=10.0.0.2 proto=6", NULL, 3, "by rule `d` with: " },
    /* Two windows are one time. */
    { "zone \"Asia/Tokyo\"; firewall t { default deny; a: allow during mon..fri 09:00..18:00 when during 2026-12-01..2026-12-31; }", "from=10.0.0.1 to=10.0.0.2 proto=6",
      "2026-11-24T00:00:00Z", 1, "(for example 2026-12-01 09:00 Asia/Tokyo)" },
    { "zone \"Asia/Tokyo\"; let off = { 2026-11-23 }; firewall t { default deny; shut: deny during off; open: allow during mon..fri 09:00..18:00; }",
      "from=10.0.0.1 to=10.0.0.2 proto=6", "2026-11-23T01:00:00Z", 1, "by rule `open` with: not during off (for example 2026-11-24 09:00 Asia/Tokyo)" },
    /* No time at all will do. */
    { "firewall t { default deny; a: allow during 2026-12-01 when during 2026-12-02; b: allow port 80; }", "from=10.0.0.1 to=10.0.0.2 proto=6 port=79", "2026-11-24T00:00:00Z", 1,
      "by rule `b` with: to port 80." },
    /* A set is one field with all its members. */
    { "acl t { default deny; a: allow when groups has \"x\" and groups has \"y\" and not (groups has \"z\"); }", "principal=p action=read resource=/a groups=z", NULL, 1,
      "by rule `a` with: " },
    /* The default lets through. */
    { "password t { deny when breached; deny length < 8; }", "length=12 breached=true", NULL, 1, "go through by default with: " },
    { "password t { deny when breached; require length >= 8; }", "length=5 breached=true", NULL, 2, "go through by default with: " },
    /* One field takes the value of another. */
    { "acl t { field owner : principal; default deny; own: allow when principal == owner; }", "principal=sato action=read resource=/a owner=tanaka", NULL, 1,
      "by rule `own` with: principal == owner." },
    { "acl t { field owner : principal; default allow; own: deny when principal == owner; }", "principal=sato action=read resource=/a owner=sato", NULL, 1,
      "go through by default with: not principal == owner." },
    { "acl t { field owner : principal; default deny; own: allow principal { \"a\", \"b\" } when principal == owner; }", "principal=sato action=read resource=/a owner=b", NULL,
      1, "by rule `own` with: principal == owner." },
    { "acl t { field owner : principal; default deny; own: allow principal { \"a\", \"b\" } when principal == owner; }", "principal=sato action=read resource=/a owner=x", NULL,
      2, "by rule `own` with: " },
};

static void set_texts(KjRequest *request, const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        g_assert_true(kj_request_set_text(request, kj_table_find_field(request->table, 0, pair[0]), pair[1], -1, NULL));
    }
}

static void test_cases(void) {
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(KjCompilation) compilation = kj_compilation_new();
        kj_compilation_load_text(compilation, "t.pol", cases[i].policy, strlen(cases[i].policy));
        g_autoptr(KjTable) table = build(compilation);
        g_assert_nonnull(table);
        g_autoptr(KjRequest) request = kj_request_new(table, 0);
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GDateTime) at = cases[i].at ? g_date_time_new_from_iso8601(cases[i].at, NULL) : NULL;
        KjVerdict verdict = { .size = sizeof verdict };
        KjNearMiss miss;
        set_texts(request, cases[i].request);
        if (at)
            kj_request_set_instant(request, g_date_time_to_unix(at));
        g_assert_true(kj_decide(request, &verdict) == KJ_OUTCOME_REFUSE);
        g_assert_true(kj_explain_nearest(request, &verdict, &miss));
        kj_explain(request, &verdict, NULL, 0, "en", out);
        g_test_message("%s\n%s", cases[i].policy, out->str);
        g_assert_cmpuint(miss.fields, ==, cases[i].fields);
        if (!strstr(out->str, cases[i].told))
            g_error("missing `%s` in:\n%s", cases[i].told, out->str);
    }
}

/* On a permission the rules behind it that would have refused are named, in order, and no others. */
static void test_later(void) {
    static const char text[] = "firewall t { default deny;\n"
                               "    a: allow proto tcp port 80;\n"
                               "    b: deny from 10.0.0.0/8 to 10.0.0.0/8;\n"
                               "    c: allow from 10.0.0.1;\n"
                               "    d: reject proto tcp;\n"
                               "    e: deny proto udp;\n"
                               "    f: deny; g: deny; h: deny;\n"
                               "}\n";
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "t.pol", text, strlen(text));
    g_autoptr(KjTable) table = build(compilation);
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    g_autoptr(GString) out = g_string_new(NULL), japanese = g_string_new(NULL);
    KjVerdict verdict = { .size = sizeof verdict };
    set_texts(request, "from=10.0.0.1 to=10.0.0.2 proto=tcp port=80");
    g_assert_true(kj_decide(request, &verdict) == KJ_OUTCOME_PERMIT);
    kj_explain(request, &verdict, NULL, 0, "en", out);
    kj_explain(request, &verdict, NULL, 0, "ja", japanese);
    g_test_message("%s%s", out->str, japanese->str);
    const char *b = strstr(out->str, "a later rule would have refused: `b`, t.pol:3:5.\n"), *d = strstr(out->str, "refused: `d`, t.pol:5:5.\n");
    g_assert_true(b && d && b < d && strstr(out->str, "refused: `f`, t.pol:7:5.\n") && strstr(out->str, "  ... and 2 more\n"));
    g_assert_null(strstr(out->str, "refused: `e`"));
    g_assert_null(strstr(out->str, "refused: `g`"));
    g_assert_nonnull(strstr(japanese->str, ": `b`（t.pol:3:5）"));
    kj_request_clear(request);
    set_texts(request, "from=10.0.0.1 to=10.0.0.2 proto=udp port=80");
    g_assert_true(kj_decide(request, &verdict) == KJ_OUTCOME_REFUSE);
    g_string_truncate(out, 0);
    kj_explain(request, &verdict, NULL, 0, "en", out);
    g_assert_null(strstr(out->str, "would have refused"));
}

int main(int argc, char **argv) {
    static const char *const domains[] = { "firewall", "acl", "mail", "password" };
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_autofree char *path = g_strconcat("/near-miss/brute-force/", domains[i], NULL);
        g_test_add_data_func(path, domains[i], test_domain);
    }
    g_test_add_func("/near-miss/cases", test_cases);
    g_test_add_func("/near-miss/later-rules", test_later);
    return g_test_run();
}
