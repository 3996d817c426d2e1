/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The Linux personality: keeper of one foreign process, the program. It provides the program's memory, answers its
 * system calls and delivers its signals, with nothing but the capabilities of include/facet/init.h. Single-threaded:
 * while it works, the program waits.
 *
 *     main.c      the serving loop                    calls.c     the table of calls
 *     load.c      the ELF file                        stack.c     arguments, environment, auxiliary vector
 *     region.c    what lies where                     space.c     the GPTs and pages of the program's space
 *     vm.c        page faults                         mmap.c, mremap.c, advice.c, sync.c: the calls about memory
 *     user.c      the program's memory                pool.c      memory for all this
 *     stock.c     what it is made of, from the bank
 *     fault.c     what a fault means                  signal.c, frame.c, rseq.c, timer.c: signals
 *     process.c   calls about the process             clock.c, limits.c, random.c: time, limits, chance
 *     files.h     … and what it lists: files
 */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include <asm/errno.h>
#include <facet/guest.h>
#include <facet/init.h>

/* What the most frequent calls execute and use lies together: every page of it is missing in the TLB after each change
 * of address space. */
#define FREQUENT __attribute__((hot))
#define FREQUENT_DATA __attribute__((section(".hot")))

#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* Capability registers beyond those that init fills. What init keeps for itself leaves its numbers free. */
enum {
    R_PARENT = INIT_FREE, /* entry to init: takes OP_EXIT */
    R_PROCESS,            /* the program */
    R_ENDPOINT,           /* where its messages arrive */
    R_RESUME,             /* it waits for this */
    R_ROOT,               /* its space: a GPT, l2v 44 */
    R_SCRATCH,            /* of the vm, as R_PAGE */
    R_PATH,               /* eight GPTs on the path to a page: l2v 12, 16, … 40 */
    R_PATH_END = R_PATH + 7,
    R_FILE_A, /* the last three and the next three are those of the file calls */
    R_FILE_B,
    R_FILE_C,
    R_FILE_D = INIT_CONSOLE,
    R_FILE_E = INIT_POWER,
    R_FILE_F = INIT_SCHEDULE,
    R_POOL_A = INIT_DISCRIM, /* scratch of pool.c; what init put there is of no use here */
    R_POOL_B = INIT_SLEEP,
    R_STOCK = INIT_STDIN, /* CapPages of stock.c */
    R_WASTE = INIT_STDOUT,
    R_PAGE = INIT_PROCESS_TOOL, /* which it is not given */
};

/* ---- main.c */

/* The boot block (struct boot_args), checked and taken apart. */
struct boot {
    unsigned argc, envc, mountc;
    unsigned grants, flags; /* GRANT_…, BOOT_… */
    unsigned long memory;   /* bytes that the bank gives, 0: it does not say */
    unsigned user, group;
    unsigned long seed;
    const char *argv, *envp, *mounts; /* so many strings, one behind the other */
    const unsigned char *image;       /* the program's file */
    unsigned long image_size;
    const char *cwd, *exe; /* absolute */
};
extern struct boot boot;

/* Ends the machine with this status. What shared mappings hold goes to their files before. */
_Noreturn void linux_exit(unsigned status);
/* The personality itself cannot go on: says why, status 125. */
_Noreturn void linux_fail(const char *why);
/* An invocation that must succeed; what it received is in *m. */
void must_call(unsigned cap, unsigned long op, struct facet_message *m);
/* The program's registers: fetched once per message, written back (if `changed`) before it goes on. */
struct facet_regs *regs_get(void);
void regs_changed(void);

/* ---- say.c: lines on standard error. %s string, %d %u %x long, %c; nothing else. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- calls.c */

/* Returns the result, or -errno. Arguments beyond struct call.args are undefined. */
typedef long call_fn(const unsigned long arg[6]);
struct call {
    unsigned short number; /* __NR_… */
    unsigned char args;
    call_fn *function;
};
/* Tables, each ended by a NULL function. */
extern const struct call file_calls[];
extern const struct call memory_calls[];
extern const struct call signal_calls[];
extern const struct call process_calls[];
void calls_start(void);
long calls_answer(unsigned long number, unsigned long arg[6]);

/* ---- user.c: the program's memory. Pages that it has never touched are brought. All or nothing is reported: 0, or
 * -EFAULT (some of it may have moved). */
long user_read(unsigned long address, void *to, unsigned long size);
long user_write(unsigned long address, const void *from, unsigned long size);
/* A string with its NUL: its length, -EFAULT, or -ENAMETOOLONG if there is no NUL within `room` bytes. */
long user_string(unsigned long address, char *to, unsigned long room);

/* ---- vm.c */

/* Before bytes are moved directly between a file and the program (OP_HOST_READ, OP_HOST_WRITE with s0 = R_PROCESS):
 * brings the pages. Returns how many bytes from `address` on may be accessed so, at most `size`; 0: EFAULT. */
unsigned long vm_populate(unsigned long address, unsigned long size, int write);

/* ---- sync.c: files and their shared mappings agree. Before a file is read or written, what was stored goes to it;
 * once it has been written or its size was changed, what was mapped comes anew. Device and inode 0: it may be any file.
 */
extern unsigned vm_shared_files; /* how many such mappings there are; mostly none */
void vm_files_sync(void);
void vm_file_changed(unsigned long device, unsigned long inode);

/* ---- stock.c: from the bank and back to it. `to` and `from` are capability registers. */
void stock_start(void);
/* A fresh Page, CAP_NX unless it is executable. 0: there is none left. */
int stock_page(int executable, unsigned to);
int stock_gpt(unsigned to);
/* Bytes of Pages that the bank has given. */
unsigned long stock_used(void);
/* The object ends, sooner or later: nobody must be able to reach it any more. */
void stock_rescind(unsigned from);

/* ---- pool.c: memory that is never given back, a multiple of 16 bytes, zeroed. NULL: there is none left. */
void *pool_alloc(unsigned long size);

/* ---- clock.c */
struct moment {
    long seconds, nanoseconds;
};
/* What a clock (CLOCK_…) says now; 0 or -EINVAL. Without --grant time: 1 microsecond later at each system call. */
long clock_now(unsigned clock, struct moment *now);
/* Time passes. -EINTR: not so much, a signal has come. */
long clock_sleep(const struct moment *length);
/* Waits for a signal that a timer may send. 0: none will come. */
int timer_wait(void);

/* ---- random.c: from the seed, always the same. */
void random_bytes(void *to, unsigned long size);

/* ---- limits.c: soft limit of RLIMIT_… */
unsigned long limit_of(unsigned resource);

/* ---- signal.c */

/* The program has done what earns a signal (a write into a closed pipe): it is delivered before the program goes on. */
void signal_raise(unsigned signal);

/* ---- file.c and others: files. */

void files_start(void);
/* A file that is mapped, whether its descriptor stays open or not. Returns a handle ≥ 0, or what mmap returns: -EBADF,
 * -EACCES (write: shared and writable, `fd` must be open for both; in any case it must be open for reading), -ENODEV.
 */
long file_map_open(unsigned long fd, int write);
/* Its path, as long as the handle is held. */
const char *file_map_name(long handle);
/* Contents: bytes moved, 0 behind the end of the file, or -errno. */
long file_map_read(long handle, unsigned long offset, void *to, unsigned long size);
long file_map_write(long handle, unsigned long offset, const void *from, unsigned long size);
/* Whether it may be written to by the descriptor it was opened with. */
int file_map_writable(long handle);
/* Bytes in the file now, or -errno. */
long file_map_size(long handle);
/* Which file it is: two numbers, as stat tells them. */
void file_map_identity(long handle, unsigned long identity[2]);
/* A mapping is divided (it is used once more), or ends. */
void file_map_keep(long handle);
void file_map_drop(long handle);

#endif
