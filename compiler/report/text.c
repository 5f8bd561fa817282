/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report for a terminal: the marks stand in a column of their own, so that an eye going down the page stops where something opens.
 *
 *     network.border.perimeter  widens
 *       WIDER      Newly let through: packets from 10.0.1.0/24, to dmz.web (256 addresses gain).
 *                  before  deny @log   default   network/border.pol:12
 *                  after   allow       `web`     network/border.pol:17
 *                  example kijun explain . network.border.perimeter from=10.0.1.1 ...
 */
#include <string.h>

#include "report.h"
#include "words.h"

enum {
    PARTS_TOLD = 4,     /* of one change */
    LETTERS_TOLD = 200, /* of one part */
};

#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define FAINT "\033[2m"

static const char *const colours[] = {
    [KJ_TONE_WIDER] = "\033[1;31m", [KJ_TONE_WEAKER] = "\033[1;31m",   [KJ_TONE_OTHER] = "\033[1;35m",
    [KJ_TONE_NARROWER] = "\033[1;34m", [KJ_TONE_STRONGER] = "\033[1;32m",
};

typedef struct {
    const KjReport *report;
    gboolean colour;
    GString *out;
    guint mark_width; /* columns */
} Printer;

static const char *style(const Printer *printer, const char *code) {
    return printer->colour ? code : "";
}

/* Columns on a terminal. */
static guint width(const char *text) {
    guint columns = 0;
    for (; *text; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

static void append_padded(GString *out, const char *text, guint columns) {
    g_string_append(out, text);
    for (guint used = width(text); used < columns; used++)
        g_string_append_c(out, ' ');
}

static void append_line(const Printer *printer, KjTone tone, const char *mark, const char *headline) {
    g_string_append_printf(printer->out, "  %s", style(printer, colours[tone]));
    append_padded(printer->out, mark, printer->mark_width);
    g_string_append_printf(printer->out, "%s  %s\n", style(printer, PLAIN), headline);
}

/* What stands under a headline: a label, and what it labels. */
static void append_fact(const Printer *printer, KjSaying label, const char *text) {
    const char *word = kj_say(printer->report, label, NULL, NULL, NULL);
    g_autofree char *lower = g_utf8_strdown(word, -1);
    guint labels = printer->report->ja ? 6 : 7;

    for (guint i = 0; i < printer->mark_width + 4; i++)
        g_string_append_c(printer->out, ' ');
    g_string_append(printer->out, style(printer, FAINT));
    append_padded(printer->out, lower, labels);
    g_string_append_printf(printer->out, "%s  %s\n", style(printer, PLAIN), text);
}

static void append_rule(const Printer *printer, KjSaying label, const KjReportRule *rule) {
    g_autoptr(GString) text = g_string_new(rule->decision);

    if (rule->rule)
        g_string_append_printf(text, "  `%s`", rule->label);
    else if (strcmp(rule->decision, rule->label) != 0)
        g_string_append_printf(text, "  (%s)", rule->label);
    if (rule->file)
        g_string_append_printf(text, "  %s:%u", rule->file, rule->line);
    append_fact(printer, label, text->str);
}

/* No more of it than a line or two of a terminal. Free with g_free. */
static char *cut(const char *text) {
    if (g_utf8_strlen(text, -1) <= LETTERS_TOLD)
        return g_strdup(text);
    g_autofree char *start = g_utf8_substring(text, 0, LETTERS_TOLD);
    return g_strconcat(start, " …", NULL);
}

/* One part stands in the headline. */
static void append_where(const Printer *printer, const KjReportChange *change) {
    guint parts = change->where->len + change->where_untold, told = MIN(change->where->len, PARTS_TOLD);

    for (guint i = 0; parts > 1 && i < told; i++) {
        g_autofree char *part = cut(change->where->pdata[i]);
        append_fact(printer, KJ_SAY_WHERE, part);
    }
    if (parts > told)
        append_fact(
            printer, KJ_SAY_WHERE,
            kj_say(printer->report, KJ_SAY_MORE_CHANGES, kj_say_count(printer->report, parts - told, KJ_NOUN_MORE_PARTS), NULL, NULL));
}

static void append_change(const Printer *printer, const KjReportChange *change) {
    append_line(printer, change->tone, change->mark, change->headline);
    append_rule(printer, KJ_SAY_BEFORE, &change->old_rule);
    append_rule(printer, KJ_SAY_AFTER, &change->new_rule);
    if (!printer->report->options.brief)
        append_where(printer, change);
    if (change->example)
        append_fact(printer, KJ_SAY_EXAMPLE, change->example);
    if (change->caution)
        g_string_append_printf(printer->out, "%*s%s\n", (int)printer->mark_width + 4, "", change->caution);
}

static void append_guard(const Printer *printer, const KjReportGuard *guard) {
    append_line(printer, guard->tone, guard->mark, guard->headline);
    if (guard->old_place)
        append_fact(printer, KJ_SAY_BEFORE, guard->old_place);
    if (guard->new_place)
        append_fact(printer, KJ_SAY_AFTER, guard->new_place);
}

static void append_heading(const Printer *printer, const char *title, const char *after) {
    g_string_append_printf(printer->out, "\n%s%s%s%s%s\n", style(printer, BOLD), title, style(printer, PLAIN), *after ? "  " : "", after);
}

/* What time brings is told in short. */
static void append_timed(const Printer *printer, const KjReportTimed *timed) {
    append_heading(printer, timed->headline, timed->block->title);
    for (guint i = 0; i < timed->block->changes->len; i++) {
        const KjReportChange *change = timed->block->changes->pdata[i];
        append_line(printer, change->tone, change->mark, change->headline);
        if (change->example)
            append_fact(printer, KJ_SAY_EXAMPLE, change->example);
    }
    if (timed->block->more)
        g_string_append_printf(printer->out, "  %s\n", timed->block->more);
}

/* Regions first; guards lost are as loud. */
static void append_block_lines(const Printer *printer, const KjReportBlock *block) {
    if (block->trouble)
        append_line(printer, KJ_TONE_OTHER, kj_say_tone(printer->report, KJ_TONE_OTHER), block->trouble);
    for (guint i = 0; i < block->changes->len; i++)
        append_change(printer, block->changes->pdata[i]);
    if (block->more)
        g_string_append_printf(printer->out, "  %s\n", block->more);
    for (guint i = 0; i < block->guards->len; i++)
        append_guard(printer, block->guards->pdata[i]);
    if (block->quiet && !printer->report->options.brief)
        g_string_append_printf(printer->out, "  %s%s%s\n", style(printer, FAINT), block->quiet, style(printer, PLAIN));
}

/* ---- sections ---- */

static void append_indented(const Printer *printer, const char *text, guint columns) {
    g_auto(GStrv) lines = g_strsplit(kj_report_clean(printer->report->arena, text, TRUE), "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line || line[1])
            g_string_append_printf(printer->out, "%*s%s\n", (int)columns, "", *line);
}

static void append_item(const Printer *printer, const KjReportItem *item, guint marks) {
    if (item->mark) {
        g_string_append_printf(printer->out, "  %s", item->tone ? style(printer, colours[item->tone]) : "");
        append_padded(printer->out, item->mark, marks);
        g_string_append_printf(printer->out, "%s  ", item->tone ? style(printer, PLAIN) : "");
    } else {
        g_string_append_printf(printer->out, "%*s", marks ? (int)marks + 4 : 2, "");
    }
    g_string_append_printf(printer->out, "%s\n", kj_report_clean(printer->report->arena, item->sentence, FALSE));
    for (const char *const *fact = item->facts; fact && *fact; fact++)
        append_indented(printer, *fact, marks ? marks + 4 : 4);
    if (item->text)
        append_indented(printer, item->text, marks ? marks + 6 : 6);
}

static void append_sections(const Printer *printer, gboolean first) {
    const GPtrArray *sections = printer->report->options.sections;
    for (guint i = 0; sections && i < sections->len; i++) {
        const KjReportSection *section = sections->pdata[i];
        guint marks = 0;
        if (section->first != first || section->items->len == 0)
            continue;
        for (guint n = 0; n < section->items->len; n++) {
            const char *mark = g_array_index(section->items, KjReportItem, n).mark;
            marks = MAX(marks, mark ? width(mark) : 0);
        }
        append_heading(printer, section->title, "");
        for (guint n = 0; n < section->items->len; n++)
            append_item(printer, &g_array_index(section->items, KjReportItem, n), marks);
    }
}

void kj_report_print_text(const KjReport *report, gboolean colour, GString *out) {
    Printer printer = { report, colour, out, 0 };

    for (KjTone tone = KJ_TONE_WIDER; tone <= KJ_TONE_STRONGER; tone++)
        printer.mark_width = MAX(printer.mark_width, width(kj_say_tone(report, tone)));
    g_string_append_printf(out, "%s%s%s\n", style(&printer, BOLD), report->summary, style(&printer, PLAIN));
    append_sections(&printer, TRUE);
    for (guint i = 0; i < report->blocks->len; i++) {
        const KjReportBlock *block = report->blocks->pdata[i];
        append_heading(&printer, block->title, block->verdict);
        append_block_lines(&printer, block);
    }
    if (report->guards->len > 0)
        append_heading(&printer, kj_say(report, KJ_SAY_GUARDS, NULL, NULL, NULL), "");
    for (guint i = 0; i < report->guards->len; i++)
        append_guard(&printer, report->guards->pdata[i]);
    if (report->options.until_date && report->timed->len == 0)
        g_string_append_printf(out, "\n%s\n", kj_say(report, KJ_SAY_TIMED_NONE, report->options.until_date, NULL, NULL));
    for (guint i = 0; i < report->timed->len; i++)
        append_timed(&printer, report->timed->pdata[i]);
    if (report->quiet && !report->options.brief)
        g_string_append_printf(out, "\n%s%s%s\n", style(&printer, FAINT), report->quiet, style(&printer, PLAIN));
    append_sections(&printer, FALSE);
}
