/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many guesses a password withstands. See strength.c. */
#ifndef KJ_PASSWORD_STRENGTH_H
#define KJ_PASSWORD_STRENGTH_H

#include "secret_text.h"

/* The decimal logarithm of the guesses an attacker needs who knows common passwords, words, names, dates, keyboards
 * and `user` (folded user name; may be NULL). `prepared` is the password as an OpaqueString. */
double kj_password_guesses_log10(const KjSecretText *prepared, const KjSecretText *user);

#endif
