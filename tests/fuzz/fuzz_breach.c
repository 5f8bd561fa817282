/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forged breach filters: the input is a file of one, whose digest over header and records is mended, for whoever forges one can do that
 * too. What the reader accepts is asked for keys of every shard, all over the range: it may answer what it likes, but from its own bytes
 * only. What follows from the header, the number of bytes, is mended in every other input.
 */
#include <string.h>

#include "fuzz.h"
#include "plugins/password/breach/filter.h"
#include "plugins/password/breach/format.h"

const FuzzTarget fuzz_target = { "breach", NULL, 4096 };

static void mend(guint8 *bytes, gsize size) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    KjBreachHeader header;
    gsize front, length = KJ_BREACH_DIGEST;
    memcpy(&header, bytes, sizeof header);
    front = sizeof header + (sizeof(KjBreachShard) << (GUINT32_FROM_LE(header.shard_bits) % 32));
    if (GUINT32_FROM_LE(header.shard_bits) > KJ_BREACH_SHARD_BITS_MAX || front > size)
        return;
    if (header.digest[0] % 2)
        header.size = GUINT64_TO_LE((guint64)size);
    KjBreachHeader blank = header;
    memset(blank.digest, 0, sizeof blank.digest);
    memset(blank.directory_digest, 0, sizeof blank.directory_digest);
    g_checksum_update(checksum, (const guchar *)&blank, sizeof blank);
    g_checksum_update(checksum, bytes + sizeof header, (gssize)(front - sizeof header));
    g_checksum_get_digest(checksum, header.directory_digest, &length);
    memcpy(bytes, &header, sizeof header);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *bytes = g_memdup2(data, MAX(size, 1)); /* aligned, and ASan knows its end */
    if (size >= sizeof(KjBreachHeader))
        mend(bytes, size);
    g_autoptr(KjBreachFilter) filter = kj_breach_filter_new(bytes, size, "forged", &error);
    g_assert_true((filter == NULL) == (error != NULL));
    if (!filter)
        return 0;
    for (guint64 i = 0; i < 4096; i++)
        (void)kj_breach_filter_has(filter, i * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) ^ i << 52);
    (void)kj_breach_filter_verify(filter, NULL);
    return 0;
}
