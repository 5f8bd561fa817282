/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun: the command table, and what every command shares is in common.c. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

const KjCommand kj_commands[] = {
    { "check", "[PATH]", "Parse, type and analyse a policy.", kj_command_check },
    { "fmt", "[--check] [PATH]", "Rewrite policy files in their canonical form.", kj_command_fmt },
    { "build", "[-o FILE.kjt] [PATH]", "Compile a policy into a table file.", kj_command_build },
    { "show", "FILE.kjt|PATH", "Show the blocks, rules and sizes of a table.", kj_command_show },
    { "verify", "FILE.kjt [--rebuild PATH]", "Check that a table file is whole and sound.", kj_command_verify },
    { "describe", "[DOMAIN [FIELD]]", "Show the vocabulary of the installed domains.", kj_command_describe },
    { "decide", "PATH BLOCK FIELD=VALUE...", "Decide one request, or many from a file.", kj_command_decide },
    { "explain", "PATH BLOCK FIELD=VALUE...", "Decide one request and say why, as sentences.", kj_command_explain },
    { "test", "[PATH]", "Run the tests written in the policy.", kj_command_test },
    { "emit", "TARGET PATH [BLOCK]", "Write the enforcement text for a target.", kj_command_emit },
    { "bench", "PATH BLOCK --batch FILE", "Measure the cost of a decision.", kj_command_bench },
    { NULL, NULL, NULL, NULL },
};

static void print_usage(FILE *out) {
    fputs("kijun: security policy as code\n\nUsage: kijun COMMAND [OPTIONS] [ARGUMENTS]\n\n", out);
    for (const KjCommand *command = kj_commands; command->name; command++)
        fprintf(out, "  %-9s %-28s %s\n", command->name, command->arguments, command->summary);
    fputs("\n`kijun COMMAND --help` tells a command's options. A PATH is a folder of .pol files, one .pol file, or a .kjt table.\n", out);
}

static const KjCommand *find_command(const char *name) {
    for (const KjCommand *command = kj_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[G_N_ELEMENTS(kj_commands)] = { NULL };
    for (guint i = 0; kj_commands[i].name; i++)
        names[i] = kj_commands[i].name;
    const char *nearest = kj_did_you_mean(name, names);
    fprintf(stderr, "kijun: there is no command `%s`", name);
    if (nearest)
        fprintf(stderr, "; did you mean `%s`?\n", nearest);
    else
        fputs("; `kijun --help` lists them all\n", stderr);
    return KJ_EXIT_USAGE;
}

int main(int argc, char **argv) {
    setlocale(LC_ALL, "");
    if (argc < 2) {
        print_usage(stderr);
        return KJ_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return KJ_EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("kijun " PACKAGE_VERSION);
        return KJ_EXIT_FINE;
    }
    const KjCommand *command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    g_set_prgname(command->name);
    int code = command->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout))
        return kj_cli_fail(KJ_EXIT_IO, "standard output could not be written");
    return code;
}
