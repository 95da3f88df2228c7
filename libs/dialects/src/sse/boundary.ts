/** Where the events of a stream end (WHATWG HTML §9.2.6: a blank line; lines end with LF, CRLF or CR). */

const LF = 10;
const CR = 13;

/**
 * @returns the offset just behind the last event that is complete in `bytes`; 0 where none is. A CR at the very end may
 *   be half of a CRLF, so it is not yet the end of an event.
 */
export function lastEventEnd(bytes: Uint8Array): number {
  for (let index = bytes.length - 1; index > 0; index--) {
    const byte = bytes[index];
    if (byte === LF) {
      const before = bytes[index - 1];
      if (before === LF) return index + 1;
      // …LF CR LF, or CR CR LF
      if (before === CR && index > 1 && (bytes[index - 2] === LF || bytes[index - 2] === CR)) return index + 1;
    } else if (byte === CR && index < bytes.length - 1 && bytes[index + 1] !== LF) {
      const before = bytes[index - 1];
      if (before === CR || before === LF) return index + 1;
    }
  }
  return 0;
}
