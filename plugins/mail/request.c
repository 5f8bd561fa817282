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

static gboolean take(KjRequestSink *sink, guint i, const char *value, GError **error) {
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

gboolean kj_mail_read_delegation(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    if (memchr(bytes, 0, length)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: it has a NUL byte"));
        return FALSE;
    }
    gboolean seen[G_N_ELEMENTS(attributes)] = { FALSE };
    gboolean request_seen = FALSE;
    g_autofree char *text = g_strndup(bytes, length);
    guint number = 1;
    for (char *line = text, *end; *line && *line != '\n'; line = end, number++) {
        gsize name = 0;
        while (line[name] && line[name] != '=' && line[name] != '\n')
            name++;
        if (line[name] != '=') {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: line %u has no `=`"), number);
            return FALSE;
        }
        char *value = line + name + 1;
        end = strchrnul(value, '\n');
        if (*end)
            *end++ = 0;
        request_seen |= is(line, name, NAME("request")) && strcmp(value, "smtpd_access_policy") == 0;
        for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
            if (!is(line, name, attributes[i].attribute, attributes[i].length) || seen[i])
                continue; /* of two, the first counts: the protocol leaves it open */
            seen[i] = TRUE;
            if (!take(sink, i, value, error))
                return FALSE;
        }
    }
    if (!request_seen)
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE,
                    _("not a policy delegation request: the line `request=smtpd_access_policy` is missing"));
    return request_seen;
}
