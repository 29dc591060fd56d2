-- One operation on top of a version. ARGV: 12 uid, 13 expected version, 14 nodes, 15 edges, 16 payload.
local done = repeated()
if done then return done end
local head = read_head()
if not head or head.uid ~= ARGV[12] then return {'missing'} end
if head.version ~= tonumber(ARGV[13]) then return {'conflict', whole(head.version)} end
if log_damaged() then return {'damaged'} end
local bytes = string.len(ARGV[16])
local refused = over_quota(stored(head) + bytes, bytes)
if refused then return refused end

head.version = head.version + 1
head.log_total = head.log_total + bytes
head.nodes, head.edges, head.updated = tonumber(ARGV[14]), tonumber(ARGV[15]), now
redis.call('RPUSH', LOG, whole(head.version) .. ' ' .. whole(head.log_total), ARGV[16])
local raw = write_head(head)
redis.call('HINCRBY', USAGE, 'bytes', whole(bytes))
remember()
return {'done', raw}
