/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From sets of values to sets of classes. See classifier.h.
 *
 * Sets with a name are shared by pointer in the checked tree (a group used by a thousand rules is one set), so these are remembered by pointer. Intervals
 * that somebody just wrote are remembered by content: most are written in many rules, and nearly all in both versions of a policy.
 * Sets of patterns are shared by pointer and by content, because two equal lists must not be two marks.
 * The boundaries of a numeric type's own range are no cuts: a class outside the range would hold no value.
 */
#include "classifier.h"

#include "contents.h"
#include "mentions.h"
#include "tally.h"

#include <stdlib.h>

struct KjClassifier {
    const KjDataType *type;
    KjClassifierKind kind;
    GHashTable *seen;        /* KjSet */
    GPtrArray *added;        /* the same in order */
    GHashTable *answers;     /* KjSet -> KjClassSet */
    KjContents *written;     /* intervals without a name; their answers are KjClassSet */
    GArray *points;          /* KjOrdinal */
    KjAutomatonBuilder *builder;
    KjAutomaton *automaton;
    GHashTable *marks;       /* KjSet -> mark + 1 */
    GHashTable *contents;    /* KjSet by its patterns -> mark + 1 */
    guint mark_count;
    KjMentions *mentions;    /* once asked for */
    KjTally *tally;          /* likewise */
};

static KjClassifierKind kind_of(const KjDataType *type) {
    switch (type->kind) {
    case KJ_TYPE_PATH:
    case KJ_TYPE_MAIL:
    case KJ_TYPE_PRINCIPAL:
    case KJ_TYPE_TEXT:
        return KJ_CLASSIFIER_AUTOMATON;
    case KJ_TYPE_BOOL:
        return KJ_CLASSIFIER_SYMBOLS;
    case KJ_TYPE_SYMBOL:
        return type->symbols ? KJ_CLASSIFIER_SYMBOLS : KJ_CLASSIFIER_AUTOMATON;
    default:
        return KJ_CLASSIFIER_POINTS;
    }
}

/* The list of patterns as written: a set written in another order is another mark of the same classes, which costs little. */
static guint patterns_hash(gconstpointer key) {
    const KjSet *set = key;
    guint hash = set->count;

    for (guint i = 0; i < set->count; i++)
        hash = hash * 31 + g_str_hash(set->patterns[i]->text);
    return hash;
}

static gboolean patterns_equal(gconstpointer a, gconstpointer b) {
    const KjSet *left = a, *right = b;

    if (left->count != right->count)
        return FALSE;
    for (guint i = 0; i < left->count; i++) {
        if (left->patterns[i] != right->patterns[i] && !g_str_equal(left->patterns[i]->text, right->patterns[i]->text))
            return FALSE;
    }
    return TRUE;
}

KjClassifier *kj_classifier_new(const KjDataType *type) {
    KjClassifier *classifier = g_new0(KjClassifier, 1);

    classifier->type = type;
    classifier->kind = kind_of(type);
    classifier->seen = g_hash_table_new(NULL, NULL);
    classifier->added = g_ptr_array_new();
    classifier->answers = g_hash_table_new(NULL, NULL);
    classifier->written = kj_contents_new();
    classifier->points = g_array_new(FALSE, FALSE, sizeof(KjOrdinal));
    if (classifier->kind == KJ_CLASSIFIER_AUTOMATON) {
        classifier->builder = kj_automaton_builder_new(type->kind);
        classifier->marks = g_hash_table_new(NULL, NULL);
        classifier->contents = g_hash_table_new(patterns_hash, patterns_equal);
    }
    return classifier;
}

void kj_classifier_free(KjClassifier *classifier) {
    g_clear_pointer(&classifier->mentions, kj_mentions_free);
    g_clear_pointer(&classifier->tally, kj_tally_free);
    g_hash_table_unref(classifier->seen);
    g_ptr_array_unref(classifier->added);
    g_hash_table_unref(classifier->answers);
    kj_contents_free(classifier->written);
    g_array_unref(classifier->points);
    g_clear_pointer(&classifier->builder, kj_automaton_builder_free);
    g_clear_pointer(&classifier->automaton, kj_automaton_free);
    g_clear_pointer(&classifier->marks, g_hash_table_unref);
    g_clear_pointer(&classifier->contents, g_hash_table_unref);
    g_free(classifier);
}

/* ---- adding ---- */

static gboolean is_bounded(const KjClassifier *classifier) {
    return classifier->type->kind != KJ_TYPE_ADDRESS && classifier->type->low <= classifier->type->high && classifier->type->high != 0;
}

/* No value of the type lies in the interval. */
static gboolean is_outside(const KjClassifier *classifier, const KjInterval *interval) {
    return is_bounded(classifier) && (kj_ordinal_compare(interval->high, kj_ordinal_number(classifier->type->low)) < 0 ||
                                      kj_ordinal_compare(interval->low, kj_ordinal_number(classifier->type->high)) > 0);
}

static void add_intervals(KjClassifier *classifier, const KjSet *set) {
    gboolean bounded = is_bounded(classifier);
    KjOrdinal lowest = kj_ordinal_number(classifier->type->low), highest = kj_ordinal_number(classifier->type->high);

    for (guint i = 0; i < set->count; i++) {
        KjOrdinal first = set->intervals[i].low, after = set->intervals[i].high;

        if (is_outside(classifier, &set->intervals[i]))
            continue;
        if (!bounded || kj_ordinal_compare(first, lowest) > 0)
            g_array_append_val(classifier->points, first);
        if ((!bounded || kj_ordinal_compare(after, highest) < 0) && kj_ordinal_next(&after))
            g_array_append_val(classifier->points, after);
    }
}

static void add_patterns(KjClassifier *classifier, const KjSet *set) {
    gpointer mark = g_hash_table_lookup(classifier->contents, set);

    if (!mark) {
        mark = GUINT_TO_POINTER(++classifier->mark_count);
        g_hash_table_insert(classifier->contents, (gpointer)set, mark);
        for (guint i = 0; i < set->count; i++)
            kj_automaton_builder_add(classifier->builder, set->patterns[i], classifier->mark_count - 1);
    }
    g_hash_table_insert(classifier->marks, (gpointer)set, mark);
}

/* Whether nothing but its intervals makes the set what it is. */
static gboolean is_written(const KjSet *set) {
    return set->kind == KJ_SET_INTERVALS && !set->name && !set->service;
}

/* FALSE: it was there already. */
static gboolean note_set(KjClassifier *classifier, const KjSet *set) {
    return is_written(set) ? kj_contents_add(classifier->written, set) : g_hash_table_add(classifier->seen, (gpointer)set);
}

void kj_classifier_add(KjClassifier *classifier, const KjSet *set) {
    if (!note_set(classifier, set))
        return;
    g_ptr_array_add(classifier->added, (gpointer)set);
    switch (set->kind) {
    case KJ_SET_INTERVALS:
        if (classifier->kind == KJ_CLASSIFIER_POINTS)
            add_intervals(classifier, set);
        return;
    case KJ_SET_PATTERNS:
        g_assert(classifier->kind == KJ_CLASSIFIER_AUTOMATON);
        add_patterns(classifier, set);
        return;
    case KJ_SET_UNION:
    case KJ_SET_MINUS:
    case KJ_SET_COMPLEMENT:
        for (guint i = 0; i < set->count; i++)
            kj_classifier_add(classifier, set->members[i]);
        return;
    default:
        break; /* parameters are bound before anything is classified */
    }
    g_assert_not_reached();
}

/* ---- sealing ---- */

static int compare_points(const void *a, const void *b) {
    return kj_ordinal_compare(*(const KjOrdinal *)a, *(const KjOrdinal *)b);
}

static void seal_points(KjClassifier *classifier) {
    KjOrdinal start = { classifier->type->kind == KJ_TYPE_ADDRESS ? 4 : 0, 0, 0 };
    KjOrdinal *all;
    guint kept = 0;

    g_array_append_val(classifier->points, start);
    all = (KjOrdinal *)classifier->points->data;
    qsort(all, classifier->points->len, sizeof *all, compare_points);
    for (guint i = 0; i < classifier->points->len; i++) {
        if (kept == 0 || kj_ordinal_compare(all[kept - 1], all[i]) != 0)
            all[kept++] = all[i];
    }
    g_array_set_size(classifier->points, kept);
}

gboolean kj_classifier_seal(KjClassifier *classifier) {
    if (classifier->kind == KJ_CLASSIFIER_POINTS)
        seal_points(classifier);
    if (classifier->kind == KJ_CLASSIFIER_AUTOMATON)
        classifier->automaton = kj_automaton_builder_finish(classifier->builder, classifier->mark_count);
    return classifier->kind != KJ_CLASSIFIER_AUTOMATON || classifier->automaton;
}

/* ---- asking ---- */

KjClassifierKind kj_classifier_kind(const KjClassifier *classifier) {
    return classifier->kind;
}

const GArray *kj_classifier_points(const KjClassifier *classifier) {
    return classifier->points;
}

const KjAutomaton *kj_classifier_automaton(const KjClassifier *classifier) {
    return classifier->automaton;
}

guint32 kj_classifier_class_count(const KjClassifier *classifier) {
    switch (classifier->kind) {
    case KJ_CLASSIFIER_POINTS:
        return classifier->points->len + 1;
    case KJ_CLASSIFIER_SYMBOLS:
        return classifier->type->kind == KJ_TYPE_BOOL ? 3 : classifier->type->symbol_count + 1;
    case KJ_CLASSIFIER_AUTOMATON:
        return classifier->automaton->class_count;
    }
    g_assert_not_reached();
}

guint32 kj_classifier_classify_ordinal(const KjClassifier *classifier, KjOrdinal ordinal) {
    guint low = 0, high = classifier->points->len;

    if (classifier->kind == KJ_CLASSIFIER_SYMBOLS)
        return (guint32)ordinal.low + 1;
    while (low < high) { /* the number of points at or below the ordinal */
        guint middle = low + (high - low) / 2;

        if (kj_ordinal_compare(g_array_index(classifier->points, KjOrdinal, middle), ordinal) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint32 kj_classifier_classify_tokens(const KjClassifier *classifier, const char *const *tokens, guint count) {
    return kj_automaton_classify(classifier->automaton, tokens, count);
}

static gboolean is_single_point(const KjClassifier *classifier, guint32 klass) {
    KjOrdinal first = g_array_index(classifier->points, KjOrdinal, klass - 1), lowest = kj_ordinal_number(classifier->type->low);
    gboolean bounded = is_bounded(classifier);

    if (bounded && kj_ordinal_compare(first, lowest) < 0)
        first = lowest;
    if (klass == classifier->points->len)
        return bounded ? kj_ordinal_compare(first, kj_ordinal_number(classifier->type->high)) == 0 : !kj_ordinal_next(&first);
    return kj_ordinal_next(&first) && kj_ordinal_compare(first, g_array_index(classifier->points, KjOrdinal, klass)) == 0;
}

gboolean kj_classifier_is_single(const KjClassifier *classifier, guint32 klass) {
    return classifier->kind == KJ_CLASSIFIER_SYMBOLS  ? TRUE
           : classifier->kind == KJ_CLASSIFIER_POINTS ? is_single_point(classifier, klass)
                                                      : kj_automaton_is_single(classifier->automaton, klass);
}

static const KjClassSet *interval_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set) {
    g_autofree KjClassInterval *many = set->count > 4 ? g_new(KjClassInterval, set->count) : NULL;
    KjClassInterval few[4], *classes = many ? many : few;
    guint32 last = kj_classifier_class_count(classifier) - 1;
    guint count = 0;

    for (guint i = 0; i < set->count; i++) {
        if (is_outside(classifier, &set->intervals[i]))
            continue;
        KjClassInterval interval = { kj_classifier_classify_ordinal(classifier, set->intervals[i].low),
                                     kj_classifier_classify_ordinal(classifier, set->intervals[i].high) };

        interval.high = MIN(interval.high, last);
        if (interval.low <= interval.high)
            classes[count++] = interval;
    }
    return kj_class_sets_get(sets, classes, count);
}

static const KjClassSet *pattern_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set) {
    guint mark = GPOINTER_TO_UINT(g_hash_table_lookup(classifier->marks, set));
    const GArray *classes;
    g_autofree KjClassInterval *intervals = NULL;

    g_assert(mark > 0);
    classes = classifier->automaton->marked->pdata[mark - 1];
    intervals = g_new(KjClassInterval, MAX(classes->len, 1));
    for (guint i = 0; i < classes->len; i++)
        intervals[i].low = intervals[i].high = g_array_index(classes, guint32, i);
    return kj_class_sets_get(sets, intervals, classes->len);
}

static const KjClassSet *union_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set) {
    g_autoptr(GArray) intervals = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));

    for (guint i = 0; i < set->count; i++) {
        const KjClassSet *member = kj_classifier_classes(classifier, sets, set->members[i]);

        if (member->count)
            g_array_append_vals(intervals, member->intervals, member->count);
    }
    return kj_class_sets_get(sets, (KjClassInterval *)intervals->data, intervals->len);
}

static const KjClassSet *make_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set) {
    guint32 last = kj_classifier_class_count(classifier) - 1;
    const KjClassSet *without;

    switch (set->kind) {
    case KJ_SET_INTERVALS:
        return interval_classes(classifier, sets, set);
    case KJ_SET_PATTERNS:
        return pattern_classes(classifier, sets, set);
    case KJ_SET_UNION:
        return union_classes(classifier, sets, set);
    case KJ_SET_MINUS:
        without = kj_class_set_complement(sets, kj_classifier_classes(classifier, sets, set->members[1]), 1, last);
        return kj_class_set_intersect(sets, kj_classifier_classes(classifier, sets, set->members[0]), without);
    case KJ_SET_COMPLEMENT:
        return kj_class_set_complement(sets, kj_classifier_classes(classifier, sets, set->members[0]), 1, last);
    default:
        break;
    }
    g_assert_not_reached();
}

const KjClassSet *kj_classifier_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set) {
    gconstpointer *kept = is_written(set) ? kj_contents_answer(classifier->written, set) : NULL;
    const KjClassSet *answer;

    if (kept) {
        if (!*kept)
            *kept = make_classes(classifier, sets, set);
        return *kept;
    }
    answer = g_hash_table_lookup(classifier->answers, set);
    if (!answer) {
        answer = make_classes(classifier, sets, set);
        g_hash_table_insert(classifier->answers, (gpointer)set, (gpointer)answer);
    }
    return answer;
}

const GPtrArray *kj_classifier_sets(const KjClassifier *classifier) {
    return classifier->added;
}

KjMentions *kj_classifier_mentions(KjClassifier *classifier, KjClassSets *sets) {
    if (!classifier->mentions)
        classifier->mentions = kj_mentions_new(classifier, classifier->type->kind != KJ_TYPE_PATH && classifier->type->kind != KJ_TYPE_MAIL,
                                               sets);
    return classifier->mentions;
}

const KjTally *kj_classifier_tally(KjClassifier *classifier) {
    if (!classifier->tally)
        classifier->tally = kj_tally_new(classifier);
    return classifier->tally;
}
