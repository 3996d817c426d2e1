-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Broken memory: one bit of the object always reads as 1, as in stuckbit.c. --swap OBJECT=stuckbit.lua:BIT, counted from
-- the object's first byte, least significant bit first. What is stored stays as it was; only loads are wrong.

verdicts = {PASS, DONE}

local byte, mask
local loads, altered = 0, 0

function attach(args)
  local bit = math.tointeger(tonumber(args))
  if not bit or bit < 0 or bit >= 8 * facet.size then
    error(string.format("stuckbit.lua:BIT needs a bit number below %d, not '%s'", 8 * facet.size, args), 0)
  end
  byte, mask = bit // 8, 1 << bit % 8
end

function access(a)
  local at = byte - a.offset
  if a.kind ~= "load" or at < 0 or at >= a.size or not a.value then
    return PASS
  end
  loads = loads + 1
  local value = a.value -- of up to 8 bytes an integer, else a string
  if a.size <= 8 then
    if value & mask << 8 * at ~= 0 then
      return PASS
    end
    altered = altered + 1
    return DONE, value | mask << 8 * at
  end
  local old = value:byte(at + 1)
  if old & mask ~= 0 then
    return PASS
  end
  altered = altered + 1
  return DONE, value:sub(1, at) .. string.char(old | mask) .. value:sub(at + 2)
end

function report()
  print(string.format("stuckbit: %d loads of byte %d, %d of them altered", loads, byte, altered))
end
