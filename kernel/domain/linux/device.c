/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices: null, zero, full, random; and directories of ours as open files.
 */
#include "files.h"

static unsigned char buffer[PAGE_SIZE];

static long nothing(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)address, (void)size, (void)at;
    return 0;
}

static long everything(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)address, (void)at;
    return (long)size;
}

static long no_space(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)address, (void)at;
    return size ? -ENOSPC : 0;
}

static long stays(struct file *file, long offset, unsigned long whence) {
    (void)file, (void)offset, (void)whence;
    return 0;
}

static long give(unsigned long address, unsigned long size, int chance) {
    for (unsigned long done = 0; done < size;) {
        unsigned long part = size - done < sizeof buffer ? size - done : sizeof buffer;
        if (chance)
            random_bytes(buffer, part);
        else
            memset(buffer, 0, part);
        unsigned long ready = vm_populate(address + done, part, 1);
        if (ready == 0 || user_write(address + done, buffer, ready) < 0)
            return done ? (long)done : -EFAULT;
        done += ready;
    }
    return (long)size;
}

static long zeroes(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)at;
    return give(address, size, 0);
}

static long chance(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)at;
    return give(address, size, 1);
}

static void stat(struct file *file, struct stat *st) {
    unsigned number;
    node_stat(file->path, node_at(file->path, text_length(file->path), &number), st);
}

const struct file_class null_class = {.read = nothing, .write = everything, .seek = stays, .stat = stat};
const struct file_class zero_class = {.read = zeroes, .write = everything, .seek = stays, .stat = stat};
const struct file_class full_class = {.read = zeroes, .write = no_space, .seek = stays, .stat = stat};
const struct file_class random_class = {.read = chance, .write = everything, .seek = stays, .stat = stat};

/* ---- The program's own file */

static long image_read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    unsigned long offset = at == HOST_HERE ? file->position : at;
    unsigned long left = offset < boot.image_size ? boot.image_size - offset : 0;
    unsigned long ready = vm_populate(address, size < left ? size : left, 1);
    if ((size && left && !ready) || user_write(address, boot.image + offset, ready) < 0)
        return -EFAULT;
    if (at == HOST_HERE)
        file->position += ready;
    return (long)ready;
}

static long image_seek(struct file *file, long offset, unsigned long whence) {
    enum { SET, CURRENT, END };
    long to = offset + (long)(whence == CURRENT ? file->position : whence == END ? boot.image_size : 0);
    if (whence > END || to < 0)
        return -EINVAL;
    file->position = (unsigned long)to;
    return to;
}

static void image_stat(struct file *file, struct stat *st) {
    node_stat(file->path, NODE_IMAGE, st);
}

const struct file_class image_class = {.read = image_read, .seek = image_seek, .stat = image_stat};

/* ---- Directories; getdents64 is in directory.c */

static long is_directory(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    (void)file, (void)address, (void)size, (void)at;
    return -EISDIR;
}

static long directory_seek(struct file *file, long offset, unsigned long whence) {
    enum { SET, CURRENT };
    if (whence > CURRENT || (whence == CURRENT && offset))
        return -EINVAL;
    if (whence == SET && offset < 0)
        return -EINVAL;
    if (whence == SET)
        file->position = (unsigned long)offset;
    return (long)file->position;
}

static void directory_stat(struct file *file, struct stat *st) {
    node_stat(file->path, NODE_DIRECTORY, st);
}

const struct file_class directory_class = {.read = is_directory, .seek = directory_seek, .stat = directory_stat};
