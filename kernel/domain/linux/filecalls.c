/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The file calls, and the files that a program begins with.
 */
#include "files.h"
#include <asm/unistd.h>

const struct call file_calls[] = {
    {__NR_read, 3, call_read},
    {__NR_write, 3, call_write},
    {__NR_open, 3, call_open},
    {__NR_close, 1, call_close},
    {__NR_stat, 2, call_stat},
    {__NR_fstat, 2, call_fstat},
    {__NR_lstat, 2, call_lstat},
    {__NR_poll, 3, call_poll},
    {__NR_lseek, 3, call_lseek},
    {__NR_ioctl, 3, call_ioctl},
    {__NR_pread64, 4, call_pread64},
    {__NR_pwrite64, 4, call_pwrite64},
    {__NR_readv, 3, call_readv},
    {__NR_writev, 3, call_writev},
    {__NR_access, 2, call_access},
    {__NR_pipe, 1, call_pipe},
    {__NR_select, 5, call_select},
    {__NR_dup, 1, call_dup},
    {__NR_dup2, 2, call_dup2},
    {__NR_sendfile, 4, call_sendfile},
    {__NR_socket, 3, call_socket},
    {__NR_fcntl, 3, call_fcntl},
    {__NR_flock, 2, call_flock},
    {__NR_fsync, 1, call_fsync},
    {__NR_fdatasync, 1, call_fdatasync},
    {__NR_truncate, 2, call_truncate},
    {__NR_ftruncate, 2, call_ftruncate},
    {__NR_getdents, 3, call_getdents},
    {__NR_getcwd, 2, call_getcwd},
    {__NR_chdir, 1, call_chdir},
    {__NR_fchdir, 1, call_fchdir},
    {__NR_rename, 2, call_rename},
    {__NR_mkdir, 2, call_mkdir},
    {__NR_rmdir, 1, call_rmdir},
    {__NR_creat, 2, call_creat},
    {__NR_link, 2, call_link},
    {__NR_unlink, 1, call_unlink},
    {__NR_symlink, 2, call_symlink},
    {__NR_readlink, 3, call_readlink},
    {__NR_chmod, 2, call_chmod},
    {__NR_fchmod, 2, call_fchmod},
    {__NR_chown, 3, call_chown},
    {__NR_fchown, 3, call_fchown},
    {__NR_lchown, 3, call_lchown},
    {__NR_umask, 1, call_umask},
    {__NR_utime, 2, call_utime},
    {__NR_mknod, 3, call_mknod},
    {__NR_statfs, 2, call_statfs},
    {__NR_fstatfs, 2, call_fstatfs},
    {__NR_chroot, 1, call_chroot},
    {__NR_sync, 0, call_sync},
    {__NR_readahead, 3, call_readahead},
    {__NR_setxattr, 5, call_setxattr},
    {__NR_lsetxattr, 5, call_lsetxattr},
    {__NR_fsetxattr, 5, call_fsetxattr},
    {__NR_getxattr, 4, call_getxattr},
    {__NR_lgetxattr, 4, call_lgetxattr},
    {__NR_fgetxattr, 4, call_fgetxattr},
    {__NR_listxattr, 3, call_listxattr},
    {__NR_llistxattr, 3, call_llistxattr},
    {__NR_flistxattr, 3, call_flistxattr},
    {__NR_removexattr, 2, call_getxattr},
    {__NR_lremovexattr, 2, call_lgetxattr},
    {__NR_fremovexattr, 2, call_fgetxattr},
    {__NR_getdents64, 3, call_getdents64},
    {__NR_fadvise64, 4, call_fadvise64},
    {__NR_utimes, 2, call_utimes},
    {__NR_openat, 4, call_openat},
    {__NR_mkdirat, 3, call_mkdirat},
    {__NR_mknodat, 4, call_mknodat},
    {__NR_fchownat, 5, call_fchownat},
    {__NR_futimesat, 3, call_futimesat},
    {__NR_newfstatat, 4, call_newfstatat},
    {__NR_unlinkat, 3, call_unlinkat},
    {__NR_renameat, 4, call_renameat},
    {__NR_linkat, 5, call_linkat},
    {__NR_symlinkat, 3, call_symlinkat},
    {__NR_readlinkat, 4, call_readlinkat},
    {__NR_fchmodat, 3, call_fchmodat},
    {__NR_faccessat, 3, call_faccessat},
    {__NR_pselect6, 6, call_pselect6},
    {__NR_ppoll, 5, call_ppoll},
    {__NR_sync_file_range, 4, call_sync_file_range},
    {__NR_utimensat, 4, call_utimensat},
    {__NR_eventfd, 1, call_eventfd},
    {__NR_fallocate, 4, call_fallocate},
    {__NR_eventfd2, 2, call_eventfd2},
    {__NR_dup3, 3, call_dup3},
    {__NR_pipe2, 2, call_pipe2},
    {__NR_preadv, 5, call_preadv},
    {__NR_pwritev, 5, call_pwritev},
    {__NR_syncfs, 1, call_syncfs},
    {__NR_renameat2, 5, call_renameat2},
    {__NR_memfd_create, 2, call_memfd_create},
    {__NR_copy_file_range, 6, call_copy_file_range},
    {__NR_preadv2, 6, call_preadv2},
    {__NR_pwritev2, 6, call_pwritev2},
    {__NR_statx, 5, call_statx},
    {__NR_close_range, 3, call_close_range},
    {__NR_openat2, 4, call_openat2},
    {__NR_faccessat2, 4, call_faccessat2},
    {452, 4, call_fchmodat2}, /* __NR_fchmodat2, since Linux 6.6 */
    {0, 0, 0},
};

/* No network was granted: as if the kernel had none. */
long call_socket(const unsigned long arg[6]) {
    (void)arg;
    return -EAFNOSUPPORT;
}

/* A standard stream of the host as descriptor 0, 1 or 2. One that was not granted is closed. */
static void stream_start(unsigned stream) {
    struct facet_message m = {.word = {F_GETFL}};
    if (!(boot.grants & GRANT_STDIN << stream) || host_take(stream) < 0)
        return;
    struct file *file = file_new(&host_class, O_RDWR, 0);
    if (!file)
        return;
    file_cap_keep(file);
    if (host_call(file, OP_HOST_FCNTL, &m) == 0)
        file->flags = (unsigned)m.word[0];
    fd_install(file, stream, 0);
}

void files_start(void) {
    for (unsigned stream = 0; stream < 3; stream++)
        stream_start(stream);
    mounts_start();
    cwd_start();
}
