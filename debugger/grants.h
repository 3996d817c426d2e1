/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What --grant gives the program: nothing else of the host is reachable.
 *
 *     stdin | stdout | stderr | range | debug | schedule | time | console | power | host
 *     bank[:SIZE]               a bank, and how much it may come to: the program itself is part of that
 *     dir:PATH:ro|rw[:AS]       a folder and all below it
 *     file:PATH:ro|rw[:AS]      one file; with rw it need not exist yet
 *     env:NAME[=VALUE]          a variable of the environment
 *
 * AS is the path under which the program finds it: PATH's own, absolute and without links, unless given.
 */
#ifndef DEBUGGER_GRANTS_H
#define DEBUGGER_GRANTS_H

#include "emu/emu.h"

#include <facet/error.h>

#define GRANT_FIRST_FILE 3u /* handle of files[0]; the streams come before */

struct grant_file {
    int fd;          /* of the folder */
    char *name;      /* in it; NULL: the folder itself */
    char *real, *as; /* the host's path and the program's; absolute, no link, no "..", no slash at the end but of "/" */
    bool write;
};

struct grants {
    unsigned flags; /* GRANT_… */
    unsigned bank;  /* pages; 0: as many as the machine has */
    struct grant_file *files;
    size_t file_count;
    char **env; /* "NAME=VALUE" */
    size_t env_count;
};

/* Adds one, as written behind --grant. FACET_ERR_USAGE: nothing is added. */
enum facet_status grants_add(struct grants *grants, const char *text, struct facet_error *error);
void grants_free(struct grants *grants);

/* The host's absolute path as the program sees it, NULL if no folder that has it is granted. The caller frees it. */
char *grants_seen(const struct grants *grants, const char *real);
/* How the machine is told; the array is the caller's, its names are not. NULL if there are none. */
struct emu_grant *grants_for_machine(const struct grants *grants);
/* "3:dir:rw:/tmp/work": how the program's personality is told. The caller frees it. */
char *grants_mount(const struct grants *grants, size_t index);

#endif
