/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * membrane: a program that stands around memory objects of another one, prints each access and lets it pass.
 *
 *     facet run --program log=membrane --swap sym:ledger=endpoint:log ledger
 */
#include <facet/guest.h>

static char line[128];
static unsigned long used;

static void add(const char *text) {
    while (*text && used < sizeof line)
        line[used++] = *text++;
}

static void add_number(unsigned long n, unsigned base) {
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = "0123456789abcdef"[n % base];
    while (n /= base);
    add(at);
}

static enum access_verdict log_it(struct facet_served *access) {
    unsigned long value = 0;
    for (unsigned long i = access->size < 8 ? access->size : 8; i-- > 0;)
        value = value << 8 | access->bytes[i];
    used = 0;
    add(access->kind == ACCESS_STORE ? "store of 0x" : access->kind == ACCESS_FETCH ? "fetch of 0x" : "load of 0x");
    add_number(value, 16);
    add(", ");
    add_number(access->size, 10);
    add(" bytes at ");
    add_number((unsigned long)access->offset, 10);
    add(access->flags & ACCESS_BY_KERNEL ? " by the kernel\n" : "\n");
    facet_write(CR_STDERR, line, used);
    return VERDICT_PASS;
}

int main(void) {
    facet_serve(log_it, 0);
}
