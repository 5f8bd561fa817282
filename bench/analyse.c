/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the findings about a policy cost.
 *
 *     analyse POLICY...     one line for each: name, rules, seconds to load and check, seconds for the findings, dead rules (KJ0301), rules that
 *                           change nothing, rules told because of order; tab-separated, the first line names the columns
 *
 * Times are of the processor, so that other work on the machine does not count. Building the table is not part of it: findings need none.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../compiler/analyse/analyse.h"

static double
seconds (void)
{
    struct timespec now;

    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static guint
count_of (const char *json, const char *code)
{
    g_autofree char *mark = g_strdup_printf ("\"code\" : \"%s\"", code);
    guint count = 0;

    for (const char *at = json; (at = strstr (at, mark)) != NULL; at++)
        count++;
    return count;
}

static gboolean
measure (const char *path)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (KjCompilation) compilation = kj_compilation_new ();
    g_autoptr (KjDiagnostics) diagnostics = kj_diagnostics_new ();
    g_autoptr (GString) json = g_string_new (NULL);
    KjAnalysis analysis = { .at = 1764000000, .day = 20416, .soon = 30 };
    double start = seconds (), loaded, found;
    guint rules = 0;

    if (!kj_compilation_load (compilation, path, &error) || compilation->policy == NULL) {
        fprintf (stderr, "analyse: %s: %s\n", path, error != NULL ? error->message : "it has errors");
        return FALSE;
    }
    loaded = seconds ();
    kj_find_in_rules (compilation->policy, &analysis, diagnostics);
    kj_find_unused (compilation->policy, &analysis, diagnostics);
    kj_find_lockout (compilation->policy, &analysis, diagnostics);
    found = seconds ();
    for (const KjBlock *block = compilation->policy->blocks; block != NULL; block = block->next)
        rules += block->rule_count;
    kj_diagnostics_print_json (diagnostics, compilation->sources, json);
    printf ("%s\t%u\t%.3f\t%.3f\t%u\t%u\t%u\n", path, rules, loaded - start, found - loaded, count_of (json->str, "KJ0301"),
            count_of (json->str, "KJ0303") + count_of (json->str, "KJ0304"), count_of (json->str, "KJ0306"));
    return TRUE;
}

int
main (int argc, char **argv)
{
    gboolean good = argc > 1;

    puts ("policy\trules\tload s\tfindings s\tdead\tchange nothing\torder");
    for (int i = 1; i < argc; i++)
        good = measure (argv[i]) && good;
    return good ? 0 : 1;
}
