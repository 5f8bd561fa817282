/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a message was forwarded, by which mailbox, and whether a program sent it: what its headers and envelope say.
 *
 * Nobody signs such a mark, so each has a weight (recognise.c has the table). A mark that can only be there because a server passed the message on makes
 * it `automatic`. A mark that also names a mailbox makes that the forwarder, but only if it is believed: the message comes from a client
 * that is trusted to have put it there, and the mailbox is in one of the domains that are ours. Otherwise anybody could use up a mailbox's limit by
 * writing its name into a message. Marks stand in front of older ones, so the first that is believed is the last forwarder.
 *
 * Nothing here asks a policy or knows libmilter; the cost of a header is its length.
 */
#ifndef KJ_MILTER_RECOGNISE_H
#define KJ_MILTER_RECOGNISE_H

#include <glib.h>

#define KJ_MAIL_ADDRESS_MAX 320u /* RFC 5321: 64 and 255 */
#define KJ_MAIL_VISITED_MAX 128u /* mailboxes a message was delivered to: beyond Postfix' own bound of 50 hops */

/* Whose marks are believed. */
typedef struct {
    char **domains; /* in lower case; NULL: every domain's */
} KjMailTrust;

typedef struct {
    const KjMailTrust *trust;
    gboolean trusted;   /* the client: its marks may name a mailbox */
    gboolean automatic; /* a program sent it on, or sent it */
    gboolean forwarded; /* somebody passed it on */
    gboolean resent;    /* the forwarder was named by a Resent- field, which gives way to any other mark */
    char *forwarder;    /* or NULL */
    guint hops;         /* Received fields */
    GPtrArray *visited; /* utf8: addresses it was delivered to, the last first */
} KjMailMarks;

/* Clear with kj_mail_marks_clear; may be cleared twice. */
void kj_mail_marks_init(KjMailMarks *marks, const KjMailTrust *trust, gboolean trusted);
void kj_mail_marks_clear(KjMailMarks *marks);
/* A header field, in order. Neither must be UTF-8. */
void kj_mail_marks_header(KjMailMarks *marks, const char *name, const char *value);
/* The envelope sender, without angle brackets; "" is the null sender. After the headers. */
void kj_mail_marks_sender(KjMailMarks *marks, const char *sender);
/* Whether it was delivered to this address before: a loop. */
gboolean kj_mail_marks_visited(const KjMailMarks *marks, const char *address);

/* The first address in a text, without what is around it; NULL when there is none. Free with g_free. */
char *kj_mail_find_address(const char *text);

#endif
