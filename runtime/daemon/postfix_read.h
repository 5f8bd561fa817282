/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request of Postfix's policy delegation protocol (SMTPD_POLICY_README): lines `name=value`, then an empty line.
 *
 * What a domain makes of the attributes is its plugin's business. Here stands only what the protocol itself turns on: where the request
 * ends, at which point of the SMTP session it is asked, to which message it belongs, for which recipient.
 */
#ifndef KJ_DAEMON_POSTFIX_READ_H
#define KJ_DAEMON_POSTFIX_READ_H

#include <glib.h>

G_BEGIN_DECLS

#define KJ_POSTFIX_REQUEST_MAX (32u << 10) /* bytes; Postfix sends some 800, a certificate's subject or a long address some thousand more */
#define KJ_POSTFIX_LINE_MAX (8u << 10)
#define KJ_POSTFIX_LINES_MAX 256u /* Postfix knows some 40 attributes */

/* A part of the bytes that were read; `text` is NULL where the attribute was not sent. */
typedef struct {
    const char *text;
    gsize length;
} KjSlice;

typedef struct {
    gsize length; /* of the whole request, the empty line included; 0 unless it is WHOLE */
    KjSlice state, instance, queue, recipient, recipient_count;
} KjPostfixRequest;

typedef enum { KJ_POSTFIX_WHOLE = 1, KJ_POSTFIX_PART, KJ_POSTFIX_BROKEN } KjPostfixReading;

/* Reads the request at the front of the bytes. Of an attribute that is there twice the first counts. BROKEN with *problem (static English):
 * nothing after this can be understood either, so the connection has to end. */
KjPostfixReading kj_postfix_read(const char *bytes, gsize length, KjPostfixRequest *request, const char **problem);

gboolean kj_slice_is(KjSlice slice, const char *text);

G_END_DECLS

#endif
