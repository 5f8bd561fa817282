/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What daemons have in common when they give something up: which files everybody needs, and what `sandbox=if-possible` passes over.
 */
#include <libintl.h>
#include <stdlib.h>
#include <string.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "sandbox.h"

/* What libraries read when they feel like it: none of it is a secret. The resolver's files are for a Redis that has a name. */
static const char *const open_to_all[] = {
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/dev/urandom", "/proc/sys/kernel/random/boot_id", "/sys/devices/system/cpu",
#if KJ_SANITIZED
    "/proc",
#endif
};

static const char *const wishes[] = {
    [KJ_SANDBOX_NO] = "no", [KJ_SANDBOX_IF_POSSIBLE] = "if-possible", [KJ_SANDBOX_REQUIRED] = "required"
};

gboolean kj_sandbox_read_wish(const char *text, KjSandboxWish *wish) {
    *wish = KJ_SANDBOX_IF_POSSIBLE;
    for (guint i = KJ_SANDBOX_NO; text && i <= KJ_SANDBOX_REQUIRED; i++) {
        if (strcmp(wishes[i], text) == 0) {
            *wish = (KjSandboxWish) i;
            return TRUE;
        }
    }
    return text == NULL;
}

/* ---- files ---- */

static void clear_path(gpointer path) {
    g_free(((KjSandboxPath *)path)->path);
}

/* Takes `path`. */
static void allow(GArray *paths, KjSandboxUse use, char *path) {
    KjSandboxPath one = { path, use };
    g_array_append_val(paths, one);
}

GArray *kj_sandbox_paths_new(void) {
    GArray *paths = g_array_new(FALSE, FALSE, sizeof(KjSandboxPath));
    const char *catalogues = bindtextdomain(GETTEXT_PACKAGE, NULL);
    g_array_set_clear_func(paths, clear_path);
    for (guint i = 0; i < G_N_ELEMENTS(open_to_all); i++)
        allow(paths, KJ_SANDBOX_READ, g_strdup(open_to_all[i]));
    if (catalogues)
        allow(paths, KJ_SANDBOX_READ, g_strdup(catalogues));
    return paths;
}

void kj_sandbox_allow_exchanged(GArray *paths, const char *file) {
    char *target = file ? realpath(file, NULL) : NULL;
    if (file)
        allow(paths, KJ_SANDBOX_READ, g_path_get_dirname(file));
    if (target)
        allow(paths, KJ_SANDBOX_READ, g_path_get_dirname(target));
    free(target);
}

void kj_sandbox_allow_counter(GArray *paths, const char *where) {
    g_auto(GStrv) parts = g_strsplit_set(where ? where : "", "?&", -1);
    for (guint i = 0; parts[i]; i++) {
        if (i == 0 && g_str_has_prefix(parts[i], "lmdb:")) {
            g_mkdir_with_parents(parts[i] + strlen("lmdb:"), 0700); /* what goes wrong is told when it is opened */
            allow(paths, KJ_SANDBOX_KEEP, g_strdup(parts[i] + strlen("lmdb:")));
        } else if (i > 0 && g_str_has_prefix(parts[i], "password_file=")) {
            allow(paths, KJ_SANDBOX_READ, g_strdup(parts[i] + strlen("password_file=")));
        }
    }
}

void kj_sandbox_allow_log(GArray *paths, const char *where) {
    if (where && g_str_has_prefix(where, "file:"))
        allow(paths, KJ_SANDBOX_APPEND, g_path_get_dirname(where + strlen("file:")));
}

void kj_sandbox_allow_socket(GArray *paths, const char *address) {
    if (address && g_str_has_prefix(address, "unix:"))
        allow(paths, KJ_SANDBOX_REMOVE, g_path_get_dirname(address + strlen("unix:")));
}

/* ---- giving up ---- */

/* Whether the daemon may go on: what could not be done is passed over where that is the wish and the kernel is why. */
static gboolean judge(KjSandboxWish wish, gboolean done, GError *problem, KjSandboxTell tell, GError **error) {
    g_autoptr(GError) own = problem;
    if (done)
        return TRUE;
    if (wish == KJ_SANDBOX_IF_POSSIBLE && g_error_matches(own, KJ_ERROR, KJ_ERROR_UNABLE)) {
        g_autofree char *text = g_strdup_printf(_("%s; going on without (sandbox=if-possible)"), own->message);
        tell(text);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&own));
    return FALSE;
}

gboolean kj_sandbox_confine(KjSandboxWish wish, const GArray *paths, KjSandboxTell tell, GError **error) {
    GError *problem = NULL;
    if (wish == KJ_SANDBOX_NO)
        return TRUE;
    if (!kj_sandbox_powers(error))
        return FALSE;
    gboolean done = kj_sandbox_files(paths, &problem);
    return judge(wish, done, problem, tell, error);
}

gboolean kj_sandbox_finish(KjSandboxWish wish, KjSandboxTell tell, GError **error) {
    GError *problem = NULL;
    if (wish == KJ_SANDBOX_NO)
        return TRUE;
    gboolean done = kj_sandbox_calls(&problem);
    return judge(wish, done, problem, tell, error);
}
