/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The line of instants, cut where any window begins or ends. See moments.h.
 *
 * One sweep goes over the ends of all windows in order of time and keeps which windows it is inside of, a set of bits. A set is a tree over words of 64 bits
 * in which equal subtrees are one node, so that equal sets are one number, and going into or out of a window makes at most one node a level: nothing
 * here grows with windows times pieces. A set that comes for the first time is the next class. Windows that are written alike are one window, because
 * every rule with an `@until` brings its own.
 *
 * Cost: some 50 nanoseconds an end of a window; 100 for each of many different windows.
 */
#include "moments.h"

#include <kijun/calendar.h>
#include <kijun/value.h>

#include "../limits.h"
#include "window_spans.h"
#include "window_text.h"

#define MINUTE_SECONDS 60
#define HOUR_SECONDS 3600
#define FIRST_GOOD_HOUR 10
#define LAST_GOOD_HOUR 16
#define GOOD_WITHIN ((gint64)400 * KJ_DAY_SECONDS) /* no example is put off by more than that for the sake of a better hour */

/* Two halves: words of bits at the lowest level, indices of nodes above. Node 0 is the empty set at every level. */
typedef struct {
    guint64 half[2];
    guint32 index;
} Node;

/* From `begin` to the begin of the next. */
typedef struct {
    gint64 begin;
    guint32 klass;
} Piece;

struct KjMoments {
    GHashTable *by_window; /* KjWindow -> number + 1 */
    GHashTable *by_text;   /* char * -> number + 1 */
    GPtrArray *windows;    /* const KjWindow *, different ones, by number */
    guint levels;          /* of nodes */
    GHashTable *nodes;     /* Node, as key and value */
    GPtrArray *node_list;  /* the same, by index */
    GArray *node_classes;  /* guint32: the class of the set whose root is the node; 0: none yet */
    GArray *class_roots;   /* guint32: the root of each class; of class 0 none */
    GArray *pieces;        /* Piece, the first at instant 0, neighbours of different class */
};

static guint node_hash(gconstpointer key) {
    const Node *node = key;
    guint64 hash = (node->half[0] * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)) ^ (node->half[1] + G_GUINT64_CONSTANT(0x7f4a7c159e3779b9));

    hash *= G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
    return (guint)(hash >> 32);
}

static gboolean node_equal(gconstpointer a, gconstpointer b) {
    const Node *left = a, *right = b;

    return left->half[0] == right->half[0] && left->half[1] == right->half[1];
}

/* ---- sets of windows ---- */

static guint32 node_get(KjMoments *moments, guint64 low, guint64 high) {
    Node key = { { low, high }, 0 };
    Node *node = g_hash_table_lookup(moments->nodes, &key);
    guint32 no_class = 0;

    if (node)
        return node->index;
    node = g_new(Node, 1);
    *node = (Node){ { low, high }, moments->node_list->len };
    g_hash_table_add(moments->nodes, node);
    g_ptr_array_add(moments->node_list, node);
    g_array_append_val(moments->node_classes, no_class);
    return node->index;
}

/* The set with the bit turned over; a set of `level` 0 is a word, of another a node. */
static guint64 toggle(KjMoments *moments, guint64 set, guint level, guint bit) {
    guint64 half[2];
    guint side;

    if (level == 0)
        return set ^ G_GUINT64_CONSTANT(1) << bit;
    side = bit >> (level + 5) & 1;
    half[0] = ((const Node *)moments->node_list->pdata[set])->half[0];
    half[1] = ((const Node *)moments->node_list->pdata[set])->half[1];
    half[side] = toggle(moments, half[side], level - 1, bit & ((1u << (level + 5)) - 1));
    return node_get(moments, half[0], half[1]);
}

static gboolean set_has(const KjMoments *moments, guint64 set, guint bit) {
    for (guint level = moments->levels; level > 0; level--)
        set = ((const Node *)moments->node_list->pdata[set])->half[bit >> (level + 5) & 1];
    return set >> (bit & 63) & 1;
}

static guint32 class_of(KjMoments *moments, guint32 root) {
    guint32 *klass = &g_array_index(moments->node_classes, guint32, root);

    if (*klass == 0) {
        *klass = moments->class_roots->len;
        g_array_append_val(moments->class_roots, root);
    }
    return *klass;
}

/* ---- windows ---- */

KjMoments *kj_moments_new(void) {
    KjMoments *moments = g_new0(KjMoments, 1);

    moments->by_window = g_hash_table_new(NULL, NULL);
    moments->by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    moments->windows = g_ptr_array_new();
    moments->nodes = g_hash_table_new_full(node_hash, node_equal, g_free, NULL);
    moments->node_list = g_ptr_array_new();
    moments->node_classes = g_array_new(FALSE, FALSE, sizeof(guint32));
    moments->class_roots = g_array_new(FALSE, TRUE, sizeof(guint32));
    moments->pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    return moments;
}

void kj_moments_free(KjMoments *moments) {
    g_hash_table_unref(moments->by_window);
    g_hash_table_unref(moments->by_text);
    g_ptr_array_unref(moments->windows);
    g_hash_table_unref(moments->nodes);
    g_ptr_array_unref(moments->node_list);
    g_array_unref(moments->node_classes);
    g_array_unref(moments->class_roots);
    g_array_unref(moments->pieces);
    g_free(moments);
}

guint kj_moments_add(KjMoments *moments, const KjWindow *window) {
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(moments->by_window, window));
    g_autoptr(GString) text = NULL;

    if (number)
        return number - 1;
    text = g_string_new(NULL);
    kj_window_text(window, text);
    number = GPOINTER_TO_UINT(g_hash_table_lookup(moments->by_text, text->str));
    if (!number) {
        g_assert(moments->pieces->len == 0);
        g_ptr_array_add(moments->windows, (gpointer)window);
        number = moments->windows->len;
        g_hash_table_insert(moments->by_text, g_strdup(text->str), GUINT_TO_POINTER(number));
    }
    g_hash_table_insert(moments->by_window, (gpointer)window, GUINT_TO_POINTER(number));
    return number - 1;
}

/* ---- the sweep ---- */

/* The ends of a window still to come. */
typedef struct {
    gint64 next;
    const gint64 *after, *end; /* begins and ends in turn: spans as numbers */
    guint window;
} Cursor;

/* Cursors as a heap: the next end of all is the first one's. */
static void sift_down(GArray *heap, guint at) {
    Cursor *cursors = (Cursor *)(void *)heap->data, moved = cursors[at];

    for (;;) {
        guint child = 2 * at + 1;

        if (child >= heap->len)
            break;
        if (child + 1 < heap->len && cursors[child + 1].next < cursors[child].next)
            child++;
        if (moved.next <= cursors[child].next)
            break;
        cursors[at] = cursors[child];
        at = child;
    }
    cursors[at] = moved;
}

static void advance(GArray *heap) {
    Cursor *first = &g_array_index(heap, Cursor, 0);

    if (first->after < first->end)
        first->next = *first->after++;
    else
        g_array_remove_index_fast(heap, 0);
    if (heap->len)
        sift_down(heap, 0);
}

/* FALSE when a window has too many spans or no zone. */
static gboolean start_cursors(const KjMoments *moments, GPtrArray *spans, GArray *heap) {
    g_autoptr(GHashTable) zones = kj_window_zones_new();

    for (guint i = 0; i < moments->windows->len; i++) {
        GArray *window = kj_window_spans_in(moments->windows->pdata[i], zones);

        if (!window)
            return FALSE;
        g_ptr_array_add(spans, window);
        if (window->len) {
            const gint64 *ends = (const gint64 *)(const void *)window->data;
            Cursor cursor = { ends[0], ends + 1, ends + 2 * (gsize)window->len, i };

            g_array_append_val(heap, cursor);
        }
    }
    for (guint i = heap->len / 2; i-- > 0;)
        sift_down(heap, i);
    return TRUE;
}

gboolean kj_moments_seal(KjMoments *moments) {
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GArray) heap = g_array_new(FALSE, FALSE, sizeof(Cursor));
    Piece piece = { 0, 0 };
    guint32 root = node_get(moments, 0, 0);

    g_assert(moments->pieces->len == 0);
    if (!start_cursors(moments, spans, heap))
        return FALSE;
    for (moments->levels = 1; moments->windows->len > 64u << moments->levels;)
        moments->levels++;
    g_array_set_size(moments->class_roots, 1); /* class 0 */
    while (piece.begin < KJ_INSTANT_END) {
        for (; heap->len && g_array_index(heap, Cursor, 0).next == piece.begin; advance(heap))
            root = (guint32)toggle(moments, root, moments->levels, g_array_index(heap, Cursor, 0).window);
        piece.klass = class_of(moments, root);
        if (moments->pieces->len == 0 || g_array_index(moments->pieces, Piece, moments->pieces->len - 1).klass != piece.klass)
            g_array_append_val(moments->pieces, piece);
        if (moments->pieces->len > KJ_LIMIT_MOMENTS)
            return FALSE;
        piece.begin = heap->len ? g_array_index(heap, Cursor, 0).next : KJ_INSTANT_END;
    }
    return TRUE;
}

/* ---- questions ---- */

guint32 kj_moments_class_count(const KjMoments *moments) {
    return moments->class_roots->len;
}

const KjClassSet *kj_moments_inside(const KjMoments *moments, KjClassSets *sets, guint window) {
    g_autoptr(GArray) intervals = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));

    for (guint32 klass = 1; klass < moments->class_roots->len; klass++) {
        KjClassInterval interval = { klass, klass };

        if (set_has(moments, g_array_index(moments->class_roots, guint32, klass), window))
            g_array_append_val(intervals, interval);
    }
    return kj_class_sets_get(sets, (KjClassInterval *)(void *)intervals->data, intervals->len);
}

static gint64 piece_begin(const KjMoments *moments, guint piece) {
    return piece < moments->pieces->len ? g_array_index(moments->pieces, Piece, piece).begin : KJ_INSTANT_END;
}

static gboolean piece_in(const KjMoments *moments, const KjClassSet *classes, guint piece) {
    return kj_class_set_has(classes, g_array_index(moments->pieces, Piece, piece).klass);
}

/* The piece in which the instant lies, which is one of the language. */
static guint find_piece(const KjMoments *moments, gint64 instant) {
    guint low = 0, high = moments->pieces->len;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (piece_begin(moments, middle) <= instant)
            low = middle;
        else
            high = middle;
    }
    return low;
}

guint32 kj_moments_classify(const KjMoments *moments, gint64 instant) {
    if (instant < 0 || instant >= KJ_INSTANT_END)
        return 0;
    return g_array_index(moments->pieces, Piece, find_piece(moments, instant)).klass;
}

gboolean kj_moments_first(const KjMoments *moments, const KjClassSet *classes, gint64 from, KjSpanOfTime *piece) {
    guint at, count = moments->pieces->len;

    if (from >= KJ_INSTANT_END)
        return FALSE;
    from = MAX(from, 0);
    for (at = find_piece(moments, from); at < count && !piece_in(moments, classes, at);)
        at++;
    if (at == count)
        return FALSE;
    piece->begin = MAX(from, piece_begin(moments, at));
    while (at < count && piece_in(moments, classes, at))
        at++;
    piece->end = piece_begin(moments, at);
    return TRUE;
}

/* The last stretch of the set before `before`. */
static gboolean find_last(const KjMoments *moments, const KjClassSet *classes, gint64 before, KjSpanOfTime *stretch) {
    guint at;

    if (before <= 0)
        return FALSE;
    at = find_piece(moments, MIN(before, KJ_INSTANT_END) - 1);
    while (!piece_in(moments, classes, at)) {
        if (at-- == 0)
            return FALSE;
    }
    stretch->end = MIN(before, piece_begin(moments, at + 1));
    while (at > 0 && piece_in(moments, classes, at - 1))
        at--;
    stretch->begin = piece_begin(moments, at);
    return TRUE;
}

/* ---- examples ---- */

static gint64 to_wall(GTimeZone *zone, gint64 instant) {
    return instant + g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant));
}

/* The first full hour of a working day in the stretch. Working hours are never further away than from Friday evening to Monday. */
static gboolean find_good_hour(GTimeZone *zone, const KjSpanOfTime *stretch, gint64 *instant) {
    gint64 wall = to_wall(zone, stretch->begin);
    gint64 hour = stretch->begin + (HOUR_SECONDS - wall % HOUR_SECONDS) % HOUR_SECONDS;

    for (gint64 end = MIN(stretch->end, hour + 4 * KJ_DAY_SECONDS); hour < end; hour += HOUR_SECONDS) {
        gint64 second;

        wall = to_wall(zone, hour);
        second = wall % KJ_DAY_SECONDS;
        if (wall < 0 || kj_calendar_weekday((guint)(wall / KJ_DAY_SECONDS)) > 4)
            continue;
        if (second % HOUR_SECONDS == 0 && second / HOUR_SECONDS >= FIRST_GOOD_HOUR && second / HOUR_SECONDS <= LAST_GOOD_HOUR) {
            *instant = hour;
            return TRUE;
        }
    }
    return FALSE;
}

/* How well an instant reads. */
typedef enum { PLAIN, FULL_MINUTE, FULL_HOUR, GOOD_HOUR } Roundness;

/* The first instant of the stretch that is a whole number of steps on the clock of the zone. */
static gboolean find_round(GTimeZone *zone, const KjSpanOfTime *stretch, gint64 step, gint64 *instant) {
    gint64 first = stretch->begin + (step - to_wall(zone, stretch->begin) % step) % step;

    if (first >= stretch->end || to_wall(zone, first) % step != 0)
        return FALSE;
    *instant = first;
    return TRUE;
}

/* The instant of the stretch that reads best, the first of several. */
static Roundness find_best(GTimeZone *zone, const KjSpanOfTime *stretch, gint64 *instant) {
    if (find_good_hour(zone, stretch, instant))
        return GOOD_HOUR;
    if (find_round(zone, stretch, HOUR_SECONDS, instant))
        return FULL_HOUR;
    if (find_round(zone, stretch, MINUTE_SECONDS, instant))
        return FULL_MINUTE;
    *instant = stretch->begin;
    return PLAIN;
}

/* Stretches after `from`, from the first on, or else those before it, from the last back, until one has a good hour. */
static gboolean find_example(const KjMoments *moments, const KjClassSet *classes, gint64 from, GTimeZone *zone, gint64 *instant) {
    KjSpanOfTime stretch = { 0, 0 };
    gboolean later = kj_moments_first(moments, classes, from, &stretch), more = later || find_last(moments, classes, from, &stretch);
    gint64 begin = stretch.begin, candidate = 0;
    int best = -1;

    while (more && best < GOOD_HOUR && ABS(stretch.begin - begin) < GOOD_WITHIN) {
        int roundness = find_best(zone, &stretch, &candidate);

        if (roundness > best) {
            best = roundness;
            *instant = candidate;
        }
        more = later ? kj_moments_first(moments, classes, stretch.end, &stretch) : find_last(moments, classes, stretch.begin, &stretch);
    }
    return best >= PLAIN;
}

gboolean kj_moments_example(const KjMoments *moments, const KjClassSet *classes, gint64 from, const char *zone, gint64 *instant) {
    g_autoptr(GTimeZone) local = zone ? kj_value_zone(zone) : NULL;

    if (!local)
        local = g_time_zone_new_utc();
    return find_example(moments, classes, from, local, instant);
}
