/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows written out. See window_text.h.
 *
 * A list of a thousand holidays is a thousand unions deep, so the walk keeps a stack of its own: windows and the text between them.
 */
#include "window_text.h"

#include <kijun/value.h>

/* What is still to be written: a window, or a text. */
typedef struct {
    const KjWindow *window;
    const char *text;
} Pending;

static void print_days(const KjWindowAtom *atom, GString *out) {
    static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    gboolean first = TRUE;

    if ((atom->weekdays & 0x7f) == 0x7f)
        return;
    g_string_append(out, "{ ");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!(atom->weekdays & (1u << i)))
            continue;
        g_string_append_printf(out, "%s%s", first ? "" : ", ", names[i]);
        first = FALSE;
    }
    g_string_append(out, " } ");
}

static void print_atom(const KjWindowAtom *atom, GString *out) {
    print_days(atom, out);
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(atom->first_day), out);
    g_string_append(out, "..");
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(atom->last_day), out);
    g_string_append_printf(out, " %02u:%02u..%02u:%02u zone \"%s\"", atom->first_minute / 60, atom->first_minute % 60,
                           atom->last_minute / 60, atom->last_minute % 60, atom->zone ? atom->zone : "UTC");
}

static void push(GArray *stack, const KjWindow *window, const char *text) {
    Pending pending = { window, text };

    g_array_append_val(stack, pending);
}

void kj_window_text(const KjWindow *window, GString *out) {
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Pending));

    push(stack, window, NULL);
    while (stack->len) {
        Pending top = g_array_index(stack, Pending, stack->len - 1);

        g_array_set_size(stack, stack->len - 1);
        if (top.text) {
            g_string_append(out, top.text);
        } else if (top.window->kind == KJ_WINDOW_ATOM) {
            print_atom(&top.window->atom, out);
        } else {
            gboolean either = top.window->kind == KJ_WINDOW_UNION;

            push(stack, NULL, either ? " }" : ")");
            push(stack, top.window->right, NULL);
            push(stack, NULL, either ? ", " : " - ");
            push(stack, top.window->left, NULL);
            push(stack, NULL, either ? "{ " : "(");
        }
    }
}
