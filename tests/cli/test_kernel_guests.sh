# SPDX-License-Identifier: GPL-2.0-or-later
# The guests that test the kernel from inside, on the release build and on the debug build, which checks itself.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    for guest in ipc keeper revoke rescind windows strings keepers code; do
        expect 0 "$facet" run --timeout 120 --grant range --grant debug "$B/tests/guests/$guest"
    done
done
for seed in 1 2 3; do
    expect 0 "$FACET" run --timeout 200 --grant range --grant debug "$B/tests/guests/trees" 50000 $seed
    out_has 'hits through windows [0-9]{3}'
done
expect 0 build/debug/facet run --timeout 200 --grant range --grant debug "$B/tests/guests/trees" 5000 4
