/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KJ_FAIL_H
#define KJ_FAIL_H

#include <kijun/kijun.h>

/* Sets the error, and is FALSE. */
gboolean kj_fail(GError **error, KjErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
