/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one box of a rule asks.
 *
 * A field that a box does not mention is free. The block's own fields, principal, action and resource are required, so their class 0 is an
 * error and never a request; groups are optional in a request, but every process on a host is in one, so at these targets they are never
 * missing.
 */
#include <string.h>

#include <kijun/translate.h>

#include "target.h"

enum { NOT_MEMBER = 1, MEMBER = 2 }; /* classes of a field that asks for a group */

static gboolean test_has(const KjAclBlock *block, const KjTestView *test, guint32 klass) {
    for (guint i = 0; i < test->interval_count; i++) {
        KjClassInterval interval = kj_view_interval(block->table, test->first_interval + i);
        if (interval.low <= klass && klass <= interval.high)
            return TRUE;
    }
    return FALSE;
}

gboolean *kj_acl_box_classes(const KjAclBlock *block, guint box, guint field) {
    guint first, count;
    KjFieldView view;
    kj_view_field(block->table, block->view.first_field + field, &view);
    gboolean *classes = g_new(gboolean, view.class_count);
    for (guint32 klass = 0; klass < view.class_count; klass++)
        classes[klass] = TRUE;
    kj_view_box(block->table, box, &first, &count);
    for (guint i = 0; i < count; i++) {
        KjTestView test;
        kj_view_test(block->table, first + i, &test);
        for (guint32 klass = 0; test.field == field && klass < view.class_count; klass++)
            classes[klass] = test_has(block, &test, klass);
    }
    return classes;
}

static gboolean check_test(const KjAclBlock *block, const KjAclRule *rule, const KjTestView *test, GError **error) {
    const char *program = block->shape->program;
    KjFieldView field;
    kj_view_field(block->table, block->view.first_field + test->field, &field);
    if (field.kind == KJ_FIELD_KIND_TIME && !block->shape->time)
        return kj_acl_refuse(block, rule, error, _("%s knows no time; leave it to pam_time, or to a block of another enforcement point"),
                             program);
    if (field.kind == KJ_FIELD_KIND_COMPARE)
        return kj_acl_refuse(block, rule, error, _("%s cannot compare two fields (`%s`); write the names"), program, field.name);
    if ((field.kind == KJ_FIELD_KIND_MEMBER || strcmp(field.name, "groups") == 0) && !block->shape->groups)
        return kj_acl_refuse(block, rule, error, _("%s asks for no groups; write the names, as a `group` of the policy"), program);
    if (field.kind == KJ_FIELD_KIND_VALUE && test->field == block->resource && !block->shape->resource)
        return kj_acl_refuse(block, rule, error,
                             _("%s cannot see the resource; write a block of its own for each service, and name none in its rules"),
                             program);
    return TRUE;
}

static gboolean check_actions(const KjAclBlock *block, const KjAclRule *rule, guint box, guint *actions, GError **error) {
    g_autofree gboolean *classes = kj_acl_box_classes(block, box, block->action);
    g_autofree char *known = g_strjoinv("`, `", (char **)block->shape->actions);
    g_auto(KjAclNames) names = { FALSE, NULL };
    kj_acl_names_of(block, block->action, classes, &names);
    *actions = 0;
    for (guint i = 0; block->shape->actions[i]; i++)
        *actions |= kj_acl_names_has(&names, block->shape->actions[i]) ? 1u << i : 0;
    for (guint i = 0; !names.rest && i < names.names->len; i++) {
        const char *name = g_ptr_array_index(names.names, i);
        if (!g_strv_contains(block->shape->actions, name))
            return kj_acl_refuse(block, rule, error, _("%s does not decide the action `%s`, only `%s`; leave it to a block of its own"),
                                 block->shape->program, name, known);
    }
    return *actions != 0 ||
        kj_acl_refuse(block, rule, error, _("%s decides nothing but `%s`, and the rule is not about it; leave it to a block of its own"),
                                          block->shape->program, known);
}

gboolean kj_acl_box_check(const KjAclBlock *block, const KjAclRule *rule, guint box, guint *actions, GError **error) {
    guint first, count;
    kj_view_box(block->table, box, &first, &count);
    for (guint i = 0; i < count; i++) {
        KjTestView test;
        kj_view_test(block->table, first + i, &test);
        if (!check_test(block, rule, &test, error))
            return FALSE;
    }
    return check_actions(block, rule, box, actions, error);
}

/* ---- who ---- */

static gboolean add_group(const KjAclBlock *block, const KjAclRule *rule, const KjTestView *test, const char *group, KjAclWho *who,
                          GError **error) {
    gboolean member = test_has(block, test, MEMBER), other = test_has(block, test, NOT_MEMBER);
    who->nobody |= !member && !other;
    if (!member)
        g_ptr_array_add(who->not_groups, (gpointer)group);
    if (!member || other)
        return TRUE;
    if (who->in_group)
        return kj_acl_refuse(block, rule, error,
                             _("%s cannot ask for two groups at once (`%s` and `%s`); make a group of those who are in both"),
                             block->shape->program, who->in_group, group);
    who->in_group = group;
    return TRUE;
}

static gboolean read_groups(const KjAclBlock *block, const KjAclRule *rule, guint box, KjAclWho *who, GError **error) {
    guint first, count;
    kj_view_box(block->table, box, &first, &count);
    for (guint i = 0; i < count; i++) {
        KjTestView test;
        KjFieldView field;
        kj_view_test(block->table, first + i, &test);
        kj_view_field(block->table, block->view.first_field + test.field, &field);
        if (field.kind == KJ_FIELD_KIND_MEMBER && !add_group(block, rule, &test, field.member, who, error))
            return FALSE;
        if (field.kind == KJ_FIELD_KIND_VALUE && strcmp(field.name, "groups") == 0)
            who->nobody |= !test_has(block, &test, 1);
    }
    return TRUE;
}

gboolean kj_acl_box_who(const KjAclBlock *block, const KjAclRule *rule, guint box, KjAclWho *who, GError **error) {
    g_autofree gboolean *classes = kj_acl_box_classes(block, box, block->principal);
    g_autoptr(GPtrArray) in_group = g_ptr_array_new();
    *who = (KjAclWho){ .not_groups = g_ptr_array_new() };
    kj_acl_names_of(block, block->principal, classes, &who->principals);
    if (!read_groups(block, rule, box, who, error))
        return FALSE;
    who->nobody |= !who->principals.rest && who->principals.names->len == 0;
    if (who->in_group && !who->principals.rest && !who->nobody)
        return kj_acl_refuse(block, rule, error,
                             _("%s cannot ask for a name and a group at once (`%s` in `%s`); write only the names, or only the group"),
                             block->shape->program, (const char *)g_ptr_array_index(who->principals.names, 0), who->in_group);
    if (who->in_group)
        g_ptr_array_add(in_group, (gpointer)who->in_group);
    return kj_acl_names_check(block, rule, "principal", who->principals.names, error) &&
           kj_acl_names_check(block, rule, "groups", in_group, error) && kj_acl_names_check(block, rule, "groups", who->not_groups, error);
}

void kj_acl_who_clear(KjAclWho *who) {
    kj_acl_names_clear(&who->principals);
    g_clear_pointer(&who->not_groups, g_ptr_array_unref);
}
