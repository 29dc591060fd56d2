-- A new graph. ARGV: 12 uid, 13 version, 14 nodes, 15 edges, 16 meta, 17 snapshot bytes, 18 pieces.
local done = repeated()
if done then return done end
local there = read_head()
if there and there.damaged then return {'damaged'} end
if there then return {'exists', whole(there.version)} end
local graphs = tonumber(redis.call('HGET', USAGE, 'graphs') or '0') + 1
if graphs > quota_graphs then return {'limit', 'tenant_graphs', whole(graphs)} end
local version, bytes, pieces = tonumber(ARGV[13]), tonumber(ARGV[17]), tonumber(ARGV[18])
local refused = over_quota(bytes, bytes)
if refused then return refused end
if not staged(pieces) then return {'stale'} end

redis.call('UNLINK', LOG)
swap_snapshot(pieces)
local raw = write_head({
  uid = ARGV[12], version = version, base = version, snapshot_version = pieces > 0 and version or 0,
  snapshot_bytes = bytes, base_total = 0, log_total = 0, nodes = tonumber(ARGV[14]), edges = tonumber(ARGV[15]),
  created = now, updated = now, meta = ARGV[16],
})
redis.call('ZADD', IDS, 0, graph)
redis.call('HINCRBY', USAGE, 'graphs', 1)
redis.call('HINCRBY', USAGE, 'bytes', whole(bytes))
remember()
return {'done', raw}
