/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at what came, before anybody reads it.
 *
 * First the size of every object received, from its header: a few bytes may unpack to billions. Then the way from the head: every object
 * that one names must be in the quarantine or among the host's own, with all that it leads to (which holds for those of the host, as
 * nothing comes into its repository but by this way). Each object is looked at once, so a tree of ten trees of ten trees costs what it has
 * of different objects.
 */
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fetch_private.h"

typedef struct {
    git_oid id;
    git_object_t type;
} Wanted;

typedef struct {
    KjReceiver *receiver;
    git_odb *received;  /* the quarantine alone */
    GHashTable *seen;   /* git_oid */
    GArray *open;       /* Wanted: named, and not looked at yet */
    GError **error;
} Inspection;

static guint hash_id(gconstpointer id) {
    guint hash;
    memcpy(&hash, id, sizeof hash);
    return hash;
}

static gboolean same_id(gconstpointer a, gconstpointer b) {
    return git_oid_equal(a, b);
}

static int check_size(const git_oid *id, void *payload) {
    Inspection *inspection = payload;
    const KjReceiver *receiver = inspection->receiver;
    char text[GIT_OID_HEXSZ + 1];
    gsize length;
    git_object_t type;

    if (git_odb_read_header(&length, &type, inspection->received, id) != 0)
        return kj_receiver_fail(receiver, inspection->error), GIT_EUSER;
    if (length > receiver->limits.object_bytes) {
        kj_fetch_refuse(inspection->error, KJ_FETCH_ENDLESS, _("%s: object %s has %lu bytes, and %lu are allowed"), receiver->source,
                        git_oid_tostr(text, sizeof text, id), (gulong)length, (gulong)receiver->limits.object_bytes);
        return GIT_EUSER;
    }
    return 0;
}

static void want(Inspection *inspection, const git_oid *id, git_object_t type) {
    if (g_hash_table_contains(inspection->seen, id))
        return;
    g_hash_table_add(inspection->seen, g_memdup2(id, sizeof *id));
    g_array_append_val(inspection->open, ((Wanted){ *id, type }));
}

static gboolean refuse_entry(Inspection *inspection, const Wanted *tree, const git_tree_entry *entry, const char *what) {
    char text[GIT_OID_HEXSZ + 1];
    g_autofree char *name = g_utf8_make_valid(git_tree_entry_name(entry), -1), *shown = g_strescape(name, NULL);
    return kj_fetch_refuse(inspection->error, KJ_FETCH_EXTRANEOUS, _("`%s` in tree %s is %s; a release is made of regular files"), shown,
                           git_oid_tostr(text, sizeof text, &tree->id), what);
}

static gboolean want_entries(Inspection *inspection, const Wanted *wanted) {
    g_autoptr(git_tree) tree = NULL;
    if (git_tree_lookup(&tree, inspection->receiver->repository, &wanted->id) != 0)
        return kj_receiver_fail(inspection->receiver, inspection->error);
    for (gsize i = 0; i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        switch (git_tree_entry_filemode_raw(entry)) {
        case GIT_FILEMODE_TREE:
            want(inspection, git_tree_entry_id(entry), GIT_OBJECT_TREE);
            break;
        case GIT_FILEMODE_BLOB:
        case GIT_FILEMODE_BLOB_EXECUTABLE:
            want(inspection, git_tree_entry_id(entry), GIT_OBJECT_BLOB);
            break;
        case GIT_FILEMODE_LINK:
            return refuse_entry(inspection, wanted, entry, _("a symbolic link"));
        case GIT_FILEMODE_COMMIT:
            return refuse_entry(inspection, wanted, entry, _("a submodule"));
        default:
            return refuse_entry(inspection, wanted, entry, _("of no known kind"));
        }
    }
    return TRUE;
}

static gboolean want_parents(Inspection *inspection, const Wanted *wanted) {
    g_autoptr(git_commit) commit = NULL;
    if (git_commit_lookup(&commit, inspection->receiver->repository, &wanted->id) != 0)
        return kj_receiver_fail(inspection->receiver, inspection->error);
    want(inspection, git_commit_tree_id(commit), GIT_OBJECT_TREE);
    for (guint i = 0; i < git_commit_parentcount(commit); i++)
        want(inspection, git_commit_parent_id(commit, i), GIT_OBJECT_COMMIT);
    return TRUE;
}

static gboolean look(Inspection *inspection, const Wanted *wanted) {
    char text[GIT_OID_HEXSZ + 1];
    gsize length;
    git_object_t type = GIT_OBJECT_INVALID;
    gboolean is_own = git_odb_read_header(&length, &type, inspection->receiver->own, &wanted->id) == 0;

    if (!is_own && git_odb_read_header(&length, &type, inspection->received, &wanted->id) != 0)
        return kj_fetch_refuse(inspection->error, KJ_FETCH_EXTRANEOUS, _("%s: object %s is named, and was not sent"),
                               inspection->receiver->source, git_oid_tostr(text, sizeof text, &wanted->id));
    if (type != wanted->type)
        return kj_fetch_refuse(inspection->error, KJ_FETCH_EXTRANEOUS, _("%s: object %s is a %s where a %s must be"),
                               inspection->receiver->source, git_oid_tostr(text, sizeof text, &wanted->id), git_object_type2string(type),
                               git_object_type2string(wanted->type));
    if (is_own || type == GIT_OBJECT_BLOB)
        return TRUE;
    return type == GIT_OBJECT_TREE ? want_entries(inspection, wanted) : want_parents(inspection, wanted);
}

gboolean kj_receiver_inspect(KjReceiver *receiver, GError **error) {
    g_autofree char *objects = g_build_filename(receiver->quarantine, "objects", NULL);
    g_autoptr(git_odb) received = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(hash_id, same_id, g_free, NULL);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Wanted));

    if (git_odb_open(&received, objects) != 0)
        return kj_receiver_fail(receiver, error);
    Inspection inspection = { receiver, received, seen, open, error };
    int code = git_odb_foreach(received, check_size, &inspection);
    if (code != 0)
        return code == GIT_EUSER ? FALSE : kj_receiver_fail(receiver, error);
    want(&inspection, &receiver->head, GIT_OBJECT_COMMIT);
    while (open->len) {
        Wanted next = g_array_index(open, Wanted, open->len - 1);
        g_array_set_size(open, open->len - 1);
        if (!look(&inspection, &next))
            return FALSE;
    }
    return TRUE;
}
