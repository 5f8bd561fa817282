/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classifiers against the definition: a value is in a set of values exactly when its class is in the set's classes.
 *
 * Patterns and values are drawn from alphabets so small that they meet all the time. The definition is kj_pattern_matches and a loop over
 * intervals. That no class is empty is checked by trying every value up to a length.
 */
#include "../../../compiler/region/classifier.h"

#include <kijun/value.h>

#include <string.h>

#define ROUNDS 400

typedef struct {
    KjArena *arena;
    GRand *random;
    KjDataType type;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    fixture->arena = kj_arena_new();
    fixture->random = g_rand_new_with_seed(20261122);
    fixture->type = (KjDataType){ .kind = (KjType)GPOINTER_TO_INT(data) };
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_arena_free(fixture->arena);
    g_rand_free(fixture->random);
}

static gboolean chance(Fixture *fixture, gint in) {
    return g_rand_int_range(fixture->random, 0, in) == 0;
}

static const char *pick(Fixture *fixture, const char *const *words, guint count) {
    return words[g_rand_int_range(fixture->random, 0, (gint32)count)];
}

/* ---- texts ---- */

static char *random_path(Fixture *fixture, gboolean pattern) {
    static const char *const words[] = { "a", "b", "c", "*", "**" };
    GString *text = g_string_new(NULL);
    guint length = (guint)g_rand_int_range(fixture->random, 0, 5);

    for (guint i = 0; i < length; i++)
        g_string_append_printf(text, "/%s", pick(fixture, words, pattern ? 5 : 3));
    if (length == 0)
        g_string_append_c(text, '/');
    return g_string_free(text, FALSE);
}

static char *random_mail(Fixture *fixture, gboolean pattern) {
    static const char *const locals[] = { "a", "b", "jp" }, *const labels[] = { "jp", "x", "y", "a" };
    GString *text = g_string_new(NULL);
    guint length = (guint)g_rand_int_range(fixture->random, 1, 4);
    gboolean domain_only = pattern && !chance(fixture, 3);

    if (!domain_only)
        g_string_append_printf(text, "%s@", pick(fixture, locals, 3));
    else if (chance(fixture, 2))
        g_string_append(text, "*.");
    for (guint i = 0; i < length; i++)
        g_string_append_printf(text, "%s%s", i ? "." : "", pick(fixture, labels, 4));
    return g_string_free(text, FALSE);
}

static char *random_text(Fixture *fixture, gboolean pattern) {
    static const char *const names[] = { "sato", "suzuki", "tanaka", "ito", "@root", "佐藤" };

    switch (fixture->type.kind) {
    case KJ_TYPE_PATH:
        return random_path(fixture, pattern);
    case KJ_TYPE_MAIL:
        return random_mail(fixture, pattern);
    default:
        return g_strdup(pick(fixture, names, pattern ? 5 : 6));
    }
}

/* ---- sets ---- */

static const KjSet *random_patterns(Fixture *fixture) {
    KjSet *set = kj_arena_new0(fixture->arena, KjSet);
    const KjPattern **patterns = kj_arena_newn(fixture->arena, const KjPattern *, 5);
    guint wanted = (guint)g_rand_int_range(fixture->random, 0, 6);

    for (guint i = 0; i < wanted; i++) {
        const char *problem = NULL;
        g_autofree char *text = random_text(fixture, TRUE);
        const KjPattern *pattern = kj_pattern_new(fixture->arena, fixture->type.kind, text, &problem);

        if (pattern)
            patterns[set->count++] = pattern;
    }
    set->kind = KJ_SET_PATTERNS;
    set->patterns = patterns;
    return set;
}

static const KjSet *random_intervals(Fixture *fixture, guint64 highest) {
    KjSet *set = kj_arena_new0(fixture->arena, KjSet);
    KjInterval *intervals = kj_arena_newn(fixture->arena, KjInterval, 16);
    guint64 at = (guint64)g_rand_int_range(fixture->random, 0, 6);

    while (at <= highest && set->count < 16) {
        guint64 end = MIN(at + (guint64)g_rand_int_range(fixture->random, 0, 6), highest);

        intervals[set->count++] = (KjInterval){ kj_ordinal_number(at), kj_ordinal_number(end) };
        at = end + 2 + (guint64)g_rand_int_range(fixture->random, 0, 8);
    }
    set->kind = KJ_SET_INTERVALS;
    set->intervals = intervals;
    return set;
}

static const KjSet *random_set(Fixture *fixture, guint depth) {
    KjSet *set;
    const KjSet **members;
    gboolean leaf = depth == 0 || chance(fixture, 3);

    if (leaf)
        return fixture->type.kind == KJ_TYPE_INTEGER ? random_intervals(fixture, 40) : random_patterns(fixture);
    set = kj_arena_new0(fixture->arena, KjSet);
    members = kj_arena_newn(fixture->arena, const KjSet *, 3);
    set->kind = chance(fixture, 3) ? KJ_SET_COMPLEMENT : chance(fixture, 2) ? KJ_SET_MINUS : KJ_SET_UNION;
    set->count = set->kind == KJ_SET_COMPLEMENT ? 1 : set->kind == KJ_SET_MINUS ? 2 : (guint)g_rand_int_range(fixture->random, 0, 4);
    for (guint i = 0; i < set->count; i++)
        members[i] = random_set(fixture, depth - 1);
    set->members = members;
    return set;
}

/* ---- the definition ---- */

typedef struct {
    KjOrdinal ordinal;
    const char *tokens[KJ_TOKENS_MAX];
    guint count;
    char room[512];
} Value;

static gboolean is_in(const KjSet *set, const Value *value) {
    for (guint i = 0; i < set->count; i++) {
        switch (set->kind) {
        case KJ_SET_PATTERNS:
            if (kj_pattern_matches(set->patterns[i], value->tokens, value->count))
                return TRUE;
            break;
        case KJ_SET_INTERVALS:
            if (kj_ordinal_compare(set->intervals[i].low, value->ordinal) <= 0 &&
                kj_ordinal_compare(value->ordinal, set->intervals[i].high) <= 0)
                return TRUE;
            break;
        case KJ_SET_UNION:
            if (is_in(set->members[i], value))
                return TRUE;
            break;
        case KJ_SET_MINUS:
            return is_in(set->members[0], value) && !is_in(set->members[1], value);
        default:
            return !is_in(set->members[0], value);
        }
    }
    return FALSE;
}

static gboolean read_value(const Fixture *fixture, const char *text, Value *value) {
    int count = kj_value_tokens(fixture->type.kind, text, strlen(text), value->room, sizeof value->room, value->tokens,
                                KJ_TOKENS_MAX, NULL);

    value->count = (guint)MAX(count, 0);
    return count >= 0;
}

/* ---- tests ---- */

static void check_value(KjClassifier *classifier, KjClassSets *sets, const KjSet *const *all, guint count, const Value *value,
                        guint32 klass) {
    g_assert_cmpuint(klass, >=, 1);
    g_assert_cmpuint(klass, <, kj_classifier_class_count(classifier));
    for (guint i = 0; i < count; i++)
        g_assert_cmpint(kj_class_set_has(kj_classifier_classes(classifier, sets, all[i]), klass), ==, is_in(all[i], value));
}

static void test_random_texts(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(KjClassifier) classifier = kj_classifier_new(&fixture->type);
        g_autoptr(KjClassSets) sets = kj_class_sets_new();
        const KjSet *all[6];

        for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
            all[i] = random_set(fixture, 2);
            kj_classifier_add(classifier, all[i]);
        }
        g_assert_true(kj_classifier_seal(classifier));
        for (guint i = 0; i < 60; i++) {
            g_autofree char *text = random_text(fixture, FALSE);
            Value value;

            g_assert_true(read_value(fixture, text, &value));
            check_value(classifier, sets, all, G_N_ELEMENTS(all), &value,
                        kj_classifier_classify_tokens(classifier, value.tokens, value.count));
        }
    }
}

/* Every value over the alphabet, with one token that no pattern names, up to `left` more tokens. */
static void visit_all(const Fixture *fixture, const KjClassifier *classifier, const char *prefix, guint left, gboolean *hit) {
    static const char *const segments[] = { "a", "b", "c", "other" };
    static const char *const labels[] = { "jp", "x", "y", "a", "other" };
    gboolean mail = fixture->type.kind == KJ_TYPE_MAIL;
    static const char *const locals[] = { "a", "b", "jp", "other" };
    Value value;

    for (guint i = 0; i < (mail ? G_N_ELEMENTS(locals) : 1); i++) {
        g_autofree char *text = mail ? g_strdup_printf("%s@%s", locals[i], prefix) : g_strdup(*prefix ? prefix : "/");

        if ((!mail || *prefix) && read_value(fixture, text, &value))
            hit[kj_classifier_classify_tokens(classifier, value.tokens, value.count)] = TRUE;
    }
    for (guint i = 0; left && i < (mail ? G_N_ELEMENTS(labels) : G_N_ELEMENTS(segments)); i++) {
        g_autofree char *longer =
            mail ? g_strdup_printf("%s%s%s", labels[i], *prefix ? "." : "", prefix) : g_strdup_printf("%s/%s", prefix, segments[i]);

        visit_all(fixture, classifier, longer, left - 1, hit);
    }
}

static void test_no_class_is_empty(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint round = 0; round < 60; round++) {
        g_autoptr(KjClassifier) classifier = kj_classifier_new(&fixture->type);
        g_autofree gboolean *hit = NULL;

        for (guint i = 0; i < 3; i++)
            kj_classifier_add(classifier, random_patterns(fixture));
        g_assert_true(kj_classifier_seal(classifier));
        hit = g_new0(gboolean, kj_classifier_class_count(classifier));
        visit_all(fixture, classifier, "", fixture->type.kind == KJ_TYPE_MAIL ? 4 : 6, hit);
        for (guint klass = 1; klass < kj_classifier_class_count(classifier); klass++)
            g_assert_true(hit[klass]);
    }
}

static void test_random_numbers(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint round = 0; round < ROUNDS; round++) {
        guint64 low = chance(fixture, 2) ? 0 : 5, high = chance(fixture, 2) ? 40 : 30;
        g_autoptr(KjClassSets) sets = kj_class_sets_new();
        g_autoptr(KjClassifier) classifier = NULL;
        g_autofree gboolean *hit = NULL;
        const KjSet *all[4];

        fixture->type.low = low;
        fixture->type.high = high;
        classifier = kj_classifier_new(&fixture->type);
        for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
            all[i] = random_set(fixture, 2);
            kj_classifier_add(classifier, all[i]);
        }
        g_assert_true(kj_classifier_seal(classifier));
        hit = g_new0(gboolean, kj_classifier_class_count(classifier));
        for (guint64 number = low; number <= high; number++) {
            Value value = { .ordinal = kj_ordinal_number(number) };
            guint32 klass = kj_classifier_classify_ordinal(classifier, value.ordinal);

            check_value(classifier, sets, all, G_N_ELEMENTS(all), &value, klass);
            hit[klass] = TRUE;
        }
        for (guint klass = 1; klass < kj_classifier_class_count(classifier); klass++)
            g_assert_true(hit[klass]);
    }
}

static KjOrdinal address(guint64 family, guint64 high, guint64 low) {
    return (KjOrdinal){ family, high, low };
}

static void test_addresses(void) {
    const KjDataType type = { .kind = KJ_TYPE_ADDRESS };
    const KjInterval intervals[] = { { { 4, 0, 0xc0000200 }, { 4, 0, 0xffffffff } },
                                     { { 6, 0, 0 }, { 6, 0, 1 } },
                                     { { 6, 7, 0 }, { 6, G_MAXUINT64, G_MAXUINT64 } } };
    const KjSet set = { .kind = KJ_SET_INTERVALS, .intervals = intervals, .count = G_N_ELEMENTS(intervals) };
    const KjSet *const members[] = { &set };
    const KjSet outside = { .kind = KJ_SET_COMPLEMENT, .members = members, .count = 1 };
    const struct { KjOrdinal at; gboolean in; } cases[] = {
        { { 4, 0, 0 }, FALSE }, { { 4, 0, 0xc00001ff }, FALSE }, { { 4, 0, 0xc0000200 }, TRUE }, { { 4, 0, 0xffffffff }, TRUE },
        { { 6, 0, 0 }, TRUE }, { { 6, 0, 2 }, FALSE }, { { 6, 6, G_MAXUINT64 }, FALSE }, { { 6, 7, 0 }, TRUE },
        { { 6, G_MAXUINT64, G_MAXUINT64 }, TRUE },
    };
    g_autoptr(KjClassifier) classifier = kj_classifier_new(&type);
    g_autoptr(KjClassSets) sets = kj_class_sets_new();

    kj_classifier_add(classifier, &outside);
    g_assert_true(kj_classifier_seal(classifier));
    g_assert_cmpint(kj_ordinal_compare(g_array_index(kj_classifier_points(classifier), KjOrdinal, 0), address(4, 0, 0)), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 klass = kj_classifier_classify_ordinal(classifier, cases[i].at);

        g_assert_cmpint(kj_class_set_has(kj_classifier_classes(classifier, sets, &set), klass), ==, cases[i].in);
        g_assert_cmpint(kj_class_set_has(kj_classifier_classes(classifier, sets, &outside), klass), ==, !cases[i].in);
    }
}

static void test_large_group_is_one_class(void) {
    const KjDataType type = { .kind = KJ_TYPE_PRINCIPAL };
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjClassSets) sets = kj_class_sets_new();
    g_autoptr(KjClassifier) classifier = kj_classifier_new(&type);
    const KjPattern **patterns = kj_arena_newn(arena, const KjPattern *, 10000);
    KjSet group = { .kind = KJ_SET_PATTERNS, .patterns = patterns, .count = 10000 }, again = group;
    const char *problem = NULL;
    const char *const member = "p4711", *const stranger = "p10000";

    for (guint i = 0; i < group.count; i++)
        patterns[i] = kj_pattern_new(arena, KJ_TYPE_PRINCIPAL, kj_arena_printf(arena, "p%u", i), &problem);
    kj_classifier_add(classifier, &group);
    kj_classifier_add(classifier, &again);
    g_assert_true(kj_classifier_seal(classifier));
    g_assert_cmpuint(kj_classifier_class_count(classifier), ==, 3);
    g_assert_cmpuint(kj_classifier_automaton(classifier)->states->len, ==, 2);
    g_assert_true(kj_class_set_has(kj_classifier_classes(classifier, sets, &again), kj_classifier_classify_tokens(classifier, &member, 1)));
    g_assert_cmpuint(kj_classifier_classify_tokens(classifier, &stranger, 1), ==, kj_classifier_automaton(classifier)->rest);
}

/* After any number of segments `a`, and then n of any kind: needs 2^n states. */
static gboolean seals_with_stars(guint stars) {
    const KjDataType type = { .kind = KJ_TYPE_PATH };
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjClassifier) classifier = kj_classifier_new(&type);
    g_autoptr(GString) text = g_string_new("/**/a");
    const KjPattern *pattern;
    const char *problem = NULL;
    KjSet set = { .kind = KJ_SET_PATTERNS, .patterns = &pattern, .count = 1 };

    for (guint i = 0; i < stars; i++)
        g_string_append(text, "/*");
    pattern = kj_pattern_new(arena, KJ_TYPE_PATH, text->str, &problem);
    kj_classifier_add(classifier, &set);
    return kj_classifier_seal(classifier);
}

static void test_states_are_limited(void) {
    g_assert_true(seals_with_stars(12));
    g_assert_false(seals_with_stars(40));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define EACH(name, type, function) g_test_add(name, Fixture, GINT_TO_POINTER(type), set_up, function, tear_down)
    EACH("/region/classifier/path", KJ_TYPE_PATH, test_random_texts);
    EACH("/region/classifier/mail", KJ_TYPE_MAIL, test_random_texts);
    EACH("/region/classifier/principal", KJ_TYPE_PRINCIPAL, test_random_texts);
    EACH("/region/classifier/path/no-class-is-empty", KJ_TYPE_PATH, test_no_class_is_empty);
    EACH("/region/classifier/mail/no-class-is-empty", KJ_TYPE_MAIL, test_no_class_is_empty);
    EACH("/region/classifier/integer", KJ_TYPE_INTEGER, test_random_numbers);
    g_test_add_func("/region/classifier/addresses", test_addresses);
    g_test_add_func("/region/classifier/large-group-is-one-class", test_large_group_is_one_class);
    g_test_add_func("/region/classifier/states-are-limited", test_states_are_limited);
    return g_test_run();
}
