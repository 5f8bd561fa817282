/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request gets, as text, so that two answers are the same when their texts are. */
#ifndef KJ_CLI_ANSWER_H
#define KJ_CLI_ANSWER_H

#include <kijun/kijun.h>

/* Appends the effect with its parameters and obligations: "limit rate 100/s burst 200, @log"; where rules add up that of every rule that matches, joined by "and". A message to people is no part of an answer, nor is the rule that gave it. */
void kj_answer_append(const KjTable *table, guint block, const KjRequest *request, const KjVerdict *verdict, GString *out);

#endif
