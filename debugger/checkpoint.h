/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints: the whole system in a file, saved where it stands, to go on from there in another facet.
 *
 *     pack.c (compressed, whole or not at all)
 *       checkpoint_plan.c    which program, kernel, grants and handlers belong to it
 *       emu/checkpoint….c    the machine: memory, processor, devices, open files
 *       checkpoint.c         the session: regions, counters
 *       keep.c               what the debugger's user has set: breakpoints, watchpoints, displays
 *       checkpoint_swaps.c   swaps, states of handlers, accesses that wait
 *
 * Contents of the host's files are no part of it.
 */
#ifndef DEBUGGER_CHECKPOINT_H
#define DEBUGGER_CHECKPOINT_H

#include "session.h"

/* Saves the session's machine, which stands, and may go on afterwards. Whatever goes wrong, and whenever facet is
 * killed: a file that was there before is unchanged, or is the new one. */
enum facet_status checkpoint_save(struct session *session, const char *path, struct facet_error *error);

/* Could it be saved there, as far as one can know before? */
enum facet_status checkpoint_place(const char *path, struct facet_error *error);

struct checkpoint_options {
    bool trust; /* files of the host are opened, and handlers loaded, that the checkpoint names */
    const char *kernel, *events;
    int stream_fd[3];
};
/* A session whose machine stands where it was saved. FACET_ERR_USAGE: the file is no checkpoint, is damaged, or does
 * not fit to this facet or to the programs and files as they are now. */
enum facet_status checkpoint_resume(const char *path, const struct checkpoint_options *options,
                                    struct session **session, struct facet_error *error);
/* What is in a file, in words. */
enum facet_status checkpoint_describe(const char *path, FILE *out, struct facet_error *error);

#endif
