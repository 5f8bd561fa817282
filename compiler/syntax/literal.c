/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers with and without units, rates, services, dates, times and addresses.
 *
 * A literal that cannot be (2026-02-30, 99999/tcp) is told with what is possible, and a value of its kind is returned all the same, so that
 * the parser goes on as if it were right. What a type allows beyond that (host bits, bounds) is the checker's to say. Every number is at
 * most 2^63-1, units multiplied out.
 *
 * Units of size: B; kB KB MB GB TB are powers of 1000; KiB MiB GiB TiB are powers of 1024.
 */
#include <arpa/inet.h>
#include <string.h>

#include "lexer.h"
#include "parser.h"

typedef struct {
    const char *name;
    KjAstValueKind kind;
    guint64 factor;
} Unit;

static const Unit units[] = {
    { "B", KJ_VALUE_SIZE, 1 },
    { "kB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000) },
    { "KB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000) },
    { "MB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000000) },
    { "GB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000000000) },
    { "TB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1000000000000) },
    { "KiB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1) << 10 },
    { "MiB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1) << 20 },
    { "GiB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1) << 30 },
    { "TiB", KJ_VALUE_SIZE, G_GUINT64_CONSTANT(1) << 40 },
    { "s", KJ_VALUE_DURATION, 1 },
    { "m", KJ_VALUE_DURATION, 60 },
    { "h", KJ_VALUE_DURATION, 60 * 60 },
    { "d", KJ_VALUE_DURATION, 24 * 60 * 60 },
    { "w", KJ_VALUE_DURATION, 7 * 24 * 60 * 60 },
    { "y", KJ_VALUE_DURATION, 365 * 24 * 60 * 60 },
};

static const Unit plain = { "", KJ_VALUE_INTEGER, 1 };

char *
kj_literal_shown(const char *text, gsize length)
{
    enum { LONGEST = 60 };
    const char *end = text;

    if (length <= LONGEST)
        return g_strndup(text, length);
    while (end - text < LONGEST)
        end = g_utf8_next_char(end);
    return g_strdup_printf("%.*s...", (int)(end - text), text);
}

KjAstValue *
kj_literal_new(KjParse *parse, KjAstValueKind kind, const char *text, gsize length, KjSpan span)
{
    KjAstValue *value = kj_arena_new0(parse->arena, KjAstValue);

    value->kind = kind;
    value->span = span;
    value->spelling = kj_arena_strndup(parse->arena, text, length);
    return value;
}

static const Unit *
find_unit(const char *text, gsize length)
{
    for (gsize i = 0; length > 0 && i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
            return &units[i];
    return length == 0 ? &plain : NULL;
}

gboolean
kj_literal_unit_apart(const char *text, KjSpan word, KjSpan *number)
{
    *number = (KjSpan){ word.file, word.start, word.start };
    while (number->end > 0 && (text[number->end - 1] == ' ' || text[number->end - 1] == '\t'))
        number->end--;
    number->start = number->end;
    while (number->start > 0 && (g_ascii_isdigit(text[number->start - 1]) || text[number->start - 1] == '_'))
        number->start--;
    return number->end > number->start && word.end > word.start && find_unit(text + word.start, word.end - word.start) != NULL;
}

static KjDiagnostic *
report_unit(KjParse *parse, const char *text, gsize length, KjSpan span)
{
    g_autofree char *word = kj_literal_shown(text, length);
    KjDiagnostic *diagnostic = kj_report(parse->diagnostics, KJ_CODE_NUMBER_UNIT, span, word);

    kj_report_help(diagnostic, _("sizes are B kB MB GB TB KiB MiB GiB TiB, durations s m h d w y; a name begins with a letter"));
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].name) == length && g_ascii_strncasecmp(units[i].name, text, length) == 0) {
            kj_report_help(diagnostic, _("write `%s`"), units[i].name);
            kj_report_fix(diagnostic, span, units[i].name);
        }
    return diagnostic;
}

/* Reads digits, `_` and a unit: the number multiplied out, and the unit (`plain` after a mistake). */
static guint64
read_quantity(KjParse *parse, const char *text, gsize length, KjSpan span, const Unit **unit)
{
    g_autofree char *word = NULL; /* only said of a mistake */
    guint64 number = 0;
    gboolean huge = FALSE, misplaced = FALSE;
    gsize digits = 0;

    for (; digits < length && (g_ascii_isdigit(text[digits]) || text[digits] == '_'); digits++) {
        guint digit = (guint)(text[digits] - '0');

        if (text[digits] == '_') {
            misplaced = misplaced || digits + 1 == length || !g_ascii_isdigit(text[digits + 1]) || !g_ascii_isdigit(text[digits - 1]);
            continue;
        }
        huge = huge || number > ((guint64)G_MAXINT64 - digit) / 10;
        number = huge ? 0 : number * 10 + digit;
    }
    *unit = find_unit(text + digits, length - digits);
    if (!misplaced && !huge && *unit != NULL && number <= (guint64)G_MAXINT64 / (*unit)->factor)
        return number * (*unit)->factor;
    word = kj_literal_shown(text, length);
    if (misplaced)
        kj_report(parse->diagnostics, KJ_CODE_NUMBER_UNDERSCORE, span, word);
    if (*unit == NULL) {
        KjSpan place = { span.file, span.start + (guint32)digits, span.end };

        report_unit(parse, text + digits, length - digits, place);
        *unit = &plain;
    }
    if (huge || number > (guint64)G_MAXINT64 / (*unit)->factor) {
        kj_report(parse->diagnostics, KJ_CODE_NUMBER_TOO_LARGE, span, word,
                  _("numbers go up to 9223372036854775807, units multiplied out"));
        return 0;
    }
    return number * (*unit)->factor;
}

int
kj_literal_number(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    const Unit *unit;
    guint64 number = read_quantity(parse, text, length, span, &unit);

    *value = kj_literal_new(parse, unit->kind, text, length, span);
    (*value)->number = number;
    return unit->kind == KJ_VALUE_SIZE ? TOKEN_SIZE : unit->kind == KJ_VALUE_DURATION ? TOKEN_DURATION : TOKEN_INTEGER;
}

/* ---- rates and services: what has a slash ---- */

enum { LONGEST_SERVICE = 20 };

static void
report_slash(KjParse *parse, const char *text, gsize length, KjSpan span, const char *why)
{
    g_autofree char *word = kj_literal_shown(text, length);

    kj_report(parse->diagnostics, KJ_CODE_RATE_OR_SERVICE, span, word, why);
}

int
kj_literal_slash(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    enum { LAST_PORT = 65535 };
    const char *slash = memchr(text, '/', length), *right = slash + 1;
    gsize left_length = (gsize)(slash - text), right_length = length - left_length - 1;
    const Unit *unit, *window = find_unit(right, right_length);
    KjSpan left_span = { span.file, span.start, span.start + (guint32)left_length };
    KjSpan right_span = { span.file, left_span.end + 1, span.end };
    guint64 number = read_quantity(parse, text, left_length, left_span, &unit), seconds = 0;
    gboolean rate = window != NULL && window->kind == KJ_VALUE_DURATION;

    if (rate) {
        seconds = window->factor;
    } else if (g_ascii_isdigit(*right)) {
        seconds = read_quantity(parse, right, right_length, right_span, &window);
        rate = window->kind == KJ_VALUE_DURATION;
        if (!rate)
            report_slash(parse, text, length, span, _("a rate ends in a duration (20/1d), a service in a protocol (443/tcp)"));
        else if (seconds == 0)
            report_slash(parse, text, length, span, _("the window of a rate is longer than nothing"));
        rate = TRUE;
        seconds = MAX(seconds, 1);
    }
    *value = kj_literal_new(parse, rate ? KJ_VALUE_RATE : KJ_VALUE_SERVICE, text, length, span);
    (*value)->number = number;
    if (rate) {
        (*value)->window = seconds;
        (*value)->bytes = unit->kind == KJ_VALUE_SIZE;
        if (unit->kind == KJ_VALUE_DURATION)
            report_slash(parse, text, length, span, _("a rate counts requests or bytes, not time"));
        return TOKEN_RATE;
    }
    if (unit->kind != KJ_VALUE_INTEGER)
        report_slash(parse, text, length, span, _("a service is a port, a slash and a protocol (443/tcp)"));
    else if (number > LAST_PORT)
        report_slash(parse, text, length, span, _("ports run from 0 to 65535"));
    kj_name_token(parse, right, right_length, right_span, &(*value)->text);
    if ((*value)->text == NULL)
        (*value)->text = "_";
    return TOKEN_SERVICE;
}

int
kj_literal_service(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    const char *slash = memchr(text, '/', length);
    g_autofree char *word = kj_literal_shown(text, length);
    g_autofree char *meant = g_strdup_printf("%.*s/%.*s", (int)(length - (gsize)(slash - text) - 1), slash + 1, (int)(slash - text), text);
    KjDiagnostic *diagnostic =
        kj_report(parse->diagnostics, KJ_CODE_RATE_OR_SERVICE, span, word, _("a service is a port, a slash and a protocol (443/tcp)"));

    if (length <= LONGEST_SERVICE) {
        kj_report_help(diagnostic, _("write `%s`"), meant);
        kj_report_fix(diagnostic, span, meant);
    }
    return kj_literal_slash(parse, meant, length, span, value);
}

/* ---- dates and times ---- */

enum { FIRST_YEAR = 1970, LAST_YEAR = 9999 };

static guint
read_part(const char **text, const char *end, guint *digits)
{
    guint number = 0;

    for (*digits = 0; *text < end && g_ascii_isdigit(**text); ++*text, ++*digits)
        number = MIN(number * 10 + (guint)(**text - '0'), 100000);
    return number;
}

/* 2026/12/31 */
static void
report_slashes(KjParse *parse, const char *word, KjSpan span, guint year, guint month, guint day)
{
    KjDiagnostic *diagnostic =
        kj_report(parse->diagnostics, KJ_CODE_DATE_IMPOSSIBLE, span, word, _("a date is four, two and two digits: 2026-01-31"));
    g_autofree char *meant = g_strdup_printf("%04u-%02u-%02u", year, month, day);

    if (year < FIRST_YEAR || year > LAST_YEAR || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return;
    kj_report_help(diagnostic, _("write `%s`"), meant);
    kj_report_fix(diagnostic, span, meant);
}

int
kj_literal_date(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    const char *p = text, *end = text + length;
    guint digits[3], year = read_part(&p, end, &digits[0]), month, day;
    g_autofree char *word = kj_literal_shown(text, length), *why = NULL;

    p++;
    month = read_part(&p, end, &digits[1]);
    p++;
    day = read_part(&p, end, &digits[2]);
    *value = kj_literal_new(parse, KJ_VALUE_DATE, text, length, span);
    if (digits[0] != 4 || digits[1] != 2 || digits[2] != 2)
        why = g_strdup(_("a date is four, two and two digits: 2026-01-31"));
    else if (year < FIRST_YEAR || year > LAST_YEAR)
        why = g_strdup_printf(_("years run from %d to %d"), FIRST_YEAR, LAST_YEAR);
    else if (month < 1 || month > 12)
        why = g_strdup(_("months run from 01 to 12"));
    else if (day < 1 || day > g_date_get_days_in_month((GDateMonth)month, (GDateYear)year))
        why = g_strdup_printf(_("the days of %04u-%02u run from 01 to %d"), year, month,
                              g_date_get_days_in_month((GDateMonth)month, (GDateYear)year));
    if (text[digits[0]] == '/') {
        report_slashes(parse, word, span, year, month, day);
    } else if (why != NULL) {
        kj_report(parse->diagnostics, KJ_CODE_DATE_IMPOSSIBLE, span, word, why);
    } else {
        GDate date, epoch;

        g_date_clear(&date, 1);
        g_date_clear(&epoch, 1);
        g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
        g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, FIRST_YEAR);
        (*value)->number = (guint64)g_date_days_between(&epoch, &date);
    }
    return TOKEN_DATE;
}

int
kj_literal_time(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    const char *p = text, *end = text + length;
    guint digits[2], hour = read_part(&p, end, &digits[0]), minute;
    g_autofree char *word = kj_literal_shown(text, length), *meant = NULL;
    KjDiagnostic *diagnostic;

    p++;
    minute = read_part(&p, end, &digits[1]);
    *value = kj_literal_new(parse, KJ_VALUE_TIME, text, length, span);
    if (digits[0] <= 2 && digits[1] == 2 && p == end && hour <= 23 && minute <= 59) {
        (*value)->number = hour * 60 + minute;
        if (digits[0] == 2)
            return TOKEN_TIME;
        meant = g_strdup_printf("%02u:%02u", hour, minute);
    }
    diagnostic = kj_report(parse->diagnostics, KJ_CODE_TIME_IMPOSSIBLE, span, word,
                           digits[0] != 2 || digits[1] != 2 || p != end ? _("a time is two digits, a colon and two digits: 09:00")
                                                                        : _("times run from 00:00 to 23:59"));
    if (meant != NULL) {
        kj_report_help(diagnostic, _("write `%s`"), meant);
        kj_report_fix(diagnostic, span, meant);
    }
    return TOKEN_TIME;
}

/* ---- addresses ---- */

/* The length of the prefix that a mask such as 255.255.0.0 stands for, or -1. */
static int
mask_length(const char *mask)
{
    struct in_addr bytes;
    guint32 bits;

    if (inet_pton(AF_INET, mask, &bytes) != 1)
        return -1;
    bits = ntohl(bytes.s_addr);
    return (~bits & (~bits + 1)) == 0 ? __builtin_popcount(bits) : -1;
}

/* 10.0.0.0/255.0.0.0. Returns what is wrong with it. */
static const char *
report_mask(KjParse *parse, const char *word, KjSpan span, const char *address, const char *mask)
{
    const char *why = _("a prefix ends in the number of its bits, not in a mask");
    KjDiagnostic *diagnostic = kj_report(parse->diagnostics, KJ_CODE_ADDRESS_INVALID, span, word, why);
    int length = mask_length(mask);

    if (length < 0)
        return why;
    g_autofree char *meant = g_strdup_printf("%s/%d", address, length);
    kj_report_help(diagnostic, _("write `%s`"), meant);
    kj_report_fix(diagnostic, span, meant);
    return why;
}

/* What is wrong with the address before the slash, or NULL. */
static const char *
judge_address(const char *address, gboolean six)
{
    struct in6_addr six_bytes;
    struct in_addr four_bytes;

    if (inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&six_bytes : (void *)&four_bytes) == 1)
        return NULL;
    if (six)
        return _("an IPv6 address is eight groups of up to four hexadecimal digits, or fewer with one `::`");
    if (strchr(address, '.') == strrchr(address, '.'))
        return _("numbers are whole, and an IPv4 address is four numbers from 0 to 255");
    return _("an IPv4 address is four numbers from 0 to 255 without leading zeros");
}

/* What is wrong with the length after the slash, or NULL. */
static const char *
judge_length(const char *digits, const char *end, gboolean six)
{
    gboolean padded = *digits == '0';
    guint count, bits = read_part(&digits, end, &count);

    if (bits <= (six ? 128u : 32u) && !(count > 1 && padded))
        return NULL;
    return six ? _("the prefix of an IPv6 address is from /0 to /128") : _("the prefix of an IPv4 address is from /0 to /32");
}

int
kj_literal_address(KjParse *parse, const char *text, gsize length, KjSpan span, KjAstValue **value)
{
    const char *slash = memchr(text, '/', length), *end = text + length;
    gboolean six = memchr(text, ':', length) != NULL, mask = slash != NULL && memchr(slash, '.', (gsize)(end - slash)) != NULL;
    g_autofree char *address = g_strndup(text, slash != NULL ? (gsize)(slash - text) : length), *word = kj_literal_shown(text, length);
    const char *why = judge_address(address, six);

    if (why == NULL && mask) {
        g_autofree char *tail = g_strndup(slash + 1, (gsize)(end - slash - 1));

        why = report_mask(parse, word, span, address, tail);
    } else {
        if (why == NULL && slash != NULL)
            why = judge_length(slash + 1, end, six);
        if (why != NULL)
            kj_report(parse->diagnostics, KJ_CODE_ADDRESS_INVALID, span, word, why);
    }
    *value = kj_literal_new(parse, KJ_VALUE_ADDRESS, why != NULL ? six ? "::" : "0.0.0.0" : text, why != NULL ? six ? 2 : 7 : length, span);
    (*value)->text = (*value)->spelling;
    return TOKEN_ADDRESS;
}
