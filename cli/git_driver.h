/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `kijun diff` as git calls it; see git_driver.c. */
#ifndef KJ_GIT_DRIVER_H
#define KJ_GIT_DRIVER_H

#define KJ_GIT_WORKSPACE "kijun.workspace" /* the setting that names a workspace in the repository; there may be several */

/* argv[1] ... are git's: path old-file old-hex old-mode new-file new-hex new-mode [new-path similarity]. */
int kj_git_driver(int argc, char **argv);
int kj_git_textconv(const char *path);

/* init_git.c: sets git up in the repository of `folder`. Returns the exit code. */
int kj_git_set_up(const char *folder);

#endif
