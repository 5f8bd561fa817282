/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting in this process: 64 shards, each a lock and a table of states.
 *
 * A shard has its part of the memory allowed. When a new key would not fit, the shard is swept of expired states, and where that frees too
 * little, the key is answered AWAY: the rule's fail state decides. No live count is ever thrown out for another, because whoever makes up keys (sender
 * addresses, say) could then wash away any count. A full shard is not swept again before its next state expires;
 * one that is not full is swept each time it has doubled, which costs one visit for each key added, on average.
 *
 * Keys come from outside, so the table hashes with SipHash under a secret of the process (Aumasson and Bernstein, 2012; one compression and three final
 * rounds): nobody can choose keys that fall together.
 *
 * The counts die with the process.
 */
#include "backend.h"

#include <string.h>
#include <sys/random.h>

#include <kijun/translate.h>
#include <kijun/value.h>

#define SHARDS 64
#define DEFAULT_SIZE (G_GUINT64_CONSTANT(64) << 20)
#define LEAST_SIZE (G_GUINT64_CONSTANT(1) << 20)
#define KEPT_OVERHEAD 192 /* bytes a key costs beside its own and its state's: GBytes, its place in the table, the allocator's rounding */
#define FIRST_SWEEP 64    /* keys */

typedef struct {
    gsize room;
    guint8 state[] __attribute__((aligned(8)));
} Kept;

typedef struct {
    GMutex lock;
    GHashTable *kept; /* GBytes to Kept */
    guint64 used;     /* bytes */
    guint sweep_at;   /* keys */
    gboolean full;    /* the last new key found no room */
    gint64 earliest;  /* before this no sweep would free anything; G_MININT64: unknown */
} __attribute__((aligned(64))) Shard;

typedef struct {
    KjCounter base;
    guint64 shard_size;
    GMutex full_lock; /* of `full_shards`, taken under a shard's */
    guint full_shards;
    Shard shards[SHARDS];
} MemoryCounter;

/* ---- hashing ---- */

static guint64 secret[2];

static inline guint64 rotate(guint64 x, guint by) {
    return x << by | x >> (64 - by);
}

static void sip_round(guint64 v[4]) {
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

static void sip_absorb(guint64 v[4], guint64 word) {
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static guint hash_key(gconstpointer key) {
    gsize length;
    const guint8 *bytes = g_bytes_get_data((GBytes *)key, &length);
    guint64 v[4] = { secret[0] ^ G_GUINT64_CONSTANT(0x736f6d6570736575), secret[1] ^ G_GUINT64_CONSTANT(0x646f72616e646f6d),
                     secret[0] ^ G_GUINT64_CONSTANT(0x6c7967656e657261), secret[1] ^ G_GUINT64_CONSTANT(0x7465646279746573) };
    guint64 last = (guint64)length << 56;
    for (; length >= 8; bytes += 8, length -= 8) {
        guint64 word;
        memcpy(&word, bytes, 8);
        sip_absorb(v, word);
    }
    for (gsize i = 0; i < length; i++)
        last |= (guint64)bytes[i] << (8 * i);
    sip_absorb(v, last);
    v[2] ^= 0xff;
    for (guint i = 0; i < 3; i++)
        sip_round(v);
    guint64 hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (guint)(hash ^ hash >> 32);
}

static void choose_secret(void) {
    static gsize chosen;
    if (g_once_init_enter(&chosen)) {
        if (getentropy(secret, sizeof secret) != 0)
            secret[0] = (guint64)g_random_int() << 32 | g_random_int(), secret[1] = (guint64)g_random_int() << 32 | g_random_int();
        g_once_init_leave(&chosen, 1);
    }
}

/* ---- shards ---- */

static guint64 kept_cost(const GBytes *key, const Kept *kept) {
    return g_bytes_get_size((GBytes *)key) + kept->room + KEPT_OVERHEAD;
}

static gint64 expiry(const Kept *kept) {
    gint64 expires;
    memcpy(&expires, kept->state + G_STRUCT_OFFSET(KjCountState, expires), sizeof expires);
    return expires;
}

static void sweep(Shard *shard, gint64 now) {
    GHashTableIter iter;
    gpointer key, value;
    shard->earliest = G_MAXINT64;
    g_hash_table_iter_init(&iter, shard->kept);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        gint64 expires = expiry(value);
        if (expires <= now) {
            shard->used -= kept_cost(key, value);
            g_hash_table_iter_remove(&iter);
        } else {
            shard->earliest = MIN(shard->earliest, expires);
        }
    }
    shard->sweep_at = MAX(2 * g_hash_table_size(shard->kept), FIRST_SWEEP);
}

static Kept *make_room(MemoryCounter *counter, Shard *shard, GBytes *key, Kept *kept, gsize size) {
    gsize room = kept ? kept->room : 64;
    while (room < size)
        room *= 2;
    if (kept && room == kept->room)
        return kept;
    guint64 more = kept ? room - kept->room : g_bytes_get_size(key) + room + KEPT_OVERHEAD;
    if (shard->used + more > counter->shard_size)
        return NULL;
    shard->used += more;
    Kept *grown = g_malloc(sizeof *grown + room);
    grown->room = room;
    g_hash_table_replace(shard->kept, g_bytes_ref(key), grown);
    return grown;
}

/* The trouble is the first shard's that is full, and over when the last has room again. */
static void tell_full(MemoryCounter *counter, Shard *shard, gboolean full) {
    if (shard->full == full)
        return;
    shard->full = full;
    g_mutex_lock(&counter->full_lock);
    counter->full_shards += full ? 1u : -1u;
    kj_counter_set_trouble(&counter->base, counter->full_shards > 0 ? "the memory allowed for counting is full" : NULL);
    g_mutex_unlock(&counter->full_lock);
}

/* FALSE when there is no room for it. What is kept of the key may move or, expired, be swept. */
static gboolean keep(MemoryCounter *counter, Shard *shard, GBytes *key, const KjCountState *state, gint64 now) {
    gsize size = kj_window_state_size(state);
    Kept *kept = g_hash_table_lookup(shard->kept, key);
    if (!kept && g_hash_table_size(shard->kept) >= shard->sweep_at)
        sweep(shard, now);
    Kept *room = make_room(counter, shard, key, kept, size);
    if (!room && shard->earliest <= now) {
        sweep(shard, now);
        room = make_room(counter, shard, key, g_hash_table_lookup(shard->kept, key), size);
    }
    if (!kept || !room)
        tell_full(counter, shard, room == NULL);
    if (!room)
        return FALSE;
    memcpy(room->state, state, size);
    shard->earliest = MIN(shard->earliest, state->expires);
    return TRUE;
}

static KjCount ask_memory(KjCounter *base, const GBytes *name, const KjRatePlan *plan, guint64 cost, gint64 now, KjCounting counting,
                          guint64 *wait) {
    MemoryCounter *counter = (MemoryCounter *)base;
    GBytes *key = (GBytes *)name;
    Shard *shard = &counter->shards[hash_key(key) % SHARDS];
    KjCountState state;
    gboolean changed;
    g_mutex_lock(&shard->lock);
    const Kept *kept = g_hash_table_lookup(shard->kept, key);
    gsize size = kept ? kj_window_state_size((const KjCountState *)kept->state) : 0;
    gboolean sound = kj_window_read_state(&state, kept ? kept->state : NULL, size);
    g_assert(sound);
    KjCount answer = kj_window_ask(plan, &state, cost, now, counting, &changed, wait);
    if (changed && !keep(counter, shard, key, &state, now))
        answer = KJ_COUNT_AWAY;
    g_mutex_unlock(&shard->lock);
    return answer;
}

static void free_memory(KjCounter *base) {
    MemoryCounter *counter = (MemoryCounter *)base;
    for (guint i = 0; i < SHARDS; i++) {
        g_hash_table_unref(counter->shards[i].kept);
        g_mutex_clear(&counter->shards[i].lock);
    }
    g_mutex_clear(&counter->full_lock);
    kj_counter_clear(base);
    g_aligned_free(counter);
}

KjCounter *kj_counter_open_memory(const char *place, GError **error) {
    static const KjCounterKind kind = { ask_memory, free_memory };
    guint64 size = DEFAULT_SIZE;
    const KjCounterOption options[] = { { "size", kj_value_read_size, LEAST_SIZE, G_MAXINT64, &size }, { .name = NULL } };
    g_autofree char *rest = kj_counter_read_options(place, options, error);
    if (!rest)
        return NULL;
    if (*rest != '\0') {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`memory%s`: `memory` takes nothing but options"), place);
        return NULL;
    }
    choose_secret();
    MemoryCounter *counter = g_aligned_alloc0(1, sizeof *counter, G_ALIGNOF(MemoryCounter));
    counter->base.kind = &kind;
    g_mutex_init(&counter->base.lock);
    g_mutex_init(&counter->full_lock);
    counter->shard_size = size / SHARDS;
    for (guint i = 0; i < SHARDS; i++) {
        Shard *shard = &counter->shards[i];
        g_mutex_init(&shard->lock);
        shard->kept = g_hash_table_new_full(hash_key, g_bytes_equal, (GDestroyNotify) g_bytes_unref, g_free);
        shard->sweep_at = FIRST_SWEEP;
        shard->earliest = G_MAXINT64;
    }
    return &counter->base;
}
