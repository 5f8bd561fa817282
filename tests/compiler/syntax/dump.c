/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dump.h. Every member of every node that carries meaning is written, so that two different trees never dump alike. */
#include "dump.h"

#include <string.h>

static void
dump_text(const char *tag, const char *text, GString *out)
{
    g_autofree char *escaped = text != NULL ? g_strescape(text, NULL) : NULL;

    if (text != NULL)
        g_string_append_printf(out, " %s\"%s\"", tag, escaped);
}

static void
dump_names(const char *tag, const KjAstName *name, GString *out)
{
    if (name == NULL)
        return;
    g_string_append_printf(out, " %s[", tag);
    for (; name != NULL; name = name->next)
        g_string_append_printf(out, " %s|%s|%s", name->text, name->last, name->qualifier != NULL ? name->qualifier : "-");
    g_string_append(out, " ]");
}

static void dump_expression(const char *tag, const KjAstExpression *expression, GString *out);

static void
dump_value(const char *tag, const KjAstValue *value, GString *out)
{
    if (value == NULL)
        return;
    g_string_append_printf(out, " %s(%d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u %d", tag, value->kind, value->number,
                           value->window, value->minutes, value->bytes);
    dump_text("text", value->text, out);
    dump_names("name", value->name, out);
    dump_value("left", value->left, out);
    dump_value("right", value->right, out);
    for (const KjAstValue *item = value->items; item != NULL; item = item->next)
        dump_value("item", item, out);
    dump_expression("if", value->expression, out);
    g_string_append_c(out, ')');
}

static void
dump_expression(const char *tag, const KjAstExpression *expression, GString *out)
{
    if (expression == NULL)
        return;
    g_string_append_printf(out, " %s<%d %d %d", tag, expression->kind, expression->relation, expression->negated);
    dump_names("name", expression->name, out);
    dump_value("value", expression->value, out);
    for (const KjAstExpression *item = expression->items; item != NULL; item = item->next)
        dump_expression("item", item, out);
    g_string_append_c(out, '>');
}

static void
dump_clauses(const KjAstClause *clause, GString *out)
{
    for (; clause != NULL; clause = clause->next) {
        g_string_append_printf(out, "\n      clause %d", clause->relation);
        dump_names("field", clause->field, out);
        dump_value("value", clause->value, out);
    }
}

static void
dump_type(const KjAstType *type, GString *out)
{
    if (type == NULL)
        return;
    g_string_append_printf(out, " type{%d %d", type->kind, type->ordered);
    dump_names("name", type->name, out);
    dump_value("low", type->low, out);
    dump_value("high", type->high, out);
    dump_type(type->of, out);
    dump_names("values", type->values, out);
    g_string_append_c(out, '}');
}

static void
dump_items(const KjAstItem *item, GString *out)
{
    for (; item != NULL; item = item->next) {
        g_string_append_printf(out, "\n    item %d", item->kind);
        dump_text("doc", item->doc, out);
        dump_names("name", item->name, out);
        dump_names("effect", item->effect, out);
        dump_type(item->type, out);
        dump_value("value", item->value, out);
        dump_expression("condition", item->condition, out);
        dump_expression("when", item->when, out);
        dump_expression("unless", item->unless, out);
        for (const KjAstAnnotation *annotation = item->annotations; annotation != NULL; annotation = annotation->next) {
            dump_names("@", annotation->name, out);
            dump_value("argument", annotation->argument, out);
            dump_names("language", annotation->translation.language, out);
            dump_value("translation", annotation->translation.text, out);
        }
        dump_clauses(item->clauses, out);
    }
}

static void
dump_cases(const KjAstCase *one, GString *out)
{
    for (; one != NULL; one = one->next) {
        g_string_append(out, "\n    case");
        dump_text("doc", one->doc, out);
        dump_names("domain", one->domain, out);
        dump_names("block", one->block, out);
        dump_expression("when", one->when, out);
        dump_names("effects", one->effects, out);
        dump_names("label", one->label, out);
        dump_clauses(one->clauses, out);
    }
}

void
dump_module(const KjAstModule *module, GString *out)
{
    for (const KjAstDeclaration *declaration = module->declarations; declaration != NULL; declaration = declaration->next) {
        g_string_append_printf(out, "declaration %d", declaration->kind);
        dump_text("doc", declaration->doc, out);
        dump_names("name", declaration->name, out);
        dump_names("domain", declaration->domain, out);
        dump_names("alias", declaration->alias, out);
        dump_names("target", declaration->target, out);
        dump_names("standard", declaration->standard, out);
        dump_names("approved", declaration->approved, out);
        dump_value("value", declaration->value, out);
        dump_type(declaration->type, out);
        dump_expression("when", declaration->when, out);
        dump_value("until", declaration->until, out);
        dump_value("reason", declaration->reason, out);
        for (const KjAstConformance *conformance = declaration->conformances; conformance != NULL; conformance = conformance->next) {
            dump_names("conforms", conformance->standard, out);
            for (const KjAstBinding *binding = conformance->bindings; binding != NULL; binding = binding->next) {
                dump_names("with", binding->parameter, out);
                dump_value("value", binding->value, out);
            }
        }
        dump_items(declaration->items, out);
        dump_cases(declaration->cases, out);
        g_string_append_c(out, '\n');
    }
}

/* ---- one file in memory ---- */

Parsed *
parsed_new(const char *text, gssize length)
{
    Parsed *parsed = g_new0(Parsed, 1);
    guint32 file;

    parsed->arena = kj_arena_new();
    parsed->sources = kj_sources_new();
    parsed->diagnostics = kj_diagnostics_new();
    file = kj_sources_add_text(parsed->sources, "test.pol", text, length < 0 ? strlen(text) : (gsize)length, parsed->diagnostics);
    if (file != G_MAXUINT32)
        parsed->module = kj_parse(parsed->arena, parsed->sources, file, parsed->diagnostics);
    return parsed;
}

void
parsed_free(Parsed *parsed)
{
    kj_diagnostics_free(parsed->diagnostics);
    kj_sources_free(parsed->sources);
    kj_arena_free(parsed->arena);
    g_free(parsed);
}

char *
parsed_problems(const Parsed *parsed)
{
    GString *out = g_string_new(NULL);

    kj_diagnostics_print_text(parsed->diagnostics, parsed->sources, FALSE, out);
    return g_string_free(out, FALSE);
}

char *
parsed_print(const Parsed *parsed)
{
    GString *out = g_string_new(NULL);

    kj_print_module(parsed->module, parsed->sources, out);
    return g_string_free(out, FALSE);
}

/* The words of all comments in order, without their marks and spaces. */
static char *
comment_words(const Parsed *parsed)
{
    GString *out = g_string_new(NULL);
    const char *text = kj_sources_file(parsed->sources, 0)->text;

    for (const KjAstComment *comment = parsed->module->comments; comment != NULL; comment = comment->next) {
        guint32 start = comment->span.start;

        while (start < comment->span.end && text[start] == '#')
            start++;
        g_string_append_len(out, text + start, comment->span.end - start);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

void
assert_round_trip(const Parsed *parsed)
{
    g_autofree char *once = parsed_print(parsed), *twice = NULL, *words = comment_words(parsed), *words_again = NULL, *problems = NULL;
    g_autoptr(Parsed) again = parsed_new(once, -1);
    g_autoptr(GString) tree = g_string_new(NULL), tree_again = g_string_new(NULL);

    problems = parsed_problems(again);
    g_assert_cmpstr(problems, ==, "");
    twice = parsed_print(again);
    g_assert_cmpstr(once, ==, twice);
    dump_module(parsed->module, tree);
    dump_module(again->module, tree_again);
    g_assert_cmpstr(tree->str, ==, tree_again->str);
    words_again = comment_words(again);
    g_assert_cmpstr(words, ==, words_again);
}
