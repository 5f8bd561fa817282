/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun-policy(5) and kijun-table(5): a page of prose each, and behind it what the program itself goes by: the installed domains, the limits, the
 * codes of diagnostics, the sections of a table. The whole language is in docs/language.md; the page is what one wants at hand.
 */
#include <string.h>

#include <kijun/format.h>
#include <kijun/verify.h>

#include "../compiler/codes.h"
#include "../compiler/limits.h"
#include "manual.h"

static const struct {
    const char *heading, *text;
    gboolean example;
} policy_parts[] = {
    { "DESCRIPTION",
      "A policy is UTF-8 text in files NAME.pol. A folder of them is a workspace: mail/forwarding.pol is the module mail.forwarding. A "
      "file given alone is a workspace of one module. Words beginning with # are comments to the end of the line; ## documents the "
      "declaration or rule that follows.",
      FALSE },
    { "BLOCKS",
      "DOMAIN NAME [conforms to STANDARD, ...] {\n"
      "    field NAME : TYPE;\n"
      "    SETTING = VALUE;\n"
      "    default EFFECT @ANNOTATION...;\n"
      "    LABEL: EFFECT FIELD VALUE... when CONDITION unless CONDITION @ANNOTATION...;\n"
      "    LABEL: require FIELD RELATION VALUE when CONDITION;\n"
      "}\n",
      TRUE },
    { NULL,
      "A rule matches when its clauses and its `when` hold and its `unless` does not. Conditions are three-valued: one about a field "
      "that a request does not have is unknown, and an unknown one does not hold. `none` is a missing field, `any` every value and none. "
      "How the rules of a block join is said by its domain: the first that matches, the strictest of all that match, or all together. "
      "`default` answers where no rule matches. Whatever is in error is denied.",
      FALSE },
    { "DECLARATIONS",
      "use common.nets;\n"
      "zone \"Asia/Tokyo\";\n"
      "let office = mon..fri 09:00..18:00;\n"
      "let managed = when device == managed and attested;\n"
      "type class = I > II > III;\n"
      "group clerks = { \"abe\", \"ito\" };\n"
      "group staff = from \"people.csv\" column id where post == \"clerk\";\n",
      TRUE },
    { "TESTS",
      "test \"the web is open\" {\n"
      "    firewall door: from 203.0.113.5 to 192.0.2.10 service 443/tcp => allow by web;\n"
      "}\n",
      TRUE },
    { "ANNOTATIONS",
      "@log, @alert and @message(\"...\", ja \"...\") are reported with a decision; @from(DATE) and @until(DATE) are the first and the "
      "last day of a rule; @advisory(DATE) is the last day on which it does not act yet; @ref, @owner and @article are for readers. A "
      "domain may have more.",
      FALSE },
};

static const struct {
    const char *what;
    guint64 limit;
} limits[] = {
    { "bytes of a file", KJ_LIMIT_FILE_BYTES },
    { "files of a workspace", KJ_LIMIT_FILES },
    { "bytes of a string", KJ_LIMIT_STRING_BYTES },
    { "bytes of a name", KJ_LIMIT_NAME_BYTES },
    { "nested not, { and (", KJ_LIMIT_NESTING },
    { "conditions of one when or unless, names written out", KJ_LIMIT_CONDITIONS },
    { "parts of one window or set of services, names written out", KJ_LIMIT_WRITTEN_OUT },
    { "rows of a CSV file", KJ_LIMIT_CSV_ROWS },
    { "files and folders of a revision", KJ_LIMIT_TREE_ENTRIES },
    { "bytes of a path in a revision", KJ_LIMIT_PATH_BYTES },
    { "states of one field's patterns", KJ_LIMIT_PATTERN_STATES },
    { "steps of joining one field's patterns", KJ_LIMIT_PATTERN_STEPS },
    { "boxes of one rule", KJ_LIMIT_RULE_BOXES },
    { "ways from one block to the standards it reaches", KJ_LIMIT_DEMANDS },
    { "boxes of one table", KJ_LIMIT_TABLE_BOXES },
    { "bytes of a table", KJ_TABLE_BYTES_MAX },
    { "pieces of time that the windows of an analysis make", KJ_LIMIT_MOMENTS },
    { "boxes looked at by one search of an analysis", KJ_LIMIT_WALK_STEPS },
    { "boxes looked at by a finding about one rule", KJ_LIMIT_QUESTION_STEPS },
    { "boxes looked at by all findings about one block", KJ_LIMIT_FINDING_STEPS },
    { "errors told in one run", KJ_LIMIT_ERRORS },
    { "warnings, and notes, told in one run", KJ_LIMIT_WARNINGS },
};

static void append_limit(GString *page, const char *what, guint64 limit) {
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, limit);
    kj_manual_entry(page, number, NULL, what);
}

static void append_domain(GString *page, const KjDomain *domain) {
    g_string_append_printf(page, ".SS %s\n", domain->name);
    kj_manual_text(page, domain->doc.en);
    g_string_append_c(page, '\n');
    for (const KjEffectDefinition *effect = domain->effects; effect->name; effect++)
        kj_manual_entry(page, effect->name, effect->flags & KJ_EFFECT_REFUSES ? "(an effect that refuses)" : "(an effect)", effect->doc.en);
    for (const KjFieldDefinition *field = domain->fields; field->name; field++) {
        g_autofree char *type = kj_cli_field_type(field);
        g_autofree char *detail = g_strconcat(": ", type, field->flags & KJ_FIELD_REQUIRED ? ", required" : "", NULL);
        kj_manual_entry(page, field->name, detail, field->doc.en);
    }
    for (const KjParameterDefinition *parameter = domain->parameters; parameter && parameter->name; parameter++) {
        g_autofree char *effects = g_strjoinv(", ", (char **)parameter->effects), *detail = g_strdup_printf("(a parameter of %s)", effects);
        kj_manual_entry(page, parameter->name, detail, parameter->doc.en);
    }
    for (const KjSettingDefinition *setting = domain->settings; setting && setting->name; setting++)
        kj_manual_entry(page, setting->name, "(a setting)", setting->doc.en);
    for (const KjTargetDefinition *target = domain->targets; target && target->name; target++)
        kj_manual_entry(page, target->name, "(a target)", target->doc.en);
    if (domain->read_request) {
        g_string_append(page, ".PP\nA real request: ");
        kj_manual_text(page, domain->request_doc.en);
        g_string_append_c(page, '\n');
    }
}

void kj_manual_policy(GString *page) {
    g_autofree const KjDomain **domains = kj_plugin_list();
    g_autoptr(GPtrArray) codes = kj_codes_in_order();
    for (guint i = 0; i < G_N_ELEMENTS(policy_parts); i++) {
        if (policy_parts[i].heading)
            kj_manual_heading(page, policy_parts[i].heading);
        if (policy_parts[i].example)
            kj_manual_example(page, policy_parts[i].text);
        else
            kj_manual_paragraph(page, policy_parts[i].text);
    }
    kj_manual_heading(page, "DOMAINS");
    kj_manual_text(page, "Those that were installed when this page was written; `kijun describe` lists those that are.\n");
    for (guint i = 0; domains[i]; i++)
        append_domain(page, domains[i]);
    kj_manual_heading(page, "LIMITS");
    kj_manual_text(page, "Beyond each stands an error.\n");
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
        append_limit(page, limits[i].what, limits[i].limit);
    kj_manual_heading(page, "DIAGNOSTICS");
    kj_manual_text(page, "`kijun explain-code CODE` tells each with a wrong and a right example.\n");
    for (guint i = 0; i < codes->len; i++) {
        const KjCodeEntry *entry = codes->pdata[i];
        const KjCodePage *code = kj_code_page(entry->code);
        g_autofree char *name = g_strdup_printf("KJ%04d", (int)entry->code);
        g_autofree char *severity = g_strdup_printf("(%s)", kj_severity_name(entry->severity));
        kj_manual_entry(page, name, entry->severity == KJ_SEVERITY_ERROR ? "" : severity, code ? code->title[KJ_ENGLISH] : entry->name);
    }
    kj_manual_heading(page, "SEE ALSO");
    g_string_append(page, "\\fBkijun\\fR(1), \\fBkijun\\-check\\fR(1), \\fBkijun\\-table\\fR(5)\n");
}

void kj_manual_table(GString *page) {
    kj_manual_heading(page, "DESCRIPTION");
    kj_manual_paragraph(page,
                        "A table (.kjt) holds the rules of one or more blocks in a form that answers without a parser. It is written by "
                        "kijun-build(1). The same sources give the same bytes everywhere.\n\nEverything is little-endian and independent "
                        "of its place in memory: a header, a table of sections, and the sections in ascending order, each at a multiple "
                        "of 8, none overlapping, the gaps zero. Records have a fixed size and refer to each other by index. A string is "
                        "an offset into STRINGS. The hash is SHA-256 over the whole file with the hash itself zero.\n\nA table is copied "
                        "into sealed memory, its hash checked and its structure verified before anything of it is used. One that does "
                        "not hold is refused as a whole. A table names the time zones it needs; on a machine that lacks one it is "
                        "refused.");
    kj_manual_heading(page, "HEADER");
    g_autofree char *header = g_strdup_printf(
        "%u bytes: the magic `" KJ_TABLE_MAGIC "`, the version (%u), the number of sections, the size of the file, the hash, and "
        "8 bytes of zero. Then, for each section, %u bytes: its kind, its version (%u), its offset, its number of records.",
        (guint)sizeof(KjTableHeader), KJ_TABLE_VERSION, (guint)sizeof(KjRecordSection), KJ_SECTION_VERSION);
    kj_manual_paragraph(page, header);
    kj_manual_heading(page, "SECTIONS");
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        g_autofree char *text = g_strdup_printf("Kind %u; a record has %u byte%s.", kind, (guint)kj_section_shapes[kind].size,
                                                kj_section_shapes[kind].size == 1 ? "" : "s");
        kj_manual_entry(page, kj_section_shapes[kind].name, NULL, text);
    }
    kj_manual_heading(page, "SEE ALSO");
    g_string_append(page, "\\fBkijun\\-build\\fR(1), \\fBkijun\\-show\\fR(1), \\fBkijun\\-verify\\fR(1), \\fBkijun\\-policy\\fR(5)\n");
}
