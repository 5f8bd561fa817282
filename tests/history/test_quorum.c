/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seats: a few cases by hand, and random ones against trying every way of sitting down. */
#include <string.h>

#include "../../history/quorum.h"

#define PEOPLE 6
#define SEATS_MAX 6

static const char *const everybody[] = { "abe", "baba", "chiba", "doi", "endo", "fujii" };

static void test_by_hand(void) {
    static const char *const owners[] = { "abe", "baba", NULL }, *const committee[] = { "baba", "chiba", "doi", NULL };
    static const struct {
        const char *agreed[PEOPLE + 1];
        guint missing;
        const char *helpful; /* who else would help */
    } cases[] = {
        { { NULL }, 3, "abe baba chiba doi" },
        { { "baba", NULL }, 2, "abe chiba doi" },
        { { "baba", "chiba", NULL }, 1, "abe doi" },      /* baba moves, whichever seat is still free */
        { { "baba", "chiba", "doi", NULL }, 0, "" },
        { { "abe", "baba", "endo", NULL }, 1, "chiba doi" },
        { { "chiba", "doi", NULL }, 1, "abe baba" },
        { { "baba", "abe", NULL }, 1, "chiba doi" },
    };
    const KjRequirement requirements[] = { { "owner", "owners", 1, owners }, { "board", "committee", 2, committee } };
    static const char *const nobody[] = { NULL };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(KjQuorum) quorum = kj_quorum_fill(requirements, 2, cases[i].agreed);
        g_autofree const char **helpful = kj_quorum_helpful(requirements, 2, cases[i].agreed, nobody);
        g_autofree char *text = g_strjoinv(" ", (char **)helpful);
        g_assert_cmpuint(quorum.missing, ==, cases[i].missing);
        g_assert_cmpstr(text, ==, cases[i].helpful);
    }
    static const char *const barred[] = { "chiba", NULL }, *const baba[] = { "baba", NULL };
    g_autofree const char **helpful = kj_quorum_helpful(requirements, 2, baba, barred);
    g_autofree char *text = g_strjoinv(" ", (char **)helpful);
    g_assert_cmpstr(text, ==, "abe doi");
}

/* The most seats that can be filled, by trying everything. */
static guint most(const KjRequirement *requirements, const guint *seats, guint seat_count, guint seat, guint people) {
    if (seat == seat_count)
        return 0;
    guint best = most(requirements, seats, seat_count, seat + 1, people);
    for (guint person = 0; person < PEOPLE; person++)
        if ((people & 1u << person) && g_strv_contains(requirements[seats[seat]].people, everybody[person]))
            best = MAX(best, 1 + most(requirements, seats, seat_count, seat + 1, people & ~(1u << person)));
    return best;
}

static void test_against_everything(void) {
    for (guint round = 0; round < 3000; round++) {
        const char *groups[3][PEOPLE + 1], *agreed[PEOPLE + 1];
        KjRequirement requirements[3];
        guint seats[SEATS_MAX], seat_count = 0, people = 0, agreed_count = 0, count = (guint)g_test_rand_int_range(1, 4);
        for (guint r = 0; r < count; r++) {
            guint length = 0;
            for (guint person = 0; person < PEOPLE; person++)
                if (g_test_rand_bit())
                    groups[r][length++] = everybody[person];
            groups[r][length] = NULL;
            requirements[r] = (KjRequirement){ "rule", "group", (guint)g_test_rand_int_range(1, 3), groups[r] };
            for (guint n = 0; n < requirements[r].count; n++)
                seats[seat_count++] = r;
        }
        for (guint person = 0; person < PEOPLE; person++) {
            guint other = (person * 5 + round) % PEOPLE; /* in another order each time */
            if (g_test_rand_bit()) {
                agreed[agreed_count++] = everybody[other];
                people |= 1u << other;
            }
        }
        agreed[agreed_count] = NULL;
        g_auto(KjQuorum) quorum = kj_quorum_fill(requirements, count, agreed);
        g_assert_cmpuint(quorum.seat_count, ==, seat_count);
        g_assert_cmpuint(seat_count - quorum.missing, ==, most(requirements, seats, seat_count, 0, people));
        for (guint a = 0; a < seat_count; a++) {
            if (!quorum.seats[a].person)
                continue;
            g_assert_true(g_strv_contains(agreed, quorum.seats[a].person));
            g_assert_true(g_strv_contains(requirements[quorum.seats[a].requirement].people, quorum.seats[a].person));
            for (guint b = 0; b < a; b++)
                g_assert_cmpstr(quorum.seats[a].person, !=, quorum.seats[b].person);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/by-hand", test_by_hand);
    g_test_add_func("/quorum/against-everything", test_against_everything);
    return g_test_run();
}
