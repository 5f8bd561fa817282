/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The near miss: which few fields, had they been different, would have let the request through.
 *
 * A way to a permission is a box of a rule that does not refuse, together with the tests of it that fail; mending those is a change of as
 * many fields. A rule that refuses may still stand in the way, so that one more field may change to step out of its region. Every candidate
 * is tried on the tree itself with the changed classes, so what is offered is true by construction, not by reasoning about rules.
 * Candidates go by the number of changes, then by the order of rules; the search is bounded by the number of trials.
 */
#include <kijun/explain.h>

#include <string.h>

#include <kijun/explain_values.h>

#define TRIALS_MAX 4000u
#define CLASSES_MAX 64u /* classes of a field that are tried for the one more field */

/* Classes at which the tests of the block change their mind about a field. */
typedef struct {
    guint32 classes[CLASSES_MAX];
    guint count;
} Turns;

typedef struct {
    KjRequest *request;
    guint32 *classes;
    Turns *turns; /* one for each field */
    guint trials;
    KjNearMiss *miss;
} Search;

static gboolean lets_through(KjOutcome outcome) {
    return outcome == KJ_OUTCOME_PERMIT || outcome == KJ_OUTCOME_LIMIT;
}

/* Decides for the changed classes. */
static gboolean try_classes(Search *search) {
    KjRequest *request = search->request;
    const KjRecordRule *rules = KJ_RECORDS(&request->table->image, RULES, KjRecordRule);
    search->trials++;
    kj_request_match(request, search->classes);
    if (request->matched_count == 0 || !lets_through(kj_effect_outcome(request->table, request->block, rules[request->matched[0]].effect)))
        return FALSE;
    search->miss->rule = request->matched[0];
    return TRUE;
}

/* The allowed class that lies nearest to the one asked for; a value rather than "missing" where both will do. */
static guint32 nearest_class(const KjImage *image, const KjRecordTest *test, guint32 asked) {
    const KjClassInterval *intervals = KJ_RECORDS(image, INTERVALS, KjClassInterval) + test->first_interval;
    guint32 best = intervals[0].low, distance = G_MAXUINT32;
    for (guint32 i = 0; i < test->interval_count; i++) {
        guint32 low = MAX(intervals[i].low, MIN(1, intervals[i].high));
        guint32 end = asked > intervals[i].high ? intervals[i].high : low;
        guint32 step = (asked > end ? asked - end : end - asked) + (end == 0 ? G_MAXUINT32 / 2 : 0);
        if (step < distance) {
            distance = step;
            best = end;
        }
    }
    return best;
}

static gboolean is_changed(const KjNearMiss *miss, guint field) {
    for (guint i = 0; i < miss->count; i++)
        if (miss->changes[i].field == field)
            return TRUE;
    return FALSE;
}

static void change(Search *search, guint field, guint32 klass) {
    search->miss->changes[search->miss->count].field = field;
    search->miss->changes[search->miss->count++].klass = klass;
    search->classes[field] = klass;
}

static void undo(Search *search) {
    guint field = search->miss->changes[--search->miss->count].field;
    search->classes[field] = search->request->classes[field];
}

static void add_turn(Turns *turns, guint32 klass, guint32 class_count) {
    if (klass == 0 || klass >= class_count || turns->count == CLASSES_MAX)
        return;
    for (guint i = 0; i < turns->count; i++)
        if (turns->classes[i] == klass)
            return;
    turns->classes[turns->count++] = klass;
}

/* The ends of the intervals that the block's tests name, and the classes just outside. */
static void collect_turns(const KjRequest *request, Turns *turns) {
    const KjImage *image = &request->table->image;
    const KjRecordBox *boxes = KJ_RECORDS(image, BOXES, KjRecordBox) + request->block->first_box;
    for (guint32 b = 0; b < request->block->box_count; b++) {
        const KjRecordTest *tests = KJ_RECORDS(image, TESTS, KjRecordTest) + boxes[b].first_test;
        for (guint32 t = 0; t < boxes[b].test_count; t++) {
            Turns *of_field = &turns[tests[t].field];
            guint32 class_count = request->fields[tests[t].field].class_count;
            for (guint32 i = 0; i < tests[t].interval_count && of_field->count < CLASSES_MAX; i++) {
                KjClassInterval interval = KJ_RECORDS(image, INTERVALS, KjClassInterval)[tests[t].first_interval + i];
                add_turn(of_field, interval.low, class_count);
                add_turn(of_field, interval.high, class_count);
                add_turn(of_field, interval.low ? interval.low - 1 : 1, class_count);
                add_turn(of_field, interval.high + 1, class_count);
            }
        }
    }
}

static gboolean try_one_more(Search *search) {
    for (guint field = 0; field < search->request->block->field_count; field++) {
        if (is_changed(search->miss, field) || search->request->fields[field].type == KJ_TYPE_SERVICE)
            continue;
        const Turns *turns = &search->turns[field];
        for (guint i = 0; i < turns->count && search->trials < TRIALS_MAX; i++) {
            if (turns->classes[i] == search->classes[field])
                continue;
            change(search, field, turns->classes[i]);
            if (try_classes(search))
                return TRUE;
            undo(search);
        }
    }
    return FALSE;
}

/* One box with exactly `failures` failing tests. */
static gboolean try_box(Search *search, guint32 box, guint failures, gboolean one_more) {
    const KjImage *image = &search->request->table->image;
    guint32 failing[KJ_NEAR_MISS_CHANGES];
    if (kj_box_failures(image, search->request->classes, box, failing, KJ_NEAR_MISS_CHANGES) != failures)
        return FALSE;
    for (guint i = 0; i < failures; i++) {
        const KjRecordTest *test = &KJ_RECORDS(image, TESTS, KjRecordTest)[failing[i]];
        change(search, test->field, nearest_class(image, test, search->request->classes[test->field]));
    }
    if (one_more ? try_one_more(search) : failures > 0 && try_classes(search))
        return TRUE;
    while (search->miss->count > 0)
        undo(search);
    return FALSE;
}

static gboolean try_boxes(Search *search, guint failures, gboolean one_more) {
    const KjRequest *request = search->request;
    const KjRecordBox *boxes = KJ_RECORDS(&request->table->image, BOXES, KjRecordBox);
    const KjRecordRule *rules = KJ_RECORDS(&request->table->image, RULES, KjRecordRule);
    for (guint32 i = 0; i < request->block->box_count && search->trials < TRIALS_MAX; i++) {
        guint32 box = request->block->first_box + i;
        if (lets_through(kj_effect_outcome(request->table, request->block, rules[boxes[box].rule].effect)) &&
            try_box(search, box, failures, one_more))
            return TRUE;
    }
    return FALSE;
}

gboolean kj_explain_nearest(KjRequest *request, const KjVerdict *verdict, KjNearMiss *miss) {
    memset(miss, 0, sizeof *miss);
    if (verdict->outcome != KJ_OUTCOME_REFUSE || request->bad)
        return FALSE;
    gsize rules = request->block->rule_count;
    guint count = request->matched_count;
    g_autofree guint32 *matched = g_memdup2(request->matched, rules * sizeof *matched);
    g_autofree guint32 *classes = g_memdup2(request->classes, request->block->field_count * sizeof *classes);
    g_autofree Turns *turns = g_new0(Turns, request->block->field_count);
    Search search = { request, classes, turns, 0, miss };
    gboolean found = FALSE;
    collect_turns(request, turns);
    for (guint changes = 1; changes <= KJ_NEAR_MISS_CHANGES && !found; changes++)
        found = try_boxes(&search, changes, FALSE) || try_boxes(&search, changes - 1, TRUE);
    if (rules > 0)
        memcpy(request->matched, matched, rules * sizeof *matched);
    request->matched_count = count;
    return found;
}

void kj_explain_changes(const KjRequest *request, const KjNearMiss *miss, const char *language, GString *out) {
    gboolean japanese = strcmp(language, "ja") == 0;
    for (guint i = 0; i < miss->count; i++) {
        KjClassInterval interval = { miss->changes[i].klass, miss->changes[i].klass };
        g_string_append(out, i ? (japanese ? "、" : "; ") : "");
        kj_say_field(request, miss->changes[i].field, &interval, 1, japanese, out);
    }
}
