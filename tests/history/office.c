/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "office.h"

#include <kijun/kijun.h>
#include <string.h>

#include "place.h"

#define NOW 1795338000 /* 2026-11-22T09:00:00Z */

const char *const office_names[PEOPLE] = { "abe", "baba", "chiba", "doi", "endo", "sato", "ono", "mallory" };

static const struct {
    const char *path, *text;
} workspace[] = {
    { "people.pol", "group owners = { \"abe\", \"baba\" };\ngroup board = { \"chiba\", \"doi\", \"endo\" };\ngroup call = { \"baba\", \"sato\" };\n" },
    { "rules.pol", "module rules tier standard;\nstandard firewall org.quiet {\n    parameter inside : set of address;\n"
                   "    telnet: deny to inside service 23/tcp;\n    max_exception = 365d;\n}\n" },
    { "edge.pol", "firewall border conforms to org.quiet with inside = 10.0.0.0/8 {\n    default deny;\n    web: allow to 10.1.0.1 service 80/tcp;\n}\n"
                  "test \"no telnet\" {\n    firewall border: from 192.0.2.1 to 10.1.0.1 service 23/tcp => deny by default;\n}\n"
                  "prove \"mail stays outside\" {\n    firewall border: to 10.0.0.0/8 service 25/tcp => deny;\n}\n" },
    { "desk.pol", "acl records {\n    default deny;\n    read: allow principal \"abe\" action read resource \"/records/**\";\n}\n" },
    { "README", "What we do and why.\n" },
    { "governance.pol", "module governance tier standard;\nuse people;\ngovernance main {\n"
                        "    words: require count 1 from people.owners when editorial and not emergency;\n"
                        "    owner: require count 1 from people.owners when tier == procedure and not editorial and not emergency;\n"
                        "    board: require count 2 from people.board when (tier == standard or weakens or widens) and not editorial and not emergency;\n"
                        "    close: require count 1 from people.call when emergency and not widens;\n"
                        "    open: require count 2 from people.call when emergency and widens;\n"
                        "    after: ratify count 2 from people.board within 72h when emergency;\n}\n" },
};

/* ---- the root ---- */

static void append_root(Office *office, KjStatement *statement, guint who, guint other) {
    g_autoptr(GError) error = NULL;
    g_autofree char *one = kj_test_sign(office->keys, who, statement), *two = kj_test_sign(office->keys, other, statement);
    const char *const armors[] = { one, two, NULL };
    g_autoptr(KjSealed) sealed = kj_sealed_new(statement, armors, &error);
    g_assert_no_error(error);
    kj_roots_append(office->repository, sealed, &error);
    g_assert_no_error(error);
}

static void make_root(Office *office) {
    static const KjStatementValue fixed[] = {
        { "signer", "ono" },      { "previous", "none" },        { "date", "2026-11-01T00:00:00Z" }, { "version", "1" },     { "expires", "2027-11-22T09:00:00Z" },
        { "may", "root ono" },    { "may", "root chiba" },       { "may", "release ono" },           { "may", "release doi" }, { "threshold", "root 2" },
        { "threshold", "release 1" },
    };
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    for (guint i = 0; i < MALLORY; i++)
        g_ptr_array_add(lines, g_strdup_printf("%s %s", office_names[i], office->keys->lines[i]));
    g_ptr_array_add(lines, g_strdup_printf("sato %s", office->keys->lines[OFFICE_SECOND_KEY]));
    for (guint i = 0; i < lines->len; i++)
        g_array_append_val(values, ((KjStatementValue){ "key", lines->pdata[i] }));
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    append_root(office, statement, ONO, CHIBA);
}

void office_new_root(Office *office, const KjStatementValue *more, guint count, const char *without, guint who, guint other) {
    static const char *const keys[] = { "key", "revoked", "may", "threshold", "deputy", "recovery" };
    git_oid head;
    g_autoptr(GError) error = NULL;
    g_assert_true(kj_roots_head(office->repository, &head, NULL));
    g_autoptr(GPtrArray) roots = kj_roots_read(office->repository, &head, &error);
    g_assert_no_error(error);
    const KjRoot *last = kj_roots_last(roots);
    const KjStatement *before = kj_root_statement(last);
    g_autofree char *version = g_strdup_printf("%u", (guint)kj_root_version(last) + 1), *date = kj_statement_date(office->now);
    const KjStatementValue fixed[] = { { "signer", office_names[who] }, { "previous", kj_statement_digest(before) }, { "date", date }, { "version", version } };
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    gboolean has_expires = FALSE;
    for (guint i = 0; i < count; i++)
        has_expires |= strcmp(more[i].key, "expires") == 0;
    if (!has_expires)
        g_array_append_val(values, ((KjStatementValue){ "expires", kj_statement_get(before, "expires") }));
    for (guint k = 0; k < G_N_ELEMENTS(keys); k++)
        for (const char *const *line = kj_statement_list(before, keys[k]); *line; line++)
            if (!without || !g_str_has_prefix(*line, without))
                g_array_append_val(values, ((KjStatementValue){ keys[k], *line }));
    g_array_append_vals(values, more, count);
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    append_root(office, statement, who, other);
}

/* ---- files ---- */

void office_edit(Office *office, const char *path, const char *before, const char *after) {
    for (guint i = 0; i < office->paths->len; i++) {
        if (strcmp(office->paths->pdata[i], path) != 0)
            continue;
        if (!after) {
            g_ptr_array_remove_index(office->paths, i);
            g_ptr_array_remove_index(office->texts, i);
            return;
        }
        g_autoptr(GString) text = g_string_new(office->texts->pdata[i]);
        g_assert_cmpuint(g_string_replace(text, before, after, 1), ==, 1);
        g_free(office->texts->pdata[i]);
        office->texts->pdata[i] = g_string_free(g_steal_pointer(&text), FALSE);
        return;
    }
    g_ptr_array_add(office->paths, g_strdup(path));
    g_ptr_array_add(office->texts, g_strdup(after));
}

KjWorkspace *office_workspace(const Office *office) {
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(KjUnitFile));
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < office->paths->len; i++) {
        const char *text = office->texts->pdata[i];
        g_array_append_val(files, ((KjUnitFile){ office->paths->pdata[i], 0100644, g_bytes_new(text, strlen(text)) }));
    }
    KjWorkspace *whole = kj_workspace_new_files((const KjUnitFile *)(void *)files->data, files->len, "the office", &error);
    g_assert_no_error(error);
    for (guint i = 0; i < files->len; i++)
        g_bytes_unref(g_array_index(files, KjUnitFile, i).bytes);
    if (!whole->units) {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_diagnostics_print_text(whole->compilation->diagnostics, whole->compilation->sources, FALSE, text);
        g_error("the workspace has errors:\n%s", text->str);
    }
    return whole;
}

/* ---- statements ---- */

static const char *name_of(guint key) {
    return office_names[key == OFFICE_SECOND_KEY ? SATO : key];
}

char *office_say(Office *office, guint key, KjStatementKind kind, const KjStatementValue *values, guint count) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjKey) public = kj_key_parse(office->keys->lines[key], &error);
    g_assert_no_error(error);
    g_autofree char *name = kj_chain_name(public), *date = kj_statement_date(office->now);
    g_autoptr(GPtrArray) chain = kj_chain_read(office->repository, name, &error);
    g_assert_no_error(error);
    const KjStatementValue fixed[] = { { "signer", name_of(key) }, { "previous", kj_chain_last(chain) }, { "date", date } };
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_array_append_vals(all, fixed, G_N_ELEMENTS(fixed));
    g_array_append_vals(all, values, count);
    g_autoptr(KjStatement) statement = kj_statement_new(kind, (const KjStatementValue *)(void *)all->data, all->len, &error);
    g_assert_no_error(error);
    g_autofree char *armor = kj_test_sign(office->keys, key, statement);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    g_autoptr(KjSigned) link = kj_signed_new(bytes, length, armor, strlen(armor), &error);
    g_assert_no_error(error);
    kj_chain_append(office->repository, link, &error);
    g_assert_no_error(error);
    return g_strdup(kj_statement_digest(statement));
}

static KjRuling *rule(Office *office, KjDesk **desk, KjWorkspace **result) {
    *desk = office_desk(office);
    *result = office_workspace(office);
    return kj_desk_decide(*desk, *result, NULL, office->now);
}

/* The needs of the whole, as lines of a statement. */
static void add_changes(const KjRuling *ruling, GArray *values, GPtrArray *lines) {
    for (guint i = 0; i < ruling->needs->needs->len; i++) {
        const KjStep step = { .need = ruling->needs->needs->pdata[i] };
        g_ptr_array_add(lines, kj_step_line(&step));
        g_array_append_val(values, ((KjStatementValue){ "change", lines->pdata[lines->len - 1] }));
    }
}

char *office_propose(Office *office, guint who, const char *author) {
    g_autoptr(KjDesk) desk = NULL;
    g_autoptr(KjWorkspace) result = NULL;
    g_autoptr(KjRuling) ruling = rule(office, &desk, &result);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autoptr(GError) error = NULL;
    const KjStatementValue fixed[] = { { "context", CONTEXT }, { "title", "a change" }, { "author", author } };
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    add_changes(ruling, values, lines);
    char *digest = office_say(office, who, KJ_STATEMENT_PROPOSAL, (const KjStatementValue *)(void *)values->data, values->len);
    g_autoptr(KjDesk) later = office_desk(office);
    g_assert_true(kj_proposal_keep(office->repository, kj_desk_find(later, digest)->statement, result, &error));
    return digest;
}

char *office_approve(Office *office, guint key, const char *unit, guint days) {
    g_autoptr(KjDesk) desk = NULL;
    g_autoptr(KjWorkspace) result = NULL;
    g_autoptr(KjRuling) ruling = rule(office, &desk, &result);
    const KjNeed *need = kj_needs_find(ruling->needs, unit);
    g_assert_nonnull(need);
    g_autofree char *expires = kj_statement_date(office->now + (gint64)days * 86400);
    const KjStatementValue values[] = { { "context", CONTEXT },
                                        { "unit", unit },
                                        { "base", need->base ? need->base->digest : "none" },
                                        { "result", need->result ? need->result->digest : "none" },
                                        { "verdict", kj_change_verdict_name(need->verdict) },
                                        { "weakens", need->weakens ? "yes" : "no" },
                                        { "expires", expires } };
    return office_say(office, key, KJ_STATEMENT_APPROVAL, values, G_N_ELEMENTS(values));
}

char *office_declare(Office *office, guint who, guint hours) {
    g_autoptr(KjDesk) desk = NULL;
    g_autoptr(KjWorkspace) result = NULL;
    g_autoptr(KjRuling) ruling = rule(office, &desk, &result);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autofree char *until = kj_statement_date(office->now - office->now % 3600 + (gint64)hours * 3600);
    const KjStatementValue fixed[] = { { "context", CONTEXT }, { "reason", "we are being attacked" }, { "until", until } };
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    add_changes(ruling, values, lines);
    return office_say(office, who, KJ_STATEMENT_EMERGENCY, (const KjStatementValue *)(void *)values->data, values->len);
}

/* ---- releases ---- */

KjDesk *office_desk(Office *office) {
    g_autoptr(GError) error = NULL;
    KjDesk *desk = kj_desk_open(office->folder, CONTEXT, NULL, office->now, &error);
    g_assert_no_error(error);
    return desk;
}

/* `who` signs, and with a first release chiba too: the root wants two. */
static KjSealed *seal(Office *office, KjStatement *statement, guint who, gboolean first) {
    g_autoptr(GError) error = NULL;
    g_autofree char *one = kj_test_sign(office->keys, who, statement), *two = first ? kj_test_sign(office->keys, CHIBA, statement) : NULL;
    const char *const armors[] = { one, two, NULL };
    KjSealed *sealed = kj_sealed_new(statement, armors, &error);
    g_assert_no_error(error);
    return sealed;
}

gboolean office_release(Office *office, guint who, const char *emergency, GError **error) {
    g_autoptr(KjDesk) desk = office_desk(office);
    g_autoptr(KjWorkspace) result = office_workspace(office);
    const KjSigned *declared = emergency ? kj_desk_find(desk, emergency) : NULL;
    g_autoptr(KjRuling) ruling = kj_desk_decide(desk, result, declared ? declared->statement : NULL, office->now);
    KjStatement *statement = kj_desk_release(desk, result, ruling, declared ? declared->statement : NULL, name_of(who), "a release", office->now,
                                             office->now + 30 * 86400, error);
    if (!statement)
        return FALSE;
    g_autoptr(KjSealed) sealed = seal(office, statement, who, kj_desk_next_serial(desk) == 1);
    return kj_desk_publish(desk, result, ruling, sealed, error);
}

gboolean office_heartbeat(Office *office, guint who, GError **error) {
    g_autoptr(KjDesk) desk = office_desk(office);
    KjStatement *statement = kj_desk_heartbeat(desk, name_of(who), office->now, error);
    if (!statement)
        return FALSE;
    g_autoptr(KjSealed) sealed = seal(office, statement, who, FALSE);
    return kj_desk_publish_heartbeat(desk, sealed, error);
}

Office *office_new(void) {
    return office_new_edited(NULL, NULL, NULL);
}

Office *office_new_edited(const char *path, const char *before, const char *after) {
    Office *office = g_new0(Office, 1);
    g_autoptr(GError) error = NULL;
    office->keys = kj_test_keys_new(PEOPLE + 1);
    office->repository = kj_test_repository(&office->folder);
    office->paths = g_ptr_array_new_with_free_func(g_free);
    office->texts = g_ptr_array_new_with_free_func(g_free);
    office->now = NOW;
    for (guint i = 0; i < G_N_ELEMENTS(workspace); i++)
        office_edit(office, workspace[i].path, NULL, workspace[i].text);
    if (path)
        office_edit(office, path, before, after);
    make_root(office);
    office_release(office, ONO, NULL, &error);
    g_assert_no_error(error);
    office->now += 3600;
    return office;
}

void office_free(Office *office) {
    kj_repository_unref(office->repository);
    kj_test_remove(office->folder);
    kj_test_keys_free(office->keys);
    g_ptr_array_unref(office->paths);
    g_ptr_array_unref(office->texts);
    g_free(office->folder);
    g_free(office);
}

/* ---- the other side ---- */

KjVerifier *office_host(Office *office) {
    git_oid head;
    g_autoptr(GError) error = NULL;
    g_assert_true(kj_roots_head(office->repository, &head, NULL));
    g_autoptr(GPtrArray) roots = kj_roots_read(office->repository, &head, &error);
    g_assert_no_error(error);
    return kj_verifier_new(office->repository, CONTEXT, kj_statement_digest(kj_root_statement(roots->pdata[0])));
}

git_oid office_head(Office *office) {
    git_oid head;
    g_autofree char *name = kj_release_reference(CONTEXT);
    g_assert_cmpint(git_reference_name_to_id(&head, office->repository->git, name), ==, 0);
    return head;
}

gboolean office_judge(Office *office, KjVerifier *host, GError **error) {
    git_oid head = office_head(office);
    return kj_verifier_run(host, &head, office->now, error);
}

/* ---- running ---- */

int office_run(int argc, char **argv, const char *folder, const OfficeTest *tests, guint count) {
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/history/%s/%s", folder, tests[i].name);
        g_test_add_func(path, tests[i].test);
    }
    return g_test_run();
}
