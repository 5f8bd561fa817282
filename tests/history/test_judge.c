/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose voice counts. One need, made by hand: one of the owners and two of the board; real keys and chains. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/judge.h"
#include "keys.h"

enum { ABE, BABA, CHIBA, DOI, ENDO, SATO, MALLORY, PEOPLE };

static const char *const names[] = { "abe", "baba", "chiba", "doi", "endo", "sato", "mallory" };
static const char *const owners[] = { "abe", "baba", NULL }, *const board[] = { "chiba", "doi", "endo", "sato", NULL };

#define BASE "1111111111111111111111111111111111111111111111111111111111111111"
#define RESULT "2222222222222222222222222222222222222222222222222222222222222222"
#define NOW 1795338000 /* 2026-11-22T09:00:00Z */

typedef struct {
    KjTestKeys *keys;
    KjRoot *root;
    GPtrArray *chains[PEOPLE];
    KjUnit base, result;
    KjNeed need;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    static const KjStatementValue fixed[] = { { "signer", "abe" }, { "previous", "none" }, { "date", "2026-11-01T00:00:00Z" }, { "version", "1" }, { "expires", "2027-11-22T09:00:00Z" },
                                              { "may", "root abe" }, { "may", "release abe" }, { "threshold", "root 1" }, { "threshold", "release 1" } };
    const KjRequirement requirements[] = { { "owner", "people.owners", 1, owners }, { "board", "people.board", 2, board } };
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_auto(GStrv) lines = g_new0(char *, PEOPLE + 1);
    g_autoptr(GError) error = NULL;
    fixture->keys = kj_test_keys_new(PEOPLE);
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    const KjStatementValue deputies[] = { { "deputy", "sato 1 mallory" }, { "deputy", "sato 2 baba" }, { "deputy", "doi 1 abe" } };
    if (data) /* of the author the first has no key; of one who can act himself */
        g_array_append_vals(values, deputies, G_N_ELEMENTS(deputies));
    for (guint i = 0; i < MALLORY; i++) {
        lines[i] = g_strdup_printf("%s %s", names[i], fixture->keys->lines[i]);
        g_array_append_val(values, ((KjStatementValue){ "key", lines[i] }));
    }
    g_autoptr(KjStatement) statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    fixture->root = kj_root_new(g_steal_pointer(&statement), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < PEOPLE; i++)
        fixture->chains[i] = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
    g_strlcpy(fixture->base.digest, BASE, sizeof fixture->base.digest);
    g_strlcpy(fixture->result.digest, RESULT, sizeof fixture->result.digest);
    fixture->need = (KjNeed){ .name = "edge.border", .base = &fixture->base, .result = &fixture->result, .verdict = KJ_CHANGE_WIDENS };
    fixture->need.requirements = g_array_new(FALSE, FALSE, sizeof(KjRequirement));
    g_array_append_vals(fixture->need.requirements, requirements, G_N_ELEMENTS(requirements));
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint i = 0; i < PEOPLE; i++)
        g_ptr_array_unref(fixture->chains[i]);
    g_array_unref(fixture->need.requirements);
    kj_root_free(fixture->root);
    kj_test_keys_free(fixture->keys);
}

/* Adds a statement of the kind to the chain of `who`, the usual values overridden by `more` (pairs, NULL-terminated). */
static const KjStatement *say(Fixture *fixture, guint who, KjStatementKind kind, const char *const *more) {
    static const KjStatementValue usual[] = {
        { "date", "2026-11-22T08:00:00Z" }, { "context", "production" }, { "unit", "edge.border" }, { "base", BASE }, { "result", RESULT }, { "verdict", "widens" },
        { "weakens", "no" }, { "expires", "2027-02-20T00:00:00Z" }, { "reason", "no" }, { "from", "2026-11-01T00:00:00Z" }, { "until", "2026-12-01T00:00:00Z" },
        { "group", "people.board" }, { "document", "R8-17" }, { "decided", "2026-11-20T00:00:00Z" },
    };
    static const guint kinds_without_unit = 1u << KJ_STATEMENT_DELEGATION;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autoptr(GError) error = NULL;
    g_array_append_val(values, ((KjStatementValue){ "signer", names[who] }));
    g_array_append_val(values, ((KjStatementValue){ "previous", kj_chain_last(fixture->chains[who]) }));
    for (guint i = 0; i < G_N_ELEMENTS(usual); i++) {
        gboolean overridden = (kinds_without_unit & 1u << kind) && strcmp(usual[i].key, "unit") == 0;
        for (guint n = 0; more && more[n]; n += 2)
            overridden |= strcmp(more[n], usual[i].key) == 0;
        if (!overridden)
            g_array_append_val(values, usual[i]);
    }
    for (guint n = 0; more && more[n]; n += 2)
        g_array_append_val(values, ((KjStatementValue){ more[n], more[n + 1] }));
    g_autoptr(KjStatement) statement = kj_statement_new(kind, (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    g_autofree char *armor = kj_test_sign(fixture->keys, who, statement);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    KjSigned *link = kj_signed_new(bytes, length, armor, strlen(armor), &error);
    g_assert_no_error(error);
    g_ptr_array_add(fixture->chains[who], link);
    return link->statement;
}

static const KjStatement *approve(Fixture *fixture, guint who) {
    return say(fixture, who, KJ_STATEMENT_APPROVAL, NULL);
}

/* "met: abe chiba doi" or "missing 2: abe; baba doi": who agreed, who would help. */
static char *judge(const Fixture *fixture) {
    static const char *const authors[] = { "sato", NULL };
    g_autoptr(GPtrArray) chains = g_ptr_array_new();
    for (guint i = 0; i < PEOPLE; i++)
        g_ptr_array_add(chains, fixture->chains[i]);
    const KjCircumstances circumstances = { .root = fixture->root, .serial = 1, .date = NOW, .context = "production", .authors = authors, .chains = chains, .since = NOW - 7 * 86400 };
    g_autoptr(KjJudgement) judgement = kj_judgement_new(&fixture->need, &circumstances);
    g_autofree char *agreed = g_strjoinv(" ", (char **)judgement->agreed), *helpful = g_strjoinv(" ", (char **)judgement->helpful);
    if (judgement->met)
        return g_strdup_printf("met: %s", agreed);
    return judgement->quorum.missing ? g_strdup_printf("missing %u: %s; %s", judgement->quorum.missing, agreed, helpful) : g_strdup_printf("stopped: %s", agreed);
}

static void assert_judged(const Fixture *fixture, const char *wanted) {
    g_autofree char *got = judge(fixture);
    g_assert_cmpstr(got, ==, wanted);
}

static void test_met(Fixture *fixture, gconstpointer data) {
    (void)data;
    assert_judged(fixture, "missing 3: ; abe baba chiba doi endo");
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    assert_judged(fixture, "missing 1: abe chiba; doi endo");
    approve(fixture, CHIBA); /* twice is once */
    assert_judged(fixture, "missing 1: abe chiba; doi endo");
    approve(fixture, DOI);
    assert_judged(fixture, "met: abe chiba doi");
}

static void test_does_not_count(Fixture *fixture, gconstpointer data) {
    static const struct {
        guint who;
        const char *more[3];
    } voices[] = {
        { SATO, { NULL } },                                     /* the author */
        { MALLORY, { NULL } },                                  /* no key of the root's */
        { DOI, { "context", "test", NULL } },                   /* another context */
        { DOI, { "unit", "edge.other", NULL } },                /* another unit */
        { DOI, { "base", RESULT, NULL } },                      /* another text before */
        { DOI, { "result", BASE, NULL } },                      /* another text after */
        { DOI, { "verdict", "narrows", NULL } },                /* he thought it did something else */
        { DOI, { "date", "2026-10-01T00:00:00Z", NULL } },      /* before the base came into force */
        { DOI, { "expires", "2026-11-22T09:00:00Z", NULL } },   /* just expired */
    };
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    for (guint i = 0; i < G_N_ELEMENTS(voices); i++) {
        say(fixture, voices[i].who, KJ_STATEMENT_APPROVAL, voices[i].more);
        assert_judged(fixture, "missing 1: abe chiba; doi endo");
    }
    say(fixture, MALLORY, KJ_STATEMENT_APPROVAL, NULL);
    assert_judged(fixture, "missing 1: abe chiba; doi endo");
}

/* Who agreed to what is graver agreed to it; who agreed to what is milder did not. */
static void test_graver_reading(Fixture *fixture, gconstpointer data) {
    static const char *const graver[] = { "weakens", "yes", NULL };
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    say(fixture, DOI, KJ_STATEMENT_APPROVAL, graver);
    assert_judged(fixture, "met: abe chiba doi");
    fixture->need.weakens = TRUE;
    assert_judged(fixture, "missing 2: doi; abe baba chiba endo");
}

/* Mallory's own key under another's name. */
static void test_borrowed_name(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    g_autoptr(GError) error = NULL;
    const KjStatement *good = approve(fixture, DOI);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(good), &length);
    g_autofree char *armor = kj_test_sign(fixture->keys, MALLORY, good);
    KjSigned *link = kj_signed_new(bytes, length, armor, strlen(armor), &error);
    g_assert_no_error(error);
    g_ptr_array_add(fixture->chains[MALLORY], link);
    g_ptr_array_set_size(fixture->chains[DOI], 0);
    assert_judged(fixture, "missing 1: abe chiba; doi endo");
}

static void test_withdrawn(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    const KjStatement *chiba = approve(fixture, CHIBA);
    approve(fixture, DOI);
    const char *const of_chiba[] = { "statement", kj_statement_digest(chiba), NULL };
    say(fixture, ENDO, KJ_STATEMENT_WITHDRAWAL, of_chiba); /* not his to take back */
    assert_judged(fixture, "met: abe chiba doi");
    say(fixture, CHIBA, KJ_STATEMENT_WITHDRAWAL, of_chiba);
    assert_judged(fixture, "missing 1: abe doi; chiba endo");
}

/* The author is of the board himself; his second deputy can act, and sits there. Doi can act: nobody does so for him. */
static void test_deputies(Fixture *fixture, gconstpointer data) {
    (void)data;
    assert_judged(fixture, "missing 3: ; abe baba chiba doi endo");
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    assert_judged(fixture, "missing 1: abe chiba; baba doi endo");
    approve(fixture, BABA);
    assert_judged(fixture, "met: abe baba chiba");
}

static void test_delegation(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    const char *const to_baba[] = { "to", "baba", NULL }, *const by_then[] = { "to", "baba", "until", "2026-11-22T09:00:00Z", NULL };
    say(fixture, ENDO, KJ_STATEMENT_DELEGATION, by_then); /* over */
    approve(fixture, BABA);
    assert_judged(fixture, "missing 1: abe baba chiba; doi endo");
    say(fixture, ENDO, KJ_STATEMENT_DELEGATION, to_baba);
    assert_judged(fixture, "met: abe baba chiba");
}

/* An author cannot sit by way of another, nor an author's delegate for himself. */
static void test_author_delegates(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    const char *const to_doi[] = { "to", "doi", NULL };
    say(fixture, SATO, KJ_STATEMENT_DELEGATION, to_doi);
    approve(fixture, DOI);
    assert_judged(fixture, "missing 1: abe chiba; endo");
}

static void test_veto(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    approve(fixture, DOI);
    say(fixture, MALLORY, KJ_STATEMENT_VETO, NULL); /* nobody's */
    assert_judged(fixture, "met: abe chiba doi");
    const char *const other_text[] = { "result", BASE, NULL };
    say(fixture, ENDO, KJ_STATEMENT_VETO, other_text);
    assert_judged(fixture, "met: abe chiba doi");
    const KjStatement *veto = say(fixture, ENDO, KJ_STATEMENT_VETO, NULL);
    assert_judged(fixture, "stopped: abe chiba doi");
    const char *const overruling[] = { "overrules", kj_statement_digest(veto), NULL };
    say(fixture, ABE, KJ_STATEMENT_APPROVAL, overruling);
    say(fixture, CHIBA, KJ_STATEMENT_APPROVAL, overruling);
    say(fixture, DOI, KJ_STATEMENT_APPROVAL, overruling);
    assert_judged(fixture, "stopped: abe chiba doi"); /* the seats, and nobody beyond */
    say(fixture, BABA, KJ_STATEMENT_APPROVAL, overruling);
    assert_judged(fixture, "met: abe baba chiba doi");
}

static void test_veto_withdrawn(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    approve(fixture, DOI);
    const KjStatement *veto = say(fixture, BABA, KJ_STATEMENT_VETO, NULL);
    assert_judged(fixture, "stopped: abe chiba doi");
    const char *const back[] = { "statement", kj_statement_digest(veto), NULL };
    say(fixture, BABA, KJ_STATEMENT_WITHDRAWAL, back);
    assert_judged(fixture, "met: abe chiba doi");
}

/* The board decided on paper; two attest it. */
static void test_record(Fixture *fixture, gconstpointer data) {
    static const char *const decided[] = { "by", "chiba", "by", "endo", NULL }, *const other_people[] = { "by", "chiba", "by", "doi", NULL };
    (void)data;
    approve(fixture, ABE);
    say(fixture, BABA, KJ_STATEMENT_RECORD, decided);
    say(fixture, BABA, KJ_STATEMENT_RECORD, decided); /* the same person again */
    assert_judged(fixture, "missing 2: abe; chiba doi endo");
    say(fixture, DOI, KJ_STATEMENT_RECORD, other_people);
    assert_judged(fixture, "missing 2: abe; chiba doi endo");
    say(fixture, DOI, KJ_STATEMENT_RECORD, decided);
    assert_judged(fixture, "met: abe chiba endo");
}

static void test_revoked(Fixture *fixture, gconstpointer data) {
    (void)data;
    approve(fixture, ABE);
    approve(fixture, CHIBA);
    approve(fixture, DOI);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(kj_root_statement(fixture->root)), &length);
    g_autoptr(GString) text = g_string_new_len(bytes, (gssize)length);
    g_autoptr(KjKey) key = kj_key_parse(fixture->keys->lines[DOI], NULL);
    g_autofree char *line = g_strdup_printf("revoked: %s 1\nmay: release", key->fingerprint);
    g_string_replace(text, "may: release", line, 1);
    kj_root_free(fixture->root);
    fixture->root = kj_root_new(kj_statement_parse(text->str, text->len, NULL), NULL);
    assert_judged(fixture, "missing 1: abe chiba; doi endo");
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "met", test_met }, { "does-not-count", test_does_not_count }, { "graver-reading", test_graver_reading }, { "borrowed-name", test_borrowed_name }, { "withdrawn", test_withdrawn },
        { "delegation", test_delegation }, { "author-delegates", test_author_delegates }, { "veto", test_veto }, { "veto-withdrawn", test_veto_withdrawn },
        { "record", test_record }, { "revoked", test_revoked },
    };
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/judge/", tests[i].name, NULL);
        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    g_test_add("/judge/deputies", Fixture, names, set_up, test_deputies, tear_down);
    return g_test_run();
}
