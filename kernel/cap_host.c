/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Host: what was granted of the host. HostFile: one open file, directory or stream of it (payload: the device's handle;
 * RO: the device is told not to change it). All operations are one request to the device with words and a string, and
 * an answer. On a machine without the device the standard streams are the console, as far as they can be.
 */
#include "boot.h"
#include "copy.h"
#include "invoke.h"
#include "walk.h"

#define HOST_EINTR 4
#define HOST_EFAULT 14
#define HOST_ENOSYS 38
#define HOST_SEEK_HERE 1 /* SEEK_CUR */
#define STAT_SIZE 144    /* struct stat and struct statfs of Linux */
#define STATFS_SIZE 120
#define STREAMS 3

#define BIT(op) (1u << ((op)-OP_HOST_TAKE))
#define TAKES_STRING                                                                                                   \
    (BIT(OP_HOST_OPEN) | BIT(OP_HOST_WRITE) | BIT(OP_HOST_CONTROL) | BIT(OP_HOST_STAT) | BIT(OP_HOST_ACCESS) |         \
     BIT(OP_HOST_READLINK) | BIT(OP_HOST_UNLINK) | BIT(OP_HOST_MKDIR) | BIT(OP_HOST_RENAME) | BIT(OP_HOST_LINK) |      \
     BIT(OP_HOST_SYMLINK) | BIT(OP_HOST_CHMOD) | BIT(OP_HOST_CHOWN) | BIT(OP_HOST_UTIMES))
#define GIVES_STRING                                                                                                   \
    (BIT(OP_HOST_READ) | BIT(OP_HOST_CONTROL) | BIT(OP_HOST_LIST) | BIT(OP_HOST_STAT) | BIT(OP_HOST_STATFS) |          \
     BIT(OP_HOST_READLINK))

/* The last request. What the host has answered stays here and in copy_buffer until it has been copied out, even if the
 * debugger takes over before that and the system call comes again: it is not asked twice. copy.c keeps both for a
 * process that is blocked. */
#define request device_answer.request
#define answered device_answer.given

static unsigned long at_most(unsigned long size, unsigned long limit) {
    return size < limit ? size : limit;
}

/* ---- The device, and a machine without it */

static long console_ask(const struct host_request *asked) {
    if (asked->op == OP_HOST_TAKE - OP_HOST_TAKE && asked->arg[0] < STREAMS)
        return (long)asked->arg[0];
    if (asked->op != OP_HOST_WRITE - OP_HOST_TAKE || asked->handle == 0)
        return -HOST_ENOSYS;
    for (unsigned long i = 0; i < asked->in_size; i++)
        console_put((char)copy_buffer[i]);
    return (long)asked->in_size;
}

static void device_ask(struct host_request *asked) {
    if (boot_info.facet) {
        port_out32(PORT_HOST, physical(asked), 0);
    } else {
        asked->result = console_ask(asked);
        asked->result2 = asked->op == OP_HOST_TAKE - OP_HOST_TAKE;
    }
}

/* To be called first, before any copy. */
static void call_begin(void) {
    answered = copy_again() && answered;
}

/* What the host gives or takes is in copy_buffer or, of a process's memory, already in its place. */
static unsigned long ask(struct invocation *in, unsigned long size, unsigned long room, const struct copy_frames *at) {
    struct facet_regs *regs = &in->caller->regs;
    unsigned long bytes = at ? at->first : physical(copy_buffer);
    unsigned op = (unsigned)regs->rax - OP_HOST_TAKE;
    bool two = regs->rax == OP_HOST_RENAME || regs->rax == OP_HOST_LINK;
    if (!answered) {
        request = (struct host_request){.op = op,
                                        .handle = (unsigned)in->cap->payload,
                                        .handle2 = two ? (unsigned)invoke_sent(in, 0)->payload : 0,
                                        .write = !(in->cap->restr & CAP_RO),
                                        .arg = {regs->rdx, regs->r10, regs->r8},
                                        .in = bytes,
                                        .in_size = size,
                                        .out = bytes,
                                        .out_size = room,
                                        .pages = at ? physical(at->next) : 0};
        device_ask(&request);
        answered = request.result != -HOST_EINTR;
    }
    if (request.result >= 0)
        return RC_OK;
    if (!answered)
        return RC_UNDO;
    regs->rdx = (unsigned long)-request.result;
    return RC_IO;
}

/* ---- Strings of the caller */

static unsigned long decode(struct invocation *in) {
    const struct facet_regs *regs = &in->caller->regs;
    unsigned long size = TAKES_STRING & BIT(regs->rax) ? at_most(regs->r13, STRING_MAX) : 0;
    unsigned long room = GIVES_STRING & BIT(regs->rax) ? at_most(regs->r15, STRING_MAX) : 0;
    call_begin();
    if (!copy_possible(in->caller, regs->r14, room, ACCESS_STORE))
        return RC_BAD_SPACE; /* before the host gives what it gives only once */
    unsigned long rc = string_result(copy_in(in->caller, regs->r12, copy_buffer, size));
    if (rc != RC_OK)
        return rc;
    rc = ask(in, size, room, NULL);
    if (rc != RC_OK)
        return rc;
    in->size = request.got;
    return string_result(copy_out(in->caller, regs->r14, copy_buffer, in->size));
}

static void act(struct invocation *in) {
    struct facet_regs *regs = &in->caller->regs;
    regs->rdx = (unsigned long)request.result;
    regs->r10 = request.result2;
    regs->r13 = in->size;
}

/* Take, Open: the device says whether the file may be changed. */
static void act_file(struct invocation *in) {
    struct cap cap = cap_make(CAP_HOSTFILE, NULL);
    cap.payload = (unsigned long)request.result;
    cap.restr = request.result2 ? 0 : CAP_RO;
    invoke_receive(in, 0, cap);
}

/* Rename, Link: the second directory is changed too. */
static unsigned long decode_two(struct invocation *in) {
    return invoke_sent(in, 0)->restr & CAP_RO ? RC_NO_RIGHT : decode(in);
}

/* ---- Contents, directly from or to the memory of a process */

static unsigned long fault_failure(struct invocation *in, enum fault why) {
    in->caller->regs.rdx = HOST_EFAULT;
    in->caller->regs.r10 = why;
    return RC_IO;
}

/* A handler has refused what the host had given already: as far as there is a way back, it is as if never read. */
static void give_back(unsigned long bytes) {
    static struct host_request back;
    back = (struct host_request){
        .op = OP_HOST_SEEK - OP_HOST_TAKE, .handle = request.handle, .arg = {-bytes, HOST_SEEK_HERE}};
    if (bytes && request.arg[0] == HOST_HERE)
        device_ask(&back);
}

/* Of the process whose memory it is, from w1 on at most w2 bytes. */
static struct copy_frames frames HOT;

static void frames_find(struct invocation *in, enum access access) {
    const struct facet_regs *regs = &in->caller->regs;
    struct process *process = (struct process *)invoke_sent(in, 0)->object;
    copy_find_frames(process, regs->r10, at_most(regs->r8, STRING_MAX), access, &frames);
}

/* What the host has given reaches its place through copy_buffer and the handlers. */
static unsigned long deliver(struct invocation *in) {
    struct copied moved;
    struct process *to = (struct process *)invoke_sent(in, 0)->object;
    if (copy_out_some(to, in->caller->regs.r10, copy_buffer, request.got, &moved) == COPY_UNDO)
        return RC_UNDO;
    give_back(request.got - moved.size);
    if (request.got && !moved.size)
        return fault_failure(in, moved.why);
    request.result = (long)moved.size;
    request.result2 = moved.size == frames.can.size ? frames.can.why : moved.why;
    return RC_OK;
}

static unsigned long decode_read(struct invocation *in) {
    if (invoke_sent(in, 0)->type == CAP_NULL)
        return decode(in);
    frames_find(in, ACCESS_STORE);
    call_begin();
    if (in->caller->regs.r8 && !frames.can.size)
        return fault_failure(in, frames.can.why);
    bool direct = frames.plain && !answered;
    in->size = 0;
    unsigned long rc = ask(in, 0, frames.can.size, direct ? &frames : NULL);
    if (rc != RC_OK || !direct)
        return rc != RC_OK ? rc : deliver(in);
    request.result2 = request.got == frames.can.size ? frames.can.why : FAULT_NONE;
    return RC_OK;
}

/* How many bytes the host may take, and why not more: from their place or, past the handlers, from copy_buffer. */
static enum copy_result collect(struct invocation *in, struct copied *moved) {
    const struct facet_regs *regs = &in->caller->regs;
    struct process *from = (struct process *)invoke_sent(in, 0)->object;
    *moved = frames.can;
    if (frames.plain)
        return COPIED;
    return copy_in_some(from, regs->r10, copy_buffer, at_most(regs->r8, STRING_MAX), moved);
}

static unsigned long decode_write(struct invocation *in) {
    struct copied moved;
    if (invoke_sent(in, 0)->type == CAP_NULL)
        return decode(in);
    frames_find(in, ACCESS_LOAD);
    call_begin();
    if (collect(in, &moved) == COPY_UNDO)
        return RC_UNDO;
    if (in->caller->regs.r8 && !moved.size)
        return fault_failure(in, moved.why);
    unsigned long rc = ask(in, moved.size, 0, frames.plain ? &frames : NULL);
    request.result2 = rc == RC_OK && (unsigned long)request.result == moved.size ? moved.why : FAULT_NONE;
    in->size = 0;
    return rc;
}

/* ---- Rows */

#define ANY(name)                                                                                                      \
    { name, 0, ~0ul }
#define ROW(operation) .op = operation, .name = #operation
#define OF_HOST .types = CAP_SET(CAP_HOST)
#define OF_FILE .types = CAP_SET(CAP_HOSTFILE)
#define CHANGES .forbidden = CAP_RO
#define PROCESS                                                                                                        \
    { "whose memory, Null: a string of the caller", CAP_SET(CAP_NULL) | CAP_SET(CAP_PROCESS) }
#define DIRECTORY                                                                                                      \
    { "directory of the second", CAP_SET(CAP_HOSTFILE) }
#define OFFSET ANY("offset or HOST_HERE")
static const struct operation rows[] = {
    {ROW(OP_HOST_TAKE), OF_HOST, .word = {ANY("number of the grant")},
     .result = "c0 HostFile, RO if it is not to be changed", .decode = decode, .act = act_file},
    {ROW(OP_HOST_TIME), OF_HOST, .word = {ANY("clock id")}, .result = "w0 seconds, w1 nanoseconds", .decode = decode,
     .act = act},
    {ROW(OP_HOST_SLEEP), OF_HOST, .word = {ANY("nanoseconds")}, .decode = decode, .act = act},
    {ROW(OP_HOST_OPEN), OF_FILE, .word = {ANY("flags"), ANY("mode")}, .result = "string: path; c0 HostFile",
     .decode = decode, .act = act_file},
    {ROW(OP_HOST_CLOSE), OF_FILE, .decode = decode, .act = act},
    {ROW(OP_HOST_READ), OF_FILE, .word = {OFFSET, ANY("address"), ANY("bytes")}, .sent = {PROCESS},
     .result = "string: bytes; w0 how many, w1 enum fault: why not more", .decode = decode_read, .act = act},
    {ROW(OP_HOST_WRITE), OF_FILE, CHANGES, .word = {OFFSET, ANY("address"), ANY("bytes")}, .sent = {PROCESS},
     .result = "w0 how many bytes, w1 enum fault: why not more", .decode = decode_write, .act = act},
    {ROW(OP_HOST_SEEK), OF_FILE, .word = {ANY("offset"), ANY("whence")}, .result = "w0 offset", .decode = decode,
     .act = act},
    {ROW(OP_HOST_TRUNCATE), OF_FILE, CHANGES, .word = {ANY("size")}, .decode = decode, .act = act},
    {ROW(OP_HOST_SYNC), OF_FILE, .word = {ANY("1: data only")}, .decode = decode, .act = act},
    {ROW(OP_HOST_POLL), OF_FILE, .word = {ANY("events"), ANY("milliseconds")}, .result = "w0 events", .decode = decode,
     .act = act},
    {ROW(OP_HOST_CONTROL), OF_FILE, .word = {ANY("request")}, .result = "w0 result; string: the argument",
     .decode = decode, .act = act},
    {ROW(OP_HOST_FCNTL), OF_FILE, .word = {ANY("F_GETFL or F_SETFL"), ANY("argument")}, .result = "w0 result",
     .decode = decode, .act = act},
    {ROW(OP_HOST_LIST), OF_FILE, .result = "string: struct linux_dirent64 …", .decode = decode, .act = act},
    {ROW(OP_HOST_STAT), OF_FILE, .room = STAT_SIZE, .word = {ANY("AT_ flags")},
     .result = "string: path; string: struct stat", .decode = decode, .act = act},
    {ROW(OP_HOST_STATFS), OF_FILE, .room = STATFS_SIZE, .result = "string: struct statfs", .decode = decode,
     .act = act},
    {ROW(OP_HOST_ACCESS), OF_FILE, .word = {ANY("mode"), ANY("AT_ flags")}, .decode = decode, .act = act},
    {ROW(OP_HOST_READLINK), OF_FILE, .result = "string: target", .decode = decode, .act = act},
    {ROW(OP_HOST_UNLINK), OF_FILE, CHANGES, .word = {ANY("AT_REMOVEDIR or 0")}, .decode = decode, .act = act},
    {ROW(OP_HOST_MKDIR), OF_FILE, CHANGES, .word = {ANY("mode")}, .decode = decode, .act = act},
    {ROW(OP_HOST_RENAME), OF_FILE, CHANGES, .word = {ANY("RENAME_ flags")}, .sent = {DIRECTORY}, .decode = decode_two,
     .act = act},
    {ROW(OP_HOST_LINK), OF_FILE, CHANGES, .word = {ANY("AT_ flags")}, .sent = {DIRECTORY}, .decode = decode_two,
     .act = act},
    {ROW(OP_HOST_SYMLINK), OF_FILE, CHANGES, .decode = decode, .act = act},
    {ROW(OP_HOST_CHMOD), OF_FILE, CHANGES, .word = {ANY("mode")}, .decode = decode, .act = act},
    {ROW(OP_HOST_CHOWN), OF_FILE, CHANGES, .word = {ANY("user"), ANY("group"), ANY("AT_ flags")}, .decode = decode,
     .act = act},
    {ROW(OP_HOST_UTIMES), OF_FILE, CHANGES, .word = {ANY("AT_ flags")}, .decode = decode, .act = act},
};
const struct operation_group host_operations = OPERATION_GROUP(rows);
