/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See recognise.h. */
#include "recognise.h"

#include <string.h>

typedef enum {
    MARK_VISITED = 1, /* delivered to a mailbox and sent on from there: names it */
    MARK_NAMES,       /* names the mailbox that forwards */
    MARK_FORWARDED,   /* forwarded, by whom it does not say */
    MARK_RESENT,      /* a person passes it on: names her, is nothing automatic */
    MARK_AUTOMATIC,   /* a program's, whatever it says */
    MARK_UNLESS_NO,   /* a program's, unless it says `no` */
    MARK_IF_BULK,     /* a program's if it says bulk, junk or list */
    MARK_HOP,
} Mark;

static const struct {
    const char *header;
    Mark mark;
} marks_of_headers[] = {
    { "Delivered-To", MARK_VISITED },                  /* Postfix' local(8), qmail, Dovecot, Gmail */
    { "X-Sieve-Redirected-From", MARK_NAMES },         /* Pigeonhole */
    { "X-MS-Exchange-Inbox-Rules-Loop", MARK_NAMES },  /* Exchange's inbox rules */
    { "X-Forwarded-For", MARK_NAMES },                 /* Gmail: the mailbox, then where it goes; the header of HTTP has no address in it */
    { "X-Forwarded-To", MARK_FORWARDED },              /* Gmail: where it goes */
    { "Resent-From", MARK_RESENT },                    /* RFC 5322, 3.6.6 */
    { "Resent-Sender", MARK_RESENT },
    { "Auto-Submitted", MARK_UNLESS_NO },              /* RFC 3834, 5 */
    { "X-Autoreply", MARK_AUTOMATIC },
    { "X-Autorespond", MARK_AUTOMATIC },
    { "List-Id", MARK_AUTOMATIC },                     /* RFC 2919; List-Unsubscribe alone stands in much that is no list's */
    { "List-Post", MARK_AUTOMATIC },                   /* RFC 2369 */
    { "Precedence", MARK_IF_BULK },                    /* RFC 2076: not standard, common */
    { "Received", MARK_HOP },
};

/* ---- addresses ---- */

static gboolean is_address(const char *text) {
    const char *at = strrchr(text, '@');
    if (!at || at == text || !at[1] || strlen(text) > KJ_MAIL_ADDRESS_MAX || !g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *c = text; *c; c++)
        if (g_ascii_iscntrl(*c))
            return FALSE;
    return TRUE;
}

/* The end of a local part in quotation marks, or of a word. */
static const char *skip_word(const char *text) {
    gboolean quoted = FALSE;
    for (; *text; text++) {
        if (*text == '\\' && quoted && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted && strchr(" \t\r\n,;<>()", *text))
            break;
    }
    return text;
}

char *kj_mail_find_address(const char *text) {
    const char *open = strchr(text, '<');
    for (const char *at = open ? open + 1 : text; *at;) {
        const char *end = skip_word(at);
        g_autofree char *word = g_strndup(at, (gsize)(end - at));
        if (is_address(word))
            return g_steal_pointer(&word);
        at = *end ? end + 1 : end;
    }
    return NULL;
}

static gboolean is_ours(const KjMailTrust *trust, const char *address) {
    if (!trust->domains)
        return TRUE;
    g_autofree char *domain = g_ascii_strdown(strrchr(address, '@') + 1, -1);
    return g_strv_contains((const char *const *)trust->domains, domain);
}

/* ---- marks ---- */

void kj_mail_marks_init(KjMailMarks *marks, const KjMailTrust *trust, gboolean trusted) {
    *marks = (KjMailMarks){ .trust = trust, .trusted = trusted, .visited = g_ptr_array_new_with_free_func(g_free) };
}

void kj_mail_marks_clear(KjMailMarks *marks) {
    g_clear_pointer(&marks->forwarder, g_free);
    g_clear_pointer(&marks->visited, g_ptr_array_unref);
}

static void name_forwarder(KjMailMarks *marks, const char *address, gboolean resent) {
    if (!address || !marks->trusted || !is_ours(marks->trust, address) || (marks->forwarder && (resent || !marks->resent)))
        return;
    g_free(marks->forwarder);
    marks->forwarder = g_strdup(address);
    marks->resent = resent;
}

/* The first word of the value, in lower case. Free with g_free. */
static char *first_word(const char *value) {
    value += strspn(value, " \t\r\n");
    return g_ascii_strdown(value, (gssize)strcspn(value, " \t\r\n;("));
}

static void take_mark(KjMailMarks *marks, Mark mark, const char *value) {
    g_autofree char *address = kj_mail_find_address(value), *word = first_word(value);
    switch (mark) {
    case MARK_VISITED:
        if (address && marks->visited->len < KJ_MAIL_VISITED_MAX)
            g_ptr_array_add(marks->visited, g_strdup(address));
        /* fall through */
    case MARK_NAMES:
        marks->forwarded |= address != NULL;
        marks->automatic |= address != NULL;
        name_forwarder(marks, address, FALSE);
        return;
    case MARK_FORWARDED:
        marks->forwarded = marks->automatic = TRUE;
        return;
    case MARK_RESENT:
        marks->forwarded = TRUE;
        name_forwarder(marks, address, TRUE);
        return;
    case MARK_AUTOMATIC:
        marks->automatic = TRUE;
        return;
    case MARK_UNLESS_NO:
        marks->automatic |= strcmp(word, "no") != 0;
        return;
    case MARK_IF_BULK:
        marks->automatic |= strcmp(word, "bulk") == 0 || strcmp(word, "junk") == 0 || strcmp(word, "list") == 0;
        return;
    case MARK_HOP:
        marks->hops++;
        return;
    }
}

void kj_mail_marks_header(KjMailMarks *marks, const char *name, const char *value) {
    for (guint i = 0; i < G_N_ELEMENTS(marks_of_headers); i++) {
        if (g_ascii_strcasecmp(marks_of_headers[i].header, name) == 0) {
            take_mark(marks, marks_of_headers[i].mark, value);
            return;
        }
    }
}

/* SRS0=HASH=TT=DOMAIN=LOCAL@FORWARDER, with =, - or + behind SRS0 and SRS1. */
static gboolean is_rewritten(const char *sender) {
    return (g_ascii_strncasecmp(sender, "SRS0", 4) == 0 || g_ascii_strncasecmp(sender, "SRS1", 4) == 0) && sender[4] &&
           strchr("=-+", sender[4]) && strrchr(sender, '@');
}

/* A rewritten sender says which domain forwards, and hides which mailbox: its local part is another for each message, so it can be no key of
 * a limit. `unknown` there stands for all of them. */
void kj_mail_marks_sender(KjMailMarks *marks, const char *sender) {
    if (!sender[0])
        marks->automatic = TRUE; /* RFC 5321, 4.5.5: notifications; RFC 3834, 3.3: automatic answers */
    if (!is_rewritten(sender))
        return;
    marks->forwarded = marks->automatic = TRUE;
    g_autofree char *unknown = g_strdup_printf("unknown%s", strrchr(sender, '@'));
    name_forwarder(marks, is_address(unknown) ? unknown : NULL, FALSE);
}

gboolean kj_mail_marks_visited(const KjMailMarks *marks, const char *address) {
    for (guint i = 0; i < marks->visited->len; i++)
        if (g_ascii_strcasecmp(marks->visited->pdata[i], address) == 0)
            return TRUE;
    return FALSE;
}
