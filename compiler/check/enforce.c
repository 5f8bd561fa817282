/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `enforce BLOCK by TARGET on { hosts };`: the block exists, its domain has the target, the hosts are texts. */
#include "check.h"

#include <string.h>

static const char *find_target(KjChecker *checker, const KjDomain *domain, const KjAstName *name) {
    const char *names[32] = { NULL };
    KjDiagnostic *unknown;
    const char *near;
    guint count = 0;

    for (const KjTargetDefinition *target = domain->targets; target && target->name; target++) {
        if (strcmp(target->name, name->text) == 0)
            return target->name;
        if (count < G_N_ELEMENTS(names) - 1)
            names[count++] = target->name;
    }
    unknown = kj_report(checker->diagnostics, KJ_CODE_TARGET_UNKNOWN, name->span, domain->name, name->text);
    near = kj_did_you_mean(name->text, names);
    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else if (count)
        kj_report_help(unknown, _("its targets are %s"), kj_check_list_text(checker, names));
    else
        kj_report_help(unknown, _("blocks of the domain `%s` have no targets"), domain->name);
    return NULL;
}

static gboolean add_hosts(const KjSet *set, GPtrArray *hosts) {
    for (guint i = 0; i < set->count; i++) {
        if (set->kind == KJ_SET_PATTERNS)
            g_ptr_array_add(hosts, (gpointer)set->patterns[i]->text);
        else if (set->kind != KJ_SET_UNION || !add_hosts(set->members[i], hosts))
            return FALSE;
    }
    return set->kind == KJ_SET_PATTERNS || set->kind == KJ_SET_UNION;
}

static gboolean take_hosts(KjChecker *checker, KjModule *module, const KjAstValue *value, KjEnforcement *enforcement) {
    KjScope scope = { .checker = checker, .module = module };
    KjDataType text = { .kind = KJ_TYPE_TEXT };
    g_autoptr(GPtrArray) hosts = g_ptr_array_new();
    const char **copy;
    KjOperand operand;

    if (!kj_set_resolve(&scope, &text, value, &operand))
        return FALSE;
    if (operand.none || operand.any || !add_hosts(operand.set, hosts)) {
        kj_literal_mismatch(&scope, &text, value);
        return FALSE;
    }
    copy = kj_arena_newn(checker->arena, const char *, hosts->len + 1);
    if (hosts->len)
        memcpy(copy, hosts->pdata, sizeof *copy * hosts->len);
    enforcement->hosts = copy;
    enforcement->host_count = hosts->len;
    return TRUE;
}

static KjEnforcement *check_enforcement(KjChecker *checker, KjModule *module, const KjAstDeclaration *d) {
    KjEnforcement *enforcement = kj_arena_new0(checker->arena, KjEnforcement);
    gboolean blocked, good;
    KjEntity *entity = kj_names_block(checker, module, d->name->text, &blocked);

    if (!entity && !blocked)
        KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_BLOCK_UNKNOWN, d->name->span, _("block"), d->name->text),
                      _("write a block of this module, or MODULE.BLOCK"));
    enforcement->declaration = d;
    enforcement->span = d->span;
    good = take_hosts(checker, module, d->value, enforcement);
    if (!entity || !entity->state)
        return NULL;
    enforcement->block = entity->state->block;
    enforcement->target = find_target(checker, enforcement->block->domain, d->target);
    return good && enforcement->target ? enforcement : NULL;
}

void kj_check_enforcements(KjChecker *checker) {
    KjEnforcement **tail = &checker->policy->enforcements;

    for (guint i = 0; i < checker->modules->len; i++) {
        KjModule *module = g_ptr_array_index(checker->modules, i);
        for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
            KjEnforcement *enforcement = d->kind == KJ_DECLARATION_ENFORCE ? check_enforcement(checker, module, d) : NULL;
            if (enforcement) {
                *tail = enforcement;
                tail = &enforcement->next;
            }
        }
    }
}
