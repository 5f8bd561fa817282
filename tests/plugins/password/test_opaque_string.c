/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the preparation of a password: the examples of RFC 8265, and the normalisation held against libunistring's. */
#include "opaque_string.h"

#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

static void test_prepared(void) {
    static const struct {
        const char *typed, *prepared;
    } cases[] = {
        /* RFC 8265 table 4, examples 12 to 16 */
        {"correct horse battery staple", "correct horse battery staple"},
        {"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
        {"\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"},
        {"Jack of \u2666s", "Jack of \u2666s"},
        {"foo\u1680bar", "foo bar"},
        /* spaces: no-break, em, full-width; leading, trailing and double ones stay */
        {"a\u00a0b\u2003c\u3000d", "a b c d"},
        {"\u3000 a  ", "  a  "},
        /* NFC, not NFKC: no width, no case, no compatibility mapping */
        {"か\u3099", "が"},
        {"e\u0301", "\u00e9"},
        {"q\u0307\u0323", "q\u0323\u0307"},
        {"\u212b", "\u00c5"},
        {"Ａｂ１ｶﾞ", "Ａｂ１ｶﾞ"},
        {"ﬁ①㍿", "ﬁ①㍿"},
        {"神\uf9d0", "神類"},
        {"\u1112\u1161\u11ab", "한"},
        {"\U0001f63a猫", "\U0001f63a猫"},
        {"ア\u30fbイ", "ア\u30fbイ"},
        {"l\u00b7l", "l\u00b7l"},
        {"क\u094d\u200dष", "क\u094d\u200dष"},
        {"\u0628\u200c\u0628", "\u0628\u200c\u0628"},
        {"क\u094d\u200cष", "क\u094d\u200cष"},
        {"\u0375α", "\u0375α"},
        {"א\u05f3", "א\u05f3"},
        {"\u3007\u03c2\u0f0b", "\u3007\u03c2\u0f0b"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(KjSecretText) text = {0};
        g_autoptr(GError) error = NULL;
        gboolean done = kj_opaque_string_enforce(cases[i].typed, strlen(cases[i].typed), &text, &error);
        g_assert_no_error(error);
        g_assert_true(done);
        g_autofree char *prepared = kj_secret_text_encode(&text, NULL);
        g_assert_cmpstr(prepared, ==, cases[i].prepared);
        /* the profile is idempotent */
        g_auto(KjSecretText) again = {0};
        g_assert_true(kj_opaque_string_enforce(prepared, strlen(prepared), &again, NULL));
        g_assert_cmpmem(again.at, again.length * sizeof(gunichar), text.at, text.length * sizeof(gunichar));
    }
}

/* The own normalisation against libunistring's. */
static void check_normal_form(const gunichar *code_points, gsize length, KjNormalization form, uninorm_t reference) {
    g_auto(KjSecretText) text = {0};
    for (gsize i = 0; i < length; i++)
        kj_secret_text_append(&text, code_points[i]);
    kj_secret_text_normalize(&text, form);
    size_t size = 0;
    uint32_t *expected = u32_normalize(reference, code_points, length, NULL, &size);
    g_assert_cmpmem(text.at, text.length * sizeof *text.at, expected, size * sizeof *expected);
    free(expected);
}

static void test_normalize_every_code_point(void) {
    for (gunichar code_point = 1; code_point <= 0x10ffff; code_point++) {
        if (code_point == 0xd800)
            code_point = 0xe000;
        gunichar before_mark[] = {code_point, 0x0301};
        check_normal_form(before_mark, 1, KJ_NORMALIZATION_CANONICAL, UNINORM_NFC);
        check_normal_form(before_mark, 2, KJ_NORMALIZATION_CANONICAL, UNINORM_NFC);
        check_normal_form(before_mark, 1, KJ_NORMALIZATION_COMPATIBILITY, UNINORM_NFKC);
    }
}

static void test_normalize_random(void) {
    static const gunichar alphabet[] = {'a', 'e', 'q', 0x0301, 0x0302, 0x0323, 0x0327, 0x0345, 0x1e69, 0x0344, 0x3099, 0x309a, 0x304b, 0x30cf,
                                        0x1112, 0x1161, 0x11ab, 0xac00, 0xd558, 0xff76, 0xff9e, 0xfb2c, 0x05bc, 0x05c1, 0x0958, 0x212b,
                                        0x1d15e, 0x2f868, 0x0f73, 0x0f71, 0x1f82, 0xfdfa};
    for (guint round = 0; round < 50000; round++) {
        gunichar text[12];
        gsize length = (gsize)g_test_rand_int_range(1, 13);
        for (gsize i = 0; i < length; i++)
            text[i] = alphabet[g_test_rand_int_range(0, G_N_ELEMENTS(alphabet))];
        check_normal_form(text, length, KJ_NORMALIZATION_CANONICAL, UNINORM_NFC);
        check_normal_form(text, length, KJ_NORMALIZATION_COMPATIBILITY, UNINORM_NFKC);
    }
}

/* The step of RFC 8264 that opaque_string.c leaves out would allow nothing more. */
static void test_compatibility_allows_nothing(void) {
    guint refused = 0;
    for (gunichar code_point = 1; code_point <= 0x10ffff; code_point++) {
        gunichar one[] = {code_point};
        KjSecretText text = {.at = one, .length = 1, .capacity = 1};
        KjPointFault fault = kj_freeform_judge(&text, 0);
        if (fault != KJ_POINT_OTHER && fault != KJ_POINT_PRIVATE)
            continue;
        refused++;
        ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
        int tag;
        g_assert_cmpint(uc_decomposition(code_point, &tag, parts), ==, -1);
    }
    g_assert_cmpuint(refused, >, 137468); /* the private use areas alone */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opaque-string/prepared", test_prepared);
    g_test_add_func("/opaque-string/compatibility-allows-nothing", test_compatibility_allows_nothing);
    g_test_add_func("/opaque-string/normalize/every-code-point", test_normalize_every_code_point);
    g_test_add_func("/opaque-string/normalize/random", test_normalize_random);
    return g_test_run();
}
