# SPDX-License-Identifier: GPL-2.0-or-later
# Every operation of every capability type is invoked, rightly and in every wrong way; the documented table is the kernel's.
. tests/cli/lib.sh

all='--grant range --grant debug --grant schedule --grant time --grant console --grant power --grant host'
mkdir "$T/granted"
guest=$B/tests/guests/operations
# shellcheck disable=SC2086
operations() {
    status=$1
    shift
    expect "$status" "$FACET" run $all --grant "dir:$T/granted:rw" "$guest" "$@" </dev/null
    out_has '^ok: the kernel has the operations, rights and ranges that are expected$'
    out_has '^ok: every operation, rightly and in every wrong way$'
}
operations 0
operations 7 OP_POWER_OFF     # the status it asks for
operations 139 OP_DEBUG_FAULTED # signal 11
expect 0 tests/operations.sh "$B" check

# The check finds a table that is not current.
mkdir -p "$T/tree/tests" "$T/tree/kernel"
cp tests/operations.sh "$T/tree/tests/"
sed 's/RO WK OP/RO WK/' kernel/README.md >"$T/tree/kernel/README.md"
expect 1 "$T/tree/tests/operations.sh" "$PWD/$B" check
out_has 'run make operations'
