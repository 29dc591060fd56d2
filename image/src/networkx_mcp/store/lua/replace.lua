-- Other contents for a graph. ARGV: 13 uid, 14 expected version, 15 nodes, 16 edges, 17 meta,
-- 18 snapshot bytes, 19 pieces, 20 uid that the graph has.
local done = repeated()
if done then return done end
local head = read_head()
if not head or head.uid ~= ARGV[20] then return {'missing'} end
if head.version ~= tonumber(ARGV[14]) then return {'conflict', whole(head.version)} end
local bytes, pieces = tonumber(ARGV[18]), tonumber(ARGV[19])
local growth = bytes - stored(head)
local version = head.version + 1
local new = {
  uid = ARGV[13], version = version, base = version, snapshot_version = pieces > 0 and version or 0,
  snapshot_bytes = bytes, base_total = 0, log_total = 0, nodes = tonumber(ARGV[15]), edges = tonumber(ARGV[16]),
  created = head.created, updated = now, meta = ARGV[17],
}
local used, more = memory_used(), memory_of(new) - memory_of(head)
local refused = over_quota(bytes, growth, used, more)
if refused then return refused end
if not staged(pieces) then return {'stale'} end

redis.call('UNLINK', LOG)
drop_results()
swap_snapshot(pieces)
local raw = write_head(new)
-- It is there already, but where the list was lost.
redis.call('ZADD', IDS, 0, graph)
count(0, growth, used, more)
remember()
return {'done', raw}
