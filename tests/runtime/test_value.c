/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values as text: what is read, what is refused, and that printing gives back what was read. */
#include <kijun/calendar.h>
#include <kijun/value.h>

#include <string.h>

typedef gboolean (*Reader)(const char *text, gsize length, guint64 *number, const char **problem);

typedef struct {
    Reader read;
    const char *text;
    gboolean good;
    guint64 number;
} NumberCase;

static const NumberCase number_cases[] = {
    { kj_value_read_integer, "0", TRUE, 0 },
    { kj_value_read_integer, "1_000", TRUE, 1000 },
    { kj_value_read_integer, "9223372036854775807", TRUE, G_MAXINT64 },
    { kj_value_read_integer, "9223372036854775808", FALSE, 0 },
    { kj_value_read_integer, "99999999999999999999999999", FALSE, 0 },
    { kj_value_read_integer, "", FALSE, 0 },
    { kj_value_read_integer, "1__0", FALSE, 0 },
    { kj_value_read_integer, "_1", FALSE, 0 },
    { kj_value_read_integer, "1_", FALSE, 0 },
    { kj_value_read_integer, "-1", FALSE, 0 },
    { kj_value_read_integer, "+1", FALSE, 0 },
    { kj_value_read_integer, " 1", FALSE, 0 },
    { kj_value_read_integer, "0x10", FALSE, 0 },
    { kj_value_read_size, "512", TRUE, 512 },
    { kj_value_read_size, "512B", TRUE, 512 },
    { kj_value_read_size, "10kB", TRUE, 10000 },
    { kj_value_read_size, "10KB", TRUE, 10000 },
    { kj_value_read_size, "10MB", TRUE, 10000000 },
    { kj_value_read_size, "10MiB", TRUE, 10485760 },
    { kj_value_read_size, "2TiB", TRUE, G_GUINT64_CONSTANT(2199023255552) },
    { kj_value_read_size, "8388607TiB", TRUE, G_GUINT64_CONSTANT(8388607) << 40 },
    { kj_value_read_size, "8388608TiB", FALSE, 0 },
    { kj_value_read_size, "10mb", FALSE, 0 },
    { kj_value_read_size, "10 MB", FALSE, 0 },
    { kj_value_read_size, "MB", FALSE, 0 },
    { kj_value_read_duration, "90s", TRUE, 90 },
    { kj_value_read_duration, "90", TRUE, 90 },
    { kj_value_read_duration, "15m", TRUE, 900 },
    { kj_value_read_duration, "8h", TRUE, 28800 },
    { kj_value_read_duration, "2w", TRUE, 1209600 },
    { kj_value_read_duration, "1y", TRUE, 31536000 },
    { kj_value_read_duration, "1Y", FALSE, 0 },
    { kj_value_read_date, "1970-01-01", TRUE, 0 },
    { kj_value_read_date, "2000-02-29", TRUE, 11016 },
    { kj_value_read_date, "2026-11-22", TRUE, 20779 },
    { kj_value_read_date, "2099-12-31", TRUE, 47481 },
    { kj_value_read_date, "2100-01-01", FALSE, 0 },
    { kj_value_read_date, "1969-12-31", FALSE, 0 },
    { kj_value_read_date, "2026-02-29", FALSE, 0 },
    { kj_value_read_date, "2026-04-31", FALSE, 0 },
    { kj_value_read_date, "2026-13-01", FALSE, 0 },
    { kj_value_read_date, "2026-00-01", FALSE, 0 },
    { kj_value_read_date, "2026-01-00", FALSE, 0 },
    { kj_value_read_date, "2026-1-01", FALSE, 0 },
};

static void test_numbers(void) {
    for (guint i = 0; i < G_N_ELEMENTS(number_cases); i++) {
        const NumberCase *c = &number_cases[i];
        guint64 number = 0;
        const char *problem = NULL;
        gboolean good = c->read(c->text, strlen(c->text), &number, &problem);
        g_test_message("%s", c->text);
        g_assert_cmpint(good, ==, c->good);
        g_assert_cmpuint(number, ==, c->good ? c->number : 0);
        g_assert_true(good == (problem == NULL));
    }
    guint64 number;
    g_assert_false(kj_value_read_integer("1\0", 2, &number, NULL));
    g_assert_true(kj_value_read_integer("12345", 2, &number, NULL));
    g_assert_cmpuint(number, ==, 12);
}

/* Every day of the calendar against GLib's. */
static void test_calendar(void) {
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1970);
    for (guint days = 0; days < KJ_CALENDAR_DAYS; days++, g_date_add_days(&date, 1)) {
        guint year, month, day;
        kj_calendar_date(days, &year, &month, &day);
        g_assert_cmpuint(year, ==, g_date_get_year(&date));
        g_assert_cmpuint(month, ==, g_date_get_month(&date));
        g_assert_cmpuint(day, ==, g_date_get_day(&date));
        g_assert_cmpuint(kj_calendar_days(year, month, day), ==, days);
        g_assert_cmpuint(kj_calendar_weekday(days) + 1, ==, g_date_get_weekday(&date));
    }
    g_assert_cmpuint(g_date_get_year(&date), ==, 2100);
}

static void test_instants(void) {
    static const struct {
        const char *text, *zone;
        gint64 seconds; /* -1: refused */
    } cases[] = {
        { "0", NULL, 0 },
        { "1795514400", NULL, 1795514400 },
        { "2026-11-24T10:00:00Z", NULL, 1795514400 },
        { "2026-11-24 10:00", NULL, 1795514400 },
        { "2026-11-24 10:00", "Asia/Tokyo", 1795514400 - 9 * 3600 },
        { "2026-11-24T10:00:00+09:00", NULL, 1795514400 - 9 * 3600 },
        { "2026-11-24T10:00:00.125-05:30", "Asia/Tokyo", 1795514400 + 5 * 3600 + 1800 },
        { "2026-11-24", "Asia/Tokyo", 1795478400 - 9 * 3600 },
        { "2026-07-01 12:00", "Europe/Berlin", 1782900000 },
        { "2026-03-08 02:30", "America/New_York", 1772953200 }, /* skipped: the moment of the change */
        { "2026-11-01 01:30", "America/New_York", 1793514600 }, /* twice: in standard time */
        { "2026-11-24 10:00", "Nowhere/None", -1 },
        { "2026-11-24 10:00", "JST-9", -1 },
        { "1970-01-01 00:00", "Asia/Tokyo", -1 },
        { "2099-12-31T23:59:59Z", NULL, 4102444799 },
        { "4102444800", NULL, -1 },
        { "2026-11-24 24:00", NULL, -1 },
        { "2026-11-24 10:60", NULL, -1 },
        { "2026-11-24 1000", NULL, -1 },
        { "2026-11-24Z", NULL, -1 },
        { "2026-11-24T10:00:00+15:00", NULL, -1 },
        { "2026-11-24 10:00 ", NULL, -1 },
        { "tomorrow", NULL, -1 },
        { "", NULL, -1 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 seconds = -1;
        const char *problem = NULL;
        g_test_message("%s", cases[i].text);
        gboolean good = kj_value_read_instant(cases[i].text, strlen(cases[i].text), cases[i].zone, &seconds, &problem);
        g_assert_cmpint(seconds, ==, cases[i].seconds);
        g_assert_true(good == (problem == NULL));
    }
}

static void test_addresses(void) {
    static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.", "0x1.2.3.4", "1..2.3",
                                       "::g", ":", ":::", "fe80::1%eth0", "1::2::3", "[::1]", "12345::", "1:2:3:4:5:6:7", "::1.2.3" };
    static const struct {
        const char *text;
        KjOrdinal address;
    } good[] = {
        { "0.0.0.0", { 4, 0, 0 } },
        { "192.0.2.7", { 4, 0, 0xc0000207 } },
        { "255.255.255.255", { 4, 0, 0xffffffff } },
        { "::", { 6, 0, 0 } },
        { "2001:db8::7", { 6, G_GUINT64_CONSTANT(0x20010db800000000), 7 } },
        { "::ffff:192.0.2.7", { 6, 0, G_GUINT64_CONSTANT(0xffffc0000207) } },
    };
    KjOrdinal address;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *problem = NULL;
        g_test_message("%s", bad[i]);
        g_assert_false(kj_value_read_address(bad[i], strlen(bad[i]), &address, &problem));
        g_assert_nonnull(problem);
    }
    g_assert_false(kj_value_read_address("::1\0", 4, &address, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(kj_value_read_address(good[i].text, strlen(good[i].text), &address, NULL));
        g_assert_cmpint(kj_ordinal_compare(address, good[i].address), ==, 0);
        g_autoptr(GString) out = g_string_new(NULL);
        kj_value_print(KJ_TYPE_ADDRESS, address, out);
        g_assert_cmpstr(out->str, ==, good[i].text);
    }
}

static void test_prefixes(void) {
    static const struct {
        const char *text;
        const char *printed; /* what it means */
        gboolean good;
    } cases[] = {
        { "10.0.0.0/8", "10.0.0.0/8", TRUE },         { "0.0.0.0/0", "0.0.0.0/0", TRUE },     { "192.0.2.7", "192.0.2.7", TRUE },
        { "192.0.2.7/32", "192.0.2.7", TRUE },        { "10.1.0.0/8", "10.0.0.0/8", FALSE },  { "192.0.2.1/31", "192.0.2.0/31", FALSE },
        { "2001:db8::/32", "2001:db8::/32", TRUE },   { "::/0", "::/0", TRUE },               { "::1/128", "::1", TRUE },
        { "2001:db8::1/64", "2001:db8::/64", FALSE }, { "2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65", TRUE },
        { "::2/127", "::2/127", TRUE },
    };
    static const char *const bad[] = { "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "::/129", "::/1000", "/8", "10.0.0.0/8/8" };
    KjInterval range;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        const char *problem = NULL;
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(kj_value_read_prefix(cases[i].text, strlen(cases[i].text), &range, &problem), ==, cases[i].good);
        g_assert_true(cases[i].good == (problem == NULL));
        kj_value_print_interval(KJ_TYPE_ADDRESS, range, out);
        g_assert_cmpstr(out->str, ==, cases[i].printed);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(kj_value_read_prefix(bad[i], strlen(bad[i]), &range, NULL));
}

static void test_printing(void) {
    static const struct {
        KjType type;
        guint64 number;
        const char *text;
    } cases[] = {
        { KJ_TYPE_SIZE, 10000000, "10MB" },   { KJ_TYPE_SIZE, 10485760, "10MiB" },  { KJ_TYPE_SIZE, 0, "0B" },
        { KJ_TYPE_SIZE, 1025, "1025B" },      { KJ_TYPE_SIZE, 1000, "1kB" },        { KJ_TYPE_DURATION, 90, "90s" },
        { KJ_TYPE_DURATION, 86400, "1d" },    { KJ_TYPE_DURATION, 1209600, "14d" }, { KJ_TYPE_DURATION, 31536000, "1y" },
        { KJ_TYPE_DURATION, 0, "0s" },        { KJ_TYPE_DATE, 20779, "2026-11-22" }, { KJ_TYPE_INTEGER, 443, "443" },
        { KJ_TYPE_BOOL, 1, "true" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        kj_value_print(cases[i].type, kj_ordinal_number(cases[i].number), out);
        g_assert_cmpstr(out->str, ==, cases[i].text);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    kj_value_print_interval(KJ_TYPE_INTEGER, (KjInterval){ kj_ordinal_number(5000), kj_ordinal_number(5010) }, out);
    g_assert_cmpstr(out->str, ==, "5000..5010");
    g_string_truncate(out, 0);
    kj_value_print_interval(KJ_TYPE_ADDRESS, (KjInterval){ { 4, 0, 0x0a000001 }, { 6, G_MAXUINT64, G_MAXUINT64 } }, out);
    g_assert_cmpstr(out->str, ==, "10.0.0.1..255.255.255.255, ::/0");
}

/* Tokens joined by '|', or NULL when refused. */
static char *tokens_of(KjType type, const char *text, gssize length) {
    char room[1024];
    const char *tokens[8];
    const char *problem = NULL;
    gsize size = length < 0 ? strlen(text) : (gsize)length;
    int count = kj_value_tokens(type, text, size, room, MIN(sizeof room, 4 * size + 8), tokens, G_N_ELEMENTS(tokens), &problem);
    g_assert_true((count < 0) == (problem != NULL));
    if (count < 0)
        return NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    for (int i = 0; i < count; i++)
        g_string_append_printf(out, "%s%s", i ? "|" : "", tokens[i]);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_tokens(void) {
    static const struct {
        KjType type;
        const char *text, *tokens;
    } cases[] = {
        { KJ_TYPE_PATH, "/", "" },
        { KJ_TYPE_PATH, "/a/b c", "a|b c" },
        { KJ_TYPE_PATH, "/a/...", "a|..." },
        { KJ_TYPE_PATH, "/a/", NULL },
        { KJ_TYPE_PATH, "//", NULL },
        { KJ_TYPE_PATH, "//a", NULL },
        { KJ_TYPE_PATH, "/a//b", NULL },
        { KJ_TYPE_PATH, "/a/./b", NULL },
        { KJ_TYPE_PATH, "/a/..", NULL },
        { KJ_TYPE_PATH, "a/b", NULL },
        { KJ_TYPE_PATH, "", NULL },
        { KJ_TYPE_PATH, "/a\xff", NULL },
        { KJ_TYPE_PATH, "/1/2/3/4/5/6/7/8", "1|2|3|4|5|6|7|8" },
        { KJ_TYPE_PATH, "/1/2/3/4/5/6/7/8/9", NULL },
        { KJ_TYPE_MAIL, "Sato@Example.JP", "jp|example|@Sato" },
        { KJ_TYPE_MAIL, "sato@例え.jp", "jp|xn--r8jz45g|@sato" },
        { KJ_TYPE_MAIL, "a@xn--R8JZ45G.JP", "jp|xn--r8jz45g|@a" },
        { KJ_TYPE_MAIL, "a@é.é.é.é", "xn--9ca|xn--9ca|xn--9ca|xn--9ca|@a" },
        { KJ_TYPE_MAIL, "\"a@b c\"@x.jp", "jp|x|@\"a@b c\"" },
        { KJ_TYPE_MAIL, "a@[192.0.2.1]", "[192.0.2.1]|@a" },
        { KJ_TYPE_MAIL, "a+b@x", "x|@a+b" },
        { KJ_TYPE_MAIL, "a@b@x.jp", NULL },
        { KJ_TYPE_MAIL, "@x.jp", NULL },
        { KJ_TYPE_MAIL, "a@", NULL },
        { KJ_TYPE_MAIL, "a@x.jp.", NULL },
        { KJ_TYPE_MAIL, "a@.x.jp", NULL },
        { KJ_TYPE_MAIL, "a@x..jp", NULL },
        { KJ_TYPE_MAIL, "a@x .jp", NULL },
        { KJ_TYPE_MAIL, "a b@x.jp", NULL },
        { KJ_TYPE_MAIL, "<a@x.jp>", NULL },
        { KJ_TYPE_MAIL, "x.jp", NULL },
        { KJ_TYPE_MAIL, "", NULL },
        { KJ_TYPE_MAIL, "\"@x.jp", NULL },
        { KJ_TYPE_PRINCIPAL, "sato", "sato" },
        { KJ_TYPE_PRINCIPAL, "", NULL },
        { KJ_TYPE_TEXT, "", "" },
        { KJ_TYPE_TEXT, "a/b@c", "a/b@c" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *tokens = tokens_of(cases[i].type, cases[i].text, -1);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(tokens, ==, cases[i].tokens);
    }
    g_assert_null(tokens_of(KJ_TYPE_PATH, "/a\0b", 4));
    g_assert_null(tokens_of(KJ_TYPE_PRINCIPAL, "root\0x", 6));
    g_autofree char *label63 = g_strnfill(63, 'x'), *label64 = g_strnfill(64, 'x');
    g_autofree char *good = g_strconcat("a@", label63, ".jp", NULL), *bad = g_strconcat("a@", label64, ".jp", NULL);
    g_autofree char *good_tokens = tokens_of(KJ_TYPE_MAIL, good, -1);
    g_assert_nonnull(good_tokens);
    g_assert_null(tokens_of(KJ_TYPE_MAIL, bad, -1));
}

/* A room of any size is never overrun (ASan sees it) and too small a room is a refusal, never a shorter value. */
static void test_small_rooms(void) {
    static const char text[] = "/abc/de/f";
    for (gsize size = 0; size < 16; size++) {
        g_autofree char *room = g_malloc(MAX(size, 1));
        const char *tokens[4], *problem = NULL;
        int count = kj_value_tokens(KJ_TYPE_PATH, text, sizeof text - 1, room, size, tokens, 4, &problem);
        g_assert_cmpint(count, ==, size >= 9 ? 3 : -1);
    }
}

static const struct {
    KjType type;
    const char *text, *canonical; /* NULL: no value */
} spellings[] = {
    { KJ_TYPE_MAIL, "Alice@EXAMPLE.jp", "Alice@example.jp" },
    { KJ_TYPE_MAIL, "alice@example.jp", "alice@example.jp" },
    { KJ_TYPE_MAIL, "alice@日本.jp", "alice@xn--wgv71a.jp" },
    { KJ_TYPE_MAIL, "alice@日本。JP", "alice@xn--wgv71a.jp" },
    { KJ_TYPE_MAIL, "alice@XN--WGV71A.jp", "alice@xn--wgv71a.jp" },
    { KJ_TYPE_MAIL, "alice@B\xc3\x9c" "CHER.example", "alice@xn--bcher-kva.example" },
    { KJ_TYPE_MAIL, "alice@bu\xcc\x88" "cher.example", "alice@xn--bcher-kva.example" },
    { KJ_TYPE_MAIL, "\"a b\"@Host", "\"a b\"@host" },
    { KJ_TYPE_MAIL, "\"a@b\"@c.D", "\"a@b\"@c.d" },
    { KJ_TYPE_MAIL, "a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]" },
    { KJ_TYPE_MAIL, "a@x.jp.", NULL },
    { KJ_TYPE_MAIL, "a", NULL },
    { KJ_TYPE_MAIL, "", NULL },
    { KJ_TYPE_ADDRESS, "192.0.2.7", "192.0.2.7" },
    { KJ_TYPE_ADDRESS, "192.0.2.07", NULL },
    { KJ_TYPE_ADDRESS, "2001:DB8:0:0::0007", "2001:db8::7" },
    { KJ_TYPE_ADDRESS, "::ffff:192.0.2.7", "::ffff:192.0.2.7" },
    { KJ_TYPE_ADDRESS, "::ffff:c000:207", "::ffff:192.0.2.7" },
    { KJ_TYPE_INTEGER, "1_000", "1000" },
    { KJ_TYPE_INTEGER, "0001000", "1000" },
    { KJ_TYPE_INTEGER, "tcp", NULL },
    { KJ_TYPE_SIZE, "10000kB", "10MB" },
    { KJ_TYPE_SIZE, "10000000", "10MB" },
    { KJ_TYPE_DURATION, "24h", "1d" },
    { KJ_TYPE_DURATION, "86400", "1d" },
    { KJ_TYPE_DATE, "2026-11-22", "2026-11-22" },
    { KJ_TYPE_BOOL, "true", "true" },
    { KJ_TYPE_BOOL, "True", NULL },
    { KJ_TYPE_PATH, "/a/b", "/a/b" },
    { KJ_TYPE_PATH, "/a//b", NULL },
    { KJ_TYPE_PATH, "/", "/" },
    { KJ_TYPE_PRINCIPAL, "Sato", "Sato" },
    { KJ_TYPE_PRINCIPAL, "", NULL },
    { KJ_TYPE_TEXT, "", "" },
    { KJ_TYPE_TEXT, " A ", " A " },
    { KJ_TYPE_TEXT, "\xff", NULL },
    { KJ_TYPE_SYMBOL, "udp", "udp" },
};

static void test_one_spelling(void) {
    for (guint i = 0; i < G_N_ELEMENTS(spellings); i++) {
        const char *problem = NULL;
        g_test_message("%s", spellings[i].text);
        g_autofree char *canonical = kj_value_canonical(spellings[i].type, spellings[i].text, strlen(spellings[i].text), &problem);
        g_assert_cmpstr(canonical, ==, spellings[i].canonical);
        g_assert_true((canonical == NULL) == (problem != NULL));
        g_autofree char *again = canonical ? kj_value_canonical(spellings[i].type, canonical, strlen(canonical), NULL) : NULL;
        g_assert_cmpstr(again, ==, canonical);
    }
}

int main(
int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/value/numbers", test_numbers);
    g_test_add_func("/value/calendar", test_calendar);
    g_test_add_func("/value/instants", test_instants);
    g_test_add_func("/value/addresses", test_addresses);
    g_test_add_func("/value/prefixes", test_prefixes);
    g_test_add_func("/value/printing", test_printing);
    g_test_add_func("/value/tokens", test_tokens);
    g_test_add_func("/value/one-spelling", test_one_spelling);
    g_test_add_func("/value/small-rooms", test_small_rooms);
    return g_test_run();
}
