/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "when_decide.h"

#include <inttypes.h>
#include <kijun/plugin.h>
#include <kijun/explain.h>
#include <kijun/view.h>
#include <string.h>

#include "../answer.h"
#include "cache.h"
#include "../cli.h"

#define KIND "answers"
#define GOVERNANCE "governance" /* every release carries it, enforced or not */

/* An answer, and the instant it is good for. */
typedef struct {
    KjPastAnswer answer;
    gboolean timed;
    gint64 instant;
} Known;

struct KjPastQuestion {
    KjPast *past;
    const KjIndex *index;
    const char *unit;
    const char *const *pairs;
    gint64 instant;
    char *key;         /* of the cache */
    GHashTable *known; /* digest and "+" (enforced) or "-" -> Known */
    gboolean learnt;
};

static void known_free(gpointer data) {
    Known *known = data;
    g_free(known->answer.text);
    g_free(known->answer.rule);
    g_free(known);
}

/* ---- what is kept ---- */

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Everything that an answer depends on beside the unit's own text. Free with g_free. */
static char *question_key(const KjPastQuestion *question) {
    g_autoptr(GString) text = g_string_new(PACKAGE_VERSION "\n");
    g_string_append_printf(text, "%s\n", kj_cli_language()); /* of what is wrong with a request */
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();
    kj_plugins_load(NULL);
    g_autofree const KjDomain **domains = kj_plugin_list();
    for (guint i = 0; domains[i]; i++)
        g_string_append_printf(text, "%s %s %u\n", domains[i]->name, domains[i]->version, domains[i]->abi);
    g_string_append_printf(text, "%s\n", question->unit);
    for (const char *const *pair = question->pairs; *pair; pair++)
        g_ptr_array_add(pairs, (gpointer)*pair);
    g_ptr_array_sort(pairs, compare_texts);
    for (guint i = 0; i < pairs->len; i++)
        g_string_append_printf(text, "%zu %s\n", strlen(pairs->pdata[i]), (const char *)pairs->pdata[i]);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
}

/* "KEY KIND TIMED INSTANT TEXT RULE", between tabs. */
static void read_known(KjPastQuestion *question, const char *line) {
    g_auto(GStrv) words = g_strsplit(line, "\t", 6);
    if (g_strv_length(words) != 6)
        return;
    Known *known = g_new0(Known, 1);
    known->answer.kind = (KjPastAnswerKind)g_ascii_strtoull(words[1], NULL, 10);
    known->timed = strcmp(words[2], "timed") == 0;
    known->instant = g_ascii_strtoll(words[3], NULL, 10);
    known->answer.text = g_strcompress(words[4]);
    known->answer.rule = g_strcompress(words[5]);
    if (known->answer.kind < KJ_PAST_DECIDED || known->answer.kind > KJ_PAST_UNENFORCED ||
        (known->timed && known->instant != question->instant))
        known_free(known);
    else
        g_hash_table_insert(question->known, g_strdup(words[0]), known);
}

static void read_cache(KjPastQuestion *question) {
    g_autofree char *text = kj_cache_read(KIND, question->key);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **line = lines; *line; line++)
        read_known(question, *line);
}

static void write_cache(const KjPastQuestion *question) {
    GHashTableIter each;
    gpointer key, value;
    g_autoptr(GString) text = g_string_new(NULL);
    g_hash_table_iter_init(&each, question->known);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        const Known *known = value;
        g_autofree char *answer = g_strescape(known->answer.text, NULL), *rule = g_strescape(known->answer.rule, NULL);
        g_string_append_printf(text, "%s\t%d\t%s\t%" PRId64 "\t%s\t%s\n", (const char *)key, known->answer.kind,
                               known->timed ? "timed" : "any", known->instant, answer, rule);
    }
    kj_cache_write(KIND, question->key, text->str);
}

/* ---- deciding ---- */

/* Sets the fields; what is wrong with them, or NULL. Free with g_free. */
static char *fill(const KjPastQuestion *question, const KjTable *table, guint block, KjRequest *request) {
    for (const char *const *pair = question->pairs; *pair; pair++) {
        g_autoptr(GError) error = NULL;
        const char *value = strchr(*pair, '=');
        g_autofree char *field = g_strndup(*pair, (gsize)(value - *pair));
        if (!kj_cli_set_field(table, block, request, field, value + 1, &error))
            return g_strdup(error->message);
    }
    kj_request_set_instant(request, question->instant);
    return NULL;
}

static gboolean asks_for_time(const KjTable *table, guint block_index) {
    KjBlockView block;
    KjFieldView field;
    kj_view_block(table, block_index, &block);
    for (guint i = 0; i < block.field_count; i++) {
        kj_view_field(table, block.first_field + i, &field);
        if (field.kind == KJ_FIELD_KIND_TIME)
            return TRUE;
    }
    return FALSE;
}

static Known *known_new(KjPastAnswerKind kind, const char *text, const char *rule) {
    Known *known = g_new0(Known, 1);
    known->answer = (KjPastAnswer){ kind, g_strdup(text), g_strdup(rule) };
    return known;
}

static Known *decide(const KjPastQuestion *question, const KjWorkspace *workspace, const KjBlock *block, GError **error) {
    g_autoptr(KjTable) table = kj_build_silent(workspace->compilation->policy, block, workspace->compilation->diagnostics);
    if (!table) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s makes no table any more: it is beyond a limit of this kijun"), question->unit);
        return NULL;
    }
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    g_autofree char *problem = fill(question, table, 0, request);
    if (problem)
        return known_new(KJ_PAST_WRONG, problem, "");
    KjVerdict verdict = { .size = sizeof verdict };
    kj_decide(request, &verdict);
    Known *known;
    if (verdict.outcome == KJ_OUTCOME_ERROR) {
        g_autofree char *told = kj_explain_problem(verdict.problem);
        known = known_new(KJ_PAST_WRONG, told, "");
    } else {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_answer_append(table, 0, request, &verdict, text);
        known = known_new(KJ_PAST_DECIDED, text->str, verdict.label);
    }
    known->timed = asks_for_time(table, 0);
    known->instant = question->instant;
    return known;
}

/* The release's own text of the unit, shown to be the one that it pins, so that an answer is never kept under another's digest. */
static Known *decide_release(const KjPastQuestion *question, const KjIndexedRelease *release, const KjIndexedUnit *state, GError **error) {
    g_autoptr(KjLink) link = kj_past_read(question->past, &release->commit, error);
    g_autoptr(KjWorkspace) workspace = link ? kj_link_workspace(kj_past_repository(question->past), link, error) : NULL;
    if (!workspace)
        return NULL;
    const KjUnit *unit = workspace->units ? kj_units_find(workspace->units, question->unit) : NULL;
    if (unit && (!unit->block || unit->block->standard)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("%s is a standard, which decides no request; ask for a block that conforms to it"),
                    question->unit);
        return NULL;
    }
    gboolean governance = unit && unit->block && strcmp(unit->block->domain->name, GOVERNANCE) == 0;
    if (!state->enforced && !governance)
        return known_new(KJ_PAST_UNENFORCED, "", "");
    if (!unit || strcmp(unit->digest, state->digest) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                    _("mix-and-match: the sources of %s in release %" PRIu64 " are not those that it names"), question->unit,
                    release->serial);
        return NULL;
    }
    return decide(question, workspace, unit->block, error);
}

const KjPastAnswer *kj_past_question_ask(KjPastQuestion *question, guint release, GError **error) {
    static const KjPastAnswer none = { KJ_PAST_NO_BLOCK, (char *)"", (char *)"" };
    KjIndexedUnit state = kj_index_at(question->index, question->unit, release);
    if (!state.digest)
        return &none;
    g_autofree char *key = g_strconcat(state.digest, state.enforced ? "+" : "-", NULL);
    Known *known = g_hash_table_lookup(question->known, key);
    if (!known) {
        known = decide_release(question, &g_array_index(question->index->releases, KjIndexedRelease, release), &state, error);
        if (!known)
            return NULL;
        g_hash_table_insert(question->known, g_steal_pointer(&key), known);
        question->learnt = TRUE;
    }
    return &known->answer;
}

gboolean kj_past_answers_equal(const KjPastAnswer *a, const KjPastAnswer *b) {
    return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

char *kj_past_answer_tell(const KjPastAnswer *answer) {
    switch (answer->kind) {
    case KJ_PAST_NO_BLOCK:
        return g_strdup(_("there is no such block"));
    case KJ_PAST_UNENFORCED:
        return g_strdup(_("the block is there, and the context does not enforce it"));
    case KJ_PAST_WRONG:
        return g_strdup_printf(_("deny, because such a request is wrong: %s"), answer->text);
    case KJ_PAST_DECIDED:
        break;
    }
    return strcmp(answer->rule, "default") == 0 ? g_strdup_printf(_("%s, by default"), answer->text)
                                                : g_strdup_printf(_("%s, by rule `%s`"), answer->text, answer->rule);
}

/* ---- the whole ---- */

KjPastQuestion *kj_past_question_new(KjPast *past, const KjIndex *index, const char *unit, const char *const *pairs, gint64 instant) {
    KjPastQuestion *question = g_new0(KjPastQuestion, 1);
    *question = (KjPastQuestion){ .past = past, .index = index, .unit = unit, .pairs = pairs, .instant = instant };
    question->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
    question->key = question_key(question);
    read_cache(question);
    return question;
}

void kj_past_question_free(KjPastQuestion *question) {
    if (!question)
        return;
    if (question->learnt)
        write_cache(question);
    g_hash_table_unref(question->known);
    g_free(question->key);
    g_free(question);
}
