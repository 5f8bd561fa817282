/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `mail`: one message for one recipient, above all a message that is being forwarded.
 *
 * `from none` is the null sender (bounces). `forwarder` is the mailbox that passes a message on; a message nobody forwards has none.
 * `class` is the workspace's own `type class`, where there is one.
 */
#include "mail.h"

static const char *const limited[] = { "limit", NULL };

static const KjFieldDefinition fields[] = {
    { .name = "from", .type = KJ_TYPE_MAIL,
      .phrase = { "from {}", "差出人が{}" },
      .doc = { "The envelope sender; missing for the null sender.", "エンベロープの差出人。空の差出人では欠ける。" } },
    { .name = "to", .type = KJ_TYPE_MAIL, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "to {}", "宛先が{}" },
      .doc = { "The envelope recipient.", "エンベロープの宛先。" } },
    { .name = "forwarder", .type = KJ_TYPE_MAIL,
      .phrase = { "forwarded by {}", "転送元が{}" },
      .doc = { "The mailbox that forwards the message; missing when nobody does.", "メールを転送するメールボックス。転送でなければ欠ける。" } },
    { .name = "auto", .type = KJ_TYPE_BOOL,
      .phrase = { "the message is forwarded or answered automatically", "自動転送又は自動応答である" },
      .doc = { "Whether a program, not a person, sends it on.", "人ではなくプログラムが送るかどうか。" } },
    { .name = "size", .type = KJ_TYPE_SIZE,
      .phrase = { "of the size {}", "サイズが{}" },
      .doc = { "The size of the message in bytes.", "メールのサイズ（バイト）。" } },
    { .name = "recipients", .type = KJ_TYPE_INTEGER,
      .phrase = { "with {} recipients", "宛先数が{}" },
      .doc = { "How many recipients the message has.", "メールの宛先の数。" } },
    { .name = "authenticated", .type = KJ_TYPE_BOOL,
      .phrase = { "the sender has authenticated", "差出人が認証済みである" },
      .doc = { "Whether the client proved who it is.", "クライアントが本人であることを示したかどうか。" } },
    { .name = "tls", .type = KJ_TYPE_BOOL,
      .phrase = { "the connection is encrypted", "通信が暗号化されている" },
      .doc = { "Whether the message came over TLS.", "TLS で届いたかどうか。" } },
    { .name = "client", .type = KJ_TYPE_ADDRESS,
      .phrase = { "handed in from {}", "接続元が{}" },
      .doc = { "The address of the client that hands the message in.", "メールを渡してきたクライアントのアドレス。" } },
    { .name = "hops", .type = KJ_TYPE_INTEGER,
      .phrase = { "after {} hops", "中継回数が{}" },
      .doc = { "How many servers it went through.", "経由したサーバーの数。" } },
    { .name = "class", .type = KJ_TYPE_NAMED, .flags = KJ_FIELD_ASSERTED,
      .phrase = { "of the class {}", "分類が{}" },
      .doc = { "The class of the information in it, of the workspace's `type class`.", "含まれる情報の分類（ワークスペースの `type class`）。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "The message passes.", "メールを通す。" } },
    { .name = "limit", .flags = KJ_EFFECT_LIMITS, .phrase = { "allow within a rate", "一定の頻度まで許可する" },
      .doc = { "The message passes within the rate and is refused beyond it.", "頻度の範囲内で通し、超えた分は拒む。" } },
    { .name = "hold", .flags = KJ_EFFECT_HOLDS, .phrase = { "hold for a person to decide", "保留して人が判断する" },
      .doc = { "The message waits until a person releases it.", "人が解放するまでメールを留め置く。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "The message is refused.", "メールを拒む。" } },
    { .name = NULL },
};

static const KjParameterDefinition parameters[] = {
    { .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limited, .required = TRUE,
      .phrase = { "at most {}", "頻度は{}まで" }, .doc = { "How many in how long: 20/1d, 100MB/1d.", "期間あたりの数または量（20/1d、100MB/1d）。" } },
    { .name = "burst", .kind = KJ_PARAMETER_INTEGER, .effects = limited,
      .phrase = { "in bursts of up to {}", "一度に{}まで" }, .doc = { "The depth of the token bucket.", "トークンバケットの深さ。" } },
    { .name = "per", .kind = KJ_PARAMETER_FIELDS, .effects = limited,
      .phrase = { "for each {}", "{}ごと" }, .doc = { "Counts apart for each value of these fields.", "これらの項目の値ごとに数える。" } },
    { .name = NULL },
};

static const KjAnnotationDefinition annotations[] = {
    { .name = "pass_without_counter", .obligation = KJ_ANNOTATION_LOOSENS,
      .doc = { "While the counter cannot be asked, the message passes; without this annotation it is deferred.",
               "カウンターに問い合わせられない間は通す（この注釈がなければ一時的に拒む）。" } },
    { .name = "refuse_without_counter", .obligation = KJ_ANNOTATION_OBLIGES,
      .doc = { "While the counter cannot be asked, the message is refused for good; without this annotation it is deferred.",
               "カウンターに問い合わせられない間は拒否する（この注釈がなければ一時的に拒む）。" } },
    { .name = NULL },
};

static const KjSettingDefinition settings[] = { { .name = NULL } };

G_MODULE_EXPORT const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "mail",
    .version = "1",
    .doc = { "Mail, one recipient at a time; above all what is forwarded where.", "メール（宛先ごと）。とりわけ何がどこへ転送されるか。" },
    .subject = { "mail", "メール" },
    .combining = KJ_COMBINING_FIRST_MATCH,
    .fields = fields,
    .effects = effects,
    .parameters = parameters,
    .settings = settings,
    .annotations = annotations,
    .read_request = kj_mail_read_delegation,
    .request_doc = { "A Postfix policy delegation request: name=value lines, then an empty line.", "Postfix のポリシー委譲要求（name=value の行と空行）。" },
    .log_readers = kj_mail_log_readers,
    .auditor = &kj_mail_auditor,
};
