/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Schedule: the right to let processes run at a priority (payload). Sleep: the clock, and waiting for it.
 */
#include "invoke.h"
#include "schedule.h"

static unsigned long decode_reduce(struct invocation *in) {
    if (in->word[0] > in->cap->payload)
        return RC_BAD_ARG;
    in->made = *in->cap;
    in->made.payload = in->word[0];
    return RC_OK;
}

static void act_reduce(struct invocation *in) {
    invoke_receive(in, 0, in->made);
}

static void act_priority(struct invocation *in) {
    in->caller->regs.rdx = in->cap->payload;
}

static void act_now(struct invocation *in) {
    in->caller->regs.rdx = schedule_clock();
}

static void act_for(struct invocation *in) {
    schedule_sleep(in->caller, in->word[0]);
}

static const struct operation schedule_rows[] = {
    {.op = OP_SCHEDULE_REDUCE,
     .name = "OP_SCHEDULE_REDUCE",
     .types = CAP_SET(CAP_SCHEDULE),
     .word = {{"priority, at most its own", 0, PRIORITY_MAX}},
     .result = "c0 Schedule capability of that priority",
     .decode = decode_reduce,
     .act = act_reduce},
    {.op = OP_SCHEDULE_PRIORITY,
     .name = "OP_SCHEDULE_PRIORITY",
     .types = CAP_SET(CAP_SCHEDULE),
     .result = "w0 priority",
     .act = act_priority},
};
const struct operation_group schedule_operations = OPERATION_GROUP(schedule_rows);

static const struct operation sleep_rows[] = {
    {.op = OP_SLEEP_NOW,
     .name = "OP_SLEEP_NOW",
     .types = CAP_SET(CAP_SLEEP),
     .result = "w0 ticks on the clock",
     .act = act_now},
    {.op = OP_SLEEP_FOR,
     .name = "OP_SLEEP_FOR",
     .types = CAP_SET(CAP_SLEEP),
     .word = {{"ticks", 1, SLEEP_MAX}},
     .result = "w0 ticks on the clock, afterwards",
     .act = act_for},
};
const struct operation_group sleep_operations = OPERATION_GROUP(sleep_rows);
