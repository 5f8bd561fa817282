/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manual pages: a few words of man(7), and the pages of the two file formats. */
#ifndef KJ_MANUAL_H
#define KJ_MANUAL_H

#include "cli.h"

/* The names of all pages on standard output, one a line: kijun, kijun-check, ..., kijun-policy, kijun-table. */
void kj_manual_list(void);

/* Text as man(7) prints it: backslashes, hyphens and a dot at the start of a line lose their meaning. */
void kj_manual_text(GString *page, const char *text);

/* A section's heading; a paragraph; an entry with its name in bold (and `detail` after it, may be NULL) and its text indented. */
void kj_manual_heading(GString *page, const char *heading);
void kj_manual_paragraph(GString *page, const char *text);
void kj_manual_entry(GString *page, const char *name, const char *detail, const char *text);

/* The words as they are, in lines, not filled. */
void kj_manual_example(GString *page, const char *text);

/* kijun-policy(5) and kijun-table(5), without their first lines (manual_formats.c). */
void kj_manual_policy(GString *page);
void kj_manual_table(GString *page);

/* "integer 0..65535", "{ new, established }", "set of text". Free it. (describe.c) */
char *kj_cli_field_type(const KjFieldDefinition *field);

#endif
