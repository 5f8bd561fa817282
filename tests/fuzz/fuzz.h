/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target: one function from bytes to nothing, which aborts when something that must hold does not.
 *
 * The same file is linked in two ways: by tests/fuzz/libfuzzer with clang's libFuzzer, which looks for new paths by coverage, and in
 * `make check` with main.c, which replays the corpus and then mutates it blindly for some seconds, so that it runs under any compiler.
 * Each input has the same bounds in both: no crash, 2 s of processor time, 512 MiB.
 */
#ifndef KJ_FUZZ_H
#define KJ_FUZZ_H

#include <glib.h>

typedef struct {
    const char *name;       /* of the corpus: tests/fuzz/corpus/NAME */
    const char *dictionary; /* in tests/fuzz */
    gsize longest;          /* inputs beyond are not made */
} FuzzTarget;

extern const FuzzTarget fuzz_target;

/* libFuzzer's entry; always 0. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* A file of the source tree ($G_TEST_SRCDIR, or the current folder). Free with g_free. */
char *fuzz_path(const char *name);
/* Its bytes with a NUL behind; the fuzzer ends when it is not there. Free with g_free. */
char *fuzz_read(const char *name, gsize *length);

/* Changes data[0..size) in place, which has room for `most` bytes, in a few random ways; gives the new size. */
gsize fuzz_mutate(GRand *random, GPtrArray *corpus, GPtrArray *words, guint8 *data, gsize size, gsize most);

#endif
