break write
run > /dev/null
bt
up
info frame
break qsort
run > /dev/null
bt
break by_value
continue
bt
finish
finish
finish
next
next
