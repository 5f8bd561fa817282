/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domains that are there: one registry for the process, filled from the plugin folder and by the program itself.
 *
 * A plugin runs with the rights of the program, so the folder is fixed at build (KJ_PLUGIN_DIR) and the environment may override it only
 * where it could not be another user's: under AT_SECURE (set-user-id, file capabilities) it is ignored. Modules are opened in the order of
 * their names and stay for the life of the process, because the tables they export are handed out as they are. One lock guards the
 * registry; nothing here is on the path of a decision.
 */
#include <kijun/plugin.h>

#include <gmodule.h>
#include <string.h>
#include <sys/auxv.h>

#include <kijun/domain.h>
#include <kijun/translate.h>

#ifndef KJ_PLUGIN_DIR
#error "KJ_PLUGIN_DIR must name the plugin folder"
#endif

static GMutex lock;
static GPtrArray *domains;       /* const KjDomain *, sorted by name */
static GPtrArray *load_problems; /* utf8; NULL until the folder was read */

static guint find_place(const char *name) {
    guint place = 0;
    while (domains && place < domains->len && strcmp(((const KjDomain *)domains->pdata[place])->name, name) < 0)
        place++;
    return place;
}

static const KjDomain *find_domain(const char *name) {
    guint place = find_place(name);
    if (!domains || place == domains->len)
        return NULL;
    const KjDomain *domain = domains->pdata[place];
    return strcmp(domain->name, name) == 0 ? domain : NULL;
}

static gboolean add_domain(const KjDomain *domain, GError **error) {
    if (!kj_domain_check(domain, error))
        return FALSE;
    const KjDomain *other = find_domain(domain->name);
    if (other && other != domain) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN, _("domain `%s`: another plugin has this name already"), domain->name);
        return FALSE;
    }
    if (!domains)
        domains = g_ptr_array_new();
    if (!other)
        g_ptr_array_insert(domains, (int)find_place(domain->name), (gpointer)domain);
    return TRUE;
}

static gboolean load_module(const char *path, GError **error) {
    gpointer symbol = NULL;
    GModule *module = g_module_open(path, G_MODULE_BIND_LOCAL);
    if (!module) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_PLUGIN, g_module_error());
        return FALSE;
    }
    if (!g_module_symbol(module, KJ_DOMAIN_SYMBOL, &symbol) || !symbol) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN, _("it does not export `%s`"), KJ_DOMAIN_SYMBOL);
        g_module_close(module);
        return FALSE;
    }
    if (!add_domain(symbol, error)) {
        g_module_close(module);
        return FALSE;
    }
    g_module_make_resident(module);
    return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void load_folder(const char *folder) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir) {
        g_ptr_array_add(load_problems, g_strdup_printf("%s: %s", folder, error->message));
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, "." G_MODULE_SUFFIX))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        g_autoptr(GError) problem = NULL;
        if (!load_module(path, &problem))
            g_ptr_array_add(load_problems, g_strdup_printf("%s: %s", path, problem->message));
    }
}

static void load_all(void) {
    const char *path = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_PLUGIN_PATH");
    g_auto(GStrv) folders = g_strsplit(path && *path ? path : KJ_PLUGIN_DIR, G_SEARCHPATH_SEPARATOR_S, -1);
    load_problems = g_ptr_array_new_with_free_func(g_free);
    for (char **folder = folders; *folder; folder++)
        if (**folder)
            load_folder(*folder);
}

void kj_plugins_load(GPtrArray *problems) {
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    if (!load_problems)
        load_all();
    for (guint i = 0; problems && i < load_problems->len; i++)
        g_ptr_array_add(problems, g_strdup(load_problems->pdata[i]));
}

const KjDomain *kj_plugin_find(const char *domain) {
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    return find_domain(domain);
}

const KjDomain **kj_plugin_list(void) {
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    guint count = domains ? domains->len : 0;
    const KjDomain **list = g_new0(const KjDomain *, count + 1);
    for (guint i = 0; i < count; i++)
        list[i] = domains->pdata[i];
    return list;
}

gboolean kj_plugin_register(const KjDomain *domain, GError **error) {
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    return add_domain(domain, error);
}
