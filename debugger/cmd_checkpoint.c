/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * checkpoint: the whole system into a file.
 */
#include "checkpoint.h"
#include "cmd.h"
#include "keep.h"

enum facet_status cmd_checkpoint(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK && !*args)
        status = facet_fail(error, FACET_ERR_USAGE, "checkpoint wants the name of a file: checkpoint before.facet");
    if (status == FACET_OK)
        keep_save(cli);
    if (status == FACET_OK)
        status = checkpoint_save(cli->session, args, error);
    if (status == FACET_OK)
        printf("Saved; `facet resume %s` goes on from here.\n", args);
    return status;
}
