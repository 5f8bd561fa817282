/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and judging kijund's configuration file; settings.h says what it is.
 *
 * A mistake never ends the reading. What cannot be told before something is opened (a socket in use, a table without a block) is the
 * daemon's to find.
 */
#include "settings.h"

#include <string.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "listen.h"

#define FILE_BYTES_MAX (1u << 20) /* a configuration of a thousand sections is a tenth of it */

typedef struct {
    char *group;
    char *key; /* NULL: the section's own line */
    guint line;
} Place;

typedef struct {
    guint line;
    char *text;
} Mistake;

struct KjSettings {
    char *path;
    GKeyFile *keys;
    GArray *places;     /* Place */
    GArray *mistakes;   /* Mistake */
    GPtrArray *printed; /* utf8 */
    KjSection *main;
    GPtrArray *listen; /* KjSection */
    GPtrArray *values; /* utf8: what kj_section_get has given out */
};

const KjSectionKey kj_settings_keys[] = {
    { "table", N_("The table file; needed.") },
    { "shadow", N_("A candidate's table file: it is asked beside the table, and differences are logged.") },
    { "counter", N_("Where limits are counted: memory (the initial value), lmdb:FOLDER, redis:unix:PATH, redis:tcp:HOST:PORT.") },
    { "log", N_("Where decisions are logged: none, - (standard output), stderr (the initial value), file:PATH, unix:PATH.") },
    { "log-form", N_("json (the initial value) or rfc5424.") },
    { "sandbox", N_("Whether what it does not need is closed to kijund itself: if-possible (the initial value), required or no.") },
    { "mask", N_("Names of fields, with commas between them, whose values are not logged.") },
    { NULL, NULL },
};

const KjSectionKey kj_listen_keys[] = {
    { "protocol", N_("What is spoken; needed.") },
    { "address", N_("unix:PATH, inet:ADDRESS:PORT, inet:[ADDRESS]:PORT, or systemd:NAME for a socket that systemd opens; needed.") },
    { "mode", N_("The permissions of a unix socket, in octal.") },
    { "group", N_("The group of a unix socket.") },
    { "block", N_("The block of the table that is asked.") },
    { "connections", N_("At most so many at a time.") },
    { "idle", N_("After so many seconds without a byte a connection is closed.") },
    { NULL, NULL },
};

/* ---- mistakes ---- */

static void complain_at(KjSettings *settings, guint line, const char *format, va_list arguments) {
    Mistake mistake = { line, g_strdup_vprintf(format, arguments) };
    g_array_append_val(settings->mistakes, mistake);
}

static void G_GNUC_PRINTF(3, 4) complain(KjSettings *settings, guint line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain_at(settings, line, format, arguments);
    va_end(arguments);
}

/* 0: nowhere. */
static guint find_line(const KjSettings *settings, const char *group, const char *key) {
    for (guint i = 0; i < settings->places->len; i++) {
        const Place *place = &g_array_index(settings->places, Place, i);
        if (strcmp(place->group, group) == 0 && g_strcmp0(place->key, key) == 0)
            return place->line;
    }
    return 0;
}

void kj_section_complain(KjSection *section, const char *key, const char *format, ...) {
    guint line = find_line(section->settings, section->group, key);
    va_list arguments;
    va_start(arguments, format);
    complain_at(section->settings, line ? line : find_line(section->settings, section->group, NULL), format, arguments);
    va_end(arguments);
}

static gint compare_mistakes(gconstpointer a, gconstpointer b) {
    const Mistake *one = a, *other = b;
    return one->line < other->line ? -1 : one->line > other->line;
}

const GPtrArray *kj_settings_mistakes(KjSettings *settings) {
    g_ptr_array_set_size(settings->printed, 0);
    g_array_sort(settings->mistakes, compare_mistakes);
    for (guint i = 0; i < settings->mistakes->len; i++) {
        const Mistake *mistake = &g_array_index(settings->mistakes, Mistake, i);
        g_ptr_array_add(settings->printed, mistake->line ? g_strdup_printf("%s:%u: %s", settings->path, mistake->line, mistake->text)
                                                         : g_strdup_printf("%s: %s", settings->path, mistake->text));
    }
    return settings->printed;
}

/* ---- lines ---- */

static void add_place(KjSettings *settings, const char *group, const char *key, guint line) {
    guint before = find_line(settings, group, key);
    Place place = { g_strdup(group), g_strdup(key), line };
    if (before && key)
        complain(settings, line, _("`%s` is said twice; before in line %u"), key, before);
    else if (before)
        complain(settings, line, _("the section [%s] is there twice; before in line %u"), group, before);
    g_array_append_val(settings->places, place);
}

static void read_line(KjSettings *settings, char **group, char *text, guint line) {
    gsize length = strlen(g_strstrip(text));
    const char *equals = strchr(text, '=');
    if (length == 0 || text[0] == '#')
        return;
    if (text[0] == '[' && text[length - 1] == ']') {
        g_free(*group);
        *group = g_strndup(text + 1, length - 2);
        add_place(settings, *group, NULL, line);
    } else if (!equals || equals == text) {
        complain(settings, line, _("neither a section [NAME] nor KEY=VALUE nor a comment"));
    } else if (!*group) {
        complain(settings, line, _("a key before the first section"));
    } else {
        g_autofree char *key = g_strchomp(g_strndup(text, (gsize)(equals - text)));
        add_place(settings, *group, key, line);
    }
}

static void read_lines(KjSettings *settings, const char *bytes) {
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    g_autofree char *group = NULL;
    for (guint i = 0; lines[i]; i++)
        read_line(settings, &group, lines[i], i + 1);
}

/* ---- values ---- */

const char *kj_section_name(const KjSection *section) {
    return g_str_has_prefix(section->group, "listen ") ? section->group + strlen("listen ") : section->group;
}

const char *kj_section_get(const KjSection *section, const char *key) {
    char *value = g_key_file_get_string(section->settings->keys, section->group, key, NULL);
    if (!value)
        return NULL;
    g_ptr_array_add(section->settings->values, g_strstrip(value));
    return value;
}

guint64 kj_section_number(KjSection *section, const char *key, guint64 low, guint64 high, guint64 initial) {
    const char *text = kj_section_get(section, key);
    guint64 number = initial;
    if (text && !g_ascii_string_to_unsigned(text, 10, low, high, &number, NULL)) {
        kj_section_complain(section, key, _("`%s` is no number of %" PRIu64 " to %" PRIu64), key, low, high);
        return initial;
    }
    return number;
}

KjReach kj_section_reach(const KjSection *section) {
    const char *text = kj_section_get(section, "address");
    KjAddress address;
    return text && kj_address_read(text, &address, NULL) ? address.reach : 0;
}

/* ---- sections ---- */

static gboolean has_key(const KjSectionKey *keys, const char *name) {
    for (; keys && keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return TRUE;
    return FALSE;
}

/* "table, shadow, counter" */
static void list_keys(GString *list, const KjSectionKey *keys) {
    for (; keys && keys->name; keys++)
        g_string_append_printf(list, "%s%s", list->len ? ", " : "", keys->name);
}

static void check_keys(KjSection *section, const KjSectionKey *common, const KjSectionKey *own) {
    g_auto(GStrv) keys = g_key_file_get_keys(section->settings->keys, section->group, NULL, NULL);
    g_autoptr(GString) list = g_string_new(NULL);
    list_keys(list, common);
    list_keys(list, own);
    for (guint i = 0; keys && keys[i]; i++)
        if (!has_key(common, keys[i]) && !has_key(own, keys[i]))
            kj_section_complain(section, keys[i], _("there is no key `%s` here; the keys are: %s"), keys[i], list->str);
}

static gboolean demand(KjSection *section, const char *key) {
    const char *value = kj_section_get(section, key);
    if (value && *value)
        return TRUE;
    kj_section_complain(section, key, _("[%s] needs `%s`"), section->group, key);
    return FALSE;
}

static void find_protocol(KjSection *section) {
    const char *name = kj_section_get(section, "protocol");
    g_autoptr(GString) list = g_string_new(NULL);
    if (!demand(section, "protocol"))
        return;
    for (const KjProtocol *const *protocol = kj_protocols; *protocol; protocol++) {
        g_string_append_printf(list, "%s%s", list->len ? ", " : "", (*protocol)->name);
        if (strcmp((*protocol)->name, name) == 0)
            section->protocol = *protocol;
    }
    if (!section->protocol)
        kj_section_complain(section, "protocol", _("there is no protocol `%s`; the protocols are: %s"), name, list->str);
}

static void check_address(KjSection *section) {
    g_autoptr(GError) error = NULL;
    const char *text = kj_section_get(section, "address");
    KjAddress address;
    if (!demand(section, "address"))
        return;
    if (!kj_address_read(text, &address, &error)) {
        kj_section_complain(section, "address", "%s", error->message);
        return;
    }
    const char *only_unix[] = { "mode", "group" };
    for (guint i = 0; i < G_N_ELEMENTS(only_unix); i++)
        if (address.kind != KJ_ADDRESS_UNIX && kj_section_get(section, only_unix[i]))
            kj_section_complain(section, only_unix[i], _("`%s` is for unix sockets that kijund itself opens"), only_unix[i]);
    if (section->protocol && address.reach > section->protocol->farthest)
        kj_section_complain(section, "address",
                            section->protocol->farthest == KJ_REACH_UNIX
                                ? _("the protocol `%s` is only spoken over unix sockets")
                                : _("the protocol `%s` knows no proof of who asks, so it is only spoken over unix sockets and loopback"),
                            section->protocol->name);
}

static void check_listen(KjSection *section) {
    guint64 mode;
    find_protocol(section);
    check_address(section);
    kj_section_number(section, "connections", 1, 100000, 1);
    kj_section_number(section, "idle", 1, 86400, 1);
    const char *text = kj_section_get(section, "mode");
    if (text && !g_ascii_string_to_unsigned(text, 8, 0, 0777, &mode, NULL))
        kj_section_complain(section, "mode", _("`mode` is no octal number of 0 to 0777"));
    if (!section->protocol) /* whose keys these might be */
        return;
    check_keys(section, kj_listen_keys, section->protocol->keys);
    if (section->protocol->needs_block)
        demand(section, "block");
    else if (kj_section_get(section, "block"))
        kj_section_complain(section, "block", _("the protocol `%s` asks no block"), section->protocol->name);
    if (section->protocol->check)
        section->protocol->check(section);
}

KjLogForm kj_settings_log_form(KjSettings *settings) {
    const char *form = kj_section_get(settings->main, "log-form");
    if (!form || strcmp(form, "json") == 0)
        return KJ_LOG_JSON;
    if (strcmp(form, "rfc5424") != 0)
        kj_section_complain(settings->main, "log-form", _("`log-form` is json or rfc5424"));
    return KJ_LOG_RFC5424;
}

char **kj_settings_mask(KjSettings *settings) {
    const char *text = kj_section_get(settings->main, "mask");
    char **names = g_strsplit(text ? text : "", ",", -1);
    for (guint i = 0; names[i]; i++)
        g_strstrip(names[i]);
    return names;
}

KjSandboxWish kj_settings_sandbox(KjSettings *settings) {
    KjSandboxWish wish;
    if (!kj_sandbox_read_wish(kj_section_get(settings->main, "sandbox"), &wish))
        kj_section_complain(settings->main, "sandbox", _("`sandbox` is if-possible, required or no"));
    return wish;
}

static KjSection *add_section(KjSettings *settings, const char *group) {
    KjSection *section = g_new0(KjSection, 1);
    section->settings = settings;
    section->group = g_strdup(group);
    return section;
}

static void free_section(gpointer section) {
    g_free(((KjSection *)section)->group);
    g_free(section);
}

static void check_sections(KjSettings *settings) {
    g_auto(GStrv) groups = g_key_file_get_groups(settings->keys, NULL);
    for (guint i = 0; groups[i]; i++) {
        if (g_str_has_prefix(groups[i], "listen ") && groups[i][strlen("listen ")]) {
            g_ptr_array_add(settings->listen, add_section(settings, groups[i]));
            check_listen(settings->listen->pdata[settings->listen->len - 1]);
        } else if (strcmp(groups[i], settings->main->group) != 0) {
            complain(settings, find_line(settings, groups[i], NULL), _("there is no section [%s]; there are [kijund] and [listen NAME]"),
                     groups[i]);
        }
    }
    if (!g_key_file_has_group(settings->keys, settings->main->group)) {
        complain(settings, 0, _("the section [kijund] is missing"));
        return;
    }
    check_keys(settings->main, kj_settings_keys, NULL);
    demand(settings->main, "table");
    kj_settings_log_form(settings);
    kj_settings_sandbox(settings);
    if (settings->listen->len == 0)
        complain(settings, 0, _("there is no section [listen NAME], so nobody could ask"));
}

/* ---- the file ---- */

static void clear_place(gpointer place) {
    g_free(((Place *)place)->group);
    g_free(((Place *)place)->key);
}

static void clear_mistake(gpointer mistake) {
    g_free(((Mistake *)mistake)->text);
}

KjSettings *kj_settings_read(const char *path) {
    KjSettings *settings = g_new0(KjSettings, 1);
    g_autofree char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    settings->path = g_strdup(path);
    settings->keys = g_key_file_new();
    settings->places = g_array_new(FALSE, FALSE, sizeof(Place));
    g_array_set_clear_func(settings->places, clear_place);
    settings->mistakes = g_array_new(FALSE, FALSE, sizeof(Mistake));
    g_array_set_clear_func(settings->mistakes, clear_mistake);
    settings->printed = g_ptr_array_new_with_free_func(g_free);
    settings->listen = g_ptr_array_new_with_free_func(free_section);
    settings->values = g_ptr_array_new_with_free_func(g_free);
    settings->main = add_section(settings, "kijund");
    if (!g_file_get_contents(path, &bytes, &length, &error)) {
        complain(settings, 0, "%s", error->message);
    } else if (length > FILE_BYTES_MAX || strlen(bytes) != length || !g_utf8_validate_len(bytes, length, NULL)) {
        complain(settings, 0, _("not a configuration file: longer than %u bytes, or not UTF-8"), FILE_BYTES_MAX);
    } else {
        read_lines(settings, bytes);
        if (settings->mistakes->len == 0 && !g_key_file_load_from_data(settings->keys, bytes, length, G_KEY_FILE_NONE, &error))
            complain(settings, 0, "%s", error->message);
        else if (settings->mistakes->len == 0)
            check_sections(settings);
    }
    return settings;
}

void kj_settings_free(KjSettings *settings) {
    if (!settings)
        return;
    free_section(settings->main);
    g_ptr_array_unref(settings->listen);
    g_ptr_array_unref(settings->printed);
    g_ptr_array_unref(settings->values);
    g_array_unref(settings->places);
    g_array_unref(settings->mistakes);
    g_key_file_unref(settings->keys);
    g_free(settings->path);
    g_free(settings);
}

KjSection *kj_settings_main(KjSettings *settings) {
    return settings->main;
}

const GPtrArray *kj_settings_listen(const KjSettings *settings) {
    return settings->listen;
}
