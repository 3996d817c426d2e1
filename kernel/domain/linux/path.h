/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between path.c and walk.c. A path that is under construction is absolute and has no slash at its end: the root is "".
 */
#ifndef LINUX_PATH_H
#define LINUX_PATH_H

#include "files.h"

enum { PATH_WALK = 1 }; /* beside 0 and -errno: the quick way does not do */

/* The next component: *text moves behind it. Returns its length, 0 at the end. */
unsigned long component(const char **text, const char **start);
int is_dot(const char *start, unsigned long length);
int is_dots(const char *start, unsigned long length);
int has_dots(const char *text);
long path_push(char *path, const char *start, unsigned long length);
void path_pop(char *path);
/* Sets what `name` says from an absolute path that lives as long: 0, PATH_WALK or -errno. */
long path_quick(struct name *name, const char *text);

#endif
