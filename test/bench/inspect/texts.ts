/** Texts for the benchmark: half prose, half code and markup, and texts that mean harm to the scanner. Made, never random. */

const PROSE = [
  'The committee met on Tuesday to review the proposal, and most of the members agreed that the schedule was too tight.',
  'She had forgotten where the previous owner kept the instructions for the boiler, so the house stayed cold for a week.',
  'Our system handles account changes overnight; please allow one working day before you contact support again.',
  'Users often ask what the difference between a token and a word is, and the honest answer is that it depends.',
  'In the north the rivers run fast and the roads are narrow, which is why the old rules about right of way still matter.',
  'You are now able to export your data from the settings page, which also shows when you last changed your password.',
  'The report does not mention the cost, but an earlier draft put it at about 3,400 per month for a team of twelve.',
  'A good summary keeps the order of events, names who did what, and leaves out everything that the reader can guess.',
];
const CODE = [
  'export function readConfig(path: string): Config {\n  const text = readFileSync(path, "utf8");\n  return parse(text) as Config;\n}\n',
  'for (let i = 0; i < rows.length; i++) {\n  const { id, name } = rows[i];\n  if (name !== null && seen.has(id)) continue;\n  out.push({ id, name });\n}\n',
  '| option | default | meaning |\n|---|---|---|\n| `timeout` | 30 | seconds until a request is given up |\n| `retries` | 2 | see [below](#retries) |\n',
  'SELECT id, created_at FROM orders WHERE status = $1 AND total > 100 ORDER BY created_at DESC LIMIT 50;\n',
  '```sh\nnpm install --save-dev typescript\nnpm run build && node dist/main.js --port 8080\n```\n',
  'def load(path):\n    with open(path) as f:\n        data = json.load(f)\n    return {k: v for k, v in data.items() if v is not None}\n',
  '<div class="card"><h2>{title}</h2><p style="color: #334455">{text}</p><a href="/docs/start">more</a></div>\n',
];

function repeated(parts: readonly string[], length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${parts[(i * 7 + (i >> 3)) % parts.length]} ${i % 97} `;
  return text.slice(0, length);
}

/** Flat, as a text that was read from a wire is. */
const flat = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

export function typical(length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) {
    text += `${repeated(PROSE, 600 + (i % 5) * 90)}\n\n${repeated(CODE, 600 + (i % 3) * 150)}\n`;
  }
  return flat(text.slice(0, length));
}

export const ADVERSARIAL: Readonly<Record<string, (length: number) => string>> = {
  'literals, no match': (length) =>
    flat(repeated(['ignore the', 'disregard', 'AKIA', 'sk-', 'curl ', 'union', '<script'], length)),
  'near misses': (length) =>
    flat(
      repeated(
        [
          'ignore all of the previous instruction.',
          'union all select a, b, c',
          'AKIA0123456789ABCDE',
          '<img src=a alt=b',
        ],
        length,
      ),
    ),
  'long gaps stay open': (length) =>
    flat('curl a <script send the union select '.repeat(length / 37 + 1).slice(0, length)),
  '@ everywhere': (length) => flat('aaaaaaaa@'.repeat(length / 9 + 1).slice(0, length)),
  'only matches': (length) => flat('bob@example.com 123-45-6789 rm -rf / '.repeat(length / 37 + 1).slice(0, length)),
  digits: (length) => flat('1234.5678-90 '.repeat(length / 13 + 1).slice(0, length)),
  'one letter': (length) => flat('a'.repeat(length)),
  '![![![': (length) => flat('!['.repeat(length / 2 + 1).slice(0, length)),
};

export const OTHERS: Readonly<Record<string, (length: number) => string>> = {
  'Cyrillic and CJK': (length) =>
    flat(
      'Комитет рассмотрел предложение во вторник. 委员会周二审议了该提案。 '.repeat(length / 60 + 1).slice(0, length),
    ),
  'accents and emoji': (length) =>
    flat('Le comité a étudié la proposition 👩‍👩‍👧 déjà prévue, très tôt. '.repeat(length / 60 + 1).slice(0, length)),
};
