/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes where the history of passwords is: refused with a reason, or read, printed and read again as the same. */
#include <string.h>

#include "fuzz.h"
#include "plugins/password/pam/history.h"

const FuzzTarget fuzz_target = { "history", "history.dict", 2048 };

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjHistory) history = kj_history_parse((const char *)data, size, &error);
    g_assert_true((history == NULL) == (error != NULL));
    if (!history)
        return 0;
    g_autoptr(GString) once = g_string_new(NULL), twice = g_string_new(NULL);
    kj_history_print(history, once);
    g_autoptr(KjHistory) again = kj_history_parse(once->str, once->len, &error);
    g_assert_no_error(error);
    kj_history_print(again, twice);
    g_assert_cmpstr(once->str, ==, twice->str);
    guint changes;
    g_assert_true(kj_history_last_used(again, "nobody of this name", "x", &changes, NULL));
    g_assert_cmpuint(changes, ==, 0);
    return 0;
}
