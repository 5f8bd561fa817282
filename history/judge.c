/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <string.h>


typedef struct {
    const KjNeed *need;
    const KjCircumstances *circumstances;
    KjJudgement *judgement;
    GHashTable *withdrawn; /* digests of statements that their own signers took back */
    GHashTable *barred;    /* people */
    GPtrArray *agreed;     /* of people, each once */
} Judging;

typedef void (*Visit)(Judging *judging, const KjSigned *link, const char *person);

/* Every statement of every chain, with the person its key belongs to, or NULL. A signer who calls himself by another's name is a stranger. */
static void visit_all(Judging *judging, Visit visit) {
    for (guint c = 0; c < judging->circumstances->chains->len; c++) {
        const GPtrArray *chain = judging->circumstances->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjSigned *link = chain->pdata[i];
            const char *person = kj_root_person(judging->circumstances->root, link->key, judging->circumstances->serial);
            if (person && strcmp(person, kj_statement_get(link->statement, "signer")) != 0)
                person = NULL;
            visit(judging, link, person);
        }
    }
}

static gboolean says(const KjStatement *statement, const char *key, const char *value) {
    return strcmp(kj_statement_get(statement, key), value) == 0;
}

/* ---- what is taken back, and who is barred ---- */

/* Only one's own: a chain is one key's, and names what stands earlier in it. */
static void visit_withdrawal(Judging *judging, const KjSigned *link, const char *person) {
    if (person && kj_statement_kind(link->statement) == KJ_STATEMENT_WITHDRAWAL) {
        g_autofree char *own = g_strconcat(kj_statement_get(link->statement, "statement"), " ", link->key->fingerprint, NULL);
        g_hash_table_add(judging->withdrawn, g_steal_pointer(&own));
    }
}

static gboolean is_withdrawn(const Judging *judging, const KjSigned *link) {
    g_autofree char *own = g_strconcat(kj_statement_digest(link->statement), " ", link->key->fingerprint, NULL);
    return g_hash_table_contains(judging->withdrawn, own);
}

static gboolean covers_unit(const KjStatement *delegation, const char *unit) {
    const char *const *units = kj_statement_list(delegation, "unit");
    return !*units || g_strv_contains(units, unit);
}

static gboolean is_delegation(const Judging *judging, const KjSigned *link, const char *person) {
    gint64 date = judging->circumstances->date;
    return person && kj_statement_kind(link->statement) == KJ_STATEMENT_DELEGATION && !is_withdrawn(judging, link) &&
           covers_unit(link->statement, judging->need->name) && kj_statement_instant(link->statement, "from") <= date &&
           date < kj_statement_instant(link->statement, "until");
}

static void visit_author(Judging *judging, const KjSigned *link, const char *person) {
    if (is_delegation(judging, link, person) && g_strv_contains(judging->circumstances->authors, person))
        g_hash_table_add(judging->barred, (gpointer)kj_statement_get(link->statement, "to"));
}

/* ---- voices ---- */

static gboolean has_agreed(const Judging *judging, const char *person) {
    for (guint i = 0; i < judging->agreed->len; i++)
        if (strcmp(judging->agreed->pdata[i], person) == 0)
            return TRUE;
    return FALSE;
}

static void agree(Judging *judging, const char *person) {
    if (!has_agreed(judging, person))
        g_ptr_array_add(judging->agreed, (gpointer)person);
}

static gboolean is_used_up(const Judging *judging, const KjStatement *statement) {
    return kj_statement_instant(statement, "date") < judging->circumstances->since;
}

/* What is so of approvals and records alike. */
static KjVoiceState judge_voice(const Judging *judging, const KjSigned *link, const char *person) {
    const KjStatement *statement = link->statement;
    const KjNeed *need = judging->need;
    if (!person)
        return KJ_VOICE_STRANGER;
    if (is_withdrawn(judging, link))
        return KJ_VOICE_WITHDRAWN;
    if (!says(statement, "base", kj_unit_digest(need->base)) || !says(statement, "result", kj_unit_digest(need->result)))
        return KJ_VOICE_STALE;
    if (!says(statement, "verdict", kj_change_verdict_name(need->verdict)) || (need->weakens && !says(statement, "weakens", "yes")))
        return KJ_VOICE_OTHER_READING;
    if (judging->circumstances->date >= kj_statement_instant(statement, "expires"))
        return KJ_VOICE_EXPIRED;
    if (is_used_up(judging, statement))
        return KJ_VOICE_USED;
    return KJ_VOICE_COUNTS;
}

static gboolean is_about(const Judging *judging, const KjStatement *statement) {
    return says(statement, "context", judging->circumstances->context) && says(statement, "unit", judging->need->name);
}

static void visit_approval(Judging *judging, const KjSigned *link, const char *person) {
    if (kj_statement_kind(link->statement) != KJ_STATEMENT_APPROVAL || !is_about(judging, link->statement))
        return;
    KjVoice voice = { link, person, judge_voice(judging, link, person) };
    if (voice.state == KJ_VOICE_COUNTS && g_hash_table_contains(judging->barred, person))
        voice.state = KJ_VOICE_BARRED;
    if (voice.state == KJ_VOICE_COUNTS)
        agree(judging, person);
    g_array_append_val(judging->judgement->voices, voice);
}

/* A record is an attestation until a second person gives the same; those who attest are not those who decided. */
static void visit_record(Judging *judging, const KjSigned *link, const char *person) {
    if (kj_statement_kind(link->statement) != KJ_STATEMENT_RECORD || !is_about(judging, link->statement))
        return;
    KjVoice voice = { link, person, judge_voice(judging, link, person) };
    if (voice.state == KJ_VOICE_COUNTS)
        voice.state = KJ_VOICE_ALONE;
    g_array_append_val(judging->judgement->voices, voice);
}

static gboolean same_document(const KjStatement *a, const KjStatement *b) {
    g_autofree char *people_a = g_strjoinv("\n", (char **)kj_statement_list(a, "by")),
                    *people_b = g_strjoinv("\n", (char **)kj_statement_list(b, "by"));
    return says(a, "document", kj_statement_get(b, "document")) && says(a, "decided", kj_statement_get(b, "decided")) &&
           strcmp(people_a, people_b) == 0;
}

static void pair_records(Judging *judging) {
    GArray *voices = judging->judgement->voices;
    for (guint a = 0; a < voices->len; a++) {
        for (guint b = 0; b < a; b++) {
            KjVoice *one = &g_array_index(voices, KjVoice, a), *other = &g_array_index(voices, KjVoice, b);
            gboolean both = kj_statement_kind(one->statement->statement) == KJ_STATEMENT_RECORD &&
                            kj_statement_kind(other->statement->statement) == KJ_STATEMENT_RECORD &&
                            (one->state == KJ_VOICE_ALONE || one->state == KJ_VOICE_COUNTS) &&
                            (other->state == KJ_VOICE_ALONE || other->state == KJ_VOICE_COUNTS);
            if (!both || strcmp(one->person, other->person) == 0 || !same_document(one->statement->statement, other->statement->statement))
                continue;
            one->state = other->state = KJ_VOICE_COUNTS;
            for (const char *const *person = kj_statement_list(one->statement->statement, "by"); *person; person++)
                if (!g_hash_table_contains(judging->barred, *person))
                    agree(judging, *person);
        }
    }
}

/* ---- emergencies ---- */

/* "UNIT BASE RESULT VERDICT WEAKENS", and whether this change is it, read no milder than it is. */
static gboolean lists_change(const Judging *judging, const KjStatement *statement) {
    const KjNeed *need = judging->need;
    g_autofree char *change = g_strdup_printf("%s %s %s %s ", need->name, kj_unit_digest(need->base), kj_unit_digest(need->result),
                                              kj_change_verdict_name(need->verdict));
    for (const char *const *line = kj_statement_list(statement, "change"); *line; line++)
        if (g_str_has_prefix(*line, change) && (!need->weakens || g_str_has_suffix(*line, " yes")))
            return TRUE;
    return FALSE;
}

/* Keeps what somebody said; `state`: what speaks against it beside its signer, its withdrawal and its age, or COUNTS. */
static void hear(Judging *judging, const KjSigned *link, const char *person, KjVoiceState state) {
    KjVoice voice = { link, person, state };
    if (!person)
        voice.state = KJ_VOICE_STRANGER;
    else if (is_withdrawn(judging, link))
        voice.state = KJ_VOICE_WITHDRAWN;
    else if (state == KJ_VOICE_COUNTS && is_used_up(judging, link->statement))
        voice.state = KJ_VOICE_USED;
    if (voice.state == KJ_VOICE_COUNTS)
        agree(judging, person);
    g_array_append_val(judging->judgement->voices, voice);
}

/* Who signed the same emergency: the same changes, until the same instant. */
static void visit_emergency(Judging *judging, const KjSigned *link, const char *person) {
    if (kj_statement_kind(link->statement) == KJ_STATEMENT_EMERGENCY && says(link->statement, "context", judging->circumstances->context) &&
        lists_change(judging, link->statement))
        hear(judging, link, person,
             kj_statement_same_emergency(link->statement, judging->circumstances->emergency) ? KJ_VOICE_COUNTS : KJ_VOICE_STALE);
}

static const KjStatement *find_statement(const Judging *judging, KjStatementKind kind, const char *digest) {
    for (guint c = 0; c < judging->circumstances->chains->len; c++) {
        const GPtrArray *chain = judging->circumstances->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjSigned *link = chain->pdata[i];
            if (kj_statement_kind(link->statement) == kind && strcmp(kj_statement_digest(link->statement), digest) == 0)
                return link->statement;
        }
    }
    return NULL;
}

/* Yes to every change of an emergency. */
static void visit_ratification(Judging *judging, const KjSigned *link, const char *person) {
    if (kj_statement_kind(link->statement) != KJ_STATEMENT_RATIFY || !says(link->statement, "context", judging->circumstances->context))
        return;
    const KjStatement *emergency = find_statement(judging, KJ_STATEMENT_EMERGENCY, kj_statement_get(link->statement, "emergency"));
    if (emergency && lists_change(judging, emergency))
        hear(judging, link, person, person && g_hash_table_contains(judging->barred, person) ? KJ_VOICE_BARRED : KJ_VOICE_COUNTS);
}

/* ---- delegates ---- */

static void seat(KjRequirement *requirement, const char *person) {
    guint count = g_strv_length((char **)requirement->people);
    const char **people = g_new(const char *, count + 2);
    memcpy(people, requirement->people, count * sizeof *people);
    people[count] = person;
    people[count + 1] = NULL;
    g_free((gpointer)requirement->people);
    requirement->people = people;
}

/* The other sits where the one would, unless the one came himself, or may not sit there. */
static void visit_delegation(Judging *judging, const KjSigned *link, const char *person) {
    if (!is_delegation(judging, link, person) || has_agreed(judging, person) || g_hash_table_contains(judging->barred, person))
        return;
    for (guint i = 0; i < judging->judgement->requirements->len; i++) {
        KjRequirement *requirement = &g_array_index(judging->judgement->requirements, KjRequirement, i);
        const char *to = kj_statement_get(link->statement, "to");
        if (says(link->statement, "group", requirement->group) && g_strv_contains(requirement->people, person) &&
            !g_strv_contains(requirement->people, to))
            seat(requirement, to);
    }
}

static gboolean can_act(const Judging *judging, const char *person) {
    return !g_hash_table_contains(judging->barred, person) &&
           kj_root_has_key(judging->circumstances->root, person, judging->circumstances->serial);
}

/* Whoever cannot act is stood in for by the first of his deputies who can. */
static void seat_deputies(Judging *judging, KjRequirement *requirement) {
    guint count = g_strv_length((char **)requirement->people);
    for (guint i = 0; i < count; i++) {
        const char *person = requirement->people[i];
        g_autofree const char **deputies = can_act(judging, person) ? NULL : kj_root_deputies(judging->circumstances->root, person);
        const char **deputy = deputies;
        while (deputy && *deputy && !can_act(judging, *deputy))
            deputy++;
        if (deputy && *deputy && !g_strv_contains(requirement->people, *deputy))
            seat(requirement, *deputy);
    }
}

/* ---- vetoes ---- */

static gboolean may_speak(const Judging *judging, const char *person) {
    for (guint i = 0; i < judging->judgement->requirements->len; i++)
        if (g_strv_contains(g_array_index(judging->judgement->requirements, KjRequirement, i).people, person))
            return TRUE;
    return FALSE;
}

/* Those who agreed knowing of the veto: they must fill every seat, and be one more. */
static gboolean is_overruled(const Judging *judging, const char *veto) {
    g_autoptr(GPtrArray) overruling = g_ptr_array_new();
    for (guint i = 0; i < judging->judgement->voices->len; i++) {
        const KjVoice *voice = &g_array_index(judging->judgement->voices, KjVoice, i);
        if (voice->state == KJ_VOICE_COUNTS && kj_statement_kind(voice->statement->statement) == KJ_STATEMENT_APPROVAL &&
            g_strv_contains(kj_statement_list(voice->statement->statement, "overrules"), veto))
            g_ptr_array_add(overruling, (gpointer)voice->person);
    }
    guint count = overruling->len;
    g_ptr_array_add(overruling, NULL);
    g_auto(KjQuorum) quorum = kj_quorum_fill((const KjRequirement *)(void *)judging->judgement->requirements->data,
                                             judging->judgement->requirements->len, (const char *const *)overruling->pdata);
    return quorum.missing == 0 && count > quorum.seat_count;
}

static void visit_veto(Judging *judging, const KjSigned *link, const char *person) {
    if (kj_statement_kind(link->statement) != KJ_STATEMENT_VETO || !is_about(judging, link->statement))
        return;
    KjVoice voice = { link, person, KJ_VOICE_COUNTS };
    if (!person || !may_speak(judging, person))
        voice.state = KJ_VOICE_STRANGER;
    else if (is_withdrawn(judging, link) || is_overruled(judging, kj_statement_digest(link->statement)))
        voice.state = KJ_VOICE_WITHDRAWN;
    else if (!says(link->statement, "result", kj_unit_digest(judging->need->result)))
        voice.state = KJ_VOICE_STALE;
    g_array_append_val(judging->judgement->vetoes, voice);
}

static gboolean is_vetoed(const KjJudgement *judgement) {
    for (guint i = 0; i < judgement->vetoes->len; i++)
        if (g_array_index(judgement->vetoes, KjVoice, i).state == KJ_VOICE_COUNTS)
            return TRUE;
    return FALSE;
}

/* ---- the whole ---- */

static void copy_requirements(const GArray *from, GArray *to) {
    for (guint i = 0; i < from->len; i++) {
        KjRequirement requirement = g_array_index(from, KjRequirement, i);
        guint count = g_strv_length((char **)requirement.people);
        const char **people = g_new(const char *, count + 1);
        memcpy(people, requirement.people, (count + 1) * sizeof *people);
        requirement.people = people;
        g_array_append_val(to, requirement);
    }
}

static void clear_requirement(gpointer data) {
    g_free((gpointer)((KjRequirement *)data)->people);
}

static void count_seats(Judging *judging) {
    KjJudgement *judgement = judging->judgement;
    const KjRequirement *requirements = (const KjRequirement *)(void *)judgement->requirements->data;
    g_autofree const char **barred = (const char **)g_hash_table_get_keys_as_array(judging->barred, NULL);
    g_ptr_array_add(judging->agreed, NULL);
    judgement->agreed = (const char **)g_ptr_array_free(g_steal_pointer(&judging->agreed), FALSE);
    judgement->quorum = kj_quorum_fill(requirements, judgement->requirements->len, judgement->agreed);
    judgement->helpful = kj_quorum_helpful(requirements, judgement->requirements->len, judgement->agreed, barred);
    judgement->met = !judging->need->refused && judgement->quorum.missing == 0 && !is_vetoed(judgement);
}

KjJudgement *kj_judgement_new(const KjNeed *need, const KjCircumstances *circumstances) {
    KjJudgement *judgement = g_new0(KjJudgement, 1);
    g_autoptr(GHashTable) withdrawn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                          barred = g_hash_table_new(g_str_hash, g_str_equal);
    Judging judging = { need, circumstances, judgement, withdrawn, barred, g_ptr_array_new() };
    judgement->need = need;
    judgement->voices = g_array_new(FALSE, FALSE, sizeof(KjVoice));
    judgement->vetoes = g_array_new(FALSE, FALSE, sizeof(KjVoice));
    judgement->requirements = g_array_new(FALSE, FALSE, sizeof(KjRequirement));
    g_array_set_clear_func(judgement->requirements, clear_requirement);
    copy_requirements(need->requirements, judgement->requirements);
    visit_all(&judging, visit_withdrawal);
    if (circumstances->emergency) {
        visit_all(&judging, visit_emergency);
    } else {
        for (const char *const *author = circumstances->authors; *author; author++)
            g_hash_table_add(barred, (gpointer)*author);
        visit_all(&judging, visit_author);
        visit_all(&judging, visit_approval);
        visit_all(&judging, visit_ratification);
        visit_all(&judging, visit_record);
        pair_records(&judging);
        visit_all(&judging, visit_delegation);
    }
    for (guint i = 0; i < judgement->requirements->len; i++)
        seat_deputies(&judging, &g_array_index(judgement->requirements, KjRequirement, i));
    visit_all(&judging, visit_veto);
    count_seats(&judging);
    return judgement;
}

void kj_judgement_free(KjJudgement *judgement) {
    if (!judgement)
        return;
    g_array_unref(judgement->voices);
    g_array_unref(judgement->vetoes);
    g_array_unref(judgement->requirements);
    g_free(judgement->agreed);
    kj_quorum_clear(&judgement->quorum);
    g_free(judgement->helpful);
    g_free(judgement);
}
