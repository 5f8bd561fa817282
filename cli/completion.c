/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun completion: completion scripts, from the command table and the option entries.
 *
 * A script knows the commands, their options and the words an option chooses among; what it cannot know (the blocks of a policy, the
 * installed domains) it asks `kijun completion --words -- COMMAND WORD...` for, which looks in the command's row what stands at that place and
 * prints the words there are, none where a file is wanted: the shells then offer files themselves.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "../compiler/codes.h"
#include "../history/revision.h"
#include "cli.h"
#include "manual.h"

static gboolean words;

const GOptionEntry kj_options_completion[] = {
    { "words", 0, 0, G_OPTION_ARG_NONE, &words, N_("Print what may stand after `-- COMMAND WORD...` instead; the scripts ask this"), NULL },
    G_OPTION_ENTRY_NULL,
};

static const GOptionEntry help_option = { "help", 'h', 0, G_OPTION_ARG_NONE, NULL, N_("Show this"), NULL };

/* The i-th option of a command that people may use, --help after all others; NULL beyond. */
static const GOptionEntry *option(const KjCommand *command, guint i) {
    guint count = 0;
    for (const GOptionEntry *entry = command->options; entry && entry->long_name; entry++)
        if (!(entry->flags & G_OPTION_FLAG_HIDDEN) && count++ == i)
            return entry;
    return i == count ? &help_option : NULL;
}

/* "text json" for an option that chooses among words, else NULL. */
static char *choices(const GOptionEntry *entry) {
    if (entry->arg != G_OPTION_ARG_STRING || !strchr(entry->arg_description, '|'))
        return NULL;
    char *text = g_strdup(entry->arg_description);
    return g_strdelimit(text, "|", ' ');
}

/* ---- the words at a place ---- */

static const KjCommand *find_command(const char *name) {
    for (const KjCommand *command = kj_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static gboolean takes_next(const KjCommand *command, const char *word) {
    const GOptionEntry *entry;
    for (guint i = 0; (entry = option(command, i)) != NULL; i++) {
        const char brief[] = { '-', entry->short_name, 0 };
        if (entry->arg != G_OPTION_ARG_NONE && ((g_str_has_prefix(word, "--") && strcmp(word + 2, entry->long_name) == 0) ||
                                                (entry->short_name && strcmp(word, brief) == 0)))
            return TRUE;
    }
    return FALSE;
}

static GPtrArray *arguments_before(const KjCommand *command, char **before) {
    GPtrArray *arguments = g_ptr_array_new();
    for (; *before; before++) {
        if (takes_next(command, *before)) {
            if (!*++before)
                break;
        } else if ((*before)[0] != '-') {
            g_ptr_array_add(arguments, *before);
        }
    }
    return arguments;
}

/* What the row says stands at `place`: "BLOCK". The last argument repeats when it ends in "...". Free it. */
static char *argument_at(const KjCommand *command, guint place) {
    g_autofree char *text = g_strdup(command->arguments);
    g_auto(GStrv) names = g_strsplit(g_strdelimit(text, "[]", ' '), " ", -1);
    guint seen = 0;
    for (char **name = names; *name; name++) {
        gboolean repeats = g_str_has_suffix(*name, "...");
        if (!**name || (seen++ != place && !repeats))
            continue;
        return repeats ? g_strndup(*name, strlen(*name) - 3) : g_strdup(*name);
    }
    return NULL;
}

/* A policy with mistakes has no words to offer, and tells them only when it is checked. */
static KjTable *quiet_table(const char *path) {
    if (g_str_has_suffix(path, ".kjt") && !kj_revision_form(path))
        return kj_table_open(path, NULL);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    if (!kj_revision_load(compilation, path, NULL) || !compilation->policy)
        return NULL;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, FALSE, compilation->diagnostics);
    return bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
}

/* A table from a stranger may name its blocks as it likes; a word with a meaning to a shell is not offered. */
static void print_word(const char *word, const char *end) {
    for (const char *c = word; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("_.-", *c) && (guchar)*c < 0x80)
            return;
    printf("%s%s\n", word, end);
}

static void print_blocks(const char *path) {
    g_autoptr(KjTable) table = quiet_table(path);
    for (guint i = 0; table && i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        g_autofree char *name = g_strdup_printf("%s.%s", block.module, block.name);
        print_word(name, "");
    }
}

static void print_block_fields(const char *path, const char *name) {
    g_autoptr(KjTable) table = quiet_table(path);
    guint index;
    KjBlockView block;
    if (!table || !kj_table_find_block(table, name, &index, NULL))
        return;
    kj_view_block(table, index, &block);
    for (guint i = 0; i < block.field_count; i++) {
        KjFieldView field;
        kj_view_field(table, block.first_field + i, &field);
        if (field.kind == KJ_FIELD_KIND_VALUE)
            print_word(field.name, "=");
    }
}

static void print_targets(void) {
    g_autofree const KjDomain **domains = kj_plugin_list();
    for (guint i = 0; domains[i]; i++)
        for (const KjTargetDefinition *target = domains[i]->targets; target && target->name; target++)
            print_word(target->name, "");
}

static void print_domains(void) {
    g_autofree const KjDomain **domains = kj_plugin_list();
    for (guint i = 0; domains[i]; i++)
        puts(domains[i]->name);
}

static void print_codes(void) {
    g_autoptr(GPtrArray) codes = kj_codes_in_order();
    for (guint i = 0; i < codes->len; i++)
        printf("KJ%04d\n", (int)((const KjCodeEntry *)codes->pdata[i])->code);
}

static void print_domain_fields(const char *name) {
    const KjDomain *domain = kj_plugin_find(name);
    for (const KjFieldDefinition *field = domain ? domain->fields : NULL; field && field->name; field++)
        puts(field->name);
}

static int print_words(const char *name, char **before) {
    const KjCommand *command = find_command(name);
    if (!command)
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no command `%s`"), name);
    g_autoptr(GPtrArray) arguments = arguments_before(command, before);
    g_autofree char *kind = argument_at(command, arguments->len);
    kj_plugins_load(NULL);
    if (!kind)
        return KJ_EXIT_FINE;
    if (strchr(kind, '|'))
        puts(g_strdelimit(kind, "|", '\n'));
    else if (strcmp(kind, "BLOCK") == 0)
        print_blocks(arguments->len > 0 ? arguments->pdata[arguments->len - 1] : "."); /* `apply` takes the path after it */
    else if (strcmp(kind, "FIELD=VALUE") == 0 && arguments->len > 1)
        print_block_fields(arguments->pdata[0], arguments->pdata[1]);
    else if (strcmp(kind, "FIELD") == 0 && arguments->len > 0)
        print_domain_fields(arguments->pdata[0]);
    else if (strcmp(kind, "DOMAIN") == 0)
        print_domains();
    else if (strcmp(kind, "TARGET") == 0)
        print_targets();
    else if (strcmp(kind, "CODE") == 0)
        print_codes();
    else if (strcmp(kind, "PAGE") == 0)
        kj_manual_list();
    return KJ_EXIT_FINE;
}

/* ---- the scripts ---- */

static void print_bash(void) {
    const GOptionEntry *entry;
    fputs("# bash completion for kijun, written by `kijun completion bash`\n_kijun() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options='' found=''\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W '--help --version", stdout);
    for (const KjCommand *command = kj_commands; command->name; command++)
        printf(" %s", command->name);
    fputs("' -- \"$current\"))\n        return\n    fi\n"
          "    if [ \"$current\" = = ]; then\n        current=''\n"
          "    elif [ \"$previous\" = = ]; then\n        previous=${COMP_WORDS[COMP_CWORD-2]}\n    fi\n"
          "    case \"$command $previous\" in\n", stdout);
    for (const KjCommand *command = kj_commands; command->name; command++) {
        for (guint i = 0; (entry = option(command, i)) != NULL; i++) {
            g_autofree char *list = choices(entry);
            if (entry->arg == G_OPTION_ARG_NONE)
                continue;
            printf("    '%s --%s'", command->name, entry->long_name);
            if (entry->short_name)
                printf(" | '%s -%c'", command->name, entry->short_name);
            if (list)
                printf(") COMPREPLY=($(compgen -W '%s' -- \"$current\")); return ;;\n", list);
            else
                puts(") return ;;");
        }
    }
    puts("    esac\n    case $command in");
    for (const KjCommand *command = kj_commands; command->name; command++) {
        printf("    %s) options='", command->name);
        for (guint i = 0; (entry = option(command, i)) != NULL; i++) {
            printf("%s--%s", i ? " " : "", entry->long_name);
            if (entry->short_name)
                printf(" -%c", entry->short_name);
        }
        puts("' ;;");
    }
    puts("    esac\n"
         "    case $current in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")); return ;;\n    esac\n"
         "    while IFS= read -r found; do\n        case $found in\n        \"$current\"*) COMPREPLY+=(\"$found\") ;;\n        esac\n"
         "    done < <(kijun completion --words -- \"${COMP_WORDS[@]:1:COMP_CWORD-1}\" 2>/dev/null)\n"
         "    case ${COMPREPLY[0]} in\n    *=) compopt -o nospace ;;\n    esac\n"
         "}\ncomplete -o default -F _kijun kijun");
}

/* Text between single quotes of zsh or fish; zsh's own specifications keep `[`, `]` and `:` for themselves. */
static char *quoted(const char *text, gboolean specification) {
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (specification && strchr("[]:", *text))
            g_string_append_c(out, '\\');
        if (*text == '\'')
            g_string_append(out, "'\\''");
        else
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

static void print_zsh_option(const GOptionEntry *entry) {
    g_autofree char *list = choices(entry), *text = quoted(_(entry->description), TRUE);
    g_autofree char *action = list ? g_strdup_printf("(%s)", list) : g_strdup(entry->arg == G_OPTION_ARG_FILENAME ? "_files" : " ");
    g_autofree char *value = entry->arg == G_OPTION_ARG_NONE
                                 ? g_strdup("")
                                 : g_strdup_printf(":%s:%s", list ? "word" : entry->arg_description, action);
    if (entry->short_name)
        printf(" \\\n            '-%c[%s]%s'", entry->short_name, text, value);
    printf(" \\\n            '--%s%s[%s]%s'", entry->long_name, entry->arg == G_OPTION_ARG_NONE ? "" : "=", text, value);
}

static void print_zsh(void) {
    const GOptionEntry *entry;
    puts(
        "#compdef kijun\n# zsh completion for kijun, written by `kijun completion zsh`\n\n"
        "_kijun_words() {\n    local -a found\n    found=(${(f)\"$(kijun completion --words -- $line[1] $words[2,CURRENT-1] 2>/dev/null)\"})\n"
        "    if (( $#found )); then\n        compadd -a found\n    else\n        _files\n    fi\n}\n\n"
        "_kijun() {\n    local -a commands line\n    local state\n    commands=(");
    for (const KjCommand *command = kj_commands; command->name; command++) {
        g_autofree char *text = quoted(_(command->summary), TRUE);
        printf("        '%s:%s'\n", command->name, text);
    }
    puts(
        "    )\n    _arguments -C '(- *)--help[Show this]' '(- *)--version[Show the version]' '1:command:->command' '*::argument:->argument'\n"
        "    case $state in\n    command) _describe command commands ;;\n    argument)\n        case $line[1] in");
    for (const KjCommand *command = kj_commands; command->name; command++) {
        printf("        %s)\n            _arguments", command->name);
        for (guint i = 0; (entry = option(command, i)) != NULL; i++)
            print_zsh_option(entry);
        puts(" \\\n            '*:argument:_kijun_words' ;;");
    }
    puts("        esac ;;\n    esac\n}\n\ncompdef _kijun kijun");
}

static void print_fish(void) {
    const GOptionEntry *entry;
    puts("# fish completion for kijun, written by `kijun completion fish`");
    puts("complete -c kijun -n __fish_use_subcommand -f -l help\ncomplete -c kijun -n __fish_use_subcommand -f -l version");
    for (const KjCommand *command = kj_commands; command->name; command++) {
        g_autofree char *summary = quoted(_(command->summary), FALSE);
        printf("complete -c kijun -n __fish_use_subcommand -f -a %s -d '%s'\n", command->name, summary);
        for (guint i = 0; (entry = option(command, i)) != NULL; i++) {
            g_autofree char *text = quoted(_(entry->description), FALSE), *list = choices(entry);
            printf("complete -c kijun -n '__fish_seen_subcommand_from %s' -l %s", command->name, entry->long_name);
            if (entry->short_name)
                printf(" -s %c", entry->short_name);
            if (list)
                printf(" -x -a '%s'", list);
            else if (entry->arg != G_OPTION_ARG_NONE)
                fputs(entry->arg == G_OPTION_ARG_FILENAME ? " -r" : " -x", stdout);
            printf(" -d '%s'\n", text);
        }
    }
    puts("complete -c kijun -n 'not __fish_use_subcommand' -a '(kijun completion --words -- (commandline -opc)[2..-1] 2>/dev/null)'");
}

int kj_command_completion(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 1, -1, &code))
        return code;
    if (strcmp(argv[1], "--") == 0) /* GOption leaves it where it stands */
        argv++, argc--;
    if (words)
        return argc > 1 ? print_words(argv[1], argv + 2) : KJ_EXIT_FINE;
    for (guint i = 0; i < G_N_ELEMENTS(shells) && argc == 2; i++) {
        if (strcmp(argv[1], shells[i].name) == 0) {
            shells[i].print();
            return KJ_EXIT_FINE;
        }
    }
    return kj_cli_fail(KJ_EXIT_USAGE, _("the shells are bash, zsh and fish"));
}
