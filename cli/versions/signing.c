/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../cli.h"

/* On a terminal only: who cannot be asked has to have said yes. */
static gboolean ask(int *exit_code) {
    char answer[16] = "";
    if (!isatty(STDIN_FILENO)) {
        *exit_code = kj_cli_fail(KJ_EXIT_USAGE, _("nothing was signed: there is no terminal to ask on; --yes signs without asking"));
        return FALSE;
    }
    fputs(_("Sign these bytes? [yes/no] "), stderr);
    if (!fgets(answer, sizeof answer, stdin))
        answer[0] = 0;
    g_strstrip(answer);
    if (strcmp(answer, "yes") == 0 || strcmp(answer, "y") == 0 || strcmp(answer, "はい") == 0)
        return TRUE;
    fputs(_("Not signed.\n"), stderr);
    *exit_code = KJ_EXIT_FINE;
    return FALSE;
}

/* Nothing in a statement can move a cursor (statement.c refuses such text). */
gboolean kj_cli_ask_to_sign(const KjStatement *statement, const KjKey *key, const char *person, gboolean yes, int *exit_code) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    g_autofree char *text = g_strndup(bytes, length);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    fflush(stdout);
    fprintf(stderr, _("These bytes are signed, in the name space %s, with the key %s of %s:\n"),
            kj_statement_name_space(kj_statement_kind(statement)), key->fingerprint, person);
    for (char **line = lines; *line; line++)
        fprintf(stderr, "    %s\n", *line);
    return yes || ask(exit_code);
}
