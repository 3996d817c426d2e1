# SPDX-License-Identifier: GPL-2.0-or-later
# Write-once memory and bit flips. The judge is what the programs print, computed here.
. tests/cli/lib.sh

cat >"$T/cells.c" <<'C'
#include <stdio.h>
#include <string.h>
volatile unsigned char cell[10000];
volatile unsigned word[64];
int main(int argc, char **argv) {
    unsigned long sum = 0;
    if (argc > 1 && strcmp(argv[1], "twice") == 0) {
        for (int i = 0; i < 10000; i++)
            cell[i] = (unsigned char)(i + 1);
        cell[5001] = 77;
        printf("%d\n", cell[5001]);
        return 0;
    }
    if (argc > 1) { /* overlapping words: the second one meets two bytes of the first */
        *(volatile unsigned *)(cell + 4095) = 0x11111111;
        *(volatile unsigned *)(cell + 4097) = 0x22222222;
        printf("%x\n", *(volatile unsigned *)(cell + 4097));
        return 0;
    }
    for (unsigned i = 0; i < 64; i++)
        word[i] = i;
    for (unsigned i = 0; i < 64; i++)
        sum += word[i];
    printf("%lu\n", sum);
}
C
gcc -g -O1 -static -o "$T/cells" "$T/cells.c"

expect 133 "$FACET" run --swap sym:cell=once "$T/cells" twice
err_has 'on sym:cell: store of 1 byte at offset 5001 .*byte 5001 was stored to before'
err_has '^New value = 0x4d \(77\)$'
err_has '^once sym:cell: 10000 stores passed and wrote 10000 bytes; 1 came a second time and stopped'
expect 139 "$FACET" run --swap sym:cell=once:fault "$T/cells" twice
err_has '1 came a second time and were refused'
expect 0 "$FACET" run --swap sym:cell=once:ignore "$T/cells" twice
out_has "^$((5002 % 256))\$"
expect 0 "$FACET" run --swap sym:cell=once:ignore "$T/cells" overlap
out_has '^1111$'
err_has '1 stores passed and wrote 4 bytes; 1 came a second time'
expect 0 "$FACET" run --swap sym:word=once "$T/cells"
out_has '^2016$'
expect 2 "$FACET" run --swap sym:word=once:never "$T/cells"
err_has 'once\[:stop\|fault\|ignore\]'
# After the stop `continue` lets the store happen.
expect 0 "$FACET" debug --batch -ex run -ex continue --swap sym:cell=once "$T/cells" twice
out_has '^77$'

# ---- flip: 64 stores, then 64 loads of 0 … 63, whose sum is 2016
flips() {
    expect 0 "$FACET" run --seed "$1" --swap "sym:word=flip:$2" "$T/cells"
}
flips 0 nth=6,load,bit=4
out_has "^$((2016 - 5 + (5 ^ 16)))\$"
err_has '^flip sym:word: access 6, a load of 4 bytes at offset 20 by 0x[0-9a-f]+, main.*cells\.c:2[0-9]\): bit 4, 0x00000005 becomes 0x00000015$'
err_has '^flip sym:word: 1 bit flipped in 64 accesses$'
flips 0 nth=6,store,bit=0
out_has "^$((2016 - 5 + (5 ^ 1)))\$"
flips 0 nth=70,bit=31
out_has "^$((2016 - 5 + (5 ^ (1 << 31))))\$"
err_has 'access 70, a load'
flips 0 nth=129
out_has '^2016$'
err_has '0 bits flipped in 128 accesses; there was no access 129'
flips 0 nth=1,bit=32
err_has '0 bits flipped in 0 accesses'
flips 0 p=1,bit=0,load
out_has '^2016$' # each pair 2k, 2k+1 is exchanged
err_has '64 bits flipped in 64 accesses'

# By chance: the same seed the same flips, another one others; the sum is what the told flips make it.
told() {
    grep '^flip sym:word: access' "$T/err"
}
for seed in 1 2 3; do
    flips $seed p=0.1,load
    told >"$T/first$seed"
    flips $seed p=0.1,load
    told >"$T/again"
    cmp "$T/first$seed" "$T/again" || fail "seed $seed: another run, other flips"
    [ "$(wc -l <"$T/again")" -gt 0 ] || fail "no flip at all"
    sum=2016
    while read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ rest; do
        old=$(expr "$rest" : '.* \(0x[0-9a-f]*\) becomes') new=$(expr "$rest" : '.* becomes \(.*\)')
        bit=$(expr "$rest" : '.*: bit \([0-9]*\),')
        [ $((old ^ new)) = $((1 << bit)) ] || fail "not that bit: $rest"
        sum=$((sum - old + new))
    done <"$T/again"
    out_has "^$sum\$"
done
! cmp -s "$T/first1" "$T/first2" && ! cmp -s "$T/first2" "$T/first3" || fail "the seed changes nothing"
flips 1 p=1
[ "$(told | sed 's/.*: bit \([0-9]*\),.*/\1/' | sort -nu | wc -l)" -gt 20 ] || fail "always the same bits"

for wrong in '' nth=0 p=0 p=2 p=x nth=1,p=0.5 bit=3 nth=1,bit=4096 nth=1,fetch; do
    expect 2 "$FACET" run --swap "sym:word=flip:$wrong" "$T/cells"
    err_has 'flip:nth=N'
done
