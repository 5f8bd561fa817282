/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `acl`: who may do what to which thing.
 *
 * Its schema is open: a block declares the fields its own decisions need (the class of a document, the device in hand), and all of
 * them are required. Actions are open unless the block closes them with `field action : { read, write };`.
 */
#include "acl.h"

static const KjFieldDefinition fields[] = {
    { .name = "principal", .type = KJ_TYPE_PRINCIPAL, .flags = KJ_FIELD_REQUIRED | KJ_FIELD_ASSERTED,
      .phrase = { "by {}", "主体が{}" },
      .doc = { "Who asks.", "要求する主体。" } },
    { .name = "action", .type = KJ_TYPE_SYMBOL, .flags = KJ_FIELD_REQUIRED | KJ_FIELD_CLOSABLE | KJ_FIELD_ASSERTED,
      .phrase = { "to {}", "操作が{}" },
      .doc = { "What is asked for: read, write, export.", "要求される操作（read、write、export など）。" } },
    { .name = "resource", .type = KJ_TYPE_PATH, .flags = KJ_FIELD_REQUIRED | KJ_FIELD_ASSERTED,
      .phrase = { "on {}", "対象が{}" },
      .doc = { "The thing it is asked for, as a path.", "対象となる資源のパス。" } },
    { .name = "groups", .type = KJ_TYPE_TEXT, .flags = KJ_FIELD_SET | KJ_FIELD_ASSERTED,
      .phrase = { "with the group {}", "所属グループに{}を含む" },
      .doc = { "Groups that the request says the principal is in.", "要求が示す、主体の所属グループ。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "The action may be done.", "操作を許す。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "The action may not be done.", "操作を許さない。" } },
    { .name = NULL },
};

static const KjParameterDefinition parameters[] = { { .name = NULL } };
static const KjSettingDefinition settings[] = { { .name = NULL } };

static const KjTargetDefinition targets[] = {
    { .name = "sudoers",
      .doc = { "A sudoers file: who may run which command as whom.", "sudoers ファイル（誰がどのコマンドを誰として実行してよいか）。" },
      .emit = kj_acl_emit_sudoers },
    { .name = "pam_access",
      .doc = { "An access.conf for pam_access: who may log in from which address.",
               "pam_access の access.conf（誰がどのアドレスからログインしてよいか）。" },
      .emit = kj_acl_emit_pam_access },
    { .name = "pam_time",
      .doc = { "A time.conf for pam_time: who may log in to which service when.",
               "pam_time の time.conf（誰がどのサービスにいつログインしてよいか）。" },
      .emit = kj_acl_emit_pam_time },
    { .name = "setfacl",
      .doc = { "POSIX access control lists, for `setfacl --restore`.", "POSIX アクセス制御リスト（`setfacl --restore` の形）。" },
      .emit = kj_acl_emit_setfacl },
    { .name = NULL },
};

static const KjReaderDefinition readers[] = {
    { .target = "sudoers", .load = kj_acl_load_sudoers, .read_back = kj_acl_read_back_sudoers },
    { .target = "pam_access", .load = kj_acl_load_text, .read_back = kj_acl_read_back_pam_access },
    { .target = "pam_time", .load = kj_acl_load_text, .read_back = kj_acl_read_back_pam_time },
    { .target = "setfacl", .load = kj_acl_load_text, .read_back = kj_acl_read_back_setfacl },
    { .target = NULL },
};

/* Files outlive a restart, and so does what undoes them. */
static const KjEnforcerDefinition enforcers[] = {
    { .target = "sudoers", .lasting = TRUE, .current = kj_acl_current_sudoers, .apply = kj_acl_apply_sudoers },
    { .target = "pam_access", .lasting = TRUE, .current = kj_acl_current_pam_access, .apply = kj_acl_apply_pam_access },
    { .target = "pam_time", .lasting = TRUE, .current = kj_acl_current_pam_time, .apply = kj_acl_apply_pam_time },
    { .target = "setfacl", .lasting = TRUE, .current = kj_acl_current_setfacl, .apply = kj_acl_apply_setfacl },
    { .target = NULL },
};

G_MODULE_EXPORT const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "acl",
    .version = "1",
    .doc = { "Requests for access: who may do what to which thing.", "アクセス要求。誰が何に対して何をしてよいか。" },
    .subject = { "requests", "要求" },
    .combining = KJ_COMBINING_STRICTEST,
    .open = TRUE,
    .fields = fields,
    .effects = effects,
    .parameters = parameters,
    .settings = settings,
    .targets = targets,
    .readers = readers,
    .enforcers = enforcers,
    .read_request = kj_acl_read_evaluation,
    .request_doc = { "An AuthZEN Authorization API 1.0 evaluation request (JSON).", "AuthZEN Authorization API 1.0 の評価要求（JSON）。" },
};
