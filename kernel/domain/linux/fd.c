/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Descriptors: what open, dup and pipe give out.
 */
#include "files.h"

#define RLIMIT_NOFILE 7

static struct descriptor {
    unsigned short file; /* its number; 0: closed */
    unsigned char cloexec;
} descriptors[DESCRIPTORS];

FREQUENT int fd_used(unsigned long fd) {
    return fd < DESCRIPTORS && descriptors[fd].file;
}

/* Only the low 32 bits of a descriptor count. */
FREQUENT struct file *fd_file(unsigned long fd) {
    fd = (unsigned)fd;
    return fd_used(fd) ? file_number(descriptors[fd].file) : 0;
}

FREQUENT struct file *fd_open(unsigned long fd) {
    struct file *file = fd_file(fd);
    return file && file->flags & O_PATH ? 0 : file;
}

static unsigned long fd_limit(void) {
    unsigned long limit = limit_of(RLIMIT_NOFILE);
    return limit < DESCRIPTORS ? limit : DESCRIPTORS;
}

static void fd_set(unsigned long fd, struct file *file, int cloexec) {
    descriptors[fd] = (struct descriptor){file->number, cloexec != 0};
}

int fd_full(void) {
    unsigned long fd = 0;
    while (fd_used(fd))
        fd++;
    return fd >= fd_limit();
}

long fd_install(struct file *file, unsigned long from, int cloexec) {
    unsigned long fd = from;
    while (fd_used(fd))
        fd++;
    if (fd >= fd_limit()) {
        file_drop(file);
        return -EMFILE;
    }
    fd_set(fd, file, cloexec);
    return (long)fd;
}

static void fd_close(unsigned long fd) {
    struct file *file = fd_file(fd);
    descriptors[fd].file = 0;
    file_drop(file);
}

long call_close(const unsigned long arg[6]) {
    if (!fd_file(arg[0]))
        return -EBADF;
    fd_close((unsigned)arg[0]);
    return 0;
}

long call_close_range(const unsigned long arg[6]) {
    enum { UNSHARE = 2, CLOEXEC = 4 };
    unsigned first = (unsigned)arg[0], past = (unsigned)arg[1];
    if (arg[2] & ~(unsigned long)(UNSHARE | CLOEXEC) || first > past)
        return -EINVAL;
    for (unsigned fd = first; fd <= past && fd < DESCRIPTORS; fd++)
        if (fd_used(fd)) {
            if (arg[2] & CLOEXEC)
                descriptors[fd].cloexec = 1;
            else
                fd_close(fd);
        }
    return 0;
}

/* ---- dup */

long call_dup(const unsigned long arg[6]) {
    struct file *file = fd_file(arg[0]);
    return file ? fd_install(file_hold(file), 0, 0) : -EBADF;
}

static long dup_to(unsigned long from, unsigned long to, int cloexec) {
    struct file *file = fd_file(from);
    if (!file || (unsigned)to >= fd_limit())
        return -EBADF;
    file_hold(file);
    if (fd_used((unsigned)to))
        fd_close((unsigned)to);
    fd_set((unsigned)to, file, cloexec);
    return (unsigned)to;
}

long call_dup2(const unsigned long arg[6]) {
    if ((unsigned)arg[0] == (unsigned)arg[1])
        return fd_file(arg[0]) ? (long)(unsigned)arg[0] : -EBADF;
    return dup_to(arg[0], arg[1], 0);
}

long call_dup3(const unsigned long arg[6]) {
    if (arg[2] & ~(unsigned long)O_CLOEXEC || (unsigned)arg[0] == (unsigned)arg[1])
        return -EINVAL;
    return dup_to(arg[0], arg[1], (arg[2] & O_CLOEXEC) != 0);
}

/* ---- fcntl */

#define SETTABLE (unsigned)(O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | FASYNC)

static long flags_set(struct file *file, unsigned flags) {
    if (file->class == &host_class) {
        struct facet_message m = {.word = {F_SETFL, flags & SETTABLE}};
        long result = host_call(file, OP_HOST_FCNTL, &m);
        if (result < 0)
            return result;
    }
    file->flags = (file->flags & ~SETTABLE) | (flags & SETTABLE);
    return 0;
}

static long dup_from(struct file *file, unsigned long from, int cloexec) {
    return (unsigned)from >= fd_limit() ? -EINVAL : fd_install(file_hold(file), (unsigned)from, cloexec);
}

/* Nobody else could hold a lock: every request is granted, and none is in the way. */
static long lock(unsigned long command, unsigned long address) {
    struct flock flock;
    if (user_read(address, &flock, sizeof flock) < 0)
        return -EFAULT;
    if ((unsigned short)flock.l_type > F_UNLCK || (unsigned short)flock.l_whence > 2)
        return -EINVAL;
    if (command != F_GETLK && command != F_OFD_GETLK)
        return 0;
    if (flock.l_type == F_UNLCK)
        return -EINVAL;
    flock.l_type = F_UNLCK;
    return user_write(address, &flock, sizeof flock);
}

static long of_any(struct file *file, const unsigned long arg[6]) {
    struct descriptor *descriptor = &descriptors[(unsigned)arg[0]];
    switch ((unsigned)arg[1]) {
    case F_DUPFD:
        return dup_from(file, arg[2], 0);
    case F_DUPFD_CLOEXEC:
        return dup_from(file, arg[2], 1);
    case F_GETFD:
        return descriptor->cloexec;
    case F_SETFD:
        descriptor->cloexec = arg[2] & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return (long)(file->flags);
    }
    return -EBADF;
}

static long of_open(struct file *file, const unsigned long arg[6]) {
    switch ((unsigned)arg[1]) {
    case F_SETFL:
        return flags_set(file, (unsigned)arg[2]);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock(arg[1], arg[2]);
    case F_SETOWN:
    case F_GETOWN:
        return 0;
    case F_SETPIPE_SZ:
        return pipe_capacity(file, (unsigned)arg[2] ? (unsigned)arg[2] : 1);
    case F_GETPIPE_SZ:
        return pipe_capacity(file, 0);
    }
    return -EINVAL;
}

long call_fcntl(const unsigned long arg[6]) {
    struct file *file = fd_file(arg[0]);
    if (!file)
        return -EBADF;
    long result = of_any(file, arg);
    if (result == -EBADF && !(file->flags & O_PATH))
        return of_open(file, arg);
    return result;
}

long call_flock(const unsigned long arg[6]) {
    enum { SHARED = 1, EXCLUSIVE = 2, NONBLOCK = 4, UNLOCK = 8 };
    unsigned what = (unsigned)arg[1] & ~(unsigned)NONBLOCK;
    if (what != SHARED && what != EXCLUSIVE && what != UNLOCK)
        return -EINVAL;
    return fd_open(arg[0]) ? 0 : -EBADF;
}
