/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sitting down at the desk, and saying something.
 *
 * The working tree is read as `git add --all` would take it, into an index that is never written: what is proposed is then, byte for byte,
 * what a commit of it will hold, whatever the settings for line ends. Everything else is read from the object database.
 *
 * A statement names the one before it. So a draft is laid onto the desk, as the last of its signer's chain, before it is signed: the next
 * draft goes on from there, and what comes of it is computed by the same judge as ever. Only a signature that was verified goes into the
 * repository.
 */
#include "desk.h"

#include <inttypes.h>
#include <kijun/value.h>
#include <stdio.h>
#include <string.h>

#include "../../history/revision.h"
#include "../../history/sign.h"
#include "../git_driver.h"
#include "signing.h"

#define CONTEXT_SETTING "kijun.context"
#define DAY_SECONDS 86400

KjDeskChoices kj_desk_choices;

int kj_desk_fail(const GError *error) {
    return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
}

/* ---- where ---- */

char *kj_desk_context(KjRepository *repository, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(git_config) config = NULL;
    const char *set = NULL;
    if (kj_desk_choices.context)
        return g_strdup(kj_desk_choices.context);
    if (git_repository_config_snapshot(&config, repository->git) == 0 && git_config_get_string(&set, config, CONTEXT_SETTING) == 0)
        return g_strdup(set);
    g_auto(GStrv) contexts = kj_release_contexts(repository, &error);
    if (!contexts) {
        *exit_code = kj_desk_fail(error);
        return NULL;
    }
    if (contexts[0] && !contexts[1])
        return g_strdup(contexts[0]);
    g_autofree char *all = g_strjoinv(", ", contexts);
    *exit_code = contexts[0] ? kj_cli_fail(KJ_EXIT_USAGE,
                                           _("which context: %s? Say it with --context, or once for all: git config kijun.context %s"), all,
                                           contexts[0])
                             : kj_cli_fail(KJ_EXIT_USAGE,
                                           _("there is no release yet, so say what the context is to be called: --context production"));
    return NULL;
}

/* A folder of the repository as git names it. Free with g_free. */
static char *plain_folder(const char *folder) {
    gsize length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/')
        length--;
    return length == 1 && *folder == '.' ? g_strdup("") : g_strndup(folder, length);
}

/* The workspace's folder, from the top of the repository. NULL with *exit_code set. Free with g_free. */
static char *choose_place(KjRepository *repository, int *exit_code) {
    g_autoptr(git_config) config = NULL;
    git_config_iterator *each = NULL;
    git_config_entry *entry;
    g_autofree char *place = NULL;
    guint count = 0;
    if (kj_desk_choices.workspace)
        return plain_folder(kj_desk_choices.workspace);
    if (git_repository_config_snapshot(&config, repository->git) == 0 &&
        git_config_multivar_iterator_new(&each, config, KJ_GIT_WORKSPACE, NULL) == 0) {
        for (; git_config_next(&entry, each) == 0; count++) {
            g_free(place);
            place = plain_folder(entry->value);
        }
        git_config_iterator_free(each);
    }
    if (count <= 1)
        return place ? g_steal_pointer(&place) : g_strdup("");
    *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("the repository has several workspaces; say which with --workspace FOLDER"));
    return NULL;
}

/* ---- who ---- */

static gboolean find_person(KjSitting *sitting, int *exit_code) {
    g_autoptr(GError) error = NULL;
    sitting->key = kj_sign_public(sitting->desk->repository, kj_desk_choices.key, &error);
    if (!sitting->key) {
        *exit_code = kj_desk_fail(error);
        return FALSE;
    }
    sitting->person = kj_root_person(sitting->desk->root, sitting->key, kj_desk_next_serial(sitting->desk));
    if (!sitting->person)
        *exit_code = kj_cli_fail(KJ_EXIT_REFUSED, _("the key %s is nobody's under root %" PRIu64 "; next: kijun root"),
                                 sitting->key->fingerprint, kj_root_version(sitting->desk->root));
    return sitting->person != NULL;
}

gboolean kj_sitting_open(KjSitting *sitting, gboolean signs, int *exit_code) {
    g_autoptr(GError) error = NULL;
    *sitting = (KjSitting){ 0 };
    if (!kj_cli_instant(kj_desk_choices.at, &sitting->now)) {
        *exit_code = KJ_EXIT_USAGE;
        return FALSE;
    }
    g_autoptr(KjRepository) repository = kj_repository_open(".", &error);
    if (!repository) {
        *exit_code = kj_desk_fail(error);
        return FALSE;
    }
    g_autofree char *context = kj_desk_context(repository, exit_code);
    if (!context)
        return FALSE;
    sitting->desk = kj_desk_open(".", context, NULL, sitting->now, &error);
    if (!sitting->desk) {
        *exit_code = kj_desk_fail(error);
        return FALSE;
    }
    for (guint i = 0; i < sitting->desk->broken->len; i++)
        fprintf(stderr, _("%s: left out, because it cannot be believed: %s\n"), g_get_prgname(),
                (const char *)sitting->desk->broken->pdata[i]);
    return !signs || find_person(sitting, exit_code);
}

void kj_sitting_clear(KjSitting *sitting) {
    g_clear_pointer(&sitting->desk, kj_desk_free);
    g_clear_pointer(&sitting->key, kj_key_free);
}

/* ---- what is changed ---- */

void kj_target_clear(KjTarget *target) {
    g_clear_pointer(&target->workspace, kj_workspace_free);
    g_clear_pointer(&target->title, g_free);
    g_clear_pointer(&target->shown, g_free);
}

/* A folder on disk, from the top of the working tree. NULL: it is not in it. Free with g_free. */
static char *place_of_folder(KjRepository *repository, const char *folder) {
    const char *work = git_repository_workdir(repository->git);
    char *top = work ? realpath(work, NULL) : NULL, *here = realpath(folder, NULL), *place = NULL;
    gsize length = top ? strlen(top) : 0;
    if (top && here && strncmp(here, top, length) == 0 && (here[length] == '/' || here[length] == 0))
        place = g_strdup(here[length] ? here + length + 1 : "");
    free(top);
    free(here);
    return place;
}

/* The index, or with `all` as it would be when everything in the working tree was added to it. */
static KjWorkspace *read_index(KjRepository *repository, gboolean all, const char *place, const char *shown, GError **error) {
    const git_strarray everything = { (char *[]){ (char *)"*" }, 1 };
    g_autoptr(git_index) index = NULL;
    if (git_repository_index(&index, repository->git) != 0 || git_index_read(index, FALSE) != 0 ||
        (all && git_index_add_all(index, &everything, 0, NULL, NULL) != 0)) {
        kj_repository_fail(error, _("the working tree"));
        return NULL;
    }
    g_autoptr(KjSnapshot) snapshot = kj_snapshot_new_index(repository, error);
    return snapshot ? kj_workspace_new(snapshot, place, shown, error) : NULL;
}

static void note_commit(KjRepository *repository, const char *revision, KjTarget *target) {
    g_autoptr(git_object) commit = kj_repository_revision(repository, revision, GIT_OBJECT_COMMIT, NULL);
    const char *summary = commit ? git_commit_summary((git_commit *)commit) : NULL;
    if (summary && *summary)
        target->title = g_strdup(summary);
}

static KjWorkspace *read_revision(KjRepository *repository, const char *revision, const char *place, KjTarget *target, GError **error) {
    g_autoptr(git_object) tree = kj_repository_revision(repository, revision, GIT_OBJECT_TREE, error);
    if (!tree)
        return NULL;
    note_commit(repository, revision, target);
    g_autoptr(KjSnapshot) snapshot = kj_snapshot_new_tree(repository, (git_tree *)tree);
    return kj_workspace_new(snapshot, place, target->shown, error);
}

static gboolean is_digest_start(const char *text) {
    gsize length = strlen(text);
    return length >= 6 && length <= 64 && strspn(text, "0123456789abcdef") == length;
}

/* A proposal or an emergency. */
static const KjStatement *find_proposed(const KjSitting *sitting, const char *named) {
    const KjSigned *found = is_digest_start(named) ? kj_desk_find(sitting->desk, named) : NULL;
    KjStatementKind kind = found ? kj_statement_kind(found->statement) : 0;
    return kind == KJ_STATEMENT_PROPOSAL || kind == KJ_STATEMENT_EMERGENCY ? found->statement : NULL;
}

static KjWorkspace *read_proposed(const KjSitting *sitting, KjTarget *target, GError **error) {
    gboolean emergency = kj_statement_kind(target->statement) == KJ_STATEMENT_EMERGENCY;
    target->title = g_strdup(kj_statement_get(target->statement, emergency ? "reason" : "title"));
    return kj_proposal_workspace(sitting->desk->repository, kj_statement_digest(target->statement), error);
}

static KjWorkspace *read_folder(KjRepository *repository, const char *folder, GError **error) {
    g_autofree char *place = place_of_folder(repository, folder);
    if (place)
        return read_index(repository, TRUE, place, folder, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s is not a folder of the working tree"), folder);
    return NULL;
}

static KjWorkspace *read_named(const KjSitting *sitting, const char *named, KjTarget *target, const char *place, GError **error) {
    KjRepository *repository = sitting->desk->repository;
    if (!named)
        return read_index(repository, TRUE, place, target->shown, error);
    target->statement = find_proposed(sitting, named);
    if (target->statement)
        return read_proposed(sitting, target, error);
    if (kj_revision_form(named)) {
        const char *colon = strrchr(named, ':');
        g_autofree char *revision = g_strndup(named, (gsize)(colon - named));
        g_autofree char *folder = plain_folder(colon + 1);
        return *revision ? read_revision(repository, revision, folder, target, error) : read_index(repository, FALSE, folder, named, error);
    }
    if (named[0] == '.' || named[0] == '/')
        return read_folder(repository, named, error);
    KjWorkspace *workspace = read_revision(repository, named, place, target, error);
    if (workspace || !g_file_test(named, G_FILE_TEST_IS_DIR))
        return workspace;
    g_clear_error(error);
    return read_folder(repository, named, error);
}

gboolean kj_target_find(const KjSitting *sitting, const char *named, KjTarget *target, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autofree char *place = choose_place(sitting->desk->repository, exit_code);
    *target = (KjTarget){ .shown = g_strdup(named ? named : ".") };
    if (!place)
        return FALSE;
    target->workspace = read_named(sitting, named, target, place, &error);
    if (!target->workspace) {
        *exit_code = kj_desk_fail(error);
        return FALSE;
    }
    if (target->workspace->units)
        return TRUE;
    kj_cli_print_diagnostics(target->workspace->compilation->diagnostics, target->workspace->compilation->sources);
    *exit_code = kj_cli_fail(kj_cli_errors_code(target->workspace->compilation->diagnostics), _("%s has errors; next: kijun check"),
                             target->shown);
    return FALSE;
}

gboolean kj_target_check(const KjTarget *target, int *exit_code) {
    const KjAnalysis analysis = { .undated = TRUE, .path = target->shown, .language = kj_cli_language() };
    KjCompilation *compilation = target->workspace->compilation;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    if (bytes)
        kj_analyse_errors(compilation->policy, &analysis, compilation->diagnostics);
    if (bytes && kj_diagnostics_errors(compilation->diagnostics) == 0)
        return TRUE;
    kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
    *exit_code = kj_cli_fail(kj_cli_errors_code(compilation->diagnostics),
                             _("%s is not what its standards ask, and cannot be in force; next: kijun check"), target->shown);
    return FALSE;
}

const KjSigned *kj_desk_statement(const KjSitting *sitting, const char *digest, const KjStatementKind *kinds, int *exit_code) {
    const KjSigned *found = is_digest_start(digest) ? kj_desk_find(sitting->desk, digest) : NULL;
    if (!found) {
        *exit_code = kj_cli_fail(
            KJ_EXIT_USAGE,
            _("no one statement has a digest that begins with `%s`; write more of it, or fetch what others said: git fetch ORIGIN 'refs/kijun/*:refs/kijun/*'"),
            digest);
        return NULL;
    }
    for (; *kinds; kinds++)
        if (kj_statement_kind(found->statement) == *kinds)
            return found;
    *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("%s is the digest of a statement of the kind `%s`, which does not fit here"), digest,
                             kj_statement_kind_name(kj_statement_kind(found->statement)));
    return NULL;
}

/* ---- values ---- */

gboolean kj_desk_instant(const char *option, const char *text, gint64 from, gint64 *instant) {
    const char *problem = NULL;
    guint64 number;
    if (from >= 0 && kj_value_read_duration(text, strlen(text), &number, &problem)) {
        *instant = from + (gint64)MIN(number, (guint64)G_MAXINT32 * 2);
        return TRUE;
    }
    if (kj_value_read_date(text, strlen(text), &number, &problem)) {
        *instant = (gint64)number * DAY_SECONDS;
        return TRUE;
    }
    if (kj_value_read_instant(text, strlen(text), NULL, instant, &problem))
        return TRUE;
    if (from >= 0)
        kj_cli_fail(KJ_EXIT_USAGE, _("--%s: `%s` is no duration and no instant; write 8h, 90d, 2026-11-24 or 2026-11-24T10:00:00+09:00"),
                    option, text);
    else
        kj_cli_fail(KJ_EXIT_USAGE, _("--%s: `%s` is no date and no instant; write 2026-11-24 or 2026-11-24T10:00:00+09:00"), option, text);
    return FALSE;
}

void kj_values_add_unit(KjValues *values, const KjNeed *need, gboolean base) {
    kj_values_add(values, "unit", need->name);
    if (base)
        kj_values_add(values, "base", kj_unit_digest(need->base));
    kj_values_add(values, "result", kj_unit_digest(need->result));
}

void kj_values_add_changes(KjValues *values, const KjNeeds *needs) {
    for (guint i = 0; i < needs->needs->len; i++) {
        const KjNeed *need = needs->needs->pdata[i];
        g_autofree char *line = g_strdup_printf("%s %s %s %s %s", need->name, kj_unit_digest(need->base), kj_unit_digest(need->result),
                                                kj_change_verdict_name(need->verdict), need->weakens ? "yes" : "no");
        kj_values_add(values, "change", line);
    }
}

void kj_values_add_reading(KjValues *values, const KjNeed *need) {
    kj_values_add(values, "verdict", kj_change_verdict_name(need->verdict));
    kj_values_add(values, "weakens", need->weakens ? "yes" : "no");
}

gboolean kj_target_names(const KjTarget *target, const KjNeed *need) {
    return !target->statement || kj_lists_change(target->statement, need->name, kj_unit_digest(need->result));
}

/* ---- saying ---- */

/* The chain of the person's key on the desk, begun if there is none. */
static GPtrArray *own_chain(const KjSitting *sitting) {
    const GPtrArray *chain = kj_desk_chain(sitting->desk, sitting->key);
    if (chain)
        return (GPtrArray *)chain;
    GPtrArray *begun = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
    g_ptr_array_add(sitting->desk->chains, begun);
    g_ptr_array_add(sitting->desk->chain_names, kj_chain_name(sitting->key));
    return begun;
}

/* A chain that was only begun goes again. */
static void end_empty(const KjSitting *sitting, GPtrArray *chain) {
    guint index;
    if (chain->len == 0 && g_ptr_array_find(sitting->desk->chains, chain, &index)) {
        g_ptr_array_remove_index(sitting->desk->chains, index);
        g_ptr_array_remove_index(sitting->desk->chain_names, index);
    }
}

static void add_head(const KjSitting *sitting, KjStatementKind kind, const char *previous, const KjValues *values, KjValues *whole) {
    kj_values_add(whole, "signer", sitting->person);
    kj_values_add(whole, "previous", previous);
    kj_values_add_instant(whole, "date", sitting->now);
    if (kind != KJ_STATEMENT_WITHDRAWAL && kind != KJ_STATEMENT_DELEGATION)
        kj_values_add(whole, "context", sitting->desk->context);
    for (guint i = 0; i < values->pairs->len; i++) {
        const KjStatementValue *pair = &g_array_index(values->pairs, KjStatementValue, i);
        kj_values_add(whole, pair->key, pair->value);
    }
}

const KjStatement *kj_desk_draft(KjSitting *sitting, KjStatementKind kind, const KjValues *values, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjValues) whole = kj_values_new();
    GPtrArray *chain = own_chain(sitting);
    add_head(sitting, kind, kj_chain_last(chain), values, whole);
    KjStatement *statement = kj_values_statement(whole, kind, &error);
    if (!statement) {
        end_empty(sitting, chain);
        *exit_code = kj_desk_fail(error);
        return NULL;
    }
    g_autofree char *line = kj_key_line(sitting->key);
    KjSigned *draft = g_new(KjSigned, 1);
    *draft = (KjSigned){ statement, g_strdup(""), kj_key_parse(line, NULL) };
    g_ptr_array_add(chain, draft);
    return statement;
}

void kj_desk_drop(KjSitting *sitting) {
    GPtrArray *chain = own_chain(sitting);
    g_ptr_array_remove_index(chain, chain->len - 1);
    end_empty(sitting, chain);
}

static gboolean ask(const KjSitting *sitting, const KjStatement *statement, int *exit_code) {
    return kj_cli_ask_to_sign(statement, sitting->key, sitting->person, kj_desk_choices.yes, exit_code);
}

gboolean kj_desk_sign(KjSitting *sitting, int *exit_code) {
    g_autoptr(GError) error = NULL;
    GPtrArray *chain = own_chain(sitting);
    const KjSigned *draft = chain->pdata[chain->len - 1];
    if (!ask(sitting, draft->statement, exit_code)) {
        kj_desk_drop(sitting);
        return FALSE;
    }
    KjSigned *link = kj_sign_link(sitting->desk->repository, kj_desk_choices.key, draft->statement, &error);
    if (!link || !kj_chain_append(sitting->desk->repository, link, &error)) {
        kj_signed_free(link);
        kj_desk_drop(sitting);
        *exit_code = kj_desk_fail(error);
        return FALSE;
    }
    KjSigned *drafted = chain->pdata[chain->len - 1]; /* its statement is borrowed by others: it gets the signature */
    g_free(drafted->armor);
    drafted->armor = g_strdup(link->armor);
    kj_signed_free(link);
    return TRUE;
}

gboolean kj_desk_say(KjSitting *sitting, KjStatementKind kind, const KjValues *values, int *exit_code) {
    return kj_desk_draft(sitting, kind, values, exit_code) && kj_desk_sign(sitting, exit_code);
}

char *kj_desk_seal(const KjSitting *sitting, const KjStatement *statement, int *exit_code) {
    g_autoptr(GError) error = NULL;
    if (!ask(sitting, statement, exit_code))
        return NULL;
    char *armor = kj_sign(sitting->desk->repository, kj_desk_choices.key, statement, &error);
    if (!armor)
        *exit_code = kj_desk_fail(error);
    return armor;
}
