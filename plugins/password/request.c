/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One password change, or one login, to the fields of the domain: lines `name=value`, each value to the end of its line as it stands.
 *
 * `password=` makes it a change: the password is measured and every measure set; `old=` is compared with it and goes nowhere else. Every other
 * name is a field of the domain (`user=`, `role=`, `mfa=`, `last_used=`, `age=`, `uses=`). A word list that cannot be read fails the whole
 * request: a rule that asks for the dictionary must never pass a word because nobody looked. Neither password is ever put in a message.
 */
#include <string.h>

#include <kijun/translate.h>

#include "measure.h"
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

static gboolean set_measures(KjRequestSink *sink, const KjPasswordMeasure *measure, GError **error) {
    const struct {
        const char *field;
        guint value;
        gboolean present, is_bool;
    } fields[] = {
        { "length", measure->length, TRUE, FALSE },
        { "classes", measure->classes, TRUE, FALSE },
        { "upper", measure->upper, TRUE, FALSE },
        { "lower", measure->lower, TRUE, FALSE },
        { "digits", measure->digits, TRUE, FALSE },
        { "symbols", measure->symbols, TRUE, FALSE },
        { "repeat", measure->repeat, TRUE, FALSE },
        { "sequence", measure->sequence, TRUE, FALSE },
        { "strength", measure->strength, TRUE, FALSE },
        { "palindrome", (guint)measure->palindrome, TRUE, TRUE },
        { "dictionary", (guint)measure->dictionary, (measure->present & KJ_PASSWORD_HAS_DICTIONARY) != 0, TRUE },
        { "breached", (guint)measure->breached, (measure->present & KJ_PASSWORD_HAS_BREACHED) != 0, TRUE },
        { "contains_username", (guint)measure->contains_username, (measure->present & KJ_PASSWORD_HAS_CONTAINS_USERNAME) != 0, TRUE },
        { "similar", measure->similar, (measure->present & KJ_PASSWORD_HAS_SIMILAR) != 0, FALSE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        char number[16];
        g_snprintf(number, sizeof number, "%u", fields[i].value);
        const char *text = !fields[i].is_bool ? number : fields[i].value ? "true" : "false";
        if (fields[i].present && !sink->set(sink, fields[i].field, text, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean measure_password(KjRequestSink *sink, const Given *given, GError **error) {
    KjPasswordMeasure measure;
    KjPasswordContext context = { .user = given->user, .old_password = given->old, .old_length = given->old ? strlen(given->old) : 0 };
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
