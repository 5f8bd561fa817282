/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small sound plugin, and the same with one mistake: -DMISTAKE=NAME. The reasons expected are in plugin.test. Each mistake is one that an author
 * outside the project can make; tests/runtime/test_plugin.c has them all.
 */
#include <kijun/plugin.h>

#define ABI 1
#define SIZE 2
#define CLASH 3
#define SYMBOL 4
#define HARD_WORD 5
#define TWICE 6
#define PHRASE 7
#define JAPANESE 8
#define ORDER 9
#define DEFAULT 10
#define EMIT 11
#define NO_FIELDS 12
#ifndef MISTAKE
#define MISTAKE 0
#endif

static const KjFieldDefinition fields[] = {
    { .name = MISTAKE == HARD_WORD ? "when" : "who", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_REQUIRED,
      .phrase = { MISTAKE == PHRASE ? "by somebody" : "by {}", "主体が{}" }, .doc = { "Who asks.", MISTAKE == JAPANESE ? NULL : "要求する人。" } },
    { .name = MISTAKE == TWICE ? "who" : "what", .type = KJ_TYPE_TEXT, .phrase = { "for {}", "対象が{}" }, .doc = { "What for.", "対象。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .flags = MISTAKE == ORDER ? KJ_EFFECT_REFUSES : 0, .phrase = { "allow", "許可する" }, .doc = { "Yes.", "許す。" } },
    { .name = "deny", .flags = MISTAKE == ORDER ? 0 : KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "No.", "許さない。" } },
    { .name = NULL },
};

static const KjTargetDefinition targets[] = { { .name = MISTAKE == EMIT ? "nothing" : NULL, .doc = { "Nothing.", "なし。" } }, { .name = NULL } };

#if MISTAKE == SYMBOL
#define kijun_domain some_other_name
#endif
const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI + (MISTAKE == ABI),
    .size = sizeof(KjDomain) + (MISTAKE == SIZE ? 16 : 0),
    .name = MISTAKE == CLASH ? "mail" : "sample",
    .version = "1",
    .doc = { "A sample.", "見本。" },
    .subject = { "requests", "要求" },
    .combining = KJ_COMBINING_FIRST_MATCH,
    .default_effect = MISTAKE == DEFAULT ? "maybe" : NULL,
    .fields = MISTAKE == NO_FIELDS ? NULL : fields,
    .effects = effects,
    .targets = targets,
};
