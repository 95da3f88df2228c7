/** charts/elida/README.md: what a person wrote there, with the table of values made from the comments in values.yaml. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Generated, table } from './generated.ts';

const CHART = fileURLToPath(new URL('../../../../charts/elida/', import.meta.url));
const BEGIN = '<!-- values: made by `npm run gen` from values.yaml -->';
const END = '<!-- end of values -->';

interface Line {
  readonly indent: number;
  readonly key: string;
  readonly value: string;
  readonly comment: string;
}

/** The keys of a values.yaml in the plain form that ours has: two spaces a level, a comment above each documented key. */
function linesOf(yaml: string): Line[] {
  const lines: Line[] = [];
  let comment: string[] = [];
  for (const line of yaml.split('\n')) {
    const said = /^ *# (.*)$/.exec(line);
    const key = /^( *)([A-Za-z][A-Za-z0-9_]*):(?: (.*))?$/.exec(line);
    if (said) comment.push(said[1] ?? '');
    else if (line === '') comment = [];
    else if (key) {
      lines.push({
        indent: (key[1] ?? '').length / 2,
        key: key[2] ?? '',
        value: key[3] ?? '',
        comment: comment.join(' '),
      });
      comment = [];
    }
  }
  return lines;
}

/** One row for each key with a comment of its own; a key without is a group, or part of a value that is documented as a whole. */
function valuesTable(yaml: string): string {
  const path: string[] = [];
  const rows: string[][] = [];
  for (const { indent, key, value, comment } of linesOf(yaml)) {
    path.splice(indent, Number.POSITIVE_INFINITY, key);
    if (comment) rows.push([`\`${path.join('.')}\``, value ? `\`${value}\`` : 'see values.yaml', comment]);
  }
  return table(['value', 'default', 'what it does'], rows);
}

export const chart: Generated = {
  path: 'charts/elida/README.md',
  render() {
    const text = readFileSync(`${CHART}README.md`, 'utf8');
    const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
    if (before < 0 || after < 0) throw new Error('charts/elida/README.md has lost the marks around its table of values');
    const made = valuesTable(readFileSync(`${CHART}values.yaml`, 'utf8'));
    return `${text.slice(0, before + BEGIN.length)}\n\n${made}\n${text.slice(after)}`;
  },
};
