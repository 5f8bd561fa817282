/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a block contradicts NIST SP 800-63B-4 (2025), section 3.1.1.2:
 *
 *     at least 15 characters for a password that is the only factor, 8 for one that is used with another (SHALL)
 *     at least 64 characters can be had (SHOULD)
 *     no composition rules (SHALL NOT), no periodic change (SHALL NOT)
 *     compared with a blocklist: breached, dictionary or context-specific words (SHALL)
 *
 * What a block says is found out by asking it, not by reading its rules: passwords are made up of which one thing is remarkable, and a
 * block that answers otherwise than the guideline does is told so. So it does not matter how its rules are put, and what a warning lets
 * through is let through. Nothing is known of role and user: what holds only for some of them is not told.
 */
#include "password.h"

typedef struct {
    KjTable *table;
    guint block;
    KjAdviceSink *sink;
    KjVerdict verdict; /* of the last question */
} Asking;

typedef struct {
    const char *field, *value;
} Given;

/* Nothing can be said against it: random, of all kinds, 64 characters. */
static const Given good[] = {
    { "length", "64" },      { "classes", "4" },      { "upper", "16" },          { "lower", "16" },
    { "digits", "16" },      { "symbols", "16" },     { "repeat", "1" },          { "sequence", "2" },
    { "strength", "100" },   { "dictionary", "false" }, { "breached", "false" },  { "contains_username", "false" },
    { "palindrome", "false" }, { "similar", "0" },    { NULL, NULL },
};
static const Given fourteen[] = { { "length", "14" }, { "upper", "4" },     { "lower", "4" }, { "digits", "3" },
                                  { "symbols", "3" }, { "strength", "26" }, { NULL, NULL } };
static const Given seven[] = { { "length", "7" },  { "upper", "2" },     { "lower", "2" }, { "digits", "2" },
                               { "symbols", "1" }, { "strength", "13" }, { NULL, NULL } };
static const Given listed[] = { { "dictionary", "true" }, { "breached", "true" }, { "contains_username", "true" }, { NULL, NULL } };
/* Of one kind of characters only, and as strong. */
static const Given one_kind[][6] = {
    { { "classes", "1" }, { "upper", "64" }, { "lower", "0" }, { "digits", "0" }, { "symbols", "0" }, { NULL, NULL } },
    { { "classes", "1" }, { "upper", "0" }, { "lower", "64" }, { "digits", "0" }, { "symbols", "0" }, { NULL, NULL } },
    { { "classes", "1" }, { "upper", "0" }, { "lower", "0" }, { "digits", "64" }, { "symbols", "0" }, { NULL, NULL } },
    { { "classes", "1" }, { "upper", "0" }, { "lower", "0" }, { "digits", "0" }, { "symbols", "64" }, { NULL, NULL } },
};
static const Given fresh[] = { { "age", "0" }, { "uses", "0" }, { NULL, NULL } };
static const Given old[] = { { "age", "10y" }, { "uses", "1000000" }, { NULL, NULL } };

static const KjPhrase too_long = {
    "a password of 64 characters that nothing speaks against is refused; NIST SP 800-63B-4 asks to allow at least 64",
    "難点のない64文字のパスワードを認めない。NIST SP 800-63B-4 は64文字以上を使えることを求める"
};
static const KjPhrase single = { "14 characters are accepted without a second factor; NIST SP 800-63B-4 demands at least 15",
                                 "多要素認証なしで14文字を認める。NIST SP 800-63B-4 は15文字以上を要求する" };
static const KjPhrase multiple = { "7 characters are accepted with a second factor; NIST SP 800-63B-4 demands at least 8",
                                   "多要素認証の併用時に7文字を認める。NIST SP 800-63B-4 は8文字以上を要求する" };
static const KjPhrase composition = { "a strong password of one kind of characters is refused; NIST SP 800-63B-4 forbids composition rules",
                                      "一種類の文字からなる強いパスワードを認めない。NIST SP 800-63B-4 は文字種の規則を禁じる" };
static const KjPhrase periodic = { "a password is refused for its age or its uses alone; NIST SP 800-63B-4 forbids periodic change, and asks for one upon evidence of compromise",
                                   "期間又は回数だけを理由にパスワードを認めない。NIST SP 800-63B-4 は定期的な変更を禁じ、漏えいの証拠がある場合の変更を求める" };
static const KjPhrase unlisted = { "a password that is breached, a word and made with the user name is accepted; NIST SP 800-63B-4 demands a blocklist",
                                   "漏えい済みで、辞書の語であり、利用者名を含むパスワードを認める。NIST SP 800-63B-4 は使用禁止の一覧との照合を要求する" };

static gboolean gives(const Given *given, const char *field) {
    while (given && given->field && g_strcmp0(given->field, field) != 0)
        given++;
    return given && given->field;
}

/* All of `given` but what `other` gives too: a request takes each field once. */
static void set(Asking *asking, KjRequest *request, const Given *given, const Given *other) {
    for (; given && given->field; given++) {
        int field = kj_table_find_field(asking->table, asking->block, given->field);
        if (field >= 0 && !gives(other, given->field))
            kj_request_set_text(request, field, given->value, -1, NULL); /* a wrong one would decide to an error, and be neither */
    }
}

/* Whether the password is accepted: `base`, but for what is other about it. */
static gboolean accepts(Asking *asking, const Given *base, const Given *other, const char *mfa) {
    g_autoptr(KjRequest) request = kj_request_new(asking->table, asking->block);
    const Given factor[] = { { "mfa", mfa }, { NULL, NULL } };
    kj_request_set_instant(request, asking->sink->instant);
    set(asking, request, base, other);
    set(asking, request, other, NULL);
    set(asking, request, factor, NULL);
    asking->verdict = (KjVerdict){ .size = sizeof asking->verdict };
    return kj_decide(request, &asking->verdict) == KJ_OUTCOME_PERMIT;
}

/* About the rule that refused the last one. */
static void note_rule(Asking *asking, const KjPhrase *text) {
    if (asking->verdict.outcome == KJ_OUTCOME_REFUSE)
        asking->sink->note(asking->sink, asking->verdict.rule, text);
}

static void note_block(Asking *asking, const KjPhrase *text) {
    asking->sink->note(asking->sink, KJ_RULE_DEFAULT, text);
}

static void ask_change(Asking *asking, gboolean alone, const char *mfa) {
    if (alone && accepts(asking, good, fourteen, "false"))
        note_block(asking, &single);
    if (accepts(asking, good, NULL, "true") && accepts(asking, good, seven, "true"))
        note_block(asking, &multiple);
    for (guint i = 0; i < G_N_ELEMENTS(one_kind); i++) {
        if (accepts(asking, good, one_kind[i], mfa))
            continue;
        note_rule(asking, &composition);
        break;
    }
    if (accepts(asking, good, listed, mfa))
        note_block(asking, &unlisted);
}

void kj_password_advise(KjTable *table, guint block, KjAdviceSink *sink) {
    Asking asking = { .table = table, .block = block, .sink = sink };
    gboolean alone = accepts(&asking, good, NULL, "false");
    const char *mfa = alone ? "false" : "true";
    if (alone || accepts(&asking, good, NULL, mfa))
        ask_change(&asking, alone, mfa);
    else
        note_rule(&asking, &too_long);
    if (accepts(&asking, fresh, NULL, mfa) && !accepts(&asking, old, NULL, mfa))
        note_rule(&asking, &periodic);
}
