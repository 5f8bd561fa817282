/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun delegate: somebody sits on one's seats of one group, for a time. He has one seat only, as everybody, and none where the one who
 * sent him is the author. */
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *group, **units, *from, *until;

const GOptionEntry kj_options_delegate[] = {
    { "group", 0, 0, G_OPTION_ARG_STRING, &group, N_("As a member of this group"), "GROUP" },
    { "unit", 0, 0, G_OPTION_ARG_STRING_ARRAY, &units, N_("For changes of this unit only; may be given several times (all)"), "UNIT" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &from, N_("From when on (now)"), "DATE" },
    { "until", 0, 0, G_OPTION_ARG_STRING, &until, N_("Until when, or how long"), "DURATION" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

/* Whether the root knows a key of somebody's. */
static gboolean has_key(const KjRoot *root, const char *person) {
    gsize length = strlen(person);
    for (const char *const *line = kj_statement_list(kj_root_statement(root), "key"); *line; line++)
        if (strncmp(*line, person, length) == 0 && (*line)[length] == ' ')
            return TRUE;
    return FALSE;
}

static gboolean is_member(const KjSitting *sitting, const char *person) {
    const KjSet *people = sitting->desk->base ? kj_policy_people(sitting->desk->base->compilation->policy, group) : NULL;
    g_autoptr(GPtrArray) names = people ? kj_set_names(people) : NULL;
    for (guint i = 0; names && i < names->len; i++)
        if (strcmp(names->pdata[i], person) == 0)
            return TRUE;
    return FALSE;
}

static int delegate(KjSitting *sitting, const char *to) {
    g_autoptr(KjValues) values = kj_values_new();
    gint64 begin = sitting->now, end;
    int code = KJ_EXIT_FINE;
    if ((from && !kj_desk_instant("from", from, -1, &begin)) || !kj_desk_instant("until", until, begin, &end))
        return KJ_EXIT_USAGE;
    if (end <= begin || end <= sitting->now)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--until: that would be over before it begins"));
    if (!is_member(sitting, sitting->person))
        return kj_cli_fail(
            KJ_EXIT_REFUSED,
            _("%s is not of the group `%s` in %s, and cannot send anybody there (write it with its module: people.committee)"),
            sitting->person, group, sitting->desk->context);
    if (strcmp(to, sitting->person) == 0 || !has_key(sitting->desk->root, to))
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s is nobody whom the root knows a key of, beside %s; next: kijun root"), to,
                           sitting->person);
    kj_values_add(values, "to", to);
    kj_values_add(values, "group", group);
    kj_values_add_list(values, "unit", (const char *const *)units);
    kj_values_add_instant(values, "from", begin);
    kj_values_add_instant(values, "until", end);
    const KjStatement *statement = kj_desk_draft(sitting, KJ_STATEMENT_DELEGATION, values, &code);
    if (!statement || !kj_desk_sign(sitting, &code))
        return code;
    printf(_("%s stands in for %s in %s until %s\nto take it back: kijun withdraw %.12s\n"), to, sitting->person, group,
           kj_statement_get(statement, "until"), kj_statement_digest(statement));
    return KJ_EXIT_FINE;
}

int kj_command_delegate(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 1, 1, &code))
        return code;
    if (!group || !until)
        return kj_cli_fail(KJ_EXIT_USAGE, _("a delegation needs --group GROUP and --until DURATION"));
    return kj_sitting_open(&sitting, TRUE, &code) ? delegate(&sitting, argv[1]) : code;
}
