# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of unmodified Linux programs under handlers. The judge of accesses is valgrind's lackey, on the same file run
# natively; of the heap and of mappings, what the program below plainly does.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")

# ---- Mixed accesses to one global: equal to lackey's, access by access.

cat >"$T/mixed.c" <<'C'
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
struct {
    uint8_t byte[64];
    uint64_t word[64];
    float f[16];
    struct { uint16_t a; uint8_t b; uint32_t c; } __attribute__((packed)) packed[9];
    char text[100];
} table = {.word = {1, 2, 3}};
static volatile uint64_t sink;
static void strings(void) {
    char *to = table.text, *from = (char *)table.word;
    long count = 19;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
    to = table.text + 1, count = 5;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(0x1122334455667788ul) : "memory");
    strcpy(table.text + 3, "a string of some length");
    memset(table.byte, 7, 33);
    memmove(table.byte + 3, table.byte, 40);
    sink = strlen(table.text + 3) + (uint64_t)memcmp(table.byte, table.byte + 20, 20);
}
static void locked(void) {
    __atomic_fetch_add(&table.word[9], 5, __ATOMIC_SEQ_CST);
    __atomic_store_n(&table.word[10], 6, __ATOMIC_SEQ_CST);
    uint64_t expected = 5;
    __atomic_compare_exchange_n(&table.word[9], &expected, 8, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    __atomic_compare_exchange_n(&table.word[9], &expected, 8, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&table.byte[5], 0x80, __ATOMIC_SEQ_CST);
}
int main(void) {
    for (int i = 0; i < 64; i++) {
        table.byte[i] = (uint8_t)(table.byte[63 - i] + i);
        table.word[i] += table.byte[i] * table.word[i * 7 % 64];
    }
    for (int i = 0; i < 9; i++) {
        table.packed[i].c = (uint32_t)i * 3u;
        table.packed[i].a ^= (uint16_t)table.packed[i].c;
        table.packed[i].b--;
    }
    for (int i = 0; i < 16; i++)
        table.f[i] = table.f[15 - i] * 2 + (float)i;
    __m128i both = _mm_loadu_si128((void *)(table.byte + 5));
    _mm_storeu_si128((void *)(table.word + 3), both);
    _mm_store_sd((void *)(table.f + 2), _mm_loadh_pd(_mm_setzero_pd(), (void *)table.f));
    __asm__ volatile("incw %0; negb %1; xchg %2, %%rax; pushq %0; popq %3; btsl $3, %0"
                     : "+m"(table.word[20]), "+m"(table.byte[9]), "+m"(table.word[30]), "=m"(table.word[31])::"rax", "memory");
    strings();
    locked();
    printf("%lu\n", (unsigned long)(table.word[3] + sink));
}
C
musl-gcc -g -O1 -static -o "$T/mixed" "$T/mixed.c"
expect 0 "$T/mixed"
cp "$T/out" "$T/native.out"
expect 0 "$FACET" run --swap sym:table=trace --events "$T/events" "$T/mixed"
out_is "$T/native.out"
jq -r 'select(.by == "user") | "\(.ev) \(.off) \(.size) \(.pc)"' "$T/events" >"$T/facet.seq"

expect 0 valgrind --tool=lackey --trace-mem=yes --log-file="$T/lackey" "$T/mixed"
# shellcheck disable=SC2046
set -- $(symbol "$T/mixed" table)
awk -v base="$1" -v size="$2" -f tests/lackey.awk "$T/lackey" >"$T/lackey.seq"
[ "$(wc -l <"$T/lackey.seq")" -gt 500 ] || fail "lackey saw almost nothing"
cmp -s "$T/facet.seq" "$T/lackey.seq" || {
    diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
    fail "facet's accesses (<) are not lackey's (>)"
}

# ---- In force before the first instruction, with every handler, for each kind of program.

cat >"$T/kinds.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int counter = 5;
const int constant[4] = {1, 2, 3, 4};
char zeros[20000];
int main(int argc, char **argv) {
    char *block = malloc(50000);
    (void)argv;
    for (int i = 0; i < 3; i++)
        counter += constant[i] + argc;
    memset(block, 1, 50000);
    zeros[19999] = block[argc];
    printf("%d\n", counter + zeros[19999]);
    return 0;
}
C
musl-gcc -g -static -o "$T/musl" "$T/kinds.c"
gcc -g -static -o "$T/glibc" "$T/kinds.c"
gcc -g -static-pie -fPIE -o "$T/pie" "$T/kinds.c"
gcc -static -s -o "$T/stripped" "$T/kinds.c"
for program in musl glibc pie; do
    expect 0 "$FACET" run --swap sym:counter=trace "$T/$program"
    out_has '^15$'
    # four loads and three stores, by main and nobody else
    [ "$(grep -c ': load 4 bytes.*main' "$T/err") $(grep -c ': store 4 bytes.*main' "$T/err")" = '4 3' ] ||
        fail "not the accesses of $program's main"
    expect 133 "$FACET" run --swap sym:counter=watch:store,value=10 "$T/$program"
    err_has 'store of 4 bytes at offset 0'
    err_has 'in main\+.*kinds.c:11'
    err_has '^Old value = 0x00000007 \(7\)$'
    expect 0 "$FACET" run --swap sym:counter=freeze "$T/$program"
    out_has '^6$'
    expect 0 "$FACET" run --swap sym:counter="$B/handlers/tracer.so" "$T/$program"
    out_has '^15$'
    for segment in text rodata data bss heap stack; do
        expect 0 "$FACET" run --events "$T/events" --swap seg:$segment=count "$T/$program"
        out_has '^15$'
        [ "$program $segment" = 'musl heap' ] || holds ".obj == \"seg:$segment\" and .off > -8" "$T/events"
    done
done
expect 0 "$FACET" run --swap seg:bss=count "$T/stripped"
expect 2 "$FACET" run --swap sym:counter=count "$T/stripped"
err_has 'no symbol "counter" in the program: .*no symbol table.*seg:'
expect 2 "$FACET" run --swap sym:conter=count "$T/glibc"
err_has 'did you mean "counter"'
expect 2 "$FACET" run --swap counter=count "$T/glibc"
err_has 'did you mean sym:counter'

# ---- The heap grows, shrinks and grows again; mappings are numbered.

cat >"$T/grow.c" <<'C'
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#define PAGE 4096
static volatile char *heap, *map[4];
static void set_break(long pages) { syscall(SYS_brk, heap + pages * PAGE); }
static volatile char *make(long pages) {
    return mmap(0, (unsigned long)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
int main(void) {
    heap = (char *)syscall(SYS_brk, 0);
    set_break(3);
    heap[1] = 1, heap[2 * PAGE + 3] = 2;
    set_break(1);
    heap[2] = 3;
    set_break(5);
    heap[2 * PAGE + 4] = heap[2 * PAGE + 3], heap[5 * PAGE - 1] = 4;
    map[0] = make(2), map[1] = make(4), map[2] = make(1);
    map[0][0] = 1, map[1][5] = 2, map[1][3 * PAGE] = 3, map[2][7] = 4;
    munmap((void *)(map[1] + 3 * PAGE), PAGE);
    mprotect((void *)(map[1] + PAGE), PAGE, PROT_READ);
    map[1][2 * PAGE + 9] = map[1][PAGE + 1];
    munmap((void *)map[0], 2 * PAGE);
    map[3] = make(2);
    map[3][8] = 5;
    madvise((void *)map[1], PAGE, MADV_DONTNEED);
    map[1][5] = map[1][5];
    map[2] = make(9); /* where there is room to grow */
    munmap((void *)map[2], 9 * PAGE);
    mmap((void *)map[2], PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mremap((void *)map[2], PAGE, 2 * PAGE, 0);
    map[2][PAGE] = 6;
    char *moved = mremap((void *)map[2], 2 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
    moved[1] = moved[PAGE];
    return map[1][5];
}
C
musl-gcc -static -o "$T/grow" "$T/grow.c"
expect 0 "$T/grow"
# PAGES(events of one object): "load|store OFFSET-in-pages+rest" in a row
seen() {
    expect 0 "$FACET" run --events "$T/events" --swap "$1=count" "$T/grow"
    jq -r '"\(.ev) \(.off / 4096 | floor)+\(.off % 4096)"' "$T/events" | paste -sd ,
}
is() {
    [ "$2" = "$3" ] || fail "the accesses of $1 are: $2"
}
is heap "$(seen seg:heap)" 'store 0+1,store 2+3,store 0+2,load 2+3,store 2+4,store 4+4095'
is map:1 "$(seen map:1)" 'store 0+0'
is map:2 "$(seen map:2)" \
    'store 0+5,store 3+0,load 1+1,store 2+9,load 0+5,store 0+5,load 0+5'
is map:3 "$(seen map:3)" 'store 0+7'
is map:4 "$(seen map:4)" 'store 0+8'
is map:6 "$(seen map:6)" 'store 1+0'
is map:7 "$(seen map:7)" 'load 1+0,store 0+1'
expect 0 "$FACET" run --swap map:8=count "$T/grow"
err_has 'map:8 was never there: the program made 7 mappings'
# Two handlers of which one may stop, on an object that comes late.
expect 133 "$FACET" run --swap map:2=count --swap map:2=watch:store,off=8201 "$T/grow"
err_has 'on map:2: store of 1 byte at offset 8201'

# ---- A random life of mappings and heap: nothing is missed, nothing told twice, nothing changed. The program counts its own
# accesses; each lies in exactly one mapping.

cat >"$T/life.c" <<'C'
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#define PAGE 4096ul
static unsigned long state, sum, loads, stores, heap_loads, heap_stores;
static struct { volatile unsigned char *at; unsigned long pages; } map[12];
static unsigned long below(unsigned long n) {
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % n;
}
static void use(volatile unsigned char *at, unsigned long size, unsigned long *load, unsigned long *store) {
    for (int i = 0; i < 25; i++) {
        sum = sum * 31 + at[below(size)], ++*load;
        at[below(size)] = (unsigned char)below(256), ++*store;
    }
}
static void change(unsigned kind, unsigned k) {
    unsigned long size = map[k].pages * PAGE, page = map[k].at ? below(map[k].pages) * PAGE : 0;
    if (!map[k].at) {
        map[k].pages = 1 + below(9);
        map[k].at = mmap(0, map[k].pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    } else if (kind == 0) {
        munmap((void *)map[k].at, size);
        map[k].at = 0;
    } else if (kind == 1 && map[k].pages > 1) {
        munmap((void *)(map[k].at + size - PAGE), PAGE);
        map[k].pages--;
    } else if (kind == 2) {
        map[k].pages = 1 + below(20);
        map[k].at = mremap((void *)map[k].at, size, map[k].pages * PAGE, MREMAP_MAYMOVE);
    } else if (kind == 3) {
        mprotect((void *)(map[k].at + page), PAGE, PROT_READ);
        sum += map[k].at[page], ++loads;
        mprotect((void *)(map[k].at + page), PAGE, PROT_READ | PROT_WRITE);
    } else {
        madvise((void *)(map[k].at + page), PAGE, MADV_DONTNEED);
    }
}
int main(int argc, char **argv) {
    volatile unsigned char *heap = (void *)syscall(SYS_brk, 0);
    state = strtoul(argv[argc - 1], 0, 0);
    for (int i = 0; i < 600; i++) {
        change((unsigned)below(5), (unsigned)below(12));
        unsigned long k = below(12), pages = below(30);
        if (map[k].at)
            use(map[k].at, map[k].pages * PAGE, &loads, &stores);
        syscall(SYS_brk, heap + pages * PAGE);
        if (pages)
            use(heap, pages * PAGE, &heap_loads, &heap_stores);
    }
    printf("%lx\n%lu %lu %lu %lu\n", sum, loads, stores, heap_loads, heap_stores);
    return 0;
}
C
musl-gcc -O1 -static -o "$T/life" "$T/life.c"
maps=$(for i in $(seq 400); do printf ' --swap map:%d=count' "$i"; done)
for seed in 1 2; do
    expect 0 "$T/life" $seed
    cp "$T/out" "$T/native.out"
    # shellcheck disable=SC2046
    set -- $(tail -n 1 "$T/out")
    # shellcheck disable=SC2086
    expect 0 "$FACET" run --events "$T/events" --swap va:0x7ffff7000000+0x2000000=count --swap seg:heap=count $maps "$T/life" $seed
    out_is "$T/native.out"
    jq -r '"\(.obj[0:3]) \(.ev)"' "$T/events" | sort | uniq -c | awk '{ print $2, $3, $1 }' >"$T/counts"
    printf '%s\n' "map load $1" "map store $2" "seg load $3" "seg store $4" "va: load $1" "va: store $2" >"$T/wanted"
    cmp -s "$T/counts" "$T/wanted" || {
        diff "$T/counts" "$T/wanted"
        fail "events (<) and accesses (>) of seed $seed differ"
    }
done
# One small object comes and goes with its page: what is said of it is what is said of its bytes in the large one.
off=$(jq -sr 'map(select(.obj[0:3] == "va:"))[2000].off' "$T/events")
va=$(printf '0x%x' $((0x7ffff7000000 + off)))
jq -c --argjson off "$off" 'select(.obj[0:3] == "va:" and .off >= $off and .off < $off + 64) | [.ev, .va, .value, .pc]' \
    "$T/events" >"$T/wanted"
expect 0 "$FACET" run --events "$T/events" --swap "va:$va+64=count" "$T/life" $seed
jq -c '[.ev, .va, .value, .pc]' "$T/events" >"$T/counts"
cmp -s "$T/counts" "$T/wanted" || {
    diff "$T/counts" "$T/wanted" | head -n 10
    fail "a small object (<) and its bytes in a large one (>) differ"
}
