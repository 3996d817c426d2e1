/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "strings.h"
#include "access.h"
#include "cpu.h"
#include "debug.h"
#include "table.h"

#define FRONT_CHUNK 512 /* bytes that a front sees at once */

static unsigned long last_ticket;

/* What a front has given for a piece that could then not be stored: its handlers are not asked again. */
static unsigned char held[FRONT_CHUNK];
static struct { unsigned long ticket, done, size; } held_for;

struct piece {
    struct process *from, *to;
    unsigned long source, target; /* addresses */
    unsigned long size, done;     /* of the piece; of the string, before it */
};

static unsigned long least(unsigned long a, unsigned long b) {
    return a < b ? a : b;
}

static bool fault_at(struct string_fault *fault, struct process *process, unsigned long address, enum access access) {
    fault->fault = walk_process(&fault->walk, process, address, access, NULL);
    fault->address = address;
    fault->code = (unsigned long)VECTOR_PF << 32 | PF_USER | (access == ACCESS_STORE ? PF_WRITE : 0ul) |
                  (fault->fault == FAULT_ACCESS_VIOLATION ? PF_PRESENT : 0ul);
    return fault->fault != FAULT_NONE;
}

/* NULL: a hole, behind a front. */
static struct page *page_of(const struct walk *walk) {
    return walk->hole ? NULL : (struct page *)walk->object;
}

static unsigned char *data_of(const struct walk *walk) {
    return walk->hole ? NULL : (unsigned char *)page_data(page_of(walk)) + walk->offset;
}

/* A front's part: it lets its handlers see the piece. */
static enum string_result front_piece(struct string_fault *fault, struct process *from, struct process *owner,
                                      unsigned long address, void *buffer, unsigned long size, enum access access) {
    const struct walk *walk = &fault->walk;
    enum copy_status status =
        access_copy(from, owner, walk->front, address, walk->front_offset, buffer, size, access, false);
    if (status == COPY_HOLE)
        fault->fault = FAULT_INVALID_ADDRESS;
    if (status == COPY_FAULT) {
        fault->fault = FAULT_HANDLER;
        fault->code = debug_copy_code();
    }
    if (status == COPY_FAULT || status == COPY_HOLE)
        return access == ACCESS_LOAD ? STRING_SENDER_FAULTS : STRING_RECEIVER_FAULTS;
    fault->owner = owner;
    return status == COPY_OK ? STRING_MOVED : status == COPY_BLOCK ? STRING_BLOCKED : STRING_UNDO;
}

static enum string_result source_front(const struct piece *piece, struct string_fault *fault) {
    if (held_for.ticket == piece->from->string_ticket && held_for.ticket && held_for.done == piece->done &&
        held_for.size == piece->size)
        return STRING_MOVED;
    held_for.ticket = 0;
    enum string_result result =
        front_piece(fault, piece->from, piece->from, piece->source, held, piece->size, ACCESS_LOAD);
    held_for.done = result == STRING_MOVED ? piece->done : ~0ul; /* or it is still to be asked */
    held_for.size = piece->size;
    return result;
}

/* Moves a piece that lies within a page on both sides. Both are looked up before a front's handlers are asked. */
static enum string_result piece_move(struct piece *piece, struct string_fault *fault) {
    static struct string_fault source; /* not on the stack: walks are large */
    if (fault_at(&source, piece->from, piece->source, ACCESS_LOAD)) {
        *fault = source;
        return STRING_SENDER_FAULTS;
    }
    if (fault_at(fault, piece->to, piece->target, ACCESS_STORE))
        return STRING_RECEIVER_FAULTS;
    const struct walk *from = &source.walk, *to = &fault->walk;
    unsigned char *data = data_of(from);
    piece->size =
        least(piece->size, least(PAGE_SIZE - piece->source % PAGE_SIZE, PAGE_SIZE - piece->target % PAGE_SIZE));
    if (from->front >= 0 || to->front >= 0)
        piece->size = least(piece->size, FRONT_CHUNK);
    if (from->front >= 0) {
        enum string_result result = source_front(piece, &source);
        if (result != STRING_MOVED) {
            *fault = source;
            return result;
        }
        data = held;
    }
    if (to->front >= 0)
        return front_piece(fault, piece->from, piece->to, piece->target, data, piece->size, ACCESS_STORE);
    memmove(data_of(to), data, piece->size);
    return STRING_MOVED;
}

/* The copy goes on here when the same message is sent again to the same wait. */
static void progress_keep(const struct piece *piece) {
    if (!piece->to->receive_ticket)
        piece->to->receive_ticket = ++last_ticket;
    piece->from->string_ticket = piece->to->receive_ticket;
    piece->from->string_done = piece->done;
    held_for.ticket = held_for.done == piece->done ? piece->to->receive_ticket : 0;
}

enum string_result string_transfer(struct process *from, struct process *to, unsigned long *size,
                                   struct string_fault *fault) {
    unsigned long whole = least(least(from->regs.r13, to->regs.r15), STRING_MAX);
    struct piece piece = {.from = from, .to = to};
    if (from->string_ticket && from->string_ticket == to->receive_ticket)
        piece.done = from->string_done;
    for (; piece.done < whole; piece.done += piece.size) {
        piece.source = from->regs.r12 + piece.done;
        piece.target = to->regs.r14 + piece.done;
        piece.size = whole - piece.done;
        enum string_result result = piece_move(&piece, fault);
        if (result == STRING_MOVED && access_outcome_due(from)) {
            piece.done += piece.size;
            fault->owner = from;
            result = STRING_BLOCKED;
        }
        if (result != STRING_MOVED) {
            progress_keep(&piece);
            *size = piece.done;
            return result;
        }
    }
    from->string_ticket = 0;
    *size = whole;
    return STRING_MOVED;
}

unsigned char *string_mapped(const struct process *process, unsigned long address, unsigned long size,
                             enum access access) {
    if (address >= GUEST_ADDRESS_MAX || size > PAGE_SIZE - address % PAGE_SIZE || !process->cr3)
        return NULL;
    unsigned long entry = table_lookup(process->cr3, address), frame = entry & PTE_ADDRESS;
    bool there = entry & PTE_P && frame < APERTURE_BASE && (access != ACCESS_STORE || entry & PTE_W);
    return there ? (unsigned char *)direct(frame) + address % PAGE_SIZE : NULL;
}

enum string_result string_take(struct process *from, unsigned char *bytes, unsigned long size,
                               struct string_fault *fault) {
    const unsigned char *mapped = string_mapped(from, from->regs.r12, size, ACCESS_LOAD);
    if (mapped) {
        memcpy(bytes, mapped, size);
        return STRING_MOVED;
    }
    for (unsigned long done = 0, piece; done < size; done += piece) {
        unsigned long address = from->regs.r12 + done;
        if (fault_at(fault, from, address, ACCESS_LOAD))
            return STRING_SENDER_FAULTS;
        piece = least(size - done, PAGE_SIZE - address % PAGE_SIZE);
        if (fault->walk.front < 0)
            memcpy(bytes + done, data_of(&fault->walk), piece);
        else if (access_asks(fault->walk.front, fault->walk.front_offset, piece))
            return fault->fault = FAULT_HANDLER, STRING_SENDER_FAULTS;
        else if (front_piece(fault, from, from, address, bytes + done, piece, ACCESS_LOAD) != STRING_MOVED)
            return STRING_UNDO;
    }
    return STRING_MOVED;
}
