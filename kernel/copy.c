/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy.h"
#include "access.h"
#include "debug.h"
#include "invoke.h"
#include "walk.h"

#define FRONT_CHUNK 512 /* bytes that a front sees at once */
#define COPIES_MAX 4    /* of one system call */
#define ASIDE_MAX 4     /* callers that wait at once without starting over */

unsigned char copy_buffer[STRING_MAX];
struct device_answer device_answer HOT;

struct copy {
    struct process *owner;       /* of the memory; */
    struct page *page;           /* or, NULL if not, a page, whoever maps it */
    unsigned long address, size; /* in it */
    unsigned char *buffer;
    enum access access;
    bool over;
    struct copied so_far;
};

/* The copies of one system call, in their order. */
static struct copies {
    unsigned long syscall; /* its number */
    struct copy copy[COPIES_MAX];
    unsigned count;
    unsigned next;          /* of these, which the system call makes next */
    bool again;             /* it was undone before, over the last of them */
    struct process *caller; /* whose it is if it has been undone just now, NULL: it has not */
    struct process *over;   /* a handler blocked the last copy, of this process's memory; NULL: none did */
    struct facet_regs regs;
} now HOT;

/* Of callers that wait. */
static struct process *aside_caller[ASIDE_MAX] HOT; /* NULL: free */
static struct aside {
    struct copies copies;
    struct device_answer answer;
    unsigned char buffer[STRING_MAX];
} aside[ASIDE_MAX];

/* ASIDE_MAX: none. */
static unsigned aside_of(const struct process *caller) {
    unsigned i = 0;
    while (i < ASIDE_MAX && aside_caller[i] != caller)
        i++;
    return i;
}

void copy_forget(const struct process *caller) {
    unsigned its = aside_of(caller);
    if (its < ASIDE_MAX)
        aside_caller[its] = NULL;
}

void copy_undone(struct process *caller) {
    unsigned its = aside_of(NULL);
    if (now.syscall != kernel_info.syscalls || !now.over)
        return;
    if (its < ASIDE_MAX) {
        aside_caller[its] = caller;
        aside[its].copies = now;
        aside[its].answer = device_answer;
        memcpy(aside[its].buffer, copy_buffer, STRING_MAX);
    }
    now.caller = NULL;
    if (!access_undone(caller))
        process_block(caller, now.over);
}

/* The caller has waited: everything is as it was then. */
static __attribute__((noinline)) void aside_take(unsigned its) {
    now = aside[its].copies;
    now.syscall = kernel_info.syscalls - 1;
    device_answer = aside[its].answer;
    memcpy(copy_buffer, aside[its].buffer, STRING_MAX);
    aside_caller[its] = NULL;
}

static bool same_call(void) {
    const struct facet_regs *regs = &current_process->regs;
    return now.caller == current_process && now.syscall + 1 == kernel_info.syscalls && now.regs.rip == regs->rip &&
           now.regs.rax == regs->rax && now.regs.rdi == regs->rdi && now.regs.rsi == regs->rsi &&
           now.regs.rdx == regs->rdx && now.regs.r10 == regs->r10 && now.regs.r8 == regs->r8 && now.regs.r9 == regs->r9;
}

/* Another system call than that of the last copy: is it the same over again? */
static void call_begin(void) {
    unsigned its = aside_of(current_process);
    if (its < ASIDE_MAX)
        aside_take(its);
    now.again = same_call();
    if (!now.again)
        now.count = 0;
    now.caller = now.over = NULL;
    now.syscall = kernel_info.syscalls;
    now.next = 0;
}

bool copy_again(void) {
    if (now.syscall != kernel_info.syscalls)
        call_begin();
    return now.again;
}

/* The copy that is to be made, as far as it has been. */
static struct copy *copy_find(const struct copy *wanted) {
    if (now.syscall != kernel_info.syscalls)
        call_begin();
    kassert(now.next < COPIES_MAX, now.next);
    struct copy *copy = &now.copy[now.next++];
    if (now.next <= now.count && copy->owner == wanted->owner && copy->page == wanted->page &&
        copy->address == wanted->address && copy->size == wanted->size && copy->buffer == wanted->buffer &&
        copy->access == wanted->access)
        return copy;
    now.count = now.next; /* those that were to follow it are others, too */
    *copy = *wanted;
    return copy;
}

static unsigned long least(unsigned long a, unsigned long b) {
    return a < b ? a : b;
}

struct piece {
    struct page *page; /* NULL: a hole, behind a front */
    unsigned long offset;
    int front; /* the outermost, -1: none */
    unsigned long front_offset;
};

/* Which page comes next, and where in it. */
static enum fault piece_find(const struct copy *copy, struct piece *piece) {
    struct walk walk;
    unsigned long at = copy->address + copy->so_far.size;
    *piece = (struct piece){copy->page, at, copy->page ? copy->page->front : -1, at};
    if (copy->page)
        return FAULT_NONE;
    enum fault fault = walk_process(&walk, copy->owner, at, copy->access, NULL);
    unsigned long offset = walk.hole ? at % PAGE_SIZE : walk.offset;
    *piece = (struct piece){walk.hole ? NULL : (struct page *)walk.object, offset, walk.front, walk.front_offset};
    return fault;
}

/* Moves the beginning of what is left, within a page (and a chunk). False: the debugger takes over. */
static bool copy_piece(struct copy *copy) {
    struct piece piece;
    unsigned long address = copy->page ? 0 : copy->address + copy->so_far.size;
    unsigned char *buffer = copy->buffer + copy->so_far.size;
    copy->so_far.why = piece_find(copy, &piece);
    if (copy->so_far.why != FAULT_NONE)
        return true;
    struct page *page = piece.page;
    unsigned long size = least(copy->size - copy->so_far.size, PAGE_SIZE - piece.offset);
    if (piece.front >= 0) {
        size = least(size, FRONT_CHUNK);
        enum copy_status status = access_copy(current_process, copy->owner, piece.front, address, piece.front_offset,
                                              buffer, size, copy->access, copy->page != NULL);
        if (status == COPY_BLOCK)
            now.over = copy->owner;
        if (status == COPY_STOP || status == COPY_BLOCK)
            return false;
        if (status == COPY_FAULT) {
            copy->so_far.why = FAULT_HANDLER;
            return true;
        }
        if (status == COPY_HOLE) {
            copy->so_far.why = FAULT_INVALID_ADDRESS;
            return true;
        }
    } else {
        unsigned char *data = (unsigned char *)page_data(page) + piece.offset;
        memcpy(copy->access == ACCESS_STORE ? data : buffer, copy->access == ACCESS_STORE ? buffer : data, size);
    }
    copy->so_far.size += size;
    now.over = access_outcome_due(current_process) ? copy->owner : NULL;
    return !now.over;
}

static enum copy_result copy_make(const struct copy *wanted, struct copied *copied) {
    struct copy *copy = copy_find(wanted);
    while (!copy->over && copy->so_far.size < copy->size && copy->so_far.why == FAULT_NONE)
        if (!copy_piece(copy)) {
            now.caller = current_process;
            now.regs = current_process->regs;
            return COPY_UNDO;
        }
    copy->over = true;
    *copied = copy->so_far;
    return COPIED;
}

enum copy_result copy_in_some(struct process *from, unsigned long address, void *to, unsigned long size,
                              struct copied *copied) {
    struct copy copy = {.owner = from, .address = address, .size = size, .buffer = to, .access = ACCESS_LOAD};
    return copy_make(&copy, copied);
}

enum copy_result copy_out_some(struct process *to, unsigned long address, void *from, unsigned long size,
                               struct copied *copied) {
    struct copy copy = {.owner = to, .address = address, .size = size, .buffer = from, .access = ACCESS_STORE};
    return copy_make(&copy, copied);
}

static enum copy_result whole(enum copy_result result, const struct copied *copied) {
    return result == COPIED && copied->why != FAULT_NONE ? COPY_FAULTED : result;
}

enum copy_result copy_in(struct process *from, unsigned long address, void *to, unsigned long size) {
    struct copied copied;
    return whole(copy_in_some(from, address, to, size, &copied), &copied);
}

enum copy_result copy_out(struct process *to, unsigned long address, void *from, unsigned long size) {
    struct copied copied;
    return whole(copy_out_some(to, address, from, size, &copied), &copied);
}

static enum copy_result page_copy(struct page *page, unsigned long offset, void *buffer, unsigned long size,
                                  enum access access) {
    struct copied copied;
    struct copy copy = {
        .owner = current_process, .page = page, .address = offset, .size = size, .buffer = buffer, .access = access};
    return whole(copy_make(&copy, &copied), &copied);
}

enum copy_result copy_in_page(struct page *from, unsigned long offset, void *to, unsigned long size) {
    return page_copy(from, offset, to, size, ACCESS_LOAD);
}

enum copy_result copy_out_page(struct page *to, unsigned long offset, void *from, unsigned long size) {
    return page_copy(to, offset, from, size, ACCESS_STORE);
}

bool copy_possible(struct process *process, unsigned long address, unsigned long size, enum access access) {
    struct walk walk;
    for (unsigned long done = 0; done < size; done += PAGE_SIZE - (address + done) % PAGE_SIZE)
        if (walk_process(&walk, process, address + done, access, NULL) != FAULT_NONE)
            return false;
    return true;
}

void copy_find_frames(struct process *process, unsigned long address, unsigned long size, enum access access,
                      struct copy_frames *frames) {
    struct walk walk;
    unsigned count = 0;
    frames->can = (struct copied){0, FAULT_NONE};
    frames->plain = true;
    while (frames->can.size < size) {
        unsigned long at = address + frames->can.size, room = PAGE_SIZE - at % PAGE_SIZE;
        frames->can.why = walk_process(&walk, process, at, access, NULL);
        if (frames->can.why != FAULT_NONE)
            return;
        unsigned long frame = walk.front < 0 ? ((struct page *)walk.object)->frame + walk.offset : 0;
        frames->plain &= walk.front < 0;
        if (count++ == 0)
            frames->first = frame;
        else
            frames->next[count - 2] = frame;
        frames->can.size = least(frames->can.size + room, size);
    }
}
