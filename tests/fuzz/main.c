/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target without libFuzzer, for `make check`: every file of the corpus, then changes to it for some seconds.
 *
 *     fuzz_parse [--seconds N] [FILE...]      with files: these alone, once
 *
 * Seconds: the option, else $KIJUN_FUZZ_SECONDS, else 4, or FUZZ_SECONDS (20) for the leg with sanitizers ($KIJUN_SHORT), where faults show. The seed
 * of chance is the target's own, so that CI tries the same inputs until someone changes something; $KIJUN_FUZZ_SEED takes another.
 *
 * The input at hand always lies in the file fuzz_NAME.input of the current folder, mapped, so that it is there whatever ends the
 * process: a fault, an assertion, the alarm after 2 s of processor time (8 under sanitizers), or the end of memory at 512 MiB of data.
 * A clean end removes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { SECONDS_EACH = SANITIZED ? 8 : 2, MEMORY_MIB = 512 };

typedef struct {
    GPtrArray *corpus; /* GBytes */
    GPtrArray *words;  /* GBytes, of the dictionary */
    guint64 *kept;     /* the mapped file: the length, and then the bytes */
    gsize room;
    char *kept_path;
    gdouble slowest;
} Fuzzer;

#ifndef FUZZ_SECONDS
#define FUZZ_SECONDS 20
#endif

static gdouble option_seconds = -1;

/* ---- limits ---- */

/* A sanitizer reserves terabytes, so there the limit is on what is resident, with room for its own bookkeeping, and on one piece (MEMORY_MIB). */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "hard_rss_limit_mb=1536:quarantine_size_mb=32:allocator_may_return_null=1:max_allocation_size_mb=512";
}

static void limit_memory(void) {
    struct rlimit limit = { (rlim_t)MEMORY_MIB << 20, (rlim_t)MEMORY_MIB << 20 };
    if (!SANITIZED && setrlimit(RLIMIT_DATA, &limit) != 0)
        g_error("setrlimit: %s", g_strerror(errno));
}

static void set_alarm(time_t seconds) {
    struct itimerval timer = { { 0, 0 }, { seconds, 0 } };
    if (setitimer(ITIMER_PROF, &timer, NULL) != 0)
        g_error("setitimer: %s", g_strerror(errno));
}

static void on_alarm(int signal) {
    static const char text[] = "Bail out! the input takes too long; it is kept in the file fuzz_*.input\n";
    (void)signal;
    if (write(STDOUT_FILENO, text, sizeof text - 1) < 0)
        _exit(71);
    abort();
}

/* ---- one input ---- */

static void keep_open(Fuzzer *fuzzer) {
    g_autofree char *name = g_strdup_printf("fuzz_%s.input", fuzz_target.name);
    fuzzer->kept_path = g_canonicalize_filename(name, NULL);
    fuzzer->room = sizeof *fuzzer->kept + (1u << 20);
    int file = open(fuzzer->kept_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || ftruncate(file, (off_t)fuzzer->room) != 0)
        g_error("%s: %s", fuzzer->kept_path, g_strerror(errno));
    fuzzer->kept = mmap(NULL, fuzzer->room, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (fuzzer->kept == MAP_FAILED)
        g_error("%s: %s", fuzzer->kept_path, g_strerror(errno));
}

/* The target gets a block of memory of its own, so that ASan knows its end. */
static void try_input(Fuzzer *fuzzer, const void *data, gsize size) {
    g_autofree guint8 *copy = g_memdup2(data, MAX(size, 1));
    gint64 start = g_get_monotonic_time();
    g_assert_cmpuint(size, <, fuzzer->room - sizeof *fuzzer->kept);
    fuzzer->kept[0] = size;
    memcpy(fuzzer->kept + 1, data, size);
    set_alarm(SECONDS_EACH);
    g_assert_cmpint(LLVMFuzzerTestOneInput(copy, size), ==, 0);
    set_alarm(0);
    fuzzer->slowest = MAX(fuzzer->slowest, (gdouble)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
}

/* ---- the corpus ---- */

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void load_corpus(Fuzzer *fuzzer) {
    g_autofree char *relative = g_build_filename("tests", "fuzz", "corpus", fuzz_target.name, NULL), *path = fuzz_path(relative);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    g_assert_no_error(error);
    while ((name = g_dir_read_name(folder)) != NULL)
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        char *bytes;
        gsize length;
        g_file_get_contents(names->pdata[i], &bytes, &length, &error);
        g_assert_no_error(error);
        g_ptr_array_add(fuzzer->corpus, g_bytes_new_take(bytes, length));
    }
    g_assert_cmpuint(fuzzer->corpus->len, >, 0);
}

/* Lines `"bytes"` with \xNN, \" and \\, as libFuzzer has them. */
static void load_words(Fuzzer *fuzzer) {
    g_autofree char *relative = fuzz_target.dictionary ? g_build_filename("tests", "fuzz", fuzz_target.dictionary, NULL) : NULL;
    gsize length;
    g_autofree char *text = relative ? fuzz_read(relative, &length) : g_strdup("");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autoptr(GByteArray) word = g_byte_array_new();
        const char *end = strrchr(*line, '"');
        if (**line != '"' || end == *line)
            continue;
        for (const char *c = *line + 1; c < end; c++) {
            guint8 byte = (guint8)*c;
            if (*c == '\\' && c[1] == 'x') {
                byte = (guint8)(g_ascii_xdigit_value(c[2]) << 4 | g_ascii_xdigit_value(c[3]));
                c += 3;
            } else if (*c == '\\') {
                byte = (guint8)*++c;
            }
            g_byte_array_append(word, &byte, 1);
        }
        g_ptr_array_add(fuzzer->words, g_byte_array_free_to_bytes(g_steal_pointer(&word)));
    }
}

/* ---- tests ---- */

static void test_corpus(gconstpointer data) {
    Fuzzer *fuzzer = (Fuzzer *)data;
    for (guint i = 0; i < fuzzer->corpus->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(fuzzer->corpus->pdata[i], &size);
        try_input(fuzzer, bytes, size);
    }
    g_test_message("%u inputs, the slowest %.3f s", fuzzer->corpus->len, fuzzer->slowest);
}

static gdouble seconds(void) {
    const char *asked = g_getenv("KIJUN_FUZZ_SECONDS");
    if (option_seconds >= 0)
        return option_seconds;
    return asked ? g_ascii_strtod(asked, NULL) : g_getenv("KIJUN_SHORT") ? FUZZ_SECONDS : 4;
}

static void test_mutations(gconstpointer data) {
    Fuzzer *fuzzer = (Fuzzer *)data;
    const char *asked = g_getenv("KIJUN_FUZZ_SEED");
    guint32 chosen = asked ? (guint32)g_ascii_strtoull(asked, NULL, 0) : g_str_hash(fuzz_target.name);
    g_autoptr(GRand) random = g_rand_new_with_seed(chosen);
    g_autofree guint8 *input = g_malloc(fuzz_target.longest);
    gint64 start = g_get_monotonic_time(), end = start + (gint64)(seconds() * G_USEC_PER_SEC);
    guint64 count = 0;
    for (; g_get_monotonic_time() < end; count++) {
        GBytes *seed = fuzzer->corpus->pdata[g_rand_int_range(random, 0, (gint32)fuzzer->corpus->len)];
        gsize size = MIN(g_bytes_get_size(seed), fuzz_target.longest);
        memcpy(input, g_bytes_get_data(seed, NULL), size);
        size = fuzz_mutate(random, fuzzer->corpus, fuzzer->words, input, size, fuzz_target.longest);
        try_input(fuzzer, input, size);
    }
    g_test_message("%" G_GUINT64_FORMAT " inputs from seed %u, %.0f a second, the slowest %.3f s", count, chosen,
                   (gdouble)count * G_USEC_PER_SEC / (gdouble)(g_get_monotonic_time() - start + 1), fuzzer->slowest);
    g_assert_cmpuint(count, >, 0);
}

/* The files named on the command line; what fuzz_*.input holds after a failure has its length in front and is read as such. */
static int replay(Fuzzer *fuzzer, int count, char **paths) {
    for (int i = 0; i < count; i++) {
        g_autofree char *bytes = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;
        guint64 kept = 0;
        if (!g_file_get_contents(paths[i], &bytes, &length, &error))
            g_error("%s", error->message);
        if (g_str_has_suffix(paths[i], ".input") && length >= sizeof kept)
            memcpy(&kept, bytes, sizeof kept);
        gsize skip = kept > 0 && kept <= length - sizeof kept ? sizeof kept : 0;
        try_input(fuzzer, bytes + skip, skip ? kept : length);
        g_print("# %s: fine\n", paths[i]);
    }
    return 0;
}

int main(int argc, char **argv) {
    Fuzzer fuzzer = { .corpus = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
                      .words = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref) };
    g_test_init(&argc, &argv, NULL);
    for (int i = 1; i + 1 < argc && strcmp(argv[i], "--seconds") == 0;) {
        option_seconds = g_ascii_strtod(argv[i + 1], NULL);
        memmove(argv + i, argv + i + 2, sizeof *argv * (gsize)(argc - i - 1));
        argc -= 2;
    }
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    limit_memory();
    signal(SIGPROF, on_alarm);
    keep_open(&fuzzer);
    int code = 0;
    if (argc > 1) {
        code = replay(&fuzzer, argc - 1, argv + 1);
    } else {
        load_corpus(&fuzzer);
        load_words(&fuzzer);
        g_autofree char *corpus = g_strdup_printf("/fuzz/%s/corpus", fuzz_target.name);
        g_autofree char *mutations = g_strdup_printf("/fuzz/%s/mutations", fuzz_target.name);
        g_test_add_data_func(corpus, &fuzzer, test_corpus);
        g_test_add_data_func(mutations, &fuzzer, test_mutations);
        code = g_test_run();
    }
    munmap(fuzzer.kept, fuzzer.room);
    if (code == 0)
        unlink(fuzzer.kept_path);
    g_free(fuzzer.kept_path);
    g_ptr_array_unref(fuzzer.corpus);
    g_ptr_array_unref(fuzzer.words);
    return code;
}
