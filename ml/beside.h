/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not complete yet lies beside its target as ".NAME.mltool-XXXXXX". Its writer holds a lock
 * on it: what nobody holds was left by a process that was killed. Never installed. */
#ifndef ML_BESIDE_H
#define ML_BESIDE_H

#include <ml/base.h>

enum { BESIDE_MAX = 256, BESIDE_TRIES = 100 };

/** A name by chance. @param base  name of the target, without its folder
 * @return false, with errno set: there is no chance to be had */
bool beside__make_name(const char *base, char name[BESIDE_MAX]);

/** Hold a file or folder that was just made. @return false: another process has taken it for one
 * that was left, and removes it */
bool beside__hold(int fd);

/** Remove what was left of a target. @param folder  descriptor @param names  of the files that a
 * target has if it is a folder, patterns of fnmatch(3), NULL behind the last; NULL: it is a file */
void beside__sweep(int folder, const char *base, const char *const *names);

/** Remove a folder with files of these names, and no others. @return 0, or -1 with errno set */
int beside__remove_folder(int parent, const char *name, const char *const *names);

#endif
