/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two forms of a record have in common. */
#ifndef KJ_LOG_FORM_H
#define KJ_LOG_FORM_H

#include "log.h"

#define KJ_LOG_VERSION 1 /* raised by a change that breaks a reader */

/* A record's values as they may be written: masked, and within the bounds. */
typedef struct {
    const KjLogRecord *record;
    const char *const *masked;
    guint count;        /* so many of the record's values are written */
    gboolean cut;       /* some not, or not whole */
    const char *message; /* without what it must not quote */
} KjLogText;

/* The texts of a record that both forms write under the same names, in this order. */
typedef struct {
    const char *name;
    gsize offset; /* of a const char * in KjLogRecord */
} KjLogMember;
extern const KjLogMember kj_log_members[8];
const char *kj_log_member(const KjLogRecord *record, const KjLogMember *member);

/* So many bytes of a text are written. */
gsize kj_log_length(const char *text);
/* The value as it may be written, and its length; NULL is the empty set. */
const char *kj_log_text_value(const KjLogText *text, guint index, gsize *length);
gboolean kj_log_is_masked(const char *const *masked, const char *name);

/* The next character of a text that may hold anything: U+FFFD for a byte that is no UTF-8. */
gunichar kj_log_next(const char **text, gsize *length);
/* Whether a character could end a line, or change how what stands around it is shown. */
gboolean kj_log_is_unsafe(gunichar character);

/* "2026-11-24T10:00:00.123456Z" */
void kj_log_append_time(gint64 microseconds, GString *out);

void kj_log_json(const KjLogText *text, GString *out);
void kj_log_rfc5424(const KjLogText *text, GString *out);

/* The record that says how many are missing before it. */
void kj_log_json_lost(gint64 instant, guint64 lost, GString *out);
void kj_log_rfc5424_lost(gint64 instant, guint64 lost, GString *out);
void kj_log_format_lost(KjLogForm form, gint64 instant, guint64 lost, GString *out);

#endif
