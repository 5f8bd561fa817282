/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "context.h"

#include <string.h>

#include "../compiler/translate.h"

enum { COMMITS_MOST = 20000 /* looked through, latest first: some seconds at the worst */ };

void kj_context_clear(KjContext *context) {
    g_clear_pointer(&context->snapshot, kj_snapshot_unref);
    g_clear_pointer(&context->name, g_free);
    g_clear_pointer(&context->prefix, g_free);
}

typedef struct {
    KjRepository *repository;
    const char *path;
    const git_oid *wanted[2]; /* the blob before and after; NULL: none */
    git_commit *nearest[2];   /* the latest commit with either */
    git_commit *pair[2];      /* a commit and its parent; [0] may be NULL: a first commit */
    gboolean found;
} Search;

/* Whether the file is this blob in the tree; `wanted` NULL: whether it is not there. */
static gboolean holds(git_tree *tree, const char *path, const git_oid *wanted) {
    g_autoptr(git_tree_entry) entry = NULL;
    gboolean there = tree && git_tree_entry_bypath(&entry, tree, path) == 0;
    return wanted ? there && git_oid_equal(git_tree_entry_id(entry), wanted) : !there;
}

static gboolean commit_holds(git_commit *commit, const char *path, const git_oid *wanted) {
    g_autoptr(git_tree) tree = NULL;
    return git_commit_tree(&tree, commit) == 0 && holds(tree, path, wanted);
}

static gboolean index_holds(KjSnapshot *index, const char *path, const git_oid *wanted) {
    git_oid id;
    gboolean there = kj_snapshot_find(index, path, &id);
    return wanted ? there && git_oid_equal(&id, wanted) : !there;
}

/* ---- states as contexts ---- */

static void use_commit(KjContext *context, KjRepository *repository, git_commit *commit) {
    g_autoptr(git_tree) tree = NULL;

    if (!commit || git_commit_tree(&tree, commit) != 0) {
        *context = (KjContext){ NULL, g_strdup(_("nothing")), NULL, TRUE };
        return;
    }
    context->snapshot = kj_snapshot_new_tree(repository, tree);
    context->name = g_strdup_printf(_("commit %.12s"), git_oid_tostr_s(git_commit_id(commit)));
    context->prefix = g_strdup_printf("%.12s:", git_oid_tostr_s(git_commit_id(commit)));
    context->nothing = FALSE;
}

static void use_index(KjContext *context, KjSnapshot *index) {
    *context = (KjContext){ kj_snapshot_ref(index), g_strdup(_("the index")), g_strdup(":"), FALSE };
}

static void use_working_tree(KjContext *context) {
    *context = (KjContext){ NULL, g_strdup(_("the working tree")), g_strdup(""), FALSE };
}

/* ---- history ---- */

/* Looks at one commit; TRUE when it is the one. */
static gboolean look_at(Search *search, git_commit *commit) {
    for (guint side = 0; side < 2; side++)
        if (!search->nearest[side] && search->wanted[side] && commit_holds(commit, search->path, search->wanted[side]))
            git_commit_dup(&search->nearest[side], commit);
    if (!commit_holds(commit, search->path, search->wanted[1]))
        return FALSE;
    if (git_commit_parentcount(commit) == 0 && !search->wanted[0])
        return git_commit_dup(&search->pair[1], commit) == 0;
    for (guint i = 0; i < git_commit_parentcount(commit); i++) {
        g_autoptr(git_commit) parent = NULL;
        if (git_commit_parent(&parent, commit, i) == 0 && commit_holds(parent, search->path, search->wanted[0])) {
            search->pair[0] = g_steal_pointer(&parent);
            return git_commit_dup(&search->pair[1], commit) == 0;
        }
    }
    return FALSE;
}

static void walk_history(Search *search) {
    g_autoptr(git_revwalk) walk = NULL;
    git_oid id;

    if (git_revwalk_new(&walk, search->repository->git) != 0)
        return;
    git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME); /* a commit before its parents, even of one second */
    git_revwalk_push_head(walk);
    git_revwalk_push_glob(walk, "refs/*");
    for (guint seen = 0; seen < COMMITS_MOST && !search->found && git_revwalk_next(&id, walk) == 0; seen++) {
        g_autoptr(git_commit) commit = NULL;
        if (git_commit_lookup(&commit, search->repository->git, &id) == 0)
            search->found = look_at(search, commit);
    }
}

static void search_clear(Search *search) {
    for (guint side = 0; side < 2; side++) {
        git_commit_free(search->nearest[side]);
        git_commit_free(search->pair[side]);
    }
}

static gboolean find_in_history(Search *search, gboolean working_tree, KjContext *before, KjContext *after) {
    walk_history(search);
    if (working_tree && search->nearest[0]) { /* git diff REVISION */
        use_commit(before, search->repository, search->nearest[0]);
        use_working_tree(after);
    } else if (!working_tree && search->found) {
        use_commit(before, search->repository, search->pair[0]);
        use_commit(after, search->repository, search->pair[1]);
    } else if (!working_tree && search->nearest[0] && search->nearest[1]) {
        use_commit(before, search->repository, search->nearest[0]);
        use_commit(after, search->repository, search->nearest[1]);
    } else {
        return FALSE;
    }
    return TRUE;
}

gboolean kj_context_find(KjRepository *repository, const char *path, const git_oid *old_id, const git_oid *new_id, gboolean working_tree,
                         KjContext *before, KjContext *after) {
    g_autoptr(KjSnapshot) index = kj_snapshot_new_index(repository, NULL);
    g_autoptr(git_object) head = kj_repository_revision(repository, "HEAD", GIT_OBJECT_COMMIT, NULL);
    Search search = { .repository = repository, .path = path, .wanted = { old_id, new_id } };

    if (index && working_tree && index_holds(index, path, old_id)) {
        use_index(before, index);
        use_working_tree(after);
        return TRUE;
    }
    gboolean in_head = head ? commit_holds((git_commit *)head, path, old_id) : !old_id;
    if (index && !working_tree && in_head && index_holds(index, path, new_id)) {
        use_commit(before, repository, (git_commit *)head);
        use_index(after, index);
        return TRUE;
    }
    gboolean found = find_in_history(&search, working_tree, before, after);
    search_clear(&search);
    return found;
}
