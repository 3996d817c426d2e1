# SPDX-License-Identifier: GPL-2.0-or-later
# A program that touches 16 MiB at random needs at most 0.05 TLB fills an access, once its pages are there.
. tests/cli/lib.sh

fills() {
    last="random16m $1"
    still "$FACET" run --stats "$T/stats" "$B/tests/bench/random16m" "$1" >/dev/null
    jq .fills "$T/stats"
}
accesses=2000000
some=$(($(fills $accesses) - $(fills 0)))
[ $some -gt 4000 ] || fail "$some fills for 4096 pages"
[ $((20 * some)) -le $accesses ] || fail "$some fills for $accesses accesses"
