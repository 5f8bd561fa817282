/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of kinds and keys; reading and writing walk along it.
 *
 * Reading is a single pass: the keys of the kind in order, for each as many lines as it may have. What is written is read back before it is
 * handed out, so that there is one judge of what a statement is.
 */
#include "statement.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "signature.h"

typedef enum {
    SORT_TEXT = 1, /* one line of text */
    SORT_NAME,     /* letters, digits, `_`, `-`, `.`: people, contexts, groups, blocks, domains */
    SORT_UNIT,     /* a NAME, or `*`: the rest of the workspace */
    SORT_DIGEST,   /* SHA-256, 64 hexadecimal digits, or `none` */
    SORT_INSTANT,
    SORT_NUMBER,
    SORT_VERDICT,
    SORT_TRUTH,    /* yes, no */
    SORT_STANCE,   /* for, against, neutral */
    SORT_KEY,      /* NAME and a public key */
    SORT_SEATS,    /* NAME (what for) and NUMBER (how many) */
    SORT_SEAT,     /* NAME (what for) and NAME (who) */
    SORT_DEPUTY,   /* NAME, NUMBER (who comes first), NAME */
    SORT_HEAD,     /* fingerprint and DIGEST */
    SORT_END,      /* fingerprint and NUMBER: from this release on */
    SORT_PIN,      /* NAME or UNIT, and DIGEST */
    SORT_CHANGE,   /* UNIT, DIGEST before, DIGEST after, VERDICT, TRUTH (weakens) */
} Sort;

enum { OPTIONAL = 1u << 0, MANY = 1u << 1 };

typedef struct {
    const char *name;
    Sort sort;
    guint flags;
} Key;

#define KEYS_MAX 20

/* Every kind begins so. */
#define HEAD { "signer", SORT_NAME, 0 }, { "previous", SORT_DIGEST, 0 }, { "date", SORT_INSTANT, 0 }

static const struct {
    const char *name;
    Key keys[KEYS_MAX];
} kinds[KJ_STATEMENT_KINDS] = {
    [KJ_STATEMENT_ROOT] = { "root",
        { HEAD, { "version", SORT_NUMBER, 0 }, { "expires", SORT_INSTANT, 0 }, { "key", SORT_KEY, MANY }, { "revoked", SORT_END, OPTIONAL | MANY },
          { "may", SORT_SEAT, MANY }, { "threshold", SORT_SEATS, MANY }, { "deputy", SORT_DEPUTY, OPTIONAL | MANY }, { "recovery", SORT_KEY, OPTIONAL | MANY },
          { NULL, 0, 0 } } },
    [KJ_STATEMENT_PROPOSAL] = { "proposal",
        { HEAD, { "context", SORT_NAME, 0 }, { "title", SORT_TEXT, 0 }, { "author", SORT_NAME, MANY }, { "change", SORT_CHANGE, MANY }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_APPROVAL] = { "approval",
        { HEAD, { "context", SORT_NAME, 0 }, { "unit", SORT_UNIT, 0 }, { "base", SORT_DIGEST, 0 }, { "result", SORT_DIGEST, 0 },
          { "schema", SORT_PIN, OPTIONAL | MANY }, { "verdict", SORT_VERDICT, 0 }, { "weakens", SORT_TRUTH, 0 }, { "expires", SORT_INSTANT, 0 },
          { "overrules", SORT_DIGEST, OPTIONAL | MANY }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_VETO] = { "veto",
        { HEAD, { "context", SORT_NAME, 0 }, { "unit", SORT_UNIT, 0 }, { "result", SORT_DIGEST, 0 }, { "reason", SORT_TEXT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_WITHDRAWAL] = { "withdrawal", { HEAD, { "statement", SORT_DIGEST, 0 }, { "reason", SORT_TEXT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_COMMENT] = { "comment",
        { HEAD, { "context", SORT_NAME, 0 }, { "unit", SORT_UNIT, 0 }, { "result", SORT_DIGEST, 0 }, { "text", SORT_TEXT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_OPINION] = { "opinion",
        { HEAD, { "context", SORT_NAME, 0 }, { "unit", SORT_UNIT, 0 }, { "result", SORT_DIGEST, 0 }, { "stance", SORT_STANCE, 0 },
          { "asked", SORT_TRUTH, 0 }, { "text", SORT_TEXT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_RECORD] = { "record",
        { HEAD, { "context", SORT_NAME, 0 }, { "unit", SORT_UNIT, 0 }, { "base", SORT_DIGEST, 0 }, { "result", SORT_DIGEST, 0 },
          { "verdict", SORT_VERDICT, 0 }, { "weakens", SORT_TRUTH, 0 }, { "document", SORT_TEXT, 0 }, { "decided", SORT_INSTANT, 0 },
          { "by", SORT_NAME, MANY }, { "expires", SORT_INSTANT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_DELEGATION] = { "delegation",
        { HEAD, { "to", SORT_NAME, 0 }, { "group", SORT_NAME, 0 }, { "unit", SORT_UNIT, OPTIONAL | MANY }, { "from", SORT_INSTANT, 0 },
          { "until", SORT_INSTANT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_RELEASE] = { "release",
        { HEAD, { "context", SORT_NAME, 0 }, { "serial", SORT_NUMBER, 0 }, { "before", SORT_DIGEST, 0 }, { "root", SORT_NUMBER, 0 },
          { "title", SORT_TEXT, 0 }, { "expires", SORT_INSTANT, 0 }, { "unit", SORT_PIN, MANY }, { "enforces", SORT_UNIT, MANY },
          { "change", SORT_CHANGE, OPTIONAL | MANY }, { "relies", SORT_DIGEST, OPTIONAL | MANY }, { "head", SORT_HEAD, OPTIONAL | MANY }, { "emergency", SORT_DIGEST, OPTIONAL }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_EMERGENCY] = { "emergency",
        { HEAD, { "context", SORT_NAME, 0 }, { "change", SORT_CHANGE, MANY }, { "reason", SORT_TEXT, 0 }, { "until", SORT_INSTANT, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_RATIFY] = { "ratify", { HEAD, { "context", SORT_NAME, 0 }, { "emergency", SORT_DIGEST, 0 }, { NULL, 0, 0 } } },
    [KJ_STATEMENT_HEARTBEAT] = { "heartbeat",
        { HEAD, { "context", SORT_NAME, 0 }, { "serial", SORT_NUMBER, 0 }, { "release", SORT_DIGEST, 0 }, { NULL, 0, 0 } } },
};

struct KjStatement {
    KjStatementKind kind;
    GBytes *bytes;
    char digest[65];
    GPtrArray *values[KEYS_MAX]; /* char *, NULL-terminated */
};

/* ---- values ---- */

#define TEXT_MAX 4000u
#define NAME_MAX_BYTES 255u

static gboolean is_text(const char *value) {
    gsize length = strlen(value);
    if (length == 0 || length > TEXT_MAX || value[0] == ' ' || value[length - 1] == ' ')
        return FALSE;
    for (const char *at = value; *at; at = g_utf8_next_char(at)) {
        GUnicodeType type = g_unichar_type(g_utf8_get_char(at));
        if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR ||
            type == G_UNICODE_PARAGRAPH_SEPARATOR)
            return FALSE; /* nothing in it may hide or move on a screen */
    }
    return TRUE;
}

static gboolean is_name(const char *value) {
    if (!*value || strlen(value) > NAME_MAX_BYTES || strchr("-.", *value))
        return FALSE;
    for (const char *at = value; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        if (!g_unichar_isalnum(character) && !g_unichar_ismark(character) && (character > 0x7f || !strchr("_-.@", (int)character)))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_unit(const char *value) {
    return strcmp(value, "*") == 0 || is_name(value);
}

static gboolean is_digest(const char *value) {
    return strcmp(value, "none") == 0 || (strlen(value) == 64 && strspn(value, "0123456789abcdef") == 64);
}

static gboolean is_number(const char *value) {
    return *value && strlen(value) <= 18 && strspn(value, "0123456789") == strlen(value) && (value[0] != '0' || !value[1]);
}

static gint64 instant_of(const char *value) {
    g_autoptr(GDateTime) moment = g_date_time_new_from_iso8601(value, NULL);
    return moment ? g_date_time_to_unix(moment) : -1;
}

static gboolean is_instant(const char *value) {
    gint64 seconds = strlen(value) == strlen("2026-11-22T09:00:00Z") ? instant_of(value) : -1;
    g_autofree char *again = seconds < 0 ? NULL : kj_statement_date(seconds);
    return again && strcmp(again, value) == 0;
}

static gboolean is_one_of(const char *value, const char *const *values) {
    return g_strv_contains(values, value);
}

static gboolean is_verdict(const char *value) {
    static const char *const verdicts[] = { "equal", "editorial", "restated", "narrows", "widens", "mixed", NULL };
    return is_one_of(value, verdicts);
}

static gboolean is_truth(const char *value) {
    static const char *const truths[] = { "yes", "no", NULL };
    return is_one_of(value, truths);
}

static gboolean is_stance(const char *value) {
    static const char *const stances[] = { "for", "against", "neutral", NULL };
    return is_one_of(value, stances);
}

/* 43 digits of base64, as ssh-keygen -l prints them. */
static gboolean is_fingerprint(const char *value) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", prefix[] = "SHA256:";
    return g_str_has_prefix(value, prefix) && strlen(value) == strlen(prefix) + 43 && strspn(value + strlen(prefix), digits) == 43;
}

static gboolean is_key(const char *value) {
    g_autoptr(KjKey) key = kj_key_parse(value, NULL);
    g_autofree char *line = key ? kj_key_line(key) : NULL;
    return line && strcmp(line, value) == 0;
}

typedef gboolean (*Judge)(const char *value);

/* A value of each sort is so many words, each of which its judge accepts; the last takes the rest of the line. */
static const struct {
    Judge words[6];
    const char *form;
} sorts[] = {
    [SORT_TEXT] = { { is_text }, N_("one line of text without control characters") },
    [SORT_NAME] = { { is_name }, N_("a name") },
    [SORT_UNIT] = { { is_unit }, N_("`module.block`, or `*`") },
    [SORT_DIGEST] = { { is_digest }, N_("a SHA-256 as 64 small hexadecimal digits, or `none`") },
    [SORT_INSTANT] = { { is_instant }, N_("an instant like 2026-11-22T09:00:00Z") },
    [SORT_NUMBER] = { { is_number }, N_("a whole number") },
    [SORT_VERDICT] = { { is_verdict }, N_("equal, editorial, restated, narrows, widens or mixed") },
    [SORT_TRUTH] = { { is_truth }, N_("yes or no") },
    [SORT_STANCE] = { { is_stance }, N_("for, against or neutral") },
    [SORT_KEY] = { { is_name, is_key }, N_("a name and a public key") },
    [SORT_SEATS] = { { is_name, is_number }, N_("what for, and how many") },
    [SORT_SEAT] = { { is_name, is_name }, N_("what for, and who") },
    [SORT_DEPUTY] = { { is_name, is_number, is_name }, N_("for whom, in which order, and who") },
    [SORT_END] = { { is_fingerprint, is_number }, N_("a key's fingerprint, and the release from which on it is not good any more") },
    [SORT_HEAD] = { { is_fingerprint, is_digest }, N_("a key's fingerprint and a SHA-256") },
    [SORT_PIN] = { { is_unit, is_digest }, N_("a name and a SHA-256") },
    [SORT_CHANGE] = { { is_unit, is_digest, is_digest, is_verdict, is_truth },
                      N_("a unit, two SHA-256, the verdict, and `yes` if it weakens") },
};

static gboolean is_of_sort(Sort sort, const char *value) {
    guint count = 0;
    while (count < G_N_ELEMENTS(sorts[sort].words) && sorts[sort].words[count])
        count++;
    g_auto(GStrv) words = g_strsplit(value, " ", (int)count);
    if (g_strv_length(words) != count)
        return FALSE;
    for (guint i = 0; i < count; i++)
        if (!sorts[sort].words[i](words[i]))
            return FALSE;
    return TRUE;
}

/* ---- reading ---- */

typedef struct {
    char **lines; /* each without its newline; the last is "" */
    guint at;
    GError **error;
} Reading;

/* Takes `what`. */
static gboolean fail_at(Reading *reading, char *what) {
    g_set_error(reading->error, KJ_ERROR, KJ_ERROR_VALUE, _("line %u of the statement: %s"), reading->at + 1, what);
    g_free(what);
    return FALSE;
}

/* The value of the line that comes next, if it is of this key; else NULL. */
static const char *next_value(const Reading *reading, const char *key) {
    const char *line = reading->lines[reading->at];
    gsize length = strlen(key);
    return line && strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0 ? line + length + 2 : NULL;
}

static gboolean read_key(Reading *reading, const Key *key, GPtrArray *values) {
    const char *value;
    while ((value = next_value(reading, key->name))) {
        const char *last = values->len ? values->pdata[values->len - 1] : NULL;
        if (last && !(key->flags & MANY))
            return fail_at(reading, g_strdup_printf(_("`%s` stands a second time"), key->name));
        if (last && strcmp(last, value) >= 0)
            return fail_at(reading, g_strdup_printf(_("`%s` is not in ascending order"), key->name));
        if (!is_of_sort(key->sort, value))
            return fail_at(reading, g_strdup_printf(_("`%s` must be %s"), key->name, _(sorts[key->sort].form)));
        g_ptr_array_add(values, g_strdup(value));
        reading->at++;
    }
    if (values->len == 0 && !(key->flags & OPTIONAL))
        return fail_at(reading, g_strdup_printf(_("here must stand `%s:` and %s"), key->name, _(sorts[key->sort].form)));
    g_ptr_array_add(values, NULL);
    return TRUE;
}

static KjStatementKind find_kind(const char *name) {
    for (guint kind = KJ_STATEMENT_ROOT; name && kind < KJ_STATEMENT_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return (KjStatementKind)kind;
    return (KjStatementKind)0;
}

static gboolean read_all(Reading *reading, KjStatement *statement) {
    statement->kind = find_kind(next_value(reading, "kind"));
    if (!statement->kind)
        return fail_at(reading, g_strdup(_("here must stand `kind: approval`, or another kind of statement")));
    reading->at++;
    for (guint i = 0; kinds[statement->kind].keys[i].name; i++) {
        statement->values[i] = g_ptr_array_new_with_free_func(g_free);
        if (!read_key(reading, &kinds[statement->kind].keys[i], statement->values[i]))
            return FALSE;
    }
    if (reading->lines[reading->at] && !reading->lines[reading->at][0] && !reading->lines[reading->at + 1])
        return TRUE;
    return fail_at(reading, g_strdup_printf(_("a statement of the kind `%s` has nothing more to say here"), kinds[statement->kind].name));
}

KjStatement *kj_statement_parse(const char *bytes, gsize length, GError **error) {
    if (length == 0 || length > KJ_STATEMENT_MAX || bytes[length - 1] != '\n' || !g_utf8_validate_len(bytes, length, NULL)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("a statement is UTF-8 text of at most %u bytes that ends with a newline"),
                    KJ_STATEMENT_MAX);
        return NULL;
    }
    g_autofree char *text = g_strndup(bytes, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(KjStatement) statement = g_new0(KjStatement, 1);
    Reading reading = { lines, 0, error };
    if (!read_all(&reading, statement))
        return NULL;
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, length);
    statement->bytes = g_bytes_new(bytes, length);
    g_strlcpy(statement->digest, digest, sizeof statement->digest);
    return g_steal_pointer(&statement);
}

void kj_statement_free(KjStatement *statement) {
    if (!statement)
        return;
    for (guint i = 0; i < KEYS_MAX; i++)
        g_clear_pointer(&statement->values[i], g_ptr_array_unref);
    g_clear_pointer(&statement->bytes, g_bytes_unref);
    g_free(statement);
}

KjStatementKind kj_statement_kind(const KjStatement *statement) {
    return statement->kind;
}

const char *kj_statement_kind_name(KjStatementKind kind) {
    return kinds[kind].name;
}

const char *kj_statement_name_space(KjStatementKind kind) {
    static char names[KJ_STATEMENT_KINDS][32];
    static gsize filled;
    if (g_once_init_enter(&filled)) {
        for (guint i = KJ_STATEMENT_ROOT; i < KJ_STATEMENT_KINDS; i++)
            g_snprintf(names[i], sizeof names[i], "kijun-%s@v1", kinds[i].name);
        g_once_init_leave(&filled, 1);
    }
    return names[kind];
}

const char *const *kj_statement_list(const KjStatement *statement, const char *key) {
    const Key *keys = kinds[statement->kind].keys;
    for (guint i = 0; keys[i].name; i++)
        if (strcmp(keys[i].name, key) == 0)
            return (const char *const *)statement->values[i]->pdata;
    g_assert_not_reached();
}

const char *kj_statement_get(const KjStatement *statement, const char *key) {
    return kj_statement_list(statement, key)[0];
}

gint64 kj_statement_instant(const KjStatement *statement, const char *key) {
    const char *value = kj_statement_get(statement, key);
    return value ? instant_of(value) : -1;
}

guint64 kj_statement_number(const KjStatement *statement, const char *key) {
    return g_ascii_strtoull(kj_statement_get(statement, key), NULL, 10);
}

gboolean kj_statement_same_emergency(const KjStatement *a, const KjStatement *b) {
    g_assert(a->kind == KJ_STATEMENT_EMERGENCY && b->kind == KJ_STATEMENT_EMERGENCY);
    return g_strv_equal(kj_statement_list(a, "change"), kj_statement_list(b, "change")) &&
           strcmp(kj_statement_get(a, "until"), kj_statement_get(b, "until")) == 0;
}

GBytes *kj_statement_bytes(const KjStatement *statement) {
    return statement->bytes;
}

const char *kj_statement_digest(const KjStatement *statement) {
    return statement->digest;
}

/* ---- writing ---- */

char *kj_statement_date(gint64 seconds) {
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(seconds);
    return moment ? g_date_time_format(moment, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

KjStatement *kj_statement_new(KjStatementKind kind, const KjStatementValue *values, guint count, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    g_string_append_printf(text, "kind: %s\n", kinds[kind].name);
    for (const Key *key = kinds[kind].keys; key->name; key++) {
        g_ptr_array_set_size(chosen, 0);
        for (guint i = 0; i < count; i++)
            if (values[i].value && strcmp(values[i].key, key->name) == 0)
                g_ptr_array_add(chosen, (gpointer)values[i].value);
        g_ptr_array_sort(chosen, compare_texts);
        for (guint i = 0; i < chosen->len; i++)
            g_string_append_printf(text, "%s: %s\n", key->name, (const char *)chosen->pdata[i]);
    }
    return kj_statement_parse(text->str, text->len, error);
}
