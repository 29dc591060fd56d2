-- Other contents for a graph. ARGV: 12 uid, 13 expected version, 14 nodes, 15 edges, 16 meta,
-- 17 snapshot bytes, 18 pieces, 19 uid that the graph has.
local done = repeated()
if done then return done end
local head = read_head()
if not head or head.uid ~= ARGV[19] then return {'missing'} end
if head.version ~= tonumber(ARGV[13]) then return {'conflict', whole(head.version)} end
local bytes, pieces = tonumber(ARGV[17]), tonumber(ARGV[18])
local growth = bytes - stored(head)
local refused = over_quota(bytes, growth)
if refused then return refused end
if not staged(pieces) then return {'stale'} end

redis.call('UNLINK', LOG)
drop_results()
swap_snapshot(pieces)
local version = head.version + 1
local raw = write_head({
  uid = ARGV[12], version = version, base = version, snapshot_version = pieces > 0 and version or 0,
  snapshot_bytes = bytes, base_total = 0, log_total = 0, nodes = tonumber(ARGV[14]), edges = tonumber(ARGV[15]),
  created = head.created, updated = now, meta = ARGV[16],
})
-- It is there already, but where the list was lost.
redis.call('ZADD', IDS, 0, graph)
redis.call('HINCRBY', USAGE, 'bytes', whole(growth))
remember()
return {'done', raw}
