/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_machine.h"
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int directory(int at, const char *name) {
    cr_assert(mkdirat(at, name, 0755) == 0, "%s", name);
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct host_machine host_machine_with(const struct emu_grant *grants, size_t count, const int *streams, bool time) {
    struct host_machine machine = {.granted = -1, .outside = -1, .twin = -1, .root = -1};
    struct ladder ladder = ladder_boot("01_halt", -1, false);
    struct facet_error error = {""};
    struct emu_config config = {
        .ram_size = 16ul << 20,
        .kernel = {ladder.image, ladder.image_size},
        .cmdline = "",
        .stream_fd = {streams ? streams[0] : -1, streams ? streams[1] : -1, streams ? streams[2] : -1},
        .console_fd = -1,
        .grants = grants,
        .grant_count = count,
        .host_time = time};
    cr_assert(emu_create(&config, &machine.emu, &error) == FACET_OK, "%s", error.text);
    ladder_end(&ladder);
    return machine;
}

static void put_line(const char *path, const char *format, unsigned id) {
    char line[40];
    int fd = open(path, O_WRONLY | O_CLOEXEC), length = snprintf(line, sizeof line, format, id, id);
    if (fd >= 0 && write(fd, line, (size_t)length) < 0)
        cr_log_warn("%s", path);
    close(fd);
}

/* Who may not chroot may in a user namespace; before there are threads. */
static void namespace(void) {
    unsigned uid = geteuid(), gid = getegid();
    if (uid == 0 || unshare(CLONE_NEWUSER) != 0)
        return;
    put_line("/proc/self/setgroups", "deny", 0);
    put_line("/proc/self/uid_map", "%u %u 1", uid);
    put_line("/proc/self/gid_map", "%u %u 1", gid);
}

void host_machine_jail(struct host_machine *machine) {
    machine->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    strcpy(machine->real, machine->base);
    if (chroot(machine->base) != 0 || chdir("/") != 0) {
        host_machine_end(machine);
        cr_skip_test("cannot chroot here");
    }
    machine->base[0] = '\0';
    cr_assert(access("/granted", F_OK) == 0 && access("/usr", F_OK) != 0 && access("/etc", F_OK) != 0);
}

static void leave_jail(struct host_machine *machine) {
    cr_assert(fchdir(machine->root) == 0 && chroot(".") == 0);
    strcpy(machine->base, machine->real);
    close(machine->root);
    machine->root = -1;
}

struct host_machine host_machine(bool time) {
    namespace();
    char base[64];
    const char *tmp = getenv("TMPDIR");
    snprintf(base, sizeof base, "%.40s/facet-host-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert_not_null(mkdtemp(base));
    int at = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), granted = directory(at, "granted");
    struct emu_grant grants[] = {
        {granted, NULL, true}, {granted, NULL, false}, {granted, "one", true}, {granted, "two", false}};
    struct host_machine machine = host_machine_with(grants, 4, NULL, time);
    strcpy(machine.base, base);
    machine.granted = granted;
    machine.outside = directory(at, "outside");
    machine.twin = directory(at, "twin");
    close(at);
    return machine;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw) {
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

void host_machine_end(struct host_machine *machine) {
    emu_destroy(machine->emu);
    if (machine->root >= 0 && !machine->base[0])
        leave_jail(machine);
    if (machine->base[0])
        nftw(machine->base, remove_one, 20, FTW_DEPTH | FTW_PHYS);
    close(machine->granted);
    close(machine->outside);
    close(machine->twin);
}

struct host_request host_ask(struct host_machine *machine, struct host_request request) {
    struct host_request *at = (void *)emu_ram(machine->emu, (gpa_t){REQUEST_AT}, sizeof *at);
    request.op -= OP_HOST_TAKE;
    *at = request;
    host_serve(machine->emu, REQUEST_AT);
    return *at;
}

long host_do_bytes(struct host_machine *machine, unsigned op, unsigned handle, const void *string, size_t size,
                   uint64_t w0, uint64_t w1) {
    cr_assert(size <= STRING_MAX);
    memcpy(emu_ram(machine->emu, (gpa_t){IN_AT}, STRING_MAX), string, size);
    struct host_request request = {.op = op,
                                   .handle = handle,
                                   .handle2 = handle,
                                   .write = 1,
                                   .arg = {w0, w1, 0},
                                   .in = IN_AT,
                                   .in_size = size,
                                   .out = OUT_AT,
                                   .out_size = STRING_MAX};
    return host_ask(machine, request).result;
}

long host_do(struct host_machine *machine, unsigned op, unsigned handle, const char *path, uint64_t w0, uint64_t w1) {
    return host_do_bytes(machine, op, handle, path, strlen(path), w0, w1);
}

long host_do_two(struct host_machine *machine, unsigned op, unsigned handle, const char *first, unsigned handle2,
                 const char *second, uint64_t w0) {
    uint8_t *in = emu_ram(machine->emu, (gpa_t){IN_AT}, STRING_MAX);
    size_t length = strlen(first) + 1, size = length + strlen(second);
    memcpy(in, first, length);
    memcpy(in + length, second, size - length);
    struct host_request request = {
        .op = op, .handle = handle, .handle2 = handle2, .write = 1, .arg = {w0}, .in = IN_AT, .in_size = size};
    return host_ask(machine, request).result;
}

const void *host_answer(struct host_machine *machine, size_t *size) {
    const struct host_request *at = (const void *)emu_ram(machine->emu, (gpa_t){REQUEST_AT}, sizeof *at);
    *size = at->got;
    return emu_ram(machine->emu, (gpa_t){OUT_AT}, at->got);
}
