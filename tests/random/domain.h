/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains that exist only for these tests: together they use everything a schema may say. NULL-terminated. */
#ifndef KJ_RANDOM_DOMAIN_H
#define KJ_RANDOM_DOMAIN_H

#include <kijun/plugin.h>

extern const KjDomain *const kj_random_domains[];

#endif
