/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun apply: a block in force on this machine, now, and undone by itself unless somebody who can still reach the machine says that it is
 * well.
 *
 * What is put in force is the text that `kijun emit` writes, by the target that the block's `enforce` names for this host; how, is the
 * enforcer's (KjEnforcerDefinition). Nothing is changed of a policy that `kijun build` would refuse, or of a block that would cut off the
 * one who applies it. From there on each step is one of application.c's, and what guards them is the watcher (apply_watch.c), started
 * before anything changes.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "application.h"
#include "cli.h"

#define CONFIRM_WITHIN "60s"
#define DEADLINE_MAX (7 * 86400u) /* what nobody looks at for a week is not tried out any more */

static char *confirm_within, *host, *by, *format;
static gboolean confirm, undo, show, recover, allow_lock_out, prove;

const GOptionEntry kj_options_apply[] = {
    { "confirm-within", 0, 0, G_OPTION_ARG_STRING, &confirm_within,
      N_("How long to wait for the confirmation before it is undone (90s, 15m; 60s when left out; 0s: it stays, without any)"),
      "DURATION" },
    { "confirm", 0, 0, G_OPTION_ARG_NONE, &confirm, N_("Keep what was applied"), NULL },
    { "undo", 0, 0, G_OPTION_ARG_NONE, &undo, N_("Put back in force what was before"), NULL },
    { "show", 0, 0, G_OPTION_ARG_NONE, &show, N_("Tell what was applied, and whether that is what is in force"), NULL },
    { "recover", 0, 0, G_OPTION_ARG_NONE, &recover, N_("Undo whatever is not confirmed and watched by nobody any more"), NULL },
    { "by", 0, 0, G_OPTION_ARG_STRING, &by, N_("The target, where the block is enforced by several"), "TARGET" },
    { "host", 0, 0, G_OPTION_ARG_STRING, &host, N_("The name by which `enforce` calls this machine (its own when left out)"), "NAME" },
    { "allow-lock-out", 0, 0, G_OPTION_ARG_NONE, &allow_lock_out, N_("Apply it even if that may cut off the machine, or this session"),
      NULL },
    { "prove", 0, 0, G_OPTION_ARG_NONE, &prove,
      N_("Before, load the text where it does no harm, and prove that it says what the source says"), NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form in which --show answers"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

static int code_of(const GError *error) {
    return g_error_matches(error, KJ_ERROR, KJ_ERROR_REFUSED) ? KJ_EXIT_REFUSED : kj_cli_error_code(error);
}

static int fail_with(const GError *error) {
    return kj_cli_fail(code_of(error), "%s", error->message);
}

/* ---- what is to be enforced here ---- */

gboolean kj_cli_is_this_host(const char *name, const char *called) {
    const char *own = called ? called : g_get_host_name();
    gsize length = strcspn(own, ".");
    return (!called && strcmp(name, "localhost") == 0) || g_ascii_strcasecmp(name, own) == 0 ||
           (strlen(name) == length && g_ascii_strncasecmp(name, own, length) == 0);
}

static gboolean is_for_this_host(const KjEnforcement *enforcement) {
    for (guint i = 0; i < enforcement->host_count; i++)
        if (kj_cli_is_this_host(enforcement->hosts[i], host))
            return TRUE;
    return FALSE;
}

/* The statement by which the block is enforced here. NULL after telling why there is none. */
static const KjEnforcement *find_enforcement(const KjPolicy *policy, const KjBlock *block) {
    const char *own = host ? host : g_get_host_name();
    const KjEnforcement *found = NULL;
    gboolean elsewhere = FALSE;
    for (const KjEnforcement *one = policy->enforcements; one; one = one->next) {
        if (one->block != block || (by && strcmp(one->target, by) != 0))
            continue;
        if (!is_for_this_host(one)) {
            elsewhere = TRUE;
        } else if (found) {
            kj_cli_fail(KJ_EXIT_USAGE, _("%s is enforced here by %s and by %s; say which with --by"), block->qualified, found->target,
                        one->target);
            return NULL;
        } else {
            found = one;
        }
    }
    if (!found)
        kj_cli_fail(
            KJ_EXIT_USAGE,
            elsewhere
                ? _("%s is not enforced on `%s`: its `enforce` names other hosts; add this one, or say with --host which of them this machine is")
                : _("nothing says how %s is enforced on `%s`; write: enforce BLOCK by TARGET on { \"HOST\" };"),
            block->qualified, own);
    return found;
}

/* ---- lock-out ---- */

static char *environment_of(int process, const char *variable) {
    g_autofree char *path = g_strdup_printf("/proc/%d/environ", process), *all = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &all, &length, NULL))
        return NULL;
    for (const char *entry = all; entry < all + length; entry += strlen(entry) + 1)
        if (g_str_has_prefix(entry, variable) && entry[strlen(variable)] == '=')
            return g_strdup(entry + strlen(variable) + 1);
    return NULL;
}

static int parent_of(int process) {
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", process), *text = NULL;
    const char *end = g_file_get_contents(path, &text, NULL, NULL) ? strrchr(text, ')') : NULL;
    return end && strlen(end) > 4 ? (int)strtol(end + 4, NULL, 10) : 0; /* ") S PPID " */
}

/* sudo takes SSH_CONNECTION away, and it is now that it is wanted: whoever started us still has it. NULL: this is no session from afar.
 * Free with g_free. */
static char *find_connection(void) {
    char *connection = g_strdup(g_getenv("SSH_CONNECTION"));
    for (int process = getppid(); !connection && process > 1; process = parent_of(process))
        connection = environment_of(process, "SSH_CONNECTION");
    return connection;
}

/* Warnings of `check`, but not for one who is about to put the block in force. */
static gboolean is_safe(const KjCompilation *compilation, const char *path, const KjBlock *block) {
    g_autofree char *connection = find_connection();
    KjDiagnostics *diagnostics = kj_diagnostics_new();
    KjAnalysis analysis;
    if (!kj_cli_analysis(NULL, path, &analysis))
        return FALSE;
    analysis.connection = connection;
    gboolean looked = kj_find_lockout_of(compilation->policy, &analysis, block, diagnostics),
             lost = kj_diagnostics_has(diagnostics, KJ_CODE_LOCKOUT);
    kj_cli_print_diagnostics(diagnostics, compilation->sources);
    kj_diagnostics_free(diagnostics);
    if ((looked && !lost) || allow_lock_out)
        return TRUE;
    kj_cli_fail(
        KJ_EXIT_REFUSED,
        lost ? _("%s is not applied: you would be cut off; see above, or apply it all the same with --allow-lock-out")
             : _("%s is not applied: whether you would be cut off could not be found out; apply it all the same with --allow-lock-out"),
        block->qualified);
    return FALSE;
}

/* ---- the steps as told ---- */

static char *time_of(gint64 seconds) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);
    return g_date_time_format(time, "%F %T");
}

static gint64 seconds_left(const KjApplication *application) {
    return (kj_application_left(application) + 999) / 1000;
}

/* Under the lock. */
static int undo_it(KjApplication *application) {
    g_autoptr(GError) error = NULL;
    if (!kj_application_undo(application, &error))
        return kj_cli_fail(code_of(error), _("%s: what was in force before could not be put back: %s"), application->block, error->message);
    fprintf(stderr, _("%s by %s: undone; what was in force before is in force again\n"), application->block, application->target);
    return KJ_EXIT_FINE;
}

/* Under the lock. */
static int keep_it(KjApplication *application) {
    g_autoptr(GError) error = NULL;
    g_autofree char *when = time_of(application->changed);
    switch (application->phase) {
    case KJ_APPLICATION_PENDING:
        break;
    case KJ_APPLICATION_KEPT:
        fprintf(stderr, _("%s by %s: kept since %s\n"), application->block, application->target, when);
        return KJ_EXIT_FINE;
    default:
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s by %s was undone at %s, so there is nothing to confirm; apply it again"),
                           application->block, application->target, when);
    }
    if (kj_application_left(application) == 0) {
        int code = undo_it(application);
        return code ? code : kj_cli_fail(KJ_EXIT_REFUSED, _("%s: the time to confirm was over; apply it again"), application->block);
    }
    if (!kj_application_write(application, KJ_APPLICATION_KEPT, &error))
        return fail_with(error);
    fprintf(stderr, _("%s by %s: confirmed; it stays in force\n"), application->block, application->target);
    return KJ_EXIT_FINE;
}

/* Takes one step of an application that was read before, as it is by now. */
static int step(const KjApplication *seen, int (*take)(KjApplication *application)) {
    g_autoptr(GError) error = NULL;
    int lock = kj_application_lock(seen->target, seen->name, TRUE, &error), code;
    g_autoptr(KjApplication) now = lock >= 0 ? kj_application_read(seen->target, seen->name, &error) : NULL;
    code = now ? take(now) : fail_with(error);
    if (lock >= 0)
        kj_application_unlock(lock);
    return code;
}

/* ---- asking ---- */

/* Another line of standard input until the time is over; NULL then, and when there is no more. Free with g_free. */
static char *read_answer(const KjApplication *application) {
    char line[256];
    struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
    gint64 left;
    while ((left = kj_application_left(application)) > 0) {
        int ready = poll(&in, 1, (int)MIN(left, 60000));
        if (ready < 0 && errno != EINTR)
            return NULL;
        if (ready <= 0)
            continue;
        ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
        return got > 0 ? g_strstrip(g_strndup(line, (gsize)got)) : NULL;
    }
    return NULL;
}

/* Somebody is at a terminal. What is not answered is left to the watcher, which sees to it also when nobody is left to ask. */
static int ask(const KjApplication *application) {
    for (;;) {
        fprintf(stderr, _("Keep it? Type `yes` within %" PRId64 " seconds, or `no`: "), seconds_left(application));
        g_autofree char *answer = read_answer(application);
        if (!answer) {
            fputc('\n', stderr);
            return kj_cli_fail(KJ_EXIT_REFUSED,
                               _("%s: not confirmed here; it is undone when its time is over, unless it is confirmed elsewhere"),
                               application->block);
        }
        if (strcmp(answer, "yes") == 0)
            return step(application, keep_it);
        if (strcmp(answer, "no") == 0) {
            int code = step(application, undo_it);
            return code ? code : KJ_EXIT_REFUSED;
        }
    }
}

static int tell_pending(const KjApplication *application) {
    fprintf(stderr, _("%s by %s: in force; it is undone in %" PRId64 " seconds unless confirmed\n"), application->block,
            application->target, seconds_left(application));
    if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
        return ask(application);
    fprintf(stderr, _("To keep it, best over a new connection: kijun apply --confirm %s\n"), application->block);
    return KJ_EXIT_FINE;
}

/* ---- applying ---- */

static int put_and_ask(KjApplication *application, gboolean watched) {
    g_autoptr(GError) error = NULL;
    int lock = kj_application_lock(application->target, application->name, FALSE, &error);
    gboolean done = lock >= 0 && kj_application_put(application, watched, &error);
    if (lock >= 0)
        kj_application_unlock(lock);
    if (!done)
        return kj_cli_fail(code_of(error), _("%s by %s is not applied: %s"), application->block, application->target, error->message);
    if (watched)
        return tell_pending(application);
    fprintf(stderr, _("%s by %s: in force\n"), application->block, application->target);
    return KJ_EXIT_FINE;
}

static char *emit(const KjEnforcement *enforcement, KjTable *table, KjBlockView *view, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    const KjTargetDefinition *target = enforcement->block->domain->targets;
    guint index;
    if (!kj_table_find_block(table, enforcement->block->qualified, &index, error))
        return NULL;
    kj_view_block(table, index, view);
    while (strcmp(target->name, enforcement->target) != 0) /* the checker found it there */
        target++;
    return target->emit(table, index, text, error) ? g_strndup(text->str, text->len) : NULL;
}

static int apply_block(const char *name, const char *path, guint64 seconds) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    g_autoptr(GDateTime) today = g_date_time_new_now_utc();
    g_autofree char *day = g_date_time_format(today, "%F"), *text = NULL;
    if (g_str_has_suffix(path, ".kjt"))
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is a table, and does not say where its blocks are enforced; name the policy"), path);
    g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, &code);
    const KjBlock *block = compilation ? kj_policy_find_block(compilation->policy, name, &error) : NULL;
    const KjEnforcement *enforcement = block ? find_enforcement(compilation->policy, block) : NULL;
    KjBlockView view;
    if (!compilation)
        return code;
    if (!enforcement)
        return error ? kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message) : KJ_EXIT_USAGE;
    g_autoptr(GBytes) bytes = kj_cli_build_proved(compilation, path, day, TRUE, &code);
    g_autoptr(KjTable) table = bytes ? kj_cli_open_built(bytes, &code) : NULL;
    if (!table)
        return code;
    if (!is_safe(compilation, path, block))
        return KJ_EXIT_REFUSED;
    if (!(text = emit(enforcement, table, &view, &error)))
        return fail_with(error);
    if (prove && (code = kj_cli_prove(compilation, block, enforcement->target, text)) != KJ_EXIT_FINE)
        return code;
    g_autoptr(KjApplication) application =
        kj_application_new(block->domain->name, enforcement->target, view.name, block->qualified, text, seconds);
    return put_and_ask(application, seconds > 0);
}

/* ---- what was applied before ---- */

/* The one of that block. NULL after telling that there is none. */
static KjApplication *find_application(const GPtrArray *all, const char *block) {
    KjApplication *found = NULL;
    for (guint i = 0; i < all->len; i++) {
        KjApplication *one = all->pdata[i];
        if ((strcmp(one->block, block) != 0 && strcmp(one->name, block) != 0) || (by && strcmp(one->target, by) != 0))
            continue;
        if (found) {
            kj_cli_fail(KJ_EXIT_USAGE, _("`%s` was applied by %s and by %s; say which with --by"), block, found->target, one->target);
            return NULL;
        }
        found = one;
    }
    if (!found)
        kj_cli_fail(KJ_EXIT_USAGE, _("`%s` was never applied here; `kijun apply --show` tells what was"), block);
    return found;
}

static int undo_once(KjApplication *application) {
    if (application->phase != KJ_APPLICATION_UNDONE)
        return undo_it(application);
    g_autofree char *when = time_of(application->changed);
    return kj_cli_fail(KJ_EXIT_REFUSED, _("%s by %s was undone at %s already"), application->block, application->target, when);
}

static int undo_if_pending(KjApplication *application) {
    return application->phase == KJ_APPLICATION_PENDING ? undo_it(application) : KJ_EXIT_FINE;
}

static int recover_all(const GPtrArray *all) {
    int worst = KJ_EXIT_FINE;
    for (guint i = 0; i < all->len; i++) {
        const KjApplication *one = all->pdata[i];
        if (one->phase == KJ_APPLICATION_PENDING && (kj_application_left(one) == 0 || !kj_application_is_watched(one)))
            worst = MAX(worst, step(one, undo_if_pending));
    }
    return worst;
}

static const char *const phases[] = {
    [KJ_APPLICATION_PENDING] = "pending", [KJ_APPLICATION_KEPT] = "kept", [KJ_APPLICATION_UNDONE] = "undone"
};

static void show_text(const KjApplication *application, gboolean drifted, const char *problem) {
    g_autofree char *when = time_of(application->changed);
    if (application->phase == KJ_APPLICATION_PENDING)
        printf(_("%s by %s: in force since %s, undone in %" PRId64 " seconds unless confirmed\n"), application->block, application->target,
               when, seconds_left(application));
    else
        printf(application->phase == KJ_APPLICATION_KEPT ? _("%s by %s: in force, kept since %s\n") : _("%s by %s: undone at %s\n"),
               application->block, application->target, when);
    if (problem)
        printf("  %s\n", problem);
    else if (drifted)
        printf(_("  what is in force is not what was applied: somebody has changed it since\n"));
}

static void show_json(JsonBuilder *builder, const KjApplication *application, gboolean drifted, const char *problem) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "block", application->block);
    kj_member_text(builder, "target", application->target);
    kj_member_text(builder, "phase", phases[application->phase]);
    kj_member_number(builder, "since", application->changed);
    kj_member_number(builder, "seconds_left", application->phase == KJ_APPLICATION_PENDING ? seconds_left(application) : 0);
    kj_member_truth(builder, "differs", drifted);
    if (problem)
        kj_member_text(builder, "problem", problem);
    json_builder_end_object(builder);
}

static int show_all(const GPtrArray *all, const char *block) {
    g_autoptr(JsonBuilder) builder = g_strcmp0(format, "json") == 0 ? json_builder_new() : NULL;
    int code = KJ_EXIT_FINE;
    if (builder) {
        json_builder_begin_object(builder);
        kj_member_number(builder, "version", 1);
        kj_member_list(builder, "blocks");
    }
    for (guint i = 0; i < all->len; i++) {
        const KjApplication *one = all->pdata[i];
        g_autofree char *problem = NULL;
        if (block && strcmp(one->block, block) != 0 && strcmp(one->name, block) != 0)
            continue;
        gboolean drifted = kj_application_has_drifted(one, &problem);
        if (builder)
            show_json(builder, one, drifted, problem);
        else
            show_text(one, drifted, problem);
        code = drifted ? KJ_EXIT_DIFFERS : code;
    }
    if (builder) {
        json_builder_end_array(builder);
        json_builder_end_object(builder);
        kj_cli_print_json(json_builder_get_root(builder));
    }
    return code;
}

static int look_back(const char *block) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = kj_application_list(&error);
    if (!all)
        return fail_with(error);
    if (recover)
        return recover_all(all);
    if (show)
        return show_all(all, block);
    const KjApplication *one = find_application(all, block);
    return one ? step(one, confirm ? keep_it : undo_once) : KJ_EXIT_USAGE;
}

/* ---- the command ---- */

static gboolean read_duration(guint64 *seconds) {
    const char *text = confirm_within ? confirm_within : CONFIRM_WITHIN, *problem = NULL;
    if (!kj_value_read_duration(text, strlen(text), seconds, &problem))
        kj_cli_fail(KJ_EXIT_USAGE, _("--confirm-within: `%s` is no duration; write 90s, 15m or 1h"), text);
    else if (*seconds > DEADLINE_MAX)
        kj_cli_fail(KJ_EXIT_USAGE, _("--confirm-within: at most a week; 0s keeps it without a confirmation"));
    else
        return TRUE;
    return FALSE;
}

int kj_command_apply(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    guint64 seconds = 0;
    if (!kj_cli_options(&argc, &argv, 0, 2, &code))
        return code;
    guint modes = (guint)(confirm != 0) + (guint)(undo != 0) + (guint)(show != 0) + (guint)(recover != 0);
    if (modes > 1 || (modes == 1 && (argc > 2 || confirm_within || host || allow_lock_out || prove)))
        return kj_cli_fail(KJ_EXIT_USAGE,
                           _("--confirm, --undo, --show and --recover each stand alone, with no more than the block and --by"));
    if (argc < 2 && !show && !recover)
        return kj_cli_fail(KJ_EXIT_USAGE, _("which block? Usage: kijun apply BLOCK [PATH]"));
    if (!read_duration(&seconds))
        return KJ_EXIT_USAGE;
    kj_plugins_load(NULL);
    if (g_getenv("KIJUN_STATE")) { /* for the watcher, which leaves this folder */
        g_autofree char *folder = g_canonicalize_filename(g_getenv("KIJUN_STATE"), NULL);
        g_setenv("KIJUN_STATE", folder, TRUE);
    }
    return modes ? look_back(argc > 1 ? argv[1] : NULL) : apply_block(argv[1], argc > 2 ? argv[2] : ".", seconds);
}
