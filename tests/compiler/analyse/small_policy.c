/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See small_policy.h. The policy is module `small`: the block `b`, the standards `s0` and so on, exceptions "E-0" and so on; beside them `own`, `demand0`,
 * `region0` and so on. */
#include "small_policy.h"

const char *const small_days[SMALL_DAYS] = { "2026-11-25", "2026-12-05", "2026-12-09" };
const char small_window[] = "2026-12-07..2026-12-08";

const SmallDomain small_domains[] = {
    { .name = "mail", .combining = KJ_COMBINING_FIRST_MATCH, .fields_text = "", .parameter = "set of mail",
      .values = { "{ \"x.jp\" }", "{ \"x.jp\", \"y.jp\" }", "{ \"u@z.jp\", \"y.jp\" }" },
      .atoms = { "to in $", "to not in $", "to == \"x.jp\"", "to in { \"y.jp\", \"z.jp\" }", "tls", "not tls", "tls == none", "recipients <= 5",
                 "recipients > 5", "recipients == none", "during 2026-12-07..2026-12-08" },
      .effect_count = 6, .defaults = 1u << 0 | 1u << 4 | 1u << 5,
      .effects = { { "allow", 0, FALSE, 0, 0, NULL }, { "limit rate 20/1h", 1, FALSE, 20, 3600, NULL }, { "limit rate 20/1d", 1, FALSE, 20, 86400, NULL },
                   { "limit rate 5/1h", 1, FALSE, 5, 3600, NULL }, { "hold", 2, FALSE, 0, 0, NULL }, { "deny", 3, TRUE, 0, 0, NULL } },
      .region_effect = "deny",
      .fields = { { "to", { "u@x.jp", "u@y.jp", "u@z.jp", "v@z.jp", "u@w.jp", "-" } }, { "tls", { "-", "true", "false" } }, { "recipients", { "-", "5", "6" } } } },
    { .name = "firewall", .combining = KJ_COMBINING_FIRST_MATCH, .fields_text = "", .parameter = "set of address",
      .values = { "10.0.0.0/8", "{ 10.0.0.0/8, 10.0.0.0/16 }", "10.0.0.0/16" },
      .atoms = { "from in $", "from not in $", "from == 10.1.0.0/16", "proto == tcp", "port == 22", "port != 22", "port == none", "service == 80/tcp",
                 "service not in { 22/tcp, 80/udp }", "during 2026-12-07..2026-12-08" },
      .effect_count = 5, .defaults = 1u << 0 | 1u << 3 | 1u << 4,
      .effects = { { "allow", 0, FALSE, 0, 0, NULL }, { "limit rate 9/1s", 1, FALSE, 9, 1, NULL }, { "limit rate 5/1s", 1, FALSE, 5, 1, NULL },
                   { "reject", 2, TRUE, 0, 0, NULL }, { "deny", 3, TRUE, 0, 0, NULL } },
      .region_effect = "deny",
      .fields = { { "from", { "10.0.0.1", "10.1.0.1", "10.2.0.1", "192.0.2.1" } }, { "to", { "192.0.2.9" } }, { "proto", { "tcp", "udp", "icmp" } },
                  { "port", { "-", "22", "80", "81" } } } },
    { .name = "acl", .combining = KJ_COMBINING_STRICTEST, .fields_text = "field owner : principal; field kind : { low, high }; ",
      .parameter = "set of principal", .values = { "\"a\"", "{ \"a\", \"b\" }", "{ \"b\" }" },
      .atoms = { "principal in $", "principal not in $", "principal == \"a\"", "principal == owner", "principal != owner", "owner == \"b\"", "kind == low",
                 "action == read", "during 2026-12-07..2026-12-08" },
      .effect_count = 2, .defaults = 3,
      .effects = { { "allow", 0, FALSE, 0, 0, NULL }, { "deny", 1, TRUE, 0, 0, NULL } },
      .region_effect = "deny",
      .fields = { { "principal", { "a", "b", "c", "d" } }, { "action", { "read", "write" } }, { "resource", { "/x", "-" } },
                  { "owner", { "a", "b", "c", "d" } }, { "kind", { "low", "high" } } } },
    { .name = "password", .combining = KJ_COMBINING_STRICTEST, .fields_text = "", .parameter = "integer", .values = { "8", "9", "12" },
      .atoms = { "length >= $", "length < $", "length >= 9", "breached", "not breached", "breached == none", "age <= 9d", "age == none",
                 "during 2026-12-07..2026-12-08" },
      .effect_count = 3, .defaults = 7,
      .effects = { { "allow", 0, FALSE, 0, 0, NULL }, { "warn", 1, FALSE, 0, 0, NULL }, { "deny", 2, TRUE, 0, 0, NULL } },
      .region_effect = "deny",
      .fields = { { "length", { "-", "7", "8", "9", "12" } }, { "breached", { "-", "true", "false" } }, { "age", { "-", "9d", "10d" } } } },
    { .name = "governance", .combining = KJ_COMBINING_ADD_UP, .fields_text = "", .parameter = NULL, .values = { NULL },
      .atoms = { "tier == basic", "tier >= standard", "weakens", "not emergency", "author == \"x\"", "author == none", "during 2026-12-07..2026-12-08" },
      .effect_count = 5, .defaults = 0,
      .effects = { { "require count 1 from g", 0, FALSE, 1, 0, "require g" }, { "require count 2 from g", 0, FALSE, 2, 0, "require g" },
                   { "require count 1 from h", 0, FALSE, 1, 0, "require h" }, { "ratify count 1 from g within 2d", 1, FALSE, 1, 2, "ratify g" },
                   { "ratify count 1 from g within 3d", 1, FALSE, 1, 3, "ratify g" } },
      .region_effect = "require count 1 from g",
      .fields = { { "module", { "m" } }, { "domain", { "mail" } }, { "tier", { "basic", "standard", "procedure" } }, { "verdict", { "narrows" } },
                  { "widens", { "false" } }, { "narrows", { "true" } }, { "weakens", { "true", "false" } }, { "editorial", { "false", "-" } },
                  { "emergency", { "true", "false" } }, { "author", { "-", "x", "y" } } } },
    { .name = NULL },
};

/* ---- choosing ---- */

static guint below(GRand *random, guint limit) {
    return (guint)g_rand_int_range(random, 0, (gint32)limit);
}

static gboolean one_in(GRand *random, guint limit) {
    return below(random, limit) == 0;
}

static char *condition(const SmallDomain *domain, GRand *random, gboolean parameter, guint depth) {
    guint count = 0;

    while (domain->atoms[count])
        count++;
    if (depth > 0 && !one_in(random, 3)) {
        g_autofree char *left = condition(domain, random, parameter, depth - 1), *right = condition(domain, random, parameter, depth - 1);
        return one_in(random, 5) ? g_strdup_printf("not (%s)", left) : g_strdup_printf("(%s %s %s)", left, one_in(random, 2) ? "and" : "or", right);
    }
    for (;;) {
        const char *atom = domain->atoms[below(random, count)];
        if (parameter || !strchr(atom, '$'))
            return g_strdup(atom);
    }
}

static void choose_rules(const SmallDomain *domain, GRand *random, const char *prefix, gboolean parameter, SmallRule *rules, guint *count) {
    *count = 1 + below(random, SMALL_RULES);
    for (guint i = 0; i < *count; i++) {
        rules[i] = (SmallRule){ .label = g_strdup_printf("%s%u", prefix, i), .effect = &domain->effects[below(random, domain->effect_count)] };
        rules[i].when = one_in(random, 6) ? NULL : condition(domain, random, parameter, 2);
        rules[i].unless = one_in(random, 3) ? condition(domain, random, parameter, 1) : NULL;
        rules[i].from = one_in(random, 8) ? (int)below(random, SMALL_DAYS) : -1;
        rules[i].until = one_in(random, 8) ? (int)below(random, SMALL_DAYS) : -1;
    }
}

static void choose_standard(SmallPolicy *policy, guint index, GRand *random) {
    static const char *const longest[] = { NULL, NULL, "6d", "400d", "0d" };
    const SmallDomain *domain = policy->domain;
    SmallStandard *standard = &policy->standards[index];
    g_autofree char *prefix = g_strdup_printf("t%u_", index);

    choose_rules(domain, random, prefix, domain->parameter != NULL, standard->rules, &standard->rule_count);
    standard->longest = longest[below(random, G_N_ELEMENTS(longest))];
    standard->parent = index > 0 && !one_in(random, 3) ? (int)below(random, index) : -1;
    if (standard->parent >= 0 && domain->parameter)
        standard->binding = g_strdup(one_in(random, 2) ? "$" : domain->values[below(random, 3)]);
}

/* The demands that lead through the standard, its own first. */
static void follow(SmallPolicy *policy, guint standard, guint through, const char *value) {
    const SmallStandard *of = &policy->standards[standard];
    g_auto(GStrv) parts = NULL;
    g_autofree char *next = NULL;

    g_assert_cmpuint(policy->demand_count, <, SMALL_DEMANDS);
    through |= 1u << standard;
    policy->demands[policy->demand_count++] = (SmallDemand){ standard, through, g_strdup(value) };
    if (of->parent < 0)
        return;
    parts = g_strsplit(of->binding ? of->binding : "", "$", -1);
    next = of->binding ? g_strjoinv(value, parts) : NULL;
    follow(policy, (guint)of->parent, through, next);
}

static void choose_exceptions(SmallPolicy *policy, GRand *random) {
    policy->exception_count = below(random, SMALL_EXCEPTIONS + 1);
    for (guint i = 0; i < policy->exception_count; i++) {
        SmallException *exception = &policy->exceptions[i];

        *exception = (SmallException){ .standard = policy->demands[below(random, policy->demand_count)].standard, .rule = -1,
                                       .until = below(random, SMALL_DAYS) };
        if (one_in(random, 2))
            exception->rule = (int)below(random, policy->rule_count);
        else
            exception->region = condition(policy->domain, random, FALSE, 1);
    }
}

static void choose_proof(SmallPolicy *policy, GRand *random) {
    const SmallDomain *domain = policy->domain;

    policy->proof = condition(domain, random, FALSE, 1);
    policy->proved = 1u << domain->effects[below(random, domain->effect_count)].effect;
    while (one_in(random, 2))
        policy->proved |= 1u << domain->effects[below(random, domain->effect_count)].effect;
}

/* ---- writing ---- */

static void write_condition(const char *word, const char *text, const char *value, GString *out) {
    g_auto(GStrv) parts = g_strsplit(text ? text : "", "$", -1);
    g_autofree char *written = text ? g_strjoinv(value ? value : "", parts) : NULL;

    if (written)
        g_string_append_printf(out, " %s %s", word, written);
}

/* `until`: the index of a day that ends it at the latest, or -1. */
static void write_rule(const SmallRule *rule, const char *value, int until, GString *out) {
    if (until < 0 || (rule->until >= 0 && rule->until < until))
        until = rule->until;
    g_string_append_printf(out, "    %s: %s", rule->label, rule->effect->text);
    write_condition("when", rule->when, value, out);
    write_condition("unless", rule->unless, value, out);
    if (rule->from >= 0)
        g_string_append_printf(out, " @from(%s)", small_days[rule->from]);
    if (until >= 0)
        g_string_append_printf(out, " @until(%s)", small_days[until]);
    g_string_append(out, ";\n");
}

static void write_default(const SmallDomain *domain, const SmallEffect *effect, GString *out) {
    if (domain->combining != KJ_COMBINING_ADD_UP)
        g_string_append_printf(out, "    default %s;\n", effect->text);
}

static void write_conformance(const SmallPolicy *policy, guint standard, const char *binding, const char *word, GString *out) {
    g_string_append_printf(out, "%s s%u", word, standard);
    if (policy->domain->parameter)
        g_string_append_printf(out, " with p%u = %s", standard, binding);
}

static void write_standard(const SmallPolicy *policy, guint index, GString *out) {
    const SmallStandard *standard = &policy->standards[index];
    g_autofree char *parameter = g_strdup_printf("p%u", index);

    g_string_append_printf(out, "standard %s s%u", policy->domain->name, index);
    if (standard->parent >= 0)
        write_conformance(policy, (guint)standard->parent, standard->binding && standard->binding[0] == '$' ? parameter : standard->binding,
                          " conforms to", out);
    g_string_append_printf(out, " {\n    %s\n", policy->domain->fields_text);
    if (policy->domain->parameter)
        g_string_append_printf(out, "    parameter %s : %s;\n", parameter, policy->domain->parameter);
    if (standard->longest)
        g_string_append_printf(out, "    max_exception = %s;\n", standard->longest);
    for (guint i = 0; i < standard->rule_count; i++)
        write_rule(&standard->rules[i], parameter, -1, out);
    g_string_append(out, "}\n");
}

static int end_of_rule(const SmallPolicy *policy, guint rule) {
    int until = -1;

    for (guint i = 0; i < policy->exception_count; i++) {
        const SmallException *exception = &policy->exceptions[i];
        if (exception->rule == (int)rule && (until < 0 || (int)exception->until < until))
            until = (int)exception->until;
    }
    return until;
}

static void write_block(const SmallPolicy *policy, GString *out) {
    guint first = policy->demands[0].standard;

    g_string_append_printf(out, "%s b", policy->domain->name);
    for (guint i = 0; i < policy->demand_count; i++) {
        const SmallDemand *demand = &policy->demands[i];
        if (demand->through == 1u << demand->standard) /* direct */
            write_conformance(policy, demand->standard, demand->value, demand->standard == first ? " conforms to" : ",", out);
    }
    g_string_append(out, " {\n");
    write_default(policy->domain, policy->otherwise, out);
    for (guint i = 0; i < policy->rule_count; i++)
        write_rule(&policy->rules[i], NULL, -1, out);
    g_string_append(out, "}\n");
    for (guint i = 0; i < policy->exception_count; i++) {
        const SmallException *exception = &policy->exceptions[i];
        g_string_append_printf(out, "exception \"E-%u\" to s%u in b", i, exception->standard);
        if (exception->region)
            g_string_append_printf(out, " when %s", exception->region);
        else
            g_string_append_printf(out, ".%s", policy->rules[exception->rule].label);
        g_string_append_printf(out, " until %s reason \"r\";\n", small_days[exception->until]);
    }
}

static void write_region(const SmallDomain *domain, const char *name, const char *region, GString *out) {
    g_string_append_printf(out, "%s %s {\n    %s\n", domain->name, name, domain->fields_text);
    write_default(domain, &domain->effects[0], out);
    g_string_append_printf(out, "    inside: %s when %s;\n}\n", domain->region_effect, region);
}

static void write_proof(const SmallPolicy *policy, GString *out) {
    guint written = 0;

    g_string_append_printf(out, "prove \"p\" {\n    %s b: when %s =>", policy->domain->name, policy->proof);
    for (guint i = 0; i < policy->domain->effect_count; i++) {
        const SmallEffect *effect = &policy->domain->effects[i];
        g_autofree char *name = g_strndup(effect->text, strcspn(effect->text, " "));

        if (!(policy->proved >> effect->effect & 1) || written >> effect->effect & 1)
            continue;
        g_string_append_printf(out, "%s %s", written ? "," : "", name);
        written |= 1u << effect->effect;
    }
    g_string_append(out, ";\n}\n");
    write_region(policy->domain, "proof", policy->proof, out);
}

/* The same again, without a standard. */
static void write_beside(const SmallPolicy *policy, GString *out) {
    const SmallDomain *domain = policy->domain;
    const SmallEffect *any = &domain->effects[0];

    g_string_append_printf(out, "%s own {\n    %s\n", domain->name, domain->fields_text);
    write_default(domain, policy->otherwise, out);
    for (guint i = 0; i < policy->rule_count; i++)
        write_rule(&policy->rules[i], NULL, end_of_rule(policy, i), out);
    g_string_append(out, "}\n");
    for (guint d = 0; d < policy->demand_count; d++) {
        const SmallStandard *standard = &policy->standards[policy->demands[d].standard];

        g_string_append_printf(out, "%s demand%u {\n    %s\n", domain->name, d, domain->fields_text);
        write_default(domain, any, out);
        for (guint i = 0; i < standard->rule_count; i++)
            write_rule(&standard->rules[i], policy->demands[d].value, -1, out);
        g_string_append(out, "}\n");
    }
    for (guint i = 0; i < policy->exception_count; i++) {
        g_autofree char *name = g_strdup_printf("region%u", i);

        if (policy->exceptions[i].region)
            write_region(domain, name, policy->exceptions[i].region, out);
    }
}

SmallPolicy *small_policy_new(const SmallDomain *domain, GRand *random) {
    SmallPolicy *policy = g_new0(SmallPolicy, 1);
    GString *out = g_string_new(domain->combining == KJ_COMBINING_ADD_UP ? "group g = { \"a\" };\ngroup h = { \"b\" };\n" : "");
    guint direct;

    policy->domain = domain;
    policy->standard_count = 1 + below(random, SMALL_STANDARDS);
    for (guint i = 0; i < policy->standard_count; i++)
        choose_standard(policy, i, random);
    direct = policy->standard_count - 1;
    follow(policy, direct, 0, domain->parameter ? domain->values[below(random, 3)] : NULL);
    for (guint i = 0; i < direct && policy->demand_count < SMALL_DEMANDS - SMALL_STANDARDS; i++) {
        if (one_in(random, 3))
            follow(policy, i, 0, domain->parameter ? domain->values[below(random, 3)] : NULL);
    }
    choose_rules(domain, random, "r", FALSE, policy->rules, &policy->rule_count);
    policy->otherwise = &domain->effects[domain->effect_count - 1];
    while (domain->defaults && (one_in(random, 3) || !(domain->defaults >> (policy->otherwise - domain->effects) & 1)))
        policy->otherwise = &domain->effects[below(random, domain->effect_count)];
    choose_exceptions(policy, random);
    choose_proof(policy, random);
    for (guint i = 0; i < policy->standard_count; i++)
        write_standard(policy, i, out);
    write_block(policy, out);
    write_beside(policy, out);
    write_proof(policy, out);
    policy->text = g_string_free(out, FALSE);
    return policy;
}

static void rules_free(SmallRule *rules, guint count) {
    for (guint i = 0; i < count; i++) {
        g_free(rules[i].label);
        g_free(rules[i].when);
        g_free(rules[i].unless);
    }
}

void small_policy_free(SmallPolicy *policy) {
    for (guint i = 0; i < policy->standard_count; i++) {
        rules_free(policy->standards[i].rules, policy->standards[i].rule_count);
        g_free(policy->standards[i].binding);
    }
    rules_free(policy->rules, policy->rule_count);
    for (guint i = 0; i < policy->exception_count; i++)
        g_free(policy->exceptions[i].region);
    for (guint i = 0; i < policy->demand_count; i++)
        g_free(policy->demands[i].value);
    g_free(policy->proof);
    g_free(policy->text);
    g_free(policy);
}
