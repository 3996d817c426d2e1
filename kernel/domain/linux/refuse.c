/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A program that is refused a file says "No such file or directory"; this says why, once for each path, on the user's
 * standard error. What C libraries and shells look for at every start, granted or not, is not worth a line.
 */
#include "files.h"

#define TOLD 64u

static const char *const quiet[] = {
    "/etc/ld.so.", /* the dynamic linker, and dlopen for nsswitch */
    "/lib/",       /* … which looks for libnss_*.so */
    "/lib64/",
    "/usr/lib/",          /* … and gconv modules, locale archives */
    "/usr/share/locale/", /* message catalogues */
    "/usr/share/i18n/",
    "/usr/share/zoneinfo/", /* localtime */
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd", /* names for numbers, and a shell's own user */
    "/etc/group",
    "/etc/terminfo", /* curses and readline try several folders */
    "/usr/share/terminfo",
    "/etc/inputrc",
    "/etc/busybox.conf", /* busybox asks for it first of all */
    "/proc/",            /* of Linux itself: what is there is not granted */
    "/sys/",             /* malloc and OpenMP count processors */
    "/dev/",
    "/var/run/nscd/",
};

static unsigned long told[TOLD];
static unsigned tolds;

static unsigned long hash(const char *path) {
    unsigned long sum = 14695981039346656037ul;
    while (*path)
        sum = (sum ^ (unsigned char)*path++) * 1099511628211ul;
    return sum;
}

/* Whether the user has named a file on the command line, as it is or as the program did. */
static int is_argument(const char *given) {
    const char *argument = boot.argv;
    for (unsigned i = 0; i < boot.argc; i++, argument += text_length(argument) + 1)
        if (i && text_equal(argument, given))
            return 1;
    return 0;
}

static int is_quiet(const char *path) {
    const char *name = path + text_length(path);
    while (name > path && name[-1] != '/')
        name--;
    int quiet_name = *name == '.'; /* settings and histories, which need not be there */
    for (unsigned i = 0; i < sizeof quiet / sizeof *quiet; i++)
        quiet_name |= text_starts(path, quiet[i]);
    return quiet_name && !is_argument(path);
}

static int worth_telling(const char *path, enum refused what) {
    unsigned long sum = hash(path) + (what == REFUSE_WRITE);
    if (is_quiet(path))
        return 0;
    for (unsigned i = 0; i < tolds; i++)
        if (told[i] == sum)
            return 0;
    if (tolds == TOLD)
        return 0;
    told[tolds++] = sum;
    return 1;
}

/* The directory that a path is in. */
static const char *parent(const char *path) {
    static char room[PATH_ROOM];
    unsigned long length = text_length(path);
    while (length > 1 && path[--length] != '/')
        ;
    memcpy(room, path, length);
    room[length] = 0;
    return length ? room : "/";
}

void refuse_open(const char *path, enum refused what) {
    if (!worth_telling(path, what))
        return;
    if (what == REFUSE_WRITE)
        say("facet: the program was refused %s: --grant dir:%s:rw would allow it", path, parent(path));
    else if (what == REFUSE_LOOK)
        say("facet: the program was refused %s: --grant dir:%s:ro, or file:%s:ro, would allow it", path, path, path);
    else
        say("facet: the program was refused %s: --grant %s:%s:ro would allow it", path,
            what == REFUSE_DIRECTORY ? "dir" : "file", path);
}

/* The right is looked at before the name is; Linux finds first that there is nothing. */
static long nothing_there(const struct name *name) {
    struct stat st;
    if (name->creates || name->follow == FOLLOW_NEVER)
        return 0;
    return host_stat(name->at, name->rest, name->follow == FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW, &st);
}

long refuse_told(const struct name *name, long result) {
    if (result != -EROFS || name_again(name, result))
        return result;
    long wrong = nothing_there(name);
    if (wrong < 0)
        return wrong;
    const struct mount *mount = mount_of(name->path);
    if (mount && !mount->writable)
        refuse_open(name->path, REFUSE_WRITE);
    return result;
}

/* Programs look for many files that need not be there. Only what the user has named is worth a line. */
void refuse_look(const struct name *name) {
    if (is_argument(name->given))
        refuse_open(name->path, REFUSE_LOOK);
}
