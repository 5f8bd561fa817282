/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun show: what a table holds: its blocks, their rules, what they carry, and the digests of the schemas they were checked against. */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "cli.h"

static gboolean sentences;
static char *format;

const GOptionEntry kj_options_show[] = {
    { "sentences", 0, 0, G_OPTION_ARG_NONE, &sentences, N_("Rules as numbered sentences instead of as written"), NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

static char *effect_name(const KjTable *table, const KjBlockView *block, guint effect) {
    KjEffectView view;
    kj_view_effect(table, block->first_effect + effect, &view);
    return g_strdup(view.name);
}

/* "@log @ref("S0-140")", message translations left out. */
static void print_notes(const KjTable *table, guint first, guint count) {
    for (guint i = first; i < first + count; i++) {
        KjNoteView note;
        kj_view_note(table, i, &note);
        if (note.language[0])
            continue;
        if (note.value[0])
            printf(" @%s(\"%s\")", note.name, note.value);
        else
            printf(" @%s", note.name);
    }
}

static void print_rules(const KjTable *table, const KjBlockView *block) {
    gboolean japanese = strcmp(kj_cli_language(), "ja") == 0;
    for (guint i = 0; i < block->rule_count; i++) {
        KjRuleView rule;
        kj_view_rule(table, block->first_rule + i, &rule);
        if (sentences) {
            printf("  %u. %s  [%s]\n", i + 1, japanese ? rule.sentence.ja : rule.sentence.en, rule.label);
            continue;
        }
        printf("  %s: %s", rule.label, rule.source);
        print_notes(table, rule.first_note, rule.note_count);
        printf("\n      %s:%u:%u, ", rule.file, rule.line, rule.column);
        printf(g_dngettext(GETTEXT_PACKAGE, "%u box\n", "%u boxes\n", rule.box_count), rule.box_count);
    }
    g_autofree char *effect = effect_name(table, block, block->default_effect);
    if (block->combining != KJ_COMBINING_ADD_UP) {
        printf(_("  default: %s"), effect);
        print_notes(table, block->first_default_note, block->default_note_count);
        putchar('\n');
    }
}

static void show_text(const KjTable *table) {
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        printf(_("%s%s %s.%s: %u rules, %u fields\n"), i ? "\n" : "", block.domain, block.module, block.name, block.rule_count,
               block.field_count);
        printf(_("  schema %s\n"), block.schema_digest);
        for (guint s = 0; s < block.setting_count; s++) {
            KjSettingView setting;
            kj_view_setting(table, block.first_setting + s, &setting);
            printf("  %s = %s\n", setting.name, setting.value);
        }
        print_rules(table, &block);
    }
}

static void add_string(JsonBuilder *builder, const char *name, const char *value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void add_int(JsonBuilder *builder, const char *name, gint64 value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void add_rule(JsonBuilder *builder, const KjTable *table, const KjBlockView *block, guint index) {
    KjRuleView rule;
    kj_view_rule(table, block->first_rule + index, &rule);
    g_autofree char *effect = effect_name(table, block, rule.effect);
    json_builder_begin_object(builder);
    add_string(builder, "label", rule.label);
    add_string(builder, "effect", effect);
    add_string(builder, "source", rule.source);
    add_string(builder, "en", rule.sentence.en);
    add_string(builder, "ja", rule.sentence.ja);
    add_string(builder, "file", rule.file);
    add_int(builder, "line", rule.line);
    add_int(builder, "column", rule.column);
    add_int(builder, "boxes", rule.box_count);
    json_builder_end_object(builder);
}

static void show_json(const KjTable *table) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_int(builder, "version", 1);
    json_builder_set_member_name(builder, "blocks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        json_builder_begin_object(builder);
        add_string(builder, "name", block.name);
        add_string(builder, "module", block.module);
        add_string(builder, "domain", block.domain);
        add_string(builder, "schema", block.schema_digest);
        json_builder_set_member_name(builder, "rules");
        json_builder_begin_array(builder);
        for (guint r = 0; r < block.rule_count; r++)
            add_rule(builder, table, &block, r);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

int kj_command_show(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 1, 1, &code))
        return code;
    g_autoptr(KjTable) table = kj_cli_table(argv[1], &code);
    if (!table)
        return code;
    if (g_strcmp0(format, "json") == 0)
        show_json(table);
    else
        show_text(table);
    return KJ_EXIT_FINE;
}
