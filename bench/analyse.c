/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the findings about a policy cost, and what a change of one does.
 *
 *     analyse POLICY...           one line for each, tab-separated; the first line names the columns
 *     analyse --change OLD NEW    the same of a change
 *
 * Columns of a change: the new policy, its rules, seconds to load and check both, seconds to compare them (the examples that `kijun diff`
 * shows found and tried on both compiled tables), the differences found, blocks that could not be decided, examples that did not show what
 * they should.
 *
 * Columns of a policy: the policy, its rules, seconds to load and check it, seconds to build its table without the optimiser (which
 * `kijun check` does before it analyses),
 * seconds for all findings, then what was found: dead rules (KJ0301), rules that change nothing (KJ0303, KJ0304 and those that KJ0305 counts), rules for which
 * order decides (KJ0306, KJ0307), questions left open (KJ0314). Seconds are of the processor, so that other work on the machine does not count.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../compiler/analyse/analyse.h"
#include "../compiler/analyse/change.h"

#define NOW 1795478400 /* no figure hangs on the day */
#define MOST_TOLD 10   /* as `kijun diff` does */

static double seconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How many diagnostics of this code there are; with `counting`, the sum of the numbers that stand behind these words in their messages. */
static guint64 count_of(const char *json, const char *code, const char *counting) {
    g_autofree char *mark = g_strdup_printf("\"code\" : \"%s\"", code);
    guint64 count = 0;

    for (const char *at = json; (at = strstr(at, mark)) != NULL; at++) {
        const char *number = counting != NULL ? strstr(at, counting) : NULL;
        count += number != NULL ? g_ascii_strtoull(number + strlen(counting), NULL, 10) : 1;
    }
    return count;
}

static KjCompilation *load(const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    if (kj_compilation_load(compilation, path, &error) && compilation->policy != NULL)
        return g_steal_pointer(&compilation);
    fprintf(stderr, "analyse: %s: %s\n", path, error != NULL ? error->message : "it has errors");
    return NULL;
}

static guint count_rules(const KjPolicy *policy) {
    guint rules = 0;

    for (const KjBlock *block = policy->blocks; block != NULL; block = block->next)
        rules += block->rule_count;
    return rules;
}

static gboolean measure_change(const char *old_path, const char *new_path) {
    double start = seconds(), loaded, compared;
    g_autoptr(KjCompilation) old_compilation = load(old_path), new_compilation = load(new_path);
    KjChangeOptions options = { .now = NOW, .most = MOST_TOLD };
    guint differences = 0, undecided = 0, bugs = 0;

    if (old_compilation == NULL || new_compilation == NULL)
        return FALSE;
    loaded = seconds();
    g_autoptr(KjChange) change = kj_change_new(old_compilation->policy, new_compilation->policy, &options);
    compared = seconds();
    for (guint i = 0; i < change->blocks->len; i++) {
        const KjBlockChange *block = change->blocks->pdata[i];
        differences += block->regions->len + block->untold;
        undecided += block->undecided != NULL;
        bugs += block->bug;
    }
    printf("%s\t%u\t%.3f\t%.3f\t%u\t%u\t%u\n", new_path, count_rules(new_compilation->policy), loaded - start, compared - loaded,
           differences, undecided, bugs);
    return TRUE;
}

static gboolean measure(const char *path) {
    double start = seconds(), loaded, built, found;
    g_autoptr(KjCompilation) compilation = load(path);
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GString) json = g_string_new(NULL);
    KjAnalysis analysis = { .at = NOW, .day = 20781, .soon = 30 };

    if (compilation == NULL)
        return FALSE;
    loaded = seconds();
    bytes = kj_build(compilation->policy, FALSE, diagnostics);
    analysis.table = bytes != NULL ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
    built = seconds();
    kj_find_in_rules(compilation->policy, &analysis, diagnostics);
    kj_find_unused(compilation->policy, &analysis, diagnostics);
    kj_find_lockout(compilation->policy, &analysis, diagnostics);
    found = seconds();
    kj_diagnostics_print_json(diagnostics, compilation->sources, json);
    printf("%s\t%u\t%.3f\t%.3f\t%.3f", path, count_rules(compilation->policy), loaded - start, built - loaded, found - built);
    printf("\t%" G_GUINT64_FORMAT, count_of(json->str, "KJ0301", NULL));
    printf("\t%" G_GUINT64_FORMAT,
           count_of(json->str, "KJ0303", NULL) + count_of(json->str, "KJ0304", NULL) + count_of(json->str, "KJ0305", "nothing: "));
    printf("\t%" G_GUINT64_FORMAT, count_of(json->str, "KJ0306", NULL) + count_of(json->str, "KJ0307", "shown: "));
    printf("\t%" G_GUINT64_FORMAT "\n", count_of(json->str, "KJ0314", NULL));
    fflush(stdout);
    g_clear_pointer(&analysis.table, kj_table_unref);
    return TRUE;
}

int main(int argc, char **argv) {
    gboolean good = argc > 1;

    if (argc == 4 && strcmp(argv[1], "--change") == 0) {
        puts("policy\trules\tload s\tdiff s\tdifferences\tundecided\tbugs");
        return measure_change(argv[2], argv[3]) ? 0 : 1;
    }
    puts("policy\trules\tload s\ttable s\tfindings s\tdead\tchange nothing\torder\topen");
    for (int i = 1; i < argc; i++)
        good = measure(argv[i]) && good;
    return good ? 0 : 1;
}
