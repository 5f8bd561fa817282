/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every limit of the compiler, with its reason. Each gives an error (KJ00xx), never a crash or a hang. */
#ifndef KJ_LIMITS_H
#define KJ_LIMITS_H

/* ---- what is written ---- */
#define KJ_LIMIT_FILE_BYTES (256u << 20)  /* spans are 32-bit offsets; a policy this long is a mistake */
#define KJ_LIMIT_STRING_BYTES (64u << 10) /* the longest string literal */
#define KJ_LIMIT_NAME_BYTES 1024u         /* a name with its dots; nobody reads a longer one */
#define KJ_LIMIT_NESTING 1024u            /* nested `not`, `{`, `(`: every later pass recurses on the tree; the stack holds far more */
#define KJ_LIMIT_FILES 65536u             /* modules in a workspace */
#define KJ_LIMIT_TREE_ENTRIES (1u << 20)  /* files and folders of a revision: a few trees that name each other spell billions */
#define KJ_LIMIT_PATH_BYTES 4096u         /* of a path in a revision; no system has room for a longer one */
#define KJ_LIMIT_CSV_ROWS (1u << 20)
/* What is written out names and standards: those that name each other twice double with each step. */
#define KJ_LIMIT_CONDITIONS 4096u   /* of one `when` or `unless` */
#define KJ_LIMIT_WRITTEN_OUT 16384u /* parts of one window or one set of services */
#define KJ_LIMIT_DEMANDS 1024u      /* ways from one block to the standards it conforms to */

/* ---- what it is compiled to ---- */
#define KJ_LIMIT_PATTERN_STATES 65536u     /* states of one field's automaton from which matching goes on */
#define KJ_LIMIT_PATTERN_STEPS (16u << 20) /* work of building one automaton, and so its edges: `**` in many patterns can be exponential */
#define KJ_LIMIT_RULE_BOXES 65536u         /* boxes of one rule */
#define KJ_LIMIT_TABLE_BOXES (8u << 20)    /* boxes of one table */
#define KJ_LIMIT_MOMENTS (4u << 20)        /* pieces of the line of instants; hourly changes from 1970 to 2099 are 1.1 million */

/* ---- what is asked about it ---- */
#define KJ_LIMIT_WALK_STEPS (256u << 20)    /* boxes looked at by one walk of an analysis, some ten nanoseconds each: a few seconds */
#define KJ_LIMIT_QUESTION_STEPS (4u << 20)  /* the same of one question about one rule */
#define KJ_LIMIT_FINDING_STEPS (128u << 20) /* and of all questions about the rules of one block */
#define KJ_LIMIT_ERRORS 100u                /* errors told in one run; the rest are counted */
#define KJ_LIMIT_WARNINGS 1000u /* the same of warnings, and of notes: each is about another rule, and a large table is mended in one go */

#endif
