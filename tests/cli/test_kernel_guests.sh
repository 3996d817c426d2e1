# SPDX-License-Identifier: GPL-2.0-or-later
# The guests that test the kernel from inside, on the release build and on the debug build, which checks itself.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    for guest in ipc keeper revoke rescind windows strings keepers code foreign brands forwarders; do
        expect 0 "$facet" run --grant range --grant debug "$B/tests/guests/$guest"
    done
done
for seed in 1 2 3; do
    expect 0 "$FACET" run --grant range --grant debug "$B/tests/guests/trees" 50000 $seed
    out_has 'hits through windows [0-9]{3}'
done
expect 0 build/debug/facet run --grant range --grant debug "$B/tests/guests/trees" 5000 4

# A foreign system call that nobody is told of is told to the host, as one of an impossible kind: SIGSYS.
for why in nobody lost; do
    expect 159 "$FACET" run --grant range "$B/tests/guests/foreign" $why
    err_has 'a system call of which nobody could be told'
done
expect 125 "$FACET" run --grant range "$B/tests/guests/foreign" deaf
err_has '^  process [0-9]+ has a system call for process [0-9]+, which does not receive, pc 0x[0-9a-f]+$'
expect 125 "$FACET" run --grant range "$B/tests/guests/foreign" silent
err_has '^  process [0-9]+ waits for its keeper in system call 11, pc 0x[0-9a-f]+$'
