/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a domain's tables can be used at all. Not installed. */
#ifndef KJ_DOMAIN_H
#define KJ_DOMAIN_H

#include <kijun/plugin.h>

/* FALSE with KJ_ERROR_PLUGIN, naming the table and the entry that is wrong. */
gboolean kj_domain_check(const KjDomain *domain, GError **error);

#endif
