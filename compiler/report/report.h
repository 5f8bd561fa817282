/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change as a reviewer reads it: every sentence, count, example and map built once, for every form it is printed in.
 *
 *     KjReport *report = kj_report_new(change, &options);      report.c, region.c, rules.c, guard.c, map.c, words.c
 *     kj_report_print_text(report, colour, out);               text.c
 *     kj_report_print_html(report, out);                       html.c, svg.c, style.c
 *     kj_report_print_json(report, out);                       json.c
 *
 * Strings of a policy are a stranger's: every text in a report has its control and direction characters replaced (kj_report_clean), so that
 * none can move a terminal's cursor or turn a line around. HTML escapes on top of that. JSON is for programs and takes names as they are,
 * escaped.
 */
#ifndef KJ_REPORT_H
#define KJ_REPORT_H

#include "../analyse/change.h"

/* What a line says about safety; the colour of its mark. */
typedef enum {
    KJ_TONE_WIDER = 1, /* more gets through */
    KJ_TONE_WEAKER,    /* a guard is lost */
    KJ_TONE_OTHER,     /* neither stricter nor milder */
    KJ_TONE_NARROWER,
    KJ_TONE_STRONGER,  /* a guard is gained */
} KjTone;

/* One side of a pair of rules. */
typedef struct {
    const char *label;    /* for people: "web", "default", "a wrong request", "no such block" */
    const KjRule *rule;   /* NULL: none of them */
    const char *decision; /* "deny @log" */
    const char *file;     /* NULL: none */
    guint line;
    const char *source;   /* as written, several lines; "" if nobody wrote it */
    const char *sentence; /* "" if there is none */
} KjReportRule;

/* Bands of one field: classes that no box of the change tells apart, in the policy's words. */
typedef struct {
    const char *field;   /* its name */
    const char **labels;
    guint count;
} KjReportAxis;

typedef enum { KJ_CELL_NEITHER = 0, KJ_CELL_SAME, KJ_CELL_CHANGED } KjReportCell;

/* The change seen along its two most telling fields (or one: `y.count` is 0). */
typedef struct {
    KjReportAxis x, y;
    guint8 *cells; /* KjReportCell, row by row: x.count * MAX(y.count, 1) */
} KjReportMap;

typedef struct {
    KjTone tone;
    const char *mark;         /* "WIDER" */
    const char *headline;     /* one sentence */
    GPtrArray *where;         /* char *: each part of the region as half a sentence */
    guint where_untold;
    const char *dates;        /* "until 2026-12-31", or NULL */
    const char *example;      /* a command to paste, or NULL: unproved */
    const char *caution;      /* not complete, or unproved; or NULL */
    KjReportRule old_rule, new_rule;
    KjReportMap *map;         /* or NULL */
    const KjChangeRegion *region;
} KjReportChange;

typedef struct {
    KjTone tone;
    const char *mark, *headline;
    const char *old_place, *new_place; /* "network/border.pol:12", or NULL */
    const KjGuard *guard;
} KjReportGuard;

typedef struct {
    const KjBlockChange *change;
    const char *title;   /* "network.border.perimeter" */
    const char *verdict; /* "widens, and a guard is lost" */
    const char *trouble; /* why it is undecided, or NULL */
    GPtrArray *changes;  /* KjReportChange * */
    GPtrArray *guards;   /* KjReportGuard * */
    const char *more;    /* "and 12 more ...", or NULL */
    const char *quiet;   /* what changed without effect, or NULL */
} KjReportBlock;

typedef struct {
    const char *headline; /* "On 2027-01-01 exception E-2026-014 ends." */
    const KjTimedChange *timed;
    KjReportBlock *block;
} KjReportTimed;

/* A file that differs, as `diff -u` shows it. */
typedef struct {
    const char *path, *patch;
} KjReportPatch;

/* What a reviewer must know beside the change: who has agreed, what is open. Its strings are as strange as a policy's, and cleaned when they are printed. */
typedef struct {
    KjTone tone;                 /* 0: none */
    const char *state;           /* for programs, never translated; or NULL */
    const char *mark;            /* "WAITS", or NULL */
    const char *sentence;
    const char *const *facts;    /* lines under it, NULL-terminated; or NULL */
    const char *text;            /* shown as it is, or NULL */
} KjReportItem;

typedef struct {
    const char *name;            /* for programs */
    const char *title;
    gboolean first;              /* stands before the change, and not behind it */
    GArray *items;               /* KjReportItem */
} KjReportSection;

typedef struct {
    const char *language;  /* "en" or "ja" */
    const char *version;   /* of Kijun */
    const char *old_path, *new_path; /* as the user named them */
    const char *old_commit, *new_commit; /* or NULL */
    const char *old_file;  /* the old policy is one file, compiled under the name of the new one's: what it is called; or NULL */
    const char *until_date; /* "2027-03-31": what time brings on a later day is left out; or NULL */
    const char *old_explain, *new_explain; /* what an example calls them; NULL: as above */
    gboolean brief;        /* text: what changes and an example, nothing beside */
    gboolean maps;         /* HTML shows them; they cost a little */
    const GPtrArray *patches; /* KjReportPatch *: every file that differs; may be NULL */
    const GPtrArray *sections; /* KjReportSection *; may be NULL. JSON leaves them out */
} KjReportOptions;

typedef struct {
    KjArena *arena;
    KjReportOptions options;
    gboolean ja;
    const KjChange *change;
    KjChangeVerdict verdict;
    gboolean weakens;
    const char *title;     /* "What changes from HEAD~1: to ." */
    const char *summary;   /* one sentence about the whole */
    GPtrArray *blocks;     /* KjReportBlock *: those that change, what matters first */
    GPtrArray *guards;     /* KjReportGuard * of the workspace, or of blocks that are not among them */
    GPtrArray *timed;      /* KjReportTimed * */
    const char *quiet;     /* the blocks in which nothing changed, or only words; or NULL */
} KjReport;

/* `change` must outlive it; option strings too. Free with kj_report_free. */
KjReport *kj_report_new(const KjChange *change, const KjReportOptions *options);
void kj_report_free(KjReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjReport, kj_report_free)

/* The block of this qualified name, or NULL: nothing is told of it. */
const KjReportBlock *kj_report_find(const KjReport *report, const char *block);

/* Whether the two versions are equal in every way; what time brings to both does not matter. */
gboolean kj_report_is_equal(const KjReport *report);

void kj_report_print_text(const KjReport *report, gboolean colour, GString *out);
void kj_report_print_html(const KjReport *report, GString *out);
/* cli.md's form, indented, with a line end. */
void kj_report_print_json(const KjReport *report, GString *out);

/* JSON that the generator made, with the control and direction characters that it leaves as they are escaped. */
void kj_report_append_json(GString *out, const char *json);

/* The text with control characters (but, if `lines`, line ends and tabs) and direction characters replaced by U+FFFD. Arena. */
const char *kj_report_clean(KjArena *arena, const char *text, gboolean lines);

#endif
