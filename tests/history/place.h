/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places of a test's own. */
#ifndef KJ_TEST_PLACE_H
#define KJ_TEST_PLACE_H

#include "../../history/repository.h"

/* Removes a file, or a folder with all that is in it; never follows a link. */
void kj_test_remove(const char *path);

/* A bare repository in a new folder. Free `*folder` with g_free after kj_test_remove. */
KjRepository *kj_test_repository(char **folder);

#endif
