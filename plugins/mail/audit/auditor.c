/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms of files that say what a mail server forwards by itself. */
#include "../mail.h"
#include "audit.h"

static void *open_graph(void) {
    return kj_mail_graph_new();
}

static void finish_graph(void *graph, KjAuditSink *sink) {
    kj_mail_graph_tell(graph, sink);
}

static void close_graph(void *graph) {
    kj_mail_graph_free(graph);
}

static const KjAuditFormDefinition forms[] = {
    { .name = "aliases", .read = kj_mail_read_aliases,
      .owner = { "the domains of its names, with commas between them", "名前のドメイン（コンマ区切り）" },
      .doc = { "An alias map, aliases(5): /etc/aliases.", "別名の表 aliases(5)（/etc/aliases）。" } },
    { .name = "virtual", .read = kj_mail_read_virtual,
      .owner = { "the domain of names without one", "ドメインのない名前のドメイン" },
      .doc = { "A virtual alias map of Postfix as text, virtual(5).", "Postfix の仮想別名の表（テキスト） virtual(5)。" } },
    { .name = "forward", .home = ".forward", .read = kj_mail_read_forward,
      .owner = { "USER@DOMAIN; the domain for a folder of homes", "USER@DOMAIN（ホームの親フォルダーならドメイン）" },
      .doc = { "A .forward file.", ".forward ファイル。" } },
    { .name = "sieve", .home = ".dovecot.sieve", .read = kj_mail_read_sieve,
      .owner = { "USER@DOMAIN; the domain for a folder of homes", "USER@DOMAIN（ホームの親フォルダーならドメイン）" },
      .doc = { "A Sieve script, RFC 5228.", "Sieve スクリプト（RFC 5228）。" } },
    { .name = NULL },
};

const KjAuditorDefinition kj_mail_auditor = {
    .doc = { "Every forward that aliases, virtual maps, .forward files and Sieve scripts hold.",
             "別名、仮想別名、.forward ファイル、Sieve スクリプトにある転送のすべて。" },
    .forms = forms,
    .open = open_graph,
    .finish = finish_graph,
    .close = close_graph,
};
