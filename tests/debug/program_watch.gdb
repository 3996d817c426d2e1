tbreak main
run > /dev/null
watch counter
watch total if total > 100
rwatch shapes[2].name
info watchpoints
continue
continue
bt
continue
continue
info breakpoints
continue
continue
delete 3
continue
continue
continue
info watchpoints
disable
continue
