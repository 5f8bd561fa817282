/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles: a pack with a header, as `git bundle create` writes them (gitformat-bundle(5), version 2).
 *
 *     # v2 git bundle
 *     -<id> <comment>          a commit that the reader must have, any number
 *     <id> <reference>         what is in it, any number
 *                              an empty line, and then the pack
 *
 * libgit2 knows nothing of them. The header is read strictly and within a bound; the rest goes to libgit2's indexer as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../compiler/translate.h"
#include "disk.h"
#include "fetch_private.h"

#define SIGNATURE "# v2 git bundle"
#define HEADER_BYTES (4u << 20) /* some forty thousand references */
#define LINE_BYTES 8192u
#define PIECE_BYTES (64u << 10)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FILE, fclose)

static gboolean fail(GError **error, const char *path, const char *what) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, what);
    return FALSE;
}

/* One line without its newline; FALSE at the end of the file, or when it is too long or holds a NUL. */
static gboolean read_line(FILE *file, char line[LINE_BYTES]) {
    gsize length = 0;
    int next;
    while ((next = getc(file)) != '\n') {
        if (next == EOF || next == '\0' || length == LINE_BYTES - 1)
            return FALSE;
        line[length++] = (char)next;
    }
    line[length] = '\0';
    return TRUE;
}

/* "<id> REST", or "<id>" alone. NULL when it is not that. */
static const char *read_id(const char *line, git_oid *id) {
    if (strspn(line, "0123456789abcdef") != GIT_OID_HEXSZ || git_oid_fromstr(id, line) != 0)
        return NULL;
    return line[GIT_OID_HEXSZ] == ' ' ? line + GIT_OID_HEXSZ + 1 : line[GIT_OID_HEXSZ] == '\0' ? line + GIT_OID_HEXSZ : NULL;
}

static gboolean has_commit(const KjReceiver *receiver, const git_oid *id) {
    gsize length;
    git_object_t type;
    return git_odb_read_header(&length, &type, receiver->own, id) == 0 && type == GIT_OBJECT_COMMIT;
}

static gboolean fail_prerequisite(const char *path, const git_oid *id, GError **error) {
    char text[GIT_OID_HEXSZ + 1];
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                _("%s: this bundle goes on from commit %s, which is not here; make one that holds everything: git bundle create "
                  "--version=2 FILE REFERENCE"),
                path, git_oid_tostr(text, sizeof text, id));
    return FALSE;
}

/* A line of the header that is not empty. `found` is set when it is the reference that is asked for. */
static gboolean take_line(KjReceiver *receiver, const char *path, const char *line, gboolean *in_references, gboolean *found,
                          GError **error) {
    git_oid id;
    gboolean is_prerequisite = *line == '-';
    const char *rest = read_id(line + (is_prerequisite ? 1 : 0), &id);

    if (!rest || (is_prerequisite && *in_references) || (!is_prerequisite && *rest == '\0'))
        return fail(error, path, _("the header of this bundle is damaged"));
    if (is_prerequisite)
        return has_commit(receiver, &id) || fail_prerequisite(path, &id, error);
    *in_references = TRUE;
    if (!kj_receiver_check_name(rest, error))
        return FALSE;
    if (strcmp(rest, receiver->reference) != 0)
        return TRUE;
    if (*found)
        return fail(error, path, _("the header of this bundle names the reference twice"));
    *found = TRUE;
    receiver->head = id;
    return TRUE;
}

static gboolean read_header(KjReceiver *receiver, const char *path, FILE *file, GError **error) {
    char line[LINE_BYTES];
    gboolean in_references = FALSE, found = FALSE, sound = read_line(file, line);

    if (!sound || strcmp(line, SIGNATURE) != 0)
        return fail(error, path,
                    sound && g_str_has_prefix(line, "# v3 git bundle") ?
                        _("this is a bundle of version 3; make one with git bundle create --version=2") :
                        _("this is no bundle; git bundle create --version=2 makes them"));
    while ((sound = read_line(file, line) && ftell(file) <= (long)HEADER_BYTES) && *line)
        if (!take_line(receiver, path, line, &in_references, &found, error))
            return FALSE;
    if (!sound)
        return fail(error, path, _("the header of this bundle is damaged"));
    if (!found)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s has no reference %s"), path, receiver->reference);
    return found;
}

gboolean kj_receiver_receive_bundle(KjReceiver *receiver, const char *path, GError **error) {
    g_autoptr(FILE) file = fopen(path, "re");
    g_autofree char *piece = g_malloc(PIECE_BYTES);
    if (!file)
        return kj_disk_fail(error, _("cannot be read"), path);
    if (!read_header(receiver, path, file, error))
        return FALSE;
    if (git_odb_exists(receiver->own, &receiver->head))
        return TRUE;
    g_autoptr(git_indexer) indexer = kj_receiver_indexer(receiver, error);
    gsize length;
    if (!indexer)
        return FALSE;
    while ((length = fread(piece, 1, PIECE_BYTES, file)) > 0)
        if (!kj_receiver_feed(receiver, indexer, piece, length, error))
            return FALSE;
    if (ferror(file))
        return kj_disk_fail(error, _("cannot be read"), path);
    return kj_receiver_end(receiver, indexer, error);
}
