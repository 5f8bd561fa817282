/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy that ends by itself.
 *
 * An emergency's policy is in force until an instant T; from T on the release before it decides again, even where nobody and no timer does anything. So T
 * stands in the rules themselves, and both versions become one checked tree, which holds in each block
 *
 *     the rules that both versions have, in the order they share,     at all times,
 *     those of the new version alone                                  before T,
 *     those of the release before alone                               from T on.
 *
 * Before T what holds is the new version, rule by rule in its order, and from T on the other. Nothing that reads such a tree or its table needs to
 * know: it decides, explains, and is carried out by kernels and files like any rules with a time, and a target that knows no time refuses it. Nobody who
 * asks can forget to look at the clock.
 *
 * A clock that is not set shows no time, and then the emergency is over, as an `@until` would be: the release before holds, and what the new version
 * refuses (or requires) stays refused. Without a clock nothing opens that the release before has closed.
 *
 * Where the defaults differ, the new one is a rule until T: the last one, or where the strictest decides, where no rule matches. A block that only
 * one version has refuses everything while the other holds, and says why.
 *
 * What can have but one value in a block must be the same in both versions (settings, fields and their types); otherwise nothing is made, and that is
 * told. T counts in whole minutes, as windows do: what is left of its minute is left out, so that nothing ends late.
 *
 * Invariants: both trees outlive the new one, which shares what it can with them. Cost: linear in the text of the rules, but for sorting.
 */
#include "check.h"

#include <string.h>

#include <kijun/calendar.h>

#define NOWHERE G_MAXUINT
#define MINUTE 60

typedef struct {
    KjArena *arena;
    const KjPolicy *policy, *before;
    KjPolicy *both;
    const KjWindow *time; /* before T */
    const char *end;      /* T, for people */
    KjDiagnostics *diagnostics;
    gboolean whole; /* nothing was reported */
} Lapsing;

/* ---- T ---- */

static KjWindow *window_atom(KjArena *arena, guint32 first_day, guint32 last_day, guint last_minute) {
    KjWindow *window = kj_arena_new0(arena, KjWindow);

    window->kind = KJ_WINDOW_ATOM;
    window->atom = (KjWindowAtom){ "UTC", 0x7f, 0, last_minute, first_day, last_day };
    window->parts = 1;
    return window;
}

/* The days before, and of the last one the minutes before. */
static const KjWindow *window_before(KjArena *arena, gint64 until, const char *name) {
    guint32 day = (guint32)(until / KJ_DAY_SECONDS);
    guint minute = (guint)(until % KJ_DAY_SECONDS / MINUTE);
    KjWindow *days = day ? window_atom(arena, 0, day - 1, KJ_DAY_SECONDS / MINUTE - 1) : NULL;
    KjWindow *minutes = minute ? window_atom(arena, day, day, minute - 1) : NULL;
    KjWindow *window = days ? days : minutes;

    if (days && minutes) {
        window = kj_arena_new0(arena, KjWindow);
        *window = (KjWindow){ .kind = KJ_WINDOW_UNION, .left = days, .right = minutes, .parts = 3 };
    }
    window->name = name;
    return window;
}

static const KjCondition *before_end(const Lapsing *lapsing, const KjCondition *match, gboolean stays) {
    const KjCondition *time = kj_condition_in(lapsing->arena, lapsing->time, match->span);

    if (stays) /* without a clock */
        time = kj_condition_not_shown(lapsing->arena, kj_condition_not(lapsing->arena, time));
    return kj_condition_both(lapsing->arena, KJ_CONDITION_AND, time, match);
}

static const KjCondition *from_end(const Lapsing *lapsing, const KjCondition *match) {
    const KjCondition *time = kj_condition_in(lapsing->arena, lapsing->time, match->span);

    return kj_condition_both(lapsing->arena, KJ_CONDITION_AND, kj_condition_not_shown(lapsing->arena, time), match);
}

/* ---- what a rule says, as text: equal texts, equal rules ---- */

static void say_number(GString *out, guint64 number) {
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " ", number);
}

static void say_text(GString *out, const char *text) {
    if (text)
        g_string_append_printf(out, "%" G_GSIZE_FORMAT ":%s ", strlen(text), text);
    else
        g_string_append(out, "- ");
}

/* Breadth first: a list of unions may be thousands deep. */
static void say_window(GString *out, const KjWindow *window) {
    g_autoptr(GPtrArray) queue = g_ptr_array_new();

    if (window)
        g_ptr_array_add(queue, (gpointer)window);
    for (guint i = 0; i < queue->len; i++) {
        const KjWindow *node = queue->pdata[i];
        const KjWindowAtom *atom = &node->atom;
        const guint numbers[] = { node->kind, atom->weekdays, atom->first_minute, atom->last_minute, atom->first_day, atom->last_day };

        for (guint n = 0; n < G_N_ELEMENTS(numbers); n++)
            say_number(out, numbers[n]);
        say_text(out, atom->zone);
        if (node->kind != KJ_WINDOW_ATOM) {
            g_ptr_array_add(queue, (gpointer)node->left);
            g_ptr_array_add(queue, (gpointer)node->right);
        }
    }
    g_string_append(out, "; ");
}

static void say_set(GString *out, const KjSet *set) {
    if (!set) {
        say_text(out, NULL);
        return;
    }
    say_number(out, set->kind);
    say_number(out, set->count);
    for (guint i = 0; i < set->count; i++) {
        if (set->kind == KJ_SET_PATTERNS) {
            say_text(out, set->patterns[i]->text);
        } else if (set->kind == KJ_SET_INTERVALS) {
            const KjOrdinal *ends[] = { &set->intervals[i].low, &set->intervals[i].high };

            for (guint e = 0; e < G_N_ELEMENTS(ends); e++) {
                say_number(out, ends[e]->family);
                say_number(out, ends[e]->high);
                say_number(out, ends[e]->low);
            }
        } else {
            say_set(out, set->members[i]);
        }
    }
}

static void say_condition(GString *out, const KjCondition *condition) {
    if (!condition) {
        say_text(out, NULL);
        return;
    }
    say_number(out, condition->kind);
    say_number(out, condition->field);
    say_number(out, condition->other);
    say_number(out, condition->relation);
    say_number(out, condition->count);
    say_set(out, condition->set);
    say_window(out, condition->window);
    for (guint i = 0; i < condition->count; i++) {
        if (condition->kind == KJ_CONDITION_HAS)
            say_text(out, condition->members[i]);
        else
            say_condition(out, condition->operands[i]);
    }
}

static void say_notes(GString *out, const KjNote *notes, guint count) {
    say_number(out, count);
    for (guint i = 0; i < count; i++) {
        say_text(out, notes[i].name);
        say_text(out, notes[i].value);
        say_text(out, notes[i].language);
        say_number(out, notes[i].obligation);
    }
}

static void say_parameter(GString *out, const KjParameter *parameter) {
    const guint64 numbers[] = { parameter->number, parameter->window, parameter->bytes, parameter->field_count };

    say_text(out, parameter->definition->name);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        say_number(out, numbers[i]);
    for (guint i = 0; i < parameter->field_count; i++)
        say_number(out, parameter->fields[i]);
    say_text(out, parameter->text);
    say_set(out, parameter->members);
}

/* What it is called, what it decides and when, and how it is written. Free with g_free. */
static char *rule_text(const KjRule *rule) {
    const KjAstItem *item = rule->item ? rule->item : rule->standard_rule ? rule->standard_rule->item : NULL;
    const KjWindow *windows[] = { rule->after, rule->from, rule->until };
    GString *out = g_string_new(NULL);

    say_text(out, rule->label);
    say_number(out, rule->effect);
    say_condition(out, rule->match);
    say_condition(out, rule->unless);
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++)
        say_window(out, windows[i]);
    say_notes(out, rule->notes, rule->note_count);
    say_number(out, rule->parameter_count);
    for (guint i = 0; i < rule->parameter_count; i++)
        say_parameter(out, &rule->parameters[i]);
    if (item)
        kj_print_rule_body(item, out);
    return g_string_free(out, FALSE);
}

/* ---- which rules both versions have ---- */

/* For each rule of the new version the same one of the other, or NOWHERE; together the longest run that stands in one order in both, found by patience.
 * A label is there once in a block, so a text is too. */
static guint *pair_rules(const KjBlock *new, const KjBlock *old) {
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint *pairs = g_new(guint, new->rule_count + 1);
    g_autofree guint *tails = g_new(guint, new->rule_count + 1), *behind = g_new(guint, new->rule_count + 1);
    guint length = 0, last;

    for (guint i = 0; i < old->rule_count; i++)
        g_hash_table_insert(places, rule_text(&old->rules[i]), GUINT_TO_POINTER(i + 1));
    for (guint i = 0; i < new->rule_count; i++) {
        g_autofree char *text = rule_text(&new->rules[i]);
        guint low = 0, high = length;

        pairs[i] = GPOINTER_TO_UINT(g_hash_table_lookup(places, text)) - 1; /* 0 - 1 is NOWHERE */
        if (pairs[i] == NOWHERE)
            continue;
        while (low < high) { /* the first run that ends behind this place */
            guint middle = (low + high) / 2;
            if (pairs[tails[middle]] < pairs[i])
                low = middle + 1;
            else
                high = middle;
        }
        behind[i] = low ? tails[low - 1] : NOWHERE;
        tails[low] = i;
        length = MAX(length, low + 1);
    }
    last = length ? tails[length - 1] : NOWHERE;
    for (guint i = new->rule_count; i-- > 0;) {
        if (i == last)
            last = behind[i];
        else
            pairs[i] = NOWHERE;
    }
    return pairs;
}

/* ---- a block ---- */

static gboolean refuse(Lapsing *lapsing, const KjBlock *block, const char *format, const char *name) {
    g_autofree char *why = g_strdup_printf(format, name);

    kj_report(lapsing->diagnostics, KJ_CODE_LAPSE, block->span, block->qualified, why);
    lapsing->whole = FALSE;
    return FALSE;
}

static gboolean is_same_shape(Lapsing *lapsing, const KjBlock *new, const KjBlock *old) {
    if (new->domain != old->domain)
        return refuse(lapsing, new, _("in the release before it is a block of the domain `%s`"), old->domain->name);
    for (guint i = 0; i < MAX(new->field_count, old->field_count); i++) {
        const KjField *one = i < new->field_count ? &new->fields[i] : NULL, *other = i < old->field_count ? &old->fields[i] : NULL;

        if (!one || !other || strcmp(one->name, other->name) != 0 || one->flags != other->flags || !kj_type_same(&one->type, &other->type))
            return refuse(lapsing, new, _("the field `%s` is not the same in the release before"), one ? one->name : other->name);
    }
    for (const KjSettingDefinition *setting = new->domain->settings; setting && setting->name; setting++) {
        if (g_strcmp0(kj_setting_value(new, setting->name), kj_setting_value(old, setting->name)) != 0)
            return refuse(lapsing, new, _("the setting `%s` has another value in the release before"), setting->name);
    }
    return TRUE;
}

static gboolean is_same_default(const KjBlock *new, const KjBlock *old) {
    g_autoptr(GString) one = g_string_new(NULL), other = g_string_new(NULL);

    say_notes(one, new->default_notes, new->default_note_count);
    say_notes(other, old->default_notes, old->default_note_count);
    return new->default_effect == old->default_effect && strcmp(one->str, other->str) == 0;
}

static guint effect_flags(const KjBlock *block, guint effect) {
    return block->domain->effects[effect].flags;
}

/* For readers: `@until` or `@from`, with the instant. */
static void note_end(const Lapsing *lapsing, KjRule *rule, const char *name) {
    KjNote *notes = kj_arena_newn(lapsing->arena, KjNote, rule->note_count + 1);

    for (guint i = 0; i < rule->note_count; i++)
        notes[i] = rule->notes[i];
    notes[rule->note_count++] = (KjNote){ name, lapsing->end, "", FALSE };
    rule->notes = notes;
}

static void add_new_rule(const Lapsing *lapsing, const KjBlock *block, const KjRule *rule, GArray *rules) {
    KjRule timed = *rule;

    note_end(lapsing, &timed, "until");
    timed.match = before_end(lapsing, rule->match, (effect_flags(block, rule->effect) & (KJ_EFFECT_REFUSES | KJ_EFFECT_REQUIRES)) != 0);
    g_array_append_val(rules, timed);
}

static void add_old_rules(const Lapsing *lapsing, const KjBlock *block, guint first, guint end, GArray *rules) {
    for (guint i = first; i < end; i++) {
        KjRule timed = block->rules[i];

        timed.match = from_end(lapsing, timed.match);
        timed.sources = lapsing->before->sources;
        note_end(lapsing, &timed, "from");
        g_array_append_val(rules, timed);
    }
}

/* The new default, as a rule that holds where none of the new version's does. */
static void add_new_default(const Lapsing *lapsing, const KjBlock *block, GArray *rules) {
    KjRule rule = { .label = "default", .effect = block->default_effect, .notes = block->default_notes, .note_count = block->default_note_count,
                    .otherwise = TRUE, .span = block->span };
    g_autoptr(GPtrArray) others = g_ptr_array_new();

    for (guint i = 0; block->domain->combining == KJ_COMBINING_STRICTEST && i < block->rule_count; i++)
        g_ptr_array_add(others, (gpointer)kj_rule_matching(lapsing->arena, block->domain, &block->rules[i]));
    rule.match = kj_condition_join(lapsing->arena, KJ_CONDITION_OR, (const KjCondition *const *)others->pdata, others->len, KJ_SPAN_NONE);
    rule.match = kj_condition_not_shown(lapsing->arena, rule.match);
    add_new_rule(lapsing, block, &rule, rules);
}

static void keep_rules(KjArena *arena, KjBlock *block, const GArray *rules) {
    KjRule *kept = kj_arena_newn(arena, KjRule, rules->len + 1);

    if (rules->len > 0)
        memcpy(kept, rules->data, sizeof *kept * rules->len);
    block->rules = kept;
    block->rule_count = rules->len;
}

/* In each gap between rules that both have, the new version's come first: without a clock what they refuse must be asked before what the other allows. */
static KjBlock *join_block(Lapsing *lapsing, const KjBlock *new, const KjBlock *old) {
    g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(KjRule));
    g_autofree guint *pairs = pair_rules(new, old);
    KjBlock *block = kj_arena_new0(lapsing->arena, KjBlock);
    guint next = 0;

    *block = *new;
    for (guint i = 0; i < new->rule_count; i++) {
        if (pairs[i] == NOWHERE) {
            add_new_rule(lapsing, new, &new->rules[i], rules);
            continue;
        }
        add_old_rules(lapsing, old, next, pairs[i], rules);
        g_array_append_val(rules, new->rules[i]);
        next = pairs[i] + 1;
    }
    add_old_rules(lapsing, old, next, old->rule_count, rules);
    if (!is_same_default(new, old) && new->default_effect != G_MAXUINT)
        add_new_default(lapsing, new, rules);
    block->default_effect = old->default_effect;
    block->default_notes = old->default_notes;
    block->default_note_count = old->default_note_count;
    keep_rules(lapsing->arena, block, rules);
    return block;
}

/* The block as the version sees it that does not have it: everything is refused. */
static KjBlock *absent_block(Lapsing *lapsing, const KjBlock *block, const char *en, const char *ja) {
    KjBlock *absent = kj_arena_new0(lapsing->arena, KjBlock);
    KjNote *notes = kj_arena_newn(lapsing->arena, KjNote, 2);

    notes[0] = (KjNote){ "message", kj_arena_printf(lapsing->arena, en, lapsing->end), "", TRUE };
    notes[1] = (KjNote){ "message", kj_arena_printf(lapsing->arena, ja, lapsing->end), "ja", TRUE };
    *absent = *block;
    absent->rules = NULL;
    absent->rule_count = 0;
    absent->default_effect = G_MAXUINT;
    absent->default_notes = NULL;
    absent->default_note_count = 0;
    if (block->domain->combining == KJ_COMBINING_ADD_UP) /* what asks for no requirement permits nothing */
        return absent;
    for (guint i = 0; block->domain->effects[i].name; i++) { /* the strictest is the last */
        if (effect_flags(block, i) & KJ_EFFECT_REFUSES) {
            absent->default_effect = i;
            absent->default_notes = notes;
            absent->default_note_count = 2;
        }
    }
    return absent;
}

static KjBlock *new_block(Lapsing *lapsing, const KjBlock *new) {
    return join_block(lapsing, new, absent_block(lapsing, new, "This block was there for an emergency, which ended at %s.",
                                                 "このブロックは緊急時のものであり、%s に終わった。"));
}

static KjBlock *old_block(Lapsing *lapsing, const KjBlock *old) {
    KjBlock *absent = absent_block(lapsing, old, "This block is not in force during the emergency, until %s.",
                                   "このブロックは、%s までの緊急時には効力がない。");
    KjBlock *block;

    absent->span = KJ_SPAN_NONE; /* its place is in other sources */
    block = join_block(lapsing, absent, old);
    if (absent->default_effect == G_MAXUINT && old->default_effect != G_MAXUINT)
        refuse(lapsing, block, _("the new version does not have it, and the domain `%s` has no effect that refuses"), old->domain->name);
    return block;
}

/* ---- all blocks ---- */

static void join_blocks(Lapsing *lapsing) {
    const KjBlock *new = lapsing->policy->blocks, *old = lapsing->before->blocks;
    KjBlock **tail = &lapsing->both->blocks;

    while (new || old) {
        int order = !new ? 1 : !old ? -1 : strcmp(new->qualified, old->qualified);
        KjBlock *block = order < 0 ? new_block(lapsing, new) : order > 0 ? old_block(lapsing, old) : NULL;

        if (order == 0 && is_same_shape(lapsing, new, old))
            block = join_block(lapsing, new, old);
        if (block) {
            *tail = block;
            tail = &block->next;
            block->next = NULL;
        }
        new = order <= 0 ? new->next : new;
        old = order >= 0 ? old->next : old;
    }
}

static KjBlock *find_joined(const Lapsing *lapsing, const char *qualified) {
    for (KjBlock *block = lapsing->both->blocks; block; block = block->next) {
        if (strcmp(block->qualified, qualified) == 0)
            return block;
    }
    return NULL;
}

static gboolean is_same_enforcement(const KjEnforcement *a, const KjEnforcement *b) {
    gboolean same = strcmp(a->block->qualified, b->block->qualified) == 0 && strcmp(a->target, b->target) == 0 &&
                    a->host_count == b->host_count;

    for (guint i = 0; same && i < a->host_count; i++)
        same = strcmp(a->hosts[i], b->hosts[i]) == 0;
    return same;
}

/* Those of the new version, and of the other what is not among them: what was enforced stays so, and from T on by its own rules. */
static void join_enforcements(Lapsing *lapsing) {
    const KjEnforcement *sides[] = { lapsing->policy->enforcements, lapsing->before->enforcements };
    KjEnforcement **tail = &lapsing->both->enforcements;

    for (guint side = 0; side < G_N_ELEMENTS(sides); side++) {
        for (const KjEnforcement *at = sides[side]; at; at = at->next) {
            gboolean known = FALSE;
            KjEnforcement *copy;

            for (const KjEnforcement *other = sides[0]; side == 1 && other; other = other->next)
                known = known || is_same_enforcement(at, other);
            if (known)
                continue;
            copy = kj_arena_new0(lapsing->arena, KjEnforcement);
            *copy = *at;
            copy->next = NULL;
            copy->block = find_joined(lapsing, at->block->qualified);
            *tail = copy;
            tail = &copy->next;
        }
    }
}

KjPolicy *kj_policy_lapse(KjArena *arena, const KjPolicy *policy, gint64 until, const KjPolicy *before, KjDiagnostics *diagnostics) {
    Lapsing lapsing = { .arena = arena, .policy = policy, .before = before, .diagnostics = diagnostics, .whole = TRUE };
    g_autoptr(GDateTime) time = NULL;
    g_autofree char *text = NULL;

    until -= until % MINUTE;
    if (until < MINUTE || until >= KJ_INSTANT_END) {
        kj_report(diagnostics, KJ_CODE_LAPSE, KJ_SPAN_NONE, _("the emergency"), _("its end is not between 1970 and 2099"));
        return NULL;
    }
    time = g_date_time_new_from_unix_utc(until);
    text = g_date_time_format(time, "%Y-%m-%dT%H:%MZ");
    lapsing.end = kj_arena_strdup(arena, text);
    lapsing.time = window_before(arena, until, kj_arena_printf(arena, "the emergency (until %s)", text));
    lapsing.both = kj_arena_new0(arena, KjPolicy);
    lapsing.both->sources = policy->sources;
    lapsing.both->modules = policy->modules;
    lapsing.both->module_count = policy->module_count;
    lapsing.both->standards = policy->standards;
    lapsing.both->until = until;
    join_blocks(&lapsing);
    if (!lapsing.whole)
        return NULL;
    join_enforcements(&lapsing);
    return lapsing.both;
}
