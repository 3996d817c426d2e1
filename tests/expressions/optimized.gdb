break stop
run
up
info locals
info args
p inside
p buffer
p copy
p real
p reals
p i
p &inside
p argc
p argv[0]@argc
p *argv
p $rip
p $sp
p &buffer
p *&buffer
p buffer+1
p &buffer[1]
p (char)buffer[0]
p copy.in
p &copy.in
p copy.next->x
p copy.next.y
p *copy.next
p locals
p $_exitcode
whatis copy.in
whatis inside
ptype copy.next
info address array
info address locals
info symbol array
info symbol &array[1]
info symbol stop
info symbol 0
p inside
p buffer
p copy.in
p copy.bits5
p copy.signed_bits
p copy.table
p *copy.next
p copy.next->x
continue
up
info locals
p inside
p 'values.c'::own
p factorial::calls
p locals::buffer
continue
bt
info args
up
info locals
info args
up
p n
p result
up
p n*10
p $rax==$rax
p factorial
up
p argc
continue
up
info locals
info args
p pair
p pair.last
p start
p name
p factor
p factor*2
p sum
whatis sum
whatis factor
whatis pair.first
p &pair
p fixed_number
continue
up
info locals
p sum
continue
up
info locals
info args
p row
p sizeof row
p grid
p grid[1]
p grid[1][2]
p sizeof grid
p &grid[1]
p *grid@2
whatis grid
whatis row
ptype grid[0]
continue
