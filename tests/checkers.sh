#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The checkers themselves: each must catch what it is there for. usage: checkers.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# must_catch WHAT CHECKER ARGS…: the checker says one line about WHAT and fails
must_catch() {
    what=$1
    shift
    if said=$("$@" 2>&1); then
        printf 'checkers: %s did not notice: %s\n' "$1" "$what"
        failed=1
    elif [ "$(printf '%s\n' "$said" | wc -l)" != 1 ]; then
        printf 'checkers: %s said about %s more than one line:\n%s\n' "$1" "$what" "$said"
        failed=1
    fi
}

fresh() {
    rm -rf "${tree:?}"/*
    (cd "$tree" && mkdir -p kernel/domain/linux emu debugger include/facet samples/guests samples/handlers tests/guests)
}

# put FILE LINE: a source file of that one line
put() {
    printf '/* SPDX-License-Identifier: GPL-2.0-or-later */\n%s\n' "$2" >"$tree/$1"
}

for case in 'kernel/a.c <stdio.h>' 'kernel/a.c "emu/emu.h"' 'kernel/domain/a.c <unistd.h>' 'kernel/domain/linux/a.c <sys/mman.h>' 'debugger/a.c <unicorn/unicorn.h>' \
    'debugger/a.c "emu/internal.h"' 'debugger/a.h "kernel/cap.h"' 'emu/a.c "debugger/cli.h"' 'samples/guests/a.c <stdio.h>' \
    'samples/handlers/a.c "emu/emu.h"' 'include/facet/a.h "emu/emu.h"'; do
    fresh
    put "${case%% *}" "#  include ${case#* }"
    must_catch "$case" "$here/layering.sh" "$tree"
done
fresh
put emu/a.c '#include <unicorn/unicorn.h>'
put debugger/a.c '#include "emu/emu.h"'
put kernel/a.c '#include <facet/abi.h>'
"$here/layering.sh" "$tree" || failed=1

work=work
fresh
put emu/a.c "/* see /$work/notes */"
must_catch 'a path of one machine' "$here/hygiene.sh" "$tree"
fresh
printf 'int a;\n' >"$tree/emu/a.c"
must_catch 'a missing SPDX line' "$here/hygiene.sh" "$tree"
fresh
: >"$tree/notes"
must_catch 'a file without a place' "$here/hygiene.sh" "$tree"
fresh
put emu/a.c "$(seq 501)"
must_catch 'a long file' "$here/hygiene.sh" "$tree"
fresh
put emu/a.c ''
for listed in 'emu/a.c emu/a.c' 'emu/a.c emu/b.c' ''; do
    printf '%s' "$listed" | tr ' ' '\n' >"$tree/tests/lists"
    [ -z "$listed" ] || echo >>"$tree/tests/lists"
    must_catch "the lists '$listed'" "$here/hygiene.sh" "$tree" "$tree/tests/lists"
done

# Jobs: said in their order, whoever is first; each that fails counts, however it ends.
said=$(JOBS=2 "$here/jobs.sh" "until [ -e $tree/second ]; do sleep 0.1; done; echo first" "echo second; : >$tree/second; exit 255" \
    'exit 1' 'echo third')
if [ $? != 2 ] || [ "$(printf '%s' "$said" | tr '\n' ' ')" != 'first second third' ]; then
    printf 'checkers: jobs.sh said: %s\n' "$said"
    failed=1
fi
exit $failed
