-- Remove a graph. ARGV: 13 version that it must have, or ''; one whose head is damaged has none.
local done = repeated()
if done then return done end
local head = read_head()
if not head then return {'missing'} end
if ARGV[13] ~= '' and head.damaged then return {'damaged'} end
if ARGV[13] ~= '' and head.version ~= tonumber(ARGV[13]) then return {'conflict', whole(head.version)} end

local used, bytes, memory = memory_used(), stored(head), not head.damaged and -memory_of(head) or nil
redis.call('UNLINK', HEAD_KEY, LOG, SNAPSHOT)
-- A head that somebody else wrote under a new id was never counted.
local listed = redis.call('ZREM', IDS, graph)
count(-listed, -bytes, used, listed == 1 and memory)
drop_results()
remember()
return {'done', false}
