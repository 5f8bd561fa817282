/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the targets of the domain share. A target can say blocks of one shape only (KjAclShape: which actions, which fields of the block's
 * own), and writes a text, box by box:
 *
 *     block.c        whether a block has the shape; refusals
 *     box.c          what one box of a rule asks, as sets of classes; who it is about
 *     name.c         sets of classes as lists of names, none of which a format could read as anything else
 *     paths.c        a set of paths as a list of files and folders
 *     week.c         windows as minutes of a week
 *     sudoers.c  pam_access.c  pam_time.c  setfacl.c    one target each
 *
 * Nothing is ever widened or narrowed: what a target cannot say is refused with the rule, the reason and what to write instead.
 */
#ifndef KJ_ACL_TARGET_H
#define KJ_ACL_TARGET_H

#include <kijun/view.h>

#define KJ_ACL_OWN_MOST 3u

typedef struct {
    const char *name;
    KjType type;
    const char *declaration; /* "field host : text;" */
} KjAclOwnField;

typedef struct {
    const char *program;         /* as messages call it: "sudo" */
    const char *const *actions;  /* that it decides; NULL-terminated */
    const KjAclOwnField *fields; /* that a block must declare, and no others; ends with a NULL name */
    gboolean groups, resource, time; /* whether rules may ask about them */
    gboolean logs_allowed, logs_refused; /* whether it writes a log line by itself: carries out @log */
} KjAclShape;

typedef struct {
    const KjTable *table;
    const KjAclShape *shape;
    KjBlockView view;
    guint principal, action, resource; /* fields of the block */
    guint own[KJ_ACL_OWN_MOST];
    gboolean allows; /* what no rule matches */
} KjAclBlock;

typedef struct {
    KjRuleView view;
    gboolean allows;
} KjAclRule;

/* ---- block.c ---- */

/* FALSE when the block does not have the shape. */
gboolean kj_acl_block_open(KjAclBlock *block, const KjTable *table, guint index, const KjAclShape *shape, GError **error);
/* Every box of every rule, in order, until one is refused. FALSE then, and when a rule has an obligation that the target does not carry out. */
typedef gboolean (*KjAclTakeBox)(const KjAclBlock *block, const KjAclRule *rule, guint box, gpointer data, GError **error);
gboolean kj_acl_block_boxes(const KjAclBlock *block, KjAclTakeBox take, gpointer data, GError **error);

/* Refuses the rule, or the block where there is none: the message names it, says why, and what to write instead. The macro is always FALSE.
 * */
void kj_acl_tell_refusal(const KjAclBlock *block, const KjAclRule *rule, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);
#define kj_acl_refuse(...) (kj_acl_tell_refusal(__VA_ARGS__), FALSE)

/* `# Block network.door, written by kijun.`, and ` host.pol:12 web` for a comment: nothing in them could end the line. */
void kj_acl_append_head(const KjAclBlock *block, GString *out);
void kj_acl_append_place(const KjAclRule *rule, GString *out);

/* ---- box.c ---- */

/* Which classes of a field (relative) the box allows, one gboolean each, class 0 aside; all where it does not ask. Free with g_free. */
gboolean *kj_acl_box_classes(const KjAclBlock *block, guint box, guint field);

/* FALSE when the box asks what the target cannot see. *actions: one bit for each action of the shape. */
gboolean kj_acl_box_check(const KjAclBlock *block, const KjAclRule *rule, guint box, guint *actions, GError **error);

/* Names, or everything but names. */
typedef struct {
    gboolean rest;
    GPtrArray *names; /* utf8 of the table */
} KjAclNames;

/* Who: those of `principals` who are in the group, if there is one, and in none of the others. */
typedef struct {
    gboolean nobody;
    KjAclNames principals;
    const char *in_group;
    GPtrArray *not_groups;
} KjAclWho;

/* FALSE when that takes more than one list: two groups at once, or names and a group. Clear either way. */
gboolean kj_acl_box_who(const KjAclBlock *block, const KjAclRule *rule, guint box, KjAclWho *who, GError **error);
void kj_acl_who_clear(KjAclWho *who);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjAclWho, kj_acl_who_clear)

/* ---- name.c ---- */

/* The values of the classes of a field (relative) of single names. Clear with kj_acl_names_clear. */
void kj_acl_names_of(const KjAclBlock *block, guint field, const gboolean *classes, KjAclNames *names);
void kj_acl_names_clear(KjAclNames *names);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjAclNames, kj_acl_names_clear)
gboolean kj_acl_names_has(const KjAclNames *names, const char *name);

/* FALSE when one of the names is none that a host gives its accounts, and could mean something else in the target. */
gboolean kj_acl_names_check(const KjAclBlock *block, const KjAclRule *rule, const char *field, const GPtrArray *names, GError **error);
/* Names of the terminals of a host: `tty1`, `pts/0`. */
gboolean kj_acl_terminals_check(const KjAclBlock *block, const KjAclRule *rule, const GPtrArray *names, GError **error);
/* A path that can stand in any of the formats as it is. */
gboolean kj_acl_is_plain_path(const char *path);

/* ---- paths.c ---- */

typedef struct {
    gboolean all;
    GPtrArray *files;   /* char * */
    GPtrArray *folders; /* char *: everything directly in them; "" is the root */
} KjAclPaths;

/* FALSE when the classes of the resource are no such list. Clear either way. */
gboolean kj_acl_paths_of(const KjAclBlock *block, const gboolean *classes, KjAclPaths *paths);
void kj_acl_paths_clear(KjAclPaths *paths);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjAclPaths, kj_acl_paths_clear)
/* The paths of one segment that are in the classes, without their slash. Clear with kj_acl_names_clear. */
void kj_acl_segments_of(const KjAclBlock *block, const gboolean *classes, KjAclNames *segments);
/* The class of a path of the resource. */
guint32 kj_acl_path_class(const KjAclBlock *block, const char *path);

/* ---- week.c ---- */

#define KJ_ACL_WEEK_MINUTES 10080u

/* Minutes from Monday 00:00 on the clock on the wall. */
typedef struct {
    gboolean minutes[KJ_ACL_WEEK_MINUTES];
} KjAclWeek;

/* The minutes at which the box can match; *zone becomes the zone of its windows, when it has any. FALSE when a window has dates or another
 * zone. */
gboolean kj_acl_week_of(const KjAclBlock *block, const KjAclRule *rule, guint box, const char **zone, KjAclWeek *week, GError **error);

#endif
