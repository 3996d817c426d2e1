# SPDX-License-Identifier: GPL-2.0-or-later
# Pages whose handler is a process of the guest; the debug build checks its kernel after every step of it.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    for guest in handlers:8 lost:5 crossing:5; do
        expect 0 "$facet" run --timeout 60 --grant range --grant debug "$B/tests/guests/${guest%:*}"
        [ "$(grep -c '^ok: ' "$T/out")" = "${guest#*:}" ] || fail "not all of it was done"
    done
done
