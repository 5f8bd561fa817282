/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chains that jump, return and go elsewhere, as one list of cases of which the first that holds decides.
 *
 * A walk through the base chain follows every jump and carries what was asked on the way. A verdict is a case: all of that holds, and none
 * of the escapes, which are the conditions under which a packet has left the chain by a `return` or a `goto` before. What a line asks is
 * first settled as far as the aspect settles it: in a stateful block packets open flows, in one about later fragments nothing behind the IP
 * header may be read, while the clock is unset nothing may hang on the time of day. What cannot be settled and cannot be said of a request
 * is refused.
 *
 * What bytes behind the IP header mean depends on the protocol, so the walk knows which protocols and families can still be there; a line
 * that reads a port where a protocol without ports may be is refused, for the kernel would read it all the same.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

#define DEPTH_MOST 16u       /* the kernel's own bound for jumps */
#define CASES_MOST 1000000u  /* beyond, nobody waits for the proof */

typedef struct {
    KjBack *back;
    KjBackAspect aspect;
    GArray *cases;
} Walk;

/* How a packet came to where it is. */
typedef struct {
    const KjBackCondition *when;
    const KjBackEscape *escapes;
    const KjBackPoints *families, *protocols; /* that can be here */
} Way;

typedef enum { REFUSED, NEVER, SOMETIMES, ALWAYS } Holds;

/* What one line asks beyond the way to it. */
typedef struct {
    KjBackCondition own;
    const KjBackPoints *families, *protocols;
    gboolean never;
    const char *unclear; /* a reason to refuse, unless the line never holds */
} Asked;

/* ---- one line ---- */

static void ask_points(const Walk *walk, Asked *asked, KjBackField field, const KjBackPoints *points) {
    const KjBackPoints **own = &asked->own.points[field];
    *own = *own ? kj_back_both(walk->back, *own, points) : points;
    asked->never |= (*own)->count == 0;
}

static void ask_state(const Walk *walk, Asked *asked, const KjBackPoints *points) {
    static const KjInterval opening[] = { { { 0, 0, KJ_BACK_NEW }, { 0, 0, KJ_BACK_NEW } },
                                          { { 0, 0, KJ_BACK_UNTRACKED }, { 0, 0, KJ_BACK_UNTRACKED } } };
    if (!walk->back->stateful) {
        ask_points(walk, asked, KJ_BACK_STATE, points);
        return;
    }
    const KjBackPoints *here = kj_back_points(walk->back, opening, G_N_ELEMENTS(opening));
    if (kj_back_apart(walk->back, here, points))
        asked->never = TRUE;
    else if (!kj_back_within(walk->back, here, points))
        asked->unclear = _("a stateful block that tells packets without a flow from those that open one");
}

static void ask_time(const Walk *walk, Asked *asked, KjBackField field, const KjBackPoints *points) {
    gboolean unset = walk->aspect.clock == KJ_BACK_UNSET_CLOCK;
    const KjBackPoints *all = field == KJ_BACK_HOUR  ? kj_back_all(walk->back, KJ_BACK_CLOCK)
                              : field == KJ_BACK_DAY ? kj_back_all(walk->back, KJ_BACK_WEEKDAY)
                              : unset                ? kj_back_range(walk->back, 0, KJ_BACK_CLOCK_SET - 1)
                                                     : kj_back_range(walk->back, KJ_BACK_CLOCK_SET, KJ_BACK_TIME_END - 1);
    if (kj_back_within(walk->back, all, points))
        return;
    if (kj_back_apart(walk->back, all, points))
        asked->never = TRUE;
    else if (unset)
        asked->unclear = _("the time decides while the clock was never set");
    else
        ask_points(walk, asked, field, kj_back_both(walk->back, all, points));
}

static void ask_address(const Walk *walk, Asked *asked, KjBackField field, const KjBackPoints *points) {
    gboolean ipv4 = !kj_back_apart(walk->back, points, kj_back_all(walk->back, KJ_BACK_IPV4));
    gboolean ipv6 = !kj_back_apart(walk->back, points, kj_back_all(walk->back, KJ_BACK_IPV6));
    if (!ipv4)
        asked->families = kj_back_less(walk->back, asked->families, kj_back_range(walk->back, 4, 4));
    if (!ipv6)
        asked->families = kj_back_less(walk->back, asked->families, kj_back_range(walk->back, 6, 6));
    ask_points(walk, asked, field, points);
}

static void ask_interface(const Walk *walk, Asked *asked, const KjBackTest *test) {
    const char *without = test->field == KJ_BACK_IIF ? "output" : "input";
    KjBackInterfaces *link = kj_back_own(walk->back, g_new0(KjBackInterfaces, 1));
    link->next = asked->own.interfaces;
    link->test = test;
    asked->own.interfaces = link;
    if (strcmp(walk->back->hook, without) == 0)
        asked->unclear = _("an interface that packets at this hook do not have");
}

static void ask_compared(const Walk *walk, Asked *asked, const KjBackTest *test) {
    switch (test->field) {
    case KJ_BACK_FAMILY:
        asked->families = kj_back_both(walk->back, asked->families, test->points);
        return;
    case KJ_BACK_PROTO:
        asked->protocols = kj_back_both(walk->back, asked->protocols, test->points);
        return;
    case KJ_BACK_FROM:
    case KJ_BACK_TO:
        ask_address(walk, asked, test->field, test->points);
        return;
    case KJ_BACK_STATE:
        ask_state(walk, asked, test->points);
        return;
    default:
        ask_time(walk, asked, test->field, test->points);
        return;
    }
}

/* ---- bytes behind the IP header, once the protocols are known ---- */

/* How many bits of the header a request of these protocols is known to have at least; 0: not known. */
static guint known_bits(const Walk *walk, const KjBackPoints *protocols) {
    if (kj_back_within(walk->back, protocols, kj_back_ported(walk->back)))
        return 32;
    KjBack *back = walk->back;
    return kj_back_apart(back, kj_back_less(back, protocols, kj_back_icmp(back)),
                         kj_back_less(back, kj_back_all(back, KJ_BACK_BYTE), kj_back_ported(back)))
               ? 16
               : 0;
}

static void ask_header(const Walk *walk, Asked *asked, const KjBackTest *test) {
    guint bits = test->offset + test->length, known = known_bits(walk, asked->protocols);
    gboolean icmp = !kj_back_apart(walk->back, asked->protocols, kj_back_icmp(walk->back));
    gboolean ports = !kj_back_apart(walk->back, asked->protocols, kj_back_ported(walk->back));
    if (walk->aspect.cut) { /* fewer than 32 bits with ports, than 16 in ICMP */
        if (known && (!ports || bits >= 32) && (!icmp || bits >= 16))
            asked->never = TRUE;
        else
            asked->own.opaque = TRUE;
    } else if (!known || bits > known) {
        asked->unclear = _("it asks for a header of a protocol that need not have it");
    }
}

/* One value of two neighbours together, into which nft joins `@th,0,8 8 @th,8,8 0`: each has its half. */
static void ask_both(const Walk *walk, Asked *asked, const KjBackTest *test, KjBackField left, KjBackField right) {
    guint bits = test->length / 2;
    guint64 value = test->points->intervals[0].low.low, low = value & ((G_GUINT64_CONSTANT(1) << bits) - 1);
    ask_points(walk, asked, left, kj_back_range(walk->back, value >> bits, value >> bits));
    ask_points(walk, asked, right, kj_back_range(walk->back, low, low));
}

static void ask_bytes(const Walk *walk, Asked *asked, const KjBackTest *test) {
    KjBack *back = walk->back;
    gboolean ports = kj_back_within(back, asked->protocols, kj_back_ported(back)),
             icmp = kj_back_within(back, asked->protocols, kj_back_icmp(back));
    gboolean single = test->points->count == 1 && test->points->intervals[0].low.low == test->points->intervals[0].high.low;
    if (walk->aspect.cut)
        asked->own.opaque = TRUE;
    else if (ports && test->length == 16 && test->offset == 0)
        ask_points(walk, asked, KJ_BACK_SOURCE_PORT, test->points);
    else if (ports && test->length == 16 && test->offset == 16)
        ask_points(walk, asked, KJ_BACK_PORT, test->points);
    else if (icmp && test->length == 8 && test->offset == 0)
        ask_points(walk, asked, KJ_BACK_ICMP_TYPE, test->points);
    else if (icmp && test->length == 8 && test->offset == 8)
        ask_points(walk, asked, KJ_BACK_ICMP_CODE, test->points);
    else if (icmp && test->length == 16 && test->offset == 0 && single)
        ask_both(walk, asked, test, KJ_BACK_ICMP_TYPE, KJ_BACK_ICMP_CODE);
    else if (ports && test->length == 32 && test->offset == 0 && single)
        ask_both(walk, asked, test, KJ_BACK_SOURCE_PORT, KJ_BACK_PORT);
    else
        asked->unclear = _("it reads bytes behind the IP header of protocols in which they mean something else");
}

static void ask_transport(const Walk *walk, Asked *asked, const KjBackTest *test) {
    if (test->kind != KJ_BACK_BYTES && test->kind != KJ_BACK_HEADER)
        return;
    if (walk->aspect.fragments)
        asked->unclear = _("it reads the transport header of a later fragment, which has none");
    else if (test->kind == KJ_BACK_HEADER)
        ask_header(walk, asked, test);
    else
        ask_bytes(walk, asked, test);
}

static gboolean is_empty(const KjBackCondition *condition) {
    for (guint field = 0; field < KJ_BACK_FIELDS; field++)
        if (condition->points[field])
            return FALSE;
    return !condition->interfaces && !condition->opaque;
}

static Holds ask_line(const Walk *walk, const Way *way, const KjBackLine *line, Asked *asked) {
    *asked = (Asked){ .families = way->families, .protocols = way->protocols };
    for (guint i = 0; i < line->tests->len; i++) {
        const KjBackTest *test = &g_array_index(line->tests, KjBackTest, i);
        if (test->kind == KJ_BACK_COMPARES)
            ask_compared(walk, asked, test);
        else if (test->kind == KJ_BACK_INTERFACE)
            ask_interface(walk, asked, test);
        else if (test->kind == KJ_BACK_LATER && walk->aspect.fragments)
            asked->families = kj_back_both(walk->back, asked->families, kj_back_range(walk->back, test->family, test->family));
        else if (test->kind == KJ_BACK_LATER)
            asked->never = TRUE;
    }
    if (asked->never || asked->families->count == 0 || asked->protocols->count == 0)
        return NEVER;
    for (guint i = 0; i < line->tests->len; i++)
        ask_transport(walk, asked, &g_array_index(line->tests, KjBackTest, i));
    if (asked->never)
        return NEVER;
    if (walk->aspect.fragments && line->bucket && (line->bucket->keys & (1u << KJ_BACK_PORT | 1u << KJ_BACK_SOURCE_PORT)))
        asked->unclear = _("it counts later fragments by ports that they do not have");
    walk->back->place = line->place;
    if (asked->unclear)
        return kj_back_refuse(walk->back, "%s", asked->unclear) ? SOMETIMES : REFUSED;
    if (!kj_back_within(walk->back, way->families, asked->families))
        asked->own.points[KJ_BACK_FAMILY] = asked->families;
    if (!kj_back_within(walk->back, way->protocols, asked->protocols))
        asked->own.points[KJ_BACK_PROTO] = asked->protocols;
    return is_empty(&asked->own) ? ALWAYS : SOMETIMES;
}

/* ---- the walk ---- */

static const KjBackCondition *join(const Walk *walk, const KjBackCondition *a, const KjBackCondition *b) {
    KjBackCondition *both = kj_back_own(walk->back, g_memdup2(a, sizeof *a));
    for (guint field = 0; field < KJ_BACK_FIELDS; field++)
        if (b->points[field])
            both->points[field] = a->points[field] ? kj_back_both(walk->back, a->points[field], b->points[field]) : b->points[field];
    for (const KjBackInterfaces *at = b->interfaces; at; at = at->next) {
        KjBackInterfaces *link = kj_back_own(walk->back, g_new0(KjBackInterfaces, 1));
        *link = (KjBackInterfaces){ both->interfaces, at->test };
        both->interfaces = link;
    }
    both->opaque |= b->opaque;
    return both;
}

static gboolean only_asks(const KjBackCondition *condition, KjBackField field) {
    KjBackCondition rest = *condition;
    rest.points[field] = NULL;
    return condition->points[field] && is_empty(&rest);
}

/* The packets of `asked` are gone from here on. */
static void leave(const Walk *walk, Way *way, const Asked *asked) {
    if (only_asks(&asked->own, KJ_BACK_FAMILY))
        way->families = kj_back_less(walk->back, way->families, asked->families);
    if (only_asks(&asked->own, KJ_BACK_PROTO))
        way->protocols = kj_back_less(walk->back, way->protocols, asked->protocols);
}

static void escape(const Walk *walk, Way *way, const Asked *asked) {
    KjBackEscape *link = kj_back_own(walk->back, g_new0(KjBackEscape, 1));
    *link = (KjBackEscape){ way->escapes, kj_back_own(walk->back, g_memdup2(&asked->own, sizeof asked->own)) };
    way->escapes = link;
    leave(walk, way, asked);
}

static gboolean at_other_times(KjBack *back, const KjBackEscape *escape, const KjBackPoints *time) {
    const KjBackPoints *its_time = escape->when->points[KJ_BACK_TIME];
    return time && its_time && kj_back_apart(back, time, its_time);
}

/* The escapes without those at other times than `time`: nobody has left by them who is here then. */
static const KjBackEscape *escapes_at(const Walk *walk, const KjBackEscape *escapes, const KjBackPoints *time) {
    const KjBackEscape *list = escapes;
    for (const KjBackEscape *at = escapes; at; at = at->next)
        if (at_other_times(walk->back, at, time))
            list = at->next; /* from the last of them on the list stays as it is */
    const KjBackEscape *rest = list;
    for (const KjBackEscape *at = escapes; at != rest; at = at->next) {
        if (at_other_times(walk->back, at, time))
            continue;
        KjBackEscape *link = kj_back_own(walk->back, g_new0(KjBackEscape, 1));
        *link = (KjBackEscape){ list, at->when };
        list = link;
    }
    return list;
}

static gboolean same_points(const KjBackPoints *a, const KjBackPoints *b) {
    if (!a || !b)
        return a == b;
    return a->count == b->count && memcmp(a->intervals, b->intervals, a->count * sizeof *a->intervals) == 0;
}

/* Whether two cases differ in nothing but their stretches of time: a year of a window after the other. */
static gboolean differ_in_time(const KjBackCase *a, const KjBackCase *b) {
    for (guint field = 0; field < KJ_BACK_FIELDS; field++)
        if (field == KJ_BACK_TIME ? !a->when->points[field] || !b->when->points[field]
                                  : !same_points(a->when->points[field], b->when->points[field]))
            return FALSE;
    return a->when->interfaces == b->when->interfaces && a->unless == b->unless && a->line->verdict == b->line->verdict &&
           a->line->logs == b->line->logs && a->line->alerts == b->line->alerts && a->line->bucket == b->line->bucket;
}

static const KjBackCondition *join_times(const Walk *walk, const KjBackCondition *a, const KjBackPoints *time) {
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    KjBackCondition *both = kj_back_own(walk->back, g_memdup2(a, sizeof *a));
    g_array_append_vals(spans, a->points[KJ_BACK_TIME]->intervals, a->points[KJ_BACK_TIME]->count);
    g_array_append_vals(spans, time->intervals, time->count);
    both->points[KJ_BACK_TIME] = kj_back_points(walk->back, (const KjInterval *)(const void *)spans->data, spans->len);
    return both;
}

static gboolean add_case(const Walk *walk, const Way *way, const KjBackLine *line) {
    KjBackCase one = { way->when, escapes_at(walk, way->escapes, way->when->points[KJ_BACK_TIME]), line };
    KjBackCase *last = walk->cases->len ? &g_array_index(walk->cases, KjBackCase, walk->cases->len - 1) : NULL;
    if (last && differ_in_time(last, &one)) {
        last->when = join_times(walk, last->when, one.when->points[KJ_BACK_TIME]);
        return TRUE;
    }
    if (walk->cases->len == CASES_MOST)
        return kj_back_refuse(walk->back, _("it has more than %u cases"), CASES_MOST);
    g_array_append_val(walk->cases, one);
    return TRUE;
}

static gboolean walk_chain(const Walk *walk, const KjBackChain *chain, Way way, guint first, guint depth, gboolean *decides);

static gboolean walk_target(const Walk *walk, const KjBackLine *line, const Way *inner, guint depth, gboolean *decides) {
    const KjBackChain *target = g_hash_table_lookup(walk->back->chains, line->target);
    if (!target || target == walk->back->base)
        return kj_back_refuse(walk->back, _("the chain `%s` is not in the list"), line->target);
    if (depth == DEPTH_MOST)
        return kj_back_refuse(walk->back, _("chains are nested too deeply"));
    return walk_chain(walk, target, *inner, 0, depth + 1, decides);
}

/* `way` is the caller's until it returns. *decides: no packet comes out of the chain undecided. */
static gboolean walk_chain(const Walk *walk, const KjBackChain *chain, Way way, guint first, guint depth, gboolean *decides) {
    gboolean left = FALSE; /* somebody has left the chain undecided */
    *decides = FALSE;
    for (guint i = first; i < chain->lines->len; i++) {
        const KjBackLine *line = g_ptr_array_index(chain->lines, i);
        Asked asked;
        Holds holds = ask_line(walk, &way, line, &asked);
        gboolean inner_decides = TRUE;
        if (holds == REFUSED)
            return FALSE;
        if (holds == NEVER)
            continue;
        Way inner = { join(walk, way.when, &asked.own), way.escapes, asked.families, asked.protocols };
        if (line->verdict == KJ_BACK_JUMP || line->verdict == KJ_BACK_GOTO) {
            if (!walk_target(walk, line, &inner, depth, &inner_decides))
                return FALSE;
        } else if (line->verdict == KJ_BACK_RETURN) {
            inner_decides = FALSE;
        } else if (!add_case(walk, &inner, line)) {
            return FALSE;
        }
        gboolean leaves = line->verdict == KJ_BACK_RETURN || line->verdict == KJ_BACK_GOTO;
        left |= leaves && !inner_decides;
        if (holds == ALWAYS && (leaves || inner_decides)) {
            *decides = !left;
            return TRUE;
        }
        if (leaves && !inner_decides)
            escape(walk, &way, &asked);
        else if (inner_decides)
            leave(walk, &way, &asked);
    }
    return TRUE;
}

GArray *kj_back_flatten(KjBack *back, KjBackAspect aspect) {
    g_autoptr(GArray) cases = g_array_new(FALSE, FALSE, sizeof(KjBackCase));
    Walk walk = { back, aspect, cases };
    const KjBackPoints *icmp = kj_back_icmp(back), *all = kj_back_all(back, KJ_BACK_BYTE);
    Way way = { kj_back_own(back, g_new0(KjBackCondition, 1)), NULL, kj_back_all(back, KJ_BACK_NFPROTO), all };
    gboolean decides;
    if (aspect.cut) /* only these have a header that can be too short */
        way.protocols = kj_back_less(back, all, kj_back_less(back, kj_back_less(back, all, icmp), kj_back_ported(back)));
    gboolean walked = walk_chain(&walk, back->base, way, back->stateful ? 2 : 0, 0, &decides);
    back->place = NULL;
    return walked ? g_steal_pointer(&cases) : NULL;
}

gboolean kj_back_check_cut(KjBack *back) {
    g_autoptr(GArray) cases = kj_back_flatten(back, (KjBackAspect){ .cut = TRUE });
    if (!cases)
        return FALSE;
    for (guint i = 0; i < cases->len; i++) {
        const KjBackCase *one = &g_array_index(cases, KjBackCase, i);
        back->place = one->line->place;
        if (one->line->verdict == KJ_BACK_ACCEPT)
            return kj_back_refuse(back, _("a packet that is cut short may pass"));
        if (is_empty(one->when) && !one->unless)
            return TRUE;
    }
    back->place = NULL;
    return !back->base->accepts || kj_back_refuse(back, _("a packet that is cut short may pass"));
}
