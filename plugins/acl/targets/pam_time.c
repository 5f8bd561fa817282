/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as a time.conf of its own, for
 *
 *     account required pam_time.so conffile=FILE
 *
 *     action `login`      resource the PAM service as a path of one segment (`/sshd`), field terminal : text
 *
 * A line of time.conf refuses whomever it matches outside its times, all lines together, and what no line matches is let through. So a line
 * cannot allow, and two lines for one user would add up their refusals; rules cannot become lines one by one. Instead every kind of login
 * is decided here: each class of services with each class of terminals and each class of principals has one set of minutes of the week,
 * from the rules that match, and principals with the same set share a line. What may always log in needs none.
 *
 * pam_time reads the clock on the host's wall. A block with windows therefore holds on hosts of the zone of its windows, which its first
 * line names. It takes the line into a buffer of 1,000 bytes: many names become several lines, exceptions to `everybody else` cannot be
 * cut.
 *
 * Cost: services x terminals x principals (in classes) x boxes x 10,080; policies have a handful of each.
 */
#include <string.h>

#include <kijun/translate.h>

#include "../acl.h"
#include "target.h"

#define FIELD_BYTES_MOST 600u
#define DAY_MINUTES 1440u
#define CELLS_MOST 65536u /* kinds of login in one block: more would take minutes, and nobody could read the file */

enum { TERMINAL };

static const char *const actions[] = { "login", NULL };

static const KjAclOwnField own_fields[] = { [TERMINAL] = { "terminal", KJ_TYPE_TEXT, "field terminal : text;" }, { NULL, 0, NULL } };

static const KjAclShape shape = { .program = "pam_time", .actions = actions, .fields = own_fields, .resource = TRUE, .time = TRUE };

/* A box that says something, and when. */
typedef struct {
    gboolean allows;
    gboolean *services, *terminals, *principals; /* classes */
    KjAclWeek week;
} Part;

static void part_free(gpointer data) {
    Part *part = data;
    g_free(part->services);
    g_free(part->terminals);
    g_free(part->principals);
    g_free(part);
}

typedef struct {
    KjAclBlock block;
    GPtrArray *parts;
    const char *zone;
    guint services, terminals, principals; /* how many classes */
    GString *out;
    GError **error;
} Writing;

static guint count_classes(const KjAclBlock *block, guint field) {
    KjFieldView view;
    kj_view_field(block->table, block->view.first_field + field, &view);
    return view.class_count;
}

/* ---- reading the rules ---- */

static gboolean check_services(const Writing *writing, const KjAclRule *rule, const gboolean *classes) {
    g_auto(KjAclNames) services = { FALSE, NULL };
    kj_acl_segments_of(&writing->block, classes, &services);
    if (!services.rest && services.names->len == 0)
        return kj_acl_refuse(&writing->block, rule, writing->error, _("a PAM service is a path of one segment; write it like `/sshd`"));
    return kj_acl_names_check(&writing->block, rule, "resource", services.names, writing->error);
}

static gboolean read_box(const KjAclBlock *block, const KjAclRule *rule, guint box, gpointer data, GError **error) {
    Writing *writing = data;
    Part *part = g_new0(Part, 1);
    g_auto(KjAclNames) terminals = { FALSE, NULL }, principals = { FALSE, NULL };
    guint known;
    g_ptr_array_add(writing->parts, part);
    part->allows = rule->allows;
    part->services = kj_acl_box_classes(block, box, block->resource);
    part->terminals = kj_acl_box_classes(block, box, block->own[TERMINAL]);
    part->principals = kj_acl_box_classes(block, box, block->principal);
    kj_acl_names_of(block, block->own[TERMINAL], part->terminals, &terminals);
    kj_acl_names_of(block, block->principal, part->principals, &principals);
    return kj_acl_box_check(block, rule, box, &known, error) && check_services(writing, rule, part->services) &&
           kj_acl_names_check(block, rule, "principal", principals.names, error) &&
           kj_acl_terminals_check(block, rule, terminals.names, error) &&
           kj_acl_week_of(block, rule, box, &writing->zone, &part->week, error);
}

/* The minutes at which a login of these classes is let in. */
static void decide(const Writing *writing, guint service, guint terminal, guint principal, KjAclWeek *allowed) {
    g_autofree KjAclWeek *refused = g_new0(KjAclWeek, 1);
    for (guint minute = 0; minute < KJ_ACL_WEEK_MINUTES; minute++)
        allowed->minutes[minute] = writing->block.allows;
    for (guint i = 0; i < writing->parts->len; i++) {
        const Part *part = g_ptr_array_index(writing->parts, i);
        gboolean *minutes = part->allows ? allowed->minutes : refused->minutes;
        if (!part->services[service] || !part->terminals[terminal] || !part->principals[principal])
            continue;
        for (guint minute = 0; minute < KJ_ACL_WEEK_MINUTES; minute++)
            minutes[minute] |= part->week.minutes[minute];
    }
    for (guint minute = 0; minute < KJ_ACL_WEEK_MINUTES; minute++)
        allowed->minutes[minute] &= !refused->minutes[minute];
}

/* ---- times ---- */

/* The days on which a span of minutes that begins or ends with the day, or is bordered by others, stands exactly so. */
static guint days_of(const KjAclWeek *week, guint first, guint end) {
    guint days = 0;
    for (guint day = 0; day < 7; day++) {
        const gboolean *minutes = week->minutes + day * DAY_MINUTES;
        gboolean whole = (first == 0 || !minutes[first - 1]) && (end == DAY_MINUTES || !minutes[end]);
        for (guint minute = first; whole && minute < end; minute++)
            whole = minutes[minute];
        days |= whole ? 1u << day : 0;
    }
    return days;
}

static void append_span(const KjAclWeek *week, guint day, guint first, guint end, GString *out) {
    static const char *const names[] = { "Mo", "Tu", "We", "Th", "Fr", "Sa", "Su" };
    guint days = days_of(week, first, end);
    if (days & ((1u << day) - 1))
        return; /* an earlier day's span says it for this one too */
    g_string_append(out, out->len ? "|" : "");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_append(out, days >> i & 1 ? names[i] : "");
    g_string_append_printf(out, "%02u%02u-%02u%02u", first / 60, first % 60, end / 60, end % 60);
}

/* `MoTuWeThFr0900-1801`; a time never wraps here, because pam_time reads one that does with another end. */
static char *times_of(const KjAclWeek *week) {
    GString *out = g_string_new(NULL);
    for (guint day = 0; day < 7; day++) {
        for (guint first = 0, end; first < DAY_MINUTES; first = end) {
            const gboolean *minutes = week->minutes + day * DAY_MINUTES;
            for (end = first + 1; end < DAY_MINUTES && minutes[end] == minutes[first]; end++)
                continue;
            if (minutes[first])
                append_span(week, day, first, end, out);
        }
    }
    if (out->len == 0)
        g_string_append(out, "!Al0000-2400");
    return g_string_free(out, FALSE);
}

/* ---- lines ---- */

/* The names as fields of lines: `sato|mori`, `!sato&!mori`, `*`. Empty where there are none; NULL: refused. */
static GPtrArray *fields_of(const Writing *writing, const KjAclNames *names) {
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) field = g_string_new(names->rest && names->names->len == 0 ? "*" : "");
    for (guint i = 0; i < names->names->len; i++) {
        const char *name = g_ptr_array_index(names->names, i);
        if (field->len + strlen(name) + 2 > FIELD_BYTES_MOST) {
            if (names->rest) {
                kj_acl_tell_refusal(&writing->block, NULL, writing->error,
                                    _("pam_time reads 1,000 bytes of a line, and the names that are not `everybody else` (from `%s` "
                                      "on) take more; "
                                      "use pam_access and groups"), name);
                return NULL;
            }
            g_ptr_array_add(fields, g_strdup(field->str));
            g_string_truncate(field, 0);
        }
        g_string_append_printf(field, "%s%s%s", !field->len ? "" : names->rest ? "&" : "|", names->rest ? "!" : "", name);
    }
    if (field->len)
        g_ptr_array_add(fields, g_strdup(field->str));
    return g_steal_pointer(&fields);
}

static gboolean write_line(Writing *writing, const KjAclNames *services, const KjAclNames *terminals, const KjAclNames *principals,
                           const char *times) {
    g_autoptr(GPtrArray) service = fields_of(writing, services), terminal = service ? fields_of(writing, terminals) : NULL;
    g_autoptr(GPtrArray) principal = terminal ? fields_of(writing, principals) : NULL;
    if (!principal)
        return FALSE;
    for (guint s = 0; s < service->len; s++)
        for (guint t = 0; t < terminal->len; t++)
            for (guint p = 0; p < principal->len; p++)
                g_string_append_printf(writing->out, "%s;%s;%s;%s\n", (const char *)g_ptr_array_index(service, s),
                                       (const char *)g_ptr_array_index(terminal, t), (const char *)g_ptr_array_index(principal, p), times);
    return TRUE;
}

static gboolean *one_class(guint count, guint klass) {
    gboolean *classes = g_new0(gboolean, count);
    classes[klass] = TRUE;
    return classes;
}

/* Lines for one class of services and one of terminals: a line for each set of minutes that some principals have. */
static gboolean write_cell(Writing *writing, guint service, guint terminal) {
    g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free); /* times -> classes of principals */
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_autofree gboolean *service_classes = one_class(writing->services, service);
    g_autofree gboolean *terminal_classes = one_class(writing->terminals, terminal);
    g_autofree KjAclWeek *week = g_new(KjAclWeek, 1);
    g_auto(KjAclNames) services = { FALSE, NULL }, terminals = { FALSE, NULL };
    gboolean written = TRUE;
    kj_acl_segments_of(&writing->block, service_classes, &services);
    kj_acl_names_of(&writing->block, writing->block.own[TERMINAL], terminal_classes, &terminals);
    for (guint principal = 1; principal < writing->principals; principal++) {
        decide(writing, service, terminal, principal, week);
        char *times = times_of(week);
        gboolean *classes = g_hash_table_lookup(rows, times);
        if (!classes) {
            classes = g_new0(gboolean, writing->principals);
            g_ptr_array_add(order, times);
            g_hash_table_insert(rows, times, classes);
        } else {
            g_free(times);
        }
        classes[principal] = TRUE;
    }
    for (guint i = 0; written && i < order->len; i++) {
        const char *times = g_ptr_array_index(order, i);
        g_auto(KjAclNames) principals = { FALSE, NULL };
        kj_acl_names_of(&writing->block, writing->block.principal, g_hash_table_lookup(rows, times), &principals);
        if (strcmp(times, "MoTuWeThFrSaSu0000-2400") != 0)
            written = write_line(writing, &services, &terminals, &principals, times);
    }
    return written;
}

static gboolean write_cells(Writing *writing) {
    const KjAclBlock *block = &writing->block;
    writing->services = count_classes(block, block->resource);
    writing->terminals = count_classes(block, block->own[TERMINAL]);
    writing->principals = count_classes(block, block->principal);
    if ((guint64)writing->services * writing->terminals * writing->principals > CELLS_MOST)
        return kj_acl_refuse(block, NULL, writing->error,
                             _("its rules tell more than %u kinds of login apart, too many for time.conf; write fewer services, "
                               "terminals or groups of names"),
                             CELLS_MOST);
    for (guint service = 1; service < writing->services; service++)
        for (guint terminal = 1; terminal < writing->terminals; terminal++)
            if (!write_cell(writing, service, terminal))
                return FALSE;
    return TRUE;
}

gboolean kj_acl_emit_pam_time(const KjTable *table, guint index, GString *out, GError **error) {
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);
    Writing writing = { .parts = parts, .out = lines, .error = error };
    if (!kj_acl_block_open(&writing.block, table, index, &shape, error) || !kj_acl_block_boxes(&writing.block, read_box, &writing, error) ||
        !write_cells(&writing))
        return FALSE;
    kj_acl_append_head(&writing.block, out);
    g_string_append_printf(out, " For: account required pam_time.so conffile=FILE\n# zone: %s\n%s", writing.zone ? writing.zone : "any",
                           lines->str);
    return TRUE;
}
