-- A snapshot for the operations up to a version. ARGV: 13 uid, 14 version, 15 snapshot bytes, 16 pieces.
local head = read_head()
local version, bytes, pieces = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])
if not head or head.uid ~= ARGV[13] then return {'late'} end
if version <= head.snapshot_version or version < head.base or version > head.version then return {'late'} end
if log_damaged() then return {'damaged'} end
if not staged(pieces) then return {'stale'} end

local used, weighed = memory_used(), memory_of(head)
local before, total, dropped = stored(head), head.base_total, version - head.base
if dropped > 0 then
  total = tonumber(string.match(redis.call('LINDEX', LOG, whole(2 * dropped - 2)), '^%d+ (%d+)$'))
  redis.call('LTRIM', LOG, whole(2 * dropped), -1)
end
swap_snapshot(pieces)
head.base, head.base_total, head.snapshot_version, head.snapshot_bytes = version, total, version, bytes
if ARGV[17] then head.meta = ARGV[17] end
local raw = write_head(head)
count(0, stored(head) - before, used, memory_of(head) - weighed)
return {'done', raw}
