/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun audit: what a system is set up to do by itself, decided before it happens.
 *
 * A domain's auditor reads the system's own files and tells the requests they will lead to. Such a request has some fields and not others (a forward has a
 * mailbox and a target; who will write to it, nobody knows), so each is put to the block with the others left open: it passes whatever they are, is refused
 * whatever they are, or depends on them (compiler/analyse/partial.h). What the files leave open is told and counts as trouble: an audit
 * that passes over what it cannot see would say less than nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/analyse/partial.h"
#include "cli.h"

#define FILE_BYTES_MAX (256u << 20)

static char *format, *at;
static gboolean all;

const GOptionEntry kj_options_audit[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_("Show what passes too"), NULL },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When requests are made (now)"), "INSTANT" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

enum { PASSES, REFUSED, DEPENDS, UNKNOWN, NOTES, KINDS };
static const char *const kind_names[KINDS] = { "passes", "refused", "depends", "unknown", "note" };

typedef struct {
    const KjAuditorDefinition *auditor;
    const KjBlock *block;
    KjPartial *partial;
    KjRequestSink request;
    KjAuditSink sink;
    GArray *values;       /* KjFieldText of the request being told */
    GStringChunk *texts;  /* of these */
    gint64 instant;
    JsonBuilder *json;    /* NULL: text */
    guint64 counts[KINDS];
} Audit;

/* ---- telling ---- */

static const char *rule_label(const KjRule *rule) {
    return rule ? rule->label : "default";
}

static const char *effect_of(const Audit *audit, const KjRule *rule) {
    return kj_block_effect_name(audit->block, rule ? rule->effect : audit->block->default_effect);
}

static char *arguments_of(const KjWitness *witness) {
    return witness ? kj_witness_arguments(witness) : NULL;
}

static void add_side(JsonBuilder *json, const char *name, const Audit *audit, gboolean there, const KjRule *rule,
                     const KjWitness *witness) {
    g_autofree char *example = arguments_of(witness);
    json_builder_set_member_name(json, name);
    if (!there) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    kj_member_text(json, "effect", effect_of(audit, rule));
    kj_member_text(json, "rule", rule_label(rule));
    kj_member_text(json, "example", example);
    json_builder_end_object(json);
}

static void add_json(const Audit *audit, guint kind, const char *file, guint line, const char *text, const KjPartialAnswer *answer) {
    JsonBuilder *json = audit->json;
    json_builder_begin_object(json);
    kj_member_text(json, "kind", kind_names[kind]);
    kj_member_text(json, "file", file);
    kj_member_number(json, "line", line);
    kj_member_text(json, "text", text);
    json_builder_set_member_name(json, "request");
    json_builder_begin_object(json);
    for (guint i = 0; i < audit->values->len; i++)
        kj_member_text(json, g_array_index(audit->values, KjFieldText, i).field, g_array_index(audit->values, KjFieldText, i).text);
    json_builder_end_object(json);
    add_side(json, "passes", audit, kind == PASSES || kind == DEPENDS, answer ? answer->passes : NULL, answer ? answer->passing : NULL);
    add_side(json, "refuses", audit, kind == REFUSED || kind == DEPENDS, answer ? answer->refuses : NULL, answer ? answer->refused : NULL);
    json_builder_end_object(json);
}

/* A file holds what its owner likes: no control character of it reaches a terminal. */
static void print_clean(const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (const char *at_char = valid; *at_char; at_char = g_utf8_next_char(at_char)) {
        gunichar c = g_utf8_get_char(at_char);
        if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
            printf("\\u%04x", c);
        else
            printf("%.*s", (int)(g_utf8_next_char(at_char) - at_char), at_char);
    }
}

static void print_example(const char *what, const KjWitness *witness) {
    g_autofree char *arguments = arguments_of(witness);
    if (!arguments)
        return;
    printf("    %s ", what);
    print_clean(arguments);
    putchar('\n');
}

static void print_text(const Audit *audit, guint kind, const char *file, guint line, const char *text, const KjPartialAnswer *answer) {
    print_clean(file);
    printf(":%u: ", line);
    print_clean(text);
    if (kind == PASSES)
        printf(": %s (%s)\n", effect_of(audit, answer->passes), rule_label(answer->passes));
    else if (kind == REFUSED)
        printf(_(": refused, %s (%s)\n"), effect_of(audit, answer->refuses), rule_label(answer->refuses));
    else if (kind == DEPENDS)
        printf(_(": depends: %s (%s) or %s (%s)\n"), effect_of(audit, answer->passes), rule_label(answer->passes),
               effect_of(audit, answer->refuses), rule_label(answer->refuses));
    else if (kind == UNKNOWN)
        printf(_(": cannot be told%s%s\n"), answer && answer->problem ? ": " : "", answer && answer->problem ? answer->problem : "");
    else
        putchar('\n');
    if (kind == DEPENDS) {
        print_example(_("passes: "), answer->passing);
        print_example(_("refused:"), answer->refused);
    }
}

static void tell_one(Audit *audit, guint kind, const char *file, guint line, const char *text, const KjPartialAnswer *answer) {
    audit->counts[kind]++;
    if (kind == PASSES && !all)
        return;
    if (audit->json)
        add_json(audit, kind, file, line, text, answer);
    else
        print_text(audit, kind, file, line, text, answer);
}

/* ---- what the auditor calls ---- */

static gboolean has_field(const KjDomain *domain, const char *name) {
    for (const KjFieldDefinition *field = domain->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return TRUE;
    return FALSE;
}

static gboolean set_field(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Audit *audit = sink->data;
    KjFieldText text = { g_string_chunk_insert(audit->texts, field), value ? g_string_chunk_insert(audit->texts, value) : NULL };
    if (!has_field(audit->block->domain, field) || !value) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block `%s` has no field `%s`"), audit->block->name, field);
        return FALSE;
    }
    g_array_append_val(audit->values, text);
    return TRUE;
}

static void tell_request(Audit *audit, const char *file, guint line, const char *text) {
    static const guint kinds[] = { [KJ_PARTIAL_PASSES] = PASSES, [KJ_PARTIAL_REFUSED] = REFUSED, [KJ_PARTIAL_DEPENDS] = DEPENDS,
                                   [KJ_PARTIAL_OPEN] = UNKNOWN };
    KjPartialAnswer answer;
    kj_partial_ask(audit->partial, (const KjFieldText *)(gpointer)audit->values->data, audit->values->len, audit->instant, &answer);
    tell_one(audit, kinds[answer.kind], file, line, text, &answer);
    kj_partial_answer_clear(&answer);
}

static void tell(KjAuditSink *sink, KjAuditKind kind, const char *file, guint line, const char *text) {
    Audit *audit = sink->data;
    if (kind == KJ_AUDIT_REQUEST)
        tell_request(audit, file, line, text);
    else
        tell_one(audit, kind == KJ_AUDIT_NOTE ? NOTES : UNKNOWN, file, line, text, NULL);
    g_array_set_size(audit->values, 0);
    g_string_chunk_clear(audit->texts);
}

/* A file of a user's may be a pipe that never ends, or a device: only regular files are read. */
static char *read_regular(const char *path, gsize *length, GError **error) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    g_autoptr(GString) bytes = NULL;
    gssize got = 1;
    if (file < 0 || fstat(file, &status) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        if (file >= 0)
            close(file);
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: no regular file of at most %u bytes"), path, FILE_BYTES_MAX);
        close(file);
        return NULL;
    }
    bytes = g_string_sized_new((gsize)status.st_size + 1);
    while (got > 0 && bytes->len <= FILE_BYTES_MAX) {
        char part[16384];
        got = read(file, part, sizeof part);
        if (got > 0)
            g_string_append_len(bytes, part, got);
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    close(file);
    if (got < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    *length = bytes->len;
    return g_string_free(g_steal_pointer(&bytes), FALSE);
}

static char *open_named(KjAuditSink *sink, const char *path, gsize *length, GError **error) {
    (void)sink;
    return read_regular(path, length, error);
}

/* ---- files ---- */

static int read_one(Audit *audit, void *state, const KjAuditFormDefinition *form, const char *owner, const char *user, const char *path) {
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    g_autofree char *bytes = read_regular(path, &length, &error);
    if (!bytes)
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (form->read(state, owner, user, path, bytes, length, &audit->sink, &error))
        return KJ_EXIT_FINE;
    tell(&audit->sink, KJ_AUDIT_UNKNOWN, path, 0, error->message);
    return KJ_EXIT_FINE;
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The file of every home in a folder of homes; a home without one has none. */
static int read_homes(Audit *audit, void *state, const KjAuditFormDefinition *form, const char *owner, const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    int code = KJ_EXIT_FINE;
    if (!folder)
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (!form->home)
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is a folder, and files of the form `%s` lie in no home folders"), path, form->name);
    while ((name = g_dir_read_name(folder)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *file = g_build_filename(path, names->pdata[i], form->home, NULL);
        struct stat status;
        if (lstat(file, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
            continue;
        int one = read_one(audit, state, form, owner, names->pdata[i], file);
        code = one != KJ_EXIT_FINE ? one : code;
    }
    return code;
}

static int unknown_form(const Audit *audit, const char *argument) {
    g_autoptr(GString) list = g_string_new(NULL);
    for (const KjAuditFormDefinition *form = audit->auditor->forms; form->name; form++)
        g_string_append_printf(list, "%s%s", list->len ? ", " : "", form->name);
    return kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is not FORM:OWNER=FILE; the forms are: %s"), argument, list->str);
}

/* "aliases:example.org=/etc/aliases" */
static int read_argument(Audit *audit, void *state, const char *argument) {
    const char *colon = strchr(argument, ':'), *equals = colon ? strchr(colon, '=') : NULL;
    if (!equals || !equals[1] || equals == colon + 1)
        return unknown_form(audit, argument);
    g_autofree char *name = g_strndup(argument, (gsize)(colon - argument)), *owner = g_strndup(colon + 1, (gsize)(equals - colon - 1));
    const KjAuditFormDefinition *form = audit->auditor->forms;
    while (form->name && strcmp(form->name, name) != 0)
        form++;
    if (!form->name)
        return unknown_form(audit, argument);
    return g_file_test(equals + 1, G_FILE_TEST_IS_DIR) ? read_homes(audit, state, form, owner, equals + 1)
                                                       : read_one(audit, state, form, owner, NULL, equals + 1);
}

/* ---- the whole ---- */

static int read_all(Audit *audit, char **arguments) {
    int code = KJ_EXIT_FINE;
    void *state = audit->auditor->open();
    if (audit->json) {
        json_builder_begin_object(audit->json);
        kj_member_number(audit->json, "version", 1);
        kj_member_list(audit->json, "findings");
    }
    for (; *arguments && code != KJ_EXIT_USAGE; arguments++) {
        int one = read_argument(audit, state, *arguments);
        code = one != KJ_EXIT_FINE ? one : code;
    }
    if (code != KJ_EXIT_USAGE)
        audit->auditor->finish(state, &audit->sink);
    audit->auditor->close(state);
    return code;
}

static void print_end(Audit *audit) {
    if (!audit->json) {
        printf(_("%" PRIu64 " pass, %" PRIu64 " are refused, %" PRIu64 " depend on more, %" PRIu64 " cannot be told, %" PRIu64 " notes\n"),
               audit->counts[PASSES], audit->counts[REFUSED], audit->counts[DEPENDS], audit->counts[UNKNOWN], audit->counts[NOTES]);
        return;
    }
    json_builder_end_array(audit->json);
    json_builder_set_member_name(audit->json, "counts");
    json_builder_begin_object(audit->json);
    for (guint i = 0; i < KINDS; i++)
        kj_member_number(audit->json, kind_names[i], (gint64)audit->counts[i]);
    json_builder_end_object(audit->json);
    json_builder_end_object(audit->json);
    kj_cli_print_json(json_builder_get_root(audit->json));
}

static int run(Audit *audit, char **arguments) {
    audit->request = (KjRequestSink){ sizeof audit->request, audit, set_field };
    audit->sink = (KjAuditSink){ sizeof audit->sink, audit, &audit->request, tell, open_named };
    int code = read_all(audit, arguments);
    if (code == KJ_EXIT_USAGE)
        return code;
    print_end(audit);
    return code == KJ_EXIT_FINE && audit->counts[REFUSED] + audit->counts[UNKNOWN] > 0 ? KJ_EXIT_POLICY : code;
}

int kj_command_audit(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_autoptr(GError) error = NULL;
    g_autofree char *problem = NULL;
    Audit audit = { 0 };
    if (!kj_cli_options(&argc, &argv, 4, -1, &code))
        return code;
    if (!kj_cli_instant(at, &audit.instant))
        return KJ_EXIT_USAGE;
    kj_plugins_load(NULL);
    const KjDomain *domain = kj_plugin_find(argv[1]);
    audit.auditor = domain ? kj_domain_auditor(domain) : NULL;
    if (!audit.auditor)
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no domain `%s` that can be audited"), argv[1]);
    g_autoptr(KjCompilation) compilation = kj_cli_compile(argv[2], FALSE, &code);
    if (!compilation)
        return code;
    audit.block = kj_policy_find_block(compilation->policy, argv[3], &error);
    if (!audit.block)
        return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    if (audit.block->domain != domain)
        return kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is a block of the domain `%s`"), argv[3], audit.block->domain->name);
    g_autoptr(KjPartial) partial = kj_partial_new(audit.block, &problem);
    if (!partial)
        return kj_cli_fail(KJ_EXIT_POLICY, "%s", problem);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjFieldText));
    g_autoptr(JsonBuilder) json = g_strcmp0(format, "json") == 0 ? json_builder_new() : NULL;
    audit.partial = partial;
    audit.values = values;
    audit.json = json;
    audit.texts = g_string_chunk_new(1024);
    code = run(&audit, argv + 4);
    g_string_chunk_free(audit.texts);
    return code;
}
