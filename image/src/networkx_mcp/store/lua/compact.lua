-- A snapshot for the operations up to a version. ARGV: 12 uid, 13 version, 14 snapshot bytes, 15 pieces.
local head = read_head()
local version, bytes, pieces = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
if not head or head.uid ~= ARGV[12] then return {'late'} end
if version <= head.snapshot_version or version < head.base or version > head.version then return {'late'} end
if log_damaged() then return {'damaged'} end
if not staged(pieces) then return {'stale'} end

local before, total, dropped = stored(head), head.base_total, version - head.base
if dropped > 0 then
  total = tonumber(string.match(redis.call('LINDEX', LOG, whole(2 * dropped - 2)), '^%d+ (%d+)$'))
  redis.call('LTRIM', LOG, whole(2 * dropped), -1)
end
swap_snapshot(pieces)
head.base, head.base_total, head.snapshot_version, head.snapshot_bytes = version, total, version, bytes
local raw = write_head(head)
redis.call('HINCRBY', USAGE, 'bytes', whole(stored(head) - before))
return {'done', raw}
