# SPDX-License-Identifier: GPL-2.0-or-later
# Runs that are saved at random moments and resumed are those that nobody disturbed. `make moments` tries a thousand.
. tests/cli/lib.sh
expect 0 tests/checkpoint/moments.sh "$B" 40
out_has '^moments: 48, [1-9][0-9]* of them saved twice'
