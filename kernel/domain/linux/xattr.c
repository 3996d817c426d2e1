/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extended attributes: no file has any, and none can be given one.
 */
#include "files.h"

/* The path is looked at, and that is all. arg: what is to be answered if it leads somewhere. */
static long look_op(struct name *name, const unsigned long *arg) {
    struct stat st;
    if (!name->at) {
        long missing = name_missing(name);
        return missing ? missing : (long)*arg;
    }
    long result = host_stat(name->at, name->rest, name->follow ? 0 : AT_SYMLINK_NOFOLLOW, &st);
    return result < 0 ? result : (long)*arg;
}

static long look(unsigned long path, int follow, long answer) {
    const unsigned long arg = (unsigned long)answer;
    long result = name_read(&name_a, path, 0);
    return result < 0 ? result : name_do(&name_a, (unsigned long)AT_FDCWD, follow, look_op, &arg);
}

/* The attribute's name. */
static long attribute_wrong(unsigned long address) {
    char name[NAME_ROOM];
    long length = user_string(address, name, sizeof name);
    return length == -ENAMETOOLONG || length == 0 ? -ERANGE : length < 0 ? length : 0;
}

static long path_call(const unsigned long arg[6], int follow, long answer) {
    long wrong = attribute_wrong(arg[1]);
    return wrong ? wrong : look(arg[0], follow, answer);
}

static long fd_call(const unsigned long arg[6], long answer) {
    long wrong = attribute_wrong(arg[1]);
    return !fd_open(arg[0]) ? -EBADF : wrong ? wrong : answer;
}

long call_setxattr(const unsigned long arg[6]) {
    return path_call(arg, 1, -EOPNOTSUPP);
}

long call_lsetxattr(const unsigned long arg[6]) {
    return path_call(arg, 0, -EOPNOTSUPP);
}

long call_fsetxattr(const unsigned long arg[6]) {
    return fd_call(arg, -EOPNOTSUPP);
}

long call_getxattr(const unsigned long arg[6]) {
    return path_call(arg, 1, -ENODATA);
}

long call_lgetxattr(const unsigned long arg[6]) {
    return path_call(arg, 0, -ENODATA);
}

long call_fgetxattr(const unsigned long arg[6]) {
    return fd_call(arg, -ENODATA);
}

long call_listxattr(const unsigned long arg[6]) {
    return look(arg[0], 1, 0);
}

long call_llistxattr(const unsigned long arg[6]) {
    return look(arg[0], 0, 0);
}

long call_flistxattr(const unsigned long arg[6]) {
    return fd_open(arg[0]) ? 0 : -EBADF;
}
