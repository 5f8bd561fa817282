/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command worked out before, kept in the user's cache folder ($XDG_CACHE_HOME/kijun).
 *
 * An entry is named by what it was made from (the id of a commit, the digest of a question), so it can be old but never wrong. It ends with the SHA-256 of itself: what is
 * damaged is as if it were not there. Nothing is ever put in force by what stands here; it saves those who read some time, and all of it may be deleted.
 */
#ifndef KJ_CLI_CACHE_H
#define KJ_CLI_CACHE_H

#include <glib.h>

/* Whether an entry is there, sound or not. */
gboolean kj_cache_has(const char *kind, const char *key);
/* The text of an entry; NULL: not there, or damaged. Free with g_free. */
char *kj_cache_read(const char *kind, const char *key);
/* Writes one. That it cannot be written is no trouble of anybody's. */
void kj_cache_write(const char *kind, const char *key, const char *text);
void kj_cache_remove(const char *kind, const char *key);

#endif
