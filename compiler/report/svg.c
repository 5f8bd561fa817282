/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A map as inline SVG: columns and rows of bands, cells filled where the change lies. Widths of letters are guessed, wide ones as two. */
#include "page.h"

#include <string.h>

enum {
    CELL_WIDTH = 92,
    CELL_HEIGHT = 30,
    LETTER = 7,          /* pixels of a narrow letter */
    LABEL_MOST = 26,     /* columns; what is cut stands in the tooltip */
    MARGIN = 8,
    SLANT_WIDTH_PER_100 = 87, /* a label slanted by 30 degrees: cosine */
    SLANT_HEIGHT_PER_100 = 50, /* and sine */
};

static guint columns_of(const char *text) {
    guint columns = 0;
    for (; *text; text = g_utf8_next_char(text))
        columns += g_unichar_iszerowidth(g_utf8_get_char(text)) ? 0 : g_unichar_iswide(g_utf8_get_char(text)) ? 2 : 1;
    return columns;
}

/* The label cut to LABEL_MOST columns. Free with g_free. */
static char *cut(const char *text) {
    g_autoptr(GString) out = g_string_new(NULL);
    guint used = 0;

    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        used += g_unichar_iswide(g_utf8_get_char(p)) ? 2 : 1;
        if (used > LABEL_MOST - 1 && columns_of(text) > LABEL_MOST) {
            g_string_append(out, "…");
            break;
        }
        g_string_append_unichar(out, g_utf8_get_char(p));
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static guint longest(const KjReportAxis *axis) {
    guint columns = 0;
    for (guint i = 0; i < axis->count; i++)
        columns = MAX(columns, MIN(columns_of(axis->labels[i]), LABEL_MOST));
    return columns;
}

static void append_label(GString *out, const char *attributes, const char *label) {
    g_autofree char *shown = cut(label);

    g_string_append_printf(out, "<text %s>", attributes);
    if (strcmp(shown, label) != 0) {
        g_string_append(out, "<title>");
        kj_page_text(out, label);
        g_string_append(out, "</title>");
    }
    kj_page_text(out, shown);
    g_string_append(out, "</text>\n");
}

static void append_cells(const KjReportMap *map, guint left, guint top, GString *out) {
    static const char *const classes[] = { [KJ_CELL_NEITHER] = "neither", [KJ_CELL_SAME] = "same", [KJ_CELL_CHANGED] = "changed" };
    guint rows = MAX(map->y.count, 1);

    for (guint row = 0; row < rows; row++)
        for (guint column = 0; column < map->x.count; column++)
            g_string_append_printf(out, "<rect class=\"cell-%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n",
                                   classes[map->cells[row * map->x.count + column]], left + column * CELL_WIDTH, top + row * CELL_HEIGHT,
                                   CELL_WIDTH, CELL_HEIGHT);
}

static void append_legend(const KjReport *report, const KjReportMap *map, GString *out) {
    static const struct {
        KjReportCell cell;
        const char *name;
        KjSaying saying;
    } entries[] = { { KJ_CELL_CHANGED, "changed", KJ_SAY_CELL_CHANGED },
                    { KJ_CELL_SAME, "same", KJ_SAY_CELL_SAME },
                    { KJ_CELL_NEITHER, "neither", KJ_SAY_CELL_NEITHER } };
    guint cells = map->x.count * MAX(map->y.count, 1);

    g_string_append(out, "<div class=\"legend\">");
    for (guint i = 0; i < G_N_ELEMENTS(entries); i++) {
        if (!memchr(map->cells, entries[i].cell, cells))
            continue;
        g_string_append_printf(out, "<span class=\"l-%s\">", entries[i].name);
        kj_page_text(out, kj_say(report, entries[i].saying, NULL, NULL, NULL));
        g_string_append(out, "</span>");
    }
    g_string_append(out, "</div>\n");
}

void kj_page_map(const KjReport *report, const KjReportMap *map, GString *out) {
    guint rows = MAX(map->y.count, 1), slanted = longest(&map->x) * LETTER;
    guint left = MAX(longest(&map->y) * LETTER + 2 * MARGIN, MIN(slanted * SLANT_WIDTH_PER_100 / 100, 200)), top = MARGIN;
    guint width = left + map->x.count * CELL_WIDTH + MARGIN, bottom = top + rows * CELL_HEIGHT,
          height = bottom + slanted * SLANT_HEIGHT_PER_100 / 100 + 3 * MARGIN;
    const char *title = map->y.count ? kj_say(report, KJ_SAY_MAP_TITLE, map->x.field, map->y.field, NULL)
                                     : kj_say(report, KJ_SAY_STRIP_TITLE, map->x.field, NULL, NULL);

    g_string_append_printf(out, "<figure><svg role=\"img\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" aria-label=\"", width, height,
                           width, height);
    kj_page_text(out, title);
    g_string_append(out, "\">\n");
    append_cells(map, left, top, out);
    for (guint i = 0; i < map->y.count; i++) {
        g_autofree char *place = g_strdup_printf("x=\"%u\" y=\"%u\" text-anchor=\"end\"", left - MARGIN,
                                                 top + i * CELL_HEIGHT + CELL_HEIGHT / 2 + 4);
        append_label(out, place, map->y.labels[i]);
    }
    for (guint i = 0; i < map->x.count; i++) {
        guint x = left + i * CELL_WIDTH + CELL_WIDTH / 2 + 4, y = bottom + 2 * MARGIN;
        g_autofree char *place = g_strdup_printf("x=\"%u\" y=\"%u\" text-anchor=\"end\" transform=\"rotate(-30 %u %u)\"", x, y, x, y);
        append_label(out, place, map->x.labels[i]);
    }
    g_string_append(out, "</svg>\n<figcaption>");
    kj_page_text(out, title);
    g_string_append(out, "</figcaption>\n");
    append_legend(report, map, out);
    g_string_append(out, "</figure>\n");
}
