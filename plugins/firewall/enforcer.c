/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nftables rules put in force, through kijun-enforce-nftables (enforce/): this side has no privilege to lose.
 *
 * What is in force is the kernel's own listing of the block's table with its counters, so that an undo brings back the very rules, and what
 * they had counted. Buckets of `limit ... per` are not kept: an entry lives for seconds, and its loss is a bucket that is full. Before a
 * listing is handed out it has gone through `check`: what could not be brought back must be known before anything is changed.
 *
 * Input and output go through memory files, so no pipe can fill up and stop both sides.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "firewall.h"
#include "targets/nft.h"

enum { EXIT_SCRIPT = 2, EXIT_PRIVILEGE = 3, EXIT_MACHINE = 4 }; /* of kijun-enforce-nftables */

/* ---- the program ---- */

static char *find_program(void) {
    const char *folder = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_ENFORCER_PATH");
    return g_build_filename(folder && *folder ? folder : KJ_LIBEXEC_DIR, "kijun-enforce-nftables", NULL);
}

static int memory_file(const char *text) {
    int file = memfd_create("kijun", MFD_CLOEXEC);
    gsize length = strlen(text);
    while (file >= 0 && length > 0) {
        ssize_t written = write(file, text, length);
        if (written <= 0) {
            close(file);
            return -1;
        }
        text += written;
        length -= (gsize)written;
    }
    if (file >= 0)
        lseek(file, 0, SEEK_SET);
    return file;
}

static gboolean read_memory(int file, GString *out) {
    char chunk[65536];
    ssize_t got;
    if (lseek(file, 0, SEEK_SET) != 0)
        return FALSE;
    while ((got = read(file, chunk, sizeof chunk)) > 0)
        g_string_append_len(out, chunk, got);
    return got == 0;
}

static gboolean fail(const char *name, const char *verb, int status, char *messages, GError **error) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    g_strstrip(messages);
    if (code == EXIT_PRIVILEGE)
        g_set_error(
            error, KJ_ERROR, KJ_ERROR_UNABLE,
            _("the kernel's rules can be seen and changed by root, or where kijun-enforce-nftables has CAP_NET_ADMIN; run it with sudo"));
    else if (code == EXIT_MACHINE)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, "%s", messages);
    else if (code == EXIT_SCRIPT && strcmp(verb, "check") == 0)
        g_set_error(
            error, KJ_ERROR, KJ_ERROR_REFUSED,
            _("the table `inet kijun_%s` that is in force holds what kijun does not write, and could not be brought back (%s); see `nft list table inet kijun_%s`, and delete it if nobody needs it"),
            name, messages, name);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("nft refuses it: %s"), messages);
    return FALSE;
}

static gboolean run(const char *verb, const char *name, const char *input, GString *output, GError **error) {
    g_autofree char *program = find_program();
    const char *const arguments[] = { program, verb, name, NULL };
    const char *const environment[] = { "LC_ALL=C", NULL };
    g_autoptr(GString) messages = g_string_new(NULL);
    int in = memory_file(input), out = memory_file(""), err = memory_file(""), status = -1;
    GPid child;
    gboolean fine = in >= 0 && out >= 0 && err >= 0;
    if (!fine)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s", g_strerror(errno));
    else
        fine = g_spawn_async_with_fds("/", (char **)arguments, (char **)environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, in, out,
                                      err, error);
    if (fine) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        fine = read_memory(err, messages) && WIFEXITED(status) && WEXITSTATUS(status) == 0 && (!output || read_memory(out, output));
        if (!fine)
            fail(name, verb, status, messages->str, error);
    }
    for (guint i = 0; i < 3; i++)
        if ((const int[]){ in, out, err }[i] >= 0)
            close((const int[]){ in, out, err }[i]);
    return fine;
}

static char *table_name(const char *block, GError **error) {
    char *name = kj_nft_encode(block);
    if (!name)
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("the name of block `%s` is longer than nftables takes; write a shorter one"),
                    block);
    return name;
}

/* ---- listings ---- */

/* Without the elements of dynamic sets. */
static void forget_buckets(const char *listing, GString *out) {
    gboolean dynamic = FALSE, forgetting = FALSE;
    for (const char *line = listing, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (g_str_has_prefix(line, "\tset "))
            dynamic = FALSE;
        else if (g_str_has_prefix(line, "\t\tflags dynamic"))
            dynamic = TRUE;
        forgetting |= dynamic && g_str_has_prefix(line, "\t\telements = ");
        if (!forgetting)
            g_string_append_len(out, line, end - line);
        forgetting &= memchr(line, '}', (gsize)(end - line)) == NULL;
    }
}

gboolean kj_firewall_current_nftables(const char *block, const char *text, GString *state, GError **error) {
    g_autofree char *name = table_name(block, error);
    g_autoptr(GString) listing = g_string_new(NULL), kept = g_string_new(NULL);
    (void)text;
    if (!name || !run("list", name, "", listing, error))
        return FALSE;
    forget_buckets(listing->str, kept);
    if (kept->len > 0 && !run("check", name, kept->str, NULL, error))
        return FALSE;
    g_string_append_len(state, kept->str, (gssize)kept->len);
    return TRUE;
}

gboolean kj_firewall_apply_nftables(const char *block, const char *text, GError **error) {
    g_autofree char *name = table_name(block, error);
    return name && run("load", name, text, NULL, error);
}

/* ---- counters ---- */

static char *forget_counts(const char *listing) {
    GString *rest = g_string_new(NULL);
    for (const char *line = listing, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (!g_str_has_prefix(line, "\t\tpackets "))
            g_string_append_len(rest, line, end - line);
    }
    return g_string_free(rest, FALSE);
}

gboolean kj_firewall_same_nftables(const char *a, const char *b) {
    g_autofree char *rules_a = forget_counts(a), *rules_b = forget_counts(b);
    return strcmp(rules_a, rules_b) == 0;
}
