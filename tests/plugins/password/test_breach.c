/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The breach filter: every password of a list is known, one in 65,536 of all others is taken for one, whatever the number of shards; a
 * changed file is refused; a wrong list makes no filter and leaves the one that was there.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "breach/build.h"
#include "breach/filter.h"
#include "breach/format.h"
#include "breach/fuse.h"
#include "measure.h"

typedef struct {
    char *folder, *path;
} Place;

static void set_up(Place *place, gconstpointer data) {
    (void)data;
    place->folder = g_dir_make_tmp("kijun-breach-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "f", NULL);
}

static void tear_down(Place *place, gconstpointer data) {
    (void)data;
    g_unlink(place->path);
    g_assert_cmpint(g_rmdir(place->folder), ==, 0); /* nothing else was left in it */
    g_free(place->folder);
    g_free(place->path);
}

static guint64 mix(guint64 value) {
    value = (value ^ value >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void write_hash(FILE *list, guint64 key, const char *end) {
    fprintf(list, "%016" G_GINT64_MODIFIER "X%024d%s\n", key, 0, end);
}

static KjBreachFilter *build(const Place *place, FILE *list, KjBreachListForm form, guint shard_keys, KjBreachCounts *counts) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjBreachBuilder) builder = kj_breach_builder_new(place->path, NULL, NULL, &error);
    g_assert_no_error(error);
    if (shard_keys)
        kj_breach_builder_set_shard_keys(builder, shard_keys);
    rewind(list);
    g_assert_true(kj_breach_builder_add(builder, list, "list", form, &error));
    g_assert_no_error(error);
    g_assert_true(kj_breach_builder_finish(builder, counts, &error));
    g_assert_no_error(error);
    fclose(list);
    KjBreachFilter *filter = kj_breach_filter_open(place->path, &error);
    g_assert_no_error(error);
    return filter;
}

static guint64 count_known(const KjBreachFilter *filter, guint64 first, guint64 count) {
    guint64 known = 0;
    for (guint64 i = first; i < first + count; i++)
        known += kj_breach_filter_has(filter, mix(i));
    return known;
}

static void test_rates(Place *place, gconstpointer data) {
    guint64 count = g_getenv("KIJUN_SHORT") ? 100 * 1000 : 1000 * 1000, others = 1000 * 1000;
    guint shard_keys = GPOINTER_TO_UINT(data);
    FILE *list = tmpfile();
    KjBreachCounts counts;
    KjBreachFacts facts;
    if (shard_keys)
        count /= 5;
    for (guint64 i = 1; i <= count; i++)
        write_hash(list, mix(i), i % 2 ? ":3" : "");
    g_autoptr(KjBreachFilter) filter = build(place, list, KJ_BREACH_LIST_SHA1, shard_keys, &counts);
    kj_breach_filter_facts(filter, &facts);
    g_assert_cmpuint(counts.keys, ==, count);
    g_assert_cmpuint(facts.keys, ==, count);
    g_assert_true(kj_breach_filter_verify(filter, NULL));
    g_assert_cmpuint(count_known(filter, 1, count), ==, count);
    /* 15.3 are expected of a million; the generator is fixed, so this is no chance. */
    guint64 wrong = count_known(filter, G_GUINT64_CONSTANT(1) << 40, others);
    g_test_message("%" G_GUINT64_FORMAT " keys, %u shards, %.2f bits a key, %" G_GUINT64_FORMAT " of 1000000 others taken for one", count, facts.shards,
                   (double)facts.size * 8 / (double)count, wrong);
    g_assert_cmpuint(wrong, >, 3);
    g_assert_cmpuint(wrong, <, 35);
    if (!shard_keys && count == 1000 * 1000)
        g_assert_cmpfloat((double)facts.size * 8 / (double)count, <, 18.5);
}

/* One key to some hundreds, one by one: the small sets are where the shape is least regular. */
static void test_small(Place *place, gconstpointer data) {
    (void)place, (void)data;
    for (guint32 count = 0; count <= 600; count++) {
        guint64 keys[600];
        KjFuse fuse;
        for (guint32 i = 0; i < count; i++)
            keys[i] = mix(i + 1 + 1000 * count);
        g_autofree guint16 *slots = kj_fuse_build(&fuse, keys, count);
        g_assert_nonnull(slots);
        g_assert_true(kj_fuse_is_sound(&fuse));
        for (guint32 i = 0; i < count; i++)
            g_assert_true(kj_fuse_has(&fuse, slots, keys[i]));
    }
}

/* The order of the lines is not in the filter, nor which list said one. */
static void test_order(Place *place, gconstpointer data) {
    KjBreachCounts counts;
    char *bytes[2] = { NULL, NULL };
    gsize lengths[2];
    (void)data;
    for (guint run = 0; run < 2; run++) {
        FILE *list = tmpfile();
        for (guint i = 0; i < 5000; i++)
            write_hash(list, mix(run ? 5000 - i : i + 1), "");
        KjBreachFilter *filter = build(place, list, KJ_BREACH_LIST_SHA1, 0, &counts);
        kj_breach_filter_free(filter);
        g_assert_true(g_file_get_contents(place->path, &bytes[run], &lengths[run], NULL));
    }
    g_assert_cmpmem(bytes[0], lengths[0], bytes[1], lengths[1]);
    g_free(bytes[0]);
    g_free(bytes[1]);
}

static void test_repeated(Place *place, gconstpointer data) {
    FILE *list = tmpfile();
    KjBreachCounts counts;
    (void)data;
    for (guint i = 0; i < KJ_FUSE_KEYS_MAX + 10; i++) /* more than one shard's room */
        write_hash(list, mix(i % 3), "");
    write_hash(list, mix(77), ":0"); /* padding */
    g_autoptr(KjBreachFilter) filter = build(place, list, KJ_BREACH_LIST_SHA1, 0, &counts);
    g_assert_cmpuint(counts.keys, ==, 3);
    g_assert_cmpuint(counts.repeated, ==, KJ_FUSE_KEYS_MAX + 7);
    g_assert_true(kj_breach_filter_has(filter, mix(2)));
    g_assert_false(kj_breach_filter_has(filter, mix(77)));
}

/* Passwords as they are: prepared as a new one is, so NFC and NFD are one; the same as its published hash. */
static void test_plain(Place *place, gconstpointer data) {
    static const char lines[] = "password\nが き\r\n\xff\nfor\tall\n\n";
    FILE *list = tmpfile();
    KjBreachCounts counts;
    gboolean breached = FALSE;
    (void)data;
    fwrite(lines, 1, sizeof lines - 1, list);
    g_autoptr(KjBreachFilter) filter = build(place, list, KJ_BREACH_LIST_PLAIN, 0, &counts);
    g_assert_cmpuint(counts.keys, ==, 2);
    g_assert_cmpuint(counts.skipped, ==, 2);
    g_assert_cmphex(kj_breach_key("password", 8), ==, G_GUINT64_CONSTANT(0x5BAA61E4C9B93F3F)); /* SHA-1 of "password", as published */
    KjPasswordContext context = { .breached = kj_breach_filter_predicate, .breached_data = filter };
    const struct {
        const char *password;
        gboolean breached;
    } asked[] = { { "password", TRUE }, { "が き", TRUE }, { "か\xe3\x82\x99\xe3\x80\x80き\xe3\x82\x99", FALSE }, { "か\xe3\x82\x99\xe3\x80\x80き", TRUE }, { "passworD", FALSE } };
    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        KjPasswordMeasure measure;
        g_assert_true(kj_password_measure(&context, asked[i].password, strlen(asked[i].password), &measure, NULL));
        g_assert_true(measure.present & KJ_PASSWORD_HAS_BREACHED);
        g_assert_cmpint(measure.breached, ==, asked[i].breached);
    }
    g_assert_true(kj_breach_filter_predicate("password", 8, &breached, filter, NULL));
    g_assert_true(breached);
}

static void expect_refused(const guint8 *bytes, gsize length, const char *reason) {
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *copy = g_memdup2(bytes, MAX(length, 1));
    g_autoptr(KjBreachFilter) filter = kj_breach_filter_new(copy, length, "it", &error);
    if (filter && reason)
        g_assert_false(kj_breach_filter_verify(filter, &error));
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER);
    if (reason)
        g_assert_nonnull(strstr(error->message, reason));
}

/* Every single byte changed, every length but the right one. */
static void test_tampered(Place *place, gconstpointer data) {
    FILE *list = tmpfile();
    KjBreachCounts counts;
    g_autofree char *text = NULL;
    gsize length, front = sizeof(KjBreachHeader) + 4 * sizeof(KjBreachShard);
    (void)data;
    for (guint i = 1; i <= 100; i++)
        write_hash(list, mix(i), "");
    kj_breach_filter_free(build(place, list, KJ_BREACH_LIST_SHA1, 25, &counts));
    g_assert_true(g_file_get_contents(place->path, &text, &length, NULL));
    guint8 *bytes = (guint8 *)text;
    gsize digest = G_STRUCT_OFFSET(KjBreachHeader, digest);
    for (gsize i = 0; i < length; i++) {
        bytes[i] ^= 0x10;
        /* what an open looks at it refuses at once; the slots and their digest, when it is asked to */
        expect_refused(bytes, length, i >= front || (i >= digest && i < digest + KJ_BREACH_DIGEST) ? "contents were changed" : NULL);
        bytes[i] ^= 0x10;
    }
    for (gsize i = 0; i < length; i++)
        expect_refused(bytes, i, NULL);
    g_autofree guint8 *longer = g_malloc0(length + 8);
    memcpy(longer, bytes, length);
    expect_refused(longer, length + 8, "not as long");
}

static void test_wrong_lists(Place *place, gconstpointer data) {
    static const struct {
        const char *lines, *message;
    } wrong[] = {
        { "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9\nhello\n", "list:2: not 40" },
        { "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:\n", "list:1: not 40" },
        { "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8 9\n", "list:1: not 40" },
        { "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD81\n", "list:1: not 40" },
        { "61E4C9B93F3F0682250B6CF8331B7EE68FD8:9\n", "list:1: not 40" },
        { "8846F7EAEE8FB117AD06BDD830B7586C:9\n", "NTLM" },
        { "\n\n", "no password in them" },
        { "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:0\n", "no password in them" },
    };
    (void)data;
    g_assert_true(g_file_set_contents(place->path, "what was there", -1, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KjBreachBuilder) builder = kj_breach_builder_new(place->path, NULL, NULL, &error);
        FILE *list = tmpfile();
        KjBreachCounts counts;
        g_autofree char *kept = NULL;
        fputs(wrong[i].lines, list);
        rewind(list);
        if (kj_breach_builder_add(builder, list, "list", KJ_BREACH_LIST_SHA1, &error))
            g_assert_false(kj_breach_builder_finish(builder, &counts, &error));
        fclose(list);
        g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER);
        g_assert_nonnull(strstr(error->message, wrong[i].message));
        g_assert_null(strstr(error->message, "5BAA")); /* nothing of the line */
        g_assert_true(g_file_get_contents(place->path, &kept, NULL, NULL));
        g_assert_cmpstr(kept, ==, "what was there");
    }
}

/* Different hashes that all begin alike are no SHA-1 of passwords; memory does not grow with them. */
static void test_uneven(Place *place, gconstpointer data) {
    FILE *list = tmpfile();
    g_autoptr(GError) error = NULL;
    g_autoptr(KjBreachBuilder) builder = kj_breach_builder_new(place->path, NULL, NULL, &error);
    KjBreachCounts counts;
    (void)data;
    for (guint64 i = 0; i < KJ_FUSE_KEYS_MAX + 1; i++)
        write_hash(list, i, "");
    rewind(list);
    g_assert_true(kj_breach_builder_add(builder, list, "list", KJ_BREACH_LIST_SHA1, &error));
    fclose(list);
    g_assert_false(kj_breach_builder_finish(builder, &counts, &error));
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER);
    g_assert_nonnull(strstr(error->message, "begin alike"));
}

#define ADD(path, data, function) g_test_add(path, Place, data, set_up, function, tear_down)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    ADD("/password/breach/rates", NULL, test_rates);
    ADD("/password/breach/rates-many-shards", GUINT_TO_POINTER(100), test_rates);
    ADD("/password/breach/small", NULL, test_small);
    ADD("/password/breach/order", NULL, test_order);
    ADD("/password/breach/repeated", NULL, test_repeated);
    ADD("/password/breach/plain", NULL, test_plain);
    ADD("/password/breach/tampered", NULL, test_tampered);
    ADD("/password/breach/wrong-lists", NULL, test_wrong_lists);
    ADD("/password/breach/uneven", NULL, test_uneven);
    return g_test_run();
}
