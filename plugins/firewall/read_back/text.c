/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases as a block of the policy language.
 *
 * Rules at the head whose labels begin with `impossible` say which requests no packet is, so that nobody compares them: addresses of two
 * families, a TCP packet without ports, an interface where there is none, a time before any clock showed it. The comment above a rule says
 * which rule of which chain it was. A rule that limits says with @ref whose counter it takes from.
 */
#include <arpa/inet.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

#define INLINE_MOST 6u /* longer sets get a name */
#define DAY_SECONDS G_GUINT64_CONSTANT(86400)
#define PORTED "6, 17, 33, 132, 136"
#define ICMP "1, 58"

/* ---- sets ---- */

/* `elements` in braces, or the name of a `let` that has them. Owned by the text. */
static const char *set_text(KjBackText *text, const char *elements, guint count) {
    g_autofree char *braces = g_strdup_printf("{ %s }", elements);
    char *known = g_hash_table_lookup(text->names, braces);
    if (known)
        return known;
    char *name = g_strdup(braces);
    if (count > INLINE_MOST) {
        g_free(name);
        name = g_strdup_printf("set%u", g_hash_table_size(text->names) + 1);
        g_string_append_printf(text->lets, "let %s = %s;\n", name, braces);
    }
    g_hash_table_insert(text->names, g_steal_pointer(&braces), name);
    return name;
}

static void append_point(KjOrdinal point, GString *out) {
    char address[INET6_ADDRSTRLEN];
    guint64 words[2] = { GUINT64_TO_BE(point.high), GUINT64_TO_BE(point.low) };
    guint32 word = GUINT32_TO_BE((guint32)point.low);
    if (point.family == 0)
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, point.low);
    else if (point.family == 4)
        g_string_append(out, inet_ntop(AF_INET, &word, address, sizeof address));
    else
        g_string_append(out, inet_ntop(AF_INET6, words, address, sizeof address));
}

static const char *points_text(KjBackText *text, const KjBackPoints *points) {
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < points->count; i++) {
        const KjInterval *interval = &points->intervals[i];
        g_string_append(out, i ? ", " : "");
        append_point(interval->low, out);
        if (kj_ordinal_compare(interval->low, interval->high) != 0) {
            g_string_append(out, "..");
            append_point(interval->high, out);
        }
    }
    return set_text(text, out->str, points->count);
}

/* ---- time ---- */

static void append_date(guint64 day, GString *out) {
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((gint64)(day * DAY_SECONDS));
    g_autofree char *text = g_date_time_format(date, "%Y-%m-%d");
    g_string_append(out, text);
}

static void append_minutes(guint64 first, guint64 last, GString *out) {
    g_string_append_printf(out, "%02u:%02u..%02u:%02u", (guint)(first / 60), (guint)(first % 60), (guint)(last / 60), (guint)(last % 60));
}

static gboolean whole_minutes(KjBack *back, const KjInterval *interval) {
    if (interval->low.low % 60 == 0 && interval->high.low % 60 == 59)
        return TRUE;
    return kj_back_refuse(back, _("a time that is no whole minute"));
}

/* A stretch of time as the days and parts of days that it consists of. */
static guint append_span(const KjInterval *span, GString *out) {
    guint64 first_day = span->low.low / DAY_SECONDS, last_day = span->high.low / DAY_SECONDS;
    guint64 first = span->low.low % DAY_SECONDS / 60, last = span->high.low % DAY_SECONDS / 60;
    guint count = 0;
    if (first_day == last_day && (first > 0 || last < 1439)) {
        append_date(first_day, out);
        g_string_append_c(out, ' ');
        append_minutes(first, last, out);
        return 1;
    }
    if (first > 0) {
        append_date(first_day++, out);
        g_string_append_c(out, ' ');
        append_minutes(first, 1439, out);
        count++;
    }
    guint64 whole_end = last < 1439 ? last_day : last_day + 1; /* the first day that is not whole */
    if (first_day < whole_end) {
        g_string_append(out, count++ ? ", " : "");
        append_date(first_day, out);
        g_string_append(out, "..");
        append_date(whole_end - 1, out);
    }
    if (last < 1439) {
        g_string_append(out, count++ ? ", " : "");
        append_date(last_day, out);
        g_string_append_c(out, ' ');
        append_minutes(0, last, out);
    }
    return count;
}

/* Stretches of time as a window; NULL: refused. */
static const char *spans_text(KjBackText *text, const KjBackPoints *spans) {
    g_autoptr(GString) out = g_string_new(NULL);
    guint count = 0;
    for (guint i = 0; i < spans->count; i++) {
        if (!whole_minutes(text->back, &spans->intervals[i]))
            return NULL;
        g_string_append(out, i ? ", " : "");
        count += append_span(&spans->intervals[i], out);
    }
    return set_text(text, out->str, count);
}

/* Times of the day on some weekdays; one of both may be NULL. */
static const char *week_text(KjBackText *text, const KjBackPoints *hours, const KjBackPoints *days) {
    static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
    static const KjInterval any = { { 0, 0, 0 }, { 0, 0, 0 } };
    g_autoptr(GString) out = g_string_new(NULL);
    guint count = 0;
    for (guint d = 0; d < (days ? G_N_ELEMENTS(names) : 1); d++) {
        if (days && kj_back_apart(text->back, days, kj_back_range(text->back, d, d)))
            continue;
        for (guint h = 0; h < (hours ? hours->count : 1); h++) {
            const KjInterval *hour = hours ? &hours->intervals[h] : &any;
            g_string_append_printf(out, "%s%s%s", count++ ? ", " : "", days ? names[d] : "", days && hours ? " " : "");
            if (hours && !whole_minutes(text->back, hour))
                return NULL;
            if (hours)
                append_minutes(hour->low.low / 60, hour->high.low / 60, out);
        }
    }
    return set_text(text, out->str, count);
}

/* ---- conditions ---- */

static void add_term(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_term(GString *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_string_append(out, out->len ? " and " : "");
    g_string_append_vprintf(out, format, arguments);
    va_end(arguments);
}

static void add_interfaces(const KjBackInterfaces *interfaces, GString *out) {
    for (; interfaces; interfaces = interfaces->next) {
        g_autofree char *names = g_strjoinv("\", \"", interfaces->test->names);
        add_term(out, "%s %s { \"%s\" }", interfaces->test->field == KJ_BACK_IIF ? "iif" : "oif",
                 interfaces->test->negated ? "not in" : "in", names);
    }
}

static void add_states(const KjBackPoints *states, KjBack *back, GString *out) {
    static const char *const names[] = { "new", "established", "related", "invalid" };
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (!kj_back_apart(back, states, kj_back_range(back, i, i)))
            g_string_append_printf(list, "%s%s", list->len ? ", " : "", names[i]);
    gboolean untracked = !kj_back_apart(back, states, kj_back_range(back, KJ_BACK_UNTRACKED, KJ_BACK_UNTRACKED));
    if (list->len && untracked)
        add_term(out, "(state in { %s } or state == none)", list->str);
    else if (untracked)
        add_term(out, "state == none");
    else
        add_term(out, "state in { %s }", list->str);
}

static gboolean add_times(KjBackText *text, const KjBackCondition *condition, GString *out) {
    const KjBackPoints *spans = condition->points[KJ_BACK_TIME], *hours = condition->points[KJ_BACK_HOUR],
                       *days = condition->points[KJ_BACK_DAY];
    const char *window;
    if (spans) {
        if (!(window = spans_text(text, spans)))
            return FALSE;
        add_term(out, "during %s", window);
    }
    if (hours || days) {
        if (!(window = week_text(text, hours, days)))
            return FALSE;
        add_term(out, "during %s", window);
    }
    return TRUE;
}

static gboolean append_condition(KjBackText *text, const KjBackCondition *condition, GString *out) {
    static const struct {
        KjBackField field;
        const char *name;
    } plain[] = { { KJ_BACK_FROM, "from" }, { KJ_BACK_TO, "to" }, { KJ_BACK_PROTO, "proto" }, { KJ_BACK_SOURCE_PORT, "source_port" },
                  { KJ_BACK_PORT, "port" }, { KJ_BACK_ICMP_TYPE, "icmp_type" }, { KJ_BACK_ICMP_CODE, "icmp_code" } };
    g_autoptr(GString) terms = g_string_new(NULL);
    const KjBackPoints *families = condition->points[KJ_BACK_FAMILY];
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        if (condition->points[plain[i].field])
            add_term(terms, "%s in %s", plain[i].name, points_text(text, condition->points[plain[i].field]));
    if (families && !condition->points[KJ_BACK_FROM] && !condition->points[KJ_BACK_TO])
        add_term(terms, "from in { %s }", kj_back_apart(text->back, families, kj_back_range(text->back, 6, 6)) ? "0.0.0.0/0" : "::/0");
    if (condition->points[KJ_BACK_STATE])
        add_states(condition->points[KJ_BACK_STATE], text->back, terms);
    add_interfaces(condition->interfaces, terms);
    if (!add_times(text, condition, terms))
        return FALSE;
    g_string_append(out, terms->str);
    return TRUE;
}

static gboolean is_time_only(const KjBackCondition *condition) {
    for (guint field = 0; field < KJ_BACK_FIELDS; field++)
        if ((condition->points[field] != NULL) != (field == KJ_BACK_TIME))
            return FALSE;
    return !condition->interfaces;
}

/* Escapes that are only stretches of time are one window together. */
static gboolean append_escapes(KjBackText *text, const KjBackCase *one, GString *out) {
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    g_autoptr(GString) list = g_string_new(NULL);
    for (const KjBackEscape *escape = one->unless; escape; escape = escape->next) {
        const KjBackPoints *its_time = escape->when->points[KJ_BACK_TIME];
        if (is_time_only(escape->when)) {
            g_array_append_vals(spans, its_time->intervals, its_time->count);
            continue;
        }
        g_string_append(list, list->len ? " or (" : "(");
        if (!append_condition(text, escape->when, list))
            return FALSE;
        g_string_append_c(list, ')');
    }
    if (spans->len) {
        const char *window = spans_text(text, kj_back_points(text->back, (const KjInterval *)(const void *)spans->data, spans->len));
        if (!window)
            return FALSE;
        g_string_append_printf(list, "%sduring %s", list->len ? " or " : "", window);
    }
    if (list->len)
        g_string_append_printf(out, " unless %s", list->str);
    return TRUE;
}

/* ---- rules ---- */

static void append_limit(const KjBackBucket *bucket, GString *out) {
    static const struct {
        KjBackField field;
        const char *name;
    } keys[] = { { KJ_BACK_FROM, "from" }, { KJ_BACK_TO, "to" }, { KJ_BACK_PROTO, "proto" }, { KJ_BACK_SOURCE_PORT, "source_port" },
                 { KJ_BACK_PORT, "port" }, { KJ_BACK_IIF, "iif" }, { KJ_BACK_OIF, "oif" } };
    const char *separator = " per { ";
    g_string_append_printf(out, "limit rate %" G_GUINT64_FORMAT "%s/%" G_GUINT64_FORMAT "s burst %" G_GUINT64_FORMAT, bucket->rate.number,
                           bucket->rate.bytes ? "B" : "", bucket->rate.seconds, bucket->rate.depth);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (bucket->per >> keys[i].field & 1) {
            g_string_append_printf(out, "%s%s", separator, keys[i].name);
            separator = ", ";
        }
    }
    g_string_append(out, bucket->per ? " }" : "");
}

static gboolean append_rule(KjBackText *text, guint number, const KjBackCase *one) {
    GString *out = text->blocks;
    g_autoptr(GString) when = g_string_new(NULL);
    g_string_append_printf(out, "    ## %s\n    n%u: ", one->line->place, number);
    if (one->line->bucket)
        append_limit(one->line->bucket, out);
    else
        g_string_append(out, one->line->verdict == KJ_BACK_ACCEPT ? "allow" : one->line->verdict == KJ_BACK_REJECT ? "reject" : "deny");
    text->back->place = one->line->place;
    if (!append_condition(text, one->when, when))
        return FALSE;
    if (when->len)
        g_string_append_printf(out, " when %s", when->str);
    if (!append_escapes(text, one, out))
        return FALSE;
    text->back->place = NULL;
    g_string_append_printf(out, "%s%s", one->line->logs ? " @log" : "", one->line->alerts ? " @alert" : "");
    if (one->line->bucket)
        g_string_append_printf(out, " @ref(\"%s\")", one->line->bucket->label);
    g_string_append(out, ";\n");
    return TRUE;
}

/* ---- what no packet is ---- */

static void append_impossible(KjBackText *text, KjBackAspect aspect) {
    static const char families[] = "unless (from in { 0.0.0.0/0 } and to in { 0.0.0.0/0 }) or (from in { ::/0 } and to in { ::/0 })";
    static const char whole[] =
        "unless (proto in { " PORTED " } and port != none and source_port != none and icmp_type == none and icmp_code == none)"
        " or (proto in { " ICMP " } and port == none and source_port == none and icmp_type != none and icmp_code != none)"
        " or (proto not in { " PORTED ", " ICMP " } and port == none and source_port == none and icmp_type == none and icmp_code == none)";
    static const char later[] = "unless port == none and source_port == none and icmp_type == none and icmp_code == none";
    static const char *const clocks[] = { [KJ_BACK_ANY_CLOCK] = "during 1970-01-01..2019-12-31",
                                          [KJ_BACK_SET_CLOCK] = "unless during 2020-01-01..2099-12-31",
                                          [KJ_BACK_UNSET_CLOCK] = "during 1970-01-01..2099-12-31" };
    const char *const clauses[] = { families, aspect.fragments ? later : whole, clocks[aspect.clock],
                                    strcmp(text->back->hook, "output") == 0 ? "unless iif == none" : "unless iif != none",
                                    strcmp(text->back->hook, "input") == 0 ? "unless oif == none" : "unless oif != none" };
    for (guint i = 0; i < G_N_ELEMENTS(clauses); i++)
        g_string_append_printf(text->blocks, "    impossible%u: deny %s;\n", i + 1, clauses[i]);
}

gboolean kj_back_write_block(KjBackText *text, const char *name, KjBackAspect aspect, const GArray *cases) {
    g_string_append_printf(text->blocks, "firewall %s {\n    hook = %s;\n    stateful = %s;\n    default %s;\n", name, text->back->hook,
                           text->back->stateful ? "true" : "false", text->back->base->accepts ? "allow" : "deny");
    append_impossible(text, aspect);
    for (guint i = 0; i < cases->len; i++)
        if (!append_rule(text, i + 1, &g_array_index(cases, KjBackCase, i)))
            return FALSE;
    g_string_append(text->blocks, "}\n");
    return TRUE;
}
