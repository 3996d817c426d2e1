/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that lie in the personality's own memory: what memfd_create makes, and the texts of /proc.
 */
#include "files.h"

#define PAGES 2048ul /* 8 MiB at most */
#define INDEX (PAGES * sizeof(void *))

struct contents {
    unsigned long size;
    unsigned char **page; /* NULL: zeroes */
};

static unsigned char *page_of(struct contents *contents, unsigned long number, int make) {
    if (!contents->page[number] && make) {
        contents->page[number] = block_alloc(PAGE_SIZE);
        if (contents->page[number])
            memset(contents->page[number], 0, PAGE_SIZE);
    }
    return contents->page[number];
}

/* How much of [offset, offset + size) lies in the page of offset. */
static unsigned long in_page(unsigned long offset, unsigned long size) {
    unsigned long left = PAGE_SIZE - offset % PAGE_SIZE;
    return size < left ? size : left;
}

long memory_read(struct file *file, unsigned long offset, void *to, unsigned long size) {
    struct contents *contents = file->state;
    unsigned char *next = to;
    if (offset >= contents->size)
        return 0;
    unsigned long left = contents->size - offset < size ? contents->size - offset : size, all = left;
    for (unsigned long part; left > 0; left -= part, offset += part, next += part) {
        const unsigned char *page = page_of(contents, offset / PAGE_SIZE, 0);
        part = in_page(offset, left);
        if (page)
            memcpy(next, page + offset % PAGE_SIZE, part);
        else
            memset(next, 0, part);
    }
    return (long)all;
}

long memory_write(struct file *file, unsigned long offset, const void *from, unsigned long size) {
    struct contents *contents = file->state;
    const unsigned char *next = from;
    for (unsigned long left = size, part; left > 0; left -= part, offset += part, next += part) {
        unsigned char *page = offset < PAGES * PAGE_SIZE ? page_of(contents, offset / PAGE_SIZE, 1) : 0;
        if (!page)
            return left == size ? -ENOSPC : (long)(size - left);
        part = in_page(offset, left);
        memcpy(page + offset % PAGE_SIZE, next, part);
        if (offset + part > contents->size)
            contents->size = offset + part;
    }
    return (long)size;
}

long memory_resize(struct file *file, unsigned long size) {
    struct contents *contents = file->state;
    if (size > PAGES * PAGE_SIZE)
        return -EFBIG;
    for (unsigned long at = size; at < contents->size; at += in_page(at, PAGE_SIZE)) {
        unsigned char **page = &contents->page[at / PAGE_SIZE];
        if (*page && at % PAGE_SIZE)
            memset(*page + at % PAGE_SIZE, 0, PAGE_SIZE - at % PAGE_SIZE);
        if (*page && at % PAGE_SIZE == 0) {
            block_free(*page, PAGE_SIZE);
            *page = 0;
        }
    }
    contents->size = size;
    return 0;
}

/* ---- The class */

static unsigned char buffer[PAGE_SIZE];

static long move(struct file *file, unsigned long address, unsigned long size, unsigned long at, int write) {
    unsigned long offset = at == HOST_HERE ? file->position : at, done = 0;
    while (done < size) {
        unsigned long part = vm_populate(address + done, in_page(0, size - done), !write);
        if (part == 0 || (write && user_read(address + done, buffer, part) < 0))
            return done ? (long)done : -EFAULT;
        long moved =
            write ? memory_write(file, offset + done, buffer, part) : memory_read(file, offset + done, buffer, part);
        if (moved < 0)
            return done ? (long)done : moved;
        if (!write && user_write(address + done, buffer, (unsigned long)moved) < 0)
            return done ? (long)done : -EFAULT;
        done += (unsigned long)moved;
        if (at == HOST_HERE)
            file->position += (unsigned long)moved;
        if ((unsigned long)moved < part)
            break;
    }
    return (long)done;
}

static long read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (vm_shared_files)
        vm_files_sync();
    return move(file, address, size, at, 0);
}

static long write(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    if (vm_shared_files)
        vm_files_sync();
    if (file->flags & O_APPEND) {
        at = ((struct contents *)file->state)->size;
        file->position = at + size;
    }
    long result = move(file, address, size, at, 1);
    if (vm_shared_files)
        file_changed(file);
    return result;
}

static long seek(struct file *file, long offset, unsigned long whence) {
    enum { SET, CURRENT, END };
    struct contents *contents = file->state;
    if (whence > END)
        return -EINVAL;
    long to = offset + (long)(whence == SET ? 0 : whence == CURRENT ? file->position : contents->size);
    if (to < 0)
        return -EINVAL;
    file->position = (unsigned long)to;
    return to;
}

static void stat(struct file *file, struct stat *st) {
    st->st_size = (long)((struct contents *)file->state)->size;
    st->st_blocks = (st->st_size + 511) / 512;
}

static void close(struct file *file) {
    struct contents *contents = file->state;
    memory_resize(file, 0);
    block_free(contents->page, INDEX);
    block_free(contents, sizeof *contents);
}

const struct file_class memory_class = {.read = read, .write = write, .seek = seek, .stat = stat, .close = close};

struct file *memory_new(unsigned flags, const char *path) {
    struct contents *contents = block_alloc(sizeof *contents);
    unsigned char **page = block_alloc(INDEX);
    struct file *file = contents && page ? file_new(&memory_class, flags, path) : 0;
    if (!file) {
        block_free(page, INDEX);
        block_free(contents, sizeof *contents);
        return 0;
    }
    memset(page, 0, INDEX);
    *contents = (struct contents){.page = page};
    file->state = contents;
    file->mode = S_IFREG | 0777;
    return file;
}

long call_memfd_create(const unsigned long arg[6]) {
    enum { CLOEXEC = 1, SEALING = 2, NOEXEC = 8, EXEC = 16 };
    static char path[NAME_ROOM + 32];
    char name[250];
    if ((unsigned)arg[1] & ~(unsigned)(CLOEXEC | SEALING | NOEXEC | EXEC))
        return -EINVAL;
    long result = user_string(arg[0], name, sizeof name);
    if (result < 0)
        return result == -ENAMETOOLONG ? -EINVAL : result;
    path[0] = 0;
    text_append(path, sizeof path, "/memfd:");
    text_append(path, sizeof path, name);
    text_append(path, sizeof path, " (deleted)");
    struct file *file = memory_new(O_RDWR, path);
    return file ? fd_install(file, 0, arg[1] & CLOEXEC) : -ENFILE;
}
