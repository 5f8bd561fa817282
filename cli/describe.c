/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun describe: the vocabulary of the installed domains, straight from their tables. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "manual.h"

static const char *const type_names[] = {
    [KJ_TYPE_BOOL] = "bool",       [KJ_TYPE_INTEGER] = "integer", [KJ_TYPE_SIZE] = "size", [KJ_TYPE_DURATION] = "duration",
    [KJ_TYPE_DATE] = "date",       [KJ_TYPE_ADDRESS] = "address", [KJ_TYPE_SERVICE] = "service", [KJ_TYPE_PATH] = "path",
    [KJ_TYPE_MAIL] = "mail",       [KJ_TYPE_PRINCIPAL] = "principal", [KJ_TYPE_TEXT] = "text", [KJ_TYPE_SYMBOL] = "name",
    [KJ_TYPE_NAMED] = N_("the workspace's type of that name"),
};

static const char *const combining_names[] = {
    [KJ_COMBINING_FIRST_MATCH] = "first-match",
    [KJ_COMBINING_STRICTEST] = "strictest",
    [KJ_COMBINING_ADD_UP] = "add-up",
};

static const char *const combining_docs[] = {
    [KJ_COMBINING_FIRST_MATCH] = N_("the first rule that matches decides"),
    [KJ_COMBINING_STRICTEST] = N_("of all rules that match, the strictest decides"),
    [KJ_COMBINING_ADD_UP] = N_("all rules that match hold together"),
};

static const char *in_language(KjPhrase phrase) {
    return strcmp(kj_cli_language(), "ja") == 0 ? phrase.ja : phrase.en;
}

/* "integer 0..65535", "{ new, established }", "set of text". */
char *kj_cli_field_type(const KjFieldDefinition *field) {
    GString *text = g_string_new(field->flags & KJ_FIELD_SET ? "set of " : "");
    if (field->type == KJ_TYPE_SYMBOL && field->values) {
        g_autofree char *values = g_strjoinv(field->flags & KJ_FIELD_ORDERED ? " > " : ", ", (char **)field->values);
        g_string_append_printf(text, "{ %s }", values);
    } else {
        g_string_append(text, field->type == KJ_TYPE_NAMED ? _(type_names[field->type]) : type_names[field->type]);
    }
    if (field->high > 0)
        g_string_append_printf(text, " %" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT, field->low, field->high);
    return g_string_free(text, FALSE);
}

static void print_field(const KjFieldDefinition *field) {
    g_autofree char *type = kj_cli_field_type(field);
    printf("  %-18s %s%s%s%s\n", field->name, type, field->flags & KJ_FIELD_REQUIRED ? _(", required") : "", field->phase ? _(", at ") : "",
           field->phase ? field->phase : "");
    printf("  %-18s   %s\n", "", in_language(field->doc));
}

static void print_field_details(const KjFieldDefinition *field) {
    print_field(field);
    for (const KjNamedNumber *name = field->names; name && name->name; name++)
        printf("  %-18s   %s = %" G_GUINT64_FORMAT "\n", "", name->name, name->number);
    printf(_("  %-18s   reads as: %s\n"), "", in_language(field->phrase));
}

static void print_annotations(const KjDomain *domain) {
    puts(_("\nAnnotations, behind a rule"));
    for (const KjAnnotationDefinition *own = domain->annotations; own && own->name; own++) {
        g_autofree char *form = g_strdup_printf(own->has_argument ? "@%s(\"text\")" : "@%s", own->name);
        printf("  %-30s %s\n", form, in_language(own->doc));
    }
    for (const KjCommonAnnotation *common = kj_common_annotations; common->name; common++)
        printf("  %-30s %s\n", common->form, in_language(common->doc));
}

static void print_domain(const KjDomain *domain) {
    printf("%s: %s\n  %s (%s)", domain->name, in_language(domain->doc), combining_names[domain->combining],
           _(combining_docs[domain->combining]));
    if (domain->default_effect)
        printf(_(", default %s"), domain->default_effect);
    printf("%s\n\n%s\n", domain->open ? _(", blocks may declare fields") : "", _("Effects, mildest first"));
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++)
        printf("  %-18s %s%s\n", effect->name, in_language(effect->doc), effect->flags & KJ_EFFECT_REFUSES ? _(" (refuses)") : "");
    puts(_("\nFields"));
    for (const KjFieldDefinition *field = domain->fields; field->name; field++)
        print_field(field);
    if (domain->parameters && domain->parameters->name)
        puts(_("\nParameters of an effect"));
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++) {
        g_autofree char *effects = g_strjoinv(", ", (char **)parameter->effects);
        printf("  %-18s %s (%s)\n", parameter->name, in_language(parameter->doc), effects);
    }
    print_annotations(domain);
    if (domain->settings && domain->settings->name)
        puts(_("\nSettings"));
    for (const KjSettingDefinition *setting = domain->settings; setting && setting->name; setting++)
        printf("  %-18s %s%s%s%s\n", setting->name, in_language(setting->doc), setting->initial ? " (" : "",
               setting->initial ? setting->initial : "", setting->initial ? ")" : "");
    if (domain->targets && domain->targets->name)
        puts(_("\nTargets"));
    for (const KjTargetDefinition *target = domain->targets; target && target->name; target++)
        printf("  %-18s %s\n", target->name, in_language(target->doc));
    const KjLogReaderDefinition *reader = kj_domain_log_readers(domain);
    if (reader && reader->name)
        puts(_("\nLogs it reads (replay --log)"));
    for (; reader && reader->name; reader++)
        printf("  %-18s %s\n", reader->name, in_language(reader->doc));
    const KjAuditorDefinition *auditor = kj_domain_auditor(domain);
    if (auditor)
        printf(_("\nFiles it audits (audit FORM:OWNER=FILE)\n  %s\n"), in_language(auditor->doc));
    for (const KjAuditFormDefinition *form = auditor ? auditor->forms : NULL; form && form->name; form++)
        printf(_("  %-18s %s\n  %-18s   OWNER: %s\n"), form->name, in_language(form->doc), "", in_language(form->owner));
    if (domain->read_request)
        printf(_("\nA real request (decide --request)\n  %s\n"), in_language(domain->request_doc));
}

static void add_phrase(JsonBuilder *builder, const char *name, KjPhrase phrase) {
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    kj_member_text(builder, "en", phrase.en);
    kj_member_text(builder, "ja", phrase.ja);
    json_builder_end_object(builder);
}

static void add_domain(JsonBuilder *builder, const KjDomain *domain) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "name", domain->name);
    kj_member_text(builder, "combining", combining_names[domain->combining]);
    add_phrase(builder, "doc", domain->doc);
    kj_member_list(builder, "effects");
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++) {
        json_builder_begin_object(builder);
        kj_member_text(builder, "name", effect->name);
        kj_member_truth(builder, "refuses", (effect->flags & KJ_EFFECT_REFUSES) != 0);
        add_phrase(builder, "doc", effect->doc);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    kj_member_list(builder, "fields");
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        g_autofree char *type = kj_cli_field_type(field);
        json_builder_begin_object(builder);
        kj_member_text(builder, "name", field->name);
        kj_member_text(builder, "type", type);
        kj_member_truth(builder, "required", (field->flags & KJ_FIELD_REQUIRED) != 0);
        add_phrase(builder, "phrase", field->phrase);
        add_phrase(builder, "doc", field->doc);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static int describe_json(const KjDomain *only) {
    g_autofree const KjDomain **domains = kj_plugin_list();
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_list(builder, "domains");
    for (guint i = 0; domains[i]; i++)
        if (!only || domains[i] == only)
            add_domain(builder, domains[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
    return KJ_EXIT_FINE;
}

static int unknown(const char *what, const char *name, GPtrArray *names) {
    if (names->len == 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no %s `%s`; none at all is installed"), what, name);
    g_ptr_array_add(names, NULL);
    const char *nearest = kj_did_you_mean(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
    if (nearest)
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no %s `%s`; did you mean `%s`? There are: %s"), what, name, nearest, all);
    return kj_cli_fail(KJ_EXIT_USAGE, _("there is no %s `%s`; there are: %s"), what, name, all);
}

static char *format;

const GOptionEntry kj_options_describe[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

int kj_command_describe(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 2, &code))
        return code;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    kj_plugins_load(problems);
    for (guint i = 0; i < problems->len; i++)
        kj_cli_fail(0, "%s", (const char *)problems->pdata[i]);
    g_autofree const KjDomain **domains = kj_plugin_list();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; domains[i]; i++)
        g_ptr_array_add(names, (gpointer)domains[i]->name);
    const KjDomain *domain = argc > 1 ? kj_plugin_find(argv[1]) : NULL;
    if (argc > 1 && !domain)
        return unknown(_("domain"), argv[1], names);
    if (g_strcmp0(format, "json") == 0)
        return describe_json(domain);
    if (!domain) {
        for (guint i = 0; domains[i]; i++)
            printf("%-12s %s\n", domains[i]->name, in_language(domains[i]->doc));
        return KJ_EXIT_FINE;
    }
    if (argc < 3) {
        print_domain(domain);
        return KJ_EXIT_FINE;
    }
    g_ptr_array_set_size(names, 0);
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        if (strcmp(field->name, argv[2]) == 0) {
            print_field_details(field);
            return KJ_EXIT_FINE;
        }
        g_ptr_array_add(names, (gpointer)field->name);
    }
    return unknown(_("field"), argv[2], names);
}
