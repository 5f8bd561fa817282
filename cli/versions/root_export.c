/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun root export: what ssh and forges understand of a root and of a governance block.
 *
 * Both files can say less than what they are made from, and each says so in its own comments: a reader must not take them for the rules.
 * allowed_signers (ssh-keygen(1)) knows keys, names and name spaces. CODEOWNERS knows files and people, one of whom is enough; who is asked is computed by the
 * same function that judges changes (history/need.c), as for blocks that were not there before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../history/need.h"
#include "../../history/workspace.h"
#include "root.h"

/* ---- allowed_signers ---- */

static const struct {
    KjStatementKind kind;
    const char *thing; /* which may be signed only by those who may */
} restricted[] = { { KJ_STATEMENT_ROOT, "root" }, { KJ_STATEMENT_RELEASE, "release" }, { KJ_STATEMENT_HEARTBEAT, "release" } };

static gboolean may_sign(const KjRoot *root, const char *person, KjStatementKind kind) {
    for (guint i = 0; i < G_N_ELEMENTS(restricted); i++)
        if (restricted[i].kind == kind)
            return kj_root_may(root, restricted[i].thing, person);
    return TRUE;
}

/* Free with g_free. `git`: commits and tags. */
static char *name_spaces(const KjRoot *root, const char *person, gboolean recovery) {
    g_autoptr(GString) text = g_string_new(recovery ? kj_statement_name_space(KJ_STATEMENT_ROOT) : "git");
    for (guint kind = KJ_STATEMENT_ROOT; !recovery && kind < KJ_STATEMENT_KINDS; kind++)
        if (may_sign(root, person, (KjStatementKind)kind))
            g_string_append_printf(text, ",%s", kj_statement_name_space((KjStatementKind)kind));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void print_signers(const KjRoot *root, gboolean recovery) {
    for (const char *const *line = kj_statement_list(kj_root_statement(root), recovery ? "recovery" : "key"); *line; line++) {
        const char *space = strchr(*line, ' ');
        g_autofree char *person = g_strndup(*line, (gsize)(space - *line)), *allowed = name_spaces(root, person, recovery);
        g_autoptr(KjKey) key = kj_key_parse(space + 1, NULL);
        gboolean revoked = FALSE;
        for (const char *const *end = kj_statement_list(kj_root_statement(root), "revoked"); key && *end; end++)
            revoked |= g_str_has_prefix(*end, key->fingerprint);
        if (revoked)
            printf(_("# left out: a revoked key of %s, %s\n"), person, key->fingerprint);
        else
            printf("%s namespaces=\"%s\" %s\n", person, allowed, space + 1);
    }
}

void kj_root_export_allowed_signers(const KjRootView *view) {
    const KjStatement *root = kj_root_statement(view->last);
    printf(
        _("# The people of root %" PRIu64 ", %s, for ssh-keygen -Y verify and git (gpg.ssh.allowedSignersFile).\n"
          "# This file cannot say, and whoever trusts it alone does not check: how many must sign (thresholds); who must approve what\n"
          "# (governance); from which release a key is not good any more, or until when the root is fresh; that one version follows another.\n"),
        kj_root_version(view->last), kj_statement_digest(root));
    print_signers(view->last, FALSE);
    if (kj_statement_list(root, "recovery")[0])
        puts(_("# Recovery keys sign roots only."));
    print_signers(view->last, TRUE);
}

/* ---- CODEOWNERS ---- */

/* The folder of a commit that a person named, compiled. NULL with *exit_code set, after telling. */
static KjWorkspace *read_workspace(KjRepository *repository, const char *place, char **folder, int *exit_code) {
    g_autoptr(GError) error = NULL;
    const char *colon = strchr(place, ':');
    g_autofree char *revision = colon ? g_strndup(place, (gsize)(colon - place)) : g_strdup("HEAD");
    *folder = g_strdup(colon ? colon + 1 : strcmp(place, ".") == 0 ? "" : place);
    while (g_str_has_suffix(*folder, "/"))
        (*folder)[strlen(*folder) - 1] = 0;
    g_autoptr(git_object) tree = kj_repository_revision(repository, revision, GIT_OBJECT_TREE, &error);
    g_autoptr(KjSnapshot) snapshot = tree ? kj_snapshot_new_tree(repository, (git_tree *)tree) : NULL;
    g_autoptr(KjWorkspace) workspace = snapshot ? kj_workspace_new(snapshot, *folder, **folder ? *folder : revision, &error) : NULL;
    if (workspace && workspace->units)
        return g_steal_pointer(&workspace);
    if (workspace) {
        kj_cli_print_diagnostics(workspace->compilation->diagnostics, workspace->compilation->sources);
        *exit_code = kj_cli_errors_code(workspace->compilation->diagnostics);
    } else {
        *exit_code = kj_root_fail(error);
    }
    return NULL;
}

/* Who is asked about a file. */
typedef struct {
    GHashTable *people, *groups; /* char *, borrowed */
} Owners;

static void owners_free(gpointer data) {
    Owners *owners = data;
    g_hash_table_unref(owners->people);
    g_hash_table_unref(owners->groups);
    g_free(owners);
}

static void add_owners(Owners *owners, const KjNeed *need) {
    for (guint i = 0; i < need->requirements->len; i++) {
        const KjRequirement *requirement = &g_array_index(need->requirements, KjRequirement, i);
        g_hash_table_add(owners->groups, (gpointer)requirement->group);
        for (const char *const *person = requirement->people; *person; person++)
            g_hash_table_add(owners->people, (gpointer)*person);
    }
}

/* By file, whoever is asked about a unit that has a piece of it. */
static GHashTable *find_owners(const KjNeeds *needs) {
    GHashTable *files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, owners_free);
    for (guint i = 0; i < needs->needs->len; i++) {
        const KjNeed *need = needs->needs->pdata[i];
        for (guint p = 0; p < need->result->parts->len; p++) {
            const char *path = ((const KjUnitPart *)need->result->parts->pdata[p])->path;
            Owners *owners = g_hash_table_lookup(files, path);
            if (!owners) {
                owners = g_new(Owners, 1);
                *owners = (Owners){ g_hash_table_new(g_str_hash, g_str_equal), g_hash_table_new(g_str_hash, g_str_equal) };
                g_hash_table_insert(files, (gpointer)path, owners);
            }
            add_owners(owners, need);
        }
    }
    return files;
}

static int compare_keys(gconstpointer a, gconstpointer b) {
    return strcmp(a, b);
}

/* "# a, b" or "@a b@example.jp"; names that a forge cannot have are left out of the latter. */
static char *list_names(GHashTable *names, gboolean owners) {
    g_autoptr(GString) text = g_string_new(NULL);
    GList *sorted = g_list_sort(g_hash_table_get_keys(names), compare_keys);
    for (const GList *at_name = sorted; at_name; at_name = at_name->next) {
        const char *name = at_name->data;
        if (!owners)
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", name);
        else if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@/") == strlen(name))
            g_string_append_printf(text, " %s%s", strchr(name, '@') ? "" : "@", name);
    }
    g_list_free(sorted);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void print_owners(const char *folder, const char *path, const Owners *owners) {
    g_autofree char *groups = list_names(owners->groups, FALSE), *people = list_names(owners->people, TRUE);
    g_autoptr(GString) pattern = g_string_new(NULL);
    g_string_printf(pattern, "/%s%s%s", folder, *folder ? "/" : "", path);
    if (strpbrk(pattern->str, "[]#!*?\\\n")) {
        printf(_("# %s has a name that cannot be written here\n"), path);
        return;
    }
    g_string_replace(pattern, " ", "\\ ", 0);
    printf("# %s\n%s%s%s\n", groups, *people ? "" : "# ", pattern->str, *people ? people : _(" nobody whom a forge knows"));
}

int kj_root_export_codeowners(const KjRootView *view, const char *place) {
    g_autofree char *folder = NULL;
    int code = KJ_EXIT_FINE;
    g_autoptr(KjWorkspace) workspace = read_workspace(view->repository, place, &folder, &code);
    if (!workspace)
        return code;
    const KjSide nothing = { NULL, NULL }, side = { workspace->compilation, workspace->units };
    const KjAsked asked = { .governance = workspace->compilation->policy, .instant = view->now };
    g_autoptr(KjNeeds) needs = kj_needs_new(&nothing, &side, &asked);
    g_autoptr(GHashTable) files = find_owners(needs);
    GList *paths = g_list_sort(g_hash_table_get_keys(files), compare_keys);
    fputs(
        _("# Who is asked about which file, by the governance blocks of the last commit. Names are taken for accounts of the forge.\n"
          "# A forge lets one owner decide. This file cannot say, and the forge does not check: how many of which group must approve; that authors\n"
          "# do not count; that less is needed to narrow than to widen, and more where a guard is lost; vetoes, delegations, emergencies; signatures.\n"),
        stdout);
    for (const GList *path = paths; path; path = path->next)
        print_owners(folder, path->data, g_hash_table_lookup(files, path->data));
    g_list_free(paths);
    return KJ_EXIT_FINE;
}
