/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun root: who may sign what, and how that changes.
 *
 * The next version is prepared by one person and signed by as many as it takes, each on a machine of his own; whoever has fetched enough signatures puts
 * it in force. Nothing is decided here: that a root may follow another is for history/root.c to say, which every host asks too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../history/root_edit.h"
#include "../../history/sign.h"
#include "root.h"
#include "signing.h"

static char *key_file, *format, *chosen_draft, *at, **signatures, *expires;
static char **removed, **revoked, **may_not, **signers, **people, **recovery, **may, **thresholds, **deputies;
static gboolean yes;

const GOptionEntry kj_options_root[] = {
    { "signer", 0, 0, G_OPTION_ARG_STRING_ARRAY, &signers, N_("propose: NAME gets this key, and may sign roots and releases"),
      "NAME=KEYFILE" },
    { "person", 0, 0, G_OPTION_ARG_STRING_ARRAY, &people, N_("propose: NAME gets this key, to approve and the like"), "NAME=KEYFILE" },
    { "recovery", 0, 0, G_OPTION_ARG_STRING_ARRAY, &recovery, N_("propose: NAME keeps this key against the loss of others"),
      "NAME=KEYFILE" },
    { "remove", 0, 0, G_OPTION_ARG_STRING_ARRAY, &removed, N_("propose: take out a person, or one key by its fingerprint"), "NAME" },
    { "revoke", 0, 0, G_OPTION_ARG_STRING_ARRAY, &revoked, N_("propose: a key, or all of a person's, is not good from that release on"),
      "FINGERPRINT=SERIAL" },
    { "may", 0, 0, G_OPTION_ARG_STRING_ARRAY, &may, N_("propose: NAME may sign roots, or releases"), "root=NAME" },
    { "may-not", 0, 0, G_OPTION_ARG_STRING_ARRAY, &may_not, N_("propose: NAME may not any more"), "root=NAME" },
    { "threshold", 0, 0, G_OPTION_ARG_STRING_ARRAY, &thresholds, N_("propose: so many must sign; for root, release and recovery"),
      "root=N" },
    { "deputy", 0, 0, G_OPTION_ARG_STRING_ARRAY, &deputies, N_("propose: who stands in for NAME, first to last"), "NAME=FIRST,SECOND" },
    { "expires", 0, 0, G_OPTION_ARG_STRING, &expires, N_("propose: until when the root is fresh"), "INSTANT" },
    { "draft", 0, 0, G_OPTION_ARG_STRING, &chosen_draft, N_("Which draft, by the start of its digest (the only one)"), "DIGEST" },
    { "signature", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &signatures,
      N_("sign: take this signature, which `ssh-keygen -Y sign` made elsewhere"), "FILE" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format,
      N_("show: how the answer is written (text); bytes: those of the root, or of the --draft, that are signed"), "text|json|bytes" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &key_file,
      N_("Sign with this key (KIJUN_KEY, or kijun.key or user.signingkey of git's settings)"), "FILE" },
    { "yes", 0, 0, G_OPTION_ARG_NONE, &yes, N_("Sign without asking"), NULL },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("The instant that counts as now (now)"), "INSTANT" },
    G_OPTION_ENTRY_NULL,
};

int kj_root_fail(const GError *error) {
    return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
}

/* ---- the repository's root ---- */

static void view_clear(KjRootView *view) {
    g_clear_pointer(&view->drafts, g_ptr_array_unref);
    g_clear_pointer(&view->sealed, kj_sealed_free);
    g_clear_pointer(&view->roots, g_ptr_array_unref);
    g_clear_pointer(&view->repository, kj_repository_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjRootView, view_clear)

static gboolean view_open(KjRootView *view, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(git_commit) commit = NULL;
    git_oid head;
    if (!kj_cli_instant(at, &view->now)) {
        *exit_code = KJ_EXIT_USAGE;
        return FALSE;
    }
    view->repository = kj_repository_open(".", &error);
    if (view->repository && kj_roots_head(view->repository, &head, &error))
        view->roots = kj_roots_read(view->repository, &head, &error);
    if (view->roots && git_commit_lookup(&commit, view->repository->git, &head) == 0)
        view->sealed = kj_sealed_read(view->repository, commit, KJ_STATEMENT_ROOT, NULL, &error);
    view->last = view->sealed ? kj_roots_last(view->roots) : NULL;
    view->drafts = view->last ? kj_root_drafts_read(view->repository, view->last, &view->passed_over, &error) : NULL;
    if (view->drafts)
        return TRUE;
    *exit_code = error ? kj_root_fail(error) : kj_cli_fail(KJ_EXIT_IO, "%s", KJ_ROOT_REFERENCE);
    return FALSE;
}

/* The draft that is meant. NULL with *exit_code set, after telling. */
static const KjSealed *find_draft(const KjRootView *view, int *exit_code) {
    const KjSealed *found = NULL;
    guint count = 0;
    for (guint i = 0; i < view->drafts->len; i++) {
        const KjSealed *draft = view->drafts->pdata[i];
        if (chosen_draft && !g_str_has_prefix(kj_statement_digest(draft->statement), chosen_draft))
            continue;
        found = draft;
        count++;
    }
    if (count == 1)
        return found;
    if (view->drafts->len == 0)
        *exit_code = kj_cli_fail(
            KJ_EXIT_USAGE,
            _("there is no draft of the next root; fetch it (git fetch REMOTE 'refs/kijun/*:refs/kijun/*'), or prepare one with `kijun root propose`"));
    else if (count == 0)
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("no draft has a digest that begins with %s; `kijun root show` lists them"), chosen_draft);
    else
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("there are several drafts; say which with --draft DIGEST, `kijun root show` lists them"));
    return NULL;
}

/* ---- show ---- */

static int print_bytes(const KjRootView *view) {
    int code = KJ_EXIT_FINE;
    const KjSealed *draft = chosen_draft ? find_draft(view, &code) : NULL;
    if (code != KJ_EXIT_FINE)
        return code;
    gsize length;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(draft ? draft->statement : kj_root_statement(view->last)), &length);
    fwrite(bytes, 1, length, stdout);
    return KJ_EXIT_FINE;
}

static int show(KjRootView *view) {
    if (g_strcmp0(format, "bytes") == 0)
        return print_bytes(view);
    if (g_strcmp0(format, "json") == 0)
        kj_root_print_json(view);
    else
        kj_root_print(view);
    return KJ_EXIT_FINE;
}

/* ---- sign ---- */

/* Whose key it is, in the root in force or in the one to come; NULL with *exit_code set, after telling. */
static const char *find_person(const KjRootView *view, const KjRoot *next, const KjKey *key, int *exit_code) {
    const char *person = kj_root_holder(view->last, key, NULL);
    if (!person && next)
        person = kj_root_holder(next, key, NULL);
    if (!person)
        *exit_code = kj_cli_fail(KJ_EXIT_REFUSED, _("the key %s is nobody's under this root; `kijun root show` lists whose keys are"),
                                 key->fingerprint);
    return person;
}

/* Puts armors (NULL-terminated) to a statement, keeps them, and tells how far it is. */
static int keep(KjRootView *view, const KjStatement *statement, const char *const *armors) {
    g_autoptr(GError) error = NULL;
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    KjStatement *copy = kj_statement_parse(bytes, length, &error);
    g_autoptr(KjSealed) sealed = copy ? kj_sealed_new(copy, armors, &error) : NULL;
    if (!sealed || !kj_root_draft_keep(view->repository, sealed, &error))
        return kj_root_fail(error);
    g_clear_pointer(&view->drafts, g_ptr_array_unref);
    view->drafts = kj_root_drafts_read(view->repository, view->last, &view->passed_over, &error);
    for (guint i = 0; view->drafts && i < view->drafts->len; i++) {
        const KjSealed *draft = view->drafts->pdata[i];
        if (strcmp(kj_statement_digest(draft->statement), kj_statement_digest(sealed->statement)) == 0)
            kj_root_print_progress(view, draft);
    }
    return view->drafts ? KJ_EXIT_FINE : kj_root_fail(error);
}

/* Shows, asks, signs and keeps. */
static int sign_statement(KjRootView *view, const KjStatement *statement, const KjKey *key, const char *person) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    printf(_("root %s, %.12s:\n"), kj_statement_get(statement, "version"), kj_statement_digest(statement));
    kj_root_print_changes(view->last, statement);
    if (!kj_cli_ask_to_sign(statement, key, person, yes, &code))
        return code;
    g_autofree char *armor = kj_sign(view->repository, key_file, statement, &error);
    return armor ? keep(view, statement, (const char *[]){ armor, NULL }) : kj_root_fail(error);
}

/* Signatures made elsewhere: on a machine without a network, by keys that never leave it. */
static int take_signatures(KjRootView *view, const KjSealed *draft) {
    g_autoptr(GPtrArray) armors = g_ptr_array_new_null_terminated(1, g_free, TRUE);
    g_autoptr(KjRoot) next = kj_root_of_draft(draft);
    int code = KJ_EXIT_FINE;
    for (char **file = signatures; *file; file++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *armor = NULL;
        gsize length, armor_length;
        const void *bytes = g_bytes_get_data(kj_statement_bytes(draft->statement), &length);
        if (!g_file_get_contents(*file, &armor, &armor_length, &error))
            return kj_root_fail(error);
        g_autoptr(KjKey) key = kj_signature_verify(armor, armor_length, kj_statement_name_space(KJ_STATEMENT_ROOT), bytes, length, NULL,
                                                   &error);
        if (!key)
            return kj_cli_fail(KJ_EXIT_REFUSED, "%s: %s", *file, error->message);
        if (!find_person(view, next, key, &code))
            return code;
        g_ptr_array_add(armors, g_steal_pointer(&armor));
    }
    return keep(view, draft->statement, (const char *const *)armors->pdata);
}

static int sign(KjRootView *view) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    const KjSealed *draft = find_draft(view, &code);
    if (!draft || signatures)
        return draft ? take_signatures(view, draft) : code;
    g_autoptr(KjRoot) next = kj_root_of_draft(draft);
    g_autoptr(KjKey) key = kj_sign_public(view->repository, key_file, &error);
    if (!key)
        return kj_root_fail(error);
    const char *person = find_person(view, next, key, &code);
    return person ? sign_statement(view, draft->statement, key, person) : code;
}

/* ---- propose ---- */

static gboolean apply_edits(KjRootEdit *edit, int *exit_code) {
    gint64 end = 0;
    if (expires && !kj_cli_instant(expires, &end)) {
        *exit_code = KJ_EXIT_USAGE;
        return FALSE;
    }
    g_autofree char *date = expires ? kj_statement_date(end) : NULL;
    char *dates[] = { date, NULL };
    char **const edits[KJ_ROOT_EDITS] = {
        [KJ_ROOT_EDIT_REMOVE] = removed, [KJ_ROOT_EDIT_REVOKE] = revoked,       [KJ_ROOT_EDIT_MAY_NOT] = may_not,
        [KJ_ROOT_EDIT_SIGNER] = signers, [KJ_ROOT_EDIT_PERSON] = people,        [KJ_ROOT_EDIT_RECOVERY] = recovery,
        [KJ_ROOT_EDIT_MAY] = may,        [KJ_ROOT_EDIT_THRESHOLD] = thresholds, [KJ_ROOT_EDIT_DEPUTY] = deputies,
        [KJ_ROOT_EDIT_EXPIRES] = dates,
    };
    for (guint kind = 0; kind < KJ_ROOT_EDITS; kind++)
        for (char **argument = edits[kind]; argument && *argument; argument++) {
            g_autoptr(GError) error = NULL;
            if (kj_root_edit_apply(edit, (KjRootEditKind)kind, *argument, &error))
                continue;
            *exit_code = kj_root_fail(error);
            return FALSE;
        }
    return TRUE;
}

static int propose(KjRootView *view) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjRootEdit) edit = kj_root_edit_new(view->last);
    int code = KJ_EXIT_FINE;
    if (!apply_edits(edit, &code))
        return code;
    g_autoptr(KjKey) key = kj_sign_public(view->repository, key_file, &error);
    if (!key)
        return kj_root_fail(error);
    const char *person = find_person(view, NULL, key, &code);
    if (!person)
        return code;
    g_autoptr(KjStatement) statement = kj_root_edit_finish(edit, person, view->now, &error);
    return statement ? sign_statement(view, statement, key, person) : kj_root_fail(error);
}

/* ---- adopt ---- */

static int adopt(KjRootView *view) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    const KjSealed *draft = find_draft(view, &code);
    if (!draft)
        return code;
    if (!kj_roots_append(view->repository, draft, &error)) {
        kj_root_print_progress(view, draft);
        return kj_root_fail(error);
    }
    g_autoptr(KjRoot) root = kj_root_of_draft(draft);
    if (!kj_root_drafts_clear(view->repository, root, &error))
        return kj_root_fail(error);
    printf(
        _("root %" PRIu64
          " is in force: %s\nHosts that pinned an earlier one follow by themselves. Next: git push REMOTE 'refs/kijun/*:refs/kijun/*'\n"),
        kj_root_version(root), kj_statement_digest(draft->statement));
    return KJ_EXIT_FINE;
}

/* ---- the command ---- */

static int export(KjRootView *view, int argc, char **argv) {
    gboolean owners = argc > 2 && strcmp(argv[2], "codeowners") == 0;
    if (argc < 3 || (!owners && strcmp(argv[2], "allowed_signers") != 0) || (!owners && argc > 3))
        return kj_cli_fail(KJ_EXIT_USAGE, _("write `root export allowed_signers` or `root export codeowners [FOLDER]`"));
    if (owners)
        return kj_root_export_codeowners(view, argc > 3 ? argv[3] : "");
    kj_root_export_allowed_signers(view);
    return KJ_EXIT_FINE;
}

int kj_command_root(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(KjRootView *view);
    } parts[] = { { "show", show }, { "propose", propose }, { "sign", sign }, { "adopt", adopt } };
    g_auto(KjRootView) view = { 0 };
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 3, &code))
        return code;
    const char *part = argc > 1 ? argv[1] : "show";
    gboolean exports = strcmp(part, "export") == 0;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strcmp(part, parts[i].name) == 0 && argc <= 2)
            return view_open(&view, &code) ? parts[i].run(&view) : code;
    if (!exports)
        return kj_cli_fail(KJ_EXIT_USAGE, _("write `root show`, `root propose`, `root sign`, `root adopt` or `root export`"));
    return view_open(&view, &code) ? export(&view, argc, argv) : code;
}
