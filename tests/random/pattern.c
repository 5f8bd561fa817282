/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Literals of the types whose literals stand for many values, with witnesses.
 *
 * Every alphabet is tiny (three networks, seven segments, four domains) so that patterns of one policy overlap, nest and shadow
 * each other as often as possible: that is where classifiers and reference could part.
 */
#include "pattern.h"

#include "value.h"

#define PICK(random, list) ((list)[kj_random_below((random), G_N_ELEMENTS(list))])

/* ---- addresses ---- */

static char *ipv4_text(guint32 address) {
    return g_strdup_printf("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static char *ipv4_literal(guint64 *random, gboolean range, GPtrArray *points) {
    static const guint32 bases[] = { 0x0a000000, 0x0a010200, 0xc0000200, 0xc0a80000, 0x00000000, 0xffffff00 };
    guint32 base = PICK(random, bases) | (guint32)kj_random_below(random, 4) << kj_random_below(random, 25);
    guint prefix = range && kj_random_chance(random, 75) ? (guint)kj_random_below(random, 33) : 32;
    guint32 mask = prefix == 0 ? 0 : G_MAXUINT32 << (32 - prefix), low = base & mask, high = low | ~mask;
    g_autofree char *first = NULL, *last = NULL;

    if (range && prefix == 32 && low < G_MAXUINT32 - 300 && kj_random_chance(random, 60))
        high = low + 1 + (guint32)kj_random_below(random, 300);
    kj_random_point_add(points, ipv4_text(low), TRUE);
    kj_random_point_add(points, ipv4_text(high), TRUE);
    kj_random_point_add(points, ipv4_text(low + (high - low) / 3), TRUE);
    if (low > 0)
        kj_random_point_add(points, ipv4_text(low - 1), FALSE);
    if (high < G_MAXUINT32)
        kj_random_point_add(points, ipv4_text(high + 1), FALSE);
    first = ipv4_text(low);
    if (high == low)
        return g_steal_pointer(&first);
    last = ipv4_text(high);
    return prefix == 32 ? g_strconcat(first, "..", last, NULL) : g_strdup_printf("%s/%u", first, prefix);
}

/* Eight groups, or the shortest `::` form when the middle is zero. */
static char *ipv6_text(guint64 high, guint64 low) {
    if ((high & 0xffffffff) == 0 && low >> 16 == 0)
        return g_strdup_printf("%x:%x::%x", (guint)(high >> 48), (guint)(high >> 32 & 0xffff), (guint)low);
    return g_strdup_printf("%x:%x:%x:%x:%x:%x:%x:%x", (guint)(high >> 48), (guint)(high >> 32 & 0xffff), (guint)(high >> 16 & 0xffff),
                           (guint)(high & 0xffff), (guint)(low >> 48), (guint)(low >> 32 & 0xffff), (guint)(low >> 16 & 0xffff),
                           (guint)(low & 0xffff));
}

static char *ipv6_literal(guint64 *random, gboolean range, GPtrArray *points) {
    static const guint64 bases[] = { 0x20010db800000000, 0x20010db8000a0001, 0xfe80000000000000, 0 };
    guint64 high = PICK(random, bases), low = kj_random_below(random, 3) << kj_random_below(random, 60);
    guint prefix = range ? (guint)kj_random_below(random, 129) : 128;
    guint64 high_mask = prefix >= 64 ? G_MAXUINT64 : prefix == 0 ? 0 : G_MAXUINT64 << (64 - prefix);
    guint64 low_mask = prefix <= 64 ? 0 : prefix >= 128 ? G_MAXUINT64 : G_MAXUINT64 << (128 - prefix);
    guint64 last_high, last_low;
    g_autofree char *first = NULL;

    high &= high_mask;
    low &= low_mask;
    last_high = high | ~high_mask;
    last_low = low | ~low_mask;
    kj_random_point_add(points, ipv6_text(high, low), TRUE);
    kj_random_point_add(points, ipv6_text(last_high, last_low), TRUE);
    if (high || low)
        kj_random_point_add(points, ipv6_text(low ? high : high - 1, low - 1), FALSE);
    if (~last_high || ~last_low)
        kj_random_point_add(points, ipv6_text(~last_low ? last_high : last_high + 1, last_low + 1), FALSE);
    first = ipv6_text(high, low);
    return prefix == 128 && kj_random_chance(random, 70) ? g_steal_pointer(&first) : g_strdup_printf("%s/%u", first, prefix);
}

static char *address_literal(guint64 *random, gboolean range, GPtrArray *points) {
    /* One point of the other family: the two must never meet. */
    if (kj_random_chance(random, 30)) {
        kj_random_point_add(points, g_strdup(kj_random_chance(random, 50) ? "10.0.0.1" : "0.0.0.0"), FALSE);
        return ipv6_literal(random, range, points);
    }
    kj_random_point_add(points, g_strdup(kj_random_chance(random, 50) ? "::ffff:10.0.0.1" : "::a00:1"), FALSE);
    return ipv4_literal(random, range, points);
}

/* ---- services ---- */

static char *service_literal(guint64 *random, gboolean range, GPtrArray *points) {
    static const guint ports[] = { 22, 53, 80, 443, 5000, 0, 65535, 1024 };
    const char *protocol = kj_random_chance(random, 60) ? "tcp" : "udp";
    guint low = PICK(random, ports), high = low;

    if (range && kj_random_chance(random, 30))
        high += (guint)kj_random_below(random, 12);
    high = MIN(high, 65535);
    kj_random_point_add(points, g_strdup_printf("%u/%s", low, protocol), TRUE);
    kj_random_point_add(points, g_strdup_printf("%u/%s", high, protocol), TRUE);
    kj_random_point_add(points, g_strdup_printf("%u/%s", low, protocol[0] == 't' ? "udp" : "tcp"), FALSE);
    if (high < 65535)
        kj_random_point_add(points, g_strdup_printf("%u/%s", high + 1, protocol), FALSE);
    if (low > 0)
        kj_random_point_add(points, g_strdup_printf("%u/%s", low - 1, protocol), FALSE);
    return low == high ? g_strdup_printf("%u/%s", low, protocol) : g_strdup_printf("%u..%u/%s", low, high, protocol);
}

/* ---- paths ---- */

static const char *pick_segment(guint64 *random) {
    static const char *const segments[] = { "a", "b", "c", "residents", "7", "a b", "住民" };

    return PICK(random, segments);
}

static void append_segment(GString *path, const char *segment) {
    g_string_append_c(path, '/');
    g_string_append(path, segment);
}

static char *path_or_root(GString *path) {
    return g_strdup(path->len ? path->str : "/");
}

/* The pattern and, beside it, a path that fits and one that may not. */
static char *path_literal(guint64 *random, gboolean range, GPtrArray *points) {
    g_autoptr(GString) pattern = g_string_new(NULL), fits = g_string_new(NULL), other = g_string_new(NULL);
    guint count = (guint)kj_random_below(random, 5);
    g_autofree char *quoted = NULL;

    for (guint i = 0; i < count; i++) {
        guint kind = range ? (guint)kj_random_below(random, 10) : 9;
        const char *segment = pick_segment(random);

        append_segment(pattern, kind < 2 ? "**" : kind < 4 ? "*" : segment);
        for (guint n = kind < 2 ? (guint)kj_random_below(random, 4) : 1; n > 0; n--)
            append_segment(fits, kind < 4 ? pick_segment(random) : segment);
        append_segment(other, kj_random_chance(random, 70) ? segment : pick_segment(random));
    }
    kj_random_point_add(points, path_or_root(fits), TRUE);
    kj_random_point_add(points, path_or_root(other), FALSE);
    append_segment(fits, pick_segment(random));
    kj_random_point_add(points, path_or_root(fits), FALSE);
    quoted = path_or_root(pattern);
    return g_strdup_printf("\"%s\"", quoted);
}

/* ---- mail ---- */

static char *mail_literal(guint64 *random, gboolean range, GPtrArray *points) {
    static const char *const domains[] = { "x.jp", "sub.x.jp", "example.go.jp", "例え.jp" };
    static const char *const locals[] = { "a", "A", "suzuki.taro", "a+b" };
    const char *domain = PICK(random, domains), *local = PICK(random, locals), *other = PICK(random, locals);
    guint kind = range ? (guint)kj_random_below(random, 3) : 2;
    g_autofree char *upper = g_ascii_strup(domain, -1);

    kj_random_point_add(points, g_strdup_printf("%s@%s", local, upper), kind != 1);
    kj_random_point_add(points, g_strdup_printf("%s@%s", other, domain), kind == 0);
    kj_random_point_add(points, g_strdup_printf("%s@deep.%s", local, domain), kind == 1);
    kj_random_point_add(points, g_strdup_printf("%s@very.deep.%s", local, domain), kind == 1);
    kj_random_point_add(points, g_strdup_printf("%s@y%s", local, domain), FALSE);
    if (kind == 0)
        return g_strdup_printf("\"%s\"", domain);
    return kind == 1 ? g_strdup_printf("\"*.%s\"", domain) : g_strdup_printf("\"%s@%s\"", local, domain);
}

/* ---- names and texts ---- */

static char *name_literal(guint64 *random, KjType type, GPtrArray *points) {
    static const char *const names[] = { "sato", "Sato", "suzuki", "tanaka", "佐藤", "jp.mail", "a b", "network" };
    static const char *const texts[] = { "", "quote\"d", "back\\slash", "new\nline", "*", "x.jp" };
    gboolean odd = type == KJ_TYPE_TEXT && kj_random_chance(random, 25);
    const char *text = odd ? PICK(random, texts) : PICK(random, names);
    g_autoptr(GString) quoted = g_string_new("\"");

    kj_random_point_add(points, g_strdup(text), TRUE);
    kj_random_point_add(points, g_strdup(PICK(random, names)), FALSE);
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append(quoted, *at == '\n' ? "\\n" : (const char[]){ *at, '\0' });
    }
    g_string_append_c(quoted, '"');
    return g_string_free(g_steal_pointer(&quoted), FALSE);
}

char *kj_random_pattern(guint64 *random, KjType type, gboolean range, GPtrArray *points) {
    switch (type) {
    case KJ_TYPE_ADDRESS:
        return address_literal(random, range, points);
    case KJ_TYPE_SERVICE:
        return service_literal(random, range, points);
    case KJ_TYPE_PATH:
        return path_literal(random, range, points);
    case KJ_TYPE_MAIL:
        return mail_literal(random, range, points);
    default:
        return name_literal(random, type, points);
    }
}
