/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy.h"
#include "debug.h"
#include "walk.h"

#define FRONT_CHUNK 512 /* bytes that a front sees at once */

unsigned char copy_buffer[STRING_MAX];

/* A copy that the debugger stopped. */
static struct {
    struct process *process;
    unsigned long rip, address, size, done, syscall;
    void *buffer;
    enum access access;
} stopped;

/* How much of a stopped copy has been done, if this one is its repetition: the very next system call. */
static unsigned long copy_resume(struct process *process, unsigned long address, void *buffer, unsigned long size,
                                 enum access access) {
    bool same = stopped.process == process && stopped.rip == process->regs.rip && stopped.address == address &&
                stopped.size == size && stopped.buffer == buffer && stopped.access == access &&
                stopped.syscall + 1 == kernel_info.syscalls;
    if (!same)
        return 0; /* if this is another copy of the same system call, the stopped one is still to come */
    stopped.process = NULL;
    return stopped.done;
}

static void copy_stop(struct process *process, unsigned long address, void *buffer, unsigned long size,
                      enum access access, unsigned long done) {
    stopped.process = process;
    stopped.rip = process->regs.rip;
    stopped.address = address;
    stopped.size = size;
    stopped.done = done;
    stopped.syscall = kernel_info.syscalls;
    stopped.buffer = buffer;
    stopped.access = access;
}

static unsigned long least(unsigned long a, unsigned long b) {
    return a < b ? a : b;
}

/* Copies the beginning of what is left, within a page (and a chunk); *moved: how much. */
static enum copy_result copy_piece(struct process *process, unsigned long address, unsigned char *buffer,
                                   unsigned long size, enum access access, unsigned long *moved) {
    struct walk walk;
    if (walk_process(&walk, process, address, access, NULL) != FAULT_NONE)
        return COPY_FAULTED;
    struct page *page = (struct page *)walk.object;
    *moved = least(size, PAGE_SIZE - walk.offset);
    if (page->front >= 0) {
        *moved = least(*moved, FRONT_CHUNK);
        enum copy_status status = debug_copy(page->front, address, walk.offset, buffer, *moved, access);
        return status == COPY_OK ? COPIED : status == COPY_STOP ? COPY_UNDO : COPY_FAULTED;
    }
    unsigned char *data = (unsigned char *)page_data(page) + walk.offset;
    if (access == ACCESS_STORE)
        memcpy(data, buffer, *moved);
    else
        memcpy(buffer, data, *moved);
    return COPIED;
}

static enum copy_result copy(struct process *process, unsigned long address, void *buffer, unsigned long size,
                             enum access access) {
    unsigned long moved = 0;
    for (unsigned long done = copy_resume(process, address, buffer, size, access); done < size; done += moved) {
        enum copy_result result =
            copy_piece(process, address + done, (unsigned char *)buffer + done, size - done, access, &moved);
        if (result == COPY_UNDO)
            copy_stop(process, address, buffer, size, access, done);
        if (result != COPIED)
            return result;
    }
    return COPIED;
}

enum copy_result copy_in(struct process *from, unsigned long address, void *to, unsigned long size) {
    return copy(from, address, to, size, ACCESS_LOAD);
}

enum copy_result copy_out(struct process *to, unsigned long address, void *from, unsigned long size) {
    return copy(to, address, from, size, ACCESS_STORE);
}

bool copy_possible(struct process *process, unsigned long address, unsigned long size, enum access access) {
    struct walk walk;
    for (unsigned long done = 0; done < size; done += PAGE_SIZE - (address + done) % PAGE_SIZE)
        if (walk_process(&walk, process, address + done, access, NULL) != FAULT_NONE)
            return false;
    return true;
}
