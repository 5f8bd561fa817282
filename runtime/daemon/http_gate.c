/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See http_gate.h. Tokens are kept as digests only. The certificate's chain and key are GnuTLS's, which refuses a key that is not the
 * certificate's: so a pair of files of which one has been replaced and the other not yet is never taken.
 */
#include "http_gate.h"

#include <gnutls/x509.h>
#include <string.h>

#include <kijun/translate.h>

#define TOKEN_DIGEST 32u /* SHA-256 */

struct KjHttpGate {
    gatomicrefcount references;
    gnutls_certificate_credentials_t credentials; /* NULL: no TLS */
    guint8 (*digests)[TOKEN_DIGEST];
    guint digest_count;
};

static void digest_token(const char *token, gsize length, guint8 digest[TOKEN_DIGEST]) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = TOKEN_DIGEST;
    g_checksum_update(checksum, (const guchar *)token, (gssize)length);
    g_checksum_get_digest(checksum, digest, &size);
}

static void keep_tokens(KjHttpGate *gate, char **tokens) {
    gate->digest_count = tokens ? g_strv_length(tokens) : 0;
    gate->digests = g_malloc0_n(MAX(gate->digest_count, 1), TOKEN_DIGEST);
    for (guint i = 0; i < gate->digest_count; i++)
        digest_token(tokens[i], strlen(tokens[i]), gate->digests[i]);
}

static gnutls_datum_t datum(const char *text) {
    return (gnutls_datum_t){ (unsigned char *)text, (unsigned int)strlen(text) };
}

/* Whether the text is certificates. GnuTLS's functions for credentials say so too, but lose a certificate in memory when it is not
 * (3.7.9). */
static int try_certificates(const gnutls_datum_t *text) {
    gnutls_x509_crt_t *list = NULL;
    unsigned int count = 0;
    int code = gnutls_x509_crt_list_import2(&list, &count, text, GNUTLS_X509_FMT_PEM, 0);
    for (unsigned int i = 0; code >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    if (code >= 0)
        gnutls_free(list);
    return code;
}

/* GnuTLS's code; at least one authority must be there, else nobody could come. */
static int keep_certificates(KjHttpGate *gate, const KjHttpAccess *access) {
    gnutls_datum_t certificate = datum(access->certificate), key = datum(access->key);
    int code = try_certificates(&certificate);
    if (code >= 0)
        code = gnutls_certificate_allocate_credentials(&gate->credentials);
    if (code >= 0)
        code = gnutls_certificate_set_x509_key_mem(gate->credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    if (code >= 0 && access->authorities) {
        gnutls_datum_t authorities = datum(access->authorities);
        int count = gnutls_certificate_set_x509_trust_mem(gate->credentials, &authorities, GNUTLS_X509_FMT_PEM);
        code = count == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : count;
    }
    return code;
}

KjHttpGate *kj_http_gate_new(const KjHttpAccess *access, GError **error) {
    g_autoptr(KjHttpGate) gate = g_new0(KjHttpGate, 1);
    g_atomic_ref_count_init(&gate->references);
    keep_tokens(gate, access->tokens);
    int code = access->certificate ? keep_certificates(gate, access) : 0;
    if (code >= 0)
        return g_steal_pointer(&gate);
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("the certificate cannot be used: %s"), gnutls_strerror(code));
    return NULL;
}

KjHttpGate *kj_http_gate_ref(KjHttpGate *gate) {
    g_atomic_ref_count_inc(&gate->references);
    return gate;
}

void kj_http_gate_unref(KjHttpGate *gate) {
    if (!gate || !g_atomic_ref_count_dec(&gate->references))
        return;
    if (gate->credentials)
        gnutls_certificate_free_credentials(gate->credentials);
    g_free(gate->digests);
    g_free(gate);
}

/* Compared as digests and always to the end, so that the time it takes says nothing about how much of a token was right. */
gboolean kj_http_gate_knows_token(const KjHttpGate *gate, const char *header) {
    guint8 digest[TOKEN_DIGEST];
    guint good = 0;
    if (gate->digest_count == 0)
        return TRUE;
    if (!header || g_ascii_strncasecmp(header, "Bearer ", 7) != 0)
        return FALSE;
    digest_token(header + 7, strlen(header + 7), digest);
    for (guint i = 0; i < gate->digest_count; i++) {
        guint differs = 0;
        for (guint j = 0; j < TOKEN_DIGEST; j++)
            differs |= gate->digests[i][j] ^ digest[j];
        good |= differs == 0;
    }
    return good != 0;
}

void kj_http_gate_guard(const KjHttpGate *gate, gnutls_session_t session) {
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, gate->credentials);
}

gboolean kj_http_gate_knows_peer(gnutls_session_t session) {
    guint status = G_MAXUINT;
    return gnutls_certificate_verify_peers2(session, &status) == GNUTLS_E_SUCCESS && status == 0;
}
