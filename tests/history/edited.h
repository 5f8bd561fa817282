/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A workspace in memory, with one of its files edited. */
#ifndef KJ_TEST_EDITED_H
#define KJ_TEST_EDITED_H

#include "../../history/workspace.h"

typedef struct {
    const char *path, *text;
} KjTestFile;

/* The first `before` of the file `path` replaced by `after`; all three NULL: as it is. A test fails where the result has errors. */
KjWorkspace *kj_test_edited(const KjTestFile *files, guint count, const char *path, const char *before, const char *after);
/* The same of files as they are. */
KjWorkspace *kj_test_workspace(const KjUnitFile *files, guint count);

#endif
