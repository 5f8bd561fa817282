/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of the ClassBench reader, printers, scan and generator: every line that may be misread, and the
 * properties the generator promises. `check-converter` is the other half: it reads the printed policy back with
 * awk and compares answers on the real sets.
 */
#include "generate.h"
#include "ruleset.h"

#include <stdlib.h>
#include <string.h>

typedef void (*Print)(const GArray *records, FILE *out);

static GArray *parse_rules(const char *text) {
    g_autoptr(GError) error = NULL;
    GArray *rules = kj_ruleset_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return rules;
}

static GArray *parse_headers(const char *text) {
    g_autoptr(GError) error = NULL;
    GArray *headers = kj_headers_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return headers;
}

static char *printed(const GArray *records, Print print) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(records, out);
    fclose(out);
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

static void print_policy(const GArray *rules, FILE *out) {
    kj_ruleset_print_policy(rules, "t", FALSE, out);
}

static void print_rules(const GArray *rules, FILE *out) {
    for (guint i = 0; i < rules->len; i++)
        kj_rule_print(&g_array_index(rules, KjRule, i), out);
}

/* ---- rule lines and the clauses they mean ---- */

static const struct {
    const char *line, *clauses;
} good_lines[] = {
    { "@1.2.3.4/32\t5.6.7.8/32\t0 : 65535\t80 : 80\t0x06/0xFF\t0x1000/0x1000\t", " from 1.2.3.4/32 to 5.6.7.8/32 port 80 proto 6" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x00/0x00 0x0000/0x0000", "" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x00/0x00", "" },
    /* a mask of nothing is a wildcard whatever the value; a full mask with 0 is protocol 0 */
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x06/0x00", "" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x00/0xFF", " proto 0" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0xff/0xff", " proto 255" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x2f/0xFF", " proto 47" },
    /* host bits are cleared; /0 with an address is a wildcard; /1 is not */
    { "@10.20.30.40/8 255.255.255.255/31 0 : 65535 0 : 65535 0x00/0x00", " from 10.0.0.0/8 to 255.255.255.254/31" },
    { "@9.9.9.9/0 200.1.1.1/1 0 : 65535 0 : 65535 0x00/0x00", " to 128.0.0.0/1" },
    { "@0.0.0.0/1 0.0.0.0/32 0 : 65535 0 : 65535 0x00/0x00", " from 0.0.0.0/1 to 0.0.0.0/32" },
    /* ranges one short of the whole are not wildcards; both ends are included */
    { "@0.0.0.0/0 0.0.0.0/0 0 : 65534 1 : 65535 0x00/0x00", " source_port 0..65534 port 1..65535" },
    { "@0.0.0.0/0 0.0.0.0/0 0 : 0 65535 : 65535 0x00/0x00", " source_port 0 port 65535" },
    { "@0.0.0.0/0 0.0.0.0/0 1024:65535 0:1023 0x01/0xFF", " source_port 1024..65535 port 0..1023 proto 1" },
    { "@0.0.0.0/0 0.0.0.0/0 007 : 0010 0 : 65535 0x00/0x00\r", " source_port 7..10" },
};

static void test_good_lines(void) {
    for (guint i = 0; i < G_N_ELEMENTS(good_lines); i++) {
        g_autoptr(GArray) rules = parse_rules(good_lines[i].line);
        g_autofree char *policy = printed(rules, print_policy);
        g_autofree char *expected = g_strdup_printf("    r1: allow%s;\n}\n", good_lines[i].clauses);
        g_assert_cmpuint(rules->len, ==, 1);
        g_assert_cmpstr(strstr(policy, "    r1:"), ==, expected);
    }
}

static void test_print_parse_identity(void) {
    for (guint i = 0; i < G_N_ELEMENTS(good_lines); i++) {
        g_autoptr(GArray) rules = parse_rules(good_lines[i].line);
        g_autofree char *text = printed(rules, print_rules);
        g_autoptr(GArray) again = parse_rules(text);
        g_assert_cmpmem(rules->data, sizeof(KjRule), again->data, again->len * sizeof(KjRule));
    }
}

static const char *const bad_rules[] = {
    "1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535 0x00/0x00",            /* no @ */
    "@1.2.3/32 5.6.7.8/32 0 : 65535 0 : 65535 0x00/0x00",             /* three parts */
    "@1.2.3.256/32 5.6.7.8/32 0 : 65535 0 : 65535 0x00/0x00",         /* part too large */
    "@1.2.3.4/33 5.6.7.8/32 0 : 65535 0 : 65535 0x00/0x00",           /* length too large */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65536 0 : 65535 0x00/0x00",           /* port too large */
    "@1.2.3.4/32 5.6.7.8/32 0 : 4294967296 0 : 65535 0x00/0x00",      /* a number that would wrap */
    "@1.2.3.4/32 5.6.7.8/32 80 : 79 0 : 65535 0x00/0x00",             /* range backwards */
    "@1.2.3.4/32 5.6.7.8/32 -1 : 79 0 : 65535 0x00/0x00",             /* sign */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535 0x06/0x0F",           /* part of a mask */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535 06/0xFF",             /* not hexadecimal */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535 0x/0xFF",             /* no digit */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535",                     /* no protocol */
    "@1.2.3.4/32 5.6.7.8/32 0 : 65535 0 : 65535 0x06/0xFF 0x0/0x0 7", /* something after it */
    "@1.2.3.4/325.6.7.8/32 0 : 65535 0 : 65535 0x06/0xFF",            /* no space */
};

static void test_bad_rules(void) {
    for (guint i = 0; i < G_N_ELEMENTS(bad_rules); i++) {
        g_autofree char *text = g_strdup_printf("# set\n%s\n", bad_rules[i]);
        g_autoptr(GError) error = NULL;
        g_assert_null(kj_ruleset_parse(text, strlen(text), &error));
        g_assert_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX);
        g_assert_cmpstr(error->message, ==, "line 2 is not a ClassBench rule");
    }
}

static void test_nul_is_an_error(void) {
    static const char text[] = "1 2 3 4 5\n1 2 3 4 5\0junk\n";
    static const char blank[] = "\0"
                                "1 2 3 4 5\n";
    g_autoptr(GError) error = NULL, blank_error = NULL;
    g_assert_null(kj_headers_parse(text, sizeof text - 1, &error));
    g_assert_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX);
    g_assert_null(kj_headers_parse(blank, sizeof blank - 1, &blank_error));
    g_assert_error(blank_error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX);
}

static void test_bad_headers(void) {
    static const char *const lines[] = { "1 2 3 4",       "1 2 3 4 5 6", "4294967296 2 3 4 5", "1 2 65536 4 5",
                                         "1 2 3 65536 5", "1 2 3 4 256", "1.2.3.4 2 3 4 5",    "1 2 3 4 x" };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(kj_headers_parse(lines[i], strlen(lines[i]), &error));
        g_assert_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX);
    }
}

/* ---- a whole set ---- */

static void test_answers(void) {
    g_autoptr(GArray) rules = parse_rules("@10.0.0.0/24 0.0.0.0/0 0 : 65535 80 : 80 0x06/0xFF\n"
                                          "\n"
                                          "@0.0.0.0/0 10.0.0.128/25 0 : 65535 0 : 65535 0x00/0x00\n"
                                          "@10.0.0.0/8 0.0.0.0/0 1024 : 65535 0 : 65535 0x00/0x00\n"
                                          "@10.0.0.0/8 0.0.0.0/0 0 : 65535 0 : 65535 0x11/0xFF\n");
    g_autoptr(GArray) headers = parse_headers("# from to source_port port proto (decimal)\n"
                                              "167772415 167772288 0 80 6\n"   /* 10.0.0.255 -> 10.0.0.128: r1 before r2 */
                                              "167772416 167772288 0 80 6\n"   /* 10.0.1.0: r2 */
                                              "184549375 167772287 1024 0 0\n" /* 10.255.255.255 -> .127: r3 */
                                              "184549375 0 1023 0 17\n"        /* r4 */
                                              "184549376 0 1024 0 17\n"        /* 11.0.0.0: none */
                                              "4294967295 0 65535 65535 255");
    g_autofree char *answers = NULL, *batch = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    kj_ruleset_print_answers(rules, headers, out);
    fclose(out);
    answers = g_strdup(text);
    free(text);
    g_assert_cmpstr(answers, ==, "allow\tr1\ndeny\tr2\nreject\tr3\nallow\tr4\ndeny\tdefault\ndeny\tdefault\n");

    batch = printed(headers, kj_headers_print_batch);
    g_assert_true(g_str_has_prefix(batch, "from\tto\tsource_port\tport\tproto\n10.0.0.255\t10.0.0.128\t0\t80\t6\n"));
    g_assert_true(g_str_has_suffix(batch, "\n255.255.255.255\t0.0.0.0\t65535\t65535\t255\n"));
}

static GArray *small_model(void) {
    return parse_rules("@10.1.2.3/32 20.1.2.0/24 0 : 65535 80 : 80 0x06/0xFF\n"
                       "@10.1.2.3/32 20.1.0.0/16 0 : 65535 80 : 80 0x06/0xFF\n"
                       "@10.1.2.0/31 30.0.0.1/32 0 : 65535 53 : 53 0x11/0xFF\n"
                       "@0.0.0.0/0 30.0.0.1/32 1024 : 65535 53 : 53 0x11/0xFF\n"
                       "@0.0.0.0/0 20.0.0.0/6 0 : 65535 0 : 65535 0x00/0x00\n");
}

static void test_generate_is_deterministic(void) {
    g_autoptr(GArray) model = small_model();
    g_autoptr(GArray) first = kj_generate_rules(model, 1000, 7, NULL);
    g_autoptr(GArray) again = kj_generate_rules(model, 1000, 7, NULL);
    g_autoptr(GArray) other = kj_generate_rules(model, 1000, 8, NULL);
    gsize size = 1000 * sizeof(KjRule);

    g_assert_cmpmem(first->data, size, again->data, size);
    g_assert_cmpint(memcmp(first->data, other->data, size), !=, 0);
    g_autoptr(GArray) headers = kj_generate_headers(first, 100, 7);
    g_autoptr(GArray) headers_again = kj_generate_headers(first, 100, 7);
    g_assert_cmpmem(headers->data, 100 * sizeof(KjHeader), headers_again->data, 100 * sizeof(KjHeader));
}

/* One copy is the model moved: every relation between two rules is as it was. */
static void test_generate_keeps_relations(void) {
    g_autoptr(GArray) model = small_model();
    g_autoptr(GArray) moved = kj_generate_rules(model, model->len, 3, NULL);

    for (guint i = 0; i < model->len; i++)
        for (guint j = 0; j < model->len; j++) {
            const KjRule *left = &g_array_index(model, KjRule, i), *right = &g_array_index(model, KjRule, j);
            const KjRule *new_left = &g_array_index(moved, KjRule, i), *new_right = &g_array_index(moved, KjRule, j);
            g_assert_cmpint(kj_rules_overlap(left, right), ==, kj_rules_overlap(new_left, new_right));
            g_assert_cmpint(kj_rule_covers(left, right), ==, kj_rule_covers(new_left, new_right));
            g_assert_cmpint(left->length[0], ==, new_left->length[0]);
        }
}

static void test_generate_has_no_duplicates(void) {
    g_autoptr(GArray) model = small_model();
    g_autoptr(GArray) rules = kj_generate_rules(model, 5000, 1, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(kj_rule_hash, kj_rule_equal);
    for (guint i = 0; i < rules->len; i++)
        g_assert_true(g_hash_table_add(seen, &g_array_index(rules, KjRule, i)));
}

static void test_generate_without_room(void) {
    g_autoptr(GArray) model = parse_rules("@0.0.0.0/0 20.0.0.0/6 0 : 65535 0 : 65535 0x00/0x00\n");
    g_autoptr(GError) error = NULL;
    g_assert_null(kj_generate_rules(model, 2, 1, &error));
    g_assert_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_ROOM);
}

static void test_headers_are_inside(void) {
    g_autoptr(GArray) model = small_model();
    g_autoptr(GArray) headers = kj_generate_headers(model, 8000, 1);
    for (guint i = 0; i < headers->len; i++)
        if (i % 8 != 7)
            g_assert_cmpint(kj_ruleset_find(model, &g_array_index(headers, KjHeader, i)), >=, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/classbench/good-lines", test_good_lines);
    g_test_add_func("/classbench/print-parse-identity", test_print_parse_identity);
    g_test_add_func("/classbench/bad-rules", test_bad_rules);
    g_test_add_func("/classbench/nul-is-an-error", test_nul_is_an_error);
    g_test_add_func("/classbench/bad-headers", test_bad_headers);
    g_test_add_func("/classbench/answers", test_answers);
    g_test_add_func("/classbench/generate-is-deterministic", test_generate_is_deterministic);
    g_test_add_func("/classbench/generate-keeps-relations", test_generate_keeps_relations);
    g_test_add_func("/classbench/generate-has-no-duplicates", test_generate_has_no_duplicates);
    g_test_add_func("/classbench/generate-without-room", test_generate_without_room);
    g_test_add_func("/classbench/headers-are-inside", test_headers_are_inside);
    return g_test_run();
}
