/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables against the reference evaluator, on checked trees made by hand.
 *
 * Blocks of every combining rule, with fields of every type and random rules, are built with and without the optimiser; random requests
 * must get from the runtime what the reference says: outcome, deciding rule, every rule that matched. Then what random rules do not reach:
 * the same bytes twice, limits and their diagnostics, a large block in bounded memory.
 */
#include "../../../compiler/compiler.h"
#include "../../../compiler/limits.h"

#include <kijun/format.h>

#include <string.h>

#define ROUNDS 120
#define REQUESTS 150
#define RULES 14

enum { X, Y, FLAG, CLASS, RESOURCE, SENDER, WHO, OWNER, GROUPS, COLOUR, NET, FIELDS };

static const KjFieldDefinition no_fields[] = { { .name = NULL } };
static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" } },
    { .name = "hold", .flags = KJ_EFFECT_HOLDS, .phrase = { "hold", "保留する" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" } },
    { .name = NULL },
};
static const char *symbols[] = { "I", "II", "III", NULL };

#define DOMAIN(how)                                                                                                              \
    {                                                                                                                            \
        .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = "test", .version = "1", .combining = how, .fields = no_fields,   \
        .effects = effects                                                                                                       \
    }
static const KjDomain domains[] = { DOMAIN(KJ_COMBINING_FIRST_MATCH), DOMAIN(KJ_COMBINING_STRICTEST), DOMAIN(KJ_COMBINING_ADD_UP) };

static const KjField fields[FIELDS] = {
    [X] = { .name = "x", .type = { .kind = KJ_TYPE_INTEGER, .high = 9 } },
    [Y] = { .name = "y", .type = { .kind = KJ_TYPE_INTEGER, .low = 2, .high = 9 } },
    [FLAG] = { .name = "flag", .type = { .kind = KJ_TYPE_BOOL, .high = 1 } },
    [CLASS] = { .name = "class", .type = { .kind = KJ_TYPE_SYMBOL, .symbols = symbols, .symbol_count = 3, .ordered = TRUE, .high = 2 },
                .flags = KJ_FIELD_ORDERED },
    [RESOURCE] = { .name = "resource", .type = { .kind = KJ_TYPE_PATH } },
    [SENDER] = { .name = "sender", .type = { .kind = KJ_TYPE_MAIL } },
    [WHO] = { .name = "who", .type = { .kind = KJ_TYPE_PRINCIPAL }, .flags = KJ_FIELD_REQUIRED },
    [OWNER] = { .name = "owner", .type = { .kind = KJ_TYPE_PRINCIPAL } },
    [GROUPS] = { .name = "groups", .type = { .kind = KJ_TYPE_PRINCIPAL, .set = TRUE }, .flags = KJ_FIELD_SET },
    [COLOUR] = { .name = "colour", .type = { .kind = KJ_TYPE_SYMBOL } },
    [NET] = { .name = "net", .type = { .kind = KJ_TYPE_ADDRESS } },
};

/* The words of each field, in patterns and in requests. */
static const char *const words[FIELDS][7] = {
    [X] = { "0", "1", "5", "8", "9", "4", "7" },
    [Y] = { "2", "3", "5", "8", "9", "4", "7" },
    [FLAG] = { "true", "false", "true", "false", "true", "false", "true" },
    [CLASS] = { "I", "II", "III", "I", "II", "III", "I" },
    [RESOURCE] = { "/a/**", "/a/b", "/b/*", "/a/b/c", "/**/c", "/", "/b" },
    [SENDER] = { "x.jp", "*.x.jp", "a@x.jp", "b@y.x.jp", "jp", "a@y.x.jp", "b@x.jp" },
    [WHO] = { "sato", "ito", "abe", "mori", "oka", "ueda", "sato" },
    [OWNER] = { "sato", "ito", "abe", "mori", "oka", "ueda", "sato" },
    [GROUPS] = { "staff", "admins", "staff", "admins", "guests", "staff", "nobody" },
    [COLOUR] = { "red", "green", "blue", "red", "green", "grey", "white" },
    [NET] = { "10.0.0.0", "10.0.0.5", "10.0.0.9", "::", "::5", "255.255.255.255", "0.0.0.0" },
};

typedef struct {
    KjArena *arena;
    GRand *random;
} Maker;

static guint below(Maker *maker, guint end) {
    return (guint)g_rand_int_range(maker->random, 0, (gint32)end);
}

/* ---- trees ---- */

static const KjSet *make_patterns(Maker *maker, guint field) {
    KjSet *set = kj_arena_new0(maker->arena, KjSet);
    const KjPattern **patterns = kj_arena_newn(maker->arena, const KjPattern *, 3);
    guint count = 1 + below(maker, 3);

    for (guint i = 0; i < count; i++) {
        const char *problem = NULL;

        patterns[i] = kj_pattern_new(maker->arena, fields[field].type.kind, words[field][below(maker, 7)], &problem);
        g_assert_nonnull(patterns[i]);
    }
    *set = (KjSet){ .kind = KJ_SET_PATTERNS, .patterns = patterns, .count = count };
    return set;
}

static const KjSet *make_intervals(Maker *maker, guint field) {
    KjSet *set = kj_arena_new0(maker->arena, KjSet);
    KjInterval *interval = kj_arena_new0(maker->arena, KjInterval);
    KjOrdinal a = kj_ordinal_number(below(maker, 10)), b = kj_ordinal_number(below(maker, 10));

    if (field == FLAG || field == CLASS)
        a = b = kj_ordinal_number(below(maker, field == FLAG ? 2 : 3));
    if (field == NET) {
        a = below(maker, 2) ? (KjOrdinal){ 4, 0, 0x0a000000 + below(maker, 10) } : (KjOrdinal){ 6, 0, below(maker, 6) };
        b = a.family == 4 ? (KjOrdinal){ 4, 0, 0x0a000000 + below(maker, 10) } : (KjOrdinal){ 6, 0, below(maker, 6) };
    }
    *interval = kj_ordinal_compare(a, b) <= 0 ? (KjInterval){ a, b } : (KjInterval){ b, a };
    *set = (KjSet){ .kind = KJ_SET_INTERVALS, .intervals = interval, .count = 1 };
    return set;
}

static const KjSet *make_set(Maker *maker, guint field) {
    gboolean text = (field >= RESOURCE && field <= OWNER) || field == COLOUR;
    const KjSet *plain = text ? make_patterns(maker, field) : make_intervals(maker, field);
    const KjSet **members;
    KjSet *set;

    if (below(maker, 3))
        return plain;
    members = kj_arena_newn(maker->arena, const KjSet *, 2);
    members[0] = plain;
    members[1] = text ? make_patterns(maker, field) : make_intervals(maker, field);
    set = kj_arena_new0(maker->arena, KjSet);
    set->kind = (KjSetKind)(KJ_SET_UNION + below(maker, 3));
    set->count = set->kind == KJ_SET_COMPLEMENT ? 1 : 2;
    set->members = members;
    return set;
}

static const KjWindow *make_window(Maker *maker, guint depth) {
    KjWindow *window = kj_arena_new0(maker->arena, KjWindow);

    if (depth && below(maker, 3) == 0) {
        window->kind = below(maker, 2) ? KJ_WINDOW_UNION : KJ_WINDOW_MINUS;
        window->left = make_window(maker, depth - 1);
        window->right = make_window(maker, depth - 1);
        return window;
    }
    window->kind = KJ_WINDOW_ATOM;
    window->atom = (KjWindowAtom){ "UTC", 1 + below(maker, 127), below(maker, 1440), below(maker, 1440), 0, 47481 };
    return window;
}

static const KjCondition *make_condition(Maker *maker, guint depth) {
    static const char *const members[] = { "staff", "admins" };
    KjCondition *condition = kj_arena_new0(maker->arena, KjCondition);
    const KjCondition **operands = kj_arena_newn(maker->arena, const KjCondition *, 3);

    condition->field = below(maker, FIELDS);
    condition->kind = depth ? (KjConditionKind)(KJ_CONDITION_AND + below(maker, 9)) : KJ_CONDITION_TEST;
    if (condition->kind == KJ_CONDITION_TEST && condition->field == GROUPS)
        condition->kind = KJ_CONDITION_HAS;
    switch (condition->kind) {
    case KJ_CONDITION_TEST:
        condition->set = make_set(maker, condition->field);
        break;
    case KJ_CONDITION_HAS:
        condition->field = GROUPS;
        condition->members = members;
        condition->count = 1 + below(maker, 2);
        break;
    case KJ_CONDITION_COMPARE:
        condition->field = below(maker, 2) ? WHO : X;
        condition->other = condition->field == X ? Y : OWNER;
        condition->relation = (KjRelation)(KJ_RELATION_EQUAL + below(maker, condition->field == X ? 6 : 2));
        break;
    case KJ_CONDITION_DURING:
        condition->window = make_window(maker, 2);
        break;
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
        condition->count = condition->kind == KJ_CONDITION_NOT ? 1 : 2 + below(maker, 2);
        for (guint i = 0; i < condition->count; i++)
            operands[i] = make_condition(maker, depth - 1);
        condition->operands = operands;
        break;
    default:
        break;
    }
    return condition;
}

static KjBlock *make_block(Maker *maker, const KjDomain *domain, guint rule_count) {
    KjBlock *block = kj_arena_new0(maker->arena, KjBlock);
    KjRule *rules = kj_arena_newn(maker->arena, KjRule, rule_count);

    for (guint i = 0; i < rule_count; i++) {
        rules[i] = (KjRule){ .label = kj_arena_printf(maker->arena, "_%u", i + 1), .effect = below(maker, 3), .span = KJ_SPAN_NONE };
        rules[i].match = make_condition(maker, 3);
        rules[i].unless = below(maker, 3) == 0 ? make_condition(maker, 2) : NULL;
        rules[i].from = below(maker, 5) == 0 ? make_window(maker, 0) : NULL;
        rules[i].until = below(maker, 5) == 0 ? make_window(maker, 0) : NULL;
    }
    *block = (KjBlock){ .name = "b", .qualified = "m.b", .module = "m", .domain = domain, .fields = fields, .field_count = FIELDS,
                        .rules = rules, .rule_count = rule_count, .span = KJ_SPAN_NONE,
                        .default_effect = domain->combining == KJ_COMBINING_ADD_UP ? G_MAXUINT : 0 };
    return block;
}

/* ---- requests ---- */

typedef struct {
    KjFieldText values[FIELDS + 2];
    guint count;
    gboolean has_instant;
    gint64 instant;
} Request;

static const char *make_text(Maker *maker, guint field) {
    static const char *const paths[] = { "/", "/a", "/a/b", "/b", "/b/x", "/a/b/c", "/z/c" };
    static const char *const mails[] = { "a@x.jp", "b@x.jp", "a@y.x.jp", "b@y.x.jp", "a@jp", "c@z.org", "a@X.jp" };

    return field == RESOURCE ? paths[below(maker, 7)] : field == SENDER ? mails[below(maker, 7)] : words[field][below(maker, 7)];
}

static void make_request(Maker *maker, Request *request) {
    *request = (Request){ .has_instant = below(maker, 4) != 0, .instant = (gint64)below(maker, 2000000000) };
    for (guint field = 0; field < FIELDS; field++) {
        if (below(maker, field == WHO ? 40 : 4) == 0)
            continue;
        if (field == GROUPS && below(maker, 3) == 0)
            request->values[request->count++] = (KjFieldText){ fields[field].name, NULL };
        else
            request->values[request->count++] = (KjFieldText){ fields[field].name, make_text(maker, field) };
        if (field == GROUPS && below(maker, 2) && request->values[request->count - 1].text)
            request->values[request->count++] = (KjFieldText){ fields[field].name, make_text(maker, field) };
    }
}

static void fill(KjTable *table, KjRequest *request, const Request *from) {
    kj_request_clear(request);
    for (guint i = 0; i < from->count; i++) {
        int field = kj_table_find_field(table, 0, from->values[i].field);

        g_assert_cmpint(field, >=, 0);
        if (from->values[i].text)
            g_assert_true(kj_request_set_text(request, field, from->values[i].text, -1, NULL));
        else
            g_assert_true(kj_request_set_empty(request, field, NULL));
    }
    if (from->has_instant)
        kj_request_set_instant(request, from->instant);
}

/* ---- tests ---- */

static KjTable *build_table(const KjPolicy *policy, gboolean optimise) {
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GBytes) bytes = kj_build(policy, optimise, diagnostics), again = kj_build(policy, optimise, diagnostics);
    g_autoptr(GError) error = NULL;
    gsize size = 0;
    const void *data;
    KjTable *table;

    g_assert_nonnull(bytes);
    g_assert_true(g_bytes_equal(bytes, again));
    data = g_bytes_get_data(bytes, &size);
    table = kj_table_new(data, size, &error);
    g_assert_no_error(error);
    return table;
}

static void check_request(const KjBlock *block, KjTable *table, KjRequest *request, const Request *from) {
    gboolean first = block->domain->combining == KJ_COMBINING_FIRST_MATCH;
    KjReferenceVerdict wanted;
    KjVerdict verdict = { .size = sizeof verdict };

    kj_reference_decide(block, from->values, from->count, from->has_instant, from->instant, &wanted);
    fill(table, request, from);
    g_assert_cmphex(kj_decide(request, &verdict), ==, wanted.outcome);
    g_assert_cmpstr(verdict.effect, ==, wanted.effect);
    g_assert_cmpstr(verdict.label, ==, wanted.label);
    g_assert_cmpuint(verdict.matched, ==, first ? MIN(wanted.matched->len, 1) : wanted.matched->len);
    for (guint i = 0; i < verdict.matched; i++)
        g_assert_true(&block->rules[kj_request_matched_rule(request, i)] == wanted.matched->pdata[i]);
    kj_reference_verdict_clear(&wanted);
}

static void test_against_reference(gconstpointer data) {
    const KjDomain *domain = data;
    Maker maker = { .random = g_rand_new_with_seed(20261122) };

    for (guint round = 0; round < ROUNDS; round++) {
        maker.arena = kj_arena_new();
        KjBlock *block = make_block(&maker, domain, round % 10 == 9 ? 4 * RULES : RULES);
        KjPolicy policy = { .blocks = block };
        KjTable *tables[] = { build_table(&policy, FALSE), build_table(&policy, TRUE) };

        for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
            g_autoptr(KjRequest) request = kj_request_new(tables[i], 0);

            for (guint j = 0; j < REQUESTS; j++) {
                Request from;

                make_request(&maker, &from);
                check_request(block, tables[i], request, &from);
            }
        }
        kj_table_unref(tables[0]);
        kj_table_unref(tables[1]);
        kj_arena_free(maker.arena);
    }
    g_rand_free(maker.random);
}

static const KjCondition *make_test(KjArena *arena, guint field, guint64 low, guint64 high) {
    KjCondition *condition = kj_arena_new0(arena, KjCondition);
    KjSet *set = kj_arena_new0(arena, KjSet);
    KjInterval *interval = kj_arena_new0(arena, KjInterval);

    *interval = (KjInterval){ kj_ordinal_number(low), kj_ordinal_number(high) };
    *set = (KjSet){ .kind = KJ_SET_INTERVALS, .intervals = interval, .count = 1 };
    *condition = (KjCondition){ .kind = KJ_CONDITION_TEST, .field = field, .set = set };
    return condition;
}

static KjCondition *make_list(KjArena *arena, KjConditionKind kind, guint count) {
    KjCondition *list = kj_arena_new0(arena, KjCondition);

    list->kind = kind;
    list->count = count;
    list->operands = kj_arena_newn(arena, const KjCondition *, count);
    return list;
}

/* n clauses (x_i == 0 or y_i == 0) over different fields: 2^n boxes, and nothing to merge. */
static GBytes *build_clauses(guint clauses, KjDiagnostics *diagnostics) {
    g_autoptr(KjArena) arena = kj_arena_new();
    KjField *many = kj_arena_newn(arena, KjField, 2 * clauses);
    KjCondition *all = make_list(arena, KJ_CONDITION_AND, clauses);
    KjRule rule = { .label = "wide", .match = all, .span = KJ_SPAN_NONE };
    KjBlock block = { .name = "b", .qualified = "m.b", .module = "m", .domain = &domains[0], .fields = many, .field_count = 2 * clauses,
                      .rules = &rule, .rule_count = 1, .span = KJ_SPAN_NONE };
    KjPolicy policy = { .blocks = &block };

    for (guint i = 0; i < clauses; i++) {
        KjCondition *either = make_list(arena, KJ_CONDITION_OR, 2);

        for (guint j = 0; j < 2; j++) {
            many[2 * i + j] = (KjField){ .name = kj_arena_printf(arena, "f%u", 2 * i + j), .type = { .kind = KJ_TYPE_INTEGER, .high = 9 } };
            ((const KjCondition **)either->operands)[j] = make_test(arena, 2 * i + j, 0, 0);
        }
        ((const KjCondition **)all->operands)[i] = either;
    }
    return kj_build(&policy, TRUE, diagnostics);
}

static void test_rule_boxes_are_limited(void) {
    g_autoptr(KjDiagnostics) fine = kj_diagnostics_new(), wrong = kj_diagnostics_new();
    g_autoptr(GBytes) at = build_clauses(16, fine), above = build_clauses(17, wrong); /* 2^16 is KJ_LIMIT_RULE_BOXES */

    g_assert_nonnull(at);
    g_assert_cmpuint(kj_diagnostics_errors(fine), ==, 0);
    g_assert_null(above);
    g_assert_cmpuint(kj_diagnostics_errors(wrong), ==, 1);
}

static void test_pattern_states_are_limited(void) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) text = g_string_new("/**/a");
    g_autoptr(GBytes) bytes = NULL;
    const char *problem = NULL;
    const KjPattern *pattern;
    KjSet set = { .kind = KJ_SET_PATTERNS, .patterns = &pattern, .count = 1 };
    KjCondition condition = { .kind = KJ_CONDITION_TEST, .field = RESOURCE, .set = &set };
    KjRule rule = { .label = "deep", .match = &condition, .span = KJ_SPAN_NONE };
    KjBlock block = { .name = "b", .qualified = "m.b", .module = "m", .domain = &domains[1], .fields = fields, .field_count = FIELDS,
                      .rules = &rule, .rule_count = 1, .span = KJ_SPAN_NONE };
    KjPolicy policy = { .blocks = &block };

    for (guint i = 0; i < 30; i++)
        g_string_append(text, "/*");
    pattern = kj_pattern_new(arena, KJ_TYPE_PATH, text->str, &problem);
    bytes = kj_build(&policy, TRUE, diagnostics);
    g_assert_null(bytes);
    g_assert_cmpuint(kj_diagnostics_errors(diagnostics), ==, 1);
}

/* Wildcards are copied into many leaves; the tree must stay linear all the same. */
static void test_tree_is_linear(void) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    static const KjField plane[] = { { .name = "x", .type = { .kind = KJ_TYPE_INTEGER, .high = 99999 } },
                                     { .name = "y", .type = { .kind = KJ_TYPE_INTEGER, .high = 99999 } } };
    KjBlock block = { .name = "b", .qualified = "m.b", .module = "m", .domain = &domains[0], .fields = plane, .field_count = 2,
                      .rule_count = 4000, .span = KJ_SPAN_NONE };
    KjRule *rules = kj_arena_newn(arena, KjRule, block.rule_count);
    KjPolicy policy = { .blocks = &block };
    const KjRecordSection *sections;
    gsize size;

    for (guint i = 0; i < block.rule_count; i++) {
        guint64 low = (guint64)g_rand_int_range(random, 0, 90000);

        rules[i] = (KjRule){ .label = kj_arena_printf(arena, "r%u", i), .span = KJ_SPAN_NONE };
        rules[i].match = make_test(arena, i % 2, low, low + 9999);
    }
    block.rules = rules;
    bytes = kj_build(&policy, TRUE, diagnostics);
    g_assert_nonnull(bytes);
    sections = (const KjRecordSection *)((const char *)g_bytes_get_data(bytes, &size) + sizeof(KjTableHeader));
    g_assert_cmpuint(sections[KJ_SECTION_NODES - 1].count, >, 100);
    g_assert_cmpuint(sections[KJ_SECTION_LEAVES - 1].count, <=, 16 * block.rule_count + 1024);
}

static void test_hash_covers_the_file(void) {
    KjPolicy empty = { .blocks = NULL };
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GBytes) bytes = kj_build(&empty, TRUE, diagnostics);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size, length = KJ_TABLE_HASH_LENGTH;
    g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(bytes, &size), g_bytes_get_size(bytes));
    guint8 stated[KJ_TABLE_HASH_LENGTH], computed[KJ_TABLE_HASH_LENGTH];
    KjTableHeader *header = (KjTableHeader *)copy;

    memcpy(stated, header->hash, sizeof stated);
    memset(header->hash, 0, sizeof header->hash);
    g_checksum_update(checksum, copy, (gssize)size);
    g_checksum_get_digest(checksum, computed, &length);
    g_assert_cmpmem(stated, sizeof stated, computed, sizeof computed);
    g_assert_cmpuint(header->size, ==, size);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/table/reference/first-match", &domains[0], test_against_reference);
    g_test_add_data_func("/table/reference/strictest", &domains[1], test_against_reference);
    g_test_add_data_func("/table/reference/add-up", &domains[2], test_against_reference);
    g_test_add_func("/table/rule-boxes-are-limited", test_rule_boxes_are_limited);
    g_test_add_func("/table/pattern-states-are-limited", test_pattern_states_are_limited);
    g_test_add_func("/table/tree-is-linear", test_tree_is_linear);
    g_test_add_func("/table/hash-covers-the-file", test_hash_covers_the_file);
    return g_test_run();
}
