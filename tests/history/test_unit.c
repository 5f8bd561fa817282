/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units: which change touches which, that nothing escapes, and that a unit's pieces alone give the same digest. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/unit.h"
#include "edited.h"

static const KjTestFile workspace[] = {
    { "nets.pol", "# Addresses of the office.\nlet staff = 10.1.0.0/16;\nlet guests = 10.2.0.0/16;\nlet forgotten = 10.3.0.0/16;\n" },
    { "rules/standard.pol", "module rules.standard tier standard;\nstandard firewall org.quiet {\n    telnet: deny service 23/tcp;\n}\n" },
    { "people.pol", "group clerks = from \"clerks.csv\" column id;\n" },
    { "clerks.csv", "id\nsato\n" },
    { "README", "What we do and why.\n" },
    { "edge.pol", "use nets;\nuse people as who;\n\n# The border.\nfirewall border conforms to org.quiet {\n    default deny;\n    web: allow from nets.staff service 80/tcp;\n}\n"
                  "test \"staff\" {\n    firewall border: from 10.1.0.1 to 192.0.2.1 service 80/tcp => allow;\n}\n\n"
                  "acl records {\n    default deny;\n    read: allow principal who.clerks action read resource \"/records/**\";\n}\n# The end.\n" },
};

static KjWorkspace *read_workspace(const char *path, const char *before, const char *after) {
    return kj_test_edited(workspace, G_N_ELEMENTS(workspace), path, before, after);
}

static void test_what_a_change_touches(void) {
    static const struct {
        const char *path, *before, *after, *touched;
    } changes[] = {
        { "nets.pol", "10.1.0.0/16", "10.1.0.0/17", "edge.border" },
        { "nets.pol", "10.2.0.0/16", "10.2.0.0/17", "*" },
        { "nets.pol", "let forgotten = 10.3.0.0/16;\n", "let forgotten = 10.3.0.0/16;\n# and more\n", "*" },
        { "nets.pol", "# Addresses of the office.", "# Addresses.", "edge.border" },
        { "rules/standard.pol", "23/tcp", "22..23/tcp", "edge.border org.quiet" },
        { "rules/standard.pol", "tier standard", "tier basic", "edge.border org.quiet" },
        { "clerks.csv", "sato", "suzuki", "edge.records" },
        { "README", "why", "how", "*" },
        { "edge.pol", "80/tcp;\n}\ntest", "81/tcp;\n}\ntest", "edge.border" },
        { "edge.pol", "test \"staff\"", "test \"our staff\"", "edge.border" },
        { "edge.pol", "# The border.", "# The edge.", "edge.border" },
        { "edge.pol", "action read", "action write", "edge.records" },
        { "edge.pol", "# The end.", "# Done.", "edge.records" },
        { "edge.pol", "use nets;", "use nets; ", "edge.border" },
    };
    g_autoptr(KjWorkspace) before = read_workspace(NULL, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(KjWorkspace) after = read_workspace(changes[i].path, changes[i].before, changes[i].after);
        g_autoptr(GString) touched = g_string_new(NULL);
        g_assert_cmpuint(after->units->len, ==, 4);
        for (guint n = 0; n < after->units->len; n++) {
            const KjUnit *unit = after->units->pdata[n];
            if (strcmp(unit->digest, kj_units_find(before->units, unit->name)->digest) != 0)
                g_string_append_printf(touched, "%s%s", touched->len ? " " : "", unit->name);
        }
        g_assert_cmpstr(touched->str, ==, changes[i].touched);
    }
}

/* A mode and a path are part of it too. */
static void test_mode_and_path(void) {
    KjUnitFile files[] = { { "a.pol", 0100644, g_bytes_new_static("acl a { default deny; }\n", 24) }, { "notes", 0100644, g_bytes_new_static("x", 1) } };
    g_autoptr(KjWorkspace) before = kj_test_workspace(files, 2);
    files[1].mode = 0100755;
    g_autoptr(KjWorkspace) other_mode = kj_test_workspace(files, 2);
    files[1] = (KjUnitFile){ "note", 0100644, files[1].bytes };
    g_autoptr(KjWorkspace) other_path = kj_test_workspace(files, 2);
    g_assert_cmpstr(kj_units_find(before->units, "*")->digest, !=, kj_units_find(other_mode->units, "*")->digest);
    g_assert_cmpstr(kj_units_find(before->units, "*")->digest, !=, kj_units_find(other_path->units, "*")->digest);
    g_assert_cmpstr(kj_units_find(before->units, "a.a")->digest, ==, kj_units_find(other_path->units, "a.a")->digest);
    g_bytes_unref(files[0].bytes);
    g_bytes_unref(files[1].bytes);
}

/* A host is given one unit's pieces: they compile, and are that unit. */
static void test_alone(void) {
    g_autoptr(KjWorkspace) whole = read_workspace(NULL, NULL, NULL);
    for (guint n = 0; n < whole->units->len; n++) {
        const KjUnit *unit = whole->units->pdata[n];
        g_autofree KjUnitFile *files = g_new0(KjUnitFile, unit->parts->len);
        if (!unit->block)
            continue;
        for (guint i = 0; i < unit->parts->len; i++) {
            const KjUnitPart *part = unit->parts->pdata[i];
            files[i] = (KjUnitFile){ part->path, part->mode, part->bytes };
        }
        g_autoptr(KjWorkspace) alone = kj_test_workspace(files, unit->parts->len);
        g_assert_cmpstr(kj_units_find(alone->units, unit->name)->digest, ==, unit->digest);
    }
}

/* Whichever byte is dropped, some unit is another (or the workspace has errors, and no units). */
static void test_no_byte_escapes(void) {
    g_autoptr(KjWorkspace) whole = read_workspace(NULL, NULL, NULL);
    gsize in_parts = 0, in_files = 0;
    for (guint i = 0; i < G_N_ELEMENTS(workspace); i++)
        in_files += strlen(workspace[i].text);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint n = 0; n < whole->units->len; n++) {
        const KjUnit *unit = whole->units->pdata[n];
        for (guint i = 0; i < unit->parts->len; i++) {
            const KjUnitPart *part = unit->parts->pdata[i];
            gsize length;
            const char *bytes = g_bytes_get_data(part->bytes, &length);
            g_auto(GStrv) lines = NULL;
            g_autofree char *text = g_strndup(bytes, length);
            lines = g_strsplit(text, "\n", -1);
            for (guint l = 0; lines[l]; l++)
                if (*lines[l])
                    g_hash_table_add(seen, g_strdup_printf("%s: %s", part->path, lines[l]));
            in_parts += length;
        }
    }
    g_assert_cmpuint(in_parts, >=, in_files);
    for (guint i = 0; i < G_N_ELEMENTS(workspace); i++) {
        g_auto(GStrv) lines = g_strsplit(workspace[i].text, "\n", -1);
        for (guint l = 0; lines[l]; l++) {
            g_autofree char *line = g_strdup_printf("%s: %s", workspace[i].path, lines[l]);
            if (*lines[l] && !g_hash_table_contains(seen, line))
                g_error("in no unit: %s", line);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unit/what-a-change-touches", test_what_a_change_touches);
    g_test_add_func("/unit/mode-and-path", test_mode_and_path);
    g_test_add_func("/unit/alone", test_alone);
    g_test_add_func("/unit/no-byte-escapes", test_no_byte_escapes);
    return g_test_run();
}
