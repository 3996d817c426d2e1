/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * init: loads one native program, gives it what the host granted, and is its parent and keeper. Also of further ones,
 * which the user may have serve memory objects.
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
    R_TOP,                 /* the program's space */
    R_PAGE,                /* a page under construction, unrestricted */
    R_PAGE_REDUCED,        /* the same as the program gets it */
    R_GUARDED,             /* a GPT behind a guard, before it is stored */
    R_WINDOW,              /* GPT in init's own space: pages being filled */
    R_RESUME = R_WINDOW,   /* who has just called; once all programs are loaded */
    R_LEVEL,               /* … the GPTs on the path to the last page: l2v 12, 16, … 40 */
#define LEVELS 8
    R_KEPT = R_LEVEL + LEVELS,        /* CapPage: the banks of further programs, by number, and */
    KEPT_PROGRAM = BOOT_PROGRAMS_MAX, /* that of the program */
    KEPT_ROOT,                        /* the root of all banks */
    KEPT_RANGE,                       /* the Range, if the program is to have it */
};

/* Says why on standard error and ends the machine. */
_Noreturn void init_fail(int status, const char *why);
/* An invocation that cannot fail but for want of memory. Its last received capability and words are in *m. */
void init_call(unsigned cap, unsigned long op, struct facet_message *m);

/* Payloads of the entries to init. Of further program n: FROM_FURTHER + 2 * n its process's fault, + 1 its own. */
enum { FROM_KERNEL = 1, FROM_PROGRAM, FROM_BANK, FROM_FURTHER };

void init_print(const char *text);
void init_print_hex(unsigned long number);
/* Makes objects, hands out capabilities to the process in R_PROCESS, makes R_ENTRY. */
void init_alloc(enum cap_type type, unsigned to);
void init_give(unsigned to, unsigned from);
void init_entry(unsigned long payload);
void init_start(void);
/* R_PROCESS runs in R_TOP from there on; init is told of its faults with that payload. */
void init_process(const struct facet_regs *regs, unsigned long payload);

/* ---- bank_start.c: INIT_RANGE is what init_alloc draws from. `kept`: where in R_KEPT a bank is. */
void bank_start(int keep_range);
void bank_draw_from(unsigned kept);
/* A bank of so many pages for what is drawn from now on. */
void bank_make(unsigned kept, unsigned long pages);
void bank_destroy(unsigned kept);

/* ---- programs.c: further programs, modules 2…, whose names are the last strings of the second */
struct boot_args;
void programs_start(const struct boot_args *args, unsigned long modules, const struct init_module *module);
/* A message with a payload of FROM_FURTHER or more. */
void programs_message(const struct facet_message *m, unsigned long label);

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
