/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * String values as tokens, the form in which automata and patterns compare them (see format.h).
 *
 * A path is its segments, a mail address its domain's labels from the last to the first and then "@" with the local part, everything
 * else one token. A value that could mean two things is refused here and so becomes a denial: a path that another program would resolve
 * (`.`, `..`, `//`, a trailing `/`), an address whose local part holds an unquoted `@`, bytes that are not UTF-8, NUL.
 *
 * Nothing allocates but the conversion of a non-ASCII mail domain. The caller's room bounds every write.
 */
#include <kijun/value.h>

#include <string.h>

#include <kijun/translate.h>

#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */

typedef struct {
    char *room;
    gsize left;
    const char **tokens;
    guint most, count;
    const char *problem;
} Splitter;

/* One token: `mark` (a byte, or NUL for none) and then the text. */
static gboolean add_token(Splitter *splitter, char mark, const char *text, gsize length) {
    gsize marked = mark ? 1 : 0;
    if (splitter->count >= splitter->most) {
        splitter->problem = N_("the value has too many parts");
        return FALSE;
    }
    if (length >= splitter->left || marked + length >= splitter->left) {
        splitter->problem = N_("the value is too long");
        return FALSE;
    }
    splitter->room[0] = mark;
    memcpy(splitter->room + marked, text, length);
    splitter->room[marked + length] = '\0';
    splitter->tokens[splitter->count++] = splitter->room;
    splitter->room += marked + length + 1;
    splitter->left -= marked + length + 1;
    return TRUE;
}

static gboolean split_path(Splitter *splitter, const char *text, gsize length) {
    if (length == 0 || text[0] != '/') {
        splitter->problem = N_("a path begins with `/`");
        return FALSE;
    }
    if (length == 1)
        return TRUE;
    for (gsize begin = 1; begin <= length;) {
        const char *slash = memchr(text + begin, '/', length - begin);
        gsize end = slash ? (gsize)(slash - text) : length;
        const char *segment = text + begin;
        gsize size = end - begin;
        if (size == 0)
            splitter->problem = N_("a path has no empty segment and no `/` at its end");
        else if ((size == 1 && segment[0] == '.') || (size == 2 && segment[0] == '.' && segment[1] == '.'))
            splitter->problem = N_("a path has no `.` or `..` segment");
        if (splitter->problem || !add_token(splitter, '\0', segment, size))
            return FALSE;
        begin = end + 1;
    }
    return TRUE;
}

/* Whether the byte may stand in a domain or in an unquoted local part at all: no control character, no space, nothing that delimits. */
static gboolean is_mail_byte(char byte) {
    return (guchar)byte > ' ' && byte != 127 && !strchr("<>()@,;:\\\"", byte);
}

static gboolean check_local(const char *local, gsize length) {
    gboolean quoted = length >= 2 && local[0] == '"' && local[length - 1] == '"';
    for (gsize i = 0; i < length; i++)
        if (quoted ? (guchar)local[i] < ' ' || local[i] == 127 : !is_mail_byte(local[i]))
            return FALSE;
    return length > 0;
}

static gboolean add_label(Splitter *splitter, const char *label, gsize length) {
    char *copy = splitter->room;
    if (length < 1 || length > LABEL_MAX) {
        splitter->problem = length < 1 ? N_("a mail domain has no empty label") : N_("a label of a mail domain has at most 63 bytes");
        return FALSE;
    }
    if (!add_token(splitter, '\0', label, length))
        return FALSE;
    for (; *copy; copy++) {
        if (!is_mail_byte(*copy)) {
            splitter->problem = N_("a mail domain holds a character that cannot stand there");
            return FALSE;
        }
        *copy = g_ascii_tolower(*copy);
    }
    return TRUE;
}

/* The labels of an ASCII domain, last first. */
static gboolean split_domain(Splitter *splitter, const char *domain, gsize length) {
    gsize end = length;
    for (;;) {
        gsize begin = end;
        while (begin > 0 && domain[begin - 1] != '.')
            begin--;
        if (!add_label(splitter, domain + begin, end - begin))
            return FALSE;
        if (begin == 0)
            return TRUE;
        end = begin - 1;
    }
}

static gboolean is_ascii(const char *text, gsize length) {
    for (gsize i = 0; i < length; i++)
        if ((guchar)text[i] >= 0x80)
            return FALSE;
    return TRUE;
}

static gboolean split_international(Splitter *splitter, const char *domain, gsize length) {
    g_autofree char *copy = g_try_malloc(length + 1);
    g_autofree char *ascii = NULL;
    if (copy) {
        memcpy(copy, domain, length);
        copy[length] = '\0';
        ascii = g_hostname_to_ascii(copy);
    }
    if (!ascii) {
        splitter->problem = N_("the mail domain is no valid international domain name");
        return FALSE;
    }
    return split_domain(splitter, ascii, strlen(ascii));
}

/* `[192.0.2.1]`: an address in place of a domain is one label, so that no domain pattern ever looks inside it. */
static gboolean add_literal_domain(Splitter *splitter, const char *domain, gsize length) {
    char *copy = splitter->room;
    if (length > LABEL_MAX || !is_ascii(domain, length)) {
        splitter->problem = N_("the address in place of a mail domain is no address");
        return FALSE;
    }
    if (!add_token(splitter, '\0', domain, length))
        return FALSE;
    for (; *copy; copy++)
        *copy = g_ascii_tolower(*copy);
    return TRUE;
}

static gboolean split_mail(Splitter *splitter, const char *text, gsize length) {
    gsize at = length;
    while (at > 0 && text[at - 1] != '@')
        at--;
    if (at == 0) {
        splitter->problem = N_("a mail address is needed, such as name@example.jp");
        return FALSE;
    }
    gsize local = at - 1, domain = length - at;
    if (!check_local(text, local)) {
        splitter->problem = N_("the local part of the mail address is empty or holds a character that must be quoted");
        return FALSE;
    }
    gboolean split = domain >= 2 && text[at] == '[' && text[length - 1] == ']' ? add_literal_domain(splitter, text + at, domain)
                     : is_ascii(text + at, domain)                            ? split_domain(splitter, text + at, domain)
                                                                              : split_international(splitter, text + at, domain);
    /* "@" and the local part are one token, so that no label can be taken for a local part. */
    return split && add_token(splitter, '@', text, local);
}

int kj_value_tokens(KjType type, const char *text, gsize length, char *room, gsize room_size, const char **tokens, guint most,
                    const char **problem) {
    Splitter splitter = { .room = room, .left = room_size, .tokens = tokens, .most = most };
    gboolean split;
    if (!g_utf8_validate_len(text, length, NULL)) {
        splitter.problem = N_("the value is not UTF-8 or holds NUL");
        split = FALSE;
    } else if (type == KJ_TYPE_PATH) {
        split = split_path(&splitter, text, length);
    } else if (type == KJ_TYPE_MAIL) {
        split = split_mail(&splitter, text, length);
    } else if (length == 0 && type != KJ_TYPE_TEXT) {
        splitter.problem = N_("the value is empty");
        split = FALSE;
    } else {
        split = add_token(&splitter, '\0', text, length);
    }
    if (!split && problem)
        *problem = splitter.problem;
    return split ? (int)splitter.count : -1;
}
