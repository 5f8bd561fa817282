/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon gives up, and when.
 *
 *     sockets are bound            what needs a capability (a port below 1024, a socket's group) is over
 *     kj_daemon_confine            no powers; no files but those the settings name; still one thread, so it is all threads'
 *     log, counter, table, protocols are opened, by the means that are left: what is opened again later is opened so now
 *     kj_daemon_sandbox            no system calls but those of serving; all threads at once
 *
 * So a setting that could not be kept later (a log that could not be opened again, counts that could not be written) already keeps the
 * daemon from starting.
 *
 * `sandbox=if-possible` goes on, and says so once, where the kernel lacks Landlock or seccomp; nothing else that goes wrong is passed over.
 */
#include <libintl.h>
#include <string.h>

#include <kijun/translate.h>

#include "daemon.h"
#include "sandbox.h"

/* What libraries read when they feel like it: none of it is a secret. The resolver's files are for a Redis that has a name. */
static const char *const open_to_all[] = {
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/dev/urandom", "/proc/sys/kernel/random/boot_id", "/sys/devices/system/cpu",
#if KJ_SANITIZED
    "/proc",
#endif
};

static void allow(GArray *paths, KjSandboxUse use, char *path) {
    KjSandboxPath one = { path, use };
    g_array_append_val(paths, one);
}

static void clear_path(gpointer path) {
    g_free(((KjSandboxPath *) path)->path);
}

/* A table may be exchanged by renaming a file or by turning a link: the folder of the name, and that of what it leads to. */
static void allow_table(GArray *paths, const char *file) {
    char *target = file ? realpath(file, NULL) : NULL;
    if (file)
        allow(paths, KJ_SANDBOX_READ, g_path_get_dirname(file));
    if (target)
        allow(paths, KJ_SANDBOX_READ, g_path_get_dirname(target));
    free(target);
}

/* `lmdb:FOLDER`, which is made here because nothing can be said about a folder that is not there; any place may have a password_file. */
static void allow_counter(GArray *paths, const char *where) {
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

static void allow_section(GArray *paths, const KjSection *section) {
    static const char *const files[] = { "certificate", "key", "client-authorities", "tokens" };
    const char *address = kj_section_get(section, "address");
    for (guint i = 0; i < G_N_ELEMENTS(files); i++)
        if (kj_section_get(section, files[i]))
            allow(paths, KJ_SANDBOX_READ, g_strdup(kj_section_get(section, files[i])));
    if (address && g_str_has_prefix(address, "unix:"))
        allow(paths, KJ_SANDBOX_REMOVE, g_path_get_dirname(address + strlen("unix:")));
}

static GArray *list_paths(KjSettings *settings) {
    GArray *paths = g_array_new(FALSE, FALSE, sizeof(KjSandboxPath));
    const GPtrArray *sections = kj_settings_listen(settings);
    KjSection *main = kj_settings_main(settings);
    const char *log = kj_section_get(main, "log"), *catalogues = bindtextdomain(GETTEXT_PACKAGE, NULL);
    g_array_set_clear_func(paths, clear_path);
    for (guint i = 0; i < G_N_ELEMENTS(open_to_all); i++)
        allow(paths, KJ_SANDBOX_READ, g_strdup(open_to_all[i]));
    allow(paths, KJ_SANDBOX_READ, g_strdup(catalogues));
    allow_table(paths, kj_section_get(main, "table"));
    allow_table(paths, kj_section_get(main, "shadow"));
    allow_counter(paths, kj_section_get(main, "counter"));
    if (log && g_str_has_prefix(log, "file:"))
        allow(paths, KJ_SANDBOX_APPEND, g_path_get_dirname(log + strlen("file:")));
    for (guint i = 0; i < sections->len; i++)
        allow_section(paths, sections->pdata[i]);
    return paths;
}

/* Whether the daemon may go on: what could not be done is passed over where the settings say so and the kernel is why. */
static gboolean judge(KjSettings *settings, gboolean done, GError *problem, GError **error) {
    g_autoptr(GError) own = problem;
    if (done)
        return TRUE;
    if (kj_settings_sandbox(settings) == KJ_SANDBOX_IF_POSSIBLE && g_error_matches(own, KJ_ERROR, KJ_ERROR_UNABLE)) {
        kj_daemon_note(KJ_NOTE_WARNING, _("%s; going on without (sandbox=if-possible)"), own->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&own));
    return FALSE;
}

gboolean kj_daemon_confine(KjSettings *settings, GError **error) {
    GError *problem = NULL;
    if (kj_settings_sandbox(settings) == KJ_SANDBOX_NO)
        return TRUE;
    g_autoptr(GArray) paths = list_paths(settings);
    if (!kj_sandbox_powers(error))
        return FALSE;
    gboolean done = kj_sandbox_files(paths, &problem);
    return judge(settings, done, problem, error);
}

gboolean kj_daemon_sandbox(KjSettings *settings, GError **error) {
    GError *problem = NULL;
    if (kj_settings_sandbox(settings) == KJ_SANDBOX_NO)
        return TRUE;
    gboolean done = kj_sandbox_calls(&problem);
    return judge(settings, done, problem, error);
}
