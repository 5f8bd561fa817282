/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a block has the shape that a target can say, and how a target says that it cannot.
 *
 * A block declares exactly the fields of the target: one more would be a question that nobody asks at that point, one less would leave the
 * block's answer open where the target needs it. The domain's own fields are always there; box.c refuses the rules that ask too much of
 * them.
 */
#include <stdarg.h>
#include <string.h>

#include <kijun/translate.h>

#include "target.h"

void kj_acl_tell_refusal(const KjAclBlock *block, const KjAclRule *rule, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (!rule)
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("block `%s`: %s"), block->view.name, reason);
    else if (*rule->view.file)
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("%s:%u: rule `%s`: %s"), rule->view.file, rule->view.line, rule->view.label,
                    reason);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("rule `%s`: %s"), rule->view.label, reason);
}

/* ---- comments ---- */

/* A comment ends with its line, and in sudoers not behind a backslash; the names of a table that came from elsewhere may hold either. */
static void append_harmless(const char *text, GString *out) {
    for (const char *at = text; *at; at++)
        g_string_append_c(out, g_ascii_iscntrl(*at) || *at == '\\' ? '?' : *at);
}

void kj_acl_append_head(const KjAclBlock *block, GString *out) {
    g_string_append(out, "# Block ");
    append_harmless(block->view.module, out);
    g_string_append_c(out, '.');
    append_harmless(block->view.name, out);
    g_string_append(out, ", written by kijun.");
}

void kj_acl_append_place(const KjAclRule *rule, GString *out) {
    g_string_append(out, "# rule ");
    append_harmless(rule->view.label, out);
    if (*rule->view.file) {
        g_string_append_printf(out, ", line %u of ", rule->view.line);
        append_harmless(rule->view.file, out);
    }
    g_string_append_c(out, '\n');
}

/* ---- the shape ---- */

static gboolean take_own_field(KjAclBlock *block, guint index, const KjFieldView *field, GError **error) {
    const KjAclOwnField *own = block->shape->fields;
    for (guint i = 0; own[i].name; i++) {
        if (strcmp(own[i].name, field->name) != 0)
            continue;
        block->own[i] = index;
        if (field->type == own[i].type && !(field->flags & KJ_FIELD_SET) && field->value_count == 0)
            return TRUE;
        return kj_acl_refuse(block, NULL, error, _("`%s` has a type that %s does not know; write `%s`"), field->name, block->shape->program,
                             own[i].declaration);
    }
    return kj_acl_refuse(block, NULL, error, _("%s cannot see the field `%s`; leave it to a block of another enforcement point"),
                         block->shape->program, field->name);
}

static gboolean take_field(KjAclBlock *block, guint index, GError **error) {
    static const char *const known[] = { "principal", "action", "resource", "groups" };
    guint *places[] = { &block->principal, &block->action, &block->resource, NULL };
    KjFieldView field;
    kj_view_field(block->table, block->view.first_field + index, &field);
    if (field.kind != KJ_FIELD_KIND_VALUE)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i], field.name) != 0)
            continue;
        if (places[i])
            *places[i] = index;
        return field.value_count == 0 ||
               kj_acl_refuse(block, NULL, error, _("%s has actions of its own; leave out `field action`"), block->shape->program);
    }
    return take_own_field(block, index, &field, error);
}

static gboolean is_carried_out(const KjAclBlock *block, gboolean allows, const char *obligation) {
    return strcmp(obligation, "message") == 0 ||
           (strcmp(obligation, "log") == 0 && (allows ? block->shape->logs_allowed : block->shape->logs_refused));
}

static gboolean check_notes(const KjAclBlock *block, const KjAclRule *rule, gboolean allows, guint first, guint count, GError **error) {
    for (guint i = 0; i < count; i++) {
        KjNoteView note;
        kj_view_note(block->table, first + i, &note);
        if (!note.obligation || is_carried_out(block, allows, note.name))
            continue;
        return kj_acl_refuse(block, rule, error,
                             allows ? _("%s does nothing more when it allows; leave out `@%s`")
                                    : _("%s does nothing more when it refuses; leave out `@%s`"), block->shape->program, note.name);
    }
    return TRUE;
}

static gboolean allows(const KjAclBlock *block, guint effect) {
    KjEffectView view;
    kj_view_effect(block->table, block->view.first_effect + effect, &view);
    return !(view.flags & KJ_EFFECT_REFUSES);
}

gboolean kj_acl_block_open(KjAclBlock *block, const KjTable *table, guint index, const KjAclShape *shape, GError **error) {
    *block = (KjAclBlock){ .table = table, .shape = shape, .own = { G_MAXUINT, G_MAXUINT, G_MAXUINT } };
    kj_view_block(table, index, &block->view);
    for (guint i = 0; i < block->view.field_count; i++)
        if (!take_field(block, i, error))
            return FALSE;
    for (guint i = 0; shape->fields[i].name; i++)
        if (block->own[i] == G_MAXUINT)
            return kj_acl_refuse(block, NULL, error, _("%s decides by `%s`, which the block does not have; write `%s`"), shape->program,
                                 shape->fields[i].name, shape->fields[i].declaration);
    block->allows = block->view.default_effect < block->view.effect_count && allows(block, block->view.default_effect);
    return check_notes(block, NULL, block->allows, block->view.first_default_note, block->view.default_note_count, error);
}

gboolean kj_acl_block_boxes(const KjAclBlock *block, KjAclTakeBox take, gpointer data, GError **error) {
    for (guint i = 0; i < block->view.rule_count; i++) {
        KjAclRule rule;
        kj_view_rule(block->table, block->view.first_rule + i, &rule.view);
        rule.allows = allows(block, rule.view.effect);
        if (!check_notes(block, &rule, rule.allows, rule.view.first_note, rule.view.note_count, error))
            return FALSE;
        for (guint box = 0; box < rule.view.box_count; box++)
            if (!take(block, &rule, rule.view.first_box + box, data, error))
                return FALSE;
    }
    return TRUE;
}
