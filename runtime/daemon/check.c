/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files say that the settings name. */
#include <string.h>

#include <kijun/plugin.h>
#include <kijun/translate.h>
#include <kijun/view.h>

#include "daemon.h"

static KjTable *open_table(KjSection *main, const char *key) {
    const char *path = kj_section_get(main, key);
    g_autoptr(GError) error = NULL;
    if (!path || !*path)
        return NULL;
    KjTable *table = kj_table_open(path, &error);
    if (!table)
        kj_section_complain(main, key, "%s", error->message);
    return table;
}

static void check_block(KjSection *section, const KjTable *table, const char *of) {
    const char *name = kj_section_get(section, "block");
    g_autoptr(GError) error = NULL;
    KjBlockView view;
    guint block;
    if (!table || !name || !section->protocol || !section->protocol->needs_block)
        return;
    if (!kj_table_find_block(table, name, &block, &error)) {
        kj_section_complain(section, "block", "%s: %s", of, error->message);
        return;
    }
    kj_view_block(table, block, &view);
    const KjDomain *domain = kj_plugin_find(view.domain);
    if (!domain || !domain->read_request)
        kj_section_complain(section, "block", _("the domain `%s` is not installed, or reads no requests"), view.domain);
}

void kj_daemon_check(KjSettings *settings) {
    static const char *const keys[] = { "table", "shadow" };
    const GPtrArray *sections = kj_settings_listen(settings);
    for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
        g_autoptr(KjTable) table = open_table(kj_settings_main(settings), keys[k]);
        for (guint i = 0; i < sections->len; i++)
            check_block(sections->pdata[i], table, keys[k]);
    }
}
