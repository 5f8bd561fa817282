/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Postfix policy delegation request (SMTPD_POLICY_README) to the fields of the domain.
 *
 * Postfix knows the envelope, not the headers, so `forwarder`, `auto`, `hops` and `class` come only from whoever adds them under those very
 * names (a milter, an administrator asking by hand). Attributes nobody knows are ignored, as the protocol asks; an empty value means that
 * Postfix has none, so the field stays missing. An empty `sender` is the null sender. recipient_count is zero until it is known.
 */
#include <string.h>

#include <kijun/translate.h>

#include "mail.h"

typedef enum { TAKE_TEXT = 1, TAKE_COUNT, TAKE_PRESENCE } Taking;

#define NAME(TEXT) TEXT, sizeof TEXT - 1

static const struct {
    const char *attribute;
    gsize length;
    const char *field;
    Taking taking;
} attributes[] = {
    { NAME("sender"), "from", TAKE_TEXT },
    { NAME("recipient"), "to", TAKE_TEXT },
    { NAME("size"), "size", TAKE_COUNT },
    { NAME("recipient_count"), "recipients", TAKE_COUNT },
    { NAME("client_address"), "client", TAKE_TEXT },
    { NAME("sasl_username"), "authenticated", TAKE_PRESENCE },
    { NAME("encryption_protocol"), "tls", TAKE_PRESENCE },
    { NAME("forwarder"), "forwarder", TAKE_TEXT },
    { NAME("auto"), "auto", TAKE_TEXT },
    { NAME("hops"), "hops", TAKE_TEXT },
    { NAME("class"), "class", TAKE_TEXT },
};

static gboolean is(const char *name, gsize length, const char *wanted, gsize wanted_length) {
    return length == wanted_length && memcmp(name, wanted, length) == 0;
}

/* `value` is empty where Postfix has none. */
static gboolean take_text(KjRequestSink *sink, guint i, const char *value, GError **error) {
    switch (attributes[i].taking) {
    case TAKE_PRESENCE:
        return sink->set(sink, attributes[i].field, value[0] ? "true" : "false", error);
    case TAKE_COUNT:
        return value[0] == 0 || strcmp(value, "0") == 0 || sink->set(sink, attributes[i].field, value, error);
    case TAKE_TEXT:
        return value[0] == 0 || sink->set(sink, attributes[i].field, value, error);
    }
    return FALSE;
}

static gboolean take(KjRequestSink *sink, guint i, const char *value, gsize length, GError **error) {
    char usual[256];
    g_autofree char *longer = length < sizeof usual ? NULL : g_strndup(value, length);
    if (!longer) {
        memcpy(usual, value, length);
        usual[length] = 0;
    }
    return take_text(sink, i, longer ? longer : usual, error);
}

gboolean kj_mail_read_delegation(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    gboolean seen[G_N_ELEMENTS(attributes)] = { FALSE };
    gboolean request_seen = FALSE;
    guint number = 1;
    if (memchr(bytes, 0, length)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: it has a NUL byte"));
        return FALSE;
    }
    for (const char *line = bytes, *whole = bytes + length, *end; line < whole && *line != '\n'; line = MIN(end + 1, whole), number++) {
        const char *found = memchr(line, '\n', (gsize)(whole - line)), *equals;
        end = found ? found : whole;
        equals = memchr(line, '=', (gsize)(end - line));
        if (!equals) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: line %u has no `=`"), number);
            return FALSE;
        }
        gsize name = (gsize)(equals - line), value = (gsize)(end - equals - 1);
        request_seen |= is(line, name, NAME("request")) && is(equals + 1, value, NAME("smtpd_access_policy"));
        for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
            if (!is(line, name, attributes[i].attribute, attributes[i].length) || seen[i])
                continue; /* of two, the first counts: the protocol leaves it open */
            seen[i] = TRUE;
            if (!take(sink, i, equals + 1, value, error))
                return FALSE;
        }
    }
    if (!request_seen)
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: the line `request=smtpd_access_policy` is missing"));
    return request_seen;
}
