# SPDX-License-Identifier: GPL-2.0-or-later
# Linux programs that go wrong or want to do harm: the quick ones.
. tests/cli/lib.sh

expect 0 tests/linux/hostile.sh "$B" quick
