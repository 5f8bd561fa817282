/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only judge of untrusted bytes.
 *
 * Everything the runtime later takes for granted is established here, record by record: columns by the table of sections.c, what holds
 * between records below. Every index is in its section, every string begins and ends where it should, what is searched is sorted, what is
 * walked ends. Nothing allocates or recurses, and nothing can overflow: a range is compared as `count <= total - first`, in 64 bits.
 *
 * One thing is left to the walk itself: an automaton's states are shared by no field in particular, so that a class found at a state is
 * compared with the field's class count where it is used (request.c).
 *
 * Cost: linear in the file, but for lists that several records share (leaves, intervals, tests), which are looked at once for each
 * reference. WORK_MAX ends the verification of a file made to multiply them.
 */
#include <kijun/calendar.h>
#include <kijun/verify.h>

#include <string.h>

#define WORK_MAX (G_GUINT64_CONSTANT(1) << 28) /* about a second; the largest honest table needs a hundredth */

typedef struct {
    KjImage *image;
    KjFlaw *flaw;
    guint64 work, record;
    guint section; /* with the record: where we are, for the flaw */
} Verifier;

static gboolean refuse(Verifier *verifier, const char *reason) {
    *verifier->flaw = (KjFlaw){ reason, verifier->section, verifier->record };
    return FALSE;
}

#define DEMAND(condition, reason)             \
    do {                                      \
        if (!(condition))                     \
            return refuse(verifier, (reason)); \
    } while (0)

/* Each amount is below 2^32, and the sum ends at the first above 2^28. */
#define SPEND(amount) DEMAND((verifier->work += (amount)) <= WORK_MAX, "lists are shared too often")

static gboolean in_range(guint64 first, guint64 count, guint64 total) {
    return first <= total && count <= total - first;
}

static gboolean is_string(const Verifier *verifier, guint32 offset) {
    return offset < verifier->image->count[KJ_SECTION_STRINGS] && (offset == 0 || *KJ_STRING(verifier->image, offset - 1) == '\0');
}

static gboolean is_state(const Verifier *verifier, guint32 node) {
    return node < verifier->image->count[KJ_SECTION_NODES] && KJ_RECORDS(verifier->image, NODES, KjRecordNode)[node].kind == KJ_NODE_STATE;
}

static const KjRecordField *field_of(const Verifier *verifier, const KjRecordBlock *block, guint32 field) {
    return field < block->field_count ? KJ_RECORDS(verifier->image, FIELDS, KjRecordField) + block->first_field + field : NULL;
}

/* ---- header and sections ---- */

static gboolean is_zero(const guint8 *bytes, gsize begin, gsize end) {
    while (begin < end)
        if (bytes[begin++] != 0)
            return FALSE;
    return TRUE;
}

static gboolean verify_sections(Verifier *verifier, const guint8 *bytes, gsize length) {
    const KjTableHeader *header = (const KjTableHeader *)(const void *)bytes;
    DEMAND(length >= sizeof *header && memcmp(header->magic, KJ_TABLE_MAGIC, sizeof header->magic) == 0, "this is not a table");
    DEMAND(header->version == KJ_TABLE_VERSION, "the table has a version this program does not know");
    DEMAND(header->size == length && length <= KJ_TABLE_BYTES_MAX, "the size is not that of the file");
    DEMAND(header->section_count <= KJ_SECTION_COUNT, "the header has too many sections");
    DEMAND(header->until % 60 == 0 && header->until < (guint64)KJ_INSTANT_END, "the end of an emergency is no minute before 2100");
    const KjRecordSection *sections = (const KjRecordSection *)(const void *)(header + 1);
    gsize end = sizeof *header + header->section_count * sizeof *sections;
    DEMAND(end <= length, "the section table does not fit");
    for (guint i = 0, last = 0; i < header->section_count; i++) {
        const KjRecordSection *section = &sections[i];
        verifier->record = i;
        DEMAND(section->kind > last && section->kind <= KJ_SECTION_COUNT, "sections are out of order or unknown");
        DEMAND(section->version == KJ_SECTION_VERSION, "a section has a version this program does not know");
        gsize start = (end + 7) & ~(gsize) 7;
        DEMAND(section->offset == start && start <= length, "a section does not follow the one before it");
        DEMAND(section->count <= (length - start) / kj_section_shapes[section->kind].size, "a section does not fit");
        DEMAND(is_zero(bytes, end, start), "a gap is not zero");
        verifier->image->start[section->kind] = bytes + start;
        verifier->image->count[section->kind] = (guint32)section->count;
        end = start + section->count * kj_section_shapes[section->kind].size;
        last = section->kind;
    }
    DEMAND(length == ((end + 7) & ~(gsize) 7) && is_zero(bytes, end, length), "the file does not end with its last section");
    return TRUE;
}

static gboolean verify_strings(Verifier *verifier) {
    const char *strings = verifier->image->start[KJ_SECTION_STRINGS];
    guint32 size = verifier->image->count[KJ_SECTION_STRINGS];
    verifier->section = KJ_SECTION_STRINGS;
    DEMAND(size >= 1 && strings[0] == '\0' && strings[size - 1] == '\0', "strings do not begin and end with NUL");
    for (guint32 offset = 0; offset < size;) {
        gsize length = strlen(strings + offset);
        verifier->record = offset;
        DEMAND(g_utf8_validate_len(strings + offset, length, NULL), "a string is not UTF-8");
        offset += (guint32)length + 1;
    }
    return TRUE;
}

static gboolean verify_column(Verifier *verifier, const KjColumn *column, const guint32 *cell) {
    const guint32 *count = verifier->image->count;
    switch (column->kind) {
    case KJ_COLUMN_STRING:
        return is_string(verifier, cell[0]) ? TRUE : refuse(verifier, N_("a name is not a string"));
    case KJ_COLUMN_ENUM:
        return cell[0] >= 1 && cell[0] <= column->limit ? TRUE : refuse(verifier, N_("there is no such kind"));
    case KJ_COLUMN_FLAGS:
        return (cell[0] & ~column->limit) == 0 ? TRUE : refuse(verifier, N_("there is no such flag, or a reserved byte is not zero"));
    case KJ_COLUMN_INDEX:
        return cell[0] < count[column->limit] ? TRUE : refuse(verifier, N_("an index is out of range"));
    case KJ_COLUMN_RANGE:
    default: /* verify_columns stops before KJ_COLUMN_END */
        return in_range(cell[0], cell[1], count[column->limit]) ? TRUE : refuse(verifier, N_("a list is out of range"));
    }
}

/* What sections.c says of every record. After this all indices and ranges it lists hold. */
static gboolean verify_columns(Verifier *verifier, guint kind) {
    const KjSectionShape *shape = &kj_section_shapes[kind];
    const char *record = verifier->image->start[kind];
    verifier->section = kind;
    for (guint32 i = 0; i < verifier->image->count[kind]; i++, record += shape->size) {
        verifier->record = i;
        for (const KjColumn *column = shape->columns; column->kind != KJ_COLUMN_END; column++)
            if (!verify_column(verifier, column, (const guint32 *)(const void *)(record + column->offset)))
                return FALSE;
    }
    return TRUE;
}

/* ---- fields ---- */

static gboolean verify_points(Verifier *verifier, const KjRecordField *field) {
    const KjRecordPoint *points = KJ_RECORDS(verifier->image, POINTS, KjRecordPoint) + field->first_point;
    gboolean address = field->type == KJ_TYPE_ADDRESS;
    DEMAND(field->point_count >= 1 && field->point_count == field->class_count - 1, "a classifier does not have the classes of its field");
    SPEND(field->point_count);
    for (guint32 i = 0; i < field->point_count; i++) {
        KjOrdinal point = { points[i].family, points[i].high, points[i].low };
        DEMAND(point.family == 6 ? address : point.high == 0 && point.family == (address ? 4 : 0), "a point is not of the field's type");
        DEMAND(point.family != 4 || point.low <= G_MAXUINT32, "a point is not of the field's type");
        DEMAND(i > 0 || (point.family != 6 && point.low == 0), "a classifier does not begin where its type begins");
        if (i > 0)
            DEMAND(kj_ordinal_compare((KjOrdinal){ points[i - 1].family, points[i - 1].high, points[i - 1].low }, point) < 0,
                   "points are not in order");
    }
    return TRUE;
}

/* How values of the type are told apart; see "Classes" in format.h. */
static gboolean verify_classifier(Verifier *verifier, const KjRecordField *field) {
    const KjRecordValue *values = KJ_RECORDS(verifier->image, VALUES, KjRecordValue) + field->first_value;
    SPEND(field->value_count);
    for (guint32 i = 0; field->type == KJ_TYPE_SYMBOL && i < field->value_count; i++)
        DEMAND(values[i].number < field->value_count, "a value is not in its enumeration");
    gboolean set = (field->flags & KJ_FIELD_SET) != 0;
    DEMAND(!set || (field->class_count == 2 && field->type != KJ_TYPE_SERVICE && field->root == KJ_NONE), "a set has classes of its own");
    if (set || field->type == KJ_TYPE_SERVICE)
        return TRUE;
    if (kj_field_is_direct(field)) {
        DEMAND(field->class_count - 1 == (field->type == KJ_TYPE_BOOL ? 2 : field->value_count), "an enumeration lacks classes");
        return TRUE;
    }
    if (!kj_field_is_text(field))
        return verify_points(verifier, field);
    DEMAND(field->rest >= 1 && field->rest < field->class_count, "the class of unnamed values is not one of the field's");
    DEMAND(field->class_count - 2 <= verifier->image->count[KJ_SECTION_NODES], "a field has more classes than states to give them");
    DEMAND(field->root == KJ_NONE || is_state(verifier, field->root), "an automaton does not begin with a state");
    return TRUE;
}

/* Fields that no request sets: they are computed from others. */
static gboolean verify_derived(Verifier *verifier, const KjRecordBlock *block, const KjRecordField *field) {
    const KjRecordField *left = field_of(verifier, block, field->left), *right = field_of(verifier, block, field->right);
    DEMAND(field->class_count == 3, "a derived field does not have three classes");
    if (field->kind == KJ_FIELD_KIND_TIME) {
        DEMAND(field->root < verifier->image->count[KJ_SECTION_WINDOWS], "a field of time has no window");
        return TRUE;
    }
    DEMAND(left && left->kind == KJ_FIELD_KIND_VALUE && left->type != KJ_TYPE_SERVICE, "a derived field stands for nothing");
    if (field->kind == KJ_FIELD_KIND_MEMBER) {
        DEMAND((left->flags & KJ_FIELD_SET) && is_string(verifier, field->operand), "a member belongs to no set");
        return TRUE;
    }
    DEMAND(right && right->kind == KJ_FIELD_KIND_VALUE && !((left->flags | right->flags) & KJ_FIELD_SET), "a comparison lacks a side");
    gboolean text = kj_field_is_text(left);
    DEMAND(right->type != KJ_TYPE_SERVICE && text == kj_field_is_text(right), "a comparison mixes types");
    DEMAND(field->operand >= KJ_EQUAL && field->operand <= (text ? KJ_NOT_EQUAL : KJ_GREATER_EQUAL), "there is no such comparison");
    return TRUE;
}

static gboolean verify_field(Verifier *verifier, const KjRecordBlock *block, const KjRecordField *field) {
    DEMAND(field->low <= field->high && field->class_count >= 1, "a field has no values or no classes");
    if (field->kind != KJ_FIELD_KIND_VALUE)
        return verify_derived(verifier, block, field);
    const KjRecordField *parts[] = { field_of(verifier, block, field->left), field_of(verifier, block, field->right) };
    for (guint i = 0; field->type == KJ_TYPE_SERVICE && i < G_N_ELEMENTS(parts); i++)
        DEMAND(parts[i] && parts[i]->kind == KJ_FIELD_KIND_VALUE && parts[i]->type == KJ_TYPE_INTEGER && !(parts[i]->flags & KJ_FIELD_SET),
               "a service does not stand for two integer fields");
    return verify_classifier(verifier, field);
}

/* ---- rules and boxes ---- */

static gboolean verify_test(Verifier *verifier, const KjRecordBlock *block, const KjRecordTest *test) {
    const KjRecordField *field = field_of(verifier, block, test->field);
    const KjClassInterval *intervals = KJ_RECORDS(verifier->image, INTERVALS, KjClassInterval) + test->first_interval;
    DEMAND(field, "a test is on a field the block does not have");
    DEMAND(test->interval_count >= 1, "a test has no intervals");
    SPEND(test->interval_count);
    for (guint32 i = 0; i < test->interval_count; i++) {
        DEMAND(intervals[i].low <= intervals[i].high && intervals[i].high < field->class_count, "an interval has classes the field lacks");
        DEMAND(i == 0 || (guint64)intervals[i].low > (guint64)intervals[i - 1].high + 1, "intervals are not in order");
    }
    return TRUE;
}

static gboolean verify_box(Verifier *verifier, const KjRecordBlock *block, guint32 rule, const KjRecordBox *box) {
    const KjRecordTest *tests = KJ_RECORDS(verifier->image, TESTS, KjRecordTest) + box->first_test;
    DEMAND(box->rule == rule, "a box belongs to another rule");
    SPEND(box->test_count);
    for (guint32 i = 0; i < box->test_count; i++) {
        DEMAND(i == 0 || tests[i].field > tests[i - 1].field, "tests are not in order");
        if (!verify_test(verifier, block, &tests[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean verify_parameters(Verifier *verifier, const KjRecordBlock *block, const KjRecordRule *rule) {
    const KjRecordParameter *parameters = KJ_RECORDS(verifier->image, PARAMETERS, KjRecordParameter) + rule->first_parameter;
    const guint32 *members = KJ_RECORDS(verifier->image, MEMBERS, guint32);
    for (guint32 i = 0; i < rule->parameter_count; i++) {
        const KjRecordParameter *parameter = &parameters[i];
        SPEND(parameter->member_count + G_GUINT64_CONSTANT(1));
        for (guint32 j = 0; j < parameter->member_count; j++)
            DEMAND(members[parameter->first_member + j] < block->field_count, "a member is not a field of the block");
    }
    return TRUE;
}

/* The rules of a block share its boxes out in order. */
static gboolean verify_rules(Verifier *verifier, const KjRecordBlock *block) {
    const KjRecordRule *rules = KJ_RECORDS(verifier->image, RULES, KjRecordRule);
    const KjRecordBox *boxes = KJ_RECORDS(verifier->image, BOXES, KjRecordBox);
    guint32 next = block->first_box, end = block->first_box + block->box_count;
    for (guint32 i = block->first_rule; i < block->first_rule + block->rule_count; i++) {
        const KjRecordRule *rule = &rules[i];
        verifier->section = KJ_SECTION_RULES;
        verifier->record = i;
        DEMAND(rule->effect < block->effect_count, "a rule has an effect the block lacks");
        DEMAND(rule->first_box == next && rule->box_count <= end - next, "boxes are not shared out in order");
        if (!verify_parameters(verifier, block, rule))
            return FALSE;
        verifier->section = KJ_SECTION_BOXES;
        for (; next < rule->first_box + rule->box_count; next++) {
            verifier->record = next;
            if (!verify_box(verifier, block, i, &boxes[next]))
                return FALSE;
        }
    }
    DEMAND(next == end, "boxes belong to no rule");
    return TRUE;
}

/* ---- nodes ---- */

/* A leaf's boxes are the block's and best first, so that a decision may stop at the first that matches. */
static gboolean verify_leaf(Verifier *verifier, const KjRecordBlock *block, const KjRecordNode *node) {
    const KjRecordBox *boxes = KJ_RECORDS(verifier->image, BOXES, KjRecordBox);
    const KjRecordRule *rules = KJ_RECORDS(verifier->image, RULES, KjRecordRule);
    DEMAND(node->c == 0 && node->klass == 0 && in_range(node->a, node->b, verifier->image->count[KJ_SECTION_LEAVES]), "a leaf is too long");
    const guint32 *leaves = KJ_RECORDS(verifier->image, LEAVES, guint32) + node->a;
    SPEND(node->b);
    for (guint32 i = 0; i < node->b; i++) {
        DEMAND(leaves[i] >= block->first_box && leaves[i] - block->first_box < block->box_count, "a leaf has a box of another block");
        guint32 last = leaves[MAX(i, 1) - 1], before = rules[boxes[last].rule].effect, here = rules[boxes[leaves[i]].rule].effect;
        gboolean ranked = block->combining == KJ_COMBINING_STRICTEST && before != here;
        DEMAND(i == 0 || (ranked ? before > here : last < leaves[i]), "a leaf is not best first");
    }
    return TRUE;
}

/* A tree node belongs to the block whose root comes last before it, up to `limit`. Only the root or second child of a BOTH can be one. */
static gboolean verify_tree_node(Verifier *verifier, const KjRecordBlock *block, guint32 index, guint32 limit) {
    const KjRecordNode *nodes = KJ_RECORDS(verifier->image, NODES, KjRecordNode), *node = &nodes[index];
    gboolean both = node->kind == KJ_NODE_BOTH;
    DEMAND(block, "a tree belongs to no block");
    if (node->kind == KJ_NODE_LEAF)
        return verify_leaf(verifier, block, node);
    const KjRecordField *field = field_of(verifier, block, node->a);
    DEMAND(node->klass == 0 && node->c > index && node->c < limit && limit - node->c >= 2, "a node leads out of its tree");
    DEMAND(nodes[node->c].kind <= KJ_NODE_LEAF && nodes[node->c + 1].kind <= (both ? KJ_NODE_BOTH : KJ_NODE_LEAF), "it leads outside");
    DEMAND(!both || (block->combining == KJ_COMBINING_FIRST_MATCH && (node->a | node->b) == 0), "trees cannot be side by side here");
    DEMAND(both || (field && node->b >= 1 && node->b < field->class_count), "a split does not split a field of the block");
    return TRUE;
}

static gboolean verify_state(Verifier *verifier, const KjRecordNode *node) {
    DEMAND(in_range(node->a, node->b, verifier->image->count[KJ_SECTION_EDGES]), "edges are out of range");
    DEMAND(node->c == KJ_NONE || is_state(verifier, node->c), "a state leads to no state");
    const KjRecordEdge *edges = KJ_RECORDS(verifier->image, EDGES, KjRecordEdge) + node->a;
    for (guint32 i = 0; i < node->b; i++) {
        const char *token = KJ_STRING(verifier->image, edges[i].token);
        DEMAND(is_state(verifier, edges[i].state), "an edge leads to no state");
        SPEND(strlen(token) + 1);
        DEMAND(i == 0 || strcmp(KJ_STRING(verifier->image, edges[i - 1].token), token) < 0, "edges are not in order");
    }
    return TRUE;
}

static gboolean verify_nodes(Verifier *verifier) {
    const KjRecordBlock *blocks = KJ_RECORDS(verifier->image, BLOCKS, KjRecordBlock), *block = NULL;
    const KjRecordNode *nodes = KJ_RECORDS(verifier->image, NODES, KjRecordNode);
    guint32 count = verifier->image->count[KJ_SECTION_NODES], block_count = verifier->image->count[KJ_SECTION_BLOCKS], next = 0;
    verifier->section = KJ_SECTION_NODES;
    for (guint32 i = 0; i < count; i++) {
        verifier->record = i;
        if (next < block_count && blocks[next].root == i) {
            DEMAND(nodes[i].kind != KJ_NODE_STATE, "a tree begins with a state");
            block = &blocks[next++];
        }
        guint32 limit = next < block_count ? blocks[next].root : count;
        if (nodes[i].kind == KJ_NODE_STATE ? !verify_state(verifier, &nodes[i]) : !verify_tree_node(verifier, block, i, limit))
            return FALSE;
    }
    DEMAND(next == block_count, "a block has no tree, or trees are not in the order of their blocks");
    return TRUE;
}

/* ---- blocks and windows ---- */

static gboolean verify_blocks(Verifier *verifier) {
    const KjRecordBlock *blocks = KJ_RECORDS(verifier->image, BLOCKS, KjRecordBlock);
    const KjRecordField *fields = KJ_RECORDS(verifier->image, FIELDS, KjRecordField);
    guint32 field = 0, rule = 0, box = 0;
    for (guint32 i = 0; i < verifier->image->count[KJ_SECTION_BLOCKS]; i++) {
        const KjRecordBlock *block = &blocks[i];
        verifier->section = KJ_SECTION_BLOCKS;
        verifier->record = i;
        DEMAND(block->first_field == field && block->first_rule == rule && block->first_box == box, "blocks are not in order");
        DEMAND(block->default_effect == KJ_NONE || block->default_effect < block->effect_count, "the default is not one of the effects");
        for (guint32 end = field + block->field_count; field < end; field++) {
            verifier->section = KJ_SECTION_FIELDS;
            verifier->record = field;
            if (!verify_field(verifier, block, &fields[field]))
                return FALSE;
        }
        if (!verify_rules(verifier, block))
            return FALSE;
        rule += block->rule_count;
        box += block->box_count;
    }
    const guint32 *count = verifier->image->count;
    verifier->section = KJ_SECTION_BLOCKS;
    DEMAND(field == count[KJ_SECTION_FIELDS] && rule == count[KJ_SECTION_RULES] && box == count[KJ_SECTION_BOXES], "a part has no block");
    DEMAND(count[KJ_SECTION_SPANS] == 0 || count[KJ_SECTION_SPANS] == rule, "spans do not go with rules");
    return TRUE;
}

static gboolean verify_windows(Verifier *verifier) {
    const KjRecordWindow *windows = KJ_RECORDS(verifier->image, WINDOWS, KjRecordWindow);
    guint32 count = verifier->image->count[KJ_SECTION_WINDOWS], next = 0; /* the first that is no part of one before */
    verifier->section = KJ_SECTION_WINDOWS;
    for (guint32 i = 0; i < count; i++) {
        const KjRecordWindow *window = &windows[i];
        gboolean joined = window->kind != KJ_WINDOW_ATOM;
        verifier->record = i;
        next = MAX(next, i + 1) + (joined ? 2 : 0);
        DEMAND(!joined || (window->left == next - 2 && window->right == next - 1 && next <= count), "a window's parts do not follow it");
        DEMAND(joined || *KJ_STRING(verifier->image, window->zone), "a window has no zone");
        DEMAND(joined || (window->weekdays >= 1 && window->weekdays <= 127), "a window has no weekday, or one that does not exist");
        DEMAND(joined || (window->first_minute < 1440 && window->last_minute < 1440), "a day has 1440 minutes");
        DEMAND(joined || window->first_day <= window->last_day, "a window ends before it begins");
    }
    return TRUE;
}

gboolean kj_verify(const void *bytes, gsize length, KjImage *image, KjFlaw *flaw) {
    Verifier verifier = { .image = image, .flaw = flaw };
    for (guint kind = 0; kind <= KJ_SECTION_COUNT; image->count[kind++] = 0)
        image->start[kind] = bytes;
    if (!verify_sections(&verifier, bytes, length) || !verify_strings(&verifier))
        return FALSE;
    for (guint kind = KJ_SECTION_BLOCKS; kind <= KJ_SECTION_COUNT; kind++)
        if (!verify_columns(&verifier, kind))
            return FALSE;
    return verify_windows(&verifier) && verify_blocks(&verifier) && verify_nodes(&verifier);
}
