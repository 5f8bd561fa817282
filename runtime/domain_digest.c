/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's digest: all that can change the meaning of a policy, and nothing of phrases and docs. */
#include <kijun/domain.h>

#include <string.h>

static void digest_number(GChecksum *checksum, guint64 number) {
    guint64 bytes = GUINT64_TO_LE(number);
    g_checksum_update(checksum, (const guchar *)&bytes, sizeof bytes);
}

/* With its length before it, so that no two lists of texts read alike; NULL differs from "". */
static void digest_text(GChecksum *checksum, const char *text) {
    digest_number(checksum, text ? strlen(text) : G_MAXUINT64);
    if (text)
        g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
}

static void digest_texts(GChecksum *checksum, const char *const *texts) {
    for (; texts && *texts; texts++)
        digest_text(checksum, *texts);
    digest_text(checksum, NULL);
}

static void digest_fields(GChecksum *checksum, const KjDomain *domain) {
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        digest_text(checksum, field->name);
        digest_number(checksum, field->type);
        digest_number(checksum, field->flags);
        digest_number(checksum, field->low);
        digest_number(checksum, field->high);
        digest_texts(checksum, field->values);
        for (const KjNamedNumber *name = field->names; name && name->name; name++) {
            digest_text(checksum, name->name);
            digest_number(checksum, name->number);
        }
        digest_texts(checksum, field->parts);
        digest_text(checksum, field->phase);
        digest_text(checksum, field->needs_setting);
        digest_text(checksum, field->needs_value);
    }
    digest_text(checksum, NULL);
}

static void digest_rest(GChecksum *checksum, const KjDomain *domain) {
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++) {
        digest_text(checksum, effect->name);
        digest_number(checksum, effect->flags);
    }
    digest_text(checksum, NULL);
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++) {
        digest_text(checksum, parameter->name);
        digest_number(checksum, parameter->kind);
        digest_texts(checksum, parameter->effects);
        digest_number(checksum, parameter->required != 0);
    }
    digest_text(checksum, NULL);
    for (const KjSettingDefinition *setting = domain->settings; setting && setting->name; setting++) {
        digest_text(checksum, setting->name);
        digest_number(checksum, setting->type);
        digest_texts(checksum, setting->values);
        digest_text(checksum, setting->initial);
    }
    digest_text(checksum, NULL);
    for (const KjAnnotationDefinition *annotation = domain->annotations; annotation && annotation->name; annotation++) {
        digest_text(checksum, annotation->name);
        digest_number(checksum, (annotation->has_argument != 0) | annotation->obligation << 1);
    }
    digest_text(checksum, NULL);
}

char *kj_domain_digest(const KjDomain *domain) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    digest_number(checksum, domain->abi);
    digest_text(checksum, domain->name);
    digest_text(checksum, domain->version);
    digest_number(checksum, domain->combining);
    digest_number(checksum, domain->open != 0);
    digest_text(checksum, domain->default_effect);
    digest_fields(checksum, domain);
    digest_rest(checksum, domain);
    return g_strdup(g_checksum_get_string(checksum));
}
