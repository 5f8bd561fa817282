/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands to the right of an alias, and in a .forward file (aliases(5), local(8)): addresses, programs, files, other lists.
 *
 * An address ends at a comma or a line end that stands outside quotation marks, comments and angle brackets. What is no address is told as what it
 * is: a program may send mail on, and no file says whether it does, so nothing is decided of it.
 */
#include <string.h>

#include <kijun/translate.h>

#include "audit.h"

#define INCLUDES_MAX 8u /* files in files; Postfix has no bound, and no use for more than one */

void kj_mail_tell(const KjMailSource *source, KjAuditKind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    source->sink->tell(source->sink, kind, source->file, source->line, text);
}

gboolean kj_mail_is_address(const char *text) {
    const char *at = strrchr(text, '@');
    if (!at || at == text || !at[1] || strlen(text) > 320 || !g_utf8_validate(text, -1, NULL))
        return FALSE;
    gboolean quoted = text[0] == '"';
    for (const char *c = text; *c; c++)
        if (g_ascii_iscntrl(*c) || (strchr(" ,;:<>()", *c) && !(quoted && c < at)))
            return FALSE;
    return TRUE;
}

/* ---- one ---- */

/* Without comments in parentheses and a name before <address>; the quotation marks around all of it. Free with g_free. */
static char *strip(const char *text) {
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean quoted = FALSE;
    guint comments = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\\' && quoted && c[1]) {
            g_string_append_len(out, c++, 2);
            continue;
        }
        if (*c == '"' && comments == 0)
            quoted = !quoted;
        comments += !quoted && *c == '(';
        if (comments == 0)
            g_string_append_c(out, *c);
        comments -= !quoted && *c == ')' && comments > 0;
    }
    gboolean program = out->str[strspn(out->str, " \t\"")] == '|'; /* what its arguments hold is its own */
    char *open = program ? NULL : strrchr(out->str, '<'), *close = open ? strchr(open, '>') : NULL;
    if (close && close > open)
        return g_strstrip(g_strndup(open + 1, (gsize)(close - open - 1)));
    g_strstrip(out->str);
    gsize length = strlen(out->str);
    if (length >= 2 && out->str[0] == '"' && out->str[length - 1] == '"')
        return g_strndup(out->str + 1, length - 2);
    return g_strdup(out->str);
}

static void include(const KjMailSource *source, const char *path) {
    g_autoptr(GError) error = NULL;
    gsize length;
    KjMailSource inner = *source;
    if (source->depth >= INCLUDES_MAX) {
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: more than %u :include: files in each other"), source->mailbox, INCLUDES_MAX);
        return;
    }
    g_autofree char *bytes = source->sink->open(source->sink, path, &length, &error);
    if (!bytes) {
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: the list %s cannot be read: %s"), source->mailbox, path, error->message);
        return;
    }
    inner.file = path;
    inner.line = 1;
    inner.depth++;
    kj_mail_add_targets(&inner, bytes);
}

static void add_address(const KjMailSource *source, const char *name) {
    gboolean whole = strchr(name, '@') != NULL;
    g_autofree char *address = whole ? g_strdup(name) : g_strdup_printf("%s@%s", name, source->domain);
    if (kj_mail_is_address(address))
        kj_mail_graph_add(source->graph, source->mailbox, address, source->file, source->line);
    else
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: `%s` is no address"), source->mailbox, name);
}

void kj_mail_add_target(const KjMailSource *source, const char *text) {
    g_autofree char *target = strip(text);
    if (!*target)
        return;
    if (target[0] == '|')
        kj_mail_tell(source, KJ_AUDIT_NOTE, _("%s: handed to a program: %s"), source->mailbox, target + 1);
    else if (target[0] == '/')
        kj_mail_tell(source, KJ_AUDIT_NOTE, _("%s: written to a file: %s"), source->mailbox, target);
    else if (g_ascii_strncasecmp(target, ":include:", 9) == 0)
        include(source, target + 9);
    else
        add_address(source, target[0] == '\\' ? target + 1 : target);
}

/* ---- several ---- */

void kj_mail_add_targets(const KjMailSource *source, const char *text) {
    KjMailSource here = *source;
    gboolean quoted = FALSE;
    guint comments = 0;
    const char *begin = text;
    for (const char *c = text;; c++) {
        gboolean first = c == text || c[-1] == '\n';
        if (first && *c == '#') {
            c += strcspn(c, "\n");
            begin = c;
        }
        if (*c == '\\' && c[1] && c[1] != '\n') {
            c++;
            continue;
        }
        gboolean ends = !*c || *c == '\n' || (*c == ',' && !quoted && comments == 0);
        if (*c == '"')
            quoted = !quoted;
        comments += !quoted && *c == '(';
        comments -= !quoted && *c == ')' && comments > 0;
        if (!ends)
            continue;
        g_autofree char *one = g_strndup(begin, (gsize)(c - begin));
        kj_mail_add_target(&here, one);
        begin = c + 1;
        here.line += *c == '\n';
        if (*c == '\n' || !*c)
            quoted = comments = 0;
        if (!*c)
            return;
    }
}
