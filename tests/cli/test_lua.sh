# SPDX-License-Identifier: GPL-2.0-or-later
# Handlers in Lua: what they are told is what the events say, what they answer does what the same answers in C do.
. tests/cli/lib.sh
SAMPLES=samples/handlers
TURNS=$B/tests/guests/turns

cat >"$T/forms.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
struct { unsigned char before[8], area[1024], behind[8]; } all __attribute__((aligned(64))) = {.area = "some bytes"};
int main(void) {
    unsigned char *at = all.area;
    __asm__ volatile("mov $3, %%eax\n xor %%edx, %%edx\n"
                     "movb %%al, (%0)\n movw %%ax, 3(%0)\n movl %%eax, 9(%0)\n movq %%rax, 8(%0)\n"
                     "movq $-2, 16(%0)\n movq 16(%0), %%rcx\n movq -4(%0), %%rcx\n movq 1020(%0), %%rcx\n"
                     "lock addl $7, 8(%0)\n incw (%0)\n movups (%0), %%xmm0\n movups %%xmm0, 32(%0)\n"
                     "fldpi\n fstpt 64(%0)\n fldt 64(%0)\n fstpl 80(%0)\n"
                     "lock cmpxchg16b 56(%0)\n fxsave 504(%0)\n fxrstor 504(%0)\n"
                     : : "r"(at) : "rax", "rcx", "rdx", "xmm0", "memory", "cc");
    memcpy(at + 100, at, 60);
    write(open("/dev/null", O_WRONLY), at, 700);
    printf("%d %d %d\n", at[0], at[8], at[100]);
}
END
gcc -w -g -O1 -static -o "$T/forms" "$T/forms.c"
# shellcheck disable=SC2046
set -- $(symbol "$T/forms" all)
BEFORE=va:$1+8 AREA=va:$(($1 + 8))+1024

# ---- Every field, of accesses of every size, by the program and by the kernel, across the object's ends and into another.
cat >"$T/fields.lua" <<'END'
local function hex(value, size)
  if value == nil then return "null" end
  if math.type(value) == "integer" then assert(size <= 8) value = string.pack("<I8", value):sub(1, size) end
  assert(#value == size)
  return '"0x' .. value:reverse():gsub(".", function(c) return string.format("%02x", c:byte()) end) .. '"'
end
function access(a)
  local inside = a.offset >= 0 and a.offset + a.size <= facet.size
  assert(facet.read(a.offset, a.size) == (inside and a.now or nil) and a.clock >= 0)
  print(string.format('["%s",%d,%d,"0x%x","0x%x","%s",%d,%d,%s,%s,"%s",%s,%s,%s]', a.kind, a.sequence, a.process, a.pc, a.va,
    a.object, a.offset, a.size, hex(a.value, a.size), hex(a.old, a.size), a.by, a.rmw, a.atomic, a.part))
end
END
fields() {
    expect 0 "$FACET" run --grant file:/dev/null:rw --events "$T/events" "$@"
    grep '^\[' "$T/err" >"$T/have" || fail "Lua was told nothing"
    jq -c '[.ev, .n, .proc, .pc, .va, .obj, .off, .size, .value, .old, .by, .rmw // false, .atomic // false, .part // false]' \
        "$T/events" >"$T/want"
    diff "$T/want" "$T/have" || fail "Lua was told something else than the events"
}
fields --swap "$AREA=$T/fields.lua" "$T/forms"
jq .size "$T/events" | sort -n | uniq >"$T/sizes"
for size in 1 2 4 8 10 16 512; do
    grep -qx $size "$T/sizes" || fail "no access of $size bytes"
done
holds '.verdict == "pass"' "$T/events"
for what in '.off < 0' '.atomic' '.rmw and .ev == "load"' '.by == "kernel"' '.off + .size > 1024'; do
    jq -es "any(.[]; $what)" "$T/events" >"$T/jq" || fail "no access with $what"
done
# Of an access to two objects both are told, each by its own numbers.
expect 0 "$FACET" run --grant file:/dev/null:rw --swap "$AREA=$T/fields.lua" --swap "$BEFORE=$T/fields.lua" "$T/forms"
[ "$(grep -c 'true\]$' "$T/err")" = 2 ] || fail "an access to two objects is not two parts"
fields --swap "sym:main=$T/fields.lua" "$T/forms"
jq -es 'any(.[]; .ev == "fetch")' "$T/events" >"$T/jq" || fail "no fetch"

# ---- The same decisions in C and in Lua: the same events, output, messages and status.
# same STATUS C-HANDLER LUA-HANDLER OBJECT [OPTION…] PROGRAM…
same() {
    status=$1 c=$2 lua=$3 object=$4
    shift 4
    expect "$status" "$FACET" run --swap "$object=$c" --events "$T/c.events" "$@"
    mv "$T/out" "$T/c.out"
    sed "s|${c%%:*}|HANDLER|" "$T/err" >"$T/c.err"
    expect "$status" "$FACET" run --swap "$object=$lua" --events "$T/lua.events" "$@"
    out_is "$T/c.out"
    [ -s "$T/c.events" ] || fail "no events"
    cmp "$T/c.events" "$T/lua.events" || fail "other events than in C"
    sed "s|${lua%%:*}|HANDLER|" "$T/err" | diff "$T/c.err" - || fail "other messages than in C"
}
for object in sym:ledger seg:stack seg:text; do
    same 1 "$B/handlers/tracer.so" $SAMPLES/tracer.lua $object "$LEDGER"
done
bit=$((8 * (3 * 64 + 16 + 32) + 3))
same 1 "$B/handlers/stuckbit.so:$bit" "$SAMPLES/stuckbit.lua:$bit" sym:ledger "$LEDGER"
for bit in 0 77 132 4700; do
    same 0 "$B/handlers/stuckbit.so:$bit" "$SAMPLES/stuckbit.lua:$bit" "$AREA" --grant file:/dev/null:rw "$T/forms"
done
same 0 "$B/handlers/future.so" $SAMPLES/future.lua sym:cell --grant range "$TURNS" wait
expect 2 "$FACET" run --swap "sym:ledger=$SAMPLES/stuckbit.lua:99999" "$LEDGER"
err_has "handler .*stuckbit.lua: stuckbit.lua:BIT needs a bit number below 2560, not '99999'"

# All six, by a generator; FAULT at the access that the argument says, STOP if it says none.
cat >"$T/mixed.c" <<'END'
#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>
static struct { const struct facet_services *services; uint32_t seed; unsigned long fault; } m;
static uint32_t verdicts(const char *a) { (void)a; return 63; }
static void *attach(const struct facet_object *o, const char *args, struct facet_handler_error *e)
{ (void)e; m.services = o->services; m.seed = 5; m.fault = strtoul(args, 0, 0); return &m; }
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r) {
    (void)s;
    m.seed = m.seed * 1103515245 + 12345;
    if (a->sequence + 1 == m.fault) { r->fault = 7; return FACET_FAULT; }
    switch (m.seed >> 16 & 7) {
    case 0:
        if (a->kind == FACET_LOAD) for (unsigned i = 0; i < a->size; i++) r->bytes[i] = a->backing[i] ^ (i == 0);
        return FACET_DONE;
    case 1: return FACET_STEP;
    case 2: m.services->wake(m.services->facet, a->process); return FACET_BLOCK;
    case 3: if (m.fault == 0) { strcpy(r->text, "by chance"); return FACET_STOP; }
    }
    return FACET_PASS;
}
static void outcome(void *s, const struct facet_access *a) {
    (void)s;
    fprintf(stderr, "outcome %ld %u %x now %x\n", (long)a->offset, a->size, a->attempted[0], a->backing[0]);
}
const struct facet_handler facet_handler = { .abi = 1, .name = "mixed", .summary = "-", .verdicts = verdicts, .attach = attach,
    .access = access, .outcome = outcome };
END
gcc -w -shared -fPIC -Iinclude -o "$T/mixed.so" "$T/mixed.c"
cat >"$T/mixed.lua" <<'END'
verdicts = {PASS, DONE, FAULT, STEP, BLOCK, STOP}
local fault, seed = tonumber((...)) or 0, 5
local function first(value) return type(value) == "string" and value:byte() or value & 255 end
function access(a)
  seed = seed * 1103515245 + 12345 & 0xffffffff
  if a.sequence + 1 == fault then return FAULT, 7 end
  local which = seed >> 16 & 7
  if which == 0 then
    if a.kind ~= "load" then return DONE end
    if a.size <= 8 then return DONE, a.value ~ 1 end
    return DONE, string.char(a.value:byte() ~ 1) .. a.value:sub(2)
  elseif which == 1 then return STEP
  elseif which == 2 then facet.wake(a.process) return BLOCK
  elseif which == 3 and fault == 0 then return STOP, "by chance" end
  return PASS
end
function outcome(a)
  assert(a.old == nil)
  print(string.format("outcome %d %d %x now %x", a.offset, a.size, first(a.value), first(a.now)))
end
END
for fault in 1 40 100; do
    for object in sym:ledger seg:stack; do
        same 139 "$T/mixed.so:$fault" "$T/mixed.lua:$fault" $object "$LEDGER"
    done
done
same 133 "$T/mixed.so" "$T/mixed.lua" seg:stack "$LEDGER"
same 139 "$T/mixed.so:30" "$T/mixed.lua:30" "$AREA" "$T/forms"
# After each STOP the debugger goes on, to the same end; there is nothing more to continue then.
yes continue | head -n 100 >"$T/commands"
for handler in mixed.so mixed.lua; do
    expect 1 "$FACET" debug -q --batch --swap "$AREA=$T/$handler" --events "$T/$handler.events" -ex run -x "$T/commands" "$T/forms"
    out_has 'by chance'
    out_has 'exited normally'
done
cmp "$T/mixed.so.events" "$T/mixed.lua.events" || fail "other events than in C under the debugger"
for verdict in pass done step block stop; do
    jq -es "any(.[]; .verdict == \"$verdict\")" "$T/mixed.lua.events" >"$T/jq" || fail "no verdict $verdict"
done

# ---- What facet does for it. Alice's payments are 500, -80 and 230; each balance stored is doubled.
cat >"$T/double.lua" <<'END'
return function(value) return 2 * value end
END
cat >"$T/services.lua" <<'END'
local double = require "double"
local args = ...
assert(args == "a:b" and facet.object == "sym:ledger" and facet.size == 320 and facet.seed == 9)
local va, size = facet.lookup("ledger")
assert(va == facet.va and size == facet.size and facet.lookup("no such thing") == nil)
print("chance", math.random(1000000), math.random(1000000))
function attach(a) assert(a == args) end
local seen = {}
function access(a)
  if a.kind ~= "store" then return end
  if #seen < 2 then seen[#seen + 1] = facet.symbol(a.pc) .. " " .. facet.line(a.pc) end
  if a.offset ~= 48 then return PASS end
  assert(facet.read(48, 8) == a.old and facet.read(40, 16):sub(9) == string.pack("<i8", a.old))
  assert(facet.read(-1, 8) == nil and facet.read(319, 2) == nil and facet.write(-1, 0, 1) == false)
  assert(facet.write(48, double(a.value), 8) and facet.write(0, "Eve\0\0"))
  return DONE
end
function report() print(table.concat(seen, ", ")) print("this", "is", "all") end
function detach() print("detached") end
END
expect 1 "$FACET" run --seed 9 --swap "sym:ledger=$T/services.lua:a:b" "$LEDGER"
out_has "^Eve +$(((((500 * 2) - 80) * 2 + 230) * 2)) +wrong"
err_has '^add_to_balance ledger.c:33, add_to_balance\+0x4 ledger.c:34$'
err_has '^this	is	all$'
[ "$(tail -n 1 "$T/err")" = detached ] || fail "detach() was not the last"
grep '^chance' "$T/err" >"$T/first"
expect 1 "$FACET" run --seed 9 --swap "sym:ledger=$T/services.lua:a:b" "$LEDGER"
grep '^chance' "$T/err" | cmp - "$T/first" || fail "the same seed, another chance"

# swap() and restore(): from the second store on another handler sees the object, from the tenth on none does.
cat >"$T/swaps.lua" <<'END'
local stores = 0
function access(a)
  stores = stores + (a.kind == "store" and 1 or 0)
  if stores == 2 and a.kind == "store" then assert(facet.swap("sym:ledger", "count") and not facet.swap("sym:nothing", "count")) end
end
END
expect 1 "$FACET" run --swap "sym:ledger=$T/swaps.lua" "$LEDGER"
err_has '^count sym:ledger: [0-9]+ loads'
err_has '^.*swaps\.lua sym:ledger: 179 accesses$'
cat >"$T/once.lua" <<'END'
function access(a) assert(facet.restore("sym:ledger")) end
END
expect 1 "$FACET" run --swap "sym:ledger=$T/once.lua" "$LEDGER"
out_has '^alice +650$'
err_empty

# ---- The README's own.
awk '/^```lua$/ { inside = 1; next } /^```$/ && inside { exit } inside' README.md >"$T/fall.lua"
expect 133 "$FACET" run --swap "sym:ledger=$T/fall.lua" "$LEDGER"
err_has 'sym:ledger\+176 falls from 1240 to 75$'

# ---- In the debugger: each run is fresh, from the file as it is then; it is named, listed and taken away as any other.
cat >"$T/fresh.lua" <<'END'
local n = 0
function access(a) n = n + 1 end
function report() print("first", n) end
END
cat >"$T/commands" <<END
swap sym:ledger $T/fresh.lua
run
info handlers
shell sed -i s/first/second/ $T/fresh.lua
run
info handlers
restore sym:ledger $T/fresh.lua
info handlers
END
expect 0 "$FACET" debug -q --batch -x "$T/commands" "$LEDGER"
[ "$(grep -cE '^first	179$' "$T/out")" = 1 ] || fail "not the first run's count"
[ "$(grep -cE '^second	179$' "$T/out")" = 1 ] || fail "not the second run's count"
out_has '^No handlers\.$'
