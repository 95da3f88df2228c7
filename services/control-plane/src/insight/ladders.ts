/** The ladders that act now: of the published policies, by name. */
import type { SessionRecord, Snapshot } from '@elida/contracts';
import { printScore, type RiskView, type SessionView, toSessionView } from '@elida/contracts/api';
import { type Clock, isFault } from '@elida/kernel';
import { type CompiledPolicy, matchesAny, rungOf, scoreAt, type Threshold } from '@elida/policy';
import { soon } from '../record/deadline.ts';

const WAIT_MS = 100;

/** What of a policy decides where a session stands. */
export type Rungs = Pick<CompiledPolicy, 'ladder' | 'mode'>;

interface Entry extends Rungs {
  readonly name: string;
  readonly rules: number;
  readonly match: { readonly [K in 'tenants' | 'principals' | 'keys']: readonly string[] };
}

type Bearer = Pick<SessionRecord, 'tenant' | 'principal' | 'policy'>;

interface LadderParts {
  readonly publisher: { fetch(etag: string): Promise<Snapshot | null> };
  readonly clock: Clock;
}

export class Ladders {
  readonly #parts: LadderParts;
  #reading: Promise<void> | null = null;
  #hash = '';
  /** In the order of decision, as on the edges. */
  #entries: readonly Entry[] = [];

  constructor(parts: LadderParts) {
    this.#parts = parts;
  }

  /**
   * Looks at what is published now; before anything is, no ladder acts. Sessions are shown while the database hangs, too:
   * then by the ladders that were known last.
   */
  async refresh(): Promise<this> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await soon(this.#reading, WAIT_MS);
    return this;
  }

  async #read(): Promise<void> {
    try {
      const snapshot = await this.#parts.publisher.fetch(this.#hash);
      if (!snapshot) return;
      const inOrder = snapshot.policies.toSorted((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
      this.#entries = inOrder.flatMap(entryOf);
      this.#hash = snapshot.hash;
    } catch (error) {
      if (!isFault(error) || error.code !== 'not_ready') throw error;
    }
  }

  /** Rules of all that is published; those of a policy that tenants have in forms of their own, once. */
  get rules(): number {
    return [...new Map(this.#entries.map(({ name, rules }) => [name, rules])).values()].reduce((a, b) => a + b, 0);
  }
  get acting(): boolean {
    return this.#entries.some(({ ladder, mode }) => ladder.enabled && mode !== 'off');
  }

  /**
   * By the name of the policy that the session began under, whichever version of it is published now; where that is gone,
   * what an edge would choose. Which credential it was is not known here: such policies count by name only.
   */
  of({ tenant, principal, policy }: Bearer): Rungs | null {
    const name = policy.replace(/@\d+$/, '');
    const fitting = this.#entries.filter(
      ({ match }) => fits(match.tenants, tenant) && fits(match.principals, principal),
    );
    return fitting.find((entry) => entry.name === name) ?? fitting.find(({ match }) => match.keys.length === 0) ?? null;
  }

  rungAt(bearer: Bearer, score: number): Threshold | null {
    const rungs = this.of(bearer);
    return rungs && rungs.mode !== 'off' ? rungOf(rungs.ladder, score) : null;
  }

  /** Where a session stands. @param at Unix ms. */
  standing(record: SessionRecord, at: number): RiskView {
    const score = scoreAt(record.risk, at, record.halfLifeMs);
    return {
      score: printScore(score),
      action: this.rungAt(record, score)?.action ?? 'none',
      enforced: this.of(record)?.mode === 'enforce',
      half_life_ms: record.halfLifeMs,
    };
  }

  /** A live session as it stands now, an ended one as it stood at its end. */
  view(record: SessionRecord): SessionView {
    const now = this.#parts.clock.now();
    return toSessionView(record, now, this.standing(record, record.endedAt || now));
  }
}

const fits = (globs: readonly string[], text: string): boolean => globs.length === 0 || matchesAny(globs, text);

function entryOf({ name, compiledJson, match }: Snapshot['policies'][number]): Entry[] {
  // A snapshot of an older version was published without it.
  if (compiledJson === '') return [];
  const { ladder, mode, rules } = JSON.parse(compiledJson) as CompiledPolicy;
  return [{ name, ladder, mode, rules: rules.length, match: match ?? { tenants: [], principals: [], keys: [] } }];
}
