/* SPDX-License-Identifier: GPL-2.0-or-later
 * The least: power off at once, and stay halted should that not be believed. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
    exit 0
