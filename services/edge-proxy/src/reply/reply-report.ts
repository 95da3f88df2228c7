/** Tells what was found in a reply: while it runs, so that the ladder can cut a stream that goes on and on, and at its end. */
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { ReplyFlow } from './reply-flow.ts';
import type { ReplyVerdict } from './verdict.ts';

/** Between two reports of a running reply: judging the whole of it again is not for every event. */
const EVERY_MS = 250;

export class ReplyReport {
  readonly #edge: Pick<Edge, 'violations' | 'deadlines'>;
  readonly #exchange: RunningExchange;
  readonly #told = new Set<string>();
  #found = 0;
  #at = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(edge: Pick<Edge, 'violations' | 'deadlines'>, exchange: RunningExchange) {
    this.#edge = edge;
    this.#exchange = exchange;
  }

  /** After each piece; costs a comparison where nothing was found. */
  look(flow: ReplyFlow): void {
    const { now } = this.#edge.deadlines;
    if (flow.found === this.#found || flow.stop !== null || now - this.#at < EVERY_MS) return;
    this.#found = flow.found;
    this.#at = now;
    this.#tell(flow.verdict());
  }

  /** The reply is over, one way or the other. Once. */
  close(verdict: ReplyVerdict | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tell(verdict);
  }

  #tell(verdict: ReplyVerdict | null): void {
    if (verdict === null) return;
    const fresh = verdict.found.filter(({ finding: { rule, place } }) => !this.#told.has(`${rule} ${place}`));
    const { action } = verdict.decision;
    if (fresh.length === 0 && action !== 'kill' && action !== 'terminate') return;
    for (const { finding } of fresh) this.#told.add(`${finding.rule} ${finding.place}`);
    this.#edge.violations.report(this.#exchange, fresh.length === 0 ? verdict.found : fresh, verdict.decision);
  }
}
