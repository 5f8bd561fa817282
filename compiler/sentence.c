/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule as one sentence, in English and in Japanese, from the phrases of its domain; so too defaults and exceptions.
 *
 * English is "Allow packets to dmz.web, for the service web, when ..., unless ...; at most 100 a second." Japanese puts the condition first and
 * the exception last: "…である場合、宛先が dmz.web のパケットを許可する。ただし、…である場合を除く。"
 */
#include "sentence.h"

#include <string.h>

#include <kijun/explain_values.h>
#include <kijun/value.h>

#include "compiler.h"
#include "sentence_private.h"

/* ---- clauses ---- */

static gboolean names_parameter(const KjRule *rule, const KjAstClause *clause) {
    for (guint i = 0; clause->field && i < rule->parameter_count; i++) {
        if (strcmp(rule->parameters[i].definition->name, clause->field->text) == 0)
            return TRUE;
    }
    return FALSE;
}

static KjFieldSaid test_of_clause(const KjSpeaker *speaker, const KjAstClause *clause) {
    KjFieldSaid test = { .relation = clause->relation, .value = clause->value };

    if (clause->field)
        test.field = kj_say_find_field(speaker->block, clause->field->text);
    return test;
}

/* Whether a clause restricts the request, and says what the next one does not say as well. */
static gboolean is_said(const KjSpeaker *speaker, const KjRule *rule, const KjAstClause *clause) {
    KjFieldSaid said = test_of_clause(speaker, clause), next;

    if (names_parameter(rule, clause) || clause->value->kind == KJ_VALUE_ANY)
        return FALSE;
    if (!clause->next || names_parameter(rule, clause->next))
        return TRUE;
    next = test_of_clause(speaker, clause->next);
    return !kj_say_is_implied(speaker, &said, &next);
}

static const KjAstClause *next_said(const KjSpeaker *speaker, const KjRule *rule, const KjAstClause *clause) {
    while (clause && !is_said(speaker, rule, clause))
        clause = clause->next;
    return clause;
}

/* All clauses that restrict the request, joined; `ending` behind the last. Japanese: `between` behind each before it. FALSE when there is none. */
static gboolean say_clauses(const KjSpeaker *speaker, const KjRule *rule, KjEnding between, KjEnding ending) {
    const KjAstClause *clause = next_said(speaker, rule, rule->item->clauses), *next;

    for (const KjAstClause *first = clause; clause; clause = next) {
        KjFieldSaid test = test_of_clause(speaker, clause);
        next = next_said(speaker, rule, clause->next);
        if (clause != first)
            g_string_append(speaker->out, speaker->ja ? "、" : ", ");
        if (!speaker->ja && test.field && kj_say_is_clause(speaker, &test))
            g_string_append(speaker->out, "where ");
        if (test.field)
            kj_say_test(speaker, &test, next ? between : ending);
        else
            kj_say_during(speaker, clause->value, FALSE, next ? between : ending);
        if (!next)
            return TRUE;
    }
    return FALSE;
}

/* ---- parameters ---- */

static void append_rate(const KjSpeaker *speaker, const KjParameter *parameter, GString *out) {
    static const struct {
        guint64 window;
        const char *en, *ja;
    } units[] = { { 1, "a second", "1秒" }, { 60, "a minute", "1分" }, { 3600, "an hour", "1時間" }, { 86400, "a day", "1日" } };
    g_autoptr(GString) number = g_string_new(NULL), window = g_string_new(NULL);
    g_autofree char *words = NULL;
    const char *unit = NULL;

    kj_value_print(parameter->bytes ? KJ_TYPE_SIZE : KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), number);
    kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->window), window);
    words = kj_wording_duration(window->str, speaker->ja);
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].window == parameter->window)
            unit = speaker->ja ? units[i].ja : units[i].en;
    }
    if (speaker->ja)
        g_string_append_printf(out, parameter->bytes ? "%sあたり %s" : "%sあたり %s 回", unit ? unit : words, number->str);
    else
        g_string_append_printf(out, unit ? "%s %s" : "%s in %s", number->str, unit ? unit : words);
}

static void append_parameter(const KjSpeaker *speaker, const KjParameter *parameter, GString *out) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *words = NULL;

    switch (parameter->definition->kind) {
    case KJ_PARAMETER_RATE:
        append_rate(speaker, parameter, out);
        return;
    case KJ_PARAMETER_GROUP:
        g_string_append(out, parameter->text);
        return;
    case KJ_PARAMETER_FIELDS:
        for (guint i = 0; i < parameter->field_count; i++) {
            const KjField *field = &speaker->block->fields[parameter->fields[i]];
            kj_say_words(!i ? "" : i + 1 < parameter->field_count ? speaker->ja ? "、" : ", " : speaker->ja ? "及び" : " and ", out);
            if (speaker->ja)
                kj_say_noun(field, out);
            else
                g_string_append_printf(out, "`%s`", field->name);
        }
        return;
    case KJ_PARAMETER_DURATION:
    case KJ_PARAMETER_INTEGER:
        kj_value_print(parameter->definition->kind == KJ_PARAMETER_DURATION ? KJ_TYPE_DURATION : KJ_TYPE_INTEGER,
                       kj_ordinal_number(parameter->number), text);
        words = parameter->definition->kind == KJ_PARAMETER_DURATION ? kj_wording_duration(text->str, speaker->ja) : NULL;
        g_string_append(out, words ? words : text->str);
        return;
    }
}

/* `together`: they belong to a noun that follows (Japanese, the last one first) or stands before (English), without commas. */
static void say_parameters(const KjSpeaker *speaker, const KjRule *rule, gboolean together) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        guint at = together && speaker->ja ? rule->parameter_count - 1 - i : i;
        const KjPhrase *phrase = &rule->parameters[at].definition->phrase;
        g_autoptr(GString) operand = g_string_new(NULL);
        append_parameter(speaker, &rule->parameters[at], operand);
        if (i)
            g_string_append(speaker->out, speaker->ja ? together ? "" : "、" : together ? " " : ", ");
        kj_say_phrase(speaker->ja ? phrase->ja : phrase->en, operand->str, speaker->out);
    }
}

/* ---- rules ---- */

/* From when until when the rule holds; nothing when always. */
static void say_dates(const KjSpeaker *speaker, const KjRule *rule) {
    g_autoptr(GString) from = g_string_new(NULL), until = g_string_new(NULL);

    if (rule->from)
        kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(rule->from->atom.first_day), from);
    if (rule->until)
        kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(rule->until->atom.last_day), until);
    if (from->len)
        g_string_append_printf(speaker->out, speaker->ja ? "%s から" : until->len ? ", from %s" : ", from %s on", from->str);
    if (until->len)
        g_string_append_printf(speaker->out, speaker->ja ? "%s%s まで" : "%s until %s",
                               from->len ? speaker->ja ? " " : "" : speaker->ja ? "" : ",", until->str);
    if (speaker->ja && (from->len || until->len))
        g_string_append(speaker->out, "、");
}

/* "allow within a rate" has a head, which the subject follows, and a rest, which stands behind the clauses. */
static gsize head_length(const char *phrase) {
    const char *space = strchr(phrase, ' ');
    return space ? (gsize)(space - phrase) : strlen(phrase);
}

static void say_opening(const KjSpeaker *speaker, const KjRule *rule, const KjEffectDefinition *effect) {
    const char *subject = speaker->block->domain->subject.en;
    const KjAstItem *item = rule->item;
    gboolean requires = (effect->flags & KJ_EFFECT_REQUIRES) != 0;

    if (requires || (rule->requirement && item->condition && kj_say_has_clause(speaker, item->condition)))
        g_string_append_printf(speaker->out, "for any of the %s", subject);
    else if (rule->requirement)
        g_string_append_printf(speaker->out, "require %s", subject);
    else
        g_string_append_printf(speaker->out, "%.*s %s", (int)head_length(effect->phrase.en), effect->phrase.en, subject);
}

static void say_english(const KjSpeaker *speaker, const KjRule *rule) {
    const KjAstItem *item = rule->item;
    const KjEffectDefinition *effect = &speaker->block->domain->effects[rule->effect];
    const char *rest = effect->phrase.en + head_length(effect->phrase.en);
    gboolean requires = (effect->flags & KJ_EFFECT_REQUIRES) != 0;
    gsize start = speaker->out->len, before;

    say_opening(speaker, rule, effect);
    g_string_append_c(speaker->out, ' ');
    before = speaker->out->len;
    if (!say_clauses(speaker, rule, KJ_ENDING_NONE, KJ_ENDING_NONE))
        g_string_truncate(speaker->out, before - 1);
    if (item->condition)
        kj_say_whole(speaker, kj_say_has_clause(speaker, item->condition) ? ", require that " : " ", item->condition, KJ_ENDING_NONE);
    if (item->when)
        kj_say_whole(speaker, ", when ", item->when, KJ_ENDING_NONE);
    if (item->unless)
        kj_say_whole(speaker, ", unless ", item->unless, KJ_ENDING_NONE);
    say_dates(speaker, rule);
    if (requires)
        g_string_append_printf(speaker->out, ", %s%s", effect->phrase.en, rule->parameter_count ? " " : "");
    else if (*rest && !rule->requirement)
        g_string_append_printf(speaker->out, ",%s%s", rest, rule->parameter_count ? ": " : "");
    else if (rule->parameter_count)
        g_string_append(speaker->out, "; ");
    say_parameters(speaker, rule, requires);
    g_string_append_c(speaker->out, '.');
    speaker->out->str[start] = g_ascii_toupper(speaker->out->str[start]);
}

static void say_japanese(const KjSpeaker *speaker, const KjRule *rule) {
    const KjAstItem *item = rule->item;
    const KjEffectDefinition *effect = &speaker->block->domain->effects[rule->effect];
    const char *subject = speaker->block->domain->subject.ja;
    gboolean requires = (effect->flags & KJ_EFFECT_REQUIRES) != 0;

    say_dates(speaker, rule);
    if (item->when) {
        kj_say_whole(speaker, "", item->when, KJ_ENDING_CASE);
        g_string_append(speaker->out, "、");
    }
    if (rule->requirement) {
        g_string_append_printf(speaker->out, "%sは、", subject);
        if (item->condition)
            kj_say_whole(speaker, "", item->condition, KJ_ENDING_THAT);
        else
            say_clauses(speaker, rule, KJ_ENDING_CONTINUED, KJ_ENDING_THAT);
        g_string_append(speaker->out, "を要する。");
    } else {
        say_clauses(speaker, rule, KJ_ENDING_LISTED, KJ_ENDING_NOUN);
        kj_say_words(subject, speaker->out);
        kj_say_words(requires ? "には、" : "を", speaker->out);
        if (requires)
            say_parameters(speaker, rule, TRUE);
        kj_say_words(effect->phrase.ja, speaker->out);
        g_string_append(speaker->out, "。");
    }
    if (item->unless) {
        g_string_append(speaker->out, "ただし、");
        kj_say_whole(speaker, "", item->unless, KJ_ENDING_CASE);
        g_string_append(speaker->out, "を除く。");
    }
    if (rule->parameter_count && !requires) {
        say_parameters(speaker, rule, FALSE);
        g_string_append(speaker->out, "。");
    }
}

static gboolean is_japanese(const char *language) {
    return strcmp(language, "ja") == 0;
}

/* Before the sentence of the standard's own rule: since when it holds again, and for what. */
static void say_restored(const KjSpeaker *speaker, const KjRule *rule) {
    const KjException *exception = rule->restores;
    KjPhrase subject = speaker->block->domain->subject;
    g_autoptr(GString) last = g_string_new(NULL);

    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(exception->until_day), last);
    if (speaker->ja) {
        g_string_append_printf(speaker->out, "例外措置 %s が %s に終わった後、", exception->id, last->str);
        kj_say_whole(speaker, "", exception->when, KJ_ENDING_NOUN);
        kj_say_words(subject.ja, speaker->out);
        kj_say_words("には、再び ", speaker->out);
        g_string_append_printf(speaker->out, "%s を適用する: ", rule->standard->name);
    } else {
        g_string_append_printf(speaker->out, "After %s, the end of exception %s, %s holds again for %s", last->str, exception->id,
                               rule->standard->name, subject.en);
        kj_say_whole(speaker, kj_say_has_clause(speaker, exception->when) ? ", when " : " ", exception->when, KJ_ENDING_NONE);
        g_string_append(speaker->out, ": ");
    }
}

const char *kj_sentence_rule(KjArena *arena, const KjBlock *block, const KjRule *rule, const char *language) {
    g_autoptr(GString) out = g_string_new(NULL);
    const KjSpeaker of_block = { .block = block, .ja = is_japanese(language), .out = out };
    KjSpeaker speaker = of_block;

    if (rule->restores) {
        say_restored(&of_block, rule);
        speaker.block = rule->standard;
        rule = rule->standard_rule;
    }
    if (rule->otherwise) {
        kj_sentence_default(block->domain->subject, block->domain->effects[rule->effect].phrase, language, out);
        return kj_arena_strdup(arena, out->str);
    }
    if (!rule->item) /* made by hand, in tests */
        return "";
    if (speaker.ja)
        say_japanese(&speaker, rule);
    else
        say_english(&speaker, rule);
    return kj_arena_strdup(arena, out->str);
}

const char *kj_sentence_clauses(KjArena *arena, const KjField *fields, guint count, const KjAstClause *clauses, const KjAstExpression *when,
                                const char *language) {
    g_autoptr(GString) out = g_string_new(NULL);
    KjBlock block = { .fields = fields, .field_count = count };
    const KjAstItem item = { .clauses = (KjAstClause *)clauses };
    const KjRule rule = { .item = &item };
    const KjSpeaker speaker = { .block = &block, .ja = is_japanese(language), .out = out };
    gboolean said = say_clauses(&speaker, &rule, KJ_ENDING_LISTED, when ? KJ_ENDING_LISTED : KJ_ENDING_NONE);

    if (when && said && speaker.ja)
        g_string_append(out, "、");
    if (when)
        kj_say_whole(&speaker, kj_say_has_clause(&speaker, when) ? said ? ", when " : "when " : said ? ", " : "", when, KJ_ENDING_NONE);
    else if (!said)
        g_string_append(out, speaker.ja ? "すべての要求" : "any request");
    return kj_arena_strdup(arena, out->str);
}

/* ---- defaults and exceptions ---- */

void kj_sentence_default(KjPhrase subject, KjPhrase effect, const char *language, GString *out) {
    int head = (int)head_length(effect.en);

    if (is_japanese(language))
        g_string_append_printf(out, "いずれの規則にも当てはまらない%sを%s。", subject.ja, effect.ja);
    else
        g_string_append_printf(out, "Otherwise, %.*s %s%s.", head, effect.en, subject.en, effect.en + head);
}

void kj_sentence_note(const KjDomain *domain, const char *name, const char *value, const char *language, GString *out) {
    const KjCommonAnnotation *common = kj_common_annotations;
    const KjAnnotationDefinition *own = domain ? domain->annotations : NULL;

    while (common->name && strcmp(common->name, name) != 0)
        common++;
    while (own && own->name && strcmp(own->name, name) != 0)
        own++;
    if (common->name)
        kj_say_phrase(is_japanese(language) ? common->phrase.ja : common->phrase.en, value, out);
    else if (own && own->name && !*value)
        g_string_append(out, is_japanese(language) ? own->doc.ja : own->doc.en);
    else
        g_string_append_printf(out, is_japanese(language) ? "%s%s%s。" : "%s%s%s.", name, *value ? ": " : "", value);
}

static void except_english(const KjSpeaker *speaker, const KjException *exception, const char *until) {
    GString *out = speaker->out;

    g_string_append_printf(out, "Until %s, %s does not bind ", until, exception->standard->name);
    if (exception->rule)
        g_string_append_printf(out, "what rule %s of %s decides.", exception->rule->label, exception->block->qualified);
    else
        g_string_append_printf(out, "%s for %s", exception->block->qualified, speaker->block->domain->subject.en);
    if (exception->when) {
        kj_say_whole(speaker, kj_say_has_clause(speaker, exception->when) ? ", when " : " ", exception->when, KJ_ENDING_NONE);
        g_string_append_c(out, '.');
    }
    if (exception->reason)
        g_string_append_printf(out, " Reason: %s.", exception->reason);
    if (exception->approved_by)
        g_string_append_printf(out, " Approved by %s.", exception->approved_by);
}

static void except_japanese(const KjSpeaker *speaker, const KjException *exception, const char *until) {
    GString *out = speaker->out;

    g_string_append_printf(out, "%s まで、", until);
    if (exception->rule)
        g_string_append_printf(out, "%s の規則 %s が判断する", exception->block->qualified, exception->rule->label);
    else
        g_string_append_printf(out, "%s において", exception->block->qualified);
    if (exception->when)
        kj_say_whole(speaker, "", exception->when, KJ_ENDING_NOUN);
    kj_say_words(speaker->block->domain->subject.ja, out);
    kj_say_words("には、", out);
    kj_say_words(exception->standard->name, out);
    kj_say_words("を適用しない。", out);
    if (exception->reason)
        g_string_append_printf(out, "理由: %s。", exception->reason);
    if (exception->approved_by)
        g_string_append_printf(out, "承認: %s。", exception->approved_by);
}

void kj_sentence_exception(const KjException *exception, const char *language, GString *out) {
    const KjSpeaker speaker = { .block = exception->block, .ja = is_japanese(language), .out = out };
    g_autoptr(GString) until = g_string_new(NULL);

    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(exception->until_day), until);
    if (speaker.ja)
        except_japanese(&speaker, exception, until->str);
    else
        except_english(&speaker, exception, until->str);
}
