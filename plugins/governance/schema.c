/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `governance`: a change of policy, and whose approval it needs. A plugin like any other: a change is a request with typed
 * fields, and every rule that matches adds its requirement.
 */
#include <gmodule.h>
#include <kijun/plugin.h>

static const char *const tiers[] = { "basic", "standard", "procedure", NULL };
static const char *const verdicts[] = { "equal", "editorial", "restated", "narrows", "widens", "mixed", NULL };
static const char *const counted[] = { "require", "ratify", NULL };
static const char *const ratified[] = { "ratify", NULL };

static const KjFieldDefinition fields[] = {
    { .name = "module",
      .type = KJ_TYPE_TEXT,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "in the module {}", "モジュールが{}" },
      .doc = { "The module that is changed.", "変更されるモジュール。" } },
    { .name = "domain",
      .type = KJ_TYPE_SYMBOL,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "in the domain {}", "領域が{}" },
      .doc = { "The domain of the block that is changed.", "変更されるブロックの領域。" } },
    { .name = "tier", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_REQUIRED | KJ_FIELD_ORDERED, .values = tiers, .phrase = { "of the tier {}", "階層が{}" },
      .doc = { "The tier of the module: the higher of before and after.", "モジュールの階層（変更前後の高い方）。" } },
    { .name = "class", .type = KJ_TYPE_NAMED, .phrase = { "of the class {}", "分類が{}" },
      .doc = { "The highest class of information that the block speaks of, of the workspace's `type class`.", "ブロックが扱う情報の最高の分類（ワークスペースの `type class`）。" } },
    { .name = "verdict", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_REQUIRED, .values = verdicts, .phrase = { "with the verdict {}", "判定が{}" },
      .doc = { "What the change does.", "変更の効果の判定。" } },
    { .name = "widens",
      .type = KJ_TYPE_BOOL,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "it is wider than before", "許可が広がる" },
      .doc = { "Whether somebody gains something.", "誰かの許可が増えるかどうか。" } },
    { .name = "narrows",
      .type = KJ_TYPE_BOOL,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "it is narrower than before", "許可が狭まる" },
      .doc = { "Whether somebody loses something.", "誰かの許可が減るかどうか。" } },
    { .name = "weakens", .type = KJ_TYPE_BOOL, .flags = KJ_FIELD_REQUIRED, .phrase = { "it is a loss of some guard", "守りが弱まる" },
      .doc = { "Whether a guard is lost: a conformance, a proof, a test, a tier.", "準拠・証明・試験・階層などの守りが失われるかどうか。" } },
    { .name = "editorial", .type = KJ_TYPE_BOOL, .flags = KJ_FIELD_REQUIRED, .phrase = { "it is a change of words only", "字句だけの変更である" },
      .doc = { "Whether only comments, order or spelling change.", "注釈・順序・表記だけの変更かどうか。" } },
    { .name = "emergency",
      .type = KJ_TYPE_BOOL,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "it is an emergency", "緊急である" },
      .doc = { "Whether it is made under an emergency statement.", "緊急の手続による変更かどうか。" } },
    { .name = "author",
      .type = KJ_TYPE_PRINCIPAL,
      .phrase = { "written by {}", "作成者が{}" },
      .doc = { "Who wrote the change.", "変更の作成者。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "require", .flags = KJ_EFFECT_REQUIRES, .phrase = { "require approval", "承認を必要とする" },
      .doc = { "The change needs these approvals before it takes effect.", "発効前にこれらの承認が要る。" } },
    { .name = "ratify", .flags = KJ_EFFECT_REQUIRES, .phrase = { "require ratification", "追認を必要とする" },
      .doc = { "The change must be approved afterwards, within a time.", "期限内に事後の承認が要る。" } },
    { .name = NULL },
};

static const KjParameterDefinition parameters[] = {
    { .name = "count", .kind = KJ_PARAMETER_INTEGER, .effects = counted, .required = TRUE, .phrase = { "by {} of", "{}名による" },
      .doc = { "How many different persons.", "異なる人の数。" } },
    { .name = "from", .kind = KJ_PARAMETER_GROUP, .effects = counted, .required = TRUE, .phrase = { "{}", "{}に属する" },
      .doc = { "The group they must be of.", "その人たちが属すべきグループ。" } },
    { .name = "within", .kind = KJ_PARAMETER_DURATION, .effects = ratified, .required = TRUE, .phrase = { "within {}", "{}以内に" },
      .doc = { "How long they have.", "与えられる期間。" } },
    { .name = NULL },
};

static const KjSettingDefinition settings[] = { { .name = NULL } };

G_MODULE_EXPORT const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "governance",
    .version = "1",
    .doc = { "Changes of policy, and whose approval they need.", "方針の変更と、必要な承認。" },
    .subject = { "changes", "変更" },
    .combining = KJ_COMBINING_ADD_UP,
    .fields = fields,
    .effects = effects,
    .parameters = parameters,
    .settings = settings,
};
