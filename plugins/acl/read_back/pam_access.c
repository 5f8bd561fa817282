/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An access.conf as policy, read as pam_access of Linux-PAM reads it with `nodefgroup`: `sign:users:origins`, the first line that matches
 * decides, `a b EXCEPT c` is a or b and not c. A login without an address has to be refused, by a last line about everybody from everywhere
 * and by no line that lets in from ALL, because it is no request of the policy. A prefix of length 0, in which pam_access finds no address
 * at all, is refused.
 */
#include <arpa/inet.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

#define LINE_BYTES_MOST 1000u /* what every version of pam_access takes in one piece */

gboolean kj_acl_load_text(const char *text, GString *dump, GError **error) {
    (void)error;
    g_string_append(dump, text);
    return TRUE;
}

/* One of a list of words; adds to the list what it asks. */
typedef gboolean (*ReadWord)(const KjAclBack *back, const char *word, KjAclBackList *list);

static gboolean read_user(const KjAclBack *back, const char *word, KjAclBackList *list) {
    gsize length = strlen(word);
    if (strcmp(word, "ALL") == 0) {
        kj_acl_back_list_term(list, FALSE, "principal != none");
        return TRUE;
    }
    if (g_ascii_strcasecmp(word, "all") == 0 || g_ascii_strcasecmp(word, "none") == 0 || g_ascii_strcasecmp(word, "local") == 0)
        return kj_acl_back_refuse(back, _("`%s` is no plain name"), word);
    if (*word != '(') {
        kj_acl_back_list_name(list, FALSE, word);
        return kj_acl_back_check_name(back, word);
    }
    g_autofree char *group = g_strndup(word + 1, length > 2 ? length - 2 : 0), *term = g_strdup_printf("groups has \"%s\"", group);
    kj_acl_back_list_term(list, FALSE, term);
    if (length <= 2 || word[length - 1] != ')')
        return kj_acl_back_refuse(back, _("`%s` is no plain name"), word);
    return kj_acl_back_check_name(back, group);
}

static gboolean read_origin(const KjAclBack *back, const char *word, KjAclBackList *list) {
    g_auto(GStrv) parts = g_strsplit(word, "/", 2);
    guint8 address[16];
    guint64 length;
    gboolean is_v4 = inet_pton(AF_INET, parts[0], address) == 1;
    if (strcmp(word, "ALL") == 0) {
        kj_acl_back_list_term(list, FALSE, "from != none");
        return TRUE;
    }
    if (!is_v4 && inet_pton(AF_INET6, parts[0], address) != 1)
        return kj_acl_back_refuse(back, _("`%s` is no address"), word);
    if (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 1, is_v4 ? 32 : 128, &length, NULL))
        return kj_acl_back_refuse(back, _("`%s` is no address"), word);
    g_autofree char *term = g_strdup_printf("from in { %s }", word);
    kj_acl_back_list_term(list, FALSE, term);
    return TRUE;
}

/* Words up to EXCEPT, and not what stands behind it. NULL: refused. */
static char *read_words(const KjAclBack *back, char **words, const char *field, ReadWord read_word) {
    KjAclBackList list;
    gboolean read = TRUE;
    kj_acl_back_list_init(&list, field);
    for (; read && *words && g_ascii_strcasecmp(*words, "except") != 0; words++)
        read = !**words || read_word(back, *words, &list);
    g_autofree char *condition = kj_acl_back_list_end(&list);
    if (!read)
        return NULL;
    if (!condition) {
        kj_acl_back_tell_refusal(back, _("a list is empty"));
        return NULL;
    }
    if (!*words)
        return g_steal_pointer(&condition);
    g_autofree char *except = read_words(back, words + 1, field, read_word);
    return except ? g_strdup_printf("(%s and not %s)", condition, except) : NULL;
}

typedef struct {
    KjAclBack back;
    GPtrArray *entries;
    gboolean ends_with_everybody; /* the line just read is `-:ALL:ALL` */
} Reading;

static gboolean read_line(Reading *reading, const char *line) {
    g_auto(GStrv) parts = g_strsplit(line, ":", 3);
    gboolean allows = strcmp(parts[0], "+") == 0;
    reading->ends_with_everybody = strcmp(line, "-:ALL:ALL") == 0;
    if (strlen(line) > LINE_BYTES_MOST || g_strv_length(parts) != 3 || (!allows && strcmp(parts[0], "-") != 0))
        return kj_acl_back_refuse(&reading->back, _("the line is no `sign:users:origins`"));
    g_auto(GStrv) users = g_strsplit_set(parts[1], ", \t", -1), origins = g_strsplit_set(parts[2], ", \t", -1);
    if (allows && g_strv_contains((const char *const *)origins, "ALL"))
        return kj_acl_back_refuse(&reading->back, _("it lets in from ALL, so also without an address"));
    g_autofree char *who = read_words(&reading->back, users, "principal", read_user);
    g_autofree char *from = who ? read_words(&reading->back, origins, "from", read_origin) : NULL;
    if (!from)
        return FALSE;
    g_ptr_array_add(reading->entries, kj_acl_back_entry_new(allows, g_strdup_printf("(%s and %s)", who, from), reading->back.place));
    return TRUE;
}

gboolean kj_acl_read_back_pam_access(const char *dump, gsize length, GString *policy, GError **error) {
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(kj_acl_back_entry_free);
    g_autofree char *text = g_strndup(dump, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Reading reading = { { "access.conf", NULL, error }, entries, FALSE };
    for (guint i = 0; lines[i]; i++) {
        g_autofree char *place = g_strdup_printf("line %u", i + 1);
        reading.back.place = place;
        if (*lines[i] && *lines[i] != '#' && !read_line(&reading, lines[i]))
            return FALSE;
        reading.back.place = NULL;
    }
    if (!reading.ends_with_everybody)
        return kj_acl_back_refuse(&reading.back, _("it does not end with `-:ALL:ALL`, so what no line names is let in"));
    kj_acl_back_begin("field from : address;", FALSE, "{ login }", policy);
    kj_acl_back_write_entries(entries, NULL, "n", policy);
    kj_acl_back_end(policy);
    return TRUE;
}
