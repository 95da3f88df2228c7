/** The streaming conformance matrix: docs/streaming-conformance.md is what this run wrote (`-u`), and is compared with it. */
import { describe, expect, it } from 'vitest';
import { WIRES } from './reply-wires.ts';
import { ACTIONS, actionsAt, CHUNKINGS, SEEDS, tryCell } from './stream-matrix.ts';

const tried = new Map<string, number>();
const cellOf = (...names: readonly string[]): string => names.join(' · ');

describe.each(WIRES)('$name', (wire) => {
  describe.each(wire.places)('%s', (place) => {
    it.each(actionsAt(place))(
      '%s: one verdict and one text, however it is cut; nothing forbidden leaves',
      async (action) => {
        tried.set(cellOf(wire.name, place, action), await tryCell(wire, place, action));
      },
    );
  });
});

it('the document says what was tried', async () => {
  const rows = WIRES.flatMap(({ name, places }) =>
    places.map((place) => {
      const cells = ACTIONS.map((action) => {
        const count = tried.get(cellOf(name, place, action));
        if (count !== undefined) return `✓ ${count}`;
        return actionsAt(place).includes(action) ? '✗' : '–';
      });
      return `| ${name} | ${place} | ${cells.join(' | ')} |`;
    }),
  );
  const chunkings = CHUNKINGS.map(({ name }) => name).join(', ');
  const document = `# Streaming conformance

Written by \`test/conformance/streams.test.ts\` (\`npx vitest run --config tools/repo/vitest.config.ts
test/conformance/streams.test.ts -u\`); the test fails where this page is stale.

A cell counts the replies that were tried: as a JSON body and as a stream, cut ${chunkings}, and at random with
${SEEDS} seeds, which also decide how the model's words are cut into events and how lines end. In every one of them

* the decision, the rule, the number of hits and the words that matched are the same for the stream and for the body;
* \`flag\`, and a reply that only nearly matches: not a byte changes;
* \`redact\`, \`sanitize\`: what a client reads is the same text with \`[REDACTED_<RULE>]\` in place of the match, also where the wire
  repeats it, in arguments as in texts;
* \`block\`, \`kill\`, \`terminate\`: what a client reads is a beginning of what the model said before the match, then the native
  end; of a call that a rule stops, not a byte has left;
* the forbidden text is neither in the bytes that left nor in the texts that a client puts together from them.

–: a call is run or not, it is not changed into another one.

| wire | where | ${ACTIONS.join(' | ')} |
|---|---|${ACTIONS.map(() => '---|').join('')}
${rows.join('\n')}
`;
  await expect(document).toMatchFileSnapshot('../../docs/streaming-conformance.md');
});
