-- First part of every script that writes: names, the clock, heads, operation ids and quotas.
--
-- KEYS (all of one tenant, so of one hash slot)
--   1 head       string: one line of numbers, then the opaque meta (see HEAD)
--   2 log        list: for each operation after version base, oldest first, "<version> <bytes so far>"
--                and its payload: two elements, so that a large payload is not copied to be labelled
--   3 snapshot   list of pieces, small enough that UNLINK frees a large one in another thread
--   4 usage      hash: graphs, bytes (of snapshots and logs); memory (see memory_of), and memory_at: graphs and bytes when it
--                was written last. Where these are others now, release 0.1.0, which does not know it, wrote since
--   5 ids        sorted set of graph ids, all with score 0
--   6 operations hash: b = bytes of all records; n/<graph> = last number given;
--                r/<graph>/<id> = record; s/<graph>/<number> = "<time> <size> <id>"
--   7 fresh      list "<time> <graph> <number>": records inside their sure time, oldest first
--   8 kept       the same, beyond it
--   9 staging    list of pieces of a snapshot on its way in (where there is none: the name of 3)
--   10 results, 11 results order, 12 results sizes: see keep_result.lua
-- ARGV
--   1 graph, 2 operation id ('' for none), 3 fingerprint, 4 result, 5 size of the record,
--   6 sure seconds, 7 most seconds, 8 records kept of a graph, 9 graph bytes, 10 tenant bytes,
--   11 tenant graphs, 12 tenant memory (the quota); from 13 on what the script itself says
--
-- Work is bounded: a call looks at PRUNE records at most, whatever piled up. Only where another release wrote, the first call
-- behind it reads all heads of the tenant.

local PRUNE = 32
local HEAD_KEY, LOG, SNAPSHOT, USAGE, IDS, OPERATIONS, FRESH, KEPT, STAGING, RESULTS, ORDER, SIZES = unpack(KEYS)
local graph, operation, fingerprint, result = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local record_size, sure, most, keep = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local quota_graph, quota_tenant, quota_graphs = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local quota_memory = tonumber(ARGV[12])

local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000

-- Lua would write large numbers as 1e+15, and -0, which HINCRBY refuses.
local function whole(value) return value == 0 and '0' or string.format('%.0f', value) end
local function stamp(value) return string.format('%.6f', value) end

local HEAD = {
  'uid', 'version', 'base', 'snapshot_version', 'snapshot_bytes', 'base_total', 'log_total',
  'nodes', 'edges', 'created', 'updated',
}

-- What redis_keys.parse_head takes, no more and no less.
local WHOLE, SECONDS, LAST_SECOND, DIGITS = ' (%d+)', ' (%d+%.%d%d%d%d%d%d)', 253402300800, 19
local LINE = '^([A-Za-z0-9_.~%%-]+)' .. string.rep(WHOLE, 8) .. string.rep(SECONDS, 2) .. '\n()'

-- The head; nil where there is none; where no server of ours wrote it: one that is `damaged` and nothing else,
-- so that its uid is nobody's.
local function read_head(key)
  local raw = redis.pcall('GET', key or HEAD_KEY)
  if not raw then return nil end
  -- A key that holds no text replies an error, which is a table.
  local parts = type(raw) == 'string' and {string.match(raw, LINE)} or {}
  if #parts == 0 then return {damaged = true} end
  local head = {raw = raw, meta = string.sub(raw, table.remove(parts))}
  for at, name in ipairs(HEAD) do
    if at > 1 and #parts[at] > DIGITS then return {damaged = true} end
    head[name] = at == 1 and parts[at] or tonumber(parts[at])
  end
  if head.base > head.version or head.base_total > head.log_total then return {damaged = true} end
  if head.created >= LAST_SECOND or head.updated >= LAST_SECOND then return {damaged = true} end
  return head
end

local function write_head(head)
  local line = table.concat({
    head.uid, whole(head.version), whole(head.base), whole(head.snapshot_version),
    whole(head.snapshot_bytes), whole(head.base_total), whole(head.log_total),
    whole(head.nodes), whole(head.edges), stamp(head.created), stamp(head.updated),
  }, ' ')
  head.raw = line .. '\n' .. head.meta
  redis.call('SET', HEAD_KEY, head.raw)
  return head.raw
end

-- Bytes of every `step`th element of a list from the index `first` on, a few at a time: Lua copies them to measure them.
local function measured(list, first, step)
  local total, at, page = 0, first, nil
  repeat
    page = redis.pcall('LRANGE', list, whole(at), whole(at + 15))
    for element = 1, #page, step do total = total + #page[element] end
    at = at + 16
  until #page < 16
  return total
end

-- Bytes that a graph counts for: its snapshot and its log. What is there is measured where the head cannot tell.
local function stored(head)
  if head.damaged then return measured(SNAPSHOT, 0, 1) + measured(LOG, 1, 2) end
  return head.snapshot_bytes + head.log_total - head.base_total
end

-- Operation ids ---------------------------------------------------------------------------------

local function forget(of, number)
  local slot = 's/' .. of .. '/' .. whole(number)
  local raw = redis.call('HGET', OPERATIONS, slot)
  if not raw then return end
  local size, id = string.match(raw, '^%S+ (%d+) (.*)$')
  redis.call('HDEL', OPERATIONS, slot, 'r/' .. of .. '/' .. id)
  redis.call('HINCRBY', OPERATIONS, 'b', '-' .. size)
end

-- A record goes when it is past its sure time and not among the newest `keep` of its graph, or
-- past `most`. Which of the two comes last decides where that is seen: here, or in `remember`.
local function prune()
  for _ = 1, PRUNE do
    local entry = redis.call('LINDEX', FRESH, 0)
    if not entry then break end
    local time, of, number = string.match(entry, '^(%S+) (%S+) (%d+)$')
    if now - tonumber(time) < sure then break end
    redis.call('LPOP', FRESH)
    local last = tonumber(redis.call('HGET', OPERATIONS, 'n/' .. of) or '0')
    if tonumber(number) <= last - keep then
      forget(of, tonumber(number))
    else
      redis.call('RPUSH', KEPT, entry)
      -- It must not outlive the records: their numbers begin anew, and an old entry would forget a new record.
      local left = redis.call('PTTL', OPERATIONS)
      if left > 0 then redis.call('PEXPIRE', KEPT, left) end
    end
  end
  for _ = 1, PRUNE do
    local entry = redis.call('LINDEX', KEPT, 0)
    if not entry then break end
    local time, of, number = string.match(entry, '^(%S+) (%S+) (%d+)$')
    if now - tonumber(time) < most then break end
    redis.call('LPOP', KEPT)
    forget(of, tonumber(number))
    -- The last one leaves the queue after all others of its graph, so numbers may start anew.
    if redis.call('HGET', OPERATIONS, 'n/' .. of) == number then redis.call('HDEL', OPERATIONS, 'n/' .. of) end
  end
end

-- The record of this call's operation id: fingerprint and result, or nil.
local function recall()
  if operation == '' then return nil end
  local raw = redis.call('HGET', OPERATIONS, 'r/' .. graph .. '/' .. operation)
  if not raw then return nil end
  local stop = string.find(raw, '\n', 1, true)
  local number, time, print = string.match(string.sub(raw, 1, stop - 1), '^(%d+) (%S+) (%S*)$')
  local age, last = now - tonumber(time), tonumber(redis.call('HGET', OPERATIONS, 'n/' .. graph) or '0')
  if age < sure or (age < most and tonumber(number) > last - keep) then
    return print, string.sub(raw, stop + 1)
  end
  return nil
end

local function remember()
  if operation == '' then return end
  local old = redis.call('HGET', OPERATIONS, 'r/' .. graph .. '/' .. operation)
  if old then forget(graph, tonumber(string.match(old, '^(%d+) '))) end
  local number = redis.call('HINCRBY', OPERATIONS, 'n/' .. graph, 1)
  redis.call('HSET', OPERATIONS,
    'r/' .. graph .. '/' .. operation, whole(number) .. ' ' .. stamp(now) .. ' ' .. fingerprint .. '\n' .. result,
    's/' .. graph .. '/' .. whole(number), stamp(now) .. ' ' .. whole(record_size) .. ' ' .. operation)
  redis.call('HINCRBY', OPERATIONS, 'b', whole(record_size))
  redis.call('RPUSH', FRESH, stamp(now) .. ' ' .. graph .. ' ' .. whole(number))
  local replaced = redis.call('HGET', OPERATIONS, 's/' .. graph .. '/' .. whole(number - keep))
  if replaced and now - tonumber(string.match(replaced, '^(%S+) ')) >= sure then forget(graph, number - keep) end
  -- An idle tenant's records go by themselves, with their count of bytes.
  local gone = whole((now + most) * 1000 + 1000)
  redis.call('PEXPIREAT', OPERATIONS, gone)
  redis.call('PEXPIREAT', FRESH, gone)
  redis.call('PEXPIREAT', KEPT, gone)
end

local function repeated()
  local print, first = recall()
  if not print then return nil end
  return {'repeat', print, first, redis.call('GET', HEAD_KEY)}
end

-- Quotas ----------------------------------------------------------------------------------------

-- Bytes that a graph counts for in memory, as shared.memory_of has it.
local function memory_of(head)
  if head.damaged then return 0 end
  local known, meta = pcall(cmsgpack.unpack, head.meta)
  local base = known and type(meta) == 'table' and tonumber(meta.memory) or 0
  if not (base > 0 and base <= 9007199254740992) then base = head.snapshot_bytes end
  return base + head.log_total - head.base_total
end

-- What all graphs of the tenant count for in memory. Counted anew where another release wrote meanwhile; so are graphs and bytes
-- where the key is gone.
local function memory_used()
  local counted = redis.call('HMGET', USAGE, 'graphs', 'bytes', 'memory', 'memory_at')
  local at = (counted[1] or '0') .. ' ' .. (counted[2] or '0')
  if counted[3] and counted[4] == at then return tonumber(counted[3]) end
  local memory, bytes, ids = 0, 0, redis.call('ZRANGE', IDS, 0, -1)
  local names = string.sub(HEAD_KEY, 1, -#graph - 1)
  for _, id in ipairs(ids) do
    local head = read_head(names .. id)
    if head and not head.damaged then
      memory = memory + memory_of(head)
      bytes = bytes + head.snapshot_bytes + head.log_total - head.base_total
    end
  end
  if #ids > 0 then
    if not (counted[1] or counted[2]) then
      redis.call('HSET', USAGE, 'graphs', whole(#ids), 'bytes', whole(bytes))
      at = whole(#ids) .. ' ' .. whole(bytes)
    end
    redis.call('HSET', USAGE, 'memory', whole(memory), 'memory_at', at)
  end
  return memory
end

-- Count a change, in graphs and bytes; `memory` is what the tenant used before and how that changed, nil where nobody can tell.
local function count(graphs, bytes, before, growth)
  local at = whole(redis.call('HINCRBY', USAGE, 'graphs', whole(graphs)))
  at = at .. ' ' .. whole(redis.call('HINCRBY', USAGE, 'bytes', whole(bytes)))
  if growth then
    redis.call('HSET', USAGE, 'memory', whole(before + growth), 'memory_at', at)
  else
    redis.call('HDEL', USAGE, 'memory_at')
  end
end

-- Reply of a refusal where the graph would hold `size` bytes after growing by `growth`, and in memory from `before` by `more`;
-- else nil.
local function over_quota(size, growth, before, more)
  if size > quota_graph then return {'limit', 'graph_bytes', whole(size)} end
  if more > 0 and before + more > quota_memory then return {'limit', 'tenant_memory', whole(before + more)} end
  growth = growth + record_size
  if growth <= 0 then return nil end
  local used = tonumber(redis.call('HGET', USAGE, 'bytes') or '0') + tonumber(redis.call('HGET', OPERATIONS, 'b') or '0')
  if used + growth > quota_tenant then return {'limit', 'tenant_bytes', whole(used + growth)} end
  return nil
end

-- Results of analyses, of a graph that is gone ----------------------------------------------------

local function drop_results()
  local bytes = redis.call('HGET', SIZES, graph)
  if bytes then
    redis.call('HDEL', SIZES, graph)
    redis.call('HINCRBY', SIZES, '', '-' .. bytes)
  end
  redis.call('UNLINK', RESULTS)
  redis.call('ZREM', ORDER, graph)
end

-- Snapshots -------------------------------------------------------------------------------------

local function staged(pieces) return pieces == 0 or redis.call('LLEN', STAGING) == pieces end

-- Make the staged pieces the snapshot; the caller has checked `staged`.
local function swap_snapshot(pieces)
  redis.call('UNLINK', SNAPSHOT)
  if pieces > 0 then
    redis.call('RENAME', STAGING, SNAPSHOT)
    redis.call('PERSIST', SNAPSHOT)
  end
end

-- Keys that somebody made another type ------------------------------------------------------------

-- What is derived from graphs, or kept for a while, is checked before anything is written: a script that ends half-way is
-- not undone. Head, log and snapshot of another type are the damage of their graph: see read_head, log_damaged.
for at, kind in pairs({[4] = 'hash', [5] = 'zset', [6] = 'hash', [7] = 'list', [8] = 'list'}) do
  local found = redis.call('TYPE', KEYS[at]).ok
  if found ~= 'none' and found ~= kind then return {'wrong', KEYS[at], found} end
end
-- Results are computed anew, so these go.
for at, kind in pairs({[10] = 'hash', [11] = 'zset', [12] = 'hash'}) do
  local found = redis.call('TYPE', KEYS[at]).ok
  if found ~= 'none' and found ~= kind then redis.call('UNLINK', RESULTS, ORDER, SIZES) end
end

local function log_damaged()
  local found = redis.call('TYPE', LOG).ok
  return found ~= 'none' and found ~= 'list'
end

prune()
