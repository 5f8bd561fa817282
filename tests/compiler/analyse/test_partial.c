/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a block answers to a request of which some fields are known, against the reference over every request of a small world: each field missing or
 * one of a few values that stand on either side of everything the rules say.
 */
#include "../../../compiler/analyse/partial.h"

#include <string.h>

static const char policy[] =
    "zone \"UTC\";\n"
    "mail forwarding {\n"
    "    default deny;\n"
    "    null:    allow to \"sink.invalid\" from none;\n"
    "    large:   deny size > 10MB;\n"
    "    staff:   allow to \"test.invalid\" forwarder \"test.invalid\";\n"
    "    night:   hold to \"late.invalid\" during mon..fri 20:00..23:59;\n"
    "    day:     allow to \"late.invalid\" during mon..fri 00:00..20:00;\n"
    "    partner: limit to \"partner.invalid\" auto true rate 3/1d per forwarder;\n"
    "    far:     deny hops >= 5;\n"
    "    open:    allow to \"open.invalid\";\n"
    "}\n";

#define FIELDS 6u
#define VALUES 6u
static const char *const names[FIELDS] = { "to", "from", "forwarder", "auto", "size", "hops" };
static const char *const values[FIELDS][VALUES] = {
    { "a@sink.invalid", "a@test.invalid", "a@late.invalid", "a@partner.invalid", "a@self.invalid", "a@open.invalid" },
    { NULL, "a@test.invalid", "b@away.invalid" },
    { NULL, "a@test.invalid", "b@away.invalid" },
    { NULL, "true", "false" },
    { NULL, "10MB", "10485761" },
    { NULL, "4", "5" },
};
static const guint value_counts[FIELDS] = { 6, 3, 3, 3, 3, 3 };

static const KjBlock *block;

static gboolean refuses(const KjFieldText *texts, guint count, gint64 instant) {
    KjReferenceVerdict verdict;
    kj_reference_decide(block, texts, count, TRUE, instant, &verdict);
    gboolean refused = verdict.outcome == KJ_OUTCOME_REFUSE || verdict.outcome == KJ_OUTCOME_ERROR;
    g_assert_cmpint(verdict.outcome, !=, KJ_OUTCOME_ERROR);
    kj_reference_verdict_clear(&verdict);
    return refused;
}

/* Every request of the world in which the known fields (indices into values; G_MAXUINT: not known) have their values. */
static void count_world(const guint *known, gint64 instant, guint *passing, guint *refused) {
    guint at[FIELDS] = { 0 };
    *passing = *refused = 0;
    for (;;) {
        KjFieldText texts[FIELDS];
        guint count = 0, field = 0;
        for (guint i = 0; i < FIELDS; i++) {
            const char *value = values[i][known[i] == G_MAXUINT ? at[i] : known[i]];
            if (value)
                texts[count++] = (KjFieldText){ names[i], value };
        }
        *(refuses(texts, count, instant) ? refused : passing) += 1;
        while (field < FIELDS && (known[field] != G_MAXUINT || ++at[field] == value_counts[field]))
            at[field++] = 0;
        if (field == FIELDS)
            return;
    }
}

static void check_witness(const KjWitness *witness, const KjFieldText *known, guint count, gint64 instant, gboolean refused) {
    guint texts_count;
    g_assert_nonnull(witness);
    const KjFieldText *texts = kj_witness_texts(witness, &texts_count);
    g_assert_true(refuses(texts, texts_count, instant) == refused);
    for (guint i = 0; i < count; i++) {
        guint j = 0;
        while (j < texts_count && strcmp(texts[j].field, known[i].field) != 0)
            j++;
        g_assert_cmpuint(j, <, texts_count);
        g_assert_cmpstr(texts[j].text, ==, known[i].text);
    }
}

static void check(KjPartial *partial, const guint *known, gint64 instant, guint *kinds) {
    KjFieldText texts[FIELDS];
    guint count = 0, passing, refused;
    KjPartialAnswer answer;
    for (guint i = 0; i < FIELDS; i++)
        if (known[i] != G_MAXUINT)
            texts[count++] = (KjFieldText){ names[i], values[i][known[i]] };
    count_world(known, instant, &passing, &refused);
    kj_partial_ask(partial, texts, count, instant, &answer);
    kinds[answer.kind]++;
    g_assert_cmpint(answer.kind, ==, !refused ? KJ_PARTIAL_PASSES : !passing ? KJ_PARTIAL_REFUSED : KJ_PARTIAL_DEPENDS);
    if (answer.kind == KJ_PARTIAL_DEPENDS) {
        check_witness(answer.passing, texts, count, instant, FALSE);
        check_witness(answer.refused, texts, count, instant, TRUE);
    }
    kj_partial_answer_clear(&answer);
}

/* Every choice of what is known: each field one of the values that are there, or not known; `to`, which is required, always is. */
static void test_world(void) {
    static const gint64 instants[] = { 1795514400, 1795554000 }; /* a Tuesday, 10:00 and 21:00 */
    g_autofree char *problem = NULL;
    g_autoptr(KjPartial) partial = kj_partial_new(block, &problem);
    guint kinds[KJ_PARTIAL_OPEN + 1] = { 0 }, choices = value_counts[0];
    g_assert_nonnull(partial);
    for (guint i = 1; i < FIELDS; i++)
        choices *= value_counts[i]; /* the first value, which is none, stands for not known */
    for (guint choice = 0; choice < choices; choice++) {
        guint known[FIELDS], rest = choice;
        for (guint i = 0; i < FIELDS; i++) {
            known[i] = rest % value_counts[i];
            rest /= value_counts[i];
            if (!values[i][known[i]])
                known[i] = G_MAXUINT;
        }
        for (guint i = 0; i < G_N_ELEMENTS(instants); i++)
            check(partial, known, instants[i], kinds);
    }
    for (guint kind = KJ_PARTIAL_PASSES; kind <= KJ_PARTIAL_DEPENDS; kind++)
        g_assert_cmpuint(kinds[kind], >, 10);
    g_assert_cmpuint(kinds[KJ_PARTIAL_OPEN], ==, 0);
}

static void test_no_value(void) {
    g_autofree char *problem = NULL;
    g_autoptr(KjPartial) partial = kj_partial_new(block, &problem);
    const KjFieldText wrong = { "to", "no address" };
    KjPartialAnswer answer;
    kj_partial_ask(partial, &wrong, 1, 0, &answer);
    g_assert_cmpint(answer.kind, ==, KJ_PARTIAL_OPEN);
    g_assert_nonnull(strstr(answer.problem, "is no value of the field `to`"));
    kj_partial_answer_clear(&answer);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "world.pol", policy, strlen(policy));
    if (!compilation->policy) {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
        g_error("%s", text->str);
    }
    block = kj_policy_find_block(compilation->policy, "forwarding", NULL);
    g_test_add_func("/partial/world", test_world);
    g_test_add_func("/partial/no-value", test_no_value);
    return g_test_run();
}
