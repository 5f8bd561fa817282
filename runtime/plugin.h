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
    KjPhrase
        phrase; /* en "from {}", ja "送信元が{}" (送信元 is then what sentences call it); a boolean's phrase has no {} and reads as the true condition */
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

enum {
    KJ_ANNOTATION_OBLIGES = 1, /* TRUE: more is asked for; a rule that loses it has become milder */
    KJ_ANNOTATION_LOOSENS = 2, /* less is asked for: a rule that gains it has become milder */
};

/* An annotation of the domain's own beside @log, @alert and the rest. One string argument or none. */
typedef struct {
    const char *name;
    gboolean has_argument;
    guint obligation; /* reported with a decision: KJ_ANNOTATION_OBLIGES, KJ_ANNOTATION_LOOSENS; 0: it is not */
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

/*
 * How what a target enforces is read back, for the proof that it says what the source says (`kijun emit --prove`). A reader shares nothing with the
 * target's `emit`: a mistake of one must not be excused by the same mistake of the other.
 */
typedef struct {
    const char *target; /* the name of one of the domain's targets */
    /* Loads a text of the target where it touches nothing, and appends what is then in force, in the target's own form. FALSE with KJ_ERROR_UNABLE
     * where that cannot be done, with another error when the text does not load. */
    gboolean (*load)(const char *text, GString *dump, GError **error);
    /* Appends the same as policy text: blocks of the domain, each of which must decide as the source does. Fails on whatever it does not
     * understand. In a block, rules at the head labelled `impossible...` say which requests cannot be, and are left out of the proof; a
     * rule that limits has @ref(LABEL) of the rule whose counter it counts in. */
    gboolean (*read_back)(const char *dump, gsize length, GString *policy, GError **error);
    /* The obligations the target carries out, each with all before it (log, alert), NULL-terminated; others are none of its business. NULL: none. */
    const char *const *obligations;
} KjReaderDefinition;

/*
 * How a text of a target is put in force on this machine (`kijun apply`), and how what was in force before comes back. A name is a block's, without its
 * module; what else is on the machine is left alone.
 */
typedef struct {
    const char *target; /* the name of one of the domain's targets */
    gboolean lasting;   /* what is in force outlives a restart of the machine */
    /* Appends what of the target is in force under the name, such that `apply` with it restores that; nothing: there is nothing in force. `text` is what is to
     * be put in force, or was: what a target touches may depend on it. FALSE with KJ_ERROR_REFUSED when what is there is not kijun's own,
     * KJ_ERROR_UNABLE where this cannot be done here. */
    gboolean (*current)(const char *name, const char *text, GString *state, GError **error);
    /* Puts a text in force, wholly or not at all; an empty one takes away what is there. */
    gboolean (*apply)(const char *name, const char *text, GError **error);
    /* Whether two states differ in nothing but what the machine itself counts in them; NULL: whether they are equal. */
    gboolean (*same)(const char *a, const char *b);
} KjEnforcerDefinition;

/* What a line of a system's own log was. */
typedef enum {
    KJ_LOG_LINE_NONE = 1, /* no request, or a part of one */
    KJ_LOG_LINE_REQUEST,  /* with it a request is whole */
    KJ_LOG_LINE_PASSED,   /* a request of which the log does not tell enough (its beginning is in an older log): passed over and counted */
    KJ_LOG_LINE_BAD,      /* see the error */
} KjLogLine;

/*
 * Reads the requests that a system has logged in a form of its own, for `kijun replay`: line by line, with what it must remember between lines in
 * a state that has a bound.
 */
typedef struct {
    const char *name; /* "postfix"; no two domains may have the same */
    KjPhrase doc;
    const char *const *fields; /* those it may set, NULL-terminated */
    /* Whether a log that begins like this (a few kilobytes, perhaps within a line) is of this form. */
    gboolean (*recognise)(const char *bytes, gsize length);
    /* A new state; `now` (seconds since 1970) is the latest instant that a line without a year can mean. */
    void *(*open)(gint64 now);
    /* Of a request: sets its fields, and when it was made. The line has no line end. */
    KjLogLine (*read)(void *state, const char *line, KjRequestSink *sink, gint64 *instant, GError **error);
    void (*close)(void *state);
} KjLogReaderDefinition;

/*
 * A request that must get through wherever a block is put in force, or nobody can mend a mistake in it any more: the machine's talk with itself, the
 * session of the one who does it. `check` warns of a block that refuses one for good. A value may be `{1}` to `{4}`, words of the session's
 * connection as sshd(8) puts it in SSH_CONNECTION: the client's address and port, the server's address and port; such a lifeline is looked
 * at only in such a session. Of several with one name one is told.
 */
typedef struct {
    const char *name;            /* "loopback" */
    const char *setting, *value; /* only in blocks with this setting; both NULL: in all */
    const char *const
        *request; /* field, value, field, value, ..., NULL. "*" may be any value, "!lo" any but `lo`; a field not named is missing */
    KjPhrase phrase;             /* what is refused, and what for: en "loopback, over which the machine's own programs talk" */
} KjLifelineDefinition;

/* Where a domain's advice goes. */
typedef struct KjAdviceSink KjAdviceSink;
struct KjAdviceSink {
    guint32 size;
    gint64 instant; /* as of which it is given: seconds since 1970-01-01T00:00:00Z */
    void *data;
    /* One piece of advice, a sentence without its full stop, about a rule of the block (as kj_view_rule takes it) or about the whole (KJ_RULE_DEFAULT). */
    void (*note)(KjAdviceSink *sink, guint rule, const KjPhrase *text);
};

/* What a domain has to say about a sound block: where it departs from good practice in the domain. `check` prints it as notes. */
typedef void (*KjAdvise)(KjTable *table, guint block, KjAdviceSink *sink);

/* What an auditor tells of. */
typedef enum {
    KJ_AUDIT_REQUEST = 1, /* the request that was set: the system will make it */
    KJ_AUDIT_UNKNOWN,     /* the system will make requests, and which cannot be told from its files */
    KJ_AUDIT_NOTE,        /* nothing for a policy to decide, but worth knowing */
} KjAuditKind;

typedef struct KjAuditSink KjAuditSink;
struct KjAuditSink {
    guint32 size;
    void *data;
    KjRequestSink *request; /* a field that is not set is one that is not known */
    /* Where it stands: the file as `read` was given it, the line from 1; 0: all of it. `text` says how it comes about. Ends the request. */
    void (*tell)(KjAuditSink *sink, KjAuditKind kind, const char *file, guint line, const char *text);
    /* Another file, which one names. Free with g_free. NULL when it cannot be read. */
    char *(*open)(KjAuditSink *sink, const char *path, gsize *length, GError **error);
};

/* A form of file that an auditor reads. */
typedef struct {
    const char *name; /* "aliases" */
    const char *home; /* what it is called in a home folder; NULL: it is in none */
    KjPhrase owner;   /* what must be said of it: whose it is */
    KjPhrase doc;
    /* `user` is the name of the home folder, or NULL. FALSE: it is no such file. */
    gboolean (*read)(void *state, const char *owner, const char *user, const char *path, const char *bytes, gsize length, KjAuditSink *sink,
                     GError **error);
} KjAuditFormDefinition;

/* Reads what a system is set up to do by itself and tells which requests that will make, for `kijun audit`: every file first, then `finish`. */
typedef struct {
    KjPhrase doc;
    const KjAuditFormDefinition *forms;
    void *(*open)(void);
    void (*finish)(void *state, KjAuditSink *sink);
    void (*close)(void *state);
} KjAuditorDefinition;

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
    const KjLifelineDefinition *lifelines; /* a plugin built before this member was there has a smaller size, and none */
    const KjReaderDefinition *readers;     /* the same */
    const KjLogReaderDefinition *log_readers; /* the same */
    KjAdvise advise;                          /* the same */
    const KjEnforcerDefinition *enforcers;   /* the same */
    const KjAuditorDefinition *auditor;      /* the same */
} KjDomain;

/* The domain's lifelines, or NULL; unlike the member it may be asked of every domain. */
const KjLifelineDefinition *kj_domain_lifelines(const KjDomain *domain);
/* The domain's reader for a target, or NULL. */
const KjReaderDefinition *kj_domain_reader(const KjDomain *domain, const char *target);

/* The domain's readers of logs, or NULL. */
const KjLogReaderDefinition *kj_domain_log_readers(const KjDomain *domain);
/* The domain's function that advises, or NULL. */
KjAdvise kj_domain_advise(const KjDomain *domain);
/* The domain's enforcer for a target, or NULL. */
const KjEnforcerDefinition *kj_domain_enforcer(const KjDomain *domain, const char *target);
/* The domain's auditor, or NULL. */
const KjAuditorDefinition *kj_domain_auditor(const KjDomain *domain);

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
