/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "member.h"

void kj_member_text(JsonBuilder *builder, const char *name, const char *value) {
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

void kj_member_number(JsonBuilder *builder, const char *name, gint64 value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

void kj_member_truth(JsonBuilder *builder, const char *name, gboolean value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

void kj_member_list(JsonBuilder *builder, const char *name) {
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
}

void kj_member_texts(JsonBuilder *builder, const char *name, const char *const *values) {
    kj_member_list(builder, name);
    for (; values && *values; values++)
        json_builder_add_string_value(builder, *values);
    json_builder_end_array(builder);
}

void kj_member_array(JsonBuilder *builder, const char *name, const GPtrArray *values) {
    kj_member_list(builder, name);
    for (guint i = 0; i < values->len; i++)
        json_builder_add_string_value(builder, values->pdata[i]);
    json_builder_end_array(builder);
}
