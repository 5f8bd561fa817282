/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain of the library. Asked of GLib each time: a cached copy would be a race between threads, and errors are rare. */
#include <kijun/kijun.h>

GQuark kj_error_quark(void) {
    return g_quark_from_static_string("kj-error-quark");
}
