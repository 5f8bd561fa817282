/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Witnesses: every one lies in its box, read again the way a request is read; where there is none, no request can be found by trying; and
 * they read well.
 */
#include "sample.h"

#include <string.h>

#include <kijun/value.h>

#include "../../../compiler/region/witness.h"

#define ROUNDS 400
#define NOW 1795000000 /* 2026-11-18 */

static void show(const KjSample *sample, const KjBox *box, const KjWitness *witness) {
    g_autofree char *arguments = witness ? kj_witness_arguments(witness) : NULL;

    g_test_message("witness: %s", arguments ? arguments : "none");
    for (guint i = 0; i < box->count; i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, box->tests[i].field);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint k = 0; k < box->tests[i].set->count; k++)
            g_string_append_printf(text, " %u..%u", box->tests[i].set->intervals[k].low, box->tests[i].set->intervals[k].high);
        g_test_message("  %u %s:%s of %u", box->tests[i].field,
                       !field         ? "instant"
                       : field->field ? field->field->name
                                      : "derived",
                       text->str, kj_universe_class_count(sample->universe, box->tests[i].field));
    }
}

/* Whether the universe can tell about every contradiction in the box: no member or comparison may be unknown, and one comparison does
 * not contradict another. */
static gboolean is_certain(const KjSample *sample, const KjBox *box) {
    guint compared = 0;

    for (guint i = 0; i < box->count; i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, box->tests[i].field);

        if (field && field->kind != KJ_FIELD_KIND_VALUE && kj_class_set_has(box->tests[i].set, 0))
            return FALSE;
        compared += field && field->kind == KJ_FIELD_KIND_COMPARE;
    }
    return compared < 2;
}

/* FALSE when there is no witness. */
static gboolean check_box(const KjSample *sample, const KjBox *box) {
    g_autoptr(KjWitness) witness = kj_witness_new(sample->universe, box, NOW, "Asia/Tokyo");
    g_autofree guint32 *point = g_new0(guint32, kj_universe_dimension(sample->universe));
    const KjFieldText *texts;
    guint count;
    gboolean good;

    if (!witness)
        return FALSE;
    texts = kj_witness_texts(witness, &count);
    good = kj_sample_point(sample, texts, count, witness->has_instant, witness->instant, point) && kj_box_has(box, point);
    if (!good)
        show(sample, box, witness);
    g_assert_true(good);
    g_assert_cmpuint(witness->fields->len, ==, count);
    g_assert_cmpuint(witness->values->len, ==, count);
    return TRUE;
}

static void test_boxes(gconstpointer data) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);

    for (guint changed = 0; changed < 2; changed++) {
        KjSample sample;
        g_autoptr(GPtrArray) boxes = NULL;
        guint without = 0;

        kj_sample_open(&sample, data, changed);
        boxes = kj_sample_boxes(&sample);
        g_assert_cmpuint(boxes->len, >=, 4);
        for (guint i = 0; i < boxes->len; i++) {
            if (!check_box(&sample, boxes->pdata[i]))
                show(&sample, boxes->pdata[i], NULL);
            g_assert_true(check_box(&sample, boxes->pdata[i]));
        }
        for (guint round = 0; round < ROUNDS; round++) {
            const KjBox *box = kj_sample_random_box(&sample, random);
            gboolean found = check_box(&sample, box);

            if (!found && is_certain(&sample, box) && kj_universe_feasible(sample.universe, box)) {
                show(&sample, box, NULL);
                g_assert_not_reached();
            }
            without += !found;
        }
        g_assert_cmpuint(without, <, ROUNDS / 2);
        kj_sample_close(&sample);
    }
}

/* ---- nothing is missed ---- */

static const char comparing[] =
    "group staff = { \"a\", \"b\" };\n"
    "acl b { field p : principal; field q : principal; field x : 0..5; field y : 0..5; field z : 2..4; default deny;\n"
    "one: allow when principal == p and p != q and q in staff; two: allow principal \"a\" when p in { \"b\", \"c\" };\n"
    "three: allow action read when x < y and y >= z and x in { 1, 4 } and z != x; four: allow when y == 3 and z < x;\n"
    "five: allow when principal == q; }\n";

typedef struct {
    guint32 *points; /* one after the other */
    guint count, dimension;
} Requests;

/* Every request of six principals and all numbers, as points. */
static void find_requests(const KjSample *sample, Requests *requests) {
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" }, *const numbers[] = { "0", "1", "2", "3", "4", "5" };
    GHashTable *seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    GArray *points = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint dimension = kj_universe_dimension(sample->universe);
    g_autofree guint32 *point = g_new0(guint32, dimension);

    for (guint i = 0; i < 6 * 6 * 6 * 6 * 6 * 3; i++) {
        KjFieldText texts[] = { { "principal", names[i % 6] },       { "p", names[i / 6 % 6] },          { "q", names[i / 36 % 6] },
                                { "x", numbers[i / 216 % 6] },       { "y", numbers[i / 1296 % 6] },     { "z", numbers[i / 7776 + 2] },
                                { "action", i % 7 ? "read" : "go" }, { "resource", "/mnt" } };
        GBytes *key;

        g_assert_true(kj_sample_point(sample, texts, G_N_ELEMENTS(texts), FALSE, 0, point));
        key = g_bytes_new(point, dimension * sizeof *point);
        if (g_hash_table_add(seen, key))
            g_array_append_vals(points, point, dimension);
    }
    g_hash_table_unref(seen);
    requests->dimension = dimension;
    requests->count = points->len / dimension;
    requests->points = (guint32 *)(void *)g_array_free(points, FALSE);
}

static gboolean any_request(const Requests *requests, const KjBox *box) {
    for (guint i = 0; i < requests->count; i++) {
        if (kj_box_has(box, requests->points + (gsize)i * requests->dimension))
            return TRUE;
    }
    return FALSE;
}

static void test_comparisons(void) {
    static const KjSampleText text = { "comparing", "", comparing, "", NULL };
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    KjSampleText whole = text;
    KjSample sample;
    Requests requests;
    guint found = 0, none = 0;
    g_autofree char *open = g_strndup(comparing, strlen(comparing) - 2);

    whole.open = open;
    kj_sample_open(&sample, &whole, FALSE);
    find_requests(&sample, &requests);
    for (guint round = 0; round < 3000; round++) {
        const KjBox *box = kj_sample_random_box(&sample, random);
        gboolean witness = check_box(&sample, box);

        if (!witness && any_request(&requests, box)) {
            show(&sample, box, NULL);
            g_assert_not_reached();
        }
        found += witness;
        none += !witness;
    }
    g_assert_cmpuint(found, >, 1000);
    g_assert_cmpuint(none, >, 20); /* contradictions do come up */
    g_free(requests.points);
    kj_sample_close(&sample);
}

/* ---- they read well ---- */

/* The witness of the only box of a rule, as arguments. */
static char *arguments_of(KjSample *sample, const char *label) {
    const KjBlock *block = sample->blocks[0];

    for (guint i = 0; i < block->rule_count; i++) {
        g_autoptr(GPtrArray) region = NULL;
        g_autoptr(KjWitness) witness = NULL;

        if (strcmp(block->rules[i].label, label) != 0)
            continue;
        region = kj_universe_lower_rule(sample->universe, 0, &block->rules[i]);
        witness = kj_witness_new(sample->universe, region->pdata[0], NOW, "Asia/Tokyo");
        return kj_witness_arguments(witness);
    }
    g_assert_not_reached();
}

typedef struct {
    const char *sample, *rule, *arguments;
} Example;

static const Example examples[] = {
    { "firewall", "web", "from=10.1.2.7 to=192.0.2.53 proto=tcp port=80" },
    { "firewall", "dns", "from=10.1.2.7 to=192.0.2.53 proto=tcp port=53" },
    { "firewall", "night", "from=10.1.2.7 to=192.0.2.53 proto=icmp icmp_type=8 --at 2026-11-23T01:00:00Z" },
    { "firewall", "inside", "from=10.1.0.1 to=10.1.0.2 proto=tcp port=5000 iif=eth0 state=new --at 2026-11-19T01:00:00Z" },
    { "firewall", "pilot", "from=10.1.2.7 to=192.0.2.53 proto=tcp --at 2026-11-19T01:00:00Z" },
    { "firewall", "six", "from=2001:db8::1 to=2001:db8:1::1 proto=icmp source_port=1" },
    { "acl", "mine",
      "principal=ito action=read resource=/residents owner=ito label=III device=managed due=2026-03-31 copies=3 "
      "limit_of_copies=3 remote=false titles= codes=" },
    { "acl", "keep",
      "principal=sato action=delete resource=/residents owner=ito label=III device=managed due=2026-03-31 copies=3 "
      "limit_of_copies=3 remote=false titles= codes=" },
    { "acl", "copy",
      "principal=ito action=read resource=/public groups=copiers owner=sato label=III device=managed due=2026-03-31 "
      "copies=3 limit_of_copies=4 remote=false titles= codes= --at 2026-11-18T12:00:00Z" },
    { "acl", "late",
      "principal=ito action=read resource=/public owner=sato label=III device=managed due=2026-03-31 copies=3 "
      "limit_of_copies=3 remote=true titles= codes=" },
    { "acl", "other",
      "principal=watanabe action=read resource=/public/example owner=ito label=III device=managed due=2026-03-31 "
      "copies=3 limit_of_copies=3 remote=false titles= codes=" },
    { "mail", "inside", "to=someone@example.go.jp" },
    { "mail", "partner", "to=chief@ally.example size=10MB" },
    { "mail", "auto", "to=chief@ally.example auto=true tls=false" },
    { "mail", "boss", "from=chief@ally.example to=someone@ally.example client=10.0.0.1 hops=3" },
    { "password", "long", "length=11" },
    { "password", "old", "age=91d role=admin" },
};

static void test_readable(void) {
    for (guint i = 0; i < G_N_ELEMENTS(examples); i++) {
        g_autofree char *arguments = NULL;
        KjSample sample;

        kj_sample_open(&sample, kj_sample_find(examples[i].sample), FALSE);
        arguments = arguments_of(&sample, examples[i].rule);
        g_assert_cmpstr(arguments, ==, examples[i].arguments);
        kj_sample_close(&sample);
    }
}

/* A shell gives back the words, and `kijun explain` the members. */
static void test_quoting(void) {
    static const KjSampleText text = { "quoting", "let files = \"/My Files/it's/**\";\n", "acl b { default deny;\n",
                                       "one: allow principal \"佐藤\" action { \"a b\" } resource files when groups has \"x,y\" and groups has \"$z\";\n",
                                       NULL };
    static const char *const expected[] = { "principal=佐藤", "action=a b", "resource=/My Files/it's", "groups=x\\,y", "groups=$z", NULL };
    g_autofree char *arguments = NULL;
    g_auto(GStrv) words = NULL;
    KjSample sample;

    kj_sample_open(&sample, &text, FALSE);
    arguments = arguments_of(&sample, "one");
    g_assert_true(g_shell_parse_argv(arguments, NULL, &words, NULL));
    g_assert_true(g_strv_equal((const char *const *)words, expected));
    g_assert_true(g_str_has_prefix(arguments, "principal=佐藤 'action=a b' "));
    kj_sample_close(&sample);
}

/* A value for every class, of that class. */
static void test_values(gconstpointer data) {
    KjSample sample;
    guint count;

    kj_sample_open(&sample, data, TRUE);
    kj_universe_fields(sample.universe, &count);
    for (guint i = 0; i < count; i++) {
        const KjSpaceField *field = kj_universe_field(sample.universe, i);

        for (guint32 klass = 1; klass < kj_universe_class_count(sample.universe, i); klass++) {
            g_autofree char *value = kj_witness_value(sample.universe, i, klass);
            g_autofree guint32 *point = g_new0(guint32, kj_universe_dimension(sample.universe));
            KjFieldText text = { field->field->name, value };

            g_assert_cmpint(value != NULL, ==, field->classifier != NULL);
            if (!value)
                continue;
            g_assert_true(kj_sample_point(&sample, &text, 1, FALSE, 0, point));
            g_assert_cmpuint(point[i], ==, klass);
        }
    }
    kj_sample_close(&sample);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (const KjSampleText *text = kj_sample_texts; text->name; text++) {
        g_autofree char *path = g_strconcat("/witness/boxes/", text->name, NULL),
                        *values = g_strconcat("/witness/values/", text->name, NULL);

        g_test_add_data_func(path, text, test_boxes);
        g_test_add_data_func(values, text, test_values);
    }
    g_test_add_func("/witness/comparisons", test_comparisons);
    g_test_add_func("/witness/readable", test_readable);
    g_test_add_func("/witness/quoting", test_quoting);
    return g_test_run();
}
