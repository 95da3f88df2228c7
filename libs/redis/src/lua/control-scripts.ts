/** The wide block table, its epoch and the edges. KEYS are of {ctl}. A missing epoch means: not initialised, or wiped. */
import { type Script, script } from '../script.ts';
import { nowLua, type ScriptSettings } from './session.ts';

const PRELUDE = `
local function prune()
  local rows = redis.call('HGETALL', KEYS[2])
  for i = 1, #rows, 2 do
    local until_at = cjson.decode(rows[i + 1]).untilAt
    if until_at ~= 0 and until_at <= NOW then redis.call('HDEL', KEYS[2], rows[i]) end
  end
end
-- Seconds: larger than any epoch before a wipe, so that every edge sees a change.
local function advance(least)
  local epoch = redis.call('GET', KEYS[1])
  if not epoch then return 0 end
  local next = math.max(tonumber(epoch) + 1, math.floor(NOW / 1000), least)
  redis.call('SET', KEYS[1], string.format('%d', next))
  return next
end
`;

/** ARGV id, block as JSON → the new epoch; 0 while the store is not ready. */
const PUT_BLOCK = `
prune()
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return advance(0)
`;

/** ARGV id → the table's epoch. */
const REMOVE_BLOCK = `
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 then return advance(0) end
return tonumber(redis.call('GET', KEYS[1]) or 0)
`;

/** ARGV epoch before, count, id, block, … Rows that came since the wipe stay. */
const RESTORE_BLOCKS = `
for i = 1, tonumber(ARGV[2]) do redis.call('HSETNX', KEYS[2], ARGV[1 + 2 * i], ARGV[2 + 2 * i]) end
return advance(tonumber(ARGV[1]) + 1)
`;

/** ARGV epoch before. */
const MARK_READY = `
local epoch = math.max(math.floor(NOW / 1000), tonumber(ARGV[1]) + 1)
return redis.call('SET', KEYS[1], string.format('%d', epoch), 'NX')
`;

/** → epoch or false, now, blocks. */
const READ_BLOCKS = `return { redis.call('GET', KEYS[1]), NOW, redis.call('HVALS', KEYS[2]) }`;

/** KEYS[1] edges. ARGV edge, heartbeat as JSON, ttl ms. */
const BEAT = `
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', NOW) .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** KEYS[1] edges. ARGV gone after ms → "<at> <heartbeat>", … */
const READ_EDGES = `
local rows, alive = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #rows, 2 do
  if NOW - tonumber(string.match(rows[i + 1], '^%d+')) > tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], rows[i])
  else
    alive[#alive + 1] = rows[i + 1]
  end
end
return alive
`;

export interface ControlScripts {
  readonly putBlock: Script;
  readonly removeBlock: Script;
  readonly restoreBlocks: Script;
  readonly markReady: Script;
  readonly readBlocks: Script;
  readonly beat: Script;
  readonly readEdges: Script;
}

export function controlScripts(settings: ScriptSettings): ControlScripts {
  const now = nowLua(settings);
  return {
    putBlock: script(now, PRELUDE, PUT_BLOCK),
    removeBlock: script(now, PRELUDE, REMOVE_BLOCK),
    restoreBlocks: script(now, PRELUDE, RESTORE_BLOCKS),
    markReady: script(now, MARK_READY),
    readBlocks: script(now, READ_BLOCKS),
    beat: script(now, BEAT),
    readEdges: script(now, READ_EDGES),
  };
}
