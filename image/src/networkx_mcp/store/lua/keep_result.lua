-- Keep the result of an analysis for all replicas. Nothing here counts in the tenant's quota, and nothing here is
-- ever missed: it has a bound and a time to live of its own.
-- KEYS 1 head, 2 results of the graph (hash: v = "uid version", e/<key> = value), 3 graphs with results by the time
-- of their last one (sorted set, ms), 4 bytes by graph, '' for all (hash)
-- ARGV 1 graph, 2 uid, 3 version, 4 key, 5 value, 6 bytes that it counts for, 7 bytes of the tenant at most,
-- 8 time to live in ms, 9 beginning of the names of KEYS 2,
-- 10 1 where what is kept of the graph is not to be trusted: all of it goes
local HEAD_KEY, RESULTS, ORDER, SIZES = unpack(KEYS)
local graph, size, most, live = ARGV[1], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local function whole(value) return string.format('%.0f', value) end

-- A key of another type holds no result: all three begin anew.
for at, kind in ipairs({'hash', 'zset', 'hash'}) do
  local found = redis.call('TYPE', KEYS[at + 1]).ok
  if found ~= 'none' and found ~= kind then redis.call('UNLINK', RESULTS, ORDER, SIZES) end
end

local raw = redis.pcall('GET', HEAD_KEY)
if type(raw) ~= 'string' then return 'stale' end
local uid, version = string.match(raw or '', '^(%S+) (%d+) ')
if uid ~= ARGV[2] or version ~= ARGV[3] then return 'stale' end
if size > most then return 'large' end

local function forget(of)
  local bytes = redis.call('HGET', SIZES, of)
  if bytes then
    redis.call('HDEL', SIZES, of)
    redis.call('HINCRBY', SIZES, '', '-' .. bytes)
  end
  redis.call('UNLINK', ARGV[9] .. of)
  redis.call('ZREM', ORDER, of)
end

for _, of in ipairs(redis.call('ZRANGEBYSCORE', ORDER, '-inf', whole(now - live), 'LIMIT', 0, 16)) do forget(of) end
if ARGV[10] == '1' or redis.call('HGET', RESULTS, 'v') ~= uid .. ' ' .. version then forget(graph) end
if redis.call('HEXISTS', RESULTS, 'e/' .. ARGV[4]) == 1 then return 'there' end
for _ = 1, 32 do
  if tonumber(redis.call('HGET', SIZES, '') or '0') + size <= most then break end
  local oldest = redis.call('ZRANGE', ORDER, 0, 0)[1]
  if not oldest then break end
  forget(oldest)
end
if tonumber(redis.call('HGET', SIZES, '') or '0') + size > most then return 'full' end

redis.call('HSET', RESULTS, 'v', uid .. ' ' .. version, 'e/' .. ARGV[4], ARGV[5])
redis.call('HINCRBY', SIZES, graph, whole(size))
redis.call('HINCRBY', SIZES, '', whole(size))
redis.call('ZADD', ORDER, whole(now), graph)
-- All three live as long as the newest result of the graph, or of the tenant.
for _, key in ipairs({RESULTS, ORDER, SIZES}) do redis.call('PEXPIRE', key, whole(live)) end
return 'kept'
