/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether those who agreed fill the seats that must be filled.
 *
 * Each requirement wants so many different people of a group; all requirements hold together, and nobody sits on two seats. Who takes which seat is a
 * matching in a bipartite graph of people and seats, found by augmenting paths (Kuhn 1955; Berge 1957: a matching is greatest when no such path is left), so
 * that an order in which people signed never decides. Cost: seats times pairs, of some dozens each.
 */
#ifndef KJ_QUORUM_H
#define KJ_QUORUM_H

#include <glib.h>

typedef struct {
    const char *label;         /* of the rule that wants it */
    const char *group;         /* its name, for messages */
    guint count;               /* how many different people */
    const char *const *people; /* who is of the group, NULL-terminated, each once */
} KjRequirement;

typedef struct {
    guint requirement; /* index */
    const char *person; /* who sits there; NULL: nobody */
} KjSeat;

typedef struct {
    KjSeat *seats; /* requirement by requirement */
    guint seat_count;
    guint missing; /* seats that are empty: as few as can be */
} KjQuorum;

/* `agreed`: who agreed and may count, each once; borrowed, as are the requirements, while the quorum is used. Clear with kj_quorum_clear. */
KjQuorum kj_quorum_fill(const KjRequirement *requirements, guint count, const char *const *agreed);
void kj_quorum_clear(KjQuorum *quorum);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjQuorum, kj_quorum_clear)

/* Who, of all people of the groups but those `barred` (NULL-terminated) and those who agreed already, would fill one more seat: NULL-terminated, sorted. Free the
 * array with g_free, not its members. */
const char **kj_quorum_helpful(const KjRequirement *requirements, guint count, const char *const *agreed, const char *const *barred);

#endif
