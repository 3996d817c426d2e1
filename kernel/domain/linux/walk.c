/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a path leads, link by link, in the program's own names: links that leave a grant may come to another one. What
 * is found only says where to look. The host is asked again for what is done and keeps to the grant, whatever has
 * changed meanwhile.
 */
#include "path.h"

static char left[PATH_ROOM];   /* still to be walked */
static char target[PATH_ROOM]; /* of a link; and the next `left` */

enum { WALK_NOWHERE = 1 }; /* beside 0 and -errno: no directory of that name */

static int slash_last;     /* behind the last component */
static const char *behind; /* of left: where the next component begins */

static int only_slashes(const char *text) {
    while (*text == '/')
        text++;
    return !*text;
}

/* Puts what is still to be walked behind the link's target. */
static long splice(struct name *name) {
    if (++name->links > name->links_max)
        return -ELOOP;
    if (!target[0])
        return -ENOENT;
    if (text_append(target, PATH_ROOM, behind) < 0)
        return -ENAMETOOLONG;
    memcpy(left, target, text_length(target) + 1);
    behind = left;
    if (left[0] == '/')
        name->work[0] = 0;
    else
        path_pop(name->work);
    return 0;
}

/* A descriptor of ours in the middle of a path, or at its end: a directory's is as good as its path. */
static long through_fd(struct name *name) {
    struct file *file = fd_file(name->number);
    if (!file)
        return -ENOENT;
    if (!file->path || (file->class == &host_class ? file_type(file) != S_IFDIR : file->class != &directory_class))
        return -ENOTDIR;
    target[0] = 0;
    text_append(target, PATH_ROOM, file->path);
    return splice(name);
}

/* Whether the last component is not looked at. */
static int last_stays(const struct name *name, int last, int slash) {
    return last && (name->follow == FOLLOW_NEVER || (name->follow == FOLLOW_NOT && !slash));
}

static long node_step(struct name *name, int last, int slash) {
    switch (name->node) {
    case NODE_DIRECTORY:
        return 0;
    case NODE_LINK:
        if (last_stays(name, last, slash))
            return 0;
        long length = node_link(name, target, PATH_ROOM);
        return length < 0 ? length : splice(name);
    case NODE_FD:
        return last && !slash ? 0 : through_fd(name);
    case NODE_NONE:
        return last ? 0 : WALK_NOWHERE;
    default:
        return last && !slash ? 0 : -ENOTDIR;
    }
}

static long host_step(struct name *name, int last, int slash) {
    struct stat st;
    if (last_stays(name, last, slash))
        return 0;
    long result = host_stat(name->at, name->rest, AT_SYMLINK_NOFOLLOW, &st);
    if (result < 0)
        return result == -ENOENT && last ? 0 : result;
    if (S_ISLNK(st.st_mode)) {
        long length = host_readlink(name->at, name->rest, target, PATH_ROOM - 1);
        if (length < 0)
            return length;
        target[length] = 0;
        return splice(name);
    }
    return S_ISDIR(st.st_mode) || (last && !slash) ? 0 : -ENOTDIR;
}

/* One component: name->work becomes longer, or the link's target comes first. */
static long walk_step(struct name *name, const char *start, unsigned long length) {
    int last = only_slashes(behind), slash = last && *behind;
    slash_last = slash;
    if (is_dot(start, length))
        return 0;
    if (is_dots(start, length)) {
        path_pop(name->work);
        return 0;
    }
    if (slash && name->creates)
        return -EISDIR; /* whatever is there */
    if (path_push(name->work, start, length) < 0)
        return -ENAMETOOLONG;
    int follow = name->follow;
    name->follow = FOLLOW_NEVER; /* here, links are only looked at */
    long result = path_quick(name, name->work);
    name->follow = (unsigned char)follow;
    if (result < 0)
        return result;
    return name->at ? host_step(name, last, slash) : node_step(name, last, slash);
}

static long walk_begin(struct name *name) {
    const struct file *base = name->given[0] == '/' ? 0 : name->base;
    left[0] = 0;
    name->work[0] = 0;
    if (base && !base->path)
        return -ENOENT;
    if (base && base->canonical) {
        text_append(name->work, PATH_ROOM, text_equal(base->path, "/") ? "" : base->path);
    } else if (base) {
        text_append(left, PATH_ROOM, base->path);
        if (text_append(left, PATH_ROOM, "/") < 0)
            return -ENAMETOOLONG;
    }
    behind = left;
    name->walked = 1;
    return text_append(left, PATH_ROOM, name->given);
}

/* The path is canonical now. What it ended in still means something to the host. */
static long walk_finish(struct name *name) {
    if (ends_in_dots(name->given))
        text_append(name->work, PATH_ROOM, "/.");
    else if (!name->work[0] || slash_last)
        text_append(name->work, PATH_ROOM, "/");
    int follow = name->follow;
    name->follow = FOLLOW_NEVER;
    long result = path_quick(name, name->work);
    name->follow = (unsigned char)follow;
    return result < 0 ? result : 0;
}

/* Nothing is there; the path is told to the user. */
static long walk_nowhere(struct name *name) {
    name->at = 0;
    name->node = NODE_NONE;
    name->orphan = 1;
    memcpy(name->path, name->work, text_length(name->work) + 1);
    long result = has_dots(behind) ? 0 : text_append(name->path, PATH_ROOM, behind);
    if (result == 0 && text_equal(name->path, boot.exe))
        name->node = NODE_IMAGE;
    return result;
}

long name_walk(struct name *name) {
    if (name->beneath)
        return -EXDEV;
    long result = walk_begin(name);
    const char *start;
    while (result == 0) {
        unsigned long length = component(&behind, &start);
        if (length == 0)
            return walk_finish(name);
        result = walk_step(name, start, length);
    }
    return result == WALK_NOWHERE ? walk_nowhere(name) : result;
}
