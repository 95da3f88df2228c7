/** An edge in front of one scripted provider, both gone when the test is. */
import { onTestFinished } from 'vitest';
import { backend, startTestEdge, type TestEdge, type TestEdgeOptions } from './edge.ts';
import { type RawCaller, rawCaller } from './raw-http.ts';
import { type Script, startUpstream, type Upstream } from './upstream.ts';

export interface Bench {
  readonly upstream: Upstream;
  readonly edge: TestEdge;
  call(): Promise<RawCaller>;
}

export async function edgeWith(
  script?: Script,
  options: TestEdgeOptions & { readonly backend?: Parameters<typeof backend>[1] } = {},
): Promise<Bench> {
  const upstream = await startUpstream(script);
  const edge = await startTestEdge({
    ...options,
    snapshot: { backends: [backend(upstream.url, options.backend)], ...options.snapshot },
  });
  const callers: RawCaller[] = [];
  onTestFinished(async () => {
    for (const caller of callers) caller.close();
    await edge.close();
    await upstream.close();
  });
  return {
    upstream,
    edge,
    async call() {
      const caller = await rawCaller(edge.port);
      callers.push(caller);
      return caller;
    },
  };
}
