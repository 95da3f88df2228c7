/** Texts for the benchmark: what agents send (prose, code, documents, JSON results, other scripts), and what means harm. Never random. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

const PROSE = [
  'The committee met on Tuesday to review the proposal, and most of the members agreed that the schedule was too tight.',
  'She had forgotten where the previous owner kept the instructions for the boiler, so the house stayed cold for a week.',
  'Our system handles account changes overnight; please allow one working day before you contact support again.',
  'Users often ask what the difference between a token and a word is, and the honest answer is that it depends.',
  'In the north the rivers run fast and the roads are narrow, which is why the old rules about right of way still matter.',
  'You are now able to export your data from the settings page, which also shows when you last changed your password.',
  'The report does not mention the cost, but an earlier draft put it at about 3,400 per month for a team of twelve.',
  'A good summary keeps the order of events, names who did what, and leaves out everything that the reader can guess.',
  'Write a short story about a lighthouse keeper who repeats the same sentence to every ship, and show what it means to her.',
  'Can you explain how the model decides which tool to call, and whether it should ever ask the user first?',
];
const OTHERS = [
  'Комитет рассмотрел предложение во вторник и решил, что инструкции нужно переписать.',
  '委员会周二审议了该提案，并认为之前的说明需要修改。',
  'Le comité a étudié la proposition — déjà prévue — très tôt… et l’a refusée.',
  'お客様の設定ページからデータを書き出すことができます。',
  'اللجنة راجعت الاقتراح يوم الثلاثاء وقررت تعديل التعليمات.',
  'Die Größe der Datei beträgt 3 MB; bitte prüfen Sie die Anweisungen im „Handbuch“ 👩‍👩‍👧 ✅.',
];

/** Flat, as a text that was read from a wire is. */
export const flat = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules') && !name.includes('rules'))
    .sort()
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));

/** Parts in turn, none the same as the last. */
function repeated(parts: readonly string[], length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${parts[(i * 7 + (i >> 3)) % parts.length]} ${i % 97} `;
  return text.slice(0, length);
}

const SOURCE_LENGTH = 1_048_576;
const upTo = (texts: readonly string[]): string => {
  const text = texts.join('\n');
  return text.repeat(Math.ceil(SOURCE_LENGTH / text.length)).slice(0, SOURCE_LENGTH);
};
/** A tool's result as a message carries it. */
const results = (json: string): string =>
  upTo((json.match(/.{1,900}/gs) ?? []).map((part, i) => JSON.stringify({ id: `call_${i}`, ok: true, content: part })));

const code = upTo(filesIn('services', '.ts'));
const sources: Readonly<Record<string, string>> = {
  prose: repeated(PROSE, SOURCE_LENGTH),
  code,
  documents: upTo([...filesIn('docs', '.md'), readFileSync(join(ROOT, 'README.md'), 'utf8')]),
  json: results(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')),
  scripts: repeated([...OTHERS, ...PROSE.slice(0, 3)], SOURCE_LENGTH),
};

export const KINDS = [...Object.keys(sources), 'mixed'];

/** @returns text of one kind; `mixed`: pieces of all kinds in turn. */
export function textOf(kind: string, length: number): string {
  const source = sources[kind];
  if (source !== undefined) return flat(source.repeat(Math.ceil(length / SOURCE_LENGTH)).slice(0, length));
  let text = '';
  const all = Object.values(sources);
  for (let i = 0; text.length < length; i++) {
    const at = (i * 7_919) % (SOURCE_LENGTH - 2_000);
    text += `${(all[i % all.length] ?? '').slice(at, at + 400 + ((i * 131) % 800))}\n\n`;
  }
  return flat(text.slice(0, length));
}

const again = (text: string, length: number): string =>
  flat(text.repeat(Math.ceil(length / text.length)).slice(0, length));

/** @param examples what rules must match: texts stuffed with them, and with what they nearly are. */
export function harmful(examples: readonly string[]): Readonly<Record<string, (length: number) => string>> {
  const cut = examples.map((text) => text.slice(0, Math.ceil(text.length * 0.8)));
  const words = [...new Set(examples.flatMap((text) => text.toLowerCase().match(/\p{L}{3,}/gu) ?? []))];
  return {
    'only matches': (length) => again(examples.join(' '), length),
    'near misses': (length) => again(cut.join('x '), length),
    'the words of the rules': (length) => again(words.join(' '), length),
    'one order, over and over': (length) => again('ignore all the previous ', length),
    'verbs of orders': (length) => again('print reveal show repeat output send forward dump tell give ', length),
    'long gaps stay open': (length) => again('curl a <script send the union select repeat your ', length),
    'openings of links': (length) => again('![a](https://b.c/d?e=f&', length),
    'keys, nearly': (length) =>
      again('sk-ant-api03-AAAAAAAAAAAA AKIA0123456789ABC ghp_0123456789012345678901234 ', length),
    '@ everywhere': (length) => again('aaaaaaaa@', length),
    digits: (length) => again('1234 5678-90 4111 1111 123-45-678 ', length),
    'one letter': (length) => again('a', length),
    '![![![': (length) => again('![', length),
    'white space': (length) => again('ignore \n \t   \n     all \n\n   ', length),
    'hidden characters': (length) => again('i\u200bg\u200bn\u200bo\u200bre \u202eall\u202c 👩‍👩‍👧 … ', length),
  };
}
