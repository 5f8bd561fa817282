/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun replay: what a change does to requests that were really made (replayed.h), as text or JSON. */
#include <stdio.h>

#include "cli.h"
#include "replayed.h"

static char *log_file, *log_form, *columns, *block_name, *at, *format;
static gboolean each;
static int examples = 3;

const GOptionEntry kj_options_replay[] = {
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &log_file, N_("The recorded requests (- for standard input)"), "FILE" },
    { "log-form", 0, 0, G_OPTION_ARG_STRING, &log_form,
      N_("How they are written: auto, tsv, kijun, or a form that `kijun describe DOMAIN` names (auto)"), "FORM" },
    { "columns", 0, 0, G_OPTION_ARG_STRING, &columns, N_("They are tab-separated without a first line of names; these are the names"),
      "NAMES" },
    { "block", 0, 0, G_OPTION_ARG_STRING, &block_name, N_("The block that was asked (the one whose fields the log names)"), "BLOCK" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When requests without a time were made (now)"), "INSTANT" },
    { "each", 0, 0, G_OPTION_ARG_NONE, &each, N_("One line for each request instead of sums: old answer, rule, new answer, rule"), NULL },
    { "examples", 0, 0, G_OPTION_ARG_INT, &examples, N_("So many requests of each kind of change are shown (3)"), "N" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

/* In the columns of a table of a database, so that nothing in them ends one. */
static void print_each(char *const answers[2], const KjVerdict verdicts[2]) {
    for (guint side = KJ_OLD; side <= KJ_NEW; side++) {
        g_autofree char *answer = g_strdelimit(g_strdup(answers[side]), "\t\n\\", ' ');
        printf("%s\t%s%s", answer, verdicts[side].label, side == KJ_OLD ? "\t" : "\n");
    }
}

/* ---- what is told ---- */

static void print_text(const KjReplayed *replay, const char *new_path) {
    g_autofree char *name = kj_replayed_block(replay), *path = g_shell_quote(new_path);
    gboolean plain = new_path[strspn(new_path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:~^@-")] == '\0';
    printf(_("%s: %" PRIu64 " requests: %" PRIu64 " as before, %" PRIu64 " answered otherwise, %" PRIu64 " by another rule alike, %" PRIu64
             " bad rows\n"),
           name, replay->rows, replay->same, replay->changed, replay->moved, replay->bad);
    if (replay->passed)
        printf(_("requests passed over because the log does not tell enough of them: %" PRIu64 "\n"), replay->passed);
    for (guint i = 0; i < replay->order->len; i++) {
        const KjReplayedKind *kind = g_ptr_array_index(replay->order, i);
        printf(_("\n%" PRIu64 " (%.1f %%): %s by %s -> %s by %s\n"), kind->count, kj_replayed_share(replay, kind->count),
               kind->effects[KJ_OLD], kind->rules[KJ_OLD], kind->effects[KJ_NEW], kind->rules[KJ_NEW]);
        for (guint e = 0; e < kind->shown->len; e++) {
            const KjReplayedExample *example = &g_array_index(kind->shown, KjReplayedExample, e);
            printf(_("  line %" PRIu64 ": kijun explain %s %s %s\n"), example->line, plain ? new_path : path, name, example->arguments);
        }
    }
}

static void add_kind_json(JsonBuilder *builder, const KjReplayed *replay, const KjReplayedKind *kind) {
    static const char *const sides[] = { "old", "new" };
    json_builder_begin_object(builder);
    for (guint side = KJ_OLD; side <= KJ_NEW; side++) {
        json_builder_set_member_name(builder, sides[side]);
        json_builder_begin_object(builder);
        kj_member_text(builder, "answer", kind->effects[side]);
        kj_member_text(builder, "rule", kind->rules[side]);
        json_builder_end_object(builder);
    }
    kj_member_number(builder, "count", kind->count);
    json_builder_set_member_name(builder, "percent");
    json_builder_add_double_value(builder, kj_replayed_share(replay, kind->count));
    kj_member_list(builder, "examples");
    for (guint i = 0; i < kind->shown->len; i++) {
        const KjReplayedExample *example = &g_array_index(kind->shown, KjReplayedExample, i);
        json_builder_begin_object(builder);
        kj_member_number(builder, "line", example->line);
        kj_member_text(builder, "arguments", example->arguments);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void print_json(const KjReplayed *replay) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *name = kj_replayed_block(replay);
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "block", name);
    kj_member_number(builder, "rows", replay->rows);
    kj_member_number(builder, "same", replay->same);
    kj_member_number(builder, "changed", replay->changed);
    kj_member_number(builder, "moved", replay->moved);
    kj_member_number(builder, "bad", replay->bad);
    kj_member_number(builder, "passed", replay->passed);
    kj_member_list(builder, "changes");
    for (guint i = 0; i < replay->order->len; i++)
        add_kind_json(builder, replay, g_ptr_array_index(replay->order, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* ---- the command ---- */

static int tell(const KjReplayed *replay, const char *new_path) {
    if (each)
        fflush(stdout);
    else if (g_strcmp0(format, "json") == 0)
        print_json(replay);
    else
        print_text(replay, new_path);
    for (guint i = 0; i < replay->problems->len; i++)
        kj_cli_fail(KJ_EXIT_POLICY, "%s", (const char *)replay->problems->pdata[i]);
    return replay->bad > 0 ? KJ_EXIT_POLICY : replay->changed + replay->moved > 0 ? KJ_EXIT_DIFFERS : KJ_EXIT_FINE;
}

int kj_command_replay(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, 2, &code))
        return code;
    KjReplaying asked = { log_file, log_form, columns, block_name, 0, examples, each ? print_each : NULL };
    if (!log_file)
        return kj_cli_fail(KJ_EXIT_USAGE, _("the recorded requests are needed: --log FILE"));
    if (!kj_cli_instant(at, &asked.instant))
        return KJ_EXIT_USAGE;
    g_autoptr(KjTable) old_table = kj_cli_table(argv[1], &code), new_table = old_table ? kj_cli_table(argv[2], &code) : NULL;
    if (!new_table)
        return code;
    g_auto(KjReplayed) replayed = { .rows = 0 };
    code = kj_replayed_read(&replayed, (KjTable *const[2]){ old_table, new_table }, &asked);
    return code == KJ_EXIT_FINE ? tell(&replayed, argv[2]) : code;
}
