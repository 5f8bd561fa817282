/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has agreed to a change, who is missing, and who cannot help.
 *
 * Statements come from signers' chains and are taken at their word for nothing: the key must be the signer's under the root, the unit's two digests and what the
 * change does must be those computed here, and on the day of the release the statement must be in force. An approval of another text, of another
 * context, or of a milder reading of the same text counts for nothing.
 *
 *   - An author, a proposer and whoever one of them has delegated to do not count.
 *   - Who delegates lets another sit on his seats of one group, for a time; the other still has one seat only.
 *   - For somebody who cannot act, being an author or having no good key any more, the first of the deputies whom the root gives him, in their order, who can.
 *   - A record counts for those it names once two people have attested the same document.
 *   - A veto by one of those whose approval could count binds until it is withdrawn. Approvals that name it overrule it when they alone fill every seat and one
 *     person more has agreed so.
 *   - What was agreed to before the base came into force was agreed to once, and has been used: the same change made again needs to be agreed to again.
 *   - A statement is withdrawn by a later one of the same chain.
 *   - In an emergency those who signed the emergency count, authors or not, and nobody else; afterwards who ratifies it agrees to each of its changes.
 *   - Who agreed to a graver reading (it weakens) agreed to the milder one.
 */
#ifndef KJ_JUDGE_H
#define KJ_JUDGE_H

#include "chain.h"
#include "need.h"
#include "root.h"

typedef struct {
    const KjRoot *root;
    guint64 serial;              /* of the release that the change would be in */
    gint64 date;                 /* of the release's statement */
    const char *context;
    const char *const *authors;  /* authors and proposers, NULL-terminated */
    const GPtrArray *chains;     /* of GPtrArray of KjSigned */
    const KjStatement *emergency; /* under which the change is made, or NULL */
    gint64 since;                /* when the base came into force: what was said before was said of another change */
} KjCircumstances;

typedef enum { KJ_VOICE_COUNTS = 1, KJ_VOICE_BARRED, KJ_VOICE_STALE, KJ_VOICE_EXPIRED, KJ_VOICE_WITHDRAWN, KJ_VOICE_STRANGER, KJ_VOICE_OTHER_READING, KJ_VOICE_ALONE, KJ_VOICE_USED } KjVoiceState;

/* One statement about the unit. */
typedef struct {
    const KjSigned *statement;
    const char *person; /* by the root; NULL: a stranger */
    KjVoiceState state;
} KjVoice;

typedef struct {
    const KjNeed *need;
    GArray *voices;        /* KjVoice: approvals, records, ratifications; in an emergency its signers */
    GArray *vetoes;        /* KjVoice: COUNTS while it binds */
    const char **agreed;   /* whose voice counts, NULL-terminated */
    GArray *requirements;  /* KjRequirement: the need's, delegates among the people */
    KjQuorum quorum;
    const char **helpful;  /* who could still fill a seat */
    gboolean met;          /* every seat is filled, no veto binds, and nothing refuses the change itself */
} KjJudgement;

/* The need, the statements and the circumstances must outlive it. Free with kj_judgement_free. */
KjJudgement *kj_judgement_new(const KjNeed *need, const KjCircumstances *circumstances);
void kj_judgement_free(KjJudgement *judgement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjJudgement, kj_judgement_free)

#endif
