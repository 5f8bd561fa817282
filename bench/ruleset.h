/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ClassBench rule sets and traces as boxes and points over five numbers, and their meaning: the first rule
 * in line order whose box holds the point.
 *
 * A rule line, as in Taylor and Turner, "ClassBench: a packet classification benchmark" (2007):
 *
 *     @SIP/len DIP/len SPlo : SPhi DPlo : DPhi proto/mask(hex) [flags/mask]
 *
 * A header line is the five numbers in decimal, in the order of KjField.
 */
#ifndef KJ_BENCH_RULESET_H
#define KJ_BENCH_RULESET_H

#include <glib.h>
#include <stdio.h>

typedef enum { KJ_FIELD_FROM, KJ_FIELD_TO, KJ_FIELD_SOURCE_PORT, KJ_FIELD_PORT, KJ_FIELD_PROTO, KJ_FIELDS } KjField;

#define KJ_ADDRESSES 2 /* the first fields, from and to, are addresses with prefixes */

typedef struct {
    const char *name; /* as the firewall domain calls it */
    guint32 maximum;
} KjFieldInfo;

extern const KjFieldInfo kj_fields[KJ_FIELDS];

typedef struct {
    guint32 low[KJ_FIELDS]; /* both ends included, low <= high */
    guint32 high[KJ_FIELDS];
    guint8 length[KJ_ADDRESSES]; /* prefix lengths, 0..32, in agreement with low and high */
} KjRule;

typedef struct {
    guint32 value[KJ_FIELDS];
} KjHeader;

typedef enum {
    KJ_RULESET_ERROR_SYNTAX,
    KJ_RULESET_ERROR_ROOM, /* the generator cannot make that many different rules */
} KjRulesetError;

#define KJ_RULESET_ERROR (kj_ruleset_error_quark())
GQuark kj_ruleset_error_quark(void);

/* Text to an array of KjRule or KjHeader, which the caller owns; NULL and an error that names the line if a
 * line is not what it should be. `text` is `size` bytes with a NUL after them. Blank lines and lines that
 * begin with `#` are skipped. Host bits of a prefix are cleared, flags are read and dropped. */
GArray *kj_ruleset_parse(const char *text, gsize size, GError **error);
GArray *kj_headers_parse(const char *text, gsize size, GError **error);

/* Writes one line of the formats above; parsing it gives the same rule or header. */
void kj_rule_print(const KjRule *rule, FILE *out);
void kj_header_print(const KjHeader *header, FILE *out);

/* Makes field `field` of `rule` the prefix of `address` with `length` bits (0..32). */
void kj_rule_set_prefix(KjRule *rule, KjField field, guint32 address, guint length);

gboolean kj_rule_is_any(const KjRule *rule, KjField field);
gboolean kj_rule_holds(const KjRule *rule, const KjHeader *header);
gboolean kj_rule_covers(const KjRule *outer, const KjRule *inner);
gboolean kj_rules_overlap(const KjRule *left, const KjRule *right);

/* For GHashTable: rules are equal when their boxes are. */
guint kj_rule_hash(gconstpointer rule);
gboolean kj_rule_equal(gconstpointer left, gconstpointer right);

/* The index of the first rule that holds `header`, or -1. A plain scan: this is the definition. */
gssize kj_ruleset_find(const GArray *rules, const KjHeader *header);

/* The effect given to the rule at `index`. ClassBench rules have none; they take turns, so that a wrong rule
 * shows up as a wrong effect more often than not. */
const char *kj_ruleset_effect(gsize index);

/* Writes the rules as a Kijun policy with one firewall block `name`. With `whole` a field that holds its whole range is written too: a rule without it
 * means packets that ClassBench does not have as well, of IPv6 and without ports. */
void kj_ruleset_print_policy(const GArray *rules, const char *name, gboolean whole, FILE *out);

/* Writes headers as the rows that `kijun decide --batch` reads. */
void kj_headers_print_batch(const GArray *headers, FILE *out);

/* Writes what `kijun decide --batch` has to answer to those rows under that policy. */
void kj_ruleset_print_answers(const GArray *rules, const GArray *headers, FILE *out);

#endif
