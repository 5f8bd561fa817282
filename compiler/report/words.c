/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sentences of a report.
 *
 * Both languages stand side by side, because one process may write reports in either (a page for each reader), which gettext's one language a process cannot.
 * English puts what happens first and has no verb that must agree; Japanese is である調, what happens last.
 */
#include "words.h"

#include <string.h>

#include <kijun/explain_values.h>

static const KjPhrase sayings[KJ_SAY_COUNT] = {
    [KJ_SAY_TITLE] = { "What changes from {1} to {2}", "{1} から {2} への変更" },
    [KJ_SAY_MORE_IN] = { "more gets through in {1}", "{1}で許可が広がる" },
    [KJ_SAY_LESS_IN] = { "less gets through in {1}", "{1}で許可が狭まる" },
    [KJ_SAY_LOST_GUARDS] = { "{1} lost or loosened", "守り {1}が失われ、又は緩む" },
    [KJ_SAY_UNCOMPARED_IN] = { "{1} could not be compared in full", "{1}は比較しきれない" },
    [KJ_SAY_TIME_BRINGS] = { "time alone brings {1} until {2}", "{2} までに日付の到来だけで {1}の変化が生じる" },
    [KJ_SAY_EQUAL] = { "nothing changes", "差異はない" },
    [KJ_SAY_WORDS_ONLY] = { "nothing changes but words: every request is decided as before", "字句のほかに差異はない（どの要求の判定も変わらない）" },
    [KJ_SAY_QUIET_BLOCKS] = { "{2}: {1}", "{2}: {1}" },

    [KJ_SAY_BUT_WEAKENS] = { "{1}; a guard is lost or loosened", "{1}。守りが失われ、又は緩む" },
    [KJ_SAY_MORE_CHANGES] = { "and {1} not shown", "ほかに {1}がある（表示を省略）" },
    [KJ_SAY_NEW_BLOCK] = { "a new block", "新設のブロック" },
    [KJ_SAY_GONE_BLOCK] = { "the block is gone", "ブロックの廃止" },
    [KJ_SAY_QUIET] = { "Without effect on any request: {1}.", "どの要求の判定にも影響しない変更: {1}。" },
    [KJ_SAY_QUIET_MOVED] = { "moved {1}", "移動 {1}" },
    [KJ_SAY_QUIET_RENAMED] = { "renamed {1}", "改称 {1}" },
    [KJ_SAY_QUIET_RESTATED] = { "restated {1}", "説明の変更 {1}" },
    [KJ_SAY_QUIET_ADDED] = { "added {1}", "追加 {1}" },
    [KJ_SAY_QUIET_REMOVED] = { "removed {1}", "削除 {1}" },
    [KJ_SAY_QUIET_CHANGED] = { "rewritten {1}", "書き直し {1}" },

    [KJ_SAY_OPENED] = { "newly let through: {1}{2}.", "{1}が新たに通る{2}。" },
    [KJ_SAY_CLOSED] = { "newly refused: {1}{2}.", "{1}が新たに拒否される{2}。" },
    [KJ_SAY_EASED] = { "treated more mildly: {1}{2}.", "{1}の扱いが緩くなる{2}。" },
    [KJ_SAY_TIGHTENED] = { "treated more strictly: {1}{2}.", "{1}の扱いが厳しくなる{2}。" },
    [KJ_SAY_OTHERWISE] = { "treated otherwise: {1}{2}.", "{1}の扱いが変わる{2}。" },
    [KJ_SAY_STILL_REFUSED] = { "still refused, but otherwise: {1}{2}.", "{1}は引き続き拒否されるが、扱いが変わる{2}。" },
    [KJ_SAY_OBLIGATION_LOST] = { "no longer {3}: {1}{2}.", "{1}に {3} が付かなくなる{2}。" },
    [KJ_SAY_OBLIGATION_GAINED] = { "from now on {3}: {1}{2}.", "{1}に {3} が付くようになる{2}。" },
    [KJ_SAY_OBLIGATION_CHANGED] = { "{3}: {1}{2}.", "{1}に付くものが変わる（{3}）{2}。" },
    [KJ_SAY_UNASKED] = { "no longer asked for, {3}: {1}{2}.", "{1}に {3} が求められなくなる{2}。" },
    [KJ_SAY_ASKED] = { "newly asked for, {3}: {1}{2}.", "{1}に {3} が新たに求められる{2}。" },
    [KJ_SAY_ASKED_LESS] = { "asked for once less, {3}: {1}{2}.", "{1}に {3} を求める規則が一つ減る{2}。" },
    [KJ_SAY_ASKED_MORE] = { "asked for once more, {3}: {1}{2}.", "{1}に {3} を求める規則が一つ増える{2}。" },
    [KJ_SAY_ASKED_OTHERWISE] = { "asked for otherwise, {3}: {1}{2}.", "{1}に求められるものが変わる（{3}）{2}。" },
    [KJ_SAY_NOBODY_LEFT] = { "{1}, nobody is left", "{1}、残る者なし" },
    [KJ_SAY_ALL] = { "all {1}", "すべての{1}" },
    [KJ_SAY_SOME] = { "{1} {2}", "{2}{1}" },
    [KJ_SAY_UNMATCHED] = { "{1} that no rule matches", "どの規則にも当てはまらない{1}" },
    [KJ_SAY_MATCHED_BY] = { "{1} that rule `{2}` decides", "規則 `{2}` が判定する{1}" },
    [KJ_SAY_OR] = { "{1}; or {2}", "{1}、又は{2}" },
    [KJ_SAY_MORE_PARTS] = { "{1}; and {2}", "{1}、ほか {2}" },
    [KJ_SAY_GAIN] = { "gained by {1}", "{1}が得る" },
    [KJ_SAY_LOSE] = { "lost by {1}", "{1}が失う" },
    [KJ_SAY_FOR] = { "for {1}", "対象は{1}" },
    [KJ_SAY_UNTIL] = { "until {1}", "{1} まで" },
    [KJ_SAY_FROM] = { "from {1} on", "{1} から" },
    [KJ_SAY_FROM_UNTIL] = { "from {1} until {2}", "{1} から {2} まで" },
    [KJ_SAY_AT_LEAST] = { "at least {1}", "少なくとも{1}" },
    [KJ_SAY_INCOMPLETE] = { "The region has too many parts to list; what is told are some of them.", "該当する範囲は細かすぎて列挙しきれない。示すのはその一部である。" },
    [KJ_SAY_UNPROVED] = { "No example could be made, so this is not proved either way.", "例を作れないため、実際に起きるとも起きないとも証明できない。" },

    [KJ_SAY_DEFAULT] = { "default", "既定" },
    [KJ_SAY_ERROR] = { "a wrong request", "誤った要求" },
    [KJ_SAY_NO_BLOCK] = { "no such block", "ブロックなし" },
    [KJ_SAY_NOT_ASKED] = { "not asked for", "求めない" },
    [KJ_SAY_NOT_ASKED_MORE] = { "not asked for once more", "重ねては求めない" },
    [KJ_SAY_NO_MORE_RULES] = { "other rules ask for the same", "ほかの規則が同じことを求める" },
    [KJ_SAY_NO_RULE] = { "no rule matches", "どの規則にも当てはまらない" },

    [KJ_SAY_GUARD_GONE] = { "{1} is gone.", "{1}がなくなる。" },
    [KJ_SAY_GUARD_NEW] = { "{1} is new.", "{1}が加わる。" },
    [KJ_SAY_GUARD_NEW_AS] = { "{1} is new: {2}.", "{1}が加わる（{2}）。" },
    [KJ_SAY_GUARD_CHANGED] = { "{1}: {2} before, {3} now.", "{1}が {2} から {3} に変わる。" },
    [KJ_SAY_GUARD_LESS] = { "{1} asks no longer: {2}.", "{1}から次がなくなる: {2}。" },
    [KJ_SAY_GUARD_MORE] = { "{1} asks in addition: {2}.", "{1}に次が加わる: {2}。" },
    [KJ_SAY_GUARD_NONE] = { "none", "なし" },
    [KJ_SAY_ENFORCED] = { "the enforcement of {1} by {2}", "{2} による {1} の適用" },
    [KJ_SAY_ENFORCED_ON] = { "the enforcement of {1} by {2} on {3}", "{3} における {2} による {1} の適用" },
    [KJ_SAY_GUARD_OF] = { "{1} of {2}", "{2} の{1}" },

    [KJ_SAY_EXCEPTION_ENDS] = { "On {1} exception {2} ends.", "{1} に例外措置 {2} が終わる。" },
    [KJ_SAY_RULE_ENDS] = { "On {1} rule `{2}` ends.", "{1} に規則 `{2}` が終わる。" },
    [KJ_SAY_RULE_BEGINS] = { "On {1} rule `{2}` begins.", "{1} に規則 `{2}` が始まる。" },

    [KJ_SAY_EXAMPLE] = { "Example", "例" },
    [KJ_SAY_WHERE] = { "Where", "範囲" },
    [KJ_SAY_WHERE_IN] = { "Where: {1}", "範囲: {1}" },
    [KJ_SAY_BEFORE] = { "Before", "変更前" },
    [KJ_SAY_AFTER] = { "After", "変更後" },
    [KJ_SAY_GUARDS] = { "Guards", "守り" },
    [KJ_SAY_TIMED] = { "What time alone will bring", "日付の到来だけで生じる変化" },
    [KJ_SAY_TIMED_NONE] = { "Until {1} time alone changes nothing.", "{1} までに日付の到来だけで生じる変化はない。" },
    [KJ_SAY_DETAILS] = { "In detail", "詳細" },
    [KJ_SAY_QUIET_TITLE] = { "Nothing changes in the other blocks", "その他のブロックに変化はない" },
    [KJ_SAY_TEXT_TITLE] = { "The change as text ({1})", "文面の差分（{1}）" },
    [KJ_SAY_MAP_TITLE] = { "{1} across, {2} down; not to scale", "横軸 {1}、縦軸 {2}（縮尺は実際と異なる）" },
    [KJ_SAY_STRIP_TITLE] = { "{1}; not to scale", "{1}（縮尺は実際と異なる）" },
    [KJ_SAY_CELL_CHANGED] = { "changes", "変わる" },
    [KJ_SAY_CELL_SAME] = { "within these rules, unchanged", "これらの規則の範囲内（変化なし）" },
    [KJ_SAY_CELL_NEITHER] = { "outside of these rules", "これらの規則の範囲外" },
    [KJ_SAY_ELSEWHERE] = { "all others", "その他すべて" },
    [KJ_SAY_MADE_BY] = { "Made by kijun {1}.", "kijun {1} が作成。" },
    [KJ_SAY_DIGEST] = { "SHA-256 of this file without this line:", "この行を除く本ファイルの SHA-256:" },
};

/* ---- filling ---- */

static void append(const KjReport *report, GString *out, const char *text) {
    if (report->ja)
        kj_say_words(text, out);
    else
        g_string_append(out, text);
}

static const char *fill(const KjReport *report, KjPhrase phrase, const char *const arguments[3]) {
    const char *template = report->ja ? phrase.ja : phrase.en;
    g_autoptr(GString) out = g_string_new(NULL);

    while (*template) {
        gsize plain = strcspn(template, "{");
        g_autofree char *text = g_strndup(template, plain);
        append(report, out, text);
        template += plain;
        if (*template) { /* "{1}" */
            append(report, out, arguments[template[1] - '1']);
            template += 3;
        }
    }
    return kj_arena_strdup(report->arena, out->str);
}

const char *kj_say(const KjReport *report, KjSaying saying, const char *one, const char *two, const char *three) {
    return fill(report, sayings[saying], (const char *const[]){ one, two, three });
}

const char *kj_say_capital(const KjReport *report, const char *text) {
    char *copy = kj_arena_strdup(report->arena, text);
    if (!report->ja)
        copy[0] = g_ascii_toupper(copy[0]);
    return copy;
}

/* ---- words ---- */

const char *kj_say_count(const KjReport *report, guint count, KjNoun noun) {
    static const struct {
        const char *one, *many, *ja;
    } nouns[] = {
        [KJ_NOUN_BLOCK] = { "block", "blocks", " ブロック" },
        [KJ_NOUN_GUARD] = { "guard", "guards", " 件" },
        [KJ_NOUN_CHANGE] = { "change", "changes", " 件" },
        [KJ_NOUN_MORE_CHANGES] = { "more change", "more changes", " 件" },
        [KJ_NOUN_PART] = { "part", "parts", " 部分" },
        [KJ_NOUN_MORE_PARTS] = { "more part", "more parts", " 部分" },
    };

    return report->ja ? kj_arena_printf(report->arena, "%u%s", count, nouns[noun].ja)
                      : kj_arena_printf(report->arena, "%u %s", count, count == 1 ? nouns[noun].one : nouns[noun].many);
}

const char *kj_say_tone(const KjReport *report, KjTone tone) {
    static const KjPhrase tones[] = {
        [KJ_TONE_WIDER] = { "WIDER", "広がる" },       [KJ_TONE_WEAKER] = { "WEAKER", "弱まる" },     [KJ_TONE_OTHER] = { "CHANGED", "変わる" },
        [KJ_TONE_NARROWER] = { "NARROWER", "狭まる" }, [KJ_TONE_STRONGER] = { "STRONGER", "強まる" },
    };
    return report->ja ? tones[tone].ja : tones[tone].en;
}

const char *kj_say_verdict(const KjReport *report, KjChangeVerdict verdict) {
    static const KjPhrase verdicts[] = {
        [KJ_CHANGE_EQUAL] = { "equal", "同一" },
        [KJ_CHANGE_EDITORIAL] = { "editorial", "字句の変更" },
        [KJ_CHANGE_RESTATED] = { "restated", "説明の変更" },
        [KJ_CHANGE_NARROWS] = { "narrows", "狭まる" },
        [KJ_CHANGE_WIDENS] = { "widens", "広がる" },
        [KJ_CHANGE_MIXED] = { "mixed", "混在" },
    };
    return report->ja ? verdicts[verdict].ja : verdicts[verdict].en;
}

const char *kj_say_guard(const KjReport *report, KjGuardKind kind, const char *name) {
    static const KjPhrase guards[] = {
        [0] = { "", "" },
        [KJ_GUARD_CONFORMANCE] = { "the conformance to {1}", "{1} への準拠" },
        [KJ_GUARD_PARAMETER] = { "the parameter {1}", "パラメータ {1}" },
        [KJ_GUARD_PROOF] = { "the proof “{1}”", "証明「{1}」" },
        [KJ_GUARD_TEST] = { "the test “{1}”", "テスト「{1}」" },
        [KJ_GUARD_TIER] = { "the tier", "階層" },
        [KJ_GUARD_MAX_EXCEPTION] = { "the longest exception that {1} allows", "{1} が認める例外措置の最長期間" },
        [KJ_GUARD_EXCEPTION] = { "the exception {1}", "例外措置 {1}" },
        [KJ_GUARD_ENFORCEMENT] = { "", "" }, /* its words name the block too */
        [KJ_GUARD_STANDARD] = { "the standard {1}", "対策基準 {1}" },
    };
    return fill(report, guards[kind], (const char *const[]){ name, NULL, NULL });
}
