/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * classbench: ClassBench rule sets as Kijun policies, and the answers Kijun has to give.
 *
 *     classbench policy RULES [NAME]           the set as a .pol file with one block (default `classbench`)
 *     classbench whole RULES [NAME]            the same about nothing but packets that ClassBench has
 *     classbench trace TRACE                   headers as rows for --batch
 *     classbench answer RULES TRACE            what `kijun decide --batch` has to print, by plain scan
 *     classbench generate RULES COUNT SEED     COUNT rules with the structure of RULES
 *     classbench headers RULES COUNT SEED      COUNT headers, seven of eight inside a rule
 *     classbench describe RULES...             the structure of sets, side by side
 *     classbench measure COMMAND [ARG]...      runs COMMAND; prints wall seconds, peak MiB, processor seconds
 *
 * A file may be `-`, standard input. Files are plain text: xz is the shell's business.
 *
 * It shares no code with Kijun on purpose: an error both had could not be seen. `measure` is here because
 * GNU time is not on every machine and the shell's `time` knows no memory.
 *
 * Exit: 0 fine, 1 a file is not what it should be, 3 usage, 4 input or output. `measure` exits as COMMAND does.
 */
#include "describe.h"
#include "generate.h"
#include "ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_DATA 1
#define EXIT_USAGE 3
#define EXIT_IO 4
#define EXIT_NO_COMMAND 127

#define MAXIMUM_COUNT 10000000 /* beyond any set worth generating */
#define DEFAULT_BLOCK "classbench"

typedef GArray *(*Parse)(const char *text, gsize size, GError **error);

/* ---- input ---- */

static gboolean read_file(const char *path, char **text, gsize *size, GError **error) {
    if (strcmp(path, "-") != 0)
        return g_file_get_contents(path, text, size, error);

    g_autoptr(GIOChannel) channel = g_io_channel_unix_new(STDIN_FILENO);
    return g_io_channel_set_encoding(channel, NULL, error) == G_IO_STATUS_NORMAL &&
           g_io_channel_read_to_end(channel, text, size, error) == G_IO_STATUS_NORMAL;
}

/* NULL after a message; then `*status` is the exit code. */
static GArray *load(const char *path, Parse parse, int *status) {
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize size = 0;
    GArray *records = NULL;

    if (!read_file(path, &text, &size, &error)) {
        *status = EXIT_IO;
    } else {
        records = parse(text, size, &error);
        if (records != NULL && records->len == 0) {
            g_clear_pointer(&records, g_array_unref);
            g_set_error_literal(&error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX, "nothing in it");
        }
        *status = records == NULL ? EXIT_DATA : EXIT_SUCCESS;
    }
    if (error != NULL)
        fprintf(stderr, "classbench: %s: %s\n", path, error->message);
    return records;
}

static gboolean read_argument(const char *argument, guint64 minimum, guint64 maximum, guint64 *value) {
    g_autoptr(GError) error = NULL;
    if (g_ascii_string_to_unsigned(argument, 10, minimum, maximum, value, &error))
        return TRUE;
    fprintf(stderr, "classbench: %s\n", error->message);
    return FALSE;
}

/* ---- commands; arguments have been counted ---- */

static int command_policy(int count, char **arguments) {
    int status;
    g_autoptr(GArray) rules = load(arguments[0], kj_ruleset_parse, &status);
    if (rules != NULL)
        kj_ruleset_print_policy(rules, count > 1 ? arguments[1] : DEFAULT_BLOCK, FALSE, stdout);
    return status;
}

static int command_whole(int count, char **arguments) {
    int status;
    g_autoptr(GArray) rules = load(arguments[0], kj_ruleset_parse, &status);
    if (rules != NULL)
        kj_ruleset_print_policy(rules, count > 1 ? arguments[1] : DEFAULT_BLOCK, TRUE, stdout);
    return status;
}

static int command_trace(G_GNUC_UNUSED int count, char **arguments) {
    int status;
    g_autoptr(GArray) headers = load(arguments[0], kj_headers_parse, &status);
    if (headers != NULL)
        kj_headers_print_batch(headers, stdout);
    return status;
}

static int command_answer(G_GNUC_UNUSED int count, char **arguments) {
    int status;
    g_autoptr(GArray) rules = load(arguments[0], kj_ruleset_parse, &status);
    if (rules == NULL)
        return status;
    g_autoptr(GArray) headers = load(arguments[1], kj_headers_parse, &status);
    if (headers != NULL)
        kj_ruleset_print_answers(rules, headers, stdout);
    return status;
}

static int command_generate(G_GNUC_UNUSED int argument_count, char **arguments) {
    int status;
    guint64 count, seed;
    g_autoptr(GError) error = NULL;

    if (!read_argument(arguments[1], 1, MAXIMUM_COUNT, &count) || !read_argument(arguments[2], 0, G_MAXUINT64, &seed))
        return EXIT_USAGE;
    g_autoptr(GArray) model = load(arguments[0], kj_ruleset_parse, &status);
    if (model == NULL)
        return status;
    g_autoptr(GArray) rules = kj_generate_rules(model, (guint)count, seed, &error);
    if (rules == NULL) {
        fprintf(stderr, "classbench: %s: %s\n", arguments[0], error->message);
        return EXIT_DATA;
    }
    for (guint i = 0; i < rules->len; i++)
        kj_rule_print(&g_array_index(rules, KjRule, i), stdout);
    return EXIT_SUCCESS;
}

static int command_headers(G_GNUC_UNUSED int argument_count, char **arguments) {
    int status;
    guint64 count, seed;

    if (!read_argument(arguments[1], 1, MAXIMUM_COUNT, &count) || !read_argument(arguments[2], 0, G_MAXUINT64, &seed))
        return EXIT_USAGE;
    g_autoptr(GArray) rules = load(arguments[0], kj_ruleset_parse, &status);
    if (rules == NULL)
        return status;
    g_autoptr(GArray) headers = kj_generate_headers(rules, (guint)count, seed);
    puts("# from to source_port port proto (decimal)");
    for (guint i = 0; i < headers->len; i++)
        kj_header_print(&g_array_index(headers, KjHeader, i), stdout);
    return EXIT_SUCCESS;
}

static int command_describe(int count, char **arguments) {
    int status = EXIT_SUCCESS;
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < count; i++) {
        GArray *rules = load(arguments[i], kj_ruleset_parse, &status);
        if (rules == NULL)
            return status;
        g_ptr_array_add(sets, rules);
        g_ptr_array_add(names, g_path_get_basename(arguments[i]));
    }
    kj_describe_print((const GArray *const *)sets->pdata, (const char *const *)names->pdata, sets->len, stdout);
    return status;
}

/* The command's own output goes to standard error, so that standard output is the measurement alone. */
static int command_measure(G_GNUC_UNUSED int count, char **arguments) {
    int wait_status;
    struct rusage usage;
    gint64 start = g_get_monotonic_time();
    pid_t child = fork();

    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(arguments[0], arguments);
        fprintf(stderr, "classbench: %s: %s\n", arguments[0], g_strerror(errno));
        _exit(EXIT_NO_COMMAND);
    }
    if (child < 0 || waitpid(child, &wait_status, 0) < 0 || getrusage(RUSAGE_CHILDREN, &usage) < 0) {
        fprintf(stderr, "classbench: %s: %s\n", arguments[0], g_strerror(errno));
        return EXIT_IO;
    }
    double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    double processor = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%.3f\t%.1f\t%.3f\n", seconds, (double)usage.ru_maxrss / 1024, processor); /* ru_maxrss is in KiB on Linux */
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static const struct {
    const char *name;
    const char *arguments;
    int fewest, most;
    int (*run)(int count, char **arguments);
} commands[] = {
    { "policy", "RULES [NAME]", 1, 2, command_policy },
    { "whole", "RULES [NAME]", 1, 2, command_whole },
    { "trace", "TRACE", 1, 1, command_trace },
    { "answer", "RULES TRACE", 2, 2, command_answer },
    { "generate", "RULES COUNT SEED", 3, 3, command_generate },
    { "headers", "RULES COUNT SEED", 3, 3, command_headers },
    { "describe", "RULES...", 1, G_MAXINT, command_describe },
    { "measure", "COMMAND [ARG]...", 1, G_MAXINT, command_measure },
};

static int usage(void) {
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(stderr, "%s classbench %s %s\n", i == 0 ? "usage:" : "      ", commands[i].name, commands[i].arguments);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (argc - 2 < commands[i].fewest || argc - 2 > commands[i].most)
            return usage();
        int status = commands[i].run(argc - 2, argv + 2);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            fprintf(stderr, "classbench: standard output: %s\n", g_strerror(errno));
            return EXIT_IO;
        }
        return status;
    }
    return usage();
}
