/* SPDX-License-Identifier: GPL-2.0-or-later */
        .text
#include "domain/string.inc"

        .section .note.GNU-stack, "", @progbits
