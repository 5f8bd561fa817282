/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words: a set of classes said again holds the values of these classes and no others; the clauses of a box, compiled as a rule, match the
 * requests of the box and no others; and they read as an author would write them.
 */
#include "sample.h"

#include <string.h>

#include <kijun/value.h>

#include "../../../compiler/reference/reference.h"
#include "../../../compiler/region/examples.h"
#include "../../../compiler/region/witness.h"
#include "../../../compiler/region/words.h"

#define SET_ROUNDS 120
#define BOX_ROUNDS 40
#define REQUESTS 80

/* ---- sets ---- */

static gboolean fits(const KjSet *set, const KjReferenceValue *value) {
    for (guint i = 0; i < set->count; i++) {
        switch (set->kind) {
        case KJ_SET_INTERVALS:
            if (kj_ordinal_compare(set->intervals[i].low, value->ordinal) <= 0 &&
                kj_ordinal_compare(value->ordinal, set->intervals[i].high) <= 0)
                return TRUE;
            break;
        case KJ_SET_PATTERNS:
            if (kj_pattern_matches(set->patterns[i], (const char *const *)value->tokens, value->token_count))
                return TRUE;
            break;
        case KJ_SET_UNION:
            if (fits(set->members[i], value))
                return TRUE;
            break;
        case KJ_SET_MINUS:
            return fits(set->members[0], value) && !fits(set->members[1], value);
        default:
            return !fits(set->members[0], value);
        }
    }
    return FALSE;
}

/* Values of every class, and for texts others put together from the same tokens. Element type char *. */
static GPtrArray *find_values(KjSample *sample, guint index, GRand *random) {
    const KjSpaceField *field = kj_universe_field(sample->universe, index);
    KjType type = field->field->type.kind;
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);

    for (guint32 klass = 1; klass < kj_universe_class_count(sample->universe, index); klass++) {
        g_autoptr(GArray) examples = kj_examples_new();

        kj_examples_find(field, kj_universe_sets(sample->universe), kj_class_sets_range(kj_universe_sets(sample->universe), klass, klass),
                         0, 3, examples);
        g_assert_cmpuint(examples->len, >, 0);
        for (guint i = 0; i < examples->len; i++) {
            g_auto(GStrv) parts = g_strsplit_set(g_array_index(examples, KjExample, i).text, "/.@", -1);

            for (guint k = 0; parts[k]; k++)
                g_ptr_array_add(tokens, g_strdup(parts[k]));
            g_ptr_array_add(values, g_strdup(g_array_index(examples, KjExample, i).text));
        }
    }
    for (guint i = 0; i < 300 && (type == KJ_TYPE_PATH || type == KJ_TYPE_MAIL); i++) {
        GString *text = g_string_new(NULL);
        guint length = (guint)g_rand_int_range(random, 1, 5);

        for (guint k = 0; k < length; k++)
            g_string_append_printf(text, "%s%s", type == KJ_TYPE_PATH ? "/" : k == 0 ? "" : k == 1 ? "@" : ".",
                                   (const char *)tokens->pdata[g_rand_int_range(random, 0, (gint32)tokens->len)]);
        if (kj_example_classify(field, text->str, NULL))
            g_ptr_array_add(values, g_strdup(text->str));
        g_string_free(text, TRUE);
    }
    return values;
}

static const KjClassSet *random_classes(KjSample *sample, guint index, GRand *random) {
    guint32 last = kj_universe_class_count(sample->universe, index) - 1;
    KjClassInterval intervals[4];
    guint count = (guint)g_rand_int_range(random, 0, 5);

    for (guint i = 0; i < count; i++) {
        guint32 low = (guint32)g_rand_int_range(random, 1, (gint32)last + 1);

        intervals[i] = (KjClassInterval){ low, MIN(low + (guint32)g_rand_int_range(random, 0, 4), last) };
    }
    return kj_class_sets_get(kj_universe_sets(sample->universe), intervals, count);
}

static void check_set(KjSample *sample, guint index, const KjClassSet *classes, GPtrArray *values) {
    const KjSpaceField *field = kj_universe_field(sample->universe, index);
    const KjSet *set = kj_words_set(sample->universe, index, classes);

    for (guint i = 0; i < values->len; i++) {
        const char *text = values->pdata[i], *problem = NULL;
        KjReferenceValue value;
        guint32 klass = kj_example_classify(field, text, NULL);

        g_assert_true(kj_reference_value_read(&field->field->type, text, &value, &problem));
        if (fits(set, &value) != kj_class_set_has(classes, klass))
            g_error("%s: `%s` of class %u", field->field->name, text, klass);
        kj_reference_value_clear(&value);
    }
}

static void test_sets(gconstpointer data) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);

    for (guint changed = 0; changed < 2; changed++) {
        KjSample sample;
        guint count;

        kj_sample_open(&sample, data, changed);
        kj_universe_fields(sample.universe, &count);
        for (guint i = 0; i < count; i++) {
            g_autoptr(GPtrArray) values = NULL;

            if (!kj_universe_field(sample.universe, i)->classifier)
                continue;
            values = find_values(&sample, i, random);
            for (guint round = 0; round < SET_ROUNDS; round++)
                check_set(&sample, i, random_classes(&sample, i, random), values);
        }
        kj_sample_close(&sample);
    }
}

/* Patterns that overlap every way they can, in many sets. */
static void test_patterns(gconstpointer data) {
    static const char *const paths[] = { "/a/**", "/a/b", "/b/*", "/**/c", "/a/*/c", "/*", "/", "/b/**", "/c/**/a", "/a/b/**" };
    static const char *const mails[] = { "x.jp", "*.x.jp", "a@x.jp", "b@y.x.jp", "y.x.jp", "*.y.x.jp", "jp", "*.jp", "z.jp", "a@z.jp" };
    gboolean mail = GPOINTER_TO_INT(data) == KJ_TYPE_MAIL;
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    for (guint round = 0; round < 60; round++) {
        g_autoptr(GString) rules = g_string_new(NULL);
        g_autoptr(GPtrArray) values = NULL;
        KjSampleText text = { "patterns", "", mail ? "mail b { default deny;\n" : "acl b { default deny;\n", NULL, NULL };
        KjSample sample;
        guint index = mail ? 1 : 2;

        for (guint i = 0; i < 5; i++) {
            g_string_append_printf(rules, "r%u: allow %s { ", i, mail ? "to" : "resource");
            for (gint k = g_rand_int_range(random, 0, 3); k >= 0; k--)
                g_string_append_printf(rules, "\"%s\"%s", (mail ? mails : paths)[g_rand_int_range(random, 0, 10)], k ? ", " : " };\n");
        }
        text.rules = rules->str;
        kj_sample_open(&sample, &text, FALSE);
        values = find_values(&sample, index, random);
        for (guint i = 0; i < 40; i++)
            check_set(&sample, index, random_classes(&sample, index, random), values);
        kj_sample_close(&sample);
    }
}

/* ---- boxes ---- */

typedef struct {
    GPtrArray *owned;
    GArray *texts; /* KjFieldText */
    gint64 instant;
} Request;

static void give(Request *request, const char *field, char *text) {
    KjFieldText pair = { field, text };

    if (text)
        g_ptr_array_add(request->owned, text);
    g_array_append_val(request->texts, pair);
}

static guint32 random_class(const KjClassSet *set, guint32 last, GRand *random) {
    if (!set || g_rand_int_range(random, 0, 5) == 0)
        return (guint32)g_rand_int_range(random, 0, (gint32)last + 1);
    set = set->count ? set : NULL;
    if (!set)
        return 0;
    const KjClassInterval *interval = &set->intervals[g_rand_int_range(random, 0, (gint32)set->count)];
    return (guint32)g_rand_int_range(random, (gint32)interval->low, (gint32)interval->high + 1);
}

static void give_members(KjSample *sample, const KjBox *box, Request *request, guint set, const char *name, GRand *random) {
    guint dimension = kj_universe_dimension(sample->universe);

    give(request, name, NULL);
    for (guint i = 0; i < dimension; i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, i);
        gboolean member = field && field->kind == KJ_FIELD_KIND_MEMBER && field->left == set;

        if (member && random_class(kj_box_field(box, i), 2, random) == 2)
            give(request, name, g_strdup(field->member));
    }
}

/* A request in the box in most of its fields; two fields of a type often have one value. */
static void make_request(KjSample *sample, const KjBox *box, Request *request, GRand *random) {
    guint count, instant = kj_universe_instant(sample->universe);
    const KjField *fields = kj_universe_fields(sample->universe, &count);
    const KjClassSet *time;

    for (guint i = 0; i < count; i++) {
        guint32 last = kj_universe_class_count(sample->universe, i) - 1, klass = random_class(kj_box_field(box, i), last, random);
        char *text;

        if (fields[i].type.kind == KJ_TYPE_SERVICE)
            continue;
        if (klass == 0 && (fields[i].flags & KJ_FIELD_REQUIRED))
            klass = 1;
        text = klass ? kj_witness_value(sample->universe, i, klass) : NULL;
        for (guint k = 0; text && k < request->texts->len; k++) {
            const KjFieldText *other = &g_array_index(request->texts, KjFieldText, k);
            guint at = 0;

            while (strcmp(fields[at].name, other->field) != 0)
                at++;
            if (fields[at].type.kind == fields[i].type.kind && !fields[i].type.set && fields[i].type.high == fields[at].type.high &&
                fields[i].type.numbers == fields[at].type.numbers && fields[i].type.kind != KJ_TYPE_SYMBOL &&
                g_rand_int_range(random, 0, 3) == 0) {
                g_free(text);
                text = g_strdup(other->text);
            }
        }
        if (fields[i].type.set && klass)
            give_members(sample, box, request, i, fields[i].name, random);
        else if (text)
            give(request, fields[i].name, text);
    }
    time = kj_class_sets_range(kj_universe_sets(sample->universe), 1, kj_universe_class_count(sample->universe, instant) - 1);
    if (kj_box_field(box, instant) && g_rand_int_range(random, 0, 3))
        time = kj_class_set_intersect(kj_universe_sets(sample->universe), time, kj_box_field(box, instant));
    request->instant = 1700000000 + (gint64)(g_rand_double(random) * 150000000);
    kj_moments_example(kj_universe_moments(sample->universe), time, request->instant, "Asia/Tokyo", &request->instant);
}

/* The box without its test of time. */
static const KjBox *timeless(KjSample *sample, const KjBox *box) {
    KjBox *copy = kj_arena_alloc(kj_universe_arena(sample->universe), sizeof(KjBox) + box->count * sizeof(KjBoxTest));

    for (guint i = 0; i < box->count; i++) {
        if (box->tests[i].field != kj_universe_instant(sample->universe))
            copy->tests[copy->count++] = box->tests[i];
    }
    return copy;
}

typedef struct {
    guint inside, outside, untold;
} Seen;

static void check_request(KjSample *sample, const KjBox *box, const KjRule *rule, const KjBlock *block, const char *clauses, GRand *random,
                          Seen *seen) {
    Request request = { g_ptr_array_new_with_free_func(g_free), g_array_new(FALSE, FALSE, sizeof(KjFieldText)), 0 };
    g_autofree guint32 *point = g_new0(guint32, kj_universe_dimension(sample->universe));
    KjReferenceRequest read = { .has_instant = TRUE };
    gboolean inside;

    make_request(sample, box, &request, random);
    g_assert_true(
        kj_sample_point(sample, (const KjFieldText *)(void *)request.texts->data, request.texts->len, TRUE, request.instant, point));
    read.instant = request.instant;
    kj_reference_request_read(&read, block, (const KjFieldText *)(void *)request.texts->data, request.texts->len);
    g_assert_cmpstr(read.problem, ==, NULL);
    inside = kj_box_has(box, point);
    if ((kj_reference_condition(&read, rule->match) == KJ_TRUTH_TRUE) != inside) {
        for (guint i = 0; i < box->count; i++)
            g_test_message("field %u class %u%s", box->tests[i].field, point[box->tests[i].field],
                           kj_class_set_has(box->tests[i].set, point[box->tests[i].field]) ? "" : " is not in the box");
        for (guint i = 0; i < request.texts->len; i++)
            g_test_message("%s=%s", g_array_index(request.texts, KjFieldText, i).field, g_array_index(request.texts, KjFieldText, i).text);
        g_error("%s: at %" G_GINT64_FORMAT " %s", clauses, request.instant, inside ? "does not match" : "matches");
    }
    seen->inside += inside;
    seen->outside += !inside;
    kj_reference_request_clear(&read);
    g_array_unref(request.texts);
    g_ptr_array_unref(request.owned);
}

/* The clauses of the box, as a rule of a block of its own, say what the box says. */
static void check_box(KjSample *sample, const KjSampleText *text, const KjBox *box, GRand *random, Seen *seen) {
    const char *clauses = kj_words_clauses(sample->universe, box);
    g_autofree char *whole = g_strconcat(text->declarations, text->open, "probe: deny ", clauses, ";\n}\n", NULL);
    g_autoptr(KjCompilation) compilation = kj_sample_compile(whole);
    const KjBlock *block = compilation->policy->blocks;
    gboolean untold;

    kj_words_condition(sample->universe, box, &untold);
    seen->untold += untold;
    for (guint i = 0; i < REQUESTS; i++)
        check_request(sample, untold ? timeless(sample, box) : box, &block->rules[0], block, clauses, random, seen);
}

static void test_boxes(gconstpointer data) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);

    for (guint changed = 0; changed < 2; changed++) {
        KjSample sample;
        g_autoptr(GPtrArray) boxes = NULL;
        Seen seen = { 0, 0, 0 };

        kj_sample_open(&sample, data, changed);
        boxes = kj_sample_boxes(&sample);
        for (guint i = 0; i < boxes->len; i++)
            check_box(&sample, data, boxes->pdata[i], random, &seen);
        g_assert_cmpuint(seen.untold, ==, 0); /* what rules say can be said */
        for (guint round = 0; round < BOX_ROUNDS; round++)
            check_box(&sample, data, kj_sample_random_box(&sample, random), random, &seen);
        g_assert_cmpuint(seen.inside, >, REQUESTS * 10);
        g_assert_cmpuint(seen.outside, >, REQUESTS * 10);
        kj_sample_close(&sample);
    }
}

/* ---- they read well ---- */

typedef struct {
    const char *sample, *rule, *clauses;
    const char *en, *ja; /* NULL: how conditions read is the sentences' own business */
} Example;

static const Example examples[] = {
    { "firewall", "web", "from staff to dmz service web", "from staff, to dmz, for the service web", "送信元が staff、宛先が dmz、サービスが web" },
    { "firewall", "dns", "to 192.0.2.53 service dns", "to 192.0.2.53, for the service dns", "宛先が 192.0.2.53、サービスが dns" },
    { "firewall", "night", "from clerks proto icmp icmp_type { 8, 13 } when not during office", NULL, NULL },
    { "firewall", "inside", "from staff - clerks to staff proto tcp port high iif eth0 state { new, established } during office", NULL, NULL },
    { "firewall", "pilot", "from 10.1.2.7 to dmz proto { tcp, gre } port none during 2026-04-01..2026-12-31 zone \"Asia/Tokyo\"", NULL, NULL },
    { "firewall", "six", "from not staff to 2001:db8:1::/64 source_port 1..1023", NULL, NULL },
    { "firewall", "literal",
      "to 203.0.113.0/24 service { 22/tcp, 990/tcp } during { sat..sun zone \"Asia/Tokyo\", 2026-12-25 zone \"Asia/Tokyo\", "
      "mon..tue 10:00..12:00 zone \"Asia/Tokyo\" }",
      NULL, NULL },
    { "firewall", "late",
      "to 203.0.113.9 service 25/tcp during { mon, fri..sun } 22:00..06:00 zone \"UTC\" - 2026-12-24 zone \"Europe/Berlin\"", NULL, NULL },
    { "acl", "mine", "principal staff action { read, write } resource records when principal == owner",
      "by staff, to read or write, on records, by its owner", NULL },
    { "acl", "keep", "principal not chiefs action delete resource records - secret", NULL, NULL },
    { "acl", "late", "due <= 2026-03-31 when remote", NULL, NULL },
    { "mail", "partner", "to partners size <= 10MB", "to partners, of the size at most 10MB", "宛先が partners、サイズが 10MB 以下" },
    { "mail", "auto",
      "to not internal when auto and (recipients == none or recipients <= 50) and not tls and (class == none or class >= II)", NULL, NULL },
    { "password", "old", "age > 90d role admin", NULL, NULL },
};

static const KjBox *first_box(KjSample *sample, const char *label) {
    const KjBlock *block = sample->blocks[0];

    for (guint i = 0; i < block->rule_count; i++) {
        g_autoptr(GPtrArray) region = NULL;

        if (strcmp(block->rules[i].label, label) != 0)
            continue;
        region = kj_universe_lower_rule(sample->universe, 0, &block->rules[i]);
        return region->pdata[0];
    }
    g_assert_not_reached();
}

static void test_readable(void) {
    for (guint i = 0; i < G_N_ELEMENTS(examples); i++) {
        KjSample sample;
        const KjBox *box;

        kj_sample_open(&sample, kj_sample_find(examples[i].sample), FALSE);
        box = first_box(&sample, examples[i].rule);
        g_assert_cmpstr(kj_words_clauses(sample.universe, box), ==, examples[i].clauses);
        if (examples[i].en)
            g_assert_cmpstr(kj_words_sentence(sample.universe, box, "en"), ==, examples[i].en);
        if (examples[i].ja)
            g_assert_cmpstr(kj_words_sentence(sample.universe, box, "ja"), ==, examples[i].ja);
        kj_sample_close(&sample);
    }
}

static const KjBox empty_box = { 0 };

static void test_everything(void) {
    KjSample sample;

    kj_sample_open(&sample, kj_sample_find("acl"), FALSE);
    g_assert_cmpstr(kj_words_clauses(sample.universe, &empty_box), ==, "");
    g_assert_cmpstr(kj_words_sentence(sample.universe, &empty_box, "en"), ==, "any request");
    g_assert_cmpstr(kj_words_sentence(sample.universe, &empty_box, "ja"), ==, "すべての要求");
    kj_sample_close(&sample);
}

/* For people a long list is cut short; in the language's notation it is whole. */
static void test_long_list(void) {
    static const KjSampleText text = { "long", "", "acl b { default deny;\n",
                                       "one: allow principal { \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\" };\n",
                                       NULL };
    KjSample sample;
    const KjBox *box;

    kj_sample_open(&sample, &text, FALSE);
    box = first_box(&sample, "one");
    g_assert_cmpstr(kj_words_clauses(sample.universe, box), ==,
                    "principal { \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\" }");
    g_assert_nonnull(strstr(kj_words_sentence(sample.universe, box, "en"), "\"g\" or 3 more"));
    g_assert_nonnull(strstr(kj_words_sentence(sample.universe, box, "ja"), "その他3件"));
    kj_sample_close(&sample);
}

/* A group that has lost a member: its name means two things, so nothing is called by it; what was lost is called by its own name. */
static void test_two_meanings(void) {
    static const char before[] =
        "group staff = { \"sato\", \"ito\", \"tanaka\" };\nlet web = { 80/tcp, 443/tcp };\nacl b { default deny; field x : 0..9;\n"
        "one: allow principal staff; two: allow x { 1, 3 }; three: allow principal { staff, \"mori\" }; }\n";
    static const char after[] = "group staff = { \"sato\", \"ito\" };\nacl b { default deny; field x : 0..9;\none: allow principal staff; "
                                "two: allow x { 1, 4 }; }\n";
    g_autoptr(KjCompilation) old = kj_sample_compile(before), new = kj_sample_compile(after);
    const KjBlock *blocks[] = { old->policy->blocks, new->policy->blocks };
    g_autoptr(KjUniverse) universe = kj_universe_new(blocks, 2);
    const char *problem = NULL;
    const KjClassSet *old_staff, *new_staff;
    const KjSet *lost, *kept;
    g_autoptr(GPtrArray) three = NULL;

    for (guint side = 0; side < 2; side++) {
        for (guint i = 0; i < blocks[side]->rule_count; i++)
            kj_universe_add_rule(universe, side, &blocks[side]->rules[i]);
    }
    g_assert_true(kj_universe_seal(universe, &problem));
    old_staff =
        kj_classifier_classes(kj_universe_field(universe, 0)->classifier, kj_universe_sets(universe), blocks[0]->rules[0].match->set);
    new_staff =
        kj_classifier_classes(kj_universe_field(universe, 0)->classifier, kj_universe_sets(universe), blocks[1]->rules[0].match->set);
    lost = kj_words_set(universe, 0, kj_class_set_intersect(kj_universe_sets(universe), old_staff,
                                                            kj_class_set_complement(kj_universe_sets(universe), new_staff, 1,
                                                                                    kj_universe_class_count(universe, 0) - 1)));
    kept = kj_words_set(universe, 0, new_staff);
    g_assert_cmpint(lost->kind, ==, KJ_SET_PATTERNS);
    g_assert_cmpuint(lost->count, ==, 1);
    g_assert_cmpstr(lost->patterns[0]->text, ==, "tanaka");
    g_assert_cmpint(kept->kind, ==, KJ_SET_PATTERNS);
    g_assert_cmpstr(kept->name, ==, NULL);
    g_assert_cmpuint(kept->count, ==, 2);
    three = kj_universe_lower_rule(universe, 0, &blocks[0]->rules[2]);
    g_assert_cmpstr(kj_words_clauses(universe, three->pdata[0]), ==, "principal { \"mori\", \"sato\", \"ito\", \"tanaka\" }");
}

/* ---- time ---- */

static const KjClassSet *inside(KjSample *sample, const KjWindow *window) {
    g_autoptr(GPtrArray) region = kj_universe_lower_window(sample->universe, window, FALSE);

    return kj_box_field(region->pdata[0], kj_universe_instant(sample->universe));
}

static const KjWindow *window_named(const KjSample *sample, const char *name) {
    for (guint i = 0; i < kj_universe_instant(sample->universe); i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, i);

        if (field->kind == KJ_FIELD_KIND_TIME && field->window->name && strcmp(field->window->name, name) == 0)
            return field->window;
    }
    g_assert_not_reached();
}

static const char *time_words(KjSample *sample, const KjClassSet *classes, const char *language) {
    KjBox *box = kj_arena_alloc(kj_universe_arena(sample->universe), sizeof(KjBox) + sizeof(KjBoxTest));

    box->count = 1;
    box->tests[0] = (KjBoxTest){ kj_universe_instant(sample->universe), classes };
    return language ? kj_words_sentence(sample->universe, box, language) : kj_words_clauses(sample->universe, box);
}

static void test_time(void) {
    static const KjSampleText text = { "time",
                                       "zone \"Asia/Tokyo\";\nlet hours = mon..fri 09:00..18:00;\nlet holidays = { 2026-11-23, "
                                       "2026-12-29..2027-01-03 };\nlet nights = 22:00..06:00;\n"
                                       "let one = 2030-01-01..2030-12-31;\nlet two = 2030-07-01..2031-06-30;\n",
                                       "acl b { default deny;\n",
                                       "a: allow during hours; b: deny during holidays; c: allow action read @until(2026-12-31); d: allow "
                                       "action read @until(2027-12-31); e: deny during nights; f: deny during one; g: deny during two;\n",
                                       NULL };
    KjSample sample;
    const KjClassSet *hours, *holidays, *nights, *old, *new, *one, *two;
    KjClassSets *sets;
    guint32 last;

    kj_sample_open(&sample, &text, FALSE);
    sets = kj_universe_sets(sample.universe);
    last = kj_universe_class_count(sample.universe, kj_universe_instant(sample.universe)) - 1;
    hours = inside(&sample, window_named(&sample, "hours"));
    holidays = inside(&sample, window_named(&sample, "holidays"));
    nights = inside(&sample, window_named(&sample, "nights"));
    old = inside(&sample, sample.blocks[0]->rules[2].until);
    new = inside(&sample, sample.blocks[0]->rules[3].until);
#define OUTSIDE(set) kj_class_set_complement(sets, set, 1, last)
#define BOTH(a, b) kj_class_set_intersect(sets, a, b)
    g_assert_cmpstr(time_words(&sample, hours, NULL), ==, "during hours");
    g_assert_cmpstr(time_words(&sample, OUTSIDE(hours), NULL), ==, "when not during hours");
    g_assert_cmpstr(time_words(&sample, BOTH(hours, OUTSIDE(holidays)), NULL), ==, "during hours when not during holidays");
    g_assert_cmpstr(time_words(&sample, BOTH(new, OUTSIDE(old)), NULL), ==, "during 2027-01-01..2027-12-31 zone \"Asia/Tokyo\"");
    g_assert_cmpstr(time_words(&sample, OUTSIDE(old), "en"), ==, "from 2027-01-01 on");
    g_assert_cmpstr(time_words(&sample, OUTSIDE(old), "ja"), ==, "2027-01-01 以降");
    g_assert_cmpstr(time_words(&sample, new, "en"), ==, "until 2027-12-31");
    g_assert_cmpstr(time_words(&sample, new, "ja"), ==, "2027-12-31 まで");
    g_assert_cmpstr(time_words(&sample, BOTH(BOTH(new, OUTSIDE(old)), hours), NULL), ==,
                    "during hours during 2027-01-01..2027-12-31 zone \"Asia/Tokyo\"");
    g_assert_cmpstr(time_words(&sample, kj_class_set_unite(sets, hours, nights), NULL), ==, "when during hours or during nights");
    one = inside(&sample, window_named(&sample, "one"));
    two = inside(&sample, window_named(&sample, "two"));
    g_assert_cmpstr(time_words(&sample, kj_class_set_unite(sets, BOTH(one, OUTSIDE(two)), BOTH(two, OUTSIDE(one))), NULL), ==,
                    "when during 2030-01-01..2030-06-30 zone \"Asia/Tokyo\" or during 2031-01-01..2031-06-30 zone \"Asia/Tokyo\"");
    kj_sample_close(&sample);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (const KjSampleText *text = kj_sample_texts; text->name; text++) {
        g_autofree char *sets = g_strconcat("/words/sets/", text->name, NULL), *boxes = g_strconcat("/words/boxes/", text->name, NULL);

        g_test_add_data_func(sets, text, test_sets);
        g_test_add_data_func(boxes, text, test_boxes);
    }
    g_test_add_func("/words/readable", test_readable);
    g_test_add_func("/words/everything", test_everything);
    g_test_add_func("/words/long_list", test_long_list);
    g_test_add_func("/words/two_meanings", test_two_meanings);
    g_test_add_func("/words/time", test_time);
    g_test_add_data_func("/words/patterns/path", GINT_TO_POINTER(KJ_TYPE_PATH), test_patterns);
    g_test_add_data_func("/words/patterns/mail", GINT_TO_POINTER(KJ_TYPE_MAIL), test_patterns);
    return g_test_run();
}
