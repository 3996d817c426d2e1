-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A serial port for samples/guests/uart.c: --swap sym:uart=device:uart.lua[:TEXT]. TEXT is what it receives; lines that
-- are sent to it are printed. The registers that a driver writer meets are all there: read-only, self-clearing,
-- write-1-to-clear, read-to-clear, and a FIFO.

local RESET, LOOP = 1, 2                   -- bits of CONTROL
local READY, RECEIVED, OVERRUN = 1, 2, 4   -- bits of STATUS

local data -- below
local sent, busy = "", 0

register {name = "ID", at = 0x00, kind = "ro", reset = 0x54524155} -- "UART"

local control = register {
  name = "CONTROL", at = 0x04, kind = "ro", bits = {sc = RESET, rw = LOOP},
  delay = 2, -- RESET reads as 1 twice more: a driver that does not wait for it is wrong
  on_write = function(self, written)
    if written & RESET ~= 0 then
      sent, busy = "", 0
    end
  end,
}

local status = register {
  name = "STATUS", at = 0x08, kind = "ro", bits = {w1c = OVERRUN},
  on_read = function(self, value)
    busy = math.max(busy - 1, 0)
    return value | (busy == 0 and READY or 0) | (data:count() > 0 and RECEIVED or 0)
  end,
}

local count = register {name = "COUNT", at = 0x10, kind = "rc"} -- bytes sent since it was last read

data = register {
  name = "DATA", at = 0x0c, kind = "fifo", depth = 16,
  on_write = function(self, value)
    local byte = value & 0xff
    count.value = count.value + 1
    busy = 2 -- until STATUS has been read twice
    if control.value & LOOP ~= 0 then
      if not self:push(byte) then
        status.value = status.value | OVERRUN
      end
    elseif byte == 10 then
      print("uart: " .. sent)
      sent = ""
    else
      sent = sent .. string.char(byte)
    end
  end,
}

function attach(text)
  for i = 1, #text do
    if not data:push(text:byte(i)) then
      error(string.format("uart.lua:TEXT: more than %d characters", data.depth), 0)
    end
  end
end

-- Registers are kept in checkpoints anyway.
function save()
  return busy .. ":" .. sent
end

function resume(text)
  busy, sent = text:match("^(%d+):(.*)$")
  busy = math.tointeger(busy)
end
