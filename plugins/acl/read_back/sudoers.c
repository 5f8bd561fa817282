/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sudoers file as policy. visudo checks it and cvtsudoers, which has sudo's own parser, says in JSON what is in it; so a line that sudo
 * would read in another way than its writer meant is read in sudo's way here.
 *
 * The last entry that matches decides: user, host and runas lists have to match, then the commands are looked at from the last to the
 * first. Whether a password is asked is a second question with the same entries: an entry that asks refuses whoever has not shown who they
 * are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-glib/json-glib.h>
#include <kijun/translate.h>

#include "read_back.h"

/* ---- load ---- */

static char *find_program(const char *name) {
    char *program = g_find_program_in_path(name);
    g_autofree char *other = g_strdup_printf("/usr/sbin/%s", name);
    return program || !g_file_test(other, G_FILE_TEST_IS_EXECUTABLE) ? program : g_steal_pointer(&other);
}

static gboolean run(const char *const *arguments, GString *output, GError **error) {
    const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    g_autofree char *out = NULL, *messages = NULL;
    int status;
    if (!g_spawn_sync("/", (char **)arguments, (char **)environment, G_SPAWN_DEFAULT, NULL, NULL, &out, &messages, &status, error))
        return FALSE;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("sudo does not take it: %s"), g_strstrip(*messages ? messages : out));
        return FALSE;
    }
    g_string_append(output, out);
    return TRUE;
}

gboolean kj_acl_load_sudoers(const char *text, GString *dump, GError **error) {
    g_autofree char *visudo = find_program("visudo"), *cvtsudoers = find_program("cvtsudoers"), *path = NULL;
    g_autoptr(GString) ignored = g_string_new(NULL);
    if (!visudo || !cvtsudoers) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("visudo and cvtsudoers are not installed"));
        return FALSE;
    }
    int descriptor = g_file_open_tmp("kijun-XXXXXX.sudoers", &path, error);
    if (descriptor < 0)
        return FALSE;
    close(descriptor);
    const char *const check[] = { visudo, "-c", "-s", "-f", path, NULL };
    const char *const convert[] = { cvtsudoers, "-c", "/dev/null", "-f", "json", path, NULL };
    gboolean loaded = g_file_set_contents(path, text, -1, error) && run(check, ignored, error) && run(convert, dump, error);
    unlink(path);
    return loaded;
}

/* ---- read back ---- */

typedef struct {
    KjAclBack back;
    GPtrArray *asking, *showing; /* KjAclBackEntry, last of the file first: for requests without and with a password */
} Reading;

static gboolean only(const Reading *reading, JsonObject *object, const char *const *known) {
    g_autoptr(GList) members = json_object_get_members(object);
    for (GList *at = members; at; at = at->next)
        if (!g_strv_contains(known, at->data))
            return kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), (const char *)at->data);
    return TRUE;
}

/* The member as an array of objects; NULL: refused. */
static JsonArray *objects(const Reading *reading, JsonObject *object, const char *member) {
    JsonNode *node = json_object_get_member(object, member);
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        if (!JSON_NODE_HOLDS_OBJECT(json_array_get_element(array, i)))
            array = NULL;
    if (!array)
        kj_acl_back_tell_refusal(&reading->back, _("it has no list `%s`"), member);
    return array;
}

static const char *text(JsonObject *object, const char *member) {
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

/* TRUE or FALSE; -1: neither. */
static int truth(JsonObject *object, const char *member) {
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN ? json_node_get_boolean(node) : -1;
}

static gboolean read_sign(const Reading *reading, JsonObject *object, gboolean *negated) {
    int sign = json_object_has_member(object, "negated") ? truth(object, "negated") : FALSE;
    *negated = sign == TRUE;
    return sign >= 0 || kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), "negated");
}

/* One member of a list: a name under `kind`, ALL, or a group. */
static gboolean read_member(const Reading *reading, JsonObject *object, const char *kind, KjAclBackList *list) {
    const char *const known[] = { kind, strcmp(kind, "username") == 0 && strcmp(list->field, "principal") == 0 ? "usergroup" : kind,
                                  "negated", NULL };
    const char *name = text(object, kind), *group = text(object, "usergroup");
    gboolean negated;
    if (!only(reading, object, known) || !read_sign(reading, object, &negated))
        return FALSE;
    if (!name == !group)
        return kj_acl_back_refuse(&reading->back, _("a member of a list is no name"));
    g_autofree char *all = g_strdup_printf("%s != none", list->field), *has = g_strdup_printf("groups has \"%s\"", group ? group : "");
    if (name && strcmp(name, "ALL") == 0)
        kj_acl_back_list_term(list, negated, all);
    else if (!kj_acl_back_check_name(&reading->back, name ? name : group))
        return FALSE;
    else if (name)
        kj_acl_back_list_name(list, negated, name);
    else
        kj_acl_back_list_term(list, negated, has);
    return TRUE;
}

/* A list as a condition; NULL: refused. One that nothing matches makes an entry that nothing matches. */
static char *read_list(const Reading *reading, JsonObject *object, const char *member, const char *kind, const char *field) {
    JsonArray *array = objects(reading, object, member);
    KjAclBackList list;
    kj_acl_back_list_init(&list, field);
    gboolean read = array != NULL;
    for (guint i = 0; read && i < json_array_get_length(array); i++)
        read = read_member(reading, json_array_get_object_element(array, i), kind, &list);
    g_autofree char *condition = kj_acl_back_list_end(&list);
    if (!read)
        return NULL;
    return condition ? g_steal_pointer(&condition) : g_strdup_printf("(%s == none)", field);
}

/* PASSWD unless it says otherwise; the environment is never the user's. */
static gboolean read_options(const Reading *reading, JsonObject *spec, gboolean *asks) {
    static const char *const known[] = { "authenticate", "setenv", NULL };
    JsonArray *options = json_object_has_member(spec, "Options") ? objects(reading, spec, "Options") : NULL;
    *asks = TRUE;
    if (json_object_has_member(spec, "Options") && !options)
        return FALSE;
    for (guint i = 0; options && i < json_array_get_length(options); i++) {
        JsonObject *option = json_array_get_object_element(options, i);
        if (!only(reading, option, known))
            return FALSE;
        if (json_object_has_member(option, "setenv") && truth(option, "setenv") != FALSE)
            return kj_acl_back_refuse(&reading->back, _("it lets the user choose the environment (SETENV)"));
        if (!json_object_has_member(option, "authenticate"))
            continue;
        if (truth(option, "authenticate") < 0)
            return kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), "authenticate");
        *asks = truth(option, "authenticate") == TRUE;
    }
    return TRUE;
}

/* The command as a condition; NULL: refused. */
static char *command_condition(const Reading *reading, const char *command) {
    if (strcmp(command, "ALL") == 0)
        return g_strdup("resource != none");
    if (!kj_acl_back_check_path(&reading->back, command))
        return NULL;
    return g_strdup_printf("resource in \"%s%s\"", command, g_str_has_suffix(command, "/") ? "*" : "");
}

static void add_entry(GPtrArray *entries, gboolean allows, const char *condition, const char *place) {
    g_ptr_array_insert(entries, 0, kj_acl_back_entry_new(allows, g_strdup(condition), place));
}

/* One command; `who` is what the lists before it ask. */
static gboolean read_command(Reading *reading, JsonObject *object, const char *who, gboolean asks) {
    static const char *const known[] = { "command", "negated", NULL };
    const char *command = text(object, "command");
    gboolean negated;
    if (!only(reading, object, known) || !read_sign(reading, object, &negated))
        return FALSE;
    if (!command)
        return kj_acl_back_refuse(&reading->back, _("a command is no text"));
    g_autofree char *resource = command_condition(reading, command);
    if (!resource)
        return FALSE;
    g_autofree char *condition = g_strdup_printf("(%s and %s)", who, resource);
    g_autofree char *place = g_strdup_printf("%s, %s%s", reading->back.place, negated ? "!" : "", command);
    add_entry(reading->showing, !negated, condition, place);
    add_entry(reading->asking, !negated && !asks, condition, place);
    return TRUE;
}

static gboolean read_command_spec(Reading *reading, JsonObject *spec, const char *users, const char *hosts) {
    static const char *const known[] = { "runasusers", "Options", "Commands", NULL };
    gboolean asks, read = only(reading, spec, known) && read_options(reading, spec, &asks);
    JsonArray *commands = read ? objects(reading, spec, "Commands") : NULL;
    g_autofree char *runas = commands ? read_list(reading, spec, "runasusers", "username", "runas") : NULL;
    g_autofree char *who = runas ? g_strdup_printf("%s and %s and %s", users, hosts, runas) : NULL;
    for (guint i = 0; who && i < json_array_get_length(commands); i++)
        if (!read_command(reading, json_array_get_object_element(commands, i), who, asks))
            return FALSE;
    return who != NULL;
}

static gboolean read_spec(Reading *reading, JsonObject *spec) {
    static const char *const known[] = { "User_List", "Host_List", "Cmnd_Specs", NULL };
    JsonArray *commands = only(reading, spec, known) ? objects(reading, spec, "Cmnd_Specs") : NULL;
    g_autofree char *users = commands ? read_list(reading, spec, "User_List", "username", "principal") : NULL;
    g_autofree char *hosts = users ? read_list(reading, spec, "Host_List", "hostname", "host") : NULL;
    for (guint i = 0; hosts && i < json_array_get_length(commands); i++)
        if (!read_command_spec(reading, json_array_get_object_element(commands, i), users, hosts))
            return FALSE;
    return hosts != NULL;
}

/* What other files of sudoers say must not matter: the first entry is about everybody, everywhere. */
static gboolean overrules(const Reading *reading) {
    static const char everything[] = "(((principal != none)) and ((host != none)) and ((runas != none)) and resource != none)";
    const KjAclBackEntry *first = reading->showing->len ? g_ptr_array_index(reading->showing, reading->showing->len - 1) : NULL;
    return (first && strcmp(first->condition, everything) == 0) ||
           kj_acl_back_refuse(&reading->back, _("it does not begin with what holds for everybody, so other files could allow more"));
}

gboolean kj_acl_read_back_sudoers(const char *dump, gsize length, GString *policy, GError **error) {
    static const char *const known[] = { "User_Specs", NULL };
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GPtrArray) asking = g_ptr_array_new_with_free_func(kj_acl_back_entry_free);
    g_autoptr(GPtrArray) showing = g_ptr_array_new_with_free_func(kj_acl_back_entry_free);
    Reading reading = { { "sudoers", NULL, error }, asking, showing };
    if (!json_parser_load_from_data(parser, dump, (gssize)length, error))
        return FALSE;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return kj_acl_back_refuse(&reading.back, _("it is no object"));
    JsonObject *whole = json_node_get_object(root);
    JsonArray *specs = only(&reading, whole, known) ? objects(&reading, whole, "User_Specs") : NULL;
    for (guint i = 0; specs && i < json_array_get_length(specs); i++) {
        g_autofree char *place = g_strdup_printf("user specification %u", i + 1);
        reading.back.place = place;
        if (!read_spec(&reading, json_array_get_object_element(specs, i)))
            return FALSE;
        reading.back.place = NULL;
    }
    if (!specs || !overrules(&reading))
        return FALSE;
    kj_acl_back_begin("field host : text; field runas : principal; field authenticated : bool;", FALSE, "{ run }", policy);
    kj_acl_back_write_entries(showing, "authenticated", "n", policy);
    kj_acl_back_write_entries(asking, "not authenticated", "p", policy);
    kj_acl_back_end(policy);
    return TRUE;
}
