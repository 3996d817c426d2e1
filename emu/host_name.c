/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host: names and what belongs to them. Each works on an object that was opened beneath the grant, or on
 * the last component of a directory that was, and then never follows it.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* since Linux 6.6 */
#endif
#define SETS_ID (S_ISUID | S_ISGID)
#define AT_KNOWN (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)
#define PROC_NAME 16

static long answer(long result) {
    return result < 0 ? errno == EINTR ? -EIO : -errno : result;
}

/* Puts an answer of a fixed size where the caller has room for it. */
static long give(struct host_call *call, const void *data, size_t size) {
    if (call->out_size < size)
        return -EINVAL;
    memcpy(call->host->out, data, size);
    call->got = size;
    return 0;
}

/* An object's name beneath host->proc: means it and nothing else, for what takes no descriptor of O_PATH on older
 * Linux. */
static const char *proc_name(int fd, char *name) {
    snprintf(name, PROC_NAME, "%d", fd);
    return name;
}

/* The streams' files are not the guest's: it may only use what is in them. */
static int changeable_object(const struct host_call *call, bool follow) {
    return call->file->kind == HOST_STREAM ? *call->path[0] ? -ENOTDIR : -EPERM
                                           : host_path_object(call->file, call->path[0], follow);
}

/* ---- Looking. arg[0] or arg[1]: AT_ flags */

long host_stat(struct host_call *call) {
    struct stat status;
    if (call->arg[0] & ~(uint64_t)AT_KNOWN)
        return -EINVAL;
    int fd = host_path_object(call->file, call->path[0], !(call->arg[0] & AT_SYMLINK_NOFOLLOW));
    if (fd < 0)
        return fd;
    long result = answer(fstat(fd, &status));
    close(fd);
    return result < 0 ? result : give(call, &status, sizeof status);
}

long host_statfs(struct host_call *call) {
    struct statfs status;
    long result = answer(fstatfs(call->file->fd, &status));
    return result < 0 ? result : give(call, &status, sizeof status);
}

long host_access(struct host_call *call) {
    const uint64_t known = AT_KNOWN | AT_EACCESS;
    char name[PROC_NAME];
    uint64_t mode = call->arg[0], flags = call->arg[1];
    if (flags & ~known || mode & ~(uint64_t)(R_OK | W_OK | X_OK))
        return -EINVAL;
    int fd = host_path_object(call->file, call->path[0], !(flags & AT_SYMLINK_NOFOLLOW));
    if (fd < 0)
        return fd;
    long result = answer(syscall(SYS_faccessat2, fd, "", (int)mode, AT_EMPTY_PATH | (int)(flags & AT_EACCESS)));
    if (result == -ENOSYS)
        result = answer(faccessat(call->host->proc, proc_name(fd, name), (int)mode, 0));
    close(fd);
    return result == 0 && mode & W_OK && !(call->write && call->file->write) ? -EROFS : result;
}

long host_readlink(struct host_call *call) {
    int fd = host_path_object(call->file, call->path[0], false);
    if (fd < 0)
        return fd;
    long size = answer(readlinkat(fd, "", (char *)call->host->out, call->out_size));
    close(fd);
    call->got = size < 0 ? 0 : (size_t)size;
    return size == -ENOENT ? -EINVAL : size; /* not a link */
}

/* ---- Making, removing, moving names */

long host_unlink(struct host_call *call) {
    struct host_place place;
    if (call->arg[0] & ~(uint64_t)AT_REMOVEDIR)
        return -EINVAL;
    host_path_place(call->file, call->path[0], call->arg[0] ? -EINVAL : -EISDIR, &place);
    if (place.fd < 0)
        return place.fd;
    long result = answer(unlinkat(place.fd, place.name, (int)call->arg[0]));
    close(place.fd);
    return result;
}

long host_mkdir(struct host_call *call) {
    struct host_place place;
    host_path_place(call->file, call->path[0], -EEXIST, &place);
    if (place.fd < 0)
        return place.fd;
    mode_t mask = umask(0); /* the guest has one of its own */
    long result = answer(mkdirat(place.fd, place.name, (mode_t)call->arg[0] & 01777));
    umask(mask);
    close(place.fd);
    return result;
}

long host_symlink(struct host_call *call) {
    struct host_place place;
    host_path_place(call->file, call->path[1], -EEXIST, &place);
    if (place.fd < 0)
        return place.fd;
    long result = answer(symlinkat(call->path[0], place.fd, place.name));
    close(place.fd);
    return result;
}

/* RENAME_WHITEOUT would make a device. */
long host_rename(struct host_call *call) {
    struct host_place from, to;
    if (call->arg[0] & ~(uint64_t)(RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    host_path_place(call->file, call->path[0], -EBUSY, &from);
    if (from.fd < 0)
        return from.fd;
    host_path_place(call->second, call->path[1], -EBUSY, &to);
    long result = to.fd;
    if (to.fd >= 0) {
        result = answer(renameat2(from.fd, from.name, to.fd, to.name, (unsigned)call->arg[0]));
        close(to.fd);
    }
    close(from.fd);
    return result;
}

/* A link to the object itself. AT_EMPTY_PATH wants a privilege on older Linux. */
static long link_object(int proc, int fd, const struct host_place *to) {
    char name[PROC_NAME];
    long result = answer(linkat(fd, "", to->fd, to->name, AT_EMPTY_PATH));
    return result == -ENOENT ? answer(linkat(proc, proc_name(fd, name), to->fd, to->name, AT_SYMLINK_FOLLOW)) : result;
}

/* Both sides may be changed: who has a second name for a file in a directory that may be written could write it. */
long host_link(struct host_call *call) {
    const uint64_t known = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH;
    struct host_place to;
    if (call->arg[0] & ~known)
        return -EINVAL;
    if (call->file->kind != HOST_TREE)
        return *call->path[0] ? -ENOTDIR : -EXDEV;
    int fd = host_path_object(call->file, call->path[0], call->arg[0] & AT_SYMLINK_FOLLOW);
    if (fd < 0)
        return fd;
    host_path_place(call->second, call->path[1], -EEXIST, &to);
    long result = to.fd;
    if (to.fd >= 0) {
        result = link_object(call->host->proc, fd, &to);
        close(to.fd);
    }
    close(fd);
    return result;
}

/* ---- Changing what belongs to a name */

/* Nobody shall run with the rights of facet's user what a guest has made. */
long host_chmod(struct host_call *call) {
    char name[PROC_NAME];
    mode_t mode = (mode_t)call->arg[0] & 07777;
    if (mode & SETS_ID)
        return -EPERM;
    int fd = changeable_object(call, true);
    if (fd < 0)
        return fd;
    long result = answer(syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH));
    if (result == -ENOSYS)
        result = answer(fchmodat(call->host->proc, proc_name(fd, name), mode, 0));
    close(fd);
    return result;
}

long host_chown(struct host_call *call) {
    if (call->arg[2] & ~(uint64_t)AT_KNOWN)
        return -EINVAL;
    int fd = changeable_object(call, !(call->arg[2] & AT_SYMLINK_NOFOLLOW));
    if (fd < 0)
        return fd;
    long result = answer(fchownat(fd, "", (uid_t)call->arg[0], (gid_t)call->arg[1], AT_EMPTY_PATH));
    close(fd);
    return result;
}

/* The string begins with the two times. */
long host_utimes(struct host_call *call) {
    char name[PROC_NAME];
    struct timespec times[2];
    if (call->arg[0] & ~(uint64_t)AT_KNOWN)
        return -EINVAL;
    int fd = changeable_object(call, !(call->arg[0] & AT_SYMLINK_NOFOLLOW));
    if (fd < 0)
        return fd;
    memcpy(times, call->host->in, sizeof times);
    long result = answer(syscall(SYS_utimensat, fd, "", times, AT_EMPTY_PATH));
    if (result == -EINVAL) /* before Linux 5.8 */
        result = answer(utimensat(call->host->proc, proc_name(fd, name), times, 0));
    close(fd);
    return result;
}
