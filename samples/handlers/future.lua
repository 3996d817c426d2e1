-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Memory of futures, as in future.c: who loads bytes that nobody has stored yet waits until somebody has.

verdicts = {PASS, STEP, BLOCK}

local stored = {}  -- by offset
local waiting = {} -- process numbers
local waits, wakes = 0, 0

local function all_stored(a)
  for i = math.max(a.offset, 0), math.min(a.offset + a.size, facet.size) - 1 do
    if not stored[i] then
      return false
    end
  end
  return true
end

function access(a)
  if a.kind == "store" then
    return STEP -- it counts when it has been made: outcome()
  end
  if a.kind == "fetch" or all_stored(a) then
    return PASS
  end
  waits = waits + 1
  waiting[#waiting + 1] = a.process
  return BLOCK
end

-- Everybody looks again; for some it may still be too early.
local function wake_all()
  for i = #waiting, 1, -1 do
    facet.wake(table.remove(waiting))
    wakes = wakes + 1
  end
end

function outcome(a)
  for i = a.offset, a.offset + a.size - 1 do
    stored[i] = true
  end
  wake_all()
end

function report()
  print(string.format("future: %d loads waited, %d wakes", waits, wakes))
end

detach = wake_all
