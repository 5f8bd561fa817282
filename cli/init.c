/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun init: a new workspace, one small policy for each domain, written from the domain's own tables, so that a plugin from outside
 * gets one too.
 *
 * Each file lists the domain's words as comments and holds one block with one rule and one test. The rule speaks of one field, the first that
 * every request has (else the first of all): `mildest effect FIELD VALUE` before a default that is the strictest effect, or, where the domain has a
 * default of its own, `require FIELD ...`. The test asks the rule with one value and, if there is one, the default with another. What
 * else a request needs is filled from the sample values of its type. A folder with anything in it is left alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "../compiler/syntax/syntax.h"
#include "cli.h"
#include "git_driver.h"
#include "versions/init_governance.h"

static char **chosen;
static gboolean git, governance;

const GOptionEntry kj_options_init[] = {
    { "domain", 0, 0, G_OPTION_ARG_STRING_ARRAY, &chosen, N_("Only this domain; may be given several times (all that are installed)"),
      "DOMAIN" },
    { "git", 0, 0, G_OPTION_ARG_NONE, &git, N_("Make no workspace, but have git show effects in the repository of DIR (.)"), NULL },
    { "governance", 0, 0, G_OPTION_ARG_NONE, &governance, N_("Make no workspace, but begin a root of trust in the repository of DIR (.)"), NULL },
    { "signer", 0, 0, G_OPTION_ARG_STRING_ARRAY, &kj_governance_choices.signers, N_("With --governance: NAME has this key, and may sign roots and releases; several times (you)"), "NAME=KEYFILE" },
    { "person", 0, 0, G_OPTION_ARG_STRING_ARRAY, &kj_governance_choices.people, N_("With --governance: NAME has this key, to approve and the like"), "NAME=KEYFILE" },
    { "recovery", 0, 0, G_OPTION_ARG_STRING_ARRAY, &kj_governance_choices.recovery, N_("With --governance: NAME keeps this key against the loss of others"), "NAME=KEYFILE" },
    { "threshold", 0, 0, G_OPTION_ARG_STRING_ARRAY, &kj_governance_choices.thresholds, N_("With --governance: so many must sign; for root, release and recovery (more than half; release 1)"), "root=N" },
    { "expires", 0, 0, G_OPTION_ARG_STRING, &kj_governance_choices.expires, N_("With --governance: until when the root is fresh (a year)"), "INSTANT" },
    G_OPTION_ENTRY_NULL,
};

/* How a value of each type is written: one that the example's rule speaks of, and another. Ordered types are compared, the others named. */
static const struct {
    const char *one, *other;
    gboolean ordered;
} samples[] = {
    [KJ_TYPE_BOOL] = { "true", "false", FALSE },
    [KJ_TYPE_INTEGER] = { "8", "7", TRUE },
    [KJ_TYPE_SIZE] = { "8MB", "7MB", TRUE },
    [KJ_TYPE_DURATION] = { "8h", "7h", TRUE },
    [KJ_TYPE_DATE] = { "2030-01-02", "2030-01-01", TRUE },
    [KJ_TYPE_ADDRESS] = { "192.0.2.1", "198.51.100.1", FALSE },
    [KJ_TYPE_PATH] = { "\"/example\"", "\"/other\"", FALSE },
    [KJ_TYPE_MAIL] = { "\"one@example.com\"", "\"other@example.org\"", FALSE },
    [KJ_TYPE_PRINCIPAL] = { "\"one\"", "\"other\"", FALSE },
    [KJ_TYPE_TEXT] = { "\"one\"", "\"other\"", FALSE },
    [KJ_TYPE_SYMBOL] = { "\"one\"", "\"other\"", FALSE },
    [KJ_TYPE_NAMED] = { "high", "low", FALSE },
};

static const char *in_language(KjPhrase phrase) {
    return strcmp(kj_cli_language(), "ja") == 0 ? phrase.ja : phrase.en;
}

/* The sample values of a field; *other is NULL when its type has but one. Free both. */
static char *sample(const KjFieldDefinition *field, char **other, gboolean *ordered) {
    *ordered = FALSE;
    if (field->values) {
        *other = field->values[1] ? g_strdup_printf("\"%s\"", field->values[1]) : NULL;
        return g_strdup_printf("\"%s\"", field->values[0]);
    }
    if (field->names && field->names[0].name) {
        *other = g_strdup(field->names[1].name);
        return g_strdup(field->names[0].name);
    }
    *ordered = samples[field->type].ordered;
    if (field->high > 0) { /* bounds: the numbers themselves are always values */
        const char *unit = field->type == KJ_TYPE_DURATION ? "s" : "";
        *other = field->low < field->high ? g_strdup_printf("%" G_GUINT64_FORMAT "%s", field->low, unit) : NULL;
        return g_strdup_printf("%" G_GUINT64_FORMAT "%s", field->high, unit);
    }
    *other = g_strdup(samples[field->type].other);
    return g_strdup(samples[field->type].one);
}

/* ---- what the example speaks of ---- */

static gboolean can_be_asked(const KjFieldDefinition *field) {
    return field->type != KJ_TYPE_SERVICE && !(field->flags & KJ_FIELD_SET) && !field->needs_setting &&
           !(field->high && field->type == KJ_TYPE_DATE);
}

static const KjFieldDefinition *find_subject(const KjDomain *domain) {
    const KjFieldDefinition *first = NULL;
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        if (can_be_asked(field) && field->flags & KJ_FIELD_REQUIRED)
            return field;
        if (can_be_asked(field) && !first)
            first = field;
    }
    return first;
}

static gboolean takes(const KjParameterDefinition *parameter, const KjEffectDefinition *effect) {
    return parameter->required && g_strv_contains(parameter->effects, effect->name);
}

static gboolean needs_parameters(const KjDomain *domain, const KjEffectDefinition *effect) {
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++)
        if (takes(parameter, effect))
            return TRUE;
    return FALSE;
}

/* The strictest effect, or the mildest; a default cannot be one that needs parameters. */
static const KjEffectDefinition *find_effect(const KjDomain *domain, gboolean strictest) {
    const KjEffectDefinition *found = domain->effects;
    for (const KjEffectDefinition *effect = domain->effects; strictest && effect->name; effect++)
        if (!needs_parameters(domain, effect))
            found = effect;
    return found;
}

/* ---- the file ---- */

static void append_vocabulary(const KjDomain *domain, GString *out) {
    g_string_append_printf(out, "# %s\n#\n# %s\n", in_language(domain->doc), _("Effects, mildest first:"));
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++)
        g_string_append_printf(out, "#     %-18s %s\n", effect->name, in_language(effect->doc));
    g_string_append_printf(out, "# %s\n", _("Fields; every request has those with a star:"));
    for (const KjFieldDefinition *field = domain->fields; field->name; field++)
        g_string_append_printf(out, "#   %s %-18s %s\n", field->flags & KJ_FIELD_REQUIRED ? "*" : " ", field->name,
                               in_language(field->doc));
    g_string_append_printf(out, _("# `kijun describe %s` tells the rest.\n\n"), domain->name);
}

static void append_parameters(const KjDomain *domain, const KjEffectDefinition *effect, const KjFieldDefinition *subject, GString *out) {
    const char *const values[] = {
        [KJ_PARAMETER_RATE] = "10/1h",      [KJ_PARAMETER_INTEGER] = "1",         [KJ_PARAMETER_DURATION] = "1h",
        [KJ_PARAMETER_GROUP] = "colleagues", [KJ_PARAMETER_FIELDS] = subject->name,
    };
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++)
        if (takes(parameter, effect))
            g_string_append_printf(out, " %s %s", parameter->name, values[parameter->kind]);
}

static gboolean needs_group(const KjDomain *domain, const KjEffectDefinition *effect) {
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++)
        if (takes(parameter, effect) && parameter->kind == KJ_PARAMETER_GROUP)
            return TRUE;
    return FALSE;
}

/* A workspace has one `type` of a name, so each file declares what its own fields need. */
static void append_declarations(const KjDomain *domain, const KjEffectDefinition *effect, const KjFieldDefinition *subject, GString *out) {
    gsize before = out->len;
    if (needs_group(domain, effect))
        g_string_append(out, "group colleagues = { \"abe\", \"ito\" };\n");
    for (const KjFieldDefinition *field = domain->fields; field->name; field++)
        if (field->type == KJ_TYPE_NAMED && (field == subject || field->flags & KJ_FIELD_REQUIRED))
            g_string_append_printf(out, "type %s = high > low;\n", field->name);
    if (out->len > before)
        g_string_append_c(out, '\n');
}

/* One request of the test: the subject with `value`, whatever else is required with its sample. */
static void append_request(const KjDomain *domain, const KjFieldDefinition *subject, const char *value, const char *effect,
                           const char *label, GString *out) {
    g_string_append_printf(out, "    %s example:", domain->name);
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        g_autofree char *other = NULL;
        gboolean ordered;
        if (field != subject && !(field->flags & KJ_FIELD_REQUIRED))
            continue;
        g_autofree char *own = sample(field, &other, &ordered);
        g_string_append_printf(out, " %s %s", field->name, field == subject ? value : own);
    }
    g_string_append_printf(out, " => %s by %s;\n", effect, label);
}

static char *write_text(const KjDomain *domain) {
    const KjFieldDefinition *subject = find_subject(domain);
    gboolean turned = domain->default_effect != NULL, adds = domain->combining == KJ_COMBINING_ADD_UP, ordered = FALSE;
    const KjEffectDefinition *mildest = find_effect(domain, FALSE), *strictest = find_effect(domain, TRUE);
    GString *out = g_string_new(NULL);
    append_vocabulary(domain, out);
    if (!subject)
        return g_string_free(out, FALSE);
    g_autofree char *other = NULL, *one = sample(subject, &other, &ordered);
    append_declarations(domain, mildest, subject, out);

    g_string_append_printf(out, "%s\n%s example {\n", _("## An example; put your own rules in its place."), domain->name);
    if (!turned && !adds)
        g_string_append_printf(out, "    default %s; # %s\n", strictest->name, _("what no rule below matches"));
    g_string_append_printf(out, "    first: %s", turned ? "require" : mildest->name);
    if (!turned)
        append_parameters(domain, mildest, subject, out);
    if (mildest->flags & KJ_EFFECT_REQUIRES)
        g_string_append_printf(out, " when %s == %s", subject->name, one);
    else
        g_string_append_printf(out, " %s %s%s", subject->name, ordered ? ">= " : "", one);
    g_string_append(out, ";\n}\n\n");

    g_string_append_printf(out, "test \"%s\" {\n", _("the example answers"));
    append_request(domain, subject, one, turned ? domain->default_effect : mildest->name, turned ? "default" : "first", out);
    if (other && !adds)
        append_request(domain, subject, other, strictest->name, turned ? "first" : "default", out);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

/* The text in canonical form. NULL when the domain's tables, though sound, make no policy that checks. */
static char *example(const KjDomain *domain, GError **error) {
    g_autofree char *text = write_text(domain), *path = g_strconcat(domain->name, ".pol", NULL);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, path, text, strlen(text));
    if (!compilation->policy) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN, _("no example can be written from the tables of the domain `%s`"), domain->name);
        return NULL;
    }
    GString *out = g_string_new(NULL);
    kj_print_module(compilation->modules[0], compilation->sources, out);
    return g_string_free(out, FALSE);
}

/* ---- the folder ---- */

/* Makes the folder if it is not there; what is there must be an empty folder. */
static gboolean take_folder(const char *folder, GError **error) {
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", folder, g_strerror(errno));
        return FALSE;
    }
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    if (!dir)
        return FALSE;
    if (g_dir_read_name(dir)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the folder `%s` is not empty; nothing was touched"), folder);
        return FALSE;
    }
    return TRUE;
}

static gboolean write_example(const char *folder, const KjDomain *domain, GError **error) {
    g_autofree char *name = g_strconcat(domain->name, ".pol", NULL), *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = example(domain, error);
    if (!text)
        return FALSE;
    FILE *file = fopen(path, "wxe"); /* never over a file that came in between */
    gboolean written = file && fputs(text, file) >= 0;
    int trouble = errno;
    if (file && fclose(file) != 0 && written) {
        written = FALSE;
        trouble = errno;
    }
    if (!written)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(trouble));
    return written;
}

static void print_next(const char *folder, const char *domain) {
    printf(_("In %s stands one policy for each domain. Next:\n"), folder);
    printf("  kijun check %s\n  kijun test %s\n  kijun show --sentences %s\n  kijun build -o policy.kjt %s\n", folder, folder, folder,
           folder);
    printf("  kijun describe %s\n", domain);
    puts(_("Then put your own rules in the place of the examples, and a test beside each."));
}

int kj_command_init(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if (git)
        return kj_git_set_up(argc > 1 ? argv[1] : ".");
    if (governance)
        return kj_governance_set_up(argc > 1 ? argv[1] : ".");
    if (kj_governance_choices.signers || kj_governance_choices.people || kj_governance_choices.recovery ||
        kj_governance_choices.thresholds || kj_governance_choices.expires)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--signer, --person, --recovery, --threshold and --expires belong to --governance"));
    if (argc < 2)
        return kj_cli_fail(KJ_EXIT_USAGE, _("too few arguments; usage: %s %s"), "kijun init", "DIR");
    kj_plugins_load(NULL);
    g_autofree const KjDomain **domains = kj_plugin_list();
    if (!domains[0])
        return kj_cli_fail(KJ_EXIT_IO, "%s", _("no domain is installed; `kijun describe` tells why"));
    for (char **name = chosen; name && *name; name++)
        if (!kj_plugin_find(*name))
            return kj_cli_fail(KJ_EXIT_USAGE, _("there is no domain `%s`; `kijun describe` lists them all"), *name);
    if (!take_folder(argv[1], &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    for (guint i = 0; domains[i]; i++) {
        if (chosen && !g_strv_contains((const char *const *)chosen, domains[i]->name))
            continue;
        if (!write_example(argv[1], domains[i], &error))
            return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    }
    print_next(argv[1], chosen ? chosen[0] : domains[0]->name);
    return KJ_EXIT_FINE;
}
