/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and publishing a release, and finding the whole workspace of one again.
 *
 * The whole workspace is kept beside the releases, for authors alone, and before the release is: one that nobody published harms nobody. What hosts fetch holds the sources of
 * what the context enforces. Before the reference moves, the release is judged by the verifier, exactly as every host will.
 */
#include "desk.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"
#include "values.h"

#define WORKSPACES "refs/kijun/workspaces/"
#define GOVERNANCE "governance"

/* ---- the workspaces of releases ---- */

/* Whether the workspace is, unit by unit, what the release pins. */
static gboolean is_pinned(const KjWorkspace *workspace, const KjStatement *release) {
    guint pins = g_strv_length((char **)kj_statement_list(release, "unit"));
    if (!workspace->units || workspace->units->len != pins)
        return FALSE;
    for (guint i = 0; i < pins; i++) {
        const KjUnit *unit = workspace->units->pdata[i];
        if (g_strcmp0(kj_release_pin(release, unit->name), unit->digest) != 0)
            return FALSE;
    }
    return TRUE;
}

KjWorkspace *kj_desk_workspace(const KjDesk *desk, const KjStatement *release, GError **error) {
    g_autofree char *name = g_strconcat(WORKSPACES, desk->context, NULL);
    git_oid at;
    gboolean found = git_reference_name_to_id(&at, desk->repository->git, name) == 0;
    while (found) {
        g_autoptr(git_commit) commit = NULL;
        if (git_commit_lookup(&commit, desk->repository->git, &at) != 0)
            break;
        if (strcmp(git_commit_message(commit), kj_statement_digest(release)) == 0) {
            g_autoptr(KjWorkspace) workspace = kj_workspace_new_commit(desk->repository, commit, "", name, error);
            if (!workspace || is_pinned(workspace, release))
                return g_steal_pointer(&workspace);
        }
        found = git_commit_parentcount(commit) > 0;
        if (found)
            at = *git_commit_parent_id(commit, 0);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                _("the repository does not hold the workspace of release %" PRIu64
                  " of `%s`; fetch it: git fetch ORIGIN '+refs/kijun/*:refs/kijun/*'"),
                kj_statement_number(release, "serial"), desk->context);
    return NULL;
}

/* Kept before the release is: one that nobody published harms nobody. */
static gboolean keep_workspace(KjDesk *desk, const KjWorkspace *workspace, const KjStatement *release, GError **error) {
    g_autofree char *name = g_strconcat(WORKSPACES, desk->context, NULL);
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_commit) parent = NULL;
    g_autoptr(git_signature) signature = NULL;
    git_oid tree_id, before, id;
    const KjUnitFile *files = (const KjUnitFile *)(void *)workspace->files->data;
    gboolean begun = git_reference_name_to_id(&before, desk->repository->git, name) == 0;
    if (!kj_release_write_files(desk->repository, files, workspace->files->len, &tree_id, error))
        return FALSE;
    if (git_tree_lookup(&tree, desk->repository->git, &tree_id) != 0 ||
        (begun && git_commit_lookup(&parent, desk->repository->git, &before) != 0) ||
        git_signature_new(&signature, "kijun", "kijun", kj_statement_instant(release, "date"), 0) != 0) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    const git_commit *parents[] = { parent };
    if (git_commit_create(&id, desk->repository->git, NULL, signature, signature, "UTF-8", kj_statement_digest(release), tree,
                          begun ? 1 : 0, parents) != 0) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    return kj_commit_move(desk->repository, name, begun ? &before : NULL, &id, error);
}

/* ---- what a context enforces ---- */

static gboolean names_context(const KjEnforcement *enforcement, const char *context) {
    for (guint i = 0; i < enforcement->host_count; i++)
        if (strcmp(enforcement->hosts[i], context) == 0)
            return TRUE;
    return FALSE;
}

static const char *name_of(const KjBlock *block) {
    return block->standard ? block->name : block->qualified;
}

GPtrArray *kj_desk_enforced(const KjDesk *desk, const KjWorkspace *workspace) {
    g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL);
    GPtrArray *units = g_ptr_array_new_with_free_func(g_free);
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    const char *const *before = lasting ? kj_statement_list(lasting->sealed->statement, "enforces") : (const char *const[]){ NULL };
    for (const KjEnforcement *one = workspace->compilation->policy->enforcements; one; one = one->next)
        if (names_context(one, desk->context))
            g_hash_table_add(named, (gpointer)one->block);
    for (const KjBlock *block = workspace->compilation->policy->blocks; block; block = block->next) {
        const KjUnit *unit = kj_units_find(workspace->units, block->qualified);
        const char *pin = lasting ? kj_release_pin(lasting->sealed->statement, block->qualified) : NULL;
        /* Nothing stops being enforced because another block was given to the context: only by a change of its own. */
        gboolean stays = g_strv_contains(before, block->qualified) && g_strcmp0(pin, unit->digest) == 0;
        if (stays || g_hash_table_size(named) == 0 || g_hash_table_contains(named, block))
            g_ptr_array_add(units, g_strdup(block->qualified));
    }
    return units;
}

/* Whose sources the release carries: what it enforces, what the release before carried, and all governance. */
static GPtrArray *carried(const KjDesk *desk, const KjWorkspace *workspace, const KjStatement *release) {
    GPtrArray *names = g_ptr_array_new();
    const KjWorkspace *before = kj_verifier_lasting_workspace(desk->verifier);
    const KjBlock *const lists[] = { workspace->compilation->policy->blocks, workspace->compilation->policy->standards };
    for (guint list = 0; list < G_N_ELEMENTS(lists); list++)
        for (const KjBlock *block = lists[list]; block; block = block->next)
            if (g_strv_contains(kj_statement_list(release, "enforces"), name_of(block)) || strcmp(block->domain->name, GOVERNANCE) == 0 ||
                (before && kj_units_find(before->units, name_of(block))))
                g_ptr_array_add(names, (gpointer)name_of(block));
    g_ptr_array_add(names, NULL);
    return names;
}

/* ---- the statement ---- */

static void add_reliance(KjValues *values, const GArray *voices, GHashTable *seen) {
    for (guint i = 0; i < voices->len; i++) {
        const KjVoice *voice = &g_array_index(voices, KjVoice, i);
        const char *digest = kj_statement_digest(voice->statement->statement);
        if (voice->state == KJ_VOICE_COUNTS && g_hash_table_add(seen, (gpointer)digest))
            kj_values_add(values, "relies", digest);
    }
}

static void add_changes(KjValues *values, const KjRuling *ruling) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        g_autofree char *line = kj_step_line(step);
        kj_values_add(values, "change", line);
        if (step->judgement)
            add_reliance(values, step->judgement->voices, seen);
    }
}

static void add_heads(KjValues *values, const KjDesk *desk) {
    for (guint i = 0; i < desk->chains->len; i++) {
        const GPtrArray *chain = desk->chains->pdata[i];
        kj_values_add_format(values, "head", "%s %s", ((const KjSigned *)chain->pdata[0])->key->fingerprint, kj_chain_last(chain));
    }
}

static void add_common(KjValues *values, const KjDesk *desk, const char *signer, gint64 date) {
    const KjLink *last = kj_verifier_link(desk->verifier);
    kj_values_add(values, "signer", signer);
    kj_values_add(values, "previous", last ? kj_statement_digest(last->sealed->statement) : KJ_STATEMENT_NONE);
    kj_values_add_instant(values, "date", date);
    kj_values_add(values, "context", desk->context);
}

static gboolean check_met(const KjRuling *ruling, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        g_autofree char *missing = kj_step_missing(step);
        if (missing)
            g_string_append_printf(text, "%s%s: %s", text->len ? "\n" : "", step->need->name, missing);
    }
    return ruling->met ? TRUE : kj_fail(error, KJ_ERROR_REFUSED, "%s", text->str);
}

KjStatement *kj_desk_release(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjStatement *emergency,
                             const char *signer, const char *title, gint64 date, gint64 expires, GError **error) {
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    if (!check_met(ruling, error))
        return NULL;
    if (desk->broken->len > 0) {
        kj_fail(error, KJ_ERROR_REFUSED, _("a signer's chain cannot be read: %s"), (const char *)desk->broken->pdata[0]);
        return NULL;
    }
    g_autoptr(KjValues) values = kj_values_new();
    g_autoptr(GPtrArray) enforced = kj_desk_enforced(desk, result);
    add_common(values, desk, signer, date);
    kj_values_add_format(values, "serial", "%" PRIu64, kj_desk_next_serial(desk));
    kj_values_add(values, "before", lasting ? kj_statement_digest(lasting->sealed->statement) : KJ_STATEMENT_NONE);
    kj_values_add_format(values, "root", "%" PRIu64, kj_root_version(desk->root));
    kj_values_add(values, "title", title);
    kj_values_add_instant(values, "expires", expires);
    for (guint i = 0; i < result->units->len; i++) {
        const KjUnit *unit = result->units->pdata[i];
        kj_values_add_format(values, "unit", "%s %s", unit->name, unit->digest);
    }
    for (guint i = 0; i < enforced->len; i++)
        kj_values_add(values, "enforces", enforced->pdata[i]);
    add_changes(values, ruling);
    add_heads(values, desk);
    if (emergency)
        kj_values_add(values, "emergency", kj_statement_digest(emergency));
    return kj_values_statement(values, KJ_STATEMENT_RELEASE, error);
}

KjStatement *kj_desk_heartbeat(KjDesk *desk, const char *signer, gint64 date, GError **error) {
    const KjLink *release = kj_verifier_release(desk->verifier);
    if (!release) {
        kj_fail(error, KJ_ERROR_REFUSED, _("`%s` has no release yet, so there is nothing to confirm"), desk->context);
        return NULL;
    }
    g_autoptr(KjValues) values = kj_values_new();
    add_common(values, desk, signer, date);
    kj_values_add_format(values, "serial", "%" PRIu64, kj_verifier_serial(desk->verifier));
    kj_values_add(values, "release", kj_statement_digest(release->sealed->statement));
    return kj_values_statement(values, KJ_STATEMENT_HEARTBEAT, error);
}

/* ---- publishing ---- */

/* The commit of a chain at which the statement of this digest stands. */
static gboolean find_head(const KjDesk *desk, const char *name, const GPtrArray *chain, const char *digest, git_oid *id) {
    if (git_reference_name_to_id(id, desk->repository->git, name) != 0)
        return FALSE;
    for (guint i = chain->len; i-- > 0;) {
        g_autoptr(git_commit) commit = NULL;
        if (strcmp(kj_statement_digest(((const KjSigned *)chain->pdata[i])->statement), digest) == 0)
            return TRUE;
        if (git_commit_lookup(&commit, desk->repository->git, id) != 0 || git_commit_parentcount(commit) == 0)
            return FALSE;
        *id = *git_commit_parent_id(commit, 0);
    }
    return FALSE;
}

static gboolean add_chain_parent(const KjDesk *desk, const char *line, GArray *parents, GError **error) {
    const char *space = strchr(line, ' ');
    for (guint i = 0; i < desk->chains->len; i++) {
        const GPtrArray *chain = desk->chains->pdata[i];
        const char *fingerprint = ((const KjSigned *)chain->pdata[0])->key->fingerprint;
        git_oid id;
        if (strncmp(fingerprint, line, (gsize)(space - line)) != 0 || fingerprint[space - line])
            continue;
        if (!find_head(desk, desk->chain_names->pdata[i], chain, space + 1, &id))
            break;
        g_array_append_val(parents, id);
        return TRUE;
    }
    return kj_fail(error, KJ_ERROR_REFUSED, _("the chain %s that the release relies on is not here"), line);
}

static GArray *parents_of(const KjDesk *desk, const KjStatement *release, GError **error) {
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(git_oid));
    const KjLink *last = kj_verifier_link(desk->verifier);
    git_oid root;
    if (last)
        g_array_append_val(parents, last->commit);
    if (!kj_roots_head(desk->repository, &root, error))
        return NULL;
    g_array_append_val(parents, root);
    for (const char *const *line = kj_statement_list(release, "head"); *line; line++)
        if (!add_chain_parent(desk, *line, parents, error))
            return NULL;
    return g_steal_pointer(&parents);
}

static gboolean write_unit(KjRepository *repository, const KjUnit *unit, git_oid *tree, GError **error) {
    g_autoptr(GArray) files = kj_release_files(unit);
    return kj_release_write_files(repository, (const KjUnitFile *)(void *)files->data, files->len, tree, error);
}

static gboolean fail_writing(GError **error) {
    kj_repository_fail(error, _("the release could not be written"));
    return FALSE;
}

static gboolean add_step(const KjDesk *desk, git_treebuilder *folder, const KjUnit *unit, GError **error) {
    git_oid id;
    if (!write_unit(desk->repository, unit, &id, error))
        return FALSE;
    return git_treebuilder_insert(NULL, folder, unit->digest, &id, GIT_FILEMODE_TREE) == 0 ? TRUE : fail_writing(error);
}

/* Whether hosts have the base of the step: it was carried. */
static gboolean is_known(const KjDesk *desk, const KjStep *step) {
    const KjWorkspace *carried = kj_verifier_lasting_workspace(desk->verifier);
    return !step->need->base || (carried && kj_units_find(carried->units, step->need->name));
}

/* The texts that were approved before their words were edited, and the bases of what is carried for the first time. */
static gboolean write_steps(const KjDesk *desk, const KjRuling *ruling, const GPtrArray *carried, git_treebuilder *sources,
                            GError **error) {
    g_autoptr(git_treebuilder) folder = NULL;
    git_oid id;
    if (git_treebuilder_new(&folder, desk->repository->git, NULL) != 0)
        return fail_writing(error);
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i], *next = i + 1 < ruling->steps->len ? ruling->steps->pdata[i + 1] : NULL;
        gboolean is_carried = g_strv_contains((const char *const *)carried->pdata, step->need->name);
        if (is_carried && !is_known(desk, step) && !add_step(desk, folder, step->need->base, error))
            return FALSE;
        if (next && strcmp(step->need->name, next->need->name) == 0 && !add_step(desk, folder, step->need->result, error))
            return FALSE;
    }
    if (git_treebuilder_entrycount(folder) == 0)
        return TRUE;
    if (git_treebuilder_write(&id, folder) != 0 || git_treebuilder_insert(NULL, sources, "steps", &id, GIT_FILEMODE_TREE) != 0)
        return fail_writing(error);
    return TRUE;
}

static gboolean write_sources(const KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjStatement *release,
                              git_oid *tree, GError **error) {
    g_autoptr(GPtrArray) names = carried(desk, result, release);
    g_autoptr(KjUnit) together = kj_unit_new_together(result->compilation, (const KjUnitFile *)(void *)result->files->data,
                                                      result->files->len, (const char *const *)names->pdata);
    g_autoptr(git_treebuilder) sources = NULL;
    git_oid workspace;
    if (!write_unit(desk->repository, together, &workspace, error))
        return FALSE;
    if (git_treebuilder_new(&sources, desk->repository->git, NULL) != 0 ||
        git_treebuilder_insert(NULL, sources, "workspace", &workspace, GIT_FILEMODE_TREE) != 0)
        return fail_writing(error);
    if (!write_steps(desk, ruling, names, sources, error))
        return FALSE;
    return git_treebuilder_write(tree, sources) == 0 ? TRUE : fail_writing(error);
}

/* Judged as hosts do, and then moved. `before`: what else must be there first. */
static gboolean publish(KjDesk *desk, const KjSealed *sealed, const git_oid *sources, const GArray *parents, const KjWorkspace *workspace,
                        GError **error) {
    g_autofree char *name = kj_release_reference(desk->context);
    const KjLink *last = kj_verifier_link(desk->verifier);
    git_oid tree, id, before;
    if (last)
        before = last->commit;
    if (!kj_sealed_write(desk->repository, sealed, sources, &tree, error))
        return FALSE;
    if (!kj_commit_write(desk->repository, sealed->statement, &tree, (const git_oid *)(void *)parents->data, parents->len, &id))
        return fail_writing(error);
    gboolean first = !last;
    return kj_verifier_run(desk->verifier, &id, desk->now, error) &&
           (!workspace || keep_workspace(desk, workspace, sealed->statement, error)) &&
           kj_commit_move(desk->repository, name, first ? NULL : &before, &id, error);
}

gboolean kj_desk_publish(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjSealed *release, GError **error) {
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); /* what is released outlives the power */
    g_autoptr(GArray) parents = parents_of(desk, release->statement, error);
    git_oid sources;
    return parents && write_sources(desk, result, ruling, release->statement, &sources, error) &&
           publish(desk, release, &sources, parents, result, error);
}

gboolean kj_desk_publish_heartbeat(KjDesk *desk, const KjSealed *heartbeat, GError **error) {
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(git_oid));
    g_array_append_val(parents, kj_verifier_link(desk->verifier)->commit);
    return publish(desk, heartbeat, NULL, parents, NULL, error);
}
