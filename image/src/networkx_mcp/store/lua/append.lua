-- One operation on top of a version. ARGV: 13 uid, 14 expected version, 15 nodes, 16 edges, 17 payload.
local done = repeated()
if done then return done end
local head = read_head()
if not head or head.uid ~= ARGV[13] then return {'missing'} end
if head.version ~= tonumber(ARGV[14]) then return {'conflict', whole(head.version)} end
if log_damaged() then return {'damaged'} end
local bytes = string.len(ARGV[17])
local used = memory_used()
local refused = over_quota(stored(head) + bytes, bytes, used, bytes)
if refused then return refused end

head.version = head.version + 1
head.log_total = head.log_total + bytes
head.nodes, head.edges, head.updated = tonumber(ARGV[15]), tonumber(ARGV[16]), now
redis.call('RPUSH', LOG, whole(head.version) .. ' ' .. whole(head.log_total), ARGV[17])
local raw = write_head(head)
count(0, bytes, used, bytes)
remember()
return {'done', raw}
