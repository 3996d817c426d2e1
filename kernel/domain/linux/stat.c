/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What files and names are: stat, access, readlink, statfs.
 */
#include "files.h"

#define HERE (unsigned long)AT_FDCWD
#define DEVICE_MAJOR(device) ((unsigned)((device) >> 8 & 0xfff))
#define DEVICE_MINOR(device) ((unsigned)(((device)&0xff) | ((device) >> 12 & 0xfff00)))

long file_stat(struct file *file, struct stat *st) {
    if (file->class == &host_class)
        return host_stat(file, "", AT_EMPTY_PATH, st);
    memset(st, 0, sizeof *st);
    st->st_ino = file->number;
    st->st_nlink = 1;
    st->st_mode = file->mode;
    st->st_uid = boot.user;
    st->st_gid = boot.group;
    st->st_blksize = (long)PAGE_SIZE;
    if (file->class->stat)
        file->class->stat(file, st);
    return 0;
}

static struct stat found;

/* arg: AT_SYMLINK_NOFOLLOW or 0. Fills `found`. */
static long stat_op(struct name *name, const unsigned long *arg) {
    if (name->at)
        return host_stat(name->at, name->rest, arg[0], &found);
    long missing = name_missing(name);
    if (missing)
        return missing;
    struct file *file = name->node == NODE_FD && !arg[0] ? fd_file(name->number) : 0;
    if (file)
        return file_stat(file, &found);
    node_stat(name->path, name->node, &found);
    return 0;
}

/* Whether a call means the descriptor itself: an empty path, or none, where that is allowed. */
static long path_empty(unsigned long path, unsigned long flags) {
    if (!(flags & AT_EMPTY_PATH))
        return 0;
    if (path == 0)
        return 1;
    long result = name_read(&name_a, path, 1);
    return result < 0 ? result : !name_a.given[0];
}

static long stat_found(unsigned long fd, unsigned long path, unsigned long flags) {
    long empty = path_empty(path, flags);
    if (empty < 0)
        return empty;
    if (empty) {
        struct file *file = (int)fd == AT_FDCWD ? cwd : fd_file(fd);
        return file ? file_stat(file, &found) : -EBADF;
    }
    long result = name_read(&name_a, path, 0);
    const unsigned long arg[] = {flags & AT_SYMLINK_NOFOLLOW};
    return result < 0 ? result : name_do(&name_a, fd, !arg[0], stat_op, arg);
}

static long stat_call(unsigned long fd, unsigned long path, unsigned long flags, unsigned long to) {
    long result = stat_found(fd, path, flags);
    return result < 0 ? result : user_write(to, &found, sizeof found);
}

long call_stat(const unsigned long arg[6]) {
    return stat_call(HERE, arg[0], 0, arg[1]);
}

long call_lstat(const unsigned long arg[6]) {
    return stat_call(HERE, arg[0], AT_SYMLINK_NOFOLLOW, arg[1]);
}

long call_fstat(const unsigned long arg[6]) {
    struct file *file = fd_file(arg[0]);
    long result = file ? file_stat(file, &found) : -EBADF;
    return result < 0 ? result : user_write(arg[1], &found, sizeof found);
}

long call_newfstatat(const unsigned long arg[6]) {
    if ((unsigned)arg[3] & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    return stat_call(arg[0], arg[1], arg[3], arg[2]);
}

/* ---- statx: of what it can tell, what stat does. */

static struct statx_timestamp time_of(unsigned long seconds, unsigned long nanoseconds) {
    return (struct statx_timestamp){.tv_sec = (long)seconds, .tv_nsec = (unsigned)nanoseconds};
}

static void statx_fill(const struct stat *st, struct statx *to) {
    *to = (struct statx){
        .stx_mask = STATX_BASIC_STATS,
        .stx_blksize = (unsigned)st->st_blksize,
        .stx_nlink = (unsigned)st->st_nlink,
        .stx_uid = st->st_uid,
        .stx_gid = st->st_gid,
        .stx_mode = (unsigned short)st->st_mode,
        .stx_ino = st->st_ino,
        .stx_size = (unsigned long)st->st_size,
        .stx_blocks = (unsigned long)st->st_blocks,
        .stx_atime = time_of(st->st_atime, st->st_atime_nsec),
        .stx_mtime = time_of(st->st_mtime, st->st_mtime_nsec),
        .stx_ctime = time_of(st->st_ctime, st->st_ctime_nsec),
        .stx_rdev_major = DEVICE_MAJOR(st->st_rdev),
        .stx_rdev_minor = DEVICE_MINOR(st->st_rdev),
        .stx_dev_major = DEVICE_MAJOR(st->st_dev),
        .stx_dev_minor = DEVICE_MINOR(st->st_dev),
    };
}

long call_statx(const unsigned long arg[6]) {
    unsigned flags = (unsigned)arg[2];
    struct statx answer;
    if (arg[3] & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
        flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
        return -EINVAL;
    long result = stat_found(arg[0], arg[1], flags);
    if (result < 0)
        return result;
    statx_fill(&found, &answer);
    return user_write(arg[4], &answer, sizeof answer);
}

/* ---- access */

static long access_node(const struct name *name, unsigned long mode) {
    enum { EXECUTE = 1, WRITE = 2 };
    node_stat(name->path, name->node, &found);
    if (mode & WRITE && !S_ISCHR(found.st_mode))
        return -EROFS;
    return mode & EXECUTE && !(found.st_mode & 0111) ? -EACCES : 0;
}

/* arg: mode, flags */
static long access_op(struct name *name, const unsigned long *arg) {
    if (name->at)
        return host_name(name->at, OP_HOST_ACCESS, name->rest, arg[0], arg[1], 0);
    long missing = name_missing(name);
    return missing ? missing : access_node(name, arg[0]);
}

static long access(unsigned long fd, unsigned long path, unsigned long mode, unsigned long flags) {
    if ((unsigned)mode & ~7u || flags & ~(unsigned long)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    const unsigned long arg[] = {(unsigned)mode, flags & ~(unsigned long)AT_EMPTY_PATH};
    long empty = path_empty(path, flags);
    if (empty < 0)
        return empty;
    if (empty) {
        struct file *file = (int)fd == AT_FDCWD ? cwd : fd_file(fd);
        if (!file)
            return -EBADF;
        return file->class == &host_class ? host_name(file, OP_HOST_ACCESS, "", arg[0], arg[1], 0) : 0;
    }
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, !(flags & AT_SYMLINK_NOFOLLOW), access_op, arg);
}

long call_access(const unsigned long arg[6]) {
    return access(HERE, arg[0], arg[1], 0);
}

long call_faccessat(const unsigned long arg[6]) {
    return access(arg[0], arg[1], arg[2], 0);
}

long call_faccessat2(const unsigned long arg[6]) {
    return access(arg[0], arg[1], arg[2], (unsigned)arg[3]);
}

/* ---- readlink */

static char target[PATH_ROOM];

static long fd_link(unsigned number) {
    static const char *const unnamed[] = {"/dev/tty", "pipe:[1]", "host:[file]"};
    struct file *file = fd_file(number);
    if (!file)
        return -ENOENT;
    unsigned type = file_type(file);
    const char *text = file->path ? file->path : unnamed[type == S_IFIFO ? 1 : type == S_IFCHR ? 0 : 2];
    memcpy(target, text, text_length(text) + 1);
    return (long)text_length(target);
}

static long readlink_op(struct name *name, const unsigned long *arg) {
    (void)arg;
    if (name->at)
        return host_readlink(name->at, name->rest, target, sizeof target - 1);
    if (name->node == NODE_FD)
        return fd_link(name->number);
    if (name->node == NODE_LINK)
        return node_link(name, target, sizeof target);
    long missing = name_missing(name);
    return missing ? missing : -EINVAL;
}

/* An empty path means a symbolic link that was opened with O_PATH. */
static long readlink_fd(unsigned long fd) {
    struct file *file = fd_file(fd);
    if (!file)
        return (int)fd == AT_FDCWD ? -ENOENT : -EBADF;
    long result = file->class == &host_class ? host_readlink(file, "", target, sizeof target - 1) : -ENOENT;
    return result == -EINVAL ? -ENOENT : result;
}

long call_readlinkat(const unsigned long arg[6]) {
    int room = (int)arg[3];
    if (room <= 0)
        return -EINVAL;
    long length = name_read(&name_a, arg[1], 1);
    if (length == 0)
        length = name_a.given[0] ? name_do(&name_a, arg[0], 0, readlink_op, 0) : readlink_fd(arg[0]);
    if (length > room)
        length = room;
    return length < 0 || user_write(arg[2], target, (unsigned long)length) == 0 ? length : -EFAULT;
}

long call_readlink(const unsigned long arg[6]) {
    const unsigned long at[6] = {HERE, arg[0], arg[1], arg[2]};
    return call_readlinkat(at);
}

/* ---- statfs */

static struct statfs system_found;

static long statfs_of(unsigned cap) {
    struct facet_message m = {.room = &system_found, .room_size = sizeof system_found};
    return host_result(facet_call(cap, OP_HOST_STATFS, &m), &m);
}

/* What is ours looks like Linux's /proc. */
static long statfs_ours(void) {
    system_found = (struct statfs){.f_type = 0x9fa0, .f_bsize = 4096, .f_namelen = 255, .f_frsize = 4096};
    return 0;
}

static long statfs_op(struct name *name, const unsigned long *arg) {
    (void)arg;
    if (!name->at) {
        long missing = name_missing(name);
        return missing ? missing : statfs_ours();
    }
    long result = host_open(name->at, name->rest, O_PATH, 0);
    if (result < 0)
        return result;
    struct facet_message close = {0};
    result = statfs_of(R_FILE_F);
    facet_call(R_FILE_F, OP_HOST_CLOSE, &close);
    return result;
}

long call_statfs(const unsigned long arg[6]) {
    long result = name_read(&name_a, arg[0], 0);
    if (result == 0)
        result = name_do(&name_a, HERE, 1, statfs_op, 0);
    return result < 0 ? result : user_write(arg[1], &system_found, sizeof system_found);
}

long call_fstatfs(const unsigned long arg[6]) {
    struct file *file = fd_file(arg[0]);
    if (!file)
        return -EBADF;
    long result = file->class == &host_class ? statfs_of(file_cap(file)) : statfs_ours();
    return result < 0 ? result : user_write(arg[1], &system_found, sizeof system_found);
}
