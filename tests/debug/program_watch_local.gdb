break local_watch
run > /dev/null
next
watch here
continue
continue
continue
continue
info breakpoints
watch centre
continue
