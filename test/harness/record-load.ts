/** Callers whose answers are counted: each session is one that asks again as soon as its pace says, over whichever edges run. */
import type { Rig } from './rig.ts';

export interface Told {
  /** Its id, as the answer says. */
  readonly exchange: string;
  readonly session: string;
  readonly edge: number;
  readonly status: number;
  readonly code: string;
  readonly kind: Kind;
  /** What its caller calls the session. */
  readonly name: string;
  /** Monotonic ms. */
  readonly begunAt: number;
  /** Its last byte came. */
  readonly at: number;
}

type Kind = 'plain' | 'flagged' | 'blocked' | 'tool' | 'stream';
const KINDS: readonly Kind[] = ['plain', 'flagged', 'plain', 'tool', 'plain', 'blocked', 'plain', 'stream'];

const TEXT: Readonly<Record<Kind, string>> = {
  plain: 'hello',
  flagged: 'about the heron',
  blocked: 'about the falcon',
  tool: 'tool:read_file',
  stream: 'words:3',
};

/** No text comes twice: what a session was told of before is no new violation. */
const textOf = (kind: Kind, nth: number): string => `${TEXT[kind]} ${nth}`;

/** What `TEXT` is flagged and blocked by. */
export const LOAD_POLICY = `policy:
  enabled: true
  risk_ladder: { enabled: false }
  rules:
    - { name: heron, type: content_match, patterns: ["the heron"], action: flag, severity: warning }
    - { name: falcon, type: content_match, patterns: ["the falcon"], action: block, severity: warning }
`;

export interface LoadOptions {
  readonly name: string;
  readonly edges: readonly number[];
  /** Default 12. */
  readonly sessions?: number;
  /** Of all sessions together. Default 60. */
  readonly perSecond?: number;
}

export class Load {
  readonly told: Told[] = [];
  /** Calls that got no whole answer: their edge died. Whether it was recorded they do not know. */
  gone = 0;
  #stopped = false;
  readonly sessions: number;
  readonly #rig: Rig;
  readonly #running: Promise<unknown>;

  private constructor(rig: Rig, { name, edges, sessions = 12, perSecond = 60 }: LoadOptions) {
    this.#rig = rig;
    this.sessions = sessions;
    const paceMs = (1_000 * sessions) / perSecond;
    this.#running = Promise.all(
      Array.from({ length: sessions }, (_, n) => this.#session(`${name}-${n}`, n, edges, paceMs)),
    );
  }

  static start(rig: Rig, options: LoadOptions): Load {
    return new Load(rig, options);
  }

  /** Every answer has come. */
  async stop(): Promise<readonly Told[]> {
    this.#stopped = true;
    await this.#running;
    return this.told;
  }

  async #session(name: string, nth: number, edges: readonly number[], paceMs: number): Promise<void> {
    for (let n = nth; !this.#stopped; n++) {
      const due = performance.now() + paceMs;
      // Some stay on their edge, others wander.
      const edge = edges[(nth % 2 === 0 ? nth / 2 : n) % edges.length] ?? 0;
      try {
        this.told.push(await this.#ask(edge, name, KINDS[n % KINDS.length] ?? 'plain', n));
      } catch {
        this.gone++;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  }

  async #ask(edge: number, name: string, kind: Kind, nth: number): Promise<Told> {
    const asked = { name, edge, kind, begunAt: performance.now() };
    if (kind === 'stream') {
      const { session, exchange, code, status, ended } = await this.#rig.stream(edge, name, textOf(kind, nth));
      if ((await ended).broken) throw new Error('its edge is gone');
      return { ...asked, exchange, session, status, code, at: performance.now() };
    }
    const { status, headers } = await this.#rig.ask(edge, name, textOf(kind, nth));
    const header = (of: string): string => String(headers[of] ?? '');
    const [exchange, session] = [header('x-elida-request-id'), header('x-elida-session-id')];
    return { ...asked, exchange, session, status, code: header('x-elida-code'), at: performance.now() };
  }
}
