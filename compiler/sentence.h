/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as sentences, from the domain's phrases. */
#ifndef KJ_SENTENCE_H
#define KJ_SENTENCE_H

#include "check/policy.h"

/* "Allow packets to dmz.web, for the service web." / "宛先が dmz.web、サービスが web のパケットを許可する。" `language` is "en" or "ja". Arena text. */
const char *kj_sentence_rule(KjArena *arena, const KjBlock *block, const KjRule *rule, const char *language);

#endif
