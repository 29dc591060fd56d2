-- Operations after a version. KEYS: 1 head, 2 log. ARGV: 1 uid, 2 after, 3 most of them.
-- Replies false where the log does not reach back that far, else a list of log elements, two for each operation.
local raw = redis.call('GET', KEYS[1])
if not raw then return false end
local uid, version, base = string.match(raw, '^(%S+) (%d+) (%d+) ')
local after = tonumber(ARGV[2])
if uid ~= ARGV[1] or after < tonumber(base) then return false end
if after >= tonumber(version) then return {} end
local first = 2 * (after - tonumber(base))
local last = first + 2 * tonumber(ARGV[3]) - 1
return redis.call('LRANGE', KEYS[2], string.format('%.0f', first), string.format('%.0f', last))
