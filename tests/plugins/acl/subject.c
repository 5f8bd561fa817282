/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One block through a target of the access control domain: compiled, written, read back and compared as `kijun emit --prove` does, and
 * asked as the runtime is asked.
 */
#include "subject.h"

#include <string.h>

#include "compiler/analyse/enforced.h"

static const KjDomain *find_domain(void) {
    kj_plugins_load(NULL);
    const KjDomain *domain = kj_plugin_find("acl");
    g_assert_nonnull(domain);
    return domain;
}

static const KjReaderDefinition *find_reader(const char *target) {
    const KjReaderDefinition *reader = kj_domain_reader(find_domain(), target);
    g_assert_nonnull(reader);
    return reader;
}

static void emit(Subject *subject) {
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const KjTargetDefinition *target = find_domain()->targets;
    while (target->name && strcmp(target->name, subject->target) != 0)
        target++;
    g_assert_nonnull(target->name);
    if (target->emit(subject->table, subject->index, out, &error)) {
        g_assert_no_error(error);
        subject->text = g_strdup(out->str);
        return;
    }
    g_assert_error(error, KJ_ERROR, KJ_ERROR_TARGET);
    g_assert_cmpuint(out->len, ==, 0);
    subject->refusal = g_strdup(error->message);
}

static Subject finish(const char *target, KjCompilation *compilation, const char *block) {
    Subject subject = { .target = target, .compilation = compilation };
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) messages = g_string_new(NULL);
    g_autoptr(GBytes) bytes = compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, messages);
    if (!bytes)
        g_error("%s", messages->str);
    subject.table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    subject.block = kj_policy_find_block(compilation->policy, block, &error);
    g_assert_no_error(error);
    g_assert_true(kj_table_find_block(subject.table, block, &subject.index, &error));
    emit(&subject);
    return subject;
}

Subject subject_text(const char *target, const char *policy) {
    KjCompilation *compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "test.pol", policy, strlen(policy));
    return finish(target, compilation, "t");
}

Subject subject_path(const char *target, const char *path, const char *block) {
    g_autoptr(GError) error = NULL;
    KjCompilation *compilation = kj_compilation_new();
    kj_compilation_load(compilation, path, &error);
    g_assert_no_error(error);
    return finish(target, compilation, block);
}

void subject_clear(Subject *subject) {
    kj_compilation_free(subject->compilation);
    kj_table_unref(subject->table);
    g_free(subject->text);
    g_free(subject->refusal);
}

char *subject_disprove(const Subject *subject, const char *text) {
    const KjReaderDefinition *reader = find_reader(subject->target);
    g_autoptr(GString) dump = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_auto(KjEnforced) proof = { NULL, 0, 0, FALSE };
    if (!reader->load(text, dump, &error) ||
        !kj_enforced_compare(subject->block, subject->compilation->sources, reader, dump->str, dump->len, &proof, &error)) {
        g_assert_error(error, KJ_ERROR, KJ_ERROR_TARGET);
        return g_strdup(error->message);
    }
    g_assert_false(proof.bug);
    g_assert_cmpuint(proof.blocks, ==, 1);
    return proof.differences->len ? g_strdup(g_ptr_array_index(proof.differences, 0)) : NULL;
}

void subject_assert_proved(const Subject *subject) {
    if (!subject->text)
        g_error("refused: %s", subject->refusal);
    g_autofree char *difference = subject_disprove(subject, subject->text);
    if (difference)
        g_error("not proved: %s\n%s", difference, subject->text);
}

gboolean subject_can_load(const char *target, const char *text) {
    g_autoptr(GString) dump = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (find_reader(target)->load(text, dump, &error))
        return TRUE;
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNABLE);
    g_test_skip(error->message);
    return FALSE;
}

gboolean subject_allows(const Subject *subject, gint64 instant, const char *const *request) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjRequest) asked = kj_request_new(subject->table, subject->index);
    KjVerdict verdict = { .size = sizeof verdict };
    kj_request_set_instant(asked, instant);
    for (guint i = 0; request[i]; i += 2) {
        int field = kj_table_find_field(subject->table, subject->index, request[i]);
        g_assert_cmpint(field, >=, 0);
        kj_request_set_text(asked, field, request[i + 1], -1, &error);
        g_assert_no_error(error);
    }
    if (kj_decide(asked, &verdict) == KJ_OUTCOME_ERROR)
        g_error("the request is an error: %s", verdict.problem);
    return verdict.outcome == KJ_OUTCOME_PERMIT;
}

char *subject_replace(const char *text, const char *from, const char *to) {
    g_auto(GStrv) parts = g_strsplit(text, from, -1);
    return g_strjoinv(to, parts);
}
