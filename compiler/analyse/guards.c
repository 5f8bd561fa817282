/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guards compared. See guards.h.
 *
 * A guard is told when it is lost or loosened (`weakens`), and also when it is gained or tightened, so that a reader sees both ends of an exchange. Where
 * one cannot say which of the two a change is (another value of a parameter, another region of an exception, another case of a test), it counts
 * as loosened. Guards are matched by who they guard and by name: a block by its qualified name, a test by its own, an exception by its number. A block that
 * is there on one side only has no guards to compare; its rules are the change.
 *
 * A standard that a block still conforms to through another standard is not lost. A test under a new name with the same cases is not lost either.
 */
#include "guards.h"

#include <string.h>

#include <kijun/value.h>

#include "../syntax/syntax.h"
#include "guard_text.h"

typedef struct {
    KjArena *arena;
    const KjPolicy *old_policy, *new_policy;
    GPtrArray *guards;
} Comparison;

static KjGuard *tell(Comparison *comparison, KjGuardKind kind, gboolean weakens, const char *block, const char *name) {
    KjGuard *guard = kj_arena_new0(comparison->arena, KjGuard);

    *guard = (KjGuard){ .kind = kind, .weakens = weakens, .block = block, .name = name, .before = "", .after = "", .old_span = KJ_SPAN_NONE,
                        .new_span = KJ_SPAN_NONE };
    g_ptr_array_add(comparison->guards, guard);
    return guard;
}

static void add_before(KjGuard *guard, const char *text, KjSpan span) {
    guard->before = text;
    guard->old_span = span;
}

static void add_after(KjGuard *guard, const char *text, KjSpan span) {
    guard->after = text;
    guard->new_span = span;
}

/* ---- conforms to ---- */

static gboolean reaches(const KjBlock *block, const char *standard) {
    for (guint i = 0; i < block->conformance_count; i++) {
        if (strcmp(block->conformances[i].standard->name, standard) == 0 || reaches(block->conformances[i].standard, standard))
            return TRUE;
    }
    return FALSE;
}

/* The block's `conforms to` this standard, that many of the same before it; NULL if there is none. */
static const KjConformance *find_conformance(const KjBlock *block, const char *standard, guint before) {
    for (guint i = 0; i < block->conformance_count; i++) {
        if (strcmp(block->conformances[i].standard->name, standard) == 0 && before-- == 0)
            return &block->conformances[i];
    }
    return NULL;
}

static guint same_before(const KjBlock *block, guint index) {
    guint count = 0;

    for (guint i = 0; i < index; i++)
        count += block->conformances[i].standard == block->conformances[index].standard;
    return count;
}

static const KjBinding *find_binding(const KjConformance *conformance, const char *parameter) {
    for (guint i = 0; conformance && i < conformance->binding_count; i++) {
        if (strcmp(conformance->bindings[i].parameter, parameter) == 0)
            return &conformance->bindings[i];
    }
    return NULL;
}

/* As it is written in the block. */
static const char *written_binding(Comparison *comparison, const KjBlock *block, const KjConformance *conformance, const char *parameter) {
    const KjAstConformance *written = block->declaration->conformances;
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = (gsize)(conformance - block->conformances); written && i > 0; i--)
        written = written->next;
    for (const KjAstBinding *binding = written ? written->bindings : NULL; binding; binding = binding->next) {
        if (strcmp(binding->parameter->text, parameter) == 0)
            kj_print_value(binding->value, text);
    }
    return kj_arena_strdup(comparison->arena, text->str);
}

static const char *resolved_binding(Comparison *comparison, const KjConformance *conformance, const KjBinding *binding) {
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < conformance->standard->parameter_count; i++) {
        if (strcmp(conformance->standard->parameters[i].name, binding->parameter) == 0)
            kj_guard_set_text(&conformance->standard->parameters[i].type, binding->value, text);
    }
    return kj_arena_strdup(comparison->arena, text->str);
}

static KjGuard *tell_parameter(Comparison *comparison, gboolean weakens, const KjBlock *block, const KjConformance *conformance,
                               const char *parameter) {
    return tell(comparison, KJ_GUARD_PARAMETER, weakens, block->qualified,
                kj_arena_printf(comparison->arena, "%s.%s", conformance->standard->name, parameter));
}

/* `new_conformance` may be NULL: the standard is met through another, which binds its parameters. */
static void compare_bindings(Comparison *comparison, const KjBlock *old_block, const KjConformance *old_conformance,
                             const KjBlock *new_block, const KjConformance *new_conformance) {
    for (guint i = 0; i < old_conformance->binding_count; i++) {
        const KjBinding *old_binding = &old_conformance->bindings[i], *new_binding = find_binding(new_conformance, old_binding->parameter);
        const char *old_value = resolved_binding(comparison, old_conformance, old_binding), *old_text, *new_text = "";
        const char *new_value = new_binding ? resolved_binding(comparison, new_conformance, new_binding) : "";
        KjGuard *guard;

        if (strcmp(old_value, new_value) == 0)
            continue;
        old_text = written_binding(comparison, old_block, old_conformance, old_binding->parameter);
        if (new_binding)
            new_text = written_binding(comparison, new_block, new_conformance, new_binding->parameter);
        guard = tell_parameter(comparison, TRUE, new_block, old_conformance, old_binding->parameter);
        /* The same words for something else: say what they stand for. */
        add_before(guard, strcmp(old_text, new_text) == 0 ? old_value : old_text, old_binding->span);
        add_after(guard, strcmp(old_text, new_text) == 0 ? new_value : new_text, new_binding ? new_binding->span : KJ_SPAN_NONE);
    }
    for (guint i = 0; new_conformance && i < new_conformance->binding_count; i++) {
        const KjBinding *new_binding = &new_conformance->bindings[i];

        if (!find_binding(old_conformance, new_binding->parameter))
            add_after(tell_parameter(comparison, FALSE, new_block, new_conformance, new_binding->parameter),
                      written_binding(comparison, new_block, new_conformance, new_binding->parameter), new_binding->span);
    }
}

static void compare_conformances(Comparison *comparison, const KjBlock *old_block, const KjBlock *new_block) {
    for (guint i = 0; i < old_block->conformance_count; i++) {
        const KjConformance *conformance = &old_block->conformances[i], *kept;
        const char *standard = conformance->standard->name;

        kept = find_conformance(new_block, standard, same_before(old_block, i));
        if (kept || reaches(new_block, standard))
            compare_bindings(comparison, old_block, conformance, new_block, kept);
        else
            add_before(tell(comparison, KJ_GUARD_CONFORMANCE, TRUE, new_block->qualified, standard), standard, conformance->span);
    }
    for (guint i = 0; i < new_block->conformance_count; i++) {
        const KjConformance *conformance = &new_block->conformances[i];
        const char *standard = conformance->standard->name;

        if (!reaches(old_block, standard))
            add_after(tell(comparison, KJ_GUARD_CONFORMANCE, FALSE, new_block->qualified, standard), standard, conformance->span);
    }
}

/* ---- tiers, the longest exception ---- */

static guint tier_rank(const char *tier) {
    return strcmp(tier, "basic") == 0 ? 2 : strcmp(tier, "standard") == 0 ? 1 : 0;
}

static void compare_tiers(Comparison *comparison, const char *block, const char *module, const char *old_tier, KjSpan old_span,
                          const char *new_tier, KjSpan new_span) {
    KjGuard *guard;

    if (strcmp(old_tier, new_tier) == 0)
        return;
    guard = tell(comparison, KJ_GUARD_TIER, tier_rank(new_tier) < tier_rank(old_tier), block, module);
    add_before(guard, old_tier, old_span);
    add_after(guard, new_tier, new_span);
}

static const char *longest_exception(const KjBlock *standard, KjSpan *span) {
    *span = KJ_SPAN_NONE;
    for (guint i = 0; i < standard->setting_count; i++) {
        if (strcmp(standard->settings[i].name, "max_exception") == 0) {
            *span = standard->settings[i].span;
            return standard->settings[i].value;
        }
    }
    return "";
}

/* No limit is the longest of all. */
static guint64 exception_seconds(const char *text) {
    const char *problem;
    guint64 seconds;

    return kj_value_read_duration(text, strlen(text), &seconds, &problem) ? seconds : G_MAXUINT64;
}

static void compare_longest_exceptions(Comparison *comparison, const KjBlock *old_standard, const KjBlock *new_standard) {
    KjSpan old_span, new_span;
    const char *before = longest_exception(old_standard, &old_span), *after = longest_exception(new_standard, &new_span);
    guint64 old_seconds = exception_seconds(before), new_seconds = exception_seconds(after);
    KjGuard *guard;

    if (old_seconds == new_seconds)
        return;
    guard = tell(comparison, KJ_GUARD_MAX_EXCEPTION, new_seconds > old_seconds, new_standard->qualified, new_standard->name);
    add_before(guard, before, old_span);
    add_after(guard, after, new_span);
}

/* ---- blocks and standards ---- */

static GHashTable *index_blocks(const KjBlock *blocks) {
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

    for (; blocks; blocks = blocks->next)
        g_hash_table_insert(index, (gpointer)blocks->qualified, (gpointer)blocks);
    return index;
}

static void compare_blocks(Comparison *comparison, const KjBlock *old_blocks, const KjBlock *new_blocks) {
    g_autoptr(GHashTable) index = index_blocks(new_blocks);

    for (; old_blocks; old_blocks = old_blocks->next) {
        const KjBlock *block = g_hash_table_lookup(index, old_blocks->qualified);

        if (!block) {
            if (old_blocks->standard)
                add_before(tell(comparison, KJ_GUARD_STANDARD, TRUE, NULL, old_blocks->name), old_blocks->name, old_blocks->span);
            continue;
        }
        compare_conformances(comparison, old_blocks, block);
        compare_tiers(comparison, block->qualified, block->module, old_blocks->tier, old_blocks->span, block->tier, block->span);
        if (block->standard)
            compare_longest_exceptions(comparison, old_blocks, block);
    }
}

static void tell_new_standards(Comparison *comparison) {
    g_autoptr(GHashTable) index = index_blocks(comparison->old_policy->standards);

    for (const KjBlock *standard = comparison->new_policy->standards; standard; standard = standard->next) {
        if (!g_hash_table_contains(index, standard->qualified))
            add_after(tell(comparison, KJ_GUARD_STANDARD, FALSE, NULL, standard->name), standard->name, standard->span);
    }
}

static gboolean is_told(const Comparison *comparison, const char *module) {
    for (guint i = 0; i < comparison->guards->len; i++) {
        const KjGuard *guard = comparison->guards->pdata[i];
        if (guard->kind == KJ_GUARD_TIER && strcmp(guard->name, module) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The tier of a module is told of its blocks. Where none of them is in both versions it counts too: who is in a group, and how often that is approved. */
static void compare_modules(Comparison *comparison) {
    const KjPolicy *old_policy = comparison->old_policy, *new_policy = comparison->new_policy;
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < new_policy->module_count; i++)
        g_hash_table_insert(index, (gpointer)new_policy->modules[i].name, (gpointer)&new_policy->modules[i]);
    for (guint i = 0; i < old_policy->module_count; i++) {
        const KjPolicyModule *old_module = &old_policy->modules[i], *new_module = g_hash_table_lookup(index, old_module->name);

        if (new_module && strcmp(old_module->tier, new_module->tier) != 0 && !is_told(comparison, new_module->name))
            compare_tiers(comparison, NULL, old_module->name, old_module->tier, old_module->span, new_module->tier, new_module->span);
    }
}

/* ---- exceptions ---- */

static const char *day_text(Comparison *comparison, guint32 day) {
    g_autoptr(GString) text = g_string_new(NULL);

    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(day), text);
    return kj_arena_strdup(comparison->arena, text->str);
}

/* What it excuses from what: "jp.gov.mail in mail.forwarding.partner", "jp.gov.password in accounts.legacy when ..." with the condition as written, or
 * with every name spelled out. */
static const char *excused_text(Comparison *comparison, const KjException *exception, gboolean spelled_out) {
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "%s in %s", exception->standard->name, exception->block->qualified);
    if (exception->rule)
        g_string_append_printf(text, ".%s", exception->rule->label);
    if (exception->region) {
        g_string_append(text, " when ");
        if (spelled_out)
            kj_guard_condition_text(exception->block, exception->region, text);
        else
            kj_print_expression(exception->declaration->when, text);
    }
    return kj_arena_strdup(comparison->arena, text->str);
}

static const char *approver_text(const KjException *exception) {
    return exception->approved_by ? exception->approved_by : "";
}

static void tell_exception(Comparison *comparison, gboolean weakens, const KjException *old_exception, const char *before,
                           const KjException *new_exception, const char *after) {
    const KjException *either = new_exception ? new_exception : old_exception;
    KjGuard *guard = tell(comparison, KJ_GUARD_EXCEPTION, weakens, either->block->qualified, either->id);

    add_before(guard, before, old_exception ? old_exception->span : KJ_SPAN_NONE);
    add_after(guard, after, new_exception ? new_exception->span : KJ_SPAN_NONE);
}

static void compare_exception(Comparison *comparison, const KjException *old_exception, const KjException *new_exception) {
    const char *before = excused_text(comparison, old_exception, TRUE), *after = excused_text(comparison, new_exception, TRUE);

    if (strcmp(before, after) != 0) {
        const char *old_text = excused_text(comparison, old_exception, FALSE), *new_text = excused_text(comparison, new_exception, FALSE);
        gboolean written = strcmp(old_text, new_text) != 0;

        tell_exception(comparison, TRUE, old_exception, written ? old_text : before, new_exception, written ? new_text : after);
    }
    if (old_exception->until_day != new_exception->until_day)
        tell_exception(comparison, new_exception->until_day > old_exception->until_day, old_exception,
                       day_text(comparison, old_exception->until_day), new_exception, day_text(comparison, new_exception->until_day));
    if (strcmp(approver_text(old_exception), approver_text(new_exception)) != 0)
        tell_exception(comparison, old_exception->approved_by != NULL, old_exception, approver_text(old_exception), new_exception,
                       approver_text(new_exception));
}

static void compare_exceptions(Comparison *comparison) {
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);

    for (const KjException *exception = comparison->old_policy->exceptions; exception; exception = exception->next)
        g_hash_table_insert(index, (gpointer)exception->id, (gpointer)exception);
    for (const KjException *exception = comparison->new_policy->exceptions; exception; exception = exception->next) {
        const KjException *before = g_hash_table_lookup(index, exception->id);

        g_hash_table_remove(index, exception->id);
        if (before)
            compare_exception(comparison, before, exception);
        else
            tell_exception(comparison, TRUE, NULL, "", exception, day_text(comparison, exception->until_day));
    }
    for (const KjException *exception = comparison->old_policy->exceptions; exception; exception = exception->next) {
        if (g_hash_table_contains(index, exception->id))
            tell_exception(comparison, FALSE, exception, day_text(comparison, exception->until_day), NULL, "");
    }
}

/* ---- enforcement ---- */

/* One host of an enforcement, or the whole where it names none. */
static char *enforced_key(const KjEnforcement *enforcement, guint host) {
    return g_strjoin("\n", enforcement->block->qualified, enforcement->target, enforcement->host_count ? enforcement->hosts[host] : "",
                     NULL);
}

static void tell_enforced(Comparison *comparison, gboolean lost, const KjEnforcement *enforcement, guint host) {
    KjGuard *guard = tell(comparison, KJ_GUARD_ENFORCEMENT, lost, enforcement->block->qualified,
                          enforcement->host_count ? enforcement->hosts[host] : enforcement->target);

    if (lost)
        add_before(guard, enforcement->target, enforcement->span);
    else
        add_after(guard, enforcement->target, enforcement->span);
}

/* Tells what of `ours` is not among `others`. */
static void compare_enforcements(Comparison *comparison, const KjEnforcement *ours, const KjEnforcement *others, gboolean lost) {
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (; others; others = others->next) {
        for (guint i = 0; i < MAX(others->host_count, 1); i++)
            g_hash_table_add(known, enforced_key(others, i));
    }
    for (; ours; ours = ours->next) {
        for (guint i = 0; i < MAX(ours->host_count, 1); i++) {
            char *key = enforced_key(ours, i);

            if (g_hash_table_add(known, key)) /* written twice, told once */
                tell_enforced(comparison, lost, ours, i);
        }
    }
}

/* ---- tests and proofs ---- */

/* What one test, or proof, says about one block. */
typedef struct {
    const KjTest *test;
    const char *block;
    char *key;
    GPtrArray *cases; /* char *, sorted */
    gboolean matched;
} Promise;

static void promise_free(gpointer data) {
    Promise *promise = data;

    g_free(promise->key);
    g_ptr_array_unref(promise->cases);
    g_free(promise);
}

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The promise of this test about the block, made if it is new. */
static Promise *find_promise(GPtrArray *promises, guint first, const KjTest *test, const char *block, GHashTable *keys) {
    Promise *promise;
    guint same;

    for (guint i = first; i < promises->len; i++) {
        if (strcmp(((Promise *)promises->pdata[i])->block, block) == 0)
            return promises->pdata[i];
    }
    promise = g_new0(Promise, 1);
    promise->test = test;
    promise->block = block;
    promise->cases = g_ptr_array_new_with_free_func(g_free);
    promise->key = g_strdup_printf("%d\n%s\n%s", test->proof, block, test->name);
    same = GPOINTER_TO_UINT(g_hash_table_lookup(keys, promise->key));
    g_hash_table_insert(keys, g_strdup(promise->key), GUINT_TO_POINTER(same + 1));
    for (; same > 0; same--) { /* names need not be unique: the second is compared with the second */
        char *next = g_strconcat(promise->key, "\n", NULL);

        g_free(promise->key);
        promise->key = next;
    }
    g_ptr_array_add(promises, promise);
    return promise;
}

static GPtrArray *collect_promises(const KjPolicy *policy) {
    GPtrArray *promises = g_ptr_array_new_with_free_func(promise_free);
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (const KjTest *test = policy->tests; test; test = test->next) {
        const KjAstCase *one = test->declaration->cases;
        guint first = promises->len;

        for (guint i = 0; i < test->count; i++, one = one->next) {
            const KjBlock *block = test->proof ? test->proofs[i].block : test->cases[i].block;
            Promise *promise = find_promise(promises, first, test, block->qualified, keys);
            GString *text = g_string_new(NULL);

            kj_guard_case_text(policy->sources, test->declaration, one, text);
            g_ptr_array_add(promise->cases, g_string_free(text, FALSE));
        }
    }
    for (guint i = 0; i < promises->len; i++)
        g_ptr_array_sort(((Promise *)promises->pdata[i])->cases, compare_texts);
    return promises;
}

/* The cases of `ours` that are not among the others', one a line. */
static const char *cases_beyond(Comparison *comparison, const Promise *ours, const Promise *others) {
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0, j = 0; i < ours->cases->len; i++) {
        int order = -1;

        while (others && j < others->cases->len && (order = strcmp(ours->cases->pdata[i], others->cases->pdata[j])) > 0)
            j++;
        if (others && j < others->cases->len && order == 0)
            j++;
        else
            g_string_append_printf(text, "%s%s", text->len ? "\n" : "", (const char *)ours->cases->pdata[i]);
    }
    return kj_arena_strdup(comparison->arena, text->str);
}

static void tell_promise(Comparison *comparison, const Promise *before, const Promise *after) {
    const char *lost = before ? cases_beyond(comparison, before, after) : "",
               *gained = after ? cases_beyond(comparison, after, before) : "";
    const Promise *either = after ? after : before;
    KjGuard *guard;

    if (lost[0] == '\0' && gained[0] == '\0')
        return;
    guard = tell(comparison, either->test->proof ? KJ_GUARD_PROOF : KJ_GUARD_TEST, lost[0] != '\0', either->block, either->test->name);
    add_before(guard, lost, before ? before->test->span : KJ_SPAN_NONE);
    add_after(guard, gained, after ? after->test->span : KJ_SPAN_NONE);
}

/* A promise about the same block with the same cases that nothing was matched with yet. */
static Promise *find_renamed(GPtrArray *promises, const Promise *promise) {
    for (guint i = 0; i < promises->len; i++) {
        Promise *other = promises->pdata[i];
        gboolean same = !other->matched && other->test->proof == promise->test->proof && strcmp(other->block, promise->block) == 0 &&
                        other->cases->len == promise->cases->len;

        for (guint j = 0; same && j < promise->cases->len; j++)
            same = strcmp(other->cases->pdata[j], promise->cases->pdata[j]) == 0;
        if (same)
            return other;
    }
    return NULL;
}

static void compare_tests(Comparison *comparison) {
    g_autoptr(GPtrArray) old_promises = collect_promises(comparison->old_policy), new_promises = collect_promises(comparison->new_policy);
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < new_promises->len; i++)
        g_hash_table_insert(index, ((Promise *)new_promises->pdata[i])->key, new_promises->pdata[i]);
    for (guint i = 0; i < old_promises->len; i++) {
        Promise *before = old_promises->pdata[i], *after = g_hash_table_lookup(index, before->key);

        if (after) {
            before->matched = after->matched = TRUE;
            tell_promise(comparison, before, after);
        }
    }
    for (guint i = 0; i < old_promises->len; i++) {
        Promise *before = old_promises->pdata[i], *after = before->matched ? NULL : find_renamed(new_promises, before);

        if (after)
            after->matched = TRUE;
        else if (!before->matched)
            tell_promise(comparison, before, NULL);
    }
    for (guint i = 0; i < new_promises->len; i++) {
        if (!((Promise *)new_promises->pdata[i])->matched)
            tell_promise(comparison, NULL, new_promises->pdata[i]);
    }
}

/* ---- all ---- */

/* By block, the workspace's first; then by name. Those of one name stay in the order of their telling. */
static int compare_guards(gconstpointer a, gconstpointer b) {
    const KjGuard *left = *(const KjGuard *const *)a, *right = *(const KjGuard *const *)b;
    int order = g_strcmp0(left->block, right->block);

    return order ? order : strcmp(left->name, right->name);
}

void kj_guards_compare(KjArena *arena, const KjPolicy *old_policy, const KjPolicy *new_policy, GPtrArray *guards) {
    g_autoptr(GPtrArray) told = g_ptr_array_new();
    Comparison comparison = { arena, old_policy, new_policy, told };

    compare_blocks(&comparison, old_policy->blocks, new_policy->blocks);
    compare_blocks(&comparison, old_policy->standards, new_policy->standards);
    tell_new_standards(&comparison);
    compare_modules(&comparison);
    compare_exceptions(&comparison);
    compare_enforcements(&comparison, old_policy->enforcements, new_policy->enforcements, TRUE);
    compare_enforcements(&comparison, new_policy->enforcements, old_policy->enforcements, FALSE);
    compare_tests(&comparison);
    g_ptr_array_sort(told, compare_guards); /* a stable sort */
    g_ptr_array_extend(guards, told, NULL, NULL);
}
