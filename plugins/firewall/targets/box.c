/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one box of a rule says, as real values: addresses by family, a set of protocols, optional transport numbers, interfaces, state, time.
 *
 * "Missing" must be said as exactly as any value. What is missing in a real packet follows from what it is:
 *     from, to, proto     never
 *     the ports           in a protocol whose header does not begin with them, and in a later fragment
 *     icmp_type and code  in every other protocol, and in a later fragment
 *     iif, oif            at the output hook there is no iif, at the input hook no oif; otherwise never
 *     state               when conntrack was told not to look (`ct state untracked`: notrack rules, IPv6 neighbour discovery)
 *     the instant         while the kernel's clock was never set (timeline.h)
 * So a test of an interface that is missing here is decided now, and a box that no packet at this hook can be in is empty.
 */
#include <string.h>

#include <kijun/translate.h>

#include "nft.h"
#include "timeline.h"

static gboolean test_has(KjNft *nft, const KjTestView *test, guint32 klass) {
    for (guint i = 0; i < test->interval_count; i++) {
        KjClassInterval interval = kj_view_interval(nft->table, test->first_interval + i);
        if (interval.low <= klass && klass <= interval.high)
            return TRUE;
    }
    return FALSE;
}

static void append_interval(GArray *intervals, KjInterval interval) {
    if (intervals->len) {
        KjInterval *last = &g_array_index(intervals, KjInterval, intervals->len - 1);
        KjOrdinal next = last->high;
        if (kj_ordinal_next(&next) && kj_ordinal_compare(next, interval.low) == 0) {
            last->high = interval.high;
            return;
        }
    }
    g_array_append_val(intervals, interval);
}

/* The points of the test's classes beside class 0, sorted, joined where they touch. */
static GArray *test_points(KjNft *nft, const KjTestView *test) {
    GArray *points = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    guint field = nft->block.first_field + test->field;
    for (guint i = 0; i < test->interval_count; i++) {
        KjClassInterval classes = kj_view_interval(nft->table, test->first_interval + i);
        KjInterval first, last;
        if (classes.high == 0)
            continue;
        if (!kj_view_class_points(nft->table, field, MAX(classes.low, 1), &first) ||
            !kj_view_class_points(nft->table, field, classes.high, &last))
            continue;
        append_interval(points, (KjInterval){ first.low, last.high });
    }
    return points;
}

/* ---- addresses ---- */

static const KjInterval whole_family[KJ_NFT_FAMILIES] = {
    { { 4, 0, 0 }, { 4, 0, G_MAXUINT32 } },
    { { 6, 0, 0 }, { 6, G_MAXUINT64, G_MAXUINT64 } },
};

static KjOrdinal least(KjOrdinal a, KjOrdinal b) {
    return kj_ordinal_compare(a, b) < 0 ? a : b;
}

static KjOrdinal greatest(KjOrdinal a, KjOrdinal b) {
    return kj_ordinal_compare(a, b) > 0 ? a : b;
}

static void read_address(KjNft *nft, const KjTestView *test, guint end, KjNftBox *box) {
    g_autoptr(GArray) points = test_points(nft, test);
    box->address_tested[end] = TRUE;
    for (guint family = 0; family < KJ_NFT_FAMILIES; family++) {
        GArray *intervals = box->address[end][family] = g_array_new(FALSE, FALSE, sizeof(KjInterval));
        for (guint i = 0; i < points->len; i++) {
            const KjInterval *point = &g_array_index(points, KjInterval, i);
            KjInterval part = { greatest(point->low, whole_family[family].low), least(point->high, whole_family[family].high) };
            if (kj_ordinal_compare(part.low, part.high) <= 0)
                append_interval(intervals, part);
        }
    }
}

/* ---- numbers ---- */

static void read_protocols(KjNft *nft, const KjTestView *test, KjNftBox *box) {
    g_autoptr(GArray) points = test_points(nft, test);
    memset(box->protocols, 0, sizeof box->protocols);
    for (guint i = 0; i < points->len; i++) {
        const KjInterval *point = &g_array_index(points, KjInterval, i);
        for (guint64 protocol = point->low.low; protocol <= MIN(point->high.low, KJ_NFT_PROTOCOLS - 1); protocol++)
            box->protocols[protocol] = TRUE;
    }
}

static void read_number(KjNft *nft, const KjTestView *test, KjNftRole role, KjNftBox *box) {
    static const guint64 largest[KJ_NFT_TRANSPORT_FIELDS] = { 65535, 65535, 255, 255 };
    guint index = role - KJ_NFT_SOURCE_PORT;
    KjNftNumber *number = &box->transport[index];
    g_autoptr(GArray) points = test_points(nft, test);
    number->tested = TRUE;
    number->missing = test_has(nft, test, 0);
    number->present = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    for (guint i = 0; i < points->len; i++) {
        KjInterval point = g_array_index(points, KjInterval, i);
        point.high.low = MIN(point.high.low, largest[index]);
        if (point.low.low <= point.high.low)
            append_interval(number->present, point);
    }
    number->all = number->present->len == 1 && g_array_index(number->present, KjInterval, 0).low.low == 0 &&
                  g_array_index(number->present, KjInterval, 0).high.low == largest[index];
}

/* ---- names ---- */

static void append_names(const char *expression, gboolean negated, const GPtrArray *names, GString *out) {
    g_string_append_printf(out, "%s %s", expression, negated ? "!= " : "");
    g_string_append(out, names->len > 1 ? "{ " : "");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(out, "%s\"%s\"", i ? ", " : "", (const char *)g_ptr_array_index(names, i));
    g_string_append(out, names->len > 1 ? " } " : " ");
}

/* The literals of all classes the test has (or, `inside` FALSE, of all others). *rest: some class of them holds unnamed values too. */
static GPtrArray *class_names(KjNft *nft, const KjTestView *test, gboolean inside, gboolean *rest) {
    KjFieldView field;
    GPtrArray *names = g_ptr_array_new();
    *rest = FALSE;
    kj_view_field(nft->table, nft->block.first_field + test->field, &field);
    for (guint32 klass = 1; klass < field.class_count; klass++)
        if (test_has(nft, test, klass) == inside && !kj_view_class_values(nft->table, nft->block.first_field + test->field, klass, names))
            *rest = TRUE;
    return names;
}

static gboolean read_interface(KjNft *nft, const KjNftRule *rule, const KjTestView *test, KjNftRole role, KjNftBox *box, GError **error) {
    KjNftHook without = role == KJ_NFT_IIF ? KJ_NFT_OUTPUT : KJ_NFT_INPUT;
    if (nft->hook == without) {
        box->empty |= !test_has(nft, test, 0);
        return TRUE;
    }
    gboolean rest, ignored;
    g_autoptr(GPtrArray) inside = class_names(nft, test, TRUE, &rest);
    g_autoptr(GPtrArray) outside = class_names(nft, test, FALSE, &ignored);
    const GPtrArray *names = rest ? outside : inside;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (!kj_nft_is_interface(name))
            return kj_nft_refuse(&rule->view, error,
                                 _("no interface can be called `%s`; write its name as `ip link` shows it, 15 bytes at most"), name);
    }
    if (names->len == 0) {
        box->empty |= !rest;
        return TRUE;
    }
    g_autoptr(GString) text = g_string_new(box->interfaces);
    append_names(role == KJ_NFT_IIF ? "iifname" : "oifname", rest, names, text);
    g_free(box->interfaces);
    box->interfaces = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}

static void read_state(KjNft *nft, const KjTestView *test, KjNftBox *box) {
    gboolean rest;
    g_autoptr(GPtrArray) names = class_names(nft, test, TRUE, &rest);
    if (test_has(nft, test, 0))
        g_ptr_array_add(names, (gpointer) "untracked");
    box->empty |= names->len == 0;
    g_autoptr(GString) text = g_string_new("ct state ");
    g_string_append(text, names->len > 1 ? "{ " : "");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)g_ptr_array_index(names, i));
    g_string_append(text, names->len > 1 ? " } " : " ");
    g_free(box->state);
    box->state = g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- time ---- */

/* The window of a field, made once. */
static const KjTimeline *find_window(KjNft *nft, guint field, GError **error) {
    KjTimeline *window = g_hash_table_lookup(nft->windows, GUINT_TO_POINTER(field));
    if (!window) {
        window = kj_timeline_window(nft->table, kj_view_window_root(nft->table, field), nft->zones, error);
        if (window)
            g_hash_table_insert(nft->windows, GUINT_TO_POINTER(field), window);
    }
    return window;
}

static gboolean read_time(KjNft *nft, const KjNftRule *rule, const KjTestView *test, KjNftBox *box, GError **error) {
    GError *problem = NULL;
    const KjTimeline *window = find_window(nft, nft->block.first_field + test->field, &problem);
    if (!window) {
        kj_nft_tell_refusal(&rule->view, error, _("%s; write the window in a zone that this machine knows"), problem->message);
        g_error_free(problem);
        return FALSE;
    }
    gboolean outside = test_has(nft, test, 1), inside = test_has(nft, test, 2);
    g_autoptr(KjTimeline) whole = kj_timeline_new(inside || outside);
    g_autoptr(KjTimeline) part = inside == outside ? kj_timeline_join(whole, whole, KJ_TIMELINE_OR)
                                                   : kj_timeline_join(whole, window, inside ? KJ_TIMELINE_AND : KJ_TIMELINE_MINUS);
    part = kj_timeline_with_unset_clock(g_steal_pointer(&part), test_has(nft, test, 0));
    KjTimeline *joined = box->time ? kj_timeline_join(box->time, part, KJ_TIMELINE_AND) : g_steal_pointer(&part);
    kj_timeline_free(box->time);
    box->time = joined;
    return TRUE;
}

/* ---- the box ---- */

static gboolean read_test(KjNft *nft, const KjNftRule *rule, const KjTestView *test, KjNftBox *box, GError **error) {
    KjNftRole role = nft->roles[test->field];
    switch (role) {
    case KJ_NFT_FROM:
    case KJ_NFT_TO:
        read_address(nft, test, role - KJ_NFT_FROM, box);
        return TRUE;
    case KJ_NFT_PROTO:
        read_protocols(nft, test, box);
        return TRUE;
    case KJ_NFT_SOURCE_PORT:
    case KJ_NFT_PORT:
    case KJ_NFT_ICMP_TYPE:
    case KJ_NFT_ICMP_CODE:
        read_number(nft, test, role, box);
        return TRUE;
    case KJ_NFT_IIF:
    case KJ_NFT_OIF:
        return read_interface(nft, rule, test, role, box, error);
    case KJ_NFT_STATE:
        read_state(nft, test, box);
        return TRUE;
    case KJ_NFT_TIME:
        return read_time(nft, rule, test, box, error);
    case KJ_NFT_OTHER:
        break;
    }
    KjFieldView field;
    kj_view_field(nft->table, nft->block.first_field + test->field, &field);
    return kj_nft_refuse(&rule->view, error, _("nftables cannot ask `%s`; write the values that are meant as addresses, numbers or names"),
                         field.name);
}

gboolean kj_nft_box_read(KjNft *nft, const KjNftRule *rule, guint box, KjNftBox *result, GError **error) {
    guint first, count;
    *result = (KjNftBox){ .interfaces = g_strdup(""), .state = g_strdup("") };
    memset(result->protocols, TRUE, sizeof result->protocols);
    kj_view_box(nft->table, box, &first, &count);
    for (guint i = 0; i < count; i++) {
        KjTestView test;
        kj_view_test(nft->table, first + i, &test);
        if (!read_test(nft, rule, &test, result, error))
            return FALSE;
    }
    if (result->time && kj_timeline_is(result->time, FALSE))
        result->empty = TRUE;
    if (result->time && kj_timeline_is(result->time, TRUE))
        g_clear_pointer(&result->time, kj_timeline_free);
    return TRUE;
}

void kj_nft_box_clear(KjNftBox *box) {
    for (guint end = 0; end < 2; end++)
        for (guint family = 0; family < KJ_NFT_FAMILIES; family++)
            g_clear_pointer(&box->address[end][family], g_array_unref);
    for (guint i = 0; i < KJ_NFT_TRANSPORT_FIELDS; i++)
        g_clear_pointer(&box->transport[i].present, g_array_unref);
    g_clear_pointer(&box->interfaces, g_free);
    g_clear_pointer(&box->state, g_free);
    g_clear_pointer(&box->time, kj_timeline_free);
}
