/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One password change, or one login, to the fields of the domain: lines `name=value`, each value to the end of its line as it stands.
 *
 * `password=` makes it a change: the password is measured and every measure set; `old=` is compared with it and goes nowhere else. Every
 * other name is a field of the domain (`user=`, `role=`, `mfa=`, `last_used=`, `age=`, `uses=`). A word list or a breach filter that cannot
 * be read fails the whole request: a rule that asks for it must never pass a password because nobody looked. Neither password is ever put
 * in a message.
 */
#include <string.h>
#include <sys/auxv.h>

#include <kijun/translate.h>

#include "breach/filter.h"
#include "fields.h"
#include "password.h"

typedef struct {
    const char *password, *old, *user;
} Given;

static const KjPasswordDictionary *dictionary(GError **error) {
    static GMutex lock;
    static KjPasswordDictionary *loaded; /* for the life of the process; read only */
    g_mutex_lock(&lock);
    if (!loaded)
        loaded = kj_password_dictionary_load_default(error);
    g_mutex_unlock(&lock);
    return loaded;
}

/* The filter that `breached` asks: $KIJUN_BREACH_FILTER (not under AT_SECURE), else the machine's own, if it is there. NULL without an error: there is none, and
 * the field is missing. */
static const KjBreachFilter *breach_filter(GError **error) {
    static GMutex lock;
    static KjBreachFilter *loaded;
    const char *asked = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_BREACH_FILTER"), *usual = KJ_CONFIG_DIR "/breach.filter";
    g_mutex_lock(&lock);
    if (!loaded && ((asked && *asked) || g_file_test(usual, G_FILE_TEST_EXISTS)))
        loaded = kj_breach_filter_open(asked && *asked ? asked : usual, error);
    g_mutex_unlock(&lock);
    return loaded;
}

static gboolean set_measures(KjRequestSink *sink, const KjPasswordMeasure *measure, GError **error) {
    KjPasswordField fields[KJ_PASSWORD_FIELDS];
    guint count = kj_password_fields(measure, fields);
    for (guint i = 0; i < count; i++)
        if (!sink->set(sink, fields[i].name, fields[i].text, error))
            return FALSE;
    return TRUE;
}

static gboolean measure_password(KjRequestSink *sink, const Given *given, GError **error) {
    KjPasswordMeasure measure;
    KjPasswordContext context = { .user = given->user, .old_password = given->old, .old_length = given->old ? strlen(given->old) : 0 };
    g_autoptr(GError) problem = NULL;
    context.breached_data = (gpointer)breach_filter(&problem);
    context.breached = context.breached_data ? kj_breach_filter_predicate : NULL;
    if (problem) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    context.dictionary = dictionary(error);
    return context.dictionary && kj_password_measure(&context, given->password, strlen(given->password), &measure, error) &&
           set_measures(sink, &measure, error);
}

static gboolean read_line(KjRequestSink *sink, Given *given, char *line, guint number, GError **error) {
    char *value = strchr(line, '=');
    if (!value) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("line %u has no `=`; write `password=...`, `user=...` and so on, one a line"),
                    number);
        return FALSE;
    }
    *value++ = 0;
    const struct {
        const char *name;
        const char **place;
    } kept[] = { { "password", &given->password }, { "old", &given->old }, { "user", &given->user } };
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        if (strcmp(line, kept[i].name) != 0)
            continue;
        if (*kept[i].place) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("line %u gives `%s` a second time"), number, line);
            return FALSE;
        }
        *kept[i].place = value;
        return kept[i].place != &given->user || sink->set(sink, "user", value, error);
    }
    return sink->set(sink, line, value, error);
}

static gboolean read_lines(KjRequestSink *sink, char *text, GError **error) {
    Given given = { NULL, NULL, NULL };
    guint number = 1;
    for (char *line = text, *next; line && *line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        if (!read_line(sink, &given, line, number, error))
            return FALSE;
    }
    return !given.password || measure_password(sink, &given, error);
}

gboolean kj_password_read_request(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    if (memchr(bytes, 0, length)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("a NUL byte in the request"));
        return FALSE;
    }
    char *text = g_strndup(bytes, length);
    gboolean good = read_lines(sink, text, error);
    explicit_bzero(text, length);
    g_free(text);
    return good;
}
