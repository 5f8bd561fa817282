/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers, dates, instants and addresses as text.
 *
 * Each reader takes the whole of its text or refuses it with a sentence that says why: no leading or trailing space, no sign, no
 * unit guessed, no octal. What one reader accepts means the same in a policy, in a request and in a log, because there is only this
 * reader. All but kj_value_read_instant with a zone work without allocation.
 */
#include <kijun/value.h>

#include <arpa/inet.h>
#include <string.h>

#include <kijun/calendar.h>
#include <kijun/translate.h>

#define NUMBER_MAX ((guint64)G_MAXINT64)   /* KJ_TYPE_INTEGER ends at 2^63-1, and so do sizes and durations */
#define ADDRESS_TEXT_MAX 63                /* the longest IPv6 text has 45 bytes */

typedef struct {
    const char *name;
    guint64 factor;
} Unit;

static const Unit size_units[] = {
    { "", 1 }, { "B", 1 }, { "kB", 1000 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "TB", 1000000000000 },
    { "KiB", G_GUINT64_CONSTANT(1) << 10 }, { "MiB", G_GUINT64_CONSTANT(1) << 20 }, { "GiB", G_GUINT64_CONSTANT(1) << 30 },
    { "TiB", G_GUINT64_CONSTANT(1) << 40 }, { NULL, 0 },
};

static const Unit duration_units[] = {
    { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 7 * 86400 }, { "y", 365 * 86400 }, { NULL, 0 },
};

static const Unit plain_units[] = { { "", 1 }, { NULL, 0 } };

static gboolean refuse(const char **problem, const char *why) {
    if (problem)
        *problem = why;
    return FALSE;
}

/* ---- numbers ---- */

/* Digits with single underscores between them. Gives how many bytes were read, 0 for none. */
static gsize read_digits(const char *text, gsize length, guint64 *number, gboolean *overflow) {
    gsize i = 0;
    *number = 0;
    *overflow = FALSE;
    while (i < length) {
        if (text[i] == '_' && i > 0 && i + 1 < length && g_ascii_isdigit(text[i + 1]))
            i++;
        if (!g_ascii_isdigit(text[i]))
            break;
        guint digit = (guint)(text[i++] - '0');
        if (*number > (NUMBER_MAX - digit) / 10)
            *overflow = TRUE;
        else
            *number = *number * 10 + digit;
    }
    return i;
}

static gboolean read_with_unit(const char *text, gsize length, const Unit *units, guint64 *number, const char *why, const char **problem) {
    gboolean overflow;
    guint64 digits;
    gsize used = read_digits(text, length, &digits, &overflow);
    if (used == 0)
        return refuse(problem, why);
    for (; units->name; units++) {
        if (strlen(units->name) != length - used || memcmp(units->name, text + used, length - used) != 0)
            continue;
        if (overflow || digits > NUMBER_MAX / units->factor)
            return refuse(problem, N_("the number is too large"));
        *number = digits * units->factor;
        return TRUE;
    }
    return refuse(problem, why);
}

gboolean kj_value_read_integer(const char *text, gsize length, guint64 *number, const char **problem) {
    return read_with_unit(text, length, plain_units, number, N_("a whole number is needed, such as 443 or 1_000"), problem);
}

gboolean kj_value_read_bool(const char *text, gsize length, guint64 *number, const char **problem) {
    *number = length == 4 && memcmp(text, "true", 4) == 0;
    return *number || (length == 5 && memcmp(text, "false", 5) == 0) || refuse(problem, N_("neither true nor false"));
}

gboolean kj_value_read_size(const char *text, gsize length, guint64 *bytes, const char **problem) {
    return read_with_unit(text, length, size_units, bytes, N_("a size is needed, such as 10MB or 512KiB"), problem);
}

gboolean kj_value_read_duration(const char *text, gsize length, guint64 *seconds, const char **problem) {
    return read_with_unit(text, length, duration_units, seconds, N_("a duration is needed, such as 90s, 15m, 8h, 180d or 1y"), problem);
}

/* ---- dates and instants ---- */

/* Exactly `count` digits. */
static gboolean read_fixed(const char *text, guint count, guint *number) {
    *number = 0;
    for (guint i = 0; i < count; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
        *number = *number * 10 + (guint) (text[i] - '0');
    }
    return TRUE;
}

gboolean kj_value_read_date(const char *text, gsize length, guint64 *days, const char **problem) {
    static const guint8 month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    guint year, month, day;
    if (length != 10 || text[4] != '-' || text[7] != '-' || !read_fixed(text, 4, &year) || !read_fixed(text + 5, 2, &month) ||
        !read_fixed(text + 8, 2, &day))
        return refuse(problem, N_("a date is needed, such as 2026-12-31"));
    if (year < KJ_CALENDAR_FIRST_YEAR || year > KJ_CALENDAR_LAST_YEAR)
        return refuse(problem, N_("the year must lie between 1970 and 2099"));
    gboolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1] || (month == 2 && day == 29 && !leap))
        return refuse(problem, N_("there is no such day in the calendar"));
    *days = kj_calendar_days(year, month, day);
    return TRUE;
}

/* `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fraction` (the fraction is dropped). Gives the bytes read, 0 when it is no time. */
static gsize read_time(const char *text, gsize length, gint64 *seconds) {
    guint hour, minute, second = 0;
    gsize used = 5;
    if (length < 5 || text[2] != ':' || !read_fixed(text, 2, &hour) || !read_fixed(text + 3, 2, &minute) || hour > 23 || minute > 59)
        return 0;
    if (length > 5 && text[5] == ':') {
        if (length < 8 || !read_fixed(text + 6, 2, &second) || second > 59)
            return 0;
        used = 8;
        if (length > 9 && text[8] == '.' && g_ascii_isdigit(text[9]))
            for (used = 9; used < length && g_ascii_isdigit(text[used]);)
                used++;
    }
    *seconds = hour * 3600 + minute * 60 + second;
    return used;
}

/* `Z`, `+09:00`, `-05:30`. */
static gboolean read_offset(const char *text, gsize length, gint64 *offset) {
    guint hours, minutes;
    if (length == 1 && text[0] == 'Z') {
        *offset = 0;
        return TRUE;
    }
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !read_fixed(text + 1, 2, &hours) ||
        !read_fixed(text + 4, 2, &minutes) || hours > 14 || minutes > 59)
        return FALSE;
    *offset = (gint64) (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
    return TRUE;
}

static gboolean in_calendar(gint64 seconds, gint64 *result, const char **problem) {
    if (seconds < 0 || seconds >= KJ_INSTANT_END)
        return refuse(problem, N_("the instant must lie between 1970 and 2099"));
    *result = seconds;
    return TRUE;
}

/* Wall clock time in a zone. Of an hour that a clock change repeats, the pass in the zone's standard time is meant; a time that a change skips is the
 * moment of the change. */
static gboolean read_local(gint64 local, const char *zone, gint64 *seconds, const char **problem) {
    g_autoptr(GTimeZone) time_zone = kj_value_zone(zone);
    if (!time_zone)
        return refuse(problem, N_("this machine does not know the time zone"));
    gint64 adjusted = local;
    int interval = g_time_zone_adjust_time(time_zone, G_TIME_TYPE_STANDARD, &adjusted);
    return in_calendar(adjusted - g_time_zone_get_offset(time_zone, interval), seconds, problem);
}

gboolean kj_value_read_instant(const char *text, gsize length, const char *zone, gint64 *seconds, const char **problem) {
    static const char why[] = N_("an instant is needed, such as `2026-11-24 10:00`, 2026-11-24T10:00:00Z or seconds since 1970");
    guint64 number;
    gboolean overflow;
    if (length > 0 && read_digits(text, length, &number, &overflow) == length)
        return in_calendar(overflow ? -1 : (gint64)number, seconds, problem);
    if (length < 10)
        return refuse(problem, why);
    guint64 days;
    if (!kj_value_read_date(text, 10, &days, problem))
        return FALSE;
    gint64 time_of_day = 0;
    gsize used = 10;
    if (length > 10) {
        gsize in_time = text[10] == ' ' || text[10] == 'T' ? read_time(text + 11, length - 11, &time_of_day) : 0;
        if (in_time == 0)
            return refuse(problem, why);
        used = 11 + in_time;
    }
    gint64 local = (gint64)days * KJ_DAY_SECONDS + time_of_day, offset;
    if (used < length) {
        if (used == 10 || !read_offset(text + used, length - used, &offset))
            return refuse(problem, why);
        return in_calendar(local - offset, seconds, problem);
    }
    if (zone)
        return read_local(local, zone, seconds, problem);
    return in_calendar(local, seconds, problem);
}

/* ---- addresses ---- */

/* Four decimal parts without leading zeros: 010.0.0.1 is 10.0.0.1 to some programs and 8.0.0.1 to others, so it is neither here. */
static gboolean read_ipv4(const char *text, gsize length, guint32 *address) {
    gsize i = 0;
    *address = 0;
    for (guint part = 0; part < 4; part++) {
        guint number = 0;
        gsize begin = i;
        for (; i < length && i - begin < 3 && g_ascii_isdigit(text[i]); i++)
            number = number * 10 + (guint)(text[i] - '0');
        if (i == begin || number > 255 || (text[begin] == '0' && i - begin > 1))
            return FALSE;
        *address = *address << 8 | number;
        if (part < 3 && (i >= length || text[i++] != '.'))
            return FALSE;
    }
    return i == length;
}

gboolean kj_value_read_address(const char *text, gsize length, KjOrdinal *address, const char **problem) {
    static const char why[] = N_("an address is needed, such as 192.0.2.7 or 2001:db8::7");
    guint32 ipv4;
    if (read_ipv4(text, length, &ipv4)) {
        *address = (KjOrdinal){ 4, 0, ipv4 };
        return TRUE;
    }
    char copy[ADDRESS_TEXT_MAX + 1];
    guint8 bytes[16];
    if (length == 0 || length > ADDRESS_TEXT_MAX || memchr(text, '\0', length))
        return refuse(problem, why);
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, bytes) != 1)
        return refuse(problem, why);
    guint64 half[2];
    memcpy(half, bytes, sizeof half);
    *address = (KjOrdinal){ 6, GUINT64_FROM_BE(half[0]), GUINT64_FROM_BE(half[1]) };
    return TRUE;
}

/* The mask of the host part of a prefix, as high and low halves. */
static KjOrdinal host_mask(guint64 family, guint prefix) {
    if (family == 4)
        return (KjOrdinal){ 4, 0, prefix >= 32 ? 0 : G_MAXUINT32 >> prefix };
    return (KjOrdinal){ 6, prefix >= 64 ? 0 : G_MAXUINT64 >> prefix,
                        prefix >= 128 ? 0 : prefix > 64 ? G_MAXUINT64 >> (prefix - 64) : G_MAXUINT64 };
}

gboolean kj_value_read_prefix(const char *text, gsize length, KjInterval *range, const char **problem) {
    const char *slash = memchr(text, '/', length);
    gsize address_length = slash ? (gsize)(slash - text) : length;
    KjOrdinal address;
    if (!kj_value_read_address(text, address_length, &address, problem))
        return FALSE;
    guint bits = address.family == 4 ? 32 : 128, prefix = bits;
    if (slash) {
        gsize digits = length - address_length - 1;
        if (digits < 1 || digits > 3 || !read_fixed(slash + 1, (guint)digits, &prefix) || prefix > bits || (slash[1] == '0' && digits > 1))
            return refuse(problem, N_("the prefix length must be a number up to 32 for IPv4 and up to 128 for IPv6"));
    }
    KjOrdinal mask = host_mask(address.family, prefix);
    range->low = (KjOrdinal){ address.family, address.high & ~mask.high, address.low & ~mask.low };
    range->high = (KjOrdinal){ address.family, address.high | mask.high, address.low | mask.low };
    if (kj_ordinal_compare(range->low, address) != 0)
        return refuse(problem, N_("the prefix has bits set behind its length"));
    return TRUE;
}

/* ---- printing ---- */

static void print_address(KjOrdinal ordinal, GString *out) {
    char text[INET6_ADDRSTRLEN];
    if (ordinal.family == 4) {
        guint32 bytes = g_htonl((guint32)ordinal.low);
        inet_ntop(AF_INET, &bytes, text, sizeof text);
    } else {
        guint64 half[2] = { GUINT64_TO_BE(ordinal.high), GUINT64_TO_BE(ordinal.low) };
        inet_ntop(AF_INET6, half, text, sizeof text);
    }
    g_string_append(out, text);
}

/* In the unit that divides the number and leaves the smallest count: 10MB, 10MiB, 90d. */
static void print_with_unit(guint64 number, const Unit *units, const char *smallest, GString *out) {
    const char *name = smallest;
    guint64 best = 1;
    for (; units->name; units++)
        if (number != 0 && number % units->factor == 0 && units->factor > best && strcmp(units->name, "w") != 0) {
            best = units->factor;
            name = units->name;
        }
    g_string_append_printf(out, "%" G_GUINT64_FORMAT "%s", number / best, name);
}

void kj_value_print(KjType type, KjOrdinal ordinal, GString *out) {
    guint year, month, day;
    switch (type) {
    case KJ_TYPE_BOOL:
        g_string_append(out, ordinal.low ? "true" : "false");
        return;
    case KJ_TYPE_SIZE:
        print_with_unit(ordinal.low, size_units, "B", out);
        return;
    case KJ_TYPE_DURATION:
        print_with_unit(ordinal.low, duration_units, "s", out);
        return;
    case KJ_TYPE_DATE:
        kj_calendar_date((guint)MIN(ordinal.low, KJ_CALENDAR_DAYS), &year, &month, &day);
        g_string_append_printf(out, "%04u-%02u-%02u", year, month, day);
        return;
    case KJ_TYPE_ADDRESS:
        print_address(ordinal, out);
        return;
    default:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, ordinal.low);
    }
}

/* The length of the prefix an interval is, or -1. */
static int prefix_length(KjInterval interval) {
    guint bits = interval.low.family == 4 ? 32 : 128;
    for (guint prefix = 0; prefix <= bits; prefix++) {
        KjOrdinal mask = host_mask(interval.low.family, prefix);
        if ((interval.low.high & mask.high) == 0 && (interval.low.low & mask.low) == 0 &&
            (interval.low.high | mask.high) == interval.high.high && (interval.low.low | mask.low) == interval.high.low)
            return (int)prefix;
    }
    return -1;
}

void kj_value_print_interval(KjType type, KjInterval interval, GString *out) {
    if (kj_ordinal_compare(interval.low, interval.high) == 0) {
        kj_value_print(type, interval.low, out);
        return;
    }
    if (type == KJ_TYPE_ADDRESS && interval.low.family != interval.high.family) {
        kj_value_print_interval(type, (KjInterval){ interval.low, { 4, 0, G_MAXUINT32 } }, out);
        g_string_append(out, ", ");
        kj_value_print_interval(type, (KjInterval){ { 6, 0, 0 }, interval.high }, out);
        return;
    }
    int prefix = type == KJ_TYPE_ADDRESS ? prefix_length(interval) : -1;
    kj_value_print(type, interval.low, out);
    if (prefix >= 0) {
        g_string_append_printf(out, "/%d", prefix);
        return;
    }
    g_string_append(out, "..");
    kj_value_print(type, interval.high, out);
}

/* ---- one spelling ---- */

/* The labels of the domain come last first, and the local part behind them with its "@". */
static char *join_mail(const char *const *tokens, guint count) {
    GString *out = g_string_new(tokens[count - 1] + 1);
    g_string_append_c(out, '@');
    for (guint i = count - 1; i-- > 0;)
        g_string_append_printf(out, "%s%s", tokens[i], i > 0 ? "." : "");
    return g_string_free(out, FALSE);
}

static char *canonical_text(KjType type, const char *text, gsize length, const char **problem) {
    const char *tokens[KJ_TOKENS_MAX];
    gsize room_size = 4 * length + 8;
    g_autofree char *room = g_try_malloc(room_size);
    if (!room) {
        refuse(problem, N_("out of memory"));
        return NULL;
    }
    int count = kj_value_tokens(type, text, length, room, room_size, tokens, G_N_ELEMENTS(tokens), problem);
    if (count < 0)
        return NULL;
    return type == KJ_TYPE_MAIL ? join_mail(tokens, (guint)count) : g_strndup(text, length);
}

static gboolean read_ordinal(KjType type, const char *text, gsize length, KjOrdinal *ordinal, const char **problem) {
    guint64 number;
    gboolean (*read)(const char *, gsize, guint64 *, const char **) = type == KJ_TYPE_BOOL       ? kj_value_read_bool
                                                                      : type == KJ_TYPE_INTEGER  ? kj_value_read_integer
                                                                      : type == KJ_TYPE_SIZE     ? kj_value_read_size
                                                                      : type == KJ_TYPE_DURATION ? kj_value_read_duration
                                                                                                 : kj_value_read_date;
    if (type == KJ_TYPE_ADDRESS)
        return kj_value_read_address(text, length, ordinal, problem);
    if (!read(text, length, &number, problem))
        return FALSE;
    *ordinal = kj_ordinal_number(number);
    return TRUE;
}

char *kj_value_canonical(KjType type, const char *text, gsize length, const char **problem) {
    KjOrdinal ordinal;
    if (type < KJ_TYPE_BOOL || type > KJ_TYPE_ADDRESS)
        return canonical_text(type, text, length, problem);
    if (!read_ordinal(type, text, length, &ordinal, problem))
        return NULL;
    GString *out = g_string_new(NULL);
    kj_value_print(type, ordinal, out);
    return g_string_free(out, FALSE);
}
