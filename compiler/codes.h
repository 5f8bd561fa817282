/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of each code: the sentence of diagnostics.def, and its page, which `kijun explain-code` prints and SARIF carries as help.
 *
 * The pages are data, in codes/ (one .def file for each part of the language), English and Japanese side by side so that neither is
 * forgotten: KJ_PAGE(NAME, title, title_ja, meaning, meaning_ja, reason, reason_ja, wrong, right). A test compiles every wrong example and
 * demands exactly its code, and every right one and demands nothing.
 */
#ifndef KJ_CODES_H
#define KJ_CODES_H

#include "diagnostics.h"

typedef struct {
    KjCode code;
    KjSeverity severity;
    const char *name;    /* HOST_BITS */
    const char *message; /* the sentence, with its printf conversions, not translated */
} KjCodeEntry;

enum { KJ_ENGLISH, KJ_JAPANESE, KJ_LANGUAGES };

/* Examples are policy text: one file, or several, each begun by a line `# file: NAME`. NULL where the mistake is not in a text that could
 * be shown (a limit, bytes that are no text); the meaning then says what it looks like. */
typedef struct {
    KjCode code;
    const char *title[KJ_LANGUAGES];   /* the mistake as a noun */
    const char *meaning[KJ_LANGUAGES]; /* what it means */
    const char *reason[KJ_LANGUAGES];  /* why it is an error, and so what to do */
    const char *wrong, *right;
} KjCodePage;

/* Never NULL: every KjCode has an entry. */
const KjCodeEntry *kj_code_find(KjCode code);

/* NULL only while a new code has no page; a test fails then. */
const KjCodePage *kj_code_page(KjCode code);

/* All entries (const KjCodeEntry *) in order of number. Free with g_ptr_array_unref. */
GPtrArray *kj_codes_in_order(void);

/* The index in a KjCodePage's texts: "ja", or anything else for English. */
guint kj_code_language(const char *language);

#endif
