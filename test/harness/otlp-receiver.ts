/**
 * A collector for tests: takes OTLP/HTTP protobuf and reads the spans out of it field by field, by the numbers of
 * opentelemetry/proto/{collector/trace/v1/trace_service,trace/v1/trace,common/v1/common}.proto.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Value = string | number | boolean | Value[] | null;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  /** 1: internal. */
  readonly kind: number;
  /** Unix ms. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly resource: Readonly<Record<string, Value>>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (wire === WireType.LengthDelimited) values.push(reader.bytes().slice());
    else if (wire === WireType.Varint) values.push(Number(reader.int64()));
    else if (wire === WireType.Bit64) values.push(Number(reader.fixed64()));
    else reader.skip(wire, number);
  }
  return fields;
}

const all = (fields: Fields, number: number): Uint8Array[] =>
  (fields.get(number) ?? []).filter((value): value is Uint8Array => value instanceof Uint8Array);
const bytesAt = (fields: Fields, number: number): Uint8Array => all(fields, number)[0] ?? new Uint8Array();
const numberAt = (fields: Fields, number: number): number => Number(fields.get(number)?.[0] ?? 0);
const textAt = (fields: Fields, number: number): string => Buffer.from(bytesAt(fields, number)).toString('utf8');
const hexAt = (fields: Fields, number: number): string => Buffer.from(bytesAt(fields, number)).toString('hex');

/** AnyValue: 1 string, 2 bool, 3 int, 5 array. */
function anyValue(bytes: Uint8Array): Value {
  const fields = fieldsOf(bytes);
  if (fields.has(1)) return textAt(fields, 1);
  if (fields.has(2)) return numberAt(fields, 2) === 1;
  if (fields.has(3)) return numberAt(fields, 3);
  if (fields.has(5)) return all(fieldsOf(bytesAt(fields, 5)), 1).map(anyValue);
  return null;
}

const attributesOf = (fields: Fields, number: number): Record<string, Value> =>
  Object.fromEntries(
    all(fields, number).map((pair) => {
      const entry = fieldsOf(pair);
      return [textAt(entry, 1), anyValue(bytesAt(entry, 2))];
    }),
  );

function spansOf(body: Uint8Array): ReceivedSpan[] {
  return all(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const outer = fieldsOf(resourceSpans);
    const resource = attributesOf(fieldsOf(bytesAt(outer, 1)), 1);
    return all(outer, 2).flatMap((scopeSpans) =>
      all(fieldsOf(scopeSpans), 2).map((bytes) => {
        const span = fieldsOf(bytes);
        return {
          traceId: hexAt(span, 1),
          spanId: hexAt(span, 2),
          name: textAt(span, 5),
          kind: numberAt(span, 6),
          startAt: numberAt(span, 7) / 1e6,
          endAt: numberAt(span, 8) / 1e6,
          attributes: attributesOf(span, 9),
          resource,
        };
      }),
    );
  });
}

/** @param port 0: a free one. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers });
      spans.push(...spansOf(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
