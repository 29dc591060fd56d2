-- Remove a graph. ARGV: 12 version that it must have, or ''.
local done = repeated()
if done then return done end
local head = read_head()
if not head then return {'missing'} end
if ARGV[12] ~= '' and head.version ~= tonumber(ARGV[12]) then return {'conflict', whole(head.version)} end

redis.call('UNLINK', HEAD_KEY, LOG, SNAPSHOT)
redis.call('ZREM', IDS, graph)
drop_results()
redis.call('HINCRBY', USAGE, 'graphs', -1)
redis.call('HINCRBY', USAGE, 'bytes', whole(-stored(head)))
remember()
return {'done', false}
