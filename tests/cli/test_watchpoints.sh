# SPDX-License-Identifier: GPL-2.0-or-later
# Watchpoints: a thousand at once, in the kernel's copies, over a run and the next, beside the user's own swaps.
. tests/cli/lib.sh

cc -static -g -O0 -o "$T/many" tests/debug/many.c
cc -static -g -O0 -o "$T/program" tests/debug/program.c
head -c 3000 /dev/zero | tr '\0' 'x' >"$T/in"

# Each word changes once, but words[0], which stays 0; the second round stores the same values and does not stop.
i=0
while [ $i -lt 1000 ]; do
    echo "watch words[$i]"
    i=$((i + 1))
done >"$T/script"
echo "run < $T/in > /dev/null" >>"$T/script"
i=0
while [ $i -lt 999 ]; do
    echo continue
    i=$((i + 1))
done >>"$T/script"
expect 0 "$FACET" debug -q --batch -x "$T/script" "$T/many"
[ "$(grep -c '^New value' "$T/out")" = 999 ] || fail "not 999 stops"
[ "$(grep -c '^Old value = 0$' "$T/out")" = 999 ] || fail "an old value is not 0"
[ "$(sed -n 's/^New value = //p' "$T/out" | awk '{ n += $1 == NR * 3 } END { print n }')" = 999 ] || fail "wrong new values"
out_has '^\[Inferior 1 \(process 1\) exited normally\]$'

# The same with every store.
expect 0 "$FACET" debug -q --batch -ex 'watch -w words[7]' -ex "run < $T/in > /dev/null" -ex continue -ex continue "$T/many"
[ "$(grep -c '^New value = 21$' "$T/out")" = 2 ] || fail "not every store stops"
out_has '^Old value = 21$'
out_has 'exited normally'

# read() and write() of the kernel: told once each, wherever they are in the buffer, behind the system call.
expect 0 "$FACET" debug -q --batch -ex 'watch buffer[1990]' -ex "run < $T/in > /dev/null" -ex 'p buffer[1999]' -ex 'delete' \
    -ex 'rwatch buffer[3]' -ex 'awatch buffer[1990]' -ex continue -ex continue "$T/many"
[ "$(grep -c 'by the kernel, in a system call$' "$T/out")" = 2 ] || fail "not two stops in system calls"
out_has '^Written by the kernel, in a system call$'
out_has '^Read by the kernel, in a system call$'
out_has "^New value = 120 'x'$"
out_has "^\\\$1 = 120 'x'$"
out_has 'exited normally'

# Conditions on what it becomes; a run and the next.
expect 0 "$FACET" debug -q --batch -ex 'watch hot if hot == 4950' -ex "run < $T/in > /dev/null" -ex 'print i' \
    -ex "run < $T/in > /dev/null" -ex 'print i' -ex 'info watchpoints' -ex continue "$T/many"
[ "$(grep -c '= 99$' "$T/out")" = 2 ] || fail "the condition does not hold at i = 99 in both runs"
out_has 'breakpoint already hit 1 time$'

# Nobody else notices: the events of a swapped object are the same with and without watchpoints on it.
expect 0 "$FACET" run --swap sym:counter=count --events "$T/alone" "$T/program"
expect 0 "$FACET" debug -q --batch --swap sym:counter=count --events "$T/watched" -ex 'watch counter' -ex 'rwatch counter' \
    -ex 'run > /dev/null' -ex continue -ex continue -ex 'info handlers' -ex continue -ex 'delete 1' -ex continue -ex continue \
    -ex delete -ex continue "$T/program"
out_has 'exited normally'
! grep -q watchpoint "$T/out" || [ "$(grep -c '^sym:counter' "$T/out")" = 1 ] || fail "info handlers shows watchpoints"
cmp "$T/alone" "$T/watched" || fail "watchpoints show in the events"
