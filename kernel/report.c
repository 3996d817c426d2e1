/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug.h"
#include "process.h"

/* Whose queue of senders it is. */
static unsigned long owner_id(const struct process_queue *queue) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++)
        if (queue == &kernel_info.processes[i].senders)
            return kernel_info.processes[i].header.id;
    return 0;
}

static void report(const struct process *process) {
    unsigned id = (unsigned)process->header.id;
    unsigned long pc = process->regs.rip;
    switch ((enum process_state)process->state) {
    case PROCESS_WAITING:
        if (process->wait_for)
            print("  process %u waits for a message to endpoint %u, pc %x\n", id,
                  (unsigned)process->wait_for->header.id, pc);
        else
            print("  process %u waits for any message, pc %x\n", id, pc);
        break;
    case PROCESS_CALLING:
        print("  process %u waits for the answer to a call, pc %x\n", id, pc);
        break;
    case PROCESS_SENDING:
        if (owner_id(process->queue) == 0) {
            print("  process %u waits before a forwarder that is blocked, pc %x\n", id, pc);
            break;
        }
        print("  process %u %s process %u, which does not receive, pc %x\n", id,
              process->fault == FAULT_NONE ? "sends to"
              : foreign_waits(process)     ? "has a system call for"
                                           : "has a fault for",
              (unsigned)owner_id(process->queue), pc);
        break;
    case PROCESS_FAULTED:
        if (foreign_waits(process))
            print("  process %u waits for its keeper in system call %u, pc %x\n", id, (unsigned)process->regs.rax, pc);
        else
            print("  process %u has fault %u at %x and waits for its keeper, pc %x\n", id, (unsigned)process->fault,
                  process->fault_address, pc);
        break;
    case PROCESS_BLOCKED:
        print("  process %u is blocked by a handler, over the memory of process %u, pc %x\n", id,
              (unsigned)process->blocked_over->header.id, pc);
        break;
    default: /* stopped: nobody wants it to run */
        break;
    }
}

void deadlock_report(void) {
    print("every process waits for ever:\n");
    for (unsigned long i = 0; i < kernel_info.process_count; i++)
        if (kernel_info.processes[i].header.type == CAP_PROCESS)
            report(&kernel_info.processes[i]);
}
