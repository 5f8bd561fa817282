/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values in the language's notation, for requests and for literals: one reader each for numbers with units, dates, addresses, paths,
 * mail addresses. No allocation; the caller gives the room. Used by the runtime's setters, the compiler and the reference.
 */
#ifndef KIJUN_VALUE_H
#define KIJUN_VALUE_H

#include <kijun/ordinal.h>
#include <kijun/kijun.h>

/* Each reads the whole of text[0..length) or returns FALSE, with *problem (static English, may be NULL) saying why. */
gboolean kj_value_read_bool(const char *text, gsize length, guint64 *number, const char **problem);     /* true, false */
gboolean kj_value_read_integer(const char *text, gsize length, guint64 *number, const char **problem);  /* 1_000 */
gboolean kj_value_read_size(const char *text, gsize length, guint64 *bytes, const char **problem);      /* 10MB 10MiB 512 */
gboolean kj_value_read_duration(const char *text, gsize length, guint64 *seconds,
                                const char **problem); /* 90s 15m 8h 180d 1y; a bare number is seconds */
gboolean kj_value_read_date(const char *text, gsize length, guint64 *days, const char **problem);       /* 2026-12-31, 1970..2099 */
gboolean kj_value_read_address(const char *text, gsize length, KjOrdinal *address, const char **problem);
/* A prefix or a single address; host bits set: FALSE, *problem says so, and *range is the prefix meant. */
gboolean kj_value_read_prefix(const char *text, gsize length, KjInterval *range, const char **problem);

/* An instant: `2026-11-24 10:00` (zone: IANA name or NULL for UTC), `2026-11-24T10:00:00Z`, or with an offset, or a decimal number of seconds. */
gboolean kj_value_read_instant(const char *text, gsize length, const char *zone, gint64 *seconds, const char **problem);

/* The zone of that name in the machine's database, or NULL. Nothing but names: GLib would take a path out of the database too, and open
 * what lies there, a FIFO even. Free with g_time_zone_unref. */
GTimeZone *kj_value_zone(const char *name);

/*
 * Splits a value into the tokens of format.h. `room` holds the tokens' bytes, tokens[] their starts, at most `most`. A room of
 * 4 * length + 8 suffices for ordinary names; what does not fit is refused.
 * Returns the number of tokens, or -1 with *problem: a path with `.`, `..`, an empty segment; no mail address; too many tokens.
 * Mail domains become lower-case A-labels (a U-label is converted with g_hostname_to_ascii, which allocates; ASCII does not).
 */
#define KJ_TOKENS_MAX 128
int kj_value_tokens(KjType type, const char *text, gsize length, char *room, gsize room_size, const char **tokens, guint most,
                    const char **problem);

/* Appends the ordinal as it would be written: 192.0.2.7, 10MB, 2026-12-31. */
void kj_value_print(KjType type, KjOrdinal ordinal, GString *out);
/* Appends an interval: one prefix where it is one (10.0.0.0/8), else `low..high`, or the single value. */
void kj_value_print_interval(KjType type, KjInterval interval, GString *out);

/*
 * One spelling for each value, so that what is counted or compared by its text is the same for all its spellings: 192.0.2.7; 2001:db8::7; 10MB for
 * 10000kB; a mail address with its domain in lower-case A-labels, as the classifiers compare it, and its local part as it stands; other texts as they are. A
 * number known by a name (tcp) is the caller's to exchange. NULL with *problem (static English, may be NULL) for what is no value of the type; g_free.
 */
char *kj_value_canonical(KjType type, const char *text, gsize length, const char **problem);

#endif
