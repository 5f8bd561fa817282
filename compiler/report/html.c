/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report as one HTML file that is whole by itself: no script, no font, no picture from elsewhere, and a content policy that forbids them.
 *
 * First screen: one sentence a change. Below: rules side by side, a map, the parts of the region; the text diff is folded. Last comes the
 * digest of the file without the line it stands on, so that `grep -v 'id="digest"' FILE | sha256sum` tells whether anything was altered on
 * the way. Quotes of a policy are escaped, so no other line can look like it.
 */
#include <string.h>

#include "page.h"

static const char *const tones[] = {
    [KJ_TONE_WIDER] = "wider",       [KJ_TONE_WEAKER] = "weaker",     [KJ_TONE_OTHER] = "other",
    [KJ_TONE_NARROWER] = "narrower", [KJ_TONE_STRONGER] = "stronger",
};

typedef struct {
    const KjReport *report;
    GString *out;
    guint listed, detailed; /* changes so far: the anchors of both parts count alike */
} Page;

void kj_page_text(GString *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\'':
            g_string_append(out, "&#39;");
            break;
        default:
            g_string_append_c(out, *text);
        }
    }
}

/* `tag` is all of a start tag; its first word ends the element. */
static void element(const Page *page, const char *tag, const char *text) {
    g_string_append_printf(page->out, "<%s>", tag);
    kj_page_text(page->out, text);
    g_string_append_printf(page->out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

/* A sentence: what stands in backticks is code. */
static void sentence(const Page *page, const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "`", -1);
    guint count = g_strv_length(parts);

    for (guint i = 0; i < count; i++) {
        if (i % 2 == 1 && i + 1 < count)
            element(page, "code", parts[i]);
        else {
            g_string_append(page->out, i % 2 == 1 ? "`" : ""); /* one without a partner */
            kj_page_text(page->out, parts[i]);
        }
    }
}

static const char *say(const Page *page, KjSaying saying) {
    return kj_say(page->report, saying, NULL, NULL, NULL);
}

/* ---- first screen ---- */

static void append_mark(const Page *page, const char *mark) {
    element(page, "span class=\"mark\"", mark);
}

/* A command, which is only broken between words: a date torn at a hyphen is hard to read. */
static void append_command(const Page *page, const char *command) {
    g_auto(GStrv) words = g_strsplit(command, " ", -1);

    g_string_append(page->out, "<code>");
    for (char **word = words; *word; word++) {
        g_string_append(page->out, word == words ? "" : " ");
        element(page, "span class=\"word\"", *word);
    }
    g_string_append(page->out, "</code>");
}

/* What it was and is, where that says something, and an example. */
static void append_facts(const Page *page, const KjReportChange *change) {
    g_string_append(page->out, "<p class=\"fact\">");
    if (strcmp(change->old_rule.decision, change->new_rule.decision) != 0) {
        g_string_append(page->out, "<span>");
        element(page, "code", change->old_rule.decision);
        g_string_append(page->out, " → ");
        element(page, "code", change->new_rule.decision);
        g_string_append(page->out, "</span>");
    }
    if (change->example) {
        g_string_append(page->out, " <span>");
        kj_page_text(page->out, say(page, KJ_SAY_EXAMPLE));
        g_string_append(page->out, ": ");
        append_command(page, change->example);
        g_string_append(page->out, "</span>");
    }
    g_string_append(page->out, "</p>\n");
    if (change->caution)
        element(page, "p class=\"fact\"", change->caution);
}

static void append_listed(Page *page, const KjReportChange *change) {
    g_string_append_printf(page->out, "<li class=\"%s\"><p class=\"sentence\">", tones[change->tone]);
    append_mark(page, change->mark);
    g_string_append_printf(page->out, "<a href=\"#change-%u\">", ++page->listed);
    sentence(page, change->headline);
    g_string_append(page->out, "</a></p>\n");
    append_facts(page, change);
    g_string_append(page->out, "</li>\n");
}

static void append_guard(const Page *page, const KjReportGuard *guard) {
    g_string_append_printf(page->out, "<li class=\"%s\"><p class=\"sentence\">", tones[guard->tone]);
    append_mark(page, guard->mark);
    sentence(page, guard->headline);
    g_string_append(page->out, "</p>");
    if (guard->old_place || guard->new_place) {
        g_string_append(page->out, "<p class=\"fact mono\">");
        kj_page_text(page->out, guard->old_place ? guard->old_place : "");
        g_string_append(page->out, guard->old_place && guard->new_place ? " → " : "");
        kj_page_text(page->out, guard->new_place ? guard->new_place : "");
        g_string_append(page->out, "</p>");
    }
    g_string_append(page->out, "</li>\n");
}

static void append_heading(const Page *page, const char *title, const char *after) {
    g_string_append(page->out, "<h2><span>");
    sentence(page, title);
    g_string_append(page->out, "</span>");
    g_string_append_c(page->out, ' ');
    element(page, "small", after);
    g_string_append(page->out, "</h2>\n");
}

static void append_trouble(const Page *page, const char *trouble) {
    g_string_append(page->out, "<li class=\"other\"><p class=\"sentence\">");
    append_mark(page, kj_say_tone(page->report, KJ_TONE_OTHER));
    sentence(page, trouble);
    g_string_append(page->out, "</p></li>\n");
}

static void append_block(Page *page, const KjReportBlock *block) {
    g_string_append(page->out, "<ol class=\"told\">\n");
    if (block->trouble)
        append_trouble(page, block->trouble);
    for (guint i = 0; i < block->changes->len; i++)
        append_listed(page, block->changes->pdata[i]);
    for (guint i = 0; i < block->guards->len; i++)
        append_guard(page, block->guards->pdata[i]);
    g_string_append(page->out, "</ol>\n");
    if (block->more)
        element(page, "p class=\"quiet\"", block->more);
    if (block->quiet) {
        g_string_append(page->out, "<p class=\"quiet\">");
        sentence(page, block->quiet);
        g_string_append(page->out, "</p>\n");
    }
}

static void append_timed(Page *page) {
    const KjReport *report = page->report;

    if (!report->options.until_date)
        return;
    g_string_append(page->out, "<section>");
    element(page, "h2 class=\"part\"", say(page, KJ_SAY_TIMED));
    if (report->timed->len == 0)
        element(page, "p class=\"quiet\"", kj_say(report, KJ_SAY_TIMED_NONE, report->options.until_date, NULL, NULL));
    for (guint i = 0; i < report->timed->len; i++) {
        const KjReportTimed *timed = report->timed->pdata[i];
        append_heading(page, timed->headline, timed->block->title);
        append_block(page, timed->block);
    }
    g_string_append(page->out, "</section>\n");
}

static void append_first_screen(Page *page) {
    const KjReport *report = page->report;

    for (guint i = 0; i < report->blocks->len; i++) {
        const KjReportBlock *block = report->blocks->pdata[i];
        append_heading(page, block->title, block->verdict);
        append_block(page, block);
    }
    if (report->guards->len > 0) {
        append_heading(page, say(page, KJ_SAY_GUARDS), "");
        g_string_append(page->out, "<ol class=\"told\">\n");
        for (guint i = 0; i < report->guards->len; i++)
            append_guard(page, report->guards->pdata[i]);
        g_string_append(page->out, "</ol>\n");
    }
    if (report->quiet) {
        g_string_append(page->out, "<p class=\"quiet\">");
        kj_page_text(page->out, report->quiet);
        g_string_append(page->out, "</p>\n");
    }
}

/* ---- sections ---- */

static void append_item(const Page *page, const KjReportItem *item) {
    KjArena *arena = page->report->arena;

    g_string_append_printf(page->out, "<li class=\"%s\"><p class=\"sentence\">", item->tone ? tones[item->tone] : "plain");
    if (item->mark)
        append_mark(page, item->mark);
    sentence(page, kj_report_clean(arena, item->sentence, FALSE));
    g_string_append(page->out, "</p>");
    for (const char *const *fact = item->facts; fact && *fact; fact++) {
        g_string_append(page->out, "<p class=\"fact\"><span>");
        sentence(page, kj_report_clean(arena, *fact, FALSE));
        g_string_append(page->out, "</span></p>");
    }
    if (item->text)
        element(page, "pre", kj_report_clean(arena, item->text, TRUE));
    g_string_append(page->out, "</li>\n");
}

static void append_sections(const Page *page, gboolean first) {
    const GPtrArray *sections = page->report->options.sections;

    for (guint i = 0; sections && i < sections->len; i++) {
        const KjReportSection *section = sections->pdata[i];
        if (section->first != first || section->items->len == 0)
            continue;
        append_heading(page, section->title, "");
        g_string_append(page->out, "<ol class=\"told\">\n");
        for (guint n = 0; n < section->items->len; n++)
            append_item(page, &g_array_index(section->items, KjReportItem, n));
        g_string_append(page->out, "</ol>\n");
    }
}

/* ---- details ---- */

static void append_side(const Page *page, KjSaying title, const KjReportRule *rule, const char *side, const char *source) {
    g_string_append_printf(page->out, "<div class=\"side %s\">", side);
    element(page, "h4", say(page, title));
    g_string_append(page->out, "<p><span class=\"decision mono\">");
    kj_page_text(page->out, rule->decision);
    g_string_append(page->out, "</span> ");
    if (strcmp(rule->decision, rule->label) != 0)
        element(page, rule->rule ? "code" : "span", rule->label);
    if (rule->file) {
        g_autofree char *place = g_strdup_printf(" %s:%u", rule->file, rule->line);
        element(page, "span class=\"quiet mono\"", place);
    }
    g_string_append(page->out, "</p>");
    if (*rule->sentence) {
        g_string_append(page->out, "<p>");
        sentence(page, rule->sentence);
        g_string_append(page->out, "</p>");
    }
    if (*source)
        g_string_append_printf(page->out, "<pre>%s</pre>", source);
    g_string_append(page->out, "</div>\n");
}

enum { PARTS_SHOWN = 3 /* more are folded */ };

static void append_where(const Page *page, const KjReportChange *change) {
    gboolean folded = change->where->len > PARTS_SHOWN;

    if (folded) {
        g_string_append(page->out, "<details>");
        element(page, "summary",
                kj_say(page->report, KJ_SAY_WHERE_IN, kj_say_count(page->report, change->where->len + change->where_untold, KJ_NOUN_PART),
                       NULL, NULL));
    }
    g_string_append(page->out, "<ul class=\"where\">");
    for (guint i = 0; i < change->where->len; i++) {
        const char *clauses = change->where->pdata[i];
        if (!*clauses) /* any request at all: the headline says so */
            continue;
        g_string_append(page->out, "<li>");
        element(page, "code", clauses);
        g_string_append(page->out, "</li>");
    }
    if (change->where_untold > 0)
        element(
            page, "li",
            kj_say(page->report, KJ_SAY_MORE_CHANGES, kj_say_count(page->report, change->where_untold, KJ_NOUN_MORE_PARTS), NULL, NULL));
    g_string_append(page->out, folded ? "</ul></details>\n" : "</ul>\n");
}

static void append_detailed(Page *page, const KjReportChange *change) {
    g_autofree char *old_source = NULL, *new_source = NULL;

    kj_page_sides(change->old_rule.source, change->new_rule.source, &old_source, &new_source);
    g_string_append_printf(page->out, "<article class=\"change %s\" id=\"change-%u\"><p class=\"sentence\">", tones[change->tone],
                           ++page->detailed);
    append_mark(page, change->mark);
    sentence(page, change->headline);
    g_string_append(page->out, "</p>\n<div class=\"sides\">\n");
    append_side(page, KJ_SAY_BEFORE, &change->old_rule, "old", old_source);
    append_side(page, KJ_SAY_AFTER, &change->new_rule, "new", new_source);
    g_string_append(page->out, "</div>\n");
    append_where(page, change);
    if (change->map)
        kj_page_map(page->report, change->map, page->out);
    g_string_append(page->out, "</article>\n");
}

static void append_block_details(Page *page, const KjReportBlock *block) {
    if (block->changes->len == 0)
        return;
    append_heading(page, block->title, block->verdict);
    for (guint i = 0; i < block->changes->len; i++)
        append_detailed(page, block->changes->pdata[i]);
}

static void append_details(Page *page) {
    const KjReport *report = page->report;

    if (page->listed == 0)
        return;
    element(page, "h2 class=\"part\"", say(page, KJ_SAY_DETAILS));
    for (guint i = 0; i < report->blocks->len; i++)
        append_block_details(page, report->blocks->pdata[i]);
    for (guint i = 0; i < report->timed->len; i++)
        append_block_details(page, ((const KjReportTimed *)report->timed->pdata[i])->block);
}

static void append_patch(const Page *page, const KjReportPatch *patch) {
    g_auto(GStrv) lines = g_strsplit(kj_report_clean(page->report->arena, patch->patch, TRUE), "\n", -1);

    g_string_append(page->out, "<details>");
    element(page, "summary", kj_say(page->report, KJ_SAY_TEXT_TITLE, kj_report_clean(page->report->arena, patch->path, FALSE), NULL, NULL));
    g_string_append(page->out, "<pre class=\"diff\">");
    for (char **line = lines; *line; line++) {
        if (!**line)
            continue;
        const char *kind = **line == '+' ? "span class=\"add\""
                         : **line == '-' ? "span class=\"del\""
                         : **line == ' ' ? "span"
                                         : "span class=\"hunk\"";
        element(page, kind, *line);
    }
    g_string_append(page->out, "</pre></details>\n");
}

/* ---- the page ---- */

static void append_version(const Page *page, const char *path, const char *commit) {
    element(page, "code", kj_report_clean(page->report->arena, path, FALSE));
    if (commit) {
        g_autofree char *text = g_strdup_printf(" (%.12s)", commit);
        kj_page_text(page->out, text);
    }
}

static void append_head(const Page *page) {
    const KjReport *report = page->report;

    g_string_append_printf(page->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", report->ja ? "ja" : "en");
    g_string_append(
        page->out,
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n");
    g_string_append_printf(page->out, "<meta name=\"generator\" content=\"kijun %s\">\n", report->options.version);
    element(page, "title", report->title);
    g_string_append_printf(page->out, "\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header><p>", kj_page_style);
    append_version(page, report->options.old_path, report->options.old_commit);
    g_string_append(page->out, " → ");
    append_version(page, report->options.new_path, report->options.new_commit);
    g_string_append(page->out, "</p>\n");
    element(page, "h1", report->summary);
    g_string_append(page->out, "</header>\n");
}

/* The digest is of everything but its own line. */
static void append_end(const Page *page, const char *rest) {
    g_autofree char *all = g_strconcat(page->out->str, rest, NULL), *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);

    g_string_append(page->out, "<p id=\"digest\">");
    kj_page_text(page->out, say(page, KJ_SAY_DIGEST));
    g_string_append_printf(page->out, " <code>%s</code></p>\n%s", digest, rest);
}

void kj_report_print_html(const KjReport *report, GString *out) {
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { report, text, 0, 0 };
    const GPtrArray *patches = report->options.patches;

    append_head(&page);
    append_sections(&page, TRUE);
    append_first_screen(&page);
    append_timed(&page);
    append_sections(&page, FALSE);
    append_details(&page);
    for (guint i = 0; patches && i < patches->len; i++)
        append_patch(&page, patches->pdata[i]);
    g_string_append(text, "<footer>\n");
    element(&page, "p", kj_say(report, KJ_SAY_MADE_BY, report->options.version, NULL, NULL));
    g_string_append_c(text, '\n');
    append_end(&page, "</footer>\n</main>\n</body>\n</html>\n");
    g_string_append_len(out, text->str, (gssize)text->len);
}
