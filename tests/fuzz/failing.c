/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A world that fails on demand: preloaded into a program, it makes the Nth call on files go wrong, once.
 *
 *     KIJUN_FAIL_AT=N      which call, from 1, of those that concern $KIJUN_FAIL_BELOW; 0: none, they are only counted
 *     KIJUN_FAIL_HOW=HOW   error: it fails (EIO; ENOSPC where something is written); short: half of it is read or written;
 *                          interrupt: EINTR; die: the process ends on the spot, as if the power failed
 *     KIJUN_FAIL_BELOW=D   only files below the folder D, and the memory files that tables are copied into
 *     KIJUN_FAIL_LOG=FILE  gets the name of the call that was hit, or "none after COUNT calls" at the end
 *
 * What is wrapped is what a program under test calls itself or GLib calls for it: open, read, write, fsync, close, fstat, rename,
 * ftruncate, mkstemp's open. libc's own calls (stdio, readdir) do not come by here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

typedef enum { PASS, FAIL, SHORTEN } Fate;

static unsigned long calls;

/* fsync and rename of a local file, too, but a network file system may be waited for. */
#define NEVER_INTERRUPTED "fstat close close-read"

#define REAL(type, name, ...)                                   \
    static type (*real)(__VA_ARGS__);                           \
    if (!real)                                                  \
        *(void **)&real = dlsym(RTLD_NEXT, name)

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int lies_below(const char *path) {
    const char *below = setting("KIJUN_FAIL_BELOW");
    size_t length = strlen(below);
    return (length > 0 && strncmp(path, below, length) == 0) || strncmp(path, "/memfd:kijun", 12) == 0;
}

static int descriptor_concerns(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return lies_below(path);
}

static void note(const char *text) {
    const char *log = setting("KIJUN_FAIL_LOG");
    FILE *file = *log ? fopen(log, "w") : NULL;
    if (file) {
        fprintf(file, "%s\n", text);
        fclose(file);
    }
}

/* What becomes of this call; errno is set when it fails. */
static Fate fate(const char *name, int concerned, int writes) {
    const char *how = setting("KIJUN_FAIL_HOW");
    if (!concerned || ++calls != strtoul(setting("KIJUN_FAIL_AT"), NULL, 10))
        return PASS;
    note(name);
    if (strcmp(how, "interrupt") == 0 && strstr(NEVER_INTERRUPTED, name))
        return PASS;
    if (strcmp(how, "die") == 0)
        _exit(99);
    if (strcmp(how, "short") == 0)
        return SHORTEN;
    errno = strcmp(how, "interrupt") == 0 ? EINTR : writes ? ENOSPC : EIO;
    return FAIL;
}

__attribute__((destructor)) static void finish(void) {
    char text[64];
    if (calls >= strtoul(setting("KIJUN_FAIL_AT"), NULL, 10) && *setting("KIJUN_FAIL_AT") != '0')
        return;
    snprintf(text, sizeof text, "none after %lu calls", calls);
    note(text);
}

/* ---- the calls ---- */

ssize_t read(int descriptor, void *bytes, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t);
    Fate it = fate("read", descriptor_concerns(descriptor), 0);
    return it == FAIL ? -1 : real(descriptor, bytes, it == SHORTEN && size > 1 ? size / 2 : size);
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    Fate it = fate("write", descriptor_concerns(descriptor), 1);
    return it == FAIL ? -1 : real(descriptor, bytes, it == SHORTEN && size > 1 ? size / 2 : size);
}

static int open_with(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    Fate it = fate("open", lies_below(path), (flags & O_ACCMODE) != O_RDONLY);
    return it == FAIL ? -1 : real(path, flags, mode);
}

#define OPEN(name)                                              \
    int name(const char *path, int flags, ...) {                \
        REAL(int, #name, const char *, int, ...);               \
        va_list arguments;                                      \
        va_start(arguments, flags);                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                      \
        return open_with(real, path, flags, mode);              \
    }
OPEN(open)
OPEN(open64)

int fsync(int descriptor) {
    REAL(int, "fsync", int);
    return fate("fsync", descriptor_concerns(descriptor), 0) == FAIL ? -1 : real(descriptor);
}

/* As on Linux, the descriptor is gone even when close fails. */
int close(int descriptor) {
    REAL(int, "close", int);
    int written = (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
    Fate it = fate(written ? "close" : "close-read", descriptor_concerns(descriptor), 0);
    int problem = errno, result = real(descriptor);
    errno = it == FAIL ? problem : errno;
    return it == FAIL ? -1 : result;
}

int ftruncate(int descriptor, off_t length) {
    REAL(int, "ftruncate", int, off_t);
    return fate("ftruncate", descriptor_concerns(descriptor), 1) == FAIL ? -1 : real(descriptor, length);
}

int fstat(int descriptor, struct stat *status) {
    REAL(int, "fstat", int, struct stat *);
    return fate("fstat", descriptor_concerns(descriptor), 0) == FAIL ? -1 : real(descriptor, status);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return fate("rename", lies_below(to), 1) == FAIL ? -1 : real(from, to);
}
