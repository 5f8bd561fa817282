/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of pam_kijun.so in a PAM service file. See arguments.c. */
#ifndef KJ_PAM_ARGUMENTS_H
#define KJ_PAM_ARGUMENTS_H

#include <glib.h>

/* Strings belong to libpam and live as long as the call. */
typedef struct {
    const char *table, *block;
    const char *breach, *history, *dictionary; /* NULL: none; for the dictionary: the usual lists */
    const char *role, *mfa;                    /* fields of the domain password; NULL: missing */
    const char *console;                       /* terminals at which root is let in when the table is broken; NULL: none */
    guint retry, remember;
    gboolean use_authtok, enforce_for_root, debug;
} KjPamArguments;

/* FALSE with KJ_ERROR_VALUE, naming the argument: a word not understood might have been a guard. */
gboolean kj_pam_arguments_read(KjPamArguments *arguments, int argc, const char **argv, GError **error);

/* Whether `terminal` (without /dev/) is one of a list with commas. */
gboolean kj_pam_terminal_listed(const char *list, const char *terminal);

/* PAM_TTY as rules and arguments write it: without /dev/. */
const char *kj_pam_terminal_name(const char *tty);

#endif
