/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cases of two versions, aligned. See change_align.h. */
#include "change_align.h"

#include <string.h>

enum { OLD, NEW };

typedef struct {
    KjCases *const *cases;
    guint32 *ids[2]; /* of each case: what it has in common with its equal on the other side */
} Alignment;

typedef struct {
    const KjCases *cases;
    guint32 number;
} CaseKey;

static guint key_hash(gconstpointer data) {
    const CaseKey *key = data;
    const KjCase *one = kj_cases_get(key->cases, key->number);
    guint hash = one->decision * 0x9e3779b1u + one->box_count;

    for (guint32 b = 0; b < one->box_count; b++) {
        const KjBox *box = key->cases->boxes->pdata[one->first_box + b];
        for (guint t = 0; t < box->count; t++)
            hash = (hash ^ (box->tests[t].field * 0x85ebca6bu + box->tests[t].set->id)) * 0xc2b2ae35u + 1;
    }
    return hash;
}

static gboolean same_box(const KjBox *a, const KjBox *b) {
    if (a->count != b->count)
        return FALSE;
    for (guint t = 0; t < a->count; t++) {
        if (a->tests[t].field != b->tests[t].field || a->tests[t].set != b->tests[t].set)
            return FALSE;
    }
    return TRUE;
}

static gboolean key_equal(gconstpointer left, gconstpointer right) {
    const CaseKey *a = left, *b = right;
    const KjCase *one = kj_cases_get(a->cases, a->number), *other = kj_cases_get(b->cases, b->number);

    if (one->decision != other->decision || one->box_count != other->box_count)
        return FALSE;
    for (guint32 i = 0; i < one->box_count; i++) {
        if (!same_box(a->cases->boxes->pdata[one->first_box + i], b->cases->boxes->pdata[other->first_box + i]))
            return FALSE;
    }
    return TRUE;
}

/* Equal cases get equal numbers; the second case of a kind is another than the first, so that no number comes twice on a side. */
static void number_cases(Alignment *alignment) {
    guint all = alignment->cases[OLD]->cases->len + alignment->cases[NEW]->cases->len;
    g_autofree CaseKey *keys = g_new(CaseKey, all + 1);        /* by number */
    g_autofree guint32 *behind = g_new0(guint32, all + 1); /* of each number: the next of its kind, or 0: a kind's first is never a next */
    g_autofree guint32 *used = g_new(guint32, all + 1);        /* of a kind's first: the last of its kind on this side */
    g_autofree gint8 *used_on = g_new(gint8, all + 1);         /* and the side */
    g_autoptr(GHashTable) kinds = g_hash_table_new(key_hash, key_equal);
    guint32 next = 0;

    for (gint8 side = OLD; side <= NEW; side++) {
        guint count = alignment->cases[side]->cases->len;

        alignment->ids[side] = g_new(guint32, count + 1);
        for (guint32 i = 0; i < count; i++) {
            const CaseKey *known;
            guint32 first, number;

            keys[next] = (CaseKey){ alignment->cases[side], i };
            known = g_hash_table_lookup(kinds, &keys[next]);
            first = known ? (guint32)(known - keys) : next;
            if (!known)
                g_hash_table_add(kinds, &keys[next]);
            number = known && used_on[first] == side ? behind[used[first]] : first;
            if (!known || (number == 0 && used_on[first] == side)) {
                if (known)
                    behind[used[first]] = next;
                number = next++;
            }
            used[first] = number;
            used_on[first] = side;
            alignment->ids[side][i] = number;
        }
    }
}

/* The longest run is the longest increasing subsequence, found by patience. */
void kj_change_align(KjCases *const cases[2], gboolean *changed[2]) {
    Alignment aligned = { cases, { NULL, NULL } }, *alignment = &aligned;
    guint old_count = alignment->cases[OLD]->cases->len, new_count = alignment->cases[NEW]->cases->len, length = 0;
    g_autofree guint32 *place = NULL, *tails = g_new(guint32, old_count + 1), *before = g_new(guint32, old_count + 1);
    guint32 most = 0;

    number_cases(alignment);
    for (guint i = 0; i < old_count; i++)
        most = MAX(most, alignment->ids[OLD][i] + 1);
    for (guint i = 0; i < new_count; i++)
        most = MAX(most, alignment->ids[NEW][i] + 1);
    place = g_new(guint32, most + 1);
    memset(place, 0xff, (most + 1) * sizeof *place);
    changed[OLD] = g_new(gboolean, old_count + 1);
    changed[NEW] = g_new(gboolean, new_count + 1);
    for (guint i = 0; i < new_count; i++) {
        place[alignment->ids[NEW][i]] = i;
        changed[NEW][i] = TRUE;
    }
    for (guint32 i = 0; i < old_count; i++) {
        guint32 at = place[alignment->ids[OLD][i]];
        guint low = 0, high = length;

        changed[OLD][i] = TRUE;
        if (at == G_MAXUINT32)
            continue;
        while (low < high) { /* the first run that ends at or behind this place */
            guint middle = (low + high) / 2;
            if (place[alignment->ids[OLD][tails[middle]]] < at)
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low ? tails[low - 1] : G_MAXUINT32;
        tails[low] = i;
        length = MAX(length, low + 1);
    }
    for (guint32 i = length ? tails[length - 1] : G_MAXUINT32; i != G_MAXUINT32; i = before[i]) {
        changed[OLD][i] = FALSE;
        changed[NEW][place[alignment->ids[OLD][i]]] = FALSE;
    }
    g_free(alignment->ids[OLD]);
    g_free(alignment->ids[NEW]);
}

void kj_change_cancel(KjCases *const cases[2], gboolean *changed[2]) {
    Alignment alignment = { cases, { NULL, NULL } };

    number_cases(&alignment);
    for (guint side = OLD; side <= NEW; side++) {
        g_autoptr(GHashTable) others = g_hash_table_new(NULL, NULL);

        for (guint i = 0; i < cases[!side]->cases->len; i++)
            g_hash_table_add(others, GUINT_TO_POINTER(alignment.ids[!side][i]));
        changed[side] = g_new(gboolean, cases[side]->cases->len + 1);
        for (guint i = 0; i < cases[side]->cases->len; i++)
            changed[side][i] = !g_hash_table_contains(others, GUINT_TO_POINTER(alignment.ids[side][i]));
    }
    g_free(alignment.ids[OLD]);
    g_free(alignment.ids[NEW]);
}
