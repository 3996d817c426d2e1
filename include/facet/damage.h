/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What OP_DEBUG_DAMAGE can break in a debug build of the kernel, and which check of kernel_check then must say so:
 * tests/cli/test_kernel_check.sh reads both from here.
 */
#ifndef FACET_DAMAGE_H
#define FACET_DAMAGE_H

enum damage {
    DAMAGE_OBJECT_TYPE,         /* object type */
    DAMAGE_OBJECT_ID,           /* object id */
    DAMAGE_OBJECT_LOST,         /* object count */
    DAMAGE_OBJECT_FREE,         /* free list */
    DAMAGE_CAP_TYPE,            /* capability type */
    DAMAGE_CAP_RESTRICTIONS,    /* capability restrictions */
    DAMAGE_CAP_OBJECT,          /* capability object */
    DAMAGE_CAP_OTHER_TYPE,      /* capability object */
    DAMAGE_CAP_COUNT,           /* capability count */
    DAMAGE_CAP_GUARD,           /* capability guard */
    DAMAGE_CAP_MATCH,           /* capability guard */
    DAMAGE_CAP_WINDOW,          /* window */
    DAMAGE_CAP_IN_CAPPAGE,      /* capability type */
    DAMAGE_CAP_REGISTER_0,      /* register 0 */
    DAMAGE_PAGE_FRONT,          /* front */
    DAMAGE_FRONT_HANDLER,       /* front handler */
    DAMAGE_FRONT_HANDLERS,      /* front handlers */
    DAMAGE_FRONT_HANDLER_COUNT, /* front handler count */
    DAMAGE_FRONT_HOLDER,        /* front holder */
    DAMAGE_QUEUE_LINK,          /* queue link */
    DAMAGE_QUEUE_STATE,         /* queue state */
    DAMAGE_QUEUE_LOST_RUNNABLE, /* queue state */
    DAMAGE_QUEUE_LOST_SENDER,   /* queue state */
    DAMAGE_PROCESS_FAULT,       /* fault */
    DAMAGE_PROCESS_BLOCKED,     /* blocked */
    DAMAGE_PROCESS_SYSCALL,     /* system call */
    DAMAGE_PROCESS_TOLD,        /* told */
    DAMAGE_PROCESS_TABLE,       /* process table */
    DAMAGE_ENTRY_FRAME,         /* entry target */
    DAMAGE_ENTRY_RIGHTS,        /* entry rights */
    DAMAGE_ENTRY_UPPER,         /* upper entry */
    DAMAGE_ENTRY_KERNEL,        /* kernel half */
    DAMAGE_DEPEND_SLOT,         /* depend entry missing */
    DAMAGE_DEPEND_WINDOW,       /* depend entry missing */
    DAMAGE_DEPEND_PAGE,         /* depend entry of a target missing */
    DAMAGE_DEPEND_TABLE,        /* depend entry of a target missing */
    DAMAGE_DEPEND_ORPHAN,       /* depend entry without entry */
    DAMAGE_DEPEND_LINK,         /* depend link */
    DAMAGE_DEPEND_KEY,          /* depend key */
    DAMAGE_DEPEND_HOLDER,       /* depend holder */
    DAMAGE_DEPEND_SHIFT,        /* depend shift */
    DAMAGE_DEPEND_COUNT,        /* depend count */
    DAMAGE_TABLE_LIST,          /* table count */
    DAMAGE_TABLE_OFFSET,        /* depend entry missing */
    DAMAGE_TABLE_RESTRICTIONS,  /* table key */
    DAMAGE_TABLE_BACKGROUND,    /* entry path */
    DAMAGE_TABLE_NO_BACKGROUND, /* table background */
    DAMAGE_FRONT_PART,          /* front */
    DAMAGE_FRONT_ROOT,          /* front root */
    DAMAGE_FRONT_HOLE,          /* hole */
    DAMAGE_FRONT_TABLE,         /* table front */
    DAMAGE_FRONT_BEHIND,        /* depend entry of a target missing */
    DAMAGE_FORWARDER_TARGET,    /* forwarder target */
    DAMAGE_FORWARDER_ROUTE,     /* route */
    DAMAGE_BRAND,               /* capability type */
    DAMAGE_COUNT
};

#endif
