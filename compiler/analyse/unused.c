/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that nothing uses, and actions that stand in one rule only.
 *
 * A group, a let or a type is used when something that has an effect asks for it, through other names or directly; the checker has noted that. A file of
 * names alone, none of which this workspace uses, is a library for others, and nothing is told of it.
 *
 * A field that a block may close (`field action : { read, write };`) and did not takes any name, so a misspelt one is no error: the rule then never
 * matches what was meant. A value that occurs once is told when another of the block is spelt nearly like it, or when it is the only one
 * of the field that occurs once. (Where every value occurs once, that says nothing.)
 */
#include "analyse.h"

#include "../translate.h"

#define ACTIONS_TOLD 20u /* of one block and field */

/* ---- names ---- */

static void files_add(GHashTable *files, KjSpan span) {
    g_hash_table_add(files, GUINT_TO_POINTER(span.file));
}

/* Files that are no mere libraries. */
static GHashTable *find_files(const KjPolicy *policy) {
    GHashTable *files = g_hash_table_new(NULL, NULL);

    for (const KjNamed *named = policy->names; named; named = named->next) {
        if (named->used)
            files_add(files, named->declaration->span);
    }
    for (const KjBlock *block = policy->blocks; block; block = block->next)
        files_add(files, block->declaration->span);
    for (const KjBlock *block = policy->standards; block; block = block->next)
        files_add(files, block->declaration->span);
    for (const KjTest *test = policy->tests; test; test = test->next)
        files_add(files, test->span);
    return files;
}

static void find_unused_names(const KjPolicy *policy, KjDiagnostics *diagnostics) {
    g_autoptr(GHashTable) files = find_files(policy);

    for (const KjNamed *named = policy->names; named; named = named->next) {
        const KjAstDeclaration *declaration = named->declaration;

        if (!named->used && g_hash_table_contains(files, GUINT_TO_POINTER(declaration->span.file)))
            kj_report_help(kj_report(diagnostics, KJ_CODE_NAME_UNUSED, declaration->name->span, declaration->name->text),
                           _("use it where its values are written out, or delete it"));
    }
}

/* ---- actions ---- */

typedef struct {
    const char *text;
    KjSpan span; /* of the first use */
    guint count;
} Use;

typedef struct {
    guint field;
    GHashTable *uses; /* text -> Use */
    GPtrArray *order; /* Use, as they were found */
} Counting;

static void count_value(Counting *counting, const char *text, KjSpan span) {
    Use *use = g_hash_table_lookup(counting->uses, text);

    if (!use) {
        use = g_new0(Use, 1);
        *use = (Use){ text, span, 0 };
        g_hash_table_insert(counting->uses, (gpointer)text, use);
        g_ptr_array_add(counting->order, use);
    }
    use->count++;
}

static void count_set(Counting *counting, const KjSet *set, KjSpan span) {
    if (set->kind == KJ_SET_PATTERNS) {
        for (guint i = 0; i < set->count; i++)
            count_value(counting, set->patterns[i]->text, span);
        return;
    }
    for (guint i = 0; (set->kind == KJ_SET_UNION || set->kind == KJ_SET_MINUS || set->kind == KJ_SET_COMPLEMENT) && i < set->count; i++)
        count_set(counting, set->members[i], span);
}

static void count_condition(Counting *counting, const KjCondition *condition) {
    if (condition->kind == KJ_CONDITION_TEST && condition->field == counting->field)
        count_set(counting, condition->set, condition->span);
    for (guint i = 0; condition->operands && i < MAX(condition->count, 1); i++)
        count_condition(counting, condition->operands[i]);
}

/* The other value nearest to it, or NULL. */
static const char *find_near(const Counting *counting, const Use *use) {
    g_autoptr(GPtrArray) others = g_ptr_array_new();

    for (guint i = 0; i < counting->order->len; i++) {
        const Use *other = counting->order->pdata[i];

        if (other != use)
            g_ptr_array_add(others, (gpointer)other->text);
    }
    g_ptr_array_add(others, NULL);
    return kj_did_you_mean(use->text, (const char *const *)others->pdata);
}

static void tell_single(const KjBlock *block, const Counting *counting, KjDiagnostics *diagnostics) {
    const char *field = block->fields[counting->field].name;
    guint single = 0, told = 0;

    for (guint i = 0; i < counting->order->len; i++)
        single += ((const Use *)counting->order->pdata[i])->count == 1;
    for (guint i = 0; i < counting->order->len && told < ACTIONS_TOLD; i++) {
        const Use *use = counting->order->pdata[i];
        const char *near = use->count == 1 ? find_near(counting, use) : NULL;
        KjDiagnostic *diagnostic;

        if (use->count != 1 || (!near && (single > 1 || counting->order->len == 1)))
            continue;
        told++;
        diagnostic = kj_report(diagnostics, KJ_CODE_VALUE_ONCE, use->span, field, use->text, block->name);
        if (near)
            kj_report_help(diagnostic, _("did you mean `%s`?"), near);
        else
            kj_report_help(diagnostic, _("if it is meant, list all values once with `field %s : { ... };`, and a misspelt one is an error"),
                           field);
    }
}

static void find_single_actions(const KjBlock *block, KjDiagnostics *diagnostics) {
    for (guint i = 0; i < block->field_count; i++) {
        const KjField *field = &block->fields[i];
        Counting counting = { i, NULL, NULL };

        if (!(field->flags & KJ_FIELD_CLOSABLE) || field->type.symbols)
            continue;
        counting.uses = g_hash_table_new(g_str_hash, g_str_equal);
        counting.order = g_ptr_array_new_with_free_func(g_free);
        for (guint r = 0; r < block->rule_count; r++) {
            if (block->rules[r].item == NULL)
                continue;
            count_condition(&counting, block->rules[r].match);
            if (block->rules[r].unless)
                count_condition(&counting, block->rules[r].unless);
        }
        tell_single(block, &counting, diagnostics);
        g_ptr_array_unref(counting.order);
        g_hash_table_unref(counting.uses);
    }
}

void kj_find_unused(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    (void)analysis;
    find_unused_names(policy, diagnostics);
    for (const KjBlock *block = policy->blocks; block; block = block->next)
        find_single_actions(block, diagnostics);
    for (const KjBlock *block = policy->standards; block; block = block->next)
        find_single_actions(block, diagnostics);
}
