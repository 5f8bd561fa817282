/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who a server is and who may come to it: certificate, authorities, tokens. A gate never changes; a server exchanges the whole of it, so
 * that a request meets one gate or the other and no mixture (http.c).
 */
#ifndef KJ_HTTP_GATE_H
#define KJ_HTTP_GATE_H

#include <gnutls/gnutls.h>

#include "http.h"

G_BEGIN_DECLS

typedef struct KjHttpGate KjHttpGate;

/* NULL with KJ_ERROR_VALUE: no PEM, or a key that is not the certificate's. */
KjHttpGate *kj_http_gate_new(const KjHttpAccess *access, GError **error);
KjHttpGate *kj_http_gate_ref(KjHttpGate *gate);
void kj_http_gate_unref(KjHttpGate *gate); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjHttpGate, kj_http_gate_unref)

/* Whether the value of an Authorization header (or NULL) shows one of the tokens, where there are any. */
gboolean kj_http_gate_knows_token(const KjHttpGate *gate, const char *header);
/* From now on the session shows this gate's certificate, and judges by its authorities. The gate must outlive that. */
void kj_http_gate_guard(const KjHttpGate *gate, gnutls_session_t session);
/* Whether the session's peer has shown a certificate that the authorities of the gate that guards it have signed. */
gboolean kj_http_gate_knows_peer(gnutls_session_t session);

G_END_DECLS

#endif
