/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file of kijun-milter: one section, [milter]. Every mistake is told, not only the first. */
#ifndef KJ_MILTER_SETTINGS_H
#define KJ_MILTER_SETTINGS_H

#include "../../../runtime/daemon/listen.h"
#include "../../../runtime/daemon/sandbox.h"
#include "recognise.h"

typedef struct {
    guint8 address[16];
    gsize length; /* 4 or 16 */
    guint bits;
} KjNetwork;

typedef struct {
    char *table, *block, *counter, *log, *address, *group;
    KjLogForm log_form;
    char **mask;
    guint mode;
    KjAddress listen;
    KjMailTrust trust;
    GArray *clients; /* KjNetwork: whose marks are believed */
    KjSandboxWish sandbox;
} KjMilterSettings;

/* "FILE: what is wrong" for each mistake is added to `mistakes` (element-type utf8). Never NULL. */
KjMilterSettings *kj_milter_settings_read(const char *path, GPtrArray *mistakes);
void kj_milter_settings_free(KjMilterSettings *settings);

/* Whether the marks of mail from this address (in network byte order; length 0: not over a network) are believed. */
gboolean kj_milter_settings_trusts(const KjMilterSettings *settings, const void *address, gsize length);

/* The keys, for --help; ends with a NULL name. */
typedef struct {
    const char *name, *doc;
} KjMilterKey;
extern const KjMilterKey kj_milter_keys[];

#endif
