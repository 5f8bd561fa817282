/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fail.h"

gboolean kj_fail(GError **error, KjErrorCode code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, KJ_ERROR, (gint)code, message);
    return FALSE;
}
