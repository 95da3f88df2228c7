/** What the parts of the store share: the connection, the scripts, time, and how long what is kept. */
import type { Clock, Log } from '@elida/kernel';
import { allOf, type Link, unavailable } from './link.ts';
import { type ControlScripts, controlScripts } from './lua/control-scripts.ts';
import { type DueScripts, dueScripts } from './lua/due-scripts.ts';
import { type RiskScripts, riskScripts } from './lua/risk-scripts.ts';
import { type SessionScripts, sessionScripts } from './lua/session-scripts.ts';
import { type Argument, call, type Script, type Step } from './script.ts';

export interface Scripts {
  readonly session: SessionScripts;
  readonly due: DueScripts;
  readonly control: ControlScripts;
  readonly risk: RiskScripts;
}

export class Context {
  readonly link: Link;
  readonly scripts: Scripts;
  readonly clock: Clock;
  readonly log: Log;
  readonly killWindowMs: number;
  readonly #testNow: (() => number) | undefined;

  constructor(options: {
    readonly link: Link;
    readonly clock: Clock;
    readonly log: Log;
    readonly killWindowMs: number;
    readonly testNow: (() => number) | undefined;
  }) {
    this.link = options.link;
    this.clock = options.clock;
    this.log = options.log;
    this.killWindowMs = options.killWindowMs;
    this.#testNow = options.testNow;
    const settings = {
      killWindowMs: options.killWindowMs,
      now: options.testNow ? 'ARGV' : 'TIME',
    } as const;
    this.scripts = {
      session: sessionScripts(settings),
      due: dueScripts(settings),
      control: controlScripts(settings),
      risk: riskScripts(settings),
    };
  }

  /** A call of one of the scripts. */
  call(script: Script, keys: readonly string[], ...args: readonly Argument[]): Step {
    return call(script, keys, this.#testNow ? [...args, this.#testNow()] : args);
  }

  /** All steps in one pipeline. @throws Fault('store_unavailable') where one fails. */
  async all(...steps: readonly Step[]): Promise<readonly unknown[]> {
    if (steps.length === 0) return [];
    return allOf(await this.link.send(steps));
  }

  async one(step: Step): Promise<unknown> {
    return (await this.all(step))[0];
  }

  /** Unix ms from a reply to TIME: the store's clock. */
  time(reply: unknown): number {
    if (this.#testNow) return this.#testNow();
    if (!Array.isArray(reply)) throw unavailable(new Error('TIME gave no time'));
    return Number(reply[0]) * 1_000 + Math.floor(Number(reply[1]) / 1_000);
  }
}
