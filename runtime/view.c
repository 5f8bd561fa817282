/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of a verified table as the structures of view.h: strings instead of offsets, points instead of classes. */
#include <kijun/table.h>
#include <kijun/view.h>

#define RECORD(table, section, type, index) (&KJ_RECORDS(&(table)->image, section, type)[check_index(table, KJ_SECTION_##section, index)])
#define TEXT(offset) KJ_STRING(&table->image, offset)

static guint check_index(const KjTable *table, KjSectionKind section, guint index) {
    g_assert(index < table->image.count[section]);
    return index;
}

void kj_view_block(const KjTable *table, guint block, KjBlockView *view) {
    const KjRecordBlock *r = RECORD(table, BLOCKS, KjRecordBlock, block);
    *view = (KjBlockView){
        .name = TEXT(r->name),
        .module = TEXT(r->module),
        .domain = TEXT(r->domain),
        .schema_digest = TEXT(r->schema_digest),
        .combining = r->combining,
        .subject = { TEXT(r->subject_en), TEXT(r->subject_ja) },
        .first_field = r->first_field,
        .field_count = r->field_count,
        .first_effect = r->first_effect,
        .effect_count = r->effect_count,
        .first_rule = r->first_rule,
        .rule_count = r->rule_count,
        .first_setting = r->first_setting,
        .setting_count = r->setting_count,
        .default_effect = r->default_effect,
        .first_default_note = r->first_default_note,
        .default_note_count = r->default_note_count,
        .doc = TEXT(r->doc),
    };
}

void kj_view_field(const KjTable *table, guint field, KjFieldView *view) {
    const KjRecordField *r = RECORD(table, FIELDS, KjRecordField, field);
    *view = (KjFieldView){
        .name = TEXT(r->name),
        .kind = r->kind,
        .type = r->type,
        .flags = r->flags,
        .class_count = r->class_count,
        .phrase = { TEXT(r->phrase_en), TEXT(r->phrase_ja) },
        .low = r->low,
        .high = r->high,
        .first_value = r->first_value,
        .value_count = r->value_count,
        .member = r->kind == KJ_FIELD_KIND_MEMBER ? TEXT(r->operand) : "",
    };
}

void kj_view_effect(const KjTable *table, guint effect, KjEffectView *view) {
    const KjRecordEffect *r = RECORD(table, EFFECTS, KjRecordEffect, effect);
    *view = (KjEffectView){ .name = TEXT(r->name), .flags = r->flags, .phrase = { TEXT(r->phrase_en), TEXT(r->phrase_ja) } };
}

void kj_view_rule(const KjTable *table, guint rule, KjRuleView *view) {
    const KjRecordRule *r = RECORD(table, RULES, KjRecordRule, rule);
    *view = (KjRuleView){
        .label = TEXT(r->label),
        .effect = r->effect,
        .first_box = r->first_box,
        .box_count = r->box_count,
        .first_note = r->first_note,
        .note_count = r->note_count,
        .first_parameter = r->first_parameter,
        .parameter_count = r->parameter_count,
        .doc = TEXT(r->doc),
        .file = "",
        .source = TEXT(r->source),
        .sentence = { TEXT(r->sentence_en), TEXT(r->sentence_ja) },
    };
    if (table->image.count[KJ_SECTION_SPANS] > 0) {
        const KjRecordSpan *span = RECORD(table, SPANS, KjRecordSpan, rule);
        view->file = TEXT(span->file);
        view->line = span->line;
        view->column = span->column;
    }
}

void kj_view_note(const KjTable *table, guint note, KjNoteView *view) {
    const KjRecordNote *r = RECORD(table, NOTES, KjRecordNote, note);
    *view = (KjNoteView){ TEXT(r->name), TEXT(r->value), TEXT(r->language), (r->flags & KJ_NOTE_OBLIGATION) != 0 };
}

void kj_view_parameter(const KjTable *table, guint parameter, KjParameterView *view) {
    const KjRecordParameter *r = RECORD(table, PARAMETERS, KjRecordParameter, parameter);
    *view = (KjParameterView){
        .name = TEXT(r->name),
        .kind = r->kind,
        .number = r->number,
        .window = r->window,
        .bytes = r->bytes != 0,
        .text = TEXT(r->text),
        .first_member = r->first_member,
        .member_count = r->member_count,
    };
}

void kj_view_setting(const KjTable *table, guint setting, KjSettingView *view) {
    const KjRecordSetting *r = RECORD(table, SETTINGS, KjRecordSetting, setting);
    *view = (KjSettingView){ TEXT(r->name), TEXT(r->value) };
}

const char *kj_view_value(const KjTable *table, guint value, guint64 *number) {
    const KjRecordValue *r = RECORD(table, VALUES, KjRecordValue, value);
    if (number)
        *number = r->number;
    return TEXT(r->name);
}

guint kj_view_member(const KjTable *table, guint member) {
    return *RECORD(table, MEMBERS, guint32, member);
}

void kj_view_box(const KjTable *table, guint box, guint *first_test, guint *test_count) {
    const KjRecordBox *r = RECORD(table, BOXES, KjRecordBox, box);
    *first_test = r->first_test;
    *test_count = r->test_count;
}

void kj_view_test(const KjTable *table, guint test, KjTestView *view) {
    const KjRecordTest *r = RECORD(table, TESTS, KjRecordTest, test);
    *view = (KjTestView){ r->field, r->first_interval, r->interval_count };
}

KjClassInterval kj_view_interval(const KjTable *table, guint interval) {
    return *RECORD(table, INTERVALS, KjClassInterval, interval);
}

/* The last point of a type's line. */
static KjOrdinal last_point(const KjRecordField *field) {
    if (field->type == KJ_TYPE_ADDRESS)
        return (KjOrdinal){ 6, G_MAXUINT64, G_MAXUINT64 };
    return kj_ordinal_number(field->high > 0 ? field->high : G_MAXINT64);
}

gboolean kj_view_class_points(const KjTable *table, guint field, guint32 klass, KjInterval *points) {
    const KjRecordField *r = RECORD(table, FIELDS, KjRecordField, field);
    g_assert(klass >= 1 && klass < r->class_count);
    if (r->kind != KJ_FIELD_KIND_VALUE || (r->flags & KJ_FIELD_SET) || r->type == KJ_TYPE_SERVICE || kj_field_is_text(r))
        return FALSE;
    if (kj_field_is_direct(r)) {
        *points = (KjInterval){ kj_ordinal_number(klass - 1), kj_ordinal_number(klass - 1) };
        return TRUE;
    }
    const KjRecordPoint *point = &KJ_RECORDS(&table->image, POINTS, KjRecordPoint)[r->first_point + klass - 1];
    points->low = (KjOrdinal){ point->family, point->high, point->low };
    points->high = last_point(r);
    if (klass < r->point_count)
        points->high = kj_ordinal_previous((KjOrdinal){ point[1].family, point[1].high, point[1].low });
    else if (kj_ordinal_compare(points->high, points->low) < 0)
        points->high = points->low; /* a class past the type's bounds, which no request reaches */
    return TRUE;
}

guint kj_view_first_state(const KjTable *table, guint field, guint32 *rest) {
    const KjRecordField *r = RECORD(table, FIELDS, KjRecordField, field);
    g_assert(r->kind == KJ_FIELD_KIND_VALUE && r->type == KJ_TYPE_PATH);
    *rest = r->rest;
    return r->root == KJ_NONE ? KJ_VIEW_NO_STATE : r->root;
}

void kj_view_state(const KjTable *table, guint state, KjStateView *view) {
    const KjRecordNode *r = RECORD(table, NODES, KjRecordNode, state);
    g_assert(r->kind == KJ_NODE_STATE);
    *view = (KjStateView){ r->klass, r->a, r->b, r->c == KJ_NONE ? KJ_VIEW_NO_STATE : r->c };
}

const char *kj_view_edge(const KjTable *table, guint edge, guint *state) {
    const KjRecordEdge *r = RECORD(table, EDGES, KjRecordEdge, edge);
    *state = r->state;
    return TEXT(r->token);
}

guint kj_view_window_root(const KjTable *table, guint field) {
    const KjRecordField *r = RECORD(table, FIELDS, KjRecordField, field);
    g_assert(r->kind == KJ_FIELD_KIND_TIME);
    return r->root;
}

void kj_view_window(const KjTable *table, guint node, KjWindowView *view) {
    const KjRecordWindow *r = RECORD(table, WINDOWS, KjRecordWindow, node);
    *view = (KjWindowView){
        .kind = r->kind,
        .left = r->left,
        .right = r->right,
        .atom = { TEXT(r->zone), r->weekdays, r->first_minute, r->last_minute, r->first_day, r->last_day },
    };
}
