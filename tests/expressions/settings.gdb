break stop
run
set print pretty on
p point
p some_inners
p inners
p matrix
p nothing
p *pointer->next
p functions
p/x some_inners
output point.in
echo \n
set print elements 4
p text
p array
p long_text
p mixed
p matrix
p constant
p names
x/s constant
p some_inners
set print elements 0
p many
set print elements 200
set print repeats 3
p few
p text
p array
p mixed
set print repeats unlimited
p repeated
p pointer
p names
p twofold
p pointer
p point
show print pretty
show print elements
show print repeats
p text
p array
p matrix
continue
up
info locals
p copy
