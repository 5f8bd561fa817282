/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See format_check.h. Tables are compared section by section; spans alone may differ, since they are what formatting changes. */
#include "format_check.h"

#include <string.h>

#include <kijun/format.h>

#include "../../compiler/syntax/syntax.h"
#include "policy.h"

#define FILE_NAME "random.pol"

static char *first_error(const KjCompilation *compilation) {
    g_autoptr(GString) told = g_string_new(NULL);
    const char *error, *code;

    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    error = strstr(told->str, "error:");
    code = error ? strstr(error, "[KJ") : NULL;
    return g_strdup_printf("%.*s: %s", code ? (int)strcspn(code + 1, "]") : 7, code ? code + 1 : "no code", told->str);
}

KjCompilation *kj_random_compile(const char *text, char **problem) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, FILE_NAME, text, strlen(text));
    if (!compilation->policy)
        *problem = first_error(compilation);
    else if (!compilation->policy->blocks)
        *problem = g_strdup("the block is gone");
    return compilation;
}

/* The formatter's output for a text that compiles; NULL with *problem. */
static char *format(const char *text, char **problem) {
    g_autoptr(KjCompilation) compilation = kj_random_compile(text, problem);
    g_autoptr(GString) out = g_string_new(NULL);

    if (*problem)
        return NULL;
    kj_print_module(compilation->modules[0], compilation->sources, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- tables ---- */

static GBytes *build(const char *text, char **problem) {
    g_autoptr(KjCompilation) compilation = kj_random_compile(text, problem);
    GBytes *bytes = *problem ? NULL : kj_build(compilation->policy, TRUE, compilation->diagnostics);

    if (!bytes && !*problem)
        *problem = g_strdup("not built");
    return bytes;
}

static gsize record_size(guint32 kind) {
    switch (kind) {
    case KJ_SECTION_STRINGS:
        return 1;
    case KJ_SECTION_BLOCKS:
        return sizeof(KjRecordBlock);
    case KJ_SECTION_FIELDS:
        return sizeof(KjRecordField);
    case KJ_SECTION_VALUES:
        return sizeof(KjRecordValue);
    case KJ_SECTION_EFFECTS:
        return sizeof(KjRecordEffect);
    case KJ_SECTION_SETTINGS:
        return sizeof(KjRecordSetting);
    case KJ_SECTION_RULES:
        return sizeof(KjRecordRule);
    case KJ_SECTION_NOTES:
        return sizeof(KjRecordNote);
    case KJ_SECTION_PARAMETERS:
        return sizeof(KjRecordParameter);
    case KJ_SECTION_BOXES:
        return sizeof(KjRecordBox);
    case KJ_SECTION_TESTS:
        return sizeof(KjRecordTest);
    case KJ_SECTION_INTERVALS:
        return 2 * sizeof(guint32);
    case KJ_SECTION_POINTS:
        return sizeof(KjRecordPoint);
    case KJ_SECTION_NODES:
        return sizeof(KjRecordNode);
    case KJ_SECTION_EDGES:
        return sizeof(KjRecordEdge);
    case KJ_SECTION_WINDOWS:
        return sizeof(KjRecordWindow);
    case KJ_SECTION_TARGETS:
        return sizeof(KjRecordTarget);
    default:
        return sizeof(guint32); /* members, leaves */
    }
}

/* The kind of the first section that differs, or 0. */
static guint32 differing_section(GBytes *one, GBytes *other) {
    const guint8 *a = g_bytes_get_data(one, NULL), *b = g_bytes_get_data(other, NULL);
    guint32 count = ((const KjTableHeader *)(const void *)a)->section_count;
    const KjRecordSection *left = (const void *)(a + sizeof(KjTableHeader)), *right = (const void *)(b + sizeof(KjTableHeader));

    for (guint32 i = 0; i < count; i++) {
        if (left[i].kind == KJ_SECTION_SPANS)
            continue;
        if (left[i].kind != right[i].kind || left[i].count != right[i].count ||
            memcmp(a + left[i].offset, b + right[i].offset, left[i].count * record_size(left[i].kind)) != 0)
            return left[i].kind;
    }
    return 0;
}

/* ---- the checks ---- */

static char *check_output(const char *text, const char *formatted) {
    g_autofree char *problem = NULL, *again = format(formatted, &problem);
    g_autoptr(GBytes) before = NULL, after = NULL;
    guint32 section;

    if (problem)
        return g_strdup_printf("formatted text does not compile\n%s\n%s", problem, formatted);
    if (strcmp(formatted, again) != 0)
        return g_strdup_printf("formatting is not idempotent\nonce:\n%s\ntwice:\n%s", formatted, again);
    before = build(text, &problem);
    after = problem ? NULL : build(formatted, &problem);
    if (problem)
        return g_steal_pointer(&problem);
    section = differing_section(before, after);
    return section ? g_strdup_printf("formatting changes the table\nsection %u\n%s", section, formatted) : NULL;
}

char *kj_random_check_format(const char *text) {
    g_autofree char *unusable = NULL, *formatted = format(text, &unusable);

    return unusable ? NULL : check_output(text, formatted);
}

static guint count_occurrences(const char *text, const char *word) {
    guint count = 0;

    while ((text = strstr(text, word)) != NULL) {
        count++;
        text += strlen(word);
    }
    return count;
}

char *kj_random_check_comments(const char *text, guint64 seed) {
    guint count;
    g_autofree char *unusable = NULL, *plain = format(text, &unusable); /* only text that compiles is of interest */
    g_autofree char *commented = kj_random_sprinkle_comments(text, seed, &count), *problem = NULL, *formatted = NULL;

    if (!plain)
        return NULL;
    formatted = format(commented, &problem);
    if (problem)
        return g_strdup_printf("text with comments does not compile\n%s\n%s", problem, commented);
    for (guint i = 0; i < count; i++) {
        g_autofree char *comment = g_strdup_printf("# c%u note: \"x\" ;", i);

        if (count_occurrences(formatted, comment) != 1)
            return g_strdup_printf("a comment is lost\n`%s` of\n%s\nin\n%s", comment, commented, formatted);
    }
    return check_output(commented, formatted);
}
