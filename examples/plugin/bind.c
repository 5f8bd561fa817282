/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as an update-policy statement of BIND 9, for the zone it speaks of.
 *
 * BIND asks its lines in order and the first that matches decides; what none matches is refused. That is a first-match block with a refusing
 * default. A line is `grant KEY name NAME TYPES` for one name, `grant KEY zonesub TYPES` for every name of the zone, and the same
 * with `deny`. So a rule can be written when it lists its keys (or leaves them free: `*`), lists its names or leaves them free, and lists its
 * types. Whatever else a rule says (a TTL, adding alone, a time, `hold`, something to log) has no words in BIND and is refused: a target never
 * writes something near to the policy.
 *
 * BIND compares names without regard to capitals, the policy exactly, and the request reader hands on small letters: a name with a capital
 * matches no request, but would match in BIND. So names with capitals are refused too, and types with small letters.
 */
#include <stdarg.h>
#include <string.h>

#include <kijun/view.h>

#include "dns.h"

typedef struct {
    const KjTable *table;
    KjBlockView block;
    const char *zone; /* the one zone, once a rule has named it */
} Bind;

/* What one box of a rule says: NULL for a field that is left free. */
typedef struct {
    GPtrArray *keys, *zones, *names, *records;
} Box;

G_GNUC_PRINTF(3, 4)
static gboolean refuse(const KjRuleView *rule, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, "%s:%u: rule `%s`: %s", rule->file, rule->line, rule->label, why);
    return FALSE;
}

/* ---- what a rule says ---- */

/* The values of a test, when it lists them. */
static gboolean read_values(const Bind *bind, const KjRuleView *rule, const KjTestView *test, const char *field, GPtrArray **values,
                            GError **error) {
    *values = g_ptr_array_new();
    for (guint i = 0; i < test->interval_count; i++) {
        KjClassInterval interval = kj_view_interval(bind->table, test->first_interval + i);
        for (guint32 klass = MAX(interval.low, 1); klass <= interval.high; klass++) /* class 0 is missing; required fields never are */
            if (!kj_view_class_values(bind->table, bind->block.first_field + test->field, klass, *values))
                return refuse(rule, error, "it means every `%s` but some; BIND can only list those that are meant", field);
    }
    return TRUE;
}

static gboolean read_test(const Bind *bind, const KjRuleView *rule, const KjTestView *test, Box *box, GError **error) {
    KjFieldView field;
    kj_view_field(bind->table, bind->block.first_field + test->field, &field);
    const struct {
        const char *name;
        GPtrArray **values;
    } places[] = { { "key", &box->keys }, { "origin", &box->zones }, { "name", &box->names }, { "record", &box->records } };
    for (guint i = 0; field.kind == KJ_FIELD_KIND_VALUE && i < G_N_ELEMENTS(places); i++)
        if (strcmp(field.name, places[i].name) == 0)
            return read_values(bind, rule, test, field.name, places[i].values, error);
    return refuse(rule, error, "BIND has no words for `%s`", field.name);
}

/* A name both sides read alike. */
static gboolean is_plain(const char *name, const char *letters) {
    gsize length = strlen(name);
    return length > 0 && strspn(name, letters) == length && name[0] != '.' && name[length - 1] != '.' && !strstr(name, "..");
}

static gboolean check_names(const KjRuleView *rule, const GPtrArray *names, GError **error) {
    for (guint i = 0; names && i < names->len; i++)
        if (!is_plain(names->pdata[i], "abcdefghijklmnopqrstuvwxyz0123456789-_."))
            return refuse(rule, error, "`%s` is no name that BIND and the policy read alike; write small letters, digits, `-`, `_`, no dot at the end",
                          (const char *)names->pdata[i]);
    return TRUE;
}

static gboolean check_records(const KjRuleView *rule, const GPtrArray *records, GError **error) {
    if (!records)
        return refuse(rule, error, "it means records of every type; list the types with `record`");
    for (guint i = 0; i < records->len; i++)
        if (!is_plain(records->pdata[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") || strcmp(records->pdata[i], "ANY") == 0)
            return refuse(rule, error, "`%s` is no type of a record", (const char *)records->pdata[i]);
    return TRUE;
}

/* The statement stands in one zone, so every rule must name it. */
static gboolean check_zone(Bind *bind, const KjRuleView *rule, const GPtrArray *zones, GError **error) {
    if (!zones || zones->len != 1)
        return refuse(rule, error, "an update-policy belongs to one zone; name it with `origin`");
    if (bind->zone && strcmp(bind->zone, zones->pdata[0]) != 0)
        return refuse(rule, error, "it speaks of the zone `%s`, a rule before it of `%s`; make two blocks", (const char *)zones->pdata[0],
                      bind->zone);
    bind->zone = zones->pdata[0];
    return check_names(rule, zones, error);
}

/* ---- what is written ---- */

static void write_line(const char *word, const char *key, const char *name, const GPtrArray *records, const char *label, GString *out) {
    g_string_append_printf(out, "    %s \"%s\"", word, key);
    if (name)
        g_string_append_printf(out, " name \"%s.\"", name);
    else
        g_string_append(out, " zonesub");
    for (guint i = 0; i < records->len; i++)
        g_string_append_printf(out, " %s", (const char *)records->pdata[i]);
    g_string_append_printf(out, "; // %s\n", label);
}

static void write_box(const Box *box, const char *word, const char *label, GString *out) {
    for (guint k = 0; k < (box->keys ? box->keys->len : 1); k++) {
        g_autofree char *key = box->keys ? g_strconcat(box->keys->pdata[k], ".", NULL) : g_strdup("*");
        for (guint n = 0; n < (box->names ? box->names->len : 1); n++)
            write_line(word, key, box->names ? box->names->pdata[n] : NULL, box->records, label, out);
    }
}

static gboolean emit_box(Bind *bind, const KjRuleView *rule, guint index, const char *word, GString *out, GError **error) {
    Box box = { NULL, NULL, NULL, NULL };
    guint first, count;
    gboolean good = TRUE;
    kj_view_box(bind->table, index, &first, &count);
    for (guint i = 0; i < count && good; i++) {
        KjTestView test;
        kj_view_test(bind->table, first + i, &test);
        good = read_test(bind, rule, &test, &box, error);
    }
    good = good && check_zone(bind, rule, box.zones, error) && check_names(rule, box.keys, error) && check_names(rule, box.names, error) &&
           check_records(rule, box.records, error);
    if (good)
        write_box(&box, word, rule->label, out);
    g_clear_pointer(&box.keys, g_ptr_array_unref);
    g_clear_pointer(&box.zones, g_ptr_array_unref);
    g_clear_pointer(&box.names, g_ptr_array_unref);
    g_clear_pointer(&box.records, g_ptr_array_unref);
    return good;
}

static gboolean has_obligation(const KjTable *table, guint first, guint count) {
    for (guint i = first; i < first + count; i++) {
        KjNoteView note;
        kj_view_note(table, i, &note);
        if (note.obligation)
            return TRUE;
    }
    return FALSE;
}

static gboolean emit_rule(Bind *bind, guint index, GString *out, GError **error) {
    KjRuleView rule;
    KjEffectView effect;
    kj_view_rule(bind->table, index, &rule);
    kj_view_effect(bind->table, bind->block.first_effect + rule.effect, &effect);
    if (effect.flags & KJ_EFFECT_HOLDS)
        return refuse(&rule, error, "BIND cannot hold a change; write `deny` and ask for the change by another way");
    if (has_obligation(bind->table, rule.first_note, rule.note_count))
        return refuse(&rule, error, "BIND cannot log or tell anybody of one rule; leave the annotation out");
    for (guint i = 0; i < rule.box_count; i++)
        if (!emit_box(bind, &rule, rule.first_box + i, effect.flags & KJ_EFFECT_REFUSES ? "deny" : "grant", out, error))
            return FALSE;
    return TRUE;
}

gboolean dns_emit_bind(const KjTable *table, guint block, GString *out, GError **error) {
    Bind bind = { .table = table };
    KjEffectView effect;
    g_autoptr(GString) lines = g_string_new(NULL);
    kj_view_block(table, block, &bind.block);
    kj_view_effect(table, bind.block.first_effect + bind.block.default_effect, &effect);
    if (!(effect.flags & KJ_EFFECT_REFUSES) || has_obligation(table, bind.block.first_default_note, bind.block.default_note_count)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, "block `%s`: what no line matches BIND refuses and tells nobody; write `default deny;`",
                    bind.block.name);
        return FALSE;
    }
    for (guint i = 0; i < bind.block.rule_count; i++)
        if (!emit_rule(&bind, bind.block.first_rule + i, lines, error))
            return FALSE;
    g_string_append_printf(out, "// %s.%s, written by kijun; for the statement `zone \"%s\"` of named.conf\nupdate-policy {\n%s};\n",
                           bind.block.module, bind.block.name, bind.zone ? bind.zone : "", lines->str);
    return TRUE;
}
