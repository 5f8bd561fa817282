/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements as strangers might send them. What is read has one spelling: written again from its values, given in the opposite order, it is the same bytes
 * and the same digest. And nothing in it hides or moves on a screen, for these are the bytes that a person signs.
 */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/statement.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "statement", "statement.dict", 4096 };

static void check_shown(const char *text) {
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        GUnicodeType type = g_unichar_type(g_utf8_get_char(at));
        g_assert_true(*at == '\n' || (type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT && type != G_UNICODE_LINE_SEPARATOR &&
                                      type != G_UNICODE_PARAGRAPH_SEPARATOR));
    }
}

/* The values as they stand in the text, the last first: behind `kind:`, which is not one of them. */
static GArray *values_of(const KjStatement *statement, char **lines) {
    GArray *values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    for (guint i = g_strv_length(lines) - 1; i-- > 1;) {
        char *colon = strstr(lines[i], ": ");
        g_assert_nonnull(colon);
        *colon = '\0';
        KjStatementValue value = { lines[i], colon + 2 };
        g_assert_true(g_strv_contains(kj_statement_list(statement, value.key), value.value));
        g_array_append_val(values, value);
    }
    return values;
}

static void check_again(const KjStatement *statement, const char *text, gsize size) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GArray) values = values_of(statement, lines);
    g_autoptr(KjStatement) again =
        kj_statement_new(kj_statement_kind(statement), (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) given = g_bytes_new(text, size);
    g_assert_true(g_bytes_equal(kj_statement_bytes(again), given) && g_bytes_equal(kj_statement_bytes(statement), given));
    g_assert_cmpstr(kj_statement_digest(again), ==, kj_statement_digest(statement));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = kj_statement_parse((const char *)data, size, &error);
    g_assert_true((statement == NULL) == (error != NULL));
    if (!statement) {
        g_assert_true(g_error_matches(error, KJ_ERROR, KJ_ERROR_VALUE) && g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *date = kj_statement_date(kj_statement_instant(statement, "date"));
    g_assert_cmpuint(strlen(text), ==, size);
    g_assert_cmpstr(date, ==, kj_statement_get(statement, "date"));
    check_shown(text);
    check_again(statement, text, size);
    return 0;
}
