/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a script may say that kijun-enforce-nftables hands to nft; see script.c. No GLib: this is a part of a program with a privilege. */
#ifndef KJ_ENFORCE_SCRIPT_H
#define KJ_ENFORCE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#define KJ_SCRIPT_BYTES_MAX ((size_t)64 << 20) /* some 400,000 rules; nft itself needs some 50 times as much memory */
#define KJ_SCRIPT_NAME_MAX 240                 /* as the target writes them; the kernel takes 255 with `kijun_` */

typedef struct {
    unsigned line;
    const char *problem; /* static */
    char word[48];       /* what it is about, printable; or empty */
} KjScriptFault;

/* What may stand behind `kijun_` in a table's name. */
bool kj_script_is_name(const char *name);

/* Whether the script replaces the table `inet kijun_NAME` and does nothing else. */
bool kj_script_check(const char *text, size_t length, const char *name, KjScriptFault *fault);

#endif
