/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System calls × outcomes: each line is one call, what it was given, and what came of it. The program runs natively and
 * under facet, in a fresh directory that is granted; the two lists must be equal, and README.md's table of supported
 * calls is made from them (tests/linux/matrix.sh).
 *
 *     openat | a name that is not there | ENOENT
 *     lseek | from the end | 10
 *
 * Calls go past the C library. Results that differ between two native runs (addresses, process ids) are told as "ok".
 */
#ifndef MATRIX_H
#define MATRIX_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The result as it is; its errno if it failed. */
#define TRY(call, what, ...) tell(#call, what, syscall(SYS_##call, ##__VA_ARGS__), 0)
/* The same, but any result that is no failure is "ok". Returns it. */
#define TRY_OK(call, what, ...) tell(#call, what, syscall(SYS_##call, ##__VA_ARGS__), 1)
/* Something else that the call did: a value, a text. */
#define NOTE(call, what, value) note(#call, what, (long)(value))
#define NOTE_TEXT(call, what, text) note_text(#call, what, text)

#define BAD_ADDRESS ((void *)8)
/* Below 64: select() looks no further than the table of descriptors, as large as it happens to be. */
#define BAD_FD 57
#define PAGE 4096ul

long tell(const char *call, const char *what, long result, int hide);
void note(const char *call, const char *what, long value);
void note_text(const char *call, const char *what, const char *text);
/* Makes a file of `size` bytes 'a' 'b' 'c' …; an open descriptor of it. */
int make_file(const char *name, long size, int flags);

void matrix_memory(void);
void matrix_process(void);
void matrix_signals(void);
void matrix_time(void);
void matrix_contents(void);
void matrix_descriptors(void);
void matrix_names(void);
void matrix_status(void);

#endif
