#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does each change of tests/mutants/list still apply to the kernel as it is? usage: apply.sh
cd "$(dirname "$0")/../.." || exit 2
status=0
while read -r name file script; do
    case $name in '' | '#'*) continue ;; esac
    if sed "$script" "kernel/$file" | cmp -s - "kernel/$file"; then
        echo "tests/mutants/list: $name changes nothing in kernel/$file"
        status=1
    fi
done <tests/mutants/list
exit $status
