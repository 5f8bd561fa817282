/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"

#include <string.h>

#include "../../../compiler/reference/reference.h"

const KjSampleText kj_sample_texts[] = {
    { "firewall",
      "zone \"Asia/Tokyo\";\n"
      "let staff = { 10.1.0.0/16, 2001:db8:1::/48 };\n"
      "let clerks = { 10.1.2.0/24 };\n"
      "let dmz = { 192.0.2.0/24, 198.51.100.7 };\n"
      "let web = { 80/tcp, 443/tcp };\n"
      "let dns = { 53/udp, 53/tcp };\n"
      "let high = 1024..65535;\n"
      "let holidays = { 2026-11-23, 2026-12-29..2027-01-03 };\n"
      "let office = mon..fri 09:00..18:00 - holidays;\n",
      "firewall b { default deny; stateful = false;\n",
      "web: allow from staff to dmz service web; dns: allow to 192.0.2.53 service dns;\n"
      "night: deny from clerks proto icmp icmp_type { 8, 13 } unless during office;\n"
      "inside: allow from staff - clerks to staff proto tcp port high iif \"eth0\" state { new, established } during office;\n"
      "pilot: allow from 10.1.2.7 to dmz proto { tcp, 47 } port none @from(2026-04-01) @until(2026-12-31);\n"
      "six: reject from not staff to 2001:db8:1::/64 source_port 1..1023;\n"
      "literal: allow to 203.0.113.0/24 service { 22/tcp, 990/tcp, 5000..5010/udp } during "
      "{ sat..sun, 2026-12-25, mon..tue 10:00..12:00 };\n"
      "late: allow to 203.0.113.9 service 25/tcp during fri..mon 22:00..06:00 zone \"UTC\" - 2026-12-24 zone \"Europe/Berlin\";\n",
      "web: allow from { staff, 10.2.0.0/16 } to dmz service web; dns: allow to 192.0.2.53 service dns;\n"
      "inside: allow from staff - clerks to staff proto tcp port high iif { \"eth0\", \"eth1\" } during not office;\n"
      "pilot: allow from 10.1.2.7 to dmz proto { tcp, 47 } port none @from(2026-04-01) @until(2027-12-31);\n"
      "six: reject from not staff to 2001:db8:1::/64 source_port 1..1024;\n" },
    { "acl",
      "group clerks = { \"sato\", \"suzuki\" };\n"
      "group staff = { clerks, \"tanaka\", \"ito\" };\n"
      "group chiefs = { \"ito\", \"watanabe\" };\n"
      "type class = I > II > III;\n"
      "let records = { \"/residents/**\", \"/tax/**\" };\n"
      "let secret = \"/residents/secret/**\";\n"
      "let hours = mon..fri 09:00..18:00;\n",
      "acl b { field owner : principal; field label : class; field device : { managed, own }; field due : date; \n"
      "field action : { read, write, delete };\n"
      "field copies : 0..20; field limit_of_copies : 0..20; field remote : bool; field titles : set of { head, deputy, officer };\n"
      "field codes : set of 1..9; default deny;\n",
      "mine: allow principal staff action { read, write } resource records when principal == owner;\n"
      "keep: deny resource records - secret action delete unless principal in chiefs and label <= II;\n"
      "copy: allow action read during hours when copies < limit_of_copies and device == managed and groups has \"copiers\" "
      "and not codes has 3;\n"
      "late: deny due <= 2026-03-31 when remote or not groups has \"trusted\" or titles has { head, deputy };\n"
      "other: allow principal not staff resource \"/public/*/**\" when principal != owner and copies >= 3;\n",
      "mine: allow principal staff action read resource records when principal == owner;\n"
      "keep: deny resource secret action delete unless principal in chiefs;\n"
      "copy: allow action read when copies <= limit_of_copies and device == managed and groups has { \"copiers\", \"trusted\" };\n"
      "sato: allow principal { \"sato\", \"yamada\" } resource \"/tax/*\" when label == I and titles has officer;\n" },
    { "mail",
      "let internal = { \"example.go.jp\", \"*.example.go.jp\" };\n"
      "let partners = { \"partner.example\", \"chief@ally.example\" };\n"
      "type class = I > II > III;\n",
      "mail b { default deny;\n",
      "inside: allow to internal from { none, internal };\n"
      "partner: limit to partners size <= 10MB rate 20/1d per forwarder;\n"
      "auto: deny to not internal when auto and not tls unless class == III or recipients > 50;\n"
      "boss: hold from \"chief@ally.example\" client { 10.0.0.0/8, 2001:db8::/32 } hops 3..9;\n",
      "inside: allow to internal - \"hr.example.go.jp\" from internal;\n"
      "partner: limit to { partners, \"*.partner.example\" } size < 20MB rate 20/1d per forwarder;\n"
      "boss: hold from \"chief@ally.example\" client not 10.1.0.0/16 hops none;\n" },
    { "password", "group hosts = { \"h1\", \"h2\" };\n", "password b {\n",
      "long: require length >= 12; deny when breached or dictionary; old: require age <= 90d when role == admin;\n"
      "deny last_used <= 24; warn when similar > 60 unless user in hosts;\n",
      "long: require length >= 14; deny when breached; old: require age < 400d when role in { admin, operator };\n"
      "warn when similar > 60 unless user in hosts or mfa;\n" },
    { NULL, NULL, NULL, NULL, NULL },
};

const KjSampleText *kj_sample_find(const char *name) {
    for (const KjSampleText *text = kj_sample_texts; text->name; text++) {
        if (strcmp(text->name, name) == 0)
            return text;
    }
    g_assert_not_reached();
}

/* ---- universes ---- */

KjCompilation *kj_sample_compile(const char *text) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "sample.pol", text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) out = g_string_new(text);

        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, out);
        g_error("%s", out->str);
    }
    return compilation;
}

static void add_side(KjSample *sample, const KjSampleText *text, const char *rules) {
    g_autofree char *whole = g_strconcat(text->declarations, text->open, rules, "}\n", NULL);
    guint side = sample->count++;

    sample->compilations[side] = kj_sample_compile(whole);
    sample->blocks[side] = sample->compilations[side]->policy->blocks;
}

void kj_sample_open(KjSample *sample, const KjSampleText *text, gboolean changed) {
    const char *problem = NULL;

    *sample = (KjSample){ .count = 0 };
    add_side(sample, text, text->rules);
    if (changed)
        add_side(sample, text, text->changed);
    sample->universe = kj_universe_new(sample->blocks, sample->count);
    for (guint side = 0; side < sample->count; side++) {
        for (guint i = 0; i < sample->blocks[side]->rule_count; i++)
            kj_universe_add_rule(sample->universe, side, &sample->blocks[side]->rules[i]);
    }
    g_assert_true(kj_universe_seal(sample->universe, &problem));
}

void kj_sample_close(KjSample *sample) {
    kj_universe_free(sample->universe);
    for (guint side = 0; side < sample->count; side++)
        kj_compilation_free(sample->compilations[side]);
}

/* ---- boxes ---- */

GPtrArray *kj_sample_boxes(KjSample *sample) {
    GPtrArray *boxes = g_ptr_array_new();

    for (guint side = 0; side < sample->count; side++) {
        for (guint i = 0; i < sample->blocks[side]->rule_count; i++) {
            g_autoptr(GPtrArray) region = kj_universe_lower_rule(sample->universe, side, &sample->blocks[side]->rules[i]);

            g_assert_nonnull(region);
            for (guint k = 0; k < region->len; k++)
                g_ptr_array_add(boxes, region->pdata[k]);
        }
    }
    return boxes;
}

static const KjClassSet *random_classes(KjSample *sample, guint field, GRand *random) {
    guint32 last = kj_universe_class_count(sample->universe, field) - 1;
    KjClassInterval intervals[6];
    guint count = (guint)g_rand_int_range(random, 1, 4), used = 0;

    if (g_rand_boolean(random))
        intervals[used++] = (KjClassInterval){ 0, 0 };
    for (guint i = 0; i < count && last > 0; i++) {
        guint32 low = (guint32)g_rand_int_range(random, 1, (gint32)last + 1);
        guint32 width = g_rand_boolean(random) ? 0 : (guint32)g_rand_int_range(random, 0, (gint32)last + 1);

        intervals[used++] = (KjClassInterval){ low, MIN(low + width, last) };
    }
    return kj_class_sets_get(kj_universe_sets(sample->universe), intervals, used);
}

/* What a bit reads must be there for it to have an answer. FALSE when it cannot. */
static gboolean need(KjSample *sample, const KjClassSet **tests, guint field) {
    KjClassSets *sets = kj_universe_sets(sample->universe);
    const KjClassSet *whole = kj_class_sets_range(sets, 1, kj_universe_class_count(sample->universe, field) - 1);

    tests[field] = tests[field] ? kj_class_set_intersect(sets, tests[field], whole) : whole;
    return tests[field]->count > 0;
}

/* Some of unknown, no and yes. */
static const KjClassSet *random_answers(KjSample *sample, GRand *random) {
    static const KjClassInterval answers[][2] = { { { 1, 1 }, { 1, 1 } }, { { 2, 2 }, { 2, 2 } }, { { 1, 2 }, { 1, 2 } },
                                                  { { 0, 0 }, { 0, 0 } }, { { 0, 1 }, { 0, 1 } }, { { 0, 0 }, { 2, 2 } } };
    guint at = (guint)g_rand_int_range(random, 0, 2 * (gint32)G_N_ELEMENTS(answers)); /* a certain answer more often than not */
    KjClassInterval intervals[2];

    memcpy(intervals, answers[at < G_N_ELEMENTS(answers) ? at : at % 2], sizeof intervals);
    return kj_class_sets_get(kj_universe_sets(sample->universe), intervals, 2);
}

static gboolean add_random_tests(KjSample *sample, const KjClassSet **tests, GRand *random) {
    guint dimension = kj_universe_dimension(sample->universe);

    for (guint i = 0; i < dimension; i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, i);
        gboolean bit = field && field->kind != KJ_FIELD_KIND_VALUE;

        if (g_rand_int_range(random, 0, 3) || (field && field->kind == KJ_FIELD_KIND_TIME) ||
            (field && field->kind == KJ_FIELD_KIND_VALUE && field->field->type.kind == KJ_TYPE_SERVICE))
            continue;
        tests[i] = bit ? random_answers(sample, random) : random_classes(sample, i, random);
        if (bit && !kj_class_set_has(tests[i], 0) &&
            (!need(sample, tests, field->left) || (field->kind == KJ_FIELD_KIND_COMPARE && !need(sample, tests, field->right))))
            return FALSE;
        if (tests[i]->count == 0)
            return FALSE;
    }
    return TRUE;
}

const KjBox *kj_sample_random_box(KjSample *sample, GRand *random) {
    guint dimension = kj_universe_dimension(sample->universe);
    g_autofree const KjClassSet **tests = g_new0(const KjClassSet *, dimension);
    KjBox *box;

    while (!add_random_tests(sample, tests, random))
        memset(tests, 0, dimension * sizeof *tests);
    box = kj_arena_alloc(kj_universe_arena(sample->universe), sizeof(KjBox) + dimension * sizeof(KjBoxTest));
    for (guint i = 0; i < dimension; i++) {
        if (tests[i])
            box->tests[box->count++] = (KjBoxTest){ i, tests[i] };
    }
    return box;
}

/* ---- points ---- */

typedef struct {
    KjReferenceValue value;
    GArray *members; /* KjReferenceValue; NULL: none were given */
    gboolean present;
} Slot;

static gboolean give(const KjField *field, Slot *slot, const char *text) {
    const char *problem = NULL;
    KjReferenceValue value = { 0 };
    KjDataType single = field->type;

    single.set = FALSE;
    if (field->type.set && !slot->members)
        slot->members = g_array_new(FALSE, TRUE, sizeof(KjReferenceValue));
    if (text && !kj_reference_value_read(&single, text, &value, &problem))
        return FALSE;
    if (field->type.set) {
        if (text)
            g_array_append_val(slot->members, value);
        slot->present = TRUE;
        return TRUE;
    }
    if (slot->present || !text)
        return FALSE;
    slot->value = value;
    slot->present = TRUE;
    return TRUE;
}

static guint32 value_class(const KjSpaceField *field, const Slot *slot) {
    if (!slot->present)
        return 0;
    if (!field->classifier)
        return 1;
    if (slot->value.tokens)
        return kj_classifier_classify_tokens(field->classifier, (const char *const *)slot->value.tokens, slot->value.token_count);
    return kj_classifier_classify_ordinal(field->classifier, slot->value.ordinal);
}

static guint32 member_class(const KjSpaceField *field, const KjDataType *type, const Slot *slot) {
    KjDataType single = *type;
    KjReferenceValue wanted;
    const char *problem = NULL;
    guint32 klass = 1;

    if (!slot->present)
        return 0;
    single.set = FALSE;
    g_assert_true(kj_reference_value_read(&single, field->member, &wanted, &problem));
    for (guint i = 0; i < slot->members->len; i++) {
        if (kj_reference_value_equal(&g_array_index(slot->members, KjReferenceValue, i), &wanted))
            klass = 2;
    }
    kj_reference_value_clear(&wanted);
    return klass;
}

static guint32 compare_class(const KjSpaceField *field, const Slot *left, const Slot *right) {
    gboolean holds;

    if (!left->present || !right->present)
        return 0;
    holds = field->relation == KJ_RELATION_LESS ? kj_ordinal_compare(left->value.ordinal, right->value.ordinal) < 0
                                                : kj_reference_value_equal(&left->value, &right->value);
    return holds ? 2 : 1;
}

static void slots_free(Slot *slots, guint count) {
    for (guint i = 0; i < count; i++) {
        kj_reference_value_clear(&slots[i].value);
        for (guint k = 0; slots[i].members && k < slots[i].members->len; k++)
            kj_reference_value_clear(&g_array_index(slots[i].members, KjReferenceValue, k));
        g_clear_pointer(&slots[i].members, g_array_unref);
    }
    g_free(slots);
}

gboolean kj_sample_point(const KjSample *sample, const KjFieldText *texts, guint count, gboolean has_instant, gint64 instant,
                         guint32 *point) {
    guint fields_count, dimension = kj_universe_dimension(sample->universe);
    const KjField *fields = kj_universe_fields(sample->universe, &fields_count);
    Slot *slots = g_new0(Slot, fields_count);
    gboolean good = TRUE;

    for (guint t = 0; t < count && good; t++) {
        guint at = 0;

        while (at < fields_count && strcmp(fields[at].name, texts[t].field) != 0)
            at++;
        good = at < fields_count && give(&fields[at], &slots[at], texts[t].text);
    }
    for (guint i = 0; i < dimension && good; i++) {
        const KjSpaceField *field = kj_universe_field(sample->universe, i);

        if (!field)
            point[i] = has_instant ? kj_moments_classify(kj_universe_moments(sample->universe), instant) : 0;
        else if (field->kind == KJ_FIELD_KIND_VALUE)
            point[i] = value_class(field, &slots[i]);
        else if (field->kind == KJ_FIELD_KIND_MEMBER)
            point[i] = member_class(field, &fields[field->left].type, &slots[field->left]);
        else if (field->kind == KJ_FIELD_KIND_COMPARE)
            point[i] = compare_class(field, &slots[field->left], &slots[field->right]);
        else
            point[i] = 0;
    }
    slots_free(slots, fields_count);
    return good;
}
