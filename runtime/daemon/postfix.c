/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Postfix policy delegation (SMTPD_POLICY_README, access(5)).
 *
 * At RCPT a recipient is asked about, and nothing is counted: the client may still think better of it, or another restriction may refuse.
 * So that many recipients of one message do not all pass on the last unit of a rate, the connection remembers, for the message at hand
 * (`instance`), whom it let pass and what that will cost. At END-OF-MESSAGE, when the message's true size is known, each of them is asked
 * again, and only if all may pass is each counted. Where a limit was used up in between the whole message is refused: SMTP has one answer
 * there.
 *
 * With one recipient Postfix names it at END-OF-MESSAGE, and no memory is needed; with several it does not. A message of several whose
 * recipients were not all asked about on this connection gets a temporary failure: then the restrictions name the service in two ways, or
 * one of them is missing.
 *
 * What is permitted is answered DUNNO, never OK: OK would make an open relay of a Postfix that asks before it looks who may relay. Nothing
 * but RCPT and END-OF-MESSAGE can be decided; asked elsewhere, and whenever nothing can be decided, the answer is a temporary failure. A
 * request that cannot be read ends the connection without an answer, as the protocol wants it: Postfix asks again, and then does as its
 * default_action says.
 */
#include "postfix_read.h"

#include <string.h>

#include <kijun/translate.h>

#include "eager.h"
#include "worker.h"

#define THREADS_MAX 8u
#define TEXT_MAX 400u /* of a reply's text: RFC 5321 allows 512 bytes a line */
/* Recipients of one message that a connection remembers: Postfix takes 1,000, each of at most some 320 bytes. */
#define MESSAGE_BYTES_MAX (512u << 10)

/* What a thread has. */
typedef struct {
    const KjService *service;
    const KjDomain *domain;
    KjAsker *asker;
    GString *bytes; /* a request with another recipient */
    GString *name;  /* of the message, for the log */
} Thread;

/* The message at hand of one connection. */
typedef struct {
    GString *instance;
    GString *recipients; /* each with its NUL */
    guint count;
    gboolean whole; /* all recipients that were let pass are here */
    KjPromises *promises;
} Message;

/* ---- answers ---- */

/* "5.7.1 ..." of a class: RFC 3463. */
static gboolean has_status(const char *text, char class) {
    guint digits = 0, dots = 0;
    if (text[0] != class || text[1] != '.')
        return FALSE;
    for (text++; *text && *text != ' '; text++) {
        if (*text == '.' && (digits > 0 || dots == 0)) {
            dots++;
            digits = 0;
        } else if (!g_ascii_isdigit(*text) || ++digits > 3) {
            return FALSE;
        }
    }
    return dots == 2 && digits > 0 && *text == ' ';
}

/* A reply is one line of ASCII; what is written in another script cannot be said to an SMTP client that did not ask for UTF-8. */
static gboolean is_sayable(const char *text) {
    gboolean letters = FALSE;
    for (; *text; text++) {
        if ((guchar)*text >= 0x80)
            return FALSE;
        letters |= g_ascii_isgraph(*text);
    }
    return letters;
}

static void say(GString *reply, const char *action, const char *status, const char *text) {
    g_string_append(reply, "action=");
    g_string_append(reply, action);
    g_string_append_c(reply, ' ');
    if (!has_status(text, status[0])) {
        g_string_append(reply, status);
        g_string_append_c(reply, ' ');
    }
    for (guint i = 0; text[i] && i < TEXT_MAX; i++)
        g_string_append_c(reply, g_ascii_iscntrl(text[i]) ? ' ' : text[i]);
    g_string_append(reply, "\n\n");
}

static void say_later(GString *reply, gboolean at_end) {
    if (at_end) /* nothing comes after that could still permit */
        say(reply, "451", "4.3.5", "The policy service cannot decide at the moment");
    else
        say(reply, "DEFER_IF_PERMIT", "4.7.1", "The policy service cannot decide at the moment");
}

static void say_refused(GString *reply, const KjAnswer *answer) {
    const char *form = answer->beyond ? "The limit `%s` is used up" : "Refused by policy (%s)";
    if (answer->message && is_sayable(answer->message)) {
        say(reply, "REJECT", "5.7.1", answer->message);
        return;
    }
    g_autofree char *plain = g_strdup_printf(form, answer->verdict.label);
    say(reply, "REJECT", "5.7.1", plain);
}

static void say_answer(GString *reply, const KjAnswer *answer, gboolean at_end) {
    switch (answer->kind) {
    case KJ_ANSWER_PERMIT:
        g_string_append(reply, "action=DUNNO\n\n");
        return;
    case KJ_ANSWER_HOLD:
        g_string_append_printf(reply, "action=HOLD Held by policy (%s)\n\n", answer->verdict.label);
        return;
    case KJ_ANSWER_REFUSE:
        say_refused(reply, answer);
        return;
    case KJ_ANSWER_LATER:
        break;
    }
    say_later(reply, at_end);
}

/* ---- the message at hand ---- */

static void forget(Message *message) {
    g_string_truncate(message->instance, 0);
    g_string_truncate(message->recipients, 0);
    kj_promises_clear(message->promises);
    message->count = 0;
    message->whole = TRUE;
}

static void turn_to(Message *message, KjSlice instance) {
    if (instance.text && message->instance->len == instance.length && memcmp(message->instance->str, instance.text, instance.length) == 0)
        return;
    forget(message);
    if (instance.text)
        g_string_append_len(message->instance, instance.text, (gssize)instance.length);
}

static gboolean remember(Message *message, KjSlice recipient) {
    if (recipient.length >= MESSAGE_BYTES_MAX - message->recipients->len) {
        message->whole = FALSE;
        return FALSE;
    }
    g_string_append_len(message->recipients, recipient.text, (gssize)recipient.length);
    g_string_append_c(message->recipients, 0);
    message->count++;
    return TRUE;
}

/* ---- asking ---- */

static gboolean lets_pass(const KjAnswer *answer) {
    return answer->kind == KJ_ANSWER_PERMIT || answer->kind == KJ_ANSWER_HOLD;
}

/* The request to the asker: as it came, or with another recipient. */
static void put(Thread *thread, const char *bytes, gsize length, const char *recipient) {
    g_autoptr(GError) error = NULL;
    if (recipient) { /* of an attribute that is there twice the first counts */
        g_string_printf(thread->bytes, "recipient=%s\n", recipient);
        g_string_append_len(thread->bytes, bytes, (gssize)length);
        bytes = thread->bytes->str;
        length = thread->bytes->len;
    }
    if (!thread->domain->read_request(kj_asker_sink(thread->asker), bytes, length, &error))
        kj_asker_spoil(thread->asker, error->message);
}

static const char *name_message(Thread *thread, const KjPostfixRequest *request) {
    KjSlice name = request->queue.length ? request->queue : request->instance;
    g_string_truncate(thread->name, 0);
    g_string_append_len(thread->name, name.text, (gssize)name.length);
    return thread->name->str;
}

static void at_recipient(Thread *thread, Message *message, const char *bytes, const KjPostfixRequest *request, GString *reply) {
    KjAnswer answer;
    turn_to(message, request->instance);
    kj_asker_begin(thread->asker, g_get_real_time(), name_message(thread, request));
    put(thread, bytes, request->length, NULL);
    kj_asker_rehearse(thread->asker, message->promises, &answer);
    if (lets_pass(&answer) && !remember(message, request->recipient)) {
        say(reply, "DEFER_IF_PERMIT", "4.5.3", "Too many recipients");
        return;
    }
    say_answer(reply, &answer, FALSE);
}

/* Each recipient once: a rehearsal with promises, or for good without. The first that may not pass decides, else one that is to be held. */
static void ask_each(Thread *thread, Message *message, const char *bytes, const KjPostfixRequest *request, KjPromises *promises,
                     KjAnswer *answer) {
    gint64 now = g_get_real_time();
    const char *recipient = message->recipients->str;
    KjAnswer each;
    for (guint i = 0; i < message->count; i++, recipient += strlen(recipient) + 1) {
        kj_asker_begin_next(thread->asker, now, thread->name->str);
        put(thread, bytes, request->length, recipient);
        if (promises)
            kj_asker_rehearse(thread->asker, promises, &each);
        else
            kj_asker_answer(thread->asker, KJ_COUNTING_TAKE, &each);
        if (i == 0 || !lets_pass(&each) || each.kind == KJ_ANSWER_HOLD)
            *answer = each;
        if (!lets_pass(&each))
            return;
    }
}

static gboolean knows_all(const Message *message, const KjPostfixRequest *request) {
    g_autofree char *count = g_strndup(request->recipient_count.text, request->recipient_count.length);
    guint64 wanted;
    return message->whole && message->count > 0 && g_ascii_string_to_unsigned(count ? count : "", 10, 1, G_MAXUINT, &wanted, NULL) &&
           message->count >= wanted;
}

static void at_end_of_message(Thread *thread, Message *message, const char *bytes, const KjPostfixRequest *request, GString *reply) {
    KjAnswer answer = { .kind = KJ_ANSWER_LATER };
    turn_to(message, request->instance);
    kj_asker_begin(thread->asker, g_get_real_time(), name_message(thread, request));
    if (request->recipient.length > 0) {
        put(thread, bytes, request->length, NULL);
        kj_asker_answer(thread->asker, KJ_COUNTING_TAKE, &answer);
    } else if (knows_all(message, request)) {
        kj_promises_clear(message->promises);
        ask_each(thread, message, bytes, request, message->promises, &answer);
        if (lets_pass(&answer))
            ask_each(thread, message, bytes, request, NULL, &answer);
    } else {
        kj_daemon_note(KJ_NOTE_WARNING,
                       _("[%s]: END-OF-MESSAGE for %s, not all recipients of which were asked about on this connection: both "
                         "smtpd_recipient_restrictions and smtpd_end_of_data_restrictions must name this service, in the same words"),
                       kj_section_name(thread->service->section), thread->name->str);
    }
    say_answer(reply, &answer, TRUE);
    forget(message);
}

/* ---- the conversation ---- */

static gssize take(gpointer own, gpointer connection, const char *bytes, gsize length, GString *reply) {
    Thread *thread = own;
    KjPostfixRequest request;
    const char *problem;
    switch (kj_postfix_read(bytes, length, &request, &problem)) {
    case KJ_POSTFIX_PART:
        return 0;
    case KJ_POSTFIX_BROKEN:
        kj_daemon_note(KJ_NOTE_WARNING, _("[%s]: not a policy delegation request: %s; hanging up"),
                       kj_section_name(thread->service->section), _(problem));
        return -1;
    case KJ_POSTFIX_WHOLE:
        break;
    }
    if (kj_slice_is(request.state, "RCPT")) {
        at_recipient(thread, connection, bytes, &request, reply);
    } else if (kj_slice_is(request.state, "END-OF-MESSAGE")) {
        at_end_of_message(thread, connection, bytes, &request, reply);
    } else {
        kj_daemon_note(KJ_NOTE_WARNING, _("[%s]: asked at %.*s: this service decides at RCPT and END-OF-MESSAGE"),
                       kj_section_name(thread->service->section), (int)MIN(request.state.length, 32),
                       request.state.text ? request.state.text : "");
        say_later(reply, FALSE);
    }
    return (gssize)request.length;
}

static gpointer open_connection(gpointer own, int socket) {
    Message *message = g_new0(Message, 1);
    (void)own;
    (void)socket;
    message->instance = g_string_new(NULL);
    message->recipients = g_string_new(NULL);
    message->promises = kj_promises_new();
    message->whole = TRUE;
    return message;
}

static void close_connection(gpointer connection) {
    Message *message = connection;
    g_string_free(message->instance, TRUE);
    g_string_free(message->recipients, TRUE);
    kj_promises_free(message->promises);
    g_free(message);
}

static void end_thread(gpointer own) {
    Thread *thread = own;
    kj_asker_free(thread->asker);
    g_string_free(thread->bytes, TRUE);
    g_string_free(thread->name, TRUE);
    g_free(thread);
}

static gpointer begin_thread(const KjService *service, GError **error) {
    KjAsker *asker = kj_asker_new(service->point, service->block, "postfix", error);
    if (!asker)
        return NULL;
    Thread *thread = g_new0(Thread, 1);
    thread->service = service;
    thread->asker = asker;
    thread->bytes = g_string_new(NULL);
    thread->name = g_string_new(NULL);
    thread->domain = kj_plugin_find(kj_asker_domain(asker));
    if (thread->domain && thread->domain->read_request)
        return thread;
    g_set_error(error, KJ_ERROR, KJ_ERROR_PLUGIN, _("the domain `%s` is not installed, or reads no requests"), kj_asker_domain(asker));
    end_thread(thread);
    return NULL;
}

static void renew_thread(gpointer own) {
    kj_asker_renew(((Thread *)own)->asker);
}

static const KjConversation conversation = {
    .input_max = KJ_POSTFIX_REQUEST_MAX,
    .begin = begin_thread,
    .renew = renew_thread,
    .end = end_thread,
    .open = open_connection,
    .close = close_connection,
    .take = take,
};

/* ---- the protocol ---- */

static guint thread_count(KjSection *section) {
    guint initial = CLAMP(g_get_num_processors(), 1, THREADS_MAX);
    return (guint)kj_section_number(section, "threads", 1, THREADS_MAX, initial);
}

static guint eager_microseconds(KjSection *section) {
    return (guint)kj_section_number(section, "eager", 0, KJ_EAGER_MAX, KJ_EAGER_INITIAL);
}

static void check(KjSection *section) {
    thread_count(section);
    eager_microseconds(section);
}

static gpointer start(const KjService *service, GError **error) {
    return kj_workers_start(&conversation, service, thread_count(service->section), eager_microseconds(service->section), error);
}

static const KjSectionKey keys[] = {
    { "threads", N_("How many threads answer; initially as many as there are processors, at most 8.") },
    { "eager", KJ_EAGER_DOC },
    { NULL, NULL },
};

const KjProtocol kj_protocol_postfix = {
    .name = "postfix",
    .doc = N_("Postfix policy delegation (check_policy_service)."),
    .needs_block = TRUE,
    .farthest = KJ_REACH_LOOPBACK,
    .mode = 0660,
    .connections = 1000,
    .idle_seconds = 1000,
    .keys = keys,
    .check = check,
    .start = start,
    .renew = kj_workers_renew,
    .connections_now = kj_workers_connections,
    .alive_at = kj_workers_alive_at,
    .stop = kj_workers_stop,
};
