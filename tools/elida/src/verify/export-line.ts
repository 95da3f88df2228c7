/** The lines of an export, as docs/audit-log.md has them. */
import { z } from 'zod';

const index = z.int().nonnegative();
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

const line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('log'),
    format: z.literal(1),
    origin: z.string().min(1),
    tenant: z.string(),
    key: z.string(),
    size: index,
    from: index,
    to: index,
    exported_at: z.iso.datetime(),
  }),
  z.object({ kind: z.literal('retention'), note: z.string() }),
  z.object({
    kind: z.literal('leaf'),
    index,
    hash: bytes,
    leaf: bytes.optional(),
    disclosures: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal('range'), from: index, to: index, hashes: z.array(bytes) }),
  z.object({ kind: z.literal('checkpoint'), note: z.string() }),
]);

export type ExportLine = z.infer<typeof line>;
export type LineOf<K extends ExportLine['kind']> = Extract<ExportLine, { kind: K }>;

const anchor = z.object({ key: z.string(), note: z.string() });
export type AnchorLine = z.infer<typeof anchor>;

export const manifest = z.object({
  format: z.literal(1),
  logs: z.array(z.object({ origin: z.string().min(1), file: z.string().regex(/^[^/\\]+$/) })),
});

function parse<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export const parseLine = (text: string): ExportLine | null => parse(line, text);
export const parseAnchor = (text: string): AnchorLine | null => parse(anchor, text);
