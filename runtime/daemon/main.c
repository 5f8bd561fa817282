/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijund: enforcement points as a service.
 *
 *     kijund [--config FILE]              serves until it is told to end
 *     kijund --check [--config FILE]      tells every mistake of the configuration, and does nothing else
 *     kijund --control SOCKET COMMAND...  speaks to a daemon that runs
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <sys/auxv.h>

#include <kijun/plugin.h>
#include <kijun/translate.h>

#include "client.h"
#include "daemon.h"

/* As kijun's own (docs: cli.md). */
enum { EXIT_FINE = 0, EXIT_MISTAKES = 1, EXIT_USAGE = 3, EXIT_TROUBLE = 4 };

static char *option_config, *option_control, **option_words;
static gboolean option_check, option_version;

static const GOptionEntry options[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &option_config, N_("The configuration file"), "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &option_check, N_("Tell every mistake of the configuration, and serve nothing"), NULL },
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &option_control, N_("Give a command to the daemon with this control socket"), "SOCKET" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &option_version, N_("Tell the version"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &option_words, NULL, NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

static void choose_language(void) {
    const char *folder = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_LOCALE_PATH");
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, folder && *folder ? folder : KJ_LOCALE_DIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
}

static void describe_keys(GString *out, const char *section, const KjSectionKey *keys) {
    g_string_append_printf(out, "\n[%s]\n", section);
    for (; keys && keys->name; keys++)
        g_string_append_printf(out, "  %-20s %s\n", keys->name, _(keys->doc));
}

/* For --help: what may stand in the configuration file. Free with g_free. */
static char *describe_file(void) {
    GString *out = g_string_new(_("Sections and keys of the configuration file:"));
    g_string_append_c(out, '\n');
    describe_keys(out, "kijund", kj_settings_keys);
    describe_keys(out, "listen NAME", kj_listen_keys);
    for (const KjProtocol *const *protocol = kj_protocols; *protocol; protocol++) {
        g_string_append_printf(out, "  protocol=%-11s %s\n", (*protocol)->name, _((*protocol)->doc));
        for (const KjSectionKey *key = (*protocol)->keys; key && key->name; key++)
            g_string_append_printf(out, "    %-18s %s\n", key->name, _(key->doc));
    }
    return g_string_free(out, FALSE);
}

static int usage(const char *message) {
    fprintf(stderr, "kijund: %s\n", message);
    return EXIT_USAGE;
}

static int control(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;
    if (!option_words)
        return usage(_("--control needs a command: reload [FILE], shadow FILE, shadow off, status or drain"));
    if (!kj_control_ask(option_control, (const char *const *)option_words, &answer, &error)) {
        fprintf(stderr, "kijund: %s\n", error->message);
        return g_error_matches(error, KJ_ERROR, KJ_ERROR_UNABLE) ? EXIT_MISTAKES : EXIT_TROUBLE;
    }
    if (*answer)
        puts(answer);
    return EXIT_FINE;
}

static int tell_mistakes(const GPtrArray *mistakes) {
    for (guint i = 0; i < mistakes->len; i++)
        fprintf(stderr, "%s\n", (const char *)mistakes->pdata[i]);
    return mistakes->len ? EXIT_MISTAKES : EXIT_FINE;
}

static int serve(KjSettings *settings) {
    g_autoptr(GError) error = NULL;
    kj_daemon_block_signals();
    KjDaemon *daemon = kj_daemon_start(settings, &error);
    if (!daemon) {
        kj_daemon_note(KJ_NOTE_ERROR, "%s", error->message);
        return EXIT_TROUBLE;
    }
    kj_daemon_run(daemon);
    kj_daemon_stop(daemon);
    return EXIT_FINE;
}

static int run(void) {
    const char *path = option_config ? option_config : KJ_DAEMON_CONFIG;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    kj_plugins_load(problems);
    for (guint i = 0; i < problems->len; i++)
        kj_daemon_note(KJ_NOTE_WARNING, "%s", (const char *)problems->pdata[i]);
    g_autoptr(KjSettings) settings = kj_settings_read(path);
    kj_daemon_check(settings);
    int code = tell_mistakes(kj_settings_mistakes(settings));
    if (code == EXIT_FINE && option_check)
        printf(_("%s: no mistakes\n"), path);
    return code != EXIT_FINE || option_check ? code : serve(settings);
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    choose_language();
    g_autoptr(GOptionContext) context = g_option_context_new("[COMMAND...]");
    g_option_context_set_summary(context, _("Answers mail servers and applications by the rules of a table."));
    g_autofree char *file = describe_file();
    g_option_context_set_description(context, file);
    g_option_context_add_main_entries(context, options, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return usage(error->message);
    if (option_version) {
        puts("kijund " PACKAGE_VERSION);
        return EXIT_FINE;
    }
    if (option_control)
        return control();
    if (option_words)
        return usage(_("words without --control"));
    return run();
}
