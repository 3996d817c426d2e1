/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The file side of the Linux personality. A descriptor names an open file description (struct file), which dup shares.
 * What is behind one: a file of the host (a HostFile capability, kept in CapPages), or something of the personality's
 * own: devices, texts of /proc, pipes, anonymous files, directories above the grants.
 *
 *     fd.c       descriptors            path.c    where a path leads       transfer.c  read, write and relatives
 *     file.c     descriptions           mount.c   what was granted         open.c      open and relatives
 *     host.c     files of the host      node.c    names that no grant has  names.c     names are made and removed
 *     device.c, proc.c, pipe.c, memory.c: the others     refuse.c: hints   stat.c, attributes.c, directory.c, poll.c,
 *                                                                          terminal.c: what the names say
 */
#ifndef LINUX_FILES_H
#define LINUX_FILES_H

#include "linux.h"
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define PATH_ROOM 4096ul /* with its NUL */
#define NAME_ROOM 256ul
#define MOVE_MAX 0x7ffff000ul /* bytes that one call moves at most */
#define DESCRIPTORS 1024u
#define FILES 2048u
#define PERMISSIONS 07777u
#define O_LARGE 0100000u /* O_LARGEFILE, which F_GETFL shows of every file that was opened */
#define ACCESS_MODE 3u   /* O_ACCMODE: O_RDONLY, O_WRONLY, O_RDWR */
#define USER_END 0x7ffffffff000ul

/* ---- text.c: strings, and memory that is given back */
unsigned long text_length(const char *text);
int text_equal(const char *a, const char *b);
int text_starts(const char *text, const char *prefix);
/* Appends to a string of at most room - 1 bytes; 0 or -ENAMETOOLONG. */
long text_append(char *to, unsigned long room, const char *text);
/* Room of `size` bytes, not zeroed; NULL: there is none. block_free takes the same size. */
void *block_alloc(unsigned long size);
void block_free(void *block, unsigned long size);
char *text_keep(const char *text);
void text_free(char *text);

/* ---- Descriptions. What a class does not do is NULL: read, write: -EINVAL, seek: -ESPIPE. */
struct file;
struct file_class {
    /* at: offset, or HOST_HERE: where the file stands, which moves. Bytes, or -errno. */
    long (*read)(struct file *file, unsigned long address, unsigned long size, unsigned long at);
    long (*write)(struct file *file, unsigned long address, unsigned long size, unsigned long at);
    long (*seek)(struct file *file, long offset, unsigned long whence);
    void (*stat)(struct file *file, struct stat *st);
    unsigned (*poll)(struct file *file); /* POLLIN … */
    void (*close)(struct file *file);
};

struct file {
    const struct file_class *class;
    unsigned short number;  /* of 1…FILES - 1; where its capability lies */
    unsigned short users;   /* descriptors, mappings, mounts, the working directory; it closes with the last */
    unsigned flags;         /* as F_GETFL tells */
    unsigned mode;          /* of a host file: S_IFMT, 0: not asked yet. Of others: st_mode */
    char *path;             /* absolute; NULL: it has none */
    unsigned canonical;     /* the path leads through no links, which holds whatever happens to its name */
    unsigned long position; /* of what is not the host's */
    void *state;            /* the class's own */
};

/* ---- file.c */
extern const struct file_class host_class;
/* A description with one user; NULL: too many. `path` is copied and may be NULL. */
struct file *file_new(const struct file_class *class, unsigned flags, const char *path);
void file_drop(struct file *file);
struct file *file_number(unsigned number);
/* A directory has been renamed. Paths are canonical. */
void file_paths_moved(const char *from, const char *to, int exchanged);
/* Keeps the capability in R_FILE_F as the file's; or brings it into a register, valid until two other files' were
 * brought. */
void file_cap_keep(struct file *file);
unsigned file_cap(struct file *file);
static inline struct file *file_hold(struct file *file) {
    file->users++;
    return file;
}

/* ---- host.c: files of the host. Paths are relative to `at`; "" is the file itself. 0 or more, or -errno. */
long host_result(unsigned long rc, const struct facet_message *m);
long host_call(struct file *file, unsigned long op, struct facet_message *m);
/* Takes a grant, or opens below a directory; the capability is in R_FILE_F. */
long host_take(unsigned long number);
long host_open(struct file *at, const char *path, unsigned long flags, unsigned long mode);
long host_stat(struct file *at, const char *path, unsigned long flags, struct stat *st);
long host_readlink(struct file *at, const char *path, char *to, unsigned long room);
/* An operation on a name: up to three words. */
long host_name(struct file *at, unsigned long op, const char *path, unsigned long w0, unsigned long w1,
               unsigned long w2);
/* On two names: OP_HOST_RENAME, OP_HOST_LINK; OP_HOST_SYMLINK, where `to` is not looked at. */
long host_names(struct file *at, unsigned long op, const char *path, struct file *to, const char *second,
                unsigned long w0);
/* File type (S_IFMT). */
unsigned file_type(struct file *file);
/* Bytes between a buffer of ours and the file. */
long host_read(struct file *file, void *to, unsigned long size, unsigned long at);
long host_write(struct file *file, const void *from, unsigned long size, unsigned long at);

/* ---- fd.c */
/* NULL: EBADF. */
struct file *fd_file(unsigned long fd);
/* As fd_file, but not of O_PATH, which most calls refuse. */
struct file *fd_open(unsigned long fd);
/* The lowest free descriptor from `from` on for a file, of which it takes over the use. -EMFILE: the use is dropped. */
long fd_install(struct file *file, unsigned long from, int cloexec);
int fd_used(unsigned long fd);
int fd_full(void);

/* ---- path.c: a path leads to a name below a directory of the host, to a node of ours, or nowhere. */
enum node {
    NODE_NONE,
    NODE_DIRECTORY, /* a directory above grants, or of ours */
    NODE_NULL,
    NODE_ZERO,
    NODE_FULL,
    NODE_RANDOM,
    NODE_TTY,
    NODE_LINK, /* to where node_link says */
    NODE_FD,   /* /proc/self/fd/N */
    NODE_CMDLINE,
    NODE_MAPS,
    NODE_MEMINFO,
    NODE_CPUINFO,
    NODE_ENVIRON,
    NODE_IMAGE, /* the program's own file, if no grant has it */
};
/* A symbolic link at the end of a path: is what is meant, unless a slash is behind it; is followed; is what is meant in
 * any case, because the name is to be made, moved or removed. */
enum follow { FOLLOW_NOT, FOLLOW, FOLLOW_NEVER };
struct name {
    struct file *at;              /* of the host: directory, or the granted file; NULL: not of the host */
    const char *rest;             /* the path below it */
    const struct mount *mount;    /* the grant it belongs to; NULL: found through a descriptor */
    enum node node;               /* not of the host: what it is; NODE_NONE: nothing of that name */
    unsigned number;              /* NODE_FD: the descriptor */
    struct file *base;            /* where a relative path begins */
    unsigned char orphan;         /* nothing: not even the directory it would be in exists */
    unsigned char root;           /* the name is where a grant begins */
    unsigned char follow;         /* enum follow */
    unsigned char opens, creates; /* it is opened; with O_CREAT */
    unsigned char walked, links, links_max, beneath; /* beneath: must stay below `base` (RESOLVE_BENEATH) */
    long wrong;                                      /* with what the program said, -errno */
    char given[PATH_ROOM];                           /* as the program said it */
    char path[PATH_ROOM]; /* absolute in the program's names; links in it may not have been followed */
    char work[PATH_ROOM];
};
extern struct name name_a, name_b; /* there are no more at a time */
extern struct file *cwd;

/* Reads the path at `address` into name->given. -EFAULT, -ENAMETOOLONG, -ENOENT for an empty one unless `empty` is
 * set. */
long name_read(struct name *name, unsigned long address, int empty);
/* Where a path leads, in one step if nothing speaks against it. `fd`: AT_FDCWD or a directory. 0, -EBADF, -ENOTDIR,
 * -ENAMETOOLONG … */
long name_resolve(struct name *name, unsigned long fd, enum follow follow);
/* The same link by link, until name->path is canonical. */
long name_walk(struct name *name);
/* Resolves and does: op is called once, or twice if something led out of a grant. */
typedef long name_op(struct name *name, const unsigned long *arg);
long name_do(struct name *name, unsigned long fd, enum follow follow, name_op *op, const unsigned long *arg);
/* Whether an operation that failed so is done once more, after name_walk. */
int name_again(const struct name *name, long result);
/* The same with name_a and name_b; op gets the first. `whole`: the first must be there before the second is looked at.
 */
long names_do(unsigned long fd_a, enum follow follow, int whole, unsigned long fd_b, name_op *op,
              const unsigned long *arg);
/* Takes off what a path that leads to a directory may have behind its name: "/", "/.". */
void path_trim(char *path);
/* 1, 2: a path ends in "." or "..". */
int ends_in_dots(const char *path);
/* What a name that is not of the host gives to who would make it: -EEXIST, -ENOENT, -EROFS. */
long name_readonly(struct name *name);
/* The same to who wants something that is there: 0 or -ENOENT. */
long name_missing(struct name *name);

/* ---- mount.c */
struct mount {
    const char *path; /* absolute, no slash at its end; "" is the root */
    struct file *file;
    unsigned long length;
    unsigned char directory, writable;
};
void mounts_start(void);
/* The grant at exactly that path; whether there are grants below it; the number'th of all. "" is the root. */
const struct mount *mount_at(const char *path, unsigned long length);
int mounts_below(const char *path);
const struct mount *mount_of(const char *path); /* the innermost that has the path */
int mounts_writable(void);                      /* whether there is one */
const struct mount *mount_number(unsigned number);

/* ---- node.c */
enum node node_at(const char *path, unsigned long length, unsigned *number);
/* Target of a NODE_LINK. */
long node_link(const struct name *name, char *to, unsigned long room);
/* The index'th entry of a directory of ours: its name and DT_… type; NULL: no more. */
const char *node_entry(const char *directory, unsigned long index, unsigned char *type, char *room);
void node_stat(const char *path, enum node node, struct stat *st);
/* Opens a node. */
long node_open(struct name *name, unsigned long flags);

extern const struct file_class null_class, zero_class, full_class, random_class, directory_class, image_class;
/* ---- proc.c: a file whose contents are made when it is opened; NULL: no room */
struct file *proc_open(enum node node, unsigned flags, const char *path);

/* ---- refuse.c: tells the user once which grant would allow it. */
enum refused { REFUSE_FILE, REFUSE_DIRECTORY, REFUSE_LOOK, REFUSE_WRITE };
void refuse_open(const char *path, enum refused what);
/* The same if an operation failed because its grant is only to be read. Returns the result. */
long refuse_told(const struct name *name, long result);
/* The same, if the path was named on the command line. */
void refuse_look(const struct name *name);

/* ---- open.c */
/* Opens a file of the host and installs it. */
long open_host(struct name *name, unsigned long flags, unsigned long mode);
/* A mode without what umask takes */
unsigned long mode_masked(unsigned long mode);

/* ---- stat.c */
long file_stat(struct file *file, struct stat *st);
/* Its contents have changed: mappings see it. Only while there are any (vm_shared_files). */
void file_changed(struct file *file);

/* ---- transfer.c */
long file_read(struct file *file, unsigned long address, unsigned long size, unsigned long at);
long file_write(struct file *file, unsigned long address, unsigned long size, unsigned long at);
/* Whether no program could have that memory. */
static inline int span_bad(unsigned long address, unsigned long size) {
    return address > USER_END || size > USER_END - address;
}

/* ---- poll.c */
unsigned file_poll(struct file *file, unsigned events, long milliseconds);

/* ---- directory.c */
void cwd_start(void);
/* A directory that was opened through links gets the path that leads through none. */
void path_canonical(struct file *file);

/* ---- terminal.c */
int terminal_is(struct file *file);

/* ---- memory.c: files in our own memory */
extern const struct file_class memory_class;
struct file *memory_new(unsigned flags, const char *path);
long memory_read(struct file *file, unsigned long offset, void *to, unsigned long size);
long memory_write(struct file *file, unsigned long offset, const void *from, unsigned long size);
long memory_resize(struct file *file, unsigned long size);

/* ---- pipe.c */
long pipe_capacity(struct file *file, unsigned long size);
long pipe_waiting(struct file *file);

/* ---- The calls */
call_fn call_read, call_write, call_readv, call_writev, call_pread64, call_pwrite64, call_preadv, call_pwritev,
    call_preadv2, call_pwritev2, call_lseek, call_sendfile, call_copy_file_range;
call_fn call_open, call_openat, call_openat2, call_creat, call_close, call_close_range, call_dup, call_dup2, call_dup3,
    call_fcntl, call_flock, call_pipe, call_pipe2, call_eventfd, call_eventfd2, call_memfd_create;
call_fn call_stat, call_lstat, call_fstat, call_newfstatat, call_statx, call_statfs, call_fstatfs, call_access,
    call_faccessat, call_faccessat2, call_readlink, call_readlinkat;
call_fn call_unlink, call_unlinkat, call_rmdir, call_mkdir, call_mkdirat, call_rename, call_renameat, call_renameat2,
    call_link, call_linkat, call_symlink, call_symlinkat, call_mknod, call_mknodat;
call_fn call_chmod, call_fchmod, call_fchmodat, call_fchmodat2, call_chown, call_lchown, call_fchown, call_fchownat,
    call_utime, call_utimes, call_futimesat, call_utimensat, call_umask, call_truncate, call_ftruncate, call_fallocate,
    call_fsync, call_fdatasync, call_sync, call_syncfs, call_sync_file_range, call_fadvise64, call_readahead;
call_fn call_getcwd, call_chdir, call_fchdir, call_chroot, call_getdents, call_getdents64, call_ioctl, call_poll,
    call_ppoll, call_select, call_pselect6, call_socket;
call_fn call_setxattr, call_lsetxattr, call_fsetxattr, call_getxattr, call_lgetxattr, call_fgetxattr, call_listxattr,
    call_llistxattr, call_flistxattr;

#endif
