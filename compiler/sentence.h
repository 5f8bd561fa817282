/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules, defaults and exceptions as sentences, from the domain's phrases. `language` is "en" or "ja". */
#ifndef KJ_SENTENCE_H
#define KJ_SENTENCE_H

#include "check/policy.h"

/* "Allow packets to dmz.web, for the service web." / "宛先が dmz.web、サービスが web のパケットを許可する。" A rule that holds again
 * after an exception says so, and then what the standard says. Arena text. */
const char *kj_sentence_rule(KjArena *arena, const KjBlock *block, const KjRule *rule, const char *language);

/* Half a sentence from clauses and `when` (which may be NULL) over these fields: "from nets.staff, to dmz.web" / "送信元が nets.staff、宛先が dmz.web"; of nothing
 * "any request" / "すべての要求". Arena text. */
const char *kj_sentence_clauses(KjArena *arena, const KjField *fields, guint count, const KjAstClause *clauses, const KjAstExpression *when,
                                const char *language);

/* "Otherwise, deny packets." / "いずれの規則にも当てはまらないパケットを拒否する。" `subject` and `effect` are the domain's phrases. */
void kj_sentence_default(KjPhrase subject, KjPhrase effect, const char *language, GString *out);

/* "Until 2026-12-31, jp.gov.mail does not bind what rule partner of mail.forwarding decides. Reason: ..." */
void kj_sentence_exception(const KjException *exception, const char *language, GString *out);

/* "It is recorded." What an annotation says, be it one of all domains or the domain's own; of the latter `domain`, which may be NULL, has the sentence. */
void kj_sentence_note(const KjDomain *domain, const char *name, const char *value, const char *language, GString *out);

#endif
