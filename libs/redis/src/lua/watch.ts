/**
 * What policies ask of a session, in Lua: libs/session's risk-score.ts, token-bucket.ts, sliding-window.ts. Numbers that
 * may have a fraction are written with all their digits.
 *
 * KEYS[3] is the session's watch: b the token bucket, `<incarnation> <tokens> <at>` · w:<metric>:<ms> a window,
 * `<incarnation> <index> <current> <before>` · h inspected heads, `<count> <hash>` a line, the newest first. What is of
 * another incarnation counts as not there; heads are of the session id.
 */
import { LIMITS } from '@elida/contracts';
import { NEGLIGIBLE_SCORE, SCORE_MAX, UNDECAYED_RISK_MS, WINDOWS_MAX } from '@elida/session';
import { constants } from './literal.ts';

export const riskLua = `${constants({ SCORE_MAX, NEGLIGIBLE: NEGLIGIBLE_SCORE, UNDECAYED_MS: UNDECAYED_RISK_MS })}
local function exact(number)
  return string.format('%.17g', number)
end

local function factor(elapsed, half_life)
  if half_life == 0 or elapsed <= 0 then return 1 end
  return 2 ^ (-elapsed / half_life)
end

-- The sum and its time after points of now.
local function add_risk(score, at, points, half_life)
  local now = math.max(at, NOW)
  return score * factor(now - at, half_life) + points * factor(now - NOW, half_life), now
end

local function score_at(score, at, half_life)
  return math.min(SCORE_MAX, score * factor(NOW - at, half_life))
end
`;

export const watchLua = `${constants({ WINDOWS_MAX, HEADS_MAX: LIMITS.inspectedHeadsMax.value })}
local W = KEYS[3]

-- As long as the session may live, and a day: nothing of it is forgotten while it runs, however long between two looks.
local function companion_ttl(r)
  if r.lm > 0 and r.st > 0 then return math.max(r.st + r.lm - NOW, 0) + MARGIN_MS end
  return HISTORY_MS
end

-- ms to the next token, 0 where there was one; and the bucket after it.
local function take(r, bucket, rate)
  local n, tokens, at = string.match(bucket or '', '^(%S+) (%S+) (%S+)$')
  if tonumber(n) ~= r.n then tokens, at = 1, NOW end
  tokens, at = tonumber(tokens), tonumber(at)
  tokens = math.min(1, tokens + math.max(0, NOW - at) * rate / 60000)
  local retry = 0
  if tokens >= 1 - 1e-9 then
    tokens = math.max(0, tokens - 1)
  else
    retry = math.ceil((1 - tokens) * 60000 / rate)
  end
  return retry, string.format('%d %.17g %d', r.n, tokens, math.max(NOW, at))
end

local function rate_of(bands, score)
  for _, band in ipairs(bands) do
    if score >= band[1] and score < band[2] then return band[3] end
  end
  return nil
end

-- index, current and before of a window, moved to now.
local function window_at(r, text, ms)
  local n, index, current, before = string.match(text or '', '^(%S+) (%S+) (%S+) (%S+)$')
  local own = math.floor(NOW / ms)
  index = tonumber(index)
  if tonumber(n) ~= r.n or own > index + 1 then return own, 0, 0 end
  if own == index + 1 then return own, 0, tonumber(current) end
  return index, tonumber(current), tonumber(before)
end

local function window_text(r, index, current, before)
  return string.format('%d %d %.17g %.17g', r.n, index, current, before)
end

-- Before a window is written that was not there.
local function make_room()
  if redis.call('HLEN', W) < WINDOWS_MAX + 2 then return end
  for _, field in ipairs(redis.call('HKEYS', W)) do
    if string.sub(field, 1, 2) == 'w:' then redis.call('HDEL', W, field) end
  end
end

local function write(r, changes)
  if #changes == 0 then return end
  redis.call('HSET', W, unpack(changes))
  redis.call('PEXPIRE', W, companion_ttl(r))
end

-- Lets one exchange in. last: when anything of the session was seen before it → risk, its time, now, ms to the next token,
-- started, last, heads, counters or false, rates.
local function watched(r, json, last)
  local watch = cjson.decode(json)
  local risk = redis.call('HMGET', K, 'rs', 'ra')
  local fields = { 'b', 'h' }
  for i, rate in ipairs(watch.r) do fields[i + 2] = rate[1] end
  local kept = redis.call('HMGET', W, unpack(fields))
  local changes, retry, rates = {}, 0, {}
  local rate = rate_of(watch.th, score_at(tonumber(risk[1] or 0), tonumber(risk[2] or 0), watch.hl))
  if rate then
    local bucket
    retry, bucket = take(r, kept[1], rate)
    changes = { 'b', bucket }
  end
  for i, asked in ipairs(watch.r) do
    local name, ms, adds = asked[1], asked[2], asked[3]
    local index, current, before = window_at(r, kept[i + 2], ms)
    if adds > 0 then
      if not kept[i + 2] then make_room() end
      current = current + adds
      changes[#changes + 1] = name
      changes[#changes + 1] = window_text(r, index, current, before)
    end
    local gone = math.min(1, math.max(0, (NOW - index * ms) / ms))
    rates[i] = exact(current + before * (1 - gone))
  end
  write(r, changes)
  local counts = watch.c == 1 and redis.call('HMGET', K, 'q', 'bi', 'bo', 'tk', 'tc', 'tn')
  return { risk[1], risk[2], NOW, retry, r.st, last, kept[2] or '', counts, rates }
end
`;
