/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conformance and exceptions against brute force: random small policies (small_policy.h) in every domain, every request of theirs at every instant at
 * which anything changes, and at none. What the standards want is asked of plain blocks that say the same, what is a breach and what an exception excuses
 * is worked out here from the definitions of docs/language.md. Then:
 *   - what kj_prove_conformance and kj_find_exceptions tell is exactly what was worked out, sentence for sentence;
 *   - a proof (kj_prove_case) holds exactly when no request refutes it;
 *   - the block with its restored rules (check/restore.c) answers as its own rules do where no exception has ended, and elsewhere meets what the
 *     standard wants, never more mildly than its own rules;
 *   - the table answers as the reference does.
 *
 *     test_conformance                                   some hundred policies
 *     test_conformance --policies N --seed S             the long form, for each domain
 *     test_conformance --domain mail --seed 7 --policies 1 --print
 */
#include <locale.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "../../../compiler/analyse/analyse.h"
#include "small_policy.h"

#define TEST_POLICIES 120
#define SHORT_POLICIES 25
#define REFERENCE_DAY "2026-11-30"
#define SOON 6u
#define DAY_SECONDS 86400
#define PAIRS_TOLD 20u /* as in conformance.c */

static int option_policies;
static gint64 option_seed = 1;
static char *option_domain;
static gboolean option_print;

static const GOptionEntry options[] = {
    { "policies", 0, 0, G_OPTION_ARG_INT, &option_policies, "Policies for each domain", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &option_seed, "Seed of the first policy", "S" },
    { "domain", 0, 0, G_OPTION_ARG_STRING, &option_domain, "Only this domain", "NAME" },
    { "print", 0, 0, G_OPTION_ARG_NONE, &option_print, "Print the policies", NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

/* Every day on which a date of small_policy.c begins or is over, and the one before all, at midnight UTC. */
static const char *const days[] = { "2026-11-24", "2026-11-25", "2026-11-26", REFERENCE_DAY, "2026-12-05", "2026-12-06", "2026-12-07", "2026-12-09",
                                    "2026-12-10" };
#define INSTANTS (G_N_ELEMENTS(days) + 1) /* and none */

static guint32 day_number(const char *text) {
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_parse(&date, text);
    return g_date_get_julian(&date) - 719163;
}

/* ---- what was found ---- */

typedef struct {
    guint requests;
    guint64 decisions;
    guint breaches, told, refuted;
} Counts;

/* A pair of rules, as brute force finds it. */
typedef struct {
    guint demand;
    const SmallRule *wanted;
    const char *label; /* of the block's rule, or NULL */
    const SmallEffect *answer;
    gboolean unasked, now;
    gint64 begins;
} Pair;

typedef struct {
    const SmallPolicy *policy;
    const KjPolicy *checked;
    const KjBlock *block, *own, *demands[SMALL_DEMANDS], *regions[SMALL_EXCEPTIONS], *proof;
    KjTable *table;
    guint table_block;
    gint64 reference;
    GHashTable *pairs;         /* text -> Pair */
    GHashTable *contradictions; /* sentences */
    gboolean needed[SMALL_EXCEPTIONS], refuted;
    GString *wrong;
    Counts *counts;
} Trial;

static void complain(Trial *trial, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void complain(Trial *trial, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(trial->wrong, format, arguments);
    g_string_append_c(trial->wrong, '\n');
    va_end(arguments);
}

/* ---- one request at one instant ---- */

typedef struct {
    Trial *trial;
    KjFieldText values[12];
    guint count;
    gboolean has_instant;
    gint64 instant;
} Asked;

static void ask(const Asked *asked, const KjBlock *block, KjReferenceVerdict *verdict) {
    kj_reference_decide(block, asked->values, asked->count, asked->has_instant, asked->instant, verdict);
    asked->trial->counts->decisions++;
}

static char *asked_text(const Asked *asked) {
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < asked->count; i++)
        g_string_append_printf(out, "%s=%s ", asked->values[i].field, asked->values[i].text);
    g_string_append_printf(out, asked->has_instant ? "at %" G_GINT64_FORMAT : "at no instant", asked->instant);
    return g_string_free(out, FALSE);
}

static const SmallRule *rule_named(const SmallRule *rules, guint count, const char *label) {
    for (guint i = 0; i < count; i++) {
        if (strcmp(rules[i].label, label) == 0)
            return &rules[i];
    }
    return NULL;
}

static const SmallRule *wanted_rule(const Trial *trial, guint demand, const char *label) {
    const SmallStandard *standard = &trial->policy->standards[trial->policy->demands[demand].standard];

    return rule_named(standard->rules, standard->rule_count, label);
}

/* The effect of a rule of the block, written or restored. */
static const SmallEffect *effect_of(const Trial *trial, const KjRule *rule) {
    const SmallPolicy *policy = trial->policy;

    if (!rule)
        return policy->otherwise;
    if (rule->item)
        return rule_named(policy->rules, policy->rule_count, rule->label)->effect;
    for (guint i = 0; i < policy->standard_count; i++) {
        const SmallRule *found = rule_named(policy->standards[i].rules, policy->standards[i].rule_count, rule->standard_rule->label);
        if (found)
            return found->effect;
    }
    g_assert_not_reached();
}

/* docs/language.md, 13: what meets what. */
static gboolean meets(const SmallDomain *domain, const SmallEffect *given, const SmallEffect *wanted) {
    if (domain->combining == KJ_COMBINING_ADD_UP)
        return strcmp(given->about, wanted->about) == 0 && given->number >= wanted->number && given->window <= wanted->window;
    if (wanted->refuses || wanted->effect == 0)
        return wanted->refuses ? given->refuses : given->effect == 0;
    if (given->refuses || given->effect != wanted->effect)
        return given->effect > wanted->effect;
    return given->number <= wanted->number && given->window >= wanted->window;
}

static gboolean has_ended(const Asked *asked, const SmallException *exception) {
    return !asked->has_instant || asked->instant >= ((gint64)day_number(small_days[exception->until]) + 1) * DAY_SECONDS;
}

/* Bits of the exceptions that excuse the decision of `rule` from a demand. */
static guint excused_by(const Asked *asked, guint demand, const KjRule *rule) {
    const SmallPolicy *policy = asked->trial->policy;
    guint bits = 0;

    for (guint i = 0; i < policy->exception_count; i++) {
        const SmallException *exception = &policy->exceptions[i];
        KjReferenceVerdict inside;
        gboolean holds;

        if (!(policy->demands[demand].through >> exception->standard & 1))
            continue;
        if (exception->rule >= 0) {
            holds = rule && rule->item && strcmp(rule->label, policy->rules[exception->rule].label) == 0
                    && (!has_ended(asked, exception) || (!asked->has_instant && policy->rules[exception->rule].effect->refuses));
        } else {
            ask(asked, asked->trial->regions[i], &inside);
            holds = inside.rule != NULL && !has_ended(asked, exception);
            kj_reference_verdict_clear(&inside);
        }
        bits |= (guint)holds << i;
    }
    return bits;
}

static void take_breach(const Asked *asked, guint demand, const SmallRule *wanted, const KjRule *rule, gboolean unasked) {
    Trial *trial = asked->trial;
    guint excuses = excused_by(asked, demand, rule);
    g_autofree char *key = g_strdup_printf("%u %s %s", demand, wanted->label, rule ? rule->label : "");
    Pair *pair = g_hash_table_lookup(trial->pairs, key);

    trial->counts->breaches++;
    for (guint i = 0; i < trial->policy->exception_count; i++)
        trial->needed[i] = trial->needed[i] || excuses == 1u << i;
    if (excuses)
        return;
    if (!pair) {
        pair = g_new(Pair, 1);
        *pair = (Pair){ demand, wanted, rule ? rule->label : NULL, unasked ? NULL : effect_of(trial, rule), unasked, FALSE, G_MAXINT64 };
        g_hash_table_insert(trial->pairs, g_steal_pointer(&key), pair);
    }
    if (!asked->has_instant || asked->instant <= trial->reference)
        pair->now = TRUE;
    else
        pair->begins = MIN(pair->begins, asked->instant);
}

/* Whether the wanted rules from `at` on are each met by a rule of the block of its own: by trying all ways. */
static gboolean all_are_met(const Trial *trial, const GPtrArray *wanted, guint at, const KjReferenceVerdict *have, guint64 taken) {
    if (at == wanted->len)
        return TRUE;
    for (guint j = 0; j < have->matched->len; j++) {
        if (!(taken >> j & 1) && meets(trial->policy->domain, effect_of(trial, have->matched->pdata[j]), ((const SmallRule *)wanted->pdata[at])->effect) &&
            all_are_met(trial, wanted, at + 1, have, taken | (guint64)1 << j))
            return TRUE;
    }
    return FALSE;
}

static gint compare_wanted(gconstpointer a, gconstpointer b) {
    const SmallRule *left = *(const SmallRule *const *)a, *right = *(const SmallRule *const *)b;

    return left->effect->number != right->effect->number ? (left->effect->number > right->effect->number ? -1 : 1) : left < right ? -1 : left > right;
}

/* Of rules that are met one by one those are told that those before them leave nothing for; the greatest come first. */
static void judge_together(const Asked *asked, guint demand, GPtrArray *met, const KjReferenceVerdict *have) {
    g_autoptr(GPtrArray) kept = g_ptr_array_new();

    g_ptr_array_sort(met, compare_wanted);
    for (guint i = 0; i < met->len; i++) {
        g_ptr_array_add(kept, met->pdata[i]);
        if (all_are_met(asked->trial, kept, 0, have, 0))
            continue;
        g_ptr_array_set_size(kept, (gint)kept->len - 1);
        take_breach(asked, demand, met->pdata[i], NULL, TRUE);
    }
}

/* Requirements: each that the standard asks for must be met by one of those that the block asks for; the block's nearest is told. */
static void judge_requirements(const Asked *asked, guint demand, const KjReferenceVerdict *want, const KjReferenceVerdict *have) {
    Trial *trial = asked->trial;
    g_autoptr(GPtrArray) all_met = g_ptr_array_new();

    for (guint i = 0; i < want->matched->len; i++) {
        const SmallRule *wanted = wanted_rule(trial, demand, ((const KjRule *)want->matched->pdata[i])->label);
        const KjRule *nearest = NULL;
        gboolean met = FALSE;

        for (guint j = 0; j < have->matched->len; j++) {
            const KjRule *rule = have->matched->pdata[j];
            const SmallEffect *effect = effect_of(trial, rule);

            met = met || meets(trial->policy->domain, effect, wanted->effect);
            if (strcmp(effect->about, wanted->effect->about) == 0 && (!nearest || effect->number > effect_of(trial, nearest)->number))
                nearest = rule;
        }
        if (met)
            g_ptr_array_add(all_met, (gpointer)wanted);
        else
            take_breach(asked, demand, wanted, nearest, !nearest);
    }
    judge_together(asked, demand, all_met, have);
}

static void judge_contradictions(const Asked *asked, const KjReferenceVerdict *wants, guint a, guint b) {
    const SmallPolicy *policy = asked->trial->policy;
    const SmallRule *left = wants[a].rule ? wanted_rule(asked->trial, a, wants[a].rule->label) : NULL;
    const SmallRule *right = wants[b].rule ? wanted_rule(asked->trial, b, wants[b].rule->label) : NULL;

    if (left && right && left->effect->effect == 0 && right->effect->effect != 0)
        g_hash_table_add(asked->trial->contradictions,
                         g_strdup_printf("KJ0335 `%s` of `s%u` and `%s` of `s%u` cannot both be kept", left->label, policy->demands[a].standard,
                                         right->label, policy->demands[b].standard));
}

/* The block answers as its own rules do, but for what holds again. */
static void judge_restored(const Asked *asked, const KjReferenceVerdict *have, const KjReferenceVerdict *wants) {
    Trial *trial = asked->trial;
    const SmallPolicy *policy = trial->policy;
    g_autofree char *request = asked_text(asked);
    const SmallEffect *before, *now = effect_of(trial, have->rule);
    KjReferenceVerdict own;
    const SmallEffect *rate = NULL;
    gboolean again = FALSE, met = TRUE, kept = TRUE, mild = FALSE, rates = FALSE;

    ask(asked, trial->own, &own);
    before = own.rule ? rule_named(policy->rules, policy->rule_count, own.rule->label)->effect : policy->otherwise;
    for (guint i = 0; i < policy->exception_count; i++) {
        KjReferenceVerdict inside;

        if (!policy->exceptions[i].region || !has_ended(asked, &policy->exceptions[i]))
            continue;
        ask(asked, trial->regions[i], &inside);
        for (guint d = 0; inside.rule && d < policy->demand_count; d++) {
            const SmallRule *wanted = wants[d].rule ? wanted_rule(trial, d, wants[d].rule->label) : NULL;
            if (!wanted || !(policy->demands[d].through >> policy->exceptions[i].standard & 1))
                continue;
            again = TRUE;
            mild = mild || wanted->effect->effect == 0;
            rates = rates || (rate && wanted->effect->number > 0 && wanted->effect != rate);
            rate = wanted->effect->number > 0 ? wanted->effect : rate;
            met = met && meets(policy->domain, now, wanted->effect);
            kept = kept && meets(policy->domain, before, wanted->effect);
        }
        kj_reference_verdict_clear(&inside);
    }
    if (!again && g_strcmp0(have->label, own.label) != 0)
        complain(trial, "%s: the block answers by %s, its own rules by %s", request, have->label, own.label);
    if (again && !mild && !now->refuses && now->effect < before->effect)
        complain(trial, "%s: the end of an exception opens %s to %s", request, before->text, now->text);
    if (again && !mild && kept && !now->refuses && now != before)
        complain(trial, "%s: %s was enough, but the answer is %s", request, before->text, now->text);
    /* An exact permission cannot be met where the strictest wins or another standard wants a refusal, nor can two rates that cannot be compared. */
    if (again && !met && !mild && !rates)
        complain(trial, "%s: a standard that holds again is not met by %s", request, now->text);
    kj_reference_verdict_clear(&own);
}

static void judge_table(const Asked *asked, const KjReferenceVerdict *have) {
    Trial *trial = asked->trial;
    g_autoptr(KjRequest) request = kj_request_new(trial->table, trial->table_block);
    KjVerdict verdict = { .size = sizeof verdict };
    g_autofree char *text = NULL;

    for (guint i = 0; i < asked->count; i++)
        kj_request_set_text(request, kj_table_find_field(trial->table, trial->table_block, asked->values[i].field), asked->values[i].text, -1, NULL);
    if (asked->has_instant)
        kj_request_set_instant(request, asked->instant);
    kj_decide(request, &verdict);
    if (strcmp(verdict.label, have->label) == 0)
        return;
    text = asked_text(asked);
    complain(trial, "%s: the table answers by %s, the reference by %s", text, verdict.label, have->label);
}

/* Whether it refutes the proof. */
static void judge_proof(const Asked *asked, const KjReferenceVerdict *have) {
    const SmallPolicy *policy = asked->trial->policy;
    const SmallEffect *effect = effect_of(asked->trial, have->rule);
    gboolean nothing = !have->rule && policy->domain->combining == KJ_COMBINING_ADD_UP;
    KjReferenceVerdict inside;

    ask(asked, asked->trial->proof, &inside);
    if (inside.rule && (nothing || !(policy->proved >> effect->effect & 1)))
        asked->trial->refuted = TRUE;
    kj_reference_verdict_clear(&inside);
}

static void judge(const Asked *asked) {
    Trial *trial = asked->trial;
    const SmallPolicy *policy = trial->policy;
    KjReferenceVerdict have, wants[SMALL_DEMANDS];
    gboolean adds_up = policy->domain->combining == KJ_COMBINING_ADD_UP;

    ask(asked, trial->block, &have);
    judge_table(asked, &have);
    if (have.outcome == KJ_OUTCOME_ERROR) {
        kj_reference_verdict_clear(&have);
        return;
    }
    judge_proof(asked, &have);
    for (guint d = 0; d < policy->demand_count; d++)
        ask(asked, trial->demands[d], &wants[d]);
    for (guint d = 0; d < policy->demand_count; d++) {
        const SmallRule *wanted = wants[d].rule ? wanted_rule(trial, d, wants[d].rule->label) : NULL;

        if (adds_up)
            judge_requirements(asked, d, &wants[d], &have);
        else if (wanted && !meets(policy->domain, effect_of(trial, have.rule), wanted->effect))
            take_breach(asked, d, wanted, have.rule, FALSE);
        for (guint e = 0; e < policy->demand_count && !adds_up; e++)
            judge_contradictions(asked, wants, d, e);
    }
    if (!adds_up)
        judge_restored(asked, &have, wants);
    for (guint d = 0; d < policy->demand_count; d++)
        kj_reference_verdict_clear(&wants[d]);
    kj_reference_verdict_clear(&have);
}

static void judge_all(Asked *asked, const SmallField *field) {
    if (!field->field) {
        asked->trial->counts->requests++;
        for (guint i = 0; i < INSTANTS; i++) {
            asked->has_instant = i > 0;
            asked->instant = i > 0 ? (gint64)day_number(days[i - 1]) * DAY_SECONDS : 0;
            judge(asked);
        }
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(field->values) && field->values[i]; i++) {
        guint count = asked->count;

        if (strcmp(field->values[i], "-") != 0)
            asked->values[asked->count++] = (KjFieldText){ field->field, field->values[i] };
        judge_all(asked, field + 1);
        asked->count = count;
    }
}

/* ---- what should be told ---- */

static char *effect_text(const SmallEffect *effect) {
    g_auto(GStrv) parts = g_strsplit(effect->text, "from ", 2);

    return parts[1] ? g_strdup_printf("`%sfrom small.%s`", parts[0], parts[1]) : g_strdup_printf("`%s`", effect->text);
}

static char *pair_sentence(const Trial *trial, const Pair *pair) {
    const SmallDomain *domain = trial->policy->domain;
    g_autofree char *answer = pair->unasked ? g_strdup("without such a requirement") : effect_text(pair->answer);
    g_autofree char *wanted = effect_text(pair->wanted->effect), *want = NULL, *who = NULL, *sentence = NULL;
    g_autoptr(GDateTime) begins = g_date_time_new_from_unix_utc(pair->now ? 0 : pair->begins);
    g_autofree char *date = g_date_time_format(begins, "%Y-%m-%d");

    if (domain->combining != KJ_COMBINING_ADD_UP && pair->wanted->effect->refuses)
        want = g_strdup("a refusal");
    else if (domain->combining != KJ_COMBINING_ADD_UP && pair->wanted->effect->effect == 0)
        want = g_strdup_printf("exactly %s", wanted);
    else
        want = g_strdup_printf("%s or stricter", wanted);
    who = pair->label     ? g_strdup_printf("the rule `%s`", pair->label)
          : pair->unasked ? g_strdup("the block `small.b`")
                          : g_strdup("the default of `small.b`");
    sentence = g_strdup_printf("%s answers %s, where `%s` of the standard `s%u` wants %s", who, answer, pair->wanted->label,
                               trial->policy->demands[pair->demand].standard, want);
    return pair->now ? g_strdup_printf("KJ0330 %s", sentence) : g_strdup_printf("KJ0331 from %s on, %s", date, sentence);
}

/* Of the standard and all above it the first whose limit the exception breaks; NULL: none. */
static const char *too_long(const Trial *trial, const SmallException *exception) {
    static char name[8];
    int standard = (int)exception->standard;

    for (; standard >= 0; standard = trial->policy->standards[standard].parent) {
        const char *longest = trial->policy->standards[standard].longest;
        guint limit = longest ? (guint)g_ascii_strtoull(longest, NULL, 10) : 0;

        if (longest && (limit == 0 || day_number(small_days[exception->until]) > day_number(REFERENCE_DAY) + limit)) {
            g_snprintf(name, sizeof name, "s%d", standard);
            return name;
        }
    }
    return NULL;
}

static char *exception_sentence(const Trial *trial, guint index) {
    const SmallException *exception = &trial->policy->exceptions[index];
    const char *last = small_days[exception->until], *longer = too_long(trial, exception);
    guint until = day_number(last), today = day_number(REFERENCE_DAY);

    if (longer)
        return g_strdup_printf("KJ0340 the exception `E-%u` lasts longer than the standard `%s` allows", index, longer);
    if (until < today)
        return g_strdup_printf("KJ0341 the exception `E-%u` ended on %s", index, last);
    if (!trial->needed[index])
        return g_strdup_printf("KJ0343 the exception `E-%u` excuses nothing", index);
    if (until - today <= SOON)
        return g_strdup_printf("KJ0342 the exception `E-%u` ends on %s, in %u days", index, last, until - today);
    return g_strdup_printf("KJ0344 the exception `E-%u` to `s%u` holds until %s", index, exception->standard, last);
}

static gint compare_sentences(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *expected_sentences(const Trial *trial) {
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, trial->pairs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(list, pair_sentence(trial, value));
    g_hash_table_iter_init(&iter, trial->contradictions);
    while (g_hash_table_iter_next(&iter, &value, NULL))
        g_ptr_array_add(list, g_strdup(value));
    for (guint i = 0; i < trial->policy->exception_count; i++)
        g_ptr_array_add(list, exception_sentence(trial, i));
    g_ptr_array_sort(list, compare_sentences);
    return list;
}

/* Standards that the block does not conform to may contradict each other too; nothing is known of them here. */
static gboolean is_beside(const Trial *trial, const char *code, const char *message) {
    for (guint i = 0; strcmp(code, "KJ0335") == 0 && i < trial->policy->standard_count; i++) {
        g_autofree char *name = g_strdup_printf("of `s%u`", i);
        gboolean demanded = FALSE;

        for (guint d = 0; d < trial->policy->demand_count; d++)
            demanded = demanded || trial->policy->demands[d].standard == i;
        if (!demanded && strstr(message, name))
            return TRUE;
    }
    return FALSE;
}

/* *hidden: pairs that were counted instead of told. */
static GPtrArray *told_sentences(Trial *trial, guint *hidden) {
    KjAnalysis analysis = { .at = trial->reference, .day = day_number(REFERENCE_DAY), .soon = SOON };
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    JsonArray *all;

    *hidden = 0;
    kj_prove_conformance(trial->checked, &analysis, diagnostics);
    kj_find_exceptions(trial->checked, &analysis, diagnostics);
    kj_diagnostics_print_json(diagnostics, trial->checked->sources, text);
    g_assert_true(json_parser_load_from_data(parser, text->str, -1, NULL));
    all = json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "diagnostics");
    for (guint i = 0; i < json_array_get_length(all); i++) {
        JsonObject *one = json_array_get_object_element(all, i);
        const char *code = json_object_get_string_member(one, "code"), *message = json_object_get_string_member(one, "message");

        if (strcmp(code, "KJ0332") == 0 || strcmp(code, "KJ0333") == 0)
            *hidden += (guint)g_ascii_strtoull(message, NULL, 10);
        else if (!is_beside(trial, code, message))
            g_ptr_array_add(list, g_strdup_printf("%s %s", code, message));
    }
    g_ptr_array_sort(list, compare_sentences);
    return list;
}

static void compare_sentence_lists(Trial *trial) {
    guint hidden, i = 0, j = 0, missed = 0;
    g_autoptr(GPtrArray) expected = expected_sentences(trial), told = told_sentences(trial, &hidden);

    trial->counts->told += told->len;
    while (i < expected->len || j < told->len) {
        int order = i == expected->len ? 1 : j == told->len ? -1 : strcmp(expected->pdata[i], told->pdata[j]);

        if (order < 0 && g_str_has_prefix(expected->pdata[i], "KJ033") && missed < hidden)
            missed++;
        else if (order < 0)
            complain(trial, "not told: %s", (char *)expected->pdata[i]);
        else if (order > 0)
            complain(trial, "not so: %s", (char *)told->pdata[j]);
        i += order <= 0;
        j += order >= 0;
    }
    if (missed != hidden || (hidden && g_hash_table_size(trial->pairs) <= PAIRS_TOLD))
        complain(trial, "%u pairs were counted instead of told, of %u", hidden, g_hash_table_size(trial->pairs));
}

/* The proof holds exactly when nothing refutes it, and what refutes it is a request of its region. */
static void compare_proof(Trial *trial) {
    const KjProofCase *proof = trial->checked->tests->proofs;
    const KjAnalysis analysis = { .at = trial->reference };
    KjProof result;

    kj_prove_case(proof, &analysis, &result);
    trial->counts->refuted += trial->refuted;
    if (result.undecided || result.holds != !trial->refuted)
        complain(trial, "the proof %s, but: %s", trial->refuted ? "does not hold" : "holds", result.reason ? result.reason : "it holds");
    if (result.witness) {
        KjReferenceVerdict inside, have;
        guint count;
        const KjFieldText *texts = kj_witness_texts(result.witness, &count);

        kj_reference_decide(trial->proof, texts, count, result.witness->has_instant, result.witness->instant, &inside);
        kj_reference_decide(trial->block, texts, count, result.witness->has_instant, result.witness->instant, &have);
        if (!inside.rule || have.rule != result.rule || have.outcome == KJ_OUTCOME_ERROR)
            complain(trial, "the request that refutes the proof does not");
        kj_reference_verdict_clear(&inside);
        kj_reference_verdict_clear(&have);
    }
    kj_proof_clear(&result);
}

/* ---- one policy ---- */

static const KjBlock *block_named(const KjPolicy *policy, const char *name, guint number) {
    g_autofree char *qualified = number == G_MAXUINT ? g_strdup(name) : g_strdup_printf("%s%u", name, number);

    return kj_policy_find_block(policy, qualified, NULL);
}

static gboolean open_trial(Trial *trial, KjCompilation *compilation) {
    const SmallPolicy *policy = trial->policy;
    g_autoptr(GBytes) bytes = NULL;
    gsize length;
    const void *data;

    kj_compilation_load_text(compilation, "small.pol", policy->text, strlen(policy->text));
    if (!compilation->policy) {
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, trial->wrong);
        return FALSE;
    }
    trial->checked = compilation->policy;
    trial->block = block_named(trial->checked, "b", G_MAXUINT);
    trial->own = block_named(trial->checked, "own", G_MAXUINT);
    trial->proof = block_named(trial->checked, "proof", G_MAXUINT);
    for (guint i = 0; i < policy->demand_count; i++)
        trial->demands[i] = block_named(trial->checked, "demand", i);
    for (guint i = 0; i < policy->exception_count; i++)
        trial->regions[i] = policy->exceptions[i].region ? block_named(trial->checked, "region", i) : NULL;
    bytes = kj_build(trial->checked, TRUE, compilation->diagnostics);
    data = g_bytes_get_data(bytes, &length);
    trial->table = kj_table_new(data, length, NULL);
    return trial->table && kj_table_find_block(trial->table, "small.b", &trial->table_block, NULL);
}

static gboolean try_policy(const SmallDomain *domain, guint64 seed, Counts *counts) {
    g_autoptr(GRand) random = g_rand_new_with_seed_array((const guint32[]){ (guint32)seed, (guint32)(seed >> 32), g_str_hash(domain->name) }, 3);
    g_autoptr(SmallPolicy) policy = small_policy_new(domain, random);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) wrong = g_string_new(NULL);
    g_autoptr(GHashTable) pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) contradictions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Trial trial = { .policy = policy, .pairs = pairs, .contradictions = contradictions, .wrong = wrong, .counts = counts,
                    .reference = (gint64)day_number(REFERENCE_DAY) * DAY_SECONDS };
    Asked asked = { .trial = &trial };

    if (option_print)
        g_print("%s\n", policy->text);
    if (open_trial(&trial, compilation)) {
        judge_all(&asked, domain->fields);
        compare_sentence_lists(&trial);
        compare_proof(&trial);
    }
    g_clear_pointer(&trial.table, kj_table_unref);
    if (wrong->len)
        g_printerr("%s, seed %" G_GUINT64_FORMAT ":\n%s\n%s\n", domain->name, seed, policy->text, wrong->str);
    return wrong->len == 0;
}

static void test_domain(gconstpointer data) {
    const SmallDomain *domain = data;
    guint policies = option_policies ? (guint)option_policies : g_getenv("KIJUN_SHORT") ? SHORT_POLICIES : TEST_POLICIES, failures = 0;
    Counts counts = { 0 };

    for (guint i = 0; i < policies && failures < 3; i++)
        failures += !try_policy(domain, (guint64)option_seed + i, &counts);
    g_test_message("%s: %u policies, %u requests, %" G_GUINT64_FORMAT " decisions, %u breaches, %u findings, %u proofs refuted", domain->name, policies,
                   counts.requests, counts.decisions, counts.breaches, counts.told, counts.refuted);
    g_assert_cmpuint(failures, ==, 0);
    g_assert_cmpuint(counts.breaches, >, policies); /* else nothing was tried */
    g_assert_cmpuint(counts.told, >, policies);
    g_assert_cmpuint(counts.refuted, >, policies / 8);
    g_assert_cmpuint(counts.refuted, <, policies);
}

int main(int argc, char **argv) {
    g_autoptr(GOptionContext) context = NULL;
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "");
    context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE); /* those of g_test, which has a --seed of its own */
    g_option_context_set_help_enabled(context, FALSE);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    for (const SmallDomain *domain = small_domains; domain->name; domain++) {
        g_autofree char *path = g_strconcat("/conformance/", domain->name, NULL);
        if (!option_domain || strcmp(option_domain, domain->name) == 0)
            g_test_add_data_func(path, domain, test_domain);
    }
    return g_test_run();
}
