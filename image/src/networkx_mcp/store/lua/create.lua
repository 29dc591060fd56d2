-- A new graph. ARGV: 13 uid, 14 version, 15 nodes, 16 edges, 17 meta, 18 snapshot bytes, 19 pieces.
local done = repeated()
if done then return done end
local there = read_head()
if there and there.damaged then return {'damaged'} end
if there then return {'exists', whole(there.version)} end
local used = memory_used()
local graphs = tonumber(redis.call('HGET', USAGE, 'graphs') or '0') + 1
if graphs > quota_graphs then return {'limit', 'tenant_graphs', whole(graphs)} end
local version, bytes, pieces = tonumber(ARGV[14]), tonumber(ARGV[18]), tonumber(ARGV[19])
local head = {
  uid = ARGV[13], version = version, base = version, snapshot_version = pieces > 0 and version or 0,
  snapshot_bytes = bytes, base_total = 0, log_total = 0, nodes = tonumber(ARGV[15]), edges = tonumber(ARGV[16]),
  created = now, updated = now, meta = ARGV[17],
}
local memory = memory_of(head)
local refused = over_quota(bytes, bytes, used, memory)
if refused then return refused end
if not staged(pieces) then return {'stale'} end

redis.call('UNLINK', LOG)
swap_snapshot(pieces)
local raw = write_head(head)
redis.call('ZADD', IDS, 0, graph)
count(1, bytes, used, memory)
remember()
return {'done', raw}
