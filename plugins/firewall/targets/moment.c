/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A timeline as nft lines.
 *
 * The week that most segments share needs no dates; every other segment is an exception with its dates before it:
 *
 *     meta time >= "2026-11-22 15:00:00" meta time < "2026-11-23 15:00:00" return          a holiday in Tokyo
 *     meta day { 1, 2, 3, 4, 5 } meta hour "00:00:00"-"09:00:59" ACTION                     Monday to Friday, 09:00..18:00
 *
 * Such a list is a chain that the matching lines of the rule jump to; it returns when the moment is not one of the window's, and the next
 * rule is asked. A timeline that is one line stands in the rule itself.
 *
 * What the kernel does, as measured: `meta hour` and `meta day` are the UTC second of the day and weekday (0 is Sunday), ranges inclusive of
 * whole seconds; `meta time` counts nanoseconds, so an end is written as "before the next second" and never as a range, which would
 * lose the last second but its first nanosecond. Ranges of hours are cut at midnight here, because nft turns one that wraps into a
 * negation that loses both ends. nft reads "HH:MM:SS" and dates in the loader's zone: the script must be loaded with TZ=UTC. The kernel
 * subtracts its own `sys_tz`, which is zero unless somebody keeps the hardware clock in local time.
 */
#include <string.h>

#include "nft.h"
#include "timeline.h"

#define DAY_MINUTES 1440u

typedef struct {
    guint first, last; /* minutes of a day */
    guint days;        /* bit 0 = Monday */
} Slot;

static void append_instant(gint64 instant, GString *out) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant);
    g_autofree char *text = g_date_time_format(time, "%Y-%m-%d %H:%M:%S");
    g_string_append_printf(out, "\"%s\" ", text);
}

/* `meta time >= "..." meta time < "..." `, without a side that is open. */
static void append_range(const GArray *segments, guint index, GString *out) {
    if (index > 0) {
        g_string_append(out, "meta time >= ");
        append_instant(g_array_index(segments, KjSegment, index).start, out);
    }
    if (index + 1 < segments->len) {
        g_string_append(out, "meta time < ");
        append_instant(g_array_index(segments, KjSegment, index + 1).start, out);
    }
}

/* The week as times of day with the weekdays they hold on. */
static GArray *week_slots(const KjWeek *week) {
    GArray *slots = g_array_new(FALSE, FALSE, sizeof(Slot));
    for (guint day = 0; day < 7; day++) {
        for (guint minute = 0; minute < DAY_MINUTES; minute++) {
            guint first = minute, known;
            while (minute < DAY_MINUTES && kj_week_has(week, day * DAY_MINUTES + minute))
                minute++;
            if (minute == first)
                continue;
            Slot slot = { first, minute - 1, 0 };
            for (known = 0; known < slots->len; known++)
                if (g_array_index(slots, Slot, known).first == slot.first && g_array_index(slots, Slot, known).last == slot.last)
                    break;
            if (known == slots->len)
                g_array_append_val(slots, slot);
            g_array_index(slots, Slot, known).days |= 1u << day;
        }
    }
    return slots;
}

static void append_slot(const Slot *slot, GString *out) {
    guint count = 0;
    for (guint day = 0; day < 7; day++)
        count += slot->days >> day & 1;
    if (count < 7) {
        const char *separator = count > 1 ? "{ " : "";
        g_string_append(out, "meta day ");
        for (guint day = 0; day < 7; day++) {
            guint monday_first = (day + 6) % 7;
            if (slot->days >> monday_first & 1) {
                g_string_append_printf(out, "%s%u", separator, day);
                separator = ", ";
            }
        }
        g_string_append(out, count > 1 ? " } " : " ");
    }
    if (slot->first > 0 || slot->last < DAY_MINUTES - 1)
        g_string_append_printf(out, "meta hour \"%02u:%02u:00\"-\"%02u:%02u:59\" ", slot->first / 60, slot->first % 60, slot->last / 60,
                               slot->last % 60);
}

/* The segment whose week is the commonest. Windows have few different weeks, so each segment is compared with a few. */
static guint commonest(const GArray *segments) {
    g_autoptr(GArray) firsts = g_array_new(FALSE, FALSE, sizeof(guint)); /* the first segment of each week */
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(guint));
    guint best = 0;
    for (guint i = 0; i < segments->len; i++) {
        const KjWeek *week = &g_array_index(segments, KjSegment, i).week;
        guint known = 0, none = 0;
        while (known < firsts->len &&
               memcmp(week, &g_array_index(segments, KjSegment, g_array_index(firsts, guint, known)).week, sizeof *week) != 0)
            known++;
        if (known == firsts->len) {
            g_array_append_val(firsts, i);
            g_array_append_val(counts, none);
        }
        if (++g_array_index(counts, guint, known) >= g_array_index(counts, guint, best))
            best = known;
    }
    return g_array_index(firsts, guint, best);
}

/* Conditions, one string a line; a line that ends in `return` takes no action. */
static void append_segment_lines(const KjWeek *week, const char *range, GPtrArray *lines) {
    g_autoptr(GArray) slots = week_slots(week);
    for (guint i = 0; i < slots->len; i++) {
        g_autoptr(GString) line = g_string_new(range);
        append_slot(&g_array_index(slots, Slot, i), line);
        g_ptr_array_add(lines, g_string_free(g_steal_pointer(&line), FALSE));
    }
}

static GPtrArray *timeline_lines(const KjTimeline *timeline, GPtrArray *returns) {
    const GArray *segments = timeline->segments;
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    guint common = commonest(segments);
    const KjWeek *usual = &g_array_index(segments, KjSegment, common).week;
    for (guint i = 0; i < segments->len; i++) {
        const KjWeek *week = &g_array_index(segments, KjSegment, i).week;
        if (memcmp(week, usual, sizeof *week) == 0)
            continue;
        g_autoptr(GString) range = g_string_new(NULL);
        append_range(segments, i, range);
        append_segment_lines(week, range->str, lines);
        if (!kj_week_is(week, TRUE) && !kj_week_is(usual, FALSE)) {
            g_ptr_array_add(returns, GUINT_TO_POINTER(lines->len));
            g_ptr_array_add(lines, g_string_free(g_steal_pointer(&range), FALSE));
        }
    }
    append_segment_lines(usual, "", lines);
    return lines;
}

/* The chain that takes the rule's action at the timeline's moments. */
static const char *moment_chain(KjNft *nft, const KjNftRule *rule, const GPtrArray *lines, const GPtrArray *returns) {
    g_autoptr(GString) body = g_string_new(NULL);
    for (guint i = 0, next_return = 0; i < lines->len; i++) {
        gboolean leaves = next_return < returns->len && GPOINTER_TO_UINT(g_ptr_array_index(returns, next_return)) == i;
        next_return += leaves;
        g_string_append_printf(body, "\t\t%s%s%s\n", (const char *)g_ptr_array_index(lines, i), leaves ? "return" : rule->action,
                               leaves ? "" : rule->comment);
    }
    char *name = g_hash_table_lookup(nft->moments, body->str);
    if (!name) {
        name = g_strdup_printf("when-%s-%u", rule->name, ++nft->chain_count);
        g_string_append_printf(nft->chains, "\tchain %s {\n%s\t}\n", name, body->str);
        g_hash_table_insert(nft->moments, g_string_free(g_steal_pointer(&body), FALSE), name);
    }
    return name;
}

/* What the box's lines end with: the action, at its moments. */
static char *box_ending(KjNft *nft, const KjNftRule *rule, const KjNftBox *box) {
    if (!box->time || nft->counting)
        return g_strdup(rule->action);
    g_autoptr(GPtrArray) returns = g_ptr_array_new();
    g_autoptr(GPtrArray) lines = timeline_lines(box->time, returns);
    if (lines->len == 1 && returns->len == 0)
        return g_strconcat((const char *)g_ptr_array_index(lines, 0), rule->action, NULL);
    return g_strconcat("jump ", moment_chain(nft, rule, lines, returns), NULL);
}

static void write_lines(KjNft *nft, const KjNftRule *rule, const GPtrArray *matches, const char *ending, GString *chain) {
    for (guint i = 0; i < matches->len; i++) {
        g_autofree char *line = g_strconcat((const char *)g_ptr_array_index(matches, i), ending, rule->comment, NULL);
        g_autofree char *key = g_strconcat(chain == nft->rules ? "" : "fragment ", line, NULL);
        if (g_hash_table_contains(nft->lines, key)) /* two boxes that differ only in packets no kernel has */
            continue;
        g_string_append_printf(chain, "\t\t%s\n", line);
        g_hash_table_add(nft->lines, g_steal_pointer(&key));
    }
}

void kj_nft_write_box(KjNft *nft, const KjNftRule *rule, const KjNftBox *box) {
    g_autoptr(GPtrArray) matches = kj_nft_matches(nft, box, FALSE);
    g_autoptr(GPtrArray) fragments = nft->stateful ? g_ptr_array_new() : kj_nft_matches(nft, box, TRUE);
    if (matches->len == 0 && fragments->len == 0)
        return;
    g_autofree char *ending = box_ending(nft, rule, box);
    write_lines(nft, rule, matches, ending, nft->rules);
    write_lines(nft, rule, fragments, ending, nft->fragments);
}
