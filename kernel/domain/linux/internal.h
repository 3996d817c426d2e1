/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the parts of the personality that are not files have between them.
 */
#ifndef LINUX_INTERNAL_H
#define LINUX_INTERNAL_H

#include "linux.h"

/* ---- load.c, stack.c */

/* Brings the ELF file into the space and makes the stack. Ends the machine if it is none that can run. */
void load_program(const unsigned char *file, unsigned long size, unsigned long *entry, unsigned long *stack);

struct image {
    unsigned long entry, headers, header_count; /* as the auxiliary vector tells them; addresses */
    unsigned long end;                          /* behind the last segment, page aligned */
    unsigned stack_executable;
};
/* Returns the stack pointer. */
unsigned long stack_make(const struct image *image);

/* ---- fault.c */
void fault_answer(enum fault fault, unsigned long address, unsigned long pc, unsigned long code);

/* ---- signal.c, frame.c */
void signal_send(unsigned signal, int code);
#define SIGNAL_STACK_MIN 1632 /* what the frame of a handler takes at most, rounded up */
int signal_due(void);
/* The next handlers run when the program goes on, or it ends. `result`: what rax would have been. Returns rax. */
unsigned long signal_deliver(unsigned long result);
/* A signal that its own instruction has earned. */
void signal_fault(unsigned signal, int code, unsigned long address, unsigned long trap, unsigned long error);
/* A signal ends the program. */
_Noreturn void signal_kill(unsigned signal);

/* ---- random.c, clock.c */
void random_start(unsigned long seed);
void clock_tick(void);

/* ---- timer.c */
extern unsigned timers_set;     /* how many */
void timer_check(void);         /* signals of those that are due */
unsigned long timer_next(void); /* nanoseconds until one wakes a sleeper; ~0: none will */

/* ---- space.c: pages of the program and the GPTs that hold them; no policy.
 *
 *     R_ROOT (l2v 44) -> l2v 40 -> 36 -> 32 -> 28 -> 24 -> 20 -> 16 -> l2v 12 -> pages
 */
enum page_state {
    PAGE_PRESENT = 1, /* a page has been put there */
    PAGE_R = 2,       /* it is mapped so: without PAGE_R it is kept, but out of reach */
    PAGE_W = 4,
    PAGE_X = 8,
    PAGE_DIRTY = 16, /* shared with a file, and stored to */
};
#define SPACE_END 0x7ffffffff000ul /* TASK_SIZE */

void space_start(void);
/* 0 if there is none. */
unsigned space_state(unsigned long address);
/* A fresh page, zeroed or with a page's contents. 0: there is no memory left. */
int space_add(unsigned long address, unsigned state, const void *contents);
/* Sets the state of all pages that are there. */
void space_protect(unsigned long start, unsigned long end, unsigned state);
void space_remove(unsigned long start, unsigned long end);
/* Moves the pages of [from, from + size) to where none are. 0: no memory; then nothing is lost, some have moved. */
int space_move(unsigned long from, unsigned long to, unsigned long size);
/* Calls for each page that is there; `see` may change its state to `*state`, but not the space. */
typedef void space_see(void *context, unsigned long address, unsigned char *state);
void space_each(unsigned long start, unsigned long end, space_see *see, void *context);
/* Reads a whole page that is there. */
void space_read(unsigned long address, void *to);
/* The host is told of pages that have come. */
void space_told(unsigned long address, unsigned long size);
extern unsigned long space_pages; /* how many there are */

/* ---- region.c: what lies where. Regions do not overlap; equal neighbours are joined. */
struct area {
    unsigned long start, end;
    unsigned prot;             /* PROT_READ… */
    unsigned kind;             /* enum region | REGION_SHARED */
    long file;                 /* of file_map_open, which it holds; -1: none */
    unsigned long offset;      /* in the file, or in what is shared, of start */
    unsigned long identity[2]; /* of the file: device, inode */
    unsigned long shared;      /* anonymous: which piece of shared memory; 0: none */
    unsigned long shared_size;
    struct area *left, *right;    /* a treap by start */
    unsigned long low, high, gap; /* of the subtree: first start, last end, largest gap between */
    unsigned long priority;
};
#define REGIONS_MAX 65530 /* as vm.max_map_count */

/* The region that holds the address, or the next above it; NULL. */
struct area *region_at(unsigned long address);
/* Whether so many more can be made. Asked before anything changes; the others do not fail then. */
int region_room(unsigned long more);
/* Whether this stretch can be taken out, or (keep: 1) changed, dividing what reaches over its ends. */
int region_room_to_cut(unsigned long start, unsigned long end, int keep);
/* Puts one where nothing is, joins it with its neighbours and tells the host. It takes over the hold on the file. */
void region_add(const struct area *region);
/* The same of one that goes on with what is there from `from` on: to the host they are one. */
void region_grow(const struct area *region, unsigned long from);
/* Takes the first piece between start and end out of the list, for which one may have to be divided. 0: there is none.
 * The host is not told; the hold on the file goes to the caller. */
int region_take(unsigned long start, unsigned long end, struct area *piece);
/* The host is told that nothing is there any more. */
void region_gone(unsigned long start, unsigned long end);
/* The start of the highest gap of that size between two addresses; 0: none. */
unsigned long region_gap(unsigned long size, unsigned long low, unsigned long high);
/* Bytes that lie between two addresses. */
unsigned long region_bytes(unsigned long start, unsigned long end);
extern unsigned long region_total; /* bytes in all of them */

/* ---- vm.c */

/* Repairs an access: 1 if it may be tried again. Else *signal and *code say what it earns. */
int vm_fault(unsigned long address, enum access access, unsigned *signal, int *code);
int vm_touch(unsigned long address, enum access access);
/* As vm_populate, but to want of memory it answers with less. */
unsigned long vm_bring(unsigned long address, unsigned long size, int write);
/* There is no memory for what must have some: the program ends, as if Linux had killed it. */
_Noreturn void vm_exhausted(void);
unsigned vm_state(unsigned prot); /* of a page with these PROT_… */

/* ---- mmap.c */
void memory_start(const struct image *image);
/* Takes regions and pages away; the caller has asked for room for one more region. */
void memory_unmap(unsigned long start, unsigned long end);
/* Where a mapping without MAP_FIXED goes; 0: nowhere. */
unsigned long memory_place(unsigned long hint, unsigned long size);
/* Whether so much more may be promised: within RLIMIT_AS and, unless `reserve` is 0, not more than the machine has. */
int memory_allowed(unsigned long size, int reserve);
/* Rounds a size up to pages: 0 if it is 0 or too large for any space. */
unsigned long memory_round(unsigned long size);

/* ---- sync.c: dirty pages of shared mappings go to their files. 0 or -errno. */
extern int memory_dirty; /* there may be some */
long memory_sync(unsigned long start, unsigned long end);

#endif
