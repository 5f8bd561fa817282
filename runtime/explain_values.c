/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classes in words.
 *
 * Numbers and addresses have points, names have lists (view.h). Of a path or a mail address the table keeps only the automaton: its
 * class is shown by the shortest value that leads there, with `*` for a token nobody named. Found by a breadth-first walk over the states.
 */
#include <kijun/explain_values.h>

#include <string.h>

#include <kijun/value.h>

#define MOST_SHOWN 4 /* values named before "..." */

static gboolean is_word(gunichar c) {
    return c < 0x80 && (g_ascii_isalnum((char)c) || strchr("\"_/*.-)`", (int)c));
}

static gboolean is_japanese(gunichar c) {
    return c >= 0x3040 && !(c >= 0xff00 && c <= 0xffef);
}

void kj_say_words(const char *text, GString *out) {
    if (out->len && text[0]) {
        gunichar left = g_utf8_get_char(g_utf8_prev_char(out->str + out->len)), right = g_utf8_get_char(text);
        if ((is_word(left) && is_japanese(right)) || (is_japanese(left) && is_word(right)))
            g_string_append_c(out, ' ');
    }
    g_string_append(out, text);
}

void kj_say_phrase(const char *phrase, const char *operand, GString *out) {
    const char *hole = strstr(phrase, "{}");
    g_autofree char *before = hole ? g_strndup(phrase, (gsize)(hole - phrase)) : NULL;

    kj_say_words(hole ? before : phrase, out);
    if (hole) {
        kj_say_words(operand, out);
        kj_say_words(hole + 2, out);
    }
}

char *kj_phrase_negated(const char *phrase) {
    static const struct {
        const char *plain, *negated;
    } verbs[] = { { " is ", " is not " }, { " has ", " has not " }, { " are ", " are not " } };
    if (!strchr(phrase, ' '))
        return g_strconcat("not ", phrase, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const char *verb = strstr(phrase, verbs[i].plain);
        if (verb)
            return g_strdup_printf("%.*s%s%s", (int)(verb - phrase), phrase, verbs[i].negated, verb + strlen(verbs[i].plain));
    }
    return g_strdup_printf("it is not so that %s", phrase);
}

guint kj_box_failures(const KjImage *image, const guint32 *classes, guint32 box, guint32 *failing, guint most) {
    const KjRecordBox *record = &KJ_RECORDS(image, BOXES, KjRecordBox)[box];
    const KjRecordTest *tests = KJ_RECORDS(image, TESTS, KjRecordTest);
    guint count = 0;
    for (guint32 test = record->first_test; test < record->first_test + record->test_count; test++) {
        if (kj_test_holds(image, classes, &tests[test]))
            continue;
        if (failing && count < most)
            failing[count] = test;
        count++;
    }
    return count;
}

/* ---- the shortest value of a class of an automaton ---- */

typedef struct {
    guint32 state, parent; /* index in the queue; KJ_NONE for the root */
    const char *token;     /* that led here; "*" for one nobody named */
} Step;

static void visit(GArray *queue, GHashTable *seen, guint32 state, guint32 parent, const char *token) {
    Step step = { state, parent, token };
    if (state != KJ_NONE && g_hash_table_add(seen, GUINT_TO_POINTER(state)))
        g_array_append_val(queue, step);
}

/* The queue's index of the first state of the class, or KJ_NONE. */
static guint32 find_state(const KjImage *image, const KjRecordField *field, guint32 klass, GArray *queue) {
    const KjRecordNode *nodes = KJ_RECORDS(image, NODES, KjRecordNode);
    const KjRecordEdge *edges = KJ_RECORDS(image, EDGES, KjRecordEdge);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    visit(queue, seen, field->root, KJ_NONE, "");
    for (guint32 i = 0; i < queue->len; i++) {
        const KjRecordNode *node = &nodes[g_array_index(queue, Step, i).state];
        if (node->klass == klass && (i > 0 || field->type == KJ_TYPE_PATH))
            return i;
        for (guint32 edge = node->a; edge < node->a + node->b; edge++)
            visit(queue, seen, edges[edge].state, i, KJ_STRING(image, edges[edge].token));
        visit(queue, seen, node->c, i, "*");
    }
    return KJ_NONE;
}

static void say_example(const KjRequest *request, const KjRecordField *field, guint32 klass, GString *out) {
    g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(Step));
    guint32 found = field->root == KJ_NONE ? KJ_NONE : find_state(&request->table->image, field, klass, queue);
    g_autoptr(GString) text = g_string_new(NULL);
    if (found == KJ_NONE) {
        g_string_append_c(out, '*');
        return;
    }
    /* From the last token back: a path is then put together from its end, a mail address from its local part. */
    for (const Step *step = &g_array_index(queue, Step, found); step->parent != KJ_NONE; step = &g_array_index(queue, Step, step->parent)) {
        if (field->type == KJ_TYPE_PATH) {
            g_string_prepend(text, step->token);
            g_string_prepend_c(text, '/');
        } else if (field->type != KJ_TYPE_MAIL) {
            g_string_prepend(text, step->token);
        } else if (text->len == 0) {
            g_string_append(text, *step->token == '@' ? step->token + 1 : step->token);
            g_string_append_c(text, '@');
        } else {
            g_string_append(text, step->token);
            g_string_append_c(text, '.');
        }
    }
    if (field->type == KJ_TYPE_MAIL && text->len > 0 && text->str[text->len - 1] == '.')
        g_string_truncate(text, text->len - 1);
    g_string_append(out, text->len ? text->str : "/");
}

/* ---- one class, several classes ---- */

/* Whether values nobody named are of the class. */
static gboolean is_rest(const KjRecordField *field, guint32 klass) {
    return kj_field_is_text(field) && field->kind == KJ_FIELD_KIND_VALUE && !(field->flags & KJ_FIELD_SET) && klass == field->rest;
}

/* "443", "10.0.0.0/8", "tcp", "11 or more". */
static void say_point(const KjRequest *request, const KjRecordField *field, KjInterval points, gboolean japanese, GString *out) {
    const KjRecordValue *values = KJ_RECORDS(&request->table->image, VALUES, KjRecordValue) + field->first_value;
    gboolean single = kj_ordinal_compare(points.low, points.high) == 0;
    for (guint32 i = 0; single && field->type != KJ_TYPE_BOOL && i < field->value_count; i++)
        if (values[i].number == points.low.low) {
            g_string_append(out, KJ_STRING(&request->table->image, values[i].name));
            return;
        }
    gboolean counts = field->type == KJ_TYPE_INTEGER || field->type == KJ_TYPE_SIZE || field->type == KJ_TYPE_DURATION;
    if (single || !counts || (points.low.low > field->low && points.high.low < field->high)) {
        kj_value_print_interval(field->type, points, out);
    } else if (points.high.low >= field->high) {
        kj_value_print(field->type, points.low, out);
        g_string_append(out, japanese ? "以上" : " or more");
    } else {
        kj_value_print(field->type, points.high, out);
        g_string_append(out, japanese ? "以下" : " or less");
    }
}

static void say_names(const KjRequest *request, guint field, guint32 klass, GString *out) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    kj_view_class_values(request->table, request->block->first_field + field, klass, names);
    for (guint i = 0; i < names->len && i < MOST_SHOWN; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
    if (names->len > MOST_SHOWN)
        g_string_append(out, ", ...");
    if (names->len == 0)
        say_example(request, &request->fields[field], klass, out);
}

static void say_run(const KjRequest *request, guint field, guint32 low, guint32 high, gboolean japanese, GString *out) {
    const KjRecordField *record = &request->fields[field];
    KjInterval first, last;
    if (kj_field_is_text(record)) {
        for (guint32 klass = low; klass <= high && klass - low < MOST_SHOWN; klass++) {
            g_string_append(out, klass > low ? ", " : "");
            say_names(request, field, klass, out);
        }
        g_string_append(out, high - low >= MOST_SHOWN ? ", ..." : "");
    } else if (kj_view_class_points(request->table, request->block->first_field + field, low, &first) &&
               kj_view_class_points(request->table, request->block->first_field + field, high, &last)) {
        if (record->type == KJ_TYPE_SYMBOL && high > low) {
            for (guint32 klass = low; klass <= high; klass++) {
                g_string_append(out, klass > low ? ", " : "");
                say_run(request, field, klass, klass, japanese, out);
            }
            return;
        }
        say_point(request, record, (KjInterval){ first.low, last.high }, japanese, out);
    }
}

/* The intervals between the given ones, without "missing". */
static GArray *complement(const KjRecordField *field, const KjClassInterval *intervals, guint count) {
    GArray *others = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    guint32 next = 1;
    for (guint i = 0; i < count; i++) {
        KjClassInterval gap = { next, intervals[i].low - 1 };
        if (intervals[i].low > next)
            g_array_append_val(others, gap);
        next = intervals[i].high + 1;
    }
    KjClassInterval end = { next, field->class_count - 1 };
    if (next < field->class_count)
        g_array_append_val(others, end);
    return others;
}

static void say_runs(const KjRequest *request, guint field, const KjClassInterval *intervals, guint count, gboolean japanese,
                     GString *out) {
    gsize start = out->len;
    guint shown = 0;
    for (guint i = 0; i < count; i++) {
        guint32 low = MAX(intervals[i].low, 1);
        if (low > intervals[i].high)
            continue;
        g_string_append(out, out->len > start ? ", " : "");
        if (shown++ == MOST_SHOWN) {
            g_string_append(out, "...");
            return;
        }
        say_run(request, field, low, intervals[i].high, japanese, out);
    }
}

void kj_say_classes(const KjRequest *request, guint field, const KjClassInterval *intervals, guint count, gboolean japanese, GString *out) {
    const KjRecordField *record = &request->fields[field];
    g_autoptr(GArray) others = complement(record, intervals, count);
    gboolean rest = FALSE;
    guint present = 0; /* intervals of more than "missing" */
    for (guint i = 0; i < count; i++)
        present += intervals[i].high > 0;
    for (guint i = 0; i < count; i++)
        rest |= record->rest >= intervals[i].low && record->rest <= intervals[i].high && is_rest(record, record->rest);
    if (count > 0 && intervals[0].high == 0 && count == 1) {
        g_string_append(out, japanese ? "なし" : "none");
    } else if (others->len == 0) {
        g_string_append(out, japanese ? "任意の値" : "any value");
    } else if (rest || others->len < present) { /* the shorter way to say it */
        g_string_append(out, japanese ? "" : "other than ");
        say_runs(request, field, (const KjClassInterval *)(const void *)others->data, others->len, japanese, out);
        g_string_append(out, japanese ? " 以外" : "");
    } else {
        say_runs(request, field, intervals, count, japanese, out);
    }
}

void kj_say_field(const KjRequest *request, guint field, const KjClassInterval *intervals, guint count, gboolean japanese, GString *out) {
    const KjRecordField *record = &request->fields[field];
    const KjImage *image = &request->table->image;
    const char *name = KJ_STRING(image, record->name), *phrase = KJ_STRING(image, japanese ? record->phrase_ja : record->phrase_en);
    gboolean truth = record->kind != KJ_FIELD_KIND_VALUE || (record->type == KJ_TYPE_BOOL && !(record->flags & KJ_FIELD_SET));
    gboolean holds = count > 0 && intervals[count - 1].high >= 2, absent = count > 0 && intervals[count - 1].high == 0;
    if (absent) {
        g_string_append_printf(out, japanese ? "`%s` なし" : "without `%s`", name);
    } else if (truth) {
        const char *words = record->kind == KJ_FIELD_KIND_VALUE && *phrase ? phrase : name;
        if (japanese && record->kind == KJ_FIELD_KIND_TIME && g_str_has_prefix(name, "during ")) {
            kj_say_phrase(holds ? "時間帯が{}" : "時間帯が{}以外", name + strlen("during "), out);
        } else if (japanese && holds && record->kind == KJ_FIELD_KIND_VALUE) {
            g_string_append(out, words);
        } else if (japanese) {
            g_string_append_printf(out, holds ? "「%s」が成り立つ" : "「%s」が成り立たない", words);
        } else {
            g_autofree char *negated = holds                                 ? NULL
                                       : record->kind == KJ_FIELD_KIND_VALUE ? kj_phrase_negated(words)
                                                                             : g_strconcat("not ", words, NULL);
            g_string_append(out, holds ? words : negated);
        }
    } else {
        g_autoptr(GString) operand = g_string_new(NULL);
        kj_say_classes(request, field, intervals, count, japanese, operand);
        kj_say_phrase(*phrase ? phrase : name, operand->str, out);
    }
}
