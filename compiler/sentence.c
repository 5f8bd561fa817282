/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule as one sentence, in English and in Japanese, from the phrases of its domain.
 *
 * Operands read as the author wrote them: a name stays a name. English is "Allow packets to dmz.web, for the service web, when it is ...,
 * unless ...; at most 100 a second." Japanese puts the condition first and the exception last: "…の場合、宛先が dmz.web のパケットを許可する。
 * ただし、…の場合を除く。" Japanese fragments end in a noun or in a verb; what follows one depends on which ("の" or nothing), and is decided
 * from the last letter. A space stands between Japanese and ASCII words. Recursion is as deep as the syntax.
 */
#include "sentence.h"

#include <kijun/explain_values.h>

#include <string.h>

#include <kijun/value.h>

#include "syntax/syntax.h"

typedef struct {
    const KjBlock *block;
    gboolean ja;
} Speaker;

static char *operand_text(const Speaker *speaker, const KjAstValue *value);
static char *condition_text(const Speaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside);

/* ---- joining ---- */

static gboolean is_word(gunichar c) {
    return c < 0x80 && (g_ascii_isalnum((char)c) || strchr("\"_/*.-)", (int)c));
}

static gboolean is_japanese(gunichar c) {
    return c >= 0x3040 && !(c >= 0xff00 && c <= 0xffef);
}

/* Appends, with a space where an ASCII word meets a Japanese letter. */
static void append(GString *out, const char *text) {
    if (out->len && text[0]) {
        gunichar left = g_utf8_get_char(g_utf8_prev_char(out->str + out->len)), right = g_utf8_get_char(text);
        if ((is_word(left) && is_japanese(right)) || (is_japanese(left) && (is_word(right) || right == '"')))
            g_string_append_c(out, ' ');
    }
    g_string_append(out, text);
}

static char *substitute(const char *phrase, const char *operand) {
    const char *hole = strstr(phrase, "{}");
    GString *out = g_string_new(NULL);

    if (!hole)
        return g_string_free(g_string_append(out, phrase), FALSE);
    g_string_append_len(out, phrase, hole - phrase);
    append(out, operand);
    append(out, hole + 2);
    return g_string_free(out, FALSE);
}

/* Whether a Japanese fragment ends in a verb or adjective, which takes no "の". */
static gboolean is_verbal(const char *text) {
    static const char *const endings[] = { "る", "い", "む", "く", "う", "す", "つ", "ぬ", "ぶ", "ぐ", NULL };

    for (guint i = 0; endings[i]; i++) {
        if (g_str_has_suffix(text, endings[i]))
            return TRUE;
    }
    return FALSE;
}

static char *followed(const char *fragment, const char *after_noun, const char *after_verb) {
    GString *out = g_string_new(fragment);
    append(out, is_verbal(fragment) ? after_verb : after_noun);
    return g_string_free(out, FALSE);
}

/* ---- operands ---- */

static char *list_text(const Speaker *speaker, const KjAstValue *items) {
    GString *out = g_string_new(NULL);

    for (const KjAstValue *item = items; item; item = item->next) {
        g_autofree char *text = operand_text(speaker, item);
        if (item != items)
            g_string_append(out, speaker->ja ? "、" : item->next ? ", " : " or ");
        g_string_append(out, text);
    }
    if (speaker->ja && items && items->next)
        append(out, "のいずれか");
    return g_string_free(out, FALSE);
}

static char *pair_text(const Speaker *speaker, const char *format_en, const char *format_ja, const KjAstValue *left,
                       const KjAstValue *right) {
    g_autofree char *a = operand_text(speaker, left), *b = right ? operand_text(speaker, right) : NULL, *half = NULL;

    half = substitute(speaker->ja ? format_ja : format_en, a);
    return b ? substitute(half, b) : g_steal_pointer(&half);
}

static char *operand_text(const Speaker *speaker, const KjAstValue *value) {
    GString *out;

    switch (value->kind) {
    case KJ_VALUE_SET:
        return list_text(speaker, value->items);
    case KJ_VALUE_NOT:
        return pair_text(speaker, "anything but {}", "{}以外", value->left, NULL);
    case KJ_VALUE_MINUS:
        return pair_text(speaker, "{} except {}", "{}（{}を除く）", value->left, value->right);
    case KJ_VALUE_RANGE:
        return pair_text(speaker, "{} to {}", "{}から{}", value->left, value->right);
    case KJ_VALUE_ANY:
        return g_strdup(speaker->ja ? "任意" : "anything");
    case KJ_VALUE_NONE:
        return g_strdup(speaker->ja ? "なし" : "nothing");
    default:
        out = g_string_new(NULL);
        kj_print_value(value, out);
        return g_string_free(out, FALSE);
    }
}

static const struct {
    const char *en, *ja;
    const char *after; /* Japanese: stands after the whole phrase, behind the unit: "24回前" + "以下" */
} relation_words[] = {
    [0] = { "{}", "{}", "" },
    [KJ_RELATION_EQUAL] = { "{}", "{}", "" },
    [KJ_RELATION_NOT_EQUAL] = { "anything but {}", "{}以外", "" },
    [KJ_RELATION_LESS] = { "less than {}", "{}", "未満" },
    [KJ_RELATION_LESS_EQUAL] = { "at most {}", "{}", "以下" },
    [KJ_RELATION_GREATER] = { "more than {}", "{}", "を超える" },
    [KJ_RELATION_GREATER_EQUAL] = { "at least {}", "{}", "以上" },
};

/* The phrase about the operand, in the relation. */
static char *related_text(const Speaker *speaker, const char *phrase, KjRelation relation, const char *operand) {
    g_autofree char *related = substitute(speaker->ja ? relation_words[relation].ja : relation_words[relation].en, operand);
    g_autofree char *text = substitute(phrase, related);
    GString *out = g_string_new(text);

    append(out, speaker->ja ? relation_words[relation].after : "");
    return g_string_free(out, FALSE);
}

/* ---- one field ---- */

static const KjField *field_named(const KjBlock *block, const char *name) {
    for (guint i = 0; i < block->field_count; i++) {
        if (strcmp(block->fields[i].name, name) == 0)
            return &block->fields[i];
    }
    return NULL;
}

static char *presence_text(const Speaker *speaker, const char *name, gboolean present) {
    if (speaker->ja)
        return g_strdup_printf(present ? "%s がある" : "%s がない", name);
    return g_strdup_printf(present ? "with a `%s`" : "without `%s`", name);
}

typedef struct {
    const char *plain, *negated;
} Negation;

/* Japanese negates its last; a verb whose ending is not here is quoted instead. */
static char *negated_japanese(const char *phrase) {
    static const Negation endings[] = {
        { "である", "でない" }, { "がある", "がない" }, { "にある", "にない" }, { "いる", "いない" }, { "する", "しない" },
        { "含む", "含まない" }, { "がる", "がらない" }, { "まる", "まらない" }, { "れる", "れない" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        if (g_str_has_suffix(phrase, endings[i].plain))
            return g_strdup_printf("%.*s%s", (int)(strlen(phrase) - strlen(endings[i].plain)), phrase, endings[i].negated);
    }
    return g_strdup_printf("「%s」に当たらない", phrase);
}

/* A boolean's phrase is a clause of its own: "the connection is encrypted". */
static char *boolean_text(const Speaker *speaker, const KjField *field, gboolean holds) {
    const char *phrase = speaker->ja ? field->phrase.ja : field->phrase.en;

    if (holds)
        return g_strdup(phrase);
    return speaker->ja ? negated_japanese(phrase) : kj_phrase_negated(phrase);
}

/* FIELD RELATION OPERAND as its phrase. *boolean: the phrase is a clause, not an attribute. */
static char *field_text(const Speaker *speaker, const char *name, KjRelation relation, const KjAstValue *value, gboolean *boolean) {
    const KjField *field = field_named(speaker->block, name);
    gboolean unequal = relation == KJ_RELATION_NOT_EQUAL;
    g_autofree char *operand = NULL;

    g_return_val_if_fail(field != NULL, g_strdup(name)); /* a rule of a checked block names its fields */
    *boolean = FALSE;
    if (value->kind == KJ_VALUE_NONE)
        return presence_text(speaker, name, unequal);
    if (value->kind == KJ_VALUE_NOT && value->left->kind == KJ_VALUE_NONE)
        return presence_text(speaker, name, !unequal);
    if (field->type.kind == KJ_TYPE_BOOL && value->kind == KJ_VALUE_BOOL) {
        *boolean = TRUE;
        return boolean_text(speaker, field, (value->number != 0) != unequal);
    }
    operand = operand_text(speaker, value);
    if (value->kind == KJ_VALUE_NAME && relation == KJ_RELATION_EQUAL && field_named(speaker->block, value->name->text)) {
        g_free(operand);
        operand = g_strdup_printf(speaker->ja ? "その %s" : "its %s", value->name->text);
    }
    return related_text(speaker, speaker->ja ? field->phrase.ja : field->phrase.en, relation, operand);
}

/* ---- conditions ---- */

static char *comparison_text(const Speaker *speaker, const KjAstExpression *expression, KjRelation relation, gboolean negated) {
    gboolean boolean;
    g_autofree char *text = NULL;

    if (negated && (expression->value->kind == KJ_VALUE_NONE || expression->value->kind == KJ_VALUE_BOOL)) {
        relation = relation == KJ_RELATION_NOT_EQUAL ? 0 : KJ_RELATION_NOT_EQUAL;
        negated = FALSE;
    }
    text = field_text(speaker, expression->name->text, relation, expression->value, &boolean);
    if (boolean)
        return g_steal_pointer(&text);
    if (speaker->ja)
        return negated ? followed(text, "ではない", "のではない") : g_steal_pointer(&text);
    return g_strconcat(negated ? "it is not " : "it is ", text, NULL);
}

static char *during_text(const Speaker *speaker, const KjAstValue *value, gboolean negated) {
    g_autofree char *window = operand_text(speaker, value);

    if (speaker->ja)
        return substitute(negated ? "時間帯が{}以外" : "時間帯が{}", window);
    return g_strconcat(negated ? "the time is outside " : "the time is within ", window, NULL);
}

static char *name_text(const Speaker *speaker, const KjAstName *name, gboolean negated) {
    const KjField *field = field_named(speaker->block, name->text);

    if (field)
        return boolean_text(speaker, field, !negated);
    if (speaker->ja)
        return substitute(negated ? "{}に当たらない" : "{}に当たる", name->text);
    return g_strdup_printf(negated ? "%s does not hold" : "%s holds", name->text);
}

static char *connective_text(const Speaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside) {
    gboolean conjunction = (expression->kind == KJ_EXPRESSION_AND) != negated;
    const char *word = speaker->ja ? (conjunction ? "、かつ" : "、または") : conjunction ? " and " : " or ";
    const char *after_noun = conjunction ? "で、かつ" : "、または";
    GString *out = g_string_new(inside ? speaker->ja ? "（" : conjunction ? "both " : "either " : NULL);

    for (const KjAstExpression *item = expression->items; item; item = item->next) {
        g_autofree char *text = condition_text(speaker, item, negated, TRUE);
        g_autofree char *joined = !item->next   ? g_strdup(text)
                                  : speaker->ja ? followed(text, after_noun, word)
                                                : g_strconcat(text, word, NULL);
        if (speaker->ja)
            append(out, joined);
        else
            g_string_append(out, joined);
    }
    if (inside && speaker->ja)
        g_string_append(out, "）");
    return g_string_free(out, FALSE);
}

static char *condition_text(const Speaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside) {
    switch (expression->kind) {
    case KJ_EXPRESSION_AND:
    case KJ_EXPRESSION_OR:
        return connective_text(speaker, expression, negated, inside);
    case KJ_EXPRESSION_NOT:
        return condition_text(speaker, expression->items, !negated, inside);
    case KJ_EXPRESSION_NAME:
        return name_text(speaker, expression->name, negated);
    case KJ_EXPRESSION_DURING:
        return during_text(speaker, expression->value, negated);
    case KJ_EXPRESSION_IN:
        return comparison_text(speaker, expression, 0, negated != expression->negated);
    case KJ_EXPRESSION_HAS:
        return comparison_text(speaker, expression, 0, negated);
    case KJ_EXPRESSION_COMPARE:
        return comparison_text(speaker, expression, expression->relation, negated);
    }
    g_assert_not_reached();
}

/* ---- clauses ---- */

static gboolean names_parameter(const KjRule *rule, const KjAstClause *clause) {
    for (guint i = 0; clause->field && i < rule->parameter_count; i++) {
        if (strcmp(rule->parameters[i].definition->name, clause->field->text) == 0)
            return TRUE;
    }
    return FALSE;
}

static char *clause_text(const Speaker *speaker, const KjAstClause *clause) {
    gboolean boolean;
    g_autofree char *text = NULL, *window = NULL;

    if (!clause->field) {
        window = operand_text(speaker, clause->value);
        return substitute(speaker->ja ? "時間帯が{}" : "during {}", window);
    }
    text = field_text(speaker, clause->field->text, clause->relation, clause->value, &boolean);
    return boolean && !speaker->ja ? g_strconcat("where ", text, NULL) : g_steal_pointer(&text);
}

/* All clauses that restrict the request, joined; empty when there is none. */
static char *clauses_text(const Speaker *speaker, const KjRule *rule) {
    GString *out = g_string_new(NULL);

    for (const KjAstClause *clause = rule->item->clauses; clause; clause = clause->next) {
        g_autofree char *text = NULL;
        if (names_parameter(rule, clause) || clause->value->kind == KJ_VALUE_ANY)
            continue;
        text = clause_text(speaker, clause);
        if (out->len)
            g_string_append(out, speaker->ja ? "、" : ", ");
        g_string_append(out, text);
    }
    return g_string_free(out, FALSE);
}

/* ---- parameters ---- */

static char *rate_text(const Speaker *speaker, const KjParameter *parameter) {
    static const struct {
        guint64 window;
        const char *en, *ja;
    } units[] = { { 1, "a second", "1秒" }, { 60, "a minute", "1分" }, { 3600, "an hour", "1時間" }, { 86400, "a day", "1日" } };
    g_autoptr(GString) number = g_string_new(NULL);
    g_autoptr(GString) window = g_string_new(NULL);

    kj_value_print(parameter->bytes ? KJ_TYPE_SIZE : KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), number);
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].window == parameter->window)
            return speaker->ja ? g_strdup_printf("%sあたり %s ", units[i].ja, number->str)
                               : g_strdup_printf("%s %s", number->str, units[i].en);
    }
    kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->window), window);
    return speaker->ja ? g_strdup_printf("%s あたり %s ", window->str, number->str) : g_strdup_printf("%s in %s", number->str, window->str);
}

static char *parameter_operand(const Speaker *speaker, const KjParameter *parameter) {
    GString *out;

    if (parameter->definition->kind == KJ_PARAMETER_RATE)
        return rate_text(speaker, parameter);
    if (parameter->definition->kind == KJ_PARAMETER_GROUP)
        return g_strdup(parameter->text);
    out = g_string_new(NULL);
    if (parameter->definition->kind == KJ_PARAMETER_FIELDS) {
        for (guint i = 0; i < parameter->field_count; i++)
            g_string_append_printf(out, "%s%s", i ? speaker->ja ? "、" : " and " : "", speaker->block->fields[parameter->fields[i]].name);
    } else {
        kj_value_print(parameter->definition->kind == KJ_PARAMETER_DURATION ? KJ_TYPE_DURATION : KJ_TYPE_INTEGER,
                       kj_ordinal_number(parameter->number), out);
    }
    return g_string_free(out, FALSE);
}

/* `together`: they belong to a noun that follows (Japanese, the last one first) or stands before (English), without commas. */
static char *parameters_text(const Speaker *speaker, const KjRule *rule, gboolean together) {
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < rule->parameter_count; i++) {
        guint at = together && speaker->ja ? rule->parameter_count - 1 - i : i;
        const KjPhrase *phrase = &rule->parameters[at].definition->phrase;
        g_autofree char *operand = parameter_operand(speaker, &rule->parameters[at]);
        g_autofree char *text = substitute(speaker->ja ? phrase->ja : phrase->en, operand);
        if (out->len)
            g_string_append(out, speaker->ja ? together ? "" : "、" : together ? " " : ", ");
        append(out, text);
    }
    return g_string_free(out, FALSE);
}

/* ---- sentences ---- */

static void append_when(const Speaker *speaker, GString *out, const char *word, const KjAstExpression *expression) {
    g_autofree char *text = expression ? condition_text(speaker, expression, FALSE, FALSE) : NULL;
    if (text)
        g_string_append_printf(out, ", %s %s", word, text);
}

/* From when until when the rule holds; empty when always. */
static char *dates_text(const Speaker *speaker, const KjRule *rule) {
    g_autoptr(GString) from = g_string_new(NULL);
    g_autoptr(GString) until = g_string_new(NULL);
    GString *out = g_string_new(NULL);

    if (rule->from)
        kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(rule->from->atom.first_day), from);
    if (rule->until)
        kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(rule->until->atom.last_day), until);
    if (from->len)
        g_string_append_printf(out, speaker->ja ? "%s から" : ", from %s on", from->str);
    if (until->len)
        g_string_append_printf(out, speaker->ja ? "%s%s まで" : "%s, until %s", speaker->ja && from->len ? " " : "", until->str);
    if (speaker->ja && out->len)
        g_string_append(out, "、");
    return g_string_free(out, FALSE);
}

static void say_english(const Speaker *speaker, const KjRule *rule, GString *out) {
    const KjAstItem *item = rule->item;
    const KjEffectDefinition *effect = &speaker->block->domain->effects[rule->effect];
    const char *subject = speaker->block->domain->subject.en, *rest = strchr(effect->phrase.en, ' ');
    gboolean requires = (effect->flags & KJ_EFFECT_REQUIRES) != 0;
    g_autofree char *clauses = clauses_text(speaker, rule), *parameters = parameters_text(speaker, rule, requires);
    g_autofree char *dates = dates_text(speaker, rule);
    g_autofree char *wanted = item->condition ? condition_text(speaker, item->condition, FALSE, FALSE) : NULL;

    if (rule->requirement && wanted)
        g_string_append_printf(out, "for %s", subject);
    else if (rule->requirement)
        g_string_append_printf(out, "require %s", subject);
    else if (requires)
        g_string_append_printf(out, "for %s", subject);
    else
        g_string_append_printf(out, "%.*s %s", rest ? (int)(rest - effect->phrase.en) : (int)strlen(effect->phrase.en), effect->phrase.en,
                               subject);
    if (clauses[0])
        g_string_append_printf(out, " %s", clauses);
    if (wanted)
        g_string_append_printf(out, "%s %s", rule->requirement ? ", require that" : ", where", wanted);
    append_when(speaker, out, "when", item->when);
    append_when(speaker, out, "unless", item->unless);
    g_string_append(out, dates);
    if (requires)
        g_string_append_printf(out, ", %s%s%s", effect->phrase.en, parameters[0] ? " " : "", parameters);
    else if (rest && !rule->requirement)
        g_string_append_printf(out, ",%s%s%s", rest, parameters[0] ? ": " : "", parameters);
    else if (parameters[0])
        g_string_append_printf(out, "; %s", parameters);
    g_string_append_c(out, '.');
    out->str[0] = g_ascii_toupper(out->str[0]);
}

static void say_japanese(const Speaker *speaker, const KjRule *rule, GString *out) {
    const KjAstItem *item = rule->item;
    const KjEffectDefinition *effect = &speaker->block->domain->effects[rule->effect];
    const char *subject = speaker->block->domain->subject.ja;
    gboolean requires = (effect->flags & KJ_EFFECT_REQUIRES) != 0;
    g_autofree char *clauses = clauses_text(speaker, rule), *parameters = parameters_text(speaker, rule, requires);
    g_autofree char *dates = dates_text(speaker, rule);
    g_autofree char *wanted = item->condition ? condition_text(speaker, item->condition, FALSE, FALSE) : NULL;
    g_autofree char *when = item->when ? condition_text(speaker, item->when, FALSE, FALSE) : NULL;
    g_autofree char *unless = item->unless ? condition_text(speaker, item->unless, FALSE, FALSE) : NULL;
    g_autofree char *when_case = when ? followed(when, "の場合、", "場合、") : NULL;
    g_autofree char *unless_case = unless ? followed(unless, "の場合を除く。", "場合を除く。") : NULL;
    g_autofree char *modifier = clauses[0] ? followed(clauses, "の", "") : g_strdup("");
    g_autofree char *demand = NULL;

    append(out, dates);
    append(out, when_case ? when_case : "");
    if (rule->requirement) {
        demand = followed(wanted ? wanted : clauses, "であることを要する。", "ことを要する。");
        append(out, subject);
        g_string_append(out, "は、");
        append(out, demand);
    } else {
        append(out, modifier);
        append(out, subject);
        append(out, requires ? "には、" : "を");
        append(out, requires ? parameters : "");
        append(out, effect->phrase.ja);
        g_string_append(out, "。");
    }
    if (unless_case)
        g_string_append_printf(out, "ただし、%s", unless_case);
    if (parameters[0] && !requires)
        g_string_append_printf(out, "%s。", parameters);
}

const char *kj_sentence_rule(KjArena *arena, const KjBlock *block, const KjRule *rule, const char *language) {
    const Speaker speaker = { block, strcmp(language, "ja") == 0 };
    g_autoptr(GString) out = g_string_new(NULL);

    if (!rule->item) /* a rule the compiler made: nobody wrote it */
        return "";
    if (speaker.ja)
        say_japanese(&speaker, rule, out);
    else
        say_english(&speaker, rule, out);
    return kj_arena_strdup(arena, out->str);
}
