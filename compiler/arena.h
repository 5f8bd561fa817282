/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One arena per compilation: what a pass makes lives as long as the compilation, and is freed at once. Over glibc's obstack. */
#ifndef KJ_ARENA_H
#define KJ_ARENA_H

#include <glib.h>

typedef struct KjArena KjArena;

KjArena *kj_arena_new(void);
void kj_arena_free(KjArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjArena, kj_arena_free)

/* Zeroed, aligned for any type. Never NULL. */
void *kj_arena_alloc(KjArena *arena, gsize size);
char *kj_arena_strndup(KjArena *arena, const char *text, gsize length);
char *kj_arena_strdup(KjArena *arena, const char *text);
char *kj_arena_printf(KjArena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define kj_arena_new0(arena, Type) ((Type *)kj_arena_alloc((arena), sizeof(Type)))
#define kj_arena_newn(arena, Type, count) ((Type *)kj_arena_alloc((arena), sizeof(Type) * (count)))

#endif
