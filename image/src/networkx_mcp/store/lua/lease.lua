-- Token bucket by the server's clock. KEYS: 1 bucket (hash: tokens, time).
-- ARGV: 1 wanted, 2 rate per second, 3 burst. Replies what was granted.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local wanted, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- A key that somebody made another type holds no bucket.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then redis.call('UNLINK', KEYS[1]) end
local state = redis.call('HMGET', KEYS[1], 'tokens', 'time')
local tokens = burst
if state[1] then
  -- A clock set back grants nothing extra.
  tokens = math.min(burst, tonumber(state[1]) + math.max(0, now - tonumber(state[2])) * rate)
end
local granted = math.max(0, math.min(wanted, math.floor(tokens)))
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens - granted), 'time', string.format('%.6f', now))
-- A bucket that would be full again needs no key.
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(burst / rate * 1000) + 1000))
return granted
