/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first part of a checkpoint: all that must fit, and be granted again, before its machine is loaded.
 */
#ifndef DEBUGGER_CHECKPOINT_PLAN_H
#define DEBUGGER_CHECKPOINT_PLAN_H

#include "emu/archive.h"
#include "grants.h"
#include "session.h"

#include <facet/abi.h>

/* A file that must be the same when the program is resumed. */
struct plan_file {
    char *name; /* of --program; NULL */
    char *path; /* absolute; NULL: the built-in one */
    uint64_t size, crc;
};

struct plan_swap {
    char *object, *handler;
};

struct plan {
    struct plan_file kernel, program, further[BOOT_PROGRAMS_MAX];
    struct session_program names[BOOT_PROGRAMS_MAX]; /* of `further` */
    size_t further_count;
    char **argv;
    size_t argc;
    uint64_t memory, seed;
    bool strace, clock, instructions;
    struct grants grants;
    char **granted; /* files, as behind --grant */
    size_t granted_count;
    struct plan_swap *swaps; /* in the order of attaching */
    size_t swap_count;
    uint64_t now, events, moved[3]; /* clock, events, bytes of the standard streams */
};

/* Of a session with a machine. */
struct plan *plan_make(const struct session *session);
void plan_visit(struct plan *plan, struct archive *archive);
void plan_free(struct plan *plan);

/* Nothing that the plan names is opened without this. FACET_ERR_USAGE says what is wanted. */
enum facet_status plan_check_trust(const struct plan *plan, const char *path, struct facet_error *error);
/* The programs are files that may be those of the time; nothing is opened to find out. */
enum facet_status plan_check_places(const struct plan *plan, struct facet_error *error);
/* Kernel and programs of a session that was opened by the plan are those of the time. */
enum facet_status plan_check_files(const struct plan *plan, const struct session *session, struct facet_error *error);
/* Opens what was granted. */
enum facet_status plan_grant(struct plan *plan, struct facet_error *error);
void plan_describe(const struct plan *plan, FILE *out);

#endif
