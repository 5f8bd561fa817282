/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting in an LMDB file: the processes of one host share it, and it outlives them.
 *
 * A take is one write transaction: read, decide, write, commit. LMDB lets one writer in at a time, of all processes, so it is atomic; its lock
 * is a robust mutex in shared memory, so a writer that was killed holds nobody up, and what it had not committed is not there. A test only reads. Nothing
 * waits for the disk; snapshot.c says what that costs when the power goes (at most a minute of counts) and why nothing else can.
 *
 * The map is as large as the file may ever become: addresses cost nothing, the file grows as needed. Live counts may take up half of it, because whoever
 * deletes must copy the pages he deletes from. When that half is full, expired states are swept (once a second at most) and the question is asked once
 * more; then a new key is AWAY. Another process may have opened the file larger, which is followed.
 *
 * A thread of its own sweeps expired states, forgets readers that were killed (their snapshot would keep old pages for ever), and writes the snapshot. It
 * sweeps a thousand states a transaction at most, so that nobody waits long. "Expired" is by the clock of the questions of this process.
 *
 * The name of a counter is the key, its SHA-256 behind a `#` where that is longer than LMDB's 511 bytes (a name begins with a digit).
 */
#include "backend.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kijun/translate.h>
#include <kijun/value.h>

#include "snapshot.h"

#define DEFAULT_SIZE (G_GUINT64_CONSTANT(1) << 30)
#define LEAST_SIZE (G_GUINT64_CONSTANT(1) << 20)
#define LARGEST_SIZE (G_GUINT64_CONSTANT(1) << 40)
#define DEFAULT_SNAPSHOT 60   /* seconds */
#define LONGEST_SNAPSHOT 3600 /* seconds */
#define READERS 1024          /* tests at one time, in all processes */
#define SWEPT_AT_ONCE 1000    /* states */
#define SWEEP_PAUSE 1000000   /* microseconds of the questions' clock between two sweeps for want of room */
#define NAME_MAX_BYTES 511

typedef struct {
    KjCounter base;
    char *folder; /* canonical, as in `open_folders` */
    MDB_env *env;
    MDB_dbi database;
    GRWLock map; /* written: the map is being changed, and no transaction may be open */
    guint64 size;  /* bytes of live counts */
    gint64 latest; /* of the questions' instants, the last */
    gint64 swept;  /* the same, when it was last swept because it was full */
    guint64 snapshot_seconds;
    gsize snapshot_transaction; /* what the last snapshot holds */
    GThread *keeper;
    GMutex lock; /* of the two below */
    GCond wake;
    gboolean closing;
} LmdbCounter;

/* A folder opened twice by one process would lose its locks at the first close. */
static GMutex open_folders_lock;
static GHashTable *open_folders;

static void set_trouble(LmdbCounter *counter, int code) {
    g_autofree char *trouble = g_strdup_printf("%s: %s", counter->folder, mdb_strerror(code));
    kj_counter_set_trouble(&counter->base, trouble);
}

/* ---- one question ---- */

static void make_name(const GBytes *key, char digest[NAME_MAX_BYTES], MDB_val *name) {
    gsize length;
    gconstpointer bytes = g_bytes_get_data((GBytes *)key, &length);
    if (length <= NAME_MAX_BYTES) {
        *name = (MDB_val){ length, (void *) bytes };
        return;
    }
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, (GBytes *) key);
    int size = g_snprintf(digest, NAME_MAX_BYTES, "#%s", hash);
    *name = (MDB_val){ (size_t) size, digest };
}

typedef struct {
    MDB_val name;
    const KjRatePlan *plan;
    guint64 cost;
    gint64 now;
    KjCounting counting;
    guint64 *wait;
    KjCount answer;
    gboolean changed;
} Question;

static gboolean is_full(LmdbCounter *counter, MDB_txn *transaction) {
    MDB_stat stat;
    return mdb_stat(transaction, counter->database, &stat) == 0 &&
           (guint64)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize >= counter->size;
}

static int decide(LmdbCounter *counter, MDB_txn *transaction, Question *question, gboolean writes) {
    KjCountState state;
    MDB_val value = { 0, NULL };
    int code = mdb_get(transaction, counter->database, &question->name, &value);
    if (code != 0 && code != MDB_NOTFOUND)
        return code;
    if (!kj_window_read_state(&state, value.mv_data, value.mv_size))
        return MDB_CORRUPTED;
    question->answer =
        kj_window_ask(question->plan, &state, question->cost, question->now, question->counting, &question->changed, question->wait);
    if (!question->changed || !writes)
        return 0;
    if (kj_window_state_size(&state) > value.mv_size && is_full(counter, transaction))
        return MDB_MAP_FULL;
    value = (MDB_val){ kj_window_state_size(&state), &state };
    return mdb_put(transaction, counter->database, &question->name, &value, 0);
}

static int ask_once(LmdbCounter *counter, Question *question, gboolean writes) {
    MDB_txn *transaction;
    int code = mdb_txn_begin(counter->env, NULL, writes ? 0 : MDB_RDONLY, &transaction);
    if (code != 0)
        return code;
    code = decide(counter, transaction, question, writes);
    if (code == 0 && writes && question->changed)
        return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return code;
}

/* A test whose state has to be kept all the same (a clock was set back) is asked again as a writer. */
static int ask_locked(LmdbCounter *counter, Question *question) {
    gboolean writes = question->counting == KJ_COUNTING_TAKE;
    int code;
    g_rw_lock_reader_lock(&counter->map);
    code = ask_once(counter, question, writes);
    if (code == 0 && question->changed && !writes)
        code = ask_once(counter, question, TRUE);
    g_rw_lock_reader_unlock(&counter->map);
    return code;
}

/* ---- housekeeping ---- */

typedef struct {
    guint8 bytes[NAME_MAX_BYTES];
    gsize length; /* 0: at the beginning */
} Place;

/* Looks at some states from `place` on. 0 and a place to go on from, MDB_NOTFOUND at the end, or an error. */
static int sweep_some(LmdbCounter *counter, MDB_txn *transaction, Place *place, gint64 now) {
    MDB_cursor *cursor;
    MDB_val name = { place->length, place->bytes }, value;
    int code = mdb_cursor_open(transaction, counter->database, &cursor);
    if (code != 0)
        return code;
    code = mdb_cursor_get(cursor, &name, &value, place->length ? MDB_SET_RANGE : MDB_FIRST);
    for (guint seen = 0; code == 0 && seen < SWEPT_AT_ONCE; seen++) {
        gint64 expires = G_MAXINT64;
        if (value.mv_size >= G_STRUCT_OFFSET(KjCountState, marks))
            memcpy(&expires, (const guint8 *)value.mv_data + G_STRUCT_OFFSET(KjCountState, expires), sizeof expires);
        if (expires <= now)
            code = mdb_cursor_del(cursor, 0);
        if (code == 0)
            code = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    if (code == 0) {
        memcpy(place->bytes, name.mv_data, name.mv_size);
        place->length = name.mv_size;
    }
    mdb_cursor_close(cursor);
    return code;
}

static int sweep(LmdbCounter *counter, gint64 now) {
    Place place = { .length = 0 };
    for (int code = 0; code == 0;) {
        MDB_txn *transaction;
        g_rw_lock_reader_lock(&counter->map);
        code = mdb_txn_begin(counter->env, NULL, 0, &transaction);
        if (code == 0) {
            code = sweep_some(counter, transaction, &place, now);
            int kept = code == 0 || code == MDB_NOTFOUND ? mdb_txn_commit(transaction) : (mdb_txn_abort(transaction), code);
            code = kept ? kept : code;
        }
        g_rw_lock_reader_unlock(&counter->map);
        if (code != 0)
            return code == MDB_NOTFOUND ? 0 : code;
    }
    return 0;
}

static gint64 latest_instant(LmdbCounter *counter) {
    return __atomic_load_n(&counter->latest, __ATOMIC_RELAXED);
}

static void write_snapshot(LmdbCounter *counter) {
    MDB_envinfo info;
    g_rw_lock_reader_lock(&counter->map);
    mdb_env_info(counter->env, &info);
    g_autofree char *trouble = NULL;
    if (info.me_last_txnid != counter->snapshot_transaction) {
        int lock = kj_snapshot_lock(counter->folder);
        trouble = lock >= 0 ? kj_snapshot_write(counter->folder, counter->env)
                            : g_strdup_printf("%s: %s", counter->folder, g_strerror(errno));
        if (lock >= 0)
            close(lock);
    }
    if (!trouble)
        counter->snapshot_transaction = info.me_last_txnid;
    g_rw_lock_reader_unlock(&counter->map);
    if (trouble)
        kj_counter_set_trouble(&counter->base, trouble);
}

/* Several processes share the work: who finds a young snapshot leaves it at that. */
static void keep_house(LmdbCounter *counter) {
    int dead;
    gint64 now = latest_instant(counter);
    mdb_reader_check(counter->env, &dead);
    if (now > 0)
        sweep(counter, now);
    if (kj_snapshot_age(counter->folder) >= (gint64)counter->snapshot_seconds / 2)
        write_snapshot(counter);
}

static gpointer run_keeper(gpointer data) {
    LmdbCounter *counter = data;
    g_mutex_lock(&counter->lock);
    while (!counter->closing) {
        gint64 then = g_get_monotonic_time() + (gint64)counter->snapshot_seconds * G_USEC_PER_SEC;
        while (!counter->closing && g_cond_wait_until(&counter->wake, &counter->lock, then))
            ;
        if (counter->closing)
            break;
        g_mutex_unlock(&counter->lock);
        keep_house(counter);
        g_mutex_lock(&counter->lock);
    }
    g_mutex_unlock(&counter->lock);
    return NULL;
}

/* Of many questions that find no room one sweeps; and again when time has gone on, or back. */
static gboolean may_sweep(LmdbCounter *counter, gint64 now) {
    gint64 swept = __atomic_load_n(&counter->swept, __ATOMIC_RELAXED);
    return ABS(now - swept) >= SWEEP_PAUSE &&
           __atomic_compare_exchange_n(&counter->swept, &swept, now, FALSE, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* What stands in the way is taken out of it, and the question asked once more. */
static gboolean can_mend(LmdbCounter *counter, int code, gint64 now) {
    int dead;
    switch (code) {
    case MDB_MAP_RESIZED:
        g_rw_lock_writer_lock(&counter->map);
        code = mdb_env_set_mapsize(counter->env, 0);
        g_rw_lock_writer_unlock(&counter->map);
        return code == 0;
    case MDB_READERS_FULL:
        return mdb_reader_check(counter->env, &dead) == 0;
    case MDB_MAP_FULL:
        return may_sweep(counter, now) && mdb_reader_check(counter->env, &dead) == 0 && sweep(counter, now) == 0;
    default:
        return FALSE;
    }
}

static KjCount ask_lmdb(KjCounter *base, const GBytes *key, const KjRatePlan *plan, guint64 cost, gint64 now, KjCounting counting,
                        guint64 *wait) {
    LmdbCounter *counter = (LmdbCounter *)base;
    Question question = { .plan = plan, .cost = cost, .now = now, .counting = counting, .wait = wait };
    char digest[NAME_MAX_BYTES];
    make_name(key, digest, &question.name);
    __atomic_store_n(&counter->latest, now, __ATOMIC_RELAXED);
    int code = ask_locked(counter, &question);
    if (code != 0 && can_mend(counter, code, now))
        code = ask_locked(counter, &question);
    if (code != 0) {
        set_trouble(counter, code);
        return KJ_COUNT_AWAY;
    }
    if (question.changed)
        kj_counter_set_trouble(base, NULL);
    return question.answer;
}

/* ---- opening and closing ---- */

static gboolean claim_folder(const char *folder, GError **error) {
    g_mutex_lock(&open_folders_lock);
    if (!open_folders)
        open_folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean claimed = !g_hash_table_contains(open_folders, folder) && g_hash_table_add(open_folders, g_strdup(folder));
    g_mutex_unlock(&open_folders_lock);
    if (!claimed)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: this process counts there already"), folder);
    return claimed;
}

static void release_folder(const char *folder) {
    g_mutex_lock(&open_folders_lock);
    g_hash_table_remove(open_folders, folder);
    g_mutex_unlock(&open_folders_lock);
}

static int open_database(LmdbCounter *counter) {
    MDB_txn *transaction;
    int code = mdb_txn_begin(counter->env, NULL, 0, &transaction);
    if (code != 0)
        return code;
    code = mdb_dbi_open(transaction, NULL, 0, &counter->database);
    if (code == 0)
        return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return code;
}

static int open_environment(LmdbCounter *counter) {
    g_autofree char *path = g_build_filename(counter->folder, KJ_COUNTS_FILE, NULL);
    int dead, code = mdb_env_create(&counter->env);
    if (code != 0)
        return code;
    if ((code = mdb_env_set_mapsize(counter->env, 2 * counter->size)) == 0 && (code = mdb_env_set_maxreaders(counter->env, READERS)) == 0 &&
        (code = mdb_env_open(counter->env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS, 0600)) == 0 && (code = open_database(counter)) == 0)
        code = mdb_reader_check(counter->env, &dead);
    return code;
}

static void close_environment(LmdbCounter *counter) {
    int lock = kj_snapshot_lock(counter->folder);
    mdb_env_close(counter->env);
    if (lock >= 0)
        close(lock);
}

static void free_lmdb(KjCounter *base) {
    LmdbCounter *counter = (LmdbCounter *)base;
    if (counter->keeper) {
        g_mutex_lock(&counter->lock);
        counter->closing = TRUE;
        g_cond_signal(&counter->wake);
        g_mutex_unlock(&counter->lock);
        g_thread_join(counter->keeper);
        write_snapshot(counter);
    }
    if (counter->env)
        close_environment(counter);
    release_folder(counter->folder);
    g_rw_lock_clear(&counter->map);
    g_mutex_clear(&counter->lock);
    g_cond_clear(&counter->wake);
    g_free(counter->folder);
    kj_counter_clear(base);
    g_free(counter);
}

static LmdbCounter *new_lmdb(char *folder) {
    static const KjCounterKind kind = { ask_lmdb, free_lmdb };
    LmdbCounter *counter = g_new0(LmdbCounter, 1);
    counter->base.kind = &kind;
    counter->folder = folder;
    g_mutex_init(&counter->base.lock);
    g_mutex_init(&counter->lock);
    g_cond_init(&counter->wake);
    g_rw_lock_init(&counter->map);
    return counter;
}

static gboolean open_locked(LmdbCounter *counter, GError **error) {
    int lock = kj_snapshot_lock(counter->folder);
    gboolean opened = FALSE;
    if (lock < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", counter->folder, g_strerror(errno));
        return FALSE;
    }
    if (kj_snapshot_restore(counter->folder, error)) {
        int code = open_environment(counter);
        opened = code == 0;
        if (!opened)
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", counter->folder, mdb_strerror(code));
    }
    close(lock);
    return opened;
}

KjCounter *kj_counter_open_lmdb(const char *place, GError **error) {
    guint64 size = DEFAULT_SIZE, snapshot = DEFAULT_SNAPSHOT;
    const KjCounterOption options[] = { { "size", kj_value_read_size, LEAST_SIZE, LARGEST_SIZE, &size },
                                        { "snapshot", kj_value_read_duration, 1, LONGEST_SNAPSHOT, &snapshot }, { .name = NULL } };
    g_autofree char *given = kj_counter_read_options(place, options, error);
    char path[PATH_MAX];
    if (!given)
        return NULL;
    if (g_mkdir_with_parents(given, 0700) != 0 || !realpath(given, path)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", given, g_strerror(errno));
        return NULL;
    }
    if (!claim_folder(path, error))
        return NULL;
    LmdbCounter *counter = new_lmdb(g_strdup(path));
    counter->size = size;
    counter->swept = -SWEEP_PAUSE;
    counter->snapshot_seconds = snapshot;
    if (open_locked(counter, error))
        counter->keeper = g_thread_try_new("kijun-counts", run_keeper, counter, error);
    if (counter->keeper)
        return &counter->base;
    free_lmdb(&counter->base);
    return NULL;
}
