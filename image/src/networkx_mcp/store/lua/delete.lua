-- Remove a graph. ARGV: 12 version that it must have, or ''; one whose head is damaged has none.
local done = repeated()
if done then return done end
local head = read_head()
if not head then return {'missing'} end
if ARGV[12] ~= '' and head.damaged then return {'damaged'} end
if ARGV[12] ~= '' and head.version ~= tonumber(ARGV[12]) then return {'conflict', whole(head.version)} end

redis.call('HINCRBY', USAGE, 'bytes', whole(-stored(head)))
redis.call('UNLINK', HEAD_KEY, LOG, SNAPSHOT)
-- A head that somebody else wrote under a new id was never counted.
redis.call('HINCRBY', USAGE, 'graphs', whole(-redis.call('ZREM', IDS, graph)))
drop_results()
remember()
return {'done', false}
