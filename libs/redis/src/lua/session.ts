/**
 * One session inside Redis: libs/session/incarnation.ts in Lua, over the tables of libs/session/states.ts, which are
 * rendered into it. KEYS[1] is the session's hash, KEYS[2] its ended incarnations that nobody has
 * recorded yet: incarnation → [leased until, hash].
 *
 * Hash: n incarnation · e epoch · s state · st started · la last · en ended · er end reason · u until · r reason ·
 * ac actor · im idle ms · lm life ms · xa decided at · oi last order · fg the end is recorded · lu leased until · q requests ·
 * bi, bo bytes in, out · b:<backend> requests · ag agent · wf workflow · t tenant · id the rest as JSON ·
 * tk tokens (input, cached, cache-write, output, reasoning, estimated) · m:<backend>\0<model> requests and tokens, mn how many
 * · f:<tool> calls, tn how many, tc calls of all · vi violations · cp captures · rs, ra risk and its time · hl half-life ms.
 * Without `s` only n, e and t are remembered.
 */
import {
  ADMISSION,
  CLOCK_INPUTS,
  END_GRACE_MS,
  ENDS_AFTER_GRACE,
  ENDS_BY_CLOCK,
  STANDING_ORDERS,
  TRANSITIONS,
} from '@elida/session';
import { constants, type LuaValue } from './literal.ts';

export interface ScriptSettings {
  /** How long the kill lasts that an expired hold becomes, ms. */
  readonly killWindowMs: number;
  /** The server's own time; or (tests) the last argument. */
  readonly now: 'TIME' | 'ARGV';
}

/** A key outlives its session's last deadline by this much, so that a reaper which was away still finds it. */
const MARGIN_MS = 86_400_000;
/** How long an ended session's record waits for a reaper, and the incarnation number of a forgotten one is kept. */
export const HISTORY_MS = 7 * 86_400_000;

export const nowLua = ({ now }: ScriptSettings): string =>
  now === 'ARGV'
    ? 'local NOW = tonumber(ARGV[#ARGV])'
    : `local TIME = redis.call('TIME')
local NOW = TIME[1] * 1000 + math.floor(TIME[2] / 1000)`;

export const sessionLua = (settings: ScriptSettings): string => `${constants({
  NEXT: TRANSITIONS as unknown as LuaValue,
  ADMISSION,
  CLOCK: CLOCK_INPUTS,
  CLOCK_END: ENDS_BY_CLOCK as LuaValue,
  GRACE_END: ENDS_AFTER_GRACE as LuaValue,
  STANDING: STANDING_ORDERS,
  GRACE_MS: END_GRACE_MS,
  KILL_WINDOW_MS: settings.killWindowMs,
  MARGIN_MS,
  HISTORY_MS,
})}
${nowLua(settings)}
local K = KEYS[1]

local function load()
  local v = redis.call('HMGET', K, 'n', 's', 'e', 'st', 'la', 'en', 'u', 'im', 'lm', 'xa', 'oi', 'fg', 'er')
  return {
    n = tonumber(v[1] or 0), s = v[2], e = tonumber(v[3] or 0), st = tonumber(v[4] or 0), la = tonumber(v[5] or 0),
    en = tonumber(v[6] or 0), u = tonumber(v[7] or 0), im = tonumber(v[8] or 0), lm = tonumber(v[9] or 0),
    xa = tonumber(v[10] or 0), oi = v[11] or '', fg = v[12] == '1', er = v[13] or '',
  }
end

local function save(r)
  redis.call('HSET', K, 'n', r.n, 's', r.s, 'e', r.e, 'la', r.la, 'en', r.en, 'er', r.er, 'u', r.u, 'xa', r.xa,
    'oi', r.oi, 'fg', r.fg and 1 or 0)
end

-- What the clock does next, and when.
local function deadline(r)
  if r.en > 0 then return nil end
  if GRACE_END[r.s] then
    if r.st > 0 then return 'grace', r.xa + GRACE_MS end
    return nil
  end
  local times = { hold_expired = r.u, kill_expired = r.u, life = 0, idle = 0 }
  if r.st > 0 and r.lm > 0 then times.life = r.st + r.lm end
  if r.st > 0 and r.im > 0 then times.idle = r.la + r.im end
  local first, first_at
  for _, input in ipairs(CLOCK) do
    if times[input] > 0 and NEXT[r.s][input] then
      local at = math.max(times[input], r.xa)
      if not first or at < first_at then first, first_at = input, at end
    end
  end
  return first, first_at
end

-- Lets time pass. True where something changed.
local function pass_time(r)
  if not r.s then return false end
  local changed = false
  while true do
    local input, at = deadline(r)
    if not input or at > NOW then return changed end
    changed = true
    if input == 'grace' then
      r.en, r.er = r.xa, GRACE_END[r.s]
      return true
    end
    r.s, r.e = NEXT[r.s][input], r.e + 1
    if CLOCK_END[input] then
      r.en, r.er = at, CLOCK_END[input]
    else
      r.u, r.xa = at + KILL_WINDOW_MS, at
    end
  end
end

-- A record that an order made and whose window is over.
local function spent(r)
  return r.s and r.st == 0 and (r.s == 'active' or r.en > 0)
end

local function refresh(r)
  local _, at = deadline(r)
  if r.s == 'terminated' then
    redis.call('PERSIST', K)
  elseif r.en > 0 then
    redis.call('PEXPIRE', K, HISTORY_MS)
  elseif at then
    redis.call('PEXPIRE', K, math.max(at - NOW, 0) + MARGIN_MS)
  elseif r.s == 'active' then
    redis.call('PEXPIRE', K, HISTORY_MS)
  else
    redis.call('PERSIST', K)
  end
end

-- Only the numbers are kept, so that a returning hint counts on.
local function drop(r)
  local tenant = redis.call('HGET', K, 't') or ''
  redis.call('DEL', K)
  redis.call('HSET', K, 'n', r.n, 'e', r.e, 't', tenant)
  redis.call('PEXPIRE', K, HISTORY_MS)
  r.s = false
end

local function current()
  local r = load()
  if pass_time(r) then
    save(r)
    refresh(r)
  end
  if spent(r) then drop(r) end
  return r
end

-- ms until the clock does something to this incarnation: -1 never, -2 it is over.
local function wait(r)
  if not r.s or r.fg or r.en > 0 then return -2 end
  local _, at = deadline(r)
  if at then return math.max(at - NOW, 0) end
  return -1
end

-- The same for the reaper: an end that is not recorded is due when nobody has it under a lease.
local function unrecorded(r)
  return r.s and r.en > 0 and r.st > 0 and not r.fg
end
local function due(r)
  local first = wait(r)
  if unrecorded(r) then first = math.max(tonumber(redis.call('HGET', K, 'lu') or 0) - NOW, 0) end
  for _, json in ipairs(redis.call('HVALS', KEYS[2])) do
    local left = math.max(cjson.decode(json)[1] - NOW, 0)
    if first < 0 or left < first then first = left end
  end
  return first
end
`;
