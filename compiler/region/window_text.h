/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows written out: equal text, equal meaning. Also the name of a derived field in messages. */
#ifndef KJ_WINDOW_TEXT_H
#define KJ_WINDOW_TEXT_H

#include "../check/policy.h"

/* Appends the window in the language's own notation, every name spelled out: mon..fri 09:00..18:00 zone "Asia/Tokyo". */
void kj_window_text(const KjWindow *window, GString *out);

#endif
