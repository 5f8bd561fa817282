/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun bench: the steady-state cost of a decision.
 *
 * All rows are read and their cells turned into values first (a number, an address, or a text), as an enforcement point has them in hand; what is
 * timed is what it would do for each request: clear, set every field, decide. Times are taken over groups of GROUP decisions, since one
 * reading of the clock costs about as much as a decision; the median and the 99th percentile are over groups, in ns a decision.
 * At least MINIMUM decisions are made, going through the rows again and again, after one pass that is not counted.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "batch.h"

#define GROUP 32u
#define MINIMUM 1000000u

typedef enum { CELL_NUMBER = 1, CELL_ADDRESS, CELL_TEXT, CELL_INSTANT } CellKind;

typedef struct {
    CellKind kind;
    int field;
    guint64 number; /* of an instant: its seconds */
    guint8 address[16];
    guint length; /* of an address or a text */
    const char *text;
} Cell;

typedef struct {
    GArray *cells;  /* Cell, all rows */
    GArray *starts; /* guint: first cell of each row, and the end */
    GStringChunk *texts;
} Rows;

static guint64 now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

/* A cell as the value an enforcement point would have in hand. */
static Cell read_cell(Rows *rows, const KjFieldView *view, int field, const char *text) {
    Cell cell = { .kind = CELL_TEXT, .field = field, .length = (guint)strlen(text) };
    char *end = NULL;
    if (view->type == KJ_TYPE_ADDRESS && (inet_pton(AF_INET, text, cell.address) == 1 || inet_pton(AF_INET6, text, cell.address) == 1)) {
        cell.kind = CELL_ADDRESS;
        cell.length = strchr(text, ':') ? 16 : 4;
    } else if (view->type == KJ_TYPE_INTEGER && g_ascii_isdigit(text[0])) {
        cell.number = g_ascii_strtoull(text, &end, 10);
        cell.kind = *end == 0 ? CELL_NUMBER : CELL_TEXT;
    }
    if (cell.kind == CELL_TEXT)
        cell.text = g_string_chunk_insert_const(rows->texts, text);
    return cell;
}

static gboolean read_instant(Rows *rows, const char *text, GError **error) {
    Cell cell = { .kind = CELL_INSTANT };
    gint64 seconds;
    if (*text == 0)
        return TRUE;
    if (!kj_value_read_instant(text, strlen(text), NULL, &seconds, NULL)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is no instant"), text);
        return FALSE;
    }
    cell.number = (guint64)seconds;
    g_array_append_val(rows->cells, cell);
    return TRUE;
}

static gboolean read_rows(Rows *rows, const char *path, const KjTable *table, guint block, GError **error) {
    g_autofree char *bytes = NULL;
    gsize length;
    KjBlockView block_view;
    kj_view_block(table, block, &block_view);
    if (!kj_cli_read(path, &bytes, &length, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    g_auto(GStrv) names = g_strsplit(lines[0] ? lines[0] : "", "\t", -1);
    for (guint l = 1; lines[0] && lines[l]; l++) {
        if (lines[l][0] == 0)
            continue;
        g_array_append_val(rows->starts, rows->cells->len);
        g_auto(GStrv) cells = g_strsplit(lines[l], "\t", -1);
        for (guint c = 0; cells[c] && names[c]; c++) {
            int field = kj_table_find_field(table, block, names[c]);
            if (field < 0 && strcmp(names[c], "at") == 0) {
                if (!read_instant(rows, cells[c], error))
                    return FALSE;
                continue;
            }
            if (field < 0) {
                g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("line 1: the block has no field `%s`"), names[c]);
                return FALSE;
            }
            KjFieldView view;
            kj_view_field(table, block_view.first_field + (guint)field, &view);
            if (cells[c][0]) {
                Cell cell = read_cell(rows, &view, field, cells[c]);
                g_array_append_val(rows->cells, cell);
            }
        }
    }
    g_array_append_val(rows->starts, rows->cells->len);
    if (rows->starts->len < 2)
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: no rows to decide"), path);
    return rows->starts->len >= 2;
}

static KjOutcome decide_row(const Rows *rows, guint row, KjRequest *request, gint64 instant, KjVerdict *verdict) {
    const guint *starts = (const guint *)(void *)rows->starts->data;
    const Cell *cells = (const Cell *)(void *)rows->cells->data;
    kj_request_clear(request);
    for (guint i = starts[row]; i < starts[row + 1]; i++) {
        const Cell *cell = &cells[i];
        if (cell->kind == CELL_INSTANT)
            instant = (gint64)cell->number;
        else if (cell->kind == CELL_NUMBER)
            kj_request_set_number(request, cell->field, cell->number, NULL);
        else if (cell->kind == CELL_ADDRESS)
            kj_request_set_address(request, cell->field, cell->address, cell->length, NULL);
        else
            kj_request_set_text(request, cell->field, cell->text, cell->length, NULL);
    }
    kj_request_set_instant(request, instant);
    return kj_decide(request, verdict);
}

static int compare_u64(const void *a, const void *b) {
    guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
    return x < y ? -1 : x > y;
}

static void measure(const Rows *rows, KjTable *table, guint block, gint64 instant, gint64 bytes, guint64 load_ns) {
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    KjVerdict verdict = { .size = sizeof verdict };
    guint row_count = rows->starts->len - 1, row = 0;
    guint groups = (MAX(row_count, MINIMUM) + GROUP - 1) / GROUP;
    g_autofree guint64 *times = g_new(guint64, groups);
    for (guint i = 0; i < row_count; i++)
        decide_row(rows, i, request, instant, &verdict);
    guint64 begin = now_ns(), before = begin;
    for (guint g = 0; g < groups; g++) {
        for (guint i = 0; i < GROUP; i++) {
            decide_row(rows, row, request, instant, &verdict);
            row = row + 1 == row_count ? 0 : row + 1;
        }
        guint64 after = now_ns();
        times[g] = after - before;
        before = after;
    }
    guint64 whole = MAX(before - begin, 1);
    qsort(times, groups, sizeof *times, compare_u64);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_number(builder, "decisions", (gint64)groups * GROUP);
    kj_member_number(builder, "ns_median", (gint64)(times[groups / 2] / GROUP));
    kj_member_number(builder, "ns_p99", (gint64)(times[(guint64)groups * 99 / 100] / GROUP));
    kj_member_number(builder, "per_second", (gint64)((double)groups * GROUP * 1e9 / (double)whole));
    kj_member_number(builder, "table_bytes", bytes);
    kj_member_number(builder, "load_ns", (gint64)load_ns);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* PATH as the bytes of a table. */
static GBytes *table_bytes(const char *path, int *code) {
    g_autoptr(GError) error = NULL;
    if (g_str_has_suffix(path, ".kjt")) {
        char *bytes;
        gsize length;
        if (kj_cli_read(path, &bytes, &length, &error))
            return g_bytes_new_take(bytes, length);
        *code = kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
        return NULL;
    }
    g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, code);
    GBytes *built = compilation ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    if (compilation && !built)
        *code = kj_cli_fail(KJ_EXIT_POLICY, _("%s does not build; `kijun check` says why"), path);
    return built;
}

static char *batch, *at;

const GOptionEntry kj_options_bench[] = {
    { "batch", 0, 0, G_OPTION_ARG_FILENAME, &batch, N_("The requests, tab-separated as for decide --batch"), "FILE" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When the requests are made (now)"), "INSTANT" },
    G_OPTION_ENTRY_NULL,
};

int kj_command_bench(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 instant;
    guint block;
    if (!kj_cli_options(&argc, &argv, 2, 2, &code))
        return code;
    if (!batch)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--batch FILE is needed"));
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = table_bytes(argv[1], &code);
    if (!bytes)
        return code;
    guint64 begin = now_ns();
    g_autoptr(KjTable) table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    guint64 load_ns = now_ns() - begin;
    if (!table || !kj_table_find_block(table, argv[2], &block, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    Rows rows = { g_array_new(FALSE, FALSE, sizeof(Cell)), g_array_new(FALSE, FALSE, sizeof(guint)), g_string_chunk_new(1 << 16) };
    if (read_rows(&rows, batch, table, block, &error))
        measure(&rows, table, block, instant, (gint64)g_bytes_get_size(bytes), load_ns);
    else
        code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    g_array_unref(rows.cells);
    g_array_unref(rows.starts);
    g_string_chunk_free(rows.texts);
    return code;
}
