/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host, through HostFile capabilities.
 */
#include "files.h"

/* A result of the kernel as an errno. */
FREQUENT long host_result(unsigned long rc, const struct facet_message *m) {
    switch (rc) {
    case RC_OK:
        return 0;
    case RC_IO:
        return m->word[0] > 0 && m->word[0] < 4096 ? -(long)m->word[0] : -EIO;
    case RC_NO_RIGHT:
        return -EROFS;
    case RC_BAD_ARG:
        return -EINVAL;
    case RC_BAD_SPACE:
        return -EFAULT;
    case RC_NO_MEMORY:
        return -ENFILE;
    case RC_INVALID_CAP:
        return -EBADF;
    }
    return -ENOSYS;
}

FREQUENT long host_call(struct file *file, unsigned long op, struct facet_message *m) {
    return host_result(facet_call(file_cap(file), op, m), m);
}

long host_take(unsigned long number) {
    struct facet_message m = {.word = {number}, .recv = {R_FILE_F}};
    return host_result(facet_call(INIT_HOST, OP_HOST_TAKE, &m), &m);
}

long host_open(struct file *at, const char *path, unsigned long flags, unsigned long mode) {
    struct facet_message m = {
        .word = {flags, mode}, .string = path, .string_size = text_length(path), .recv = {R_FILE_F}};
    long result = host_call(at, OP_HOST_OPEN, &m);
    if (flags & O_TRUNC && vm_shared_files)
        vm_file_changed(0, 0);
    return result;
}

long host_stat(struct file *at, const char *path, unsigned long flags, struct stat *st) {
    struct facet_message m = {
        .word = {flags}, .string = path, .string_size = text_length(path), .room = st, .room_size = sizeof *st};
    long result = host_call(at, OP_HOST_STAT, &m);
    return result == 0 && m.received != sizeof *st ? -EIO : result;
}

long host_readlink(struct file *at, const char *path, char *to, unsigned long room) {
    struct facet_message m = {.string = path, .string_size = text_length(path), .room = to, .room_size = room};
    long result = host_call(at, OP_HOST_READLINK, &m);
    return result < 0 ? result : (long)m.received;
}

long host_name(struct file *at, unsigned long op, const char *path, unsigned long w0, unsigned long w1,
               unsigned long w2) {
    struct facet_message m = {.word = {w0, w1, w2}, .string = path, .string_size = text_length(path)};
    return host_call(at, op, &m);
}

long host_names(struct file *at, unsigned long op, const char *path, struct file *to, const char *second,
                unsigned long w0) {
    static char both[2 * PATH_ROOM];
    unsigned long length = text_length(path), more = text_length(second);
    memcpy(both, path, length + 1);
    memcpy(both + length + 1, second, more);
    unsigned target = file_cap(to);
    struct facet_message m = {
        .word = {w0}, .string = both, .string_size = length + 1 + more, .send = {(unsigned char)target}};
    return host_call(at, op, &m);
}

FREQUENT unsigned file_type(struct file *file) {
    struct stat st;
    if (file->mode == 0 && file_stat(file, &st) == 0)
        file->mode = st.st_mode & S_IFMT;
    return file->mode & S_IFMT;
}

long host_read(struct file *file, void *to, unsigned long size, unsigned long at) {
    struct facet_message m = {.word = {at}, .room = to, .room_size = size};
    long result = host_call(file, OP_HOST_READ, &m);
    return result < 0 ? result : (long)m.received;
}

long host_write(struct file *file, const void *from, unsigned long size, unsigned long at) {
    struct facet_message m = {.word = {at}, .string = from, .string_size = size};
    long result = host_call(file, OP_HOST_WRITE, &m);
    return result < 0 ? result : (long)m.word[0];
}

/* ---- The class */

/* Where none of the memory may be touched: what Linux says then depends on what the file would have given. */
static long nothing_moves(struct file *file, unsigned long op, unsigned long at) {
    struct stat st;
    if (op == OP_HOST_WRITE || file_stat(file, &st) < 0)
        return -EFAULT;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    struct facet_message m = {.word = {0, 1}};
    if (at == HOST_HERE && host_call(file, OP_HOST_SEEK, &m) == 0)
        at = m.word[0];
    return S_ISREG(st.st_mode) && at != HOST_HERE && (long)at >= st.st_size ? 0 : -EFAULT;
}

/* One piece, directly between the host and the program's memory. *more: it may go on behind it. */
FREQUENT static long piece_move(struct file *file, unsigned long op, unsigned long address, unsigned long size,
                                unsigned long at, int *more) {
    unsigned long part = size < STRING_MAX ? size : STRING_MAX;
    unsigned long ready = part ? vm_populate(address, part, op == OP_HOST_READ) : 0;
    *more = 0;
    if (part && !ready)
        return nothing_moves(file, op, at);
    struct facet_message m = {.word = {at, address, ready}, .send = {R_PROCESS}};
    long result = host_call(file, op, &m);
    if (result < 0)
        return result;
    *more = m.word[0] == ready && size > ready;
    return (long)m.word[0];
}

FREQUENT static long host_move(struct file *file, unsigned long op, unsigned long address, unsigned long size,
                               unsigned long at) {
    unsigned long done = 0;
    for (;;) {
        int more;
        long moved = piece_move(file, op, address + done, size - done, at == HOST_HERE ? at : at + done, &more);
        if (moved < 0)
            return done ? (long)done : moved;
        done += (unsigned long)moved;
        if (!more || (file_type(file) != S_IFREG && (op == OP_HOST_READ || file->flags & O_NONBLOCK)))
            return (long)done;
    }
}

FREQUENT static long read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (vm_shared_files)
        vm_files_sync();
    return host_move(file, OP_HOST_READ, address, size, at);
}

FREQUENT static long write(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (vm_shared_files)
        vm_files_sync();
    long result = host_move(file, OP_HOST_WRITE, address, size, at);
    if (vm_shared_files && file_type(file) == S_IFREG)
        file_changed(file);
    return result;
}

static long seek(struct file *file, long offset, unsigned long whence) {
    struct facet_message m = {.word = {(unsigned long)offset, whence}};
    long result = host_call(file, OP_HOST_SEEK, &m);
    return result < 0 ? result : (long)m.word[0];
}

static void close(struct file *file) {
    struct facet_message m = {0};
    host_call(file, OP_HOST_CLOSE, &m);
}

const struct file_class host_class = {.read = read, .write = write, .seek = seek, .close = close};
