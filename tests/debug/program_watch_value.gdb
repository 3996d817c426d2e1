tbreak main
run > /dev/null
watch counter + 1
watch counter > 2
info watchpoints
continue
continue
continue
continue
continue
delete 2
continue
delete
tbreak local_watch
continue
next
watch here * i
continue
continue
continue
continue
continue
continue
continue
