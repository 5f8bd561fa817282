/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "../history/revision.h"
#include "cli.h"

#define DAY_SECONDS 86400
#define SOON_DAYS 30 /* exceptions that end within so many days are told */

static const KjCommand *this_command(const char *name) {
    const KjCommand *command = kj_commands;
    while (command->name && strcmp(command->name, name) != 0)
        command++;
    return command;
}

/* An option whose argument is described as "text|json" takes one of these words. */
static gboolean check_choices(const GOptionEntry *entries) {
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        const char *value = entry->arg == G_OPTION_ARG_STRING ? *(char **)entry->arg_data : NULL;
        if (!value || !strchr(entry->arg_description, '|'))
            continue;
        g_auto(GStrv) choices = g_strsplit(entry->arg_description, "|", -1);
        if (!g_strv_contains((const char *const *)choices, value)) {
            kj_cli_fail(KJ_EXIT_USAGE, _("--%s takes %s, not `%s`"), entry->long_name, entry->arg_description, value);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean kj_cli_options(int *argc, char ***argv, int least, int most, int *exit_code) {
    const KjCommand *command = this_command((*argv)[0]);
    g_autoptr(GError) error = NULL;
    g_autofree char *program = g_strconcat("kijun ", command->name, NULL);
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    gboolean help = FALSE;
    GOptionEntry own[] = { { "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_("Show this"), NULL }, G_OPTION_ENTRY_NULL };

    g_set_prgname(program);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_translation_domain(context, GETTEXT_PACKAGE);
    g_option_context_set_description(context, command->description);
    if (command->options)
        g_option_context_add_main_entries(context, command->options, GETTEXT_PACKAGE);
    g_option_context_add_main_entries(context, own, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("%s; `%s --help` tells the options"), error->message, program);
        return FALSE;
    }
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        fputs(text, stdout);
        *exit_code = KJ_EXIT_FINE;
        return FALSE;
    }
    if (!check_choices(command->options)) {
        *exit_code = KJ_EXIT_USAGE;
        return FALSE;
    }
    if (*argc - 1 < least || (most >= 0 && *argc - 1 > most)) {
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE,
                                 *argc - 1 < least ? _("too few arguments; usage: %s %s") : _("too many arguments; usage: %s %s"), program,
                                 command->arguments);
        return FALSE;
    }
    return TRUE;
}

int kj_cli_fail(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
    kj_cli_progress_clear();
    fprintf(stderr, "%s: %s\n", g_get_prgname() ? g_get_prgname() : "kijun", message);
    return code;
}

int kj_cli_error_code(const GError *error) {
    if (error->domain != KJ_ERROR)
        return KJ_EXIT_IO;
    switch (error->code) {
    case KJ_ERROR_UNKNOWN:
    case KJ_ERROR_VALUE:
        return KJ_EXIT_USAGE;
    case KJ_ERROR_TARGET:
        return KJ_EXIT_POLICY;
    case KJ_ERROR_REFUSED:
        return KJ_EXIT_REFUSED;
    default:
        return KJ_EXIT_IO;
    }
}

int kj_cli_errors_code(const KjDiagnostics *diagnostics) {
    if (kj_diagnostics_has(diagnostics, KJ_CODE_ANALYSIS_WRONG))
        return KJ_EXIT_BUG;
    return kj_diagnostics_has(diagnostics, KJ_CODE_FILE_UNREADABLE) ? KJ_EXIT_IO : KJ_EXIT_POLICY;
}

gboolean kj_cli_colour(int descriptor) {
    const char *no_colour = g_getenv("NO_COLOR");
    return isatty(descriptor) && !(no_colour && *no_colour);
}

const char *kj_cli_language(void) {
    static const char *const variables[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);
        if (value && *value)
            return g_str_has_prefix(value, "ja") ? "ja" : "en";
    }
    return "en";
}

gboolean kj_cli_instant(const char *text, gint64 *seconds) {
    const char *problem = NULL;
    if (!text) {
        *seconds = g_get_real_time() / G_USEC_PER_SEC;
        return TRUE;
    }
    if (kj_value_read_instant(text, strlen(text), NULL, seconds, &problem))
        return TRUE;
    kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is no instant: %s; write 2026-11-24T10:00:00+09:00, or `2026-11-24 10:00` for UTC"), text,
                problem ? _(problem) : _("not understood"));
    return FALSE;
}

gboolean kj_cli_analysis(const char *at, const char *path, KjAnalysis *analysis) {
    gint64 instant;

    if (!kj_cli_instant(at, &instant))
        return FALSE;
    *analysis = (KjAnalysis){ .day = (guint32)(instant / DAY_SECONDS),
                              .soon = SOON_DAYS,
                              .path = path,
                              .connection = g_getenv("SSH_CONNECTION"),
                              .language = kj_cli_language() };
    analysis->at = (gint64)analysis->day * DAY_SECONDS;
    return TRUE;
}

void kj_cli_print_diagnostics(const KjDiagnostics *diagnostics, const KjSources *sources) {
    g_autoptr(GString) text = g_string_new(NULL);
    kj_diagnostics_print_text(diagnostics, sources, kj_cli_colour(STDERR_FILENO), text);
    kj_cli_progress_clear();
    fputs(text->str, stderr);
}

static KjCompilation *compile(const char *path, gboolean warnings, gboolean trial, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    compilation->trial = trial;
    if (!kj_revision_load(compilation, path, &error)) {
        *exit_code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
        return NULL;
    }
    if (!compilation->policy || warnings)
        kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
    if (!compilation->policy) {
        *exit_code = kj_cli_errors_code(compilation->diagnostics);
        return NULL;
    }
    return g_steal_pointer(&compilation);
}

KjCompilation *kj_cli_compile(const char *path, gboolean warnings, int *exit_code) {
    return compile(path, warnings, FALSE, exit_code);
}

KjCompilation *kj_cli_compile_trial(const char *path, int *exit_code) {
    return compile(path, FALSE, TRUE, exit_code);
}

KjTable *kj_cli_open_built(GBytes *bytes, int *exit_code) {
    g_autoptr(GError) error = NULL;
    KjTable *table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    if (!table && g_error_matches(error, KJ_ERROR, KJ_ERROR_TABLE))
        *exit_code = kj_cli_fail(KJ_EXIT_BUG, _("the table just written does not verify, which is our mistake: %s"), error->message);
    else if (!table)
        *exit_code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return table;
}

GBytes *kj_cli_build_proved(const KjCompilation *compilation, const char *path, const char *at, gboolean optimise, int *exit_code) {
    KjAnalysis analysis = { .undated = TRUE, .path = path, .language = kj_cli_language() };
    if (at && !kj_cli_analysis(at, path, &analysis)) {
        *exit_code = KJ_EXIT_USAGE;
        return NULL;
    }
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, optimise, compilation->diagnostics);
    if (bytes) /* an example is tried on a table of its own, built only when there is one */
        kj_analyse_errors(compilation->policy, &analysis, compilation->diagnostics);
    kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
    if (kj_diagnostics_errors(compilation->diagnostics) == 0)
        return g_steal_pointer(&bytes);
    *exit_code = kj_cli_errors_code(compilation->diagnostics);
    return NULL;
}

KjTable *kj_cli_build(const KjCompilation *compilation, int *exit_code) {
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    if (bytes)
        return kj_cli_open_built(bytes, exit_code);
    kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
    *exit_code = kj_cli_errors_code(compilation->diagnostics);
    return NULL;
}

KjTable *kj_cli_table(const char *path, int *exit_code) {
    g_autoptr(GError) error = NULL;
    KjTable *table = NULL;
    if (g_str_has_suffix(path, ".kjt") && kj_revision_form(path)) {
        g_autoptr(GBytes) bytes = kj_revision_read(path, &error);
        table = bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error) : NULL;
    } else if (g_str_has_suffix(path, ".kjt")) {
        table = kj_table_open(path, &error);
    } else {
        g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, exit_code);
        return compilation ? kj_cli_build(compilation, exit_code) : NULL;
    }
    if (!table)
        *exit_code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return table;
}

KjTable *kj_cli_block(const char *path, const char *name, guint *block, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjTable) table = kj_cli_table(path, exit_code);
    if (table && !kj_table_find_block(table, name, block, &error)) {
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
        return NULL;
    }
    return g_steal_pointer(&table);
}

void kj_cli_print_json(JsonNode *root) {
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    puts(text);
    json_node_unref(root);
}

static gboolean set_members(KjRequest *request, int field, const char *value, GError **error) {
    g_autoptr(GString) member = g_string_new(NULL);
    if (*value == 0)
        return kj_request_set_empty(request, field, error);
    for (const char *c = value;; c++) {
        if (*c == 0 || *c == ',') {
            if (!kj_request_set_text(request, field, member->str, (gssize)member->len, error))
                return FALSE;
            g_string_truncate(member, 0);
            if (*c == 0)
                return TRUE;
        } else {
            if (*c == '\\' && c[1] == ',')
                c++;
            g_string_append_c(member, *c);
        }
    }
}

gboolean kj_cli_set_field(const KjTable *table, guint block, KjRequest *request, const char *field, const char *value, GError **error) {
    KjBlockView block_view;
    KjFieldView view;
    int index = kj_table_find_field(table, block, field);
    kj_view_block(table, block, &block_view);
    if (index < 0) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < block_view.field_count; i++) {
            kj_view_field(table, block_view.first_field + i, &view);
            if (view.kind == KJ_FIELD_KIND_VALUE)
                g_ptr_array_add(names, (gpointer)view.name);
        }
        g_ptr_array_add(names, NULL);
        const char *nearest = kj_did_you_mean(field, (const char *const *)names->pdata);
        g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
        if (nearest)
            g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block `%s` has no field `%s`; did you mean `%s`? Its fields are: %s"),
                        block_view.name, field, nearest, all);
        else
            g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block `%s` has no field `%s`; its fields are: %s"), block_view.name,
                        field, all);
        return FALSE;
    }
    kj_view_field(table, block_view.first_field + (guint)index, &view);
    if (view.flags & KJ_FIELD_SET)
        return set_members(request, index, value, error);
    return kj_request_set_text(request, index, value, -1, error);
}

int kj_cli_write(const char *path, const GString *text) {
    g_autoptr(GError) error = NULL;
    if (!path)
        fwrite(text->str, 1, text->len, stdout);
    else if (!g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    return KJ_EXIT_FINE;
}

gboolean kj_cli_read(const char *path, char **bytes, gsize *length, GError **error) {
    if (strcmp(path, "-") != 0)
        return g_file_get_contents(path, bytes, length, error);
    g_autoptr(GString) text = g_string_new(NULL);
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, stdin)) > 0)
        g_string_append_len(text, chunk, (gssize)got);
    if (ferror(stdin)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("standard input could not be read"));
        return FALSE;
    }
    *length = text->len;
    *bytes = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}
