/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cutting a workspace into units.
 *
 * Every declaration is a piece: a number, its file, its bytes. A unit is a set of pieces and of data files, found by walking from the block's own piece along
 * mentions. Cost: units times all pieces, and the mentions in those they reach.
 */
#include "unit.h"

#include <string.h>

#include "../compiler/syntax/names.h"
#include "statement.h"

#define REST "*"

typedef struct {
    const KjAstDeclaration *declaration;
    guint module;      /* index in the compilation's */
    guint32 start, end; /* bytes of the file, up to the end of the declaration; of the last: of the file */
} Piece;

typedef struct {
    const KjCompilation *compilation;
    GArray *pieces;         /* Piece, module by module, in the order of the file */
    guint *first;           /* for each module, its first piece; one more than the last */
    GHashTable *by_name;    /* "module.name" -> GArray of pieces: lets, groups, types, blocks */
    GHashTable *standards;  /* name -> piece + 1 */
    GHashTable *types;      /* name -> GArray of pieces: types anywhere, for fields that a domain leaves to the workspace */
    GHashTable *numbers;    /* module's name -> index + 1 */
    GHashTable *pieces_of;  /* KjAstDeclaration -> piece + 1 */
    const KjUnitFile *files;
    guint file_count;
    GHashTable *file_numbers; /* path -> index + 1 */
    gboolean *piece_taken, *file_taken; /* by any unit */
} Workspace;

typedef struct {
    Workspace *workspace;
    gboolean *pieces, *files;
    GArray *waiting; /* pieces whose mentions are still to be followed */
    guint module;    /* of the piece that is being followed */
} Closure;

static const Piece *piece_at(const Workspace *workspace, guint piece) {
    return &g_array_index(workspace->pieces, Piece, piece);
}

static const KjSourceFile *file_of(const Workspace *workspace, guint module) {
    return kj_sources_file(workspace->compilation->sources, workspace->compilation->modules[module]->file);
}

/* ---- pieces ---- */

static void remember(GHashTable *table, char *name, guint piece) {
    GArray *list = g_hash_table_lookup(table, name);
    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(table, g_strdup(name), list);
    }
    g_array_append_val(list, piece);
    g_free(name);
}

static void name_piece(Workspace *workspace, const KjAstDeclaration *declaration, const char *module, guint piece) {
    switch (declaration->kind) {
    case KJ_DECLARATION_STANDARD:
        g_hash_table_insert(workspace->standards, (gpointer)declaration->name->text, GUINT_TO_POINTER(piece + 1));
        return;
    case KJ_DECLARATION_TYPE:
        remember(workspace->types, g_strdup(declaration->name->text), piece);
        break;
    case KJ_DECLARATION_LET:
    case KJ_DECLARATION_GROUP:
    case KJ_DECLARATION_BLOCK:
        break;
    default:
        return;
    }
    remember(workspace->by_name, g_strdup_printf("%s.%s", module, declaration->name->text), piece);
}

/* A piece goes to the end of its last line, where the next does not begin before; the last piece of a file to its end. */
static guint32 end_of_piece(const KjSourceFile *file, const KjAstDeclaration *declaration) {
    const KjAstDeclaration *next = declaration->next;
    if (!next)
        return (guint32)file->length;
    const char *newline = memchr(file->text + declaration->span.end, '\n', next->span.start - declaration->span.end);
    return newline ? (guint32)(newline + 1 - file->text) : declaration->span.end;
}

static void cut_module(Workspace *workspace, guint module) {
    const KjSourceFile *file = file_of(workspace, module);
    guint32 start = 0;
    workspace->first[module] = workspace->pieces->len;
    g_hash_table_insert(workspace->numbers, (gpointer)file->module, GUINT_TO_POINTER(module + 1));
    for (const KjAstDeclaration *d = workspace->compilation->modules[module]->declarations; d; d = d->next) {
        Piece piece = { d, module, start, end_of_piece(file, d) };
        guint number = workspace->pieces->len;
        start = piece.end;
        g_array_append_val(workspace->pieces, piece);
        g_hash_table_insert(workspace->pieces_of, (gpointer)d, GUINT_TO_POINTER(number + 1));
        name_piece(workspace, d, file->module, number);
    }
}

static void workspace_init(Workspace *workspace, const KjCompilation *compilation, const KjUnitFile *files, guint count) {
    *workspace = (Workspace){ .compilation = compilation, .files = files, .file_count = count };
    workspace->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    workspace->first = g_new0(guint, compilation->module_count + 1);
    workspace->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    workspace->types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    workspace->standards = g_hash_table_new(g_str_hash, g_str_equal);
    workspace->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    workspace->pieces_of = g_hash_table_new(NULL, NULL);
    workspace->file_numbers = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint module = 0; module < compilation->module_count; module++)
        cut_module(workspace, module);
    workspace->first[compilation->module_count] = workspace->pieces->len;
    for (guint i = 0; i < count; i++)
        g_hash_table_insert(workspace->file_numbers, (gpointer)files[i].path, GUINT_TO_POINTER(i + 1));
    workspace->piece_taken = g_new0(gboolean, workspace->pieces->len + 1);
    workspace->file_taken = g_new0(gboolean, count + 1);
}

static void workspace_clear(Workspace *workspace) {
    GHashTable *tables[] = { workspace->by_name, workspace->types,     workspace->standards,
                             workspace->numbers, workspace->pieces_of, workspace->file_numbers };
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
        g_hash_table_unref(tables[i]);
    g_array_unref(workspace->pieces);
    g_free(workspace->first);
    g_free(workspace->piece_taken);
    g_free(workspace->file_taken);
}

/* ---- closures ---- */

static void take_piece(Closure *closure, guint piece) {
    if (closure->pieces[piece])
        return;
    closure->pieces[piece] = closure->workspace->piece_taken[piece] = TRUE;
    g_array_append_val(closure->waiting, piece);
}

static void take_all(Closure *closure, GHashTable *table, const char *name) {
    const GArray *list = g_hash_table_lookup(table, name);
    for (guint i = 0; list && i < list->len; i++)
        take_piece(closure, g_array_index(list, guint, i));
}

static gboolean is_heading(const KjAstDeclaration *declaration) {
    return declaration->kind == KJ_DECLARATION_MODULE || declaration->kind == KJ_DECLARATION_ZONE;
}

/* `alias.name` seen from the module that is being followed; the alias is the last part of the used module's name unless `as` gives another. */
static void take_used(Closure *closure, const KjAstName *name) {
    const Workspace *workspace = closure->workspace;
    for (guint i = workspace->first[closure->module]; i < workspace->first[closure->module + 1]; i++) {
        const KjAstDeclaration *use = piece_at(workspace, i)->declaration;
        if (use->kind != KJ_DECLARATION_USE || strcmp(use->alias ? use->alias->text : use->name->last, name->qualifier) != 0)
            continue;
        g_autofree char *whole = g_strdup_printf("%s.%s", use->name->text, name->last);
        take_all(closure, workspace->by_name, whole);
        take_piece(closure, i);
    }
}

static void take_name(gpointer data, const KjAstName *name) {
    Closure *closure = data;
    Workspace *workspace = closure->workspace;
    g_autofree char *here = g_strdup_printf("%s.%s", file_of(workspace, closure->module)->module, name->text);
    guint standard = GPOINTER_TO_UINT(g_hash_table_lookup(workspace->standards, name->text));
    if (standard)
        take_piece(closure, standard - 1);
    take_all(closure, workspace->by_name, here);
    take_all(closure, workspace->by_name, name->text); /* a module's whole name before it */
    if (name->qualifier)
        take_used(closure, name);
}

static void take_data(gpointer data, const KjAstValue *csv) {
    Closure *closure = data;
    const KjCompilation *compilation = closure->workspace->compilation;
    guint32 number;
    const KjSourceFile *file = kj_sources_data(compilation->sources, csv->text_span, csv->text, &number, compilation->diagnostics);
    guint index = file ? GPOINTER_TO_UINT(g_hash_table_lookup(closure->workspace->file_numbers, file->path)) : 0;
    if (index)
        closure->files[index - 1] = closure->workspace->file_taken[index - 1] = TRUE;
}

/* A field whose type the domain leaves to the workspace is of the `type` of its name. */
static void take_named_types(Closure *closure, const KjBlock *block) {
    for (guint i = 0; i < block->field_count; i++)
        if (block->fields[i].type.name)
            take_all(closure, closure->workspace->types, block->fields[i].type.name);
}

/* What a file says of itself, for every file that has a part in the unit. */
static void take_headings(Closure *closure) {
    const Workspace *workspace = closure->workspace;
    for (guint module = 0; module < workspace->compilation->module_count; module++) {
        gboolean is_part = FALSE;
        for (guint i = workspace->first[module]; i < workspace->first[module + 1]; i++)
            is_part |= closure->pieces[i];
        for (guint i = workspace->first[module]; is_part && i < workspace->first[module + 1]; i++)
            if (is_heading(piece_at(workspace, i)->declaration))
                closure->pieces[i] = closure->workspace->piece_taken[i] = TRUE;
    }
}

static void take_declaration(Closure *closure, const KjAstDeclaration *declaration) {
    guint piece = GPOINTER_TO_UINT(g_hash_table_lookup(closure->workspace->pieces_of, declaration));
    if (piece)
        take_piece(closure, piece - 1);
}

/* What speaks of the block: it guards or excuses it. */
static void take_companions(Closure *closure, const KjBlock *block) {
    const KjPolicy *policy = closure->workspace->compilation->policy;
    for (const KjException *exception = policy->exceptions; exception; exception = exception->next)
        if (exception->block == block)
            take_declaration(closure, exception->declaration);
    for (const KjTest *test = policy->tests; test; test = test->next)
        for (guint i = 0; i < test->count; i++)
            if ((test->proof ? test->proofs[i].block : test->cases[i].block) == block)
                take_declaration(closure, test->declaration);
    for (const KjEnforcement *enforcement = policy->enforcements; enforcement; enforcement = enforcement->next)
        if (enforcement->block == block)
            take_declaration(closure, enforcement->declaration);
}

static void follow(Closure *closure) {
    const KjMentionSink sink = { take_name, take_data, closure };
    while (closure->waiting->len > 0) {
        guint piece = g_array_index(closure->waiting, guint, closure->waiting->len - 1);
        g_array_set_size(closure->waiting, closure->waiting->len - 1);
        closure->module = piece_at(closure->workspace, piece)->module;
        kj_syntax_mentions(piece_at(closure->workspace, piece)->declaration, &sink);
    }
}

/* ---- units ---- */

static void part_free(gpointer data) {
    KjUnitPart *part = data;
    g_free(part->path);
    g_bytes_unref(part->bytes);
    g_free(part);
}

static void unit_free(gpointer data) {
    KjUnit *unit = data;
    g_free(unit->name);
    g_ptr_array_unref(unit->parts);
    g_free(unit);
}

static void add_part(KjUnit *unit, const KjUnitFile *file, GBytes *bytes) {
    KjUnitPart *part = g_new(KjUnitPart, 1);
    *part = (KjUnitPart){ g_strdup(file->path), file->mode, bytes };
    g_ptr_array_add(unit->parts, part);
}

static int compare_parts(gconstpointer a, gconstpointer b) {
    return strcmp((*(KjUnitPart *const *)a)->path, (*(KjUnitPart *const *)b)->path);
}

static void take_digest(KjUnit *unit) {
    g_autoptr(GChecksum) whole = g_checksum_new(G_CHECKSUM_SHA256);
    g_ptr_array_sort(unit->parts, compare_parts);
    for (guint i = 0; i < unit->parts->len; i++) {
        const KjUnitPart *part = unit->parts->pdata[i];
        g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, part->bytes);
        g_autofree char *mode = g_strdup_printf("%o", part->mode);
        g_checksum_update(whole, (const guchar *)part->path, (gssize)strlen(part->path) + 1);
        g_checksum_update(whole, (const guchar *)mode, (gssize)strlen(mode) + 1);
        g_checksum_update(whole, (const guchar *)digest, (gssize)strlen(digest));
    }
    g_strlcpy(unit->digest, g_checksum_get_string(whole), sizeof unit->digest);
}

/* The chosen pieces of a module as one part, if there are any. */
static void add_pieces(KjUnit *unit, const Workspace *workspace, guint module, const gboolean *chosen) {
    const KjSourceFile *source = file_of(workspace, module);
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(workspace->file_numbers, source->path));
    g_autoptr(GString) text = g_string_new(NULL);
    g_assert(index > 0);
    for (guint i = workspace->first[module]; i < workspace->first[module + 1]; i++)
        if (chosen[i])
            g_string_append_len(text, source->text + piece_at(workspace, i)->start,
                                piece_at(workspace, i)->end - piece_at(workspace, i)->start);
    if (text->len > 0)
        add_part(unit, &workspace->files[index - 1], g_string_free_to_bytes(g_steal_pointer(&text)));
}

static KjUnit *unit_new(const Workspace *workspace, const char *name, const KjBlock *block, const gboolean *pieces, const gboolean *files) {
    KjUnit *unit = g_new0(KjUnit, 1);
    unit->name = g_strdup(name);
    unit->block = block;
    unit->parts = g_ptr_array_new_with_free_func(part_free);
    for (guint module = 0; module < workspace->compilation->module_count; module++)
        add_pieces(unit, workspace, module, pieces);
    for (guint i = 0; i < workspace->file_count; i++)
        if (files[i])
            add_part(unit, &workspace->files[i], g_bytes_ref(workspace->files[i].bytes));
    take_digest(unit);
    return unit;
}

/* Marks what the block is made of; what is marked already is followed no more. */
static void close_over(Workspace *workspace, const KjBlock *block, gboolean *pieces, gboolean *files) {
    g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(guint));
    Closure closure = { workspace, pieces, files, waiting, 0 };
    take_declaration(&closure, block->declaration);
    take_companions(&closure, block);
    take_named_types(&closure, block);
    follow(&closure);
    take_headings(&closure);
}

static const char *name_of(const KjBlock *block) {
    return block->standard ? block->name : block->qualified;
}

static KjUnit *unit_of_block(Workspace *workspace, const KjBlock *block) {
    g_autofree gboolean *pieces = g_new0(gboolean, workspace->pieces->len + 1), *files = g_new0(gboolean, workspace->file_count + 1);
    close_over(workspace, block, pieces, files);
    return unit_new(workspace, name_of(block), block, pieces, files);
}

/* What no unit took. A file of policy whose every declaration is taken has no rest; one without declarations is nothing but rest. */
static KjUnit *unit_of_rest(Workspace *workspace) {
    g_autofree gboolean *pieces = g_new0(gboolean, workspace->pieces->len + 1), *files = g_new0(gboolean, workspace->file_count + 1);
    for (guint i = 0; i < workspace->pieces->len; i++)
        pieces[i] = !workspace->piece_taken[i];
    for (guint i = 0; i < workspace->file_count; i++)
        files[i] = !workspace->file_taken[i];
    for (guint module = 0; module < workspace->compilation->module_count; module++)
        if (workspace->first[module] < workspace->first[module + 1])
            files[GPOINTER_TO_UINT(g_hash_table_lookup(workspace->file_numbers, file_of(workspace, module)->path)) - 1] = FALSE;
    return unit_new(workspace, REST, NULL, pieces, files);
}

static int compare_units(gconstpointer a, gconstpointer b) {
    return strcmp((*(KjUnit *const *)a)->name, (*(KjUnit *const *)b)->name);
}

GPtrArray *kj_units_new(const KjCompilation *compilation, const KjUnitFile *files, guint count) {
    Workspace workspace;
    GPtrArray *units = g_ptr_array_new_with_free_func(unit_free);
    workspace_init(&workspace, compilation, files, count);
    for (const KjBlock *block = compilation->policy->blocks; block; block = block->next)
        g_ptr_array_add(units, unit_of_block(&workspace, block));
    for (const KjBlock *block = compilation->policy->standards; block; block = block->next)
        g_ptr_array_add(units, unit_of_block(&workspace, block));
    g_ptr_array_add(units, unit_of_rest(&workspace));
    g_ptr_array_sort(units, compare_units);
    workspace_clear(&workspace);
    return units;
}

/* Whether the block, so far left out, has to come along: its declaration is there already, by a test of two blocks or the like, and it must not be half there. */
static gboolean is_half_there(const Workspace *workspace, const KjBlock *block, const gboolean *pieces) {
    guint piece = GPOINTER_TO_UINT(g_hash_table_lookup(workspace->pieces_of, block->declaration));
    return piece && pieces[piece - 1];
}

KjUnit *kj_unit_new_together(const KjCompilation *compilation, const KjUnitFile *files, guint count, const char *const *names) {
    const KjBlock *const lists[] = { compilation->policy->blocks, compilation->policy->standards };
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    Workspace workspace;
    workspace_init(&workspace, compilation, files, count);
    g_autofree gboolean *pieces = g_new0(gboolean, workspace.pieces->len + 1), *taken = g_new0(gboolean, count + 1);
    for (gboolean more = TRUE; more;) {
        more = FALSE;
        for (guint list = 0; list < G_N_ELEMENTS(lists); list++)
            for (const KjBlock *block = lists[list]; block; block = block->next)
                if ((g_strv_contains(names, name_of(block)) || is_half_there(&workspace, block, pieces)) &&
                    g_hash_table_add(done, (gpointer)block)) {
                    close_over(&workspace, block, pieces, taken);
                    more = TRUE;
                }
    }
    KjUnit *unit = unit_new(&workspace, "", NULL, pieces, taken);
    workspace_clear(&workspace);
    return unit;
}

const char *kj_unit_digest(const KjUnit *unit) {
    return unit ? unit->digest : KJ_STATEMENT_NONE;
}

void kj_unit_free(KjUnit *unit) {
    if (unit)
        unit_free(unit);
}

const KjUnit *kj_units_find(const GPtrArray *units, const char *name) {
    for (guint i = 0; i < units->len; i++)
        if (strcmp(((const KjUnit *)units->pdata[i])->name, name) == 0)
            return units->pdata[i];
    return NULL;
}
