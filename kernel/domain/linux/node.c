/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names that no grant has: directories above the grants, devices, /proc. A grant of the same path, or one that begins
 * deeper, comes first.
 */
#include "files.h"

static const struct entry {
    const char *path;
    enum node node;
    const char *target; /* of a link; NULL: made when it is asked for */
} entries[] = {
    {"/dev", NODE_DIRECTORY, 0},
    {"/dev/null", NODE_NULL, 0},
    {"/dev/zero", NODE_ZERO, 0},
    {"/dev/full", NODE_FULL, 0},
    {"/dev/random", NODE_RANDOM, 0},
    {"/dev/urandom", NODE_RANDOM, 0},
    {"/dev/tty", NODE_TTY, 0},
    {"/dev/fd", NODE_LINK, "/proc/self/fd"},
    {"/dev/stdin", NODE_LINK, "/proc/self/fd/0"},
    {"/dev/stdout", NODE_LINK, "/proc/self/fd/1"},
    {"/dev/stderr", NODE_LINK, "/proc/self/fd/2"},
    {"/proc", NODE_DIRECTORY, 0},
    {"/proc/cpuinfo", NODE_CPUINFO, 0},
    {"/proc/meminfo", NODE_MEMINFO, 0},
    {"/proc/self", NODE_DIRECTORY, 0},
    {"/proc/self/cmdline", NODE_CMDLINE, 0},
    {"/proc/self/environ", NODE_ENVIRON, 0},
    {"/proc/self/maps", NODE_MAPS, 0},
    {"/proc/self/exe", NODE_LINK, 0},
    {"/proc/self/cwd", NODE_LINK, 0},
    {"/proc/self/root", NODE_LINK, "/"},
    {"/proc/self/fd", NODE_DIRECTORY, 0},
};
#define ENTRIES (sizeof entries / sizeof *entries)
static const char descriptors[] = "/proc/self/fd";

static const struct entry *entry_at(const char *path) {
    for (unsigned i = 0; i < ENTRIES; i++)
        if (text_equal(entries[i].path, path))
            return &entries[i];
    return 0;
}

static enum node descriptor_at(const char *path, unsigned *number) {
    const char *digit = path + sizeof descriptors;
    unsigned value = 0;
    if (!text_starts(path, descriptors) || digit[-1] != '/' || !*digit || (digit[0] == '0' && digit[1]))
        return NODE_NONE;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || value > DESCRIPTORS)
            return NODE_NONE;
        value = value * 10 + (unsigned)(*digit - '0');
    }
    *number = value;
    return fd_used(value) ? NODE_FD : NODE_NONE;
}

enum node node_at(const char *path, unsigned long length, unsigned *number) {
    if (length == 0)
        return NODE_DIRECTORY;
    if (!text_starts(path, "/dev") && !text_starts(path, "/proc"))
        return NODE_NONE;
    const struct entry *entry = entry_at(path);
    return entry ? entry->node : descriptor_at(path, number);
}

long node_link(const struct name *name, char *to, unsigned long room) {
    const struct entry *entry = entry_at(name->path);
    const char *target = entry->target;
    if (!target)
        target = text_equal(name->path, "/proc/self/exe") ? boot.exe : cwd->path ? cwd->path : "/";
    to[0] = 0;
    long wrong = text_append(to, room, target);
    return wrong ? wrong : (long)text_length(to);
}

/* ---- Status */

#define DEVICE(major, minor) ((major) << 8 | (minor))

static unsigned device_of(const char *path) {
    static const struct {
        const char *path;
        unsigned device;
    } known[] = {{"/dev/null", DEVICE(1u, 3u)},   {"/dev/zero", DEVICE(1u, 5u)},    {"/dev/full", DEVICE(1u, 7u)},
                 {"/dev/random", DEVICE(1u, 8u)}, {"/dev/urandom", DEVICE(1u, 9u)}, {"/dev/tty", DEVICE(5u, 0u)}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (text_equal(known[i].path, path))
            return known[i].device;
    return 0;
}

void node_stat(const char *path, enum node node, struct stat *st) {
    unsigned long ino = 5381;
    for (const char *letter = path; *letter; letter++)
        ino = ino * 33 + (unsigned char)*letter;
    *st = (struct stat){.st_ino = ino, .st_nlink = 1, .st_blksize = (long)PAGE_SIZE};
    st->st_rdev = device_of(path);
    if (node == NODE_DIRECTORY)
        st->st_mode = S_IFDIR | 0555, st->st_nlink = 2;
    else if (st->st_rdev)
        st->st_mode = S_IFCHR | 0666;
    else if (node == NODE_LINK || node == NODE_FD)
        st->st_mode = S_IFLNK | 0777;
    else
        st->st_mode = S_IFREG | 0444;
    if (node == NODE_IMAGE) {
        st->st_mode = S_IFREG | 0555;
        st->st_size = (long)boot.image_size;
    }
}

/* ---- Directories */

/* The component of `path` right below `directory` (which has no slash at its end); NULL: it is not below. */
static const char *child_of(const char *path, const char *directory, unsigned long *length) {
    unsigned long above = text_length(directory);
    if (!text_starts(path, directory) || path[above] != '/' || !path[above + 1])
        return 0;
    const char *child = path + above + 1;
    for (*length = 0; child[*length] && child[*length] != '/'; ++*length)
        ;
    return child;
}

static const char *descriptor_entry(unsigned long index, char *room) {
    unsigned fd = 0;
    while (fd < DESCRIPTORS && (!fd_used(fd) || index--))
        fd++;
    if (fd == DESCRIPTORS)
        return 0;
    char digits[8], *to = room;
    unsigned count = 0;
    do
        digits[count++] = (char)('0' + fd % 10);
    while (fd /= 10);
    while (count)
        *to++ = digits[--count];
    *to = 0;
    return room;
}

static unsigned char type_of(enum node node, const char *path) {
    enum { DT_CHR = 2, DT_DIR = 4, DT_REG = 8, DT_LNK = 10 };
    return node == NODE_DIRECTORY ? DT_DIR : node == NODE_LINK ? DT_LNK : device_of(path) ? DT_CHR : DT_REG;
}

/* Whether a mount before this one, or an entry of ours, gives the same name to the directory. */
static int named_before(unsigned before, const char *directory, const char *child, unsigned long length) {
    unsigned long other;
    const char *name;
    for (unsigned i = 0; i < ENTRIES; i++)
        if ((name = child_of(entries[i].path, directory, &other)) && other == length && !memcmp(name, child, length))
            return 1;
    for (unsigned i = 0; i < before; i++)
        if ((name = child_of(mount_number(i)->path, directory, &other)) && other == length &&
            !memcmp(name, child, length))
            return 1;
    return 0;
}

static const char *mount_entry(const char *directory, unsigned long index, unsigned char *type, char *room) {
    const struct mount *mount;
    for (unsigned i = 0; (mount = mount_number(i)); i++) {
        unsigned long length;
        const char *child = child_of(mount->path, directory, &length);
        if (!child || named_before(i, directory, child, length) || index--)
            continue;
        memcpy(room, child, length);
        room[length] = 0;
        *type = type_of(child[length] == '/' || mount->directory ? NODE_DIRECTORY : NODE_NULL, "");
        return room;
    }
    return 0;
}

const char *node_entry(const char *directory, unsigned long index, unsigned char *type, char *room) {
    const char *above = text_equal(directory, "/") ? "" : directory;
    *type = type_of(NODE_DIRECTORY, "");
    if (index < 2)
        return index ? ".." : ".";
    index -= 2;
    *type = type_of(NODE_LINK, "");
    if (text_equal(directory, descriptors))
        return descriptor_entry(index, room);
    for (unsigned i = 0; i < ENTRIES; i++) {
        unsigned long length;
        const char *child = child_of(entries[i].path, above, &length);
        *type = type_of(entries[i].node, entries[i].path);
        if (child && !child[length] && !index--)
            return child;
    }
    return mount_entry(above, index, type, room);
}

/* ---- Open */

static long open_as(const struct file_class *class, const struct name *name, unsigned long flags) {
    struct stat st;
    node_stat(name->path, name->node, &st);
    struct file *file = file_new(
        class, ((unsigned)flags & ~(unsigned)(O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC)) | O_LARGE, name->path);
    if (!file)
        return -ENFILE;
    file->mode = st.st_mode;
    return fd_install(file, 0, (flags & O_CLOEXEC) != 0);
}

static long open_proc(const struct name *name, unsigned long flags) {
    if ((flags & ACCESS_MODE) != O_RDONLY)
        return -EACCES;
    struct file *file = proc_open(name->node, ((unsigned)flags & ~(unsigned)O_CLOEXEC) | O_LARGE, name->path);
    return file ? fd_install(file, 0, (flags & O_CLOEXEC) != 0) : -ENFILE;
}

/* The terminal is whichever of the standard streams is one. */
static long open_tty(unsigned long flags) {
    for (unsigned fd = 0; fd < 3; fd++) {
        struct file *file = fd_open(fd);
        if (file && terminal_is(file))
            return fd_install(file_hold(file), 0, (flags & O_CLOEXEC) != 0);
    }
    return -ENXIO;
}

/* Whether a name leads to an open file. */
static int same_file(struct name *name, struct file *file) {
    struct stat found, own;
    return name->at && host_stat(name->at, name->rest, 0, &found) == 0 && file_stat(file, &own) == 0 &&
           found.st_ino == own.st_ino && found.st_dev == own.st_dev;
}

/* /proc/self/fd/N: the file is opened anew, as Linux does it, if its name still leads to it. Else the descriptor is
 * copied, which may have no more rights than it has. */
static long open_fd(const struct name *name, unsigned long flags) {
    struct file *file = fd_file(name->number);
    unsigned own = file->flags & ACCESS_MODE, wanted = (unsigned)flags & ACCESS_MODE;
    if (file->class == &host_class && file->path && file_type(file) != S_IFIFO) {
        name_b.given[0] = 0;
        name_b.beneath = name_b.creates = 0;
        name_b.links_max = 40;
        text_append(name_b.given, PATH_ROOM, file->path);
        if (name_resolve(&name_b, (unsigned long)AT_FDCWD, FOLLOW) == 0 && same_file(&name_b, file))
            return open_host(&name_b, flags & ~(unsigned long)(O_CREAT | O_EXCL), 0);
    }
    if (file->flags & O_PATH || (own != O_RDWR && own != wanted))
        return -EACCES;
    return fd_install(file_hold(file), 0, (flags & O_CLOEXEC) != 0);
}

long node_open(struct name *name, unsigned long flags) {
    switch (name->node) {
    case NODE_DIRECTORY:
        if ((flags & ACCESS_MODE) != O_RDONLY || flags & O_CREAT)
            return -EISDIR;
        return open_as(&directory_class, name, flags);
    case NODE_LINK:
        return flags & O_PATH ? -EOPNOTSUPP : -ELOOP; /* with O_NOFOLLOW only */
    default:
        break;
    }
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    switch (name->node) {
    case NODE_NULL:
        return open_as(&null_class, name, flags);
    case NODE_ZERO:
        return open_as(&zero_class, name, flags);
    case NODE_FULL:
        return open_as(&full_class, name, flags);
    case NODE_RANDOM:
        return open_as(&random_class, name, flags);
    case NODE_TTY:
        return open_tty(flags);
    case NODE_FD:
        return open_fd(name, flags);
    case NODE_IMAGE:
        return (flags & ACCESS_MODE) == O_RDONLY ? open_as(&image_class, name, flags) : -EROFS;
    default:
        return open_proc(name, flags);
    }
}
