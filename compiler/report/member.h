/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of the JSON object that is open: what every command that answers programs writes its answers with. */
#ifndef KJ_REPORT_MEMBER_H
#define KJ_REPORT_MEMBER_H

#include <json-glib/json-glib.h>

/* NULL is null. */
void kj_member_text(JsonBuilder *builder, const char *name, const char *value);
void kj_member_number(JsonBuilder *builder, const char *name, gint64 value);
void kj_member_truth(JsonBuilder *builder, const char *name, gboolean value);
/* Begins an array, which json_builder_end_array ends. */
void kj_member_list(JsonBuilder *builder, const char *name);
/* An array of texts: NULL-terminated, or NULL for none; and the same of char *. */
void kj_member_texts(JsonBuilder *builder, const char *name, const char *const *values);
void kj_member_array(JsonBuilder *builder, const char *name, const GPtrArray *values);

#endif
