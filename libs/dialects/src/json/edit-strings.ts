/** Changing strings in JSON in place: all other bytes stay as they came (order, spaces, numbers, escapes). */
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  type JsonPath,
  keyAt,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  skipString,
  skipValue,
  stringAt,
} from './scan.ts';

export interface TextEdit {
  /** Of a string value. */
  readonly path: JsonPath;
  /** Where that string is a JSON document itself (arguments of a tool call): the string in there. */
  readonly inner: JsonPath | null;
  /** What it is to say. */
  readonly text: string;
  /** `text` is JSON that takes the place of a value of any kind, as it stands. */
  readonly json?: true;
}

interface Node {
  readonly below: Map<string | number, Node>;
  text: string | null;
  json: string | null;
  inner: TextEdit[];
  found: boolean;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const newNode = (): Node => ({ below: new Map(), text: null, json: null, inner: [], found: false });

/**
 * @returns the same bytes where nothing changes; null where an edit cannot be made (no such path, not a string): then
 *   nothing may be released in the belief that it was.
 */
export function editStrings(bytes: Uint8Array, edits: readonly TextEdit[]): Uint8Array | null {
  if (edits.length === 0) return bytes;
  const root = treeOf(edits);
  const splices: Splice[] = [];
  const at = skipSpace(bytes, startOf(bytes));
  if (walk(bytes, at, root, splices) < 0 || !allFound(root)) return null;
  return splices.length === 0 ? bytes : spliced(bytes, splices);
}

/** A byte order mark is no part of the document. */
const startOf = (bytes: Uint8Array): number => (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);

function treeOf(edits: readonly TextEdit[]): Node {
  const root = newNode();
  for (const edit of edits) {
    let node = root;
    for (const key of edit.path) {
      const below = node.below.get(key) ?? newNode();
      node.below.set(key, below);
      node = below;
    }
    if (edit.json === true) node.json = edit.text;
    else if (edit.inner === null) node.text = edit.text;
    else node.inner.push({ path: edit.inner, inner: null, text: edit.text });
  }
  return root;
}

function allFound(node: Node): boolean {
  if ((node.text !== null || node.json !== null || node.inner.length > 0) && !node.found) return false;
  // Nothing is below what was replaced as a whole.
  if (node.json !== null) return true;
  for (const below of node.below.values()) if (!allFound(below)) return false;
  return true;
}

/** Goes down only where there is something to edit. A key that comes twice is edited twice: either may be read. */
function walk(bytes: Uint8Array, at: number, node: Node, splices: Splice[]): number {
  if (node.json !== null) return replaceValue(bytes, at, node, node.json, splices);
  const first = bytes[at];
  if (first === QUOTE) return editString(bytes, at, node, splices);
  if (node.below.size === 0) return skipValue(bytes, at);
  if (first === OPEN_BRACE) return walkObject(bytes, at, node, splices);
  if (first === OPEN_BRACKET) return walkArray(bytes, at, node, splices);
  return skipValue(bytes, at);
}

function walkObject(bytes: Uint8Array, from: number, node: Node, splices: Splice[]): number {
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    if (bytes[at] !== QUOTE) return -1;
    const end = skipString(bytes, at);
    if (end < 0) return -1;
    const below = node.below.get(keyAt(bytes, at, end) ?? '');
    at = skipSpace(bytes, end);
    if (bytes[at] !== COLON) return -1;
    at = skipSpace(bytes, at + 1);
    at = below === undefined ? skipValue(bytes, at) : walk(bytes, at, below, splices);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = skipSpace(bytes, at + 1);
  }
}

function walkArray(bytes: Uint8Array, from: number, node: Node, splices: Splice[]): number {
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (let index = 0; ; index++) {
    const below = node.below.get(index);
    at = below === undefined ? skipValue(bytes, at) : walk(bytes, at, below, splices);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = skipSpace(bytes, at + 1);
  }
}

function replaceValue(bytes: Uint8Array, at: number, node: Node, json: string, splices: Splice[]): number {
  const end = skipValue(bytes, at);
  if (end < 0) return -1;
  node.found = true;
  splices.push({ start: at, end, bytes: encoder.encode(json) });
  return end;
}

function editString(bytes: Uint8Array, at: number, node: Node, splices: Splice[]): number {
  const end = skipString(bytes, at);
  if (end < 0) return -1;
  const text = stringAt(bytes, at, end);
  if (text === null) return -1;
  const wanted = node.text ?? innerText(text, node.inner);
  if (wanted === null) return -1;
  node.found = true;
  if (wanted !== text) splices.push({ start: at, end, bytes: encoder.encode(JSON.stringify(wanted)) });
  return end;
}

/** @returns null where the string is no JSON document with these places. */
function innerText(text: string, edits: readonly TextEdit[]): string | null {
  if (edits.length === 0) return text;
  const document = encoder.encode(text);
  const edited = editStrings(document, edits);
  if (edited === null) return null;
  return edited === document ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(edited);
}

/** Of splices that do not overlap, in their order. */
export function spliced(bytes: Uint8Array, splices: readonly Splice[]): Uint8Array {
  let length = bytes.length;
  for (const splice of splices) length += splice.bytes.length - (splice.end - splice.start);
  const out = new Uint8Array(length);
  let from = 0;
  let to = 0;
  for (const splice of splices) {
    out.set(bytes.subarray(from, splice.start), to);
    to += splice.start - from;
    out.set(splice.bytes, to);
    to += splice.bytes.length;
    from = splice.end;
  }
  out.set(bytes.subarray(from), to);
  return out;
}
