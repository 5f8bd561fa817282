/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far a long piece of work has come.
 *
 * Whoever goes through many things says at each which it is; whoever watches shows it to a person. Nobody watches unless he says so, and
 * then a step costs a comparison: libraries say it wherever a second may pass.
 */
#ifndef KJ_PROGRESS_H
#define KJ_PROGRESS_H

#include <glib.h>

/* `work`: what is gone through, in English, marked with N_(); it is the same in all steps of it. `of`: a part of the policy, or NULL. `total`
 * is 0 where it is not known beforehand. The last step has done == total. */
void kj_progress(const char *work, const char *of, guint64 done, guint64 total);

/* Of the steps of a work that goes through another work's things only the outer one's are heard of. */
typedef void (*KjProgressFunc)(const char *work, const char *of, guint64 done, guint64 total, gpointer data);

/* For the process; NULL: nobody watches any more. Not while another thread works. */
void kj_progress_watch(KjProgressFunc func, gpointer data);

#endif
