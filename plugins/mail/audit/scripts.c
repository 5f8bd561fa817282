/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Sieve script sends on: the table below says it of every command that is known.
 *
 * `redirect` (with or without :copy, RFC 3894) forwards to its last string; conditions are not judged, so one under an `if` is a forward that may
 * happen. Where the address is made while the script runs (variables, RFC 5229; encoded characters; external lists, RFC 6134) it cannot be told,
 * and a command nobody knows might send anything: neither is passed over.
 */
#include <string.h>

#include <kijun/translate.h>

#include "audit.h"

typedef enum { DOES_NOTHING = 1, REDIRECTS, ANSWERS, NOTIFIES, INCLUDES, RUNS } Doing;

static const struct {
    const char *name;
    Doing doing;
} commands[] = {
    { "require", DOES_NOTHING },   { "if", DOES_NOTHING },           { "elsif", DOES_NOTHING },     { "else", DOES_NOTHING },
    { "stop", DOES_NOTHING },      { "keep", DOES_NOTHING },         { "discard", DOES_NOTHING },   { "fileinto", DOES_NOTHING },
    { "reject", DOES_NOTHING },    { "ereject", DOES_NOTHING },      { "set", DOES_NOTHING },       { "addflag", DOES_NOTHING },
    { "setflag", DOES_NOTHING },   { "removeflag", DOES_NOTHING },   { "addheader", DOES_NOTHING }, { "deleteheader", DOES_NOTHING },
    { "foreverypart", DOES_NOTHING }, { "break", DOES_NOTHING },     { "replace", DOES_NOTHING },   { "enclose", DOES_NOTHING },
    { "extracttext", DOES_NOTHING },  { "convert", DOES_NOTHING },   { "return", DOES_NOTHING },    { "global", DOES_NOTHING },
    { "error", DOES_NOTHING },     { "debug_log", DOES_NOTHING },    { "redirect", REDIRECTS },     { "vacation", ANSWERS },
    { "notify", NOTIFIES },        { "include", INCLUDES },          { "pipe", RUNS },              { "filter", RUNS },
    { "execute", RUNS },
};

static Doing find_doing(const char *name) {
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_ascii_strcasecmp(commands[i].name, name) == 0)
            return commands[i].doing;
    return 0;
}

static const char *last_string(const KjSieveCommand *command) {
    return command->strings->len ? command->strings->pdata[command->strings->len - 1] : "";
}

static gboolean has_tag(const KjSieveCommand *command, const char *tag) {
    for (guint i = 0; i < command->tags->len; i++)
        if (strcmp(command->tags->pdata[i], tag) == 0)
            return TRUE;
    return FALSE;
}

static void forward(const KjMailSource *source, const KjSieveCommand *command, const char *address) {
    if (has_tag(command, ":list") || (command->expands && strstr(address, "${")))
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: %s to what only the running script knows: %s"), source->mailbox, command->name,
                     address);
    else if (!strchr(address, '@'))
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: `%s` is no address"), source->mailbox, address);
    else
        kj_mail_add_target(source, address);
}

/* enotify, RFC 5435 and 5436: the last string is a URI. */
static void notify(const KjMailSource *source, const KjSieveCommand *command) {
    const char *uri = last_string(command), *colon = strchr(uri, ':');
    if (!colon || g_ascii_strncasecmp(uri, "mailto:", 7) != 0) {
        kj_mail_tell(source, KJ_AUDIT_NOTE, _("%s: tells of mail by %s"), source->mailbox, *uri ? uri : command->name);
        return;
    }
    g_autofree char *raw = g_strndup(colon + 1, strcspn(colon + 1, "?,")), *address = g_uri_unescape_string(raw, NULL);
    if (strcspn(uri, ",") < strlen(uri) || strstr(uri, "to=") || strstr(uri, "cc="))
        kj_mail_tell(source, KJ_AUDIT_UNKNOWN, _("%s: %s to more than one address: %s"), source->mailbox, command->name, uri);
    forward(source, command, address ? address : raw);
}

static void take_command(const KjSieveCommand *command, gpointer data) {
    KjMailSource source = *(const KjMailSource *)data;
    source.line = command->line;
    switch (find_doing(command->name)) {
    case DOES_NOTHING:
        return;
    case REDIRECTS:
        forward(&source, command, last_string(command));
        return;
    case ANSWERS:
        kj_mail_tell(&source, KJ_AUDIT_NOTE, _("%s: answers whoever writes (vacation)"), source.mailbox);
        return;
    case NOTIFIES:
        notify(&source, command);
        return;
    case INCLUDES:
        kj_mail_tell(&source, KJ_AUDIT_UNKNOWN, _("%s: another script, `%s`, which is to be named too"), source.mailbox,
                     last_string(command));
        return;
    case RUNS:
        kj_mail_tell(&source, KJ_AUDIT_NOTE, _("%s: handed to a program: %s"), source.mailbox, last_string(command));
        return;
    }
    kj_mail_tell(&source, KJ_AUDIT_UNKNOWN, _("%s: the command `%s` is not known"), source.mailbox, command->name);
}

gboolean kj_mail_read_sieve(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                            KjAuditSink *sink, GError **error) {
    g_autofree char *mailbox = user ? g_strdup_printf("%s@%s", user, owner) : g_strdup(owner);
    if (!kj_mail_is_address(mailbox)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is no mailbox: say whose file it is, as USER@DOMAIN"), mailbox);
        return FALSE;
    }
    KjMailSource source = { graph, sink, mailbox, strrchr(mailbox, '@') + 1, path, 1, 0 };
    kj_mail_graph_add(graph, mailbox, mailbox, path, 1); /* as long as no condition says otherwise mail stays there */
    return kj_sieve_read(bytes, length, take_command, &source, error);
}
