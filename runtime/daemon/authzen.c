/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AuthZEN: evaluation, evaluations, metadata (see authzen.h; searches are in search.c).
 *
 * A denial is an answer: 200. 400 is for a body that is no request. Whatever cannot be decided (a value that is not of its field's type, a
 * counter that is away) is a denial too, and says why. A refusal names its rule and gives the rule's message in the caller's language, and
 * nothing about other requests: a near miss would tell who else may.
 *
 * The evaluations of one body are one act: they are decided by one table at one instant.
 *
 * A property is optional in the protocol, and a field of an open domain is required. `absent` says what a request is taken to say that
 * leaves a field out; without it such a request is denied.
 */
#include "authzen.h"

#include <string.h>

#include <kijun/translate.h>

#define JSON "application/json"
/* Bytes of all items of a body together, each with what it inherits: a megabyte of defaults for ten thousand items takes ten minutes. */
#define ITEMS_BYTES_MAX (8u << 20)

/* ---- askers: one for each request under way ---- */

static KjAsker *take_asker(KjAuthzen *authzen, gboolean quiet, GError **error) {
    GPtrArray *idle = quiet ? authzen->quiet_askers : authzen->askers;
    g_mutex_lock(&authzen->lock);
    KjAsker *asker = idle->len > 0 ? g_ptr_array_steal_index_fast(idle, idle->len - 1) : NULL;
    g_mutex_unlock(&authzen->lock);
    if (asker)
        return asker;
    asker = kj_asker_new(authzen->point, authzen->block, "authzen", error);
    if (asker)
        kj_asker_set_quiet(asker, quiet);
    return asker;
}

static void give_asker(KjAuthzen *authzen, gboolean quiet, KjAsker *asker) {
    g_mutex_lock(&authzen->lock);
    g_ptr_array_add(quiet ? authzen->quiet_askers : authzen->askers, asker);
    g_mutex_unlock(&authzen->lock);
}

void kj_authzen_renew(KjAuthzen *authzen) {
    g_mutex_lock(&authzen->lock);
    for (guint i = 0; i < authzen->askers->len; i++)
        kj_asker_renew(authzen->askers->pdata[i]);
    for (guint i = 0; i < authzen->quiet_askers->len; i++)
        kj_asker_renew(authzen->quiet_askers->pdata[i]);
    g_mutex_unlock(&authzen->lock);
}

/* ---- a question ---- */

/* Passes on, and remembers which fields with a value for their absence are not absent. */
typedef struct {
    KjRequestSink sink, *into;
    const GArray *absent;
    gboolean given[KJ_AUTHZEN_ABSENT_MAX];
} Noting;

static gboolean note_and_set(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Noting *noting = sink->data;
    for (guint i = 0; i < noting->absent->len; i++)
        noting->given[i] |= strcmp(g_array_index(noting->absent, KjAbsent, i).field, field) == 0;
    return noting->into->set(noting->into, field, value, error);
}

gboolean kj_authzen_knows_type(const KjAuthzen *authzen, const char *subject_type) {
    return !authzen->subject_types || (subject_type && g_strv_contains((const char *const *)authzen->subject_types, subject_type));
}

void kj_authzen_put(const KjAuthzen *authzen, KjAsker *asker, const char *subject_type, const char *bytes, gsize length) {
    g_autoptr(GError) error = NULL;
    Noting noting = { .into = kj_asker_sink(asker), .absent = authzen->absent };
    noting.sink = (KjRequestSink){ sizeof noting.sink, &noting, note_and_set };
    if (!kj_authzen_knows_type(authzen, subject_type)) {
        kj_asker_spoil(asker, N_("subjects of this type are not decided about here"));
        return;
    }
    if (!authzen->domain->read_request(&noting.sink, bytes, length, &error)) {
        kj_asker_spoil(asker, error->message);
        return;
    }
    for (guint i = 0; i < authzen->absent->len; i++) {
        const KjAbsent *absent = &g_array_index(authzen->absent, KjAbsent, i);
        if (!noting.given[i])
            kj_asker_set(asker, absent->field, absent->value, NULL);
    }
}

/* What is wrong with a question may be said to who asked it; what is wrong with us (a counter that is away) is in the log. */
static void append_decision(const KjAnswer *answer, GString *out) {
    gboolean trouble = answer->kind == KJ_ANSWER_LATER && answer->verdict.outcome != KJ_OUTCOME_ERROR;
    if (answer->kind == KJ_ANSWER_PERMIT) {
        g_string_append(out, "{\"decision\":true}");
        return;
    }
    g_string_append(out, "{\"decision\":false,\"context\":{\"rule\":");
    kj_json_append_text(out, answer->verdict.label ? answer->verdict.label : "error");
    if (trouble || answer->kind == KJ_ANSWER_HOLD)
        g_string_append_printf(out, ",\"answer\":\"%s\"", kj_answer_name(answer->kind));
    if (answer->message && !trouble) {
        g_string_append(out, ",\"reason\":");
        kj_json_append_text(out, answer->message);
    }
    g_string_append(out, "}}");
}

/* Whether it is permitted. */
static gboolean evaluate(const KjAuthzen *authzen, KjAsker *asker, const char *subject_type, const char *bytes, gsize length,
                         GString *out) {
    KjAnswer answer;
    kj_authzen_put(authzen, asker, subject_type, bytes, length);
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    append_decision(&answer, out);
    return answer.kind == KJ_ANSWER_PERMIT;
}

static void append_item_error(const char *message, GString *out) {
    g_string_append(out, "{\"decision\":false,\"context\":{\"error\":{\"status\":400,\"message\":");
    kj_json_append_text(out, message);
    g_string_append(out, "}}}");
}

static void evaluate_items(const KjAuthzen *authzen, KjAsker *asker, const KjAuthzenAsked *asked, const char *name, GString *out) {
    g_autoptr(GString) text = g_string_new(NULL);
    gint64 now = g_get_real_time();
    gboolean begun = FALSE, ended = FALSE;
    gsize read = 0;
    g_string_append(out, "{\"evaluations\":[");
    for (const KjJsonValue *item = kj_json_first(asked->json, asked->items); item && !ended; item = kj_json_next(asked->json, item)) {
        g_autoptr(GError) error = NULL;
        gboolean permitted = FALSE;
        if (out->str[out->len - 1] == '}')
            g_string_append_c(out, ',');
        g_string_truncate(text, 0);
        if (read > ITEMS_BYTES_MAX) {
            append_item_error(_("the evaluations are too long, with what they inherit: send several requests"), out);
        } else if (kj_authzen_append_item(asked, item, text, &error)) {
            read += text->len;
            (begun ? kj_asker_begin_next : kj_asker_begin)(asker, now, name);
            begun = TRUE;
            permitted = evaluate(authzen, asker, kj_authzen_text(asked, item, "subject", "type"), text->str, text->len, out);
        } else {
            append_item_error(error->message, out);
        }
        ended = asked->semantic == (permitted ? KJ_AUTHZEN_UNTIL_PERMIT : KJ_AUTHZEN_UNTIL_DENY);
    }
    g_string_append(out, "]}");
}

void kj_authzen_serve(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    KjAuthzen *authzen = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjAuthzenAsked) asked = kj_authzen_read((KjAuthzenKind)which, request->body, request->length, &error);
    gboolean search = asked && asked->kind >= KJ_AUTHZEN_SUBJECTS;
    KjAsker *asker = asked ? take_asker(authzen, search, &error) : NULL;
    if (!asker) {
        kj_http_refuse(answer, asked ? 503 : 400, error->message);
        return;
    }
    answer->type = JSON;
    kj_asker_set_language(asker, request->language);
    if (search) {
        kj_authzen_search(authzen, asker, asked, answer);
    } else if (asked->items) {
        evaluate_items(authzen, asker, asked, request->request_id, answer->body);
    } else {
        kj_asker_begin(asker, g_get_real_time(), request->request_id);
        evaluate(authzen, asker, kj_authzen_text(asked, NULL, "subject", "type"), request->body, request->length, answer->body);
    }
    give_asker(authzen, search, asker);
}

void kj_authzen_describe(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    static const struct {
        const char *name, *path;
    } members[] = {
        { "policy_decision_point", "" },
        { "access_evaluation_endpoint", "/access/v1/evaluation" },
        { "access_evaluations_endpoint", "/access/v1/evaluations" },
        { "search_subject_endpoint", "/access/v1/search/subject" },
        { "search_resource_endpoint", "/access/v1/search/resource" },
        { "search_action_endpoint", "/access/v1/search/action" },
    };
    const KjAuthzen *authzen = data;
    (void)which;
    (void)request;
    if (!authzen->url) {
        kj_http_refuse(answer, 404, _("the configuration does not say under which `url` this service is known"));
        return;
    }
    answer->type = JSON;
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        g_autofree char *url = g_strconcat(authzen->url, members[i].path, NULL);
        g_string_append_printf(answer->body, "%c\"%s\":", i == 0 ? '{' : ',', members[i].name);
        kj_json_append_text(answer->body, url);
    }
    g_string_append_c(answer->body, '}');
}

/* ---- making one ---- */

static void clear_absent(gpointer data) {
    KjAbsent *absent = data;
    g_free(absent->field);
    g_free(absent->value);
}

GArray *kj_authzen_read_absent(const char *text, GError **error) {
    g_autoptr(GArray) absent = g_array_new(FALSE, FALSE, sizeof(KjAbsent));
    g_auto(GStrv) pairs = g_strsplit(text ? text : "", ";", -1);
    g_array_set_clear_func(absent, clear_absent);
    for (guint i = 0; pairs[i]; i++) {
        char *pair = g_strstrip(pairs[i]), *value = strchr(pair, '=');
        if (!pair[0])
            continue;
        if (!value || value == pair) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is not FIELD=VALUE"), pair);
            return NULL;
        }
        if (absent->len == KJ_AUTHZEN_ABSENT_MAX) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("more than %u fields"), KJ_AUTHZEN_ABSENT_MAX);
            return NULL;
        }
        *value++ = '\0';
        KjAbsent one = { g_strdup(g_strstrip(pair)), g_strdup(g_strstrip(value)) };
        g_array_append_val(absent, one);
    }
    return g_steal_pointer(&absent);
}

/* What is wrong shows now, not when the first request leaves a field out. */
static gboolean try_absent(const KjAuthzen *authzen, KjAsker *asker, GError **error) {
    kj_asker_begin(asker, 0, NULL);
    for (guint i = 0; i < authzen->absent->len; i++) {
        const KjAbsent *absent = &g_array_index(authzen->absent, KjAbsent, i);
        if (!kj_asker_set(asker, absent->field, absent->value, error)) {
            g_prefix_error(error, "absent: ");
            return FALSE;
        }
    }
    return TRUE;
}

static char **split_types(const char *text) {
    char **types = text ? g_strsplit(text, ";", -1) : NULL;
    for (guint i = 0; types && types[i]; i++)
        g_strstrip(types[i]);
    return types;
}

static void free_asker(gpointer asker) {
    kj_asker_free(asker);
}

KjAuthzen *kj_authzen_new(KjPoint *point, const char *block, const char *absent, const char *subject_types, const char *url,
                          GError **error) {
    g_autoptr(KjAuthzen) authzen = g_new0(KjAuthzen, 1);
    g_mutex_init(&authzen->lock);
    authzen->askers = g_ptr_array_new_with_free_func(free_asker);
    authzen->quiet_askers = g_ptr_array_new_with_free_func(free_asker);
    authzen->point = point;
    authzen->block = g_strdup(block);
    authzen->subject_types = split_types(subject_types);
    authzen->url = g_strdup(url);
    authzen->absent = kj_authzen_read_absent(absent, error);
    KjAsker *asker = authzen->absent ? take_asker(authzen, FALSE, error) : NULL;
    if (!asker)
        return NULL;
    give_asker(authzen, FALSE, asker);
    authzen->domain = kj_plugin_find(kj_asker_domain(asker));
    if (!authzen->domain || !authzen->domain->read_request) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN, _("the domain `%s` is not installed, or reads no requests"), kj_asker_domain(asker));
        return NULL;
    }
    return try_absent(authzen, asker, error) ? g_steal_pointer(&authzen) : NULL;
}

void kj_authzen_free(KjAuthzen *authzen) {
    if (!authzen)
        return;
    g_ptr_array_unref(authzen->askers);
    g_ptr_array_unref(authzen->quiet_askers);
    g_clear_pointer(&authzen->absent, g_array_unref);
    g_strfreev(authzen->subject_types);
    g_free(authzen->url);
    g_free(authzen->block);
    g_mutex_clear(&authzen->lock);
    g_free(authzen);
}
