/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checked tree as text, for golden files. */
#ifndef KJ_TEST_DUMP_H
#define KJ_TEST_DUMP_H

#include "../../../compiler/compiler.h"

void dump_policy(const KjCompilation *compilation, GString *out);

#endif
