/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings about rules against brute force: small random policies in each way of combining, every request of which is decided by the reference evaluator,
 * one rule at a time. From who matches what the test works out, by the words of reach.c, redundant.c and order.c and without any algebra, which rules
 * are dead, change nothing, or stand behind rules of another effect; and holds what was told against it: exactly these, covers that cover and of
 * which none can be spared, all that change nothing deletable together.
 *
 *     KIJUN_POLICIES=10000 test_findings     more policies of each kind; KIJUN_SEED=N begins elsewhere
 */
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

#include "../../../compiler/analyse/analyse.h"

#define DOC { "Text.", "文。" }
#define RULES_MOST 9u
#define FIRST_LINE 5 /* of the rules in the text of a policy */

/* ---- domains ---- */

static const char *const kinds[] = { "x", "y", "z", NULL };
static const KjFieldDefinition fields[] = {
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
        .combining = how, .fields = fields, .effects = domain_effects, .parameters = domain_parameters,                                               \
    }
static const KjDomain domains[] = {
    DOMAIN("queue", KJ_COMBINING_FIRST_MATCH, verdicts, rates),
    DOMAIN("court", KJ_COMBINING_STRICTEST, verdicts, rates),
    DOMAIN("council", KJ_COMBINING_ADD_UP, duties, counts),
};

/* ---- policies ---- */

enum { KIND, N, FLAG, WHO, PEER, TAGS, FIELDS };

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

typedef struct {
    GRand *rand;
    const KjDomain *domain;
    gboolean active[FIELDS];
    gboolean timed;
    GString *text;
} Writer;

static gboolean chance(Writer *writer, guint of) {
    return g_rand_int_range(writer->rand, 0, (gint)of) == 0;
}

static const char *choose(Writer *writer, const char *const *list) {
    guint count = 0;

    while (list[count])
        count++;
    return count ? list[g_rand_int_range(writer->rand, 0, (gint)count)] : "";
}

static guint active_field(Writer *writer) {
    guint field;

    do
        field = (guint)g_rand_int_range(writer->rand, 0, FIELDS);
    while (!writer->active[field]);
    return field;
}

static void write_condition(Writer *writer, guint depth) {
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

static void write_effect(Writer *writer) {
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

static void write_rule(Writer *writer, guint number) {
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

/* The rules begin at FIRST_LINE, each on a line of its own. Free with g_free. */
static char *write_policy(Writer *writer) {
    guint rules = (guint)g_rand_int_range(writer->rand, 2, (gint)RULES_MOST);

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

/* ---- every request ---- */

/* What a field may hold: texts, NULL-terminated; "-" missing, "{}" an empty set, "g h" two members. Of the principals two that nobody names. */
static const char *const values[FIELDS][7] = {
    [KIND] = { "x", "y", "z" },
    [N] = { "-", "0", "1", "2", "3" },
    [FLAG] = { "-", "true", "false" },
    [WHO] = { "-", "u", "v", "w", "p", "q" },
    [PEER] = { "-", "u", "v", "w", "p", "q" },
    [TAGS] = { "-", "{}", "g", "h", "g h" },
};

typedef struct {
    const KjBlock *block;
    GPtrArray *requests; /* guint8[]: which rules match, and at the end none */
    gboolean (*ask)(const KjBlock *block, guint rule, const KjFieldText *texts, guint count, gboolean timed, gint64 instant);
} Space;

static gboolean matches(const KjBlock *block, guint rule, const KjFieldText *texts, guint count, gboolean timed, gint64 instant) {
    KjBlock alone = *block;
    KjReferenceVerdict verdict;
    gboolean result;

    alone.rules = &block->rules[rule];
    alone.rule_count = 1;
    kj_reference_decide(&alone, texts, count, timed, instant, &verdict);
    g_assert_cmpint(verdict.outcome, !=, KJ_OUTCOME_ERROR);
    result = verdict.matched->len > 0;
    kj_reference_verdict_clear(&verdict);
    return result;
}

static void add_request(GPtrArray *requests, const KjBlock *block, const GArray *texts, gboolean timed, gint64 instant) {
    guint8 *row = g_new0(guint8, block->rule_count + 1);

    for (guint i = 0; i < block->rule_count; i++)
        row[i] = matches(block, i, (const KjFieldText *)(void *)texts->data, texts->len, timed, instant);
    g_ptr_array_add(requests, row);
}

static void give(GArray *texts, guint field, const char *value) {
    KjFieldText text = { fields[field].name, value };

    if (strcmp(value, "g h") == 0) {
        text.text = "g";
        g_array_append_val(texts, text);
        text.text = "h";
    }
    if (strcmp(value, "{}") == 0)
        text.text = NULL;
    if (strcmp(value, "-") != 0)
        g_array_append_val(texts, text);
}

static void enumerate(GPtrArray *requests, const KjBlock *block, const Writer *writer, guint field, GArray *texts) {
    guint before = texts->len;

    if (field == FIELDS) {
        add_request(requests, block, texts, FALSE, 0);
        for (guint day = 0; day < 7; day++) /* noon, from 2025-12-31 on */
            if (writer->timed)
                add_request(requests, block, texts, TRUE, (20453 + (gint64)day) * 86400 + 43200);
        return;
    }
    for (guint i = 0; values[field][i]; i++) {
        if (!writer->active[field] && field != KIND && i > 0)
            break;
        if (!writer->active[field] && field == KIND && i > 0)
            break;
        give(texts, field, values[field][i]);
        enumerate(requests, block, writer, field + 1, texts);
        g_array_set_size(texts, before);
    }
}

static GPtrArray *all_requests(const KjBlock *block, const Writer *writer) {
    GPtrArray *requests = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) texts = g_array_new(FALSE, FALSE, sizeof(KjFieldText));

    enumerate(requests, block, writer, 0, texts);
    return requests;
}

/* ---- what is right ---- */

typedef struct {
    const KjBlock *block;
    GPtrArray *requests;
} Truth;

static gboolean has_note(const KjNote *notes, guint count, const char *name) {
    for (guint i = 0; i < count; i++) {
        if (strcmp(notes[i].name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean carries(const KjRule *rule, const char *name) {
    return has_note(rule->notes, rule->note_count, name);
}

static const char *const obligations[] = { "log", "alert", NULL };

static guint number_of(const KjRule *rule) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        if (strcmp(rule->parameters[i].definition->name, "count") == 0)
            return (guint)rule->parameters[i].number;
    }
    return 0;
}

static const char *people_of(const KjRule *rule) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        if (strcmp(rule->parameters[i].definition->name, "from") == 0)
            return rule->parameters[i].text;
    }
    return "";
}

static gboolean asks_alike(const KjRule *a, const KjRule *b) {
    return a->effect == b->effect && strcmp(people_of(a), people_of(b)) == 0;
}

/* Whether of the rules in `in` that match, others take this one's say away. */
static gboolean is_silenced(const Truth *truth, const guint8 *row, guint rule, const guint8 *in) {
    const KjRule *rules = truth->block->rules, *own = &rules[rule];
    gboolean named = TRUE, adds[2] = { carries(own, "log"), carries(own, "alert") };

    for (guint j = 0; j < truth->block->rule_count; j++) {
        if (j == rule || !in[j] || !row[j])
            continue;
        switch (truth->block->domain->combining) {
        case KJ_COMBINING_FIRST_MATCH:
            if (j < rule)
                return TRUE;
            break;
        case KJ_COMBINING_STRICTEST:
            if (rules[j].effect > own->effect)
                return TRUE;
            if (rules[j].effect < own->effect || j > rule)
                break;
            named = FALSE;
            for (guint i = 0; i < 2; i++)
                adds[i] = adds[i] && !carries(&rules[j], obligations[i]);
            break;
        case KJ_COMBINING_ADD_UP:
            break;
        }
    }
    return !named && !adds[0] && !adds[1];
}

static gboolean is_dead_among(const Truth *truth, guint rule, const guint8 *in) {
    for (guint r = 0; r < truth->requests->len; r++) {
        const guint8 *row = truth->requests->pdata[r];

        if (row[rule] && !is_silenced(truth, row, rule, in))
            return FALSE;
    }
    return TRUE;
}

static gboolean never_matches(const Truth *truth, guint rule) {
    for (guint r = 0; r < truth->requests->len; r++) {
        if (((const guint8 *)truth->requests->pdata[r])[rule])
            return FALSE;
    }
    return TRUE;
}

static void append_obligations(GString *out, const KjBlock *block, gint rule, gboolean *told) {
    const KjNote *notes = rule < 0 ? block->default_notes : block->rules[rule].notes;
    guint count = rule < 0 ? block->default_note_count : block->rules[rule].note_count;

    for (guint i = 0; i < 2; i++) {
        if (has_note(notes, count, obligations[i]) && !told[i])
            told[i] = TRUE;
    }
    (void)out;
}

/* What the rules in `in` decide, as a text. Free with g_free. */
static char *decision(const Truth *truth, const guint8 *row, const guint8 *in) {
    const KjBlock *block = truth->block;
    GString *out = g_string_new(NULL);
    gboolean told[2] = { FALSE, FALSE };
    gint first = -1;

    for (guint j = 0; j < block->rule_count; j++) {
        const KjRule *rule = &block->rules[j];

        if (!in[j] || !row[j])
            continue;
        if (block->domain->combining == KJ_COMBINING_ADD_UP) {
            gboolean most = TRUE;
            for (guint k = 0; k < block->rule_count; k++)
                most = most && !(k != j && in[k] && row[k] && asks_alike(&block->rules[k], rule) &&
                                 (number_of(&block->rules[k]) > number_of(rule) || (number_of(&block->rules[k]) == number_of(rule) && k < j)));
            if (most)
                first = 0;
            continue;
        }
        if (first < 0 || (block->domain->combining == KJ_COMBINING_STRICTEST && rule->effect > block->rules[first].effect)) {
            first = (gint)j;
            told[0] = told[1] = FALSE;
        }
        if ((gint)j == first || (block->domain->combining == KJ_COMBINING_STRICTEST && rule->effect == block->rules[first].effect))
            append_obligations(out, block, (gint)j, told);
    }
    if (block->domain->combining == KJ_COMBINING_ADD_UP) {
        for (guint number = 1; number < 4; number++) /* what is asked for, in one order whoever asks */
            for (guint effect = 0; effect < 2; effect++)
                for (guint people = 1; people <= 2; people++)
                    for (guint j = 0; j < block->rule_count; j++) {
                        const KjRule *rule = &block->rules[j];
                        gboolean most = in[j] && row[j] && number_of(rule) == number && rule->effect == effect && strstr(people_of(rule), people == 1 ? "g1" : "g2");
                        for (guint k = 0; most && k < block->rule_count; k++)
                            most = !(in[k] && row[k] && asks_alike(&block->rules[k], rule) &&
                                     (number_of(&block->rules[k]) > number || (number_of(&block->rules[k]) == number && k < j)));
                        if (most)
                            g_string_append_printf(out, "%u %u %u;", number, effect, people);
                    }
        return g_string_free(out, FALSE);
    }
    if (first < 0)
        append_obligations(out, block, -1, told);
    g_string_append_printf(out, "%u", first < 0 ? block->default_effect : block->rules[first].effect);
    if (first >= 0 && block->rules[first].parameter_count && block->domain->combining == KJ_COMBINING_FIRST_MATCH)
        g_string_append_printf(out, " limit %d", first); /* a counter of its own */
    if (first >= 0 && block->rules[first].parameter_count && block->domain->combining == KJ_COMBINING_STRICTEST)
        g_string_append_printf(out, " limit %d", first);
    g_string_append_printf(out, "%s%s", told[0] ? " log" : "", told[1] ? " alert" : "");
    return g_string_free(out, FALSE);
}

static gboolean decide_alike(const Truth *truth, const guint8 *a, const guint8 *b) {
    for (guint r = 0; r < truth->requests->len; r++) {
        g_autofree char *left = decision(truth, truth->requests->pdata[r], a), *right = decision(truth, truth->requests->pdata[r], b);

        if (strcmp(left, right) != 0)
            return FALSE;
    }
    return TRUE;
}

/* ---- what was told ---- */

typedef struct {
    guint8 dead[RULES_MOST], impossible[RULES_MOST], redundant[RULES_MOST], like_default[RULES_MOST], crossing[RULES_MOST];
    guint8 cover[RULES_MOST][RULES_MOST];
    guint number[RULES_MOST]; /* in the sentence of KJ0306 */
    guint uncrossed;          /* of KJ0307 */
    guint others;             /* codes that should not be there */
} Told;

static guint number_in(const char *sentence, const char *before) {
    const char *at = strstr(sentence, before);

    g_assert_nonnull(at);
    return (guint)strtoul(at + strlen(before), NULL, 10);
}

static void read_one(JsonObject *one, Told *told) {
    const char *code = json_object_get_string_member(one, "code"), *message = json_object_get_string_member(one, "message");
    guint rule = (guint)json_object_get_int_member(one, "line") - FIRST_LINE;
    JsonArray *related = json_object_get_array_member(one, "related");

    g_assert_cmpuint(rule, <, RULES_MOST);
    if (strcmp(code, "KJ0301") == 0) {
        told->dead[rule] = TRUE;
        for (guint i = 0; i < json_array_get_length(related); i++)
            told->cover[rule][json_object_get_int_member(json_array_get_object_element(related, i), "line") - FIRST_LINE] = TRUE;
    } else if (strcmp(code, "KJ0302") == 0) {
        told->impossible[rule] = TRUE;
    } else if (strcmp(code, "KJ0303") == 0 || strcmp(code, "KJ0304") == 0) {
        told->redundant[rule] = TRUE;
        told->like_default[rule] = code[5] == '4';
    } else if (strcmp(code, "KJ0306") == 0) {
        told->crossing[rule] = TRUE;
        told->number[rule] = number_in(message, "before it (");
    } else if (strcmp(code, "KJ0307") == 0) {
        told->uncrossed = number_in(message, "not shown: ");
    } else {
        g_printerr("%s: %s\n", code, message);
        told->others++;
    }
}

static void read_all(const KjDiagnostics *diagnostics, const KjSources *sources, Told *told) {
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GString) text = g_string_new(NULL);
    JsonArray *list;

    kj_diagnostics_print_json(diagnostics, sources, text);
    g_assert_true(json_parser_load_from_data(parser, text->str, -1, NULL));
    list = json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "diagnostics");
    for (guint i = 0; i < json_array_get_length(list); i++)
        read_one(json_array_get_object_element(list, i), told);
}

/* ---- holding the one against the other ---- */

static gboolean right(gboolean holds, const char *what, guint rule) {
    if (!holds)
        g_printerr("r%u: %s\n", rule, what);
    return holds;
}

static gboolean check_dead(const Truth *truth, const Told *told) {
    guint count = truth->block->rule_count;
    guint8 all[RULES_MOST];
    gboolean good = TRUE;

    memset(all, TRUE, sizeof all);
    for (guint i = 0; i < count; i++) {
        gboolean impossible = never_matches(truth, i), dead = !impossible && is_dead_among(truth, i, all);
        guint8 cover[RULES_MOST];

        good = right(told->impossible[i] == impossible, "impossible or not", i) && good;
        good = right(told->dead[i] == dead, dead ? "is dead" : "is not dead", i) && good;
        if (!dead || !told->dead[i])
            continue;
        memcpy(cover, told->cover[i], sizeof cover);
        good = right(is_dead_among(truth, i, cover), "the cover covers", i) && good;
        for (guint j = 0; j < count; j++) {
            if (!told->cover[i][j])
                continue;
            cover[j] = FALSE;
            good = right(!is_dead_among(truth, i, cover), "none of the cover can be spared", i) && good;
            cover[j] = TRUE;
        }
    }
    return good;
}

static gboolean is_exempt(const Truth *truth, guint rule) {
    const KjRule *asked = &truth->block->rules[rule];

    return carries(asked, "message") || (truth->block->domain->effects[asked->effect].flags & KJ_EFFECT_LIMITS);
}

/* Whether somewhere the rule has a say and of those that stay none matches. */
static gboolean falls_to_default(const Truth *truth, guint rule, const guint8 *stays) {
    guint8 all[RULES_MOST];

    memset(all, TRUE, sizeof all);
    for (guint r = 0; r < truth->requests->len; r++) {
        const guint8 *row = truth->requests->pdata[r];
        gboolean other = !row[rule] || is_silenced(truth, row, rule, all);

        for (guint j = 0; j < truth->block->rule_count; j++)
            other = other || (row[j] && stays[j]);
        if (!other)
            return truth->block->domain->combining != KJ_COMBINING_ADD_UP; /* it has none */
    }
    return FALSE;
}

static gboolean check_redundant(const Truth *truth, const Told *told) {
    guint count = truth->block->rule_count;
    guint8 all[RULES_MOST], stays[RULES_MOST];
    gboolean good;

    memset(all, TRUE, sizeof all);
    for (guint i = 0; i < count; i++)
        stays[i] = !told->dead[i] && !told->impossible[i] && !told->redundant[i];
    good = right(decide_alike(truth, all, stays), "all that are told can go together", 0);
    for (guint i = 0; i < count; i++) {
        if (told->redundant[i]) {
            good = right(!is_exempt(truth, i), "a limit or a message is missed", i) && good;
            good = right(told->like_default[i] == falls_to_default(truth, i, stays), "the default or not", i) && good;
        } else if (stays[i] && !is_exempt(truth, i)) {
            stays[i] = FALSE;
            good = right(!decide_alike(truth, all, stays), "changes nothing and is not told", i) && good;
            stays[i] = TRUE;
        }
    }
    return good;
}

static gboolean is_inside(const Truth *truth, guint inner, guint outer) {
    for (guint r = 0; r < truth->requests->len; r++) {
        const guint8 *row = truth->requests->pdata[r];

        if (row[inner] && !row[outer])
            return FALSE;
    }
    return TRUE;
}

/* Whether some request of both is decided by the first. */
static gboolean overrules(const Truth *truth, guint first, guint second) {
    for (guint r = 0; r < truth->requests->len; r++) {
        const guint8 *row = truth->requests->pdata[r];
        guint j = 0;

        while (j < first && !row[j])
            j++;
        if (j == first && row[first] && row[second])
            return TRUE;
    }
    return FALSE;
}

static gboolean check_order(const Truth *truth, const Told *told) {
    guint uncrossed = 0;
    gboolean good = TRUE;

    for (guint i = 0; i < truth->block->rule_count; i++) {
        guint crossing = 0, inside = 0;

        for (guint j = 0; j < i && !told->dead[i] && !told->impossible[i] && truth->block->domain->combining == KJ_COMBINING_FIRST_MATCH; j++) {
            if (truth->block->rules[j].effect != truth->block->rules[i].effect && overrules(truth, j, i))
                *(is_inside(truth, j, i) ? &inside : &crossing) += 1;
        }
        good = right(told->crossing[i] == (crossing > 0) && (!crossing || told->number[i] == crossing), "order decides", i) && good;
        uncrossed += !crossing && inside;
    }
    return right(told->uncrossed == uncrossed, "order decides for so many more", uncrossed) && good;
}

static gboolean check_policy(const char *text, const Writer *writer) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GPtrArray) requests = NULL;
    KjAnalysis analysis = { .at = 1767225600, .day = 20454, .soon = 30 };
    Told told = { 0 };
    Truth truth;
    gboolean good;

    kj_compilation_load_text(compilation, "b.pol", text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) out = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, out);
        g_error("%s", out->str);
    }
    kj_find_in_rules(compilation->policy, &analysis, diagnostics);
    read_all(diagnostics, compilation->sources, &told);
    requests = all_requests(compilation->policy->blocks, writer);
    truth = (Truth){ compilation->policy->blocks, requests };
    good = right(told.others == 0, "other codes", 0);
    good = check_dead(&truth, &told) && good;
    good = check_redundant(&truth, &told) && good;
    return check_order(&truth, &told) && good;
}

static void test_random(gconstpointer data) {
    const char *number = g_getenv("KIJUN_POLICIES"), *start = g_getenv("KIJUN_SEED");
    guint64 count = number ? g_ascii_strtoull(number, NULL, 10) : 150, first = start ? g_ascii_strtoull(start, NULL, 10) : 1;

    for (guint64 seed = first; seed < first + count; seed++) {
        Writer writer = { .rand = g_rand_new_with_seed((guint32)seed), .domain = data };
        g_autofree char *text = write_policy(&writer);

        if (!check_policy(text, &writer)) {
            g_printerr("seed %" G_GUINT64_FORMAT ", %s:\n%s", seed, writer.domain->name, text);
            g_test_fail();
        }
        g_rand_free(writer.rand);
        if (g_test_failed())
            return;
    }
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_autofree char *path = g_strdup_printf("/findings/random/%s", domains[i].name);

        kj_plugin_register(&domains[i], &error);
        g_assert_no_error(error);
        g_test_add_data_func(path, &domains[i], test_random);
    }
    return g_test_run();
}
