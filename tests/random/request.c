/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random requests.
 *
 * Most requests aim at one rule: they take, for each field the rule tests, a point that was recorded when the rule was written, mostly one
 * inside. The other fields, and requests that aim at nothing, take points of any rule or values of their own. Some fields are left out,
 * some requests are wrong on purpose, some have no instant; the shares are tuned so that every outcome of every domain is common.
 */
#include <string.h>

#include "value.h"

#include "../../bench/random.h"

#define MEMBERS_MOST 3

typedef struct {
    guint64 random;
    const KjRandomPolicy *policy;
    const GPtrArray *target; /* hints of the rule aimed at, or NULL */
    const char *phase;       /* the phase whose fields are given; NULL: all */
    KjRandomRequest *request;
} Maker;

static void add(KjRandomRequest *request, const char *name, char *text) {
    g_ptr_array_add(request->names, g_strdup(name));
    g_ptr_array_add(request->texts, text);
}

static const KjRandomField *field_at(const Maker *maker, guint index) {
    return maker->policy->fields->pdata[index];
}

/* A hint of the target for the field, an inside one if three tries find it. NULL when it has none. */
static const KjRandomHint *pick_hint(Maker *maker, guint field) {
    g_autoptr(GPtrArray) hints = g_ptr_array_new();
    const KjRandomHint *hint = NULL;

    for (guint i = 0; maker->target && i < maker->target->len; i++) {
        const KjRandomHint *it = maker->target->pdata[i];
        if (it->field == field && it->same_as < 0)
            g_ptr_array_add(hints, (gpointer)it);
    }
    for (guint i = 0; hints->len && i < 3 && (!hint || !hint->inside); i++)
        hint = hints->pdata[kj_random_below(&maker->random, hints->len)];
    return hint;
}

static char *take_hint(Maker *maker, const KjRandomHint *hint) {
    maker->request->on_edge = TRUE;
    return g_strdup(hint->text);
}

/* A value from anywhere. */
static char *pick_value(Maker *maker, const KjRandomField *field) {
    const KjRandomPoint *point;

    if (field->points->len == 0 || kj_random_chance(&maker->random, 30))
        return kj_random_value(&maker->random, &field->type);
    point = field->points->pdata[kj_random_below(&maker->random, field->points->len)];
    maker->request->on_edge = TRUE;
    return g_strdup(point->text);
}

static void give_members(Maker *maker, guint index) {
    const KjRandomField *field = field_at(maker, index);
    guint count = (guint)kj_random_below(&maker->random, MEMBERS_MOST + 1);

    if (count == 0)
        add(maker->request, field->name, NULL);
    for (guint i = 0; i < count; i++) {
        const KjRandomHint *hint = kj_random_chance(&maker->random, 50) ? pick_hint(maker, index) : NULL;
        add(maker->request, field->name, hint && hint->text ? take_hint(maker, hint) : pick_value(maker, field));
    }
}

static void give_field(Maker *maker, guint index) {
    const KjRandomField *field = field_at(maker, index);
    const KjRandomHint *hint = pick_hint(maker, index);

    if (!field->required && hint && !hint->text && hint->inside)
        return;
    if (!field->required && kj_random_chance(&maker->random, hint ? 8 : 30))
        return;
    if (field->type.set)
        give_members(maker, index);
    else if (hint && hint->text)
        add(maker->request, field->name, take_hint(maker, hint));
    else
        add(maker->request, field->name, pick_value(maker, field));
}

static int find_name(const KjRandomRequest *request, const char *name) {
    for (guint i = 0; i < request->names->len; i++) {
        if (strcmp(request->names->pdata[i], name) == 0)
            return (int)i;
    }
    return -1;
}

/* Where the target compares two fields, gives both the same value, or one its own. */
static void make_equal(Maker *maker) {
    for (guint i = 0; maker->target && i < maker->target->len; i++) {
        const KjRandomHint *hint = maker->target->pdata[i];
        int from, to;

        if (hint->same_as < 0 || !kj_random_chance(&maker->random, hint->inside ? 85 : 40))
            continue;
        from = find_name(maker->request, field_at(maker, (guint)hint->same_as)->name);
        to = find_name(maker->request, field_at(maker, hint->field)->name);
        if (from < 0 || to < 0)
            continue;
        g_free(maker->request->texts->pdata[to]);
        maker->request->texts->pdata[to] = g_strdup(maker->request->texts->pdata[from]);
    }
}

static void give_fields(Maker *maker) {
    g_autofree gboolean *done = g_new0(gboolean, maker->policy->fields->len);

    for (guint i = 0; i < maker->policy->fields->len; i++) {
        const KjRandomField *field = field_at(maker, i);
        gboolean aimed;

        if (field->type.type != KJ_TYPE_SERVICE)
            continue;
        done[i] = TRUE;
        aimed = pick_hint(maker, i) != NULL;
        if (kj_random_chance(&maker->random, aimed ? 85 : 25)) {
            done[field->protocol] = done[field->port] = TRUE;
            give_field(maker, i);
            if (find_name(maker->request, field->name) < 0)
                done[field->protocol] = done[field->port] = FALSE;
        }
    }
    for (guint i = 0; i < maker->policy->fields->len; i++) {
        if (done[i] || (maker->phase && field_at(maker, i)->phase && strcmp(field_at(maker, i)->phase, maker->phase) != 0))
            continue;
        give_field(maker, i);
    }
}

/* Any field's phase: one field of each phase is as good as another, so longer phases come more often, as they do in rules. */
static void pick_phase(Maker *maker) {
    const KjRandomField *field = field_at(maker, (guint)kj_random_below(&maker->random, maker->policy->fields->len));

    for (guint i = 0; maker->target && i < maker->target->len && !field->phase; i++)
        field = field_at(maker, ((const KjRandomHint *)maker->target->pdata[i])->field);
    maker->phase = kj_random_chance(&maker->random, 85) ? field->phase : NULL;
}

static void give_instant(Maker *maker) {
    static const gint64 extremes[] = { 0, 1, 4102444799, 4102444800, -1, 951782400, 1792807200, 1774749600 };
    KjRandomRequest *request = maker->request;
    guint kind = (guint)kj_random_below(&maker->random, 100);

    if (kind < 12)
        return;
    request->has_instant = TRUE;
    if (kind < 14)
        request->instant = extremes[kj_random_below(&maker->random, G_N_ELEMENTS(extremes))];
    else if (kind < 70 && maker->policy->instants->len) {
        request->instant = g_array_index(maker->policy->instants, gint64, kj_random_below(&maker->random, maker->policy->instants->len));
        request->on_edge = TRUE;
    } else
        request->instant = 1790000000 + (gint64)kj_random_below(&maker->random, 2 * 365 * 86400);
}

static gboolean is_lacking(const Maker *maker) {
    for (guint i = 0; i < maker->policy->fields->len; i++) {
        const KjRandomField *field = field_at(maker, i);

        if (field->type.type == KJ_TYPE_SERVICE && find_name(maker->request, field->name) >= 0)
            return FALSE; /* it stands for two fields; counted as if nothing were missing */
        if (field->type.type != KJ_TYPE_SERVICE && find_name(maker->request, field->name) < 0)
            return TRUE;
    }
    return FALSE;
}

static void forget_field(KjRandomRequest *request, guint index) {
    g_ptr_array_remove_index(request->names, index);
    g_ptr_array_remove_index(request->texts, index);
}

/* Any field, or a required one where there is one. */
static const KjRandomField *pick_field(Maker *maker, gboolean required) {
    guint count = maker->policy->fields->len, start = (guint)kj_random_below(&maker->random, count);

    for (guint i = 0; required && i < count; i++) {
        if (field_at(maker, (start + i) % count)->required)
            return field_at(maker, (start + i) % count);
    }
    return field_at(maker, start);
}

/* One mistake: a required field left out, a wrong value, a field nobody knows, a field given again. */
static void make_wrong(Maker *maker) {
    guint kind = (guint)kj_random_below(&maker->random, 100);
    const KjRandomField *field = pick_field(maker, kind < 35);
    int index = find_name(maker->request, field->name);

    if (kind < 35 && field->required && index >= 0) {
        forget_field(maker->request, (guint)index);
    } else if (kind < 75) {
        char *wrong = field->type.type == KJ_TYPE_SERVICE ? g_strdup(kind < 55 ? "tcp" : "70000/tcp")
                                                          : kj_random_wrong_value(&maker->random, &field->type);

        if (index >= 0 && !field->type.set)
            forget_field(maker->request, (guint)index);
        add(maker->request, field->name, wrong);
    } else if (kind < 85 || field->type.set) {
        add(maker->request, "nosuchfield", g_strdup("1"));
    } else if (kind < 90) {
        add(maker->request, field->name, NULL);
    } else {
        g_autofree char *value = pick_value(maker, field);

        add(maker->request, field->name, g_strdup(value));
        add(maker->request, field->name, g_strdup(value));
    }
}

static void shuffle(Maker *maker) {
    KjRandomRequest *request = maker->request;

    for (guint i = request->names->len; i > 1; i--) {
        guint j = (guint)kj_random_below(&maker->random, i);
        gpointer name = request->names->pdata[j], text = request->texts->pdata[j];

        request->names->pdata[j] = request->names->pdata[i - 1];
        request->texts->pdata[j] = request->texts->pdata[i - 1];
        request->names->pdata[i - 1] = name;
        request->texts->pdata[i - 1] = text;
    }
}

KjRandomRequest *kj_random_request_new(const KjRandomPolicy *policy, guint64 seed) {
    Maker maker = { .random = kj_random_mix(seed ^ policy->seed * 31), .policy = policy };

    maker.request = g_new0(KjRandomRequest, 1);
    maker.request->names = g_ptr_array_new_with_free_func(g_free);
    maker.request->texts = g_ptr_array_new_with_free_func(g_free);
    if (policy->rules->len && kj_random_chance(&maker.random, 70))
        maker.target = policy->rules->pdata[kj_random_below(&maker.random, policy->rules->len)];
    pick_phase(&maker);
    give_fields(&maker);
    make_equal(&maker);
    give_instant(&maker);
    if (kj_random_chance(&maker.random, 10))
        make_wrong(&maker);
    maker.request->lacking = is_lacking(&maker);
    shuffle(&maker);
    return maker.request;
}

void kj_random_request_free(KjRandomRequest *request) {
    if (!request)
        return;
    g_ptr_array_unref(request->names);
    g_ptr_array_unref(request->texts);
    g_free(request);
}

char *kj_random_request_describe(const KjRandomRequest *request) {
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < request->names->len; i++) {
        g_autofree char *escaped = request->texts->pdata[i] ? g_strescape(request->texts->pdata[i], NULL) : NULL;

        g_string_append_printf(text, "%s%s=", i ? " " : "", (char *)request->names->pdata[i]);
        if (escaped)
            g_string_append_printf(text, "\"%s\"", escaped);
        else
            g_string_append(text, "{}");
    }
    if (request->has_instant)
        g_string_append_printf(text, " at %" G_GINT64_FORMAT, request->instant);
    return g_string_free(text, FALSE);
}
