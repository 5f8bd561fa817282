/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A decision as sentences, in English or Japanese.
 *
 * First the answer and what gave it, so that "forbidden by a rule" and "nothing matched, so the default refuses" can never be confused;
 * then what was asked; then the rules that did not match, nearest first, each with the tests that failed; on a permission the later rules that it keeps from refusing; on a refusal, at last, the near miss.
 * All words come from the table: no plugin is needed. The skeleton of each sentence is a row of `words`, once for each language.
 */
#include <kijun/explain.h>

#include <string.h>
#include <time.h>

#include <kijun/explain_values.h>
#include <kijun/translate.h>

#define NEAREST_SHOWN 3  /* rules that did not match */
#define FAILURES_SHOWN 4 /* failing tests of one of them */

typedef enum {
    WORD_EMERGENCY,
    WORD_ERROR,
    WORD_DEFAULT,
    WORD_NO_DEFAULT,
    WORD_RULE,
    WORD_ALSO,
    WORD_OBLIGATIONS,
    WORD_MESSAGE,
    WORD_ASKED,
    WORD_ASKED_EMPTY,
    WORD_UNMATCHED,
    WORD_UNMATCHED_BEFORE,
    WORD_UNMATCHED_ONE,
    WORD_UNMATCHED_BEFORE_ONE,
    WORD_NEEDS,
    WORD_NEVER,
    WORD_NEAREST,
    WORD_NEAREST_DEFAULT,
    WORD_NO_NEAREST,
    WORD_LATER,
    WORD_LATER_REST,
} Word;

static const KjPhrase words[] = {
    [WORD_EMERGENCY] = { "EMERGENCY: this policy holds until %s and ends by itself; then the one before it holds again.\n",
                         "緊急時: このポリシーは %s に自ら終わり、以後は直前のポリシーに戻る。\n" },
    [WORD_ERROR] = { "Refused: nothing could be decided, because the request is in error: %s.\n",
                     "拒否: 要求に誤りがあり、判定できない（%s）。\n" },
    [WORD_DEFAULT] = { "%s: no rule matched, so the default of block `%s` decides.\n", "%s: どの規則にも当てはまらないため、ブロック `%s` の既定による。\n" },
    [WORD_NO_DEFAULT] = { "%s: no rule matched, and block `%s` states no default.\n", "%s: どの規則にも当てはまらず、ブロック `%s` に既定がありません。\n" },
    [WORD_RULE] = { "%s by rule `%s`", "%s: 規則 `%s`" },
    [WORD_ALSO] = { "Also by rule `%s`", "規則 `%s` も同じ効果" },
    [WORD_OBLIGATIONS] = { "  Obligations: ", "  義務: " },
    [WORD_MESSAGE] = { "  Message: %s\n", "  メッセージ: %s\n" },
    [WORD_ASKED] = { "Asked: ", "要求: " },
    [WORD_ASKED_EMPTY] = { "an empty set", "空の集合" },
    [WORD_UNMATCHED] = { "%u rules did not match; the nearest:\n", "%u 個の規則は当てはまらない。近いもの:\n" },
    [WORD_UNMATCHED_BEFORE] = { "%u earlier rules did not match; the nearest:\n", "先にある %u 個の規則は当てはまらない。近いもの:\n" },
    [WORD_UNMATCHED_ONE] = { "One rule did not match:\n", "1 個の規則は当てはまらない:\n" },
    [WORD_UNMATCHED_BEFORE_ONE] = { "One earlier rule did not match:\n", "先にある 1 個の規則は当てはまらない:\n" },
    [WORD_NEEDS] = { "  `%s` needs: ", "  `%s` に必要: " },
    [WORD_NEVER] = { "  `%s` never matches\n", "  `%s` は何にも当てはまらない\n" },
    [WORD_NEAREST] = { "It would go through by rule `%s` with: ", "次のようにすれば規則 `%s` で通る: " },
    [WORD_NEAREST_DEFAULT] = { "It would go through by default with: ", "次のようにすれば既定で通る: " },
    [WORD_NO_NEAREST] = { "No change of a few fields would let it through.\n", "少数の項目を変えても通らない。\n" },
    [WORD_LATER] = { "Without it a later rule would have refused: `%s`", "この規則がなければ、後の規則が拒否していた: `%s`" },
    [WORD_LATER_REST] = { "  ... and %u more\n", "  ... ほか %u 個\n" },
};

typedef struct {
    KjRequest *request;
    const KjVerdict *verdict;
    gboolean japanese;
    GString *out;
} Telling;

static const char *word(const Telling *telling, Word index) {
    return telling->japanese ? words[index].ja : words[index].en;
}

static const char *pick(const Telling *telling, KjPhrase phrase) {
    return telling->japanese && phrase.ja && *phrase.ja ? phrase.ja : phrase.en;
}

#define SAY(telling, index, ...) g_string_append_printf((telling)->out, word(telling, index), __VA_ARGS__)

/* ---- rules with all that belongs to them ---- */

static void tell_notes(const Telling *telling, guint first, guint count) {
    const char *message = NULL;
    guint obligations = 0;
    for (guint i = first; i < first + count; i++) {
        KjNoteView note;
        kj_view_note(telling->request->table, i, &note);
        if (strcmp(note.name, "message") == 0) {
            gboolean wanted = (strcmp(note.language, "ja") == 0) == telling->japanese;
            if (!message || wanted)
                message = note.value;
        } else if (note.obligation) {
            g_string_append(telling->out, obligations++ ? ", " : word(telling, WORD_OBLIGATIONS));
            g_string_append_printf(telling->out, *note.value ? "%s \"%s\"" : "%s", note.name, note.value);
        }
    }
    if (obligations)
        g_string_append_c(telling->out, '\n');
    if (message)
        SAY(telling, WORD_MESSAGE, message);
}

/* ", network.pol:12:5" or nothing; the sentence; the author's comment, line by line; the notes. */
static void tell_rule(const Telling *telling, const KjRuleView *rule) {
    const char *sentence = pick(telling, rule->sentence);
    if (*rule->file)
        g_string_append_printf(telling->out, telling->japanese ? "（%s:%u:%u）" : ", %s:%u:%u", rule->file, rule->line, rule->column);
    g_string_append(telling->out, telling->japanese ? "。\n" : ".\n");
    g_string_append_printf(telling->out, "  %s\n", *sentence ? sentence : rule->source);
    if (*rule->doc) {
        g_auto(GStrv) lines = g_strsplit(rule->doc, "\n", -1);
        for (char **line = lines; *line; line++)
            g_string_append_printf(telling->out, "  # %s\n", g_strstrip(*line));
    }
    tell_notes(telling, rule->first_note, rule->note_count);
}

/* ---- the answer ---- */

/* "Deny", the domain's own phrase for the effect, as the first word of a sentence. */
static char *effect_phrase(const Telling *telling, guint32 effect) {
    KjEffectView view;
    if (effect == KJ_NONE)
        return g_strdup(telling->japanese ? "拒否する" : "Deny");
    kj_view_effect(telling->request->table, telling->request->block->first_effect + effect, &view);
    char *phrase = g_strdup(*pick(telling, view.phrase) ? pick(telling, view.phrase) : view.name);
    *phrase = g_ascii_toupper(*phrase);
    return phrase;
}

static void tell_default(const Telling *telling) {
    const KjRecordBlock *block = telling->request->block;
    g_autofree char *phrase = effect_phrase(telling, block->default_effect);
    Word skeleton = block->default_effect == KJ_NONE ? WORD_NO_DEFAULT : WORD_DEFAULT;
    SAY(telling, skeleton, phrase, KJ_STRING(&telling->request->table->image, block->name));
    if (block->default_effect != KJ_NONE)
        tell_notes(telling, block->first_default_note, block->default_note_count);
}

static void tell_answer(const Telling *telling) {
    KjRuleView rule;
    if (telling->verdict->rule == KJ_RULE_DEFAULT) {
        tell_default(telling);
        return;
    }
    for (guint i = 0; i < telling->verdict->matched; i++) {
        kj_view_rule(telling->request->table, kj_request_matched_rule(telling->request, i), &rule);
        if (i == 0) {
            g_autofree char *phrase = effect_phrase(telling, rule.effect);
            SAY(telling, WORD_RULE, phrase, rule.label);
        } else {
            SAY(telling, WORD_ALSO, rule.label);
        }
        tell_rule(telling, &rule);
    }
}

static void tell_asked(const Telling *telling, const KjAskedValue *values, guint count) {
    const KjRequest *request = telling->request;
    const char *between = word(telling, WORD_ASKED);
    for (guint i = 0; i < count; i++) {
        if (values[i].field < 0 || (guint)values[i].field >= request->block->field_count)
            continue;
        const KjRecordField *field = &request->fields[values[i].field];
        const char *phrase = KJ_STRING(&request->table->image, telling->japanese ? field->phrase_ja : field->phrase_en);
        const char *text = values[i].text ? values[i].text : word(telling, WORD_ASKED_EMPTY);
        g_string_append(telling->out, between);
        between = telling->japanese ? "、" : ", ";
        if (strstr(phrase, "{}"))
            kj_say_phrase(phrase, text, telling->out);
        else
            g_string_append_printf(telling->out, "%s = %s", KJ_STRING(&request->table->image, field->name), text);
    }
    if (count > 0)
        g_string_append(telling->out, telling->japanese ? "。\n" : ".\n");
}

/* ---- rules that did not match ---- */

typedef struct {
    guint32 rule, box; /* the rule's nearest box; KJ_NONE: it has none */
    guint failures;
} Unmatched;

static Unmatched nearest_box(const KjRequest *request, guint32 rule) {
    const KjRecordRule *record = &KJ_RECORDS(&request->table->image, RULES, KjRecordRule)[rule];
    Unmatched best = { rule, KJ_NONE, G_MAXUINT };
    for (guint32 box = record->first_box; box < record->first_box + record->box_count; box++) {
        guint failures = kj_box_failures(&request->table->image, request->classes, box, NULL, 0);
        if (failures < best.failures)
            best = (Unmatched){ rule, box, failures };
    }
    return best;
}

static int compare_unmatched(gconstpointer a, gconstpointer b) {
    const Unmatched *left = a, *right = b;
    if (left->failures != right->failures)
        return left->failures < right->failures ? -1 : 1;
    return left->rule < right->rule ? -1 : left->rule > right->rule;
}

static void tell_unmatched(const Telling *telling, const Unmatched *unmatched) {
    const KjImage *image = &telling->request->table->image;
    const KjClassInterval *intervals = KJ_RECORDS(image, INTERVALS, KjClassInterval);
    guint32 failing[FAILURES_SHOWN];
    KjRuleView rule;
    kj_view_rule(telling->request->table, unmatched->rule, &rule);
    if (unmatched->box == KJ_NONE) {
        SAY(telling, WORD_NEVER, rule.label);
        return;
    }
    guint count = kj_box_failures(image, telling->request->classes, unmatched->box, failing, FAILURES_SHOWN);
    SAY(telling, WORD_NEEDS, rule.label);
    for (guint i = 0; i < MIN(count, FAILURES_SHOWN); i++) {
        const KjRecordTest *test = &KJ_RECORDS(image, TESTS, KjRecordTest)[failing[i]];
        g_string_append(telling->out, i ? (telling->japanese ? "、" : "; ") : "");
        kj_say_field(telling->request, test->field, intervals + test->first_interval, test->interval_count, telling->japanese,
                     telling->out);
    }
    g_string_append(telling->out, count > FAILURES_SHOWN ? ", ...\n" : "\n");
}

/* First-match: the rules before the one that decided; a default: all of them. Where effects compete no order of rules explains anything. */
static void tell_chain(const Telling *telling) {
    const KjRequest *request = telling->request;
    gboolean by_default = telling->verdict->rule == KJ_RULE_DEFAULT;
    guint32 first = request->block->first_rule, end = by_default ? first + request->block->rule_count : telling->verdict->rule;
    if ((!by_default && request->block->combining != KJ_COMBINING_FIRST_MATCH) || first == end)
        return;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Unmatched));
    for (guint32 rule = first; rule < end; rule++) {
        Unmatched unmatched = nearest_box(request, rule);
        g_array_append_val(list, unmatched);
    }
    g_array_sort(list, compare_unmatched);
    if (list->len == 1)
        g_string_append(telling->out, word(telling, by_default ? WORD_UNMATCHED_ONE : WORD_UNMATCHED_BEFORE_ONE));
    else
        SAY(telling, by_default ? WORD_UNMATCHED : WORD_UNMATCHED_BEFORE, list->len);
    for (guint i = 0; i < MIN(list->len, NEAREST_SHOWN); i++)
        tell_unmatched(telling, &g_array_index(list, Unmatched, i));
}

/* What stands behind a rule that lets through: the rules that would refuse this request if it were not there. */
static void tell_later(const Telling *telling) {
    const KjRequest *request = telling->request;
    const KjImage *image = &request->table->image;
    guint32 end = request->block->first_rule + request->block->rule_count;
    guint count = 0;
    if (request->block->combining != KJ_COMBINING_FIRST_MATCH || telling->verdict->rule == KJ_RULE_DEFAULT ||
        (telling->verdict->outcome != KJ_OUTCOME_PERMIT && telling->verdict->outcome != KJ_OUTCOME_LIMIT))
        return;
    for (guint32 index = telling->verdict->rule + 1; index < end; index++) {
        const KjRecordRule *record = &KJ_RECORDS(image, RULES, KjRecordRule)[index];
        guint32 box = record->first_box, last = record->first_box + record->box_count;
        KjRuleView rule;
        if (kj_effect_outcome(request->table, request->block, record->effect) != KJ_OUTCOME_REFUSE)
            continue;
        while (box < last && !kj_box_holds(image, request->classes, box))
            box++;
        if (box == last || count++ >= NEAREST_SHOWN)
            continue;
        kj_view_rule(request->table, index, &rule);
        SAY(telling, WORD_LATER, rule.label);
        tell_rule(telling, &rule);
    }
    if (count > NEAREST_SHOWN)
        SAY(telling, WORD_LATER_REST, count - NEAREST_SHOWN);
}

static void tell_nearest(const Telling *telling) {
    KjNearMiss miss;
    KjRuleView rule;
    if (telling->verdict->outcome != KJ_OUTCOME_REFUSE)
        return;
    if (!kj_explain_nearest(telling->request, telling->verdict, &miss)) {
        g_string_append(telling->out, word(telling, WORD_NO_NEAREST));
        return;
    }
    if (miss.rule == KJ_RULE_DEFAULT) {
        g_string_append(telling->out, word(telling, WORD_NEAREST_DEFAULT));
    } else {
        kj_view_rule(telling->request->table, miss.rule, &rule);
        SAY(telling, WORD_NEAREST, rule.label);
    }
    kj_explain_changes(telling->request, &miss, telling->japanese ? "ja" : "en", telling->out);
    g_string_append(telling->out, telling->japanese ? "。\n" : ".\n");
}

/* A problem is "FIELD: why", and `why` one of the sentences marked in request.c, value.c and so on. */
char *kj_explain_problem(const char *problem) {
    const char *colon = strstr(problem, ": ");
    if (!colon || !colon[2])
        return g_strdup(*problem ? _(problem) : problem);
    g_autofree char *name = g_strndup(problem, (gsize)(colon - problem));
    return g_strconcat(strcmp(name, "request") == 0 ? _("request") : name, ": ", _(colon + 2), NULL);
}

/* While an emergency's policy decides, that comes first. */
static void tell_emergency(const Telling *telling) {
    gint64 until = kj_table_until(telling->request->table);
    char room[32];
    time_t end = (time_t)until;
    struct tm parts;
    if (!telling->request->has_instant || telling->request->instant >= until)
        return;
    gmtime_r(&end, &parts);
    strftime(room, sizeof room, "%Y-%m-%dT%H:%MZ", &parts);
    SAY(telling, WORD_EMERGENCY, room);
}

void kj_explain(KjRequest *request, const KjVerdict *verdict, const KjAskedValue *values, guint count, const char *language, GString *out) {
    Telling telling = { request, verdict, strcmp(language, "ja") == 0, out };
    tell_emergency(&telling);
    if (verdict->outcome == KJ_OUTCOME_ERROR) {
        g_autofree char *problem = kj_explain_problem(verdict->problem ? verdict->problem : "?");
        SAY(&telling, WORD_ERROR, problem);
        tell_asked(&telling, values, count);
        return;
    }
    tell_answer(&telling);
    tell_asked(&telling, values, count);
    tell_chain(&telling);
    tell_later(&telling);
    tell_nearest(&telling);
}
