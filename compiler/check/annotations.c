/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Annotations: what a rule carries beside its meaning. @log, @alert and @message come with the decision (obligations); @ref, @owner and
 * @article are for people; @from and @until are part of the meaning and become windows. @advisory(DAY) is
 * @from(the day after), but that a trial (kj_check) leaves it out, so that what the rule will do can be seen before. A domain may add its own.
 */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

const KjCommonAnnotation kj_common_annotations[] = {
    { "log", KJ_ARGUMENT_NONE, TRUE, "@log", { "Record the decision.", "判定を記録する。" }, { "It is recorded.", "記録する。" } },
    { "alert", KJ_ARGUMENT_NONE, TRUE, "@alert", { "Call somebody's attention.", "担当者に知らせる。" }, { "An alert is raised.", "警報を発する。" } },
    { "message", KJ_ARGUMENT_TEXT, TRUE, "@message(\"text\")", { "What the one who asked is told; `ja \"...\"` behind it says it in Japanese.", "要求者に示す文。続けて `ja \"...\"` と書けば日本語でも示す。" },
      { "Message: \"{}\"", "表示する文「{}」" } },
    { "ref", KJ_ARGUMENT_TEXT, FALSE, "@ref(\"S0-140\")", { "What the rule goes back to.", "規則の基となる資料。" }, { "Reference: {}.", "参照: {}。" } },
    { "owner", KJ_ARGUMENT_NAME, FALSE, "@owner(people.administrators)", { "Who answers for the rule.", "規則を所管する者。" }, { "Owner: {}.", "所管: {}。" } },
    { "article", KJ_ARGUMENT_TEXT, FALSE, "@article(\"III.2(5)\")", { "The article it puts into practice.", "規則が実施する条項。" }, { "Article: {}.", "条項: {}。" } },
    { "from", KJ_ARGUMENT_DATE, FALSE, "@from(2026-12-01)", { "The first day on which the rule holds.", "規則が効力をもつ最初の日。" },
      { "It holds from {} on.", "{} から効力をもつ。" } },
    { "until", KJ_ARGUMENT_DATE, FALSE, "@until(2026-12-31)", { "The last day on which the rule holds.", "規則が効力をもつ最後の日。" },
      { "It holds until {}.", "{} まで効力をもつ。" } },
    { "advisory", KJ_ARGUMENT_DATE, FALSE, "@advisory(2026-12-31)", { "To the end of this day the rule does not act; `build --trial` shows what it would do.", "この日の終わりまで規則は働かない。働けばどうなるかは `build --trial` で分かる。" },
      { "It only advises until {}.", "{} までは助言にとどまる。" } },
    { .name = NULL },
};

typedef enum { DATE_FROM, DATE_UNTIL, DATE_ADVISORY } DateMeaning;

typedef struct {
    const KjScope *scope;
    KjRule *rule;
    GArray *notes;
    gboolean is_default;
} Reading;

/* Dates of a rule are no notes, for its sentence says them; the instant at which an emergency ends is one (lapse.c). */
static void add_note(Reading *reading, const char *name, const char *value, const char *language, gboolean obligation) {
    KjNote note = { name, value ? value : "", language ? language : "", obligation };
    g_array_append_val(reading->notes, note);
}

static void report_argument(Reading *reading, const KjAstAnnotation *annotation, const char *form) {
    KjDiagnostic *wrong = KJ_CHECK_TELL(reading->scope->checker, KJ_CODE_ANNOTATION_ARGUMENT, annotation->span, annotation->name->text);
    KJ_CHECK_HELP(wrong, _("write `%s`"), form);
}

static gboolean fits(const KjAstAnnotation *annotation, KjAnnotationArgument argument) {
    const KjAstValue *value = annotation->argument;

    if (annotation->translation.text && strcmp(annotation->name->text, "message") != 0)
        return FALSE;
    switch (argument) {
    case KJ_ARGUMENT_NONE:
        return !value;
    case KJ_ARGUMENT_TEXT:
        return value && value->kind == KJ_VALUE_STRING;
    case KJ_ARGUMENT_NAME:
        return value && (value->kind == KJ_VALUE_NAME || value->kind == KJ_VALUE_STRING);
    case KJ_ARGUMENT_DATE:
        return value && value->kind == KJ_VALUE_DATE;
    }
    return FALSE;
}

/* The earlier end, or the later beginning, when a rule names two. */
const KjWindow *kj_window_earlier(const KjWindow *a, const KjWindow *b) {
    if (!a || !b)
        return a ? a : b;
    return a->atom.last_day <= b->atom.last_day ? a : b;
}

static void read_date(Reading *reading, const KjAstAnnotation *annotation, DateMeaning meaning) {
    const KjScope *scope = reading->scope;
    KjRule *rule = reading->rule;
    guint32 day = (guint32)annotation->argument->number;
    const KjWindow **slot = meaning == DATE_UNTIL ? &rule->until : &rule->from;
    gboolean taken = *slot || (meaning != DATE_UNTIL && rule->advisory);

    if (reading->is_default || taken) {
        KjDiagnostic *wrong = KJ_CHECK_TELL(scope->checker, KJ_CODE_ANNOTATION_PLACE, annotation->span, annotation->name->text,
                                            reading->is_default ? _("a default, which always holds") : _("a rule that has one already"));
        KJ_CHECK_HELP(wrong, "%s",
                      reading->is_default ? _("write a rule with it above the default")
                      : meaning == DATE_UNTIL
                          ? _("delete one of the two")
                          : _("a rule has one `@from` or one `@advisory`, which says from when too; delete one of the two"));
        return;
    }
    if (meaning == DATE_ADVISORY) {
        rule->advisory = day++;
        if (scope->checker->trial)
            return;
    }
    scope->block->timed = TRUE;
    *slot = kj_window_days(scope->checker->arena, scope->module->zone, meaning == DATE_UNTIL ? 0 : day,
                           meaning == DATE_UNTIL ? day : MAX(day, KJ_ENDLESS_DAY));
}

/* The day is kept for readers too: a trial's table has no other trace of it. */
static void read_advisory(Reading *reading, const KjAstAnnotation *annotation, const KjCommonAnnotation *common) {
    g_autoptr(GString) day = g_string_new(NULL);

    if (annotation->argument->number >= KJ_LAST_DAY) {
        report_argument(reading, annotation, common->form);
        return;
    }
    read_date(reading, annotation, DATE_ADVISORY);
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(annotation->argument->number), day);
    add_note(reading, common->name, kj_arena_printf(reading->scope->checker->arena, "%s", day->str), NULL, FALSE);
}

static void read_owner(Reading *reading, const KjAstAnnotation *annotation) {
    const KjAstValue *value = annotation->argument;
    gboolean blocked;
    KjEntity *entity;

    if (value->kind == KJ_VALUE_STRING) {
        add_note(reading, "owner", value->text, NULL, FALSE);
        return;
    }
    entity = kj_names_value(reading->scope->module, value->name, &blocked);
    if (entity)
        add_note(reading, "owner", value->name->text, NULL, FALSE);
    else if (!blocked)
        kj_names_unknown(reading->scope, value->name, NULL, NULL);
}

static void read_common(Reading *reading, const KjAstAnnotation *annotation, const KjCommonAnnotation *common) {
    if (!fits(annotation, common->argument)) {
        report_argument(reading, annotation, common->form);
        return;
    }
    if (strcmp(common->name, "advisory") == 0) {
        read_advisory(reading, annotation, common);
    } else if (common->argument == KJ_ARGUMENT_DATE) {
        read_date(reading, annotation, strcmp(common->name, "until") == 0 ? DATE_UNTIL : DATE_FROM);
    } else if (common->argument == KJ_ARGUMENT_NAME) {
        read_owner(reading, annotation);
    } else {
        add_note(reading, common->name, annotation->argument ? annotation->argument->text : NULL, NULL, common->obligation);
        if (annotation->translation.text)
            add_note(reading, common->name, annotation->translation.text->text, annotation->translation.language->text, common->obligation);
    }
}

static gboolean read_own(Reading *reading, const KjAstAnnotation *annotation) {
    const KjDomain *domain = reading->scope->block->block->domain;

    for (const KjAnnotationDefinition *own = domain->annotations; own && own->name; own++) {
        if (strcmp(own->name, annotation->name->text) != 0)
            continue;
        if (!fits(annotation, own->has_argument ? KJ_ARGUMENT_TEXT : KJ_ARGUMENT_NONE))
            report_argument(reading, annotation,
                            kj_arena_printf(reading->scope->checker->arena, own->has_argument ? "@%s(\"text\")" : "@%s", own->name));
        else
            add_note(reading, own->name, annotation->argument ? annotation->argument->text : NULL, NULL, own->obligation != 0);
        return TRUE;
    }
    return FALSE;
}

static void report_unknown(Reading *reading, const KjAstAnnotation *annotation) {
    KjChecker *checker = reading->scope->checker;
    KjDiagnostic *unknown = KJ_CHECK_TELL(checker, KJ_CODE_ANNOTATION_UNKNOWN, annotation->span, annotation->name->text);
    GPtrArray *names = g_ptr_array_new();
    const char *near;

    for (const KjCommonAnnotation *common = kj_common_annotations; common->name; common++)
        g_ptr_array_add(names, (gpointer)common->name);
    for (const KjAnnotationDefinition *own = reading->scope->block->block->domain->annotations; own && own->name; own++)
        g_ptr_array_add(names, (gpointer)own->name);
    g_ptr_array_add(names, NULL);
    near = kj_did_you_mean(annotation->name->text, (const char *const *)names->pdata);
    if (near)
        KJ_CHECK_HELP(unknown, _("did you mean `@%s`?"), near);
    else
        KJ_CHECK_HELP(unknown, _("there are %s"), kj_check_list_text(checker, (const char *const *)names->pdata));
    g_ptr_array_unref(names);
}

void kj_check_annotations(const KjScope *scope, const KjAstAnnotation *annotations, KjRule *rule, gboolean is_default) {
    Reading reading = { scope, rule, NULL, is_default };
    KjNote *notes;

    if (!annotations)
        return;
    reading.notes = g_array_new(FALSE, FALSE, sizeof(KjNote));
    for (const KjAstAnnotation *annotation = annotations; annotation; annotation = annotation->next) {
        const KjCommonAnnotation *common = kj_common_annotations;
        while (common->name && strcmp(common->name, annotation->name->text) != 0)
            common++;
        if (common->name)
            read_common(&reading, annotation, common);
        else if (!read_own(&reading, annotation))
            report_unknown(&reading, annotation);
    }
    notes = kj_arena_newn(scope->checker->arena, KjNote, reading.notes->len + 1);
    if (reading.notes->len)
        memcpy(notes, reading.notes->data, sizeof *notes * reading.notes->len);
    rule->notes = notes;
    rule->note_count = reading.notes->len;
    g_array_unref(reading.notes);
}
