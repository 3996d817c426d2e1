#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The matrix of system calls and outcomes (tests/linux/matrix/): natively and under facet, in a fresh directory each; both
# lists must be equal. README.md's table of supported calls is made from the native one.
#
# usage: matrix.sh BUILD-FOLDER [write]     write: puts the table into README.md; else README.md must have it
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
mkdir "$T/native" "$T/facet"

(cd "$T/native" && "$B/tests/linux/matrix" >"$T/native.list" </dev/null)
native=$?
(cd "$T/facet" && "$B/facet" run --grant dir:.:rw "$B/tests/linux/matrix" >"$T/facet.list" </dev/null)
status=$?
failed=0
[ $native = 0 ] && [ $status = 0 ] || {
    echo "matrix: exit status $native natively, $status under facet"
    failed=1
}

# Area by area: each call with the errors that it was made to give.
awk -F ' [|] ' '
    /^# / { order[++areas] = substr($0, 3); next }
    !($1 in known) { known[$1] = 1; calls[areas] = calls[areas] " " $1 }
    $3 ~ /^E[A-Z0-9]+$/ && !seen[$1, $3]++ { errors[$1] = errors[$1] (errors[$1] ? " " : "") $3 }
    END {
        print "| Area | Calls |\n|---|---|"
        for (i = 1; i <= areas; i++) {
            count = split(calls[i], call, " ")
            row = ""
            for (j = 1; j <= count; j++)
                row = row (j > 1 ? ", " : "") "`" call[j] "`" (errors[call[j]] ? " (" errors[call[j]] ")" : "")
            print "| " order[i] " | " row " |"
        }
    }' "$T/native.list" >"$T/table"

sed -n '/^<!-- system calls: begin/,/^<!-- system calls: end/p' README.md | sed '1d;$d' >"$T/readme"
if [ "${2-}" = write ]; then
    sed -e '/^<!-- system calls: begin/r '"$T/table" -e '/^<!-- system calls: begin/,/^<!-- system calls: end/{/^<!--/!d}' \
        README.md >"$T/new" && cat "$T/new" >README.md
elif ! diff "$T/readme" "$T/table" >"$T/diff"; then
    echo "matrix: README.md's table of system calls is not this one; tests/linux/matrix.sh BUILD-FOLDER write"
    head -n 5 "$T/diff"
    failed=1
fi
diff "$T/native.list" "$T/facet.list" >"$T/diff" || {
    echo "matrix: natively (<) and under facet (>):"
    cat "$T/diff"
    failed=1
}
lines=$(grep -cv '^#' "$T/native.list")
calls=$(grep -v '^#' "$T/native.list" | cut -d ' ' -f 1 | sort -u | wc -l)
[ $failed = 0 ] && echo "matrix: $lines outcomes of $calls system calls, the same natively and under facet"
exit $failed
