// The status page: live sessions over the API's own stream, kill and resume. Text goes in as text, never as markup.
const $ = (id) => document.getElementById(id);
const sessions = new Map();
const rows = new Map();
const KEY = 'elida-key';
const ENDED = new Set(['timed_out', 'completed']);
const RETRY_MS = 1_500;
/** Violations reach the database a moment after the session shows them. */
const FOUND_AFTER_MS = [1_000, 5_000];
const FOUND_MAX = 20;
let asked = null;

const headers = (more = {}) => {
  const key = sessionStorage.getItem(KEY);
  return key ? { ...more, authorization: `Bearer ${key}` } : more;
};

async function api(path, options = {}) {
  const response = await fetch(new URL(path, document.baseURI), { ...options, headers: headers(options.headers) });
  if (response.status === 401) {
    signIn();
    throw new Error('a key is needed');
  }
  const body = await response.json();
  if (response.ok) return body;
  throw Object.assign(new Error(body.detail ?? body.title ?? `HTTP ${response.status}`), { code: body.code });
}

function signIn() {
  sessionStorage.removeItem(KEY);
  $('live').hidden = true;
  $('sign-in').hidden = false;
  $('line').textContent = 'A key is needed';
  $('key').focus();
}

const bytes = (count) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};

const short = (count) => {
  if (count < 1_000) return String(count);
  return count < 1e6 ? `${(count / 1e3).toFixed(1)}k` : `${(count / 1e6).toFixed(1)}M`;
};

/** What an auditing policy would do is in brackets. */
const standing = ({ score, action, enforced }) => {
  if (score === 0) return '';
  const does = action === 'none' ? '' : enforced ? ` ${action}` : ` (${action})`;
  return `${score.toFixed(1)}${does}`;
};

/** How long ago, and the whole time for who asks. */
const putTime = (element, iso) => {
  element.textContent = ago(iso);
  element.dateTime = iso;
  element.title = iso;
};

const ago = (iso) => {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
};

function draw(session) {
  let row = rows.get(session.id);
  if (!row) {
    row = $('row').content.firstElementChild.cloneNode(true);
    row.classList.add('new');
    setTimeout(() => row.classList.remove('new'), 900);
    row.addEventListener('click', (event) => {
      const kind = event.target.dataset?.kind;
      if (kind) ask(kind, sessions.get(session.id));
    });
    rows.set(session.id, row);
  }
  const put = (name, text, title = '') => {
    const cell = row.querySelector(`.${name}`);
    cell.textContent = text;
    if (title) cell.title = title;
    return cell;
  };
  const called = session.agent || session.display_name || session.id;
  put('name', called, called);
  put('id', session.id, session.id);
  put('state', session.state, session.reason).dataset.state = session.state;
  put('principal', session.principal, session.principal);
  put('backend', Object.keys(session.backends_used).join(', ') || session.backend);
  put('requests', String(session.requests));
  put('in', bytes(session.bytes_in));
  put('out', bytes(session.bytes_out));
  const { tokens } = session;
  put('tokens', `${short(tokens.input)} / ${short(tokens.output)}`, `${tokens.input} in, ${tokens.output} out`);
  put('risk', standing(session.risk)).dataset.action = session.risk.action;
  put('violations', session.violations === 0 ? '' : String(session.violations));
  putTime(row.querySelector('.last'), session.last_at);
  const name = session.display_name || session.id;
  for (const button of row.querySelectorAll('button')) {
    const isStopped = session.state === 'killed' || session.state === 'held';
    button.hidden = button.dataset.kind === 'resume' ? !isStopped : session.state === 'killed';
    button.disabled = session.state === 'terminated';
    button.setAttribute('aria-label', `${button.textContent} ${name}`);
  }
}

function arrange() {
  const wanted = $('find').value.trim().toLowerCase();
  const found = (session) =>
    [session.id, session.display_name, session.agent, session.principal, session.backend].some((text) =>
      text.toLowerCase().includes(wanted),
    );
  const shown = [...sessions.values()].filter(found).sort((a, b) => b.started_at.localeCompare(a.started_at));
  // Rows that stay are not touched: moving them would take the focus away.
  const body = $('rows');
  for (const row of [...body.children]) if (!shown.some(({ id }) => rows.get(id) === row)) row.remove();
  shown.forEach(({ id }, index) => {
    const row = rows.get(id);
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
  });
  $('none').hidden = sessions.size > 0;
  figures();
}

function figures() {
  const all = [...sessions.values()];
  const count = (state) => all.filter((session) => session.state === state).length;
  const pairs = ['active', 'held', 'killed'].map((state) => {
    const pair = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = state;
    value.textContent = String(count(state));
    pair.append(term, value);
    return pair;
  });
  $('figures').replaceChildren(...pairs);
}

function take(session) {
  if (ENDED.has(session.state) || session.ended_at) {
    sessions.delete(session.id);
    rows.delete(session.id);
  } else {
    if (session.violations > (sessions.get(session.id)?.violations ?? 0)) findLater();
    sessions.set(session.id, session);
    draw(session);
  }
}

function drawViolation(violation) {
  const row = $('violation').content.firstElementChild.cloneNode(true);
  const put = (name, text, title = text) => {
    const cell = row.querySelector(`.${name}`);
    cell.textContent = text;
    cell.title = title;
    return cell;
  };
  const { source_role: role, message_index: index, match_start: from, match_end: to } = violation;
  put('rule', violation.rule_name, violation.description);
  put('severity', violation.effective_severity).dataset.severity = violation.effective_severity;
  put('session', violation.session);
  put('whose', index < 0 ? role : `${role}, message ${index}`);
  put('action', violation.enforced ? violation.action : `(${violation.action})`);
  put('points', violation.points === 0 ? '' : violation.points.toFixed(1));
  put('match', violation.matched_text || String(violation.value ?? ''), from < 0 ? '' : `${from} to ${to}`);
  putTime(row.querySelector('.when'), violation.at);
  return row;
}

async function find() {
  try {
    const { violations } = await api(`api/v1/violations?limit=${FOUND_MAX}`);
    $('violations').replaceChildren(...violations.map(drawViolation));
    $('found').hidden = false;
    $('clean').hidden = violations.length > 0;
  } catch (error) {
    // Who may not read events sees the sessions only; without the database the last list stays.
    if (error.code === 'not_allowed') $('found').hidden = true;
  }
}

let finding = [];
function findLater() {
  for (const timer of finding) clearTimeout(timer);
  finding = FOUND_AFTER_MS.map((ms) => setTimeout(find, ms));
}

async function load() {
  sessions.clear();
  let cursor = '';
  do {
    const page = await api(`api/v1/sessions?limit=200&cursor=${encodeURIComponent(cursor)}`);
    page.sessions.forEach(take);
    cursor = page.next_cursor;
  } while (cursor && sessions.size < 2_000);
  for (const id of rows.keys()) if (!sessions.has(id)) rows.delete(id);
  arrange();
  await find();
}

async function follow() {
  const url = new URL('api/v1/live?topics=sessions', document.baseURI);
  const response = await fetch(url, { headers: headers() });
  if (response.status === 401) return signIn();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  await load();
  $('line').textContent = 'Live';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('the stream ended');
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) await message(block);
  }
}

async function message(block) {
  const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
  if (field('event') === 'reset') return load();
  if (field('event') !== 'sessions') return;
  take(JSON.parse(field('data')));
  arrange();
}

function ask(kind, session) {
  asked = { kind, session };
  const name = session.display_name || session.id;
  const isKill = kind === 'kill';
  $('ask-title').textContent = `${isKill ? 'Kill' : 'Resume'} ${name}?`;
  $('ask-text').textContent = isKill
    ? 'What runs is cut at once on every edge; what comes is refused until the block runs out or you resume.'
    : 'New requests of this session are admitted again.';
  $('ask-yes').textContent = isKill ? 'Kill' : 'Resume';
  $('ask-yes').classList.toggle('danger', isKill);
  $('reason').value = '';
  $('ask').showModal();
}

async function order({ kind, session }, reason) {
  const body = JSON.stringify({ kind, reason, selector: { scope: 'session', id: session.id } });
  try {
    const done = await api('api/v1/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const cut = `${done.exchanges_cut} running ${done.exchanges_cut === 1 ? 'exchange' : 'exchanges'} cut`;
    const missing = done.edges.missing.length > 0 ? `, no answer yet from ${done.edges.missing.join(', ')}` : '';
    $('said').textContent =
      `${kind === 'kill' ? 'Killed' : 'Resumed'} ${session.display_name || session.id}: ${cut}, ${done.edges.acked} of ${done.edges.of} edges in ${Math.round(done.elapsed_ms)} ms${missing}.`;
  } catch (error) {
    $('said').textContent = `Not done: ${error.message}`;
  }
}

$('ask').addEventListener('close', () => {
  if ($('ask').returnValue === 'yes' && asked) void order(asked, $('reason').value.trim());
  asked = null;
});
$('find').addEventListener('input', arrange);
$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, $('key').value.trim());
  $('key').value = '';
  void run();
});
setInterval(() => {
  for (const session of sessions.values()) draw(session);
  for (const time of document.querySelectorAll('time.when')) putTime(time, time.dateTime);
}, 5_000);

let running = false;
async function run() {
  $('sign-in').hidden = true;
  $('live').hidden = false;
  if (running) return;
  running = true;
  while ($('sign-in').hidden) {
    try {
      await follow();
    } catch (error) {
      if ($('sign-in').hidden) $('line').textContent = `Reconnecting (${error.message})`;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  running = false;
}
void run();
