/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See finding_policy.h. */
#include "finding_policy.h"

#include <string.h>

#define DOC { "Text.", "文。" }

/* ---- domains ---- */

static const char *const kinds[] = { "x", "y", "z", NULL };
const KjFieldDefinition finding_fields[] = {
    { .name = "kind", .type = KJ_TYPE_SYMBOL, .values = kinds, .flags = KJ_FIELD_REQUIRED, .phrase = { "of kind {}", "種類が{}" }, .doc = DOC },
    { .name = "n", .type = KJ_TYPE_INTEGER, .high = 3, .phrase = { "n {}", "nが{}" }, .doc = DOC },
    { .name = "flag", .type = KJ_TYPE_BOOL, .phrase = { "flagged", "旗あり" }, .doc = DOC },
    { .name = "who", .type = KJ_TYPE_PRINCIPAL, .phrase = { "by {}", "主体が{}" }, .doc = DOC },
    { .name = "peer", .type = KJ_TYPE_PRINCIPAL, .phrase = { "with {}", "相手が{}" }, .doc = DOC },
    { .name = "tags", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_SET, .phrase = { "tagged {}", "札に{}を含む" }, .doc = DOC },
    { .name = NULL },
};
static const char *const limiting[] = { "limit", NULL }, *const asking[] = { "require", "ratify", NULL };
static const KjEffectDefinition verdicts[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = DOC },
    { .name = "limit", .flags = KJ_EFFECT_LIMITS, .phrase = { "limit", "制限する" }, .doc = DOC },
    { .name = "hold", .flags = KJ_EFFECT_HOLDS, .phrase = { "hold", "保留する" }, .doc = DOC },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = DOC },
    { .name = NULL },
};
static const KjEffectDefinition duties[] = {
    { .name = "require", .flags = KJ_EFFECT_REQUIRES, .phrase = { "require", "求める" }, .doc = DOC },
    { .name = "ratify", .phrase = { "ratify", "追認を求める" }, .doc = DOC },
    { .name = NULL },
};
static const KjParameterDefinition rates[] = {
    { .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limiting, .required = TRUE, .phrase = { "at {}", "頻度は{}" }, .doc = DOC },
    { .name = NULL },
};
static const KjParameterDefinition counts[] = {
    { .name = "count", .kind = KJ_PARAMETER_INTEGER, .effects = asking, .required = TRUE, .phrase = { "{} of", "{}名" }, .doc = DOC },
    { .name = "from", .kind = KJ_PARAMETER_GROUP, .effects = asking, .required = TRUE, .phrase = { "from {}", "{}から" }, .doc = DOC },
    { .name = NULL },
};

#define DOMAIN(domain_name, how, domain_effects, domain_parameters)                                                                                   \
    {                                                                                                                                                 \
        .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = domain_name, .version = "1", .doc = DOC, .subject = { "things", "もの" },             \
        .combining = how, .fields = finding_fields, .effects = domain_effects, .parameters = domain_parameters,                                               \
    }
const KjDomain finding_domains[FINDING_DOMAINS] = {
    DOMAIN("queue", KJ_COMBINING_FIRST_MATCH, verdicts, rates),
    DOMAIN("court", KJ_COMBINING_STRICTEST, verdicts, rates),
    DOMAIN("council", KJ_COMBINING_ADD_UP, duties, counts),
};

/* ---- policies ---- */

static const char *const conditions[FIELDS][10] = {
    [KIND] = { "kind == x", "kind in { x, y }", "kind != z", "kind == y" },
    [N] = { "n == 1", "n < 2", "n in { 0, 2..3 }", "n != 2", "n >= 0", "n < 1", "n > 0" },
    [FLAG] = { "flag", "not flag", "flag == false" },
    [WHO] = { "who == \"u\"", "who in { \"u\", \"v\" }", "who != \"u\"", "who == peer", "who != peer" },
    [PEER] = { "peer == \"u\"", "peer != \"v\"", "peer == who", "peer == \"w\"" },
    [TAGS] = { "tags has { g }", "tags has { g, h }", "not tags has { h }", "tags has { h }" },
};
static const char *const clauses[FIELDS][10] = {
    [KIND] = { " kind x", " kind { y, z }", " kind not x", " kind any" },
    [N] = { " n 0..2", " n { 1, none }", " n none", " n not none", " n 3", " n 0..3", " n not 1" },
    [FLAG] = { " flag true", " flag { false, none }", " flag none" },
    [WHO] = { " who \"u\"", " who not \"v\"", " who none", " who not none", " who { \"u\", \"v\", none }" },
    [PEER] = { " peer \"u\"", " peer not none", " peer { \"v\", none }" },
    [TAGS] = { NULL },
};
static const char *const windows[] = { "{ 2026-01-02..2026-01-04 }", "{ 2026-01-03 }", "{ 2026-01-01..2026-01-02, 2026-01-05 }", NULL };
static const char *const annotations[] = { " @log", " @alert", " @log @alert", " @message(\"no\")", " @until(2026-01-03)", " @from(2026-01-03)", NULL };

static gboolean chance(FindingWriter *writer, guint of) {
    return g_rand_int_range(writer->rand, 0, (gint)of) == 0;
}

static const char *choose(FindingWriter *writer, const char *const *list) {
    guint count = 0;

    while (list[count])
        count++;
    return count ? list[g_rand_int_range(writer->rand, 0, (gint)count)] : "";
}

static guint active_field(FindingWriter *writer) {
    guint field;

    do
        field = (guint)g_rand_int_range(writer->rand, 0, FIELDS);
    while (!writer->active[field]);
    return field;
}

static void write_condition(FindingWriter *writer, guint depth) {
    guint form = (guint)g_rand_int_range(writer->rand, 0, depth ? 6 : 3);

    if (form == 3) {
        g_string_append(writer->text, "not (");
        write_condition(writer, depth - 1);
        g_string_append_c(writer->text, ')');
    } else if (form > 3) {
        g_string_append_c(writer->text, '(');
        write_condition(writer, depth - 1);
        g_string_append(writer->text, form == 4 ? " and " : " or ");
        write_condition(writer, depth - 1);
        g_string_append_c(writer->text, ')');
    } else if (writer->timed && chance(writer, 5)) {
        g_string_append_printf(writer->text, "during %s", choose(writer, windows));
    } else {
        g_string_append(writer->text, choose(writer, conditions[active_field(writer)]));
    }
}

static void write_effect(FindingWriter *writer) {
    const KjEffectDefinition *effects = writer->domain->effects;
    guint count = 0, effect;

    while (effects[count].name)
        count++;
    effect = (guint)g_rand_int_range(writer->rand, 0, (gint)count);
    g_string_append(writer->text, effects[effect].name);
    if (writer->domain->parameters == counts)
        g_string_append_printf(writer->text, " count %d from %s", g_rand_int_range(writer->rand, 1, 4), chance(writer, 2) ? "g1" : "g2");
    if (effects[effect].flags & KJ_EFFECT_LIMITS)
        g_string_append_printf(writer->text, " rate %d/1d", g_rand_int_range(writer->rand, 1, 3));
}

static void write_rule(FindingWriter *writer, guint number) {
    g_string_append_printf(writer->text, "r%u: ", number);
    write_effect(writer);
    for (guint i = 0; i < FIELDS; i++) {
        if (writer->active[i] && chance(writer, 3))
            g_string_append(writer->text, choose(writer, clauses[i]));
    }
    if (writer->timed && chance(writer, 6))
        g_string_append_printf(writer->text, " during %s", choose(writer, windows));
    if (chance(writer, 3)) {
        g_string_append(writer->text, " when ");
        write_condition(writer, 2);
    }
    if (chance(writer, 4)) {
        g_string_append(writer->text, " unless ");
        write_condition(writer, 1);
    }
    if (chance(writer, 3)) {
        const char *annotation = choose(writer, annotations);
        if (writer->timed || annotation[2] == 'l' || annotation[2] == 'a' || annotation[2] == 'm')
            g_string_append(writer->text, annotation);
    }
    g_string_append(writer->text, ";\n");
}

char *finding_policy_write(FindingWriter *writer) {
    guint rules = (guint)g_rand_int_range(writer->rand, 2, (gint)FINDING_RULES);

    writer->text = g_string_new("group g1 = { \"u\" };\ngroup g2 = { \"v\" };\n");
    g_string_append_printf(writer->text, "%s b {\n", writer->domain->name);
    if (writer->domain->combining != KJ_COMBINING_ADD_UP)
        g_string_append_printf(writer->text, "default %s%s;\n", chance(writer, 3) ? "allow" : "deny", chance(writer, 4) ? " @log" : "");
    else
        g_string_append_c(writer->text, '\n');
    writer->timed = chance(writer, 2);
    memset(writer->active, 0, sizeof writer->active);
    for (guint i = 0; i < 3; i++)
        writer->active[g_rand_int_range(writer->rand, 0, FIELDS)] = TRUE;
    if (writer->active[WHO] || writer->active[PEER])
        writer->active[WHO] = writer->active[PEER] = TRUE;
    for (guint i = 0; i < rules; i++)
        write_rule(writer, i);
    g_string_append(writer->text, "}\n");
    return g_string_free(writer->text, FALSE);
}
