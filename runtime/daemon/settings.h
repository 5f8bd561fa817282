/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijund's configuration file.
 *
 *     [kijund]                     the table, the counter, the log: kj_settings_keys
 *     [listen NAME]                one for each socket; its keys are KjProtocol's
 *
 * It is read whole and every mistake is told, each with file and line; the daemon starts only where there is none. GKeyFile gives values;
 * it neither says where a key stands nor that one stands twice, so the lines are looked at beside it.
 */
#ifndef KJ_DAEMON_SETTINGS_H
#define KJ_DAEMON_SETTINGS_H

#include "protocol.h"
#include "sandbox.h"

G_BEGIN_DECLS

typedef struct KjSettings KjSettings;

/* The keys of [kijund], for the manual; ends with a NULL name. */
extern const KjSectionKey kj_settings_keys[];
/* Those of every [listen NAME]; ends with a NULL name. */
extern const KjSectionKey kj_listen_keys[];

struct KjSection {
    KjSettings *settings;
    char *group; /* "listen mail", "kijund" */
    const KjProtocol *protocol; /* NULL where it says none that there is */
};

/* Never NULL. Look at the mistakes. */
KjSettings *kj_settings_read(const char *path);
void kj_settings_free(KjSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSettings, kj_settings_free)

/* The [kijund] section; never NULL. */
KjSection *kj_settings_main(KjSettings *settings);
/* The [listen NAME] sections in their order (element-type KjSection). */
const GPtrArray *kj_settings_listen(const KjSettings *settings);
/* "FILE:LINE: what is wrong", sorted by line (element-type utf8). */
const GPtrArray *kj_settings_mistakes(KjSettings *settings);

/* The log's form, and the names of fields to mask as a NULL-terminated list (g_strfreev). */
KjLogForm kj_settings_log_form(KjSettings *settings);
char **kj_settings_mask(KjSettings *settings);
/* Whether files and system calls are given up. */
KjSandboxWish kj_settings_sandbox(KjSettings *settings);

G_END_DECLS

#endif
