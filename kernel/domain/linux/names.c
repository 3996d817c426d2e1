/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names are made, moved and removed. What is not in a grant can't be changed.
 */
#include "files.h"

#define HERE (unsigned long)AT_FDCWD
enum { NOREPLACE = 1, EXCHANGE = 2, WHITEOUT = 4 };

/* A result of the host that is about the grant's rights is worth a hint. */
static long told(const struct name *name, long result) {
    if (result == -EROFS && name->mount && !name->mount->writable)
        refuse_open(name->path, REFUSE_WRITE);
    return result;
}

/* ---- unlink, rmdir */

/* What rmdir says of a path that ends in "." or "..", wherever that leads. 0: it does not. */
static long dots_wrong(const char *path) {
    unsigned long length = text_length(path);
    while (length && path[length - 1] == '/')
        length--;
    if (length == 0 || path[length - 1] != '.')
        return 0;
    if (length == 1 || path[length - 2] == '/')
        return -EINVAL;
    return path[length - 2] == '.' && (length == 2 || path[length - 3] == '/') ? -ENOTEMPTY : 0;
}

static long unlink_op(struct name *name, const unsigned long *arg) {
    long dots = arg[0] ? dots_wrong(name->given) : 0;
    if (dots)
        return dots;
    if (name->root && name->at)
        return arg[0] ? -EBUSY : name->mount->directory ? -EISDIR : -EBUSY;
    if (name->at)
        return told(name, host_name(name->at, OP_HOST_UNLINK, name->rest, arg[0], 0, 0));
    long missing = name_missing(name);
    if (missing)
        return missing;
    if (arg[0])
        return name->node == NODE_DIRECTORY ? -EBUSY : -ENOTDIR;
    return name->node == NODE_DIRECTORY ? -EISDIR : -EROFS;
}

static long unlink_at(unsigned long fd, unsigned long path, unsigned long flags) {
    if (flags & ~(unsigned long)AT_REMOVEDIR)
        return -EINVAL;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, 0, unlink_op, &flags);
}

long call_unlink(const unsigned long arg[6]) {
    return unlink_at(HERE, arg[0], 0);
}

long call_rmdir(const unsigned long arg[6]) {
    return unlink_at(HERE, arg[0], AT_REMOVEDIR);
}

long call_unlinkat(const unsigned long arg[6]) {
    return unlink_at(arg[0], arg[1], (unsigned)arg[2]);
}

/* ---- mkdir, mknod */

static long mkdir_op(struct name *name, const unsigned long *arg) {
    if (name->at)
        return name->root ? -EEXIST : told(name, host_name(name->at, OP_HOST_MKDIR, name->rest, arg[0], 0, 0));
    return name_readonly(name);
}

static long mkdir_at(unsigned long fd, unsigned long path, unsigned long mode) {
    const unsigned long masked = mode_masked(mode) & 01777;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, 0, mkdir_op, &masked);
}

long call_mkdir(const unsigned long arg[6]) {
    return mkdir_at(HERE, arg[0], arg[1]);
}

long call_mkdirat(const unsigned long arg[6]) {
    return mkdir_at(arg[0], arg[1], arg[2]);
}

/* Of what mknod makes, only files are anything here. */
static long mknod_op(struct name *name, const unsigned long *arg) {
    if (!name->at)
        return name_readonly(name);
    struct facet_message close = {0};
    long result = told(name, host_open(name->at, name->rest, O_CREAT | O_EXCL | O_WRONLY, arg[0]));
    if (result == 0)
        facet_call(R_FILE_F, OP_HOST_CLOSE, &close);
    return result;
}

static long mknod_at(unsigned long fd, unsigned long path, unsigned long mode) {
    unsigned long type = mode & S_IFMT, masked = mode_masked(mode);
    if (type == S_IFDIR)
        return -EPERM;
    if (type && type != S_IFREG)
        return type == S_IFCHR || type == S_IFBLK || type == S_IFIFO || type == S_IFSOCK ? -EPERM : -EINVAL;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, 0, mknod_op, &masked);
}

long call_mknod(const unsigned long arg[6]) {
    return mknod_at(HERE, arg[0], arg[1]);
}

long call_mknodat(const unsigned long arg[6]) {
    return mknod_at(arg[0], arg[1], arg[2]);
}

/* ---- rename, link: from name_a to name_b */

static long two_wrong(struct name *from, struct name *to) {
    if (!from->at) {
        long missing = name_missing(from);
        if (missing)
            return missing;
    }
    if (!to->at && to->node == NODE_NONE)
        return name_readonly(to);
    return from->at && to->at ? 0 : -EXDEV;
}

static long rename_op(struct name *from, const unsigned long *arg) {
    struct name *to = &name_b;
    long wrong = two_wrong(from, to);
    if (wrong)
        return wrong;
    if (from->root || to->root)
        return -EBUSY;
    return told(to, host_names(from->at, OP_HOST_RENAME, from->rest, to->at, to->rest, arg[0]));
}

static long two_read(unsigned long first, unsigned long second, int empty) {
    long result = name_read(&name_a, first, empty);
    return result < 0 ? result : name_read(&name_b, second, 0);
}

static long rename_at(unsigned long fd, unsigned long path, unsigned long fd_b, unsigned long path_b,
                      unsigned long flags) {
    if (flags & ~(unsigned long)(NOREPLACE | EXCHANGE | WHITEOUT) ||
        (flags & EXCHANGE && flags & (NOREPLACE | WHITEOUT)))
        return -EINVAL;
    long result = two_read(path, path_b, 0);
    return result < 0 ? result : names_do(fd, 0, fd_b, rename_op, &flags);
}

long call_rename(const unsigned long arg[6]) {
    return rename_at(HERE, arg[0], HERE, arg[1], 0);
}

long call_renameat(const unsigned long arg[6]) {
    return rename_at(arg[0], arg[1], arg[2], arg[3], 0);
}

long call_renameat2(const unsigned long arg[6]) {
    return rename_at(arg[0], arg[1], arg[2], arg[3], (unsigned)arg[4]);
}

static long link_op(struct name *from, const unsigned long *arg) {
    struct name *to = &name_b;
    long wrong = two_wrong(from, to);
    if (wrong)
        return wrong;
    if (to->root)
        return -EEXIST;
    return told(to, host_names(from->at, OP_HOST_LINK, from->rest, to->at, to->rest, arg[0]));
}

/* An empty path: the descriptor's own file. */
static long link_empty(unsigned long fd, unsigned long fd_b) {
    struct file *file = fd_file(fd);
    if (!file)
        return -EBADF;
    long result = name_resolve(&name_b, fd_b, 0);
    if (result < 0)
        return result;
    name_a.at = file->class == &host_class ? file : 0;
    name_a.rest = "";
    name_a.mount = 0;
    name_a.node = NODE_NULL;
    name_a.root = 0;
    return link_op(&name_a, &(const unsigned long){AT_EMPTY_PATH});
}

static long link_at(unsigned long fd, unsigned long path, unsigned long fd_b, unsigned long path_b,
                    unsigned long flags) {
    if (flags & ~(unsigned long)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long result = two_read(path, path_b, (flags & AT_EMPTY_PATH) != 0);
    if (result < 0)
        return result;
    if (!name_a.given[0])
        return link_empty(fd, fd_b);
    const unsigned long follow = flags & AT_SYMLINK_FOLLOW;
    return names_do(fd, follow != 0, fd_b, link_op, &follow);
}

long call_link(const unsigned long arg[6]) {
    return link_at(HERE, arg[0], HERE, arg[1], 0);
}

long call_linkat(const unsigned long arg[6]) {
    return link_at(arg[0], arg[1], arg[2], arg[3], (unsigned)arg[4]);
}

/* ---- symlink: name_b is only what it says */

static long symlink_op(struct name *name, const unsigned long *arg) {
    (void)arg;
    if (!name->at)
        return name_readonly(name);
    return name->root ? -EEXIST
                      : told(name, host_names(name->at, OP_HOST_SYMLINK, name_b.given, name->at, name->rest, 0));
}

static long symlink_at(unsigned long target, unsigned long fd, unsigned long path) {
    long result = name_read(&name_b, target, 0);
    if (result == 0)
        result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, 0, symlink_op, 0);
}

long call_symlink(const unsigned long arg[6]) {
    return symlink_at(arg[0], HERE, arg[1]);
}

long call_symlinkat(const unsigned long arg[6]) {
    return symlink_at(arg[0], arg[1], arg[2]);
}
