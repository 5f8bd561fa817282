/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One change in the words of nsupdate(1) to the fields of the domain:
 *
 *     key dhcp                                          (the name alone: a secret has no place in a request)
 *     zone example.go.jp
 *     update add www.example.go.jp 3600 A 192.0.2.1     or: update delete www.example.go.jp A
 *
 * A reader answers for the meaning of what it hands on. DNS names are the same in capital and small letters, with and without the last dot, but
 * values of a policy are compared exactly; so names are brought to one form here. What is not understood is an error, never passed over: an
 * error denies.
 */
#include <string.h>

#include "dns.h"

static gboolean refuse(GError **error, const char *why) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "not a change: %s", why);
    return FALSE;
}

/* "WWW.Example.GO.JP." is www.example.go.jp. */
static char *canonical(const char *name) {
    char *text = g_ascii_strdown(name, -1);
    gsize length = strlen(text);
    if (length > 1 && text[length - 1] == '.')
        text[length - 1] = 0;
    return text;
}

static gboolean lies_in(const char *name, const char *zone) {
    gsize length = strlen(name), tail = strlen(zone);
    return strcmp(name, zone) == 0 || (length > tail && name[length - tail - 1] == '.' && strcmp(name + length - tail, zone) == 0);
}

static gboolean set_name(KjRequestSink *sink, const char *field, const char *name, GError **error) {
    g_autofree char *text = canonical(name);
    return sink->set(sink, field, text, error);
}

/* "add www.example.go.jp 3600 A 192.0.2.1" or "delete www.example.go.jp A", as words; what follows the type is the record's data. */
static gboolean set_update(KjRequestSink *sink, char **words, guint count, const char *zone, GError **error) {
    gboolean add = count > 0 && strcmp(words[0], "add") == 0;
    if (!add && (count == 0 || strcmp(words[0], "delete") != 0))
        return refuse(error, "an update says `add` or `delete`");
    if (count < (add ? 5u : 3u))
        return refuse(error, add ? "`update add` takes a name, a TTL, a type and data" : "`update delete` takes a name and a type");
    g_autofree char *name = canonical(words[1]), *record = g_ascii_strup(words[add ? 3 : 2], -1);
    if (!lies_in(name, zone))
        return refuse(error, "the name is not in the zone");
    return sink->set(sink, "action", words[0], error) && sink->set(sink, "name", name, error) && sink->set(sink, "record", record, error) &&
           (!add || sink->set(sink, "ttl", words[2], error));
}

/* The words of a line, without the empty ones that several blanks leave. */
static guint compact(char **words) {
    guint count = 0;
    for (char **word = words; *word; word++) {
        if (**word)
            words[count++] = *word;
        else
            g_free(*word);
    }
    words[count] = NULL;
    return count;
}

typedef struct {
    char *key, *zone, *update; /* each line once */
} Lines;

static gboolean take_line(Lines *lines, const char *line, GError **error) {
    static const char *const commands[] = { "key ", "zone ", "update " };
    char **places[] = { &lines->key, &lines->zone, &lines->update };
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!g_str_has_prefix(line, commands[i]))
            continue;
        if (*places[i])
            return refuse(error, "a line stands there twice; a request is one change");
        *places[i] = g_strstrip(g_strdup(line + strlen(commands[i])));
        return **places[i] && (i == 2 || !strpbrk(*places[i], " \t")) ? TRUE : refuse(error, "`key` and `zone` take one name");
    }
    return *line == 0 || strcmp(line, "send") == 0 ? TRUE : refuse(error, "a line is none of key, zone, update, send");
}

gboolean dns_read_change(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    if (memchr(bytes, 0, length))
        return refuse(error, "it has a NUL byte");
    g_autofree char *text = g_strndup(bytes, length);
    g_auto(GStrv) all = g_strsplit(text, "\n", -1);
    Lines lines = { NULL, NULL, NULL };
    gboolean good = TRUE;
    for (char **line = all; *line && good; line++)
        good = take_line(&lines, g_strstrip(*line), error);
    g_autofree char *key = lines.key, *zone = lines.zone ? canonical(lines.zone) : NULL, *update = lines.update;
    g_free(lines.zone);
    if (!good)
        return FALSE;
    if (!zone || !update)
        return refuse(error, "it needs a `zone` and an `update`");
    g_auto(GStrv) words = g_strsplit_set(update, " \t", -1);
    guint count = compact(words);
    /* Without a key the required field stays missing, and the decision is an error. */
    return (!key || set_name(sink, "key", key, error)) && sink->set(sink, "origin", zone, error) && set_update(sink, words, count, zone, error);
}
