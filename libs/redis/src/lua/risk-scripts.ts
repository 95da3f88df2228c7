/** Findings, risk and its inheritance: the scripts that only a policy's findings cost. */
import { LIMITS } from '@elida/contracts';
import { type Script, script } from '../script.ts';
import { constants } from './literal.ts';
import { nowLua, type ScriptSettings, sessionLua } from './session.ts';
import { riskLua, watchLua } from './watch.ts';

/**
 * KEYS[4] findings of the session id: a sorted set of keys in the order in which they came.
 * ARGV incarnation, half-life ms, JSON of [key, points] … → false, or fresh (1, 0) …, sum before, its time, now, points.
 */
const FLAG = `
local r, F = load(), KEYS[4]
pass_time(r)
if not r.s or r.n ~= tonumber(ARGV[1]) or r.st == 0 or r.en > 0 then return false end
local half_life = tonumber(ARGV[2])
local newest = redis.call('ZREVRANGE', F, 0, 0, 'WITHSCORES')
local place, fresh, count, points = tonumber(newest[2] or 0), {}, 0, 0
for i, finding in ipairs(cjson.decode(ARGV[3])) do
  fresh[i] = redis.call('ZADD', F, 'NX', string.format('%d', place + 1), finding[1])
  if fresh[i] == 1 then
    place, count, points = place + 1, count + 1, points + finding[2]
  end
end
local risk = redis.call('HMGET', K, 'rs', 'ra')
if count > 0 then
  redis.call('ZREMRANGEBYRANK', F, 0, -1 - FINDINGS_MAX)
  redis.call('HINCRBY', K, 'vi', count)
end
redis.call('PEXPIRE', F, companion_ttl(r))
if points > 0 then
  local score, at = add_risk(tonumber(risk[1] or 0), tonumber(risk[2] or 0), points, half_life)
  redis.call('HSET', K, 'rs', exact(score), 'ra', string.format('%d', at), 'hl', exact(half_life))
end
return { fresh, risk[1], risk[2], NOW, exact(points) }
`;

/**
 * A session that has just begun takes its principal's risk, unless it has one. ARGV incarnation, sum, its time, watch
 * → false where it is gone, or risk, its time, now, ms to the next token.
 */
const INHERIT = `
local r = load()
if not r.s or r.n ~= tonumber(ARGV[1]) then return false end
local watch = cjson.decode(ARGV[4])
local risk = redis.call('HMGET', K, 'rs', 'ra')
if not risk[1] then
  local at = tonumber(ARGV[3])
  risk = { exact(score_at(tonumber(ARGV[2]), at, watch.hl)), string.format('%d', math.max(NOW, at)) }
  redis.call('HSET', K, 'rs', risk[1], 'ra', risk[2], 'hl', exact(watch.hl))
end
local rate, retry = rate_of(watch.th, score_at(tonumber(risk[1]), tonumber(risk[2]), watch.hl)), 0
if rate then
  local bucket
  retry, bucket = take(r, redis.call('HGET', W, 'b'), rate)
  write(r, { 'b', bucket })
end
return { risk[1], risk[2], NOW, retry }
`;

/** KEYS[1] of a principal: "<sum> <its time> <forgotten at>". ARGV points, half-life ms. */
const ADD_PRINCIPAL = `
local points, half_life = tonumber(ARGV[1]), tonumber(ARGV[2])
local score, at, forgotten = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)$')
if not forgotten or tonumber(forgotten) <= NOW then score, at = 0, 0 end
score, at = add_risk(tonumber(score), tonumber(at), points, half_life)
forgotten = at
if half_life == 0 then
  forgotten = at + UNDECAYED_MS
elseif score >= NEGLIGIBLE then
  forgotten = at + math.floor(half_life * math.log(score / NEGLIGIBLE) / math.log(2)) + 1
end
redis.call('SET', KEYS[1], string.format('%.17g %d %d', score, at, forgotten), 'PX',
  string.format('%d', math.max(forgotten - NOW, 1)))
return 1
`;

export interface RiskScripts {
  readonly flag: Script;
  readonly inherit: Script;
  readonly addPrincipal: Script;
}

export function riskScripts(settings: ScriptSettings): RiskScripts {
  const session = sessionLua(settings);
  const limits = constants({ FINDINGS_MAX: LIMITS.findingKeysMax.value });
  return {
    flag: script(session, riskLua, watchLua, limits, FLAG),
    inherit: script(session, riskLua, watchLua, INHERIT),
    addPrincipal: script(nowLua(settings), riskLua, ADD_PRINCIPAL),
  };
}
