/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun init --git: makes git show effects. What belongs to everybody is a line of .gitattributes, which is committed; what git allows only
 * its user to say, which program to run, goes into the repository's own settings. Done twice it changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "../history/repository.h"
#include "cli.h"
#include "git_driver.h"

static const struct {
    const char *name, *value;
} settings[] = {
    { "diff.kijun.command", "kijun diff --driver --" },
    { "diff.kijun.textconv", "kijun diff --textconv --" },
    { "alias.effects", "log -p --ext-diff" },
};

static const char *const attributes[] = { "*.pol diff=kijun", "*.csv diff=kijun" };

/* Lines that are missing are added at the end, where they win. */
static gboolean write_attributes(const char *top, GError **error) {
    g_autofree char *path = g_build_filename(top, ".gitattributes", NULL), *before = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (g_file_get_contents(path, &before, NULL, NULL))
        g_string_append(text, before);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    gsize length = text->len;
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (!g_strv_contains((const char *const *)lines, attributes[i]))
            g_string_append_printf(text, "%s%s\n", text->len && text->str[text->len - 1] != '\n' ? "\n" : "", attributes[i]);
    return text->len == length || g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

/* The workspace's place in the repository is kept, once. The top needs no saying. */
static gboolean set_workspace(git_config *config, const char *top, const char *folder) {
    g_autofree char *real_top = g_canonicalize_filename(top, NULL);
    char *real = realpath(folder, NULL), *whole = realpath(real_top, NULL);
    const char *inside = real && whole && g_str_has_prefix(real, whole) ? real + strlen(whole) : "";
    g_autofree char *pattern = NULL, *escaped = NULL;
    int code = 0;

    if (*inside == '/' && inside[1]) {
        escaped = g_regex_escape_string(inside + 1, -1);
        pattern = g_strdup_printf("^%s$", escaped);
        code = git_config_set_multivar(config, KJ_GIT_WORKSPACE, pattern, inside + 1);
    }
    free(real);
    free(whole);
    return code == 0;
}

int kj_git_set_up(const char *folder) {
    g_autoptr(GError) error = NULL;
    g_autoptr(git_config) config = NULL, local = NULL;
    g_autoptr(KjRepository) repository = kj_repository_open(folder, &error);

    if (!repository)
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    const char *top = git_repository_workdir(repository->git);
    if (!top)
        return kj_cli_fail(KJ_EXIT_IO, _("the repository of %s has no working tree, in which git would show anything"), folder);
    gboolean good = git_repository_config(&config, repository->git) == 0 &&
                    git_config_open_level(&local, config, GIT_CONFIG_LEVEL_LOCAL) == 0;
    for (guint i = 0; good && i < G_N_ELEMENTS(settings); i++)
        good = git_config_set_string(local, settings[i].name, settings[i].value) == 0;
    if (!good || !set_workspace(local, top, folder)) {
        kj_repository_fail(&error, _("the settings of the repository could not be written"));
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    }
    if (!write_attributes(top, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    puts(_("git shows effects from now on:\n"
           "  git diff, git diff --cached     what your change does, then its text\n"
           "  git effects                     the same for each commit (git log -p --ext-diff)\n"
           "  git log -p                      rules in canonical form, without comments and layout\n"
           "Commit .gitattributes. The settings are this repository's own; everybody who wants them runs `kijun init --git` once."));
    return KJ_EXIT_FINE;
}
