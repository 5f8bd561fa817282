/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From classes to the rules that decide.
 *
 * A tree leads to one leaf, a list of boxes best first. For first-match the first box that holds decides; where there are several trees,
 * each has part of the boxes, and a leaf is read only as far as it can do better than the trees before. For strictest the list falls in
 * strictness, so that the rules of the winning effect end where a milder one begins. Requirements add up to the end of the list.
 * A rule's boxes stand next to each other, so a rule is taken once. The verifier established the order; nothing here depends on it
 * for safety: room for matches is counted.
 */
#include <kijun/request.h>

gboolean kj_test_holds(const KjImage *image, const guint32 *classes, const KjRecordTest *test) {
    const KjClassInterval *intervals = KJ_RECORDS(image, INTERVALS, KjClassInterval) + test->first_interval;
    guint32 klass = classes[test->field], low = 0, high = test->interval_count;
    if (high == 1) /* nearly always */
        return klass - intervals->low <= intervals->high - intervals->low;
    while (low < high) {
        guint32 middle = low + (high - low) / 2;
        if (klass < intervals[middle].low)
            high = middle;
        else if (klass > intervals[middle].high)
            low = middle + 1;
        else
            return TRUE;
    }
    return FALSE;
}

gboolean kj_box_holds(const KjImage *image, const guint32 *classes, guint32 box) {
    const KjRecordBox *record = &KJ_RECORDS(image, BOXES, KjRecordBox)[box];
    const KjRecordTest *tests = KJ_RECORDS(image, TESTS, KjRecordTest) + record->first_test;
    for (guint32 i = 0; i < record->test_count; i++)
        if (!kj_test_holds(image, classes, &tests[i]))
            return FALSE;
    return TRUE;
}

static const KjRecordNode *find_leaf(const KjRecordNode *nodes, const KjRecordNode *node, const guint32 *classes) {
    while (node->kind == KJ_NODE_SPLIT)
        node = &nodes[node->c + (classes[node->a] >= node->b)];
    return node;
}

/* The first box of a leaf that holds, or `best` when none comes before it. */
static guint32 scan_leaf(const KjImage *image, const guint32 *classes, const KjRecordNode *leaf, guint32 best) {
    const guint32 *list = KJ_RECORDS(image, LEAVES, guint32) + leaf->a;
    for (guint32 i = 0; i < leaf->b && list[i] < best; i++)
        if (kj_box_holds(image, classes, list[i]))
            return list[i];
    return best;
}

static void match_first(KjRequest *request, const guint32 *classes) {
    const KjImage *image = &request->table->image;
    const KjRecordNode *nodes = KJ_RECORDS(image, NODES, KjRecordNode), *node = &nodes[request->block->root];
    guint32 best = KJ_NONE;
    for (; node->kind == KJ_NODE_BOTH; node = &nodes[node->c + 1])
        best = scan_leaf(image, classes, find_leaf(nodes, &nodes[node->c], classes), best);
    best = scan_leaf(image, classes, find_leaf(nodes, node, classes), best);
    request->matched_count = best != KJ_NONE;
    if (best != KJ_NONE)
        request->matched[0] = KJ_RECORDS(image, BOXES, KjRecordBox)[best].rule;
}

static void match_all(KjRequest *request, const guint32 *classes) {
    const KjImage *image = &request->table->image;
    const KjRecordNode *nodes = KJ_RECORDS(image, NODES, KjRecordNode);
    const KjRecordBox *boxes = KJ_RECORDS(image, BOXES, KjRecordBox);
    const KjRecordRule *rules = KJ_RECORDS(image, RULES, KjRecordRule);
    const KjRecordNode *leaf = find_leaf(nodes, &nodes[request->block->root], classes);
    const guint32 *list = KJ_RECORDS(image, LEAVES, guint32) + leaf->a;
    gboolean strictest = request->block->combining == KJ_COMBINING_STRICTEST;
    guint count = 0;
    for (guint32 i = 0; i < leaf->b; i++) {
        guint32 rule = boxes[list[i]].rule;
        if (count > 0 && rule == request->matched[count - 1])
            continue;
        if (count > 0 && strictest && rules[rule].effect != rules[request->matched[0]].effect)
            break;
        if (count < request->block->rule_count && kj_box_holds(image, classes, list[i]))
            request->matched[count++] = rule;
    }
    request->matched_count = count;
}

void kj_request_match(KjRequest *request, const guint32 *classes) {
    if (request->block->combining == KJ_COMBINING_FIRST_MATCH)
        match_first(request, classes);
    else
        match_all(request, classes);
}
