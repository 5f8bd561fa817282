/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the access control plugin. */
#ifndef KJ_ACL_H
#define KJ_ACL_H

#include <gmodule.h>
#include <kijun/plugin.h>

/* Reads one AuthZEN evaluation request (request.c). */
gboolean kj_acl_read_evaluation(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

/* Targets (targets/): each writes a block of its own shape, and refuses what it cannot say. */
gboolean kj_acl_emit_sudoers(const KjTable *table, guint index, GString *out, GError **error);
gboolean kj_acl_emit_pam_access(const KjTable *table, guint index, GString *out, GError **error);
gboolean kj_acl_emit_pam_time(const KjTable *table, guint index, GString *out, GError **error);
gboolean kj_acl_emit_setfacl(const KjTable *table, guint index, GString *out, GError **error);

/* Readers (read_back/) of what the targets write, for the proof that it says what the source says; see KjReaderDefinition. */
gboolean kj_acl_load_sudoers(const char *text, GString *dump, GError **error);
gboolean kj_acl_load_text(const char *text, GString *dump, GError **error); /* the text itself: there is nothing that loads the others */
gboolean kj_acl_read_back_sudoers(const char *dump, gsize length, GString *policy, GError **error);
gboolean kj_acl_read_back_pam_access(const char *dump, gsize length, GString *policy, GError **error);
gboolean kj_acl_read_back_pam_time(const char *dump, gsize length, GString *policy, GError **error);
gboolean kj_acl_read_back_setfacl(const char *dump, gsize length, GString *policy, GError **error);

/* Putting the targets' texts in force (enforcer.c); see KjEnforcerDefinition. */
gboolean kj_acl_current_sudoers(const char *name, const char *text, GString *state, GError **error);
gboolean kj_acl_current_pam_access(const char *name, const char *text, GString *state, GError **error);
gboolean kj_acl_current_pam_time(const char *name, const char *text, GString *state, GError **error);
gboolean kj_acl_current_setfacl(const char *name, const char *text, GString *state, GError **error);
gboolean kj_acl_apply_sudoers(const char *name, const char *text, GError **error);
gboolean kj_acl_apply_pam_access(const char *name, const char *text, GError **error);
gboolean kj_acl_apply_pam_time(const char *name, const char *text, GError **error);
gboolean kj_acl_apply_setfacl(const char *name, const char *text, GError **error);

#endif
