/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a table says about a policy, read back through the public views: from text to labels, sources, sentences, annotations, parameters,
 * values, windows and positions.
 */
#include "../../../compiler/compiler.h"

#include <kijun/view.h>

static const char *const levels[] = { "high", "middle", "low", NULL };
static const char *const limited[] = { "limit", NULL };
static const KjFieldDefinition fields[] = {
    { .name = "who", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_REQUIRED, .phrase = { "by {}", "{}が" }, .doc = { "Who.", "誰。" } },
    { .name = "level", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_ORDERED, .values = levels, .phrase = { "of level {}", "段階が{}" },
      .doc = { "Level.", "段階。" } },
    { .name = "groups", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_SET, .phrase = { "in {}", "{}に属する" }, .doc = { "Groups.", "集団。" } },
    { .name = NULL },
};
static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "Allow.", "許可。" } },
    { .name = "limit", .flags = KJ_EFFECT_LIMITS, .phrase = { "limit", "制限する" }, .doc = { "Limit.", "制限。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "Deny.", "拒否。" } },
    { .name = NULL },
};
static const KjParameterDefinition parameters[] = {
    { .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limited, .required = TRUE, .phrase = { "up to {}", "{}まで" }, .doc = { "Rate.", "率。" } },
    { .name = "per", .kind = KJ_PARAMETER_FIELDS, .effects = limited, .phrase = { "per {}", "{}ごと" }, .doc = { "Key.", "鍵。" } },
    { .name = NULL },
};
static const KjSettingDefinition settings[] = { { .name = NULL } };
static const KjAnnotationDefinition annotations[] = { { .name = NULL } };
static const KjTargetDefinition targets[] = { { .name = NULL } };
static const KjDomain door = {
    .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = "door", .version = "1", .doc = { "Doors.", "扉。" }, .subject = { "entries", "入室" },
    .combining = KJ_COMBINING_FIRST_MATCH, .fields = fields, .effects = effects, .parameters = parameters, .settings = settings,
    .annotations = annotations, .targets = targets,
};

static const char text[] =
    "let office = mon..fri 09:00..18:00 zone \"UTC\";\n"
    "## The front door.\n"
    "door front {\n"
    "    default deny @log;\n"
    "    ## Staff come and go.\n"
    "    staff: allow level >= middle during office when groups has \"staff\" @alert @ref(\"A-1\");\n"
    "    guest: limit who \"guest\" rate 3/1h per { who, level };\n"
    "    deny level none;\n"
    "}\n";

typedef struct {
    KjCompilation *compilation;
    KjTable *table;
    KjBlockView block;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) messages = g_string_new(NULL);
    gsize size;
    const void *begin;

    (void)data;
    fixture->compilation = kj_compilation_new();
    kj_compilation_load_text(fixture->compilation, "house/doors.pol", text, sizeof text - 1);
    kj_diagnostics_print_text(fixture->compilation->diagnostics, fixture->compilation->sources, FALSE, messages);
    if (!fixture->compilation->policy)
        g_error("%s", messages->str);
    bytes = kj_build(fixture->compilation->policy, TRUE, fixture->compilation->diagnostics);
    g_assert_nonnull(bytes);
    begin = g_bytes_get_data(bytes, &size);
    fixture->table = kj_table_new(begin, size, &error);
    g_assert_no_error(error);
    kj_view_block(fixture->table, 0, &fixture->block);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_table_unref(fixture->table);
    kj_compilation_free(fixture->compilation);
}

static void test_block(Fixture *fixture, gconstpointer data) {
    g_autofree char *digest = kj_domain_digest(&door);
    KjNoteView note;

    (void)data;
    g_assert_cmpstr(fixture->block.name, ==, "front");
    g_assert_cmpstr(fixture->block.module, ==, "house.doors");
    g_assert_cmpstr(fixture->block.domain, ==, "door");
    g_assert_cmpstr(fixture->block.schema_digest, ==, digest);
    g_assert_cmpstr(fixture->block.subject.ja, ==, "入室");
    g_assert_cmpstr(fixture->block.doc, ==, "The front door.");
    g_assert_cmpuint(fixture->block.rule_count, ==, 3);
    g_assert_cmpuint(fixture->block.default_effect, ==, 2);
    g_assert_cmpuint(fixture->block.default_note_count, ==, 1);
    kj_view_note(fixture->table, fixture->block.first_default_note, &note);
    g_assert_cmpstr(note.name, ==, "log");
    g_assert_true(note.obligation);
}

/* Symbols stand by rising ordinal: the greatest last. */
static void test_fields(Fixture *fixture, gconstpointer data) {
    KjFieldView level, derived;
    guint64 number;
    guint members = 0, windows = 0;

    (void)data;
    kj_view_field(fixture->table, fixture->block.first_field + 1, &level);
    g_assert_cmpuint(level.value_count, ==, 3);
    g_assert_cmpstr(kj_view_value(fixture->table, level.first_value, &number), ==, "low");
    g_assert_cmpuint(number, ==, 0);
    g_assert_cmpstr(kj_view_value(fixture->table, level.first_value + 2, &number), ==, "high");
    g_assert_cmpuint(number, ==, 2);
    for (guint i = 3; i < fixture->block.field_count; i++) {
        kj_view_field(fixture->table, fixture->block.first_field + i, &derived);
        members += derived.kind == KJ_FIELD_KIND_MEMBER && g_str_equal(derived.name, "groups has \"staff\"");
        windows += derived.kind == KJ_FIELD_KIND_TIME && g_str_equal(derived.name, "during office");
    }
    g_assert_cmpuint(members, ==, 1);
    g_assert_cmpuint(windows, ==, 1);
    g_assert_cmpuint(fixture->block.field_count, ==, 5);
}

static void test_rules(Fixture *fixture, gconstpointer data) {
    KjRuleView staff, guest, last;
    KjParameterView rate, per;
    KjNoteView alert, reference;

    (void)data;
    kj_view_rule(fixture->table, fixture->block.first_rule, &staff);
    kj_view_rule(fixture->table, fixture->block.first_rule + 1, &guest);
    kj_view_rule(fixture->table, fixture->block.first_rule + 2, &last);
    g_assert_cmpstr(staff.label, ==, "staff");
    g_assert_cmpstr(staff.doc, ==, "Staff come and go.");
    g_assert_cmpstr(staff.file, ==, "house/doors.pol");
    g_assert_cmpuint(staff.line, ==, 6);
    g_assert_cmpuint(staff.column, ==, 5);
    g_assert_cmpuint(staff.box_count, ==, 1);
    g_assert_nonnull(g_strstr_len(staff.source, -1, "level >= middle"));
    g_assert_null(g_strstr_len(staff.source, -1, "@"));
    g_assert_cmpstr(staff.sentence.en, !=, "");
    g_assert_cmpstr(staff.sentence.ja, !=, staff.sentence.en);
    g_assert_cmpuint(staff.note_count, ==, 2);
    kj_view_note(fixture->table, staff.first_note, &alert);
    kj_view_note(fixture->table, staff.first_note + 1, &reference);
    g_assert_cmpstr(alert.name, ==, "alert");
    g_assert_true(alert.obligation);
    g_assert_cmpstr(reference.value, ==, "A-1");
    g_assert_false(reference.obligation);
    g_assert_cmpuint(guest.parameter_count, ==, 2);
    kj_view_parameter(fixture->table, guest.first_parameter, &rate);
    kj_view_parameter(fixture->table, guest.first_parameter + 1, &per);
    g_assert_cmpuint(rate.number, ==, 3);
    g_assert_cmpuint(rate.window, ==, 3600);
    g_assert_cmpuint(per.member_count, ==, 2);
    g_assert_cmpuint(kj_view_member(fixture->table, per.first_member + 1), ==, 1);
    g_assert_cmpstr(last.label, ==, "_1");
}

/* The same text in another compilation: other addresses, the same bytes. */
static void test_same_bytes(Fixture *fixture, gconstpointer data) {
    g_autoptr(KjCompilation) again = kj_compilation_new();
    g_autoptr(GBytes) first = kj_build(fixture->compilation->policy, TRUE, fixture->compilation->diagnostics), second = NULL;

    (void)data;
    kj_compilation_load_text(again, "house/doors.pol", text, sizeof text - 1);
    second = kj_build(again->policy, TRUE, again->diagnostics);
    g_assert_true(g_bytes_equal(first, second));
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    kj_plugin_register(&door, &error);
    g_assert_no_error(error);
#define EACH(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
    EACH("/table/write/block", test_block);
    EACH("/table/write/fields", test_fields);
    EACH("/table/write/rules", test_rules);
    EACH("/table/write/same-bytes", test_same_bytes);
    return g_test_run();
}
