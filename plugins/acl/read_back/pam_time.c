/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A time.conf as policy, read as pam_time of Linux-PAM reads it: `services;terminals;users;times`, each a list of words joined by `|` and
 * `&` and taken from left to right, any of them with `!`. A line refuses whomever its first three match outside its times; nothing else
 * refuses. The clock is that of the host, whose zone the file names in a comment: the proof holds there.
 *
 * Strict where pam_time is odd: a day that is named twice (it would be no day again), a time that wraps (its end would count differently)
 * and a `*` within a word are refused.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

#define BUFFER_BYTES 1000u /* pam_time's */

/* One word as a condition; NULL: refused. */
typedef char *(*ReadWord)(const KjAclBack *back, const char *word);

static char *read_name(const KjAclBack *back, const char *word, const char *format) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_/.-";
    if (strspn(word, letters) == strlen(word) && *word)
        return g_strdup_printf("%s \"%s\"", format, word);
    kj_acl_back_tell_refusal(back, _("`%s` is no plain name"), word);
    return NULL;
}

static char *read_service(const KjAclBack *back, const char *word) {
    if (strcmp(word, "*") == 0)
        return g_strdup("resource != none");
    g_autofree char *path = g_strconcat("/", word, NULL);
    if (kj_acl_back_check_name(back, word))
        return g_strdup_printf("resource in \"%s\"", path);
    return NULL;
}

static char *read_terminal(const KjAclBack *back, const char *word) {
    return strcmp(word, "*") == 0 ? g_strdup("terminal != none") : read_name(back, word, "terminal ==");
}

static char *read_user(const KjAclBack *back, const char *word) {
    if (strcmp(word, "*") == 0)
        return g_strdup("principal != none");
    return kj_acl_back_check_name(back, word) ? read_name(back, word, "principal ==") : NULL;
}

/* ---- times ---- */

static const struct {
    const char *name, *days; /* in the policy language */
} day_names[] = { { "Mo", "mon" }, { "Tu", "tue" }, { "We", "wed" }, { "Th", "thu" }, { "Fr", "fri" }, { "Sa", "sat" }, { "Su", "sun" },
                  { "Al", "mon..sun" } };

/* Minutes of the day of the four digits, or -1. */
static int read_clock(const char *digits) {
    for (guint i = 0; i < 4; i++)
        if (!g_ascii_isdigit(digits[i]))
            return -1;
    int hours = (digits[0] - '0') * 10 + digits[1] - '0', minutes = (digits[2] - '0') * 10 + digits[3] - '0';
    return minutes > 59 || hours > 24 || (hours == 24 && minutes) ? -1 : hours * 60 + minutes;
}

/* `MoTu0900-1801` as a window. */
static char *read_time(const KjAclBack *back, const char *word) {
    g_autoptr(GString) window = g_string_new(NULL);
    const char *clock = word + strspn(word, "MoTuWehFrSaA" "l");
    int first = strlen(clock) == 9 && clock[4] == '-' ? read_clock(clock) : -1, end = first >= 0 ? read_clock(clock + 5) : -1;
    guint named = 0;
    for (const char *at = word; end > first && at < clock; at += 2) {
        guint day = 0;
        while (day < G_N_ELEMENTS(day_names) && strncmp(at, day_names[day].name, 2) != 0)
            day++;
        guint days = day == 7 ? 0x7f : 1u << day;
        if (day == G_N_ELEMENTS(day_names) || (named & days))
            end = -1;
        named |= days;
        if (end >= 0)
            g_string_append_printf(window, "%s%s %02d:%02d..%02d:%02d", window->len ? ", " : "", day_names[day].days, first / 60,
                                   first % 60, (end - 1) / 60, (end - 1) % 60);
    }
    if (first >= 0 && end > first && named)
        return g_strdup_printf("during { %s }", window->str);
    kj_acl_back_tell_refusal(back, _("`%s` is no time of days like `MoTu0900-1801`"), word);
    return NULL;
}

/* ---- lines ---- */

/* Words joined by `|` and `&`, from left to right. NULL: refused. */
static char *read_logic(const KjAclBack *back, const char *field, ReadWord read_word) {
    g_autofree char *condition = NULL;
    char operator = '|';
    for (const char *at = field;;) {
        gboolean negated = *at == '!';
        gsize length = strcspn(at += negated, "|&");
        g_autofree char *text = g_strndup(at, length), *word = read_word(back, text), *before = g_steal_pointer(&condition);
        if (!word)
            return NULL;
        const char *join = !before ? "" : operator == '&' ? " and " : " or ";
        condition = g_strdup_printf("(%s%s%s(%s))", before ? before : "", join, negated ? "not " : "", word);
        at += length;
        if (!*at)
            return g_steal_pointer(&condition);
        operator = *at++;
    }
}

static gboolean read_line(const KjAclBack *back, const char *line, guint number, GString *rules) {
    g_auto(GStrv) fields = g_strsplit(line, ";", -1);
    if (g_strv_length(fields) != 4)
        return kj_acl_back_refuse(back, _("the line is no `services;terminals;users;times`"));
    for (guint i = 0; i < 4; i++)
        if (strlen(fields[i]) >= BUFFER_BYTES || strpbrk(fields[i], " \t\\#"))
            return kj_acl_back_refuse(back, _("pam_time does not read such a line as it stands"));
    g_autofree char *service = read_logic(back, fields[0], read_service);
    g_autofree char *terminal = service ? read_logic(back, fields[1], read_terminal) : NULL;
    g_autofree char *user = terminal ? read_logic(back, fields[2], read_user) : NULL;
    g_autofree char *time = user ? read_logic(back, fields[3], read_time) : NULL;
    if (!time)
        return FALSE;
    g_string_append_printf(rules, "    ## line %u\n    n%u: deny when %s and %s and %s unless %s;\n", number, number, service, terminal,
                           user, time);
    return TRUE;
}

/* The zone that the head names; NULL: refused. */
static char *read_zone(const KjAclBack *back, char **lines) {
    static const char mark[] = "# zone: ", letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/+-";
    for (; *lines; lines++) {
        const char *zone = g_str_has_prefix(*lines, mark) ? *lines + strlen(mark) : NULL;
        if (zone && strspn(zone, letters) == strlen(zone))
            return g_strdup(zone);
    }
    kj_acl_back_tell_refusal(back, _("it does not name the zone of its host"));
    return NULL;
}

gboolean kj_acl_read_back_pam_time(const char *dump, gsize length, GString *policy, GError **error) {
    g_autoptr(GString) rules = g_string_new(NULL);
    g_autofree char *text = g_strndup(dump, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    KjAclBack back = { "time.conf", NULL, error };
    g_autofree char *zone = read_zone(&back, lines);
    if (!zone)
        return FALSE;
    for (guint i = 0; lines[i]; i++) {
        g_autofree char *place = g_strdup_printf("line %u", i + 1);
        back.place = place;
        if (*lines[i] && *lines[i] != '#' && !read_line(&back, lines[i], i + 1, rules))
            return FALSE;
    }
    if (strcmp(zone, "any") != 0)
        g_string_append_printf(policy, "zone \"%s\";\n", zone);
    kj_acl_back_begin("field terminal : text;", TRUE, "{ login }", policy);
    g_string_append(policy, "    impossible_service: deny unless resource in \"/*\";\n"
                            "    impossible_time: deny unless during 1970-01-01..2099-12-31;\n");
    g_string_append(policy, rules->str);
    kj_acl_back_end(policy);
    return TRUE;
}
