/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `use`: which modules a module sees and under which names. Cycles are errors that show the cycle. Linear in the number of uses.
 */
#include "check.h"

#include <string.h>

static const char *default_alias(const char *module) {
    const char *dot = strrchr(module, '.');
    return dot ? dot + 1 : module;
}

static void report_unknown(KjChecker *checker, const KjAstName *name) {
    KjDiagnostic *unknown = kj_report(checker->diagnostics, KJ_CODE_USE_UNKNOWN, name->span, name->text);
    const char *const *known = kj_check_keys(checker, checker->by_name);
    const char *near = kj_did_you_mean(name->text, known);

    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else
        kj_report_help(unknown, _("the file would be %s.pol; a file given alone sees no other module"),
                       g_strdelimit(kj_arena_strdup(checker->arena, name->text), ".", '/'));
}

/* An alias already taken: the same module again is only noise, another one is an error. */
static void report_again(KjChecker *checker, const KjUse *first, const KjModule *module, const KjAstDeclaration *declaration,
                         const char *alias) {
    KjDiagnostic *again;

    if (first->module == module) {
        again = kj_report(checker->diagnostics, KJ_CODE_USE_TWICE, declaration->span, declaration->name->text);
        kj_report_help(again, _("delete one of the two"));
    } else {
        again = kj_report(checker->diagnostics, KJ_CODE_USE_ALIAS, declaration->span, alias, first->declaration->name->text);
        kj_report_help(again, _("write `use %s as OTHER_NAME;`"), declaration->name->text);
    }
    kj_report_related(again, first->declaration->span, _("used here already"));
}

static void add_use(KjChecker *checker, KjModule *module, const KjAstDeclaration *declaration, KjGraph *graph) {
    const char *alias = declaration->alias ? declaration->alias->text : default_alias(declaration->name->text);
    KjModule *target = g_hash_table_lookup(checker->by_name, declaration->name->text);
    const KjUse *first = g_hash_table_lookup(module->uses, alias);
    KjUse *use;

    if (!target)
        report_unknown(checker, declaration->name);
    if (first) {
        if (target)
            report_again(checker, first, target, declaration, alias);
        return;
    }
    use = kj_arena_new0(checker->arena, KjUse);
    use->alias = alias;
    use->module = target;
    use->declaration = declaration;
    g_hash_table_insert(module->uses, (gpointer)alias, use);
    if (target)
        kj_graph_edge(graph, module->index, target->index);
}

static void report_cycle(const guint *path, guint length, gpointer data) {
    KjChecker *checker = data;
    g_autoptr(GString) text = g_string_new(NULL);
    const KjModule *first = g_ptr_array_index(checker->modules, path[0]);
    const KjModule *second = g_ptr_array_index(checker->modules, path[length > 1 ? 1 : 0]);
    KjSpan span = { first->syntax->file, 0, 0 };
    KjDiagnostic *cycle;

    for (const KjAstDeclaration *d = first->syntax->declarations; d; d = d->next) {
        if (d->kind == KJ_DECLARATION_USE && strcmp(d->name->text, second->name) == 0)
            span = d->span;
    }
    for (guint i = 0; i < length; i++)
        g_string_append_printf(text, "%s -> ", ((KjModule *)g_ptr_array_index(checker->modules, path[i]))->name);
    g_string_append(text, first->name);
    cycle = kj_report(checker->diagnostics, KJ_CODE_USE_CYCLE, span, text->str);
    kj_report_help(cycle, _("move what both need into a module of its own"));
}

void kj_check_uses(KjChecker *checker) {
    g_autoptr(KjGraph) graph = kj_graph_new(checker->modules->len);

    for (guint i = 0; i < checker->modules->len; i++) {
        KjModule *module = g_ptr_array_index(checker->modules, i);
        for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
            if (d->kind == KJ_DECLARATION_USE)
                add_use(checker, module, d, graph);
        }
    }
    kj_graph_walk(graph, report_cycle, checker, NULL, NULL);
}
