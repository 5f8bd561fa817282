/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sample table. As policy text it would read:
 *
 *     firewall perimeter {                                       # first-match
 *         default deny;
 *         web:    allow from 10.0.0.0/8 service { 80/tcp, 443/tcp };
 *         six:    limit from 2001:db8::/32 when tls rate 100/s;
 *         office: allow during mon..fri 09:00..18:00 zone "Asia/Tokyo" - 2026-11-23 when tls;
 *         inner:  deny from 10.0.0.0/8 @log @message("inside");
 *     }
 *     acl access {                                               # strictest
 *         default deny;
 *         read:   allow principal { "sato", "abe" } resource "/residents" (and all below);
 *         self:   allow when principal == owner;
 *         mail:   warn sender "*.x.jp" ;
 *         secret: deny when label >= II unless groups has "admins";
 *         sealed: deny resource "/sealed";
 *     }
 *     governance main { one: require when verdict == widens; two: require when tier == basic; }       # adds up
 */
#include "assembler.h"

#define ADD(kind, type, ...) assembler_add(a, KJ_SECTION_##kind, &(type){ __VA_ARGS__ })
#define TEXT(text) assembler_string(a, text)
#define NUMBER(n) { 0, 0, n }

static guint32 add_points(Assembler *a, const KjRecordPoint *points, guint count) {
    guint32 first = assembler_count(a, KJ_SECTION_POINTS);
    for (guint i = 0; i < count; i++)
        assembler_add(a, KJ_SECTION_POINTS, &points[i]);
    return first;
}

static guint32 add_state(Assembler *a, guint32 other, guint32 klass, guint count, const KjRecordEdge *edges) {
    guint32 first = assembler_count(a, KJ_SECTION_EDGES);
    for (guint i = 0; i < count; i++)
        assembler_add(a, KJ_SECTION_EDGES, &edges[i]);
    return ADD(NODES, KjRecordNode, KJ_NODE_STATE, first, count, other, klass);
}

static KjRecordField field(Assembler *a, const char *name, KjType type, guint32 classes) {
    g_autofree char *english = g_strdup_printf(type == KJ_TYPE_BOOL ? "over %s" : "%s {}", name);
    g_autofree char *japanese = g_strdup_printf(type == KJ_TYPE_BOOL ? "%sあり" : "%sが{}", name);
    return (KjRecordField){ .name = TEXT(name), .kind = KJ_FIELD_KIND_VALUE, .type = type, .class_count = classes, .root = KJ_NONE,
                            .phrase_en = TEXT(english), .phrase_ja = TEXT(japanese) };
}

static guint32 effect(Assembler *a, const char *name, guint32 flags) {
    return ADD(EFFECTS, KjRecordEffect, TEXT(name), flags, TEXT(name), TEXT(name));
}

static guint32 rule(Assembler *a, const char *label, guint32 effect) {
    guint32 index = ADD(RULES, KjRecordRule, .label = TEXT(label), .effect = effect, .first_box = assembler_count(a, KJ_SECTION_BOXES),
                        .source = TEXT("as written"), .sentence_en = TEXT("A sentence."), .sentence_ja = TEXT("文。"));
    ADD(SPANS, KjRecordSpan, TEXT("sample.pol"), 10 + index, 5);
    return index;
}

static guint32 box(Assembler *a, guint32 rule, const Part *parts, guint count) {
    KjRecordRule *record = assembler_record(a, KJ_SECTION_RULES, rule);
    record->box_count++;
    return assembler_box(a, rule, parts, count);
}

#define BOX(rule, ...) box(a, rule, (const Part[]){ __VA_ARGS__ }, sizeof((const Part[]){ __VA_ARGS__ }) / sizeof(Part))

static KjRecordBlock begin_block(Assembler *a, const char *module, const char *name, const char *domain, KjCombining combining) {
    return (KjRecordBlock){ .name = TEXT(name), .module = TEXT(module), .domain = TEXT(domain), .schema_digest = TEXT("0"),
                            .subject_en = TEXT("requests"), .subject_ja = TEXT("要求"), .combining = combining,
                            .first_field = assembler_count(a, KJ_SECTION_FIELDS), .first_effect = assembler_count(a, KJ_SECTION_EFFECTS),
                            .first_rule = assembler_count(a, KJ_SECTION_RULES), .first_box = assembler_count(a, KJ_SECTION_BOXES) };
}

static void end_block(Assembler *a, KjRecordBlock *block, guint32 default_effect, guint32 root) {
    block->field_count = assembler_count(a, KJ_SECTION_FIELDS) - block->first_field;
    block->effect_count = assembler_count(a, KJ_SECTION_EFFECTS) - block->first_effect;
    block->rule_count = assembler_count(a, KJ_SECTION_RULES) - block->first_rule;
    block->box_count = assembler_count(a, KJ_SECTION_BOXES) - block->first_box;
    block->default_effect = default_effect;
    block->root = root;
    assembler_add(a, KJ_SECTION_BLOCKS, block);
}

/* ---- perimeter ---- */

static void perimeter_fields(Assembler *a) {
    static const KjRecordPoint addresses[] = { { 4, 0, 0 }, { 4, 0, 0x0a000000 }, { 4, 0, 0x0b000000 }, { 6, 0, 0 },
                                               { 6, G_GUINT64_CONSTANT(0x20010db800000000), 0 }, { 6, G_GUINT64_CONSTANT(0x20010db900000000), 0 } };
    static const KjRecordPoint protocols[] = { NUMBER(0), NUMBER(6), NUMBER(7) };
    static const KjRecordPoint ports[] = { NUMBER(0), NUMBER(80), NUMBER(81), NUMBER(443), NUMBER(444) };
    KjRecordField from = field(a, "from", KJ_TYPE_ADDRESS, 7), proto = field(a, "proto", KJ_TYPE_INTEGER, 4),
                  port = field(a, "port", KJ_TYPE_INTEGER, 6), service = field(a, "service", KJ_TYPE_SERVICE, 1),
                  tls = field(a, "tls", KJ_TYPE_BOOL, 3), office = field(a, "during office", KJ_TYPE_BOOL, 3);
    from.flags = KJ_FIELD_REQUIRED;
    from.first_point = add_points(a, addresses, from.point_count = G_N_ELEMENTS(addresses));
    proto.first_point = add_points(a, protocols, proto.point_count = G_N_ELEMENTS(protocols));
    proto.high = 255;
    proto.first_value = ADD(VALUES, KjRecordValue, TEXT("tcp"), 0, 6);
    ADD(VALUES, KjRecordValue, TEXT("udp"), 0, 17);
    proto.value_count = 2;
    port.first_point = add_points(a, ports, port.point_count = G_N_ELEMENTS(ports));
    port.high = 65535;
    service.left = PERIMETER_PROTO;
    service.right = PERIMETER_PORT;
    office.kind = KJ_FIELD_KIND_TIME;
    office.root = ADD(WINDOWS, KjRecordWindow, KJ_WINDOW_MINUS, 1, 2, 0, 0, 0, 0, 0, 0);
    ADD(WINDOWS, KjRecordWindow, KJ_WINDOW_ATOM, 0, 0, TEXT("Asia/Tokyo"), 31, 540, 1080, 0, 47481);
    ADD(WINDOWS, KjRecordWindow, KJ_WINDOW_ATOM, 0, 0, TEXT("Asia/Tokyo"), 127, 0, 1439, 20780, 20780);
    const KjRecordField fields[] = { from, proto, port, service, tls, office };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        assembler_add(a, KJ_SECTION_FIELDS, &fields[i]);
}

static void add_perimeter(Assembler *a) {
    KjRecordBlock block = begin_block(a, "network", "perimeter", "firewall", KJ_COMBINING_FIRST_MATCH);
    perimeter_fields(a);
    effect(a, "allow", 0);
    effect(a, "limit", KJ_EFFECT_LIMITS);
    effect(a, "deny", KJ_EFFECT_REFUSES);
    block.first_setting = ADD(SETTINGS, KjRecordSetting, TEXT("hook"), TEXT("forward"));
    block.setting_count = 1;
    guint32 web = rule(a, "web", 0);
    guint32 b0 = BOX(web, { PERIMETER_FROM, 2, 2 }, { PERIMETER_PROTO, 2, 2 }, { PERIMETER_PORT, 2, 2 }, { PERIMETER_PORT, 4, 4 });
    guint32 six = rule(a, "six", 1);
    KjRecordRule *record = assembler_record(a, KJ_SECTION_RULES, six);
    record->first_parameter = ADD(PARAMETERS, KjRecordParameter, TEXT("rate"), KJ_PARAMETER_RATE, 100, 1, 0, 0, 0, 0);
    guint32 member = PERIMETER_FROM;
    guint32 first_member = assembler_add(a, KJ_SECTION_MEMBERS, &member);
    ADD(PARAMETERS, KjRecordParameter, TEXT("per"), KJ_PARAMETER_FIELDS, 0, 0, 0, 0, first_member, 1);
    record->parameter_count = 2;
    guint32 b1 = BOX(six, { PERIMETER_FROM, 5, 5 }, { PERIMETER_TLS, 2, 2 });
    guint32 office = rule(a, "office", 0);
    guint32 b2 = BOX(office, { PERIMETER_TLS, 2, 2 }, { PERIMETER_OFFICE, 2, 2 });
    guint32 inner = rule(a, "inner", 2);
    record = assembler_record(a, KJ_SECTION_RULES, inner);
    record->first_note = ADD(NOTES, KjRecordNote, TEXT("log"), 0, 0, KJ_NOTE_OBLIGATION);
    ADD(NOTES, KjRecordNote, TEXT("message"), TEXT("inside"), 0, KJ_NOTE_OBLIGATION);
    ADD(NOTES, KjRecordNote, TEXT("message"), TEXT("内側"), TEXT("ja"), KJ_NOTE_OBLIGATION);
    record->note_count = 3;
    record->doc = TEXT("Nothing else leaves the inner net.");
    guint32 b3 = BOX(inner, { PERIMETER_FROM, 2, 2 });
    guint32 root = assembler_split(a, PERIMETER_FROM, 4, assembler_count(a, KJ_SECTION_NODES) + 1);
    assembler_leaf(a, (const guint32[]){ b0, b2, b3 }, 3); /* IPv4 */
    assembler_leaf(a, (const guint32[]){ b1, b2 }, 2);     /* IPv6 */
    end_block(a, &block, 2, root);
}

/* ---- access ---- */

static guint32 principal_automaton(Assembler *a) {
    guint32 base = assembler_count(a, KJ_SECTION_NODES);
    add_state(a, KJ_NONE, 1, 2, (const KjRecordEdge[]){ { TEXT("abe"), base + 1 }, { TEXT("sato"), base + 1 } });
    add_state(a, KJ_NONE, 2, 0, NULL);
    return base;
}

/* Class 2: /residents and all below; class 3: exactly /sealed. */
static guint32 path_automaton(Assembler *a) {
    guint32 base = assembler_count(a, KJ_SECTION_NODES);
    add_state(a, KJ_NONE, 1, 2, (const KjRecordEdge[]){ { TEXT("residents"), base + 1 }, { TEXT("sealed"), base + 2 } });
    add_state(a, base + 1, 2, 0, NULL);
    add_state(a, KJ_NONE, 3, 0, NULL);
    return base;
}

/* Class 2: an address below x.jp, not of x.jp itself. */
static guint32 mail_automaton(Assembler *a) {
    guint32 base = assembler_count(a, KJ_SECTION_NODES);
    add_state(a, KJ_NONE, 1, 1, (const KjRecordEdge[]){ { TEXT("jp"), base + 1 } });
    add_state(a, KJ_NONE, 1, 1, (const KjRecordEdge[]){ { TEXT("x"), base + 2 } });
    add_state(a, base + 3, 1, 0, NULL); /* the local part of x.jp itself, or a label below it */
    add_state(a, base + 4, 1, 0, NULL);
    add_state(a, base + 4, 2, 0, NULL);
    return base;
}

static void access_fields(Assembler *a) {
    KjRecordField principal = field(a, "principal", KJ_TYPE_PRINCIPAL, 3), resource = field(a, "resource", KJ_TYPE_PATH, 4),
                  owner = field(a, "owner", KJ_TYPE_PRINCIPAL, 2), groups = field(a, "groups", KJ_TYPE_PRINCIPAL, 2),
                  label = field(a, "label", KJ_TYPE_SYMBOL, 4), sender = field(a, "sender", KJ_TYPE_MAIL, 3),
                  admin = field(a, "groups has \"admins\"", KJ_TYPE_BOOL, 3), self = field(a, "principal == owner", KJ_TYPE_BOOL, 3);
    principal.flags = resource.flags = KJ_FIELD_REQUIRED;
    principal.root = principal_automaton(a);
    resource.root = path_automaton(a);
    sender.root = mail_automaton(a);
    principal.rest = resource.rest = owner.rest = sender.rest = 1;
    groups.flags = KJ_FIELD_SET;
    label.flags = KJ_FIELD_ORDERED;
    label.first_value = ADD(VALUES, KjRecordValue, TEXT("III"), 0, 0);
    ADD(VALUES, KjRecordValue, TEXT("II"), 0, 1);
    ADD(VALUES, KjRecordValue, TEXT("I"), 0, 2);
    label.value_count = 3;
    admin.kind = KJ_FIELD_KIND_MEMBER;
    admin.left = ACCESS_GROUPS;
    admin.operand = TEXT("admins");
    self.kind = KJ_FIELD_KIND_COMPARE;
    self.left = ACCESS_PRINCIPAL;
    self.right = ACCESS_OWNER;
    self.operand = KJ_EQUAL;
    const KjRecordField fields[] = { principal, resource, owner, groups, label, sender, admin, self };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        assembler_add(a, KJ_SECTION_FIELDS, &fields[i]);
}

static void add_access(Assembler *a) {
    KjRecordBlock block = begin_block(a, "people", "access", "acl", KJ_COMBINING_STRICTEST);
    access_fields(a);
    effect(a, "allow", 0);
    effect(a, "warn", 0);
    effect(a, "deny", KJ_EFFECT_REFUSES);
    guint32 b0 = BOX(rule(a, "read", 0), { ACCESS_PRINCIPAL, 2, 2 }, { ACCESS_RESOURCE, 2, 2 });
    guint32 b1 = BOX(rule(a, "self", 0), { ACCESS_SELF, 2, 2 });
    guint32 b2 = BOX(rule(a, "mail", 1), { ACCESS_SENDER, 2, 2 });
    guint32 secret = rule(a, "secret", 2); /* two boxes that overlap: the rule still counts once */
    guint32 b3 = BOX(secret, { ACCESS_LABEL, 2, 3 }, { ACCESS_ADMIN, 0, 1 });
    guint32 b4 = BOX(secret, { ACCESS_LABEL, 3, 3 }, { ACCESS_ADMIN, 0, 1 });
    guint32 b5 = BOX(rule(a, "sealed", 2), { ACCESS_RESOURCE, 3, 3 });
    end_block(a, &block, 2, assembler_leaf(a, (const guint32[]){ b3, b4, b5, b2, b0, b1 }, 6));
}

/* ---- main ---- */

static void add_main(Assembler *a) {
    KjRecordBlock block = begin_block(a, "people", "main", "governance", KJ_COMBINING_ADD_UP);
    KjRecordField widens = field(a, "widens", KJ_TYPE_BOOL, 3), basic = field(a, "basic", KJ_TYPE_BOOL, 3);
    assembler_add(a, KJ_SECTION_FIELDS, &widens);
    assembler_add(a, KJ_SECTION_FIELDS, &basic);
    effect(a, "require", KJ_EFFECT_REQUIRES);
    guint32 b0 = BOX(rule(a, "one", 0), { 0, 2, 2 });
    guint32 b1 = BOX(rule(a, "two", 0), { 1, 2, 2 });
    end_block(a, &block, KJ_NONE, assembler_leaf(a, (const guint32[]){ b0, b1 }, 2));
}

GByteArray *sample_file(void) {
    g_autoptr(Assembler) a = assembler_new();
    add_perimeter(a);
    add_access(a);
    add_main(a);
    ADD(TARGETS, KjRecordTarget, 0, TEXT("nftables"), TEXT("fw1"));
    return assembler_finish(a);
}

KjTable *sample_table(void) {
    g_autoptr(GByteArray) file = sample_file();
    g_autoptr(GError) error = NULL;
    KjTable *table = kj_table_new(file->data, file->len, &error);
    g_assert_no_error(error);
    return table;
}
