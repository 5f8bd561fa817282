/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `password`: a password that is being chosen (phase "change") or an account whose password is being used (phase "login").
 *
 * A requirement about the other phase is left out: `require age <= 90d` says nothing about a password that is only now being chosen.
 * Every measure is taken after PRECIS OpaqueString (RFC 8265) on code points, never on bytes: twelve kanji are twelve characters.
 */
#include "password.h"

#define CHANGE "change"
#define LOGIN "login"

static const KjFieldDefinition fields[] = {
    { .name = "length", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} characters", "文字数が{}" },
      .doc = { "Code points after PRECIS OpaqueString.", "PRECIS OpaqueString 適用後のコードポイント数。" } },
    { .name = "classes", .type = KJ_TYPE_INTEGER, .phase = CHANGE, .high = 4,
      .phrase = { "with {} kinds of characters", "文字種の数が{}" },
      .doc = { "How many of upper, lower, digits, symbols occur.", "大文字・小文字・数字・記号のうち含まれる種類の数。" } },
    { .name = "upper", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} capital letters", "大文字の数が{}" },
      .doc = { "How many capital letters.", "大文字の数。" } },
    { .name = "lower", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} small letters", "小文字の数が{}" },
      .doc = { "How many small letters.", "小文字の数。" } },
    { .name = "digits", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} digits", "数字の数が{}" },
      .doc = { "How many digits.", "数字の数。" } },
    { .name = "symbols", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} symbols", "記号の数が{}" },
      .doc = { "How many other characters; kana and kanji are among them.", "そのほかの文字の数（かな・漢字を含む）。" } },
    { .name = "repeat", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with {} equal characters in a row", "同じ文字の連続が{}" },
      .doc = { "The longest run of one character.", "同じ文字が続く最大の長さ。" } },
    { .name = "sequence", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with a sequence of {} characters", "連番や配列順の並びが{}" },
      .doc = { "The longest run along code points, keyboard rows and columns, gojuon or iroha.", "文字コード順・キーボードの行と列・五十音・いろはに沿った最大の長さ。" } },
    { .name = "strength", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "with strength {}", "強度が{}" },
      .doc = { "The floor of log10 of the guesses it would take (zxcvbn).", "推測に要する回数の常用対数（zxcvbn、切り捨て）。" } },
    { .name = "dictionary", .type = KJ_TYPE_BOOL, .phase = CHANGE,
      .phrase = { "it is a word of the dictionary", "辞書の語である" },
      .doc = { "Whether the whole password is a listed word, also in disguise (leet, digits at its ends).", "パスワード全体が語の一覧にあるかどうか（leet 表記や両端の数字を除いたものも調べる）。" } },
    { .name = "breached", .type = KJ_TYPE_BOOL, .phase = CHANGE,
      .phrase = { "it is known from a breach", "漏えい済みの一覧にある" },
      .doc = { "Whether it is in the list of breached passwords.", "漏えいしたパスワードの一覧にあるかどうか。" } },
    { .name = "contains_username", .type = KJ_TYPE_BOOL, .phase = CHANGE,
      .phrase = { "it is made with the user name", "利用者名を含む" },
      .doc = { "Whether the user name, or its reverse, is in it.", "利用者名またはその逆順を含むかどうか。" } },
    { .name = "palindrome", .type = KJ_TYPE_BOOL, .phase = CHANGE,
      .phrase = { "it is the same backwards", "回文である" },
      .doc = { "Whether it reads the same backwards.", "逆から読んでも同じかどうか。" } },
    { .name = "similar", .type = KJ_TYPE_INTEGER, .phase = CHANGE, .high = 100,
      .phrase = { "{} percent like the old one", "旧パスワードとの類似度が{}" },
      .doc = { "Likeness to the old password, 0 to 100; missing without one.", "旧パスワードとの類似度（0〜100）。旧パスワードがなければ欠ける。" } },
    { .name = "last_used", .type = KJ_TYPE_INTEGER, .phase = CHANGE,
      .phrase = { "last used {} changes ago", "前回の使用が{}回前" },
      .doc = { "How many changes ago it was in use; missing if never.", "何回前の変更まで使われていたか。未使用なら欠ける。" } },
    { .name = "age", .type = KJ_TYPE_DURATION, .phase = LOGIN,
      .phrase = { "{} old", "使用期間が{}" },
      .doc = { "How long ago the password was chosen.", "パスワードを設定してからの期間。" } },
    { .name = "uses", .type = KJ_TYPE_INTEGER, .phase = LOGIN,
      .phrase = { "used {} times", "使用回数が{}" },
      .doc = { "How often it has been used.", "使用した回数。" } },
    { .name = "user", .type = KJ_TYPE_PRINCIPAL,
      .phrase = { "of the user {}", "利用者が{}" },
      .doc = { "Whose password it is.", "パスワードの利用者。" } },
    { .name = "role", .type = KJ_TYPE_SYMBOL,
      .phrase = { "in the role {}", "役割が{}" },
      .doc = { "The user's role: admin, staff.", "利用者の役割（admin、staff など）。" } },
    { .name = "mfa", .type = KJ_TYPE_BOOL,
      .phrase = { "a second factor is asked for", "多要素認証を併用する" },
      .doc = { "Whether the account also needs a second factor.", "多要素認証を併用するかどうか。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "accept", "認める" }, .doc = { "The password is accepted.", "パスワードを認める。" } },
    { .name = "warn", .phrase = { "accept with a warning", "警告して認める" }, .doc = { "Accepted, and the user is told.", "認めるが、利用者に注意を促す。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "refuse", "認めない" }, .doc = { "The password is refused.", "パスワードを認めない。" } },
    { .name = NULL },
};

static const KjParameterDefinition parameters[] = { { .name = NULL } };
static const KjSettingDefinition settings[] = { { .name = NULL } };

G_MODULE_EXPORT const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "password",
    .version = "1",
    .doc = { "Passwords as they are chosen, and accounts as their passwords are used.", "設定されるパスワードと、使用されるパスワードの状態。" },
    .subject = { "passwords", "パスワード" },
    .combining = KJ_COMBINING_STRICTEST,
    .default_effect = "allow",
    .fields = fields,
    .effects = effects,
    .parameters = parameters,
    .settings = settings,
    .read_request = kj_password_read_request,
    .request_doc = { "Lines `password=...`, `user=...`, `old=...`, `role=...`, `age=...` and so on; the password is measured and wiped.",
                     "`password=...`、`user=...`、`old=...`、`role=...`、`age=...` などの行。パスワードは測定後に消去する。" },
    .advise = kj_password_advise,
};
