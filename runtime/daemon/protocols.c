/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The protocols kijund speaks. */
#include "protocol.h"

extern const KjProtocol kj_protocol_authzen, kj_protocol_control, kj_protocol_metrics, kj_protocol_postfix;

const KjProtocol *const kj_protocols[] = {
    &kj_protocol_authzen,
    &kj_protocol_control,
    &kj_protocol_metrics,
    &kj_protocol_postfix,
    NULL,
};
