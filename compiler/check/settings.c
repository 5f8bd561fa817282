/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `NAME = VALUE;` in a block: the domain's settings, and in a standard `max_exception`. Unset ones get the domain's initial value. */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

static const KjSettingDefinition of_standards[] = {
    { .name = "max_exception",
      .type = KJ_TYPE_DURATION,
      .doc = { "The longest an exception to the standard may last.", "例外の最長期間。" } },
    { .name = NULL },
};

static const KjSettingDefinition *find(const KjSettingDefinition *settings, const char *name) {
    for (const KjSettingDefinition *s = settings; s && s->name; s++) {
        if (strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

const char *kj_setting_value(const KjBlock *block, const char *name) {
    for (guint i = 0; i < block->setting_count; i++) {
        if (strcmp(block->settings[i].name, name) == 0)
            return block->settings[i].value;
    }
    return NULL;
}

static void report_unknown(KjChecker *checker, const KjBlock *block, const KjAstName *name) {
    KjDiagnostic *unknown = kj_report(checker->diagnostics, KJ_CODE_SETTING_UNKNOWN, name->span, block->domain->name, name->text);
    const char *names[32] = { NULL };
    const char *near;
    guint count = 0;

    for (const KjSettingDefinition *s = block->domain->settings; s && s->name && count < 30; s++)
        names[count++] = s->name;
    if (block->standard)
        names[count++] = of_standards[0].name;
    near = kj_did_you_mean(name->text, names);
    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else if (count)
        kj_report_help(unknown, _("its settings are %s"), kj_check_list_text(checker, names));
    else
        kj_report_help(unknown, _("a `%s` has no settings"), block->domain->name);
}

/* The value as it is kept, or NULL after reporting. */
static const char *read_value(KjChecker *checker, KjBlockState *state, const KjSettingDefinition *definition, const KjAstValue *value) {
    KjScope scope = { .checker = checker, .module = state->module };
    KjDataType type = { .kind = definition->type };
    KjInterval interval;
    KjSet set = { .kind = KJ_SET_INTERVALS, .intervals = &interval, .count = 1 };

    while (definition->values && definition->values[type.symbol_count])
        type.symbol_count++;
    type.symbols = (const char **)(gpointer)definition->values;
    kj_type_bounds(&type);
    if (type.kind == KJ_TYPE_SYMBOL && value->kind != KJ_VALUE_NAME && value->kind != KJ_VALUE_STRING) {
        kj_literal_mismatch(&scope, &type, value);
        return NULL;
    }
    if (!kj_literal_interval(&scope, &type, value, &interval))
        return NULL;
    return kj_literal_text(checker->arena, &type, &set);
}

void kj_check_settings(KjChecker *checker, KjBlockState *state) {
    KjBlock *block = state->block;
    guint count = G_N_ELEMENTS(of_standards);

    for (const KjSettingDefinition *s = block->domain->settings; s && s->name; s++)
        count++;
    block->settings = kj_arena_alloc(checker->arena, sizeof *block->settings * count);
    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next) {
        const KjSettingDefinition *definition;
        const char *value;
        if (item->kind != KJ_ITEM_SETTING)
            continue;
        definition = find(block->domain->settings, item->name->text);
        if (!definition && block->standard)
            definition = find(of_standards, item->name->text);
        if (!definition) {
            report_unknown(checker, block, item->name);
            continue;
        }
        if (kj_setting_value(block, definition->name)) {
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_SETTING_TWICE, item->span, definition->name),
                           _("delete one of the two"));
            continue;
        }
        value = read_value(checker, state, definition, item->value);
        /* A wrong value was reported; the setting then counts as given, so that nothing follows from its initial value. */
        block->settings[block->setting_count].name = definition->name;
        block->settings[block->setting_count].value = value ? value : "";
        block->settings[block->setting_count++].span = item->span;
    }
    for (const KjSettingDefinition *s = block->domain->settings; s && s->name; s++) {
        if (!s->initial || kj_setting_value(block, s->name))
            continue;
        block->settings[block->setting_count].name = s->name;
        block->settings[block->setting_count].value = s->initial;
        block->settings[block->setting_count++].span = KJ_SPAN_NONE;
    }
}
