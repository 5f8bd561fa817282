/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun review: everything that somebody needs who is to agree to a change, on one page.
 *
 * The change is told by the same report as `kijun diff`; what is beside it stands in sections (review.h). Text, JSON and HTML all print the same sections.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../history/patch.h"
#include "../../history/sign.h"
#include "review.h"

#define REGIONS_TOLD 10
#define EXAMPLES 3

static char *format, *output, *log_file, *log_form, *block_name;
static gboolean html, check;

const GOptionEntry kj_options_review[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("How the review is written (text)"), "text|json|html" },
    { "html", 0, 0, G_OPTION_ARG_NONE, &html, N_("The same as --format html: one file that needs nothing else"), NULL },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("Write the review into this file (standard output)"), "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &check, N_("Say only what is missing, and end with 5 if anything is"), NULL },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &log_file, N_("Also decide these recorded requests before and after (- for standard input)"),
      "FILE" },
    { "log-form", 0, 0, G_OPTION_ARG_STRING, &log_form,
      N_("How they are written: auto, tsv, kijun, or a form that `kijun describe DOMAIN` names (auto)"), "FORM" },
    { "block", 0, 0, G_OPTION_ARG_STRING, &block_name, N_("The block that was asked (the one whose fields the log names)"), "BLOCK" },
    KJ_DESK_WHERE,
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &kj_desk_choices.key,
      N_("Show what this key would sign (KIJUN_KEY, or kijun.key or user.signingkey of git's settings)"), "FILE" },
    G_OPTION_ENTRY_NULL,
};

/* ---- sections ---- */

static void section_free(gpointer data) {
    KjReportSection *section = data;
    g_array_unref(section->items);
    g_free(section);
}

void kj_review_init(KjReview *review) {
    review->texts = g_string_chunk_new(4096);
    review->facts = g_ptr_array_new_with_free_func(g_free);
    review->sections = g_ptr_array_new_with_free_func(section_free);
}

void kj_review_clear(KjReview *review) {
    g_clear_pointer(&review->sections, g_ptr_array_unref);
    g_clear_pointer(&review->facts, g_ptr_array_unref);
    g_clear_pointer(&review->texts, g_string_chunk_free);
}

void kj_review_begin(KjReview *review, const char *name, const char *title, gboolean first) {
    KjReportSection *section = g_new(KjReportSection, 1);
    *section = (KjReportSection){ name, title, first, g_array_new(FALSE, FALSE, sizeof(KjReportItem)) };
    g_ptr_array_add(review->sections, section);
}

void kj_review_add(KjReview *review, const KjReviewItem *item, const char *sentence, ...) {
    const KjReportSection *section = review->sections->pdata[review->sections->len - 1];
    const char **facts = item->facts ? g_new(const char *, item->facts->len + 1) : NULL;
    va_list arguments;
    va_start(arguments, sentence);
    g_autofree char *text = g_strdup_vprintf(sentence, arguments);
    va_end(arguments);
    for (guint i = 0; facts && i < item->facts->len; i++)
        facts[i] = g_string_chunk_insert(review->texts, item->facts->pdata[i]);
    if (facts) {
        facts[item->facts->len] = NULL;
        g_ptr_array_add(review->facts, (gpointer)facts);
    }
    KjReportItem made = { item->tone, item->state, item->mark, g_string_chunk_insert(review->texts, text), facts,
                          item->text ? g_string_chunk_insert(review->texts, item->text) : NULL };
    g_array_append_val(section->items, made);
}

static void build(KjReview *review) {
    kj_review_standing(review);
    kj_review_standards(review);
    kj_review_replay(review);
    kj_review_open(review);
    kj_review_enforce(review);
    kj_review_voices(review);
    kj_review_sign(review);
}

/* ---- text of the files, for HTML ---- */

static void patch_free(gpointer data) {
    KjReportPatch *patch = data;
    g_free((char *)patch->path);
    g_free((char *)patch->patch);
    g_free(patch);
}

static const KjUnitFile *find_file(const KjWorkspace *workspace, const char *path) {
    for (guint i = 0; workspace && i < workspace->files->len; i++) {
        const KjUnitFile *file = &g_array_index(workspace->files, KjUnitFile, i);
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static void add_patch(GPtrArray *patches, const KjUnitFile *before, const KjUnitFile *after) {
    gsize old_length = 0, new_length = 0;
    const char *old_text = before ? g_bytes_get_data(before->bytes, &old_length) : NULL,
               *new_text = after ? g_bytes_get_data(after->bytes, &new_length) : NULL;
    if (before && after && g_bytes_equal(before->bytes, after->bytes))
        return;
    char *text = kj_patch_new((after ? after : before)->path, old_text, old_length, new_text, new_length);
    KjReportPatch *patch = g_new(KjReportPatch, 1);
    *patch = (KjReportPatch){ g_strdup((after ? after : before)->path), text ? text : g_strdup("") };
    g_ptr_array_add(patches, patch);
}

/* Every file that differs, policy or not: no text of the workspace escapes the reviewer. */
static GPtrArray *compare_files(const KjWorkspace *before, const KjWorkspace *after) {
    GPtrArray *patches = g_ptr_array_new_with_free_func(patch_free);
    for (guint i = 0; i < after->files->len; i++) {
        const KjUnitFile *file = &g_array_index(after->files, KjUnitFile, i);
        add_patch(patches, find_file(before, file->path), file);
    }
    for (guint i = 0; before && i < before->files->len; i++) {
        const KjUnitFile *file = &g_array_index(before->files, KjUnitFile, i);
        if (!find_file(after, file->path))
            add_patch(patches, file, NULL);
    }
    return patches;
}

/* ---- JSON ---- */

static void add_item(JsonBuilder *builder, const KjReportItem *item) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "state", item->state);
    kj_member_text(builder, "mark", item->mark);
    kj_member_text(builder, "sentence", item->sentence);
    kj_member_list(builder, "facts");
    for (const char *const *fact = item->facts; fact && *fact; fact++)
        json_builder_add_string_value(builder, *fact);
    json_builder_end_array(builder);
    kj_member_text(builder, "text", item->text);
    json_builder_end_object(builder);
}

static void add_sections(JsonBuilder *builder, const KjReview *review) {
    json_builder_set_member_name(builder, "sections");
    json_builder_begin_object(builder);
    for (guint i = 0; i < review->sections->len; i++) {
        const KjReportSection *section = review->sections->pdata[i];
        json_builder_set_member_name(builder, section->name);
        json_builder_begin_object(builder);
        kj_member_text(builder, "title", section->title);
        kj_member_list(builder, "items");
        for (guint n = 0; n < section->items->len; n++)
            add_item(builder, &g_array_index(section->items, KjReportItem, n));
        json_builder_end_array(builder);
        json_builder_end_object(builder);
    }
    json_builder_end_object(builder);
}

/* What `kijun diff --format json` prints, as a member. */
static void add_diff(JsonBuilder *builder, const KjReport *report) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    kj_report_print_json(report, text);
    json_builder_set_member_name(builder, "diff");
    if (json_parser_load_from_data(parser, text->str, (gssize)text->len, NULL))
        json_builder_add_value(builder, json_node_copy(json_parser_get_root(parser)));
    else
        json_builder_add_null_value(builder);
}

static void append_json(const KjReview *review, const KjReport *report, GString *out) {
    const KjStatement *statement = review->target->statement;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(KjTelling) telling = kj_telling_new(review->sitting, review->ruling, review->target->shown);
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "context", review->sitting->desk->context);
    kj_member_number(builder, "release", (gint64)kj_desk_next_serial(review->sitting->desk));
    kj_member_text(builder, "title", review->target->title);
    kj_member_text(builder, "proposal", statement ? kj_statement_digest(statement) : NULL);
    kj_member_text(builder, "summary", report->summary);
    kj_telling_json(telling, builder);
    add_sections(builder, review);
    add_diff(builder, report);
    json_builder_end_object(builder);
    JsonNode *root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    json_node_unref(root);
    kj_report_append_json(out, text);
    g_string_append_c(out, '\n');
}

/* ---- the page ---- */

/* What the page calls both sides, and how an example names them. Free each with g_free. */
typedef struct {
    char *before, *after, *explain_before, *explain_after;
} Names;

static void clear_names(Names *names) {
    g_free(names->before);
    g_free(names->after);
    g_free(names->explain_before);
    g_free(names->explain_after);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, clear_names)

static Names name_sides(const KjReview *review) {
    const KjDesk *desk = review->sitting->desk;
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    const KjTarget *target = review->target;
    Names names = { 0 };
    names.before = lasting ? g_strdup_printf(_("%s, release %" PRIu64), desk->context,
                                             kj_statement_number(lasting->sealed->statement, "serial"))
                           : g_strdup_printf(_("%s, nothing released"), desk->context);
    names.after = target->title ? g_strdup_printf(_("%s (%s)"), target->title, target->shown) : g_strdup(target->shown);
    names.explain_before = g_strdup_printf("refs/kijun/workspaces/%s:", desk->context);
    names.explain_after = target->statement ? g_strdup_printf("refs/kijun/proposals/%.64s:", kj_statement_digest(target->statement))
                          : strchr(target->shown, ':') || target->shown[0] == '.' || target->shown[0] == '/'
                              ? g_strdup(target->shown)
                              : g_strconcat(target->shown, ":", NULL);
    return names;
}

static int print(const KjReview *review) {
    const KjChange *judged = review->ruling->needs->change;
    const KjChangeOptions options = { .now = review->sitting->now, .most = REGIONS_TOLD };
    g_autoptr(KjChange) change = kj_change_new(judged->old_policy, judged->new_policy, &options);
    g_autoptr(GPtrArray) patches = compare_files(review->sitting->desk->base, review->target->workspace);
    gboolean page = html || g_strcmp0(format, "html") == 0, json = g_strcmp0(format, "json") == 0;
    g_auto(Names) names = name_sides(review);
    const KjReportOptions said = { .language = kj_cli_language(), .version = PACKAGE_VERSION, .old_path = names.before, .new_path = names.after, .old_explain = names.explain_before,
                                   .new_explain = names.explain_after, .maps = page, .patches = patches, .sections = review->sections };
    g_autoptr(KjReport) report = kj_report_new(change, &said);
    g_autoptr(GString) text = g_string_new(NULL);
    if (json)
        append_json(review, report, text);
    else if (page)
        kj_report_print_html(report, text);
    else
        kj_report_print_text(report, !output && kj_cli_colour(STDOUT_FILENO), text);
    return kj_cli_write(output, text);
}

/* ---- the command ---- */

/* What is missing, unit by unit. */
static int print_missing(const KjReview *review) {
    for (guint i = 0; !review->ruling->by_thresholds && i < review->ruling->steps->len; i++) {
        const KjStep *step = review->ruling->steps->pdata[i];
        g_autofree char *missing = step->judgement ? kj_step_missing(step) : NULL;
        if (missing)
            fprintf(stderr, "%s: %s\n", step->need->name, missing);
    }
    if (review->ruling->met && !review->ruling->by_thresholds)
        return KJ_EXIT_FINE;
    if (review->ruling->by_thresholds && review->ruling->steps->len > 0)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("it is not released, and without governance only the release itself decides"));
    return review->ruling->steps->len == 0 ? KJ_EXIT_FINE : kj_cli_fail(KJ_EXIT_REFUSED, _("not everybody has agreed who must"));
}

/* Who reads, if that can be known: nobody needs a key to read. */
static void find_reader(KjSitting *sitting) {
    sitting->key = kj_sign_public(sitting->desk->repository, kj_desk_choices.key, NULL);
    sitting->person = sitting->key ? kj_root_person(sitting->desk->root, sitting->key, kj_desk_next_serial(sitting->desk)) : NULL;
}

/* The two versions as tables, and the log put to both. */
static int replay(const KjReview *review, KjTable *tables[2], KjReplayed *replayed) {
    const KjReplaying asked = { log_file, log_form, NULL, block_name, review->sitting->now, EXAMPLES, NULL };
    int code = KJ_EXIT_FINE;
    if (!review->sitting->desk->base)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--log needs a release to compare with, and nothing is released yet"));
    tables[KJ_OLD] = kj_cli_build(review->sitting->desk->base->compilation, &code);
    tables[KJ_NEW] = tables[KJ_OLD] ? kj_cli_build(review->target->workspace->compilation, &code) : NULL;
    return tables[KJ_NEW] ? kj_replayed_read(replayed, tables, &asked) : code;
}

static int run(KjReview *review) {
    g_autoptr(KjTable) old_table = NULL, new_table = NULL;
    g_auto(KjReplayed) replayed = { .rows = 0 };
    if (check)
        return print_missing(review);
    if (log_file) {
        KjTable *tables[2] = { NULL, NULL };
        int code = replay(review, tables, &replayed);
        old_table = tables[KJ_OLD];
        new_table = tables[KJ_NEW];
        if (code != KJ_EXIT_FINE)
            return code;
        review->replayed = &replayed;
    }
    build(review);
    return print(review);
}

int kj_command_review(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { .desk = NULL };
    g_auto(KjTarget) target = { .workspace = NULL };
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if (html && format && strcmp(format, "html") != 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--html and --format %s exclude each other"), format);
    if (!kj_sitting_open(&sitting, FALSE, &code) || !kj_target_find(&sitting, argc > 1 ? argv[1] : NULL, &target, &code))
        return code;
    find_reader(&sitting);
    const KjStatement *emergency = target.statement && kj_statement_kind(target.statement) == KJ_STATEMENT_EMERGENCY ? target.statement
                                                                                                                     : NULL;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting.desk, target.workspace, emergency, sitting.now);
    g_auto(KjReview) review = { .sitting = &sitting, .target = &target, .ruling = ruling, .emergency = emergency };
    kj_review_init(&review);
    return run(&review);
}
