/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun show: what a table holds: its blocks, their rules, what they carry, and the digests of the schemas they were checked against.
 *
 * `--sentences` shows it to those who do not write policies: every rule is an article, numbered in its block, with what must be done besides. From
 * the sources it shows more than is in a table: the standards first, which standards a block conforms to, and the exceptions last.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "../compiler/sentence.h"
#include "cli.h"

static gboolean sentences;
static char *format;

const GOptionEntry kj_options_show[] = {
    { "sentences", 0, 0, G_OPTION_ARG_NONE, &sentences, N_("Rules as numbered articles, in sentences, instead of as written"), NULL },
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
    for (guint i = 0; i < block->rule_count; i++) {
        KjRuleView rule;
        kj_view_rule(table, block->first_rule + i, &rule);
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

static void print_setting(const char *name, const char *value) {
    printf("  %s = %s\n", name, value);
}

/* "2026-11-22T13:00Z", or NULL. Whoever reads what the table holds is to know first that it will not last. */
static char *emergency_end(const KjTable *table) {
    g_autoptr(GDateTime) end = kj_table_until(table) ? g_date_time_new_from_unix_utc(kj_table_until(table)) : NULL;
    return end ? g_date_time_format(end, "%Y-%m-%dT%H:%MZ") : NULL;
}

static void print_emergency(const KjTable *table) {
    g_autofree char *end = emergency_end(table);
    if (end)
        printf(_("EMERGENCY until %s: then this policy ends by itself, and the one before it decides again\n\n"), end);
}

static void show_text(const KjTable *table) {
    print_emergency(table);
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        printf(_("%s%s %s.%s: %u rules, %u fields\n"), i ? "\n" : "", block.domain, block.module, block.name, block.rule_count,
               block.field_count);
        printf(_("  schema %s\n"), block.schema_digest);
        for (guint s = 0; s < block.setting_count; s++) {
            KjSettingView setting;
            kj_view_setting(table, block.first_setting + s, &setting);
            print_setting(setting.name, setting.value);
        }
        print_rules(table, &block);
    }
}

/* ---- sentences ---- */

/* Of two texts that were made in both languages, the reader's. */
static const char *pick(const char *en, const char *ja) {
    return strcmp(kj_cli_language(), "ja") == 0 ? ja : en;
}

static void print_article(guint number, const char *label, const char *sentence) {
    printf(pick("  Article %u (%s). %s\n", "  第%u条（%s）　%s\n"), number, label, sentence);
}

static void print_doc(const char *doc) {
    g_auto(GStrv) lines = g_strsplit(doc ? doc : "", "\n", -1);
    for (char **line = lines; *line; line++)
        printf("  # %s\n", g_strstrip(*line));
}

/* Whether the reader is to see a note: a message in one language only, the reader's if it is written in it. */
static gboolean is_wanted(const KjNote *notes, guint count, guint at) {
    gboolean own = FALSE;
    for (guint i = 0; i < count; i++)
        own |= strcmp(notes[i].language, kj_cli_language()) == 0;
    return strcmp(notes[at].name, "message") != 0 || strcmp(notes[at].language, own ? kj_cli_language() : "") == 0;
}

/* What the annotations of a rule say, on one line; several of one name together. */
static void print_said_notes(const KjDomain *domain, const KjNote *notes, guint count) {
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GString) values = g_string_new(notes[i].value);
        if (!is_wanted(notes, count, i))
            continue;
        while (i + 1 < count && notes[i].value[0] && !notes[i].language[0] && !notes[i + 1].language[0] &&
               strcmp(notes[i].name, notes[i + 1].name) == 0)
            g_string_append_printf(values, pick(", %s", "、%s"), notes[++i].value);
        g_string_append(line, line->len ? pick(" ", "") : "    ");
        kj_sentence_note(domain, notes[i].name, values->str, kj_cli_language(), line);
    }
    if (line->len)
        puts(line->str);
}

static void print_view_notes(const KjTable *table, const KjDomain *domain, guint first, guint count) {
    g_autofree KjNote *notes = g_new0(KjNote, count + 1);
    for (guint i = 0; i < count; i++) {
        KjNoteView note;
        kj_view_note(table, first + i, &note);
        notes[i] = (KjNote){ note.name, note.value, note.language, note.obligation };
    }
    print_said_notes(domain, notes, count);
}

/* Rules that the compiler made (what holds again after an exception) have a label that nobody can write. */
static gboolean is_made(const KjRuleView *rule) {
    return strchr(rule->label, '/') != NULL;
}

/* The rules that somebody wrote, numbered from 1 on, or the others as supplements. Returns how many were numbered. */
static guint say_some_rules(const KjTable *table, const KjBlockView *block, gboolean made) {
    guint number = 0;
    for (guint i = 0; i < block->rule_count; i++) {
        KjRuleView rule;
        kj_view_rule(table, block->first_rule + i, &rule);
        if (is_made(&rule) != made)
            continue;
        const char *sentence = *rule.sentence.en ? pick(rule.sentence.en, rule.sentence.ja) : rule.source;
        if (made)
            printf(pick("  Supplement (%s). %s\n", "  附則（%s）　%s\n"), rule.label, sentence);
        else
            print_article(++number, rule.label, sentence);
        print_view_notes(table, kj_plugin_find(block->domain), rule.first_note, rule.note_count);
    }
    return number;
}

/* The block's articles, its default as the last one, and the supplements. */
static void say_rules(const KjTable *table, const KjBlockView *block) {
    guint articles = say_some_rules(table, block, FALSE);
    if (block->combining != KJ_COMBINING_ADD_UP) {
        KjEffectView effect;
        g_autoptr(GString) sentence = g_string_new(NULL);
        kj_view_effect(table, block->first_effect + block->default_effect, &effect);
        kj_sentence_default(block->subject, effect.phrase, kj_cli_language(), sentence);
        print_article(articles + 1, pick("default", "既定"), sentence->str);
        print_view_notes(table, kj_plugin_find(block->domain), block->first_default_note, block->default_note_count);
    }
    say_some_rules(table, block, TRUE);
}

/* "conforms to jp.gov.mail", for a block or a standard; nothing when to none. */
static void print_conformances(const KjBlock *block) {
    for (guint i = 0; block && i < block->conformance_count; i++)
        printf(pick(i ? ", %s" : ", conforms to %s", i ? "、%s" : "（準拠: %s"), block->conformances[i].standard->name);
    puts(block && block->conformance_count ? pick("", "）") : "");
}

static void say_block(const KjTable *table, guint index, const KjBlock *checked) {
    KjBlockView block;
    kj_view_block(table, index, &block);
    printf("%s %s.%s", block.domain, block.module, block.name);
    print_conformances(checked);
    print_doc(*block.doc ? block.doc : NULL);
    for (guint s = 0; s < block.setting_count; s++) {
        KjSettingView setting;
        kj_view_setting(table, block.first_setting + s, &setting);
        print_setting(setting.name, setting.value);
    }
    say_rules(table, &block);
}

static void say_standard(KjArena *arena, const KjBlock *standard) {
    printf(pick("standard %s %s", "対策基準 %s %s"), standard->domain->name, standard->name);
    print_conformances(standard);
    print_doc(standard->doc);
    for (guint i = 0; i < standard->rule_count; i++) {
        const KjRule *rule = &standard->rules[i];
        print_article(i + 1, rule->label, kj_sentence_rule(arena, standard, rule, kj_cli_language()));
        print_said_notes(standard->domain, rule->notes, rule->note_count);
    }
}

static void say_exceptions(const KjPolicy *policy) {
    if (policy->exceptions)
        puts(pick("\nexceptions", "\n例外措置"));
    for (const KjException *exception = policy->exceptions; exception; exception = exception->next) {
        g_autoptr(GString) sentence = g_string_new(NULL);
        kj_sentence_exception(exception, kj_cli_language(), sentence);
        printf(pick("  %s. %s\n", "  %s　%s\n"), exception->id, sentence->str);
    }
}

/* `compilation` is NULL where there is but the table. */
static void show_sentences(const KjTable *table, const KjCompilation *compilation) {
    const char *between = "";
    print_emergency(table);
    for (const KjBlock *standard = compilation ? compilation->policy->standards : NULL; standard; standard = standard->next) {
        fputs(between, stdout);
        say_standard(compilation->arena, standard);
        between = "\n";
    }
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        g_autofree char *name = g_strconcat(block.module, ".", block.name, NULL);
        fputs(between, stdout);
        say_block(table, i, compilation ? kj_policy_find_block(compilation->policy, name, NULL) : NULL);
        between = "\n";
    }
    if (compilation)
        say_exceptions(compilation->policy);
}

/* ---- JSON ---- */

static void add_rule(JsonBuilder *builder, const KjTable *table, const KjBlockView *block, guint index) {
    KjRuleView rule;
    kj_view_rule(table, block->first_rule + index, &rule);
    g_autofree char *effect = effect_name(table, block, rule.effect);
    json_builder_begin_object(builder);
    kj_member_text(builder, "label", rule.label);
    kj_member_text(builder, "effect", effect);
    kj_member_text(builder, "source", rule.source);
    kj_member_text(builder, "en", rule.sentence.en);
    kj_member_text(builder, "ja", rule.sentence.ja);
    kj_member_text(builder, "file", rule.file);
    kj_member_number(builder, "line", rule.line);
    kj_member_number(builder, "column", rule.column);
    kj_member_number(builder, "boxes", rule.box_count);
    json_builder_end_object(builder);
}

static void show_json(const KjTable *table) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    g_autofree char *end = emergency_end(table);
    if (end)
        kj_member_text(builder, "emergency_until", end);
    kj_member_list(builder, "blocks");
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        kj_view_block(table, i, &block);
        json_builder_begin_object(builder);
        kj_member_text(builder, "name", block.name);
        kj_member_text(builder, "module", block.module);
        kj_member_text(builder, "domain", block.domain);
        kj_member_text(builder, "schema", block.schema_digest);
        kj_member_list(builder, "rules");
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
    gboolean sources = sentences && !g_str_has_suffix(argv[1], ".kjt");
    g_autoptr(KjCompilation) compilation = sources ? kj_cli_compile(argv[1], FALSE, &code) : NULL;
    if (sources && !compilation)
        return code;
    g_autoptr(KjTable) table = compilation ? kj_cli_build(compilation, &code) : kj_cli_table(argv[1], &code);
    if (!table)
        return code;
    if (g_strcmp0(format, "json") == 0)
        show_json(table);
    else if (sentences)
        show_sentences(table, compilation);
    else
        show_text(table);
    return KJ_EXIT_FINE;
}
