/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting what the rules of a verdict limit.
 *
 * A rule that limits says its rate, and under `per` the fields whose values make its key. Nearly always one rule decides, and one atomic
 * step of the counter tests and takes. Where several limit one request (a domain that combines by strictness), all are tested before any is
 * taken, so that what is refused by one is not counted by the others; between the two another process may come in, and then less gets
 * through, never more.
 *
 * A rate in bytes costs what the question's field `size` says; a question without it cannot be counted and is refused. A field of the key
 * that the question does not have is a value of its own.
 */
#include "point_private.h"

#include <string.h>

#include <kijun/translate.h>
#include <kijun/value.h>
#include <kijun/view.h>

/* One counter and what is asked of it. */
typedef struct {
    GBytes *key;
    KjRate rate;
    guint64 cost;
    KjAnswerKind away; /* what the rule answers while its counter cannot be asked */
} KjCharge;

struct KjPromises {
    GHashTable *costs; /* GBytes to guint64 */
    gsize bytes;       /* of their names */
};

/* ---- promises ---- */

KjPromises *kj_promises_new(void) {
    KjPromises *promises = g_new0(KjPromises, 1);
    promises->costs = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, g_free);
    return promises;
}

void kj_promises_clear(KjPromises *promises) {
    g_hash_table_remove_all(promises->costs);
    promises->bytes = 0;
}

void kj_promises_free(KjPromises *promises) {
    if (!promises)
        return;
    g_hash_table_unref(promises->costs);
    g_free(promises);
}

static guint64 promised(const KjPromises *promises, GBytes *key) {
    const guint64 *cost = promises ? g_hash_table_lookup(promises->costs, key) : NULL;
    return cost ? *cost : 0;
}

/* Sums stay at the top instead of wrapping round. */
static guint64 add(guint64 a, guint64 b) {
    return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

/* FALSE: there are too many. */
static gboolean promise(KjPromises *promises, const KjCharge *charge) {
    guint64 *known = g_hash_table_lookup(promises->costs, charge->key), *cost;
    gsize length = g_bytes_get_size(charge->key);
    if (known) {
        *known = add(*known, charge->cost);
        return TRUE;
    }
    if (length > KJ_PROMISES_BYTES_MAX - promises->bytes)
        return FALSE;
    cost = g_new(guint64, 1);
    *cost = charge->cost;
    promises->bytes += length;
    return g_hash_table_insert(promises->costs, g_bytes_ref(charge->key), cost);
}

/* ---- the key ---- */

/* One spelling of a value; a number's name (tcp) is the number. What the setter has refused is in no question that is counted. */
static char *canonical(const KjTable *table, const KjFieldView *field, const char *text) {
    char *value;
    for (guint i = 0; field->type == KJ_TYPE_INTEGER && i < field->value_count; i++) {
        guint64 number;
        if (strcmp(kj_view_value(table, field->first_value + i, &number), text) == 0)
            return g_strdup_printf("%" PRIu64, number);
    }
    value = kj_value_canonical(field->type, text, strlen(text), NULL);
    return value ? value : g_strdup(text);
}

static gint compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A set: its members in order, each once, each with its length, so that no two sets read alike. */
static void append_set(GString *out, GPtrArray *members) {
    const char *before = NULL;
    g_ptr_array_sort(members, compare_texts);
    for (guint i = 0; i < members->len; i++) {
        const char *member = members->pdata[i];
        if (!before || strcmp(before, member) != 0)
            g_string_append_printf(out, "%zu:%s", strlen(member), member);
        before = member;
    }
}

/* NULL: the question does not have the field. */
static char *key_value(const KjAsker *asker, const KjSide *side, guint absolute) {
    KjFieldView view;
    kj_view_field(side->edition.table, absolute, &view);
    g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func(g_free);
    gboolean found = FALSE;
    for (guint i = 0; i < asker->values->len; i++) {
        const KjAskedText *value = &g_array_index(asker->values, KjAskedText, i);
        if (strcmp(value->name, view.name) != 0)
            continue;
        found = TRUE;
        if (value->at != KJ_ASKED_EMPTY)
            g_ptr_array_add(members, canonical(side->edition.table, &view, asker->texts->str + value->at));
    }
    if (!found)
        return NULL;
    if (!(view.flags & KJ_FIELD_SET) && members->len > 0)
        return g_strdup(members->pdata[members->len - 1]);
    GString *out = g_string_new(NULL);
    append_set(out, members);
    return g_string_free(out, FALSE);
}

static GBytes *make_key(const KjAsker *asker, const KjSide *side, const char *label, const KjParameterView *per) {
    KjBlockView block;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    kj_view_block(side->edition.table, side->block, &block);
    for (guint i = 0; i < per->member_count; i++)
        g_ptr_array_add(values, key_value(asker, side, block.first_field + kj_view_member(side->edition.table, per->first_member + i)));
    return kj_counter_key(side->name, label, (const char *const *)values->pdata, values->len);
}

/* ---- the rate ---- */

static gboolean read_cost(const KjAsker *asker, gboolean bytes, guint64 *cost) {
    const char *size = bytes ? kj_asker_value(asker, "size") : NULL;
    *cost = 1;
    if (!bytes)
        return TRUE;
    if (!size || !kj_value_read_size(size, strlen(size), cost, NULL))
        return FALSE;
    *cost = MAX(*cost, 1);
    return TRUE;
}

/* Annotations by which an author says what a rule answers while its counter is away. */
static const struct {
    const char *name;
    KjAnswerKind kind;
} away_notes[] = {
    { "refuse_without_counter", KJ_ANSWER_REFUSE }, /* first: of two the stricter counts */
    { "pass_without_counter", KJ_ANSWER_PERMIT },
};

static KjAnswerKind read_away(const KjTable *table, const KjRuleView *rule) {
    for (guint i = 0; i < G_N_ELEMENTS(away_notes); i++)
        for (guint n = 0; n < rule->note_count; n++) {
            KjNoteView note;
            kj_view_note(table, rule->first_note + n, &note);
            if (strcmp(note.name, away_notes[i].name) == 0)
                return away_notes[i].kind;
        }
    return KJ_ANSWER_LATER;
}

/* FALSE with asker->problem where it cannot be counted at all. A default has no parameters, so one that limits cannot. */
static gboolean read_charge(KjAsker *asker, const KjSide *side, guint32 rule, KjCharge *charge) {
    KjRuleView view = { .label = "default" };
    KjParameterView per = { .member_count = 0 };
    gboolean bytes = FALSE;
    *charge = (KjCharge){ .away = KJ_ANSWER_LATER };
    if (rule != KJ_RULE_DEFAULT)
        kj_view_rule(side->edition.table, rule, &view);
    for (guint i = 0; i < view.parameter_count; i++) {
        KjParameterView parameter;
        kj_view_parameter(side->edition.table, view.first_parameter + i, &parameter);
        if (parameter.kind == KJ_PARAMETER_RATE) {
            charge->rate.amount = parameter.number;
            charge->rate.window = parameter.window;
            bytes = parameter.bytes;
        } else if (parameter.kind == KJ_PARAMETER_FIELDS) {
            per = parameter;
        } else if (strcmp(parameter.name, "burst") == 0) {
            charge->rate.burst = parameter.number;
        }
    }
    if (charge->rate.amount == 0 || charge->rate.window == 0) {
        g_string_assign(asker->problem, N_("the rule limits, and has no rate"));
        return FALSE;
    }
    if (!read_cost(asker, bytes, &charge->cost)) {
        g_string_assign(asker->problem, N_("the rate counts bytes, and the question does not say its size"));
        return FALSE;
    }
    charge->away = read_away(side->edition.table, &view);
    charge->key = make_key(asker, side, view.label, &per);
    return TRUE;
}

/* ---- asking ---- */

/* The counter is away. WITHIN where the rule lets pass nevertheless. */
static KjCount be_away(KjAsker *asker, const KjCharge *charge, KjAnswerKind *kind) {
    KjCounter *counter = asker->point->counter;
    g_autofree char *trouble = counter ? kj_counter_trouble(counter) : g_strdup(N_("this point has no counter"));
    g_string_assign(asker->problem, trouble ? trouble : N_("the counter could not be asked"));
    if (charge->away == KJ_ANSWER_REFUSE) /* the author's refusal, in the author's words */
        g_string_truncate(asker->problem, 0);
    *kind = charge->away;
    if (!asker->quiet)
        kj_point_tally_add(&asker->tally.away);
    return *kind == KJ_ANSWER_PERMIT ? KJ_COUNT_WITHIN : KJ_COUNT_AWAY;
}

static KjCount ask(KjAsker *asker, const KjCharge *charge, KjCounting counting, const KjPromises *promises, guint64 *wait,
                   KjAnswerKind *kind) {
    KjCounter *counter = asker->point->counter;
    guint64 cost = add(charge->cost, promised(promises, charge->key)), here = 0;
    KjCount count = counter ? kj_counter_ask(counter, charge->key, &charge->rate, cost, asker->now, counting, &here) : KJ_COUNT_AWAY;
    if (count == KJ_COUNT_BEYOND)
        *wait = MAX(*wait, here);
    if (count == KJ_COUNT_WITHIN || count == KJ_COUNT_BEYOND)
        return count;
    return be_away(asker, charge, kind);
}

/* The first that is not within decides. */
static KjCount ask_all(KjAsker *asker, GArray *charges, KjCounting counting, const KjPromises *promises, guint64 *wait,
                       KjAnswerKind *kind) {
    KjCount count = KJ_COUNT_WITHIN;
    for (guint i = 0; i < charges->len && count == KJ_COUNT_WITHIN; i++)
        count = ask(asker, &g_array_index(charges, KjCharge, i), counting, promises, wait, kind);
    return count;
}

static KjCount keep_promises(KjAsker *asker, GArray *charges, KjPromises *promises, KjAnswerKind *kind) {
    for (guint i = 0; i < charges->len; i++)
        if (!promise(promises, &g_array_index(charges, KjCharge, i))) {
            g_string_assign(asker->problem, N_("too many different counters in one request"));
            *kind = KJ_ANSWER_LATER;
            return KJ_COUNT_AWAY;
        }
    return KJ_COUNT_WITHIN;
}

static gboolean is_limiting(const KjSide *side, guint32 rule) {
    KjRuleView view;
    KjEffectView effect;
    KjBlockView block;
    if (rule == KJ_RULE_DEFAULT)
        return TRUE;
    kj_view_block(side->edition.table, side->block, &block);
    kj_view_rule(side->edition.table, rule, &view);
    kj_view_effect(side->edition.table, block.first_effect + view.effect, &effect);
    return (effect.flags & KJ_EFFECT_LIMITS) != 0;
}

static void clear_charge(gpointer charge) {
    g_bytes_unref(((KjCharge *)charge)->key);
}

KjCount kj_count(KjAsker *asker, KjSide *side, const KjVerdict *verdict, KjCounting counting, KjPromises *promises, guint64 *wait,
                 KjAnswerKind *kind) {
    g_autoptr(GArray) charges = g_array_new(FALSE, FALSE, sizeof(KjCharge));
    g_array_set_clear_func(charges, clear_charge);
    for (guint i = 0; i < MAX(verdict->matched, 1); i++) {
        guint32 rule = verdict->matched ? kj_request_matched_rule(side->request, i) : verdict->rule;
        KjCharge charge;
        if (!is_limiting(side, rule))
            continue;
        if (!read_charge(asker, side, rule, &charge)) {
            *kind = KJ_ANSWER_REFUSE;
            return KJ_COUNT_AWAY;
        }
        g_array_append_val(charges, charge);
    }
    KjCount count = KJ_COUNT_WITHIN;
    if (charges->len > 1 || counting == KJ_COUNTING_TEST)
        count = ask_all(asker, charges, KJ_COUNTING_TEST, promises, wait, kind);
    if (count == KJ_COUNT_WITHIN && counting == KJ_COUNTING_TAKE)
        count = ask_all(asker, charges, KJ_COUNTING_TAKE, NULL, wait, kind);
    if (count == KJ_COUNT_WITHIN && promises)
        count = keep_promises(asker, charges, promises, kind);
    return count;
}
