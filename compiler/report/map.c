/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps: where a change lies, along the two fields that tell most about it.
 *
 * Along one field the boxes of the change and of the two rules cut the classes into bands: classes that lie in the same of these boxes
 * cannot be told apart. A cell of a map is changed if some box of the change reaches into both of its bands. Two fields tell most when the
 * rules cover many cells that do not change: there the change has an edge inside the rules; else when it has edges at all. Bands are not to
 * scale and say so: what matters is which names lie where.
 */
#include "build.h"

#include <string.h>

#include "../region/words.h"

enum {
    BOXES_MOST = 256, /* looked at; a rule of more is drawn by its first */
    SETS_MOST = 30,   /* of one field; one bit each */
    BANDS_MOST = 7,   /* of one axis; what is left is one band */
    LABEL_MOST = 40,  /* bytes of a label for what no box names */
    FIELDS_MOST = 8,  /* tried as axes, two at a time */
    SOME_STAYS = 1000, /* how much a map tells on which some of the rules' cells do not change */
    CORNER = 2 * BANDS_MOST * BANDS_MOST, /* more than all cells that only stay the same */
};

typedef struct {
    KjUniverse *universe;
    const KjRegion *change;
    GPtrArray *rules; /* const KjBox *: of both rules */
} Plan;

/* The classes of one field that no set tells apart. */
typedef struct {
    guint32 sets; /* bit i: it lies in sets[i] */
    const KjClassSet *classes;
    gboolean changed, covered; /* some box of the change, of a rule, reaches here */
} Band;

static gboolean can_be_axis(const Plan *plan, guint field) {
    const KjSpaceField *space_field = kj_universe_field(plan->universe, field);
    return !space_field || (space_field->kind == KJ_FIELD_KIND_VALUE && space_field->classifier);
}

/* ---- bands ---- */

static void add_sets(const GPtrArray *boxes, guint field, GPtrArray *sets) {
    for (guint i = 0; i < MIN(boxes->len, BOXES_MOST) && sets->len < SETS_MOST; i++) {
        const KjClassSet *set = kj_box_field(boxes->pdata[i], field);
        if (set && !g_ptr_array_find(sets, set, NULL))
            g_ptr_array_add(sets, (gpointer)set);
    }
}

static int compare_numbers(const void *a, const void *b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;
    return left < right ? -1 : left > right;
}

/* Where the sets begin and end: at each of these classes, and nowhere else, a class may differ from the one before. Class 1 is one of them,
 * for it stands beside "missing". */
static GArray *cuts(const GPtrArray *sets, guint32 first, guint32 class_count) {
    GArray *starts = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 one = 1;

    g_array_append_val(starts, first);
    if (first < one && one < class_count)
        g_array_append_val(starts, one);
    for (guint i = 0; i < sets->len; i++) {
        const KjClassSet *set = sets->pdata[i];
        for (guint32 n = 0; n < set->count; n++) {
            guint32 ends[] = { set->intervals[n].low, set->intervals[n].high + 1 };
            for (guint end = 0; end < 2; end++)
                if (ends[end] > first && ends[end] < class_count)
                    g_array_append_val(starts, ends[end]);
        }
    }
    qsort(starts->data, starts->len, sizeof(guint32), compare_numbers);
    return starts;
}

static void add_piece(const Plan *plan, GArray *bands, GHashTable *known, const GPtrArray *sets, guint32 low, guint32 high) {
    KjClassSets *pool = kj_universe_sets(plan->universe);
    const KjClassSet *piece = kj_class_sets_range(pool, low, high);
    guint32 bits = 0;

    for (guint i = 0; i < sets->len; i++)
        bits |= (guint32)kj_class_set_has(sets->pdata[i], low) << i;
    gpointer at = g_hash_table_lookup(known, GUINT_TO_POINTER(bits));
    if (at) {
        Band *band = &g_array_index(bands, Band, GPOINTER_TO_UINT(at) - 1);
        band->classes = kj_class_set_unite(pool, band->classes, piece);
        return;
    }
    Band band = { bits, piece, FALSE, FALSE };
    g_array_append_val(bands, band);
    g_hash_table_insert(known, GUINT_TO_POINTER(bits), GUINT_TO_POINTER(bands->len));
}

/* Whether a box reaches into the band of the field. */
static gboolean reaches(KjClassSets *pool, const KjBox *box, guint field, const Band *band) {
    const KjClassSet *set = kj_box_field(box, field);
    return !set || kj_class_set_intersect(pool, set, band->classes)->count > 0;
}

static gboolean any_reaches(const Plan *plan, const GPtrArray *boxes, guint x, const Band *across, guint y, const Band *down) {
    KjClassSets *pool = kj_universe_sets(plan->universe);
    for (guint i = 0; i < MIN(boxes->len, BOXES_MOST); i++)
        if (reaches(pool, boxes->pdata[i], x, across) && (!down || reaches(pool, boxes->pdata[i], y, down)))
            return TRUE;
    return FALSE;
}

/* Bands beyond the most become one, at the end: those that do not change first. */
static void join_bands(const Plan *plan, GArray *bands) {
    KjClassSets *pool = kj_universe_sets(plan->universe);

    while (bands->len > BANDS_MOST) {
        guint last = bands->len - 1, spare = last;
        for (guint i = 0; i < last; i++)
            if (!g_array_index(bands, Band, i).changed)
                spare = i;
        if (spare == last)
            spare = last - 1;
        Band *into = &g_array_index(bands, Band, last), *from = &g_array_index(bands, Band, spare);
        into->classes = kj_class_set_unite(pool, into->classes, from->classes);
        into->changed = into->changed || from->changed;
        into->covered = into->covered || from->covered;
        g_array_remove_index(bands, spare);
    }
}

/* The bands of a field in the order of their first class. */
static GArray *bands_of(const Plan *plan, guint field) {
    guint32 class_count = kj_universe_class_count(plan->universe, field);
    const KjSpaceField *space_field = kj_universe_field(plan->universe, field);
    guint32 first = !space_field || space_field->field->flags & KJ_FIELD_REQUIRED
                      ? 1
                      : 0; /* a request without it is no request; nobody asks without a clock */
    GArray *bands = g_array_new(FALSE, FALSE, sizeof(Band));
    g_autoptr(GPtrArray) sets = g_ptr_array_new();
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

    add_sets(plan->change, field, sets);
    add_sets(plan->rules, field, sets);
    g_autoptr(GArray) starts = cuts(sets, first, class_count);
    for (guint i = 0; i < starts->len; i++) {
        guint32 low = g_array_index(starts, guint32, i), after = i + 1 < starts->len ? g_array_index(starts, guint32, i + 1) : class_count;
        if (low < after)
            add_piece(plan, bands, known, sets, low, after - 1);
    }
    for (guint i = 0; i < bands->len; i++) {
        Band *band = &g_array_index(bands, Band, i);
        band->changed = any_reaches(plan, plan->change, field, band, 0, NULL);
        band->covered = band->changed || any_reaches(plan, plan->rules, field, band, 0, NULL);
    }
    join_bands(plan, bands);
    return bands;
}

/* ---- in words ---- */

/* Whether the clause says what it is not, or more than fits below a column. */
static gboolean is_rest(const char *clause) {
    return g_str_has_prefix(clause, "not ") || g_str_has_prefix(clause, "{ ") || g_str_has_prefix(clause, "when ") ||
           strlen(clause) > LABEL_MOST;
}

/* A column has no room for the zone of a window. */
static const char *without_zones(const KjReport *report, const char *clause) {
    const char *zone = strstr(clause, " zone \""), *end = zone ? strchr(zone + strlen(" zone \""), '"') : NULL;

    return end ? without_zones(report, kj_arena_printf(report->arena, "%.*s%s", (int)(zone - clause), clause, end + 1)) : clause;
}

/* "nets.staff" out of "from nets.staff", "not office" out of "when not during office"; whatever else the clause is stays whole. */
static const char *band_label(const KjReport *report, const Plan *plan, guint field, const char *name, const GArray *bands, guint index) {
    const Band *band = &g_array_index(bands, Band, index);
    KjBox *box = kj_arena_alloc(report->arena, sizeof(KjBox) + sizeof(KjBoxTest));

    box->count = 1;
    box->tests[0] = (KjBoxTest){ field, band->classes };
    const char *clause = kj_report_clean(report->arena, kj_words_clauses(plan->universe, box), FALSE), *outside = "when not during ";
    gsize length = strlen(name);
    clause = without_zones(report, clause);
    if (strncmp(clause, name, length) == 0 && clause[length] == ' ' && clause[length + 1])
        clause += length + 1;
    if (g_str_has_prefix(clause, outside))
        clause = kj_arena_printf(report->arena, "not %s", clause + strlen(outside));
    return band->sets == 0 && !kj_class_set_has(band->classes, 0) && is_rest(clause) ? kj_say(report, KJ_SAY_ELSEWHERE, NULL, NULL, NULL)
                                                                                     : clause;
}

static void fill_axis(const KjReport *report, const Plan *plan, guint field, const GArray *bands, KjReportAxis *axis) {
    const KjSpaceField *space_field = kj_universe_field(plan->universe, field);

    axis->field = space_field ? space_field->field->name : "during";
    axis->labels = kj_arena_newn(report->arena, const char *, bands->len);
    axis->count = bands->len;
    for (guint i = 0; i < bands->len; i++)
        axis->labels[i] = band_label(report, plan, field, axis->field, bands, i);
}

/* ---- the map ---- */

static KjReportCell cell_of(const Plan *plan, guint x, const Band *across, guint y, const Band *down) {
    return any_reaches(plan, plan->change, x, across, y, down)  ? KJ_CELL_CHANGED
           : any_reaches(plan, plan->rules, x, across, y, down) ? KJ_CELL_SAME
                                                                : KJ_CELL_NEITHER;
}

typedef struct {
    guint field;
    GArray *bands;
} Axis;

static void axis_clear(gpointer data) {
    g_array_unref(((Axis *)data)->bands);
}

/* Cells that tell something: most those that stay the same although their row and their column change elsewhere, which no list of values
 * says; then others that stay the same; then those outside of the rules; nothing when every cell changes. */
static guint telling(const Plan *plan, const Axis *x, const Axis *y) {
    guint same = 0, corners = 0, outside = 0;

    for (guint column = 0; column < x->bands->len; column++)
        for (guint row = 0; row < (y ? y->bands->len : 1); row++) {
            const Band *across = &g_array_index(x->bands, Band, column), *down = y ? &g_array_index(y->bands, Band, row) : NULL;
            KjReportCell cell = cell_of(plan, x->field, across, y ? y->field : 0, down);
            same += cell == KJ_CELL_SAME;
            corners += cell == KJ_CELL_SAME && across->changed && down && down->changed;
            outside += cell == KJ_CELL_NEITHER;
        }
    return same > 0 ? SOME_STAYS + same + CORNER * corners : outside > 0 ? 1 + (outside > 1) : 0;
}

static KjReportMap *draw(const KjReport *report, const Plan *plan, const Axis *x, const Axis *y) {
    KjReportMap *map = kj_arena_new0(report->arena, KjReportMap);

    fill_axis(report, plan, x->field, x->bands, &map->x);
    if (y)
        fill_axis(report, plan, y->field, y->bands, &map->y);
    map->cells = kj_arena_alloc(report->arena, x->bands->len * (y ? y->bands->len : 1));
    for (guint row = 0; row < (y ? y->bands->len : 1); row++)
        for (guint column = 0; column < x->bands->len; column++)
            map->cells[row * x->bands->len + column] = (guint8)cell_of(plan, x->field, &g_array_index(x->bands, Band, column),
                                                                       y ? y->field : 0, y ? &g_array_index(y->bands, Band, row) : NULL);
    return map;
}

static void add_rule(const Plan *plan, const KjBlockChange *block, guint side, const KjRule *rule) {
    const KjRegion *region = rule ? kj_decisions_region(block->decisions, side, rule) : NULL;
    for (guint i = 0; region && i < MIN(region->len, BOXES_MOST); i++)
        g_ptr_array_add(plan->rules, region->pdata[i]);
}

/* The fields that have more than one band. */
static GArray *find_axes(const Plan *plan) {
    GArray *axes = g_array_new(FALSE, FALSE, sizeof(Axis));

    g_array_set_clear_func(axes, axis_clear);
    for (guint field = 0; field < kj_universe_dimension(plan->universe) && axes->len < FIELDS_MOST; field++) {
        if (!can_be_axis(plan, field))
            continue;
        Axis axis = { field, bands_of(plan, field) };
        if (axis.bands->len > 1)
            g_array_append_val(axes, axis);
        else
            axis_clear(&axis);
    }
    return axes;
}

KjReportMap *kj_report_map(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region) {
    g_autoptr(GPtrArray) rules = g_ptr_array_new();
    Plan plan = { block->universe, region->boxes, rules };
    const Axis *best[2] = { NULL, NULL };
    guint most = 0;

    add_rule(&plan, block, 0, region->old_rule);
    add_rule(&plan, block, block->old_block ? 1 : 0, region->new_rule);
    g_autoptr(GArray) axes = find_axes(&plan);
    for (guint i = 0; i < axes->len; i++)
        for (guint j = i + 1; j < axes->len; j++) {
            const Axis *x = &g_array_index(axes, Axis, i), *y = &g_array_index(axes, Axis, j);
            guint score = telling(&plan, x, y);
            if (score > most)
                most = score, best[0] = x, best[1] = y;
        }
    if (axes->len == 1 && telling(&plan, &g_array_index(axes, Axis, 0), NULL) > 0)
        best[0] = &g_array_index(axes, Axis, 0);
    gboolean plain = most < SOME_STAYS && best[0] && best[0]->bands->len <= 2 && (!best[1] || best[1]->bands->len <= 2);
    return best[0] && !plain ? draw(report, &plan, best[0], best[1]) : NULL; /* one cell of four says no more than the sentence */
}
