/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands share by which people propose, approve and release: their options, the desk that they sit down at, what a person may
 * call a change (a proposal, a revision, the working tree), how a change is told, and how a statement is shown, signed and kept.
 */
#ifndef KJ_CLI_DESK_H
#define KJ_CLI_DESK_H

#include "../../compiler/report/report.h"
#include "../../history/desk.h"
#include "../../history/values.h"
#include "../cli.h"

/* ---- options ---- */

typedef struct {
    char *context, *key, *workspace, *at;
    gboolean yes;
} KjDeskChoices;

extern KjDeskChoices kj_desk_choices; /* of the one command that runs */

/* Where: of every such command; who: of those that sign. Rows of a command's option entries. */
#define KJ_DESK_WHERE \
    { "context", 0, 0, G_OPTION_ARG_STRING, &kj_desk_choices.context, N_("The context (kijun.context of git's settings, or the only one)"), "NAME" }, \
    { "workspace", 0, 0, G_OPTION_ARG_STRING, &kj_desk_choices.workspace, \
      N_("The workspace's folder in the repository (kijun.workspace of git's settings, or its top)"), "FOLDER" }, \
    { "at", 0, 0, G_OPTION_ARG_STRING, &kj_desk_choices.at, N_("The instant that counts as now (now)"), "INSTANT" }
#define KJ_DESK_WHO \
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &kj_desk_choices.key, \
      N_("Sign with this key (KIJUN_KEY, or kijun.key or user.signingkey of git's settings)"), "FILE" }, \
    { "yes", 0, 0, G_OPTION_ARG_NONE, &kj_desk_choices.yes, N_("Sign without asking"), NULL }

/* ---- the desk ---- */

typedef struct {
    KjDesk *desk;
    gint64 now;
    KjKey *key;         /* with which is signed, or NULL */
    const char *person; /* whose it is under the root */
} KjSitting;

/* Opens the repository of the current folder. `signs`: it must be known who. FALSE with *exit_code set, after telling why. Clear with
 * kj_sitting_clear. */
gboolean kj_sitting_open(KjSitting *sitting, gboolean signs, int *exit_code);
void kj_sitting_clear(KjSitting *sitting);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjSitting, kj_sitting_clear)

/* The context that is meant. NULL with *exit_code set, after telling why. Free with g_free. */
char *kj_desk_context(KjRepository *repository, int *exit_code);

/* "kijun COMMAND: message" of an error of the library; its exit code. */
int kj_desk_fail(const GError *error);

/* ---- what is changed ---- */

typedef struct {
    KjWorkspace *workspace;       /* compiles */
    const KjStatement *statement; /* the proposal or emergency that was named, or NULL; borrowed */
    char *title;                  /* its title, or the first line of the commit's message; NULL: none */
    char *shown;                  /* what messages call it */
} KjTarget;

/* `named`: a proposal's or emergency's digest or its start, REV, REV:FOLDER (:FOLDER is the index), or a folder of the working tree; NULL:
 * the working tree. FALSE with *exit_code set, after telling why. Clear with kj_target_clear. */
gboolean kj_target_find(const KjSitting *sitting, const char *named, KjTarget *target, int *exit_code);
void kj_target_clear(KjTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjTarget, kj_target_clear)

/* Whether it may be in force at all: it is what its standards ask. Else FALSE with *exit_code set, after telling why. */
gboolean kj_target_check(const KjTarget *target, int *exit_code);

/* Whether the change of a unit is among those that the proposal names (always, when none was named): its workspace may be older than what
 * others have released since, and then it would undo that. */
gboolean kj_target_names(const KjTarget *target, const KjNeed *need);

/* A statement of one of these kinds (a NULL-terminated list of numbers) by its digest or the start of it. NULL with *exit_code set, after telling. */
const KjSigned *kj_desk_statement(const KjSitting *sitting, const char *digest, const KjStatementKind *kinds, int *exit_code);

/* ---- values ---- */

/* An instant, a date (its midnight in UTC), or if `from` is not negative a duration after it. FALSE after telling; `option`: whose value it is. */
gboolean kj_desk_instant(const char *option, const char *text, gint64 from, gint64 *instant);

/* A line `change` for every unit that changes, from its base to its result. */
void kj_values_add_changes(KjValues *values, const KjNeeds *needs);
/* unit, base, result: the digests of a need, "none" where there is no such unit. */
void kj_values_add_unit(KjValues *values, const KjNeed *need, gboolean base);
/* `verdict` and `weakens`, as they were computed here. */
void kj_values_add_reading(KjValues *values, const KjNeed *need);
/* The domain of the block, and the digest of its vocabulary. */
void kj_values_add_schema(KjValues *values, const KjNeed *need);

/* ---- saying ---- */

/*
 * The statement as the person's next, with signer, previous, date and context filled in. It lies on the desk at once, as if it had been
 * said, so that what comes of it can be computed before anybody signs. NULL with *exit_code set, after telling. Borrowed. Then
 * kj_desk_sign, or kj_desk_drop.
 */
const KjStatement *kj_desk_draft(KjSitting *sitting, KjStatementKind kind, const KjValues *values, int *exit_code);
/* Shows the exact bytes, asks, signs, and adds it to the signer's chain. FALSE with *exit_code set, after telling, and the draft is gone;
 * *exit_code is KJ_EXIT_FINE when the person said no. */
gboolean kj_desk_sign(KjSitting *sitting, int *exit_code);
void kj_desk_drop(KjSitting *sitting);
/* Both. */
gboolean kj_desk_say(KjSitting *sitting, KjStatementKind kind, const KjValues *values, int *exit_code);

/* The same for one that does not go into a chain: shows, asks, signs. The armor; free with g_free. */
char *kj_desk_seal(const KjSitting *sitting, const KjStatement *statement, int *exit_code);

/* ---- telling (desk_show.c) ---- */

typedef struct KjTelling KjTelling;

/* What a change does and needs, as people read it. All three must outlive it. Free with kj_telling_free. */
KjTelling *kj_telling_new(const KjSitting *sitting, const KjRuling *ruling, const char *shown);
void kj_telling_free(KjTelling *telling);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjTelling, kj_telling_free)

/* A heading with the unit and its verdict, and a line for each thing that the step does to it. */
void kj_telling_effect(const KjTelling *telling, const KjStep *step, GString *out);
/* Who has agreed to the step, whose word does not count and why, whose approval is missing and who could give it, one a line. */
void kj_telling_needs(const KjStep *step, GString *out);
/* What becomes of guards of the whole workspace. */
void kj_telling_guards(const KjTelling *telling, GString *out);
/* Everything, step by step. */
void kj_telling_all(const KjTelling *telling, GString *out);
/* The members "changes", "by_thresholds" and "met" of an object that is open. */
void kj_telling_json(const KjTelling *telling, JsonBuilder *builder);
/* Who decides where no governance is in force: "the release, signed by 2 of a, b and c". Free with g_free. */
char *kj_telling_root(const KjSitting *sitting, const char *what);

/* The files in which the two texts of a unit differ (their paths, borrowed). Free with g_ptr_array_unref. */
GPtrArray *kj_desk_changed_files(const KjNeed *need);
/* Whether an author of the step has let the person stand in for him. */
gboolean kj_desk_stands_in(const KjSitting *sitting, const KjStep *step, const char *person);
/* The step of a unit that comes last, or NULL: it does not change. */
const KjStep *kj_desk_step(const KjRuling *ruling, const char *unit);
/* Says that `unit` is none of those that change, and which do; KJ_EXIT_USAGE. */
int kj_desk_no_unit(const KjRuling *ruling, const char *unit);

/* ---- proposing (propose.c); a rollback does the same ---- */

typedef struct {
    const char *title;
    char **authors; /* NULL: who signs */
    gboolean json;
} KjProposing;

/* Returns the exit code. */
int kj_propose(KjSitting *sitting, const KjTarget *target, const KjProposing *proposing);

#endif
