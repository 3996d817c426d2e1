/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Process: authority over a process. Also over the caller itself.
 */
#include "copy.h"
#include "fpu.h"
#include "invoke.h"
#include "schedule.h"
#include "table.h"

#define RFLAGS_USER 0x240dd5ul /* CF PF AF ZF SF TF DF OF AC ID */
#define FPU_SIZE 512
#define FPU_MXCSR 24
#define MXCSR_VALID 0xffffu
#define RFLAGS_FIXED 0x202ul /* bit 1 and IF */

static struct process *process_of(const struct invocation *in) {
    return (struct process *)in->cap->object;
}

static unsigned long decode_get_regs(struct invocation *in) {
    const struct facet_regs *to = &in->caller->regs;
    memcpy(copy_buffer, &process_of(in)->regs, sizeof(struct facet_regs));
    return string_result(copy_out(in->caller, to->r14, copy_buffer, sizeof(struct facet_regs)));
}

static void act_get_regs(struct invocation *in) {
    in->caller->regs.r13 = sizeof(struct facet_regs);
}

static unsigned long decode_set_regs(struct invocation *in) {
    const struct facet_regs *from = &in->caller->regs;
    unsigned long rc = string_result(copy_in(in->caller, from->r12, copy_buffer, sizeof in->regs));
    memcpy(&in->regs, copy_buffer, sizeof in->regs);
    if (rc == RC_OK && (in->regs.fs_base >= GUEST_ADDRESS_MAX || in->regs.gs_base >= GUEST_ADDRESS_MAX))
        return RC_BAD_ARG; /* the processor would refuse to load it */
    in->regs.rflags = (in->regs.rflags & RFLAGS_USER) | RFLAGS_FIXED;
    return rc;
}

static void act_set_regs(struct invocation *in) {
    if (!foreign_waits(process_of(in)))
        process_step_trap(process_of(in), false); /* these flags are its own */
    process_of(in)->regs = in->regs;
    process_step_flags(process_of(in));
    process_of(in)->string_ticket = process_of(in)->receive_ticket = 0; /* its strings may lie elsewhere now */
    process_reload(process_of(in));
}

static void act_set_space(struct invocation *in) {
    struct process *process = process_of(in);
    map_forget_space(process);
    process->space = *invoke_sent(in, 0);
}

static void act_get_space(struct invocation *in) {
    invoke_receive(in, 0, *cap_prepare(&process_of(in)->space));
}

static void act_set_keeper(struct invocation *in) {
    process_of(in)->keeper = *invoke_sent(in, 0);
}

static void act_set_brand(struct invocation *in) {
    process_of(in)->brand = *invoke_sent(in, 0);
}

static void act_set_cap(struct invocation *in) {
    process_of(in)->reg[in->word[0]] = *invoke_sent(in, 0);
}

static void act_get_cap(struct invocation *in) {
    invoke_receive(in, 0, *cap_prepare(&process_of(in)->reg[in->word[0]]));
}

static void act_start(struct invocation *in) {
    struct process *process = process_of(in);
    if (process->state == PROCESS_RUNNABLE)
        return;
    process_cancel(process, PROCESS_STOPPED);
    process_ready(process);
}

static void act_stop(struct invocation *in) {
    process_cancel(process_of(in), PROCESS_STOPPED);
}

#define PROCESS CAP_SET(CAP_PROCESS)
static void act_set_schedule(struct invocation *in) {
    struct cap *schedule = invoke_sent(in, 0);
    process_of(in)->schedule = *schedule;
    schedule_set_priority(process_of(in), schedule->type == CAP_SCHEDULE ? (unsigned)schedule->payload : 0);
}

static void act_set_step(struct invocation *in) {
    process_step(process_of(in), in->word[0]);
}

static void act_set_foreign(struct invocation *in) {
    bool serving = process_of(in)->attention & ATTENTION_SERVING;
    process_of(in)->syscall = in->word[0] ? foreign_syscall : serving ? serving_syscall : invoke;
}

/* ---- Memory: through copy_buffer, as much as can be moved */

static unsigned long decode_read(struct invocation *in) {
    const struct facet_regs *to = &in->caller->regs;
    unsigned long room = to->r15 < STRING_MAX ? to->r15 : STRING_MAX;
    if (copy_in_some(process_of(in), in->word[0], copy_buffer, room, &in->copied) == COPY_UNDO)
        return RC_UNDO;
    return string_result(copy_out(in->caller, to->r14, copy_buffer, in->copied.size));
}

static unsigned long decode_write(struct invocation *in) {
    const struct facet_regs *from = &in->caller->regs;
    unsigned long size = from->r13 < STRING_MAX ? from->r13 : STRING_MAX;
    unsigned long rc = string_result(copy_in(in->caller, from->r12, copy_buffer, size));
    if (rc != RC_OK)
        return rc;
    return string_result(copy_out_some(process_of(in), in->word[0], copy_buffer, size, &in->copied));
}

static void act_moved(struct invocation *in) {
    in->caller->regs.rdx = in->copied.size;
    in->caller->regs.r10 = in->copied.why;
}

static void act_read(struct invocation *in) {
    in->caller->regs.r13 = in->copied.size;
    act_moved(in);
}

/* ---- FPU */

static unsigned long decode_get_fpu(struct invocation *in) {
    fpu_save(process_of(in));
    memcpy(copy_buffer, process_of(in)->fpu, FPU_SIZE);
    return string_result(copy_out(in->caller, in->caller->regs.r14, copy_buffer, FPU_SIZE));
}

static void act_get_fpu(struct invocation *in) {
    in->caller->regs.r13 = FPU_SIZE;
}

/* The processor would refuse to load an MXCSR with other bits. */
static unsigned long decode_set_fpu(struct invocation *in) {
    unsigned long rc = string_result(copy_in(in->caller, in->caller->regs.r12, copy_buffer, FPU_SIZE));
    unsigned mxcsr;
    memcpy(&mxcsr, copy_buffer + FPU_MXCSR, sizeof mxcsr);
    return rc == RC_OK && mxcsr & ~MXCSR_VALID ? RC_BAD_ARG : rc;
}

static void act_set_fpu(struct invocation *in) {
    memcpy(process_of(in)->fpu, copy_buffer, FPU_SIZE);
    fpu_load(process_of(in));
}

static const struct operation rows[] = {
    {.op = OP_PROCESS_GET_REGS,
     .name = "OP_PROCESS_GET_REGS",
     .types = PROCESS,
     .room = sizeof(struct facet_regs),
     .result = "string: struct facet_regs",
     .decode = decode_get_regs,
     .act = act_get_regs},
    {.op = OP_PROCESS_SET_REGS,
     .name = "OP_PROCESS_SET_REGS",
     .types = PROCESS,
     .string = sizeof(struct facet_regs),
     .decode = decode_set_regs,
     .act = act_set_regs},
    {.op = OP_PROCESS_SET_SPACE,
     .name = "OP_PROCESS_SET_SPACE",
     .types = PROCESS,
     .sent = {{"space", CAP_SET(CAP_NULL) | CAP_SET(CAP_PAGE) | CAP_SET(CAP_GPT)}},
     .act = act_set_space},
    {.op = OP_PROCESS_GET_SPACE,
     .name = "OP_PROCESS_GET_SPACE",
     .types = PROCESS,
     .result = "c0 its space",
     .act = act_get_space},
    {.op = OP_PROCESS_SET_KEEPER,
     .name = "OP_PROCESS_SET_KEEPER",
     .types = PROCESS,
     .sent = {{"keeper", CAP_SET(CAP_NULL) | CAP_SET_ENTRY}},
     .act = act_set_keeper},
    {.op = OP_PROCESS_SET_CAP,
     .name = "OP_PROCESS_SET_CAP",
     .types = PROCESS,
     .word = {{"capability register", 1, CAP_REGISTERS - 1}},
     .sent = {{"what it holds from now on", CAP_SET_ANY}},
     .act = act_set_cap},
    {.op = OP_PROCESS_GET_CAP,
     .name = "OP_PROCESS_GET_CAP",
     .types = PROCESS,
     .word = {{"capability register", 0, CAP_REGISTERS - 1}},
     .result = "c0 what it holds",
     .act = act_get_cap},
    {.op = OP_PROCESS_START, .name = "OP_PROCESS_START", .types = PROCESS, .act = act_start},
    {.op = OP_PROCESS_STOP, .name = "OP_PROCESS_STOP", .types = PROCESS, .act = act_stop},
    {.op = OP_PROCESS_SET_SCHEDULE,
     .name = "OP_PROCESS_SET_SCHEDULE",
     .types = PROCESS,
     .sent = {{"schedule", CAP_SET(CAP_NULL) | CAP_SET(CAP_SCHEDULE)}},
     .act = act_set_schedule},
    {.op = OP_PROCESS_SET_STEP,
     .name = "OP_PROCESS_SET_STEP",
     .types = PROCESS,
     .word = {{"1: one instruction, 0: freely", 0, 1}},
     .act = act_set_step},
    {.op = OP_PROCESS_GET_FPU,
     .name = "OP_PROCESS_GET_FPU",
     .types = PROCESS,
     .room = FPU_SIZE,
     .result = "string: FXSAVE64 image",
     .decode = decode_get_fpu,
     .act = act_get_fpu},
    {.op = OP_PROCESS_SET_FPU,
     .name = "OP_PROCESS_SET_FPU",
     .types = PROCESS,
     .string = FPU_SIZE,
     .decode = decode_set_fpu,
     .act = act_set_fpu},
    {.op = OP_PROCESS_SET_FOREIGN,
     .name = "OP_PROCESS_SET_FOREIGN",
     .types = PROCESS,
     .word = {{"1: its keeper is told of system calls, 0: they are invocations", 0, 1}},
     .act = act_set_foreign},
    {.op = OP_PROCESS_READ,
     .name = "OP_PROCESS_READ",
     .types = PROCESS,
     .word = {{"address", 0, ~0ul}},
     .result = "string: bytes; w0 how many, w1 enum fault: why not more",
     .decode = decode_read,
     .act = act_read},
    {.op = OP_PROCESS_WRITE,
     .name = "OP_PROCESS_WRITE",
     .types = PROCESS,
     .word = {{"address", 0, ~0ul}},
     .result = "w0 how many bytes, w1 enum fault: why not more",
     .decode = decode_write,
     .act = act_moved},
    {.op = OP_PROCESS_SET_BRAND,
     .name = "OP_PROCESS_SET_BRAND",
     .types = PROCESS,
     .sent = {{"brand", CAP_SET_ANY}},
     .act = act_set_brand},
};
const struct operation_group process_operations = OPERATION_GROUP(rows);
