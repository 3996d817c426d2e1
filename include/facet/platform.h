/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the kernel and the machine agree on: physical map, ports, interrupt vectors, the front table,
 * the debug block, and how the kernel is entered. Neither side knows more of the other than this page.
 *
 *   0                       RAM (size from the start-info memory map)
 *   0x00100000                kernel.elf's load address
 *   0xff000000              ROM of the machine: boot page tables, microcode (nothing for the kernel)
 *   1<<51 … 1<<52           aperture: no memory; each 64 GiB range belongs to one front
 *
 * Entry. Under QEMU through the PVH note (32-bit, paging off, ebx = start info). Under emu/ at the ELF
 * entry point, already in long mode, as Linux's 64-bit boot protocol does it: the low 4 GiB mapped
 * one to one, interrupts off, rbx = physical address of the same start info, no stack, CR4.PAE|OSFXSR|OSXMMEXCPT.
 */
#ifndef FACET_PLATFORM_H
#define FACET_PLATFORM_H

/* Tokens of the kernel command line. Without devices=facet only the serial line is used. */
#define CMDLINE_FACET "devices=facet"
#define CMDLINE_TIMER "timer=facet"  /* there is PORT_TIMER */
#define CMDLINE_APERTURE "aperture=" /* hexadecimal; must equal APERTURE_BASE */

#define KERNEL_LOAD_ADDRESS 0x100000
#define KERNEL_LINK_BASE 0xffffffff80000000  /* virtual = physical + this, for the kernel image */
#define KERNEL_DIRECT_MAP 0xffff800000000000 /* virtual = physical + this, for all RAM */

#define APERTURE_BASE (1ul << 51)
#define APERTURE_SIZE (1ul << 51)
#define FRONT_SHIFT 36  /* front i owns [APERTURE_BASE + (i << 36), … + 1<<36) */
#define FRONT_MAX 32000 /* entries of the front table at most; the rest of the aperture is the machine's own */

#define PORT_COM1 0x3f8     /* 16550 */
#define PORT_MICROCODE 0xe0 /* the machine's own; ignored at other times */
#define PORT_DEBUG 0xe8     /* out eax, a DEBUG_PORT_… command */
#define PORT_STREAM 0xec    /* out eax, physical address of a struct stream_request */
#define PORT_TIMER 0xf0     /* see "Time" */
#define PORT_POWER 0xf4     /* out eax, exit status (isa-debug-exit under QEMU) */
#define PORT_HOST 0xf8      /* out eax, physical address of a struct host_request */

#define VECTOR_FRONT 0x20 /* an access to a front cannot go on: see debug_block.trap; no error code */
#define VECTOR_TIMER 0x21 /* once, when the time set at PORT_TIMER has passed; no error code */
#define VECTOR_DEBUG 0x22 /* the host has put a request into debug_block.request */

/* ---- Time is bytes of retired code, ring 0 and ring 3, never the host's.
 *   out eax   VECTOR_TIMER once, so many bytes from this instruction on; 0: not at all. Replaces what was set before.
 *             It comes at the first instruction after that which may be interrupted (IF set, not directly after STI).
 *             HLT with a timer set passes the time at once; without one nothing wakes it.
 *   in eax    the low 32 bits of the clock. From the first IN on it runs for ever; otherwise at least while a timer is
 *             set. Programs that branch much take half as long again meanwhile, so set 0 when there is no use for it.
 */

#ifndef __ASSEMBLER__

/* In an entry that is not present, under a front's root: nothing is there. Otherwise the kernel is to be asked. */
#define PTE_HOLE 0x200ul

/* ---- Fronts: shared table in guest RAM, written by the kernel, read by the machine. */
enum front_state { FRONT_FREE, FRONT_LIVE };
enum front_flag {
    FRONT_CAREFUL = 1, /* handlers may refuse, suspend or stop */
    FRONT_PROGRAM = 2, /* put there by a program, not by the host: it may take it away; nothing to the machine */
    FRONT_MESSAGE = 4, /* before the host is asked, the kernel is (FRONT_TRAP_ACCESS); always with FRONT_CAREFUL */
    FRONT_FETCHES = 8, /* … about instruction fetches, too */
};
struct front {
    unsigned long base;   /* APERTURE_BASE + (index << FRONT_SHIFT) */
    unsigned long size;   /* bytes from base that may be used, a multiple of 4096 */
    unsigned long root;   /* levels == 0: one page-table entry for the whole object (P set: frame and R/W);
                           * levels 1…4: physical address of page-table entries, offset >> (3 + 9 * levels) & 511 is
                           * which; 0: none yet. An entry that is not present may be PTE_HOLE */
    unsigned char levels; /* of page table under root */
    unsigned char state;  /* enum front_state */
    unsigned char flags;  /* enum front_flag */
    unsigned char pad[5];
    unsigned long low, high; /* FRONT_MESSAGE: the kernel is asked about accesses to some of these bytes of the range */
    unsigned long object;    /* id of the object that wears this front, for reports */
    unsigned long held;      /* not 0: only the instruction with that debug_block.access.ticket may get at it */
};

/* ---- Debug device. The kernel announces its block once with DEBUG_PORT_ATTACH (the block's physical address is in
 * edx at that moment), then each side writes only its own parts. */
enum debug_port {
    DEBUG_PORT_ATTACH = 1, /* edx: physical address of struct debug_block, page aligned */
    DEBUG_PORT_DONE,       /* the request in the block is answered */
    DEBUG_PORT_EVENT,      /* debug_block.event tells; the host looks once the processor is back in ring 3 */
    DEBUG_PORT_COPY,       /* debug_block.copy asks; answered when the OUT instruction retires */
    DEBUG_PORT_PANIC,      /* the kernel found itself inconsistent; debug_block.text says how; does not go on */
    DEBUG_PORT_ANSWER,     /* debug_block.answer: what becomes of the access that the kernel was told of */
};

/* A process is named by its object id; requests take the address of its struct process too. */
enum debug_op {
    DEBUG_FRONT_INSTALL = 1, /* arg0 process, arg1 address, arg2 flags -> result0 front index, result1 object id,
                              * result2 byte offset of the address in the object; one front per Page */
    DEBUG_FRONT_FLAGS,       /* arg0 front index, arg1 flags */
    DEBUG_FRONT_REMOVE,      /* arg0 front index */
    DEBUG_TRAVERSE,          /* arg0 process, arg1 address, arg2 enum access -> result0 enum fault, result1 steps (in
                              * debug_block.steps), result2 frame or aperture address of the page, result3 restrictions,
                              * result4 keeper's object (kernel virtual) or 0, result5 object (kernel virtual) */
    DEBUG_TOUCH,             /* arg0 process, arg1 address, arg2 access: build the mapping exactly as a page fault would
                              * -> result0 enum fault, result1 physical address of the process's top-level table */
    DEBUG_FRONT_OBJECT,      /* arg0 object id, arg1 flags, of a GPT arg2 offset, arg3 bytes: a part of it that lies in
                              * aligned 64 GiB -> result0 front index */
    DEBUG_WAKE,          /* arg0 process: those that wait over an access to its memory (FRONT_TRAP_BLOCK, COPY_BLOCK)
                          * try again -> result0 how many */
    DEBUG_FRONT_HANDLER, /* arg0 front index, arg1 object id of an Endpoint, arg2 payload of the entry to it, counted
                          * from the range's first byte, arg3, arg4: the bytes [arg3, arg4) of the range are served by
                          * who receives there, and before whom served them so far; arg5 1: fetches, too. arg1 0: of
                          * those that the host has asked for, none serves it any more */
    DEBUG_FRONT_RANGE,   /* arg0 process, arg1 address, arg2 flags, arg3 bytes: a part, in aligned 64 GiB, of the GPT
                          * that is its space -> result0 front index */
};
enum debug_status {
    DEBUG_OK,
    DEBUG_BAD_OP,
    DEBUG_NO_PROCESS,
    DEBUG_NO_OBJECT,
    DEBUG_NOT_MEMORY,
    DEBUG_TABLE_FULL,
    DEBUG_ALREADY, /* result0: the front */
    DEBUG_OVERLAP, /* another part of the GPT has a front, which overlaps this one */
};

enum debug_event {
    DEBUG_EVENT_STARTED = 1, /* arg0 process: about to run its first instruction */
    DEBUG_EVENT_FAULTED,  /* arg0 process, arg1 signal, arg2 enum fault, arg3 address, arg4 pc, arg5 vector<<32|error */
    DEBUG_EVENT_DEADLOCK, /* every process waits and nothing can wake one */
    DEBUG_EVENT_MESSAGE,  /* debug_block.text: a line for the user */
    DEBUG_EVENT_REGION,   /* arg0 process, arg1 address, arg2 bytes, arg3 enum region | flags; text: name */
    DEBUG_EVENT_PAGES,    /* arg0 process, arg1 address, arg2 bytes */
    DEBUG_EVENT_SYSCALL,  /* arg0 process, arg1 number, arg2 result, arg3 enum syscall_flag, arg4…9 its arguments */
    DEBUG_EVENT_ENDPOINT, /* arg0 object id of an Endpoint; text: its name */
    DEBUG_EVENT_FRONT_GONE, /* arg0 front index, of the host's: the page that wore it has been rescinded */
};
/* What the host wants to be told beside. */
enum debug_want {
    DEBUG_WANT_PAGES = 1,
    DEBUG_WANT_TURN = 2, /* the host is about to make a request that may wake somebody: idling is no deadlock */
};

/* Why VECTOR_FRONT was raised. */
enum front_trap {
    FRONT_TRAP_FAULT = 1, /* a handler's FAULT verdict: code is the handler's */
    FRONT_TRAP_MISSING,   /* no present entry under root for offset: build it, or fault the process */
    FRONT_TRAP_HOLE,      /* nobody has answered, and nothing is there: fault the process */
    FRONT_TRAP_BLOCK,   /* a handler's BLOCK verdict: the process waits for DEBUG_WAKE, then its instruction runs again
                         */
    FRONT_TRAP_ACCESS,  /* to a FRONT_MESSAGE: debug_block.access tells the rest. DEBUG_PORT_ANSWER, then it runs again
                         */
    FRONT_TRAP_WAIT,    /* the front is held by another instruction; once it is not, this one is to run again */
    FRONT_TRAP_RETIRED, /* the instruction of debug_block.access.ticket has retired, after an answer STEP */
};

/* STOP: undo the system call, its instruction runs again. BLOCK: the same, but it waits for DEBUG_WAKE before that. */
/* HOLE: nobody has answered, and nothing is there. MISSING: a root has no entry, nobody was asked. */
enum copy_status { COPY_OK, COPY_FAULT, COPY_STOP, COPY_BLOCK, COPY_HOLE, COPY_MISSING };

/* One step of a traversal, as the walker took it. */
struct traverse_step {
    unsigned char type;         /* enum cap_type of the capability that was followed */
    unsigned char restrictions; /* its own */
    unsigned char gathered;     /* all up to and with it */
    unsigned char l2g;
    unsigned char l2v;     /* of the GPT it names; 0 for a page */
    signed char slot;      /* chosen in that GPT; -1 for a page */
    unsigned char fronted; /* the object wears a front */
    unsigned char keeper;  /* the GPT has a keeper that could be called from here */
    unsigned int alloc;
    unsigned long match;
    unsigned long object; /* kernel virtual address of the object's header */
    unsigned long id;     /* its object id */
    unsigned long rest;   /* address left after guard (and slot) */
};

#define TRAVERSE_STEPS_MAX 32
#define DEBUG_MAGIC 0x31677562746361ul

struct debug_block {
    unsigned long magic;
    unsigned long kernel_info; /* physical address of struct kernel_info (object.h) */
    unsigned long fronts;      /* physical address of the front table */
    unsigned long front_count; /* entries */

    struct { /* host -> kernel; status and result answer */
        unsigned int op, status;
        unsigned long arg[6], result[6];
    } request;
    struct {                       /* machine -> kernel, before VECTOR_FRONT */
        unsigned int reason, kind; /* enum front_trap, enum access */
        unsigned long va, front, offset, code;
    } trap;
    struct { /* kernel -> host, before DEBUG_PORT_COPY; at most 512 bytes, inside one page of one front */
        unsigned int kind, status; /* enum access (kernel stores to the front: ACCESS_STORE), enum copy_status */
        unsigned long va, pc, front, offset, size, buffer; /* buffer: physical */
        unsigned long code;                                /* of a fault */
        unsigned long process; /* kernel virtual address of the struct process whose memory it is */
    } copy;
    struct { /* kernel -> host, before DEBUG_PORT_EVENT */
        unsigned int kind, pad;
        unsigned long arg[10];
    } event;
    unsigned int want, pad; /* host -> kernel: enum debug_want */
    char text[256];
    struct traverse_step steps[TRAVERSE_STEPS_MAX];
    struct {                      /* machine -> kernel: the part within one page of what FRONT_TRAP_ACCESS is about */
        unsigned int flags, size; /* enum facet_access_flag, ACCESS_NO_MEMORY; bytes */
        unsigned long ticket;     /* of the instruction, until it retires or is forgotten */
        unsigned char bytes[512]; /* that are to be stored, or lie in the backing */
    } access;
    struct {                         /* kernel -> machine, before DEBUG_PORT_COPY: what processes have said of it */
        unsigned long done[8];       /* bits: these bytes are answered with DONE; of a load, they are in copy.buffer */
        unsigned long any;           /* 1: there are some */
        unsigned long refused, code; /* 1: FAULT, with that code; COPY_FAULT whatever the host's handlers would say */
    } answered;
    struct { /* kernel -> machine, before DEBUG_PORT_ANSWER */
        unsigned long ticket;
        unsigned int verdict;     /* enum facet_verdict PASS, FAULT, STEP; BLOCK: nothing of the instruction counts */
        unsigned int any;         /* 1: bytes are answered */
        unsigned long code;       /* FAULT */
        unsigned long done[8];    /* bits: these bytes of the part are answered with DONE … */
        unsigned char bytes[512]; /* … and what they are, on a load */
    } answer;
};

/* ---- Host streams: one request at a time, answered when the OUT instruction retires. */
enum stream_op { STREAM_READ, STREAM_WRITE };
struct stream_request {
    unsigned int op, stream; /* stream: 0 stdin, 1 stdout, 2 stderr */
    unsigned long buffer;    /* physical, inside RAM */
    unsigned long size;      /* bytes */
    long result;             /* bytes moved, 0 = end of file, or -errno; -EINTR (-4): undo the system call */
};

/* ---- Files of the host that were granted: one request at a time, answered when the OUT instruction retires. The
 * device knows handles, each with the right to change it or not; nothing else of the host is reachable. Grants have
 * handles 0…, of which 0, 1, 2 are the standard streams. Operations are those of abi.h: op = OP_HOST_… - OP_HOST_TAKE.
 * A handle that was closed never comes again. Paths are resolved beneath the directory by the host's kernel alone
 * (EXDEV if they lead out). Not to be had: devices below a granted directory (EACCES), set-id bits (EPERM), and waiting
 * for the other end of a FIFO (one without a reader can't be opened for writing: ENXIO). */
struct host_request {
    unsigned int op, handle;
    unsigned int handle2, write; /* of OP_HOST_RENAME, LINK; through this capability it may be changed */
    unsigned long arg[3];        /* words */
    unsigned long in, in_size;   /* physical, inside RAM: string, as in abi.h; contents to be written */
    unsigned long out, out_size; /* physical: room for the answer */
    unsigned long pages; /* 0, or where the addresses of the pages are in which in (of OP_HOST_READ: out) goes on after
                          * each end of a page; otherwise it goes on in RAM */
    unsigned long got;   /* bytes put there */
    long result;         /* 0 or more: handle, bytes, offset, seconds … ; -errno; -EINTR: undo the system call */
    unsigned long result2; /* OP_HOST_TIME: nanoseconds; OP_HOST_TAKE, OPEN: 1: it may be changed */
};

/* ---- PVH start info (Xen's hvm_start_info, version 1). */
#define PVH_MAGIC 0x336ec578u
struct pvh_start_info {
    unsigned int magic, version, flags, nr_modules;
    unsigned long modlist, cmdline, rsdp, memmap;
    unsigned int memmap_entries, reserved;
};
struct pvh_module {
    unsigned long paddr, size, cmdline, reserved;
};
struct pvh_memmap_entry {
    unsigned long addr, size;
    unsigned int type, reserved; /* type 1: RAM */
};

#endif
#endif
