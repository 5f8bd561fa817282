/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole random file: zone, types, sets, groups, windows, named conditions, and one block.
 *
 * Declarations come in the order in which they need each other, the block last; the language does not care, and a test shuffles them.
 */
#include "writer.h"

#include "../../bench/random.h"

static void name_free(gpointer data) {
    KjRandomName *name = data;

    g_free(name->name);
    g_clear_pointer(&name->points, g_ptr_array_unref);
    g_clear_pointer(&name->hints, g_ptr_array_unref);
    g_free(name);
}

static KjRandomName *new_name(KjRandomWriter *writer, GPtrArray *list, const char *stem, KjType type) {
    KjRandomName *name = g_new0(KjRandomName, 1);

    name->name = g_strdup_printf("%s%u", stem, ++writer->last_name);
    name->type = type;
    name->points = kj_random_points_new();
    g_ptr_array_add(list, name);
    return name;
}

/* `let v1 = { ... };`, sometimes with something taken away. */
static void declare_set(KjRandomWriter *writer, KjPiece *file) {
    static const KjType types[] = { KJ_TYPE_ADDRESS,   KJ_TYPE_INTEGER, KJ_TYPE_MAIL, KJ_TYPE_PATH,
                                    KJ_TYPE_PRINCIPAL, KJ_TYPE_SERVICE, KJ_TYPE_SIZE };
    KjRandomType type = { .type = types[kj_random_below(&writer->random, G_N_ELEMENTS(types))] };
    g_autoptr(GPtrArray) points = kj_random_points_new();
    KjPiece *let, *set = kj_random_set_piece(writer, &type, points), *without = NULL;
    KjRandomName *name;

    if (kj_random_chance(&writer->random, 25)) {
        without = kj_piece_list(" - { ", NULL, " }", 1); /* in braces, for two single values are no range (KJ0108) */
        kj_piece_add(without, kj_random_set_piece(writer, &type, points), FALSE);
    }
    name = new_name(writer, writer->sets, "v", type.type);
    g_ptr_array_unref(name->points);
    name->points = g_steal_pointer(&points);
    let = kj_piece_list("let ", NULL, ";\n", 2);
    kj_piece_add(let, kj_piece_text(g_strdup_printf("%s = ", name->name)), FALSE);
    kj_piece_add(let, set, FALSE);
    if (without)
        kj_piece_add(let, without, TRUE);
    kj_piece_add(file, let, TRUE);
}

static void declare_group(KjRandomWriter *writer, KjPiece *file) {
    static const KjRandomType type = { .type = KJ_TYPE_PRINCIPAL };
    KjPiece *group, *members = kj_piece_list("{ ", ", ", " }", 1);
    KjRandomName *name = new_name(writer, writer->groups, "g", KJ_TYPE_PRINCIPAL);

    for (guint i = 0; i <= kj_random_below(&writer->random, 3); i++)
        kj_piece_add(members, kj_piece_text(kj_random_literal(&writer->random, &type, FALSE, name->points)), TRUE);
    if (writer->groups->len > 1 && kj_random_chance(&writer->random, 50)) {
        const KjRandomName *other = writer->groups->pdata[kj_random_below(&writer->random, writer->groups->len - 1)];
        kj_piece_add(members, kj_piece_text(g_strdup(other->name)), TRUE);
    }
    group = kj_piece_list("group ", NULL, ";\n", 2);
    kj_piece_add(group, kj_piece_text(g_strdup_printf("%s = ", name->name)), FALSE);
    kj_piece_add(group, members, FALSE);
    kj_piece_add(file, group, TRUE);
}

static void declare_days(KjRandomWriter *writer, KjPiece *file) {
    char *name = g_strdup_printf("d%u", ++writer->last_name);
    KjPiece *let = kj_piece_list("let ", NULL, " };\n", 2), *members = kj_piece_list(NULL, ", ", NULL, 1);

    for (guint i = 0; i <= kj_random_below(&writer->random, 4); i++)
        kj_piece_add(members, kj_piece_text(kj_random_date(writer)), TRUE);
    kj_piece_add(let, kj_piece_text(g_strdup_printf("%s = { ", name)), FALSE);
    kj_piece_add(let, members, FALSE);
    kj_piece_add(file, let, TRUE);
    g_ptr_array_add(writer->days, name);
}

static void declare_window(KjRandomWriter *writer, KjPiece *file) {
    char *name = g_strdup_printf("w%u", ++writer->last_name);
    g_autofree char *window = kj_random_window(writer, FALSE);

    kj_piece_add(file, kj_piece_text(g_strdup_printf("let %s = %s;\n", name, window)), TRUE);
    g_ptr_array_add(writer->windows, name);
}

static void declare_condition(KjRandomWriter *writer, KjPiece *file) {
    KjRandomName *name;
    KjPiece *let;

    writer->hints = kj_random_hints_new();
    let = kj_piece_list("let ", NULL, ";\n", 2);
    name = new_name(writer, writer->conditions, "c", 0);
    kj_piece_add(let, kj_piece_text(g_strdup_printf("%s = when ", name->name)), FALSE);
    /* Not itself: the name is hidden while its own text is written. */
    g_ptr_array_set_free_func(writer->conditions, NULL);
    g_ptr_array_set_size(writer->conditions, (int)writer->conditions->len - 1);
    kj_piece_add(let, kj_random_expression(writer, 2), FALSE);
    g_ptr_array_add(writer->conditions, name);
    g_ptr_array_set_free_func(writer->conditions, name_free);
    name->hints = writer->hints;
    kj_piece_add(file, let, TRUE);
}

/* ---- the block ---- */

static char *setting_value(KjRandomWriter *writer, const KjSettingDefinition *setting) {
    guint count = 0;

    switch (setting->type) {
    case KJ_TYPE_SYMBOL:
        while (setting->values[count])
            count++;
        return g_strdup(setting->values[kj_random_below(&writer->random, count)]);
    case KJ_TYPE_BOOL:
        return g_strdup(kj_random_chance(&writer->random, 50) ? "true" : "false");
    case KJ_TYPE_DURATION:
        return g_strdup("90d");
    default:
        return g_strdup("3");
    }
}

static void add_settings(KjRandomWriter *writer, KjPiece *block) {
    for (const KjSettingDefinition *it = writer->policy->domain->settings; it && it->name; it++) {
        char *value;

        if (kj_random_chance(&writer->random, it->initial ? 50 : 20)) {
            g_hash_table_insert(writer->settings, (gpointer)it->name, g_strdup(it->initial));
            continue;
        }
        value = setting_value(writer, it);
        g_hash_table_insert(writer->settings, (gpointer)it->name, value);
        kj_piece_add(block, kj_piece_text(g_strdup_printf("    %s = %s;\n", it->name, value)), TRUE);
    }
}

static void add_default(KjRandomWriter *writer, KjPiece *block) {
    const KjDomain *domain = writer->policy->domain;
    guint count = 0, chosen;
    char *text;

    if (domain->combining == KJ_COMBINING_ADD_UP || (domain->default_effect && kj_random_chance(&writer->random, 50)))
        return;
    while (domain->effects[count].name)
        count++;
    chosen = (guint)kj_random_below(&writer->random, count);
    while (domain->effects[chosen].flags & KJ_EFFECT_LIMITS)
        chosen = (chosen + 1) % count;
    text = g_strdup_printf("    default %s%s;\n", domain->effects[chosen].name, kj_random_chance(&writer->random, 30) ? " @log" : "");
    kj_piece_add(block, kj_piece_text(text), domain->default_effect != NULL);
}

static guint pick_size(KjRandomWriter *writer) {
    guint kind = (guint)kj_random_below(&writer->random, 100);

    return 1 + (guint)kj_random_below(&writer->random, kind < 50 ? 5 : kind < 85 ? 15 : 60);
}

static void add_block(KjRandomWriter *writer, KjPiece *block) {
    guint rules = pick_size(writer);

    add_default(writer, block);
    for (guint i = 0; i < rules; i++)
        kj_piece_add(block, kj_random_rule(writer), TRUE);
}

static void add_declarations(KjRandomWriter *writer, KjPiece *file) {
    guint sets = (guint)kj_random_below(&writer->random, 7), windows = (guint)kj_random_below(&writer->random, 3);

    for (guint i = 0; i < sets; i++)
        declare_set(writer, file);
    for (guint i = 0; i <= kj_random_below(&writer->random, 3); i++)
        declare_group(writer, file);
    if (kj_random_chance(&writer->random, 50))
        declare_days(writer, file);
    for (guint i = 0; i < windows; i++)
        declare_window(writer, file);
    for (guint i = (guint)kj_random_below(&writer->random, 3); i > 0; i--)
        declare_condition(writer, file);
}

static void hints_free(gpointer data) {
    g_ptr_array_unref(data);
}

KjRandomPolicy *kj_random_policy_new(const KjDomain *domain, guint64 seed) {
    KjRandomPolicy *policy = g_new0(KjRandomPolicy, 1);
    KjRandomWriter writer = { .random = kj_random_mix(seed), .policy = policy, .zone = "UTC" };
    g_autofree char *head = g_strdup_printf("%s block {\n", domain->name);
    KjPiece *block = kj_piece_list(head, NULL, "}\n", 0);
    GString *text = g_string_new(NULL);

    *policy = (KjRandomPolicy){ .seed = seed, .domain = domain, .file = kj_piece_list(NULL, NULL, NULL, 1) };
    policy->rules = g_ptr_array_new_with_free_func(hints_free);
    policy->instants = g_array_new(FALSE, FALSE, sizeof(gint64));
    writer.sets = g_ptr_array_new_with_free_func(name_free);
    writer.groups = g_ptr_array_new_with_free_func(name_free);
    writer.conditions = g_ptr_array_new_with_free_func(name_free);
    writer.windows = g_ptr_array_new_with_free_func(g_free);
    writer.days = g_ptr_array_new_with_free_func(g_free);
    if (kj_random_chance(&writer.random, 40)) {
        writer.zone = kj_random_zone(&writer);
        kj_piece_add(policy->file, kj_piece_text(g_strdup_printf("zone \"%s\";\n", writer.zone)), TRUE);
    }
    writer.settings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    add_settings(&writer, block);
    kj_random_fields(&writer, policy->file, block);
    add_declarations(&writer, policy->file);
    add_block(&writer, block);
    kj_piece_add(policy->file, block, FALSE);
    kj_piece_render(policy->file, text);
    policy->text = g_string_free(text, FALSE);
    g_ptr_array_unref(writer.sets);
    g_ptr_array_unref(writer.groups);
    g_ptr_array_unref(writer.conditions);
    g_ptr_array_unref(writer.windows);
    g_ptr_array_unref(writer.days);
    g_hash_table_unref(writer.settings);
    return policy;
}

void kj_random_policy_free(KjRandomPolicy *policy) {
    if (!policy)
        return;
    g_ptr_array_unref(policy->fields);
    g_ptr_array_unref(policy->rules);
    g_array_unref(policy->instants);
    kj_piece_free(policy->file);
    g_free(policy->text);
    g_free(policy);
}

/* Comments end their line, so each takes the place of one white space outside strings and other comments. */
char *kj_random_sprinkle_comments(const char *text, guint64 seed, guint *count) {
    guint64 random = kj_random_mix(seed);
    GString *out = g_string_new(NULL);
    gboolean in_string = FALSE, in_comment = FALSE;

    *count = 0;
    for (const char *at = text; *at; at++) {
        gboolean blank = *at == ' ' || *at == '\n';

        if (in_string && *at == '\\')
            g_string_append_c(out, *at++);
        else if (*at == '"' && !in_comment)
            in_string = !in_string;
        else if (*at == '#' && !in_string)
            in_comment = TRUE;
        g_string_append_c(out, *at);
        if (*at == '\n')
            in_comment = FALSE;
        if (blank && !in_string && !in_comment && kj_random_chance(&random, 6))
            g_string_append_printf(out, "# c%u note: \"x\" ;\n", (*count)++);
    }
    return g_string_free(out, FALSE);
}
