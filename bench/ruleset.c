/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing ClassBench sets. Everything is a box over five numbers, so that the scan, the policy and
 * the generator cannot disagree about what a line means; a field that holds its whole range is a wildcard
 * and is not written in the policy (`port 0..65535` would refuse a packet that has no port).
 *
 * Reading is strict: a line that is not exactly a rule is an error with its number, because a rule silently
 * misread would make a wrong classifier look right.
 */
#include "ruleset.h"

#include <string.h>

const KjFieldInfo kj_fields[KJ_FIELDS] = {
    [KJ_FIELD_FROM] = { "from", G_MAXUINT32 },
    [KJ_FIELD_TO] = { "to", G_MAXUINT32 },
    [KJ_FIELD_SOURCE_PORT] = { "source_port", G_MAXUINT16 },
    [KJ_FIELD_PORT] = { "port", G_MAXUINT16 },
    [KJ_FIELD_PROTO] = { "proto", G_MAXUINT8 },
};

static const char *const effects[] = { "allow", "deny", "reject" };

#define DEFAULT_EFFECT "deny"

G_DEFINE_QUARK(kj - ruleset - error - quark, kj_ruleset_error)

/* ---- reading: a cursor that moves past what it recognises and says whether it did ---- */

static gboolean skip_blank(const char **cursor) {
    const char *start = *cursor;
    while (**cursor == ' ' || **cursor == '\t')
        (*cursor)++;
    return *cursor > start;
}

static gboolean skip_byte(const char **cursor, char byte) {
    if (**cursor != byte)
        return FALSE;
    (*cursor)++;
    return TRUE;
}

static gboolean read_number(const char **cursor, guint base, guint32 maximum, guint32 *value) {
    guint64 number = 0;
    const char *start = *cursor;

    for (;; (*cursor)++) {
        int digit = g_ascii_xdigit_value(**cursor);
        if (digit < 0 || (guint)digit >= base)
            break;
        number = number * base + (guint)digit;
        if (number > maximum)
            return FALSE;
    }
    *value = (guint32)number;
    return *cursor > start;
}

static gboolean read_hexadecimal(const char **cursor, guint32 maximum, guint32 *value) {
    return skip_byte(cursor, '0') && (skip_byte(cursor, 'x') || skip_byte(cursor, 'X')) && read_number(cursor, 16, maximum, value);
}

static gboolean read_prefix(const char **cursor, KjRule *rule, KjField field) {
    guint32 address = 0, part, length;

    for (guint i = 0; i < 4; i++) {
        if ((i > 0 && !skip_byte(cursor, '.')) || !read_number(cursor, 10, 255, &part))
            return FALSE;
        address = address << 8 | part;
    }
    if (!skip_byte(cursor, '/') || !read_number(cursor, 10, 32, &length))
        return FALSE;
    kj_rule_set_prefix(rule, field, address, length);
    return TRUE;
}

static gboolean read_range(const char **cursor, KjRule *rule, KjField field) {
    if (!read_number(cursor, 10, kj_fields[field].maximum, &rule->low[field]))
        return FALSE;
    skip_blank(cursor);
    if (!skip_byte(cursor, ':'))
        return FALSE;
    skip_blank(cursor);
    return read_number(cursor, 10, kj_fields[field].maximum, &rule->high[field]) && rule->low[field] <= rule->high[field];
}

/* Masks other than all and nothing do not name a range and occur in no set. */
static gboolean read_proto(const char **cursor, KjRule *rule) {
    guint32 value, mask;

    if (!read_hexadecimal(cursor, 0xff, &value) || !skip_byte(cursor, '/') || !read_hexadecimal(cursor, 0xff, &mask) ||
        (mask != 0 && mask != 0xff))
        return FALSE;
    rule->low[KJ_FIELD_PROTO] = mask ? value : 0;
    rule->high[KJ_FIELD_PROTO] = mask ? value : kj_fields[KJ_FIELD_PROTO].maximum;
    return TRUE;
}

static gboolean read_flags(const char **cursor) {
    guint32 ignored;
    return read_hexadecimal(cursor, 0xffff, &ignored) && skip_byte(cursor, '/') && read_hexadecimal(cursor, 0xffff, &ignored);
}

static gboolean read_rule(const char *line, gpointer record) {
    const char **cursor = &line;
    KjRule *rule = record;

    if (!skip_byte(cursor, '@') || !read_prefix(cursor, rule, KJ_FIELD_FROM) || !skip_blank(cursor) ||
        !read_prefix(cursor, rule, KJ_FIELD_TO) || !skip_blank(cursor) || !read_range(cursor, rule, KJ_FIELD_SOURCE_PORT) ||
        !skip_blank(cursor) || !read_range(cursor, rule, KJ_FIELD_PORT) || !skip_blank(cursor) || !read_proto(cursor, rule))
        return FALSE;
    if (skip_blank(cursor) && **cursor != '\0' && !read_flags(cursor))
        return FALSE;
    skip_blank(cursor);
    return **cursor == '\0';
}

static gboolean read_header(const char *line, gpointer record) {
    const char **cursor = &line;
    KjHeader *header = record;

    for (guint field = 0; field < KJ_FIELDS; field++)
        if ((field > 0 && !skip_blank(cursor)) || !read_number(cursor, 10, kj_fields[field].maximum, &header->value[field]))
            return FALSE;
    skip_blank(cursor);
    return **cursor == '\0';
}

typedef gboolean (*ReadLine)(const char *line, gpointer record);

static GArray *parse_lines(const char *text, gsize size, gsize record_size, ReadLine read_line, const char *what, GError **error) {
    g_autoptr(GArray) records = g_array_new(FALSE, TRUE, (guint)record_size);
    guint number = 0;

    for (const char *next, *start = text; start < text + size; start = next) {
        const char *end = memchr(start, '\n', (gsize)(text + size - start));
        if (end == NULL)
            end = text + size;
        next = end + 1;
        number++;
        if (end > start && end[-1] == '\r')
            end--;

        g_autofree char *line = g_strndup(start, (gsize)(end - start));
        if (line[0] == '#' || (line[strspn(line, " \t")] == '\0' && strlen(line) == (gsize)(end - start)))
            continue;
        g_array_set_size(records, records->len + 1);
        gpointer record = records->data + (records->len - 1) * record_size;
        if (strlen(line) != (gsize)(end - start) || !read_line(line, record)) {
            g_set_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_SYNTAX, "line %u is not a %s", number, what);
            return NULL;
        }
    }
    return g_steal_pointer(&records);
}

GArray *kj_ruleset_parse(const char *text, gsize size, GError **error) {
    return parse_lines(text, size, sizeof(KjRule), read_rule, "ClassBench rule", error);
}

GArray *kj_headers_parse(const char *text, gsize size, GError **error) {
    return parse_lines(text, size, sizeof(KjHeader), read_header, "header (from to source_port port proto)", error);
}

/* ---- boxes ---- */

void kj_rule_set_prefix(KjRule *rule, KjField field, guint32 address, guint length) {
    guint32 host_bits = length == 0 ? G_MAXUINT32 : (guint32)((G_GUINT64_CONSTANT(1) << (32 - length)) - 1);

    rule->length[field] = (guint8)length;
    rule->low[field] = address & ~host_bits;
    rule->high[field] = address | host_bits;
}

gboolean kj_rule_is_any(const KjRule *rule, KjField field) {
    return rule->low[field] == 0 && rule->high[field] == kj_fields[field].maximum;
}

gboolean kj_rule_holds(const KjRule *rule, const KjHeader *header) {
    for (guint field = 0; field < KJ_FIELDS; field++)
        if (header->value[field] < rule->low[field] || header->value[field] > rule->high[field])
            return FALSE;
    return TRUE;
}

gboolean kj_rule_covers(const KjRule *outer, const KjRule *inner) {
    for (guint field = 0; field < KJ_FIELDS; field++)
        if (inner->low[field] < outer->low[field] || inner->high[field] > outer->high[field])
            return FALSE;
    return TRUE;
}

gboolean kj_rules_overlap(const KjRule *left, const KjRule *right) {
    for (guint field = 0; field < KJ_FIELDS; field++)
        if (left->low[field] > right->high[field] || right->low[field] > left->high[field])
            return FALSE;
    return TRUE;
}

guint kj_rule_hash(gconstpointer data) {
    const KjRule *rule = data;
    guint hash = 5381;
    for (guint field = 0; field < KJ_FIELDS; field++)
        hash = (hash * 33 ^ rule->low[field]) * 33 ^ rule->high[field];
    return hash * 0x9e3779b1u;
}

gboolean kj_rule_equal(gconstpointer left, gconstpointer right) {
    return kj_rule_covers(left, right) && kj_rule_covers(right, left);
}

gssize kj_ruleset_find(const GArray *rules, const KjHeader *header) {
    for (guint i = 0; i < rules->len; i++)
        if (kj_rule_holds(&g_array_index(rules, KjRule, i), header))
            return i;
    return -1;
}

const char *kj_ruleset_effect(gsize index) {
    return effects[index % G_N_ELEMENTS(effects)];
}

/* ---- writing ---- */

static void print_address(guint32 address, FILE *out) {
    fprintf(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void print_prefix(const KjRule *rule, KjField field, FILE *out) {
    print_address(rule->low[field], out);
    fprintf(out, "/%u", rule->length[field]);
}

void kj_rule_print(const KjRule *rule, FILE *out) {
    gboolean any_proto = kj_rule_is_any(rule, KJ_FIELD_PROTO);

    putc('@', out);
    print_prefix(rule, KJ_FIELD_FROM, out);
    putc('\t', out);
    print_prefix(rule, KJ_FIELD_TO, out);
    fprintf(out, "\t%u : %u", rule->low[KJ_FIELD_SOURCE_PORT], rule->high[KJ_FIELD_SOURCE_PORT]);
    fprintf(out, "\t%u : %u", rule->low[KJ_FIELD_PORT], rule->high[KJ_FIELD_PORT]);
    fprintf(out, "\t0x%02x/0x%02X\t0x0000/0x0000\n", rule->low[KJ_FIELD_PROTO], any_proto ? 0 : 0xff);
}

void kj_header_print(const KjHeader *header, FILE *out) {
    for (guint field = 0; field < KJ_FIELDS; field++)
        fprintf(out, "%s%u", field > 0 ? " " : "", header->value[field]);
    putc('\n', out);
}

static void print_clauses(const KjRule *rule, gboolean whole, FILE *out) {
    for (guint field = 0; field < KJ_FIELDS; field++) {
        if (kj_rule_is_any(rule, field) && !whole)
            continue;
        fprintf(out, " %s ", kj_fields[field].name);
        if (field < KJ_ADDRESSES)
            print_prefix(rule, field, out);
        else if (rule->low[field] == rule->high[field])
            fprintf(out, "%u", rule->low[field]);
        else
            fprintf(out, "%u..%u", rule->low[field], rule->high[field]);
    }
}

void kj_ruleset_print_policy(const GArray *rules, const char *name, gboolean whole, FILE *out) {
    fprintf(out, "# Rule rN is the Nth rule of a ClassBench set; the effects are not part of the set.\n");
    fprintf(out, "firewall %s {\n    default " DEFAULT_EFFECT ";\n", name);
    for (guint i = 0; i < rules->len; i++) {
        fprintf(out, "    r%u: %s", i + 1, kj_ruleset_effect(i));
        print_clauses(&g_array_index(rules, KjRule, i), whole, out);
        fputs(";\n", out);
    }
    fputs("}\n", out);
}

void kj_headers_print_batch(const GArray *headers, FILE *out) {
    for (guint field = 0; field < KJ_FIELDS; field++)
        fprintf(out, "%s%s", field > 0 ? "\t" : "", kj_fields[field].name);
    putc('\n', out);
    for (guint i = 0; i < headers->len; i++) {
        const KjHeader *header = &g_array_index(headers, KjHeader, i);
        for (guint field = 0; field < KJ_FIELDS; field++) {
            if (field > 0)
                putc('\t', out);
            if (field < KJ_ADDRESSES)
                print_address(header->value[field], out);
            else
                fprintf(out, "%u", header->value[field]);
        }
        putc('\n', out);
    }
}

void kj_ruleset_print_answers(const GArray *rules, const GArray *headers, FILE *out) {
    for (guint i = 0; i < headers->len; i++) {
        gssize found = kj_ruleset_find(rules, &g_array_index(headers, KjHeader, i));
        if (found < 0)
            fputs(DEFAULT_EFFECT "\tdefault\n", out);
        else
            fprintf(out, "%s\tr%" G_GSSIZE_FORMAT "\n", kj_ruleset_effect((gsize)found), found + 1);
    }
}
