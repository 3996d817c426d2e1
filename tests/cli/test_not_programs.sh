# SPDX-License-Identifier: GPL-2.0-or-later
# Files that facet does not run: one clear line and status 126.
. tests/cli/lib.sh

refuses() {
    expect 126 "$FACET" run "$1"
    err_lines 1
    err_has "^facet: .*$2"
    [ ! -s "$T/out" ] || fail "it printed to standard output"
}

# patch FILE OFFSET BYTES(printf)
patch() {
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

refuses "$T/nosuchfile" nosuchfile
mkdir "$T/folder"
refuses "$T/folder" folder
: >"$T/empty"
refuses "$T/empty" 'empty|ELF'
echo 'echo hello' >"$T/script"
refuses "$T/script" 'ELF'
refuses "$(command -v env)" 'dynamically linked programs are not supported'

for size in 3 63 64 100 5000; do
    head -c $size "$LEDGER" >"$T/truncated"
    refuses "$T/truncated" 'truncated'
done
cp "$LEDGER" "$T/arm" && patch "$T/arm" 18 '\267\000'
refuses "$T/arm" 'arm.*x86|x86.*arm'
cp "$LEDGER" "$T/bits" && patch "$T/bits" 4 '\001'
refuses "$T/bits" 'bits'
cp "$LEDGER" "$T/big" && patch "$T/big" 5 '\002'
refuses "$T/big" 'big'
cp "$LEDGER" "$T/phdrs" && patch "$T/phdrs" 32 '\377\377\377\377\377\377\377\177'
refuses "$T/phdrs" phdrs
refuses "$B/crt0.o" 'crt0.o'

# What a newcomer tries: each answer says what to do instead.
printf '#!/bin/sh\necho hello\n' >"$T/script.sh" && chmod +x "$T/script.sh"
refuses "$T/script.sh" 'is a script, no ELF file: .*facet run'
refuses env 'cannot read env: No such file or directory; PATH is not searched: use /.*/env$'
printf 'int main(void) { return 0; }\n' >"$T/c.c"
gcc -o "$T/dynamic" "$T/c.c"
refuses "$T/dynamic" 'dynamically linked programs are not supported.*-static.*busybox-static'
gcc -shared -fPIC -o "$T/lib.so" "$T/c.c"
refuses "$T/lib.so" 'shared library'
cp "$LEDGER" "$T/plain" && chmod -x "$T/plain"
refuses "$T/plain" 'not executable: use .chmod'

# 200 random damages of a real file: refused, or run to whatever end, but never facet's own failure.
awk 'BEGIN { srand(1); for (i = 0; i < 200; i++) print int(rand() * 512), int(rand() * 256) }' | while read -r at byte; do
    cp "$LEDGER" "$T/damaged"
    patch "$T/damaged" "$at" "\\$(printf %03o "$byte")"
    status=0
    "$FACET" run "$T/damaged" >/dev/null 2>"$T/err" || status=$?
    case $status in
    13[0-9]) grep -q 'the program received signal' "$T/err" || fail "status $status with byte $at = $byte" ;;
    124 | 125) fail "status $status with byte $at = $byte" ;;
    esac
    ! grep -q 'internal error\|panic' "$T/err" || fail "byte $at = $byte"
done
