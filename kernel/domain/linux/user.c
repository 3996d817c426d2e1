/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

/* One stretch, as far as it goes. Returns how much. */
FREQUENT static unsigned long move(unsigned long op, unsigned long address, void *to, const void *from,
                                   unsigned long size) {
    struct facet_message m = {.word = {address}};
    unsigned long part = size < STRING_MAX ? size : STRING_MAX;
    m.room = to;
    m.room_size = to ? part : 0;
    m.string = from;
    m.string_size = from ? part : 0;
    must_call(R_PROCESS, op, &m);
    return m.word[0];
}

FREQUENT static long move_all(unsigned long op, unsigned long address, void *to, const void *from, unsigned long size) {
    if (address > SPACE_END || size > SPACE_END - address)
        return -EFAULT;
    while (size > 0) {
        unsigned long done = move(op, address, to, from, size);
        if (done == 0 && !vm_touch(address, to ? ACCESS_LOAD : ACCESS_STORE))
            return -EFAULT;
        address += done;
        size -= done;
        to = to ? (char *)to + done : 0;
        from = from ? (const char *)from + done : 0;
    }
    return 0;
}

FREQUENT long user_read(unsigned long address, void *to, unsigned long size) {
    return move_all(OP_PROCESS_READ, address, to, 0, size);
}

FREQUENT long user_write(unsigned long address, const void *from, unsigned long size) {
    return move_all(OP_PROCESS_WRITE, address, 0, from, size);
}

/* Not beyond the page before its end is known to be needed: what lies behind may not be there. */
long user_string(unsigned long address, char *to, unsigned long room) {
    unsigned long length = 0;
    while (length < room) {
        unsigned long part = PAGE_SIZE - ((address + length) & ~PAGE_MASK);
        part = part < room - length ? part : room - length;
        if (user_read(address + length, to + length, part) != 0)
            return -EFAULT;
        for (unsigned long end = length + part; length < end; length++)
            if (to[length] == 0)
                return (long)length;
    }
    return -ENAMETOOLONG;
}
