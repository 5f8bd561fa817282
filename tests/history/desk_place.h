/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A repository and throw-away keys: what tests of signed commits begin with. */
#ifndef KJ_TEST_DESK_PLACE_H
#define KJ_TEST_DESK_PLACE_H

#include "keys.h"
#include "place.h"

typedef struct {
    KjTestKeys *keys;
    char *folder;
    KjRepository *repository;
} KjTestDeskPlace;

void kj_test_desk_place_set_up(KjTestDeskPlace *place, guint keys);
void kj_test_desk_place_tear_down(KjTestDeskPlace *place);

#endif
