/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See statistics.h. */
#include "statistics.h"

#include <string.h>

#define CLASSES_MOST 16
/* One in so many. */
#define CLASS_LEAST 20
#define EDGE_LEAST 2
#define LACKING_LEAST 10

typedef struct {
    const KjDomain *domain;
    guint64 policies, rules, decisions;
    guint64 on_edge, lacking;
    guint64 classes[CLASSES_MOST]; /* the effects in order, then default, then error */
} Tally;

struct KjRandomStatistics {
    GPtrArray *tallies;
};

KjRandomStatistics *kj_random_statistics_new(void) {
    KjRandomStatistics *statistics = g_new0(KjRandomStatistics, 1);

    statistics->tallies = g_ptr_array_new_with_free_func(g_free);
    return statistics;
}

void kj_random_statistics_free(KjRandomStatistics *statistics) {
    if (!statistics)
        return;
    g_ptr_array_unref(statistics->tallies);
    g_free(statistics);
}

static Tally *find_tally(KjRandomStatistics *statistics, const KjDomain *domain) {
    Tally *tally;

    for (guint i = 0; i < statistics->tallies->len; i++) {
        tally = statistics->tallies->pdata[i];
        if (tally->domain == domain)
            return tally;
    }
    tally = g_new0(Tally, 1);
    tally->domain = domain;
    g_ptr_array_add(statistics->tallies, tally);
    return tally;
}

static guint count_effects(const KjDomain *domain) {
    guint count = 0;

    while (domain->effects[count].name)
        count++;
    g_assert_cmpuint(count + 2, <=, CLASSES_MOST);
    return count;
}

static guint find_class(const KjDomain *domain, const char *effect, const char *label) {
    guint count = count_effects(domain), found = count;

    if (strcmp(label, "error") == 0)
        return count + 1;
    for (guint i = 0; i < count && strcmp(label, "default") != 0; i++) {
        if (strcmp(domain->effects[i].name, effect) == 0)
            found = i;
    }
    return found;
}

void kj_random_statistics_count(KjRandomStatistics *statistics, const KjDomain *domain, const KjRandomRequest *request, const char *effect,
                                const char *label) {
    Tally *tally = find_tally(statistics, domain);

    tally->decisions++;
    tally->on_edge += request->on_edge;
    tally->lacking += request->lacking;
    tally->classes[find_class(domain, effect, label)]++;
}

void kj_random_statistics_policy(KjRandomStatistics *statistics, const KjDomain *domain, guint rules) {
    Tally *tally = find_tally(statistics, domain);

    tally->policies++;
    tally->rules += rules;
}

/* Appends " NAME 12.3%"; FALSE when it is less than one in `least`. */
static gboolean append_share(GString *table, const char *name, guint64 part, guint64 whole, guint least) {
    gboolean enough = part * least >= whole;

    g_string_append_printf(table, " %s %.1f%%%s", name, whole ? 100.0 * (double)part / (double)whole : 0.0, enough ? "" : " (too rare)");
    return enough;
}

static gboolean check_tally(const Tally *tally, GString *table) {
    guint count = count_effects(tally->domain);
    gboolean enough = TRUE;

    g_string_append_printf(table, "%s: %" G_GUINT64_FORMAT " policies, %" G_GUINT64_FORMAT " rules, %" G_GUINT64_FORMAT " decisions:",
                           tally->domain->name, tally->policies, tally->rules, tally->decisions);
    for (guint c = 0; c < count + 2; c++) {
        const char *name = c < count ? tally->domain->effects[c].name : c == count ? "default" : "error";
        enough &= append_share(table, name, tally->classes[c], tally->decisions, CLASS_LEAST);
    }
    g_string_append(table, ";");
    enough &= append_share(table, "on or beside a boundary", tally->on_edge, tally->decisions, EDGE_LEAST);
    enough &= append_share(table, "lacking a field", tally->lacking, tally->decisions, LACKING_LEAST);
    g_string_append_c(table, '\n');
    return enough;
}

gboolean kj_random_statistics_check(const KjRandomStatistics *statistics, GString *table) {
    gboolean enough = TRUE;

    for (guint i = 0; i < statistics->tallies->len; i++)
        enough &= check_tally(statistics->tallies->pdata[i], table);
    return enough;
}
