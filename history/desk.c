/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "desk.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"

#define NONE "none"
#define WORKSPACES "refs/kijun/workspaces/"
#define PROPOSALS "refs/kijun/proposals/"
#define GOVERNANCE "governance"

/* ---- opening ---- */

/* What git shows in the place of an object is not what is compiled here: nobody could tell what he signs. */
static gboolean check_replaced(KjRepository *repository, GError **error) {
    g_autoptr(GPtrArray) names = kj_repository_references(repository, "refs/replace/", 1, error);
    if (names && names->len > 0)
        return kj_fail(error, KJ_ERROR_REFUSED,
                       _("extraneous dependency: the repository shows other objects than it holds (%s), so that nobody sees what he signs; git replace -d takes that away"),
                       (const char *)names->pdata[0]);
    return names != NULL;
}

static gboolean read_roots(KjDesk *desk, const char *pinned, GError **error) {
    git_oid head;
    if (!kj_roots_head(desk->repository, &head, error) || !(desk->roots = kj_roots_read(desk->repository, &head, error)) ||
        (pinned && !kj_roots_check_pinned(desk->roots, pinned, error)))
        return FALSE;
    desk->root = kj_roots_last(desk->roots);
    return TRUE;
}

static gboolean read_chains(KjDesk *desk, GError **error) {
    g_autoptr(GPtrArray) names = kj_chain_names(desk->repository, error);
    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GError) problem = NULL;
        GPtrArray *chain = kj_chain_read(desk->repository, names->pdata[i], &problem);
        if (!chain) {
            g_ptr_array_add(desk->broken, g_strdup_printf("%s: %s", (const char *)names->pdata[i], problem->message));
            continue;
        }
        const KjSigned *first = chain->pdata[0]; /* a reference leads to one statement at least */
        if (kj_root_key(desk->root, first->key->fingerprint)) {
            g_ptr_array_add(desk->chains, chain);
            g_ptr_array_add(desk->chain_names, g_strdup(names->pdata[i]));
        } else {
            g_ptr_array_unref(chain); /* of nobody's */
        }
    }
    return TRUE;
}

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

static KjWorkspace *workspace_of_commit(KjRepository *repository, const git_commit *commit, const char *shown, GError **error) {
    g_autoptr(git_tree) tree = NULL;
    if (git_commit_tree(&tree, commit) != 0) {
        kj_repository_fail(error, shown);
        return NULL;
    }
    g_autoptr(KjSnapshot) snapshot = kj_snapshot_new_tree(repository, tree);
    return kj_workspace_new(snapshot, "", shown, error);
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
            g_autoptr(KjWorkspace) workspace = workspace_of_commit(desk->repository, commit, name, error);
            if (!workspace || is_pinned(workspace, release))
                return g_steal_pointer(&workspace);
        }
        found = git_commit_parentcount(commit) > 0;
        if (found)
            at = *git_commit_parent_id(commit, 0);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                _("the repository does not hold the workspace of release %" PRIu64 " of `%s`; fetch it: git fetch ORIGIN '+refs/kijun/*:refs/kijun/*'"),
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
    if (git_tree_lookup(&tree, desk->repository->git, &tree_id) != 0 || (begun && git_commit_lookup(&parent, desk->repository->git, &before) != 0) ||
        git_signature_new(&signature, "kijun", "kijun", kj_statement_instant(release, "date"), 0) != 0) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    const git_commit *parents[] = { parent };
    if (git_commit_create(&id, desk->repository->git, NULL, signature, signature, "UTF-8", kj_statement_digest(release), tree, begun ? 1 : 0, parents) != 0) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    return kj_commit_move(desk->repository, name, begun ? &before : NULL, &id, error);
}

static const char *pinned_root(const KjDesk *desk) {
    return kj_statement_digest(kj_root_statement(desk->roots->pdata[0]));
}

/*
 * How far releases were verified here before, under which root: "DIGEST COMMIT" in a file of the repository's own folder. Who can write there can do anything to this desk, and nothing to a
 * host, which has a state of its own.
 */
static char *mark_path(const KjDesk *desk) {
    return g_build_filename(git_repository_commondir(desk->repository->git), "kijun", "verified", desk->context, NULL);
}

/* A verifier that goes on where the last one ended, if that is known and there still. */
static KjVerifier *go_on(const KjDesk *desk) {
    g_autofree char *path = mark_path(desk), *text = NULL;
    KjVerifier *verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
    git_oid commit;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return verifier;
    g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", 2);
    if (g_strv_length(words) != 2 || strcmp(words[0], pinned_root(desk)) != 0 || git_oid_fromstr(&commit, words[1]) != 0)
        return verifier;
    if (kj_verifier_resume(verifier, &commit, NULL))
        return verifier;
    kj_verifier_free(verifier);
    return kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
}

static void mark(const KjDesk *desk) {
    g_autofree char *path = mark_path(desk), *folder = g_path_get_dirname(path);
    const KjLink *link = kj_verifier_link(desk->verifier);
    g_autofree char *text = link ? g_strdup_printf("%s %s\n", pinned_root(desk), git_oid_tostr_s(&link->commit)) : NULL;
    if (text && g_mkdir_with_parents(folder, 0777) == 0)
        g_file_set_contents(path, text, -1, NULL); /* without it the next desk takes longer */
}

/* Judges everything up to the head; where what was known before does not lead there, from the root on. */
static gboolean verify(KjDesk *desk, const git_oid *head, GError **error) {
    desk->verifier = go_on(desk);
    if (kj_verifier_link(desk->verifier) && kj_verifier_run(desk->verifier, head, desk->now, NULL))
        return TRUE;
    kj_verifier_free(desk->verifier);
    desk->verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
    return kj_verifier_run(desk->verifier, head, desk->now, error);
}

static gboolean read_releases(KjDesk *desk, GError **error) {
    git_oid head;
    g_autofree char *name = kj_release_reference(desk->context);
    if (git_reference_name_to_id(&head, desk->repository->git, name) != 0) {
        desk->verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
        return TRUE; /* none yet */
    }
    if (!verify(desk, &head, error))
        return FALSE;
    mark(desk);
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    desk->base = lasting ? kj_desk_workspace(desk, lasting->sealed->statement, error) : NULL;
    return desk->base || !lasting;
}

KjDesk *kj_desk_open(const char *folder, const char *context, const char *pinned, gint64 now, GError **error) {
    g_autoptr(KjDesk) desk = g_new0(KjDesk, 1);
    desk->context = g_strdup(context);
    desk->now = now;
    desk->chains = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    desk->chain_names = g_ptr_array_new_with_free_func(g_free);
    desk->broken = g_ptr_array_new_with_free_func(g_free);
    desk->repository = kj_repository_open(folder, error);
    if (!desk->repository || !check_replaced(desk->repository, error) || !read_roots(desk, pinned, error) || !read_chains(desk, error) || !read_releases(desk, error))
        return NULL;
    return g_steal_pointer(&desk);
}

void kj_desk_free(KjDesk *desk) {
    if (!desk)
        return;
    kj_workspace_free(desk->base);
    kj_verifier_free(desk->verifier);
    g_clear_pointer(&desk->roots, g_ptr_array_unref);
    g_ptr_array_unref(desk->chains);
    g_ptr_array_unref(desk->chain_names);
    g_ptr_array_unref(desk->broken);
    g_clear_pointer(&desk->repository, kj_repository_unref);
    g_free(desk->context);
    g_free(desk);
}

/* ---- asking ---- */

guint64 kj_desk_next_serial(const KjDesk *desk) {
    return kj_verifier_serial(desk->verifier) + 1;
}

const GPtrArray *kj_desk_chain(const KjDesk *desk, const KjKey *key) {
    for (guint i = 0; i < desk->chains->len; i++)
        if (kj_key_equal(((const KjSigned *)((const GPtrArray *)desk->chains->pdata[i])->pdata[0])->key, key))
            return desk->chains->pdata[i];
    return NULL;
}

const KjSigned *kj_desk_find(const KjDesk *desk, const char *digest) {
    const KjSigned *found = NULL;
    for (guint c = 0; *digest && c < desk->chains->len; c++) {
        const GPtrArray *chain = desk->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjSigned *link = chain->pdata[i];
            if (!g_str_has_prefix(kj_statement_digest(link->statement), digest))
                continue;
            if (found && strcmp(kj_statement_digest(found->statement), kj_statement_digest(link->statement)) != 0)
                return NULL;
            found = link;
        }
    }
    return found;
}

/* ---- proposals ---- */

char *kj_proposal_reference(const char *digest) {
    return g_strconcat(PROPOSALS, digest, NULL);
}

gboolean kj_proposal_keep(KjRepository *repository, const KjStatement *proposal, const KjWorkspace *workspace, GError **error) {
    g_autofree char *name = kj_proposal_reference(kj_statement_digest(proposal));
    git_oid tree, id;
    if (!kj_release_write_files(repository, (const KjUnitFile *)(void *)workspace->files->data, workspace->files->len, &tree, error))
        return FALSE;
    if (!kj_commit_write(repository, proposal, &tree, NULL, 0, &id)) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    return kj_commit_move(repository, name, NULL, &id, error);
}

KjWorkspace *kj_proposal_workspace(KjRepository *repository, const char *digest, GError **error) {
    g_autofree char *name = kj_proposal_reference(digest);
    g_autoptr(git_commit) commit = NULL;
    git_oid id;
    if (git_reference_name_to_id(&id, repository->git, name) != 0 || git_commit_lookup(&commit, repository->git, &id) != 0) {
        kj_repository_fail(error, name);
        return NULL;
    }
    return workspace_of_commit(repository, commit, name, error);
}

/* ---- a change ---- */

/* A unit as a proposal has it, of its own pieces alone. */
static KjWorkspace *read_approved(gpointer data, const char *unit, const char *digest) {
    const KjDesk *desk = data;
    for (guint c = 0; c < desk->chains->len; c++) {
        const GPtrArray *chain = desk->chains->pdata[c];
        for (guint i = chain->len; i-- > 0;) {
            const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
            if (kj_statement_kind(statement) != KJ_STATEMENT_PROPOSAL || !kj_lists_change(statement, unit, digest))
                continue;
            g_autoptr(KjWorkspace) whole = kj_proposal_workspace(desk->repository, kj_statement_digest(statement), NULL);
            const KjUnit *found = whole && whole->units ? kj_units_find(whole->units, unit) : NULL;
            if (found && strcmp(found->digest, digest) == 0) {
                g_autoptr(GArray) files = kj_release_files(found);
                return kj_workspace_new_files((const KjUnitFile *)(void *)files->data, files->len, unit, NULL);
            }
        }
    }
    return NULL;
}

static gint64 since_of(gpointer data, const char *unit) {
    return kj_verifier_since(((const KjDesk *)data)->verifier, unit);
}

KjRuling *kj_desk_decide(KjDesk *desk, const KjWorkspace *result, const KjStatement *emergency, gint64 date) {
    const KjSide base = { desk->base ? desk->base->compilation : NULL, desk->base ? desk->base->units : NULL }, after = { result->compilation, result->units };
    const KjQuestion question = { .base = &base,
                                  .result = &after,
                                  .root = desk->root,
                                  .serial = kj_desk_next_serial(desk),
                                  .date = date,
                                  .context = desk->context,
                                  .chains = desk->chains,
                                  .emergency = emergency,
                                  .approved = read_approved,
                                  .since = since_of,
                                  .data = desk };
    return kj_ruling_new(&question);
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

typedef struct {
    GArray *values;  /* KjStatementValue */
    GPtrArray *texts; /* that they point at */
} Values;

/* Takes the value. */
static void add_value(Values *values, const char *key, char *value) {
    g_ptr_array_add(values->texts, value);
    g_array_append_val(values->values, ((KjStatementValue){ key, value }));
}

static void add_reliance(Values *values, const GArray *voices, GHashTable *seen) {
    for (guint i = 0; i < voices->len; i++) {
        const KjVoice *voice = &g_array_index(voices, KjVoice, i);
        const char *digest = kj_statement_digest(voice->statement->statement);
        if (voice->state == KJ_VOICE_COUNTS && g_hash_table_add(seen, (gpointer)digest))
            add_value(values, "relies", g_strdup(digest));
    }
}

static void add_changes(Values *values, const KjRuling *ruling) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        add_value(values, "change", kj_step_line(step));
        if (step->judgement)
            add_reliance(values, step->judgement->voices, seen);
    }
}

static void add_heads(Values *values, const KjDesk *desk) {
    for (guint i = 0; i < desk->chains->len; i++) {
        const GPtrArray *chain = desk->chains->pdata[i];
        add_value(values, "head", g_strdup_printf("%s %s", ((const KjSigned *)chain->pdata[0])->key->fingerprint, kj_chain_last(chain)));
    }
}

static void add_common(Values *values, const KjDesk *desk, const char *signer, gint64 date) {
    const KjLink *last = kj_verifier_link(desk->verifier);
    add_value(values, "signer", g_strdup(signer));
    add_value(values, "previous", g_strdup(last ? kj_statement_digest(last->sealed->statement) : NONE));
    add_value(values, "date", kj_statement_date(date));
    add_value(values, "context", g_strdup(desk->context));
}

static KjStatement *make_statement(Values *values, KjStatementKind kind, GError **error) {
    KjStatement *statement = kj_statement_new(kind, (const KjStatementValue *)(void *)values->values->data, values->values->len, error);
    g_array_unref(values->values);
    g_ptr_array_unref(values->texts);
    return statement;
}

static Values values_new(void) {
    return (Values){ g_array_new(FALSE, FALSE, sizeof(KjStatementValue)), g_ptr_array_new_with_free_func(g_free) };
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

KjStatement *kj_desk_release(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjStatement *emergency, const char *signer, const char *title, gint64 date,
                             gint64 expires, GError **error) {
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    if (!check_met(ruling, error))
        return NULL;
    if (desk->broken->len > 0) {
        kj_fail(error, KJ_ERROR_REFUSED, _("a signer's chain cannot be read: %s"), (const char *)desk->broken->pdata[0]);
        return NULL;
    }
    Values values = values_new();
    g_autoptr(GPtrArray) enforced = kj_desk_enforced(desk, result);
    add_common(&values, desk, signer, date);
    add_value(&values, "serial", g_strdup_printf("%" PRIu64, kj_desk_next_serial(desk)));
    add_value(&values, "before", g_strdup(lasting ? kj_statement_digest(lasting->sealed->statement) : NONE));
    add_value(&values, "root", g_strdup_printf("%" PRIu64, kj_root_version(desk->root)));
    add_value(&values, "title", g_strdup(title));
    add_value(&values, "expires", kj_statement_date(expires));
    for (guint i = 0; i < result->units->len; i++) {
        const KjUnit *unit = result->units->pdata[i];
        add_value(&values, "unit", g_strdup_printf("%s %s", unit->name, unit->digest));
    }
    for (guint i = 0; i < enforced->len; i++)
        add_value(&values, "enforces", g_strdup(enforced->pdata[i]));
    add_changes(&values, ruling);
    add_heads(&values, desk);
    if (emergency)
        add_value(&values, "emergency", g_strdup(kj_statement_digest(emergency)));
    return make_statement(&values, KJ_STATEMENT_RELEASE, error);
}

KjStatement *kj_desk_heartbeat(KjDesk *desk, const char *signer, gint64 date, GError **error) {
    const KjLink *release = kj_verifier_release(desk->verifier);
    if (!release) {
        kj_fail(error, KJ_ERROR_REFUSED, _("`%s` has no release yet, so there is nothing to confirm"), desk->context);
        return NULL;
    }
    Values values = values_new();
    add_common(&values, desk, signer, date);
    add_value(&values, "serial", g_strdup_printf("%" PRIu64, kj_verifier_serial(desk->verifier)));
    add_value(&values, "release", g_strdup(kj_statement_digest(release->sealed->statement)));
    return make_statement(&values, KJ_STATEMENT_HEARTBEAT, error);
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
static gboolean write_steps(const KjDesk *desk, const KjRuling *ruling, const GPtrArray *carried, git_treebuilder *sources, GError **error) {
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

static gboolean write_sources(const KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjStatement *release, git_oid *tree, GError **error) {
    g_autoptr(GPtrArray) names = carried(desk, result, release);
    g_autoptr(KjUnit) together = kj_unit_new_together(result->compilation, (const KjUnitFile *)(void *)result->files->data, result->files->len,
                                                      (const char *const *)names->pdata);
    g_autoptr(git_treebuilder) sources = NULL;
    git_oid workspace;
    if (!write_unit(desk->repository, together, &workspace, error))
        return FALSE;
    if (git_treebuilder_new(&sources, desk->repository->git, NULL) != 0 || git_treebuilder_insert(NULL, sources, "workspace", &workspace, GIT_FILEMODE_TREE) != 0)
        return fail_writing(error);
    if (!write_steps(desk, ruling, names, sources, error))
        return FALSE;
    return git_treebuilder_write(tree, sources) == 0 ? TRUE : fail_writing(error);
}

/* Judged as hosts do, and then moved. `before`: what else must be there first. */
static gboolean publish(KjDesk *desk, const KjSealed *sealed, const git_oid *sources, const GArray *parents, const KjWorkspace *workspace, GError **error) {
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
    return kj_verifier_run(desk->verifier, &id, desk->now, error) && (!workspace || keep_workspace(desk, workspace, sealed->statement, error)) &&
           kj_commit_move(desk->repository, name, first ? NULL : &before, &id, error);
}

gboolean kj_desk_publish(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjSealed *release, GError **error) {
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); /* what is released outlives the power */
    g_autoptr(GArray) parents = parents_of(desk, release->statement, error);
    git_oid sources;
    return parents && write_sources(desk, result, ruling, release->statement, &sources, error) && publish(desk, release, &sources, parents, result, error);
}

gboolean kj_desk_publish_heartbeat(KjDesk *desk, const KjSealed *heartbeat, GError **error) {
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(git_oid));
    g_array_append_val(parents, kj_verifier_link(desk->verifier)->commit);
    return publish(desk, heartbeat, NULL, parents, NULL, error);
}
