/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What sentences say about fields: operands, tests, conditions.
 *
 * Operands read as the author wrote them: a name stays a name. In English a test is an attribute ("from nets.staff", "encrypted") or a clause ("the
 * connection is encrypted"): attributes alone are said as they are, beside a clause they become one ("it is from nets.staff"). In Japanese it ends in a
 * noun or in a verb (wording.h). Every text is appended where it belongs, with the ending that its place wants, so that the work is linear in the
 * syntax; recursion is as deep as it.
 */
#include "sentence_private.h"

#include <string.h>

#include <kijun/calendar.h>
#include <kijun/explain_values.h>

#include "syntax/syntax.h"

static void append_operand(const KjSpeaker *speaker, const KjAstValue *value, GString *out);
static void say_condition(const KjSpeaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside, KjEnding ending);

/* ---- operands ---- */

static void append_list(const KjSpeaker *speaker, const KjAstValue *items, const char *last_word, GString *out) {
    for (const KjAstValue *item = items; item; item = item->next) {
        g_autoptr(GString) text = g_string_new(NULL);
        append_operand(speaker, item, text);
        if (item != items)
            kj_say_words(item->next ? speaker->ja ? "、" : ", " : last_word, out);
        kj_say_words(text->str, out);
    }
}

/* "other than a or b": in Japanese those are two that are left out, "a 及び b 以外". */
static void append_other(const KjSpeaker *speaker, const char *word, const KjAstValue *value, GString *out) {
    g_autoptr(GString) text = g_string_new(NULL);

    if (value->kind == KJ_VALUE_SET)
        append_list(speaker, value->items, speaker->ja ? "及び" : " or ", text);
    else
        append_operand(speaker, value, text);
    kj_say_words(speaker->ja ? "" : word, out);
    kj_say_words(text->str, out);
    kj_say_words(speaker->ja ? "以外" : "", out);
}

static void append_minus(const KjSpeaker *speaker, const KjAstValue *value, GString *out) {
    gboolean several = value->left->kind == KJ_VALUE_SET && value->left->items && value->left->items->next;

    append_operand(speaker, value->left, out);
    if (speaker->ja)
        kj_say_words("のうち", out);
    append_other(speaker, several ? ", but not " : " but not ", value->right, out);
}

static void append_range(const KjSpeaker *speaker, const KjAstValue *value, GString *out) {
    g_autoptr(GString) right = g_string_new(NULL);

    append_operand(speaker, value->left, out);
    append_operand(speaker, value->right, right);
    kj_say_words(speaker->ja ? "から" : " to ", out);
    kj_say_words(right->str, out);
    kj_say_words(speaker->ja ? "まで" : "", out);
}

static void append_operand(const KjSpeaker *speaker, const KjAstValue *value, GString *out) {
    g_autoptr(GString) text = NULL;
    g_autofree char *duration = NULL;

    switch (value->kind) {
    case KJ_VALUE_SET:
        append_list(speaker, value->items, speaker->ja ? "又は" : " or ", out);
        return;
    case KJ_VALUE_NOT:
        append_other(speaker, "other than ", value->left, out);
        return;
    case KJ_VALUE_MINUS:
        append_minus(speaker, value, out);
        return;
    case KJ_VALUE_RANGE:
        append_range(speaker, value, out);
        return;
    case KJ_VALUE_ANY:
        kj_say_words(speaker->ja ? "任意" : "anything", out);
        return;
    case KJ_VALUE_NONE:
        kj_say_words(speaker->ja ? "未指定" : "none", out);
        return;
    default:
        text = g_string_new(NULL);
        kj_print_value(value, text);
        duration = value->kind == KJ_VALUE_DURATION ? kj_wording_duration(text->str, speaker->ja) : NULL;
        kj_say_words(duration ? duration : text->str, out);
    }
}

typedef struct {
    const char *en;
    const char *ja; /* stands after the whole phrase, behind the unit: "24回前" + "以下" */
} RelationWords;

static const RelationWords relation_words[] = {
    [0] = { "{}", "" },
    [KJ_RELATION_EQUAL] = { "{}", "" },
    [KJ_RELATION_NOT_EQUAL] = { "other than {}", "以外" },
    [KJ_RELATION_LESS] = { "less than {}", "未満" },
    [KJ_RELATION_LESS_EQUAL] = { "at most {}", "以下" },
    [KJ_RELATION_GREATER] = { "more than {}", "を超える" },
    [KJ_RELATION_GREATER_EQUAL] = { "at least {}", "以上" },
};

/* Of an ordered enumeration. */
static const RelationWords rank_words[] = {
    [KJ_RELATION_LESS] = { "below {}", "未満" },
    [KJ_RELATION_LESS_EQUAL] = { "{} or below", "以下" },
    [KJ_RELATION_GREATER] = { "above {}", "を上回る" },
    [KJ_RELATION_GREATER_EQUAL] = { "{} or above", "以上" },
};

static const RelationWords date_words[] = {
    [KJ_RELATION_LESS] = { "before {}", "より前" },
    [KJ_RELATION_LESS_EQUAL] = { "up to {}", "以前" },
    [KJ_RELATION_GREATER] = { "after {}", "より後" },
    [KJ_RELATION_GREATER_EQUAL] = { "from {} on", "以降" },
};

static const RelationWords *words_of(const KjField *field, KjRelation relation) {
    const RelationWords *own = field->type.ordered ? rank_words : field->type.kind == KJ_TYPE_DATE ? date_words : relation_words;
    return relation >= KJ_RELATION_LESS ? &own[relation] : &relation_words[relation];
}

/* ---- one field ---- */

const KjField *kj_say_find_field(const KjBlock *block, const char *name) {
    for (guint i = 0; i < block->field_count; i++) {
        if (strcmp(block->fields[i].name, name) == 0)
            return &block->fields[i];
    }
    return NULL;
}

/* What the Japanese phrase calls the field: "差出人が{}" speaks of "差出人"; else its name. */
void kj_say_noun(const KjField *field, GString *out) {
    const char *hole = strstr(field->phrase.ja, "が{}");
    g_autofree char *noun = hole ? g_strndup(field->phrase.ja, (gsize)(hole - field->phrase.ja)) : NULL;

    kj_say_words(noun ? noun : field->name, out);
}

typedef enum { TEST_VALUES, TEST_PRESENT, TEST_ABSENT, TEST_TRUE, TEST_FALSE, TEST_OTHER_FIELD } TestKind;

static TestKind turned(TestKind kind, gboolean round) {
    static const TestKind other[] = {
        [TEST_PRESENT] = TEST_ABSENT, [TEST_ABSENT] = TEST_PRESENT, [TEST_TRUE] = TEST_FALSE, [TEST_FALSE] = TEST_TRUE
    };

    return round ? other[kind] : kind;
}

static TestKind kind_of_test(const KjSpeaker *speaker, const KjFieldSaid *test) {
    const KjAstValue *value = test->value;
    gboolean round = (test->relation == KJ_RELATION_NOT_EQUAL) != test->negated;

    if (!value)
        return turned(TEST_TRUE, test->negated);
    if (value->kind == KJ_VALUE_NONE)
        return turned(TEST_ABSENT, round);
    if (value->kind == KJ_VALUE_NOT && value->left->kind == KJ_VALUE_NONE)
        return turned(TEST_PRESENT, round);
    if (test->field->type.kind == KJ_TYPE_BOOL && value->kind == KJ_VALUE_BOOL)
        return turned(value->number ? TEST_TRUE : TEST_FALSE, round);
    if (value->kind == KJ_VALUE_NAME && test->relation && kj_say_find_field(speaker->block, value->name->text))
        return TEST_OTHER_FIELD;
    return TEST_VALUES;
}

/* "last used any number of changes ago" where the phrase counts; else "with any `from`". */
static void append_presence(const KjField *field, gboolean present, GString *out) {
    const char *hole = strstr(field->phrase.en, "{} ");

    if (present && hole && field->type.kind == KJ_TYPE_INTEGER)
        kj_say_phrase(field->phrase.en, "any number of", out);
    else
        g_string_append_printf(out, present ? "with any `%s`" : "without `%s`", field->name);
}

gboolean kj_say_is_clause(const KjSpeaker *speaker, const KjFieldSaid *said) {
    TestKind kind = kind_of_test(speaker, said);
    return (kind == TEST_TRUE || kind == TEST_FALSE) && strchr(said->field->phrase.en, ' ');
}

static void say_test_english(const KjSpeaker *speaker, const KjFieldSaid *test) {
    TestKind kind = kind_of_test(speaker, test);
    const KjField *field = test->field;
    g_autoptr(GString) operand = g_string_new(NULL), related = g_string_new(NULL);
    g_autofree char *negated = NULL;

    if (speaker->clauses && !kj_say_is_clause(speaker, test) && strchr(field->phrase.en, ' '))
        g_string_append(speaker->out, "it is ");
    switch (kind) {
    case TEST_TRUE:
        g_string_append(speaker->out, field->phrase.en);
        return;
    case TEST_FALSE:
        negated = kj_phrase_negated(field->phrase.en);
        g_string_append(speaker->out, negated);
        return;
    case TEST_PRESENT:
    case TEST_ABSENT:
        append_presence(field, kind == TEST_PRESENT, speaker->out);
        return;
    case TEST_OTHER_FIELD:
        g_string_append_printf(operand, "its %s", test->value->name->text);
        break;
    case TEST_VALUES:
        append_operand(speaker, test->value, operand);
        break;
    }
    kj_say_phrase(words_of(field, test->relation)->en, operand->str, related);
    if (kind == TEST_VALUES && field->type.kind == KJ_TYPE_BOOL) { /* its phrase has no place for values */
        g_string_append_printf(speaker->out, "with `%s` %s%s", field->name, test->negated ? "not " : "", related->str);
        return;
    }
    g_string_append(speaker->out, test->negated ? "not " : "");
    kj_say_phrase(field->phrase.en, related->str, speaker->out);
}

/* "主体が owner と同一": the phrase is no help where a field stands in the place of a value. Returns whether it ends in a verb. */
static gboolean append_other_field(const KjFieldSaid *test, GString *text) {
    const char *after = words_of(test->field, test->relation)->ja;

    if (test->relation == KJ_RELATION_EQUAL || test->relation == KJ_RELATION_NOT_EQUAL)
        after = (test->relation == KJ_RELATION_EQUAL) != test->negated ? "と同一" : "と異なる";
    kj_say_noun(test->field, text);
    kj_say_words("が", text);
    kj_say_words(test->value->name->text, text);
    kj_say_words(after, text);
    return kj_wording_is_verbal(after);
}

/* The phrase about the operand. Returns whether it ends in a verb. */
static gboolean append_values(const KjSpeaker *speaker, const KjFieldSaid *test, GString *text) {
    const char *hole = strstr(test->field->phrase.ja, "{}"), *behind = hole ? hole + 2 : test->field->phrase.ja;
    const char *after = words_of(test->field, test->relation)->ja;
    g_autoptr(GString) operand = g_string_new(NULL);

    append_operand(speaker, test->value, operand);
    if (test->field->type.kind == KJ_TYPE_BOOL) { /* its phrase has no place for values */
        g_string_append_printf(text, "`%s` が", test->field->name);
        kj_say_words(operand->str, text);
        behind = "";
    } else {
        kj_say_phrase(test->field->phrase.ja, operand->str, text);
    }
    kj_say_words(after, text);
    return kj_wording_is_verbal(*after ? after : behind);
}

/* "差出人がある" */
static void append_presence_japanese(const KjField *field, gboolean present, GString *text) {
    kj_say_noun(field, text);
    kj_say_words(present ? "がある" : "がない", text);
}

static void say_test_japanese(const KjSpeaker *speaker, const KjFieldSaid *test, KjEnding ending) {
    TestKind kind = kind_of_test(speaker, test);
    gboolean same = kind == TEST_OTHER_FIELD && test->relation == KJ_RELATION_EQUAL; /* has a word of its own for what is not */
    gboolean verbal = TRUE, negated = test->negated && (kind == TEST_VALUES || kind == TEST_OTHER_FIELD) && !same;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *turned_round = NULL;

    if (kind == TEST_TRUE || kind == TEST_FALSE)
        g_string_append(text, test->field->phrase.ja);
    else if (kind == TEST_PRESENT || kind == TEST_ABSENT)
        append_presence_japanese(test->field, kind == TEST_PRESENT, text);
    else
        verbal = kind == TEST_VALUES ? append_values(speaker, test, text) : append_other_field(test, text);
    if (kind == TEST_FALSE || (negated && verbal))
        turned_round = kj_wording_negated(text->str);
    else if (negated)
        kj_say_words("ではない", text);
    kj_wording_end(speaker->out, turned_round ? turned_round : text->str, verbal || negated, ending);
}

void kj_say_test(const KjSpeaker *speaker, const KjFieldSaid *test, KjEnding ending) {
    if (speaker->ja)
        say_test_japanese(speaker, test, ending);
    else
        say_test_english(speaker, test);
}

/* ---- conditions ---- */

/* The test of one field that a leaf is; `field` is NULL when it is none. */
static KjFieldSaid test_of(const KjSpeaker *speaker, const KjAstExpression *expression, gboolean negated) {
    KjFieldSaid test = { .value = expression->value, .negated = negated };

    if (!expression->name)
        return test;
    test.field = kj_say_find_field(speaker->block, expression->name->text);
    if (expression->kind == KJ_EXPRESSION_COMPARE)
        test.relation = expression->relation;
    if (expression->kind == KJ_EXPRESSION_IN)
        test.negated = negated != expression->negated;
    if (test.negated && test.relation == KJ_RELATION_NOT_EQUAL && test.value)
        test.negated = FALSE, test.relation = KJ_RELATION_EQUAL;
    return test;
}

static gboolean speaks_of_none(const KjAstValue *value) {
    if (value->kind == KJ_VALUE_NONE || value->kind == KJ_VALUE_ANY)
        return TRUE;
    for (const KjAstValue *item = value->kind == KJ_VALUE_SET ? value->items : NULL; item; item = item->next) {
        if (speaks_of_none(item))
            return TRUE;
    }
    return value->kind == KJ_VALUE_NOT && speaks_of_none(value->left);
}

gboolean kj_say_is_implied(const KjSpeaker *speaker, const KjFieldSaid *said, const KjFieldSaid *next) {
    if (!said->field || said->field != next->field || kind_of_test(speaker, said) != TEST_PRESENT)
        return FALSE;
    return !next->value || !speaks_of_none(next->value);
}

/* `user not none and user in staff`: the first says nothing that the second does not. Only neighbours are compared: that is how they are written. */
static gboolean is_implied(const KjSpeaker *speaker, const KjAstExpression *item, gboolean negated) {
    KjFieldSaid said = test_of(speaker, item, negated), next;

    if (!item->next)
        return FALSE;
    next = test_of(speaker, item->next, negated);
    return kj_say_is_implied(speaker, &said, &next);
}

gboolean kj_say_has_clause(const KjSpeaker *speaker, const KjAstExpression *expression) {
    KjFieldSaid test = test_of(speaker, expression, FALSE);

    for (const KjAstExpression *item = expression->items; item; item = item->next) {
        if (kj_say_has_clause(speaker, item))
            return TRUE;
    }
    return test.field ? kj_say_is_clause(speaker, &test) : expression->kind == KJ_EXPRESSION_NAME;
}

/* A range of dates without a beginning or an end: "from 2027-01-01 on". FALSE when it is none. */
static gboolean append_days(const KjSpeaker *speaker, const KjAstValue *value, GString *out) {
    const KjAstValue *days = value->kind == KJ_VALUE_WINDOW && !value->right ? value->left : value;
    gboolean from, until;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!days || days->kind != KJ_VALUE_RANGE || days->left->kind != KJ_VALUE_DATE || days->right->kind != KJ_VALUE_DATE)
        return FALSE;
    from = days->left->number > 0;
    until = days->right->number < KJ_CALENDAR_DAYS - 1;
    if (from == until)
        return FALSE;
    append_operand(speaker, from ? days->left : days->right, text);
    if (!speaker->ja && speaker->clauses)
        g_string_append(out, "it is ");
    kj_say_phrase(speaker->ja ? from ? "{}以降" : "{}まで" : from ? "from {} on" : "until {}", text->str, out);
    return TRUE;
}

void kj_say_during(const KjSpeaker *speaker, const KjAstValue *value, gboolean negated, KjEnding ending) {
    g_autoptr(GString) window = g_string_new(NULL), text = g_string_new(NULL);

    if (value->kind == KJ_VALUE_NOT) {
        value = value->left;
        negated = !negated;
    }
    append_operand(speaker, value, window);
    if (!negated && append_days(speaker, value, text))
        ;
    else if (speaker->ja)
        kj_say_phrase(!negated ? "時間帯が{}" : value->kind == KJ_VALUE_MINUS ? "時間帯が（{}）以外" : "時間帯が{}以外", window->str, text);
    else if (speaker->clauses)
        kj_say_phrase(negated ? "the time is outside {}" : "the time is within {}", window->str, text);
    else
        kj_say_phrase(negated ? "outside {}" : "during {}", window->str, text);
    kj_wording_end(speaker->out, text->str, FALSE, speaker->ja ? ending : KJ_ENDING_NONE);
}

static void say_named(const KjSpeaker *speaker, const KjAstName *name, gboolean negated, KjEnding ending) {
    g_autoptr(GString) text = g_string_new(NULL);

    if (speaker->ja)
        kj_say_phrase(negated ? "条件{}に当たらない" : "条件{}に当たる", name->text, text);
    else
        kj_say_phrase(negated ? "the condition {} does not hold" : "the condition {} holds", name->text, text);
    kj_wording_end(speaker->out, text->str, TRUE, speaker->ja ? ending : KJ_ENDING_NONE);
}

/* The group that an expression is, through its negations, which turn AND and OR round. NULL when it is none. */
static const KjAstExpression *group_of(const KjAstExpression *expression, gboolean *negated, gboolean *conjunction) {
    while (expression->kind == KJ_EXPRESSION_NOT) {
        expression = expression->items;
        *negated = !*negated;
    }
    *conjunction = (expression->kind == KJ_EXPRESSION_AND) != *negated;
    return expression->kind == KJ_EXPRESSION_AND || expression->kind == KJ_EXPRESSION_OR ? expression : NULL;
}

/* A list of conditions that is being said. Groups of its own kind in it are no groups: `a and (b and c)` is three conditions. */
typedef struct {
    const KjSpeaker *speaker;
    gboolean conjunction;
    gboolean named;  /* Japanese, inside another condition: "A こと、又は B ことのいずれかに当たる" */
    gboolean groups; /* English: there are others in it */
    gboolean begun;
    KjEnding between, ending;
} Listing;

static gboolean has_groups(const KjAstExpression *expression, gboolean negated, gboolean conjunction) {
    for (const KjAstExpression *item = expression->items; item; item = item->next) {
        gboolean inner_negated = negated, inner_conjunction;
        const KjAstExpression *group = group_of(item, &inner_negated, &inner_conjunction);
        if (group && (inner_conjunction != conjunction || has_groups(group, inner_negated, conjunction)))
            return TRUE;
    }
    return FALSE;
}

static void say_joint(const Listing *listing, gboolean last) {
    const char *word = listing->conjunction ? "and" : "or";

    if (!listing->speaker->ja)
        g_string_append_printf(listing->speaker->out, last ? listing->groups ? ", %s " : " %s " : ", ", word);
    else if (listing->named && last)
        g_string_append(listing->speaker->out, listing->conjunction ? "、及び" : "、又は");
    else
        g_string_append(listing->speaker->out, !last ? "、" : listing->conjunction ? "、かつ、" : "、又は");
}

/* `last`: nothing follows in the whole list. */
static void say_items(Listing *listing, const KjAstExpression *expression, gboolean negated, gboolean last) {
    for (const KjAstExpression *item = expression->items; item; item = item->next) {
        gboolean inner_negated = negated, inner_conjunction, ends = last && !item->next;
        const KjAstExpression *group = group_of(item, &inner_negated, &inner_conjunction);
        if (group && inner_conjunction == listing->conjunction) {
            say_items(listing, group, inner_negated, ends);
            continue;
        }
        if (listing->conjunction && is_implied(listing->speaker, item, negated))
            continue;
        if (listing->begun)
            say_joint(listing, ends);
        listing->begun = TRUE;
        say_condition(listing->speaker, item, negated, TRUE, ends && !listing->named ? listing->ending : listing->between);
    }
}

/* "A and B"; inside another condition "both A and B" or "either A or B". */
static void say_connective(const KjSpeaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside,
                           KjEnding ending) {
    gboolean conjunction = (expression->kind == KJ_EXPRESSION_AND) != negated;
    Listing listing = { .speaker = speaker, .conjunction = conjunction, .named = inside && speaker->ja, .ending = ending };

    listing.between = listing.named ? KJ_ENDING_THAT : conjunction ? KJ_ENDING_CONTINUED : KJ_ENDING_WHETHER;
    listing.groups = !speaker->ja && has_groups(expression, negated, conjunction);
    if (inside && !speaker->ja)
        g_string_append(speaker->out, conjunction ? "both " : "either ");
    say_items(&listing, expression, negated, TRUE);
    if (listing.named)
        kj_wording_end(speaker->out, conjunction ? "のいずれにも当たる" : "のいずれかに当たる", TRUE, ending);
}

static void say_condition(const KjSpeaker *speaker, const KjAstExpression *expression, gboolean negated, gboolean inside, KjEnding ending) {
    KjFieldSaid test;

    switch (expression->kind) {
    case KJ_EXPRESSION_AND:
    case KJ_EXPRESSION_OR:
        say_connective(speaker, expression, negated, inside, ending);
        return;
    case KJ_EXPRESSION_NOT:
        say_condition(speaker, expression->items, !negated, inside, ending);
        return;
    case KJ_EXPRESSION_DURING:
        kj_say_during(speaker, expression->value, negated, ending);
        return;
    case KJ_EXPRESSION_NAME:
    case KJ_EXPRESSION_COMPARE:
    case KJ_EXPRESSION_IN:
    case KJ_EXPRESSION_HAS:
        test = test_of(speaker, expression, negated);
        if (test.field)
            kj_say_test(speaker, &test, ending);
        else
            say_named(speaker, expression->name, negated, ending);
        return;
    }
    g_assert_not_reached();
}

void kj_say_whole(const KjSpeaker *speaker, const char *word, const KjAstExpression *expression, KjEnding ending) {
    KjSpeaker own = *speaker;

    own.clauses = kj_say_has_clause(speaker, expression);
    if (!speaker->ja)
        g_string_append(speaker->out, word);
    say_condition(&own, expression, FALSE, FALSE, ending);
}

