/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a section of the configuration says about HTTP: files to read, and the rule that who can be reached from elsewhere speaks TLS and
 * asks who is there. */
#include <string.h>
#include <sys/stat.h>

#include <kijun/translate.h>

#include "http.h"

#define TOKEN_LENGTH_MIN 16u /* shorter ones can be tried out */
#define THREADS_MAX 64u

typedef struct {
    char *certificate, *key, *authorities;
    char **tokens;
} Files;

static void clear_files(Files *files) {
    g_free(files->certificate);
    if (files->key)
        explicit_bzero(files->key, strlen(files->key));
    g_free(files->key);
    g_free(files->authorities);
    g_strfreev(files->tokens);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, clear_files)

/* What secrets hang on is no one else's to read. */
static gboolean is_private(const char *path, GError **error) {
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & S_IRWXO)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: everybody can use this file: chmod o-rwx"), path);
        return FALSE;
    }
    return TRUE;
}

static char *read_pem(const char *path, const char *what, GError **error) {
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    if (strstr(text, "-----BEGIN ") && strstr(text, what))
        return g_steal_pointer(&text);
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: not a PEM file with a %s"), path, what);
    return NULL;
}

/* One a line; blank lines and lines with # are nothing. */
static char **read_tokens(const char *path, GError **error) {
    g_autofree char *text = NULL;
    g_autoptr(GStrvBuilder) tokens = g_strv_builder_new();
    guint count = 0;
    if (!is_private(path, error) || !g_file_get_contents(path, &text, NULL, error))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        const char *token = g_strstrip(lines[i]);
        if (!token[0] || token[0] == '#')
            continue;
        if (strlen(token) < TOKEN_LENGTH_MIN || strpbrk(token, " \t")) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s:%u: a token has at least %u characters and no space"), path, i + 1,
                        TOKEN_LENGTH_MIN);
            return NULL;
        }
        g_strv_builder_add(tokens, token);
        count++;
    }
    if (count == 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: no token in it"), path);
        return NULL;
    }
    return g_strv_builder_end(tokens);
}

/* The first file that cannot be used, under its key. */
static const char *read_files(const KjSection *section, Files *files, GError **error) {
    const char *certificate = kj_section_get(section, "certificate"), *key = kj_section_get(section, "key");
    const char *authorities = kj_section_get(section, "client-authorities"), *tokens = kj_section_get(section, "tokens");
    if (certificate && !(files->certificate = read_pem(certificate, "CERTIFICATE-----", error)))
        return "certificate";
    if (key && (!is_private(key, error) || !(files->key = read_pem(key, "PRIVATE KEY-----", error))))
        return "key";
    if (authorities && !(files->authorities = read_pem(authorities, "CERTIFICATE-----", error)))
        return "client-authorities";
    if (tokens && !(files->tokens = read_tokens(tokens, error)))
        return "tokens";
    return NULL;
}

/* NULL when a socket of this reach may be served so. */
static const char *find_exposure(KjReach reach, gboolean tls, gboolean proof) {
    if (reach != KJ_REACH_NETWORK)
        return NULL;
    if (!tls)
        return _("others can reach this address: it needs TLS (`certificate` and `key`), or an address on 127.0.0.1, ::1 or unix:");
    return proof ? NULL : _("others can reach this address: clients must show a token (`tokens`) or a certificate (`client-authorities`)");
}

static guint read_threads(KjSection *section) {
    return (guint)kj_section_number(section, "threads", 1, THREADS_MAX, 2);
}

static guint read_eager(KjSection *section) {
    return (guint)kj_section_number(section, "eager", 0, KJ_EAGER_MAX, KJ_EAGER_INITIAL);
}

void kj_http_check(KjSection *section) {
    g_auto(Files) files = { NULL, NULL, NULL, NULL };
    g_autoptr(GError) error = NULL;
    gboolean certificate = kj_section_get(section, "certificate") != NULL, key = kj_section_get(section, "key") != NULL;
    gboolean authorities = kj_section_get(section, "client-authorities") != NULL, tokens = kj_section_get(section, "tokens") != NULL;
    const char *exposure = find_exposure(kj_section_reach(section), certificate, tokens || authorities);
    const char *bad = read_files(section, &files, &error);
    if (bad)
        kj_section_complain(section, bad, "%s", error->message);
    if (certificate != key)
        kj_section_complain(section, certificate ? "certificate" : "key", "%s", _("`certificate` and `key` belong together"));
    if (authorities && !certificate)
        kj_section_complain(section, "client-authorities", "%s", _("client certificates need TLS: `certificate` and `key`"));
    if (exposure)
        kj_section_complain(section, "address", "%s", exposure);
    read_threads(section);
    read_eager(section);
}

static KjHttpAccess access_of(const Files *files) {
    return (KjHttpAccess){ files->certificate, files->key, files->authorities, files->tokens };
}

gboolean kj_http_reread_service(KjHttp *http, const KjService *service, GError **error) {
    g_auto(Files) files = { NULL, NULL, NULL, NULL };
    if (read_files(service->section, &files, error))
        return FALSE;
    KjHttpAccess access = access_of(&files);
    return kj_http_renew(http, &access, error);
}

KjHttp *kj_http_start_service(const KjService *service, const KjHttpRoute *routes, gpointer data, GError **error) {
    g_auto(Files) files = { NULL, NULL, NULL, NULL };
    if (read_files(service->section, &files, error))
        return NULL;
    const char *exposure = find_exposure(service->reach, files.certificate && files.key, files.tokens || files.authorities);
    if (exposure) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, exposure);
        return NULL;
    }
    KjHttpOptions options = {
        .socket = service->socket,
        .connections = service->connections,
        .idle_seconds = service->idle_seconds,
        .threads = read_threads(service->section),
        .eager = read_eager(service->section),
        .request_seconds = KJ_HTTP_REQUEST_SECONDS,
        .routes = routes,
        .data = data,
        .access = access_of(&files),
    };
    return kj_http_start(&options, error);
}
