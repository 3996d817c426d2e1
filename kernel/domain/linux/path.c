/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a path leads, the quick way: components are names until a grant begins, and the rest is the host's business,
 * which follows links but never leaves the grant. When that does not do, walk.c goes link by link.
 */
#include "path.h"

struct name name_a, name_b;
struct file *cwd;

unsigned long component(const char **text, const char **start) {
    while (**text == '/')
        ++*text;
    *start = *text;
    while (**text && **text != '/')
        ++*text;
    return (unsigned long)(*text - *start);
}

int is_dot(const char *start, unsigned long length) {
    return length == 1 && start[0] == '.';
}

int is_dots(const char *start, unsigned long length) {
    return length == 2 && start[0] == '.' && start[1] == '.';
}

long path_push(char *path, const char *start, unsigned long length) {
    unsigned long at = text_length(path);
    if (at + 1 + length >= PATH_ROOM)
        return -ENAMETOOLONG;
    path[at] = '/';
    memcpy(path + at + 1, start, length);
    path[at + 1 + length] = 0;
    return 0;
}

void path_pop(char *path) {
    unsigned long length = text_length(path);
    while (length && path[--length] != '/')
        ;
    path[length] = 0;
}

int has_dots(const char *text) {
    const char *start;
    for (unsigned long length; (length = component(&text, &start)) > 0;)
        if (is_dots(start, length))
            return 1;
    return 0;
}

int ends_in_dots(const char *path) {
    unsigned long length = text_length(path);
    while (length && path[length - 1] == '/')
        length--;
    if (length == 0 || path[length - 1] != '.')
        return 0;
    if (length == 1 || path[length - 2] == '/')
        return 1;
    return path[length - 2] == '.' && (length == 2 || path[length - 3] == '/') ? 2 : 0;
}

void path_trim(char *path) {
    unsigned long length = text_length(path);
    while (length > 1 && (path[length - 1] == '/' || (path[length - 1] == '.' && path[length - 2] == '/')))
        path[--length] = 0;
}

/* Whether a path names nothing beyond where it begins. */
static int only_dots(const char *text) {
    const char *start;
    for (unsigned long length; (length = component(&text, &start)) > 0;)
        if (!is_dot(start, length))
            return 0;
    return 1;
}

/* What is at name->path, if name says what its parent is; `rest` comes behind it. */
static void cover(struct name *name, const char *rest) {
    unsigned long length = text_length(name->path);
    const struct mount *mount = mount_at(name->path, length);
    name->node = mount ? NODE_NONE : node_at(name->path, length, &name->number);
    if (mount) {
        name->mount = mount;
        name->at = mount->file;
        name->rest = rest;
    } else if (name->node) {
        name->at = 0;
    } else if (!name->at && mounts_below(name->path)) {
        name->node = NODE_DIRECTORY;
    } else if (!name->at && text_equal(name->path, boot.exe)) {
        name->node = NODE_IMAGE;
    }
}

/* One component on. */
static long step(struct name *name, const char *start, unsigned long length, const char *rest) {
    if (is_dot(start, length))
        return 0;
    if (is_dots(start, length) && name->at)
        return PATH_WALK;
    if (!name->at && name->node != NODE_DIRECTORY) {
        if (name->node == NODE_LINK || name->node == NODE_FD)
            return PATH_WALK;
        if (name->node != NODE_NONE)
            return -ENOTDIR;
        name->orphan = 1;
    }
    if (is_dots(start, length))
        path_pop(name->path);
    else if (path_push(name->path, start, length) < 0)
        return -ENAMETOOLONG;
    cover(name, rest);
    return 0;
}

/* The last component is known: what a slash behind it, and the wish to follow it, make of it. */
static long finish(struct name *name, const char *text) {
    unsigned long length = text_length(text);
    int slash = text[length - 1] == '/';
    if (!name->path[0])
        text_append(name->path, PATH_ROOM, "/");
    if (name->at) {
        if (!name->mount->directory && *name->rest)
            return -ENOTDIR;
        while (*name->rest == '/')
            name->rest++;
        name->root = (unsigned char)only_dots(name->rest);
        return 0;
    }
    if (name->node == NODE_LINK && (name->follow == FOLLOW || (slash && name->follow == FOLLOW_NOT)))
        return PATH_WALK;
    return slash && name->node != NODE_DIRECTORY && name->node != NODE_NONE ? -ENOTDIR : 0;
}

long path_quick(struct name *name, const char *text) {
    const char *start, *rest = text;
    name->path[0] = 0;
    name->at = 0;
    name->mount = 0;
    name->orphan = name->root = 0;
    cover(name, text);
    for (unsigned long length; (length = component(&rest, &start)) > 0;) {
        long result = step(name, start, length, rest);
        if (result)
            return result;
    }
    return finish(name, text);
}

/* ---- From a directory of the host, which has an open file: the host looks below that, wherever it is by now. */

static long path_below(struct name *name) {
    const char *text = name->given, *start;
    if (has_dots(name->given) || !name->base->path || mounts_below(name->base->path))
        return PATH_WALK;
    name->path[0] = 0;
    name->mount = 0;
    text_append(name->path, PATH_ROOM, text_equal(name->base->path, "/") ? "" : name->base->path);
    for (unsigned long length; (length = component(&text, &start)) > 0;)
        if (!is_dot(start, length) && path_push(name->path, start, length) < 0)
            return -ENAMETOOLONG;
    name->at = name->base;
    name->rest = name->given;
    name->node = NODE_NONE;
    name->orphan = name->root = 0;
    return 0;
}

static long path_relative(struct name *name, unsigned long fd) {
    name->base = (int)fd == AT_FDCWD ? cwd : fd_file(fd);
    if (!name->base)
        return -EBADF;
    if (name->base->class == &host_class)
        return file_type(name->base) == S_IFDIR ? path_below(name) : -ENOTDIR;
    if (name->base->class != &directory_class)
        return -ENOTDIR;
    name->work[0] = 0;
    text_append(name->work, PATH_ROOM, name->base->path);
    if (text_append(name->work, PATH_ROOM, "/") < 0 || text_append(name->work, PATH_ROOM, name->given) < 0)
        return -ENAMETOOLONG;
    return path_quick(name, name->work);
}

/* ---- What the calls use */

long name_read(struct name *name, unsigned long address, int empty) {
    long length = user_string(address, name->given, PATH_ROOM);
    name->beneath = name->opens = name->creates = 0;
    name->links_max = 40;
    return name->wrong = length < 0 ? length : length == 0 && !empty ? -ENOENT : 0;
}

long name_resolve(struct name *name, unsigned long fd, enum follow follow) {
    name->follow = (unsigned char)follow;
    name->walked = name->links = 0;
    name->base = 0;
    if (name->given[0] == '/' && name->beneath)
        return -EXDEV;
    long result = name->given[0] == '/' ? path_quick(name, name->given) : path_relative(name, fd);
    if (result == PATH_WALK || (result == 0 && name->links_max == 0))
        return name_walk(name);
    return result;
}

/* -EXDEV: something led out of the grant. -EROFS: before anything was looked at; a link may lead to what may be
 * changed. If there are grants inside this one, what is missing may be in one of them. */
int name_again(const struct name *name, long result) {
    if (name->walked || name->beneath || !name->at)
        return 0;
    return result == -EXDEV || (result == -EROFS && mounts_writable()) ||
           (result == -ENOENT && name->mount && mounts_below(name->mount->path));
}

/* /proc/self/fd/N is as good as the file, to whom it is not to be opened. */
static void through_descriptor(struct name *name) {
    struct file *file =
        !name->at && name->node == NODE_FD && name->follow == FOLLOW && !name->opens ? fd_file(name->number) : 0;
    if (!file || file->class != &host_class)
        return;
    name->at = file;
    name->rest = "";
    name->mount = 0;
    name->root = 0;
}

long name_do(struct name *name, unsigned long fd, enum follow follow, name_op *op, const unsigned long *arg) {
    long result = name_resolve(name, fd, follow);
    if (result < 0)
        return result;
    through_descriptor(name);
    result = op(name, arg);
    if (!name_again(name, result))
        return result;
    result = name_walk(name);
    if (result == 0)
        result = op(name, arg);
    return result == -EXDEV ? -ENOENT : result; /* it has changed since */
}

/* The first path leads somewhere, as far as anybody looks before the second is looked at; `whole`: to the end. */
static long first_wrong(int whole) {
    struct stat st;
    long result = name_a.walked ? 0 : name_walk(&name_a);
    if (result == 0 && whole && name_a.at)
        result = host_stat(name_a.at, name_a.rest, name_a.follow == FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW, &st);
    return result;
}

long names_do(unsigned long fd_a, enum follow follow, int whole, unsigned long fd_b, name_op *op,
              const unsigned long *arg) {
    long result = name_resolve(&name_a, fd_a, follow);
    if (result < 0)
        return result;
    result = name_b.wrong ? name_b.wrong : name_resolve(&name_b, fd_b, FOLLOW_NEVER);
    if (result < 0) {
        long first = first_wrong(whole);
        return first < 0 ? first : result;
    }
    through_descriptor(&name_a);
    result = op(&name_a, arg);
    int again_a = name_again(&name_a, result), again_b = name_again(&name_b, result);
    if (!again_a && !again_b)
        return result;
    result = again_a || whole ? first_wrong(whole) : 0;
    if (result == 0 && again_b)
        result = name_walk(&name_b);
    return result < 0 ? result : op(&name_a, arg);
}

long name_missing(struct name *name) {
    if (name->node != NODE_NONE)
        return 0;
    refuse_look(name);
    return -ENOENT;
}

long name_readonly(struct name *name) {
    if (name->node != NODE_NONE)
        return -EEXIST;
    refuse_open(name->path, REFUSE_WRITE);
    return name->orphan ? -ENOENT : -EROFS;
}
