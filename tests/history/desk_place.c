/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "desk_place.h"

void kj_test_desk_place_set_up(KjTestDeskPlace *place, guint keys) {
    place->keys = kj_test_keys_new(keys);
    place->repository = kj_test_repository(&place->folder);
}

void kj_test_desk_place_tear_down(KjTestDeskPlace *place) {
    kj_test_keys_free(place->keys);
    kj_repository_unref(place->repository);
    kj_test_remove(place->folder);
    g_free(place->folder);
}
