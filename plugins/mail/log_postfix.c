/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Postfix's own log (mail.log) to requests, for `kijun replay`.
 *
 * A message is told in several lines, which have its queue id in common: smtpd says who handed it in, qmgr the sender, the size and how
 * many recipients, a delivery agent each recipient. A recipient's first delivery is the request; it was made when the message came in. A
 * recipient that an alias, a virtual map or a .forward file put there has `orig_to`: that mailbox is its forwarder, and a program sends it
 * on. What smtpd rejected is told in one line. TLS is told of a connection, not of a message, so `tls` stays missing, and so do `hops` and
 * `class`.
 *
 * The open messages are kept in a table with a bound, the oldest given up first; a delivery of a message that is not in it (given up, or
 * begun in an older log) is passed over and counted. A time without a year is the last such one that is not in the future, in the zone of
 * this machine.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/translate.h>

#include "mail.h"

#define OPEN_MOST 65536u     /* messages in Postfix's queue at once */
#define DEFERRED_MOST 262144u /* recipients of all of them that were tried and not reached */
#define DAY_SECONDS 86400

typedef struct {
    GList link; /* in order of coming */
    char *id;
    gint64 instant;
    char *client; /* an address, or NULL */
    gboolean handed_in; /* smtpd told of it */
    gboolean authenticated;
    gboolean known; /* qmgr told of it: */
    char *from;     /* "" the null sender */
    char *size, *recipients;
    GHashTable *deferred; /* recipients, or NULL */
} Message;

typedef struct {
    gint64 now;
    GHashTable *messages; /* id -> Message */
    GQueue order;
    guint deferred;
    char hour[16]; /* "Nov 22 09" */
    gint64 hour_begins;
} Log;

/* What a line is, its pieces pointing into it. */
typedef struct {
    gint64 instant;
    char *id, *text; /* behind the id; NOQUEUE is an id too */
} Entry;

/* ---- messages ---- */

static void message_free(gpointer data) {
    Message *message = data;
    g_free(message->id);
    g_free(message->client);
    g_free(message->from);
    g_free(message->size);
    g_free(message->recipients);
    g_clear_pointer(&message->deferred, g_hash_table_unref);
    g_free(message);
}

static void forget(Log *log, Message *message) {
    log->deferred -= message->deferred ? g_hash_table_size(message->deferred) : 0;
    g_queue_unlink(&log->order, &message->link);
    g_hash_table_remove(log->messages, message->id);
}

static Message *open_message(Log *log, const Entry *entry) {
    Message *message = g_hash_table_lookup(log->messages, entry->id);
    if (message)
        return message;
    if (log->order.length >= OPEN_MOST)
        forget(log, log->order.head->data);
    message = g_new0(Message, 1);
    message->link.data = message;
    message->id = g_strdup(entry->id);
    message->instant = entry->instant;
    g_hash_table_insert(log->messages, message->id, message);
    g_queue_push_tail_link(&log->order, &message->link);
    return message;
}

/* ---- pieces of a line ---- */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* "Nov 22 09:00:01", in the latest year that is not ahead of now by more than a day. */
static gboolean read_old_time(Log *log, const char *line, gint64 *instant) {
    int month = 0, day, hour, minute, second;
    char name[4];
    if (sscanf(line, "%3[A-Za-z] %2d %2d:%2d:%2d", name, &day, &hour, &minute, &second) != 5)
        return FALSE;
    for (const char *at = months; *at && strncmp(at, name, 3) != 0; at += 3)
        month++;
    if (month == 12 || strlen(name) != 3 || minute > 59 || second > 60)
        return FALSE;
    if (strncmp(log->hour, line, 9) != 0) {
        g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(log->now);
        for (int year = g_date_time_get_year(now), tries = 0; tries < 8; tries++, year--) { /* the 29th of February may be that long ago */
            g_autoptr(GDateTime) begin = g_date_time_new_local(year, month + 1, day, hour, 0, 0);
            if (!begin || g_date_time_to_unix(begin) > log->now + DAY_SECONDS)
                continue;
            log->hour_begins = g_date_time_to_unix(begin);
            g_strlcpy(log->hour, line, 10);
            break;
        }
        if (strncmp(log->hour, line, 9) != 0)
            return FALSE;
    }
    *instant = log->hour_begins + minute * 60 + second;
    return TRUE;
}

/* Cuts the line into its pieces: time, host, tag[pid]: id: text. FALSE: none of Postfix's lines about a message. */
static gboolean read_entry(Log *log, char *line, Entry *entry) {
    char *at = line + (g_ascii_isdigit(*line) ? strcspn(line, " ") : MIN(strlen(line), 15));
    if (*at != ' ')
        return FALSE;
    if (g_ascii_isdigit(*line)) {
        *at = 0;
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(line, NULL);
        if (!time)
            return FALSE;
        entry->instant = g_date_time_to_unix(time);
    } else if (!read_old_time(log, line, &entry->instant)) {
        return FALSE;
    }
    char *tag = strchr(at + 1, ' '), *end = tag ? strstr(tag, "]: ") : NULL;
    if (!end || !memchr(tag, '/', (gsize)(end - tag)) || memchr(tag + 1, ' ', (gsize)(end - tag - 1)))
        return FALSE;
    entry->id = end + strlen("]: ");
    gsize length = 0;
    while (g_ascii_isalnum(entry->id[length]))
        length++;
    if (length < 5 || strncmp(entry->id + length, ": ", 2) != 0)
        return FALSE;
    entry->id[length] = 0;
    entry->text = entry->id + length + 2;
    return TRUE;
}

/* The text between `<` and `>` behind a name; a quoted local part may hold either. Free with g_free; NULL if it is not there. */
static char *read_angled(const char *text, const char *name) {
    const char *begin = strstr(text, name), *end;
    gboolean quoted = FALSE;
    if (!begin)
        return NULL;
    begin += strlen(name);
    for (end = begin; *end && (quoted || *end != '>'); end++) {
        if (quoted && *end == '\\' && end[1])
            end++;
        else if (*end == '"')
            quoted = !quoted;
    }
    return *end ? g_strndup(begin, (gsize)(end - begin)) : NULL;
}

/* The digits behind a name. */
static char *read_digits(const char *text, const char *name) {
    const char *begin = strstr(text, name);
    gsize length = begin ? strspn(begin + strlen(name), "0123456789") : 0;
    return length ? g_strndup(begin + strlen(name), length) : NULL;
}

/* The address of `name[address]`; NULL if it is unknown. */
static char *read_client(const char *text) {
    const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
    if (!end || strncmp(begin, "[unknown]", 9) == 0)
        return NULL;
    return g_strndup(begin + 1, (gsize)(end - begin - 1));
}

/* ---- requests ---- */

static gboolean set(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    return !value || !*value || sink->set(sink, field, value, error);
}

/* An address of the original recipient that is another mailbox, not the same one written out ("root" for "root@mx"). */
static gboolean is_forwarded(const char *to, const char *original) {
    return original && strchr(original, '@') && g_ascii_strcasecmp(to, original) != 0;
}

static KjLogLine deliver(Log *log, const Entry *entry, KjRequestSink *sink, gint64 *instant, GError **error) {
    Message *message = g_hash_table_lookup(log->messages, entry->id);
    g_autofree char *to = read_angled(entry->text, "to=<"), *original = read_angled(entry->text, " orig_to=<");
    if (!to || !*to || !strstr(entry->text, " status="))
        return KJ_LOG_LINE_NONE;
    if (!message || !message->known)
        return KJ_LOG_LINE_PASSED;
    if (message->deferred && g_hash_table_contains(message->deferred, to))
        return KJ_LOG_LINE_NONE; /* tried before */
    gboolean forwarded = is_forwarded(to, original);
    *instant = message->instant;
    gboolean good = set(sink, "to", to, error) && set(sink, "from", message->from, error) && set(sink, "size", message->size, error) &&
                    set(sink, "recipients", message->recipients, error) && set(sink, "client", message->client, error) &&
                    set(sink, "forwarder", forwarded ? original : NULL, error) && set(sink, "auto", forwarded ? "true" : NULL, error) &&
                    set(sink, "authenticated", message->handed_in ? (message->authenticated ? "true" : "false") : NULL, error);
    if (strstr(entry->text, " status=deferred ") && log->deferred < DEFERRED_MOST) {
        if (!message->deferred)
            message->deferred = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_add(message->deferred, g_steal_pointer(&to));
        log->deferred++;
    }
    return good ? KJ_LOG_LINE_REQUEST : KJ_LOG_LINE_BAD;
}

/* Where the mark stands outside quotation marks; NULL if nowhere. */
static const char *find_unquoted(const char *text, const char *mark) {
    gboolean quoted = FALSE;
    for (const char *at = text; *at; at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && g_str_has_prefix(at, mark))
            return at;
    }
    return NULL;
}

/* Where sender and recipient stand: behind what the reply refuses, `<...>:`, and before the name the client gave itself. Both hold what a client
 * wrote, the one in quotation marks if it is a local part. A client that names itself `>: ; from=<a@b> to=<c@d>` still tells of a request it
 * did not make, instead of the one it made. */
static const char *find_envelope(const char *text) {
    const char *refused = find_unquoted(text, ">: "), *found = find_unquoted(refused ? refused : text, "; from=<");
    return found ? found : strstr(text, "; from=<"); /* a reply with a single quotation mark */
}

/* "reject: RCPT from name[address]: 554 ...; from=<a> to=<b> proto=ESMTP helo=<c>" */
static KjLogLine reject(const Entry *entry, KjRequestSink *sink, gint64 *instant, GError **error) {
    const char *envelope = find_envelope(entry->text);
    g_autofree char *from = envelope ? read_angled(envelope, "; from=<") : NULL, *to = envelope ? read_angled(envelope, "> to=<") : NULL;
    g_autofree char *client = read_client(entry->text);
    if (envelope && !to)
        to = read_angled(envelope, ">, to=<");
    if (!to || !*to)
        return KJ_LOG_LINE_NONE; /* refused before anything was asked for */
    *instant = entry->instant;
    return set(sink, "to", to, error) && set(sink, "from", from, error) && set(sink, "client", client, error) ? KJ_LOG_LINE_REQUEST
                                                                                                            : KJ_LOG_LINE_BAD;
}

static void hand_in(Log *log, const Entry *entry) {
    Message *message = open_message(log, entry);
    if (message->known) { /* a short queue id that is used again */
        forget(log, message);
        message = open_message(log, entry);
    }
    message->handed_in = g_str_has_prefix(entry->text, "client=");
    message->authenticated = strstr(entry->text, ", sasl_username=") != NULL;
    g_free(message->client);
    message->client = message->handed_in ? read_client(entry->text) : NULL;
}

static void activate(Log *log, const Entry *entry) {
    Message *message = open_message(log, entry);
    if (message->known)
        return; /* tried again */
    message->known = TRUE;
    message->from = read_angled(entry->text, "from=<");
    message->size = read_digits(entry->text, ", size=");
    message->recipients = read_digits(entry->text, ", nrcpt=");
}

static KjLogLine read_line(void *state, const char *line, KjRequestSink *sink, gint64 *instant, GError **error) {
    Log *log = state;
    Entry entry;
    g_autofree char *copy = g_strdup(line);
    if (!read_entry(log, copy, &entry))
        return KJ_LOG_LINE_NONE;
    if (g_str_has_prefix(entry.text, "to=<"))
        return deliver(log, &entry, sink, instant, error);
    if (g_str_has_prefix(entry.text, "reject: ") || g_str_has_prefix(entry.text, "milter-reject: "))
        return reject(&entry, sink, instant, error);
    if (g_str_has_prefix(entry.text, "client=") || g_str_has_prefix(entry.text, "uid="))
        hand_in(log, &entry);
    else if (g_str_has_prefix(entry.text, "from=<") && strstr(entry.text, ", nrcpt="))
        activate(log, &entry);
    else if (strcmp(entry.text, "removed") == 0 && g_hash_table_contains(log->messages, entry.id))
        forget(log, g_hash_table_lookup(log->messages, entry.id));
    return KJ_LOG_LINE_NONE;
}

/* ---- the log ---- */

static void *open_log(gint64 now) {
    Log *log = g_new0(Log, 1);
    log->now = now;
    log->messages = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, message_free);
    g_queue_init(&log->order);
    return log;
}

static void close_log(void *state) {
    Log *log = state;
    g_hash_table_unref(log->messages); /* the links go with the messages */
    g_free(log);
}

static gboolean recognise(const char *bytes, gsize length) {
    g_autofree char *text = g_strndup(bytes, length);
    return strstr(text, " postfix/") != NULL && (g_ascii_isdigit(*text) || g_ascii_isalpha(*text)) && strstr(text, "]: ") != NULL;
}

static const char *const fields[] = { "from", "to", "forwarder", "auto", "size", "recipients", "authenticated", "client", NULL };

const KjLogReaderDefinition kj_mail_log_readers[] = {
    { .name = "postfix",
      .doc = { "Postfix's own log: mail.log.", "Postfix のログ（mail.log）。" },
      .fields = fields, .recognise = recognise, .open = open_log, .read = read_line, .close = close_log },
    { .name = NULL },
};
