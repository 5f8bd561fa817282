/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a parse means, as text: the tree without places, spellings and superfluous parentheses. Texts with the same dump say the same. */
#ifndef KJ_TEST_DUMP_H
#define KJ_TEST_DUMP_H

#include "../../../compiler/syntax/syntax.h"

void dump_module(const KjAstModule *module, GString *out);

/* One file in memory, parsed. */
typedef struct {
    KjArena *arena;
    KjSources *sources;
    KjDiagnostics *diagnostics;
    KjAstModule *module; /* NULL when the text was refused */
} Parsed;

Parsed *parsed_new(const char *text, gssize length);
void parsed_free(Parsed *parsed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parsed, parsed_free)

/* The diagnostics as text, and the module's canonical form. Free with g_free. */
char *parsed_problems(const Parsed *parsed);
char *parsed_print(const Parsed *parsed);

/* Asserts that printing keeps the tree and every comment, and that printing again changes nothing. Only for a text without errors. */
void assert_round_trip(const Parsed *parsed);

#endif
