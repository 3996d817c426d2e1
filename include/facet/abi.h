/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a ring-3 program and the kernel agree on: the one system call, capability types, operations,
 * results, faults, and the state in which a program starts. Read by the kernel, by guests and by the
 * debugger; assembler may include it too (constants only).
 *
 * The system call (SYSCALL) invokes a capability, as in KeyKOS and Coyotos. Registers:
 *
 *            to the kernel                              back to the program
 *     rax    operation (label)                          result (RC_… or the message's label)
 *     rdi    control: which capability, how (below)     payload of the entry capability that was invoked
 *     rsi    capability registers sent and received     kept
 *     rdx    word 0                                     word 0
 *     r10    word 1                                     word 1
 *     r8     word 2                                     word 2
 *     r9     word 3                                     word 3
 *     r12    string sent: address                       kept
 *     r13    string sent: bytes (0: none)               bytes of string received
 *     r14    string wanted: address                     kept
 *     r15    string wanted: room in bytes (0: none)     kept
 *     rcx, r11                                          destroyed by SYSCALL itself
 *
 *     rdi  63   17 16 15 10 9  8 7       0      rsi  63      32 31 24 … 7   0
 *         +------+--+-----+----+---------+          +----------+----+---+----+
 *         |  0   |P |wait |kind| cap reg |          | recv 3…0 | send 3 … 0  |   one byte a register; 0 = none
 *         +------+--+-----+----+---------+          +----------+----+---+----+
 *
 * wait, with RETURN only: the register of an Endpoint capability; the process then waits for messages to that endpoint
 * only (closed wait; RC_INVALID_CAP at once, and nothing is sent, if it is no endpoint; later, if the endpoint ends).
 * 0: for any (open wait). P, INVOKE_PROMPT: if the receiver's room faults, the string ends there; else the sender waits
 * for the keeper. A prompt RETURN waits for nobody: its message is lost if whom it is for does not wait for it.
 */
#ifndef FACET_ABI_H
#define FACET_ABI_H

#define ABI_VERSION 1

/* How a capability is invoked (bits 9:8 of the control word). A resume capability made by CALL arrives in
 * the receiver's capability register recv[3]; it answers once. RETURN of a message to Null just waits. */
#define INVOKE_CALL 0   /* send, then wait for the answer through a fresh resume capability */
#define INVOKE_RETURN 1 /* send, then wait for a message */
#define INVOKE_FORK 2   /* send without waiting; lost silently if nobody can take it is never: the sender queues */
#define INVOKE_KIND_SHIFT 8
/* Added to a kind: */
#define INVOKE_CLOSED(reg) ((reg) << 2) /* RETURN: wait for messages to the endpoint in that register only */
#define INVOKE_PROMPT 0x100             /* don't wait for the receiver, nor for its keeper: see above */
#define INVOKE_CONTROL(cap, kind) ((unsigned long)(cap) | (unsigned long)(kind) << INVOKE_KIND_SHIFT)

#define CAP_REGISTERS 32 /* per process; register 0 always holds Null */
#define MESSAGE_WORDS 4
#define PRIORITY_MAX 15 /* of processes; 0 is the lowest and what a process without a Schedule capability has */
#define MESSAGE_CAPS 4
#define SLEEP_MAX (1ul << 48)
#define STRING_MAX 65536 /* bytes */
#define CAPPAGE_SLOTS 128
#define FORWARDER_SLOTS 16

/* Labels with this bit are the kernel's own: what a holder of an entry capability sends never has it (RC_BAD_ARG). */
#define LABEL_KERNEL (1ul << 63)

#ifndef __ASSEMBLER__

enum cap_type {
    CAP_NULL,
    CAP_PAGE,         /* 4 KiB of data */
    CAP_CAPPAGE,      /* a page of capabilities */
    CAP_GPT,          /* guarded page table: an address-space node */
    CAP_PROCESS,      /* authority over a process */
    CAP_ENDPOINT,     /* authority over an endpoint */
    CAP_ENTRY,        /* the right to send to an endpoint; carries a protected payload */
    CAP_RESUME,       /* the right to answer one call, once */
    CAP_RANGE,        /* allocate and rescind objects */
    CAP_STREAM,       /* one byte stream of the host */
    CAP_CONSOLE,      /* the serial line */
    CAP_DEBUG,        /* look at spaces, tell the debugger */
    CAP_POWER,        /* end the machine */
    CAP_DISCRIM,      /* tell capabilities apart without using them */
    CAP_SCHEDULE,     /* let processes run at a priority; payload: the highest */
    CAP_SLEEP,        /* the clock, and waiting for it */
    CAP_WINDOW,       /* in a slot: leads to the background of the innermost GPT that has one */
    CAP_LOCAL_WINDOW, /* in a slot: leads to another slot of the same GPT */
    CAP_HOST,         /* what of the host was granted: take its files, read its clock */
    CAP_HOSTFILE,     /* a file, directory or stream of the host; RO: it is not changed through it */
    CAP_PROCESS_TOOL, /* recognise what one's own processes answer for */
    CAP_FORWARDER,    /* authority over a forwarder */
    CAP_FORWARD,      /* the right to send through a forwarder: to its holder, an entry capability */
    CAP_TYPES
};

/* Restrictions only ever accumulate along a path. */
enum cap_restriction {
    CAP_RO = 1,  /* no stores */
    CAP_NX = 2,  /* no instruction fetches */
    CAP_WK = 4,  /* weak: what is fetched through it is read-only and weak, and NC if it is */
    CAP_OP = 8,  /* opaque: may be traversed, not inspected or changed */
    CAP_NC = 16, /* no call: keepers behind it are not invoked */
};

/* Results, in rax after the call. Everything else a message may carry there is the sender's business. */
enum rc {
    RC_OK = 0,
    RC_INVALID_CAP = 0x1000, /* the capability is Null, rescinded, or its answer was already given */
    RC_BAD_OP,               /* this capability type has no such operation */
    RC_NO_RIGHT,             /* a restriction of the capability forbids it */
    RC_BAD_ARG,              /* an argument is out of its range */
    RC_NO_MEMORY,            /* the range has no object of that type left */
    RC_BAD_SPACE,            /* a string's address faults (the fault itself went nowhere) */
    RC_IO,                   /* the host stream failed; word 0 is the host's errno */
};

/* Operations. Arguments are words w0…w3 and sent capabilities s0…s3; results words and received c0…c3. */
enum op {
    OP_TYPE = 1, /* any kernel capability, Null too: w0 <- enum cap_type, w1 <- restrictions */

    /* Memory capabilities: Page, CapPage, GPT; the first two also Window, LocalWindow; the first also HostFile */
    OP_MEM_REDUCE = 0x100, /* w0 restrictions to add                 c0 <- the weaker capability */
    OP_MEM_GUARD,          /* w0 match, w1 l2g (12…64)               c0 <- the same object behind that guard */
    OP_MEM_ID,             /*                                        w0 <- object id (not through OP) */
    /* A Page's bytes without mapping it; w0 offset, and offset + size <= 4096. A front sees them as the kernel's. */
    OP_PAGE_READ,  /*                                                string <- as many bytes as there is room */
    OP_PAGE_WRITE, /* string (not through RO, WK)                                                           */

    OP_GPT_GET = 0x200,    /* w0 slot                                c0 <- its capability (weakened through WK) */
    OP_GPT_SET,            /* w0 slot, s0                            exactly the mappings made from it go */
    OP_GPT_SET_L2V,        /* w0 l2v (12…60)                         all mappings made from it go */
    OP_GPT_SET_KEEPER,     /* s0 entry capability (here and below: a Forward is one, too) or Null */
    OP_GPT_SET_BACKGROUND, /* s0 memory capability: where windows in this GPT and below it lead; Null: it has no
                            * background, that of the next GPT further out counts */
    /* Windows: w0 slot, w1 offset, w2 l2g | restrictions << 8. The low l2g bits of an address that comes to the slot go
     * on at that offset, whose own low l2g bits are 0. OP_MEM_GUARD can give a window a guard other than 0. */
    OP_GPT_SET_WINDOW,       /* of the background */
    OP_GPT_SET_LOCAL_WINDOW, /* w3 slot: of what that slot of the same GPT holds, which must not be a window */

    OP_PROCESS_GET_REGS = 0x300, /*                                  string <- struct facet_regs */
    OP_PROCESS_SET_REGS,         /* string: struct facet_regs        flags are masked to what ring 3 may set */
    OP_PROCESS_SET_SPACE,        /* s0 memory capability */
    OP_PROCESS_GET_SPACE,        /*                                  c0 <- it */
    OP_PROCESS_SET_KEEPER,       /* s0 entry capability or Null */
    OP_PROCESS_SET_CAP,          /* w0 register (1…31), s0 */
    OP_PROCESS_GET_CAP,          /* w0 register (0…31)               c0 <- it */
    OP_PROCESS_START,            /* make it runnable; its fault, if any, is forgotten */
    OP_PROCESS_STOP,             /* never runs again until started */
    OP_PROCESS_SET_SCHEDULE,     /* s0 Schedule capability: runs at its priority; Null: at 0 */
    OP_PROCESS_SET_STEP, /* w0 1: executes one instruction (or system call), then FAULT_STEP to its keeper; 0: does not.
                          * Its registers never show the trap flag; PUSHF does */
    OP_PROCESS_GET_FPU,  /*                                  string <- 512 bytes, as FXSAVE64 lays them out */
    OP_PROCESS_SET_FPU,  /* string: 512 bytes, no reserved bit of MXCSR set */
    OP_PROCESS_SET_FOREIGN, /* w0 1: its SYSCALL instructions are not invocations, each is told to its keeper as
                             * OP_SYSCALL; 0: they are again */
    /* Its memory, as the kernel copies strings: through the one traversal, seen by fronts as the process's own, with
     * the pc of its system call. They move what can be moved: fewer bytes than asked for is no error, w1 is the enum
     * fault that ended it. */
    OP_PROCESS_READ,      /* w0 address; room     string <- bytes; w0 <- how many, w1 <- why not more */
    OP_PROCESS_WRITE,     /* w0 address; string                   w0 <- how many, w1 <- why not more */
    OP_PROCESS_SET_BRAND, /* s0: from now on OP_TOOL_IDENTIFY knows by it what the process answers for. Nobody can get
                           * it out again; take one that nobody else has */

    OP_ENDPOINT_SET_RECIPIENT = 0x400, /* s0 process capability: who receives */
    OP_ENDPOINT_MAKE_ENTRY,            /* w0 payload                 c0 <- entry capability */
    OP_ENDPOINT_SET_MATCH,             /* w0 1: only entry capabilities with payload w1 are valid, the others are void
                                        * (RC_INVALID_CAP) as long as this stands; 0: all are valid */

    OP_RANGE_ALLOC =
        0x500,         /* w0 enum cap_type: Page, CapPage, GPT, Process, Endpoint, Forwarder; w1 restrictions
                        * of the capability (memory only, else 0)     c0 <- a fresh object, zeroed; w0 <- its number
                        */
    OP_RANGE_RESCIND,  /* s0: every capability to that object is Null from now on; its storage is free again */
    OP_RANGE_RENEW,    /* s0 memory capability                  c0 <- the same object, no guard, no restriction */
    OP_RANGE_IDENTIFY, /* s0 an object's capability             w0 <- its type, w1 <- its number in the storage,
                        * which Pages and CapPages share; another object has it when this one has ended */
    OP_RANGE_OBJECT,   /* w0 type, w1 number                    c0 <- that object, no guard, no restriction; w0 <-
                        * its type (Page or CapPage, whichever was asked for); RC_BAD_ARG: there is none */
    OP_RANGE_STORAGE,  /* w0 type                               w0 <- how many more there are to allocate, w1 <-
                        * how many there may be: all that it allocates have smaller numbers */

    OP_STREAM_READ = 0x600, /* r15 room                              string <- bytes (none: end of file) */
    OP_STREAM_WRITE,        /* string                                w0 <- bytes taken */

    OP_DEBUG_TRAVERSE = 0x700, /* s0 memory or process capability, w0 address, w1 enum access
                                * w0 <- frame or front address of the page, w1 <- enum fault (0: none),
                                * w2 <- restrictions gathered, w3 <- steps taken */
    OP_DEBUG_WALK,             /* the same question to the page tables as they stand after a fault on the address */
    OP_DEBUG_STARTED,          /* s0 process, about to run its first instruction: tells the host */
    OP_DEBUG_FAULTED,          /* s0 process that has a fault, w0 signal number as Linux would give: tells the host */
    OP_DEBUG_SWAP,    /* s0 Page, w0 1: every instruction that touches it is to be a transaction; puts a front on it,
                       * behind which it answers for itself until a handler is attached; w0 <- number of the front.
                       * s1 Entry: from now on each access of the page is a message OP_ACCESS to it.
                       * RC_NO_MEMORY: no front is left, or this machine has none */
    OP_DEBUG_RESTORE, /* s0 Page: takes that front away */
    OP_DEBUG_DAMAGE,  /* s0 GPT, w0 enum damage (damage.h): breaks the kernel, so that kernel_check ends it; RC_BAD_OP
                       * but  in debug builds */
    /* News of a process whose memory and system calls another one provides (kernel/domain/linux). Each reaches the host
     * before anybody else runs. */
    OP_DEBUG_REGION,   /* s0 process, w0 address, w1 bytes, w2 enum region | enum region_flag; string: its name (a path,
                        * at  most 255 bytes): what lies there from now on. REGION_NONE comes before the pages go */
    OP_DEBUG_PAGES,    /* s0 process, w0 address, w1 bytes: pages have been put there; told if the host wants it */
    OP_DEBUG_SYSCALL,  /* s0 process, w0 number, w1 result, w2 enum syscall_flag; string: its six arguments */
    OP_DEBUG_ENDPOINT, /* s0 Endpoint; string: how it is called from now on (endpoint:NAME): the debugger's user may
                        * then swap objects for it, which puts entries to it in front of their pages (OP_ACCESS) */
    OP_DEBUG_SWAP_PART,    /* s0 GPT, w0 and s1 as of OP_DEBUG_SWAP, w1 offset, w2 bytes: a front on whatever is reached
                            * through that part of it, page or hole; whole pages, within aligned 64 GiB; w0 <- number of
                            * the front. RC_BAD_ARG: no such part, or some of it wears one; RC_NO_MEMORY as of
                            * OP_DEBUG_SWAP */
    OP_DEBUG_RESTORE_PART, /* s0 GPT, w0 offset: takes such a front away */

    OP_POWER_OFF = 0x800, /* w0 exit status (0…255); does not return */

    OP_DISCRIM_CLASSIFY = 0x900, /* s0                                w0 <- enum discrim_class */
    OP_DISCRIM_COMPARE, /* s0, s1                            w0 <- 1: the same authority over the same object (Null is
                         * equal to nothing; RC_NO_RIGHT if one is opaque) */
    OP_DISCRIM_VERIFY,  /* s0                                w0 <- 1: discreet, nothing can be changed through it */

    OP_SCHEDULE_REDUCE = 0xb00, /* w0 priority, at most its own       c0 <- a Schedule capability of that priority */
    OP_SCHEDULE_PRIORITY,       /*                                    w0 <- it */

    OP_SLEEP_NOW =
        0xc00, /*                                          w0 <- ticks: bytes of code retired while somebody counted */
    OP_SLEEP_FOR, /* w0 ticks (1…SLEEP_MAX)                   w0 <- ticks, when it wakes */

    /* Files of the host (a HostFile unless it says Host). What the host refuses is RC_IO, w0 <- its errno.
     * Paths are strings without NUL, relative to a directory, and never lead out of it; "" is the file itself. Flags,
     * modes and structures are those of Linux on x86-64. What writes is refused through RO (RC_NO_RIGHT), and what is
     * opened through RO is RO. */
    OP_HOST_TAKE = 0xd00, /* Host: w0 number of the grant (0…2: standard streams)  c0 <- HostFile */
    OP_HOST_TIME,  /* Host: w0 clock id                   w0 <- seconds, w1 <- nanoseconds (EPERM: not granted) */
    OP_HOST_SLEEP, /* Host: w0 nanoseconds of the host's time (EPERM: not granted) */
    OP_HOST_OPEN,  /* string: path; w0 flags, w1 mode     c0 <- HostFile */
    OP_HOST_CLOSE, /* every capability to this open file is void afterwards (EBADF); grants and streams stay */
    /* Contents. w0 offset, HOST_HERE: where the file stands. s0 Null: a string of the caller; a Process: w1 address, w2
     * bytes (at most STRING_MAX) of its memory, moved as by OP_PROCESS_READ and OP_PROCESS_WRITE, so fewer bytes may
     * move: then w1 <- the enum fault that ended it. If none could, RC_IO, EFAULT and the enum fault; nothing was read.
     */
    OP_HOST_READ,     /* room                                string <- bytes; w0 <- how many, 0: end of file */
    OP_HOST_WRITE,    /* string                              w0 <- how many */
    OP_HOST_SEEK,     /* w0 offset, w1 whence                w0 <- offset */
    OP_HOST_TRUNCATE, /* w0 size */
    OP_HOST_SYNC,     /* w0 1: data only */
    OP_HOST_POLL,     /* w0 events, w1 milliseconds          w0 <- events */
    OP_HOST_CONTROL,  /* w0 ioctl request; string in, room   w0 <- result, string <- the argument afterwards */
    OP_HOST_FCNTL,    /* w0 F_GETFL, F_SETFL, w1 argument    w0 <- result */
    OP_HOST_LIST,     /* room                                string <- struct linux_dirent64 … */
    /* Names */
    OP_HOST_STAT,     /* string: path; w0 AT_… flags         string <- struct stat */
    OP_HOST_STATFS,   /*                                     string <- struct statfs */
    OP_HOST_ACCESS,   /* string: path; w0 mode, w1 AT_… flags */
    OP_HOST_READLINK, /* string: path                        string <- target */
    OP_HOST_UNLINK,   /* string: path; w0 AT_REMOVEDIR or 0 */
    OP_HOST_MKDIR,    /* string: path; w0 mode */
    OP_HOST_RENAME,   /* string: path NUL path; s0 HostFile: directory of the second; w0 RENAME_… flags */
    OP_HOST_LINK,     /* string: path NUL path; s0 HostFile: directory of the second; w0 AT_… flags */
    OP_HOST_SYMLINK,  /* string: target NUL path */
    OP_HOST_CHMOD,    /* string: path; w0 mode */
    OP_HOST_CHOWN,    /* string: path; w0 user, w1 group, w2 AT_… flags */
    OP_HOST_UTIMES,   /* string: struct timespec[2], path; w0 AT_… flags */

    OP_CAPPAGE_GET = 0xa00, /* w0 index (0…127)                      c0 <- its capability (weakened through WK) */
    OP_CAPPAGE_SET,         /* w0 index, s0 */

    /* Is s0 one of mine? It is if who answers for it has a brand equal to s1 (RC_NO_RIGHT if that is opaque; Null is
     * equal to nothing): of an entry capability the recipient, of a GPT the recipient behind its keeper, of a Process
     * that itself. A Forward is what it leads to now, nobody's while it is blocked. No restriction of s0 matters.
     * w0 <- 1: it is. Then w1 <- payload, of the entry capability or of the keeper: which facet. w2 <- id of the
     * endpoint, GPT, process, w3 <- type of s0 | its restrictions << 8. Two of these are for others to change: where a
     * Forward leads, and, for who holds an entry capability, whose keeper it is; so tell the first by its type, and
     * give keepers a payload that nobody else gets */
    OP_TOOL_IDENTIFY = 0xe00,
    OP_TOOL_AMPLIFY, /* the same, and c0 <- what s0 stands for: the Endpoint, the GPT without guard and restriction, the
                      * Process. c1 <- the Forwarder, if a message through s0 would bring it */

    /* A forwarder stands before its target: what is sent through a Forward arrives there, with the target's payload,
     * as if it had been sent to the target. No holder can tell. Messages that have not been received are sent again
     * when anything changes on their way: they wait while it is blocked, go to a new target, and are refused
     * (RC_INVALID_CAP) if there is none. What was received stays with who has received it, and so does its answer. */
    OP_FORWARDER_SET_TARGET = 0xf00, /* s0 entry capability, or Null: what is sent through it is refused. So it is if
                                      * its way ends in itself */
    OP_FORWARDER_GET_TARGET,         /*                               c0 <- it */
    OP_FORWARDER_SET_SLOT,           /* w0 slot (0…15), s0: for who has this capability */
    OP_FORWARDER_GET_SLOT,           /* w0 slot                       c0 <- its capability */
    OP_FORWARDER_SET_WORD,           /* w0 word */
    OP_FORWARDER_GET_WORD,           /*                               w0 <- it */
    OP_FORWARDER_BLOCK,              /* w0 1: senders wait from now on, if it has a target; 0: they go on */
    OP_FORWARDER_MAKE_FORWARD,       /* w0 enum forward_flag          c0 <- Forward */

    /* Messages to a process's keeper and to the parent of a program, by convention, are Entry invocations. */
    OP_EXIT = 0x10001, /* from a program to its parent: w0 exit status */

    /* To a bank (kernel/domain/bank.h), which also answers OP_TYPE, OP_RANGE_ALLOC, OP_RANGE_RESCIND and OP_RANGE_RENEW
     * as a Range does, of what is drawn from it and its descendants: of anything else RC_NO_RIGHT. Four numbers are of
     * Pages and CapPages, GPTs, Processes, Endpoints and Forwarders. RC_NO_RIGHT: not through this entry; RC_NO_MEMORY:
     * its limit or one above does not allow it, and nothing has changed. */
    OP_BANK_ALLOC_MANY =
        0x40001,          /* w0, w1 as of OP_RANGE_ALLOC, w2 first slot, w3 how many; s0 CapPage: it gets them */
    OP_BANK_RESCIND_MANY, /* w0 first slot, w1 how many; s0 CapPage   w0 <- how many objects it has ended, from the
                           * first slot on: what is not this bank's to end ends it */
    OP_BANK_MAKE,       /* w0…w3 limits                             c0 <- a bank below this one, which pays a Page and
                         * a GPT for it; at most 16 lie in one another */
    OP_BANK_LIMITS,     /*                                          w0…w3 <- its limits, ~0: none of its own */
    OP_BANK_SET_LIMITS, /* w0…w3 limits; what has been drawn stays */
    OP_BANK_USAGE,      /*                                          w0…w3 <- drawn from it and its descendants */
    OP_BANK_REDUCE,     /* w0 enum bank_right                       c0 <- the same bank without these rights */
    OP_BANK_REMOVE,     /* the bank ends; what was drawn from it and the banks below it are its parent's */
    OP_BANK_DESTROY,    /* it ends, and so does all that was drawn from it and the banks below it, and these */
    OP_BANK_VERIFY,     /* s0                                       w0 <- 1: it is an entry to a bank, not through a
                         * forwarder; w1 <- enum bank_right that it cannot do */

    /* To a constructor, which builds confined programs (kernel/domain/constructor.h), by convention. The first two are
     * the builder's, until it is sealed: then RC_NO_RIGHT. */
    OP_CONSTRUCTOR_INSTALL =
        0x40101,             /* w0 register; 0: the image, which lies at address 0; s0: with that each instance
                              * begins                      w0 <- 1: it is discreet, nothing leaves through it */
    OP_CONSTRUCTOR_SEAL,     /* w0 where instances begin                c0 <- entry for those who want instances */
    OP_CONSTRUCTOR_HOLES,    /*                                         w0 <- 1 << register of what is not discreet, 0:
                              * instances are confined */
    OP_CONSTRUCTOR_YIELD,    /* s0 bank or Range, s1 Schedule or Null, s2 keeper or Null
                              *                                         c0 <- entry to a new instance, drawn from s0 */
    OP_CONSTRUCTOR_IDENTIFY, /* s0                                   w0 <- enum constructor_facet: a constructor of the
                              * same brand that confines or leaks, an instance of this one; 0: none of these */
};
#define CONSTRUCTOR_ENDPOINT 30 /* capability register of an instance: the Endpoint that the entry leads to */
#define CONSTRUCTOR_PAGES 16    /* of its own */

/* What a bank's entry cannot do. */
enum bank_right {
    BANK_NO_DESTROY = 1, /* remove or destroy it, set its limits */
    BANK_NO_RESCIND = 2, /* rescind or renew what was drawn, nor remove or destroy it */
};

#define HOST_HERE (~0ul)

/* ---- Messages that only the kernel makes.
 *
 * A fault: w0 enum fault, w1 address, w2 program counter, w3 vector<<32 | error code as the processor gives it (page
 * fault: 1 present, 2 store, 4 ring 3, 16 fetch).
 * To the keeper of a GPT, the innermost that no NC capability cuts off: w1 is the address in that GPT, c0 <- it,
 * restricted as the path to it was. Resume with label 0 restarts the process; any other declines, and the process's own
 * keeper is told.
 * To the keeper of a process: w1 is the address as the process sees it, no capability. Any label but 0 leaves the
 * process stopped. */
#define OP_FAULT (LABEL_KERNEL | 0x10000)
/* To the keeper of a foreign process that has executed SYSCALL: label OP_SYSCALL + rax (0xffff for any larger), w0…w3
 * rdi rsi rdx r10; r8, r9 and the rest are in its registers, whose rip is behind the instruction. Resume with label 0:
 * its rax becomes w0 and it runs. Any other label leaves it stopped. */
#define OP_SYSCALL (LABEL_KERNEL | 0x20000)
/* To a handler of a page or of a part of a GPT (OP_DEBUG_SWAP, OP_DEBUG_SWAP_PART with an entry): some process is about
 * to access it. w0 ACCESS_WORD(kind, flags, size), w1 offset in the page, in the GPT, w2 program counter, w3 address as
 * the process sees it; string: the bytes that are to be stored, of the instruction that is to be executed, or that the
 * memory holds (ACCESS_NO_MEMORY: none). An access that crosses pages comes in parts. Nothing has happened yet; the
 * label of the answer says what shall: enum access_verdict. Of several handlers on the way the innermost is asked
 * first, of several at one place the latest; PASS and STEP hand it on to the next. Until then the process waits,
 * however many messages the handler takes meanwhile. Anything else as an answer gives it FAULT_HANDLER, and so does
 * whatever makes it sure that none will come: no register of a process holds the answer any more (a wait gives away the
 * registers that it names for the message), the handler is stopped or ended, waits for the process itself, touches what
 * it serves, or nobody in the machine can run. */
#define OP_ACCESS (LABEL_KERNEL | 0x30000)
/* After VERDICT_STEP, once the instruction has retired: the same words, the string is what the memory holds now. No
 * other process gets at the page, or the part of the GPT, from the answer STEP to the answer to this, whatever it is.
 * If the instruction faults, there is none, and when it starts over its accesses are asked about anew; the fetch of one
 * that always enters the kernel (SYSCALL, UD2) has its outcome before. */
#define OP_ACCESS_OUTCOME (LABEL_KERNEL | 0x30001)
#define ACCESS_WORD(kind, flags, size)                                                                                 \
    ((unsigned long)(kind) | (unsigned long)(flags) << 8 | (unsigned long)(size) << 32)
#define ACCESS_KIND(word) ((word)&0xff) /* enum access */
#define ACCESS_FLAGS(word)                                                                                             \
    ((word) >> 8 & 0xff)                 /* as enum facet_access_flag: 1 rmw, 2 atomic, 4 part, 8 by the kernel */
#define ACCESS_SIZE(word) ((word) >> 32) /* bytes, at most ACCESS_BYTES */
#define ACCESS_BY_KERNEL 8
#define ACCESS_NO_MEMORY 16 /* nothing is there: a load comes without a string, and what passes everybody faults */
#define ACCESS_BYTES 512
/* Codes of FAULT_HANDLER that the kernel gives itself. */
#define ACCESS_UNANSWERED (~0ul) /* nobody will answer */
#define ACCESS_NONSENSE (~1ul)   /* the answer is none of these, or its string has the wrong size */
enum access_verdict {
    VERDICT_PASS,  /* the next handler does, at last the memory */
    VERDICT_DONE,  /* load: the process gets the string, exactly that many bytes; store: nothing is stored; not of
                      fetches */
    VERDICT_FAULT, /* FAULT_HANDLER with the code w0 */
    VERDICT_STEP,  /* as PASS, then OP_ACCESS_OUTCOME */
};

/* What a region of a process's space is (OP_DEBUG_REGION). */
enum region { REGION_NONE, REGION_PROGRAM, REGION_HEAP, REGION_STACK, REGION_ANONYMOUS, REGION_FILE };
enum region_flag { REGION_R = 0x100, REGION_W = 0x200, REGION_X = 0x400, REGION_SHARED = 0x800 };
#define REGION_KIND 0xff
enum syscall_flag { SYSCALL_UNKNOWN = 1, SYSCALL_NO_RETURN = 2 };

/* What OP_DISCRIM_CLASSIFY tells: less than OP_TYPE, and of entry capabilities too, which nobody but their holder can
 * ask. */
enum discrim_class { DISCRIM_NULL, DISCRIM_MEMORY, DISCRIM_ENTRY, DISCRIM_SCHEDULE, DISCRIM_WINDOW, DISCRIM_OTHER };

/* What a message gets on its way through a Forward, the kernel's own messages too. Of several forwarders the one next
 * to the target has the last say. */
enum forward_flag {
    FORWARD_SEND_CAP = 1,  /* its third capability is the Forwarder */
    FORWARD_SEND_WORD = 2, /* w3 is the forwarder's word */
};

enum access { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

/* Why a memory access or an instruction failed. */
enum fault {
    FAULT_NONE,
    FAULT_INVALID_ADDRESS,  /* no capability covers the address */
    FAULT_ACCESS_VIOLATION, /* one does, a restriction forbids this access */
    FAULT_MALFORMED_SPACE,  /* something that is no memory capability, or an impossible guard, on the path */
    FAULT_DEPTH,            /* more than 32 steps */
    FAULT_HANDLER,          /* the handler of a swapped object refused; error code: the handler's */
    FAULT_EXCEPTION,        /* the processor raised an exception other than a page fault; see the vector */
    FAULT_BAD_INVOKE,       /* not an invocation at all: control word or capability registers out of range */
    FAULT_STEP,             /* none: the process was stepped; address: where it stands now */
    FAULT_SYSCALL,          /* none: a foreign process's SYSCALL, of which nobody has been told; address: of it */
    FAULT_ACCESS,           /* none: its access waits for a handler that is a process; nobody is told of it */
};

/* General registers of a process, in the order of enum facet_reg. */
struct facet_regs {
    unsigned long rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
    unsigned long rip, rflags, fs_base, gs_base;
};

/* Capability registers of a native program when it starts (Null where nothing was granted). */
enum {
    CR_NULL,
    CR_PARENT, /* entry to whoever started it: takes OP_EXIT */
    CR_STDIN,
    CR_STDOUT,
    CR_STDERR,
    CR_SELF,  /* its own Process capability; only with --grant range or bank */
    CR_RANGE, /* with --grant range the Range; with --grant bank its own bank, BANK_NO_DESTROY, used as that is */
    CR_BANK = CR_RANGE,
    CR_DEBUG,        /* only with --grant debug */
    CR_SPACE,        /* its own address space; only with --grant range or bank */
    CR_DISCRIM,      /* only with --grant range or bank */
    CR_SCHEDULE,     /* all priorities; only with --grant schedule */
    CR_SLEEP,        /* only with --grant time */
    CR_CONSOLE,      /* only with --grant console */
    CR_POWER,        /* only with --grant power */
    CR_HOST,         /* only with --grant host */
    CR_PROCESS_TOOL, /* only with --grant range or bank */
    CR_FREE,         /* the first register that nobody has filled */
};

/* The second boot module: how init is to start the first. Strings follow the header, each ended by NUL: argc arguments
 * (the program's name first), envc of the environment ("NAME=VALUE"), the directory to start in, the program's own
 * path, and mountc grants of the host's files: "NUMBER:dir|file:ro|rw:PATH", NUMBER for OP_HOST_TAKE, PATH absolute, as
 * the program sees it. A native program gets only its arguments. At the end, the names of programc further programs,
 * which are the third boot module and those behind it: native ones, that get their output streams and CR_PARENT. */
#define BOOT_PROGRAMS_MAX 16
#define BOOT_ARGS_MAGIC 0x73677261u
#define GRANT_STDIN 1u
#define GRANT_STDOUT 2u
#define GRANT_STDERR 4u
#define GRANT_RANGE 8u
#define GRANT_DEBUG 16u
#define GRANT_SCHEDULE 32u
#define GRANT_TIME 64u
#define GRANT_CONSOLE 128u
#define GRANT_POWER 256u
#define GRANT_HOST 512u
#define GRANT_BANK 1024u
struct boot_args {
    unsigned magic, bytes; /* bytes: of the whole block */
    unsigned argc, grants; /* GRANT_… */
    unsigned envc, mountc;
    unsigned programc;
    unsigned bank;        /* pages that the program's bank has at most; 0: as many as `memory` is */
    unsigned flags;       /* BOOT_… */
    unsigned memory;      /* MiB the machine has; 0: not told */
    unsigned user, group; /* of who runs facet */
    unsigned long seed;   /* of what a program takes for chance */
};
#define BOOT_STRACE 1u /* OP_DEBUG_SYSCALL for every system call, not only for unknown ones */

#endif

/* Where things lie in a native program's space. rsp points at argc, followed by argv[] and a NULL, as on Linux. */
#define GUEST_STACK_TOP 0x7ffffffff000
#define GUEST_STACK_SIZE 0x40000 /* bytes; below it nothing is mapped */
#define GUEST_ADDRESS_MAX 0x800000000000

/* The ELF note that tells a native program: owner "facet", type 1, contents ABI_VERSION as a 32-bit number. */
#define NATIVE_NOTE_NAME "facet"
#define NATIVE_NOTE_TYPE 1

#endif
