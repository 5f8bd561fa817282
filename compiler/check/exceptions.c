/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions: a rule (or a region of a block) that may depart from a standard until a date. The naming form gives its rule an implied
 * `@until`. Whether an exception is longer than the standard's `max_exception` depends on the day one asks, and is told by analysis.
 */
#include "check.h"

#include <string.h>

static gboolean conforms(const KjBlock *block, const KjBlock *standard) {
    for (guint i = 0; i < block->conformance_count; i++) {
        if (block->conformances[i].standard == standard || conforms(block->conformances[i].standard, standard))
            return TRUE;
    }
    return FALSE;
}

static void report_target(KjChecker *checker, const KjAstName *name, const char *what, const char *help) {
    KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_BLOCK_UNKNOWN, name->span, what, name->text), "%s", help);
}

static KjBlockState *target_state(KjChecker *checker, KjModule *module, const KjAstName *name, const char *text) {
    gboolean blocked;
    KjEntity *entity = kj_names_block(checker, module, text, &blocked);

    if (!entity && !blocked)
        report_target(checker, name, _("block"), _("write MODULE.BLOCK, or MODULE.BLOCK.LABEL for one rule"));
    return entity ? entity->state : NULL;
}

/* The rule the exception names. FALSE when reported. */
static gboolean take_rule(KjChecker *checker, KjBlockState *state, const KjAstName *name, KjException *exception) {
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(state->labels, name->last));
    KjDiagnostic *unknown;
    KjRule *rule;

    if (index == 0) {
        unknown = kj_report(checker->diagnostics, KJ_CODE_LABEL_UNKNOWN, name->span, state->block->qualified, name->last);
        kj_check_did_you_mean(unknown, name->last, kj_check_keys(checker, state->labels));
        return FALSE;
    }
    if (index == G_MAXUINT)
        return FALSE;
    rule = &state->rules[index - 1];
    rule->until = kj_window_earlier(rule->until, exception->until);
    exception->rule = rule;
    return TRUE;
}

static gboolean take_target(KjChecker *checker, KjModule *module, const KjAstDeclaration *d, KjException *exception) {
    const KjAstName *name = d->target;
    gboolean blocked;
    KjBlockState *state;
    KjScope scope = { .checker = checker, .module = module };

    if (!d->when && (!name->qualifier || kj_names_block(checker, module, name->text, &blocked))) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_EXCEPTION_TARGET, name->span, name->text),
                      _("write %s.LABEL for one rule, or add `when` and the cases that are excused"), name->text);
        return FALSE;
    }
    state = target_state(checker, module, name, d->when ? name->text : name->qualifier);
    if (!state)
        return FALSE;
    state->timed = TRUE;
    exception->block = state->block;
    scope.block = state;
    if (!d->when)
        return take_rule(checker, state, name, exception);
    exception->when = d->when;
    exception->region = kj_condition_check(&scope, d->when);
    return exception->region != NULL;
}

static gboolean take_standard(KjChecker *checker, const KjAstDeclaration *d, KjException *exception) {
    const KjEntity *entity = g_hash_table_lookup(checker->standards, d->standard->text);
    KjDiagnostic *problem;

    if (!entity) {
        problem = kj_report(checker->diagnostics, KJ_CODE_STANDARD_UNKNOWN, d->standard->span, d->standard->text);
        kj_check_did_you_mean(problem, d->standard->text, kj_check_keys(checker, checker->standards));
        return FALSE;
    }
    exception->standard = entity->state ? entity->state->block : NULL;
    return exception->standard != NULL;
}

static void take_approver(KjChecker *checker, KjModule *module, const KjAstDeclaration *d, KjException *exception) {
    KjScope scope = { .checker = checker, .module = module };
    KjDataType principal = { .kind = KJ_TYPE_PRINCIPAL };
    gboolean blocked;
    KjEntity *entity;

    if (!d->approved)
        return;
    entity = kj_names_value(module, d->approved, &blocked);
    if (entity && entity->kind == KJ_ENTITY_GROUP) {
        exception->approved_by = entity->qualified;
        kj_let_resolve(&scope, entity, &principal, d->approved->span);
    } else if (entity) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_NOT_A_GROUP, d->approved->span, d->approved->text), _("name a `group` of principals"));
    } else if (!blocked) {
        kj_names_unknown(&scope, d->approved, &(KjDataType){ .kind = KJ_TYPE_PRINCIPAL, .set = TRUE }, NULL);
    }
}

static void check_exception(KjChecker *checker, KjModule *module, const KjAstDeclaration *d, GHashTable *ids, KjException ***tail) {
    KjException *exception = kj_arena_new0(checker->arena, KjException);
    const KjAstDeclaration *first = g_hash_table_lookup(ids, d->value->text);
    KjDiagnostic *problem;
    gboolean good;

    exception->id = d->value->text;
    exception->reason = d->reason ? d->reason->text : NULL;
    exception->declaration = d;
    exception->span = d->span;
    if (first) {
        problem = kj_report(checker->diagnostics, KJ_CODE_EXCEPTION_TWICE, d->value->span, exception->id);
        kj_report_related(problem, first->value->span, _("first used here"));
    }
    g_hash_table_insert(ids, (gpointer)exception->id, (gpointer)d);
    if (!d->until)
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_EXCEPTION_UNTIL, d->span, exception->id),
                       _("write `until` and its last day, as in `until 2026-12-31`"));
    if (!d->reason)
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_EXCEPTION_REASON, d->span, exception->id),
                       _("write `reason` and why, in quotation marks"));
    exception->until_day = d->until ? (guint32)d->until->number : KJ_LAST_DAY;
    exception->until = kj_window_days(checker->arena, module->zone, 0, exception->until_day);
    good = take_standard(checker, d, exception);
    good = take_target(checker, module, d, exception) && good;
    take_approver(checker, module, d, exception);
    if (good && !conforms(exception->block, exception->standard)) {
        problem = kj_report(checker->diagnostics, KJ_CODE_EXCEPTION_IDLE, d->standard->span, exception->block->qualified,
                            exception->standard->name);
        kj_report_help(problem, _("there is nothing to except it from; delete the exception or write `conforms to %s`"),
                       exception->standard->name);
        good = FALSE;
    }
    if (!good)
        return;
    **tail = exception;
    *tail = &exception->next;
}

void kj_check_exceptions(KjChecker *checker) {
    GHashTable *ids = kj_check_table(checker);
    KjException **tail = &checker->policy->exceptions;

    for (guint i = 0; i < checker->modules->len; i++) {
        KjModule *module = g_ptr_array_index(checker->modules, i);
        for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
            if (d->kind == KJ_DECLARATION_EXCEPTION)
                check_exception(checker, module, d, ids, &tail);
        }
    }
}
