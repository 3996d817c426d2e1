/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Layout of the kernel's objects, as the kernel writes and the host reads them (never the other way round).
 * Pointers are kernel virtual; those into RAM's direct map are physical + KERNEL_DIRECT_MAP.
 */
#ifndef FACET_OBJECT_H
#define FACET_OBJECT_H

#include <facet/abi.h>
#include <facet/platform.h>
#include <stdbool.h>

/* A capability. Guard and payload have fields of their own; nothing is overlaid.
 *
 *     0      type | restr | l2g | slot | alloc
 *     8      match      guard of a memory capability or window: addresses with (addr >> l2g) == match pass
 *    16      payload    Entry: what the receiver is told; Resume: which call or fault it answers; window: the offset
 *    24      object     header of the object; 0 for types without one
 */
struct cap {
    unsigned char type;  /* enum cap_type */
    unsigned char restr; /* enum cap_restriction */
    unsigned char l2g;   /* 12…64 for memory capabilities and windows; 64: no guard, match is 0 */
    unsigned char slot;  /* of a LocalWindow: where the traversal goes on in the same GPT; of a Resume: ANSWER_…; of a
                          * Forward: enum forward_flag */
    unsigned int alloc;  /* valid while equal to the object's */
    unsigned long match;
    unsigned long payload;
    struct object *object;
};

/* What every object starts with. */
struct object {
    unsigned char type; /* enum cap_type of the object: Page, CapPage, GPT, Process, Endpoint, Forwarder; Null: free
                         * storage */
    unsigned char pad[3];
    unsigned int alloc; /* counts rescinds; a capability made before the last one is Null */
    unsigned long id;   /* unique as long as the machine runs; what `objects` prints as obj:ID */
    struct object *next_free;
    struct depend *depends; /* which page-table entries were made from it */
};

struct page {
    struct object header;
    unsigned long frame; /* physical */
    int front;           /* index in the front table, -1: plain memory */
    int pad;
};

#define GPT_SLOTS 16
struct gpt {
    struct object header;
    unsigned char l2v;            /* a slot covers 1 << l2v bytes */
    unsigned char has_background; /* windows in it and below it lead to its background, Null or not */
    unsigned char pad[2];
    int front;              /* the first of the fronts that parts of it wear, -1: none */
    struct table *products; /* page tables that this GPT produces */
    struct cap keeper;
    struct cap background;
    struct cap slot[GPT_SLOTS];
};

enum process_state {
    PROCESS_STOPPED,
    PROCESS_RUNNABLE,
    PROCESS_WAITING,
    PROCESS_CALLING,
    PROCESS_SENDING,
    PROCESS_FAULTED,
    PROCESS_SLEEPING,
    PROCESS_BLOCKED
};

/* Why a runnable process does not just go on. */
enum attention {
    ATTENTION_SCHEDULE = 1, /* another may have to run */
    ATTENTION_STEP = 2,     /* it is to execute one instruction */
    ATTENTION_STEPPING = 4, /* it does, or has */
    ATTENTION_SERVING = 8,  /* it has been told of accesses */
};

/* Who is told of a fault, one after the other. */
enum { FAULT_KEEPER_SPACE = 1, FAULT_KEEPER_PROCESS, FAULT_KEEPERS = FAULT_KEEPER_PROCESS };

/* What a resume capability answers (its `slot`). */
enum { ANSWER_CALL, ANSWER_FAULT, ANSWERS };

struct process_queue {
    struct process *first, *last;
};

/* An access as its handler is told it. */
struct access_told {
    unsigned long word, pc, va;
    unsigned long offset;  /* in the range of the front */
    unsigned long object;  /* id of who wears that */
    unsigned long service; /* number of the front_service */
    int front, pad;
};
enum access_phase { ACCESS_NONE, ACCESS_ASKED, ACCESS_ANSWERED, ACCESS_HELD, ACCESS_RETIRED };
#define ACCESS_STEPS 8 /* accesses under STEP of one instruction or system call */

struct process {
    struct object header;
    struct facet_regs regs;                       /* while it does not run; the processor's own while it does */
    struct process *(*syscall)(struct process *); /* what its SYSCALLs are: invoke, foreign_syscall … */
    unsigned long unused;
    unsigned char fpu[512] __attribute__((aligned(16))); /* fxsave image; of fpu_owner, the processor has it */
    unsigned char state;                                 /* enum process_state */
    unsigned char attention;                             /* enum attention; state and this in one look, process_next */
    unsigned char fault;                                 /* enum fault of the last fault, FAULT_NONE: none */
    unsigned char keepers;                               /* FAULTED: how many FAULT_KEEPER_… have been told */
    unsigned char receiving; /* FAULTED while it took a message: what it then was, WAITING or
                              * CALLING, and will be once repaired; else STOPPED */
    unsigned char priority;  /* 0…PRIORITY_MAX */
    unsigned char step_flag; /* the trap flag it had before it was stepped */
    unsigned char pad;
    unsigned long fault_address, fault_code; /* code: vector << 32 | error code */
    unsigned long fault_offset;              /* the address in the GPT whose keeper was told */
    struct cap fault_space;                  /* that GPT, as restricted as the path to it; Null: no such keeper */
    unsigned long answer_count[ANSWERS]; /* payload of the resume capability that would answer its call, its fault */
    unsigned long cr3;                   /* top-level page table in use, physical; 0: none yet */
    struct cap space, keeper, schedule, brand;
    struct cap reg[CAP_REGISTERS];
    struct process *queue_next, *queue_prev;
    struct process_queue *queue;  /* the run queue, the senders of a recipient or of a blocked forwarder; NULL: none */
    unsigned long wake;           /* SLEEPING: until the clock says so */
    struct process_queue senders; /* who waits for this one to receive */
    struct cap send_cap;          /* SENDING: the Entry, Forward or Resume that was invoked */
    struct process *blocked_over; /* BLOCKED: whose memory's access a handler holds back; itself, but in a copy */
    /* Of pages whose handler is a process: kernel/access.h */
    unsigned char access_phase, access_verdict, access_steps, access_steps_told, access_stepped, access_waits, pad2;
    unsigned char access_register; /* of access_by, with the right to answer */
    unsigned long access_ticket, access_code;
    struct process *access_by;        /* the handler that has been told */
    struct process *told, *told_next; /* whom this one can answer, a list; the next in that of access_by */
    struct access_told access, access_step[ACCESS_STEPS];
    unsigned long access_at;                      /* where it is in the range of the outermost front … */
    int access_front;                             /* … which is this */
    bool access_own;                              /* through a Page capability: who makes it is not asked itself */
    unsigned long access_done[ACCESS_BYTES / 64]; /* bits: bytes that are answered with DONE */
    unsigned char access_bytes[ACCESS_BYTES];     /* as told; what is answered already is there */
    struct endpoint *wait_for;                    /* WAITING: for messages to this endpoint only; NULL: to any */
    unsigned long
        receive_ticket; /* names the message it is about to receive, once a string has stopped on its way; else 0 */
    unsigned long string_ticket; /* such a string that it sends: the receiver's ticket, 0: none */
    unsigned long string_done;   /* … and how many bytes of it have arrived */
    struct table *products;      /* page tables of a space whose root capability has a narrow guard */
    struct depend *held;         /* what its top-level table was reached through */
};

struct endpoint {
    struct object header;
    struct cap recipient;   /* Process */
    unsigned char matching; /* only entry capabilities with that payload are valid */
    unsigned char pad[7];
    unsigned long match;
};

struct forwarder {
    struct object header;
    struct cap target;     /* Null, Entry or Forward */
    unsigned char blocked; /* who sends through it waits */
    unsigned char pad[7];
    unsigned long word;           /* of FORWARD_SEND_WORD */
    struct process_queue senders; /* who waits */
    struct cap slot[FORWARDER_SLOTS];
};

/* Of the front with the same index (platform.h): who is asked about its accesses. */
struct front_handler {
    int service;            /* the first to be asked, -1: none */
    struct process *holder; /* who alone may get at it, or NULL */
};
/* A process that is asked about the bytes [low, high) of a front's range. */
struct front_service {
    struct cap entry;
    unsigned long low, high;
    unsigned long number; /* never used again; 0: it is free */
    int next;             /* to be asked after it, -1: none; free: the next free one */
    bool program;         /* some program of the guest has asked for it, not the host */
    bool fetches;         /* it is told of instruction fetches */
};

/* A part [start, end) of a GPT, end - 1 is its last byte, that wears the front with the same index; it lies within
 * aligned 64 GiB. */
struct front_part {
    struct gpt *gpt; /* NULL: none wears it */
    unsigned long start, last;
    int next; /* of the same GPT, -1: none */
};

/* Where everything is. debug_block.kernel_info points here. Counts are of array entries. */
#define KERNEL_INFO_MAGIC 0x6f666e69746361ul
struct kernel_info {
    unsigned long magic, size; /* sizeof(struct kernel_info): host and kernel were built from one header */
    struct process *current;   /* runs in ring 3 now, or would; NULL: idle */
    struct process *fpu_owner; /* whose FPU state the processor has, whoever runs; NULL: nobody's */
    struct page *pages;
    unsigned long page_count, page_stride;
    struct gpt *gpts;
    unsigned long gpt_count, gpt_stride;
    struct process *processes;
    unsigned long process_count, process_stride;
    struct endpoint *endpoints;
    unsigned long endpoint_count, endpoint_stride;
    struct forwarder *forwarders;
    unsigned long forwarder_count, forwarder_stride;
    struct front_handler *front_handlers; /* these three have debug_block.front_count entries */
    struct front_part *front_parts;
    struct front_service *front_services;
    unsigned long syscalls, faults, tables_built, tables_live, entries_built, entries_removed, depend_live,
        depend_evictions;
};

#endif
