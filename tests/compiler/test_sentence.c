/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sentences that the ministry has no rule for: groups in groups, negations, comparisons between fields, verbs of every ending, dates, rates. Each row is
 * one rule, and how it must read in both languages.
 */
#include <string.h>

#include "../../compiler/compiler.h"
#include "../../compiler/sentence.h"
#include "../../compiler/wording.h"

static const char acl[] = "zone \"Asia/Tokyo\"; type class = I > II > III; let office = mon..fri 09:00..18:00; let risky = when not managed;"
                          "acl b { field label : class; field quota : integer; field used : integer; field managed : bool; field owner : principal;"
                          " default deny; r: %s; }";
static const char mail[] = "type class = I > II > III; mail b { default deny; r: %s; }";
static const char password[] = "password b { r: %s; }";

static const struct {
    const char *policy, *rule, *en, *ja;
} cases[] = {
    { acl, "allow when label >= II or (managed and not (action == read or used <= quota))",
      "Allow requests, when with label II or above, or both managed, not to read and not with used at most its quota.",
      "label が II 以上であるか、又は managed であること、操作が read ではないこと、及び used が quota 以下ではないことのいずれにも当たる場合、要求を許可する。" },
    { acl, "deny unless principal != owner and label > III", "Deny requests, unless by other than its owner and with label above III.",
      "要求を拒否する。ただし、主体が owner と異なり、かつ、label が III を上回る場合を除く。" },
    { acl, "allow when not (principal == owner)", "Allow requests, when not by its owner.", "主体が owner と異なる場合、要求を許可する。" },
    { acl, "deny when risky or not during office", "Deny requests, when the condition risky holds or the time is outside office.",
      "条件 risky に当たるか、又は時間帯が office 以外である場合、要求を拒否する。" },
    { acl, "deny when not risky and during office", "Deny requests, when the condition risky does not hold and the time is within office.",
      "条件 risky に当たらず、かつ、時間帯が office である場合、要求を拒否する。" },
    { acl, "allow action not { read, write } @from(2026-12-01)", "Allow requests to other than read or write, from 2026-12-01 on.",
      "2026-12-01 から、操作が read 及び write 以外の要求を許可する。" },
    { acl, "allow when not (groups has \"temporary\")", "Allow requests, when not with the group \"temporary\".",
      "所属グループに \"temporary\" を含まない場合、要求を許可する。" },
    { mail, "allow from none to \"a@x.jp\"", "Allow mail without `from`, to \"a@x.jp\".", "差出人がなく、宛先が \"a@x.jp\" のメールを許可する。" },
    { mail, "deny when from == none or from in { \"x.jp\", \"y.jp\" }", "Deny mail, when without `from` or from \"x.jp\" or \"y.jp\".",
      "差出人がないか、又は差出人が \"x.jp\" 又は \"y.jp\" である場合、メールを拒否する。" },
    { mail, "deny when recipients != none and size > 1MB", "Deny mail, when with any number of recipients and of the size more than 1MB.",
      "宛先数があり、かつ、サイズが 1MB を超える場合、メールを拒否する。" },
    { mail, "deny auto true tls false", "Deny mail where the message is forwarded or answered automatically, where the connection is not encrypted.",
      "自動転送又は自動応答であり、通信が暗号化されていないメールを拒否する。" },
    { mail, "deny auto { false, none }", "Deny mail with `auto` false or none.", "`auto` が false 又は未指定のメールを拒否する。" },
    { mail, "deny when auto not in { true, none }", "Deny mail, when with `auto` not true or none.", "`auto` が true 又は未指定ではない場合、メールを拒否する。" },
    { mail, "limit rate 5/90s burst 7 per { from, client }",
      "Allow mail, within a rate: at most 5 in 90 seconds, in bursts of up to 7, for each `from` and `client`.",
      "メールを一定の頻度まで許可する。頻度は 90秒あたり 5 回まで、一度に 7 まで、差出人及び接続元ごと。" },
    { mail, "limit rate 10MB/1d", "Allow mail, within a rate: at most 10MB a day.", "メールを一定の頻度まで許可する。頻度は 1日あたり 10MB まで。" },
    { mail, "allow to \"x.jp\" - \"a@x.jp\" hops 1..3", "Allow mail to \"x.jp\" but not \"a@x.jp\", after 1 to 3 hops.",
      "宛先が \"x.jp\" のうち \"a@x.jp\" 以外、中継回数が 1 から 3 までのメールを許可する。" },
    { mail, "allow to { \"x.jp\", \"y.jp\" } - { \"a@x.jp\", \"{}@x.jp\" }",
      "Allow mail to \"x.jp\" or \"y.jp\", but not \"a@x.jp\" or \"{}@x.jp\".",
      "宛先が \"x.jp\" 又は \"y.jp\" のうち \"a@x.jp\" 及び \"{}@x.jp\" 以外のメールを許可する。" },
    { password, "require age <= 1y when mfa", "Require passwords at most 1 year old, when a second factor is asked for.",
      "多要素認証を併用する場合、パスワードは、使用期間が 1年以下であることを要する。" },
    { password, "require length >= 8 classes >= 2", "Require passwords with at least 8 characters, with at least 2 kinds of characters.",
      "パスワードは、文字数が 8 以上であり、文字種の数が 2 以上であることを要する。" },
    { password, "deny last_used <= 24", "Refuse passwords last used at most 24 changes ago.", "前回の使用が 24 回前以下のパスワードを認めない。" },
};

static void test_case(gconstpointer data) {
    guint i = GPOINTER_TO_UINT(data);
    g_autofree char *text = g_strdup_printf(cases[i].policy, cases[i].rule);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) problems = g_string_new(NULL);
    const KjBlock *block;

    kj_compilation_load_text(compilation, "p.pol", text, strlen(text));
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, problems);
    g_assert_cmpstr(problems->str, ==, "");
    block = compilation->policy->blocks;
    g_assert_cmpstr(kj_sentence_rule(compilation->arena, block, &block->rules[0], "en"), ==, cases[i].en);
    g_assert_cmpstr(kj_sentence_rule(compilation->arena, block, &block->rules[0], "ja"), ==, cases[i].ja);
}

/* A phrase with a verb of no table: it is kept whole, and what follows is right behind any verb. */
static void test_other_verbs(void) {
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *negated = kj_wording_negated("鍵を閉じる");

    g_assert_cmpstr(negated, ==, "鍵を閉じるものではない");
    kj_wording_end(out, "鍵を閉じる", TRUE, KJ_ENDING_CONTINUED);
    g_assert_cmpstr(out->str, ==, "鍵を閉じるものであり");
}

/* An author's name may end in any letter, even in that of a verb. */
static void test_names_of_any_ending(void) {
    static const char text[] = "let 取扱い = { \"x.jp\" }; mail b { default deny; r: allow to 取扱い; }";
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "p.pol", text, strlen(text));
    g_assert_nonnull(compilation->policy);
    g_assert_cmpstr(kj_sentence_rule(compilation->arena, compilation->policy->blocks, compilation->policy->blocks->rules, "ja"), ==,
                    "宛先が取扱いのメールを許可する。");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/sentence/%s", cases[i].rule);
        g_strdelimit(path + strlen("/sentence/"), "/", '|');
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
    }
    g_test_add_func("/sentence/other-verbs", test_other_verbs);
    g_test_add_func("/sentence/names-of-any-ending", test_names_of_any_ending);
    return g_test_run();
}
