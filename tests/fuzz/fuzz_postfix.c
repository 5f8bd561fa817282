/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a client of Postfix's policy delegation protocol might send them, against a plain reading of the same rules: lines cut at line
 * ends, `=` looked for in each. What is read must not depend on where the bytes were cut in pieces on their way: of the front of a request
 * nothing is known yet, more bytes behind a whole one or a broken one change nothing.
 */
#include <string.h>

#include "../../runtime/daemon/postfix_read.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "postfix", "postfix.dict", 4096 };

typedef struct {
    KjPostfixReading reading;
    gsize length;
    char *values[5];
} Plain;

static const char *const names[5] = { "protocol_state", "instance", "queue_id", "recipient", "recipient_count" };

/* One line of `length` bytes; FALSE where it can be none. */
static gboolean read_plain_line(Plain *plain, const char *line, gsize length, char **kind) {
    gsize equals = 0;
    while (equals < length && line[equals] != '=')
        equals++;
    if (equals == length || equals == 0)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (line[i] == 0)
            return FALSE;
    g_autofree char *name = g_strndup(line, equals), *value = g_strndup(line + equals + 1, length - equals - 1);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0 && !plain->values[i])
            plain->values[i] = g_strdup(value);
    if (strcmp(name, "request") == 0 && !*kind)
        *kind = g_steal_pointer(&value);
    return TRUE;
}

static void read_plain(Plain *plain, const char *bytes, gsize size) {
    g_autofree char *kind = NULL;
    guint lines = 0;
    gsize begin = 0;
    for (gsize at = 0; at < size; at++) {
        if (bytes[at] != '\n')
            continue;
        if (at == begin) {
            plain->length = at + 1;
            plain->reading = kind && strcmp(kind, "smtpd_access_policy") == 0 ? KJ_POSTFIX_WHOLE : KJ_POSTFIX_BROKEN;
            return;
        }
        if (lines++ >= KJ_POSTFIX_LINES_MAX || at - begin > KJ_POSTFIX_LINE_MAX || !read_plain_line(plain, bytes + begin, at - begin, &kind)) {
            plain->reading = KJ_POSTFIX_BROKEN;
            return;
        }
        begin = at + 1;
    }
    gboolean more = size > begin;
    plain->reading = (more && lines >= KJ_POSTFIX_LINES_MAX) || size - begin > KJ_POSTFIX_LINE_MAX || size >= KJ_POSTFIX_REQUEST_MAX ? KJ_POSTFIX_BROKEN
                                                                                                                                    : KJ_POSTFIX_PART;
}

static void compare(const char *bytes, gsize size) {
    KjPostfixRequest request;
    Plain plain = { .reading = 0 };
    const char *problem;
    KjPostfixReading reading = kj_postfix_read(bytes, size, &request, &problem);
    read_plain(&plain, bytes, size);
    g_assert_cmpint(reading, ==, plain.reading);
    g_assert_true((reading == KJ_POSTFIX_BROKEN) == (problem != NULL));
    const KjSlice slices[5] = { request.state, request.instance, request.queue, request.recipient, request.recipient_count };
    for (guint i = 0; i < G_N_ELEMENTS(names) && reading == KJ_POSTFIX_WHOLE; i++) {
        g_assert_true((slices[i].text != NULL) == (plain.values[i] != NULL));
        if (slices[i].text) {
            g_assert_true(slices[i].text >= bytes && slices[i].text + slices[i].length < bytes + request.length);
            g_assert_cmpuint(slices[i].length, ==, strlen(plain.values[i]));
            g_assert_true(kj_slice_is(slices[i], plain.values[i]));
        }
    }
    if (reading == KJ_POSTFIX_WHOLE)
        g_assert_cmpuint(request.length, ==, plain.length);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_free(plain.values[i]);
}

/* The first `cut` bytes alone, in a block of their own. */
static KjPostfixReading read_front(const guint8 *data, gsize cut, gsize *length) {
    g_autofree char *front = g_memdup2(data, MAX(cut, 1));
    KjPostfixRequest request;
    const char *problem;
    KjPostfixReading reading = kj_postfix_read(front, cut, &request, &problem);
    *length = request.length;
    return reading;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    KjPostfixReading before = KJ_POSTFIX_PART;
    gsize length_before = 0, step = MAX(size / 16, 1);
    compare((const char *)data, size);
    for (gsize cut = 0; cut <= size; cut += step) {
        gsize length;
        KjPostfixReading reading = read_front(data, cut, &length);
        if (before != KJ_POSTFIX_PART) {
            g_assert_cmpint(reading, ==, before);
            g_assert_cmpuint(length, ==, length_before);
        }
        before = reading;
        length_before = length;
    }
    return 0;
}
