/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts against counting.
 *
 * Powers of two are doubled digit by digit on paper; ports are counted one by one; addresses where the number is known. How a count reads is in tables
 * of both languages.
 */
#include "../../../compiler/compiler.h"
#include "../../../compiler/region/count.h"

#include <kijun/value.h>

#include <math.h>
#include <string.h>

#define DIGITS 60
#define RULES 40
#define PORTS 65536

static KjCount power(guint exponent) {
    KjCount count = { { 0 } };

    count.part[exponent / 64] = G_GUINT64_CONSTANT(1) << (exponent % 64);
    return count;
}

static void check_text(KjCount count, const char *expected) {
    g_autofree char *text = kj_count_text(count);

    g_assert_cmpstr(text, ==, expected);
}

/* ---- numbers ---- */

static void test_powers(void) {
    char digits[DIGITS + 1] = { 0 };
    KjCount sum = { { 1, 0, 0 } };

    memset(digits, '0', DIGITS);
    digits[DIGITS - 1] = '1';
    check_text((KjCount){ { 0 } }, "0");
    for (guint exponent = 0; exponent < 192; exponent++) {
        guint carry = 0;

        check_text(power(exponent), digits + strspn(digits, "0"));
        g_assert_cmpint(kj_count_compare(sum, power(exponent)), ==, 0);
        kj_count_add(&sum, sum);
        for (guint i = DIGITS; i-- > 0;) {
            guint digit = (guint)(digits[i] - '0') * 2 + carry;

            digits[i] = (char)('0' + digit % 10);
            carry = digit / 10;
        }
    }
}

static void test_add(void) {
    KjCount count = { { G_MAXUINT64, G_MAXUINT64, 0 } };

    kj_count_add(&count, power(0));
    g_assert_cmpint(kj_count_compare(count, power(128)), ==, 0);
    count = (KjCount){ { G_MAXUINT64, 5, 7 } };
    kj_count_add(&count, (KjCount){ { G_MAXUINT64, G_MAXUINT64, 1 } });
    g_assert_cmpuint(count.part[0], ==, G_MAXUINT64 - 1);
    g_assert_cmpuint(count.part[1], ==, 5);
    g_assert_cmpuint(count.part[2], ==, 9);
    g_assert_cmpint(kj_count_compare(power(64), power(63)), >, 0);
    g_assert_cmpint(kj_count_compare((KjCount){ { G_MAXUINT64, 0, 0 } }, power(64)), <, 0);
    check_text((KjCount){ { G_MAXUINT64, G_MAXUINT64, 0 } }, "340282366920938463463374607431768211455");
}

/* ---- words ---- */

static const struct {
    guint64 number;
    const char *en, *ja;
} words[] = {
    { 0, "0", "0" },
    { 1, "1", "1" },
    { 999, "999", "999" },
    { 1000, "1,000", "1,000" },
    { 65536, "65,536", "65,536" },
    { 999999, "999,999", "999,999" },
    { 1000000, "1,000,000", "1,000,000" },
    { 1000001, "1 million", "100万" },
    { 1049999, "1 million", "105万" },
    { 1050000, "1.1 million", "105万" },
    { 9949999, "9.9 million", "995万" },
    { 9950000, "10 million", "995万" },
    { 16777216, "17 million", "1678万" },
    { 99994999, "100 million", "9999万" },
    { 99995000, "100 million", "1億" },
    { 123456789, "123 million", "1.2億" },
    { 999499999, "999 million", "10億" },
    { 999500000, "1 billion", "10億" },
    { G_GUINT64_CONSTANT(4294967296), "4.3 billion", "43億" },
    { G_GUINT64_CONSTANT(999950000000), "1 trillion", "1兆" },
    { G_GUINT64_CONSTANT(1) << 40, "1.1 trillion", "1.1兆" },
    { G_GUINT64_CONSTANT(1) << 41, "2^41", "2^41" },
    { (G_GUINT64_CONSTANT(1) << 41) + 1, "2.2 trillion", "2.2兆" },
    { G_GUINT64_CONSTANT(999499999999999), "999 trillion", "999兆" },
    { G_GUINT64_CONSTANT(999500000000000), "1.0 × 10^15", "1000兆" },
    { G_GUINT64_CONSTANT(12345678901234567), "1.2 × 10^16", "1.2京" },
    { G_MAXUINT64, "1.8 × 10^19", "1845京" },
};

static void check_words(KjCount count, const char *language, const char *expected) {
    g_autofree char *text = kj_count_words(count, language);

    g_assert_cmpstr(text, ==, expected);
}

static void test_words(void) {
    KjCount count = { { 0, 1, 0 } };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        check_words((KjCount){ { words[i].number, 0, 0 } }, "en", words[i].en);
        check_words((KjCount){ { words[i].number, 0, 0 } }, "ja", words[i].ja);
    }
    check_words(count, "en", "2^64");
    check_words(count, "ja", "2^64");
    check_words(power(128), "en", "2^128");
    count = power(128);
    kj_count_add(&count, power(32)); /* every address */
    check_words(count, "en", "3.4 × 10^38");
    check_words(count, "ja", "3.4×10^38");
    count = (KjCount){ { G_GUINT64_CONSTANT(7766279631452241919), 5, 0 } }; /* 99999999999999999999 */
    check_words(count, "en", "1.0 × 10^20");
    check_words(count, "ja", "1.0×10^20");
}

/* ---- fields ---- */

typedef struct {
    KjCompilation *compilation;
    KjUniverse *universe;
    const KjBlock *block;
} Fixture;

/* A universe of the first block of the text. */
static void load(Fixture *fixture, const char *text) {
    const char *problem;

    fixture->compilation = kj_compilation_new();
    kj_compilation_load_text(fixture->compilation, "count.pol", text, strlen(text));
    g_assert_nonnull(fixture->compilation->policy);
    fixture->block = fixture->compilation->policy->blocks;
    fixture->universe = kj_universe_new(&fixture->block, 1);
    for (guint i = 0; i < fixture->block->rule_count; i++)
        kj_universe_add_rule(fixture->universe, 0, &fixture->block->rules[i]);
    g_assert_true(kj_universe_seal(fixture->universe, &problem));
}

static void tear_down(Fixture *fixture) {
    kj_universe_free(fixture->universe);
    kj_compilation_free(fixture->compilation);
}

static guint find_field(const Fixture *fixture, const char *name) {
    guint count;
    const KjField *fields = kj_universe_fields(fixture->universe, &count);

    for (guint i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return i;
    }
    g_assert_not_reached();
}

/* The one box of a rule. */
static const KjBox *box_of(const Fixture *fixture, guint rule) {
    g_autoptr(GPtrArray) region = kj_universe_lower_rule(fixture->universe, 0, &fixture->block->rules[rule]);

    g_assert_cmpuint(region->len, ==, 1);
    return region->pdata[0];
}

static void check_field(const Fixture *fixture, guint rule, const char *name, const char *points, const char *en, const char *ja) {
    guint field = find_field(fixture, name);
    const KjClassSet *classes = kj_box_field(box_of(fixture, rule), field);
    KjFieldCount count;
    g_autofree char *english = NULL, *japanese = NULL;

    g_assert_nonnull(classes);
    kj_count_field(fixture->universe, field, classes, &count);
    g_assert_cmpint(count.numeric, ==, points != NULL);
    if (points)
        check_text(count.points, points);
    english = kj_count_field_text(fixture->universe, field, &count, "en");
    japanese = kj_count_field_text(fixture->universe, field, &count, "ja");
    g_assert_cmpstr(english, ==, en);
    g_assert_cmpstr(japanese, ==, ja);
}

static void test_addresses(void) {
    Fixture fixture;

    load(&fixture, "firewall f { default deny;"
                   " allow from 192.0.2.7; allow from 10.0.0.0/8; allow from 0.0.0.0/0; allow from ::/0; allow from 2001:db8::/64; allow from any;"
                   " allow from not 10.0.0.0/8; allow from { 192.0.2.0/24, 2001:db8::7 }; allow from ::ffff:ffff:ffff:ffff/128;"
                   " allow from not { 10.0.0.0/8, 2001:db8::/64 }; }");
    check_field(&fixture, 0, "from", "1", "1 address", "アドレス 1 個");
    check_field(&fixture, 1, "from", "16777216", "17 million addresses", "アドレス 1678万 個");
    check_field(&fixture, 2, "from", "4294967296", "4.3 billion addresses", "アドレス 43億 個");
    check_field(&fixture, 3, "from", "340282366920938463463374607431768211456", "2^128 IPv6 addresses", "IPv6 アドレス 2^128 個");
    check_field(&fixture, 4, "from", "18446744073709551616", "2^64 IPv6 addresses", "IPv6 アドレス 2^64 個");
    check_field(&fixture, 6, "from", "340282366920938463463374607436046401536", "4.3 billion IPv4 and 2^128 IPv6 addresses",
                "IPv4 アドレス 43億 個、IPv6 アドレス 2^128 個");
    check_field(&fixture, 7, "from", "257", "256 IPv4 and 1 IPv6 address", "IPv4 アドレス 256 個、IPv6 アドレス 1 個");
    check_field(&fixture, 8, "from", "1", "1 IPv6 address", "IPv6 アドレス 1 個");
    check_field(&fixture, 9, "from", "340282366920938463444927863362336849920", "4.3 billion IPv4 and 3.4 × 10^38 IPv6 addresses",
                "IPv4 アドレス 43億 個、IPv6 アドレス 3.4×10^38 個");
    tear_down(&fixture);
}

static void test_bounded(void) {
    Fixture fixture;

    load(&fixture, "acl a { field level : 3..10; field day : date; default deny;"
                   " allow when level <= 5; allow when level > 5; allow when level == 10; allow when day < 2026-01-01; allow when day >= 2026-12-31; allow level not none; }");
    check_field(&fixture, 0, "level", "3", "3 values", "値 3 個");
    check_field(&fixture, 1, "level", "5", "5 values", "値 5 個");
    check_field(&fixture, 2, "level", "1", "1 value", "値 1 個");
    check_field(&fixture, 5, "level", "8", "all values", "値すべて");
    check_field(&fixture, 3, "day", "20454", "20,454 days", "日付 20,454 個");
    check_field(&fixture, 4, "day", "26664", "26,664 days", "日付 26,664 個");
    tear_down(&fixture);
}

static void test_named(void) {
    Fixture fixture;

    load(&fixture, "acl a { field device : { managed, own }; field ready : bool; default deny;"
                   " allow principal { \"sato\", \"suzuki\", \"tanaka\" }; allow principal not { \"sato\", \"suzuki\" };"
                   " allow principal not { \"sato\", \"suzuki\", \"tanaka\" }; allow device own; allow when ready;"
                   " allow resource \"/a/b\"; allow resource { \"/a/b\", \"/c/**\" }; allow resource \"/c/**\"; allow device { managed, own }; }");
    check_field(&fixture, 0, "principal", NULL, "3 named principals", "名前のある利用者 3 人");
    check_field(&fixture, 1, "principal", NULL, "1 named principal and all others", "名前のある利用者 1 人とその他すべて");
    check_field(&fixture, 2, "principal", NULL, "all principals without a name", "名前のない利用者すべて");
    check_field(&fixture, 3, "device", NULL, "1 value", "値 1 個");
    check_field(&fixture, 8, "device", NULL, "all values", "値すべて");
    check_field(&fixture, 4, "ready", NULL, "1 value", "値 1 個");
    check_field(&fixture, 5, "resource", NULL, "1 named path", "名前のあるパス 1 個");
    check_field(&fixture, 6, "resource", NULL, "1 named path and some others", "名前のあるパス 1 個とその他の一部");
    check_field(&fixture, 7, "resource", NULL, "some paths without a name", "名前のないパスの一部");
    tear_down(&fixture);
}

/* A domain is many addresses, and a group is one class of several names. */
static void test_mail(void) {
    Fixture fixture;

    load(&fixture, "mail m { default deny; allow to \"x.jp\"; allow to { \"a@x.jp\", \"b@x.jp\", \"c@y.jp\" }; allow to { \"a@x.jp\", \"*.z.jp\" };"
                   " allow to not { \"x.jp\", \"*.z.jp\" }; }");
    check_field(&fixture, 0, "to", NULL, "2 named mail addresses and some others", "名前のあるメールアドレス 2 個とその他の一部");
    check_field(&fixture, 1, "to", NULL, "3 named mail addresses", "名前のあるメールアドレス 3 個");
    check_field(&fixture, 2, "to", NULL, "1 named mail address and some others", "名前のあるメールアドレス 1 個とその他の一部");
    check_field(&fixture, 3, "to", NULL, "1 named mail address and some others", "名前のあるメールアドレス 1 個とその他の一部");
    tear_down(&fixture);
}

/* Ports one by one. */
static void test_ports(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261124);
    g_autoptr(GString) text = g_string_new("firewall f { default deny;");
    guint expected[RULES] = { 0 };
    Fixture fixture;

    for (guint rule = 0; rule < RULES; rule++) {
        gboolean negated = g_rand_boolean(random);
        g_autofree guint8 *inside = g_new0(guint8, PORTS);

        g_string_append_printf(text, " allow port %s{", negated ? "not " : "");
        for (gint i = g_rand_int_range(random, 1, 6); i > 0; i--) {
            gint low = g_rand_int_range(random, 0, PORTS), high = MIN(PORTS - 1, low + g_rand_int_range(random, 0, 9000));

            g_string_append_printf(text, " %d..%d,", low, high);
            memset(inside + low, 1, (gsize)(high - low + 1));
        }
        g_string_append(text, " };");
        for (guint port = 0; port < PORTS; port++)
            expected[rule] += inside[port] != negated;
    }
    g_string_append(text, " }");
    load(&fixture, text->str);
    for (guint rule = 0; rule < RULES; rule++) {
        guint field = find_field(&fixture, "port");
        KjFieldCount count;

        kj_count_field(fixture.universe, field, kj_box_field(box_of(&fixture, rule), field), &count);
        g_assert_cmpuint(count.points.part[0], ==, expected[rule]);
        g_assert_cmpuint(count.points.part[1] | count.points.part[2], ==, 0);
    }
    tear_down(&fixture);
}

/* ---- shares ---- */

static void test_share(void) {
    Fixture fixture;
    double v4, v6, half, narrow, both, principal;

    load(&fixture, "firewall f { default deny; allow from 0.0.0.0/0; allow from ::/0; allow from 0.0.0.0/1; allow from 0.0.0.0/1 to 10.0.0.0/8;"
                   " allow from { 0.0.0.0/1, ::/1 }; allow port 0..32767; allow iif eth0; }");
    v4 = kj_count_share(fixture.universe, box_of(&fixture, 0));
    v6 = kj_count_share(fixture.universe, box_of(&fixture, 1));
    half = kj_count_share(fixture.universe, box_of(&fixture, 2));
    narrow = kj_count_share(fixture.universe, box_of(&fixture, 3));
    both = kj_count_share(fixture.universe, box_of(&fixture, 4));
    g_assert_cmpfloat(fabs(v4 + 1), <, 1e-9);
    g_assert_cmpfloat(fabs(v6 + 1), <, 1e-9);
    g_assert_cmpfloat(fabs(half + 2), <, 1e-9);
    g_assert_cmpfloat(fabs(narrow + 2 + 9), <, 1e-9);
    g_assert_cmpfloat(fabs(both + 1), <, 1e-9);
    g_assert_cmpfloat(fabs(kj_count_share(fixture.universe, box_of(&fixture, 5)) + 1), <, 1e-4);
    principal = kj_count_share(fixture.universe, box_of(&fixture, 6)); /* missing, eth0, others */
    g_assert_cmpfloat(fabs(principal - log2(1.0 / 3)), <, 1e-9);
    g_autoptr(GPtrArray) all = kj_region_all(kj_universe_arena(fixture.universe));
    g_assert_cmpfloat(kj_count_share(fixture.universe, all->pdata[0]), ==, 0);
    tear_down(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/count/powers", test_powers);
    g_test_add_func("/count/add", test_add);
    g_test_add_func("/count/words", test_words);
    g_test_add_func("/count/addresses", test_addresses);
    g_test_add_func("/count/bounded", test_bounded);
    g_test_add_func("/count/named", test_named);
    g_test_add_func("/count/mail", test_mail);
    g_test_add_func("/count/ports", test_ports);
    g_test_add_func("/count/share", test_share);
    return g_test_run();
}
