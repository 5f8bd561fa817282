/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other times at which a request could have been made: see near_time.c. Not installed. */
#ifndef KJ_NEAR_TIME_H
#define KJ_NEAR_TIME_H

#include <kijun/request.h>

/* An instant, and the classes that the block's times have there: one for each of request->times, in its order. */
typedef struct {
    gint64 instant;
    guint32 *classes;
} KjMoment;

/* One instant for each way in which the block's windows can lie around it, as far as they do; the next to come first, then those past. The
 * request is left as it was. Free with g_array_unref. */
GArray *kj_near_moments(KjRequest *request);

/* Appends an instant on the clock of the zone in which the window of a TIME field (relative) is written: "2026-11-24 09:00 Asia/Tokyo". */
void kj_say_moment(const KjRequest *request, guint field, gint64 instant, GString *out);

#endif
