/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the mail plugin. */
#ifndef KJ_MAIL_H
#define KJ_MAIL_H

#include <gmodule.h>
#include <kijun/plugin.h>

/* Reads one Postfix policy delegation request (request.c). */
gboolean kj_mail_read_delegation(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

/* The logs it reads for replay (log_postfix.c). */
extern const KjLogReaderDefinition kj_mail_log_readers[];

/* What it reads for `kijun audit` (audit/). */
extern const KjAuditorDefinition kj_mail_auditor;

#endif
