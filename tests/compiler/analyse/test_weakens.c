/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `weakens` against a model: random pairs of small workspaces, known by what they are made of. A workspace is a handful of numbers (which standards there are,
 * who conforms to what, which exceptions, tests, proofs, hosts, tiers); from two of them the model says, by the words of language.md 11, which blocks lost a
 * guard and whether the whole did, and where no exception plays a part what the change of rules and logs does. The same two, written out, are
 * compared by kj_change_new. Names, order and spelling are drawn anew for each version, and must not matter.
 *
 *     test_weakens --pairs N --first S     so many pairs (the tests take PAIRS, a fifth under $KIJUN_SHORT); a failure prints the seed and both workspaces
 */
#include "../../../compiler/analyse/change.h"

#include <string.h>

#define PAIRS 400
#define STANDARDS 3
#define BLOCKS 2
#define EXCEPTIONS 3
#define PROMISES 4  /* the first half tests, the others proofs */
#define CASES 4     /* of a promise, two about each block */
#define HOSTS 3

typedef struct {
    gboolean there;
    guint rules;    /* bits of its rules */
    guint longest;  /* index of lengths */
    int parent;     /* an earlier standard, or -1 */
    guint value;    /* that it binds its parent's parameter to */
} Standard;

typedef struct {
    gboolean there, opens, default_logs, opening_logs;
    guint conforms; /* bits of standards */
    guint value;    /* that it binds the parameter to */
    guint hosts;    /* bits; it is enforced on them */
} Block;

typedef struct {
    gboolean there;
    guint block, standard, region, until, approver; /* region 0: the rule; approver 0: nobody */
} Exception;

typedef struct {
    guint tiers[3]; /* of the modules a (blocks), s (standards), g (neither) */
    Standard standards[STANDARDS];
    Block blocks[BLOCKS];
    Exception exceptions[EXCEPTIONS];
    guint names[PROMISES]; /* which of some names it has now */
    guint promises[PROMISES]; /* bits of cases; 0: there is none */
} Workspace;

static const char *const tiers[] = { "procedure", "standard", "basic" };
static const char *const lengths[] = { "", "0d", "90d", "365d", "730d" }; /* of max_exception, "" none */
static const guint days_of[] = { G_MAXUINT, 0, 90, 365, 730 };
static const char *const days[] = { "2026-12-31", "2027-03-31", "2027-12-31" };
static const char *const regions[] = { "", "to == 10.0.0.9", "to in 10.0.0.8/31" };
static const char *const approvers[] = { "", "boss", "chief" };
static const char *const values[][2] = { { "10.0.0.0/8", "inner" }, { "{ 10.0.0.0/8, 192.168.0.0/16 }", "{ 192.168.0.0/16, inner }" } };
static const char *const rules[] = { "deny to 10.9.0.0/16", "deny service 23/tcp" };
static const char *const names[] = { "one", "two", "three", "four", "five" };

/* ---- random workspaces ---- */

static guint below(GRand *random, guint end) {
    return (guint)g_rand_int_range(random, 0, (gint32)end);
}

/* One thing drawn anew. */
static void change_one(Workspace *workspace, GRand *random) {
    Standard *standard = &workspace->standards[below(random, STANDARDS)];
    Block *block = &workspace->blocks[below(random, BLOCKS)];
    Exception *exception = &workspace->exceptions[below(random, EXCEPTIONS)];
    guint promise = below(random, PROMISES);

    switch (below(random, 20)) {
    case 0: workspace->tiers[below(random, 3)] = below(random, 3); break;
    case 1: standard->there = below(random, 4) > 0; break;
    case 2: standard->rules = below(random, 4); break;
    case 3: standard->longest = below(random, G_N_ELEMENTS(lengths)); break;
    case 4: standard->parent = (int)below(random, STANDARDS + 1) - 1; break;
    case 5: standard->value = below(random, 2); break;
    case 6: block->there = below(random, 6) > 0; break;
    case 7: block->opens = below(random, 2); break;
    case 8: block->default_logs = below(random, 2); break;
    case 9: block->opening_logs = below(random, 2); break;
    case 10: case 11: block->conforms = below(random, 1u << STANDARDS); break;
    case 12: block->value = below(random, 2); break;
    case 13: case 14: block->hosts = below(random, 1u << HOSTS); break;
    case 15: exception->there = below(random, 3) == 0; break;
    case 16:
        *exception = (Exception){ below(random, 2), below(random, BLOCKS), below(random, STANDARDS), below(random, 3), below(random, 3), below(random, 3) };
        break;
    case 17: exception->until = below(random, 3); exception->approver = below(random, 3); break;
    case 18: workspace->names[promise] = below(random, G_N_ELEMENTS(names)); break;
    default: workspace->promises[promise] = below(random, 3) ? below(random, 1u << CASES) : 0; break;
    }
}

static gboolean reaches_standard(const Workspace *workspace, int standard, int wanted) {
    return standard >= 0 && (standard == wanted || reaches_standard(workspace, workspace->standards[standard].parent, wanted));
}

static gboolean reaches(const Workspace *workspace, const Block *block, int wanted) {
    for (int s = 0; s < STANDARDS; s++) {
        if ((block->conforms >> s & 1) && reaches_standard(workspace, s, wanted))
            return TRUE;
    }
    return FALSE;
}

/* Leaves out what would be an error, and what nothing stands for. */
static void make_sound(Workspace *workspace) {
    for (int s = 0; s < STANDARDS; s++) {
        Standard *standard = &workspace->standards[s];
        if (!standard->there)
            *standard = (Standard){ .parent = -1 };
        if (standard->parent >= s || (standard->parent >= 0 && !workspace->standards[standard->parent].there))
            standard->parent = -1;
    }
    for (guint b = 0; b < BLOCKS; b++) {
        Block *block = &workspace->blocks[b];
        if (!block->there)
            *block = (Block){ .there = FALSE };
        for (int s = 0; s < STANDARDS; s++)
            block->conforms &= workspace->standards[s].there ? ~0u : ~(1u << s);
        for (guint p = 0; p < PROMISES && !block->there; p++)
            workspace->promises[p] &= ~(3u << (2 * b));
    }
    for (guint e = 0; e < EXCEPTIONS; e++) {
        Exception *exception = &workspace->exceptions[e];
        if (!(workspace->blocks[exception->block].conforms >> exception->standard & 1))
            exception->there = FALSE;
    }
    for (guint p = 0; p < PROMISES; p++) { /* two of one name and kind are another test's business */
        for (guint q = p < PROMISES / 2 ? 0 : PROMISES / 2; q < p; q++) {
            if (workspace->names[p] == workspace->names[q])
                workspace->promises[p] = 0;
        }
    }
}

/* ---- as text ---- */

static void write_bindings(GString *out, GRand *random, guint standard, guint value) {
    if (standard == 1)
        g_string_append_printf(out, " with p = %s", values[value][below(random, 2)]);
}

static void write_standards(const Workspace *workspace, GRand *random, GString *out) {
    g_string_append_printf(out, "module s tier %s; let inner = 10.0.0.0/8;\n", tiers[workspace->tiers[1]]);
    for (guint s = 0; s < STANDARDS; s++) {
        const Standard *standard = &workspace->standards[s];
        if (!standard->there)
            continue;
        g_string_append_printf(out, "standard firewall s%u", s);
        if (standard->parent >= 0) {
            g_string_append_printf(out, " conforms to s%d", standard->parent);
            write_bindings(out, random, (guint)standard->parent, standard->value);
        }
        g_string_append_printf(out, " { %s %s", s == 1 ? "parameter p : set of address; out: deny from not p;" : "",
                               standard->longest ? "max_exception = " : "");
        g_string_append_printf(out, "%s%s", lengths[standard->longest], standard->longest ? ";" : "");
        for (guint r = 0; r < G_N_ELEMENTS(rules); r++) {
            if (standard->rules >> r & 1)
                g_string_append_printf(out, " r%u: %s;", r, rules[r]);
        }
        g_string_append(out, " }\n");
    }
}

static void write_conformances(const Block *block, GRand *random, GString *out) {
    guint first = below(random, STANDARDS);
    const char *before = " conforms to ";

    for (guint i = 0; i < STANDARDS; i++) { /* in any order */
        guint s = (first + i) % STANDARDS;
        if (!(block->conforms >> s & 1))
            continue;
        g_string_append_printf(out, "%ss%u", before, s);
        write_bindings(out, random, s, block->value);
        before = ", ";
    }
}

static void write_block(const Block *block, guint b, GRand *random, GString *out) {
    if (!block->there)
        return;
    g_string_append_printf(out, "firewall b%u", b);
    write_conformances(block, random, out);
    g_string_append_printf(out, " { default deny%s; old: deny to 10.0.0.9 @log;%s%s }\n", block->default_logs ? " @log" : "",
                           block->opens ? " web: allow to 10.0.0.1" : "", !block->opens ? "" : block->opening_logs ? " @log;" : ";");
    for (guint i = 0, first = below(random, HOSTS); i < HOSTS; i++) {
        guint h = (first + i) % HOSTS;
        if (block->hosts >> h & 1)
            g_string_append_printf(out, "enforce b%u by nftables on \"fw%u\";\n", b, h);
    }
}

static void write_promise(const Workspace *workspace, guint p, GRand *random, GString *out) {
    gboolean proof = p >= PROMISES / 2;

    if (workspace->promises[p] == 0)
        return;
    g_string_append_printf(out, "%s \"%s\" {", proof ? "prove" : "test", names[workspace->names[p]]);
    for (guint i = 0, first = below(random, CASES); i < CASES; i++) {
        guint c = (first + i) % CASES;
        if (workspace->promises[p] >> c & 1)
            g_string_append_printf(out, proof ? " firewall b%u: to 10.%u.0.0/16 => deny;" : " firewall b%u: from 192.0.2.1 to 10.%u.0.9 proto gre at 2026-11-24 10:00 => deny;",
                                   c / 2, c % 2);
    }
    g_string_append(out, " }\n");
}

static void write_rest(const Workspace *workspace, GRand *random, GString *out) {
    g_string_append_printf(out, "module a tier %s; let inner = 10.0.0.0/8; group boss = { \"sato\" }; group chief = { \"ito\" };\n",
                           tiers[workspace->tiers[0]]);
    for (guint b = 0; b < BLOCKS; b++)
        write_block(&workspace->blocks[b], b, random, out);
    for (guint e = 0; e < EXCEPTIONS; e++) {
        const Exception *exception = &workspace->exceptions[e];
        if (!exception->there)
            continue;
        g_string_append_printf(out, "exception \"E-%u\" to s%u in b%u%s%s until %s reason \"r\"%s%s;\n", e, exception->standard, exception->block,
                               exception->region ? " when " : ".old", regions[exception->region], days[exception->until],
                               exception->approver ? " approved by " : "", approvers[exception->approver]);
    }
    for (guint p = 0; p < PROMISES; p++)
        write_promise(workspace, p, random, out);
}

/* ---- the model ---- */

/* Higher is stricter, as an order of the two versions. */
static gboolean tier_falls(const Workspace *old, const Workspace *new, guint module) {
    return new->tiers[module] < old->tiers[module];
}

static gboolean standard_weakens(const Workspace *old, const Workspace *new, guint s) {
    const Standard *before = &old->standards[s], *after = &new->standards[s];

    if (!before->there || !after->there)
        return before->there;
    return (before->rules & ~after->rules) != 0 || days_of[after->longest] > days_of[before->longest] || tier_falls(old, new, 1) ||
           (before->parent >= 0 && !reaches_standard(new, after->parent, before->parent)) ||
           /* it bound p itself, and another value is bound, or another standard binds it */
           (before->parent == 1 && reaches_standard(new, after->parent, 1) && (after->parent != 1 || before->value != after->value));
}

static gboolean conformance_weakens(const Workspace *new, const Block *before, const Block *after) {
    for (int s = 0; s < STANDARDS; s++) {
        if ((before->conforms >> s & 1) && !reaches(new, after, s))
            return TRUE;
    }
    return (before->conforms >> 1 & 1) && reaches(new, after, 1) && (!(after->conforms >> 1 & 1) || before->value != after->value);
}

/* Of what the promises of a kind say about the block each case under its name; a promise that only has another name now is none lost. */
static gboolean promises_weaken(const Workspace *old, const Workspace *new, guint b, guint from, guint to) {
    guint before[G_N_ELEMENTS(names)] = { 0 }, after[G_N_ELEMENTS(names)] = { 0 };
    gboolean taken[G_N_ELEMENTS(names)] = { FALSE };

    for (guint p = from; p < to; p++) {
        before[old->names[p]] |= old->promises[p] >> (2 * b) & 3;
        after[new->names[p]] |= new->promises[p] >> (2 * b) & 3;
    }
    for (guint n = 0; n < G_N_ELEMENTS(names); n++) {
        gboolean renamed = FALSE;
        if (after[n] && (before[n] & ~after[n]))
            return TRUE;
        for (guint other = 0; other < G_N_ELEMENTS(names) && before[n] && !after[n] && !renamed; other++) {
            renamed = !taken[other] && !before[other] && after[other] == before[n];
            taken[other] = taken[other] || renamed;
        }
        if (before[n] && !after[n] && !renamed)
            return TRUE;
    }
    return FALSE;
}

static gboolean exception_weakens(const Exception *before, const Exception *after) {
    if (!after->there || !before->there)
        return after->there;
    return before->block != after->block || before->standard != after->standard || before->region != after->region || after->until > before->until ||
           (before->approver && before->approver != after->approver);
}

static gboolean block_weakens(const Workspace *old, const Workspace *new, guint b) {
    const Block *before = &old->blocks[b], *after = &new->blocks[b];

    for (guint e = 0; e < EXCEPTIONS; e++) {
        if (after->there && new->exceptions[e].block == b && exception_weakens(&old->exceptions[e], &new->exceptions[e]))
            return TRUE;
    }
    if (!before->there || !after->there)
        return before->there;
    return conformance_weakens(new, before, after) || tier_falls(old, new, 0) || (before->hosts & ~after->hosts) != 0 ||
           promises_weaken(old, new, b, 0, PROMISES / 2) || promises_weaken(old, new, b, PROMISES / 2, PROMISES);
}

/* From refused or not and logged or not, to the same. */
static guint way(gboolean refused, gboolean logged, gboolean refuses, gboolean logs) {
    guint result = refused == refuses ? 0 : refuses ? KJ_DIRECTION_NARROWS : KJ_DIRECTION_WIDENS;

    if (logged && !logs)
        result |= KJ_DIRECTION_WIDENS;
    if (logs && !logged && refused <= refuses)
        result |= KJ_DIRECTION_NARROWS;
    return result;
}

/* Packets to 10.0.0.1, and all others but those that `old` decides. */
static guint block_way(const Block *before, const Block *after) {
    return way(!before->opens, before->opens ? before->opening_logs : before->default_logs, !after->opens,
               after->opens ? after->opening_logs : after->default_logs) |
           way(TRUE, before->default_logs, TRUE, after->default_logs);
}

/* ---- a pair ---- */

static KjCompilation *compile(const Workspace *workspace, GRand *random, GString *text) {
    KjCompilation *compilation = kj_compilation_new();
    g_autoptr(GString) a = g_string_new(NULL), s = g_string_new(NULL);
    g_autofree char *g = g_strdup_printf("module g tier %s; group few = { \"sato\" };\n", tiers[workspace->tiers[2]]);

    write_standards(workspace, random, s);
    write_rest(workspace, random, a);
    g_string_printf(text, "%s%s%s", a->str, s->str, g);
    kj_sources_add_text(compilation->sources, "a.pol", a->str, a->len, compilation->diagnostics);
    kj_sources_add_text(compilation->sources, "g.pol", g, strlen(g), compilation->diagnostics);
    kj_sources_add_text(compilation->sources, "s.pol", s->str, s->len, compilation->diagnostics);
    kj_compilation_compile(compilation);
    if (!compilation->policy) {
        g_autoptr(GString) told = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
        g_error("the generator wrote a policy with errors:\n%s\n%s", text->str, told->str);
    }
    return compilation;
}

static const KjBlockChange *find_block(const KjChange *change, const char *name) {
    for (guint i = 0; i < change->blocks->len; i++) {
        if (g_str_equal(((const KjBlockChange *)change->blocks->pdata[i])->name, name))
            return change->blocks->pdata[i];
    }
    return NULL;
}

typedef struct {
    guint weaker, ways[4];
    const char *problem;
} Seen;

static void judge(const Workspace *old, const Workspace *new, const KjChange *change, Seen *seen) {
    static const KjChangeVerdict wanted[] = { 0, KJ_CHANGE_NARROWS, KJ_CHANGE_WIDENS, KJ_CHANGE_MIXED };
    gboolean any = tier_falls(old, new, 0) || tier_falls(old, new, 1) || tier_falls(old, new, 2), told, excepted = FALSE;

    for (guint e = 0; e < EXCEPTIONS; e++) {
        excepted = excepted || old->exceptions[e].there || new->exceptions[e].there;
        any = any || exception_weakens(&old->exceptions[e], &new->exceptions[e]);
    }
    for (guint s = 0; s < STANDARDS; s++) {
        g_autofree char *name = g_strdup_printf("s%u", s);
        const KjBlockChange *found = find_block(change, name);
        gboolean weakens = standard_weakens(old, new, s);

        any = any || weakens;
        if (found ? found->weakens != weakens : old->standards[s].there || new->standards[s].there)
            seen->problem = "a standard's `weakens` is wrong";
    }
    for (guint b = 0; b < BLOCKS; b++) {
        const Block *before = &old->blocks[b], *after = &new->blocks[b];
        g_autofree char *name = g_strdup_printf("a.b%u", b);
        const KjBlockChange *found = find_block(change, name);
        gboolean weakens = block_weakens(old, new, b);
        guint ways;

        any = any || weakens;
        if (found ? found->weakens != weakens : before->there || after->there)
            seen->problem = "a block's `weakens` is wrong";
        if (!before->there || !after->there || excepted)
            continue;
        ways = block_way(before, after);
        seen->ways[ways]++;
        if (ways ? found->verdict != wanted[ways] : found->verdict >= KJ_CHANGE_NARROWS)
            seen->problem = "a verdict is wrong";
    }
    kj_change_verdict(change, &told);
    if (told != any)
        seen->problem = "the whole's `weakens` is wrong";
    seen->weaker += any;
}

static gboolean try_pair(guint32 seed, Seen *seen) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GString) old_text = g_string_new(NULL), new_text = g_string_new(NULL);
    KjChangeOptions options = { .now = 1795514400 };
    Workspace old, new;

    memset(&old, 0, sizeof old);
    for (guint i = 0; i < STANDARDS; i++)
        old.standards[i] = (Standard){ .there = TRUE, .parent = -1 };
    for (guint i = 0; i < BLOCKS; i++)
        old.blocks[i].there = TRUE;
    for (guint i = 0; i < PROMISES; i++)
        old.names[i] = i;
    for (guint i = 0; i < 60; i++)
        change_one(&old, random);
    new = old;
    for (guint i = below(random, 8); i > 0; i--)
        change_one(&new, random);
    make_sound(&old);
    make_sound(&new);

    g_autoptr(KjCompilation) before = compile(&old, random, old_text), after = compile(&new, random, new_text);
    KjChange *change = kj_change_new(before->policy, after->policy, &options);
    seen->problem = NULL;
    judge(&old, &new, change, seen);
    if (seen->problem)
        g_test_message("seed %u: %s\n--- before\n%s--- after\n%s", seed, seen->problem, old_text->str, new_text->str);
    for (guint i = 0; i < change->guards->len && seen->problem; i++) {
        const KjGuard *guard = change->guards->pdata[i];
        g_test_message("%c %s %s: %s -> %s", guard->weakens ? '-' : '+', guard->block ? guard->block : "*", guard->name, guard->before, guard->after);
    }
    kj_change_free(change);
    return seen->problem == NULL;
}

static gint option_pairs = PAIRS, option_seed = 1;

static void test_pairs(void) {
    Seen seen = { 0 };

    for (gint i = 0; i < option_pairs; i++) {
        if (!try_pair((guint32)(option_seed + i), &seen)) {
            g_test_fail();
            return;
        }
    }
    g_test_message("%d pairs, %u weaken; blocks compared: %u the same, %u narrow, %u widen, %u both", option_pairs, seen.weaker, seen.ways[0],
                   seen.ways[1], seen.ways[2], seen.ways[3]);
    g_assert_cmpuint(seen.weaker * 5, >, (guint)option_pairs); /* both answers are tried, or the generator tests nothing */
    g_assert_cmpuint(seen.weaker * 5, <, (guint)option_pairs * 4);
    for (guint i = 0; i < G_N_ELEMENTS(seen.ways); i++)
        g_assert_cmpuint(seen.ways[i], >, 0);
}

int main(int argc, char **argv) {
    GOptionEntry entries[] = { { "pairs", 0, 0, G_OPTION_ARG_INT, &option_pairs, "Pairs of workspaces", "N" },
                               { "first", 0, 0, G_OPTION_ARG_INT, &option_seed, "Seed of the first", "S" },
                               G_OPTION_ENTRY_NULL };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    if (g_getenv("KIJUN_SHORT") && option_pairs == PAIRS)
        option_pairs /= 5; /* the leg with sanitizers */
    g_test_add_func("/weakens/pairs", test_pairs);
    return g_test_run();
}
