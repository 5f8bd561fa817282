/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The people's part of a review: what is missing and from whom, what they said, and what one of them would sign. */
#include <inttypes.h>
#include <string.h>

#include "review.h"

#define EXPIRES_DAYS 90 /* of an approval, as `kijun approve` makes it */
#define DAY_SECONDS 86400
#define FILES 10 /* of the rest of the workspace */

static gboolean is(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* Takes the text. */
static void add_fact(GPtrArray *facts, char *text) {
    g_ptr_array_add(facts, text);
}

/* ---- whether it may be released ---- */

/* "board: 2 of people.board: chiba, and one is missing" */
static void add_seats(const KjStep *step, GPtrArray *facts) {
    const KjJudgement *judgement = step->judgement;
    for (guint r = 0; judgement && r < judgement->requirements->len; r++) {
        const KjRequirement *requirement = &g_array_index(judgement->requirements, KjRequirement, r);
        g_autoptr(GString) names = g_string_new(NULL);
        guint empty = 0;
        for (guint s = 0; s < judgement->quorum.seat_count; s++) {
            const KjSeat *seat = &judgement->quorum.seats[s];
            if (seat->requirement != r)
                continue;
            if (seat->person)
                g_string_append_printf(names, "%s%s", names->len ? _(", ") : "", seat->person);
            else
                empty++;
        }
        g_autofree char *people = g_strjoinv(_(", "), (char **)requirement->people);
        if (empty)
            add_fact(facts, g_strdup_printf(_("%s: %u of %s (%s): %s%s%u missing"), requirement->label, requirement->count,
                                            requirement->group, people, names->str, names->len ? _(", ") : "", empty));
        else
            add_fact(facts, g_strdup_printf(_("%s: %u of %s: %s"), requirement->label, requirement->count, requirement->group, names->str));
    }
    for (guint r = 0; r < step->need->ratifications->len; r++) {
        const KjRequirement *requirement = &g_array_index(step->need->ratifications, KjRequirement, r);
        add_fact(facts, g_strdup_printf(_("%s: afterwards %u of %s must ratify it within %" PRIu64 " hours"), requirement->label,
                                        requirement->count, requirement->group, step->need->ratify_within / 3600));
    }
}

/* Those who may never count here: authors, and who stands in for one. */
static void add_barred(const KjReview *review, const KjStep *step, GPtrArray *facts) {
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **author = step->authors; author && *author && !review->emergency; author++)
        add_fact(facts, g_strdup_printf(_("barred: %s, who proposed or wrote it"), *author));
    for (guint r = 0; step->judgement && !review->emergency && r < step->judgement->requirements->len; r++) {
        const KjRequirement *requirement = &g_array_index(step->judgement->requirements, KjRequirement, r);
        for (const char *const *person = requirement->people; *person; person++)
            if (!g_strv_contains((const char *const *)step->authors, *person) && kj_desk_stands_in(review->sitting, step, *person) &&
                g_hash_table_add(told, (gpointer)*person))
                add_fact(facts, g_strdup_printf(_("barred: %s, who stands in for an author"), *person));
    }
}

static gboolean is_vetoed(const KjStep *step) {
    for (guint i = 0; step->judgement && i < step->judgement->vetoes->len; i++)
        if (g_array_index(step->judgement->vetoes, KjVoice, i).state == KJ_VOICE_COUNTS)
            return TRUE;
    return FALSE;
}

/* Of what no block uses there are no sentences; the files, at least. */
static void add_files(const KjStep *step, GPtrArray *facts) {
    g_autoptr(GPtrArray) files = kj_desk_changed_files(step->need);
    for (guint i = 0; i < files->len && i < FILES; i++)
        add_fact(facts, g_strdup(files->pdata[i]));
    if (files->len > FILES)
        add_fact(facts, g_strdup_printf(_("and %u more files"), files->len - FILES));
}

static const char *unit_words(const KjStep *step) {
    return strcmp(step->need->name, "*") == 0 ? _("* (the rest of the workspace)") : step->need->name;
}

static void add_step(KjReview *review, const KjStep *step) {
    g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *missing = step->judgement ? kj_step_missing(step) : NULL;
    if (!step->need->change)
        add_files(step, facts);
    add_seats(step, facts);
    add_barred(review, step, facts);
    KjReviewItem item = { .facts = facts };
    if (step->met) {
        item.tone = KJ_TONE_STRONGER;
        item.state = "met";
        item.mark = _("AGREED");
        kj_review_add(review, &item, _("%s: everybody has agreed who must."), unit_words(step));
        return;
    }
    gboolean stopped = is_vetoed(step) || step->need->refused;
    item.tone = stopped ? KJ_TONE_WIDER : KJ_TONE_OTHER;
    item.state = stopped ? "stopped" : "waits";
    item.mark = stopped ? _("STOPPED") : _("WAITS");
    kj_review_add(review, &item, _("%s: %s."), unit_words(step), missing ? missing : "");
}

void kj_review_standing(KjReview *review) {
    const KjRuling *ruling = review->ruling;
    kj_review_begin(review, "standing", _("May it be released?"), TRUE);
    if (ruling->steps->len == 0)
        kj_review_add(review, &(KjReviewItem){ .tone = KJ_TONE_STRONGER, .state = "same", .mark = _("SAME") },
                      _("It is what the context has in force already."));
    if (ruling->by_thresholds && ruling->steps->len > 0) {
        g_autofree char *root = kj_telling_root(review->sitting, "root");
        kj_review_add(review, &(KjReviewItem){ .tone = KJ_TONE_OTHER, .state = "thresholds", .mark = _("BY THE ROOT") },
                      _("No governance is in force yet, so nobody has to approve: the release itself decides, signed by %s."), root);
    }
    for (guint i = 0; !ruling->by_thresholds && i < ruling->steps->len; i++)
        add_step(review, ruling->steps->pdata[i]);
}

/* ---- what they said ---- */

static const struct {
    KjTone tone;
    const char *state, *mark, *reason;
} voice_states[] = {
    [KJ_VOICE_COUNTS] = { KJ_TONE_STRONGER, "counts", N_("COUNTS"), NULL },
    [KJ_VOICE_BARRED] = { KJ_TONE_OTHER, "barred", N_("BARRED"), N_("an author's, or of one who stands in for an author") },
    [KJ_VOICE_STALE] = { KJ_TONE_OTHER, "stale", N_("STALE"), N_("it is about another text of the unit") },
    [KJ_VOICE_EXPIRED] = { KJ_TONE_OTHER, "expired", N_("EXPIRED"), N_("its time is over") },
    [KJ_VOICE_WITHDRAWN] = { KJ_TONE_OTHER, "withdrawn", N_("WITHDRAWN"), N_("its signer took it back") },
    [KJ_VOICE_STRANGER] = { KJ_TONE_OTHER, "stranger", N_("STRANGER"), N_("its key is nobody's under the root") },
    [KJ_VOICE_OTHER_READING] = { KJ_TONE_OTHER, "other-reading", N_("MISREAD"),
                                 N_("it says that the change does something else than it does") },
    [KJ_VOICE_ALONE] = { KJ_TONE_OTHER, "alone", N_("ALONE"), N_("a second person must attest the same document") },
};

/* What was said before the last release, or was relied upon by it, is about what that released. */
static gboolean is_recent(const KjReview *review, const KjStatement *statement) {
    const KjLink *lasting = kj_verifier_lasting(review->sitting->desk->verifier);
    return !lasting || (kj_statement_instant(statement, "date") >= kj_statement_instant(lasting->sealed->statement, "date") &&
                        !g_strv_contains(kj_statement_list(lasting->sealed->statement, "relies"), kj_statement_digest(statement)));
}

static const char *kind_words(KjStatementKind kind) {
    switch (kind) {
    case KJ_STATEMENT_RECORD:
        return _("record");
    case KJ_STATEMENT_RATIFY:
        return _("ratification");
    case KJ_STATEMENT_EMERGENCY:
        return _("emergency");
    default:
        return _("approval");
    }
}

static void add_voice(KjReview *review, const KjStep *step, const KjVoice *voice) {
    const KjStatement *statement = voice->statement->statement;
    KjStatementKind kind = kj_statement_kind(statement);
    g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
    if (kind == KJ_STATEMENT_RECORD) {
        g_autofree char *by = g_strjoinv(_(", "), (char **)kj_statement_list(statement, "by"));
        add_fact(facts, g_strdup_printf(_("decided by %s on %s: %s"), by, kj_statement_get(statement, "decided"),
                                        kj_statement_get(statement, "document")));
    }
    if (voice->state == KJ_VOICE_COUNTS && (kind == KJ_STATEMENT_APPROVAL || kind == KJ_STATEMENT_RECORD))
        add_fact(facts, g_strdup_printf(_("counts until %s"), kj_statement_get(statement, "expires")));
    if (voice_states[voice->state].reason)
        add_fact(facts, g_strdup_printf(_("does not count: %s"), _(voice_states[voice->state].reason)));
    const KjReviewItem item = { voice_states[voice->state].tone, voice_states[voice->state].state, _(voice_states[voice->state].mark),
                                facts, NULL };
    kj_review_add(review, &item, _("%s: %s by %s, %s (%.12s)"), step->need->name, kind_words(kind),
                  voice->person ? voice->person : kj_statement_get(statement, "signer"), kj_statement_get(statement, "date"),
                  kj_statement_digest(statement));
}

void kj_review_voices(KjReview *review) {
    kj_review_begin(review, "voices", _("Who has said what"), FALSE);
    for (guint i = 0; i < review->ruling->steps->len; i++) {
        const KjStep *step = review->ruling->steps->pdata[i];
        for (guint v = 0; step->judgement && v < step->judgement->voices->len; v++) {
            const KjVoice *voice = &g_array_index(step->judgement->voices, KjVoice, v);
            if (voice->state != KJ_VOICE_STALE || is_recent(review, voice->statement->statement))
                add_voice(review, step, voice);
        }
    }
}

/* ---- what is open ---- */

static void add_veto(KjReview *review, const KjStep *step, const KjVoice *veto) {
    const KjStatement *statement = veto->statement->statement;
    gboolean binds = veto->state == KJ_VOICE_COUNTS;
    if (!binds && !is_recent(review, statement))
        return;
    const char *const without = veto->state == KJ_VOICE_WITHDRAWN ? _("withdrawn or overruled")
                                : veto->state == KJ_VOICE_STALE   ? _("about another text")
                                                                  : _("of one who is not asked");
    const KjReviewItem item = { binds ? KJ_TONE_WIDER : 0, binds ? "veto" : "veto-without-effect", _("VETO"), NULL,
                                kj_statement_get(statement, "reason") };
    if (binds)
        kj_review_add(review, &item, _("%s: %s, %s (%.12s), binds until it is withdrawn or overruled"), step->need->name,
                      kj_statement_get(statement, "signer"), kj_statement_get(statement, "date"), kj_statement_digest(statement));
    else
        kj_review_add(review, &item, _("%s: %s, %s (%.12s), without effect: %s"), step->need->name, kj_statement_get(statement, "signer"),
                      kj_statement_get(statement, "date"), kj_statement_digest(statement), without);
}

static void add_remark(KjReview *review, const KjStep *step, const KjStatement *statement) {
    static const struct {
        const char *stance, *mark;
        KjTone tone;
    } stances[] = { { "for", N_("FOR"), KJ_TONE_STRONGER }, { "against", N_("AGAINST"), KJ_TONE_OTHER }, { "neutral", N_("OPINION"), 0 } };
    KjStatementKind kind = kj_statement_kind(statement);
    if ((kind != KJ_STATEMENT_COMMENT && kind != KJ_STATEMENT_OPINION) ||
        !is(kj_statement_get(statement, "context"), review->sitting->desk->context) ||
        !is(kj_statement_get(statement, "unit"), step->need->name))
        return;
    gboolean current = is(kj_statement_get(statement, "result"), step->need->result ? step->need->result->digest : "none");
    if (!current && !is_recent(review, statement))
        return;
    KjReviewItem item = { .state = kj_statement_kind_name(kind), .mark = _("COMMENT"), .text = kj_statement_get(statement, "text") };
    for (guint i = 0; kind == KJ_STATEMENT_OPINION && i < G_N_ELEMENTS(stances); i++) {
        if (!is(kj_statement_get(statement, "stance"), stances[i].stance))
            continue;
        item.mark = _(stances[i].mark);
        item.tone = stances[i].tone;
    }
    kj_review_add(review, &item, current ? _("%s: %s, %s") : _("%s: %s, %s, about an earlier text"), step->need->name,
                  kj_statement_get(statement, "signer"), kj_statement_get(statement, "date"));
}

void kj_review_open(KjReview *review) {
    const GPtrArray *chains = review->sitting->desk->chains;
    kj_review_begin(review, "open", _("Open questions"), FALSE);
    for (guint i = 0; i < review->ruling->steps->len; i++) {
        const KjStep *step = review->ruling->steps->pdata[i];
        for (guint v = 0; step->judgement && v < step->judgement->vetoes->len; v++)
            add_veto(review, step, &g_array_index(step->judgement->vetoes, KjVoice, v));
        for (guint c = 0; c < chains->len; c++)
            for (guint s = 0; s < ((const GPtrArray *)chains->pdata[c])->len; s++)
                add_remark(review, step, ((const KjSigned *)((const GPtrArray *)chains->pdata[c])->pdata[s])->statement);
    }
}

/* ---- what would be signed ---- */

/* The first key of a person that is good for the next release. NULL: none. Free with kj_key_free. */
static KjKey *key_of(const KjReview *review, const char *person) {
    const KjRoot *root = review->sitting->desk->root;
    for (const char *const *line = kj_statement_list(kj_root_statement(root), "key"); *line; line++) {
        const char *space = strchr(*line, ' ');
        g_autoptr(KjKey) key = kj_key_parse(space + 1, NULL);
        if (key && g_strcmp0(kj_root_person(root, key, kj_desk_next_serial(review->sitting->desk)), person) == 0)
            return g_steal_pointer(&key);
    }
    return NULL;
}

/* The bytes that the person would sign now. NULL where he has no key. Free with g_free. */
static char *bytes_for(KjReview *review, const KjStep *step, const char *person) {
    KjSitting sitting = *review->sitting; /* as if this person sat here */
    g_autoptr(KjKey) key = key_of(review, person);
    g_autoptr(KjValues) values = kj_values_new();
    int code;
    if (!key)
        return NULL;
    sitting.key = key;
    sitting.person = person;
    kj_values_add_unit(values, step->need, TRUE);
    kj_values_add_reading(values, step->need);
    kj_values_add_instant(values, "expires", sitting.now + (gint64)EXPIRES_DAYS * DAY_SECONDS);
    kj_values_add_schema(values, step->need);
    const KjStatement *draft = kj_desk_draft(&sitting, KJ_STATEMENT_APPROVAL, values, &code);
    if (!draft)
        return NULL;
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(draft), &length);
    char *text = g_strndup(bytes, length);
    kj_desk_drop(&sitting);
    return text;
}

/* Who reads this, if his word would help; else the first whose would. NULL: nobody's. */
static const char *signer_of(const KjReview *review, const KjStep *step) {
    const char **helpful = step->judgement->helpful;
    const char *self = review->sitting->person;
    return self && g_strv_contains((const char *const *)helpful, self) ? self : helpful[0];
}

void kj_review_sign(KjReview *review) {
    kj_review_begin(review, "sign", _("What an approval would sign, byte for byte"), FALSE);
    for (guint i = 0; !review->emergency && i < review->ruling->steps->len; i++) {
        const KjStep *step = review->ruling->steps->pdata[i];
        const char *person = step->judgement && !step->met && !step->need->refused && step->proposed ? signer_of(review, step) : NULL;
        g_autofree char *bytes = person ? bytes_for(review, step, person) : NULL;
        if (bytes)
            kj_review_add(review, &(KjReviewItem){ .state = "bytes", .text = bytes }, _("%s, by %s, in the name space %s"),
                          step->need->name, person, kj_statement_name_space(KJ_STATEMENT_APPROVAL));
    }
}
