/** A provider's reply through the edge's reading and judging, without an edge around it. */
import { createSnapshot, type TokenCounts } from '@elida/contracts';
import { DIALECTS, type DialectName, type ReplyItem, type ToolCall } from '@elida/dialects';
import {
  buildPolicies,
  type EdgePolicy,
  openReply,
  ReplyPipe,
  type ReplyStop,
  type ReplyVerdict,
} from '@elida/edge-proxy/reply';
import { policyEntry } from './policies.ts';

/** A policy as an edge executes it, from what a person writes. */
export async function edgePolicy(document: Record<string, unknown>): Promise<EdgePolicy> {
  const [built] = await buildPolicies([createSnapshot({ policies: [policyEntry(document)] }).policies[0] as never], []);
  if (built === undefined) throw new Error('no policy was built');
  return built.policy;
}

export interface ReplyRun {
  readonly dialect: DialectName;
  readonly type: string;
  readonly policy: EdgePolicy | null;
  readonly stripUsage?: boolean;
}

export interface Outcome {
  readonly bytes: Buffer;
  readonly stop: ReplyStop | null;
  readonly verdict: ReplyVerdict | null;
  readonly usage: TokenCounts | null;
  readonly calls: readonly ToolCall[];
  readonly finish: string;
  /** Pushes of the provider until the first byte left. */
  readonly leftAfter: number;
}

/** Ends and stops as the relay does. A kill or terminate ends here without the words that the order brings. */
export function runReply({ dialect, type, policy, stripUsage = false }: ReplyRun, chunks: readonly Buffer[]): Outcome {
  const out: Uint8Array[] = [];
  const calls: ToolCall[] = [];
  const reply = {
    ...{ id: 'exc_1', dialect: DIALECTS[dialect], policy, streams: false, stripUsage },
    usage: null as TokenCounts | null,
    path: '',
    aside: [],
    estimate: null,
    finish: '' as never,
    called: (call: ToolCall) => void calls.push(call),
  };
  let stop: ReplyStop | null = null;
  let leftAfter = -1;
  let pushed = 0;
  let isOver = false;
  const pipe: ReplyPipe = new ReplyPipe(
    openReply(reply, 200, type, ''),
    {
      onLeaving(bytes) {
        if (leftAfter < 0) leftAfter = pushed;
        out.push(Uint8Array.from(bytes));
        return true;
      },
      onStopped(given) {
        stop = given;
        if (pipe.flow?.waitsForEnd === true && given.action === 'block') return;
        const words = given.action === 'block' && pipe.clean ? pipe.flow?.lastWords() : null;
        if (words) out.push(words);
        isOver = true;
        pipe.close();
      },
      onWhole: (body) => void out.push(...(body ?? [])),
      onBroken(fault) {
        throw fault;
      },
      onRoom: () => {},
    },
    { budget: { take: () => true, give: () => {} } as never, clock: { monotonic: () => performance.now() } },
  );
  for (const chunk of chunks) {
    pushed++;
    if (!isOver) pipe.push(chunk);
  }
  if (!isOver) pipe.end();
  const { usage, finish } = reply;
  return { bytes: Buffer.concat(out), stop, verdict: pipe.verdict(), usage, calls, finish, leftAfter };
}

/** What a client has: texts by kind, index and part, and the arguments of the calls. */
export function heard(dialect: DialectName, type: string, bytes: Uint8Array): Record<string, string> {
  const reader = DIALECTS[dialect].readReply(type);
  const items: ReplyItem[] = reader?.read(bytes).flatMap((event) => [...event.items]) ?? [];
  items.push(...(reader?.end() ?? []));
  const texts: Record<string, string> = {};
  for (const item of items) {
    if (item.type === 'text' && !item.repeats) {
      // Of shapes that nobody knows each place is a text.
      // Words of an error: the reason of a stop, which stands elsewhere in a stream.
      if (item.path?.includes('error') === true) continue;
      const place = item.kind === 'other' ? JSON.stringify(item.path) : `${item.index}.${item.part}`;
      const key = `${item.kind} ${place}`;
      texts[key] = (texts[key] ?? '') + item.text;
    } else if (item.type === 'tool_call') texts[`call ${item.index}.${item.part}`] = item.call.arguments;
  }
  return texts;
}

export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const place of [...new Set(places)].sort((a, b) => a - b)) {
    if (place <= from || place >= bytes.length) continue;
    chunks.push(bytes.subarray(from, place));
    from = place;
  }
  chunks.push(bytes.subarray(from));
  return chunks;
}
