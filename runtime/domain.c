/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's tables checked once, when the plugin is loaded, so that nobody after has to doubt them.
 *
 * What is refused here could only be found later as a word that can never be written, a rule without a sentence, or an order of strictness
 * that lets a refusal lose. The checks are local to an entry except uniqueness and names that point to another table; cost is quadratic in
 * the few dozen entries of a table.
 */
#include <kijun/domain.h>

#include <string.h>

#include <kijun/translate.h>
#include <kijun/value.h>

typedef struct {
    const KjDomain *domain;
    const char *table, *entry; /* where we are */
    GError **error;
} Check;

/* Words the grammar keeps for itself: a field or effect of that name could never be written. */
static const char *const hard_words[] = { "default", "field", "when", "unless", "and", "or", "not", "in", "has",
                                          "during", "any", "none", "true", "false", "zone", NULL };
static const char *const common_annotations[] = { "log", "alert", "message", "ref", "owner", "article", "from", "until", "advisory", NULL };

#define FIELD_FLAGS (KJ_FIELD_REQUIRED | KJ_FIELD_SET | KJ_FIELD_ORDERED | KJ_FIELD_ASSERTED | KJ_FIELD_CLOSABLE)
#define EFFECT_FLAGS (KJ_EFFECT_REFUSES | KJ_EFFECT_LIMITS | KJ_EFFECT_REQUIRES | KJ_EFFECT_HOLDS)

static gboolean refuse(const Check *check, const char *why) {
    g_set_error(check->error, KJ_ERROR, KJ_ERROR_PLUGIN, _("domain `%s`: %s%s%s%s%s"), check->domain->name ? check->domain->name : "?",
                check->table ? _(check->table) : "", check->entry ? " `" : "", check->entry ? check->entry : "",
                check->table ? (check->entry ? "`: " : ": ") : "", why);
    return FALSE;
}

/* ---- words, phrases, lists ---- */

static gboolean is_word(const char *name) {
    if (!name || !(g_ascii_isalpha(name[0]) || name[0] == '_'))
        return FALSE;
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && *name != '_')
            return FALSE;
    return TRUE;
}

static gboolean is_name(const Check *check, const char *name) {
    if (!is_word(name))
        return refuse(check, _("a name consists of letters, digits and `_`"));
    if (g_strv_contains(hard_words, name))
        return refuse(check, _("the grammar keeps this word for itself"));
    return TRUE;
}

static guint operand_count(const char *phrase) {
    guint count = 0;
    while ((phrase = strstr(phrase, "{}")) != NULL) {
        count++;
        phrase += 2;
    }
    return count;
}

/* Both languages there, UTF-8, with the operand in its place as often as asked. */
static gboolean is_phrase(const Check *check, const KjPhrase *phrase, const char *what, guint operands) {
    const char *texts[] = { phrase->en, phrase->ja };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *why = NULL;
        if (!texts[i] || !*texts[i])
            why = g_strdup_printf(i ? _("the %s has no Japanese text") : _("the %s has no English text"), what);
        else if (!g_utf8_validate(texts[i], -1, NULL))
            why = g_strdup_printf(_("the %s is not UTF-8"), what);
        else if (operand_count(texts[i]) != operands)
            why = g_strdup_printf(operands ? _("the %s must hold `{}` once") : _("the %s must hold `{}` nowhere"), what);
        if (why)
            return refuse(check, why);
    }
    return TRUE;
}

static gboolean are_words(const Check *check, const char *const *words, const char *what) {
    for (guint i = 0; words[i]; i++) {
        g_autofree char *why = NULL;
        if (!*words[i] || !g_utf8_validate(words[i], -1, NULL))
            why = g_strdup_printf(_("a %s is empty or not UTF-8"), what);
        for (guint j = 0; j < i && !why; j++)
            if (strcmp(words[i], words[j]) == 0)
                why = g_strdup_printf(_("the %s `%s` stands there twice"), what, words[i]);
        if (why)
            return refuse(check, why);
    }
    return words[0] ? TRUE : refuse(check, _("a list of values must not be empty"));
}

/* Entries of every table begin with their name; `size` is the size of one. */
static gboolean is_unique(const Check *check, const void *entries, gsize size, guint index) {
    const char *name = *(const char *const *)((const char *)entries + index * size);
    for (guint i = 0; i < index; i++)
        if (strcmp(*(const char *const *)((const char *)entries + i * size), name) == 0)
            return refuse(check, _("the name stands there twice"));
    return TRUE;
}

static const KjFieldDefinition *find_field(const KjDomain *domain, const char *name) {
    for (const KjFieldDefinition *field = domain->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static const KjEffectDefinition *find_effect(const KjDomain *domain, const char *name) {
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++)
        if (strcmp(effect->name, name) == 0)
            return effect;
    return NULL;
}

static const KjSettingDefinition *find_setting(const KjDomain *domain, const char *name) {
    const KjSettingDefinition *setting = domain->settings;
    while (setting && setting->name && strcmp(setting->name, name) != 0)
        setting++;
    return setting && setting->name ? setting : NULL;
}

/* ---- fields ---- */

static gboolean check_numbers(const Check *check, const KjFieldDefinition *field) {
    gboolean numeric = field->type >= KJ_TYPE_INTEGER && field->type <= KJ_TYPE_DATE;
    guint64 high = field->high ? field->high : G_MAXINT64;
    if ((field->low || field->high) && (!numeric || field->low > field->high || field->high > G_MAXINT64))
        return refuse(check, _("bounds belong to a number, the lower one first"));
    if (field->names && field->type != KJ_TYPE_INTEGER)
        return refuse(check, _("only an integer has named numbers"));
    for (guint i = 0; field->names && field->names[i].name; i++) {
        if (!is_word(field->names[i].name) || field->names[i].number < field->low || field->names[i].number > high)
            return refuse(check, _("a named number is out of bounds or its name is not a word"));
        for (guint j = 0; j < i; j++)
            if (strcmp(field->names[i].name, field->names[j].name) == 0)
                return refuse(check, _("a named number stands there twice"));
    }
    return TRUE;
}

static gboolean check_values(const Check *check, const KjFieldDefinition *field) {
    if (field->values && field->type != KJ_TYPE_SYMBOL)
        return refuse(check, _("only an enumeration has values"));
    if (field->values && !are_words(check, field->values, _("value")))
        return FALSE;
    if ((field->flags & KJ_FIELD_ORDERED) && !field->values && field->type != KJ_TYPE_NAMED)
        return refuse(check, _("only a closed enumeration can be ordered"));
    if ((field->flags & KJ_FIELD_CLOSABLE) && (field->type != KJ_TYPE_SYMBOL || field->values))
        return refuse(check, _("only an open enumeration can be closed by a block"));
    return TRUE;
}

static gboolean check_parts(const Check *check, const KjFieldDefinition *field) {
    if ((field->type == KJ_TYPE_SERVICE) != (field->parts != NULL))
        return refuse(check, _("a service, and only a service, names the two fields it stands for"));
    if (!field->parts)
        return TRUE;
    if (!field->parts[0] || !field->parts[1] || field->parts[2])
        return refuse(check, _("a service stands for two fields"));
    for (guint i = 0; i < 2; i++) {
        const KjFieldDefinition *part = find_field(check->domain, field->parts[i]);
        if (!part || part->type != KJ_TYPE_INTEGER || (part->flags & KJ_FIELD_SET))
            return refuse(check, _("a service stands for two integer fields of the domain"));
    }
    if (field->flags & (KJ_FIELD_REQUIRED | KJ_FIELD_SET))
        return refuse(check, _("a service is neither required nor a set: its two fields may be"));
    return TRUE;
}

/* A field that depends on a setting names one that there is, and a value it may have. */
static gboolean check_need(const Check *check, const KjFieldDefinition *field) {
    if (!field->needs_setting && !field->needs_value)
        return TRUE;
    if (!field->needs_setting || !field->needs_value)
        return refuse(check, _("a needed setting goes with a needed value"));
    return find_setting(check->domain, field->needs_setting) ? TRUE : refuse(check, _("it needs a setting that the domain does not have"));
}

static gboolean check_fields(Check *check) {
    const KjFieldDefinition *fields = check->domain->fields;
    check->table = N_("field");
    for (guint i = 0; fields[i].name; i++) {
        const KjFieldDefinition *field = &fields[i];
        check->entry = field->name;
        if (!is_name(check, field->name) || !is_unique(check, fields, sizeof *fields, i))
            return FALSE;
        if (field->type < KJ_TYPE_BOOL || field->type > KJ_TYPE_NAMED)
            return refuse(check, _("there is no such type"));
        if (field->flags & ~FIELD_FLAGS)
            return refuse(check, _("there is no such flag"));
        if (field->phase && !is_word(field->phase))
            return refuse(check, _("the phase is not a word"));
        if (!check_numbers(check, field) || !check_values(check, field) || !check_parts(check, field) || !check_need(check, field) ||
            !is_phrase(check, &field->phrase, "phrase", field->type == KJ_TYPE_BOOL && !(field->flags & KJ_FIELD_SET) ? 0 : 1) ||
            !is_phrase(check, &field->doc, _("documentation"), 0))
            return FALSE;
    }
    return TRUE;
}

/* ---- effects and their parameters ---- */

static gboolean has_rate(const KjDomain *domain, const char *effect) {
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++)
        if (parameter->kind == KJ_PARAMETER_RATE && parameter->effects && g_strv_contains(parameter->effects, effect))
            return TRUE;
    return FALSE;
}

static gboolean check_effects(Check *check) {
    const KjEffectDefinition *effects = check->domain->effects;
    check->table = N_("effect");
    for (guint i = 0; effects[i].name; i++) {
        const KjEffectDefinition *effect = &effects[i];
        gboolean refuses = (effect->flags & KJ_EFFECT_REFUSES) != 0;
        check->entry = effect->name;
        if (!is_name(check, effect->name) || !is_unique(check, effects, sizeof *effects, i))
            return FALSE;
        if (effect->flags & ~EFFECT_FLAGS)
            return refuse(check, _("there is no such flag"));
        if (effect->flags & (effect->flags - 1))
            return refuse(check, _("an effect is only one of: it refuses, limits, holds, requires"));
        if (i > 0 && !refuses && (effects[i - 1].flags & KJ_EFFECT_REFUSES))
            return refuse(check, _("effects go from the mildest to the strictest, and what refuses is stricter than what does not"));
        if (strcmp(effect->name, "require") == 0 && !(effect->flags & KJ_EFFECT_REQUIRES))
            return refuse(check, _("an effect of this name must be one that requires"));
        if ((effect->flags & KJ_EFFECT_LIMITS) && !has_rate(check->domain, effect->name))
            return refuse(check, _("an effect that limits needs a parameter for its rate"));
        if (!is_phrase(check, &effect->phrase, _("phrase"), 0) || !is_phrase(check, &effect->doc, _("documentation"), 0))
            return FALSE;
    }
    check->entry = NULL;
    if (!effects[0].name)
        return refuse(check, _("a domain has at least one effect"));
    if (check->domain->default_effect && !find_effect(check->domain, check->domain->default_effect))
        return refuse(check, _("the default effect is not one of the effects"));
    return TRUE;
}

static gboolean check_parameters(Check *check) {
    const KjParameterDefinition *parameters = check->domain->parameters;
    check->table = N_("parameter");
    for (guint i = 0; parameters && parameters[i].name; i++) {
        const KjParameterDefinition *parameter = &parameters[i];
        check->entry = parameter->name;
        if (!is_name(check, parameter->name) || !is_unique(check, parameters, sizeof *parameters, i))
            return FALSE;
        if (find_field(check->domain, parameter->name))
            return refuse(check, _("a field has the same name"));
        if (parameter->kind < KJ_PARAMETER_RATE || parameter->kind > KJ_PARAMETER_FIELDS)
            return refuse(check, _("there is no such kind"));
        if (!parameter->effects || !parameter->effects[0])
            return refuse(check, _("no effect takes it"));
        for (const char *const *effect = parameter->effects; *effect; effect++)
            if (!find_effect(check->domain, *effect))
                return refuse(check, _("it names an effect that the domain does not have"));
        if (!is_phrase(check, &parameter->phrase, _("phrase"), 1) || !is_phrase(check, &parameter->doc, _("documentation"), 0))
            return FALSE;
    }
    return TRUE;
}

/* ---- settings, annotations, targets ---- */

static gboolean is_initial(const KjSettingDefinition *setting) {
    const char *text = setting->initial;
    guint64 number;
    switch (setting->type) {
    case KJ_TYPE_SYMBOL:
        return g_strv_contains(setting->values, text);
    case KJ_TYPE_BOOL:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    case KJ_TYPE_DURATION:
        return kj_value_read_duration(text, strlen(text), &number, NULL);
    default:
        return kj_value_read_integer(text, strlen(text), &number, NULL);
    }
}

static gboolean check_settings(Check *check) {
    const KjSettingDefinition *settings = check->domain->settings;
    check->table = N_("setting");
    for (guint i = 0; settings && settings[i].name; i++) {
        const KjSettingDefinition *setting = &settings[i];
        check->entry = setting->name;
        if (!is_name(check, setting->name) || !is_unique(check, settings, sizeof *settings, i))
            return FALSE;
        if (setting->type != KJ_TYPE_SYMBOL && setting->type != KJ_TYPE_BOOL && setting->type != KJ_TYPE_DURATION &&
            setting->type != KJ_TYPE_INTEGER)
            return refuse(check, _("a setting is a symbol, a boolean, a duration or an integer"));
        if ((setting->type == KJ_TYPE_SYMBOL) != (setting->values != NULL))
            return refuse(check, _("a symbol, and only a symbol, has values"));
        if (setting->values && !are_words(check, setting->values, _("value")))
            return FALSE;
        if (setting->initial && !is_initial(setting))
            return refuse(check, _("the initial value is not of the setting's type"));
        if (!is_phrase(check, &setting->doc, _("documentation"), 0))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_annotations(Check *check) {
    const KjAnnotationDefinition *annotations = check->domain->annotations;
    check->table = N_("annotation");
    for (guint i = 0; annotations && annotations[i].name; i++) {
        check->entry = annotations[i].name;
        if (!is_name(check, annotations[i].name) || !is_unique(check, annotations, sizeof *annotations, i))
            return FALSE;
        if (g_strv_contains(common_annotations, annotations[i].name))
            return refuse(check, _("every domain has this annotation already"));
        if (!is_phrase(check, &annotations[i].doc, _("documentation"), 0))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_targets(Check *check) {
    const KjTargetDefinition *targets = check->domain->targets;
    check->table = N_("target");
    for (guint i = 0; targets && targets[i].name; i++) {
        check->entry = targets[i].name;
        if (!*targets[i].name || !g_utf8_validate(targets[i].name, -1, NULL))
            return refuse(check, _("the name is empty or not UTF-8"));
        if (!is_unique(check, targets, sizeof *targets, i))
            return FALSE;
        if (!targets[i].emit)
            return refuse(check, _("it has no function that writes it"));
        if (!is_phrase(check, &targets[i].doc, _("documentation"), 0))
            return FALSE;
    }
    return TRUE;
}

/* ---- lifelines ---- */

/* What is said of a field: any value, any but one, a word of the session's connection, or a value; of the types a lifeline needs these are read here
 * already. */
static gboolean is_said(const KjFieldDefinition *field, const char *text) {
    const KjNamedNumber *named = field->names;
    KjOrdinal address;
    guint64 number;
    if (text[0] == '!')
        text++;
    if (strcmp(text, "*") == 0 || (text[0] == '{' && text[1] >= '1' && text[1] <= '4' && strcmp(text + 2, "}") == 0))
        return TRUE;
    while (named && named->name && strcmp(named->name, text) != 0)
        named++;
    if (named && named->name)
        return TRUE;
    if (field->type == KJ_TYPE_INTEGER)
        return kj_value_read_integer(text, strlen(text), &number, NULL) && number >= field->low && (!field->high || number <= field->high);
    if (field->type == KJ_TYPE_ADDRESS)
        return kj_value_read_address(text, strlen(text), &address, NULL);
    return field->values ? g_strv_contains(field->values, text) : *text != '\0';
}

static gboolean check_request(const Check *check, const char *const *request) {
    const char *const *all = request;
    for (; request && request[0]; request += 2) {
        const KjFieldDefinition *field = find_field(check->domain, request[0]);
        if (!field || field->type == KJ_TYPE_SERVICE || (field->flags & KJ_FIELD_SET))
            return refuse(check, _("its request names something that is no field with one value"));
        if (!request[1] || !is_said(field, request[1]))
            return refuse(check, _("its request gives a field no value that it can have"));
    }
    for (const KjFieldDefinition *field = check->domain->fields; field->name; field++) {
        for (request = all; request && request[0] && strcmp(request[0], field->name) != 0; request += 2)
            ;
        if ((field->flags & KJ_FIELD_REQUIRED) && (!request || !request[0]))
            return refuse(check, _("its request lacks a required field"));
    }
    return TRUE;
}

static gboolean check_lifelines(Check *check) {
    const KjLifelineDefinition *lifelines = kj_domain_lifelines(check->domain);
    check->table = N_("lifeline");
    for (; lifelines && lifelines->name; lifelines++) {
        const KjSettingDefinition *setting = lifelines->setting ? find_setting(check->domain, lifelines->setting) : NULL;
        check->entry = lifelines->name;
        if ((lifelines->setting == NULL) != (lifelines->value == NULL) || (lifelines->setting && !setting))
            return refuse(check, _("it needs a setting that the domain does not have"));
        if (setting && setting->values && !g_strv_contains(setting->values, lifelines->value))
            return refuse(check, _("it needs a value that the setting does not have"));
        if (!check_request(check, lifelines->request) || !is_phrase(check, &lifelines->phrase, _("phrase"), 0))
            return FALSE;
    }
    return TRUE;
}

const KjLifelineDefinition *kj_domain_lifelines(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, lifelines) ? domain->lifelines : NULL;
}

/* ---- readers ---- */

static const KjReaderDefinition *domain_readers(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, readers) ? domain->readers : NULL;
}

static gboolean has_target(const KjDomain *domain, const char *name) {
    const KjTargetDefinition *target = domain->targets;
    while (target && target->name && strcmp(target->name, name) != 0)
        target++;
    return target && target->name;
}

static gboolean check_readers(Check *check) {
    const KjReaderDefinition *readers = domain_readers(check->domain);
    check->table = N_("reader");
    for (guint i = 0; readers && readers[i].target; i++) {
        check->entry = readers[i].target;
        if (!has_target(check->domain, readers[i].target))
            return refuse(check, _("it reads a target that the domain does not have"));
        if (!is_unique(check, readers, sizeof *readers, i))
            return FALSE;
        if (!readers[i].load || !readers[i].read_back)
            return refuse(check, _("it has no function that loads, or none that reads"));
    }
    return TRUE;
}

const KjReaderDefinition *kj_domain_reader(const KjDomain *domain, const char *target) {
    const KjReaderDefinition *reader = domain_readers(domain);
    while (reader && reader->target && strcmp(reader->target, target) != 0)
        reader++;
    return reader && reader->target ? reader : NULL;
}

/* ---- readers of logs ---- */

const KjLogReaderDefinition *kj_domain_log_readers(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, log_readers) ? domain->log_readers : NULL;
}

static gboolean check_log_readers(Check *check) {
    const KjLogReaderDefinition *readers = kj_domain_log_readers(check->domain);
    check->table = N_("log reader");
    for (guint i = 0; readers && readers[i].name; i++) {
        check->entry = readers[i].name;
        if (!is_name(check, readers[i].name) || !is_unique(check, readers, sizeof *readers, i) ||
            !is_phrase(check, &readers[i].doc, _("documentation"), 0))
            return FALSE;
        if (!readers[i].recognise || !readers[i].open || !readers[i].read || !readers[i].close || !readers[i].fields)
            return refuse(check, _("one of its functions, or its list of fields, is missing"));
        for (const char *const *field = readers[i].fields; *field; field++)
            if (!find_field(check->domain, *field))
                return refuse(check, _("it sets a field that the domain does not have"));
    }
    return TRUE;
}

/* ---- enforcers ---- */

static const KjEnforcerDefinition *domain_enforcers(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, enforcers) ? domain->enforcers : NULL;
}

static gboolean check_enforcers(Check *check) {
    const KjEnforcerDefinition *enforcers = domain_enforcers(check->domain);
    check->table = N_("enforcer");
    for (guint i = 0; enforcers && enforcers[i].target; i++) {
        check->entry = enforcers[i].target;
        if (!has_target(check->domain, enforcers[i].target))
            return refuse(check, _("it enforces a target that the domain does not have"));
        if (!is_unique(check, enforcers, sizeof *enforcers, i))
            return FALSE;
        if (!enforcers[i].current || !enforcers[i].apply)
            return refuse(check, _("it has no function that applies, or none that tells what is in force"));
    }
    return TRUE;
}

const KjEnforcerDefinition *kj_domain_enforcer(const KjDomain *domain, const char *target) {
    const KjEnforcerDefinition *enforcer = domain_enforcers(domain);
    while (enforcer && enforcer->target && strcmp(enforcer->target, target) != 0)
        enforcer++;
    return enforcer && enforcer->target ? enforcer : NULL;
}

/* ---- the auditor ---- */

const KjAuditorDefinition *kj_domain_auditor(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, auditor) ? domain->auditor : NULL;
}

static gboolean check_auditor(Check *check) {
    const KjAuditorDefinition *auditor = kj_domain_auditor(check->domain);
    check->table = N_("form of files");
    check->entry = NULL;
    if (!auditor)
        return TRUE;
    if (!auditor->forms || !auditor->open || !auditor->finish || !auditor->close)
        return refuse(check, _("one of its functions, or its forms, are missing"));
    for (guint i = 0; auditor->forms[i].name; i++) {
        const KjAuditFormDefinition *form = &auditor->forms[i];
        check->entry = form->name;
        if (!is_name(check, form->name) || !is_unique(check, auditor->forms, sizeof *form, i) ||
            !is_phrase(check, &form->doc, _("documentation"), 0) || !is_phrase(check, &form->owner, _("documentation"), 0))
            return FALSE;
        if (!form->read)
            return refuse(check, _("one of its functions, or its forms, are missing"));
    }
    check->entry = NULL;
    return is_phrase(check, &auditor->doc, _("documentation"), 0);
}

/* ---- the whole ---- */

/* The members that came later: a plugin built before one was there ends where it begins. */
static gboolean is_known_size(guint32 size) {
    return size == sizeof(KjDomain) || size == G_STRUCT_OFFSET(KjDomain, lifelines) || size == G_STRUCT_OFFSET(KjDomain, readers) ||
           size == G_STRUCT_OFFSET(KjDomain, log_readers) || size == G_STRUCT_OFFSET(KjDomain, advise) ||
           size == G_STRUCT_OFFSET(KjDomain, enforcers) || size == G_STRUCT_OFFSET(KjDomain, auditor);
}

KjAdvise kj_domain_advise(const KjDomain *domain) {
    return domain->size > G_STRUCT_OFFSET(KjDomain, advise) ? domain->advise : NULL;
}

gboolean kj_domain_check(const KjDomain *domain, GError **error) {
    Check check = { .domain = domain, .error = error };
    if (domain->abi != KJ_DOMAIN_ABI || !is_known_size(domain->size)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN,
                    _("the plugin was built for interface %u of %u bytes; this is interface %u of %u bytes"), domain->abi, domain->size,
                    KJ_DOMAIN_ABI, (guint)sizeof(KjDomain));
        return FALSE;
    }
    if (!is_name(&check, domain->name))
        return FALSE;
    if (!domain->version || !*domain->version)
        return refuse(&check, _("it has no version"));
    if (domain->combining < KJ_COMBINING_FIRST_MATCH || domain->combining > KJ_COMBINING_ADD_UP)
        return refuse(&check, _("there is no such combining rule"));
    if (!domain->fields || !domain->effects)
        return refuse(&check, _("it has no fields or no effects"));
    if (!is_phrase(&check, &domain->doc, _("documentation"), 0) || !is_phrase(&check, &domain->subject, _("subject"), 0))
        return FALSE;
    if (domain->read_request && !is_phrase(&check, &domain->request_doc, _("request documentation"), 0))
        return FALSE;
    return check_fields(&check) && check_effects(&check) && check_parameters(&check) && check_settings(&check) &&
           check_annotations(&check) && check_targets(&check) && check_lifelines(&check) && check_readers(&check) &&
           check_log_readers(&check) && check_enforcers(&check) && check_auditor(&check);
}
