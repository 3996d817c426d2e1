/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Restartable sequences: the program tells where its structure lies, finds there which processor it runs on (the only
 * one), and has a sequence abandoned that a signal interrupts.
 */
#include "signal.h"
#include <linux/rseq.h>

#define SIZE_FIRST 32ul /* what the structure was before it grew */

static unsigned long area_at, area_size;
static unsigned signature;

static long announce(unsigned id) {
    unsigned ids[2] = {id == (unsigned)RSEQ_CPU_ID_UNINITIALIZED ? 0 : id, id};
    return user_write(area_at, ids, sizeof ids);
}

long call_rseq(const unsigned long arg[6]) {
    unsigned long at = arg[0], size = (unsigned)arg[1], flags = (unsigned)arg[2];
    if (flags & RSEQ_FLAG_UNREGISTER) {
        if (flags != RSEQ_FLAG_UNREGISTER || !area_at || area_at != at || size != area_size)
            return -EINVAL;
        if (signature != (unsigned)arg[3])
            return -EPERM;
        long result = announce((unsigned)RSEQ_CPU_ID_UNINITIALIZED);
        area_at = 0;
        return result;
    }
    if (flags)
        return -EINVAL;
    if (area_at)
        return at != area_at || size != area_size ? -EINVAL : signature != (unsigned)arg[3] ? -EPERM : -EBUSY;
    if (size < SIZE_FIRST || at % SIZE_FIRST)
        return -EINVAL;
    if (at > SPACE_END || size > SPACE_END - at)
        return -EFAULT;
    area_at = at;
    area_size = size;
    signature = (unsigned)arg[3];
    long result = announce(0);
    area_at = result ? 0 : area_at;
    return result;
}

/* The word before the way out must be the signature. */
static int way_out_valid(const struct rseq_cs *cs) {
    unsigned found;
    return cs->version == 0 && cs->abort_ip < SPACE_END && cs->abort_ip - cs->start_ip >= cs->post_commit_offset &&
           user_read(cs->abort_ip - sizeof found, &found, sizeof found) == 0 && found == signature;
}

int rseq_interrupt(struct facet_regs *r) {
    struct rseq_cs cs;
    unsigned long at, none = 0;
    unsigned long place = area_at + __builtin_offsetof(struct rseq, rseq_cs);
    if (!area_at)
        return 1;
    if (user_read(place, &at, sizeof at) != 0)
        return 0;
    if (!at)
        return 1;
    if (user_read(at, &cs, sizeof cs) != 0 || !way_out_valid(&cs) || user_write(place, &none, sizeof none) != 0)
        return 0;
    if (r->rip - cs.start_ip < cs.post_commit_offset)
        r->rip = cs.abort_ip;
    return 1;
}
