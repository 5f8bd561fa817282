/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that write the HTML page share. For this folder only. */
#ifndef KJ_REPORT_PAGE_H
#define KJ_REPORT_PAGE_H

#include "words.h"

/* Escaped for text and for quoted attributes. */
void kj_page_text(GString *out, const char *text);

/* sides.c: both texts escaped, words that only one has in <mark>. Free both with g_free. */
void kj_page_sides(const char *old_text, const char *new_text, char **old_html, char **new_html);

/* svg.c: the map with its legend. */
void kj_page_map(const KjReport *report, const KjReportMap *map, GString *out);

/* style.c */
extern const char kj_page_style[];

#endif
