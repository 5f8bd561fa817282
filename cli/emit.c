/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun emit: a target's text on stdout, whole or not at all. */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "cli.h"

static const KjTargetDefinition *find_target(const KjDomain *domain, const char *name) {
    for (const KjTargetDefinition *target = domain ? domain->targets : NULL; target && target->name; target++)
        if (strcmp(target->name, name) == 0)
            return target;
    return NULL;
}

/* Appends one block's text. A block of a domain without this target is passed over when no block was asked for by name. */
static int emit_block(const KjTable *table, guint block, const char *target_name, gboolean asked, GString *out, guint *written) {
    g_autoptr(GError) error = NULL;
    KjBlockView view;
    kj_view_block(table, block, &view);
    const KjTargetDefinition *target = find_target(kj_plugin_find(view.domain), target_name);
    if (!target)
        return asked ? kj_cli_fail(KJ_EXIT_USAGE, _("the domain `%s` of block `%s` has no target `%s`"), view.domain, view.name,
                                   target_name) : KJ_EXIT_FINE;
    if (!target->emit(table, block, out, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    (*written)++;
    return KJ_EXIT_FINE;
}

int kj_command_emit(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, 3, &code))
        return code;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjTable) table = kj_cli_table(argv[2], &code);
    if (!table)
        return code;
    kj_plugins_load(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    guint block, written = 0;
    if (argc > 3) {
        if (!kj_table_find_block(table, argv[3], &block, &error))
            return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
        code = emit_block(table, block, argv[1], TRUE, out, &written);
    }
    for (block = 0; argc == 3 && block < kj_table_block_count(table) && code == KJ_EXIT_FINE; block++)
        code = emit_block(table, block, argv[1], FALSE, out, &written);
    if (code != KJ_EXIT_FINE)
        return code;
    if (written == 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("no block here has a target `%s`; `kijun describe DOMAIN` lists a domain's targets"), argv[1]);
    fputs(out->str, stdout);
    return KJ_EXIT_FINE;
}
