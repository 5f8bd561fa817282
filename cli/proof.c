/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof of a target's text, for emit and apply: it is loaded where it does no harm, read back, and what was read decides every request as the
 * source does, or the proof is not done.
 */
#include <stdio.h>

#include "../compiler/analyse/enforced.h"
#include "cli.h"

static int tell_proof(const KjBlock *block, const KjEnforced *proof) {
    if (proof->differences->len == 0) {
        fprintf(stderr, _("%s: proved: what was loaded and read back (%u rules) decides every request as the source does\n"),
                block->qualified, proof->rules);
        return KJ_EXIT_FINE;
    }
    int code = kj_cli_fail(proof->bug ? KJ_EXIT_BUG : KJ_EXIT_POLICY,
                           _("%s: not proved: what was loaded and read back differs from the source"), block->qualified);
    for (guint i = 0; i < proof->differences->len; i++)
        fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(proof->differences, i));
    return code;
}

int kj_cli_prove(const KjCompilation *compilation, const KjBlock *block, const char *target, const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) dump = g_string_new(NULL);
    g_auto(KjEnforced) proof = { NULL, 0, 0, FALSE };
    const KjReaderDefinition *reader = kj_domain_reader(block->domain, target);
    if (!reader)
        return kj_cli_fail(KJ_EXIT_USAGE, _("nothing reads the target `%s` back, so --prove has nothing to compare"), target);
    if (!reader->load(text, dump, &error)) {
        gboolean unable = g_error_matches(error, KJ_ERROR, KJ_ERROR_UNABLE);
        return kj_cli_fail(unable ? KJ_EXIT_NOT_DONE : kj_cli_error_code(error),
                           unable ? _("%s: NOT PROVED, the proof could not be done here: %s") : "%s: %s", block->qualified, error->message);
    }
    if (!kj_enforced_compare(block, compilation->sources, reader, dump->str, dump->len, &proof, &error))
        return kj_cli_fail(kj_cli_error_code(error), _("%s: not proved: %s"), block->qualified, error->message);
    return tell_proof(block, &proof);
}
