# SPDX-License-Identifier: GPL-2.0-or-later
# Handlers in Lua that are wrong: refused before the program starts, or reported with file and line, the access and the
# object, and detached; the program goes on as if they had not been there.
. tests/cli/lib.sh

# script NAME: $T/NAME.lua from standard input
script() {
    cat >"$T/$1.lua"
}

# ---- Refused when they are attached.
refused() { # refused MESSAGE: odd.lua, from standard input
    script odd
    expect 2 "$FACET" run --swap "sym:ledger=$T/odd.lua" "$LEDGER"
    err_lines 1
    err_has "^facet: handler .*odd\.lua: $1\$"
    [ ! -s "$T/out" ] || fail "the program has run"
}
expect 2 "$FACET" run --swap "sym:ledger=$T/none.lua" "$LEDGER"
err_has '^facet: handler .*none\.lua: cannot open .*none\.lua'
mkdir "$T/folder.lua"
expect 2 "$FACET" run --swap "sym:ledger=$T/folder.lua" "$LEDGER"
err_has '^facet: handler .*folder\.lua: cannot read .*folder\.lua'
echo 'function access(a return PASS end' | refused ".*odd\.lua:1: '\)' expected near 'return'"
printf 'function access(a)\nend\nlocal x = nil + 1' | refused '.*odd\.lua:3: attempt to perform arithmetic on a nil value'
echo 'function acces(a) end' | refused '.*odd\.lua has no function access\(a\)'
echo 'access = {}' | refused '.*odd\.lua: .access. is a table, no function'
echo 'function access() end report = 3' | refused '.*odd\.lua: .report. is a number, no function'
echo 'function access() end verdicts = "pass"' | refused '.verdicts. is the string "pass", no list such as \{PASS, STOP\}'
echo 'function access() end verdicts = {PASS, "done"}' | refused 'element 2 of .verdicts. is the string "done", no verdict'
echo 'function access() end verdicts = {PASS, 6}' | refused 'element 2 of .verdicts. is 6, no verdict'
echo 'function access() end verdicts = {}' | refused '.verdicts. is an empty list'
printf 'function access() end\nfunction attach(a) error("no, not " .. a) end' | refused '.*odd\.lua:2: no, not '
echo 'function access() end function attach() error("without a line", 0) end' | refused 'without a line'
echo 'function access() end error(setmetatable({}, {__tostring = function() return "an object" end}))' | refused 'an object'
echo 'facet.nothing = facet.nothing' | refused '.*odd\.lua:1: there is no facet.nothing'
echo 'local t = {} for i = 1, 1e9 do t[i] = {i} end' | refused 'not enough memory'
# Compiled code, which Lua does not check, is not loaded.
script compile <<END
io.open("$T/binary.lua", "wb"):write(string.dump(function() end))
function access() end
END
expect 1 "$FACET" run --swap "sym:ledger=$T/compile.lua" "$LEDGER"
expect 2 "$FACET" run --swap "sym:ledger=$T/binary.lua" "$LEDGER"
err_has 'handler .*binary\.lua: attempt to load a binary chunk'

# ---- Wrong at the fifth access, a load of 4 bytes: the program does not notice, an older handler sees all 179.
FIFTH=' at a load of 4 bytes at offset 56 by 0x[0-9a-f]+, remember_payment \(ledger\.c:38\); it is detached from sym:ledger'
wrong() { # wrong MESSAGE 'WHAT access() DOES' ['WHAT THE FILE SAYS BEFORE']
    printf '%s\nlocal n = 0\nfunction access(a)\n  n = n + 1\n  if n < 5 then return PASS end\n  %s\nend\n%s\n' "${3-}" "$2" \
        'function report() print("unasked") end function detach() print("detached") end' >"$T/bad.lua"
    expect 125 "$FACET" run --swap sym:ledger=count --swap "sym:ledger=$T/bad.lua" "$LEDGER"
    err_has "^facet: handler .*/bad\.lua: $1$FIFTH\$"
    out_has '^alice +650$'
    err_has '^count sym:ledger: 115 loads .*, 64 stores'
    err_has '^detached$'
    err_lacks 'unasked'
    [ "$(grep -c '^facet: ' "$T/err")" = 1 ] || fail "it was said more than once"
}
at6='.*bad\.lua:6:' first='.*bad\.lua:3: access\(\)'
wrong "$at6 attempt to index a nil value \(global 'nothing'\)" 'return nothing.at.all'
wrong "$at6 my mistake" 'error("my mistake")'
wrong "of several" 'error("of several\nlines", 0)'
wrong "table: 0x[0-9a-f]+" 'error({})'
wrong "nil" 'error()'
wrong "$first returned nil, which is no verdict" 'return PSAS'
wrong "$first returned the string \"pass\", which is no verdict" 'return "pass"'
wrong "$first returned 6, which is no verdict" 'return 6'
wrong "$first returned -1, which is no verdict" 'return -1'
wrong "$first returned 0\.5, which is no verdict" 'return 0.5'
wrong "$first returned a table, which is no verdict" 'return {PASS}'
wrong "$first returned a boolean, which is no verdict" 'return true'
wrong "$first gave verdict STOP, which it did not declare \(verdicts = \{PASS, DONE, STOP\} would\)" 'return STOP, "here"'
wrong "$first answered DONE to a load of 4 bytes, but no value is neither an integer nor a string" 'return DONE'
wrong "$first answered DONE to a load of 4 bytes, but nil is neither an integer nor a string" 'return DONE, nil'
wrong "$first answered DONE to a load of 4 bytes, but 4294967296 does not fit into 4 bytes" 'return DONE, 1 << 32'
wrong "$first answered DONE to a load of 4 bytes, but -2147483649 does not fit into 4 bytes" 'return DONE, -(1 << 31) - 1'
wrong "$first answered DONE to a load of 4 bytes, but 1\.5 is no integer" 'return DONE, 1.5'
wrong "$first answered DONE to a load of 4 bytes, but a string of 5 bytes is no value of 4" 'return DONE, "12345"'
wrong "$first answered FAULT with -1, which is no code of 32 bits" 'return FAULT, -1' 'verdicts = {PASS, FAULT}'
wrong "$first answered FAULT with 4294967296, which is no code of 32 bits" 'return FAULT, 1 << 32' 'verdicts = {PASS, FAULT}'
wrong "$first answered STOP with a table, which is no string" 'return STOP, {}' 'verdicts = {PASS, STOP}'
wrong "$first answered PASS to a load with 1; only DONE to a load, FAULT and STOP have a second value" 'return PASS, 1'
wrong "$at6 an access has no field 'ofset'" 'return a.ofset == 3 and PASS'
wrong "$at6 an access cannot be changed; return DONE, or facet.write\(\) and DONE" 'a.value = 3'
wrong "$at6 bad argument #2 to 'read' \(a size is greater than 0\)" 'facet.read(0, 0)'
wrong "$at6 bad argument #3 to 'write' \(an integer is written as 1 to 8 bytes\)" 'facet.write(0, 1, 9)'
wrong "$at6 bad argument #2 to 'write' \(256 does not fit into 1 byte\)" 'facet.write(0, 256, 1)'
wrong "$at6 bad argument #1 to 'symbol' \(number expected, got string\)" 'facet.symbol("main")'
wrong "not enough memory" 'local t = {} for i = 1, 1e9 do t[i] = {i} end'
wrong "($at6 resulting string too large|not enough memory)" 'return #string.rep("x", 1 << 40)'
wrong "$at6 stack overflow.*" 'return access(a) + 1'
wrong ".*C stack overflow.*" 'local function f() return (string.gsub("x", ".", f)) end f()'

# Verdicts that have a value where none belongs: a store is the sixth access.
script store <<'END'
function access(a) if a.kind == "store" then return DONE, 7 end end
END
expect 125 "$FACET" run --swap "sym:ledger=$T/store.lua" "$LEDGER"
err_has 'access\(\) answered DONE to a store with 7; only DONE to a load, FAULT and STOP have a second value at a store'
out_has '^alice +650$'

# An access that is kept beyond its time; an error in each of the other functions.
script kept <<'END'
local kept
function access(a) kept = a end
function report() print(kept.offset) end
END
expect 125 "$FACET" run --swap "sym:ledger=$T/kept.lua" "$LEDGER"
err_has 'handler .*kept\.lua: .*kept\.lua:3: this access is over; copy what is needed of it later in report\(\); it is detached'
for name in outcome report detach; do
    script "$name" <<END
verdicts = {STEP}
function access(a) return STEP end
function $name() error("here") end
END
    expect 125 "$FACET" run --swap "sym:ledger=$T/$name.lua" "$LEDGER"
    err_has "handler .*$name\.lua: .*$name\.lua:3: here in $name\(\)"
    out_has '^alice +650$'
done

# ---- One that does not return: Lua's own loops are told with their line, even such as catch errors; what is stuck
# outside of Lua's own code is left there. The time limit's signal comes while it stands there, however slow the host.
script loop <<'END'
function access(a)
  os.execute("kill -ALRM $PPID")
  while true do
    pcall(error)
  end
end
function detach() print("detached") end
END
expect 124 "$FACET" run --timeout 100 --swap "sym:ledger=$T/loop.lua" "$LEDGER"
err_has 'handler .*loop\.lua: .*loop\.lua:[34]: did not return for 1 second at a load of 8 bytes .*; it is detached from sym:ledger$'
err_has '^detached$'
err_has 'timeout after 100 seconds'
script stuck <<'END'
function access(a)
  os.execute("kill -ALRM $PPID")
  coroutine.wrap(function() while true do end end)()
end
function detach() print("detached") end
END
expect 124 "$FACET" run --timeout 100 --swap "sym:ledger=$T/stuck.lua" "$LEDGER"
err_has 'handler .*stuck\.lua: did not return for 1 second at a load'
err_has 'stays half done'
err_lacks '^detached$'
# One that returns within that second is not blamed.
script slow <<'END'
function access(a) os.execute("kill -ALRM $PPID") end
END
expect 124 "$FACET" run --timeout 100 --swap sym:ledger=count --swap "sym:ledger=$T/slow.lua" "$LEDGER"
err_has 'timeout after 100 seconds'
err_has '^count sym:ledger: 1 loads .*, 0 stores'
err_lacks 'did not return'
# Interrupted at any time, a healthy one keeps its count.
script well <<'END'
function access(a) return PASS end
function detach() print("detached") end
END
for tenth in 1 2 3; do
    expect 124 "$FACET" run --timeout 0.$tenth --swap "seg:stack=$T/well.lua" /bin/busybox sh -c 'while :; do :; done'
    err_has '^.*well\.lua seg:stack: [0-9]+ accesses$'
    err_has '^detached$'
done

# ---- The debugger stops there, unless it is told not to; a new run has it again.
script segv <<'END'
local n = 0
function access(a) n = n + 1 if n == 5 then error("enough") end end
END
expect 125 "$FACET" debug --batch -ex run -ex 'info handlers' -ex continue --swap "sym:ledger=$T/segv.lua" "$LEDGER"
out_has '^The program was stopped: handler .*segv\.lua: .*segv\.lua:2: enough at a load .*it is detached from sym:ledger\.$'
out_has 'No handlers\.'
out_has 'exited'
expect 125 "$FACET" debug --batch -ex 'set on-handler-error continue' -ex run --swap "sym:ledger=$T/segv.lua" "$LEDGER"
out_has '^alice +650$'
out_has 'exited'
err_has 'segv\.lua:2: enough'
