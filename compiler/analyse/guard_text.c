/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of the checked tree as text, for comparing.
 *
 * What was written is compared where the writing is the guard (the cases of a test). Where names stand for something that can change elsewhere (the
 * value a parameter is bound to, the people an exception is for) names are spelled out, lists sorted and said once, so that another order or another
 * name is no change and another member is one. Two texts that differ may still mean the same; equal texts never mean two things.
 */
#include "guard_text.h"

#include <string.h>

#include <kijun/value.h>

#include "../region/window_text.h"
#include "../syntax/syntax.h"

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends the texts sorted, each once. */
static void append_sorted(GPtrArray *texts, const char *between, GString *out) {
    g_ptr_array_sort(texts, compare_texts);
    for (guint i = 0; i < texts->len; i++) {
        if (i == 0 || strcmp(texts->pdata[i], texts->pdata[i - 1]) != 0)
            g_string_append_printf(out, "%s%s", i ? between : "", (const char *)texts->pdata[i]);
    }
}

static void take(GPtrArray *texts, GString *text) {
    g_ptr_array_add(texts, g_string_free(text, FALSE));
}

/* ---- sets ---- */

static void collect_values(const KjDataType *type, const KjSet *set, GPtrArray *texts);

static void collect_intervals(const KjDataType *type, const KjSet *set, GPtrArray *texts) {
    for (guint i = 0; i < set->count; i++) {
        const KjInterval *interval = &set->intervals[i];

        if (type->kind != KJ_TYPE_SYMBOL && type->kind != KJ_TYPE_BOOL) {
            GString *text = g_string_new(NULL);

            kj_value_print_interval(type->kind, *interval, text);
            take(texts, text);
            continue;
        }
        for (guint64 ordinal = interval->low.low; ordinal <= interval->high.low; ordinal++) {
            const char *name = type->kind == KJ_TYPE_BOOL ? (ordinal ? "true" : "false")
                                                          : type->symbols[type->ordered ? type->symbol_count - 1 - ordinal : ordinal];

            g_ptr_array_add(texts, g_strdup(name));
        }
    }
}

static void collect_services(const KjSet *set, GPtrArray *texts) {
    static const KjDataType integer = { .kind = KJ_TYPE_INTEGER };

    for (guint i = 0; i + 1 < set->count; i += 2) {
        GString *text = g_string_new(NULL);

        kj_guard_set_text(&integer, set->members[i + 1], text);
        g_string_append_c(text, '/');
        kj_guard_set_text(&integer, set->members[i], text);
        take(texts, text);
    }
}

static void collect_values(const KjDataType *type, const KjSet *set, GPtrArray *texts) {
    GString *text;

    switch (set->kind) {
    case KJ_SET_INTERVALS:
        collect_intervals(type, set, texts);
        return;
    case KJ_SET_PATTERNS:
        for (guint i = 0; i < set->count; i++)
            g_ptr_array_add(texts, g_strdup_printf("\"%s\"", set->patterns[i]->text));
        return;
    case KJ_SET_UNION:
        if (type->kind == KJ_TYPE_SERVICE) {
            collect_services(set, texts);
            return;
        }
        for (guint i = 0; i < set->count; i++)
            collect_values(type, set->members[i], texts);
        return;
    default:
        break;
    }
    text = g_string_new(set->kind == KJ_SET_COMPLEMENT ? "not " : set->kind == KJ_SET_PARAMETER ? set->name : "");
    if (set->kind == KJ_SET_PARAMETER)
        g_string_append_printf(text, "#%d", (int)set->relation);
    for (guint i = 0; set->kind != KJ_SET_PARAMETER && i < set->count; i++) {
        g_string_append(text, i ? " - " : "");
        kj_guard_set_text(type, set->members[i], text);
    }
    take(texts, text);
}

void kj_guard_set_text(const KjDataType *type, const KjSet *set, GString *out) {
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    collect_values(type, set, texts);
    g_string_append(out, "{ ");
    append_sorted(texts, ", ", out);
    g_string_append(out, " }");
}

/* ---- conditions ---- */

static void append_operands(const KjBlock *block, const KjCondition *condition, const char *between, GString *out) {
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < condition->count; i++) {
        GString *text = g_string_new(NULL);

        kj_guard_condition_text(block, condition->operands[i], text);
        take(texts, text);
    }
    g_string_append_c(out, '(');
    append_sorted(texts, between, out);
    g_string_append_c(out, ')');
}

void kj_guard_condition_text(const KjBlock *block, const KjCondition *condition, GString *out) {
    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        append_operands(block, condition, condition->kind == KJ_CONDITION_AND ? " and " : " or ", out);
        return;
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN:
        g_string_append(out, condition->kind == KJ_CONDITION_NOT ? "not " : "shown ");
        kj_guard_condition_text(block, condition->operands[0], out);
        return;
    case KJ_CONDITION_DURING:
        g_string_append(out, "during ");
        kj_window_text(condition->window, out);
        return;
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
        g_string_append(out, condition->kind == KJ_CONDITION_TRUE ? "true" : "false");
        return;
    default:
        break;
    }
    g_string_append(out, block->fields[condition->field].name);
    if (condition->kind == KJ_CONDITION_TEST) {
        g_string_append(out, " in ");
        kj_guard_set_text(&block->fields[condition->field].type, condition->set, out);
    } else if (condition->kind == KJ_CONDITION_COMPARE) {
        g_string_append_printf(out, " #%d %s", (int)condition->relation, block->fields[condition->other].name);
    } else if (condition->kind == KJ_CONDITION_HAS) {
        g_autoptr(GPtrArray) members = g_ptr_array_new();

        for (guint i = 0; i < condition->count; i++)
            g_ptr_array_add(members, (gpointer)condition->members[i]);
        g_string_append(out, " has ");
        append_sorted(members, ", ", out);
    } else {
        g_string_append(out, condition->kind == KJ_CONDITION_MISSING ? " none" : " not none");
    }
}

/* ---- cases ---- */

void kj_guard_case_text(const KjSources *sources, const KjAstDeclaration *test, const KjAstCase *one, GString *out) {
    KjAstCase alone = *one;
    KjAstDeclaration declaration = *test;
    KjAstModule module = { .file = test->span.file, .declarations = &declaration };
    g_autoptr(GString) text = g_string_new(NULL);
    const char *begin;

    alone.next = NULL;
    declaration.next = NULL;
    declaration.cases = &alone;
    kj_print_module(&module, sources, text);
    /* test "..." {, a line break, the case, a line break, } */
    begin = strstr(text->str, "{\n") + 2;
    begin += strspn(begin, " ");
    g_string_append_len(out, begin, text->str + text->len - (begin + strlen("\n}\n")));
}
