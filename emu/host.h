/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What host.c, host_path.c, host_name.c and host_io.c share: the device behind PORT_HOST.
 *
 * A guest names files by handles. A handle is a slot of the table and how often that slot was used before, so the
 * handle of a file that was closed never names another one. The first handles are the standard streams and the grants;
 * all others were opened beneath them. A path is resolved by the host's kernel alone, with RESOLVE_BENEATH from the
 * granted directory: no "..", no symbolic link and no race leads out of it. What has no such resolution (unlink,
 * rename, …) works on the last component of a directory that was opened so, without following it.
 */
#ifndef FACET_EMU_HOST_H
#define FACET_EMU_HOST_H

#include "internal.h"

#include <limits.h>

#define HOST_SLOTS 1024u
#define HOST_OPEN_MAX 900u /* slots in use: the usual limit of 1024 descriptors leaves facet some */
#define HOST_USES (1u << 20)

enum host_kind {
    HOST_FREE,
    HOST_STREAM, /* a standard stream: its descriptor belongs to the host's user */
    HOST_TREE,   /* a granted directory, and whatever was opened beneath it */
    HOST_NAME,   /* a granted file: the directory that has it, and its name */
    HOST_FILE,   /* what was opened through that */
};

struct host_file {
    enum host_kind kind;
    int fd;          /* -1: nothing */
    char *name;      /* NAME */
    bool write;      /* it may be changed */
    bool grant;      /* is not closed before the machine ends */
    bool ready;      /* a regular file or directory, which never blocks */
    int flags;       /* O_APPEND, O_NONBLOCK as the guest wants them, see host_io.c */
    bool lost;       /* the file of a machine that was loaded, which is no more: EIO */
    unsigned origin; /* the slot of the grant beneath which it was opened */
    unsigned uses;   /* of the slot, before this one */
    unsigned next;   /* FREE: the slot to be used after this one */
};

struct host {
    struct host_file file[HOST_SLOTS];
    unsigned used, grants;          /* slots in use; how many of them belong to grants and streams */
    unsigned free_first, free_last; /* queue of free slots; the longest free is used next */
    int proc;                       /* /proc/self/fd; -1: there is none */
    bool time;                      /* the clock of the host may be read */
    struct {                        /* a sleep that was interrupted goes on */
        bool valid;
        uint64_t nanoseconds;
        struct timespec until;
    } sleep;
    uint8_t in[STRING_MAX + 1], out[STRING_MAX]; /* never RAM itself: it may be away for a moment (kick.c) */
};

/* One request. */
struct host_call {
    struct emu *emu;
    struct host *host;
    uint64_t arg[3];
    struct host_file *file, *second; /* of handle, and of handle2 where the operation has two */
    bool write;                      /* through this capability it may be changed */
    const char *path[2];             /* those that the operation has */
    size_t in_size, out_size;        /* of host->in, host->out */
    size_t got;                      /* bytes put there */
    uint64_t result2;
};
/* 0 or more, or -errno; -EINTR: the machine was interrupted before anything happened. */
typedef long host_operation(struct host_call *call);

/* ---- host.c */
/* The slot's handle, or -EMFILE; then fd is closed. */
long host_add(struct host *host, struct host_file file);
static inline unsigned host_origin(const struct host *host, const struct host_file *file) {
    return file->grant ? (unsigned)(file - host->file) : file->origin;
}
static inline unsigned host_handle(const struct host *host, const struct host_file *file) {
    return (unsigned)(file - host->file) | file->uses * HOST_SLOTS;
}

/* ---- host_path.c: files beneath grants. Descriptors or -errno; close-on-exec. */
bool host_path_possible(int directory); /* else errno: the host has no openat2 */
int host_path_open(int directory, const char *path, uint64_t flags, uint64_t mode);
/* The object itself (O_PATH). follow: a symbolic link at the end is followed. */
int host_path_object(const struct host_file *file, const char *path, bool follow);
/* The directory of a name that is to be made, removed or moved. dots: what "." and ".." as last component mean to the
 * operation, -errno. */
struct host_place {
    int fd;              /* -errno: there is no such directory */
    char name[PATH_MAX]; /* one component, and perhaps a slash that says it is a directory */
};
void host_path_place(const struct host_file *file, const char *path, int dots, struct host_place *place);
host_operation host_open, host_close;

/* ---- host_name.c */
host_operation host_stat, host_statfs, host_access, host_readlink, host_unlink, host_mkdir, host_rename, host_link,
    host_symlink, host_chmod, host_chown, host_utimes;

/* ---- host_io.c */
host_operation host_read, host_write, host_seek, host_truncate, host_sync, host_poll, host_control, host_fcntl,
    host_list, host_time, host_sleep;

#endif
