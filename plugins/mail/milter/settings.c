/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See settings.h. */
#include "settings.h"

#include <arpa/inet.h>
#include <string.h>

#include <kijun/translate.h>

#define GROUP "milter"

const KjMilterKey kj_milter_keys[] = {
    { "table", N_("The table file; needed.") },
    { "block", N_("The block of the table that is asked; needed.") },
    { "address", N_("Where the mail server connects: unix:PATH or inet:ADDRESS:PORT on loopback; needed.") },
    { "mode", N_("The permissions of a unix socket, in octal (0660).") },
    { "group", N_("The group of a unix socket.") },
    { "counter", N_("Where limits are counted: memory (the initial value), lmdb:FOLDER, redis:unix:PATH, redis:tcp:HOST:PORT.") },
    { "log", N_("Where decisions are logged: none, - (standard output), stderr (the initial value), file:PATH, unix:PATH.") },
    { "log-form", N_("json (the initial value) or rfc5424.") },
    { "mask", N_("Names of fields, with commas between them, whose values are not logged.") },
    { "sandbox", N_("Whether what it does not need is closed to it: if-possible (the initial value), required or no.") },
    { "domains", N_("Only a mailbox in these domains, with commas between them, can be a forwarder (initially in any).") },
    { "trusted-clients",
      N_("Only mail from these addresses or networks, with commas between them, can name its forwarder (127.0.0.0/8, ::1).") },
    { NULL, NULL },
};

static void G_GNUC_PRINTF(3, 4) complain(GPtrArray *mistakes, const char *path, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(mistakes, g_strdup_printf("%s: %s", path, text));
}

static char **split(const char *text, gboolean lower) {
    g_auto(GStrv) parts = g_strsplit(text ? text : "", ",", -1);
    GStrvBuilder *builder = g_strv_builder_new();
    for (guint i = 0; parts[i]; i++) {
        g_strstrip(parts[i]);
        g_autofree char *part = lower ? g_ascii_strdown(parts[i], -1) : g_strdup(parts[i]);
        if (*part)
            g_strv_builder_add(builder, part);
    }
    char **list = g_strv_builder_end(builder);
    g_strv_builder_unref(builder);
    return list;
}

/* ---- networks ---- */

static gboolean read_network(const char *text, KjNetwork *network) {
    g_autofree char *address = g_strndup(text, strcspn(text, "/"));
    const char *slash = strchr(text, '/');
    guint64 bits;
    *network = (KjNetwork){ .length = strchr(address, ':') ? 16 : 4 };
    if (inet_pton(network->length == 16 ? AF_INET6 : AF_INET, address, network->address) != 1)
        return FALSE;
    if (!g_ascii_string_to_unsigned(slash ? slash + 1 : network->length == 16 ? "128" : "32", 10, 0, network->length * 8, &bits, NULL))
        return FALSE;
    network->bits = (guint)bits;
    return TRUE;
}

static gboolean is_in(const KjNetwork *network, const guint8 *address, gsize length) {
    guint whole = network->bits / 8, rest = network->bits % 8;
    guint8 mask = (guint8)(0xff00u >> rest);
    return network->length == length && memcmp(network->address, address, whole) == 0 &&
           (rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0);
}

gboolean kj_milter_settings_trusts(const KjMilterSettings *settings, const void *address, gsize length) {
    static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
    const guint8 *bytes = address;
    if (length == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        bytes += sizeof mapped;
        length = 4;
    }
    for (guint i = 0; i < settings->clients->len; i++)
        if (is_in(&g_array_index(settings->clients, KjNetwork, i), bytes, length))
            return TRUE;
    return length == 0; /* handed in on this machine, not over a network */
}

/* ---- the file ---- */

static void read_clients(KjMilterSettings *settings, const char *text, const char *path, GPtrArray *mistakes) {
    g_auto(GStrv) list = split(text ? text : "127.0.0.0/8,::1", FALSE);
    settings->clients = g_array_new(FALSE, FALSE, sizeof(KjNetwork));
    for (guint i = 0; list[i]; i++) {
        KjNetwork network;
        if (read_network(list[i], &network))
            g_array_append_val(settings->clients, network);
        else
            complain(mistakes, path, _("`trusted-clients`: `%s` is no address and no network"), list[i]);
    }
}

static void read_address(KjMilterSettings *settings, const char *path, GPtrArray *mistakes) {
    g_autoptr(GError) error = NULL;
    if (!settings->address)
        return;
    if (!kj_address_read(settings->address, &settings->listen, &error))
        complain(mistakes, path, "%s", error->message);
    else if (settings->listen.kind == KJ_ADDRESS_SYSTEMD || settings->listen.reach > KJ_REACH_LOOPBACK)
        complain(mistakes, path,
                 _("`address`: the milter protocol knows no proof of who asks, so it is only spoken over unix sockets and loopback"));
}

static void check_keys(GKeyFile *keys, const char *path, GPtrArray *mistakes) {
    g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
    g_auto(GStrv) names = g_key_file_get_keys(keys, GROUP, NULL, NULL);
    for (guint i = 0; groups[i]; i++)
        if (strcmp(groups[i], GROUP) != 0)
            complain(mistakes, path, _("there is no section [%s]; there is [milter]"), groups[i]);
    for (guint i = 0; names && names[i]; i++) {
        const KjMilterKey *key = kj_milter_keys;
        while (key->name && strcmp(key->name, names[i]) != 0)
            key++;
        if (!key->name)
            complain(mistakes, path, _("there is no key `%s`"), names[i]);
    }
}

static char *get(GKeyFile *keys, const char *name) {
    char *value = g_key_file_get_string(keys, GROUP, name, NULL);
    return value ? g_strstrip(value) : NULL;
}

static void read_values(KjMilterSettings *settings, GKeyFile *keys, const char *path, GPtrArray *mistakes) {
    g_autofree char *form = get(keys, "log-form"), *mask = get(keys, "mask"), *mode = get(keys, "mode"), *domains = get(keys, "domains");
    g_autofree char *clients = get(keys, "trusted-clients"), *sandbox = get(keys, "sandbox");
    guint64 number = 0660;
    settings->table = get(keys, "table");
    settings->block = get(keys, "block");
    settings->address = get(keys, "address");
    settings->group = get(keys, "group");
    settings->counter = get(keys, "counter");
    settings->log = get(keys, "log");
    settings->mask = split(mask, FALSE);
    settings->trust.domains = domains ? split(domains, TRUE) : NULL;
    settings->log_form = g_strcmp0(form, "rfc5424") == 0 ? KJ_LOG_RFC5424 : KJ_LOG_JSON;
    if (form && strcmp(form, "json") != 0 && strcmp(form, "rfc5424") != 0)
        complain(mistakes, path, _("`log-form` is json or rfc5424"));
    if (mode && !g_ascii_string_to_unsigned(mode, 8, 0, 0777, &number, NULL))
        complain(mistakes, path, _("`mode` is no octal number of 0 to 0777"));
    settings->mode = (guint)number;
    if (!kj_sandbox_read_wish(sandbox, &settings->sandbox))
        complain(mistakes, path, _("`sandbox` is if-possible, required or no"));
    const char *needed[] = { settings->table, settings->block, settings->address }, *names[] = { "table", "block", "address" };
    for (guint i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!needed[i] || !*needed[i])
            complain(mistakes, path, _("[%s] needs `%s`"), GROUP, names[i]);
    read_clients(settings, clients, path, mistakes);
    read_address(settings, path, mistakes);
}

KjMilterSettings *kj_milter_settings_read(const char *path, GPtrArray *mistakes) {
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) error = NULL;
    KjMilterSettings *settings = g_new0(KjMilterSettings, 1);
    if (g_key_file_load_from_file(keys, path, G_KEY_FILE_NONE, &error))
        check_keys(keys, path, mistakes);
    else
        complain(mistakes, path, "%s", error->message);
    read_values(settings, keys, path, mistakes);
    return settings;
}

void kj_milter_settings_free(KjMilterSettings *settings) {
    char *texts[] = { settings->table, settings->block, settings->counter, settings->log, settings->address, settings->group };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(settings->mask);
    g_strfreev(settings->trust.domains);
    g_array_unref(settings->clients);
    g_free(settings);
}
