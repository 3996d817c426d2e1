tbreak main
run > /dev/null
watch current->value
watch current
continue
continue
continue
continue
continue
delete
info watchpoints
watch rows[1]
watch both.byte[2]
watch real
continue
continue
continue
continue
delete
watch text
continue
delete
tbreak deep if level == 0
continue
next
watch here
continue
up
print here
info watchpoints
continue
continue
bt
