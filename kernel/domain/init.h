/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * init: loads one native program, gives it what the host granted, and is its parent and keeper.
 */
#ifndef DOMAIN_INIT_H
#define DOMAIN_INIT_H

#include <elf.h>
#include <facet/guest.h>
#include <facet/init.h>

/* Capability registers beyond those the kernel fills. */
enum {
    R_PROCESS = INIT_FREE, /* the program */
    R_ENDPOINT,            /* where its messages arrive */
    R_ENTRY,               /* an entry to it, before it is handed out */
    R_RESUME,              /* who has just called */
    R_TOP,                 /* the program's space */
    R_PAGE,                /* a page under construction, unrestricted */
    R_PAGE_REDUCED,        /* the same as the program gets it */
    R_GUARDED,             /* a GPT behind a guard, before it is stored */
    R_WINDOW,              /* GPT in init's own space: pages being filled */
    R_LEVEL,               /* … the GPTs on the path to the last page: l2v 12, 16, … 40 */
};
#define LEVELS 8

/* Says why on standard error and ends the machine. */
_Noreturn void init_fail(int status, const char *why);
/* An invocation that cannot fail but for want of memory. Its last received capability and words are in *m. */
void init_call(unsigned cap, unsigned long op, struct facet_message *m);

/* ---- elf.c: a program's file image. All bounds are checked before anything is used. */
struct program {
    const unsigned char *file;
    unsigned long size;
    const Elf64_Phdr *segment; /* all program headers */
    unsigned segments;
    unsigned long entry;
};
/* Whether a file is for facet; all others are left to the Linux personality. */
int program_is_native(const void *file, unsigned long size);
/* NULL: fine, *program is filled; else what is wrong with it. */
const char *program_read(struct program *program, const void *file, unsigned long size);

/* ---- space.c: the program's address space */
void space_load(const struct program *program);
/* Makes the stack and puts the arguments (argc strings, one behind the other) on it. Returns rsp. */
unsigned long space_stack(unsigned argc, const char *arguments, unsigned long size);

#endif
