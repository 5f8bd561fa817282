/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees side by side.
 *
 * A block in which half of the rules pin one field down and half another is dealt out to two trees; it must decide as the same block in one
 * list does, rule by rule. Then the verifier's side: with any bit of the first nodes flipped a table is refused or decides without harm
 * (run under ASan), and a BOTH stands nowhere but on the chain from the root of a first-match block.
 */
#include "../../../compiler/compiler.h"

#include <kijun/format.h>
#include <kijun/verify.h>

#include <string.h>

#define RULES 2000u
#define REQUESTS 20000u
#define FEW_REQUESTS 100u
#define HIGH 9999

static const KjFieldDefinition fields[] = {
    { .name = "x", .type = KJ_TYPE_INTEGER, .high = HIGH, .phrase = { "x {}", "x {}" }, .doc = { "X.", "X。" } },
    { .name = "y", .type = KJ_TYPE_INTEGER, .high = HIGH, .phrase = { "y {}", "y {}" }, .doc = { "Y.", "Y。" } },
    { .name = "z", .type = KJ_TYPE_INTEGER, .high = HIGH, .phrase = { "z {}", "z {}" }, .doc = { "Z.", "Z。" } },
    { .name = NULL },
};
static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "Through.", "通す。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "Not through.", "通さない。" } },
    { .name = NULL },
};
#define DOMAIN(domain_name, how)                                                                                           \
    {                                                                                                                      \
        .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = domain_name, .version = "1", .doc = { "Points.", "点。" }, \
        .subject = { "points", "点" }, .combining = how, .fields = fields, .effects = effects                              \
    }
static const KjDomain first_domain = DOMAIN("first", KJ_COMBINING_FIRST_MATCH), strict_domain = DOMAIN("strict", KJ_COMBINING_STRICTEST);

/* Rules that pin x down and leave y free, or the other way round; z is in some. */
static char *random_policy(const char *domain) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s points {\n    default deny;\n", domain);
    for (guint i = 0; i < RULES; i++) {
        int low = g_rand_int_range(random, 0, HIGH - 20);

        g_string_append_printf(text, "    %s %s %d..%d", g_rand_boolean(random) ? "allow" : "deny", g_rand_boolean(random) ? "x" : "y", low,
                               low + g_rand_int_range(random, 0, 20));
        if (g_rand_boolean(random))
            g_string_append_printf(text, " z >= %d", g_rand_int_range(random, 0, HIGH));
        g_string_append(text, ";\n");
    }
    g_string_append(text, "}\n");
    return g_string_free(text, FALSE);
}

static GBytes *build(const char *domain, gboolean optimise) {
    g_autofree char *text = random_policy(domain);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    GBytes *bytes;

    kj_compilation_load_text(compilation, "points.pol", text, strlen(text));
    g_assert_nonnull(compilation->policy);
    bytes = kj_build(compilation->policy, optimise, compilation->diagnostics);
    g_assert_nonnull(bytes);
    return bytes;
}

static void get_section(guint8 *data, KjSectionKind kind, guint8 **start, guint64 *count) {
    const KjRecordSection *section = (const KjRecordSection *)(const void *)(data + sizeof(KjTableHeader)) + (kind - 1);

    *start = data + section->offset;
    *count = section->count;
}

/* A copy that can be changed, aligned for the verifier, and its tree: the block's nodes from the root on. */
static guint8 *copy_table(GBytes *bytes, gsize *size, KjRecordBlock **block, KjRecordNode **root, guint64 *count) {
    const void *data = g_bytes_get_data(bytes, size);
    guint8 *copy = g_memdup2(data, *size), *start;

    get_section(copy, KJ_SECTION_BLOCKS, &start, count);
    *block = (KjRecordBlock *)(void *)start;
    get_section(copy, KJ_SECTION_NODES, &start, count);
    *root = (KjRecordNode *)(void *)start + (*block)->root;
    *count -= (*block)->root;
    return copy;
}

static void decide(KjRequest *request, GRand *random, KjVerdict *verdict) {
    kj_request_clear(request);
    for (int f = 0; f < 3; f++) {
        if (g_rand_int_range(random, 0, 16)) /* else missing */
            kj_request_set_number(request, f, (guint64)g_rand_int_range(random, 0, HIGH + 1), NULL);
    }
    kj_decide(request, verdict);
}

static KjTable *open_table(const void *data, gsize size) {
    g_autoptr(GError) error = NULL;
    KjTable *table = kj_table_new(data, size, &error);

    g_assert_no_error(error);
    return table;
}

/* The same requests to both; how many of them matched a rule. */
static guint compare(KjTable *one, KjTable *other) {
    g_autoptr(GRand) random = g_rand_new_with_seed(1), again = g_rand_new_with_seed(1);
    g_autoptr(KjRequest) one_request = kj_request_new(one, 0), other_request = kj_request_new(other, 0);
    guint matched = 0;

    for (guint i = 0; i < REQUESTS; i++) {
        KjVerdict one_verdict = { .size = sizeof one_verdict }, other_verdict = { .size = sizeof other_verdict };

        decide(one_request, random, &one_verdict);
        decide(other_request, again, &other_verdict);
        g_assert_cmpuint(one_verdict.rule, ==, other_verdict.rule);
        g_assert_cmpuint(one_verdict.matched, ==, other_verdict.matched);
        g_assert_cmpint(one_verdict.outcome, ==, other_verdict.outcome);
        matched += one_verdict.matched;
    }
    return matched;
}

static void test_same_answers(void) {
    g_autoptr(GBytes) plain = build("first", FALSE), dealt = build("first", TRUE);
    gsize size;
    KjRecordBlock *block;
    KjRecordNode *root;
    guint64 count;
    g_autofree guint8 *copy = copy_table(dealt, &size, &block, &root, &count);
    g_autoptr(KjTable) dealt_table = open_table(copy, size);
    g_autoptr(KjTable) plain_table = open_table(g_bytes_get_data(plain, NULL), g_bytes_get_size(plain));
    guint matched = compare(dealt_table, plain_table);

    g_assert_cmpuint(root->kind, ==, KJ_NODE_BOTH); /* or this test tests nothing */
    g_assert_cmpuint(matched, >, REQUESTS / 2);
    g_assert_cmpuint(matched, <, REQUESTS);
}

/* Where every rule that matches counts, there is one tree. */
static void test_strictest_has_one(void) {
    g_autoptr(GBytes) bytes = build("strict", TRUE);
    gsize size;
    KjRecordBlock *block;
    KjRecordNode *root;
    guint64 count;
    g_autofree guint8 *copy = copy_table(bytes, &size, &block, &root, &count);

    g_assert_true((guint8 *)root > copy && (guint8 *)(root + count) <= copy + size);
    for (guint64 i = 0; i < count; i++)
        g_assert_cmpuint(root[i].kind, !=, KJ_NODE_BOTH);
}

static void test_refused(void) {
    static const struct {
        guint node;  /* after the root */
        gsize offset;
        guint32 value;
        const char *reason;
    } changes[] = {
        { 0, offsetof(KjRecordNode, a), 1, "side by side" },
        { 0, offsetof(KjRecordNode, b), 1, "side by side" },
        { 0, offsetof(KjRecordNode, klass), 1, "leads out" },
        { 0, offsetof(KjRecordNode, c), 0, "leads out" },                /* itself */
        { 0, offsetof(KjRecordNode, c), 0x7fffffff, "leads out" },       /* beyond the end */
        { 1, offsetof(KjRecordNode, kind), KJ_NODE_BOTH, "leads outside" }, /* a chain goes on in the second child alone */
        { 3, offsetof(KjRecordNode, kind), KJ_NODE_BOTH, "leads outside" }, /* and below a split there is none */
        { 1, offsetof(KjRecordNode, kind), KJ_NODE_STATE, "leads outside" },
        { 0, offsetof(KjRecordNode, kind), KJ_NODE_STATE, "begins with a state" },
    };
    g_autoptr(GBytes) bytes = build("first", TRUE);

    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        gsize size;
        KjRecordBlock *block;
        KjRecordNode *root;
        guint64 count;
        g_autofree guint8 *copy = copy_table(bytes, &size, &block, &root, &count);
        KjImage image;
        KjFlaw flaw;

        g_assert_cmpuint(root[1].kind, ==, KJ_NODE_SPLIT);
        g_assert_true(kj_verify(copy, size, &image, &flaw));
        memcpy((guint8 *)&root[changes[i].node] + changes[i].offset, &changes[i].value, sizeof(guint32));
        g_assert_false(kj_verify(copy, size, &image, &flaw));
        if (!strstr(flaw.reason, changes[i].reason))
            g_error("change %u: %s", i, flaw.reason);
    }
}

static void test_refused_beyond_first_match(void) {
    g_autoptr(GBytes) bytes = build("first", TRUE);
    gsize size;
    KjRecordBlock *block;
    KjRecordNode *root;
    guint64 count;
    g_autofree guint8 *copy = copy_table(bytes, &size, &block, &root, &count);
    KjImage image;
    KjFlaw flaw;

    block->combining = KJ_COMBINING_ADD_UP;
    g_assert_false(kj_verify(copy, size, &image, &flaw));
    g_assert_nonnull(strstr(flaw.reason, "side by side"));
}

/* The hash of the table as it is now. */
static void mend(guint8 *data, gsize size) {
    KjTableHeader *header = (KjTableHeader *)(void *)data;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = sizeof header->hash;

    memset(header->hash, 0, sizeof header->hash);
    g_checksum_update(checksum, data, (gssize)size);
    g_checksum_get_digest(checksum, header->hash, &length);
}

/* A chain longer than the compiler makes: the root of the second tree asks both its children instead of one. The boxes of the wrong one
 * do not hold or are in the right one too, so the answers stay. */
static void test_longer_chain(void) {
    g_autoptr(GBytes) bytes = build("first", TRUE);
    gsize size;
    KjRecordBlock *block;
    KjRecordNode *root;
    guint64 count;
    g_autofree guint8 *copy = copy_table(bytes, &size, &block, &root, &count);
    g_autoptr(KjTable) before = open_table(copy, size), after = NULL;

    g_assert_cmpuint(root[2].kind, ==, KJ_NODE_SPLIT);
    root[2].kind = KJ_NODE_BOTH;
    root[2].a = root[2].b = 0;
    mend(copy, size);
    after = open_table(copy, size);
    compare(before, after);
}

static void test_flipped_bits(void) {
    g_autoptr(GBytes) bytes = build("first", TRUE);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    guint refused = 0;
    gsize size;
    KjRecordBlock *block;
    KjRecordNode *root;
    guint64 count;
    g_autofree guint8 *copy = copy_table(bytes, &size, &block, &root, &count);

    for (guint bit = 0; bit < 4 * sizeof(KjRecordNode) * 8; bit++) {
        guint8 *byte = (guint8 *)root + bit / 8;
        g_autoptr(KjTable) table = NULL;

        *byte ^= (guint8)(1u << bit % 8);
        mend(copy, size);
        table = kj_table_new(copy, size, NULL);
        *byte ^= (guint8)(1u << bit % 8);
        if (table) {
            g_autoptr(KjRequest) request = kj_request_new(table, 0);
            KjVerdict verdict = { .size = sizeof verdict };

            for (guint i = 0; i < FEW_REQUESTS; i++)
                decide(request, random, &verdict);
        } else {
            refused++;
        }
    }
    g_assert_cmpuint(refused, >, 0);
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    if (!kj_plugin_register(&first_domain, &error) || !kj_plugin_register(&strict_domain, &error))
        g_error("%s", error->message);
    g_test_add_func("/table/forest/same_answers", test_same_answers);
    g_test_add_func("/table/forest/strictest_has_one", test_strictest_has_one);
    g_test_add_func("/table/forest/refused", test_refused);
    g_test_add_func("/table/forest/refused_beyond_first_match", test_refused_beyond_first_match);
    g_test_add_func("/table/forest/longer_chain", test_longer_chain);
    g_test_add_func("/table/forest/flipped_bits", test_flipped_bits);
    return g_test_run();
}
