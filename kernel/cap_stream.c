/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stream: one byte stream of the host (payload: its number), and Console, the serial line. On a machine without
 * streams, 1 and 2 go to the console and 0 is at its end.
 */
#include "boot.h"
#include "copy.h"
#include "invoke.h"

#define HOST_EINTR (-4)
#define HOST_EBADF (-9)

/* What the host has given and no process taken yet: bytes stay here until they have been copied out. */
static unsigned char pending[STRING_MAX];
static unsigned long pending_start, pending_size;

static long host_request(enum stream_op op, unsigned long stream, void *buffer, unsigned long size) {
    static struct stream_request request;
    request = (struct stream_request){op, (unsigned)stream, physical(buffer), size, 0};
    port_out32(PORT_STREAM, physical(&request), 0);
    return request.result;
}

static unsigned long host_failure(struct invocation *in, long result) {
    if (result == HOST_EINTR)
        return RC_UNDO;
    in->caller->regs.rdx = (unsigned long)-result;
    return RC_IO;
}

static bool is_console(const struct cap *cap) {
    return cap->type == CAP_CONSOLE || !boot_info.facet;
}

static unsigned long at_most(unsigned long size, unsigned long limit) {
    return size < limit ? size : limit;
}

static unsigned long decode_read(struct invocation *in) {
    const struct facet_regs *regs = &in->caller->regs;
    unsigned long room = at_most(regs->r15, STRING_MAX);
    in->size = 0;
    if (in->cap->type == CAP_STREAM && in->cap->payload != 0)
        return host_failure(in, HOST_EBADF);
    if (is_console(in->cap) || room == 0)
        return RC_OK;
    if (!copy_possible(in->caller, regs->r14, 1, ACCESS_STORE))
        return RC_BAD_SPACE;
    if (pending_size == 0) {
        long result = host_request(STREAM_READ, 0, pending, room);
        if (result < 0)
            return host_failure(in, result);
        pending_start = 0;
        pending_size = (unsigned long)result;
    }
    in->size = at_most(room, pending_size);
    enum copy_result copied = copy_out(in->caller, regs->r14, pending + pending_start, in->size);
    return copied == COPIED ? RC_OK : copied == COPY_UNDO ? RC_UNDO : RC_BAD_SPACE;
}

static void act_read(struct invocation *in) {
    pending_start += in->size;
    pending_size -= in->size;
    in->caller->regs.r13 = in->size;
}

/* The host may take less than it is offered, or ask to come again: so writing is the last thing decided. */
static unsigned long decode_write(struct invocation *in) {
    const struct facet_regs *regs = &in->caller->regs;
    in->size = at_most(regs->r13, STRING_MAX);
    enum copy_result copied = copy_in(in->caller, regs->r12, copy_buffer, in->size);
    if (copied != COPIED)
        return copied == COPY_UNDO ? RC_UNDO : RC_BAD_SPACE;
    if (is_console(in->cap)) {
        if (in->cap->type == CAP_STREAM && in->cap->payload == 0)
            return host_failure(in, HOST_EBADF);
        for (unsigned long i = 0; i < in->size; i++)
            console_put((char)copy_buffer[i]);
        return RC_OK;
    }
    long result = in->size ? host_request(STREAM_WRITE, in->cap->payload, copy_buffer, in->size) : 0;
    if (result < 0)
        return host_failure(in, result);
    in->size = (unsigned long)result;
    return RC_OK;
}

static void act_write(struct invocation *in) {
    in->caller->regs.rdx = in->size;
}

#define STREAMS (CAP_SET(CAP_STREAM) | CAP_SET(CAP_CONSOLE))
static const struct operation rows[] = {
    {.op = OP_STREAM_READ,
     .name = "OP_STREAM_READ",
     .types = STREAMS,
     .result = "string: bytes, none at the end of the file; or RC_IO, w0 errno",
     .decode = decode_read,
     .act = act_read},
    {.op = OP_STREAM_WRITE,
     .name = "OP_STREAM_WRITE",
     .types = STREAMS,
     .result = "w0 bytes of the string taken; or RC_IO, w0 errno",
     .decode = decode_write,
     .act = act_write},
};
const struct operation_group stream_operations = OPERATION_GROUP(rows);
