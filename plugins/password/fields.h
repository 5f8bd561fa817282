/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A measure as the fields of the domain, each as text. */
#ifndef KJ_PASSWORD_FIELDS_H
#define KJ_PASSWORD_FIELDS_H

#include "measure.h"

#define KJ_PASSWORD_FIELDS 14

typedef struct {
    const char *name; /* static: "length" */
    char text[12];    /* "15", "true" */
} KjPasswordField;

/* Fills `fields` with those that have a value, and gives how many they are. */
guint kj_password_fields(const KjPasswordMeasure *measure, KjPasswordField fields[KJ_PASSWORD_FIELDS]);

#endif
