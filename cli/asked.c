/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <kijun/view.h>

#include "asked.h"

typedef struct {
    KjAsked *asked;
    KjTable *table;
    guint block;
} Filling;

/* Remembers the first wrong value; what comes after it cannot mend the request. */
static void note_problem(KjAsked *asked, GError *error) {
    if (asked->problem)
        g_error_free(error);
    else
        asked->problem = error;
}

static void remember(const Filling *filling, const char *field, const char *value) {
    KjAskedValue one = { kj_table_find_field(filling->table, filling->block, field),
                         value ? g_string_chunk_insert(filling->asked->texts, value) : NULL };
    g_array_append_val(filling->asked->values, one);
}

static int set_pair(const Filling *filling, const char *pair) {
    GError *error = NULL;
    const char *value = strchr(pair, '=');
    if (!value)
        return kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is not FIELD=VALUE"), pair);
    g_autofree char *field = g_strndup(pair, (gsize)(value - pair));
    gboolean good = kj_cli_set_field(filling->table, filling->block, filling->asked->request, field, value + 1, &error);
    if (!good && g_error_matches(error, KJ_ERROR, KJ_ERROR_UNKNOWN)) {
        kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
        g_error_free(error);
        return KJ_EXIT_USAGE;
    }
    remember(filling, field, value + 1);
    if (!good)
        note_problem(filling->asked, error);
    return KJ_EXIT_FINE;
}

/* The sink of a plugin's request reader. */
static gboolean take(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    const Filling *filling = sink->data;
    KjBlockView block;
    int index = kj_table_find_field(filling->table, filling->block, field);
    if (index < 0) {
        kj_view_block(filling->table, filling->block, &block);
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block `%s` has no field `%s`"), block.name, field);
        return FALSE;
    }
    remember(filling, field, value);
    return value ? kj_request_set_text(filling->asked->request, index, value, -1, error)
                 : kj_request_set_empty(filling->asked->request, index, error);
}

static int read_real(const Filling *filling, const char *path) {
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    KjBlockView block;
    kj_view_block(filling->table, filling->block, &block);
    kj_plugins_load(NULL);
    const KjDomain *domain = kj_plugin_find(block.domain);
    if (!domain || !domain->read_request)
        return kj_cli_fail(KJ_EXIT_USAGE, _("the domain `%s` has no plugin here that reads real requests"), block.domain);
    if (!kj_cli_read(path, &bytes, &length, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    KjRequestSink sink = { sizeof sink, (void *)filling, take };
    if (!domain->read_request(&sink, bytes, length, &error))
        note_problem(filling->asked, g_steal_pointer(&error));
    explicit_bzero(bytes, length); /* it may be a password */
    return KJ_EXIT_FINE;
}

int kj_asked_read(KjAsked *asked, KjTable *table, guint block, const char *real, int count, char **pairs, gint64 instant) {
    Filling filling = { asked, table, block };
    int code = KJ_EXIT_FINE;
    *asked = (KjAsked){ kj_request_new(table, block), g_array_new(FALSE, FALSE, sizeof(KjAskedValue)), g_string_chunk_new(1024), NULL };
    if (real && count > 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("FIELD=VALUE and --request exclude each other"));
    if (real)
        code = read_real(&filling, real);
    for (int i = 0; i < count && code == KJ_EXIT_FINE; i++)
        code = set_pair(&filling, pairs[i]);
    kj_request_set_instant(asked->request, instant);
    return code;
}

void kj_asked_clear(KjAsked *asked) {
    g_clear_pointer(&asked->request, kj_request_free);
    g_clear_pointer(&asked->values, g_array_unref);
    g_clear_pointer(&asked->texts, g_string_chunk_free);
    g_clear_error(&asked->problem);
}
