/** OTLP protobuf, by the numbers of opentelemetry/proto/{trace,logs,metrics,common,resource}/v1. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Received, Value } from './otlp-receiver.ts';

type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;

/** Fixed 64-bit fields stay bytes: whether they are whole numbers only their reader knows. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (wire === WireType.LengthDelimited) values.push(reader.bytes().slice());
    else if (wire === WireType.Varint) values.push(Number(reader.int64()));
    else if (wire === WireType.Bit64) {
      values.push(bytes.slice(reader.pos, reader.pos + 8));
      reader.skip(wire, number);
    } else reader.skip(wire, number);
  }
  return fields;
}

const all = (fields: Fields, number: number): Uint8Array[] =>
  (fields.get(number) ?? []).filter((value): value is Uint8Array => value instanceof Uint8Array);
const bytesAt = (fields: Fields, number: number): Uint8Array => all(fields, number)[0] ?? new Uint8Array();
const numberAt = (fields: Fields, number: number): number => Number(fields.get(number)?.[0] ?? 0);
const fixedAt = (fields: Fields, number: number): number => {
  const bytes = bytesAt(fields, number);
  return bytes.length === 0 ? 0 : Number(Buffer.from(bytes).readBigUInt64LE());
};
/** Unix nanoseconds as ms, to the microsecond: a double holds no nanoseconds of our days. */
const msAt = (fields: Fields, number: number): number => {
  const bytes = bytesAt(fields, number);
  return bytes.length === 0 ? 0 : Number(Buffer.from(bytes).readBigUInt64LE() / 1_000n) / 1_000;
};
const doubleAt = (fields: Fields, number: number): number => {
  const bytes = bytesAt(fields, number);
  return bytes.length === 0 ? 0 : Buffer.from(bytes).readDoubleLE();
};
const doublesAt = (fields: Fields, number: number): number[] => {
  const packed = Buffer.from(bytesAt(fields, number));
  return Array.from({ length: packed.length / 8 }, (_, n) => packed.readDoubleLE(n * 8));
};
const textAt = (fields: Fields, number: number): string => Buffer.from(bytesAt(fields, number)).toString('utf8');
const hexAt = (fields: Fields, number: number): string => Buffer.from(bytesAt(fields, number)).toString('hex');

/** AnyValue: 1 string, 2 bool, 3 int, 4 double, 5 array. */
function anyValue(bytes: Uint8Array): Value {
  const fields = fieldsOf(bytes);
  if (fields.has(1)) return textAt(fields, 1);
  if (fields.has(2)) return numberAt(fields, 2) === 1;
  if (fields.has(3)) return numberAt(fields, 3);
  if (fields.has(4)) return doubleAt(fields, 4);
  if (fields.has(5)) return all(fieldsOf(bytesAt(fields, 5)), 1).map(anyValue);
  return null;
}

const attributesAt = (fields: Fields, number: number): Record<string, Value> =>
  Object.fromEntries(
    all(fields, number).map((pair) => {
      const entry = fieldsOf(pair);
      return [textAt(entry, 1), anyValue(bytesAt(entry, 2))];
    }),
  );

/** The three requests have one form: resource (1) with scopes (2) with items (2) and a schema (3). */
function itemsOf<T>(
  body: Uint8Array,
  read: (item: Fields, schemaUrl: string, resource: Record<string, Value>) => T,
): T[] {
  return all(fieldsOf(body), 1).flatMap((bytes) => {
    const outer = fieldsOf(bytes);
    const resource = attributesAt(fieldsOf(bytesAt(outer, 1)), 1);
    return all(outer, 2).flatMap((scope) => {
      const inner = fieldsOf(scope);
      return all(inner, 2).map((item) => read(fieldsOf(item), textAt(inner, 3), resource));
    });
  });
}

export function readProtobuf(path: string, body: Uint8Array): Received {
  const received: Received = { spans: [], logs: [], metrics: [] };
  if (path.endsWith('/traces')) received.spans.push(...itemsOf(body, readSpan));
  if (path.endsWith('/logs')) received.logs.push(...itemsOf(body, readLog));
  if (path.endsWith('/metrics')) received.metrics.push(...itemsOf(body, readMetric));
  return received;
}

const readSpan = (span: Fields, schemaUrl: string, resource: Record<string, Value>): Received['spans'][number] => ({
  traceId: hexAt(span, 1),
  spanId: hexAt(span, 2),
  parentSpanId: hexAt(span, 4),
  name: textAt(span, 5),
  kind: numberAt(span, 6),
  startAt: msAt(span, 7),
  endAt: msAt(span, 8),
  attributes: attributesAt(span, 9),
  events: all(span, 11).map((bytes) => {
    const event = fieldsOf(bytes);
    return { name: textAt(event, 2), at: msAt(event, 1), attributes: attributesAt(event, 3) };
  }),
  droppedEvents: numberAt(span, 12),
  status: numberAt(fieldsOf(bytesAt(span, 15)), 3),
  schemaUrl,
  resource,
});

const readLog = (log: Fields, schemaUrl: string): Received['logs'][number] => ({
  traceId: hexAt(log, 9),
  spanId: hexAt(log, 10),
  at: msAt(log, 1),
  severity: textAt(log, 3),
  eventName: textAt(log, 12),
  body: anyValue(bytesAt(log, 5)),
  attributes: attributesAt(log, 6),
  schemaUrl,
});

/** Metric: 5 gauge, 7 sum, 9 histogram. */
function readMetric(metric: Fields, schemaUrl: string): Received['metrics'][number] {
  const isHistogram = metric.has(9);
  const data = fieldsOf(bytesAt(metric, isHistogram ? 9 : 7));
  return {
    name: textAt(metric, 1),
    unit: textAt(metric, 3),
    schemaUrl,
    points: all(data, 1).map((bytes) => {
      const point = fieldsOf(bytes);
      return {
        attributes: attributesAt(point, isHistogram ? 9 : 7),
        value: isHistogram ? 0 : point.has(4) ? doubleAt(point, 4) : fixedAt(point, 6),
        count: isHistogram ? fixedAt(point, 4) : 0,
        sum: isHistogram ? doubleAt(point, 5) : 0,
        bounds: isHistogram ? doublesAt(point, 7) : [],
      };
    }),
  };
}
