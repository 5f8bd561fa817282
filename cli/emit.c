/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun emit: a target's text on stdout, whole or not at all, and never of a policy that `kijun build` would refuse. With --prove it is first
 * loaded where it touches nothing, read back and compared with the source; a text that is not proved is not written.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "cli.h"

static gboolean prove;
static char *at;

const GOptionEntry kj_options_emit[] = {
    { "at", 0, 0, G_OPTION_ARG_STRING, &at,
      N_("The date against which time-limited things are judged (none: whatever is wrong at any time)"), "DATE" },
    { "prove", 0, 0, G_OPTION_ARG_NONE, &prove,
      N_("Load the text where it does no harm, read it back, and prove that it says what the source says"), NULL },
    G_OPTION_ENTRY_NULL,
};

typedef struct {
    const char *target;
    KjCompilation *compilation; /* what to prove by, or NULL */
    KjTable *table;
    GString *out;
    guint written;
} Emission;

static const KjTargetDefinition *find_target(const KjDomain *domain, const char *name) {
    for (const KjTargetDefinition *target = domain ? domain->targets : NULL; target && target->name; target++)
        if (strcmp(target->name, name) == 0)
            return target;
    return NULL;
}

static int prove_block(const Emission *emission, const KjBlockView *view, const char *text) {
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("%s.%s", view->module, view->name);
    const KjBlock *block = kj_policy_find_block(emission->compilation->policy, name, &error);
    return block ? kj_cli_prove(emission->compilation, block, emission->target, text) : kj_cli_fail(KJ_EXIT_BUG, "%s", error->message);
}

/* Appends one block's text. A block of a domain without this target is passed over when no block was asked for by name. */
static int emit_block(Emission *emission, guint block, gboolean asked) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    KjBlockView view;
    kj_view_block(emission->table, block, &view);
    const KjTargetDefinition *target = find_target(kj_plugin_find(view.domain), emission->target);
    if (!target)
        return asked ? kj_cli_fail(KJ_EXIT_USAGE, _("the domain `%s` of block `%s` has no target `%s`"), view.domain, view.name,
                                   emission->target) : KJ_EXIT_FINE;
    if (!target->emit(emission->table, block, text, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    int code = emission->compilation ? prove_block(emission, &view, text->str) : KJ_EXIT_FINE;
    g_string_append_len(emission->out, text->str, (gssize)text->len);
    emission->written++;
    return code;
}

static int emit_blocks(Emission *emission, const char *name) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    guint block;
    kj_plugins_load(NULL);
    if (name && !kj_table_find_block(emission->table, name, &block, &error))
        return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    if (name)
        code = emit_block(emission, block, TRUE);
    for (block = 0; !name && block < kj_table_block_count(emission->table) && code == KJ_EXIT_FINE; block++)
        code = emit_block(emission, block, FALSE);
    if (code != KJ_EXIT_FINE)
        return code;
    if (emission->written == 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("no block here has a target `%s`; `kijun describe DOMAIN` lists a domain's targets"),
                           emission->target);
    fputs(emission->out->str, stdout);
    return KJ_EXIT_FINE;
}

/* What is to be enforced must be what its standards ask, as for `kijun build`; a table was judged when it was built. */
static KjTable *table_of(const char *path, KjCompilation **compilation, int *code) {
    if (g_str_has_suffix(path, ".kjt"))
        return kj_cli_table(path, code);
    *compilation = kj_cli_compile(path, FALSE, code);
    g_autoptr(GBytes) bytes = *compilation ? kj_cli_build_proved(*compilation, path, at, TRUE, code) : NULL;
    return bytes ? kj_cli_open_built(bytes, code) : NULL;
}

int kj_command_emit(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, 3, &code))
        return code;
    if (prove && g_str_has_suffix(argv[2], ".kjt"))
        return kj_cli_fail(KJ_EXIT_USAGE, _("--prove compares with the source, and %s is a table"), argv[2]);
    g_autoptr(KjCompilation) compilation = NULL;
    g_autoptr(KjTable) table = table_of(argv[2], &compilation, &code);
    if (!table)
        return code;
    g_autoptr(GString) out = g_string_new(NULL);
    Emission emission = { argv[1], prove ? compilation : NULL, table, out, 0 };
    return emit_blocks(&emission, argc > 3 ? argv[3] : NULL);
}
