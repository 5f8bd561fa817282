/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun deploy: what a host does with releases, in the order of steps in which each may fail and leave the one before in force.
 *
 *     look back     what a crash left is brought to an end; a release that nobody confirmed in time, and an emergency that is over, go back
 *     fetch         one reference, in a process of its own, into a quarantine
 *     verify        every link, from the one that was accepted last
 *     make          the table and the texts of this machine; the policy's own tests are tried
 *     accept        the objects become the host's own
 *     put           the release's folder is written and synced
 *     switch        `current` names it; then what must never go back is remembered
 *     enforce       what this machine's kernel and files enforce; where that fails, the release before is put back
 *
 * Whatever is refused is named, written into the journal, and changes nothing: what is in force stays in force, with exit code 5.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kijun/value.h>

#include "../../history/fetch.h"
#include "../cli.h"
#include "host.h"

static KjHostSettings told;
static char *state, *at, *confirm_within;
static int keep;
static gboolean confirm, undo, again, watch;

const GOptionEntry kj_options_deploy[] = {
    { "from", 0, 0, G_OPTION_ARG_STRING, &told.source, N_("Where releases come from: a repository, its address, or a bundle; remembered"),
      "SOURCE" },
    { "trust", 0, 0, G_OPTION_ARG_STRING, &told.root, N_("The digest of the root that this host believes; remembered, once"), "DIGEST" },
    { "host", 0, 0, G_OPTION_ARG_STRING, &told.name, N_("The name by which `enforce` calls this machine (its own); remembered"), "NAME" },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &state, N_("The folder in which this host keeps what it has"), "FOLDER" },
    { "keep", 0, 0, G_OPTION_ARG_INT, &keep, N_("How many releases are kept (5); remembered"), "N" },
    { "confirm-within", 0, 0, G_OPTION_ARG_STRING, &confirm_within, N_("Go back to the release before unless it is confirmed in time"),
      "DURATION" },
    { "confirm", 0, 0, G_OPTION_ARG_NONE, &confirm, N_("Keep the release that waits for it"), NULL },
    { "undo", 0, 0, G_OPTION_ARG_NONE, &undo, N_("Go back to the release before now"), NULL },
    { "again", 0, 0, G_OPTION_ARG_NONE, &again,
      N_("Put the newest release in force again: one that was taken back here, or that somebody has changed"), NULL },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("The instant that counts as now (now)"), "INSTANT" },
    { "watch", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &watch, "", NULL },
    G_OPTION_ENTRY_NULL,
};

/* ---- telling ---- */

/* The attack that a refusal begins with; NULL: it is none of those. */
static const char *attack_of(const GError *error) {
    gsize length = strcspn(error->message, ":");
    for (guint attack = KJ_ATTACK_NONE + 1; attack <= KJ_ATTACK_EXPIRED; attack++)
        if (strlen(kj_attack_name((KjAttack)attack)) == length && strncmp(kj_attack_name((KjAttack)attack), error->message, length) == 0)
            return kj_attack_name((KjAttack)attack);
    return NULL;
}

/* Of the release in force, which need not be the highest that was accepted. */
static guint64 serial_in_force(const KjHost *host) {
    g_autofree char *path = kj_host_path(host, "current/statement"), *bytes = NULL;
    gsize length;
    g_autoptr(KjStatement) statement = g_file_get_contents(path, &bytes, &length, NULL) ? kj_statement_parse(bytes, length, NULL) : NULL;
    return statement && kj_statement_kind(statement) == KJ_STATEMENT_RELEASE ? kj_statement_number(statement, "serial")
                                                                             : kj_store_state(host->store)->serial;
}

static int refused(const KjHost *host, const GError *error) {
    if (!g_error_matches(error, KJ_ERROR, KJ_ERROR_REFUSED))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    kj_host_log(host, KJ_JOURNAL_REFUSED, 0, NULL, attack_of(error), error->message);
    const KjStoreState *in_force = kj_store_state(host->store);
    if (in_force->release)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("REFUSED: %s\nrelease %" PRIu64 " (%.12s) stays in force"), error->message,
                           serial_in_force(host), in_force->release);
    return kj_cli_fail(KJ_EXIT_REFUSED, _("REFUSED: %s\nnothing was in force here, and nothing is"), error->message);
}

/* ---- putting in force ---- */

/* Everything after `make`. `wanted`: what is to be in force; `behind`: what it falls back to, or NULL. */
static gboolean put_in_force(KjHost *host, const KjVerifier *verifier, const KjHostRelease *wanted, const char *fallback, guint64 within,
                             KjJournalEvent event, const char *why, GError **error) {
    const KjStoreState *before = kj_store_state(host->store);
    const KjRoot *root = kj_verifier_root(verifier);
    KjStoreState after = { .release = wanted->digest,
                           .serial = MAX(kj_verifier_serial(verifier), before->serial),
                           .root = MAX(kj_root_version(root), before->root),
                           .root_digest = (char *)kj_statement_digest(kj_root_statement(root)),
                           .seen = MAX(before->seen, kj_statement_instant(kj_verifier_link(verifier)->sealed->statement, "date")),
                           .fallback = (char *)fallback };
    g_autofree char *old_release = g_strdup(before->release);
    if (!kj_store_put(host->store, wanted->digest, (const KjStoreFile *)(void *)wanted->files->data, wanted->files->len, error) ||
        !kj_store_switch(host->store, &after, host->settings.keep, error))
        return FALSE;
    host->settings.deadline = within > 0 && old_release && strcmp(old_release, wanted->digest) != 0 ? host->now + (gint64)within : 0;
    if (kj_host_enforce(host, wanted, host->settings.deadline ? within : 0, error)) {
        kj_host_log(host, event, wanted->serial, wanted->digest, NULL, why); /* rather twice than never */
        return kj_host_remember(host, error);
    }
    if (old_release && strcmp(old_release, wanted->digest) != 0) {
        g_autoptr(GError) other = NULL;
        KjStoreState back = after;
        back.release = old_release;
        back.fallback = NULL;
        if (!kj_store_switch(host->store, &back, host->settings.keep, &other))
            g_prefix_error(error, _("the release before could not be put back (%s); "), other->message);
    }
    host->settings.deadline = 0;
    return FALSE;
}

/* Back to the fallback: from an emergency that is over, or a release that nobody confirmed. */
static gboolean go_back(KjHost *host, KjJournalEvent event, const char *why, GError **error) {
    const KjStoreState *in_force = kj_store_state(host->store);
    g_autofree char *folder = kj_host_path(host, "repository"), *left = g_strdup(in_force->release),
                    *fallback = g_strdup(in_force->fallback);
    g_autoptr(KjRepository) repository = kj_repository_open(folder, error);
    g_autoptr(KjVerifier) verifier = repository ? kj_host_verifier_of(host, repository, fallback, error) : NULL;
    g_autoptr(KjHostRelease) release = verifier ? kj_host_release_new(host, verifier, FALSE, error) : NULL;
    if (!release)
        return FALSE;
    g_free(host->settings.held);
    host->settings.held = g_steal_pointer(&left);
    if (!put_in_force(host, verifier, release, NULL, 0, event, why, error))
        return FALSE;
    fprintf(stderr, _("%s; release %" PRIu64 " (%.12s) is in force again\n"), why, release->serial, release->digest);
    return TRUE;
}

/* ---- looking back ---- */

static gboolean recover(const KjHost *host) {
    const char *found = kj_store_recovered(host->store);
    if (found) {
        kj_host_log(host, KJ_JOURNAL_RECOVERED, 0, NULL, NULL, found);
        fprintf(stderr, "%s\n", found);
    }
    return TRUE;
}

/* The clock of a machine goes forward. */
static gboolean check_clock(const KjHost *host, GError **error) {
    const KjStoreState *in_force = kj_store_state(host->store);
    if (host->now + KJ_VERIFIER_AHEAD >= in_force->seen)
        return TRUE;
    g_autofree char *now = kj_statement_date(host->now), *seen = kj_statement_date(in_force->seen);
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                _("wrong clock: this machine's clock shows %s, and a release of %s was verified here; set the clock"), now, seen);
    return FALSE;
}

/* ---- the newest ---- */

static gboolean already_told(const KjHost *host, const char *text) {
    g_autofree char *path = kj_host_path(host, "journal");
    g_autoptr(GPtrArray) entries = kj_journal_read(path, NULL, NULL);
    const KjJournalEntry *last = entries && entries->len ? entries->pdata[entries->len - 1] : NULL;
    return last && g_strcmp0(last->text, text) == 0;
}

/* Whether what is known is as fresh as was promised. */
static int judge_freshness(const KjHost *host, const KjVerifier *verifier) {
    gint64 until = kj_verifier_fresh_until(verifier);
    if (host->now < until)
        return KJ_EXIT_FINE;
    g_autofree char *when = kj_statement_date(until);
    g_autofree char *text = g_strdup_printf(_("freeze: nothing new has come since %s, as release %" PRIu64
                                              " promised; it stays in force, but somebody may be keeping a newer one from this host"),
                                            when, kj_verifier_serial(verifier));
    if (!already_told(host, text))
        kj_host_log(host, KJ_JOURNAL_REFUSED, kj_verifier_serial(verifier), NULL, kj_attack_name(KJ_ATTACK_FREEZE), text);
    return kj_cli_fail(KJ_EXIT_REFUSED, "%s", text);
}

static int tell_in_force(const KjHost *host, const KjHostRelease *release) {
    printf(_("%s: release %" PRIu64 " (%.12s) is in force: %s\n"), host->settings.context, release->serial, release->digest,
           release->title);
    if (release->until) {
        g_autofree char *until = kj_statement_date(release->until);
        printf(_("EMERGENCY: it ends by itself at %s\n"), until);
    }
    if (host->settings.deadline)
        printf(_("it is taken back in %" PRId64 " seconds unless confirmed: kijun deploy %s --confirm\n"),
               host->settings.deadline - host->now, host->settings.context);
    return KJ_EXIT_FINE;
}

static int tell_drift(const KjHost *host) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = kj_host_drift(host, &error);
    for (guint i = 0; found && i < found->len; i++)
        fprintf(stderr, "%s\n", (const char *)found->pdata[i]);
    if (!found)
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return found->len ? kj_cli_fail(KJ_EXIT_DIFFERS, _("`kijun deploy %s --again` puts the release in force again"), host->settings.context)
                      : KJ_EXIT_FINE;
}

/* ---- the watcher ---- */

static void detach(gpointer data) {
    (void)data;
    setsid();
}

/*
 * The process that takes a release back which nobody confirms: this program again, in a session of its own. Where it dies, the next `kijun deploy` does it; what is in force in the
 * kernel has watchers of its own (apply_watch.c).
 */
static gboolean start_watcher(const KjHost *host, GError **error) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    const char *const arguments[] = { program, "deploy", host->settings.context, "--state", host->folder, "--watch", NULL };
    return g_spawn_async("/", (char **)arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, detach, NULL, NULL, error);
}

/* Sleeps until the time of what waited when it was started is over. */
static int watch_deadline(const KjHost *host) {
    gint64 deadline = host->settings.deadline;
    while (deadline && g_get_real_time() / G_USEC_PER_SEC < deadline)
        g_usleep(G_USEC_PER_SEC / 4);
    return KJ_EXIT_FINE;
}

/* The release, as a folder at least, that an emergency falls back to. */
static gboolean put_fallback(KjHost *host, const KjVerifier *verifier, char **digest, GError **error) {
    if (!kj_verifier_emergency(verifier))
        return TRUE;
    g_autoptr(KjHostRelease) lasting = kj_host_release_new(host, verifier, TRUE, error);
    if (!lasting ||
        !kj_store_put(host->store, lasting->digest, (const KjStoreFile *)(void *)lasting->files->data, lasting->files->len, error))
        return FALSE;
    *digest = g_strdup(lasting->digest);
    return TRUE;
}

/* What is newest is in force, or what is behind it when it is an emergency that is over. `fetch`: what it came by; NULL: it was here. */
static int bring_in_force(KjHost *host, KjFetch *fetch, const KjVerifier *verifier, guint64 within) {
    g_autoptr(GError) error = NULL;
    const KjStatement *emergency = kj_verifier_emergency(verifier);
    gboolean over = emergency && host->now >= kj_statement_instant(emergency, "until");
    const char *old_release = kj_store_state(host->store)->release;
    g_autoptr(KjHostRelease) wanted = kj_host_release_new(host, verifier, over, &error);
    g_autofree char *fallback = NULL;
    if (!wanted)
        return refused(host, error);
    gboolean same = g_strcmp0(old_release, wanted->digest) == 0 && g_strcmp0(host->settings.applied, wanted->digest) == 0,
             held = g_strcmp0(host->settings.held, wanted->digest) == 0;
    if (fetch && !kj_fetch_accept(fetch, &error))
        return refused(host, error);
    if (held && !again) {
        fprintf(stderr, _("release %" PRIu64 " (%.12s) was taken back here, and is not tried again by itself: kijun deploy %s --again\n"),
                wanted->serial, wanted->digest, host->settings.context);
        return judge_freshness(host, verifier);
    }
    if (same && !again) {
        KjStoreState seen = *kj_store_state(host->store);
        seen.seen = MAX(seen.seen, kj_statement_instant(kj_verifier_link(verifier)->sealed->statement, "date"));
        if (!kj_store_put(host->store, wanted->digest, (const KjStoreFile *)(void *)wanted->files->data, wanted->files->len, &error) ||
            !kj_store_remember(host->store, &seen, &error))
            return refused(host, error);
        tell_in_force(host, wanted);
        int code = judge_freshness(host, verifier);
        return code ? code : tell_drift(host);
    }
    if (!over && !put_fallback(host, verifier, &fallback, &error))
        return refused(host, error);
    if (within > 0 && !fallback && old_release && !same)
        fallback = g_strdup(old_release);
    g_clear_pointer(&host->settings.held, g_free);
    if (!put_in_force(host, verifier, wanted, fallback, within,
                      over        ? KJ_JOURNAL_EMERGENCY_ENDED
                      : emergency ? KJ_JOURNAL_EMERGENCY_BEGUN
                                  : KJ_JOURNAL_DEPLOYED,
                      wanted->title, &error))
        return refused(host, error);
    if (host->settings.deadline && !at && !start_watcher(host, &error))
        kj_cli_fail(KJ_EXIT_IO, _("nothing watches whether it is confirmed in time (%s); the next `kijun deploy` does"), error->message);
    tell_in_force(host, wanted);
    return judge_freshness(host, verifier);
}

/* Nothing could be fetched. An emergency ends all the same, and what is known gets no fresher. */
static int bring_known_in_force(KjHost *host) {
    g_autofree char *folder = kj_host_path(host, "repository");
    g_autoptr(KjRepository) repository = kj_repository_open(folder, NULL);
    git_oid commit;
    if (!repository || !kj_release_head(repository, host->settings.context, &commit, NULL))
        return KJ_EXIT_IO;
    g_autoptr(KjVerifier) verifier = kj_host_verifier_at(host, repository, &commit, NULL);
    int code = verifier ? bring_in_force(host, NULL, verifier, 0) : KJ_EXIT_IO;
    return code ? code : KJ_EXIT_IO;
}

static int deploy_newest(KjHost *host, guint64 within) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = kj_host_path(host, "repository"), *reference = kj_release_reference(host->settings.context);
    g_autoptr(KjFetch) fetch = kj_fetch_start(folder, host->settings.source, reference, NULL, &error);
    if (!fetch && !g_error_matches(error, KJ_ERROR, KJ_ERROR_REFUSED)) {
        kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
        return bring_known_in_force(host);
    }
    g_autoptr(KjVerifier) verifier = fetch ? kj_host_verifier_at(host, kj_fetch_repository(fetch), kj_fetch_old_head(fetch), &error) : NULL;
    if (!verifier || !kj_verifier_run(verifier, kj_fetch_head(fetch), host->now, &error))
        return refused(host, error);
    if (kj_verifier_serial(verifier) < kj_store_state(host->store)->serial) {
        g_set_error(&error, KJ_ERROR, KJ_ERROR_REFUSED,
                    _("rollback: the newest is release %" PRIu64 ", and release %" PRIu64 " was in force here"),
                    kj_verifier_serial(verifier), kj_store_state(host->store)->serial);
        return refused(host, error);
    }
    return bring_in_force(host, fetch, verifier, within);
}

/* ---- confirmations ---- */

static int keep_it(KjHost *host) {
    g_autoptr(GError) error = NULL;
    KjStoreState kept = *kj_store_state(host->store);
    if (!host->settings.deadline)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("nothing waits for a confirmation here"));
    kept.fallback = NULL;
    host->settings.deadline = 0;
    if (!kj_host_settle(host, TRUE, &error) || !kj_store_remember(host->store, &kept, &error) || !kj_host_remember(host, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    fprintf(stderr, _("release %" PRIu64 ": confirmed; it stays in force\n"), serial_in_force(host));
    return KJ_EXIT_FINE;
}

static int undo_it(KjHost *host, const char *why) {
    g_autoptr(GError) error = NULL;
    if (!kj_store_state(host->store)->fallback)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("there is no release to go back to; `kijun rollback` proposes an old one as a new one"));
    if (!kj_host_settle(host, FALSE, &error) || !go_back(host, KJ_JOURNAL_ROLLED_BACK, why, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return KJ_EXIT_FINE;
}

/* ---- the command ---- */

static gboolean read_duration(guint64 *seconds) {
    const char *problem = NULL;
    *seconds = 0;
    if (!confirm_within || kj_value_read_duration(confirm_within, strlen(confirm_within), seconds, &problem))
        return TRUE;
    kj_cli_fail(KJ_EXIT_USAGE, _("--confirm-within: `%s` is no duration; write 90s, 15m or 1h"), confirm_within);
    return FALSE;
}

static int deploy(KjHost *host, guint64 within) {
    g_autoptr(GError) error = NULL;
    if (!recover(host) || !check_clock(host, &error))
        return refused(host, error);
    if (host->settings.deadline && host->now >= host->settings.deadline) {
        int code = undo_it(host, _("nobody confirmed it in time"));
        if (code)
            return code;
    }
    if (watch)
        return KJ_EXIT_FINE; /* it was confirmed, or has gone back by now */
    if (confirm)
        return keep_it(host);
    if (undo)
        return undo_it(host, _("taken back as told"));
    if (host->settings.deadline)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("release %" PRIu64 " waits to be confirmed: kijun deploy %s --confirm, or --undo"),
                           serial_in_force(host), host->settings.context);
    return deploy_newest(host, within);
}

int kj_command_deploy(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 now;
    guint64 within;
    g_autoptr(GError) error = NULL;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if (!kj_cli_instant(at, &now) || !read_duration(&within))
        return KJ_EXIT_USAGE;
    if (confirm && undo)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--confirm or --undo, not both"));
    told.context = argc > 1 ? argv[1] : NULL;
    told.keep = (guint)MAX(keep, 0);
    if (watch) {
        g_autoptr(KjHost) seen = kj_host_open(state, &told, KJ_STORE_READ, now, &error);
        if (!seen)
            return kj_cli_error_code(error);
        watch_deadline(seen);
        now = g_get_real_time() / G_USEC_PER_SEC;
    }
    g_autoptr(KjHost) host = kj_host_open(state, &told, KJ_STORE_DEPLOY, now, &error);
    if (!host)
        return kj_cli_fail(g_error_matches(error, KJ_ERROR, KJ_ERROR_VALUE) ? KJ_EXIT_USAGE : kj_cli_error_code(error), "%s",
                           error->message);
    return deploy(host, within);
}
