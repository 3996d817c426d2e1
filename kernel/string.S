/* SPDX-License-Identifier: GPL-2.0-or-later */
        .section .text.memcpy, "ax"
#include "domain/string.inc"

        .section .note.GNU-stack, "", @progbits
