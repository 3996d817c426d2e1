/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers that at first one object of the guest `mob` alone has. Each is also an address, of what no space has at
 * first, so that it can be told as that of a fault.
 */
#ifndef TESTS_GUESTS_MOB_TOKEN_H
#define TESTS_GUESTS_MOB_TOKEN_H

#define MOB_TOKEN 0x5aul
#define MOB_TOKEN_BITS 40
#define MOB_IS_TOKEN(word) ((word) >> MOB_TOKEN_BITS == MOB_TOKEN)

#endif
