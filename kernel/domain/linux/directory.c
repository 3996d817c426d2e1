/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Directories: their entries, and the one the program works in.
 */
#include "files.h"

#define HERE (unsigned long)AT_FDCWD

/* struct linux_dirent64 and the older struct linux_dirent, as system calls give them. */
struct entry64 {
    unsigned long ino;
    long next;
    unsigned short length;
    unsigned char type;
    char name[];
} __attribute__((packed));
struct entry {
    unsigned long ino, next;
    unsigned short length;
    char name[]; /* the type is the last byte */
} __attribute__((packed));

static unsigned char listed[32768] __attribute__((aligned(8)));
static unsigned char older[sizeof listed] __attribute__((aligned(8)));

static unsigned long padded(unsigned long size) {
    return (size + 7) & ~7ul;
}

/* Entries of a directory of ours, from file->position on. */
static long list_ours(struct file *file, unsigned long room) {
    char name_room[NAME_ROOM];
    unsigned char type;
    const char *name;
    unsigned long used = 0;
    while ((name = node_entry(file->path, file->position, &type, name_room))) {
        unsigned long length = text_length(name) + 1, size = padded(sizeof(struct entry64) + length);
        if (used + size > room)
            return used ? (long)used : -EINVAL;
        struct entry64 *entry = (struct entry64 *)(void *)(listed + used);
        *entry = (struct entry64){file->position + 1, (long)++file->position, (unsigned short)size, type};
        memcpy(entry->name, name, length);
        used += size;
    }
    return (long)used;
}

static long list(struct file *file, unsigned long room) {
    if (file->class == &directory_class)
        return list_ours(file, room);
    if (file->class != &host_class || file_type(file) != S_IFDIR)
        return -ENOTDIR;
    struct facet_message m = {.room = listed, .room_size = room};
    long result = host_call(file, OP_HOST_LIST, &m);
    return result < 0 ? result : (long)m.received;
}

/* Whether the program can take what is listed: afterwards the directory stands behind it. */
static long room_check(unsigned long fd, unsigned long address, unsigned long *room, struct file **file) {
    *file = fd_open(fd);
    if (!*file)
        return -EBADF;
    *room = (unsigned)*room < sizeof listed ? (unsigned)*room : sizeof listed;
    int directory =
        (*file)->class == &directory_class || ((*file)->class == &host_class && file_type(*file) == S_IFDIR);
    if (!directory)
        return -ENOTDIR;
    unsigned long ready = vm_populate(address, *room, 1);
    if (*room && ready == 0)
        return -EFAULT;
    *room = ready;
    return 0;
}

long call_getdents64(const unsigned long arg[6]) {
    struct file *file;
    unsigned long room = arg[2];
    long result = room_check(arg[0], arg[1], &room, &file);
    if (result == 0)
        result = list(file, room);
    return result <= 0 || user_write(arg[1], listed, (unsigned long)result) == 0 ? result : -EFAULT;
}

/* An older entry is never longer than a newer one, by one byte at most: both are padded to 8. */
static unsigned long entry_convert(const struct entry64 *from, struct entry *to) {
    unsigned long length = text_length(from->name) + 1, size = padded(sizeof *to + length + 1);
    memset(to, 0, size);
    to->ino = from->ino;
    to->next = (unsigned long)from->next;
    to->length = (unsigned short)size;
    memcpy(to->name, from->name, length);
    ((unsigned char *)to)[size - 1] = from->type;
    return size;
}

long call_getdents(const unsigned long arg[6]) {
    struct file *file;
    unsigned long room = arg[2], size = 0;
    long result = room_check(arg[0], arg[1], &room, &file);
    if (result == 0)
        result = list(file, room);
    if (result <= 0)
        return result;
    for (unsigned long at = 0; at < (unsigned long)result;) {
        const struct entry64 *entry = (const struct entry64 *)(const void *)(listed + at);
        size += entry_convert(entry, (struct entry *)(void *)(older + size));
        at += entry->length;
    }
    return user_write(arg[1], older, size) < 0 ? -EFAULT : (long)size;
}

/* ---- The working directory */

long call_getcwd(const unsigned long arg[6]) {
    unsigned long size = text_length(cwd->path) + 1;
    struct stat st;
    if (cwd->class == &host_class && file_stat(cwd, &st) == 0 && st.st_nlink == 0)
        return -ENOENT;
    if (size > arg[1])
        return -ERANGE;
    return user_write(arg[0], cwd->path, size) < 0 ? -EFAULT : (long)size;
}

static void cwd_set(struct file *file) {
    if (cwd)
        file_drop(cwd);
    cwd = file;
}

/* The name has been walked, so that its path is canonical. */
static long cwd_enter(struct name *name) {
    enum { EXECUTE = 1 };
    const struct file_class *class = name->at ? &host_class : &directory_class;
    if (!name->at) {
        long missing = name_missing(name);
        if (missing || name->node != NODE_DIRECTORY)
            return missing ? missing : -ENOTDIR;
    } else {
        struct stat st;
        long result = host_stat(name->at, name->rest, 0, &st);
        if (result == 0)
            result = S_ISDIR(st.st_mode) ? host_name(name->at, OP_HOST_ACCESS, name->rest, EXECUTE, 0, 0) : -ENOTDIR;
        if (result == 0)
            result = host_open(name->at, name->rest, O_PATH | O_DIRECTORY, 0);
        if (result < 0)
            return result;
    }
    path_trim(name->path);
    struct file *file = file_new(class, O_PATH | O_DIRECTORY, name->path);
    if (!file)
        return -ENOMEM;
    file->mode = S_IFDIR;
    file->canonical = 1;
    if (name->at)
        file_cap_keep(file);
    cwd_set(file);
    return 0;
}

static long cwd_walk(struct name *name) {
    long result = name_resolve(name, HERE, 1);
    if (result == 0 && !name->walked)
        result = name_walk(name);
    return result < 0 ? result : cwd_enter(name);
}

void cwd_start(void) {
    name_a.given[0] = 0;
    text_append(name_a.given, PATH_ROOM, boot.cwd);
    name_a.links_max = 40;
    if (boot.cwd[0] == '/' && cwd_walk(&name_a) == 0)
        return;
    cwd_set(file_new(&directory_class, O_PATH | O_DIRECTORY, boot.cwd[0] == '/' ? boot.cwd : "/"));
    if (!cwd)
        linux_fail("no memory for the working directory");
}

long call_chdir(const unsigned long arg[6]) {
    long result = name_read(&name_a, arg[0], 0);
    return result < 0 ? result : cwd_walk(&name_a);
}

/* The path that a directory was opened by may lead through links. */
void path_canonical(struct file *file) {
    struct stat found, own;
    name_a.given[0] = 0;
    name_a.links_max = 40;
    name_a.beneath = name_a.creates = 0;
    text_append(name_a.given, PATH_ROOM, file->path);
    if (name_resolve(&name_a, HERE, FOLLOW) < 0 || (!name_a.walked && name_walk(&name_a) < 0) || !name_a.at)
        return;
    if (host_stat(name_a.at, name_a.rest, 0, &found) < 0 || file_stat(file, &own) < 0 || found.st_ino != own.st_ino ||
        found.st_dev != own.st_dev)
        return;
    path_trim(name_a.path);
    char *copy = text_keep(name_a.path);
    if (!copy)
        return;
    text_free(file->path);
    file->path = copy;
    file->canonical = 1;
}

long call_fchdir(const unsigned long arg[6]) {
    struct file *file = fd_file(arg[0]);
    if (!file)
        return -EBADF;
    if (file->class != &directory_class && (file->class != &host_class || file_type(file) != S_IFDIR || !file->path))
        return -ENOTDIR;
    if (file->class == &host_class)
        path_canonical(file);
    cwd_set(file_hold(file));
    return 0;
}

long call_chroot(const unsigned long arg[6]) {
    long result = name_read(&name_a, arg[0], 0);
    return result < 0 ? result : -EPERM;
}
