/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `kijun apply` remembers, so that every way out leads back to what was in force before.
 *
 * One file for each target and block name, in the state folder ($KIJUN_STATE, else KJ_STATE_DIR), private to its owner. It is replaced by a
 * rename after it has reached the disk, so it holds one whole state at any moment, and these are all the steps there are:
 *
 *     (none, kept, undone)  --apply-->  pending    written BEFORE the target is asked to put anything in force
 *     pending               --confirm->  kept      only while its time is not over
 *     pending, kept         --undo---->  undone    written AFTER what was before is in force again
 *
 * Whoever dies between two of them leaves `pending`, and putting `before` in force twice is the same as once: the watcher, or `kijun
 * apply --recover` after it, finishes. A lock (flock, so that it dies with its holder) lets one step at a time be taken: who gets it first,
 * the confirmation or the undo, has won, and the other finds another phase.
 *
 * Time is the machine's running time, which stops for nothing and no clock moves. What is pending from before a restart is over; where the
 * target's rules went with the kernel that held them (`lasting` is FALSE) there is nothing left to undo.
 */
#include "application.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../compiler/translate.h"

#define GROUP "application"
#define VERSION "1"
#define SUFFIX "state"

static const char *const phase_names[] = {
    [KJ_APPLICATION_NONE] = "none", [KJ_APPLICATION_PENDING] = "pending", [KJ_APPLICATION_KEPT] = "kept", [KJ_APPLICATION_UNDONE] = "undone"
};

/* The texts of an application, as keys of its file. */
static const struct {
    const char *key;
    gsize offset;
} texts[] = {
    { "domain", offsetof(KjApplication, domain) }, { "target", offsetof(KjApplication, target) },
    { "name", offsetof(KjApplication, name) },     { "block", offsetof(KjApplication, block) },
    { "before", offsetof(KjApplication, before) }, { "text", offsetof(KjApplication, text) },
    { "after", offsetof(KjApplication, after) },   { "boot", offsetof(KjApplication, boot) },
    { "token", offsetof(KjApplication, token) },
};

static char **text_of(const KjApplication *application, guint index) {
    return (char **)((char *)application + texts[index].offset);
}

void kj_application_free(KjApplication *application) {
    for (guint i = 0; application && i < G_N_ELEMENTS(texts); i++)
        g_free(*text_of(application, i));
    g_free(application);
}

/* ---- time ---- */

static gint64 running_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *this_boot(void) {
    char *id = NULL;
    return g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL) ? g_strstrip(id) : g_strdup("");
}

static gboolean is_of_this_boot(const KjApplication *application) {
    g_autofree char *boot = this_boot();
    return strcmp(application->boot, boot) == 0;
}

gint64 kj_application_left(const KjApplication *application) {
    return is_of_this_boot(application) ? MAX(application->deadline - running_time(), 0) : 0;
}

KjApplication *kj_application_new(const char *domain, const char *target, const char *name, const char *block, const char *text,
                                  guint64 seconds) {
    KjApplication *application = g_new0(KjApplication, 1);
    application->domain = g_strdup(domain);
    application->target = g_strdup(target);
    application->name = g_strdup(name);
    application->block = g_strdup(block);
    application->before = g_strdup("");
    application->text = g_strdup(text);
    application->after = g_strdup("");
    application->boot = this_boot();
    application->token = g_uuid_string_random();
    application->deadline = running_time() + (gint64)seconds * 1000;
    return application;
}

/* ---- the folder ---- */

/* What is in the folder is put in force by root: nobody else may write there. */
static char *open_folder(GError **error) {
    const char *named = g_getenv("KIJUN_STATE");
    g_autofree char *folder = g_canonicalize_filename(named && *named ? named : KJ_STATE_DIR, NULL);
    struct stat status;
    if (g_mkdir_with_parents(folder, 0700) != 0 || lstat(folder, &status) != 0) {
        int code = errno;
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("%s, where kijun remembers what was in force before: %s; this is done by root, or set KIJUN_STATE"), folder,
                    g_strerror(code));
        return NULL;
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("%s, where kijun remembers what was in force before, is not a folder that only its user can write to; %s"), folder,
                    geteuid() == 0 ? _("others could have put something there for root to put in force")
                                   : _("this is done by root, or set KIJUN_STATE"));
        return NULL;
    }
    return g_steal_pointer(&folder);
}

char *kj_application_file(const char *target, const char *name, const char *suffix, GError **error) {
    g_autofree char *folder = open_folder(error), *file = g_strdup_printf("%s-%s.%s", target, name, suffix);
    return folder ? g_build_filename(folder, file, NULL) : NULL;
}

/* ---- reading and writing ---- */

static KjApplication *parse(const char *path, GError **error) {
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(KjApplication) application = g_new0(KjApplication, 1);
    g_autofree char *phase = NULL, *version = NULL;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error))
        return NULL;
    version = g_key_file_get_string(file, GROUP, "version", NULL);
    phase = g_key_file_get_string(file, GROUP, "phase", NULL);
    while (application->phase < G_N_ELEMENTS(phase_names) && g_strcmp0(phase, phase_names[application->phase]) != 0)
        application->phase++;
    application->deadline = g_key_file_get_int64(file, GROUP, "deadline", NULL);
    application->changed = g_key_file_get_int64(file, GROUP, "changed", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        *text_of(application, i) = g_key_file_get_string(file, GROUP, texts[i].key, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (!*text_of(application, i) || g_strcmp0(version, VERSION) != 0 || application->phase == G_N_ELEMENTS(phase_names)) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                        _("%s is not what this kijun writes; see to what is in force yourself, and delete it"), path);
            return NULL;
        }
    }
    return g_steal_pointer(&application);
}

KjApplication *kj_application_read(const char *target, const char *name, GError **error) {
    g_autofree char *path = kj_application_file(target, name, SUFFIX, error);
    if (!path)
        return NULL;
    return g_file_test(path, G_FILE_TEST_EXISTS) ? parse(path, error) : kj_application_new("", target, name, "", "", 0);
}

static int compare_blocks(gconstpointer a, gconstpointer b) {
    const KjApplication *first = *(KjApplication *const *)a, *second = *(KjApplication *const *)b;
    int order = strcmp(first->block, second->block);
    return order ? order : strcmp(first->target, second->target);
}

GPtrArray *kj_application_list(GError **error) {
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)kj_application_free);
    g_autofree char *folder = open_folder(error);
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, error) : NULL;
    if (!dir)
        return NULL;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        KjApplication *application;
        if (!g_str_has_suffix(name, "." SUFFIX))
            continue;
        if (!(application = parse(path, error)))
            return NULL;
        g_ptr_array_add(all, application);
    }
    g_ptr_array_sort(all, compare_blocks);
    return g_steal_pointer(&all);
}

/* A file that was renamed is only there for good once its folder is on the disk. */
static gboolean sync_folder(const char *path, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (!synced)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", folder, g_strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return synced;
}

gboolean kj_application_write(KjApplication *application, KjApplicationPhase phase, GError **error) {
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = kj_application_file(application->target, application->name, SUFFIX, error), *data = NULL;
    gsize length;
    if (!path)
        return FALSE;
    application->phase = phase;
    application->changed = g_get_real_time() / G_USEC_PER_SEC;
    g_key_file_set_string(file, GROUP, "version", VERSION);
    g_key_file_set_string(file, GROUP, "phase", phase_names[phase]);
    g_key_file_set_int64(file, GROUP, "deadline", application->deadline);
    g_key_file_set_int64(file, GROUP, "changed", application->changed);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (!g_utf8_validate(*text_of(application, i), -1, NULL)) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("what is in force of `%s` is not UTF-8, so kijun cannot keep it to bring it back"),
                        application->block);
            return FALSE;
        }
        g_key_file_set_string(file, GROUP, texts[i].key, *text_of(application, i));
    }
    data = g_key_file_to_data(file, &length, NULL);
    return g_file_set_contents_full(path, data, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                    error) &&
           sync_folder(path, error);
}

/* ---- steps ---- */

int kj_application_lock(const char *target, const char *name, gboolean wait, GError **error) {
    g_autofree char *path = kj_application_file(target, name, "lock", error);
    int lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (lock >= 0 && flock(lock, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (lock >= 0 && errno == EWOULDBLOCK)
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("another `kijun apply` is at work on `%s`; wait for it"), name);
    else if (path)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
    if (lock >= 0)
        close(lock);
    return -1;
}

/* A child may hold the descriptor too, so closing it is not enough. */
void kj_application_unlock(int lock) {
    flock(lock, LOCK_UN);
    close(lock);
}

const KjEnforcerDefinition *kj_application_enforcer(const KjApplication *application, GError **error) {
    const KjDomain *domain = kj_plugin_find(application->domain);
    const KjEnforcerDefinition *enforcer = domain ? kj_domain_enforcer(domain, application->target) : NULL;
    if (!enforcer)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, _("nothing here can put `%s` in force: the domain `%s` has no enforcer for it"),
                    application->target, application->domain);
    return enforcer;
}

gboolean kj_application_undo(KjApplication *application, GError **error) {
    const KjEnforcerDefinition *enforcer = kj_application_enforcer(application, error);
    if (!enforcer)
        return FALSE;
    if ((enforcer->lasting || is_of_this_boot(application)) && !enforcer->apply(application->name, application->before, error))
        return FALSE;
    return kj_application_write(application, KJ_APPLICATION_UNDONE, error);
}

/* ---- putting in force ---- */

static gboolean can_begin(const KjApplication *last, const KjApplication *application, GError **error) {
    if (last->phase == KJ_APPLICATION_PENDING) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                    kj_application_is_watched(last)
                        ? _("%s by %s is in force and not confirmed yet; confirm it (--confirm) or undo it (--undo) first")
                        : _("%s by %s is in force, not confirmed, and nobody watches it any more; undo it first: kijun apply --recover"),
                    last->block, last->target);
        return FALSE;
    }
    if (last->phase == KJ_APPLICATION_KEPT && strcmp(last->block, application->block) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                    _("another block of this name is in force by %s: %s; undo that first (--undo), or give this one a name of its own"),
                    last->target, last->block);
        return FALSE;
    }
    return TRUE;
}

static gboolean replace_text(char **text, const KjEnforcerDefinition *enforcer, const KjApplication *application, GError **error) {
    g_autoptr(GString) state = g_string_new(NULL);
    if (!enforcer->current(application->name, application->text, state, error))
        return FALSE;
    g_free(*text);
    *text = g_strndup(state->str, state->len);
    return TRUE;
}

/* `pending` before, so that whatever happens from there on leads back. */
gboolean kj_application_put(KjApplication *application, gboolean watched, GError **error) {
    const KjEnforcerDefinition *enforcer = kj_application_enforcer(application, error);
    g_autoptr(KjApplication) last = enforcer ? kj_application_read(application->target, application->name, error) : NULL;
    g_autoptr(GError) other = NULL;
    if (!last || !can_begin(last, application, error) || !replace_text(&application->before, enforcer, application, error))
        return FALSE;
    if (!kj_application_write(application, KJ_APPLICATION_PENDING, error))
        return FALSE;
    if ((!watched || kj_application_watch(application, error)) && enforcer->apply(application->name, application->text, error) &&
        replace_text(&application->after, enforcer, application, error))
        return kj_application_write(application, watched ? KJ_APPLICATION_PENDING : KJ_APPLICATION_KEPT, error);
    if (!kj_application_undo(application, &other))
        g_prefix_error(error, _("what was in force before could not be put back either (%s): "), other->message);
    return FALSE;
}


gboolean kj_application_has_drifted(const KjApplication *application, char **problem) {
    g_autoptr(GError) error = NULL;
    g_autofree char *now = NULL;
    const KjEnforcerDefinition *enforcer = kj_application_enforcer(application, &error);
    if (application->phase == KJ_APPLICATION_UNDONE)
        return FALSE;
    if (!enforcer || !replace_text(&now, enforcer, application, &error)) {
        *problem = g_strdup(error->message);
        return TRUE;
    }
    return !(enforcer->same ? enforcer->same(now, application->after) : strcmp(now, application->after) == 0);
}
