# SPDX-License-Identifier: GPL-2.0-or-later
# Objects that are more than pages: GPTs with all that is reached through them, and addresses without memory.
. tests/cli/lib.sh
guest=$B/tests/guests/parts
sparse=$B/handlers/sparse.so
range=va:0x100000000000+0x1000000000

# 64 GiB that a handler makes up. The accesses of `there`: 2 * 1000, then 31 as its source says.
for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --events "$T/events" --swap $range=$sparse "$guest" there
    out_has '^made up$'
    holds '.verdict == "done" and (.value | length) == 2 + 2 * .size and has("old") == false' "$T/events"
    [ "$(wc -l <"$T/events")" = 2031 ] || fail "$(wc -l <"$T/events") events"
    holds '.obj == "'$range'" and .off >= 0 and .off + .size <= 68719476736' "$T/events"
    [ "$(jq -c 'select(.by == "kernel") | [.off, .size]' "$T/events" | tr -d '\n')" = '[8188,4][8192,4]' ] || fail "the kernel's copy"
    err_has '^sparse: 100[0-9] of 16777216 pages stored to$'
    expect 0 "$facet" run --grant range --swap $range=$sparse "$guest" grow
done

for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --grant range --grant debug "$guest" keys
done

# While a page is there it answers: a store has an old value then.
expect 0 "$FACET" run --grant range --events "$T/events" --swap $range=$sparse "$guest" grow
jq -r '[.ev, .off, .verdict, .old // "-"] | join(" ")' "$T/events" >"$T/seen"
cat >"$T/expected" <<'END'
store 8 done -
load 8 pass -
store 8 pass 0x0000000000000000
load 4104 done -
load 8 done -
load 8 pass -
load 8 done -
END
cmp "$T/expected" "$T/seen" || fail "$(diff "$T/expected" "$T/seen")"

# Nobody answers: the access faults as without a front, and is told before.
expect 139 "$FACET" run --events "$T/events" --swap $range=count "$guest" fault
err_has 'SIGSEGV.*cannot load from 0x100000000000: no capability covers the address'
holds '.ev == "load" and .off == 0 and .verdict == "pass"' "$T/events"
expect 139 "$FACET" run --swap $range=$sparse "$guest" fault behind
err_has 'cannot load from 0x101000000000: no capability covers the address'
expect 139 "$FACET" run "$guest" fault
# … and of addresses that are no whole pages nothing is made up.
expect 2 "$FACET" run --swap va:0x100000000000+8=$sparse "$guest" there
err_has 'no page of memory is mapped there'
expect 2 "$FACET" run --swap $range=$sparse --swap va:0x100000001000+0x1000=count "$guest" there
err_has 'a part of it is swapped together with other addresses'

# A GPT, by the number that traverse tells: swapped while mapped, while its slots change.
stop="-ex 'tbreak ready' -ex run"
session() { eval "expect 0 '$FACET' debug -q --batch --grant range $stop $1 '$guest' tree"; }
session "-ex 'traverse va:0x200000000000' -ex 'traverse va:0x200000001000'"
gpt=$(sed -n 's/^  2  GPT     obj:\([0-9]*\) .*/\1/p' "$T/out" | head -n 1)
page=$(sed -n 's/^  3  Page    obj:\([0-9]*\) .*/\1/p' "$T/out" | head -n 1)
session "--events $T/events -ex 'swap obj:$gpt count' -ex 'traverse --check va:0x200000003000' -ex continue"
out_has '^done$'
out_has '^load   traversal: page 0x8[0-9a-f]*3000; page tables: .*  equal$'
out_has '^fetch  traversal: no capability covers the address; .*  equal$'
jq -r '[.obj, .ev, .off, .size, .value] | join(" ")' "$T/events" >"$T/seen"
sed "s/GPT/obj:$gpt/" >"$T/expected" <<'END'
GPT load 0 8 0x0000000000000003
GPT store 8 8 0x0000000000000004
GPT load 8200 8 0x0000000000000004
GPT load 4096 8 0x0000000000000000
GPT store 4096 8 0x0000000000000006
GPT load 8192 8 0x0000000000000006
END
cmp "$T/expected" "$T/seen" || fail "$(diff "$T/expected" "$T/seen")"

# A page with a front of its own behind it, in either order: asked from the inside out, each with its own offset.
for order in "-ex 'swap obj:$gpt count' -ex 'swap obj:$page count'" "-ex 'swap obj:$page count' -ex 'swap obj:$gpt count'"; do
    session "--events $T/events $order -ex continue"
    jq -r 'select(.va < "0x200000001000" or .va > "0x200000001fff") | [.obj, .ev, .off] | join(" ")' "$T/events" |
        head -n 6 >"$T/seen"
    sed "s/GPT/obj:$gpt/; s/PAGE/obj:$page/" >"$T/expected" <<'END'
PAGE load 0
GPT load 0
PAGE store 8
GPT store 8
PAGE load 8
GPT load 8200
END
    cmp "$T/expected" "$T/seen" || fail "$(diff "$T/expected" "$T/seen")"
done
# The inner one stops it: the outer one has not been asked, and is once the program goes on.
session "-ex 'swap obj:$page watch:store' -ex 'swap obj:$gpt trace' -ex continue -ex 'info handlers' -ex continue -ex 'info handlers'"
[ "$(sed -n "s/^obj:$gpt  *trace  *//p" "$T/out" | tr '\n' ' ')" = "1 6 " ] || fail "what the outer handler was asked"
# Without the outer one, which was the newer, it is not asked again.
session "-ex 'swap obj:$page watch:store' -ex 'swap obj:$gpt trace' -ex continue -ex 'restore obj:$gpt' -ex continue"
err_has "^watch obj:$page: 1 of 3 accesses matched$"

# All of a program: what it does with one of its objects is the same as what that object's own front sees.
expect 1 "$FACET" run --swap sym:ledger=count --events "$T/some" "$LEDGER"
expect 0 "$FACET" debug -q --batch -ex 'tbreak main' -ex run -ex 'traverse &ledger' "$LEDGER"
space=$(sed -n 's/^  1  GPT     obj:\([0-9]*\) .*/\1/p' "$T/out" | head -n 1)
expect 1 "$FACET" run --swap "obj:$space=count" --events "$T/all" "$LEDGER"
# shellcheck disable=SC2046
set -- $(symbol "$LEDGER" ledger)
jq -c '[.ev, .pc, .va, .size, .value, .old]' "$T/some" >"$T/expected"
jq -c "select(.off + .size > $1 and .off < $1 + $2) | [.ev, .pc, .va, .size, .value, .old]" "$T/all" >"$T/seen"
cmp "$T/expected" "$T/seen" || fail "the space sees other accesses of the object"
[ "$(wc -l <"$T/all")" -gt 400 ] || fail "the stack is missing"

# A Linux program's addresses, until it maps something there: then they are its pages.
cat >"$T/linux.c" <<'END'
#include <stdio.h>
#include <sys/mman.h>
int main(void) {
    volatile long *made_up = (long *)0x100000000000;
    made_up[1 << 20] = 41;
    made_up[1 << 20]++;
    printf("%ld\n", made_up[1 << 20]);
    if (mmap((void *)0x100000000000, 8192, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
        MAP_FAILED)
        return 1;
    made_up[3] = 4;
    return made_up[3] != 4;
}
END
cat >"$T/border.c" <<'END'
#include <string.h>
#include <sys/mman.h>
int main(void) {
    char *border = (char *)0x100000000000, *page = border - 4096;
    if (mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != page)
        return 1;
    *(volatile long *)(border - 3) = 0x1122334455667788;
    __asm__ volatile("lock incq (%0)" ::"r"(border - 3) : "memory");
    if (page[4093] != (char)0x89 || border[0] != 0x55 || *(volatile long *)(border - 3) != 0x1122334455667789)
        return 2;
    return 0;
}
END
gcc -O1 -static -o "$T/linux" "$T/linux.c"
expect 0 "$FACET" run --events "$T/events" --swap $range=$sparse "$T/linux"
out_has '^42$'
jq -r '[.ev, .off, .verdict, .old // "-"] | join(" ")' "$T/events" >"$T/seen"
cat >"$T/expected" <<'END'
store 8388608 done -
load 8388608 done -
store 8388608 done -
load 8388608 done -
store 24 pass 0x0000000000000000
load 24 pass -
END
cmp "$T/expected" "$T/seen" || fail "$(diff "$T/expected" "$T/seen")"

# Half of an access in memory, half in what is made up.
gcc -O1 -static -o "$T/border" "$T/border.c"
expect 0 "$FACET" run --events "$T/events" --swap $range=$sparse "$T/border"
jq -r '[.ev, .off, .size, .value] | join(" ")' "$T/events" >"$T/seen"
cat >"$T/expected" <<'END'
store -3 8 0x1122334455667788
load -3 8 0x1122334455667788
store -3 8 0x1122334455667789
load 0 1 0x55
load -3 8 0x1122334455667789
END
cmp "$T/expected" "$T/seen" || fail "$(diff "$T/expected" "$T/seen")"
# Where that half passes, the whole access faults and nothing of it has happened.
expect 139 "$FACET" run --swap $range=count "$T/border"
err_has 'cannot store to 0x100000000000: '
