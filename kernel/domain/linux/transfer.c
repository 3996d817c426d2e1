/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * read, write and their relatives. What is wrong is found in Linux's order: the descriptor, how it was opened, the
 * memory's address, the offset.
 */
#include "files.h"
#include <linux/uio.h>

#define SIGPIPE 13
#define VECTORS 1024u

static int opened_for(const struct file *file, unsigned other) {
    return (file->flags & ACCESS_MODE) != other;
}

FREQUENT long file_read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (!opened_for(file, O_WRONLY))
        return -EBADF;
    if (!file->class->read)
        return -EINVAL;
    if (span_bad(address, size))
        return -EFAULT;
    return file->class->read(file, address, size < MOVE_MAX ? size : MOVE_MAX, at);
}

FREQUENT long file_write(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (!opened_for(file, O_RDONLY))
        return -EBADF;
    if (!file->class->write)
        return -EINVAL;
    if (span_bad(address, size))
        return -EFAULT;
    long result = file->class->write(file, address, size < MOVE_MAX ? size : MOVE_MAX, at);
    if (result == -EPIPE)
        signal_raise(SIGPIPE);
    return result;
}

typedef long move_fn(struct file *file, unsigned long address, unsigned long size, unsigned long at);

FREQUENT static long one(move_fn *move, const unsigned long arg[6], unsigned long at) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if (at != HOST_HERE && !file->class->seek)
        return -ESPIPE;
    return move(file, arg[1], arg[2], at);
}

FREQUENT long call_read(const unsigned long arg[6]) {
    return one(file_read, arg, HOST_HERE);
}

FREQUENT long call_write(const unsigned long arg[6]) {
    return one(file_write, arg, HOST_HERE);
}

long call_pread64(const unsigned long arg[6]) {
    return (long)arg[3] < 0 ? -EINVAL : one(file_read, arg, arg[3]);
}

long call_pwrite64(const unsigned long arg[6]) {
    return (long)arg[3] < 0 ? -EINVAL : one(file_write, arg, arg[3]);
}

/* ---- Vectors */

static struct iovec vectors[VECTORS];

static long vectors_read(unsigned long address, unsigned long count) {
    if (count > VECTORS)
        return -EINVAL;
    if (count && user_read(address, vectors, count * sizeof *vectors) < 0)
        return -EFAULT;
    for (unsigned long i = 0; i < count; i++) {
        if ((long)vectors[i].iov_len < 0)
            return -EINVAL;
        if (span_bad((unsigned long)vectors[i].iov_base, vectors[i].iov_len))
            return -EFAULT;
    }
    return 0;
}

static long vectors_move(move_fn *move, struct file *file, unsigned long count, unsigned long at) {
    unsigned long done = 0;
    for (unsigned long i = 0; i < count; i++) {
        unsigned long size = vectors[i].iov_len;
        if (size == 0)
            continue;
        long moved = move(file, (unsigned long)vectors[i].iov_base, size, at == HOST_HERE ? at : at + done);
        if (moved < 0)
            return done ? (long)done : moved;
        done += (unsigned long)moved;
        if ((unsigned long)moved < size)
            break;
    }
    return (long)done;
}

static long many(move_fn *move, const unsigned long arg[6], unsigned long at) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if (at != HOST_HERE && !file->class->seek)
        return -ESPIPE;
    if (!opened_for(file, move == file_read ? O_WRONLY : O_RDONLY))
        return -EBADF;
    unsigned long count = (unsigned)arg[2]; /* Linux looks at no more of it */
    long wrong = vectors_read(arg[1], count);
    return wrong < 0 || count == 0 ? wrong : vectors_move(move, file, count, at);
}

long call_readv(const unsigned long arg[6]) {
    return many(file_read, arg, HOST_HERE);
}

long call_writev(const unsigned long arg[6]) {
    return many(file_write, arg, HOST_HERE);
}

long call_preadv(const unsigned long arg[6]) {
    return (long)arg[3] < 0 ? -EINVAL : many(file_read, arg, arg[3]);
}

long call_pwritev(const unsigned long arg[6]) {
    return (long)arg[3] < 0 ? -EINVAL : many(file_write, arg, arg[3]);
}

/* Of the flags, those that only ask for haste or durability may be ignored. */
#define RWF_IGNORED 0xful
static long many_flags(move_fn *move, const unsigned long arg[6]) {
    if (arg[5] & ~RWF_IGNORED)
        return -EOPNOTSUPP;
    return (long)arg[3] < -1 ? -EINVAL : many(move, arg, arg[3]); /* -1 is HOST_HERE */
}

long call_preadv2(const unsigned long arg[6]) {
    return many_flags(file_read, arg);
}

long call_pwritev2(const unsigned long arg[6]) {
    return many_flags(file_write, arg);
}

long call_lseek(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    if ((unsigned)arg[2] > 4)
        return -EINVAL;
    return file->class->seek ? file->class->seek(file, (long)arg[1], (unsigned)arg[2]) : -ESPIPE;
}

/* ---- From file to file. Both are the host's: anything else is refused as Linux refuses what it cannot map. */

static unsigned char buffer[STRING_MAX];

/* Moves up to `size` bytes; offsets as for class->read. */
static long copy(struct file *to, unsigned long to_at, struct file *from, unsigned long from_at, unsigned long size) {
    unsigned long done = 0;
    while (done < size) {
        unsigned long part = size - done < sizeof buffer ? size - done : sizeof buffer;
        long got = host_read(from, buffer, part, from_at == HOST_HERE ? from_at : from_at + done);
        long put =
            got <= 0 ? got : host_write(to, buffer, (unsigned long)got, to_at == HOST_HERE ? to_at : to_at + done);
        if (put == -EPIPE)
            signal_raise(SIGPIPE);
        if (put <= 0)
            return done ? (long)done : put;
        done += (unsigned long)put;
        if (put < got)
            break;
    }
    return (long)done;
}

/* An offset that a call takes from memory and leaves there, moved on. */
struct offset {
    unsigned long address, value;
};

static long offset_read(struct offset *offset, unsigned long address) {
    *offset = (struct offset){address, HOST_HERE};
    if (address == 0)
        return 0;
    if (user_read(address, &offset->value, sizeof offset->value) < 0)
        return -EFAULT;
    return (long)offset->value < 0 ? -EINVAL : 0;
}

static long offset_write(const struct offset *offset, long moved) {
    unsigned long value = offset->value + (unsigned long)moved;
    if (offset->address == 0 || moved <= 0)
        return 0;
    return user_write(offset->address, &value, sizeof value);
}

long call_sendfile(const unsigned long arg[6]) {
    struct offset offset;
    long wrong = offset_read(&offset, arg[2]);
    if (wrong == -EFAULT)
        return wrong;
    struct file *from = fd_open(arg[1]), *to = fd_open(arg[0]);
    if (!from || !opened_for(from, O_WRONLY))
        return -EBADF;
    if (wrong)
        return wrong;
    if (arg[2] && !from->class->seek)
        return -ESPIPE;
    if (!to || !opened_for(to, O_RDONLY))
        return -EBADF;
    if (from->class != &host_class || to->class != &host_class || to->flags & O_APPEND)
        return -EINVAL;
    if (arg[3] == 0)
        return 0;
    if (file_type(from) != S_IFREG && file_type(from) != S_IFBLK)
        return -EINVAL; /* what is read from a pipe or a terminal would be lost if it could not be written */
    long moved = copy(to, HOST_HERE, from, offset.value, arg[3] < MOVE_MAX ? arg[3] : MOVE_MAX);
    return offset_write(&offset, moved) < 0 ? -EFAULT : moved;
}

static long range_wrong(struct file *from, struct file *to) {
    if (from->class != &host_class || to->class != &host_class)
        return -EINVAL;
    if (file_type(from) == S_IFDIR || file_type(to) == S_IFDIR)
        return -EISDIR;
    if (file_type(from) != S_IFREG || file_type(to) != S_IFREG)
        return -EINVAL;
    return opened_for(from, O_WRONLY) && opened_for(to, O_RDONLY) && !(to->flags & O_APPEND) ? 0 : -EBADF;
}

/* Where a file is to be read or written. */
static long position(struct file *file, unsigned long at) {
    return at == HOST_HERE ? file->class->seek(file, 0, 1) : (long)at;
}

/* A part of a file is not copied onto itself. */
static int overlap(struct file *from, unsigned long from_at, struct file *to, unsigned long to_at, unsigned long size) {
    struct stat a, b;
    if (file_stat(from, &a) < 0 || file_stat(to, &b) < 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev)
        return 0;
    long source = position(from, from_at), target = position(to, to_at);
    if (source + (long)size > a.st_size)
        size = source < a.st_size ? (unsigned long)(a.st_size - source) : 0;
    return source < target + (long)size && target < source + (long)size;
}

long call_copy_file_range(const unsigned long arg[6]) {
    struct file *from = fd_open(arg[0]), *to = fd_open(arg[2]);
    if (!from || !to)
        return -EBADF;
    struct offset in, out;
    if (offset_read(&in, arg[1]) == -EFAULT || offset_read(&out, arg[3]) == -EFAULT)
        return -EFAULT;
    if (arg[5])
        return -EINVAL;
    long wrong = range_wrong(from, to);
    if (wrong)
        return wrong;
    unsigned long size = arg[4] < MOVE_MAX ? arg[4] : MOVE_MAX;
    if (overlap(from, in.value, to, out.value, size))
        return -EINVAL;
    long moved = copy(to, out.value, from, in.value, size);
    return offset_write(&in, moved) < 0 || offset_write(&out, moved) < 0 ? -EFAULT : moved;
}
