/* SPDX-License-Identifier: GPL-2.0-or-later
 * A line on the serial port, and numbers. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
    puts "hello from ring 0\n"
    puthex 0
    puts "\n"
    mov rax, 0x123456789abcdef0
    call console_hex
    puts "\n"
    exit 3
