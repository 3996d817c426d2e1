#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The system-call table of kernel/README.md, between its markers, is the one of the kernel's dispatcher.
# usage: operations.sh BUILD-FOLDER write|check
set -eu
cd "$(dirname "$0")/.."
T=$(mktemp)
trap 'rm -f "$T"' EXIT
"$1/tests/optable" "$1/kernel.elf" markdown >"$T.table"
awk -v table="$T.table" '
    /^<!-- operations: end -->/ { skip = 0 }
    !skip { print }
    /^<!-- operations: begin -->/ { skip = 1; while ((getline line < table) > 0) print line; seen++ }
    END { exit seen != 1 }' kernel/README.md >"$T" || { echo 'kernel/README.md has no markers for the operations'; exit 1; }
rm -f "$T.table"
if [ "$2" = write ]; then
    cat "$T" >kernel/README.md
elif ! cmp -s "$T" kernel/README.md; then
    diff kernel/README.md "$T" | head -n 20
    echo 'the table in kernel/README.md is not that of the kernel: run make operations'
    exit 1
fi
