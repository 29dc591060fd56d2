-- What is remembered of an operation id.
local print, first = recall()
if not print then return {'missing'} end
return {'repeat', print, first, false}
