/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arena is glibc's obstack: allocation is a pointer moved, nothing is ever given back alone, and one call frees it all. Chunks
 * come from g_malloc, so there is no failure to pass on. The first chunk is small (a test parses ten lines), later ones are large.
 */
#include "arena.h"

#include <obstack.h>
#include <stdarg.h>
#include <string.h>

#define obstack_chunk_alloc g_malloc
#define obstack_chunk_free g_free

struct KjArena {
    struct obstack stack;
};

/* obstack aligns by an offset from a null pointer, which clang's UBSan counts as an overflow and glibc as a fact about its machines. */
#ifdef __clang__
#define OBSTACK_ALIGNS __attribute__((no_sanitize("pointer-overflow")))
#else
#define OBSTACK_ALIGNS
#endif

enum { FIRST_CHUNK = 4096 - 64, LATER_CHUNK = 256 * 1024 - 64 };

KjArena *
kj_arena_new(void)
{
    KjArena *arena = g_new(KjArena, 1);

    obstack_begin(&arena->stack, FIRST_CHUNK);
    obstack_chunk_size(&arena->stack) = LATER_CHUNK;
    return arena;
}

void
kj_arena_free(KjArena *arena)
{
    if (arena == NULL)
        return;
    obstack_free(&arena->stack, NULL);
    g_free(arena);
}

OBSTACK_ALIGNS
void *
kj_arena_alloc(KjArena *arena, gsize size)
{
    /* An object of no bytes would share its address with the next one. */
    gsize whole = MAX(size, 1);

    return memset(obstack_alloc(&arena->stack, whole), 0, whole);
}

OBSTACK_ALIGNS
char *
kj_arena_strndup(KjArena *arena, const char *text, gsize length)
{
    return obstack_copy0(&arena->stack, text, length);
}

char *
kj_arena_strdup(KjArena *arena, const char *text)
{
    return kj_arena_strndup(arena, text, strlen(text));
}

char *
kj_arena_printf(KjArena *arena, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return kj_arena_strdup(arena, text);
}
