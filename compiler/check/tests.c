/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `test` and `prove`: requests as texts a request takes, regions as conditions.
 *
 * A test's request gives each field one value; a set-valued field several; `none` is a field left out. A case whose answer depends
 * on time must say `at`: nobody can say otherwise what it expects.
 */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

typedef struct {
    const KjScope *scope;
    KjTestCase *result;
    GArray *values; /* KjFieldText */
    GHashTable *given;
    const KjSet **known; /* for each field its value, or NULL */
    gboolean good;
} Request;

static KjBlockState *case_state(KjChecker *checker, KjModule *module, const KjAstCase *c) {
    gboolean blocked;
    KjEntity *entity = kj_names_block(checker, module, c->block->text, &blocked);
    KjBlockState *state = entity ? entity->state : NULL;

    if (!entity && !blocked)
        KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_BLOCK_UNKNOWN, c->block->span, _("block"), c->block->text),
                      _("write a block of this module, or MODULE.BLOCK"));
    if (state && strcmp(state->block->domain->name, c->domain->text) != 0) {
        KJ_CHECK_HELP(
            KJ_CHECK_TELL(checker, KJ_CODE_CASE_DOMAIN, c->domain->span, c->block->text, state->block->domain->name, c->domain->text),
            _("write `%s %s`"), state->block->domain->name, c->block->text);
        return NULL;
    }
    return state;
}

/* An effect of the domain, or the denial that a block without a default answers where no rule matches. */
static gboolean case_effect(KjChecker *checker, const KjBlock *block, const KjAstName *name, guint *effect) {
    gboolean denial = block->default_effect == G_MAXUINT && strcmp(name->text, kj_block_effect_name(block, G_MAXUINT)) == 0;
    int found = denial ? -1 : kj_effect_find(checker, block->domain, name);
    *effect = denial ? G_MAXUINT : (guint)found;
    return denial || found >= 0;
}

static const guint *case_effects(KjChecker *checker, const KjBlock *block, const KjAstName *names, guint *count) {
    guint *effects;
    gboolean good = TRUE;

    *count = 0;
    for (const KjAstName *name = names; name; name = name->next)
        (*count)++;
    effects = kj_arena_newn(checker->arena, guint, *count + 1);
    *count = 0;
    for (const KjAstName *name = names; name; name = name->next) {
        if (case_effect(checker, block, name, &effects[*count]))
            (*count)++;
        else
            good = FALSE;
    }
    return good ? effects : NULL;
}

/* ---- requests ---- */

static void refuse(Request *request, KjDiagnostic *diagnostic, const char *help) {
    KJ_CHECK_HELP(diagnostic, "%s", help);
    request->good = FALSE;
}

static void take_instant(Request *request, const KjAstClause *clause) {
    const KjAstValue *value = clause->value;
    const KjScope *scope = request->scope;
    const char *zone = value->text ? kj_zone_check(scope->checker, value->text, value->text_span) : scope->module->zone, *problem = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!zone) {
        request->good = FALSE;
        return;
    }
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(value->number), text);
    g_string_append_printf(text, " %02u:%02u", value->minutes / 60, value->minutes % 60);
    request->result->has_instant = kj_value_read_instant(text->str, text->len, zone, &request->result->instant, &problem);
    if (!request->result->has_instant)
        refuse(request, KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_INSTANT, value->span, text->str),
               problem ? _(problem) : _("write a day from 1970 to 2099"));
}

static void give(Request *request, const char *field, const char *text) {
    KjFieldText pair = { field, text };
    g_array_append_val(request->values, pair);
}

static void give_members(Request *request, const KjField *field, const KjSet *set, const KjAstValue *value) {
    KjChecker *checker = request->scope->checker;
    g_autoptr(GPtrArray) members = g_ptr_array_new();

    if (!kj_literal_texts(checker->arena, &field->type, set, members)) {
        refuse(request, KJ_CHECK_TELL(checker, KJ_CODE_TEST_VALUE, value->span, field->name, kj_check_value_text(checker, value)),
               _("write the members out"));
        return;
    }
    for (guint i = 0; i < members->len; i++)
        give(request, field->name, members->pdata[i]);
}

static void give_service(Request *request, const KjField *field, const KjAstValue *value) {
    const KjScope *scope = request->scope;
    const KjField *fields = scope->block->block->fields;
    KjArena *arena = scope->checker->arena;
    const char *protocol = NULL, *port = NULL;
    KjOperand operand;

    if (!kj_service_resolve(scope, &fields[field->protocol].type, value, &operand)) {
        request->good = FALSE;
        return;
    }
    if (!operand.none && !operand.any && operand.set->kind == KJ_SET_UNION && operand.set->count == 2) {
        protocol = kj_literal_text(arena, &fields[field->protocol].type, operand.set->members[0]);
        port = kj_literal_text(arena, &fields[field->port].type, operand.set->members[1]);
    }
    if (!protocol || !port) {
        refuse(request,
               KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_VALUE, value->span, field->name, kj_check_value_text(scope->checker, value)),
               _("a request has one service: `service 443/tcp`"));
        return;
    }
    request->known[field->protocol] = operand.set->members[0];
    request->known[field->port] = operand.set->members[1];
    give(request, fields[field->protocol].name, protocol);
    give(request, fields[field->port].name, port);
}

static void give_value(Request *request, const KjField *field, const KjAstValue *value) {
    const KjScope *scope = request->scope;
    KjOperand operand;
    const char *text;

    if (field->type.kind == KJ_TYPE_SERVICE) {
        give_service(request, field, value);
        return;
    }
    if (!kj_set_resolve(scope, &field->type, value, &operand)) {
        request->good = FALSE;
        return;
    }
    if (operand.none && !operand.any && operand.set->count == 0 && value->kind == KJ_VALUE_NONE)
        return;
    if (field->type.set && !operand.none && !operand.any) {
        request->known[field - scope->block->block->fields] = operand.set;
        if (operand.set->count == 0)
            give(request, field->name, NULL);
        give_members(request, field, operand.set, value);
        return;
    }
    text = operand.none || operand.any ? NULL : kj_literal_text(scope->checker->arena, &field->type, operand.set);
    request->known[field - scope->block->block->fields] = text ? operand.set : NULL;
    if (text)
        give(request, field->name, text);
    else
        refuse(request,
               KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_VALUE, value->span, field->name, kj_check_value_text(scope->checker, value)),
               _("a request has one value of a field, or `none`"));
}

static void take_clause(Request *request, const KjAstClause *clause) {
    const KjScope *scope = request->scope;
    int index;

    if (clause->value->kind == KJ_VALUE_INSTANT && (!clause->field || strcmp(clause->field->text, "at") == 0)) {
        if (request->result->has_instant)
            refuse(request, KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_TWICE, clause->span, "at"), _("delete one of the two"));
        else
            take_instant(request, clause);
        return;
    }
    if (!clause->field || (clause->relation && clause->relation != KJ_RELATION_EQUAL)) {
        refuse(request, KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_CLAUSE, clause->span),
               _("write `FIELD VALUE`, and `at DATE TIME` for the instant"));
        return;
    }
    index = kj_field_find(scope, clause->field);
    if (index < 0) {
        request->good = FALSE;
        return;
    }
    if (!g_hash_table_add(request->given, (gpointer)clause->field->text)) {
        refuse(request, KJ_CHECK_TELL(scope->checker, KJ_CODE_TEST_TWICE, clause->span, clause->field->text), _("delete one of the two"));
        return;
    }
    give_value(request, &scope->block->block->fields[index], clause->value);
}

static void take_label(Request *request, const KjAstCase *c) {
    const KjScope *scope = request->scope;
    KjDiagnostic *unknown;

    if (!c->label)
        return;
    request->result->label = c->label->text;
    if (strcmp(c->label->text, "default") == 0 || strcmp(c->label->text, "error") == 0
        || g_hash_table_contains(scope->block->labels, c->label->text) || scope->module->syntax->damaged)
        return;
    unknown = KJ_CHECK_TELL(scope->checker, KJ_CODE_LABEL_UNKNOWN, c->label->span, scope->block->block->qualified, c->label->text);
    kj_check_did_you_mean(unknown, c->label->text, kj_check_keys(scope->checker, scope->block->labels));
    request->good = FALSE;
}

static gboolean check_test_case(KjChecker *checker, KjModule *module, const KjAstCase *c, KjTestCase *result) {
    KjBlockState *state = case_state(checker, module, c);
    KjScope scope = { .checker = checker, .module = module, .block = state, .in_test = TRUE };
    Request request = { &scope, result, NULL, NULL, NULL, TRUE };
    KjFieldText *values;

    if (!state)
        return FALSE;
    *result = (KjTestCase){ .block = state->block, .span = c->span };
    request.values = g_array_new(FALSE, FALSE, sizeof(KjFieldText));
    request.known = kj_arena_newn(checker->arena, const KjSet *, state->block->field_count + 1);
    request.given = g_hash_table_new(g_str_hash, g_str_equal);
    for (const KjAstClause *clause = c->clauses; clause; clause = clause->next)
        take_clause(&request, clause);
    result->effects = case_effects(checker, state->block, c->effects, &result->effect_count);
    take_label(&request, c);
    if (request.good && state->timed && !result->has_instant && kj_request_depends_on_time(state->block, request.known))
        refuse(&request, KJ_CHECK_TELL(checker, KJ_CODE_TEST_NEEDS_TIME, c->span, state->block->qualified),
               _("write when: `at 2026-11-24 10:00 zone \"Asia/Tokyo\"`"));
    values = kj_arena_newn(checker->arena, KjFieldText, request.values->len + 1);
    if (request.values->len)
        memcpy(values, request.values->data, sizeof *values * request.values->len);
    result->values = values;
    result->value_count = request.values->len;
    g_array_unref(request.values);
    g_hash_table_unref(request.given);
    return request.good && result->effects;
}

/* ---- proofs ---- */

static gboolean check_proof_case(KjChecker *checker, KjModule *module, const KjAstCase *c, KjProofCase *result) {
    KjBlockState *state = case_state(checker, module, c);
    KjScope scope = { .checker = checker, .module = module, .block = state };
    gboolean timed;

    if (!state)
        return FALSE;
    timed = state->timed;
    *result = (KjProofCase){ .block = state->block, .span = c->span };
    result->region = kj_clauses_check(&scope, c->clauses, NULL, c->when, NULL, NULL, c->span);
    state->timed = timed; /* a proof about a time of day does not make the block depend on it */
    result->effects = case_effects(checker, state->block, c->effects, &result->effect_count);
    return result->region && result->effects;
}

static KjTest *check_test(KjChecker *checker, KjModule *module, const KjAstDeclaration *d) {
    KjTest *test = kj_arena_new0(checker->arena, KjTest);
    KjTestCase *cases;
    KjProofCase *proofs;
    guint count = 0;

    for (const KjAstCase *c = d->cases; c; c = c->next)
        count++;
    cases = kj_arena_newn(checker->arena, KjTestCase, count + 1);
    proofs = kj_arena_newn(checker->arena, KjProofCase, count + 1);
    test->name = d->value->text;
    test->proof = d->kind == KJ_DECLARATION_PROVE;
    test->cases = cases;
    test->proofs = proofs;
    test->declaration = d;
    test->span = d->span;
    for (const KjAstCase *c = d->cases; c; c = c->next)
        test->count += test->proof ? check_proof_case(checker, module, c, &proofs[test->count])
                                   : check_test_case(checker, module, c, &cases[test->count]);
    return test;
}

void kj_check_tests(KjChecker *checker) {
    KjTest **tail = &checker->policy->tests;

    for (guint i = 0; i < checker->modules->len; i++) {
        KjModule *module = g_ptr_array_index(checker->modules, i);
        for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
            if (d->kind != KJ_DECLARATION_TEST && d->kind != KJ_DECLARATION_PROVE)
                continue;
            *tail = check_test(checker, module, d);
            tail = &(*tail)->next;
        }
    }
}
