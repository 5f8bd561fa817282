/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What checking one new password costs: a block of rules with word lists and a breach filter, beside libpwquality with cracklib, in one
 * process and in turns, so that what else the machine does is shared.
 *
 *     password hashes N                       N lines that look like a published list of SHA-1 hashes, always the same
 *     password measure TABLE BLOCK FILTER     a line for each way: name, median and 90th percentile of one check in microseconds of the processor
 *
 * A check is all of it each time: prepare, measure, look up, decide. Passwords are random, of 15 to 24 characters and four kinds, and pass
 * both sides, for a refused one may be refused early. Word lists, filter and table are open before, as cracklib's dictionary is in the page
 * cache.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kijun/kijun.h>

#include "plugins/password/breach/filter.h"
#include "plugins/password/fields.h"

#ifdef HAVE_PWQUALITY
#include <pwquality.h>
#endif

enum { PASSWORDS = 500, ROUNDS = 31 };

static guint64 mix(guint64 value) {
    value = (value ^ value >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static int print_hashes(guint64 count) {
    for (guint64 i = 1; i <= count; i++)
        printf("%016" G_GINT64_MODIFIER "X%016" G_GINT64_MODIFIER "X%08X:1\n", mix(i), mix(~i), (guint)i);
    return 0;
}

typedef struct {
    char *passwords[PASSWORDS];
    KjPasswordContext context;
    KjRequest *request;
    KjTable *table;
    guint block;
#ifdef HAVE_PWQUALITY
    pwquality_settings_t *quality;
#endif
} Bench;

static void make_passwords(Bench *bench) {
    static const char letters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_+=.,:;!?%&/";
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint i = 0; i < PASSWORDS; i++) {
        guint length = (guint)g_rand_int_range(random, 15, 25);
        char *password = g_malloc0(length + 1);
        for (guint j = 0; j < length; j++)
            password[j] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
        memcpy(password, "kW7.", 4); /* the kinds that libpwquality gives credits for */
        bench->passwords[i] = password;
    }
}

static void check_ours(Bench *bench, const char *password) {
    KjPasswordMeasure measure;
    KjPasswordField fields[KJ_PASSWORD_FIELDS];
    KjVerdict verdict = { .size = sizeof verdict };
    if (!kj_password_measure(&bench->context, password, strlen(password), &measure, NULL))
        g_error("a password could not be measured");
    guint count = kj_password_fields(&measure, fields);
    kj_request_clear(bench->request);
    for (guint i = 0; i < count; i++)
        kj_request_set_text(bench->request, kj_table_find_field(bench->table, bench->block, fields[i].name), fields[i].text, -1, NULL);
    if (kj_decide(bench->request, &verdict) != KJ_OUTCOME_PERMIT)
        g_error("a password was refused by %s", verdict.label);
}

#ifdef HAVE_PWQUALITY
static void check_theirs(Bench *bench, const char *password) {
    void *what = NULL;
    char text[PWQ_MAX_ERROR_MESSAGE_LEN];
    int result = pwquality_check(bench->quality, password, NULL, "taro", &what);
    if (result < 0)
        g_error("libpwquality refused: %s", pwquality_strerror(text, sizeof text, result, what));
}
#endif

/* ---- ways ---- */

static void without_strength(Bench *bench) {
    bench->context.without_strength = TRUE;
}

static void with_strength(Bench *bench) {
    bench->context.without_strength = FALSE;
}

#ifdef HAVE_PWQUALITY
static void with_cracklib(Bench *bench) {
    pwquality_set_int_value(bench->quality, PWQ_SETTING_DICT_CHECK, 1);
}

static void without_cracklib(Bench *bench) {
    pwquality_set_int_value(bench->quality, PWQ_SETTING_DICT_CHECK, 0);
}
#endif

static const struct {
    const char *name;
    void (*prepare)(Bench *bench);
    void (*check)(Bench *bench, const char *password);
} ways[] = {
    { "kijun", without_strength, check_ours },
    { "kijun with strength (zxcvbn)", with_strength, check_ours },
#ifdef HAVE_PWQUALITY
    { "libpwquality with cracklib", with_cracklib, check_theirs },
    { "libpwquality without a dictionary", without_cracklib, check_theirs },
#endif
};

/* Of the processor: whoever else computes here takes no part of it. */
static gdouble microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (gdouble)now.tv_sec * 1e6 + (gdouble)now.tv_nsec / 1e3;
}

static int compare_times(const void *a, const void *b) {
    gdouble left = *(const gdouble *)a, right = *(const gdouble *)b;
    return left < right ? -1 : left > right;
}

static void run(Bench *bench) {
    gdouble times[G_N_ELEMENTS(ways)][ROUNDS];
    for (guint round = 0; round < ROUNDS; round++) {
        for (guint way = 0; way < G_N_ELEMENTS(ways); way++) {
            ways[way].prepare(bench);
            gdouble start = microseconds();
            for (guint i = 0; i < PASSWORDS; i++)
                ways[way].check(bench, bench->passwords[i]);
            times[way][round] = (microseconds() - start) / PASSWORDS;
        }
    }
    printf("way\tmedian us\tp90 us\n");
    for (guint way = 0; way < G_N_ELEMENTS(ways); way++) {
        qsort(times[way], ROUNDS, sizeof times[way][0], compare_times);
        printf("%s\t%.2f\t%.2f\n", ways[way].name, times[way][ROUNDS / 2], times[way][ROUNDS * 9 / 10]);
    }
}

static int measure(const char *table, const char *block, const char *filter) {
    g_autoptr(GError) error = NULL;
    Bench bench = { .context = { .user = "taro" } };
    g_autoptr(KjBreachFilter) breached = kj_breach_filter_open(filter, &error);
    g_autoptr(KjPasswordDictionary) dictionary = breached ? kj_password_dictionary_load_default(&error) : NULL;
    bench.table = dictionary ? kj_table_open(table, &error) : NULL;
    if (!bench.table || !kj_table_find_block(bench.table, block, &bench.block, &error)) {
        fprintf(stderr, "password: %s\n", error->message);
        return 4;
    }
    bench.context.breached = kj_breach_filter_predicate;
    bench.context.breached_data = breached;
    bench.context.dictionary = dictionary;
    bench.request = kj_request_new(bench.table, bench.block);
#ifdef HAVE_PWQUALITY
    bench.quality = pwquality_default_settings();
#endif
    make_passwords(&bench);
    run(&bench);
    for (guint i = 0; i < PASSWORDS; i++)
        g_free(bench.passwords[i]);
    kj_request_free(bench.request);
    kj_table_unref(bench.table);
#ifdef HAVE_PWQUALITY
    pwquality_free_settings(bench.quality);
#endif
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "hashes") == 0)
        return print_hashes(g_ascii_strtoull(argv[2], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "measure") == 0)
        return measure(argv[2], argv[3], argv[4]);
    fprintf(stderr, "usage: password hashes N | password measure TABLE BLOCK FILTER\n");
    return 3;
}
