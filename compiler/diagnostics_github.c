/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a change:
 *
 *     ::error file=mail/out.pol,line=3,endLine=3,col=5,endColumn=9,title=KJ0260::`mail` blocks have no effect `alow`
 *
 * A command is one line; what would end it, a property or the whole early is written %XX (the runner's own escapes: `%`, CR and LF in a
 * message, `:` and `,` in a property as well). Columns are told only when the place lies in one line, as GitHub asks; the end is exclusive.
 */
#include "diagnostics_private.h"

static void
append_escaped(GString *out, const char *text, gboolean property)
{
    for (; *text != '\0'; text++)
        if (*text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ',')))
            g_string_append_printf(out, "%%%02X", (guint)(guchar)*text);
        else
            g_string_append_c(out, *text);
}

static void
append_place(const KjDiagnostic *diagnostic, const KjSources *sources, const char *folder, GString *out)
{
    const KjSourceFile *file = kj_diagnostics_file(sources, diagnostic->span);

    if (file == NULL)
        return;
    g_autofree char *path = kj_diagnostics_path(file, folder);
    KjPlace place = kj_diagnostics_place(sources, diagnostic->span);

    g_string_append(out, "file=");
    append_escaped(out, path, TRUE);
    g_string_append_printf(out, ",line=%u,endLine=%u,", place.line, place.end_line);
    if (place.line == place.end_line)
        g_string_append_printf(out, "col=%u,endColumn=%u,", place.column, place.end_column);
}

void
kj_diagnostics_print_github(const KjDiagnostics *diagnostics, const KjSources *sources, const char *folder, GString *out)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics);

    for (guint i = 0; i < sorted->len; i++) {
        const KjDiagnostic *diagnostic = sorted->pdata[i];

        g_string_append_printf(out, "::%s ", diagnostic->severity == KJ_SEVERITY_NOTE ? "notice" : kj_severity_name(diagnostic->severity));
        append_place(diagnostic, sources, folder, out);
        g_string_append_printf(out, "title=KJ%04d::", (int)diagnostic->code);
        append_escaped(out, diagnostic->message, FALSE);
        if (diagnostic->help != NULL) {
            append_escaped(out, "\n", FALSE);
            append_escaped(out, diagnostic->help, FALSE);
        }
        g_string_append_c(out, '\n');
    }
}
