/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What of the host was granted: directories and files, each seen by the program under a path. The boot block says
 * "NUMBER:dir|file:ro|rw:PATH".
 */
#include "files.h"

#define MOUNTS 64u

static struct mount mounts[MOUNTS];
static unsigned count;

static int skip(const char **text, const char *word) {
    if (!text_starts(*text, word))
        return 0;
    *text += text_length(word);
    return 1;
}

/* 0: not such a line. */
static int mount_parse(const char *text, struct mount *mount, unsigned long *number) {
    *number = 0;
    while (*text >= '0' && *text <= '9')
        *number = *number * 10 + (unsigned long)(*text++ - '0');
    mount->directory = (unsigned char)skip(&text, ":dir:");
    if (!mount->directory && !skip(&text, ":file:"))
        return 0;
    mount->writable = (unsigned char)skip(&text, "rw:");
    if ((!mount->writable && !skip(&text, "ro:")) || *text != '/')
        return 0;
    mount->path = text;
    mount->length = text_length(text);
    while (mount->length && text[mount->length - 1] == '/')
        mount->length--;
    return mount->length < PATH_ROOM;
}

static void mount_add(const char *text) {
    struct mount mount;
    unsigned long number;
    if (count == MOUNTS || !mount_parse(text, &mount, &number) || host_take(number) < 0)
        return say("facet: the grant %s cannot be used", text);
    mount.file = file_new(&host_class, mount.writable ? O_RDWR : O_RDONLY, 0);
    if (mount.file) {
        file_cap_keep(mount.file);
        mount.file->mode = mount.directory ? S_IFDIR : 0;
        mounts[count++] = mount;
    } else {
        linux_fail("too many grants");
    }
}

void mounts_start(void) {
    const char *text = boot.mounts;
    for (unsigned i = 0; i < boot.mountc; i++, text += text_length(text) + 1)
        mount_add(text);
}

const struct mount *mount_number(unsigned number) {
    return number < count ? &mounts[number] : 0;
}

const struct mount *mount_at(const char *path, unsigned long length) {
    for (unsigned i = 0; i < count; i++)
        if (mounts[i].length == length && memcmp(mounts[i].path, path, length) == 0)
            return &mounts[i];
    return 0;
}

int mounts_writable(void) {
    for (unsigned i = 0; i < count; i++)
        if (mounts[i].writable)
            return 1;
    return 0;
}

const struct mount *mount_of(const char *path) {
    const struct mount *best = 0;
    for (unsigned i = 0; i < count; i++)
        if (text_length(path) >= mounts[i].length && memcmp(mounts[i].path, path, mounts[i].length) == 0 &&
            (path[mounts[i].length] == '/' || !path[mounts[i].length]) && (!best || mounts[i].length > best->length))
            best = &mounts[i];
    return best;
}

int mounts_below(const char *path) {
    unsigned long length = text_length(path);
    while (length && path[length - 1] == '/')
        length--;
    for (unsigned i = 0; i < count; i++)
        if (mounts[i].length > length && memcmp(mounts[i].path, path, length) == 0 && mounts[i].path[length] == '/')
            return 1;
    return 0;
}
