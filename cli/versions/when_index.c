/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "when_index.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>

#include "../../compiler/compiler.h"
#include "../../compiler/progress.h"
#include "../../compiler/translate.h"
#include "cache.h"

#define KIND "releases"
#define FIRST_LINE "kijun releases 1\n"

/*
 * release COMMIT SERIAL DATE UNTIL
 * unit NAME DIGEST      its text is another from this release on
 * gone NAME             there is no such unit any more
 * enforce NAME, leave NAME
 */

typedef struct {
    KjIndex *index;
    GString *text;
} Building;

/* ---- reading lines ---- */

static GArray *states_of(KjIndex *index, const char *unit) {
    GArray *states = g_hash_table_lookup(index->units, unit);
    if (!states) {
        states = g_array_new(FALSE, FALSE, sizeof(KjIndexedUnit));
        g_hash_table_insert(index->units, g_string_chunk_insert_const(index->texts, unit), states);
    }
    return states;
}

/* How it stands in the last release, to be changed. */
static KjIndexedUnit *state_now(KjIndex *index, const char *unit) {
    GArray *states = states_of(index, unit);
    guint release = index->releases->len - 1;
    if (states->len == 0 || g_array_index(states, KjIndexedUnit, states->len - 1).release != release) {
        KjIndexedUnit state = states->len ? g_array_index(states, KjIndexedUnit, states->len - 1) : (KjIndexedUnit){ 0 };
        state.release = release;
        g_array_append_val(states, state);
    }
    return &g_array_index(states, KjIndexedUnit, states->len - 1);
}

static gboolean read_release(KjIndex *index, const char *rest) {
    KjIndexedRelease release;
    char commit[GIT_OID_HEXSZ + 1];
    if (sscanf(rest, "%40s %" SCNu64 " %" SCNd64 " %" SCNd64, commit, &release.serial, &release.date, &release.until) != 4 ||
        git_oid_fromstr(&release.commit, commit) != 0)
        return FALSE;
    g_array_append_val(index->releases, release);
    return TRUE;
}

static gboolean read_line(KjIndex *index, char *line) {
    char *rest = strchr(line, ' ');
    if (!rest)
        return FALSE;
    *rest++ = 0;
    if (strcmp(line, "release") == 0)
        return read_release(index, rest);
    if (index->releases->len == 0)
        return FALSE;
    if (strcmp(line, "unit") == 0) {
        char *digest = strchr(rest, ' ');
        if (!digest)
            return FALSE;
        *digest++ = 0;
        state_now(index, rest)->digest = g_string_chunk_insert_const(index->texts, digest);
    } else if (strcmp(line, "gone") == 0) {
        state_now(index, rest)->digest = NULL;
    } else {
        state_now(index, rest)->enforced = strcmp(line, "enforce") == 0;
    }
    return TRUE;
}

/* FALSE: it is none of ours. */
static gboolean read_text(KjIndex *index, const char *text) {
    g_autofree char *copy = g_strdup(text);
    for (char *line = copy, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (!read_line(index, line))
            return FALSE;
    }
    return TRUE;
}

/* ---- writing lines ---- */

static const KjIndexedUnit *last_state(const KjIndex *index, const char *unit) {
    const GArray *states = g_hash_table_lookup(index->units, unit);
    return states ? &g_array_index(states, KjIndexedUnit, states->len - 1) : NULL;
}

static void write_units(const Building *building, const KjStatement *release, GString *text) {
    for (const char *const *line = kj_statement_list(release, "unit"); *line; line++) {
        const char *space = strchr(*line, ' ');
        g_autofree char *unit = g_strndup(*line, (gsize)(space - *line));
        const KjIndexedUnit *before = last_state(building->index, unit);
        if (!before || g_strcmp0(before->digest, space + 1) != 0)
            g_string_append_printf(text, "unit %s\n", *line);
    }
    for (const char *const *unit = kj_statement_list(release, "enforces"); *unit; unit++) {
        const KjIndexedUnit *before = last_state(building->index, *unit);
        if (!before || !before->enforced)
            g_string_append_printf(text, "enforce %s\n", *unit);
    }
}

static void write_losses(const Building *building, const KjStatement *release, GString *text) {
    GHashTableIter each;
    gpointer unit, states;
    g_hash_table_iter_init(&each, building->index->units);
    while (g_hash_table_iter_next(&each, &unit, &states)) {
        const KjIndexedUnit *before = last_state(building->index, unit);
        if (before->digest && !kj_release_pin(release, unit))
            g_string_append_printf(text, "gone %s\n", (const char *)unit);
        if (before->enforced && !g_strv_contains(kj_statement_list(release, "enforces"), unit))
            g_string_append_printf(text, "leave %s\n", (const char *)unit);
    }
}

static gboolean add_release(const Building *building, KjPast *past, const KjLink *link, GError **error) {
    const KjStatement *statement = link->sealed->statement;
    char commit[GIT_OID_HEXSZ + 1];
    g_autoptr(GString) text = g_string_new(NULL);
    gint64 until = kj_past_until(past, link, error);
    if (until < 0)
        return FALSE;
    g_string_append_printf(text, "release %s %" PRIu64 " %" PRId64 " %" PRId64 "\n", git_oid_tostr(commit, sizeof commit, &link->commit),
                           kj_statement_number(statement, "serial"), kj_statement_instant(statement, "date"), until);
    write_units(building, statement, text);
    write_losses(building, statement, text);
    g_string_append(building->text, text->str);
    return read_text(building->index, text->str);
}

/* ---- the whole ---- */

static KjIndex *index_new(void) {
    KjIndex *index = g_new(KjIndex, 1);
    *index = (KjIndex){ g_array_new(FALSE, FALSE, sizeof(KjIndexedRelease)),
                        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref), g_string_chunk_new(4096) };
    return index;
}

void kj_index_free(KjIndex *index) {
    if (!index)
        return;
    g_array_unref(index->releases);
    g_hash_table_unref(index->units);
    g_string_chunk_free(index->texts);
    g_free(index);
}

/* What was verified under one root of trust says nothing under another. Free with g_free. */
static char *cache_key(const KjPast *past, const git_oid *commit) {
    char text[GIT_OID_HEXSZ + 1];
    return g_strdup_printf("%s-%.16s", git_oid_tostr(text, sizeof text, commit), kj_past_own_root(past));
}

/* Takes up what is kept under a key. */
static gboolean resume(Building *building, const char *key) {
    g_autofree char *kept = kj_cache_has(KIND, key) ? kj_cache_read(KIND, key) : NULL;
    if (!kept || !g_str_has_prefix(kept, FIRST_LINE))
        return FALSE;
    if (read_text(building->index, kept + strlen(FIRST_LINE))) {
        g_string_assign(building->text, kept);
        return TRUE;
    }
    kj_index_free(building->index);
    building->index = index_new();
    return FALSE;
}

/* Reads back until something is kept, then on to the head. */
static gboolean build(Building *building, KjPast *past, GError **error) {
    static const char work[] = N_("releases read");
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_link_free);
    g_autofree char *head = cache_key(past, kj_past_head(past)), *kept = NULL;
    for (const git_oid *at = kj_past_head(past); at; at = kj_link_before(links->pdata[links->len - 1])) {
        g_autofree char *key = cache_key(past, at);
        if (resume(building, key)) {
            kept = g_steal_pointer(&key);
            break;
        }
        KjLink *link = kj_past_read(past, at, error);
        if (!link)
            return FALSE;
        g_ptr_array_add(links, link);
    }
    if (links->len == 0)
        return TRUE;
    for (guint i = links->len; i-- > 0;) {
        kj_progress(work, NULL, links->len - 1 - i, links->len);
        if (kj_link_is_release(links->pdata[i]) && !add_release(building, past, links->pdata[i], error))
            return FALSE;
    }
    kj_progress(work, NULL, links->len, links->len);
    kj_cache_write(KIND, head, building->text->str);
    if (kept)
        kj_cache_remove(KIND, kept); /* the new one says it all */
    return TRUE;
}

KjIndex *kj_index_new(KjPast *past, GError **error) {
    g_autoptr(GString) text = g_string_new(FIRST_LINE);
    Building building = { index_new(), text };
    if (build(&building, past, error))
        return building.index;
    kj_index_free(building.index);
    return NULL;
}

/* ---- asking ---- */

KjIndexedUnit kj_index_at(const KjIndex *index, const char *unit, guint release) {
    const GArray *states = g_hash_table_lookup(index->units, unit);
    guint low = 0, high = states ? states->len : 0;
    while (low < high) { /* the first that begins later */
        guint middle = (low + high) / 2;
        if (g_array_index(states, KjIndexedUnit, middle).release <= release)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? g_array_index(states, KjIndexedUnit, low - 1) : (KjIndexedUnit){ 0 };
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *kj_index_find(const KjIndex *index, const char *name, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter each;
    gpointer key;
    const char *found = NULL;
    guint count = 0;
    g_hash_table_iter_init(&each, index->units);
    while (g_hash_table_iter_next(&each, &key, NULL))
        if (strcmp(key, "*") != 0)
            g_ptr_array_add(names, key);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        const char *unit = names->pdata[i], *dot = strrchr(unit, '.');
        if (strcmp(unit, name) == 0)
            return unit;
        if (dot && strcmp(dot + 1, name) == 0) {
            found = unit;
            count++;
        }
    }
    if (count == 1)
        return found;
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
    if (count > 1)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN,
                    _("several blocks are called `%s`; write module.block. The blocks released so far: %s"), name, all);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("no release has a block `%s`; the blocks released so far: %s"), name, all);
    return NULL;
}
