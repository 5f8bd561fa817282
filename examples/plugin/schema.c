/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `dns`: one change to one record of a DNS zone, asked for by dynamic update (RFC 2136) and signed with a key.
 *
 * An update without a signature has no `key`. The field is required, so such an update is in error, and errors are denied. `ttl` is not
 * required: a deletion has none. `record` is an open enumeration, because new types of records keep coming.
 */
#include "dns.h"

static const char *const actions[] = { "add", "delete", NULL };

static const KjFieldDefinition fields[] = {
    { .name = "key", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "by {}", "鍵が{}" },
      .doc = { "The key that signed the update.", "更新に署名した鍵。" } },
    { .name = "origin", .type = KJ_TYPE_TEXT, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "in the zone {}", "ゾーンが{}" },
      .doc = { "The zone: example.go.jp.", "ゾーンの名前（example.go.jp など）。" } },
    { .name = "name", .type = KJ_TYPE_TEXT, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "of the name {}", "名前が{}" },
      .doc = { "The whole name of the record, in small letters, without a dot at its end.", "レコードの完全な名前（小文字、末尾のドットなし）。" } },
    { .name = "record", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "of the type {}", "種別が{}" },
      .doc = { "The type of the record: A, AAAA, MX.", "レコードの種別（A、AAAA、MX など）。" } },
    { .name = "action", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_REQUIRED, .values = actions,
      .phrase = { "to {}", "操作が{}" },
      .doc = { "Whether the record is added or deleted.", "レコードを追加するか削除するか。" } },
    { .name = "ttl", .type = KJ_TYPE_DURATION, .high = 2147483647,
      .phrase = { "with the TTL {}", "TTLが{}" },
      .doc = { "How long others may keep the record; a deletion has none.", "レコードを保持してよい時間。削除では欠ける。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "The change is made.", "変更を行う。" } },
    { .name = "hold", .flags = KJ_EFFECT_HOLDS, .phrase = { "hold for a person to decide", "保留して人が判断する" },
      .doc = { "The change waits until a person releases it.", "人が解放するまで変更を留め置く。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "The change is refused.", "変更を拒む。" } },
    { .name = NULL },
};

static const KjAnnotationDefinition annotations[] = {
    { .name = "notify", .has_argument = TRUE, .obligation = TRUE,
      .doc = { "Whom to tell of the change.", "変更を知らせる相手。" } },
    { .name = NULL },
};

static const KjTargetDefinition targets[] = {
    { .name = "bind", .emit = dns_emit_bind, .doc = { "The update-policy statement of one zone of BIND 9.", "BIND 9 のゾーンの update-policy 文。" } },
    { .name = NULL },
};

const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "dns",
    .version = "1",
    .doc = { "Changes to DNS zones: who may change which record.", "DNS ゾーンの変更。誰がどのレコードを変更してよいか。" },
    .subject = { "changes", "変更" },
    .combining = KJ_COMBINING_FIRST_MATCH,
    .fields = fields,
    .effects = effects,
    .annotations = annotations,
    .targets = targets,
    .read_request = dns_read_change,
    .request_doc = { "nsupdate commands: `key NAME`, `zone NAME`, one `update`.", "nsupdate の命令（`key NAME`、`zone NAME`、`update` 一つ）。" },
};
