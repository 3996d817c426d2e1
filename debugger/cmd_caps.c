/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * caps: what a process holds.
 */
#include "caps.h"
#include "cmd.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static void print_named(struct emu *emu, const char *name, const struct cap *cap) {
    struct cap_look look = caps_look(emu, cap);
    printf("%-9s ", name);
    caps_print(&look, stdout);
    printf("\n");
}

static const char *state_name(unsigned state) {
    static const char *const names[] = {"stopped",
                                        "runnable",
                                        "waiting for a message",
                                        "waiting for the answer to a call",
                                        "waiting to send a message",
                                        "stopped by a fault",
                                        "sleeping",
                                        "blocked by a handler"};
    return state < sizeof names / sizeof *names ? names[state] : "?";
}

/* The program's own, or obj:ID. */
static enum facet_status which(struct cli *cli, const char *args, uint64_t *id, struct facet_error *error) {
    *id = session_process(cli->session);
    if (!*args)
        return FACET_OK;
    if (strncmp(args, "obj:", 4) || !text_number(args + 4, id))
        return facet_fail(error, FACET_ERR_USAGE, "caps wants nothing, or the obj:ID of a process, not \"%s\".", args);
    return FACET_OK;
}

enum facet_status cmd_caps(struct cli *cli, const char *args, struct facet_error *error) {
    uint64_t id;
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK)
        status = which(cli, args, &id, error);
    if (status)
        return status;
    struct emu *emu = session_emu(cli->session);
    const struct process *process = caps_process(emu, id);
    if (!process)
        return facet_fail(error, FACET_ERR_USAGE,
                          "There is no process obj:%" PRIu64 ": `traverse` and `caps` print ids.", id);
    printf("Process   obj:%" PRIu64 ", %s\n", id, state_name(process->state));
    print_named(emu, "space", &process->space);
    print_named(emu, "keeper", &process->keeper);
    print_named(emu, "schedule", &process->schedule);
    unsigned held = 0;
    for (int i = 1; i < CAP_REGISTERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        if (caps_look(emu, &process->reg[i]).type == CAP_NULL)
            continue;
        print_named(emu, name, &process->reg[i]);
        held++;
    }
    if (!held)
        printf("Its capability registers are all Null: what it may do, it may do by its space and its keeper.\n");
    return FACET_OK;
}
