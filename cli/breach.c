/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun breach: the filter of breached passwords, built from published lists, asked, and looked at. What it is stands in
 * plugins/password/breach/.
 *
 * Passwords come from standard input alone, for a command line is seen by every user of the machine, and none is ever printed: a line is
 * answered by its number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../plugins/password/breach/build.h"
#include "../plugins/password/breach/filter.h"
#include "../plugins/password/measure.h"
#include "../plugins/password/opaque_string.h"
#include "cli.h"

static char *output, *format;
static gboolean plain, verify;

const GOptionEntry kj_options_breach[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("build: the filter to write (breach.filter)"), "FILE" },
    { "plain", 0, 0, G_OPTION_ARG_NONE, &plain, N_("build: the lists hold passwords as they are, one a line"), NULL },
    { "verify", 0, 0, G_OPTION_ARG_NONE, &verify, N_("show: read all of it and compare its SHA-256"), NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("show: the form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

/* ---- build ---- */

typedef struct {
    gint64 told; /* monotonic time of the last line; 0: none yet */
} Progress;

static void tell_progress(guint64 keys, guint built, guint shards, gpointer data) {
    Progress *progress = data;
    gint64 now = g_get_monotonic_time();
    if (progress->told == 0)
        progress->told = now;
    if (now - progress->told < G_USEC_PER_SEC)
        return;
    progress->told = now;
    if (shards > 0)
        fprintf(stderr, _("%" PRIu64 " passwords read, %u of %u parts built\n"), (uint64_t)keys, built, shards);
    else
        fprintf(stderr, _("%" PRIu64 " passwords read\n"), (uint64_t)keys);
}

static int failed(const GError *error) {
    return kj_cli_fail(error->domain == KJ_PASSWORD_ERROR ? KJ_EXIT_POLICY : KJ_EXIT_IO, "%s", error->message);
}

static gboolean add_list(KjBreachBuilder *builder, const char *path, GError **error) {
    gboolean is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
        return FALSE;
    }
    gboolean good = kj_breach_builder_add(builder, file, path, plain ? KJ_BREACH_LIST_PLAIN : KJ_BREACH_LIST_SHA1, error);
    if (!is_stdin)
        fclose(file);
    return good;
}

static int build(char **lists) {
    const char *path = output ? output : "breach.filter";
    g_autoptr(GError) error = NULL;
    Progress progress = { 0 };
    g_autoptr(KjBreachBuilder) builder = kj_breach_builder_new(path, tell_progress, &progress, &error);
    KjBreachCounts counts;
    if (!builder)
        return failed(error);
    for (; *lists; lists++)
        if (!add_list(builder, *lists, &error))
            return failed(error);
    if (!kj_breach_builder_finish(builder, &counts, &error))
        return failed(error);
    printf(_("%s: %" PRIu64 " passwords, %" PRIu64 " lines that repeat one, %" PRIu64 " lines that can be no password\n"), path,
           (uint64_t)counts.keys, (uint64_t)counts.repeated, (uint64_t)counts.skipped);
    return KJ_EXIT_FINE;
}

/* ---- test ---- */

/* "breached", "unknown" (not in the list) or "unusable" (can be no password); never the password. */
static const char *judge(const KjBreachFilter *filter, const char *line, gsize length) {
    g_auto(KjSecretText) prepared = { 0 };
    gsize size;
    if (!kj_opaque_string_enforce(line, length, &prepared, NULL))
        return "unusable";
    char *bytes = kj_secret_text_encode(&prepared, &size);
    gboolean breached = kj_breach_filter_has(filter, kj_breach_key(bytes, size));
    kj_secret_bytes_free(bytes, size);
    return breached ? "breached" : "unknown";
}

static int test(const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjBreachFilter) filter = kj_breach_filter_open(path, &error);
    char *line = NULL;
    size_t room = 0;
    if (!filter)
        return failed(error);
    setvbuf(stdin, NULL, _IONBF, 0); /* no copy that nobody wipes */
    ssize_t length;
    for (guint64 number = 1; (length = getline(&line, &room, stdin)) >= 0; number++) {
        gsize kept = (gsize)length;
        while (kept > 0 && (line[kept - 1] == '\n' || line[kept - 1] == '\r'))
            kept--;
        printf("%" PRIu64 "\t%s\n", (uint64_t)number, judge(filter, line, kept));
        explicit_bzero(line, (gsize)length);
    }
    free(line);
    return ferror(stdin) ? kj_cli_fail(KJ_EXIT_IO, _("standard input could not be read")) : KJ_EXIT_FINE;
}

/* ---- show ---- */

static void show_json(const KjBreachFacts *facts) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_number(builder, "passwords", (gint64)facts->keys);
    kj_member_number(builder, "bytes", (gint64)facts->size);
    kj_member_number(builder, "parts", facts->shards);
    kj_member_text(builder, "sha256", facts->digest);
    kj_member_truth(builder, "verified", verify);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

static int show(const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjBreachFilter) filter = kj_breach_filter_open(path, &error);
    KjBreachFacts facts;
    if (!filter || (verify && !kj_breach_filter_verify(filter, &error)))
        return failed(error);
    kj_breach_filter_facts(filter, &facts);
    if (g_strcmp0(format, "json") == 0) {
        show_json(&facts);
        return KJ_EXIT_FINE;
    }
    printf(_("passwords  %" PRIu64 "\nbytes      %" PRIu64 " (%.1f bits a password)\nparts      %u\nsha256     %s%s\n"),
           (uint64_t)facts.keys, (uint64_t)facts.size, (double)facts.size * 8 / (double)MAX(facts.keys, 1), facts.shards, facts.digest,
           verify ? _(" (verified)") : "");
    return KJ_EXIT_FINE;
}

int kj_command_breach(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, -1, &code))
        return code;
    if (strcmp(argv[1], "build") == 0 && !verify && !format)
        return build(argv + 2);
    gboolean is_test = strcmp(argv[1], "test") == 0, is_show = strcmp(argv[1], "show") == 0;
    if ((!is_test && !is_show) || argc != 3 || output || plain || (is_test && (verify || format)))
        return kj_cli_fail(
            KJ_EXIT_USAGE,
            _("write `breach build [--output FILE] [--plain] LIST...`, `breach test FILE` or `breach show [--verify] FILE`"));
    return is_test ? test(argv[2]) : show(argv[2]);
}
