/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What belongs to a file beside its contents: permissions, owner, times, size; and what brings it to the disk.
 */
#include "files.h"
#include <linux/time_types.h>

#define HERE (unsigned long)AT_FDCWD
#define UTIME_NOW 0x3fffffffl
#define UTIME_OMIT 0x3ffffffel

/* Operations on a name that take words only: OP_HOST_CHMOD and OP_HOST_CHOWN. arg: operation, w0, w1, w2. */
static long change_op(struct name *name, const unsigned long *arg) {
    if (!name->at) {
        long missing = name_missing(name);
        return missing ? missing : -EROFS;
    }
    return refuse_told(name, host_name(name->at, arg[0], name->rest, arg[1], arg[2], arg[3]));
}

static long change_file(struct file *file, const unsigned long *arg) {
    if (!file)
        return -EBADF;
    return file->class == &host_class ? host_name(file, arg[0], "", arg[1], arg[2], arg[3]) : -EROFS;
}

static long change_at(unsigned long fd, unsigned long path, unsigned long flags, const unsigned long *arg) {
    if ((unsigned)flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long result = name_read(&name_a, path, (flags & AT_EMPTY_PATH) != 0);
    if (result < 0)
        return result;
    if (!name_a.given[0])
        return change_file((int)fd == AT_FDCWD ? cwd : fd_file(fd), arg);
    return name_do(&name_a, fd, !(flags & AT_SYMLINK_NOFOLLOW), change_op, arg);
}

long call_chmod(const unsigned long arg[6]) {
    const unsigned long words[] = {OP_HOST_CHMOD, arg[1] & PERMISSIONS, 0, 0};
    return change_at(HERE, arg[0], 0, words);
}

long call_fchmod(const unsigned long arg[6]) {
    const unsigned long words[] = {OP_HOST_CHMOD, arg[1] & PERMISSIONS, 0, 0};
    return change_file(fd_open(arg[0]), words);
}

long call_fchmodat(const unsigned long arg[6]) {
    const unsigned long words[] = {OP_HOST_CHMOD, arg[2] & PERMISSIONS, 0, 0};
    return change_at(arg[0], arg[1], 0, words);
}

/* A symbolic link has no permissions of its own. */
long call_fchmodat2(const unsigned long arg[6]) {
    const unsigned long words[] = {OP_HOST_CHMOD, arg[2] & PERMISSIONS, 0, 0};
    if (arg[3] & AT_SYMLINK_NOFOLLOW)
        return -EOPNOTSUPP;
    return change_at(arg[0], arg[1], arg[3], words);
}

static long chown_at(unsigned long fd, unsigned long path, unsigned long user, unsigned long group,
                     unsigned long flags) {
    const unsigned long words[] = {OP_HOST_CHOWN, (unsigned)user, (unsigned)group, flags & AT_SYMLINK_NOFOLLOW};
    return change_at(fd, path, (unsigned)flags, words);
}

long call_chown(const unsigned long arg[6]) {
    return chown_at(HERE, arg[0], arg[1], arg[2], 0);
}

long call_lchown(const unsigned long arg[6]) {
    return chown_at(HERE, arg[0], arg[1], arg[2], AT_SYMLINK_NOFOLLOW);
}

long call_fchown(const unsigned long arg[6]) {
    const unsigned long words[] = {OP_HOST_CHOWN, (unsigned)arg[1], (unsigned)arg[2], 0};
    return change_file(fd_open(arg[0]), words);
}

long call_fchownat(const unsigned long arg[6]) {
    return chown_at(arg[0], arg[1], arg[2], arg[3], arg[4]);
}

/* ---- Times */

static long utimes_host(struct file *file, const char *path, const struct __kernel_timespec *times,
                        unsigned long flags) {
    static char string[2 * sizeof(struct __kernel_timespec) + PATH_ROOM];
    unsigned long length = text_length(path);
    memcpy(string, times, 2 * sizeof *times);
    memcpy(string + 2 * sizeof *times, path, length);
    struct facet_message m = {.word = {flags}, .string = string, .string_size = 2 * sizeof *times + length};
    return host_call(file, OP_HOST_UTIMES, &m);
}

static struct __kernel_timespec times[2];

static long utimes_op(struct name *name, const unsigned long *arg) {
    if (name->at)
        return refuse_told(name, utimes_host(name->at, name->rest, times, arg[0]));
    long missing = name_missing(name);
    return missing ? missing : -EROFS;
}

static int time_wrong(const struct __kernel_timespec *time) {
    return time->tv_nsec != UTIME_NOW && time->tv_nsec != UTIME_OMIT &&
           (time->tv_nsec < 0 || time->tv_nsec >= 1000000000);
}

/* The times are in `times`. */
static long utimes_at(unsigned long fd, unsigned long path, unsigned long flags) {
    if (time_wrong(&times[0]) || time_wrong(&times[1]))
        return -EINVAL;
    if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return 0;
    if (path == 0 && (int)fd != AT_FDCWD) {
        struct file *file = flags ? 0 : fd_open(fd);
        if (!file)
            return flags ? -EINVAL : -EBADF;
        return file->class == &host_class ? utimes_host(file, "", times, 0) : -EROFS;
    }
    if (flags & ~(unsigned long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long result = name_read(&name_a, path, (flags & AT_EMPTY_PATH) != 0);
    if (result < 0)
        return result;
    if (!name_a.given[0]) {
        struct file *file = (int)fd == AT_FDCWD ? cwd : fd_file(fd);
        return !file ? -EBADF : file->class == &host_class ? utimes_host(file, "", times, 0) : -EROFS;
    }
    const unsigned long nofollow = flags & AT_SYMLINK_NOFOLLOW;
    return name_do(&name_a, fd, !nofollow, utimes_op, &nofollow);
}

static void times_now(void) {
    times[0] = times[1] = (struct __kernel_timespec){.tv_nsec = UTIME_NOW};
}

long call_utimensat(const unsigned long arg[6]) {
    times_now();
    if (arg[2] && user_read(arg[2], times, sizeof times) < 0)
        return -EFAULT;
    return utimes_at(arg[0], arg[1], (unsigned)arg[3]);
}

/* Two struct timeval. */
static long times_micro(unsigned long address) {
    struct {
        long seconds, micro;
    } given[2];
    times_now();
    if (address == 0)
        return 0;
    if (user_read(address, given, sizeof given) < 0)
        return -EFAULT;
    for (unsigned i = 0; i < 2; i++) {
        if (given[i].micro < 0 || given[i].micro >= 1000000)
            return -EINVAL;
        times[i] = (struct __kernel_timespec){given[i].seconds, given[i].micro * 1000};
    }
    return 0;
}

long call_utimes(const unsigned long arg[6]) {
    long result = times_micro(arg[1]);
    return result < 0 ? result : utimes_at(HERE, arg[0], 0);
}

long call_futimesat(const unsigned long arg[6]) {
    long result = times_micro(arg[2]);
    return result < 0 ? result : utimes_at(arg[0], arg[1], 0);
}

long call_utime(const unsigned long arg[6]) {
    long given[2];
    times_now();
    if (arg[1]) {
        if (user_read(arg[1], given, sizeof given) < 0)
            return -EFAULT;
        times[0] = (struct __kernel_timespec){given[0], 0};
        times[1] = (struct __kernel_timespec){given[1], 0};
    }
    return utimes_at(HERE, arg[0], 0);
}

/* ---- Size */

static long size_set(struct file *file, unsigned long size) {
    struct facet_message m = {.word = {size}};
    if (vm_shared_files)
        vm_files_sync();
    long result = file->class == &memory_class ? memory_resize(file, size) : host_call(file, OP_HOST_TRUNCATE, &m);
    if (vm_shared_files)
        file_changed(file);
    return result;
}

long call_ftruncate(const unsigned long arg[6]) {
    if ((long)arg[1] < 0)
        return -EINVAL;
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if (file_type(file) != S_IFREG || (file->flags & ACCESS_MODE) == O_RDONLY)
        return -EINVAL;
    return size_set(file, arg[1]);
}

/* Space is not reserved, the file only becomes as long. */
static long allocate(struct file *file, unsigned long mode, unsigned long offset, unsigned long length) {
    enum { KEEP_SIZE = 1, ALL = 0x7f };
    struct stat st;
    if ((long)offset < 0 || (long)length <= 0)
        return -EINVAL;
    if (mode & ~(unsigned long)ALL)
        return -EOPNOTSUPP;
    if ((file->flags & ACCESS_MODE) == O_RDONLY)
        return -EBADF;
    unsigned type = file_type(file);
    if (type != S_IFREG)
        return type == S_IFIFO ? -ESPIPE : type == S_IFDIR ? -EISDIR : -ENODEV;
    if ((long)(offset + length) < 0)
        return -EFBIG;
    if (mode & ~(unsigned long)KEEP_SIZE)
        return -EOPNOTSUPP;
    long result = file_stat(file, &st);
    return result < 0 || mode || (long)(offset + length) <= st.st_size ? result : size_set(file, offset + length);
}

long call_fallocate(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    return file ? allocate(file, (unsigned)arg[1], arg[2], arg[3]) : -EBADF;
}

/* ---- To the disk */

static long synchronise(struct file *file, unsigned long data_only) {
    if (!file)
        return -EBADF;
    if (file->class != &host_class)
        return file->class == &memory_class ? 0 : -EINVAL;
    struct facet_message m = {.word = {data_only}};
    return host_call(file, OP_HOST_SYNC, &m);
}

long call_fsync(const unsigned long arg[6]) {
    return synchronise(fd_open(arg[0]), 0);
}

long call_fdatasync(const unsigned long arg[6]) {
    return synchronise(fd_open(arg[0]), 1);
}

long call_sync(const unsigned long arg[6]) {
    (void)arg;
    return 0;
}

long call_syncfs(const unsigned long arg[6]) {
    return fd_open(arg[0]) ? 0 : -EBADF;
}

long call_sync_file_range(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if ((unsigned)arg[3] & ~7u || (long)arg[1] < 0 || (long)(arg[1] + arg[2]) < (long)arg[1])
        return -EINVAL;
    unsigned type = file_type(file);
    return type == S_IFREG || type == S_IFDIR || type == S_IFLNK || type == S_IFBLK ? 0 : -ESPIPE;
}

/* ---- Advice, which nobody needs to follow */

long call_fadvise64(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if (file_type(file) == S_IFIFO)
        return -ESPIPE;
    return (long)arg[2] < 0 || (unsigned)arg[3] > 5 ? -EINVAL : 0;
}

long call_readahead(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    if (!file || (file->flags & ACCESS_MODE) == O_WRONLY)
        return -EBADF;
    unsigned type = file_type(file);
    return type == S_IFREG || type == S_IFBLK ? 0 : -EINVAL;
}
