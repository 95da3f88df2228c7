/** Lua scripts: sent by hash, and whole where the server does not know it (a restart, a fail-over): nothing to load first. */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  readonly sha: string;
}

export const script = (...parts: readonly string[]): Script => {
  const source = parts.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
};

export type Argument = string | number | Buffer;

/** One command of a pipeline. */
export interface Step {
  readonly command: string;
  readonly args: readonly Argument[];
  /** Set for EVALSHA. */
  readonly script?: Script;
  /** Replies as Buffers. */
  readonly binary?: boolean;
}

export const step = (command: string, ...args: readonly Argument[]): Step => ({ command, args });

export const call = (script: Script, keys: readonly string[], args: readonly Argument[]): Step => ({
  command: 'evalsha',
  args: [script.sha, keys.length, ...keys, ...args],
  script,
});

/** The same call with the source instead of its hash. */
export const whole = ({ script, args }: Step & { readonly script: Script }): Step => ({
  command: 'eval',
  args: [script.source, ...args.slice(1)],
});
