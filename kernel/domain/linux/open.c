/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * open and its relatives; truncate, which opens for a moment.
 */
#include "files.h"
#include <linux/openat2.h>

#define FLAGS_PATH (unsigned long)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define FLAGS_FORGOTTEN (unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)
#define FLAGS_ALL                                                                                                      \
    (unsigned long)(ACCESS_MODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | FASYNC |    \
                    O_DIRECT | O_LARGE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)

static unsigned mask = 022;

long call_umask(const unsigned long arg[6]) {
    unsigned before = mask;
    mask = (unsigned)arg[0] & 0777;
    return before;
}

unsigned long mode_masked(unsigned long mode) {
    return mode & PERMISSIONS & ~mask;
}

static int writes(unsigned long flags) {
    return (flags & ACCESS_MODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

/* A file of the host, or of ours, as a description. */
long open_host(struct name *name, unsigned long flags, unsigned long mode) {
    long result = host_open(name->at, name->rest, flags & ~(unsigned long)O_CLOEXEC, mode);
    if (result < 0)
        return refuse_told(name, result);
    if (name->walked)
        path_trim(name->path);
    struct file *file =
        file_new(&host_class, ((unsigned)flags & ~FLAGS_FORGOTTEN) | (flags & O_PATH ? 0 : O_LARGE), name->path);
    if (!file) {
        struct facet_message m = {0};
        facet_call(R_FILE_F, OP_HOST_CLOSE, &m);
        return -ENFILE;
    }
    file_cap_keep(file);
    file->canonical = name->walked;
    if (flags & O_DIRECTORY && !name->walked)
        path_canonical(file);
    return fd_install(file, 0, (flags & O_CLOEXEC) != 0);
}

static long open_ours(struct name *name, unsigned long flags) {
    if (name->node == NODE_NONE) {
        refuse_open(name->path, writes(flags) ? REFUSE_WRITE : flags & O_DIRECTORY ? REFUSE_DIRECTORY : REFUSE_FILE);
        return flags & O_CREAT && !name->orphan ? -EROFS : -ENOENT;
    }
    if (flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    return node_open(name, flags);
}

/* arg: flags, mode */
static long open_op(struct name *name, const unsigned long *arg) {
    return name->at ? open_host(name, arg[0], arg[1]) : open_ours(name, arg[0]);
}

static int flags_wrong(unsigned long flags) {
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return 1;
    return (flags & O_TMPFILE & ~(unsigned long)O_DIRECTORY) &&
           ((flags & O_TMPFILE) != O_TMPFILE || (flags & ACCESS_MODE) == O_RDONLY);
}

static long open_name(unsigned long fd, unsigned long flags, unsigned long mode) {
    if (fd_full())
        return -EMFILE;
    int follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    name_a.opens = 1;
    name_a.creates = (flags & O_CREAT) != 0;
    const unsigned long arg[] = {flags, flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode_masked(mode) : 0};
    return name_do(&name_a, fd, follow, open_op, arg);
}

static long open_at(unsigned long fd, unsigned long path, unsigned long flags, unsigned long mode) {
    flags &= flags & O_PATH ? FLAGS_PATH : FLAGS_ALL;
    if (flags_wrong(flags))
        return -EINVAL;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : open_name(fd, flags, mode);
}

long call_open(const unsigned long arg[6]) {
    return open_at((unsigned long)AT_FDCWD, arg[0], (unsigned)arg[1], arg[2]);
}

long call_creat(const unsigned long arg[6]) {
    return open_at((unsigned long)AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC, arg[1]);
}

long call_openat(const unsigned long arg[6]) {
    return open_at(arg[0], arg[1], (unsigned)arg[2], arg[3]);
}

/* ---- openat2 */

#define RESOLVE_ALL                                                                                                    \
    (unsigned long)(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |                  \
                    RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* A later Linux knows more members; what this one does not know must be zero. */
static long how_read(struct open_how *how, unsigned long address, unsigned long size) {
    unsigned char more[64];
    if (size < sizeof *how)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (user_read(address, how, sizeof *how) < 0)
        return -EFAULT;
    for (unsigned long at = sizeof *how; at < size; at += sizeof more) {
        unsigned long part = size - at < sizeof more ? size - at : sizeof more;
        if (user_read(address + at, more, part) < 0)
            return -EFAULT;
        for (unsigned long i = 0; i < part; i++)
            if (more[i])
                return -E2BIG;
    }
    return 0;
}

static int how_wrong(const struct open_how *how) {
    if (how->flags & ~FLAGS_ALL || how->resolve & ~RESOLVE_ALL || flags_wrong(how->flags))
        return 1;
    if ((how->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
        return 1;
    if (how->flags & O_PATH && how->flags & ~FLAGS_PATH)
        return 1;
    int makes = how->flags & O_CREAT || (how->flags & O_TMPFILE) == O_TMPFILE;
    return (how->mode & ~(unsigned long)(makes ? PERMISSIONS : 0)) != 0;
}

long call_openat2(const unsigned long arg[6]) {
    struct open_how how;
    long result = how_read(&how, arg[2], arg[3]);
    if (result < 0)
        return result;
    if (how_wrong(&how) || how.resolve & RESOLVE_IN_ROOT)
        return -EINVAL;
    result = name_read(&name_a, arg[1], 0);
    if (result < 0)
        return result;
    if (how.resolve & RESOLVE_CACHED)
        return -EAGAIN;
    name_a.beneath = (how.resolve & RESOLVE_BENEATH) != 0;
    name_a.links_max = how.resolve & RESOLVE_NO_SYMLINKS ? 0 : name_a.links_max;
    return open_name(arg[0], how.flags, how.mode);
}

/* ---- truncate */

static long truncate_op(struct name *name, const unsigned long *arg) {
    if (!name->at)
        return name->node == NODE_NONE ? name_missing(name) : name->node == NODE_DIRECTORY ? -EISDIR : -EINVAL;
    long result = refuse_told(name, host_open(name->at, name->rest, O_WRONLY | O_NONBLOCK, 0));
    if (result < 0)
        return result == -ENXIO ? -EINVAL : result;
    struct facet_message m = {.word = {arg[0]}}, close = {0};
    result = host_result(facet_call(R_FILE_F, OP_HOST_TRUNCATE, &m), &m);
    facet_call(R_FILE_F, OP_HOST_CLOSE, &close);
    if (vm_shared_files)
        vm_file_changed(0, 0);
    return result;
}

long call_truncate(const unsigned long arg[6]) {
    if ((long)arg[1] < 0)
        return -EINVAL;
    long result = name_read(&name_a, arg[0], 0);
    return result < 0 ? result : name_do(&name_a, (unsigned long)AT_FDCWD, 1, truncate_op, &arg[1]);
}
