/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * badop: asks a stream for an operation it has not, and exits with the low byte of what the kernel answers.
 */
#include <facet/guest.h>

int main(void) {
    struct facet_message m = {0};
    return (int)(facet_call(CR_STDOUT, OP_GPT_SET_L2V, &m) & 0xff);
}
