/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root as its lines, in no order; kj_statement_new puts them in theirs. */
#include "root_edit.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"
#include "sign.h"

typedef struct {
    const char *key; /* of the statement */
    char *value;
} Line;

struct KjRootEdit {
    const KjRoot *before;
    GPtrArray *lines; /* Line */
};

/* What an edit may change. The rest (version, date and so on) is said at the end. */
static const char *const kept[] = { "expires", "key", "revoked", "may", "threshold", "deputy", "recovery" };

/* ---- lines ---- */

static void line_free(gpointer data) {
    Line *line = data;
    g_free(line->value);
    g_free(line);
}

static gboolean has_line(const KjRootEdit *edit, const char *key, const char *value) {
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, key) == 0 && strcmp(line->value, value) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Takes the value. */
static void add_line(KjRootEdit *edit, const char *key, char *value) {
    if (has_line(edit, key, value)) {
        g_free(value);
        return;
    }
    Line *line = g_new(Line, 1);
    *line = (Line){ key, value };
    g_ptr_array_add(edit->lines, line);
}

/* Whether the `place`th word of a value is this one. */
static gboolean has_word(const char *value, guint place, const char *word) {
    for (; place > 0 && value; place--)
        value = strchr(value, ' ') ? strchr(value, ' ') + 1 : NULL;
    return value && strncmp(value, word, strlen(word)) == 0 && (value[strlen(word)] == ' ' || !value[strlen(word)]);
}

/* Removes the lines of `key` with this word at this place, and says how many they were. */
static guint remove_lines(KjRootEdit *edit, const char *key, guint place, const char *word) {
    guint count = 0;
    for (guint i = edit->lines->len; i-- > 0;) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, key) != 0 || !has_word(line->value, place, word))
            continue;
        g_ptr_array_remove_index(edit->lines, i);
        count++;
    }
    return count;
}

static gboolean has_lines(const KjRootEdit *edit, const char *key, guint place, const char *word) {
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, key) == 0 && has_word(line->value, place, word))
            return TRUE;
    }
    return FALSE;
}

/* ---- keys and people ---- */

/* The fingerprint of a line "NAME KEY". */
static char *fingerprint_of(const Line *line) {
    g_autoptr(KjKey) key = kj_key_parse(strchr(line->value, ' ') + 1, NULL);
    return g_strdup(key ? key->fingerprint : "");
}

/* The fingerprints of all keys that are this person's, or that have this fingerprint. */
static GPtrArray *find_keys(const KjRootEdit *edit, const char *who) {
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, "key") != 0 && strcmp(line->key, "recovery") != 0)
            continue;
        g_autofree char *fingerprint = fingerprint_of(line);
        if (has_word(line->value, 0, who) || strcmp(fingerprint, who) == 0)
            g_ptr_array_add(found, g_steal_pointer(&fingerprint));
    }
    return found;
}

static void remove_key(KjRootEdit *edit, const char *fingerprint) {
    remove_lines(edit, "revoked", 0, fingerprint);
    for (guint i = edit->lines->len; i-- > 0;) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, "key") != 0 && strcmp(line->key, "recovery") != 0)
            continue;
        g_autofree char *own = fingerprint_of(line);
        if (strcmp(own, fingerprint) == 0)
            g_ptr_array_remove_index(edit->lines, i);
    }
}

static gboolean fail_stranger(const char *who, GError **error) {
    return kj_fail(error, KJ_ERROR_VALUE, _("the root knows no person and no key `%s`; `kijun root show` lists them"), who);
}

/* ---- deputies ---- */

static int compare_orders(gconstpointer a, gconstpointer b) {
    guint64 one = g_ascii_strtoull(strchr((*(const Line *const *)a)->value, ' '), NULL, 10),
            other = g_ascii_strtoull(strchr((*(const Line *const *)b)->value, ' '), NULL, 10);
    return one < other ? -1 : one > other;
}

static void set_deputies(KjRootEdit *edit, const char *person, const char *const *deputies) {
    guint order = 1;
    remove_lines(edit, "deputy", 0, person);
    for (; *deputies; deputies++)
        if (**deputies)
            add_line(edit, "deputy", g_strdup_printf("%s %u %s", person, order++, *deputies));
}

/* Everybody whose deputy leaves moves up the next one. */
static void remove_deputy(KjRootEdit *edit, const char *leaving) {
    g_autoptr(GPtrArray) affected = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        if (strcmp(line->key, "deputy") == 0 && has_word(line->value, 2, leaving))
            g_ptr_array_add(affected, g_strndup(line->value, strcspn(line->value, " ")));
    }
    for (guint i = 0; i < affected->len; i++) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        g_auto(GStrv) names = NULL;
        for (guint n = 0; n < edit->lines->len; n++) {
            const Line *line = edit->lines->pdata[n];
            if (strcmp(line->key, "deputy") == 0 && has_word(line->value, 0, affected->pdata[i]) && !has_word(line->value, 2, leaving))
                g_ptr_array_add(lines, (gpointer)line);
        }
        g_ptr_array_sort(lines, compare_orders);
        names = g_new0(char *, lines->len + 1);
        for (guint n = 0; n < lines->len; n++)
            names[n] = g_strdup(strrchr(((const Line *)lines->pdata[n])->value, ' ') + 1);
        set_deputies(edit, affected->pdata[i], (const char *const *)names);
    }
}

/* ---- the steps ---- */

static gboolean apply_remove(KjRootEdit *edit, const char *who, const char *unused, GError **error) {
    (void)unused;
    g_autoptr(GPtrArray) keys = find_keys(edit, who);
    if (keys->len == 0)
        return fail_stranger(who, error);
    for (guint i = 0; i < keys->len; i++)
        remove_key(edit, keys->pdata[i]);
    for (guint i = 0; i < edit->lines->len;) /* `may: root NAME`, whatever it is for */
        if (strcmp(((const Line *)edit->lines->pdata[i])->key, "may") == 0 &&
            has_word(((const Line *)edit->lines->pdata[i])->value, 1, who))
            g_ptr_array_remove_index(edit->lines, i);
        else
            i++;
    remove_lines(edit, "deputy", 0, who);
    remove_deputy(edit, who);
    return TRUE;
}

static gboolean apply_revoke(KjRootEdit *edit, const char *who, const char *serial, GError **error) {
    g_autoptr(GPtrArray) keys = find_keys(edit, who);
    if (keys->len == 0)
        return fail_stranger(who, error);
    for (guint i = 0; i < keys->len; i++) {
        remove_lines(edit, "revoked", 0, keys->pdata[i]);
        add_line(edit, "revoked", g_strdup_printf("%s %s", (const char *)keys->pdata[i], serial));
    }
    return TRUE;
}

static gboolean apply_may_not(KjRootEdit *edit, const char *what, const char *who, GError **error) {
    g_autofree char *line = g_strdup_printf("%s %s", what, who);
    if (!has_line(edit, "may", line))
        return kj_fail(error, KJ_ERROR_VALUE, _("`%s` may not sign a %s as it is; `kijun root show` lists who may"), who, what);
    for (guint i = edit->lines->len; i-- > 0;)
        if (strcmp(((const Line *)edit->lines->pdata[i])->key, "may") == 0 &&
            strcmp(((const Line *)edit->lines->pdata[i])->value, line) == 0)
            g_ptr_array_remove_index(edit->lines, i);
    return TRUE;
}

static gboolean add_key(KjRootEdit *edit, const char *line, const char *who, const char *file, GError **error) {
    g_autoptr(KjKey) key = kj_sign_read_public(file, error);
    g_autofree char *text = key ? kj_key_line(key) : NULL;
    if (text)
        add_line(edit, line, g_strdup_printf("%s %s", who, text));
    return text != NULL;
}

static gboolean apply_person(KjRootEdit *edit, const char *who, const char *file, GError **error) {
    return add_key(edit, "key", who, file, error);
}

static gboolean apply_signer(KjRootEdit *edit, const char *who, const char *file, GError **error) {
    if (!add_key(edit, "key", who, file, error))
        return FALSE;
    add_line(edit, "may", g_strdup_printf("root %s", who));
    add_line(edit, "may", g_strdup_printf("release %s", who));
    return TRUE;
}

static gboolean apply_recovery(KjRootEdit *edit, const char *who, const char *file, GError **error) {
    return add_key(edit, "recovery", who, file, error);
}

static gboolean apply_may(KjRootEdit *edit, const char *what, const char *who, GError **error) {
    if (!has_lines(edit, "key", 0, who))
        return fail_stranger(who, error);
    add_line(edit, "may", g_strdup_printf("%s %s", what, who));
    return TRUE;
}

static gboolean apply_threshold(KjRootEdit *edit, const char *what, const char *count, GError **error) {
    (void)error;
    remove_lines(edit, "threshold", 0, what);
    add_line(edit, "threshold", g_strdup_printf("%s %s", what, count));
    return TRUE;
}

static gboolean apply_deputy(KjRootEdit *edit, const char *who, const char *deputies, GError **error) {
    g_auto(GStrv) names = g_strsplit(deputies, ",", -1);
    if (!has_lines(edit, "key", 0, who))
        return fail_stranger(who, error);
    for (guint i = 0; names[i]; i++)
        if (*names[i] && !has_lines(edit, "key", 0, names[i]))
            return fail_stranger(names[i], error);
    set_deputies(edit, who, (const char *const *)names);
    return TRUE;
}

static gboolean apply_expires(KjRootEdit *edit, const char *instant, const char *unused, GError **error) {
    (void)unused;
    (void)error;
    for (guint i = edit->lines->len; i-- > 0;)
        if (strcmp(((const Line *)edit->lines->pdata[i])->key, "expires") == 0)
            g_ptr_array_remove_index(edit->lines, i);
    add_line(edit, "expires", g_strdup(instant));
    return TRUE;
}

static const char *const signed_things[] = { "root", "release", NULL }, *const counted_things[] = { "root", "release", "recovery", NULL };

static const struct {
    gboolean (*apply)(KjRootEdit *edit, const char *left, const char *right, GError **error);
    const char *form;          /* with a `=` when it has two sides */
    const char *const *things; /* what may stand on the left; NULL: anything */
} steps[KJ_ROOT_EDITS] = {
    [KJ_ROOT_EDIT_REMOVE] = { apply_remove, "NAME", NULL },
    [KJ_ROOT_EDIT_REVOKE] = { apply_revoke, "FINGERPRINT=SERIAL", NULL },
    [KJ_ROOT_EDIT_MAY_NOT] = { apply_may_not, "root=NAME", signed_things },
    [KJ_ROOT_EDIT_SIGNER] = { apply_signer, "NAME=KEYFILE", NULL },
    [KJ_ROOT_EDIT_PERSON] = { apply_person, "NAME=KEYFILE", NULL },
    [KJ_ROOT_EDIT_RECOVERY] = { apply_recovery, "NAME=KEYFILE", NULL },
    [KJ_ROOT_EDIT_MAY] = { apply_may, "root=NAME", signed_things },
    [KJ_ROOT_EDIT_THRESHOLD] = { apply_threshold, "root=N", counted_things },
    [KJ_ROOT_EDIT_DEPUTY] = { apply_deputy, "NAME=FIRST,SECOND", NULL },
    [KJ_ROOT_EDIT_EXPIRES] = { apply_expires, "2027-11-22T09:00:00Z", NULL },
};

gboolean kj_root_edit_apply(KjRootEdit *edit, KjRootEditKind kind, const char *argument, GError **error) {
    const char *equals = strchr(steps[kind].form, '=') ? strchr(argument, '=') : argument + strlen(argument);
    gboolean good = equals && equals > argument && (!*equals || equals[1] || kind == KJ_ROOT_EDIT_DEPUTY);
    g_autofree char *left = good ? g_strndup(argument, (gsize)(equals - argument)) : NULL;
    if (good && steps[kind].things && !g_strv_contains(steps[kind].things, left)) {
        g_autofree char *things = g_strjoinv(_(", "), (char **)steps[kind].things);
        return kj_fail(error, KJ_ERROR_VALUE, _("`%s` is no thing of a root; it has %s"), left, things);
    }
    return good ? steps[kind].apply(edit, left, *equals ? equals + 1 : "", error)
                : kj_fail(error, KJ_ERROR_VALUE, _("write %s, not `%s`"), steps[kind].form, argument);
}

/* ---- begin and end ---- */

KjRootEdit *kj_root_edit_new(const KjRoot *before) {
    KjRootEdit *edit = g_new(KjRootEdit, 1);
    *edit = (KjRootEdit){ before, g_ptr_array_new_with_free_func(line_free) };
    for (guint i = 0; before && i < G_N_ELEMENTS(kept); i++)
        for (const char *const *value = kj_statement_list(kj_root_statement(before), kept[i]); *value; value++)
            add_line(edit, kept[i], g_strdup(*value));
    return edit;
}

void kj_root_edit_free(KjRootEdit *edit) {
    if (!edit)
        return;
    g_ptr_array_unref(edit->lines);
    g_free(edit);
}

guint kj_root_edit_count(const KjRootEdit *edit, const char *what) {
    g_autoptr(GHashTable) people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        const char *space = strchr(line->value, ' ');
        if (strcmp(line->key, "recovery") == 0 && strcmp(what, "recovery") == 0)
            g_hash_table_add(people, g_strndup(line->value, (gsize)(space - line->value)));
        else if (strcmp(line->key, "may") == 0 && has_word(line->value, 0, what))
            g_hash_table_add(people, g_strdup(space + 1));
    }
    return g_hash_table_size(people);
}

gboolean kj_root_edit_has_threshold(const KjRootEdit *edit, const char *what) {
    return has_lines(edit, "threshold", 0, what);
}

static gboolean changes(const KjRootEdit *edit) {
    guint same = 0, before = 0;
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
        for (const char *const *value = kj_statement_list(kj_root_statement(edit->before), kept[i]); *value; value++, before++)
            same += has_line(edit, kept[i], *value);
    return same != before || edit->lines->len != before;
}

/* A root keeps its statement, so the one that is judged is another of the same bytes. */
static gboolean holds_together(const KjStatement *statement, GError **error) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    KjStatement *again = kj_statement_parse(bytes, length, error);
    g_autoptr(KjRoot) root = again ? kj_root_new(again, error) : NULL;
    return root != NULL;
}

KjStatement *kj_root_edit_finish(const KjRootEdit *edit, const char *signer, gint64 date, GError **error) {
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autofree char *version = g_strdup_printf("%" PRIu64, edit->before ? (uint64_t)kj_root_version(edit->before) + 1 : 1),
                    *today = kj_statement_date(date);
    const KjStatementValue own[] = { { "signer", signer },
                                     { "previous", edit->before ? kj_statement_digest(kj_root_statement(edit->before)) : "none" },
                                     { "date", today },
                                     { "version", version } };
    if (edit->before && !changes(edit)) {
        kj_fail(error, KJ_ERROR_VALUE, _("nothing is to change; say what with --signer, --remove, --threshold and so on"));
        return NULL;
    }
    g_array_append_vals(values, own, G_N_ELEMENTS(own));
    for (guint i = 0; i < edit->lines->len; i++) {
        const Line *line = edit->lines->pdata[i];
        g_array_append_val(values, ((KjStatementValue){ line->key, line->value }));
    }
    g_autoptr(KjStatement) statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len,
                                                        error);
    if (!statement || !holds_together(statement, error))
        return NULL;
    if (kj_statement_instant(statement, "expires") > date)
        return g_steal_pointer(&statement);
    kj_fail(error, KJ_ERROR_VALUE, _("the root would have expired already, on %s; add --expires"), kj_statement_get(statement, "expires"));
    return NULL;
}
