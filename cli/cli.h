/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands share: exit codes, the command table's row, and how a PATH becomes a checked policy or a verified table.
 * A command is one file and one function; main.c is the table of them all.
 */
#ifndef KJ_CLI_H
#define KJ_CLI_H

#include <kijun/kijun.h>

#include "../compiler/analyse/analyse.h"
#include "../compiler/compiler.h"
#include "../compiler/report/member.h"
#include "../compiler/translate.h"

enum {
    KJ_EXIT_FINE = 0,
    KJ_EXIT_POLICY = 1,  /* the policy has errors, a test or proof failed */
    KJ_EXIT_DIFFERS = 2, /* diff or plan found anything but equal */
    KJ_EXIT_USAGE = 3,
    KJ_EXIT_IO = 4,
    KJ_EXIT_REFUSED = 5,
    KJ_EXIT_BUG = 70,
    KJ_EXIT_NOT_DONE = 77, /* a proof that was asked for could not be done on this machine */
};

/* --help, the manual page and the shell completions of a command are all written from its row and its option entries. In an entry that takes a
 * word, the argument's description says which: "text|json" is one of two (kj_cli_options refuses others), "FILE" any; a file has
 * G_OPTION_ARG_FILENAME. Among the arguments PATH is a policy or a table (kj_revision_form: of a git revision), BLOCK one of its blocks; FILE, DIR, DOMAIN, TARGET, COMMAND speak for themselves. */
typedef struct {
    const char *name;
    const char *arguments;             /* for the usage line */
    const char *summary;               /* one sentence */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const GOptionEntry *options;       /* ends with a NULL name; NULL: none but --help */
    const char *description;           /* what else its users must know: paragraphs apart by an empty line */
} KjCommand;

extern const KjCommand kj_commands[]; /* ends with a NULL name */

int kj_command_check(int argc, char **argv);
int kj_command_fmt(int argc, char **argv);
int kj_command_build(int argc, char **argv);
int kj_command_show(int argc, char **argv);
int kj_command_verify(int argc, char **argv);
int kj_command_describe(int argc, char **argv);
int kj_command_decide(int argc, char **argv);
int kj_command_explain(int argc, char **argv);
int kj_command_test(int argc, char **argv);
int kj_command_emit(int argc, char **argv);
int kj_command_apply(int argc, char **argv);
int kj_command_replay(int argc, char **argv);
int kj_command_diff(int argc, char **argv);
int kj_command_audit(int argc, char **argv);
int kj_command_bench(int argc, char **argv);
int kj_command_fix(int argc, char **argv);
int kj_command_explain_code(int argc, char **argv);
int kj_command_breach(int argc, char **argv);
int kj_command_root(int argc, char **argv);
int kj_command_propose(int argc, char **argv);
int kj_command_approve(int argc, char **argv);
int kj_command_veto(int argc, char **argv);
int kj_command_comment(int argc, char **argv);
int kj_command_delegate(int argc, char **argv);
int kj_command_withdraw(int argc, char **argv);
int kj_command_release(int argc, char **argv);
int kj_command_rollback(int argc, char **argv);
int kj_command_init(int argc, char **argv);
int kj_command_deploy(int argc, char **argv);
int kj_command_verify_release(int argc, char **argv);
int kj_command_log(int argc, char **argv);
int kj_command_when(int argc, char **argv);
int kj_command_status(int argc, char **argv);
int kj_command_review(int argc, char **argv);
int kj_command_completion(int argc, char **argv);
int kj_command_manual(int argc, char **argv);

extern const GOptionEntry kj_options_check[], kj_options_fmt[], kj_options_build[], kj_options_show[], kj_options_verify[], kj_options_describe[],
    kj_options_decide[], kj_options_explain[], kj_options_test[], kj_options_emit[], kj_options_apply[], kj_options_replay[], kj_options_audit[], kj_options_diff[], kj_options_bench[], kj_options_breach[], kj_options_root[], kj_options_propose[], kj_options_approve[], kj_options_veto[], kj_options_comment[], kj_options_delegate[], kj_options_withdraw[], kj_options_release[], kj_options_rollback[], kj_options_init[], kj_options_fix[], kj_options_deploy[], kj_options_verify_release[], kj_options_log[], kj_options_when[], kj_options_status[], kj_options_review[], kj_options_completion[], kj_options_manual[];

/* Parses the options of command argv[0] by its row's entries; what is left must be `least` to `most` arguments (most < 0: no bound). FALSE after telling the user how
 * the command is used; the command then returns KJ_EXIT_USAGE. `--help` prints the usage and exits through *exit_code = KJ_EXIT_FINE. */
gboolean kj_cli_options(int *argc, char ***argv, int least, int most, int *exit_code);

/* From here on steps of long work (compiler/progress.h) are shown on a terminal; not where the answer streams to it; cleared before anything else is said. */
void kj_cli_progress_begin(void);
void kj_cli_progress_streams(void);
void kj_cli_progress_clear(void);

/* "kijun COMMAND: message" on stderr; returns `code` so that a command can end with it. */
int kj_cli_fail(int code, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The exit code that fits an error of the library. */
int kj_cli_error_code(const GError *error);

/* The exit code of a run that ended with errors in the policy: KJ_EXIT_IO when a file could not be read, so that nobody takes a broken disk for a
 * broken policy; KJ_EXIT_BUG when an analysis found that it was wrong itself; else KJ_EXIT_POLICY. */
int kj_cli_errors_code(const KjDiagnostics *diagnostics);

/* Reads, parses and checks; prints the diagnostics as text on stderr (warnings only when `warnings`). NULL with *exit_code set when it cannot be read or has errors. */
KjCompilation *kj_cli_compile(const char *path, gboolean warnings, int *exit_code);
/* The same, where rules with @advisory act already. Its warnings are those of the other. */
KjCompilation *kj_cli_compile_trial(const char *path, int *exit_code);

/* Prints the diagnostics as text on stderr. */
void kj_cli_print_diagnostics(const KjDiagnostics *diagnostics, const KjSources *sources);

/* The table in bytes that were built just now: the compiler's own judge looks at every table before anybody else sees it. NULL with *exit_code set, after
 * telling why. */
KjTable *kj_cli_open_built(GBytes *bytes, int *exit_code);

/* The bytes of the table of a policy that is what its standards ask, at `at` or, if that is NULL, at any time: what may be deployed. NULL with *exit_code set,
 * after telling why. */
GBytes *kj_cli_build_proved(const KjCompilation *compilation, const char *path, const char *at, gboolean optimise, int *exit_code);

/* Loads a target's text of a block where it does no harm, reads it back, and compares it with the source (proof.c). The exit code, after telling what was found. */
int kj_cli_prove(const KjCompilation *compilation, const KjBlock *block, const char *target, const char *text);

/* The table of a compiled policy, whatever its standards say. NULL with *exit_code set, after telling why. */
KjTable *kj_cli_build(const KjCompilation *compilation, int *exit_code);

/* PATH to a verified table: a .kjt is opened, anything else compiled and built in memory. NULL with *exit_code set, after telling why. */
KjTable *kj_cli_table(const char *path, int *exit_code);

/* The same, and the block `name` in it. */
KjTable *kj_cli_block(const char *path, const char *name, guint *block, int *exit_code);

/* Whether stderr (or stdout) wants colour: a terminal, and NO_COLOR not set. */
gboolean kj_cli_colour(int descriptor);

/* "ja" when the first of LANGUAGE, LC_ALL, LC_MESSAGES, LANG that is set begins with it, else "en". Our sentences need no installed locale, so
 * LANGUAGE=ja works under LC_ALL=C too. */
const char *kj_cli_language(void);

/* `--at`: an instant, or now when `text` is NULL. FALSE after telling what is wrong. */
gboolean kj_cli_instant(const char *text, gint64 *seconds);

/* What the analyses are judged against: the day of `at` (NULL: today), this session's connection, and the PATH that examples name. `at` and `path` must outlive
 * it. FALSE after telling what is wrong with `at`. */
gboolean kj_cli_analysis(const char *at, const char *path, KjAnalysis *analysis);

/* Whether a name in an `enforce` is this machine's: the name by which it is `called`, or if that is NULL its own, with or without its domain. */
gboolean kj_cli_is_this_host(const char *name, const char *called);

/* Runs the tests of a policy on its table. NULL when all hold; else what the first one that fails says. Free with g_free. (test.c) */
char *kj_cli_self_test(const KjCompilation *compilation, KjTable *table);

/* Writes a JSON tree to stdout, indented, with a line end. Takes the node. */
void kj_cli_print_json(JsonNode *root);

/* Sets one `FIELD=VALUE` (or FIELD and VALUE apart) of a request. A set-valued field takes members separated by commas (`\,` is a comma), or nothing
 * for the empty set. FALSE with KJ_ERROR_UNKNOWN or KJ_ERROR_VALUE. */
gboolean kj_cli_set_field(const KjTable *table, guint block, KjRequest *request, const char *field, const char *value, GError **error);

/* Writes to a file, as a whole or not at all, or for NULL to standard output. The exit code, after telling. */
int kj_cli_write(const char *path, const GString *text);

/* Reads a whole file, "-" for standard input. */
gboolean kj_cli_read(const char *path, char **bytes, gsize *length, GError **error);

#endif
