/**
 * The wide block table, whole in every edge: what concerns more than one session. Whoever enters learns the table's epoch;
 * another one than ours means catching up before deciding.
 */
import type { Block } from '@elida/contracts';
import type { Clock } from '@elida/kernel';
import type { SessionGate } from './ports.ts';
import { type Selectable, selects } from './selector.ts';

/** By scope and id, so that a long list of blocks costs an exchange nine lookups at most. */
type Index = ReadonlyMap<string, readonly Block[]>;

function indexOf(blocks: readonly Block[]): Index {
  const index = new Map<string, Block[]>();
  for (const block of blocks) {
    const { scope, id, members } = block.selector;
    for (const key of new Set([id, ...(scope === 'tree' ? members : [])])) {
      const name = scope === 'all' ? 'all' : `${scope} ${key}`;
      const at = index.get(name);
      if (at) at.push(block);
      else index.set(name, [block]);
    }
  }
  return index;
}

const keysOf = (of: Selectable): string[] => [
  'all',
  `session ${of.sid}`,
  `tree ${of.sid}`,
  `tree ${of.parent}`,
  `tree ${of.root}`,
  `principal ${of.principal}`,
  `agent ${of.agent}`,
  `tenant ${of.tenant}`,
  `backend ${of.backend}`,
];

export class BlockTable {
  readonly #sessions: Pick<SessionGate, 'blocks'>;
  readonly #clock: Clock;
  #epoch = -1;
  #index: Index = new Map();
  #reading: Promise<void> | null = null;

  constructor(sessions: Pick<SessionGate, 'blocks'>, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get empty(): boolean {
    return this.#index.size === 0;
  }

  /** The block that stands for this exchange; a refusal comes before a hold. null: none. */
  find(of: Selectable): Block | null {
    if (this.#index.size === 0) return null;
    const now = this.#clock.now();
    let held: Block | null = null;
    for (const key of keysOf(of)) {
      for (const block of this.#index.get(key) ?? []) {
        if (block.untilAt !== 0 && block.untilAt <= now) continue;
        if (!selects(block.tenant, block.selector, of)) continue;
        if (block.effect === 'refuse') return block;
        held = block;
      }
    }
    return held;
  }

  /** Reads the table anew; many at once read it once. @throws Fault store_unavailable: what is known stays. */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { epoch, blocks } = await this.#sessions.blocks();
    this.#epoch = epoch;
    this.#index = indexOf(blocks);
  }
}
