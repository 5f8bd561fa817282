/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See enforced.h. Both sides are prepared before they are compared:
 *
 *     - the rules that say what cannot be, from the head of the block that was read back, go to the head of both; and every other rule is
 * cut to what can be, so that rules that differ only in what cannot are the same rule, and need no comparing;
 *     - of the obligations those are kept that the target carries out, of several the one that holds the others; a message to people is
 * none;
 *     - a rule that limits gets one more, its counter, so that two rules with one counter or one with two are found as well: in the
 * language a counter is known by the label of its rule. A field that no request here has is taken from its key: it tells no two requests
 * apart.
 */
#include "enforced.h"

#include "../translate.h"
#include "change.h"

#include <string.h>

#define IMPOSSIBLE "impossible" /* how the labels of rules begin that say what cannot be */
#define TOLD 5u                 /* differences of a block that are told */

typedef struct {
    const KjBlock *block;
    const KjSources *sources;
    const KjReaderDefinition *reader;
    KjArena *arena;
    KjEnforced *result;
} Proof;

/* ---- the two sides ---- */

static gboolean is_impossible(const KjRule *rule) {
    return g_str_has_prefix(rule->label, IMPOSSIBLE);
}

/* The strongest obligation that the target carries out. */
static const char *carried_out(const Proof *proof, const KjNote *notes, guint count) {
    const char *strongest = NULL;

    for (const char *const *name = proof->reader->obligations; name && *name; name++) {
        for (guint i = 0; i < count; i++) {
            if (notes[i].obligation && strcmp(notes[i].name, *name) == 0)
                strongest = *name;
        }
    }
    return strongest;
}

static const char *note_value(const KjNote *notes, guint count, const char *name) {
    for (guint i = 0; i < count; i++) {
        if (strcmp(notes[i].name, name) == 0)
            return notes[i].value;
    }
    return "";
}

/* The notes that are compared: what is carried out, and the counter. */
static const KjNote *prepare_notes(const Proof *proof, const KjNote *notes, guint count, const char *counter, guint *prepared_count) {
    const char *strongest = carried_out(proof, notes, count);
    KjNote *prepared = kj_arena_newn(proof->arena, KjNote, 2);

    *prepared_count = 0;
    if (strongest)
        prepared[(*prepared_count)++] = (KjNote){ .name = strongest, .value = "", .language = "", .obligation = TRUE };
    if (counter)
        prepared[(*prepared_count)++] = (KjNote){ .name = "counter", .value = counter, .language = "", .obligation = TRUE };
    return prepared;
}

static gboolean is_missing_in(const KjCondition *condition, guint field) {
    if (condition->kind == KJ_CONDITION_MISSING)
        return condition->field == field;
    for (guint i = 0; condition->kind == KJ_CONDITION_AND && i < condition->count; i++) {
        if (is_missing_in(condition->operands[i], field))
            return TRUE;
    }
    return FALSE;
}

/* Whether the rules at the head of the loaded block say that no request has the field: `impossible: deny unless iif == none`. */
static gboolean is_never_there(const KjBlock *loaded, guint head, guint field) {
    for (guint i = 0; i < head; i++) {
        if (loaded->rules[i].match->kind == KJ_CONDITION_TRUE && loaded->rules[i].unless && is_missing_in(loaded->rules[i].unless, field))
            return TRUE;
    }
    return FALSE;
}

static const KjCondition *join_conditions(const Proof *proof, KjConditionKind kind, const KjCondition *a, const KjCondition *b) {
    KjCondition *joined = kj_arena_new0(proof->arena, KjCondition);
    const KjCondition **operands = kj_arena_newn(proof->arena, const KjCondition *, 2);

    if (!a)
        return b;
    operands[0] = a;
    operands[1] = b;
    *joined = (KjCondition){ .kind = kind, .operands = operands, .count = 2, .span = KJ_SPAN_NONE };
    return joined;
}

/* Cuts a rule to what the head of the loaded block leaves: "M unless E" cannot be where M holds and E is not true. */
static void cut_to_possible(const Proof *proof, const KjBlock *loaded, guint head, KjRule *rule) {
    for (guint i = 0; i < head; i++) {
        const KjRule *impossible = &loaded->rules[i];
        if (!impossible->unless)
            rule->unless = join_conditions(proof, KJ_CONDITION_OR, rule->unless, impossible->match);
        else if (impossible->match->kind == KJ_CONDITION_TRUE)
            rule->match = join_conditions(proof, KJ_CONDITION_AND, impossible->unless, rule->match);
    }
}

static KjParameter *prepare_parameters(const Proof *proof, const KjRule *rule, const KjBlock *loaded, guint head, guint *count) {
    KjParameter *prepared = kj_arena_newn(proof->arena, KjParameter, rule->parameter_count);

    *count = 0;
    for (guint i = 0; i < rule->parameter_count; i++) {
        const KjParameter *parameter = &rule->parameters[i];
        guint *fields = kj_arena_newn(proof->arena, guint, parameter->field_count), left = 0;
        for (guint f = 0; f < parameter->field_count; f++) {
            if (!is_never_there(loaded, head, parameter->fields[f]))
                fields[left++] = parameter->fields[f];
        }
        if (parameter->field_count > 0 && left == 0)
            continue;
        prepared[*count] = *parameter;
        prepared[*count].fields = fields;
        prepared[(*count)++].field_count = left;
    }
    return prepared;
}

/* The label; an emergency's policy may have two rules of one label, each with its own counter: the other is `web-v3`, the third rule of the block. */
static const char *counter_of(const Proof *proof, const KjBlock *block, const KjRule *rule) {
    for (const KjRule *earlier = block->rules; earlier < rule; earlier++) {
        if (strcmp(earlier->label, rule->label) == 0)
            return kj_arena_printf(proof->arena, "%s-v%u", rule->label, (guint)(rule - block->rules) + 1);
    }
    return rule->label;
}

static KjRule prepare_rule(const Proof *proof, const KjRule *rule, gboolean is_loaded, const KjBlock *loaded, guint head) {
    KjRule prepared = *rule;
    const char *counter = NULL;

    if (proof->block->domain->effects[rule->effect].flags & KJ_EFFECT_LIMITS)
        counter = is_loaded ? note_value(rule->notes, rule->note_count, "ref") : counter_of(proof, proof->block, rule);
    prepared.notes = prepare_notes(proof, rule->notes, rule->note_count, counter, &prepared.note_count);
    prepared.parameters = prepare_parameters(proof, rule, loaded, head, &prepared.parameter_count);
    return prepared;
}

/* `head` of the loaded block's rules, then the block's own behind its own head. */
static const KjBlock *prepare(const Proof *proof, const KjBlock *block, const KjBlock *loaded, guint head) {
    KjBlock *prepared = kj_arena_new0(proof->arena, KjBlock);
    guint own = block == loaded ? head : 0;
    KjRule *rules = kj_arena_newn(proof->arena, KjRule, head + block->rule_count - own + 1);

    *prepared = *block;
    prepared->rule_count = 0;
    for (guint i = 0; i < head; i++)
        rules[prepared->rule_count++] = prepare_rule(proof, &loaded->rules[i], TRUE, loaded, head);
    for (guint i = own; i < block->rule_count; i++) {
        rules[prepared->rule_count] = prepare_rule(proof, &block->rules[i], block == loaded, loaded, head);
        cut_to_possible(proof, loaded, head, &rules[prepared->rule_count++]);
    }
    prepared->rules = rules;
    prepared->default_notes = prepare_notes(proof, block->default_notes, block->default_note_count, NULL, &prepared->default_note_count);
    return prepared;
}

/* ---- what differs ---- */

static void append_decision(const Proof *proof, const KjDecision *decision, GString *out) {
    g_string_append(out, proof->block->domain->effects[decision->effect].name);
    if (decision->parameters[0])
        g_string_append_printf(out, " %s", decision->parameters);
    if (decision->obligations[0])
        g_string_append_printf(out, ", %s", decision->obligations);
}

static void append_source_rule(const Proof *proof, const KjRule *rule, GString *out) {
    guint line, column;

    if (!rule) {
        g_string_append(out, _(" by default"));
        return;
    }
    g_string_append_printf(out, _(" by rule `%s`"), rule->label);
    const KjSources *sources = rule->sources ? rule->sources : proof->sources;
    if (!sources || rule->span.file == G_MAXUINT32)
        return;
    kj_sources_position(sources, rule->span.file, rule->span.start, &line, &column);
    g_string_append_printf(out, " (%s:%u:%u)", kj_sources_file(sources, rule->span.file)->path, line, column);
}

static void tell_region(const Proof *proof, const KjBlock *loaded, const KjChangeRegion *region) {
    g_autofree char *arguments = region->witness ? kj_witness_arguments(region->witness) : g_strdup(_("no request could be made"));
    GString *out = g_string_new(arguments);

    g_string_append_printf(out, "\n  %s", _("source: "));
    append_decision(proof, region->old_decision, out);
    append_source_rule(proof, region->old_rule, out);
    g_string_append_printf(out, "\n  %s", _("loaded: "));
    append_decision(proof, region->new_decision, out);
    if (region->new_rule && region->new_rule->doc)
        g_string_append_printf(out, " (%s)", region->new_rule->doc);
    g_string_append_printf(out, " [%s]", loaded->name);
    g_ptr_array_add(proof->result->differences, g_string_free(out, FALSE));
}

static void add_difference(const Proof *proof, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_difference(const Proof *proof, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(proof->result->differences, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static void compare_block(const Proof *proof, const KjBlock *loaded) {
    KjChangeOptions options = { .now = g_get_real_time() / G_USEC_PER_SEC, .most = TOLD };
    guint head = 0;
    KjBlockChange *change;

    while (head < loaded->rule_count && is_impossible(&loaded->rules[head]))
        head++;
    change = kj_block_change_new(proof->arena, prepare(proof, proof->block, loaded, head), prepare(proof, loaded, loaded, head), &options);
    for (guint i = 0; i < change->regions->len; i++)
        tell_region(proof, loaded, change->regions->pdata[i]);
    if (change->untold > 0)
        add_difference(proof, _("and %u more kinds of requests [%s]"), change->untold, loaded->name);
    if (change->undecided)
        add_difference(proof, "%s [%s]", change->undecided, loaded->name);
    else if (change->verdict > KJ_CHANGE_RESTATED && change->regions->len == 0)
        add_difference(proof,
                       change->verdict == KJ_CHANGE_NARROWS  ? _("it lets through less than the source [%s]")
                       : change->verdict == KJ_CHANGE_WIDENS ? _("it lets through more than the source [%s]")
                                                             : _("it lets through more than the source, and less [%s]"),
                       loaded->name);
    proof->result->bug |= change->bug;
    proof->result->blocks++;
    proof->result->rules += loaded->rule_count - head;
    kj_block_change_clear(change);
}

/* ---- the proof ---- */

static gboolean same_type(const KjDataType *a, const KjDataType *b) {
    if (a->kind != b->kind || a->set != b->set || a->symbol_count != b->symbol_count || !a->symbols != !b->symbols)
        return FALSE;
    for (guint i = 0; i < a->symbol_count; i++) {
        if (strcmp(a->symbols[i], b->symbols[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean same_fields(const KjBlock *a, const KjBlock *b) {
    if (a->field_count != b->field_count)
        return FALSE;
    for (guint i = 0; i < a->field_count; i++) {
        if (strcmp(a->fields[i].name, b->fields[i].name) != 0 || !same_type(&a->fields[i].type, &b->fields[i].type))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_back(const Proof *proof, const char *dump, gsize length, KjCompilation *compilation, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL), messages = g_string_new(NULL);

    if (!proof->reader->read_back(dump, length, text, error))
        return FALSE;
    kj_compilation_load_text(compilation, "read-back.pol", text->str, text->len);
    if (compilation->policy && compilation->policy->blocks)
        return TRUE;
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, messages);
    g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("what is loaded cannot be read back: its policy text has errors:\n%s"), messages->str);
    return FALSE;
}

gboolean kj_enforced_compare(const KjBlock *block, const KjSources *sources, const KjReaderDefinition *reader, const char *dump,
                             gsize length, KjEnforced *result, GError **error) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    Proof proof = { block, sources, reader, kj_arena_new(), result };
    gboolean read;

    *result = (KjEnforced){ .differences = g_ptr_array_new_with_free_func(g_free) };
    read = read_back(&proof, dump, length, compilation, error);
    for (const KjBlock *loaded = read ? compilation->policy->blocks : NULL; loaded; loaded = loaded->next) {
        if (loaded->domain == block->domain && same_fields(loaded, block))
            compare_block(&proof, loaded);
        else
            add_difference(&proof, _("what was read back speaks of other fields [%s]"), loaded->name);
    }
    kj_arena_free(proof.arena);
    return read;
}

void kj_enforced_clear(KjEnforced *result) {
    g_clear_pointer(&result->differences, g_ptr_array_unref);
}
