/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection of the mail server, and the message at hand.
 *
 * Facts are gathered as they come and nothing is decided before the message is whole: only then its size, its headers and its recipients are
 * known. At its end every recipient is first rehearsed, each together with those before it, and only if all may pass is each counted, so that
 * a message that is refused for one recipient uses up nothing. SMTP has one answer there for all recipients: the first that may not pass
 * decides it.
 *
 * A message to a mailbox it was delivered to before goes in a circle, and is refused whatever the block says (as local(8) does it); how many hops are too many
 * is the block's to say (`hops`).
 *
 * Whatever goes wrong is a temporary failure. The priv data of libmilter is a Session, made with the connection; without one there was no
 * memory or no table, and every message is deferred.
 */
#include "session.h"

#include <arpa/inet.h>
#include <string.h>

#include <libmilter/mfapi.h>

#define TEXT_MAX 400u        /* of a reply: RFC 5321 allows 512 bytes a line */
#define RECIPIENTS_MAX 10000u /* Postfix sends 1,000 at most to a server of its own */

typedef struct {
    KjAsker *asker;
    gboolean trusted;
    char client[INET6_ADDRSTRLEN]; /* "": not over a network */
    KjPromises *promises;
    /* the message */
    char *sender;          /* NULL: none is at hand */
    GPtrArray *recipients; /* utf8 */
    gboolean authenticated, tls;
    KjMailMarks marks;
    guint64 size;
} Session;

static struct {
    KjPoint *point;
    const KjMilterSettings *settings;
} milter;

/* ---- the reply ---- */

/* "5.7.1 " of a class, at the front of a text: its length without the space, or 0. RFC 3463. */
static gsize status_length(const char *text, char class) {
    guint parts = 0;
    gsize at = 0;
    if (text[0] != class)
        return 0;
    for (;;) {
        gsize digits = strspn(text + at, "0123456789");
        if (digits == 0 || digits > 3)
            return 0;
        at += digits;
        if (++parts == 3)
            return text[at] == ' ' ? at : 0;
        if (text[at++] != '.')
            return 0;
    }
}

/* One line of ASCII, for a server that did not ask for more; libmilter takes `%` doubled. */
static char *clean(const char *text) {
    GString *out = g_string_new(NULL);
    for (; *text && out->len < TEXT_MAX; text++)
        g_string_append_printf(out, "%s%c", *text == '%' ? "%" : "", g_ascii_iscntrl(*text) ? ' ' : *text);
    return g_string_free(out, FALSE);
}

static gboolean is_sayable(const char *text) {
    gboolean letters = FALSE;
    for (; *text; text++) {
        if ((guchar)*text >= 0x80)
            return FALSE;
        letters |= g_ascii_isgraph(*text);
    }
    return letters;
}

static void say(SMFICTX *context, const char *code, const char *status, const char *text) {
    gsize own = status_length(text, code[0]);
    g_autofree char *given = own ? g_strndup(text, own) : g_strdup(status), *cleaned = clean(own ? text + own + 1 : text),
                    *plain = g_strdup(code);
    if (smfi_setreply(context, plain, given, cleaned) != MI_SUCCESS)
        kj_milter_note("the reply could not be set: %s", cleaned);
}

static sfsistat refuse(SMFICTX *context, const KjAnswer *answer, const char *to) {
    g_autofree char *plain = answer->beyond ? g_strdup_printf("<%s>: the limit `%s` is used up", to, answer->verdict.label)
                                            : g_strdup_printf("<%s>: refused by policy (%s)", to, answer->verdict.label);
    const char *text = answer->message && is_sayable(answer->message) ? answer->message : is_sayable(plain) ? plain : "Refused by policy";
    say(context, "550", "5.7.1", text);
    return SMFIS_REJECT;
}

static sfsistat defer(SMFICTX *context) {
    say(context, "451", "4.3.5", "The policy cannot be asked at the moment");
    return SMFIS_TEMPFAIL;
}

/* ---- asking ---- */

/* A field the block does not have is none of its business. */
static void set(KjAsker *asker, const char *field, const char *value) {
    g_autoptr(GError) error = NULL;
    if (value && !kj_asker_set(asker, field, value, &error) && !g_error_matches(error, KJ_ERROR, KJ_ERROR_UNKNOWN))
        kj_asker_spoil(asker, error->message);
}

static void set_number(KjAsker *asker, const char *field, guint64 number) {
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, number);
    set(asker, field, text);
}

static void put(const Session *session, const char *to) {
    KjAsker *asker = session->asker;
    set(asker, "from", session->sender[0] ? session->sender : NULL);
    set(asker, "to", to);
    set(asker, "forwarder", session->marks.forwarder);
    set(asker, "auto", session->marks.automatic ? "true" : "false");
    set_number(asker, "size", session->size);
    set_number(asker, "recipients", session->recipients->len);
    set(asker, "authenticated", session->authenticated ? "true" : "false");
    set(asker, "tls", session->tls ? "true" : "false");
    set(asker, "client", session->client[0] ? session->client : NULL);
    set_number(asker, "hops", session->marks.hops);
}

static gboolean lets_pass(const KjAnswer *answer) {
    return answer->kind == KJ_ANSWER_PERMIT || answer->kind == KJ_ANSWER_HOLD;
}

/* Each recipient: a rehearsal, or for good. The first that may not pass decides, else one that is to be held. */
static const char *ask_each(Session *session, gboolean rehearse, KjAnswer *answer, const char *name) {
    gint64 now = g_get_real_time();
    const char *decisive = "";
    KjAnswer each;
    for (guint i = 0; i < session->recipients->len; i++) {
        const char *to = session->recipients->pdata[i];
        if (i == 0 && rehearse)
            kj_asker_begin(session->asker, now, name);
        else
            kj_asker_begin_next(session->asker, now, name);
        put(session, to);
        if (rehearse)
            kj_asker_rehearse(session->asker, session->promises, &each);
        else
            kj_asker_answer(session->asker, KJ_COUNTING_TAKE, &each);
        if (i == 0 || !lets_pass(&each) || each.kind == KJ_ANSWER_HOLD) {
            *answer = each;
            decisive = to;
        }
        if (!lets_pass(&each))
            break;
    }
    return decisive;
}

static sfsistat decide(SMFICTX *context, Session *session) {
    KjAnswer answer = { .kind = KJ_ANSWER_LATER };
    const char *name = smfi_getsymval(context, (char *)"i");
    for (guint i = 0; i < session->recipients->len; i++) {
        if (kj_mail_marks_visited(&session->marks, session->recipients->pdata[i])) {
            g_autofree char *text = g_strdup_printf("<%s>: mail forwarding loop", (const char *)session->recipients->pdata[i]);
            say(context, "554", "5.4.6", is_sayable(text) ? text : "Mail forwarding loop");
            return SMFIS_REJECT;
        }
    }
    kj_promises_clear(session->promises);
    const char *to = ask_each(session, TRUE, &answer, name);
    if (lets_pass(&answer))
        to = ask_each(session, FALSE, &answer, name);
    switch (answer.kind) {
    case KJ_ANSWER_PERMIT:
        return SMFIS_CONTINUE;
    case KJ_ANSWER_REFUSE:
        return refuse(context, &answer, to);
    case KJ_ANSWER_HOLD: {
        g_autofree char *reason = g_strdup_printf("Held by policy (%s)", answer.verdict.label);
        return smfi_quarantine(context, reason) == MI_SUCCESS ? SMFIS_CONTINUE : defer(context);
    }
    case KJ_ANSWER_LATER:
        break;
    }
    return defer(context);
}

/* ---- the message at hand ---- */

static void forget_message(Session *session) {
    g_clear_pointer(&session->sender, g_free);
    g_ptr_array_set_size(session->recipients, 0);
    kj_mail_marks_clear(&session->marks);
    session->size = 0;
}

/* "<a@b>" to "a@b"; a server may leave the brackets out. Free with g_free. */
static char *bare(const char *argument) {
    gsize length = strlen(argument);
    return length >= 2 && argument[0] == '<' && argument[length - 1] == '>' ? g_strndup(argument + 1, length - 2) : g_strdup(argument);
}

static Session *session_of(SMFICTX *context) {
    return smfi_getpriv(context);
}

static gboolean has_macro(SMFICTX *context, const char *name) {
    const char *value = smfi_getsymval(context, (char *)name);
    return value && *value;
}

/* ---- libmilter's callbacks ---- */

static void take_client(Session *session, const struct sockaddr *address) {
    const void *bytes = NULL;
    gsize length = 0;
    if (address && address->sa_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        length = 4;
    } else if (address && address->sa_family == AF_INET6) {
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        length = 16;
    }
    if (bytes && !inet_ntop(address->sa_family, bytes, session->client, sizeof session->client))
        session->client[0] = 0;
    session->trusted = kj_milter_settings_trusts(milter.settings, bytes, length);
}

static sfsistat on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address) {
    g_autoptr(GError) error = NULL;
    KjAsker *asker = kj_asker_new(milter.point, milter.settings->block, "milter", &error);
    (void)name;
    if (!asker) {
        kj_milter_note("%s", error->message);
        return SMFIS_TEMPFAIL;
    }
    Session *session = g_new0(Session, 1);
    session->asker = asker;
    session->promises = kj_promises_new();
    session->recipients = g_ptr_array_new_with_free_func(g_free);
    take_client(session, address);
    smfi_setpriv(context, session);
    return SMFIS_CONTINUE;
}

static sfsistat on_sender(SMFICTX *context, char **arguments) {
    Session *session = session_of(context);
    if (!session)
        return SMFIS_TEMPFAIL;
    forget_message(session);
    session->sender = bare(arguments[0]);
    session->authenticated = has_macro(context, "{auth_authen}");
    session->tls = has_macro(context, "{tls_version}");
    kj_mail_marks_init(&session->marks, &milter.settings->trust, session->trusted);
    return SMFIS_CONTINUE;
}

static sfsistat on_recipient(SMFICTX *context, char **arguments) {
    Session *session = session_of(context);
    if (!session || !session->sender || session->recipients->len >= RECIPIENTS_MAX)
        return SMFIS_TEMPFAIL;
    g_ptr_array_add(session->recipients, bare(arguments[0]));
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    Session *session = session_of(context);
    if (!session || !session->sender)
        return SMFIS_TEMPFAIL;
    kj_mail_marks_header(&session->marks, name, value);
    session->size += strlen(name) + strlen(": ") + strlen(value) + strlen("\r\n");
    return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t length) {
    Session *session = session_of(context);
    (void)bytes;
    if (!session || !session->sender)
        return SMFIS_TEMPFAIL;
    session->size += length;
    return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *context) {
    Session *session = session_of(context);
    if (!session || !session->sender || session->recipients->len == 0)
        return defer(context);
    session->size += strlen("\r\n"); /* between the headers and the body */
    kj_mail_marks_sender(&session->marks, session->sender);
    sfsistat status = decide(context, session);
    forget_message(session);
    kj_asker_renew(session->asker);
    return status;
}

static sfsistat on_abort(SMFICTX *context) {
    Session *session = session_of(context);
    if (session)
        forget_message(session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context) {
    Session *session = session_of(context);
    if (!session)
        return SMFIS_CONTINUE;
    smfi_setpriv(context, NULL);
    forget_message(session);
    g_ptr_array_unref(session->recipients);
    kj_promises_free(session->promises);
    kj_asker_free(session->asker);
    g_free(session);
    return SMFIS_CONTINUE;
}

void kj_milter_session_ask(KjPoint *point) {
    milter.point = point;
}

gboolean kj_milter_session_register(const KjMilterSettings *settings) {
    struct smfiDesc description = {
        .xxfi_name = (char *)"kijun-milter",
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_QUARANTINE,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_sender,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
    };
    milter.settings = settings;
    return smfi_register(description) == MI_SUCCESS;
}
