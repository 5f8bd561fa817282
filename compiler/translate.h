/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `_()` for the compiler's messages, also where the build has not named the catalogue. */
#ifndef KJ_TRANSLATE_H
#define KJ_TRANSLATE_H

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

#endif
