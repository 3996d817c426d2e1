watch rows[1] if rows[1][1] > 0
run > /dev/null
info watchpoints
condition 1
watch both if both.byte[2] == 9
continue
disable 1
rwatch real
awatch bits
continue
continue
continue
continue
continue
info breakpoints
delete 2-4
tbreak change
commands
silent
print *where
up
print here
end
continue
until
advance crash
bt
