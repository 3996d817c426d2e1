# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's copies between two processes: each access is that of the process whose memory it is, at its system call; a
# handler that stops there is asked once. A program may have most of the machine's memory.
. tests/cli/lib.sh

peek=$B/tests/guests/peek
expect 0 "$FACET" run --grant range --swap sym:told=count --swap sym:heard=count --swap sym:answered=count \
    --events "$T/e" "$peek"
in_child=0x$(nm "$peek" | awk '$3 == "in_child" { sub("^0*", "", $1); print $1 }')
jq -c 'select(.by == "kernel") | [.obj, .ev, .proc]' "$T/e" | tr '\n' ' ' >"$T/order"
read='["sym:told","load",2] ["sym:heard","store",1] '
write='["sym:heard","load",1] ["sym:answered","store",2] '
[ "$(cat "$T/order")" = "$read$read$read$write" ] || fail "the copies are $(cat "$T/order")"
holds "(.proc == 2) == (.pc == \"$in_child\")" "$T/e"

# Stopped before every copy, of which two belong to one system call.
{
    printf 'swap sym:told watch:load\nswap sym:heard watch\nswap sym:answered watch:store\nrun\n'
    for _ in 1 2 3 4 5 6 7 8; do echo continue; done
} >"$T/session"
expect 0 "$FACET" debug -q --batch -x "$T/session" --grant range "$peek" </dev/null
[ "$(grep -c '^Handler watch' "$T/out")" = 8 ] || fail "not eight stops"
out_has '^ok: it is there$'
err_has '^watch sym:told: 3 of 3 accesses matched$'
err_has '^watch sym:heard: 4 of 4 accesses matched$'

expect 0 "$FACET" run --memory 128M --grant range "$B/tests/guests/plenty"
out_has '^MiB: 1(29|3[0-9]), then no more of type 1$' # a program's memory, and what the machine has besides
expect 0 "$FACET" run --memory 128M --grant bank "$B/tests/guests/plenty"
out_has '^MiB: 127, then no more of type 1$' # its own part of it, too
