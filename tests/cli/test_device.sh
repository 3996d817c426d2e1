# SPDX-License-Identifier: GPL-2.0-or-later
# Devices whose registers are described in Lua. What each kind of bit does is held against its definition (UVM class
# reference, table of uvm_reg_field access policies), written down once more in C, for all values.
. tests/cli/lib.sh

# ---- The sample: its driver finds each register as a driver expects it.
UART=$B/guests/uart
expect 1 "$FACET" run "$UART"
out_has '^no serial port$'
expect 0 "$FACET" run --swap sym:uart=device:samples/handlers/uart.lua:abc "$UART"
cat >"$T/want" <<'END'
bytes sent: 13
and again: 0
arrived: 16
overrun: 1
cleared: 1
END
out_is "$T/want"
err_has '^uart: you said abc$'
err_has '^device sym:uart:$'
err_has '^  0x0c  DATA +0 queued +19 loads, 33 stores$'
expect 2 "$FACET" run --swap sym:uart=device:samples/handlers/uart.lua:01234567890123456 "$UART"
err_has 'handler device: uart.lua:TEXT: more than 16 characters'
expect 0 "$FACET" debug -q --batch -ex 'swap sym:uart device:samples/handlers/uart.lua' -ex run -ex 'info handlers' \
    -ex 'restore sym:uart device' -ex 'info handlers' "$UART"
out_has '^arrived: 16$'
out_has '^  0x00  ID +0x54524155 '
out_has '^No handlers\.$'

# ---- Each kind of bit, for all values written over 32 old ones.
cat >"$T/kinds.c" <<'END'
#include <stdio.h>
enum { RW, RO, WO, RC, RS, W1C, W1S, W1T, W0C, W1, SC, KINDS };
static const char *const names[] = {"rw", "ro", "wo", "rc", "rs", "w1c", "w1s", "w1t", "w0c", "w1", "sc"};
volatile struct { unsigned char reg[KINDS], preset; } dev __attribute__((aligned(4096)));
static int bit_after_store(int kind, int old, int w) {
    switch (kind) {
    case RW: case WO: case W1: return w;
    case W1C: return w ? 0 : old;
    case W1S: return w ? 1 : old;
    case W1T: return w ? !old : old;
    case W0C: return w ? old : 0;
    case SC: return 0;
    }
    return old;
}
static int bit_loaded(int kind, int now) { return kind == WO ? 0 : now; }
static int bit_after_load(int kind, int now) { return kind == RC ? 0 : kind == RS ? 1 : now; }
static int each_bit(int (*f)(int, int), int kind, int v) {
    int result = 0;
    for (int i = 0; i < 8; i++) result |= f(kind, v >> i & 1) << i;
    return result;
}
int main(void) {
    int wrong = 0, compared = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int old = 3; old < 256; old += 8)
            for (int w = 0; w < 256; w++) {
                int now = 0, seen, want;
                dev.preset = old;
                dev.reg[kind] = w;
                for (int i = 0; i < 8; i++)
                    now |= bit_after_store(kind, kind == SC ? 0 : old >> i & 1, w >> i & 1) << i;
                for (int load = 0; load < 2; load++, compared++) {
                    seen = dev.reg[kind];
                    want = each_bit(bit_loaded, kind, now);
                    now = each_bit(bit_after_load, kind, now);
                    if (seen != want && wrong++ < 5)
                        printf("%s: %02x over %02x: load %d gives %02x, not %02x\n", names[kind], w, old, load, seen, want);
                }
                if (kind == W1) { /* only the first store counts */
                    dev.reg[kind] = ~w;
                    if (dev.reg[kind] != now && wrong++ < 5)
                        printf("w1 can be written twice\n");
                }
            }
    printf("%d compared, %d wrong\n", compared, wrong);
    return wrong > 0;
}
END
cat >"$T/kinds.lua" <<'END'
local all = {}
for i, kind in ipairs {"rw", "ro", "wo", "rc", "rs", "w1c", "w1s", "w1t", "w0c", "w1", "sc"} do
  all[i] = register {name = kind, at = i - 1, size = 1, kind = kind}
end
register {name = "preset", at = #all, size = 1, on_write = function(_, value)
  reset()
  for i, r in ipairs(all) do r.value = i == #all and 0 or value end
end}
END
gcc -O1 -g -static -o "$T/kinds" "$T/kinds.c"
expect 0 "$FACET" run --swap "sym:dev=device:$T/kinds.lua" "$T/kinds"
out_has '^180224 compared, 0 wrong$'
# The same kinds, as bits of one register among others that are written, too.
cat >"$T/bits.lua" <<'END'
register {name = "r", at = 8, size = 8, kind = "ro", reset = 0x0123456789abcdef,
  bits = {rw = 0xff, w1c = 0xff00, w1s = 0xff0000, w1t = 0xff000000, w0c = 0xff << 32, rc = 0xff << 40, wo = 0xff << 48}}
END
cat >"$T/bits.c" <<'END'
#include <stdio.h>
volatile unsigned long dev[512] __attribute__((aligned(4096)));
int main(void) {
    volatile unsigned char *byte = (volatile unsigned char *)(dev + 1);
    printf("%02x\n", byte[4]);      /* a load of one byte clears no other */
    printf("%016lx\n", dev[1]);     /* write-only 23 is not seen; read-to-clear 45 is, once */
    dev[1] = 0xf0f0f0f0f0f0f0f0;    /* rw f0, w1c cd & 0f, w1s ab | f0, w1t 89 ^ f0, w0c 67 & f0, ro 01 */
    printf("%016lx\n", dev[1]);
    byte[1] = 0xff;                 /* a store of one byte reaches no other bit, though zeros would clear some */
    byte[4] = 0xbf;                 /* 60 & bf */
    printf("%016lx %02x\n", dev[1], byte[3]);
}
END
gcc -O1 -g -static -o "$T/bits" "$T/bits.c"
expect 0 "$FACET" run --swap "sym:dev=device:$T/bits.lua" "$T/bits"
cat >"$T/want" <<'END'
67
0100456789abcdef
0100006079fb0df0
0100002079fb00f0 79
END
out_is "$T/want"

# ---- Accesses of any size and place: registers that only keep what is stored are memory, and where none is are zeros.
cat >"$T/places.c" <<'END'
#include <emmintrin.h>
#include <stdio.h>
#include <string.h>
unsigned char dev[256] __attribute__((aligned(4096))), here[256], is_register[256];
static unsigned state = 7;
static unsigned chance(unsigned n) { state = state * 1103515245 + 12345; return (state >> 16) % n; }
int main(void) {
    static const struct { int at, size; } registers[] = {{0, 1}, {1, 1}, {2, 2}, {4, 4}, {8, 8}, {20, 4}, {25, 1}, {32, 8}, {40, 8}, {63, 1}};
    int wrong = 0;
    for (unsigned i = 0; i < sizeof registers / sizeof *registers; i++)
        memset(is_register + registers[i].at, 1, registers[i].size);
    for (int i = 0; i < 20000; i++) {
        static const int sizes[] = {1, 2, 4, 8, 16};
        int which = chance(5), size = sizes[which], at = chance(80 - size);
        unsigned char bytes[16], back[16];
        for (int k = 0; k < 16; k++) bytes[k] = chance(256);
        for (int k = 0; k < size; k++)
            if (is_register[at + k]) here[at + k] = bytes[k];
        switch (which) { /* one instruction each */
        case 0: *(volatile unsigned char *)(dev + at) = bytes[0]; break;
        case 1: { unsigned short v; memcpy(&v, bytes, 2); __asm__ volatile("movw %0, %1" : : "r"(v), "m"(dev[at]) : "memory"); break; }
        case 2: { unsigned v; memcpy(&v, bytes, 4); __asm__ volatile("movl %0, %1" : : "r"(v), "m"(dev[at]) : "memory"); break; }
        case 3: { unsigned long v; memcpy(&v, bytes, 8); __asm__ volatile("movq %0, %1" : : "r"(v), "m"(dev[at]) : "memory"); break; }
        case 4: _mm_storeu_si128((__m128i *)(dev + at), _mm_loadu_si128((__m128i *)bytes)); __asm__ volatile("" : : : "memory");
        }
        which = chance(5), size = sizes[which], at = chance(80 - size);
        unsigned long v = 0;
        switch (which) {
        case 0: v = *(volatile unsigned char *)(dev + at); break;
        case 1: { unsigned short w; __asm__ volatile("movw %1, %0" : "=r"(w) : "m"(dev[at]) : "memory"); v = w; break; }
        case 2: { unsigned w; __asm__ volatile("movl %1, %0" : "=r"(w) : "m"(dev[at]) : "memory"); v = w; break; }
        case 3: __asm__ volatile("movq %1, %0" : "=r"(v) : "m"(dev[at]) : "memory"); break;
        }
        memcpy(back, &v, 8);
        if (which == 4) { __asm__ volatile("" : : : "memory"); _mm_storeu_si128((__m128i *)back, _mm_loadu_si128((__m128i *)(dev + at))); }
        if (memcmp(back, here + at, size) && wrong++ < 5)
            printf("access %d: %d bytes at %d differ\n", i, size, at);
    }
    printf("%d wrong\n", wrong);
    return wrong > 0;
}
END
cat >"$T/places.lua" <<'END'
for i, r in ipairs {{0, 1}, {1, 1}, {2, 2}, {4, 4}, {8, 8}, {20, 4}, {25, 1}, {32, 8}, {40, 8}, {63, 1}} do
  register {name = "r" .. i, at = r[1], size = r[2]}
end
END
gcc -w -O1 -g -static -o "$T/places" "$T/places.c"
expect 0 "$FACET" run --swap "sym:dev=device:$T/places.lua" --events "$T/events" "$T/places"
out_has '^0 wrong$'
err_has '^  [0-9]+ accesses hit no register, the first at offset 0x[0-9a-f]+ by main'
holds '.verdict == "done"' "$T/events"
[ "$(jq .size "$T/events" | sort -n | uniq | tr '\n' ' ')" = '1 2 4 8 16 ' ] || fail "not all sizes"

# ---- Queues, delays, reset, and what a device's functions may do.
cat >"$T/more.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
volatile unsigned dev[1024] __attribute__((aligned(4096)));
enum { FIFO, START, ALL, ODD, ALARM };
int main(int argc, char **argv) {
    for (unsigned i = 0; i < 6; i++)
        dev[FIFO] = 100 + i;
    for (unsigned i = 0; i < 6; i++)
        printf("%u ", dev[FIFO]);
    dev[START] = 5;
    for (int i = 0; i < 4; i++)
        printf("%x ", dev[START]);
    dev[FIFO] = 1;
    dev[ALL] = 1;
    printf("%u %x %x\n", dev[FIFO], dev[START], dev[ODD]);
    if (argc > 1)
        dev[atoi(argv[1])] = 9;
    if (argc > 2)
        printf("%u\n", dev[atoi(argv[2])]);
}
END
cat >"$T/more.lua" <<'END'
verdicts = {DONE, STOP, FAULT}
holes = ...
register {name = "FIFO", at = 0, kind = "fifo", depth = 4}
register {name = "START", at = 4, bits = {sc = 1}, delay = 2, reset = 0x70}
register {name = "ALL", at = 8, on_write = reset}
register {name = "ODD", at = 12, reset = 6, on_read = function(self, value) return value + 1 end}
register {name = "ALARM", at = 16, kind = "wo", reset = 77,
  on_write = function(self, value) if value == 9 then stop("alarm " .. value) end end,
  on_read = function(self) stop("read") return 4711 end}
register {name = "DEADLY", at = 20, on_write = function() fault(5) end}
END
gcc -O1 -g -static -o "$T/more" "$T/more.c"
more() { # more STATUS HOLES [REGISTER…]
    status=$1 holes=$2
    shift 2
    expect "$status" "$FACET" run --swap "sym:dev=device:$T/more.lua:$holes" "$T/more" "$@"
}
more 0 zero
out_has '^100 101 102 103 0 0 5 5 4 4 0 70 7$'
more 133 zero 4
err_has 'Handler device:.* on sym:dev: store of 4 bytes at offset 16 .*'
err_has 'alarm 9'
more 139 zero 5
err_has 'refused with code 5'
more 0 zero 100 100
out_has '^0$'
err_has '^  2 accesses hit no register, the first at offset 0x190 by main\+0x[0-9a-f]+ more\.c:17$'
more 0 memory 100 100
out_has '^9$'
more 139 fault 100
more 133 stop 100
err_has 'no register is at offset 0x190'
# After a stop at a load the value that the register gave is the one that is loaded.
sed 's/fault(5)//' "$T/more.lua" >"$T/load.lua"
expect 0 "$FACET" debug -q --batch -ex 'run 5 4' -ex continue --swap "sym:dev=device:$T/load.lua:zero" "$T/more"
out_has '^4711$'

# ---- Descriptions that are wrong: the line of the description is told.
refused() { # refused MESSAGE: odd.lua, from standard input
    cat >"$T/odd.lua"
    expect 2 "$FACET" run --swap "sym:dev=device:$T/odd.lua" "$T/more"
    err_lines 1
    err_has "^facet: handler device: $1\$"
}
at2='.*odd\.lua:2:'
R='register {name = "A", at = 0}
'
expect 2 "$FACET" run --swap sym:dev=device "$T/more"
err_has 'handler device: device:PATH.lua\[:ARGS\] is wanted, not ""'
expect 2 "$FACET" run --swap sym:dev=device:x.c "$T/more"
err_has 'handler device: device:PATH.lua\[:ARGS\] is wanted, not "x.c"'
expect 2 "$FACET" run --swap "sym:dev=device:$T/none.lua" "$T/more"
err_has 'handler device: cannot open .*none.lua'
echo 'x = 1' | refused 'no register is described: register\{name = …, at = …\}'
echo "${R}register(3)" | refused "$at2 register\{…\} wants a table"
echo "${R}register {at = 4}" | refused "$at2 a register has a name"
echo "${R}register {name = 'B'}" | refused "$at2 register B: it has no offset \(at = …\)"
echo "${R}register {name = 'B', at = 4, resett = 0}" | refused "$at2 a register has no 'resett'"
echo "${R}register {name = 'B', at = '4'}" | refused "$at2 at of a register is a number, not a string"
echo "${R}register {name = 'B', at = 4.5}" | refused "$at2 at of a register is an integer"
echo "${R}register {name = 'B', at = 4, size = 3}" | refused "$at2 register B: its size is 3, not 1, 2, 4 or 8"
echo "${R}register {name = 'B', at = 4093}" | refused "$at2 register B: offset 0xffd is not in the object, which has 4096 bytes"
echo "${R}register {name = 'B', at = 2}" | refused "$at2 registers A and B overlap"
echo "${R}register {name = 'A', at = 4}" | refused "$at2 there are two registers A"
echo "${R}register {name = 'B', at = 4, size = 1, reset = 256}" | refused "$at2 register B: reset value 0x100 does not fit into 8 bits"
echo "${R}register {name = 'B', at = 4, kind = 'w2c'}" | refused "$at2 register B: there is no kind 'w2c'"
echo "${R}register {name = 'B', at = 4, depth = 3}" | refused "$at2 register B: only a fifo has a depth"
echo "${R}register {name = 'B', at = 4, bits = {w2c = 1}}" | refused "$at2 register B: there is no kind 'w2c' of bits"
echo "${R}register {name = 'B', at = 4, size = 1, bits = {w1c = 256}}" | refused "$at2 register B: w1c is no mask of 8 bits"
echo "${R}register {name = 'B', at = 4, bits = {w1c = 3, sc = 2}}" | refused "$at2 register B: bits 0x2 have two kinds"
echo "${R}register {name = 'B', at = 4, on_read = 7}" | refused "$at2 on_read of a register is a function, not a number"
echo "${R}holes = 'none'" | refused 'holes are zero, memory, fault or stop, not none'

# Wrong while it runs: detached, as any other.
echo "${R}register {name = 'B', at = 4, on_read = function() return 'x' end}" >"$T/odd.lua"
expect 125 "$FACET" run --swap "sym:dev=device:$T/odd.lua" "$T/more"
err_has 'handler device:.*odd\.lua: on_read of register B returned x, which is no integer at a load of 4 bytes at offset 4 by'
echo "register {name = 'B', at = 0, on_write = function() stop('x') end}" >"$T/odd.lua"
expect 125 "$FACET" run --swap "sym:dev=device:$T/odd.lua" "$T/more"
err_has 'access\(\) gave verdict STOP, which it did not declare \(verdicts = \{PASS, DONE, STOP\} would\)'
