/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The canonical form of a module, which is also the formatter: one statement a line, four spaces a level, lines filled up to 100 columns,
 * empty lines kept, at most one at a time.
 *
 * No comment is ever lost. Comments are one list in source order, and printing walks it beside the tree: what lies before a
 * statement is printed before it, what shared a line with the end of something stays behind it, what lies inside a statement goes
 * into the next break of its layout, and what no break follows goes behind the statement. A `##` that documents nothing is printed as `#`.
 * Printing what was printed changes nothing, and parsing it gives the same tree.
 */
#include <string.h>

#include "documentation.h"
#include "print_parts.h"

typedef struct {
    const char *source;
    GString *out;
    gsize begin;                 /* length of `out` before anything was printed */
    const KjAstComment *comment; /* the next one to print */
    KjLayout *layout;
    guint level;
    gboolean opened;  /* nothing has been printed since the bracket of this block, or in the file */
    gboolean comment_line; /* the current line ends in a comment already */
} Printer;

/* ---- lines ---- */

static void
begin_line(Printer *printer, gboolean blank)
{
    if (printer->out->len > printer->begin)
        g_string_append(printer->out, blank && !printer->opened ? "\n\n" : "\n");
    g_string_append_printf(printer->out, "%*s", (int)(printer->level * KJ_LAYOUT_INDENT), "");
    printer->opened = FALSE;
    printer->comment_line = FALSE;
}

/* Is there an empty line right before this offset? */
static gboolean
blank_before(const char *source, guint32 offset)
{
    guint lines = 0;

    for (const char *p = source + offset; p > source && (g_ascii_isspace(p[-1]) || p[-1] == '\v'); p--)
        lines += p[-1] == '\n';
    return lines > 1;
}

/* Prints the comments before `limit`; those from `documentation` on, if any, document what begins there. */
static void
print_comments(Printer *printer, guint32 limit, const KjAstComment *documentation)
{
    gboolean documents = FALSE;

    for (const KjAstComment *comment = printer->comment; comment != NULL && comment->span.start < limit; comment = comment->next) {
        guint32 start;

        documents = documents || comment == documentation;
        start = comment->span.start + (comment->doc && !documents ? 1 : 0);
        if (!comment->alone && !printer->comment_line && printer->out->len > printer->begin)
            g_string_append_c(printer->out, ' ');
        else
            begin_line(printer, comment->blank_before);
        printer->comment_line = TRUE;
        g_string_append_len(printer->out, printer->source + start, comment->span.end - start);
        printer->comment = comment->next;
    }
}

static void
begin_statement(Printer *printer, KjSpan span)
{
    print_comments(printer, span.start, kj_documentation_find(printer->comment, printer->source, span.start));
    begin_line(printer, blank_before(printer->source, span.start));
    kj_layout_clear(printer->layout);
}

static void
end_statement(Printer *printer)
{
    printer->comment = kj_layout_print(printer->layout, printer->level, printer->comment, printer->source, printer->out);
}

/* After a head that ends in its `{`. */
static void
open_block(Printer *printer)
{
    end_statement(printer);
    printer->level++;
    printer->opened = TRUE;
}

static void
close_block(Printer *printer, KjSpan span)
{
    print_comments(printer, span.end - 1, NULL);
    printer->level--;
    printer->opened = TRUE; /* no empty line before the bracket */
    begin_line(printer, FALSE);
    g_string_append_c(printer->out, '}');
}

/* ---- parts of declarations ---- */

static void
put_word(Printer *printer, const char *word, const KjAstName *name)
{
    if (name != NULL)
        kj_layout_printf(printer->layout, name->span.start, "%s%s", word, name->text);
}

static void
put_string(Printer *printer, const char *word, const KjAstValue *string)
{
    kj_layout_text(printer->layout, word, G_MAXUINT32);
    kj_put_value(printer->layout, string);
}

static void
put_conformance(Printer *printer, const KjAstConformance *conformance)
{
    put_word(printer, "", conformance->standard);
    kj_layout_open(printer->layout);
    for (const KjAstBinding *binding = conformance->bindings; binding != NULL; binding = binding->next) {
        kj_layout_fill(printer->layout, " ");
        put_word(printer, binding == conformance->bindings ? "with " : "and ", binding->parameter);
        kj_layout_text(printer->layout, " = ", G_MAXUINT32);
        kj_put_value(printer->layout, binding->value);
    }
    if (conformance->next != NULL)
        kj_layout_text(printer->layout, ",", G_MAXUINT32);
    kj_layout_close(printer->layout);
}

/* One standard stands behind `conforms to`; several that need more than one line have a line each. */
static void
put_conformances(Printer *printer, const KjAstConformance *first)
{
    kj_layout_break(printer->layout, " ");
    kj_layout_text(printer->layout, first->next == NULL ? "conforms to " : "conforms to", G_MAXUINT32);
    if (first->next == NULL) {
        put_conformance(printer, first);
        return;
    }
    kj_layout_open(printer->layout);
    for (const KjAstConformance *conformance = first; conformance != NULL; conformance = conformance->next) {
        kj_layout_break(printer->layout, " ");
        put_conformance(printer, conformance);
    }
    kj_layout_close(printer->layout);
}

static void
put_exception(Printer *printer, const KjAstDeclaration *exception)
{
    KjLayout *layout = printer->layout;

    put_string(printer, "exception ", exception->value);
    kj_layout_open(layout);
    kj_layout_fill(layout, " ");
    put_word(printer, "to ", exception->standard);
    kj_layout_fill(layout, " ");
    put_word(printer, "in ", exception->target);
    kj_put_condition_part(layout, "when", exception->when);
    if (exception->until != NULL) {
        kj_layout_fill(layout, " ");
        put_string(printer, "until ", exception->until);
    }
    if (exception->reason != NULL) {
        kj_layout_break(layout, " ");
        put_string(printer, "reason ", exception->reason);
    }
    if (exception->approved != NULL) {
        kj_layout_fill(layout, " ");
        put_word(printer, "approved by ", exception->approved);
    }
    kj_layout_close(layout);
}

static void
put_case(Printer *printer, const KjAstCase *one)
{
    KjLayout *layout = printer->layout;

    put_word(printer, "", one->domain);
    put_word(printer, " ", one->block);
    kj_layout_text(layout, ":", G_MAXUINT32);
    kj_layout_open(layout);
    for (const KjAstClause *clause = one->clauses; clause != NULL; clause = clause->next) {
        kj_layout_fill(layout, " ");
        kj_put_clause(layout, clause);
    }
    kj_put_condition_part(layout, "when", one->when);
    kj_layout_fill(layout, " ");
    for (const KjAstName *effect = one->effects; effect != NULL; effect = effect->next)
        put_word(printer, effect == one->effects ? "=> " : ", ", effect);
    put_word(printer, " by ", one->label);
    kj_layout_close(layout);
    kj_layout_text(layout, ";", G_MAXUINT32);
}

/* A declaration that is one statement, without its `;`. */
static void
put_statement(Printer *printer, const KjAstDeclaration *declaration)
{
    switch (declaration->kind) {
    case KJ_DECLARATION_MODULE:
        put_word(printer, "module ", declaration->name);
        put_word(printer, " tier ", declaration->alias);
        break;
    case KJ_DECLARATION_USE:
        put_word(printer, "use ", declaration->name);
        put_word(printer, " as ", declaration->alias);
        break;
    case KJ_DECLARATION_ZONE:
        put_string(printer, "zone ", declaration->value);
        break;
    case KJ_DECLARATION_LET:
    case KJ_DECLARATION_GROUP:
        put_word(printer, declaration->kind == KJ_DECLARATION_LET ? "let " : "group ", declaration->name);
        put_string(printer, " = ", declaration->value);
        break;
    case KJ_DECLARATION_TYPE:
        put_word(printer, "type ", declaration->name);
        kj_layout_text(printer->layout, " = ", G_MAXUINT32);
        kj_put_type(printer->layout, declaration->type);
        break;
    case KJ_DECLARATION_ENFORCE:
        put_word(printer, "enforce ", declaration->name);
        put_word(printer, " by ", declaration->target);
        put_string(printer, " on ", declaration->value);
        break;
    default:
        put_exception(printer, declaration);
        break;
    }
    kj_layout_text(printer->layout, ";", G_MAXUINT32);
}

/* ---- declarations ---- */

static void
print_block(Printer *printer, const KjAstDeclaration *block)
{
    if (block->kind == KJ_DECLARATION_STANDARD)
        kj_layout_text(printer->layout, "standard ", block->span.start);
    put_word(printer, "", block->domain);
    put_word(printer, " ", block->name);
    kj_layout_open(printer->layout);
    if (block->conformances != NULL)
        put_conformances(printer, block->conformances);
    kj_layout_break_out(printer->layout, " ");
    kj_layout_text(printer->layout, "{", G_MAXUINT32);
    kj_layout_close(printer->layout);
    open_block(printer);
    for (const KjAstItem *item = block->items; item != NULL; item = item->next) {
        begin_statement(printer, item->span);
        kj_put_item(printer->layout, item);
        end_statement(printer);
    }
    close_block(printer, block->span);
}

static void
print_cases(Printer *printer, const KjAstDeclaration *cases)
{
    put_string(printer, cases->kind == KJ_DECLARATION_TEST ? "test " : "prove ", cases->value);
    kj_layout_text(printer->layout, " {", G_MAXUINT32);
    open_block(printer);
    for (const KjAstCase *one = cases->cases; one != NULL; one = one->next) {
        begin_statement(printer, one->span);
        put_case(printer, one);
        end_statement(printer);
    }
    close_block(printer, cases->span);
}

static void
print_declaration(Printer *printer, const KjAstDeclaration *declaration)
{
    begin_statement(printer, declaration->span);
    switch (declaration->kind) {
    case KJ_DECLARATION_BLOCK:
    case KJ_DECLARATION_STANDARD:
        print_block(printer, declaration);
        break;
    case KJ_DECLARATION_TEST:
    case KJ_DECLARATION_PROVE:
        print_cases(printer, declaration);
        break;
    default:
        put_statement(printer, declaration);
        end_statement(printer);
        break;
    }
}

void
kj_print_module(const KjAstModule *module, const KjSources *sources, GString *out)
{
    g_autoptr(KjLayout) layout = kj_layout_new();
    Printer printer = { .source = kj_sources_file(sources, module->file)->text, .out = out, .begin = out->len, .comment = module->comments,
                        .layout = layout, .opened = TRUE };

    for (const KjAstDeclaration *declaration = module->declarations; declaration != NULL; declaration = declaration->next)
        print_declaration(&printer, declaration);
    print_comments(&printer, G_MAXUINT32, NULL);
    if (out->len > printer.begin)
        g_string_append_c(out, '\n');
}
