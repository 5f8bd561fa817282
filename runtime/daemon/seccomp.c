/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls that a serving daemon makes: all others end the process (seccomp(2), through libseccomp).
 *
 * The list is by purpose: what GLib, glibc, libmicrohttpd, GnuTLS, LMDB and hiredis call when the daemon serves, and what newer versions of
 * these call instead. A call this architecture does not have is left out. So nothing is executed, no process is made, none is looked
 * into or signalled, no file changes its owner or mode, nothing is mounted, no new address is listened at, no memory becomes code.
 *
 * Some calls are neither allowed nor fatal but fail, because libraries try them and have another way: clone3(2), whose flags a filter
 * cannot see (glibc takes clone(2)); memory that is to be code (a module that cannot be loaded); a netlink socket (how the resolver
 * asks for the machine's addresses); io_uring, which a filter would not see through.
 *
 * Cost: none that could be measured (getuid(2): 0.3 us with and without); the kernel remembers which calls pass whatever their arguments.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "sandbox.h"

static const char *const allowed[] = {
    /* reading, writing: sockets, log, pipes */
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "sendfile", "lseek", "close", "close_range", "fcntl",
    "recvfrom", "recvmsg", "recvmmsg", "sendto", "sendmsg", "sendmmsg", "shutdown",
    /* connections: those that come, Redis', the log's */
    "accept", "accept4", "connect", "getsockname", "getpeername", "getsockopt", "setsockopt", "socketpair",
    /* waiting */
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "eventfd2", "pipe2",
    "futex", "futex_waitv", "futex_wait", "futex_wake", "nanosleep", "clock_nanosleep", "sched_yield", "restart_syscall",
    /* files: the table, the log, counts */
    "openat", "open", "fstat", "stat", "lstat", "newfstatat", "statx", "fstatfs", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents64", "getcwd", "dup", "flock", "ftruncate", "fallocate", "fadvise64", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "unlink", "unlinkat", "memfd_create",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "msync", "mincore", "membarrier",
    /* time, randomness, who we are, how many processors there are */
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
    "uname", "sysinfo", "getrusage", "getcpu", "sched_getaffinity", "getrlimit",
    /* threads and their end */
    "set_robust_list", "get_robust_list", "rseq", "sigaltstack", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigreturn", "exit", "exit_group",
#if KJ_SANITIZED
    "ptrace", "wait4", "prctl", "clone", "process_vm_readv", "getppid", "mmap", "mprotect", "sched_getscheduler", "pipe", "getdents",
#endif
};

/* Allowed where the argument, after the mask, is the value; a call may be here several times. */
static const struct {
    const char *name;
    guint argument;
    guint64 mask, value;
} conditions[] = {
    { "socket", 0, G_MAXUINT64, AF_UNIX },
    { "socket", 0, G_MAXUINT64, AF_INET },
    { "socket", 0, G_MAXUINT64, AF_INET6 },
    { "mmap", 2, PROT_EXEC, 0 },
    { "mprotect", 2, PROT_EXEC, 0 },
    { "clone", 0, CLONE_THREAD, CLONE_THREAD },
    { "prctl", 0, G_MAXUINT64, PR_SET_NAME },
    { "ioctl", 1, G_MAXUINT32, FIONREAD },
    { "ioctl", 1, G_MAXUINT32, FIONBIO },
    { "ioctl", 1, G_MAXUINT32, TCGETS }, /* isatty(3), which stdio asks */
    { "prlimit64", 2, G_MAXUINT64, 0 }, /* reading only */
};

/* These fail with an error, where the argument, after the mask, is the value. */
static const struct {
    const char *name;
    int code;
    guint argument;
    guint64 mask, value;
} failing[] = {
    { "clone3", ENOSYS, 0, 0, 0 },
    { "io_uring_setup", ENOSYS, 0, 0, 0 },
    { "mmap", EACCES, 2, PROT_EXEC, PROT_EXEC },
    { "mprotect", EACCES, 2, PROT_EXEC, PROT_EXEC },
    { "socket", EAFNOSUPPORT, 0, G_MAXUINT64, AF_NETLINK },
};

static gboolean listed(const char *name) {
    for (guint i = 0; i < G_N_ELEMENTS(allowed); i++)
        if (g_str_equal(allowed[i], name))
            return TRUE;
    return FALSE;
}

/* 0, or what is wrong as a negative code. Where a sanitizer needs the whole call there is no condition on it. */
static int add_rule(scmp_filter_ctx filter, guint32 action, const char *name, const struct scmp_arg_cmp *comparison) {
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0 || (comparison && KJ_SANITIZED && listed(name)))
        return 0;
    return comparison ? seccomp_rule_add_array(filter, action, number, 1, comparison) : seccomp_rule_add(filter, action, number, 0);
}

static int add_rules(scmp_filter_ctx filter) {
    int code = 0;
    for (guint i = 0; i < G_N_ELEMENTS(allowed) && code == 0; i++)
        code = add_rule(filter, SCMP_ACT_ALLOW, allowed[i], NULL);
    for (guint i = 0; i < G_N_ELEMENTS(conditions) && code == 0; i++) {
        struct scmp_arg_cmp comparison = { conditions[i].argument, SCMP_CMP_MASKED_EQ, conditions[i].mask, conditions[i].value };
        code = add_rule(filter, SCMP_ACT_ALLOW, conditions[i].name, &comparison);
    }
    for (guint i = 0; i < G_N_ELEMENTS(failing) && code == 0; i++) {
        struct scmp_arg_cmp comparison = { failing[i].argument, SCMP_CMP_MASKED_EQ, failing[i].mask, failing[i].value };
        code = add_rule(filter, SCMP_ACT_ERRNO((guint32)failing[i].code), failing[i].name, failing[i].mask ? &comparison : NULL);
    }
    return code;
}

/* abort(3) signals its own thread; nobody else is signalled. */
static int add_abort(scmp_filter_ctx filter) {
    struct scmp_arg_cmp own = { 0, SCMP_CMP_EQ, (scmp_datum_t) getpid(), 0 };
    return add_rule(filter, SCMP_ACT_ALLOW, "tgkill", &own);
}

gboolean kj_sandbox_calls(GError **error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int code = filter ? 0 : -ENOMEM;
    if (code == 0)
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* the threads that are there too */
    if (code == 0)
        code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (code == 0)
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (code == 0)
        code = add_rules(filter);
    if (code == 0)
        code = add_abort(filter);
    gboolean built = code == 0;
    if (built)
        code = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    if (code != 0)
        g_set_error(error, KJ_ERROR, built ? KJ_ERROR_UNABLE : KJ_ERROR_IO, _("this kernel does not filter system calls (seccomp): %s"),
                    g_strerror(-code));
    return code == 0;
}
