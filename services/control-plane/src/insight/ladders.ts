/** The ladders that act now: of the published policies, by name. */
import type { SessionRecord, Snapshot } from '@elida/contracts';
import { printScore, type RiskView, type SessionView, toSessionView } from '@elida/contracts/api';
import { type Clock, isFault } from '@elida/kernel';
import { type CompiledPolicy, type Ladder, rungOf, scoreAt, type Threshold } from '@elida/policy';

/** What of a policy decides where a session stands. */
export type Rungs = Pick<CompiledPolicy, 'ladder' | 'mode'>;

interface LadderParts {
  readonly publisher: { fetch(etag: string): Promise<Snapshot | null> };
  readonly clock: Clock;
}

export class Ladders {
  readonly #parts: LadderParts;
  #hash = '';
  #byName: ReadonlyMap<string, Rungs & { readonly rules: number }> = new Map();

  constructor(parts: LadderParts) {
    this.#parts = parts;
  }

  /** Looks at what is published now; before anything is, no ladder acts. */
  async refresh(): Promise<this> {
    try {
      const snapshot = await this.#parts.publisher.fetch(this.#hash);
      if (snapshot) {
        this.#byName = new Map(snapshot.policies.flatMap(rungsOf));
        this.#hash = snapshot.hash;
      }
    } catch (error) {
      if (!isFault(error) || error.code !== 'not_ready') throw error;
    }
    return this;
  }

  /** Rules of all that is published. */
  get rules(): number {
    return [...this.#byName.values()].reduce((sum, { rules }) => sum + rules, 0);
  }
  get acting(): readonly Ladder[] {
    return [...this.#byName.values()].map(({ ladder }) => ladder).filter(({ enabled }) => enabled);
  }

  /** @param label `name@version`: a newer version of the policy has taken its place. */
  of(label: string): Rungs | null {
    return this.#byName.get(label.replace(/@\d+$/, '')) ?? null;
  }

  rungAt(label: string, score: number): Threshold | null {
    const rungs = this.of(label);
    return rungs && rungs.mode !== 'off' ? rungOf(rungs.ladder, score) : null;
  }

  /** Where a session stands. @param at Unix ms. */
  standing({ risk, halfLifeMs, policy }: SessionRecord, at: number): RiskView {
    const score = scoreAt(risk, at, halfLifeMs);
    return {
      score: printScore(score),
      action: this.rungAt(policy, score)?.action ?? 'none',
      enforced: this.of(policy)?.mode === 'enforce',
      half_life_ms: halfLifeMs,
    };
  }

  /** A live session as it stands now, an ended one as it stood at its end. */
  view(record: SessionRecord): SessionView {
    const now = this.#parts.clock.now();
    return toSessionView(record, now, this.standing(record, record.endedAt || now));
  }
}

function rungsOf({ name, compiledJson }: Snapshot['policies'][number]): [string, Rungs & { rules: number }][] {
  // A snapshot of an older version was published without it.
  if (compiledJson === '') return [];
  const { ladder, mode, rules } = JSON.parse(compiledJson) as CompiledPolicy;
  return [[name, { ladder, mode, rules: rules.length }]];
}
