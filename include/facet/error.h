/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How host code reports what the user or the environment did wrong. Functions return a status; an optional last
 * argument takes a text that says what, where and what to do. Only main.c and the command line print it.
 */
#ifndef FACET_ERROR_H
#define FACET_ERROR_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum facet_status {
    FACET_OK,
    FACET_ERR_USAGE,   /* the command line or a command is wrong: exit status 2 */
    FACET_ERR_PROGRAM, /* not a program that facet runs: exit status 126 */
    FACET_ERR_FAILED,  /* anything else: exit status 125 */
};

struct facet_error {
    char text[512]; /* one line, no newline */
};

/* Fills *error if there is one; returns status, so that it can stand in a return statement. */
enum facet_status facet_fail(struct facet_error *error, enum facet_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A broken invariant of facet itself. On in every build; prints the values it was given. */
#define facet_assert(condition, ...)                                                                                   \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "facet: internal error at %s:%d: %s: ", __FILE__, __LINE__, #condition);                   \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            signal(SIGABRT, SIG_DFL);                                                                                  \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
