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
#include "daemon.h"
#include "sandbox.h"

static void allow_section(GArray *paths, const KjSection *section) {
    static const char *const files[] = { "certificate", "key", "client-authorities", "tokens" };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++)
        kj_sandbox_allow_exchanged(paths, kj_section_get(section, files[i]));
    kj_sandbox_allow_socket(paths, kj_section_get(section, "address"));
}

static GArray *list_paths(KjSettings *settings) {
    GArray *paths = kj_sandbox_paths_new();
    const GPtrArray *sections = kj_settings_listen(settings);
    const KjSection *main = kj_settings_main(settings);
    kj_sandbox_allow_exchanged(paths, kj_section_get(main, "table"));
    kj_sandbox_allow_exchanged(paths, kj_section_get(main, "shadow"));
    kj_sandbox_allow_counter(paths, kj_section_get(main, "counter"));
    kj_sandbox_allow_log(paths, kj_section_get(main, "log"));
    for (guint i = 0; i < sections->len; i++)
        allow_section(paths, sections->pdata[i]);
    return paths;
}

static void warn(const char *text) {
    kj_daemon_note(KJ_NOTE_WARNING, "%s", text);
}

gboolean kj_daemon_confine(KjSettings *settings, GError **error) {
    g_autoptr(GArray) paths = list_paths(settings);
    return kj_sandbox_confine(kj_settings_sandbox(settings), paths, warn, error);
}

gboolean kj_daemon_sandbox(KjSettings *settings, GError **error) {
    return kj_sandbox_finish(kj_settings_sandbox(settings), warn, error);
}
