/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Columns of CSV files that belong to the workspace (RFC 4180): a header row, quoted cells, CRLF or LF, an optional byte order mark.
 *
 * Every cell keeps its place, so that an error in the data is told in the data. `where` chooses rows by other columns; a comparison with a
 * number, date, size or address reads the cell as one. A column is read once for each place that names it; a cell becomes a
 * value only when a field gives it a type. Linear in the file.
 */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

typedef struct {
    const KjCell *cells;
    guint count;
} Column;

typedef struct {
    const KjCsvRow *rows;
    guint count;
} Table;

/* ---- reading ---- */

typedef struct {
    KjChecker *checker;
    guint32 file;
    const char *text;
    gsize length, at;
    GArray *cells; /* of the row in hand */
    gboolean bad;
} Reader;

static KjSpan span_of(const Reader *reader, gsize start, gsize end) {
    return (KjSpan){ reader->file, (guint32)start, (guint32)end };
}

static void add_cell(Reader *reader, const char *text, gsize length, gsize start, gsize end) {
    KjCell cell = { kj_arena_strndup(reader->checker->arena, text, length), span_of(reader, start, end) };
    g_array_append_val(reader->cells, cell);
}

static gboolean at_end_of_cell(const Reader *reader, gsize at) {
    return at >= reader->length || reader->text[at] == ',' || reader->text[at] == '\n'
           || (reader->text[at] == '\r' && at + 1 < reader->length && reader->text[at + 1] == '\n');
}

static void read_quoted(Reader *reader) {
    g_autoptr(GString) cell = g_string_new(NULL);
    gsize start = reader->at++;

    while (reader->at < reader->length) {
        if (reader->text[reader->at] != '"') {
            g_string_append_c(cell, reader->text[reader->at++]);
        } else if (reader->at + 1 < reader->length && reader->text[reader->at + 1] == '"') {
            g_string_append_c(cell, '"');
            reader->at += 2;
        } else {
            break;
        }
    }
    if (reader->at >= reader->length) {
        kj_report_help(kj_report(reader->checker->diagnostics, KJ_CODE_CSV_QUOTE, span_of(reader, start, start + 1),
                                 _("this quotation mark is never closed")),
                       _("a quotation mark inside a quoted cell is written twice"));
        reader->bad = TRUE;
        return;
    }
    reader->at++;
    if (!at_end_of_cell(reader, reader->at)) {
        kj_report_help(kj_report(reader->checker->diagnostics, KJ_CODE_CSV_QUOTE, span_of(reader, reader->at, reader->at + 1),
                                 _("text follows the closing quotation mark of a cell")),
                       _("a quotation mark inside a quoted cell is written twice"));
        reader->bad = TRUE;
        return;
    }
    add_cell(reader, cell->str, cell->len, start, reader->at);
}

static void read_bare(Reader *reader) {
    gsize start = reader->at;

    while (!at_end_of_cell(reader, reader->at)) {
        if (reader->text[reader->at] == '"') {
            kj_report_help(kj_report(reader->checker->diagnostics, KJ_CODE_CSV_QUOTE, span_of(reader, reader->at, reader->at + 1),
                                     _("a quotation mark stands inside a cell that does not begin with one")),
                           _("put the whole cell in quotation marks"));
            reader->bad = TRUE;
            return;
        }
        reader->at++;
    }
    add_cell(reader, reader->text + start, reader->at - start, start, reader->at);
}

/* One record and the line end after it. */
static KjCsvRow read_row(Reader *reader) {
    KjCsvRow row = { NULL, 0 };
    KjCell *cells;

    g_array_set_size(reader->cells, 0);
    for (;;) {
        if (reader->at < reader->length && reader->text[reader->at] == '"')
            read_quoted(reader);
        else
            read_bare(reader);
        if (reader->bad)
            return row;
        if (reader->at >= reader->length || reader->text[reader->at] != ',')
            break;
        reader->at++;
    }
    if (reader->at < reader->length && reader->text[reader->at] == '\r')
        reader->at++;
    if (reader->at < reader->length)
        reader->at++;
    cells = kj_arena_newn(reader->checker->arena, KjCell, reader->cells->len);
    memcpy(cells, reader->cells->data, sizeof *cells * reader->cells->len);
    return (KjCsvRow){ cells, reader->cells->len };
}

static gboolean check_width(Reader *reader, const KjCsvRow *header, const KjCsvRow *row) {
    if (row->count == header->count)
        return TRUE;
    kj_report_help(kj_report(reader->checker->diagnostics, KJ_CODE_CSV_WIDTH,
                             span_of(reader, row->cells[0].span.start, row->cells[row->count - 1].span.end), row->count, header->count),
                   _("a cell that holds a comma needs quotation marks"));
    return FALSE;
}

static gboolean is_blank(const KjCsvRow *row) {
    return row->count == 1 && row->cells[0].text[0] == '\0' && row->cells[0].span.start == row->cells[0].span.end;
}

const KjCsvRow *kj_csv_read(KjChecker *checker, guint32 file, const char *text, gsize length, guint *count) {
    Reader reader = { .checker = checker, .file = file, .text = text, .length = length };
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(KjCsvRow));
    KjCsvRow *kept;

    reader.cells = g_array_new(FALSE, FALSE, sizeof(KjCell));
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reader.at = 3;
    while (reader.at < length && !reader.bad) {
        KjCsvRow row = read_row(&reader);
        if (reader.bad || is_blank(&row))
            continue;
        if (rows->len > 0 && !check_width(&reader, &g_array_index(rows, KjCsvRow, 0), &row))
            reader.bad = TRUE;
        if (rows->len > KJ_LIMIT_CSV_ROWS) {
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_CSV_ROWS, row.cells[0].span, KJ_LIMIT_CSV_ROWS), _("split the file"));
            reader.bad = TRUE;
        }
        g_array_append_val(rows, row);
    }
    g_array_unref(reader.cells);
    if (!reader.bad && rows->len == 0) {
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_CSV_EMPTY, (KjSpan){ file, 0, 0 }), _("its first row names the columns"));
        reader.bad = TRUE;
    }
    if (reader.bad)
        return NULL;
    kept = kj_arena_newn(checker->arena, KjCsvRow, rows->len);
    memcpy(kept, rows->data, sizeof *kept * rows->len);
    *count = rows->len;
    return kept;
}

/* ---- choosing rows ---- */

static int column_index(KjChecker *checker, const KjCsvRow *header, const KjAstName *name, const char *path) {
    const char **names = kj_arena_newn(checker->arena, const char *, header->count + 1);
    KjDiagnostic *unknown;
    const char *near;

    for (guint i = 0; i < header->count; i++) {
        names[i] = header->cells[i].text;
        if (strcmp(names[i], name->text) == 0)
            return (int)i;
    }
    unknown = KJ_CHECK_TELL(checker, KJ_CODE_CSV_COLUMN, name->span, path, name->text);
    near = kj_did_you_mean(name->text, names);
    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else
        KJ_CHECK_HELP(unknown, _("its columns are %s"), kj_check_list_text(checker, names));
    return -1;
}

typedef struct {
    const KjScope *scope;
    const KjCsvRow *header, *row;
    const char *path;
    gboolean bad;
} Selection;

/* -1, 0, 1, or 2 when they are not alike. The cell is read as what the literal is. */
static int compare_cell(Selection *selection, const KjCell *cell, const KjAstValue *value) {
    gsize length = strlen(cell->text);
    guint64 number = 0;
    static const KjDataType addresses = { .kind = KJ_TYPE_ADDRESS };
    KjOrdinal address;
    KjInterval range;
    gboolean read = FALSE;

    switch (value->kind) {
    case KJ_VALUE_STRING: {
        int order = strcmp(cell->text, value->text);
        return order == 0 ? 0 : order < 0 ? -1 : 1;
    }
    case KJ_VALUE_INTEGER:
        read = kj_value_read_integer(cell->text, length, &number, NULL);
        break;
    case KJ_VALUE_SIZE:
        read = kj_value_read_size(cell->text, length, &number, NULL);
        break;
    case KJ_VALUE_DURATION:
        read = kj_value_read_duration(cell->text, length, &number, NULL);
        break;
    case KJ_VALUE_DATE:
        read = kj_value_read_date(cell->text, length, &number, NULL);
        break;
    case KJ_VALUE_BOOL:
        return strcmp(cell->text, value->number ? "true" : "false") == 0 ? 0 : 2;
    case KJ_VALUE_ADDRESS:
        if (!kj_literal_interval(selection->scope, &addresses, value, &range)) {
            selection->bad = TRUE;
            return 2;
        }
        read = kj_value_read_address(cell->text, length, &address, NULL);
        if (read)
            return kj_ordinal_compare(address, range.low) < 0 ? -1 : kj_ordinal_compare(address, range.high) > 0;
        break;
    default:
        KJ_CHECK_HELP(KJ_CHECK_TELL(selection->scope->checker, KJ_CODE_CSV_WHERE, value->span),
                      _("compare a column with a text in quotation marks or a number"));
        selection->bad = TRUE;
        return 2;
    }
    if (!read) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(selection->scope->checker, KJ_CODE_CSV_CELL, cell->span, cell->text,
                                    kj_check_value_text(selection->scope->checker, value)),
                      _("correct the cell, or compare with a text in quotation marks"));
        selection->bad = TRUE;
        return 2;
    }
    return number < value->number ? -1 : number > value->number;
}

static gboolean related(int order, KjRelation relation) {
    if (order == 2)
        return relation == KJ_RELATION_NOT_EQUAL;
    switch (relation) {
    case KJ_RELATION_EQUAL:
        return order == 0;
    case KJ_RELATION_NOT_EQUAL:
        return order != 0;
    case KJ_RELATION_LESS:
        return order < 0;
    case KJ_RELATION_LESS_EQUAL:
        return order <= 0;
    case KJ_RELATION_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static gboolean cell_in(Selection *selection, const KjCell *cell, const KjAstValue *value) {
    if (value->kind == KJ_VALUE_SET) {
        for (const KjAstValue *item = value->items; item; item = item->next) {
            if (cell_in(selection, cell, item))
                return TRUE;
        }
        return FALSE;
    }
    if (value->kind == KJ_VALUE_RANGE)
        return related(compare_cell(selection, cell, value->left), KJ_RELATION_GREATER_EQUAL)
               && related(compare_cell(selection, cell, value->right), KJ_RELATION_LESS_EQUAL);
    return compare_cell(selection, cell, value) == 0;
}

static gboolean chosen(Selection *selection, const KjAstExpression *expression) {
    gboolean result = expression->kind == KJ_EXPRESSION_AND;
    int index;

    switch (expression->kind) {
    case KJ_EXPRESSION_AND:
    case KJ_EXPRESSION_OR:
        for (const KjAstExpression *item = expression->items; item; item = item->next) {
            gboolean holds = chosen(selection, item);
            result = expression->kind == KJ_EXPRESSION_AND ? result && holds : result || holds;
        }
        return result;
    case KJ_EXPRESSION_NOT:
        return !chosen(selection, expression->items);
    case KJ_EXPRESSION_NAME:
    case KJ_EXPRESSION_COMPARE:
    case KJ_EXPRESSION_IN:
        break;
    default:
        KJ_CHECK_HELP(KJ_CHECK_TELL(selection->scope->checker, KJ_CODE_CSV_WHERE, expression->span),
                      _("compare columns with `==`, `<`, `in` and so on"));
        selection->bad = TRUE;
        return FALSE;
    }
    index = column_index(selection->scope->checker, selection->header, expression->name, selection->path);
    if (index < 0) {
        selection->bad = TRUE;
        return FALSE;
    }
    if (expression->kind == KJ_EXPRESSION_NAME)
        return strcmp(selection->row->cells[index].text, "true") == 0;
    if (expression->kind == KJ_EXPRESSION_IN)
        return cell_in(selection, &selection->row->cells[index], expression->value) != expression->negated;
    return related(compare_cell(selection, &selection->row->cells[index], expression->value), expression->relation);
}

/* A file is taken apart once, however many columns are read from it. */
static const KjCsvRow *file_rows(KjChecker *checker, const KjSourceFile *source, guint32 file, guint *count) {
    gpointer known;
    Table *table;

    if (g_hash_table_lookup_extended(checker->columns, source->text, NULL, &known)) {
        table = known;
    } else {
        table = kj_arena_new0(checker->arena, Table);
        table->rows = kj_csv_read(checker, file, source->text, source->length, &table->count);
        g_hash_table_insert(checker->columns, (gpointer)source->text, table);
    }
    *count = table->count;
    return table->rows;
}

static const Column *select_column(const KjScope *scope, const KjAstValue *value) {
    KjChecker *checker = scope->checker;
    guint32 file;
    guint count;
    const KjSourceFile *source = kj_sources_data(checker->sources, value->text_span, value->text, &file, checker->diagnostics);
    const KjCsvRow *rows = source ? file_rows(checker, source, file, &count) : NULL;
    Selection selection = { .scope = scope, .header = rows, .path = source ? source->path : NULL };
    Column *column = NULL;
    KjCell *cells;
    int index = rows ? column_index(checker, rows, value->name, source->path) : -1;

    if (index < 0)
        return NULL;
    column = kj_arena_new0(checker->arena, Column);
    cells = kj_arena_newn(checker->arena, KjCell, count + 1);
    for (guint i = 1; i < count && !selection.bad; i++) {
        selection.row = &rows[i];
        if (!value->expression || chosen(&selection, value->expression))
            cells[column->count++] = rows[i].cells[index];
    }
    column->cells = cells;
    return selection.bad ? NULL : column;
}

const KjCell *kj_csv_column(const KjScope *scope, const KjAstValue *value, guint *count) {
    gpointer known;
    const Column *column;

    if (g_hash_table_lookup_extended(scope->checker->columns, value, NULL, &known)) {
        column = known;
    } else {
        column = select_column(scope, value);
        g_hash_table_insert(scope->checker->columns, (gpointer)value, (gpointer)column);
    }
    *count = column ? column->count : 0;
    return column ? column->cells : NULL;
}

/* ---- cells as literals ---- */

gboolean kj_csv_cell(const KjScope *scope, const KjDataType *type, KjAstValue *cell) {
    gsize length = strlen(cell->text);
    const char *problem = NULL;
    guint64 number = 0;
    gboolean read = TRUE;

    if (type->kind == KJ_TYPE_ADDRESS) {
        cell->kind = KJ_VALUE_ADDRESS;
    } else if (type->kind == KJ_TYPE_INTEGER && !kj_literal_symbol(type, cell->text, &number)) {
        cell->kind = KJ_VALUE_INTEGER;
        read = kj_value_read_integer(cell->text, length, &number, &problem);
    } else if (type->kind == KJ_TYPE_INTEGER) {
        cell->kind = KJ_VALUE_INTEGER;
    } else if (type->kind == KJ_TYPE_SIZE) {
        cell->kind = KJ_VALUE_SIZE;
        read = kj_value_read_size(cell->text, length, &number, &problem);
    } else if (type->kind == KJ_TYPE_DURATION) {
        cell->kind = KJ_VALUE_DURATION;
        read = kj_value_read_duration(cell->text, length, &number, &problem);
    } else if (type->kind == KJ_TYPE_DATE) {
        cell->kind = KJ_VALUE_DATE;
        read = kj_value_read_date(cell->text, length, &number, &problem);
    } else if (type->kind == KJ_TYPE_BOOL) {
        cell->kind = KJ_VALUE_BOOL;
        number = strcmp(cell->text, "true") == 0;
        read = number || strcmp(cell->text, "false") == 0;
    }
    cell->number = number;
    if (read)
        return TRUE;
    KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_VALUE_TYPE, cell->span, cell->text, kj_check_type_text(scope->checker, type)),
                  _("correct the cell in the CSV file"));
    return FALSE;
}
