/**
 * Long texts in which these rules have found nothing. An agent sends the same instructions and tools with every request of
 * every session, often beside a line that changes each time; to know them by their hash is cheaper than to read them again.
 */
import { hash } from 'node:crypto';
import type { Segment } from '@elida/policy';

/** Below, reading is as cheap as hashing. */
const CHARS_MIN = 512;
/** Above, hashing would hold up other exchanges. */
const CHARS_MAX = 262_144;
/** About 2 MB of keys. */
const TEXTS_MAX = 16_384;
/** 132 bits: nobody finds two texts with one key. */
const KEY_CHARS = 22;

export class QuietTexts {
  /** Oldest use first. */
  readonly #keys = new Set<string>();

  isWorth(text: string): boolean {
    return text.length >= CHARS_MIN && text.length <= CHARS_MAX;
  }

  /** @returns what `add` takes; empty where it is not worth it. */
  keyOf({ role, kind, text }: Pick<Segment, 'role' | 'kind' | 'text'>): string {
    if (!this.isWorth(text)) return '';
    return hash('sha256', `${role} ${kind} ${text}`, 'base64url').slice(0, KEY_CHARS);
  }

  has(key: string): boolean {
    if (!this.#keys.delete(key)) return false;
    this.#keys.add(key);
    return true;
  }

  add(key: string): void {
    if (key === '') return;
    this.#keys.add(key);
    if (this.#keys.size > TEXTS_MAX) this.#keys.delete(this.#keys.values().next().value as string);
  }
}
