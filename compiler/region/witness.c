/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a box to a request. See witness.h; values of single classes come from examples.h.
 *
 * First: which fields are there. A field is left out unless it is required, its own test asks for it, or a member or comparison does;
 * leaving it out never contradicts anything else. Then fields that are compared get their values together: equal ones are one group with
 * one value, and a search over groups finds values that differ, or follow each other, as the box says (witness_compare.c). Every other
 * field gets its best example. What was chosen is of the box by construction, and examples are read again, so a witness that is given is
 * one.
 *
 * Two things make requests look like real ones: all addresses are of one family where they can be, and a port comes with a protocol of some
 * service that the policy speaks of.
 */
#include "witness_private.h"

#include <string.h>

#include <kijun/value.h>

#include "mentions.h"

#define EXAMPLES_TRIED 4u /* so that a few fields of one type can differ */

typedef struct {
    KjWitness witness; /* first, so that one is the other */
    GArray *texts;     /* KjFieldText */
    GArray *members;   /* gboolean: whether the value is one of a set's */
} Witness;

/* ---- which fields are there ---- */

static gboolean is_only_missing(const KjClassSet *set) {
    return set->count == 1 && set->intervals[0].high == 0;
}

/* Members and comparisons that must have an answer need the fields they read. */
static void force_read_fields(KjWitnessMaker *maker) {
    for (guint i = 0; i < maker->box->count; i++) {
        const KjBoxTest *test = &maker->box->tests[i];
        const KjSpaceField *field = kj_universe_field(maker->universe, test->field);

        if (test->field < maker->count || !field || kj_class_set_has(test->set, 0))
            continue;
        maker->present[field->left] = TRUE;
        if (field->kind == KJ_FIELD_KIND_COMPARE)
            maker->present[field->right] = TRUE;
    }
}

/* Whether a member has no answer but "unknown" although its set is there. */
static gboolean contradicts(const KjWitnessMaker *maker) {
    for (guint i = 0; i < maker->box->count; i++) {
        const KjBoxTest *test = &maker->box->tests[i];
        const KjSpaceField *field = kj_universe_field(maker->universe, test->field);

        if (test->field >= maker->count && field && field->kind == KJ_FIELD_KIND_MEMBER && is_only_missing(test->set) &&
            maker->present[field->left])
            return TRUE;
    }
    return FALSE;
}

/* FALSE when a field must be there and cannot, or must not and does. */
static gboolean find_present(KjWitnessMaker *maker) {
    KjClassSets *sets = kj_universe_sets(maker->universe);

    for (guint i = 0; i < maker->count; i++) {
        const KjClassSet *test = kj_box_field(maker->box, i);
        guint32 last = kj_universe_class_count(maker->universe, i) - 1;

        maker->allowed[i] = kj_class_sets_range(sets, 1, last);
        if (test)
            maker->allowed[i] = kj_class_set_intersect(sets, test, maker->allowed[i]);
        maker->present[i] = test ? !kj_class_set_has(test, 0) : FALSE;
        if ((maker->fields[i].flags & KJ_FIELD_REQUIRED) && !(test && is_only_missing(test)))
            maker->present[i] = TRUE;
    }
    force_read_fields(maker);
    for (guint i = 0; i < maker->count; i++) {
        if (maker->present[i] && maker->allowed[i]->count == 0)
            return FALSE;
    }
    return !contradicts(maker);
}

/* A request has one field of a name; two versions may have two of different types. */
static gboolean names_differ(const KjWitnessMaker *maker) {
    for (guint i = 0; i < maker->count; i++) {
        for (guint j = 0; j < i && maker->present[i]; j++) {
            if (maker->present[j] && strcmp(maker->fields[i].name, maker->fields[j].name) == 0)
                return FALSE;
        }
    }
    return TRUE;
}

/* ---- what goes together ---- */

static gboolean has_family(const KjWitnessMaker *maker, guint field, guint64 family) {
    const KjSpaceField *space_field = kj_universe_field(maker->universe, field);
    const KjClassSet *allowed = maker->allowed[field];

    for (guint i = 0; i < allowed->count; i++) {
        guint64 low = kj_example_points(space_field, allowed->intervals[i].low).low.family;
        guint64 high = kj_example_points(space_field, allowed->intervals[i].high).high.family;

        if (low == family || high == family)
            return TRUE;
    }
    return FALSE;
}

static void choose_family(KjWitnessMaker *maker) {
    static const guint64 families[] = { 4, 6 };

    for (guint k = 0; k < G_N_ELEMENTS(families) && !maker->family; k++) {
        gboolean fits = TRUE;

        for (guint i = 0; i < maker->count && fits; i++)
            fits = !maker->present[i] || maker->fields[i].type.kind != KJ_TYPE_ADDRESS || maker->fields[i].type.set ||
                   has_family(maker, i, families[k]);
        if (fits)
            maker->family = families[k];
    }
}

/* The first pair of a protocol and ports that is in some set of services and in the box. */
static gboolean choose_pair(KjWitnessMaker *maker, const KjField *service, const KjSet *services) {
    KjClassSets *sets = kj_universe_sets(maker->universe);
    KjClassifier *protocols = kj_universe_field(maker->universe, service->protocol)->classifier;
    KjClassifier *ports = kj_universe_field(maker->universe, service->port)->classifier;

    for (guint i = 0; i + 1 < services->count; i += 2) {
        const KjClassSet *protocol = kj_classifier_classes(protocols, sets, services->members[i]);
        const KjClassSet *port = kj_classifier_classes(ports, sets, services->members[i + 1]);

        protocol = kj_class_set_intersect(sets, protocol, maker->allowed[service->protocol]);
        port = kj_class_set_intersect(sets, port, maker->allowed[service->port]);
        if (protocol->count && port->count) {
            maker->allowed[service->protocol] = protocol;
            maker->allowed[service->port] = port;
            return TRUE;
        }
    }
    return FALSE;
}

static void choose_services(KjWitnessMaker *maker) {
    for (guint i = 0; i < maker->count; i++) {
        const KjField *field = &maker->fields[i];
        const GPtrArray *services;
        gboolean chosen = FALSE;

        if (field->type.kind != KJ_TYPE_SERVICE || !maker->present[field->protocol] || !maker->present[field->port])
            continue;
        services = kj_mentions_services(kj_classifier_mentions(kj_universe_field(maker->universe, field->port)->classifier,
                                                               kj_universe_sets(maker->universe)));
        for (guint k = 0; k < services->len && !chosen; k++)
            chosen = choose_pair(maker, field, ((const KjSet *)services->pdata[k])->service);
    }
}

/* ---- values ---- */

/* Whether another field of the type has the value: sender and receiver look better apart, where the box does not care. */
static gboolean is_taken(const KjWitnessMaker *maker, guint field, const char *text) {
    KjType type = maker->fields[field].type.kind;

    for (guint i = 0; i < maker->count && (type == KJ_TYPE_ADDRESS || type == KJ_TYPE_MAIL || type == KJ_TYPE_PRINCIPAL); i++) {
        if (maker->texts[i] && maker->fields[i].type.kind == type && strcmp(maker->texts[i], text) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean choose_values(KjWitnessMaker *maker) {
    for (guint i = 0; i < maker->count; i++) {
        const KjSpaceField *field = kj_universe_field(maker->universe, i);
        g_autoptr(GArray) examples = NULL;
        guint best = 0;

        if (!maker->present[i] || maker->texts[i] || !field->classifier)
            continue;
        examples = kj_examples_new();
        kj_examples_find(field, kj_universe_sets(maker->universe), maker->allowed[i], maker->family, EXAMPLES_TRIED, examples);
        if (examples->len == 0)
            return FALSE;
        while (best < examples->len && is_taken(maker, i, g_array_index(examples, KjExample, best).text))
            best++;
        best = best < examples->len ? best : 0;
        maker->texts[i] = g_steal_pointer(&g_array_index(examples, KjExample, best).text);
    }
    return TRUE;
}

/* ---- the request ---- */

static void add_text(Witness *witness, const char *field, char *text, gboolean member) {
    KjFieldText pair = { field, text };

    g_ptr_array_add(witness->witness.fields, (gpointer)field);
    g_ptr_array_add(witness->witness.values, text);
    g_array_append_val(witness->texts, pair);
    g_array_append_val(witness->members, member);
}

/* The members that the box wants; none of them is an empty set. */
static void add_members(const KjWitnessMaker *maker, Witness *witness, guint set) {
    guint dimension = kj_universe_dimension(maker->universe), before = witness->texts->len;

    for (guint i = maker->count; i < dimension; i++) {
        const KjSpaceField *field = kj_universe_field(maker->universe, i);
        const KjClassSet *test = kj_box_field(maker->box, i);

        if (field && field->kind == KJ_FIELD_KIND_MEMBER && field->left == set && test && !kj_class_set_has(test, 1))
            add_text(witness, maker->fields[set].name, g_strdup(field->member), TRUE);
    }
    if (witness->texts->len == before)
        add_text(witness, maker->fields[set].name, NULL, TRUE);
}

static gboolean add_instant(const KjWitnessMaker *maker, Witness *witness, gint64 from, const char *zone) {
    const KjClassSet *test = kj_box_field(maker->box, kj_universe_instant(maker->universe));

    if (!test || is_only_missing(test))
        return TRUE;
    witness->witness.has_instant = TRUE;
    return kj_moments_example(kj_universe_moments(maker->universe), test, from, zone, &witness->witness.instant);
}

static Witness *witness_allocate(void) {
    Witness *witness = g_new0(Witness, 1);

    witness->witness.fields = g_ptr_array_new();
    witness->witness.values = g_ptr_array_new_with_free_func(g_free);
    witness->texts = g_array_new(FALSE, FALSE, sizeof(KjFieldText));
    witness->members = g_array_new(FALSE, FALSE, sizeof(gboolean));
    return witness;
}

KjWitness *kj_witness_new(KjUniverse *universe, const KjBox *box, gint64 from, const char *zone) {
    KjWitnessMaker maker = { .universe = universe, .box = box };
    Witness *witness = witness_allocate();
    gboolean good;

    maker.fields = kj_universe_fields(universe, &maker.count);
    maker.allowed = g_new0(const KjClassSet *, maker.count + 1);
    maker.present = g_new0(gboolean, maker.count + 1);
    maker.texts = g_new0(char *, maker.count + 1);
    good = find_present(&maker) && names_differ(&maker);
    if (good) {
        choose_family(&maker);
        choose_services(&maker);
        good = kj_witness_compare(&maker) && choose_values(&maker) && add_instant(&maker, witness, from, zone);
    }
    for (guint i = 0; i < maker.count && good; i++) {
        if (maker.present[i] && maker.texts[i])
            add_text(witness, maker.fields[i].name, g_steal_pointer(&maker.texts[i]), FALSE);
        else if (maker.present[i])
            add_members(&maker, witness, i);
    }
    for (guint i = 0; i < maker.count; i++)
        g_free(maker.texts[i]);
    g_free(maker.texts);
    g_free(maker.present);
    g_free(maker.allowed);
    if (good)
        return &witness->witness;
    kj_witness_free(&witness->witness);
    return NULL;
}

void kj_witness_free(KjWitness *witness) {
    Witness *whole = (Witness *)witness;

    if (!witness)
        return;
    g_ptr_array_unref(witness->fields);
    g_ptr_array_unref(witness->values);
    g_array_unref(whole->texts);
    g_array_unref(whole->members);
    g_free(whole);
}

void kj_witness_replace(KjWitness *witness, guint index, const char *text) {
    Witness *whole = (Witness *)witness;

    g_free(witness->values->pdata[index]);
    witness->values->pdata[index] = g_strdup(text);
    g_array_index(whole->texts, KjFieldText, index).text = witness->values->pdata[index];
}

const KjFieldText *kj_witness_texts(const KjWitness *witness, guint *count) {
    const Witness *whole = (const Witness *)witness;

    *count = whole->texts->len;
    return (const KjFieldText *)(const void *)whole->texts->data;
}

char *kj_witness_value(KjUniverse *universe, guint field, guint32 klass) {
    const KjSpaceField *space_field = kj_universe_field(universe, field);
    g_autoptr(GArray) examples = kj_examples_new();

    if (!space_field->classifier)
        return NULL;
    kj_examples_find(space_field, kj_universe_sets(universe), kj_class_sets_range(kj_universe_sets(universe), klass, klass), 0, 1,
                     examples);
    return examples->len ? g_steal_pointer(&g_array_index(examples, KjExample, 0).text) : NULL;
}

/* ---- for a shell ---- */

/* Letters of any script stand for themselves. */
static gboolean is_plain(const char *text) {
    for (; *text; text++) {
        if (!g_ascii_isalnum(*text) && (guchar)*text < 0x80 && !strchr("_@%+=:,./-", *text))
            return FALSE;
    }
    return TRUE;
}

/* FIELD=VALUE as one word; in a set-valued field a comma would part members. */
static void append_argument(GString *out, const char *field, const char *value, gboolean member) {
    g_autoptr(GString) argument = g_string_new(field);
    g_autofree char *quoted = NULL;

    g_string_append_c(argument, '=');
    for (const char *c = value ? value : ""; *c; c++) {
        if (member && *c == ',')
            g_string_append_c(argument, '\\');
        g_string_append_c(argument, *c);
    }
    quoted = is_plain(argument->str) ? NULL : g_shell_quote(argument->str);
    g_string_append_printf(out, "%s%s", out->len ? " " : "", quoted ? quoted : argument->str);
}

char *kj_witness_arguments(const KjWitness *witness) {
    const Witness *whole = (const Witness *)witness;
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < witness->fields->len; i++)
        append_argument(out, witness->fields->pdata[i], witness->values->pdata[i], g_array_index(whole->members, gboolean, i));
    if (witness->has_instant) {
        g_autoptr(GDateTime) instant = g_date_time_new_from_unix_utc(witness->instant);
        g_autofree char *text = g_date_time_format(instant, "%Y-%m-%dT%H:%M:%SZ");

        g_string_append_printf(out, "%s--at %s", out->len ? " " : "", text);
    }
    return g_string_free(out, FALSE);
}
