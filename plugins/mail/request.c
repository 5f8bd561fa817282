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

static const struct {
    const char *attribute;
    const char *field;
    Taking taking;
} attributes[] = {
    { "sender", "from", TAKE_TEXT },
    { "recipient", "to", TAKE_TEXT },
    { "size", "size", TAKE_COUNT },
    { "recipient_count", "recipients", TAKE_COUNT },
    { "client_address", "client", TAKE_TEXT },
    { "sasl_username", "authenticated", TAKE_PRESENCE },
    { "encryption_protocol", "tls", TAKE_PRESENCE },
    { "forwarder", "forwarder", TAKE_TEXT },
    { "auto", "auto", TAKE_TEXT },
    { "hops", "hops", TAKE_TEXT },
    { "class", "class", TAKE_TEXT },
};

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
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint l = 0; lines[l] && lines[l][0]; l++) {
        char *value = strchr(lines[l], '=');
        if (!value) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a policy delegation request: line %u has no `=`"), l + 1);
            return FALSE;
        }
        *value++ = 0;
        request_seen |= strcmp(lines[l], "request") == 0 && strcmp(value, "smtpd_access_policy") == 0;
        for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
            if (strcmp(lines[l], attributes[i].attribute) != 0 || seen[i])
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
