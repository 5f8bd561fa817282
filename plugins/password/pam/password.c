/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of password, by a block of the domain `password`.
 *
 * In the preliminary phase everything that the change will need is opened and judged: table, block, word lists, breach filter, history.
 * What is not usable is found before anybody has typed anything, and refuses. In the update phase all of it is opened again, the password
 * asked for, measured, decided, and put into the history.
 *
 * A rule must never pass a password because nobody looked. So what the block asks for must be there: a block with rules about `breached`
 * needs breach=, one with rules about `last_used` history=. What it does not ask for is not measured or loaded: without rules about
 * `dictionary` and `strength` no word list is read (45 ms of a process's first change).
 *
 * Root is only warned, as with other modules, unless enforce_for_root is given or the password expired; what cannot be decided or can be no
 * password is refused to root too. Copies of the password are wiped; libpam wipes its own.
 */
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modutil.h>

#include "../breach/filter.h"
#include "../fields.h"
#include "../opaque_string.h"
#include "history.h"
#include "module.h"

typedef struct {
    const KjPamVoice *voice;
    const KjPamArguments *arguments;
    const char *user, *old; /* `old` is NULL where there is none to know */
    gboolean enforced;
    KjPamPolicy policy;
    KjPasswordContext context;
    KjPasswordDictionary *dictionary;
    KjBreachFilter *filter;
    KjHistory *history;
} Change;

static void change_clear(Change *change) {
    kj_pam_policy_clear(&change->policy);
    g_clear_pointer(&change->dictionary, kj_password_dictionary_free);
    g_clear_pointer(&change->filter, kj_breach_filter_free);
    g_clear_pointer(&change->history, kj_history_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear)

/* ---- what the block needs ---- */

static gboolean asks(const KjPamPolicy *policy, const char *field) {
    static const char *const measured[] = { "length", "classes",  "upper",    "lower",      "digits", "symbols",
                                            "repeat", "sequence", "strength", "palindrome", "user",   NULL };
    return kj_pam_policy_asks(policy, field, measured);
}

static gboolean need(const KjPamPolicy *policy, const char *field, const char *argument, const char *value, GError **error) {
    if (value || !asks(policy, field))
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "block `%s` asks about `%s`, for which the argument %s=FILE is needed", policy->view.name,
                field, argument);
    return FALSE;
}

static gboolean open_dictionary(Change *change, GError **error) {
    const char *const lists[] = { change->arguments->dictionary, NULL };
    if (!asks(&change->policy, "dictionary") && !asks(&change->policy, "strength"))
        return TRUE;
    change->dictionary = lists[0] ? kj_password_dictionary_load(lists, error) : kj_password_dictionary_load_default(error);
    return change->dictionary != NULL;
}

static gboolean open_filter(Change *change, GError **error) {
    const char *path = change->arguments->breach;
    if (path && kj_pam_file_is_safe(path, error))
        change->filter = kj_breach_filter_open(path, error);
    return !path || change->filter;
}

static gboolean open_all(Change *change, GError **error) {
    const KjPamArguments *arguments = change->arguments;
    if (!kj_pam_policy_open(&change->policy, arguments, "password", error) ||
        !need(&change->policy, "breached", "breach", arguments->breach, error) ||
        !need(&change->policy, "last_used", "history", arguments->history, error) || !open_dictionary(change, error) ||
        !open_filter(change, error))
        return FALSE;
    if (arguments->history && !(change->history = kj_history_read(arguments->history, error)))
        return FALSE;
    change->context = (KjPasswordContext){ .user = change->user,
                                           .old_password = change->old,
                                           .old_length = change->old ? strlen(change->old) : 0,
                                           .dictionary = change->dictionary,
                                           .breached_data = change->filter };
    change->context.breached = change->filter ? kj_breach_filter_predicate : NULL;
    change->context.without_strength = !asks(&change->policy, "strength");
    return TRUE;
}

/* ---- one password ---- */

/* The password as OpaqueString leaves it, in UTF-8; NULL when it can be none. Free with kj_secret_bytes_free. */
static char *prepare(const char *password, gsize *size) {
    g_auto(KjSecretText) prepared = { 0 };
    return kj_opaque_string_enforce(password, strlen(password), &prepared, NULL) ? kj_secret_text_encode(&prepared, size) : NULL;
}

/* The present password counts even where the history has not begun yet. */
static gboolean is_the_old(const Change *change, const char *prepared) {
    gsize size = 0;
    char *old = change->old ? prepare(change->old, &size) : NULL;
    gboolean same = old && strcmp(old, prepared) == 0;
    if (old)
        kj_secret_bytes_free(old, size);
    return same;
}

static gboolean set_last_used(Change *change, const char *password, GError **error) {
    gsize size = 0;
    char number[12], *prepared = change->history ? prepare(password, &size) : NULL;
    guint changes = 0;
    if (!prepared)
        return TRUE;
    gboolean good = kj_history_last_used(change->history, change->user, prepared, &changes, error);
    if (good && changes == 0 && is_the_old(change, prepared))
        changes = 1;
    kj_secret_bytes_free(prepared, size);
    g_snprintf(number, sizeof number, "%u", changes);
    return good && (changes == 0 || kj_pam_policy_set(&change->policy, "last_used", number, error));
}

static gboolean set_fields(Change *change, const char *password, const KjPasswordMeasure *measure, GError **error) {
    KjPasswordField fields[KJ_PASSWORD_FIELDS];
    const KjPamArguments *arguments = change->arguments;
    guint count = kj_password_fields(measure, fields);
    kj_request_clear(change->policy.request);
    kj_request_set_instant(change->policy.request, (gint64)time(NULL));
    for (guint i = 0; i < count; i++)
        if (!kj_pam_policy_set(&change->policy, fields[i].name, fields[i].text, error))
            return FALSE;
    return kj_pam_policy_set(&change->policy, "user", change->user, error) &&
           (!arguments->role || kj_pam_policy_set(&change->policy, "role", arguments->role, error)) &&
           (!arguments->mfa || kj_pam_policy_set(&change->policy, "mfa", arguments->mfa, error)) && set_last_used(change, password, error);
}

typedef enum { ACCEPTED, REFUSED, UNDECIDED } Judgement;

static Judgement undecided(const Change *change, const char *reason) {
    pam_syslog(change->voice->handle, LOG_ERR, "the password of %s cannot be checked: %s", change->user, reason);
    kj_pam_say(change->voice, KJ_PAM_PASSWORD_UNDECIDED, "");
    return UNDECIDED;
}

static Judgement tell(const Change *change, const KjVerdict *verdict) {
    const KjPamVoice *voice = change->voice;
    gboolean refused = verdict->outcome != KJ_OUTCOME_PERMIT, overridden = refused && !change->enforced;
    g_autofree char *labels = kj_pam_labels(&change->policy, verdict);
    if (!refused && strcmp(verdict->effect, "warn") != 0) {
        if (change->arguments->debug)
            pam_syslog(voice->handle, LOG_DEBUG, "password of %s accepted by %s", change->user, labels);
        return ACCEPTED;
    }
    kj_pam_say_rules(voice, refused ? KJ_PAM_PASSWORD_REFUSED : KJ_PAM_PASSWORD_WARNED, &change->policy, verdict);
    if (refused)
        kj_pam_say_nearest(voice, &change->policy, verdict);
    if (overridden)
        kj_pam_say(voice, KJ_PAM_PASSWORD_OF_ROOT, "");
    pam_syslog(voice->handle, LOG_NOTICE, "password of %s %s by %s.%s: %s", change->user,
               !refused    ? "accepted with a warning"
               : overridden ? "accepted from root though refused"
                            : "refused",
               change->policy.view.module, change->policy.view.name, labels);
    return refused && !overridden ? REFUSED : ACCEPTED;
}

static Judgement judge(Change *change, const char *password) {
    g_autoptr(GError) error = NULL;
    KjPasswordMeasure measure;
    KjVerdict verdict = { .size = sizeof verdict };
    if (!kj_password_measure(&change->context, password, strlen(password), &measure, &error)) {
        if (error->domain != KJ_PASSWORD_ERROR || error->code > KJ_PASSWORD_ERROR_DISALLOWED)
            return undecided(change, error->message);
        kj_pam_say(change->voice, KJ_PAM_PASSWORD_REFUSED, error->message); /* it can be no password at all */
        return REFUSED;
    }
    gboolean set = set_fields(change, password, &measure, &error);
    explicit_bzero(&measure, sizeof measure);
    if (!set)
        return undecided(change, error->message);
    if (kj_decide(change->policy.request, &verdict) == KJ_OUTCOME_ERROR)
        return undecided(change, verdict.problem);
    return tell(change, &verdict);
}

/* ---- the two phases ---- */

static gboolean remember(const Change *change, const char *password, GError **error) {
    const KjPamArguments *arguments = change->arguments;
    const struct passwd *account = arguments->history ? pam_modutil_getpwnam(change->voice->handle, change->user) : NULL;
    gsize size = 0;
    if (!arguments->history)
        return TRUE;
    if (!account) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNKNOWN, "there is no such user");
        return FALSE;
    }
    char *prepared = prepare(password, &size);
    gboolean good = prepared && kj_history_append(arguments->history, change->user, account->pw_uid, prepared, arguments->remember, error);
    if (prepared)
        kj_secret_bytes_free(prepared, size);
    return good;
}

/* Asks until a password is accepted and typed twice; the last answer when the tries are used up. */
static int ask(Change *change) {
    pam_handle_t *handle = change->voice->handle;
    const KjPamArguments *arguments = change->arguments;
    guint tries = arguments->use_authtok ? 1 : arguments->retry;
    for (guint i = 0; i < tries; i++) {
        g_autoptr(GError) error = NULL;
        const char *password = NULL;
        int answer = pam_get_authtok_noverify(handle, &password, NULL);
        if (answer != PAM_SUCCESS || !password)
            return answer != PAM_SUCCESS ? answer : PAM_AUTHTOK_ERR;
        Judgement judgement = judge(change, password);
        if (judgement == UNDECIDED) {
            pam_set_item(handle, PAM_AUTHTOK, NULL);
            return PAM_SERVICE_ERR;
        }
        if (judgement == ACCEPTED && !arguments->use_authtok)
            answer = pam_get_authtok_verify(handle, &password, NULL);
        if (judgement == REFUSED || answer == PAM_TRY_AGAIN) {
            pam_set_item(handle, PAM_AUTHTOK, NULL);
            continue;
        }
        if (answer != PAM_SUCCESS)
            return answer;
        if (remember(change, password, &error))
            return PAM_SUCCESS;
        undecided(change, error ? error->message : "it cannot be prepared");
        pam_set_item(handle, PAM_AUTHTOK, NULL);
        return PAM_AUTHTOK_ERR;
    }
    return tries > 1 ? PAM_MAXTRIES : PAM_AUTHTOK_ERR;
}

int kj_pam_change_password(const KjPamVoice *voice, const KjPamArguments *arguments, int flags) {
    g_auto(Change) change = { .voice = voice, .arguments = arguments };
    g_autoptr(GError) error = NULL;
    const void *old = NULL;
    int answer = pam_get_user(voice->handle, &change.user, NULL);
    if (answer != PAM_SUCCESS)
        return answer;
    if (flags & PAM_UPDATE_AUTHTOK && pam_get_item(voice->handle, PAM_OLDAUTHTOK, &old) == PAM_SUCCESS)
        change.old = old;
    change.enforced = getuid() != 0 || arguments->enforce_for_root || (flags & PAM_CHANGE_EXPIRED_AUTHTOK);
    if (!open_all(&change, &error)) {
        undecided(&change, error->message);
        return PAM_SERVICE_ERR;
    }
    return flags & PAM_UPDATE_AUTHTOK ? ask(&change) : PAM_SUCCESS;
}
