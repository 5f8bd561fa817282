/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The counter's face: which place, its options, and the trouble it is in.
 *
 * Trouble has an edge on each side and nothing between: the first failure is told, then silence, then the recovery. A Redis that is away for an hour under
 * ten thousand questions a second makes two lines of log.
 */
#include "backend.h"

#include <string.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#define LAST_INSTANT ((gint64)(KJ_WINDOW_EXACT / 2 - 1)) /* the year 2112; what lies beyond is a broken clock */

typedef struct {
    const char *prefix;
    KjCounter *(*open)(const char *place, GError **error);
} Place;

static const Place places[] = {
    { "memory", kj_counter_open_memory },
    { "lmdb:", kj_counter_open_lmdb },
    { "redis:", kj_counter_open_redis },
};

/* GLib's own errors about files are errors of input and output here. */
static KjCounter *open_place(const Place *place, const char *where, GError **error) {
    g_autoptr(GError) trouble = NULL;
    KjCounter *counter = place->open(where + strlen(place->prefix), &trouble);
    if (!counter && trouble->domain != KJ_ERROR)
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_IO, trouble->message);
    else if (!counter)
        g_propagate_error(error, g_steal_pointer(&trouble));
    return counter;
}

KjCounter *kj_counter_open(const char *where, GError **error) {
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        if (g_str_has_prefix(where, places[i].prefix))
            return open_place(&places[i], where, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE,
                _("`%s` is no place to count: write `memory`, `lmdb:FOLDER`, `redis:unix:PATH` or `redis:tcp:HOST:PORT`"), where);
    return NULL;
}

void kj_counter_free(KjCounter *counter) {
    if (counter)
        counter->kind->free(counter);
}

void kj_counter_clear(KjCounter *counter) {
    g_free(counter->trouble);
    g_mutex_clear(&counter->lock);
}

KjCount kj_counter_ask(KjCounter *counter, const GBytes *key, const KjRate *rate, guint64 cost, gint64 now, KjCounting counting,
                       guint64 *wait) {
    guint64 microseconds = 0;
    KjCount answer = KJ_COUNT_AWAY;
    if (rate->amount > 0 && rate->window > 0) {
        KjRatePlan plan;
        kj_window_plan(rate, &plan);
        answer = counter->kind->ask(counter, key, &plan, cost, CLAMP(now, 0, LAST_INSTANT), counting, &microseconds);
    }
    if (wait)
        *wait = microseconds == G_MAXUINT64 ? G_MAXUINT64 : (microseconds + 999999) / 1000000;
    return answer;
}

void kj_counter_watch(KjCounter *counter, KjCounterWatch watch, gpointer data) {
    counter->watch = watch;
    counter->watch_data = data;
}

char *kj_counter_trouble(KjCounter *counter) {
    g_mutex_lock(&counter->lock);
    char *trouble = g_strdup(counter->trouble);
    g_mutex_unlock(&counter->lock);
    return trouble;
}

void kj_counter_set_trouble(KjCounter *counter, const char *trouble) {
    if (!trouble && !g_atomic_int_get(&counter->in_trouble))
        return;
    g_mutex_lock(&counter->lock);
    gboolean turns = (trouble != NULL) != (counter->trouble != NULL);
    if (g_strcmp0(trouble, counter->trouble) != 0) {
        g_free(counter->trouble);
        counter->trouble = g_strdup(trouble);
    }
    g_atomic_int_set(&counter->in_trouble, trouble != NULL);
    if (turns && counter->watch)
        counter->watch(trouble, counter->watch_data);
    g_mutex_unlock(&counter->lock);
}

/* ---- options ---- */

static gboolean read_option(const char *text, const KjCounterOption *options, GError **error) {
    const char *equals = strchr(text, '='), *problem = NULL;
    gsize length = equals ? (gsize)(equals - text) : strlen(text);
    for (; options->name; options++) {
        if (!equals || strlen(options->name) != length || memcmp(options->name, text, length) != 0)
            continue;
        if (!options->read) {
            char **value = options->value;
            g_free(*value);
            *value = g_strdup(equals + 1);
            return TRUE;
        }
        guint64 *number = options->value;
        if (options->read(equals + 1, strlen(equals + 1), number, &problem) && *number >= options->low && *number <= options->high)
            return TRUE;
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s`: %s"), text, problem ? _(problem) : _("the number is too small or too large"));
        return FALSE;
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is no option of this counter"), text);
    return FALSE;
}

char *kj_counter_read_options(const char *place, const KjCounterOption *options, GError **error) {
    const char *mark = strchr(place, '?');
    if (!mark)
        return g_strdup(place);
    g_auto(GStrv) parts = g_strsplit(mark + 1, "&", -1);
    for (guint i = 0; parts[i]; i++)
        if (!read_option(parts[i], options, error))
            return NULL;
    return g_strndup(place, (gsize)(mark - place));
}
