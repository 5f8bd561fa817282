/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain as tables.
 *
 * A domain (firewall, acl, mail, password, yours) is a GModule that exports one object named `kijun_domain`, a KjDomain. It says
 * which fields a request of the domain has, which effects a rule may have, mildest first, which settings and parameters a block may
 * carry, and for each of them one documentation sentence and one phrase, in English and in Japanese, from which any rule or decision reads
 * as a sentence. The compiler and the runtime know nothing about a domain beyond these tables.
 *
 * Every array ends with an entry whose `name` is NULL. All strings are static UTF-8 and are never freed. Functions are optional.
 */
#ifndef KIJUN_PLUGIN_H
#define KIJUN_PLUGIN_H

#include <kijun/kijun.h>

G_BEGIN_DECLS

#define KJ_DOMAIN_ABI 1u
#define KJ_DOMAIN_SYMBOL "kijun_domain"

/* The same words in both languages. In a phrase "{}" stands for the operand. */
typedef struct {
    const char *en;
    const char *ja;
} KjPhrase;

typedef struct {
    const char *name;
    guint64 number;
} KjNamedNumber;

enum {
    KJ_FIELD_REQUIRED = 1u << 0, /* a request without it is an error, and an error denies */
    KJ_FIELD_SET = 1u << 1,      /* holds a set of values; tested with `has` */
    KJ_FIELD_ORDERED = 1u << 2,  /* enumeration values are in order, the FIRST value being the greatest (I > II > III) */
    KJ_FIELD_ASSERTED = 1u << 3, /* said by the caller; without it, measured by the enforcement point */
    KJ_FIELD_CLOSABLE = 1u << 4, /* a block may say `field NAME : { ... }` to close an open enumeration */
};

typedef struct {
    const char *name;
    KjType type;
    guint flags;                /* KJ_FIELD_* */
    guint64 low, high;          /* bounds of a numeric type; both 0: the whole type */
    const char *const *values;  /* KJ_TYPE_SYMBOL: the closed values, NULL-terminated; NULL: open, any identifier or string */
    const KjNamedNumber *names; /* KJ_TYPE_INTEGER: names for numbers (tcp = 6); may be NULL */
    const char *const *parts;   /* KJ_TYPE_SERVICE: the two fields it stands for, { protocol, port, NULL } */
    const char *phase;          /* NULL: always there; else the phase of the request it belongs to ("change", "login") */
    KjPhrase phrase;            /* en "from {}", ja "送信元が{}" ; a boolean's phrase has no {} and reads as the true condition */
    KjPhrase doc;               /* one sentence */
    const char *needs_setting;  /* rules may name the field only where this setting of the block ... */
    const char *needs_value;    /* ... has this value; both NULL: always */
} KjFieldDefinition;

enum {
    KJ_EFFECT_REFUSES = 1u << 0,  /* the request does not go through */
    KJ_EFFECT_LIMITS = 1u << 1,   /* goes through within a rate: takes the parameters `rate`, `burst`, `per` */
    KJ_EFFECT_REQUIRES = 1u << 2, /* the domain means `require` as an effect of its own (governance) */
    KJ_EFFECT_HOLDS = 1u << 3,    /* neither through nor refused yet: waits for a person */
};

typedef struct {
    const char *name;
    guint flags;     /* KJ_EFFECT_* */
    KjPhrase phrase; /* en "allow", ja "許可する" */
    KjPhrase doc;
} KjEffectDefinition;

typedef enum {
    KJ_PARAMETER_RATE = 1, /* 20/1d, 100MB/1d */
    KJ_PARAMETER_INTEGER,
    KJ_PARAMETER_DURATION,
    KJ_PARAMETER_GROUP,  /* a group of principals */
    KJ_PARAMETER_FIELDS, /* one field or { a, b } */
} KjParameterKind;

/* A clause that qualifies the effect instead of restricting the request: `rate 100/s`, `per forwarder`, `count 2`. */
typedef struct {
    const char *name;
    KjParameterKind kind;
    const char *const *effects; /* the effects that take it, NULL-terminated */
    gboolean required;
    KjPhrase phrase;
    KjPhrase doc;
} KjParameterDefinition;

typedef struct {
    const char *name;
    KjType type;               /* KJ_TYPE_SYMBOL, KJ_TYPE_BOOL, KJ_TYPE_DURATION, KJ_TYPE_INTEGER */
    const char *const *values; /* KJ_TYPE_SYMBOL */
    const char *initial;       /* as it would be written; NULL: none */
    KjPhrase doc;
} KjSettingDefinition;

/* An annotation of the domain's own beside @log, @alert and the rest. One string argument or none. */
typedef struct {
    const char *name;
    gboolean has_argument;
    gboolean obligation; /* reported with a decision */
    KjPhrase doc;
} KjAnnotationDefinition;

/* Where a plugin's request reader puts what it found. */
typedef struct KjRequestSink KjRequestSink;
struct KjRequestSink {
    guint32 size;
    void *data;
    /* One field's value as text, as `kijun decide FIELD=VALUE` would take it. A set-valued field is set once for each member. */
    gboolean (*set)(KjRequestSink *sink, const char *field, const char *value, GError **error);
};

/* What a target writes: a text, from a block of a verified table. See <kijun/view.h>. */
typedef struct {
    const char *name; /* "nftables" */
    KjPhrase doc;
    /* Appends the text for `block` of `table`. Refuses, naming rule and reason, whatever it would have to widen or narrow. */
    gboolean (*emit)(const KjTable *table, guint block, GString *out, GError **error);
} KjTargetDefinition;

typedef enum {
    KJ_COMBINING_FIRST_MATCH = 1, /* the first rule in order that matches decides */
    KJ_COMBINING_STRICTEST,       /* the strictest effect among all that match wins */
    KJ_COMBINING_ADD_UP,          /* all that match hold together */
} KjCombining;

typedef struct {
    guint32 abi;  /* KJ_DOMAIN_ABI */
    guint32 size; /* sizeof (KjDomain) */
    const char *name;
    const char *version; /* of the schema; part of its digest */
    KjPhrase doc;
    KjPhrase subject; /* what is decided: en "packets", ja "パケット" */
    KjCombining combining;
    gboolean open;              /* blocks may declare fields of their own */
    const char *default_effect; /* for a block that states none; NULL: a block must state one */
    const KjFieldDefinition *fields;
    const KjEffectDefinition *effects; /* mildest first */
    const KjParameterDefinition *parameters;
    const KjSettingDefinition *settings;
    const KjAnnotationDefinition *annotations;
    const KjTargetDefinition *targets;
    /* Reads one real request in the domain's own form (a packet, a policy delegation request, a password prompt). */
    gboolean (*read_request)(KjRequestSink *sink, const char *bytes, gsize length, GError **error);
    KjPhrase request_doc; /* what that form is */
} KjDomain;

/* ---- the plugins that are there ---- */

/* Loads every plugin of the plugin folder (fixed at build; $KIJUN_PLUGIN_PATH overrides it unless AT_SECURE is set). A plugin with
 * the wrong ABI, size or a bad table is left out with a reason in `problems` (element-type utf8, may be NULL). Idempotent. */
void kj_plugins_load(GPtrArray *problems);

/* NULL when no such domain is installed. Owned by the library, never freed. */
const KjDomain *kj_plugin_find(const char *domain);

/* All domains sorted by name, NULL-terminated. Free the array with g_free, not its members. */
const KjDomain **kj_plugin_list(void);

/* Adds a domain that is part of the program itself (tests, embedding). FALSE with a reason when its tables are bad. */
gboolean kj_plugin_register(const KjDomain *domain, GError **error);

/* SHA-256 over every table of the domain that can change a meaning, as 64 hexadecimal digits. Free with g_free. */
char *kj_domain_digest(const KjDomain *domain);

G_END_DECLS

#endif
