/** Where a command writes: results on stdout, everything else on stderr. Colours only where a person looks. */
import Table from 'cli-table3';

export interface Screen {
  readonly json: boolean;
  /** A person is there and can be asked. */
  readonly interactive: boolean;
  /** A result: one object with --json, else the text. */
  result(value: unknown, text: () => string): void;
  /** A remark for people; silent with --json. */
  note(text: string): void;
  paint(style: Style, text: string): string;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export interface ScreenStreams {
  readonly out: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly err: { write(text: string): unknown };
  readonly in: { readonly isTTY?: boolean };
  readonly noColor: boolean;
}

export function createScreen(json: boolean, streams: ScreenStreams): Screen {
  const colours = !json && streams.out.isTTY === true && !streams.noColor;
  return {
    json,
    interactive: !json && streams.in.isTTY === true && streams.out.isTTY === true,
    result: (value, text) => streams.out.write(`${json ? JSON.stringify(value) : text()}\n`),
    note: (text) => {
      if (!json) streams.err.write(`${text}\n`);
    },
    paint: (style, text) => (colours ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text),
  };
}

// What clients say of themselves is printed here: no escape sequence of theirs may reach the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
export const plain = (text: string): string => text.replace(CONTROL, '\ufffd');

const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns without a frame, as `ps` prints them. Cells are cleaned of control characters. */
export function table(screen: Screen, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return screen.paint('dim', 'none');
  const grid = new Table({
    head: head.map((title) => screen.paint('dim', title)),
    chars: NO_FRAME,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) grid.push(row.map(plain));
  return grid.toString().replaceAll(/ +$/gm, '');
}

/** One field a line. */
export function fields(screen: Screen, pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${screen.paint('dim', name.padEnd(width))}  ${plain(value)}`).join('\n');
}
