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
#include "finding_policy.h"

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
    KjFieldText text = { finding_fields[field].name, value };

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

static void enumerate(GPtrArray *requests, const KjBlock *block, const FindingWriter *writer, guint field, GArray *texts) {
    guint before = texts->len;

    if (field == FIELDS) {
        add_request(requests, block, texts, FALSE, 0);
        for (guint day = 0; day < 7; day++) /* noon, from 2025-12-31 on */
            if (writer->timed)
                add_request(requests, block, texts, TRUE, (20453 + (gint64)day) * 86400 + 43200);
        return;
    }
    for (guint i = 0; values[field][i]; i++) {
        if (!writer->active[field] && i > 0)
            break; /* no rule speaks of it */
        give(texts, field, values[field][i]);
        enumerate(requests, block, writer, field + 1, texts);
        g_array_set_size(texts, before);
    }
}

static GPtrArray *all_requests(const KjBlock *block, const FindingWriter *writer) {
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

static gint compare_texts(const char *const *a, const char *const *b) {
    return strcmp(*a, *b);
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

/* What is asked for and how often, in one order whoever asks. */
static void append_requirements(const Truth *truth, const guint8 *row, const guint8 *in, GString *out) {
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (guint j = 0; j < truth->block->rule_count; j++) {
        const KjRule *rule = &truth->block->rules[j];

        if (in[j] && row[j])
            g_ptr_array_add(texts, g_strdup_printf("%u %s %u;", rule->effect, people_of(rule), number_of(rule)));
    }
    g_ptr_array_sort(texts, (GCompareFunc)compare_texts);
    for (guint i = 0; i < texts->len; i++)
        g_string_append(out, texts->pdata[i]);
}

/* The rule that is named, -1 for the default, with what it and those it speaks for carry. */
static void append_verdict(const Truth *truth, const guint8 *row, const guint8 *in, GString *out) {
    const KjBlock *block = truth->block;
    gboolean strictest = block->domain->combining == KJ_COMBINING_STRICTEST;
    gint named = -1;

    for (guint j = 0; j < block->rule_count; j++) {
        if (in[j] && row[j] && (named < 0 || (strictest && block->rules[j].effect > block->rules[named].effect)))
            named = (gint)j;
    }
    g_string_append_printf(out, "%u", named < 0 ? block->default_effect : block->rules[named].effect);
    if (named >= 0 && block->rules[named].parameter_count)
        g_string_append_printf(out, " limit %d", named); /* a counter of its own */
    for (guint i = 0; obligations[i]; i++) {
        gboolean told = named < 0 ? has_note(block->default_notes, block->default_note_count, obligations[i]) : carries(&block->rules[named], obligations[i]);

        for (guint j = 0; strictest && named >= 0 && j < block->rule_count; j++)
            told = told || (in[j] && row[j] && block->rules[j].effect == block->rules[named].effect && carries(&block->rules[j], obligations[i]));
        g_string_append(out, told ? obligations[i] : "");
    }
}

/* What the rules in `in` decide, as a text. Free with g_free. */
static char *decision(const Truth *truth, const guint8 *row, const guint8 *in) {
    GString *out = g_string_new(NULL);

    if (truth->block->domain->combining == KJ_COMBINING_ADD_UP)
        append_requirements(truth, row, in, out);
    else
        append_verdict(truth, row, in, out);
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
    guint8 dead[FINDING_RULES], impossible[FINDING_RULES], redundant[FINDING_RULES], like_default[FINDING_RULES], crossing[FINDING_RULES];
    guint8 cover[FINDING_RULES][FINDING_RULES];
    guint number[FINDING_RULES]; /* in the sentence of KJ0306 */
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
    guint rule = (guint)json_object_get_int_member(one, "line") - FINDING_FIRST_LINE;
    JsonArray *related = json_object_get_array_member(one, "related");

    g_assert_cmpuint(rule, <, FINDING_RULES);
    if (strcmp(code, "KJ0301") == 0) {
        told->dead[rule] = TRUE;
        for (guint i = 0; i < json_array_get_length(related); i++)
            told->cover[rule][json_object_get_int_member(json_array_get_object_element(related, i), "line") - FINDING_FIRST_LINE] = TRUE;
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
    guint8 all[FINDING_RULES];
    gboolean good = TRUE;

    memset(all, TRUE, sizeof all);
    for (guint i = 0; i < count; i++) {
        gboolean impossible = never_matches(truth, i), dead = !impossible && is_dead_among(truth, i, all);
        guint8 cover[FINDING_RULES];

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
    guint8 all[FINDING_RULES];

    memset(all, TRUE, sizeof all);
    for (guint r = 0; r < truth->requests->len; r++) {
        const guint8 *row = truth->requests->pdata[r];
        gboolean other = !row[rule] || is_silenced(truth, row, rule, all);

        for (guint j = 0; j < truth->block->rule_count; j++)
            other = other || (row[j] && stays[j]);
        if (!other)
            return TRUE;
    }
    return FALSE;
}

static gboolean check_redundant(const Truth *truth, const Told *told) {
    guint count = truth->block->rule_count;
    guint8 all[FINDING_RULES], stays[FINDING_RULES];
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

static gboolean check_policy(const char *text, const FindingWriter *writer) {
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
        FindingWriter writer = { .rand = g_rand_new_with_seed((guint32)seed), .domain = data };
        g_autofree char *text = finding_policy_write(&writer);

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
    for (guint i = 0; i < FINDING_DOMAINS; i++) {
        g_autofree char *path = g_strdup_printf("/findings/random/%s", finding_domains[i].name);

        kj_plugin_register(&finding_domains[i], &error);
        g_assert_no_error(error);
        g_test_add_data_func(path, &finding_domains[i], test_random);
    }
    return g_test_run();
}
