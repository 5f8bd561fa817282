/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the password plugin; the measures themselves are in measure.h. */
#ifndef KJ_PASSWORD_H
#define KJ_PASSWORD_H

#include <gmodule.h>
#include <kijun/plugin.h>

/* Reads the lines of one password change or login and measures the password (request.c). */
gboolean kj_password_read_request(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

/* Where a block departs from NIST SP 800-63B-4 (advise.c). */
void kj_password_advise(KjTable *table, guint block, KjAdviceSink *sink);

#endif
