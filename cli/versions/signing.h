/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before anybody signs: the exact bytes, and a question. */
#ifndef KJ_CLI_SIGNING_H
#define KJ_CLI_SIGNING_H

#include "../../history/signature.h"
#include "../../history/statement.h"

/* Shows on standard error what `person` would sign with this key, and asks on the terminal unless `yes` (he has agreed already). FALSE with *exit_code set, after telling: KJ_EXIT_FINE
 * when he said no, KJ_EXIT_USAGE where there is no terminal to ask on. */
gboolean kj_cli_ask_to_sign(const KjStatement *statement, const KjKey *key, const char *person, gboolean yes, int *exit_code);

#endif
