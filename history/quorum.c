/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quorum.h"

#include <string.h>

typedef struct {
    const KjRequirement *requirements;
    KjSeat *seats;
    guint seat_count;
    gboolean *tried; /* seats, while one person looks for a place */
} Seating;

static gboolean may_sit(const Seating *seating, guint seat, const char *person) {
    return g_strv_contains(seating->requirements[seating->seats[seat].requirement].people, person);
}

/* Seats the person, if need be by moving others on to other seats. Each seat is tried once, so the depth is at most the number of seats. */
static gboolean seat_person(Seating *seating, const char *person) {
    for (guint seat = 0; seat < seating->seat_count; seat++) {
        if (seating->tried[seat] || !may_sit(seating, seat, person))
            continue;
        seating->tried[seat] = TRUE;
        if (seating->seats[seat].person && !seat_person(seating, seating->seats[seat].person))
            continue;
        seating->seats[seat].person = person;
        return TRUE;
    }
    return FALSE;
}

KjQuorum kj_quorum_fill(const KjRequirement *requirements, guint count, const char *const *agreed) {
    KjQuorum quorum = { NULL, 0, 0 };
    for (guint i = 0; i < count; i++)
        quorum.seat_count += requirements[i].count;
    quorum.missing = quorum.seat_count;
    quorum.seats = g_new0(KjSeat, quorum.seat_count + 1);
    for (guint i = 0, seat = 0; i < count; i++)
        for (guint n = 0; n < requirements[i].count; n++)
            quorum.seats[seat++].requirement = i;
    g_autofree gboolean *tried = g_new(gboolean, quorum.seat_count + 1);
    Seating seating = { requirements, quorum.seats, quorum.seat_count, tried };
    for (guint i = 0; agreed[i]; i++) {
        memset(tried, 0, sizeof *tried * quorum.seat_count);
        quorum.missing -= seat_person(&seating, agreed[i]);
    }
    return quorum;
}

void kj_quorum_clear(KjQuorum *quorum) {
    g_clear_pointer(&quorum->seats, g_free);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **kj_quorum_helpful(const KjRequirement *requirements, guint count, const char *const *agreed, const char *const *barred) {
    g_autoptr(GPtrArray) more = g_ptr_array_new(), helpful = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(KjQuorum) now = kj_quorum_fill(requirements, count, agreed);
    for (guint i = 0; agreed[i]; i++)
        g_ptr_array_add(more, (gpointer)agreed[i]);
    g_ptr_array_add(more, NULL); /* the place of the one more */
    g_ptr_array_add(more, NULL);
    for (guint i = 0; i < count; i++) {
        for (const char *const *person = requirements[i].people; *person; person++) {
            if (g_strv_contains(agreed, *person) || g_strv_contains(barred, *person) || !g_hash_table_add(seen, (gpointer)*person))
                continue;
            more->pdata[more->len - 2] = (gpointer)*person;
            g_auto(KjQuorum) then = kj_quorum_fill(requirements, count, (const char *const *)more->pdata);
            if (then.missing < now.missing)
                g_ptr_array_add(helpful, (gpointer)*person);
        }
    }
    g_ptr_array_sort(helpful, compare_names);
    g_ptr_array_add(helpful, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&helpful), FALSE);
}
