/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file says, as a block of the policy language.
 *
 * Rules at the head whose labels begin with `impossible` say which requests are never asked at such a point, so that nobody compares them.
 * In the files some line decides before others, in the block the strictest rule does: what allows is written with everything before it that
 * refuses as an exception, and what refuses needs no rule of its own, for the default refuses. The comment above a rule says where it comes
 * from.
 */
#include <stdarg.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyz_"
#define NAME_LETTERS NAME_FIRST "0123456789-."

void kj_acl_back_tell_refusal(const KjAclBack *back, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (back->place)
        g_set_error(back->error, KJ_ERROR, KJ_ERROR_TARGET, _("%s, %s: %s"), back->program, back->place, reason);
    else
        g_set_error(back->error, KJ_ERROR, KJ_ERROR_TARGET, _("%s: %s"), back->program, reason);
}

gboolean kj_acl_back_check_name(const KjAclBack *back, const char *name) {
    if (*name && strchr(NAME_FIRST, *name) && strspn(name, NAME_LETTERS) == strlen(name))
        return TRUE;
    return kj_acl_back_refuse(back, _("`%s` is no plain name"), name);
}

gboolean kj_acl_back_check_path(const KjAclBack *back, const char *path) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%";
    g_auto(GStrv) segments = g_strsplit(path, "/", -1);
    guint count = g_strv_length(segments);
    gboolean plain = *path == '/' && strspn(path, letters) == strlen(path);
    for (guint i = 1; i < count; i++) /* the last is empty behind a `/` */
        plain &= (*segments[i] || i + 1 == count) && strcmp(segments[i], ".") != 0 && strcmp(segments[i], "..") != 0;
    return plain || kj_acl_back_refuse(back, _("`%s` is no plain path"), path);
}

/* ---- lists ---- */

void kj_acl_back_list_init(KjAclBackList *list, const char *field) {
    *list = (KjAclBackList){ .field = field, .so_far = g_string_new(NULL) };
    list->names = g_ptr_array_new_with_free_func(g_free);
    list->terms = g_ptr_array_new_with_free_func(g_free);
}

static char *join(const GPtrArray *parts, const char *separator) {
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(out, "%s%s", i ? separator : "", (const char *)g_ptr_array_index(parts, i));
    return g_string_free(out, FALSE);
}

/* Members of one sign become one condition, and that joins what was there. */
static void settle(KjAclBackList *list) {
    if (list->names->len) {
        g_autofree char *names = join(list->names, "\", \"");
        g_ptr_array_add(list->terms, g_strdup_printf("%s in { \"%s\" }", list->field, names));
    }
    if (list->terms->len) {
        g_autofree char *before = g_strdup(list->so_far->str), *terms = join(list->terms, " or ");
        if (list->negated && *before)
            g_string_printf(list->so_far, "(%s) and not (%s)", before, terms);
        else if (!list->negated)
            g_string_printf(list->so_far, *before ? "(%s) or (%s)" : "%s(%s)", before, terms);
    }
    g_ptr_array_set_size(list->names, 0);
    g_ptr_array_set_size(list->terms, 0);
}

static void take_sign(KjAclBackList *list, gboolean negated) {
    if (list->negated != negated)
        settle(list);
    list->negated = negated;
}

void kj_acl_back_list_name(KjAclBackList *list, gboolean negated, const char *name) {
    take_sign(list, negated);
    g_ptr_array_add(list->names, g_strdup(name));
}

void kj_acl_back_list_term(KjAclBackList *list, gboolean negated, const char *term) {
    take_sign(list, negated);
    g_ptr_array_add(list->terms, g_strdup(term));
}

char *kj_acl_back_list_end(KjAclBackList *list) {
    settle(list);
    char *condition = list->so_far->len ? g_strdup_printf("(%s)", list->so_far->str) : NULL;
    g_string_free(list->so_far, TRUE);
    g_ptr_array_unref(list->names);
    g_ptr_array_unref(list->terms);
    return condition;
}

/* ---- entries ---- */

KjAclBackEntry *kj_acl_back_entry_new(gboolean allows, char *condition, const char *place) {
    KjAclBackEntry *entry = g_new(KjAclBackEntry, 1);
    *entry = (KjAclBackEntry){ allows, condition, g_strdup(place) };
    return entry;
}

void kj_acl_back_entry_free(gpointer data) {
    KjAclBackEntry *entry = data;
    g_free(entry->condition);
    g_free(entry->place);
    g_free(entry);
}

void kj_acl_back_write_entries(const GPtrArray *entries, const char *condition, const char *prefix, GString *out) {
    g_autoptr(GString) refused = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        const KjAclBackEntry *entry = g_ptr_array_index(entries, i);
        if (!entry->allows) {
            g_string_append_printf(refused, "%s%s", refused->len ? " or " : " unless ", entry->condition);
            continue;
        }
        g_string_append_printf(out, "    ## %s\n    %s%u: allow when %s%s%s%s;\n", entry->place, prefix, i + 1, entry->condition,
                               condition ? " and " : "", condition ? condition : "", refused->str);
    }
}

void kj_acl_back_begin(const char *fields, gboolean allows, const char *actions, GString *out) {
    g_string_append_printf(out, "acl loaded {\n    %s\n    default %s;\n    impossible_action: deny unless action in %s;\n"
                                "    impossible_groups: deny unless groups != none;\n", fields, allows ? "allow" : "deny", actions);
}

void kj_acl_back_end(GString *out) {
    g_string_append(out, "}\n");
}
