/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names are made, moved and removed. What is not in a grant can't be changed.
 */
#include "files.h"

#define HERE (unsigned long)AT_FDCWD
enum { NOREPLACE = 1, EXCHANGE = 2, WHITEOUT = 4 };

/* ---- unlink, rmdir */

/* What a call says of a path that ends so, if it leads anywhere. 0: it does not end so. */
static long dots_answer(struct name *name, long one, long two) {
    int dots = ends_in_dots(name->given);
    long result = dots && !name->walked ? name_walk(name) : 0;
    return result < 0 ? result : dots == 0 ? 0 : dots == 1 ? one : two;
}

static long unlink_op(struct name *name, const unsigned long *arg) {
    long dots = arg[0] ? dots_answer(name, -EINVAL, -ENOTEMPTY) : 0;
    if (dots)
        return dots;
    if (name->root && name->at)
        return arg[0] ? -EBUSY : name->mount->directory ? -EISDIR : -EBUSY;
    if (name->at)
        return refuse_told(name, host_name(name->at, OP_HOST_UNLINK, name->rest, arg[0], 0, 0));
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
    return result < 0 ? result : name_do(&name_a, fd, FOLLOW_NEVER, unlink_op, &flags);
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
        return name->root ? -EEXIST : refuse_told(name, host_name(name->at, OP_HOST_MKDIR, name->rest, arg[0], 0, 0));
    return name_readonly(name);
}

static long mkdir_at(unsigned long fd, unsigned long path, unsigned long mode) {
    const unsigned long masked = mode_masked(mode) & 01777;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, FOLLOW_NEVER, mkdir_op, &masked);
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
    long result = refuse_told(name, host_open(name->at, name->rest, O_CREAT | O_EXCL | O_WRONLY, arg[0]));
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
    return result < 0 ? result : name_do(&name_a, fd, FOLLOW_NEVER, mknod_op, &masked);
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

/* Open directories that have been moved are known by their new names. */
static void directories_moved(struct name *from, struct name *to, int exchanged) {
    struct stat st;
    if (host_stat(to->at, to->rest, AT_SYMLINK_NOFOLLOW, &st) < 0 || (!S_ISDIR(st.st_mode) && !exchanged))
        return;
    if ((from->walked || name_walk(from) == 0) && (to->walked || name_walk(to) == 0))
        file_paths_moved(from->path, to->path, exchanged);
}

static long rename_op(struct name *from, const unsigned long *arg) {
    struct name *to = &name_b;
    int dots = ends_in_dots(from->given);
    if (dots || ends_in_dots(to->given)) {
        long result = from->walked ? 0 : name_walk(from);
        if (result == 0 && !to->walked)
            result = name_walk(to);
        return result < 0 ? result : dots || !(arg[0] & NOREPLACE) ? -EBUSY : -EEXIST;
    }
    long wrong = two_wrong(from, to);
    if (wrong)
        return wrong;
    if (from->root || to->root)
        return -EBUSY;
    wrong = refuse_told(to, host_names(from->at, OP_HOST_RENAME, from->rest, to->at, to->rest, arg[0]));
    if (wrong == 0)
        directories_moved(from, to, (arg[0] & EXCHANGE) != 0);
    return wrong;
}

/* What is wrong with the second path counts after the first has been followed. */
static long two_read(unsigned long first, unsigned long second, int empty) {
    name_read(&name_b, second, 0);
    return name_read(&name_a, first, empty);
}

static long rename_at(unsigned long fd, unsigned long path, unsigned long fd_b, unsigned long path_b,
                      unsigned long flags) {
    if (flags & ~(unsigned long)(NOREPLACE | EXCHANGE | WHITEOUT) ||
        (flags & EXCHANGE && flags & (NOREPLACE | WHITEOUT)))
        return -EINVAL;
    long result = two_read(path, path_b, 0);
    return result < 0 ? result : names_do(fd, FOLLOW_NEVER, 0, fd_b, rename_op, &flags);
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
    struct stat st;
    long dots = dots_answer(to, -EEXIST, -EEXIST);
    if (dots) {
        long missing =
            from->at ? host_stat(from->at, from->rest, from->follow == FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW, &st) : 0;
        return missing < 0 ? missing : dots;
    }
    long wrong = two_wrong(from, to);
    if (wrong)
        return wrong;
    if (to->root)
        return -EEXIST;
    unsigned long flags = *from->rest ? arg[0] : AT_EMPTY_PATH;
    return refuse_told(to, host_names(from->at, OP_HOST_LINK, from->rest, to->at, to->rest, flags));
}

/* An empty path: the descriptor's own file. */
static long link_empty(unsigned long fd, unsigned long fd_b) {
    struct file *file = fd_file(fd);
    if (!file)
        return -EBADF;
    long result = name_b.wrong ? name_b.wrong : name_resolve(&name_b, fd_b, FOLLOW_NEVER);
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
    return names_do(fd, follow ? FOLLOW : FOLLOW_NOT, 1, fd_b, link_op, &follow);
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
                      : refuse_told(name, host_names(name->at, OP_HOST_SYMLINK, name_b.given, name->at, name->rest, 0));
}

static long symlink_at(unsigned long target, unsigned long fd, unsigned long path) {
    long result = name_read(&name_b, target, 0);
    if (result == 0)
        result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, fd, FOLLOW_NEVER, symlink_op, 0);
}

long call_symlink(const unsigned long arg[6]) {
    return symlink_at(arg[0], HERE, arg[1]);
}

long call_symlinkat(const unsigned long arg[6]) {
    return symlink_at(arg[0], arg[1], arg[2]);
}
