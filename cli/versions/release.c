/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun release: what was agreed to becomes what hosts enforce.
 *
 * The change is judged here as every host will judge it; whatever is missing is told unit by unit, with those who could give it. Then the
 * statement is made, signed, and published in one step or not at all.
 *
 * Where the root wants several signatures, the statement goes from one to the next in a file: its bytes, and below them one armor after
 * another, as `ssh-keygen -Y sign` writes them. Nobody signs what a file says: each makes the statement again from the change and compares.
 * Who is the last publishes.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../compiler/report/member.h"
#include "desk.h"

#define EXPIRES "30d"
#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define RELEASE "release"
#define ROOT "root"

static char *title, *expires, *draft, *sign, *emergency, *format;
static gboolean heartbeat;

const GOptionEntry kj_options_release[] = {
    { "title", 0, 0, G_OPTION_ARG_STRING, &title, N_("One line about it (the proposal's or the commit's)"), "TEXT" },
    { "expires", 0, 0, G_OPTION_ARG_STRING, &expires, N_("For how long hosts are content to hear nothing new (30d)"), "DURATION" },
    { "draft", 0, 0, G_OPTION_ARG_FILENAME, &draft, N_("Do not publish, but write it here for others to sign"), "FILE" },
    { "sign", 0, 0, G_OPTION_ARG_FILENAME, &sign, N_("Sign this draft too, and publish it once enough have"), "FILE" },
    { "emergency", 0, 0, G_OPTION_ARG_STRING, &emergency, N_("Release this emergency"), "DIGEST" },
    { "heartbeat", 0, 0, G_OPTION_ARG_NONE, &heartbeat, N_("Release nothing, but say that the latest release is still the latest"), NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("How the answer is written (text)"), "text|json" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

/* What is to be signed, and what it comes from. */
typedef struct {
    KjSitting *sitting;
    KjTarget target;   /* of a heartbeat: nothing */
    KjRuling *ruling;
    KjStatement *statement;
    GPtrArray *armors; /* char * */
} Work;

static void work_clear(Work *work) {
    g_clear_pointer(&work->ruling, kj_ruling_free);
    g_clear_pointer(&work->statement, kj_statement_free);
    g_clear_pointer(&work->armors, g_ptr_array_unref);
    kj_target_clear(&work->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static gboolean is_json(void) {
    return g_strcmp0(format, "json") == 0;
}

/* `path`: of the draft that waits for others, or NULL. */
static void print_json(const Work *work, const KjSealed *sealed, const char *path) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "kind", kj_statement_kind_name(kj_statement_kind(work->statement)));
    kj_member_text(builder, "context", work->sitting->desk->context);
    kj_member_number(builder, "serial", kj_statement_number(work->statement, "serial"));
    kj_member_text(builder, "digest", kj_statement_digest(work->statement));
    if (!heartbeat)
        kj_member_text(builder, "title", kj_statement_get(work->statement, "title"));
    kj_member_number(builder, "signatures", sealed->keys->len);
    kj_member_truth(builder, "published", !path);
    if (path)
        kj_member_text(builder, "draft", path);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* ---- who must sign ---- */

static gboolean is_first(const Work *work) {
    return kj_desk_next_serial(work->sitting->desk) == 1;
}

static const KjStatement *emergency_of(const Work *work) {
    return emergency ? work->target.statement : NULL;
}

/* Whether enough have signed of those who may do `what`. */
static gboolean is_signed(const Work *work, const KjSealed *sealed, const char *what) {
    const KjDesk *desk = work->sitting->desk;
    return kj_root_signers(desk->root, what, kj_desk_next_serial(desk), sealed->keys) >= kj_root_threshold(desk->root, what);
}

/* In an emergency one of those who declared it is enough; the verifier asks which. */
static gboolean is_enough(const Work *work, const KjSealed *sealed) {
    return emergency_of(work) || (is_signed(work, sealed, RELEASE) && (!is_first(work) || heartbeat || is_signed(work, sealed, ROOT)));
}

static gboolean may_sign(const Work *work) {
    const KjRoot *root = work->sitting->desk->root;
    const char *person = work->sitting->person;
    return emergency_of(work) || kj_root_may(root, RELEASE, person) || (is_first(work) && kj_root_may(root, ROOT, person));
}

/* Whether one person's name can be enough at all. */
static gboolean is_alone_enough(const Work *work) {
    const KjRoot *root = work->sitting->desk->root;
    const char *person = work->sitting->person;
    return emergency_of(work) || (kj_root_threshold(root, RELEASE) == 1 && kj_root_may(root, RELEASE, person) &&
                                  (!is_first(work) || (kj_root_threshold(root, ROOT) == 1 && kj_root_may(root, ROOT, person))));
}

/* "2 of abe, baba (release)", and for the first release of the root too. Free with g_free. */
static char *wanted(const Work *work) {
    g_autofree char *release = kj_telling_root(work->sitting, RELEASE), *root = kj_telling_root(work->sitting, ROOT);
    return is_first(work) ? g_strdup_printf(_("%s for releases, and as it is the first by %s for roots"), release, root)
                          : g_strdup_printf(_("%s for releases"), release);
}

static int check_signer(const Work *work) {
    g_autofree char *people = wanted(work);
    if (!may_sign(work))
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s may not sign it: it must be signed by %s"), work->sitting->person, people);
    if (!draft && !sign && !is_alone_enough(work))
        return kj_cli_fail(KJ_EXIT_REFUSED, _("it must be signed by %s; next: kijun release --draft FILE"), people);
    return KJ_EXIT_FINE;
}

/* ---- drafts ---- */

static int write_draft(const Work *work, const KjSealed *sealed, const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *people = wanted(work);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(work->statement), &length);
    g_string_append_len(text, bytes, (gssize)length);
    for (guint i = 0; i < sealed->keys->len; i++)
        g_string_append(text, sealed->armors->pdata[i]);
    if (!g_file_set_contents(path, text->str, (gssize)text->len, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (is_json())
        print_json(work, sealed, path);
    else
        printf(_("%s: signed by %u; it must be signed by %s\nnext, the others: kijun release --sign %s\n"), path, sealed->keys->len,
               people, path);
    return KJ_EXIT_FINE;
}

/* The statement of a draft, and its armors. NULL with *exit_code set, after telling. */
static KjStatement *read_draft(const char *path, GPtrArray *armors, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    if (!g_file_get_contents(path, &bytes, &length, &error)) {
        *exit_code = kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
        return NULL;
    }
    const char *at = strstr(bytes, "\n" BEGIN);
    KjStatement *statement = kj_statement_parse(bytes, at ? (gsize)(at + 1 - bytes) : length, &error);
    if (!statement) {
        *exit_code = kj_cli_fail(KJ_EXIT_REFUSED, "%s: %s", path, error->message);
        return NULL;
    }
    while (at) {
        const char *next = strstr(at + 1, "\n" BEGIN);
        g_ptr_array_add(armors, next ? g_strndup(at + 1, (gsize)(next - at)) : g_strdup(at + 1));
        at = next;
    }
    return statement;
}

/* The first line in which they differ. Free with g_free. */
static char *first_difference(const KjStatement *theirs, const KjStatement *ours) {
    gsize their_length, our_length;
    const char *their_bytes = g_bytes_get_data(kj_statement_bytes(theirs), &their_length),
               *our_bytes = g_bytes_get_data(kj_statement_bytes(ours), &our_length);
    g_autofree char *their_text = g_strndup(their_bytes, their_length), *our_text = g_strndup(our_bytes, our_length);
    g_auto(GStrv) their_lines = g_strsplit(their_text, "\n", -1), our_lines = g_strsplit(our_text, "\n", -1);
    for (guint i = 0; their_lines[i] && our_lines[i]; i++)
        if (strcmp(their_lines[i], our_lines[i]) != 0)
            return g_strdup_printf(_("the draft says `%s`, and here it is `%s`"), their_lines[i], our_lines[i]);
    return g_strdup(_("one of the two is longer"));
}

/* ---- making the statement ---- */

static int refuse_unmet(const Work *work) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < work->ruling->steps->len; i++) {
        const KjStep *step = work->ruling->steps->pdata[i];
        if (step->met)
            continue;
        g_string_append_printf(text, "\n%s\n", step->need->name);
        kj_telling_needs(step, text);
        if (!kj_target_names(&work->target, step->need))
            g_string_append(
                text,
                _("  the proposal is older than that, and would undo it: merge it with what is in force, and release the merge; what was approved stays so\n"));
        g_string_truncate(text, text->len - 1);
    }
    return kj_cli_fail(KJ_EXIT_REFUSED, _("not everybody who must has agreed:%s"), text->str);
}

/* Nothing differs from what lasts, the root is the one of the last release, and no emergency is to be ended: hosts would learn nothing. */
static gboolean is_idle(const Work *work) {
    const KjDesk *desk = work->sitting->desk;
    const KjRoot *root = kj_verifier_root(desk->verifier);
    return work->ruling->steps->len == 0 && root && kj_root_version(root) == kj_root_version(desk->root) &&
           kj_verifier_release(desk->verifier) == kj_verifier_lasting(desk->verifier);
}

/* `theirs`: the draft whose signer, title and dates count, or NULL. */
static int make_release(Work *work, const char *named, const KjStatement *theirs) {
    g_autoptr(GError) error = NULL;
    KjSitting *sitting = work->sitting;
    gint64 date = theirs ? kj_statement_instant(theirs, "date") : sitting->now, end = theirs ? kj_statement_instant(theirs, "expires") : 0;
    int code = KJ_EXIT_FINE;
    if (!theirs && !kj_desk_instant("expires", expires ? expires : EXPIRES, sitting->now, &end))
        return KJ_EXIT_USAGE;
    if (!kj_target_find(sitting, named, &work->target, &code) || !kj_target_check(&work->target, &code))
        return code;
    if (emergency && (!work->target.statement || kj_statement_kind(work->target.statement) != KJ_STATEMENT_EMERGENCY))
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is not the digest of an emergency"), emergency);
    const char *subject = theirs ? kj_statement_get(theirs, "title") : title ? title : work->target.title;
    if (!subject)
        return kj_cli_fail(KJ_EXIT_USAGE, _("what is it about? Say it in one line with --title"));
    work->ruling = kj_desk_decide(sitting->desk, work->target.workspace, emergency_of(work), date);
    if (is_idle(work))
        return kj_cli_fail(KJ_EXIT_REFUSED,
                           _("%s is what %s enforces already: there is nothing to release; to tell hosts so: kijun release --heartbeat"),
                           named, sitting->desk->context);
    if (!work->ruling->met)
        return refuse_unmet(work);
    const char *signer = theirs ? kj_statement_get(theirs, "signer") : sitting->person;
    work->statement = kj_desk_release(sitting->desk, work->target.workspace, work->ruling, emergency_of(work), signer, subject, date, end,
                                      &error);
    return work->statement ? KJ_EXIT_FINE : kj_desk_fail(error);
}

static int make_heartbeat(Work *work, const KjStatement *theirs) {
    g_autoptr(GError) error = NULL;
    KjSitting *sitting = work->sitting;
    work->statement = kj_desk_heartbeat(sitting->desk, theirs ? kj_statement_get(theirs, "signer") : sitting->person,
                                        theirs ? kj_statement_instant(theirs, "date") : sitting->now, &error);
    return work->statement ? KJ_EXIT_FINE : kj_desk_fail(error);
}

/* ---- publishing ---- */

static void tell_change(const Work *work) {
    g_autoptr(KjTelling) telling = work->ruling ? kj_telling_new(work->sitting, work->ruling, work->target.shown) : NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (telling)
        kj_telling_all(telling, text);
    fputs(text->str, stdout);
}

/* NULL when a signature does not hold. */
static KjSealed *seal(const Work *work, GError **error) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(work->statement), &length);
    return kj_sealed_new(kj_statement_parse(bytes, length, NULL), (const char *const *)work->armors->pdata, error);
}

static int publish(Work *work, const KjSealed *sealed) {
    g_autoptr(GError) error = NULL;
    KjDesk *desk = work->sitting->desk;
    if (!(heartbeat ? kj_desk_publish_heartbeat(desk, sealed, &error)
                    : kj_desk_publish(desk, work->target.workspace, work->ruling, sealed, &error)))
        return kj_desk_fail(error);
    if (is_json()) {
        print_json(work, sealed, NULL);
        return KJ_EXIT_FINE;
    }
    if (heartbeat)
        printf(_("heartbeat of %s: release %" PRIu64 " is still the latest\n"), desk->context,
               kj_statement_number(work->statement, "serial"));
    else
        printf(_("release %" PRIu64 " of %s, %.12s: %s\n"), kj_statement_number(work->statement, "serial"), desk->context,
               kj_statement_digest(work->statement), kj_statement_get(work->statement, "title"));
    puts(_("next: git push ORIGIN 'refs/kijun/*:refs/kijun/*'"));
    return KJ_EXIT_FINE;
}

static int finish(Work *work) {
    g_autoptr(GError) error = NULL;
    int code = check_signer(work);
    if (code != KJ_EXIT_FINE)
        return code;
    if (!is_json())
        tell_change(work);
    char *armor = kj_desk_seal(work->sitting, work->statement, &code);
    if (!armor)
        return code;
    g_ptr_array_add(work->armors, armor);
    g_ptr_array_add(work->armors, NULL);
    g_autoptr(KjSealed) sealed = seal(work, &error);
    if (!sealed)
        return kj_desk_fail(error); /* what another has signed does not hold any more */
    if (draft)
        return write_draft(work, sealed, draft);
    return sign && !is_enough(work, sealed) ? write_draft(work, sealed, sign) : publish(work, sealed);
}

/* ---- the command ---- */

/* `named`: the change, or NULL. */
static int sign_draft(Work *work, const char *named) {
    int code = KJ_EXIT_FINE;
    g_autoptr(KjStatement) theirs = read_draft(sign, work->armors, &code);
    if (!theirs)
        return code;
    KjStatementKind kind = kj_statement_kind(theirs);
    if (kind != KJ_STATEMENT_RELEASE && kind != KJ_STATEMENT_HEARTBEAT)
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is a statement of the kind `%s`, not a release"), sign, kj_statement_kind_name(kind));
    heartbeat = kind == KJ_STATEMENT_HEARTBEAT;
    emergency = heartbeat ? NULL : (char *)kj_statement_get(theirs, "emergency");
    code = heartbeat ? make_heartbeat(work, theirs) : make_release(work, emergency ? emergency : named, theirs);
    if (code != KJ_EXIT_FINE)
        return code;
    if (strcmp(kj_statement_digest(work->statement), kj_statement_digest(theirs)) == 0)
        return finish(work);
    g_autofree char *difference = first_difference(theirs, work->statement);
    return kj_cli_fail(KJ_EXIT_REFUSED, _("%s is not what comes of %s here: %s; if people have said more since, make the draft again"),
                       sign, named, difference);
}

static int release(Work *work, const char *named) {
    if (sign)
        return sign_draft(work, named);
    int code = heartbeat ? make_heartbeat(work, NULL) : make_release(work, emergency ? emergency : named, NULL);
    return code == KJ_EXIT_FINE ? finish(work) : code;
}

int kj_command_release(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if ((guint)(heartbeat != 0) + (guint)(emergency != NULL) + (guint)(argc > 1) > 1)
        return kj_cli_fail(KJ_EXIT_USAGE, _("a change, --emergency and --heartbeat exclude each other"));
    if (sign && (draft || title || expires || emergency || heartbeat))
        return kj_cli_fail(KJ_EXIT_USAGE, _("--sign takes everything from the draft: write it with the change alone"));
    if (!kj_sitting_open(&sitting, TRUE, &code))
        return code;
    g_auto(Work) work = { .sitting = &sitting, .armors = g_ptr_array_new_with_free_func(g_free) };
    return release(&work, argc > 1 ? argv[1] : "HEAD");
}
