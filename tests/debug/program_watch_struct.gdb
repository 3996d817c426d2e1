tbreak main
run > /dev/null
watch shapes[1].corner[0]
watch -l shapes[0].corner[0].x
awatch bytes[9]
continue
continue
continue
continue
continue
continue
continue
continue
