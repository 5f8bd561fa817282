/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AuthZEN searches: who may do this, to what may they do it, what may they do.
 *
 * A search is answered by deciding: each candidate is put in its place and asked as any evaluation would be, and those that are permitted
 * are the results. Candidates are the values the table names, because a table knows no others:
 *
 *     a principal, an action       every one that some rule or group names
 *     a path                       every one under "/TYPE/" that rules spell out, and the folders on the way there; not what only `*`
 *                                  or `**` stands for
 *
 * So every result is right, and a result is missing only where a rule permits what it does not name ("anybody", "everything below
 * /public").
 *
 * Which field is searched the domain's reader tells: it is given a candidate nobody has, and where that arrives is the place.
 *
 * A page's token says which table, which search and where to go on. When the table has changed since, the pages would not fit together: an
 * error. A token that somebody made up gives no more than beginning somewhere else. One page takes at most TRIED_MAX decisions, fewer
 * when each has many values to set, and may then hold fewer results than asked for, with a token to go on.
 */
#include <string.h>

#include <kijun/translate.h>
#include <kijun/value.h>
#include <kijun/view.h>

#include "authzen.h"

#define TRIED_MAX 20000u  /* decisions a page: some 20 ms */
#define SET_MAX 400000u   /* values set for them: a set may have a hundred thousand members */
#define PATHS_MAX 100000u /* candidates of a search for paths */
#define NOBODY "kijun-9f0c5b1e-nobody" /* the candidate that shows the place */

enum { RELEASE_DIGITS = 16, SEARCH_DIGITS = 16, PLACE_DIGITS = 8, TOKEN_DIGITS = RELEASE_DIGITS + SEARCH_DIGITS + PLACE_DIGITS };

typedef struct {
    char *name;
    char *value; /* NULL: the empty set */
} Pair;

/* What the reader makes of the search. */
typedef struct {
    KjRequestSink sink;
    KjTable *table;
    guint block;
    GArray *pairs; /* Pair */
} Recorded;

typedef struct {
    const KjAuthzen *authzen;
    KjAsker *asker;
    const KjAuthzenAsked *asked;
    KjTable *table;
    guint block;
    const char *release;
    gint64 now;
    GArray *pairs;
    guint place;          /* of the candidate, in pairs */
    char *folder;         /* "/record/" for paths, else "" */
    GPtrArray *names;     /* the candidates, borrowed from the table or from `paths` */
    GPtrArray *paths;     /* owned */
    char search[SEARCH_DIGITS + 1];
} Search;

/* ---- what is asked ---- */

static void clear_pair(gpointer data) {
    Pair *pair = data;
    g_free(pair->name);
    g_free(pair->value);
}

static gboolean record(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Recorded *recorded = sink->data;
    if (kj_table_find_field(recorded->table, recorded->block, field) < 0) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNKNOWN, field);
        return FALSE;
    }
    Pair pair = { g_strdup(field), g_strdup(value) };
    g_array_append_val(recorded->pairs, pair);
    return TRUE;
}

static gboolean is_given(const GArray *pairs, const char *field) {
    for (guint i = 0; i < pairs->len; i++)
        if (strcmp(g_array_index(pairs, Pair, i).name, field) == 0)
            return TRUE;
    return FALSE;
}

static void add_absent(Search *search) {
    const GArray *absent = search->authzen->absent;
    for (guint i = 0; i < absent->len; i++) {
        const KjAbsent *one = &g_array_index(absent, KjAbsent, i);
        Pair pair = { g_strdup(one->field), g_strdup(one->value) };
        if (is_given(search->pairs, one->field))
            clear_pair(&pair);
        else
            g_array_append_val(search->pairs, pair);
    }
}

/* FALSE where nothing can be asked: then nothing is permitted. */
static gboolean find_place(Search *search) {
    g_autoptr(GString) text = g_string_new(NULL);
    Recorded recorded = { .table = search->table, .block = search->block, .pairs = search->pairs };
    recorded.sink = (KjRequestSink){ sizeof recorded.sink, &recorded, record };
    kj_authzen_append_candidate(search->asked, NOBODY, text);
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text->str, text->len);
    g_strlcpy(search->search, digest, sizeof search->search);
    if (!search->authzen->domain->read_request(&recorded.sink, text->str, text->len, NULL))
        return FALSE;
    add_absent(search);
    for (search->place = 0; search->place < search->pairs->len; search->place++) {
        const char *value = g_array_index(search->pairs, Pair, search->place).value;
        if (value && g_str_has_suffix(value, NOBODY)) {
            search->folder = g_strndup(value, strlen(value) - strlen(NOBODY));
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- candidates ---- */

static guint step(const KjTable *table, guint state, const char *segment) {
    KjStateView view;
    kj_view_state(table, state, &view);
    guint low = 0, high = view.edge_count, next;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(segment, kj_view_edge(table, view.first_edge + middle, &next));
        if (order == 0)
            return next;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return view.others;
}

/* Walks the edges below a state, deepest last; a state that is on the way already is a `**`, which spells nothing out. */
static void add_paths(Search *search, guint state) {
    guint states[KJ_TOKENS_MAX], edges[KJ_TOKENS_MAX], lengths[KJ_TOKENS_MAX], depth = 0;
    g_autoptr(GString) path = g_string_new(NULL);
    states[0] = state;
    edges[0] = 0;
    lengths[0] = 0;
    for (;;) {
        KjStateView view;
        kj_view_state(search->table, states[depth], &view);
        if (edges[depth] == view.edge_count) {
            if (depth-- == 0)
                return;
            continue;
        }
        guint next;
        const char *segment = kj_view_edge(search->table, view.first_edge + edges[depth]++, &next);
        g_string_truncate(path, lengths[depth]);
        g_string_append_printf(path, "%s%s", depth > 0 ? "/" : "", segment);
        if (search->paths->len == PATHS_MAX)
            return;
        g_ptr_array_add(search->paths, g_strdup(path->str));
        gboolean again = FALSE;
        for (guint i = 0; i <= depth; i++)
            again |= states[i] == next;
        if (!again && depth + 1 < KJ_TOKENS_MAX) {
            depth++;
            states[depth] = next;
            edges[depth] = 0;
            lengths[depth] = (guint)path->len;
        }
    }
}

static void find_paths(Search *search, guint field) {
    guint32 rest;
    guint state = kj_view_first_state(search->table, field, &rest);
    g_auto(GStrv) segments = g_strsplit(search->folder, "/", -1); /* "", the folder's segments, "" */
    for (guint i = 1; segments[i] && segments[i + 1] && state != KJ_VIEW_NO_STATE; i++)
        state = step(search->table, state, segments[i]);
    if (state != KJ_VIEW_NO_STATE)
        add_paths(search, state);
    for (guint i = 0; i < search->paths->len; i++)
        g_ptr_array_add(search->names, search->paths->pdata[i]);
}

static void find_candidates(Search *search) {
    KjBlockView block;
    KjFieldView field;
    kj_view_block(search->table, search->block, &block);
    int index = kj_table_find_field(search->table, search->block, g_array_index(search->pairs, Pair, search->place).name);
    g_assert(index >= 0);
    kj_view_field(search->table, block.first_field + (guint)index, &field);
    if (field.kind == KJ_FIELD_KIND_VALUE && field.type == KJ_TYPE_PATH)
        find_paths(search, block.first_field + (guint)index);
    else if (!search->folder[0])
        kj_view_named_values(search->table, block.first_field + (guint)index, search->names);
}

static gboolean is_permitted(Search *search, const char *candidate) {
    KjAnswer answer;
    kj_asker_begin_next(search->asker, search->now, NULL);
    for (guint i = 0; i < search->pairs->len; i++) {
        const Pair *pair = &g_array_index(search->pairs, Pair, i);
        g_autofree char *value = i == search->place ? g_strconcat(search->folder, candidate, NULL) : NULL;
        kj_asker_set(search->asker, pair->name, i == search->place ? value : pair->value, NULL);
    }
    kj_asker_answer(search->asker, KJ_COUNTING_TEST, &answer);
    return answer.kind == KJ_ANSWER_PERMIT;
}

/* ---- pages ---- */

static gboolean read_token(const Search *search, guint *begin, GError **error) {
    const char *token = search->asked->page_token;
    guint64 place = 0;
    *begin = 0;
    if (!token[0])
        return TRUE;
    if (strlen(token) != TOKEN_DIGITS || strncmp(token + RELEASE_DIGITS, search->search, SEARCH_DIGITS) != 0 ||
        !g_ascii_string_to_unsigned(token + RELEASE_DIGITS + SEARCH_DIGITS, 16, 0, G_MAXUINT32, &place, NULL)) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("`page.token` is no token of this search"));
        return FALSE;
    }
    if (strncmp(token, search->release, RELEASE_DIGITS) != 0) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("the policy has changed since the first page: begin the search again"));
        return FALSE;
    }
    *begin = (guint) place;
    return TRUE;
}

static void append_result(const Search *search, const char *candidate, GString *out) {
    const KjAuthzenAsked *asked = search->asked;
    const char *entity = asked->kind == KJ_AUTHZEN_SUBJECTS ? "subject" : "resource";
    if (out->str[out->len - 1] == '}')
        g_string_append_c(out, ',');
    g_string_append_c(out, '{');
    if (asked->kind != KJ_AUTHZEN_ACTIONS) {
        g_string_append(out, "\"type\":");
        kj_json_append_text(out, kj_authzen_text(asked, NULL, entity, "type"));
        g_string_append_c(out, ',');
    }
    g_string_append(out, asked->kind == KJ_AUTHZEN_ACTIONS ? "\"name\":" : "\"id\":");
    kj_json_append_text(out, candidate);
    g_string_append_c(out, '}');
}

/* The token is that of the first result that did not fit, so a page with a token is never followed by an empty one, unless decisions ran
 * out. */
static void append_page(Search *search, guint begin, GString *out) {
    guint count = 0, tried = 0, i = begin, most = MIN(TRIED_MAX, 1 + SET_MAX / MAX(search->pairs->len, 1));
    gboolean more = FALSE;
    g_string_append(out, "{\"results\":[");
    for (; i < search->names->len && !more; i += !more) {
        gboolean permitted = tried < most && is_permitted(search, search->names->pdata[i]);
        more = tried++ >= most || (permitted && count == search->asked->page_limit);
        if (permitted && !more) {
            append_result(search, search->names->pdata[i], out);
            count++;
        }
    }
    g_string_append(out, "],\"page\":{\"next_token\":\"");
    if (more)
        g_string_append_printf(out, "%s%s%08x", search->release, search->search, i);
    g_string_append_printf(out, "\",\"count\":%u}}", count);
}

void kj_authzen_search(const KjAuthzen *authzen, KjAsker *asker, const KjAuthzenAsked *asked, KjHttpAnswer *answer) {
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    g_autoptr(GPtrArray) names = g_ptr_array_new(), paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    Search search = { .authzen = authzen, .asker = asker, .asked = asked, .pairs = pairs, .names = names, .paths = paths };
    guint begin = 0;
    search.now = g_get_real_time();
    g_array_set_clear_func(pairs, clear_pair);
    kj_asker_begin(asker, search.now, NULL);
    search.table = kj_asker_table(asker, &search.block, &search.release);
    if (search.table && kj_authzen_knows_type(authzen, kj_authzen_text(asked, NULL, "subject", "type")) && find_place(&search))
        find_candidates(&search);
    if (search.search[0] && !read_token(&search, &begin, &error))
        kj_http_refuse(answer, 400, error->message);
    else
        append_page(&search, begin, answer->body);
    g_free(search.folder);
}
