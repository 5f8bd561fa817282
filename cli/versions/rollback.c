/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun rollback: proposes what an earlier release held. Releases only go forward: an intended return is a new release of old content,
 * judged as any change, by the governance that is in force now.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *title, *format;

const GOptionEntry kj_options_rollback[] = {
    { "title", 0, 0, G_OPTION_ARG_STRING, &title, N_("One line about it (which release it goes back to)"), "TEXT" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("How the answer is written (text)"), "text|json" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

static gboolean is_meant(const KjStatement *release, const char *named) {
    g_autofree char *serial = g_strdup_printf("%" PRIu64, kj_statement_number(release, "serial"));
    return strcmp(serial, named) == 0 || (strlen(named) >= 6 && g_str_has_prefix(kj_statement_digest(release), named));
}

/* The release of this number or digest; NULL: there is none. */
static const KjStatement *find_release(const GPtrArray *links, const char *named) {
    for (guint i = 0; i < links->len; i++)
        if (kj_link_is_release(links->pdata[i]) && is_meant(((const KjLink *)links->pdata[i])->sealed->statement, named))
            return ((const KjLink *)links->pdata[i])->sealed->statement;
    return NULL;
}

static int roll_back(KjSitting *sitting, const char *named) {
    g_autoptr(GError) error = NULL;
    g_auto(KjTarget) target = { 0 };
    git_oid head;
    gboolean found = kj_release_head(sitting->desk->repository, sitting->desk->context, &head, &error);
    g_autoptr(GPtrArray) links = found ? kj_links_read(sitting->desk->repository, NULL, &head, &error) : NULL;
    if (!links)
        return kj_desk_fail(error);
    const KjStatement *release = find_release(links, named);
    if (!release)
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s has no release `%s`; its last is %" PRIu64 "; next: kijun log"), sitting->desk->context,
                           named, kj_desk_next_serial(sitting->desk) - 1);
    target.workspace = kj_desk_workspace(sitting->desk, release, &error);
    if (!target.workspace)
        return kj_desk_fail(error);
    target.shown = g_strdup_printf(_("release %" PRIu64), kj_statement_number(release, "serial"));
    target.title = g_strdup_printf(_("Back to release %" PRIu64 ": %s"), kj_statement_number(release, "serial"),
                                   kj_statement_get(release, "title"));
    const KjProposing proposing = { title ? title : target.title, NULL, g_strcmp0(format, "json") == 0 };
    int code = kj_propose(sitting, &target, &proposing);
    if (code == KJ_EXIT_FINE && !proposing.json)
        puts(_("Your branch still holds the other text. Let the next change start from this one, or it brings that back."));
    return code;
}

int kj_command_rollback(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 1, 1, &code))
        return code;
    return kj_sitting_open(&sitting, TRUE, &code) ? roll_back(&sitting, argv[1]) : code;
}
