# SPDX-License-Identifier: GPL-2.0-or-later
# Checkpoints that somebody made to harm who resumes them. `make fuzz-checkpoints` tries thousands, with sanitizers.
. tests/cli/lib.sh
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # its children end in the middle of it
expect 0 "$B/tests/checkpoint/fuzz" "$B" 1 60
out_has '^fuzz: 60 checkpoints: [1-9][0-9]* refused, [1-9][0-9]* ran, [1-9][0-9]* ended$'
