/** The head of a provider's reply, kept until it can be sent. */
import type { ReplyPipe } from '../reply/reply-pipe.ts';

export interface ReplyHead {
  readonly status: number;
  readonly reason: string;
  /** Name, value, … as bytes of the wire. */
  readonly raw: readonly Buffer[];
  readonly connection: string;
  /** The body's length is not known, so it may be long in coming. */
  readonly isOpenEnded: boolean;
  /** Header fields that are not true of what the caller gets. Lower case. */
  readonly drops: readonly string[];
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const NOTHING: readonly string[] = [];
const LENGTH: readonly string[] = ['content-length'];
const LENGTH_AND_CODING: readonly string[] = ['content-length', 'content-encoding'];

export function replyHead(
  raw: readonly Buffer[],
  status: number,
  reason: string,
  headers: Headers,
  pipe: ReplyPipe | null,
): ReplyHead {
  const changes = pipe?.flow?.changes === true;
  return {
    status,
    reason,
    raw,
    connection: String(headers.connection ?? ''),
    isOpenEnded: changes || headers['content-length'] === undefined,
    drops: pipe?.decodes === true ? LENGTH_AND_CODING : changes ? LENGTH : NOTHING,
  };
}
