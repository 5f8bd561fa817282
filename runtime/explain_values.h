/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes and tests as words, for the files of explain. Not installed. */
#ifndef KJ_EXPLAIN_VALUES_H
#define KJ_EXPLAIN_VALUES_H

#include <kijun/request.h>

/* Appends "80, 443", "10.0.0.0/8", "other than sato" for classes of a field (relative). Names at most a few. */
void kj_say_classes(const KjRequest *request, guint field, const KjClassInterval *intervals, guint count, gboolean japanese, GString *out);

/* Appends a field with those classes as a phrase of the domain: "to port 80"; for a derived field "`during office`" or "not `during office`". */
void kj_say_field(const KjRequest *request, guint field, const KjClassInterval *intervals, guint count, gboolean japanese, GString *out);

/* Appends, with a space where an ASCII word meets a Japanese letter. */
void kj_say_words(const char *text, GString *out);

/* Appends the phrase with `operand` in the place of `{}`. */
void kj_say_phrase(const char *phrase, const char *operand, GString *out);

/* An English phrase that says the opposite: its first verb negated. Free with g_free. */
char *kj_phrase_negated(const char *phrase);

/* How many tests of a box fail for the classes; `failing`, if not NULL, takes at most `most` indices of TESTS. */
guint kj_box_failures(const KjImage *image, const guint32 *classes, guint32 box, guint32 *failing, guint most);

#endif
