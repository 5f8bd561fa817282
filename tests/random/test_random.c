/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random policies through parser, checker, reference, tables and formatter: differential.h says what must hold.
 *
 *     test_random                                          a test program like any other: some thousand policies over all domains
 *     test_random --policies N --requests M --seed S       the long form; every domain in turn, seeds S, S+1, ...
 *     test_random --domain firewall --seed 4711 --policies 1   one policy again, as a report names it
 *     test_random --domain acl --seed 7 --print            the policy and some requests, without trying them
 *
 * The domains are those of the plugins that are installed ($KIJUN_PLUGIN_PATH) and those of domain.c. A run also fails when its requests
 * reached some outcome of some domain too rarely.
 */
#include <locale.h>
#include <string.h>

#include "differential.h"
#include "domain.h"
#include "lapse.h"

#define TEST_POLICIES 1250 /* for each domain; eight domains make 10,000 */
#define TEST_LAPSES 150   /* for each domain */
#define SHORT_LAPSES 20
#define SHORT_POLICIES 100 /* when $KIJUN_SHORT is set: builds with sanitizers are many times slower */
#define TEST_REQUESTS 50
#define PROGRESS_SECONDS 5

static int option_policies, option_requests = TEST_REQUESTS;
static gint64 option_seed = 1;
static char *option_domain;
static gboolean option_print;

static const GOptionEntry options[] = {
    { "policies", 0, 0, G_OPTION_ARG_INT, &option_policies, "Policies for each domain; makes this the long form", "N" },
    { "requests", 0, 0, G_OPTION_ARG_INT, &option_requests, "Requests for each policy", "M" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &option_seed, "Seed of the first policy", "S" },
    { "domain", 0, 0, G_OPTION_ARG_STRING, &option_domain, "Only this domain", "NAME" },
    { "print", 0, 0, G_OPTION_ARG_NONE, &option_print, "Print the policy of --seed and some of its requests", NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

/* GLib parses a zone again each time the last user lets go of it: hold those that policies use. */
static void hold_zones(GPtrArray *zones) {
    static const char *const names[] = { "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        GTimeZone *zone = g_time_zone_new_identifier(names[i]);

        if (!zone)
            g_error("this machine lacks the time zone %s", names[i]);
        g_ptr_array_add(zones, zone);
    }
}

/* All domains, by name. */
static GPtrArray *find_domains(void) {
    GPtrArray *domains = g_ptr_array_new();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree const KjDomain **installed = NULL;
    g_autoptr(GError) error = NULL;

    for (const KjDomain *const *it = kj_random_domains; *it; it++) {
        if (!kj_plugin_register(*it, &error))
            g_error("%s", error->message);
    }
    kj_plugins_load(problems);
    for (guint i = 0; i < problems->len; i++)
        g_printerr("plugin left out: %s\n", (char *)problems->pdata[i]);
    installed = kj_plugin_list();
    for (guint i = 0; installed[i]; i++) {
        if (!option_domain || strcmp(option_domain, installed[i]->name) == 0)
            g_ptr_array_add(domains, (gpointer)installed[i]);
    }
    return domains;
}

/* ---- the long form ---- */

static int run_long(const GPtrArray *domains) {
    g_autoptr(KjRandomStatistics) statistics = kj_random_statistics_new();
    g_autoptr(GString) report = g_string_new(NULL), table = g_string_new(NULL);
    gint64 begun = g_get_monotonic_time(), told = begun;
    gboolean held = TRUE, enough;

    for (int i = 0; held && i < option_policies; i++) {
        for (guint d = 0; held && d < domains->len; d++)
            held = kj_random_try(domains->pdata[d], (guint64)option_seed + (guint64)i, (guint)option_requests, statistics, report);
        if (g_get_monotonic_time() - told > PROGRESS_SECONDS * G_USEC_PER_SEC) {
            told = g_get_monotonic_time();
            g_printerr("%d of %d policies for each domain, %.0f s\n", i + 1, option_policies, (double)(told - begun) / G_USEC_PER_SEC);
        }
    }
    enough = kj_random_statistics_check(statistics, table);
    g_print("%s%s", report->str, table->str);
    g_print("%.1f s\n", (double)(g_get_monotonic_time() - begun) / G_USEC_PER_SEC);
    return held && (enough || option_policies < SHORT_POLICIES) ? 0 : 1;
}

static int run_print(const GPtrArray *domains) {
    for (guint d = 0; d < domains->len; d++) {
        g_autoptr(KjRandomPolicy) policy = kj_random_policy_new(domains->pdata[d], (guint64)option_seed);

        g_print("%s", policy->text);
        for (int i = 0; i < MIN(option_requests, 10); i++) {
            g_autoptr(KjRandomRequest) request = kj_random_request_new(policy, (guint64)i);
            g_autofree char *text = kj_random_request_describe(request);
            g_print("# %s\n", text);
        }
    }
    return 0;
}

/* ---- the tests ---- */

static void test_domain(gconstpointer data) {
    const KjDomain *domain = data;
    g_autoptr(KjRandomStatistics) statistics = kj_random_statistics_new();
    g_autoptr(GString) report = g_string_new(NULL), table = g_string_new(NULL);

    for (guint64 i = 0; i < (g_getenv("KIJUN_SHORT") ? SHORT_POLICIES : TEST_POLICIES); i++) {
        if (!kj_random_try(domain, (guint64)option_seed + i, TEST_REQUESTS, statistics, report)) {
            g_test_message("%s", report->str);
            g_test_fail();
            return;
        }
    }
    if (!kj_random_statistics_check(statistics, table))
        g_test_fail();
    g_test_message("%s", table->str);
}

static void test_lapse(gconstpointer data) {
    const KjDomain *domain = data;
    g_autoptr(GString) report = g_string_new(NULL);
    KjRandomLapses counts = { 0 };

    for (guint64 i = 0; i < (g_getenv("KIJUN_SHORT") ? SHORT_LAPSES : TEST_LAPSES); i++) {
        if (!kj_random_try_lapse(domain, (guint64)option_seed + i, TEST_REQUESTS, &counts, report)) {
            g_test_message("%s", report->str);
            g_test_fail();
            return;
        }
    }
    g_test_message("%u pairs: %u requests before the end, %u from then on, %u without a clock; of all %u are answered differently by the two versions",
                   counts.pairs, counts.before, counts.after, counts.clockless, counts.differing);
    g_assert_cmpuint(counts.before, >, counts.pairs * 5);
    g_assert_cmpuint(counts.after, >, counts.pairs * 5);
    g_assert_cmpuint(counts.clockless, >, counts.pairs * 5);
    g_assert_cmpuint(counts.differing, >, counts.pairs);
}

static void test_same_seed(gconstpointer data) {
    const KjDomain *domain = data;
    g_autoptr(KjRandomPolicy) one = kj_random_policy_new(domain, 7), same = kj_random_policy_new(domain, 7);
    g_autoptr(KjRandomPolicy) other = kj_random_policy_new(domain, 8);
    g_autoptr(KjRandomRequest) request = kj_random_request_new(one, 3), again = kj_random_request_new(same, 3);
    g_autofree char *text = kj_random_request_describe(request), *repeated = kj_random_request_describe(again);

    g_assert_cmpstr(one->text, ==, same->text);
    g_assert_cmpstr(one->text, !=, other->text);
    g_assert_cmpstr(text, ==, repeated);
}

/* Fails while it holds both 7 and 13. */
static gboolean holds_both(const char *text, void *data) {
    guint *trials = data;

    (*trials)++;
    return strstr(text, " 7;") && strstr(text, "13");
}

/* Of a hundred pieces only the two that matter are left, the inner one without what is around it. */
static void test_minimiser(void) {
    g_autoptr(KjPiece) root = kj_piece_list("begin", NULL, " end", 1);
    g_autoptr(GString) text = g_string_new(NULL);
    guint trials = 0;

    for (guint i = 0; i < 100; i++) {
        KjPiece *around = kj_piece_list(" (", NULL, ");", 1);

        around->hoistable = TRUE;
        kj_piece_add(around, kj_piece_text(g_strdup_printf(i == 7 ? " %u;" : "%u", i)), FALSE);
        kj_piece_add(root, around, TRUE);
    }
    kj_piece_minimise(root, holds_both, &trials);
    kj_piece_render(root, text);
    g_assert_cmpstr(text->str, ==, "begin 7;13 end");
    g_assert_cmpuint(trials, <, 100);
}

static int run_tests(int argc, char **argv, const GPtrArray *domains) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random/minimiser", test_minimiser);
    for (guint i = 0; i < domains->len; i++) {
        const KjDomain *domain = domains->pdata[i];
        g_autofree char *differential = g_strdup_printf("/random/differential/%s", domain->name);
        g_autofree char *seeds = g_strdup_printf("/random/seed/%s", domain->name), *lapses = g_strdup_printf("/random/lapse/%s", domain->name);

        g_test_add_data_func(differential, domain, test_domain);
        g_test_add_data_func(seeds, domain, test_same_seed);
        g_test_add_data_func(lapses, domain, test_lapse);
    }
    return g_test_run();
}

int main(int argc, char **argv) {
    g_autoptr(GOptionContext) context = g_option_context_new("- random policies through everything");
    g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func((GDestroyNotify)g_time_zone_unref), domains = NULL;
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "C.UTF-8");
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("%s\n", error->message);
        return 3;
    }
    hold_zones(zones);
    domains = find_domains();
    if (domains->len == 0) {
        g_printerr("no such domain\n");
        return 3;
    }
    if (option_print)
        return run_print(domains);
    return option_policies > 0 ? run_long(domains) : run_tests(argc, argv, domains);
}
