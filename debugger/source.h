/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program's source files, as far as they can be found here.
 */
#ifndef DEBUGGER_SOURCE_H
#define DEBUGGER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct source_file {
    char *path; /* where it was found */
    char *text;
    char **line; /* line[0] is the first; without the newline */
    int count;
};

/* A file as the compiler recorded it: there, in the compilation's directory, in those of `directory`, and in the
 * current one. NULL: not found. Kept until source_forget. */
const struct source_file *source_find(const char *path, const char *directory);
void source_forget(void);

/* `directory DIR` and `set substitute-path FROM TO` */
void source_add_directory(const char *directory);
void source_substitute(const char *from, const char *to);
/* Goes back to none. */
void source_reset_directories(void);
/* One at a time, the newest first; NULL behind the last. */
const char *source_directory(size_t index);

#endif
