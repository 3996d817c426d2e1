-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Which lines of the program touch the object, and how often: --swap OBJECT=tracer.lua[:LINES]
-- What it prints are the same numbers as those of tracer.c.

verdicts = {PASS}

local shown = tonumber(...) or 8 -- lines
local places = {}                -- by pc: {load =, store =, fetch =}
local loads, stores = 0, 0

function access(a)
  local place = places[a.pc]
  if not place then
    place = {pc = a.pc, load = 0, store = 0, fetch = 0}
    places[a.pc] = place
  end
  place[a.kind] = place[a.kind] + 1
  if a.kind == "store" then
    stores = stores + 1
  else
    loads = loads + 1
  end
  return PASS
end

function report()
  local sorted = {}
  for _, place in pairs(places) do
    place.count = place.load + place.store + place.fetch
    sorted[#sorted + 1] = place
  end
  table.sort(sorted, function(p, q)
    return p.count > q.count or p.count == q.count and math.ult(p.pc, q.pc)
  end)
  print(string.format("%s: %d loads, %d stores; the busiest instructions:", facet.object, loads, stores))
  for i = 1, math.min(shown, #sorted) do
    local p = sorted[i]
    print(string.format("  %8d loads %8d stores  0x%x  %s  %s", p.load + p.fetch, p.store, p.pc, facet.symbol(p.pc),
      facet.line(p.pc)))
  end
end
