/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table of all arguments. An unknown one is an error and refuses, as does a number out of its bounds or a missing table= or block=. */
#include "arguments.h"

#include <string.h>

#include <kijun/kijun.h>

typedef enum {
    FLAG,
    TEXT,
    NUMBER,
    FOR_LIBPAM, /* read by pam_get_authtok(3) itself */
} Kind;

static const struct {
    const char *name;
    Kind kind;
    gsize place;
    guint least, most; /* NUMBER */
} known[] = {
    { "table", TEXT, G_STRUCT_OFFSET(KjPamArguments, table), 0, 0 },
    { "block", TEXT, G_STRUCT_OFFSET(KjPamArguments, block), 0, 0 },
    { "breach", TEXT, G_STRUCT_OFFSET(KjPamArguments, breach), 0, 0 },
    { "history", TEXT, G_STRUCT_OFFSET(KjPamArguments, history), 0, 0 },
    { "dictionary", TEXT, G_STRUCT_OFFSET(KjPamArguments, dictionary), 0, 0 },
    { "role", TEXT, G_STRUCT_OFFSET(KjPamArguments, role), 0, 0 },
    { "mfa", TEXT, G_STRUCT_OFFSET(KjPamArguments, mfa), 0, 0 },
    { "console", TEXT, G_STRUCT_OFFSET(KjPamArguments, console), 0, 0 },
    { "retry", NUMBER, G_STRUCT_OFFSET(KjPamArguments, retry), 1, 10 },
    { "remember", NUMBER, G_STRUCT_OFFSET(KjPamArguments, remember), 1, 400 },
    { "use_authtok", FLAG, G_STRUCT_OFFSET(KjPamArguments, use_authtok), 0, 0 },
    { "enforce_for_root", FLAG, G_STRUCT_OFFSET(KjPamArguments, enforce_for_root), 0, 0 },
    { "debug", FLAG, G_STRUCT_OFFSET(KjPamArguments, debug), 0, 0 },
    { "authtok_type", FOR_LIBPAM, 0, 0, 0 },
};

static gboolean refuse(const char *word, const char *reason, GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "argument `%s`: %s", word, reason);
    return FALSE;
}

static gboolean read_argument(KjPamArguments *arguments, const char *word, GError **error) {
    gsize length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    guint i = 0;
    while (i < G_N_ELEMENTS(known) && (strlen(known[i].name) != length || memcmp(known[i].name, word, length) != 0))
        i++;
    if (i == G_N_ELEMENTS(known))
        return refuse(word, "there is no such argument", error);
    gpointer place = G_STRUCT_MEMBER_P(arguments, known[i].place);
    guint64 number;
    switch (known[i].kind) {
    case FLAG:
        if (value)
            return refuse(word, "it takes no value", error);
        *(gboolean *)place = TRUE;
        return TRUE;
    case TEXT:
        if (!value || !*value)
            return refuse(word, "it needs a value", error);
        *(const char **)place = value;
        return TRUE;
    case NUMBER:
        if (!value || !g_ascii_string_to_unsigned(value, 10, known[i].least, known[i].most, &number, NULL))
            return refuse(word, "its value is no number within its bounds", error);
        *(guint *)place = (guint)number;
        return TRUE;
    case FOR_LIBPAM:
        return TRUE;
    }
    g_return_val_if_reached(FALSE);
}

gboolean kj_pam_arguments_read(KjPamArguments *arguments, int argc, const char **argv, GError **error) {
    *arguments = (KjPamArguments){ .retry = 1, .remember = 24 };
    for (int i = 0; i < argc; i++)
        if (!read_argument(arguments, argv[i], error))
            return FALSE;
    if (!arguments->table)
        return refuse("table", "it is needed", error);
    return arguments->block ? TRUE : refuse("block", "it is needed", error);
}

const char *kj_pam_terminal_name(const char *tty) {
    return g_str_has_prefix(tty, "/dev/") ? tty + strlen("/dev/") : tty;
}

gboolean kj_pam_terminal_listed(const char *list, const char *terminal) {
    g_auto(GStrv) names = g_strsplit(list, ",", -1);
    return *terminal && g_strv_contains((const char *const *)names, terminal);
}
