/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun-milter: decides about forwarded mail where its headers can be seen.
 *
 *     kijun-milter [--config FILE]          serves until SIGTERM
 *     kijun-milter --check [--config FILE]  tells every mistake of the configuration, and does nothing else
 *
 * libmilter has the threads, the socket's protocol, and the signals that end (SIGTERM, SIGHUP, SIGINT). SIGUSR2 swaps in the table again and opens
 * the log again. Without a table it does not start, and then the mail server's milter_default_action holds, which our recipes set to tempfail.
 *
 * As kijund it gives up powers and files once its socket is there, opens the rest by the means that are left, and then gives up all system calls but
 * those of serving; and it tells systemd when it is ready, reloads and ends. There is no watchdog: libmilter's threads tell nobody how they are.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include <kijun/plugin.h>
#include <kijun/translate.h>

#include "../../../runtime/daemon/notify.h"
#include "session.h"

/* As kijund's. */
enum { EXIT_FINE = 0, EXIT_MISTAKES = 1, EXIT_USAGE = 3, EXIT_TROUBLE = 4 };

static char *option_config;
static gboolean option_check, option_version;

static const GOptionEntry options[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &option_config, N_("The configuration file"), "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &option_check, N_("Tell every mistake of the configuration, and serve nothing"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &option_version, N_("Tell the version"), NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

typedef struct {
    const KjMilterSettings *settings;
    KjLog *log;
    KjCounter *counter;
    KjPoint *point;
    KjNotify *notify;
} Serving;

/* One write(2) a line, so that those of several threads stay whole. */
void kj_milter_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *line = g_strdup_printf("kijun-milter: %s\n", text);
    for (char *c = line; c[0] && c[1]; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return; /* there is nobody left to tell */
}

static void warn(const char *text) {
    kj_milter_note("%s", text);
}

static void watch_counter(const char *trouble, gpointer data) {
    (void)data;
    if (trouble)
        kj_milter_note(_("the counter cannot be asked: %s"), trouble);
    else
        kj_milter_note(_("the counter can be asked again"));
}

/* ---- reloading ---- */

static void reload(Serving *serving) {
    g_autoptr(GError) error = NULL;
    kj_notify_reloading(serving->notify);
    gboolean loaded = kj_point_load(serving->point, serving->settings->table, &error);
    if (loaded)
        kj_milter_note(_("table: %s"), serving->settings->table);
    else
        kj_milter_note(_("table: refused, nothing changes: %s"), error->message);
    g_clear_error(&error);
    if (!kj_log_reopen(serving->log, &error))
        kj_milter_note("%s", error->message);
    kj_notify_say(serving->notify, "READY=1\nSTATUS=%s",
                  loaded ? _("the table was loaded again") : _("a new table was refused; the old one decides"));
}

static gpointer wait_for_signals(gpointer data) {
    sigset_t signals;
    int signal = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    for (;;)
        if (sigwait(&signals, &signal) == 0)
            reload(data);
    return NULL;
}

/* ---- starting ---- */

static gboolean open_files(Serving *serving, GError **error) {
    const KjMilterSettings *settings = serving->settings;
    serving->log = kj_log_open(settings->log ? settings->log : "stderr", settings->log_form, (const char *const *)settings->mask, error);
    serving->counter = serving->log ? kj_counter_open(settings->counter ? settings->counter : "memory", error) : NULL;
    if (!serving->counter)
        return FALSE;
    kj_counter_watch(serving->counter, watch_counter, NULL);
    serving->point = kj_point_new(serving->counter, serving->log);
    if (!kj_point_load(serving->point, settings->table, error))
        return FALSE;
    g_autoptr(KjAsker) asker = kj_asker_new(serving->point, settings->block, "milter", error);
    if (asker && strcmp(kj_asker_domain(asker), "mail") != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("the block `%s` is of the domain `%s`, not of mail"), settings->block,
                    kj_asker_domain(asker));
        return FALSE;
    }
    return asker != NULL;
}

static void close_files(Serving *serving) {
    g_clear_pointer(&serving->point, kj_point_free);
    g_clear_pointer(&serving->counter, kj_counter_free);
    g_clear_pointer(&serving->log, kj_log_free);
}

/* libmilter's own way to write an address. Free with g_free. */
static char *connection_of(const KjMilterSettings *settings) {
    const char *text = strchr(settings->address, ':') + 1, *port = strrchr(text, ':');
    if (settings->listen.kind == KJ_ADDRESS_UNIX)
        return g_strdup_printf("local:%s", text);
    return text[0] == '[' ? g_strdup_printf("inet6:%s@%.*s", port + 1, (int)(port - text - 2), text + 1)
                          : g_strdup_printf("inet:%s@%.*s", port + 1, (int)(port - text), text);
}

/* The socket is opened with no rights for others, and gets its mode once it has its group. */
static gboolean open_socket(const KjMilterSettings *settings, GError **error) {
    g_autofree char *connection = connection_of(settings);
    const char *path = settings->listen.kind == KJ_ADDRESS_UNIX ? strchr(settings->address, ':') + 1 : NULL;
    const struct group *group = settings->group ? getgrnam(settings->group) : NULL;
    mode_t before = umask(0177);
    gboolean opened = kj_milter_session_register(settings) && smfi_setconn(connection) == MI_SUCCESS && smfi_opensocket(1) == MI_SUCCESS;
    umask(before);
    if (!opened) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: cannot be listened at"), settings->address);
        return FALSE;
    }
    if (path && settings->group && !group) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("there is no group `%s`"), settings->group);
        return FALSE;
    }
    if (!path || ((!group || chown(path, (uid_t)-1, group->gr_gid) == 0) && chmod(path, settings->mode) == 0))
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
    return FALSE;
}

static void remove_socket(const KjMilterSettings *settings) {
    if (settings->listen.kind == KJ_ADDRESS_UNIX)
        unlink(strchr(settings->address, ':') + 1);
}

/* No files but those the settings name. */
static gboolean confine(const KjMilterSettings *settings, GError **error) {
    g_autoptr(GArray) paths = kj_sandbox_paths_new();
    kj_sandbox_allow_exchanged(paths, settings->table);
    kj_sandbox_allow_counter(paths, settings->counter);
    kj_sandbox_allow_log(paths, settings->log);
    kj_sandbox_allow_socket(paths, settings->address);
    return kj_sandbox_confine(settings->sandbox, paths, warn, error);
}

static gboolean prepare(Serving *serving, GError **error) {
    const KjMilterSettings *settings = serving->settings;
    if (!open_socket(settings, error))
        return FALSE;
    if (confine(settings, error) && open_files(serving, error) && kj_sandbox_finish(settings->sandbox, warn, error)) {
        kj_milter_session_ask(serving->point);
        return TRUE;
    }
    remove_socket(settings); /* nobody shall wait for an answer there */
    close_files(serving);
    return FALSE;
}

static void block_signals(void) {
    static const int blocked[] = { SIGUSR2, SIGTERM, SIGHUP,
                                   SIGINT }; /* in every thread: libmilter waits for the last three in one of its own */
    sigset_t signals;
    sigemptyset(&signals);
    for (guint i = 0; i < G_N_ELEMENTS(blocked); i++)
        sigaddset(&signals, blocked[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int serve(const KjMilterSettings *settings) {
    g_autoptr(GError) error = NULL;
    Serving serving = { .settings = settings, .notify = kj_notify_new() };
    block_signals();
    if (!prepare(&serving, &error)) {
        kj_milter_note("%s", error->message);
        kj_notify_free(serving.notify);
        return EXIT_TROUBLE;
    }
    g_thread_unref(g_thread_new("signals", wait_for_signals, &serving));
    kj_milter_note(_("ready: %s"), settings->table);
    kj_notify_say(serving.notify, "READY=1\nSTATUS=%s", _("answering"));
    int status = smfi_main();
    kj_milter_note(_("ending"));
    kj_notify_say(serving.notify, "STOPPING=1\nSTATUS=%s", _("ending"));
    remove_socket(settings);
    _exit(status == MI_SUCCESS ? EXIT_FINE : EXIT_TROUBLE); /* threads of libmilter's may still use what would be freed */
}

/* ---- the command ---- */

static void choose_language(void) {
    const char *folder = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_LOCALE_PATH");
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, folder && *folder ? folder : KJ_LOCALE_DIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
}

static char *describe_file(void) {
    GString *out = g_string_new(_("Keys of the section [milter] of the configuration file:"));
    g_string_append_c(out, '\n');
    for (const KjMilterKey *key = kj_milter_keys; key->name; key++)
        g_string_append_printf(out, "  %-20s %s\n", key->name, _(key->doc));
    return g_string_free(out, FALSE);
}

static int run(void) {
    g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(g_free);
    const char *path = option_config ? option_config : KJ_MILTER_CONFIG;
    KjMilterSettings *settings = kj_milter_settings_read(path, mistakes);
    for (guint i = 0; i < mistakes->len; i++)
        fprintf(stderr, "%s\n", (const char *)mistakes->pdata[i]);
    int code = mistakes->len ? EXIT_MISTAKES : EXIT_FINE;
    if (code == EXIT_FINE && option_check)
        printf(_("%s: no mistakes\n"), path);
    else if (code == EXIT_FINE)
        code = serve(settings);
    kj_milter_settings_free(settings);
    return code;
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    choose_language();
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(context, _("Decides about forwarded mail for a mail server, by the rules of a table."));
    g_autofree char *file = describe_file();
    g_option_context_set_description(context, file);
    g_option_context_add_main_entries(context, options, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
        fprintf(stderr, "kijun-milter: %s\n", error ? error->message : _("too many arguments"));
        return EXIT_USAGE;
    }
    if (option_version) {
        puts("kijun-milter " PACKAGE_VERSION);
        return EXIT_FINE;
    }
    return run();
}
