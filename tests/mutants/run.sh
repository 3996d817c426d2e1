#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does a test notice when the kernel is wrong? Each mutant of tests/mutants/list is the kernel with one line changed, built
# as in release and as in debug mode; each test runs on it. Prints which tests kill it. Fails if one survives, if a change
# does not apply or does not compile any more, and if a test fails on the kernel as it is.
# usage: run.sh RELEASE-BUILD-FOLDER DEBUG-BUILD-FOLDER [NAME…]
set -u
cd "$(dirname "$0")/../.." || exit 2
release=$1 debug=$2
shift 2
export LC_ALL=C
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

flags='-std=gnu11 -O2 -w -Iinclude -Ikernel -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone
    -mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing'
guest_flags='-std=gnu11 -O2 -w -Iinclude -Ikernel/domain -ffreestanding -fno-pic -fno-pie -fno-stack-protector
    -fcf-protection=none -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mgeneral-regs-only'
# A guest to which everything is granted, its arguments; behind a +, only a bank.
GUESTS='model 2500 1
model 2500 2
parts keys
trees 20000
operations
host
ipc
brands
forwarders
keeper
foreign
revoke
messages
windows
strings
rescind
code
machine
handlers
crossing
nested
lost
+banks
+accounts 1500 1'

# init_build BUILD-FOLDER FILE FOLDER: FOLDER/init_image.o, with kernel/FILE replaced by FOLDER/FILE
init_build() {
    # shellcheck disable=SC2086
    gcc $guest_flags -c -o "$3/mutant.o" "$3/$2" || return 1
    objects=$1/linux_image.o
    for each in "$1"/kernel/domain/*.o; do
        case $each in
        "$1/kernel/${2%.*}.o" | */crt0.o | */pager.o | */copyspace.o | */constructor.o) ;;
        *) objects="$objects $each" ;;
        esac
    done
    # shellcheck disable=SC2086
    gcc -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack -o "$3/init.elf" $objects \
        "$3/mutant.o" || return 1
    printf '.section .rodata\n.balign 4096\n.globl init_image\ninit_image: .incbin "%s"\n.section .note.GNU-stack,"",@progbits\n' \
        "$3/init.elf" | gcc -x assembler -c -o "$3/init_image.o" -
}

# kernel_build BUILD-FOLDER OPTION FILE FOLDER: FOLDER/kernel.elf, with kernel/FILE replaced by FOLDER/FILE
kernel_build() {
    object=$1/kernel/${3%.*}.o image=$1/init_image.o
    case $3 in
    domain/*)
        init_build "$1" "$3" "$4" || return 1
        image=$4/init_image.o
        rm "$4/mutant.o"
        ;;
    *)
        # shellcheck disable=SC2086
        gcc $flags $2 -c -o "$4/mutant.o" "$4/$3" || return 1
        image="$image $4/mutant.o"
        ;;
    esac
    objects=
    for each in "$1"/kernel/*.o; do
        [ "$each" = "$object" ] || objects="$objects $each"
    done
    # shellcheck disable=SC2086
    gcc -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack,--no-warn-rwx-segments \
        -Wl,-T,kernel/kernel.ld -o "$4/kernel.elf" $objects $image
}

# killers KERNEL WORD: the tests that fail, each on a line behind WORD
killers() {
    at=$(mktemp -d "$T/XXXXXX")
    echo "$GUESTS" | while read -r guest arguments; do
        [ "$2$arguments" != 'debug:2500 2' ] || continue # checking takes its time
        rm -rf "$at/granted" && mkdir "$at/granted"
        grants="range --grant debug --grant console --grant power --grant schedule --grant time --grant host"
        [ "$guest" = "${guest#+}" ] || grants=bank guest=${guest#+}
        # shellcheck disable=SC2086
        timeout -k 5 60 "$release/facet" run --timeout 30 --kernel "$1" --grant $grants --grant "dir:$at/granted:rw" \
            "$release/tests/guests/$guest" $arguments </dev/null >"$at/out" 2>&1 ||
            echo "$2$guest"
    done
}

# mutant NAME FILE SED-SCRIPT: prints its line of the table; status 1: it survives, or cannot be made
mutant() {
    folder=$T/$1
    mkdir -p "$(dirname "$folder/$2")"
    sed "$3" "kernel/$2" >"$folder/$2"
    if cmp -s "kernel/$2" "$folder/$2"; then
        printf '%-36s %-16s THE CHANGE DOES NOT APPLY\n' "$1" "$2"
        return 1
    fi
    for mode in release debug; do
        eval "build=\$$mode"
        kernel_build "$build" "$([ $mode = release ] || echo -DFACET_DEBUG)" "$2" "$folder" || {
            printf '%-36s %-16s DOES NOT BUILD\n' "$1" "$2"
            return 1
        }
        killers "$folder/kernel.elf" "$([ $mode = release ] || echo debug:)"
    done >"$folder/killers"
    grep -q 'DOES NOT BUILD' "$folder/killers" && cat "$folder/killers" && return 1
    set -- "$1" "$2" "$(sort -u "$folder/killers" | tr '\n' ' ')"
    rm -rf "$folder"
    printf '%-36s %-16s %s\n' "$1" "$2" "${3:-SURVIVES}"
    [ -n "$3" ]
}

well=$({ killers "$release/kernel.elf" '' && killers "$debug/kernel.elf" debug:; } | sort -u | tr '\n' ' ')
[ -z "$well" ] || { echo "these fail on the kernel as it is: $well"; exit 1; }

. tests/mutants/wanted.sh

printf '%-36s %-16s %s\n' MUTANT FILE 'KILLED BY (debug: by the debug build)'
failed=0 started=0
while read -r name file script; do
    case $name in '' | '#'*) continue ;; esac
    wanted "$name" "$@" || continue
    { mutant "$name" "$file" "$script" || echo "$name" >>"$T/survivors"; } &
    started=$((started + 1))
    [ $((started % 2)) != 0 ] || wait # two at a time
done <tests/mutants/list
wait
[ ! -s "$T/survivors" ] || failed=$(wc -l <"$T/survivors")
echo "mutants: $started, of which $failed are not killed"
[ "$failed" = 0 ]
