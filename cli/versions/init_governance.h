/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun init --governance; see init_governance.c. */
#ifndef KJ_INIT_GOVERNANCE_H
#define KJ_INIT_GOVERNANCE_H

typedef struct {
    char **signers, **people, **recovery, **thresholds, *expires;
} KjGovernanceChoices;

extern KjGovernanceChoices kj_governance_choices;

/* Begins a root of trust in the repository of `folder`. Returns the exit code. */
int kj_governance_set_up(const char *folder);

#endif
