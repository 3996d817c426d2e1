/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about memory objects: swaps, the list of objects, and traversals of the address space.
 */
#include "cmd.h"
#include "objects.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* ---- swap, restore, info handlers */

static enum facet_status cmd_swap(struct cli *cli, const char *args, struct facet_error *error) {
    char object[256];
    cmd_word(&args, object, sizeof object);
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "swap wants an object and a handler: swap sym:table trace");
    return session_swap(cli->session, object, args, error);
}

static enum facet_status cmd_restore(struct cli *cli, const char *args, struct facet_error *error) {
    char object[256];
    cmd_word(&args, object, sizeof object);
    if (!*object)
        return facet_fail(error, FACET_ERR_USAGE,
                          "restore wants an object: `info handlers` lists those that are swapped.");
    return session_restore(cli->session, object, *args ? args : NULL, error);
}

enum facet_status cmd_info_handlers(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args, (void)error;
    if (!session_handler_count(cli->session))
        printf("No handlers.\n");
    session_list_handlers(cli->session, stdout);
    fflush(stdout);
    session_report(cli->session, stdout);
    return FACET_OK;
}

enum facet_status cmd_objects(struct cli *cli, const char *args, struct facet_error *error) {
    return objects_list(cli->session, *args ? args : NULL, stdout, error);
}

const struct cmd cmd_space_table[] = {
    {"swap", NULL, cmd_swap, "swap OBJECT HANDLER[:ARGS]", "put a handler in the place of a memory object", false},
    {"restore", NULL, cmd_restore, "restore OBJECT [HANDLER]", "take the newest handler away, or the one named", false},
    {"objects", NULL, cmd_objects, "objects [NAME]", "the memory objects that have names, or those with NAME in them",
     false},
    {"accesses", NULL, cmd_accesses, "accesses OBJECT [where SQL-EXPRESSION] [limit N|last N]",
     "what the handler log has seen of an object", false},
    {"traverse", NULL, cmd_traverse, "traverse [--check|--step] [--process PROCESS] ADDRESS|OBJECT [load|store|fetch]",
     "walk the address space capability by capability; --check compares with the MMU", false},
    {"caps", NULL, cmd_caps, "caps [--json] [PROCESS|OBJECT]", "the capabilities that a process or another object has",
     false},
    {"holders", NULL, cmd_holders, "holders [--json] [--process PROCESS] OBJECT",
     "who has capabilities to an object, and which", false},
    {"tree", NULL, cmd_tree, "tree [--json|--dot] [PROCESS] [> FILE]", "the tree of a process's address space", false},
    {"who", NULL, cmd_who, "who [--json] [--process PROCESS] ADDRESS|OBJECT",
     "which process can touch an address, by which capabilities", false},
    {"flow", NULL, cmd_flow, "flow [--json|--dot] [--trust|--hostile PROCESS]... [[write|read|obtain] A B] [> FILE]",
     "what could ever go, or be given, from A to B, and how; between all processes", false},
    {0},
};
