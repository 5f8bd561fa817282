/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers that look random and are the same for a seed on every machine. GRand is not used because
 * G_RANDOM_VERSION in the environment changes what it gives.
 *
 * The mixer is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
 */
#ifndef KJ_BENCH_RANDOM_H
#define KJ_BENCH_RANDOM_H

#include <glib.h>

static inline guint64 kj_random_mix(guint64 value) {
    value += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

/* The next number of the sequence `state` stands in. */
static inline guint64 kj_random_next(guint64 *state) {
    guint64 value = kj_random_mix(*state);
    *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return value;
}

/* A number in low..high, both included. The modulo's bias is below 2^-32 and harmless here. */
static inline guint32 kj_random_within(guint64 *state, guint32 low, guint32 high) {
    return low + (guint32)(kj_random_next(state) % ((guint64)high - low + 1));
}

#endif
