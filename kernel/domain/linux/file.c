/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Open file descriptions. The capability of a host file lies in a CapPage: R_FILE_A is a CapPage of CapPages, R_FILE_B
 * the one that was used last, and the last three files used have theirs in registers, so that most calls need no
 * further invocation.
 */
#include "files.h"

static struct file files[FILES];
static unsigned free_hint = 1;

/* ---- Capabilities */

static struct {
    unsigned file; /* its number, 0: none */
    unsigned char in;
} cached[] FREQUENT_DATA = {{0, R_FILE_C}, {0, R_FILE_D}, {0, R_FILE_E}};
#define CACHED (sizeof cached / sizeof *cached)
static unsigned last FREQUENT_DATA; /* used */
static unsigned page_open;          /* 1 + which page is in R_FILE_B; 0: none */
static unsigned char page_made[FILES / CAPPAGE_SLOTS];
static unsigned char root_made;

static void alloc_cappage(unsigned to) {
    struct facet_message m = {.word = {CAP_CAPPAGE}, .recv = {(unsigned char)to}};
    must_call(INIT_RANGE, OP_RANGE_ALLOC, &m);
}

static void slot_set(unsigned cappage, unsigned index, unsigned from) {
    struct facet_message m = {.word = {index}, .send = {(unsigned char)from}};
    must_call(cappage, OP_CAPPAGE_SET, &m);
}

static void slot_get(unsigned cappage, unsigned index, unsigned to) {
    struct facet_message m = {.word = {index}, .recv = {(unsigned char)to}};
    must_call(cappage, OP_CAPPAGE_GET, &m);
}

/* R_FILE_B becomes the page that holds file `number`. */
static void page_turn(unsigned number) {
    unsigned page = number / CAPPAGE_SLOTS;
    if (page_open == page + 1)
        return;
    if (!root_made)
        alloc_cappage(R_FILE_A);
    root_made = 1;
    if (page_made[page]) {
        slot_get(R_FILE_A, page, R_FILE_B);
    } else {
        alloc_cappage(R_FILE_B);
        slot_set(R_FILE_A, page, R_FILE_B);
        page_made[page] = 1;
    }
    page_open = page + 1;
}

void file_cap_keep(struct file *file) {
    page_turn(file->number);
    slot_set(R_FILE_B, file->number % CAPPAGE_SLOTS, R_FILE_F);
}

FREQUENT unsigned file_cap(struct file *file) {
    for (unsigned i = 0; i < CACHED; i++)
        if (cached[i].file == file->number)
            return cached[last = i].in;
    last = (last + 1) % CACHED;
    page_turn(file->number);
    slot_get(R_FILE_B, file->number % CAPPAGE_SLOTS, cached[last].in);
    cached[last].file = file->number;
    return cached[last].in;
}

static void cap_forget(struct file *file) {
    for (unsigned i = 0; i < CACHED; i++)
        if (cached[i].file == file->number)
            cached[i].file = 0;
}

/* ---- Descriptions */

struct file *file_new(const struct file_class *class, unsigned flags, const char *path) {
    unsigned number = free_hint;
    while (number < FILES && files[number].users)
        number++;
    if (number == FILES)
        return 0;
    char *copy = path ? text_keep(path) : 0;
    if (path && !copy)
        return 0;
    free_hint = number + 1;
    files[number] =
        (struct file){.class = class, .number = (unsigned short)number, .users = 1, .flags = flags, .path = copy};
    return &files[number];
}

void file_drop(struct file *file) {
    if (--file->users)
        return;
    if (file->class->close)
        file->class->close(file);
    cap_forget(file);
    text_free(file->path);
    if (file->number < free_hint)
        free_hint = file->number;
}

/* What comes behind `prefix` in a path; NULL: it does not begin so. */
static const char *behind(const char *path, const char *prefix) {
    unsigned long length = text_length(prefix);
    while (length && prefix[length - 1] == '/')
        length--;
    return memcmp(path, prefix, text_length(path) < length ? text_length(path) : length) == 0 &&
                   text_length(path) >= length && (path[length] == '/' || !path[length])
               ? path + length
               : 0;
}

static void path_change(struct file *file, const char *to, const char *rest) {
    static char room[PATH_ROOM];
    unsigned long length = text_length(to);
    while (length && to[length - 1] == '/')
        length--;
    memcpy(room, to, length);
    room[length] = 0;
    char *copy = text_append(room, sizeof room, rest) == 0 ? text_keep(room) : 0;
    if (!copy)
        return; /* it keeps its old name */
    text_free(file->path);
    file->path = copy;
}

void file_paths_moved(const char *from, const char *to, int exchanged) {
    for (unsigned i = 1; i < FILES; i++) {
        struct file *file = &files[i];
        if (!file->users || file->class != &host_class || !file->path)
            continue;
        const char *rest = behind(file->path, from), *back = exchanged ? behind(file->path, to) : 0;
        if (rest)
            path_change(file, to, rest);
        else if (back)
            path_change(file, from, back);
    }
}

FREQUENT struct file *file_number(unsigned number) {
    return number && number < FILES && files[number].users ? &files[number] : 0;
}

/* ---- For mmap */

static long map_right(const struct file *file, int write) {
    if ((file->flags & ACCESS_MODE) == O_WRONLY || (write && (file->flags & ACCESS_MODE) != O_RDWR))
        return -EACCES;
    return 0;
}

long file_map_open(unsigned long fd, int write) {
    struct file *file = fd_open(fd);
    if (!file)
        return -EBADF;
    long wrong = map_right(file, write);
    if (wrong)
        return wrong;
    if (file->class == &host_class ? file_type(file) != S_IFREG : (file->mode & S_IFMT) != S_IFREG)
        return -ENODEV;
    return file_hold(file)->number;
}

const char *file_map_name(long handle) {
    struct file *file = file_number((unsigned)handle);
    return file->path ? file->path : "";
}

int file_map_writable(long handle) {
    return (file_number((unsigned)handle)->flags & ACCESS_MODE) == O_RDWR;
}

void file_map_identity(long handle, unsigned long identity[2]) {
    struct stat st = {0};
    file_stat(file_number((unsigned)handle), &st);
    identity[0] = st.st_dev;
    identity[1] = st.st_ino;
}

void file_changed(struct file *file) {
    unsigned long identity[2];
    file_map_identity(file->number, identity);
    vm_file_changed(identity[0], identity[1]);
}

long file_map_size(long handle) {
    struct stat st;
    long result = file_stat(file_number((unsigned)handle), &st);
    return result < 0 ? result : st.st_size;
}

long file_map_read(long handle, unsigned long offset, void *to, unsigned long size) {
    struct file *file = file_number((unsigned)handle);
    if (file->class == &image_class) {
        unsigned long left = offset < boot.image_size ? boot.image_size - offset : 0;
        memcpy(to, boot.image + (left ? offset : 0), size < left ? size : left);
        return (long)(size < left ? size : left);
    }
    return file->class == &host_class ? host_read(file, to, size, offset) : memory_read(file, offset, to, size);
}

long file_map_write(long handle, unsigned long offset, const void *from, unsigned long size) {
    struct file *file = file_number((unsigned)handle);
    return file->class == &host_class ? host_write(file, from, size, offset) : memory_write(file, offset, from, size);
}

void file_map_keep(long handle) {
    file_hold(file_number((unsigned)handle));
}

void file_map_drop(long handle) {
    file_drop(file_number((unsigned)handle));
}
