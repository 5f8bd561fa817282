/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun root show: the root in force and the drafts of the next, for people and for programs.
 *
 * A draft is told by the lines it adds and takes away: they are what will be signed, and none is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "root.h"

static const char *const things[] = { "root", "release", "recovery" };

/* ---- people ---- */

static void add_name(GPtrArray *names, const char *name, gsize length) {
    g_autofree char *copy = g_strndup(name, length);
    if (!g_ptr_array_find_with_equal_func(names, copy, g_str_equal, NULL))
        g_ptr_array_add(names, g_steal_pointer(&copy));
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *join(GPtrArray *names) {
    if (names->len == 0)
        return g_strdup(_("nobody"));
    g_ptr_array_add(names, NULL);
    return g_strjoinv(_(", "), (char **)names->pdata);
}

/* Who may sign a thing; who holds recovery keys. */
static char *who_may(const KjRoot *root, const char *what) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gboolean recovery = strcmp(what, "recovery") == 0;
    for (const char *const *line = kj_statement_list(kj_root_statement(root), recovery ? "recovery" : "may"); *line; line++) {
        const char *space = strchr(*line, ' ');
        if (recovery)
            add_name(names, *line, (gsize)(space - *line));
        else if (strncmp(*line, what, strlen(what)) == 0 && (*line)[strlen(what)] == ' ')
            add_name(names, space + 1, strlen(space + 1));
    }
    return join(names);
}

/* Whose signatures count for a thing. */
static char *who_signed(const KjRoot *root, const char *what, const KjSealed *draft) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < draft->keys->len; i++) {
        const GPtrArray one = { &draft->keys->pdata[i], 1 };
        const char *person = kj_root_holder(root, draft->keys->pdata[i], NULL);
        if (person && kj_root_signers(root, what, KJ_ROOT_SERIAL, &one) > 0)
            add_name(names, person, strlen(person));
    }
    g_ptr_array_sort(names, compare_names);
    return join(names);
}

/* Whoever signed, by the root that knows him. */
static GPtrArray *signers(const KjRoot *last, const KjRoot *next, const KjSealed *sealed) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < sealed->keys->len; i++) {
        const KjKey *key = sealed->keys->pdata[i];
        const char *person = last ? kj_root_holder(last, key, NULL) : NULL;
        if (!person)
            person = kj_root_holder(next, key, NULL);
        add_name(names, person ? person : key->fingerprint, strlen(person ? person : key->fingerprint));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

KjRoot *kj_root_of_draft(const KjSealed *draft) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(draft->statement), &length);
    return kj_root_new(kj_statement_parse(bytes, length, NULL), NULL);
}

static const KjRoot *root_before(const KjRootView *view) {
    return kj_roots_find(view->roots, kj_root_version(view->last) - 1);
}

/* ---- what a draft changes ---- */

static gboolean says(const KjStatement *statement, const char *key, const char *value) {
    return g_strv_contains(kj_statement_list(statement, key), value);
}

GPtrArray *kj_root_changes(const KjRoot *last, const KjStatement *next) {
    static const char *const keys[] = { "expires", "key", "revoked", "may", "threshold", "deputy", "recovery" };
    GPtrArray *changes = g_ptr_array_new_with_free_func(g_free);
    const KjStatement *before = kj_root_statement(last);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        for (const char *const *value = kj_statement_list(before, keys[i]); *value; value++)
            if (!says(next, keys[i], *value))
                g_ptr_array_add(changes, g_strdup_printf("- %s: %s", keys[i], *value));
        for (const char *const *value = kj_statement_list(next, keys[i]); *value; value++)
            if (!says(before, keys[i], *value))
                g_ptr_array_add(changes, g_strdup_printf("+ %s: %s", keys[i], *value));
    }
    return changes;
}

void kj_root_print_changes(const KjRoot *last, const KjStatement *next) {
    g_autoptr(GPtrArray) changes = kj_root_changes(last, next);
    for (guint i = 0; i < changes->len; i++)
        printf("  %s\n", (const char *)changes->pdata[i]);
}

/* ---- how far it is ---- */

static void print_wanted(const KjRoot *root, const KjSealed *draft, const char *what) {
    g_autofree char *all = who_may(root, what), *have = who_signed(root, what, draft);
    if (strcmp(what, "recovery") == 0)
        printf(_("    or, by recovery keys, %u of %s; signed: %s\n"), kj_root_threshold(root, what), all, have);
    else
        printf(_("    root %" PRIu64 " wants %u of %s; signed: %s\n"), kj_root_version(root), kj_root_threshold(root, what), all, have);
}

void kj_root_print_progress(const KjRootView *view, const KjSealed *draft) {
    g_autoptr(KjRoot) next = kj_root_of_draft(draft);
    const char *digest = kj_statement_digest(draft->statement);
    print_wanted(view->last, draft, "root");
    if (kj_root_threshold(view->last, "recovery") > 0)
        print_wanted(view->last, draft, "recovery");
    print_wanted(next, draft, "root");
    if (kj_roots_may_append(view->last, draft, NULL))
        printf(_("  Enough have signed. Next: kijun root adopt --draft %.12s\n"), digest);
    else
        printf(_("  Next, each of those who are missing: kijun root sign --draft %.12s\n"), digest);
}

/* ---- text ---- */

/* A name and spaces up to the next column; characters of CJK take two. */
static void print_name(const char *name, gsize length) {
    int room = 12;
    for (const char *at = name; at < name + length; at = g_utf8_next_char(at))
        room -= g_unichar_iswide(g_utf8_get_char(at)) ? 2 : 1;
    printf("    %.*s%*s ", (int)length, name, MAX(room, 0), "");
}

static void print_keys(const KjStatement *root, const char *list) {
    for (const char *const *line = kj_statement_list(root, list); *line; line++) {
        const char *space = strchr(*line, ' ');
        g_autoptr(KjKey) key = kj_key_parse(space + 1, NULL);
        const char *until = NULL;
        for (const char *const *revoked = kj_statement_list(root, "revoked"); key && *revoked; revoked++)
            if (g_str_has_prefix(*revoked, key->fingerprint))
                until = strchr(*revoked, ' ') + 1;
        print_name(*line, (gsize)(space - *line));
        printf("%s  %.*s", key ? key->fingerprint : "", (int)strcspn(space + 1, " "), space + 1);
        if (until)
            printf(_(", not good from release %s on"), until);
        puts("");
    }
}

static void print_root(const KjRootView *view) {
    const KjStatement *root = kj_root_statement(view->last);
    g_autoptr(GPtrArray) names = signers(root_before(view), view->last, view->sealed);
    g_autofree char *signed_by = join(names);
    gboolean expired = kj_statement_instant(root, "expires") <= view->now;
    printf(_("root %" PRIu64 "\n  digest     %s\n  made       %s by %s\n  expires    %s%s\n  signed by  %s\n"), kj_root_version(view->last),
           kj_statement_digest(root), kj_statement_get(root, "date"), kj_statement_get(root, "signer"), kj_statement_get(root, "expires"),
           expired ? _("  EXPIRED") : "", signed_by);
    for (guint i = 0; i < G_N_ELEMENTS(things); i++) {
        g_autofree char *all = who_may(view->last, things[i]);
        if (kj_root_threshold(view->last, things[i]) > 0)
            printf(_("  %-10s %u of %s\n"), things[i], kj_root_threshold(view->last, things[i]), all);
    }
    puts(_("  keys"));
    print_keys(root, "key");
    if (kj_statement_list(root, "recovery")[0])
        puts(_("  recovery keys"));
    print_keys(root, "recovery");
    if (kj_statement_list(root, "deputy")[0])
        puts(_("  deputies, and in which order"));
    for (const char *const *line = kj_statement_list(root, "deputy"); *line; line++)
        printf("    %s\n", *line);
}

void kj_root_print(const KjRootView *view) {
    print_root(view);
    for (guint i = 0; i < view->drafts->len; i++) {
        const KjSealed *draft = view->drafts->pdata[i];
        printf(_("\ndraft of root %s, by %s on %s: %s\n"), kj_statement_get(draft->statement, "version"),
               kj_statement_get(draft->statement, "signer"), kj_statement_get(draft->statement, "date"),
               kj_statement_digest(draft->statement));
        kj_root_print_changes(view->last, draft->statement);
        kj_root_print_progress(view, draft);
    }
    if (view->passed_over > 0)
        printf(_("\n%u references below %s are no draft of the next root, or signed by strangers, and were passed over.\n"),
               view->passed_over, KJ_ROOT_DRAFTS);
}

/* ---- JSON ---- */

/* The lines of a statement as they are. */
static void add_lines(JsonBuilder *builder, const KjStatement *root, const char *key) {
    kj_member_list(builder, key);
    for (const char *const *line = kj_statement_list(root, key); *line; line++)
        json_builder_add_string_value(builder, *line);
    json_builder_end_array(builder);
}

static void add_root(JsonBuilder *builder, const KjStatement *root, const GPtrArray *signed_by) {
    static const char *const lists[] = { "key", "revoked", "may", "threshold", "deputy", "recovery" };
    kj_member_number(builder, "number", (gint64)kj_statement_number(root, "version"));
    kj_member_text(builder, "digest", kj_statement_digest(root));
    kj_member_text(builder, "previous", kj_statement_get(root, "previous"));
    kj_member_text(builder, "signer", kj_statement_get(root, "signer"));
    kj_member_text(builder, "date", kj_statement_get(root, "date"));
    kj_member_text(builder, "expires", kj_statement_get(root, "expires"));
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        add_lines(builder, root, lists[i]);
    kj_member_array(builder, "signed_by", signed_by);
}

void kj_root_print_json(const KjRootView *view) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GPtrArray) names = signers(root_before(view), view->last, view->sealed);
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    json_builder_set_member_name(builder, "root");
    json_builder_begin_object(builder);
    add_root(builder, kj_root_statement(view->last), names);
    kj_member_truth(builder, "expired", kj_statement_instant(kj_root_statement(view->last), "expires") <= view->now);
    json_builder_end_object(builder);
    kj_member_list(builder, "drafts");
    for (guint i = 0; i < view->drafts->len; i++) {
        const KjSealed *draft = view->drafts->pdata[i];
        g_autoptr(KjRoot) next = kj_root_of_draft(draft);
        g_autoptr(GPtrArray) changes = kj_root_changes(view->last, draft->statement), drafted = signers(view->last, next, draft);
        json_builder_begin_object(builder);
        add_root(builder, draft->statement, drafted);
        kj_member_array(builder, "changes", changes);
        kj_member_truth(builder, "enough", kj_roots_may_append(view->last, draft, NULL));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}
