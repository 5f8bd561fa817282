/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The targets of the domain put in force: files of our own that sudo and PAM read, and lists of files.
 *
 *     sudoers      /etc/sudoers.d/zz-kijun_NAME, read after every other there; visudo looks at it before
 *     pam_access   /etc/security/kijun-access.conf  (named by the line of PAM, see docs/targets.md)
 *     pam_time     /etc/security/kijun-time.conf
 *     setfacl      the lists of the files that the text names, by setfacl and getfacl
 *
 * A file is written beside its place and renamed, so whoever reads it reads the old one or the new one. Only a file of ours and of this
 * block is ever replaced or taken away: its first line says so. What is in a file is the state, so an undo gives the same bytes.
 *
 * setfacl works file by file. Should it stop half way, what the files had before is put back.
 *
 * $KIJUN_ROOT stands before the paths of the first three; for tests and images.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "acl.h"

#define HEAD "# Block " /* as every target begins */
#define HEAD_END ", written by kijun."

typedef struct {
    const char *path; /* {} is the block's name */
    guint mode;
    gboolean (*check)(const char *path, GError **error); /* before it is put in its place; may be NULL */
} Place;

/* ---- programs ---- */

/* Gives what it writes. UNABLE where there is no such program. */
static gboolean run(const char *const *arguments, GString *output, GError **error) {
    const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    g_autofree char *out = NULL, *messages = NULL;
    int status;
    if (!g_spawn_sync("/", (char **)arguments, (char **)environment, G_SPAWN_SEARCH_PATH_FROM_ENVP, NULL, NULL, &out, &messages, &status,
                      error)) {
        g_clear_error(error);
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, _("%s is not installed, or cannot be run"), arguments[0]);
        return FALSE;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, "%s: %s", arguments[0], g_strstrip(*messages ? messages : out));
        return FALSE;
    }
    if (output)
        g_string_append(output, out);
    return TRUE;
}

static gboolean check_sudoers(const char *path, GError **error) {
    return run((const char *const[]){ "visudo", "-c", "-s", "-f", path, NULL }, NULL, error);
}

static const Place sudoers = { "/etc/sudoers.d/zz-kijun_{}", 0440, check_sudoers };
static const Place pam_access = { "/etc/security/kijun-access.conf", 0644, NULL };
static const Place pam_time = { "/etc/security/kijun-time.conf", 0644, NULL };

/* ---- files of ours ---- */

static gboolean fail(const char *path, GError **error) {
    int code = errno;
    if (code == EACCES || code == EPERM)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, _("%s: %s; run it with sudo"), path, g_strerror(code));
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(code));
    return FALSE;
}

/* sudo passes over files with a `.` in their name; what is no plain letter is its code point between `-`. */
static char *path_of(const Place *place, const char *name) {
    const char *root = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_ROOT"), *hole = strstr(place->path, "{}");
    GString *path = g_string_new(root);
    g_string_append_len(path, place->path, hole ? hole - place->path : (gssize)strlen(place->path));
    for (const char *at = name; hole && *at; at = g_utf8_next_char(at)) {
        if (g_ascii_isalnum(*at) || *at == '_')
            g_string_append_c(path, *at);
        else
            g_string_append_printf(path, "-%x-", g_utf8_get_char(at));
    }
    return g_string_free(path, FALSE);
}

/* Whether the first line is `# Block MODULE.NAME, written by kijun. ...`. */
static gboolean is_ours(const char *content, const char *name) {
    g_autofree char *end = g_strconcat(".", name, HEAD_END, NULL);
    g_autofree char *line = g_strndup(content, strcspn(content, "\n"));
    return g_str_has_prefix(line, HEAD) && strstr(line, end) != NULL;
}

/* *content is NULL when there is no file. FALSE when there is one that is not this block's. */
static gboolean read_ours(const char *path, const char *name, char **content, GError **error) {
    struct stat status;
    *content = NULL;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || fail(path, error);
    if (!S_ISREG(status.st_mode) || !g_file_get_contents(path, content, NULL, NULL)) {
        errno = S_ISREG(status.st_mode) ? EACCES : ENOTSUP;
        return fail(path, error);
    }
    if (is_ours(*content, name))
        return TRUE;
    g_clear_pointer(content, g_free);
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                _("%s is not a file that kijun wrote for the block `%s`; move it away first, if nobody needs it"), path, name);
    return FALSE;
}

static gboolean current(const Place *place, const char *name, GString *state, GError **error) {
    g_autofree char *path = path_of(place, name), *content = NULL;
    if (!read_ours(path, name, &content, error))
        return FALSE;
    g_string_append(state, content ? content : "");
    return TRUE;
}

static gboolean sync_folder(const char *folder, GError **error) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (!synced)
        fail(folder, error);
    if (descriptor >= 0)
        close(descriptor);
    return synced;
}

static gboolean write_whole(int descriptor, const char *text) {
    for (gsize left = strlen(text); left > 0;) {
        ssize_t written = write(descriptor, text, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return FALSE;
        text += written;
        left -= (gsize)written;
    }
    return fsync(descriptor) == 0;
}

static gboolean replace_file(const Place *place, const char *path, const char *folder, const char *text, GError **error) {
    g_autofree char *beside = g_build_filename(folder, ".kijun-XXXXXX", NULL);
    int descriptor = g_mkstemp_full(beside, O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(folder, error);
    gboolean written = (write_whole(descriptor, text) && fchmod(descriptor, place->mode) == 0) || fail(beside, error);
    close(descriptor);
    if (written && (!place->check || place->check(beside, error)) && (g_rename(beside, path) == 0 || fail(path, error)))
        return sync_folder(folder, error);
    unlink(beside);
    return FALSE;
}

static gboolean apply(const Place *place, const char *name, const char *text, GError **error) {
    g_autofree char *path = path_of(place, name), *folder = g_path_get_dirname(path), *content = NULL;
    if (!read_ours(path, name, &content, error))
        return FALSE;
    if (*text)
        return replace_file(place, path, folder, text, error);
    return !content || ((unlink(path) == 0 || fail(path, error)) && sync_folder(folder, error));
}

/* ---- lists of files ---- */

/* The paths of the text's `# file: PATH` lines. */
static GPtrArray *paths_in(const char *text) {
    static const char mark[] = "# file: ";
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, mark))
            g_ptr_array_add(paths, g_strdup(*line + strlen(mark)));
    return paths;
}

static gboolean current_lists(const char *text, GString *state, GError **error) {
    g_autoptr(GPtrArray) paths = paths_in(text), arguments = g_ptr_array_new();
    if (paths->len == 0)
        return TRUE;
    for (const char *const *word = (const char *const[]){ "getfacl", "-n", "-p", "--", NULL }; *word; word++)
        g_ptr_array_add(arguments, (gpointer)*word);
    for (guint i = 0; i < paths->len; i++)
        g_ptr_array_add(arguments, paths->pdata[i]);
    g_ptr_array_add(arguments, NULL);
    return run((const char *const *)arguments->pdata, state, error);
}

static gboolean restore(const char *text, GError **error) {
    g_autofree char *path = NULL;
    int descriptor = g_file_open_tmp("kijun-XXXXXX", &path, error);
    if (descriptor < 0)
        return FALSE;
    g_autofree char *option = g_strconcat("--restore=", path, NULL);
    gboolean written = write_whole(descriptor, text) || fail(path, error);
    close(descriptor);
    gboolean restored = written && run((const char *const[]){ "setfacl", option, NULL }, NULL, error);
    unlink(path);
    return restored;
}

gboolean kj_acl_current_setfacl(const char *name, const char *text, GString *state, GError **error) {
    (void)name;
    if (geteuid() == 0)
        return current_lists(text, state, error);
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("access control lists are set by root; run it with sudo"));
    return FALSE;
}

gboolean kj_acl_apply_setfacl(const char *name, const char *text, GError **error) {
    g_autoptr(GString) before = g_string_new(NULL);
    (void)name;
    if (!current_lists(text, before, error))
        return FALSE;
    if (restore(text, error))
        return TRUE;
    restore(before->str, NULL);
    return FALSE;
}

/* ---- by target ---- */

gboolean kj_acl_current_sudoers(const char *name, const char *text, GString *state, GError **error) {
    (void)text;
    return current(&sudoers, name, state, error);
}

gboolean kj_acl_apply_sudoers(const char *name, const char *text, GError **error) {
    return apply(&sudoers, name, text, error);
}

gboolean kj_acl_current_pam_access(const char *name, const char *text, GString *state, GError **error) {
    (void)text;
    return current(&pam_access, name, state, error);
}

gboolean kj_acl_apply_pam_access(const char *name, const char *text, GError **error) {
    return apply(&pam_access, name, text, error);
}

gboolean kj_acl_current_pam_time(const char *name, const char *text, GString *state, GError **error) {
    (void)text;
    return current(&pam_time, name, state, error);
}

gboolean kj_acl_apply_pam_time(const char *name, const char *text, GError **error) {
    return apply(&pam_time, name, text, error);
}
