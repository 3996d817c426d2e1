# SPDX-License-Identifier: GPL-2.0-or-later
# Random system calls and damaged ELF files, a few.
. tests/cli/lib.sh

expect 0 tests/linux/fuzz.sh "$B" 5 500 60
