/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `_()` for everything Kijun says. The library never chooses a language: it asks gettext for the domain "kijun", and the program that uses it
 * has called setlocale (and bindtextdomain, where the catalogue is not in the system's own folder). What the path of a decision may say is
 * only marked with N_() and is translated where it is shown, because looking a sentence up takes a lock. Not installed.
 */
#ifndef KJ_TRANSLATE_H
#define KJ_TRANSLATE_H

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>
#include <inttypes.h> /* PRIu64, which catalogues know and G_GUINT64_FORMAT they do not */

#endif
