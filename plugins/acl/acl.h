/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the access control plugin. */
#ifndef KJ_ACL_H
#define KJ_ACL_H

#include <gmodule.h>
#include <kijun/plugin.h>

/* Reads one AuthZEN evaluation request (request.c). */
gboolean kj_acl_read_evaluation(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

#endif
