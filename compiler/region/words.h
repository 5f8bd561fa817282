/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Regions in the policy's own words: a box becomes a condition again, over the joint fields, that prints and reads as a rule would.
 *
 * A set of classes that is exactly a set the policy named (a group, a `let`, a service) is called by that name; else it is said as values,
 * as names less names (`staff - clerks`), or as `not` the rest, whichever is shortest. A name that means different sets in two versions or
 * modules is not used. Conditions are exact for every request that is no error (so that a required field is there is not said) and has an
 * instant (of one without, no condition can speak).
 */
#ifndef KJ_WORDS_H
#define KJ_WORDS_H

#include "universe.h"

/* The values of some classes (class 0 left aside) of a joint value field as a set of the checked tree; arena of the universe. Never
 * NULL. */
const KjSet *kj_words_set(KjUniverse *universe, guint field, const KjClassSet *classes);
/* The whole box as a condition over the joint fields (kj_universe_fields). The part about time is left out where no window says it:
 * *untold_time. */
const KjCondition *kj_words_condition(KjUniverse *universe, const KjBox *box, gboolean *untold_time);
/* As clauses, in the language's notation ("from nets.staff to dmz.web service web during office"), and as half a sentence for people
 * ("from nets.staff, to dmz.web" / "送信元が nets.staff、宛先が dmz.web"); an empty box is "any request" / "すべての要求". Arena of the universe. */
const char *kj_words_clauses(KjUniverse *universe, const KjBox *box);
const char *kj_words_sentence(KjUniverse *universe, const KjBox *box, const char *language);

#endif
