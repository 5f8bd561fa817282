/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the formatter must keep: meaning, comments, and its own output. */
#ifndef KJ_RANDOM_FORMAT_CHECK_H
#define KJ_RANDOM_FORMAT_CHECK_H

#include "../../compiler/compiler.h"

/* Compiles one file. On errors *problem is "KJ0123: ...", beginning with the first error's code. Always to be freed. */
KjCompilation *kj_random_compile(const char *text, char **problem);

/* NULL, or what the formatter did wrong to a text that compiles: its output does not compile, is formatted again to something else, or gives
 * another table (but for the places of rules). */
char *kj_random_check_format(const char *text);

/* The same for the text with comments sprinkled over it by the seed; each of them must be there once. */
char *kj_random_check_comments(const char *text, guint64 seed);

#endif
