#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does a comparison notice when flow is wrong? Leaves out each rule, and changes one line at a time (mutants.list). Prints
# which comparisons notice it. Fails if none does, unless the list says why; if one does although the list says that none
# can; and if a change does not apply or does not compile any more. Walks notice only what is denied.
# usage: mutants.sh BUILD-FOLDER [NAME…]   NAME: of changed lines; rules: all rules that are left out
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1
shift
export LC_ALL=C
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
list=tests/flow/mutants.list
sources='enumerate bases choose graphs compare world explore authority'
flags='-std=gnu11 -O2 -w -D_GNU_SOURCE -I. -Iinclude -Idebugger -Itests/flow'

# ---- Rules that are left out

# left_out NAME COMMAND…: $T/NAME, the rules that it does not miss
left_out() {
    out=$T/$1
    shift
    "$@" | sed -n 's/^not missed: //p' >"$out"
}

rules() {
    left_out small "$build/tests/flow/enumerate" rules 0 1
    left_out random "$build/tests/flow/enumerate" rules 200 1
    left_out range "$build/tests/flow/enumerate16" rules 0 1
    left_out walks "$build/tests/flow/walk" 200 4 3000 2 rules
    sed -n 's/^RULE(\([A-Z_]*\),.*/\1/p' debugger/flow_rules.inc >"$T/rules"
    while read -r rule; do
        by=
        for each in small random range walks; do
            grep -qx "$rule" "$T/$each" || by="$by $each"
        done
        reason=$(sed -n "s/^rule $rule  *//p" $list)
        row "without $rule" "$by" "$reason"
    done <"$T/rules"
}

# ---- Lines that are changed

# programs FOLDER FILE: those of the comparisons, with debugger/FILE replaced by FOLDER/FILE
programs() {
    gcc $flags -c -o "$1/mutant.o" "$1/$2" || return 1
    objects=$1/mutant.o
    for each in flow flow_rules flow_walk flow_message flow_explain text; do
        [ "$each.c" = "$2" ] || objects="$objects $build/debugger/$each.o"
    done
    for size in 8 16 64; do
        for each in $sources; do
            [ $size != 64 ] || each=$(echo "$each" | sed 's/enumerate/walk/')
            same=$T/$size-$each.o
            [ -e "$same" ] || gcc $flags -DNODES=$size -c -o "$same" "tests/flow/$each.c" || return 1
            objects_of="${objects_of-} $same"
        done
        gcc -o "$1/compare$size" $objects_of $objects || return 1
        objects_of=
    done
}

# fails NAME COMMAND…: prints NAME if it finds a difference
fails() {
    comparison=$1
    shift
    timeout 120 "$@" >/dev/null 2>&1
    [ $? != 1 ] || printf ' %s' "$comparison" # not one that takes too long
}

mutant() {
    mkdir -p "$T/$1"
    sed "$3" "debugger/$2" >"$T/$1/$2"
    if cmp -s "debugger/$2" "$T/$1/$2"; then
        row "$1" '' '' 'THE CHANGE DOES NOT APPLY'
    elif ! programs "$T/$1" "$2"; then
        row "$1" '' '' 'DOES NOT BUILD'
    else
        row "$1" "$(
            fails small "$T/$1/compare8" 2 2 3
            fails small3 "$T/$1/compare8" 3 2
            fails around "$T/$1/compare8" around 1 1
            fails random "$T/$1/compare8" random 5 9 500 2
            fails range "$T/$1/compare16" 2 2 3
            fails walks "$T/$1/compare64" 200 4 3000 2
        )" ''
    fi
    rm -rf "${T:?}/$1"
}

# ---- row NAME NOTICED-BY REASON [TEXT]; REASON: why nothing can notice it

count=0 failed=0
row() {
    text=${4-$2}
    if [ -n "$3" ] && [ -z "$2" ]; then
        text=" none: $3"
    elif [ -n "$3" ] || [ -z "$2" ]; then
        failed=$((failed + 1))
        text="${text:- NOBODY} <<<"
    fi
    count=$((count + 1))
    printf '%-34s%s\n' "$1" "$text"
}

. tests/mutants/wanted.sh

if wanted rules "$@"; then
    rules
fi
while read -r mutant file script; do
    case $mutant in '' | '#'* | rule) continue ;; esac
    if wanted "$mutant" "$@"; then
        mutant "$mutant" "$file" "$script"
    fi
done <$list
echo "flow-mutants: $count, of which $failed are not as they should be"
[ "$failed" = 0 ]
