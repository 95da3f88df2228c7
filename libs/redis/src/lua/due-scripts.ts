/**
 * The indexes of sessions: KEYS[1] by deadline (`:at`), KEYS[2] by start (`:live`). A deadline here is only the time to
 * look; the session's own script decides. Removing or moving an entry is conditional on its score: whoever indexes a
 * session changes the score, so that a reaper which looked before cannot undo it.
 */
import { type Script, script } from '../script.ts';
import { nowLua, type ScriptSettings } from './session.ts';

/** ARGV member, wait ms (-1: none), ttl ms (-1: for good), `begin` where an incarnation began. */
const INDEX = `
local member, wait, ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local known = tonumber(redis.call('ZSCORE', KEYS[1], member) or '')
if wait >= 0 and (not known or NOW + wait < known) then
  redis.call('ZADD', KEYS[1], NOW + wait, member)
elseif known then
  redis.call('ZADD', KEYS[1], known - 1, member)
end
if ARGV[4] == 'begin' then
  redis.call('ZADD', KEYS[2], NOW, member)
else
  redis.call('ZADD', KEYS[2], 'NX', NOW, member)
end
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if ttl < 0 then
    redis.call('PERSIST', key)
  elseif left ~= -1 and left < ttl or left == -1 and redis.call('ZCARD', key) == 1 then
    redis.call('PEXPIRE', key, ttl)
  end
end
return 1
`;

/** ARGV limit → member, score, … of what is due, earliest first. */
const PEEK = `return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, ARGV[1])`;

/** ARGV lease ms, count, member, score seen, … → member, score of the lease, … of those that nobody else took. */
const LEASE = `
local leased = {}
for i = 1, tonumber(ARGV[2]) do
  local member, seen = ARGV[1 + 2 * i], ARGV[2 + 2 * i]
  if redis.call('ZSCORE', KEYS[1], member) == seen then
    redis.call('ZADD', KEYS[1], NOW + tonumber(ARGV[1]), member)
    leased[#leased + 1] = member
    leased[#leased + 1] = redis.call('ZSCORE', KEYS[1], member)
  end
end
return leased
`;

/** ARGV member, score seen or '', wait ms (-1: no deadline, -2: nothing is left). */
const MOVE = `
local member, wait = ARGV[1], tonumber(ARGV[3])
if (redis.call('ZSCORE', KEYS[1], member) or '') ~= ARGV[2] then return 0 end
if wait >= 0 then
  redis.call('ZADD', KEYS[1], NOW + wait, member)
else
  redis.call('ZREM', KEYS[1], member)
end
if wait == -2 then redis.call('ZREM', KEYS[2], member) end
return 1
`;

export interface DueScripts {
  readonly index: Script;
  readonly peek: Script;
  readonly lease: Script;
  readonly move: Script;
}

export function dueScripts(settings: ScriptSettings): DueScripts {
  const now = nowLua(settings);
  return { index: script(now, INDEX), peek: script(now, PEEK), lease: script(now, LEASE), move: script(now, MOVE) };
}
