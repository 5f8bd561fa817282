/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names by their classes, and intervals by how narrow they are. See mentions.h.
 *
 * Everything is made once for a field: one look at each set, and for ranks one sort. Ranks are painted narrowest interval first over
 * classes that have none yet, and a table of "the next class without one" keeps that linear, so a field of ten thousand prefixes costs some
 * milliseconds.
 */
#include "mentions.h"

struct KjMentions {
    KjArena *arena;      /* copies without a name */
    GHashTable *names;   /* name -> its classes, or NULL: more than one meaning */
    GArray *list;        /* KjMention */
    GHashTable *by_classes; /* KjClassSet -> index in list + 1 */
    GPtrArray *services;
    guint32 *ranks;      /* by class, POINTS only */
    GPtrArray *holders;  /* by class, AUTOMATON only: GPtrArray of KjSet */
    GPtrArray *values;   /* by class, AUTOMATON only: GPtrArray of KjPattern, or NULL */
};

/* ---- names ---- */

static void note_name(KjMentions *mentions, const KjSet *set, const KjClassSet *classes) {
    gpointer known;

    if (!set->name)
        return;
    if (!g_hash_table_lookup_extended(mentions->names, set->name, NULL, &known))
        g_hash_table_insert(mentions->names, (gpointer)set->name, (gpointer)classes);
    else if (known != classes)
        g_hash_table_insert(mentions->names, (gpointer)set->name, NULL);
}

static gboolean is_group(const KjSet *set) {
    return set->kind == KJ_SET_UNION || set->kind == KJ_SET_MINUS || set->kind == KJ_SET_COMPLEMENT;
}

static gboolean says_nothing(const KjMentions *mentions, const char *name) {
    return name && !g_hash_table_lookup(mentions->names, name);
}

/* The set without names, its own or its parts', that have more than one meaning; itself when there is none. */
static const KjSet *told(const KjMentions *mentions, const KjSet *set) {
    const KjSet **members = NULL;
    KjSet *copy;
    gboolean other = says_nothing(mentions, set->name);

    if (is_group(set)) {
        members = kj_arena_newn(mentions->arena, const KjSet *, set->count + 1);
        for (guint i = 0; i < set->count; i++) {
            members[i] = told(mentions, set->members[i]);
            other = other || members[i] != set->members[i];
        }
    }
    if (!other)
        return set;
    copy = kj_arena_new0(mentions->arena, KjSet);
    *copy = *set;
    if (says_nothing(mentions, set->name))
        copy->name = NULL;
    if (members)
        copy->members = members;
    return copy;
}

static void add_mention(KjMentions *mentions, const KjSet *set, const KjClassSet *classes, const KjClassSet *whole) {
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(mentions->by_classes, classes));
    KjMention mention = { told(mentions, set), classes, FALSE };

    if (classes->count == 0 || classes == whole)
        return;
    mention.named = mention.set->name != NULL;
    if (!known) {
        g_array_append_val(mentions->list, mention);
        g_hash_table_insert(mentions->by_classes, (gpointer)classes, GUINT_TO_POINTER(mentions->list->len));
    } else if (mention.named && !g_array_index(mentions->list, KjMention, known - 1).named) {
        g_array_index(mentions->list, KjMention, known - 1) = mention;
    }
}

/* ---- ranks ---- */

/* An interval somebody wrote, as classes; `size` is the number of its points less one. */
typedef struct {
    guint64 high, low; /* of the size */
    KjClassInterval classes;
} Written;

static gint compare_written(gconstpointer a, gconstpointer b) {
    const Written *left = a, *right = b;

    if (left->high != right->high)
        return left->high < right->high ? -1 : 1;
    return left->low < right->low ? -1 : left->low > right->low;
}

static void add_written(const KjClassifier *classifier, const KjInterval *interval, GArray *written) {
    guint32 last = kj_classifier_class_count(classifier) - 1;
    Written one = { interval->high.high - interval->low.high - (interval->high.low < interval->low.low),
                    interval->high.low - interval->low.low,
                    { kj_classifier_classify_ordinal(classifier, interval->low),
                      kj_classifier_classify_ordinal(classifier, interval->high) } };

    if (interval->low.family != interval->high.family)
        one.high = one.low = G_MAXUINT64;
    one.classes.low = MAX(one.classes.low, 1);
    one.classes.high = MIN(one.classes.high, last);
    if (one.classes.low <= one.classes.high)
        g_array_append_val(written, one);
}

/* The first class from this one on without a rank. */
static guint32 next_unranked(guint32 *next, guint32 klass) {
    while (next[klass] != klass) {
        next[klass] = next[next[klass]];
        klass = next[klass];
    }
    return klass;
}

static void rank_classes(KjMentions *mentions, const KjClassifier *classifier) {
    const GPtrArray *added = kj_classifier_sets(classifier);
    g_autoptr(GArray) written = g_array_new(FALSE, FALSE, sizeof(Written));
    guint32 count = kj_classifier_class_count(classifier), rank = 0;
    g_autofree guint32 *next = g_new(guint32, count + 1);

    mentions->ranks = g_new(guint32, count + 1);
    for (guint32 i = 0; i <= count; i++) {
        next[i] = i;
        mentions->ranks[i] = G_MAXUINT32;
    }
    for (guint i = 0; i < added->len; i++) {
        const KjSet *set = added->pdata[i];

        for (guint j = 0; set->kind == KJ_SET_INTERVALS && j < set->count; j++)
            add_written(classifier, &set->intervals[j], written);
    }
    g_array_sort(written, compare_written);
    for (guint i = 0; i < written->len; i++) {
        const Written *one = &g_array_index(written, Written, i);

        if (i > 0 && compare_written(one - 1, one) != 0)
            rank++;
        for (guint32 klass = next_unranked(next, one->classes.low); klass <= one->classes.high; klass = next_unranked(next, klass)) {
            mentions->ranks[klass] = rank;
            next[klass] = klass + 1;
        }
    }
}

/* ---- texts ---- */

static GPtrArray *list_for_each_class(guint32 count) {
    GPtrArray *lists = g_ptr_array_new_full(count, (GDestroyNotify)g_ptr_array_unref);

    for (guint32 i = 0; i < count; i++)
        g_ptr_array_add(lists, g_ptr_array_new());
    return lists;
}

static void find_holders(KjMentions *mentions, KjClassifier *classifier, KjClassSets *sets) {
    const GPtrArray *added = kj_classifier_sets(classifier);

    mentions->holders = list_for_each_class(kj_classifier_class_count(classifier));
    for (guint i = 0; i < added->len; i++) {
        const KjSet *set = added->pdata[i];
        const KjClassSet *classes = set->kind == KJ_SET_PATTERNS ? kj_classifier_classes(classifier, sets, set) : NULL;

        for (guint k = 0; classes && k < classes->count; k++) {
            for (guint32 klass = classes->intervals[k].low; klass <= classes->intervals[k].high; klass++)
                g_ptr_array_add(mentions->holders->pdata[klass], (gpointer)set);
        }
    }
}

static void find_values(KjMentions *mentions, const KjClassifier *classifier) {
    const GPtrArray *added = kj_classifier_sets(classifier);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    mentions->values = list_for_each_class(kj_classifier_class_count(classifier));
    for (guint i = 0; i < added->len; i++) {
        const KjSet *set = added->pdata[i];

        for (guint k = 0; set->kind == KJ_SET_PATTERNS && k < set->count; k++) {
            const KjPattern *pattern = set->patterns[k];

            if (g_hash_table_add(seen, (gpointer)pattern->text))
                g_ptr_array_add(mentions->values->pdata[kj_classifier_classify_tokens(classifier, &pattern->tokens[0].text, 1)],
                                (gpointer)pattern);
        }
    }
}

/* ---- all of it ---- */

KjMentions *kj_mentions_new(KjClassifier *classifier, gboolean one_token, KjClassSets *sets) {
    KjMentions *mentions = g_new0(KjMentions, 1);
    const GPtrArray *added = kj_classifier_sets(classifier);
    const KjClassSet *whole = kj_class_sets_range(sets, 1, kj_classifier_class_count(classifier) - 1);

    mentions->arena = kj_arena_new();
    mentions->names = g_hash_table_new(g_str_hash, g_str_equal);
    mentions->list = g_array_new(FALSE, FALSE, sizeof(KjMention));
    mentions->by_classes = g_hash_table_new(NULL, NULL);
    mentions->services = g_ptr_array_new();
    for (guint i = 0; i < added->len; i++)
        note_name(mentions, added->pdata[i], kj_classifier_classes(classifier, sets, added->pdata[i]));
    for (guint i = 0; i < added->len; i++) {
        const KjSet *set = added->pdata[i];

        add_mention(mentions, set, kj_classifier_classes(classifier, sets, set), whole);
        if (set->service)
            g_ptr_array_add(mentions->services, (gpointer)set);
    }
    if (kj_classifier_kind(classifier) == KJ_CLASSIFIER_POINTS)
        rank_classes(mentions, classifier);
    if (kj_classifier_kind(classifier) == KJ_CLASSIFIER_AUTOMATON) {
        find_holders(mentions, classifier, sets);
        if (one_token)
            find_values(mentions, classifier);
    }
    return mentions;
}

void kj_mentions_free(KjMentions *mentions) {
    g_hash_table_unref(mentions->names);
    g_array_unref(mentions->list);
    g_hash_table_unref(mentions->by_classes);
    g_ptr_array_unref(mentions->services);
    g_free(mentions->ranks);
    g_clear_pointer(&mentions->holders, g_ptr_array_unref);
    g_clear_pointer(&mentions->values, g_ptr_array_unref);
    kj_arena_free(mentions->arena);
    g_free(mentions);
}

const GArray *kj_mentions_list(const KjMentions *mentions) {
    return mentions->list;
}

const KjMention *kj_mentions_find(const KjMentions *mentions, const KjClassSet *classes) {
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(mentions->by_classes, classes));

    return known ? &g_array_index(mentions->list, KjMention, known - 1) : NULL;
}

const GPtrArray *kj_mentions_services(const KjMentions *mentions) {
    return mentions->services;
}

guint32 kj_mentions_rank(const KjMentions *mentions, guint32 klass) {
    return mentions->ranks ? mentions->ranks[klass] : 0;
}

const GPtrArray *kj_mentions_holders(const KjMentions *mentions, guint32 klass) {
    return mentions->holders->pdata[klass];
}

/* A class of values that somebody named has no others: each name is a token of its own. */
const GPtrArray *kj_mentions_values(const KjMentions *mentions, guint32 klass) {
    const GPtrArray *values = mentions->values ? mentions->values->pdata[klass] : NULL;

    return values && values->len ? values : NULL;
}
