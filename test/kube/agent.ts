/** An agent for the cluster test: one streamed chat request, read as it comes. */
export interface Stream {
  readonly status: number;
  readonly headers: Headers;
  /** Resolves with the first bytes. */
  readonly begun: Promise<void>;
  /** Resolves when the stream has ended, however that was. */
  readonly ended: Promise<StreamEnd>;
}

export interface StreamEnd {
  readonly text: string;
  /** Unix ms. */
  readonly at: number;
  /** The connection broke instead of ending. */
  readonly broken: string;
}

export interface Ask {
  readonly base: string;
  readonly key: string;
  readonly hint: string;
  readonly prompt: string;
}

export async function openStream({ base, key, hint, prompt }: Ask): Promise<Stream> {
  const reply = await fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-session-id': hint },
    body: JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content: prompt }] }),
  });
  const begin = Promise.withResolvers<void>();
  const read = async (): Promise<StreamEnd> => {
    let text = '';
    let broken = '';
    try {
      const decoder = new TextDecoder();
      for await (const chunk of reply.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        begin.resolve();
      }
    } catch (error) {
      broken = String(error);
    }
    begin.resolve();
    return { text, at: Date.now(), broken };
  };
  return { status: reply.status, headers: reply.headers, begun: begin.promise, ended: read() };
}
