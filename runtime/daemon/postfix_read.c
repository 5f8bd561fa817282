/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a policy delegation request where it lies.
 *
 * The bytes are a stranger's. Nothing is copied, nothing is allocated; a line end is looked for only within what has come. A request is
 * broken at the first line that cannot be right, and not only when it is whole: who sends nonsense is not waited for.
 */
#include "postfix_read.h"

#include <string.h>

#include <kijun/translate.h>

static gboolean is(KjSlice slice, const char *text, gsize length) {
    return slice.text && slice.length == length && memcmp(slice.text, text, length) == 0;
}

gboolean kj_slice_is(KjSlice slice, const char *text) {
    return is(slice, text, strlen(text));
}

#define NAME(TEXT) TEXT, sizeof TEXT - 1

static const struct {
    const char *name;
    gsize length, offset;
} attributes[] = {
    { NAME("protocol_state"), G_STRUCT_OFFSET(KjPostfixRequest, state) },
    { NAME("instance"), G_STRUCT_OFFSET(KjPostfixRequest, instance) },
    { NAME("queue_id"), G_STRUCT_OFFSET(KjPostfixRequest, queue) },
    { NAME("recipient"), G_STRUCT_OFFSET(KjPostfixRequest, recipient) },
    { NAME("recipient_count"), G_STRUCT_OFFSET(KjPostfixRequest, recipient_count) },
};

static gboolean keep(KjPostfixRequest *request, KjSlice name, KjSlice value) {
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
        KjSlice *slice = &G_STRUCT_MEMBER(KjSlice, request, attributes[i].offset);
        if (is(name, attributes[i].name, attributes[i].length) && !slice->text)
            *slice = value;
    }
    return kj_slice_is(name, "request");
}

/* One line without its end. *problem stays NULL where it is an attribute. */
static void read_line(KjPostfixRequest *request, const char *line, gsize length, KjSlice *kind, const char **problem) {
    const char *equals = memchr(line, '=', length);
    if (!equals || equals == line) {
        *problem = N_("a line has no name before `=`");
        return;
    }
    KjSlice name = { line, (gsize)(equals - line) }, value = { equals + 1, length - name.length - 1 };
    if (keep(request, name, value) && !kind->text)
        *kind = value;
}

/* What was read of `length` bytes, all of them lines that are whole. */
static KjPostfixReading judge(const char *bytes, gsize length, KjPostfixReading reading, KjSlice kind, const char **problem) {
    if (memchr(bytes, 0, length))
        *problem = N_("it has a NUL byte");
    else if (reading == KJ_POSTFIX_WHOLE && !kj_slice_is(kind, "smtpd_access_policy"))
        *problem = N_("the line `request=smtpd_access_policy` is missing");
    return *problem ? KJ_POSTFIX_BROKEN : reading;
}

KjPostfixReading kj_postfix_read(const char *bytes, gsize length, KjPostfixRequest *request, const char **problem) {
    KjSlice kind = { NULL, 0 };
    gsize at = 0;
    memset(request, 0, sizeof *request);
    *problem = NULL;
    for (guint lines = 0; at < length; lines++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        gsize line = end ? (gsize)(end - bytes) - at : length - at;
        if (end && line == 0) {
            KjPostfixReading reading = judge(bytes, at, KJ_POSTFIX_WHOLE, kind, problem);
            request->length = reading == KJ_POSTFIX_WHOLE ? at + 1 : 0;
            return reading;
        }
        if (line > KJ_POSTFIX_LINE_MAX)
            *problem = N_("a line is too long");
        else if (lines >= KJ_POSTFIX_LINES_MAX)
            *problem = N_("it has too many lines");
        else if (end)
            read_line(request, bytes + at, line, &kind, problem);
        if (*problem)
            return KJ_POSTFIX_BROKEN;
        if (!end)
            break;
        at += line + 1;
    }
    if (length >= KJ_POSTFIX_REQUEST_MAX)
        *problem = N_("it is too long");
    return judge(bytes, at, KJ_POSTFIX_PART, kind, problem);
}
