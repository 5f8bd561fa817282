/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single literals and ranges, read by the type of the field they stand for.
 *
 * What is wrong under every type (host bits in a prefix, a range that runs backwards) is told at the literal itself, once. What is wrong
 * only for this type is told where the value is used, with the literal as a related place.
 */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

static const struct {
    KjType type;
    KjAstValueKind literal;
} numeric[] = {
    { KJ_TYPE_BOOL, KJ_VALUE_BOOL },    { KJ_TYPE_INTEGER, KJ_VALUE_INTEGER },   { KJ_TYPE_SIZE, KJ_VALUE_SIZE },
    { KJ_TYPE_SIZE, KJ_VALUE_INTEGER }, { KJ_TYPE_DURATION, KJ_VALUE_DURATION }, { KJ_TYPE_DATE, KJ_VALUE_DATE },
};

void kj_literal_mismatch(const KjScope *scope, const KjDataType *type, const KjAstValue *value) {
    KjDiagnostic *mismatch = KJ_CHECK_REPORT(scope, KJ_CODE_VALUE_TYPE, value->span, kj_check_value_text(scope->checker, value),
                                             kj_check_type_text(scope->checker, type));
    KjOrdinal ignored;

    if (type->kind == KJ_TYPE_DURATION && value->kind == KJ_VALUE_INTEGER)
        kj_report_help(mismatch, _("write a unit: `%" PRIu64 "d` for days, or `s`, `m`, `h`, `y`"), value->number);
    else if (type->kind == KJ_TYPE_SERVICE && value->kind == KJ_VALUE_INTEGER)
        kj_report_help(mismatch, _("write the protocol too: `%" PRIu64 "/tcp` or `%" PRIu64 "/udp`"), value->number, value->number);
    else if (!kj_type_is_line(type) && value->kind != KJ_VALUE_STRING && type->kind != KJ_TYPE_SERVICE && type->kind != KJ_TYPE_SYMBOL)
        kj_report_help(mismatch, _("put it in quotation marks"));
    else if (type->kind == KJ_TYPE_ADDRESS && value->kind == KJ_VALUE_STRING
             && !kj_value_read_address(value->text, strlen(value->text), &ignored, NULL))
        kj_report_help(mismatch, _("write the address itself; a policy looks up no host names"));
    else if (kj_type_is_line(type) && value->kind == KJ_VALUE_STRING)
        kj_report_help(mismatch, _("write it without quotation marks"));
}

gboolean kj_literal_symbol(const KjDataType *type, const char *text, guint64 *number) {
    for (guint i = 0; i < type->symbol_count; i++) {
        if (strcmp(type->symbols[i], text) == 0) {
            *number = type->ordered ? type->symbol_count - 1 - i : i;
            return TRUE;
        }
    }
    for (const KjNamedNumber *named = type->kind == KJ_TYPE_INTEGER ? type->numbers : NULL; named && named->name; named++) {
        if (strcmp(named->name, text) == 0) {
            *number = named->number;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean in_bounds(const KjScope *scope, const KjDataType *type, const KjAstValue *value, guint64 number) {
    g_autoptr(GString) low = NULL;
    g_autoptr(GString) high = NULL;
    KjDiagnostic *outside;

    if (number >= type->low && number <= type->high)
        return TRUE;
    low = g_string_new(NULL);
    high = g_string_new(NULL);
    kj_value_print(type->kind, kj_ordinal_number(type->low), low);
    kj_value_print(type->kind, kj_ordinal_number(type->high), high);
    outside = KJ_CHECK_REPORT(scope, KJ_CODE_VALUE_BOUNDS, value->span, kj_check_value_text(scope->checker, value), low->str, high->str);
    KJ_CHECK_HELP(outside, _("write a value from %s to %s"), low->str, high->str);
    return FALSE;
}

static gboolean address(const KjScope *scope, const KjAstValue *value, KjInterval *interval) {
    const char *problem = N_("it cannot be read"), *slash;
    g_autoptr(GString) meant = NULL;
    KjDiagnostic *wrong;

    *interval = (KjInterval){ { 0, 0, 0 }, { 0, 0, 0 } };
    if (kj_value_read_prefix(value->text, strlen(value->text), interval, &problem))
        return TRUE;
    slash = strchr(value->text, '/');
    if (!slash || interval->low.family == 0) {
        wrong = KJ_CHECK_TELL(scope->checker, KJ_CODE_ADDRESS_WRONG, value->span, value->text, _(problem));
        KJ_CHECK_HELP(wrong, _("write an address such as 192.0.2.1 or 2001:db8::1, or a prefix such as 192.0.2.0/24"));
        return FALSE;
    }
    meant = g_string_new(NULL);
    kj_value_print_interval(KJ_TYPE_ADDRESS, *interval, meant);
    if (!strchr(meant->str, '/'))
        g_string_append(meant, slash);
    wrong = KJ_CHECK_TELL(scope->checker, KJ_CODE_HOST_BITS, value->span, value->text);
    /* No fix-it: the author may have meant the one address, and the prefix would let more through */
    kj_report_help(wrong, _("write %s, or %.*s for the one address"), meant->str, (int)(slash - value->text), value->text);
    return FALSE;
}

/* A text that is a symbol of the type, written as a name or a string. */
static gboolean symbol(const KjScope *scope, const KjDataType *type, const KjAstValue *value, const char *text, guint64 *number) {
    KjDiagnostic *unknown;

    if (kj_literal_symbol(type, text, number))
        return TRUE;
    unknown = KJ_CHECK_REPORT(scope, KJ_CODE_SYMBOL_UNKNOWN, value->span, text, kj_check_list_text(scope->checker, type->symbols));
    kj_check_did_you_mean(unknown, text, type->symbols);
    return FALSE;
}

gboolean kj_literal_interval(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjInterval *interval) {
    guint64 number = value->number;
    gboolean fits = FALSE;

    if (type->kind == KJ_TYPE_ADDRESS && value->kind == KJ_VALUE_ADDRESS)
        return address(scope, value, interval);
    if (type->kind == KJ_TYPE_SYMBOL && (value->kind == KJ_VALUE_STRING || value->kind == KJ_VALUE_NAME)) {
        if (!symbol(scope, type, value, value->kind == KJ_VALUE_NAME ? value->name->text : value->text, &number))
            return FALSE;
        *interval = (KjInterval){ kj_ordinal_number(number), kj_ordinal_number(number) };
        return TRUE;
    }
    if (type->kind == KJ_TYPE_INTEGER && value->kind == KJ_VALUE_NAME)
        fits = kj_literal_symbol(type, value->name->text, &number);
    for (guint i = 0; i < G_N_ELEMENTS(numeric); i++)
        fits = fits || (numeric[i].type == type->kind && numeric[i].literal == value->kind);
    if (!fits) {
        kj_literal_mismatch(scope, type, value);
        return FALSE;
    }
    if (!in_bounds(scope, type, value, number))
        return FALSE;
    *interval = (KjInterval){ kj_ordinal_number(number), kj_ordinal_number(number) };
    return TRUE;
}

const KjPattern *kj_literal_pattern(const KjScope *scope, const KjDataType *type, const char *text, KjSpan span) {
    const char *problem;
    const KjPattern *pattern = kj_pattern_new(scope->checker->arena, type->kind, text, &problem);
    KjDiagnostic *wrong;

    if (pattern)
        return pattern;
    wrong = KJ_CHECK_REPORT(scope, KJ_CODE_PATTERN_WRONG, span, text, _(problem));
    if (type->kind == KJ_TYPE_PATH)
        KJ_CHECK_HELP(wrong, _("write a path such as \"/residents/**\"; `*` is one whole segment, `**` any number of them"));
    else if (type->kind == KJ_TYPE_MAIL)
        KJ_CHECK_HELP(wrong,
                      _("write \"name@example.jp\", \"example.jp\" for its addresses, or \"*.example.jp\" for those of its subdomains"));
    return NULL;
}

static void report_backwards(const KjScope *scope, const KjAstValue *value) {
    KjDiagnostic *backwards =
        KJ_CHECK_TELL(scope->checker, KJ_CODE_RANGE_BACKWARDS, value->span, kj_check_value_text(scope->checker, value->left),
                      kj_check_value_text(scope->checker, value->right));
    KJ_CHECK_HELP(backwards, _("write `%s..%s`"), kj_check_value_text(scope->checker, value->right),
                  kj_check_value_text(scope->checker, value->left));
}

gboolean kj_literal_range(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjInterval *interval) {
    KjInterval low, high;
    gboolean good;

    if (type->kind == KJ_TYPE_BOOL || (type->kind == KJ_TYPE_SYMBOL && !type->ordered)) {
        kj_literal_mismatch(scope, type, value);
        return FALSE;
    }
    good = kj_literal_interval(scope, type, value->left, &low);
    good = kj_literal_interval(scope, type, value->right, &high) && good;
    if (!good)
        return FALSE;
    if (low.low.family != high.high.family) {
        KjDiagnostic *mixed = KJ_CHECK_TELL(scope->checker, KJ_CODE_RANGE_FAMILIES, value->span);
        KJ_CHECK_HELP(mixed, _("write one range for each family: { 192.0.2.1..192.0.2.9, 2001:db8::1..2001:db8::9 }"));
        return FALSE;
    }
    if (type->kind == KJ_TYPE_ADDRESS && (kj_ordinal_compare(low.low, low.high) != 0 || kj_ordinal_compare(high.low, high.high) != 0)) {
        KjDiagnostic *prefix = KJ_CHECK_TELL(scope->checker, KJ_CODE_RANGE_OF_PREFIXES, value->span);
        KJ_CHECK_HELP(prefix, _("write the first and the last address of the range"));
        return FALSE;
    }
    /* An ordered enumeration is written greatest first, and so may its ranges be. */
    if (type->kind == KJ_TYPE_SYMBOL && kj_ordinal_compare(low.low, high.low) > 0) {
        KjInterval swap = low;
        low = high;
        high = swap;
    }
    if (kj_ordinal_compare(low.low, high.high) > 0) {
        report_backwards(scope, value);
        return FALSE;
    }
    *interval = (KjInterval){ low.low, high.high };
    return TRUE;
}

const char *kj_literal_text(KjArena *arena, const KjDataType *type, const KjSet *set) {
    KjInterval interval;
    const KjPattern *pattern;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!kj_set_single(set, &interval, &pattern))
        return NULL;
    if (pattern)
        return pattern->text;
    if (type->kind == KJ_TYPE_SYMBOL)
        return type->symbols[type->ordered ? type->symbol_count - 1 - interval.low.low : interval.low.low];
    if (type->kind == KJ_TYPE_BOOL)
        return interval.low.low ? "true" : "false";
    kj_value_print(type->kind, interval.low, text);
    return kj_arena_strdup(arena, text->str);
}

#define MEMBERS_MOST 1024u /* a range is asked for member by member */

/* Neighbours are one interval, so { 3, 4 } comes as 3..4 and means either. FALSE when there are too many to write out. */
static gboolean add_points(KjArena *arena, const KjDataType *type, KjInterval interval, GPtrArray *texts) {
    for (guint i = 0; i < MEMBERS_MOST; i++) {
        KjInterval point = { interval.low, interval.low };
        KjSet one = { .kind = KJ_SET_INTERVALS, .intervals = &point, .count = 1 };

        g_ptr_array_add(texts, (gpointer)kj_literal_text(arena, type, &one));
        if (kj_ordinal_compare(interval.low, interval.high) == 0)
            return TRUE;
        kj_ordinal_next(&interval.low);
    }
    return FALSE;
}

gboolean kj_literal_texts(KjArena *arena, const KjDataType *type, const KjSet *set, GPtrArray *texts) {
    gboolean good = set->kind == KJ_SET_UNION || set->kind == KJ_SET_PATTERNS || set->kind == KJ_SET_INTERVALS;

    for (guint i = 0; good && i < set->count; i++) {
        if (set->kind == KJ_SET_UNION) {
            good = kj_literal_texts(arena, type, set->members[i], texts);
        } else if (set->kind == KJ_SET_INTERVALS) {
            good = add_points(arena, type, set->intervals[i], texts);
        } else {
            KjSet one = { .kind = KJ_SET_PATTERNS, .patterns = &set->patterns[i], .count = 1 };
            const char *text = kj_literal_text(arena, type, &one);

            good = text != NULL;
            g_ptr_array_add(texts, (gpointer)text);
        }
    }
    return good;
}
