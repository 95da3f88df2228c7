/** Checks one log, line by line in the order of the file. What it keeps does not grow with sound leaves. */
import { createHash } from 'node:crypto';
import { type ChangedLeaf, nameChanges } from './changed-leaves.ts';
import type { LineOf } from './export-line.ts';
import type { Finding, FindingName, LogReport } from './finding.ts';
import { HeadCheck } from './head-check.ts';
import { LeafOrder } from './leaf-order.ts';
import { type LeafEvent, readEvent } from './read-event.ts';
import { hashOfLeaf, RootBuilder, subtreeSizes } from './root-builder.ts';
import { SeenNumbers } from './seen-numbers.ts';
import { type Head, type NoteKey, openNote, parseCheckpoint, parseRetention } from './signed-note.ts';
import { contains, lengthOf, type Span, uncovered } from './spans.ts';

export interface LogTrust {
  readonly keys: readonly NoteKey[];
  readonly keyFrom: LogReport['key_from'];
  /** Checkpoints of this log that were kept elsewhere, signatures checked. */
  readonly anchors: readonly Head[];
}

/** Clocks of producers and of the sequencer may differ by so much. */
const SKEW_MS = 300_000;

export class LogCheck {
  readonly #head: LineOf<'log'>;
  readonly #trust: LogTrust;
  readonly #heads: HeadCheck;
  readonly #order = new LeafOrder();
  readonly #seen = new SeenNumbers();
  readonly #findings: Finding[] = [];
  readonly #changed: ChangedLeaf[] = [];
  readonly #own: Head[] = [];
  readonly #retained: Span[] = [];
  readonly #ranges: Span[] = [];
  /** The last number of each session and producer: within a session the order is kept. */
  readonly #sessions = new Map<string, number>();
  readonly #backward: number[] = [];
  /** Null once leaves are missing or late: what follows cannot be hashed into a tree any more. */
  #tree: RootBuilder | null = new RootBuilder();
  #latest = { index: 0, at: 0 };
  #leaves = 0;
  #hidden = 0;

  constructor(head: LineOf<'log'>, trust: LogTrust) {
    this.#head = head;
    this.#trust = trust;
    this.#heads = new HeadCheck(trust.anchors);
    if (!trust.keys.some((key) => key.text === head.key)) {
      this.#find('key_replaced', NOWHERE, `the export names ${head.key}, which the ${trust.keyFrom} does not know`);
    }
  }

  #find(name: FindingName, { from, to }: Span, detail: string): void {
    this.#findings.push({ name, log: this.#head.origin, from, to, detail });
  }

  malformed(detail: string): void {
    const at = this.#order.next;
    this.#find('malformed', { from: at, to: at }, detail);
  }

  retention({ note }: LineOf<'retention'>): void {
    const text = openNote(note, this.#trust.keys);
    const statement = text === null ? null : parseRetention(text);
    if (statement?.origin === this.#head.origin) this.#retained.push(...statement.removed);
    else this.#find('retention_forged', NOWHERE, 'a retention statement that the log did not sign');
  }

  checkpoint({ note }: LineOf<'checkpoint'>): void {
    const size = this.#order.next;
    const text = openNote(note, this.#trust.keys);
    const head = text === null ? null : parseCheckpoint(text);
    if (head?.origin !== this.#head.origin) {
      const what = head ? `is of ${head.origin}` : 'is not signed by the key of the log';
      this.#find('checkpoint_forged', { from: size, to: size }, `the checkpoint behind leaf ${size - 1} ${what}`);
      return;
    }
    const before = this.#own.at(-1);
    this.#own.push(head);
    if (before && (head.at < before.at || head.size < before.size)) {
      this.#find('clock_skew', { from: before.size, to: head.size }, 'this checkpoint is older than the one before it');
    }
    if (this.#latest.at > head.at + SKEW_MS) {
      const { index, at } = this.#latest;
      const detail = `its event says ${new Date(at).toISOString()}, its checkpoint ${new Date(head.at).toISOString()}`;
      this.#find('clock_skew', { from: index, to: index + 1 }, detail);
    }
    this.#latest = { index: 0, at: 0 };
    if (head.size === size) this.#heads.checkpoint(head, this.#tree);
    else if (head.size < size) this.malformed(`a checkpoint of ${head.size} leaves stands behind leaf ${size - 1}`);
  }

  range({ from, to, hashes }: LineOf<'range'>): void {
    const sizes = subtreeSizes(from, to);
    if (from >= to || sizes.length !== hashes.length)
      return void this.malformed(`a range ${from}–${to} without its hashes`);
    if (from < this.#order.next) return void this.malformed(`a range ${from}–${to} where it does not belong`);
    if (this.#order.arrive({ from, to }) === 'ahead') this.#tree = null;
    sizes.forEach((size, at) => {
      this.#tree?.add(size, hashes[at] ?? new Uint8Array(0));
    });
    this.#ranges.push({ from, to });
    this.#heads.reached(to, this.#tree);
  }

  leaf({ index, hash, leaf, disclosures = [] }: LineOf<'leaf'>): void {
    const place = { from: index, to: index + 1 };
    const arrival = this.#order.arrive(place);
    if (arrival === 'late' || arrival === 'again') {
      const [name, how] =
        arrival === 'late' ? (['reordered', 'behind'] as const) : (['replayed', 'again behind'] as const);
      this.#find(name, place, `stands ${how} leaf ${this.#order.next - 1}`);
      this.#tree = null;
      return;
    }
    if (arrival === 'ahead') this.#tree = null;
    this.#tree?.add(1, hash);
    const event = leaf ? readEvent(leaf) : null;
    const isReplay = event !== null && !this.#seen.add(event.producer, event.seq);
    const computed = leaf ? hashOfLeaf(leaf).toString('hex') : '';
    const stored = hash.toString('hex');
    if (computed !== stored) {
      if (leaf || !contains(this.#retained, index)) this.#changed.push({ index, stored, computed, isReplay });
    } else if (isReplay) this.#find('replayed', place, `number ${event.seq} of ${event.producer} was there before`);
    if (leaf) this.#leaves++;
    if (leaf && event === null) this.malformed(`leaf ${index} is no event`);
    if (event) this.#read(index, event, disclosures);
    this.#heads.reached(index + 1, this.#tree);
  }

  #read(index: number, event: LeafEvent, disclosures: readonly string[]): void {
    if (event.occurredAt > this.#latest.at) this.#latest = { index, at: event.occurredAt };
    const session = `${event.session} ${event.producer}`;
    if (event.session !== '') {
      if (event.seq < (this.#sessions.get(session) ?? 0)) this.#backward.push(index);
      this.#sessions.set(session, event.seq);
    }
    const sealed = new Set(event.sealed);
    for (const disclosure of disclosures) {
      if (sealed.delete(createHash('sha256').update(disclosure).digest('base64url'))) continue;
      this.#find('disclosure_forged', { from: index, to: index + 1 }, 'a disclosure that is not of this leaf');
    }
    this.#hidden += sealed.size;
  }

  finish(): { readonly report: LogReport; readonly findings: readonly Finding[] } {
    const missing = this.#order.missing();
    const outside = [
      { from: 0, to: this.#head.from },
      { from: this.#head.to, to: Number.MAX_SAFE_INTEGER },
    ];
    for (const span of [...missing, ...this.#ranges]) {
      const isGiven = missing.includes(span) ? [] : [...this.#retained, ...outside];
      for (const gone of uncovered(span, isGiven)) {
        this.#find('deleted', gone, 'these leaves are missing, and no retention statement names them');
      }
    }
    for (const { name, index, detail } of nameChanges(this.#changed)) {
      this.#find(name, { from: index, to: index + 1 }, detail);
    }
    const newer = this.#judgeHeads();
    return { report: this.#report(newer), findings: this.#findings };
  }

  /** @returns how many checkpoints of the file are newer than the export. */
  #judgeHeads(): number {
    const total = this.#order.next;
    const exportedAt = Date.parse(this.#head.exported_at);
    const ahead = this.#heads.unreached().filter(({ size }) => size > total);
    const newer = ahead.filter(({ at }) => at > exportedAt);
    const known = ahead.filter(({ at }) => !(at > exportedAt));
    const claimed = Math.max(this.#head.size, ...this.#own.map(({ size }) => size));
    const most = Math.max(claimed, ...known.map(({ size }) => size));
    const [first] = this.#heads.disagreements;
    if (first) this.#nameDisagreement(first.window, first.source === 'export' ? null : first.head, most - total);
    else if (total === 0 && most > 0) this.#find('stream_deleted', { from: 0, to: most }, 'the log is empty');
    else if (claimed > total)
      this.#find('truncated', { from: total, to: claimed }, 'the log ends before its checkpoint');
    else if (known.length > 0) {
      const detail = `the export ends at ${total}, but a tree of ${most} was signed before it was made`;
      this.#find('rolled_back', { from: total, to: most }, detail);
    }
    if (!first && claimed <= total && total > this.#heads.agreed && this.#tree) {
      const span = { from: this.#heads.agreed, to: total };
      this.#find('uncovered', span, 'no checkpoint covers these leaves');
    }
    return newer.length;
  }

  /** The hashes do not lead to a signed root: say what was done where something else tells it. */
  #nameDisagreement(window: Span, anchor: Head | null, short: number): void {
    const isIn = (index: number): boolean => index >= window.from && index < window.to;
    if (this.#findings.some(({ from, to }) => to > from && from < window.to && to > window.from)) return;
    if (anchor && this.#heads.agreedHere >= anchor.size) {
      const detail = `the checkpoint file has another tree of ${anchor.size} leaves, signed ${new Date(anchor.at).toISOString()}`;
      return void this.#find('rolled_back', window, detail);
    }
    const backward = this.#backward.find(isIn);
    if (backward !== undefined) {
      const detail = 'within its session this event stands before one that came before it';
      return void this.#find('reordered', { from: backward, to: backward + 1 }, detail);
    }
    if (short > 0) return void this.#find('deleted', window, `${short} leaves of these, or more, are missing`);
    this.#find('altered', window, 'the hashes of these leaves do not lead to the root that was signed');
  }

  #report(newer: number): LogReport {
    const { origin, tenant, exported_at, from, to } = this.#head;
    const { here, there } = this.#heads.counts;
    const total = this.#order.next;
    const given = { from: Math.min(from, total), to: Math.min(to, total) };
    return {
      origin,
      tenant,
      exported_at,
      size: total,
      leaves: this.#leaves,
      removed: lengthOf(this.#retained),
      outside: total - lengthOf([given]),
      checkpoints: here + there,
      anchored: there,
      uncheckable: this.#heads.unreached().filter(({ size }) => size <= total).length,
      newer,
      hidden: this.#hidden,
      key: this.#trust.keys[0]?.text ?? '',
      key_from: this.#trust.keyFrom,
      gaps: this.#seen.gaps(),
    };
  }
}

const NOWHERE: Span = { from: 0, to: 0 };
