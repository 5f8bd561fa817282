/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every single byte of real tables changed, the hash mended.
 *
 * A change is refused by the verifier with a reason, or the table that it makes is harmless: it is used for all that the library offers,
 * and where trees and boxes are as they were it must decide as a linear scan over its boxes does (tests/runtime/use_table.h). All 255 changes
 * of every byte with -m slow (some minutes); else each byte is changed in ways that go round from byte to byte, so that every byte is
 * changed at least once, and every column in most ways. Texts are skimmed: one byte in 16.
 */
#include <string.h>

#include <kijun/verify.h>

#include "fuzz.h"
#include "tables.h"
#include "tests/runtime/use_table.h"

/* One of these a byte, by turns. */
static const guint8 usual[] = { 0x01, 0x80, 0xff, 0x02, 0x40, 0x04, 0x10, 0x08, 0x20, 0x03, 0x07 };

static guint strings_end(const guint8 *bytes) {
    const KjRecordSection *strings = (const KjRecordSection *)(const void *)(bytes + sizeof(KjTableHeader));
    g_assert_cmpuint(strings->kind, ==, KJ_SECTION_STRINGS);
    return (guint)(strings->offset + strings->count);
}

static void test_every_byte(gconstpointer data) {
    guint which = GPOINTER_TO_UINT(data), accepted = 0, refused = 0;
    gsize length;
    const guint8 *good = g_bytes_get_data(fuzz_table(which), &length);
    g_autofree guint8 *bytes = g_memdup2(good, length);
    guint texts = strings_end(good), header = sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection);
    gboolean short_run = g_getenv("KIJUN_SHORT") != NULL;
    KjFlaw flaw;
    g_assert_true(use_bytes(good, length, TRUE, &flaw));
    for (guint i = 0, turn = 0; i < length; i++) {
        gboolean text = i >= header && i < texts;
        if (!g_test_slow() && ((text && i % 16 != 0) || (short_run && !text && i % 3 != 0)))
            continue;
        for (guint change = 1; change < 256; change++) {
            if (!g_test_slow() && change != usual[turn % G_N_ELEMENTS(usual)])
                continue;
            bytes[i] = (guint8)(good[i] ^ change);
            if (use_bytes(bytes, length, fuzz_trees_equal(good, bytes, length), &flaw))
                accepted++;
            else
                refused++;
        }
        bytes[i] = good[i];
        turn++;
    }
    g_test_message("%u accepted, %u refused, %" G_GSIZE_FORMAT " bytes", accepted, refused, length);
    g_assert_cmpuint(accepted, >, 0);
    g_assert_cmpuint(refused, >, accepted / 4);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    for (guint i = 0; i < FUZZ_TABLES; i++) {
        g_autofree char *base = g_path_get_basename(fuzz_policies[i]), *path = g_strdup_printf("/tampering/%s", base);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_every_byte);
    }
    return g_test_run();
}
