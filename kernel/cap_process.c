/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Process: authority over a process. Also over the caller itself.
 */
#include "copy.h"
#include "invoke.h"
#include "table.h"

#define RFLAGS_USER 0x240dd5ul /* CF PF AF ZF SF TF DF OF AC ID */
#define RFLAGS_FIXED 0x202ul   /* bit 1 and IF */

static struct process *process_of(const struct invocation *in) {
    return (struct process *)in->cap->object;
}

static unsigned long string_result(enum copy_result result) {
    return result == COPIED ? RC_OK : result == COPY_UNDO ? RC_UNDO : RC_BAD_SPACE;
}

static unsigned long decode_get_regs(struct invocation *in) {
    const struct facet_regs *to = &in->caller->regs;
    if (to->r15 < sizeof(struct facet_regs))
        return RC_BAD_ARG;
    memcpy(copy_buffer, &process_of(in)->regs, sizeof(struct facet_regs));
    return string_result(copy_out(in->caller, to->r14, copy_buffer, sizeof(struct facet_regs)));
}

static void act_get_regs(struct invocation *in) {
    in->caller->regs.r13 = sizeof(struct facet_regs);
}

static unsigned long decode_set_regs(struct invocation *in) {
    const struct facet_regs *from = &in->caller->regs;
    if (from->r13 != sizeof(struct facet_regs))
        return RC_BAD_ARG;
    unsigned long rc = string_result(copy_in(in->caller, from->r12, copy_buffer, sizeof in->regs));
    memcpy(&in->regs, copy_buffer, sizeof in->regs);
    if (rc == RC_OK && (in->regs.fs_base >= GUEST_ADDRESS_MAX || in->regs.gs_base >= GUEST_ADDRESS_MAX))
        return RC_BAD_ARG; /* the processor would refuse to load it */
    in->regs.rflags = (in->regs.rflags & RFLAGS_USER) | RFLAGS_FIXED;
    return rc;
}

static void act_set_regs(struct invocation *in) {
    process_of(in)->regs = in->regs;
    process_reload(process_of(in));
}

static unsigned long decode_set_space(struct invocation *in) {
    struct cap *space = invoke_sent(in, 0);
    return space->type == CAP_NULL || space->type == CAP_PAGE || space->type == CAP_GPT ? RC_OK : RC_BAD_ARG;
}

static void act_set_space(struct invocation *in) {
    struct process *process = process_of(in);
    map_forget_space(process);
    process->space = *invoke_sent(in, 0);
}

static void act_get_space(struct invocation *in) {
    invoke_receive(in, 0, *cap_prepare(&process_of(in)->space));
}

static unsigned long decode_keeper(struct invocation *in) {
    struct cap *keeper = invoke_sent(in, 0);
    return keeper->type == CAP_NULL || keeper->type == CAP_ENTRY ? RC_OK : RC_BAD_ARG;
}

static void act_set_keeper(struct invocation *in) {
    process_of(in)->keeper = *invoke_sent(in, 0);
}

static unsigned long decode_set_cap(struct invocation *in) {
    return in->word[0] > 0 && in->word[0] < CAP_REGISTERS ? RC_OK : RC_BAD_ARG;
}

static void act_set_cap(struct invocation *in) {
    process_of(in)->reg[in->word[0]] = *invoke_sent(in, 0);
}

static unsigned long decode_get_cap(struct invocation *in) {
    return in->word[0] < CAP_REGISTERS ? RC_OK : RC_BAD_ARG;
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
const struct operation process_operations[] = {
    {OP_PROCESS_GET_REGS, PROCESS, 0, decode_get_regs, act_get_regs},
    {OP_PROCESS_SET_REGS, PROCESS, 0, decode_set_regs, act_set_regs},
    {OP_PROCESS_SET_SPACE, PROCESS, 0, decode_set_space, act_set_space},
    {OP_PROCESS_GET_SPACE, PROCESS, 0, NULL, act_get_space},
    {OP_PROCESS_SET_KEEPER, PROCESS, 0, decode_keeper, act_set_keeper},
    {OP_PROCESS_SET_CAP, PROCESS, 0, decode_set_cap, act_set_cap},
    {OP_PROCESS_GET_CAP, PROCESS, 0, decode_get_cap, act_get_cap},
    {OP_PROCESS_START, PROCESS, 0, NULL, act_start},
    {OP_PROCESS_STOP, PROCESS, 0, NULL, act_stop},
};
const unsigned process_operation_count = LENGTH(process_operations);
