/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text maps: aliases(5) `name: target, ...` and Postfix's virtual(5) `pattern target, ...`, and .forward files, which are the right-hand side alone.
 *
 * In both maps a line that begins with white space continues the one before, and a line that begins with # is a comment. A continued line is
 * told by the line its entry begins in.
 */
#include <string.h>

#include <kijun/translate.h>

#include "audit.h"

typedef void (*TakeEntry)(const KjMailSource *source, const char *entry, gpointer data);

static gboolean check_text(const char *bytes, gsize length, GError **error) {
    if (memchr(bytes, 0, length)) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("it is no text: give the text a map is made of, not its .db or .lmdb file"));
        return FALSE;
    }
    return TRUE;
}

static gboolean check_owner(const char *owner, const char *user, GError **error) {
    if (!user)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("a map is no file of a home folder (%s of %s)"), user, owner);
    return FALSE;
}

/* Every entry with its continuation lines. */
static void for_entries(KjMailSource source, const char *text, TakeEntry take, gpointer data) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) entry = g_string_new(NULL);
    guint begin = 0;
    for (guint i = 0; lines[i]; i++) {
        const char *line = lines[i];
        if (line[0] == '#' || line[strspn(line, " \t\r")] == 0)
            continue;
        if (line[0] != ' ' && line[0] != '\t') {
            source.line = begin;
            if (entry->len)
                take(&source, entry->str, data);
            g_string_truncate(entry, 0);
            begin = i + 1;
        }
        g_string_append_len(entry, line, (gssize)strcspn(line, "\r"));
    }
    source.line = begin;
    if (entry->len)
        take(&source, entry->str, data);
}

static char *first_domain(const char *owner) {
    return g_strstrip(g_strndup(owner, strcspn(owner, ",")));
}

/* ---- aliases ---- */

static const char *find_colon(const char *entry) {
    gboolean quoted = FALSE;
    for (; *entry; entry++) {
        if (*entry == '"')
            quoted = !quoted;
        if (*entry == ':' && !quoted)
            return entry;
    }
    return NULL;
}

static void take_alias(const KjMailSource *source, const char *entry, gpointer data) {
    const char *colon = find_colon(entry);
    KjMailSource named = *source;
    (void)data;
    if (!colon) {
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("no alias: `NAME: TARGETS` is wanted, and here is no colon"));
        return;
    }
    g_autofree char *name = g_strstrip(g_strndup(entry, (gsize)(colon - entry)));
    gsize length = strlen(name);
    if (length >= 2 && name[0] == '"' && name[length - 1] == '"') {
        name[length - 1] = 0;
        memmove(name, name + 1, length - 1);
    }
    g_autofree char *mailbox = g_strdup_printf("%s@%s", name, source->domain);
    if (!kj_mail_is_address(mailbox)) {
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("`%s` is no name of a mailbox"), name);
        return;
    }
    named.mailbox = mailbox;
    kj_mail_add_targets(&named, colon + 1);
}

gboolean kj_mail_read_aliases(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error) {
    g_autofree char *domain = first_domain(owner);
    KjMailSource source = { graph, sink, NULL, domain, path, 0, 0 };
    if (!check_text(bytes, length, error) || !check_owner(owner, user, error))
        return FALSE;
    kj_mail_graph_local(graph, owner);
    for_entries(source, bytes, take_alias, NULL);
    return TRUE;
}

/* ---- virtual maps ---- */

/* The pattern; *rest is what follows it. Free with g_free. */
static char *split_pattern(const char *entry, const char **rest) {
    gsize length = strcspn(entry, " \t");
    *rest = entry + length + strspn(entry + length, " \t");
    return g_strndup(entry, length);
}

static void note_domain(const KjMailSource *source, const char *entry, gpointer data) {
    const char *rest;
    g_autofree char *pattern = split_pattern(entry, &rest);
    const char *at = strrchr(pattern, '@');
    (void)source;
    if (at)
        g_hash_table_add(data, g_ascii_strdown(at + 1, -1));
}

/* `user@domain`, `user` of the owner's, `@domain` for all others there; `domain` alone only says that the domain is served here. */
static void take_virtual(const KjMailSource *source, const char *entry, gpointer data) {
    const char *rest;
    g_autofree char *pattern = split_pattern(entry, &rest), *lower = g_ascii_strdown(pattern, -1);
    KjMailSource named = *source;
    if (pattern[0] == '/' || strcmp(lower, "if") == 0 || strcmp(lower, "endif") == 0) {
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("`%s`: maps of regular expressions are not read"), pattern);
        return;
    }
    if (!strchr(pattern, '@') && g_hash_table_contains(data, lower))
        return;
    g_autofree char *mailbox = strchr(pattern, '@') ? g_strdup(pattern) : g_strdup_printf("%s@%s", pattern, source->domain);
    named.mailbox = mailbox;
    if (!kj_mail_is_address(mailbox) && !(mailbox[0] == '@' && mailbox[1]))
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("`%s` is no name of a mailbox"), pattern);
    else if (rest[0] == '@' && !strpbrk(rest, ", \t")) /* the same local part at another domain */
        kj_mail_graph_add(source->graph, mailbox, rest, source->file, source->line);
    else
        kj_mail_add_targets(&named, rest);
}

gboolean kj_mail_read_virtual(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error) {
    g_autoptr(GHashTable) domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *domain = first_domain(owner);
    KjMailSource source = { graph, sink, NULL, domain, path, 0, 0 };
    if (!check_text(bytes, length, error) || !check_owner(owner, user, error))
        return FALSE;
    for_entries(source, bytes, note_domain, domains);
    for_entries(source, bytes, take_virtual, domains);
    return TRUE;
}

/* ---- .forward ---- */

gboolean kj_mail_read_forward(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error) {
    g_autofree char *mailbox = user ? g_strdup_printf("%s@%s", user, owner) : g_strdup(owner);
    if (!check_text(bytes, length, error))
        return FALSE;
    if (!kj_mail_is_address(mailbox)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is no mailbox: say whose file it is, as USER@DOMAIN"), mailbox);
        return FALSE;
    }
    KjMailSource source = { graph, sink, mailbox, strrchr(mailbox, '@') + 1, path, 1, 0 };
    kj_mail_add_targets(&source, bytes);
    return TRUE;
}
