/**
 * The atomic functions on one session. An end has its due entry already, perhaps under a lease: only CLAIM and FORGET say
 * that it is due, the others give the running incarnation's own wait. Each returns integers, strings and flat hashes; session-codec.ts reads them.
 */
import { LIMITS } from '@elida/contracts';
import { THE_REST } from '@elida/session';
import { type Script, script } from '../script.ts';
import { constants } from './literal.ts';
import { type ScriptSettings, sessionLua } from './session.ts';
import { riskLua, watchLua } from './watch.ts';

/** Of an exchange that no policy looks at. */
const UNWATCHED = `local function watched() return nil end`;

/** ARGV idle ms, life ms, agent, workflow, tenant, id, watch → state, incarnation, started, until, wait or -1, reason, watched. */
const ENTER = `
local r = current()
local idle, life, agent, workflow = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local how = 'begin'
if r.s and not (r.s == 'killed' and r.en > 0) then how = ADMISSION[r.s] end
if how == 'begin' then
  if r.s and r.st > 0 and not r.fg then
    if r.en == 0 then
      r.en, r.er = r.xa, GRACE_END[r.s]
      save(r)
    end
    local leased = tonumber(redis.call('HGET', K, 'lu') or 0)
    redis.call('HSET', KEYS[2], r.n, cjson.encode({ leased, redis.call('HGETALL', K) }))
    redis.call('PEXPIRE', KEYS[2], HISTORY_MS)
  end
  redis.call('DEL', K)
  redis.call('HSET', K, 'n', r.n + 1, 'e', r.e + 1, 's', 'active', 'st', NOW, 'la', NOW, 'im', idle, 'lm', life,
    'ag', agent, 'wf', workflow, 't', ARGV[5], 'id', ARGV[6])
  local begun = load()
  refresh(begun)
  return { 'active', begun.n, 1, 0, wait(begun), '', watched(begun, ARGV[7], NOW) }
end
if how ~= 'allow' then
  local told = how == 'hold' and watched(r, ARGV[7], r.la) or nil
  return { r.s, r.n, 0, r.u, -1, redis.call('HGET', K, 'r') or '', told }
end
local told = watched(r, ARGV[7], r.la)
r.la = NOW
local rescheduled = -1
redis.call('HSET', K, 'la', NOW)
if r.im ~= idle or r.lm ~= life then
  r.im, r.lm = idle, life
  redis.call('HSET', K, 'im', idle, 'lm', life)
  rescheduled = wait(r)
end
if agent ~= '' and redis.call('HGET', K, 'ag') == '' then redis.call('HSET', K, 'ag', agent) end
if workflow ~= '' and redis.call('HGET', K, 'wf') == '' then redis.call('HSET', K, 'wf', workflow) end
refresh(r)
return { r.s, r.n, 0, 0, rescheduled, '', told }
`;

const BOUNDS = constants({
  MODELS_MAX: LIMITS.sessionModelsMax.value,
  TOOLS_MAX: LIMITS.sessionToolsMax.value,
  REST: THE_REST,
});

/**
 * What was used. t tokens · m model's field, field of the rest · f [tool, calls] … · w [window, ms, amount] … ·
 * h count, hash, replaced hash of a head.
 */
const USE = `
local function add_tokens(text, tokens)
  local sums = {}
  for part in string.gmatch(text or '0 0 0 0 0 0', '%S+') do
    sums[#sums + 1] = exact(tonumber(part) + (tokens and tokens[#sums + 1] or 0))
  end
  return table.concat(sums, ' ')
end

local function use_model(fields, requests, tokens)
  local field = fields[1]
  local known = redis.call('HGET', K, field)
  if not known and tonumber(redis.call('HGET', K, 'mn') or 0) >= MODELS_MAX then
    field = fields[2]
    known = redis.call('HGET', K, field)
  end
  if not known then redis.call('HINCRBY', K, 'mn', 1) end
  local before, sums = string.match(known or '0 0 0 0 0 0 0', '^(%S+) (.*)$')
  redis.call('HSET', K, field, exact(before + requests) .. ' ' .. add_tokens(sums, tokens))
end

local function use_tool(name, calls)
  local field = 'f:' .. name
  if redis.call('HEXISTS', K, field) == 0 and tonumber(redis.call('HGET', K, 'tn') or 0) >= TOOLS_MAX then
    field = 'f:' .. REST
  end
  if redis.call('HINCRBY', K, field, calls) == calls then redis.call('HINCRBY', K, 'tn', 1) end
  redis.call('HINCRBY', K, 'tc', calls)
end

local function add_head(text, head)
  local lines = { string.format('%d %s', head[1], head[2]) }
  for line in string.gmatch(text or '', '[^\\n]+') do
    local hash = string.match(line, '^%d+ (.*)$')
    if hash ~= head[2] and hash ~= head[3] and #lines < HEADS_MAX then lines[#lines + 1] = line end
  end
  return table.concat(lines, '\\n')
end

local function use(r, requests, json)
  local more = cjson.decode(json)
  if more.t then redis.call('HSET', K, 'tk', add_tokens(redis.call('HGET', K, 'tk'), more.t)) end
  if more.m then use_model(more.m, requests, more.t) end
  for _, tool in ipairs(more.f or {}) do use_tool(tool[1], tool[2]) end
  local changes = {}
  for _, window in ipairs(more.w) do
    local text = redis.call('HGET', W, window[1])
    if not text then make_room() end
    local index, current, before = window_at(r, text, window[2])
    changes[#changes + 1] = window[1]
    changes[#changes + 1] = window_text(r, index, current + window[3], before)
  end
  if more.h then
    changes[#changes + 1] = 'h'
    changes[#changes + 1] = add_head(redis.call('HGET', W, 'h'), more.h)
  end
  write(r, changes)
end
`;

/** ARGV incarnation, backend, requests, bytes in, bytes out, use → 1, or 0 where it came too late. */
const SETTLE = `
local r = load()
pass_time(r)
if not r.s or r.n ~= tonumber(ARGV[1]) or r.st == 0 or r.en > 0 then return 0 end
redis.call('HINCRBY', K, 'q', ARGV[3])
redis.call('HINCRBY', K, 'bi', ARGV[4])
redis.call('HINCRBY', K, 'bo', ARGV[5])
redis.call('HINCRBY', K, 'b:' .. ARGV[2], ARGV[3])
use(r, ARGV[3], ARGV[6])
redis.call('HSET', K, 'la', NOW)
r.la = NOW
refresh(r)
return 1
`;
/** Of an exchange that says no more than requests and bytes. */
const UNUSED = `local function use() end`;

/** ARGV incarnation, most captures → 1, or 0 where it has them all, or false where it is over. */
const CAPTURE = `
local r = load()
pass_time(r)
if not r.s or r.n ~= tonumber(ARGV[1]) or r.st == 0 or r.en > 0 then return false end
if tonumber(redis.call('HGET', K, 'cp') or 0) >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', K, 'cp', 1)
return 1
`;

const TOUCH = `
local r = load()
pass_time(r)
if not r.s or r.st == 0 or r.en > 0 then return 0 end
redis.call('HSET', K, 'la', NOW)
r.la = NOW
refresh(r)
return 1
`;

/** ARGV kind, until, reason, actor, order id, tenant, create, expected epoch or '' → false, or changed, wait, hash. */
const APPLY = `
local kind, order = ARGV[1], ARGV[5]
local r = current()
local stands = false
for _, standing in ipairs(STANDING) do stands = stands or standing == kind end
if not r.s then
  if ARGV[7] ~= '1' or not stands then return false end
  r = { n = r.n, s = 'active', e = r.e, st = 0, la = 0, en = 0, u = 0, im = 0, lm = 0, xa = 0, oi = '', fg = false, er = '' }
  redis.call('HSET', K, 't', ARGV[6])
end
local changed = 0
local next = NEXT[r.s][kind]
if r.en > 0 and kind ~= 'terminate' then next = nil end
if order ~= '' and r.oi == order then
  changed = 1
elseif next and (ARGV[8] == '' or tonumber(ARGV[8]) == r.e) then
  changed = 1
  r.s, r.e, r.oi, r.xa = next, r.e + 1, order, NOW
  r.u = (stands and kind ~= 'terminate') and tonumber(ARGV[2]) or 0
  if kind == 'resume' then
    redis.call('HSET', K, 'r', '', 'ac', '')
    if r.st > 0 then r.la = NOW end
  else
    redis.call('HSET', K, 'r', ARGV[3], 'ac', ARGV[4])
  end
end
-- A record that is made and refused at once (a foreign epoch) must not stay.
if changed == 1 then
  save(r)
  refresh(r)
end
local hash = redis.call('HGETALL', K)
if spent(r) then drop(r) end
return { changed, wait(r), hash }
`;

/** ARGV lease ms → ms until it is due again (-1, -2 as `due`), hashes (JSON) of ends that nobody has recorded or leased. */
const CLAIM = `
local r = current()
local leased_until, ends = NOW + tonumber(ARGV[1]), {}
for _, n in ipairs(redis.call('HKEYS', KEYS[2])) do
  local ended = cjson.decode(redis.call('HGET', KEYS[2], n))
  if ended[1] <= NOW then
    redis.call('HSET', KEYS[2], n, cjson.encode({ leased_until, ended[2] }))
    ends[#ends + 1] = cjson.encode(ended[2])
  end
end
if unrecorded(r) and tonumber(redis.call('HGET', K, 'lu') or 0) <= NOW then
  redis.call('HSET', K, 'lu', leased_until)
  ends[#ends + 1] = cjson.encode(redis.call('HGETALL', K))
end
return { due(r), ends }
`;

/** ARGV incarnation → wait, tenant. */
const FORGET = `
local r = current()
local tenant = redis.call('HGET', K, 't') or ''
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 and r.s and r.n == tonumber(ARGV[1]) and r.en > 0 then
  r.fg = true
  save(r)
  refresh(r)
end
if r.fg and r.s ~= 'terminated' and redis.call('EXISTS', KEYS[2]) == 0 then drop(r) end
return { due(r), tenant }
`;

/** ARGV state, until, reason, actor, incarnation, epoch, JSON of [field, value, …] → wait, or -3 where nothing was restored. */
const RESTORE = `
local r = current()
local state, incarnation, epoch = ARGV[1], tonumber(ARGV[5]), tonumber(ARGV[6])
if r.s then
  if state ~= 'terminated' and (r.oi ~= '' or r.en > 0) then return -3 end
  r.s, r.u, r.xa = state, tonumber(ARGV[2]), NOW
  r.n, r.e = math.max(r.n, incarnation), math.max(r.e, epoch) + 1
  redis.call('HSET', K, 'r', ARGV[3], 'ac', ARGV[4])
  save(r)
else
  redis.call('DEL', K)
  redis.call('HSET', K, unpack(cjson.decode(ARGV[7])))
  redis.call('HSET', K, 'n', math.max(r.n, incarnation), 'e', math.max(r.e, epoch))
  r = load()
end
refresh(r)
return wait(r)
`;

/** Takes back a begin that nobody was told of. ARGV incarnation. */
const RETRACT = `
local r = load()
if r.s ~= 'active' or r.n ~= tonumber(ARGV[1]) or r.la ~= r.st or r.oi ~= '' then return 0 end
if redis.call('HEXISTS', K, 'q') == 1 then return 0 end
r.n = r.n - 1
drop(r)
return 1
`;

export interface SessionScripts {
  readonly enter: Script;
  /** With a watch. */
  readonly enterWatched: Script;
  readonly settle: Script;
  /** With a use. */
  readonly settleUse: Script;
  readonly touch: Script;
  readonly capture: Script;
  readonly apply: Script;
  readonly claim: Script;
  readonly forget: Script;
  readonly restore: Script;
  readonly retract: Script;
}

export function sessionScripts(settings: ScriptSettings): SessionScripts {
  const prelude = sessionLua(settings);
  const watching = [prelude, riskLua, watchLua];
  return {
    enter: script(prelude, UNWATCHED, ENTER),
    enterWatched: script(...watching, ENTER),
    settle: script(prelude, UNUSED, SETTLE),
    settleUse: script(...watching, BOUNDS, USE, SETTLE),
    touch: script(prelude, TOUCH),
    capture: script(prelude, CAPTURE),
    apply: script(prelude, APPLY),
    claim: script(prelude, CLAIM),
    forget: script(prelude, FORGET),
    restore: script(prelude, RESTORE),
    retract: script(prelude, RETRACT),
  };
}
