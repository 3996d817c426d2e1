# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# For the command-line tests. $FACET is the binary, $B the build folder, $T a folder of the test's own; expectations speak
# of the last `expect`: $T/out, $T/err. The first one that does not hold ends the test.
set -eu
WORDFREQ=$B/guests/wordfreq
LEDGER=$B/guests/ledger
export WORDFREQ LEDGER

fail() {
    echo "$*"
    echo "after: $last"
    [ ! -s "$T/err" ] || { echo "its standard error:" && head -n 20 "$T/err"; }
    exit 1
}

# expect STATUS COMMAND…: standard input is passed on
expect() {
    want=$1
    shift
    last=$*
    got=0
    "$@" >"$T/out" 2>"$T/err" || got=$?
    [ "$got" = "$want" ] || fail "exit status $got, not $want"
}

# err_has REGEX, out_has REGEX: some line matches; err_lines N, out_lines N: there are that many
err_has() {
    grep -qE -e "$1" "$T/err" || fail "no line of its standard error matches: $1"
}
out_has() {
    grep -qE -e "$1" "$T/out" || fail "no line of its output matches: $1"
}
err_lacks() {
    ! grep -E -e "$1" "$T/err" || fail "a line of its standard error matches: $1"
}
err_lines() {
    [ "$(wc -l <"$T/err")" = "$1" ] || fail "its standard error has not $1 lines"
}
err_empty() {
    [ ! -s "$T/err" ] || fail "its standard error is not empty"
}

# out_is FILE
out_is() {
    cmp -s "$1" "$T/out" || {
        diff "$1" "$T/out" | head -n 20
        fail "its output is not $1"
    }
}

# holds FILTER FILE: jq's filter is true of every object of the file, and there is one
holds() {
    jq -es "length > 0 and all(.[]; $1)" "$2" >"$T/jq" 2>&1 || {
        jq -cs ".[] | select(($1) | not)" "$2" 2>&1 | head -n 3
        fail "not true of every object in $2: $1"
    }
}

# symbol FILE NAME: address and size as nm gives them, decimal: "ADDRESS SIZE"
symbol() {
    # shellcheck disable=SC2046
    set -- $(nm -S "$1" | awk -v name="$2" '$4 == name { print $1, $2 }')
    [ $# = 2 ] || fail "no symbol"
    echo $((0x$1)) $((0x$2))
}

# comes COMMAND…: waits until it succeeds
comes() {
    tries=600
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "it did not come to this in a minute: $*"
        sleep 0.1
    done
}
# Whether a process waits for input, in poll or ppoll.
polls() {
    read -r call _ <"/proc/$1/syscall"
    [ "$call" = 7 ] || [ "$call" = 271 ]
}
# Whether a process has computed for a second, however long that took.
has_computed() {
    read -r _ _ _ _ _ _ _ _ _ _ _ _ _ ticks _ <"/proc/$1/stat"
    [ "$ticks" -ge "$(getconf CLK_TCK)" ]
}

# still COMMAND…: with a clock of the host that stands. By that clock the engine makes its TLB smaller.
still() {
    [ -e "$T/still.so" ] || cc -shared -fPIC -o "$T/still.so" -xc - <<'end'
#include <sys/time.h>
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    *now = (struct timeval){.tv_sec = 1};
    return 0;
}
end
    LD_PRELOAD=$T/still.so "$@"
}

# the ten most frequent words as other programs count them
pipeline() {
    tr -cs A-Za-z '\n' | tr A-Z a-z | grep . | sort | uniq -c | sort -k1,1nr -k2,2 | head
}
last=nothing
