# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel is executed, not imitated: one instruction changed in its code changes what a guest is told.
. tests/cli/lib.sh

kernel=$B/kernel.elf
guest=$B/tests/guests/badop
cp "$kernel" "$T/kernel.elf"
expect 1 "$FACET" run --kernel "$T/kernel.elf" "$LEDGER"
out_has '^alice +650$'
expect 1 "$FACET" run --kernel "$T/kernel.elf" "$guest" # RC_BAD_OP is 0x1001

# File offset of a kernel address. Only the low 32 bits are looked at: the high half is the same everywhere.
offset_of() {
    address=$((0x$(printf %s "$1" | tail -c 8)))
    readelf -lW "$kernel" | while read -r type off va _ filesz _; do
        [ "$type" = LOAD ] || continue
        start=$((0x$(printf %s "$va" | tail -c 8)))
        [ $address -lt $start ] || [ $address -ge $((start + filesz)) ] || echo $((off + address - start))
    done | head -n 1
}

# patched ADDRESS SKIP BYTES: $T/kernel.elf is the kernel with those bytes SKIP bytes after the address
patched() {
    cp "$kernel" "$T/kernel.elf"
    # shellcheck disable=SC2059
    printf "$3" | dd of="$T/kernel.elf" bs=1 seek=$(($(offset_of "$1") + $2)) conv=notrunc status=none
}

# Every instruction with the number 0x1001 in it says 0x1007 instead, one after the other.
seen=0
objdump -d "$kernel" | awk -F '\t' '/\$0x1001,/ {
    sub(/^ */, "", $1); sub(":", "", $1)
    print $1, int((index($2, "01 10 00") - 1) / 3)
}' >"$T/places"
while read -r address skip; do
    patched "$address" "$skip" '\007'
    status=0
    "$FACET" run --kernel "$T/kernel.elf" "$guest" >"$T/out" 2>"$T/err" || status=$?
    last="the kernel with another number at $address"
    case $status in
    1) ;;
    7) seen=$((seen + 1)) ;;
    *) fail "status $status" ;;
    esac
done <"$T/places"
[ $seen -ge 1 ] || fail "no changed number reached the guest"

# And without its SYSRET nothing comes back from the kernel.
sysret=$(objdump -d "$kernel" | awk '/sysret/ { sub(":", "", $1); print $1; exit }')
[ -n "$sysret" ] || fail "no SYSRET in kernel.elf"
patched "$sysret" 0 '\017\013\017\013' # UD2
expect 125 "$FACET" run --kernel "$T/kernel.elf" "$LEDGER"
[ ! -s "$T/out" ] || fail "the guest ran without a way out of the kernel"
