/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun init --governance: the first root of trust, signed in one sitting, and a first governance block.
 *
 * Every key that is named as a signer's signs, so that nobody begins with a key that cannot: that is more than the thresholds ask. From then on the root grows by
 * `kijun root propose`; nothing here can be done twice. One signer alone needs no governance block, for the root's thresholds decide where there is none; several get
 * one to begin with, in a file of its own, and only if the workspace has none.
 */
#include "init_governance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../compiler/syntax/syntax.h"
#include "../../history/revision.h"
#include "../../history/root_chain.h"
#include "../../history/root_edit.h"
#include "../../history/sign.h"
#include "../cli.h"

#define FRESH_DAYS 365 /* how long a root is fresh when nobody says: TUF's customary year */
#define DAY_SECONDS 86400
#define FILE_NAME "governance.pol"

KjGovernanceChoices kj_governance_choices;

static int fail(const GError *error) {
    return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
}

/* ---- the statement ---- */

/* Where nobody is named, whoever runs this, with his own key. Free with g_strfreev. */
static char **choose_signers(KjRepository *repository, GError **error) {
    if (kj_governance_choices.signers)
        return g_strdupv(kj_governance_choices.signers);
    g_autofree char *file = kj_sign_find(repository, NULL, error);
    char **signers = file ? g_new0(char *, 2) : NULL;
    if (file)
        signers[0] = g_strdup_printf("%s=%s", g_get_user_name(), file);
    return signers;
}

static gboolean apply_all(KjRootEdit *edit, KjRootEditKind kind, char **arguments, GError **error) {
    for (; arguments && *arguments; arguments++)
        if (!kj_root_edit_apply(edit, kind, *arguments, error))
            return FALSE;
    return TRUE;
}

/* What is not said: more than half must sign a root, and recover; one may release, for what is released was approved already. */
static gboolean apply_defaults(KjRootEdit *edit, GError **error) {
    static const char *const things[] = { "root", "release", "recovery" };
    for (guint i = 0; i < G_N_ELEMENTS(things); i++) {
        guint count = kj_root_edit_count(edit, things[i]);
        g_autofree char *threshold = g_strdup_printf("%s=%u", things[i], strcmp(things[i], "release") == 0 ? 1 : count / 2 + 1);
        if (count > 0 && !kj_root_edit_has_threshold(edit, things[i]) &&
            !kj_root_edit_apply(edit, KJ_ROOT_EDIT_THRESHOLD, threshold, error))
            return FALSE;
    }
    return TRUE;
}

static KjStatement *make_statement(char **signers, gint64 now, gint64 end, GError **error) {
    g_autoptr(KjRootEdit) edit = kj_root_edit_new(NULL);
    g_autofree char *expires = kj_statement_date(end), *first = NULL;
    if (!apply_all(edit, KJ_ROOT_EDIT_SIGNER, signers, error) ||
        !apply_all(edit, KJ_ROOT_EDIT_PERSON, kj_governance_choices.people, error) ||
        !apply_all(edit, KJ_ROOT_EDIT_RECOVERY, kj_governance_choices.recovery, error) ||
        !apply_all(edit, KJ_ROOT_EDIT_THRESHOLD, kj_governance_choices.thresholds, error) || !apply_defaults(edit, error) ||
        !kj_root_edit_apply(edit, KJ_ROOT_EDIT_EXPIRES, expires, error))
        return NULL;
    first = g_strndup(signers[0], strcspn(signers[0], "="));
    return kj_root_edit_finish(edit, first, now, error);
}

/* ---- the sitting ---- */

static void show_bytes(const KjStatement *statement) {
    gsize length;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    fprintf(stderr, _("These bytes are signed, in the name space %s, by everyone in turn:\n\n"),
            kj_statement_name_space(KJ_STATEMENT_ROOT));
    fwrite(bytes, 1, length, stderr);
    fputc('\n', stderr);
}

/* Takes the statement. */
static KjSealed *sign_in_turn(KjRepository *repository, KjStatement *statement, char **signers, GError **error) {
    g_autoptr(GPtrArray) armors = g_ptr_array_new_null_terminated(1, g_free, TRUE);
    for (char **signer = signers; *signer; signer++) {
        const char *file = strchr(*signer, '=') + 1;
        fprintf(stderr, _("%.*s signs, with %s\n"), (int)(file - *signer - 1), *signer, file);
        char *armor = kj_sign(repository, file, statement, error);
        if (!armor) {
            kj_statement_free(statement);
            return NULL;
        }
        g_ptr_array_add(armors, armor);
    }
    return kj_sealed_new(statement, (const char *const *)armors->pdata, error);
}

/* ---- the first governance block ---- */

static guint count_people(char **signers) {
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; *signers; signers++)
        g_hash_table_add(names, g_strndup(*signers, strcspn(*signers, "=")));
    return g_hash_table_size(names);
}

static void append_comment(GString *out, const char *mark, const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "%s %s\n", mark, *line);
}

static void append_group(GString *out, char **signers) {
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    append_comment(out, "##", _("Whose approval counts. Nobody approves what he wrote himself."));
    g_string_append(out, "group reviewers = {");
    for (; *signers; signers++) {
        char *name = g_strndup(*signers, strcspn(*signers, "="));
        if (!g_hash_table_contains(names, name))
            g_string_append_printf(out, "%s \"%s\"", g_hash_table_size(names) ? "," : "", name);
        g_hash_table_add(names, name);
    }
    g_string_append(out, " };\n\n");
}

static void append_test(GString *out, const char *name, const char *verdict, gboolean emergency, const char *label, const char *author) {
    gboolean widens = strcmp(verdict, "widens") == 0, narrows = strcmp(verdict, "narrows") == 0;
    g_string_append_printf(
        out,
        "test \"%s\" {\n    governance main: module \"example\" domain mail tier procedure verdict %s widens %s narrows %s weakens false "
        "editorial %s emergency %s author \"%s\" => require by %s;\n}\n\n",
        name, verdict, widens ? "true" : "false", narrows ? "true" : "false", widens || narrows ? "false" : "true",
        emergency ? "true" : "false", author, label);
}

/* Two people can only approve for each other; of three and more, two approve what is grave. */
static char *write_text(char **signers) {
    GString *out = g_string_new(NULL);
    gboolean many = count_people(signers) > 2;
    g_autofree char *author = g_strndup(signers[0], strcspn(signers[0], "="));
    append_comment(out, "#",
                   _("Who must agree before a change of this policy is enforced. All rules that match a change apply together, and\n"
                     "nobody fills two seats. `kijun describe governance` tells what a rule can ask about."));
    g_string_append(out, "module governance tier standard;\n\n");
    append_group(out, signers);
    g_string_append(out, "governance main {\n");
    append_comment(out, "##", _("Every change needs another pair of eyes."));
    g_string_append_printf(out, "change: require count 1 from reviewers when%s not emergency;\n",
                           many ? " not (widens or weakens) and" : "");
    if (many) {
        append_comment(out, "##", _("What permits more, or takes away a guard, needs two."));
        g_string_append(out, "grave: require count 2 from reviewers when (widens or weakens) and not emergency;\n");
    }
    append_comment(out, "##", _("In an emergency one person may close something, ..."));
    g_string_append(out, "closing: require count 1 from reviewers when emergency and not widens;\n");
    append_comment(out, "##", _("... and two may open something."));
    g_string_append(out, "opening: require count 2 from reviewers when emergency and widens;\n");
    append_comment(out, "##", _("Afterwards it is agreed to in the ordinary way, or lapses."));
    g_string_append(out, "afterwards: ratify count 1 from reviewers within 72h when emergency;\n}\n\n");
    append_test(out, _("every change needs somebody else"), "editorial", FALSE, "change", author);
    if (many)
        append_test(out, _("what permits more needs two"), "widens", FALSE, "grave", author);
    append_test(out, _("in an emergency one person closes something"), "narrows", TRUE, "closing", author);
    append_test(out, _("in an emergency two people open something"), "widens", TRUE, "opening", author);
    return g_string_free(out, FALSE);
}

/* The text in canonical form; NULL when a name of a signer cannot be written in a policy. */
static char *starter(char **signers) {
    g_autofree char *text = write_text(signers);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, FILE_NAME, text, strlen(text));
    if (!compilation->policy)
        return NULL;
    GString *out = g_string_new(NULL);
    kj_print_module(compilation->modules[0], compilation->sources, out);
    return g_string_free(out, FALSE);
}

/* Whether the workspace wants a first governance block: it has none, and can be read, or has no policy at all yet. */
static gboolean wants_governance(const char *folder) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    if (!kj_revision_load(compilation, folder, NULL))
        return TRUE;
    if (!compilation->policy)
        fprintf(
            stderr,
            _("The workspace %s has errors, so nobody can tell whether it has a governance block; none was written. Next: kijun check %s\n"),
            folder, folder);
    for (const KjBlock *block = compilation->policy ? compilation->policy->blocks : NULL; block; block = block->next)
        if (strcmp(block->domain->name, "governance") == 0)
            return FALSE;
    return compilation->policy != NULL;
}

static int write_starter(const char *folder, char **signers) {
    g_autofree char *path = g_build_filename(folder, FILE_NAME, NULL), *text = NULL;
    if (!wants_governance(folder))
        return KJ_EXIT_FINE;
    kj_plugins_load(NULL);
    text = kj_plugin_find("governance") ? starter(signers) : NULL;
    FILE *file = text ? fopen(path, "wxe") : NULL; /* never over a file that is there */
    if (!file && text && errno == EEXIST)
        return printf(_("%s is there already, and was left as it is.\n"), path), KJ_EXIT_FINE;
    gboolean written = file && fputs(text, file) >= 0;
    if ((file && fclose(file) != 0) || (text && !written))
        return kj_cli_fail(KJ_EXIT_IO, "%s: %s", path, g_strerror(errno));
    if (text)
        printf(_("In %s stands who must agree to a change, to begin with. Read it, commit it, and make it yours.\n"), path);
    else
        fputs(
            _("No governance block was written: a signer's name cannot stand in a policy, or the domain `governance` is not installed.\n"),
            stderr);
    return KJ_EXIT_FINE;
}

/* ---- all of it ---- */

static void print_next(const KjSealed *root, char **signers) {
    printf(_("root 1 is in force: %s\n"
             "Hosts pin this digest; whoever has it needs to trust nothing else.\n"),
           kj_statement_digest(root->statement));
    if (!kj_statement_list(root->statement, "recovery")[0])
        puts(_(
            "There are no recovery keys. Against the day when too many others are lost: kijun root propose --recovery NAME=KEYFILE --threshold recovery=N"));
    if (count_people(signers) == 1)
        puts(_("You alone sign. Another joins by: kijun root propose --signer NAME=KEYFILE"));
    puts(_("Next: kijun propose, kijun release; git push REMOTE 'refs/kijun/*:refs/kijun/*'"));
}

int kj_governance_set_up(const char *folder) {
    g_autoptr(GError) error = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC, end = now + FRESH_DAYS * DAY_SECONDS;
    git_oid head;
    if (kj_governance_choices.expires && !kj_cli_instant(kj_governance_choices.expires, &end))
        return KJ_EXIT_USAGE;
    g_autoptr(KjRepository) repository = kj_repository_open(folder, &error);
    if (!repository)
        return kj_cli_fail(KJ_EXIT_IO, _("%s; versions live in git, begin with `git init`"), error->message);
    if (kj_roots_head(repository, &head, NULL))
        return kj_cli_fail(KJ_EXIT_REFUSED,
                           _("the repository has a root of trust already; `kijun root show` shows it, `kijun root propose` changes it"));
    g_auto(GStrv) signers = choose_signers(repository, &error);
    KjStatement *statement = signers ? make_statement(signers, now, end, &error) : NULL;
    if (!statement)
        return fail(error);
    show_bytes(statement);
    g_autoptr(KjSealed) sealed = sign_in_turn(repository, statement, signers, &error);
    if (!sealed || !kj_roots_append(repository, sealed, &error))
        return fail(error);
    print_next(sealed, signers);
    return count_people(signers) > 1 && !git_repository_is_bare(repository->git) ? write_starter(folder, signers) : KJ_EXIT_FINE;
}
