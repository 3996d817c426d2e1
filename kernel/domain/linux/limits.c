/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calls.h"
#include <asm/resource.h>
#include <linux/resource.h>

#define NO_LIMIT (~0ul)

struct limit {
    unsigned long soft, hard;
};
static struct limit limits[RLIM_NLIMITS] = {
    [RLIMIT_CPU] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_FSIZE] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_DATA] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_STACK] = {8ul << 20, NO_LIMIT},
    [RLIMIT_CORE] = {0, NO_LIMIT},
    [RLIMIT_RSS] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_NPROC] = {1, 1},
    [RLIMIT_NOFILE] = {1024, 1024},
    [RLIMIT_MEMLOCK] = {8ul << 20, 8ul << 20},
    [RLIMIT_AS] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_LOCKS] = {NO_LIMIT, NO_LIMIT},
    [RLIMIT_SIGPENDING] = {1024, 1024},
    [RLIMIT_MSGQUEUE] = {819200, 819200},
    [RLIMIT_NICE] = {0, 0},
    [RLIMIT_RTPRIO] = {0, 0},
    [RLIMIT_RTTIME] = {NO_LIMIT, NO_LIMIT},
};

unsigned long limit_of(unsigned resource) {
    return limits[resource].soft;
}

static long get(unsigned long resource, unsigned long to) {
    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    return user_write(to, &limits[resource], sizeof *limits);
}

static long set(unsigned long resource, const struct limit *new) {
    if (resource >= RLIM_NLIMITS || new->soft > new->hard)
        return -EINVAL;
    if (new->hard > limits[resource].hard)
        return -EPERM;
    limits[resource] = *new;
    return 0;
}

long call_getrlimit(const unsigned long arg[6]) {
    return get((unsigned)arg[0], arg[1]);
}

long call_setrlimit(const unsigned long arg[6]) {
    struct limit new;
    return user_read(arg[1], &new, sizeof new) != 0 ? -EFAULT : set((unsigned)arg[0], &new);
}

long call_prlimit(const unsigned long arg[6]) {
    struct limit new, old;
    unsigned resource = (unsigned)arg[1];
    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (arg[2] && user_read(arg[2], &new, sizeof new) != 0)
        return -EFAULT;
    if ((int)arg[0] != 0 && (int)arg[0] != PID)
        return -ESRCH;
    old = limits[resource];
    long result = arg[2] ? set(resource, &new) : 0;
    return result == 0 && arg[3] ? user_write(arg[3], &old, sizeof old) : result;
}
