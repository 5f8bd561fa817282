/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KJ_REDIS_SCRIPT_H
#define KJ_REDIS_SCRIPT_H

extern const char kj_redis_script[];

#endif
