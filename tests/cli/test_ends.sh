# SPDX-License-Identifier: GPL-2.0-or-later
# How a run ends: the guest's own status, a time limit, Ctrl-C.
. tests/cli/lib.sh

expect 1 "$FACET" run "$LEDGER"
out_has '^carol +75 +wrong: the payments add up to 1240$'
out_has '^alice +650$'
err_empty

# Waiting for input and computing alike.
mkfifo "$T/never"
exec 9<>"$T/never"
expect 124 "$FACET" run --timeout 1 --swap sym:table=count "$WORDFREQ" <"$T/never"
err_has 'timeout|time limit|seconds'
err_has 'table'
expect 124 "$FACET" run --timeout 1 "$B/tests/guests/hostile" loop
err_has 'timeout|time limit|seconds'

interrupted() { # WHEN COMMAND…
    when=$1
    shift
    env --default-signal=INT "$@" >"$T/out" 2>"$T/err" <"$T/never" &
    pid=$!
    last=$*
    comes "$when" $pid
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ $status = 130 ] || fail "status $status, not 130"
    err_has 'nterrupt'
}
# A job in the background of a script ignores SIGINT: env undoes that.
interrupted polls "$FACET" run --swap sym:table=count "$WORDFREQ"
err_has 'table'
interrupted has_computed "$FACET" run "$B/tests/guests/hostile" loop
