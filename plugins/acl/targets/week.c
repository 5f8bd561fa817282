/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows as minutes of a week.
 *
 * A host's login files know weekdays and the time of day, on the clock on the host's wall. A window without dates is a set of minutes of
 * the week on the wall of its zone, whatever that clock does in spring and autumn; so it can be said exactly on a host of that zone, and
 * nowhere else. Windows with dates (holidays, @from, @until, an exception's end) change from week to week and are refused, as are two zones
 * in one block.
 *
 * Cost: 10,080 truth values for each part of a window.
 */
#include <string.h>

#include <kijun/translate.h>

#include "target.h"

#define DAY_MINUTES 1440u
#define LAST_DAY 47481u   /* 2099-12-31: an atom that holds until then has no end */
#define DEPTH_MOST 16384u /* of a window's tree; the compiler writes none as deep, but a table may come from elsewhere */

typedef struct {
    const KjAclBlock *block;
    const KjAclRule *rule;
    const char **zone;
    GError **error;
} Reading;

static gboolean read_zone(const Reading *reading, const char *zone) {
    if (!*reading->zone)
        *reading->zone = zone;
    return strcmp(*reading->zone, zone) == 0 ||
           kj_acl_refuse(reading->block, reading->rule, reading->error,
                         _("%s knows one zone, the host's, and the block has windows in \"%s\" and in \"%s\"; write all of them in "
                           "the host's"),
                         reading->block->shape->program, *reading->zone, zone);
}

static gboolean read_atom(const Reading *reading, const KjWindowAtom *atom, KjAclWeek *week) {
    if (atom->first_day > 0 || atom->last_day < LAST_DAY)
        return kj_acl_refuse(reading->block, reading->rule, reading->error,
                             _("%s knows weekdays and times of the day, and no dates; leave out the date (or @from, @until), or "
                               "write the block "
                               "anew when its day comes"), reading->block->shape->program);
    if (!read_zone(reading, atom->zone))
        return FALSE;
    guint last = atom->last_minute + (atom->last_minute < atom->first_minute ? DAY_MINUTES : 0);
    memset(week, 0, sizeof *week);
    for (guint day = 0; day < 7; day++)
        for (guint minute = atom->first_minute; (atom->weekdays >> day & 1) && minute <= last; minute++)
            week->minutes[(day * DAY_MINUTES + minute) % KJ_ACL_WEEK_MINUTES] = TRUE;
    return TRUE;
}

static gboolean read_window(const Reading *reading, guint node, guint depth, KjAclWeek *week) {
    KjWindowView view;
    if (depth > DEPTH_MOST)
        return kj_acl_refuse(reading->block, reading->rule, reading->error, _("a window has too many parts"));
    kj_view_window(reading->block->table, node, &view);
    if (view.kind == KJ_WINDOW_ATOM)
        return read_atom(reading, &view.atom, week);
    g_autofree KjAclWeek *right = g_new(KjAclWeek, 1);
    if (!read_window(reading, view.left, depth + 1, week) || !read_window(reading, view.right, depth + 1, right))
        return FALSE;
    for (guint i = 0; i < KJ_ACL_WEEK_MINUTES; i++)
        week->minutes[i] = view.kind == KJ_WINDOW_UNION ? week->minutes[i] || right->minutes[i] : week->minutes[i] && !right->minutes[i];
    return TRUE;
}

gboolean kj_acl_week_of(const KjAclBlock *block, const KjAclRule *rule, guint box, const char **zone, KjAclWeek *week, GError **error) {
    Reading reading = { block, rule, zone, error };
    g_autofree KjAclWeek *window = g_new(KjAclWeek, 1);
    for (guint i = 0; i < KJ_ACL_WEEK_MINUTES; i++)
        week->minutes[i] = TRUE;
    for (guint field = 0; field < block->view.field_count; field++) {
        KjFieldView view;
        kj_view_field(block->table, block->view.first_field + field, &view);
        g_autofree gboolean *classes = view.kind == KJ_FIELD_KIND_TIME ? kj_acl_box_classes(block, box, field) : NULL;
        if (!classes || (classes[1] && classes[2]))
            continue;
        if (!read_window(&reading, kj_view_window_root(block->table, block->view.first_field + field), 0, window))
            return FALSE;
        for (guint i = 0; i < KJ_ACL_WEEK_MINUTES; i++)
            week->minutes[i] &= window->minutes[i] ? classes[2] : classes[1];
    }
    return TRUE;
}
