/** A log in memory with all that a database and the file beside it would keep of it; and what can be done to them. */
import type { AuditEvent } from '@elida/contracts';
import {
  anchorLine,
  checkpointLine,
  checkpointText,
  ed25519Signer,
  headLine,
  leafHash,
  leafLine,
  openTiles,
  planRange,
  type Range,
  type ReadPlan,
  rangeLine,
  retentionLine,
  retentionText,
  sealEvent,
  signNote,
  type Tile,
  type TileId,
  Tree,
  verifierKey,
} from '@elida/record';

export interface Row {
  leaf: Uint8Array;
  disclosures: readonly string[];
}

interface Database {
  rows: (Row | null)[];
  tiles: Map<string, Uint8Array>;
  checkpoints: { size: number; note: string }[];
  retention: string[];
}

const keyOf = ({ level, index }: TileId): string => `${level}/${index}`;

export class AuditLog {
  readonly origin: string;
  readonly signer;
  database: Database = { rows: [], tiles: new Map(), checkpoints: [], retention: [] };
  /** The file outside. */
  anchors = '';
  #removed: Range[] = [];
  #salts = 0;

  constructor(origin = 'elida.test/default', seed = 1) {
    this.origin = origin;
    this.signer = ed25519Signer(origin, new Uint8Array(32).fill(seed));
  }

  get key(): string {
    return verifierKey(this.signer);
  }

  append(events: readonly AuditEvent[]): void {
    const tree = this.#tree();
    for (const event of events) {
      const row = sealEvent(event, () => Buffer.from(`salt ${this.#salts++}`).toString('base64url'));
      this.database.rows.push(row);
      tree.append(leafHash(row.leaf));
    }
    this.#store(tree.takeTiles());
  }

  #tree(): Tree {
    const size = this.database.rows.length;
    return Tree.restore(size, openTiles(size).map(this.#read));
  }

  #store(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.database.tiles.set(keyOf(tile), tile.bytes);
  }

  readonly #read = (tile: TileId): Uint8Array => this.database.tiles.get(keyOf(tile)) ?? new Uint8Array(0);
  #run = <T>(plan: ReadPlan<T>): T => plan.finish(plan.tiles.map(this.#read));

  checkpoint(at: number, signer = this.signer): void {
    const tree = this.#tree();
    const note = signNote(checkpointText({ origin: this.origin, size: tree.size, root: tree.root(), at }), [signer]);
    this.database.checkpoints.push({ size: tree.size, note });
    this.anchors += anchorLine(verifierKey(signer), note);
  }

  /** What retention does: bytes go, hashes stay, the log says so. */
  remove(removed: readonly Range[], at: number): void {
    for (const { from, to } of removed) this.database.rows.fill(null, from, to);
    this.#removed.push(...removed);
    this.database.retention = [
      signNote(retentionText({ origin: this.origin, removed: this.#removed, at }), [this.signer]),
    ];
  }

  /** What an attacker with the whole database but without the key can do: hashes that fit the rows. */
  rebuild(): void {
    const tree = Tree.empty();
    this.database.tiles.clear();
    for (const row of this.database.rows) tree.append(leafHash(row?.leaf ?? new Uint8Array(0)));
    this.#store(tree.takeTiles());
  }

  dump(): Database {
    return structuredClone(this.database);
  }

  /** Lines of the export. */
  export(at: number, range?: Range): string[] {
    const { rows, checkpoints, retention } = this.database;
    const size = this.#hashedSize();
    const wanted = range ?? { from: 0, to: size };
    const lines = [headLine({ origin: this.origin, tenant: 'default', key: this.key, size, range: wanted, at })];
    lines.push(...retention.map(retentionLine));
    const isGiven = (index: number): boolean =>
      index >= wanted.from && index < wanted.to && !this.#removed.some(({ from, to }) => index >= from && index < to);
    const borders = new Set(checkpoints.map((checkpoint) => checkpoint.size));
    for (let index = 0; index < size; ) {
      let to = index + 1;
      if (isGiven(index)) {
        const [hash = new Uint8Array(0)] = this.#run(planRange({ from: index, to }, size));
        const row = rows[index];
        lines.push(leafLine({ index, hash, leaf: row?.leaf ?? null, disclosures: row?.disclosures ?? [] }));
      } else {
        while (to < size && !isGiven(to) && !borders.has(to)) to++;
        lines.push(rangeLine({ from: index, to }, this.#run(planRange({ from: index, to }, size))));
      }
      index = to;
      for (const { note, size: last } of checkpoints) if (last === index) lines.push(checkpointLine(note));
    }
    for (const { note, size: last } of checkpoints) if (last > size) lines.push(checkpointLine(note));
    return lines;
  }

  /** Hashes that the tiles of level 0 have. */
  #hashedSize(): number {
    let size = 0;
    for (const [key, bytes] of this.database.tiles) if (key.startsWith('0/')) size += bytes.length / 32;
    return size;
  }
}
