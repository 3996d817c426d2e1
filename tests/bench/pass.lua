-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The least that a handler can do; with `fields` it looks at the access first.

function access(a)
  return PASS
end

if ... == "fields" then
  local above = 0
  function access(a)
    if a.kind == "store" and a.offset == 8 and a.size == 8 and a.value > a.old then
      above = above + 1
    end
    return PASS
  end
end
