/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Code that the engine's translator cannot take: it aborts the process (seen with LOCK before BTS of a register). No
 * guest may end the host, so SIGABRT inside the engine becomes a precise exit. The translator has changed nothing yet;
 * leaving it by longjmp is what it does itself when a code page is missing.
 *
 * RIP then stands at the start of the block. Under TF every block is one instruction: it comes again at the culprit,
 * which gets #UD. facet_assert does not come here (error.h).
 */
#include "internal.h"

#include <signal.h>

static _Thread_local struct emu *inside;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_abort(int signal) {
    (void)signal;
    if (!inside)
        return; /* abort() goes on */
    inside->clock.between = true;
    engine_abort(inside, PENDING_BROKEN);
}

static void install(void) {
    struct sigaction action = {.sa_handler = on_abort, .sa_flags = SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, NULL);
}

void survive_init(void) {
    pthread_once(&once, install);
}

uc_err survive_start(struct emu *emu) {
    inside = emu;
    uc_err err = uc_emu_start(emu->uc, reg_rip(emu), 0, 0, 0);
    inside = NULL;
    return err;
}

void survive_exit(struct emu *emu) {
    breakpoint_again(emu);
    if (reg_cpl(emu) != 3)
        run_dead(emu, "the engine cannot translate the kernel's code near rip 0x%lx", reg_rip(emu));
    else if (reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_TF)
        trap_raise(emu, VECTOR_UD, false, 0);
    else
        step_in_page(emu);
}
