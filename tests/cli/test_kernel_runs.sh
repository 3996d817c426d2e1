# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel is executed, not imitated: one byte changed in its code changes what a guest is told.
. tests/cli/lib.sh

cp "$B/kernel.elf" "$T/kernel.elf"
expect 1 "$FACET" run --kernel "$T/kernel.elf" "$LEDGER"
out_has '^alice +650$'

# The last instruction of the system call's way out is SYSRET; before it RAX holds the result. Where STREAM_WRITE tells
# how many bytes were taken the guest stops when it hears 0: so a kernel whose SYSRET is UD2 (both two bytes or more)
# never comes back, and one whose result is another number is noticed.
offset_of() { # file offset of a virtual address
    readelf -lW "$B/kernel.elf" | while read -r type off va _ filesz _; do
        [ "$type" = LOAD ] || continue
        [ $(($1)) -ge $((va)) ] && [ $(($1)) -lt $((va + filesz)) ] && echo $((off + $1 - va))
    done | head -n 1
}
sysret=$(objdump -d "$B/kernel.elf" | awk '/sysret/ { sub(":", "", $1); print $1; exit }')
[ -n "$sysret" ] || fail "no SYSRET in kernel.elf"
printf '\017\013' | dd of="$T/kernel.elf" bs=1 seek="$(offset_of "0x$sysret")" conv=notrunc status=none
status=0
"$FACET" run --timeout 10 --kernel "$T/kernel.elf" "$LEDGER" >"$T/out" 2>"$T/err" || status=$?
last="a kernel without SYSRET"
[ $status = 125 ] || fail "status $status, not 125"
! grep -q alice "$T/out" || fail "the guest ran without a way out of the kernel"
