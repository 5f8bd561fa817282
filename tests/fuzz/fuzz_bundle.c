/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles as a host without a network is handed them. The input is the file; it goes through the reader of the header, libgit2's indexer and the inspection, into a
 * quarantine in memory, beside a host's own repository of one commit. What is accepted is whole: its head is a commit, and everything that it leads to can be
 * read, is no link, and keeps within the limits.
 *
 * A pack ends with a SHA-1 over itself, which whoever forges one can make too; so it is mended in every other input.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../history/disk.h"
#include "../../history/fetch_private.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "bundle", "bundle.dict", 4096 };

#define REFERENCE "refs/kijun/releases/production"

enum { DIGEST = 20, OBJECTS = 100, OBJECT_BYTES = 1 << 20, BYTES = 1 << 20 };

typedef struct {
    char *folder, *file, *objects, *quarantine, *packs;
} Place;

static Place place;

static void remove_place(void) {
    kj_disk_remove(place.folder, NULL);
}

/* The host's own commit of nothing: always the same, so that seeds go on from it. */
static void write_own_commit(git_repository *own) {
    git_oid tree_id, id;
    g_autoptr(git_tree) tree = NULL;
    git_treebuilder *builder = NULL;
    git_signature *who = NULL;
    g_assert_true(git_treebuilder_new(&builder, own, NULL) == 0 && git_treebuilder_write(&tree_id, builder) == 0 &&
                  git_tree_lookup(&tree, own, &tree_id) == 0 && git_signature_new(&who, "host", "host@invalid", 0, 0) == 0 &&
                  git_commit_create(&id, own, "refs/own", who, who, NULL, "own\n", tree, 0, NULL) == 0);
    git_treebuilder_free(builder);
    git_signature_free(who);
}

/* In memory where there is such a folder: each input is a file, and makes others. */
static void make_place(void) {
    g_autoptr(git_repository) own = NULL, quarantine = NULL;
    const char *memory = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    place.folder = g_build_filename(memory, "kijun-bundle-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(place.folder));
    atexit(remove_place);
    g_autofree char *host = g_build_filename(place.folder, "host", NULL);
    place.file = g_build_filename(place.folder, "file", NULL);
    place.objects = g_build_filename(host, "objects", NULL);
    place.quarantine = g_build_filename(place.folder, "quarantine", NULL);
    place.packs = g_build_filename(place.quarantine, "objects", "pack", NULL);
    kj_repository_start();
    g_assert_true(git_repository_init(&own, host, TRUE) == 0 && git_repository_init(&quarantine, place.quarantine, TRUE) == 0);
    write_own_commit(own);
}

static void mend(guint8 *bytes, gsize size) {
    const guint8 *pack = memmem(bytes, size, "\n\nPACK", 6);
    gsize length = DIGEST;
    if (!pack || (gsize)(bytes + size - pack) < 2 + 12 + DIGEST || bytes[size - 1] % 2 == 0)
        return;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, pack + 2, bytes + size - DIGEST - (pack + 2));
    g_checksum_get_digest(checksum, bytes + size - DIGEST, &length);
}

/* Everything that the commit leads to, read once more. */
static void check_tree(git_repository *repository, const git_oid *id, guint depth) {
    g_autoptr(git_tree) tree = NULL;
    g_assert_cmpint(git_tree_lookup(&tree, repository, id), ==, 0);
    for (gsize i = 0; i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        git_filemode_t mode = git_tree_entry_filemode_raw(entry);
        g_autoptr(git_blob) blob = NULL;
        if (mode == GIT_FILEMODE_TREE && depth < 8) {
            check_tree(repository, git_tree_entry_id(entry), depth + 1);
        } else if (mode != GIT_FILEMODE_TREE) {
            g_assert_true(mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE);
            g_assert_cmpint(git_blob_lookup(&blob, repository, git_tree_entry_id(entry)), ==, 0);
            g_assert_cmpuint(git_blob_rawsize(blob), <=, OBJECT_BYTES);
        }
    }
}

static void check_accepted(const KjReceiver *receiver) {
    g_autoptr(git_commit) commit = NULL;
    g_assert_cmpint(git_commit_lookup(&commit, receiver->repository, &receiver->head), ==, 0);
    check_tree(receiver->repository, git_commit_tree_id(commit), 0);
}

static void receive(void) {
    g_autoptr(GError) error = NULL;
    KjReceiver receiver = { .source = place.file,
                            .reference = REFERENCE,
                            .objects = place.objects,
                            .quarantine = place.quarantine,
                            .limits = { .bytes = BYTES, .objects = OBJECTS, .object_bytes = OBJECT_BYTES, .memory = 256u << 20, .processor = 8 } };
    g_autoptr(git_odb) all = NULL;
    g_assert_true(git_repository_open_bare(&receiver.repository, place.quarantine) == 0 && git_odb_open(&receiver.own, place.objects) == 0 &&
                  git_repository_odb(&all, receiver.repository) == 0 && git_odb_add_disk_alternate(all, place.objects) == 0);
    gboolean accepted = kj_receiver_receive_bundle(&receiver, place.file, &error) && kj_receiver_inspect(&receiver, &error);
    g_assert_true(accepted == (error == NULL));
    if (accepted)
        check_accepted(&receiver);
    else
        g_assert_true(g_error_matches(error, KJ_ERROR, KJ_ERROR_IO) || g_error_matches(error, KJ_ERROR, KJ_ERROR_REFUSED));
    g_free(receiver.attack);
    git_odb_free(receiver.own);
    git_repository_free(receiver.repository);
}

/* The quarantine stays, its packs go. */
static void clear_packs(void) {
    g_autoptr(GDir) folder = g_dir_open(place.packs, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(place.packs, name, NULL);
        g_unlink(path);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree guint8 *bytes = g_memdup2(data, MAX(size, 1));
    if (!place.folder)
        make_place();
    mend(bytes, size);
    int file = open(place.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_true(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    close(file);
    receive();
    clear_packs();
    return 0;
}
