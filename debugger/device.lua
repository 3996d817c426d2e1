-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The register model of `device:PATH.lua`: run before PATH.lua, which calls register{} for each register. facet(1),
-- "DEVICES", says what that may be told. The function that is returned here is called behind PATH.lua.

verdicts = {PASS, DONE}
holes = "zero" -- what answers where no register is: zero, memory, fault, stop

local registers = {}        -- by offset, in order
local at_offset = {}        -- by offset
local missed, first_miss = 0 -- accesses where no register is
local hole_verdicts = {zero = DONE, memory = PASS, fault = FAULT, stop = STOP}

-- Kinds of bits; the names, but for sc and fifo, are those of UVM.
local kinds = {rw = true, ro = true, wo = true, rc = true, rs = true, w1c = true, w1s = true, w1t = true, w0c = true,
               w1 = true, sc = true}
local options = {name = "string", at = "number", size = "number", reset = "number", kind = "string", bits = "table",
                 delay = "number", depth = "number", on_read = "function", on_write = "function"}

local function ones(bytes)
  return bytes == 8 and -1 or (1 << 8 * bytes) - 1
end

-- ---- Queues

local methods = {}
methods.__index = methods

-- False: it is full, and the value lost.
function methods:push(value)
  if self.last - self.first + 1 >= self.depth then
    return false
  end
  self.last = self.last + 1
  self.queue[self.last] = value & self.mask
  return true
end

-- nil: it is empty.
function methods:pop()
  local value = self.queue[self.first]
  if value then
    self.queue[self.first] = nil
    self.first = self.first + 1
  end
  return value
end

function methods:count()
  return self.last - self.first + 1
end

-- As after reset: values, queues, what was written once.
function methods:reset_value()
  self.value = self.reset
  self.left, self.once = 0, self.w1
  if self.queue then
    self.queue, self.first, self.last = {}, 1, 0
  end
end

-- ---- Loads and stores of the bits in `mask`

local function load(r, mask)
  local value
  r.reads = r.reads + 1
  if r.queue then
    value = r:pop() or 0
  else
    if r.left > 0 then
      r.left = r.left - 1
    else
      r.value = r.value & ~r.sc
    end
    value = r.value & ~r.wo
    r.value = r.value & ~(r.rc & mask) | r.rs & mask
  end
  if r.on_read then
    local read = r:on_read(value)
    if read ~= nil and math.type(read) ~= "integer" then
      error(string.format("on_read of register %s returned %s, which is no integer", r.name, read), 0)
    end
    value = read or value
  end
  return value & r.mask
end

local function store_queue(r, written, mask)
  if r.on_write then
    r:on_write(written, mask)
  else
    r:push(written)
  end
end

local function store(r, written, mask)
  r.writes = r.writes + 1
  if r.queue then
    return store_queue(r, written, mask)
  end
  local plain = (r.rw | r.wo | r.once) & mask
  local value = r.value & ~plain | written & plain
  r.once = r.once & ~mask
  written = written & mask
  value = (value & ~(written & r.w1c) | written & (r.w1s | r.sc)) ~ written & r.w1t
  r.value = value & ~(~written & mask & r.w0c)
  if written & r.sc ~= 0 then
    r.left = r.delay
  end
  if r.on_write then
    r:on_write(written, mask)
  end
  if r.left == 0 then
    r.value = r.value & ~r.sc
  end
end

-- ---- Accesses

local pending, text -- verdict that a register's function asked for

-- For on_read and on_write, whose file declares it: the access ends in this verdict.
function stop(why)
  pending, text = STOP, why
end

function fault(code)
  pending, text = FAULT, code
end

-- Calls visit(register, offset in the access, bytes, shift in the register) for what an access touches.
local function each_touched(a, visit)
  local first, behind, any = a.offset, a.offset + a.size, false
  for _, r in ipairs(registers) do
    local low, high = math.max(first, r.at), math.min(behind, r.at + r.size)
    if low < high then
      visit(r, low - first, high - low, 8 * (low - r.at))
      any = true
    end
  end
  return any
end

local function string_of(value, size)
  return size <= 8 and string.pack("<i8", value):sub(1, size) or value
end

-- Loads and stores of several registers, or of a part of one.
local function store_pieces(a, value)
  local bytes = string_of(value, a.size)
  return each_touched(a, function(r, from, size, shift)
    store(r, string.unpack("<I" .. size, bytes, from + 1) << shift, ones(size) << shift)
  end)
end

local function load_pieces(a)
  local pieces, done = {}, 0
  local any = each_touched(a, function(r, from, size, shift)
    local value = load(r, ones(size) << shift) >> shift & ones(size)
    pieces[#pieces + 1] = ("\0"):rep(from - done) .. string_of(value, 8):sub(1, size)
    done = from + size
  end)
  local bytes = table.concat(pieces) .. ("\0"):rep(a.size - done)
  return any, a.size <= 8 and string.unpack("<i8", bytes .. ("\0"):rep(8 - a.size)) or bytes
end

local function miss(a)
  missed = missed + 1
  first_miss = first_miss or {offset = a.offset, pc = a.pc}
  if holes == "stop" then
    return STOP, string.format("no register is at offset 0x%x", a.offset)
  elseif holes ~= "zero" then
    return hole_verdicts[holes]
  elseif a.kind == "store" then
    return DONE
  end
  return DONE, a.size <= 8 and 0 or ("\0"):rep(a.size)
end

-- What a function asked for. The value of a load goes where the machine takes it from when the program continues.
local function pending_verdict(a, value)
  local verdict, with = pending, text
  pending, text = nil, nil
  if verdict == STOP and value then
    facet.write(a.offset, value, a.size <= 8 and a.size or nil)
  end
  return verdict, with
end

function access(a)
  local r, any, value = at_offset[a.offset], true, nil
  local whole = r and r.size == a.size
  if a.kind == "store" then
    if whole then
      store(r, a.value, r.mask)
    else
      any = store_pieces(a, a.value)
    end
  elseif whole then
    value = load(r, r.mask)
  else
    any, value = load_pieces(a)
  end
  if not any then
    return miss(a)
  elseif pending then
    return pending_verdict(a, value)
  end
  return DONE, value
end

-- ---- Descriptions

-- The error is that of the line in PATH.lua.
local function check(good, format, ...)
  local level = 2
  while not good and debug.getinfo(level, "S").source == "=device" do
    level = level + 1
  end
  return good or error(string.format(format, ...), level)
end

local function check_options(t)
  check(type(t) == "table", "register{…} wants a table")
  for key, value in pairs(t) do
    check(options[key], "a register has no '%s'", key)
    check(type(value) == options[key], "%s of a register is a %s, not a %s", key, options[key], type(value))
    check(options[key] ~= "number" or math.type(value) == "integer", "%s of a register is an integer", key)
  end
  check(t.name, "a register has a name")
  check(t.at, "register %s: it has no offset (at = …)", t.name)
end

-- r.rw, r.ro, … : which bits are of that kind; those that nobody names are of the register's kind.
local function take_bits(r, bits)
  local named = 0
  for kind in pairs(kinds) do
    local mask = bits[kind] or 0
    check(math.type(mask) == "integer" and mask & ~r.mask == 0, "register %s: %s is no mask of %d bits", r.name, kind, 8 * r.size)
    check(named & mask == 0, "register %s: bits 0x%x have two kinds", r.name, named & mask)
    named = named | mask
    r[kind] = mask
  end
  for kind in pairs(bits) do
    check(kinds[kind], "register %s: there is no kind '%s' of bits", r.name, kind)
  end
  if not r.queue then
    check(kinds[r.kind], "register %s: there is no kind '%s'", r.name, r.kind)
    r[r.kind] = r[r.kind] | r.mask & ~named
  end
end

local function take_place(r)
  check(r.size == 1 or r.size == 2 or r.size == 4 or r.size == 8, "register %s: its size is %d, not 1, 2, 4 or 8", r.name,
    r.size)
  check(r.at >= 0 and r.at + r.size <= facet.size, "register %s: offset 0x%x is not in the object, which has %d bytes",
    r.name, r.at, facet.size)
  for _, other in ipairs(registers) do
    check(r.at + r.size <= other.at or other.at + other.size <= r.at, "registers %s and %s overlap", other.name, r.name)
    check(r.name ~= other.name, "there are two registers %s", r.name)
  end
end

local function describe(t)
  check_options(t)
  local r = setmetatable({}, methods)
  for key, value in pairs(t) do
    r[key] = value
  end
  r.size, r.reset, r.kind, r.delay, r.depth = t.size or 4, t.reset or 0, t.kind or "rw", t.delay or 0, t.depth or 16
  r.mask = ones(r.size)
  r.queue = r.kind == "fifo" and {} or nil
  r.reads, r.writes = 0, 0
  take_place(r)
  check(r.reset & ~r.mask == 0, "register %s: reset value 0x%x does not fit into %d bits", r.name, r.reset, 8 * r.size)
  check(r.queue or not t.depth, "register %s: only a fifo has a depth", r.name)
  take_bits(r, t.bits or {})
  r:reset_value()
  return r
end

-- Returns the register: its .value may be read and changed at any time.
function register(t)
  local r = describe(t)
  registers[#registers + 1] = r
  at_offset[r.at] = r
  table.sort(registers, function(x, y) return x.at < y.at end)
  return r
end

-- All registers as after power-on.
function reset()
  for _, r in ipairs(registers) do
    r:reset_value()
  end
end

function report()
  print(string.format("device %s:", facet.object))
  for _, r in ipairs(registers) do
    local value = r.queue and string.format("%d queued", r:count()) or string.format("0x%0" .. 2 * r.size .. "x", r.value)
    print(string.format("  0x%02x  %-12s %-18s  %d loads, %d stores", r.at, r.name, value, r.reads, r.writes))
  end
  if missed > 0 then
    print(string.format("  %d accesses hit no register, the first at offset 0x%x by %s %s", missed, first_miss.offset,
      facet.symbol(first_miss.pc), facet.line(first_miss.pc)))
  end
end

-- ---- Checkpoints: the registers, and behind them what save() of PATH.lua returns

local numbers = {"value", "left", "once", "reads", "writes"}

local function save_register(r)
  local parts, queue = {}, {}
  for _, name in ipairs(numbers) do
    parts[#parts + 1] = string.pack("<i8", r[name])
  end
  for i = r.first or 1, r.last or 0 do
    queue[#queue + 1] = string.pack("<i8", r.queue[i])
  end
  return table.concat(parts) .. string.pack("<s4", table.concat(queue))
end

-- Returns what comes behind it.
local function resume_register(r, text, at)
  local queue
  for _, name in ipairs(numbers) do
    r[name], at = string.unpack("<i8", text, at)
  end
  queue, at = string.unpack("<s4", text, at)
  if r.queue then
    r.queue, r.first, r.last = {}, 1, #queue // 8
    for i = 1, r.last do
      r.queue[i] = string.unpack("<i8", queue, 8 * i - 7)
    end
  end
  return at
end

local function keep_state()
  local own_save, own_resume = save, resume
  function save()
    local miss = first_miss or {offset = 0, pc = 0}
    local parts = {string.pack("<i8i8i8", missed, miss.offset, miss.pc)}
    for _, r in ipairs(registers) do
      parts[#parts + 1] = save_register(r)
    end
    return table.concat(parts) .. string.pack("<s4", own_save and own_save() or "")
  end
  function resume(text)
    local at, offset, pc, own
    missed, offset, pc, at = string.unpack("<i8i8i8", text)
    first_miss = missed > 0 and {offset = offset, pc = pc} or nil
    for _, r in ipairs(registers) do
      at = resume_register(r, text, at)
    end
    own = string.unpack("<s4", text, at)
    if own_resume then
      own_resume(own)
    end
  end
end

return function()
  local verdict = hole_verdicts[holes]
  if not verdict then
    error(string.format("holes are zero, memory, fault or stop, not %s", holes), 0)
  elseif #registers == 0 then
    error("no register is described: register{name = …, at = …}", 0)
  end
  if type(verdicts) == "table" then
    table.insert(verdicts, verdict)
  end
  keep_state()
end
