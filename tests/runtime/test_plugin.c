/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain tables: a good one is taken, and each single mistake is refused with a reason that names its place. */
#include <kijun/plugin.h>

#include <glib/gstdio.h>
#include <string.h>

#define BOTH(text) { text, text }

static const char *const colours[] = { "red", "green", NULL };
static const char *const same_colours[] = { "red", "red", NULL };
static const char *const no_words[] = { NULL };
static const char *const parts[] = { "proto", "port", NULL };
static const char *const one_part[] = { "proto", NULL };
static const char *const wrong_parts[] = { "proto", "colour", NULL };
static const char *const limit_only[] = { "limit", NULL };
static const char *const unknown_effect[] = { "maybe", NULL };
static const KjNamedNumber protocols[] = { { "tcp", 6 }, { "udp", 17 }, { NULL, 0 } };
static const KjNamedNumber large_protocols[] = { { "tcp", 6000 }, { NULL, 0 } };

static gboolean emit_nothing(const KjTable *table, guint block, GString *out, GError **error) {
    (void) table, (void) block, (void) out, (void) error;
    return TRUE;
}

static gboolean load_nothing(const char *text, GString *dump, GError **error) {
    (void) text;
    (void) dump;
    (void) error;
    return TRUE;
}

static gboolean read_nothing(const char *dump, gsize length, GString *policy, GError **error) {
    (void) dump;
    (void) length;
    (void) policy;
    (void) error;
    return TRUE;
}

static gboolean recognise_nothing(const char *bytes, gsize length) {
    (void) bytes;
    (void) length;
    return FALSE;
}

static void *open_nothing(gint64 now) {
    (void) now;
    return NULL;
}

static KjLogLine read_no_line(void *state, const char *line, KjRequestSink *sink, gint64 *instant, GError **error) {
    (void) state;
    (void) line;
    (void) sink;
    (void) instant;
    (void) error;
    return KJ_LOG_LINE_NONE;
}

static gboolean read_no_map(void *state, const char *owner, const char *user, const char *path, const char *bytes, gsize length, KjAuditSink *sink,
                            GError **error) {
    (void)state, (void)owner, (void)user, (void)path, (void)bytes, (void)length, (void)sink, (void)error;
    return TRUE;
}

static void *open_no_map(void) {
    return NULL;
}

static void finish_no_map(void *state, KjAuditSink *sink) {
    (void)state, (void)sink;
}

static void close_nothing(void *state) {
    (void) state;
}

static gboolean nothing_in_force(const char *name, const char *text, GString *state, GError **error) {
    (void) name, (void) text, (void) state, (void) error;
    return TRUE;
}

static gboolean apply_nothing(const char *name, const char *text, GError **error) {
    (void) name, (void) text, (void) error;
    return TRUE;
}

/* A fresh good domain for each case to spoil. */
typedef struct {
    KjFieldDefinition fields[8];
    KjEffectDefinition effects[4];
    KjParameterDefinition parameters[2];
    KjSettingDefinition settings[3];
    KjAnnotationDefinition annotations[2];
    KjTargetDefinition targets[2];
    KjLifelineDefinition lifelines[2];
    KjReaderDefinition readers[3];
    KjLogReaderDefinition log_readers[3];
    KjEnforcerDefinition enforcers[3];
    KjAuditFormDefinition forms[3];
    KjAuditorDefinition auditor;
    const char *log_fields[3];
    const char *request[13];
    KjDomain domain;
} Sample;

static void sample_fill(Sample *s, const char *name) {
    memset(s, 0, sizeof *s);
    s->fields[0] = (KjFieldDefinition){ .name = "from", .type = KJ_TYPE_ADDRESS, .flags = KJ_FIELD_REQUIRED, .phrase = BOTH("from {}"), .doc = BOTH("Source.") };
    s->fields[1] = (KjFieldDefinition){ .name = "proto", .type = KJ_TYPE_INTEGER, .high = 255, .names = protocols, .phrase = BOTH("proto {}"), .doc = BOTH("P.") };
    s->fields[2] = (KjFieldDefinition){ .name = "port", .type = KJ_TYPE_INTEGER, .high = 65535, .phrase = BOTH("port {}"), .doc = BOTH("P.") };
    s->fields[3] = (KjFieldDefinition){ .name = "service", .type = KJ_TYPE_SERVICE, .parts = parts, .phrase = BOTH("service {}"), .doc = BOTH("S.") };
    s->fields[4] = (KjFieldDefinition){ .name = "colour", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_ORDERED, .values = colours, .phrase = BOTH("{}"), .doc = BOTH("C.") };
    s->fields[5] = (KjFieldDefinition){ .name = "tls", .type = KJ_TYPE_BOOL, .phrase = BOTH("over TLS"), .doc = BOTH("T.") };
    s->fields[6] = (KjFieldDefinition){ .name = "flow", .type = KJ_TYPE_TEXT, .needs_setting = "stateful", .needs_value = "false", .phrase = BOTH("{}"), .doc = BOTH("F.") };
    s->effects[0] = (KjEffectDefinition){ .name = "allow", .phrase = BOTH("allow"), .doc = BOTH("A.") };
    s->effects[1] = (KjEffectDefinition){ .name = "limit", .flags = KJ_EFFECT_LIMITS, .phrase = BOTH("limit"), .doc = BOTH("L.") };
    s->effects[2] = (KjEffectDefinition){ .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = BOTH("deny"), .doc = BOTH("D.") };
    s->parameters[0] = (KjParameterDefinition){ .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limit_only, .phrase = BOTH("at {}"), .doc = BOTH("R.") };
    s->settings[0] = (KjSettingDefinition){ .name = "stateful", .type = KJ_TYPE_BOOL, .initial = "true", .doc = BOTH("S.") };
    s->settings[1] = (KjSettingDefinition){ .name = "hook", .type = KJ_TYPE_SYMBOL, .values = colours, .initial = "red", .doc = BOTH("H.") };
    s->annotations[0] = (KjAnnotationDefinition){ .name = "tarpit", .obligation = TRUE, .doc = BOTH("T.") };
    s->targets[0] = (KjTargetDefinition){ .name = "text", .doc = BOTH("T."), .emit = emit_nothing };
    const char *request[] = { "from", "{1}", "proto", "tcp", "port", "*", "colour", "!red", "tls", "true", NULL };
    memcpy(s->request, request, sizeof request);
    s->lifelines[0] = (KjLifelineDefinition){ .name = "session", .setting = "hook", .value = "green", .request = s->request, .phrase = BOTH("the session") };
    s->readers[0] = (KjReaderDefinition){ .target = "text", .load = load_nothing, .read_back = read_nothing };
    s->log_fields[0] = "from";
    s->log_readers[0] = (KjLogReaderDefinition){ .name = "journal", .doc = BOTH("J."), .fields = s->log_fields, .recognise = recognise_nothing,
                                                 .open = open_nothing, .read = read_no_line, .close = close_nothing };
    s->enforcers[0] = (KjEnforcerDefinition){ .target = "text", .current = nothing_in_force, .apply = apply_nothing };
    s->forms[0] = (KjAuditFormDefinition){ .name = "map", .doc = BOTH("M."), .owner = BOTH("O."), .read = read_no_map };
    s->auditor = (KjAuditorDefinition){ .doc = BOTH("A."), .forms = s->forms, .open = open_no_map, .finish = finish_no_map, .close = close_nothing };
    s->domain = (KjDomain){ .abi = KJ_DOMAIN_ABI, .size = sizeof(KjDomain), .name = name, .version = "1", .doc = BOTH("Sample."), .subject = BOTH("samples"),
                            .combining = KJ_COMBINING_FIRST_MATCH, .default_effect = "deny", .fields = s->fields, .effects = s->effects,
                            .parameters = s->parameters, .settings = s->settings, .annotations = s->annotations, .targets = s->targets,
                            .lifelines = s->lifelines, .readers = s->readers, .log_readers = s->log_readers, .enforcers = s->enforcers, .auditor = &s->auditor };
}

typedef struct {
    const char *mistake;
    gsize offset; /* in Sample */
    guint64 value;
    gsize size;
    const char *reason; /* part of the message */
} Spoil;

#define POINTER(member, to) offsetof(Sample, member), (guint64) (guintptr) (to), sizeof(void *)
#define NUMBER(member, to) offsetof(Sample, member), (to), sizeof(((Sample *) 0)->member)

static void test_mistakes(void) {
    const Spoil spoils[] = {
        { "abi", NUMBER(domain.abi, 2), "interface 2" },
        { "size", NUMBER(domain.size, 8), "of 8 bytes" },
        { "no name", POINTER(domain.name, NULL), "a name consists" },
        { "no version", POINTER(domain.version, NULL), "no version" },
        { "combining", NUMBER(domain.combining, 4), "combining" },
        { "no fields", POINTER(domain.fields, NULL), "no fields" },
        { "no Japanese subject", POINTER(domain.subject.ja, NULL), "no Japanese" },
        { "no English documentation", POINTER(domain.doc.en, ""), "no English" },
        { "not UTF-8", POINTER(domain.doc.en, "\xff"), "not UTF-8" },
        { "unknown default", POINTER(domain.default_effect, "maybe"), "default effect" },
        { "field twice", POINTER(fields[2].name, "proto"), "twice" },
        { "hard word", POINTER(fields[0].name, "when"), "keeps this word" },
        { "field name", POINTER(fields[0].name, "a-b"), "a name consists" },
        { "field type", NUMBER(fields[0].type, 99), "no such type" },
        { "field flag", NUMBER(fields[0].flags, 1u << 20), "no such flag" },
        { "bounds upside down", NUMBER(fields[1].low, 300), "bounds" },
        { "bounds of an address", NUMBER(fields[0].high, 300), "bounds" },
        { "names of an address", POINTER(fields[0].names, protocols), "named numbers" },
        { "named number out of bounds", POINTER(fields[1].names, large_protocols), "out of bounds" },
        { "value twice", POINTER(fields[4].values, same_colours), "twice" },
        { "no values", POINTER(fields[4].values, no_words), "empty" },
        { "values of a number", POINTER(fields[1].values, colours), "only an enumeration" },
        { "order without values", POINTER(fields[4].values, NULL), "ordered" },
        { "closable though closed", NUMBER(fields[4].flags, KJ_FIELD_CLOSABLE), "closed by a block" },
        { "service without parts", POINTER(fields[3].parts, NULL), "two fields" },
        { "parts of a number", POINTER(fields[1].parts, parts), "two fields" },
        { "one part", POINTER(fields[3].parts, one_part), "two fields" },
        { "part of the wrong type", POINTER(fields[3].parts, wrong_parts), "two integer fields" },
        { "required service", NUMBER(fields[3].flags, KJ_FIELD_REQUIRED), "neither required" },
        { "phrase without operand", POINTER(fields[0].phrase.ja, "from"), "`{}` once" },
        { "phrase with two operands", POINTER(fields[0].phrase.en, "{} {}"), "`{}` once" },
        { "boolean with operand", POINTER(fields[5].phrase.en, "tls {}"), "nowhere" },
        { "needed setting without value", POINTER(fields[5].needs_setting, "stateful"), "goes with" },
        { "unknown needed setting", POINTER(fields[6].needs_setting, "stateless"), "does not have" },
        { "phase", POINTER(fields[0].phase, "at login"), "phase" },
        { "no effects", POINTER(effects[0].name, NULL), "at least one effect" },
        { "effect twice", POINTER(effects[2].name, "allow"), "twice" },
        { "effect flag", NUMBER(effects[0].flags, 1u << 9), "no such flag" },
        { "two natures", NUMBER(effects[0].flags, KJ_EFFECT_HOLDS | KJ_EFFECT_LIMITS), "only one of" },
        { "refusing first", NUMBER(effects[0].flags, KJ_EFFECT_REFUSES), "mildest" },
        { "require that does not", POINTER(effects[0].name, "require"), "requires" },
        { "limit without rate", POINTER(parameters[0].name, NULL), "rate" },
        { "effect without phrase", POINTER(effects[1].phrase.en, NULL), "no English" },
        { "parameter like a field", POINTER(parameters[0].name, "port"), "same name" },
        { "parameter kind", NUMBER(parameters[0].kind, 0), "" },
        { "parameter of no effect", POINTER(parameters[0].effects, no_words), "" },
        { "parameter of an unknown effect", POINTER(parameters[0].effects, unknown_effect), "" },
        { "parameter phrase", POINTER(parameters[0].phrase.en, "at"), "`{}` once" },
        { "setting type", NUMBER(settings[0].type, KJ_TYPE_PATH), "a setting is" },
        { "setting initial", POINTER(settings[0].initial, "maybe"), "initial" },
        { "setting initial value", POINTER(settings[1].initial, "blue"), "initial" },
        { "setting values", POINTER(settings[1].values, NULL), "only a symbol" },
        { "annotation of every domain", POINTER(annotations[0].name, "log"), "already" },
        { "target without function", POINTER(targets[0].emit, NULL), "no function" },
        { "target name", POINTER(targets[0].name, ""), "empty" },
        { "lifeline phrase", POINTER(lifelines[0].phrase.ja, NULL), "no Japanese" },
        { "lifeline setting without value", POINTER(lifelines[0].value, NULL), "needs a setting" },
        { "lifeline of an unknown setting", POINTER(lifelines[0].setting, "hooks"), "needs a setting" },
        { "lifeline of an unknown value", POINTER(lifelines[0].value, "blue"), "needs a value" },
        { "lifeline of an unknown field", POINTER(request[2], "protocol"), "no field" },
        { "lifeline of a service", POINTER(request[2], "service"), "no field" },
        { "lifeline without a value", POINTER(request[3], NULL), "no value" },
        { "lifeline of a wrong number", POINTER(request[3], "256"), "no value" },
        { "lifeline of no number", POINTER(request[3], "sctp"), "no value" },
        { "lifeline of a wrong word", POINTER(request[1], "{5}"), "no value" },
        { "lifeline of no address", POINTER(request[1], "10.0.0"), "no value" },
        { "lifeline of a wrong colour", POINTER(request[7], "!blue"), "no value" },
        { "lifeline without a required field", POINTER(request[0], "flow"), "required field" },
        { "lifeline without any field", POINTER(lifelines[0].request, NULL), "required field" },
        { "reader of an unknown target", POINTER(readers[0].target, "texts"), "does not have" },
        { "second reader of a target", POINTER(readers[1].target, "text"), "twice" },
        { "reader that does not load", POINTER(readers[0].load, NULL), "no function that loads" },
        { "reader that does not read", POINTER(readers[0].read_back, NULL), "none that reads" },
        { "log reader without a word for a name", POINTER(log_readers[0].name, "mail log"), "a name consists" },
        { "second log reader of a name", POINTER(log_readers[1].name, "journal"), "twice" },
        { "log reader without documentation", POINTER(log_readers[0].doc.en, NULL), "no English" },
        { "log reader that does not recognise", POINTER(log_readers[0].recognise, NULL), "is missing" },
        { "log reader that does not open", POINTER(log_readers[0].open, NULL), "is missing" },
        { "log reader that does not read", POINTER(log_readers[0].read, NULL), "is missing" },
        { "log reader that does not close", POINTER(log_readers[0].close, NULL), "is missing" },
        { "log reader without fields", POINTER(log_readers[0].fields, NULL), "is missing" },
        { "log reader of an unknown field", POINTER(log_fields[0], "protocol"), "does not have" },
        { "enforcer of an unknown target", POINTER(enforcers[0].target, "texts"), "does not have" },
        { "second enforcer of a target", POINTER(enforcers[1].target, "text"), "twice" },
        { "enforcer that does not apply", POINTER(enforcers[0].apply, NULL), "no function that applies" },
        { "enforcer that tells nothing", POINTER(enforcers[0].current, NULL), "none that tells" },
        { "second form of a name", POINTER(forms[1].name, "map"), "twice" },
        { "form without an owner", POINTER(forms[0].owner.ja, NULL), "no Japanese" },
        { "form without documentation", POINTER(forms[0].doc.en, NULL), "no English" },
        { "form that is not read", POINTER(forms[0].read, NULL), "are missing" },
        { "auditor without forms", POINTER(auditor.forms, NULL), "are missing" },
        { "auditor that does not open", POINTER(auditor.open, NULL), "are missing" },
        { "auditor that does not finish", POINTER(auditor.finish, NULL), "are missing" },
        { "auditor that does not close", POINTER(auditor.close, NULL), "are missing" },
        { "auditor without documentation", POINTER(auditor.doc.en, NULL), "no English" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(spoils); i++) {
        g_autofree Sample *sample = g_new(Sample, 1);
        g_autoptr(GError) error = NULL;
        guint64 value = spoils[i].value;
        guint32 narrow = (guint32)value;
        sample_fill(sample, "sample_bad");
        memcpy((char *)sample + spoils[i].offset, spoils[i].size == 4 ? (void *)&narrow : (void *)&value, spoils[i].size);
        g_test_message("%s", spoils[i].mistake);
        g_assert_false(kj_plugin_register(&sample->domain, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_PLUGIN);
        if (!strstr(error->message, spoils[i].reason))
            g_error("%s: %s", spoils[i].mistake, error->message);
        g_assert_null(kj_plugin_find("sample_bad"));
    }
}

static void test_registry(void) {
    static Sample first, second, twin;
    g_autoptr(GError) error = NULL;
    sample_fill(&first, "sample_b");
    sample_fill(&second, "sample_a");
    sample_fill(&twin, "sample_a");
    g_assert_true(kj_plugin_register(&first.domain, &error));
    g_assert_no_error(error);
    g_assert_true(kj_plugin_register(&second.domain, NULL));
    g_assert_true(kj_plugin_register(&second.domain, NULL));
    g_assert_false(kj_plugin_register(&twin.domain, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_PLUGIN);
    g_assert_true(kj_plugin_find("sample_a") == &second.domain);
    g_assert_null(kj_plugin_find("sample"));
    g_autofree const KjDomain **list = kj_plugin_list();
    g_assert_true(list[0] == &second.domain && list[1] == &first.domain && !list[2]);
}

/* A plugin that was built before there were lifelines ends where they begin, and is taken. */
static void test_older(void) {
    static Sample sample;
    g_autoptr(GError) error = NULL;
    sample_fill(&sample, "sample_older");
    sample.domain.size = G_STRUCT_OFFSET(KjDomain, lifelines);
    sample.domain.lifelines = (const KjLifelineDefinition *)(guintptr) 1; /* what happens to stand behind it */
    g_assert_true(kj_plugin_register(&sample.domain, &error));
    g_assert_no_error(error);
    g_assert_null(kj_domain_lifelines(&sample.domain));
    g_assert_null(kj_domain_reader(&sample.domain, "text"));
    sample_fill(&sample, "sample_newer");
    g_assert_true(kj_domain_lifelines(&sample.domain) == sample.lifelines);
    g_assert_true(kj_domain_reader(&sample.domain, "text") == &sample.readers[0]);
    g_assert_null(kj_domain_reader(&sample.domain, "other"));
    static Sample between; /* with lifelines, before readers */
    sample_fill(&between, "sample_between");
    between.domain.size = G_STRUCT_OFFSET(KjDomain, readers);
    between.domain.readers = (const KjReaderDefinition *)(guintptr) 1;
    g_assert_true(kj_plugin_register(&between.domain, &error));
    g_assert_no_error(error);
    g_assert_null(kj_domain_reader(&between.domain, "text"));
    static Sample before_logs; /* with readers, before readers of logs */
    sample_fill(&before_logs, "sample_before_logs");
    g_assert_true(kj_domain_log_readers(&before_logs.domain) == before_logs.log_readers);
    before_logs.domain.size = G_STRUCT_OFFSET(KjDomain, log_readers);
    before_logs.domain.log_readers = (const KjLogReaderDefinition *)(guintptr) 1;
    g_assert_true(kj_plugin_register(&before_logs.domain, &error));
    g_assert_no_error(error);
    g_assert_null(kj_domain_log_readers(&before_logs.domain));
    static Sample before_enforcers; /* with all others */
    sample_fill(&before_enforcers, "sample_before_enforcers");
    g_assert_true(kj_domain_enforcer(&before_enforcers.domain, "text") == &before_enforcers.enforcers[0]);
    g_assert_null(kj_domain_enforcer(&before_enforcers.domain, "other"));
    before_enforcers.domain.size = G_STRUCT_OFFSET(KjDomain, enforcers);
    before_enforcers.domain.enforcers = (const KjEnforcerDefinition *)(guintptr) 1;
    g_assert_true(kj_plugin_register(&before_enforcers.domain, &error));
    g_assert_no_error(error);
    g_assert_null(kj_domain_enforcer(&before_enforcers.domain, "text"));
    static Sample before_auditor;
    sample_fill(&before_auditor, "sample_before_auditor");
    g_assert_true(kj_domain_auditor(&before_auditor.domain) == &before_auditor.auditor);
    before_auditor.domain.size = G_STRUCT_OFFSET(KjDomain, auditor);
    before_auditor.domain.auditor = (const KjAuditorDefinition *)(guintptr) 1;
    g_assert_true(kj_plugin_register(&before_auditor.domain, &error));
    g_assert_no_error(error);
    g_assert_null(kj_domain_auditor(&before_auditor.domain));
}

/* What can change a meaning changes the digest; phrases and documentation do not. */
static void test_digest(void) {
    static Sample sample;
    sample_fill(&sample, "sample");
    g_autofree char *digest = kj_domain_digest(&sample.domain);
    g_assert_cmpuint(strlen(digest), ==, 64);
    sample.fields[0].phrase.en = "coming from {}";
    sample.effects[0].doc.ja = "other";
    g_autofree char *reworded = kj_domain_digest(&sample.domain);
    g_assert_cmpstr(digest, ==, reworded);
    const struct {
        gsize offset;
        guint64 value;
        gsize size;
    } changes[] = { { POINTER(domain.version, "2") },       { NUMBER(fields[1].high, 254) },          { NUMBER(fields[0].flags, 0) },
                    { POINTER(fields[4].values, parts) },   { POINTER(settings[0].initial, "false") }, { POINTER(settings[0].initial, NULL) },
                    { POINTER(effects[0].name, "permit") }, { NUMBER(annotations[0].obligation, 0) },  { POINTER(fields[5].name, NULL) },
                    { NUMBER(domain.combining, 2) },        { NUMBER(parameters[0].required, 1) },     { POINTER(fields[1].names, NULL) } };
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        guint64 value = changes[i].value;
        guint32 narrow = (guint32)value;
        sample_fill(&sample, "sample");
        memcpy((char *)&sample + changes[i].offset, changes[i].size == 4 ? (void *)&narrow : (void *)&value, changes[i].size);
        g_autofree char *changed = kj_domain_digest(&sample.domain);
        g_assert_cmpstr(changed, !=, digest);
    }
}

/* A folder of plugins that are none: each is left out with a reason, twice asked twice told. */
static void test_bad_folder(void) {
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    kj_plugins_load(problems);
    g_assert_cmpuint(problems->len, ==, 2);
    g_assert_nonnull(strstr(problems->pdata[0], "broken.so"));
    g_assert_nonnull(strstr(problems->pdata[1], "/nowhere"));
    kj_plugins_load(problems);
    g_assert_cmpuint(problems->len, ==, 4);
    kj_plugins_load(NULL);
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("kijun-plugins-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *broken = g_build_filename(folder, "broken.so", NULL), *text = g_build_filename(folder, "README", NULL);
    g_autofree char *path = g_strconcat(folder, ":/nowhere", NULL);
    g_assert_true(g_file_set_contents(broken, "no module", -1, NULL) && g_file_set_contents(text, "no module either", -1, NULL));
    g_setenv("KIJUN_PLUGIN_PATH", path, TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plugin/mistakes", test_mistakes);
    g_test_add_func("/plugin/registry", test_registry);
    g_test_add_func("/plugin/older", test_older);
    g_test_add_func("/plugin/digest", test_digest);
    g_test_add_func("/plugin/bad-folder", test_bad_folder);
    int result = g_test_run();
    g_unlink(broken);
    g_unlink(text);
    g_rmdir(folder);
    return result;
}
