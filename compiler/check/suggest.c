/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was probably meant: by names that nothing has, by clauses of other languages, by a minus that takes nothing away.
 *
 * The checks know that something is wrong; here is only what to write instead, from the word, the type that is wanted and the text beside it.
 */
#include "check.h"

#include <string.h>

/* Words for comparisons: `size less than 10MB`. */
static const char *const comparing[] = { "less", "more", "greater", "fewer", "smaller", "larger", "under", "over", NULL };

/* Services by the names people know (IANA). A policy writes the number, so that a reader needs no list. */
static const struct {
    const char *name, *service;
} services[] = {
    { "dns", "{ 53/udp, 53/tcp }" }, { "domain", "{ 53/udp, 53/tcp }" }, { "ftp", "21/tcp" },   { "http", "80/tcp" },
    { "https", "443/tcp" },          { "imap", "143/tcp" },              { "imaps", "993/tcp" }, { "ldap", "389/tcp" },
    { "ldaps", "636/tcp" },          { "ntp", "123/udp" },               { "rdp", "3389/tcp" },  { "smb", "445/tcp" },
    { "smtp", "25/tcp" },            { "smtps", "465/tcp" },             { "snmp", "161/udp" },  { "ssh", "22/tcp" },
    { "submission", "587/tcp" },     { "syslog", "514/udp" },            { "telnet", "23/tcp" },
};

static const char *service_of(const char *name) {
    for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
        if (g_ascii_strcasecmp(services[i].name, name) == 0)
            return services[i].service;
    }
    return NULL;
}

gboolean kj_suggest_value(KjDiagnostic *diagnostic, const KjAstName *name, const KjDataType *type) {
    if (!name->qualifier && g_strv_contains(comparing, name->text)) {
        KJ_CHECK_HELP(diagnostic, _("a comparison is a sign: `size < 10MB`, `size >= 10MB`"));
        return TRUE;
    }
    switch (type ? type->kind : 0) {
    case KJ_TYPE_SERVICE:
        if (!name->qualifier && service_of(name->text))
            KJ_CHECK_HELP(diagnostic, _("write `%s`"), service_of(name->text));
        else
            KJ_CHECK_HELP(diagnostic, _("a service is a port and a protocol, such as `443/tcp`"));
        return TRUE;
    case KJ_TYPE_PRINCIPAL:
        if (!name->qualifier && type->set)
            KJ_CHECK_HELP(diagnostic, _("declare it with `group %s = { \"NAME\", ... };`"), name->text);
        else if (!name->qualifier)
            KJ_CHECK_HELP(diagnostic, _("declare it with `group %s = { \"NAME\", ... };`, or write `\"%s\"` for one person"), name->text,
                          name->text);
        return !name->qualifier;
    case KJ_TYPE_ADDRESS:
        if (name->qualifier)
            KJ_CHECK_HELP(diagnostic, _("names of hosts are not looked up: write the address; `let web = 192.0.2.1;` gives it a name"));
        return name->qualifier != NULL;
    case KJ_TYPE_MAIL:
    case KJ_TYPE_TEXT:
        if (name->qualifier)
            KJ_CHECK_HELP(diagnostic, _("write it in quotation marks: `\"%s\"`"), name->text);
        return name->qualifier != NULL;
    default:
        return FALSE;
    }
}

/* ---- fields ---- */

static const struct {
    const char *word, *help;
} clauses[] = {
    { "else", N_("there is no `else`: write the other case as a rule of its own, or as the default") },
    { "otherwise", N_("there is no `else`: write the other case as a rule of its own, or as the default") },
    { "if", N_("a condition stands after `when`") },
    { "where", N_("a condition stands after `when`") },
    { "except", N_("what is left out stands after `unless`") },
    { "than", N_("a comparison is a sign: `size < 10MB`, `size >= 10MB`") },
};

gboolean kj_suggest_clause(const KjScope *scope, KjDiagnostic *diagnostic, const KjAstName *name) {
    const char *text = kj_sources_file(scope->checker->sources, name->span.file)->text;
    KjSpan number;

    if (kj_literal_unit_apart(text, name->span, &number)) {
        KJ_CHECK_HELP(diagnostic, _("a number and its unit are one word: `%.*s%s`"), (int)(number.end - number.start), text + number.start,
                      name->text);
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(clauses); i++) {
        if (strcmp(clauses[i].word, name->text) == 0) {
            KJ_CHECK_HELP(diagnostic, "%s", _(clauses[i].help));
            return TRUE;
        }
    }
    return FALSE;
}

gboolean kj_suggest_is_told(const KjScope *scope, const KjAstName *name) {
    if (strcmp(name->text, "than") != 0)
        return FALSE;
    for (guint i = 0; comparing[i]; i++) {
        if (g_hash_table_contains(scope->module->failed, comparing[i]))
            return TRUE;
    }
    return FALSE;
}

/* ---- a minus for a range ---- */

static gboolean is_one_value(const KjAstValue *value) {
    switch (value->kind) {
    case KJ_VALUE_INTEGER:
    case KJ_VALUE_SIZE:
    case KJ_VALUE_DURATION:
    case KJ_VALUE_SERVICE:
    case KJ_VALUE_DATE:
    case KJ_VALUE_TIME:
        return TRUE;
    case KJ_VALUE_ADDRESS:
        return !strchr(value->spelling, '/');
    default:
        return FALSE;
    }
}

gboolean kj_suggest_range(const KjScope *scope, const KjAstValue *value) {
    const KjAstValue *left = value->left, *right = value->right;
    KjDiagnostic *wrong;

    if (!is_one_value(left) || !is_one_value(right) || left->kind != right->kind)
        return FALSE;
    wrong = KJ_CHECK_REPORT(scope, KJ_CODE_SUBTRACTION, value->span, kj_check_value_text(scope->checker, value));
    if (left->kind == KJ_VALUE_SERVICE)
        KJ_CHECK_HELP(wrong, _("a range is written with two dots: `5000..5010/udp`"));
    else
        KJ_CHECK_HELP(wrong, _("a range is written with two dots: `%s..%s`"), left->spelling, right->spelling);
    return TRUE;
}
