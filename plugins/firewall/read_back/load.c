/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A script loaded where it can do no harm: a child process makes a network namespace of its own, nft loads the script there and lists what
 * the kernel has. The namespace ends with the child; the machine's own rules are never touched, for the child that could not leave the
 * machine's namespace does not run nft. Needs root. Time in script and list is UTC, names and numbers are not translated.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "read_back.h"

#define EXIT_NO_NAMESPACE 119 /* no exit code of sh or nft */

/* Between fork and exec. */
static void leave_network(gpointer data) {
    (void)data;
    if (unshare(CLONE_NEWNET) != 0)
        _exit(EXIT_NO_NAMESPACE);
}

static char *find_nft(void) {
    static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft" };
    char *nft = g_find_program_in_path("nft");
    for (guint i = 0; !nft && i < G_N_ELEMENTS(places); i++)
        if (g_file_test(places[i], G_FILE_TEST_IS_EXECUTABLE))
            nft = g_strdup(places[i]);
    return nft;
}

static gboolean write_script(const char *script, char **path, GError **error) {
    int descriptor = g_file_open_tmp("kijun-XXXXXX.nft", path, error);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (descriptor < 0)
        return FALSE;
    gboolean written = file && fputs(script, file) >= 0;
    if (file && fclose(file) == 0 && written)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", *path, g_strerror(errno));
    unlink(*path);
    return FALSE;
}

static gboolean run(const char *nft, const char *path, GString *dump, GError **error) {
    static const char program[] = "\"$1\" -f \"$2\" && exec \"$1\" -j -n --debug=netlink list ruleset";
    const char *const arguments[] = { "/bin/sh", "-c", program, "sh", nft, path, NULL };
    const char *const environment[] = { "TZ=UTC", "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    g_autofree char *list = NULL, *messages = NULL;
    int status;
    if (!g_spawn_sync("/", (char **)arguments, (char **)environment, G_SPAWN_DEFAULT, leave_network, NULL, &list, &messages, &status,
                      error))
        return FALSE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_NAMESPACE) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("no network namespace of its own can be made here"));
        return FALSE;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("nft does not load it: %s"), g_strstrip(messages));
        return FALSE;
    }
    g_string_append(dump, list);
    return TRUE;
}

gboolean kj_firewall_load_nftables(const char *script, GString *dump, GError **error) {
    g_autofree char *nft = find_nft(), *path = NULL;
    if (geteuid() != 0) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("loading needs root"));
        return FALSE;
    }
    if (!nft) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("nft is not installed"));
        return FALSE;
    }
    if (!write_script(script, &path, error))
        return FALSE;
    gboolean loaded = run(nft, path, dump, error);
    unlink(path);
    return loaded;
}
