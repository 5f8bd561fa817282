/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One window as spans of time; for moments.c only, everybody else uses kj_window_spans() of moments.h. */
#ifndef KJ_WINDOW_SPANS_H
#define KJ_WINDOW_SPANS_H

#include "moments.h"

/* The zones already read, by name; windows must outlive it. Free with g_hash_table_unref. */
GHashTable *kj_window_zones_new(void);

/* As kj_window_spans, with zones read once for many windows. */
GArray *kj_window_spans_in(const KjWindow *window, GHashTable *zones);

#endif
