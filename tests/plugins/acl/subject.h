/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A block and what a target makes of it, for the tests of the targets: see subject.c. */
#ifndef KJ_TEST_SUBJECT_H
#define KJ_TEST_SUBJECT_H

#include "compiler/compiler.h"

typedef struct {
    const char *target;
    KjCompilation *compilation;
    const KjBlock *block;
    KjTable *table;
    guint index; /* of the block in the table */
    char *text;  /* what the target wrote; NULL: refused */
    char *refusal;
} Subject;

/* The block `t` of the text, or a block of the workspace at `path`. */
Subject subject_text(const char *target, const char *policy);
Subject subject_path(const char *target, const char *path, const char *block);
void subject_clear(Subject *subject);

/* NULL: the text is proved to say what the block says; else the first thing that is wrong. Free with g_free. */
char *subject_disprove(const Subject *subject, const char *text);
void subject_assert_proved(const Subject *subject);

/* Whether the reader of the target can load a text on this machine; otherwise the test is skipped with the reason. */
gboolean subject_can_load(const char *target, const char *text);

/* What the block decides about `field`, value, ..., NULL (a field twice: a set of both) at an instant: whether it allows. */
gboolean subject_allows(const Subject *subject, gint64 instant, const char *const *request);

/* `text` with each `from` as `to`. Free with g_free. */
char *subject_replace(const char *text, const char *from, const char *to);

#endif
