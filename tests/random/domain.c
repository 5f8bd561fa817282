/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Three domains over one table of fields, one for each way of combining.
 *
 * The fields have every type, bounded and not, required and not, single and set; many are named by words that the grammar
 * uses elsewhere, since those are names everywhere but in their own place. The effects have every flag. So whatever a plugin may say
 * is tested here, whichever plugins are installed.
 */
#include "domain.h"

static const KjNamedNumber colours[] = { { "red", 1 }, { "green", 2 }, { "blue", 30 }, { NULL, 0 } };
static const char *const grades[] = { "gold", "silver", "bronze", "none_of_them", NULL };
static const char *const kinds[] = { "square", "round", NULL };
static const char *const parts[] = { "carrier", "gate", NULL };

#define PHRASE { "is {}", "が{}" }
#define TRUTH { "it is", "そうである" }
#define DOC { "For tests.", "試験用。" }

static const KjFieldDefinition fields[] = {
    { .name = "test", .type = KJ_TYPE_BOOL, .flags = KJ_FIELD_REQUIRED, .phrase = TRUTH, .doc = DOC },
    { .name = "approved", .type = KJ_TYPE_BOOL, .phrase = TRUTH, .doc = DOC },
    { .name = "use", .type = KJ_TYPE_INTEGER, .low = 3, .high = 40, .phrase = PHRASE, .doc = DOC },
    { .name = "colour", .type = KJ_TYPE_INTEGER, .high = 255, .names = colours, .phrase = PHRASE, .doc = DOC },
    { .name = "count_of", .type = KJ_TYPE_INTEGER, .phrase = PHRASE, .doc = DOC },
    { .name = "with", .type = KJ_TYPE_SIZE, .phrase = PHRASE, .doc = DOC },
    { .name = "age", .type = KJ_TYPE_DURATION, .phrase = PHRASE, .doc = DOC, .phase = "early" },
    { .name = "until", .type = KJ_TYPE_DATE, .phrase = PHRASE, .doc = DOC, .phase = "late" },
    { .name = "to", .type = KJ_TYPE_ADDRESS, .phrase = PHRASE, .doc = DOC },
    { .name = "by", .type = KJ_TYPE_ADDRESS, .phrase = PHRASE, .doc = DOC },
    { .name = "door", .type = KJ_TYPE_SERVICE, .parts = parts, .phrase = PHRASE, .doc = DOC },
    { .name = "carrier", .type = KJ_TYPE_INTEGER, .high = 255, .names = (const KjNamedNumber[]){ { "tcp", 6 }, { "udp", 17 }, { NULL, 0 } },
      .phrase = PHRASE, .doc = DOC },
    { .name = "gate", .type = KJ_TYPE_INTEGER, .high = 65535, .phrase = PHRASE, .doc = DOC },
    { .name = "data", .type = KJ_TYPE_PATH, .flags = KJ_FIELD_REQUIRED, .phrase = PHRASE, .doc = DOC },
    { .name = "where", .type = KJ_TYPE_PATH, .phrase = PHRASE, .doc = DOC },
    { .name = "as", .type = KJ_TYPE_MAIL, .phrase = PHRASE, .doc = DOC },
    { .name = "group", .type = KJ_TYPE_PRINCIPAL, .phrase = PHRASE, .doc = DOC },
    { .name = "owner", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_ASSERTED, .phrase = PHRASE, .doc = DOC },
    { .name = "let", .type = KJ_TYPE_TEXT, .phrase = PHRASE, .doc = DOC },
    { .name = "type", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_CLOSABLE, .phrase = PHRASE, .doc = DOC },
    { .name = "tier", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_ORDERED, .values = grades, .phrase = PHRASE, .doc = DOC },
    { .name = "shape", .type = KJ_TYPE_SYMBOL, .values = kinds, .phrase = PHRASE, .doc = DOC },
    { .name = "standard", .type = KJ_TYPE_NAMED, .phrase = PHRASE, .doc = DOC },
    { .name = "labels", .type = KJ_TYPE_TEXT, .flags = KJ_FIELD_SET, .phrase = PHRASE, .doc = DOC },
    { .name = "people", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_SET, .phrase = PHRASE, .doc = DOC },
    { .name = NULL },
};

static const char *const limited[] = { "throttle", NULL };
static const char *const counted[] = { "sign", "seal", NULL };
static const char *const refusing[] = { "refuse", "forbid", NULL };

static const KjEffectDefinition decisions[] = {
    { .name = "permit", .phrase = { "permit", "許す" }, .doc = DOC },
    { .name = "throttle", .flags = KJ_EFFECT_LIMITS, .phrase = { "throttle", "絞る" }, .doc = DOC },
    { .name = "park", .flags = KJ_EFFECT_HOLDS, .phrase = { "park", "留める" }, .doc = DOC },
    { .name = "refuse", .flags = KJ_EFFECT_REFUSES, .phrase = { "refuse", "断る" }, .doc = DOC },
    { .name = "forbid", .flags = KJ_EFFECT_REFUSES, .phrase = { "forbid", "禁じる" }, .doc = DOC },
    { .name = NULL },
};

static const KjEffectDefinition duties[] = {
    { .name = "sign", .flags = KJ_EFFECT_REQUIRES, .phrase = { "sign", "署名する" }, .doc = DOC },
    { .name = "seal", .flags = KJ_EFFECT_REQUIRES, .phrase = { "seal", "押印する" }, .doc = DOC },
    { .name = NULL },
};

static const KjParameterDefinition decision_parameters[] = {
    { .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limited, .required = TRUE, .phrase = PHRASE, .doc = DOC },
    { .name = "burst", .kind = KJ_PARAMETER_INTEGER, .effects = limited, .phrase = PHRASE, .doc = DOC },
    { .name = "per", .kind = KJ_PARAMETER_FIELDS, .effects = limited, .phrase = PHRASE, .doc = DOC },
    { .name = "within", .kind = KJ_PARAMETER_DURATION, .effects = refusing, .phrase = PHRASE, .doc = DOC },
    { .name = NULL },
};

static const KjParameterDefinition duty_parameters[] = {
    { .name = "count", .kind = KJ_PARAMETER_INTEGER, .effects = counted, .required = TRUE, .phrase = PHRASE, .doc = DOC },
    { .name = "from", .kind = KJ_PARAMETER_GROUP, .effects = counted, .phrase = PHRASE, .doc = DOC },
    { .name = NULL },
};

static const KjSettingDefinition settings[] = {
    { .name = "mode", .type = KJ_TYPE_SYMBOL, .values = kinds, .initial = "round", .doc = DOC },
    { .name = "loud", .type = KJ_TYPE_BOOL, .initial = "false", .doc = DOC },
    { .name = "grace", .type = KJ_TYPE_DURATION, .doc = DOC },
    { .name = "depth", .type = KJ_TYPE_INTEGER, .initial = "3", .doc = DOC },
    { .name = NULL },
};

static const KjAnnotationDefinition annotations[] = {
    { .name = "ticket", .has_argument = TRUE, .obligation = TRUE, .doc = DOC },
    { .name = "quiet", .doc = DOC },
    { .name = NULL },
};

#define DOMAIN(domain_name, how, is_open, domain_effects, domain_parameters, initial)                                              \
    {                                                                                                                              \
        .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = domain_name, .version = "1", .doc = DOC,                           \
        .subject = { "things", "もの" }, .combining = how, .open = is_open, .default_effect = initial, .fields = fields,           \
        .effects = domain_effects, .parameters = domain_parameters, .settings = settings, .annotations = annotations,              \
    }

static const KjDomain first = DOMAIN("queue_test", KJ_COMBINING_FIRST_MATCH, TRUE, decisions, decision_parameters, NULL);
static const KjDomain strictest = DOMAIN("court_test", KJ_COMBINING_STRICTEST, TRUE, decisions, decision_parameters, "permit");
static const KjDomain together = DOMAIN("council_test", KJ_COMBINING_ADD_UP, FALSE, duties, duty_parameters, NULL);

const KjDomain *const kj_random_domains[] = { &first, &strictest, &together, NULL };
