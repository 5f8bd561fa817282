/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The near miss: the request that differs in the fewest fields and is let through.
 *
 * A way to a permission is a box of a rule that lets through, or the default when that does; the fields of its tests that fail must change.
 * A rule that refuses may still stand there: then the request has to step out of one of its boxes, in a field that changes anyway or in one
 * more. So the search is a tree. A state says which fields have changed and which classes each may take. One request of the state, the
 * nearest, is asked of the table itself. If it is let through, it is the answer; if not, one box of the rule that refuses holds, and every
 * request of the state that is let through lies outside of it in some field: one branch for each. Nothing is lost on the way, so with 1, 2,
 * ... fields in turn the first answer has the fewest, unless the bound on questions ends the search before; and what is offered was asked,
 * so it is true.
 *
 * What is one field: the time, whatever windows the table has (near_time.c says which of them go together); a set with all its members; of
 * two fields that are compared one; an order of two fields (a < b) is taken at its word. Candidates with equally many fields go by the
 * order of rules.
 */
#include <kijun/explain.h>

#include <string.h>

#include <kijun/explain_values.h>
#include <kijun/match/classify.h>
#include <kijun/near_time.h>

#define QUESTIONS_MOST 4000u
#define NO_BOX KJ_NONE

typedef struct {
    KjRequest *request;
    const guint32 *asked;   /* the classes of the request as it was */
    GArray *moments;        /* KjMoment; made when a time is first wanted */
    const guint *moment_of; /* for each field: its place in request->times, if it is one */
    guint most;             /* fields that may change now */
    guint questions;
    guint32 *classes;       /* the request being asked */
    KjNearMiss *miss;
} Search;

/* A set of requests: fields that have not changed are as asked, of others classes[field] says which they may take. */
typedef struct {
    GArray **classes;  /* KjClassInterval; NULL: as asked. Not used for times */
    GArray *moments;   /* guint: which moments of the search; NULL: the time is as asked */
    gboolean *changed; /* for each VALUE field */
    guint count;       /* fields changed, the time among them */
} State;

static gboolean lets_through(KjOutcome outcome) {
    return outcome == KJ_OUTCOME_PERMIT || outcome == KJ_OUTCOME_LIMIT;
}

static guint field_count(const Search *search) {
    return search->request->block->field_count;
}

static KjFieldKind kind_of(const Search *search, guint field) {
    return (KjFieldKind)search->request->fields[field].kind;
}

/* ---- sets of classes ---- */

static GArray *classes_range(guint32 low, guint32 high) {
    GArray *classes = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    KjClassInterval range = { low, high };
    if (low <= high)
        g_array_append_val(classes, range);
    return classes;
}

/* What of `classes` passes the test (or, `pass` FALSE, fails it). */
static GArray *classes_tested(const Search *search, const GArray *classes, const KjRecordTest *test, gboolean pass) {
    const KjClassInterval *intervals = KJ_RECORDS(&search->request->table->image, INTERVALS, KjClassInterval) + test->first_interval;
    GArray *result = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    for (guint i = 0; i < classes->len; i++) {
        KjClassInterval left = g_array_index(classes, KjClassInterval, i);
        for (guint32 t = 0; t < test->interval_count && left.low <= left.high; t++) {
            KjClassInterval inside = { MAX(left.low, intervals[t].low), MIN(left.high, intervals[t].high) };
            if (inside.low > inside.high)
                continue;
            KjClassInterval before = { left.low, inside.low - 1 };
            if (pass)
                g_array_append_val(result, inside);
            else if (inside.low > left.low)
                g_array_append_val(result, before);
            left.low = inside.high + 1;
        }
        if (!pass && left.low <= left.high)
            g_array_append_val(result, left);
    }
    return result;
}

static gboolean classes_have(const GArray *classes, guint32 klass) {
    for (guint i = 0; i < classes->len; i++) {
        const KjClassInterval *interval = &g_array_index(classes, KjClassInterval, i);
        if (klass >= interval->low && klass <= interval->high)
            return TRUE;
    }
    return FALSE;
}

/* The class nearest to the one asked for; a value rather than "missing" where both will do. */
static guint32 nearest_class(const GArray *classes, guint32 asked) {
    guint32 best = g_array_index(classes, KjClassInterval, 0).low, distance = G_MAXUINT32;
    for (guint i = 0; i < classes->len; i++) {
        const KjClassInterval *interval = &g_array_index(classes, KjClassInterval, i);
        guint32 low = MAX(interval->low, MIN(1, interval->high));
        guint32 end = CLAMP(asked, low, interval->high);
        guint32 step = (asked > end ? asked - end : end - asked) + (end == 0 ? G_MAXUINT32 / 2 : 0);
        if (step < distance) {
            distance = step;
            best = end;
        }
    }
    return best;
}

/* ---- states ---- */

static State state_copy(const Search *search, const State *state) {
    State copy = { g_new0(GArray *, field_count(search)), NULL, g_new0(gboolean, field_count(search)), 0 };
    if (!state)
        return copy;
    for (guint field = 0; field < field_count(search); field++) {
        copy.classes[field] = state->classes[field] ? g_array_ref(state->classes[field]) : NULL;
        copy.changed[field] = state->changed[field];
    }
    copy.moments = state->moments ? g_array_ref(state->moments) : NULL;
    copy.count = state->count;
    return copy;
}

static void state_clear(const Search *search, State *state) {
    for (guint field = 0; field < field_count(search); field++)
        g_clear_pointer(&state->classes[field], g_array_unref);
    g_clear_pointer(&state->moments, g_array_unref);
    g_free(state->classes);
    g_free(state->changed);
}

/* Narrows a field that has changed; FALSE when nothing is left. */
static gboolean narrow(const Search *search, State *state, guint field, const KjRecordTest *test, gboolean pass) {
    GArray *classes = classes_tested(search, state->classes[field], test, pass);
    g_array_unref(state->classes[field]);
    state->classes[field] = classes;
    return classes->len > 0;
}

static const KjRecordTest *box_tests(const Search *search, guint32 box, guint *count) {
    const KjImage *image = &search->request->table->image;
    if (box == NO_BOX) {
        *count = 0;
        return NULL;
    }
    const KjRecordBox *record = &KJ_RECORDS(image, BOXES, KjRecordBox)[box];
    *count = record->test_count;
    return KJ_RECORDS(image, TESTS, KjRecordTest) + record->first_test;
}

/* The classes a field may take inside the box. */
static GArray *classes_in_box(const Search *search, guint32 box, guint field, guint32 low, guint32 high) {
    g_autoptr(GArray) all = classes_range(low, high);
    guint count;
    const KjRecordTest *tests = box_tests(search, box, &count);
    for (guint i = 0; i < count; i++)
        if (tests[i].field == field)
            return classes_tested(search, all, &tests[i], TRUE);
    return g_steal_pointer(&all);
}

/* Whether all tests of the box that ask for the time hold at the moment. */
static gboolean moment_in_box(const Search *search, guint32 box, const KjMoment *moment) {
    guint count;
    const KjRecordTest *tests = box_tests(search, box, &count);
    for (guint i = 0; i < count; i++) {
        guint32 klass;
        if (kind_of(search, tests[i].field) != KJ_FIELD_KIND_TIME)
            continue;
        klass = moment->classes[search->moment_of[tests[i].field]];
        g_autoptr(GArray) single = classes_range(klass, klass);
        g_autoptr(GArray) left = classes_tested(search, single, &tests[i], TRUE);
        if (left->len == 0)
            return FALSE;
    }
    return TRUE;
}

/* Those moments of the list (NULL: all) that lie in the box, or outside of it. */
static GArray *moments_tested(Search *search, const GArray *list, guint32 box, gboolean inside) {
    GArray *result = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!search->moments)
        search->moments = kj_near_moments(search->request);
    for (guint i = 0; i < (list ? list->len : search->moments->len); i++) {
        guint index = list ? g_array_index(list, guint, i) : i;
        if (moment_in_box(search, box, &g_array_index(search->moments, KjMoment, index)) == inside)
            g_array_append_val(result, index);
    }
    return result;
}

/* ---- changing one more field ---- */

/* The comparisons of a field that changes may come out either way. */
static gboolean free_comparisons(const Search *search, State *state, guint32 box, guint field) {
    for (guint c = 0; c < field_count(search); c++) {
        const KjRecordField *record = &search->request->fields[c];
        if (record->kind != KJ_FIELD_KIND_COMPARE || state->classes[c] || (record->left != field && record->right != field))
            continue;
        state->classes[c] = classes_in_box(search, box, c, 0, 2);
        if (state->classes[c]->len == 0)
            return FALSE;
    }
    return TRUE;
}

/* A set-valued field: all of its members may change, or it is missing and so are they. */
static gboolean change_set(const Search *search, State *state, guint32 box, guint field, gboolean missing) {
    guint32 low = missing ? 0 : 1, high = missing ? 0 : 2;
    if (missing && (search->request->fields[field].flags & KJ_FIELD_REQUIRED))
        return FALSE;
    state->classes[field] = classes_in_box(search, box, field, low, low);
    for (guint m = 0; m < field_count(search); m++) {
        const KjRecordField *record = &search->request->fields[m];
        if (record->kind != KJ_FIELD_KIND_MEMBER || record->left != field)
            continue;
        state->classes[m] = classes_in_box(search, box, m, low, high);
        if (state->classes[m]->len == 0)
            return FALSE;
    }
    return state->classes[field]->len > 0;
}

/* What of the request can be changed for a test's sake. */
typedef struct {
    guint field;
    gboolean missing; /* of a set: leave it out; else give it other members */
} Way;

#define WAYS_MOST 2

/* Lets a field of the request change, within the box; FALSE when it must not or cannot. */
static gboolean change_value(const Search *search, State *state, guint32 box, Way way) {
    guint field = way.field;
    const KjRecordField *record = &search->request->fields[field];
    if (state->changed[field])
        return TRUE;
    if (record->type == KJ_TYPE_SERVICE || state->count == search->most)
        return FALSE;
    state->count++;
    state->changed[field] = TRUE;
    if (record->flags & KJ_FIELD_SET)
        return change_set(search, state, box, field, way.missing);
    state->classes[field] = classes_in_box(search, box, field, record->flags & KJ_FIELD_REQUIRED ? 1 : 0, record->class_count - 1);
    return state->classes[field]->len > 0 && free_comparisons(search, state, box, field);
}

static gboolean change_time(Search *search, State *state, guint32 box) {
    if (state->moments)
        return TRUE;
    if (state->count == search->most)
        return FALSE;
    state->count++;
    state->moments = moments_tested(search, NULL, box, TRUE);
    return state->moments->len > 0;
}

/* Of a comparison either field, of a set its members or the whole, else the one field. Gives how many ways there are. */
static guint find_ways(const Search *search, guint field, Way ways[WAYS_MOST]) {
    const KjRecordField *record = &search->request->fields[field];
    guint first = kind_of(search, field) == KJ_FIELD_KIND_VALUE ? field : record->left;
    gboolean compares = kind_of(search, field) == KJ_FIELD_KIND_COMPARE, set = (search->request->fields[first].flags & KJ_FIELD_SET) != 0;
    ways[0] = (Way){ first, FALSE };
    ways[1] = (Way){ compares ? record->right : first, set };
    return compares || set ? 2 : 1;
}

/* ---- one request of a state ---- */

/* The class that makes `field` equal to the other side of a comparison, when that side has not changed. */
static guint32 class_of_other(const Search *search, guint field, guint other) {
    const KjRequest *request = search->request;
    const KjRequestValue *value = &request->values[other];
    const KjRecordField *record = &request->fields[field];
    if (!kj_field_is_text(record))
        return kj_classify_point(&request->table->image, record, value->ordinal);
    g_autoptr(GPtrArray) tokens = g_ptr_array_new();
    for (gsize at = 0; at < value->length; at += strlen(value->tokens + at) + 1)
        g_ptr_array_add(tokens, value->tokens + at);
    return kj_classify_tokens(&request->table->image, record, (const char *const *)tokens->pdata, tokens->len);
}

/* Gives a comparison a class that its fields can have together; FALSE: the state has none. */
static gboolean choose_comparison(Search *search, const State *state, guint field) {
    const KjRecordField *record = &search->request->fields[field];
    guint32 *left = &search->classes[record->left], *right = &search->classes[record->right];
    if (*left == 0 || *right == 0) {
        search->classes[field] = 0;
        return classes_have(state->classes[field], 0);
    }
    gboolean changed_left = state->changed[record->left], changed_right = state->changed[record->right];
    gboolean equal_wanted = record->operand == KJ_EQUAL ? !classes_have(state->classes[field], 1)
                          : record->operand == KJ_NOT_EQUAL && !classes_have(state->classes[field], 2);
    search->classes[field] =
        record->operand == KJ_NOT_EQUAL ? (equal_wanted ? 1 : 2) : nearest_class(state->classes[field], equal_wanted ? 2 : 1);
    if (search->classes[field] == 0 || !classes_have(state->classes[field], search->classes[field]))
        return FALSE;
    if (!equal_wanted || (changed_left && changed_right))
        return TRUE;
    guint moving = changed_left ? record->left : record->right, still = changed_left ? record->right : record->left;
    search->classes[moving] = class_of_other(search, moving, still);
    return classes_have(state->classes[moving], search->classes[moving]);
}

/* The nearest request of the state, in search->classes. */
static gboolean choose(Search *search, const State *state) {
    KjRequest *request = search->request;
    memcpy(search->classes, search->asked, field_count(search) * sizeof *search->classes);
    for (guint field = 0; field < field_count(search); field++)
        if (state->classes[field] && kind_of(search, field) != KJ_FIELD_KIND_COMPARE)
            search->classes[field] = nearest_class(state->classes[field], search->asked[field]);
    if (state->moments && search->moments) {
        const KjMoment *moment = &g_array_index(search->moments, KjMoment, g_array_index(state->moments, guint, 0));
        for (guint i = 0; i < request->times.count; i++)
            search->classes[request->times.fields[i]] = moment->classes[i];
    }
    for (guint field = 0; field < field_count(search); field++)
        if (state->classes[field] && kind_of(search, field) == KJ_FIELD_KIND_COMPARE && !choose_comparison(search, state, field))
            return FALSE;
    return TRUE;
}

static gboolean is_equal(const KjRecordField *comparison, guint32 klass) {
    return comparison->operand == KJ_EQUAL ? klass == 2 : comparison->operand == KJ_NOT_EQUAL && klass == 1;
}

/* Whether the field takes the value of one that has not changed: then that is said, and not its class. */
static gboolean follows_another(const Search *search, const State *state, guint field) {
    for (guint c = 0; c < field_count(search); c++) {
        const KjRecordField *record = &search->request->fields[c];
        if (record->kind != KJ_FIELD_KIND_COMPARE || (record->left != field && record->right != field) ||
            search->classes[c] == search->asked[c])
            continue;
        if (is_equal(record, search->classes[c]) && !state->changed[record->left == field ? record->right : record->left])
            return TRUE;
    }
    return FALSE;
}

static gboolean gains_member(const Search *search, guint set) {
    for (guint m = 0; m < field_count(search); m++)
        if (kind_of(search, m) == KJ_FIELD_KIND_MEMBER && search->request->fields[m].left == set && search->classes[m] == 2)
            return TRUE;
    return FALSE;
}

/* A part of the answer: what is changed by hand, not what follows from it. */
static gboolean is_told(const Search *search, const State *state, guint field) {
    const KjRecordField *record = &search->request->fields[field];
    if (search->classes[field] == search->asked[field])
        return FALSE;
    switch ((KjFieldKind)record->kind) {
    case KJ_FIELD_KIND_TIME:
        return FALSE;
    case KJ_FIELD_KIND_COMPARE: /* two values are no longer equal because one is another: that is said already */
        return is_equal(record, search->classes[field]) || (search->classes[record->left] == search->asked[record->left] &&
                                                             search->classes[record->right] == search->asked[record->right]);
    case KJ_FIELD_KIND_VALUE:
        return record->flags & KJ_FIELD_SET ? !gains_member(search, field) : !follows_another(search, state, field);
    case KJ_FIELD_KIND_MEMBER: /* a set that is left out has none, and one that is given has no others */
        return search->classes[record->left] != 0 && (search->classes[field] == 2 || search->asked[field] == 2);
    }
    return TRUE;
}

/* Of the times that changed the one to speak of: one that the rule asks for, if there is such a one. */
static guint told_time(const Search *search) {
    const KjRequest *request = search->request;
    guint best = KJ_NONE, count;
    for (guint i = 0; i < request->times.count && best == KJ_NONE; i++)
        if (search->classes[request->times.fields[i]] != search->asked[request->times.fields[i]])
            best = request->times.fields[i];
    if (search->miss->rule == KJ_RULE_DEFAULT)
        return best;
    const KjRecordRule *rule = &KJ_RECORDS(&request->table->image, RULES, KjRecordRule)[search->miss->rule];
    for (guint32 box = rule->first_box; box < rule->first_box + rule->box_count; box++) {
        const KjRecordTest *tests = box_tests(search, box, &count);
        for (guint i = 0; i < count && kj_box_holds(&request->table->image, search->classes, box); i++)
            if (kind_of(search, tests[i].field) == KJ_FIELD_KIND_TIME && search->classes[tests[i].field] != search->asked[tests[i].field])
                return tests[i].field;
    }
    return best;
}

static void add_part(Search *search, guint field) {
    KjNearMiss *miss = search->miss;
    if (field == KJ_NONE || miss->count == KJ_NEAR_MISS_PARTS)
        return;
    miss->changes[miss->count].field = field;
    miss->changes[miss->count++].klass = search->classes[field];
}

static void report(Search *search, const State *state) {
    KjNearMiss *miss = search->miss;
    miss->rule = search->request->matched_count ? search->request->matched[0] : KJ_RULE_DEFAULT;
    miss->fields = state->count;
    for (guint field = 0; field < field_count(search); field++)
        if (is_told(search, state, field))
            add_part(search, field);
    if (!state->moments || !search->moments)
        return;
    miss->has_instant = TRUE;
    miss->instant = g_array_index(search->moments, KjMoment, g_array_index(state->moments, guint, 0)).instant;
    add_part(search, told_time(search));
}

/* ---- the search ---- */

static gboolean explore(Search *search, const State *state, guint32 box);

/* Steps out of `other` in a field that has changed already. */
static gboolean escape_changed(Search *search, const State *state, guint32 box, guint32 other) {
    gboolean found = FALSE, timed = FALSE;
    guint count;
    const KjRecordTest *tests = box_tests(search, other, &count);
    for (guint i = 0; i < count && !found; i++) {
        gboolean time = kind_of(search, tests[i].field) == KJ_FIELD_KIND_TIME;
        if (time ? timed || !state->moments : !state->classes[tests[i].field])
            continue;
        State inner = state_copy(search, state);
        if (time) {
            g_array_unref(inner.moments);
            inner.moments = moments_tested(search, state->moments, other, FALSE);
            timed = TRUE;
        }
        if (time ? inner.moments->len > 0 : narrow(search, &inner, tests[i].field, &tests[i], FALSE))
            found = explore(search, &inner, box);
        state_clear(search, &inner);
    }
    return found;
}

/* Steps out of `other` by changing the field of one of its tests. */
static gboolean escape_by(Search *search, const State *state, guint32 box, guint32 other, const KjRecordTest *test, Way way) {
    gboolean time = kind_of(search, test->field) == KJ_FIELD_KIND_TIME, found = FALSE;
    State inner = state_copy(search, state);
    if (time ? change_time(search, &inner, box) : change_value(search, &inner, box, way)) {
        if (time) {
            GArray *outside = moments_tested(search, inner.moments, other, FALSE);
            g_array_unref(inner.moments);
            inner.moments = outside;
        }
        if (time ? inner.moments->len > 0 : narrow(search, &inner, test->field, test, FALSE))
            found = explore(search, &inner, box);
    }
    state_clear(search, &inner);
    return found;
}

static gboolean escape_more(Search *search, const State *state, guint32 box, guint32 other) {
    gboolean found = FALSE, timed = state->moments != NULL;
    Way ways[WAYS_MOST];
    guint count;
    const KjRecordTest *tests = box_tests(search, other, &count);
    for (guint i = 0; i < count && !found && state->count < search->most; i++) {
        gboolean time = kind_of(search, tests[i].field) == KJ_FIELD_KIND_TIME;
        if (time ? timed : state->classes[tests[i].field] != NULL)
            continue;
        timed |= time;
        guint way_count = time ? 1 : find_ways(search, tests[i].field, ways);
        for (guint way = 0; way < way_count && !found; way++)
            found = escape_by(search, state, box, other, &tests[i], ways[way]);
    }
    return found;
}

/* The box that holds of the rule that was matched. */
static guint32 holding_box(const Search *search) {
    const KjImage *image = &search->request->table->image;
    const KjRecordRule *rule = &KJ_RECORDS(image, RULES, KjRecordRule)[search->request->matched[0]];
    for (guint32 box = rule->first_box; box < rule->first_box + rule->box_count; box++)
        if (kj_box_holds(image, search->classes, box))
            return box;
    return NO_BOX;
}

/* Looks in a state for a request that is let through. `box` is the way that it goes, NO_BOX: by default. */
static gboolean explore(Search *search, const State *state, guint32 box) {
    KjRequest *request = search->request;
    if (search->questions++ >= QUESTIONS_MOST || !choose(search, state))
        return FALSE;
    kj_request_match(request, search->classes);
    guint32 effect = request->matched_count ? KJ_RECORDS(&request->table->image, RULES, KjRecordRule)[request->matched[0]].effect
                                            : request->block->default_effect;
    if (lets_through(kj_effect_outcome(request->table, request->block, effect))) {
        report(search, state);
        return TRUE;
    }
    guint32 other = request->matched_count ? holding_box(search) : NO_BOX;
    return other != NO_BOX && (escape_changed(search, state, box, other) || escape_more(search, state, box, other));
}

/* Mends the failing tests from the i-th on, then explores. */
static gboolean mend(Search *search, const State *state, guint32 box, const guint32 *failing, guint count, guint i) {
    const KjRecordTest *tests = KJ_RECORDS(&search->request->table->image, TESTS, KjRecordTest);
    Way ways[WAYS_MOST];
    gboolean found = FALSE;
    if (i == count)
        return explore(search, state, box);
    guint field = tests[failing[i]].field;
    gboolean time = kind_of(search, field) == KJ_FIELD_KIND_TIME;
    guint way_count = time ? 1 : find_ways(search, field, ways);
    for (guint way = 0; way < way_count && !found; way++) {
        State inner = state_copy(search, state);
        if (time ? change_time(search, &inner, box) : change_value(search, &inner, box, ways[way]))
            found = mend(search, &inner, box, failing, count, i + 1);
        state_clear(search, &inner);
    }
    return found;
}

/* All ways with so many fields; those first in which no rule stands in between. */
static gboolean try_boxes(Search *search, gboolean direct) {
    KjRequest *request = search->request;
    const KjImage *image = &request->table->image;
    const KjRecordBox *boxes = KJ_RECORDS(image, BOXES, KjRecordBox);
    const KjRecordRule *rules = KJ_RECORDS(image, RULES, KjRecordRule);
    g_autofree guint32 *failing = g_new(guint32, field_count(search));
    State start = state_copy(search, NULL);
    gboolean found = FALSE;
    for (guint32 i = 0; i < request->block->box_count && !found && search->questions < QUESTIONS_MOST; i++) {
        guint32 box = request->block->first_box + i;
        if (!lets_through(kj_effect_outcome(request->table, request->block, rules[boxes[box].rule].effect)))
            continue;
        guint count = kj_box_failures(image, search->asked, box, failing, field_count(search));
        if (direct ? count == search->most : count != search->most)
            found = mend(search, &start, box, failing, count, 0);
    }
    if (!found && !direct && lets_through(kj_effect_outcome(request->table, request->block, request->block->default_effect)))
        found = explore(search, &start, NO_BOX);
    state_clear(search, &start);
    return found;
}

static void note_times(const KjRequest *request, guint *moment_of) {
    for (guint i = 0; i < request->times.count; i++)
        moment_of[request->times.fields[i]] = i;
}

gboolean kj_explain_nearest(KjRequest *request, const KjVerdict *verdict, KjNearMiss *miss) {
    memset(miss, 0, sizeof *miss);
    if (verdict->outcome != KJ_OUTCOME_REFUSE || request->bad)
        return FALSE;
    gsize rules = request->block->rule_count, fields = request->block->field_count;
    guint matched_count = request->matched_count;
    g_autofree guint32 *matched = g_memdup2(request->matched, rules * sizeof *matched);
    g_autofree guint32 *asked = g_memdup2(request->classes, fields * sizeof *asked), *classes = g_memdup2(asked, fields * sizeof *classes);
    g_autofree guint *moment_of = g_new0(guint, fields);
    Search search = { .request = request, .asked = asked, .moment_of = moment_of, .classes = classes, .miss = miss };
    gboolean found = FALSE;
    note_times(request, moment_of);
    for (search.most = 1; search.most <= KJ_NEAR_MISS_CHANGES && !found; search.most++)
        found = try_boxes(&search, TRUE) || try_boxes(&search, FALSE);
    g_clear_pointer(&search.moments, g_array_unref);
    if (rules > 0)
        memcpy(request->matched, matched, rules * sizeof *matched);
    request->matched_count = matched_count;
    return found;
}

void kj_explain_changes(const KjRequest *request, const KjNearMiss *miss, const char *language, GString *out) {
    gboolean japanese = strcmp(language, "ja") == 0;
    for (guint i = 0; i < miss->count; i++) {
        KjClassInterval interval = { miss->changes[i].klass, miss->changes[i].klass };
        guint field = miss->changes[i].field;
        g_string_append(out, i ? (japanese ? "、" : "; ") : "");
        kj_say_field(request, field, &interval, 1, japanese, out);
        if (!miss->has_instant || request->fields[field].kind != KJ_FIELD_KIND_TIME)
            continue;
        g_string_append(out, japanese ? "（例: " : " (for example ");
        kj_say_moment(request, field, miss->instant, out);
        g_string_append(out, japanese ? "）" : ")");
    }
}
