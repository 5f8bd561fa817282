/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every sentence of a report, once, in both languages. For the files of this folder only. */
#ifndef KJ_REPORT_WORDS_H
#define KJ_REPORT_WORDS_H

#include "report.h"

typedef enum {
    /* the whole; {1}, {2}: the two versions */
    KJ_SAY_TITLE = 1,
    KJ_SAY_MORE_IN, /* {1}: "2 blocks" */
    KJ_SAY_LESS_IN,
    KJ_SAY_LOST_GUARDS,
    KJ_SAY_UNCOMPARED_IN,
    KJ_SAY_TIME_BRINGS, /* {2}: the date */
    KJ_SAY_EQUAL,
    KJ_SAY_WORDS_ONLY,
    KJ_SAY_QUIET_BLOCKS, /* {1}: names, {2}: verdict */

    /* a block */
    KJ_SAY_BUT_WEAKENS, /* {1}: its verdict */
    KJ_SAY_MORE_CHANGES,
    KJ_SAY_NEW_BLOCK,
    KJ_SAY_GONE_BLOCK,
    KJ_SAY_QUIET, /* {1}: what */
    KJ_SAY_QUIET_MOVED,
    KJ_SAY_QUIET_RENAMED,
    KJ_SAY_QUIET_RESTATED,
    KJ_SAY_QUIET_ADDED,
    KJ_SAY_QUIET_REMOVED,
    KJ_SAY_QUIET_CHANGED,

    /* a region; {1}: the requests, {2}: what else the line says */
    KJ_SAY_OPENED,
    KJ_SAY_CLOSED,
    KJ_SAY_EASED,
    KJ_SAY_TIGHTENED,
    KJ_SAY_OTHERWISE,
    KJ_SAY_STILL_REFUSED,
    KJ_SAY_OBLIGATION_LOST,
    KJ_SAY_OBLIGATION_GAINED,
    KJ_SAY_OBLIGATION_CHANGED,
    KJ_SAY_UNASKED,
    KJ_SAY_ASKED,
    KJ_SAY_ASKED_LESS, KJ_SAY_ASKED_MORE, /* other rules ask for the same as well */
    KJ_SAY_ASKED_OTHERWISE, KJ_SAY_NOBODY_LEFT,
    KJ_SAY_ALL,   /* all {1} */
    KJ_SAY_SOME,  /* {1}: subject, {2}: which */
    KJ_SAY_UNMATCHED,
    KJ_SAY_MATCHED_BY, /* {2}: the rule */
    KJ_SAY_OR,    /* {1} or {2} */
    KJ_SAY_MORE_PARTS,
    KJ_SAY_GAIN, /* {1}: who, counted */
    KJ_SAY_LOSE,
    KJ_SAY_FOR,
    KJ_SAY_UNTIL,
    KJ_SAY_FROM,
    KJ_SAY_FROM_UNTIL,
    KJ_SAY_AT_LEAST,
    KJ_SAY_INCOMPLETE,
    KJ_SAY_UNPROVED,

    /* rules */
    KJ_SAY_DEFAULT,
    KJ_SAY_ERROR,
    KJ_SAY_NO_BLOCK,
    KJ_SAY_NOT_ASKED, KJ_SAY_NOT_ASKED_MORE,
    KJ_SAY_NO_RULE, KJ_SAY_NO_MORE_RULES,

    /* guards; {1}: what guards, {2}, {3}: before and after */
    KJ_SAY_GUARD_GONE,
    KJ_SAY_GUARD_NEW,
    KJ_SAY_GUARD_NEW_AS,
    KJ_SAY_GUARD_CHANGED,
    KJ_SAY_GUARD_LESS, /* {2}: the cases */
    KJ_SAY_GUARD_MORE,
    KJ_SAY_GUARD_NONE, /* in the place of {2} or {3} */
    KJ_SAY_GUARD_OF,   /* {1}: what guards, {2}: the block */
    KJ_SAY_ENFORCED,   /* {1}: the block, {2}: target */
    KJ_SAY_ENFORCED_ON, /* {3}: host */

    /* time */
    KJ_SAY_EXCEPTION_ENDS, /* {1}: date, {2}: which */
    KJ_SAY_RULE_ENDS,
    KJ_SAY_RULE_BEGINS,

    /* labels of a page */
    KJ_SAY_EXAMPLE,
    KJ_SAY_WHERE,
    KJ_SAY_WHERE_IN, /* {1}: "12 parts" */
    KJ_SAY_BEFORE,
    KJ_SAY_AFTER,
    KJ_SAY_GUARDS,
    KJ_SAY_TIMED,
    KJ_SAY_TIMED_NONE,
    KJ_SAY_DETAILS,
    KJ_SAY_QUIET_TITLE,
    KJ_SAY_TEXT_TITLE,
    KJ_SAY_MAP_TITLE,  /* {1}, {2}: fields */
    KJ_SAY_STRIP_TITLE,
    KJ_SAY_CELL_CHANGED,
    KJ_SAY_CELL_SAME,
    KJ_SAY_CELL_NEITHER,
    KJ_SAY_ELSEWHERE,
    KJ_SAY_MADE_BY,  /* {1}: version */
    KJ_SAY_DIGEST,
    KJ_SAY_COUNT, /* how many saying there are */
} KjSaying;

/* The sentence with its holes filled; arguments that it has no hole for are NULL. In Japanese a space stands where an ASCII word meets a
 * Japanese letter. Arena. */
const char *kj_say(const KjReport *report, KjSaying saying, const char *one, const char *two, const char *three);

/* "2 blocks", "1 block" / "2 ブロック". Arena. */
typedef enum { KJ_NOUN_BLOCK, KJ_NOUN_GUARD, KJ_NOUN_CHANGE, KJ_NOUN_MORE_CHANGES, KJ_NOUN_PART, KJ_NOUN_MORE_PARTS } KjNoun;
const char *kj_say_count(const KjReport *report, guint count, KjNoun noun);

const char *kj_say_tone(const KjReport *report, KjTone tone);
const char *kj_say_verdict(const KjReport *report, KjChangeVerdict verdict);
/* "test “a clerk is refused”" */
const char *kj_say_guard(const KjReport *report, KjGuardKind kind, const char *name);

/* `text` begins with a capital letter (English). */
const char *kj_say_capital(const KjReport *report, const char *text);

#endif
