/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a value to its class. Not installed. */
#ifndef KJ_MATCH_CLASSIFY_H
#define KJ_MATCH_CLASSIFY_H

#include <kijun/verify.h>

/* The class of a point of a numeric or address field that has a classifier. Logarithmic in its classes. */
guint32 kj_classify_point(const KjImage *image, const KjRecordField *field, KjOrdinal point);

/* The class of tokens, or 0 when the automaton leads to a class the field does not have (only a forged table does). One step a token. */
guint32 kj_classify_tokens(const KjImage *image, const KjRecordField *field, const char *const *tokens, guint count);

#endif
