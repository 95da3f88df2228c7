/** Session detail records as JSON lines, for log shippers. */
import { buildSdr } from '@elida/record';
import type { SdrExporter } from './sdr-exporter.ts';

/** @param write gets one line with its line feed; resolves when the sink has it. */
export const createJsonLinesSdrExporter = (write: (line: string) => Promise<void>): SdrExporter => ({
  async export(items) {
    const lines = items.map(({ record, interim, findings }) => {
      const { name, startAt, endAt, attributes } = buildSdr(record, interim, findings);
      const [start, end] = [new Date(startAt).toISOString(), new Date(endAt).toISOString()];
      return `${JSON.stringify({ name, start, end, attributes })}\n`;
    });
    await write(lines.join(''));
  },
  close: () => Promise.resolve(),
});
