/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Differences against brute force: random pairs of small policies in every domain, every request of a small world decided by the reference
 * evaluator in both versions. The verdict must be what the requests say, and a request lies in a region of the difference exactly when its two
 * decisions differ, in the direction the region says. Of a region with too many parts to list, and marked so, what is listed must be right.
 *
 *     test_change --pairs N --first S      so many pairs in each domain (the tests take PAIRS, a quarter under $KIJUN_SHORT); a failure prints the seed and both policies
 *
 * What a change of a decision means is worked out here anew, from the rules the evaluator names, not from decisions.c.
 */
#include "../../../compiler/analyse/change.h"

#include <stdlib.h>
#include <string.h>

#include "../../../compiler/region/examples.h"

#define PAIRS 60u
#define RULES_MOST 6u

/* ---- the small worlds ---- */

typedef struct {
    const char *field;
    const char *values[6]; /* a request's; "" stands for a request without the field; ends with NULL */
} Asked;

typedef struct {
    const char *name, *declarations, *inside; /* before the block, and its first lines */
    const char *effects[7], *endings[7];      /* `allow`, and what follows its clauses */
    const char *defaults[4];
    const char *clauses[24], *conditions[12];
    Asked asked[11];
} World;

static const World worlds[] = {
    { "firewall", "let w = mon..fri 09:00..18:00;", "",
      { "allow", "deny", "reject", "limit", "limit", "limit" }, { "", "", "", "rate 10/s burst 20", "rate 5/s burst 20", "rate 5/s burst 40" },
      { "deny", "allow", "deny @log" },
      { "from 10.0.0.1", "from 10.0.0.0/30", "from not 10.0.0.0/30", "from 2001:db8::1", "to 10.1.0.0/31", "to not 10.1.0.1", "proto tcp", "proto not tcp",
        "port 80", "port 80..81", "port not 80", "port none", "service 80/tcp", "service not 80/tcp", "during w", "port { 81, none }" },
      { "port == 80", "not (port == 80)", "from in 10.0.0.0/30 or proto == udp", "during w", "not (proto == tcp and port == 81)" },
      { { "from", { "10.0.0.1", "10.0.0.2", "192.0.2.9", "2001:db8::1" } }, { "to", { "10.1.0.0", "10.1.0.1", "10.1.0.2" } },
        { "proto", { "tcp", "udp", "icmp" } }, { "port", { "80", "81", "82", "" } } } },
    { "acl", "type class = I > II > III; group g = { \"a\", \"b\" }; let w = mon..fri 09:00..18:00;", "field label : class; field owner : principal;",
      { "allow", "allow", "deny" }, { "", "", "" }, { "deny", "allow", "deny @log" },
      { "principal \"a\"", "principal g", "principal not g", "action read", "action { read, write }", "resource \"/x\"", "resource \"/x/**\"",
        "resource not \"/x\"", "label I", "label { I, II }", "owner \"a\"", "during w" },
      { "principal == owner", "not (principal == owner)", "label >= II", "label < I or principal in g", "principal != owner and action == write" },
      { { "principal", { "a", "b", "c" } }, { "action", { "read", "write", "print" } }, { "resource", { "/x", "/x/y", "/z" } }, { "label", { "I", "II", "III" } },
        { "owner", { "a", "b", "c" } } } },
    { "mail", "let inside = { \"x.jp\", \"*.x.jp\" }; let w = mon..fri 09:00..18:00;", "",
      { "allow", "deny", "hold", "limit", "limit" }, { "", "", "", "rate 20/1d per forwarder", "rate 10/1d per forwarder" }, { "deny", "hold" },
      { "from none", "from inside", "from not inside", "to inside", "to \"a@x.jp\"", "to not \"x.jp\"", "size <= 10MB", "size > 10MB", "size none",
        "tls true", "during w" },
      { "tls", "not tls", "size <= 10MB or to in inside", "from in inside and not (size > 10MB)" },
      { { "from", { "a@x.jp", "b@y.jp", "" } }, { "to", { "a@x.jp", "b@x.jp", "c@s.x.jp", "d@y.jp" } }, { "size", { "1MB", "20MB", "" } },
        { "tls", { "true", "false", "" } } } },
    { "password", "", "",
      { "deny", "warn", "allow", "require" }, { "", "", "", "" }, { "allow", "deny" },
      { "length >= 12", "length < 12", "length 5..12", "role admin", "role not admin", "breached true", "age <= 90d", "last_used <= 24", "last_used none" },
      { "breached", "not breached", "length < 12 or breached", "role == admin", "age > 90d" },
      { { "length", { "4", "5", "11", "12", "20", "" } }, { "breached", { "true", "false", "" } }, { "role", { "admin", "user", "" } }, { "age", { "1d", "91d", "" } },
        { "last_used", { "24", "25", "" } }, { "uses", { "1", "" } } } },
    { "governance", "group g = { \"a\", \"b\" }; group h = { \"a\", \"c\", \"d\" }; group again = { \"b\", \"a\" }; group few = { \"a\" }; "
      "type class = I > II;", "",
      { "require", "require", "require", "ratify", "ratify", "require", "require" },
      { "count 1 from g", "count 2 from g", "count 1 from h", "count 1 from g within 24h", "count 2 from again within 72h", "count 1 from again",
        "count 1 from few" }, { "" },
      { "tier basic", "tier { basic, standard }", "tier not basic", "widens true", "weakens true", "emergency false", "class I" },
      { "weakens", "widens and class >= II", "not weakens or tier == basic", "emergency" },
      { { "tier", { "basic", "standard", "procedure" } }, { "widens", { "true", "false" } }, { "weakens", { "true", "false" } },
        { "emergency", { "true", "false" } }, { "class", { "I", "II", "" } }, { "module", { "m" } }, { "domain", { "acl" } }, { "verdict", { "mixed" } },
        { "narrows", { "true" } }, { "editorial", { "false" } } } },
};

static const char *const annotations[] = { "", "", "", "", "@log", "@alert", "@log @alert", "@until(2026-12-31)", "@from(2027-01-01)", "@message(\"no\")",
                                           "@from(2026-12-01) @until(2027-01-31) @log" };
/* Before, between and after the dates, inside and outside the window, and no instant at all. */
static const gint64 instants[] = { -1, 1795514400 /* 2026-11-24 10:00, a Tuesday */, 1795860000 /* Saturday */, 1797328800 /* 2026-12-15 10:00 */,
                                   1797069600 /* Saturday */, 1800007200 /* 2027-01-15 10:00 */, 1800093600 /* Saturday */, 1811844000 /* 2027-06-01 10:00 */,
                                   1811898000 /* that night */ };

static guint choices(const char *const *texts, guint room) {
    guint count = 0;

    while (count < room && texts[count])
        count++;
    return count;
}

static const char *choose(GRand *random, const char *const *texts, guint room) {
    return texts[g_rand_int_range(random, 0, (gint32)choices(texts, room))];
}

/* ---- policies ---- */

/* Not a chance in the world that a rule takes no clause of one field twice: that would be an error. */
static void add_clauses(const World *world, GRand *random, GString *out) {
    g_autoptr(GHashTable) fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = (guint)g_rand_int_range(random, 0, 4); i > 0; i--) {
        const char *clause = choose(random, world->clauses, G_N_ELEMENTS(world->clauses));
        char *field = g_strndup(clause, strcspn(clause, " "));
        gboolean service = g_str_equal(field, "service") && (g_hash_table_contains(fields, "proto") || g_hash_table_contains(fields, "port"));
        gboolean part = (g_str_equal(field, "proto") || g_str_equal(field, "port")) && g_hash_table_contains(fields, "service");

        if (!service && !part && g_hash_table_add(fields, field))
            g_string_append_printf(out, " %s", clause);
        else if (service || part)
            g_free(field);
    }
}

static char *random_rule(const World *world, GRand *random) {
    GString *out = g_string_new("");
    guint effect = (guint)g_rand_int_range(random, 0, (gint32)choices(world->effects, G_N_ELEMENTS(world->effects)));
    const char *notes = annotations[g_rand_int_range(random, 0, G_N_ELEMENTS(annotations))];
    gboolean demand = g_str_equal(world->effects[effect], "require") && !g_str_equal(world->name, "governance");

    g_string_append(out, world->effects[effect]);
    if (demand)
        g_string_append_printf(out, " %s", choose(random, world->clauses, G_N_ELEMENTS(world->clauses)));
    else
        add_clauses(world, random, out);
    g_string_append_printf(out, " %s", world->endings[effect]);
    if (g_rand_int_range(random, 0, 2))
        g_string_append_printf(out, " when %s", choose(random, world->conditions, G_N_ELEMENTS(world->conditions)));
    if (g_rand_int_range(random, 0, 4) == 0)
        g_string_append_printf(out, " unless %s", choose(random, world->conditions, G_N_ELEMENTS(world->conditions)));
    if (!g_str_equal(world->name, "governance"))
        g_string_append_printf(out, " %s", notes);
    g_string_append(out, ";");
    return g_string_free(out, FALSE);
}

static char *policy_text(const World *world, const GPtrArray *rules, const char *effect) {
    GString *out = g_string_new(world->declarations);

    g_string_append_printf(out, "\n%s b {\n    %s\n", world->name, world->inside);
    if (effect[0])
        g_string_append_printf(out, "    default %s;\n", effect);
    for (guint i = 0; i < rules->len; i++)
        g_string_append_printf(out, "    %s\n", (const char *)rules->pdata[i]);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

/* The rules after a change or two: one replaced, left out, put in, two in the other order. */
static GPtrArray *changed_rules(const World *world, const GPtrArray *rules, GRand *random) {
    GPtrArray *changed = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < rules->len; i++)
        g_ptr_array_add(changed, g_strdup(rules->pdata[i]));
    for (guint i = (guint)g_rand_int_range(random, 0, 3); i > 0; i--) {
        guint at = changed->len ? (guint)g_rand_int_range(random, 0, (gint32)changed->len) : 0;
        switch (g_rand_int_range(random, 0, 4)) {
        case 0:
            if (changed->len) {
                g_free(changed->pdata[at]);
                changed->pdata[at] = random_rule(world, random);
            }
            break;
        case 1:
            if (changed->len)
                g_ptr_array_remove_index(changed, at);
            break;
        case 2:
            g_ptr_array_insert(changed, (gint)at, random_rule(world, random));
            break;
        default:
            if (at + 1 < changed->len) {
                gpointer held = changed->pdata[at];
                changed->pdata[at] = changed->pdata[at + 1];
                changed->pdata[at + 1] = held;
            }
            break;
        }
    }
    return changed;
}

/* ---- what two decisions say of each other, from the rules the reference evaluator names ---- */

static gboolean carries(const KjNote *notes, guint count, const char *name) {
    for (guint i = 0; i < count; i++) {
        if (notes[i].obligation && g_str_equal(notes[i].name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean obliges(const KjBlock *block, const KjReferenceVerdict *verdict, const char *name) {
    gboolean any = FALSE;

    if (verdict->outcome == KJ_OUTCOME_ERROR)
        return FALSE;
    if (verdict->matched->len == 0)
        return carries(block->default_notes, block->default_note_count, name);
    for (guint i = 0; i < verdict->matched->len; i++) {
        const KjRule *rule = verdict->matched->pdata[i];
        any = any || carries(rule->notes, rule->note_count, name);
    }
    return any;
}

static guint effect_index(const KjBlock *block, const KjReferenceVerdict *verdict) {
    guint index = 0;

    while (strcmp(block->domain->effects[index].name, verdict->effect) != 0)
        index++;
    return index;
}

static const KjParameter *rate_of(const KjRule *rule, KjParameterKind kind) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        if (rule->parameters[i].definition->kind == kind)
            return &rule->parameters[i];
    }
    return NULL;
}

static guint rates_way(const KjRule *a, const KjRule *b) {
    const KjParameter *one = rate_of(a, KJ_PARAMETER_RATE), *other = rate_of(b, KJ_PARAMETER_RATE);
    const KjParameter *depth = rate_of(a, KJ_PARAMETER_INTEGER), *other_depth = rate_of(b, KJ_PARAMETER_INTEGER);
    double before = (double)one->number / (double)one->window, after = (double)other->number / (double)other->window;
    guint way = after < before ? KJ_DIRECTION_NARROWS : after > before ? KJ_DIRECTION_WIDENS : 0;

    if (depth && other_depth && depth->number != other_depth->number)
        way |= other_depth->number < depth->number ? KJ_DIRECTION_NARROWS : KJ_DIRECTION_WIDENS;
    return way;
}

/* Whether whoever meets `strong` meets `weak`: enough people, all of those who may, in time. */
static gboolean is_as_strict(const KjRule *weak, const KjRule *strong) {
    const KjParameter *time = rate_of(weak, KJ_PARAMETER_DURATION), *other_time = rate_of(strong, KJ_PARAMETER_DURATION);
    g_autoptr(GPtrArray) people = kj_set_names(rate_of(strong, KJ_PARAMETER_GROUP)->members), may = kj_set_names(rate_of(weak, KJ_PARAMETER_GROUP)->members);

    if (weak->effect != strong->effect || rate_of(strong, KJ_PARAMETER_INTEGER)->number < rate_of(weak, KJ_PARAMETER_INTEGER)->number)
        return FALSE;
    for (guint i = 0; i < people->len; i++) {
        if (!g_ptr_array_find_with_equal_func(may, people->pdata[i], g_str_equal, NULL))
            return FALSE;
    }
    return !time || other_time->number <= time->number;
}

/* Whether the requirements from `at` on each find one of their own that is as strict: by trying all ways. */
static gboolean all_are_met(const GPtrArray *weak, guint at, const GPtrArray *strong, guint64 taken) {
    if (at == weak->len)
        return TRUE;
    for (guint i = 0; i < strong->len; i++) {
        if (!(taken >> i & 1) && is_as_strict(weak->pdata[at], strong->pdata[i]) && all_are_met(weak, at + 1, strong, taken | (guint64)1 << i))
            return TRUE;
    }
    return FALSE;
}

/* Every rule that matches asks for one more, whatever others ask for. */
static guint requirements_way(const KjReferenceVerdict *a, const KjReferenceVerdict *b) {
    return (all_are_met(a->matched, 0, b->matched, 0) ? 0 : KJ_DIRECTION_WIDENS) | (all_are_met(b->matched, 0, a->matched, 0) ? 0 : KJ_DIRECTION_NARROWS);
}

static guint decisions_way(const KjBlock *const *blocks, const KjReferenceVerdict *verdicts) {
    static const char *const told[] = { "log", "alert" };
    guint way = 0;

    if (blocks[0]->domain->combining == KJ_COMBINING_ADD_UP)
        return verdicts[0].outcome == KJ_OUTCOME_ERROR ? 0 : requirements_way(&verdicts[0], &verdicts[1]);
    guint from = effect_index(blocks[0], &verdicts[0]), to = effect_index(blocks[1], &verdicts[1]);
    if (from != to)
        way = to > from ? KJ_DIRECTION_NARROWS : KJ_DIRECTION_WIDENS;
    else if (verdicts[0].outcome == KJ_OUTCOME_LIMIT)
        way = rates_way(verdicts[0].rule, verdicts[1].rule);
    guint milder = way & KJ_DIRECTION_WIDENS, lost = 0, gained = 0;
    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        gboolean before = obliges(blocks[0], &verdicts[0], told[i]), after = obliges(blocks[1], &verdicts[1], told[i]);
        lost += before && !after;
        gained += after && !before;
    }
    if (lost)
        way |= KJ_DIRECTION_WIDENS;
    if (gained && !milder)
        way |= KJ_DIRECTION_NARROWS;
    return way;
}

/* ---- requests as points of the universe ---- */

static const char *text_of(const KjFieldText *texts, guint count, const char *field) {
    for (guint i = 0; i < count; i++) {
        if (g_str_equal(texts[i].field, field))
            return texts[i].text;
    }
    return NULL;
}

static void find_point(const KjUniverse *universe, const KjFieldText *texts, guint count, gint64 instant, guint32 *point) {
    guint fields, dimension = kj_universe_dimension(universe);
    const KjField *joint = kj_universe_fields(universe, &fields);

    memset(point, 0, dimension * sizeof *point);
    for (guint i = 0; i + 1 < dimension; i++) {
        const KjSpaceField *field = kj_universe_field(universe, i);
        KjOrdinal ordinal;

        if (field->kind == KJ_FIELD_KIND_VALUE && field->classifier) {
            const char *text = text_of(texts, count, joint[i].name);
            point[i] = text ? kj_example_classify(field, text, &ordinal) : 0;
            g_assert_true(!text || point[i] > 0);
        } else if (field->kind == KJ_FIELD_KIND_COMPARE) {
            const char *left = text_of(texts, count, joint[field->left].name), *right = text_of(texts, count, joint[field->right].name);
            g_assert_cmpint(field->relation, ==, KJ_RELATION_EQUAL);
            point[i] = !left || !right ? 0 : g_str_equal(left, right) ? 2 : 1;
        }
    }
    point[dimension - 1] = instant < 0 ? 0 : kj_moments_classify(kj_universe_moments(universe), instant);
}

/* Way is what regions with the point say; *open what those say that are marked as told in part. */
static guint regions_way(const KjBlockChange *change, const guint32 *point, guint *open) {
    guint way = 0;

    *open = 0;

    for (guint r = 0; r < change->regions->len; r++) {
        const KjChangeRegion *region = change->regions->pdata[r];
        *open |= region->complete ? 0 : region->direction;
        for (guint b = 0; b < region->boxes->len; b++) {
            if (kj_box_has(region->boxes->pdata[b], point))
                way |= region->direction;
        }
    }
    return way;
}

/* ---- trying a pair ---- */

typedef struct {
    const World *world;
    const KjBlock *blocks[2];
    KjBlockChange *change;
    guint ways; /* seen in any request */
    const char *problem;
    guint requests;
    gboolean partial; /* some region is only told in part, and marked so */
} Trial;

static void try_request(Trial *trial, const KjFieldText *texts, guint count, gint64 instant) {
    KjReferenceVerdict verdicts[2];
    g_autofree guint32 *point = g_new(guint32, kj_universe_dimension(trial->change->universe));
    guint way, told_way, open;

    for (guint side = 0; side < 2; side++)
        kj_reference_decide(trial->blocks[side], texts, count, instant >= 0, instant, &verdicts[side]);
    way = decisions_way(trial->blocks, verdicts);
    find_point(trial->change->universe, texts, count, instant, point);
    trial->ways |= way;
    trial->requests++;
    told_way = regions_way(trial->change, point, &open);
    if (way != told_way && ((told_way & ~way) || (way & ~(told_way | open))) && !trial->problem) {
        g_autoptr(GString) told = g_string_new("");
        for (guint i = 0; i < count; i++)
            g_string_append_printf(told, " %s=%s", texts[i].field, texts[i].text);
        g_test_message("request%s at %" G_GINT64_FORMAT ": decisions %s/%s and %s/%s differ in way %u, regions in %u", told->str, instant, verdicts[0].effect,
                       verdicts[0].label, verdicts[1].effect, verdicts[1].label, way, told_way);
        trial->problem = "a region is wrong";
    }
    kj_reference_verdict_clear(&verdicts[0]);
    kj_reference_verdict_clear(&verdicts[1]);
}

static void try_requests(Trial *trial, guint field, KjFieldText *texts, guint count) {
    const Asked *asked = &trial->world->asked[field];

    if (field < G_N_ELEMENTS(trial->world->asked) && asked->field) {
        for (guint i = 0; i < G_N_ELEMENTS(asked->values) && asked->values[i]; i++) {
            texts[count] = (KjFieldText){ asked->field, asked->values[i] };
            try_requests(trial, field + 1, texts, count + (asked->values[i][0] != '\0'));
        }
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(instants); i++)
        try_request(trial, texts, count, instants[i]);
}

static void check_verdict(Trial *trial) {
    static const KjChangeVerdict wanted[] = { 0, KJ_CHANGE_NARROWS, KJ_CHANGE_WIDENS, KJ_CHANGE_MIXED };
    KjChangeVerdict verdict = trial->change->verdict;

    if (trial->problem)
        return;
    if (trial->change->undecided)
        trial->problem = trial->change->undecided;
    else if (trial->change->bug)
        trial->problem = "a witness does not show its change";
    else if (trial->ways ? verdict != wanted[trial->ways] : verdict >= KJ_CHANGE_NARROWS)
        trial->problem = "the verdict is wrong";
    for (guint r = 0; r < trial->change->regions->len && !trial->problem; r++) {
        const KjChangeRegion *region = trial->change->regions->pdata[r];
        trial->partial = trial->partial || !region->complete;
        if (!region->witness)
            trial->problem = "a region has no witness";
    }
}

static KjCompilation *compile(const char *text) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "m.pol", text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) told = g_string_new("");
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
        g_error("the generator wrote a policy with errors:\n%s\n%s", text, told->str);
    }
    return compilation;
}

/* FALSE after telling what is wrong. */
static gboolean try_pair(const World *world, guint32 seed, guint *ways, guint *requests, guint *partial) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(g_free), changed = NULL;
    const char *effect = choose(random, world->defaults, G_N_ELEMENTS(world->defaults)), *other = effect;
    Trial trial = { .world = world };
    KjChangeOptions options = { .now = 1795514400 };
    KjFieldText texts[G_N_ELEMENTS(world->asked) + 1];

    for (guint i = (guint)g_rand_int_range(random, 0, RULES_MOST); i > 0; i--)
        g_ptr_array_add(rules, random_rule(world, random));
    changed = changed_rules(world, rules, random);
    if (g_rand_int_range(random, 0, 8) == 0)
        other = choose(random, world->defaults, G_N_ELEMENTS(world->defaults));
    g_autofree char *before = policy_text(world, rules, effect), *after = policy_text(world, changed, other);
    g_autoptr(KjCompilation) old_compilation = compile(before), new_compilation = compile(after);
    g_autoptr(KjArena) arena = kj_arena_new();
    trial.blocks[0] = old_compilation->policy->blocks;
    trial.blocks[1] = new_compilation->policy->blocks;
    trial.change = kj_block_change_new(arena, trial.blocks[0], trial.blocks[1], &options);
    try_requests(&trial, 0, texts, 0);
    check_verdict(&trial);
    if (trial.problem)
        g_test_message("%s, seed %u: %s (verdict %s, requests say %u)\n--- before\n%s--- after\n%s", world->name, seed, trial.problem,
                       kj_change_verdict_name(trial.change->verdict), trial.ways, before, after);
    *ways = trial.ways;
    *requests += trial.requests;
    *partial += trial.partial;
    kj_block_change_clear(trial.change);
    return !trial.problem;
}

static gint option_pairs = PAIRS, option_seed = 1;

static void test_world(gconstpointer data) {
    const World *world = data;
    guint seen[4] = { 0 }, requests = 0, partial = 0;

    for (gint i = 0; i < option_pairs; i++) {
        guint ways = 0;

        if (!try_pair(world, (guint32)(option_seed + i), &ways, &requests, &partial)) {
            g_test_fail();
            return;
        }
        seen[ways]++;
    }
    g_test_message("%d pairs, %u requests: %u the same, %u narrow, %u widen, %u both; of %u a region is told in part", option_pairs, requests, seen[0], seen[1],
                   seen[2], seen[3], partial);
    g_assert_cmpuint(partial * 100, <=, (guint)option_pairs + 100);
    for (guint i = 0; i < G_N_ELEMENTS(seen) && option_pairs >= (gint)PAIRS; i++)
        g_assert_cmpuint(seen[i] * 40, >=, (guint)option_pairs); /* every verdict is tried, or the generator tests nothing */
}

int main(int argc, char **argv) {
    GOptionEntry entries[] = { { "pairs", 0, 0, G_OPTION_ARG_INT, &option_pairs, "Pairs of policies in each domain", "N" },
                               { "first", 0, 0, G_OPTION_ARG_INT, &option_seed, "Seed of the first", "S" },
                               G_OPTION_ENTRY_NULL };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    if (g_getenv("KIJUN_SHORT") && option_pairs == (gint)PAIRS)
        option_pairs /= 4; /* the leg with sanitizers */
    for (guint i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *path = g_strdup_printf("/change/%s", worlds[i].name);
        g_test_add_data_func(path, &worlds[i], test_world);
    }
    return g_test_run();
}
