/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What OP_DEBUG_DAMAGE can break in a debug build of the kernel, and which check of kernel_check then must say so.
 */
#ifndef FACET_DAMAGE_H
#define FACET_DAMAGE_H

#define DAMAGES(X)                                                                                                     \
    X(OBJECT_TYPE, "object type")                                                                                      \
    X(OBJECT_ID, "object id")                                                                                          \
    X(OBJECT_LOST, "object count")                                                                                     \
    X(OBJECT_FREE, "free list")                                                                                        \
    X(CAP_TYPE, "capability type")                                                                                     \
    X(CAP_RESTRICTIONS, "capability restrictions")                                                                     \
    X(CAP_OBJECT, "capability object")                                                                                 \
    X(CAP_OTHER_TYPE, "capability object")                                                                             \
    X(CAP_COUNT, "capability count")                                                                                   \
    X(CAP_GUARD, "capability guard")                                                                                   \
    X(CAP_MATCH, "capability guard")                                                                                   \
    X(CAP_WINDOW, "window")                                                                                            \
    X(CAP_IN_CAPPAGE, "capability type")                                                                               \
    X(CAP_REGISTER_0, "register 0")                                                                                    \
    X(PAGE_FRONT, "front")                                                                                             \
    X(QUEUE_LINK, "queue link")                                                                                        \
    X(QUEUE_STATE, "queue state")                                                                                      \
    X(QUEUE_LOST_RUNNABLE, "queue state")                                                                              \
    X(QUEUE_LOST_SENDER, "queue state")                                                                                \
    X(PROCESS_FAULT, "fault")                                                                                          \
    X(PROCESS_TABLE, "process table")                                                                                  \
    X(ENTRY_FRAME, "entry target")                                                                                     \
    X(ENTRY_RIGHTS, "entry rights")                                                                                    \
    X(ENTRY_UPPER, "upper entry")                                                                                      \
    X(ENTRY_KERNEL, "kernel half")                                                                                     \
    X(DEPEND_SLOT, "depend entry missing")                                                                             \
    X(DEPEND_WINDOW, "depend entry missing")                                                                           \
    X(DEPEND_PAGE, "depend entry of a target missing")                                                                 \
    X(DEPEND_TABLE, "depend entry of a target missing")                                                                \
    X(DEPEND_ORPHAN, "depend entry without entry")                                                                     \
    X(DEPEND_LINK, "depend link")                                                                                      \
    X(DEPEND_KEY, "depend key")                                                                                        \
    X(DEPEND_HOLDER, "depend holder")                                                                                  \
    X(DEPEND_SHIFT, "depend shift")                                                                                    \
    X(DEPEND_COUNT, "depend count")                                                                                    \
    X(TABLE_LIST, "table count")                                                                                       \
    X(TABLE_OFFSET, "entry path")                                                                                      \
    X(TABLE_RESTRICTIONS, "table key")                                                                                 \
    X(TABLE_BACKGROUND, "entry path")                                                                                  \
    X(TABLE_NO_BACKGROUND, "table background")

#define DAMAGE_ENUM(name, check) DAMAGE_##name,
enum damage { DAMAGES(DAMAGE_ENUM) DAMAGE_COUNT };

#endif
