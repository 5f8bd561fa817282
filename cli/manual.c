/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun manual: the manual pages, written from the tables everything else is written from: the command table and its option entries, the installed
 * domains, the limits, the diagnostics, the sections of a table. `make` writes them with the kijun it has just built.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "manual.h"

static char *folder;

const GOptionEntry kj_options_manual[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &folder, N_("Write all pages into this folder, as kijun.1 and so on"), "DIR" },
    G_OPTION_ENTRY_NULL,
};

static const struct {
    const char *name, *summary;
    void (*write)(GString *page);
} formats[] = {
    { "kijun-policy", "the policy language of Kijun", kj_manual_policy },
    { "kijun-table", "the rule tables of Kijun", kj_manual_table },
};

static const struct {
    int code;
    const char *meaning;
} exit_codes[] = {
    { KJ_EXIT_FINE, "Fine. A denial is an answer, so it is fine too." },
    { KJ_EXIT_POLICY, "The policy has errors, a test failed, a request was in error, or a target cannot say a rule." },
    { KJ_EXIT_DIFFERS, "Two policies differ." },
    { KJ_EXIT_USAGE, "The command was used wrongly, or asks for something there is not." },
    { KJ_EXIT_IO, "Input or output failed, or a table file is not sound (for verify, that is 1)." },
    { KJ_EXIT_REFUSED, "Refused: a signature, an approval, a rollback, or age." },
    { KJ_EXIT_BUG, "A mistake of Kijun itself; please report it." },
    { KJ_EXIT_NOT_DONE, "A proof that was asked for could not be done on this machine." },
};

/* ---- man(7) ---- */

void kj_manual_text(GString *page, const char *text) {
    gboolean start = page->len == 0 || page->str[page->len - 1] == '\n';
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            g_string_append(page, "\\&");
        if (*text == '\\')
            g_string_append(page, "\\e");
        else if (*text == '-')
            g_string_append(page, "\\-");
        else
            g_string_append_c(page, *text);
        start = *text == '\n';
    }
}

void kj_manual_heading(GString *page, const char *heading) {
    g_string_append_printf(page, ".SH %s\n", heading);
}

void kj_manual_paragraph(GString *page, const char *text) {
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);
    for (char **paragraph = paragraphs; *paragraph; paragraph++) {
        g_string_append(page, ".PP\n");
        kj_manual_text(page, *paragraph);
        g_string_append_c(page, '\n');
    }
}

void kj_manual_entry(GString *page, const char *name, const char *detail, const char *text) {
    g_string_append(page, ".TP\n\\fB");
    kj_manual_text(page, name);
    g_string_append(page, "\\fR");
    if (detail && *detail) {
        g_string_append_c(page, ' ');
        kj_manual_text(page, detail);
    }
    g_string_append_c(page, '\n');
    kj_manual_text(page, text);
    g_string_append_c(page, '\n');
}

void kj_manual_example(GString *page, const char *text) {
    g_string_append(page, ".PP\n.nf\n");
    kj_manual_text(page, text);
    g_string_append(page, ".fi\n");
}

static void begin(GString *page, const char *name, guint section, const char *summary) {
    g_string_append_printf(page, ".TH \"%s\" \"%u\" \"\" \"kijun " PACKAGE_VERSION "\" \"Kijun\"\n", name, section);
    kj_manual_heading(page, "NAME");
    kj_manual_text(page, name);
    g_string_append(page, " \\- ");
    kj_manual_text(page, summary);
    g_string_append_c(page, '\n');
}

/* ---- the pages of commands ---- */

/* "--output=FILE.kjt, -o FILE.kjt" */
static char *option_words(const GOptionEntry *entry) {
    gboolean takes = entry->arg != G_OPTION_ARG_NONE;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "--%s%s%s", entry->long_name, takes ? "=" : "", takes ? entry->arg_description : "");
    if (entry->short_name)
        g_string_append_printf(text, ", -%c%s%s", entry->short_name, takes ? " " : "", takes ? entry->arg_description : "");
    return g_string_free(text, FALSE);
}

static void append_exit_codes(GString *page) {
    kj_manual_heading(page, "EXIT STATUS");
    for (guint i = 0; i < G_N_ELEMENTS(exit_codes); i++) {
        g_autofree char *code = g_strdup_printf("%d", exit_codes[i].code);
        kj_manual_entry(page, code, NULL, exit_codes[i].meaning);
    }
}

/* The summary without its full stop, as NAME wants it. */
static char *short_summary(const KjCommand *command) {
    gsize length = strlen(command->summary);
    return g_strndup(command->summary, length > 0 && command->summary[length - 1] == '.' ? length - 1 : length);
}

static void write_command(const KjCommand *command, GString *page) {
    g_autofree char *name = g_strconcat("kijun-", command->name, NULL), *summary = short_summary(command);
    begin(page, name, 1, summary);
    kj_manual_heading(page, "SYNOPSIS");
    g_string_append_printf(page, "\\fBkijun %s\\fR [\\fIOPTION\\fR...] ", command->name);
    kj_manual_text(page, command->arguments);
    g_string_append_c(page, '\n');
    kj_manual_heading(page, "DESCRIPTION");
    kj_manual_text(page, command->summary);
    g_string_append_c(page, '\n');
    if (command->description)
        kj_manual_paragraph(page, command->description);
    kj_manual_heading(page, "OPTIONS");
    for (const GOptionEntry *entry = command->options; entry && entry->long_name; entry++) {
        if (entry->flags & G_OPTION_FLAG_HIDDEN)
            continue;
        g_autofree char *words = option_words(entry);
        kj_manual_entry(page, words, NULL, entry->description);
    }
    kj_manual_entry(page, "--help, -h", NULL, "Show how the command is used.");
    append_exit_codes(page);
    kj_manual_heading(page, "SEE ALSO");
    g_string_append(page, "\\fBkijun\\fR(1), \\fBkijun\\-policy\\fR(5), \\fBkijun\\-table\\fR(5)\n");
}

static void write_kijun(GString *page) {
    begin(page, "kijun", 1, "security policy as code");
    kj_manual_heading(page, "SYNOPSIS");
    g_string_append(page, "\\fBkijun\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n");
    kj_manual_heading(page, "DESCRIPTION");
    kj_manual_paragraph(page,
                        "Kijun compiles policies into rule tables, decides requests from them, explains every decision and writes what "
                        "enforces them. PATH is a workspace folder of .pol files, one .pol file, or a .kjt table. BLOCK is module.block, "
                        "or block where that is unique.\n\nData goes to standard output, messages to standard error.");
    kj_manual_heading(page, "COMMANDS");
    for (const KjCommand *command = kj_commands; command->name; command++)
        kj_manual_entry(page, command->name, command->arguments, command->summary);
    kj_manual_heading(page, "OPTIONS");
    kj_manual_entry(page, "--help, -h", NULL, "List the commands.");
    kj_manual_entry(page, "--version", NULL, "Show the version.");
    append_exit_codes(page);
    kj_manual_heading(page, "ENVIRONMENT");
    kj_manual_entry(page, "KIJUN_PLUGIN_PATH", NULL,
                    "Folders of plugins, separated by colons, instead of the one that was fixed when Kijun was built. Ignored where "
                                                     "the program runs with rights its caller does not have.");
    kj_manual_entry(page, "LANGUAGE, LC_ALL, LC_MESSAGES, LANG", NULL,
                    "The first that is set chooses the language of sentences: Japanese when it begins with ja, else English.");
    kj_manual_entry(page, "NO_COLOR", NULL, "No colour, even on a terminal.");
    kj_manual_heading(page, "FILES");
    kj_manual_entry(page, KJ_PLUGIN_DIR, NULL, "The plugins, one for each domain.");
    kj_manual_heading(page, "SEE ALSO");
    for (const KjCommand *command = kj_commands; command->name; command++) {
        g_string_append(page, "\\fBkijun\\-");
        kj_manual_text(page, command->name);
        g_string_append(page, "\\fR(1),\n");
    }
    g_string_append(page, "\\fBkijun\\-policy\\fR(5),\n\\fBkijun\\-table\\fR(5)\n");
}

/* ---- all pages ---- */

void kj_manual_list(void) {
    puts("kijun");
    for (const KjCommand *command = kj_commands; command->name; command++)
        printf("kijun-%s\n", command->name);
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        puts(formats[i].name);
}

/* The section of the page `name`, with its text; 0 when there is no such page. */
static guint write_page(const char *name, GString *page) {
    if (strcmp(name, "kijun") == 0) {
        write_kijun(page);
        return 1;
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (strcmp(name, formats[i].name) == 0) {
            begin(page, name, 5, formats[i].summary);
            formats[i].write(page);
            return 5;
        }
    }
    for (const KjCommand *command = kj_commands; command->name && g_str_has_prefix(name, "kijun-"); command++) {
        if (strcmp(name + strlen("kijun-"), command->name) == 0) {
            write_command(command, page);
            return 1;
        }
    }
    return 0;
}

static gboolean save_page(const char *name, GError **error) {
    g_autoptr(GString) page = g_string_new(NULL);
    guint section = write_page(name, page);
    g_autofree char *file = g_strdup_printf("%s.%u", name, section), *path = g_build_filename(folder, file, NULL);
    return g_file_set_contents(path, page->str, (gssize)page->len, error);
}

static gboolean save_all(GError **error) {
    for (const KjCommand *command = kj_commands; command->name; command++) {
        g_autofree char *name = g_strconcat("kijun-", command->name, NULL);
        if (!save_page(name, error))
            return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (!save_page(formats[i].name, error))
            return FALSE;
    return save_page("kijun", error);
}

int kj_command_manual(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) page = g_string_new(NULL);
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    kj_plugins_load(NULL);
    if (folder)
        return argc > 1         ? kj_cli_fail(KJ_EXIT_USAGE, "%s", _("--output writes all pages; PAGE is not wanted with it"))
               : save_all(&error) ? KJ_EXIT_FINE
                                  : kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (argc < 2) {
        kj_manual_list();
        return KJ_EXIT_FINE;
    }
    if (!write_page(argv[1], page))
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no page `%s`; `kijun manual` lists them all"), argv[1]);
    fputs(page->str, stdout);
    return KJ_EXIT_FINE;
}
