/** What the verifier wants of a leaf: the Protocol Buffers wire format, read by hand. */

export interface LeafEvent {
  readonly producer: string;
  readonly seq: number;
  /** Unix ms. */
  readonly occurredAt: number;
  readonly session: string;
  /** Digests of values that are not in the leaf. */
  readonly sealed: readonly string[];
}

const PRODUCER = 3;
const SEQ = 4;
const OCCURRED_AT = 5;
const SESSION = 7;
const DATA = 10;

interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** @throws RangeError where the bytes end too early or have a wire type that events do not. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the leaf ends within a number');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError('a number of the leaf does not end');
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    if ((tag & 7) === 0) yield { number, value: varint() };
    else if ((tag & 7) === 2) {
      const end = Number(varint()) + at;
      if (end > bytes.length) throw new RangeError('the leaf ends within a field');
      yield { number, value: bytes.subarray(at, end) };
      at = end;
    } else throw new RangeError('the leaf has a field that events do not have');
  }
}

/** @returns null where the bytes are no event. */
export function readEvent(leaf: Uint8Array): LeafEvent | null {
  try {
    const fields = new Map([...fieldsOf(leaf)].map(({ number, value }) => [number, value]));
    const text = (number: number): string => {
      const value = fields.get(number);
      return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
    };
    const integer = (number: number): number => {
      const value = fields.get(number);
      return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
    };
    const data: unknown = JSON.parse(text(DATA));
    const sealed = typeof data === 'object' && data !== null && '_sd' in data ? data._sd : [];
    return {
      producer: text(PRODUCER),
      seq: integer(SEQ),
      occurredAt: integer(OCCURRED_AT),
      session: text(SESSION),
      sealed: Array.isArray(sealed) ? sealed.filter((digest) => typeof digest === 'string') : [],
    };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return null;
    throw error;
  }
}
