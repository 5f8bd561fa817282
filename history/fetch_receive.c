/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Getting a pack from a source into the quarantine.
 *
 * libgit2's own transport for folders packs every reference of the source, and a host must not get what is not for it; so the one reference
 * is packed here. Over the network git's protocol asks for it alone. Nothing of a source is run or obeyed: no hooks, no settings of its
 * own, no alternates, no shallow ends, no replacements.
 */
#include <errno.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>

#include "../compiler/translate.h"
#include "disk.h"
#include "fetch_private.h"

#define REPLACEMENTS "refs/replace/"

/* ---- limits ---- */

gboolean kj_fetch_refuse(GError **error, const char *attack, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, "%s: %s", attack, why);
    return FALSE;
}

/* libgit2 says that memory is short by a class of its own, or by the system's words where mmap(2) failed. */
static gboolean is_short_of_memory(const git_error *last) {
    return last && (last->klass == GIT_ERROR_NOMEMORY || (last->message && strstr(last->message, g_strerror(ENOMEM))));
}

gboolean kj_receiver_fail(const KjReceiver *receiver, GError **error) {
    if (receiver->attack)
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_REFUSED, receiver->attack);
    else if (is_short_of_memory(git_error_last()))
        kj_fetch_refuse(error, KJ_FETCH_ENDLESS, _("%s takes more than %lu bytes of memory to receive"), receiver->source,
                        (gulong)receiver->limits.memory);
    else
        kj_repository_fail(error, receiver->source);
    return FALSE;
}

static int stop(KjReceiver *receiver, const char *what, guint64 limit) {
    if (!receiver->attack)
        receiver->attack = g_strdup_printf("%s: %s: %s: %" G_GUINT64_FORMAT, KJ_FETCH_ENDLESS, receiver->source, what, limit);
    return GIT_EUSER;
}

int kj_receiver_progress(const git_indexer_progress *progress, void *payload) {
    KjReceiver *receiver = payload;
    if (progress->total_objects > receiver->limits.objects)
        return stop(receiver, _("sends more objects than the limit"), receiver->limits.objects);
    if (progress->received_bytes + receiver->bytes > receiver->limits.bytes)
        return stop(receiver, _("sends more bytes than the limit"), receiver->limits.bytes);
    return 0;
}

gboolean kj_receiver_check_name(const char *name, GError **error) {
    return !g_str_has_prefix(name, REPLACEMENTS) ||
           kj_fetch_refuse(error, KJ_FETCH_EXTRANEOUS,
                           _("the source has %s, by which git shows other objects than there are; remove it: git replace -d"), name);
}

/* ---- the quarantine ---- */

git_indexer *kj_receiver_indexer(KjReceiver *receiver, GError **error) {
    g_autofree char *folder = g_build_filename(receiver->quarantine, "objects", "pack", NULL);
    git_indexer_options options;
    git_indexer *indexer = NULL;
    git_odb *odb = NULL;
    git_indexer_options_init(&options, GIT_INDEXER_OPTIONS_VERSION);
    options.progress_cb = kj_receiver_progress;
    options.progress_cb_payload = receiver;
    if (git_repository_odb(&odb, receiver->repository) != 0 || git_indexer_new(&indexer, folder, 0, odb, &options) != 0)
        kj_receiver_fail(receiver, error);
    git_odb_free(odb); /* the repository keeps it */
    return indexer;
}

gboolean kj_receiver_feed(KjReceiver *receiver, git_indexer *indexer, const void *bytes, gsize length, GError **error) {
    receiver->bytes += length; /* the indexer does not count them */
    int code = receiver->bytes > receiver->limits.bytes ? stop(receiver, _("sends more bytes than the limit"), receiver->limits.bytes) :
                                                          git_indexer_append(indexer, bytes, length, &receiver->progress);
    return code == 0 || kj_receiver_fail(receiver, error);
}

gboolean kj_receiver_end(KjReceiver *receiver, git_indexer *indexer, GError **error) {
    return git_indexer_commit(indexer, &receiver->progress) == 0 || kj_receiver_fail(receiver, error);
}

/* ---- a folder ---- */

typedef struct {
    KjReceiver *receiver;
    git_indexer *indexer;
    GError *error;
} Packing;

static int take_piece(void *bytes, size_t length, void *payload) {
    Packing *packing = payload;
    return kj_receiver_feed(packing->receiver, packing->indexer, bytes, length, &packing->error) ? 0 : GIT_EUSER;
}

static gboolean check_folder(git_repository *source, GError **error) {
    static const char *const files[] = { "objects/info/alternates", "shallow", "info/grafts" };
    git_strarray names = { NULL, 0 };
    gboolean sound = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(git_repository_commondir(source), files[i], NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return kj_fetch_refuse(
                error, KJ_FETCH_EXTRANEOUS,
                _("%s: the source does not hold all of its history itself; make a copy that does: git clone --mirror --no-local"), path);
    }
    if (git_reference_list(&names, source) != 0)
        return TRUE; /* the reference is looked up next, and fails for the same reason */
    for (gsize i = 0; sound && i < names.count; i++)
        sound = kj_receiver_check_name(names.strings[i], error);
    git_strarray_dispose(&names);
    return sound;
}

static gboolean fail_missing(const KjReceiver *receiver, GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s has no reference %s"), receiver->source, receiver->reference);
    return FALSE;
}

static gboolean pack_head(KjReceiver *receiver, git_repository *source, GError **error) {
    g_autoptr(git_revwalk) walk = NULL;
    g_autoptr(git_packbuilder) builder = NULL;

    if (git_revwalk_new(&walk, source) != 0 || git_revwalk_push(walk, &receiver->head) != 0 || git_packbuilder_new(&builder, source) != 0)
        return kj_receiver_fail(receiver, error);
    if (receiver->has_old)
        git_revwalk_hide(walk, &receiver->old); /* which the source may not have: then all is packed */
    if (git_packbuilder_insert_walk(builder, walk) != 0)
        return kj_receiver_fail(receiver, error);
    g_autoptr(git_indexer) indexer = kj_receiver_indexer(receiver, error);
    if (!indexer)
        return FALSE;
    Packing packing = { receiver, indexer, NULL };
    int code = git_packbuilder_foreach(builder, take_piece, &packing);
    if (packing.error)
        g_propagate_error(error, packing.error);
    else if (code != 0)
        kj_receiver_fail(receiver, error);
    return code == 0 && !packing.error && kj_receiver_end(receiver, indexer, error);
}

static gboolean receive_folder(KjReceiver *receiver, const char *path, GError **error) {
    g_autoptr(git_repository) source = NULL;
    if (git_repository_open_ext(&source, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) != 0)
        return kj_receiver_fail(receiver, error);
    if (!check_folder(source, error))
        return FALSE;
    int code = git_reference_name_to_id(&receiver->head, source, receiver->reference);
    if (code != 0)
        return code == GIT_ENOTFOUND ? fail_missing(receiver, error) : kj_receiver_fail(receiver, error);
    return git_odb_exists(receiver->own, &receiver->head) || pack_head(receiver, source, error);
}

/* ---- the network ---- */

/* Each kind of key is offered once: libgit2 asks again as long as it is refused. */
static int give_credentials(git_credential **credential, const char *url, const char *user, unsigned int allowed, void *payload) {
    static guint tried;
    static const char *const keys[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
    (void)url, (void)payload;
    if (!user)
        user = g_get_user_name();
    if ((allowed & GIT_CREDENTIAL_USERNAME) && !(allowed & GIT_CREDENTIAL_SSH_KEY))
        return git_credential_username_new(credential, user);
    if (!(allowed & GIT_CREDENTIAL_SSH_KEY))
        return GIT_PASSTHROUGH;
    if (tried == 0 && ++tried && g_getenv("SSH_AUTH_SOCK"))
        return git_credential_ssh_key_from_agent(credential, user);
    while (tried <= G_N_ELEMENTS(keys)) {
        g_autofree char *private = g_build_filename(g_get_home_dir(), ".ssh", keys[tried - 1], NULL),
                        *public = g_strconcat(private, ".pub", NULL);
        tried++;
        if (g_file_test(private, G_FILE_TEST_EXISTS) && g_file_test(public, G_FILE_TEST_EXISTS))
            return git_credential_ssh_key_new(credential, user, public, private, "");
    }
    return GIT_PASSTHROUGH;
}

/* What a server tells people while it works counts as well: it could go on for ever. */
static int count_talk(const char *text, int length, void *payload) {
    KjReceiver *receiver = payload;
    (void)text;
    receiver->bytes += (guint64)length;
    return receiver->bytes > receiver->limits.bytes ? stop(receiver, _("sends more bytes than the limit"), receiver->limits.bytes) : 0;
}

static gboolean find_advertised(KjReceiver *receiver, git_remote *remote, GError **error) {
    const git_remote_head **heads;
    size_t count;
    gboolean found = FALSE;
    if (git_remote_ls(&heads, &count, remote) != 0)
        return kj_receiver_fail(receiver, error);
    for (size_t i = 0; i < count; i++) {
        if (!kj_receiver_check_name(heads[i]->name, error))
            return FALSE;
        if (strcmp(heads[i]->name, receiver->reference) == 0) {
            receiver->head = heads[i]->oid;
            found = TRUE;
        }
    }
    return found || fail_missing(receiver, error);
}

static gboolean receive_remote(KjReceiver *receiver, GError **error) {
    g_autoptr(git_remote) remote = NULL;
    g_autofree char *specification = g_strconcat("+", receiver->reference, ":refs/received", NULL);
    git_strarray specifications = { &specification, 1 };
    git_fetch_options options;

    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks.payload = receiver;
    options.callbacks.credentials = give_credentials;
    options.callbacks.transfer_progress = kj_receiver_progress;
    options.callbacks.sideband_progress = count_talk;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    if (git_remote_create_anonymous(&remote, receiver->repository, receiver->source) != 0 ||
        git_remote_connect(remote, GIT_DIRECTION_FETCH, &options.callbacks, &options.proxy_opts, NULL) != 0)
        return kj_receiver_fail(receiver, error);
    if (!find_advertised(receiver, remote, error))
        return FALSE;
    if (git_odb_exists(receiver->own, &receiver->head))
        return TRUE;
    return git_remote_download(remote, &specifications, &options) == 0 || kj_receiver_fail(receiver, error);
}

/* ---- which of them ---- */

static gboolean is_remote(const char *source) {
    static const char *const schemes[] = { "https://", "http://", "git://", "ssh://" };
    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++)
        if (g_str_has_prefix(source, schemes[i]))
            return TRUE;
    const char *colon = strchr(source, ':'), *slash = strchr(source, '/'); /* user@host:path */
    return colon && colon != source && colon[1] != '/' && (!slash || colon < slash) && !g_file_test(source, G_FILE_TEST_EXISTS);
}

gboolean kj_receiver_receive(KjReceiver *receiver, GError **error) {
    g_autofree char *path =
        g_str_has_prefix(receiver->source, "file://") ? g_filename_from_uri(receiver->source, NULL, NULL) : g_strdup(receiver->source);
    struct stat status;

    if (is_remote(receiver->source))
        return receive_remote(receiver, error);
    if (!path || strstr(path, "://")) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("%s: a source is a folder, a bundle's file, or begins with https://, ssh://, git://, http:// or file://"),
                    receiver->source);
        return FALSE;
    }
    if (stat(path, &status) != 0)
        return kj_disk_fail(error, _("cannot be read"), path);
    if (S_ISDIR(status.st_mode))
        return receive_folder(receiver, path, error);
    if (S_ISREG(status.st_mode))
        return kj_receiver_receive_bundle(receiver, path, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s is neither a folder nor a file"), path);
    return FALSE;
}
