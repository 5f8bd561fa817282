/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary search over points, and a walk through an automaton: see "Classes" and "Tokens" in format.h. */
#include <kijun/match/classify.h>

#include <string.h>

guint32 kj_classify_point(const KjImage *image, const KjRecordField *field, KjOrdinal point) {
    const KjRecordPoint *points = KJ_RECORDS(image, POINTS, KjRecordPoint) + field->first_point;
    guint32 low = 0, high = field->point_count; /* points[low] <= point < points[high] */
    while (high - low > 1) {
        guint32 middle = low + (high - low) / 2;
        const KjRecordPoint *p = &points[middle];
        if (kj_ordinal_compare((KjOrdinal){ p->family, p->high, p->low }, point) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

/* The state behind an edge, or where every other token leads. */
static guint32 step(const KjImage *image, const KjRecordNode *state, const char *token) {
    const KjRecordEdge *edges = KJ_RECORDS(image, EDGES, KjRecordEdge) + state->a;
    guint32 low = 0, high = state->b;
    while (low < high) {
        guint32 middle = low + (high - low) / 2;
        int order = strcmp(token, KJ_STRING(image, edges[middle].token));
        if (order == 0)
            return edges[middle].state;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return state->c;
}

guint32 kj_classify_tokens(const KjImage *image, const KjRecordField *field, const char *const *tokens, guint count) {
    const KjRecordNode *nodes = KJ_RECORDS(image, NODES, KjRecordNode);
    guint32 state = field->root;
    for (guint i = 0; i < count && state != KJ_NONE; i++)
        state = step(image, &nodes[state], tokens[i]);
    if (state == KJ_NONE)
        return field->rest;
    return nodes[state].klass < field->class_count ? nodes[state].klass : 0;
}
