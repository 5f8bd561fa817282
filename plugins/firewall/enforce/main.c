/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun-enforce-nftables: the one program of kijun that changes the kernel's rules.
 *
 *     kijun-enforce-nftables list NAME           what is in force in the table inet kijun_NAME, as a script for `load`; nothing where there is none
 *     kijun-enforce-nftables check NAME <SCRIPT  whether `load` would take it, as far as that can be told before
 *     kijun-enforce-nftables load NAME <SCRIPT   puts it in force in one transaction; an empty script takes the table away
 *
 * It needs CAP_NET_ADMIN and nothing else: as a file's capability (setcap cap_net_admin+ep, and execution for those who may change the
 * firewall), or from root, whose other capabilities it gives up for good before it reads a byte. Whoever may run it can change the tables
 * inet kijun_* and nothing more: the script is read by script.c before nft sees it, nft is found in the system's folders alone, and gets an
 * environment, standard streams and a memory file of our own making.
 *
 * Exit codes: 0, 1 nft refused, 2 usage or a script that is refused, 3 no privilege, 4 no nft or no memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"

enum { EXIT_FINE, EXIT_NFT, EXIT_SCRIPT, EXIT_PRIVILEGE, EXIT_MACHINE };

static const char *const nft_places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft" };
static char *const nft_environment[] = { "TZ=UTC", "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

static int fail(int code, const char *what, const char *why) {
    fprintf(stderr, "kijun-enforce-nftables: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    return code;
}

/* ---- the privilege ---- */

/* Everything but CAP_NET_ADMIN goes; that one is kept for nft as well. FALSE without it. */
static bool keep_one_capability(void) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };
    const unsigned wanted = 1u << CAP_NET_ADMIN;
    if (syscall(SYS_capget, &header, data) != 0 || !(data[0].permitted & wanted))
        return false;
    /* Without CAP_SETPCAP it cannot be done, and need not be: nothing could be gained again. */
    for (int capability = 0; capability < 64; capability++)
        if (capability != CAP_NET_ADMIN)
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    memset(data, 0, sizeof data);
    data[0].effective = data[0].permitted = data[0].inheritable = wanted;
    return syscall(SYS_capset, &header, data) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The three standard streams are there, and nothing else is. */
static bool tidy(void) {
    int descriptor;
    do
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    umask(077);
    return descriptor >= 0 && syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) == 0 && clearenv() == 0 && chdir("/") == 0;
}

/* ---- nft ---- */

/* A memory file with the text, to be read from its start; -1 when there is no memory. */
static int memory_file(const char *text, size_t length) {
    int file = memfd_create("kijun", MFD_CLOEXEC);
    while (file >= 0 && length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            close(file);
            return -1;
        }
        text += written;
        length -= (size_t)written;
    }
    return file < 0 || lseek(file, 0, SEEK_SET) == 0 ? file : -1;
}

/* Runs nft with these standard streams (-1: ours) to its end. */
static int run_nft(char *const *arguments, int in, int out) {
    int status;
    pid_t child = fork();
    if (child < 0)
        return fail(EXIT_MACHINE, "no process", strerror(errno));
    if (child == 0) {
        if ((in >= 0 && dup2(in, STDIN_FILENO) < 0) || (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
            _exit(EXIT_MACHINE);
        for (size_t i = 0; i < sizeof nft_places / sizeof *nft_places; i++)
            execve(nft_places[i], arguments, nft_environment);
        _exit(EXIT_MACHINE);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return fail(EXIT_MACHINE, "nft is lost", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MACHINE)
        return fail(EXIT_MACHINE, "nft is not installed, or cannot be run", NULL);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_FINE : EXIT_NFT;
}

static int load(const char *text, size_t length, bool only_check) {
    char *const check_arguments[] = { "nft", "-c", "-f", "-", NULL }, *const load_arguments[] = { "nft", "-f", "-", NULL };
    int in = memory_file(text, length);
    return in < 0 ? fail(EXIT_MACHINE, "no memory", NULL) : run_nft(only_check ? check_arguments : load_arguments, in, -1);
}

/* ---- verbs ---- */

/* Standard input to its end; NULL when it is longer than any script. Never freed: the program ends with it. */
static char *read_all(size_t *length) {
    static char *text;
    size_t room = 0;
    for (*length = 0;;) {
        if (*length == room) {
            room = room ? 2 * room : 65536;
            char *more = room <= KJ_SCRIPT_BYTES_MAX ? realloc(text, room) : NULL;
            if (!more)
                return NULL;
            text = more;
        }
        ssize_t got = read(STDIN_FILENO, text + *length, room - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return NULL;
        if (got == 0)
            return text;
        *length += (size_t)got;
    }
}

static int take_script(const char *name, bool only_check) {
    KjScriptFault fault;
    size_t length;
    char removal[2 * KJ_SCRIPT_NAME_MAX + 64], *text = read_all(&length);
    if (!text)
        return fail(EXIT_SCRIPT, "the script cannot be read, or is longer than any block's", NULL);
    if (length == 0)
        return load(removal, (size_t)snprintf(removal, sizeof removal, "table inet kijun_%s { }\ndelete table inet kijun_%s\n", name, name),
                    only_check);
    if (kj_script_check(text, length, name, &fault))
        return load(text, length, only_check);
    fprintf(stderr, "kijun-enforce-nftables: line %u of the script: `%s`: %s\n", fault.line, fault.word, fault.problem);
    return EXIT_SCRIPT;
}

static int is_there(const char *name, bool *there) {
    char *const arguments[] = { "nft", "list", "tables", "inet", NULL };
    char line[512], wanted[KJ_SCRIPT_NAME_MAX + 32];
    int out = memory_file("", 0), code = out < 0 ? fail(EXIT_MACHINE, "no memory", NULL) : run_nft(arguments, -1, out);
    FILE *tables = code == EXIT_FINE && lseek(out, 0, SEEK_SET) == 0 ? fdopen(out, "r") : NULL;
    snprintf(wanted, sizeof wanted, "table inet kijun_%s\n", name);
    *there = false;
    while (tables && fgets(line, sizeof line, tables))
        *there |= strcmp(line, wanted) == 0;
    if (tables)
        fclose(tables);
    else if (out >= 0)
        close(out);
    return code;
}

/* Numbers for what has numbers: fewer words to know, the same whatever names this machine gives its protocols. */
static int list(const char *name) {
    char table[KJ_SCRIPT_NAME_MAX + 16];
    char *const arguments[] = { "nft", "-n", "list", "table", "inet", table, NULL };
    bool there;
    int code = is_there(name, &there);
    if (code != EXIT_FINE || !there)
        return code;
    snprintf(table, sizeof table, "kijun_%s", name);
    printf("table inet %s { }\ndelete table inet %s\n", table, table);
    return fflush(stdout) == 0 ? run_nft(arguments, -1, -1) : fail(EXIT_MACHINE, "standard output", strerror(errno));
}

int main(int argc, char **argv) {
    if (!tidy())
        return EXIT_MACHINE;
    if (argc != 3 || !kj_script_is_name(argv[2]))
        return fail(EXIT_SCRIPT, "usage: kijun-enforce-nftables list|check|load NAME", NULL);
    if (!keep_one_capability())
        return fail(EXIT_PRIVILEGE,
                    "it needs the capability CAP_NET_ADMIN: run as root, or give it to this program (setcap cap_net_admin+ep)", NULL);
    if (strcmp(argv[1], "list") == 0)
        return list(argv[2]);
    if (strcmp(argv[1], "check") == 0 || strcmp(argv[1], "load") == 0)
        return take_script(argv[2], argv[1][0] == 'c');
    return fail(EXIT_SCRIPT, "usage: kijun-enforce-nftables list|check|load NAME", NULL);
}
