/** docs/dialects.md from the matrix of the dialects. */
import { ASPECTS, type Cell, fixturesOf, MATRIX, type MatrixFixture, MODES } from '@elida/dialects/matrix';
import { type Generated, HEAD, table } from './generated.ts';

const READ = 'libs/dialects/src/read-matrix.test.ts';
const EDGE = 'test/conformance/dialect-matrix.test.ts';

const isList = (cell: Cell): cell is readonly string[] => typeof cell !== 'string';
const names = Object.keys(MATRIX) as (keyof typeof MATRIX)[];
const files = (cell: Cell): string => (isList(cell) ? cell.map((file) => `\`${file}\``).join(' ') : `– ${cell}`);

const overview = (): string =>
  table(
    ['dialect', '', ...ASPECTS],
    names.flatMap((name) => MODES.map((mode) => [name, mode, ...ASPECTS.map((aspect) => files(MATRIX[name][mode][aspect]))])),
  );

/** As vitest titles it. */
function testsOf({ dialect, file }: MatrixFixture): readonly string[] {
  const title = `${dialect} ${file}`;
  const sdk = dialect === 'plain' ? 'no SDK: bytes only' : `\`${EDGE} › ${title}\``;
  return [`\`${READ} › ${title}\``, `\`${EDGE} › ${title}: every byte arrives as it was sent\``, sdk];
}

export const dialects: Generated = {
  path: 'docs/dialects.md',
  render: () => `${HEAD}
# Dialects

Every reply that a wire can give, as far as it differs to whom reads it: a fixture for each cell, or why there is none.
The fixtures are in \`libs/dialects/src/<dialect>/fixtures\`; \`request.json\` beside them is a request with all that the
wire can say in one.

${overview()}
## Tests

Each fixture is read (and, where it streams, read the same by the byte, by the event, in random chunks, with every kind of line
end), goes through a running edge without a changed byte, and is then parsed by the official SDK, whose texts, calls, finish
and usage must be those that the reader gives.

${table(
  ['dialect', 'cell', 'read', 'through an edge', 'by the SDK'],
  fixturesOf(MATRIX).map((fixture) => [fixture.dialect, `${fixture.mode}, ${fixture.aspect}`, ...testsOf(fixture)]),
)}`,
};
