/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classes of a field as a set again: the shortest of a few ways to say it, all of them exact.
 *
 *     nets.staff            a set the policy names
 *     { web, "x" }          a union of named sets and of values
 *     nets.all - nets.dmz   one set less such a union
 *     not { 22, 80 }        all but such a union
 *
 * What a union may hold is bounded from both sides: every class that is wanted, and none that must not be. Values of a line are intervals,
 * of any classes. Of texts only patterns can be written, and a pattern's language need not be a union of classes. But where some set holds
 * a class, the patterns of that set which reach into the class hold all of it; if none of them reaches a class that must not be there, they
 * can be written (words_patterns.c finds where a pattern reaches). Where even that fails, a class is said as the sets it is in, less those
 * it is not in (say_pieces): sets that classes come from tell them apart.
 */
#include "words_private.h"

#include <string.h>

#include "examples.h"

#define BASES_MOST 8u /* sets tried as A in A - B */
#define NAMES_MOST 8u /* named sets in one union */

typedef struct {
    KjArena *arena;
    KjClassSets *sets;
    const KjSpaceField *field;
    const KjDataType *type;
    KjMentions *mentions;
    const KjClassSet *whole;
    guint32 last;
    GHashTable *reaches; /* KjPattern -> KjClassSet, or NULL */
} Saying;

static const KjClassSet *all_but(const Saying *saying, const KjClassSet *classes) {
    return kj_class_set_complement(saying->sets, classes, 1, saying->last);
}

static const KjClassSet *less(const Saying *saying, const KjClassSet *a, const KjClassSet *b) {
    return kj_class_set_intersect(saying->sets, a, all_but(saying, b));
}

static guint32 class_count(const KjClassSet *classes) {
    guint32 count = 0;

    for (guint i = 0; i < classes->count; i++)
        count += classes->intervals[i].high - classes->intervals[i].low + 1;
    return count;
}

/* Questions to a large set about a small one, or the other way round: a search for each stretch of the small one. */
static gboolean holds(const KjClassSet *outer, const KjClassSet *inner) {
    for (guint i = 0; i < inner->count; i++) {
        if (!kj_class_set_covers(outer, inner->intervals[i].low, inner->intervals[i].high))
            return FALSE;
    }
    return TRUE;
}

static gboolean meets(const KjClassSet *a, const KjClassSet *b) {
    const KjClassSet *few = a->count < b->count ? a : b, *many = few == a ? b : a;

    for (guint i = 0; i < few->count; i++) {
        if (kj_class_set_meets(many, few->intervals[i].low, few->intervals[i].high))
            return TRUE;
    }
    return FALSE;
}

/* ---- making sets ---- */

static const KjSet *group_set(const Saying *saying, KjSetKind kind, const KjSet *const *members, guint count) {
    KjSet *set = kj_arena_new0(saying->arena, KjSet);
    const KjSet **copy = kj_arena_newn(saying->arena, const KjSet *, count + 1);

    if (count)
        memcpy(copy, members, count * sizeof *copy);
    set->kind = kind;
    set->members = copy;
    set->count = count;
    return set;
}

static const KjSet *minus_set(const Saying *saying, const KjSet *a, const KjSet *b) {
    const KjSet *both[] = { a, b };

    return group_set(saying, KJ_SET_MINUS, both, 2);
}

static const KjSet *not_set(const Saying *saying, const KjSet *set) {
    return group_set(saying, KJ_SET_COMPLEMENT, &set, 1);
}

static const KjSet *union_set(const Saying *saying, const GPtrArray *members) {
    return members->len == 1 ? members->pdata[0]
                             : group_set(saying, KJ_SET_UNION, (const KjSet *const *)members->pdata, members->len);
}

static const KjSet *empty_set(const Saying *saying) {
    KjSet *set = kj_arena_new0(saying->arena, KjSet);

    set->kind = saying->field->classifier && kj_classifier_kind(saying->field->classifier) != KJ_CLASSIFIER_AUTOMATON ? KJ_SET_INTERVALS
                                                                                                                     : KJ_SET_PATTERNS;
    return set;
}

static const KjSet *intervals_set(const Saying *saying, const KjClassSet *classes) {
    KjSet *set = kj_arena_new0(saying->arena, KjSet);
    KjInterval *intervals = kj_arena_newn(saying->arena, KjInterval, classes->count + 1);
    gboolean points = kj_classifier_kind(saying->field->classifier) == KJ_CLASSIFIER_POINTS;

    for (guint i = 0; i < classes->count; i++) {
        guint32 low = classes->intervals[i].low, high = classes->intervals[i].high;

        intervals[i] = points ? (KjInterval){ kj_example_points(saying->field, low).low, kj_example_points(saying->field, high).high }
                              : (KjInterval){ kj_ordinal_number(low - 1), kj_ordinal_number(high - 1) };
    }
    set->kind = KJ_SET_INTERVALS;
    set->intervals = intervals;
    set->count = classes->count;
    return set;
}

/* ---- patterns that hold classes ---- */

static const KjClassSet *reach_of(const Saying *saying, const KjPattern *pattern) {
    gpointer known;

    if (!g_hash_table_lookup_extended(saying->reaches, pattern, NULL, &known)) {
        known = (gpointer)kj_words_reach(kj_classifier_automaton(saying->field->classifier), saying->type->kind, pattern, saying->sets);
        g_hash_table_insert(saying->reaches, (gpointer)pattern, known);
    }
    return known;
}

/* The patterns of the set that reach into the class, when none of them reaches out of `allowed`; else NULL. */
static GPtrArray *fitting_patterns(const Saying *saying, const KjSet *set, guint32 klass, const KjClassSet *allowed) {
    g_autoptr(GPtrArray) fitting = g_ptr_array_new();

    for (guint i = 0; i < set->count; i++) {
        const KjClassSet *reach = reach_of(saying, set->patterns[i]);

        if (reach && !kj_class_set_has(reach, klass))
            continue;
        if (!reach || !kj_class_set_contains(allowed, reach))
            return NULL;
        g_ptr_array_add(fitting, (gpointer)set->patterns[i]);
    }
    return g_steal_pointer(&fitting);
}

static gint compare_patterns(gconstpointer a, gconstpointer b) {
    return strcmp((*(const KjPattern *const *)a)->text, (*(const KjPattern *const *)b)->text);
}

static const KjSet *patterns_set(const Saying *saying, GPtrArray *patterns) {
    KjSet *set = kj_arena_new0(saying->arena, KjSet);
    const KjPattern **copy = kj_arena_newn(saying->arena, const KjPattern *, patterns->len + 1);

    g_ptr_array_sort(patterns, compare_patterns);
    for (guint i = 0; i < patterns->len; i++) {
        if (set->count == 0 || strcmp(copy[set->count - 1]->text, ((const KjPattern *)patterns->pdata[i])->text) != 0)
            copy[set->count++] = patterns->pdata[i];
    }
    set->kind = KJ_SET_PATTERNS;
    set->patterns = copy;
    return set;
}

/* Adds the patterns for one class, from the list that needs the fewest. */
static gboolean add_patterns(const Saying *saying, guint32 klass, const KjClassSet *allowed, GPtrArray *patterns) {
    const GPtrArray *holders = kj_mentions_holders(saying->mentions, klass), *values = kj_mentions_values(saying->mentions, klass);
    g_autoptr(GPtrArray) best = NULL;

    for (guint i = 0; !values && i < holders->len; i++) {
        g_autoptr(GPtrArray) fitting = fitting_patterns(saying, holders->pdata[i], klass, allowed);

        if (fitting && (!best || fitting->len < best->len)) {
            g_clear_pointer(&best, g_ptr_array_unref);
            best = g_steal_pointer(&fitting);
        }
    }
    if (!values)
        values = best;
    for (guint i = 0; values && i < values->len; i++)
        g_ptr_array_add(patterns, values->pdata[i]);
    return values != NULL;
}

/* Values that hold all of `wanted` and nothing outside of `allowed`, or NULL. */
static const KjSet *values_set(const Saying *saying, const KjClassSet *wanted, const KjClassSet *allowed) {
    g_autoptr(GPtrArray) patterns = NULL;

    if (kj_classifier_kind(saying->field->classifier) != KJ_CLASSIFIER_AUTOMATON)
        return intervals_set(saying, wanted);
    patterns = g_ptr_array_new();
    for (guint i = 0; i < wanted->count; i++) {
        for (guint32 klass = wanted->intervals[i].low; klass <= wanted->intervals[i].high; klass++) {
            if (!add_patterns(saying, klass, allowed, patterns))
                return NULL;
        }
    }
    return patterns_set(saying, patterns);
}

/* ---- unions ---- */

static const KjSet *shorter(const Saying *saying, const KjSet *a, const KjSet *b) {
    if (!a || !b)
        return a ? a : b;
    return kj_words_length(saying->type, b) < kj_words_length(saying->type, a) ? b : a;
}

/* The named set within `allowed` that holds most of what is still wanted. */
static const KjMention *best_name(const Saying *saying, const KjClassSet *wanted, const KjClassSet *allowed) {
    const GArray *list = kj_mentions_list(saying->mentions);
    const KjMention *best = NULL;
    guint32 most = 0;

    for (guint i = 0; i < list->len; i++) {
        const KjMention *mention = &g_array_index(list, KjMention, i);
        guint32 gain;

        if (!mention->named || !meets(mention->classes, wanted) || !holds(allowed, mention->classes))
            continue;
        gain = class_count(kj_class_set_intersect(saying->sets, mention->classes, wanted));
        if (gain > most) {
            most = gain;
            best = mention;
        }
    }
    return best;
}

/* Something written in one union that holds all of `wanted` and nothing outside of `allowed`, or NULL. */
static const KjSet *say_union(const Saying *saying, const KjClassSet *wanted, const KjClassSet *allowed) {
    const KjMention *exact = kj_mentions_find(saying->mentions, wanted);
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    const KjSet *plain, *rest;
    const KjClassSet *left = wanted;

    if (exact && exact->named)
        return exact->set;
    plain = shorter(saying, exact ? exact->set : NULL, values_set(saying, wanted, allowed));
    while (left->count && members->len < NAMES_MOST) {
        const KjMention *name = best_name(saying, left, allowed);

        if (!name)
            break;
        g_ptr_array_add(members, (gpointer)name->set);
        left = less(saying, left, name->classes);
    }
    if (members->len == 0)
        return plain;
    rest = left->count ? values_set(saying, left, allowed) : NULL;
    if (left->count && !rest)
        return plain;
    if (rest)
        g_ptr_array_add(members, (gpointer)rest);
    return shorter(saying, plain, union_set(saying, members));
}

/* ---- one set less another ---- */

typedef struct {
    const KjMention *mention;
    guint32 count; /* classes */
} Base;

static gint compare_bases(gconstpointer a, gconstpointer b) {
    const Base *left = a, *right = b;

    if (left->count != right->count)
        return left->count < right->count ? -1 : 1;
    return left->mention < right->mention ? -1 : left->mention > right->mention;
}

/* The smallest sets that hold all of the classes and more. */
static GArray *find_bases(const Saying *saying, const KjClassSet *classes) {
    const GArray *list = kj_mentions_list(saying->mentions);
    GArray *bases = g_array_new(FALSE, FALSE, sizeof(Base));

    for (guint i = 0; i < list->len; i++) {
        Base base = { &g_array_index(list, KjMention, i), 0 };

        if (base.mention->classes == classes || !holds(base.mention->classes, classes))
            continue;
        base.count = class_count(base.mention->classes);
        g_array_append_val(bases, base);
    }
    g_array_sort(bases, compare_bases);
    g_array_set_size(bases, MIN(bases->len, BASES_MOST));
    return bases;
}

static const KjSet *say_difference(const Saying *saying, const KjClassSet *classes) {
    g_autoptr(GArray) bases = find_bases(saying, classes);
    const KjClassSet *others = all_but(saying, classes);
    const KjSet *best = NULL;

    for (guint i = 0; i < bases->len; i++) {
        const KjMention *base = g_array_index(bases, Base, i).mention;
        const KjSet *without = say_union(saying, less(saying, base->classes, classes), others);

        if (without)
            best = shorter(saying, best, minus_set(saying, base->set, without));
    }
    return best;
}

/* ---- pieces ---- */

/* A piece of the wanted classes while it is being cut. */
typedef struct {
    const KjClassSet *classes;
    const KjSet *set;   /* NULL: everything */
    GPtrArray *without; /* KjSet */
} Piece;

/* Cuts away a class that is not wanted, by the list that leaves the fewest of these. */
static void cut(const Saying *saying, Piece *piece, guint32 kept, guint32 unwanted, const KjClassSet *wanted) {
    const GPtrArray *with = kj_mentions_holders(saying->mentions, kept), *of_unwanted = kj_mentions_holders(saying->mentions, unwanted);
    const KjSet *best = NULL;
    const KjClassSet *best_classes = NULL;
    guint32 fewest = G_MAXUINT32;
    gboolean inside = FALSE;

    for (guint i = 0; i < with->len + of_unwanted->len; i++) {
        gboolean holds = i < with->len;
        const KjSet *set = holds ? with->pdata[i] : of_unwanted->pdata[i - with->len];
        const KjClassSet *of_set = kj_classifier_classes(saying->field->classifier, saying->sets, set), *classes;
        guint32 count;

        if (kj_class_set_has(of_set, holds ? unwanted : kept))
            continue;
        classes = holds ? kj_class_set_intersect(saying->sets, piece->classes, of_set) : less(saying, piece->classes, of_set);
        count = class_count(less(saying, classes, wanted));
        if (count < fewest) {
            fewest = count;
            best = set;
            best_classes = classes;
            inside = holds;
        }
    }
    g_assert(best != NULL); /* classes differ in a list they come from */
    best = kj_mentions_find(saying->mentions, kj_classifier_classes(saying->field->classifier, saying->sets, best))->set;
    piece->classes = best_classes;
    if (!inside)
        g_ptr_array_add(piece->without, (gpointer)best);
    else
        piece->set = piece->set ? minus_set(saying, piece->set, not_set(saying, best)) : best;
}

static const KjSet *say_pieces(const Saying *saying, const KjClassSet *wanted) {
    g_autoptr(GPtrArray) pieces = g_ptr_array_new();
    const KjClassSet *left = wanted;

    while (left->count) {
        guint32 kept = left->intervals[0].low;
        g_autoptr(GPtrArray) without = g_ptr_array_new();
        Piece piece = { saying->whole, NULL, without };

        while (!kj_class_set_contains(wanted, piece.classes))
            cut(saying, &piece, kept, less(saying, piece.classes, wanted)->intervals[0].low, wanted);
        if (without->len)
            piece.set = piece.set ? minus_set(saying, piece.set, union_set(saying, without)) : not_set(saying, union_set(saying, without));
        g_ptr_array_add(pieces, (gpointer)piece.set);
        left = less(saying, left, piece.classes);
    }
    return union_set(saying, pieces);
}

/* ---- the shortest ---- */

/* What the author wrote wins over what is not much shorter. */
static const KjSet *say(const Saying *saying, const KjClassSet *classes) {
    const KjMention *exact = kj_mentions_find(saying->mentions, classes);
    const KjClassSet *others = all_but(saying, classes);
    const KjSet *best, *without;

    if (exact && exact->named)
        return exact->set;
    best = shorter(saying, say_union(saying, classes, classes), say_difference(saying, classes));
    without = say_union(saying, others, others);
    if (without)
        best = shorter(saying, best, not_set(saying, without));
    if (exact && best != exact->set && 2 * kj_words_length(saying->type, exact->set) <= 3 * kj_words_length(saying->type, best))
        return exact->set;
    return best ? best : say_pieces(saying, classes);
}

const KjSet *kj_words_set(KjUniverse *universe, guint field, const KjClassSet *classes) {
    Saying saying = { .arena = kj_universe_arena(universe), .sets = kj_universe_sets(universe) };
    const KjSet *set;

    saying.field = kj_universe_field(universe, field);
    saying.type = &saying.field->field->type;
    saying.last = kj_universe_class_count(universe, field) - 1;
    saying.whole = kj_class_sets_range(saying.sets, 1, saying.last);
    classes = kj_class_set_intersect(saying.sets, classes, saying.whole);
    if (classes->count == 0)
        return empty_set(&saying);
    if (classes == saying.whole)
        return not_set(&saying, empty_set(&saying));
    saying.mentions = kj_classifier_mentions(saying.field->classifier, saying.sets);
    saying.reaches = g_hash_table_new(NULL, NULL);
    set = say(&saying, classes);
    g_hash_table_unref(saying.reaches);
    return set;
}
