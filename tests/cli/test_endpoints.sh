# SPDX-License-Identifier: GPL-2.0-or-later
# Pages whose handler is a process of the guest; the debug build checks its kernel after every step of it.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --timeout 60 --grant range --grant debug "$B/tests/guests/handlers"
    [ "$(grep -c '^ok: ' "$T/out")" = 8 ] || fail "not all of it was done"
done
